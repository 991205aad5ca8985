"""Evidence records that others made, judged whole; each brings the authorities that are trusted here."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from esign.ers import EvidenceRecord
from esign.findings import Indication, SubIndication
from esign.material import Material
from esign.validation.context import Context
from esign.validation.evidence import EvidenceReport, validate_evidence
from esign.validation.policy import DigestRule, Policy, Revocation
from esign.x509 import Certificate, Trust
from tests import peers
from tests.esign.ers.world import digesters

pytestmark = pytest.mark.corpora

FOLDER = "Testdaten_ERS-Testool/rfc4998"
ONE, TWO, THREE = (f"{name}/BIN_ER.ers" for name in ("1Chain1ATS", "1Chain2ATS", "2Chains3ATS"))
WITH_SHA1 = "1Chain2ATS/testRenewal.ers"
IN_TIME, TOO_LATE = datetime(2018, 6, 1, tzinfo=UTC), datetime(2030, 6, 1, tzinfo=UTC)


def judged(name: str, at: datetime, *, accepted: tuple[str, ...] = (), change: bytes = b"") -> EvidenceReport:
    """Revocation is not asked for: the lists of 2017 are not in the corpus."""
    folder = peers.corpus("evidence_records") / FOLDER
    record = EvidenceRecord.read((folder / name).read_bytes())
    data = (folder / name).parent.joinpath("BIN.bin").read_bytes() + change
    held = [Certificate.load(raw) for stamp in record.time_stamps for raw in stamp.token.signed.certificates]
    anchors = tuple(dict.fromkeys(c for c in held if c.extended_key_usage is None))
    policy = Policy.default()
    digests = (*policy.digests, *map(DigestRule, accepted))
    policy = replace(policy, digests=digests, revocation=Revocation.UNSAFE_OFF)
    context = Context.of(Material(), trust=Trust(anchors), at=at, policy=policy)
    return validate_evidence(record, digesters(data), context=context)


@pytest.mark.parametrize("name", [ONE, TWO, THREE])
def test_a_record_passed_while_its_last_authority_was_valid(name: str) -> None:
    report = judged(name, IN_TIME)
    assert (report.indication, report.findings) == (Indication.PASSED, ())
    assert report.proved == datetime(2017, 2, 10, 14, 7, 52, 500_000, tzinfo=UTC)


@pytest.mark.parametrize("name", [ONE, TWO, THREE, WITH_SHA1])
def test_a_record_that_nobody_renewed_is_undecided_today(name: str) -> None:
    report = judged(name, TOO_LATE, accepted=("sha1",))
    assert report.indication is Indication.INDETERMINATE
    assert report.sub_indication is SubIndication.OUT_OF_BOUNDS_NO_POE


def test_a_time_stamp_by_sha1_counts_only_where_sha1_does() -> None:
    report = judged(WITH_SHA1, IN_TIME)
    assert report.sub_indication is SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE
    assert [t.indication is Indication.PASSED for t in report.timestamps] == [True, True, False]
    assert judged(WITH_SHA1, IN_TIME, accepted=("sha1",)).indication is Indication.PASSED


@pytest.mark.parametrize("name", [ONE, TWO, THREE, WITH_SHA1])
def test_changed_data_fail(name: str) -> None:
    report = judged(name, IN_TIME, change=b"\0")
    assert (report.indication, report.sub_indication) == (Indication.FAILED, SubIndication.HASH_FAILURE)
