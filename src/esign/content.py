"""The octets that are signed, wherever they are kept: in memory, in a seekable file, or in parts of one.

A document of any size is hashed in bounded memory, each digest once. Files are the caller's: they are read at
the places that are asked for, never closed, and must not change meanwhile.

    content = Content.of(file)
    content.digest(SHA256), content.size
"""

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, Self

from esign.algorithms import Digest
from esign.der.streaming import CHUNK, read_between
from esign.errors import LimitExceeded


class Content:
    """Octets that can be read more than once, in order, at most 256 KiB at a time.

    `size` is in octets. A source that fails to read raises its own `OSError`: that is the world's.
    """

    __slots__ = ("_announced", "_begin", "_digests", "_octets", "size")

    def __init__(
        self,
        size: int,
        begin: Callable[[], Iterator[bytes]],
        *,
        octets: bytes | None = None,
        digests: Iterable[tuple[Digest, bytes]] = (),
    ) -> None:
        """Octets that `begin` gives from the beginning, `size` in all; `digests` are known already."""
        self.size = size
        self._begin = begin
        self._octets = octets
        self._digests = {by.oid: value for by, value in digests} if digests else {}
        self._announced: tuple[Digest, ...] = ()

    @classmethod
    def of(cls, source: bytes | BinaryIO) -> Self:
        """All octets of `source`: a file must be seekable, and is taken from its present place to its end."""
        if isinstance(source, bytes | bytearray | memoryview):
            return cls.in_memory(bytes(source))
        start = source.tell()
        return cls.in_file(source, start, source.seek(0, 2))

    @classmethod
    def in_memory(cls, octets: bytes) -> Self:
        """Octets in memory."""
        return cls(
            len(octets),
            lambda: (octets[at : at + CHUNK] for at in range(0, len(octets), CHUNK)),
            octets=octets,
        )

    @classmethod
    def in_file(cls, file: BinaryIO, start: int, stop: int) -> Self:
        """The octets of `file` from `start` to before `stop`."""
        return cls(max(0, stop - start), lambda: read_between(file, start, stop))

    def chunks(self) -> Iterator[bytes]:
        """The octets in order, from the beginning, at each call anew."""
        return self._begin()

    def announce(self, several: Iterable[Digest]) -> None:
        """Digests that will be asked for: they are made in one pass with the first of them."""
        self._announced = tuple(dict.fromkeys(several))

    def digest(self, by: Digest) -> bytes:
        """The digest, made once."""
        if by.oid not in self._digests:
            if self._octets is not None:
                self._digests[by.oid] = by.of(self._octets)
            else:
                self._make((by, *self._announced) if by in self._announced else (by,))
        return self._digests[by.oid]

    def digests(self, several: Iterable[Digest]) -> tuple[bytes, ...]:
        """Several digests, those that are not known yet made in one pass."""
        wanted = tuple(several)
        if self._octets is None:
            self._make(wanted)
        return tuple(self.digest(by) for by in wanted)

    def octets(self, limit: int) -> bytes:
        """All of them.

        Raises:
            LimitExceeded: `limit-exceeded` over `limit` octets.
        """
        if self.size > limit:
            raise LimitExceeded(limit=limit, found=f"{self.size} octets of content", where="content")
        return b"".join(self._begin()) if self._octets is None else self._octets

    def _make(self, several: Iterable[Digest]) -> None:
        states = {by.oid: by.new() for by in several if by.oid not in self._digests}
        if states:
            updates = [state.update for state in states.values()]
            for chunk in self._begin():
                for update in updates:
                    update(chunk)
        self._digests.update((oid, state.digest()) for oid, state in states.items())
