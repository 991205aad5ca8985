"""The standing of one certificate at moments of the past: what lists and answers said then, and until when.

A statement about revocation counts from its thisUpdate to the last moment at which the policy takes it for
fresh (EN 319 102-1 cl. 5.2.5). Between them nothing changes, so only these moments are looked at.

    found = last_standing(certificate, issuer, until=context.at, context=context)
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from esign.validation.context import Context
from esign.validation.crl_scope import concerns
from esign.validation.path import validate_path
from esign.validation.policy import Revocation
from esign.validation.report import RevocationState, RevocationStatus
from esign.x509 import Certificate, Trust

MAX_MOMENTS: Final = 24
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Statement:
    """A list or an answer about a certificate: its octets, and the moments between which it is fresh."""

    octets: tuple[bytes, ...]
    this_update: datetime
    last: datetime

    def proved(self, context: Context) -> datetime:
        """Since when it is shown to exist."""
        return min(map(context.proved, self.octets))


@dataclass(frozen=True, slots=True)
class Standing:
    """What was known about a certificate at `at`."""

    at: datetime
    status: RevocationStatus


def statements(certificate: Certificate, issuer: Certificate, context: Context) -> tuple[Statement, ...]:
    """Everything at hand that speaks about `certificate` of `issuer`, not yet believed."""
    max_age = context.policy.freshness.max_age
    found = []
    for crl in (crl for crl in context.crls if concerns(crl, certificate)):
        last = _last(crl.this_update, crl.next_update, max_age)
        found.append(Statement((crl.raw,), crl.this_update, last))
    for answer in context.ocsp:
        for said in () if answer.basic is None else answer.basic.about(certificate, issuer):
            last = _last(said.this_update, said.next_update, max_age)
            found.append(Statement(_octets(answer.raw, answer.basic), said.this_update, last))
    return tuple(found)


def _octets(raw: bytes, basic: object) -> tuple[bytes, ...]:
    inner = getattr(basic, "raw", None)
    return (raw,) if inner is None else (raw, inner)


def _last(this_update: datetime, next_update: datetime | None, max_age: int) -> datetime:
    ends = [] if next_update is None else [next_update]
    if max_age:
        ends.append(this_update + timedelta(seconds=max_age))
    return max(this_update, min(ends, default=this_update))


def known_at(context: Context, at: datetime) -> Context:
    """The same context with only those lists and answers that are shown to have existed at `at`."""
    if at >= context.at:
        return context
    return replace(
        context,
        crls=tuple(crl for crl in context.crls if context.proved(crl.raw) <= at),
        ocsp=tuple(
            answer
            for answer in context.ocsp
            if min(map(context.proved, _octets(answer.raw, answer.basic))) <= at
        ),
    )


def standing(
    certificate: Certificate, issuer: Certificate, *, at: datetime, context: Context
) -> RevocationStatus:
    """What the lists and answers of `context` say about `certificate` at `at`, `issuer` being believed."""
    report = validate_path(
        certificate,
        pool=context.certificates,
        trust=Trust((issuer,)),
        crls=context.crls,
        at=at,
        revocation=Revocation.REQUIRE,
        policy=context.policy,
        work=context.work,
        ocsp=context.ocsp,
    )
    if not report.revocation:
        return RevocationStatus(certificate, RevocationState.UNDETERMINED)
    return report.revocation[0]


def last_standing(
    certificate: Certificate,
    issuer: Certificate,
    *,
    until: datetime,
    since: datetime | None = None,
    context: Context,
) -> Standing | None:
    """The latest moment from `since` to `until` at which good or revoked was known; None: never."""
    found = {until}
    for statement in statements(certificate, issuer, context):
        found.update((statement.this_update, statement.last))
    found.update(_algorithm_ends(context))
    moments = sorted((m for m in found if m <= until and (since is None or m >= since)), reverse=True)
    for at in moments[:MAX_MOMENTS]:
        status = standing(certificate, issuer, at=at, context=context)
        if status.state is not RevocationState.UNDETERMINED:
            return Standing(at, status)
    return None


def _algorithm_ends(context: Context) -> Iterator[datetime]:
    """The last second of each algorithm that ends: what it signed could still be believed then."""
    ends = [rule.until for rule in context.policy.digests] + [rule.until for rule in context.policy.keys]
    yield from (until - _SECOND for until in ends if until is not None)


def is_known_good(
    path: tuple[Certificate, ...], *, since: datetime, until: datetime, context: Context
) -> bool:
    """EN 319 102-1 cl. 5.2.5: each certificate of `path` below the anchor was good at `since` or later.

    `until` bounds the moments that count; a certificate that expired before ends them for itself.
    """
    return all(
        _is_good(certificate, issuer, since, until, context)
        for certificate, issuer in zip(path, path[1:], strict=False)
    )


def _is_good(
    certificate: Certificate, issuer: Certificate, since: datetime, until: datetime, context: Context
) -> bool:
    # After its end a certificate may be dropped from lists: silence then says nothing (RFC 5280 §3.3).
    last = max(since, min(until, certificate.not_after))
    for at in _between(certificate, issuer, since, last, context):
        status = standing(certificate, issuer, at=at, context=context)
        if status.state is RevocationState.GOOD:
            return True
    return False


def _between(
    certificate: Certificate, issuer: Certificate, since: datetime, until: datetime, context: Context
) -> Iterator[datetime]:
    found = {since, until}
    for statement in statements(certificate, issuer, context):
        found.update((statement.this_update, statement.last))
    yield from sorted(m for m in found if since <= m <= until)[:MAX_MOMENTS]
