"""Certificates and requests: read whole and strictly, their octets kept (RFC 5280, RFC 2986).

What loads is well formed and nothing more: whether it may be trusted is the business of `esign.validation`.
PEM and DER are taken alike. Names, extension values and revocation lists are read by the modules just below.

    certificate = Certificate.load(pem_or_der)
    certificate.subject.text, certificate.not_after, certificate.fingerprint
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Final, Self

from esign import der, extensions
from esign.algorithms import AlgorithmIdentifier, PublicKey, signature_scheme
from esign.crl import CertificateList, RevokedEntry
from esign.encoded import der_of, plain_parts, read_serial, reported_as, signed_parts, single
from esign.errors import LimitExceeded, MalformedInput, UnsupportedAlgorithm
from esign.extensions import (
    AuthorityInfoAccess,
    DistributionPoint,
    Extension,
    read_extensions,
    wrapped_extensions,
)
from esign.names import EMAIL_ADDRESS, GeneralName, Name
from esign.public_keys import load_public_key

__all__ = [
    "Certificate",
    "CertificateList",
    "CertificationRequest",
    "Extension",
    "GeneralName",
    "Name",
    "RevokedEntry",
    "Trust",
    "load_public_key",
]

MAX_CERTIFICATE: Final = 1 << 18
_MAX_RECENT: Final = 1 << 12
_MAX_KEY: Final = 1 << 16
_VERSION: Final = der.context(0)
_VERSION_3: Final = der.integer(2)
_ISSUER_UNIQUE: Final = der.context(1, constructed=False)
_SUBJECT_UNIQUE: Final = der.context(2, constructed=False)
_EXTENSIONS: Final = der.context(3)
_EXTENSION_REQUEST: Final = "1.2.840.113549.1.9.14"
_CERTIFICATE_LABELS: Final = ("CERTIFICATE", "X509 CERTIFICATE")
_REQUEST_LABELS: Final = ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")


def _key_info(element: der.TLV) -> bytes:
    data, tag, start, body, stop, end = element
    parts = der.spans(data, body, stop, limit=2) if tag == der.SEQUENCE and stop == end else None
    if parts and [part[0] for part in parts] == [der.SEQUENCE, der.BIT_STRING]:
        AlgorithmIdentifier.of(data[parts[0][1] : parts[0][3]])
        if parts[1][3] - parts[1][2] <= _MAX_KEY:
            return data[start:end]
    fields = der.Fields.of(element, "subjectPublicKeyInfo")
    AlgorithmIdentifier.read(fields.take(der.SEQUENCE), "subjectPublicKeyInfo")
    key = fields.take(der.BIT_STRING)
    fields.end()
    if len(key.content) > _MAX_KEY:
        raise LimitExceeded(limit=_MAX_KEY, found="a longer public key", where="subjectPublicKeyInfo")
    return element.raw


def _mailboxes(names: tuple[GeneralName, ...] | None, subject: Name) -> tuple[str, ...]:
    if names is None:
        return subject.get_all(EMAIL_ADDRESS)
    return tuple(n.text for n in names if n.kind in ("rfc822Name", "smtpUTF8Mailbox"))


@dataclass(frozen=True, eq=False)
class Certificate:
    """A certificate: `raw` is its DER as received, `tbs` the signed part. Equal when the octets are.

    `values` holds what each known extension says. Times are aware UTC; both ends of the validity count in.
    """

    raw: bytes = field(repr=False)
    tbs: bytes = field(repr=False)
    signature_algorithm: AlgorithmIdentifier = field(repr=False)
    signature: bytes = field(repr=False)
    version: int = field(repr=False)
    serial_number: int
    issuer: Name
    not_before: datetime
    not_after: datetime
    subject: Name
    public_key_info: bytes = field(repr=False)
    extensions: tuple[Extension, ...] = field(repr=False)
    values: Mapping[str, Any] = field(repr=False)

    @staticmethod
    def load(data: bytes) -> "Certificate":
        """The one certificate of `data`, PEM or DER.

        Raises:
            MalformedInput: `certificate-malformed`.
        """
        with reported_as("certificate-malformed"):
            return _recent(single(data, _CERTIFICATE_LABELS))

    @staticmethod
    def load_all(data: bytes) -> tuple["Certificate", ...]:
        """All certificates of `data`: PEM blocks in order, or one DER.

        Raises:
            MalformedInput: `certificate-malformed`.
        """
        with reported_as("certificate-malformed"):
            return tuple(_recent(found) for found in der_of(data, _CERTIFICATE_LABELS))

    @classmethod
    def _read(cls, data: bytes) -> "Certificate":
        return _plain(data) or cls._read_fields(data)

    @classmethod
    def _read_fields(cls, data: bytes) -> Self:
        tbs, algorithm, signature = signed_parts(data, MAX_CERTIFICATE)
        fields = der.Fields.of(tbs, "tbsCertificate")
        version = _version(fields.optional(_VERSION))
        serial = read_serial(fields.take(der.INTEGER))
        # RFC 5280 §4.1.1.2: the two algorithm fields MUST contain the same identifier.
        if AlgorithmIdentifier.read(fields.take(der.SEQUENCE), "signature") != algorithm:
            raise MalformedInput(found="two different signature algorithms", clause="RFC 5280 §4.1.1.2")
        issuer = Name.read(fields.take(), "issuer")
        not_before, not_after = _validity(fields.take(der.SEQUENCE))
        subject = Name.read(fields.take(), "subject")
        key = _key_info(fields.take(der.SEQUENCE))
        issuer_unique, subject_unique = fields.optional(_ISSUER_UNIQUE), fields.optional(_SUBJECT_UNIQUE)
        found = wrapped_extensions(fields.optional(_EXTENSIONS))
        fields.end()
        if (found and version != 3) or (version == 1 and (issuer_unique or subject_unique)):
            raise MalformedInput(found=f"fields that version {version} does not have", where="version")
        values = extensions.check_values(found)
        return cls(
            data, tbs.raw, algorithm, signature, version, serial,
            issuer, not_before, not_after, subject, key, found, values,
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Certificate) and self.raw == other.raw)

    def __hash__(self) -> int:
        return hash(self.raw)

    @cached_property
    def pem(self) -> bytes:
        """The certificate as PEM."""
        lines = base64.encodebytes(self.raw).replace(b"\n", b"")
        body = b"\n".join(lines[i : i + 64] for i in range(0, len(lines), 64))
        return b"-----BEGIN CERTIFICATE-----\n" + body + b"\n-----END CERTIFICATE-----\n"

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the DER, lower-case hexadecimal digits."""
        return hashlib.sha256(self.raw).hexdigest()

    def extension(self, oid: str) -> Extension | None:
        """The extension of that kind; None when there is none."""
        for extension in self.extensions:
            if extension.oid == oid:
                return extension
        return None

    @property
    def public_key(self) -> PublicKey:
        """The subject's public key.

        Raises:
            UnsupportedAlgorithm: `unsupported-algorithm`.
        """
        return load_public_key(self.public_key_info)

    @property
    def subject_key_identifier(self) -> bytes | None:
        """The subject's key identifier."""
        found: bytes | None = self.values.get(extensions.SUBJECT_KEY_IDENTIFIER)
        return found

    @property
    def authority_key_identifier(self) -> bytes | None:
        """The identifier of the issuer's key."""
        found: bytes | None = self.values.get(extensions.AUTHORITY_KEY_IDENTIFIER)
        return found

    @property
    def is_ca(self) -> bool:
        """Whether basicConstraints says that the subject is an authority."""
        return bool(self.values.get(extensions.BASIC_CONSTRAINTS, (False,))[0])

    @property
    def path_length(self) -> int | None:
        """How many further authorities, self-issued ones not counted, may follow; None for no limit."""
        found: int | None = self.values.get(extensions.BASIC_CONSTRAINTS, (False, None))[1]
        return found

    @property
    def key_usage(self) -> frozenset[str] | None:
        """What the key may do, in the words of RFC 5280 §4.2.1.3; None when nothing is said."""
        found: frozenset[str] | None = self.values.get(extensions.KEY_USAGE)
        return found

    @property
    def extended_key_usage(self) -> tuple[str, ...] | None:
        """The purposes of the key, dotted; None when nothing is said."""
        found: tuple[str, ...] | None = self.values.get(extensions.EXTENDED_KEY_USAGE)
        return found

    @property
    def subject_alt_names(self) -> tuple[GeneralName, ...]:
        """The alternative names of the subject."""
        return tuple(self.values.get(extensions.SUBJECT_ALT_NAME, ()))

    @property
    def emails(self) -> tuple[str, ...]:
        """The mailboxes: rfc822Name and SmtpUTF8Mailbox; the subject's emailAddress only without any."""
        return _mailboxes(self.values.get(extensions.SUBJECT_ALT_NAME), self.subject)

    @property
    def dns_names(self) -> tuple[str, ...]:
        """The host names."""
        return tuple(n.text for n in self.subject_alt_names if n.kind == "dNSName")

    @property
    def distribution_points(self) -> tuple[DistributionPoint, ...]:
        """Where its revocation lists are found."""
        return tuple(self.values.get(extensions.CRL_DISTRIBUTION_POINTS, ()))

    @property
    def crl_urls(self) -> tuple[str, ...]:
        """The URLs of its revocation lists."""
        return tuple(url for point in self.distribution_points for url in point.urls)

    @property
    def ocsp_urls(self) -> tuple[str, ...]:
        """The URLs of its OCSP responders."""
        access: AuthorityInfoAccess = self.values.get(extensions.AUTHORITY_INFO_ACCESS, AuthorityInfoAccess())
        return access.ocsp

    @property
    def issuer_urls(self) -> tuple[str, ...]:
        """The URLs of its issuer's certificates."""
        access: AuthorityInfoAccess = self.values.get(extensions.AUTHORITY_INFO_ACCESS, AuthorityInfoAccess())
        return access.issuers

    @property
    def policies(self) -> tuple[str, ...]:
        """The certificate policies, dotted."""
        return tuple(self.values.get(extensions.CERTIFICATE_POLICIES, ()))

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same name (RFC 5280 §6.1)."""
        return self.subject == self.issuer


_SHAPE: Final = (
    *(_VERSION, der.INTEGER, der.SEQUENCE, der.SEQUENCE),
    *(der.SEQUENCE, der.SEQUENCE, der.SEQUENCE, _EXTENSIONS),
)


def _plain(data: bytes) -> Certificate | None:
    """One of the form of nearly all: version 3 with extensions and without unique identifiers.

    None for another form, and for one with a fault: the strict reader says which.
    """
    found = plain_parts(data) if len(data) <= MAX_CERTIFICATE else None
    if found is None:
        return None
    tbs, algorithm, signature = found
    parts = der.spans(data, tbs.body, tbs.end, limit=len(_SHAPE))
    if parts is None or tuple([part[0] for part in parts]) != _SHAPE:
        return None
    version, serial, inner, issuer, validity, subject, key, extended = parts
    at = der.inside(data, extended[2], extended[3], der.SEQUENCE)
    items = der.pieces(data, at, extended[3], limit=extensions.MAX_EXTENSIONS) if at > 0 else None
    if not items or data[version[2] : version[3]] != _VERSION_3:
        return None
    try:
        repeated = AlgorithmIdentifier.of(data[inner[1] : inner[3]])
        if repeated is not algorithm and repeated != algorithm:
            return None
        held = extensions.extensions_of(items)
        not_before, not_after = _validity(_element(data, validity))
        return Certificate(
            data,
            tbs.raw,
            algorithm,
            signature,
            3,
            read_serial(_element(data, serial)),
            Name.read(_element(data, issuer), "issuer"),
            not_before,
            not_after,
            Name.read(_element(data, subject), "subject"),
            _key_info(_element(data, key)),
            held,
            extensions.check_values(held),
        )
    except MalformedInput:
        return None


def _element(data: bytes, span: der.Span) -> der.TLV:
    tag, start, body, end = span
    return tuple.__new__(der.TLV, (data, tag, start, body, end, end))


def _validity(element: der.TLV) -> tuple[datetime, datetime]:
    data, tag, _, body, stop, end = element
    parts = der.spans(data, body, stop, limit=2) if tag == der.SEQUENCE and stop == end else None
    if parts and len(parts) == 2:
        return _element(data, parts[0]).time(), _element(data, parts[1]).time()
    fields = der.Fields.of(element, "validity")
    not_before, not_after = fields.take().time(), fields.take().time()
    fields.end()
    return not_before, not_after


@lru_cache(maxsize=256)
def parsed(data: bytes) -> Certificate:
    """The certificate of `data`, DER. Cached by its octets, since those of authorities recur.

    Raises:
        MalformedInput: `malformed-input`.
    """
    return Certificate._read(data)


def _recent(data: bytes) -> Certificate:
    """What would take much memory is not kept."""
    return parsed(data) if len(data) <= _MAX_RECENT else Certificate._read(data)


def _version(element: der.TLV | None) -> int:
    if element is None:
        return 1
    if element.content == _VERSION_3:
        return 3
    fields = der.Fields(element.children(), "version")
    version = fields.take(der.INTEGER).integer() + 1
    fields.end()
    if version not in (1, 2, 3):
        raise MalformedInput(found=f"version {version}" if abs(version) < 1000 else "an unknown version")
    return version


@dataclass(frozen=True, eq=False)
class CertificationRequest:
    """A certification request of PKCS#10 (RFC 2986 §4), with the extensions that it asks for."""

    raw: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    signature_algorithm: AlgorithmIdentifier = field(repr=False)
    signature: bytes = field(repr=False)
    subject: Name
    public_key_info: bytes = field(repr=False)
    attributes: tuple[tuple[str, tuple[bytes, ...]], ...] = field(repr=False)
    extensions: tuple[Extension, ...] = field(repr=False)
    values: Mapping[str, Any] = field(repr=False)

    @classmethod
    def load(cls, data: bytes) -> Self:
        """The one request of `data`, PEM or DER.

        Raises:
            MalformedInput: `request-malformed`.
        """
        with reported_as("request-malformed"):
            return cls._read(single(data, _REQUEST_LABELS))

    @classmethod
    def _read(cls, data: bytes) -> Self:
        signed, algorithm, signature = signed_parts(data, MAX_CERTIFICATE)
        fields = der.Fields.of(signed, "certificationRequestInfo")
        if fields.take(der.INTEGER).integer() != 0:
            raise MalformedInput(found="an unknown version", where="version")
        subject, key = Name.read(fields.take(), "subject"), _key_info(fields.take(der.SEQUENCE))
        element = fields.optional(der.context(0))
        fields.end()
        attributes = () if element is None else tuple(_attribute(item) for item in element.children())
        requested = [values for oid, values in attributes if oid == _EXTENSION_REQUEST]
        if len(requested) > 1 or any(len(values) != 1 for values in requested):
            raise MalformedInput(found="several lists of requested extensions", where="attributes")
        found = read_extensions(der.decode(requested[0][0])) if requested else ()
        values = extensions.check_values(found)
        return cls(data, signed.raw, algorithm, signature, subject, key, attributes, found, values)

    @property
    def public_key(self) -> PublicKey:
        """The public key to be certified.

        Raises:
            UnsupportedAlgorithm: `unsupported-algorithm`.
        """
        return load_public_key(self.public_key_info)

    @property
    def emails(self) -> tuple[str, ...]:
        """The mailboxes that are asked for."""
        return _mailboxes(self.values.get(extensions.SUBJECT_ALT_NAME), self.subject)

    def proves_possession(self) -> bool:
        """Whether its signature is good under its own key (RFC 2986 §4.2)."""
        try:
            scheme = signature_scheme(self.signature_algorithm)
            return scheme.is_valid(self.public_key, self.signature, self.signed)
        except (UnsupportedAlgorithm, MalformedInput):
            return False


def _attribute(element: der.TLV) -> tuple[str, tuple[bytes, ...]]:
    fields = der.Fields.of(element, "attributes")
    oid, values = fields.take(der.OID).oid(), fields.take(der.SET)
    fields.end()
    return oid, tuple(value.raw for value in values.children())


@dataclass(frozen=True, slots=True)
class Trust:
    """The certificates whose word is taken: an anchor is trusted because it stands here, no other way."""

    anchors: tuple[Certificate, ...] = ()

    @classmethod
    def from_pem(cls, data: bytes) -> Self:
        """From one or more PEM certificates, or one DER.

        Raises:
            MalformedInput: `certificate-malformed`, also when there is none.
        """
        found = Certificate.load_all(data)
        if not found:
            raise MalformedInput("certificate-malformed", found="no certificate")
        return cls(tuple(dict.fromkeys(found)))

    @classmethod
    def empty(cls) -> Self:
        """Trust in nobody."""
        return cls()

    def contains(self, certificate: Certificate) -> bool:
        """Whether `certificate` is an anchor."""
        return certificate in self.anchors
