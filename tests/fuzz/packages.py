"""A mutator that knows ZIP: it changes what is in a package, or its list of files, and packs it again.

Check sums and lengths fit afterwards, so that what is changed is met by the code behind them; some are then
made wrong on purpose. What is TLV inside is changed by `tests.fuzz.mutator`.
"""

import random
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from tests.fuzz import mutator

_LOCAL: Final = struct.Struct("<4s5H3L2H")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_END: Final = struct.Struct("<4s4H2LH")
_STORED, _DEFLATED = 0, 8
_MAX_ENTRIES: Final = 40
_NAMES: Final = (
    *(b"mimetype", b"META-INF/manifest.xml", b"META-INF/signature.p7s", b"META-INF/signature2.p7s"),
    *(b"META-INF/timestamp.tst", b"META-INF/timestamp2.tst", b"META-INF/evidencerecord.ers"),
    *(b"META-INF/ASiCManifest.xml", b"META-INF/ASiCManifest2.xml", b"META-INF/ASiCArchiveManifest.xml"),
    *(b"META-INF/ASiCEvidenceRecordManifest.xml", b"META-INF/evidencerecord1.ers", b"../x", b"/x", b"a\\b"),
    *(b"agreement.txt", b"AGREEMENT.TXT", b"meta-inf/signature.p7s", b"folder/", b"\xff", b"e\xcc\x81"),
)
_WORDS: Final = (
    *(b"http://www.w3.org/2001/04/xmlenc#sha512", b"http://www.w3.org/2000/09/xmldsig#sha1", b"", b"&amp;"),
    *(b"agreement.txt", b"META-INF/signature001.p7s", b"%2e%2e/x", b"#x", b"annex.csv", b"%ZZ", b"\xc3\xa9"),
    *(b"application/vnd.etsi.timestamp-token", b"application/vnd.etsi.asic-s+zip", b"true", b"&#0;"),
)
_VALUE: Final = re.compile(rb'"[^"<>]*"|>[^<>]+<')
_ELEMENT: Final = re.compile(rb"<([\w:]+)[^<>]*/>|<([\w:]+)[^<>]*>[^<>]*</\2>")
_BODIES: Final = (b"<!DOCTYPE a>", b"<!-- -->", b"<![CDATA[x]]>", b"<?a b?>", b"\xef\xbb\xbf")


@dataclass(frozen=True, slots=True)
class Member:
    """One file; `flags` stand in both headers, `wrong` is added to its size in one of them."""

    name: bytes
    content: bytes
    method: int = _STORED
    flags: int = 0
    wrong: tuple[int, int] = (0, 0)


def read(data: bytes) -> list[Member] | None:
    """The files of a package; None when it cannot be read."""
    place = data.rfind(b"PK\5\6")
    if place < 0 or len(data) - place < _END.size:
        return None
    count, _, offset = _END.unpack_from(data, place)[4:7]
    members: list[Member] = []
    for _ in range(min(count, _MAX_ENTRIES)):
        if len(data) - offset < _CENTRAL.size or data[offset : offset + 4] != b"PK\1\2":
            return None
        found = _CENTRAL.unpack_from(data, offset)
        name = data[offset + _CENTRAL.size : offset + _CENTRAL.size + found[10]]
        content = _content(data, found[16], found[4], found[8])
        if content is None:
            return None
        members.append(Member(name, content, found[4], found[3] & 0x0800))
        offset += _CENTRAL.size + sum(found[10:13])
    return members


def _content(data: bytes, place: int, method: int, packed: int) -> bytes | None:
    if len(data) - place < _LOCAL.size:
        return None
    start = place + _LOCAL.size + sum(_LOCAL.unpack_from(data, place)[9:11])
    octets = data[start : start + packed]
    if method != _DEFLATED:
        return octets
    try:
        return zlib.decompressobj(-15).decompress(octets, 1 << 20)
    except zlib.error:
        return None


def write(members: list[Member]) -> bytes:
    """The package of these files, with check sums that fit."""
    out, listed = bytearray(), bytearray()
    for one in members:
        packed, place = _packed(one), len(out)
        told = (one.flags, one.method, 0, 33, zlib.crc32(one.content))
        local, central = (max(0, len(one.content) + wrong) for wrong in one.wrong)
        out += _LOCAL.pack(b"PK\3\4", 20, *told, len(packed), local, len(one.name), 0) + one.name + packed
        listed += _CENTRAL.pack(
            *(b"PK\1\2", 20, 20, *told, len(packed), central, len(one.name), 0, 0, 0, 0, 0, place)
        )
        listed += one.name
    count = len(members) & 0xFFFF
    return bytes(out + listed + _END.pack(b"PK\5\6", 0, 0, count, count, len(listed), len(out), 0))


def _packed(one: Member) -> bytes:
    if one.method != _DEFLATED:
        return one.content
    deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
    return deflater.compress(one.content) + deflater.flush()


Change = Callable[[random.Random, list[Member], int, list[Member]], None]


def _inside(r: random.Random, members: list[Member], place: int, others: list[Member]) -> None:
    """The content by its kind: TLV, XML, or octets."""
    one = members[place]
    if one.content[:1] == b"\x30":
        lent = r.choice(others).content
        changed = mutator.mutate(one.content, r.randrange(1 << 30), limit=1 << 15, other=lent)
    elif one.content[:1] == b"<":
        changed = _in_xml(r, one.content)
    else:
        changed = r.choice((b"", one.content[:-1], one.content + b"\0", r.choice(others).content))
    if changed is not None:
        members[place] = replace(one, content=changed)


def _in_xml(r: random.Random, content: bytes) -> bytes:
    """A value set, or an element dropped, doubled, or put into the next one."""
    pattern = r.choice((_VALUE, _VALUE, _ELEMENT))
    found = list(pattern.finditer(content))
    if not found or r.random() < 0.1:
        place = r.randrange(len(content) + 1)
        return content[:place] + r.choice(_BODIES) + content[place:]
    match = r.choice(found)
    old = match[0]
    if pattern is _VALUE:
        word = r.choice((*_WORDS, r.choice(found)[0][1:-1]))
        new = old[:1] + word + old[-1:]
    else:
        new = r.choice((b"", old + old, r.choice(found)[0], old + r.choice(_BODIES)))
    return content[: match.start()] + new + content[match.end() :]


def _rename(r: random.Random, members: list[Member], place: int, others: list[Member]) -> None:
    name = r.choice((*_NAMES, r.choice(members).name, members[place].name.upper()))
    members[place] = replace(members[place], name=name, flags=r.choice((0, 0x0800)))


def _drop(r: random.Random, members: list[Member], place: int, others: list[Member]) -> None:
    del members[place]


def _double(r: random.Random, members: list[Member], place: int, others: list[Member]) -> None:
    name = r.choice((members[place].name, *_NAMES))
    members.insert(place, replace(members[place], name=name))


def _swap(r: random.Random, members: list[Member], place: int, others: list[Member]) -> None:
    other = r.randrange(len(members))
    one, two = members[place], members[other]
    members[place], members[other] = replace(one, content=two.content), replace(two, content=one.content)


def _lend(r: random.Random, members: list[Member], place: int, others: list[Member]) -> None:
    lent = r.choice(others)
    members.insert(place, lent if r.random() < 0.5 else replace(lent, name=r.choice(_NAMES)))


def _method(r: random.Random, members: list[Member], place: int, others: list[Member]) -> None:
    members[place] = replace(members[place], method=r.choice((_STORED, _DEFLATED, _DEFLATED, 12)))


def _flags(r: random.Random, members: list[Member], place: int, others: list[Member]) -> None:
    members[place] = replace(members[place], flags=r.choice((1, 8, 0x0800, 0x2000)))


def _lie(r: random.Random, members: list[Member], place: int, others: list[Member]) -> None:
    wrong = r.choice((-1, 1, 100, 1 << 30))
    members[place] = replace(members[place], wrong=r.choice(((wrong, 0), (0, wrong), (wrong, wrong))))


_CHANGES: Final[tuple[Change, ...]] = (
    *(_inside, _inside, _inside, _inside, _inside, _inside),
    *(_rename, _rename, _drop, _double, _swap, _lend, _lend, _method, _flags, _lie),
)


def mutate(data: bytes, seed: int, *, limit: int, other: bytes = b"") -> bytes | None:
    """`data` with one to three changes to its files, at most `limit` octets; None when it is no package.

    `other` lends files. The same arguments give the same octets.
    """
    r = random.Random(seed)  # noqa: S311 - repeatable, nothing secret
    members = read(data)
    if not members:
        return None
    others = read(other) or members
    for _ in range(r.randint(1, 3)):
        if 0 < len(members) < _MAX_ENTRIES:
            r.choice(_CHANGES)(r, members, r.randrange(len(members)), others)
    changed = write(members)
    return changed if len(changed) <= limit else None
