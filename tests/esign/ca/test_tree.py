"""Hash trees against the definitions of RFC 9162 §2.1 written out, and proofs that cannot be bent."""

import hashlib
from functools import partial

import pytest

from esign.ca import tree
from esign.errors import RegisterError

LEAVES = [tree.leaf(bytes([n])) for n in range(70)]


def defined(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162 §2.1.1, over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + defined(leaves[:k]) + defined(leaves[k:])).digest()


def span(start: int, stop: int) -> bytes:
    return defined(LEAVES[start:stop])


def test_the_root_is_that_of_the_standard() -> None:
    for size in range(len(LEAVES)):
        assert tree.root(LEAVES[:size]) == defined(LEAVES[:size])
        assert tree.root_of_peaks(span(*one) for one in tree.peaks(size)) == defined(LEAVES[:size])


def test_the_example_of_another_implementation() -> None:
    """The inputs and roots that implementations of Certificate Transparency share."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    inputs.append("606162636465666768696a6b6c6d6e6f")
    leaves = [tree.leaf(bytes.fromhex(one)) for one in inputs]
    assert tree.root(leaves[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert tree.root(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_each_leaf_is_proved_in_each_tree() -> None:
    for size in range(1, 40):
        for index in range(size):
            proof = tree.inclusion_proof(index, size, span)
            assert tree.root_by_inclusion(LEAVES[index], index, size, proof) == span(0, size)


def test_each_tree_is_proved_to_begin_each_larger_one() -> None:
    for new in range(1, 40):
        for old in range(1, new + 1):
            proof = tree.consistency_proof(old, new, span)
            same = partial(tree.is_consistent, old, new=new, new_root=span(0, new), proof=proof)
            assert same(span(0, old))
            assert not same(bytes(32))


def test_a_changed_proof_proves_nothing() -> None:
    for size in (7, 33):
        for index in range(size):
            proof = tree.inclusion_proof(index, size, span)
            for place in range(len(proof)):
                bent = (*proof[:place], bytes(32), *proof[place + 1 :])
                assert tree.root_by_inclusion(LEAVES[index], index, size, bent) != span(0, size)
        for old in range(1, size):
            proof = tree.consistency_proof(old, size, span)
            for place in range(len(proof)):
                bent = (*proof[:place], bytes(32), *proof[place + 1 :])
                assert not tree.is_consistent(old, span(0, old), size, span(0, size), proof=bent)


def test_a_proof_of_another_length_is_refused() -> None:
    proof = tree.inclusion_proof(3, 7, span)
    for wrong in (proof[:-1], (*proof, bytes(32)), ()):
        with pytest.raises(RegisterError) as caught:
            tree.root_by_inclusion(LEAVES[3], 3, 7, wrong)
        assert caught.value.code == "proof-malformed"
    shown = tree.consistency_proof(3, 7, span)
    for wrong in (shown[:-1], (*shown, bytes(32)), ()):
        with pytest.raises(RegisterError) as caught:
            tree.is_consistent(3, span(0, 3), 7, span(0, 7), proof=wrong)
        assert caught.value.code == "proof-malformed"


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0), (0, 1 << 64)])
def test_a_place_that_no_tree_has_is_refused(index: int, size: int) -> None:
    with pytest.raises(RegisterError):
        tree.root_by_inclusion(LEAVES[0], index, size, ())


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3), (1, 1 << 64)])
def test_sizes_that_do_not_fit_are_refused(old: int, new: int) -> None:
    with pytest.raises(RegisterError):
        tree.is_consistent(old, bytes(32), new, bytes(32), proof=())


def test_what_is_not_there_is_not_proved() -> None:
    with pytest.raises(ValueError, match="no leaf"):
        tree.inclusion_proof(3, 3, span)
    with pytest.raises(ValueError, match="does not begin"):
        tree.consistency_proof(0, 3, span)
