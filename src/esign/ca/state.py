"""What the events come to: each certificate as it stands, or stood at a moment, and what lists say of it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Final

from esign.ca.crl import ListName, Revocation
from esign.ca.events import Draft, Event, Kind


class State(Enum):
    """What a certificate is at a moment."""

    PREPARED = "prepared"
    ISSUED = "issued"
    ABANDONED = "abandoned"
    REVOKED = "revoked"
    SUSPENDED = "suspended"


_DIGITS: Final = 10

HOLD: Final = "certificateHold"
"""The reason of a suspension (RFC 5280 §5.3.1)."""


@dataclass(frozen=True, slots=True)
class Record:
    """A certificate as the register knows it: `certificate` is DER, empty until it was signed.

    `number` is that of the event that prepared it: certificates stand in this order. `stir` and `pinfl` are
    those of the holder, however the profile writes them; `not_after` and they are empty for events that were
    written before such details were.

    `revoked_at`, `reason` and `invalid_since` are what a list says of one that is revoked or suspended;
    `partition` is the one whose lists it stands on, 0 where it stands on that of all certificates only.
    """

    serial: int
    state: State
    profile: str
    subject: str
    prepared_at: datetime
    number: int = 0
    not_after: datetime | None = None
    stir: str = ""
    pinfl: str = field(default="", repr=False)
    certificate: bytes = b""
    revoked_at: datetime | None = None
    reason: str = ""
    invalid_since: datetime | None = None
    partition: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """Which certificates are looked for: each field that is set narrows them.

    `words` begin words of subject or mailbox, in any order and case; `expires_before` is exclusive.
    """

    words: str = ""
    stir: str = ""
    pinfl: str = ""
    profile: str = ""
    state: State | None = None
    expires_before: datetime | None = None

    def fits(self, found: Record, said: str) -> bool:
        """Whether a certificate is one of those; `said` are its words."""
        told = set(words_of(said))
        return (
            all(any(one.startswith(word) for one in told) for word in words_of(self.words))
            and self.stir in ("", found.stir)
            and self.pinfl in ("", found.pinfl)
            and self.profile in ("", found.profile)
            and self.state in (None, found.state)
            and (self.expires_before is None or _ends_before(found, self.expires_before))
        )


ALL: Final = Query()


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text as they are compared: letters and digits, case folded.

    >>> words_of("CN=ALIYEV Anvar, a.aliyev@agency.uz")
    ('cn', 'aliyev', 'anvar', 'a', 'aliyev', 'agency', 'uz')
    """
    return tuple(word.casefold() for word in _WORD.findall(text))


_WORD: Final = re.compile(r"[^\W_]+")


def _ends_before(found: Record, moment: datetime) -> bool:
    return found.not_after is not None and found.not_after < moment


def record(events: Iterable[Event], *, at: datetime | None = None) -> Record | None:
    """The fold over the events of one certificate, up to `at` (inclusive); None when there are none."""
    found: Record | None = None
    for event in events:
        if at is None or event.draft.at <= at:
            found = step(found, event)
    return found


def step(before: Record | None, event: Event) -> Record | None:
    """What an event makes of a certificate; None stays None until it was prepared."""
    draft = event.draft
    if draft.kind is Kind.PREPARED:
        return _prepared(event)
    if draft.kind is Kind.ADOPTED:
        return _adopted(before, event)
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


def _prepared(event: Event) -> Record:
    told = dict(event.draft.details)
    until = told.get("not-after", "")
    return Record(
        event.draft.serial,
        State.PREPARED,
        told.get("profile", ""),
        told.get("subject", ""),
        event.draft.at,
        event.number,
        datetime.fromisoformat(until) if until else None,
        told.get("stir", ""),
        told.get("pinfl", ""),
        partition=partition_of(event.draft),
    )


def _adopted(before: Record | None, event: Event) -> Record:
    """What was lost with its events and taken in again: what became of it since stays."""
    told = _prepared(event)
    if before is None:
        return replace(told, state=State.ISSUED, certificate=event.draft.octets)
    open_ = before.state in (State.PREPARED, State.ABANDONED)
    return replace(
        told,
        state=State.ISSUED if open_ else before.state,
        prepared_at=before.prepared_at,
        number=before.number,
        certificate=event.draft.octets,
        revoked_at=before.revoked_at,
        reason=before.reason,
        invalid_since=before.invalid_since,
    )


def partition_of(draft: Draft) -> int:
    """The partition that an event names; 0 when it names none, or nonsense."""
    told = draft.get("partition")
    return int(told) if told.isascii() and told.isdecimal() and len(told) < _DIGITS else 0


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


def said_of(draft: Draft) -> str:
    """What the words of a search are looked for in: the subject and the mailboxes of what was prepared."""
    return f"{draft.get('subject')} {draft.get('emails')}"


def list_of(event: Event) -> ListName:
    """Which list an event of publication is about."""
    return ListName(partition_of(event.draft), is_delta=bool(event.draft.get("base")))


LISTING: Final = (Kind.REVOKED, Kind.SUSPENDED, Kind.RESTORED)


def revocations(events: Iterable[Event], *, at: datetime | None = None) -> Iterator[Revocation]:
    """Revoked or on hold, now or at `at`, in the order in which they came on the list: a fold.

    `events` are those of the kinds `LISTING`, in order; others change nothing.
    """
    found: dict[int, Record] = {}
    for event in events:
        draft = event.draft
        if draft.kind not in LISTING or (at is not None and draft.at > at):
            continue
        if draft.kind is Kind.RESTORED:
            found.pop(draft.serial, None)
        else:
            before = found.get(draft.serial) or Record(draft.serial, State.ISSUED, "", "", draft.at)
            found[draft.serial] = step(before, event) or before
    return (entry_of(one) for one in found.values())


def entry_of(found: Record) -> Revocation:
    """What a list says of a certificate that is revoked or suspended."""
    return Revocation(found.serial, found.revoked_at or found.prepared_at, found.reason, found.invalid_since)
