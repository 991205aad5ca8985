"""What an authority answers about its certificates: a fold over its register's events, signed (RFC 6960).

Good is said only of what the register knows to be issued. Whoever cannot know, does not answer: a register
that was read too long ago, or a responder whose certificate has ended, gives `tryLater`; a question about
another authority gives `unauthorized`. Nothing here listens or reads a clock.

    responder = Responder(signer, Source(authority.certificate, authority.register, as_of=at))
    response = responder.answer(request, at=at)

Whoever answers for several authorities, and keeps what it signed for the next who asks: `esign.ca.answers`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from esign.algorithms import signature_scheme
from esign.ca.register import Register
from esign.ca.state import Record, State, record
from esign.ca.template import issuing_scheme
from esign.errors import EsignError, IssuanceRefused, MalformedInput, UnsupportedAlgorithm
from esign.keys import Signer
from esign.ocsp import (
    OCSP_SIGNING,
    CertID,
    CertStatus,
    OCSPRequest,
    ResponderID,
    ResponseStatus,
    SingleResponse,
    encode_error,
    encode_response,
    encode_response_data,
)
from esign.x509 import Certificate

LIFETIME: Final = timedelta(hours=12)
STALENESS: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Source:
    """The register of `issuer` as a responder sees it: complete up to `as_of`, aware, in whole seconds.

    `as_of` is None for the register itself: it is asked anew for each answer, and complete at any time.
    """

    issuer: Certificate
    register: Register
    as_of: datetime | None = None

    def record(self, serial: int) -> Record | None:
        """A certificate as it was known at `as_of`; None when it was never issued."""
        if self.as_of is None:
            found = self.register.known(serial)
        else:
            found = record(self.register.events(serial=serial), at=self.as_of)
        return None if found is None or found.state in (State.PREPARED, State.ABANDONED) else found


@dataclass(frozen=True, slots=True)
class Answer:
    """An OCSPResponse, `octets` DER, and for how long it holds.

    `this_update` and `next_update` are those of every answer in it; both are None for a response that only
    says why there is no answer. `is_for_all` is whether it answers whoever asks the same: with a nonce it
    does not.
    """

    octets: bytes
    this_update: datetime | None = None
    next_update: datetime | None = None
    is_for_all: bool = False

    @classmethod
    def refusal(cls, status: ResponseStatus) -> Self:
        """No answer, for the reason `status`."""
        return cls(encode_error(status))


@dataclass(frozen=True, slots=True)
class Responder:
    """Who answers for one authority: `signer` is the authority itself, or whom it certified for OCSPSigning.

    Answers hold for `lifetime` from what the source knew, never beyond the signer's certificate. A source
    that is older than `staleness` is not asked.

    Raises:
        IssuanceRefused: `ocsp-signer-refused` when the signer may not answer for the source's issuer.
    """

    signer: Signer
    source: Source
    lifetime: timedelta = LIFETIME
    staleness: timedelta = STALENESS

    def __post_init__(self) -> None:
        certificate = Certificate.load(self.signer.certificate)
        if certificate != self.source.issuer and not _is_delegate(certificate, self.source.issuer):
            raise IssuanceRefused("ocsp-signer-refused", subject=certificate.subject.text)

    def answer(self, request: bytes, *, at: datetime) -> bytes:
        """The OCSPResponse to `request` (DER, hostile) at `at`, DER; raises on no input."""
        try:
            asked = OCSPRequest.read(request)
        except MalformedInput:
            return encode_error(ResponseStatus.MALFORMED_REQUEST)
        if not all(is_by(named, self.source.issuer) for named in asked.certificates):
            return encode_error(ResponseStatus.UNAUTHORIZED)
        return self.respond(asked.certificates, at=at, nonce=asked.nonce).octets

    def respond(self, asked: Iterable[CertID], *, at: datetime, nonce: bytes | None = None) -> Answer:
        """The answer about certificates of the source's issuer: also made ahead, without a nonce."""
        certificate = Certificate.load(self.signer.certificate)
        moment = at.replace(microsecond=0)
        as_of = moment if self.source.as_of is None else self.source.as_of.replace(microsecond=0)
        until = min(as_of + self.lifetime, certificate.not_after, self.source.issuer.not_after)
        stale = not timedelta(0) <= moment - as_of <= self.staleness
        if stale or moment < certificate.not_before or until <= moment:
            return Answer.refusal(ResponseStatus.TRY_LATER)
        answers = [self._single(named, as_of, until) for named in asked]
        data = encode_response_data(ResponderID.of(certificate), answers, produced_at=moment, nonce=nonce)
        signed = self._signed(data, certificate)
        if not signed:
            return Answer.refusal(ResponseStatus.INTERNAL_ERROR)
        return Answer(signed, as_of, until, nonce is None)

    def _single(self, named: CertID, as_of: datetime, until: datetime) -> SingleResponse:
        known = self.source.record(named.serial_number)
        # The register forgets nothing, so it answers for what has expired since its authority began.
        cutoff = self.source.issuer.not_before
        if known is None:
            return SingleResponse(named, CertStatus.UNKNOWN, as_of, until)
        if known.state not in (State.REVOKED, State.SUSPENDED):
            return SingleResponse(named, CertStatus.GOOD, as_of, until, archive_cutoff=cutoff)
        return SingleResponse(
            named,
            CertStatus.REVOKED,
            as_of,
            until,
            known.revoked_at,
            # RFC 5280 §5.3.1: unspecified is said by leaving the reason out.
            None if known.reason in ("", "unspecified") else known.reason,
            cutoff,
            known.invalid_since,
        )

    def _signed(self, data: bytes, certificate: Certificate) -> bytes:
        scheme = issuing_scheme(certificate.public_key)
        signature = self.signer.key.sign(scheme, data)
        # A faulty signature can give the key away, so what is not good never leaves.
        if not scheme.is_valid(certificate.public_key, signature, data):
            return b""
        held = () if certificate == self.source.issuer else (certificate.raw,)
        return encode_response(data, scheme.identifier, signature, certificates=held)


def is_by(named: CertID, issuer: Certificate) -> bool:
    """Whether a certificate of `issuer` is meant; a hash that nobody here knows means none."""
    try:
        return named.is_by(issuer)
    except UnsupportedAlgorithm:
        return False


def _is_delegate(certificate: Certificate, issuer: Certificate) -> bool:
    """RFC 6960 §4.2.2.2: certified for OCSPSigning by the issuer itself."""
    if certificate.issuer != issuer.subject or OCSP_SIGNING not in (certificate.extended_key_usage or ()):
        return False
    try:
        scheme = signature_scheme(certificate.signature_algorithm)
        return scheme.is_valid(issuer.public_key, certificate.signature, certificate.tbs)
    except EsignError:
        return False
