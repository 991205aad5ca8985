"""A signature through the years, by a simulated clock: what keeps it, and what each neglect costs
(EN 319 102-1 cl. 5.6). Each time comes after the one before, for everybody in it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from esign import signing
from esign.algorithms import SHA256, SHA512, Digest
from esign.ers import embed, stamp_many
from esign.findings import Indication, SubIndication
from esign.keys import Signer
from esign.material import Material
from esign.signing.levels import augment
from esign.testing import TestPKI
from esign.validation.policy import DigestRule, Policy
from esign.validation.report import Report, SignatureReport
from esign.validation.signature import verify
from esign.x509 import Certificate

BORN = datetime(2027, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)
CONTENT = b"a contract for thirty years"
PASSED = (Indication.TOTAL_PASSED, None)


def doubt(name: str) -> tuple[Indication, SubIndication]:
    return Indication.INDETERMINATE, SubIndication(name)


@dataclass
class Life:
    """One signature at each level, made in the first days, and the authorities around it."""

    pki: TestPKI = field(default_factory=lambda: TestPKI(BORN, key="p-384"))
    levels: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.signer = self.pki.signer("Aliyev A.")
        self.levels["B-B"] = signing.sign(CONTENT, self.signer, at=BORN + DAY)
        self.raise_to("B-T", self.levels["B-B"], BORN + 2 * DAY)
        self.raise_to("B-LT", self.levels["B-T"], BORN + 3 * DAY)
        self.raise_to("B-LTA", self.levels["B-LT"], BORN + 5 * DAY)

    def raise_to(
        self, level: str, signed: bytes, at: datetime, *, by: Digest = SHA256, name: str = ""
    ) -> bytes:
        """`signed` raised at `at`, with lists of that day; kept under `name`."""
        # Five years for who stamps, and the authority above ends in 2037.
        issued = min(at - DAY, datetime(2031, 12, 1, tzinfo=UTC))
        tsa = self.pki.time_stamper(at, issued=issued, key="p-384")
        material = Material() if level == "B-T" else self.lists(at)
        made = augment(
            signed,
            level,
            tsa=tsa,
            at=at,
            trust=self.pki.trust,
            material=material,
            by=by,  # type: ignore[arg-type]
        )
        self.levels[name or level] = made
        return made

    def lists(self, at: datetime) -> Material:
        """What every authority publishes at `at`, good for ten days."""
        return Material.read(self.pki.crls_at(at, lifetime=10 * DAY))

    def renewed(self, *years: int, by: Digest = SHA512) -> bytes:
        """B-LTA with one more archive time stamp at the beginning of each of `years`."""
        made = self.levels["B-LTA"]
        for year in years:
            made = self.raise_to("B-LTA", made, datetime(year, 1, 2, tzinfo=UTC), by=by, name=f"until {year}")
        return made

    def judge(self, signed: bytes, at: datetime, policy: Policy | None = None) -> Report:
        return verify(signed, trust=self.pki.trust, at=at, material=self.lists(at), policy=policy)

    def end_of(self, who: Signer) -> datetime:
        return Certificate.load(who.certificate).not_after


def verdict(report: Report) -> tuple[Indication, SubIndication | None]:
    return report.indication, report.sub_indication


def only(report: Report) -> SignatureReport:
    (found,) = report.signatures
    return found


def kinds(report: Report) -> list[tuple[str, str]]:
    stamps = only(report).timestamps
    return [(s.kind, s.sub_indication.value if s.sub_indication else s.indication.value) for s in stamps]


def ending(name: str, until: datetime) -> Policy:
    """The built-in policy with an end date of a digest."""
    policy = Policy.default()
    rules = tuple(replace(r, until=until) if r.name == name else r for r in policy.digests)
    assert DigestRule(name, until) in rules
    return replace(policy, digests=rules)


# --- in its first days ---


@pytest.mark.parametrize("level", ["B-B", "B-T", "B-LT", "B-LTA"])
def test_each_level_passes_when_it_is_young_and_is_named(level: str) -> None:
    life = Life()
    report = life.judge(life.levels[level], BORN + 6 * DAY)
    assert verdict(report) == PASSED
    assert only(report).level == level
    wanted = BORN + 6 * DAY if level == "B-B" else BORN + 2 * DAY
    assert only(report).best_signature_time == wanted


# --- the signer's certificate has expired ---


@pytest.mark.parametrize(
    ("level", "wanted"),
    [("B-B", doubt("OUT_OF_BOUNDS_NO_POE")), ("B-T", PASSED), ("B-LT", PASSED), ("B-LTA", PASSED)],
)
def test_after_the_signers_certificate_expired_a_time_stamp_is_needed(
    level: str, wanted: tuple[Indication, SubIndication | None]
) -> None:
    life = Life()
    report = life.judge(life.levels[level], life.end_of(life.signer) + DAY)
    assert verdict(report) == wanted
    assert only(report).level == level


# --- the signer's certificate was revoked later ---


@pytest.mark.parametrize(
    ("level", "wanted"), [("B-B", doubt("REVOKED_NO_POE")), ("B-T", PASSED), ("B-LTA", PASSED)]
)
def test_a_later_revocation_of_the_signer_does_not_reach_back_before_the_time_stamp(
    level: str, wanted: tuple[Indication, SubIndication | None]
) -> None:
    life = Life()
    life.pki.revoke(life.signer, at=BORN + 30 * DAY)
    assert verdict(life.judge(life.levels[level], BORN + 31 * DAY)) == wanted


def test_a_revocation_before_the_time_stamp_stays() -> None:
    life = Life()
    life.pki.revoke(life.signer, at=BORN + 12 * timedelta(hours=3))
    assert verdict(life.judge(life.levels["B-LTA"], BORN + 31 * DAY)) == doubt("REVOKED_NO_POE")


# --- an authority was revoked later ---


@pytest.mark.parametrize("level", ["B-T", "B-LT", "B-LTA"])
def test_a_later_revocation_of_the_authority_does_not_reach_back(level: str) -> None:
    life = Life()
    life.pki.revoke(life.pki.issuing, at=BORN + 400 * DAY, reason="cACompromise")
    assert verdict(life.judge(life.levels[level], BORN + 401 * DAY)) == PASSED


def test_without_a_time_stamp_the_revocation_of_the_authority_decides() -> None:
    life = Life()
    life.pki.revoke(life.pki.issuing, at=BORN + 400 * DAY, reason="cACompromise")
    assert verdict(life.judge(life.levels["B-B"], BORN + 401 * DAY)) == doubt("REVOKED_CA_NO_POE")


# --- the certificate of the time-stamp authority has expired ---

LATE = datetime(2032, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("level", "wanted"),
    [
        ("B-T", doubt("OUT_OF_BOUNDS_NO_POE")),
        ("B-LT", doubt("OUT_OF_BOUNDS_NOT_REVOKED")),
        ("B-LTA", doubt("OUT_OF_BOUNDS_NOT_REVOKED")),
    ],
)
def test_after_the_end_of_the_authority_that_stamped_nothing_proves_the_time(
    level: str, wanted: tuple[Indication, SubIndication | None]
) -> None:
    life = Life()
    report = life.judge(life.levels[level], LATE)
    assert verdict(report) == wanted
    assert only(report).best_signature_time == LATE


def test_a_renewal_in_time_keeps_it() -> None:
    life = Life()
    report = life.judge(life.renewed(2031), LATE)
    assert verdict(report) == PASSED
    assert kinds(report) == [("signature", "PASSED"), ("archive", "PASSED"), ("archive", "PASSED")]
    found = only(report)
    assert (found.level, found.best_signature_time) == ("B-LTA", BORN + 2 * DAY)
    assert found.timestamps[1].proved == datetime(2031, 1, 2, tzinfo=UTC)


def test_a_renewal_that_came_too_late_keeps_nothing() -> None:
    life = Life()
    late = datetime(2033, 1, 2, tzinfo=UTC)
    tsa = life.pki.time_stamper(late, issued=datetime(2031, 12, 1, tzinfo=UTC), key="p-384")
    # What is late for the first authority is hidden from the augmentation by an earlier `at`.
    at = datetime(2031, 12, 2, tzinfo=UTC)
    signed = augment(
        life.levels["B-LTA"], "B-LTA", tsa=tsa, at=at, trust=life.pki.trust, material=life.lists(at)
    )
    report = life.judge(signed, late + DAY)
    assert verdict(report) == doubt("OUT_OF_BOUNDS_NOT_REVOKED")
    late_ones = ("archive", "OUT_OF_BOUNDS_NOT_REVOKED")
    assert kinds(report) == [("signature", late_ones[1]), late_ones, ("archive", "PASSED")]


def test_a_renewal_after_a_renewal_keeps_it_longer() -> None:
    life = Life()
    assert verdict(life.judge(life.renewed(2029, 2031), datetime(2035, 12, 1, tzinfo=UTC))) == PASSED


# --- a time-stamp authority was revoked ---


def test_the_revocation_of_a_time_stamp_authority_takes_its_stamps_unless_they_were_renewed() -> None:
    kept, lost = Life(), Life()
    renewed = kept.renewed(2028)
    for life, signed, wanted in ((kept, renewed, PASSED), (lost, lost.levels["B-T"], None)):
        stamp = only(life.judge(signed, datetime(2028, 2, 1, tzinfo=UTC))).timestamps[0]
        assert stamp.certificate is not None
        life.pki.revoke(stamp.certificate, at=datetime(2028, 3, 1, tzinfo=UTC))
        report = life.judge(signed, datetime(2029, 3, 1, tzinfo=UTC))
        if wanted:
            assert verdict(report) == wanted
        else:
            assert kinds(report) == [("signature", "REVOKED_NO_POE")]
            assert verdict(report) == doubt("OUT_OF_BOUNDS_NO_POE")


# --- an algorithm reached its end ---

END = datetime(2029, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize("level", ["B-B", "B-T", "B-LTA"])
def test_after_the_end_of_its_digest_a_signature_is_not_believed(level: str) -> None:
    life = Life()
    lived = life.judge(life.levels[level], BORN + 6 * DAY, ending("sha256", END))
    assert verdict(lived) == PASSED
    life = Life()
    # Before its certificate expired: the digest alone decides.
    early = ending("sha256", BORN + 100 * DAY)
    report = life.judge(life.levels[level], BORN + 101 * DAY, early)
    assert verdict(report) == doubt("CRYPTO_CONSTRAINTS_FAILURE_NO_POE")


def test_a_renewal_with_another_digest_outlives_the_first() -> None:
    life = Life()
    report = life.judge(life.renewed(2029), datetime(2029, 7, 1, tzinfo=UTC), ending("sha256", END))
    assert verdict(report) == PASSED
    assert only(report).best_signature_time == BORN + 2 * DAY


def test_a_renewal_with_another_digest_after_the_end_is_too_late() -> None:
    life = Life()
    report = life.judge(
        life.renewed(2029),
        datetime(2029, 1, 4, tzinfo=UTC),
        ending("sha256", datetime(2029, 1, 1, tzinfo=UTC)),
    )
    assert report.indication is Indication.INDETERMINATE


# --- evidence records ---


def recorded(life: Life, signed: bytes, at: datetime) -> bytes:
    """`signed` with an evidence record made at `at` inside."""
    tsa = life.pki.time_stamper(at, issued=at - DAY, key="p-384")
    (record,) = stamp_many([(SHA256.of(signed),)], tsa)
    return embed(signed, record.raw)


def test_an_evidence_record_keeps_a_signature_as_an_archive_time_stamp_does() -> None:
    life = Life()
    at = datetime(2028, 12, 20, tzinfo=UTC)
    kept = recorded(life, life.raise_to("B-LT", life.levels["B-LT"], at), at)
    report = life.judge(kept, LATE)
    assert verdict(report) == PASSED
    assert kinds(report) == [("signature", "PASSED"), ("evidence-record", "PASSED")]
    assert only(report).best_signature_time == BORN + 2 * DAY


def test_an_evidence_record_over_something_else_keeps_nothing() -> None:
    life = Life()
    at = datetime(2028, 12, 20, tzinfo=UTC)
    fresh = life.raise_to("B-LT", life.levels["B-LT"], at)
    (record,) = stamp_many([(SHA256.of(b"other"),)], life.pki.time_stamper(at, issued=at - DAY, key="p-384"))
    report = life.judge(embed(fresh, record.raw), LATE)
    assert report.indication is Indication.INDETERMINATE


# --- all of it ---


def test_thirty_years_of_care_keep_a_signature() -> None:
    life = Life()
    first = life.renewed(2029)
    life.pki.revoke(life.signer, at=datetime(2029, 1, 5, tzinfo=UTC))
    life.pki.revoke(life.pki.issuing, at=datetime(2030, 1, 5, tzinfo=UTC), reason="cACompromise")
    second = life.raise_to("B-LTA", first, datetime(2033, 1, 2, tzinfo=UTC), by=SHA512)
    report = life.judge(second, datetime(2036, 1, 1, tzinfo=UTC), ending("sha256", END))
    assert verdict(report) == PASSED
    assert only(report).level == "B-LTA"


@pytest.mark.parametrize("renewals", [(), (2031,)])
def test_what_is_kept_is_kept_only_for_the_content_that_was_signed(renewals: tuple[int, ...]) -> None:
    life = Life()
    signed = life.renewed(*renewals)
    changed = signed.replace(CONTENT, CONTENT[:-1] + b"!")
    report = life.judge(changed, datetime(2031, 2, 1, tzinfo=UTC))
    assert verdict(report) == (Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE)
    assert all(s.indication is Indication.FAILED for s in only(report).timestamps if s.kind == "archive")
