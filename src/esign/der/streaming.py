"""Elements in a file: headers read where they stand, and the value of an OCTET STRING of any size in parts.

For content that does not belong in memory. Everything else is read from octets, by `esign.der.reading`.

    string = StringInFile.read(file, Place(offset, limit))
    for chunk in string.chunks(): ...
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, NamedTuple

from esign.der.reading import MAX_CHILDREN, MAX_DEPTH
from esign.der.writing import CONSTRUCTED, OCTET_STRING
from esign.errors import LimitExceeded, MalformedInput

CHUNK: Final = 1 << 18
"""Octets read at once: small enough for the processor's cache, large enough to hash at full speed."""
_HEADER: Final = 16
_OCTETS_PER_PART: Final = 64
"""Over a million parts, a string may have one more for each so many octets: work stays in step with size."""


class Header(NamedTuple):
    """The beginning of an element: its content goes from `body` to `stop`; None when that must be looked for.

    `limit` is where the content must have ended by.
    """

    tag: int
    body: int
    stop: int | None
    limit: int


def read_header(window: bytes, offset: int, limit: int) -> Header:
    """The header of the element at `offset` of a file, where `window` begins; the content need not be in it.

    Raises:
        MalformedInput: `malformed-input` when it is cut short or runs over `limit`, or has a high tag number.
    """
    if len(window) < 2 or offset + 2 > limit:
        raise _cut(offset)
    tag, length, body = window[0], window[1], 2
    if tag & 0x1F == 0x1F:
        raise MalformedInput(found="a high tag number", where=f"octet {offset}")
    if length == 0x80:
        if not tag & CONSTRUCTED:
            raise MalformedInput(found="a primitive element of indefinite length", where=f"octet {offset}")
        return Header(tag, offset + body, None, limit)
    if length > 0x80:
        body += length & 0x7F
        if body > 10 or body > len(window):
            raise _cut(offset)
        length = int.from_bytes(window[2:body], "big")
    stop = offset + body + length
    if stop > limit:
        raise _cut(offset)
    return Header(tag, offset + body, stop, stop)


def header_at(file: BinaryIO, offset: int, limit: int) -> Header:
    """The header of the element at `offset` of `file`. Raises as `read_header`."""
    file.seek(offset)
    return read_header(file.read(_HEADER), offset, limit)


def read_between(file: BinaryIO, start: int, stop: int) -> Iterator[bytes]:
    """The octets of `file` from `start` to before `stop` in chunks; fewer when the file is shorter."""
    at = start
    while at < stop:
        file.seek(at)
        chunk = file.read(min(CHUNK, stop - at))
        if not chunk:
            return
        at += len(chunk)
        yield chunk


@dataclass(frozen=True, slots=True)
class StringInFile:
    """An OCTET STRING in a file, whole or (BER) in parts of parts (X.690 §8.7)."""

    file: BinaryIO
    header: Header

    def chunks(self) -> Iterator[bytes]:
        """The value, in order, at each call anew; parts are joined where they are small.

        Raises:
            MalformedInput: `malformed-input` when a part is no octet string, or is cut short.
            LimitExceeded: `limit-exceeded` for parts 48 deep, or far more parts than octets ask for.
        """
        yield from self._walk()

    def measure(self, take: Callable[[bytes], object]) -> tuple[int, int]:
        """Size of the value, and where the element ends; each chunk is given to `take` on the way.

        Raises as `chunks`.
        """
        size, walk = 0, self._walk()
        while True:
            try:
                chunk = next(walk)
            except StopIteration as e:
                return size, e.value
            size += len(chunk)
            take(chunk)

    def _walk(self) -> Generator[bytes, None, int]:
        _, at, stop, _ = self.header
        if not self.header.tag & CONSTRUCTED and stop is not None:
            yield from read_between(self.file, at, stop)
            return stop
        open_strings, parts = [self.header], 0
        outside: Header | None = None
        while open_strings:
            # After a part that is too long for a window comes another: its header is all that is wanted.
            window = self._window(at, CHUNK if outside is None else _HEADER)
            gathered: list[bytes] = []
            at, outside = _take_parts(window, at, open_strings, gathered)
            parts += len(gathered) + 1
            if parts > MAX_CHILDREN + (at - self.header.body) // _OCTETS_PER_PART:
                raise LimitExceeded(limit=MAX_CHILDREN, found="more parts", where=f"octet {at}")
            if joined := b"".join(gathered):
                yield joined
            if outside is not None and outside.stop is not None:
                yield from read_between(self.file, outside.body, outside.stop)
                at = outside.stop
        return at

    def _window(self, at: int, size: int) -> bytes:
        self.file.seek(at)
        return self.file.read(min(size, self.header.limit - at))


def _take_parts(
    window: bytes, at: int, open_strings: list[Header], gathered: list[bytes]
) -> tuple[int, Header | None]:
    """Go on through the parts that stand in `window`, which begins at `at` of the file.

    Gives the place to go on from, and the part that is too long for a window.
    """
    base, end, known, length = at, at + len(window), b"", 0
    while open_strings:
        inner = open_strings[-1]
        if known:
            at = (
                _take_alike(window, at - base, min(end, inner.limit) - base, (known, length), gathered) + base
            )
            known = b""
        if _ends(inner, at, window[at - base : at - base + 2]):
            at += 0 if inner.stop == at else 2
            open_strings.pop()
            continue
        if end - at < _HEADER and end < inner.limit and at > base:
            return at, None
        part = read_header(window[at - base : at - base + _HEADER], at, inner.limit)
        if part.tag == OCTET_STRING | CONSTRUCTED:
            _open(part, open_strings)
            at = part.body
        elif part.tag != OCTET_STRING or part.stop is None:
            raise MalformedInput(found="an octet string made of something else", where=f"octet {at}")
        elif part.stop <= end:
            known, length = window[at - base : part.body - base], part.stop - at
            gathered.append(window[part.body - base : part.stop - base])
            at = part.stop
        elif at > base and part.stop - at <= CHUNK:
            return at, None
        else:
            return at, part
    return at, None


def _take_alike(window: bytes, at: int, end: int, alike: tuple[bytes, int], gathered: list[bytes]) -> int:
    """Take the parts from `at` on that begin like the one before: most strings are in parts of one size."""
    known, length = alike
    skip = len(known)
    while at + length <= end and window.startswith(known, at):
        gathered.append(window[at + skip : at + length])
        at += length
    return at


def _ends(string: Header, at: int, two: bytes) -> bool:
    if string.stop is not None:
        return string.stop == at
    return two == b"\0\0" and at + 2 <= string.limit


def _open(part: Header, open_strings: list[Header]) -> None:
    if len(open_strings) == MAX_DEPTH:
        raise LimitExceeded(limit=MAX_DEPTH, found="deeper nesting", where=f"octet {part.body}")
    open_strings.append(part)


def _cut(offset: int) -> MalformedInput:
    return MalformedInput(found="an element that is cut short", where=f"octet {offset}")
