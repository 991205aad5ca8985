"""The command tree, and how a command ends. Commands are imported when they are used: help must be quick."""

import importlib
import io
import os
import sys
from typing import TYPE_CHECKING, Any, Final

import click
from click.shell_completion import CompletionItem

from exat_cli.tree import COMMANDS, Branch, Table

if TYPE_CHECKING:
    from exat_cli.output import Output


class LazyGroup(click.Group):
    """A group whose commands stand in a table and are imported when called."""

    def __init__(self, *args: Any, table: Table, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; a group stands in the table itself."""
        entry = self.table.get(cmd_name)
        if entry is None:
            return None
        if isinstance(entry, Branch):
            return LazyGroup(cmd_name, help=entry.line, table=entry.commands, no_args_is_help=True)
        module, attribute = entry.place.split(":")
        try:
            found: click.Command = getattr(importlib.import_module(module), attribute)
        except ModuleNotFoundError as e:
            if str(e.name).startswith("exat"):
                raise
            raise _not_installed(cmd_name, str(e.name)) from e
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line a command from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.line) for name, entry in self.table.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names that begin so, from the table, and the options."""
        names = [
            CompletionItem(name, help=entry.line)
            for name, entry in self.table.items()
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "EXAT"},
)
@click.version_option(package_name="exat", prog_name="exat")
@click.option("--language", metavar="TAG", help="en, ru, uz or uz-Cyrl; by default the locale's.")
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected error.")
@click.option("--quiet", is_flag=True, help="Say nothing beside the result.")
@click.pass_context
def cli(ctx: click.Context, language: str | None, debug: bool, quiet: bool) -> None:
    """Protected letters, electronic signatures and the certificates for them.

    Results go to stdout, talk to stderr. Exit: 0 done or VALID, 1 NOT VALID or refused, 2 usage, 3 CANNOT BE
    CONFIRMED, 4 input unreadable, 5 key or passphrase, 6 service unreachable, 7 configuration, 8 store.
    """
    ctx.obj = {"language": language, "debug": debug, "quiet": quiet}


def _not_installed(command: str, module: str) -> Exception:
    """The base install serves who embeds the library; a node needs more."""
    from exat_cli.failures import Exit, Failure

    hint = "pip install 'exat[node]'"
    return Failure("not-installed", Exit.CONFIGURATION, command=command, module=module, hint=hint)


_INTERRUPTED: Final = 130
_PIPE_CLOSED: Final = 141


def main() -> None:
    """Run the command line and exit with its status."""
    _speak_everywhere()
    try:
        status = cli.main(prog_name="exat", standalone_mode=False)
    except click.exceptions.Exit as e:
        status = e.exit_code
    except click.exceptions.NoArgsIsHelpError as e:
        e.show()
        status = e.exit_code
    except (click.Abort, KeyboardInterrupt):
        status = _interrupted()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = _PIPE_CLOSED
    except Exception as e:  # the last line of defence: no traceback reaches a user
        status = _report(e)
    sys.exit(status if isinstance(status, int) else 0)


def _speak_everywhere() -> None:
    """A letter that the terminal's character set does not have is shown as its number; it ends no command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _report(error: Exception) -> int:
    from exat_cli.failures import status_of, told

    arguments = sys.argv[1:]
    if "--debug" in arguments and not isinstance(error, click.ClickException):
        raise error
    known = told(error)
    _output(arguments).error(known)
    return int(status_of(known))


def _interrupted() -> int:
    output = _output(sys.argv[1:])
    output.talk(output.words("interrupted"))
    return _INTERRUPTED


def _output(arguments: list[str]) -> "Output":
    from exat_cli.output import Output, language_of

    return Output(language_of(_language_argument(arguments)), "--json" in arguments, "--quiet" in arguments)


def _language_argument(arguments: list[str]) -> str | None:
    for name, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if name == "--language":
            return following
        if name.startswith("--language="):
            return name.partition("=")[2]
    return None
