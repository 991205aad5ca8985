"""Transcripts of the command line: what was typed and what was said, on one page (`tests/sessions/*.txt`).

    # a remark                          said nowhere
    = clerk.pass: secret                the file clerk.pass with this line; `\\n` in it begins another
    $ exat sign doc.txt ...             a command; `NAME=value` before it, `< FILE` after it
    a line of stdout                    `...` stands for anything in a line, alone for any lines
    ! a line of stderr
    [3]                                 the exit status, when it is not 0

Commands of `exat` run in this process, with their own streams and an empty stdin; others (`openssl`) as
programs, which are peers.
"""

import io
import os
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from exat_cli.main import main
from tests import peers

SESSIONS: Final = Path(__file__).parent.parent / "sessions"
ENVIRONMENT: Final = {"LANG": "C", "COLUMNS": "100"}


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said and how it ended."""

    stdout: bytes
    stderr: str
    status: int

    @property
    def text(self) -> str:
        """Its standard output as text."""
        return self.stdout.decode()


@dataclass(slots=True)
class Step:
    """A command of a transcript with what it should say."""

    command: str
    line: int
    stdout: list[str] = field(default_factory=list)
    stderr: list[str] = field(default_factory=list)
    status: int = 0


def read_session(text: str) -> tuple[dict[str, str], list[Step]]:
    """The files and the steps of a transcript.

    Raises:
        ValueError: a line before the first command.
    """
    files: dict[str, str] = {}
    steps: list[Step] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#") or (not line.strip() and not steps):
            continue
        if line.startswith("= "):
            name, _, content = line[2:].partition(": ")
            files[name] = content.replace("\\n", "\n") + "\n"
        elif line.startswith("$ "):
            steps.append(Step(line[2:], number))
        elif not steps:
            raise ValueError(f"line {number} stands before a command")
        elif line.startswith("! "):
            steps[-1].stderr.append(line[2:])
        elif found := re.fullmatch(r"\[(\d+)\]", line):
            steps[-1].status = int(found[1])
        elif line.strip():
            steps[-1].stdout.append(line)
    return files, steps


def play(session: Path, folder: Path) -> None:
    """Run a transcript in `folder` and hold it against what happens."""
    files, steps = read_session(session.read_text("utf-8"))
    for name, content in files.items():
        (folder / name).write_text(content, "utf-8")
    for step in steps:
        said = run(step.command, folder)
        place = f"{session.name}:{step.line}: {step.command}"
        shown = f"{place}\n--- stdout\n{said.stdout.decode(errors='replace')}\n--- stderr\n{said.stderr}"
        assert said.status == step.status, f"{shown}\nexit {said.status}, wanted {step.status}"
        assert matches(step.stdout, said.stdout.decode(errors="replace")), f"{shown}\nstdout differs"
        assert matches(step.stderr, said.stderr), f"{shown}\nstderr differs"
        assert "Traceback" not in said.stderr, shown


def matches(wanted: list[str], found: str) -> bool:
    """Whether `found` has the lines of `wanted`, `...` standing for anything; blank lines do not count."""
    lines = [line.rstrip() for line in found.splitlines() if line.strip()]
    pattern = "".join(
        r"(?:.*\n)*" if line.strip() == "..." else re.escape(line.rstrip()).replace(r"\.\.\.", ".*") + r"\n"
        for line in wanted
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in lines)) is not None


def run(command: str, folder: Path, env: Mapping[str, str] | None = None) -> Said:
    """One line of a transcript, run in `folder`."""
    words, settings, stdin = shlex.split(command), dict(env or {}), b""
    while re.match(r"[A-Z_]+=", words[0]):
        name, _, settings[name] = words.pop(0).partition("=")
    if "<" in words:
        stdin = (folder / words[words.index("<") + 1]).read_bytes()
        del words[words.index("<") :]
    if words[0] == "exat":
        return exat(*words[1:], folder=folder, env=settings, stdin=stdin)
    ran = peers.run([peers.require(words[0]), *words[1:]], cwd=folder, input=stdin, env=settings)
    return Said(ran.stdout, ran.stderr.decode(errors="replace"), ran.returncode)


def exat(*arguments: str, folder: Path, env: Mapping[str, str] | None = None, stdin: bytes = b"") -> Said:
    """`exat` with these arguments, in this process, in `folder`; nobody sits at a terminal."""
    settings = {**ENVIRONMENT, "EXAT_CONFIG": str(folder / ".config"), **(env or {})}
    with _streams(stdin) as (out, err), _place(folder, settings):
        sys.argv = ["exat", *arguments]
        try:
            main()
            status = 0
        except SystemExit as e:
            status = e.code if isinstance(e.code, int) else 0
        sys.stdout.flush()
        sys.stderr.flush()
        return Said(out.getvalue(), err.getvalue().decode(), status)


@contextmanager
def _streams(stdin: bytes) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    kept = sys.stdin, sys.stdout, sys.stderr, sys.argv
    out, err = io.BytesIO(), io.BytesIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), "utf-8")
    sys.stdout, sys.stderr = (io.TextIOWrapper(raw, "utf-8", write_through=True) for raw in (out, err))
    try:
        yield out, err
    finally:
        sys.stdin, sys.stdout, sys.stderr, sys.argv = kept


@contextmanager
def _place(folder: Path, settings: Mapping[str, str]) -> Iterator[None]:
    where, kept = Path.cwd(), dict(os.environ)
    for name in [name for name in kept if name.startswith(("EXAT_", "LC_")) or name == "LANG"]:
        del os.environ[name]
    os.environ.update(settings)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(where)
        os.environ.clear()
        os.environ.update(kept)
