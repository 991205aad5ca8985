"""Where a letter goes, when it is tried again, and what another node's answer means.

Pure: the time, and the jitter that keeps many letters from knocking together, are arguments. Sockets stand in
`exat.shell`, queue rows in `exat.store`.

    next_attempt(2, queued_at=queued, at=now, jitter=timedelta(seconds=7))
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from exat.address import Address
from exat.directory import Directory

RETRY_AFTER: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20, 30))
"""The pause after each failed attempt; the last one repeats."""
MAX_JITTER: Final = timedelta(seconds=60)
DELAY_WARNING: Final = timedelta(hours=12)
"""After this silence the sender is warned."""
GIVE_UP: Final = timedelta(hours=24)
"""After this silence the letter has failed."""


@dataclass(frozen=True, slots=True)
class Routes:
    """The recipients of a letter by where they are served; `unknown` stand in no directory entry."""

    local: tuple[Address, ...]
    remote: tuple[tuple[str, tuple[Address, ...]], ...]
    unknown: tuple[Address, ...]


def routes(recipients: Iterable[Address], directory: Directory) -> Routes:
    """Sort `recipients` by agency, by mailbox and not by domain; each once, in order of first mention."""
    local: dict[str, Address] = {}
    unknown: dict[str, Address] = {}
    remote: dict[str, dict[str, Address]] = {}
    for recipient in recipients:
        agency = directory.agency_of(recipient)
        if agency is None or directory.mailbox(recipient) is None:
            unknown.setdefault(recipient.key, recipient)
        elif agency is directory.own:
            local.setdefault(recipient.key, recipient)
        else:
            remote.setdefault(agency.domain, {}).setdefault(recipient.key, recipient)
    peers = tuple((domain, tuple(found.values())) for domain, found in remote.items())
    return Routes(tuple(local.values()), peers, tuple(unknown.values()))


def next_attempt(attempts: int, *, queued_at: datetime, at: datetime, jitter: timedelta) -> datetime | None:
    """When to try again after `attempts` failed ones, the last of them at `at`; None to give up.

    The last attempt stands exactly at the end of the 24 hours, so that no letter fails without one.

    Raises:
        ValueError: no attempt yet, or a `jitter` outside 0 to 60 seconds (a programmer's mistake).
    """
    if attempts < 1 or not timedelta(0) <= jitter <= MAX_JITTER:
        raise ValueError("wanted one attempt or more, and a jitter from 0 to 60 seconds")
    last = queued_at + GIVE_UP
    if at >= last:
        return None
    pause = RETRY_AFTER[min(attempts, len(RETRY_AFTER)) - 1]
    return min(at + pause + jitter, last)


def is_delayed(*, queued_at: datetime, at: datetime) -> bool:
    """The sender should be warned that nothing was heard."""
    return at - queued_at >= DELAY_WARNING


class Disposition(enum.Enum):
    """What becomes of a recipient after an answer."""

    RELAYED = "relayed"
    RETRY = "retry"
    FAILED = "failed"


def disposition(code: int) -> Disposition:
    """What an SMTP reply code means for a recipient (RFC 5321 §4.2.1); outside 2yz, 4yz and 5yz: try again.

    No answer at all, a broken connection and a failed TLS handshake are no code: they are RETRY.
    """
    if 200 <= code <= 299:
        return Disposition.RELAYED
    return Disposition.FAILED if 500 <= code <= 599 else Disposition.RETRY


@dataclass(frozen=True, slots=True)
class Settlement:
    """The recipients of one attempt by what became of them."""

    relayed: tuple[Address, ...]
    retry: tuple[Address, ...]
    failed: tuple[Address, ...]


def settle(recipients: Iterable[Address], codes: Mapping[str, int]) -> Settlement:
    """Sort `recipients` by the reply code of each (`Address.key` to code); without one: try again.

    `codes` holds the code of RCPT where that was negative, else the code that ended the content.
    """
    found: dict[Disposition, list[Address]] = {kind: [] for kind in Disposition}
    for recipient in recipients:
        code = codes.get(recipient.key)
        found[Disposition.RETRY if code is None else disposition(code)].append(recipient)
    return Settlement(
        tuple(found[Disposition.RELAYED]), tuple(found[Disposition.RETRY]), tuple(found[Disposition.FAILED])
    )
