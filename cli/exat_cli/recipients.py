"""For whom something is encrypted: certificates in files, entries of a node's directory, groups of them."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from esign import Certificate
from esign.io.clock import now
from exat_cli.failures import Exit, Failure
from exat_cli.options import F
from exat_cli.output import read_input

if TYPE_CHECKING:
    from exat.directory import Directory

MAX_LINES: Final = 10_000
"""Of a file of recipients."""


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who can open it: each certificate once, in the order that they were named."""

    certificates: tuple[Certificate, ...]

    @property
    def names(self) -> list[str]:
        """Their subjects."""
        return [certificate.subject.shown for certificate in self.certificates]


def to_options(function: F) -> F:
    """Give the command `--to`, `--to-list` and `--home`; it gets them as `recipients`."""

    @click.option(
        "--to",
        "named",
        multiple=True,
        metavar="WHO",
        help="A certificate in a file, a mailbox of the directory, or @DOMAIN for an agency.",
    )
    @click.option("--to-list", "lists", multiple=True, metavar="FILE", help="Recipients, one on a line.")
    @click.option(
        "--home", "folder", metavar="DIR", envvar="EXAT_HOME", show_envvar=True, help="Whose directory."
    )
    @functools.wraps(function)
    def command(
        *args: Any, named: tuple[str, ...], lists: tuple[str, ...], folder: str | None, **kwargs: Any
    ) -> Any:
        return function(*args, recipients=recipients_of(named, lists, folder), **kwargs)

    return command  # type: ignore[return-value]


def recipients_of(named: Sequence[str], lists: Sequence[str], folder: str | None) -> Recipients:
    """The certificates of all who are named.

    Raises:
        Failure: `recipients-missing`, `directory-needed`, `mailbox-not-known`, `recipients-too-many` (exit
            2), `mailbox-without-key` (exit 1), `file-unreadable` (exit 4).
    """
    everyone = [*named, *(name for file in lists for name in _lines(file))]
    if not everyone:
        raise Failure("recipients-missing", Exit.USAGE, hint="--to CERT | --to ADDRESS --home DIR")
    entries = [name for name in everyone if "@" in name and not Path(name).exists()]
    directory = _directory(entries[0], folder) if entries else None
    found: dict[str, Certificate] = {}
    for name in everyone:
        if directory is not None and name in entries:
            certificates = _of_entry(directory, name)
        else:
            certificates = Certificate.load_all(read_input(name))[:1] or (Certificate.load(read_input(name)),)
        found.update((certificate.fingerprint, certificate) for certificate in certificates)
    return Recipients(tuple(found.values()))


def _lines(file: str) -> Iterator[str]:
    """The recipients in a file; what stands after `#` is a remark."""
    lines = read_input(file).decode("utf-8", "replace").splitlines()
    if len(lines) > MAX_LINES:
        raise Failure("recipients-too-many", Exit.USAGE, file=file, limit=MAX_LINES)
    yield from filter(None, (line.partition("#")[0].strip() for line in lines))


def _directory(wanted: str, folder: str | None) -> "Directory":
    if folder is None:
        raise Failure("directory-needed", Exit.USAGE, name=wanted, hint="--home DIR")
    from exat_cli.homes import opened

    with opened(folder) as home:
        return home.directory(now())


def _of_entry(directory: "Directory", name: str) -> tuple[Certificate, ...]:
    """The certificate to encrypt to of a mailbox, or of each mailbox of an agency (`@DOMAIN`)."""
    if not name.startswith("@"):
        return (_of_mailbox(directory, name),)
    domain = name[1:].casefold()
    found = [m.address for m in directory.mailboxes if m.address.domain_key.casefold() == domain]
    if not found:
        raise Failure("mailbox-not-known", Exit.USAGE, mailbox=name, hint="exat directory list")
    return tuple(_of_mailbox(directory, str(address)) for address in found)


def _of_mailbox(directory: "Directory", name: str) -> Certificate:
    from exat.directory import is_usable
    from exat_cli.homes import ADDRESS

    address, at = ADDRESS.convert(name, None, None), now()
    mailbox, agency = directory.mailbox(address), directory.agency_of(address)
    if mailbox is None or agency is None:
        raise Failure("mailbox-not-known", Exit.USAGE, mailbox=name, hint="exat directory list")
    usable = (one for one in mailbox.encryption if is_usable(one, agency, at))
    certificate = next(usable, None)
    if certificate is None:
        raise Failure("mailbox-without-key", Exit.REFUSED, mailbox=name)
    return certificate
