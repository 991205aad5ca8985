"""Envelopes: every kind of recipient with every cipher, and nothing learnt from those that do not open."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import cms, der, envelope, enveloped, keys
from esign.algorithms import AlgorithmIdentifier
from esign.attributes import Attribute, encode_attributes
from esign.ciphers import AES256_CBC, AES256_GCM, CIPHER_NAMES, PKCS1_ENCRYPTION, key_wrap
from esign.envelope import agreement as agreements
from esign.envelope.content import encrypt_cbc
from esign.enveloped import (
    AuthEnvelopedData,
    ContentEncryption,
    EnvelopedData,
    KeyAgreement,
    RecipientKind,
    read_envelope,
)
from esign.errors import (
    DecryptionFailed,
    EsignError,
    LimitExceeded,
    MalformedInput,
    NotARecipient,
    RecipientRefused,
    UnsupportedAlgorithm,
)
from esign.key_derivation import ECDH_SHA256
from esign.keys import Decryptor
from tests.esign.people import Holder, issue, recipient, root, signatory

NAMES = {
    "rsa-2048": "rsa-oaep-sha256",
    "rsa-3072": "rsa-oaep-sha256",
    "p-256": "ecdh-sha256-aes256-wrap",
    "p-384": "ecdh-sha384-aes256-wrap",
    "p-521": "ecdh-sha512-aes256-wrap",
    "x25519": "ecdh-hkdf-sha256-aes256-wrap",
    "ml-kem-768": "ml-kem-768-hkdf-sha256-aes256-wrap",
    "ml-kem-1024": "ml-kem-1024-hkdf-sha256-aes256-wrap",
}
KINDS = list(NAMES)
CONTENT = b"letter" * 100
ONE = recipient("p-256")
GCM = envelope.encrypt(CONTENT, [ONE.certificate])
CBC = envelope.encrypt(CONTENT, [ONE.certificate], cipher="aes-256-cbc")
RSA = envelope.encrypt(CONTENT, [recipient("rsa-2048").certificate])


def ber(data: bytes) -> bytes:
    """The same value with indefinite lengths wherever BER allows them."""
    element = der.decode(data)
    if not element.constructed:
        return data
    inner = b"".join(ber(child.raw) for child in element.children())
    return bytes((element.tag, 0x80)) + inner + b"\0\0"


def pkcs1(holder: Holder, key: bytes) -> bytes:
    """A recipient as older clients make it: RSA with PKCS#1 v1.5."""
    encrypted = holder.private.public_key().encrypt(key, padding.PKCS1v15())
    return enveloped.encode_key_transport(
        cms.issuer_and_serial(holder.certificate), PKCS1_ENCRYPTION.identifier, encrypted
    )


def cbc_for(infos: list[bytes], key: bytes, content: bytes = CONTENT) -> bytes:
    vector = bytes(16)
    encryption = ContentEncryption(AlgorithmIdentifier(AES256_CBC.oid, der.octet_string(vector)))
    return enveloped.encode_enveloped(infos, encryption, encrypt_cbc(AES256_CBC, key, vector, content))


# --- the table ---


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cipher", sorted(CIPHER_NAMES))
@pytest.mark.parametrize("with_certificate", [True, False])
def test_each_recipient_opens_each_cipher(kind: str, cipher: str, with_certificate: bool) -> None:
    holder = recipient(kind)
    data = envelope.encrypt(CONTENT, [holder.certificate], cipher=cipher)
    key = holder.decryptor if with_certificate else Decryptor(holder.private)
    opened = envelope.decrypt(data, [key])
    assert opened.content == CONTENT
    assert (opened.cipher, opened.content_type) == (cipher, cms.DATA)
    assert opened.authenticated == CIPHER_NAMES[cipher].authenticated
    assert opened.recipient.names(holder.certificate)
    assert opened.recipient.algorithm_name == NAMES[kind]
    assert [f.code for f in opened.findings] == (
        [] if opened.authenticated else ["content-not-authenticated"]
    )
    assert b"letter" not in data


@pytest.mark.parametrize("cipher", ["aes-256-gcm", "aes-256-cbc"])
def test_each_of_many_recipients_opens(cipher: str) -> None:
    holders = [recipient(kind, number) for kind in ("rsa-2048", "p-256", "p-384") for number in (0, 1)]
    data = envelope.encrypt(CONTENT, [h.certificate for h in holders], cipher=cipher)
    assert der.is_der(der.decode(data))
    for holder in holders:
        assert envelope.decrypt(data, [holder.decryptor]).content == CONTENT


def test_recipients_on_one_curve_share_one_ephemeral_key() -> None:
    holders = [recipient("p-256", number) for number in range(3)] + [recipient("p-384")]
    found = read_envelope(envelope.encrypt(b"", [h.certificate for h in holders]))
    assert sorted(len(info.keys) for info in found.recipients) == [1, 3]
    assert all(isinstance(info, KeyAgreement) for info in found.recipients)
    for holder in holders:
        assert sum(r.names(holder.certificate) for r in found.recipient_ids) == 1


def test_a_certificate_given_twice_gets_one_key() -> None:
    data = envelope.encrypt(b"", [ONE.certificate, ONE.certificate])
    assert len(envelope.read_recipients(data)) == 1


def test_the_key_that_fits_is_found_among_others() -> None:
    others = [
        signatory("ed25519").decryptor,
        recipient("rsa-2048").decryptor,
        recipient("p-256", 1).decryptor,
    ]
    assert envelope.decrypt(GCM, [*others, ONE.decryptor]).content == CONTENT


def test_ber_opens_as_der_does() -> None:
    for data in (GCM, CBC, RSA):
        key = recipient("rsa-2048").decryptor if data is RSA else ONE.decryptor
        assert envelope.decrypt(ber(data), [key]).content == CONTENT


@pytest.mark.parametrize(
    ("kinds", "version"),
    [(["rsa-2048"], 0), (["p-256"], 2), (["rsa-2048", "p-256"], 2), (["p-256", "ml-kem-768"], 3)],
)
def test_the_version_follows_the_recipients(kinds: list[str], version: int) -> None:
    # RFC 5652 §6.1
    people = [recipient(kind).certificate for kind in kinds]
    assert read_envelope(envelope.encrypt(b"", people, cipher="aes-256-cbc")).version == version
    assert read_envelope(envelope.encrypt(b"", people)).version == 0


@settings(max_examples=30)
@given(content=st.binary(max_size=200), cipher=st.sampled_from(sorted(CIPHER_NAMES)))
def test_envelopes_round_trip(content: bytes, cipher: str) -> None:
    data = envelope.encrypt(content, [ONE.certificate], cipher=cipher)
    assert envelope.decrypt(data, [ONE.decryptor]).content == content


# --- what a relay reads ---


def test_a_relay_reads_recipients_and_cipher_without_a_key() -> None:
    found = read_envelope(GCM)
    assert isinstance(found, AuthEnvelopedData)
    assert (found.cipher_name, found.authenticated) == ("aes-256-gcm", True)
    (named,) = found.recipient_ids
    assert named.kind is RecipientKind.KEY_AGREEMENT
    assert (named.issuer, named.serial_number) == (
        root().certificate.subject.raw,
        ONE.certificate.serial_number,
    )
    assert named.subject_key_identifier is None
    assert named.names(ONE.certificate)
    assert not named.names(recipient("p-256", 1).certificate)
    plain = read_envelope(CBC)
    assert isinstance(plain, EnvelopedData)
    assert (plain.cipher_name, plain.authenticated) == ("aes-256-cbc", False)


def test_an_unknown_cipher_is_read_by_its_identifier() -> None:
    unknown = ContentEncryption(AlgorithmIdentifier("1.2.3"))
    data = enveloped.encode_enveloped([pkcs1(recipient("rsa-2048"), b"k")], unknown, b"")
    assert read_envelope(data).cipher_name == "1.2.3"
    assert read_envelope(data).recipient_ids[0].algorithm_name == "rsa-pkcs1"


@pytest.mark.parametrize(
    "algorithm",
    [
        AlgorithmIdentifier("1.2.3"),
        AlgorithmIdentifier("1.3.132.1.11.1"),
        AlgorithmIdentifier("1.3.132.1.11.1", der.null()),
        AlgorithmIdentifier("1.3.132.1.11.1", AlgorithmIdentifier("1.2.3").encode()),
        AlgorithmIdentifier("1.2.840.113549.1.1.7", der.sequence(der.explicit(0, der.sequence()))),
    ],
)
def test_an_unknown_key_encryption_is_read_by_its_identifier(algorithm: AlgorithmIdentifier) -> None:
    named = enveloped.RecipientId(RecipientKind.KEY_AGREEMENT, cms.CertificateId(), algorithm)
    assert named.algorithm_name == algorithm.oid


def test_recipients_that_name_no_certificate_are_seen() -> None:
    other = der.tlv(der.context(4), der.oid("1.2.3"), der.null())
    data = cbc_for([pkcs1(recipient("rsa-2048"), bytes(32)), other], bytes(32))
    transport, unknown = envelope.read_recipients(data)
    assert (transport.kind, unknown.kind) == (RecipientKind.KEY_TRANSPORT, RecipientKind.OTHER)
    assert unknown.algorithm_name == "1.2.3"
    assert not unknown.names(recipient("rsa-2048").certificate)
    assert envelope.decrypt(data, [recipient("rsa-2048").decryptor]).content == CONTENT


# --- refusals ---


@pytest.mark.parametrize(
    ("kind", "usage", "wanted"),
    [
        ("rsa-2048", "digital_signature", "keyEncipherment"),
        ("rsa-2048", "key_agreement", "keyEncipherment"),
        ("p-256", "digital_signature", "keyAgreement"),
        ("p-256", "key_encipherment", "keyAgreement"),
    ],
)
def test_a_certificate_whose_usage_forbids_it_is_refused(kind: str, usage: str, wanted: str) -> None:
    holder = issue(recipient(kind).private, "Officer", usage, issuer=root())
    with pytest.raises(RecipientRefused) as raised:
        envelope.encrypt(b"", [holder.certificate])
    assert raised.value.code == "recipient-key-usage"
    assert raised.value.values["wanted"] == wanted
    assert "Officer" in raised.value.message


@pytest.mark.parametrize("kind", ["rsa-2048", "p-256"])
def test_a_certificate_that_says_no_usage_is_taken(kind: str) -> None:
    holder = issue(recipient(kind).private, "Officer", issuer=root())
    assert envelope.decrypt(envelope.encrypt(b"x", [holder.certificate]), [holder.decryptor]).content == b"x"


def test_a_key_that_only_signs_is_refused() -> None:
    with pytest.raises(RecipientRefused) as raised:
        envelope.encrypt(b"", [signatory("ed25519").certificate])
    assert raised.value.code == "recipient-key-kind"


def test_another_cipher_is_not_supported() -> None:
    with pytest.raises(UnsupportedAlgorithm) as raised:
        envelope.encrypt(b"", [ONE.certificate], cipher="rc2")
    assert raised.value.values["algorithm"] == "rc2"


def test_an_envelope_without_recipients_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="recipients"):
        envelope.encrypt(b"", [])


@pytest.mark.parametrize("held", [[], [recipient("p-256", 1).decryptor], [signatory("ed25519").decryptor]])
def test_who_is_not_named_is_no_recipient(held: list[Decryptor]) -> None:
    with pytest.raises(NotARecipient) as raised:
        envelope.decrypt(GCM, held)
    assert raised.value.code == "not-a-recipient"


def test_a_key_of_another_curve_is_no_recipient() -> None:
    with pytest.raises(NotARecipient):
        envelope.decrypt(GCM, [Decryptor(recipient("p-384").private)])


# --- failing alike ---


def outcome(data: bytes, key: Decryptor) -> Any:
    try:
        return envelope.decrypt(data, [key]).content
    except EsignError as e:
        return (type(e), e.code, e.message, e.where, e.clause, dict(e.values))


def _with_key_octets(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    octets = read_envelope(data).recipients[0].keys[0].octets
    changed = change(octets)
    assert len(changed) == len(octets)
    assert data.count(octets) == 1
    return data.replace(octets, changed)


def test_each_way_to_fail_looks_the_same() -> None:
    holder = recipient("rsa-2048")
    wrong_point = re.sub(rb"\x04(.{64})", lambda m: b"\x04" + bytes(64), GCM, count=1, flags=re.DOTALL)
    failures = [
        outcome(GCM[:-1] + bytes((GCM[-1] ^ 1,)), ONE.decryptor),
        outcome(_with_key_octets(GCM, lambda o: bytes(len(o))), ONE.decryptor),
        outcome(_with_key_octets(RSA, lambda o: o[:-1] + bytes((o[-1] ^ 1,))), holder.decryptor),
        outcome(_with_key_octets(RSA, lambda o: b"\xff" * len(o)), holder.decryptor),
        outcome(GCM, Decryptor(recipient("p-256", 1).private, ONE.certificate.raw)),
        outcome(wrong_point, ONE.decryptor),
    ]
    assert set(map(str, failures)) == {str(failures[0])}
    assert failures[0][:2] == (DecryptionFailed, "decryption-failed")
    assert failures[0][3:] == ("", "", {})


def test_padding_that_is_wrong_fails_like_everything() -> None:
    key = bytes(range(32))
    holder = recipient("rsa-2048")
    data = cbc_for([pkcs1(holder, key)], key)
    assert outcome(data, holder.decryptor) == CONTENT
    assert outcome(data[:-1] + bytes((data[-1] ^ 1,)), holder.decryptor)[1] == "decryption-failed"


@pytest.mark.parametrize("size", [0, 1, 16, 24, 31, 33, 200])
def test_a_key_of_a_wrong_size_is_replaced_by_a_random_one(size: int) -> None:
    # RFC 3218 §2.3.2: the failure shows only in the content; GCM makes it certain.
    holder = recipient("rsa-2048")
    nonce = der.sequence(der.octet_string(bytes(12)), der.integer(16))
    identifier = ContentEncryption(AlgorithmIdentifier(AES256_GCM.oid, nonce))
    data = enveloped.encode_auth_enveloped([pkcs1(holder, bytes(size))], identifier, b"xx", mac=bytes(16))
    assert outcome(data, holder.decryptor)[:2] == (DecryptionFailed, "decryption-failed")


def test_pkcs1_is_opened_with_a_lone_key_only_where_nothing_is_guessed() -> None:
    holder, other = recipient("rsa-2048"), recipient("rsa-2048", 1)
    key = bytes(range(32))
    alone, both = cbc_for([pkcs1(holder, key)], key), cbc_for([pkcs1(h, key) for h in (holder, other)], key)
    bare = Decryptor(holder.private)
    assert envelope.decrypt(alone, [bare]).content == CONTENT
    assert envelope.decrypt(both, [holder.decryptor]).content == CONTENT
    with pytest.raises(NotARecipient):
        envelope.decrypt(both, [bare])


def test_attempts_are_bounded() -> None:
    # An envelope that names one recipient ten thousand times costs sixteen private operations.
    wrong = enveloped.encode_key_transport(
        cms.issuer_and_serial(recipient("rsa-2048").certificate), PKCS1_ENCRYPTION.identifier, bytes(256)
    )
    calls: list[int] = []

    class Counting:
        """Decrypts nothing and counts."""

        key_size = 2048

        def decrypt(self, *_: object) -> bytes:
            calls.append(1)
            raise ValueError

    rsa.RSAPrivateKey.register(Counting)
    data = cbc_for([wrong] * 500, bytes(32), b"x" * 64)
    key = Decryptor(Counting(), recipient("rsa-2048").certificate.raw)
    outcome(data, key)
    assert 1 <= len(calls) <= 16


def test_recipients_are_bounded() -> None:
    other = der.tlv(der.context(4), der.oid("1.2.3"))
    with pytest.raises(LimitExceeded):
        read_envelope(cbc_for([other] * 10_001, bytes(32), b""))
    key = der.sequence(cms.issuer_and_serial(ONE.certificate), der.octet_string(b""))
    agreement = der.tlv(
        der.context(1),
        der.integer(3),
        der.explicit(0, der.tlv(der.context(0, constructed=False), b"id")),
        AlgorithmIdentifier("1.2.3").encode(),
        der.sequence(*[key] * 6000),
    )
    with pytest.raises(LimitExceeded) as raised:
        read_envelope(cbc_for([agreement, agreement], bytes(32), b""))
    assert raised.value.where == "EnvelopedData.recipientInfos"


# --- key agreement ---


def agreement(wrap: AlgorithmIdentifier, *, material: bytes | None = None, curve: bool = False) -> bytes:
    """An envelope for ONE by ECDH made here, with the wrap algorithm spelled as given."""
    ephemeral, key = keys.generate("p-256"), bytes(range(32))
    algorithm = AlgorithmIdentifier("1.3.132.1.11.1", wrap.encode())
    row = key_wrap(wrap)
    shared = agreements.shared_info(wrap, row.key_size, material)
    kek = agreements.agreed_key(ephemeral, ONE.private.public_key(), ECDH_SHA256, wrap=row, info=shared)
    named = der.oid("1.2.840.10045.3.1.7") if curve else der.null()
    info = enveloped.encode_key_agreement(
        AlgorithmIdentifier("1.2.840.10045.2.1", named),
        agreements.encode_public_key(ephemeral.public_key()),
        algorithm,
        [(cms.issuer_and_serial(ONE.certificate), keywrap.aes_key_wrap(kek, key))],
        user_keying_material=material,
    )
    return cbc_for([info], key)


@pytest.mark.parametrize("material", [None, b"user keying material"])
@pytest.mark.parametrize("parameters", [None, der.null()])
@pytest.mark.parametrize("curve", [True, False])
def test_agreed_keys_are_read_as_others_spell_them(
    material: bytes | None, parameters: bytes | None, curve: bool
) -> None:
    wrap = AlgorithmIdentifier("2.16.840.1.101.3.4.1.5", parameters)
    data = agreement(wrap, material=material, curve=curve)
    opened = envelope.decrypt(data, [ONE.decryptor])
    assert opened.content == CONTENT
    assert opened.recipient.algorithm_name == "ecdh-sha256-aes128-wrap"


def test_a_static_originator_is_not_supported() -> None:
    info = der.tlv(
        der.context(1),
        der.integer(3),
        der.explicit(0, cms.issuer_and_serial(ONE.certificate)),
        AlgorithmIdentifier(
            "1.3.132.1.11.1", AlgorithmIdentifier("2.16.840.1.101.3.4.1.45").encode()
        ).encode(),
        der.sequence(der.sequence(cms.issuer_and_serial(ONE.certificate), der.octet_string(bytes(40)))),
    )
    with pytest.raises(UnsupportedAlgorithm) as raised:
        envelope.decrypt(cbc_for([info], bytes(32)), [ONE.decryptor])
    assert raised.value.where == "KeyAgreeRecipientInfo.originator"
    with pytest.raises(NotARecipient):
        envelope.decrypt(cbc_for([info], bytes(32)), [Decryptor(ONE.private)])


# --- AuthEnvelopedData ---


def sealed(
    *,
    content_type: str = cms.DATA,
    attributes: bytes = b"",
    nonce: bytes = bytes(12),
    size: int | None = 16,
    mac_size: int = 16,
    cipher: str = AES256_GCM.oid,
) -> bytes:
    """AuthEnvelopedData for the RSA recipient, authenticated over `attributes`."""
    key = bytes(range(32))
    encryptor = Cipher(AES(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(attributes)
    encrypted = encryptor.update(CONTENT) + encryptor.finalize()
    parameters = der.sequence(der.octet_string(nonce), b"" if size is None else der.integer(size))
    return enveloped.encode_auth_enveloped(
        [pkcs1(recipient("rsa-2048"), key)],
        ContentEncryption(AlgorithmIdentifier(cipher, parameters)),
        encrypted,
        mac=encryptor.tag[:mac_size],
        attributes=attributes,
        content_type=content_type,
    )


def opened(data: bytes) -> bytes:
    return envelope.decrypt(data, [recipient("rsa-2048").decryptor]).content


@pytest.mark.parametrize("size", [12, 13, 14, 15, 16])
def test_tags_of_12_to_16_octets_are_read(size: int) -> None:
    data = sealed(size=size, mac_size=size)
    assert opened(data) == CONTENT
    assert (
        outcome(data[:-1] + bytes((data[-1] ^ 1,)), recipient("rsa-2048").decryptor)[1] == "decryption-failed"
    )


def test_a_tag_is_of_12_octets_where_nothing_is_said() -> None:
    assert opened(sealed(size=None, mac_size=12)) == CONTENT


@pytest.mark.parametrize(
    ("size", "mac_size"), [(16, 12), (12, 16), (None, 16), (4, 4), (11, 11), (17, 16), (0, 0)]
)
def test_a_tag_of_another_length_is_malformed(size: int | None, mac_size: int) -> None:
    with pytest.raises(MalformedInput) as raised:
        opened(sealed(size=size, mac_size=mac_size))
    assert raised.value.clause == "RFC 5084 §3.2"


def test_other_content_is_encrypted_with_its_type_authenticated() -> None:
    data = envelope.encrypt(b"x", [ONE.certificate], content_type=cms.SIGNED_DATA)
    found = envelope.decrypt(data, [ONE.decryptor])
    assert (found.content, found.content_type) == (b"x", cms.SIGNED_DATA)
    assert read_envelope(envelope.encrypt(b"x", [ONE.certificate])).attributes.items == ()  # type: ignore[union-attr]


def test_other_content_without_its_type_authenticated_is_refused() -> None:
    with pytest.raises(MalformedInput) as raised:
        opened(sealed(content_type=cms.SIGNED_DATA))
    assert (raised.value.code, raised.value.clause) == ("attribute-missing", "RFC 5083 §2.1")


@pytest.mark.parametrize("claimed", [cms.DATA, cms.SIGNED_DATA])
def test_the_authenticated_type_must_be_the_stated_one(claimed: str) -> None:
    attributes = encode_attributes([Attribute(cms.CONTENT_TYPE, (der.oid("1.2.3"),))])
    with pytest.raises(MalformedInput) as raised:
        opened(sealed(content_type=claimed, attributes=attributes))
    assert raised.value.code == "content-type-mismatch"


def test_other_attributes_are_authenticated() -> None:
    attributes = encode_attributes([Attribute("1.2.3", (der.integer(1),))])
    data = sealed(attributes=attributes)
    assert opened(data) == CONTENT
    changed = data.replace(der.implicit(1, attributes)[-3:], der.integer(2), 1)
    assert outcome(changed, recipient("rsa-2048").decryptor)[1] == "decryption-failed"


def test_gcm_is_not_opened_as_cbc_nor_cbc_as_gcm() -> None:
    key = bytes(range(32))
    infos = [pkcs1(recipient("rsa-2048"), key)]
    gcm = AlgorithmIdentifier(AES256_GCM.oid, der.sequence(der.octet_string(bytes(12)), der.integer(16)))
    closed = enveloped.encode_enveloped(infos, ContentEncryption(gcm), b"x")
    for data in (sealed(cipher=AES256_CBC.oid), closed):
        with pytest.raises(UnsupportedAlgorithm) as raised:
            opened(data)
        assert raised.value.where == "contentEncryptionAlgorithm"


@pytest.mark.parametrize("parameters", [None, der.null(), der.octet_string(bytes(15)), der.integer(1)])
def test_a_wrong_vector_is_malformed(parameters: bytes | None) -> None:
    infos = [pkcs1(recipient("rsa-2048"), bytes(32))]
    encryption = ContentEncryption(AlgorithmIdentifier(AES256_CBC.oid, parameters))
    with pytest.raises(MalformedInput) as raised:
        opened(enveloped.encode_enveloped(infos, encryption, b"x"))
    assert raised.value.where == "contentEncryptionAlgorithm"


@pytest.mark.parametrize("size", [0, 7, 129])
def test_a_wrong_nonce_is_malformed(size: int) -> None:
    parameters = der.sequence(der.octet_string(bytes(size)), der.integer(16))
    identifier = ContentEncryption(AlgorithmIdentifier(AES256_GCM.oid, parameters))
    infos = [pkcs1(recipient("rsa-2048"), bytes(32))]
    with pytest.raises(MalformedInput):
        opened(enveloped.encode_auth_enveloped(infos, identifier, b"", mac=bytes(16)))


def test_an_envelope_without_content_is_named() -> None:
    info = der.sequence(
        der.oid(cms.DATA), AlgorithmIdentifier(AES256_CBC.oid, der.octet_string(bytes(16))).encode()
    )
    body = der.sequence(der.integer(0), der.set_of([pkcs1(recipient("rsa-2048"), bytes(32))]), info)
    with pytest.raises(MalformedInput) as raised:
        opened(cms.encode_content_info(enveloped.ENVELOPED_DATA, body))
    assert raised.value.code == "encrypted-content-missing"


# --- hostile input ---


@pytest.mark.parametrize("data", [GCM, CBC, RSA], ids=["gcm", "cbc", "rsa"])
def test_input_cut_anywhere_is_malformed(data: bytes) -> None:
    for length in range(len(data)):
        with pytest.raises(MalformedInput):
            read_envelope(data[:length])
    with pytest.raises(MalformedInput):
        read_envelope(data + b"\0")


def test_a_signature_is_no_envelope() -> None:
    with pytest.raises(MalformedInput) as raised:
        read_envelope(cms.encode_content_info(cms.SIGNED_DATA, der.sequence()))
    assert raised.value.code == "cms-wrong-content-type"


def test_no_recipient_is_malformed() -> None:
    with pytest.raises(MalformedInput) as raised:
        read_envelope(cbc_for([], bytes(32)))
    assert (raised.value.code, raised.value.where) == ("cms-malformed", "EnvelopedData.recipientInfos")


def test_an_unknown_choice_of_recipient_is_malformed() -> None:
    with pytest.raises(MalformedInput) as raised:
        read_envelope(cbc_for([der.tlv(der.context(5))], bytes(32)))
    assert raised.value.where == "EnvelopedData.recipientInfos[0]"


@settings(max_examples=400)
@given(data=st.sampled_from([GCM, RSA]), at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_flipped_bit_changes_what_gcm_opens_to(data: bytes, at: float, bit: int) -> None:
    changed = bytearray(data)
    changed[int(at * len(data))] ^= 1 << bit
    key = recipient("rsa-2048").decryptor if data is RSA else ONE.decryptor
    try:
        found = envelope.decrypt(bytes(changed), [key])
    except EsignError:
        return
    assert found.content == CONTENT


@given(
    data=st.sampled_from([GCM, CBC, RSA]),
    splices=st.lists(st.tuples(st.integers(0, 600), st.binary(max_size=4))),
)
def test_spliced_envelopes_raise_only_our_errors(data: bytes, splices: list[tuple[int, bytes]]) -> None:
    for at, octets in splices:
        data = data[:at] + octets + data[at + 1 :]
    for held in (ONE.decryptor, Decryptor(ONE.private), Decryptor(recipient("rsa-2048").private)):
        outcome(data, held)
