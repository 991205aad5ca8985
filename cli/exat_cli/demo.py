"""`exat demo`: the whole of it at work in a folder of its own, told as it happens."""

import mimetypes
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

from exat.demo import DemoFailed, Line, Stage, TellingFailed, Words, own_attachment, play
from exat.language import text
from exat.message import Attachment
from exat_cli.failures import Exit, Failure
from exat_cli.options import speaks
from exat_cli.output import Output, read_input

DOCUMENT_LIMIT: Final = 16 * 1024 * 1024
"""Octets: in base64 twice, with the rest of the letter, it must pass a node's limit."""
_STAGES: Final = tuple(Stage)


@click.command()
@click.option("--document", metavar="FILE", help="Send this file instead of the one that comes along.")
@click.option("--keep", metavar="DIR", help="Leave everything in DIR, which must not exist or be empty.")
@speaks
def demo(output: Output, document: str | None, keep: str | None) -> None:
    """Two agencies exchange a protected letter, and what must fail is refused.

    An authority and two agencies are made in a temporary folder; a letter in Uzbek with an attachment crosses
    both nodes over TLS and is read; what must be refused is tried; the evidence is verified. Nothing is
    asked, nothing leaves this machine, nothing stays without --keep. Exit 0 only if all is as it must be.

    \b
    exat demo --keep out
    """
    attachment = own_attachment() if document is None else _attachment(document)
    narrator = _Narrator(output)
    began = time.monotonic()
    with _interruptible(), _workspace(keep) as folder:
        try:
            play(folder, attachment=attachment, tell=narrator.tell, kept=keep is not None)
        except DemoFailed as e:
            stage = output.words(e.stage.value)
            raise Failure(
                "demo-failed", Exit.REFUSED, stage=stage, wanted=e.wanted, found=e.found, hint=keep or ""
            ) from e
        except TellingFailed as e:
            raise e.__cause__ or e from None
    seconds = round(time.monotonic() - began, 1)
    if keep is not None:
        narrator.end("demo-kept", folder=keep)
    narrator.end("demo-done", seconds=seconds)
    if output.as_json:
        output.document("demo", {"done": True, "seconds": seconds, "kept": keep, "steps": narrator.steps})


@dataclass
class _Narrator:
    """Tells each line when it comes; with `--json` they are told together at the end."""

    output: Output
    steps: list[dict[str, Any]] = field(default_factory=list)
    _stage: Stage | None = None

    def tell(self, line: Line) -> None:
        values = {name: self._shown(value) for name, value in line.values.items()}
        said = self.output.words(line.code, **values)
        if not self.output.as_json:
            if line.stage is not self._stage:
                number, title = _STAGES.index(line.stage) + 1, self.output.words(line.stage.value)
                self.output.line(f"[{number}/{len(_STAGES)}] {title}")
            self.output.line(f"    {said}")
        self._stage = line.stage
        plain = {name: _plain(value) for name, value in line.values.items()}
        self.steps.append(
            {"stage": line.stage.name.lower(), "code": line.code, "message": said, "values": plain}
        )

    def end(self, code: str, **values: object) -> None:
        if not self.output.as_json:
            self.output.line(self.output.words(code, **values))

    def _shown(self, value: object) -> object:
        if isinstance(value, Words):
            return text(value.code, self.output.language, value.values)
        if isinstance(value, datetime):
            return value.astimezone().isoformat(sep=" ", timespec="seconds")
        return value


def _plain(value: object) -> object:
    """A value as JSON has it: codes as they are, times in UTC."""
    if isinstance(value, Words):
        return {"code": value.code, "values": {name: str(found) for name, found in value.values.items()}}
    return value.isoformat() if isinstance(value, datetime) else value


def _attachment(name: str) -> Attachment:
    content = read_input(name)
    if len(content) > DOCUMENT_LIMIT:
        raise Failure("demo-document-large", Exit.USAGE, file=name, limit=DOCUMENT_LIMIT >> 20)
    shown = "document" if name == "-" else Path(name).name.encode("utf-8", "replace").decode()
    kind, encoding = mimetypes.guess_type(shown)
    return Attachment(shown, kind if kind and not encoding else "application/octet-stream", content)


@contextmanager
def _workspace(keep: str | None) -> Iterator[Path]:
    """A temporary folder, removed at the end however it ends; or the one to keep."""
    if keep is not None:
        with _kept(Path(keep).absolute()) as folder:
            yield folder
        return
    with tempfile.TemporaryDirectory(prefix="exat-demo-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextmanager
def _kept(folder: Path) -> Iterator[Path]:
    """The folder to keep; a failure leaves it to be looked at, an interrupt empties it."""
    stood = folder.is_dir()
    if folder.exists() and (not stood or any(folder.iterdir())):
        raise Failure("folder-exists", Exit.USAGE, folder=folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as e:
        raise Failure("file-unwritable", Exit.USAGE, file=folder, reason=e.strerror or e) from e
    try:
        yield folder
    except KeyboardInterrupt:
        for found in folder.iterdir():
            shutil.rmtree(found) if found.is_dir() else found.unlink()
        if not stood:
            folder.rmdir()
        raise


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM and SIGHUP end it as Ctrl-C does: nodes are stopped and the folder removed."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
