"""The kept corpus of the fuzzer, replayed: it ends as it must, and so do its neighbours."""

import pytest

from tests.fuzz.mutator import mutate, parse
from tests.fuzz.run import kept
from tests.fuzz.targets import TARGETS, Target

_CHANGES = 150


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_the_kept_corpus_ends_as_it_must(target: Target) -> None:
    inputs = kept(target.name)
    assert inputs, "nothing is kept: ./dev fuzz --keep"
    for octets in inputs:
        target.run(octets)


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_changes_of_good_examples_end_as_they_must(target: Target) -> None:
    seeds = list(target.seeds())
    for octets in seeds:
        target.run(octets)
    for seed in range(_CHANGES):
        octets, other = seeds[seed % len(seeds)], seeds[(seed + 1) % len(seeds)]
        changed = mutate(octets, seed, limit=1 << 15, other=other)
        target.run(octets[: seed * 7 % len(octets)] if changed is None else changed)


def test_the_mutator_repeats_itself_and_keeps_to_its_limit() -> None:
    (octets, *_) = TARGETS["certificate"].seeds()
    nodes = parse(octets)
    assert nodes is not None
    assert b"".join(node.encode() for node in nodes) == octets
    made = {mutate(octets, seed, limit=900) for seed in range(200)}
    assert made == {mutate(octets, seed, limit=900) for seed in range(200)}
    assert len(made) > 100
    assert all(changed is None or len(changed) <= 900 for changed in made)
    assert mutate(b"no TLV", 1, limit=99) is None
