"""What hostile or broken input, a missing key or a refusal can raise: one tree, each with a stable code.

A verdict is not an error: validation returns a report. A programmer's mistake stays `TypeError` or
`ValueError`.
"""

from collections.abc import Mapping

from esign.language import text


class EsignError(Exception):
    """The root of everything that this library raises on purpose.

    `code` is stable and documented in `docs/codes.md`; `clause` names the source that was broken; `where`
    names the place in the input; `values` fill the translated message.
    """

    code = "error"

    def __init__(
        self, code: str | None = None, *, clause: str = "", where: str = "", **values: object
    ) -> None:
        self.code = code or type(self).code
        self.clause = clause
        self.where = where
        self.values: Mapping[str, str] = {name: str(value) for name, value in values.items()}
        super().__init__(text(self.code, "en", self.values))

    @property
    def message(self) -> str:
        """The message in English: lower case, no full stop."""
        return str(self.args[0])

    def explain(self, language: str) -> str:
        """The message in `language` (`en`, `ru`, `uz`, `uz-Cyrl`)."""
        return text(self.code, language, self.values)


class MalformedInput(EsignError):
    """The bytes do not have the structure that was asked for."""

    code = "malformed-input"


class LimitExceeded(MalformedInput):
    """The bytes ask for more depth, elements or octets than the reader grants."""

    code = "limit-exceeded"


class UnsupportedAlgorithm(EsignError):
    """An algorithm, parameter or key kind that the registry does not have."""

    code = "unsupported-algorithm"


class KeyUnavailable(EsignError):
    """A private key cannot be read or used: wrong passphrase, wrong kind, no key in the file."""

    code = "key-unavailable"


class DecryptionFailed(EsignError):
    """The envelope did not open; one code for every cause, so that nothing is learnt from it."""

    code = "decryption-failed"


class NotARecipient(DecryptionFailed):
    """None of the given keys is named by the envelope."""

    code = "not-a-recipient"


class RecipientRefused(EsignError):
    """A certificate that nothing may be encrypted for: its key usage or kind of key forbids it."""

    code = "recipient-key-usage"


class NotPassed(EsignError):
    """`require_passed()` was called on a report that is not TOTAL-PASSED."""

    code = "not-passed"


class IssuanceRefused(EsignError):
    """A certificate, request or revocation that the authority will not make."""

    code = "issuance-refused"


class RegisterError(EsignError):
    """The register of events cannot be read, or does not agree with itself."""

    code = "register-error"
