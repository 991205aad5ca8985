"""An older copy of a register goes on forward: nothing is un-revoked, forked or numbered twice."""

import copy
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from esign.ca import log, tree
from esign.ca.authority import Authority
from esign.ca.crl import COMPLETE, ListName
from esign.ca.events import Draft, Kind
from esign.ca.log import Checkpoint
from esign.ca.publishing import Schedule
from esign.ca.register import MemoryRegister, Register, subtree
from esign.ca.resuming import adopt, resume
from esign.ca.state import Query, State
from esign.ca.template import Publication
from esign.errors import EsignError, IssuanceRefused, RegisterError
from esign.io.register import SqliteRegister
from esign.x509 import Certificate, CertificateList
from tests.esign.ca.world import AT, make_issuer, officer, officer_request

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
URLS = Publication(("http://crl.uz/{partition}.crl",), partitions=2)
SCHEDULE = Schedule(7 * DAY, DAY, HOUR)

Copier = Callable[[Register], Register]


@pytest.fixture(params=["memory", "sqlite"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def register(kind: str, tmp_path: Path) -> Iterator[Register]:
    if kind == "memory":
        yield MemoryRegister()
    else:
        with SqliteRegister(tmp_path / "register.db") as made:
            yield made


@pytest.fixture
def copied(kind: str, tmp_path: Path) -> Iterator[Copier]:
    """Yesterday's backup."""
    opened: dict[Path, SqliteRegister] = {}

    def copy_of(register: Register) -> Register:
        if kind == "memory":
            return copy.deepcopy(register)
        path = next((path for path, one in opened.items() if one is register), tmp_path / "register.db")
        made = tmp_path / f"copy-{len(opened)}.db"
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(made)) as target:
            source.backup(target)
        opened[made] = SqliteRegister(made)
        return opened[made]

    yield copy_of
    for one in opened.values():
        one.close()


@cache
def issuer() -> Authority:
    return replace(make_issuer(), publication=URLS, schedule=SCHEDULE)


def authority_on(register: Register) -> Authority:
    return replace(issuer(), register=register)


def issue(authority: Authority, minutes: int = 0) -> Certificate:
    at = AT + timedelta(minutes=minutes)
    return authority.issue("officer-sign", officer(), at=at, request=officer_request())


def published(authority: Authority, hours: int) -> tuple[bytes, tuple[CertificateList, ...]]:
    """What the world has seen: the checkpoint, and the newest lists."""
    at = AT + hours * HOUR
    made = authority.publish(authority.lists(at), at=at)
    return log.checkpoint(authority.register, authority.signer, at=at), tuple(made.values())


def revoked_on(authority: Authority, at_hours: int) -> set[int]:
    return {entry.serial_number for entry in authority.crl(AT + at_hours * HOUR).entries}


class Loss:
    """An authority's day, of which its backup knows the morning only."""

    def __init__(self, register: Register, copied: Copier, *, more: int = 0) -> None:
        self.there = authority_on(register)
        self.early, self.held, self.freed, self.gone = (issue(self.there) for _ in range(4))
        self.there.revoke(self.gone.serial_number, at=AT, reason="keyCompromise", invalid_since=AT - DAY)
        self.there.suspend(self.freed.serial_number, at=AT)
        published(self.there, 0)
        self.back = authority_on(copied(register))
        self.late, self.dismissed, self.paused = (issue(self.there, 60) for _ in range(3))
        self.there.revoke(self.early.serial_number, at=AT + HOUR, reason="superseded", invalid_since=AT)
        self.there.suspend(self.held.serial_number, at=AT + HOUR)
        self.there.restore(self.freed.serial_number, at=AT + HOUR)
        self.there.revoke(self.dismissed.serial_number, at=AT + HOUR, reason="cessationOfOperation")
        self.there.suspend(self.paused.serial_number, at=AT + HOUR)
        for _ in range(more):
            issue(self.there, 60)
        self.size = head_of(self.back)
        self.checkpoint, self.lists = published(self.there, 2)

    def state(self, certificate: Certificate) -> State | None:
        found = self.back.record(certificate.serial_number)
        return found.state if found else None


def head_of(authority: Authority) -> int:
    head = authority.register.head()
    return head.number if head else 0


@pytest.fixture
def loss(register: Register, copied: Copier) -> Loss:
    return Loss(register, copied)


def test_an_older_copy_changes_nothing_before_it_is_resumed(loss: Loss) -> None:
    known = Checkpoint.read(loss.checkpoint, loss.back.certificate)
    back = replace(loss.back, known=known)
    serial = loss.held.serial_number
    acts: list[Callable[[], object]] = [
        lambda: issue(back, 180),
        lambda: back.revoke(serial, at=AT + 3 * HOUR),
        lambda: back.suspend(serial, at=AT + 3 * HOUR),
        lambda: back.restore(loss.freed.serial_number, at=AT + 3 * HOUR),
        lambda: back.crl(AT + 3 * HOUR),
        lambda: adopt(back, loss.late, at=AT + 3 * HOUR),
    ]
    for act in acts:
        with pytest.raises(RegisterError) as caught:
            act()
        values = caught.value.values
        assert (caught.value.code, values["size"], values["found"]) == (
            "register-behind",
            str(known.size),
            str(loss.size),
        )
    assert head_of(back) == loss.size
    resume(back, loss.checkpoint, loss.lists, at=AT + 3 * HOUR)
    assert issue(back, 180).serial_number and back.crl(AT + 3 * HOUR)


def test_a_copy_that_went_another_way_is_refused(loss: Loss) -> None:
    """Somebody issued from the backup before it was resumed: that log is forked and says so."""
    known = Checkpoint.read(loss.checkpoint, loss.back.certificate)
    while head_of(loss.back) <= known.size:
        issue(loss.back, 180)
    with pytest.raises(RegisterError) as caught:
        issue(replace(loss.back, known=known), 180)
    assert caught.value.code == "checkpoint-broken"


def test_what_was_lost_is_named_and_the_log_goes_on(loss: Loss) -> None:
    known = Checkpoint.read(loss.checkpoint, loss.back.certificate)
    found = resume(loss.back, loss.checkpoint, loss.lists, at=AT + 3 * HOUR)
    assert found.lost == range(loss.size + 1, known.size + 1)
    event = found.event
    assert (event.draft.kind, event.number, event.previous) == (Kind.RESUMED, known.size + 1, known.head)
    assert (event.draft.get("lost-from"), event.draft.get("lost-to")) == (str(loss.size + 1), str(known.size))
    for _ in range(3):
        issue(loss.back, 180)
    after = Checkpoint.read(
        log.checkpoint(loss.back.register, loss.back.signer, at=AT + 4 * HOUR), loss.back.certificate
    )
    assert log.check(loss.back.register.events(), [known, after]) == loss.back.register.head()
    proof = log.consistency(loss.back.register, known, after)
    assert tree.is_consistent(known.size, known.root, after.size, after.root, proof=proof)
    last = loss.back.register.head()
    assert last is not None and log.inclusion(loss.back.register, last, after).holds(after)


def test_checkpoints_of_what_was_lost_are_not_compared_and_earlier_ones_are(loss: Loss) -> None:
    register = loss.there.register
    early = subtree_checkpoint(loss.there, loss.size)
    between = subtree_checkpoint(loss.there, loss.size + 2)
    resume(loss.back, loss.checkpoint, loss.lists, at=AT + 3 * HOUR)
    assert log.check(loss.back.register.events(), [early, between]) == loss.back.register.head()
    other = replace(early, head=bytes(32))
    with pytest.raises(RegisterError) as caught:
        log.check(loss.back.register.events(), [other])
    assert caught.value.code == "checkpoint-broken" and log.check(register.events(), [early, between])


def subtree_checkpoint(authority: Authority, size: int) -> Checkpoint:
    peaks = tuple(subtree(authority.register, start, stop) for start, stop in tree.peaks(size))
    event = authority.register.event(size)
    assert event is not None
    return Checkpoint(
        authority.certificate.fingerprint, size, tree.root_of_peaks(peaks), event.hash, AT, peaks
    )


def test_a_proof_across_what_was_lost_says_that_it_is_lost(loss: Loss) -> None:
    resume(loss.back, loss.checkpoint, loss.lists, at=AT + 3 * HOUR)
    with pytest.raises(RegisterError) as caught:
        subtree(loss.back.register, loss.size, loss.size + 1)
    assert (caught.value.code, caught.value.values["first"]) == ("events-lost", str(loss.size + 1))


def test_revocations_come_back_from_the_last_lists(loss: Loss) -> None:
    found = resume(loss.back, loss.checkpoint, loss.lists, at=AT + 3 * HOUR)
    assert loss.state(loss.early) is State.REVOKED and loss.state(loss.gone) is State.REVOKED
    assert loss.state(loss.held) is loss.state(loss.paused) is State.SUSPENDED
    assert loss.state(loss.dismissed) is State.REVOKED and loss.state(loss.late) is None
    assert found.taken == 4
    assert set(found.unknown) == {loss.dismissed.serial_number, loss.paused.serial_number}
    for certificate in (loss.early, loss.held, loss.dismissed, loss.paused, loss.gone):
        here, there = (one.record(certificate.serial_number) for one in (loss.back, loss.there))
        assert here is not None and there is not None
        assert (here.revoked_at, here.reason, here.invalid_since, here.partition) == (
            there.revoked_at,
            there.reason,
            there.invalid_since,
            there.partition,
        )


def test_nothing_is_un_revoked(loss: Loss) -> None:
    resume(loss.back, loss.checkpoint, loss.lists, at=AT + 3 * HOUR)
    assert revoked_on(loss.back, 3) >= revoked_on(loss.there, 3)
    for partition in (1, 2):
        names = [ListName(partition)]
        ours, theirs = (
            {e.serial_number for e in one.publish(names, at=AT + 3 * HOUR)[names[0]].entries}
            for one in (loss.back, loss.there)
        )
        assert ours >= theirs


def test_a_hold_that_ended_in_what_was_lost_stays_until_somebody_decides(loss: Loss) -> None:
    found = resume(loss.back, loss.checkpoint, loss.lists, at=AT + 3 * HOUR)
    assert found.held == (loss.freed.serial_number,)
    assert loss.state(loss.freed) is State.SUSPENDED
    loss.back.restore(loss.freed.serial_number, at=AT + 3 * HOUR)
    assert loss.freed.serial_number not in revoked_on(loss.back, 3)


def test_the_changes_after_a_resumption_hold_for_lists_of_before_and_of_what_was_lost(loss: Loss) -> None:
    resume(loss.back, loss.checkpoint, loss.lists, at=AT + 3 * HOUR)
    assert set(loss.back.due(AT + 3 * HOUR)) == set(loss.back.lists(AT + 3 * HOUR))
    made = loss.back.publish([COMPLETE, COMPLETE.delta], at=AT + 3 * HOUR)
    delta = made[COMPLETE.delta]
    lost = next(one for one in loss.lists if one.scope is None and not one.is_delta)
    assert delta.base_number is not None and lost.number is not None and delta.number is not None
    assert delta.base_number <= lost.number < delta.number
    named = {entry.serial_number for entry in delta.entries}
    assert named >= {c.serial_number for c in (loss.early, loss.held, loss.dismissed, loss.paused)}


def test_numbers_of_lists_go_on_above_all_that_can_have_been_given_away(loss: Loss) -> None:
    """Without the lists too: each lost event can have been one."""
    found = resume(loss.back, loss.checkpoint, (), at=AT + 3 * HOUR)
    highest = max(one.number or 0 for one in loss.lists)
    number = loss.back.crl(AT + 3 * HOUR).number
    assert number is not None and number > highest
    assert number == 1 + len(found.lost) + 1


def test_no_serial_is_used_twice(loss: Loss) -> None:
    resume(loss.back, loss.checkpoint, loss.lists, at=AT + 3 * HOUR)
    with pytest.raises(RegisterError) as caught, loss.back.register.transaction():
        loss.back.register.append(Draft(Kind.PREPARED, AT, loss.dismissed.serial_number))
    assert caught.value.code == "serial-used"


# --- taking in again ---


def test_a_lost_certificate_is_taken_in_again(loss: Loss) -> None:
    resume(loss.back, loss.checkpoint, loss.lists, at=AT + 3 * HOUR)
    event = adopt(loss.back, loss.late, at=AT + 3 * HOUR, profile="officer-sign")
    assert event.draft.kind is Kind.ADOPTED
    here, there = (one.record(loss.late.serial_number) for one in (loss.back, loss.there))
    assert here is not None and there is not None
    assert replace(here, number=0, prepared_at=AT) == replace(there, number=0, prepared_at=AT)
    assert here in loss.back.register.find(Query(words="vali aliyev"))
    loss.back.suspend(loss.late.serial_number, at=AT + 3 * HOUR)
    assert loss.late.serial_number in revoked_on(loss.back, 3)
    with pytest.raises(RegisterError) as caught:
        adopt(loss.back, loss.late, at=AT + 3 * HOUR)
    assert caught.value.code == "serial-used"


def test_what_is_taken_in_again_stays_revoked(loss: Loss) -> None:
    resume(loss.back, loss.checkpoint, loss.lists, at=AT + 3 * HOUR)
    adopt(loss.back, loss.dismissed, at=AT + 3 * HOUR)
    found = loss.back.record(loss.dismissed.serial_number)
    assert found is not None and (found.state, found.certificate) == (State.REVOKED, loss.dismissed.raw)
    assert found.reason == "cessationOfOperation" and found.revoked_at == AT + HOUR
    assert loss.dismissed.serial_number in revoked_on(loss.back, 3)
    again = loss.back.register.find(Query(words="aliyev", state=State.REVOKED))
    assert loss.dismissed.serial_number in [one.serial for one in again]
    events = loss.back.register.events(serial=loss.dismissed.serial_number)
    assert [e.draft.kind for e in events] == [Kind.ADOPTED, Kind.REVOKED, Kind.ADOPTED]


def test_only_ones_own_certificates_are_taken_in(loss: Loss) -> None:
    resume(loss.back, loss.checkpoint, loss.lists, at=AT + 3 * HOUR)
    before = head_of(loss.back)
    forged = bytearray(loss.late.raw)
    forged[-1] ^= 1
    for certificate in (Certificate.load(bytes(forged)), loss.back.certificate):
        with pytest.raises(IssuanceRefused) as caught:
            adopt(loss.back, certificate, at=AT + 3 * HOUR)
        assert caught.value.code == "certificate-foreign"
    with pytest.raises(IssuanceRefused) as caught:
        adopt(loss.back, loss.late, at=AT + 3 * HOUR, profile="officer")
    assert caught.value.code == "profile-unknown" and head_of(loss.back) == before


def test_a_certificate_that_was_prepared_and_handed_out_is_taken_in(register: Register) -> None:
    """The copy was made between the two acts of an issuance."""
    authority = authority_on(register)
    prepared = authority.prepare("officer-sign", officer(), at=AT, request=officer_request())
    made = authority.sign(prepared, at=AT)
    other = authority_on(MemoryRegister())
    event = next(register.events(serial=made.serial_number))
    with other.register.transaction():
        other.register.append(event.draft)
    adopt(other, made, at=AT, profile="officer-sign")
    found = other.record(made.serial_number)
    assert found is not None and (found.state, found.certificate) == (State.ISSUED, made.raw)
    assert len(list(other.records())) == 1


# --- what is refused ---


def test_a_register_that_lost_nothing_is_not_resumed(loss: Loss) -> None:
    for lists in ((), loss.lists):
        with pytest.raises(RegisterError) as caught:
            resume(loss.there, loss.checkpoint, lists, at=AT + 3 * HOUR)
        assert caught.value.code == "register-not-behind"
    assert loss.there.register.last(Kind.RESUMED) is None


def test_a_checkpoint_of_another_log_is_refused(loss: Loss) -> None:
    """As far as the hashes tell that both have."""
    other = authority_on(MemoryRegister())
    fill(other, loss.size + 1)
    foreign = log.checkpoint(other.register, other.signer, at=AT)
    with pytest.raises(RegisterError) as caught:
        resume(loss.back, foreign, (), at=AT + 3 * HOUR)
    assert caught.value.code == "checkpoint-broken" and head_of(loss.back) == loss.size
    changed = loss.checkpoint.replace(b"at 2026", b"at 2025")
    with pytest.raises(EsignError) as refused:
        resume(loss.back, changed, (), at=AT + 3 * HOUR)
    assert refused.value.code == "checkpoint-foreign"


def test_lists_of_others_and_of_the_future_are_refused(loss: Loss) -> None:
    above = make_issuer("infra").crl(AT)
    forged = bytearray(loss.lists[0].raw)
    forged[-1] ^= 1
    for one in (above, CertificateList.load(bytes(forged))):
        with pytest.raises(IssuanceRefused) as caught:
            resume(loss.back, loss.checkpoint, [one], at=AT + 3 * HOUR)
        assert caught.value.code == "crl-foreign"
    with pytest.raises(IssuanceRefused) as caught:
        resume(loss.back, loss.checkpoint, loss.lists, at=AT + HOUR)
    assert caught.value.code == "crl-not-newer" and head_of(loss.back) == loss.size


def test_a_register_that_lost_everything_goes_on(loss: Loss, kind: str, tmp_path: Path) -> None:
    empty: Register = MemoryRegister() if kind == "memory" else SqliteRegister(tmp_path / "empty.db")
    authority = authority_on(empty)
    found = resume(authority, loss.checkpoint, loss.lists, at=AT + 3 * HOUR)
    assert found.lost[0] == 1 and log.check(empty.events()) == empty.head()
    assert revoked_on(authority, 3) == revoked_on(loss.there, 3)
    if isinstance(empty, SqliteRegister):
        empty.close()


def test_a_second_loss_is_resumed_as_the_first(register: Register, copied: Copier) -> None:
    loss = Loss(register, copied)
    resume(loss.back, loss.checkpoint, loss.lists, at=AT + 3 * HOUR)
    first = Checkpoint.read(loss.checkpoint, loss.back.certificate)
    older = copied(loss.back.register)
    for _ in range(5):
        issue(loss.back, 180)
    checkpoint, lists = published(loss.back, 4)
    again = authority_on(older)
    resume(again, checkpoint, lists, at=AT + 5 * HOUR)
    second = Checkpoint.read(checkpoint, again.certificate)
    assert log.check(older.events(), [first, second]) == older.head()
    number = again.crl(AT + 5 * HOUR).number
    assert number is not None and number > max(one.number or 0 for one in lists)


def test_a_loss_across_tiles_keeps_the_tree(register: Register, copied: Copier) -> None:
    """The hashes of 256 events are kept as one; those that were lost are not there to make it."""
    there = authority_on(register)
    fill(there, 300)
    back = authority_on(copied(register))
    fill(there, 400)
    checkpoint = log.checkpoint(there.register, there.signer, at=AT)
    resume(back, checkpoint, (), at=AT)
    fill(back, 400)
    made = Checkpoint.read(log.checkpoint(back.register, back.signer, at=AT), back.certificate)
    known = Checkpoint.read(checkpoint, back.certificate)
    assert log.check(back.register.events(), [known, made]) == back.register.head()
    proof = log.consistency(back.register, known, made)
    assert tree.is_consistent(known.size, known.root, made.size, made.root, proof=proof)


def fill(authority: Authority, count: int) -> None:
    with authority.register.transaction():
        for number in range(count):
            authority.register.append(Draft(Kind.REFUSED, AT, 0, (("n", str(number)),)))


# --- a resumption that was altered ---


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lost-from", "1"),
        ("lost-to", "x"),
        ("lost-to", "9" * 30),
        ("head", "zz"),
        ("head", "00"),
        ("lost-to", "1"),
    ],
)
def test_a_resumption_that_does_not_fit_is_an_alteration(name: str, value: str) -> None:
    loss = Loss(MemoryRegister(), copy.deepcopy)
    found = resume(loss.back, loss.checkpoint, loss.lists, at=AT + 3 * HOUR)
    told = dict(found.event.draft.details) | {name: value}
    events = list(loss.back.register.events())
    place = next(n for n, event in enumerate(events) if event.draft.kind is Kind.RESUMED)
    events[place] = replace(events[place], draft=replace(events[place].draft, details=tuple(told.items())))
    with pytest.raises(RegisterError) as caught:
        log.check(events)
    assert caught.value.code == "register-altered"


@pytest.mark.parametrize("octets", [b"", b"no checkpoint"])
def test_a_resumption_without_its_checkpoint_is_an_alteration(octets: bytes) -> None:
    loss = Loss(MemoryRegister(), copy.deepcopy)
    known = Checkpoint.read(loss.checkpoint, loss.back.certificate)
    told = (("lost-from", str(loss.size + 1)), ("lost-to", str(known.size)), ("head", known.head.hex()))
    with loss.back.register.transaction():
        loss.back.register.append(Draft(Kind.RESUMED, AT, 0, told, octets))
    with pytest.raises(RegisterError) as caught:
        log.check(loss.back.register.events())
    assert (caught.value.code, caught.value.values["number"]) == ("register-altered", str(known.size + 1))
