"""A container through the years: kept by archive manifests and evidence records that are renewed in time,
and what each neglect costs (EN 319 162-1 Annex A.7, EN 319 102-1 cl. 5.6)."""

from datetime import datetime

import pytest

from esign import asic
from esign.algorithms import SHA256, SHA512, Digest
from esign.signing.levels import augment
from esign.validation.policy import Policy
from tests.esign.asic import world
from tests.esign.asic.world import PASSED, changed, doubt, judge, new_year, verdict

LATE = doubt("OUT_OF_BOUNDS_NOT_REVOKED")
WEAK = doubt("CRYPTO_CONSTRAINTS_FAILURE_NO_POE")


SOON = world.BORN + 5 * world.DAY
NEXT_YEAR = new_year(2028)


def weakened() -> Policy:
    """SHA-256 ends when the containers are some months old, and everybody's certificate is still valid."""
    return world.ending("sha256", world.BORN + 100 * world.DAY)


def renewed(container: bytes, *years: int, by: Digest = SHA256) -> bytes:
    """With one more archive manifest at the beginning of each of `years`."""
    for year in years:
        container = world.raised(container, "B-LTA", new_year(year), by=by, archive_manifest=True)
    return container


def record_renewed(at: datetime, by: Digest | None = None) -> bytes:
    return asic.renew_evidence_records(
        world.recorded(), world.tsa(at), at=at, trust=world.pki().trust, material=world.lists(at), by=by
    )


@pytest.mark.parametrize("form", ["asic-e", "asic-s"])
def test_after_the_signers_certificate_expired_b_lta_passes(form: asic.Form) -> None:
    # The signer's certificate ends in January 2029, the authority's that stamped in January 2032.
    assert verdict(judge(world.signed(form), new_year(2030))) == doubt("OUT_OF_BOUNDS_NO_POE")
    assert verdict(judge(world.lasting(form), new_year(2030))) == PASSED
    assert verdict(judge(world.lasting(form), new_year(2033))) == LATE


def test_after_the_authority_that_stamped_ended_an_archive_manifest_must_have_been_renewed() -> None:
    container = world.lasting(archive_manifest=True)
    assert verdict(judge(container, new_year(2031))) == PASSED
    assert verdict(judge(container, new_year(2033))) == LATE
    report = judge(renewed(container, 2031), new_year(2033))
    assert (verdict(report), report.signatures[0].level) == (PASSED, "B-LTA")
    assert report.signatures[0].best_signature_time == world.BORN + 2 * world.DAY


def test_renewal_after_renewal_keeps_it() -> None:
    container = renewed(world.lasting(archive_manifest=True), 2029, 2031)
    assert verdict(judge(container, new_year(2035))) == PASSED
    assert world.kinds(judge(container, new_year(2035))) == [("archive", "PASSED")] * 3


def test_an_archive_manifest_keeps_what_an_archive_time_stamp_within_began() -> None:
    assert verdict(judge(renewed(world.lasting(), 2031), new_year(2033))) == PASSED


def test_what_is_kept_is_kept_only_for_the_documents_that_were_signed() -> None:
    kept = renewed(world.lasting(archive_manifest=True), 2031)
    assert verdict(judge(changed(kept, **{"contract.txt": b"another"}), new_year(2033))) != PASSED


# --- an algorithm ends ---


@pytest.mark.parametrize("form", ["asic-e", "asic-s"])
def test_after_the_end_of_its_digest_a_container_is_not_believed(form: asic.Form) -> None:
    for container in (world.lasting(form), world.lasting(archive_manifest=True)):
        assert verdict(judge(container, world.BORN + 6 * world.DAY, weakened())) == PASSED
        assert verdict(judge(container, NEXT_YEAR, weakened())) == WEAK


def test_a_renewal_with_another_digest_outlives_the_first() -> None:
    for begun in (world.lasting(archive_manifest=True), world.lasting(), world.lasting("asic-s")):
        container = world.raised(begun, "B-LTA", SOON, by=SHA512)
        assert verdict(judge(container, NEXT_YEAR, weakened())) == PASSED


def test_a_renewal_with_the_digest_that_ends_does_not_outlive_it() -> None:
    container = world.raised(world.lasting(archive_manifest=True), "B-LTA", SOON)
    assert verdict(judge(container, NEXT_YEAR, weakened())) == WEAK


def test_a_renewal_within_the_signature_leaves_the_documents_to_the_old_digest() -> None:
    """Only what covers the documents by another digest keeps another one from taking their place."""
    name = "META-INF/signature001.p7s"
    manifest = world.files(world.lasting())["META-INF/ASiCManifest001.xml"]
    within = augment(
        world.files(world.lasting())[name],
        "B-LTA",
        tsa=world.tsa(SOON),
        at=SOON,
        trust=world.pki().trust,
        material=world.lists(SOON),
        document=manifest,
        by=SHA512,
    )
    container = changed(world.lasting(), **{name: within})
    assert verdict(judge(container, SOON, weakened())) == PASSED
    assert verdict(judge(container, NEXT_YEAR, weakened())) == WEAK


# --- evidence records ---


def test_a_record_keeps_a_container_as_long_as_it_is_renewed() -> None:
    assert verdict(judge(world.recorded(), new_year(2031))) == PASSED
    assert verdict(judge(world.recorded(), new_year(2033))) == LATE
    assert verdict(judge(record_renewed(new_year(2031)), new_year(2033))) == PASSED


def test_a_record_whose_files_are_hashed_anew_outlives_its_digest() -> None:
    assert verdict(judge(record_renewed(SOON, SHA512), NEXT_YEAR, weakened())) == PASSED
    assert verdict(judge(record_renewed(SOON), NEXT_YEAR, weakened())) == WEAK


def test_an_archive_manifest_keeps_a_record_that_was_not_renewed() -> None:
    kept = renewed(world.recorded(), 2031)
    report = judge(kept, new_year(2033))
    assert verdict(report) == PASSED
    assert dict(world.kinds(report)) == {"archive": "PASSED", "evidence-record": "PASSED"}


@pytest.mark.parametrize("form", ["asic-e", "asic-s"])
def test_a_time_stamp_without_signature_is_kept_by_an_archive_manifest(form: asic.Form) -> None:
    container = asic.stamp(world.DOCUMENTS, world.stamps(world.MADE), at=world.MADE, container=form)
    assert world.kinds(judge(container, new_year(2033)))[0][1] != "PASSED"
    at = new_year(2031)
    kept = asic.archive(
        container, tsa=world.tsa(at), at=at, trust=world.pki().trust, material=world.lists(at)
    )
    assert set(world.kinds(judge(kept, new_year(2033)))) == {("document", "PASSED"), ("archive", "PASSED")}
