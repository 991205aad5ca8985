"""What the pipeline wants done, done in order inside one transaction: all of it, or nothing.

A letter that was taken before is not stored again: what it brings are recipients who have not been given it
yet (a client or a peer may send one letter in several transactions). What was done for the others is neither
done nor attested a second time.
"""

import dataclasses
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import assert_never

from exat.records import (
    Attest,
    Consign,
    Effect,
    Enqueue,
    EvidenceDraft,
    EvidenceRecord,
    Keep,
    MessageKey,
    StoredLetter,
    TakeEvidence,
)
from exat.store.chain import Seal, append, take
from exat.store.letters import consign, keep, known_recipients, taken_before
from exat.store.outgoing import enqueue
from exat.store.rows import key_of_text
from exat.store.segments import INLINE_OCTETS, Segments
from exat.store.values import Committed

Follow = Callable[[tuple[EvidenceRecord, ...]], Sequence[Effect]]
"""What follows from evidence that was just sealed, in the same transaction (a report to the peer)."""


class Transaction:
    """The effects of one commit on one connection, inside a transaction that the writer began."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        segments: Segments,
        *,
        at: datetime,
        seal: Seal | None = None,
        placed: Mapping[MessageKey, str] = MappingProxyType({}),
    ) -> None:
        self._connection = connection
        self._segments = segments
        self._placed = placed
        self._at = at
        self._seal = seal
        self._first_key: MessageKey | None = None
        self._stands_as: dict[MessageKey, MessageKey] = {}
        self._fresh: dict[MessageKey, frozenset[str]] = {}
        self._evidence: list[EvidenceRecord] = []

    def apply(self, effects: Sequence[Effect], *, follow: Follow | None = None) -> Committed:
        """Do all effects in order, then what follows from the evidence.

        Raises:
            StoreError: `duplicate-message-id`; and what SQLite refuses, as `faults.translated` names it.
            ValueError: there is evidence to seal and no `seal`, or `seal` made a wrong record.
        """
        kept = {effect.letter.key for effect in effects if isinstance(effect, Keep)}
        for effect in effects:
            self._apply(effect, effects)
        duplicate = bool(kept) and kept == self._fresh.keys() and not any(self._fresh.values())
        evidence = tuple(self._evidence)
        if follow is not None and evidence:
            following = follow(evidence)
            for effect in following:
                self._apply(effect, following)
        return Committed(key=self._first_key, evidence=tuple(self._evidence), duplicate=duplicate)

    def _apply(self, effect: Effect, effects: Sequence[Effect]) -> None:
        match effect:
            case Keep():
                self._keep(effect.letter, effects)
            case Consign():
                consign(self._connection, self._key(effect.key), effect.mailbox, self._at)
            case Enqueue():
                enqueue(self._connection, effect, self._key(effect.key), self._at)
            case Attest():
                self._attest(effect.draft)
            case TakeEvidence():
                take(self._connection, effect, self._at)
            case _:
                assert_never(effect)

    def _keep(self, letter: StoredLetter, effects: Sequence[Effect]) -> None:
        before = taken_before(self._connection, letter)
        self._first_key = self._first_key or before or letter.key
        if before is None:
            keep(self._connection, letter, self._segments, body_digest=self._placed.get(letter.key))
            return
        self._stands_as[letter.key] = before
        self._fresh[letter.key] = _recipients(letter.key, effects) - known_recipients(
            self._connection, before
        )

    def _key(self, key: MessageKey) -> MessageKey:
        return self._stands_as.get(key, key)

    def _attest(self, draft: EvidenceDraft) -> None:
        fresh = self._fresh.get(draft.message_key)
        if fresh is not None:
            recipients = tuple(one for one in draft.recipients if key_of_text(one) in fresh)
            if not recipients:
                return
            draft = dataclasses.replace(
                draft, message_key=self._key(draft.message_key), recipients=recipients
            )
        if self._seal is None:
            raise ValueError("there is evidence to seal and no seal")
        self._evidence.append(append(self._connection, draft, self._seal))


def _recipients(key: MessageKey, effects: Sequence[Effect]) -> frozenset[str]:
    """The keys of all to whom the effects would deliver a letter."""
    consigned = {e.mailbox.key for e in effects if isinstance(e, Consign) and e.key == key}
    queued = {one.key for e in effects if isinstance(e, Enqueue) and e.key == key for one in e.recipients}
    return frozenset(consigned | queued)


def place_segments(effects: Sequence[Effect], segments: Segments) -> Mapping[MessageKey, str]:
    """Write the large bodies before the transaction, and give their digests.

    The lock of the database is not held while a disk takes megabytes.

    Raises:
        OSError: the file system refused.
    """
    return {
        effect.letter.key: segments.put(effect.letter.raw)
        for effect in effects
        if isinstance(effect, Keep) and len(effect.letter.raw) > INLINE_OCTETS
    }
