"""Private keys in and out of files: each kind, each wrong passphrase, each broken file."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import x25519
from hypothesis import given
from hypothesis import strategies as st

from esign import keys
from esign.algorithms import ECDSA_SHA384, RSA_SHA256, default_scheme
from esign.errors import EsignError, KeyUnavailable, UnsupportedAlgorithm
from esign.keys import Decryptor, Signer, SoftwareKey
from tests.esign.people import issue, recipient, root, signatory
from tests.peers import corpus, require, run

KINDS = ["p-256", "p-384", "p-521", "rsa-2048", "ed25519", "ed448", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87"]
SECRET = "maxfiy-сўз"


def code_of(call: object, *arguments: object, **named: object) -> str:
    with pytest.raises(KeyUnavailable) as raised:
        call(*arguments, **named)  # type: ignore[operator]
    return raised.value.code


@pytest.mark.parametrize("kind", KINDS)
def test_pkcs8_round_trips(kind: str) -> None:
    private = signatory(kind).private
    data = keys.dump_private_key(private, SECRET)
    assert b"ENCRYPTED" in data
    assert keys.load_private_key(data, SECRET).public_key() == private.public_key()
    assert keys.load_private_key(data, SECRET.encode()).public_key() == private.public_key()


@pytest.mark.parametrize("kind", KINDS)
def test_a_plain_key_loads_with_or_without_a_passphrase(kind: str) -> None:
    holder = signatory(kind)
    for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER):
        data = holder.private.private_bytes(
            encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        for passphrase in (None, SECRET):
            loaded = keys.load_private_key(data, passphrase)
            assert loaded.public_key() == holder.private.public_key()


def test_the_passphrase_decides() -> None:
    data = keys.dump_private_key(signatory("p-256").private, SECRET)
    assert code_of(keys.load_private_key, data) == "passphrase-needed"
    assert code_of(keys.load_private_key, data, "other") == "wrong-passphrase"
    assert code_of(keys.load_private_key, data, "") == "passphrase-needed"


def test_an_encrypted_der_key_tells_a_wrong_passphrase() -> None:
    data = signatory("p-256").private.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(SECRET.encode()),
    )
    assert keys.load_private_key(data, SECRET).public_key() == signatory("p-256").private.public_key()
    assert code_of(keys.load_private_key, data) == "passphrase-needed"
    assert code_of(keys.load_private_key, data, "other") == "wrong-passphrase"


@pytest.mark.parametrize("passphrase", ["", b""])
def test_nothing_is_written_without_a_passphrase(passphrase: str | bytes) -> None:
    holder = signatory("p-256")
    assert code_of(keys.dump_private_key, holder.private, passphrase) == "passphrase-needed"
    written = {"passphrase": passphrase}
    assert (
        code_of(keys.write_pkcs12, holder.private, holder.certificate.raw, **written) == "passphrase-needed"
    )


@pytest.mark.parametrize(
    "data", [b"", b"garbage", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_broken_key_is_unavailable(data: bytes) -> None:
    for passphrase in (None, SECRET):
        assert code_of(keys.load_private_key, data, passphrase) == "key-unavailable"


@given(st.binary(max_size=80), st.sampled_from([None, SECRET, ""]))
def test_garbage_raises_only_our_errors(data: bytes, passphrase: str | None) -> None:
    for read in (keys.load_private_key, keys.read_pkcs12, Signer.from_pkcs12):
        for text in (data, b"-----BEGIN " + data, b"\x30\x82\x01\x00" + data):
            try:
                read(text, passphrase)
            except EsignError:
                continue


def test_a_spliced_file_raises_only_our_errors() -> None:
    holder = signatory("p-256")
    for data in (
        keys.write_pkcs12(holder.private, holder.certificate.raw, passphrase=SECRET),
        keys.dump_private_key(holder.private, SECRET),
    ):
        for at in range(0, len(data), 23):
            for read in (keys.read_pkcs12, keys.load_private_key):
                try:
                    read(data[:at] + bytes((data[at] ^ 0x41,)) + data[at + 1 :], SECRET)
                except EsignError:
                    continue


# --- PKCS#12 ---


@pytest.mark.parametrize("kind", ["p-256", "rsa-2048", "ed25519"])
@pytest.mark.parametrize("compatible", [False, True])
def test_pkcs12_round_trips(kind: str, compatible: bool) -> None:
    holder = signatory(kind)
    chain = [root().certificate.raw]
    data = keys.write_pkcs12(
        holder.private,
        holder.certificate.raw,
        passphrase=SECRET,
        name="Officer",
        chain=chain,
        compatible=compatible,
    )
    private, certificate, others = keys.read_pkcs12(data, SECRET)
    assert private.public_key() == holder.private.public_key()
    assert (certificate, others) == (holder.certificate.raw, tuple(chain))
    assert code_of(keys.read_pkcs12, data, "other") == "wrong-passphrase"
    assert code_of(keys.read_pkcs12, data[:-10], SECRET) == "key-unavailable"


def test_signers_and_decryptors_come_from_pkcs12() -> None:
    holder = signatory("p-256")
    data = keys.write_pkcs12(
        holder.private, holder.certificate.raw, passphrase=SECRET, chain=[root().certificate.raw]
    )
    signer, decryptor = Signer.from_pkcs12(data, SECRET), Decryptor.from_pkcs12(data, SECRET)
    assert signer.certificate == decryptor.certificate == holder.certificate.raw
    assert signer.chain == (root().certificate.raw,)


def test_pkcs12_without_a_key_is_unavailable() -> None:
    from cryptography.hazmat.primitives.serialization import pkcs12
    from cryptography.x509 import load_der_x509_certificate

    certificate = load_der_x509_certificate(root().certificate.raw)
    hidden = serialization.BestAvailableEncryption(SECRET.encode())
    data = pkcs12.serialize_key_and_certificates(None, None, None, [certificate], hidden)
    assert code_of(keys.read_pkcs12, data, SECRET) == "key-unavailable"


@pytest.mark.peer
@pytest.mark.parametrize("compatible", [False, True])
def test_openssl_reads_our_pkcs12(compatible: bool) -> None:
    holder = signatory("p-256")
    data = keys.write_pkcs12(
        holder.private, holder.certificate.raw, passphrase="secret", compatible=compatible
    )
    legacy = ["-legacy"] if compatible else []
    command = [require("openssl"), "pkcs12", "-passin", "pass:secret", "-nodes", *legacy]
    done = run(command, input=data)
    assert done.returncode == 0, done.stderr
    assert keys.load_private_key(done.stdout).public_key() == holder.private.public_key()


# --- signers ---


@pytest.mark.parametrize("kind", KINDS)
def test_a_signer_signs_by_the_default_of_its_key(kind: str) -> None:
    holder = signatory(kind)
    signer = Signer.from_pem(holder.key_pem, holder.certificate.pem, chain=[root().certificate.pem])
    assert signer.signature_scheme == default_scheme(holder.private.public_key())
    assert signer.chain == (root().certificate.raw,)
    assert signer.signature_scheme.is_valid(holder.private.public_key(), signer.sign(b"x"), b"x")


def test_a_signer_signs_by_its_own_scheme() -> None:
    holder = signatory("rsa-2048")
    signer = Signer(SoftwareKey(holder.private), holder.certificate.raw, scheme=RSA_SHA256)
    assert signer.signature_scheme is RSA_SHA256
    assert RSA_SHA256.is_valid(holder.private.public_key(), signer.sign(b"x"), b"x")
    assert not ECDSA_SHA384.is_valid(holder.private.public_key(), signer.sign(b"x"), b"x")


def test_a_key_of_another_certificate_makes_no_signer() -> None:
    one, other = signatory("p-256"), signatory("p-256", 1)
    assert code_of(Signer, SoftwareKey(one.private), other.certificate.raw) == "key-mismatch"
    assert code_of(Signer.from_pem, one.key_pem, other.certificate.pem) == "key-mismatch"
    assert code_of(Signer.from_pem, one.key_pem, signatory("rsa-2048").certificate.pem) == "key-mismatch"


def test_a_signer_without_a_readable_certificate_is_unavailable() -> None:
    for certificate in (b"", b"garbage", b"-----BEGIN CERTIFICATE-----"):
        assert code_of(Signer.from_pem, signatory("p-256").key_pem, certificate) == "key-unavailable"


def test_a_decryptor_needs_no_certificate() -> None:
    holder = recipient("p-256")
    assert Decryptor.from_pem(holder.key_pem).certificate is None
    assert Decryptor.from_pem(holder.key_pem, holder.certificate.pem).certificate == holder.certificate.raw


def test_keys_are_not_shown() -> None:
    holder = signatory("p-256")
    for shown in (repr(holder.signer), repr(holder.decryptor)):
        assert "PrivateKey" not in shown


@pytest.mark.parametrize("name", [n for n in keys.KEY_NAMES if n not in ("rsa-3072", "rsa-4096")])
def test_keys_are_generated_by_name(name: str) -> None:
    private = keys.generate(name)
    assert keys.SoftwareKey(private).public_key == private.public_key()


def test_another_kind_of_key_is_not_generated() -> None:
    with pytest.raises(UnsupportedAlgorithm) as raised:
        keys.generate("dsa")
    assert raised.value.values["algorithm"] == "dsa"


def test_a_traditional_encrypted_key_is_read() -> None:
    data = signatory("p-256").private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.BestAvailableEncryption(b"secret"),
    )
    assert keys.load_private_key(data, "secret").public_key() == signatory("p-256").private.public_key()
    assert code_of(keys.load_private_key, data, "other") == "wrong-passphrase"


def test_a_key_is_found_among_certificates_and_text() -> None:
    holder = signatory("p-256")
    data = b"Bag Attributes\n" + holder.certificate.pem + b"Key Attributes: <No>\n" + holder.key_pem
    assert Signer.from_pem(data, data).certificate == holder.certificate.raw


def test_pkcs12_is_written_for_the_certificate_of_the_key() -> None:
    one, other = signatory("p-256"), signatory("p-256", 1)
    written = {"passphrase": SECRET}
    assert code_of(keys.write_pkcs12, one.private, other.certificate.raw, **written) == "key-mismatch"


def test_pkcs12_holds_no_ml_dsa_key() -> None:
    holder = signatory("ml-dsa-65")
    with pytest.raises(UnsupportedAlgorithm) as raised:
        keys.write_pkcs12(holder.private, holder.certificate.raw, passphrase=SECRET)
    assert raised.value.where == "PKCS#12"


@pytest.mark.corpora
@pytest.mark.parametrize(
    ("name", "good"), [("alice", True), ("bob", True), ("carlos", False), ("dana", False)]
)
def test_pkcs12_of_rfc_9216_opens_or_says_why(name: str, good: bool) -> None:
    # The keys of Carlos and Dana are of X25519, which the PKCS#12 reader refuses.
    (path,) = corpus("rfc9216").glob(f"*-{name}.p12")
    if good:
        assert len(keys.read_pkcs12(path.read_bytes(), name)[2]) == 2
    else:
        assert code_of(keys.read_pkcs12, path.read_bytes(), name) == "key-unavailable"


@pytest.mark.corpora
@pytest.mark.parametrize("name", ["lamps_examples", "pqc_hackathon"])
def test_private_keys_made_by_others_load_or_say_why(name: str) -> None:
    loaded = 0
    for path in sorted(corpus(name).rglob("*")):
        if "priv" in path.name and path.suffix != ".txt":
            try:
                keys.load_private_key(path.read_bytes())
                loaded += 1
            except KeyUnavailable as e:
                assert e.code == "key-unavailable"
    assert loaded >= 3


def test_a_key_derives_its_public_half_once_and_does_not_show_itself() -> None:
    key = SoftwareKey(signatory("p-256").private)
    assert key.public_key is key.public_key
    assert key == SoftwareKey(signatory("p-256").private)
    assert repr(key) == "SoftwareKey()"


def test_a_key_that_signs_nothing_is_known_when_it_is_used() -> None:
    holder = issue(x25519.X25519PrivateKey.generate(), "Agrees", issuer=root())
    signer = Signer(SoftwareKey(holder.private), holder.certificate.raw)
    with pytest.raises(UnsupportedAlgorithm) as raised:
        _ = signer.signature_scheme
    assert raised.value.code == "unsupported-algorithm"
