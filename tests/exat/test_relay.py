"""Where a letter goes, when it is tried again, and what an answer means."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exat.directory import Directory
from exat.relay import (
    GIVE_UP,
    MAX_JITTER,
    RETRY_AFTER,
    Disposition,
    disposition,
    is_delayed,
    next_attempt,
    routes,
    settle,
)
from tests.exat.world import ARCHIVE, AT, CHANCERY, TAX, TAX_ARCHIVE, address, adliya, here, soliq

NONE = timedelta(0)


def test_recipients_are_sorted_by_agency() -> None:
    unknown = address("nobody@soliq.uz")
    foreign = address("somebody@example.org")
    found = routes([address(TAX), address(ARCHIVE), unknown, address(TAX_ARCHIVE), foreign], here())
    assert found.local == (address(ARCHIVE),)
    assert found.remote == (("soliq.uz", (address(TAX), address(TAX_ARCHIVE))),)
    assert found.unknown == (unknown, foreign)


def test_a_mailbox_is_served_once_whatever_the_case() -> None:
    found = routes([address(TAX), address(TAX.upper()), address(CHANCERY), address(CHANCERY)], here())
    assert found.remote == (("soliq.uz", (address(TAX),)),)
    assert found.local == (address(CHANCERY),)


def test_routing_is_by_mailbox_where_a_domain_is_shared() -> None:
    shared = address("soliq@exat.uz")
    mailbox = replace(soliq().agency.mailboxes[0], address=shared)
    peer = replace(soliq().agency, mailboxes=(mailbox,))
    assert routes([shared], Directory(adliya().agency, (peer,))).remote == (("soliq.uz", (shared,)),)


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 1), (2, 2), (3, 5), (4, 10), (5, 20), (6, 30), (40, 30)]
)
def test_the_pause_grows_to_half_an_hour(attempts: int, minutes: int) -> None:
    due = next_attempt(attempts, queued_at=AT, at=AT + timedelta(hours=1), jitter=NONE)
    assert due == AT + timedelta(hours=1, minutes=minutes)


def test_jitter_is_added() -> None:
    jitter = timedelta(seconds=7)
    assert next_attempt(1, queued_at=AT, at=AT, jitter=jitter) == AT + timedelta(seconds=67)


def test_the_last_attempt_stands_at_the_end_of_the_day() -> None:
    at = AT + timedelta(hours=23, minutes=45)
    assert next_attempt(50, queued_at=AT, at=at, jitter=NONE) == AT + GIVE_UP


def test_after_a_day_it_is_over() -> None:
    assert next_attempt(50, queued_at=AT, at=AT + GIVE_UP, jitter=NONE) is None
    assert next_attempt(50, queued_at=AT, at=AT + GIVE_UP - timedelta(seconds=1), jitter=NONE) == AT + GIVE_UP


@given(st.integers(0, 60))
def test_a_letter_is_tried_until_the_day_is_over(seconds: int) -> None:
    at, attempts = AT, 1
    while (due := next_attempt(attempts, queued_at=AT, at=at, jitter=timedelta(seconds=seconds))) is not None:
        assert at < due <= AT + GIVE_UP
        assert due - at <= RETRY_AFTER[-1] + MAX_JITTER
        at, attempts = due, attempts + 1
    assert at == AT + GIVE_UP
    assert attempts > 40


@pytest.mark.parametrize(("attempts", "jitter"), [(0, 0), (1, -1), (1, 61)])
def test_senseless_arguments_are_a_mistake(attempts: int, jitter: int) -> None:
    with pytest.raises(ValueError):
        next_attempt(attempts, queued_at=AT, at=AT, jitter=timedelta(seconds=jitter))


def test_silence_of_twelve_hours_is_told() -> None:
    assert not is_delayed(queued_at=AT, at=AT + timedelta(hours=11, minutes=59))
    assert is_delayed(queued_at=AT, at=AT + timedelta(hours=12))


@pytest.mark.parametrize(
    ("code", "expect"),
    [
        (200, Disposition.RELAYED),
        (250, Disposition.RELAYED),
        (251, Disposition.RELAYED),
        (354, Disposition.RETRY),
        (421, Disposition.RETRY),
        (451, Disposition.RETRY),
        (499, Disposition.RETRY),
        (500, Disposition.FAILED),
        (550, Disposition.FAILED),
        (599, Disposition.FAILED),
        (600, Disposition.RETRY),
        (0, Disposition.RETRY),
    ],
)
def test_an_answer_is_permanent_or_not(code: int, expect: Disposition) -> None:
    assert disposition(code) is expect


def test_each_recipient_has_its_own_fate() -> None:
    one, two, three = address(TAX), address(TAX_ARCHIVE), address("uchinchi@soliq.uz")
    found = settle([one, two, three], {one.key: 250, two.key: 550})
    assert (found.relayed, found.retry, found.failed) == ((one,), (three,), (two,))
