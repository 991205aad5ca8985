"""Lists of partitions and of changes: what they say, when they are due, that together they say the same."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import validate_path
from esign.ca.authority import Authority
from esign.ca.crl import COMPLETE, ListName
from esign.ca.events import Draft, Kind
from esign.ca.publishing import Schedule
from esign.ca.register import MemoryRegister, Register
from esign.ca.request import Subject
from esign.ca.state import State
from esign.ca.template import Publication
from esign.errors import IssuanceRefused
from esign.findings import Indication, SubIndication
from esign.io.register import SqliteRegister
from esign.x509 import Certificate, CertificateList, Trust
from tests.esign.ca.world import AT, make_issuer, make_root, officer, officer_request

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PARTITIONS = 4
URLS = Publication(
    ("http://crl.uz/{partition}.crl",), delta_urls=("http://crl.uz/{partition}.delta",), partitions=PARTITIONS
)
SCHEDULE = Schedule(7 * DAY, DAY, HOUR)


@pytest.fixture(params=["memory", "sqlite"])
def register(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Register]:
    if request.param == "memory":
        yield MemoryRegister()
    else:
        with SqliteRegister(tmp_path / "register.db") as made:
            yield made


@pytest.fixture
def authority(register: Register) -> Authority:
    return partitioned(register)


def partitioned(register: Register) -> Authority:
    return replace(make_issuer(register=register), publication=URLS, schedule=SCHEDULE)


def issue(authority: Authority, *, at: datetime = AT) -> Certificate:
    return authority.issue("officer-sign", officer(), at=at, request=officer_request())


def in_each(authority: Authority) -> list[Certificate]:
    """Certificates, one in each partition."""
    found: dict[int, Certificate] = {}
    while len(found) < PARTITIONS:
        made = issue(authority)
        found[made.serial_number % PARTITIONS] = made
    return [found[number] for number in sorted(found)]


def serials(listed: CertificateList) -> list[int]:
    return [entry.serial_number for entry in listed.entries]


# --- partitions ---


def test_a_certificate_names_the_list_of_its_partition_for_ever(authority: Authority) -> None:
    for number, certificate in enumerate(in_each(authority), 1):
        known = authority.record(certificate.serial_number)
        assert known is not None and known.partition == number
        assert certificate.crl_urls == (f"http://crl.uz/{number}.crl",)
    assert authority.register.partitions() == PARTITIONS
    fewer = replace(authority, publication=replace(URLS, partitions=2))
    assert [name.partition for name in fewer.lists(AT)] == list(range(PARTITIONS + 1))
    moved = replace(authority, publication=Publication())
    assert [name.partition for name in moved.lists(AT)] == list(range(PARTITIONS + 1))


def test_a_certificate_that_names_no_list_is_in_no_partition(authority: Authority) -> None:
    subject = Subject.of({"organization": "Markaz", "common_name": "OCSP"})
    made = authority.issue("ocsp", subject, at=AT, request=officer_request())
    known = authority.record(made.serial_number)
    assert known is not None and (known.partition, made.crl_urls) == (0, ())


def test_a_list_of_a_partition_has_its_certificates_and_says_so(authority: Authority) -> None:
    revoked = in_each(authority)
    for certificate in revoked:
        authority.revoke(certificate.serial_number, at=AT)
    made = authority.publish(authority.lists(AT), at=AT)
    assert {listed.number for listed in made.values()} == {1}
    assert sorted(serials(made[COMPLETE])) == sorted(c.serial_number for c in revoked)
    assert made[COMPLETE].scope is None
    for number, certificate in enumerate(revoked, 1):
        listed = made[ListName(number)]
        assert serials(listed) == [certificate.serial_number]
        assert listed.scope is not None and listed.scope.point.urls == certificate.crl_urls
        assert "2.5.29.28" in listed.critical_extensions
        assert listed.freshest_urls == (f"http://crl.uz/{number}.delta",)


def test_the_engine_takes_the_list_of_the_partition_and_no_other(authority: Authority) -> None:
    root = make_root()
    good, revoked, *_ = in_each(authority)
    authority.revoke(revoked.serial_number, at=AT)
    made = authority.publish(authority.lists(AT), at=AT)
    above = root.crl(AT).raw

    def judged(certificate: Certificate, partition: int) -> SubIndication | None:
        report = validate_path(
            certificate,
            pool=[authority.certificate],
            trust=Trust((root.certificate,)),
            crls=[above, made[ListName(partition)].raw],
            at=AT + HOUR,
        )
        assert (report.indication is Indication.PASSED) is (report.sub_indication is None)
        return report.sub_indication

    assert (judged(good, 1), judged(revoked, 2)) == (None, SubIndication.REVOKED)
    assert (judged(good, 0), judged(revoked, 0)) == (None, SubIndication.REVOKED)
    assert judged(good, 2) is judged(revoked, 1) is SubIndication.TRY_LATER


def test_partitions_need_addresses_that_tell_them_apart() -> None:
    for urls in ((), ("http://crl.uz/all.crl",), ("http://crl.uz/{partition}.crl", "http://b.uz/all.crl")):
        with pytest.raises(ValueError, match="partition"):
            Publication(urls, partitions=2)


def test_the_address_of_the_list_of_all_certificates_has_no_number() -> None:
    found = Publication(("http://crl.uz/persons-{partition}.crl",), partitions=2)
    assert [found.at(n).crl_urls[0].rpartition("/")[2] for n in (0, 2)] == ["persons.crl", "persons-2.crl"]


# --- changes ---


def test_a_list_of_changes_names_who_came_and_who_left(authority: Authority) -> None:
    before, held, after, *_ = (issue(authority).serial_number for _ in range(4))
    authority.revoke(before, at=AT)
    authority.suspend(held, at=AT)
    first = authority.crl(AT)
    authority.restore(held, at=AT + HOUR)
    authority.revoke(after, at=AT + HOUR, reason="keyCompromise", invalid_since=AT)
    delta = authority.publish([COMPLETE.delta], at=AT + HOUR)[COMPLETE.delta]
    assert (delta.base_number, delta.number, delta.freshest_urls) == (first.number, 2, ())
    assert "2.5.29.27" in delta.critical_extensions
    assert [(e.serial_number, e.reason) for e in delta.entries] == [
        (held, "removeFromCRL"),
        (after, "keyCompromise"),
    ]
    assert (delta.this_update, delta.next_update) == (AT + HOUR, AT + 3 * HOUR)
    assert serials(authority.crl(AT + 2 * HOUR)) == [before, after]


def test_a_hold_that_came_and_went_between_two_lists_is_taken_off(authority: Authority) -> None:
    """It may stand on a list of changes that somebody has kept."""
    serial = issue(authority).serial_number
    authority.crl(AT)
    authority.suspend(serial, at=AT)
    held = authority.publish([COMPLETE.delta], at=AT)[COMPLETE.delta]
    authority.restore(serial, at=AT + HOUR)
    freed = authority.publish([COMPLETE.delta], at=AT + HOUR)[COMPLETE.delta]
    assert [e.reason for e in held.entries] == ["certificateHold"]
    assert [e.reason for e in freed.entries] == ["removeFromCRL"]
    assert (held.base_number, freed.base_number) == (1, 1)


def test_changes_begin_at_the_oldest_whole_list_that_still_holds(authority: Authority) -> None:
    for day in range(9):
        authority.crl(AT + day * DAY)
    for day, base in ((8, 2), (9, 3)):
        made = authority.publish([COMPLETE.delta], at=AT + day * DAY)
        assert made[COMPLETE.delta].base_number == base


def test_without_a_whole_list_there_are_no_changes(authority: Authority) -> None:
    with pytest.raises(IssuanceRefused) as caught:
        authority.publish([ListName(3).delta], at=AT)
    assert (caught.value.code, caught.value.values["partition"]) == ("delta-without-base", "3")
    assert not any(name.is_delta for name in authority.lists(AT))
    authority.crl(AT)
    assert COMPLETE.delta in authority.lists(AT + 7 * DAY)
    assert COMPLETE.delta not in authority.lists(AT + 7 * DAY + timedelta(seconds=1))


def test_a_list_made_for_an_earlier_moment_loses_no_change(authority: Authority) -> None:
    """A clock that was ahead: the revocation is not on the list, so it is among the changes to it."""
    early, late = (issue(authority).serial_number for _ in range(2))
    authority.revoke(late, at=AT + HOUR)
    authority.revoke(early, at=AT)
    assert serials(authority.crl(AT)) == [early]
    delta = authority.publish([COMPLETE.delta], at=AT + HOUR)[COMPLETE.delta]
    assert late in serials(delta)
    partition = authority.record(late)
    assert partition is not None
    of_its_own = authority.publish([ListName(partition.partition)], at=AT + HOUR)
    assert late in serials(of_its_own[ListName(partition.partition)])


def test_the_engine_combines_a_whole_list_with_its_changes(authority: Authority) -> None:
    root = make_root()
    certificate = in_each(authority)[2]
    whole = authority.publish([ListName(3)], at=AT)[ListName(3)]

    def judged(delta: CertificateList, at: datetime) -> SubIndication | None:
        crls = [root.crl(AT).raw, whole.raw, delta.raw]
        trust = Trust((root.certificate,))
        report = validate_path(certificate, pool=[authority.certificate], trust=trust, crls=crls, at=at)
        return report.sub_indication

    def changes(at: datetime) -> CertificateList:
        return authority.publish([ListName(3).delta], at=at)[ListName(3).delta]

    authority.suspend(certificate.serial_number, at=AT + HOUR)
    assert judged(changes(AT + HOUR), AT + HOUR) is SubIndication.REVOKED
    authority.restore(certificate.serial_number, at=AT + 2 * HOUR)
    assert judged(changes(AT + 2 * HOUR), AT + 2 * HOUR) is None
    authority.revoke(certificate.serial_number, at=AT + 3 * HOUR)
    assert judged(changes(AT + 3 * HOUR), AT + 3 * HOUR) is SubIndication.REVOKED


ACTS = st.lists(
    st.tuples(st.sampled_from(["revoke", "suspend", "restore", "list"]), st.integers(1, 4)), max_size=20
)


@given(ACTS)
@settings(max_examples=60, deadline=None)
def test_any_whole_list_with_the_changes_since_is_the_next_whole_list(acts: list[tuple[str, int]]) -> None:
    """RFC 5280 §5.2.4, for every list that still holds and each partition."""
    authority = partitioned(MemoryRegister())
    with authority.register.transaction():
        for serial in range(1, 5):
            told = (("profile", "officer-sign"), ("partition", str(serial % 2 + 1)))
            authority.register.append(Draft(Kind.PREPARED, AT, serial, told))
            authority.register.append(Draft(Kind.ISSUED, AT, serial))
    names = [ListName(partition) for partition in range(3)]
    kept = [authority.publish(names, at=AT)]
    for minute, (act, serial) in enumerate(acts):
        at = AT + timedelta(minutes=minute)
        known = authority.record(serial)
        assert known is not None
        if act == "list":
            kept.append(authority.publish(names, at=at))
        elif act == "restore" and known.state is State.SUSPENDED:
            authority.restore(serial, at=at)
        elif act == "suspend" and known.state is State.ISSUED:
            authority.suspend(serial, at=at)
        elif act == "revoke" and known.state is not State.REVOKED:
            authority.revoke(serial, at=at)
    last = authority.publish([*names, *(name.delta for name in names)], at=AT + HOUR)
    for old in kept:
        for name in names:
            assert combined(old[name], last[name.delta]) == combined(last[name])


def combined(*lists: CertificateList) -> dict[int, tuple[datetime, str | None]]:
    found: dict[int, tuple[datetime, str | None]] = {}
    for entry in (entry for listed in lists for entry in listed.entries):
        found[entry.serial_number] = entry.revoked_at, entry.reason
        if entry.reason == "removeFromCRL":
            del found[entry.serial_number]
    return found


# --- the schedule ---


def test_each_list_is_due_by_its_schedule(authority: Authority) -> None:
    everything = set(authority.lists(AT))
    assert set(authority.due(AT)) == everything == {ListName(n) for n in range(PARTITIONS + 1)}
    authority.publish(authority.due(AT), at=AT)
    deltas = {name.delta for name in everything}
    assert set(authority.due(AT)) == deltas
    authority.publish(authority.due(AT), at=AT)
    assert authority.due(AT + HOUR - timedelta(seconds=1)) == ()
    assert set(authority.due(AT + HOUR)) == deltas
    assert set(authority.due(AT + DAY)) == deltas | everything
    authority.publish([ListName(2)], at=AT + DAY)
    assert ListName(2) not in authority.due(AT + DAY) and ListName(1) in authority.due(AT + DAY)
    assert set(authority.due(AT + 9 * DAY)) == everything


def test_what_changed_is_told_by_the_fewest_lists(authority: Authority) -> None:
    serial = in_each(authority)[2].serial_number
    assert authority.changed(AT) == ()
    authority.publish(authority.lists(AT), at=AT)
    authority.revoke(serial, at=AT + HOUR)
    assert authority.changed(AT) == ()
    told = (COMPLETE.delta, ListName(3).delta)
    assert authority.changed(AT + HOUR) == told
    authority.publish(told[1:], at=AT + HOUR)
    assert authority.changed(AT + HOUR) == told[:1]
    authority.publish([COMPLETE], at=AT + HOUR)
    assert authority.changed(AT + HOUR) == ()
    without = replace(authority, schedule=Schedule(7 * DAY, DAY))
    without.suspend(in_each(authority)[0].serial_number, at=AT + HOUR)
    assert without.changed(AT + HOUR) == (COMPLETE, ListName(1), ListName(3))


def test_an_authority_without_a_schedule_goes_by_its_profile() -> None:
    authority = make_issuer()
    assert authority.due(AT) == (COMPLETE,)
    authority.crl(AT)
    half = timedelta(days=authority.profile.crl_days) / 2
    assert authority.due(AT + half - timedelta(seconds=1)) == ()
    assert authority.due(AT + half) == (COMPLETE,)


def test_lists_of_one_publication_share_its_number(authority: Authority) -> None:
    """RFC 5280 §5.2.3: a complete and a delta list of one scope and moment MUST have the same number."""
    authority.publish(authority.lists(AT), at=AT)
    second = authority.publish(authority.lists(AT + DAY), at=AT + DAY)
    assert {listed.number for listed in second.values()} == {2}
    assert {listed.base_number for name, listed in second.items() if name.is_delta} == {1}
    assert list(second) == sorted(second)
    event = authority.register.last(Kind.CRL_PUBLISHED)
    assert event is not None and event.draft.get("base") == "1" and event.draft.get("partition") == "4"


def test_a_publication_that_fails_at_its_last_list_makes_none(authority: Authority) -> None:
    authority.crl(AT)
    events = len(list(authority.register.events()))
    with pytest.raises(IssuanceRefused):
        authority.publish([COMPLETE, ListName(4).delta], at=AT)
    assert len(list(authority.register.events())) == events
    assert authority.crl(AT).number == 2
