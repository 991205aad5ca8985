"""Files that a caller gives: what cannot be read twice is put aside in a temporary file first."""

from collections.abc import Iterator
from contextlib import contextmanager
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import BinaryIO

from esign.algorithms import Digest
from esign.der.streaming import CHUNK


@contextmanager
def readable_twice(file: BinaryIO) -> Iterator[BinaryIO]:
    """`file` itself when it is seekable, else a copy of what is left of it, which goes with the context."""
    if can_seek(file):
        yield file
        return
    with TemporaryFile() as spool:
        copyfileobj(file, spool, CHUNK)
        spool.seek(0)
        yield spool


def can_seek(file: BinaryIO) -> bool:
    """Whether a place in `file` can be gone back to; a source that has only `read` has none."""
    ask = getattr(file, "seekable", None)
    return ask is not None and bool(ask())


def digest(file: BinaryIO, by: Digest) -> bytes:
    """The digest of what is left of `file`."""
    state = by.new()
    for chunk in chunks(file):
        state.update(chunk)
    made: bytes = state.digest()
    return made


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """What is left of `file`, a chunk at a time."""
    return iter(lambda: file.read(CHUNK), b"")
