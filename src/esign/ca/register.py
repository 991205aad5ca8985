"""The register of an authority: events that are only ever added, each bound to the one before by its hash.

What is true at a moment (issued, revoked, the next list's number) is a fold over the events up to it. An
event about a certificate is stored before the certificate is signed, so that none exists that the register
does not know.
"""

import heapq
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Protocol

from esign.ca import tree
from esign.ca.crl import entry
from esign.ca.events import Draft, Event, Kind, chained
from esign.ca.state import LISTING, Query, Record, record, revocations, said_of
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

    def last(self, kind: Kind) -> Event | None:
        """The last event of a kind."""

    def events(self, *, serial: int | None = None, kind: Kind | None = None) -> Iterator[Event]:
        """The events in order: all, those about one certificate, those of one kind."""

    def known(self, serial: int) -> Record | None:
        """A certificate as it stands."""

    def find(self, query: Query, *, after: int = 0, limit: int = PAGE) -> tuple[Record, ...]:
        """The first `limit` certificates of `query` behind the one whose `number` is `after`, 0 for none.

        In the order of preparation; where a query asks for what expires, what expires first comes first.
        """

    def listed(self) -> tuple[int, bytes]:
        """How many are revoked or on hold, and their entries for a list, DER, in order."""

    def leaves(self, start: int, stop: int) -> tuple[bytes, ...]:
        """The hashes as leaves of the events from `start` + 1 to `stop`; fewer when some are not there."""

    def kept(self, start: int, stop: int) -> bytes | None:
        """The hash of this subtree, when it was kept."""


def subtree(register: Register, start: int, stop: int) -> bytes:
    """The hash of the subtree over the events from `start` + 1 to `stop` (RFC 9162 §2.1.1).

    Raises:
        RegisterError: `register-altered` when an event is missing whose subtree was not kept.
    """
    if (known := register.kept(start, stop)) is not None:
        return known
    if stop - start <= TILE and len(leaves := register.leaves(start, stop)) == stop - start:
        return tree.root(leaves)
    if stop - start == 1:
        raise RegisterError("register-altered", number=stop, where=f"event {stop}")
    middle = start + tree.split(stop - start)
    return tree.node(subtree(register, start, middle), subtree(register, middle, stop))


def listing(register: Register) -> Iterator[Event]:
    """The events that change what lists say, in order."""
    return heapq.merge(*(register.events(kind=kind) for kind in LISTING), key=lambda event: event.number)


class MemoryRegister:
    """A register that lives as long as the object: for tests and for certificates of the moment."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._by_serial: dict[int, list[Event]] = {}
        self._by_kind: dict[Kind, list[Event]] = {}
        self._open = False

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Exclusive; an exception undoes what was appended."""
        if self._open:
            raise RegisterError("register-busy")
        size, self._open = len(self._events), True
        try:
            yield
        except BaseException:
            self._cut(size)
            raise
        finally:
            self._open = False

    def append(self, draft: Draft) -> Event:
        """Add an event, inside a transaction."""
        if not self._open:
            raise RuntimeError("append outside a transaction")
        known = self._by_serial.get(draft.serial, ())
        if draft.kind is Kind.PREPARED and any(e.draft.kind is Kind.PREPARED for e in known):
            raise RegisterError("serial-used", serial=f"{draft.serial:x}")
        event = chained(draft, self.head())
        self._add(event)
        return event

    def head(self) -> Event | None:
        """The last event."""
        return self._events[-1] if self._events else None

    def last(self, kind: Kind) -> Event | None:
        """The last event of a kind."""
        found = self._by_kind.get(kind)
        return found[-1] if found else None

    def events(self, *, serial: int | None = None, kind: Kind | None = None) -> Iterator[Event]:
        """The events in order."""
        if serial is not None:
            chosen = self._by_serial.get(serial, [])
            return iter([e for e in chosen if kind in (None, e.draft.kind)])
        return iter(list(self._events if kind is None else self._by_kind.get(kind, ())))

    def known(self, serial: int) -> Record | None:
        """A certificate as it stands."""
        return record(self._by_serial.get(serial, ()))

    def find(self, query: Query, *, after: int = 0, limit: int = PAGE) -> tuple[Record, ...]:
        """The first `limit` certificates of `query` behind `after`."""
        told = ((self.known(e.draft.serial), said_of(e.draft)) for e in self._by_kind.get(Kind.PREPARED, ()))
        found = [one for one, said in told if one and query.fits(one, said)]
        if query.expires_before is not None:
            found.sort(key=lambda one: (one.not_after, one.number))
        numbers = [one.number for one in found]
        first = numbers.index(after) + 1 if after in numbers else 0
        return tuple(found[first : first + limit])

    def listed(self) -> tuple[int, bytes]:
        """Who is revoked or on hold."""
        found = tuple(revocations(listing(self)))
        return len(found), b"".join(map(entry, found))

    def leaves(self, start: int, stop: int) -> tuple[bytes, ...]:
        """The hashes as leaves of the events from `start` + 1 to `stop`."""
        return tuple(tree.leaf(event.encoded) for event in self._events[start:stop])

    def kept(self, start: int, stop: int) -> bytes | None:
        """Nothing: every event is at hand."""
        return None

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
