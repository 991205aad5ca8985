"""Signed attributes of CAdES: what binds the signing certificate and the algorithms to a signature, written
and read.

`signing-certificate-v2` (RFC 5035 §3), its predecessor over SHA-1 (RFC 2634 §5.4) and CMSAlgorithmProtection
(RFC 6211 §2), beside content-type, message-digest and signing-time of RFC 5652 §11. Which of them must be
there, a policy says; whether they agree with a certificate, these values answer.

    (bound,) = signing_certificates(signer_info)
    bound.first.matches(certificate)
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from esign import der
from esign.algorithms import SHA1, SHA256, AlgorithmIdentifier, digest
from esign.attributes import Attribute, Attributes, bounded
from esign.cms import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNING_TIME,
    CertificateId,
    SignerInfo,
)
from esign.der import TLV, Fields
from esign.encoded import read_serial
from esign.errors import MalformedInput
from esign.x509 import Certificate

SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
ALGORITHM_PROTECTION: Final = "1.2.840.113549.1.9.52"
MAX_REFERENCES: Final = 100
_SHORT: Final = 1 << 10


@dataclass(frozen=True, slots=True)
class CertificateReference:
    """ESSCertID or ESSCertIDv2 (RFC 5035 §4): the digest of a certificate, perhaps with issuer and serial
    number.

    `issuer` is None also when the names given are not one directory name: other kinds name no certificate.
    """

    digest_algorithm: AlgorithmIdentifier
    value: bytes
    issuer: bytes | None = None
    serial_number: int | None = None

    def matches(self, certificate: Certificate) -> bool:
        """Whether the digest is that of `certificate`; issuer and serial number are hints, not judged.

        Raises:
            UnsupportedAlgorithm: `unsupported-algorithm` for a digest that the table does not have.
        """
        return secrets.compare_digest(digest(self.digest_algorithm).of(certificate.raw), self.value)

    def names(self, certificate: Certificate) -> bool:
        """Whether issuer and serial number, where given, are those of `certificate` (RFC 5035 §4)."""
        if self.issuer is None:
            return self.serial_number in (None, certificate.serial_number)
        if self.issuer == certificate.issuer.raw:
            return self.serial_number == certificate.serial_number
        return CertificateId(self.issuer, self.serial_number).names(certificate)


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """The attribute signing-certificate (`version` 1) or signing-certificate-v2 (2).

    RFC 5035 §3: the first reference is the certificate that verifies the signature; others bound the path.
    """

    version: int
    references: tuple[CertificateReference, ...]

    @property
    def first(self) -> CertificateReference:
        """The reference to the signing certificate."""
        return self.references[0]


def signing_certificates(info: SignerInfo) -> tuple[SigningCertificate, ...]:
    """The attributes that bind the signing certificate, version 2 first; both may stand (RFC 5035 §5).

    Raises:
        MalformedInput: `attribute-repeated`, `attribute-values`, `malformed-input`.
        LimitExceeded: `limit-exceeded` over 100 references.
    """
    return () if info.signed is None else bound_by(info.signed)


def bound_by(signed: Attributes) -> tuple[SigningCertificate, ...]:
    """As `signing_certificates`, from the signed attributes."""
    newer = signed.one(SIGNING_CERTIFICATE_V2, der.SEQUENCE)
    older = signed.one(SIGNING_CERTIFICATE, der.SEQUENCE)
    found = () if newer is None else (_reference_of(newer, 2),)
    return found if older is None else (*found, _reference_of(older, 1))


def _reference_of(value: TLV, version: int) -> SigningCertificate:
    raw = value.raw
    return _known(raw, version) if len(raw) <= _SHORT else _signing_certificate(value, version)


@lru_cache(maxsize=512)
def _known(raw: bytes, version: int) -> SigningCertificate:
    """Kept by its octets when short: a signer refers to the same certificate again and again."""
    return _signing_certificate(der.decode(raw), version)


def _signing_certificate(value: TLV, version: int) -> SigningCertificate:
    where = "signing-certificate-v2" if version == 2 else "signing-certificate"
    fields = Fields.of(value, where)
    read = _reference_v2 if version == 2 else _reference_v1
    references = tuple(read(e, where) for e in bounded(fields.take(der.SEQUENCE), MAX_REFERENCES, where))
    fields.optional(der.SEQUENCE)
    fields.end()
    if not references:
        raise MalformedInput(found="no certificate reference", where=where, clause="RFC 5035 §3")
    return SigningCertificate(version, references)


def _reference_v1(element: TLV, where: str) -> CertificateReference:
    fields = Fields.of(element, where)
    return _reference(fields, SHA1.identifier, where)


def _reference_v2(element: TLV, where: str) -> CertificateReference:
    fields = Fields.of(element, where)
    named = fields.optional(der.SEQUENCE)
    return _reference(fields, AlgorithmIdentifier.read(named, where) if named else SHA256.identifier, where)


def _reference(fields: Fields, algorithm: AlgorithmIdentifier, where: str) -> CertificateReference:
    value = fields.take(der.OCTET_STRING).content
    named = fields.optional(der.SEQUENCE)
    fields.end()
    if named is None:
        return CertificateReference(algorithm, value)
    inner = Fields.of(named, where)
    names, serial = inner.take(der.SEQUENCE), read_serial(inner.take(der.INTEGER))
    inner.end()
    return CertificateReference(algorithm, value, directory_name(names, where), serial)


def directory_name(names: TLV, where: str) -> bytes | None:
    """The Name of GeneralNames, DER, when it is one directory name; None otherwise.

    Raises:
        LimitExceeded: `limit-exceeded` over 100 names.
    """
    found = bounded(names, MAX_REFERENCES, where)
    if len(found) != 1 or found[0].tag != der.context(4):
        return None
    return found[0].only().raw


def signing_certificate_v2(certificate: Certificate) -> Attribute:
    """The attribute signing-certificate-v2 over SHA-256 for `certificate`.

    RFC 5035 §4: hashAlgorithm is left out, because SHA-256 is its default.
    """
    names = der.sequence(der.explicit(4, certificate.issuer.raw))
    reference = der.sequence(
        der.octet_string(SHA256.of(certificate.raw)),
        der.sequence(names, der.integer(certificate.serial_number)),
    )
    return Attribute(SIGNING_CERTIFICATE_V2, (der.sequence(der.sequence(reference)),))


@dataclass(frozen=True, slots=True)
class AlgorithmProtection:
    """The attribute CMSAlgorithmProtection (RFC 6211 §2) of a signature."""

    digest_algorithm: AlgorithmIdentifier
    signature_algorithm: AlgorithmIdentifier | None

    def agrees_with(self, info: SignerInfo) -> bool:
        """Whether the algorithms of `info` are the protected ones.

        Absent and NULL parameters are the same.
        """
        return (
            self.signature_algorithm is not None
            and _same(self.digest_algorithm, info.digest_algorithm)
            and _same(self.signature_algorithm, info.signature_algorithm)
        )


def _same(one: AlgorithmIdentifier, other: AlgorithmIdentifier) -> bool:
    return one.oid == other.oid and (one.parameters == other.parameters or (one.bare and other.bare))


def algorithm_protection(info: SignerInfo) -> AlgorithmProtection | None:
    """The attribute CMSAlgorithmProtection of a signer; None when it is absent.

    Raises:
        MalformedInput: `attribute-repeated`, `attribute-values`, `malformed-input`.
    """
    return None if info.signed is None else protected_by(info.signed)


def protected_by(signed: Attributes) -> AlgorithmProtection | None:
    """As `algorithm_protection`, from the signed attributes."""
    value = signed.one(ALGORITHM_PROTECTION, der.SEQUENCE)
    if value is None:
        return None
    raw = value.raw
    return _known_protection(raw) if len(raw) <= _SHORT else _protection(value)


@lru_cache(maxsize=512)
def _known_protection(raw: bytes) -> AlgorithmProtection:
    """By its octets when short: few pairs of algorithms are ever used."""
    return _protection(der.decode(raw))


def _protection(value: TLV) -> AlgorithmProtection:
    where = "CMSAlgorithmProtection"
    fields = Fields.of(value, where)
    digest_algorithm = AlgorithmIdentifier.read(fields.take(der.SEQUENCE), where)
    signature = fields.optional(der.context(1))
    fields.optional(der.context(2))
    fields.end()
    return AlgorithmProtection(digest_algorithm, _implicit_algorithm(signature, where) if signature else None)


def _implicit_algorithm(element: TLV, where: str) -> AlgorithmIdentifier:
    return AlgorithmIdentifier.read(der.decode(der.tlv(der.SEQUENCE, element.content)), where)


def encode_algorithm_protection(
    digest_algorithm: AlgorithmIdentifier, signature_algorithm: AlgorithmIdentifier
) -> Attribute:
    """The attribute CMSAlgorithmProtection for a signature."""
    value = der.sequence(digest_algorithm.encode(), der.implicit(1, signature_algorithm.encode()))
    return Attribute(ALGORITHM_PROTECTION, (value,))


def content_type(oid: str) -> Attribute:
    """The attribute content-type (RFC 5652 §11.1)."""
    return Attribute(CONTENT_TYPE, (der.oid(oid),))


def message_digest(value: bytes) -> Attribute:
    """The attribute message-digest (RFC 5652 §11.2)."""
    return Attribute(MESSAGE_DIGEST, (der.octet_string(value),))


def signing_time(at: datetime) -> Attribute:
    """The attribute signing-time (RFC 5652 §11.3): whole seconds, `at` aware."""
    return Attribute(SIGNING_TIME, (der.time(at),))
