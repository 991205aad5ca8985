"""The register of an authority in SQLite: one table of events that nothing changes or deletes.

sqlite-utils makes the schema and moves it forward; the acts themselves are plain SQL. Writers exclude each
other by `BEGIN IMMEDIATE`, across processes too; a commit is on the disk before it returns.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlite_utils import Database, Migrations

from esign.ca import tree
from esign.ca.crl import entry
from esign.ca.events import Draft, Event, Kind, sealed
from esign.ca.register import PAGE, TILE, ends, subtree
from esign.ca.state import LISTING, Query, Record, State, entry_of, said_of, step, words_of
from esign.errors import RegisterError
from esign.io.disk import PRIVATE
from esign.io.register_rows import (
    LIST,
    NEW_RECORD,
    RECORD,
    event_of,
    event_row,
    listing,
    moment,
    question,
    record_of,
    record_row,
    serial_text,
    utc,
)

BUSY_SECONDS: Final = 30.0
_COLUMNS: Final = "number, kind, at, serial, details, octets, previous, hash"
_INSERT: Final = f"INSERT INTO events ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?)"  # noqa: S608
_CHANGES_LISTS: Final = f"kind IN ({', '.join(repr(kind.value) for kind in LISTING)})"
_migrations = Migrations("esign.register")


@_migrations()
def m001_events(database: Database) -> None:
    """The table of events, and triggers that keep it from being changed by accident."""
    database["events"].create(  # type: ignore[union-attr]
        {
            "number": int,
            "kind": str,
            "at": str,
            "serial": str,
            "details": str,
            "octets": bytes,
            "previous": bytes,
            "hash": bytes,
        },
        pk="number",
        not_null={"kind", "at", "serial", "details", "octets", "previous", "hash"},
        strict=True,
    )
    database.execute("CREATE UNIQUE INDEX events_prepared ON events (serial) WHERE kind = 'prepared'")
    database.execute("CREATE INDEX events_serial ON events (serial, number) WHERE serial <> ''")
    database.execute("CREATE INDEX events_kind ON events (kind, number)")
    for verb in ("UPDATE", "DELETE"):
        database.execute(
            f"CREATE TRIGGER events_no_{verb.lower()} BEFORE {verb} ON events "
            "BEGIN SELECT RAISE(ABORT, 'events are only added'); END"
        )


@_migrations()
def m002_subtrees(database: Database) -> None:
    """The table of subtrees whose hash is kept; those of events that stand already are made when opened."""
    database["subtrees"].create(  # type: ignore[union-attr]
        {"start": int, "stop": int, "hash": bytes}, pk=("start", "stop"), not_null={"hash"}, strict=True
    )


@_migrations()
def m003_certificates(database: Database) -> None:
    """What the events come to: each certificate as it stands, its words, and what lists say.

    All of it follows from the events and is made anew from them when it is missing.
    """
    database["certificates"].create(  # type: ignore[union-attr]
        {
            "number": int,
            "serial": str,
            "state": str,
            "profile": str,
            "subject": str,
            "prepared_at": str,
            "not_after": str,
            "stir": str,
            "pinfl": str,
            "issued": int,
            "revoked_at": str,
            "reason": str,
            "invalid_since": str,
        },
        pk="number",
        strict=True,
    )
    database.execute("CREATE UNIQUE INDEX certificates_serial ON certificates (serial)")
    for column in ("stir", "pinfl"):
        database.execute(
            f"CREATE INDEX certificates_{column} ON certificates ({column}) WHERE {column} <> ''"
        )
    for column in ("state", "profile"):
        database.execute(f"CREATE INDEX certificates_{column} ON certificates ({column}, number)")
    database.execute("CREATE INDEX certificates_not_after ON certificates (not_after, number)")
    database.execute("CREATE VIRTUAL TABLE words USING fts5(said, content='', prefix='3')")
    database["listed"].create(  # type: ignore[union-attr]
        {"number": int, "serial": str, "entry": bytes}, pk="number", not_null={"serial", "entry"}, strict=True
    )
    database.execute("CREATE UNIQUE INDEX listed_serial ON listed (serial)")


@_migrations()
def m004_lists(database: Database) -> None:
    """Partitions of certificates and of lists, and which lists were published."""
    for table in ("certificates", "listed"):
        database.execute(f"ALTER TABLE {table} ADD COLUMN partition INTEGER NOT NULL DEFAULT 0")
    database.execute("CREATE INDEX listed_partition ON listed (partition, number) WHERE partition > 0")
    database["partitions"].create({"number": int}, pk="number", strict=True)  # type: ignore[union-attr]
    database["lists"].create({"number": int, "until": str}, pk="number", strict=True)  # type: ignore[union-attr]
    database.execute("CREATE INDEX lists_until ON lists (until)")
    database.execute(f"CREATE INDEX events_listing ON events (at) WHERE {_CHANGES_LISTS}")


class SqliteRegister:
    """A register in the file `path`, made when it is not there. For one thread; open another for another.

    Raises:
        RegisterError: `register-error` when the file is no register, `register-busy` when another writer
            holds it for longer than `busy_seconds`.
    """

    def __init__(self, path: Path, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._open = False
        # The last event is at hand inside a transaction only; hashes of one's own events never change.
        self._head: Event | None = None
        self._fresh: dict[int, bytes] = {}
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE))
            self._connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None)
        except (OSError, sqlite3.Error) as e:
            raise RegisterError(reason=str(e)) from e
        with _reported():
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            database = Database(self._connection)
            if _migrations.pending(database):
                _migrations.apply(database)
                self._keep_missing()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> "SqliteRegister":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Exclusive for writers of all processes; an exception undoes what was appended."""
        if self._open:
            raise RegisterError("register-busy")
        with _reported():
            self._connection.execute("BEGIN IMMEDIATE")
        self._open = True
        try:
            yield
            with _reported():
                self._connection.execute("COMMIT")
        except BaseException:
            self._fresh.clear()
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        finally:
            self._open, self._head = False, None

    def append(self, draft: Draft) -> Event:
        """Add an event, inside a transaction."""
        if not self._open:
            raise RuntimeError("append outside a transaction")
        event, encoded = sealed(draft, self._head or self.head())
        try:
            with _reported():
                self._connection.execute(_INSERT, event_row(event))
                self._project(event)
        except sqlite3.IntegrityError as e:
            raise RegisterError("serial-used", serial=f"{draft.serial:x}") from e
        self._head, self._fresh[event.number] = event, tree.leaf(encoded)
        if event.number % TILE == 0:
            self._keep_tile(event.number)
            self._fresh.clear()
        return event

    def known(self, serial: int) -> Record | None:
        """A certificate as it stands."""
        return next(iter(self._records("certificates c", "WHERE c.serial = ?", [serial_text(serial)])), None)

    def find(self, query: Query, *, after: int = 0, limit: int = PAGE) -> tuple[Record, ...]:
        """The first `limit` certificates of `query` behind the one of number `after`, in order."""
        return self._records(*question(query, after, limit))

    def listed(self, partition: int = 0) -> tuple[int, bytes]:
        """How many of a partition (0: of all) are revoked or on hold, and their entries, DER."""
        condition, values = ("WHERE partition = ? AND partition > 0", (partition,)) if partition else ("", ())
        with _reported():
            found = self._connection.execute(
                f"SELECT entry FROM listed {condition} ORDER BY number",  # noqa: S608
                values,
            ).fetchall()
        return len(found), b"".join([entry for (entry,) in found])

    def partitions(self) -> int:
        """The highest partition that a certificate was ever put into; 0 when there is none."""
        with _reported():
            row = self._connection.execute("SELECT ifnull(max(number), 0) FROM partitions").fetchone()
        return int(row[0])

    def lists(self, since: datetime) -> tuple[Event, ...]:
        """The publications of lists that end at `since` or later, in order."""
        condition = "number IN (SELECT number FROM lists WHERE until >= ?)"
        return tuple(self._select(f"WHERE {condition} ORDER BY number", utc(since)))

    def latest(self) -> datetime | None:
        """The latest moment of an event that changes what lists say."""
        with _reported():
            row = self._connection.execute(
                f"SELECT max(at) FROM events INDEXED BY events_listing WHERE {_CHANGES_LISTS}"  # noqa: S608
            ).fetchone()
        return moment(row[0] or "")

    def _records(self, source: str, rest: str, values: list[object]) -> tuple[Record, ...]:
        with _reported():
            rows = self._connection.execute(
                f"SELECT {RECORD}, e.octets FROM {source} LEFT JOIN events e ON e.number = c.issued {rest}",  # noqa: S608
                values,
            ).fetchall()
        return tuple(map(record_of, rows))

    def _project(self, event: Event) -> None:
        """Bring what the events come to up to `event`, inside `_reported`."""
        draft = event.draft
        if draft.kind is Kind.CRL_PUBLISHED:
            self._connection.execute(
                "INSERT INTO lists (number, until) VALUES (?,?)", (event.number, utc(ends(event)))
            )
        if not draft.serial:
            return
        if draft.kind is Kind.ISSUED:
            values = (State.ISSUED.value, event.number, serial_text(draft.serial))
            self._connection.execute("UPDATE certificates SET state=?, issued=? WHERE serial=?", values)
            return
        before = None if draft.kind is Kind.PREPARED else self.known(draft.serial)
        after = step(before, event)
        if after is None:
            return
        if draft.kind in (Kind.PREPARED, Kind.ADOPTED):
            self._take_in(event, before, after)
        else:
            self._change(event, after)

    def _take_in(self, event: Event, before: Record | None, after: Record) -> None:
        """A certificate that is new, or of which no more than its serial was known."""
        if before is not None:
            self._connection.execute("DELETE FROM certificates WHERE number = ?", (before.number,))
            self._connection.execute(
                "UPDATE listed SET partition = ? WHERE serial = ?",
                (after.partition, serial_text(after.serial)),
            )
        issued = event.number if event.draft.kind is Kind.ADOPTED else 0
        self._connection.execute(NEW_RECORD, (*record_row(after), issued))
        if after.partition:
            self._connection.execute("INSERT OR IGNORE INTO partitions VALUES (?)", (after.partition,))
        said = " ".join(words_of(said_of(event.draft)))
        if said and not (before and before.subject):
            self._connection.execute("INSERT INTO words (rowid, said) VALUES (?,?)", (after.number, said))

    def _change(self, event: Event, after: Record) -> None:
        """What became of a certificate, and its entry on lists."""
        values = (after.state.value, *listing(after), after.number)
        self._connection.execute(
            "UPDATE certificates SET state=?, revoked_at=?, reason=?, invalid_since=? WHERE number=?", values
        )
        serial = serial_text(after.serial)
        if after.revoked_at is None:
            self._connection.execute("DELETE FROM listed WHERE serial = ?", (serial,))
        else:
            told = entry(entry_of(after))
            self._connection.execute(LIST, (event.number, serial, told, after.partition))

    def head(self) -> Event | None:
        """The last event."""
        return next(self._select("ORDER BY number DESC LIMIT 1"), None)

    def event(self, number: int) -> Event | None:
        """The event with this number; None when it is not there."""
        return next(self._select("WHERE number = ?", number), None)

    def last(self, kind: Kind) -> Event | None:
        """The last event of a kind."""
        return next(self._select("WHERE kind = ? ORDER BY number DESC LIMIT 1", kind.value), None)

    def events(
        self, *, serial: int | None = None, kind: Kind | None = None, after: int = 0
    ) -> Iterator[Event]:
        """The events in order, read in pages: memory stays small, writers are not held up."""
        condition = "number > ?"
        values: list[str] = []
        if serial is not None:
            condition, values = condition + " AND serial = ?", [*values, serial_text(serial)]
        if kind is not None:
            condition, values = condition + " AND kind = ?", [*values, kind.value]
        number = after
        while page := list(self._select(f"WHERE {condition} ORDER BY number LIMIT {PAGE}", number, *values)):
            yield from page
            number = page[-1].number

    def leaves(self, start: int, stop: int) -> tuple[bytes, ...]:
        """The hashes as leaves of the events from `start` + 1 to `stop`; fewer when some are not there."""
        first = stop
        while first > start and first in self._fresh:
            first -= 1
        fresh = (self._fresh[number] for number in range(first + 1, stop + 1))
        found = self._select("WHERE number > ? AND number <= ? ORDER BY number", start, first)
        return (*(tree.leaf(event.encoded) for event in found), *fresh)

    def kept(self, start: int, stop: int) -> bytes | None:
        """The hash of this subtree, when it was kept."""
        with _reported():
            row = self._connection.execute(
                "SELECT hash FROM subtrees WHERE start = ? AND stop = ?", (start, stop)
            ).fetchone()
        return None if row is None else bytes(row[0])

    def keep(self, start: int, stop: int, hashed: bytes) -> None:
        """Keep the hash of a subtree whose events are not at hand, inside a transaction."""
        with _reported():
            self._connection.execute(
                "INSERT OR REPLACE INTO subtrees (start, stop, hash) VALUES (?,?,?)", (start, stop, hashed)
            )

    def _keep_tile(self, stop: int) -> None:
        self.keep(stop - TILE, stop, subtree(self, stop - TILE, stop))

    def _keep_missing(self) -> None:
        """What follows from the events of a register that was made before it was kept."""
        with self.transaction(), _reported():
            if self._is_empty("certificates"):
                for event in self.events():
                    if event.draft.serial:
                        self._project(event)
            if self._is_empty("lists"):
                for event in self.events(kind=Kind.CRL_PUBLISHED):
                    self._project(event)
            head = self.head()
            for stop in range(TILE, (head.number if head else 0) + 1, TILE):
                if self.kept(stop - TILE, stop) is None:
                    with suppress(RegisterError):  # one whose events were lost
                        self._keep_tile(stop)

    def _is_empty(self, table: str) -> bool:
        row = self._connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()  # noqa: S608
        return row is None

    def _select(self, rest: str, *values: object) -> Iterator[Event]:
        with _reported():
            rows = self._connection.execute(f"SELECT {_COLUMNS} FROM events {rest}", values).fetchall()  # noqa: S608
        return map(event_of, rows)


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.OperationalError as e:
        busy = e.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        raise (RegisterError("register-busy") if busy else RegisterError(reason=str(e))) from e
    except sqlite3.Error as e:
        raise RegisterError(reason=str(e)) from e
