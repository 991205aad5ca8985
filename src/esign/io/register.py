"""The register of an authority in SQLite: one table of events that nothing changes or deletes.

sqlite-utils makes the schema and moves it forward; the acts themselves are plain SQL. Writers exclude each
other by `BEGIN IMMEDIATE`, across processes too; a commit is on the disk before it returns.
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database, Migrations

from esign.ca import tree
from esign.ca.register import TILE, Draft, Event, Kind, chained, subtree
from esign.errors import RegisterError
from esign.io.disk import PRIVATE

BUSY_SECONDS: Final = 30.0
_PAGE: Final = 500
_COLUMNS: Final = "number, kind, at, serial, details, octets, previous, hash"
_INSERT: Final = f"INSERT INTO events ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?)"  # noqa: S608
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


class SqliteRegister:
    """A register in the file `path`, made when it is not there. For one thread; open another for another.

    Raises:
        RegisterError: `register-error` when the file is no register, `register-busy` when another writer
            holds it for longer than `busy_seconds`.
    """

    def __init__(self, path: Path, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._open = False
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
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        finally:
            self._open = False

    def append(self, draft: Draft) -> Event:
        """Add an event, inside a transaction."""
        if not self._open:
            raise RuntimeError("append outside a transaction")
        event = chained(draft, self.head())
        try:
            with _reported():
                self._connection.execute(_INSERT, _row(event))
        except sqlite3.IntegrityError as e:
            raise RegisterError("serial-used", serial=f"{draft.serial:x}") from e
        if event.number % TILE == 0:
            self._keep(event.number - TILE, event.number)
        return event

    def head(self) -> Event | None:
        """The last event."""
        return next(self._select("ORDER BY number DESC LIMIT 1"), None)

    def last(self, kind: Kind) -> Event | None:
        """The last event of a kind."""
        return next(self._select("WHERE kind = ? ORDER BY number DESC LIMIT 1", kind.value), None)

    def events(self, *, serial: int | None = None, kind: Kind | None = None) -> Iterator[Event]:
        """The events in order, read in pages: memory stays small, writers are not held up."""
        condition = "number > ?"
        values: list[str] = []
        if serial is not None:
            condition, values = condition + " AND serial = ?", [*values, _serial(serial)]
        if kind is not None:
            condition, values = condition + " AND kind = ?", [*values, kind.value]
        number = 0
        while page := list(self._select(f"WHERE {condition} ORDER BY number LIMIT {_PAGE}", number, *values)):
            yield from page
            number = page[-1].number

    def leaves(self, start: int, stop: int) -> tuple[bytes, ...]:
        """The hashes as leaves of the events from `start` + 1 to `stop`; fewer when some are not there."""
        found = self._select("WHERE number > ? AND number <= ? ORDER BY number", start, stop)
        return tuple(tree.leaf(event.encoded) for event in found)

    def kept(self, start: int, stop: int) -> bytes | None:
        """The hash of this subtree, when it was kept."""
        with _reported():
            row = self._connection.execute(
                "SELECT hash FROM subtrees WHERE start = ? AND stop = ?", (start, stop)
            ).fetchone()
        return None if row is None else bytes(row[0])

    def _keep(self, start: int, stop: int) -> None:
        found = subtree(self, start, stop)
        with _reported():
            self._connection.execute(
                "INSERT INTO subtrees (start, stop, hash) VALUES (?,?,?)", (start, stop, found)
            )

    def _keep_missing(self) -> None:
        """The subtrees of a register that was made before they were kept."""
        with self.transaction():
            head = self.head()
            for stop in range(TILE, (head.number if head else 0) + 1, TILE):
                if self.kept(stop - TILE, stop) is None:
                    self._keep(stop - TILE, stop)

    def _select(self, rest: str, *values: object) -> Iterator[Event]:
        with _reported():
            rows = self._connection.execute(f"SELECT {_COLUMNS} FROM events {rest}", values).fetchall()  # noqa: S608
        return map(_event, rows)


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


def _serial(serial: int) -> str:
    return f"{serial:040x}" if serial else ""


def _aware(at: str) -> datetime:
    found = datetime.fromisoformat(at)
    if found.utcoffset() is None:
        raise ValueError("a time without its offset from UTC")
    return found


def _row(event: Event) -> tuple[object, ...]:
    draft = event.draft
    details = json.dumps(draft.details, ensure_ascii=False, separators=(",", ":"))
    at = draft.at.astimezone(UTC).isoformat()
    serial = _serial(draft.serial)
    return event.number, draft.kind.value, at, serial, details, draft.octets, event.previous, event.hash


def _event(row: tuple[Any, ...]) -> Event:
    """An event as it was written; what somebody changed into nonsense is an altered event."""
    number, kind, at, serial, details, octets, previous, digest = row
    try:
        pairs = tuple((str(name), str(value)) for name, value in json.loads(details))
        draft = Draft(Kind(kind), _aware(at), int(serial or "0", 16), pairs, octets)
    except (ValueError, TypeError, RecursionError) as e:
        raise RegisterError("register-altered", number=number, where=f"event {number}") from e
    return Event(number, draft, previous, digest)
