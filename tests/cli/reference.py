"""docs/commands.md, made from the commands themselves: `python -m tests.cli.reference` writes it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from exat_cli.main import cli

PAGE: Final = Path(__file__).parents[2] / "docs" / "commands.md"
_WIDTH: Final = 100
_INTRODUCTION: Final = """\
# Commands

Every command with its help, made from the program (`python -m tests.cli.reference`).

Results go to stdout, talk to stderr. `--json` prints one document with its `schema`; an error is then one
document on stderr. Codes and keys are never translated, words are: `exat --language en|ru|uz|uz-Cyrl`, else
`EXAT_LANGUAGE`, else the locale.

| Exit | What it means |
|---|---|
| 0 | done, or VALID |
| 1 | NOT VALID; refused by lint, by the node, by the authority |
| 2 | the command is wrong; something exists already |
| 3 | CANNOT BE CONFIRMED; what would prove it is missing |
| 4 | the input cannot be read |
| 5 | a key, a passphrase, a password |
| 6 | the node cannot be reached, or takes the letter later |
| 7 | the configuration |
| 8 | the store, or an error of the program |

Of several files the worst counts: 1, then 8, 7, 5, 6, 4, 2, 3. `--json` is then one document of schema
`exat.<command>-files/1` whose `files` are the documents that each file would have had, or its `error`.

Passphrases come from `env:VAR`, `file:PATH` (its first line), `fd:N`, `cred:NAME` (a systemd credential) or
`prompt`, never from the command line itself. Nothing is asked when stdin is no terminal, and nothing is
overwritten without `--force`. Each option has an environment variable: `EXAT_`, the command, the option
(`EXAT_PKI_CRL_PASSPHRASE`); shorter ones are `EXAT_HOME`, `EXAT_CA`, `EXAT_NODE_PASSPHRASE` and
`EXAT_CA_PASSPHRASE`. The roots of `exat trust` lie in `$EXAT_CONFIG/trust`, by default
in `~/.config/exat/trust`.

A walk through them: [first-agency.md](first-agency.md).
"""


def page() -> str:
    """The text of the page."""
    return _INTRODUCTION + "".join(_sections(cli, "exat", None, level=1))


def _sections(
    command: click.Command, path: str, parent: click.Context | None, *, level: int
) -> Iterator[str]:
    settings = command.context_settings
    context = click.Context(command, info_name=path.split()[-1], parent=parent, **settings)
    context.terminal_width = context.max_content_width = _WIDTH
    text = command.get_help(context)
    yield f"\n{'#' * min(level + 1, 3)} {path}\n\n```text\n{text.rstrip()}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _sections(child, f"{path} {name}", context, level=level + 1)


if __name__ == "__main__":
    os.environ.pop("EXAT_HOME", None)
    PAGE.write_text(page(), "utf-8")
