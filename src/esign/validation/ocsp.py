"""Revocation at a time, by answers of OCSP responders: good, revoked or undetermined (RFC 6960 §3.2).

An answer proves that a certificate is good only if it is signed by the certificate's issuer or by a responder
that this issuer itself certified for it, is fresh at the time in question, and holds nothing critical that is
not understood. That a certificate is revoked, any such signed answer proves. "Unknown" is never good. A nonce
is not asked for: answers are judged offline.

    status, objections = judge_ocsp(certificate, issuer, responses=answers, at=at, policy=policy, work=work)
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from esign import extensions
from esign.algorithms import signature_scheme
from esign.crl import CertificateList
from esign.errors import EsignError
from esign.findings import Finding
from esign.material import Need
from esign.ocsp import (
    ARCHIVE_CUTOFF,
    CRL_REFERENCE,
    NONCE,
    OCSP_SIGNING,
    BasicResponse,
    CertStatus,
    OCSPRequest,
    OCSPResponse,
    SingleResponse,
)
from esign.validation.crl_issuer import CRLIssuers
from esign.validation.policy import Policy
from esign.validation.report import RevocationState, RevocationStatus
from esign.validation.revocation import judge_revocation, web_urls
from esign.validation.work import Work
from esign.x509 import Certificate

__all__ = ["combine", "judge_ocsp", "ocsp_needs"]

_CLAUSE: Final = "RFC 6960 §3.2"
_NO_ISSUERS: Final = CRLIssuers()
_DELEGATION: Final = "RFC 6960 §4.2.2.2"
_KNOWN_EXTENSIONS: Final = frozenset(
    (NONCE, CRL_REFERENCE, ARCHIVE_CUTOFF, extensions.REASON_CODE, extensions.INVALIDITY_DATE)
)
_KNOWN_OF_RESPONDER: Final = frozenset(
    (
        extensions.OCSP_NO_CHECK,
        extensions.AUTHORITY_INFO_ACCESS,
        extensions.AUTHORITY_KEY_IDENTIFIER,
        extensions.BASIC_CONSTRAINTS,
        extensions.CERTIFICATE_POLICIES,
        extensions.CRL_DISTRIBUTION_POINTS,
        extensions.EXTENDED_KEY_USAGE,
        extensions.KEY_USAGE,
        extensions.SUBJECT_ALT_NAME,
        extensions.SUBJECT_KEY_IDENTIFIER,
    )
)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What stays the same for all answers about one certificate."""

    certificate: Certificate
    issuer: Certificate
    crls: tuple[CertificateList, ...]
    at: datetime
    policy: Policy
    work: Work
    issuers: CRLIssuers

    @property
    def where(self) -> str:
        return f"OCSP response for {self.certificate.subject.shown}"

    def warn(self, code: str, clause: str, **values: object) -> Finding:
        return Finding.warning(code, clause=clause, where=self.where, **values)


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What one answer says: `objections` are why it cannot acquit."""

    answer: SingleResponse
    objections: tuple[Finding, ...]

    @property
    def acquits(self) -> bool:
        return self.answer.status is CertStatus.GOOD and not self.objections


def judge_ocsp(
    certificate: Certificate,
    issuer: Certificate,
    *,
    responses: Iterable[OCSPResponse],
    at: datetime,
    policy: Policy,
    work: Work,
    crls: Iterable[CertificateList] = (),
    issuers: CRLIssuers = _NO_ISSUERS,
) -> tuple[RevocationStatus, tuple[Finding, ...]]:
    """The state of `certificate` at `at`, and why the answers about it could not tell, if they could not.

    Answers about other certificates are passed over. `crls` tell whether a delegated responder is revoked
    that does not bear id-pkix-ocsp-nocheck; `issuers` lends keys for those that another key of the issuer has
    signed. An answer without nextUpdate acquits only where the policy sets
    a limit of age.

    Raises:
        WorkExceeded: the limits of `work` are reached.
    """
    # The word of a responder must not hang on lists that this certificate signs.
    known = replace(issuers, pending=issuers.pending | {certificate})
    facts = _Facts(certificate, issuer, tuple(crls), at, policy, work, known)
    evidence: list[_Evidence] = []
    objections: list[Finding] = []
    for response in responses:
        if response.basic is None:
            said = response.status.name.lower().replace("_", " ")
            objections.append(facts.warn("ocsp-refused", "RFC 6960 §4.2.1", status=said))
            continue
        answers = response.basic.about(certificate, issuer)
        if answers:
            found, objected = _weigh(response.basic, answers, facts)
            evidence += found
            objections += objected
    status = _state(certificate, evidence, at)
    good = status.state is RevocationState.GOOD
    return status, () if good else tuple(dict.fromkeys(objections))


def _state(certificate: Certificate, evidence: list[_Evidence], at: datetime) -> RevocationStatus:
    acquittals = sorted((e.answer for e in evidence if e.acquits), key=lambda answer: answer.this_update)
    for found in evidence:
        answer = found.answer
        if answer.status is not CertStatus.REVOKED or _later(answer, at):
            continue
        released = answer.reason == "certificateHold" and any(
            good.this_update > answer.this_update for good in acquittals
        )
        if not released:
            return RevocationStatus(
                certificate,
                RevocationState.REVOKED,
                answer.reason,
                answer.revoked_at,
                answer.this_update,
                answer.next_update,
            )
    if acquittals:
        best = acquittals[-1]
        return RevocationStatus(
            certificate, RevocationState.GOOD, this_update=best.this_update, next_update=best.next_update
        )
    return RevocationStatus(certificate, RevocationState.UNDETERMINED)


def _later(answer: SingleResponse, at: datetime) -> bool:
    """Whether the revocation came after `at` and was told after it: at `at` it was not yet so."""
    return answer.revoked_at is not None and answer.revoked_at > at and answer.this_update > at


def _weigh(
    basic: BasicResponse, answers: tuple[SingleResponse, ...], facts: _Facts
) -> tuple[list[_Evidence], list[Finding]]:
    try:
        signer = _signer(basic, facts)
        if isinstance(signer, Finding):
            return [], [signer]
        shared = (*_formal(basic, facts), *_signed_acceptably(basic, signer, facts))
        evidence = [_Evidence(answer, (*shared, *_fit(answer, facts))) for answer in answers]
    except EsignError as e:
        return [], [facts.warn("ocsp-unusable", _CLAUSE, reason=e.message)]
    return evidence, [objection for found in evidence for objection in found.objections]


@dataclass(frozen=True, slots=True)
class _Signer:
    """Whose signature the answer bears, and what there is to say against it."""

    certificate: Certificate
    objections: tuple[Finding, ...] = ()


def _signer(basic: BasicResponse, facts: _Facts) -> _Signer | Finding:
    """RFC 6960 §4.2.2.2: the issuer of the certificate, or whom the issuer itself certified for this."""
    named = False
    if basic.responder.names(facts.issuer):
        if _holds(basic, facts.issuer, facts):
            return _Signer(facts.issuer)
        named = True
    refusal: Finding | None = None
    for candidate in dict.fromkeys(basic.certificates):
        if not basic.responder.names(candidate):
            continue
        named = True
        fault = _delegation_fault(candidate, basic, facts)
        if fault is not None:
            refusal = facts.warn(
                "ocsp-responder-refused", _DELEGATION, responder=candidate.subject.shown, reason=fault
            )
        elif _holds(basic, candidate, facts):
            return _delegate(candidate, facts)
    if refusal is not None:
        return refusal
    code = "ocsp-signature-invalid" if named else "ocsp-responder-unknown"
    return facts.warn(code, _CLAUSE)


def _holds(basic: BasicResponse, signer: Certificate, facts: _Facts) -> bool:
    return facts.work.holds(signer, basic.signature_algorithm, signature=basic.signature, message=basic.tbs)


def _delegation_fault(candidate: Certificate, basic: BasicResponse, facts: _Facts) -> str | None:
    """Why `candidate` may not answer for the issuer, in a word; None when it may.

    RFC 6960 §4.2.2.2: the certificate MUST be issued directly by the CA that is identified in the request.
    """
    if candidate.issuer != facts.issuer.subject:
        return "issuer"
    if OCSP_SIGNING not in (candidate.extended_key_usage or ()):
        return "extKeyUsage"
    usage = candidate.key_usage
    if usage is not None and usage.isdisjoint(("digitalSignature", "nonRepudiation")):
        return "keyUsage"
    if not candidate.not_before <= basic.produced_at <= candidate.not_after:
        return "validity"
    if any(e.critical and e.oid not in _KNOWN_OF_RESPONDER for e in candidate.extensions):
        return "critical extension"
    signed = facts.work.holds(
        facts.issuer,
        candidate.signature_algorithm,
        signature=candidate.signature,
        message=candidate.tbs,
    )
    return None if signed else "signature"


def _delegate(candidate: Certificate, facts: _Facts) -> _Signer | Finding:
    """The delegated responder, judged itself: its life at `at`, its algorithm, its revocation."""
    found: list[Finding] = []
    subject = candidate.subject.shown
    if not candidate.not_before <= facts.at <= candidate.not_after:
        found.append(facts.warn("ocsp-responder-expired", _DELEGATION, responder=subject))
    scheme = signature_scheme(candidate.signature_algorithm)
    if objection := facts.policy.objection(scheme, facts.issuer.public_key, facts.at):
        found.append(facts.warn("algorithm-not-acceptable", "", algorithm=objection))
    if not any(e.oid == extensions.OCSP_NO_CHECK for e in candidate.extensions):
        status, objections = judge_revocation(
            candidate,
            facts.issuer,
            crls=facts.crls,
            at=facts.at,
            policy=facts.policy,
            work=facts.work,
            issuers=facts.issuers,
        )
        if status.state is RevocationState.REVOKED:
            return facts.warn(
                "ocsp-responder-refused", "RFC 6960 §4.2.2.2.1", responder=subject, reason="revocation"
            )
        if status.state is not RevocationState.GOOD:
            found.append(facts.warn("ocsp-responder-unchecked", "RFC 6960 §4.2.2.2.1", responder=subject))
            found += objections
    return _Signer(candidate, tuple(found))


def _formal(basic: BasicResponse, facts: _Facts) -> Iterator[Finding]:
    for extension in basic.extensions:
        if extension.critical and extension.oid not in _KNOWN_EXTENSIONS:
            yield facts.warn("ocsp-extension-unknown", "RFC 6960 §4.4", oid=extension.oid)


def _signed_acceptably(basic: BasicResponse, signer: _Signer, facts: _Facts) -> Iterator[Finding]:
    yield from signer.objections
    scheme = signature_scheme(basic.signature_algorithm)
    if objection := facts.policy.objection(scheme, signer.certificate.public_key, facts.at):
        yield facts.warn("algorithm-not-acceptable", "", algorithm=objection)


def _fit(answer: SingleResponse, facts: _Facts) -> Iterator[Finding]:
    """Why an answer about the certificate does not acquit it at the time in question."""
    if answer.status is CertStatus.UNKNOWN:
        yield facts.warn("ocsp-status-unknown", "RFC 6960 §2.2")
    for extension in answer.extensions:
        if extension.critical and extension.oid not in _KNOWN_EXTENSIONS:
            yield facts.warn("ocsp-extension-unknown", "RFC 6960 §4.4", oid=extension.oid)
    yield from _timely(answer, facts)
    # RFC 6960 §4.4.4: of a certificate that had expired, only a responder that remembers can tell.
    expired = facts.certificate.not_after < answer.this_update
    cutoff = answer.archive_cutoff
    if expired and (cutoff is None or cutoff > facts.certificate.not_after):
        yield facts.warn("ocsp-after-expiry", "RFC 6960 §4.4.4")


def _timely(answer: SingleResponse, facts: _Facts) -> Iterator[Finding]:
    clause = "RFC 6960 §4.2.2.1"
    this_update, next_update = answer.this_update, answer.next_update
    max_age = facts.policy.freshness.max_age
    if facts.at < this_update:
        yield facts.warn("ocsp-not-yet-valid", clause, this_update=this_update.isoformat())
    if next_update is not None and next_update < facts.at:
        yield facts.warn("ocsp-stale", clause, next_update=next_update.isoformat())
    elif next_update is None and not max_age:
        yield facts.warn("ocsp-no-next-update", clause)
    if max_age and facts.at - this_update > timedelta(seconds=max_age):
        yield facts.warn("ocsp-too-old", "EN 319 102-1 cl. 5.2.5", this_update=this_update.isoformat())


def combine(first: RevocationStatus, second: RevocationStatus) -> RevocationStatus:
    """One state from two kinds of evidence about one certificate: the worse, and of two equal ones the newer.

    A hold ends when the other says good at a later time.
    """
    for one, other in ((first, second), (second, first)):
        if one.state is RevocationState.REVOKED and not _lifted(one, other):
            return one
    known = [s for s in (first, second) if s.state is RevocationState.GOOD]
    return max(known, key=_updated) if known else first


def _lifted(revoked: RevocationStatus, other: RevocationStatus) -> bool:
    later = other.state is RevocationState.GOOD and _updated(other) > _updated(revoked)
    return later and revoked.reason == "certificateHold"


def _updated(status: RevocationStatus) -> float:
    return 0.0 if status.this_update is None else status.this_update.timestamp()


def ocsp_needs(certificate: Certificate, issuer: Certificate) -> tuple[Need, ...]:
    """The answers that would tell the state of `certificate`: one need for each HTTP URL, at most eight.

    The request names it by SHA-1 and has no nonce, so that it is the same in each round, and answers made
    ahead fit.
    """
    urls = web_urls(certificate.ocsp_urls)
    request = OCSPRequest.about((certificate,), issuer).encode() if urls else b""
    return tuple(Need("ocsp", url, request, certificate.subject.shown) for url in urls)
