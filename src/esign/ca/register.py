"""The register of an authority: events that are only ever added, each bound to the one before by its hash.

What is true at a moment (issued, revoked, the next list's number) is a fold over the events up to it. An
event about a certificate is stored before the certificate is signed, so that none exists that the register
does not know.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any, Final, Protocol

from esign import der
from esign.ca import tree
from esign.errors import RegisterError

FIRST: Final = bytes(32)
TILE: Final = 256
"""Events whose subtree is kept as one hash, so that proofs need not read all of them."""


class Kind(Enum):
    """What happened."""

    PREPARED = "prepared"
    ISSUED = "issued"
    ABANDONED = "abandoned"
    REFUSED = "refused"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    RESTORED = "restored"
    CRL_PUBLISHED = "crl-published"


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before it has its place: `serial` is 0 where it is about no certificate, `at` aware, in whole
    seconds.

    `octets` is the DER it is about: the signed part (prepared), the certificate (issued).
    """

    kind: Kind
    at: datetime
    serial: int = 0
    details: tuple[tuple[str, str], ...] = ()
    octets: bytes = b""

    def get(self, name: str) -> str:
        """A detail; empty when it is not there."""
        return dict(self.details).get(name, "")


@dataclass(frozen=True, slots=True)
class Event:
    """An event in its place: `number` from 1, `previous` the hash of the event before it (zeros for the
    first).
    """

    number: int
    draft: Draft
    previous: bytes
    hash: bytes

    @property
    def encoded(self) -> bytes:
        """The event's canonical octets, DER: what its hash is over, after `previous`."""
        draft = self.draft
        return der.sequence(
            der.integer(self.number),
            der.utf8(draft.kind.value),
            der.generalized_time(draft.at),
            der.integer(draft.serial),
            der.sequence(*(der.sequence(der.utf8(n), der.utf8(v)) for n, v in draft.details)),
            der.octet_string(draft.octets),
        )

    @property
    def is_whole(self) -> bool:
        """Whether its hash is that of what it says; what cannot even be encoded was altered."""
        try:
            told = hashlib.sha256(self.previous + self.encoded).digest()
        except (ValueError, OverflowError):
            return False
        return self.hash == told and not self.draft.at.microsecond

    def to_dict(self) -> dict[str, Any]:
        """For JSON: the octets by their SHA-256, hashes in hexadecimal digits."""
        draft = self.draft
        return {
            "number": self.number,
            "kind": draft.kind.value,
            "at": draft.at.isoformat(),
            "serial": f"{draft.serial:x}" if draft.serial else "",
            "details": dict(draft.details),
            "sha256": hashlib.sha256(draft.octets).hexdigest() if draft.octets else "",
            "hash": self.hash.hex(),
        }


def chained(draft: Draft, head: Event | None) -> Event:
    """`draft` as the event after `head`."""
    number, previous = (head.number + 1, head.hash) if head else (1, FIRST)
    event = Event(number, draft, previous, b"")
    return Event(number, draft, previous, hashlib.sha256(previous + event.encoded).digest())


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


def verify_event(event: Event, before: Event | None) -> None:
    """That `event` is whole and stands after `before`.

    Raises:
        RegisterError: `register-altered` with its number.
    """
    number, previous = (before.number + 1, before.hash) if before else (1, FIRST)
    if (event.number, event.previous) != (number, previous) or not event.is_whole:
        raise RegisterError("register-altered", number=number, where=f"event {number}")


class State(Enum):
    """What a certificate is at a moment."""

    PREPARED = "prepared"
    ISSUED = "issued"
    ABANDONED = "abandoned"
    REVOKED = "revoked"
    SUSPENDED = "suspended"


HOLD: Final = "certificateHold"
"""The reason of a suspension (RFC 5280 §5.3.1)."""


@dataclass(frozen=True, slots=True)
class Record:
    """A certificate as the register knows it: `certificate` is DER, empty until it was signed.

    `revoked_at`, `reason` and `invalid_since` are what a list says of one that is revoked or suspended.
    """

    serial: int
    state: State
    profile: str
    subject: str
    prepared_at: datetime
    certificate: bytes = b""
    revoked_at: datetime | None = None
    reason: str = ""
    invalid_since: datetime | None = None


def record(events: Iterable[Event], *, at: datetime | None = None) -> Record | None:
    """The fold over the events of one certificate, up to `at` (inclusive); None when there are none."""
    found: Record | None = None
    for event in events:
        if at is None or event.draft.at <= at:
            found = _step(found, event.draft)
    return found


def records(events: Iterable[Event], *, at: datetime | None = None) -> tuple[Record, ...]:
    """The fold over all events, up to `at` (inclusive): every certificate, in the order of preparation."""
    found: dict[int, Record] = {}
    for event in events:
        if event.draft.serial and (at is None or event.draft.at <= at):
            stepped = _step(found.get(event.draft.serial), event.draft)
            if stepped is not None:
                found[event.draft.serial] = stepped
    return tuple(found.values())


def _step(before: Record | None, draft: Draft) -> Record | None:
    if draft.kind is Kind.PREPARED:
        return Record(draft.serial, State.PREPARED, draft.get("profile"), draft.get("subject"), draft.at)
    if before is None:
        return None
    if draft.kind is Kind.ISSUED:
        return replace(before, state=State.ISSUED, certificate=draft.octets)
    if draft.kind is Kind.ABANDONED:
        return replace(before, state=State.ABANDONED)
    if draft.kind is Kind.REVOKED:
        return _revoked(before, draft)
    if draft.kind is Kind.SUSPENDED:
        return replace(before, state=State.SUSPENDED, revoked_at=draft.at, reason=HOLD)
    if draft.kind is Kind.RESTORED:
        return replace(before, state=State.ISSUED, revoked_at=None, reason="")
    return before


def _revoked(before: Record, draft: Draft) -> Record:
    """Who was suspended before is revoked from that moment on: nothing signed in between becomes good."""
    invalid = draft.get("invalid-since")
    return replace(
        before,
        state=State.REVOKED,
        revoked_at=before.revoked_at or draft.at,
        reason=draft.get("reason"),
        invalid_since=datetime.fromisoformat(invalid) if invalid else None,
    )
