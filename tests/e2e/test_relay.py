"""Between nodes: what the receiving one refuses, and what the sending one makes of it."""

import asyncio
import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from esign import Certificate
from exat.address import Address
from exat.records import DeliveryState, Event
from exat.relay import GIVE_UP
from exat.shell import tls
from exat.shell.carrier import hurry
from exat.shell.forward import Answer, forward
from exat.shell.home import Home, make_home
from exat.shell.peering import add_peer, export_bundle
from exat.smtp.replies import finding_code
from tests.e2e.agencies import (
    PASSPHRASE,
    House,
    eventually,
    join,
    make_house,
    native,
    now,
    plain,
    running,
    two_agencies,
)

pytestmark = pytest.mark.e2e


@pytest.fixture
def agencies(tmp_path: Path) -> Iterator[tuple[House, House]]:
    with two_agencies(tmp_path) as made:
        yield made


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return now() + self.ahead


def _carry(
    a: House, b: House, raw: bytes, *, sender: Address | None = None, to: Address | None = None
) -> Answer:
    """What B says when the node of A brings `raw`, whatever A's own rules would say."""
    peer = b.home.own()
    return asyncio.run(
        forward(
            peer,
            context=tls.to_node(a.home.identity(PASSPHRASE), peer),
            hostname=a.home.config.agency.node,
            sender=sender or a.mailbox,
            recipients=[to or b.mailbox],
            raw=raw,
            timeout=10,
        )
    )[0]


def test_what_must_be_refused_is_refused_by_the_receiving_node_too(agencies: tuple[House, House]) -> None:
    a, b = agencies
    good = native(a, [b], number=1)
    at = good.index(b"\r\n\r\n", good.index(b"smime.p7m")) + 300
    changed = good[:at] + (b"A" if good[at : at + 1] != b"A" else b"B") + good[at + 1 :]
    with running(b):
        said = {
            "signature-invalid": _carry(a, b, changed),
            "unsigned-letter": _carry(a, b, plain(a, [b], number=2)),
            "recipient-not-encrypted-to": _carry(a, b, native(a, [b], number=3, keys=[a.certificate])),
            "relay-sender-mismatch": _carry(
                a, b, native(a, [b], number=4, sender=b.mailbox), sender=b.mailbox
            ),
            "relaying-denied": _carry(a, b, native(a, [a], number=5), to=a.mailbox),
        }
        assert _carry(a, b, good).code == 250
    assert {name: finding_code(answer.text) for name, answer in said.items()} == {n: n for n in said}
    assert {answer.code for answer in said.values()} == {550}
    assert len(b.inbox()) == 1
    events = [record.event for record in b.home.store.evidence()]
    assert events.count(Event.RELAY_REJECTION) == 4


def test_a_node_that_no_bundle_names_is_refused(agencies: tuple[House, House], tmp_path: Path) -> None:
    a, b = agencies
    stranger = make_house(tmp_path / "begona", "begona.uz")
    try:
        with running(b):
            # Its authority is unknown: the handshake ends.
            assert _carry(stranger, b, native(stranger, [b])).code == 0
            # Under A's own authority, but not with the name of A's node: it gets through the handshake.
            sibling = _another_node(a, tmp_path)
            answer = _carry(dataclasses.replace(a, home=sibling), b, native(a, [b]))
            assert (answer.code, finding_code(answer.text)) == (550, "peer-unknown")
            sibling.close()
    finally:
        stranger.close()
    assert not b.inbox()


def _another_node(house: House, folder: Path) -> Home:
    return make_home(
        folder / "another",
        agency="TEST another",
        domain="boshqa.uz",
        node="mx.boshqa.uz",
        authority=house.authority,
        passphrase=PASSPHRASE,
        at=now(),
    )


def test_a_revoked_node_is_refused_both_ways(agencies: tuple[House, House]) -> None:
    a, b = agencies
    a.authority.revoke(_relay_serial(a), at=now(), reason="keyCompromise")
    a.authority.publish_crls(at=now())
    with running(a, b):
        assert a.send(native(a, [b], number=1), b.mailbox)[0].code == 250
        # B has not heard of it yet.
        eventually(lambda: len(b.inbox()) == 1)
        add_peer(b.home, export_bundle(a.home, a.seal, at=now()), at=now())
        eventually(lambda: finding_code(_carry(a, b, native(a, [b], number=2)).text) == "peer-unknown")
        assert b.send(native(b, [a], number=3), a.mailbox)[0].code == 250
        eventually(lambda: any("peer-unknown" in row.last_reply for row in b.home.store.queue()))
    assert not a.inbox()


def _relay_serial(house: House) -> int:
    return Certificate.load_all((house.home.folder / "keys/relay.crt").read_bytes())[0].serial_number


def test_old_revocation_lists_make_letters_wait(agencies: tuple[House, House]) -> None:
    a, b = agencies
    clock = Clock()
    raw = native(a, [b], number=1)
    with running(b, clock=clock):
        clock.ahead = timedelta(days=20)
        answer = _carry(a, b, raw)
    assert (answer.code, finding_code(answer.text)) == (451, "revocation-undetermined")


def test_a_refused_letter_fails_with_evidence(agencies: tuple[House, House]) -> None:
    a, b = agencies
    with running(a):
        assert a.send(native(a, [b], number=1), b.mailbox)[0].code == 250
        eventually(lambda: any(row.last_reply for row in a.home.store.queue()))
    # Meanwhile A's mailbox has lost its officer, as B learns from A's bundle.
    own = a.home.store.mailboxes()[0]
    a.home.store.put_mailbox(dataclasses.replace(own, signers=()))
    add_peer(b.home, export_bundle(a.home, a.seal, at=now()), at=now())
    with running(a, b):
        hurry(a.home.store, at=now())
        eventually(lambda: _states(a, "<1@adliya.uz>") == [DeliveryState.REFUSED])
    record = a.home.store.evidence("<1@adliya.uz>")[-1]
    assert record.event is Event.RELAY_FAILURE
    assert b'"relay-refused"' in record.content


def test_a_letter_that_reaches_nobody_waits_and_then_fails(agencies: tuple[House, House]) -> None:
    a, b = agencies
    clock = Clock()
    with running(a, clock=clock):
        assert a.send(native(a, [b], number=1), b.mailbox)[0].code == 250
        eventually(lambda: any(row.last_reply for row in a.home.store.queue()))
        row = a.home.store.queue()[0]
        assert row.last_reply.startswith("0 ")
        assert timedelta(minutes=1) <= row.next_at - row.queued_at <= timedelta(minutes=2, seconds=10)
        assert _states(a, "<1@adliya.uz>") == [DeliveryState.QUEUED]
        clock.ahead = GIVE_UP + timedelta(seconds=1)
        eventually(lambda: _states(a, "<1@adliya.uz>") == [DeliveryState.FAILED])
    record = a.home.store.evidence("<1@adliya.uz>")[-1]
    assert record.event is Event.RELAY_FAILURE
    assert b'"relay-timeout"' in record.content


def test_a_peer_that_becomes_known_is_reached_at_once(tmp_path: Path) -> None:
    a, b = make_house(tmp_path / "a", "adliya.uz"), make_house(tmp_path / "b", "soliq.uz")
    try:
        with running(a, b):
            assert finding_code(a.send(native(a, [b]), b.mailbox)[0].text) == "unknown-recipient"
            join(a, b)
            eventually(lambda: a.send(native(a, [b]), b.mailbox)[0].code == 250)
            eventually(lambda: len(b.inbox()) == 1)
    finally:
        a.close()
        b.close()


def _states(house: House, message_id: str) -> list[DeliveryState]:
    return [delivery.state for delivery in house.home.store.trace(message_id).deliveries]
