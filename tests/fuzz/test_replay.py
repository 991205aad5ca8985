"""The kept corpus of the fuzzer, replayed: it ends as it must, and so do its neighbours."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from esign import der
from esign.findings import Indication
from esign.smime import Verdict
from tests.fuzz import archive, documents, letters, mail, packages, run
from tests.fuzz.belief import WrongVerdict, believing
from tests.fuzz.keep import chosen, kept, pack
from tests.fuzz.mutator import mutate, parse
from tests.fuzz.targets import TARGETS, Target

_CHANGES = 100


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
        changed = target.mutate(octets, seed, limit=1 << 15, other=other)
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


def test_good_examples_pass_so_that_a_target_can_see_what_must_not() -> None:
    for signed in archive.levels().values():
        report = documents.judge(signed, archive.DOCUMENT)
        assert report.indication is Indication.TOTAL_PASSED
    for name in ("simple", "extended", "twice", "packed"):
        assert documents.at_front_door(archive.containers()[name]).indication is Indication.TOTAL_PASSED
    for record in archive.records().values():
        assert documents.judge_record(record, archive.DOCUMENT).indication is Indication.PASSED
    accepted = [mail.judge(letter).verdict is Verdict.ACCEPTED for letter in mail.letters()]
    assert accepted.count(True) == len(accepted) - 2


_EXAMPLES = (
    "import hashlib; from tests.fuzz import archive; "
    "made = [*archive.levels().values(), *archive.structures().values(), *archive.containers().values()]; "
    "print(hashlib.sha256(b''.join(made)).hexdigest())"
)


def test_the_examples_are_the_same_in_each_process() -> None:
    """What one process kept is signed by the keys of the next one, and so is what they have signed known."""
    argv = [sys.executable, "-c", _EXAMPLES]
    told = subprocess.run(argv, cwd=run.ROOT, capture_output=True, check=True, text=True).stdout  # noqa: S603
    made = [*archive.levels().values(), *archive.structures().values(), *archive.containers().values()]
    assert told.strip() == hashlib.sha256(b"".join(made)).hexdigest()


def test_packages_are_changed_within_and_packed_again() -> None:
    octets = archive.containers()["extended"]
    members = packages.read(octets)
    assert members is not None
    assert packages.read(packages.write(members)) == members
    made = [packages.mutate(octets, seed, limit=1 << 15) for seed in range(200)]
    assert made == [packages.mutate(octets, seed, limit=1 << 15) for seed in range(200)]
    whole = [one for one in made if one is not None and packages.read(one)]
    assert len(whole) > 150
    assert packages.mutate(b"no package", 1, limit=99) is None


def test_letters_are_changed_in_their_fields_and_in_their_signatures() -> None:
    octets = mail.letters()[0]
    made = [letters.mutate(octets, seed, limit=1 << 15, other=octets) for seed in range(200)]
    assert made == [letters.mutate(octets, seed, limit=1 << 15, other=octets) for seed in range(200)]
    assert len(set(made)) > 150
    assert letters.mutate(b"no letter", 1, limit=99) is None


def test_a_crash_is_of_the_target_with_the_longest_name() -> None:
    assert run.target_of(Path("signed-data-crash-1")) == "signed-data"
    assert run.target_of(Path("evidence-record-timeout-1")) == "evidence-record"
    assert run.target_of(Path("unknown-crash-1")) == "unknown"


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
        ("cades", 3, (b"261123080000Z", b"261123080001Z")),
        ("signed-data", 1, (b"261123080000Z", b"261123080001Z")),
    ],
)
def test_what_passes_without_our_signature_is_found(
    name: str, place: int, change: tuple[bytes, bytes]
) -> None:
    octets = list(TARGETS[name].seeds())[place].replace(*change)
    TARGETS[name].run(octets)
    with believing(), pytest.raises(WrongVerdict):
        TARGETS[name].run(octets)
