"""The trail of one message: everything that the node knows of it, put together from one moment."""

import sqlite3

from exat.store import chain, letters
from exat.store.values import Trace


def trace(connection: sqlite3.Connection, reference: str) -> Trace:
    """What is known by a MessageKey or a Message-ID; empty parts where nothing is.

    By a key the trail is of that letter alone; peers' evidence speaks of the Message-ID only, and is given
    for it.
    """
    known = letters.referred(connection, reference)
    evidence = chain.records_of(connection, reference)
    message_ids = {one.message_id for one in known} | {one.message_id for one in evidence} or {reference}
    foreign = [one for found in message_ids for one in chain.foreign_of(connection, found)]
    deliveries = [delivery for letter in known for delivery in letter.deliveries]
    return Trace(
        reference=reference,
        letters=known,
        deliveries=tuple(sorted(deliveries, key=lambda delivery: delivery.changed_at)),
        evidence=evidence,
        foreign_evidence=tuple(sorted(foreign, key=lambda one: one.taken_at)),
    )
