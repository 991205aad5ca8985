"""What a judgement gives, and what encryption it accepts."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from esign import Finding, Severity


class Verdict(enum.Enum):
    """What becomes of a letter; DEFER when only the state of revocation could not be found out."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    DEFER = "defer"


@dataclass(frozen=True, slots=True)
class Decision:
    """A judgement: `code` is that of the finding that refuses or defers, empty when accepted.

    `wrap`: the letter is encrypted and has no outer signature, so the node must add its agency's.
    """

    verdict: Verdict
    code: str = ""
    findings: tuple[Finding, ...] = ()
    wrap: bool = False

    @property
    def refusing(self) -> Finding | None:
        """The finding that `code` names."""
        return next((f for f in self.findings if f.code == self.code and f.severity is Severity.ERROR), None)


class Tolerance(enum.Enum):
    """How an algorithm of old mail programs is met."""

    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class MailPolicy:
    """Which encryption a letter may have. What signatures may use is a policy of the library's validation.

    `ciphers` and `key_encryption` (prefixes) are names of the library's table. `pkcs1` is the key transport
    of RSA that mail programs use by default: opened with implicit rejection, it tells an attacker nothing.
    """

    ciphers: frozenset[str] = frozenset({"aes-128-gcm", "aes-192-gcm", "aes-256-gcm"})
    unauthenticated_ciphers: frozenset[str] = frozenset({"aes-128-cbc", "aes-192-cbc", "aes-256-cbc"})
    key_encryption: tuple[str, ...] = ("rsa-oaep-", "ecdh-", "ml-kem-768-", "ml-kem-1024-")
    pkcs1: Tolerance = Tolerance.WARN


DEFAULT_POLICY: Final = MailPolicy()
DEFERRING: Final = "revocation-undetermined"
"""The one error that time may heal."""


def decide(findings: Iterable[Finding], *, wrap: bool = False) -> Decision:
    """The first error refuses; a letter waits only when nothing but revocation stands against it."""
    found = tuple(findings)
    errors = [finding.code for finding in found if finding.severity is Severity.ERROR]
    grave = [code for code in errors if code != DEFERRING]
    if grave:
        return Decision(Verdict.REFUSE, grave[0], found)
    if errors:
        return Decision(Verdict.DEFER, DEFERRING, found)
    return Decision(Verdict.ACCEPT, "", found, wrap)
