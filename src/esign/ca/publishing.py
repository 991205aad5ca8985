"""Publication of revocation lists: which are due at a moment, and making them.

Lists of one publication share one number, and each of an authority's lists takes its number from the same
sequence. A delta list begins at the oldest whole list that has not ended, so that whoever holds one that is
still good can use it.

    for name, made in publisher.publish(publisher.due(at), at=at).items(): ...
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from esign.ca import crl
from esign.ca.crl import ListName, Reach, Revocation
from esign.ca.events import Draft, Event, Kind, whole
from esign.ca.register import Register, listing
from esign.ca.state import Record, entry_of, list_of, record, revocations
from esign.ca.template import Issuer, Publication, assemble, issuing_scheme, key_identifier
from esign.errors import IssuanceRefused
from esign.keys import Signer
from esign.x509 import Certificate, CertificateList

REMOVED: Final = "removeFromCRL"
"""What a delta list says of a certificate that is good again (RFC 5280 §5.3.1)."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long a whole list holds, how often one is made, and how often a delta list (None: never).

    A delta list holds for twice the time between two of them.
    """

    lifetime: timedelta
    every: timedelta
    delta_every: timedelta | None = None

    @classmethod
    def of_days(cls, days: int) -> "Schedule":
        """Whole lists that hold for `days` and are made again after half of them."""
        return cls(timedelta(days=days), timedelta(days=days) / 2)


@dataclass(frozen=True)
class Publisher:
    """Who makes the lists of one authority out of its register."""

    signer: Signer
    register: Register
    publication: Publication
    schedule: Schedule

    @property
    def names(self) -> tuple[ListName, ...]:
        """Every list that is made: of all certificates, and of each partition that ever had one."""
        highest = max(self.publication.partitions, self.register.partitions())
        whole_ones = [ListName(partition) for partition in range(highest + 1)]
        deltas = [one.delta for one in whole_ones] if self.schedule.delta_every else []
        return tuple(sorted(whole_ones + deltas))

    def possible(self, at: datetime) -> tuple[ListName, ...]:
        """The lists that can be made at `at`: a delta list needs a whole one that has not ended."""
        standing = self._standing(whole(at))
        return tuple(name for name in self.names if not name.is_delta or name.whole in standing)

    def due(self, at: datetime) -> tuple[ListName, ...]:
        """The lists that the schedule wants made at `at`: those that were never made, have ended, are old
        enough, or stand before a resumption.
        """
        moment = whole(at)
        standing = self._standing(moment)
        resumed = self.register.last(Kind.RESUMED)
        since = resumed.number if resumed else 0
        every = {False: self.schedule.every, True: self.schedule.delta_every or self.schedule.every}
        return tuple(
            name
            for name in self.possible(moment)
            if name not in standing
            or standing[name][-1].number < since
            or standing[name][-1].draft.at + every[name.is_delta] <= moment
        )

    def changed(self, at: datetime) -> tuple[ListName, ...]:
        """The lists that do not say yet what happened up to `at`: delta lists where there are any, else whole
        ones.
        """
        last = {name: found[-1] for name, found in self._standing(whole(at)).items()}
        known = {name: self._knows(last.get(name), last.get(name.whole)) for name in self.possible(at)}
        after = min(known.values(), default=0)
        news = [
            (e.number, self._partition(e)) for e in listing(self.register, after=after) if e.draft.at <= at
        ]
        found = (
            name
            for name, seen in known.items()
            if any(number > seen and name.partition in (0, partition) for number, partition in news)
        )
        return tuple(name for name in found if name.is_delta or name.delta not in known)

    def _knows(self, *made: Event | None) -> int:
        """The last event that the newest of these lists knows."""
        return max((_through(one) for one in made if one), default=0)

    def _partition(self, event: Event) -> int:
        found = self.register.known(event.draft.serial)
        return found.partition if found else 0

    def publish(
        self, names: Iterable[ListName], *, at: datetime, lifetime: timedelta | None = None
    ) -> Mapping[ListName, CertificateList]:
        """Make these lists, numbered one above the last publication, inside a transaction of the register.

        A whole list comes before the delta list of the same certificates, and both say the same
        (RFC 5280 §5.2.3). `lifetime` is that of whole lists instead of the schedule's.

        Raises:
            IssuanceRefused: `crl-not-newer` when a list of a later time was published; `delta-without-base`;
                `issuer-key-mismatch`.
        """
        moment = whole(at)
        last = self.register.last(Kind.CRL_PUBLISHED)
        if last is not None and last.draft.at > moment:
            raise IssuanceRefused("crl-not-newer", last=last.draft.at.isoformat(), at=moment.isoformat())
        number = last_number(self.register) + 1
        standing = self._standing(moment)
        wanted = sorted(set(names))
        bases = {name: standing[name.whole][0] for name in wanted if name.is_delta and name.whole in standing}
        after = min(map(_through, bases.values()), default=0)
        work = _Moment(self, moment, number, lifetime or self.schedule.lifetime, after)
        return {name: work.make(name, bases.get(name)) for name in wanted}

    def _standing(self, at: datetime) -> dict[ListName, list[Event]]:
        """The publications of each list that have not ended, the oldest first."""
        found: dict[ListName, list[Event]] = {}
        for event in self.register.lists(at):
            found.setdefault(list_of(event), []).append(event)
        return found


def _through(publication: Event) -> int:
    """The last event that a list knows."""
    return int(publication.draft.get("through") or publication.number)


def last_number(register: Register) -> int:
    """The highest number of a list that was published, 0 before the first one."""
    known = (register.last(kind) for kind in (Kind.CRL_PUBLISHED, Kind.RESUMED))
    return max((int(event.draft.get("number") or 0) for event in known if event), default=0)


def listed(register: Register, partition: int, at: datetime) -> tuple[int, bytes]:
    """How many of a partition (0: of all) are revoked or on hold at `at`, and their entries, DER, in order.

    The register has them ready as they stand; for an earlier moment they are found anew.
    """
    if is_now(register, at):
        return register.listed(partition)
    found = [r for r in revocations(listing(register), at=at) if _is_in(register, partition, r.serial)]
    return len(found), b"".join(map(crl.entry, found))


def is_now(register: Register, at: datetime) -> bool:
    """Whether nothing that changes lists happened after `at`."""
    latest = register.latest()
    return latest is None or latest <= at


def _is_in(register: Register, partition: int, serial: int) -> bool:
    found = register.known(serial) if partition else None
    return not partition or (found is not None and found.partition == partition)


@dataclass(frozen=True)
class _Moment:
    """One publication at work."""

    by: Publisher
    at: datetime
    number: int
    lifetime: timedelta
    after: int

    def make(self, name: ListName, base: Event | None) -> CertificateList:
        """One list, signed and stored as published; `base` is where a delta list begins, None for a whole
        one.
        """
        count, entries = self._changes(name, base) if name.is_delta else self._all(name)
        until = self.at + (
            (self.by.schedule.delta_every or self.lifetime) * 2 if name.is_delta else self.lifetime
        )
        base_number = int(base.draft.get("number")) if base else None
        encoded = self._signed(entries, until, self._reach(name, base_number))
        told = {
            "number": str(self.number),
            "partition": str(name.partition) if name.partition else "",
            "base": "" if base_number is None else str(base_number),
            "next-update": until.isoformat(),
            "entries": str(count),
            "through": "" if self._through is None else str(self._through),
            "sha256": hashlib.sha256(encoded).hexdigest(),
        }
        details = tuple((key, value) for key, value in told.items() if value)
        self.by.register.append(Draft(Kind.CRL_PUBLISHED, self.at, 0, details))
        return CertificateList.load(encoded)

    def _all(self, name: ListName) -> tuple[int, bytes]:
        return listed(self.by.register, name.partition, self.at)

    def _changes(self, name: ListName, base: Event | None) -> tuple[int, bytes]:
        """Who came on the whole lists since `base`, and who left them (RFC 5280 §5.2.4)."""
        if base is None:
            raise IssuanceRefused("delta-without-base", partition=name.partition)
        told = (self._change(event, record) for event, record in self._changed(base, name.partition))
        entries = [crl.entry(change) for change in told]
        return len(entries), b"".join(entries)

    def _changed(self, base: Event, partition: int) -> Iterator[tuple[Event, Record]]:
        after = _through(base)
        return (
            (event, found)
            for event, found in self._news
            if event.number > after and partition in (0, found.partition)
        )

    @cached_property
    def _news(self) -> tuple[tuple[Event, Record], ...]:
        """Whose state changed since the first of all bases, with the last change."""
        register = self.by.register
        events = listing(register, after=self.after)
        latest = {event.draft.serial: event for event in events if event.draft.at <= self.at}
        read = register.known if self._through is None else self._then
        told = ((event, read(serial)) for serial, event in latest.items())
        return tuple((event, found) for event, found in told if found is not None)

    def _then(self, serial: int) -> Record | None:
        return record(self.by.register.events(serial=serial), at=self.at)

    def _change(self, event: Event, found: Record) -> Revocation:
        if found.revoked_at is None:
            return Revocation(found.serial, event.draft.at, REMOVED)
        return entry_of(found)

    @cached_property
    def _through(self) -> int | None:
        """The last event that a list of this moment knows, where later ones are dated after it."""
        if is_now(self.by.register, self.at):
            return None
        return next(e.number for e in listing(self.by.register) if e.draft.at > self.at) - 1

    def _reach(self, name: ListName, base_number: int | None) -> Reach:
        found = self.by.publication.at(name.partition)
        scope = found.crl_urls if name.partition else ()
        has_deltas = self.by.schedule.delta_every is not None and not name.is_delta
        return Reach(scope, base_number, found.delta_urls if has_deltas else ())

    def _signed(self, entries: bytes, until: datetime, reach: Reach) -> bytes:
        own, key = Certificate.load(self.by.signer.certificate), self.by.signer.key
        scheme = issuing_scheme(own.public_key)
        identifier = own.subject_key_identifier or key_identifier(own.public_key_info)
        tbs = crl.write(
            Issuer(own.subject.raw, identifier, scheme),
            entries,
            number=self.number,
            this_update=self.at,
            next_update=until,
            reach=reach,
        )
        signature = key.sign(scheme, tbs)
        # A faulty signature can give the key away, so what is not good never leaves.
        if not scheme.is_valid(own.public_key, signature, tbs):
            raise IssuanceRefused("issuer-key-mismatch")
        return assemble(tbs, scheme, signature)
