"""The signed part of a certificate, written octet by octet, so that the issuer's name is its subject as it
stands.

Any key and any signature algorithm of the table can be written; nothing here decides what is allowed.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from esign import der, extensions, names
from esign.algorithms import RSA_SHA256, PublicKey, SignatureScheme, default_scheme, key_kind
from esign.ca.profile import ATTRIBUTES, QC_TYPES, Profile
from esign.ca.request import Subject

_QC_STATEMENTS: Final = "1.3.6.1.5.5.7.1.3"
_QC_TYPE: Final = "0.4.0.1862.1.6"
_OCSP: Final = "1.3.6.1.5.5.7.48.1"
_CA_ISSUERS: Final = "1.3.6.1.5.5.7.48.2"
_URI: Final = 0x86
_EMAIL: Final = 0x81
_DNS: Final = 0x82


@dataclass(frozen=True, slots=True)
class Publication:
    """Where relying parties find an authority's lists, answers and certificate: http URLs; what is empty is
    left out.

    With `partitions`, `{partition}` in `crl_urls` and `delta_urls` stands for the number of a partition, from
    1; for the list of all certificates it is 0, and `-{partition}` falls away. `delta_urls` are written into
    whole lists.

    Raises:
        ValueError: partitions that could not be told apart by an address.
    """

    crl_urls: tuple[str, ...] = ()
    ocsp_urls: tuple[str, ...] = ()
    issuer_urls: tuple[str, ...] = ()
    delta_urls: tuple[str, ...] = ()
    partitions: int = 0

    def __post_init__(self) -> None:
        if self.partitions and not (self.crl_urls and all("{partition}" in url for url in self.crl_urls)):
            raise ValueError("partitions without {partition} in the address of a list")

    def at(self, partition: int) -> "Publication":
        """The addresses for the certificates, and the lists, of one partition."""
        crl, delta = (
            tuple(_numbered(url, partition) for url in urls) for urls in (self.crl_urls, self.delta_urls)
        )
        return Publication(crl, self.ocsp_urls, self.issuer_urls, delta)

    def partition_of(self, serial: int) -> int:
        """The partition that a new certificate belongs to, for ever; 0 where there are none."""
        return serial % self.partitions + 1 if self.partitions else 0

    def partition_at(self, urls: tuple[str, ...], *, serial: int) -> int:
        """The partition whose list a certificate is told to be on; 0 for one that is told none of them."""
        first = self.partition_of(serial)
        numbers = (first, *range(1, self.partitions + 1)) if urls else ()
        return next((number for number in numbers if number and self.at(number).crl_urls == urls), 0)


def _numbered(url: str, partition: int) -> str:
    bare = url if partition else url.replace("-{partition}", "")
    return bare.replace("{partition}", str(partition))


UNPUBLISHED: Final = Publication()


@dataclass(frozen=True, slots=True)
class Issuer:
    """What of the issuer stands in a certificate: its name as DER, its key identifier, and how it signs."""

    name: bytes
    key_identifier: bytes
    scheme: SignatureScheme


@dataclass(frozen=True, slots=True)
class Contents:
    """What a certificate will say besides its profile. Times are whole seconds, UTC, both inclusive."""

    subject: Subject
    public_key_info: bytes
    serial: int
    not_before: datetime
    not_after: datetime
    publication: Publication = UNPUBLISHED


def issuing_scheme(public_key: PublicKey) -> SignatureScheme:
    """How an authority signs with a key: RSASSA-PKCS1-v1_5 for RSA, which every reader has; else the key's
    own.
    """
    return RSA_SHA256 if key_kind(public_key) == "rsa" else default_scheme(public_key)


def key_identifier(public_key_info: bytes) -> bytes:
    """The SHA-1 of the public key's bits (RFC 5280 §4.2.1.2, method 1): a name, not a proof."""
    fields = der.Fields.of(der.decode(public_key_info), "subjectPublicKeyInfo")
    fields.take()
    return hashlib.sha1(fields.take(der.BIT_STRING).bits(), usedforsecurity=False).digest()


def subject_name(subject: Subject) -> bytes:
    """The subject as a Name, DER, in the order of `ATTRIBUTES`."""
    return names.Name.of((ATTRIBUTES[name][0], value) for name, value in subject.attributes).raw


def write(profile: Profile, contents: Contents, issuer: Issuer) -> bytes:
    """TBSCertificate, DER (RFC 5280 §4.1)."""
    return der.sequence(
        der.explicit(0, der.integer(2)),
        der.integer(contents.serial),
        issuer.scheme.identifier.encode(),
        issuer.name,
        der.sequence(der.time(contents.not_before), der.time(contents.not_after)),
        subject_name(contents.subject),
        contents.public_key_info,
        der.explicit(3, der.sequence(*_extensions(profile, contents, issuer))),
    )


def assemble(tbs: bytes, scheme: SignatureScheme, signature: bytes) -> bytes:
    """A signed structure of X.509, DER: certificate or revocation list."""
    return der.sequence(tbs, scheme.identifier.encode(), der.bit_string(signature))


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    """One Extension, DER."""
    return der.sequence(der.oid(oid), der.boolean(True) if critical else b"", der.octet_string(value))


def authority_key_identifier(identifier: bytes) -> bytes:
    """The extension authorityKeyIdentifier with a key identifier alone (RFC 5280 §4.2.1.1)."""
    value = der.sequence(der.tlv(der.context(0, constructed=False), identifier))
    return extension(extensions.AUTHORITY_KEY_IDENTIFIER, value)


def _extensions(profile: Profile, contents: Contents, issuer: Issuer) -> Iterable[bytes]:
    yield authority_key_identifier(issuer.key_identifier)
    identifier = der.octet_string(key_identifier(contents.public_key_info))
    yield extension(extensions.SUBJECT_KEY_IDENTIFIER, identifier)
    yield extension(extensions.KEY_USAGE, _key_usage(profile.key_usage), critical=True)
    if profile.ca:
        length = b"" if profile.path_length is None else der.integer(profile.path_length)
        constraints = der.sequence(der.boolean(True), length)
        yield extension(extensions.BASIC_CONSTRAINTS, constraints, critical=True)
    if profile.permitted_emails or profile.permitted_dns_names:
        yield extension(extensions.NAME_CONSTRAINTS, _permitted(profile), critical=True)
    if profile.policies:
        policies = [der.sequence(der.oid(policy)) for policy in profile.policies]
        yield extension(extensions.CERTIFICATE_POLICIES, der.sequence(*policies))
    if alternatives := _alternative_names(contents.subject):
        yield extension(extensions.SUBJECT_ALT_NAME, der.sequence(*alternatives))
    if profile.extended_key_usage:
        usages = der.sequence(*map(der.oid, profile.extended_usages))
        yield extension(extensions.EXTENDED_KEY_USAGE, usages, critical=profile.extended_usage_is_critical)
    if profile.no_check:
        # RFC 6960 §4.2.2.2.1: it is not asked about, so it does not say where to ask.
        yield extension(extensions.OCSP_NO_CHECK, der.null())
    else:
        yield from _publication(contents.publication)
    if profile.private_key_days is not None:
        yield extension(extensions.PRIVATE_KEY_USAGE_PERIOD, _private_key_period(profile, contents))
    if profile.qc_types:
        types = der.sequence(*(der.oid(QC_TYPES[name]) for name in profile.qc_types))
        yield extension(_QC_STATEMENTS, der.sequence(der.sequence(der.oid(_QC_TYPE), types)))


def _permitted(profile: Profile) -> bytes:
    """NameConstraints with permitted subtrees alone, DER (RFC 5280 §4.2.1.10)."""
    names = [der.tlv(_EMAIL, domain.encode()) for domain in profile.permitted_emails]
    names += [der.tlv(_DNS, domain.encode()) for domain in profile.permitted_dns_names]
    return der.sequence(der.implicit(0, der.sequence(*map(der.sequence, names))))


def _private_key_period(profile: Profile, contents: Contents) -> bytes:
    """PrivateKeyUsagePeriod (RFC 3280 §4.2.1.4), from the start of validity, never beyond its end."""
    length = timedelta(days=profile.private_key_days or 0, seconds=-1)
    ends = (contents.not_before, min(contents.not_before + length, contents.not_after))
    return der.sequence(*(der.implicit(i, der.generalized_time(at)) for i, at in enumerate(ends)))


def _publication(publication: Publication) -> Iterable[bytes]:
    if publication.crl_urls:
        yield extension(extensions.CRL_DISTRIBUTION_POINTS, distribution_points(publication.crl_urls))
    access = [der.sequence(der.oid(_OCSP), _uri(url)) for url in publication.ocsp_urls]
    access += [der.sequence(der.oid(_CA_ISSUERS), _uri(url)) for url in publication.issuer_urls]
    if access:
        yield extension(extensions.AUTHORITY_INFO_ACCESS, der.sequence(*access))


def distribution_points(urls: Iterable[str]) -> bytes:
    """CRLDistributionPoints with one point, DER (RFC 5280 §4.2.1.13)."""
    return der.sequence(der.sequence(der.explicit(0, full_name(urls))))


def full_name(urls: Iterable[str]) -> bytes:
    """The choice fullName of a DistributionPointName, DER."""
    return der.explicit(0, b"".join(_uri(url) for url in urls))


def _uri(url: str) -> bytes:
    return der.tlv(_URI, url.encode())


def _key_usage(usages: Iterable[str]) -> bytes:
    """BIT STRING of named bits, without trailing zeros (X.690 §11.2)."""
    numbers = [extensions.KEY_USAGES.index(usage) for usage in usages]
    size = max(numbers) // 8 + 1
    value = sum(1 << (8 * size - 1 - number) for number in numbers)
    unused = 8 * size - 1 - max(numbers)
    return der.tlv(der.BIT_STRING, bytes((unused,)), value.to_bytes(size, "big"))


def _alternative_names(subject: Subject) -> list[bytes]:
    written = [_mailbox(email) for email in subject.emails]
    return written + [der.tlv(_DNS, name.encode()) for name in subject.dns_names]


def _mailbox(email: str) -> bytes:
    """rfc822Name, or SmtpUTF8Mailbox where the local part is not ASCII (RFC 9598 §3)."""
    if email.isascii():
        return der.tlv(_EMAIL, email.encode())
    kind = der.oid(names.SMTP_UTF8_MAILBOX)
    return der.implicit(0, der.sequence(kind, der.explicit(0, der.utf8(email))))
