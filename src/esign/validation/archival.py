"""Signatures with time stamps and archival data: the processes of EN 319 102-1 cl. 5.5 and cl. 5.6 over
CAdES.

The time stamps of a signer are judged from the newest to the oldest, because each good one proves that what
it covers existed: certificates, lists, answers, older time stamps, the signature. With these proofs the
signature is judged as of the past.

    outcome = validate_archival(signer_info, signed, subject, basic, context)
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final

from esign import cades
from esign.algorithms import Digest
from esign.cades import HashIndex
from esign.cades.archive import Begun
from esign.cades.unsigned import references_imprint
from esign.cms import SignedData, SignerInfo
from esign.content import Content
from esign.errors import EsignError, MalformedInput
from esign.findings import Finding, Indication, Severity, SubIndication
from esign.tsp import TimeStampToken
from esign.validation.block import Block, gravest
from esign.validation.blocks import Basic, Subject, accept_signature, path_block
from esign.validation.constraints import constrain
from esign.validation.context import Context
from esign.validation.long_term import TimeFacts, is_mendable, validate_with_time
from esign.validation.past import PastQuestion, validate_past
from esign.validation.path import verdict
from esign.validation.policy import ConstraintLevel
from esign.validation.proofs import NO_PROOFS, Proofs
from esign.validation.report import PathReport, RevocationState, TimeStampKind, TimeStampReport
from esign.validation.standing import is_known_good
from esign.validation.timestamps import Imprint, fingerprint, renewed, unreadable, validate_timestamp
from esign.validation.work import WorkExceeded
from esign.x509 import Certificate

MAX_STAMPS: Final = 50
"""Time stamps of one signer that are judged; the others are named."""
MAX_STAMPS_IN_ALL: Final = 100
_RANK: Final = {"content": 0, "signature": 1, "references": 2, "archive": 3}


@dataclass(slots=True)
class Allowance:
    """How many more time stamps may be judged in one act, and what was hashed for those before."""

    left: int = MAX_STAMPS_IN_ALL
    begun: Begun = field(default_factory=Begun)


@dataclass(frozen=True, slots=True)
class Stamp:
    """One time stamp of a signer: what it should cover, what it proves, and `own` findings about it."""

    kind: TimeStampKind
    token: TimeStampToken
    imprint: Imprint | None
    covered: Callable[[], tuple[bytes, ...]]
    own: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Archived:
    """What the whole process came to: the verdict, the path under it, and what the time stamps are worth."""

    block: Block
    path: PathReport | None
    best: datetime
    timestamps: tuple[TimeStampReport, ...] = ()
    proofs: Proofs = NO_PROOFS


@dataclass(frozen=True, slots=True)
class _Signer:
    """One signer of a SignedData with what its signature is over."""

    info: SignerInfo
    signed: SignedData
    subject: Subject
    basic: Basic
    begun: Begun

    def accepts(self, context: Context, at: datetime) -> Block:
        """Signature acceptance validation at `at`, with the constraints of the policy."""
        attributes, certificate = self.basic.attributes, self.basic.certificate
        if attributes is None or certificate is None:
            return self.basic.conclusion
        found = accept_signature(self.info, attributes, certificate, policy=context.policy, at=at)
        return constrain((found,), context.policy)[0]


def validate_archival(
    info: SignerInfo,
    signed: SignedData,
    subject: Subject,
    basic: Basic,
    context: Context,
    *,
    allowance: Allowance,
) -> Archived:
    """EN 319 102-1 cl. 5.6.3.4: the numbers are those of its steps; raises on no input.

    A signature without time stamps and without proofs in `context` stays what basic validation said.
    """
    stamped = info.unsigned.items or _content_stamps(basic)
    if not (stamped or context.proofs.times or context.policy.constraints):
        return Archived(basic.conclusion, basic.path, context.at)
    signer = _Signer(info, signed, subject, basic, allowance.begun)
    stamps, broken = _stamps(signer)
    if not stamps and not context.proofs.times:
        block = _without_stamps(signer, context)
        return Archived(block, basic.path, context.at, broken)
    # 5) time stamps, the newest first, each with the proofs of those before it
    reports, proofs = _judge_all(stamps, context, allowance)
    proving = context.proving(proofs)
    context.work.renew()
    # 3) validation with time and long-term material; 4) best signature time
    best = _best_by_signature_stamps(info, stamps, reports, context)
    block = basic.conclusion
    if basic.crypto == "valid":
        # What was not verified, by an algorithm that is not known, no time makes good.
        block = validate_with_time(block, _time_facts(signer, best, stamps, reports, context))
    path = basic.path
    # 6) the earliest proof of the signature
    earliest = min(best, proving.proved(info.signature))
    # 7) past signature validation, 9) acceptance
    if not block.passed and basic.crypto == "valid" and basic.certificate is not None:
        question = PastQuestion(basic.certificate, subject.usage, earliest, partial(signer.accepts, proving))
        block, path = validate_past(block, question, proving, basic.path)
    noted = _with_warnings(block, basic)
    demanded = _demanded(stamps, reports, context)
    return Archived(gravest((noted, demanded)), path, earliest, (*reports, *broken), proofs)


def _content_stamps(basic: Basic) -> tuple[bytes, ...]:
    return () if basic.attributes is None else basic.attributes.claims.content_time_stamps


def _without_stamps(signer: _Signer, context: Context) -> Block:
    if not context.policy.constraints:
        return signer.basic.conclusion
    demanded = _demanded((), (), context)
    own = signer.basic.conclusion
    return own if demanded == Block() else gravest((own, demanded))


def _with_warnings(block: Block, basic: Basic) -> Block:
    """A verdict that later proofs made good keeps what basic validation warned of."""
    kept = [f for f in basic.conclusion.findings if not block.passed or f.severity is not Severity.ERROR]
    return replace(block, findings=tuple(dict.fromkeys((*kept, *block.findings))))


def _demanded(stamps: tuple[Stamp, ...], reports: tuple[TimeStampReport, ...], context: Context) -> Block:
    """What the policy sets about time stamps that are missing or not good."""
    good = {report.kind for report in reports if is_good(report)}
    found = [
        Finding.warning(code, clause="EN 319 122-1 cl. 6.3")
        for kind, code in (
            ("signature", "signature-time-stamp-missing"),
            ("archive", "archive-time-stamp-missing"),
        )
        if kind not in good and context.policy.level_of(code) is not ConstraintLevel.IGNORE
    ]
    found += [
        Finding.warning(
            "time-stamp-not-passed",
            clause="EN 319 102-1 cl. 5.6.3.4",
            where=stamp.kind,
            indication=report.indication.value,
            sub_indication="" if report.sub_indication is None else report.sub_indication.value,
        )
        for stamp, report in zip(stamps, reports, strict=True)
        if not is_good(report)
    ]
    return constrain((Block(findings=tuple(found)),), context.policy)[0]


def is_good(report: TimeStampReport) -> bool:
    """Whether a time stamp may be relied on."""
    return report.indication is Indication.PASSED


# --- the time stamps of a signer ---


def _stamps(signer: _Signer) -> tuple[tuple[Stamp, ...], tuple[TimeStampReport, ...]]:
    """Every legible time stamp, and the verdict on what is none."""
    stamps: list[Stamp] = []
    broken: list[TimeStampReport] = []
    for number, (kind, raw, make) in enumerate(_held(signer)):
        try:
            if number >= MAX_STAMPS:
                raise MalformedInput(found=f"more than {MAX_STAMPS} time stamps", where="unsignedAttrs")
            stamps.append(make(TimeStampToken.read(raw)))
        except EsignError as e:
            broken.append(unreadable(raw, kind, e))
    return tuple(stamps), tuple(broken)


_Held = tuple[TimeStampKind, bytes, Callable[[TimeStampToken], Stamp]]


def _held(signer: _Signer) -> Iterator[_Held]:
    info, content = signer.info, signer.subject.content
    for raw in _content_stamps(signer.basic):
        yield "content", raw, partial(_content_stamp, content)
    if not info.unsigned.items:
        return
    for raw in cades.signature_time_stamps(info):
        yield "signature", raw, partial(_signature_stamp, signer)
    for raws, whole in ((cades.esc_time_stamps(info), True), (cades.reference_time_stamps(info), False)):
        for raw in raws:
            yield "references", raw, partial(_references_stamp, signer, whole)
    for found in cades.archive_time_stamps(info):
        make = _archive_stamp_v3 if found.version == 3 else _archive_stamp_v2
        yield "archive", found.token, partial(make, signer)


def _content_stamp(content: Content | None, token: TimeStampToken) -> Stamp:
    return Stamp("content", token, None if content is None else content.digest, tuple)


def _signature_stamp(signer: _Signer, token: TimeStampToken) -> Stamp:
    info = signer.info
    return Stamp("signature", token, lambda by: by.of(info.signature), lambda: _of_signature(signer))


def _of_signature(signer: _Signer) -> tuple[bytes, ...]:
    """What the signature value binds: itself, and the certificate that it was made with."""
    certificate = signer.basic.certificate
    return (signer.info.signature, *(() if certificate is None else (certificate.raw,)))


def _references_stamp(signer: _Signer, whole: bool, token: TimeStampToken) -> Stamp:
    info = signer.info
    imprint = partial(references_imprint, info, with_signature=whole)
    tokens = cades.signature_time_stamps(info)

    def covered() -> tuple[bytes, ...]:
        return (*_of_signature(signer), *tokens) if whole else ()

    return Stamp("references", token, imprint, covered)


def _archive_stamp_v3(signer: _Signer, token: TimeStampToken) -> Stamp:
    index = HashIndex.read(token.signer_info)
    content = signer.subject.content
    if index is None:
        raise MalformedInput("cades-malformed", found="no hash index", where="ats-hash-index")
    held: HashIndex = index

    def imprint(by: Digest) -> bytes:
        if content is None:
            raise MalformedInput(found="no signed document", where="archive-time-stamp-v3")
        return cades.archive_imprint_v3(signer.signed, signer.info, held.raw, content=content, by=by)

    def covered() -> tuple[bytes, ...]:
        return (*_of_signature(signer), *cades.covered_by_v3(signer.signed, signer.info, held))

    return Stamp("archive", token, imprint, covered, held.check(signer.signed, signer.info))


def _archive_stamp_v2(signer: _Signer, token: TimeStampToken) -> Stamp:
    content = signer.subject.content
    before = _older_archives(signer.info, token)

    def imprint(by: Digest) -> bytes:
        if content is None:
            raise MalformedInput(found="no signed document", where="archive-time-stamp")
        # Each reading hashes the document anew: no more of them are made than are needed.
        readings = cades.archive_imprints_v2(
            signer.signed, signer.info, before, content=content, by=by, begun=signer.begun
        )
        likeliest = next(readings)
        if likeliest == token.info.imprint.value:
            return likeliest
        return next((one for one in readings if one == token.info.imprint.value), likeliest)

    def covered() -> tuple[bytes, ...]:
        return (*_of_signature(signer), *cades.covered_by_v2(signer.signed, signer.info, before))

    return Stamp("archive", token, imprint, covered)


def _older_archives(info: SignerInfo, token: TimeStampToken) -> tuple[bytes, ...]:
    found = []
    for other in cades.archive_time_stamps(info):
        try:
            if TimeStampToken.read(other.token).info.gen_time < token.info.gen_time:
                found.append(other.token)
        except EsignError:
            continue
    return tuple(found)


# --- 5.6.3.4, step 5, and 5.6.2.3 ---


def _judge_all(
    stamps: tuple[Stamp, ...], context: Context, allowance: Allowance
) -> tuple[tuple[TimeStampReport, ...], Proofs]:
    """The verdict on each of `stamps`, and all that the good ones prove."""
    reports: dict[int, TimeStampReport] = {}
    proofs = Proofs()
    newest_first = sorted(range(len(stamps)), key=lambda n: _age(stamps[n]), reverse=True)
    for number in newest_first:
        stamp = stamps[number]
        report = _judge(stamp, context.proving(proofs), allowance)
        if is_good(report):
            report, proofs = extract_proofs(stamp, report, proofs)
        reports[number] = report
    return tuple(reports[number] for number in range(len(stamps))), proofs


def _age(stamp: Stamp) -> tuple[datetime, int]:
    """Newest first; at one moment what covers more comes first."""
    return stamp.token.info.gen_time, _RANK[stamp.kind]


def _judge(stamp: Stamp, context: Context, allowance: Allowance) -> TimeStampReport:
    allowance.left -= 1
    if allowance.left < 0:
        return _over_limit(stamp, "time stamps", MAX_STAMPS_IN_ALL)
    context.work.renew()
    try:
        report = validate_timestamp(stamp.token, imprint=stamp.imprint, kind=stamp.kind, context=context)
    except WorkExceeded as e:
        return _over_limit(stamp, e.name, e.limit)
    if not stamp.own:
        return report
    # EN 319 122-1 cl. 5.5.2: an index that names what is not there makes the imprint one of something else.
    failure = SubIndication.HASH_FAILURE
    worse = replace(report, indication=Indication.FAILED, sub_indication=failure)
    return renewed(worse, stamp.own)


def _over_limit(stamp: Stamp, name: str, limit: int) -> TimeStampReport:
    found = Finding.error("work-limit", where=name, limit=limit)
    digest = fingerprint(stamp.token.raw)
    return TimeStampReport(stamp.kind, Indication.INDETERMINATE, None, findings=(found,), digest=digest)


def extract_proofs(stamp: Stamp, report: TimeStampReport, proofs: Proofs) -> tuple[TimeStampReport, Proofs]:
    """EN 319 102-1 cl. 5.6.2.3: what a good time stamp covers existed when it was made."""
    try:
        covered = stamp.covered()
    except EsignError as e:
        unread = Finding.warning("time-stamp-unreadable", clause=e.clause, where=e.where, reason=e.message)
        return renewed(report, (unread,)), proofs
    return report, proofs.with_all(covered, stamp.token.info.gen_time)


# --- 5.5.4 ---


def _best_by_signature_stamps(
    info: SignerInfo,
    stamps: tuple[Stamp, ...],
    reports: tuple[TimeStampReport, ...],
    context: Context,
) -> datetime:
    """EN 319 102-1 cl. 5.5.4, step 3: by time stamps over the signature that are good now, not as of then."""
    times = [
        stamp.token.info.gen_time
        for stamp, report in zip(stamps, reports, strict=True)
        if stamp.kind == "signature" and is_good(report) and _is_good_now(report, context)
    ]
    return min((context.proved(info.signature), *times))


def _is_good_now(report: TimeStampReport, context: Context) -> bool:
    """Whether the verdict on a time stamp is one about the present: its path was judged now."""
    return report.path is not None and report.path.at >= context.at.replace(microsecond=0)


def _time_facts(
    signer: _Signer,
    best: datetime,
    stamps: tuple[Stamp, ...],
    reports: tuple[TimeStampReport, ...],
    context: Context,
) -> TimeFacts:
    certificate, path = signer.basic.certificate, signer.basic.path
    if certificate is None or path is None:
        return TimeFacts(best, best, best)
    in_order = _is_in_order(stamps, reports)
    conclusion = signer.basic.conclusion
    if conclusion.passed or not is_mendable(conclusion):
        return TimeFacts(best, certificate.not_before, certificate.not_after, in_order=in_order)
    revoked = [s for s in path.revocation if s.state is RevocationState.REVOKED]
    fresh = _is_fresh(path, best, context)
    return TimeFacts(
        best,
        certificate.not_before,
        certificate.not_after,
        min((s.revoked_at for s in revoked if s.revoked_at is not None), default=None),
        any(s.reason == "certificateHold" for s in revoked),
        fresh,
        in_order,
        signer.accepts(context, best),
        _remainder(path, certificate, fresh, context),
    )


def _is_fresh(path: PathReport, best: datetime, context: Context) -> bool:
    """EN 319 102-1 cl. 5.2.5, seen from `best`: of each certificate that is not itself revoked."""
    revoked = {s.certificate for s in path.revocation if s.state is RevocationState.REVOKED}
    pairs = zip(path.path, path.path[1:], strict=False)
    return all(
        is_known_good((certificate, issuer), since=best, until=context.at, context=context)
        for certificate, issuer in pairs
        if certificate not in revoked
    )


def _remainder(path: PathReport, certificate: Certificate, fresh: bool, context: Context) -> Block:
    """What is wrong with a path besides its end, its revocation and, where it was good then, its lists."""
    own = certificate.subject.text
    excused = {"certificate-revoked", *(("revocation-undetermined",) if fresh else ())}
    rest = [
        f
        for f in path.findings
        if f.severity is Severity.ERROR
        and f.code not in excused
        and not (f.code == "certificate-expired" and f.where == own)
    ]
    indication, sub_indication = verdict(rest)
    found = replace(path, indication=indication, sub_indication=sub_indication, findings=tuple(rest))
    return path_block(found)


def _is_in_order(stamps: tuple[Stamp, ...], reports: tuple[TimeStampReport, ...]) -> bool:
    """EN 319 102-1 cl. 5.5.4, step 4 e): what was stamped earlier in the making bears no later time.

    The accuracy that a token states is allowed for (RFC 3161 §2.4.2).
    """
    good = [s for s, r in zip(stamps, reports, strict=True) if is_good(r)]
    return not any(
        _RANK[earlier.kind] < _RANK[later.kind] and later.token.info.latest < earlier.token.info.earliest
        for earlier in good
        for later in good
    )
