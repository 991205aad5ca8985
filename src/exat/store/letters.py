"""Letters and the local mailboxes in which they lie."""

import hashlib
import hmac
import sqlite3
from datetime import datetime

from exat.address import Address
from exat.errors import StoreError
from exat.records import DeliveryState, MessageKey, StoredLetter
from exat.store.outgoing import deliver, move
from exat.store.rows import address, instant, key_of, stamp
from exat.store.segments import INLINE_OCTETS, Segments
from exat.store.statements import statements
from exat.store.values import Delivery, KnownLetter, MailboxEntry

_SQL = statements("letters")


def taken(connection: sqlite3.Connection, sender_key: str, message_id: str) -> tuple[str, MessageKey] | None:
    """The digest and the key under which a message of this sender was taken before."""
    place = {"sender_key": sender_key, "message_id": message_id}
    row = connection.execute(_SQL["taken"], place).fetchone()
    return None if row is None else (row[0], MessageKey(row[1]))


def taken_before(connection: sqlite3.Connection, letter: StoredLetter) -> MessageKey | None:
    """The key under which the same letter was stored before; None for a new one.

    Raises:
        StoreError: `duplicate-message-id`: the sender used this Message-ID for another letter.
    """
    before = taken(connection, key_of(letter.sender), letter.message_id)
    if before is None:
        return None
    digest, key = before
    if hmac.compare_digest(digest.encode(), letter.digest.encode()):
        return key
    raise StoreError(
        "duplicate-message-id",
        f"the sender used the Message-ID {letter.message_id} for another letter",
        values={"message_id": letter.message_id},
    )


def keep(
    connection: sqlite3.Connection, letter: StoredLetter, segments: Segments, *, body_digest: str | None
) -> None:
    """Store a letter that was not taken before; `body_digest` names its segment where that is already placed.

    Raises:
        OSError: the segment could not be written.
    """
    sender_key = key_of(letter.sender)
    place = {"sender_key": sender_key, "message_id": letter.message_id}
    connection.execute(_SQL["take"], {**place, "digest": letter.digest, "key": letter.key})
    large = len(letter.raw) > INLINE_OCTETS
    if body_digest is None:
        body_digest = segments.put(letter.raw) if large else hashlib.sha256(letter.raw).hexdigest()
    values = {
        "key": letter.key,
        "sender": None if letter.sender is None else str(letter.sender),
        "digest": letter.digest,
        "received_at": stamp(letter.received_at),
        "size": len(letter.raw),
        "body_digest": body_digest,
        "body": None if large else letter.raw,
        "in_segment": large,
    }
    connection.execute(_SQL["keep"], {**place, **values})


def letter(connection: sqlite3.Connection, key: str, segments: Segments) -> StoredLetter:
    """A letter with its octets, checked against the digest that was taken when it was stored.

    Raises:
        StoreError: `letter-unknown`, `segment-damaged`, `store-damaged`.
    """
    row = connection.execute(_SQL["letter"], {"key": key}).fetchone()
    if row is None:
        raise letter_unknown(key)
    found, message_id, sender, digest, received_at, body_digest, body, in_segment = row
    raw = segments.get(body_digest) if in_segment else body
    if not in_segment and not hmac.compare_digest(hashlib.sha256(raw).hexdigest(), body_digest):
        reason = f"the octets of letter {key} were changed"
        raise StoreError("store-damaged", reason, values={"reason": reason})
    return StoredLetter(
        key=MessageKey(found),
        message_id=message_id,
        sender=address(sender),
        digest=digest,
        received_at=instant(received_at),
        raw=raw,
    )


def letter_unknown(key: str) -> StoreError:
    """The error of a letter that is not there."""
    return StoreError("letter-unknown", f"no letter {key} is stored", values={"key": key})


def known_recipients(connection: sqlite3.Connection, key: MessageKey) -> frozenset[str]:
    """The keys of those to whom the delivery of a letter was begun."""
    return frozenset(row[0] for row in connection.execute(_SQL["known_recipients"], {"key": key}))


def consign(connection: sqlite3.Connection, key: MessageKey, mailbox: Address, at: datetime) -> None:
    """Put a letter into a mailbox, once."""
    if not deliver(connection, key, mailbox, "", at=at):
        return
    uid = next_in_counter(connection, f"uid {mailbox.key}")
    values = {"mailbox_key": mailbox.key, "uid": uid, "key": key, "at": stamp(at)}
    connection.execute(_SQL["put_into_mailbox"], values)


def next_in_counter(connection: sqlite3.Connection, name: str) -> int:
    """The next number of a counter, from 1; no number is given twice, whatever is deleted."""
    ((value,),) = connection.execute(_SQL["next_in_counter"], {"name": name}).fetchall()
    return int(value)


def hand_over(connection: sqlite3.Connection, key: MessageKey, mailbox: Address, at: datetime) -> bool:
    """Mark a letter of a mailbox as handed over; False when it was before.

    Raises:
        StoreError: `letter-unknown`: it does not lie in this mailbox.
    """
    place = {"mailbox_key": mailbox.key, "key": key}
    if connection.execute(_SQL["mailbox_entry"], place).fetchone() is None:
        raise letter_unknown(key)
    move(connection, key, mailbox.key, "", DeliveryState.HANDED_OVER, at=at)
    return connection.execute(_SQL["mark_read"], {**place, "at": stamp(at)}).rowcount > 0


def list_mailbox(
    connection: sqlite3.Connection, mailbox: Address, *, after: int, limit: int
) -> tuple[MailboxEntry, ...]:
    """What lies in a mailbox after the uid `after`, oldest first; at most `limit`, all for -1."""
    rows = connection.execute(
        _SQL["list_mailbox"], {"mailbox_key": mailbox.key, "after": after, "limit": limit}
    )
    return tuple(
        MailboxEntry(
            uid=uid,
            key=MessageKey(key),
            message_id=message_id,
            sender=address(sender),
            size=size,
            consigned_at=instant(consigned_at),
            read_at=instant(read_at),
            state=DeliveryState(state),
        )
        for uid, key, message_id, sender, size, consigned_at, read_at, state in rows
    )


def sent_by(connection: sqlite3.Connection, sender: Address) -> tuple[KnownLetter, ...]:
    """The letters of a sender with the state of each recipient, in the order in which they were taken."""
    rows = connection.execute(_SQL["letters_of_sender"], {"sender_key": sender.key}).fetchall()
    return tuple(_known(connection, row) for row in rows)


def referred(connection: sqlite3.Connection, reference: str) -> tuple[KnownLetter, ...]:
    """The letters with this key or Message-ID: several senders may have used one Message-ID."""
    rows = connection.execute(_SQL["letters_of_trace"], {"reference": reference}).fetchall()
    return tuple(_known(connection, row) for row in rows)


def _known(connection: sqlite3.Connection, row: tuple[str, str, str | None, str, str, int]) -> KnownLetter:
    key, message_id, sender, digest, received_at, size = row
    return KnownLetter(
        key=MessageKey(key),
        message_id=message_id,
        sender=address(sender),
        digest=digest,
        received_at=instant(received_at),
        size=size,
        deliveries=_deliveries(connection, key),
    )


def _deliveries(connection: sqlite3.Connection, key: str) -> tuple[Delivery, ...]:
    return tuple(
        Delivery(
            key=MessageKey(found),
            recipient=address(recipient),
            domain=domain,
            state=DeliveryState(state),
            changed_at=instant(changed_at),
            reply=reply,
        )
        for found, recipient, domain, state, changed_at, reply in connection.execute(
            _SQL["deliveries_of_letter"], {"key": key}
        )
    )
