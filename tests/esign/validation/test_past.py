"""The processes of EN 319 102-1 cl. 5.5.4 and cl. 5.6.2.4 on facts alone: nothing signed is here."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from esign.findings import Finding, Indication, SubIndication
from esign.validation.block import Block, failed, gravest, undecided
from esign.validation.long_term import TimeFacts, is_mendable, validate_with_time
from esign.validation.past import PastFacts, past_signature

SIGNED = datetime(2028, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
DAY = timedelta(days=1)
SINCE, UNTIL = SIGNED - YEAR, SIGNED + YEAR
PASSED = Block()
SUB = SubIndication


def doubt(name: str) -> Block:
    return undecided(SubIndication(name))


def codes(block: Block) -> list[str]:
    return [f.code for f in block.findings]


# --- the verdict of several blocks ---


def test_the_gravest_block_decides_and_the_first_of_equals() -> None:
    one, two = doubt("TRY_LATER"), doubt("NO_CERTIFICATE_CHAIN_FOUND")
    bad = failed(SUB.HASH_FAILURE)
    assert gravest((PASSED, one, two)).verdict == one.verdict
    assert gravest((one, bad, two)).verdict == bad.verdict
    assert gravest((PASSED, PASSED)).verdict == (Indication.PASSED, None)


def test_the_findings_of_all_blocks_are_kept_once() -> None:
    found = Finding.warning("signed-attributes-absent")
    assert gravest((Block(findings=(found,)), undecided(SUB.NO_POE, found))).findings == (found,)


# --- 5.5.4: with time ---

TIMES = TimeFacts(SIGNED, SINCE, UNTIL)
REVOKED = replace(TIMES, revoked_at=SIGNED + DAY)
HELD = replace(REVOKED, suspended=True)
FRESH = replace(TIMES, fresh=True)
REFUSED = undecided(SUB.CRYPTO_CONSTRAINTS_FAILURE_NO_POE)
EARLY = SINCE - DAY
AFTER = UNTIL + DAY

WITH_TIME = [
    # 2: what nothing mends
    ("other-doubts-stay", doubt("NO_CERTIFICATE_CHAIN_FOUND"), TIMES, doubt("NO_CERTIFICATE_CHAIN_FOUND")),
    (
        "no-policy-stays",
        doubt("SIGNATURE_POLICY_NOT_AVAILABLE"),
        TIMES,
        doubt("SIGNATURE_POLICY_NOT_AVAILABLE"),
    ),
    ("a-failure-stays", failed(SUB.HASH_FAILURE), TIMES, failed(SUB.HASH_FAILURE)),
    ("good-stays-good", PASSED, TIMES, PASSED),
    # 4a: revoked
    ("revoked-after", doubt("REVOKED_NO_POE"), REVOKED, PASSED),
    (
        "revoked-before",
        doubt("REVOKED_NO_POE"),
        replace(REVOKED, revoked_at=SIGNED - DAY),
        doubt("REVOKED_NO_POE"),
    ),
    (
        "revoked-at-once",
        doubt("REVOKED_NO_POE"),
        replace(REVOKED, revoked_at=SIGNED),
        doubt("REVOKED_NO_POE"),
    ),
    ("revoked-sometime", doubt("REVOKED_NO_POE"), TIMES, doubt("REVOKED_NO_POE")),
    ("ca-revoked-after", doubt("REVOKED_CA_NO_POE"), REVOKED, PASSED),
    (
        "ca-revoked-before",
        doubt("REVOKED_CA_NO_POE"),
        replace(REVOKED, revoked_at=EARLY),
        doubt("REVOKED_CA_NO_POE"),
    ),
    (
        "revoked-but-stamped-before-issued",
        doubt("REVOKED_NO_POE"),
        replace(REVOKED, best=EARLY),
        failed(SUB.NOT_YET_VALID),
    ),
    (
        "revoked-but-stamped-after-the-end",
        doubt("REVOKED_NO_POE"),
        replace(REVOKED, best=AFTER, revoked_at=AFTER + DAY),
        doubt("OUT_OF_BOUNDS_NOT_REVOKED"),
    ),
    # 4b: without proof, and good
    ("expired-not-known", doubt("OUT_OF_BOUNDS_NO_POE"), TIMES, doubt("OUT_OF_BOUNDS_NO_POE")),
    (
        "not-known-and-too-early",
        doubt("OUT_OF_BOUNDS_NO_POE"),
        replace(TIMES, best=EARLY),
        failed(SUB.NOT_YET_VALID),
    ),
    ("good-but-too-early", PASSED, replace(TIMES, best=EARLY), failed(SUB.NOT_YET_VALID)),
    # 4c: algorithms
    ("algorithm-good-then", doubt("CRYPTO_CONSTRAINTS_FAILURE_NO_POE"), TIMES, PASSED),
    (
        "algorithm-bad-then",
        doubt("CRYPTO_CONSTRAINTS_FAILURE_NO_POE"),
        replace(TIMES, acceptance=REFUSED),
        REFUSED,
    ),
    (
        "algorithm-of-the-path",
        doubt("CRYPTO_CONSTRAINTS_FAILURE_NO_POE"),
        replace(TIMES, remainder=REFUSED),
        REFUSED,
    ),
    # 4d: expired, known not to be revoked
    ("expired-stamped-in-time", doubt("OUT_OF_BOUNDS_NOT_REVOKED"), TIMES, PASSED),
    (
        "expired-stamped-on-the-last-moment",
        doubt("OUT_OF_BOUNDS_NOT_REVOKED"),
        replace(TIMES, best=UNTIL),
        PASSED,
    ),
    (
        "expired-stamped-too-late",
        doubt("OUT_OF_BOUNDS_NOT_REVOKED"),
        replace(TIMES, best=AFTER),
        doubt("OUT_OF_BOUNDS_NOT_REVOKED"),
    ),
    (
        "expired-stamped-too-early",
        doubt("OUT_OF_BOUNDS_NOT_REVOKED"),
        replace(TIMES, best=EARLY),
        failed(SUB.NOT_YET_VALID),
    ),
    # 4e: order
    ("disorder", PASSED, replace(TIMES, in_order=False), doubt("TIMESTAMP_ORDER_FAILURE")),
    # 6, 7: freshness and suspension
    ("fresh-seen-from-then", doubt("TRY_LATER"), FRESH, PASSED),
    ("not-fresh-even-then", doubt("TRY_LATER"), TIMES, doubt("TRY_LATER")),
    ("held-after", doubt("TRY_LATER"), HELD, PASSED),
    ("held-before", doubt("TRY_LATER"), replace(HELD, revoked_at=SIGNED - DAY), doubt("TRY_LATER")),
    (
        "held-before-though-fresh",
        doubt("TRY_LATER"),
        replace(HELD, revoked_at=EARLY, fresh=True),
        doubt("TRY_LATER"),
    ),
]


@pytest.mark.parametrize(
    ("basic", "facts", "wanted"), [row[1:] for row in WITH_TIME], ids=[row[0] for row in WITH_TIME]
)
def test_validation_with_time(basic: Block, facts: TimeFacts, wanted: Block) -> None:
    assert validate_with_time(basic, facts).verdict == wanted.verdict


MENDABLE = {
    "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "REVOKED_NO_POE", "REVOKED_CA_NO_POE",
    "TRY_LATER", "OUT_OF_BOUNDS_NO_POE", "OUT_OF_BOUNDS_NOT_REVOKED",
}  # fmt: skip


@pytest.mark.parametrize("sub", sorted(SubIndication, key=lambda s: s.value), ids=lambda s: s.value)
def test_only_these_doubts_can_be_mended_and_no_failure(sub: SubIndication) -> None:
    assert is_mendable(undecided(sub)) == (sub.value in MENDABLE)
    assert not is_mendable(failed(sub))
    assert is_mendable(PASSED)


# --- 5.6.2.4: past signature validation ---

PAST = PastFacts(SIGNED, SINCE, UNTIL, control=SIGNED + DAY, reliable=True, fresh=True)
CA = replace(PAST, ca_revoked_at=SIGNED + 2 * DAY, statement_proved=SIGNED + DAY)

IN_THE_PAST = [
    # 2: past certificate validation
    (
        "no-path-then",
        doubt("OUT_OF_BOUNDS_NO_POE"),
        replace(PAST, control=None),
        doubt("OUT_OF_BOUNDS_NO_POE"),
    ),
    # 3: a proof by the control time
    ("expired", doubt("OUT_OF_BOUNDS_NO_POE"), PAST, PASSED),
    ("expired-not-revoked", doubt("OUT_OF_BOUNDS_NOT_REVOKED"), PAST, PASSED),
    ("proof-at-the-control-time", doubt("OUT_OF_BOUNDS_NO_POE"), replace(PAST, control=SIGNED), PASSED),
    (
        "proof-after-the-control-time",
        doubt("OUT_OF_BOUNDS_NO_POE"),
        replace(PAST, control=SIGNED - DAY),
        doubt("OUT_OF_BOUNDS_NO_POE"),
    ),
    ("revoked", doubt("REVOKED_NO_POE"), PAST, PASSED),
    ("revoked-before", doubt("REVOKED_NO_POE"), replace(PAST, control=SIGNED - DAY), doubt("REVOKED_NO_POE")),
    (
        "revoked-and-proved-after-the-end",
        doubt("REVOKED_NO_POE"),
        replace(PAST, best=AFTER, control=AFTER),
        doubt("OUT_OF_BOUNDS_NOT_REVOKED"),
    ),
    (
        "expired-and-proved-after-the-end",
        doubt("OUT_OF_BOUNDS_NO_POE"),
        replace(PAST, best=AFTER, control=AFTER),
        doubt("OUT_OF_BOUNDS_NO_POE"),
    ),
    (
        "proved-before-the-certificate",
        doubt("OUT_OF_BOUNDS_NO_POE"),
        replace(PAST, best=EARLY),
        failed(SUB.NOT_YET_VALID),
    ),
    ("held", doubt("TRY_LATER"), replace(PAST, suspended=True, fresh=False), PASSED),
    ("held-before", doubt("TRY_LATER"), replace(PAST, suspended=True, control=EARLY), doubt("TRY_LATER")),
    # 3, an authority
    ("ca-revoked", doubt("REVOKED_CA_NO_POE"), CA, PASSED),
    (
        "ca-revoked-before-the-list-is-proved",
        doubt("REVOKED_CA_NO_POE"),
        replace(CA, statement_proved=SIGNED + 3 * DAY),
        doubt("REVOKED_CA_NO_POE"),
    ),
    (
        "ca-revoked-and-nothing-proved",
        doubt("REVOKED_CA_NO_POE"),
        replace(CA, statement_proved=None),
        doubt("REVOKED_CA_NO_POE"),
    ),
    # 4: algorithms
    ("algorithms-held", doubt("CRYPTO_CONSTRAINTS_FAILURE_NO_POE"), PAST, PASSED),
    (
        "algorithms-did-not",
        doubt("CRYPTO_CONSTRAINTS_FAILURE_NO_POE"),
        replace(PAST, reliable=False),
        doubt("CRYPTO_CONSTRAINTS_FAILURE_NO_POE"),
    ),
    # 5: freshness
    ("fresh-then", doubt("TRY_LATER"), PAST, PASSED),
    ("not-fresh-then", doubt("TRY_LATER"), replace(PAST, fresh=False), doubt("TRY_LATER")),
    # 6: all others
    ("others-stay", doubt("NO_CERTIFICATE_CHAIN_FOUND"), PAST, doubt("NO_CERTIFICATE_CHAIN_FOUND")),
    # 7: the revocation data of the signing certificate
    (
        "revocation-data-proved-too-late",
        doubt("OUT_OF_BOUNDS_NO_POE"),
        replace(PAST, revocation_proved=False),
        doubt("REVOCATION_OUT_OF_BOUNDS_NO_POE"),
    ),
    (
        "an-earlier-verdict-stands-over-it",
        doubt("TRY_LATER"),
        replace(PAST, fresh=False, revocation_proved=False),
        doubt("TRY_LATER"),
    ),
]


@pytest.mark.parametrize(
    ("current", "facts", "wanted"), [row[1:] for row in IN_THE_PAST], ids=[row[0] for row in IN_THE_PAST]
)
def test_past_signature_validation(current: Block, facts: PastFacts, wanted: Block) -> None:
    assert past_signature(current, facts).verdict == wanted.verdict


@pytest.mark.parametrize("sub", sorted(SubIndication, key=lambda s: s.value), ids=lambda s: s.value)
def test_no_failure_is_mended_by_the_past(sub: SubIndication) -> None:
    assert past_signature(failed(sub), PAST).verdict == failed(sub).verdict or sub in (SUB.REVOKED_NO_POE,), (
        "a failure became good"
    )


def test_a_verdict_names_what_was_missing() -> None:
    too_late = past_signature(doubt("OUT_OF_BOUNDS_NO_POE"), replace(PAST, revocation_proved=False))
    assert codes(too_late) == ["revocation-out-of-bounds"]
    too_early = validate_with_time(PASSED, replace(TIMES, best=EARLY))
    assert codes(too_early) == ["signature-before-certificate"]
    assert dict(too_early.findings[0].values) == {"not_before": SINCE.isoformat()}
    assert codes(validate_with_time(PASSED, replace(TIMES, in_order=False))) == ["time-stamp-order"]
