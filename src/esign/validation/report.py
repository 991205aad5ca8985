"""The verdicts: values that say what was found about a signature, a certificate and each step on the way.

A verdict has three values and no truth value: `Report.__bool__` raises, `require_passed()` is the way to
insist. How a report reads in words is the business of `esign.validation.wording`.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NoReturn

from esign import names
from esign.errors import NotPassed
from esign.findings import Finding, Indication, SubIndication
from esign.material import Need
from esign.validation import wording
from esign.x509 import Certificate

SCHEMA: Final = "exat.verify/1"


class RevocationState(enum.Enum):
    """What is known about the revocation of one certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class RevocationStatus:
    """The state of one certificate; `this_update` and `next_update` are of the list that says so."""

    certificate: Certificate
    state: RevocationState
    reason: str | None = None
    revoked_at: datetime | None = None
    this_update: datetime | None = None
    next_update: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "subject": self.certificate.subject.text,
            "state": self.state.value,
            "reason": self.reason,
            "revoked_at": _instant(self.revoked_at),
            "this_update": _instant(self.this_update),
            "next_update": _instant(self.next_update),
        }


@dataclass(frozen=True, slots=True)
class Subject:
    """Who signed, as the certificate says: empty strings where it says nothing."""

    name: str = ""
    organization: str = ""
    common_name: str = ""
    emails: tuple[str, ...] = ()
    stir: str = ""
    pinfl: str = ""
    certificate_fingerprint: str = ""
    text: str = ""

    @classmethod
    def of(cls, certificate: Certificate) -> "Subject":
        """The subject of `certificate`; `name` is the common name, or the person's names."""
        subject = certificate.subject
        person = " ".join(filter(None, (subject.surname, subject.given_name)))
        return cls(
            name=subject.common_name or person or subject.organization or "",
            organization=subject.organization or "",
            common_name=subject.common_name or "",
            emails=certificate.emails,
            stir=subject.get(names.STIR) or "",
            pinfl=subject.get(names.PINFL) or "",
            certificate_fingerprint=certificate.fingerprint,
            text=subject.text,
        )

    def to_dict(self) -> dict[str, Any]:
        """For JSON; the person's number is masked but for its last four digits."""
        return {
            "name": self.name,
            "organization": self.organization,
            "common_name": self.common_name,
            "emails": list(self.emails),
            "stir": self.stir,
            "pinfl": masked(self.pinfl),
            "certificate_fingerprint": self.certificate_fingerprint,
        }


def masked(number: str) -> str:
    """`number` with all but its last four characters hidden.

    >>> masked("31234567890123")
    '**********0123'
    """
    return "*" * max(0, len(number) - 4) + number[-4:]


def _no_truth(report: object) -> NoReturn:
    kind = type(report).__name__
    raise TypeError(
        f"a {kind} has no truth value: it may be INDETERMINATE; use require_passed() or .indication"
    )


@dataclass(frozen=True, slots=True)
class PathReport:
    """The verdict on a certificate at `at`: PASSED, INDETERMINATE or FAILED.

    `path` leads from the certificate to the trust anchor, empty when none was found; `revocation` follows it
    without the anchor. `policies` are those for which the path is valid (dotted; 2.5.29.32.0 for any).
    """

    indication: Indication
    sub_indication: SubIndication | None
    at: datetime
    path: tuple[Certificate, ...] = ()
    revocation: tuple[RevocationStatus, ...] = ()
    findings: tuple[Finding, ...] = ()
    needs: tuple[Need, ...] = ()
    policies: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        _no_truth(self)

    def require_passed(self) -> None:
        """Do nothing when the indication is PASSED.

        Raises:
            NotPassed: `not-passed` otherwise.
        """
        _require(self.indication, Indication.PASSED, self.sub_indication)

    def explain(self, language: str = "en") -> str:
        """The verdict in words, several lines, in `language` (`en`, `ru`, `uz`, `uz-Cyrl`)."""
        return wording.path_text(self, language)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **_verdict(self.indication, self.sub_indication),
            "at": _instant(self.at),
            "path": [_certificate(c) for c in self.path],
            "revocation": [status.to_dict() for status in self.revocation],
            "policies": list(self.policies),
            "findings": [f.to_dict() for f in self.findings],
            "needs": [n.to_dict() for n in self.needs],
        }


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """The verdict on one signature of one signer.

    `crypto` is `valid`, `invalid` or `not-checked`; `level` is `B-B`, or `CMS` where attributes of it are
    missing; `signing_time` is claimed by the signer, `best_signature_time` proved (equal to the validation
    time without proof).
    """

    indication: Indication
    sub_indication: SubIndication | None
    crypto: str
    signer: Subject | None = None
    certificate: Certificate | None = None
    level: str = "CMS"
    signing_time: datetime | None = None
    best_signature_time: datetime | None = None
    path: PathReport | None = None
    countersignatures: tuple["SignatureReport", ...] = ()
    findings: tuple[Finding, ...] = ()
    needs: tuple[Need, ...] = ()

    def __bool__(self) -> bool:
        _no_truth(self)

    def require_passed(self) -> None:
        """Do nothing when the indication is TOTAL-PASSED.

        Raises:
            NotPassed: `not-passed` otherwise.
        """
        _require(self.indication, Indication.TOTAL_PASSED, self.sub_indication)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **_verdict(self.indication, self.sub_indication),
            "crypto": self.crypto,
            "signer": None if self.signer is None else self.signer.to_dict(),
            "certificate": None if self.certificate is None else _certificate(self.certificate),
            "level": self.level,
            "signing_time": _instant(self.signing_time),
            "best_signature_time": _instant(self.best_signature_time),
            "path": None if self.path is None else self.path.to_dict(),
            "countersignatures": [c.to_dict() for c in self.countersignatures],
            "findings": [f.to_dict() for f in self.findings],
            "needs": [n.to_dict() for n in self.needs],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict on everything that was given to `verify`: the worst of its signatures.

    `findings` are those that concern no single signature; `needs` gathers what all of them miss.
    """

    indication: Indication
    sub_indication: SubIndication | None
    at: datetime
    signatures: tuple[SignatureReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    needs: tuple[Need, ...] = ()

    def __bool__(self) -> bool:
        _no_truth(self)

    def require_passed(self) -> None:
        """Do nothing when the indication is TOTAL-PASSED.

        Raises:
            NotPassed: `not-passed` otherwise.
        """
        _require(self.indication, Indication.TOTAL_PASSED, self.sub_indication)

    def explain(self, language: str = "en") -> str:
        """The verdict in words, several lines, in `language` (`en`, `ru`, `uz`, `uz-Cyrl`)."""
        return wording.report_text(self, language)

    def to_dict(self) -> dict[str, Any]:
        """For JSON, schema `exat.verify/1`: keys, codes and indications are never translated."""
        return {
            "schema": SCHEMA,
            **_verdict(self.indication, self.sub_indication),
            "at": _instant(self.at),
            "signatures": [s.to_dict() for s in self.signatures],
            "findings": [f.to_dict() for f in self.findings],
            "needs": [n.to_dict() for n in self.needs],
        }


_GRAVITY: Final[Mapping[Indication, int]] = {
    Indication.TOTAL_PASSED: 0,
    Indication.PASSED: 0,
    Indication.INDETERMINATE: 1,
    Indication.TOTAL_FAILED: 2,
    Indication.FAILED: 2,
}


def gravity(indication: Indication) -> int:
    """0 for the good verdict, 1 for INDETERMINATE, 2 for the bad one."""
    return _GRAVITY[indication]


def _require(indication: Indication, wanted: Indication, sub_indication: SubIndication | None) -> None:
    if indication is not wanted:
        sub = "" if sub_indication is None else sub_indication.value
        raise NotPassed(indication=indication.value, sub_indication=sub)


def _verdict(indication: Indication, sub_indication: SubIndication | None) -> dict[str, Any]:
    sub = None if sub_indication is None else sub_indication.value
    return {"indication": indication.value, "sub_indication": sub}


def _certificate(certificate: Certificate) -> dict[str, Any]:
    return {
        "subject": certificate.subject.text,
        "issuer": certificate.issuer.text,
        "serial_number": format(certificate.serial_number, "x"),
        "not_before": _instant(certificate.not_before),
        "not_after": _instant(certificate.not_after),
        "fingerprint": certificate.fingerprint,
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
