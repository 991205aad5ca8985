"""Going on after an older copy of a register was restored: forward, from what was given away.

What happened after the copy was made is lost, but not what it said to the world: the last checkpoint keeps
the log whole, the last lists keep who is revoked, and their numbers go on. What was lost is named in an
event; a certificate that turns up later is taken in again.

    found = resume(authority, checkpoint, lists, at=at)
    adopt(authority, certificate, at=at)
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from esign.ca import log, tree
from esign.ca.authority import Authority
from esign.ca.events import Draft, Event, Kind, whole
from esign.ca.log import Checkpoint
from esign.ca.publishing import REMOVED, last_number
from esign.ca.register import subtree
from esign.ca.state import HOLD, Query, State
from esign.ca.template import Publication, issuing_scheme
from esign.crl import RevokedEntry
from esign.errors import IssuanceRefused, RegisterError
from esign.extensions import INVALIDITY_DATE, value_of
from esign.x509 import Certificate, CertificateList


@dataclass(frozen=True, slots=True)
class Resumed:
    """What a resumption found: the numbers of the events that are `lost`, how many revocations were `taken`
    from lists, the serials of certificates that only those know (`unknown`), and of those on hold here that
    the list of all certificates does not name any more (`held`): they stay on hold until somebody decides.
    """

    event: Event
    lost: range
    taken: int
    unknown: tuple[int, ...]
    held: tuple[int, ...]


def resume(
    authority: Authority, checkpoint: bytes, lists: Iterable[CertificateList] = (), *, at: datetime
) -> Resumed:
    """Let a register that is behind `checkpoint` go on from there, with what the last `lists` say.

    Nothing that stands in the register is taken back. Numbers of lists go on above every one that can have
    been given away: each lost event can have been a list.

    Raises:
        EsignError: `checkpoint-malformed`.
        RegisterError: `checkpoint-foreign`, `register-not-behind`, `checkpoint-broken` when the register is
            no older copy of this log, as far as the hashes tell that both have.
        IssuanceRefused: `crl-foreign` for a list of another authority; `crl-not-newer` for one of a later
            moment than `at`.
    """
    moment, known, found = whole(at), Checkpoint.read(checkpoint, authority.certificate), tuple(lists)
    for one in found:
        _check_own(authority, one, moment)
    register = authority.register
    with register.transaction():
        lost = _lost(authority, known, found)
        number = max([last_number(register) + len(lost), *(one.number or 0 for one in found)])
        event = _go_on(
            authority, known, Draft(Kind.RESUMED, moment, 0, _told(known, lost, number), checkpoint)
        )
        entries = _entries(found)
        unknown = tuple(serial for serial in entries if register.known(serial) is None)
        taken = sum(_take(authority, one, entry) for one, entry in entries.values())
        if authority.known is not None:
            log.check_reached(register, authority.known)
        return Resumed(event, lost, taken, unknown, _held(authority, found, entries))


def adopt(authority: Authority, certificate: Certificate, *, at: datetime, profile: str = "") -> Event:
    """Take in a certificate of this authority that its register has lost; a revocation of it stays.

    `profile` is the name of the one that it was issued by; without it the certificate can be revoked, but not
    suspended.

    Raises:
        IssuanceRefused: `certificate-foreign` when this authority did not sign it, `profile-unknown`.
        RegisterError: `serial-used` when the register has it; `register-behind`.
    """
    serial = certificate.serial_number
    if not _is_own(authority, certificate):
        raise IssuanceRefused("certificate-foreign", subject=certificate.subject.shown)
    if profile and profile not in authority.profiles:
        raise IssuanceRefused("profile-unknown", name=profile, known=", ".join(sorted(authority.profiles)))
    with authority.writing():
        found = authority.register.known(serial)
        if found is not None and found.certificate:
            raise RegisterError("serial-used", serial=f"{serial:x}")
        about = replace(authority, publication=_every_partition(authority)).details(profile, certificate)
        return authority.register.append(Draft(Kind.ADOPTED, whole(at), serial, about, certificate.raw))


def _check_own(authority: Authority, found: CertificateList, at: datetime) -> None:
    if not _is_own(authority, found):
        raise IssuanceRefused("crl-foreign", issuer=found.issuer.shown)
    if found.this_update > at:
        raise IssuanceRefused("crl-not-newer", last=found.this_update.isoformat(), at=at.isoformat())


def _is_own(authority: Authority, found: Certificate | CertificateList) -> bool:
    own = authority.certificate
    scheme = issuing_scheme(own.public_key)
    return (found.issuer, found.signature_algorithm) == (own.subject, scheme.identifier) and scheme.is_valid(
        own.public_key, found.signature, found.tbs
    )


def _lost(authority: Authority, known: Checkpoint, lists: tuple[CertificateList, ...]) -> range:
    """The numbers of the events that `known` has and the register has not."""
    register = authority.register
    head = register.head()
    size = head.number if head else 0
    ahead = any((one.number or 0) > last_number(register) for one in lists)
    if known.size < size or (known.size == size and not ahead):
        raise RegisterError("register-not-behind", size=known.size, found=size)
    for (start, stop), hashed in zip(tree.peaks(known.size), known.peaks, strict=True):
        if stop <= size and subtree(register, start, stop) != hashed:
            raise RegisterError("checkpoint-broken", first=start + 1, last=stop, where=f"event {start + 1}")
    return range(size + 1, known.size + 1)


def _told(known: Checkpoint, lost: range, number: int) -> tuple[tuple[str, str], ...]:
    names = (("lost-from", str(lost[0])), ("lost-to", str(lost[-1]))) if lost else ()
    return (*names, ("head", known.head.hex()), ("number", str(number)))


def _go_on(authority: Authority, known: Checkpoint, draft: Draft) -> Event:
    """The event of resumption, on the peaks of the checkpoint."""
    if draft.get("lost-from"):
        for (start, stop), hashed in zip(tree.peaks(known.size), known.peaks, strict=True):
            authority.register.keep(start, stop, hashed)
    return authority.register.append(draft)


_Said = dict[int, tuple[CertificateList, RevokedEntry]]


def _entries(lists: tuple[CertificateList, ...]) -> _Said:
    """What the newest list that names a serial says of it."""
    newest: dict[tuple[object, bool], CertificateList] = {}
    for one in sorted(lists, key=lambda one: one.number or 0):
        newest[one.scope, one.is_delta] = one
    ordered = sorted(newest.values(), key=lambda one: (one.number or 0, one.scope is not None))
    found: _Said = {}
    for one in ordered:
        for entry in one.entries:
            if entry.reason == REMOVED:
                found.pop(entry.serial_number, None)
            else:
                found[entry.serial_number] = one, entry
    return found


def _take(authority: Authority, source: CertificateList, entry: RevokedEntry) -> bool:
    """Whether an entry said something new: then it is stored as of its own date."""
    drafts = tuple(_drafts(authority, source, entry))
    for draft in drafts:
        authority.register.append(draft)
    return bool(drafts)


def _drafts(authority: Authority, source: CertificateList, entry: RevokedEntry) -> Iterator[Draft]:
    serial, at = entry.serial_number, entry.revoked_at
    known = authority.register.known(serial)
    is_hold = entry.reason == HOLD
    suspended = known is not None and known.state is State.SUSPENDED
    if known is not None and (known.state is State.REVOKED or (suspended and is_hold)):
        return
    if known is None:
        partition = _partition(authority, source, serial)
        yield Draft(Kind.ADOPTED, at, serial, (("partition", str(partition)),) if partition else ())
    elif suspended and known.revoked_at != at:
        # It was restored in what was lost: the later date is the one that was published.
        yield Draft(Kind.RESTORED, at, serial)
    if is_hold:
        yield Draft(Kind.SUSPENDED, at, serial)
        return
    invalid: datetime | None = value_of(entry.extensions, INVALIDITY_DATE)
    told = [("reason", entry.reason or "unspecified")]
    if invalid is not None:
        told.append(("invalid-since", invalid.isoformat()))
    yield Draft(Kind.REVOKED, at, serial, tuple(told))


def _partition(authority: Authority, source: CertificateList, serial: int) -> int:
    every = _every_partition(authority)
    if source.scope is None:
        return every.partition_of(serial)
    return every.partition_at(source.scope.point.urls, serial=serial)


def _every_partition(authority: Authority) -> Publication:
    """Where lists are found, those of partitions that nobody is put into any more among them."""
    found = authority.publication
    highest = max(found.partitions, authority.register.partitions())
    return replace(found, partitions=highest) if found.partitions else found


def _held(authority: Authority, lists: tuple[CertificateList, ...], said: _Said) -> tuple[int, ...]:
    if all(one.scope is not None or one.is_delta for one in lists):
        return ()
    found = authority.records(Query(state=State.SUSPENDED))
    return tuple(record.serial for record in found if record.serial not in said)
