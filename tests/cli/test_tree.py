"""The table of commands tells the truth, and what is called by it loads no more than it needs."""

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

from esign.io.secrets import FORMS
from exat_cli.tree import COMMANDS, Branch, Entry, Table
from tests.cli.walks import ROOT


def entries(table: Table, path: str = "exat") -> Iterator[tuple[str, Entry]]:
    for name, entry in table.items():
        if isinstance(entry, Branch):
            assert entry.line.endswith(".")
            yield from entries(entry.commands, f"{path} {name}")
        else:
            yield f"{path} {name}", entry


@pytest.mark.parametrize(("path", "entry"), list(entries(COMMANDS)), ids=lambda value: str(value))
def test_an_entry_leads_to_the_command_of_its_name(path: str, entry: Entry) -> None:
    module, attribute = entry.place.split(":")
    command = getattr(import_module(module), attribute)
    assert isinstance(command, click.Command)
    assert command.name == path.split()[-1]
    assert entry.line.endswith(".")
    assert len(entry.line) <= 70


@pytest.mark.parametrize("path", [path for path, _ in entries(COMMANDS)])
def test_each_command_has_an_example(path: str) -> None:
    entry = dict(entries(COMMANDS))[path]
    module, attribute = entry.place.split(":")
    assert path in str(getattr(import_module(module), attribute).help), f"{path} has no example"


def options(path: str) -> dict[str, click.Option]:
    module, attribute = dict(entries(COMMANDS))[path].place.split(":")
    command = getattr(import_module(module), attribute)
    return {max(p.opts, key=len): p for p in command.params if isinstance(p, click.Option)}


@pytest.mark.parametrize("path", [path for path, _ in entries(COMMANDS)])
def test_a_secret_has_a_source_on_every_command_and_never_a_value(path: str) -> None:
    known = options(path)
    secrets = [name for name in known if name.endswith(("passphrase", "password"))]
    for name in secrets:
        assert known[name].metavar == "SOURCE"
        assert FORMS in str(known[name].help)
    if {"--key", "--unlock-key"} & known.keys() and path != "exat pki request" and path != "exat pki init":
        assert secrets, f"{path} opens a key and asks for no passphrase"
    assert "--json" in known or path == "exat completion"
    assert "--force" in known or "--out" not in known


def program(code: str) -> subprocess.CompletedProcess[str]:
    roots = ":".join(str(ROOT / name) for name in ("src", "cli", "keys"))
    return subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": roots}, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("words", ["", "pki", "mail"])
def test_completion_and_group_help_load_no_command(words: str) -> None:
    code = f"""
import os, sys
os.environ.update(_EXAT_COMPLETE="bash_complete", COMP_WORDS="exat {words} ", COMP_CWORD="{1 + bool(words)}")
from exat_cli.main import main
try:
    main()
except SystemExit:
    pass
assert not [name for name in sys.modules if name.split(".")[0] in ("cryptography", "esign", "pydantic")]
"""
    said = program(code)
    assert said.returncode == 0, said.stderr
    assert "plain,list" in said.stdout or not words
    assert "plain,verify" in said.stdout or words


def test_without_the_packages_of_a_node_its_commands_say_what_to_install() -> None:
    code = """
import sys
sys.modules["aiosmtpd"] = sys.modules["aiosmtplib"] = None
sys.argv = ["exat", *sys.argv[1:]]
from exat_cli.main import main
for arguments in (["node", "serve", "--home", "x"], ["pki", "profiles"]):
    sys.argv = ["exat", *arguments]
    try:
        main()
    except SystemExit as e:
        print(e.code)
"""
    said = program(code)
    lines = said.stdout.splitlines()
    assert (lines[0], lines[-1]) == ("7", "0"), said.stderr
    assert said.stderr.splitlines() == [
        "exat: serve needs the package aiosmtplib, which is not installed [not-installed]",
        "      pip install 'exat[node]'",
    ]


def test_an_unexpected_error_has_no_traceback_without_debug(tmp_path: Path) -> None:
    code = """
import sys, esign
def broken(*args, **kwargs):
    raise RuntimeError("of our own")
esign.sign = broken
from exat_cli.main import main
import exat_cli.signing
exat_cli.signing.load_signer = broken
open("x.txt", "w").close()
for flags in ([], ["--debug"]):
    sys.argv = ["exat", *flags, "sign", "x.txt", "--key", "x.txt", "-o", "-"]
    try:
        main()
    except SystemExit as e:
        print(e.code)
    except RuntimeError as e:
        print("raised", e)
"""
    roots = ":".join(str(ROOT / name) for name in ("src", "cli", "keys"))
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": roots},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert said.stdout.splitlines() == ["8", "raised of our own"]
    assert "an error of the program itself: RuntimeError: of our own" in said.stderr
    assert "[unexpected]" in said.stderr
