"""Walks in the documents: the commands of their `console` blocks, run by a shell as they stand there."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_BLOCK: Final = re.compile(r"^( *)```console\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def commands(document: Path) -> list[str]:
    """Each command of the `console` blocks, its continued lines joined, without what is said in answer."""
    found: list[str] = []
    for block in _BLOCK.finditer(document.read_text("utf-8")):
        lines = [line.removeprefix(block[1]) for line in block[2].splitlines()]
        continued = False
        for line in lines:
            if line.startswith("$ "):
                found.append(line[2:])
            elif continued:
                found[-1] += "\n" + line
            continued = (line.startswith("$ ") or continued) and line.endswith("\\")
    return found


def answers(document: Path) -> list[str]:
    """The lines that the `console` blocks show as said, in order."""
    said: list[str] = []
    for block in _BLOCK.finditer(document.read_text("utf-8")):
        typed = False
        for line in (line.removeprefix(block[1]) for line in block[2].splitlines()):
            if not (line.startswith("$ ") or typed):
                said.append(line)
            typed = (line.startswith("$ ") or typed) and line.endswith("\\")
    return [line for line in said if line.strip()]


@contextmanager
def installed(folder: Path) -> Iterator[dict[str, str]]:
    """An environment whose `exat` is this working tree, with an empty home and no setting of the caller's."""
    place = folder / "bin"
    place.mkdir()
    roots = ":".join(str(ROOT / name) for name in ("src", "cli", "keys"))
    program = place / "exat"
    program.write_text(
        f"#!/bin/sh\nPYTHONPATH={roots} exec {sys.executable} "
        '-c "from exat_cli.main import main; main()" "$@"\n'
    )
    program.chmod(0o755)
    kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
    yield {**kept, "PATH": f"{place}:{os.environ['PATH']}", "HOME": str(folder), "LANG": "C"}


def walk(script: str, folder: Path, *, timeout: float) -> tuple[int, str]:
    """Run a shell script in `folder`; exit status and everything said. What it left running is ended."""
    with installed(folder) as environment:
        said = folder / "said.txt"
        with said.open("wb") as out:
            shell = subprocess.Popen(
                ["/bin/sh", "-eu", "-c", script],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                status = shell.wait(timeout)
            finally:
                _end_group(shell.pid)
        return status, said.read_text("utf-8", "replace")


def _end_group(group: int, patience: float = 10.0) -> None:
    """Ask every process of the group to end, and after `patience` seconds do not ask."""
    end = time.monotonic() + patience
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
        while time.monotonic() < end:
            time.sleep(0.05)
            os.killpg(group, 0)
        os.killpg(group, signal.SIGKILL)
