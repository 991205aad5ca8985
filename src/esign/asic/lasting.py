"""Containers kept provable: signatures raised level by level, archive manifests, evidence records
(EN 319 162-1 cl. 4.4.5, Annex A.7).

Nothing that is protected changes: neither a document, nor what a manifest covers. Whatever is not covered yet
gets its validation data before something covers it.

    lasting = augment(container, "B-LTA", tsa=tsa, at=at, trust=trust, material=lists)
    renewed = archive(lasting, tsa=tsa, at=later, trust=trust, material=newer_lists, by=SHA512)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import BinaryIO, Final

from esign import der
from esign.algorithms import SHA256, AlgorithmIdentifier, Digest
from esign.asic.container import FOLDER, Container, Manifests
from esign.asic.making import File, Source, files_of, free_number, free_to_change, packed, signed_content
from esign.asic.manifest import TIME_STAMP_TYPE, DataObject, encode
from esign.asic.zipping import MIMETYPE
from esign.errors import MalformedInput
from esign.ers import Digester, EvidenceRecord, renew_hash_trees, renew_time_stamps, stamp_many
from esign.material import Material
from esign.signing import levels
from esign.signing.evidence import Inquiry
from esign.signing.levels import AugmentationRefused, Level
from esign.signing.records import with_path, with_validation_data
from esign.tsp import MessageImprint, TimeStamper, TimeStampToken
from esign.tsp import stamp as stamped
from esign.validation.policy import Policy
from esign.x509 import Trust

LAST_ARCHIVE_MANIFEST: Final = f"{FOLDER}ASiCArchiveManifest.xml"
_NO_MATERIAL: Final = Material()


@dataclass(frozen=True, slots=True)
class _Opened:
    """A container that is being changed: its files by name, as they are to be written."""

    container: Container
    manifests: Manifests
    files: dict[str, File]

    @classmethod
    def of(cls, source: Source) -> "_Opened":
        found = Container.open(source)
        manifests = Manifests.of(found)
        for broken in (*manifests.broken, *manifests.broken_archives):
            raise MalformedInput(broken.code, clause=broken.clause, where=broken.where, **dict(broken.values))
        return cls(found, manifests, files_of(found))

    def octets(self, name: str) -> bytes:
        """A small file, as it is now."""
        file = self.files[name]
        return file if isinstance(file, bytes) else self.container.octets(name)

    def digest(self, name: str, by: Digest) -> bytes:
        """The digest of a file, as it is now."""
        file = self.files[name]
        return by.of(file) if isinstance(file, bytes) else self.container.digest_of(name, by)

    def uncovered(self, names: tuple[str, ...]) -> Iterator[str]:
        """Those of `names` that nothing covers yet."""
        return (name for name in names if not self.manifests.over(name))

    def complete(self, inquiry: Inquiry) -> None:
        """Give what nothing covers yet its validation data (EN 319 162-1 Annex A.7, item 2 a)."""
        for name in self.uncovered(self.container.time_stamps):
            self.files[name] = with_path(TimeStampToken.read(self.octets(name)), inquiry).raw
        for name in self.uncovered(self.container.records):
            record = EvidenceRecord.read(self.octets(name))
            self.files[name] = with_validation_data(record, inquiry).raw

    def references(self, names: tuple[str, ...], by: Digest, root: str = "") -> tuple[DataObject, ...]:
        return tuple(DataObject(name, by, self.digest(name, by), root=name == root) for name in names)


def augment(
    container: Source,
    level: Level,
    *,
    tsa: TimeStamper,
    at: datetime,
    trust: Trust | None = None,
    material: Material = _NO_MATERIAL,
    policy: Policy | None = None,
    by: Digest = SHA256,
    archive_manifest: bool = False,
    out: BinaryIO | None = None,
) -> bytes:
    """The container with every signature in it raised to `level`; documents and manifests stay as they are.

    B-LTA is an archive time stamp within each signature, or one archive manifest over the whole container
    with `archive_manifest`. The latter is taken in any case where an archive manifest covers the signatures,
    or where `by` is not the digest by which a manifest names its documents: what stands in a signature could
    never protect these but by that digest.

    Args:
        container: octets, or a file that can be sought in.
        level: `B-T`, `B-LT` or `B-LTA`.
        tsa: who stamps: TimeStampReq in, TimeStampResp out.
        at: the time at which paths must hold (aware): now.
        trust: the anchors; needed from `B-LT` on.
        material: certificates, lists and OCSP answers beside those in the container.
        policy: what an acceptable path is.
        by: the digest of the time stamps.
        archive_manifest: one archive manifest instead of a time stamp in each signature.
        out: a binary file for the container; what is returned is empty then, here and below.

    Raises:
        AugmentationRefused: `augmentation-refused`: no signature, or one that something in the container
            covers already, below B-LTA.
        EvidenceMissing: `evidence-missing`, with what is needed.
        TimeStampFailed: the authority gave no time stamp that fits.
        MalformedInput: `container-malformed`, `manifest-malformed`, or a signature that cannot be read.
        ValueError: another level, or no trust.
    """
    opened = _Opened.of(container)
    if level not in levels.LEVELS[1:] or (trust is None and level != "B-T"):
        raise ValueError(f"level {level!r} is one of {levels.LEVELS[1:]}, and needs trust above B-T")
    if not opened.container.signatures:
        raise AugmentationRefused(reason="no signature")
    raised = tuple(opened.uncovered(opened.container.signatures))
    whole = len(raised) < len(opened.container.signatures)
    if whole and level != "B-LTA":
        raise AugmentationRefused(reason="something in the container covers a signature")
    by_manifest = level == "B-LTA" and (archive_manifest or whole or _names_otherwise(opened, by))
    inner: Level = "B-LT" if by_manifest else level
    for name in raised:
        opened.files[name] = levels.augment(
            opened.octets(name),
            inner,
            tsa=tsa,
            at=at,
            trust=trust,
            material=material,
            document=signed_content(opened.container, opened.manifests, name),
            policy=policy,
            by=by,
        )
    if by_manifest and trust is not None:
        _archive(opened, Inquiry(material, trust, at, policy or Policy.default()), tsa, by)
    return packed(opened.files, at, out)


def _names_otherwise(opened: _Opened, by: Digest) -> bool:
    """Whether a manifest under a signature names a document by another digest than `by`."""
    found = map(opened.manifests.by_reference.get, opened.container.signatures)
    return any(one.digest != by for manifest in found if manifest is not None for one in manifest.objects)


def archive(
    container: Source,
    *,
    tsa: TimeStamper,
    at: datetime,
    trust: Trust,
    material: Material = _NO_MATERIAL,
    policy: Policy | None = None,
    by: Digest = SHA256,
    out: BinaryIO | None = None,
) -> bytes:
    """The container with one more archive manifest over all its files, and a time stamp over that.

    So containers of time stamps and evidence records are kept too, and what an archive manifest protects is
    renewed: before the authority of the last time stamp, or its algorithm, runs out. Signatures stay as they
    are; raise those that are not covered to B-LT before, as `augment` does.

    Raises:
        EvidenceMissing: `evidence-missing`, when the path of a time stamp that is to be covered cannot be
            shown to be good.
        AugmentationRefused: `augmentation-refused`: nothing to keep.
        TimeStampFailed: the authority gave no time stamp that fits.
        MalformedInput: `container-malformed`, `manifest-malformed`, `tsp-malformed`, `ers-malformed`.
    """
    opened = _Opened.of(container)
    _archive(opened, Inquiry(material, trust, at, policy or Policy.default()), tsa, by)
    return packed(opened.files, at, out)


def _archive(opened: _Opened, inquiry: Inquiry, tsa: TimeStamper, by: Digest) -> None:
    """EN 319 162-1 Annex A.7: the last archive manifest bears the plain name and refers to the others."""
    _wanted(opened.container)
    opened.complete(inquiry)
    last = _aside(opened)
    names = tuple(name for name in opened.files if name != MIMETYPE)
    file = f"{FOLDER}timestamp{free_number(opened.files, 'timestamp{:03}.tst'):03}.tst"
    manifest = encode(file, opened.references(names, by, last), reference_type=TIME_STAMP_TYPE)
    name = LAST_ARCHIVE_MANIFEST if LAST_ARCHIVE_MANIFEST not in opened.files else _numbered(opened)
    opened.files[name] = manifest
    imprint = MessageImprint(AlgorithmIdentifier(by.oid, der.null()), by.of(manifest))
    opened.files[file] = stamped(imprint, tsa).raw


def _wanted(container: Container) -> None:
    if not (container.signatures or container.time_stamps or container.records):
        raise AugmentationRefused(reason="nothing but documents")


def _numbered(opened: _Opened) -> str:
    number = free_number(opened.files, "ASiCArchiveManifest{:03}.xml")
    return f"{FOLDER}ASiCArchiveManifest{number:03}.xml"


def _aside(opened: _Opened) -> str:
    """The name of the last archive manifest, which makes room for a new one; empty when there is none.

    Where something covers it by its name, it keeps that.
    """
    if LAST_ARCHIVE_MANIFEST not in opened.files:
        return ""
    if opened.manifests.over(LAST_ARCHIVE_MANIFEST):
        return LAST_ARCHIVE_MANIFEST
    name = _numbered(opened)
    opened.files[name] = opened.octets(LAST_ARCHIVE_MANIFEST)
    del opened.files[LAST_ARCHIVE_MANIFEST]
    return name


# --- evidence records ---


def add_evidence_record(
    container: Source,
    tsa: TimeStamper,
    *,
    at: datetime,
    trust: Trust,
    material: Material = _NO_MATERIAL,
    policy: Policy | None = None,
    by: Digest = SHA256,
    out: BinaryIO | None = None,
) -> bytes:
    """An ASiC-E container with an evidence record over all its files but for other records and their lists.

    Raise its signatures to B-LT before: what a record covers cannot be raised any more.

    Raises:
        AugmentationRefused: `augmentation-refused`: an ASiC-S container has room for one signature, time
            stamp or record (EN 319 162-1 cl. 4.3.3.2).
        EvidenceMissing: `evidence-missing`. TimeStampFailed: as `archive`. MalformedInput: as `archive`.
    """
    opened = _Opened.of(container)
    if opened.container.kind != "ASiC-E":
        raise AugmentationRefused(reason="no ASiC-E container")
    for name in opened.uncovered(opened.container.time_stamps):
        inquiry = Inquiry(material, trust, at, policy or Policy.default())
        opened.files[name] = with_path(TimeStampToken.read(opened.octets(name)), inquiry).raw
    apart = {MIMETYPE, *opened.container.records, *opened.container.record_manifests}
    objects = opened.references(tuple(name for name in opened.files if name not in apart), by)
    (found,) = stamp_many([tuple(one.value for one in objects)], tsa, by=by)
    number = free_number(opened.files, "evidencerecord{:03}.ers", "ASiCEvidenceRecordManifest{:03}.xml")
    file = f"{FOLDER}evidencerecord{number:03}.ers"
    opened.files[f"{FOLDER}ASiCEvidenceRecordManifest{number:03}.xml"] = encode(
        file, objects, reference_type=""
    )
    opened.files[file] = found.raw
    return packed(opened.files, at, out)


def renew_evidence_records(
    container: Source,
    tsa: TimeStamper,
    *,
    at: datetime,
    trust: Trust,
    material: Material = _NO_MATERIAL,
    policy: Policy | None = None,
    by: Digest | None = None,
    out: BinaryIO | None = None,
) -> bytes:
    """The container with its evidence records renewed by one time stamp (RFC 4998 §5.2).

    With `by`, the files are hashed anew by another digest: before the one of a record runs out. Without, the
    last time stamp is covered by a new one.

    Raises:
        AugmentationRefused: `augmentation-refused`: no evidence record.
        MalformedInput: `container-malformed`, also for a record that a manifest covers: use `archive`.
        EvidenceMissing: `evidence-missing`. TimeStampFailed: as `archive`.
    """
    opened = _Opened.of(container)
    names = opened.container.records
    if not names:
        raise AugmentationRefused(reason="no evidence record")
    for name in names:
        free_to_change(name, opened.manifests)
    opened.complete(Inquiry(material, trust, at, policy or Policy.default()))
    records = [EvidenceRecord.read(opened.octets(name)) for name in names]
    if by is None:
        renewed = renew_time_stamps(records, tsa)
    else:
        pairs = [(one, _digesters(opened, name)) for one, name in zip(records, names, strict=True)]
        renewed = renew_hash_trees(pairs, tsa, by=by)
    opened.files.update({name: one.raw for name, one in zip(names, renewed, strict=True)})
    return packed(opened.files, at, out)


def _digesters(opened: _Opened, name: str) -> list[Digester]:
    manifest = opened.manifests.by_reference.get(name)
    if manifest is not None:
        covered = tuple(one.name for one in manifest.objects)
    else:
        covered = opened.container.data_objects
    return [partial(opened.digest, one) for one in covered]
