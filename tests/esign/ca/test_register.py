"""What every register does, in memory and on disk: the same tests for both."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign.ca import log, tree
from esign.ca.crl import entry
from esign.ca.events import FIRST, Draft, Event, Kind, chained
from esign.ca.register import MemoryRegister, Register
from esign.ca.state import ALL, Query, State, record, revocations
from esign.errors import RegisterError
from esign.io.register import SqliteRegister
from tests.esign.ca.world import AT

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["memory", "sqlite"])
def register(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Register]:
    if request.param == "memory":
        yield MemoryRegister()
    else:
        with SqliteRegister(tmp_path / "register.db") as made:
            yield made


def store(register: Register, *drafts: Draft) -> list[Event]:
    with register.transaction():
        return [register.append(draft) for draft in drafts]


def prepared(serial: int, minute: int = 0) -> Draft:
    details = (("profile", "officer-sign"), ("subject", "CN=Вали"))
    return Draft(Kind.PREPARED, AT + minute * MINUTE, serial, details, b"tbs")


def issued(serial: int, minute: int = 0) -> Draft:
    return Draft(Kind.ISSUED, AT + minute * MINUTE, serial, (), b"certificate")


def revoked(serial: int, minute: int = 0) -> Draft:
    details = (("reason", "keyCompromise"), ("invalid-since", (AT - MINUTE).isoformat()))
    return Draft(Kind.REVOKED, AT + minute * MINUTE, serial, details)


def test_events_come_back_as_they_went_in(register: Register) -> None:
    drafts = [prepared(1 << 158), issued(1 << 158, 1), Draft(Kind.CRL_PUBLISHED, AT, 0, (("number", "1"),))]
    stored = store(register, *drafts)
    assert list(register.events()) == stored
    assert [event.draft for event in stored] == drafts
    assert [event.number for event in stored] == [1, 2, 3]
    assert register.head() == stored[-1]


def test_an_empty_register_has_no_head(register: Register) -> None:
    assert register.head() is None and register.last(Kind.ISSUED) is None
    assert list(register.events()) == [] and log.check(register.events()) is None


def test_each_event_is_bound_to_the_one_before(register: Register) -> None:
    first, second = store(register, prepared(1), issued(1))
    assert first.previous == FIRST and second.previous == first.hash
    assert log.check(register.events()) == second


def test_events_are_found_by_certificate_and_by_kind(register: Register) -> None:
    stored = store(register, prepared(1), prepared(2), issued(2), issued(1), revoked(2))
    assert list(register.events(serial=2)) == [stored[1], stored[2], stored[4]]
    assert list(register.events(kind=Kind.ISSUED)) == [stored[2], stored[3]]
    assert list(register.events(serial=2, kind=Kind.REVOKED)) == [stored[4]]
    assert list(register.events(serial=3)) == []
    assert register.last(Kind.PREPARED) == stored[1]


def test_a_serial_is_prepared_once(register: Register) -> None:
    store(register, prepared(7))
    with pytest.raises(RegisterError) as caught:
        store(register, issued(8), prepared(7))
    assert (caught.value.code, caught.value.values["serial"]) == ("serial-used", "7")
    assert [e.draft.kind for e in register.events()] == [Kind.PREPARED]


def test_a_transaction_that_fails_leaves_nothing(register: Register) -> None:
    store(register, prepared(1))
    with pytest.raises(KeyError), register.transaction():
        register.append(prepared(2))
        register.append(issued(2))
        raise KeyError
    assert [e.draft.serial for e in register.events()] == [1]
    assert list(register.events(serial=2)) == [] and register.last(Kind.ISSUED) is None
    event = store(register, prepared(2))[0]
    assert event.number == 2 and log.check(register.events()) == event


def test_an_event_is_appended_inside_a_transaction_only(register: Register) -> None:
    with pytest.raises(RuntimeError):
        register.append(prepared(1))


def test_transactions_do_not_nest(register: Register) -> None:
    with register.transaction():
        with pytest.raises(RegisterError) as caught, register.transaction():
            pass
        assert caught.value.code == "register-busy"
        register.append(prepared(1))
    assert log.check(register.events())


def test_what_is_appended_is_read_inside_the_transaction(register: Register) -> None:
    with register.transaction():
        event = register.append(Draft(Kind.CRL_PUBLISHED, AT, 0, (("number", "4"),)))
        assert register.last(Kind.CRL_PUBLISHED) == event == register.head()


def test_many_events_are_read_in_order(register: Register) -> None:
    store(register, *(prepared(n + 1) for n in range(1203)))
    assert [e.draft.serial for e in register.events()] == list(range(1, 1204))
    assert log.check(register.events()) == register.head()


# --- the chain ---


def alterations(event: Event) -> list[Event]:
    draft = event.draft
    return [
        replace(event, draft=replace(draft, serial=99)),
        replace(event, draft=replace(draft, at=draft.at + timedelta(seconds=1))),
        replace(event, draft=replace(draft, at=draft.at + timedelta(microseconds=1))),
        replace(event, draft=replace(draft, kind=Kind.ABANDONED)),
        replace(event, draft=replace(draft, details=(("profile", "root"),))),
        replace(event, draft=replace(draft, octets=b"x")),
        replace(event, hash=bytes(32)),
        replace(event, previous=bytes(31) + b"\1"),
        replace(event, number=9),
        chained(replace(draft, serial=99), Event(event.number - 1, draft, event.previous, event.previous)),
    ]


@pytest.mark.parametrize("number", range(9))
def test_an_altered_event_is_named(number: int) -> None:
    register = MemoryRegister()
    stored = store(register, prepared(1), prepared(2), issued(1), issued(2))
    stored[1] = alterations(stored[1])[number]
    with pytest.raises(RegisterError) as caught:
        log.check(stored)
    assert (caught.value.code, caught.value.values["number"]) == ("register-altered", "2")


def test_an_event_rewritten_with_its_hash_breaks_the_next_one() -> None:
    register = MemoryRegister()
    stored = store(register, prepared(1), prepared(2), issued(1))
    stored[1] = alterations(stored[1])[9]
    with pytest.raises(RegisterError) as caught:
        log.check(stored)
    assert caught.value.values["number"] == "3"


def test_a_missing_event_is_named() -> None:
    stored = store(MemoryRegister(), prepared(1), prepared(2), issued(1))
    with pytest.raises(RegisterError) as caught:
        log.check([stored[0], stored[2]])
    assert caught.value.values["number"] == "2"


def test_two_events_in_each_others_place_are_named() -> None:
    stored = store(MemoryRegister(), prepared(1), prepared(2), issued(1))
    with pytest.raises(RegisterError) as caught:
        log.check([stored[1], stored[0], stored[2]])
    assert caught.value.values["number"] == "1"


def test_the_hash_does_not_depend_on_the_zone_of_the_time() -> None:
    there = replace(prepared(1), at=AT.astimezone(timezone(timedelta(hours=5))))
    assert chained(there, None).hash == chained(prepared(1), None).hash


@given(st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=4), st.binary(max_size=9))
def test_events_that_differ_are_encoded_differently(details: list[tuple[str, str]], octets: bytes) -> None:
    """Details do not run into each other: DER gives each its length."""
    try:
        "".join(a + b for a, b in details).encode()
    except UnicodeEncodeError:
        return
    draft = Draft(Kind.REFUSED, AT, 0, tuple(details), octets)
    joined = Draft(Kind.REFUSED, AT, 0, (("", "".join(a + b for a, b in details)),), octets)
    assert (chained(draft, None).hash == chained(joined, None).hash) is (draft == joined)


# --- the fold ---


def test_the_state_of_a_certificate_is_the_fold_over_its_events() -> None:
    drafts = [prepared(1), issued(1, 1), revoked(1, 2)]
    events = store(MemoryRegister(), *drafts)
    states = [found.state for n in range(1, 4) if (found := record(events[:n]))]
    assert states == [State.PREPARED, State.ISSUED, State.REVOKED]
    last = record(events)
    assert last is not None
    assert (last.certificate, last.reason, last.revoked_at) == (
        b"certificate",
        "keyCompromise",
        AT + 2 * MINUTE,
    )
    assert (last.invalid_since, last.profile, last.subject) == (AT - MINUTE, "officer-sign", "CN=Вали")


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (AT - MINUTE, None),
        (AT, State.PREPARED),
        (AT + MINUTE, State.ISSUED),
        (AT + 2 * MINUTE - timedelta(seconds=1), State.ISSUED),
        (AT + 2 * MINUTE, State.REVOKED),
    ],
)
def test_the_fold_ends_at_its_moment_inclusive(at: datetime, state: State | None) -> None:
    events = store(MemoryRegister(), prepared(1), issued(1, 1), revoked(1, 2))
    found = record(events, at=at)
    assert (found.state if found else None) is state


def test_a_certificate_that_finished_after_it_was_given_up_is_issued() -> None:
    """Another process was still at work: what it handed out must stay revocable."""
    events = store(MemoryRegister(), prepared(1), Draft(Kind.ABANDONED, AT, 1), issued(1))
    found = record(events)
    assert found is not None and found.state is State.ISSUED


# --- what the events come to ---


def person(serial: int, name: str, **told: str) -> Draft:
    told = {"profile": "officer-sign", "subject": f"CN={name},C=UZ", **told}
    return Draft(Kind.PREPARED, AT, serial, tuple(told.items()))


def test_certificates_stand_in_the_order_of_preparation(register: Register) -> None:
    store(register, prepared(3), prepared(1), issued(3), Draft(Kind.REFUSED, AT, 0))
    assert [found.serial for found in register.find(ALL)] == [3, 1]
    assert register.known(1) == record(register.events(serial=1))
    assert register.known(2) is None


def test_each_register_tells_what_the_fold_over_its_events_tells(register: Register) -> None:
    store(register, *(act(serial) for serial in range(1, 7) for act in (prepared, issued)))
    store(register, revoked(1, 1), suspended(2, 1), suspended(3, 1), Draft(Kind.RESTORED, AT + MINUTE, 3))
    store(register, suspended(4, 1), revoked(4, 2), Draft(Kind.ABANDONED, AT, 5), prepared(9))
    events = list(register.events())
    for serial in (1, 2, 3, 4, 5, 6, 9):
        assert register.known(serial) == record(e for e in events if e.draft.serial == serial)
    on_list = tuple(revocations(events))
    assert [found.serial for found in on_list] == [1, 2, 4]
    assert register.listed() == (3, b"".join(map(entry, on_list)))


def suspended(serial: int, minute: int = 0) -> Draft:
    return Draft(Kind.SUSPENDED, AT + minute * MINUTE, serial)


def test_pages_follow_each_other_without_gap_or_repetition(register: Register) -> None:
    store(register, *(prepared(serial) for serial in range(1, 12)))
    seen, after = [], 0
    while page := register.find(ALL, after=after, limit=4):
        assert len(page) <= 4
        seen += [found.serial for found in page]
        after = page[-1].number
    assert seen == list(range(1, 12))


@pytest.mark.parametrize(
    ("query", "serials"),
    [
        (ALL, [1, 2, 3, 4]),
        (Query(words="aliyev"), [1, 2]),
        (Query(words="ALIYEV an"), [1]),
        (Query(words="agency b.aliyev"), [2]),
        (Query(words="Алиева"), [3]),
        (Query(words="liyev"), []),
        (Query(words='" OR 1'), []),
        (Query(words="-*()"), [1, 2, 3, 4]),
        (Query(stir="301234567"), [1, 3]),
        (Query(stir="301234567", words="aliyev"), [1]),
        (Query(pinfl="31201901234563"), [2]),
        (Query(profile="tsa"), [4]),
        (Query(state=State.REVOKED), [2]),
        (Query(state=State.PREPARED, profile="officer-sign"), [1, 3]),
        (Query(expires_before=AT + MINUTE), [1]),
        (Query(expires_before=AT), []),
    ],
)
def test_certificates_are_found_by_what_is_known_of_them(
    query: Query, serials: list[int], register: Register
) -> None:
    until = {"not-after": AT.isoformat()}
    first = person(1, "Aliyev Anvar", stir="301234567", **until)
    second = person(2, "Aliyev Bek", pinfl="31201901234563", emails="b.aliyev@agency.uz")
    later = {"not-after": (AT + MINUTE).isoformat()}
    store(register, first, second, person(3, "Алиева Вали", stir="301234567", **later))
    store(register, person(4, "TSA 1", profile="tsa"), issued(2), revoked(2))
    assert [found.serial for found in register.find(query)] == serials


def test_what_expires_first_comes_first(register: Register) -> None:
    ends = (5, 2, 9, 2, 7, 1)
    store(
        register,
        *(
            person(serial, "A", **{"not-after": (AT + day * MINUTE).isoformat()})
            for serial, day in enumerate(ends, 1)
        ),
    )
    query, seen, after = Query(expires_before=AT + 9 * MINUTE), [], 0
    while page := register.find(query, after=after, limit=2):
        seen += [found.serial for found in page]
        after = page[-1].number
    assert seen == [6, 2, 4, 1, 5]


def test_what_is_rolled_back_is_not_found(register: Register) -> None:
    store(register, prepared(1), issued(1))
    with pytest.raises(ZeroDivisionError), register.transaction():
        register.append(prepared(2))
        register.append(revoked(1))
        raise ZeroDivisionError
    assert [found.serial for found in register.find(ALL)] == [1]
    assert register.listed() == (0, b"")


# --- on disk ---


def open_register(tmp_path: Path) -> SqliteRegister:
    return SqliteRegister(tmp_path / "register.db", busy_seconds=0.05)


def test_a_register_is_private_to_its_owner(tmp_path: Path) -> None:
    open_register(tmp_path).close()
    assert (tmp_path / "register.db").stat().st_mode & 0o777 == 0o600


def test_what_the_events_come_to_is_made_anew_from_them(tmp_path: Path) -> None:
    with open_register(tmp_path) as first:
        store(first, prepared(1), issued(1), prepared(2), issued(2), revoked(2), suspended(1))
        store(first, in_partition(3, 7), in_partition(4, 2), suspended(3), publication(9))
        told = everything(first)
    with closing(sqlite3.connect(tmp_path / "register.db")) as by_hand, by_hand:
        for table in ("certificates", "words", "listed", "partitions", "lists"):
            by_hand.execute(f"DROP TABLE {table}")
        by_hand.execute("DROP INDEX events_listing")
        by_hand.execute("DELETE FROM _sqlite_migrations WHERE name IN ('m003_certificates', 'm004_lists')")
    with open_register(tmp_path) as second:
        assert everything(second) == told


def test_a_register_of_an_older_version_is_brought_forward(tmp_path: Path) -> None:
    with open_register(tmp_path) as first:
        store(first, prepared(1), issued(1), suspended(1), publication(9))
        told = everything(first)
    with closing(sqlite3.connect(tmp_path / "register.db")) as by_hand, by_hand:
        by_hand.execute("DROP INDEX listed_partition")
        by_hand.execute("DROP INDEX events_listing")
        for table in ("certificates", "listed"):
            by_hand.execute(f"ALTER TABLE {table} DROP COLUMN partition")
        for table in ("partitions", "lists"):
            by_hand.execute(f"DROP TABLE {table}")
        by_hand.execute("DELETE FROM _sqlite_migrations WHERE name = 'm004_lists'")
    with open_register(tmp_path) as second:
        assert everything(second) == told
        assert store(second, in_partition(2, 5))[0].number == 5 and second.partitions() == 5


def in_partition(serial: int, partition: int) -> Draft:
    draft = prepared(serial)
    return replace(draft, details=(*draft.details, ("partition", str(partition))))


def publication(hours: int) -> Draft:
    told = (("number", "1"), ("next-update", (AT + timedelta(hours=hours)).isoformat()))
    return Draft(Kind.CRL_PUBLISHED, AT, 0, told)


def everything(register: Register) -> tuple[object, ...]:
    found = register.find(Query(words="вали"))
    assert found and register.lists(AT)
    lists = [register.listed(partition) for partition in (0, 2, 7)]
    return register.find(ALL), found, lists, register.lists(AT), register.partitions(), register.latest()


def test_publications_are_found_by_when_their_lists_end(register: Register) -> None:
    events = store(register, publication(1), publication(5), Draft(Kind.CRL_PUBLISHED, AT, 0), publication(3))
    assert register.lists(AT) == tuple(events)
    assert register.lists(AT + timedelta(hours=3)) == (events[1], events[3])
    assert register.lists(AT + timedelta(hours=3, seconds=1)) == (events[1],)


def test_the_latest_change_is_the_one_with_the_latest_date(register: Register) -> None:
    assert register.latest() is None
    store(register, prepared(1, 9), revoked(1, 5), prepared(2, 1), suspended(2, 2), publication(900))
    assert register.latest() == AT + 5 * MINUTE


@pytest.mark.parametrize("told", ["", "x", "-1", "1" * 30, "٣", "0"])
def test_a_partition_that_is_nonsense_is_none(register: Register, told: str) -> None:
    draft = prepared(1)
    store(register, replace(draft, details=(*draft.details, ("partition", told))))
    found = register.known(1)
    assert found is not None and found.partition == 0 == register.partitions()


def test_two_writers_by_turns_keep_the_hashes_of_both(tmp_path: Path) -> None:
    """What a writer remembers of its own events is no word about another's, nor about what was undone."""
    with open_register(tmp_path) as first, open_register(tmp_path) as second:
        for number in range(0, 600, 3):
            with pytest.raises(KeyError), first.transaction():
                first.append(prepared(5000 + number))
                raise KeyError
            store(first, prepared(number + 1))
            store(second, prepared(number + 2), prepared(number + 3))
        for start, stop in ((0, 256), (256, 512)):
            assert first.kept(start, stop) == tree.root(list(second.leaves(start, stop)))
            events = (event for event in first.events() if start < event.number <= stop)
            assert first.kept(start, stop) == tree.root([tree.leaf(event.encoded) for event in events])


def test_a_register_opens_again_where_it_ended(tmp_path: Path) -> None:
    with open_register(tmp_path) as first:
        stored = store(first, prepared(1), issued(1))
    with open_register(tmp_path) as second:
        assert list(second.events()) == stored
        assert store(second, revoked(1))[0].number == 3
        assert log.check(second.events())


def test_two_writers_share_one_chain(tmp_path: Path) -> None:
    with open_register(tmp_path) as one, open_register(tmp_path) as two:
        for number in range(6):
            store((one, two)[number % 2], prepared(number + 1))
        assert log.check(one.events()) == two.head()


def test_a_writer_that_waits_too_long_says_so(tmp_path: Path) -> None:
    with open_register(tmp_path) as one, open_register(tmp_path) as two, one.transaction():
        with pytest.raises(RegisterError) as caught, two.transaction():
            pass
        assert caught.value.code == "register-busy"


def test_a_reader_sees_nothing_of_an_open_transaction(tmp_path: Path) -> None:
    with open_register(tmp_path) as one, open_register(tmp_path) as two:
        with one.transaction():
            one.append(prepared(1))
            assert two.head() is None
        assert two.head() is not None


@pytest.mark.parametrize("statement", ["UPDATE events SET serial = '9'", "DELETE FROM events"])
def test_the_database_itself_refuses_to_change_an_event(tmp_path: Path, statement: str) -> None:
    with open_register(tmp_path) as register:
        store(register, prepared(1))
    with sqlite3.connect(tmp_path / "register.db") as connection:
        with pytest.raises(sqlite3.IntegrityError, match="events are only added"):
            connection.execute(statement)


@pytest.mark.parametrize(
    "assignment",
    [
        "octets = x'00'",
        "serial = ''",
        "serial = 'not hexadecimal'",
        "details = 'no json'",
        "details = '[]'",
        "details = '[1]'",
        """details = '[["profile","\\ud800"]]'""",
        f"details = '{'[' * 5000}'",
        "at = '0001-01-01T00:00:00+05:00'",
        "kind = 'unheard-of'",
        "kind = 'abandoned'",
        "at = 'yesterday'",
        "at = '2026-11-23T12:00:01+00:00'",
        "at = '2026-11-23T12:00:00'",
        "hash = x'00'",
        "previous = x''",
    ],
)
def test_a_row_altered_behind_our_back_is_named(tmp_path: Path, assignment: str) -> None:
    with open_register(tmp_path) as register:
        store(register, prepared(1), prepared(2), issued(1))
    with sqlite3.connect(tmp_path / "register.db") as connection:
        connection.execute("DROP TRIGGER events_no_update")
        connection.execute(f"UPDATE events SET {assignment} WHERE number = 2")  # noqa: S608
    with open_register(tmp_path) as register, pytest.raises(RegisterError) as caught:
        log.check(register.events())
    assert (caught.value.code, caught.value.values["number"]) == ("register-altered", "2")


def test_a_file_that_is_no_register_is_our_error(tmp_path: Path) -> None:
    (tmp_path / "register.db").write_bytes(b"not a database, whatever its name is" * 100)
    with pytest.raises(RegisterError) as caught:
        open_register(tmp_path)
    assert caught.value.code == "register-error"


def test_a_folder_in_the_way_is_our_error(tmp_path: Path) -> None:
    (tmp_path / "register.db").mkdir()
    with pytest.raises(RegisterError):
        open_register(tmp_path)
