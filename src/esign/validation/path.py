"""Certification paths: built in a fixed order within a limit of work, and validated by RFC 5280 §6.1.

A link is made only where name and signature agree, so a stranger of the same name is no issuer. Every
candidate that fails leaves its reason. Policies stand in `esign.validation.policy_tree`, names in
`name_constraints`, what is demanded of each certificate alone in `conformance`. The constraints of a trust
anchor bind (RFC 5937 §3.2).

    report = validate_path(certificate, pool=others, trust=trust, crls=crls, at=at, usage="email-signing")
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from esign.algorithms import signature_scheme
from esign.crl import CertificateList
from esign.errors import EsignError, MalformedInput
from esign.findings import Finding, Indication, Severity, SubIndication
from esign.material import Need
from esign.names import Name
from esign.ocsp import OCSPResponse
from esign.public_keys import load_public_key
from esign.validation.conformance import objections
from esign.validation.name_constraints import NameConstraints, constraints_of, violations
from esign.validation.ocsp import combine, judge_ocsp, ocsp_needs
from esign.validation.policy import ANY_EXTENDED_KEY_USAGE, Policy, Purpose, Revocation
from esign.validation.policy_tree import PolicyInputs, process_policies
from esign.validation.report import PathReport, RevocationState, RevocationStatus
from esign.validation.revocation import (
    CRLIssuers,
    concerns,
    crl_needs,
    judge_revocation,
    revocation_findings,
    web_urls,
)
from esign.validation.work import Work, WorkExceeded
from esign.x509 import Certificate, Trust

Path = tuple[Certificate, ...]
CLAUSE: Final = "RFC 5280 §6.1.3"
_PREPARE: Final = "RFC 5280 §6.1.4"
_MAX_FINDINGS: Final = 50
_GRAVEST: Final = (Severity.ERROR, Severity.WARNING, Severity.INFO)
_UNLIMITED: Final = 1 << 30
_ANY_POLICIES: Final = PolicyInputs()

# The first row with a code among the errors of a path gives its verdict.
VERDICTS: Final[tuple[tuple[frozenset[str], Indication, SubIndication], ...]] = (
    (frozenset({"certificate-revoked"}), Indication.FAILED, SubIndication.REVOKED),
    (frozenset({"certificate-expired"}), Indication.FAILED, SubIndication.EXPIRED),
    (frozenset({"certificate-not-yet-valid"}), Indication.FAILED, SubIndication.NOT_YET_VALID),
    (
        frozenset({"key-usage", "extended-key-usage"}),
        Indication.FAILED,
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
    ),
    (
        frozenset({"algorithm-not-acceptable"}),
        Indication.INDETERMINATE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
    ),
    (frozenset({"revocation-undetermined"}), Indication.INDETERMINATE, SubIndication.TRY_LATER),
)
_SOFT: Final = frozenset().union(*(codes for codes, _, _ in VERDICTS))


def validate_path(
    certificate: Certificate,
    *,
    pool: Iterable[Certificate] = (),
    trust: Trust,
    crls: Iterable[CertificateList] = (),
    at: datetime,
    usage: str | None = None,
    revocation: Revocation = Revocation.REQUIRE,
    policies: PolicyInputs = _ANY_POLICIES,
    policy: Policy | None = None,
    work: Work | None = None,
    ocsp: Iterable[OCSPResponse] = (),
) -> PathReport:
    """The verdict on `certificate` at `at`: the first path that passes, else the one that came closest.

    Args:
        certificate: the certificate in question, hostile like everything but `trust`.
        pool: certificates that may stand between it and an anchor.
        trust: the anchors; one that is itself the certificate in question is a path of one.
        crls: revocation lists; those of other issuers are ignored.
        at: the time in question, aware; both ends of every validity are inclusive.
        usage: the purpose of `policy` that the certificate must serve; None for any.
        revocation: what is demanded about revocation.
        policies: which certificate policies are acceptable, and whether there must be one.
        policy: algorithms, purposes and limits; the built-in one when None.
        work: counters shared with other validations of one act.
        ocsp: answers of OCSP responders; those about other certificates are ignored.

    Raises:
        ValueError: the policy knows no such usage.
    """
    rules = policy or Policy.default()
    purpose = None if usage is None else rules.purpose(usage)
    # Validity counts in whole seconds: the last one is good to its end.
    moment = at.replace(microsecond=0)
    spent = work or Work(rules.limits)
    answers, members = tuple(dict.fromkeys(ocsp)), tuple(pool)
    facts = _Facts(tuple(crls), moment, purpose, revocation, rules, spent, policies, members, ocsp=answers)
    return _best(_Search(certificate, trust, facts.pool, facts))


@dataclass(frozen=True, slots=True)
class _Facts:
    crls: tuple[CertificateList, ...]
    at: datetime
    purpose: Purpose | None
    revocation: Revocation
    policy: Policy
    work: Work
    policies: PolicyInputs
    pool: Path = ()
    pending: frozenset[Certificate] = frozenset()
    ocsp: tuple[OCSPResponse, ...] = ()


@dataclass(slots=True)
class _Search:
    """One search: where it came to a dead end, and what was missing there, is kept."""

    target: Certificate
    trust: Trust
    pool: tuple[Certificate, ...]
    facts: _Facts
    dead_ends: dict[Finding, None] = field(default_factory=dict)
    needs: dict[Need, None] = field(default_factory=dict)
    by_subject: dict[Name, list[Certificate]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for certificate in dict.fromkeys((*self.trust.anchors, *self.pool)):
            self.by_subject[certificate.subject].append(certificate)

    def paths(self, path: Path) -> Iterator[Path]:
        """Every path that continues `path` to an anchor, the likeliest first."""
        current = path[-1]
        if self.trust.contains(current):
            yield path
            return
        if len(path) > self.facts.policy.limits.depth:
            self._dead_end("path-too-long", current, limit=self.facts.policy.limits.depth)
            return
        issuers = [c for c in self._issuers(current) if not _loops(c, path)]
        if not issuers:
            self._no_issuer(current)
        for issuer in issuers:
            if self._signed(current, issuer):
                yield from self.paths((*path, issuer))

    def _issuers(self, certificate: Certificate) -> list[Certificate]:
        found = self.by_subject.get(certificate.issuer, [])
        self.facts.work.spend("links", len(found))
        return found if len(found) == 1 else sorted(found, key=lambda c: self._rank(certificate, c))

    def _rank(self, certificate: Certificate, issuer: Certificate) -> tuple[int, bool, bool, float, str]:
        """Fitting key identifiers first, then anchors, valid ones, recent ones, and by fingerprint."""
        wanted, has = certificate.authority_key_identifier, issuer.subject_key_identifier
        fit = 1 if wanted is None or has is None else 0 if wanted == has else 2
        valid = issuer.not_before <= self.facts.at <= issuer.not_after
        age = -issuer.not_before.timestamp()
        return (fit, not self.trust.contains(issuer), not valid, age, issuer.fingerprint)

    def _signed(self, certificate: Certificate, issuer: Certificate) -> bool:
        try:
            good = self.facts.work.holds(
                issuer,
                certificate.signature_algorithm,
                signature=certificate.signature,
                message=certificate.tbs,
            )
        except EsignError as e:
            self._dead_end("certificate-signature-unverifiable", certificate, reason=e.message)
            return False
        if not good:
            self._dead_end("certificate-signature-invalid", certificate, issuer=issuer.subject.shown)
        return good

    def _no_issuer(self, certificate: Certificate) -> None:
        code = "root-not-trusted" if certificate.is_self_issued else "issuer-missing"
        self._dead_end(code, certificate, issuer=certificate.issuer.shown)
        if not certificate.is_self_issued:
            for url in web_urls(certificate.issuer_urls):
                self.needs[Need("certificate", url, subject=certificate.issuer.shown)] = None

    def _dead_end(self, code: str, certificate: Certificate, **values: object) -> None:
        found = Finding.error(code, clause="RFC 5280 §6.1", where=certificate.subject.shown, **values)
        if len(self.dead_ends) < _MAX_FINDINGS:
            self.dead_ends[found] = None

    def no_path(self) -> PathReport:
        """The verdict when no candidate led to an anchor."""
        return PathReport(
            Indication.INDETERMINATE,
            SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
            self.facts.at,
            findings=tuple(self.dead_ends),
            needs=tuple(self.needs),
        )


def _best(search: _Search) -> PathReport:
    """The verdict on the first path that passes, else on the one that came closest."""
    facts = search.facts
    best: PathReport | None = None
    try:
        for path in search.paths((search.target,)):
            facts.work.spend("paths")
            found = _judge(path, facts)
            if found.indication is Indication.PASSED:
                return _with(found, _failed_candidates(best))
            best = _closer(best, found)
    except WorkExceeded as e:
        return _exhausted(best, facts, e)
    return best if best is not None else search.no_path()


def _loops(certificate: Certificate, path: Path) -> bool:
    key, name = certificate.public_key_info, certificate.subject
    return any(c.public_key_info == key and c.subject == name for c in path)


def _judge(path: Path, facts: _Facts) -> PathReport:
    findings = [finding for number in range(len(path)) for finding in _certificate(path, number, facts)]
    findings += _path_lengths(path)
    findings += _names(path, facts)
    policies = process_policies(path, facts.policies, spend=facts.work.count_policies)
    findings += policies.findings
    findings += _purpose(path, facts.purpose)
    statuses, revocation, needs = _revocation(path, facts)
    findings += revocation
    indication, sub_indication = verdict(findings)
    return PathReport(
        indication,
        sub_indication,
        facts.at,
        path,
        statuses,
        _bounded(findings),
        needs,
        policies.policies,
    )


def _bounded(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each once, in order; when there are too many the gravest are kept, so that no reason is lost."""
    once = tuple(dict.fromkeys(findings))
    return (
        once
        if len(once) <= _MAX_FINDINGS
        else tuple(sorted(once, key=lambda f: _GRAVEST.index(f.severity)))[:_MAX_FINDINGS]
    )


def verdict(findings: Iterable[Finding]) -> tuple[Indication, SubIndication | None]:
    """What the findings on a path come to, by the table of this module."""
    codes = {f.code for f in findings if f.severity is Severity.ERROR}
    if not codes:
        return Indication.PASSED, None
    hard = codes - _SOFT
    for row, indication, sub_indication in VERDICTS:
        if row & codes and not (hard and indication is Indication.INDETERMINATE):
            return indication, sub_indication
    return Indication.FAILED, SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE


def _certificate(path: Path, number: int, facts: _Facts) -> Iterator[Finding]:
    certificate = path[number]
    if facts.at < certificate.not_before:
        where, since = certificate.subject.shown, certificate.not_before.isoformat()
        yield Finding.error("certificate-not-yet-valid", clause=CLAUSE, where=where, not_before=since)
    if certificate.not_after < facts.at:
        where, until = certificate.subject.shown, certificate.not_after.isoformat()
        yield Finding.error("certificate-expired", clause=CLAUSE, where=where, not_after=until)
    # The certificate in question is judged whole even where it is an anchor itself.
    yield from objections(certificate, is_anchor=0 < number == len(path) - 1)
    if number == 0:
        yield from _key(certificate)
    if number + 1 < len(path):
        yield from _algorithm(certificate, path[number + 1], facts)
    if number > 0:
        yield from _authority(certificate, is_anchor=number + 1 == len(path))


def _key(certificate: Certificate) -> Iterator[Finding]:
    """A key that cannot be read is good for nothing; those of authorities are read with each link."""
    try:
        load_public_key(certificate.public_key_info)
    except EsignError as e:
        where, algorithm = certificate.subject.shown, e.values.get("algorithm", e.code)
        yield Finding.error("algorithm-not-acceptable", where=where, algorithm=algorithm)


def _algorithm(certificate: Certificate, issuer: Certificate, facts: _Facts) -> Iterator[Finding]:
    scheme = signature_scheme(certificate.signature_algorithm)
    if objection := facts.policy.objection(scheme, issuer.public_key, facts.at):
        yield Finding.error("algorithm-not-acceptable", where=certificate.subject.shown, algorithm=objection)


def _authority(certificate: Certificate, *, is_anchor: bool) -> Iterator[Finding]:
    """RFC 5280 §6.1.4 (k) and (n). An anchor of version 1 cannot say that it is an authority; trust does."""
    if not certificate.is_ca and not (is_anchor and certificate.version == 1):
        yield Finding.error("not-an-authority", clause=_PREPARE, where=certificate.subject.shown)
    usage = certificate.key_usage
    if usage is not None and "keyCertSign" not in usage:
        yield Finding.error("authority-key-usage", clause=_PREPARE, where=certificate.subject.shown)


def _path_lengths(path: Path) -> Iterator[Finding]:
    """RFC 5280 §6.1.4 (l) and (m), from the anchor down; its own limit binds too."""
    left = _UNLIMITED
    for certificate in reversed(path[1:]):
        if certificate is not path[-1] and not certificate.is_self_issued:
            if left == 0:
                yield Finding.error("path-length", clause=_PREPARE, where=certificate.subject.shown)
                return
            left -= 1
        if certificate.path_length is not None:
            left = min(left, certificate.path_length)


def _names(path: Path, facts: _Facts) -> Iterator[Finding]:
    """RFC 5280 §6.1.3 (b) and (c): the constraints of each authority on every name below it."""
    imposed: list[NameConstraints] = []
    for number in range(len(path) - 1, -1, -1):
        certificate = path[number]
        checked = number == 0 or not certificate.is_self_issued
        if imposed and checked:
            yield from violations(certificate, imposed, spend=facts.work.compare_names)
        try:
            own = constraints_of(certificate)
        except MalformedInput as e:
            where = certificate.subject.shown
            yield Finding.error(
                "name-constraints-malformed", clause="RFC 5280 §4.2.1.10", where=where, reason=e.message
            )
            return
        if own is not None:
            imposed.append(own)


def _purpose(path: Path, purpose: Purpose | None) -> Iterator[Finding]:
    """Key usage of the certificate, and extended key usage of it and, nested, of its authorities."""
    if purpose is None:
        return
    target = path[0]
    where = target.subject.shown
    if target.key_usage is not None and target.key_usage.isdisjoint(purpose.key_usage):
        yield Finding.error("key-usage", clause="RFC 5280 §4.2.1.3", where=where, usage=purpose.name)
    if purpose.explicit and target.extended_key_usage is None:
        yield Finding.error(
            "extended-key-usage", clause="RFC 5280 §4.2.1.12", where=where, usage=purpose.name
        )
    wanted = {*purpose.extended_key_usage, ANY_EXTENDED_KEY_USAGE}
    for certificate in path:
        allowed = certificate.extended_key_usage
        if purpose.extended_key_usage and allowed is not None and wanted.isdisjoint(allowed):
            yield Finding.error(
                "extended-key-usage",
                clause="RFC 5280 §4.2.1.12",
                where=certificate.subject.shown,
                usage=purpose.name,
            )


def _revocation(
    path: Path, facts: _Facts
) -> tuple[tuple[RevocationStatus, ...], tuple[Finding, ...], tuple[Need, ...]]:
    statuses: list[RevocationStatus] = []
    findings: list[Finding] = []
    needs: dict[Need, None] = {}
    for certificate, issuer in zip(path, path[1:], strict=False):
        status, objections = _status(certificate, issuer, path, facts)
        asked = facts.revocation is Revocation.UNSAFE_IF_SUPPLIED
        supplied = asked and _is_supplied(certificate, issuer, facts)
        found = revocation_findings(status, objections, mode=facts.revocation, supplied=supplied)
        if facts.revocation is not Revocation.UNSAFE_OFF:
            wanted = crl_needs(certificate, facts.crls, status=status, at=facts.at)
            needs.update(dict.fromkeys(wanted))
            if status.state is RevocationState.UNDETERMINED:
                needs.update(dict.fromkeys(ocsp_needs(certificate, issuer)))
        statuses.append(status)
        findings += found
    return tuple(statuses), tuple(findings), tuple(needs)


def _is_supplied(certificate: Certificate, issuer: Certificate, facts: _Facts) -> bool:
    """Whether there is a list or an answer that concerns `certificate`."""
    return any(concerns(crl, certificate) for crl in facts.crls) or any(
        answer.basic is not None and answer.basic.about(certificate, issuer) for answer in facts.ocsp
    )


def _status(
    certificate: Certificate, issuer: Certificate, path: Path, facts: _Facts
) -> tuple[RevocationStatus, tuple[Finding, ...]]:
    """What lists and answers come to together, with what there is to say about the ones that count."""
    if not facts.crls and not facts.ocsp:
        return RevocationStatus(certificate, RevocationState.UNDETERMINED), ()
    issuers = _crl_issuers(path, facts)
    by_lists, of_lists = judge_revocation(
        certificate,
        issuer,
        crls=facts.crls,
        at=facts.at,
        policy=facts.policy,
        work=facts.work,
        issuers=issuers,
    )
    by_answers, of_answers = judge_ocsp(
        certificate,
        issuer,
        responses=facts.ocsp,
        at=facts.at,
        policy=facts.policy,
        work=facts.work,
        crls=facts.crls,
        issuers=issuers,
    )
    status = combine(by_lists, by_answers)
    if status.state is RevocationState.UNDETERMINED:
        return status, (*of_lists, *of_answers)
    return status, of_lists if status is by_lists else of_answers


def _crl_issuers(path: Path, facts: _Facts) -> CRLIssuers:
    """Issuers of lists are validated against the anchor of the path in question (RFC 5280 §6.3.3 (f))."""
    anchor = path[-1]

    def validate(signer: Certificate, pending: frozenset[Certificate]) -> PathReport:
        inner = replace(facts, purpose=None, policies=_ANY_POLICIES, pending=pending)
        return _best(_Search(signer, Trust((anchor,)), facts.pool, inner))

    return CRLIssuers((anchor, *facts.pool), validate, facts.pending, path)


def _closeness(report: PathReport) -> int:
    order: list[SubIndication | None] = [sub for _, _, sub in reversed(VERDICTS)]
    return order.index(report.sub_indication) if report.sub_indication in order else len(order)


def _closer(best: PathReport | None, found: PathReport) -> PathReport:
    if best is None:
        return found
    first, second = (best, found) if _closeness(best) <= _closeness(found) else (found, best)
    return _with(first, _failed_candidates(second))


def _failed_candidates(report: PathReport | None) -> tuple[Finding, ...]:
    """The paths that were tried and are not the answer, each as one finding that only tells."""
    if report is None:
        return ()
    earlier = tuple(f for f in report.findings if f.code == "candidate-path-failed")
    reason = next((f.code for f in report.findings if f.severity is Severity.ERROR), "")
    through = " <- ".join(c.subject.shown for c in report.path[1:])
    return (
        *earlier,
        Finding.info("candidate-path-failed", clause="RFC 5280 §6.1", path=through, reason=reason),
    )


def _with(report: PathReport, findings: tuple[Finding, ...]) -> PathReport:
    if not findings:
        return report
    merged = _bounded((*report.findings, *findings))
    return PathReport(
        report.indication,
        report.sub_indication,
        report.at,
        report.path,
        report.revocation,
        merged,
        report.needs,
        report.policies,
    )


def _exhausted(best: PathReport | None, facts: _Facts, cause: WorkExceeded) -> PathReport:
    finding = Finding.error("work-limit", where=cause.name, limit=cause.limit)
    findings = (finding,) if best is None else (*best.findings, finding)
    return PathReport(
        Indication.INDETERMINATE,
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        facts.at,
        findings=_bounded(findings),
    )
