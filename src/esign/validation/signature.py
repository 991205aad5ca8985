"""Validation of signatures: the procedures of EN 319 102-1 for every signer of one CMS, and the report on
them.

Each signer is judged by itself: basic validation, then time stamps and archival data with the proofs of
existence that they give. Countersignatures are judged likewise, over the signature that they countersign. The
verdict on all is that of the worst signer; a countersignature changes no verdict but its own.

    report = verify(signature, document=None, trust=trust, at=at, material=Material.read(crls))
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import BinaryIO, Final

from esign import cades
from esign.algorithms import SHA256, Digest, digest
from esign.cms import SignedData, SignerInfo, read_pem_or_der
from esign.content import Content
from esign.errors import EsignError
from esign.findings import Finding, Indication, SubIndication
from esign.material import Material, Need, material_of_certificates
from esign.validation import report as reports
from esign.validation.archival import Allowance, Archived, is_good, validate_archival
from esign.validation.blocks import Basic, Subject, validate_basic
from esign.validation.constraints import constrain
from esign.validation.context import Context, PathMemory
from esign.validation.evidence import EvidenceReport, validate_embedded
from esign.validation.policy import Policy
from esign.validation.proofs import NO_PROOFS, Proofs
from esign.validation.report import Report, RevocationState, SignatureReport, TimeStampReport, gravity
from esign.x509 import Trust

MAX_DEPTH: Final = 8
"""How deep countersignatures may be countersigned."""
_TOTALS: Final = (Indication.TOTAL_PASSED, Indication.INDETERMINATE, Indication.TOTAL_FAILED)
_NO_POLICIES: Final[Mapping[str, bytes]] = MappingProxyType({})


def verify(
    signature: bytes | BinaryIO | SignedData,
    *,
    document: bytes | Content | None = None,
    trust: Trust,
    at: datetime,
    material: Material | None = None,
    policy: Policy | None = None,
    proofs: Proofs | None = None,
    signature_policies: Mapping[str, bytes] = _NO_POLICIES,
    memory: PathMemory | None = None,
) -> Report:
    """The verdict on every signature in `signature` at `at`; never raises on hostile input.

    Args:
        signature: CMS SignedData: DER, BER or PEM; a seekable file with DER or BER; or what was read of it.
        document: the signed octets of a detached signature; with an attached one it must be the same octets.
        trust: the anchors.
        at: the validation time, aware.
        material: certificates and revocation data besides those in the signature.
        policy: what is acceptable; the built-in one when None.
        proofs: what is shown to have existed earlier, by evidence outside the signature.
        signature_policies: documents of signature policies by dotted identifier.
        memory: what remembers verdicts on paths.
    """
    known = material or Material()
    try:
        signed = _read(signature)
    except EsignError as e:
        reason = e.values.get("found") or e.message
        unreadable = Finding.error("malformed-input", clause=e.clause, where=e.where, found=reason)
        failed = Indication.TOTAL_FAILED
        return Report(failed, SubIndication.FORMAT_FAILURE, at, findings=(unreadable, *known.findings))
    context = Context.of(
        known,
        trust=trust,
        at=at,
        policy=policy,
        proofs=proofs,
        signature_policies=signature_policies,
        memory=memory,
    )
    return verify_signed_data(signed, document=document, context=context, findings=known.findings)


def _read(signature: bytes | BinaryIO | SignedData) -> SignedData:
    if isinstance(signature, SignedData):
        return signature
    if isinstance(signature, bytes):
        return SignedData.read(read_pem_or_der(signature))
    start = signature.tell()
    is_encoded = signature.read(1) == b"\x30"
    signature.seek(start)
    return (
        SignedData.read_file(signature) if is_encoded else SignedData.read(read_pem_or_der(signature.read()))
    )


def verify_signed_data(
    signed: SignedData,
    *,
    document: bytes | Content | None,
    context: Context,
    findings: tuple[Finding, ...] = (),
) -> Report:
    """The verdict on every signature of what was read; `findings` are about the material of the context."""
    at = context.at
    if not signed.signer_infos:
        none = Finding.error("no-signature-found", clause="RFC 5652 §5.1")
        return Report(Indication.INDETERMINATE, None, at, findings=(none, *findings))
    limit = context.policy.limits.signers
    if len(signed.signer_infos) > limit:
        many = Finding.error("work-limit", where="signers", limit=limit)
        constraint = SubIndication.SIG_CONSTRAINTS_FAILURE
        return Report(Indication.INDETERMINATE, constraint, at, findings=(many, *findings))
    embedded = _brought_along(signed)
    subject, known = _subject(signed, document, context.policy), context.knowing(embedded)
    evidence = _evidence(signed, subject, known)
    one = _One(signed, subject, known.proving(_proved_by(evidence, signed)), evidence)
    found = tuple([one.judge(info) for info in signed.signer_infos])
    return _report(found, context, (*embedded.findings, *findings))


def _report(found: tuple[SignatureReport, ...], context: Context, findings: tuple[Finding, ...]) -> Report:
    worst = found[0] if len(found) == 1 else max(found, key=lambda report: gravity(report.indication))
    indication, sub_indication = worst.indication, worst.sub_indication
    lacking = tuple(_lacking(found, context.policy)) if context.policy.signatures else ()
    if lacking and indication is Indication.TOTAL_PASSED:
        indication, sub_indication = Indication.INDETERMINATE, SubIndication.SIG_CONSTRAINTS_FAILURE
    needs: dict[Need, None] = dict.fromkeys([need for report in found for need in report.needs])
    return Report(indication, sub_indication, context.at, found, (*lacking, *findings), tuple(needs))


def _lacking(found: tuple[SignatureReport, ...], policy: Policy) -> Iterator[Finding]:
    """EN 319 102-1 cl. 5.2.8: the families of signatures that the policy demands over the same content."""
    has = {
        "post-quantum" if report.algorithm.startswith("ml-dsa") else "classical"
        for report in found
        if report.indication is Indication.TOTAL_PASSED
    }
    for family in policy.signatures:
        if family not in has:
            yield Finding.error("signature-family-missing", clause="EN 319 102-1 cl. 5.2.8", family=family)


def _evidence(signed: SignedData, subject: Subject, context: Context) -> tuple[EvidenceReport, ...]:
    """The verdicts on the evidence records inside; of an object that was left in a file none is judged."""
    unsigned = [info for info in signed.signer_infos if info.unsigned.items]
    if not signed.raw or not any(map(cades.evidence_records, unsigned)):
        return ()
    content = None if subject.content is None else subject.content.digest
    try:
        return validate_embedded(signed.raw, content=content, context=context)
    except EsignError:
        return ()


def _proved_by(evidence: tuple[EvidenceReport, ...], signed: SignedData) -> Proofs:
    """EN 319 102-1 cl. 5.6.2.3: a record is over the whole object, so that every part of it existed then."""
    proofs = NO_PROOFS
    for at in (report.proved for report in evidence if report.proved is not None):
        for info in signed.signer_infos:
            archives = (found.token for found in cades.archive_time_stamps(info))
            covered = (info.signature, *cades.covered_by_v2(signed, info, archives))
            proofs = proofs.with_all(covered, at)
    return proofs


def _brought_along(signed: SignedData) -> Material:
    if not (signed.crl_elements or any([info.unsigned.items for info in signed.signer_infos])):
        return material_of_certificates(signed.certificates)
    held = (*signed.certificates, *signed.crls, *signed.ocsp)
    values = (value for info in signed.signer_infos if info.unsigned.items for value in _values(info))
    return Material.read(dict.fromkeys((*held, *values)))


def _values(info: SignerInfo) -> tuple[bytes, ...]:
    """Certificates and revocation data in the attributes of older forms (RFC 5126 §6.3)."""
    try:
        crls, answers = cades.revocation_values(info)
        return (*cades.certificate_values(info), *crls, *answers)
    except EsignError:
        return ()


def _subject(signed: SignedData, document: bytes | Content | None, policy: Policy) -> Subject:
    given = Content.in_memory(document) if isinstance(document, bytes) else document
    attached = signed.encapsulated
    content = given if attached is None else attached
    if content is not None and len(signed.signer_infos) > 1:
        content.announce(_digests(signed))
    differs = attached is not None and given is not None and not _is_same(given, attached)
    return Subject(signed.content_type, content, policy.usage, differs)


def _digests(signed: SignedData) -> Iterator[Digest]:
    """The digests that the signers use: a large content is read once for all of them."""
    for info in signed.signer_infos:
        try:
            by = digest(info.digest_algorithm)
        except EsignError:
            continue
        if by.octets_per_check is None:
            yield by


def _is_same(given: Content, attached: Content) -> bool:
    """Whether both are the same octets; the digest is most often wanted anyway."""
    same = given.size == attached.size
    return same and secrets.compare_digest(given.digest(SHA256), attached.digest(SHA256))


@dataclass(slots=True)
class _Count:
    """How many countersignatures were judged in one act."""

    left: int


@dataclass(frozen=True, slots=True)
class _One:
    """The signers of one SignedData."""

    signed: SignedData
    subject: Subject
    context: Context
    evidence: tuple[EvidenceReport, ...] = ()
    count: _Count = field(default_factory=lambda: _Count(64))
    stamps: Allowance = field(default_factory=Allowance)

    def judge(self, info: SignerInfo, depth: int = 0) -> SignatureReport:
        """EN 319 102-1 cl. 5.3 to cl. 5.6 for one signer."""
        basic = validate_basic(info, self.subject, self.context)
        if self.context.policy.constraints:
            basic = replace(basic, blocks=constrain(basic.blocks, self.context.policy))
        archived = validate_archival(
            info, self.signed, self.subject, basic, self.context, allowance=self.stamps
        )
        counter, unread = self._countersignatures(info, depth)
        return _signature_report(info, self, basic, archived, counter, unread)

    def _countersignatures(
        self, info: SignerInfo, depth: int
    ) -> tuple[tuple[SignatureReport, ...], tuple[Finding, ...]]:
        """RFC 5652 §11.4: the content of a countersignature is the signature value that it stands under."""
        if not info.unsigned.items:
            return (), ()
        try:
            found = cades.countersignatures(info)
        except EsignError as e:
            reason = e.values.get("found") or e.message
            return (), (
                Finding.warning("countersignature-malformed", clause="RFC 5652 §11.4", reason=reason),
            )
        below = replace(self, subject=Subject(None, Content.in_memory(info.signature), self.subject.usage))
        judged: list[SignatureReport] = []
        for counter in found:
            self.count.left -= 1
            if depth >= MAX_DEPTH or self.count.left < 0:
                many = Finding.warning("work-limit", where="countersignatures", limit=MAX_DEPTH)
                return tuple(judged), (many,)
            judged.append(below.judge(counter, depth + 1))
        return tuple(judged), ()


def _signature_report(
    info: SignerInfo,
    one: _One,
    basic: Basic,
    archived: Archived,
    counter: tuple[SignatureReport, ...],
    unread: tuple[Finding, ...],
) -> SignatureReport:
    certificate, attributes, block = basic.certificate, basic.attributes, archived.block
    needs = () if archived.path is None else archived.path.needs
    timestamps = archived.timestamps
    if timestamps:
        needs = tuple(dict.fromkeys((*needs, *(n for t in timestamps for n in t.needs))))
    if one.evidence:
        timestamps = (*timestamps, *_of_records(info, one.evidence))
    return SignatureReport(
        _TOTALS[gravity(block.indication)],
        block.sub_indication,
        basic.crypto,
        signer=None if certificate is None else reports.Subject.of(certificate),
        certificate=certificate,
        level=level_of(info, one.signed, basic, archived),
        signing_time=None if attributes is None else attributes.signing_time,
        best_signature_time=archived.best if certificate is not None else None,
        path=archived.path,
        countersignatures=counter,
        findings=(*block.findings, *unread) if unread else block.findings,
        needs=needs,
        timestamps=timestamps,
        claims=None if attributes is None else attributes.claims,
        algorithm=basic.algorithm,
    )


def _of_records(info: SignerInfo, evidence: tuple[EvidenceReport, ...]) -> tuple[TimeStampReport, ...]:
    """The time stamps of the evidence records, at the signer that holds them."""
    if not cades.evidence_records(info):
        return ()
    return tuple(stamp for report in evidence for stamp in _of_record(report))


def _of_record(report: EvidenceReport) -> tuple[TimeStampReport, ...]:
    """What a record that does not hold has for time stamps proves nothing: they bear the record's verdict."""
    if report.indication is Indication.PASSED:
        return report.timestamps
    verdict = report.indication, report.sub_indication
    if not report.timestamps:
        return (TimeStampReport("evidence-record", *verdict, findings=report.findings, digest=report.digest),)
    return tuple(
        replace(
            stamp,
            indication=verdict[0],
            sub_indication=verdict[1],
            findings=tuple(dict.fromkeys((*stamp.findings, *report.findings))),
        )
        if is_good(stamp)
        else stamp
        for stamp in report.timestamps
    )


def level_of(info: SignerInfo, signed: SignedData, basic: Basic, archived: Archived) -> str:
    """EN 319 122-1 cl. 6.3: the highest baseline level whose parts, and those below, are there and hold."""
    attributes = basic.attributes
    if attributes is None or attributes.content_type is None or attributes.message_digest is None:
        return "CMS"
    if attributes.signing_time is None or not attributes.bound:
        return "CMS"
    if not archived.timestamps:
        return "B-B"
    good = {report.kind for report in archived.timestamps if is_good(report)}
    if "signature" not in good:
        return "B-B"
    if not _has_long_term_material(info, signed, archived):
        return "B-T"
    return "B-LTA" if "archive" in good else "B-LT"


def _has_long_term_material(info: SignerInfo, signed: SignedData, archived: Archived) -> bool:
    """Revocation data stand in the signature, and each certificate of the path but the anchor too."""
    path = archived.path
    if path is None or not path.path:
        return False
    values = frozenset((*signed.certificates, *signed.crls, *signed.ocsp, *_values(info)))
    holds = bool(signed.crls or signed.ocsp or cades.unsigned_values(info, cades.REVOCATION_VALUES))
    undetermined = any(s.state is RevocationState.UNDETERMINED for s in path.revocation)
    return holds and not undetermined and all(c.raw in values for c in path.path[:-1])
