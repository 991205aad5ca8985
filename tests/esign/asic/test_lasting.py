"""Containers raised, archived, recorded and renewed: what changes, what must not, and what is refused."""

import io

import pytest

from esign import asic
from esign.algorithms import SHA256, SHA512
from esign.asic.manifest import TIME_STAMP_TYPE, Manifest
from esign.cms import SignedData
from esign.errors import MalformedInput
from esign.ers import EvidenceRecord
from esign.findings import Indication
from esign.signing.evidence import EvidenceMissing
from esign.signing.levels import AugmentationRefused
from esign.tsp import TimeStampToken
from tests.esign.asic import world
from tests.esign.asic.world import ARCHIVE, BORN, DAY, DOCUMENTS, MADE, PASSED, changed, files, judge, verdict

NOW = BORN + 6 * DAY
SIGNATURE, MANIFEST = "META-INF/signature001.p7s", "META-INF/ASiCManifest001.xml"
STAMP, RECORD = "META-INF/timestamp001.tst", "META-INF/evidencerecord001.ers"
RECORD_MANIFEST = "META-INF/ASiCEvidenceRecordManifest001.xml"


def archived(container: bytes, at: "world.datetime", **more: object) -> bytes:
    """The container with one more archive manifest, of `at`."""
    return asic.archive(
        container,
        tsa=world.tsa(at),
        at=at,
        trust=world.pki().trust,
        material=world.lists(at),
        **more,  # type: ignore[arg-type]
    )


# --- augment ---


@pytest.mark.parametrize("form", ["asic-e", "asic-s"])
@pytest.mark.parametrize("level", ["B-T", "B-LT", "B-LTA"])
def test_every_signature_is_raised_and_nothing_else_changes(level: str, form: asic.Form) -> None:
    before = world.signed(form)
    if form == "asic-e":
        before = asic.add_signature(before, world.signs("Karimov K."), at=MADE)
    after = world.raised(before, level, BORN + 2 * DAY)
    report = judge(after, NOW)
    assert verdict(report) == PASSED
    assert {one.level for one in report.signatures} == {level}
    kept = {name: content for name, content in files(before).items() if not name.endswith(".p7s")}
    assert {name: files(after)[name] for name in kept} == kept
    assert list(files(after)) == list(files(before))


def test_b_lta_by_an_archive_manifest_adds_two_files() -> None:
    before, after = world.raised(world.signed(), "B-LT", BORN + 2 * DAY), world.lasting(archive_manifest=True)
    assert set(files(after)) - set(files(before)) == {ARCHIVE, STAMP}
    assert files(after)[SIGNATURE] == files(world.raised(after, "B-LTA", BORN + 4 * DAY))[SIGNATURE]
    manifest = Manifest.read(ARCHIVE, files(after)[ARCHIVE])
    assert (manifest.reference, manifest.reference_type) == (STAMP, TIME_STAMP_TYPE)
    assert {one.name for one in manifest.objects} == {*DOCUMENTS, MANIFEST, SIGNATURE}
    assert {one.digest for one in manifest.objects} == {SHA256}
    assert not any(one.root for one in manifest.objects)


def test_another_digest_than_that_of_the_manifests_calls_for_an_archive_manifest() -> None:
    """What stands within the signature could protect the documents by the old digest only."""
    inside = world.raised(world.lasting(), "B-LTA", BORN + 4 * DAY)
    assert ARCHIVE not in files(inside)
    beside = world.raised(world.lasting(), "B-LTA", BORN + 4 * DAY, by=SHA512)
    manifest = Manifest.read(ARCHIVE, files(beside)[ARCHIVE])
    assert {one.digest for one in manifest.objects} == {SHA512}
    assert TimeStampToken.read(files(beside)[STAMP]).info.imprint.value == SHA512.of(manifest.raw)


def test_a_renewed_archive_manifest_takes_the_plain_name_and_refers_to_the_one_before() -> None:
    first = world.lasting(archive_manifest=True)
    second = world.raised(first, "B-LTA", BORN + 4 * DAY)
    third = world.raised(second, "B-LTA", BORN + 5 * DAY)
    held = files(third)
    manifest = Manifest.read(ARCHIVE, held[ARCHIVE])
    assert manifest.reference == "META-INF/timestamp003.tst"
    assert [one.name for one in manifest.objects if one.root] == ["META-INF/ASiCArchiveManifest002.xml"]
    assert {one.name for one in manifest.objects} == set(held) - {"mimetype", ARCHIVE, manifest.reference}
    assert held["META-INF/ASiCArchiveManifest001.xml"] == files(first)[ARCHIVE]
    assert held["META-INF/ASiCArchiveManifest002.xml"] == files(second)[ARCHIVE]
    assert held[STAMP] == files(second)[STAMP]
    assert verdict(judge(third, NOW)) == PASSED
    assert world.kinds(judge(third, NOW)) == [("archive", "PASSED")] * 3


def test_a_time_stamp_gets_its_validation_data_before_it_is_covered() -> None:
    bare = TimeStampToken.read(files(world.lasting(archive_manifest=True))[STAMP])
    covered = files(world.raised(world.lasting(archive_manifest=True), "B-LTA", BORN + 4 * DAY))[STAMP]
    complete = TimeStampToken.read(covered)
    assert (bare.signed.crls, complete.info) == ((), bare.info)
    assert complete.signed.crls
    assert complete.signer_info.signature == bare.signer_info.signature


def test_without_evidence_nothing_is_raised_and_it_is_said_what_is_missing() -> None:
    at = BORN + 4 * DAY
    for container in (world.signed(), world.lasting(archive_manifest=True)):
        with pytest.raises(EvidenceMissing) as raised:
            asic.augment(container, "B-LTA", tsa=world.tsa(at), at=at, trust=world.pki().trust)
        assert raised.value.code == "evidence-missing"


def test_what_is_covered_is_raised_by_another_archive_manifest_only() -> None:
    for level in ("B-T", "B-LT"):
        with pytest.raises(AugmentationRefused) as raised:
            world.raised(world.lasting(archive_manifest=True), level, BORN + 4 * DAY)
        assert raised.value.code == "augmentation-refused"
    with pytest.raises(MalformedInput):
        asic.exchange(world.lasting(archive_manifest=True), lambda old, _: old, at=NOW)


def test_a_signature_that_came_after_an_archive_manifest_is_raised_beside_it() -> None:
    both = asic.add_signature(world.lasting(archive_manifest=True), world.signs("Karimov K."), at=MADE)
    report = judge(both, NOW)
    assert (verdict(report), [one.level for one in report.signatures]) == (PASSED, ["B-LTA", "B-B"])
    after = world.raised(both, "B-LTA", BORN + 4 * DAY)
    assert {one.level for one in judge(after, NOW).signatures} == {"B-LTA"}
    assert files(after)[SIGNATURE] == files(both)[SIGNATURE]


def test_a_level_needs_its_means() -> None:
    with pytest.raises(ValueError, match="needs trust"):
        asic.augment(world.signed(), "B-LT", tsa=world.tsa(MADE), at=MADE)
    with pytest.raises(ValueError, match="is one of"):
        world.raised(world.signed(), "B-B", MADE)
    with pytest.raises(AugmentationRefused):
        world.raised(asic.stamp(DOCUMENTS, world.stamps(MADE), at=MADE), "B-LTA", BORN + 4 * DAY)


def test_a_container_with_a_broken_manifest_is_not_touched() -> None:
    for name in (MANIFEST, "META-INF/ASiCArchiveManifest001.xml"):
        with pytest.raises(MalformedInput) as raised:
            world.raised(changed(world.signed(), **{name: b"<broken"}), "B-T", MADE)
        assert raised.value.code == "manifest-malformed"


def test_a_signature_that_no_manifest_names_is_not_raised() -> None:
    with pytest.raises(MalformedInput) as raised:
        world.raised(changed(world.signed(), **{MANIFEST: None}), "B-T", MADE)
    assert raised.value.code == "container-malformed"


# --- archive ---


@pytest.mark.parametrize("form", ["asic-e", "asic-s"])
def test_time_stamps_and_records_are_archived_too(form: asic.Form) -> None:
    stamped = asic.stamp(DOCUMENTS, world.stamps(MADE), at=MADE, container=form)
    record = asic.record(DOCUMENTS, world.tsa(MADE), at=MADE, container=form)
    for container, kind in ((stamped, "document"), (record, "evidence-record")):
        after = archived(container, BORN + 4 * DAY)
        found = dict(world.kinds(judge(after, NOW)))
        assert found == {kind: "PASSED", "archive": "PASSED"}


def test_documents_alone_are_not_archived() -> None:
    bare = changed(world.signed(), **{SIGNATURE: None, MANIFEST: None})
    with pytest.raises(AugmentationRefused):
        archived(bare, BORN + 4 * DAY)


def test_an_archive_manifest_that_a_record_covers_keeps_its_name() -> None:
    at = BORN + 4 * DAY
    trust, material = world.pki().trust, world.lists(at)
    lasting = world.lasting(archive_manifest=True)
    both = asic.add_evidence_record(lasting, world.tsa(at), at=at, trust=trust, material=material)
    after = archived(both, BORN + 5 * DAY)
    assert files(after)[ARCHIVE] == files(both)[ARCHIVE]
    assert "META-INF/ASiCArchiveManifest001.xml" in files(after)
    assert verdict(judge(after, NOW)) == PASSED
    assert all(found == "PASSED" for _, found in world.kinds(judge(after, NOW)))


# --- evidence records ---


def test_a_record_covers_all_but_records_and_their_lists() -> None:
    once = world.recorded()
    at = BORN + 4 * DAY
    twice = asic.add_evidence_record(
        once, world.tsa(at), at=at, trust=world.pki().trust, material=world.lists(at)
    )
    for container, manifest in (
        (once, RECORD_MANIFEST),
        (twice, "META-INF/ASiCEvidenceRecordManifest002.xml"),
    ):
        read = Manifest.read(manifest, files(container)[manifest])
        assert {one.name for one in read.objects} == {*DOCUMENTS, MANIFEST, SIGNATURE}
    report = judge(twice, NOW)
    assert verdict(report) == PASSED
    assert world.kinds(report) == [("evidence-record", "PASSED")] * 2


def test_the_digest_of_a_record_is_that_of_its_list() -> None:
    # EN 319 162-1 cl. 4.4.3.2, item 4
    container = asic.record(DOCUMENTS, world.tsa(MADE), at=MADE, by=SHA512)
    manifest = Manifest.read(RECORD_MANIFEST, files(container)[RECORD_MANIFEST])
    assert {one.digest for one in manifest.objects} == {
        EvidenceRecord.read(files(container)[RECORD]).last.digest
    }
    assert manifest.reference_type == ""
    assert world.kinds(judge(container, NOW)) == [("evidence-record", "PASSED")]


def test_a_simple_container_has_no_room_for_a_record_beside_its_signature() -> None:
    with pytest.raises(AugmentationRefused):
        asic.add_evidence_record(world.lasting("asic-s"), world.tsa(MADE), at=MADE, trust=world.pki().trust)


@pytest.mark.parametrize("by", [None, SHA512])
def test_a_record_is_renewed_in_its_place(by: "asic.making.Digest | None") -> None:
    at = BORN + 5 * DAY
    after = asic.renew_evidence_records(
        world.recorded(), world.tsa(at), at=at, trust=world.pki().trust, material=world.lists(at), by=by
    )
    assert set(files(after)) == set(files(world.recorded()))
    record = EvidenceRecord.read(files(after)[RECORD])
    assert [len(chain.time_stamps) for chain in record.chains] == ([2] if by is None else [1, 1])
    assert verdict(judge(after, NOW)) == PASSED
    assert world.kinds(judge(after, NOW)) == [("evidence-record", "PASSED")] * 2


def test_a_simple_record_is_renewed_with_another_digest() -> None:
    at = BORN + 5 * DAY
    before = asic.record(DOCUMENTS, world.tsa(MADE), at=MADE, container="asic-s")
    after = asic.renew_evidence_records(
        before, world.tsa(at), at=at, trust=world.pki().trust, material=world.lists(at), by=SHA512
    )
    assert world.kinds(judge(after, NOW)) == [("evidence-record", "PASSED")] * 2


def test_only_records_that_nothing_covers_are_renewed() -> None:
    at, trust = BORN + 5 * DAY, world.pki().trust
    for container, error in (
        (world.signed(), AugmentationRefused),
        (archived(world.recorded(), BORN + 4 * DAY), MalformedInput),
    ):
        with pytest.raises(error):
            asic.renew_evidence_records(
                container, world.tsa(at), at=at, trust=trust, material=world.lists(at)
            )


# --- as a file ---


def test_what_is_made_goes_into_a_file() -> None:
    at, out = BORN + 4 * DAY, io.BytesIO()
    made = asic.augment(
        io.BytesIO(world.signed()),
        "B-LTA",
        tsa=world.tsa(at),
        at=at,
        trust=world.pki().trust,
        material=world.lists(at),
        out=out,
    )
    assert made == b""
    assert verdict(judge(out.getvalue(), NOW)) == PASSED


def test_the_kind_stands_first_and_stored_whatever_was_done() -> None:
    for container in (world.lasting(archive_manifest=True), world.recorded(), world.lasting("asic-s")):
        kind = files(container)["mimetype"]
        assert container[26:38] == b"\x08\0\0\0mimetype"
        assert container[38 : 38 + len(kind)] == kind
        assert b"PK\6\6" not in container


def test_a_signature_within_holds_its_evidence() -> None:
    for form in ("asic-e", "asic-s"):
        held = files(world.lasting(form))  # type: ignore[arg-type]
        (signature,) = (content for name, content in held.items() if name.endswith(".p7s"))
        assert SignedData.read(signature).crls
    assert judge(world.lasting("asic-s"), NOW).signatures[0].indication is Indication.TOTAL_PASSED
