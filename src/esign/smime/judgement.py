"""`Judgement`: what was found about a message, layer by layer; never a mere flag.

How it reads in words is the business of `esign.smime.wording`.
"""

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from esign.errors import NotPassed
from esign.findings import Finding
from esign.material import Need
from esign.mime import Entity, Field
from esign.smime import wording
from esign.smime.protection import HeaderProtection
from esign.smime.sender import Sender
from esign.smime.structure import EncryptedLayer, JudgedLayer, Part, SignedLayer
from esign.validation.report import Report

SCHEMA: Final = "exat.judgement/1"


class Verdict(enum.Enum):
    """Whether a message may be taken for its sender's letter."""

    ACCEPTED = "accepted"
    UNDETERMINED = "undetermined"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class InsideSignature:
    """The verdict on a signature that stands among the parts, at `number`, and covers only what is below."""

    number: str
    report: Report

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"number": self.number, "report": self.report.to_dict()}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a message at `at`, and all that it rests on.

    `layers` stand from outside inward. `header` is what may be shown as the letter's header: the protected
    fields where there are such, else the outer ones; `unprotected` are the names of the outer fields that no
    signature covers. `payload` and `parts` are what the layers hold: None and empty where it was not reached,
    or is not given away (an envelope whose content nothing vouches for, or a refused letter).
    """

    verdict: Verdict
    at: datetime
    layers: tuple[JudgedLayer, ...] = ()
    sender: Sender = field(default_factory=Sender)
    header: tuple[Field, ...] = ()
    unprotected: tuple[str, ...] = ()
    protection: HeaderProtection | None = None
    payload: Entity | None = field(default=None, repr=False)
    parts: tuple[Part, ...] = ()
    inside: tuple[InsideSignature, ...] = ()
    findings: tuple[Finding, ...] = ()
    needs: tuple[Need, ...] = ()

    def __bool__(self) -> bool:
        raise TypeError("a Judgement has no truth value: it may be undetermined; use require_accepted()")

    def require_accepted(self) -> None:
        """Do nothing when the verdict is `accepted`.

        Raises:
            NotPassed: `not-accepted` otherwise.
        """
        if self.verdict is not Verdict.ACCEPTED:
            raise NotPassed("not-accepted", verdict=self.verdict.value)

    @property
    def signatures(self) -> tuple[SignedLayer, ...]:
        """The signature layers, outermost first."""
        return tuple(layer for layer in self.layers if isinstance(layer, SignedLayer))

    @property
    def envelopes(self) -> tuple[EncryptedLayer, ...]:
        """The envelopes, outermost first."""
        return tuple(layer for layer in self.layers if isinstance(layer, EncryptedLayer))

    def get(self, name: str) -> Field | None:
        """The first field of `header` with this name (any case)."""
        return next((one for one in self.header if one.key == name.lower()), None)

    def explain(self, language: str = "en") -> str:
        """The verdict in words, several lines, in `language` (`en`, `ru`, `uz`, `uz-Cyrl`)."""
        return wording.judgement_text(self, language)

    def to_dict(self) -> dict[str, Any]:
        """For JSON, schema `exat.judgement/1`: keys and codes are never translated; without the content."""
        return {
            "schema": SCHEMA,
            "verdict": self.verdict.value,
            "at": self.at.isoformat(),
            "sender": self.sender.to_dict(),
            "layers": [layer.to_dict() for layer in self.layers],
            "header": [{"name": one.name, "value": one.text} for one in self.header],
            "header_protection": self.protection.mode if self.protection else None,
            "unprotected": list(self.unprotected),
            "parts": [part.to_dict() for part in self.parts],
            "inside_signatures": [one.to_dict() for one in self.inside],
            "findings": [one.to_dict() for one in self.findings],
            "needs": [one.to_dict() for one in self.needs],
        }
