"""Nodes die at each named place, and nothing that was acknowledged is lost, nothing is delivered twice."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from exat.evidence import verify_chain
from exat.policy import Verdict
from exat.records import DeliveryState, Event
from exat.shell.carrier import hurry
from exat.shell.mailing import NodeUnreachable
from tests.e2e.agencies import House, eventually, native, now, running, two_agencies
from tests.e2e.processes import NodeProcess

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def agencies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, House]]:
    with two_agencies(tmp_path_factory.mktemp("survival")) as made:
        yield made


def _delivered_once(a: House, b: House, raw: bytes, message_id: str, before: int) -> None:
    """The letter lies at B once, A has heard of it, and both chains of evidence hold."""

    def states() -> list[DeliveryState]:
        return [delivery.state for delivery in a.home.store.trace(message_id).deliveries]

    # A report that met a dead node would wait a minute.
    eventually(lambda: hurry(b.home.store, at=now()) >= 0 and states() == [DeliveryState.CONSIGNED])
    eventually(lambda: not b.home.store.queue() and not a.home.store.queue())
    assert len(b.inbox()) == before + 1
    assert b.home.store.letter(b.inbox()[-1]).raw == raw
    trace = b.home.store.trace(message_id)
    assert [record.event for record in trace.evidence] == [
        Event.RELAY_ACCEPTANCE,
        Event.CONTENT_CONSIGNMENT,
    ]
    for house in (a, b):
        assert verify_chain(house.home.store.evidence()).broken is None
        assert house.home.store.faults() == ()


@pytest.mark.parametrize(
    ("failpoint", "stored"), [("after-354", 0), ("before-commit", 0), ("after-commit", 1)]
)
def test_the_sending_node_dies_in_a_submission(
    agencies: tuple[House, House], failpoint: str, stored: int
) -> None:
    a, b = agencies
    before, number = len(b.inbox()), f"submission-{failpoint}"
    raw = native(a, [b], number=number)
    dying = NodeProcess(a, failpoint=failpoint)
    with pytest.raises(NodeUnreachable):
        a.send(raw, b.mailbox)
    assert dying.wait_for_death() == -signal.SIGKILL
    assert len(a.home.store.trace(f"<{number}@adliya.uz>").letters) == stored
    with running(a, b):
        # What was not acknowledged is sent again by whoever sent it.
        assert a.send(raw, b.mailbox)[0].code == 250
        _delivered_once(a, b, raw, f"<{number}@adliya.uz>", before)


def test_the_sending_node_dies_after_the_peers_250(agencies: tuple[House, House]) -> None:
    a, b = agencies
    before, number = len(b.inbox()), "after-peer-250"
    raw = native(a, [b], number=number)
    with running(b):
        dying = NodeProcess(a, failpoint="after-peer-250")
        assert a.send(raw, b.mailbox)[0].code == 250
        assert dying.wait_for_death() == -signal.SIGKILL
        assert len(b.inbox()) == before + 1
        with running(a):
            _delivered_once(a, b, raw, f"<{number}@adliya.uz>", before)


@pytest.mark.parametrize("failpoint", ["after-354", "before-commit", "after-commit"])
def test_the_receiving_node_dies_in_a_relay(agencies: tuple[House, House], failpoint: str) -> None:
    a, b = agencies
    before, number = len(b.inbox()), f"relay-{failpoint}"
    raw = native(a, [b], number=number)
    with running(a):
        dying = NodeProcess(b, failpoint=failpoint)
        assert a.send(raw, b.mailbox)[0].code == 250
        assert dying.wait_for_death() == -signal.SIGKILL
        with running(b):
            # The schedule would wait a minute.
            eventually(lambda: hurry(a.home.store, at=now()) == 1)
            _delivered_once(a, b, raw, f"<{number}@adliya.uz>", before)


def test_letters_acknowledged_before_a_kill_at_any_time_are_delivered(agencies: tuple[House, House]) -> None:
    a, b = agencies
    before = len(b.inbox())
    sender = NodeProcess(a)
    for number in range(3):
        assert a.send(native(a, [b], number=f"killed-{number}"), b.mailbox)[0].code == 250
    sender.kill()
    receiver, sender = NodeProcess(b), NodeProcess(a)
    try:
        hurry(a.home.store, at=now())
        eventually(lambda: len(b.inbox()) == before + 3)
        assert all(b.read(key).decision.verdict is Verdict.ACCEPT for key in b.inbox()[-3:])
    finally:
        assert (sender.end(), receiver.end()) == (b"", b"")


def test_a_node_that_is_told_to_end_leaves_nothing_behind(agencies: tuple[House, House]) -> None:
    a, _ = agencies
    node = NodeProcess(a)
    assert (node.folder / "node.json").exists()
    assert node.end() == b""
    assert node.wait_for_death() == 0
    assert not Path(node.folder / "node.json").exists()
    assert node.runtime is None
