"""The kept corpus of the fuzzer, replayed: it ends as it must, and so do its neighbours."""

from pathlib import Path

import pytest

from esign import der
from tests.fuzz import run
from tests.fuzz.keep import chosen, kept, pack
from tests.fuzz.mutator import mutate, parse
from tests.fuzz.targets import TARGETS, Target, WrongVerdict, believing

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


def test_of_inputs_that_go_the_same_way_one_is_kept() -> None:
    five, six, nested = der.integer(5), der.integer(6), der.sequence(der.integer(5))
    worth = chosen([five, six, nested], TARGETS["der"].run)
    assert set(worth) == {six, nested}


def test_the_same_inputs_are_packed_alike() -> None:
    assert pack([b"one", b"two"]) == pack([b"two", b"one"])


def test_an_input_that_fails_again_is_a_finding_and_another_is_put_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "WORK", tmp_path)
    (tmp_path / "crashes").mkdir()
    good = tmp_path / "crashes" / "der-timeout-1"
    good.write_bytes(der.integer(5))
    unknown = tmp_path / "crashes" / "unknown-crash-1"
    unknown.write_bytes(b"")
    assert run.still_found() == [unknown]
    assert [path.name for path in (tmp_path / "aside").iterdir()] == [good.name]


@pytest.mark.parametrize(
    ("name", "place", "change"),
    [
        ("certificate", 2, (b"Fuzz Person", b"Fuzz Parson")),
        ("crl", 1, (b"\x02\x01\x4d", b"\x02\x01\x4c")),
        ("ocsp", 0, (b"20261122120000Z", b"20261122120001Z")),
    ],
)
def test_what_passes_without_our_signature_is_found(
    name: str, place: int, change: tuple[bytes, bytes]
) -> None:
    octets = list(TARGETS[name].seeds())[place].replace(*change)
    TARGETS[name].run(octets)
    with believing(), pytest.raises(WrongVerdict):
        TARGETS[name].run(octets)
