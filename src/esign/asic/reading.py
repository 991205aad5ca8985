"""Containers judged: every signature in them, by the files that it covers (EN 319 162-1 cl. 4.3, cl. 4.4).

In ASiC-S a signature covers the one data object, in ASiC-E the manifest that names it, and through the
digests there the data objects. The verdict on a signature is that of `esign.validation.signature`, with the
proofs that time stamps and evidence records of the container give, and made graver by what the container
lacks: a file that differs or is gone, a manifest that is gone or broken.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import BinaryIO, Final

from esign.algorithms import SHA256
from esign.asic.assertions import Asserted, judge_assertions
from esign.asic.container import FOLDER, MIME_TYPES, Container, Manifests
from esign.asic.coverage import CLAUSE, aged, covered, flaws
from esign.asic.manifest import Manifest
from esign.cms import SignedData, read_pem_or_der
from esign.content import Content
from esign.errors import EsignError
from esign.findings import Finding, Indication, SubIndication
from esign.material import Material
from esign.validation.block import Block, failed, undecided
from esign.validation.context import Context
from esign.validation.policy import Policy
from esign.validation.report import Report, SignatureReport, TimeStampReport, gravity
from esign.validation.signature import verify as verify_signature
from esign.validation.signature import verify_signed_data
from esign.validation.work import Work
from esign.x509 import Trust

_NOT_FOUND: Final = SubIndication.SIGNED_DATA_NOT_FOUND
_FORMAT: Final = SubIndication.FORMAT_FAILURE
_SIGNED: Final = "signed"
_NO_ARCHIVE: Final = "archive-time-stamp-missing"
# Signatures and time stamps that all files of a container have together, in limits of one signature.
_MOST: Final = 4
# So many certificates that a file brings along cost as much as a signature more.
_CERTIFICATES: Final = 16


def verify(
    container: bytes | BinaryIO,
    *,
    trust: Trust,
    at: datetime,
    material: Material | None = None,
    policy: Policy | None = None,
    document: Content | None = None,
) -> Report:
    """The verdict on every signature in `container` at `at`; never raises on hostile input.

    The report lists the time stamps and evidence records beside the signatures too; a container that has
    nothing else holds no signature. Data objects are hashed as they are read, never held.

    Args:
        container: a ZIP file: its octets, or a file that can be sought in.
        document: what the caller holds for signed; it must be one of the data objects that are signed.
        trust: the anchors.
        at: the validation time, aware.
        material: certificates, lists and answers besides those in the signatures.
        policy: what is acceptable; the built-in one when None.
    """
    rules, known = policy or Policy.default(), material or Material()
    try:
        found = Container.open(container)
        if len(found.signatures) > rules.limits.signers:
            many = Finding.error("work-limit", where="signatures", limit=rules.limits.signers)
            return Report(
                Indication.INDETERMINATE, SubIndication.SIG_CONSTRAINTS_FAILURE, at, findings=(many,)
            )
        manifests = Manifests.of(found)
        context = Context.of(known, trust=trust, at=at, policy=rules)
        asserted = judge_assertions(found, manifests, context)
        more = _joined(asserted.material, known)
        foreign = _foreign(document, found, manifests)
        return _judged(
            _Question(found, manifests, trust, at, more, rules, Work(rules.limits), asserted, foreign)
        )
    except EsignError as e:
        why = e.values.get("found") or e.message
        unreadable = Finding.error("malformed-input", clause=e.clause, where=e.where, found=why)
        return Report(Indication.TOTAL_FAILED, _FORMAT, at, findings=(unreadable, *known.findings))


def _joined(one: Material, other: Material) -> Material:
    if not (one.certificates or one.crls or one.ocsp):
        return other
    return Material(
        tuple(dict.fromkeys((*one.certificates, *other.certificates))),
        tuple(dict.fromkeys((*one.crls, *other.crls))),
        other.findings,
        tuple(dict.fromkeys((*one.ocsp, *other.ocsp))),
    )


@dataclass(frozen=True, slots=True)
class _Question:
    """A container with what is known before its signatures are judged."""

    container: Container
    manifests: Manifests
    trust: Trust
    at: datetime
    material: Material
    policy: Policy
    work: Work
    asserted: Asserted = field(default_factory=Asserted)
    foreign: tuple[Block, ...] = ()
    certificates: dict[str, int] = field(default_factory=dict)
    """How many each file with signatures brings along, of those that were judged."""

    def verify(self, name: str, document: bytes | Content) -> Report:
        octets, policy = self.container.octets(name), self._policy_for(name)
        try:
            signed = SignedData.read(read_pem_or_der(octets))
        except EsignError:
            return verify_signature(octets, trust=self.trust, at=self.at, material=self.material)
        self.certificates[name] = len(signed.certificates)
        context = Context.of(
            self.material, trust=self.trust, at=self.at, policy=policy, proofs=self.asserted.proofs
        )
        self.work.begin()
        return verify_signed_data(
            signed,
            document=document,
            context=replace(context, work=self.work),
            findings=self.material.findings,
        )

    def _policy_for(self, name: str) -> Policy:
        """What is demanded of one signature: what the container as a whole has to bring is asked there."""
        constraints = self.policy.constraints
        if name in self.asserted.archived:
            constraints = tuple(one for one in constraints if one.code != _NO_ARCHIVE)
        if not self.policy.signatures and constraints == self.policy.constraints:
            return self.policy
        return replace(self.policy, signatures=(), constraints=constraints)

    def since(self, name: str) -> datetime:
        return min(self.at, self.asserted.since.get(name, self.at))


def _judged(question: _Question) -> Report:
    container, asserted = question.container, question.asserted
    general = [*_general(container), *question.manifests.broken_archives, *asserted.findings]
    stamps = asserted.reports
    reports: list[Report] = []
    covers: dict[str, set[str]] = {name: set() for name in container.data_objects}
    left = _MOST * question.policy.limits.signers
    for name in container.signatures:
        report, files = _signature(name, question) if left > 0 else (_not_judged(name, question), ())
        left -= _work_in(report) + question.certificates.get(name, 0) // _CERTIFICATES
        reports.append(report)
        for file in covers.keys() & set(files):
            covers[file].update(_families(report))
    wanted = (need for report in reports for need in report.needs)
    needs = dict.fromkeys((*wanted, *(need for report in stamps for need in report.needs)))
    general += (f for report in reports for f in report.findings)
    if not container.signatures:
        none = Finding.error("no-signature-found", clause=CLAUSE)
        findings = tuple(dict.fromkeys((*general, none)))
        return Report(
            Indication.INDETERMINATE, None, question.at, (), findings, tuple(needs), timestamps=stamps
        )
    judged = tuple(signature for report in reports for signature in report.signatures)
    worst = max(reports, key=lambda report: gravity(report.indication))
    verdict = worst.indication, worst.sub_indication
    general += _unsigned(covers)
    lacking = tuple(_lacking(covers, question.policy))
    if lacking and worst.indication is Indication.TOTAL_PASSED:
        verdict = Indication.INDETERMINATE, SubIndication.SIG_CONSTRAINTS_FAILURE
    findings = tuple(dict.fromkeys((*lacking, *general)))
    return Report(*verdict, question.at, judged, findings, tuple(needs), stamps)


def _families(report: Report) -> Iterator[str]:
    """The families whose good signatures are in one file, and a mark that there is a signature at all."""
    yield _SIGNED
    for signature in report.signatures:
        if signature.indication is Indication.TOTAL_PASSED:
            yield signature.family


def _unsigned(covers: Mapping[str, set[str]]) -> Iterator[Finding]:
    for name in sorted(name for name, found in covers.items() if not found):
        yield Finding.warning("container-file-not-signed", clause=CLAUSE, where=name)


def _lacking(covers: Mapping[str, set[str]], policy: Policy) -> Iterator[Finding]:
    """EN 319 102-1 cl. 5.2.8: the families that the policy demands over each document that is signed."""
    for family in policy.signatures:
        for name in sorted(name for name, found in covers.items() if found and family not in found):
            yield Finding.error(
                "signature-family-missing", clause="EN 319 102-1 cl. 5.2.8", where=name, family=family
            )


def _work_in(report: Report) -> int:
    """How many signatures, countersignatures and time stamps one file with signatures cost."""
    return sum(1 + len(one.timestamps) + len(one.countersignatures) for one in report.signatures)


def _not_judged(name: str, question: _Question) -> Report:
    """What is left undecided: each file may have as many signers as a signature may, all together may not."""
    many = Finding.error("work-limit", where=name, limit=_MOST * question.policy.limits.signers)
    undecided_yet = SubIndication.SIG_CONSTRAINTS_FAILURE
    return Report(Indication.INDETERMINATE, undecided_yet, question.at, findings=(many,))


def _general(container: Container) -> Iterator[Finding]:
    if container.mimetype not in MIME_TYPES:
        found = container.mimetype or "-"
        yield Finding.warning("container-mimetype", clause="EN 319 162-1 cl. A.1", found=found)
    if container.foreign:
        yield Finding.warning("container-form-unknown", clause=CLAUSE, where=FOLDER)


def _signature(name: str, question: _Question) -> tuple[Report, tuple[str, ...]]:
    container, manifests = question.container, question.manifests
    manifest, broken = _manifest(name, container, manifests), manifests.broken
    if manifest is not None and not broken:
        report = question.verify(name, manifest.raw)
        found = [flaw for one in manifest.objects for flaw in flaws(one, container)]
        found += aged(manifest, question.since, question.policy)
        files = tuple(one.name for one in manifest.objects)
        return _graver(report, [*question.foreign, *found], name, files, question.asserted), files
    if broken or container.kind == "ASiC-E":
        missing = Finding.error("container-manifest-missing", clause=CLAUSE, where=name)
        found = [failed(_FORMAT, finding) for finding in broken or [missing]]
        return _graver(question.verify(name, b""), found, name, (), question.asserted), ()
    return _simple(name, question)


def _manifest(name: str, container: Container, manifests: Manifests) -> Manifest | None:
    """What the signature `name` is over; what an archive manifest names is a time stamp, not a signature."""
    found = manifests.by_reference.get(name)
    return found if found is not None and found.name in container.manifests else None


def _simple(name: str, question: _Question) -> tuple[Report, tuple[str, ...]]:
    """EN 319 162-1 cl. 4.3: one data object, which the signature covers itself."""
    container = question.container
    if len(container.data_objects) == 1:
        (file,) = container.data_objects
        report = question.verify(name, container.content(file))
        return _graver(report, list(question.foreign), name, (file,), question.asserted), (file,)
    several = len(container.data_objects)
    found = Finding.error("container-data-objects", clause="EN 319 162-1 cl. 4.3.2", found=several)
    flaw = undecided(_NOT_FOUND, found) if several else failed(SubIndication.HASH_FAILURE, found)
    return _graver(question.verify(name, b""), [flaw], name, (), question.asserted), ()


def _foreign(document: Content | None, container: Container, manifests: Manifests) -> tuple[Block, ...]:
    """What a container brings along must not take the place of a document that the caller names.

    Anybody can add a file: it has to be one that a signature covers.
    """
    if document is None:
        return ()
    wanted = document.digest(SHA256)
    over = (covered(one, container, _manifest(one, container, manifests)) for one in container.signatures)
    signed = {name for names in over for name in names}.intersection(container.data_objects)
    if any(container.digest_of(name, SHA256) == wanted for name in signed):
        return ()
    return (failed(SubIndication.HASH_FAILURE, Finding.error("content-differs", clause=CLAUSE)),)


def _graver(
    report: Report, found: list[Block], name: str, files: tuple[str, ...], asserted: Asserted
) -> Report:
    """The report with what the container lacks: a failure first, then what leaves the verdict open."""
    covers = Finding.info("container-signature", clause=CLAUSE, where=name, files=", ".join(files) or "-")
    findings = tuple(finding for flaw in found for finding in flaw.findings)
    if not report.signatures and found:
        # What cannot be read as a signature stays so; the flaws are told beside it.
        return replace(report, findings=(*report.findings, *findings))
    stamps, archived = asserted.covering.get(name, ()), name in asserted.archived
    signatures = tuple(
        _kept(_graver_signature(one, found, (covers, *findings)), stamps, archived=archived)
        for one in report.signatures
    )
    worst = max(signatures, key=lambda one: gravity(one.indication), default=report)
    return replace(
        report, indication=worst.indication, sub_indication=worst.sub_indication, signatures=signatures
    )


def _kept(one: SignatureReport, stamps: tuple[TimeStampReport, ...], *, archived: bool) -> SignatureReport:
    """With what covers the whole signature in the container; EN 319 162-1 cl. 4.4.5: that makes B-LTA."""
    level = "B-LTA" if archived and one.level == "B-LT" else one.level
    return replace(one, timestamps=(*one.timestamps, *stamps), level=level) if stamps else one


def _graver_signature(
    one: SignatureReport, found: list[Block], findings: tuple[Finding, ...]
) -> SignatureReport:
    judged = replace(one, findings=(*findings, *one.findings))
    failure = next((flaw for flaw in found if flaw.indication is Indication.FAILED), None)
    if failure is not None:
        sub_indication = failure.sub_indication
        return replace(
            judged, indication=Indication.TOTAL_FAILED, sub_indication=sub_indication, crypto="invalid"
        )
    doubt = max(found, key=lambda flaw: flaw.sub_indication is _NOT_FOUND, default=None)
    if doubt is None or one.indication is Indication.TOTAL_FAILED:
        return judged
    if doubt.sub_indication is _NOT_FOUND:
        return replace(
            judged, indication=Indication.INDETERMINATE, sub_indication=_NOT_FOUND, crypto="not-checked"
        )
    if one.indication is Indication.INDETERMINATE:
        return judged
    return replace(judged, indication=Indication.INDETERMINATE, sub_indication=doubt.sub_indication)
