"""The only place that prints. The rules of the terminal:

Results go to stdout, talk to stderr. With `--json` stdout is one document with `"schema": "exat.<what>/1"`,
and an error is one JSON document on stderr. An error is one line, `exat: ` before it, its code in brackets; a
hint follows on its own line. Nothing binary goes to a terminal. Nothing is overwritten without `--force`.
Keys are 0600.
"""

import base64
import errno
import io
import json
import os
import secrets
import stat
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import click

from esign.findings import Finding, Severity
from esign.language import CATALOGUE as LIBRARY
from esign.language import text as library_text
from esign.language.words import printable
from exat_cli.failures import Exit, Failure, Told, explained
from exat_cli.language import match, text

_DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one file: for JSON, for people on stderr, on stdout, and the exit status."""

    content: Mapping[str, Any]
    talk: str = ""
    words: str = ""
    status: Exit = Exit.DONE


@dataclass(frozen=True, slots=True)
class Output:
    """How this run speaks: language, JSON or words, silent or not."""

    language: str = "en"
    as_json: bool = False
    quiet: bool = False

    def words(self, code: str, **values: object) -> str:
        """The message of `code` in the language of this run."""
        return text(code, self.language, values)

    def line(self, words: str) -> None:
        """A line of the result."""
        click.echo(words)

    def talk(self, words: str) -> None:
        """A line beside the result, on stderr; silent with `--quiet`."""
        if not self.quiet:
            click.echo(words, err=True)

    def complain(self, words: str) -> None:
        """A line on stderr that `--quiet` does not silence."""
        click.echo(words, err=True)

    def told(self, found: Finding) -> str:
        """A finding of the library or the mail system in one line: how grave, what, its code."""
        return f"{severity_word(found.severity, self.language)}: {self.explained(found)} [{found.code}]"

    def explained(self, found: Finding) -> str:
        """What a finding of the library or the mail system says."""
        if found.code in LIBRARY:
            return found.explain(self.language)
        from exat.language import explain

        return explain(found, self.language)

    def labelled(self, code: str, value: str) -> str:
        """A line with a name before the value, which may be hostile."""
        return f"{self.words(code)}: {printable(value)}"

    def talk_of(self, findings: Iterable[Finding]) -> None:
        """Each finding on a line of stderr; nothing with `--json`, where they stand in the document."""
        for found in () if self.as_json else findings:
            self.talk(self.told(found))

    def document(self, what: str, content: Mapping[str, Any]) -> None:
        """The result as one JSON document of schema `exat.<what>/1`."""
        document = {"schema": f"exat.{what}/1", **{k: v for k, v in content.items() if k != "schema"}}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))

    def result(self, what: str, content: Mapping[str, Any], words: str) -> None:
        """The result in the form of this run: JSON, or words."""
        if self.as_json:
            self.document(what, content)
        elif words:
            self.line(words)

    def wrong(self, error: Told) -> dict[str, str]:
        """What an error is, for JSON."""
        message, hint = explained(error, self.language), getattr(error, "hint", "")
        return {"code": error.code, "message": message, "hint": hint}

    def done(self, what: str, done: Done) -> None:
        """What was done: a document with `--json`, otherwise talk; nothing when stdout has the result."""
        if done.content.get("out") == "-":
            return
        if self.as_json:
            self.document(what, done.content)
        else:
            self.talk(done.talk)

    def error(self, error: Told, *, hint: str = "") -> None:
        """What ended the command: one line, or one JSON document, on stderr."""
        message, code = explained(error, self.language), error.code
        hint = hint or getattr(error, "hint", "")
        if self.as_json:
            shown = {"schema": "exat.error/1", **self.wrong(error), "hint": hint}
            click.echo(json.dumps(shown, ensure_ascii=False), err=True)
            return
        click.echo(f"exat: {message} [{code}]", err=True)
        if hint:
            click.echo(f"      {hint}", err=True)


def armour(data: bytes, label: str) -> bytes:
    """`data` as PEM (RFC 7468 §2)."""
    lines = "\n".join(textwrap.wrap(base64.b64encode(data).decode(), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n".encode()


def severity_word(severity: Severity, language: str) -> str:
    """How grave a finding is, in `language`."""
    return library_text(f"severity-{severity.value}", language)


def printable_text(words: str) -> str:
    """Text of several lines without characters that could drive a terminal."""
    return "\n".join("".join(c if _is_shown(c) else "\ufffd" for c in line) for line in words.split("\n"))


def _is_shown(character: str) -> bool:
    return character == "\t" or not unicodedata.category(character).startswith("C")


def language_of(chosen: str | None) -> str:
    """The language of a run: the option, then `EXAT_LANGUAGE`, then the locale."""
    named = (chosen, *(os.environ.get(name) for name in ("EXAT_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")))
    return match(next((tag for tag in named if tag), None))


def read_input(name: str) -> bytes:
    """The octets of a file, or of stdin for `-`.

    Raises:
        Failure: `file-unreadable`, exit 4.
    """
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as e:
        raise Failure("file-unreadable", Exit.UNREADABLE, file=name, reason=e.strerror or e) from e


@contextmanager
def reading(name: str) -> Iterator[BinaryIO]:
    """A file that is read as far as needed, or stdin for `-`.

    Raises:
        Failure: `file-unreadable`, exit 4.
    """
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = open(name, "rb")  # noqa: SIM115 - what is raised here must not be mixed with what follows
    except OSError as e:
        raise Failure("file-unreadable", Exit.UNREADABLE, file=name, reason=e.strerror or e) from e
    with file:
        yield file


@contextmanager
def writing(name: str, *, force: bool = False) -> Iterator[BinaryIO]:
    """A new file that stands whole or not at all, or stdout for `-`; what is no regular file is written to.

    Raises:
        Failure: `file-exists` (exit 2), `file-unwritable` (exit 2), `binary-to-terminal` (exit 2).
    """
    if name == "-":
        with _to_terminal() if sys.stdout.isatty() else _to_pipe() as out:
            yield out
        return
    check_free(name, force=force)
    regular = not os.path.lexists(name) or Path(name).is_file()
    path = Path(os.path.realpath(name)) if regular else Path(name)
    place = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}") if regular else path
    try:
        with _told_of(name), open(place, "xb" if regular else "wb") as file:
            yield file
        if regular:
            with _told_of(name):
                _take_place(place, path, force=force)
    finally:
        if regular:
            with suppress(OSError):
                place.unlink()


@contextmanager
def _told_of(name: str) -> Iterator[None]:
    """What the disk says of a file that is written, in our words."""
    try:
        yield
    except FileExistsError as e:
        raise Failure("file-exists", Exit.USAGE, file=name, hint="--force") from e
    except BrokenPipeError:
        raise
    except OSError as e:
        if e.filename is None and e.errno not in _DISK:
            raise
        raise Failure("file-unwritable", Exit.USAGE, file=name, reason=e.strerror or e) from e


def _take_place(made: Path, path: Path, *, force: bool) -> None:
    """The finished file gets its name; not that of a file which came in the meantime."""
    if force:
        if path.exists():
            made.chmod(stat.S_IMODE(path.stat().st_mode))
        made.replace(path)
        return
    try:
        os.link(made, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        made.replace(path)


@contextmanager
def _to_terminal() -> Iterator[BinaryIO]:
    held = io.BytesIO()
    yield held
    _to_stdout(held.getvalue())


@contextmanager
def _to_pipe() -> Iterator[BinaryIO]:
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


def check_free(*names: str | None, force: bool) -> None:
    """Nothing stands where results will go: asked before work that cannot be undone.

    Raises:
        Failure: `file-exists` (exit 2).
    """
    for name in names:
        if name is not None and name != "-" and not force and os.path.lexists(name):
            raise Failure("file-exists", Exit.USAGE, file=name, hint="--force")


def write_output(name: str, data: bytes, *, force: bool = False, secret: bool = False) -> None:
    """Put `data` into a new file, or on stdout for `-`; `secret` files are readable by their owner only.

    Raises:
        Failure: `file-exists` (exit 2), `file-unwritable` (exit 2), `binary-to-terminal` (exit 2).
    """
    if name == "-":
        _to_stdout(data)
        return
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    try:
        with os.fdopen(os.open(name, flags, 0o600 if secret else 0o644), "wb") as file:
            if secret and stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                os.fchmod(file.fileno(), 0o600)
            file.write(data)
    except FileExistsError as e:
        raise Failure("file-exists", Exit.USAGE, file=name, hint="--force") from e
    except OSError as e:
        raise Failure("file-unwritable", Exit.USAGE, file=name, reason=e.strerror or e) from e


def _to_stdout(data: bytes) -> None:
    stream = sys.stdout.buffer
    if sys.stdout.isatty() and not _is_text(data):
        raise Failure("binary-to-terminal", Exit.USAGE, hint="--out FILE")
    stream.write(data)
    stream.flush()


def _is_text(data: bytes) -> bool:
    """UTF-8 without control characters but tab and line ends: what cannot drive a terminal."""
    try:
        found = data.decode()
    except UnicodeDecodeError:
        return False
    return all(c in "\t\r\n" or not unicodedata.category(c).startswith("C") for c in found)
