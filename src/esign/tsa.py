"""A time-stamping authority: request, clock and serial number in, answer out (RFC 3161 §2.4).

The time is an argument: whoever calls answers for the clock, and for serial numbers that never repeat.
Nothing is stamped by a certificate that may not stamp, or at a time when its key is not to be used.

    authority = TimeStampAuthority(signer, policy="2.999.1")
    response = authority.answer(request, at=at, serial=serial)
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from esign import cades, cms
from esign.algorithms import (
    RSA_SHA256,
    SHA3_256,
    SHA3_384,
    SHA3_512,
    SHA256,
    SHA384,
    SHA512,
    Digest,
    SignatureScheme,
    digest,
    key_kind,
)
from esign.attributes import encode_attributes
from esign.errors import KeyUnavailable, MalformedInput, UnsupportedAlgorithm
from esign.extensions import private_key_usage_period
from esign.keys import Signer
from esign.tsp import (
    TST_INFO,
    Accuracy,
    Failure,
    TimeStampRequest,
    TSTInfo,
    encode_granted,
    encode_rejection,
    may_stamp,
)
from esign.x509 import Certificate

DIGESTS: Final = (SHA256, SHA384, SHA512, SHA3_256, SHA3_384, SHA3_512)


@dataclass(frozen=True, slots=True)
class TimeStampAuthority:
    """Who stamps: `policy` (dotted) is the one it stamps under, `accuracy` what it states, if any.

    Raises:
        KeyUnavailable: `tsp-signer-usage` when extended key usage is not timeStamping alone and critical.
    """

    signer: Signer
    policy: str
    accuracy: Accuracy | None = None
    digests: tuple[Digest, ...] = DIGESTS

    def __post_init__(self) -> None:
        if not may_stamp(self.certificate):
            raise KeyUnavailable("tsp-signer-usage", clause="RFC 3161 §2.3")

    @property
    def certificate(self) -> Certificate:
        """The authority's certificate."""
        return Certificate.load(self.signer.certificate)

    @property
    def _scheme(self) -> SignatureScheme:
        """RSASSA-PKCS1-v1_5 for RSA: deployed readers of time stamps know no other; else the signer's own."""
        if self.signer.scheme is None and key_kind(self.certificate.public_key) == "rsa":
            return RSA_SHA256
        return self.signer.signature_scheme

    def answer(self, request: bytes, *, at: datetime, serial: int) -> bytes:
        """The TimeStampResp to `request` (DER, hostile) at `at`, DER; raises on no input.

        `serial` must never be given twice to one authority; a rejection does not use it up.

        Raises:
            ValueError: `serial` is not positive or over 160 bits (RFC 3161 §2.4.2), or `at` is naive.
        """
        if not 0 < serial < 1 << 160:
            raise ValueError("a serial number of 1 to 160 bits")
        try:
            asked = TimeStampRequest.read(request)
        except MalformedInput as e:
            return encode_rejection(Failure.BAD_DATA_FORMAT, e.message)
        if (failure := self._refusal(asked, at)) is not None:
            return encode_rejection(failure)
        info = TSTInfo(self.policy, asked.imprint, serial, at, self.accuracy, nonce=asked.nonce)
        return encode_granted(self._token(info.encode(), with_certificates=asked.certificates))

    def _refusal(self, asked: TimeStampRequest, at: datetime) -> Failure | None:
        try:
            by = digest(asked.imprint.digest_algorithm)
        except UnsupportedAlgorithm:
            return Failure.BAD_ALG
        if by not in self.digests:
            return Failure.BAD_ALG
        if len(asked.imprint.value) != by.size:
            return Failure.BAD_DATA_FORMAT
        if asked.policy not in (None, self.policy):
            return Failure.UNACCEPTED_POLICY
        if asked.extensions:
            # RFC 3161 §2.4.1: an extension that is not recognised, critical or not, is answered so.
            return Failure.UNACCEPTED_EXTENSION
        return None if self._may_stamp_at(at) else Failure.TIME_NOT_AVAILABLE

    def _may_stamp_at(self, at: datetime) -> bool:
        certificate = self.certificate
        since, until = private_key_usage_period(certificate.extensions)
        last = min(certificate.not_after, until or certificate.not_after)
        return max(certificate.not_before, since or certificate.not_before) <= at <= last

    def _token(self, content: bytes, *, with_certificates: bool) -> bytes:
        scheme, certificate = self._scheme, self.certificate
        by = scheme.attribute_digest
        attributes = (
            cades.content_type(TST_INFO),
            cades.message_digest(by.of(content)),
            cades.signing_certificate_v2(certificate),
            cades.encode_algorithm_protection(by.identifier, scheme.identifier),
        )
        info = cms.encode_signer_info(
            cms.issuer_and_serial(certificate),
            encode_attributes(attributes),
            lambda message: self.signer.key.sign(scheme, message),
            digest_algorithm=by.identifier,
            signature_algorithm=scheme.identifier,
        )
        return cms.encode_signed_data(
            content,
            digest_algorithms=(by.identifier,),
            certificates=(certificate.raw, *self.signer.chain) if with_certificates else (),
            signer_infos=(info,),
            content_type=TST_INFO,
        )
