"""The `console` blocks of our papers, run as they are written.

    ```console
    $ exat pki list --ca ca           typed into a shell; a line that ends in a backslash goes on in the next
    ...  issued  ...                  what a terminal shows; `...` stands for anything, alone for any lines
    $ echo $?                         the status of the command before it, which otherwise must be 0
    3
    ```

A paper is one session of `sh` in one folder: variables, the working folder and what runs in the background
stay. `exat` is this tree's, run by this interpreter. Standard input is empty, and HOME is the folder.
"""

import os
import re
import signal
import subprocess
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.cli.sessions import matches
from tests.cli.walks import installed

PATIENCE: Final = 120.0
"""Seconds that one command may take before its session is ended."""

_BLOCK: Final = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_STATUS: Final = "echo $?"
_MARK: Final = "--- ended with"


@dataclass(frozen=True, slots=True)
class Typed:
    """One command of a paper with what is shown after it."""

    command: str
    line: int
    shown: list[str] = field(default_factory=list)


def blocks(text: str, kind: str) -> list[tuple[int, str]]:
    """The fenced blocks of one kind, each with the number of its first line."""
    return [
        (text.count("\n", 0, found.start()) + 2, textwrap.dedent(found[3]))
        for found in _BLOCK.finditer(text)
        if found[2] == kind
    ]


def read_console(text: str) -> list[Typed]:
    """What is typed in all `console` blocks of a paper, in order.

    Raises:
        ValueError: a block that begins with an answer.
    """
    typed: list[Typed] = []
    for first, block in blocks(text, "console"):
        fresh, goes_on = True, False
        for number, line in enumerate(block.splitlines(), first):
            if goes_on:
                typed[-1] = Typed(f"{typed[-1].command}\n{line}", typed[-1].line)
            elif line.startswith("$ "):
                typed.append(Typed(line[2:], number))
            elif fresh:
                raise ValueError(f"line {number} answers no command")
            elif line.strip():
                typed[-1].shown.append(line)
            goes_on = line.endswith("\\") and not typed[-1].shown
            fresh = False
    return typed


def play_paper(paper: Path, folder: Path) -> int:
    """Type a paper into a shell in `folder`, hold what is shown against it; the number of its commands."""
    typed = read_console(paper.read_text("utf-8"))
    with session(folder) as shell:
        for number, each in enumerate(typed):
            shown, status = shell.type(each.command)
            place = f"{paper.name}:{each.line}: $ {each.command}\n{shown}"
            asked = number + 1 < len(typed) and typed[number + 1].command == _STATUS
            assert asked or status == 0, f"{place}\nended with {status}"
            assert matches(each.shown, shown), f"{place}\ndiffers from the paper"
            assert "Traceback" not in shown, place
    return len(typed)


class Session:
    """A shell that is typed into, one command at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def type(self, command: str) -> tuple[str, int]:
        """What `command` showed, both streams as they came, and its status.

        Raises:
            AssertionError: the shell is gone: `exit` was typed, or the patience is over.
        """
        keyboard, screen = self._process.stdin, self._process.stdout
        assert keyboard is not None and screen is not None
        # The status is kept for a command that asks for it.
        keyboard.write(f"{{ {command}\n}} < /dev/null; kept=$?; echo; echo '{_MARK}' $kept; (exit $kept)\n")
        keyboard.flush()
        timer = threading.Timer(PATIENCE, _end, (self._process,))
        timer.start()
        try:
            return self._listen(iter(screen.readline, ""), command)
        finally:
            timer.cancel()

    @staticmethod
    def _listen(lines: Iterator[str], command: str) -> tuple[str, int]:
        shown: list[str] = []
        for line in lines:
            if line.startswith(_MARK):
                return "".join(shown).rstrip("\n") + "\n", int(line[len(_MARK) :])
            shown.append(line)
        raise AssertionError(f"the shell ended during: {command}\n{''.join(shown)}")


@contextmanager
def session(folder: Path) -> Iterator[Session]:
    """A shell in `folder` whose `exat` is this tree's; all that it started is ended with it."""
    with installed(folder) as environment:
        process = subprocess.Popen(
            ["/bin/sh"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        try:
            yield Session(process)
        finally:
            _end(process)
            process.communicate()


def _end(process: subprocess.Popen[str]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
