"""A segment has its name only when it is whole and durable; what was changed is not handed out."""

import errno
import hashlib
import os
from pathlib import Path

import pytest

from exat.errors import StoreError
from exat.records import Keep
from exat.store import Store
from exat.store.segments import Segments
from tests.exat.store.world import ANN, letter

BODY = b"b" * 100_000
DIGEST = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def segments(tmp_path: Path) -> Segments:
    return Segments(tmp_path)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_body_comes_back_by_its_digest(segments: Segments, tmp_path: Path) -> None:
    assert segments.put(BODY) == DIGEST
    assert segments.get(DIGEST) == BODY
    assert (tmp_path / DIGEST[:2] / DIGEST).stat().st_mode & 0o777 == 0o600


def test_the_same_body_is_kept_once(segments: Segments, tmp_path: Path) -> None:
    segments.put(BODY)
    before = (tmp_path / DIGEST[:2] / DIGEST).stat().st_ino
    segments.put(BODY)
    assert files(tmp_path) == [DIGEST]
    assert (tmp_path / DIGEST[:2] / DIGEST).stat().st_ino == before


@pytest.mark.parametrize("damage", [b"", BODY[:-1], BODY + b"x", b"c" + BODY[1:]])
def test_a_changed_segment_is_not_handed_out(segments: Segments, tmp_path: Path, damage: bytes) -> None:
    segments.put(BODY)
    (tmp_path / DIGEST[:2] / DIGEST).write_bytes(damage)
    with pytest.raises(StoreError) as caught:
        segments.get(DIGEST)
    assert caught.value.code == "segment-damaged"
    assert caught.value.values == {"segment": DIGEST}


def test_a_missing_segment_is_damage(segments: Segments) -> None:
    with pytest.raises(StoreError) as caught:
        segments.get(DIGEST)
    assert caught.value.code == "segment-damaged"


def test_a_damaged_segment_is_mended_by_the_same_body(segments: Segments, tmp_path: Path) -> None:
    segments.put(BODY)
    (tmp_path / DIGEST[:2] / DIGEST).write_bytes(b"damage")
    segments.put(BODY)
    assert segments.get(DIGEST) == BODY


def test_the_file_is_durable_before_it_has_its_name_and_the_name_before_the_call_returns(
    segments: Segments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def logged_fsync(descriptor: int) -> None:
        log.append("fsync " + Path(os.readlink(f"/proc/self/fd/{descriptor}")).suffix)
        fsync(descriptor)

    def logged_replace(self: Path, target: Path) -> Path:
        log.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", logged_fsync)
    monkeypatch.setattr(Path, "replace", logged_replace)
    segments.put(BODY)
    assert log == ["fsync ", "fsync .new", "rename", "fsync "]


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "store-full"), (errno.EDQUOT, "store-full"), (errno.EIO, "store-failed")],
)
def test_what_the_file_system_refuses_leaves_no_row_and_no_file(
    store: Store, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    fsync = os.fsync

    def failing(descriptor: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith(".new"):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    large = letter(body=BODY)
    with pytest.raises(StoreError) as caught:
        store.commit([Keep(large)]).result()
    assert caught.value.code == code
    assert files(store.folder / "segments") == []
    assert store.seen(ANN.key, large.message_id) is None
    monkeypatch.undo()
    store.commit([Keep(large)]).result()
    assert store.letter(large.key) == large


def test_an_orphan_is_harmless(store: Store) -> None:
    Segments(store.folder / "segments").put(BODY)
    (store.folder / "segments" / DIGEST[:2] / ".0123456789abcdef.new").write_bytes(b"half")
    large = letter(body=BODY)
    store.commit([Keep(large)]).result()
    assert store.letter(large.key) == large


def test_a_letter_whose_segment_was_changed_is_not_read(store: Store) -> None:
    large = letter(body=BODY)
    store.commit([Keep(large)]).result()
    (store.folder / "segments" / DIGEST[:2] / DIGEST).write_bytes(b"other")
    with pytest.raises(StoreError) as caught:
        store.letter(large.key)
    assert caught.value.code == "segment-damaged"
