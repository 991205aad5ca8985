"""Time stamps and evidence records that stand in a container beside its signatures, judged (EN 319 162-1
cl. 4.4.5, Annex A.7).

The newest comes first: what it covers is shown to have existed at its time, so that what is older is judged
for that time, as the archive time stamps within a signature are (EN 319 102-1 cl. 5.6.2.3). What holds proves
signatures too, but only together with all that they sign.

    asserted = judge_assertions(container, manifests, context)
    asserted.reports, asserted.proofs
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Final

from esign import cades
from esign.algorithms import Digest
from esign.asic.container import Container, Manifests
from esign.asic.coverage import CLAUSE, aged, covered, flaws, is_whole
from esign.asic.manifest import Manifest
from esign.cms import SignedData, SignerInfo, read_pem_or_der
from esign.errors import EsignError
from esign.ers import EvidenceRecord
from esign.findings import Finding, Indication, SubIndication
from esign.material import Material
from esign.tsp import TimeStampToken
from esign.validation.block import Block, failed, gravest
from esign.validation.context import Context
from esign.validation.evidence import unreadable_evidence, validate_evidence
from esign.validation.proofs import Proofs
from esign.validation.report import TimeStampKind, TimeStampReport
from esign.validation.timestamps import fingerprint, material_of, unreadable, validate_timestamp
from esign.validation.work import WorkExceeded

MAX_ASSERTIONS: Final = 64
"""Time stamps and evidence records of one container that are judged; with more of them none is."""
_NO_FILES: Final[Mapping[str, datetime]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Asserted:
    """What the time stamps and evidence records of a container came to.

    `since`: from when on a file is shown to have existed; `archived`: the signatures that a good archive time
    stamp covers with all that they sign; `covering`: the verdicts on what covers a signature, by its name.
    """

    reports: tuple[TimeStampReport, ...] = ()
    proofs: Proofs = field(default_factory=Proofs)
    since: Mapping[str, datetime] = field(default_factory=lambda: _NO_FILES)
    archived: frozenset[str] = frozenset()
    covering: Mapping[str, tuple[TimeStampReport, ...]] = field(default_factory=lambda: MappingProxyType({}))
    material: Material = field(default_factory=Material)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Assertion:
    """A time stamp or an evidence record as read, and what it covers."""

    name: str
    proof: TimeStampToken | EvidenceRecord
    manifest: Manifest | None
    files: frozenset[str]

    @property
    def tokens(self) -> tuple[TimeStampToken, ...]:
        if isinstance(self.proof, TimeStampToken):
            return (self.proof,)
        return tuple(stamp.token for stamp in self.proof.time_stamps)

    @property
    def newest(self) -> datetime:
        """When its last time stamp was made."""
        return self.tokens[-1].info.gen_time


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What one assertion came to: since when the files existed, None unless it holds."""

    reports: tuple[TimeStampReport, ...]
    proved: datetime | None = None


def judge_assertions(container: Container, manifests: Manifests, context: Context) -> Asserted:
    """The verdict on every time stamp and evidence record beside the signatures; raises on none of them.

    `context` has trust, time, policy and what the caller knows; what the container brings along is looked at
    besides.

    Raises:
        MalformedInput: `container-malformed` when a file is not what the package declares.
    """
    names = (*container.time_stamps, *container.records)
    if not names:
        return Asserted()
    if len(names) > MAX_ASSERTIONS:
        many = Finding.warning("work-limit", where="time stamps", limit=MAX_ASSERTIONS)
        return Asserted(findings=(many,))
    read, broken = _read_all(names, container, manifests)
    material = _material(container, read)
    known = context.knowing(material)
    state = _State(container, manifests, known)
    newest_first = sorted(read, key=lambda one: (one.newest, len(one.files)), reverse=True)
    for assertion in newest_first:
        state.judge(assertion)
    return state.asserted(broken, [one.name for one in read], material)


def _read_all(
    names: Iterable[str], container: Container, manifests: Manifests
) -> tuple[list[_Assertion], tuple[TimeStampReport, ...]]:
    """What can be read, and the verdict on what cannot."""
    read: list[_Assertion] = []
    broken: list[TimeStampReport] = []
    for name in names:
        raw = container.octets(name)
        is_record = name in container.records
        try:
            proof = EvidenceRecord.read(raw) if is_record else TimeStampToken.read(raw)
        except EsignError as e:
            broken.append(_unreadable_record(raw, e) if is_record else unreadable(raw, "document", e))
            continue
        manifest = manifests.by_reference.get(name)
        read.append(_Assertion(name, proof, manifest, frozenset(covered(name, container, manifest))))
    return read, tuple(broken)


def _unreadable_record(raw: bytes, error: EsignError) -> TimeStampReport:
    report = unreadable_evidence(raw, error)
    return TimeStampReport(
        "evidence-record",
        report.indication,
        report.sub_indication,
        findings=report.findings,
        digest=report.digest,
    )


def _material(container: Container, read: Iterable[_Assertion]) -> Material:
    """What signatures and time stamps bring along, for all of them: each may hold what another needs."""
    found = [material_of(token) for one in read for token in one.tokens]
    blobs: dict[bytes, None] = {}
    for name in container.signatures:
        signed = _signed(container, name)
        if signed is not None:
            blobs.update(dict.fromkeys((*signed.certificates, *signed.crls, *signed.ocsp)))
    found.append(Material.read(blobs))
    return Material(
        tuple(dict.fromkeys(c for one in found for c in one.certificates)),
        tuple(dict.fromkeys(c for one in found for c in one.crls)),
        ocsp=tuple(dict.fromkeys(a for one in found for a in one.ocsp)),
    )


def _signed(container: Container, name: str) -> SignedData | None:
    try:
        return SignedData.read(read_pem_or_der(container.octets(name)))
    except EsignError:
        return None


# --- one after the other ---


@dataclass(slots=True)
class _State:
    """What was found so far, the newest first."""

    container: Container
    manifests: Manifests
    context: Context
    verdicts: dict[str, _Verdict] = field(default_factory=dict)
    proofs: Proofs = field(default_factory=Proofs)
    since: dict[str, datetime] = field(default_factory=dict)
    archived: set[str] = field(default_factory=set)
    covering: dict[str, list[TimeStampReport]] = field(default_factory=dict)
    hashes: dict[str, tuple[bytes, ...]] = field(default_factory=dict)

    def judge(self, one: _Assertion) -> None:
        """The verdict on one assertion with the proofs of those after it, and what it proves itself."""
        context = self.context.proving(self.proofs)
        context.work.renew()
        found = self._verdict(one, context)
        self.verdicts[one.name] = found
        for name in one.files.intersection(self.container.signatures):
            self.covering.setdefault(name, []).extend(reversed(found.reports))
        if found.proved is not None:
            self._take(one, found.proved)

    def _verdict(self, one: _Assertion, context: Context) -> _Verdict:
        objects = () if one.manifest is None else one.manifest.objects
        blocks = [flaw for item in objects for flaw in flaws(item, self.container)]
        if not one.files:
            missing = Finding.error("container-manifest-missing", clause=CLAUSE, where=one.name)
            blocks.append(failed(SubIndication.FORMAT_FAILURE, missing))
        covers = Finding.info(
            "container-time-stamp", clause=CLAUSE, where=one.name, files=", ".join(sorted(one.files)) or "-"
        )
        try:
            if isinstance(one.proof, EvidenceRecord):
                return self._record(one, one.proof, [Block(findings=(covers,)), *blocks], context)
            return self._token(one, one.proof, [Block(findings=(covers,)), *blocks], context)
        except WorkExceeded as e:
            limit = Finding.error("work-limit", where=e.name, limit=e.limit)
            kind: TimeStampKind = "evidence-record" if isinstance(one.proof, EvidenceRecord) else "document"
            digest = fingerprint(one.proof.raw)
            return _Verdict(
                (TimeStampReport(kind, Indication.INDETERMINATE, None, findings=(limit,), digest=digest),)
            )

    def _token(
        self, one: _Assertion, token: TimeStampToken, blocks: list[Block], context: Context
    ) -> _Verdict:
        report = validate_timestamp(
            token,
            imprint=lambda by: self._imprint(one, by),
            # What covers a signature, or what covers one, keeps it, however its manifest is called.
            kind="document" if one.files.isdisjoint(self._protective()) else "archive",
            context=context,
        )
        if one.manifest is not None:
            blocks += aged(one.manifest, lambda name: self.since.get(name, context.at), context.policy)
        verdict = gravest(
            (Block(report.indication, report.sub_indication), *blocks, Block(findings=report.findings))
        )
        judged = _with(report, verdict)
        return _Verdict((judged,), token.info.gen_time if verdict.passed else None)

    def _imprint(self, one: _Assertion, by: Digest) -> bytes:
        if one.manifest is not None:
            return by.of(one.manifest.raw)
        # Without manifest and without one file to cover no imprint can be right.
        return self.container.digest_of(next(iter(one.files)), by) if one.files else b""

    def _record(
        self, one: _Assertion, record: EvidenceRecord, blocks: list[Block], context: Context
    ) -> _Verdict:
        there = [name for name in sorted(one.files) if self.container.package.entry(name) is not None]
        digesters = [partial(self.container.digest_of, name) for name in there]
        report = validate_evidence(record, digesters, context=context)
        verdict = gravest(
            (Block(report.indication, report.sub_indication), *blocks, Block(findings=report.findings))
        )
        # The first time stamp stands for the record: it is the one over the files.
        first, *others = report.timestamps
        return _Verdict((_with(first, verdict), *others), report.proved if verdict.passed else None)

    def _take(self, one: _Assertion, at: datetime) -> None:
        """EN 319 102-1 cl. 5.6.2.3: what is covered existed then."""
        proved: dict[bytes, datetime] = {}
        for name in one.files:
            self.since[name] = min(at, self.since.get(name, at))
        for name in one.files.intersection(self._protective()):
            if is_whole(name, one.files, self.container, self.manifests):
                proved.update(dict.fromkeys(self._hashes(name), at))
                if isinstance(one.proof, TimeStampToken):
                    self.archived.add(name)
        self.proofs = self.proofs.merged(Proofs(proved))

    def _protective(self) -> Iterator[str]:
        yield from (*self.container.signatures, *self.container.time_stamps, *self.container.records)

    def _hashes(self, name: str) -> tuple[bytes, ...]:
        """The SHA-256 of everything in a file that a proof may be asked for, made once."""
        if name not in self.hashes:
            parts = _parts(self.container, name)
            self.hashes[name] = tuple(dict.fromkeys(hashlib.sha256(part).digest() for part in parts))
        return self.hashes[name]

    def asserted(
        self, broken: tuple[TimeStampReport, ...], order: Iterable[str], material: Material
    ) -> Asserted:
        """All of it, the reports in the order of the package."""
        return Asserted(
            (*(report for name in order for report in self.verdicts[name].reports), *broken),
            self.proofs,
            MappingProxyType(self.since),
            frozenset(self.archived),
            MappingProxyType({name: tuple(reversed(found)) for name, found in self.covering.items()}),
            material,
        )


def _with(report: TimeStampReport, verdict: Block) -> TimeStampReport:
    return replace(
        report,
        indication=verdict.indication,
        sub_indication=verdict.sub_indication,
        findings=tuple(dict.fromkeys((*verdict.findings, *report.findings))),
    )


def _parts(container: Container, name: str) -> Iterator[bytes]:
    """Signature values, certificates, lists, answers and time stamps in a file."""
    if name in container.signatures:
        if (signed := _signed(container, name)) is not None:
            for info in signed.signer_infos:
                yield from _of_signer(signed, info)
        return
    try:
        raw = container.octets(name)
        if name in container.records:
            tokens = tuple(stamp.token for stamp in EvidenceRecord.read(raw).time_stamps)
        else:
            tokens = (TimeStampToken.read(raw),)
    except EsignError:
        return
    for token in tokens:
        yield token.raw
        material = material_of(token)
        yield from (certificate.raw for certificate in material.certificates)
        yield from (found.raw for found in material.crls)
        yield from (answer.raw for answer in material.ocsp)


def _of_signer(signed: SignedData, info: SignerInfo) -> tuple[bytes, ...]:
    try:
        archives = [found.token for found in cades.archive_time_stamps(info)]
        return (info.signature, *cades.covered_by_v2(signed, info, archives))
    except EsignError:
        # What cannot be read proves nothing; the signature value stands by itself.
        return (info.signature,)
