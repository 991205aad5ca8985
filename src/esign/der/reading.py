"""A reader of BER and DER that copies nothing until asked (X.690)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

from esign.der.writing import (
    BOOLEAN,
    CONSTRUCTED,
    GENERALIZED_TIME,
    IA5_STRING,
    OCTET_STRING,
    PRINTABLE_STRING,
    SEQUENCE,
    SET,
    UTC_TIME,
    UTF8_STRING,
    header,
)
from esign.errors import LimitExceeded, MalformedInput

MAX_DEPTH: Final = 48
MAX_CHILDREN: Final = 1_000_000
MAX_FIELDS: Final = 20_000
_MAX_INTEGER: Final = 1024
_MAX_OID: Final = 128


class TLV(NamedTuple):
    """One element: where its parts stand in `data`. `stop` ends the content, `end` ends the element."""

    data: bytes
    tag: int
    start: int
    body: int
    stop: int
    end: int

    @property
    def raw(self) -> bytes:
        """The element's octets as received, identifier and length included."""
        return self.data[self.start : self.end]

    @property
    def content(self) -> bytes:
        """The content octets as received, without end-of-contents octets."""
        return self.data[self.body : self.stop]

    @property
    def constructed(self) -> bool:
        """Whether the content is itself a series of elements."""
        return bool(self.data[self.start] & CONSTRUCTED)

    @property
    def indefinite(self) -> bool:
        """Whether the length was given as indefinite (BER only)."""
        return self.end != self.stop

    def children(self) -> Iterator["TLV"]:
        """The elements of the content, in order.

        Raises:
            MalformedInput: `malformed-input` when an element runs over its parent's end.
        """
        if not self.constructed:
            raise _bad("a primitive element where a constructed one is wanted", self)
        offset, count = self.body, 0
        while offset < self.stop:
            child = _read(self.data, offset, self.stop)
            yield child
            offset = child.end
            count += 1
            if count > MAX_CHILDREN:
                raise _limit("more elements", self.start)

    def only(self) -> "TLV":
        """The one element of the content: what an EXPLICIT tag wraps.

        Raises:
            MalformedInput: `malformed-input` when there is none, or another after it.
        """
        first = next(self.children(), None)
        if first is None or first.end != self.stop:
            raise _bad("not exactly one element under a tag", self)
        return first

    def octets(self) -> bytes:
        """The value of an OCTET STRING; BER may have sent it in parts, a million at most (X.690 §8.7)."""
        return self.content if not self.constructed else _joined(self)

    def integer(self) -> int:
        """The value of an INTEGER or ENUMERATED, at most 1024 octets."""
        octets = self.content
        if not octets or len(octets) > _MAX_INTEGER or self.constructed:
            raise _bad("an integer of a wrong length", self)
        if len(octets) > 1 and (octets[0], octets[1] & 0x80) in ((0x00, 0x00), (0xFF, 0x80)):
            raise _bad("an integer with needless octets", self)
        return int.from_bytes(octets, "big", signed=True)

    def boolean(self) -> bool:
        """The value of a BOOLEAN."""
        if len(self.content) != 1:
            raise _bad("a boolean of a wrong length", self)
        return self.content != b"\0"

    def oid(self) -> str:
        """The value of an OBJECT IDENTIFIER in dotted form."""
        if self.constructed:
            raise _bad("a constructed object identifier", self)
        return dotted(self.content)

    def bits(self) -> bytes:
        """The octets of a BIT STRING that has no unused bits."""
        octets = self.content
        if not octets or octets[0] != 0 or self.constructed:
            raise _bad("a bit string with unused bits", self)
        return octets[1:]

    def time(self) -> datetime:
        """The instant of a UTCTime or GeneralizedTime, in UTC (RFC 5280 §4.1.2.5)."""
        return _time(self)

    def text(self) -> str:
        """The value of a character string, whichever of the common kinds it is.

        Raises:
            MalformedInput: `malformed-input` when the octets are not of the kind's character set.
        """
        codec = _STRINGS.get(self.tag)
        if codec is None:
            raise _bad("not a character string", self)
        try:
            return self.content.decode(codec)
        except UnicodeDecodeError as e:
            raise _bad("a character string of the wrong character set", self) from e


_ASCII: Final = dict.fromkeys((PRINTABLE_STRING, IA5_STRING, 0x12, 0x1A), "ascii")
_STRINGS: Final = {**_ASCII, UTF8_STRING: "utf-8", 0x14: "latin-1", 0x1E: "utf-16-be", 0x1C: "utf-32-be"}


class Fields:
    """The elements, at most 20,000, of one element, taken in order; a missing or needless one is an error."""

    __slots__ = ("_items", "_next", "where")

    def __init__(self, items: Iterable[TLV], where: str) -> None:
        self._items: Sequence[TLV] = tuple(islice(items, MAX_FIELDS + 1))
        if len(self._items) > MAX_FIELDS:
            raise LimitExceeded(limit=MAX_FIELDS, found="more fields", where=where)
        self._next = 0
        self.where = where

    @classmethod
    def of(cls, parent: TLV, where: str = "", *, tag: int | None = SEQUENCE) -> "Fields":
        """The fields of `parent`, which must bear `tag` (any, when None)."""
        if tag is not None and parent.tag != tag:
            found = f"tag 0x{parent.tag:02x}, wanted 0x{tag:02x}"
            raise MalformedInput(found=found, where=where or f"octet {parent.start}")
        fields = object.__new__(cls)
        fields._items = _elements(parent, where)
        fields._next = 0
        fields.where = where
        return fields

    @property
    def peek(self) -> int | None:
        """The tag of the next field; None at the end."""
        return self._items[self._next].tag if self._next < len(self._items) else None

    def take(self, tag: int | None = None) -> TLV:
        """The next field, which must bear `tag` (any, when None)."""
        place = self._next
        if place < len(self._items):
            found = self._items[place]
            if tag is None or found[1] == tag:
                self._next = place + 1
                return found
        shown = "the end" if self.peek is None else f"tag 0x{self.peek:02x}"
        wanted = "a field" if tag is None else f"tag 0x{tag:02x}"
        raise MalformedInput(found=f"{shown}, wanted {wanted}", where=self.where)

    def optional(self, *tags: int) -> TLV | None:
        """The next field when it bears one of `tags`, else None."""
        place = self._next
        if place < len(self._items):
            found = self._items[place]
            if found[1] in tags:
                self._next = place + 1
                return found
        return None

    def rest(self) -> tuple[TLV, ...]:
        """All fields that are left."""
        left, self._next = tuple(self._items[self._next :]), len(self._items)
        return left

    def end(self) -> None:
        """Nothing may be left.

        Raises:
            MalformedInput: `malformed-input` otherwise.
        """
        if self._next < len(self._items):
            raise MalformedInput(found=f"a field too many, tag 0x{self.peek:02x}", where=self.where)


def decode(data: bytes, *, where: str = "") -> TLV:
    """The one element that `data` is, BER or DER; `where` names it in errors.

    Raises:
        MalformedInput: `malformed-input` when `data` is no element, is cut short, or goes on after it.
        LimitExceeded: `limit-exceeded` for indefinite lengths, 48 nested or with a million elements.
    """
    size = len(data)
    if size > 1 and data[1] == size - 2 < 0x80 and data[0] & 0x1F != 0x1F:
        return tuple.__new__(TLV, (data, data[0], 0, 2, size, size))
    try:
        found = _read(data, 0, size)
    except MalformedInput as e:
        if where and not e.where:
            e.where = where
        raise
    if found.end != size:
        raise MalformedInput(found=f"{size - found.end} octets after the end", where=where)
    return found


def decode_prefix(data: bytes, offset: int = 0) -> TLV:
    """The element that starts at `offset` of `data`; octets after it are allowed."""
    return _read(data, offset, len(data))


def is_der(element: TLV) -> bool:
    """Whether `element` and all below it is DER: definite minimal lengths, primitive strings, sorted SETs."""
    return _is_der(element, MAX_DEPTH)


def _is_der(element: TLV, depth: int) -> bool:
    # Two octets before the content and a definite length: nothing shorter exists.
    if depth == 0 or element.indefinite or (element.body - element.start != 2 and not _minimal(element)):
        return False
    if element.tag == BOOLEAN and element.content not in (b"\0", b"\xff"):
        return False
    if not element.constructed:
        return True
    if not element.data[element.start] & 0xC0 and element.tag not in (SEQUENCE, SET):
        return False
    before = b""
    try:
        for child in element.children():
            raw = child.raw if element.tag == SET else b""
            if raw < before or not _is_der(child, depth - 1):
                return False
            before = raw
    except MalformedInput:
        return False
    return True


def _minimal(element: TLV) -> bool:
    return element.data[element.start : element.body] == header(element.tag, element.stop - element.body)


def _elements(parent: TLV, where: str) -> list[TLV]:
    """The children of `parent`, at most 20,000, all at once: the short form of a header is read in place."""
    data, _, start, offset, stop, _ = parent
    if not data[start] & CONSTRUCTED:
        raise _bad("a primitive element where a constructed one is wanted", parent)
    found: list[TLV] = []
    for _ in range(MAX_FIELDS):
        if offset >= stop:
            return found
        body = offset + 2
        if body <= stop and data[body - 1] < 0x80 and (tag := data[offset]) & 0x1F != 0x1F:
            end = body + data[body - 1]
            if end > stop:
                raise _cut(offset)
            found.append(tuple.__new__(TLV, (data, tag, offset, body, end, end)))
            offset = end
        else:
            found.append(_read(data, offset, stop))
            offset = found[-1].end
    if offset < stop:
        raise LimitExceeded(limit=MAX_FIELDS, found="more fields", where=where)
    return found


def _read(data: bytes, offset: int, limit: int) -> TLV:
    body, length = offset + 2, 0
    if body > limit:
        raise _cut(offset)
    tag = data[offset]
    if tag & 0x1F == 0x1F:
        tag, body = _high_tag(data, offset, limit)
    length = data[body - 1]
    if length >= 0x80:
        if length == 0x80:
            stop = _end_of_contents(data, _past(data, offset, limit)[0], limit)
            return TLV(data, tag, offset, body, stop, stop + 2)
        count = length & 0x7F
        if count > 8 or body + count > limit:
            raise _cut(offset)
        length = int.from_bytes(data[body : body + count], "big")
        body += count
    stop = body + length
    if stop > limit:
        raise _cut(offset)
    return tuple.__new__(TLV, (data, tag, offset, body, stop, stop))


def _high_tag(data: bytes, offset: int, limit: int) -> tuple[int, int]:
    at = offset + 1
    while at < limit and data[at] & 0x80 and at < offset + 4:
        at += 1
    if at + 2 > limit or data[at] & 0x80:
        raise _cut(offset)
    return int.from_bytes(data[offset : at + 1], "big"), at + 2


def _end_of_contents(data: bytes, offset: int, limit: int) -> int:
    """Where the content of indefinite length ends: one loop without objects, for hostile input is long."""
    nested = count = 0
    while True:
        if offset + 2 > limit:
            raise _cut(offset)
        tag, length = data[offset], data[offset + 1]
        if tag == length == 0:
            if not nested:
                return offset
            nested, offset = nested - 1, offset + 2
        elif length < 0x80 and tag & 0x1F != 0x1F:
            offset += 2 + length
        else:
            offset, opened = _past(data, offset, limit)
            nested += opened
        count += 1
        if nested == MAX_DEPTH or count == MAX_CHILDREN:
            raise _limit("deeper nesting" if nested == MAX_DEPTH else "more elements", offset)


def _past(data: bytes, offset: int, limit: int) -> tuple[int, bool]:
    """The octet after the element at `offset`, or, with True, its first one when its length is indefinite."""
    body = offset + 2 if data[offset] & 0x1F != 0x1F else _high_tag(data, offset, limit)[1]
    if data[body - 1] != 0x80:
        return _read(data, offset, limit).end, False
    if not data[offset] & CONSTRUCTED:
        raise MalformedInput(found="a primitive element of indefinite length", where=f"octet {offset}")
    return body, True


def _joined(string: TLV) -> bytes:
    found: list[bytes] = []
    waiting = [string.children()]
    for _ in range(MAX_CHILDREN):
        part = next(waiting[-1], None)
        if part is None:
            waiting.pop()
            if not waiting:
                return b"".join(found)
        elif part.tag == OCTET_STRING:
            found.append(part.content)
        elif part.tag != OCTET_STRING | CONSTRUCTED:
            raise _bad("an octet string made of something else", part)
        elif len(waiting) == MAX_DEPTH:
            raise _limit("deeper nesting", part.start)
        else:
            waiting.append(part.children())
    raise _limit("more elements", string.start)


@lru_cache(maxsize=1024)
def dotted(octets: bytes) -> str:
    """The dotted form of the content of an OBJECT IDENTIFIER.

    Raises:
        MalformedInput: `malformed-input`.
    """
    if not octets or len(octets) > _MAX_OID or octets[-1] & 0x80:
        raise MalformedInput(found="an object identifier of a wrong length")
    arcs: list[int] = []
    value, fresh = 0, True
    for octet in octets:
        if fresh and octet == 0x80:
            raise MalformedInput(found="an object identifier with needless octets")
        value, fresh = value << 7 | octet & 0x7F, not octet & 0x80
        if fresh:
            arcs.append(value)
            value = 0
    top = min(arcs[0] // 40, 2)
    return ".".join(map(str, (top, arcs[0] - 40 * top, *arcs[1:])))


_TIME_SIZES: Final = {UTC_TIME: 13, GENERALIZED_TIME: 15}


def _time(element: TLV) -> datetime:
    data, tag, _, body, stop, _ = element
    octets = data[body:stop]
    wanted = _TIME_SIZES.get(tag)
    if len(octets) != wanted or not octets[:-1].isdigit() or octets[-1:] != b"Z":
        raise _bad("a time that is not in the form of RFC 5280", element)
    digits = octets.decode("ascii")
    if wanted == 13:
        digits = ("19" if octets[0] >= 0x35 else "20") + digits
    # Some readers of ISO 8601 take 24 hours for the end of a day; here that is no time.
    if digits[8:10] == "24":
        raise _bad("a time that does not exist", element)
    try:
        return datetime.fromisoformat(f"{digits[:8]}T{digits[8:]}")
    except ValueError as e:
        raise _bad("a time that does not exist", element) from e


def _bad(found: str, element: TLV) -> MalformedInput:
    return MalformedInput(found=found, where=f"octet {element.start}")


def _limit(found: str, offset: int) -> LimitExceeded:
    limit = MAX_DEPTH if found == "deeper nesting" else MAX_CHILDREN
    return LimitExceeded(limit=limit, found=found, where=f"octet {offset}")


def _cut(offset: int) -> MalformedInput:
    return MalformedInput(found="an element that is cut short", where=f"octet {offset}")
