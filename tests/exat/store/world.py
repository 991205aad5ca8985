"""The little world of the store's tests: letters, a seal without keys, and the judge of a chain."""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from exat.address import Address
from exat.records import (
    Attest,
    Consign,
    Effect,
    Enqueue,
    Event,
    EvidenceDraft,
    EvidenceRecord,
    Keep,
    MessageKey,
    StoredLetter,
)
from exat.store import NO_PREVIOUS, Store

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ANN = Address.parse("ann@a.test")
BOB = Address.parse("bob@b.test")
CAROL = Address.parse("carol@b.test")
DORA = Address.parse("dora@a.test")


def letter(
    name: str = "one", *, sender: Address | None = ANN, body: bytes = b"", message_id: str = ""
) -> StoredLetter:
    """A letter whose octets follow from its name, unless they are given."""
    raw = body or f"Subject: {name}\r\n\r\nbody\r\n".encode()
    return StoredLetter(
        key=MessageKey(f"key-{name}"),
        message_id=message_id or f"<{name}@a.test>",
        sender=sender,
        digest=hashlib.sha256(raw).hexdigest(),
        received_at=AT,
        raw=raw,
    )


def draft(
    of: StoredLetter,
    event: Event = Event.SUBMISSION_ACCEPTANCE,
    recipients: Sequence[Address] = (),
) -> EvidenceDraft:
    """Evidence of an event on a letter."""
    return EvidenceDraft(
        event=event,
        at=AT,
        message_key=of.key,
        message_id=of.message_id,
        sender=str(of.sender or ""),
        recipients=tuple(str(one) for one in recipients),
        digest=of.digest,
        size=len(of.raw),
    )


def acceptance(
    of: StoredLetter, *, local: Sequence[Address] = (), peers: Sequence[Address] = ()
) -> tuple[Effect, ...]:
    """What a pipeline wants done with an accepted letter."""
    queued = (Enqueue(of.key, "b.test", tuple(peers)),) if peers else ()
    return (
        Keep(of),
        *(Consign(of.key, one) for one in local),
        *queued,
        Attest(draft(of, recipients=[*local, *peers])),
    )


def seal(evidence: EvidenceDraft, sequence: int, previous: str) -> EvidenceRecord:
    """A record whose place in the chain stands in its content; its signature is a word."""
    fields = {
        "seq": sequence,
        "prev_hash": previous,
        "event": evidence.event.value,
        "key": evidence.message_key,
        "recipients": evidence.recipients,
    }
    content = json.dumps(fields).encode()
    return EvidenceRecord(
        identifier=f"evidence-{sequence}",
        sequence=sequence,
        event=evidence.event,
        at=evidence.at,
        message_key=evidence.message_key,
        message_id=evidence.message_id,
        previous=previous,
        hash=hashlib.sha256(content).hexdigest(),
        content=content,
        cms=b"signed " + content,
    )


def assert_chain(store: Store) -> tuple[EvidenceRecord, ...]:
    """The chain, which has no gap, no fork, and holds in each record the hash of the one before."""
    records = store.evidence()
    assert [record.sequence for record in records] == list(range(1, len(records) + 1))
    previous = NO_PREVIOUS
    for record in records:
        fields = json.loads(record.content)
        assert (fields["seq"], fields["prev_hash"]) == (record.sequence, previous)
        assert record.previous == previous
        assert record.hash == hashlib.sha256(record.content).hexdigest()
        previous = record.hash
    return records


def frozen_clock() -> Callable[[], datetime]:
    """A clock that stands."""
    return lambda: AT
