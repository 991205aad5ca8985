"""What a caller gives, octets or files: what cannot be read twice is put aside in a temporary file first."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import BinaryIO, Final

from esign.algorithms import Digest
from esign.content import Content
from esign.der.streaming import CHUNK

Source = bytes | BinaryIO
"""Octets, or a binary file that is read from its present place to its end."""

IN_MEMORY: Final = (bytes, bytearray, memoryview)
"""The types of a `Source` that is no file."""


def read(source: Source) -> bytes:
    """All of it, in memory."""
    return bytes(source) if isinstance(source, IN_MEMORY) else source.read()


def content_of(source: Source, held: ExitStack) -> Content:
    """It as what can be read again and again; a file that was put aside for that goes with `held`."""
    return Content.of(source if isinstance(source, IN_MEMORY) else again(source, held))


def again(file: BinaryIO, held: ExitStack) -> BinaryIO:
    """As `readable_twice`, until `held` ends."""
    return held.enter_context(readable_twice(file))


def deliver(chunks: Iterable[bytes], out: BinaryIO | None) -> bytes | None:
    """What was made: returned, or written to `out`."""
    if out is None:
        return b"".join(chunks)
    for chunk in chunks:
        out.write(chunk)
    return None


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
