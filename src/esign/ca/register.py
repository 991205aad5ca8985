"""The register of an authority: events that are only ever added, each bound to the one before by its hash.

What is true at a moment (issued, revoked, the next list's number) is a fold over the events up to it. An
event about a certificate is stored before the certificate is signed, so that none exists that the register
does not know.
"""

import heapq
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from operator import attrgetter
from typing import Final, Protocol

from esign.ca import tree
from esign.ca.crl import entry
from esign.ca.events import Draft, Event, Kind, chained
from esign.ca.state import LISTING, Query, Record, partition_of, record, revocations, said_of
from esign.errors import RegisterError

PAGE: Final = 500
TILE: Final = 256
"""Events whose subtree is kept as one hash, so that proofs need not read all of them."""


class Register(Protocol):
    """Where events are kept. What is read and appended inside one `transaction` is one change, alone, or
    none.
    """

    def transaction(self) -> AbstractContextManager[None]:
        """Exclusive for writers; an exception undoes what was appended. Not nested.

        Raises:
            RegisterError: `register-busy`, `register-error`.
        """

    def append(self, draft: Draft) -> Event:
        """Add an event, inside a transaction.

        Raises:
            RegisterError: `serial-used` for a second `prepared` of one serial.
        """

    def head(self) -> Event | None:
        """The last event."""

    def event(self, number: int) -> Event | None:
        """The event with this number; None when it is not there."""

    def last(self, kind: Kind) -> Event | None:
        """The last event of a kind."""

    def events(
        self, *, serial: int | None = None, kind: Kind | None = None, after: int = 0
    ) -> Iterator[Event]:
        """The events behind number `after` in order: all, those about one certificate, those of one kind."""

    def known(self, serial: int) -> Record | None:
        """A certificate as it stands."""

    def find(self, query: Query, *, after: int = 0, limit: int = PAGE) -> tuple[Record, ...]:
        """The first `limit` certificates of `query` behind the one whose `number` is `after`, 0 for none.

        In the order of preparation; where a query asks for what expires, what expires first comes first.
        """

    def listed(self, partition: int = 0) -> tuple[int, bytes]:
        """How many of a partition (0: of all) are revoked or on hold, and their entries, DER, in order."""

    def partitions(self) -> int:
        """The highest partition that a certificate was ever put into; 0 when there is none."""

    def lists(self, since: datetime) -> tuple[Event, ...]:
        """The publications of lists that end at `since` or later, in order."""

    def latest(self) -> datetime | None:
        """The latest moment of an event that changes what lists say, in whatever order they came."""

    def leaves(self, start: int, stop: int) -> tuple[bytes, ...]:
        """The hashes as leaves of the events from `start` + 1 to `stop`; fewer when some are not there."""

    def kept(self, start: int, stop: int) -> bytes | None:
        """The hash of this subtree, when it was kept."""

    def keep(self, start: int, stop: int, hashed: bytes) -> None:
        """Keep the hash of a subtree whose events are not at hand, inside a transaction."""


def subtree(register: Register, start: int, stop: int) -> bytes:
    """The hash of the subtree over the events from `start` + 1 to `stop` (RFC 9162 §2.1.1).

    Raises:
        RegisterError: `register-altered` when an event is missing whose subtree was not kept; `events-lost`
            when the register was resumed after it.
    """
    if (known := register.kept(start, stop)) is not None:
        return known
    if stop - start <= TILE and len(leaves := register.leaves(start, stop)) == stop - start:
        return tree.root(leaves)
    if stop - start == 1:
        raise _missing(register, stop)
    middle = start + tree.split(stop - start)
    return tree.node(subtree(register, start, middle), subtree(register, middle, stop))


def _missing(register: Register, number: int) -> RegisterError:
    for event in register.events(kind=Kind.RESUMED):
        first, last = event.draft.get("lost-from"), event.draft.get("lost-to")
        if first and int(first) <= number <= int(last):
            return RegisterError("events-lost", first=first, last=last, where=f"event {number}")
    return RegisterError("register-altered", number=number, where=f"event {number}")


def listing(register: Register, *, after: int = 0) -> Iterator[Event]:
    """The events behind number `after` that change what lists say, in order."""
    found = (register.events(kind=kind, after=after) for kind in LISTING)
    return heapq.merge(*found, key=_number)


def ends(publication: Event) -> datetime:
    """When the list of a publication ends; when it was made, for one that does not say."""
    told = publication.draft.get("next-update")
    return datetime.fromisoformat(told) if told else publication.draft.at


_number: Final = attrgetter("number")


class MemoryRegister:
    """A register that lives as long as the object: for tests and for certificates of the moment."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._by_serial: dict[int, list[Event]] = {}
        self._by_kind: dict[Kind, list[Event]] = {}
        self._kept: dict[tuple[int, int], bytes] = {}
        self._open = False

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Exclusive; an exception undoes what was appended."""
        if self._open:
            raise RegisterError("register-busy")
        size, kept, self._open = len(self._events), dict(self._kept), True
        try:
            yield
        except BaseException:
            self._cut(size)
            self._kept = kept
            raise
        finally:
            self._open = False

    def append(self, draft: Draft) -> Event:
        """Add an event, inside a transaction."""
        if not self._open:
            raise RuntimeError("append outside a transaction")
        if draft.kind is Kind.PREPARED and self.known(draft.serial) is not None:
            raise RegisterError("serial-used", serial=f"{draft.serial:x}")
        event = chained(draft, self.head())
        self._add(event)
        return event

    def head(self) -> Event | None:
        """The last event."""
        return self._events[-1] if self._events else None

    def event(self, number: int) -> Event | None:
        """The event with this number."""
        following = next(self.events(after=number - 1), None)
        return following if following and following.number == number else None

    def last(self, kind: Kind) -> Event | None:
        """The last event of a kind."""
        found = self._by_kind.get(kind)
        return found[-1] if found else None

    def events(
        self, *, serial: int | None = None, kind: Kind | None = None, after: int = 0
    ) -> Iterator[Event]:
        """The events behind number `after` in order."""
        if serial is not None:
            chosen = [e for e in self._by_serial.get(serial, []) if kind in (None, e.draft.kind)]
        else:
            chosen = self._events if kind is None else self._by_kind.get(kind, [])
        return iter(chosen[bisect_right(chosen, after, key=_number) :])

    def known(self, serial: int) -> Record | None:
        """A certificate as it stands."""
        return record(self._by_serial.get(serial, ()))

    def find(self, query: Query, *, after: int = 0, limit: int = PAGE) -> tuple[Record, ...]:
        """The first `limit` certificates of `query` behind `after`."""
        told = ((self.known(serial), self._said(serial)) for serial in self._by_serial)
        found = sorted((one for one, said in told if one and query.fits(one, said)), key=_number)
        if query.expires_before is not None:
            found.sort(key=lambda one: (one.not_after, one.number))
        numbers = [one.number for one in found]
        first = numbers.index(after) + 1 if after in numbers else 0
        return tuple(found[first : first + limit])

    def _said(self, serial: int) -> str:
        return " ".join(said_of(event.draft) for event in self._by_serial[serial])

    def listed(self, partition: int = 0) -> tuple[int, bytes]:
        """Who of a partition is revoked or on hold."""
        found = [r for r in revocations(listing(self)) if not partition or self._is_in(partition, r.serial)]
        return len(found), b"".join(map(entry, found))

    def _is_in(self, partition: int, serial: int) -> bool:
        found = self.known(serial)
        return found is not None and found.partition == partition

    def partitions(self) -> int:
        """The highest partition that a certificate was ever put into."""
        return max((partition_of(event.draft) for event in self._events if event.draft.serial), default=0)

    def lists(self, since: datetime) -> tuple[Event, ...]:
        """The publications of lists that end at `since` or later."""
        return tuple(event for event in self.events(kind=Kind.CRL_PUBLISHED) if ends(event) >= since)

    def latest(self) -> datetime | None:
        """The latest moment of an event that changes what lists say."""
        return max((event.draft.at for event in listing(self)), default=None)

    def leaves(self, start: int, stop: int) -> tuple[bytes, ...]:
        """The hashes as leaves of the events from `start` + 1 to `stop`."""
        first, last = (bisect_right(self._events, number, key=_number) for number in (start, stop))
        return tuple(tree.leaf(event.encoded) for event in self._events[first:last])

    def kept(self, start: int, stop: int) -> bytes | None:
        """The hash of this subtree, when its events were lost."""
        return self._kept.get((start, stop))

    def keep(self, start: int, stop: int, hashed: bytes) -> None:
        """Keep the hash of a subtree whose events are not at hand."""
        self._kept[start, stop] = hashed

    def _add(self, event: Event) -> None:
        self._events.append(event)
        self._by_kind.setdefault(event.draft.kind, []).append(event)
        if event.draft.serial:
            self._by_serial.setdefault(event.draft.serial, []).append(event)

    def _cut(self, size: int) -> None:
        for event in reversed(self._events[size:]):
            self._by_kind[event.draft.kind].pop()
            if event.draft.serial:
                self._by_serial[event.draft.serial].pop()
        del self._events[size:]
