"""Revocation at a time, by lists: good, revoked or undetermined, and undetermined is never good.

A list proves that a certificate is good only if it is signed by its issuer, complete for it, fresh at the
time in question, and holds nothing critical that is not understood. That a certificate is revoked, any list
signed by its issuer proves (RFC 5280 §6.3.3). Delta lists revoke and do not acquit; indirect lists are
refused.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from esign import der, extensions
from esign.algorithms import signature_scheme
from esign.crl import CertificateList, RevokedEntry
from esign.errors import EsignError
from esign.extensions import DistributionPoint
from esign.findings import Finding
from esign.material import Need
from esign.names import GeneralName, Name
from esign.validation.policy import Policy, Revocation
from esign.validation.report import RevocationState, RevocationStatus
from esign.validation.work import Work
from esign.x509 import Certificate

__all__ = ["Revocation", "crl_needs", "judge_revocation", "revocation_findings"]

_MAX_NEEDS: Final = 8
_KNOWN_EXTENSIONS: Final = frozenset(
    (
        extensions.AUTHORITY_KEY_IDENTIFIER,
        extensions.CRL_NUMBER,
        extensions.DELTA_CRL_INDICATOR,
        extensions.ISSUING_DISTRIBUTION_POINT,
        extensions.FRESHEST_CRL,
    )
)
_KNOWN_ENTRY_EXTENSIONS: Final = frozenset(
    (extensions.REASON_CODE, extensions.INVALIDITY_DATE, extensions.HOLD_INSTRUCTION)
)


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What one list says: `objections` are why it cannot acquit; without any, no entry means good."""

    crl: CertificateList
    entry: RevokedEntry | None
    objections: tuple[Finding, ...]

    @property
    def acquits(self) -> bool:
        return self.entry is None and not self.objections


def judge_revocation(
    certificate: Certificate,
    issuer: Certificate,
    *,
    crls: Iterable[CertificateList],
    at: datetime,
    policy: Policy,
    work: Work,
) -> tuple[RevocationStatus, tuple[Finding, ...]]:
    """The state of `certificate` at `at`, and why the lists of its issuer could not tell, if they could not.

    Raises:
        WorkExceeded: the limits of `work` are reached.
    """
    lists = [crl for crl in crls if crl.issuer == certificate.issuer]
    evidence: list[_Evidence] = []
    objections: list[Finding] = []
    for crl in lists:
        found = _weigh(crl, certificate, issuer, at=at, policy=policy, work=work)
        if isinstance(found, Finding):
            objections.append(found)
        else:
            evidence.append(found)
            objections += found.objections
    return _state(certificate, evidence, at), tuple(dict.fromkeys(objections))


def _state(certificate: Certificate, evidence: list[_Evidence], at: datetime) -> RevocationStatus:
    acquittals = sorted(
        (e.crl for e in evidence if e.acquits), key=lambda crl: (crl.this_update, crl.number or 0)
    )
    for found in evidence:
        if found.entry is None or _later(found, at):
            continue
        released = found.entry.reason == "certificateHold" and any(
            crl.this_update > found.crl.this_update for crl in acquittals
        )
        if not released:
            return RevocationStatus(
                certificate,
                RevocationState.REVOKED,
                found.entry.reason,
                found.entry.revoked_at,
                found.crl.this_update,
                found.crl.next_update,
            )
    if acquittals:
        best = acquittals[-1]
        return RevocationStatus(
            certificate, RevocationState.GOOD, this_update=best.this_update, next_update=best.next_update
        )
    return RevocationStatus(certificate, RevocationState.UNDETERMINED)


def _later(evidence: _Evidence, at: datetime) -> bool:
    """Whether the revocation came after `at` and was published after it: at `at` it was not yet so."""
    return evidence.entry is not None and evidence.entry.revoked_at > at and evidence.crl.this_update > at


def _weigh(
    crl: CertificateList,
    certificate: Certificate,
    issuer: Certificate,
    *,
    at: datetime,
    policy: Policy,
    work: Work,
) -> _Evidence | Finding:
    where = f"CRL of {crl.issuer.text}"
    try:
        if not work.holds(issuer, crl.signature_algorithm, signature=crl.signature, message=crl.tbs):
            return Finding.warning("crl-signature-invalid", clause="RFC 5280 §6.3.3", where=where)
        if _is_indirect(crl):
            return Finding.warning("crl-indirect-unsupported", clause="RFC 5280 §5.3.3", where=where)
        entry = crl.find(certificate.serial_number)
        unknown = crl.critical_entry_extensions - _KNOWN_ENTRY_EXTENSIONS
        objections = tuple(
            (
                *_formal(crl, unknown, where),
                *_timely(crl, at, where),
                *_scope(crl, certificate, where),
                *_signer(crl, issuer, policy=policy, at=at, where=where),
            )
        )
    except EsignError as e:
        return Finding.warning("crl-unusable", where=where, reason=e.message)
    if crl.is_delta and entry is not None and entry.reason == "removeFromCRL":
        entry = None
    return _Evidence(crl, entry, objections)


def _is_indirect(crl: CertificateList) -> bool:
    scope = crl.scope
    named = extensions.CERTIFICATE_ISSUER in crl.critical_entry_extensions
    return named or (scope is not None and scope.indirect)


def _formal(crl: CertificateList, unknown_in_entries: frozenset[str], where: str) -> Iterator[Finding]:
    unknown = {e.oid for e in crl.extensions if e.critical} - _KNOWN_EXTENSIONS | unknown_in_entries
    for oid in sorted(unknown):
        # RFC 5280 §5.2: an application that cannot process a critical extension MUST NOT use the list.
        yield Finding.warning("crl-extension-unknown", clause="RFC 5280 §5.2", where=where, oid=oid)
    if crl.is_delta:
        yield Finding.warning("crl-delta-only", clause="RFC 5280 §5.2.4", where=where)


def _timely(crl: CertificateList, at: datetime, where: str) -> Iterator[Finding]:
    if at < crl.this_update:
        yield Finding.warning(
            "crl-not-yet-valid",
            clause="RFC 5280 §5.1.2.4",
            where=where,
            this_update=crl.this_update.isoformat(),
        )
    if crl.next_update is None:
        yield Finding.warning("crl-no-next-update", clause="RFC 5280 §5.1.2.5", where=where)
    elif crl.next_update < at:
        yield Finding.warning(
            "crl-stale", clause="RFC 5280 §5.1.2.5", where=where, next_update=crl.next_update.isoformat()
        )


def _signer(
    crl: CertificateList, issuer: Certificate, *, policy: Policy, at: datetime, where: str
) -> Iterator[Finding]:
    if issuer.key_usage is not None and "cRLSign" not in issuer.key_usage:
        yield Finding.warning("crl-signer-usage", clause="RFC 5280 §6.3.3", where=where)
    if objection := policy.objection(signature_scheme(crl.signature_algorithm), issuer.public_key, at):
        yield Finding.warning("algorithm-not-acceptable", where=where, algorithm=objection)


def _scope(crl: CertificateList, certificate: Certificate, where: str) -> Iterator[Finding]:
    """RFC 5280 §6.3.3 (b)(2): the list must be meant for this certificate, and for every reason."""
    scope = crl.scope
    if scope is None:
        return
    excluded = {"ca"} if not certificate.is_ca else {"user"}
    point = scope.point
    named = bool(point.names or point.relative)
    if scope.only & (excluded | {"attribute"}) or (named and not _points_match(crl, certificate)):
        yield Finding.warning("crl-scope", clause="RFC 5280 §6.3.3", where=where)
    elif point.partial:
        yield Finding.warning("crl-partial-reasons", clause="RFC 5280 §5.2.5", where=where)


def _points_match(crl: CertificateList, certificate: Certificate) -> bool:
    scope = crl.scope
    if scope is None:
        return True
    listed = _point_names(scope.point, crl.issuer)
    if not certificate.distribution_points:
        return ("directoryName", certificate.issuer) in listed
    own = (p for p in certificate.distribution_points if not p.issuers)
    return any(listed & _point_names(point, certificate.issuer) for point in own)


def _point_names(point: DistributionPoint, issuer: Name) -> frozenset[tuple[str, object]]:
    found = {_name_key(name) for name in point.names}
    if point.relative is not None:
        rdns = [rdn.raw for rdn in der.decode(issuer.raw).children()]
        whole = Name.read(der.decode(der.sequence(*rdns, point.relative)))
        found.add(("directoryName", whole))
    return frozenset(found)


def _name_key(name: GeneralName) -> tuple[str, object]:
    return (name.kind, name.name if name.name is not None else name.octets)


def revocation_findings(
    status: RevocationStatus, objections: tuple[Finding, ...], *, mode: Revocation, supplied: bool
) -> tuple[Finding, ...]:
    """What `status` means for a path under `mode`; `supplied` says that a list of the issuer was given."""
    where = status.certificate.subject.text
    if status.state is RevocationState.GOOD:
        return ()
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


def crl_needs(certificate: Certificate) -> tuple[Need, ...]:
    """The lists that would tell the state of `certificate`: one need for each HTTP URL, at most eight."""
    return tuple(Need("crl", url, subject=certificate.subject.text) for url in web_urls(certificate.crl_urls))


def web_urls(urls: Iterable[str]) -> tuple[str, ...]:
    """Those of `urls` that are HTTP, each once, at most eight."""
    found = dict.fromkeys(u for u in urls if u.lower().startswith(("http://", "https://")))
    return tuple(found)[:_MAX_NEEDS]
