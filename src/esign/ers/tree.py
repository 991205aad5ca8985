"""Hash trees: many documents under one root, and for each the few hashes that lead there (RFC 4998 §4.2).

A node is the digest of its children in binary ascending order. A leaf is the hash of a document, or of the
hashes of a group of documents that belong together.

    root, ways = grow([(one,), (two, three)], SHA256)
    root == root_of(ways[0], SHA256)
"""

from collections.abc import Iterable, Sequence

from esign.algorithms import Digest
from esign.ers.record import HashLists

Group = tuple[bytes, ...]
"""The hashes of data objects that belong together; one alone is a document for itself."""


def node(hashes: Iterable[bytes], by: Digest) -> bytes:
    """The hash over a list: its values in binary ascending order, joined; one value alone stands for itself.

    RFC 4998 §4.3 would hash a single value again. All who make records take it as it is, and so do we.
    """
    values = sorted(hashes)
    return values[0] if len(values) == 1 else by.of(b"".join(values))


def root_of(lists: HashLists, by: Digest) -> bytes:
    """The root that a reduced hash tree leads to (RFC 4998 §4.3): at least one list, and none empty."""
    found = node(lists[0], by)
    for siblings in lists[1:]:
        found = node((found, *siblings), by)
    return found


def grow(groups: Sequence[Group], by: Digest) -> tuple[bytes, tuple[HashLists, ...]]:
    """A binary tree over `groups`: its root, and the reduced hash tree of each group, in their order.

    A single hash that is its own root needs no tree: its lists are empty.

    Raises:
        ValueError: nothing to cover, an empty group, or a hash that is not one of `by`.
    """
    if not groups or not all(groups) or any(len(value) != by.size for group in groups for value in group):
        raise ValueError(f"groups of hashes of {by.size} octets are wanted")
    ways: list[list[Group]] = [[tuple(sorted(group))] for group in groups]
    level: list[_Node] = [(node(group, by), (index,)) for index, group in enumerate(groups)]
    while len(level) > 1:
        above = [_joined(pair, ways, by) for pair in zip(level[::2], level[1::2], strict=False)]
        level = above + level[len(level) & ~1 :]
    return level[0][0], tuple(map(_merged, ways))


_Node = tuple[bytes, tuple[int, ...]]


def _joined(pair: tuple[_Node, _Node], ways: list[list[Group]], by: Digest) -> _Node:
    (left, of_left), (right, of_right) = pair
    for index in of_left:
        ways[index].append((right,))
    for index in of_right:
        ways[index].append((left,))
    return node((left, right), by), of_left + of_right


def _merged(way: list[Group]) -> HashLists:
    """The first sibling joins the list of a document that stands alone (RFC 4998 §4.2)."""
    first, *rest = way
    if len(first) > 1:
        return (first, *rest)
    return (tuple(sorted((*first, *rest[0]))), *rest[1:]) if rest else ()
