"""The time-stamp token: SignedData over TSTInfo, and whose signature it bears (RFC 3161 §2.4.2, RFC 5816)."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Self

from esign.algorithms import digest, signature_scheme
from esign.cades import CertificateReference, signing_certificates
from esign.cms import SignedData, SignerInfo
from esign.encoded import reported_as
from esign.errors import EsignError, MalformedInput
from esign.extensions import EXTENDED_KEY_USAGE
from esign.findings import Finding
from esign.tsp.info import TSTInfo, bound
from esign.x509 import Certificate

TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"
MAX_RESPONSE: Final = 1 << 20
_MAX_SLOWLY_BOUND: Final = 1 << 14


@dataclass(frozen=True, slots=True)
class TimeStampToken:
    """A time stamp: `raw` is its ContentInfo as received, `info` what it states, not yet believed."""

    raw: bytes = field(repr=False)
    signed: SignedData = field(repr=False)
    info: TSTInfo

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From a ContentInfo with SignedData over TSTInfo, BER or DER.

        Raises:
            MalformedInput: `tsp-malformed`, also when it has not exactly one signature (RFC 3161 §2.4.2).
        """
        with reported_as("tsp-malformed"):
            bound(data, MAX_RESPONSE)
            signed = SignedData.read(data)
            if signed.content_type != TST_INFO or signed.content is None:
                raise MalformedInput(found=f"content of type {signed.content_type}", where="eContentType")
            if len(signed.signer_infos) != 1:
                raise MalformedInput(found="not exactly one signature", where="signerInfos")
            return cls(data, signed, TSTInfo.read(signed.content))

    @property
    def signer_info(self) -> SignerInfo:
        """The authority's signature."""
        return self.signed.signer_infos[0]

    def signer(self, others: Iterable[Certificate] = ()) -> Certificate | None:
        """Which certificate made it: named by the signature and bound by its attribute; None when absent.

        Looked for among those of the token (what cannot be read there is passed over) and `others`.
        """
        held = (found for raw in self.signed.certificates if (found := _loaded(raw)) is not None)
        for candidate in (*held, *others):
            if self.signer_info.names(candidate) and _is_bound(self.signer_info, candidate):
                return candidate
        return None


def _loaded(raw: bytes) -> Certificate | None:
    try:
        return Certificate.load(raw)
    except EsignError:
        return None


def _is_bound(info: SignerInfo, certificate: Certificate) -> bool:
    """RFC 5816 §2.2.1: ESSCertID or ESSCertIDv2 of the signing certificate; one of them must be there."""
    try:
        found = [one.first for one in signing_certificates(info)]
        affordable = not any(_is_slow(one, certificate) for one in found)
        return (
            bool(found)
            and affordable
            and all(one.matches(certificate) and one.names(certificate) for one in found)
        )
    except EsignError:
        return False


def _is_slow(reference: CertificateReference, certificate: Certificate) -> bool:
    """Whether a digest computed in Python would be asked to bind a large certificate."""
    slow = digest(reference.digest_algorithm).octets_per_check is not None
    return slow and len(certificate.raw) > _MAX_SLOWLY_BOUND


def check_signature(token: TimeStampToken, certificate: Certificate) -> tuple[Finding, ...]:
    """What keeps `token` from being made by `certificate`; empty when it was.

    RFC 3161 §2.3: the extended key usage is timeStamping alone and critical. Validity, path and the strength
    of algorithms are not judged here.
    """
    info, found = token.signer_info, []
    if not info.names(certificate) or not _is_bound(info, certificate):
        found.append(Finding.error("tsp-signer-mismatch", clause="RFC 5816 §2.2.1"))
    if not may_stamp(certificate):
        found.append(Finding.error("tsp-signer-usage", clause="RFC 3161 §2.3"))
    if not _holds(token, certificate):
        found.append(Finding.error("tsp-signature-invalid", clause="RFC 3161 §2.4.2"))
    return tuple(found)


def may_stamp(certificate: Certificate) -> bool:
    """Whether its extended key usage is critical and timeStamping alone (RFC 3161 §2.3)."""
    critical = any(e.oid == EXTENDED_KEY_USAGE and e.critical for e in certificate.extensions)
    usage = certificate.key_usage
    signs = usage is None or not usage.isdisjoint(("digitalSignature", "nonRepudiation"))
    return critical and signs and certificate.extended_key_usage == (TIME_STAMPING,)


def _holds(token: TimeStampToken, certificate: Certificate) -> bool:
    info, content = token.signer_info, token.signed.content or b""
    try:
        by = digest(info.digest_algorithm)
        if info.content_type != TST_INFO or info.message_digest is None:
            return False
        if not secrets.compare_digest(by.of(content), info.message_digest):
            return False
        scheme = signature_scheme(info.signature_algorithm, by)
        return scheme.is_valid(certificate.public_key, info.signature, info.signed_message())
    except EsignError:
        return False
