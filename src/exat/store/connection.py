"""Connections to the node's database: one that writes, and readers that never wait for it."""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from exat.errors import StoreError

DATABASE: Final = "store.sqlite"
_PAGE_OCTETS: Final = 16_384
"""Large pages: letters of a few pages are written 1.4 times as fast as with the default."""


def make_file(path: Path) -> None:
    """Make an empty database file that only the node's own account may read; leave one that stands."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: an fsynced file may still have no name after a power loss."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def connect(path: Path, *, busy_seconds: float) -> sqlite3.Connection:
    """Open a connection that commits durably (`synchronous=FULL`) and only when told to.

    The file must exist. The connection may move between threads, but serves one at a time.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=busy_seconds,
    )
    connection.execute(f"PRAGMA page_size = {_PAGE_OCTETS}")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA recursive_triggers = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    # What SQLite spills while it sorts stays out of the system's folder for temporary files.
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


class Readers:
    """A pool of read-only connections: as many as threads read at once, each seeing one consistent state."""

    def __init__(self, path: Path, *, busy_seconds: float) -> None:
        self._path = path
        self._busy_seconds = busy_seconds
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection inside a read transaction: all that is read through it is of one moment.

        Raises:
            StoreError: `store-closed`.
        """
        connection = self._take()
        try:
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)

    def close(self) -> None:
        """Close what is idle now and what is lent when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise StoreError("store-closed", "the store is closed")
            if self._idle:
                return self._idle.pop()
        connection = connect(self._path, busy_seconds=self._busy_seconds)
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()
