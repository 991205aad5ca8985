"""Recipients of every kind: shared keys, passwords, ML-KEM; derived keys, nested envelopes, old ciphers."""

from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import cms, der, envelope, enveloped, keys
from esign.algorithms import EC_OID, SHA256, AlgorithmIdentifier
from esign.capabilities import OWN, SMIME_CAPABILITIES, Capabilities
from esign.ciphers import AES256_CBC, AES256_GCM, CIPHER_NAMES, KEY_WRAP_NAMES, KEY_WRAPS, TRIPLE_DES
from esign.envelope import AUTHENTICATED_CIPHERS, agreement, choose_profile, password
from esign.envelope.content import encrypt_cbc
from esign.envelope.recipients import kem_info
from esign.enveloped import (
    ContentEncryption,
    KeyAgreement,
    RecipientKind,
    read_envelope,
)
from esign.enveloped.data import plain_envelope
from esign.errors import (
    EsignError,
    LimitExceeded,
    MalformedInput,
    NotARecipient,
    RecipientRefused,
    UnsupportedAlgorithm,
)
from esign.key_derivation import (
    AGREEMENTS,
    CEK_HKDF_SHA256_OID,
    HKDF_SHA256_OID,
    PBKDF2_OID,
    PasswordDerivation,
    content_key,
    hkdf,
)
from esign.keys import Decryptor, KeyEncryptionKey, Password
from esign.x509 import Certificate
from tests.esign.people import AT, DER, Holder, issue, recipient, root

CONTENT = b"letter" * 100
ONE = recipient("p-256")
KEM = recipient("ml-kem-768")
SHARED = KeyEncryptionKey(bytes(range(32)), b"archive")
SECRET = Password("калит so'z", iterations=1000)
KEM_DATA = envelope.encrypt(CONTENT, [KEM.certificate])
SHARED_DATA = envelope.encrypt(CONTENT, [SHARED])
SECRET_DATA = envelope.encrypt(CONTENT, [SECRET])
CEK = bytes(range(32))


def cbc_for(infos: list[bytes], *, row: Any = AES256_CBC, key: bytes = CEK) -> bytes:
    vector = bytes(row.block)
    encryption = ContentEncryption(AlgorithmIdentifier(row.oid, der.octet_string(vector)))
    return enveloped.encode_enveloped(infos, encryption, encrypt_cbc(row, key, vector, CONTENT))


def outcome(data: bytes, *held: Any) -> Any:
    try:
        return envelope.decrypt(data, held).content
    except EsignError as e:
        return e.code


def capable(kind: str, value: bytes, name: str = "Capable") -> Holder:
    """A holder whose certificate says what is read."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    private = recipient(kind).private
    extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(SMIME_CAPABILITIES), value)
    certificate = (
        x509.CertificateBuilder(public_key=private.public_key())
        .subject_name(subject)
        .issuer_name(subject)
        .serial_number(77)
        .not_valid_before(AT)
        .not_valid_after(AT)
        .add_extension(extension, critical=False)
        .sign(root().private, hashes.SHA256())
    )
    return Holder(private, Certificate.load(certificate.public_bytes(DER)))


# --- shared keys ---


@pytest.mark.parametrize("size", [16, 24, 32])
@pytest.mark.parametrize("cipher", sorted(CIPHER_NAMES))
def test_a_shared_key_opens_each_cipher(size: int, cipher: str) -> None:
    shared = KeyEncryptionKey(bytes(range(size)), b"key of march")
    data = envelope.encrypt(CONTENT, [shared], cipher=cipher)
    opened = envelope.decrypt(data, [shared])
    assert opened.content == CONTENT
    assert opened.recipient.kind is RecipientKind.KEY_ENCRYPTION_KEY
    assert opened.recipient.algorithm_name == f"aes{8 * size}-wrap"
    assert (opened.recipient.key_identifier, opened.recipient.issuer) == (b"key of march", None)


def test_a_shared_key_is_found_by_its_identifier() -> None:
    assert outcome(SHARED_DATA, KeyEncryptionKey(SHARED.key, b"other")) == "not-a-recipient"
    assert outcome(SHARED_DATA, KeyEncryptionKey(bytes(32), b"archive")) == "decryption-failed"
    assert outcome(SHARED_DATA, KeyEncryptionKey(bytes(16), b"archive")) == "decryption-failed"
    assert outcome(SHARED_DATA, Password("x"), ONE.decryptor, SHARED) == CONTENT


@pytest.mark.parametrize("size", [0, 8, 15, 33])
def test_a_shared_key_of_another_length_is_a_mistake(size: int) -> None:
    with pytest.raises(ValueError, match="octets"):
        KeyEncryptionKey(bytes(size))


@pytest.mark.parametrize("name", sorted(KEY_WRAP_NAMES))
def test_each_key_wrap_is_read(name: str) -> None:
    row = KEY_WRAP_NAMES[name]
    shared = KeyEncryptionKey(bytes(row.key_size), b"k")
    info = enveloped.encode_shared_key(b"k", row.identifier, row.wrap(shared.key, CEK))
    assert outcome(cbc_for([info]), shared) == CONTENT
    assert read_envelope(cbc_for([info])).recipient_ids[0].algorithm_name == name


def test_a_shared_key_may_be_dated() -> None:
    plain = enveloped.encode_shared_key(b"k", AlgorithmIdentifier("2.16.840.1.101.3.4.1.45"), b"x" * 40)
    version, _, *rest = (child.raw for child in der.decode(plain).children())
    named = der.sequence(der.octet_string(b"k"), der.generalized_time(AT))
    info = der.tlv(der.context(2), version, named, *rest)
    assert read_envelope(cbc_for([info])).recipient_ids[0].key_identifier == b"k"


def test_an_unknown_key_wrap_is_not_supported() -> None:
    info = enveloped.encode_shared_key(b"archive", AlgorithmIdentifier("1.2.3"), b"x" * 40)
    assert outcome(cbc_for([info]), SHARED) == "unsupported-algorithm"


# --- passwords ---


@pytest.mark.parametrize("cipher", sorted(CIPHER_NAMES))
def test_a_password_opens_each_cipher(cipher: str) -> None:
    data = envelope.encrypt(CONTENT, [SECRET], cipher=cipher)
    opened = envelope.decrypt(data, [SECRET])
    assert opened.content == CONTENT
    assert opened.recipient.kind is RecipientKind.PASSWORD
    assert opened.recipient.algorithm_name == "pbkdf2-aes-256-cbc"
    assert outcome(data, Password("калит so'z")) == CONTENT
    assert outcome(data, Password("калит so'z".encode())) == CONTENT
    assert outcome(data, Password("калит")) == "decryption-failed"


def test_an_empty_password_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="empty"):
        Password("")


@pytest.mark.parametrize("iterations", [0, -1, 5_000_001])
def test_iterations_that_are_not_read_again_are_a_mistake(iterations: int) -> None:
    with pytest.raises(ValueError, match="iterations"):
        Password("secret", iterations)


def test_one_of_two_passwords_opens() -> None:
    data = envelope.encrypt(CONTENT, [Password("one", 1000), Password("two", 1000)])
    assert outcome(data, Password("two")) == CONTENT
    assert outcome(data, Password("three"), Password("one")) == CONTENT


def password_info(derivation: AlgorithmIdentifier | None, inner: AlgorithmIdentifier, octets: bytes) -> bytes:
    algorithm = AlgorithmIdentifier(enveloped.PASSWORD_KEK, inner.encode())
    made = enveloped.encode_password_based(derivation or AlgorithmIdentifier("1.2.3"), algorithm, octets)
    if derivation is None:
        version, _, *rest = (child.raw for child in der.decode(made).children())
        return der.tlv(der.context(3), version, *rest)
    return made


VECTOR = AlgorithmIdentifier(AES256_CBC.oid, der.octet_string(bytes(16)))
DERIVED = PasswordDerivation(b"salt", 1).encode()


@pytest.mark.parametrize(
    ("derivation", "inner"),
    [
        (None, VECTOR),
        (AlgorithmIdentifier("1.2.3"), VECTOR),
        (AlgorithmIdentifier(PBKDF2_OID), VECTOR),
        (
            AlgorithmIdentifier(
                PBKDF2_OID, der.sequence(AlgorithmIdentifier("1.2.3").encode(), der.integer(1))
            ),
            VECTOR,
        ),
        (
            AlgorithmIdentifier(
                PBKDF2_OID,
                der.sequence(der.octet_string(b"s"), der.integer(1), AlgorithmIdentifier("1.2.3").encode()),
            ),
            VECTOR,
        ),
        (
            AlgorithmIdentifier(
                PBKDF2_OID, der.sequence(der.octet_string(b"s"), der.integer(1), der.integer(16))
            ),
            VECTOR,
        ),
        (DERIVED, AlgorithmIdentifier("1.2.3", der.octet_string(bytes(16)))),
        (DERIVED, AlgorithmIdentifier(AES256_GCM.oid, der.octet_string(bytes(16)))),
        (DERIVED, AlgorithmIdentifier(TRIPLE_DES.oid, der.octet_string(bytes(8)))),
    ],
)
def test_another_way_from_the_password_is_not_supported(
    derivation: AlgorithmIdentifier | None, inner: AlgorithmIdentifier
) -> None:
    data = cbc_for([password_info(derivation, inner, bytes(48))])
    assert outcome(data, SECRET) == "unsupported-algorithm"


@pytest.mark.parametrize("octets", [b"", bytes(16), bytes(31), bytes(33), bytes(48)])
def test_what_no_password_wrapped_fails_like_everything(octets: bytes) -> None:
    assert outcome(cbc_for([password_info(DERIVED, VECTOR, octets)]), SECRET) == "decryption-failed"


def test_no_iterations_are_malformed() -> None:
    parameters = der.sequence(der.octet_string(b"s"), der.integer(0))
    data = cbc_for([password_info(AlgorithmIdentifier(PBKDF2_OID, parameters), VECTOR, bytes(48))])
    assert outcome(data, SECRET) == "malformed-input"


@pytest.mark.parametrize("salt", [b"s", bytes(1025)])
def test_iterations_and_salt_are_bounded(salt: bytes) -> None:
    count = 5_000_001 if len(salt) == 1 else 1
    derivation = PasswordDerivation(salt, count).encode()
    with pytest.raises(LimitExceeded):
        envelope.decrypt(cbc_for([password_info(derivation, VECTOR, bytes(48))]), [SECRET])


def test_iterations_are_bounded_over_all_recipients() -> None:
    # Three recipients by password, each within the limit, and together over it: nothing is derived.
    info = password_info(PasswordDerivation(b"salt", 2_000_000).encode(), VECTOR, bytes(48))
    with pytest.raises(LimitExceeded) as raised:
        envelope.decrypt(cbc_for([info] * 3), [SECRET])
    assert raised.value.where == "keyDerivationAlgorithm"


@pytest.mark.parametrize("size", [16, 24, 32])
def test_wrapping_under_a_password_round_trips(size: int) -> None:
    # RFC 3211 §2.3.1: two blocks at least.
    wrapped = password.wrap(AES256_CBC, bytes(32), bytes(16), bytes(range(size)))
    assert len(wrapped) % 16 == 0
    assert len(wrapped) >= 32
    assert password.unwrap(AES256_CBC, bytes(32), bytes(16), wrapped) == bytes(range(size))
    assert password.unwrap(AES256_CBC, bytes(31) + b"\1", bytes(16), wrapped) is None


def test_the_check_of_a_wrapped_key_is_looked_at() -> None:
    # RFC 3211 §2.3.2: the check value is the complement of the first three octets.
    key, vector = bytes(32), bytes(16)

    def twice(formatted: bytes) -> bytes:
        once = password._cbc(AES256_CBC, key, vector).update(formatted)
        return bytes(password._cbc(AES256_CBC, key, once[-16:]).update(once))

    body = bytes(range(28))
    good = b"\x10" + bytes((0xFF, 0xFE, 0xFD)) + body
    assert password.unwrap(AES256_CBC, key, vector, twice(good)) == body[:16]
    assert password.unwrap(AES256_CBC, key, vector, twice(b"\x10\0\0\0" + body)) is None
    assert password.unwrap(AES256_CBC, key, vector, twice(b"\x1d" + good[1:])) is None
    assert password.unwrap(AES256_CBC, key, vector, twice(b"\x02" + good[1:])) is None


# --- ML-KEM ---


@pytest.mark.parametrize("material", [None, b"user keying material"])
@pytest.mark.parametrize("kind", ["ml-kem-768", "ml-kem-1024", "p-256", "x25519", "rsa-2048"])
def test_user_keying_material_goes_into_the_derivation(kind: str, material: bytes | None) -> None:
    holder = recipient(kind)
    data = envelope.encrypt(CONTENT, [holder.certificate], user_keying_material=material)
    assert outcome(data, holder.decryptor) == CONTENT
    if material is not None and kind != "rsa-2048":
        changed = data.replace(material, b"x" * len(material))
        assert outcome(changed, holder.decryptor) == "decryption-failed"


def test_a_kem_recipient_is_named_and_told_apart() -> None:
    found = read_envelope(KEM_DATA)
    (named,) = found.recipient_ids
    assert named.kind is RecipientKind.KEY_ENCAPSULATION
    assert named.names(KEM.certificate)
    assert not named.names(recipient("ml-kem-768", 1).certificate)
    assert outcome(KEM_DATA, recipient("ml-kem-1024").decryptor) == "not-a-recipient"
    assert outcome(KEM_DATA, recipient("ml-kem-768", 1).decryptor) == "not-a-recipient"
    assert outcome(KEM_DATA, Decryptor(recipient("ml-kem-768", 1).private)) == "decryption-failed"
    assert outcome(KEM_DATA, Decryptor(recipient("ml-kem-1024").private)) == "not-a-recipient"


@pytest.mark.parametrize("usage", ["digital_signature", "key_agreement"])
def test_an_ml_kem_certificate_must_be_for_key_encipherment(usage: str) -> None:
    holder = issue(KEM.private, "Officer", usage, issuer=root())
    with pytest.raises(RecipientRefused) as raised:
        envelope.encrypt(b"", [holder.certificate])
    assert (raised.value.code, raised.value.clause) == ("recipient-key-usage", "RFC 9935 §5")
    assert raised.value.values["wanted"] == "keyEncipherment"


HKDF_SHA256 = AlgorithmIdentifier(HKDF_SHA256_OID)


def kem_envelope(
    *,
    size: int = 32,
    wrap: AlgorithmIdentifier = KEY_WRAP_NAMES["aes256-wrap"].identifier,
    derivation: AlgorithmIdentifier = HKDF_SHA256,
    mechanism: str = "2.16.840.1.101.3.4.4.2",
    cut: int = 0,
) -> bytes:
    secret, ciphertext = KEM.private.public_key().encapsulate()
    row = KEY_WRAPS.get(wrap.oid, KEY_WRAP_NAMES["aes256-wrap"])
    kek = hkdf(SHA256, secret, row.key_size, info=kem_info(wrap, size, None))
    info = enveloped.encode_key_encapsulation(
        cms.issuer_and_serial(KEM.certificate),
        ciphertext[: len(ciphertext) - cut],
        row.wrap(kek, CEK),
        mechanism=AlgorithmIdentifier(mechanism),
        derivation=derivation,
        key_size=size,
        wrap=wrap,
    )
    return cbc_for([info])


@pytest.mark.parametrize("name", sorted(KEY_WRAP_NAMES))
def test_an_encapsulated_key_is_unwrapped_by_each_wrap(name: str) -> None:
    row = KEY_WRAP_NAMES[name]
    data = kem_envelope(size=row.key_size, wrap=row.identifier)
    opened = envelope.decrypt(data, [KEM.decryptor])
    assert opened.content == CONTENT
    assert opened.recipient.algorithm_name == f"ml-kem-768-hkdf-sha256-{name}"


def test_another_kem_derivation_wrap_or_size_is_not_supported() -> None:
    for data in (
        kem_envelope(wrap=AlgorithmIdentifier("1.2.3")),
        kem_envelope(derivation=AlgorithmIdentifier("1.2.3")),
        kem_envelope(derivation=AlgorithmIdentifier(HKDF_SHA256_OID, der.integer(1))),
        kem_envelope(size=16),
    ):
        assert outcome(data, KEM.decryptor) == "unsupported-algorithm"
    unknown = kem_envelope(mechanism="1.2.3")
    assert outcome(unknown, KEM.decryptor) == "not-a-recipient"
    assert read_envelope(unknown).recipient_ids[0].algorithm_name == "1.2.3"


def test_a_ciphertext_of_another_length_fails_like_everything() -> None:
    assert outcome(kem_envelope(cut=1), KEM.decryptor) == "decryption-failed"


@pytest.mark.parametrize("size", [0, 65, 70000])
def test_a_key_length_out_of_bounds_is_malformed(size: int) -> None:
    with pytest.raises(MalformedInput) as raised:
        read_envelope(kem_envelope(size=size))
    assert raised.value.clause == "RFC 9629 §3"


def test_a_kem_recipient_without_its_value_is_malformed() -> None:
    for value in (b"", der.null(), der.sequence(), der.sequence(der.integer(0))):
        info = der.tlv(der.context(4), der.oid("1.2.840.113549.1.9.16.13.3"), value)
        with pytest.raises(MalformedInput):
            read_envelope(cbc_for([info]))


def test_a_wrong_key_never_opens_cbc_to_something_else() -> None:
    # Where the key wrap itself tells that the key is wrong, no chance padding lets anything out.
    for data, held in ((KEM_DATA, KEM.decryptor), (SHARED_DATA, SHARED)):
        assert outcome(data, held) == CONTENT
    wrapped = KEY_WRAP_NAMES["aes256-wrap"].identifier
    data = cbc_for([enveloped.encode_shared_key(b"archive", wrapped, bytes(40))])
    assert {outcome(data, SHARED) for _ in range(1000)} == {"decryption-failed"}


# --- every agreement that is read ---


@pytest.mark.parametrize("oid", sorted(AGREEMENTS))
@pytest.mark.parametrize("kind", ["p-256", "x25519"])
@pytest.mark.parametrize("compressed", [False, True])
def test_each_agreement_scheme_is_read(oid: str, kind: str, compressed: bool) -> None:
    holder, scheme = recipient(kind), AGREEMENTS[oid]
    wrap = KEY_WRAP_NAMES["aes128-wrap"]
    ephemeral = keys.generate(kind)
    shared = agreement.shared_info(wrap.identifier, 16, None)
    kek = agreement.agreed_key(ephemeral, holder.private.public_key(), scheme, wrap=wrap, info=shared)
    public = agreement.encode_public_key(ephemeral.public_key())
    if compressed and kind == "p-256":
        public = bytes((2 + (public[-1] & 1),)) + public[1:33]
    info = enveloped.encode_key_agreement(
        AlgorithmIdentifier(EC_OID if kind == "p-256" else agreement.X25519_OID),
        public,
        AlgorithmIdentifier(oid, wrap.identifier.encode()),
        [(cms.issuer_and_serial(holder.certificate), keywrap.aes_key_wrap(kek, CEK))],
    )
    for key in (holder.decryptor, Decryptor(holder.private)):
        opened = envelope.decrypt(cbc_for([info]), [key])
        assert opened.content == CONTENT
        assert opened.recipient.algorithm_name == f"{scheme.name}-aes128-wrap"


def test_one_ephemeral_key_serves_all_on_a_curve() -> None:
    kinds = ("p-256", "p-384", "p-521", "x25519")
    holders = [recipient(kind, number) for kind in kinds for number in (0, 1)]
    data = envelope.encrypt(CONTENT, [h.certificate for h in holders])
    found = read_envelope(data)
    assert [len(info.keys) for info in found.recipients] == [2, 2, 2, 2]
    originators = {i.originator_key for i in found.recipients if isinstance(i, KeyAgreement)}
    assert len(originators) == 4
    for holder in holders:
        assert outcome(data, holder.decryptor) == CONTENT


@pytest.mark.parametrize("point", [bytes(32), b"\xff" * 32, bytes(31), b""])
def test_a_bad_point_fails_like_everything(point: bytes) -> None:
    holder = recipient("x25519")
    data = envelope.encrypt(CONTENT, [holder.certificate])
    (info,) = read_envelope(data).recipients
    assert isinstance(info, KeyAgreement)
    made = enveloped.encode_key_agreement(
        AlgorithmIdentifier(agreement.X25519_OID),
        point,
        info.algorithm,
        [(cms.issuer_and_serial(holder.certificate), info.keys[0].octets)],
    )
    assert outcome(cbc_for([made]), holder.decryptor) == "decryption-failed"


# --- RSA ---


def test_a_short_rsa_key_is_refused() -> None:
    short = issue(rsa.generate_private_key(65537, 1024), "Short", issuer=root())  # noqa: S505
    with pytest.raises(RecipientRefused) as raised:
        envelope.encrypt(b"", [short.certificate])
    assert (raised.value.code, raised.value.values["found"]) == ("recipient-key-size", "1024")


# --- derived content keys (RFC 9709) ---


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (
            "301b0609608648016503040106300e040c5c79058ba2f43447639d29e2",
            "2124ffb29fac4e0fbbc7d5d87492bff3",
        ),
        (
            "301d06096086480165030401020410651f722ffd512c52fe072e507d72b377",
            "9cd102c52f1e19ece8729b35bfeceb50",
        ),
    ],
    ids=["gcm", "cbc"],
)
def test_content_keys_are_derived_as_in_the_standard(info: str, expected: str) -> None:
    # RFC 9709 Appendix B
    key = bytes.fromhex("c702e7d0a9e064b09ba55245fb733cf3")
    cipher = AlgorithmIdentifier.read(der.decode(bytes.fromhex(info)))
    assert content_key(key, cipher).hex() == expected


@pytest.mark.parametrize("cipher", sorted(CIPHER_NAMES))
@pytest.mark.parametrize("kind", ["rsa-2048", "p-256", "ml-kem-768"])
def test_a_derived_key_opens_each_cipher(cipher: str, kind: str) -> None:
    holder = recipient(kind)
    data = envelope.encrypt(CONTENT, [holder.certificate], cipher=cipher, derive_key=True)
    found = read_envelope(data)
    assert found.encryption.derived
    assert found.cipher_name == cipher
    assert der.oid(CEK_HKDF_SHA256_OID) in data
    assert outcome(data, holder.decryptor) == CONTENT


def downgraded(data: bytes, derived: bool) -> bytes:
    """The same envelope with its cipher changed from GCM to CBC: what an attacker asks to be opened."""
    found = read_envelope(data)
    assert found.encrypted is not None
    infos = next(c.raw for c in der.decode(data).children() if c.tag == der.context(0))
    recipients = next(c for c in der.decode(infos).only().children() if c.tag == der.SET)
    vector = AlgorithmIdentifier(AES256_CBC.oid, der.octet_string(bytes(16)))
    octets = found.encrypted.octets()
    return enveloped.encode_enveloped(
        [r.raw for r in recipients.children()],
        ContentEncryption(vector, derived),
        octets[: len(octets) // 16 * 16],
    )


def test_a_derived_key_is_another_under_another_cipher() -> None:
    # RFC 9709 §5: the key that GCM used never decrypts CBC blocks.
    data = envelope.encrypt(CONTENT, [SHARED], derive_key=True)
    found = read_envelope(data)
    gcm, cbc = found.cipher, read_envelope(downgraded(data, True)).cipher
    assert content_key(CEK, gcm) != content_key(CEK, cbc) != CEK
    assert outcome(downgraded(data, True), SHARED) != CONTENT


def test_a_derivation_without_its_cipher_is_malformed() -> None:
    data = envelope.encrypt(CONTENT, [SHARED], derive_key=True)
    named = ContentEncryption(read_envelope(data).cipher, derived=True).encode()
    assert named in data
    bare = AlgorithmIdentifier(CEK_HKDF_SHA256_OID).encode()
    element = der.decode(bare)
    with pytest.raises(MalformedInput) as raised:
        ContentEncryption.read(element, "contentEncryptionAlgorithm")
    assert raised.value.clause == "RFC 9709 §3"


def test_a_derivation_of_a_derivation_is_not_supported() -> None:
    inner = AlgorithmIdentifier(CEK_HKDF_SHA256_OID, VECTOR.encode())
    data = enveloped.encode_enveloped(
        [enveloped.encode_shared_key(b"archive", KEY_WRAP_NAMES["aes256-wrap"].identifier, bytes(40))],
        ContentEncryption(inner, derived=True),
        bytes(16),
    )
    assert outcome(data, SHARED) == "unsupported-algorithm"


# --- what is weak ---


def triple_des() -> bytes:
    wrap = KEY_WRAP_NAMES["aes256-wrap"]
    key = bytes(range(24))
    return cbc_for(
        [enveloped.encode_shared_key(b"archive", wrap.identifier, wrap.wrap(SHARED.key, key))],
        row=TRIPLE_DES,
        key=key,
    )


def test_triple_des_opens_only_where_it_is_called_unsafe() -> None:
    data = triple_des()
    assert read_envelope(data).cipher_name == "des-ede3-cbc"
    with pytest.raises(UnsupportedAlgorithm) as raised:
        envelope.decrypt(data, [SHARED])
    assert raised.value.values["algorithm"] == "des-ede3-cbc"
    opened = envelope.decrypt(data, [SHARED], unsafe_legacy_ciphers=True)
    assert (opened.content, opened.cipher) == (CONTENT, "des-ede3-cbc")
    assert [f.code for f in opened.findings] == ["content-not-authenticated", "legacy-cipher"]
    with pytest.raises(UnsupportedAlgorithm):
        envelope.encrypt(b"", [SHARED], cipher="des-ede3-cbc")


def test_a_password_with_triple_des_opens_only_where_it_is_called_unsafe() -> None:
    inner = AlgorithmIdentifier(TRIPLE_DES.oid, der.octet_string(bytes(8)))
    kek = PasswordDerivation(b"salt", 1).derive(b"secret", 24)
    octets = password.wrap(TRIPLE_DES, kek, bytes(8), CEK)
    data = cbc_for([password_info(DERIVED, inner, octets)])
    assert outcome(data, Password("secret")) == "unsupported-algorithm"
    opened = envelope.decrypt(data, [Password("secret")], unsafe_legacy_ciphers=True)
    assert opened.content == CONTENT
    assert opened.recipient.algorithm_name == "pbkdf2-des-ede3-cbc"


def test_cbc_is_kept_out_where_only_authenticated_ciphers_are_accepted() -> None:
    data = cbc_for([enveloped.encode_shared_key(b"archive", VECTOR, bytes(40))])
    with pytest.raises(UnsupportedAlgorithm) as raised:
        envelope.decrypt(data, [SHARED], accepted=AUTHENTICATED_CIPHERS)
    assert (raised.value.code, raised.value.where) == ("cipher-not-accepted", "contentEncryptionAlgorithm")
    assert envelope.decrypt(SHARED_DATA, [SHARED], accepted=AUTHENTICATED_CIPHERS).content == CONTENT


def test_cbc_for_who_reads_gcm_is_a_downgrade() -> None:
    able = capable("p-256", OWN.encode())
    plain = capable("p-256", Capabilities.of([AES256_CBC]).encode())
    broken = capable("p-256", b"\x30\x05")
    for holder, wanted in (
        (able, ["content-not-authenticated", "encryption-downgraded"]),
        (plain, ["content-not-authenticated"]),
        (broken, ["content-not-authenticated"]),
        (ONE, ["content-not-authenticated"]),
    ):
        data = envelope.encrypt(CONTENT, [holder.certificate], cipher="aes-256-cbc")
        assert [f.code for f in envelope.decrypt(data, [holder.decryptor]).findings] == wanted
        sealed = envelope.encrypt(CONTENT, [holder.certificate])
        assert envelope.decrypt(sealed, [holder.decryptor]).findings == ()


# --- which cipher for whom ---


def test_the_profile_is_what_all_recipients_read() -> None:
    able = capable("p-256", OWN.encode(), "Able").certificate
    old = capable("p-256", Capabilities.of([AES256_CBC]).encode(), "Old").certificate
    none = capable("p-256", Capabilities(()).encode(), "None").certificate
    unknown, broken = ONE.certificate, capable("p-256", b"\x30\x05").certificate
    best = choose_profile([able, unknown, broken])
    assert (best.cipher, best.derive_key, best.findings) == ("aes-256-gcm", False, ())
    weak = choose_profile([able, old])
    assert weak.cipher == "aes-256-cbc"
    assert [(f.code, "Old" in f.where) for f in weak.findings] == [("encryption-downgraded", True)]
    with pytest.raises(RecipientRefused) as raised:
        choose_profile([able, none])
    assert raised.value.code == "recipient-capabilities"
    assert "None" in raised.value.message


def test_what_a_recipient_says_elsewhere_counts_before_the_certificate() -> None:
    able = capable("p-256", OWN.encode(), "Able").certificate
    derives = Capabilities((*OWN.items, AlgorithmIdentifier(CEK_HKDF_SHA256_OID)))
    small = Capabilities.of([CIPHER_NAMES["aes-128-gcm"]])
    assert choose_profile([able], said={able: derives}).derive_key
    assert not choose_profile([able, ONE.certificate], said={able: derives}).derive_key
    assert choose_profile([able], said={able: small}).cipher == "aes-128-gcm"


# --- both keys of a person ---


def test_what_is_protected_with_both_needs_both_keys() -> None:
    people = [
        (recipient(kind).certificate, recipient("ml-kem-768", number).certificate)
        for number, kind in enumerate(("p-256", "rsa-2048", "x25519"))
    ]
    data = envelope.protect_with_both(CONTENT, people)
    for number, kind in enumerate(("p-256", "rsa-2048", "x25519")):
        classical, quantum = recipient(kind).decryptor, recipient("ml-kem-768", number).decryptor
        opened = envelope.open_with_both(data, [classical, quantum])
        assert (opened.content, opened.content_type) == (CONTENT, cms.DATA)
        assert opened.recipient.names(recipient(kind).certificate)
        for alone in (classical, quantum):
            with pytest.raises(NotARecipient):
                envelope.open_with_both(data, [alone])
    outer = envelope.decrypt(data, [recipient("ml-kem-768", 0).decryptor])
    assert outer.content_type == enveloped.AUTH_ENVELOPED_DATA
    assert b"letter" not in outer.content


def test_a_pair_is_of_a_classical_and_a_post_quantum_certificate() -> None:
    for pair in ((ONE.certificate,) * 2, (KEM.certificate,) * 2, (KEM.certificate, ONE.certificate)):
        with pytest.raises(RecipientRefused) as raised:
            envelope.protect_with_both(b"", [pair])
        assert raised.value.code == "recipient-key-kind"
    with pytest.raises(ValueError, match="recipients"):
        envelope.protect_with_both(b"", [])


def test_one_envelope_is_not_taken_for_two() -> None:
    inner = envelope.encrypt(CONTENT, [KEM.certificate])
    _, value = cms.take_content(inner, enveloped.AUTH_ENVELOPED_DATA)
    twice = envelope.encrypt(value.raw, [KEM.certificate], content_type=enveloped.AUTH_ENVELOPED_DATA)
    turned = envelope.encrypt(value.raw, [ONE.certificate], content_type=enveloped.AUTH_ENVELOPED_DATA)
    for data in (KEM_DATA, twice, turned):
        with pytest.raises(MalformedInput) as raised:
            envelope.open_with_both(data, [KEM.decryptor, ONE.decryptor])
        assert raised.value.code == "envelope-not-nested"


# --- named by key identifier ---


def test_an_agreed_key_may_be_named_by_its_key_identifier() -> None:
    identifier = ONE.certificate.subject_key_identifier or b""
    (info,) = read_envelope(envelope.encrypt(CONTENT, [ONE.certificate], cipher="aes-256-cbc")).recipients
    assert isinstance(info, KeyAgreement)
    made = enveloped.encode_key_agreement(
        info.originator_algorithm or AlgorithmIdentifier(EC_OID),
        info.originator_key or b"",
        info.algorithm,
        [(der.implicit(0, der.sequence(der.octet_string(identifier))), info.keys[0].octets)],
    )
    named = read_envelope(cbc_for([made])).recipient_ids[0]
    assert named.subject_key_identifier == identifier
    assert named.names(ONE.certificate)
    assert not named.names(recipient("p-256", 1).certificate)


@pytest.mark.parametrize(
    ("derivation", "inner"), [(None, VECTOR), (DERIVED, AlgorithmIdentifier("1.2.3", der.null()))]
)
def test_a_password_in_an_unknown_way_is_read_by_its_identifier(
    derivation: AlgorithmIdentifier | None, inner: AlgorithmIdentifier
) -> None:
    found = read_envelope(cbc_for([password_info(derivation, inner, bytes(48))]))
    assert found.recipient_ids[0].algorithm_name == enveloped.PASSWORD_KEK


# --- two readers ---


def strictly(data: bytes) -> Any:
    """What the strict reader gives: the value, or its error's code."""
    try:
        wanted = (enveloped.ENVELOPED_DATA, enveloped.AUTH_ENVELOPED_DATA)
        return enveloped.read_content(*cms.take_content(data, *wanted))
    except EsignError as e:
        return e.code


PLAIN = [
    envelope.encrypt(CONTENT, [recipient(kind).certificate for kind in kinds], cipher=cipher)
    for kinds in (["p-256"], ["rsa-2048"], ["x25519", "p-256", "rsa-2048"])
    for cipher in ("aes-256-gcm", "aes-256-cbc")
]


@pytest.mark.parametrize("data", PLAIN, ids=range(len(PLAIN)))
def test_the_plain_form_is_read_as_the_strict_reader_does(data: bytes) -> None:
    assert plain_envelope(data) == strictly(data)


@pytest.mark.parametrize("data", [KEM_DATA, SHARED_DATA, SECRET_DATA], ids=["kem", "shared", "password"])
def test_what_is_not_plain_is_left_to_the_strict_reader(data: bytes) -> None:
    assert plain_envelope(data) is None
    assert read_envelope(data) == strictly(data)


@pytest.mark.parametrize("oid", [AES256_GCM.oid, cms.DATA])
def test_a_broken_identifier_is_left_to_the_strict_reader(oid: str) -> None:
    octets = der.oid(oid)
    data = PLAIN[0].replace(octets, octets[:-1] + b"\x80")
    assert plain_envelope(data) is None
    assert strictly(data) == "malformed-input"


@settings(max_examples=600, deadline=None)
@given(
    data=st.sampled_from(PLAIN),
    changes=st.lists(st.tuples(st.integers(0, 700), st.binary(min_size=1, max_size=2)), max_size=3),
    cut=st.integers(0, 3),
)
def test_both_readers_agree_on_whatever_is_given(
    data: bytes, changes: list[tuple[int, bytes]], cut: int
) -> None:
    for at, octets in changes:
        data = data[:at] + octets + data[at + len(octets) :]
    data = data[: len(data) - cut]
    plain = plain_envelope(data)
    assert plain is None or plain == strictly(data)


# --- hostile input ---

EACH = {
    "kem": (KEM_DATA, KEM.decryptor),
    "shared": (SHARED_DATA, SHARED),
    "password": (SECRET_DATA, SECRET),
    "x25519": (envelope.encrypt(CONTENT, [recipient("x25519").certificate]), recipient("x25519").decryptor),
    "derived": (envelope.encrypt(CONTENT, [SHARED], derive_key=True), SHARED),
}


@pytest.mark.parametrize("kind", sorted(EACH))
def test_recipients_cut_anywhere_are_malformed(kind: str) -> None:
    data, _ = EACH[kind]
    for length in range(len(data)):
        with pytest.raises(MalformedInput):
            read_envelope(data[:length])
    with pytest.raises(MalformedInput):
        read_envelope(data + b"\0")


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(sorted(EACH)), at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_flipped_bit_changes_what_opens(kind: str, at: float, bit: int) -> None:
    data, held = EACH[kind]
    changed = bytearray(data)
    changed[int(at * len(data))] ^= 1 << bit
    found = outcome(bytes(changed), held)
    assert isinstance(found, str) or found == CONTENT


@settings(deadline=None)
@given(
    kind=st.sampled_from(sorted(EACH)),
    splices=st.lists(st.tuples(st.integers(0, 600), st.binary(max_size=4))),
)
def test_spliced_recipients_raise_only_our_errors(kind: str, splices: list[tuple[int, bytes]]) -> None:
    data, held = EACH[kind]
    for at, octets in splices:
        data = data[:at] + octets + data[at + 1 :]
    outcome(data, held)
