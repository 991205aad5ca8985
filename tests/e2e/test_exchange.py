"""Two agencies exchange letters over real sockets."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exat.evidence import verify_chain
from exat.policy import Verdict
from exat.records import DeliveryState, Event
from exat.smtp.replies import finding_code
from tests.e2e.agencies import House, address, eventually, native, now, ordinary, plain, running, two_agencies

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def agencies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, House]]:
    with two_agencies(tmp_path_factory.mktemp("agencies")) as made, running(*made):
        yield made


def test_a_letter_of_our_own_client_is_delivered_and_read(agencies: tuple[House, House]) -> None:
    a, b = agencies
    raw = native(a, [b], number=1, text="Матн ва matn")
    answers = a.send(raw, b.mailbox)
    assert [answer.code for answer in answers] == [250], answers
    eventually(lambda: len(b.inbox()) == 1)
    key = b.inbox()[-1]
    assert b.home.store.letter(key).raw == raw
    reading = b.read(key)
    assert reading.decision.verdict is Verdict.ACCEPT, reading.decision
    assert reading.letter is not None and "Матн ва matn" in reading.letter.text
    assert reading.signer is not None and reading.signer.name == "Aliyev Anvar"
    _handed_over(a, "<1@adliya.uz>")


def test_a_letter_of_an_ordinary_client_is_wrapped_delivered_and_read(agencies: tuple[House, House]) -> None:
    a, b = agencies
    before = len(b.inbox())
    raw = ordinary(a, [b], number=2)
    assert [answer.code for answer in a.send(raw, b.mailbox)] == [250]
    eventually(lambda: len(b.inbox()) == before + 1)
    key = b.inbox()[-1]
    stored = b.home.store.letter(key).raw
    assert raw in stored and stored != raw
    reading = b.read(key)
    assert reading.decision.verdict is Verdict.ACCEPT, reading.decision
    assert reading.letter is not None and reading.letter.text == "Salom\n"
    _handed_over(a, "<2@adliya.uz>")


def _handed_over(sender: House, message_id: str) -> None:
    """The evidence of the other agency has come back and moved the state."""

    def states() -> list[DeliveryState]:
        return [delivery.state for delivery in sender.home.store.trace(message_id).deliveries]

    eventually(lambda: states() == [DeliveryState.HANDED_OVER])
    told = [found.event for found in sender.home.store.trace(message_id).foreign_evidence]
    assert told == [Event.RELAY_ACCEPTANCE, Event.CONTENT_CONSIGNMENT, Event.CONTENT_HANDOVER]


def test_two_recipients_in_two_agencies_each_get_the_letter_once(agencies: tuple[House, House]) -> None:
    a, b = agencies
    before = len(a.inbox()), len(b.inbox())
    raw = ordinary(a, [a, b], number=3)
    assert [answer.code for answer in a.send(raw, a.mailbox, b.mailbox)] == [250, 250]
    eventually(lambda: (len(a.inbox()), len(b.inbox())) == (before[0] + 1, before[1] + 1))
    assert a.read(a.inbox()[-1]).decision.verdict is Verdict.ACCEPT
    assert b.read(b.inbox()[-1]).decision.verdict is Verdict.ACCEPT


def test_the_same_letter_again_is_answered_and_not_stored_twice(agencies: tuple[House, House]) -> None:
    a, b = agencies
    before = len(b.inbox())
    raw = native(a, [b], number=4)
    first, again = a.send(raw, b.mailbox), a.send(raw, b.mailbox)
    assert (first[0].code, again[0].code) == (250, 250)
    assert "accepted before" in again[0].text
    other = a.send(native(a, [b], number=4, text="another"), b.mailbox)
    assert other[0].code == 550
    assert other[0].text.endswith("[duplicate-message-id]")
    eventually(lambda: len(b.inbox()) == before + 1)


def test_letters_go_both_ways(agencies: tuple[House, House]) -> None:
    a, b = agencies
    before = len(a.inbox())
    assert b.send(native(b, [a], number=5), a.mailbox)[0].code == 250
    eventually(lambda: len(a.inbox()) == before + 1)
    assert a.read(a.inbox()[-1]).decision.verdict is Verdict.ACCEPT


def test_what_must_be_refused_is_refused_with_its_reason(agencies: tuple[House, House]) -> None:
    a, b = agencies
    before = len(b.inbox())
    forged = address("rais@adliya.uz")
    whole = native(a, [b], number=14)
    position = whole.index(b"smime.p7m") + 200
    changed = (
        whole[:position] + (b"A" if whole[position : position + 1] != b"A" else b"B") + whole[position + 1 :]
    )
    refusals = {
        "unsigned-letter": a.send(plain(a, [b], number=11), b.mailbox),
        "sender-not-allowed": a.send(native(a, [b], number=12, sender=forged), b.mailbox, sender=forged),
        "recipient-not-encrypted-to": a.send(native(a, [b], number=13, keys=[a.certificate]), b.mailbox),
        "signature-invalid": a.send(changed, b.mailbox),
        "signer-untrusted": a.send(native(a, [b], number=15, signer=b.officer.signer), b.mailbox),
    }
    said = {name: finding_code(answers[0].text) for name, answers in refusals.items()}
    assert said == {name: name for name in refusals}
    assert all(answers[0].code in (550, 553) for answers in refusals.values())
    assert a.send(native(a, [b], number=16), address("yoq@soliq.uz"))[0].text.endswith("[unknown-recipient]")
    assert len(b.inbox()) == before
    events = [record.event for record in a.home.store.evidence()]
    assert events.count(Event.SUBMISSION_REJECTION) >= 5


def test_both_chains_hold(agencies: tuple[House, House]) -> None:
    for house in agencies:
        records = house.home.store.evidence()
        report = verify_chain(records)
        assert records and report.broken is None, report


def test_a_revoked_signer_is_refused_within_a_second(tmp_path: Path) -> None:
    with two_agencies(tmp_path) as (a, b), running(a):
        raw = native(a, [b], number=1)
        serial = a.officer.authorised.certificate.serial_number
        a.authority.revoke(serial, at=now(), reason="keyCompromise")
        a.authority.publish_crls(at=now())
        eventually(lambda: a.send(raw, b.mailbox)[0].text.endswith("[signer-revoked]"), 5)
