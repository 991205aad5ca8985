"""The rows of the register's tables: events and certificates as columns, and queries as conditions."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from esign.ca.events import Draft, Event, Kind
from esign.ca.state import Query, Record, State, words_of
from esign.errors import RegisterError


def serial_text(serial: int) -> str:
    """A serial number as it is kept: 40 hexadecimal digits, empty for none."""
    return f"{serial:040x}" if serial else ""


RECORD: Final = (
    "c.number, c.serial, c.state, c.profile, c.subject, c.prepared_at, c.not_after, c.stir, c.pinfl, "
    "c.revoked_at, c.reason, c.invalid_since, c.partition"
)
NEW_RECORD: Final = (
    "INSERT INTO certificates (number, serial, state, profile, subject, prepared_at, not_after, stir, pinfl, "
    "revoked_at, reason, invalid_since, partition, issued) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
# A certificate that is suspended and then revoked keeps its place.
LIST: Final = (
    "INSERT INTO listed (number, serial, entry, partition) VALUES (?,?,?,?) "
    "ON CONFLICT (serial) DO UPDATE SET entry = excluded.entry"
)


def question(query: Query, after: int, limit: int) -> tuple[str, str, list[object]]:
    """Where the certificates of a page are looked for, by what and in which order, and the values for it."""
    demands, values = _conditions(query)
    source, place, order = "certificates c", "c.number > ?1", "c.number"
    if query.expires_before is not None:
        last = "(SELECT not_after FROM certificates WHERE number = ?1)"
        place, order = f"(c.not_after, c.number) > (ifnull({last}, ''), ?1)", "c.not_after, c.number"
    if match := " ".join(f'"{word}"*' for word in words_of(query.words)):
        values.append(match)
        if query.expires_before is None:
            # Found words come in the order of numbers, so the page is full before most of them are looked at.
            source = "words CROSS JOIN certificates c ON c.number = words.rowid"
            place, order = "words.rowid > ?1", "words.rowid"
            demands.append("words MATCH ?")
        else:
            demands.append("c.number IN (SELECT rowid FROM words WHERE words MATCH ?)")
    condition = " AND ".join((place, *demands))
    return source, f"WHERE {condition} ORDER BY {order} LIMIT {limit:d}", [after, *values]


def _conditions(query: Query) -> tuple[list[str], list[object]]:
    """What a query demands besides words, as conditions of SQL with their values."""
    told: list[tuple[str, object]] = []
    if query.stir:
        told.append(("c.stir = ? AND c.stir <> ''", query.stir))
    if query.pinfl:
        told.append(("c.pinfl = ? AND c.pinfl <> ''", query.pinfl))
    if query.profile:
        told.append(("c.profile = ?", query.profile))
    if query.state is not None:
        told.append(("c.state = ?", query.state.value))
    if query.expires_before is not None:
        told.append(("c.not_after <> '' AND c.not_after < ?", utc(query.expires_before)))
    return [condition for condition, _ in told], [value for _, value in told]


def record_row(found: Record) -> tuple[object, ...]:
    """The values of `NEW_RECORD` but the last."""
    return (
        found.number,
        serial_text(found.serial),
        found.state.value,
        found.profile,
        found.subject,
        utc(found.prepared_at),
        utc(found.not_after),
        found.stir,
        found.pinfl,
        *listing(found),
        found.partition,
    )


def listing(found: Record) -> tuple[str, str, str]:
    """What lists say of a certificate."""
    return utc(found.revoked_at), found.reason, utc(found.invalid_since)


def record_of(row: tuple[Any, ...]) -> Record:
    """A certificate from the columns `RECORD` and the octets of its event."""
    number, serial, state, profile, subject, prepared_at, not_after, stir, pinfl, *rest = row
    revoked_at, reason, invalid_since, partition, certificate = rest
    return Record(
        int(serial, 16),
        State(state),
        profile,
        subject,
        _aware(prepared_at),
        number,
        moment(not_after),
        stir,
        pinfl,
        certificate or b"",
        moment(revoked_at),
        reason,
        moment(invalid_since),
        partition,
    )


def utc(at: datetime | None) -> str:
    """A time as it is kept, so that texts sort as times do; empty for none."""
    return "" if at is None else at.astimezone(UTC).isoformat()


def moment(at: str) -> datetime | None:
    """A time that was kept."""
    return _aware(at) if at else None


def _aware(at: str) -> datetime:
    found = datetime.fromisoformat(at)
    if found.utcoffset() is None:
        raise ValueError("a time without its offset from UTC")
    return found


def event_row(event: Event) -> tuple[object, ...]:
    """An event as the columns of its table."""
    draft = event.draft
    details = json.dumps(draft.details, ensure_ascii=False, separators=(",", ":"))
    at = draft.at.astimezone(UTC).isoformat()
    serial = serial_text(draft.serial)
    return event.number, draft.kind.value, at, serial, details, draft.octets, event.previous, event.hash


def event_of(row: tuple[Any, ...]) -> Event:
    """An event as it was written; what somebody changed into nonsense is an altered event."""
    number, kind, at, serial, details, octets, previous, digest = row
    try:
        pairs = tuple((str(name), str(value)) for name, value in json.loads(details))
        draft = Draft(Kind(kind), _aware(at), int(serial or "0", 16), pairs, octets)
    except (ValueError, TypeError, RecursionError) as e:
        raise RegisterError("register-altered", number=number, where=f"event {number}") from e
    return Event(number, draft, previous, digest)
