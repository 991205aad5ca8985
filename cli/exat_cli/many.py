"""Many files in one run: what folders hold, what became of each file, and the worst of it as the exit status.

The failure of one file is told and does not stop the others. A progress bar stands on stderr when that is a
terminal.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click

from esign import EsignError
from exat.errors import ExatError
from exat_cli.failures import Exit, Failure, explained, status_of, told
from exat_cli.output import Done, Output

RESULTS: Final = (".p7m", ".p7s", ".sig", ".p7e", ".asics", ".asice", ".scs", ".sce", ".tst", ".ers")
"""How files end that our commands write, or that hold signatures of others."""
_GRAVITY: Final = (
    Exit.DONE,
    Exit.INDETERMINATE,
    Exit.USAGE,
    Exit.UNREADABLE,
    Exit.UNREACHABLE,
    Exit.KEY,
    Exit.CONFIGURATION,
    Exit.STORE,
    Exit.REFUSED,
)
"""The exit statuses from the best to the worst."""


@dataclass(slots=True)
class Tally:
    """What became of all files so far; `entries` is filled for JSON alone."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    status: Exit = Exit.DONE
    done: int = 0
    failed: int = 0


def worse(one: Exit, other: Exit) -> Exit:
    """The worse of two exit statuses: a NOT VALID counts more than what could not be read."""
    return max(one, other, key=_GRAVITY.index)


def is_several(names: Sequence[str]) -> bool:
    """Whether a run speaks of many files: more than one argument, or a folder."""
    return len(names) > 1 or any(name != "-" and Path(name).is_dir() for name in names)


def is_result(name: str) -> bool:
    """Whether a file is named as a signature, an envelope or a proof is."""
    return name.casefold().endswith(RESULTS)


def files_of(names: Sequence[str], wanted: Callable[[str], bool]) -> list[str]:
    """The named files, and of each named folder all `wanted` files at every depth, each once.

    Hidden files and folders are left out, and links to folders are not followed.
    """
    found: dict[str, None] = {}
    for name in names:
        if name == "-" or not Path(name).is_dir():
            found[name] = None
            continue
        for folder, inner, files in os.walk(name):
            inner[:] = sorted(one for one in inner if not one.startswith("."))
            below = (os.path.join(folder, one) for one in sorted(files) if not one.startswith("."))
            found.update(dict.fromkeys(path for path in below if wanted(path) and os.path.isfile(path)))
    return list(found)


def each(output: Output, names: Sequence[str], act: Callable[[str], Done]) -> Tally:
    """Do `act` for each file; what fails is told with the name of the file, and counted."""
    tally = Tally()
    with _progress(output, names) as (walk, say):
        for name in walk:
            try:
                done = act(name)
                tally.done += 1
            except (Failure, EsignError, ExatError, OSError) as e:
                error = told(e)
                tally.failed += 1
                line = f"exat: {name}: {explained(error, output.language)} [{error.code}]"
                done = Done({"error": output.wrong(error)}, line, status=status_of(error))
            if output.as_json:
                tally.entries.append({"file": name, **done.content})
            tally.status = worse(tally.status, done.status)
            say(done)
    return tally


@contextmanager
def _progress(output: Output, names: Sequence[str]) -> Iterator[tuple[Iterator[str], Callable[[Done], None]]]:
    """The files one by one, and who says what became of them: with a bar on the screen only after it."""
    if output.quiet or len(names) < 2 or not sys.stderr.isatty():
        yield iter(names), lambda done: _say(output, done)
        return
    held: list[Done] = []
    try:
        with click.progressbar(names, file=sys.stderr, show_pos=True) as bar:
            yield iter(bar), held.append
    finally:
        for done in held:
            _say(output, done)


def _say(output: Output, done: Done) -> None:
    if output.as_json:
        return
    if done.talk:
        (output.talk if done.status is Exit.DONE else output.complain)(done.talk)
    if done.words:
        output.line(done.words)


def summed(output: Output, what: str, tally: Tally, *, words: str = "", **more: Any) -> Exit:
    """The end of a run over many files: `exat.<what>-files/1`, or one line of talk."""
    if output.as_json:
        output.document(f"{what}-files", {**more, "files": tally.entries})
    else:
        output.talk(words or output.words("many-done", done=tally.done, failed=tally.failed))
    return tally.status
