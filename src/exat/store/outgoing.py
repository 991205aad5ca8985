"""The queue to peers: rows that are leased, tried and settled, and where a letter stands for each recipient.

A claim counts the attempt, and that count is the proof of holding it: who comes late with an older count (its
lease ran out, another process took over) changes nothing. No attempt extends its own lease, so a dead
process's rows come free again.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from exat.address import Address
from exat.errors import StoreError
from exat.records import Attempt, DeliveryState, Enqueue, MessageKey
from exat.store.rows import addresses, instant, listed, stamp
from exat.store.statements import statements
from exat.store.values import Waiting

MAY_FOLLOW: Final = {
    DeliveryState.QUEUED: frozenset[DeliveryState](),
    DeliveryState.RELAYED: frozenset({DeliveryState.QUEUED}),
    DeliveryState.CONSIGNED: frozenset({DeliveryState.QUEUED, DeliveryState.RELAYED}),
    DeliveryState.HANDED_OVER: frozenset(
        {DeliveryState.QUEUED, DeliveryState.RELAYED, DeliveryState.CONSIGNED}
    ),
    DeliveryState.REFUSED: frozenset({DeliveryState.QUEUED, DeliveryState.RELAYED}),
    DeliveryState.FAILED: frozenset({DeliveryState.QUEUED, DeliveryState.RELAYED}),
}
"""From which states each may be reached: states only advance, an end is final."""

_SQL = statements("outgoing")
_LETTERS = statements("letters")


def enqueue(connection: sqlite3.Connection, effect: Enqueue, key: MessageKey, at: datetime) -> None:
    """Queue a letter for those of the recipients who have not been given it yet."""
    fresh = [one for one in effect.recipients if deliver(connection, key, one, effect.domain, at=at)]
    if fresh:
        values = {"key": key, "domain": effect.domain, "recipients": listed(fresh), "at": stamp(at)}
        connection.execute(_SQL["enqueue"], values)


def deliver(
    connection: sqlite3.Connection, key: MessageKey, recipient: Address, domain: str, *, at: datetime
) -> bool:
    """Begin the delivery to one recipient; False when it was begun before: a letter is delivered once."""
    state = DeliveryState.QUEUED if domain else DeliveryState.CONSIGNED
    values = {
        "key": key,
        "recipient_key": recipient.key,
        "recipient": str(recipient),
        "domain": domain,
        "state": state.value,
        "at": stamp(at),
    }
    return connection.execute(_LETTERS["deliver"], values).rowcount > 0


def move(
    connection: sqlite3.Connection,
    key: str,
    recipient_key: str,
    domain: str,
    state: DeliveryState,
    *,
    at: datetime,
    reply: str = "",
) -> bool:
    """Advance the state of one delivery; False, and nothing changed, where `MAY_FOLLOW` forbids it."""
    place = {"key": key, "recipient_key": recipient_key, "domain": domain}
    row = connection.execute(_SQL["delivery"], place).fetchone()
    if row is None or DeliveryState(row[0]) not in MAY_FOLLOW[state]:
        return False
    change = {"state": state.value, "at": stamp(at), "reply": reply}
    connection.execute(_SQL["move"], {**change, "key": key, "recipient_key": recipient_key})
    return True


def claim(
    connection: sqlite3.Connection, *, at: datetime, lease: timedelta, owner: str, limit: int
) -> tuple[Attempt, ...]:
    """Lease rows that are due and not held; `Attempt.attempts` counts those begun before this one."""
    values = {"at": stamp(at), "until": stamp(at + lease), "owner": owner, "limit": limit}
    rows = connection.execute(_SQL["claim"], values).fetchall()
    return tuple(
        Attempt(
            identifier=identifier,
            key=MessageKey(key),
            domain=domain,
            recipients=addresses(recipients),
            attempts=attempts - 1,
            queued_at=instant(queued_at),
        )
        for identifier, key, domain, recipients, attempts, queued_at in sorted(rows)
    )


def settle(
    connection: sqlite3.Connection,
    attempt: Attempt,
    recipients: Iterable[Address],
    state: DeliveryState,
    *,
    at: datetime,
    reply: str,
) -> None:
    """End the delivery to `recipients`; the row is done when none of its recipients remains.

    Raises:
        StoreError: `lease-lost`, unless the letter was relayed: that is true whoever holds the row now.
    """
    relayed = state is DeliveryState.RELAYED
    unsettled = _remaining(connection, attempt) if relayed else _held(connection, attempt)
    settled = {one.key for one in recipients}
    for recipient_key in sorted(settled):
        move(connection, attempt.key, recipient_key, attempt.domain, state, at=at, reply=reply)
    remaining = [one for one in unsettled if one.key not in settled]
    values = {"id": attempt.identifier, "reply": reply}
    if remaining:
        connection.execute(_SQL["remaining"], {**values, "recipients": listed(remaining)})
    else:
        connection.execute(_SQL["finish"], values)


def postpone(connection: sqlite3.Connection, attempt: Attempt, *, next_at: datetime, reply: str) -> None:
    """Give the row back, to be tried again at `next_at` for the recipients that remain.

    Raises:
        StoreError: `lease-lost`.
    """
    remaining = _held(connection, attempt)
    values = {"id": attempt.identifier, "next_at": stamp(next_at), "reply": reply}
    connection.execute(_SQL["retry"], values)
    for one in remaining:
        note = {"key": attempt.key, "recipient_key": one.key, "reply": reply}
        connection.execute(_SQL["note_reply"], note)


def _remaining(connection: sqlite3.Connection, attempt: Attempt) -> Sequence[Address]:
    """The recipients that are not settled, whoever holds the row."""
    row = connection.execute(_SQL["row"], {"id": attempt.identifier}).fetchone()
    return () if row is None else addresses(row[0])


def _held(connection: sqlite3.Connection, attempt: Attempt) -> Sequence[Address]:
    """The recipients that are not settled, in a row whose present attempt is this one."""
    row = connection.execute(_SQL["row"], {"id": attempt.identifier}).fetchone()
    if row is None or row[2] != "waiting" or row[1] != attempt.attempts + 1:
        raise StoreError(
            "lease-lost",
            f"attempt {attempt.identifier} was taken over by another process",
            values={"attempt": attempt.identifier},
        )
    return addresses(row[0])


def next_due(connection: sqlite3.Connection) -> datetime | None:
    """When the next row comes due or free; None for an empty queue."""
    row = connection.execute(_SQL["next_due"]).fetchone()
    text: str | None = row[0]
    return instant(text)


def waiting(connection: sqlite3.Connection) -> tuple[Waiting, ...]:
    """What is not done, the next due first."""
    return tuple(
        Waiting(
            identifier=row[0],
            key=MessageKey(row[1]),
            domain=row[2],
            recipients=addresses(row[3]),
            attempts=row[4],
            queued_at=instant(row[5]),
            next_at=instant(row[6]),
            lease_owner=row[7],
            lease_until=instant(row[8]),
            last_reply=row[9],
        )
        for row in connection.execute(_SQL["waiting"])
    )
