"""ZIP as far as containers of signatures need it, read strictly and written plainly (EN 319 162-1 cl. 4.2).

A reader that trusts the list at the end and one that walks the entries from the front must see the same
files: names, methods, sizes and places are compared, entries lie one after the other without gap, overlap,
leading or trailing octets. Nothing is inflated beyond the size that was declared, and what is declared is
bounded before anything is read.

    package = Package.open(data)
    package.names, package.octets("META-INF/signature.p7s", limit=1 << 20)
"""

import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from struct import Struct
from typing import BinaryIO, Final, Protocol, Self

from esign.errors import LimitExceeded, MalformedInput

STORED: Final = 0
DEFLATED: Final = 8
MIMETYPE: Final = "mimetype"

MAX_ENTRIES: Final = 10_000
MAX_NAME: Final = 1_024
MAX_TOTAL: Final = 1 << 32
"""Octets of all entries together, inflated."""
MAX_DIRECTORY: Final = 1 << 24
_MAX_RATIO: Final = 100
_RATIO_COUNTS_FROM: Final = 1 << 20
_CHUNK: Final = 1 << 18

_LOCAL: Final = Struct("<4s5H3I2H")
_CENTRAL: Final = Struct("<4s6H3I5H2I")
_END: Final = Struct("<4s4H2IH")
_EXTRA: Final = Struct("<2H")
_UNICODE_PATH: Final = 0x7075
_MAX_COMMENT: Final = 0xFFFF
_ENCRYPTED, _DESCRIBED_LATER, _UTF8 = 1, 1 << 3, 1 << 11
_UNKNOWN_FLAGS: Final = 0xFFFF ^ (0b110 | _DESCRIBED_LATER | _UTF8)
_BAD_PARTS: Final = frozenset(("", ".", ".."))


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a package: sizes in octets, `offset` where its local header stands."""

    name: str
    raw_name: bytes = field(repr=False)
    flags: int = field(repr=False)
    method: int
    crc: int = field(repr=False)
    packed: int
    size: int
    offset: int = field(repr=False)

    @property
    def is_folder(self) -> bool:
        """Whether it only names a folder."""
        return self.name.endswith("/")


@dataclass(frozen=True, slots=True)
class Package:
    """A ZIP file that was found sound as a whole; entries in the order in which they lie.

    `comment` is the comment of the file. The content of an entry is checked when it is read.
    """

    file: BinaryIO = field(repr=False)
    entries: tuple[Entry, ...]
    comment: bytes = b""
    _places: dict[str, tuple[Entry, int]] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, source: bytes | BinaryIO) -> Self:
        """From the octets, or from a file that can be sought in and stays open.

        Raises:
            MalformedInput: `container-malformed` for whatever two readers could understand differently.
            LimitExceeded: `limit-exceeded` over 10,000 entries, 4 GiB inflated, or 100 octets from one.
        """
        file = BytesIO(source) if isinstance(source, bytes) else source
        directory, stop, comment, count = _end_record(file)
        entries = tuple(sorted(_central(directory, count), key=lambda entry: entry.offset))
        _check_bounds(entries)
        check_names(entry.name for entry in entries)
        starts = _starts(file, entries, stop)
        return cls(file, entries, comment, {entry.name: (entry, starts[entry.name]) for entry in entries})

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the files, folders left out."""
        return tuple(entry.name for entry in self.entries if not entry.is_folder)

    def entry(self, name: str) -> Entry | None:
        """The file of that name; None when there is none."""
        found = self._places.get(name)
        return None if found is None else found[0]

    def packed(self, name: str) -> Iterator[bytes]:
        """The octets of a file as they lie, in parts: deflated where its entry says so, unchecked.

        Raises:
            KeyError: no such file. MalformedInput: `container-malformed` for an early end.
        """
        entry, start = self._places[name]
        return _slices(self.file, start, entry.packed)

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of a file in parts of at most 256 KiB; the last comes when size and check sum held.

        Raises:
            KeyError: no such file.
            MalformedInput: `container-malformed` when the content is not what was declared.
        """
        entry, _ = self._places[name]
        seen, crc = 0, 0
        packed = self.packed(name)
        held = b""
        for chunk in packed if entry.method == STORED else _inflated(packed, entry):
            seen, crc = seen + len(chunk), zlib.crc32(chunk, crc)
            if held:
                yield held
            held = chunk
        if (seen, crc) != (entry.size, entry.crc):
            raise _bad("content that is not what was declared", entry.name)
        yield held

    def octets(self, name: str, *, limit: int) -> bytes:
        """The content of a file of at most `limit` octets.

        Raises:
            KeyError: no such file.
            MalformedInput: `container-malformed` when the content is not what was declared.
            LimitExceeded: `limit-exceeded`.
        """
        entry = self.entry(name)
        if entry is not None and entry.size > limit:
            raise LimitExceeded(limit=limit, found=f"a file of {entry.size} octets", where=name)
        return b"".join(self.chunks(name))


# --- the list at the end ---


def _end_record(file: BinaryIO) -> tuple[bytes, int, bytes, int]:
    """The central directory, where it begins, the comment, and how many entries it has."""
    size = file.seek(0, 2)
    span = min(size, _END.size + _MAX_COMMENT)
    tail = _at(file, size - span, span)
    found = [i for i in _places(tail) if i + _END.size + _comment_length(tail, i) == len(tail)]
    if len(found) != 1:
        raise _bad("no single end of the list of files")
    place = found[0]
    _, disk, start_disk, here, count, length, start, _ = _END.unpack_from(tail, place)
    if disk or start_disk or here != count or 0xFFFFFFFF in (length, start) or count == 0xFFFF:
        raise _bad("a package in several parts or over 4 GiB")
    if count > MAX_ENTRIES or length > MAX_DIRECTORY:
        raise LimitExceeded(limit=MAX_ENTRIES, found=f"{count} files", where="container")
    if start + length != size - span + place:
        raise _bad("octets between the list of files and its end")
    return _at(file, start, length), start, tail[place + _END.size :], count


def _places(tail: bytes) -> Iterator[int]:
    place = tail.rfind(b"PK\5\6")
    while place >= 0:
        if place + _END.size <= len(tail):
            yield place
        place = tail.rfind(b"PK\5\6", 0, place)


def _comment_length(tail: bytes, place: int) -> int:
    return int.from_bytes(tail[place + _END.size - 2 : place + _END.size], "little")


def _central(directory: bytes, count: int) -> Iterator[Entry]:
    offset = 0
    for _ in range(count):
        if len(directory) - offset < _CENTRAL.size or directory[offset : offset + 4] != b"PK\1\2":
            raise _bad("a broken list of files")
        (_, _, _, flags, method, _, _, crc, packed, size, *lengths, disk, _, _, place) = _CENTRAL.unpack_from(
            directory, offset
        )
        name_end = offset + _CENTRAL.size + lengths[0]
        raw = directory[offset + _CENTRAL.size : name_end]
        offset = name_end + lengths[1] + lengths[2]
        if disk or len(raw) != lengths[0] or offset > len(directory):
            raise _bad("a broken list of files")
        name = _name(raw, flags)
        _demand_one_name(name, directory[name_end : name_end + lengths[1]])
        if flags & _UNKNOWN_FLAGS:
            raise _bad("an encrypted or unknown kind of entry", name)
        if method not in (STORED, DEFLATED) or (method == STORED and packed != size):
            raise _bad("a method other than stored and deflated", name)
        yield Entry(name, raw, flags, method, crc, packed, size, place)
    if offset != len(directory):
        raise _bad("octets after the list of files")


def _name(raw: bytes, flags: int) -> str:
    if not raw or len(raw) > MAX_NAME:
        raise _bad("a file name that is empty or too long")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        if flags & _UTF8:
            raise _bad("a file name that is not UTF-8") from None
        return raw.decode("cp437")


def _demand_one_name(name: str, extra: bytes) -> None:
    """The Unicode path in an extra field, by which others name the file, must be the same name."""
    place = 0
    while place + 4 <= len(extra):
        kind, size = _EXTRA.unpack_from(extra, place)
        value = extra[place + 4 : place + 4 + size]
        if kind == _UNICODE_PATH and value[5:] != name.encode():
            raise _bad("an entry with two names", name)
        place += 4 + size


def _check_bounds(entries: Iterable[Entry]) -> None:
    total = 0
    for entry in entries:
        total += entry.size
        swollen = entry.size > _RATIO_COUNTS_FROM and entry.size > _MAX_RATIO * entry.packed
        if total > MAX_TOTAL or swollen:
            raise LimitExceeded(limit=MAX_TOTAL, found=f"{entry.size} octets inflated", where=entry.name)


def check_names(names: Iterable[str]) -> None:
    """Names that a file system, or another reader, could take for another file's are refused.

    Raises:
        MalformedInput: `container-malformed`.
    """
    seen: set[str] = set()
    for name in names:
        parts = name.removesuffix("/").split("/")
        control = any(unicodedata.category(c) == "Cc" for c in name)
        if control or "\\" in name or ":" in parts[0] or not _BAD_PARTS.isdisjoint(parts):
            raise _bad("a file name that leads elsewhere", name)
        folded = unicodedata.normalize("NFC", name).casefold().removesuffix("/")
        if folded in seen:
            raise _bad("two files of one name", name)
        seen.add(folded)


# --- the entries themselves ---


def _starts(file: BinaryIO, entries: Iterable[Entry], stop: int) -> dict[str, int]:
    """Where the content of each entry begins; together they fill the file up to `stop`."""
    found, expected = {}, 0
    for entry in entries:
        if entry.offset != expected:
            raise _bad("octets that no file owns", entry.name)
        start = _content_start(file, entry)
        found[entry.name] = start
        expected = start + entry.packed + _descriptor(file, entry, start + entry.packed)
    if expected != stop:
        raise _bad("octets before the list of files")
    return found


def _content_start(file: BinaryIO, entry: Entry) -> int:
    header = _at(file, entry.offset, _LOCAL.size)
    mark, _, flags, method, _, _, crc, packed, size, *lengths = _LOCAL.unpack(header)
    name_length, extra_length = map(int, lengths)
    later = bool(flags & _DESCRIBED_LATER)
    told = ((crc, entry.crc), (packed, entry.packed), (size, entry.size))
    agrees = all(one == other or (later and one == 0) for one, other in told)
    if mark != b"PK\3\4" or (flags, method) != (entry.flags, entry.method) or not agrees:
        raise _bad("an entry that disagrees with the list of files", entry.name)
    names = _at(file, entry.offset + _LOCAL.size, name_length + extra_length)
    if names[:name_length] != entry.raw_name:
        raise _bad("an entry that disagrees with the list of files", entry.name)
    _demand_one_name(entry.name, names[name_length:])
    return entry.offset + _LOCAL.size + name_length + extra_length


def _descriptor(file: BinaryIO, entry: Entry, place: int) -> int:
    """How many octets of data descriptor follow the content: 0, 12 or 16."""
    if not entry.flags & _DESCRIBED_LATER:
        return 0
    told = b"".join(n.to_bytes(4, "little") for n in (entry.crc, entry.packed, entry.size))
    file.seek(place)
    found = file.read(16)
    if found == b"PK\7\x08" + told:
        return 16
    if found[:12] == told:
        return 12
    raise _bad("a data descriptor that disagrees with the list of files", entry.name)


def _at(file: BinaryIO, offset: int, count: int) -> bytes:
    if offset < 0:
        raise _bad("no package")
    file.seek(offset)
    found = file.read(count)
    if len(found) != count:
        raise _bad("an early end")
    return found


def _slices(file: BinaryIO, start: int, count: int) -> Iterator[bytes]:
    while count:
        file.seek(start)
        chunk = file.read(min(_CHUNK, count))
        if not chunk:
            raise _bad("an early end")
        yield chunk
        start, count = start + len(chunk), count - len(chunk)


def _inflated(packed: Iterable[bytes], entry: Entry) -> Iterator[bytes]:
    inflater, room = zlib.decompressobj(-zlib.MAX_WBITS), entry.size + 1
    try:
        for chunk in packed:
            waiting = chunk
            while waiting and room:
                grown = inflater.decompress(waiting, min(_CHUNK, room))
                waiting, room = inflater.unconsumed_tail, room - len(grown)
                yield grown
            if inflater.unused_data:
                raise _bad("octets after the deflated content", entry.name)
        while room and (grown := inflater.decompress(inflater.unconsumed_tail, min(_CHUNK, room))):
            room -= len(grown)
            yield grown
    except zlib.error:
        raise _bad("content that cannot be inflated", entry.name) from None
    if not inflater.eof:
        raise _bad("content that has no end", entry.name)


def _bad(found: str, name: str = "") -> MalformedInput:
    return MalformedInput("container-malformed", clause="EN 319 162-1 cl. 4.2", where=name, found=found)


# --- writing ---

_MADE_BY: Final = 20
_MAX_IN_MEMORY: Final = 1 << 22


class Chunked(Protocol):
    """Octets that can be gone through more than once, as `esign.content.Content`."""

    def chunks(self) -> Iterator[bytes]:
        """The octets in order, from the start."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A file of another package, that is copied as it lies there."""

    package: Package = field(repr=False)
    name: str


@dataclass(slots=True)
class Writer:
    """Writes a package entry by entry: deflated where that saves room, stored when large or told so.

    `at` dates the entries (a day in 1980 or later). Each name is the caller's to keep apart and clean.
    """

    out: BinaryIO
    at: datetime
    _written: int = 0
    _central: list[bytes] = field(default_factory=list)

    def add(self, name: str, content: "bytes | Chunked | Packed", *, stored: bool = False) -> None:
        """One file; what is over 4 MiB is stored without being held in memory.

        Raises:
            LimitExceeded: `limit-exceeded` for a package over 4 GiB.
        """
        if isinstance(content, Packed):
            entry, _ = content.package._places[content.name]
            parts: Iterable[bytes] = content.package.packed(content.name)
            method, crc, packed, size = entry.method, entry.crc, entry.packed, entry.size
        else:
            method, crc, packed, size, parts = _prepared(content, stored=stored)
        raw = name.encode()
        if self._written + packed + len(raw) >= MAX_TOTAL - MAX_DIRECTORY:
            raise LimitExceeded(limit=MAX_TOTAL, found="a larger package", where=name)
        flags = 0 if raw.isascii() else _UTF8
        told = (flags, method, *_dos_time(self.at), crc, packed, size, len(raw), 0)
        self._central.append(
            _CENTRAL.pack(b"PK\1\2", _MADE_BY, _MADE_BY, *told, 0, 0, 0, 0, self._written) + raw
        )
        self._write(_LOCAL.pack(b"PK\3\4", _MADE_BY, *told) + raw)
        for part in parts:
            self._write(part)

    def close(self) -> None:
        """Write the list of files; the file stays open."""
        directory, start, count = b"".join(self._central), self._written, len(self._central)
        self._write(directory)
        self._write(_END.pack(b"PK\5\6", 0, 0, count, count, len(directory), start, 0))

    def _write(self, octets: bytes) -> None:
        self.out.write(octets)
        self._written += len(octets)


def _prepared(content: bytes | Chunked, *, stored: bool) -> tuple[int, int, int, int, Iterable[bytes]]:
    """Method, check sum, packed and unpacked size, and the octets to be written."""
    crc, size, kept = _measured(content)
    if kept is not None and not stored:
        deflated = _deflated(kept)
        # What shrinks so much that it looks like a bomb is stored as it is.
        if len(deflated) < len(kept) <= _MAX_RATIO * len(deflated):
            return DEFLATED, crc, len(deflated), size, (deflated,)
    return STORED, crc, size, size, _parts(content)


def _parts(content: bytes | Chunked) -> Iterable[bytes]:
    return (content,) if isinstance(content, bytes) else content.chunks()


def _measured(content: bytes | Chunked) -> tuple[int, int, bytes | None]:
    """Check sum, size, and the octets themselves when they are few enough to be held."""
    crc, size = 0, 0
    held: list[bytes] = []
    for part in _parts(content):
        crc, size = zlib.crc32(part, crc), size + len(part)
        if size <= _MAX_IN_MEMORY:
            held.append(part)
        else:
            held.clear()
    return crc, size, b"".join(held) if size <= _MAX_IN_MEMORY else None


def _deflated(content: bytes) -> bytes:
    deflater = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflater.compress(content) + deflater.flush()


def _dos_time(at: datetime) -> tuple[int, int]:
    year = min(max(at.year - 1980, 0), 127)
    return at.hour << 11 | at.minute << 5 | at.second // 2, year << 9 | at.month << 5 | at.day
