"""One token: what it is over, who made it, what proofs of existence change (EN 319 102-1 cl. 5.4)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from esign.algorithms import SHA1, SHA256, Digest
from esign.content import Content
from esign.errors import EsignError
from esign.findings import Indication, Severity, SubIndication
from esign.material import Material
from esign.testing import TestPKI
from esign.tsp import MessageImprint, TimeStampToken, stamp
from esign.validation.context import Context
from esign.validation.policy import DigestRule, Policy, Revocation
from esign.validation.proofs import Proofs
from esign.validation.report import TimeStampReport
from esign.validation.timestamps import fingerprint, validate_timestamp
from esign.x509 import Certificate

BORN = datetime(2027, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)
STAMPED = BORN + 2 * DAY
NOW = BORN + 5 * DAY
DATA = b"the octets"
PASSED = (Indication.PASSED, None)


@cache
def pki() -> TestPKI:
    made = TestPKI(BORN)
    made.authority("infra")
    return made


@cache
def lists() -> tuple[bytes, ...]:
    return pki().crls_at(BORN + 3 * DAY)


@cache
def token(by: Digest = SHA256) -> TimeStampToken:
    return stamp(MessageImprint.of(DATA, by=by), pki().time_stamper(STAMPED))


def context(
    at: datetime = NOW,
    *,
    of: TestPKI | None = None,
    policy: Policy | None = None,
    proofs: Proofs | None = None,
    crls: tuple[bytes, ...] | None = None,
) -> Context:
    known = of or pki()
    blobs = lists() if crls is None else crls
    return Context.of(Material.read(blobs), trust=known.trust, at=at, policy=policy, proofs=proofs)


def judge(found: TimeStampToken | None = None, known: Context | None = None) -> TimeStampReport:
    content = Content.of(DATA)
    return validate_timestamp(
        found or token(), imprint=content.digest, kind="document", context=known or context()
    )


def verdict(report: TimeStampReport) -> tuple[Indication, SubIndication | None]:
    return report.indication, report.sub_indication


def doubt(name: str) -> tuple[Indication, SubIndication]:
    return Indication.INDETERMINATE, SubIndication(name)


def end_of(found: TimeStampToken) -> datetime:
    certificate = found.signer()
    assert certificate is not None
    return certificate.not_after


# --- now ---


def test_a_good_token_tells_when_and_by_whom() -> None:
    report = judge()
    assert verdict(report) == PASSED
    assert (report.kind, report.at, report.proved) == ("document", STAMPED, NOW)
    assert report.authority is not None and report.authority.common_name == "Test TSA"
    assert report.certificate == token().signer()
    assert report.digest == fingerprint(token().raw)
    assert (report.findings, report.needs) == ((), ())
    assert report.path is not None and len(report.path.path) == 3


def test_the_imprint_must_be_that_of_the_octets() -> None:
    report = validate_timestamp(token(), imprint=Content.of(b"x").digest, kind="document", context=context())
    assert verdict(report) == (Indication.FAILED, SubIndication.HASH_FAILURE)
    assert [f.code for f in report.findings] == ["time-stamp-imprint-mismatch"]


def test_an_imprint_may_be_checked_elsewhere() -> None:
    report = validate_timestamp(token(), imprint=None, kind="evidence-record", context=context())
    assert (verdict(report), report.kind) == (PASSED, "evidence-record")


def test_an_imprint_that_cannot_be_made_leaves_it_undecided() -> None:
    def imprint(by: Digest) -> bytes:
        raise EsignError("unsupported-algorithm", algorithm=by.name)

    report = validate_timestamp(token(), imprint=imprint, kind="document", context=context())
    assert verdict(report) == doubt("CRYPTO_CONSTRAINTS_FAILURE_NO_POE")


def test_the_policy_decides_on_the_digest_of_the_imprint() -> None:
    weak = replace(Policy.default(), digests=(DigestRule("sha256"),))
    old = TimeStampToken.read(token().raw)
    imprint = replace(old.info.imprint, digest_algorithm=SHA1.identifier, value=SHA1.of(DATA))
    weakly = replace(old, info=replace(old.info, imprint=imprint))
    report = judge(weakly, context(policy=weak))
    assert verdict(report) == doubt("CRYPTO_CONSTRAINTS_FAILURE_NO_POE")
    assert [dict(f.values).get("algorithm") for f in report.findings] == ["sha1"]


def test_a_certificate_for_something_else_does_not_stamp() -> None:
    signer = pki().signer("Aliyev A.")
    held = token()
    report = judge(held, replace(context(), policy=Policy.default()))
    assert verdict(report) == PASSED
    assert Certificate.load(signer.certificate).extended_key_usage != ("1.3.6.1.5.5.7.3.8",)


def test_without_its_revocation_data_it_is_to_be_tried_later() -> None:
    report = judge(known=context(crls=()))
    assert verdict(report) == doubt("TRY_LATER")
    assert "revocation-undetermined" in [f.code for f in report.findings]


def test_a_policy_without_revocation_needs_none() -> None:
    lenient = replace(Policy.default(), revocation=Revocation.UNSAFE_OFF)
    assert verdict(judge(known=context(crls=(), policy=lenient))) == PASSED


# --- the past ---


def after_the_end(proofs: Proofs | None = None) -> Context:
    return context(end_of(token()) + DAY, proofs=proofs)


def everything_at(at: datetime) -> Proofs:
    """The token, and what speaks about its authority, proved at `at`."""
    return Proofs().with_all((token().raw, *token().signed.certificates, *lists()), at)


def test_after_the_end_of_its_certificate_a_token_proves_nothing() -> None:
    assert judge(known=after_the_end()).sub_indication in (
        SubIndication.OUT_OF_BOUNDS_NO_POE,
        SubIndication.OUT_OF_BOUNDS_NOT_REVOKED,
    )


def test_with_a_proof_that_it_existed_before_it_does() -> None:
    proved = STAMPED + 30 * DAY
    report = judge(known=after_the_end(everything_at(proved)))
    assert (verdict(report), report.proved) == (PASSED, proved)


def test_a_proof_of_the_token_alone_is_not_enough() -> None:
    report = judge(known=after_the_end(Proofs().with_(token().raw, STAMPED + 30 * DAY)))
    assert report.indication is Indication.INDETERMINATE


def test_a_proof_after_the_end_is_too_late() -> None:
    late = everything_at(end_of(token()) + DAY / 2)
    assert judge(known=after_the_end(late)).indication is Indication.INDETERMINATE


def test_no_proof_mends_a_wrong_imprint() -> None:
    known = after_the_end(everything_at(STAMPED + DAY))
    report = validate_timestamp(token(), imprint=Content.of(b"x").digest, kind="document", context=known)
    assert verdict(report) == (Indication.FAILED, SubIndication.HASH_FAILURE)


def revoked_later(reason: str) -> tuple[TestPKI, TimeStampToken]:
    own = TestPKI(BORN)
    found = stamp(MessageImprint.of(DATA), own.time_stamper(STAMPED))
    certificate = found.signer()
    assert certificate is not None
    own.revoke(certificate, at=BORN + 40 * DAY, reason=reason)
    return own, found


def test_a_revocation_takes_back_what_was_not_proved_before_it() -> None:
    own, found = revoked_later("keyCompromise")
    at = BORN + 50 * DAY
    lists = own.crls_at(at)
    known = context(at, of=own, crls=lists)
    assert verdict(judge(found, known)) == doubt("REVOKED_NO_POE")
    proved = replace(known, proofs=Proofs().with_(found.raw, BORN + 30 * DAY))
    assert verdict(judge(found, proved)) == PASSED
    late = replace(known, proofs=Proofs().with_(found.raw, BORN + 41 * DAY))
    assert verdict(judge(found, late)) == doubt("REVOKED_NO_POE")


def test_the_end_of_a_digest_counts_from_the_proof() -> None:
    end = BORN + 100 * DAY
    ended = replace(
        Policy.default(),
        digests=tuple(
            DigestRule("sha256", end) if rule.name == "sha256" else rule for rule in Policy.default().digests
        ),
    )
    at = end + DAY
    assert verdict(judge(known=context(at, policy=ended))) == doubt("CRYPTO_CONSTRAINTS_FAILURE_NO_POE")
    proved = context(at, policy=ended, proofs=everything_at(end - DAY))
    assert verdict(judge(known=proved)) == PASSED
    late = context(at, policy=ended, proofs=everything_at(end))
    assert verdict(judge(known=late)) == doubt("CRYPTO_CONSTRAINTS_FAILURE_NO_POE")


# --- hostile ---


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 1 << 16), st.integers(1, 255))
def test_no_changed_token_raises_or_tells_another_time(place: int, change: int) -> None:
    octets = bytearray(token().raw)
    octets[place % len(octets)] ^= change
    try:
        found = TimeStampToken.read(bytes(octets))
    except EsignError:
        return
    report = judge(found)
    if report.indication is Indication.PASSED:
        assert (report.at, found.info.imprint) == (STAMPED, token().info.imprint)
    assert all(f.severity in Severity for f in report.findings)
