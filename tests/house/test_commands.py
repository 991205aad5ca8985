"""Every command and option has help, and every command stands in the README or in `docs/`."""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module

import click

from tests.house.tree import ROOT, name_of, text_of, tracked_files

HEAVY = (
    "aiosmtpd",
    "aiosmtplib",
    "cryptography",
    "httpx2",
    "pydantic",
    "sqlite_utils",
    "starlette",
    "uvicorn",
)


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below `command` with the words that call it; a lazy group is loaded on the way."""
    yield path, command
    if not isinstance(command, click.Group):
        return
    context = click.Context(command, info_name=path)
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        if child is None:
            raise AssertionError(f"{path} lists {name} but does not have it")
        yield from commands(child, f"{path} {name}")


def faults(command: click.Command, path: str) -> Iterator[str]:
    """What a command leaves unsaid."""
    if not (command.help or command.short_help):
        yield f"{path} has no help"
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not (parameter.help or parameter.hidden):
            yield f"{path} {parameter.opts[0]} has no help"


def is_documented(path: str, text: str) -> bool:
    """Whether a document names the command with all its words."""
    return re.search(rf"(?<![\w-]){re.escape(path)}(?![\w-])", text) is not None


def _all() -> list[tuple[str, click.Command]]:
    return list(commands(import_module("exat_cli.main").cli, "exat"))


def _documents() -> str:
    names = [
        p
        for p in tracked_files()
        if p.suffix == ".md" and (p.parent == ROOT or name_of(p).startswith("docs/"))
    ]
    return "\n".join(text_of(path) for path in names)


def test_every_command_and_option_has_help() -> None:
    assert not [fault for path, command in _all() for fault in faults(command, path)]


def test_every_command_is_documented() -> None:
    text = _documents()
    leaves = [path for path, command in _all() if not isinstance(command, click.Group) and not command.hidden]
    assert leaves
    assert not [path for path in leaves if not is_documented(path, text)]


def test_help_imports_no_heavy_library() -> None:
    code = (
        "import sys; sys.argv = ['exat', '--help']\n"
        "from exat_cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={"PYTHONPATH": ":".join(str(ROOT / root) for root in ("src", "cli", "keys"))},
    )
    assert "Usage" in ran.stdout or "exat" in ran.stdout
    assert ran.stderr.strip() == ""


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["late"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return click.Command("late", params=[click.Option(["--silent"])]) if cmd_name == "late" else None


def test_a_lazy_group_is_walked_and_its_faults_are_seen() -> None:
    walked = list(commands(click.Group("exat", {"pki": _Lazy("pki", help="x")}, help="x"), "exat"))
    assert [path for path, _ in walked] == ["exat", "exat pki", "exat pki late"]
    assert [fault for path, command in walked for fault in faults(command, path)] == [
        "exat pki late has no help",
        "exat pki late --silent has no help",
    ]


def test_a_longer_word_does_not_document_a_command() -> None:
    assert is_documented("exat pki list", "run `exat pki list --json`")
    assert not is_documented("exat pki list", "run exat pki list-all")
    assert not is_documented("exat pki list", "run myexat pki list")
