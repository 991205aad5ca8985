"""Tags, and a writer of DER: what is given is encoded, nothing is judged (X.690 §8, §10, §11)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Final

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
ENUMERATED: Final = 0x0A
UTF8_STRING: Final = 0x0C
PRINTABLE_STRING: Final = 0x13
IA5_STRING: Final = 0x16
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31
CONSTRUCTED: Final = 0x20


@cache
def context(number: int, *, constructed: bool = True) -> int:
    """The identifier octet of the context-specific tag `number` (0 to 30)."""
    return 0xA0 | number if constructed else 0x80 | number


def header(tag: int, length: int) -> bytes:
    """Identifier and length octets of an element."""
    if tag < 0x100 and length < 0x10000:
        if length < 0x80:
            return bytes((tag, length))
        if length < 0x100:
            return bytes((tag, 0x81, length))
        return bytes((tag, 0x82, length >> 8, length & 0xFF))
    identifier = tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")
    if length < 0x80:
        return identifier + bytes((length,))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return identifier + bytes((0x80 | len(octets),)) + octets


def tlv(tag: int, *parts: bytes) -> bytes:
    """One element with the identifier octet `tag` over the joined `parts`."""
    content = parts[0] if len(parts) == 1 else b"".join(parts)
    return header(tag, len(content)) + content


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE of encoded elements."""
    return tlv(SEQUENCE, *parts)


def set_of(parts: Iterable[bytes]) -> bytes:
    """SET OF encoded elements, sorted (X.690 §11.6)."""
    return tlv(SET, b"".join(sorted(parts)))


def integer(value: int) -> bytes:
    """INTEGER."""
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return tlv(INTEGER, value.to_bytes(size, "big", signed=True))


def boolean(value: bool) -> bytes:
    """BOOLEAN."""
    return b"\x01\x01\xff" if value else b"\x01\x01\x00"


def null() -> bytes:
    """NULL."""
    return b"\x05\x00"


def octet_string(value: bytes) -> bytes:
    """OCTET STRING, primitive."""
    return tlv(OCTET_STRING, value)


def bit_string(value: bytes) -> bytes:
    """BIT STRING without unused bits."""
    return tlv(BIT_STRING, b"\0", value)


@lru_cache(maxsize=1024)
def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER from its dotted form."""
    first, second, *rest = map(int, dotted.split("."))
    return tlv(OID, b"".join(_base128(arc) for arc in (40 * first + second, *rest)))


def _base128(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(0x80 | arc & 0x7F)
    return bytes(reversed(octets))


def utf8(value: str) -> bytes:
    """UTF8String."""
    return tlv(UTF8_STRING, value.encode())


@lru_cache(maxsize=256)
def time(at: datetime) -> bytes:
    """Time of RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime after; whole seconds, UTC.

    Raises:
        ValueError: `at` is naive.
    """
    whole = generalized_time(at)
    if b"1950" <= whole[2:6] < b"2050":
        return tlv(UTC_TIME, whole[4:])
    return whole


def generalized_time(at: datetime) -> bytes:
    """GeneralizedTime, whole seconds, UTC.

    Raises:
        ValueError: `at` is naive.
    """
    if at.utcoffset() is None:
        raise ValueError("a time without its offset from UTC")
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    parts = (utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second)
    return tlv(GENERALIZED_TIME, b"%04d%02d%02d%02d%02d%02dZ" % parts)


def explicit(number: int, element: bytes) -> bytes:
    """`element` under the context tag [number] EXPLICIT."""
    return tlv(context(number), element)


def implicit(number: int, element: bytes) -> bytes:
    """`element` with its own tag replaced by the context tag [number] IMPLICIT."""
    return bytes((0x80 | (element[0] & CONSTRUCTED) | number,)) + element[1:]
