"""Histories of mail lists: kept, continued, and stopped where they would turn in a circle."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import der
from esign.errors import EsignError, LimitExceeded, MalformedInput
from esign.ess import (
    ExpansionHistory,
    ExpansionLoop,
    Party,
    ReceiptPolicy,
    ReceiptRule,
    expanded,
    joined,
)
from esign.ess.lists import MAX_EXPANSIONS
from tests.esign.people import AT, signatory

FIRST, SECOND = signatory("p-256").certificate, signatory("p-384").certificate
ALICE, BOB = Party.of("alice@a.test"), Party.of("bob@b.test")
NONE = ReceiptPolicy(ReceiptRule.NONE)


def instead(*parties: Party) -> ReceiptPolicy:
    return ReceiptPolicy(ReceiptRule.INSTEAD_OF, parties)


def besides(*parties: Party) -> ReceiptPolicy:
    return ReceiptPolicy(ReceiptRule.IN_ADDITION_TO, parties)


def read(octets: bytes) -> ExpansionHistory:
    return ExpansionHistory.read(der.decode(octets))


def history(policy: ReceiptPolicy | None = None) -> ExpansionHistory:
    return expanded(None, FIRST, at=AT, policy=policy)


def test_a_list_adds_itself_at_the_end() -> None:
    both = expanded(history(), SECOND, at=AT + timedelta(minutes=1))
    (value,) = both.attribute().values
    assert read(value) == both
    assert [one.at for one in both.expansions] == [AT, AT + timedelta(minutes=1)]
    assert both.includes(FIRST) and both.includes(SECOND) and not history().includes(SECOND)


def test_a_list_that_finds_itself_stops() -> None:
    both = expanded(history(), SECOND, at=AT)
    for agent in (FIRST, SECOND):
        with pytest.raises(ExpansionLoop) as caught:
            expanded(both, agent, at=AT)
        assert (caught.value.code, caught.value.clause) == ("expansion-loop", "RFC 2634 §4.1.1")
        assert agent.subject.text in caught.value.message


def test_a_list_is_found_by_its_key_identifier_too() -> None:
    key = FIRST.subject_key_identifier or b""
    by_key = read(der.sequence(der.sequence(der.octet_string(key), der.generalized_time(AT))))
    assert by_key.includes(FIRST) and not by_key.includes(SECOND)


def test_a_history_of_64_lists_is_full() -> None:
    full = ExpansionHistory(history().expansions * MAX_EXPANSIONS)
    (value,) = full.attribute().values
    assert len(read(value).expansions) == MAX_EXPANSIONS
    with pytest.raises(LimitExceeded):
        expanded(full, SECOND, at=AT)
    over = ExpansionHistory(history().expansions * (MAX_EXPANSIONS + 1))
    with pytest.raises(LimitExceeded):
        read(over.attribute().values[0])


@pytest.mark.parametrize(
    ("before", "own", "wanted"),
    [
        (NONE, NONE, NONE),
        (NONE, instead(BOB), NONE),
        (NONE, besides(BOB), NONE),
        (NONE, None, NONE),
        (instead(ALICE), NONE, NONE),
        (instead(ALICE), instead(BOB), instead(BOB)),
        (instead(ALICE), besides(BOB), instead(ALICE, BOB)),
        (instead(ALICE), None, instead(ALICE)),
        (besides(ALICE), NONE, NONE),
        (besides(ALICE), instead(BOB), instead(BOB)),
        (besides(ALICE), besides(BOB), besides(ALICE, BOB)),
        (besides(ALICE), None, besides(ALICE)),
        (None, NONE, NONE),
        (None, instead(BOB), instead(BOB)),
        (None, besides(BOB), besides(BOB)),
        (None, None, None),
    ],
    ids=range(16),
)
def test_policies_are_joined_as_the_table_says(
    before: ReceiptPolicy | None, own: ReceiptPolicy | None, wanted: ReceiptPolicy | None
) -> None:
    """RFC 2634 §4.3."""
    assert joined(before, own) == wanted
    passed_on = expanded(history(before), SECOND, at=AT, policy=own)
    assert read(passed_on.attribute().values[0]).policy == wanted


def test_a_policy_names_parties_unless_it_wants_no_receipt() -> None:
    for rule, parties in ((ReceiptRule.NONE, (ALICE,)), (ReceiptRule.INSTEAD_OF, ())):
        with pytest.raises(ValueError, match="parties"):
            ReceiptPolicy(rule, parties)


LIST = der.octet_string(b"list")
TIME = der.generalized_time(AT)


@pytest.mark.parametrize(
    "octets",
    [
        der.sequence(),
        der.set_of([der.sequence(LIST, TIME)]),
        der.sequence(der.sequence(LIST)),
        der.sequence(der.sequence(TIME)),
        der.sequence(der.sequence(LIST, der.time(AT))),
        der.sequence(der.sequence(LIST, TIME, der.null())),
        der.sequence(der.sequence(LIST, TIME, der.tlv(0x80, b"x"))),
        der.sequence(der.sequence(LIST, TIME, der.tlv(0xA1))),
        der.sequence(der.sequence(LIST, TIME, NONE.encode(), der.null())),
    ],
    ids=["empty", "set", "no-time", "no-list", "utc", "policy", "null-value", "nobody", "trailing"],
)
def test_what_is_no_history_is_refused(octets: bytes) -> None:
    with pytest.raises(MalformedInput):
        read(octets)


def test_a_cut_history_is_refused_at_each_length() -> None:
    (octets,) = history(besides(ALICE)).attribute().values
    for length in range(len(octets)):
        with pytest.raises(MalformedInput):
            read(octets[:length])


@given(st.binary(max_size=60))
def test_no_octets_raise_anything_else(octets: bytes) -> None:
    try:
        read(der.sequence(octets))
    except EsignError:
        return
