"""Evidence records through the years: renewed in time they prove; if not, the standard's word says why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from esign import der
from esign.algorithms import SHA256, SHA384, SHA512, AlgorithmIdentifier
from esign.cms import SignedData
from esign.errors import NotPassed
from esign.ers import (
    ArchiveTimeStamp,
    ArchiveTimeStampChain,
    EvidenceRecord,
    embed,
    embedded_records,
    renew_hash_trees,
    renew_time_stamps,
    stamp_many,
)
from esign.findings import Indication, SubIndication
from esign.material import Material
from esign.signing import EvidenceMissing, Inquiry, sign
from esign.signing.records import with_validation_data
from esign.testing import TestPKI
from esign.tsa import TimeStampAuthority
from esign.tsp import MessageImprint, TimeStamper, TimeStampRequest, TimeStampResponse, stamp
from esign.validation.context import Context
from esign.validation.evidence import (
    EvidenceReport,
    proved_by_embedded,
    unreadable_evidence,
    validate_embedded,
    validate_evidence,
)
from esign.validation.policy import DigestRule, Limits, Policy
from esign.x509 import Certificate, Trust
from tests.esign.ers.world import digester, digesters

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, YEAR = timedelta(hours=1), timedelta(days=365)
DATA = b"a letter that lasts"


class World:
    """A PKI that the tests may harm: its own in each."""

    def __init__(self) -> None:
        self.pki = TestPKI(AT, key="p-384")

    def tsa(self, at: datetime, key: str = "p-384") -> TimeStamper:
        return self.pki.time_stamper(at, key=key)

    def material(self, at: datetime) -> Material:
        return Material.read((*self.pki.crls_at(at), *(c.raw for c in self.pki.chain)))

    def context(self, at: datetime, policy: Policy | None = None) -> Context:
        return Context.of(self.material(at), trust=self.pki.trust, at=at, policy=policy)

    def record(self, at: datetime = AT, key: str = "p-384") -> EvidenceRecord:
        return stamp_many([SHA256.of(DATA), SHA256.of(b"another")], self.tsa(at, key))[0]

    def ready(self, record: EvidenceRecord, at: datetime) -> EvidenceRecord:
        return with_validation_data(record, Inquiry(self.material(at), self.pki.trust, at))

    def renewed(self, record: EvidenceRecord, at: datetime) -> EvidenceRecord:
        return renew_time_stamps([self.ready(record, at)], self.tsa(at))[0]

    def judged(
        self, record: EvidenceRecord, at: datetime, *data: bytes, policy: Policy | None = None
    ) -> EvidenceReport:
        received = EvidenceRecord.read(record.raw)
        return validate_evidence(received, digesters(*(data or (DATA,))), context=self.context(at, policy))


@pytest.fixture
def world() -> World:
    """One for each test: its clock only goes on."""
    return World()


def codes(report: EvidenceReport) -> list[str]:
    return [f.code for f in report.findings]


def verdict(report: EvidenceReport) -> tuple[Indication, SubIndication | None]:
    return report.indication, report.sub_indication


GOOD = (Indication.PASSED, None)


def undecided(sub_indication: SubIndication) -> tuple[Indication, SubIndication | None]:
    return Indication.INDETERMINATE, sub_indication


def test_a_record_proves_its_data_since_its_first_time_stamp(world: World) -> None:
    report = world.judged(world.record(), AT + HOUR)
    assert verdict(report) == GOOD
    assert (report.proved, [t.kind for t in report.timestamps]) == (AT, ["evidence-record"])
    report.require_passed()
    assert report.to_dict()["proved"] == AT.isoformat()


def test_a_verdict_has_no_truth_value_and_a_bad_one_can_be_insisted_on(world: World) -> None:
    report = world.judged(world.record(), AT + HOUR, b"other data")
    with pytest.raises(TypeError, match="no truth value"):
        assert report
    with pytest.raises(NotPassed):
        report.require_passed()


def test_changed_data_fail(world: World) -> None:
    report = world.judged(world.record(), AT + HOUR, b"other data")
    assert verdict(report) == (Indication.FAILED, SubIndication.HASH_FAILURE)
    assert (codes(report), report.proved) == (["ers-object-missing"], None)


def test_data_that_are_not_there_leave_it_undecided(world: World) -> None:
    report = validate_evidence(world.record(), [], context=world.context(AT + HOUR))
    assert verdict(report) == undecided(SubIndication.SIGNED_DATA_NOT_FOUND)
    assert codes(report) == ["ers-data-missing"]


def test_a_time_stamp_over_something_else_fails(world: World) -> None:
    record = world.record()
    token = stamp(MessageImprint.of(b"something else"), world.tsa(AT))
    swapped = record.with_last_token(token)
    report = world.judged(swapped, AT + HOUR)
    assert verdict(report) == (Indication.FAILED, SubIndication.HASH_FAILURE)
    assert "ers-root-mismatch" in codes(report)
    assert report.timestamps[0].sub_indication is SubIndication.HASH_FAILURE


def test_an_authority_that_is_not_trusted_leaves_it_undecided(world: World) -> None:
    stranger = TestPKI(AT)
    context = replace(world.context(AT + HOUR), trust=Trust((stranger.root,)), certificates=())
    report = validate_evidence(world.record(), digesters(DATA), context=context)
    assert verdict(report) == undecided(SubIndication.NO_CERTIFICATE_CHAIN_FOUND)


def test_octets_that_are_no_record_fail_by_their_format() -> None:
    with pytest.raises(Exception) as caught:
        EvidenceRecord.read(b"no record")
    report = unreadable_evidence(b"no record", caught.value)  # type: ignore[arg-type]
    assert verdict(report) == (Indication.FAILED, SubIndication.FORMAT_FAILURE)
    assert codes(report) == ["ers-malformed"]


def test_time_stamps_out_of_order_leave_it_undecided(world: World) -> None:
    late = world.record(AT + 2 * HOUR)
    swapped = renew_time_stamps([late], world.tsa(AT + HOUR))[0]
    report = world.judged(swapped, AT + 3 * HOUR)
    assert verdict(report) == undecided(SubIndication.TIMESTAMP_ORDER_FAILURE)
    assert "ers-order" in codes(report)


def test_work_is_bounded(world: World) -> None:
    policy = replace(Policy.default(), limits=Limits(signature_checks=2))
    record = world.record()
    for _ in range(3):
        record = renew_time_stamps([record], world.tsa(AT))[0]
    report = world.judged(record, AT + HOUR, policy=policy)
    assert report.indication is Indication.INDETERMINATE
    assert "work-limit" in [f.code for t in report.timestamps for f in t.findings]


# --- long life ---


def test_an_expired_authority_does_no_harm_after_a_renewal_in_time(world: World) -> None:
    record = world.renewed(world.record(), AT + YEAR)
    report = world.judged(record, AT + 5.5 * YEAR)
    assert verdict(report) == GOOD
    assert (report.proved, [t.at for t in report.timestamps]) == (AT, [AT, AT + YEAR])


def test_an_expired_authority_without_a_renewal_leaves_it_undecided(world: World) -> None:
    report = world.judged(world.record(), AT + 5.5 * YEAR)
    assert verdict(report) == undecided(SubIndication.OUT_OF_BOUNDS_NO_POE)


def test_a_renewal_that_came_too_late_does_not_help(world: World) -> None:
    late = world.pki.time_stamper(AT + 5.1 * YEAR, issued=AT + 4.9 * YEAR)
    record = renew_time_stamps([world.record()], late)[0]
    report = world.judged(record, AT + 5.1 * YEAR + HOUR)
    assert report.indication is Indication.INDETERMINATE
    assert report.timestamps[1].indication is Indication.PASSED
    assert report.proved is None


def test_renewals_go_on_as_long_as_they_come_in_time(world: World) -> None:
    record = world.record()
    for number in (1, 2, 3):
        record = world.renewed(record, AT + number * YEAR)
    assert verdict(world.judged(record, AT + 7 * YEAR)) == GOOD
    late = world.judged(record, AT + 9 * YEAR)
    # Which of the two depends on the lists that the renewals put in.
    expired = (SubIndication.OUT_OF_BOUNDS_NO_POE, SubIndication.OUT_OF_BOUNDS_NOT_REVOKED)
    assert late.indication is Indication.INDETERMINATE and late.sub_indication in expired


def test_an_authority_revoked_after_the_renewal_does_no_harm(world: World) -> None:
    record = world.renewed(world.record(), AT + YEAR)
    signer = record.time_stamps[0].token.signer()
    assert signer is not None
    world.pki.revoke(signer, at=AT + 2 * YEAR)
    assert verdict(world.judged(record, AT + 2 * YEAR + HOUR)) == GOOD


def test_an_authority_revoked_without_a_renewal_leaves_it_undecided(world: World) -> None:
    record = world.record()
    signer = record.last.token.signer()
    assert signer is not None
    world.pki.revoke(signer, at=AT + YEAR)
    report = world.judged(record, AT + YEAR + HOUR)
    assert verdict(report) == undecided(SubIndication.REVOKED_NO_POE)


END = AT + 2 * YEAR


def without_sha256() -> Policy:
    """SHA-256 has reached its end."""
    kept = tuple(rule for rule in Policy.default().digests if rule.name != "sha256")
    return replace(Policy.default(), digests=(*kept, DigestRule("sha256", END)))


def test_a_digest_that_has_ended_does_no_harm_after_a_hash_tree_renewal_in_time(world: World) -> None:
    ready = world.ready(world.record(key="p-256"), AT + YEAR)
    (record,) = renew_hash_trees([(ready, digesters(DATA))], world.tsa(AT + YEAR), by=SHA512)
    report = world.judged(record, END + HOUR, policy=without_sha256())
    assert verdict(report) == GOOD
    assert report.proved == AT


def test_a_digest_that_has_ended_without_a_renewal_leaves_it_undecided(world: World) -> None:
    report = world.judged(world.record(key="p-256"), END + HOUR, policy=without_sha256())
    assert verdict(report) == undecided(SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE)


def test_a_time_stamp_renewal_does_not_save_a_tree_whose_digest_has_ended(world: World) -> None:
    """RFC 4998 §5.3: the algorithm of a chain has to last until the next chain."""
    record = world.renewed(world.record(), AT + YEAR)
    assert verdict(world.judged(record, END - HOUR, policy=without_sha256())) == GOOD
    report = world.judged(record, END + HOUR, policy=without_sha256())
    assert verdict(report) == undecided(SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE)


def test_a_hash_tree_renewal_after_the_end_does_not_help(world: World) -> None:
    ready = world.ready(world.record(), AT + YEAR)
    (record,) = renew_hash_trees([(ready, digesters(DATA))], world.tsa(END + HOUR), by=SHA512)
    report = world.judged(record, END + 2 * HOUR, policy=without_sha256())
    assert verdict(report) == undecided(SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE)


def test_a_renewal_over_another_record_proves_nothing(world: World) -> None:
    first = world.record()
    other = world.renewed(world.record(AT + HOUR), AT + YEAR)
    swapped = first.with_time_stamp(other.last)
    report = world.judged(swapped, AT + 5.5 * YEAR)
    assert verdict(report) == (Indication.FAILED, SubIndication.HASH_FAILURE)
    assert "ers-renewal-mismatch" in codes(report)
    assert report.timestamps[0].indication is not Indication.PASSED


def test_a_new_chain_over_other_data_proves_nothing_of_the_old_one(world: World) -> None:
    first = world.record()
    token = stamp(MessageImprint.of(DATA, by=SHA384), world.tsa(AT + YEAR))
    swapped = first.with_chain(ArchiveTimeStamp.make(token, (), by=SHA384))
    report = world.judged(swapped, AT + 5.5 * YEAR)
    assert verdict(report) == (Indication.FAILED, SubIndication.HASH_FAILURE)
    assert report.timestamps[0].sub_indication is SubIndication.OUT_OF_BOUNDS_NO_POE


# --- validation data ---


def test_validation_data_go_into_the_last_token_and_not_into_what_is_signed(world: World) -> None:
    record = world.record()
    inquiry = Inquiry(world.material(AT + HOUR), world.pki.trust, AT + HOUR)
    ready = with_validation_data(record, inquiry)
    before, after = record.last.token, ready.last.token
    assert (before.info, before.signer_info.raw) == (after.info, after.signer_info.raw)
    assert after.signed.crls and not before.signed.crls
    assert with_validation_data(ready, inquiry) == ready
    assert verdict(world.judged(ready, AT + 2 * HOUR)) == GOOD


def test_validation_data_that_are_missing_are_named(world: World) -> None:
    nothing = Inquiry(Material(), world.pki.trust, AT + HOUR)
    with pytest.raises(EvidenceMissing) as caught:
        with_validation_data(world.record(), nothing)
    assert caught.value.code == "evidence-missing"


def test_an_authority_that_is_not_in_its_token_is_found_in_the_material_or_missed(world: World) -> None:
    request = TimeStampRequest(MessageImprint.of(DATA), certificates=False)
    tsa = world.pki.stamping_signer(at=AT)
    answer = TimeStampAuthority(tsa, "2.999.1").answer(request.encode(), at=AT, serial=1)
    token = TimeStampResponse.read(answer).token
    assert token is not None and token.signed.certificates == ()
    stamps = (ArchiveTimeStamp.make(token, (), by=SHA256),)
    record = EvidenceRecord.make((ArchiveTimeStampChain.make(stamps),))
    material = world.material(AT + HOUR)
    with pytest.raises(EvidenceMissing):
        with_validation_data(record, Inquiry(material, world.pki.trust, AT + HOUR))
    known = replace(material, certificates=(*material.certificates, Certificate.load(tsa.certificate)))
    ready = with_validation_data(record, Inquiry(known, world.pki.trust, AT + HOUR))
    assert tsa.certificate in ready.last.token.signed.certificates


def test_validation_data_may_stand_in_crypto_infos(world: World) -> None:
    """RFC 4998 §3.1: certificates and lists that serve the validation."""
    version, algorithms, chains = (child.raw for child in der.decode(world.record().raw).children())
    lists = der.sequence(*world.pki.crls_at(AT + HOUR))
    values = der.sequence(der.explicit(0, lists))
    oid = "1.2.840.113549.1.9.16.2.24"
    info = der.sequence(der.oid(oid), der.set_of([values]))
    record = EvidenceRecord.read(der.sequence(version, algorithms, der.tlv(der.context(0), info), chains))
    bare = Context.of(Material.read(c.raw for c in world.pki.chain), trust=world.pki.trust, at=AT + 2 * HOUR)
    assert verdict(validate_evidence(record, digesters(DATA), context=bare)) == GOOD
    alone = validate_evidence(world.record(), digesters(DATA), context=bare)
    assert verdict(alone) == undecided(SubIndication.TRY_LATER)


def test_crypto_infos_that_cannot_be_read_are_passed_over(world: World) -> None:
    version, algorithms, chains = (child.raw for child in der.decode(world.record().raw).children())
    info = der.sequence(der.oid("1.2.840.113549.1.9.16.2.24"), der.set_of([der.null()]))
    record = der.sequence(version, algorithms, der.tlv(der.context(0), info), chains)
    assert verdict(world.judged(EvidenceRecord.read(record), AT + HOUR)) == GOOD


# --- in signatures ---


def recorded(world: World, *data: bytes) -> bytes:
    return stamp_many([tuple(SHA256.of(one) for one in data)], world.tsa(AT))[0].raw


def signature(world: World, *, detached: bool = False) -> bytes:
    return sign(DATA, world.pki.signer(), at=AT, detached=detached)


def test_records_in_a_signature_are_judged_over_what_was_there_before_them(world: World) -> None:
    held = signature(world)
    first = embed(held, recorded(world, held))
    second = embed(first, recorded(world, first))
    reports = validate_embedded(second, content=None, context=world.context(AT + HOUR))
    assert [verdict(report) for report in reports] == [GOOD, GOOD]


def test_a_good_record_in_a_signature_proves_what_it_covers(world: World) -> None:
    held = signature(world)
    whole = embed(held, recorded(world, held))
    reports = validate_embedded(whole, content=None, context=world.context(AT + HOUR))
    proofs = proved_by_embedded(whole, reports)
    signed = SignedData.read(held)
    assert proofs.of(signed.signer_infos[0].signature) == AT
    assert [proofs.of(raw) for raw in signed.certificates] == [AT] * len(signed.certificates)
    assert proofs.of(embedded_records(whole)[0].record) is None
    bad = [replace(report, proved=None) for report in reports]
    assert len(proved_by_embedded(whole, bad)) == 0


def test_a_record_over_another_signature_fails(world: World) -> None:
    held = signature(world)
    whole = embed(held, recorded(world, b"another signature"))
    (report,) = validate_embedded(whole, content=None, context=world.context(AT + HOUR))
    assert verdict(report) == (Indication.FAILED, SubIndication.HASH_FAILURE)


def test_an_external_record_needs_the_content(world: World) -> None:
    data = signature(world, detached=True)
    whole = embed(data, recorded(world, data, DATA), external=True)
    context = world.context(AT + HOUR)
    (good,) = validate_embedded(whole, content=digester(DATA), context=context)
    (missing,) = validate_embedded(whole, content=None, context=context)
    (other,) = validate_embedded(whole, content=digester(b"other"), context=context)
    assert verdict(good) == GOOD
    assert verdict(missing) == undecided(SubIndication.SIGNED_DATA_NOT_FOUND)
    assert verdict(other) == (Indication.FAILED, SubIndication.HASH_FAILURE)


def test_an_external_record_covers_nothing_else(world: World) -> None:
    data = signature(world, detached=True)
    whole = embed(data, recorded(world, data, DATA, b"a third"), external=True)
    (report,) = validate_embedded(whole, content=digester(DATA), context=world.context(AT + HOUR))
    assert codes(report) == ["ers-object-extra"]


def test_a_record_in_a_signature_that_cannot_be_read_fails_alone(world: World) -> None:
    held = signature(world)
    whole = embed(embed(held, recorded(world, held)), der.sequence())
    reports = validate_embedded(whole, content=None, context=world.context(AT + HOUR))
    assert [report.sub_indication for report in reports] == [None, SubIndication.FORMAT_FAILURE]


def test_a_digest_that_nobody_knows_leaves_it_undecided(world: World) -> None:
    token = world.record().last.token
    unknown = der.implicit(0, AlgorithmIdentifier("1.2.3.4").encode())
    chain = der.sequence(der.sequence(unknown, token.raw))
    record = EvidenceRecord.read(der.sequence(der.integer(1), der.sequence(), der.sequence(chain)))
    report = validate_evidence(record, digesters(DATA), context=world.context(AT + HOUR))
    assert "unsupported-algorithm" in codes(report) and report.indication is not Indication.PASSED
