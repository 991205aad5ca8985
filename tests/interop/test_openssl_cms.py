"""OpenSSL's `cms` judges what we make, and makes what we read: both ways, each kind of key, each form."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from esign import cades, cms, envelope, signing
from esign.algorithms import digest, signature_scheme
from esign.cms import SignedData, SignerInfo, read_pem_or_der
from esign.enveloped import AuthEnvelopedData, EnvelopedData
from esign.errors import DecryptionFailed, NotARecipient, UnsupportedAlgorithm
from esign.keys import Decryptor
from tests.esign.people import AT as NOW
from tests.esign.people import Holder, issue, recipient, root, signatory
from tests.peers import require, run

pytestmark = pytest.mark.peer

OPENSSL = require("openssl")
CONTENT = "Salom, dunyo!\r\nСалом\r\n".encode() * 50
LONG = bytes(range(256)) * 2000
SIGNING_KINDS = ["p-256", "p-384", "rsa-2048", "rsa-3072"]
READING_KINDS = ["rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384"]


class OpenSSL:
    """`openssl cms` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = self.put("root.pem", root().certificate.pem)

    def put(self, name: str, data: bytes) -> str:
        (self.folder / name).write_bytes(data)
        return name

    def holder(self, holder: Holder, name: str) -> tuple[str, str]:
        """The names of the certificate's and the key's files."""
        return self.put(f"{name}.crt", holder.certificate.pem), self.put(f"{name}.key", holder.key_pem)

    def __call__(self, *arguments: str, data: bytes = b"", fails: bool = False) -> bytes:
        done = run([OPENSSL, "cms", *arguments], input=data, cwd=self.folder)
        assert (done.returncode != 0) == fails, done.stderr.decode()
        return done.stdout

    def sign(self, holder: Holder, *options: str, content: bytes = CONTENT) -> bytes:
        certificate, key = self.holder(holder, "signer")
        return self("-sign", "-binary", "-signer", certificate, "-inkey", key, *options, data=content)

    def verify(
        self, signature: bytes, *options: str, content: bytes | None = None, fails: bool = False
    ) -> bytes:
        detached = ["-content", self.put("content", content)] if content is not None else []
        return self(
            "-verify", "-binary", "-CAfile", self.root, *detached, *options, data=signature, fails=fails
        )

    def encrypt(self, holders: Sequence[Holder], *options: str, content: bytes = CONTENT) -> bytes:
        names = [self.holder(holder, f"r{i}")[0] for i, holder in enumerate(holders)]
        return self("-encrypt", "-binary", *options, *names, data=content)

    def encrypt_with(self, holder: Holder, keyopts: Sequence[str], *options: str) -> bytes:
        name = self.holder(holder, "r")[0]
        chosen = [part for option in keyopts for part in ("-keyopt", option)]
        return self("-encrypt", "-binary", *options, "-recip", name, *chosen, data=CONTENT)

    def decrypt(self, data: bytes, holder: Holder, *options: str, fails: bool = False) -> bytes:
        certificate, key = self.holder(holder, "reader")
        return self(
            "-decrypt", "-binary", "-recip", certificate, "-inkey", key, *options, data=data, fails=fails
        )


@pytest.fixture
def openssl(tmp_path: Path) -> OpenSSL:
    return OpenSSL(tmp_path)


def assert_holds(info: SignerInfo, content: bytes, holder: Holder) -> None:
    by = digest(info.digest_algorithm)
    scheme = signature_scheme(info.signature_algorithm, by)
    assert info.names(holder.certificate)
    assert info.message_digest == by.of(content)
    assert scheme.is_valid(holder.private.public_key(), info.signature, info.signed_message())


# --- what we sign ---


@pytest.mark.parametrize("kind", SIGNING_KINDS)
@pytest.mark.parametrize("form", ["DER", "PEM"])
def test_openssl_verifies_ours_attached(openssl: OpenSSL, kind: str, form: str) -> None:
    data = signing.sign(CONTENT, signatory(kind).signer, at=NOW)
    sent = cms.to_pem(data) if form == "PEM" else data
    assert openssl.verify(sent, "-inform", form, "-cades") == CONTENT


@pytest.mark.parametrize("kind", SIGNING_KINDS)
def test_openssl_verifies_ours_detached(openssl: OpenSSL, kind: str) -> None:
    data = signing.sign(CONTENT, signatory(kind).signer, at=NOW, detached=True)
    assert openssl.verify(data, "-inform", "DER", "-cades", content=CONTENT) == CONTENT


def test_openssl_refuses_ours_over_changed_content(openssl: OpenSSL) -> None:
    data = signing.sign(CONTENT, signatory("p-256").signer, at=NOW, detached=True)
    openssl.verify(data, "-inform", "DER", content=CONTENT + b"!", fails=True)


def test_openssl_verifies_the_ed25519_signature_over_our_attributes(openssl: OpenSSL) -> None:
    # `cms -verify` of OpenSSL 3.0 knows no EdDSA (RFC 8419 §3): its `pkeyutl` judges what is signed.
    holder = signatory("ed25519")
    info = SignedData.read(signing.sign(CONTENT, holder.signer, at=NOW)).signer_infos[0]
    names = [openssl.put("message", info.signed_message()), openssl.put("signature", info.signature)]
    certificate = openssl.holder(holder, "signer")[0]
    command = [OPENSSL, "pkeyutl", "-verify", "-rawin", "-certin", "-inkey", certificate, "-in", names[0]]
    done = run([*command, "-sigfile", names[1]], cwd=openssl.folder)
    assert done.returncode == 0, done.stderr.decode()


# --- what OpenSSL signs ---


@pytest.mark.parametrize("kind", SIGNING_KINDS)
@pytest.mark.parametrize("options", [(), ("-stream",), ("-cades",), ("-keyid",)], ids=str)
def test_we_read_openssl_attached(openssl: OpenSSL, kind: str, options: tuple[str, ...]) -> None:
    holder = signatory(kind)
    data = openssl.sign(holder, "-nodetach", "-outform", "DER", *options, content=LONG)
    signed = SignedData.read(data)
    assert signed.content == LONG
    assert holder.certificate.raw in signed.certificates
    assert_holds(signed.signer_infos[0], LONG, holder)
    bound = cades.signing_certificates(signed.signer_infos[0])
    assert [b.first.matches(holder.certificate) for b in bound] == [True] * ("-cades" in options)


@pytest.mark.parametrize("form", ["DER", "PEM"])
def test_we_read_openssl_detached(openssl: OpenSSL, form: str) -> None:
    holder = signatory("p-256")
    signed = SignedData.read(read_pem_or_der(openssl.sign(holder, "-outform", form)))
    assert signed.content is None
    assert_holds(signed.signer_infos[0], CONTENT, holder)


@pytest.mark.parametrize("salt", ["-1", "-2", "20"])
def test_we_read_openssl_pss(openssl: OpenSSL, salt: str) -> None:
    holder = signatory("rsa-2048")
    options = ["-keyopt", "rsa_padding_mode:pss", "-keyopt", f"rsa_pss_saltlen:{salt}", "-md", "sha384"]
    signed = SignedData.read(openssl.sign(holder, "-outform", "DER", *options))
    assert signed.signer_infos[0].signature_algorithm.oid == "1.2.840.113549.1.1.10"
    assert_holds(signed.signer_infos[0], CONTENT, holder)


def test_we_read_openssl_signature_without_attributes(openssl: OpenSSL) -> None:
    holder = signatory("p-256")
    signed = SignedData.read(openssl.sign(holder, "-nodetach", "-noattr", "-outform", "DER"))
    info = signed.signer_infos[0]
    assert info.signed_attributes is None
    scheme = signature_scheme(info.signature_algorithm, digest(info.digest_algorithm))
    assert scheme.is_valid(holder.private.public_key(), info.signature, CONTENT)


def test_we_read_two_signers(openssl: OpenSSL) -> None:
    first, second = signatory("p-256"), signatory("rsa-2048")
    once = openssl.sign(first, "-nodetach", "-outform", "DER")
    certificate, key = openssl.holder(second, "second")
    twice = openssl(
        "-resign", "-inform", "DER", "-outform", "DER", "-signer", certificate, "-inkey", key, data=once
    )
    signed = SignedData.read(twice)
    assert len(signed.signer_infos) == 2
    for info in signed.signer_infos:
        assert_holds(info, CONTENT, first if info.names(first.certificate) else second)


# --- what we encrypt ---


@pytest.mark.parametrize("kind", [*READING_KINDS, "p-521"])
@pytest.mark.parametrize("cipher", ["aes-256-gcm", "aes-256-cbc"])
def test_openssl_opens_ours(openssl: OpenSSL, kind: str, cipher: str) -> None:
    data = envelope.encrypt(CONTENT, [recipient(kind).certificate], cipher=cipher)
    assert openssl.decrypt(data, recipient(kind), "-inform", "DER") == CONTENT


@pytest.mark.parametrize("cipher", ["aes-256-gcm", "aes-128-cbc"])
def test_openssl_opens_ours_for_many_with_each_key(openssl: OpenSSL, cipher: str) -> None:
    kinds = [("rsa-2048", 0), ("p-256", 0), ("p-256", 1), ("p-384", 0), ("rsa-3072", 0)]
    holders = [recipient(kind, number) for kind, number in kinds]
    data = envelope.encrypt(CONTENT, [h.certificate for h in holders], cipher=cipher)
    for holder in holders:
        assert openssl.decrypt(cms.to_pem(data), holder, "-inform", "PEM") == CONTENT


def test_openssl_refuses_ours_for_another_key(openssl: OpenSSL) -> None:
    data = envelope.encrypt(CONTENT, [recipient("p-256").certificate])
    openssl.decrypt(data, recipient("p-256", 1), "-inform", "DER", fails=True)


# --- what OpenSSL encrypts ---


@pytest.mark.parametrize("kind", READING_KINDS)
@pytest.mark.parametrize("cipher", ["-aes-256-gcm", "-aes-128-gcm", "-aes-256-cbc", "-aes-192-cbc"])
def test_we_open_openssl(openssl: OpenSSL, kind: str, cipher: str) -> None:
    holder = recipient(kind)
    data = openssl.encrypt([holder], cipher, "-outform", "DER")
    opened = envelope.decrypt(data, [holder.decryptor])
    assert opened.content == CONTENT
    assert opened.cipher == cipher[1:]
    assert opened.authenticated == cipher.endswith("gcm")
    assert opened.recipient.names(holder.certificate)
    kinds = AuthEnvelopedData if opened.authenticated else EnvelopedData
    assert isinstance(envelope.read_envelope(data), kinds)


@pytest.mark.parametrize("kind", ["rsa-2048", "p-256"])
@pytest.mark.parametrize("cipher", ["-aes-256-gcm", "-aes-256-cbc"])
def test_we_open_what_openssl_streams(openssl: OpenSSL, kind: str, cipher: str) -> None:
    holder = recipient(kind)
    data = openssl.encrypt([holder], cipher, "-stream", "-outform", "DER", content=LONG)
    assert data[1] == 0x80
    assert envelope.decrypt(data, [holder.decryptor]).content == LONG


@pytest.mark.parametrize(
    ("keyopts", "name"),
    [
        (["rsa_padding_mode:oaep"], "rsa-oaep-sha1"),
        (["rsa_padding_mode:oaep", "rsa_oaep_md:sha256"], "rsa-oaep-sha256"),
        (["rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha1"], "rsa-oaep-sha256"),
        (["rsa_padding_mode:oaep", "rsa_oaep_md:sha512", "rsa_mgf1_md:sha384"], "rsa-oaep-sha512"),
        ([], "rsa-pkcs1"),
    ],
)
def test_we_open_each_key_transport_of_openssl(openssl: OpenSSL, keyopts: list[str], name: str) -> None:
    holder = recipient("rsa-2048")
    data = openssl.encrypt_with(holder, keyopts, "-aes-256-gcm", "-outform", "DER")
    opened = envelope.decrypt(data, [holder.decryptor])
    assert opened.content == CONTENT
    assert opened.recipient.algorithm_name == name


def test_a_label_of_oaep_is_not_supported(openssl: OpenSSL) -> None:
    holder = recipient("rsa-2048")
    keyopts = ["rsa_padding_mode:oaep", "rsa_oaep_label:6578"]
    data = openssl.encrypt_with(holder, keyopts, "-aes-256-gcm", "-outform", "DER")
    with pytest.raises(UnsupportedAlgorithm) as raised:
        envelope.decrypt(data, [holder.decryptor])
    assert raised.value.where == "pSourceAlgorithm"


@pytest.mark.parametrize("md", ["sha1", "sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("wrap", ["-aes128-wrap", "-aes192-wrap", "-aes256-wrap"])
def test_we_open_each_key_agreement_of_openssl(openssl: OpenSSL, md: str, wrap: str) -> None:
    holder = recipient("p-256")
    data = openssl.encrypt_with(holder, [f"ecdh_kdf_md:{md}"], wrap, "-aes-256-cbc", "-outform", "DER")
    opened = envelope.decrypt(data, [holder.decryptor])
    assert opened.content == CONTENT
    assert opened.recipient.algorithm_name == f"ecdh-{md}-aes{wrap[4:7]}-wrap"


@pytest.mark.parametrize("named", [(), ("-keyid",)], ids=["issuer-and-serial", "key-identifier"])
@pytest.mark.parametrize("with_certificate", [True, False])
def test_we_open_openssl_for_many(openssl: OpenSSL, named: tuple[str, ...], with_certificate: bool) -> None:
    holders = [recipient("rsa-2048"), recipient("p-256"), recipient("p-384"), recipient("p-256", 1)]
    data = openssl.encrypt(holders, "-aes-256-gcm", "-outform", "PEM", *named)
    plain = read_pem_or_der(data)
    recipients = envelope.read_recipients(plain)
    assert [bool(r.subject_key_identifier) for r in recipients] == [bool(named)] * 4
    for holder in holders:
        assert sum(r.names(holder.certificate) for r in recipients) == 1
        key = holder.decryptor if with_certificate else Decryptor(holder.private)
        assert envelope.decrypt(plain, [key]).content == CONTENT


def test_another_key_is_no_recipient(openssl: OpenSSL) -> None:
    data = openssl.encrypt([recipient("p-256")], "-aes-256-gcm", "-outform", "DER")
    with pytest.raises(NotARecipient) as raised:
        envelope.decrypt(data, [recipient("p-256", 1).decryptor, recipient("rsa-2048").decryptor])
    assert raised.value.code == "not-a-recipient"


@pytest.mark.parametrize("cipher", ["-aes-256-gcm", "-aes-256-cbc"])
def test_pkcs1_to_another_key_fails_like_everything(openssl: OpenSSL, cipher: str) -> None:
    meant = recipient("rsa-2048")
    data = openssl.encrypt([meant], cipher, "-outform", "DER", content=LONG)
    impostor = Decryptor(recipient("rsa-2048", 1).private, meant.certificate.raw)
    outcomes = set()
    for _ in range(8):
        try:
            outcomes.add(envelope.decrypt(data, [impostor]).content == LONG)
        except DecryptionFailed as e:
            outcomes.add(e.code)
    # A random key opens CBC to nonsense once in 256 times (RFC 3218 §2.3.2), never to the content.
    assert True not in outcomes
    assert "decryption-failed" in outcomes


def test_recipients_by_password_and_shared_key_are_seen(openssl: OpenSSL) -> None:
    holder = recipient("rsa-2048")
    secret = ["-pwri_password", "x", "-secretkey", "00" * 16, "-secretkeyid", "01"]
    data = openssl.encrypt([holder], "-aes-256-cbc", "-outform", "DER", *secret)
    kinds = [r.kind.value for r in envelope.read_recipients(data)]
    assert sorted(kinds) == ["key-encryption-key", "key-transport", "password"]
    assert envelope.decrypt(data, [holder.decryptor]).content == CONTENT


def test_openssl_opens_ours_where_the_certificate_says_no_usage(openssl: OpenSSL) -> None:
    lone = issue(recipient("rsa-2048").private, "No usage said", issuer=root())
    data = envelope.encrypt(CONTENT, [lone.certificate])
    assert openssl.decrypt(data, lone, "-inform", "DER") == CONTENT
