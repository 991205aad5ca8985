from pathlib import Path

import pytest

from esign.io import disk
from esign.io.clock import now


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    file = tmp_path / "a.pem"
    disk.write(file, b"one")
    disk.write(file, b"two")
    assert file.read_bytes() == b"two" and mode(file) == 0o644
    assert [f.name for f in tmp_path.iterdir()] == ["a.pem"]


def test_a_secret_is_its_owners_alone(tmp_path: Path) -> None:
    disk.write_private(tmp_path / "key.pem", b"secret")
    assert mode(tmp_path / "key.pem") == 0o600
    disk.make_private_folder(tmp_path / "keys")
    assert mode(tmp_path / "keys") == 0o700


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "a.pem"
    disk.write(file, b"one")
    with pytest.raises(TypeError):
        disk.write(file, "not octets")  # type: ignore[arg-type]
    assert file.read_bytes() == b"one"
    assert [f.name for f in tmp_path.iterdir()] == ["a.pem"]


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "ca"
    with disk.new_folder(target) as draft:
        assert not target.exists()
        (draft / "a").write_bytes(b"x")
    assert (target / "a").read_bytes() == b"x" and mode(target) == 0o700
    assert [f.name for f in target.parent.iterdir()] == ["ca"]


def test_a_folder_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError), disk.new_folder(tmp_path / "ca") as draft:
        (draft / "b").mkdir()
        (draft / "b" / "c").write_bytes(b"x")
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_may_be_taken_and_a_full_one_not(tmp_path: Path) -> None:
    target = tmp_path / "ca"
    target.mkdir()
    with disk.new_folder(target) as draft:
        (draft / "a").write_bytes(b"x")
    with pytest.raises(FileExistsError), disk.new_folder(target):
        pass
    with pytest.raises(FileExistsError), disk.new_folder(target / "a"):
        pass
    assert (target / "a").read_bytes() == b"x"


def test_the_clock_counts_whole_seconds_of_utc() -> None:
    at = now()
    assert at.tzname() == "UTC" and at.microsecond == 0
