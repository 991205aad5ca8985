"""What a policy sets about findings that are no errors of themselves (EN 319 102-1 cl. 5.1.4.1, cl. 5.2.8).

blocks = constrain(basic.blocks, policy)
"""

from dataclasses import replace
from typing import Final

from esign.findings import Finding, Severity, SubIndication
from esign.validation.block import Block, undecided
from esign.validation.policy import ConstraintLevel, Policy


def constrain(blocks: tuple[Block, ...], policy: Policy) -> tuple[Block, ...]:
    """EN 319 102-1 cl. 5.2.8: what the policy sets about findings that are warnings of themselves.

    One that fails makes its block INDETERMINATE with SIG_CONSTRAINTS_FAILURE. No error is made less.
    """
    if not policy.constraints:
        return blocks
    return tuple(_constrained(block, policy) for block in blocks)


def _constrained(block: Block, policy: Policy) -> Block:
    findings = tuple(f for finding in block.findings if (f := _levelled(finding, policy)) is not None)
    raised = any(
        new.severity is Severity.ERROR and policy.level_of(new.code) is ConstraintLevel.FAIL
        for new in findings
        if new not in block.findings
    )
    if raised and block.passed:
        return undecided(SubIndication.SIG_CONSTRAINTS_FAILURE, *findings)
    return replace(block, findings=findings)


def _levelled(finding: Finding, policy: Policy) -> Finding | None:
    level = policy.level_of(finding.code)
    if finding.severity is Severity.ERROR or level is None:
        return finding
    if level is ConstraintLevel.IGNORE:
        return None
    return replace(finding, severity=_SEVERITIES[level])


_SEVERITIES: Final = {
    ConstraintLevel.FAIL: Severity.ERROR,
    ConstraintLevel.WARN: Severity.WARNING,
    ConstraintLevel.INFORM: Severity.INFO,
}
