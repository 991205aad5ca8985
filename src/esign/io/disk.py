"""Files that are written whole or not at all, and private ones that only their owner reads.

A write goes to a temporary file in the same folder, is forced to the disk, takes the name, and the folder is
forced
too: after a crash there is the old file or the new one.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

PUBLIC: Final = 0o644
PRIVATE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700


def write(path: Path, data: bytes, *, mode: int = PUBLIC) -> None:
    """Put `data` at `path`, in place of what is there.

    Raises:
        OSError: what the disk says; `path` is then as it was.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    sync_folder(path.parent)


def write_private(path: Path, data: bytes) -> None:
    """Put a secret at `path`: readable and writable by its owner alone, from the first octet on.

    Raises:
        OSError: what the disk says.
    """
    write(path, data, mode=PRIVATE)


def make_private_folder(path: Path) -> None:
    """Make a folder that only its owner enters; its parent must stand.

    Raises:
        OSError: what the disk says, `FileExistsError` when there is something.
    """
    path.mkdir(mode=PRIVATE_FOLDER)
    sync_folder(path.parent)


@contextmanager
def locked_folder(path: Path) -> Iterator[None]:
    """A folder that one writer at a time works in, across processes; waits for the other.

    Raises:
        OSError: what the disk says.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Force the names in a folder to the disk.

    Raises:
        OSError: what the disk says.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder that appears under `path` when the block ends well, and leaves nothing when it does not.

    Raises:
        FileExistsError: `path` is a file, or a folder that is not empty.
        OSError: what the disk says.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise FileExistsError(f"{path} is not an empty folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        yield draft
        sync_folder(draft)
        os.replace(draft, path)
    except BaseException:
        _remove(draft)
        raise
    sync_folder(path.parent)


def _remove(folder: Path) -> None:
    with suppress(OSError):
        for found in sorted(folder.rglob("*"), reverse=True):
            found.rmdir() if found.is_dir() else found.unlink()
        folder.rmdir()
