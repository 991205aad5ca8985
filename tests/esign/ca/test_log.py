"""The log of an authority: what was said once is bound, and what is altered, lost or rewritten is named."""

import base64
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from esign.ca import log, tree
from esign.ca.events import Draft, Event, Kind, chained
from esign.ca.log import Checkpoint
from esign.ca.register import MemoryRegister, Register, subtree
from esign.errors import EsignError, MalformedInput, RegisterError
from esign.io.register import SqliteRegister
from esign.keys import Signer
from esign.testing import TestPKI
from esign.x509 import Certificate
from tests.esign.ca.world import AT
from tests.peers import require


@cache
def pki() -> TestPKI:
    return TestPKI(AT)


def signer() -> Signer:
    return pki().authority("persons").signer


def authority() -> Certificate:
    return Certificate.load(signer().certificate)


@pytest.fixture(params=["memory", "sqlite"])
def register(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Register]:
    if request.param == "memory":
        yield MemoryRegister()
    else:
        with SqliteRegister(tmp_path / "register.db") as made:
            yield made


def fill(register: Register, count: int) -> None:
    with register.transaction():
        head = register.head()
        first = head.number if head else 0
        for n in range(first, first + count):
            register.append(Draft(Kind.REFUSED, AT + timedelta(seconds=n), 0, (("n", str(n)),)))


def point(register: Register) -> Checkpoint:
    return Checkpoint.read(log.checkpoint(register, signer(), at=AT), authority())


def refusal(error: pytest.ExceptionInfo[EsignError]) -> tuple[str, object]:
    return error.value.code, dict(error.value.values)


def test_a_checkpoint_tells_how_far_the_log_came(register: Register) -> None:
    fill(register, 300)
    found, events = point(register), list(register.events())
    assert (found.size, found.head, found.at) == (300, events[-1].hash, AT)
    assert found.root == tree.root([tree.leaf(event.encoded) for event in events])
    assert log.check(events, [found]) == events[-1]


def test_an_empty_log_has_no_checkpoint(register: Register) -> None:
    with pytest.raises(RegisterError) as caught:
        log.checkpoint(register, signer(), at=AT)
    assert caught.value.code == "register-empty"
    assert log.check(register.events()) is None


@pytest.mark.parametrize("number", [1, 2, 255, 256, 257, 512, 600])
def test_an_event_is_proved_to_be_in_the_log(number: int, register: Register) -> None:
    fill(register, 600)
    known = point(register)
    fill(register, 300)
    event = list(register.events())[number - 1]
    proof = log.inclusion(register, event, known)
    assert proof.holds(known)
    assert not proof.holds(replace(known, root=bytes(32)))
    forged = replace(event, draft=replace(event.draft, details=(("n", "forged"),)))
    assert not replace(proof, event=forged).holds(known)


def test_a_log_is_proved_to_have_only_grown(register: Register) -> None:
    points = []
    for count in (1, 255, 1, 343):
        fill(register, count)
        points.append(point(register))
    for place, new in enumerate(points):
        for old in points[: place + 1]:
            proof = log.consistency(register, old, new)
            assert tree.is_consistent(old.size, old.root, new.size, new.root, proof=proof)


def test_a_checkpoint_ahead_of_the_log_is_no_base_for_a_proof(register: Register) -> None:
    fill(register, 3)
    (*_, last), known = list(register.events()), point(register)
    fill(register, 1)
    (*_, later), ahead = list(register.events()), replace(known, size=9)
    for call in (
        lambda: log.inclusion(register, later, known),
        lambda: log.inclusion(register, last, ahead),
        lambda: log.consistency(register, known, ahead),
        lambda: log.consistency(register, point(register), known),
    ):
        with pytest.raises(RegisterError) as caught:
            call()
        assert caught.value.code == "checkpoint-ahead"


def test_a_rewritten_log_does_not_agree_with_its_checkpoint(register: Register) -> None:
    fill(register, 4)
    first = point(register)
    fill(register, 4)
    second = point(register)
    rewritten: list[Event] = []
    for event in register.events():
        draft = replace(event.draft, details=(("n", "forged"),)) if event.number == 6 else event.draft
        rewritten.append(chained(draft, rewritten[-1] if rewritten else None))
    assert log.check(rewritten) == rewritten[-1]
    with pytest.raises(RegisterError) as caught:
        log.check(rewritten, [second, first])
    assert refusal(caught) == ("checkpoint-broken", {"first": "5", "last": "8"})


def test_a_log_that_was_cut_is_behind_its_checkpoint(register: Register) -> None:
    fill(register, 8)
    with pytest.raises(RegisterError) as caught:
        log.check(list(register.events())[:5], [point(register)])
    assert refusal(caught) == ("checkpoint-ahead", {"size": "8", "found": "5"})
    with pytest.raises(RegisterError) as caught:
        log.check([], [point(register)])
    assert caught.value.code == "checkpoint-ahead"


@pytest.mark.parametrize(
    "act", ["UPDATE events SET details = '[]' WHERE number = 7", "DELETE FROM events WHERE number = 7"]
)
def test_the_first_altered_event_is_named(act: str, tmp_path: Path) -> None:
    with SqliteRegister(tmp_path / "register.db") as register:
        fill(register, 20)
    with closing(sqlite3.connect(tmp_path / "register.db")) as by_hand, by_hand:
        by_hand.execute("DROP TRIGGER events_no_update")
        by_hand.execute("DROP TRIGGER events_no_delete")
        by_hand.execute(act)
    with SqliteRegister(tmp_path / "register.db") as register, pytest.raises(RegisterError) as caught:
        log.check(register.events())
    assert refusal(caught) == ("register-altered", {"number": "7"})


def test_a_missing_event_leaves_no_subtree(tmp_path: Path) -> None:
    with SqliteRegister(tmp_path / "register.db") as register:
        fill(register, 20)
    with closing(sqlite3.connect(tmp_path / "register.db")) as by_hand, by_hand:
        by_hand.execute("DROP TRIGGER events_no_delete")
        by_hand.execute("DELETE FROM events WHERE number = 7")
    with SqliteRegister(tmp_path / "register.db") as register, pytest.raises(RegisterError) as caught:
        log.checkpoint(register, signer(), at=AT)
    assert refusal(caught) == ("register-altered", {"number": "7"})


def test_subtrees_are_kept_as_the_log_grows_and_made_up_for_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "register.db"
    with SqliteRegister(path) as register:
        fill(register, 600)
        kept = [register.kept(0, 256), register.kept(256, 512), register.kept(512, 768)]
        assert kept == [*(tree.root(register.leaves(n, n + 256)) for n in (0, 256)), None]
    with closing(sqlite3.connect(path)) as by_hand, by_hand:
        by_hand.execute("DROP TABLE subtrees")
        by_hand.execute("DELETE FROM _sqlite_migrations WHERE name = 'm002_subtrees'")
    with SqliteRegister(path) as register:
        assert [register.kept(0, 256), register.kept(256, 512), register.kept(512, 768)] == kept


def test_what_is_rolled_back_keeps_no_subtree(tmp_path: Path) -> None:
    with SqliteRegister(tmp_path / "register.db") as register:
        fill(register, 255)
        with pytest.raises(ZeroDivisionError), register.transaction():
            register.append(Draft(Kind.REFUSED, AT))
            raise ZeroDivisionError
        assert register.kept(0, 256) is None
        fill(register, 1)
        assert register.kept(0, 256) == subtree(register, 0, 256)


def test_openssl_verifies_a_checkpoint(register: Register, tmp_path: Path) -> None:
    openssl = require("openssl")
    fill(register, 5)
    lines = log.checkpoint(register, signer(), at=AT).splitlines(keepends=True)
    (tmp_path / "text").write_bytes(b"".join(lines[:-1]))
    (tmp_path / "signature").write_bytes(base64.b64decode(lines[-1].split()[1]))
    key = authority().public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(key)
    digest = "-sha384" if authority().public_key.key_size == 384 else "-sha256"
    words = ["dgst", digest, "-verify", "key.pem", "-signature", "signature", "text"]
    ran = subprocess.run([openssl, *words], cwd=tmp_path, capture_output=True, timeout=30, check=False)
    assert (ran.returncode, ran.stdout.strip()) == (0, b"Verified OK")


@pytest.mark.parametrize("old", [b"size 5", b"root ", b"head ", b"at 2", b"authority "])
def test_no_line_of_a_checkpoint_can_be_changed(old: bytes) -> None:
    register = MemoryRegister()
    fill(register, 5)
    published = log.checkpoint(register, signer(), at=AT)
    place = published.index(old) + len(old)
    other = b"6" if published[place : place + 1] != b"6" else b"7"
    for changed in (
        published[:place] + other + published[place + 1 :],
        published.replace(old, old.upper()),
        published[:-1],
        published + b"\n",
        published.replace(b"\n", b"\r\n"),
    ):
        with pytest.raises((MalformedInput, RegisterError)) as caught:
            Checkpoint.read(changed, authority())
        assert caught.value.code in ("checkpoint-malformed", "checkpoint-foreign")


def test_another_authority_vouches_for_nothing() -> None:
    register = MemoryRegister()
    fill(register, 5)
    with pytest.raises(RegisterError) as caught:
        Checkpoint.read(log.checkpoint(register, signer(), at=AT), pki().root)
    assert caught.value.code == "checkpoint-foreign"


def test_octets_that_are_no_checkpoint_are_refused() -> None:
    register = MemoryRegister()
    fill(register, 5)
    published = log.checkpoint(register, signer(), at=AT)
    for stop in range(len(published)):
        with pytest.raises(MalformedInput) as caught:
            Checkpoint.read(published[:stop], authority())
        assert caught.value.code == "checkpoint-malformed"
    with pytest.raises(MalformedInput):
        Checkpoint.read(b"\x00" * 100_000, authority())
    with pytest.raises(MalformedInput):
        Checkpoint.read(published.replace(b"at 2026-11", b"at 2026-19"), authority())
