"""The evidence chain: append-only, unbroken, whatever is done and whoever asks."""

import dataclasses
import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exat.records import Attest, Event, EvidenceDraft, EvidenceRecord, TakeEvidence
from exat.store import NO_PREVIOUS, Store
from tests.exat.store.world import (
    AT,
    BOB,
    CAROL,
    DORA,
    acceptance,
    assert_chain,
    draft,
    frozen_clock,
    letter,
    seal,
)


def attest(store: Store, count: int = 1) -> None:
    for future in [store.commit([Attest(draft(letter()))], seal=seal) for _ in range(count)]:
        future.result()


def test_the_first_record_follows_zeros(store: Store) -> None:
    attest(store)
    (record,) = store.evidence()
    assert (record.sequence, record.previous) == (1, NO_PREVIOUS)


def test_each_record_follows_the_one_before_it_also_inside_one_commit(store: Store) -> None:
    store.commit([Attest(draft(letter())), Attest(draft(letter()))], seal=seal).result()
    attest(store, 60)
    assert len(assert_chain(store)) == 62


def test_a_record_comes_back_as_it_was_sealed(store: Store) -> None:
    done = store.commit([Attest(draft(letter()))], seal=seal).result()
    assert store.evidence() == done.evidence


def test_the_chain_is_read_in_pieces(store: Store) -> None:
    attest(store, 5)
    assert [record.sequence for record in store.evidence(after=1, limit=2)] == [2, 3]
    assert [record.sequence for record in store.evidence(after=3)] == [4, 5]


def test_evidence_is_found_by_key_and_by_message_id(store: Store) -> None:
    attest(store)
    store.commit([Attest(draft(letter("other")))], seal=seal).result()
    assert store.evidence("key-other") == store.evidence("<other@a.test>")
    assert [record.sequence for record in store.evidence("key-other")] == [2]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE evidence SET event = 'RelayFailure'",
        "DELETE FROM evidence",
        "REPLACE INTO evidence SELECT * FROM evidence WHERE sequence = 1",
        "UPDATE foreign_evidence SET domain = 'c.test'",
        "DELETE FROM foreign_evidence",
    ],
)
def test_the_database_itself_refuses_to_change_evidence(store: Store, statement: str) -> None:
    attest(store, 2)
    foreign = TakeEvidence(
        domain="b.test",
        event=Event.RELAY_ACCEPTANCE,
        message_id="<one@a.test>",
        recipients=(),
        cms=b"x",
        digest="",
    )
    store.commit([foreign]).result()
    before = (store.evidence(), store.trace("<one@a.test>"))
    connection = sqlite3.connect(store.folder / "store.sqlite")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)
    connection.close()
    assert (store.evidence(), store.trace("<one@a.test>")) == before


@pytest.mark.parametrize(("sequence", "previous"), [(4, None), (2, None), (3, NO_PREVIOUS)])
def test_the_database_itself_refuses_a_gap_and_a_fork(
    store: Store, sequence: int, previous: str | None
) -> None:
    attest(store, 2)
    last = store.evidence()[-1]
    record = seal(draft(letter("forged")), sequence, previous or last.hash)
    values = (sequence, "forged", "RelayFailure", "", "", "", record.previous, record.hash, b"", b"")
    connection = sqlite3.connect(store.folder / "store.sqlite")
    with pytest.raises(sqlite3.IntegrityError, match="head of the chain"):
        connection.execute("INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    connection.close()


def wrong_sequence(record: EvidenceRecord) -> EvidenceRecord:
    return dataclasses.replace(record, sequence=7)


def wrong_previous(record: EvidenceRecord) -> EvidenceRecord:
    return dataclasses.replace(record, previous="1" * 64)


def wrong_hash(record: EvidenceRecord) -> EvidenceRecord:
    return dataclasses.replace(record, hash=hashlib.sha256(b"other").hexdigest())


@pytest.mark.parametrize("forge", [wrong_sequence, wrong_previous, wrong_hash])
def test_a_record_for_another_place_is_refused(
    store: Store, forge: Callable[[EvidenceRecord], EvidenceRecord]
) -> None:
    def forging(evidence: EvidenceDraft, sequence: int, previous: str) -> EvidenceRecord:
        return forge(seal(evidence, sequence, previous))

    with pytest.raises(ValueError, match="record"):
        store.commit([Attest(draft(letter()))], seal=forging).result()
    attest(store)
    assert len(assert_chain(store)) == 1


def test_a_seal_that_fails_leaves_no_gap(store: Store) -> None:
    def failing(evidence: EvidenceDraft, sequence: int, previous: str) -> EvidenceRecord:
        raise RuntimeError("the token is gone")

    futures = [store.commit([Attest(draft(letter()))], seal=seal if n % 3 else failing) for n in range(30)]
    failed = [future for future in futures if future.exception()]
    assert len(failed) == 10
    assert len(assert_chain(store)) == 20


STEPS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.booleans(),
        st.sets(st.sampled_from([BOB, CAROL])),
        st.sampled_from(["commit", "changed", "reject", "unknown", "claim", "hand over", "evidence"]),
    ),
    max_size=20,
)


def play(store: Store, step: tuple[int, bool, set[object], str]) -> None:
    number, local, peers, act = step
    kept = letter(str(number))
    effects = acceptance(kept, local=[DORA] if local else [], peers=[a for a in (BOB, CAROL) if a in peers])
    match act:
        case "commit":
            store.commit(effects, seal=seal)
        case "changed":
            store.commit(acceptance(letter(f"{number}'", message_id=kept.message_id)), seal=seal)
        case "reject":
            store.commit([Attest(draft(kept, Event.SUBMISSION_REJECTION))], seal=seal)
        case "unknown":
            store.commit([*effects[1:], effects[1], Attest(draft(letter("unknown")))], seal=seal)
        case "claim":
            for attempt in store.claim_due(AT, lease=AT - AT, limit=2):
                failure = [Attest(draft(kept, Event.RELAY_FAILURE))]
                store.record_failed(attempt, at=AT, reply="550", effects=failure, seal=seal)
        case "hand over":
            effect = Attest(draft(kept, Event.CONTENT_HANDOVER))
            store.hand_over(DORA, kept.key, at=AT, effects=[effect], seal=seal)
        case "evidence":
            store.commit(
                [
                    TakeEvidence(
                        domain="b.test",
                        event=Event.CONTENT_CONSIGNMENT,
                        message_id=kept.message_id,
                        recipients=("bob@b.test",),
                        cms=str(number).encode(),
                        digest=kept.digest,
                    )
                ]
            )


@settings(max_examples=25)
@given(STEPS)
def test_the_chain_verifies_after_any_sequence_of_effects(
    steps: list[tuple[int, bool, set[object], str]],
) -> None:
    with TemporaryDirectory() as folder, Store.create(Path(folder), clock=frozen_clock()) as store:
        for step in steps:
            play(store, step)
        store.close()
        with Store.open(folder) as again:
            assert_chain(again)
            assert again.faults() == ()
            entries = again.list_mailbox(DORA)
            assert len({entry.key for entry in entries}) == len(entries)
            assert [entry.uid for entry in entries] == sorted(entry.uid for entry in entries)
