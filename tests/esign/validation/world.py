"""Authorities made for one test, every extension at will, even what no real one would issue."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509 as foreign
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from esign.keys import Signer, SoftwareKey
from esign.x509 import Certificate, CertificateList, Trust

AT = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
_USAGES = {
    "digitalSignature": "digital_signature",
    "nonRepudiation": "content_commitment",
    "keyEncipherment": "key_encipherment",
    "dataEncipherment": "data_encipherment",
    "keyAgreement": "key_agreement",
    "keyCertSign": "key_cert_sign",
    "cRLSign": "crl_sign",
    "encipherOnly": "encipher_only",
    "decipherOnly": "decipher_only",
}
CA_USAGES = ("keyCertSign", "cRLSign")


@cache
def key(name: str) -> ec.EllipticCurvePrivateKey:
    """One P-256 key for each name, in one run."""
    return ec.generate_private_key(ec.SECP256R1())


def name(common: str, *more: tuple[Any, str]) -> foreign.Name:
    """C=UZ, then `more`, then the common name."""
    pairs = [(NameOID.COUNTRY_NAME, "UZ"), *more, (NameOID.COMMON_NAME, common)]
    return foreign.Name([foreign.NameAttribute(oid, value) for oid, value in pairs])


def usage(*names: str) -> foreign.KeyUsage:
    return foreign.KeyUsage(**{python: rfc in names for rfc, python in _USAGES.items()})


def unknown(oid: str = "1.3.6.1.4.1.55555.1") -> foreign.UnrecognizedExtension:
    return foreign.UnrecognizedExtension(foreign.ObjectIdentifier(oid), b"\x05\x00")


@dataclass(frozen=True)
class Node:
    """A certificate with its key, and what it issues."""

    certificate: Certificate
    private: Any = field(repr=False)
    above: "Node | None" = None

    @property
    def subject(self) -> foreign.Name:
        return foreign.load_der_x509_certificate(self.certificate.raw).subject

    @property
    def trust(self) -> Trust:
        return Trust((self.certificate,))

    @property
    def signer(self) -> Signer:
        chain = () if self.above is None else (self.above.certificate.raw,)
        return Signer(SoftwareKey(self.private), self.certificate.raw, chain)

    def issue(self, common: str, **options: Any) -> "Node":
        """A certificate of an authority (`ca=True`) or of a person, signed by this node."""
        return issue(common, by=self, **options)

    def crl(
        self,
        *revoked: tuple[int, datetime, str | None],
        this_update: datetime = AT - DAY,
        next_update: datetime | None = AT + DAY,
        extensions: Iterable[tuple[Any, bool]] = (),
        entry_extensions: Iterable[tuple[Any, bool]] = (),
        private: Any = None,
    ) -> CertificateList:
        """A list signed by this node: (serial, revoked at, reason) for each entry."""
        entries = [_entry(*line, entry_extensions) for line in revoked]
        builder = foreign.CertificateRevocationListBuilder(
            issuer_name=self.subject,
            last_update=this_update,
            next_update=next_update or AT,
            extensions=[foreign.Extension(e.oid, critical, e) for e, critical in extensions],
            revoked_certificates=entries,
        )
        made = builder.sign(private or self.private, hashes.SHA256())
        return CertificateList.load(made.public_bytes(serialization.Encoding.DER))


def _entry(
    serial: int, revoked_at: datetime, reason: str | None, extensions: Iterable[tuple[Any, bool]]
) -> foreign.RevokedCertificate:
    builder = foreign.RevokedCertificateBuilder(serial, revoked_at)
    if reason:
        builder = builder.add_extension(foreign.CRLReason(foreign.ReasonFlags(reason)), critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.build()


def issue(
    common: str,
    *,
    by: Node | None = None,
    ca: bool = False,
    private: Any = None,
    subject: foreign.Name | None = None,
    serial: int | None = None,
    not_before: datetime = AT - 100 * DAY,
    not_after: datetime = AT + 100 * DAY,
    usages: Iterable[str] | None = (),
    path_length: int | None = None,
    constraints: bool = True,
    eku: Iterable[str] = (),
    emails: Iterable[str] = (),
    extensions: Iterable[tuple[Any, bool]] = (),
    signed_with: Any = None,
    key_identifiers: bool = True,
    digest: Any = None,
) -> Node:
    """A certificate with these parts; `usages=None` leaves keyUsage out, `()` means the usual ones."""
    own = private or key(common)
    subject = name(common) if subject is None else subject
    issuer_key = own if by is None else by.private
    public = own.public_key()
    found: list[tuple[Any, bool]] = list(extensions)
    if ca and constraints:
        found.append((foreign.BasicConstraints(ca=True, path_length=path_length), True))
    if usages is not None:
        names = tuple(usages) or (CA_USAGES if ca else ("digitalSignature", "nonRepudiation"))
        found.append((usage(*names), True))
    if eku := tuple(eku):
        found.append((foreign.ExtendedKeyUsage([foreign.ObjectIdentifier(oid) for oid in eku]), False))
    if emails := tuple(emails):
        found.append((foreign.SubjectAlternativeName([foreign.RFC822Name(e) for e in emails]), False))
    if key_identifiers:
        authority = foreign.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        found += [(foreign.SubjectKeyIdentifier.from_public_key(public), False), (authority, False)]
    builder = (
        foreign.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if by is None else by.subject)
        .public_key(public)
        .serial_number(serial or foreign.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    for extension, critical in found:
        builder = builder.add_extension(extension, critical=critical)
    signing = signed_with or issuer_key
    chosen = None if isinstance(signing, ed25519.Ed25519PrivateKey) else digest or hashes.SHA256()
    made = builder.sign(signing, chosen)
    return Node(Certificate.load(made.public_bytes(serialization.Encoding.DER)), own, by)


@cache
def root() -> Node:
    return issue("Root", ca=True)


@cache
def intermediate() -> Node:
    return root().issue("Issuing", ca=True)


@cache
def person(common: str = "Aliyev A.") -> Node:
    return intermediate().issue(common, emails=["a.aliyev@agency.uz"])


@cache
def clean_crls() -> tuple[CertificateList, ...]:
    """Fresh lists of root and intermediate without an entry."""
    return root().crl(), intermediate().crl()
