"""A mutator that knows TLV: it changes elements of the tree and makes the lengths above them fit again.

What octets alone would break at the first length survives into the depth of a parser. Strings that hold DER
themselves (extensions, signed content) are opened too.
"""

import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Final, Protocol

_DEPTH: Final = 24
_MAX_NODES: Final = 4_000
_TAGS: Final = (
    1,
    2,
    3,
    4,
    5,
    6,
    10,
    12,
    19,
    22,
    23,
    24,
    0x30,
    0x31,
    0x80,
    0x81,
    0x82,
    0xA0,
    0xA1,
    0xA2,
    0xA3,
)
_VALUES: Final = (
    b"",
    b"\0",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\x00\x80",
    bytes(20),
    b"\xff" * 20,
    bytes(300),
    b"20491231235959Z",
    b"500101000000Z",
    b"991231235960Z",
    b"*.uz",
    b"@",
    b"http://",
    "\u0130\u00df\u0300".encode(),
)


@dataclass
class Node:
    """One element: `head` before the children is the unused-bits octet of a BIT STRING that holds DER."""

    tag: bytes
    value: bytes = b""
    children: list["Node"] | None = None
    head: bytes = b""
    wrong_length: int = 0
    indefinite: bool = field(default=False)

    def encode(self) -> bytes:
        """The element with lengths that fit, unless it is told otherwise."""
        inner = (
            self.value if self.children is None else self.head + b"".join(c.encode() for c in self.children)
        )
        if self.indefinite and self.tag[0] & 0x20:
            return self.tag + b"\x80" + inner + b"\0\0"
        return self.tag + _length(max(0, len(inner) + self.wrong_length)) + inner


def parse(data: bytes, depth: int = _DEPTH) -> list[Node] | None:
    """The elements of `data`; None when it is not a series of TLV."""
    nodes: list[Node] = []
    offset = 0
    while offset < len(data):
        found = _header(data, offset)
        if found is None:
            return None
        tag, body, size = found
        if size < 0 or body + size > len(data) or len(nodes) > _MAX_NODES:
            return None
        nodes.append(_node(tag, data[body : body + size], depth))
        offset = body + size
    return nodes


def _node(tag: bytes, value: bytes, depth: int) -> Node:
    if depth and value:
        if tag[0] & 0x20 and (children := parse(value, depth - 1)) is not None:
            return Node(tag, value, children)
        head = value[:1] if tag == b"\x03" else b""
        if tag in (b"\x04", b"\x03") and value[len(head) : len(head) + 1] in (b"\x30", b"\x31", b"\x03"):
            if (children := parse(value[len(head) :], depth - 1)) is not None and len(children) == 1:
                return Node(tag, value, children, head)
    return Node(tag, value)


def _header(data: bytes, offset: int) -> tuple[bytes, int, int] | None:
    end = offset + 1
    if data[offset] & 0x1F == 0x1F:
        while end < len(data) and data[end] & 0x80:
            end += 1
        end += 1
    if end >= len(data):
        return None
    tag, first = data[offset:end], data[end]
    if first < 0x80:
        return tag, end + 1, first
    count = first & 0x7F
    if not 1 <= count <= 4 or end + 1 + count > len(data):
        return None
    return tag, end + 1 + count, int.from_bytes(data[end + 1 : end + 1 + count], "big")


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes((size,))
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def _all(nodes: list[Node]) -> Iterator[tuple[list[Node], int]]:
    for place, node in enumerate(nodes):
        yield nodes, place
        yield from _all(node.children or [])


Change = Callable[[random.Random, list[Node], int, list[Node]], None]


def _set_value(r: random.Random, siblings: list[Node], place: int, others: list[Node]) -> None:
    node = siblings[place]
    if node.children is not None and r.random() < 0.7:
        return
    node.children = None
    choice = r.random()
    if choice < 0.4:
        node.value = r.choice(_VALUES)
    elif choice < 0.8 and node.value:
        changed = bytearray(node.value)
        for _ in range(r.randint(1, 3)):
            changed[r.randrange(len(changed))] = r.choice((0, 1, 0x7F, 0x80, 0xFF, r.randrange(256)))
        node.value = bytes(changed)
    else:
        node.value = node.value[: r.randint(0, len(node.value))] * r.choice((1, 1, 2, 40))


def _set_tag(r: random.Random, siblings: list[Node], place: int, others: list[Node]) -> None:
    siblings[place].tag = bytes((r.choice(_TAGS),))


def _drop(r: random.Random, siblings: list[Node], place: int, others: list[Node]) -> None:
    del siblings[place]


def _double(r: random.Random, siblings: list[Node], place: int, others: list[Node]) -> None:
    siblings[place:place] = [deepcopy(siblings[place]) for _ in range(r.choice((1, 1, 2, 30)))]


def _swap(r: random.Random, siblings: list[Node], place: int, others: list[Node]) -> None:
    other = r.randrange(len(siblings))
    siblings[place], siblings[other] = siblings[other], siblings[place]


def _splice(r: random.Random, siblings: list[Node], place: int, others: list[Node]) -> None:
    if found := list(_all(others)):
        nodes, at = r.choice(found)
        lent = deepcopy(nodes[at])
        if r.random() < 0.5:
            siblings[place] = lent
        else:
            siblings.insert(place, lent)


def _nest(r: random.Random, siblings: list[Node], place: int, others: list[Node]) -> None:
    for _ in range(r.choice((1, 2, 60))):
        siblings[place] = Node(bytes((r.choice((0x30, 0x31, 0xA0)),)), b"", [siblings[place]])


def _stretch(r: random.Random, siblings: list[Node], place: int, others: list[Node]) -> None:
    siblings[place].wrong_length = r.choice((-1, 1, 2, 100, 1 << 20, 1 << 31))


def _unbound(r: random.Random, siblings: list[Node], place: int, others: list[Node]) -> None:
    siblings[place].indefinite = True


_CHANGES: Final[tuple[Change, ...]] = (
    *(_set_value, _set_value, _set_value, _set_tag, _drop, _double),
    *(_swap, _splice, _splice, _nest, _stretch, _unbound),
)


class Mutate(Protocol):
    """A mutator: the same arguments give the same octets; None where it has no idea."""

    def __call__(self, data: bytes, seed: int, *, limit: int, other: bytes = b"") -> bytes | None:
        """`data` changed, at most `limit` octets; `other` lends parts."""
        ...


def mutate(data: bytes, seed: int, *, limit: int, other: bytes = b"") -> bytes | None:
    """`data` with one to four changes to its tree, at most `limit` octets; None when it is no TLV.

    `other` lends subtrees. The same arguments give the same octets.
    """
    r = random.Random(seed)  # noqa: S311 - repeatable, nothing secret
    nodes = parse(data)
    if not nodes:
        return None
    others = parse(other) or nodes
    for _ in range(r.randint(1, 4)):
        places = list(_all(nodes))
        if not 0 < len(places) < _MAX_NODES:
            break
        siblings, place = r.choice(places)
        r.choice(_CHANGES)(r, siblings, place, others)
    changed = b"".join(node.encode() for node in nodes)
    return changed if len(changed) <= limit else None
