"""The store of a node behind domain verbs; frozen values go in and out, `StoreError` is all that it raises.

Reads are of one moment and wait for nobody. Changes go to the writer's thread and are durable when they are
answered: verbs on the path of a letter give a `Future` (`asyncio.wrap_future` awaits it; a waiter that goes
away undoes nothing), administrative ones wait themselves. Verbs that wait block for a disk's flush: call them
with `asyncio.to_thread` inside an event loop. Any number of processes may have the same store open.

    with Store.create(home) as store:
        store.commit(outcome.effects, seal=seal).result()
"""

import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from esign import EsignError
from exat.address import Address
from exat.errors import MalformedAddress, StoreError
from exat.records import (
    Attempt,
    DeliveryState,
    Effect,
    EvidenceRecord,
    Keep,
    Mailbox,
    MessageKey,
    StoredLetter,
    User,
)
from exat.store import chain, drafts, letters, outgoing, peers, people, schema, trail
from exat.store.chain import Seal
from exat.store.connection import DATABASE, Readers, connect, make_file, sync_folder
from exat.store.effects import Follow, Transaction, place_segments
from exat.store.faults import translated
from exat.store.segments import FOLDER, INLINE_OCTETS, Segments
from exat.store.values import (
    Committed,
    Draft,
    DraftState,
    KnownLetter,
    MailboxEntry,
    StoredBundle,
    Trace,
    Waiting,
    WrappedKey,
)
from exat.store.writer import Writer

BUSY_SECONDS: Final = 10.0
"""How long a change waits for another process before it fails with `store-busy`."""

T = TypeVar("T")


def _now() -> datetime:
    return datetime.now(UTC)


class Store:
    """An open store. Made by `create` or `open`, ended by `close`; used from any thread.

    Every verb raises StoreError: `store-closed`, `store-busy`, `store-full`, `store-damaged`,
    `store-refused`, `store-failed`; a verb that gives a Future raises through it. Only further codes are
    named at the verbs.
    """

    def __init__(self, folder: Path, *, busy_seconds: float, clock: Callable[[], datetime]) -> None:
        self.folder = folder
        self._clock = clock
        self._owner = f"{os.getpid()}-{secrets.token_hex(6)}"
        self._segments = Segments(folder / FOLDER)
        self._readers = Readers(folder / DATABASE, busy_seconds=busy_seconds)
        self._writer = Writer(connect(folder / DATABASE, busy_seconds=busy_seconds))
        self._placing: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._closed = False

    @classmethod
    def create(
        cls, folder: Path | str, *, busy_seconds: float = BUSY_SECONDS, clock: Callable[[], datetime] = _now
    ) -> "Store":
        """Open the store in `folder`, and make what is not there yet.

        Raises:
            StoreError: as `open`, but for `store-missing`.
        """
        home = Path(folder)
        with translated():
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            (home / FOLDER).mkdir(mode=0o700, exist_ok=True)
            sync_folder(home)
            make_file(home / DATABASE)
        return cls.open(home, busy_seconds=busy_seconds, clock=clock)

    @classmethod
    def open(
        cls, folder: Path | str, *, busy_seconds: float = BUSY_SECONDS, clock: Callable[[], datetime] = _now
    ) -> "Store":
        """Open the store in `folder`; an older schema is brought up to date.

        `busy_seconds` bounds the wait for other processes. `clock` gives the time of what has no time of its
        own.

        Raises:
            StoreError: `store-missing`, `store-schema` (of a newer program), `store-damaged`, `store-busy`.
        """
        home = Path(folder)
        if not (home / DATABASE).is_file():
            raise StoreError("store-missing", f"there is no store in {home}", values={"folder": home})
        with translated():
            schema.bring_up_to_date(home / DATABASE, busy_seconds=busy_seconds)
            return cls(home, busy_seconds=busy_seconds, clock=clock)

    def close(self) -> None:
        """Finish what was submitted, answer it, and let the store go; a second call does nothing."""
        with self._lock:
            self._closed = True
            placing = self._placing
        if placing is not None:
            placing.shutdown(wait=True)
        self._writer.close()
        self._readers.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Letters

    def commit(
        self,
        effects: Sequence[Effect],
        *,
        seal: Seal | None = None,
        follow: Follow | None = None,
        at: datetime | None = None,
    ) -> "Future[Committed]":
        """Do the effects in order in one transaction; the future resolves when all is on the disk.

        `seal` makes the record of an Attest; `follow` may answer the sealed evidence with more effects of the
        same transaction. Both run in the writer's thread, perhaps more than once, and change nothing of their
        own. `at` is when mailboxes, queue and states say it was; None asks the clock.

        Raises:
            StoreError: `duplicate-message-id`: the sender used the Message-ID for another letter.
            ValueError: there is an Attest and no `seal`, or `seal` made a record for another place.
        """
        return self._commit(effects, seal=seal, follow=follow, at=at or self._clock())

    def seen(self, sender_key: str, message_id: str) -> str | None:
        """The digest of what this sender (`Address.key`; empty for the null path) sent with this id."""
        before = self._read(lambda connection: letters.taken(connection, sender_key, message_id))
        return None if before is None else before[0]

    def letter(self, key: str) -> StoredLetter:
        """A letter with its octets, checked against the digest from when it was stored.

        Raises:
            StoreError: `letter-unknown`, `segment-damaged`.
        """
        return self._read(lambda connection: letters.letter(connection, key, self._segments))

    def list_mailbox(self, mailbox: Address, *, after: int = 0, limit: int = -1) -> tuple[MailboxEntry, ...]:
        """What lies in a local mailbox after the uid `after`, oldest first; at most `limit`, all for -1."""
        return self._read(lambda c: letters.list_mailbox(c, mailbox, after=after, limit=limit))

    def sent_by(self, sender: Address) -> tuple[KnownLetter, ...]:
        """The letters of a sender with the state for each recipient, oldest first."""
        return self._read(lambda connection: letters.sent_by(connection, sender))

    def hand_over(
        self,
        mailbox: Address,
        key: MessageKey,
        *,
        at: datetime,
        effects: Sequence[Effect] = (),
        seal: Seal | None = None,
        follow: Follow | None = None,
    ) -> "Future[Committed]":
        """Mark a letter as handed over to an officer of its mailbox, and do the effects (its evidence).

        The second time nothing is done and attested: `Committed.duplicate`.

        Raises:
            StoreError: `letter-unknown`: it does not lie in this mailbox.
        """
        return self._commit(
            effects,
            seal=seal,
            follow=follow,
            at=at,
            unless=lambda connection: not letters.hand_over(connection, key, mailbox, at),
        )

    # The queue

    def claim_due(self, at: datetime, *, lease: timedelta, limit: int = 10) -> tuple[Attempt, ...]:
        """Lease rows that are due at `at` until `at + lease`; then they come free, whatever happened here."""
        return self._write(lambda c: outgoing.claim(c, at=at, lease=lease, owner=self._owner, limit=limit))

    def record_relayed(
        self,
        attempt: Attempt,
        *,
        at: datetime,
        reply: str,
        recipients: Iterable[Address] | None = None,
        effects: Sequence[Effect] = (),
        seal: Seal | None = None,
    ) -> "Future[Committed]":
        """The peer took the letter for `recipients` (None: all of the attempt); the rest stay leased."""
        return self._settle(attempt, recipients, DeliveryState.RELAYED, at, reply, effects, seal)

    def record_failed(
        self,
        attempt: Attempt,
        *,
        at: datetime,
        reply: str,
        state: DeliveryState = DeliveryState.REFUSED,
        recipients: Iterable[Address] | None = None,
        effects: Sequence[Effect] = (),
        seal: Seal | None = None,
    ) -> "Future[Committed]":
        """The letter will not reach `recipients` (None: all): REFUSED by the peer, or FAILED in time.

        Raises:
            StoreError: `lease-lost`: another process is at it now; nothing was changed.
        """
        return self._settle(attempt, recipients, state, at, reply, effects, seal)

    def record_retry(self, attempt: Attempt, *, next_at: datetime, reply: str) -> "Future[None]":
        """The attempt came to nothing for those who remain: the row is free, and due again at `next_at`.

        Raises:
            StoreError: `lease-lost`.
        """
        return self._submit(lambda c: outgoing.postpone(c, attempt, next_at=next_at, reply=reply))

    def next_due(self) -> datetime | None:
        """When the next row of the queue comes due, or free of a lease; None when nothing waits."""
        return self._read(outgoing.next_due)

    def queue(self) -> tuple[Waiting, ...]:
        """What waits for peers, the next due first."""
        return self._read(outgoing.waiting)

    # Evidence

    def evidence(
        self, reference: str | None = None, *, after: int = 0, limit: int = -1
    ) -> tuple[EvidenceRecord, ...]:
        """The records of a letter (by MessageKey or Message-ID), or of the chain after `after`."""
        if reference is not None:
            return self._read(lambda connection: chain.records_of(connection, reference))
        return self._read(lambda connection: chain.records(connection, after=after, limit=limit))

    def trace(self, reference: str) -> Trace:
        """All that is known of a message, by MessageKey or Message-ID, each part in the order of time."""
        return self._read(lambda connection: trail.trace(connection, reference))

    # People and mailboxes

    def add_user(self, user: User, verifier: str) -> None:
        """Add a login with its password verifier (made and checked elsewhere).

        Raises:
            StoreError: `user-exists`.
        """
        self._write(lambda connection: people.add_user(connection, user, verifier))

    def disable_user(self, name: str) -> None:
        """Refuse a login from now on.

        Raises:
            StoreError: `user-unknown`.
        """
        self._write(lambda connection: people.disable_user(connection, name))

    def user(self, name: str) -> User | None:
        """A login by its name, a disabled one too."""
        found = self._read(lambda connection: people.user(connection, name))
        return None if found is None else found[0]

    def verifier(self, name: str) -> str | None:
        """The password verifier of a login; None for an unknown or a disabled one."""
        found = self._read(lambda connection: people.user(connection, name))
        return None if found is None or found[0].disabled else found[1]

    def users(self) -> tuple[User, ...]:
        """All logins by name, the disabled ones too."""
        return self._read(people.users)

    def put_mailbox(self, mailbox: Mailbox, wrapped: bytes | None = None) -> None:
        """Set a mailbox; `wrapped` is the key of its first certificate, wrapped to its officers (CMS).

        Keys of its other certificates stay; a new wrapping of the same key replaces the old one.
        """
        at = self._clock()
        self._write(lambda connection: people.put_mailbox(connection, mailbox, wrapped, at))

    def mailboxes(self) -> tuple[Mailbox, ...]:
        """All mailboxes of the agency, by address."""
        return self._read(people.mailboxes)

    def wrapped_keys(self, mailbox: Address) -> tuple[WrappedKey, ...]:
        """Every key that a mailbox ever had, the newest first."""
        return self._read(lambda connection: people.wrapped_keys(connection, mailbox))

    # Peers and settings

    def put_bundle(self, domain: str, raw: bytes, *, serial: int) -> None:
        """Take a peer's bundle, judged elsewhere.

        Raises:
            StoreError: `stale-bundle`: one with a higher serial is stored.
        """
        at = self._clock()
        self._write(lambda connection: peers.put_bundle(connection, domain, raw, serial=serial, at=at))

    def remove_bundle(self, domain: str) -> bool:
        """Forget a peer; False when it was not known."""
        return self._write(lambda connection: peers.remove_bundle(connection, domain))

    def bundle(self, domain: str) -> StoredBundle | None:
        """The bundle of one peer."""
        return self._read(lambda connection: peers.bundle(connection, domain))

    def bundles(self) -> tuple[StoredBundle, ...]:
        """The bundles of all peers, by domain."""
        return self._read(peers.bundles)

    def next_bundle_serial(self) -> int:
        """The next serial of the own bundle, from 1; none is given twice."""
        return self._write(peers.next_bundle_serial)

    def put_setting(self, name: str, value: str) -> None:
        """Set a value by name."""
        self._write(lambda connection: peers.put_setting(connection, name, value))

    def setting(self, name: str) -> str | None:
        """A value by name."""
        return self._read(lambda connection: peers.setting(connection, name))

    # Drafts

    def put_draft(self, identifier: str, mailbox: Address, *, state: DraftState, payload: bytes) -> None:
        """Set a draft as it now is.

        Raises:
            StoreError: `draft-closed`: it was sent, or is another mailbox's.
        """
        at = self._clock()
        self._write(lambda c: drafts.put(c, identifier, mailbox, state=state, payload=payload, at=at))

    def draft(self, identifier: str) -> Draft | None:
        """A draft by its identifier."""
        return self._read(lambda connection: drafts.one(connection, identifier))

    def drafts(self, mailbox: Address) -> tuple[Draft, ...]:
        """The drafts of a mailbox, the oldest first."""
        return self._read(lambda connection: drafts.of_mailbox(connection, mailbox))

    def remove_draft(self, identifier: str) -> bool:
        """Throw a draft away; False when there is none or it was sent."""
        return self._write(lambda connection: drafts.remove(connection, identifier))

    # Health

    def faults(self) -> tuple[str, ...]:
        """What SQLite finds wrong with the database, in its words; empty for a sound one."""
        return self._read(_faults)

    # Inside

    def _settle(
        self,
        attempt: Attempt,
        recipients: Iterable[Address] | None,
        state: DeliveryState,
        at: datetime,
        reply: str,
        effects: Sequence[Effect],
        seal: Seal | None,
    ) -> "Future[Committed]":
        settled = attempt.recipients if recipients is None else tuple(recipients)

        def settle(connection: sqlite3.Connection) -> bool:
            outgoing.settle(connection, attempt, settled, state, at=at, reply=reply)
            return False

        return self._commit(effects, seal=seal, at=at, unless=settle)

    def _commit(
        self,
        effects: Sequence[Effect],
        *,
        seal: Seal | None,
        at: datetime,
        follow: Follow | None = None,
        unless: Callable[[sqlite3.Connection], bool] = lambda connection: False,
    ) -> "Future[Committed]":
        """Have `unless` and then the effects done in one transaction; no effect when `unless` says True."""
        effects = tuple(effects)

        def change(connection: sqlite3.Connection) -> Committed:
            if unless(connection):
                return Committed(key=None, evidence=(), duplicate=True)
            work = Transaction(connection, self._segments, at=at, seal=seal, placed=placed)
            return work.apply(effects, follow=follow)

        placed: dict[MessageKey, str] = {}
        if not any(isinstance(e, Keep) and len(e.letter.raw) > INLINE_OCTETS for e in effects):
            return self._submit(change)
        answer: Future[Committed] = Future()
        answer.set_running_or_notify_cancel()
        self._place(effects, placed, change, answer)
        return answer

    def _place(
        self,
        effects: Sequence[Effect],
        placed: dict[MessageKey, str],
        change: Callable[[sqlite3.Connection], Committed],
        answer: "Future[Committed]",
    ) -> None:
        """Write the segments in a thread of their own, then have the change made."""

        def place() -> None:
            try:
                with translated():
                    placed.update(place_segments(effects, self._segments))
                self._submit(change).add_done_callback(lambda done: _pass_on(done, answer))
            except BaseException as e:
                answer.set_exception(e)

        with self._lock:
            if self._closed:
                raise StoreError("store-closed", "the store is closed")
            if self._placing is None:
                self._placing = ThreadPoolExecutor(2, thread_name_prefix="exat-store-segments")
            self._placing.submit(place)

    def _submit(self, change: Callable[[sqlite3.Connection], T]) -> "Future[T]":
        return self._writer.submit(change)

    def _write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        return self._writer.submit(change).result()

    def _read(self, question: Callable[[sqlite3.Connection], T]) -> T:
        with translated(), self._readers.snapshot() as connection:
            try:
                return question(connection)
            except (EsignError, MalformedAddress, ValueError) as e:
                # A row that does not read back as what was written: no caller's argument is parsed here.
                if isinstance(e, UnicodeEncodeError):
                    raise
                reason = f"a row cannot be read: {e}"
                raise StoreError("store-damaged", reason, values={"reason": reason}) from e


def _pass_on(done: "Future[Committed]", answer: "Future[Committed]") -> None:
    error = done.exception()
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(done.result())


def _faults(connection: sqlite3.Connection) -> tuple[str, ...]:
    found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
    orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    return tuple(line for line in found if line != "ok") + tuple(
        f"a row of {row[0]} names a missing row of {row[2]}" for row in orphans
    )
