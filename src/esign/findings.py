"""One vocabulary for everything that is found: by lint, validation, mail policy and configuration.

Names of indications and sub-indications are those of EN 319 102-1 cl. 5.1.3.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from esign.language import text


class Severity(enum.Enum):
    """How much a finding weighs: an error forbids the good verdict, a warning stands beside it."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Indication(enum.Enum):
    """The three values of a verdict on a signature (TOTAL-...) or on a block (EN 319 102-1 cl. 5.1.3)."""

    TOTAL_PASSED = "TOTAL-PASSED"
    TOTAL_FAILED = "TOTAL-FAILED"
    PASSED = "PASSED"
    FAILED = "FAILED"
    INDETERMINATE = "INDETERMINATE"


class SubIndication(enum.Enum):
    """Why a verdict is not the good one (EN 319 102-1 cl. 5.1.3, Table 5 and Table 6)."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    POLICY_PROCESSING_ERROR = "POLICY_PROCESSING_ERROR"
    SIGNATURE_POLICY_NOT_AVAILABLE = "SIGNATURE_POLICY_NOT_AVAILABLE"
    TIMESTAMP_ORDER_FAILURE = "TIMESTAMP_ORDER_FAILURE"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    OUT_OF_BOUNDS_NOT_REVOKED = "OUT_OF_BOUNDS_NOT_REVOKED"
    REVOCATION_OUT_OF_BOUNDS_NO_POE = "REVOCATION_OUT_OF_BOUNDS_NO_POE"
    CRYPTO_CONSTRAINTS_FAILURE_NO_POE = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    NO_POE = "NO_POE"
    TRY_LATER = "TRY_LATER"
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"
    CUSTOM = "CUSTOM"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found: `code` is stable, `where` names the place, `message` is English."""

    code: str
    severity: Severity
    clause: str = ""
    where: str = ""
    values: tuple[tuple[str, str], ...] = ()

    @classmethod
    def error(cls, code: str, *, clause: str = "", where: str = "", **values: object) -> Self:
        """A finding that forbids the good verdict."""
        return cls(code, Severity.ERROR, clause, where, _frozen(values))

    @classmethod
    def warning(cls, code: str, *, clause: str = "", where: str = "", **values: object) -> Self:
        """A finding that stands beside a verdict and should be read."""
        return cls(code, Severity.WARNING, clause, where, _frozen(values))

    @classmethod
    def info(cls, code: str, *, clause: str = "", where: str = "", **values: object) -> Self:
        """A finding that only tells."""
        return cls(code, Severity.INFO, clause, where, _frozen(values))

    @property
    def message(self) -> str:
        """The message in English."""
        return self.explain("en")

    def explain(self, language: str) -> str:
        """The message in `language` (`en`, `ru`, `uz`, `uz-Cyrl`)."""
        return text(self.code, language, dict(self.values))

    def to_dict(self) -> dict[str, object]:
        """For JSON: keys and code never translated, the message in English."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "clause": self.clause,
            "where": self.where,
            "message": self.message,
            "values": dict(self.values),
        }


def _frozen(values: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in values.items())
