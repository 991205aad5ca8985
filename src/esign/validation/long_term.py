"""Validation with time and with long-term material, as decisions over facts (EN 319 102-1 cl. 5.5).

Nothing here looks at a signature: the facts are times and what other blocks came to, so each rule can be
read, and tested, alone.

    validate_with_time(basic.conclusion, facts)
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from esign.findings import Finding, Indication, SubIndication
from esign.validation.block import Block, failed, undecided

CLAUSE: Final = "EN 319 102-1 cl. 5.5.4"
# What a proof of existence may mend (EN 319 102-1 cl. 5.5.4, step 2).
MENDABLE: Final = frozenset(
    (
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
        SubIndication.REVOKED_NO_POE,
        SubIndication.REVOKED_CA_NO_POE,
        SubIndication.TRY_LATER,
        SubIndication.OUT_OF_BOUNDS_NO_POE,
        SubIndication.OUT_OF_BOUNDS_NOT_REVOKED,
    )
)
_REVOKED: Final = (SubIndication.REVOKED_NO_POE, SubIndication.REVOKED_CA_NO_POE)


@dataclass(frozen=True, slots=True)
class TimeFacts:
    """What is compared: `best` is the best signature time, `not_before` and `not_after` of the signing
    certificate.

    `revoked_at`: of the certificate that basic validation found revoked or suspended. `fresh`: each
    certificate that is not revoked was good at `best` or later. `in_order`: the time stamps contradict one
    another nowhere. `acceptance`: signature acceptance validation at `best`. `remainder`: what is wrong with
    the path besides what the sub-indication says.
    """

    best: datetime
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None = None
    suspended: bool = False
    fresh: bool = False
    in_order: bool = True
    acceptance: Block = field(default_factory=Block)
    remainder: Block = field(default_factory=Block)


def is_mendable(block: Block) -> bool:
    """Whether basic validation came to something that later proofs can change."""
    return block.passed or (block.indication is Indication.INDETERMINATE and block.sub_indication in MENDABLE)


def validate_with_time(basic: Block, facts: TimeFacts) -> Block:
    """EN 319 102-1 cl. 5.5.4: the numbers are those of the steps from the second on."""
    # 2) what basic validation came to
    if not is_mendable(basic):
        return basic
    # 4) comparing times: a) to d)
    if (decided := compare_times(basic, facts)) is not None:
        return decided
    # 4e) the order of time stamps
    if not facts.in_order:
        return undecided(
            SubIndication.TIMESTAMP_ORDER_FAILURE, Finding.error("time-stamp-order", clause=CLAUSE)
        )
    # 6), 7) what was known about revocation, seen from the best signature time
    if basic.sub_indication is SubIndication.TRY_LATER and not _settles(facts):
        return basic
    # 8), 9) signature acceptance validation at the best signature time
    if not facts.acceptance.passed:
        return facts.acceptance
    # 10) the algorithms of certificates and revocation data at the current time, and all that is left
    if not facts.remainder.passed:
        return facts.remainder
    return Block()


def compare_times(basic: Block, facts: TimeFacts) -> Block | None:
    """EN 319 102-1 cl. 5.5.4, step 4, a) to d): a verdict, or None to go on."""
    sub = basic.sub_indication
    if sub in _REVOKED and not (facts.revoked_at is not None and facts.revoked_at > facts.best):
        return basic
    if sub is not SubIndication.TRY_LATER and facts.best < facts.not_before:
        return too_early(facts.not_before, CLAUSE)
    if sub is SubIndication.OUT_OF_BOUNDS_NO_POE:
        return basic
    bounded = sub in _REVOKED or sub is SubIndication.OUT_OF_BOUNDS_NOT_REVOKED
    if bounded and facts.best > facts.not_after:
        return undecided(SubIndication.OUT_OF_BOUNDS_NOT_REVOKED, *basic.findings)
    return None


def _settles(facts: TimeFacts) -> bool:
    if facts.suspended:
        return facts.revoked_at is not None and facts.best < facts.revoked_at
    return facts.fresh


def too_early(not_before: datetime, clause: str) -> Block:
    """FAILED, NOT_YET_VALID: the signature was there before its certificate."""
    found = Finding.error("signature-before-certificate", clause=clause, not_before=not_before.isoformat())
    return failed(SubIndication.NOT_YET_VALID, found)
