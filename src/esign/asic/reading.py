"""Containers judged: every signature in them, by the files that it covers (EN 319 162-1 cl. 4.3, cl. 4.4).

In ASiC-S a signature covers the one data object, in ASiC-E the manifest that names it, and through the
digests there the data objects. The verdict on a signature is that of `esign.validation.signature`, made
graver by what the container lacks: a file that differs or is gone, a manifest that is gone or broken.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import BinaryIO, Final

from esign.algorithms import SHA256, Digest
from esign.asic.manifest import MAX_MANIFEST, DataObject, Manifest
from esign.asic.zipping import MIMETYPE, Package
from esign.content import Content
from esign.errors import EsignError
from esign.findings import Finding, Indication, SubIndication
from esign.material import Material
from esign.validation.policy import Policy
from esign.validation.report import Report, SignatureReport, gravity
from esign.validation.signature import verify as verify_signature
from esign.x509 import Trust

MIME_TYPES: Final = {
    "application/vnd.etsi.asic-s+zip": "ASiC-S",
    "application/vnd.etsi.asic-e+zip": "ASiC-E",
}
MAX_SIGNATURE: Final = 1 << 26
MAX_DATA_OBJECT: Final = 1 << 28
_FOLDER: Final = "META-INF/"
_CLAUSE: Final = "EN 319 162-1 cl. 4.4"
_MAX_MIMETYPE: Final = 256


def _matching(word: str, ending: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(_FOLDER)}[^/]*{word}[^/]*\.{ending}", re.IGNORECASE)


_SIGNATURE: Final = _matching("signature", "p7s")
_TIME_STAMP: Final = _matching("timestamp", "tst")
_MANIFEST: Final = _matching("asicmanifest", "xml")
_ARCHIVE_MANIFEST: Final = _matching("asicarchivemanifest", "xml")
_XADES: Final = re.compile(rf"{re.escape(_FOLDER)}[^/]*signatures[^/]*\.xml", re.IGNORECASE)


def looks_like_container(data: bytes) -> bool:
    """Whether `data` begins as a ZIP file does."""
    return data[:4] == b"PK\3\4"


@dataclass(frozen=True, slots=True)
class Container:
    """A package with its files told apart; `kind` is `ASiC-S`, `ASiC-E`, or empty where nothing says it."""

    package: Package = field(repr=False)
    kind: str
    signatures: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    archive_manifests: tuple[str, ...] = ()
    time_stamps: tuple[str, ...] = ()
    data_objects: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    digests: dict[tuple[str, str], bytes] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def open(cls, source: bytes | BinaryIO) -> "Container":
        """From the octets, or a file that can be sought in and stays open.

        Raises:
            MalformedInput: `container-malformed`; LimitExceeded: `limit-exceeded`.
        """
        package = Package.open(source)
        names: dict[str, list[str]] = defaultdict(list)
        for name in package.names:
            names[_kind(name)].append(name)
        guessed = "ASiC-E" if names["manifests"] or len(names["data_objects"]) > 1 else "ASiC-S"
        return cls(
            package,
            MIME_TYPES.get(_mimetype(package), guessed),
            tuple(names["signatures"]),
            tuple(names["manifests"]),
            tuple(names["archive_manifests"]),
            tuple(names["time_stamps"]),
            tuple(names["data_objects"]),
            tuple(names["others"]),
        )

    def digest_of(self, name: str, by: Digest) -> bytes:
        """The digest of a file, made once for all that refer to it."""
        key = (name, by.oid)
        if key not in self.digests:
            running = by.new()
            for chunk in self.package.chunks(name):
                running.update(chunk)
            self.digests[key] = running.digest()
        return self.digests[key]


_KINDS: Final = {
    "signatures": _SIGNATURE,
    "archive_manifests": _ARCHIVE_MANIFEST,
    "manifests": _MANIFEST,
    "time_stamps": _TIME_STAMP,
}


def _kind(name: str) -> str:
    if not name.startswith(_FOLDER):
        return "others" if name == MIMETYPE else "data_objects"
    return next((kind for kind, pattern in _KINDS.items() if pattern.fullmatch(name)), "others")


def _mimetype(package: Package) -> str:
    """What the file `mimetype` says, or the comment of the package (EN 319 162-1 cl. A.1)."""
    entry = package.entry(MIMETYPE)
    if entry is not None and entry.size <= _MAX_MIMETYPE:
        return package.octets(MIMETYPE, limit=_MAX_MIMETYPE).decode("latin-1").strip()
    return package.comment.decode("latin-1").removeprefix("mimetype=").strip()


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

    Args:
        container: a ZIP file: its octets, or a file that can be sought in.
        document: what the caller holds for signed; it must be one of the data objects.
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
        return _judged(found, _Question(found, trust, at, known, rules, _foreign(document, found)))
    except EsignError as e:
        why = e.values.get("found") or e.message
        unreadable = Finding.error("malformed-input", clause=e.clause, where=e.where, found=why)
        failed = Indication.TOTAL_FAILED
        return Report(failed, SubIndication.FORMAT_FAILURE, at, findings=(unreadable, *known.findings))


@dataclass(frozen=True, slots=True)
class _Question:
    container: Container
    trust: Trust
    at: datetime
    material: Material
    policy: Policy
    foreign: tuple["_Flaw", ...] = ()

    def verify(self, name: str, document: bytes) -> Report:
        signature = self.container.package.octets(name, limit=MAX_SIGNATURE)
        return verify_signature(
            signature,
            document=document,
            trust=self.trust,
            at=self.at,
            material=self.material,
            policy=self.policy,
        )


def _judged(container: Container, question: _Question) -> Report:
    general = list(_general(container))
    manifests, broken = _manifests(container)
    judged: list[SignatureReport] = []
    reports: list[Report] = []
    covered: set[str] = set()
    for name in container.signatures:
        report, files = _signature(name, question, manifests, broken)
        reports.append(report)
        judged += report.signatures
        covered.update(files)
    general += (f for report in reports for f in report.findings)
    if not container.signatures:
        general.append(Finding.error("no-signature-found", clause=_CLAUSE))
        return Report(Indication.INDETERMINATE, None, question.at, findings=tuple(dict.fromkeys(general)))
    for name in sorted(set(container.data_objects) - covered):
        general.append(Finding.warning("container-file-not-signed", clause=_CLAUSE, where=name))
    worst = max(reports, key=lambda report: gravity(report.indication))
    needs = dict.fromkeys(need for report in reports for need in report.needs)
    return Report(
        worst.indication,
        worst.sub_indication,
        question.at,
        tuple(judged),
        tuple(dict.fromkeys(general)),
        tuple(needs),
    )


def _general(container: Container) -> Iterator[Finding]:
    told = _mimetype(container.package)
    if told not in MIME_TYPES:
        yield Finding.warning("container-mimetype", clause="EN 319 162-1 cl. A.1", found=told or "-")
    if any(_XADES.fullmatch(name) for name in container.others):
        yield Finding.warning("container-form-unknown", clause=_CLAUSE, where=_FOLDER)


def _manifests(container: Container) -> tuple[dict[str, Manifest], list[Finding]]:
    """The manifests by the file that they name, and those that cannot be read."""
    found: dict[str, Manifest] = {}
    broken: list[Finding] = []
    for name in container.manifests:
        try:
            manifest = Manifest.read(name, container.package.octets(name, limit=MAX_MANIFEST))
        except EsignError as e:
            why = e.values.get("found") or e.message
            broken.append(Finding.error("manifest-malformed", clause=e.clause, where=name, found=why))
            continue
        if manifest.reference in found:
            twice = f"{manifest.reference} named by two manifests"
            broken.append(Finding.error("manifest-malformed", clause=_CLAUSE, where=name, found=twice))
        found[manifest.reference] = manifest
    return found, broken


def _signature(
    name: str, question: _Question, manifests: dict[str, Manifest], broken: list[Finding]
) -> tuple[Report, tuple[str, ...]]:
    container, manifest = question.container, manifests.get(name)
    if manifest is not None and not broken:
        report = question.verify(name, manifest.raw)
        flaws = [flaw for one in manifest.objects for flaw in _flaws(one, container)]
        files = tuple(one.name for one in manifest.objects)
        return _graver(report, [*question.foreign, *flaws], name, files), files
    if broken or container.kind == "ASiC-E":
        missing = Finding.error("container-manifest-missing", clause=_CLAUSE, where=name)
        flaws = [_Flaw(found, SubIndication.FORMAT_FAILURE) for found in broken or [missing]]
        return _graver(question.verify(name, b""), flaws, name, ()), ()
    return _simple(name, question)


def _simple(name: str, question: _Question) -> tuple[Report, tuple[str, ...]]:
    """EN 319 162-1 cl. 4.3: one data object, which the signature covers itself."""
    container = question.container
    if len(container.data_objects) == 1:
        (file,) = container.data_objects
        report = question.verify(name, container.package.octets(file, limit=MAX_DATA_OBJECT))
        return _graver(report, list(question.foreign), name, (file,)), (file,)
    code = "container-data-objects"
    found = Finding.error(code, clause="EN 319 162-1 cl. 4.3.2", found=len(container.data_objects))
    flaw = _Flaw(found, SubIndication.HASH_FAILURE if not container.data_objects else None)
    return _graver(question.verify(name, b""), [flaw], name, ()), ()


@dataclass(frozen=True, slots=True)
class _Flaw:
    """What is wrong with what a signature covers; without `failure` it only leaves the verdict open."""

    finding: Finding
    failure: SubIndication | None = None


def _flaws(one: DataObject, container: Container) -> Iterator[_Flaw]:
    if container.package.entry(one.name) is None:
        yield _Flaw(Finding.error("container-file-missing", clause=_CLAUSE, where=one.name))
    elif one.digest is None:
        unknown = Finding.error(
            "container-digest-unknown", clause=_CLAUSE, where=one.name, algorithm=one.algorithm
        )
        yield _Flaw(unknown)
    elif not one.matches(container.digest_of(one.name, one.digest)):
        differs = Finding.error("container-file-differs", clause=_CLAUSE, where=one.name)
        yield _Flaw(differs, SubIndication.HASH_FAILURE)


def _foreign(document: Content | None, container: Container) -> tuple[_Flaw, ...]:
    """What a container brings along must not take the place of a document that the caller names."""
    if document is None:
        return ()
    wanted = document.digest(SHA256)
    if any(container.digest_of(name, SHA256) == wanted for name in container.data_objects):
        return ()
    return (_Flaw(Finding.error("content-differs", clause=_CLAUSE), SubIndication.HASH_FAILURE),)


def _graver(report: Report, flaws: list[_Flaw], name: str, files: tuple[str, ...]) -> Report:
    """The report with what the container lacks: a failure first, then what leaves the verdict open."""
    covers = Finding.info("container-signature", clause=_CLAUSE, where=name, files=", ".join(files) or "-")
    failed = next((flaw.failure for flaw in flaws if flaw.failure is not None), None)
    found = tuple(flaw.finding for flaw in flaws)
    signatures = tuple(_graver_signature(one, flaws, failed, (covers, *found)) for one in report.signatures)
    worst = max(signatures, key=lambda one: gravity(one.indication), default=report)
    if not signatures and flaws:
        # What cannot be read as a signature stays so; the flaws are told beside it.
        return replace(report, findings=(*report.findings, *found))
    return replace(
        report, indication=worst.indication, sub_indication=worst.sub_indication, signatures=signatures
    )


def _graver_signature(
    one: SignatureReport, flaws: list[_Flaw], failed: SubIndication | None, findings: tuple[Finding, ...]
) -> SignatureReport:
    judged = replace(one, findings=(*findings, *one.findings))
    if failed is not None:
        return replace(judged, indication=Indication.TOTAL_FAILED, sub_indication=failed, crypto="invalid")
    if flaws and gravity(one.indication) < gravity(Indication.TOTAL_FAILED):
        return replace(
            judged,
            indication=Indication.INDETERMINATE,
            sub_indication=SubIndication.SIGNED_DATA_NOT_FOUND,
            crypto="not-checked",
        )
    return judged
