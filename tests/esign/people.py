"""Holders of keys for the tests of CMS: made once in a run, certified by one root."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from esign import keys
from esign.keys import Decryptor, Signer, SoftwareKey
from esign.x509 import Certificate

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DER = serialization.Encoding.DER
PEM = serialization.Encoding.PEM
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True)
class Holder:
    """A private key and its certificate."""

    private: Any = field(repr=False)
    certificate: Certificate

    @property
    def signer(self) -> Signer:
        return Signer(SoftwareKey(self.private), self.certificate.raw, (root().certificate.raw,))

    @property
    def decryptor(self) -> Decryptor:
        return Decryptor(self.private, self.certificate.raw)

    @property
    def key_pem(self) -> bytes:
        plain = serialization.NoEncryption()
        return bytes(self.private.private_bytes(PEM, serialization.PrivateFormat.PKCS8, plain))


def issue(private: Any, name: str, *usages: str, issuer: Holder | None = None, serial: int = 0) -> Holder:
    """A certificate for `private`; self-signed without `issuer`. No usages: no extension that says any."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    by = x509.load_der_x509_certificate(issuer.certificate.raw).subject if issuer else subject
    builder = (
        x509.CertificateBuilder(public_key=private.public_key())
        .subject_name(subject)
        .issuer_name(by)
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(AT - timedelta(days=800))
        .not_valid_after(AT + timedelta(days=8000))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
    )
    if usages:
        builder = builder.add_extension(x509.KeyUsage(*(u in usages for u in USAGES)), critical=True)
    signed = builder.sign(
        issuer.private if issuer else private, _digest(issuer.private if issuer else private)
    )
    return Holder(private, Certificate.load(signed.public_bytes(DER)))


def _digest(private: Any) -> Any:
    return hashes.SHA256() if hasattr(private, "key_size") else None


@lru_cache
def root() -> Holder:
    """The root: self-signed, on P-256."""
    return issue(keys.generate("p-256"), "Root", "key_cert_sign", "crl_sign")


@lru_cache
def signatory(kind: str, number: int = 0) -> Holder:
    """A holder of a key that signs; `kind` as in `keys.generate`."""
    return issue(keys.generate(kind), f"Signs {kind} {number}", "digital_signature", issuer=root())


@lru_cache
def recipient(kind: str, number: int = 0) -> Holder:
    """A holder of a key to encrypt for; `kind` as in `keys.generate`."""
    usage = "key_encipherment" if kind.startswith(("rsa", "ml-kem")) else "key_agreement"
    return issue(keys.generate(kind), f"Reads {kind} {number}", usage, issuer=root())
