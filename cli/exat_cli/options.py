"""Options that commands share, each declared once: every command has the same word for the same thing."""

import functools
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

from esign.io.secrets import FORMS, read_secret
from exat_cli.failures import Exit, Failure
from exat_cli.output import Output, language_of

F = TypeVar("F", bound=Callable[..., Any])


def speaks(function: F) -> F:
    """Give the command `--json` and, as its first argument, the `Output` of this run."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    @click.option("--language", "here", metavar="TAG", hidden=True, help="As before the command.")
    @click.pass_context
    @functools.wraps(function)
    def command(ctx: click.Context, /, *args: Any, as_json: bool, here: str | None, **kwargs: Any) -> Any:
        run = ctx.find_root().obj or {}
        output = Output(language_of(here or run.get("language")), as_json, bool(run.get("quiet")))
        return ctx.invoke(function, output, *args, **kwargs)

    return command  # type: ignore[return-value]


def passphrase_option(
    name: str = "--passphrase", *, of: str = "the key", required: bool = False
) -> Callable[[F], F]:
    """An option that says where the passphrase `of` something comes from."""
    return click.option(
        name, metavar="SOURCE", required=required, help=f"Where the passphrase of {of} comes from: {FORMS}."
    )


def secret(source: str | None, output: Output, *, option: str = "--passphrase", confirm: bool = False) -> str:
    """The passphrase from `source`; asked on a terminal when there is none.

    Raises:
        Failure: `option-missing` (exit 2) when nobody can be asked.
        KeyUnavailable: `secret-unavailable`.
    """

    def ask() -> str:
        if not sys.stdin.isatty():
            raise Failure("option-missing", Exit.USAGE, option=option, hint=f"{option} file:PATH")
        words = output.words("passphrase-prompt")
        return str(click.prompt(words, hide_input=True, confirmation_prompt=confirm, err=True))

    return read_secret(source or "prompt", ask)


class Instant(click.ParamType[datetime]):
    """A time with its offset, ISO 8601."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The aware datetime."""
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            raise Failure("time-wrong", Exit.USAGE, found=value)
        return found


at_option = click.option("--at", type=Instant(), help="The time to judge at (with offset); now by default.")
force_option = click.option("--force", is_flag=True, help="Overwrite an existing file.")
out_option = click.option("--out", "-o", metavar="FILE", help="Where the result goes; - for stdout.")
