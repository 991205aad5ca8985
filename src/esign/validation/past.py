"""Judging the past: certificates, validation time sliding, signatures (EN 319 102-1 cl. 5.6.2).

What was valid once is not made false by time; whether it was, only proofs of existence can say. Sliding goes
down the path from the anchor and finds the latest moment at which the path is known to have been good; a
signature that is shown to exist at that moment is as good as the certificate was then.

    block, path = validate_past(current, question, context)
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from esign.algorithms import signature_scheme
from esign.errors import EsignError
from esign.findings import Finding, Indication, SubIndication
from esign.validation.block import Block, undecided
from esign.validation.context import Context
from esign.validation.long_term import MENDABLE, too_early
from esign.validation.path import validate_path
from esign.validation.policy import Revocation
from esign.validation.report import PathReport, RevocationState
from esign.validation.standing import Statement, is_known_good, known_at, last_standing, statements
from esign.x509 import Certificate

CLAUSE: Final = "EN 319 102-1 cl. 5.6.2.4"
_INSTANT: Final = timedelta(microseconds=1)
_HOLD: Final = "certificateHold"
Path = tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class PastFacts:
    """What past signature validation compares.

    `best`: the earliest proof of the signature. `control`: up to when the path is known to have been good;
    None when that cannot be said. `ca_revoked_at`: when the issuer's certificate was revoked;
    `statement_proved`: when what speaks about the signing certificate is first shown to exist. `reliable`:
    every algorithm was acceptable at the proof of what it made. `fresh`: the path was known to be good at
    `best` or later. `revocation_proved`: something that speaks about the signing certificate is shown to
    exist within its issuer's validity.
    """

    best: datetime
    not_before: datetime
    not_after: datetime
    control: datetime | None = None
    suspended: bool = False
    ca_revoked_at: datetime | None = None
    statement_proved: datetime | None = None
    reliable: bool = False
    fresh: bool = False
    revocation_proved: bool = True


def past_signature(current: Block, facts: PastFacts) -> Block:
    """EN 319 102-1 cl. 5.6.2.4: the numbers are of its steps; `current` is the verdict without proofs."""
    # 1) is asked at the end; 2) past certificate validation
    if current.indication is not Indication.INDETERMINATE or facts.control is None:
        return current
    # 3) with a proof of the signature at or before the control time
    sub = current.sub_indication
    proved = facts.best <= facts.control
    on_hold = sub is SubIndication.TRY_LATER and facts.suspended
    if proved and (sub in _OF_VALIDITY or on_hold):
        decided = _within_validity(current, facts)
    # 4) algorithms, each at the proof of what it made
    elif sub is SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE:
        decided = None if facts.reliable else current
    # 5) what was known about revocation, seen from the proof of the signature
    elif sub is SubIndication.TRY_LATER and not facts.suspended:
        decided = None if facts.fresh else current
    # 6) all other cases
    else:
        decided = current
    if decided is not None:
        return decided
    # 7) what 1) came to
    if not facts.revocation_proved:
        found = Finding.error("revocation-out-of-bounds", clause=CLAUSE)
        return undecided(SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE, found)
    return Block()


_OF_VALIDITY: Final = frozenset(
    (
        SubIndication.REVOKED_NO_POE,
        SubIndication.REVOKED_CA_NO_POE,
        SubIndication.OUT_OF_BOUNDS_NO_POE,
        SubIndication.OUT_OF_BOUNDS_NOT_REVOKED,
        SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE,
    )
)


def _within_validity(current: Block, facts: PastFacts) -> Block | None:
    """Step 3: a verdict, or None to go on with step 7."""
    sub = current.sub_indication
    if sub is SubIndication.REVOKED_CA_NO_POE:
        revoked, proved = facts.ca_revoked_at, facts.statement_proved
        if revoked is not None and (proved is None or proved > revoked):
            return current
    if facts.best < facts.not_before:
        return too_early(facts.not_before, CLAUSE)
    if facts.best <= facts.not_after:
        return None
    kept = sub in (SubIndication.OUT_OF_BOUNDS_NO_POE, SubIndication.OUT_OF_BOUNDS_NOT_REVOKED)
    return current if kept else undecided(SubIndication.OUT_OF_BOUNDS_NOT_REVOKED, *current.findings)


# --- 5.6.2.1 ---


def past_path(certificate: Certificate, *, usage: str | None, context: Context) -> PathReport:
    """EN 319 102-1 cl. 5.6.2.1, steps 1 and 2: a path at a moment at which all its certificates were valid.

    Without revocation, and with every algorithm that was ever acceptable: what those mean is asked by
    sliding.
    """
    found = _shape(certificate, usage, min(context.at, certificate.not_after), context)
    if found.indication is Indication.PASSED or not found.path:
        return found
    since, until = common_validity(found.path)
    return found if since > until else _shape(certificate, usage, min(until, context.at), context)


def common_validity(path: Path) -> tuple[datetime, datetime]:
    """The intersection of the validity of all certificates; empty when the first comes after the second."""
    return max(c.not_before for c in path), min(c.not_after for c in path)


def _shape(certificate: Certificate, usage: str | None, at: datetime, context: Context) -> PathReport:
    return validate_path(
        certificate,
        pool=context.certificates,
        trust=context.trust,
        at=at,
        usage=usage,
        revocation=Revocation.UNSAFE_OFF,
        policy=context.policy.timeless(),
        work=context.work,
    )


# --- 5.6.2.2 ---


def slide(path: Path, context: Context) -> datetime | Block:
    """EN 319 102-1 cl. 5.6.2.2: the control time, or INDETERMINATE with NO_POE; letters as in its step 2.

    Where the standard slides to the time of issue of what is no longer fresh, this slides to the last moment
    at which it was: until then the same evidence would have let the path pass (see the divergences).
    """
    # 1) the control time is now
    control = context.at
    # 2) from the certificate that the anchor issued down to the one in question
    for certificate, issuer in reversed(tuple(zip(path, path[1:], strict=False))):
        # a) evidence and certificate that are shown to have existed by then
        if context.proved(certificate.raw) > control:
            return _no_proof(certificate)
        if context.policy.revocation is Revocation.REQUIRE:
            known = known_at(context, control)
            found = last_standing(certificate, issuer, until=control, context=known)
            if found is None:
                return _no_proof(certificate)
            # b) revoked: up to then; c) not fresh: up to when it was
            revoked_at = found.status.revoked_at
            if found.status.state is RevocationState.REVOKED and revoked_at is not None:
                control = min(control, revoked_at)
            else:
                control = min(control, found.at)
        # d) algorithms
        if (end := _reliable_until(certificate, issuer, context)) is not None:
            control = min(control, end - _INSTANT)
    return control


def _no_proof(certificate: Certificate) -> Block:
    found = Finding.error(
        "no-proof-of-existence", clause="EN 319 102-1 cl. 5.6.2.2", where=certificate.subject.shown
    )
    return undecided(SubIndication.NO_POE, found)


def _reliable_until(certificate: Certificate, issuer: Certificate, context: Context) -> datetime | None:
    try:
        scheme = signature_scheme(certificate.signature_algorithm)
        return context.policy.reliable_until(scheme, issuer.public_key)
    except EsignError:
        return None


# --- 5.6.2.4 with its facts ---


@dataclass(frozen=True, slots=True)
class PastQuestion:
    """A signature to judge in the past: its certificate, what must hold of its own algorithms, and since when
    it is.

    `accepts` is signature acceptance validation at a time.
    """

    certificate: Certificate
    usage: str | None
    best: datetime
    accepts: Callable[[datetime], Block]


def validate_past(
    current: Block, question: PastQuestion, context: Context, path: PathReport | None
) -> tuple[Block, PathReport | None]:
    """EN 319 102-1 cl. 5.6.2.4 over what is at hand, with the path under it; `path` is the present one."""
    mendable = MENDABLE | {SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE}
    if current.indication is not Indication.INDETERMINATE or current.sub_indication not in mendable:
        return current, path
    found = past_path(question.certificate, usage=question.usage, context=context)
    if found.indication is not Indication.PASSED:
        return current, path
    control = slide(found.path, context)
    if isinstance(control, Block):
        return replace(current, findings=(*current.findings, *control.findings)), path
    block = past_signature(current, _facts(question, found.path, control, context, path))
    if not block.passed:
        return block, path
    # EN 319 102-1 cl. 5.6.3.4, step 9: signature acceptance validation at the best signature time
    accepted = question.accepts(question.best)
    return (accepted, path) if not accepted.passed else (Block(), replace(found, at=control))


def _facts(
    question: PastQuestion, path: Path, control: datetime, context: Context, present: PathReport | None
) -> PastFacts:
    certificate = question.certificate
    issuer = path[1] if len(path) > 1 else None
    spoken = () if issuer is None else statements(certificate, issuer, context)
    states = () if present is None else present.revocation
    suspended = any(s.state is RevocationState.REVOKED and s.reason == _HOLD for s in states)
    above = [s.revoked_at for s in states[1:] if s.state is RevocationState.REVOKED and s.revoked_at]
    return PastFacts(
        question.best,
        certificate.not_before,
        certificate.not_after,
        control,
        suspended,
        min(above, default=None),
        min((s.proved(context) for s in spoken), default=None),
        question.accepts(question.best).passed and _is_chain_reliable(path, context),
        is_known_good(path, since=question.best, until=context.at, context=context),
        issuer is None or _is_revocation_proved(spoken, issuer, context),
    )


def _is_chain_reliable(path: Path, context: Context) -> bool:
    for certificate, issuer in zip(path, path[1:], strict=False):
        try:
            scheme = signature_scheme(certificate.signature_algorithm)
            key = issuer.public_key
        except EsignError:
            return False
        if context.policy.objection(scheme, key, context.proved(certificate.raw)):
            return False
    return True


def _is_revocation_proved(spoken: tuple[Statement, ...], issuer: Certificate, context: Context) -> bool:
    """Step 1: what speaks about the signing certificate is shown to exist while its issuer was valid."""
    if context.policy.revocation is not Revocation.REQUIRE:
        return True
    return any(issuer.not_before <= s.proved(context) <= issuer.not_after for s in spoken)
