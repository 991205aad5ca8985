"""What a node lets through: who may send, how a letter must be protected, for whom it must be encrypted.

Three judgements over the same rules: at submission, at relay, at opening. Each collects every finding it can,
and the first error names the refusal. Only what can be seen is judged: a node has no key of a letter, so that
login, outer signature and recipients' keys decide before it opens, and the inner signature decides in the
mailbox.

    judge_submission(message, envelope, user, directory, at=at).verdict is Verdict.ACCEPT
"""

from exat.policy.decision import DEFAULT_POLICY, Decision, MailPolicy, Tolerance, Verdict
from exat.policy.judgement import (
    judge_cover,
    judge_opening,
    judge_recipient,
    judge_relay,
    judge_report,
    judge_submission,
)
from exat.policy.signatures import judge_signature

__all__ = [
    "DEFAULT_POLICY",
    "Decision",
    "MailPolicy",
    "Tolerance",
    "Verdict",
    "judge_cover",
    "judge_opening",
    "judge_recipient",
    "judge_relay",
    "judge_report",
    "judge_signature",
    "judge_submission",
]
