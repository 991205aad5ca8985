"""A hash tree over what is only ever added: short proofs that an entry is in it, and that it only grew.

The tree, its proofs and their verification are those of RFC 9162 §2.1 with SHA-256. Leaves are counted from
0; a subtree is named by its leaves, from `start` to before `stop`. Where hashes come from is a port: `Span`.

    proof = inclusion_proof(3, 7, span)
    root_by_inclusion(leaf(entry), 3, 7, proof) == span(0, 7)
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from esign.errors import RegisterError

Span = Callable[[int, int], bytes]
"""The hash of the subtree over the leaves from its first argument to before its second."""

MAX_SIZE: Final = 1 << 63
EMPTY: Final = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf(entry: bytes) -> bytes:
    """The hash of an entry as a leaf (RFC 9162 §2.1.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees (RFC 9162 §2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """Where a tree of more than one leaf parts: the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes that are all at hand (RFC 9162 §2.1.1)."""
    if not leaves:
        return EMPTY
    level = list(leaves)
    while len(level) > 1:
        pairs = [node(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(level) & ~1 :]
    return level[0]


def peaks(size: int) -> tuple[tuple[int, int], ...]:
    """The complete subtrees that a tree of `size` leaves consists of, from the left, the largest first.

    >>> peaks(7)
    ((0, 4), (4, 6), (6, 7))
    """
    found, start = [], 0
    for bit in range(size.bit_length() - 1, -1, -1):
        if size >> bit & 1:
            found.append((start, start + (1 << bit)))
            start += 1 << bit
    return tuple(found)


def root_of_peaks(hashes: Iterable[bytes]) -> bytes:
    """The root over the hashes of `peaks`, in their order."""
    above = b""
    for found in reversed(tuple(hashes)):
        above = node(found, above) if above else found
    return above or EMPTY


def inclusion_proof(index: int, size: int, span: Span) -> tuple[bytes, ...]:
    """The hashes that lead from leaf `index` to the root of the first `size` leaves (RFC 9162 §2.1.3.1).

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    return tuple(span(*beside) for beside, _ in reversed(_way(index, size)))


def root_by_inclusion(hashed: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that a proof leads to from the leaf `index` of `size`, hashed (RFC 9162 §2.1.3.2).

    Raises:
        RegisterError: `proof-malformed` when it has not the length that the place asks for.
    """
    way = _way(index, size) if 0 <= index < size <= MAX_SIZE else None
    if way is None or len(way) != len(proof):
        raise RegisterError("proof-malformed", where=f"leaf {index} of {size}")
    found = hashed
    for (_, is_left), beside in zip(reversed(way), proof, strict=True):
        found = node(beside, found) if is_left else node(found, beside)
    return found


def consistency_proof(old: int, new: int, span: Span) -> tuple[bytes, ...]:
    """The hashes that show that the first `old` leaves begin the tree of `new` (RFC 9162 §2.1.4.1).

    Raises:
        ValueError: `old` is not from 1 to `new`.
    """
    if not 0 < old <= new:
        raise ValueError(f"a tree of {new} does not begin with {old}")
    start, way = _common(old, new)
    return (*((span(start, old),) if start else ()), *(span(*beside) for beside, _ in reversed(way)))


def is_consistent(old: int, old_root: bytes, new: int, new_root: bytes, *, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `new` leaves begins with that of `old` (RFC 9162 §2.1.4.2).

    Raises:
        RegisterError: `proof-malformed` when it has not the length that the sizes ask for.
    """
    if not 0 < old <= new <= MAX_SIZE:
        raise RegisterError("proof-malformed", where=f"{old} of {new}")
    start, way = _common(old, new)
    if len(proof) != len(way) + (1 if start else 0):
        raise RegisterError("proof-malformed", where=f"{old} of {new}")
    before = after = proof[0] if start else old_root
    for (_, is_left), beside in zip(reversed(way), proof[1 if start else 0 :], strict=True):
        if is_left:
            before = node(beside, before)
        after = node(beside, after) if is_left else node(after, beside)
    return (before, after) == (old_root, new_root)


_Step = tuple[tuple[int, int], bool]
"""A subtree beside the way, and whether it stands at its left."""


def _way(index: int, size: int) -> list[_Step]:
    """From the root down to a leaf."""
    found: list[_Step] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + split(stop - start)
        if index < middle:
            found.append(((middle, stop), False))
            stop = middle
        else:
            found.append(((start, middle), True))
            start = middle
    return found


def _common(old: int, new: int) -> tuple[int, list[_Step]]:
    """From the root of `new` to the subtree that ends where `old` does: where it starts, and the way."""
    found: list[_Step] = []
    start, stop = 0, new
    while stop != old:
        middle = start + split(stop - start)
        if old <= middle:
            found.append(((middle, stop), False))
            stop = middle
        else:
            found.append(((start, middle), True))
            start = middle
    return start, found
