"""Rows of the queue are leased, tried, settled; a dead process's lease runs out; states only advance."""

from datetime import timedelta

import pytest

from exat.errors import StoreError
from exat.records import Attempt, Attest, DeliveryState, Event, TakeEvidence
from exat.store import Store
from tests.exat.store.world import ANN, AT, BOB, CAROL, DORA, acceptance, assert_chain, draft, letter, seal

LEASE = timedelta(minutes=2)
LATER = AT + LEASE


def claimed(store: Store) -> Attempt:
    store.commit(acceptance(letter(), peers=[BOB, CAROL]), seal=seal).result()
    (attempt,) = store.claim_due(AT, lease=LEASE)
    return attempt


def states(store: Store) -> dict[str, DeliveryState]:
    return {str(d.recipient): d.state for d in store.trace("key-one").deliveries}


def taken(event: Event, *, domain: str = "b.test", cms: bytes = b"cms") -> TakeEvidence:
    return TakeEvidence(
        domain=domain,
        event=event,
        message_id="<one@a.test>",
        recipients=("BOB@b.test",),
        cms=cms,
        digest=letter().digest,
    )


def test_a_queued_letter_is_due_at_once(store: Store) -> None:
    attempt = claimed(store)
    assert (attempt.key, attempt.domain, attempt.recipients) == ("key-one", "b.test", (BOB, CAROL))
    assert (attempt.attempts, attempt.queued_at) == (0, AT)


def test_a_leased_row_is_not_claimed_until_its_lease_ends(store: Store) -> None:
    attempt = claimed(store)
    assert store.claim_due(LATER - timedelta(microseconds=1), lease=LEASE) == ()
    assert store.next_due() == LATER
    (again,) = store.claim_due(LATER, lease=LEASE)
    assert (again.identifier, again.attempts) == (attempt.identifier, 1)


def test_another_process_takes_over_an_expired_lease(store: Store) -> None:
    claimed(store)
    with Store.open(store.folder) as other:
        assert other.claim_due(AT, lease=LEASE) == ()
        assert len(other.claim_due(LATER, lease=LEASE)) == 1
    assert store.claim_due(LATER, lease=LEASE) == ()


def test_a_row_is_not_due_before_its_time(store: Store) -> None:
    attempt = claimed(store)
    store.record_retry(attempt, next_at=LATER, reply="451 later").result()
    assert store.next_due() == LATER
    assert store.claim_due(LATER - timedelta(seconds=1), lease=LEASE) == ()
    assert [again.attempts for again in store.claim_due(LATER, lease=LEASE)] == [1]


def test_a_failed_attempt_frees_the_row_and_keeps_its_reply(store: Store) -> None:
    store.record_retry(claimed(store), next_at=LATER, reply="451 4.3.0 later").result()
    (row,) = store.queue()
    assert (row.lease_owner, row.lease_until, row.next_at) == (None, None, LATER)
    assert (row.attempts, row.last_reply) == (1, "451 4.3.0 later")
    assert {d.reply for d in store.trace("key-one").deliveries} == {"451 4.3.0 later"}


def test_no_attempt_extends_its_own_lease(store: Store) -> None:
    attempt = claimed(store)
    store.record_failed(attempt, at=AT + timedelta(minutes=1), reply="550", recipients=[BOB]).result()
    assert [row.lease_until for row in store.queue()] == [LATER]


def test_a_claim_is_bounded_and_oldest_first(store: Store) -> None:
    for name in ("one", "two", "three"):
        store.commit(acceptance(letter(name), peers=[BOB]), seal=seal).result()
    assert [a.key for a in store.claim_due(AT, lease=LEASE, limit=2)] == ["key-one", "key-two"]
    assert [a.key for a in store.claim_due(AT, lease=LEASE, limit=2)] == ["key-three"]


def test_a_relayed_letter_leaves_the_queue(store: Store) -> None:
    attempt = claimed(store)
    store.record_relayed(attempt, at=LATER, reply="250 2.0.0 taken").result()
    assert store.queue() == ()
    assert store.next_due() is None
    assert store.claim_due(LATER + LEASE, lease=LEASE) == ()
    assert set(states(store).values()) == {DeliveryState.RELAYED}
    assert {(d.changed_at, d.reply) for d in store.trace("key-one").deliveries} == {
        (LATER, "250 2.0.0 taken")
    }


def test_each_recipient_has_an_outcome_of_its_own(store: Store) -> None:
    attempt = claimed(store)
    store.record_relayed(attempt, at=AT, reply="250", recipients=[BOB]).result()
    assert [row.recipients for row in store.queue()] == [(CAROL,)]
    store.record_retry(attempt, next_at=LATER, reply="452").result()
    (again,) = store.claim_due(LATER, lease=LEASE)
    assert again.recipients == (CAROL,)
    store.record_failed(again, at=LATER, reply="550").result()
    assert store.queue() == ()
    assert states(store) == {"bob@b.test": DeliveryState.RELAYED, "carol@b.test": DeliveryState.REFUSED}


def test_giving_up_is_attested_in_the_same_transaction(store: Store) -> None:
    attempt = claimed(store)
    effects = [Attest(draft(letter(), Event.RELAY_FAILURE, [BOB, CAROL]))]
    done = store.record_failed(
        attempt, at=LATER, reply="timeout", state=DeliveryState.FAILED, effects=effects, seal=seal
    ).result()
    assert [record.event for record in done.evidence] == [Event.RELAY_FAILURE]
    assert set(states(store).values()) == {DeliveryState.FAILED}
    assert len(assert_chain(store)) == 2


def test_who_lost_the_lease_neither_postpones_nor_fails_nor_attests(store: Store) -> None:
    late = claimed(store)
    (present,) = store.claim_due(LATER, lease=LEASE)
    effects = [Attest(draft(letter(), Event.RELAY_FAILURE, [BOB]))]
    for future in (
        store.record_retry(late, next_at=AT, reply="451"),
        store.record_failed(late, at=LATER, reply="550", effects=effects, seal=seal),
    ):
        with pytest.raises(StoreError) as caught:
            future.result()
        assert caught.value.code == "lease-lost"
    assert set(states(store).values()) == {DeliveryState.QUEUED}
    assert len(assert_chain(store)) == 1
    store.record_relayed(present, at=LATER, reply="250").result()
    assert store.queue() == ()


def test_who_relayed_after_losing_the_lease_still_tells_the_truth(store: Store) -> None:
    late = claimed(store)
    (present,) = store.claim_due(LATER, lease=LEASE)
    store.record_relayed(late, at=LATER, reply="250").result()
    assert store.queue() == ()
    store.record_relayed(present, at=LATER, reply="250 again").result()
    assert set(states(store).values()) == {DeliveryState.RELAYED}


def test_a_settled_row_is_not_revived(store: Store) -> None:
    attempt = claimed(store)
    store.record_relayed(attempt, at=AT, reply="250").result()
    with pytest.raises(StoreError) as caught:
        store.record_retry(attempt, next_at=AT, reply="451").result()
    assert caught.value.code == "lease-lost"
    assert store.queue() == ()


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (Event.RELAY_ACCEPTANCE, DeliveryState.RELAYED),
        (Event.RELAY_REJECTION, DeliveryState.REFUSED),
        (Event.RELAY_FAILURE, DeliveryState.FAILED),
        (Event.CONTENT_CONSIGNMENT, DeliveryState.CONSIGNED),
        (Event.CONTENT_CONSIGNMENT_FAILURE, DeliveryState.FAILED),
        (Event.CONTENT_HANDOVER, DeliveryState.HANDED_OVER),
        (Event.CONTENT_HANDOVER_FAILURE, DeliveryState.QUEUED),
        (Event.SUBMISSION_ACCEPTANCE, DeliveryState.QUEUED),
    ],
)
def test_a_peers_evidence_moves_its_recipient_only(store: Store, event: Event, state: DeliveryState) -> None:
    claimed(store)
    store.commit([taken(event)]).result()
    assert states(store) == {"bob@b.test": state, "carol@b.test": DeliveryState.QUEUED}


def test_a_peer_moves_nothing_that_was_sent_elsewhere(store: Store) -> None:
    claimed(store)
    store.commit([taken(Event.RELAY_REJECTION, domain="c.test")]).result()
    assert states(store)["bob@b.test"] is DeliveryState.QUEUED
    assert [one.domain for one in store.trace("<one@a.test>").foreign_evidence] == ["c.test"]


def test_evidence_of_an_unknown_letter_is_kept(store: Store) -> None:
    store.commit([taken(Event.CONTENT_HANDOVER)]).result()
    (one,) = store.trace("<one@a.test>").foreign_evidence
    assert (one.event, one.recipients, one.taken_at, one.cms) == (
        Event.CONTENT_HANDOVER,
        ("BOB@b.test",),
        AT,
        b"cms",
    )


def test_the_same_foreign_evidence_is_kept_once(store: Store) -> None:
    for _ in range(2):
        store.commit([taken(Event.CONTENT_HANDOVER)]).result()
    assert len(store.trace("<one@a.test>").foreign_evidence) == 1


def test_states_never_go_back_and_an_end_is_final(store: Store) -> None:
    attempt = claimed(store)
    store.commit([taken(Event.CONTENT_HANDOVER, cms=b"1")]).result()
    store.commit([taken(Event.CONTENT_CONSIGNMENT, cms=b"2")]).result()
    store.commit([taken(Event.RELAY_REJECTION, cms=b"3")]).result()
    store.record_relayed(attempt, at=LATER, reply="250").result()
    assert states(store)["bob@b.test"] is DeliveryState.HANDED_OVER
    assert len(store.trace("<one@a.test>").foreign_evidence) == 3


def test_a_refused_recipient_is_not_relayed_later(store: Store) -> None:
    attempt = claimed(store)
    store.commit([taken(Event.RELAY_REJECTION)]).result()
    store.record_relayed(attempt, at=LATER, reply="250").result()
    assert states(store) == {"bob@b.test": DeliveryState.REFUSED, "carol@b.test": DeliveryState.RELAYED}


def test_a_trail_tells_everything_in_the_order_of_time(store: Store) -> None:
    kept = letter()
    store.commit(acceptance(kept, local=[DORA], peers=[BOB]), seal=seal).result()
    (attempt,) = store.claim_due(AT, lease=LEASE)
    store.record_relayed(attempt, at=LATER, reply="250").result()
    store.commit([taken(Event.RELAY_ACCEPTANCE, cms=b"1")], at=LATER).result()
    store.commit([taken(Event.CONTENT_CONSIGNMENT, cms=b"2")], at=LATER + LEASE).result()
    trail = store.trace(kept.message_id)
    assert [known.key for known in trail.letters] == [kept.key]
    assert [(str(d.recipient), d.changed_at) for d in trail.deliveries] == [
        ("dora@a.test", AT),
        ("bob@b.test", LATER + LEASE),
    ]
    assert [record.sequence for record in trail.evidence] == [1]
    assert [one.event for one in trail.foreign_evidence] == [
        Event.RELAY_ACCEPTANCE,
        Event.CONTENT_CONSIGNMENT,
    ]
    by_key = store.trace(kept.key)
    assert (by_key.letters, by_key.evidence) == (trail.letters, trail.evidence)
    assert by_key.foreign_evidence == trail.foreign_evidence


def test_the_trail_of_nothing_is_empty(store: Store) -> None:
    trail = store.trace("<nothing@a.test>")
    assert not (trail.letters or trail.deliveries or trail.evidence or trail.foreign_evidence)


def test_a_rejected_submission_leaves_a_trail_without_a_letter(store: Store) -> None:
    store.commit([Attest(draft(letter(), Event.SUBMISSION_REJECTION, [BOB]))], seal=seal).result()
    trail = store.trace("<one@a.test>")
    assert [record.event for record in trail.evidence] == [Event.SUBMISSION_REJECTION]
    assert not trail.letters
    assert store.sent_by(ANN) == ()
