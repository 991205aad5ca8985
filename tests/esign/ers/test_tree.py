"""Hash trees: every document reaches the root, by few hashes, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign.algorithms import SHA256, SHA512
from esign.ers import grow, root_of
from esign.ers.tree import node


def hashed(*names: str) -> tuple[bytes, ...]:
    return tuple(SHA256.of(name.encode()) for name in names)


GROUPS = st.lists(
    st.lists(st.binary(max_size=4).map(SHA256.of), min_size=1, max_size=3).map(tuple), min_size=1, max_size=40
)


@given(GROUPS)
def test_every_group_reaches_the_root(groups: list[tuple[bytes, ...]]) -> None:
    root, ways = grow(groups, SHA256)
    for group, lists in zip(groups, ways, strict=True):
        assert (root_of(lists, SHA256) if lists else node(group, SHA256)) == root
        assert all(list(one) == sorted(one) for one in lists)
        first = lists[0] if lists else group
        assert set(group) <= set(first)


@given(GROUPS)
def test_a_group_of_several_stands_alone_in_its_first_list(groups: list[tuple[bytes, ...]]) -> None:
    _, ways = grow(groups, SHA256)
    for group, lists in zip(groups, ways, strict=True):
        if len(group) > 1:
            assert lists[0] == tuple(sorted(group))


@pytest.mark.parametrize(("leaves", "lists"), [(1, 0), (2, 1), (3, 2), (1000, 10), (1024, 10)])
def test_a_way_has_at_most_the_logarithm_of_the_leaves(leaves: int, lists: int) -> None:
    _, ways = grow([hashed(str(n)) for n in range(leaves)], SHA256)
    assert max(map(len, ways)) == lists


def test_the_tree_is_the_one_of_the_standard() -> None:
    """RFC 4998 §4.2: three groups, the second of three documents."""
    h1, h3 = hashed("1"), hashed("3")
    h2 = hashed("2a", "2b", "2c")
    h2abc = SHA256.of(b"".join(sorted(h2)))
    h12 = SHA256.of(b"".join(sorted((*h1, h2abc))))
    root, (rh1, rh2, rh3) = grow([h1, h2, h3], SHA256)
    assert root == SHA256.of(b"".join(sorted((h12, *h3))))
    assert rh1 == (tuple(sorted((*h1, h2abc))), h3)
    assert rh2 == (tuple(sorted(h2)), h1, h3)
    assert rh3 == (tuple(sorted((*h3, h12))),)


def test_one_document_alone_is_its_own_root() -> None:
    (one,) = hashed("1")
    assert grow([(one,)], SHA256) == (one, ((),))


def test_a_list_is_hashed_in_ascending_order_whatever_order_it_came_in() -> None:
    one, two = hashed("1", "2")
    assert node((one, two), SHA256) == node((two, one), SHA256) == SHA256.of(min(one, two) + max(one, two))


@pytest.mark.parametrize("groups", [[], [()], [(b"short",)], [(b"\0" * 64,)]])
def test_what_is_no_group_of_hashes_is_refused(groups: list[tuple[bytes, ...]]) -> None:
    with pytest.raises(ValueError, match="32 octets"):
        grow(groups, SHA256)


def test_the_size_of_a_hash_is_that_of_its_digest() -> None:
    with pytest.raises(ValueError, match="64 octets"):
        grow([hashed("1")], SHA512)
