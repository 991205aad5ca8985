"""The only place that prints. The rules of the terminal:

Results go to stdout, talk to stderr. With `--json` stdout is one document with `"schema": "exat.<what>/1"`,
and an error is one JSON document on stderr. An error is one line, `exat: ` before it, its code in brackets; a
hint follows on its own line. Nothing binary goes to a terminal. Nothing is overwritten without `--force`.
Keys are 0600.
"""

import json
import os
import stat
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from esign.findings import Finding, Severity
from esign.language import CATALOGUE as LIBRARY
from esign.language import text as library_text
from esign.language.words import printable
from exat_cli.failures import Exit, Failure, Told, explained
from exat_cli.language import match, text


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

    def error(self, error: Told, *, hint: str = "") -> None:
        """What ended the command: one line, or one JSON document, on stderr."""
        message, code = explained(error, self.language), error.code
        hint = hint or getattr(error, "hint", "")
        if self.as_json:
            shown = {"schema": "exat.error/1", "code": code, "message": message, "hint": hint}
            click.echo(json.dumps(shown, ensure_ascii=False), err=True)
            return
        click.echo(f"exat: {message} [{code}]", err=True)
        if hint:
            click.echo(f"      {hint}", err=True)


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
