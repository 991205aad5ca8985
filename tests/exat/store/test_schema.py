"""Opening: a new store, an old one, a newer one, no store at all; and a world that refuses."""

import re
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from exat.errors import StoreError
from exat.language.store import MESSAGES
from exat.records import Keep
from exat.store import Store
from exat.store import statements as sql
from exat.store.faults import _MESSAGES
from tests.exat.store.world import ANN, acceptance, assert_chain, letter, seal


def refusal(folder: Path) -> str:
    with pytest.raises(StoreError) as caught:
        Store.open(folder)
    return caught.value.code


def edit(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / "store.sqlite")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_store_is_not_made_by_opening(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "store-missing"
    assert not [*tmp_path.iterdir()]


def test_creating_keeps_what_stands(tmp_path: Path) -> None:
    with Store.create(tmp_path / "home") as first:
        first.put_setting("a", "b")
    with Store.create(tmp_path / "home") as second:
        assert second.setting("a") == "b"


def test_only_the_nodes_account_reads_the_store(store: Store) -> None:
    for name in ("store.sqlite", "store.sqlite-wal", "store.sqlite-shm"):
        assert (store.folder / name).stat().st_mode & 0o077 == 0
    assert (store.folder / "segments").stat().st_mode & 0o077 == 0


def test_a_store_is_durable_by_its_settings(store: Store) -> None:
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "page_size")
    found = store._write(lambda c: [c.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas])
    assert found == ["wal", 2, 1, 16_384]


def test_many_may_make_the_store_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        stores = [*pool.map(lambda _: Store.create(tmp_path), range(6))]
    for number, store in enumerate(stores):
        store.put_setting(str(number), "made")
        store.close()


def test_a_newer_schema_is_refused(store: Store) -> None:
    store.close()
    edit(store.folder, "PRAGMA user_version = 99")
    with pytest.raises(StoreError) as caught:
        Store.open(store.folder)
    assert caught.value.code == "store-schema"
    assert caught.value.values == {"found": "schema 99, this program knows 1"}


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    edit(tmp_path, "CREATE TABLE recipes (name TEXT)")
    before = (tmp_path / "store.sqlite").read_bytes()
    assert refusal(tmp_path) == "store-schema"
    assert (tmp_path / "store.sqlite").read_bytes() == before


def test_what_is_no_database_is_damage(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").write_bytes(b"not a database at all" * 100)
    assert refusal(tmp_path) == "store-damaged"


def test_an_interrupted_creation_is_completed(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").touch()
    with Store.open(tmp_path) as store:
        assert store.users() == ()


def test_a_damaged_page_is_damage(store: Store) -> None:
    for number in range(40):
        store.commit(acceptance(letter(str(number), body=b"b" * 9000)), seal=seal).result()
    store.close()
    path = store.folder / "store.sqlite"
    octets = path.read_bytes()
    path.write_bytes(octets[: 16_384 * 2] + b"\xff" * (len(octets) - 16_384 * 2))
    with Store.open(store.folder) as again:
        assert damage(again) == {"store-damaged"}


def damage(store: Store) -> set[str]:
    codes = set()
    for read in (lambda: store.letter("key-1"), store.evidence, lambda: store.trace("<1@a.test>")):
        with pytest.raises(StoreError) as caught:
            read()
        codes.add(caught.value.code)
    return codes


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE letters SET sender = 'not an address'",
        "UPDATE letters SET received_at = 'yesterday'",
        "UPDATE letters SET body = x'00'",
    ],
)
def test_a_row_that_does_not_read_back_is_damage(store: Store, statement: str) -> None:
    store.commit([Keep(letter())]).result()
    edit(store.folder, statement)
    with pytest.raises(StoreError) as caught:
        store.letter("key-one")
    assert caught.value.code == "store-damaged"


def test_a_full_disk_refuses_and_loses_nothing_and_recovers(store: Store) -> None:
    store.commit(acceptance(letter("before")), seal=seal).result()

    def limit(pages: int) -> None:
        store._write(lambda c: c.execute(f"PRAGMA max_page_count = {pages}").fetchone())

    pages = store._write(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
    limit(pages + 10)
    futures = [
        (number, store.commit(acceptance(letter(str(number), body=b"b" * 30_000)), seal=seal))
        for number in range(30)
    ]
    codes = {e.code for _, future in futures if isinstance(e := future.exception(), StoreError)}
    assert codes == {"store-full"}
    kept = [number for number, future in futures if future.exception() is None]
    assert kept
    assert {record.message_key for record in assert_chain(store)} == {
        "key-before",
        *(f"key-{number}" for number in kept),
    }
    limit(100_000)
    store.commit(acceptance(letter("after")), seal=seal).result()
    assert store.faults() == ()
    assert len(store.sent_by(ANN)) == len(kept) + 2


def test_a_store_held_by_another_process_is_busy(tmp_path: Path) -> None:
    with Store.create(tmp_path, busy_seconds=0.05) as store:
        other = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError) as caught:
            store.put_setting("a", "b")
        assert caught.value.code == "store-busy"
        assert store.setting("a") is None
        other.close()
        store.put_setting("a", "b")


def test_a_store_that_was_taken_away_fails_by_its_code(store: Store) -> None:
    store.close()
    shutil.rmtree(store.folder / "segments")
    (store.folder / "store.sqlite").unlink()
    (store.folder / "store.sqlite").mkdir()
    assert refusal(store.folder) == "store-missing"


def explain(store: Store, statement: str) -> None:
    words = {word: "" for word in re.findall(r":(\w+)", statement)}
    store._read(lambda connection: connection.execute(f"EXPLAIN {statement}", words).fetchall())


@pytest.mark.parametrize("file", sql.FILES)
def test_every_statement_fits_the_schema(store: Store, file: str) -> None:
    found = sql.statements(file)
    assert found
    for name, statement in found.items():
        assert statement.endswith(";"), name
        explain(store, statement)


def test_every_fault_has_a_message_in_the_catalogue() -> None:
    assert _MESSAGES.keys() <= MESSAGES.keys()
