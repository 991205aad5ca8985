"""Revocation at a time, by lists: good, revoked or undetermined, and undetermined is never good.

Lists acquit when together they cover every reason of revocation: each signed by an issuer whose word counts,
meant for the certificate, fresh at the time in question, the newest of its kind, and with nothing critical
that is not understood; a list of changes counts with the list that it changes (RFC 5280 §6.3.3). That a
certificate is revoked, any list of such an issuer proves, however old.

    status, why = judge_revocation(
        certificate, issuer, crls=crls, at=at, policy=policy, work=work, issuers=issuers
    )
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from esign import extensions
from esign.algorithms import signature_scheme
from esign.crl import CertificateList, RevokedEntry
from esign.errors import EsignError
from esign.extensions import DistributionPoint
from esign.findings import Finding
from esign.material import Need
from esign.validation.crl_issuer import CRLIssuers, is_own_list, signer_of
from esign.validation.crl_scope import ALL_REASONS, concerns, covered_reasons
from esign.validation.policy import Policy, Revocation
from esign.validation.report import RevocationState, RevocationStatus
from esign.validation.work import Work
from esign.x509 import Certificate

__all__ = ["CRLIssuers", "Revocation", "concerns", "crl_needs", "judge_revocation", "revocation_findings"]

_MAX_NEEDS: Final = 8
_HOLD: Final = "certificateHold"
_REMOVED: Final = "removeFromCRL"
_KNOWN_EXTENSIONS: Final = frozenset(
    (
        extensions.AUTHORITY_INFO_ACCESS,
        extensions.AUTHORITY_KEY_IDENTIFIER,
        extensions.CRL_NUMBER,
        extensions.DELTA_CRL_INDICATOR,
        extensions.ISSUING_DISTRIBUTION_POINT,
        extensions.FRESHEST_CRL,
    )
)
_KNOWN_ENTRY_EXTENSIONS: Final = frozenset(
    (
        extensions.CERTIFICATE_ISSUER,
        extensions.REASON_CODE,
        extensions.INVALIDITY_DATE,
        extensions.HOLD_INSTRUCTION,
    )
)
_NO_ISSUERS: Final = CRLIssuers()


@dataclass(frozen=True, slots=True)
class _Facts:
    certificate: Certificate
    issuer: Certificate
    at: datetime
    policy: Policy
    work: Work
    issuers: CRLIssuers


_Family = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Statement:
    """What one list says. `objections` are why it cannot acquit, `untimely` those that newer changes mend.

    Lists of one `family` are of one issuer, key and scope: the newest of them counts.
    """

    crl: CertificateList
    family: _Family
    entry: RevokedEntry | None
    reasons: frozenset[str]
    objections: tuple[Finding, ...]
    untimely: tuple[Finding, ...]

    @property
    def age(self) -> tuple[int, datetime]:
        """For order within a family: by number, then by time."""
        number = self.crl.number
        return (-1 if number is None else number, self.crl.this_update)


@dataclass(frozen=True, slots=True)
class _Acquittal:
    """A complete list, with its changes if there are any, that does not revoke, for `reasons`."""

    crl: CertificateList
    reasons: frozenset[str]
    this_update: datetime
    next_update: datetime | None


def judge_revocation(
    certificate: Certificate,
    issuer: Certificate,
    *,
    crls: Iterable[CertificateList],
    at: datetime,
    policy: Policy,
    work: Work,
    issuers: CRLIssuers = _NO_ISSUERS,
) -> tuple[RevocationStatus, tuple[Finding, ...]]:
    """The state of `certificate` at `at`, and why the lists could not tell, or what to note about them.

    A revocation that took place after `at` and was published after it does not change the state; the status
    bears its time and reason all the same.

    Raises:
        WorkExceeded: the limits of `work` are reached.
    """
    facts = _Facts(certificate, issuer, at, policy, work, issuers)
    statements: list[_Statement] = []
    objections: list[Finding] = []
    for crl in dict.fromkeys(crl for crl in crls if concerns(crl, certificate)):
        found = _weigh(crl, facts)
        if isinstance(found, Finding):
            objections.append(found)
        else:
            statements.append(found)
    acquittals: list[_Acquittal] = []
    for acquittal, why in _settle(statements, at):
        acquittals += () if acquittal is None else (acquittal,)
        objections += why
    status, notes = _state(facts, statements, acquittals)
    if status.state is RevocationState.GOOD:
        return status, notes
    return status, tuple(dict.fromkeys((*objections, *notes)))


def _weigh(crl: CertificateList, facts: _Facts) -> _Statement | Finding:
    where = f"CRL of {crl.issuer.shown}"
    signer = signer_of(crl, facts.certificate, facts.issuer, issuers=facts.issuers, work=facts.work)
    if isinstance(signer, Finding):
        return signer
    try:
        entry = crl.find(facts.certificate.serial_number, facts.certificate.issuer)
        reasons = covered_reasons(crl, facts.certificate)
        objections = (
            *_formal(crl, where),
            *_signer(crl, signer, facts, where),
            *_own_list(signer, facts, where),
            *(() if reasons else (Finding.warning("crl-scope", clause="RFC 5280 §6.3.3", where=where),)),
        )
    except EsignError as e:
        return Finding.warning("crl-unusable", where=where, reason=e.message)
    family = (crl.issuer, signer.public_key_info, crl.scope, crl.authority_key_identifier)
    return _Statement(crl, family, entry, reasons, objections, tuple(_untimely(crl, facts, where)))


def _formal(crl: CertificateList, where: str) -> Iterator[Finding]:
    in_entries = crl.critical_entry_extensions
    unknown = crl.critical_extensions - _KNOWN_EXTENSIONS | in_entries - _KNOWN_ENTRY_EXTENSIONS
    for oid in sorted(unknown):
        # RFC 5280 §5.2: an application that cannot process a critical extension MUST NOT use the list.
        yield Finding.warning("crl-extension-unknown", clause="RFC 5280 §5.2", where=where, oid=oid)
    if extensions.CERTIFICATE_ISSUER in in_entries and (crl.scope is None or not crl.scope.indirect):
        yield Finding.warning("crl-entry-issuer", clause="RFC 5280 §5.3.3", where=where)


def _signer(crl: CertificateList, signer: Certificate, facts: _Facts, where: str) -> Iterator[Finding]:
    if signer.key_usage is not None and "cRLSign" not in signer.key_usage:
        yield Finding.warning("crl-signer-usage", clause="RFC 5280 §6.3.3", where=where)
    scheme = signature_scheme(crl.signature_algorithm)
    if objection := facts.policy.objection(scheme, signer.public_key, facts.at):
        yield Finding.warning("algorithm-not-acceptable", where=where, algorithm=objection)


def _own_list(signer: Certificate, facts: _Facts, where: str) -> Iterator[Finding]:
    if is_own_list(signer, facts.certificate, facts.issuer):
        yield Finding.warning("crl-issuer-loop", clause="RFC 5280 §6.3.3", where=where)


def _untimely(crl: CertificateList, facts: _Facts, where: str) -> Iterator[Finding]:
    at, max_age, clause = facts.at, facts.policy.freshness.max_age, "RFC 5280 §5.1.2.4"
    if at < crl.this_update:
        made = crl.this_update.isoformat()
        yield Finding.warning("crl-not-yet-valid", clause=clause, where=where, this_update=made)
    elif max_age and (at - crl.this_update).total_seconds() > max_age:
        made, clause = crl.this_update.isoformat(), "EN 319 102-1 cl. 5.2.5"
        yield Finding.warning("crl-too-old", clause=clause, where=where, this_update=made, limit=max_age)
    if crl.next_update is None:
        yield Finding.warning("crl-no-next-update", clause="RFC 5280 §5.1.2.5", where=where)
    elif crl.next_update < at:
        until = crl.next_update.isoformat()
        yield Finding.warning("crl-stale", clause="RFC 5280 §5.1.2.5", where=where, next_update=until)


def _settle(
    statements: list[_Statement], at: datetime
) -> Iterator[tuple[_Acquittal | None, tuple[Finding, ...]]]:
    """Each complete list, with its newest changes, as an acquittal or with the reasons why it is none."""
    newest: dict[_Family, _Statement] = {}
    changes: dict[_Family, list[_Statement]] = {}
    for found in statements:
        rival = newest.get(found.family)
        if found.crl.is_delta:
            changes.setdefault(found.family, []).append(found)
        elif found.crl.this_update <= at and (rival is None or rival.age < found.age):
            newest[found.family] = found
    for found in statements:
        where = f"CRL of {found.crl.issuer.shown}"
        best = newest.get(found.family, found)
        if found.crl.is_delta:
            alone = Finding.warning("crl-delta-only", clause="RFC 5280 §5.2.4", where=where)
            yield None, (*found.objections, *found.untimely, alone)
        elif found.age < best.age:
            old = Finding.warning("crl-superseded", clause="RFC 5280 §5.2.3", where=where)
            yield None, (*found.objections, *found.untimely, old)
        else:
            yield _acquittal(found, _newest_changes(found, changes.get(found.family, ())))


def _newest_changes(found: _Statement, changes: Iterable[_Statement]) -> _Statement | None:
    """The newest list of changes that applies to a complete one (RFC 5280 §5.2.4), if it can be used."""
    number = found.crl.number
    if number is None:
        return None
    fitting = (s for s in changes if _applies(s.crl, number) and not (s.objections or s.untimely))
    return max(fitting, key=lambda s: s.age, default=None)


def _applies(changes: CertificateList, number: int) -> bool:
    base, own = changes.base_number, changes.number
    return base is not None and own is not None and base <= number < own


def _acquittal(
    found: _Statement, changes: _Statement | None
) -> tuple[_Acquittal | None, tuple[Finding, ...]]:
    entry, newest = found.entry, found.crl
    objections = found.objections
    if changes is None:
        objections += found.untimely
    else:
        # RFC 5280 §5.2.4: what is combined has the times of the changes.
        newest = changes.crl
        if changes.entry is not None:
            released = changes.entry.reason == _REMOVED and (entry is None or entry.reason == _HOLD)
            entry = None if released else entry or changes.entry
    if entry is not None or objections:
        return None, objections
    return _Acquittal(found.crl, found.reasons, newest.this_update, newest.next_update), ()


def _state(
    facts: _Facts, statements: list[_Statement], acquittals: list[_Acquittal]
) -> tuple[RevocationStatus, tuple[Finding, ...]]:
    certificate = facts.certificate
    listed = [(s.crl, s.entry) for s in statements if s.entry is not None and s.entry.reason != _REMOVED]
    binding = [
        (crl, entry)
        for crl, entry in listed
        if not _is_later(crl, entry, facts.at) and not _is_released(crl, entry, acquittals)
    ]
    if binding:
        crl, entry = min(binding, key=lambda found: (found[1].reason == _HOLD, found[1].revoked_at))
        state = RevocationState.REVOKED
        status = RevocationStatus(
            certificate, state, entry.reason, entry.revoked_at, crl.this_update, crl.next_update
        )
        return status, ()
    status, notes = _acquitted(certificate, acquittals)
    later = [entry for crl, entry in listed if _is_later(crl, entry, facts.at)]
    if later:
        first = min(later, key=lambda entry: entry.revoked_at)
        status = replace(status, reason=first.reason, revoked_at=first.revoked_at)
    return status, notes


def _acquitted(
    certificate: Certificate, acquittals: list[_Acquittal]
) -> tuple[RevocationStatus, tuple[Finding, ...]]:
    """RFC 5280 §6.3.3 (e) and (l): lists are taken, the newest first, until all reasons are covered."""
    used: list[_Acquittal] = []
    missing = ALL_REASONS
    for acquittal in sorted(acquittals, key=lambda a: a.this_update, reverse=True):
        if missing & acquittal.reasons:
            used.append(acquittal)
            missing -= acquittal.reasons
    if missing:
        reasons, where = ", ".join(sorted(missing)), certificate.subject.shown
        note = Finding.warning("crl-partial-reasons", clause="RFC 5280 §6.3.3", where=where, reasons=reasons)
        return RevocationStatus(certificate, RevocationState.UNDETERMINED), (note,) if used else ()
    until = [a.next_update for a in used if a.next_update is not None]
    status = RevocationStatus(
        certificate,
        RevocationState.GOOD,
        this_update=min(a.this_update for a in used),
        next_update=min(until, default=None),
    )
    return status, tuple(_version_notes(used))


def _version_notes(used: list[_Acquittal]) -> Iterator[Finding]:
    for acquittal in used:
        if acquittal.crl.version == 1:
            where = f"CRL of {acquittal.crl.issuer.shown}"
            yield Finding.warning("crl-version-1", clause="RFC 5280 §5.1.2.1", where=where)


def _is_later(crl: CertificateList, entry: RevokedEntry, at: datetime) -> bool:
    """Whether the revocation came after `at` and was published after it: at `at` it was not yet so."""
    return entry.revoked_at > at and crl.this_update > at


def _is_released(crl: CertificateList, entry: RevokedEntry, acquittals: list[_Acquittal]) -> bool:
    """Whether a suspension ended: a newer acquittal that covers suspensions."""
    newer = (a for a in acquittals if a.this_update > crl.this_update and _HOLD in a.reasons)
    return entry.reason == _HOLD and any(newer)


def revocation_findings(
    status: RevocationStatus, objections: tuple[Finding, ...], *, mode: Revocation, supplied: bool
) -> tuple[Finding, ...]:
    """What `status` means for a path under `mode`; `supplied` says that a list of the issuer was given."""
    where = status.certificate.subject.shown
    if status.state is RevocationState.GOOD:
        return objections
    if status.state is RevocationState.REVOKED:
        revoked_at = "" if status.revoked_at is None else status.revoked_at.isoformat()
        reason = status.reason or "unspecified"
        return (
            Finding.error(
                "certificate-revoked",
                clause="RFC 5280 §6.1.3",
                where=where,
                reason=reason,
                revoked_at=revoked_at,
            ),
        )
    if mode is Revocation.REQUIRE or (mode is Revocation.UNSAFE_IF_SUPPLIED and supplied):
        return (*objections, Finding.error("revocation-undetermined", clause="RFC 5280 §6.1.3", where=where))
    return (Finding.warning("revocation-not-checked", clause="RFC 5280 §6.1.3", where=where),)


def crl_needs(
    certificate: Certificate,
    crls: Iterable[CertificateList] = (),
    *,
    status: RevocationStatus | None = None,
    at: datetime | None = None,
) -> tuple[Need, ...]:
    """What would tell the state of `certificate`, or tell it more freshly: one need for each HTTP URL.

    Without a state: its lists, their changes (freshestCRL) and the certificates of their issuers, those that
    `crls` name too. With the state good: only changes, when there are none in force at `at` among `crls`.
    Nothing more when it is revoked. At most eight of a kind.
    """
    state = RevocationState.UNDETERMINED if status is None else status.state
    if state is RevocationState.REVOKED:
        return ()
    lists = [crl for crl in crls if concerns(crl, certificate)]
    points: tuple[DistributionPoint, ...] = certificate.values.get(extensions.FRESHEST_CRL, ())
    freshest = [url for point in points for url in point.urls]
    freshest += [url for crl in lists for url in crl.freshest_urls]
    if state is RevocationState.GOOD and not freshest:
        return ()
    subject = certificate.subject.shown
    changes = tuple(Need("crl", url, subject=subject) for url in web_urls(freshest))
    if state is RevocationState.GOOD:
        have = at is not None and any(_is_current_delta(crl, at) for crl in lists)
        return () if have else changes
    whole = (Need("crl", url, subject=subject) for url in web_urls(certificate.crl_urls))
    above = web_urls(url for crl in lists for url in crl.issuer_urls)
    signers = (Need("certificate", url, subject=f"CRL of {subject}") for url in above)
    return tuple(dict.fromkeys((*whole, *changes, *signers)))


def _is_current_delta(crl: CertificateList, at: datetime) -> bool:
    ended = crl.next_update is not None and crl.next_update < at
    return crl.is_delta and crl.this_update <= at and not ended


def web_urls(urls: Iterable[str]) -> tuple[str, ...]:
    """Those of `urls` that are HTTP, each once, at most eight."""
    found = dict.fromkeys(u for u in urls if u.lower().startswith(("http://", "https://")))
    return tuple(found)[:_MAX_NEEDS]
