"""Time stamps and evidence records beside the signatures of a container: each judged by itself, and for what
it proves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from esign import asic, der
from esign.algorithms import SHA256, SHA512
from esign.asic.assertions import MAX_ASSERTIONS
from esign.asic.container import MAX_MANIFESTS
from esign.asic.manifest import TIME_STAMP_TYPE, DataObject, encode
from esign.attributes import Attribute
from esign.content import Content
from esign.findings import Indication
from esign.preserve import timestamp
from esign.signing.frame import Frame
from esign.testing import TestPKI
from esign.validation.policy import Constraint, ConstraintLevel, Limits, Policy
from tests.esign.asic import world
from tests.esign.asic.world import ARCHIVE, BORN, DAY, DOCUMENTS, MADE, PASSED, changed, files, judge, verdict

NOW = BORN + 6 * DAY
STAMP, STAMP_MANIFEST = "META-INF/timestamp001.tst", "META-INF/ASiCManifest001.xml"
RECORD, RECORD_MANIFEST = "META-INF/evidencerecord001.ers", "META-INF/ASiCEvidenceRecordManifest001.xml"
SIGNATURE = "META-INF/signature001.p7s"


def stamped(form: asic.Form = "asic-e") -> bytes:
    return asic.stamp(DOCUMENTS, world.stamps(MADE), at=MADE, container=form)


def recorded(form: asic.Form = "asic-e") -> bytes:
    return asic.record(DOCUMENTS, world.tsa(MADE), at=MADE, container=form)


# --- alone ---


@pytest.mark.parametrize("form", ["asic-e", "asic-s"])
def test_a_time_stamp_alone_is_an_entry_of_a_report_without_signature(form: asic.Form) -> None:
    report = judge(stamped(form), NOW)
    assert verdict(report) == (Indication.INDETERMINATE, None)
    assert (report.signatures, world.codes(report)) == ((), {"no-signature-found"})
    assert world.kinds(report) == [("document", "PASSED")]
    assert report.timestamps[0].at == MADE


@pytest.mark.parametrize("form", ["asic-e", "asic-s"])
def test_an_evidence_record_alone_is_an_entry_too(form: asic.Form) -> None:
    report = judge(recorded(form), NOW)
    assert (report.signatures, world.codes(report)) == ((), {"no-signature-found"})
    assert world.kinds(report) == [("evidence-record", "PASSED")]
    assert report.timestamps[0].at == MADE


def test_the_entry_says_which_files_it_covers_and_stands_in_each_form_of_the_report() -> None:
    report = judge(stamped(), NOW)
    (told,) = [f for f in report.timestamps[0].findings if f.code == "container-time-stamp"]
    assert (told.where, dict(told.values)["files"]) == (STAMP, ", ".join(sorted(DOCUMENTS)))
    assert [one["kind"] for one in report.to_dict()["timestamps"]] == ["document"]
    assert "Time stamp" in report.explain("en")
    assert f'id="T-{report.timestamps[0].digest}"' in report.to_etsi_xml().decode()
    assert "timestamps" not in judge(world.signed(), NOW).to_dict()


@pytest.mark.parametrize("form", ["asic-e", "asic-s"])
@pytest.mark.parametrize("make", [stamped, recorded])
def test_a_changed_document_fails_what_covers_it(make: "type[bytes]", form: asic.Form) -> None:
    container = make(form)  # type: ignore[arg-type]
    name = "contract.txt" if form == "asic-e" else "package.zip"
    report = judge(changed(container, **{name: b"another"}), NOW)
    assert [one.indication for one in report.timestamps] == [Indication.FAILED]
    assert [one.sub_indication.value for one in report.timestamps if one.sub_indication] == ["HASH_FAILURE"]


@pytest.mark.parametrize("make", [stamped, recorded])
def test_a_document_that_is_gone_leaves_it_open(make: "type[bytes]") -> None:
    report = judge(changed(make(), **{"contract.txt": None}), NOW)
    (found,) = report.timestamps
    assert "container-file-missing" in world.codes(report)
    assert found.indication is not Indication.PASSED


def test_a_changed_manifest_fails_a_time_stamp_but_a_record_is_not_over_it() -> None:
    # EN 319 162-1 cl. 4.4.4.2, NOTE 2
    spaced = {name: files(stamped())[name] + b"\n" for name in (STAMP_MANIFEST,)}
    assert world.kinds(judge(changed(stamped(), **spaced), NOW)) == [("document", "HASH_FAILURE")]
    spaced = {name: files(recorded())[name] + b"\n" for name in (RECORD_MANIFEST,)}
    assert world.kinds(judge(changed(recorded(), **spaced), NOW)) == [("evidence-record", "PASSED")]


@pytest.mark.parametrize(("make", "name"), [(stamped, STAMP_MANIFEST), (recorded, RECORD_MANIFEST)])
@pytest.mark.parametrize("content", [None, b"<broken"])
def test_without_its_manifest_it_covers_nothing(
    make: "type[bytes]", name: str, content: bytes | None
) -> None:
    report = judge(changed(make(), **{name: content}), NOW)
    assert [one.indication for one in report.timestamps] != [Indication.PASSED]
    assert "container-manifest-missing" in world.codes(report)
    assert ("manifest-malformed" in world.codes(report)) is (content is not None and make is recorded)


@pytest.mark.parametrize(("make", "name"), [(stamped, STAMP), (recorded, RECORD)])
def test_what_cannot_be_read_is_told_in_its_place(make: "type[bytes]", name: str) -> None:
    report = judge(changed(make(), **{name: b"\x30\x00"}), NOW)
    assert [one.indication for one in report.timestamps] == [Indication.FAILED]
    assert world.codes(report) & {"time-stamp-unreadable", "ers-malformed"}


def test_the_time_stamp_of_a_stranger_is_not_believed() -> None:
    stranger = TestPKI(BORN).time_stamper(MADE)
    container = asic.stamp(DOCUMENTS, lambda octets: timestamp(octets, stranger), at=MADE)
    (found,) = judge(container, NOW).timestamps
    assert found.indication is Indication.INDETERMINATE


def test_a_manifest_that_two_claim_for_one_time_stamp_is_broken() -> None:
    other = encode(STAMP, [DataObject("contract.txt", SHA256, SHA256.of(b"other"))])
    report = judge(changed(stamped(), **{ARCHIVE: other}), NOW)
    assert "manifest-malformed" in world.codes(report)
    assert world.kinds(report) == [("document", "PASSED")]


def test_more_time_stamps_than_the_limit_are_not_judged() -> None:
    token = files(stamped())[STAMP]
    crowd = {f"META-INF/timestamp{n}.tst": token for n in range(MAX_ASSERTIONS)}
    report = judge(changed(stamped(), **crowd), NOW)
    assert (report.timestamps, "work-limit" in world.codes(report)) == ((), True)


def test_manifests_are_bounded_together() -> None:
    large = b" " * (1 << 22)
    names = [f"META-INF/ASiCManifest{n}.xml" for n in range(2, 2 + MAX_MANIFESTS // len(large) + 1)]
    report = judge(changed(stamped(), **dict.fromkeys(names, large)), NOW)
    assert verdict(report)[0] is Indication.TOTAL_FAILED
    assert "malformed-input" in world.codes(report)


def test_records_in_xml_are_told() -> None:
    report = judge(changed(stamped(), **{"META-INF/evidencerecord001.xml": b"<r/>"}), NOW)
    assert "container-form-unknown" in world.codes(report)


# --- beside a signature ---


def test_what_covers_a_signature_stands_at_the_signature() -> None:
    report = judge(world.lasting(archive_manifest=True), NOW)
    assert verdict(report) == PASSED
    (signature,) = report.signatures
    assert [one.kind for one in signature.timestamps] == ["signature", "archive"]
    assert (signature.level, signature.best_signature_time) == ("B-LTA", BORN + 2 * DAY)


def test_an_archive_manifest_without_the_signed_documents_proves_no_signature() -> None:
    """Else a digest that is broken later would let another document take the place of the signed one."""
    container = raised_with_archive_over(SIGNATURE, STAMP_MANIFEST)
    report = judge(container, NOW)
    assert world.kinds(report) == [("archive", "PASSED")]
    assert [(one.level, one.indication) for one in report.signatures] == [("B-LT", Indication.TOTAL_PASSED)]
    whole = raised_with_archive_over(SIGNATURE, STAMP_MANIFEST, *DOCUMENTS)
    assert judge(whole, NOW).signatures[0].level == "B-LTA"


def raised_with_archive_over(*names: str) -> bytes:
    """A container at B-LT with an archive manifest over some of its files."""
    container = world.raised(world.signed(), "B-LT", BORN + 2 * DAY)
    held = files(container)
    file = "META-INF/timestamp001.tst"
    objects = [DataObject(name, SHA256, SHA256.of(held[name])) for name in names]
    manifest = encode(file, objects, reference_type=TIME_STAMP_TYPE)
    return changed(container, **{ARCHIVE: manifest, file: world.stamps(BORN + 3 * DAY)(manifest)})


def test_a_time_stamp_over_a_signature_keeps_it_however_its_manifest_is_called() -> None:
    container = world.lasting(archive_manifest=True)
    plain = changed(container, **{ARCHIVE: None, "META-INF/ASiCManifest002.xml": files(container)[ARCHIVE]})
    report = judge(plain, NOW)
    assert (world.kinds(report), report.signatures[0].level) == ([("archive", "PASSED")], "B-LTA")


def test_an_archive_manifest_that_names_a_signature_file_is_no_manifest_of_that_signature() -> None:
    manifest = files(world.signed())[STAMP_MANIFEST]
    moved = changed(world.signed(), **{STAMP_MANIFEST: None, ARCHIVE: manifest})
    report = judge(moved, NOW)
    assert verdict(report)[0] is Indication.TOTAL_FAILED
    assert "container-manifest-missing" in world.codes(report)


def test_a_broken_archive_manifest_takes_nothing_from_the_signature() -> None:
    report = judge(changed(world.lasting(archive_manifest=True), **{ARCHIVE: b"<broken"}), NOW)
    assert verdict(report) == PASSED
    assert (report.signatures[0].level, "manifest-malformed" in world.codes(report)) == ("B-LT", True)


def test_a_failed_archive_time_stamp_proves_nothing() -> None:
    container = world.lasting(archive_manifest=True)
    broken = changed(container, **{ARCHIVE: files(container)[ARCHIVE] + b"\n"})
    report = judge(broken, NOW)
    assert (verdict(report), report.signatures[0].level) == (PASSED, "B-LT")
    assert world.kinds(report) == [("archive", "HASH_FAILURE")]
    renewed = world.raised(container, "B-LTA", world.new_year(2031))
    assert verdict(judge(renewed, world.new_year(2033))) == PASSED
    broken = changed(renewed, **{ARCHIVE: files(renewed)[ARCHIVE] + b"\n"})
    assert verdict(judge(broken, world.new_year(2033))) == world.doubt("OUT_OF_BOUNDS_NOT_REVOKED")


def test_time_stamps_ask_for_what_they_miss() -> None:
    container = asic.stamp(DOCUMENTS, world.stamps(MADE), at=MADE)
    report = asic.verify(container, trust=world.pki().trust, at=MADE + timedelta(hours=1))
    assert report.timestamps[0].indication is Indication.INDETERMINATE
    assert set(report.timestamps[0].needs) <= set(report.needs)


def test_a_digest_of_an_archive_manifest_must_be_acceptable_when_it_is_relied_on() -> None:
    policy = world.ending("sha256", world.new_year(2029))
    container = world.lasting(archive_manifest=True)
    assert verdict(judge(container, NOW, policy)) == PASSED
    late = judge(container, world.new_year(2030), policy)
    assert verdict(late) != PASSED
    renewed = world.raised(container, "B-LTA", world.new_year(2028), by=SHA512)
    assert verdict(judge(renewed, world.new_year(2030), policy)) == PASSED


def test_a_policy_that_demands_an_archive_time_stamp_takes_one_over_the_container() -> None:
    demand = Constraint("archive-time-stamp-missing", ConstraintLevel.FAIL)
    policy = replace(Policy.default(), constraints=(demand,))
    assert verdict(judge(world.lasting(archive_manifest=True), NOW, policy)) == PASSED
    bare = world.raised(world.signed(), "B-LT", BORN + 2 * DAY)
    assert verdict(judge(bare, NOW, policy)) != PASSED


@pytest.mark.parametrize("make", [world.signed, stamped, recorded])
def test_what_cannot_be_read_under_an_archive_manifest_harms_no_other(make: "type[bytes]") -> None:
    (name,) = (n for n in files(make()) if n.endswith((".p7s", ".tst", ".ers")))
    container = changed(make(), **{name: b"\x30\x00"})
    held = {n: c for n, c in files(container).items() if n != "mimetype"}
    objects = [DataObject(n, SHA256, SHA256.of(c)) for n, c in held.items()]
    file = "META-INF/timestamp009.tst"
    manifest = encode(file, objects, reference_type=TIME_STAMP_TYPE)
    report = judge(changed(container, **{ARCHIVE: manifest, file: world.stamps(MADE)(manifest)}), NOW)
    assert ("archive", "PASSED") in world.kinds(report)
    assert verdict(report) != PASSED


def test_unreadable_material_of_a_covered_signature_leaves_the_signature_value() -> None:
    broken = Attribute("2.999.1", (der.tlv(der.context(1), *[der.null()] * 4),))
    frame = Frame.read(files(world.signed())[SIGNATURE])
    signature = frame.with_signers(one.adding(broken) for one in frame.signers).encode()
    at = BORN + 3 * DAY
    container = asic.archive(
        changed(world.signed(), **{SIGNATURE: signature}),
        tsa=world.tsa(at),
        at=at,
        trust=world.pki().trust,
        material=world.lists(at),
    )
    report = judge(container, NOW)
    assert world.kinds(report) == [("archive", "PASSED")]
    assert [one.best_signature_time for one in report.signatures] == [at]


def test_a_policy_that_grants_no_work_leaves_time_stamps_open() -> None:
    policy = replace(Policy.default(), limits=replace(Limits(), links=0, paths=0, signature_checks=0))
    for make in (stamped, recorded):
        report = judge(make(), NOW, policy)
        assert [one.indication for one in report.timestamps] == [Indication.INDETERMINATE]


def test_the_document_that_the_caller_holds_must_be_in_the_container() -> None:
    for octets, wanted in ((DOCUMENTS["contract.txt"], PASSED), (b"another", None)):
        report = asic.verify(
            world.signed(),
            trust=world.pki().trust,
            at=NOW,
            material=world.lists(NOW),
            document=Content.of(octets),
        )
        assert (verdict(report) == PASSED) is (wanted == PASSED)
        assert ("content-differs" in world.codes(report)) is (wanted is None)
