"""SignedData in a file, taken apart without its content in memory.

What stands before and after the content is read as octets, within bounds; the content is walked through once
when its end must be looked for, and the digests that digestAlgorithms announces are made on that way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from esign import der
from esign.algorithms import AlgorithmIdentifier, Digest, digest
from esign.attributes import bounded
from esign.cms.content_info import SIGNED_DATA, require_type
from esign.content import Content
from esign.der import TLV
from esign.der.streaming import Header, StringInFile, header_at, read_header
from esign.errors import EsignError, LimitExceeded, MalformedInput

MAX_BEFORE_CONTENT: Final = 1 << 20
MAX_AFTER_CONTENT: Final = 1 << 26
"""Octets of certificates, revocation lists and signers."""
_MAX_ANNOUNCED: Final = 4
_MAX_ALGORITHMS: Final = 250


@dataclass(frozen=True, slots=True)
class Apart:
    """The fields of SignedData; `encapsulated` is the field encapContentInfo as received."""

    before: tuple[TLV, TLV]
    content_type: str
    content: Content | None
    encapsulated: Content
    after: tuple[TLV, ...]


def take_apart(file: BinaryIO, start: int, end: int) -> Apart:
    """The ContentInfo with SignedData that the octets of `file` from `start` to before `end` are.

    Raises:
        MalformedInput: `malformed-input`, `cms-malformed`, `cms-wrong-content-type`.
        LimitExceeded: `limit-exceeded` over 1 MiB before the content or 64 MiB after it.
    """
    reader = _Beginning(file, start, end)
    # RFC 5652 §3: ContentInfo, contentType, content [0]; RFC 5652 §5.1: version, digestAlgorithms.
    reader.enter(der.SEQUENCE)
    require_type(reader.take(der.OID).oid(), SIGNED_DATA)
    reader.enter(der.context(0))
    reader.enter(der.SEQUENCE)
    version, algorithms = reader.take(der.INTEGER), reader.take(der.SET)
    # RFC 5652 §5.2: eContentType, eContent [0].
    began = reader.at
    reader.enter(der.SEQUENCE)
    content_type = reader.take(der.OID).oid()
    content = None if reader.at_end() else _content(reader, tuple(_announced(algorithms)))
    reader.leave()
    encapsulated = Content.in_file(file, began, reader.at)
    after = _Ending(file, reader)
    fields_after = tuple(after.fields())
    for _ in range(3):
        after.leave()
    if after.at != end:
        raise MalformedInput(found=f"{end - after.at} octets after the end", where="ContentInfo")
    return Apart((version, algorithms), content_type, content, encapsulated, fields_after)


class _Beginning:
    """A place in a file, and the elements that are open there."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        file.seek(start)
        self.file = file
        self.at = start
        self.open: list[Header] = []
        self._start, self._end = start, end
        self._octets = file.read(min(MAX_BEFORE_CONTENT, end - start))

    @property
    def limit(self) -> int:
        """Where the innermost open element must have ended by."""
        return self.open[-1].limit if self.open else self._end

    def enter(self, tag: int) -> Header:
        """Open the element that begins here."""
        found = read_header(self._here(16), self.at, self.limit)
        if found.tag != tag:
            raise MalformedInput(found=f"tag 0x{found.tag:02x}, wanted 0x{tag:02x}", where=f"octet {self.at}")
        self.open.append(found)
        self.at = found.body
        return found

    def take(self, tag: int) -> TLV:
        """The whole element that begins here."""
        found = der.decode_prefix(self._octets, self.at - self._start)
        if found.tag != tag or self._start + found.end > self.limit:
            raise MalformedInput(found=f"tag 0x{found.tag:02x}, wanted 0x{tag:02x}", where=f"octet {self.at}")
        self.at = self._start + found.end
        return found

    def at_end(self) -> bool:
        """Whether the innermost open element ends here."""
        stop = self.open[-1].stop
        return self.at == stop if stop is not None else self._here(2) == b"\0\0"

    def leave(self) -> None:
        """Close the innermost open element."""
        self.at = _close(self.open.pop(), self.at, self._two())

    def _here(self, count: int) -> bytes:
        return self._octets[self.at - self._start : self.at - self._start + count]

    def _two(self) -> bytes:
        self.file.seek(self.at)
        return self.file.read(2)


class _Ending:
    """What stands after the content, in memory."""

    def __init__(self, file: BinaryIO, beginning: _Beginning) -> None:
        end = beginning.open[0].limit
        if end - beginning.at > MAX_AFTER_CONTENT:
            raise LimitExceeded(
                limit=MAX_AFTER_CONTENT,
                found=f"{end - beginning.at} octets after the content",
                where="SignedData",
            )
        file.seek(beginning.at)
        self.at = self._base = beginning.at
        self._open = beginning.open
        self._octets = file.read(end - beginning.at)

    def fields(self) -> Iterator[TLV]:
        """The elements up to the end of the innermost open one."""
        stop, limit = self._open[-1].stop, self._open[-1].limit
        while self.at != stop and not (stop is None and self._two() == b"\0\0"):
            found = der.decode_prefix(self._octets, self.at - self._base)
            self.at = self._base + found.end
            if self.at > limit:
                raise MalformedInput(found="an element that is cut short", where=f"octet {self.at}")
            yield found

    def leave(self) -> None:
        """Close the innermost open element."""
        self.at = _close(self._open.pop(), self.at, self._two())

    def _two(self) -> bytes:
        return self._octets[self.at - self._base : self.at - self._base + 2]


def _close(header: Header, at: int, two: bytes) -> int:
    if header.stop is None and two == b"\0\0" and at + 2 <= header.limit:
        return at + 2
    if header.stop != at:
        raise MalformedInput(found="not exactly one element under a tag", where=f"octet {header.body}")
    return at


def _content(reader: _Beginning, announced: tuple[Digest, ...]) -> Content:
    reader.enter(der.context(0))
    header = header_at(reader.file, reader.at, reader.limit)
    if header.tag not in (der.OCTET_STRING, der.OCTET_STRING | der.CONSTRUCTED):
        raise MalformedInput(
            "cms-malformed",
            clause="RFC 5652 §5.2",
            where="SignedData.encapContentInfo",
            found="content that is no octet string",
        )
    string = StringInFile(reader.file, header)
    if header.tag == der.OCTET_STRING and header.stop is not None:
        content = Content.in_file(reader.file, header.body, header.stop)
        content.announce(announced)
        reader.at = header.stop
    else:
        states = [(by, by.new()) for by in announced]
        size, reader.at = string.measure(lambda chunk: [state.update(chunk) for _, state in states])
        content = Content(size, string.chunks, digests=((by, state.digest()) for by, state in states))
    reader.leave()
    return content


def _announced(algorithms: TLV) -> Iterator[Digest]:
    """The digests that signers will want: the first of those that are quick to make."""
    room = _MAX_ANNOUNCED
    for element in bounded(algorithms, _MAX_ALGORITHMS, "SignedData.digestAlgorithms"):
        try:
            by = digest(AlgorithmIdentifier.read(element))
        except EsignError:
            continue
        if by.octets_per_check is None and room:
            room -= 1
            yield by
