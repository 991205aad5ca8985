"""Evidence records: since when data are shown to have existed, by time stamps that were renewed in time.

The record is walked from its last time stamp, which has to hold now, to the first: each later one proves that
those before it existed at its time, so that they are judged for that time (RFC 4998 §5.3).

    report = validate_evidence(record, [content.digest], context=context)
    report.proved
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NoReturn

from esign.cades import certificate_values, revocation_values
from esign.cms import SignedData
from esign.errors import EsignError, NotPassed
from esign.ers import (
    ArchiveTimeStamp,
    Covered,
    Digester,
    EmbeddedRecord,
    EvidenceRecord,
    Structure,
    embedded_records,
    verify_structure,
)
from esign.findings import Finding, Indication, Severity, SubIndication
from esign.material import Material, Need
from esign.tsp import TimeStampToken
from esign.validation.block import Block, failed, gravest, undecided
from esign.validation.blocks import accept_digest
from esign.validation.context import Context
from esign.validation.proofs import Proofs
from esign.validation.report import TimeStampReport
from esign.validation.timestamps import fingerprint, material_of, validate_timestamp
from esign.validation.work import WorkExceeded

_UNDECIDED: Final = {
    "ers-data-missing": SubIndication.SIGNED_DATA_NOT_FOUND,
    "ers-order": SubIndication.TIMESTAMP_ORDER_FAILURE,
    "unsupported-algorithm": SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
}


@dataclass(frozen=True, slots=True)
class EvidenceReport:
    """The verdict on one evidence record: PASSED, INDETERMINATE or FAILED.

    `proved` is when the data existed at the latest, None unless PASSED; `timestamps` stand in the order of
    the record; `digest` is the SHA-256 of the record in hexadecimal digits.
    """

    indication: Indication
    sub_indication: SubIndication | None
    proved: datetime | None = None
    timestamps: tuple[TimeStampReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    needs: tuple[Need, ...] = ()
    digest: str = ""

    def __bool__(self) -> NoReturn:
        raise TypeError("an EvidenceReport has no truth value; use require_passed() or .indication")

    def require_passed(self) -> None:
        """Do nothing when the indication is PASSED.

        Raises:
            NotPassed: `not-passed` otherwise.
        """
        if self.indication is not Indication.PASSED:
            sub = "" if self.sub_indication is None else self.sub_indication.value
            raise NotPassed(indication=self.indication.value, sub_indication=sub)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "indication": self.indication.value,
            "sub_indication": None if self.sub_indication is None else self.sub_indication.value,
            "proved": None if self.proved is None else self.proved.isoformat(),
            "timestamps": [t.to_dict() for t in self.timestamps],
            "digest": self.digest,
            "findings": [f.to_dict() for f in self.findings],
            "needs": [n.to_dict() for n in self.needs],
        }


def validate_evidence(
    record: EvidenceRecord, objects: Iterable[Digester], *, context: Context, exactly: bool = False
) -> EvidenceReport:
    """The verdict on `record` over `objects` at the time of `context`; raises on no record.

    Args:
        record: as received, hostile.
        objects: the data objects that it should cover.
        context: trust, time, policy, material; what the record brings along is looked at besides.
        exactly: `objects` are a whole group, so that the record must cover nothing else with them.
    """
    # 1) the hashes, from the data to the roots
    structure = verify_structure(record, objects, exactly=exactly)
    blocks = [*_structure_blocks(structure.findings)]
    # 2) the time stamps, each at the time of the next one, the last one now: its failure is why others fail
    reports = _judge(structure, context.knowing(_material_of(record)))
    blocks += (Block(report.indication, report.sub_indication) for report in reversed(reports))
    # 3) the digest of each chain, until the next chain took over
    blocks += _digests_hold(structure, reports, context)
    verdict = gravest((Block(), *blocks))
    return EvidenceReport(
        verdict.indication,
        verdict.sub_indication,
        reports[0].at if verdict.passed else None,
        reports,
        verdict.findings,
        tuple(dict.fromkeys(need for report in reports for need in report.needs)),
        hashlib.sha256(record.raw).hexdigest(),
    )


def validate_embedded(
    signature: bytes, *, content: Digester | None, context: Context
) -> tuple[EvidenceReport, ...]:
    """The verdict on each evidence record within a CMS object, in its order (RFC 4998 Appendix A).

    Each one has to be over the object without it and those after it; an external one over the detached
    `content` too, and over nothing else.

    Raises:
        MalformedInput: `cms-malformed`.
    """
    return tuple(
        _validate_embedded(found, content=content, context=context) for found in embedded_records(signature)
    )


def _validate_embedded(
    found: EmbeddedRecord, *, content: Digester | None, context: Context
) -> EvidenceReport:
    try:
        record = EvidenceRecord.read(found.record)
    except EsignError as e:
        return unreadable_evidence(found.record, e)
    objects: list[Digester] = [lambda by: by.of(found.data_object)]
    if found.external:
        # Without the content nothing can be said about the group.
        objects = [] if content is None else [*objects, content]
    return validate_evidence(record, objects, context=context, exactly=found.external)


def proved_by_embedded(signature: bytes, reports: Sequence[EvidenceReport]) -> Proofs:
    """What the good ones of `reports`, of `validate_embedded`, prove (EN 319 102-1 cl. 5.6.2.3).

    Signature values, certificates, lists, answers, and unsigned attributes by their values.

    Raises:
        MalformedInput: `cms-malformed`.
    """
    proofs = Proofs()
    for found, report in zip(embedded_records(signature), reports, strict=True):
        if report.proved is not None:
            signed = SignedData.read(found.data_object)
            infos = signed.signer_infos
            unsigned = (value for info in infos for item in info.unsigned.items for value in item.values)
            held = (*signed.certificates, *signed.crls, *signed.ocsp, *(info.signature for info in infos))
            proofs = proofs.with_all((*held, *unsigned), report.proved)
    return proofs


def unreadable_evidence(raw: bytes, error: EsignError) -> EvidenceReport:
    """The verdict on octets that are no evidence record: FAILED, FORMAT_FAILURE."""
    reason = error.values.get("found") or error.message
    found = Finding.error("ers-malformed", clause="RFC 4998 §3.1", where=error.where, found=reason)
    digest = hashlib.sha256(raw).hexdigest()
    return EvidenceReport(Indication.FAILED, SubIndication.FORMAT_FAILURE, findings=(found,), digest=digest)


def _structure_blocks(findings: Sequence[Finding]) -> Iterable[Block]:
    for finding in findings:
        if finding.severity is not Severity.ERROR:
            yield Block(findings=(finding,))
        elif (sub_indication := _UNDECIDED.get(finding.code)) is not None:
            yield undecided(sub_indication, finding)
        else:
            yield failed(SubIndication.HASH_FAILURE, finding)


def _judge(structure: Structure, context: Context) -> tuple[TimeStampReport, ...]:
    """Each time stamp of the record, from the last to the first; what holds proves those before it."""
    reports: list[TimeStampReport] = []
    known = context
    for number in range(len(structure.covered) - 1, -1, -1):
        covered = structure.covered[number]
        reports.append(_judge_one(covered, known))
        if reports[-1].indication is Indication.PASSED and _links(structure, number):
            known = known.proving(_proofs_by(covered, structure.covered[:number]))
    return tuple(reversed(reports))


def _judge_one(covered: Covered, context: Context) -> TimeStampReport:
    try:
        context.work.spend("signature_checks")
        return validate_timestamp(
            covered.token, imprint=covered.imprint, kind="evidence-record", context=context
        )
    except WorkExceeded as e:
        found = Finding.error("work-limit", where=e.name, limit=e.limit)
        digest = fingerprint(covered.token.raw)
        return TimeStampReport(
            "evidence-record", Indication.INDETERMINATE, None, findings=(found,), digest=digest
        )


def _links(structure: Structure, number: int) -> bool:
    """Whether the hashes of this time stamp hold, so that it proves those before it."""
    covered = structure.covered[number]
    where = f"chains[{covered.chain}].timeStamps[{covered.position}]"
    return not any(f.severity is Severity.ERROR and f.where == where for f in structure.findings)


def _proofs_by(covered: Covered, before: Sequence[Covered]) -> Proofs:
    """EN 319 102-1 cl. 5.6.2.3: what a time stamp of the record shows to have existed at its time.

    One within a chain is over the token before it; the first one of a chain over all that came before.
    """
    shown = before[-1:] if covered.position else before
    octets = (part for one in shown for part in _octets_of(one.token))
    return Proofs().with_all(octets, covered.token.info.gen_time)


def _octets_of(token: TimeStampToken) -> Iterable[bytes]:
    yield token.raw
    material = material_of(token)
    yield from (certificate.raw for certificate in material.certificates)
    yield from (crl.raw for crl in material.crls)
    yield from (answer.raw for answer in material.ocsp)


def _digests_hold(
    structure: Structure, reports: Sequence[TimeStampReport], context: Context
) -> Iterable[Block]:
    """RFC 4998 §5.3: a chain's algorithm MUST be secure at the time when the next chain took over."""
    until = context.at
    for covered, report in zip(reversed(structure.covered), reversed(reports), strict=True):
        if covered.position:
            continue
        if covered.by is not None:
            yield accept_digest(covered.by, policy=context.policy, at=until)
        passed = report.indication is Indication.PASSED and report.at is not None
        until = report.at if passed and report.at is not None else context.at


def _material_of(record: EvidenceRecord) -> Material:
    """What the record keeps for its validation, unjudged: in cryptoInfos, beside and in its time stamps."""
    blobs: list[bytes] = []
    for stamp in record.time_stamps:
        blobs += _values_in(stamp, record)
        signed = stamp.token.signed
        blobs += (*signed.certificates, *signed.crls, *signed.ocsp)
    return Material.read(dict.fromkeys(blobs))


def _values_in(stamp: ArchiveTimeStamp, record: EvidenceRecord) -> Iterable[bytes]:
    for attributes in (stamp.attributes, record.crypto_infos):
        if not attributes.items:
            continue
        # The values have the form of the unsigned attributes of a signature, and are read as such.
        holder = replace(stamp.token.signer_info, unsigned=attributes)
        try:
            crls, answers = revocation_values(holder)
            yield from (*certificate_values(holder), *crls, *answers)
        except EsignError:
            # Unprotected, and only a help: without it the path has to be built from elsewhere.
            continue
