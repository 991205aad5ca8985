"""The verdicts: values that say what was found about a signature, a certificate and each step on the way.

A verdict has three values and no truth value: `Report.__bool__` raises, `require_passed()` is the way to
insist. How a report reads in words is the business of `esign.validation.wording`.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal, NoReturn, Protocol

from esign import names
from esign.cades import Claims
from esign.errors import NotPassed
from esign.findings import Finding, Indication, SubIndication
from esign.material import Need
from esign.validation import etsi, wording
from esign.x509 import Certificate

SCHEMA: Final = "exat.verify/1"
# Octets of a certificate whose subject is kept, by its octets: the same signers come again.
_SHORT: Final = 1 << 13
TimeStampKind = Literal["content", "signature", "archive", "references", "evidence-record", "document"]


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
            "subject": self.certificate.subject.shown,
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

    @classmethod
    def of(cls, certificate: Certificate) -> "Subject":
        """The subject of `certificate`; `name` is the common name, or the person's names."""
        return _known_subject(certificate) if len(certificate.raw) <= _SHORT else cls._of(certificate)

    @classmethod
    def _of(cls, certificate: Certificate) -> "Subject":
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
        )

    def to_dict(self) -> dict[str, Any]:
        """For JSON; the person's number is masked but for its last four digits."""
        return {
            "name": self.name,
            "organization": self.organization,
            "common_name": self.common_name,
            "emails": list(self.emails),
            "stir": self.stir,
            "pinfl": names.masked(self.pinfl),
            "certificate_fingerprint": self.certificate_fingerprint,
        }


@lru_cache(maxsize=256)
def _known_subject(certificate: Certificate) -> Subject:
    return Subject._of(certificate)


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


class Legal(Protocol):
    """The conditions of a law, each apart: what `esign.national` fills in."""

    def explain(self, language: str) -> tuple[str, ...]:
        """A line for each condition."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        ...


@dataclass(frozen=True, slots=True)
class TimeStampReport:
    """The verdict on one time stamp: PASSED, INDETERMINATE or FAILED (EN 319 102-1 cl. 5.4).

    `at` is its genTime, None where it cannot be read; `digest` the SHA-256 of the token in hexadecimal
    digits. `proved` is when the token itself is shown to have existed at the latest, by a later one or now.
    """

    kind: TimeStampKind
    indication: Indication
    sub_indication: SubIndication | None
    at: datetime | None = None
    authority: Subject | None = None
    certificate: Certificate | None = None
    path: PathReport | None = None
    findings: tuple[Finding, ...] = ()
    needs: tuple[Need, ...] = ()
    digest: str = ""
    proved: datetime | None = None

    def __bool__(self) -> bool:
        _no_truth(self)

    def require_passed(self) -> None:
        """Do nothing when the indication is PASSED.

        Raises:
            NotPassed: `not-passed` otherwise.
        """
        _require(self.indication, Indication.PASSED, self.sub_indication)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "kind": self.kind,
            **_verdict(self.indication, self.sub_indication),
            "at": _instant(self.at),
            "authority": None if self.authority is None else self.authority.to_dict(),
            "certificate": None if self.certificate is None else _certificate(self.certificate),
            "path": None if self.path is None else self.path.to_dict(),
            "digest": self.digest,
            "proved": _instant(self.proved),
            "findings": [f.to_dict() for f in self.findings],
            "needs": [n.to_dict() for n in self.needs],
        }


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """The verdict on one signature of one signer.

    `crypto` is `valid`, `invalid` or `not-checked`; `level` is `B-B`, `B-T`, `B-LT` or `B-LTA`, as far as
    what a level asks for is there and holds, or `CMS` where attributes of B-B are missing; `signing_time` is
    claimed by the signer, `best_signature_time` proved (equal to the validation time without proof);
    `algorithm` is the name of the signature scheme. `legal` says how the three conditions of the national law
    stand, where that was asked.
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
    timestamps: tuple[TimeStampReport, ...] = ()
    claims: Claims | None = None
    algorithm: str = ""
    legal: Legal | None = None

    @property
    def family(self) -> str:
        """`post-quantum` or `classical`: what a policy can demand side by side."""
        return "post-quantum" if self.algorithm.startswith("ml-dsa") else "classical"

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
            "algorithm": self.algorithm,
            "claims": None if self.claims is None else self.claims.to_dict(),
            "signing_time": _instant(self.signing_time),
            "best_signature_time": _instant(self.best_signature_time),
            "path": None if self.path is None else self.path.to_dict(),
            "timestamps": [t.to_dict() for t in self.timestamps],
            "countersignatures": [c.to_dict() for c in self.countersignatures],
            "legal": None if self.legal is None else self.legal.to_dict(),
            "findings": [f.to_dict() for f in self.findings],
            "needs": [n.to_dict() for n in self.needs],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict on everything that was given to `verify`: the worst of its signatures.

    `findings` are those that concern no single signature; `needs` gathers what all of them miss; `timestamps`
    are those that stand beside the signatures in a container, whatever they cover.
    """

    indication: Indication
    sub_indication: SubIndication | None
    at: datetime
    signatures: tuple[SignatureReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    needs: tuple[Need, ...] = ()
    timestamps: tuple[TimeStampReport, ...] = ()

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

    def to_etsi_xml(self) -> bytes:
        """The report as ValidationReport of TS 119 102-2 V1.4.1, XML in UTF-8."""
        return etsi.report_xml(self)

    def to_dict(self) -> dict[str, Any]:
        """For JSON, schema `exat.verify/1`: keys, codes and indications are never translated.

        `timestamps` stand only in what is said about a container that holds some beside its signatures.
        """
        return {
            "schema": SCHEMA,
            **_verdict(self.indication, self.sub_indication),
            "at": _instant(self.at),
            "signatures": [s.to_dict() for s in self.signatures],
            **({"timestamps": [t.to_dict() for t in self.timestamps]} if self.timestamps else {}),
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
        "subject": certificate.subject.shown,
        "issuer": certificate.issuer.shown,
        "serial_number": format(certificate.serial_number, "x"),
        "not_before": _instant(certificate.not_before),
        "not_after": _instant(certificate.not_after),
        "fingerprint": certificate.fingerprint,
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
