"""Many callers, one transaction; one that fails is undone alone; what is answered is on the disk."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from exat.errors import StoreError
from exat.records import Keep
from exat.store import Store
from exat.store.connection import connect
from exat.store.writer import GROUP_ITEMS, Writer
from tests.exat.store.world import ANN, letter

INSERT = "INSERT INTO things (name) VALUES (?)"


def insert(name: str) -> Callable[[sqlite3.Connection], None]:
    """The change that adds one thing; the same name twice is refused."""

    def change(connection: sqlite3.Connection) -> None:
        connection.execute(INSERT, (name,))

    return change


class Gate:
    """Holds the writer inside its first change, so that what is submitted meanwhile becomes a group."""

    def __init__(self, writer: Writer) -> None:
        self._open = threading.Event()
        entered = threading.Event()

        def wait(connection: sqlite3.Connection) -> None:
            entered.set()
            self._open.wait()

        self.future = writer.submit(wait)
        entered.wait()

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "things.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE things (name TEXT UNIQUE)")
    connection.close()
    return path


@pytest.fixture
def connection(path: Path) -> sqlite3.Connection:
    return connect(path, busy_seconds=0.05)


@pytest.fixture
def writer(connection: sqlite3.Connection) -> Iterator[Writer]:
    writer = Writer(connection)
    yield writer
    writer.close()


def names(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return [row[0] for row in connection.execute("SELECT name FROM things ORDER BY rowid")]
    finally:
        connection.close()


def test_what_waits_together_is_committed_together(writer: Writer, connection: sqlite3.Connection) -> None:
    statements: list[str] = []
    gate = Gate(writer)
    futures = [writer.submit(insert(str(n))) for n in range(GROUP_ITEMS + 5)]
    connection.set_trace_callback(statements.append)
    gate.open()
    for future in futures:
        future.result()
    connection.set_trace_callback(None)
    assert [line for line in statements if line.startswith(("BEGIN", "COMMIT"))] == [
        "COMMIT",
        "BEGIN IMMEDIATE",
        "COMMIT",
        "BEGIN IMMEDIATE",
        "COMMIT",
    ]
    assert sum(line.startswith("SAVEPOINT") for line in statements) == GROUP_ITEMS + 5


def test_one_failing_change_spoils_no_other(writer: Writer, path: Path) -> None:
    gate = Gate(writer)
    futures = [writer.submit(insert(n)) for n in ("a", "b", "a", "c")]
    gate.open()
    assert [type(future.exception()) for future in futures] == [
        type(None),
        type(None),
        StoreError,
        type(None),
    ]
    assert names(path) == ["a", "b", "c"]


def test_a_failing_change_is_undone_whole(writer: Writer, path: Path) -> None:
    def half(connection: sqlite3.Connection) -> None:
        connection.execute(INSERT, ("half",))
        raise KeyError("programmer's mistake")

    with pytest.raises(KeyError):
        writer.submit(half).result()
    writer.submit(insert("whole")).result()
    assert names(path) == ["whole"]


def test_a_change_that_ends_the_thread_ends_only_itself(writer: Writer, path: Path) -> None:
    def leave(connection: sqlite3.Connection) -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        writer.submit(leave).result()
    writer.submit(insert("still here")).result()
    assert names(path) == ["still here"]


def test_a_transaction_undone_by_one_change_is_made_again_for_the_others(writer: Writer, path: Path) -> None:
    def full(connection: sqlite3.Connection) -> None:
        connection.execute("ROLLBACK")
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    gate = Gate(writer)
    futures = [
        writer.submit(insert("before")),
        writer.submit(full),
        writer.submit(insert("after")),
    ]
    gate.open()
    error = futures[1].exception()
    assert isinstance(error, StoreError)
    assert error.code == "store-full"
    assert [future.exception() for future in (futures[0], futures[2])] == [None, None]
    assert names(path) == ["before", "after"]


def test_a_future_resolves_only_when_another_connection_sees_the_change(writer: Writer, path: Path) -> None:
    seen: list[list[str]] = []
    gate = Gate(writer)
    future = writer.submit(insert("a"))
    future.add_done_callback(lambda _: seen.append(names(path)))
    gate.open()
    future.result()
    writer.close()
    assert seen == [["a"]]


def test_a_store_that_another_process_holds_is_busy(writer: Writer, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    error = writer.submit(insert("a")).exception()
    assert isinstance(error, StoreError)
    assert error.code == "store-busy"
    other.execute("ROLLBACK")
    other.close()
    writer.submit(insert("b")).result()
    assert names(path) == ["b"]


def test_closing_drains_what_was_submitted(writer: Writer, path: Path) -> None:
    gate = Gate(writer)
    futures = [writer.submit(insert(str(n))) for n in range(120)]
    closing = threading.Thread(target=writer.close)
    closing.start()
    gate.open()
    closing.join()
    assert all(future.done() for future in futures)
    assert len(names(path)) == 120


def test_nothing_is_taken_after_closing(writer: Writer) -> None:
    writer.close()
    with pytest.raises(StoreError) as caught:
        writer.submit(lambda c: None)
    assert caught.value.code == "store-closed"
    writer.close()


def test_a_waiter_that_goes_away_undoes_nothing(store: Store) -> None:
    async def submit_and_leave() -> None:
        waiting = asyncio.ensure_future(asyncio.wrap_future(store.commit([Keep(letter())])))
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(submit_and_leave())
    store.close()
    with Store.open(store.folder) as again:
        assert again.seen(ANN.key, "<one@a.test>")


def test_a_commit_is_awaited(store: Store) -> None:
    async def submit() -> str | None:
        small, large = letter("small"), letter("large", body=b"l" * 100_000)
        first = store.commit([Keep(small)])
        second = store.commit([Keep(large)])
        await asyncio.gather(asyncio.wrap_future(first), asyncio.wrap_future(second))
        return second.result().key

    assert asyncio.run(submit()) == "key-large"


def test_a_closed_store_says_so_at_every_kind_of_verb(store: Store) -> None:
    store.close()
    large = letter(body=b"l" * 100_000)
    for verb in (
        store.users,
        lambda: store.commit([Keep(letter())]),
        lambda: store.commit([Keep(large)]),
        store.next_bundle_serial,
    ):
        with pytest.raises(StoreError) as caught:
            verb()
        assert caught.value.code == "store-closed"
    store.close()
