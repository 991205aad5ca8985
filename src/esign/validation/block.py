"""The answer of one building block, and of several together (EN 319 102-1 cl. 5.1.3).

gravest((Block(), undecided(SubIndication.TRY_LATER))).sub_indication
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from esign.findings import Finding, Indication, SubIndication
from esign.validation.report import gravity


@dataclass(frozen=True, slots=True)
class Block:
    """The answer of one building block: PASSED, INDETERMINATE or FAILED, and why."""

    indication: Indication = Indication.PASSED
    sub_indication: SubIndication | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the indication is PASSED."""
        return self.indication is Indication.PASSED

    @property
    def verdict(self) -> tuple[Indication, SubIndication | None]:
        """Indication and sub-indication."""
        return self.indication, self.sub_indication


PASSED: Final = Block()
"""PASSED, with nothing to say."""


def undecided(sub_indication: SubIndication, *findings: Finding) -> Block:
    """INDETERMINATE with its reason."""
    return Block(Indication.INDETERMINATE, sub_indication, findings)


def failed(sub_indication: SubIndication, *findings: Finding) -> Block:
    """FAILED with its reason."""
    return Block(Indication.FAILED, sub_indication, findings)


def gravest(blocks: Iterable[Block]) -> Block:
    """The verdict of several blocks: the first of the gravest, with the findings of all."""
    several = tuple([block for block in blocks if block is not PASSED])
    if not several:
        return PASSED
    worst = max(several, key=lambda block: gravity(block.indication))
    findings = dict.fromkeys(finding for block in several for finding in block.findings)
    return Block(worst.indication, worst.sub_indication, tuple(findings))
