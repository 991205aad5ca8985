"""How a command ends when it cannot do its work: one line, a stable code, an exit status, what to do next.

Exit: 0 done or VALID, 1 NOT VALID or refused, 2 usage, 3 CANNOT BE CONFIRMED, 4 input unreadable, 5 key or
passphrase, 6 service unreachable, 7 configuration, 8 store.
"""

import difflib
import enum
import string
from typing import Final

import click

from esign.errors import (
    DecryptionFailed,
    EsignError,
    IssuanceRefused,
    KeyUnavailable,
    MalformedInput,
    RecipientRefused,
    RegisterError,
    UnsupportedAlgorithm,
)
from exat.errors import (
    ConfigurationError,
    DirectoryError,
    ExatError,
    MalformedAddress,
    MalformedMessage,
    StoreError,
)
from exat_cli.language import text


class Exit(enum.IntEnum):
    """The exit status of `exat`."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    INDETERMINATE = 3
    UNREADABLE = 4
    KEY = 5
    UNREACHABLE = 6
    CONFIGURATION = 7
    STORE = 8


class Failure(Exception):
    """A command's end with an exit status; `hint` is the command or act that helps, in no language."""

    def __init__(self, code: str, status: Exit, *, hint: str = "", **values: object) -> None:
        self.code, self.status, self.hint = code, status, hint
        self.values = {name: str(value) for name, value in values.items()}
        super().__init__(text(code, "en", self.values))

    def explain(self, language: str) -> str:
        """The message in `language`."""
        return text(self.code, language, self.values)


Told = Failure | EsignError | ExatError
"""What has a code and a message in each language; everything else is an error of ours."""

_STATUS: Final[tuple[tuple[type[Exception], Exit], ...]] = (
    (DecryptionFailed, Exit.KEY),
    (KeyUnavailable, Exit.KEY),
    (MalformedInput, Exit.UNREADABLE),
    (UnsupportedAlgorithm, Exit.UNREADABLE),
    (RecipientRefused, Exit.REFUSED),
    (IssuanceRefused, Exit.REFUSED),
    (RegisterError, Exit.STORE),
    (ConfigurationError, Exit.CONFIGURATION),
    (StoreError, Exit.STORE),
    (DirectoryError, Exit.REFUSED),
    (MalformedAddress, Exit.USAGE),
    (MalformedMessage, Exit.UNREADABLE),
)
_BY_CODE: Final = {
    "evidence-missing": Exit.INDETERMINATE,
    "policy-malformed": Exit.CONFIGURATION,
    "bundle-malformed": Exit.UNREADABLE,
    "ca-missing": Exit.CONFIGURATION,
    "ca-settings-malformed": Exit.CONFIGURATION,
    "profile-malformed": Exit.CONFIGURATION,
    "evidence-malformed": Exit.UNREADABLE,
    "wrapped-key-unusable": Exit.KEY,
    "user-exists": Exit.REFUSED,
    "user-unknown": Exit.USAGE,
    "letter-unknown": Exit.USAGE,
    "draft-closed": Exit.REFUSED,
    "stale-bundle": Exit.REFUSED,
    "draft-unknown": Exit.USAGE,
    "home-not-empty": Exit.USAGE,
    "password-too-short": Exit.USAGE,
    "user-name-malformed": Exit.USAGE,
}
_BY_NAME: Final = {
    "FetchFailed": Exit.UNREACHABLE,
    "LetterDeferred": Exit.UNREACHABLE,
    "NodeUnreachable": Exit.UNREACHABLE,
    "LoginRefused": Exit.KEY,
}
"""Errors of rooms that few commands load."""


def status_of(error: Told) -> Exit:
    """The exit status for an error."""
    if isinstance(error, Failure):
        return error.status
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    if type(error).__name__ in _BY_NAME:
        return _BY_NAME[type(error).__name__]
    return next((status for kind, status in _STATUS if isinstance(error, kind)), Exit.REFUSED)


def explained(error: Told, language: str) -> str:
    """The message of an error in `language`; the mail system's words are loaded when they are needed."""
    if not isinstance(error, ExatError):
        return error.explain(language)
    from exat.language import CATALOGUE, explain

    template = CATALOGUE.get(error.code)
    needed = {name for _, name, _, _ in string.Formatter().parse(template.en if template else "") if name}
    said = explain(error, language)
    # A refusal that was cut on the wire lacks what the words speak of: then the node's own words are better.
    return said if said != error.code and needed <= set(error.values) else error.message


def told(error: Exception) -> Told:
    """Any exception as one that can be told to a person."""
    if isinstance(error, Failure | EsignError | ExatError):
        return error
    if isinstance(error, click.UsageError):
        return _usage(error)
    if isinstance(error, OSError) and error.filename is not None:
        reason = error.strerror or type(error).__name__
        return Failure("file-unreadable", Exit.UNREADABLE, file=error.filename, reason=reason)
    return Failure("unexpected", Exit.STORE, reason=f"{type(error).__name__}: {error}")


def _usage(error: click.UsageError) -> Failure:
    """A usage error of click, in our words; the hint is the command that tells more."""
    command = error.ctx.command_path if error.ctx is not None else "exat"
    code, values, near = "usage-wrong", {"reason": error.format_message().rstrip(".")}, ""
    match error:
        case click.exceptions.NoSuchOption():
            code, values = "usage-no-such-option", {"option": error.option_name}
            near = next(iter(error.possibilities or ()), "")
        case click.exceptions.NoSuchCommand():
            code, values = "usage-no-such-command", {"command": error.command_name}
            near = _near(error)
        case click.MissingParameter():
            code, values = "usage-missing", {"parameter": _parameter(error)}
        case click.BadParameter():
            code, values = "usage-bad-value", {"parameter": _parameter(error), "reason": error.message}
    return Failure(code, Exit.USAGE, hint=f"{command} {near or '--help'}", **values)


def _near(error: click.exceptions.NoSuchCommand) -> str:
    """The command that was perhaps meant: groups are lazy, so click does not know their names."""
    group = error.ctx.command if error.ctx is not None else None
    if error.ctx is None or not isinstance(group, click.Group):
        return ""
    return next(iter(difflib.get_close_matches(error.command_name, group.list_commands(error.ctx), n=1)), "")


def _parameter(error: click.BadParameter) -> str:
    parameter = error.param
    if parameter is None:
        return str(error.param_hint or "?")
    if isinstance(parameter, click.Option):
        return max(parameter.opts, key=len)
    return str(parameter.metavar or parameter.name or "?").removesuffix("...")
