"""What happened at an authority: events, each bound to the one before by its hash."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from esign import der
from esign.errors import RegisterError

FIRST: Final = bytes(32)
MAX_NUMBER: Final = 1 << 62


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
    RESUMED = "resumed"
    ADOPTED = "adopted"


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


def whole(at: datetime) -> datetime:
    """`at` in UTC without fractions: X.509 counts seconds."""
    return at.astimezone(UTC).replace(microsecond=0)


def chained(draft: Draft, head: Event | None) -> Event:
    """`draft` as the event after `head`.

    Raises:
        RegisterError: `register-altered` for a resumption that does not name what was lost.
    """
    return sealed(draft, head)[0]


def sealed(draft: Draft, head: Event | None) -> tuple[Event, bytes]:
    """As `chained`, with the event's canonical octets, which are costly to write twice."""
    number, previous = _place(draft, head)
    encoded = Event(number, draft, previous, b"").encoded
    return Event(number, draft, previous, hashlib.sha256(previous + encoded).digest()), encoded


def verify_event(event: Event, before: Event | None) -> None:
    """That `event` is whole and stands after `before`, or after the lost events that it names itself.

    Raises:
        RegisterError: `register-altered` with its number.
    """
    number, previous = _place(event.draft, before)
    if (event.number, event.previous) != (number, previous) or not event.is_whole:
        raise _altered(number)


def _place(draft: Draft, before: Event | None) -> tuple[int, bytes]:
    """The number of the event after `before`, and the hash of the one that it follows."""
    number, previous = (before.number + 1, before.hash) if before else (1, FIRST)
    lost = draft.get("lost-from") if draft.kind is Kind.RESUMED else ""
    if not lost:
        return number, previous
    try:
        last, head = int(draft.get("lost-to")), bytes.fromhex(draft.get("head"))
    except ValueError as e:
        raise _altered(number) from e
    if lost != str(number) or not number <= last < MAX_NUMBER or len(head) != len(FIRST):
        raise _altered(number)
    return last + 1, head


def _altered(number: int) -> RegisterError:
    return RegisterError("register-altered", number=number, where=f"event {number}")
