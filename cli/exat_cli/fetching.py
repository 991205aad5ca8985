"""What commands get from elsewhere: lists, answers and certificates that are missing, and time stamps."""

import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import click

import esign
from esign import EsignError, Trust
from esign.preserve import Level
from exat_cli.failures import Exit, Failure
from exat_cli.options import F
from exat_cli.output import Output, read_input
from exat_cli.trust import trusted

if TYPE_CHECKING:
    from esign.io.fetch import Fetcher
    from esign.io.timestamping import HTTPTimeStamper

LEVELS: Final = ("B-B", "B-T", "B-LT", "B-LTA")
_PATIENCE: Final = 3


def fetch_options(function: F) -> F:
    """Give the command `--fetch` and `--allow-private`; `fetcher_of` makes the most of them."""
    options = (
        click.option("--fetch", is_flag=True, help="Get what is missing over HTTP; kept for a day at most."),
        click.option(
            "--allow-private", is_flag=True, help="Over HTTP also ask addresses of a private network."
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def evidence_options(function: F) -> F:
    """Give the command `--trust`, `--crl`, `--ocsp` and `--with`; `material_of` reads the last three."""
    options = (
        click.option(
            "--trust", multiple=True, metavar="PEM", help="Trusted roots; those of `exat trust` by default."
        ),
        click.option("--crl", multiple=True, metavar="FILE", help="Revocation lists, PEM or DER."),
        click.option("--ocsp", multiple=True, metavar="FILE", help="Answers of OCSP responders, PEM or DER."),
        click.option(
            "--with", "others", multiple=True, metavar="FILE", help="Further certificates for the paths."
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def material_of(crl: Sequence[str], ocsp: Sequence[str], others: Sequence[str]) -> tuple[bytes, ...]:
    """The octets of all files of `--crl`, `--ocsp` and `--with`."""
    return tuple(read_input(name) for name in (*crl, *ocsp, *others))


def fetcher_of(*, fetch: bool, allow_private: bool) -> "Fetcher | None":
    """What fetches for one act; None when nothing is to be fetched.

    Raises:
        Failure: `fetch-not-asked` (exit 2) when only `--allow-private` was given.
    """
    if not fetch:
        if allow_private:
            raise Failure("fetch-not-asked", Exit.USAGE, hint="--fetch --allow-private")
        return None
    from esign.io.cache import Cache
    from esign.io.fetch import Fetcher

    return Fetcher(allow_private=allow_private, cache=Cache(cache_folder()))


def time_stamper(url: str, *, allow_private: bool) -> "HTTPTimeStamper":
    """Who stamps for a command."""
    from esign.io.fetch import Fetcher
    from esign.io.timestamping import HTTPTimeStamper

    return HTTPTimeStamper(url, lambda: Fetcher(allow_private=allow_private))


class Patient:
    """A time-stamp authority that is asked no more after it failed three times in a row.

    Many files would otherwise wait for it one after the other.
    """

    def __init__(self, stamper: "HTTPTimeStamper") -> None:
        self._stamper, self._failed = stamper, 0
        self._last: EsignError | None = None

    def __call__(self, request: bytes) -> bytes:
        """The answer to `request` (TimeStampReq to TimeStampResp, DER).

        Raises:
            EsignError: what the authority, or the way to it, failed with.
        """
        if self._last is not None and self._failed >= _PATIENCE:
            raise self._last
        try:
            answer = self._stamper(request)
        except EsignError as e:
            self._failed, self._last = self._failed + 1, e
            raise
        self._failed = 0
        return answer


def stamper_of(tsa: str, *, allow_private: bool) -> Patient:
    """Who stamps for all files of one run."""
    return Patient(time_stamper(tsa, allow_private=allow_private))


@dataclass(frozen=True, slots=True)
class Raising:
    """How far signatures are raised, and with what."""

    level: str
    stamper: Patient | None
    trust: Trust | None
    material: tuple[bytes, ...]
    fetch: bool
    allow_private: bool

    def told(self) -> dict[str, Any]:
        """The arguments of an act that raises one signature: who stamps, who is trusted, what is known."""
        fetcher = fetcher_of(fetch=True, allow_private=self.allow_private) if self.fetch else None
        known = {"trust": self.trust, "material": self.material, "fetch": fetcher}
        return {"tsa": self.stamper, **known}

    def raised(self, signature: bytes, document: bytes | None) -> bytes:
        """`signature` at the level that is asked for; `document` that of a detached one."""
        if self.level == "B-B":
            return signature
        return esign.augment(signature, cast(Level, self.level), document=document, **self.told())


def raising_options(function: F) -> F:
    """Give the command `--level`, `--tsa` and what a level needs; it gets them as `raising`."""

    @click.option("--level", type=click.Choice(LEVELS), help="How far; B-B, or B-T with --tsa, by default.")
    @click.option("--tsa", metavar="URL", help="The time-stamp authority: proves when.")
    @evidence_options
    @fetch_options
    @functools.wraps(function)
    def command(*args: Any, **kwargs: Any) -> Any:
        names = ("level", "tsa", "trust", "crl", "ocsp", "others", "fetch", "allow_private")
        raising = raising_of(**{name: kwargs.pop(name) for name in names})
        return function(*args, raising=raising, **kwargs)

    return command  # type: ignore[return-value]


def raising_of(
    *,
    level: str | None,
    tsa: str | None,
    trust: Sequence[str],
    crl: Sequence[str],
    ocsp: Sequence[str],
    others: Sequence[str],
    fetch: bool,
    allow_private: bool,
) -> Raising:
    """What the options say together.

    Raises:
        Failure: `level-needs` (exit 2) when a level lacks its authority or a root that is trusted.
    """
    chosen = level or ("B-B" if tsa is None else "B-T")
    if chosen != "B-B" and tsa is None:
        raise Failure("level-needs", Exit.USAGE, level=chosen, option="--tsa", hint="--tsa URL")
    stamper = None if tsa is None or chosen == "B-B" else stamper_of(tsa, allow_private=allow_private)
    if chosen not in ("B-LT", "B-LTA"):
        return Raising(chosen, stamper, None, (), fetch=False, allow_private=allow_private)
    anchors = trusted(trust)
    if not anchors.anchors:
        hint = "--trust PEM, exat trust add FILE"
        raise Failure("level-needs", Exit.USAGE, level=chosen, option="--trust", hint=hint)
    material = material_of(crl, ocsp, others)
    return Raising(chosen, stamper, anchors, material, fetch=fetch, allow_private=allow_private)


def fetched(output: Output, fetcher: "Fetcher | None") -> dict[str, object]:
    """What was fetched, for JSON; what did not come is told on stderr."""
    if fetcher is None:
        return {}
    output.talk_of(fetcher.findings)
    return {"fetched": [outcome.to_dict() for outcome in fetcher.outcomes]}


def cache_folder() -> Path:
    """Where fetched lists and answers are kept: `$EXAT_CACHE`, by default in the user's folder for caches."""
    home = os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME") or "/") / ".cache"
    return Path(os.environ.get("EXAT_CACHE") or Path(home) / "exat") / "fetched"
