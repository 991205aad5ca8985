"""A letter is taken once, stands whole, is delivered once; or nothing of it stands."""

import dataclasses
from concurrent.futures import Future

import pytest

from exat.address import Address
from exat.errors import StoreError
from exat.records import Attest, Consign, DeliveryState, Enqueue, Event, Keep, MessageKey
from exat.store import Committed, Store
from exat.store.segments import INLINE_OCTETS
from tests.exat.store.world import (
    ANN,
    AT,
    BOB,
    CAROL,
    DORA,
    acceptance,
    assert_chain,
    draft,
    letter,
    seal,
)


def code_of(future: "Future[Committed]") -> str:
    with pytest.raises(StoreError) as caught:
        future.result()
    return caught.value.code


@pytest.mark.parametrize("size", [1, INLINE_OCTETS, INLINE_OCTETS + 1, 300_000])
def test_a_letter_comes_back_octet_for_octet(store: Store, size: int) -> None:
    kept = letter(body=bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    done = store.commit([Keep(kept)]).result()
    assert done == Committed(key=kept.key, evidence=())
    assert store.letter(kept.key) == kept


def test_only_a_large_body_becomes_a_segment(store: Store) -> None:
    store.commit([Keep(letter("small", body=b"s" * INLINE_OCTETS))]).result()
    assert not [*store.folder.glob("segments/*/*")]
    large = letter("large", body=b"l" * (INLINE_OCTETS + 1))
    store.commit([Keep(large)]).result()
    assert [path.name for path in store.folder.glob("segments/*/*")] == [large.digest]


def test_a_letter_without_a_sender_is_kept(store: Store) -> None:
    report = letter("report", sender=None)
    store.commit([Keep(report)]).result()
    assert store.letter(report.key).sender is None
    assert store.seen("", report.message_id) == report.digest


def test_an_unknown_letter_is_named(store: Store) -> None:
    with pytest.raises(StoreError) as caught:
        store.letter("nothing")
    assert caught.value.code == "letter-unknown"
    assert caught.value.values == {"key": "nothing"}


def test_all_effects_are_done_in_one_commit(store: Store) -> None:
    kept = letter()
    done = store.commit(acceptance(kept, local=[DORA], peers=[BOB, CAROL]), seal=seal).result()
    assert [record.event for record in done.evidence] == [Event.SUBMISSION_ACCEPTANCE]
    assert [(e.uid, e.key, e.state) for e in store.list_mailbox(DORA)] == [
        (1, kept.key, DeliveryState.CONSIGNED)
    ]
    assert [row.recipients for row in store.queue()] == [(BOB, CAROL)]
    (known,) = store.sent_by(ANN)
    assert {str(d.recipient): (d.domain, d.state) for d in known.deliveries} == {
        "dora@a.test": ("", DeliveryState.CONSIGNED),
        "bob@b.test": ("b.test", DeliveryState.QUEUED),
        "carol@b.test": ("b.test", DeliveryState.QUEUED),
    }
    assert store.evidence(kept.key) == done.evidence == assert_chain(store)


def test_the_same_letter_again_is_answered_and_not_done_twice(store: Store) -> None:
    first = letter()
    store.commit(acceptance(first, local=[DORA], peers=[BOB]), seal=seal).result()
    again = dataclasses.replace(first, key=MessageKey("another-key"))
    done = store.commit(acceptance(again, local=[DORA], peers=[BOB]), seal=seal).result()
    assert done == Committed(key=first.key, evidence=(), duplicate=True)
    assert len(store.list_mailbox(DORA)) == len(store.queue()) == len(assert_chain(store)) == 1
    assert len(store.sent_by(ANN)) == 1


def test_the_same_key_again_is_answered_and_not_done_twice(store: Store) -> None:
    effects = acceptance(letter(), local=[DORA])
    store.commit(effects, seal=seal).result()
    assert store.commit(effects, seal=seal).result().duplicate
    assert len(assert_chain(store)) == 1


def test_the_same_letter_in_one_group_is_done_once(store: Store) -> None:
    futures = [store.commit(acceptance(letter(), local=[DORA]), seal=seal) for _ in range(20)]
    assert sorted(future.result().duplicate for future in futures) == [False] + [True] * 19
    assert len(store.list_mailbox(DORA)) == len(assert_chain(store)) == 1


def test_a_second_transaction_with_other_recipients_loses_none_of_them(store: Store) -> None:
    first = letter()
    store.commit(acceptance(first, local=[DORA], peers=[BOB]), seal=seal).result()
    again = dataclasses.replace(first, key=MessageKey("another-key"))
    done = store.commit(acceptance(again, local=[DORA], peers=[BOB, CAROL]), seal=seal).result()
    assert not done.duplicate
    assert done.key == first.key
    assert [row.recipients for row in store.queue()] == [(BOB,), (CAROL,)]
    assert len(store.list_mailbox(DORA)) == 1
    (record,) = done.evidence
    assert record.message_key == first.key
    assert b'"recipients": ["carol@b.test"]' in record.content


def test_the_same_id_with_another_digest_is_refused_whole(store: Store) -> None:
    store.commit(acceptance(letter("one"), local=[DORA]), seal=seal).result()
    other = letter("two", message_id="<one@a.test>")
    assert code_of(store.commit(acceptance(other, local=[BOB]), seal=seal)) == "duplicate-message-id"
    assert not store.list_mailbox(BOB)
    assert len(assert_chain(store)) == 1


def test_two_senders_may_use_one_id(store: Store) -> None:
    store.commit([Keep(letter("one"))]).result()
    other = letter("two", message_id="<one@a.test>", sender=BOB)
    assert store.commit([Keep(other)]).result().key == other.key
    assert {known.key for known in store.trace("<one@a.test>").letters} == {"key-one", "key-two"}


def test_seen_is_asked_by_the_senders_key(store: Store) -> None:
    kept = letter(sender=Address.parse("Ann@A.Test"))
    store.commit([Keep(kept)]).result()
    assert store.seen(ANN.key, kept.message_id) == kept.digest
    assert store.seen(BOB.key, kept.message_id) is None


def test_a_letter_is_consigned_to_a_mailbox_once(store: Store) -> None:
    kept = letter()
    shouted = Address.parse("DORA@a.test")
    store.commit([Keep(kept), Consign(kept.key, DORA), Consign(kept.key, shouted)]).result()
    store.commit([Consign(kept.key, DORA)]).result()
    assert [entry.uid for entry in store.list_mailbox(DORA)] == [1]


def test_uids_grow_in_each_mailbox_by_themselves(store: Store) -> None:
    for name in ("one", "two", "three"):
        store.commit(acceptance(letter(name), local=[DORA]), seal=seal).result()
    store.commit(acceptance(letter("four"), local=[ANN]), seal=seal).result()
    assert [entry.uid for entry in store.list_mailbox(DORA)] == [1, 2, 3]
    assert [entry.uid for entry in store.list_mailbox(ANN)] == [1]
    assert [entry.uid for entry in store.list_mailbox(DORA, after=1, limit=1)] == [2]


def test_one_failing_effect_undoes_the_whole_commit(store: Store) -> None:
    kept = letter()
    effects = [*acceptance(kept, local=[DORA]), Consign(MessageKey("no-such-letter"), DORA)]
    assert code_of(store.commit(effects, seal=seal)) == "store-refused"
    assert not store.list_mailbox(DORA)
    assert not store.evidence()
    assert store.seen(ANN.key, kept.message_id) is None


def test_a_letter_that_no_row_may_hold_is_refused_not_raised(store: Store) -> None:
    assert code_of(store.commit([Keep(letter("x", message_id="<\udc80@a.test>"))])) == "store-refused"
    with pytest.raises(StoreError) as caught:
        store.trace("\udc80")
    assert caught.value.code == "store-refused"


def test_evidence_needs_a_seal(store: Store) -> None:
    with pytest.raises(ValueError, match="no seal"):
        store.commit([Attest(draft(letter()))]).result()


def test_what_follows_from_evidence_is_in_the_same_transaction(store: Store) -> None:
    kept, report = letter(), letter("report", sender=None)
    effects = acceptance(kept, local=[DORA])
    done = store.commit(
        effects, seal=seal, follow=lambda _: [Keep(report), Enqueue(report.key, "b.test", (BOB,))]
    ).result()
    assert done.key == kept.key
    assert [row.key for row in store.queue()] == [report.key]
    other = letter("other")
    failed = store.commit(
        acceptance(other, local=[DORA]),
        seal=seal,
        follow=lambda _: [Enqueue(MessageKey("no-such-letter"), "b.test", (BOB,))],
    )
    assert code_of(failed) == "store-refused"
    assert len(store.list_mailbox(DORA)) == len(assert_chain(store)) == 1


def test_nothing_follows_a_duplicate(store: Store) -> None:
    effects = acceptance(letter(), local=[DORA])
    store.commit(effects, seal=seal).result()
    report = letter("report", sender=None)
    store.commit(effects, seal=seal, follow=lambda _: [Keep(report)]).result()
    assert store.seen("", report.message_id) is None


def test_a_hand_over_is_recorded_and_attested_once(store: Store) -> None:
    kept = letter()
    store.commit(acceptance(kept, local=[DORA]), seal=seal).result()
    handover = [Attest(draft(kept, Event.CONTENT_HANDOVER, [DORA]))]
    first = store.hand_over(DORA, kept.key, at=AT, effects=handover, seal=seal).result()
    second = store.hand_over(DORA, kept.key, at=AT, effects=handover, seal=seal).result()
    assert [record.event for record in first.evidence] == [Event.CONTENT_HANDOVER]
    assert second == Committed(key=None, evidence=(), duplicate=True)
    (entry,) = store.list_mailbox(DORA)
    assert (entry.read_at, entry.state) == (AT, DeliveryState.HANDED_OVER)
    assert len(assert_chain(store)) == 2


def test_a_letter_of_another_mailbox_is_not_handed_over(store: Store) -> None:
    kept = letter()
    store.commit(acceptance(kept, local=[DORA]), seal=seal).result()
    assert code_of(store.hand_over(ANN, kept.key, at=AT)) == "letter-unknown"


def test_what_was_committed_stands_after_reopening(store: Store) -> None:
    small, large = letter("small"), letter("large", body=b"l" * 100_000)
    for one in (small, large):
        store.commit(acceptance(one, local=[DORA], peers=[BOB]), seal=seal).result()
    store.close()
    with Store.open(store.folder) as again:
        assert again.letter(small.key) == small
        assert again.letter(large.key) == large
        assert len(assert_chain(again)) == len(again.queue()) == 2
        assert again.faults() == ()
