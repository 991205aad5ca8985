"""The schema of the store and how an older one becomes the present one.

Migrations are `.sql` files, applied in order inside one transaction through sqlite-utils, which keeps the
list of what was applied. `user_version` repeats their number, so that opening an up-to-date store costs one
read.
"""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from exat.errors import StoreError
from exat.store.connection import connect
from exat.store.statements import MIGRATIONS, migration

if TYPE_CHECKING:
    from sqlite_utils import Database

APPLICATION_ID: Final = 0x65784154
"""Stands in the header of the file ("exAT"): another program's database is not mistaken for ours."""
VERSION: Final = len(MIGRATIONS)


def bring_up_to_date(path: Path, *, busy_seconds: float) -> None:
    """Give the database at `path` the present schema; several processes may do so at once.

    Raises:
        StoreError: `store-schema` when the store is of a newer program, or is not a store; `store-busy`.
    """
    connection = connect(path, busy_seconds=busy_seconds)
    try:
        if _version(connection) == VERSION:
            return
        _switch_to_wal(connection, busy_seconds=busy_seconds)
        connection.execute("BEGIN IMMEDIATE")
        if _version(connection) < VERSION:
            _migrate(connection)
        connection.execute("COMMIT")
    finally:
        connection.close()


def _version(connection: sqlite3.Connection) -> int:
    """How many migrations were applied: 0 for an empty file."""
    # Tables first: another process may commit them, with the numbers, between these questions.
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if tables and application != APPLICATION_ID:
        raise _wrong_schema("a database of another program")
    if version > VERSION:
        raise _wrong_schema(f"schema {version}, this program knows {VERSION}")
    return version


def _wrong_schema(found: str) -> StoreError:
    return StoreError(
        "store-schema", f"the store was made by another version: {found}", values={"found": found}
    )


def _switch_to_wal(connection: sqlite3.Connection, *, busy_seconds: float) -> None:
    """Turn the write-ahead log on. SQLite's busy timeout does not cover this: another opener may be at it."""
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as e:
            if e.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _migrate(connection: sqlite3.Connection) -> None:
    """Apply what is missing, inside the transaction that the caller began."""
    # Imported here: 130 ms that a command on an up-to-date store must not pay.
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

    steps = Migrations("exat.store")
    for name in MIGRATIONS:
        steps(name=name)(_step(name))
    steps.apply(Database(connection, execute_plugins=False))
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _step(name: str) -> Callable[["Database"], None]:
    """One migration as the function that sqlite-utils calls."""

    def apply(db: "Database", /) -> None:
        for statement in migration(name):
            db.conn.execute(statement)

    return apply
