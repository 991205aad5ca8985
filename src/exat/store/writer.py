"""The one writer of a process: changes of many callers, one durable transaction, then all are answered.

Each change runs inside a savepoint, so that one that fails is undone alone. A future resolves only after
COMMIT returned: what it acknowledges is on the disk.
"""

import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, Generic, TypeVar

from exat.errors import StoreError
from exat.store.faults import translated

GROUP_ITEMS: Final = 50
GROUP_SECONDS: Final = 0.005

T = TypeVar("T")


class _Job(Generic[T]):
    """One change and whom to tell of its outcome."""

    def __init__(self, change: Callable[[sqlite3.Connection], T], future: "Future[T]") -> None:
        self.change = change
        self.future = future
        self._result: T
        self._error: BaseException | None = None

    def run(self, connection: sqlite3.Connection) -> None:
        """Make the change inside its savepoint; what it raises is kept for the caller."""
        self._error = None
        connection.execute("SAVEPOINT change")
        try:
            with translated():
                self._result = self.change(connection)
        # Whatever it is, it belongs to the caller: the writer must outlive every change.
        except BaseException as e:
            # A full disk may have undone the whole transaction, and with it the changes of the others.
            if not connection.in_transaction:
                raise
            connection.execute("ROLLBACK TO change")
            self._error = e
        connection.execute("RELEASE change")

    def answer(self) -> None:
        if self._error is None:
            self.future.set_result(self._result)
        else:
            self.future.set_exception(self._error)


class Writer:
    """A thread that owns the writing connection; `submit` may be called from any thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._jobs: queue.SimpleQueue[_Job[object] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._draining = False
        self._thread = threading.Thread(target=self._run, name="exat-store-writer", daemon=True)
        self._thread.start()

    def submit(self, change: Callable[[sqlite3.Connection], T]) -> "Future[T]":
        """Have `change` made in the next transaction.

        It runs in the writer's thread, perhaps more than once (what was undone is done again): it must change
        nothing but the database. The future cannot be cancelled: who stops waiting does not undo.

        Raises:
            StoreError: `store-closed`.
        """
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        job: _Job[T] = _Job(change, future)
        with self._lock:
            if self._closed:
                raise StoreError("store-closed", "the store is closed")
            self._jobs.put(job)  # type: ignore[arg-type]
        return future

    def close(self) -> None:
        """Commit what was submitted, answer it, and end the thread."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        size = 1
        try:
            while group := self._gather(size):
                size = len(group)
                self._commit(group)
        finally:
            self._connection.close()

    def _gather(self, before: int) -> list[_Job[object]]:
        """Wait for a change, then take those that came with it.

        It lingers only while fewer wait than last time: a lone caller is never delayed, and callers that were
        answered together are given the time to come again together.
        """
        group: list[_Job[object]] = []
        deadline = 0.0
        while not self._draining and len(group) < GROUP_ITEMS:
            linger = deadline - time.monotonic() if len(group) < before else 0.0
            try:
                job = self._jobs.get(timeout=None if not group else max(linger, 0.0))
            except queue.Empty:
                break
            if job is None:
                self._draining = True
                break
            if not group:
                deadline = time.monotonic() + GROUP_SECONDS
            group.append(job)
        return group

    def _commit(self, group: list[_Job[object]]) -> None:
        try:
            self._transact(group)
        except BaseException as e:
            # Nothing of the group is stored. On a full disk the small may still find room, each alone.
            if len(group) > 1 and isinstance(e, StoreError) and e.code == "store-full":
                for job in group:
                    self._commit([job])
                return
            for job in group:
                job.future.set_exception(e)
            return
        for job in group:
            job.answer()

    def _transact(self, group: list[_Job[object]]) -> None:
        with translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                for job in group:
                    job.run(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise
