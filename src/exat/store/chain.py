"""The evidence of the node, one unbroken chain, and the evidence that peers gave it."""

import hashlib
import hmac
import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Final

from exat.records import DeliveryState, Event, EvidenceDraft, EvidenceRecord, MessageKey, TakeEvidence
from exat.store.outgoing import move
from exat.store.rows import instant, key_of_text, listed, stamp, texts
from exat.store.statements import statements
from exat.store.values import ForeignEvidence

Seal = Callable[[EvidenceDraft, int, str], EvidenceRecord]
"""Makes the record of a draft at a sequence, after the record with a hash; runs in the writer's thread."""

NO_PREVIOUS: Final = "0" * 64
"""What stands for the hash before the first record."""

STATE_AFTER: Final = {
    Event.RELAY_ACCEPTANCE: DeliveryState.RELAYED,
    Event.RELAY_REJECTION: DeliveryState.REFUSED,
    Event.RELAY_FAILURE: DeliveryState.FAILED,
    Event.CONTENT_CONSIGNMENT: DeliveryState.CONSIGNED,
    Event.CONTENT_CONSIGNMENT_FAILURE: DeliveryState.FAILED,
    Event.CONTENT_HANDOVER: DeliveryState.HANDED_OVER,
}
"""Where a peer's evidence puts its recipients. A failed hand-over leaves the letter consigned."""

_SQL = statements("chain")


def append(connection: sqlite3.Connection, draft: EvidenceDraft, seal: Seal) -> EvidenceRecord:
    """Seal a draft at the head of the chain; the caller's transaction holds the head.

    Raises:
        ValueError: `seal` made a record for another place in the chain, or with a wrong hash.
    """
    sequence, previous = head(connection)
    record = seal(draft, sequence + 1, previous)
    if (record.sequence, record.previous) != (sequence + 1, previous):
        raise ValueError("seal made a record for another place in the chain")
    if not hmac.compare_digest(hashlib.sha256(record.content).hexdigest(), record.hash):
        raise ValueError("the hash of the record is not that of its content")
    connection.execute(
        _SQL["append"],
        {
            "sequence": record.sequence,
            "identifier": record.identifier,
            "event": record.event.value,
            "at": stamp(record.at),
            "message_key": record.message_key,
            "message_id": record.message_id,
            "previous": record.previous,
            "hash": record.hash,
            "content": record.content,
            "cms": record.cms,
        },
    )
    return record


def head(connection: sqlite3.Connection) -> tuple[int, str]:
    """The sequence and hash of the last record; 0 and zeros before the first."""
    row = connection.execute(_SQL["head"]).fetchone()
    return (0, NO_PREVIOUS) if row is None else (row[0], row[1])


def take(connection: sqlite3.Connection, effect: TakeEvidence, at: datetime) -> None:
    """Keep a peer's evidence once, and move the recipients that this peer was given the letter for.

    A peer moves nothing of what was sent elsewhere or in other octets, and nothing backwards: what comes late
    is kept, no more.
    """
    values = {
        "domain": effect.domain,
        "event": effect.event.value,
        "message_id": effect.message_id,
        "recipients": listed(effect.recipients),
        "at": stamp(at),
        "digest": hashlib.sha256(effect.cms).hexdigest(),
        "cms": effect.cms,
    }
    if connection.execute(_SQL["take_foreign"], values).rowcount == 0:
        return
    state = STATE_AFTER.get(effect.event)
    if state is None:
        return
    for recipient_key in sorted({key_of_text(recipient) for recipient in effect.recipients}):
        place = {
            "message_id": effect.message_id,
            "letter_digest": effect.digest,
            "recipient_key": recipient_key,
            "domain": effect.domain,
        }
        for (key,) in connection.execute(_SQL["sent_to_domain"], place).fetchall():
            move(connection, key, recipient_key, effect.domain, state, at=at)


def records(connection: sqlite3.Connection, *, after: int, limit: int) -> tuple[EvidenceRecord, ...]:
    """The records that follow `after` in the chain, at most `limit`; all for -1."""
    rows = connection.execute(_SQL["all"], {"after": after, "limit": limit})
    return tuple(_record(row) for row in rows)


def records_of(connection: sqlite3.Connection, reference: str) -> tuple[EvidenceRecord, ...]:
    """The records of a letter, by its key or its Message-ID."""
    return tuple(_record(row) for row in connection.execute(_SQL["of_reference"], {"reference": reference}))


def foreign_of(connection: sqlite3.Connection, message_id: str) -> tuple[ForeignEvidence, ...]:
    """What peers gave us about a message, in the order in which it came."""
    rows = connection.execute(_SQL["foreign_of_message"], {"message_id": message_id})
    return tuple(
        ForeignEvidence(
            domain=domain,
            event=Event(event),
            message_id=found,
            recipients=texts(recipients),
            taken_at=instant(taken_at),
            cms=cms,
        )
        for domain, event, found, recipients, taken_at, cms in rows
    )


def _record(row: tuple[int, str, str, str, str, str, str, str, bytes, bytes]) -> EvidenceRecord:
    sequence, identifier, event, at, message_key, message_id, previous, digest, content, cms = row
    return EvidenceRecord(
        identifier=identifier,
        sequence=sequence,
        event=Event(event),
        at=instant(at),
        message_key=MessageKey(message_key),
        message_id=message_id,
        previous=previous,
        hash=digest,
        content=content,
        cms=cms,
    )
