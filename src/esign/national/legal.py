"""The three conditions under which a signature equals one by hand in Uzbekistan, each with its own answer.

The law on electronic digital signatures (O'RQ-793 of 12 October 2022), article 4: authenticity is confirmed;
the certificate is valid when that is done, or was when signing if evidence fixes that moment; the signature
is used for the purposes in the certificate, which national certificates state by their policies. This tells
what a report and a certificate show; it is no legal advice, and no condition stands in for the verdict.

    conditions = legal_conditions(signature_report, purpose="electronic-reporting")
    conditions.certificate_valid.answer, conditions.to_dict()
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from esign.algorithms import key_kind
from esign.errors import EsignError
from esign.findings import Finding, Indication, Severity, SubIndication
from esign.national.profile import POLICIES, purposes
from esign.validation.report import SignatureReport
from esign.x509 import Certificate


class Answer(enum.Enum):
    """What is known about a condition."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition; `finding` says why, in the reader's language."""

    name: str
    answer: Answer
    finding: Finding

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"condition": self.name, "answer": self.answer.value, "finding": self.finding.to_dict()}


@dataclass(frozen=True, slots=True)
class LegalConditions:
    """The three conditions, apart: none of them follows from another."""

    authentic: Condition
    certificate_valid: Condition
    purpose_matches: Condition

    def __iter__(self) -> Iterator[Condition]:
        return iter((self.authentic, self.certificate_valid, self.purpose_matches))

    def explain(self, language: str) -> tuple[str, ...]:
        """A line for each condition in `language` (`en`, `ru`, `uz`, `uz-Cyrl`), its answer in brackets."""
        return tuple(f"{one.finding.explain(language)} [{one.answer.value}]" for one in self)

    def to_dict(self) -> dict[str, Any]:
        """For JSON: the conditions in the order of the law."""
        return {"conditions": [condition.to_dict() for condition in self]}


def is_national(certificate: Certificate) -> bool:
    """Whether the certificate bears a national key or a policy of the national arcs."""
    if purposes(certificate):
        return True
    try:
        return key_kind(certificate.public_key) == "gost-2001"
    except EsignError:
        return False


def legal_conditions(signature: SignatureReport, *, purpose: str | None = None) -> LegalConditions:
    """What `signature` shows about each condition.

    `purpose` is what the document is for: a name of `POLICIES`, such as `electronic-reporting`. Without it
    the third condition stays open, and its finding lists what the certificate is for.

    Raises:
        ValueError: a purpose that no policy names.
    """
    if purpose is not None and purpose not in {known.name for known in POLICIES.values()}:
        raise ValueError(f"unknown purpose {purpose!r}")
    return LegalConditions(_authentic(signature), _valid(signature), _purpose(signature, purpose))


_AUTHENTIC = {"valid": Answer.YES, "invalid": Answer.NO}
_CLAUSE = "O'RQ-793 art. 4"
_LOST = frozenset((SubIndication.REVOKED, SubIndication.EXPIRED, SubIndication.NOT_YET_VALID))


def _authentic(signature: SignatureReport) -> Condition:
    return _condition("authentic", _AUTHENTIC.get(signature.crypto, Answer.UNKNOWN))


def _valid(signature: SignatureReport) -> Condition:
    name, path = "certificate-valid", signature.path
    if signature.indication is Indication.TOTAL_PASSED or (
        path is not None and path.indication is Indication.PASSED
    ):
        return _condition(name, Answer.YES)
    lost = path is not None and path.indication is Indication.FAILED and path.sub_indication in _LOST
    return _condition(name, Answer.NO if lost else Answer.UNKNOWN)


def _purpose(signature: SignatureReport, wanted: str | None) -> Condition:
    name = "purpose-matches"
    if signature.certificate is None:
        return _condition(name, Answer.UNKNOWN, found="-", wanted=wanted or "-")
    stated = [purpose.name for purpose in purposes(signature.certificate)]
    found = ", ".join(stated) or "-"
    if wanted is None:
        return _condition(name, Answer.UNKNOWN, found=found, wanted="-")
    return _condition(name, Answer.YES if wanted in stated else Answer.NO, found=found, wanted=wanted)


_SEVERITY = {Answer.YES: Severity.INFO, Answer.NO: Severity.WARNING, Answer.UNKNOWN: Severity.WARNING}
_CODES = {
    ("authentic", Answer.YES): "legal-authentic",
    ("authentic", Answer.NO): "legal-not-authentic",
    ("authentic", Answer.UNKNOWN): "legal-authentic-unknown",
    ("certificate-valid", Answer.YES): "legal-certificate-valid",
    ("certificate-valid", Answer.NO): "legal-certificate-not-valid",
    ("certificate-valid", Answer.UNKNOWN): "legal-certificate-unknown",
    ("purpose-matches", Answer.YES): "legal-purpose-matches",
    ("purpose-matches", Answer.NO): "legal-purpose-differs",
    ("purpose-matches", Answer.UNKNOWN): "legal-purpose-unknown",
}


def _condition(name: str, answer: Answer, **values: str) -> Condition:
    code = _CODES[name, answer]
    return Condition(
        name, answer, Finding(code, _SEVERITY[answer], "O'RQ-793 art. 4", "", tuple(values.items()))
    )
