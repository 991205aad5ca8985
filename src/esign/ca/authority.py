"""An authority at work: it issues, revokes and lists, and everything it does is an event in its register.

The clock, the folder and the door stand elsewhere: time is an argument, the register is a port.

    prepared = authority.prepare("officer-sign", subject, request=request, at=at)
    certificate = authority.sign(prepared, at=at)
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from esign.algorithms import PrivateKey, PublicKey, describe_key
from esign.ca import issue, log
from esign.ca.crl import COMPLETE, ListName, Revocation
from esign.ca.events import Draft, Event, Kind, whole
from esign.ca.profile import REVOCATION_REASONS, Profile
from esign.ca.publishing import Publisher, Schedule
from esign.ca.register import Register, listing
from esign.ca.request import Request, Subject, settle
from esign.ca.state import ALL, Query, Record, State, record, revocations
from esign.ca.template import Publication
from esign.errors import EsignError, IssuanceRefused, UnsupportedAlgorithm
from esign.keys import Signer, SigningKey, write_pkcs12
from esign.names import ORGANIZATION_IDENTIFIER, SERIAL_NUMBER, Name
from esign.x509 import Certificate, CertificateList

_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_LENGTH = 5, 5


@dataclass(frozen=True, slots=True)
class Delivery:
    """A key that the authority made, on its way to its holder: PKCS#12 and the passphrase that opens it."""

    certificate: Certificate
    pkcs12: bytes = field(repr=False)
    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Authority:
    """An issuer: `signer` with certificate and chain, `name` as profiles call their issuer, its own profile.

    `publication` is where its lists and its certificate are found, for the certificates that it issues;
    `schedule` how often lists are made, by the profile when None. `known` is the last checkpoint that it gave
    away: an older copy of the register changes nothing before it is resumed.
    """

    name: str
    signer: Signer
    profile: Profile
    profiles: Mapping[str, Profile]
    register: Register
    publication: Publication = Publication()
    schedule: Schedule | None = None
    known: log.Checkpoint | None = None

    @property
    def certificate(self) -> Certificate:
        """The authority's own certificate."""
        return Certificate.load(self.signer.certificate)

    def prepare(
        self,
        profile: str,
        subject: Subject,
        *,
        at: datetime,
        request: Request | None = None,
        public_key_info: bytes | None = None,
        not_after: datetime | None = None,
    ) -> issue.Prepared:
        """What would be issued, linted; nothing is stored.

        The key is that of `request`, or, where the profile lets the authority make it, `public_key_info`
        (DER).

        Raises:
            IssuanceRefused: `profile-unknown`, `profile-of-another-issuer`, `request-needed`.
            UnsupportedAlgorithm: `unsupported-algorithm`.
        """
        chosen = self._profile(profile)
        settled, notes = settle(chosen, subject, request)
        key = request.public_key_info if request else public_key_info
        if key is None:
            raise IssuanceRefused("request-needed", profile=profile)
        serial = issue.new_serial()
        return issue.prepare(
            chosen,
            settled,
            issuer=self.certificate,
            public_key_info=key,
            serial=serial,
            at=at,
            not_after=not_after,
            publication=self.publication.at(self.publication.partition_of(serial)),
            notes=notes,
        )

    def sign(self, prepared: issue.Prepared, *, at: datetime) -> Certificate:
        """Sign what was prepared; its serial is stored before, the certificate before it is handed out.

        Raises:
            IssuanceRefused: `lint-refused` (an event `refused` is stored), `prepared-by-another`,
                `issuer-key-mismatch`.
            RegisterError: `serial-used` when it was signed before, `register-busy`.
        """
        return self.sign_many((prepared,), at=at)[0]

    def sign_many(self, batch: Sequence[issue.Prepared], *, at: datetime) -> tuple[Certificate, ...]:
        """As `sign`, for a batch that is stored in one go before, and in one go after: all, or none of it.

        One in the batch that lint refuses, or that is another's, refuses the batch.
        """
        moment = whole(at)
        for prepared in batch:
            self._refuse(prepared, moment)
        self._store(
            Draft(Kind.PREPARED, moment, one.serial_number, self.details(prepared.profile.name, one), one.tbs)
            for prepared in batch
            for one in (prepared.template,)
        )
        try:
            signed = tuple(issue.sign(prepared, self.signer.key) for prepared in batch)
        except EsignError:
            self._store(Draft(Kind.ABANDONED, moment, p.template.serial_number) for p in batch)
            raise
        self._store(Draft(Kind.ISSUED, moment, made.serial_number, (), made.raw) for made in signed)
        return signed

    def _refuse(self, prepared: issue.Prepared, moment: datetime) -> None:
        if prepared.issuer is None or prepared.issuer.raw != self.signer.certificate:
            raise IssuanceRefused("prepared-by-another")
        if not prepared.is_clean:
            codes = ", ".join(dict.fromkeys(f.code for f in prepared.errors))
            about = details(prepared.profile.name, prepared.template)
            self._store((Draft(Kind.REFUSED, moment, 0, (*about, ("codes", codes))),))
            issue.sign(prepared, self.signer.key)

    def issue(
        self,
        profile: str,
        subject: Subject,
        *,
        at: datetime,
        request: Request | None = None,
        public_key_info: bytes | None = None,
        not_after: datetime | None = None,
    ) -> Certificate:
        """`prepare` and `sign` in one."""
        prepared = self.prepare(
            profile, subject, at=at, request=request, public_key_info=public_key_info, not_after=not_after
        )
        return self.sign(prepared, at=at)

    def deliver(
        self,
        profile: str,
        subject: Subject,
        *,
        key: PrivateKey,
        at: datetime,
        passphrase: str | None = None,
        compatible: bool = False,
    ) -> Delivery:
        """A certificate for a decryption key that the authority made, packed for its holder.

        Raises:
            IssuanceRefused: `request-needed` for a profile whose key must be the holder's own.
            UnsupportedAlgorithm: `unsupported-algorithm` for a kind of key that the format cannot hold: then
                nothing is issued.
        """
        if (kind := describe_key(key.public_key()).kind).startswith("ml-"):
            raise UnsupportedAlgorithm(algorithm=kind, where="PKCS#12")
        certificate = self.issue(profile, subject, at=at, public_key_info=public_key_info(key.public_key()))
        secret = passphrase or make_passphrase()
        chain = (self.signer.certificate, *self.signer.chain)
        name = next(iter(subject.emails), "")
        packed = write_pkcs12(
            key, certificate.raw, passphrase=secret, name=name, chain=chain, compatible=compatible
        )
        return Delivery(certificate, packed, secret)

    def revoke(
        self, serial: int, *, at: datetime, reason: str = "unspecified", invalid_since: datetime | None = None
    ) -> Event:
        """Revoke a certificate; it stands on every list from `at` on.

        Raises:
            IssuanceRefused: `serial-unknown`, `already-revoked`, `reason-not-allowed`.
        """
        moment = whole(at)
        with self.writing():
            known = self._issued(serial)
            if known.state is State.REVOKED:
                raise IssuanceRefused("already-revoked", serial=f"{serial:x}", at=known.revoked_at)
            profile = self.profiles.get(known.profile)
            allowed = profile.revocation_reasons if profile else REVOCATION_REASONS
            if reason not in allowed:
                raise IssuanceRefused("reason-not-allowed", reason=reason, allowed=", ".join(allowed))
            details = [("reason", reason)]
            if invalid_since is not None:
                details.append(("invalid-since", whole(invalid_since).isoformat()))
            return self.register.append(Draft(Kind.REVOKED, moment, serial, tuple(details)))

    def suspend(self, serial: int, *, at: datetime) -> Event:
        """Put a certificate on hold: it stands on every list until it is restored, or revoked for good.

        Raises:
            IssuanceRefused: `serial-unknown`, `already-revoked` (suspended or revoked), `not-suspendable` for
                an authority, and for a certificate that nobody asks about.
        """
        with self.writing():
            known = self._issued(serial)
            if known.state is not State.ISSUED:
                raise IssuanceRefused("already-revoked", serial=f"{serial:x}", at=known.revoked_at)
            profile = self.profiles.get(known.profile)
            if profile is None or profile.ca or profile.no_check:
                raise IssuanceRefused("not-suspendable", serial=f"{serial:x}", profile=known.profile)
            return self.register.append(Draft(Kind.SUSPENDED, whole(at), serial))

    def restore(self, serial: int, *, at: datetime) -> Event:
        """End the hold on a certificate: it is good again.

        Raises:
            IssuanceRefused: `serial-unknown`, `not-suspended`.
        """
        with self.writing():
            if self._issued(serial).state is not State.SUSPENDED:
                raise IssuanceRefused("not-suspended", serial=f"{serial:x}")
            return self.register.append(Draft(Kind.RESTORED, whole(at), serial))

    def _issued(self, serial: int) -> Record:
        known = self.register.known(serial)
        if known is None or known.state in (State.PREPARED, State.ABANDONED):
            raise IssuanceRefused("serial-unknown", serial=f"{serial:x}")
        return known

    def crl(self, at: datetime, *, lifetime: timedelta | None = None) -> CertificateList:
        """The list of all certificates at `at`, numbered one above the last; valid for `lifetime` (the
        schedule's).

        Raises:
            IssuanceRefused: as `publish`.
        """
        return self.publish((COMPLETE,), at=at, lifetime=lifetime)[COMPLETE]

    def lists(self, at: datetime) -> tuple[ListName, ...]:
        """The lists that can be made at `at`."""
        return self._publisher.possible(at)

    def due(self, at: datetime) -> tuple[ListName, ...]:
        """The lists that the schedule wants made at `at`."""
        return self._publisher.due(at)

    def changed(self, at: datetime) -> tuple[ListName, ...]:
        """The lists that do not say yet what happened up to `at`: the fewest that tell all of it."""
        return self._publisher.changed(at)

    def publish(
        self, names: Iterable[ListName], *, at: datetime, lifetime: timedelta | None = None
    ) -> Mapping[ListName, CertificateList]:
        """Make lists, all with the number above the last; whole ones hold for `lifetime` (the schedule's).

        Raises:
            IssuanceRefused: `crl-not-newer` when a list of a later time was published, `delta-without-base`.
            RegisterError: `register-behind`.
        """
        with self.writing():
            return self._publisher.publish(names, at=at, lifetime=lifetime)

    @property
    def _publisher(self) -> Publisher:
        schedule = self.schedule or Schedule.of_days(self.profile.crl_days)
        return Publisher(self.signer, self.register, self.publication, schedule)

    def revocations(self, at: datetime) -> tuple[Revocation, ...]:
        """Who is revoked or on hold at `at`, in the order in which they came on the list."""
        return tuple(revocations(listing(self.register), at=at))

    def record(self, serial: int, *, at: datetime | None = None) -> Record | None:
        """A certificate as the register knows it, now or at `at`."""
        if at is None:
            return self.register.known(serial)
        return record(self.register.events(serial=serial), at=at)

    def records(self, query: Query = ALL) -> Iterator[Record]:
        """The certificates of `query` as they stand, in the order of preparation, read in pages."""
        after = 0
        while page := self.register.find(query, after=after):
            yield from page
            after = page[-1].number

    def abandon_unfinished(self, *, at: datetime) -> tuple[int, ...]:
        """Close what a crash left between stored and signed: nothing was handed out for these serials."""
        unfinished = tuple(found.serial for found in self.records(Query(state=State.PREPARED)))
        for serial in unfinished:
            self._store((Draft(Kind.ABANDONED, whole(at), serial),))
        return unfinished

    def _profile(self, name: str) -> Profile:
        if name not in self.profiles:
            raise IssuanceRefused("profile-unknown", name=name, known=", ".join(sorted(self.profiles)))
        if self.profiles[name].issuer not in (self.name, "any"):
            raise IssuanceRefused("profile-of-another-issuer", name=name, issuer=self.profiles[name].issuer)
        return self.profiles[name]

    def details(self, profile: str, certificate: Certificate) -> tuple[tuple[str, str], ...]:
        """What the register says of a certificate of this authority, its partition with it."""
        serial = certificate.serial_number
        partition = self.publication.partition_at(certificate.crl_urls, serial=serial)
        about = details(profile, certificate)
        return (*about, ("partition", str(partition))) if partition else about

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction of a register that is not behind what was published.

        Raises:
            RegisterError: `register-behind`, `checkpoint-broken`, `register-busy`.
        """
        with self.register.transaction():
            if self.known is not None:
                log.check_reached(self.register, self.known)
            yield

    def _store(self, drafts: Iterable[Draft]) -> None:
        with self.writing():
            for draft in drafts:
                self.register.append(draft)


def establish(
    profile: Profile, subject: Subject, *, key: SigningKey, register: Register, at: datetime
) -> Certificate:
    """A root: the certificate that `key` signs for itself, its events the first of `register`.

    Raises:
        IssuanceRefused: `lint-refused`.
    """
    info, moment = public_key_info(key.public_key), whole(at)
    settled, notes = settle(profile, subject, None)
    prepared = issue.prepare(
        profile, settled, issuer=None, public_key_info=info, serial=issue.new_serial(), at=moment, notes=notes
    )
    certificate = issue.sign(prepared, key)
    about = details(profile.name, certificate)
    _store(register, (Draft(Kind.PREPARED, moment, certificate.serial_number, about, certificate.tbs),))
    _store(register, (Draft(Kind.ISSUED, moment, certificate.serial_number, (), certificate.raw),))
    return certificate


def public_key_info(public_key: PublicKey) -> bytes:
    """The SubjectPublicKeyInfo of a public key, DER."""
    encoded: bytes = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return encoded


def details(profile: str, certificate: Certificate) -> tuple[tuple[str, str], ...]:
    """What the register says of a certificate that is prepared, so that it can be found later."""
    subject = certificate.subject
    found = (
        ("profile", profile),
        ("subject", subject.text),
        ("not-after", certificate.not_after.isoformat()),
        ("emails", " ".join(certificate.emails)),
        ("stir", subject.stir or _behind(subject, ORGANIZATION_IDENTIFIER, "NTRUZ-")),
        ("pinfl", subject.pinfl or _behind(subject, SERIAL_NUMBER, "PNOUZ-")),
    )
    return tuple((name, value) for name, value in found if value)


def _behind(subject: Name, oid: str, prefix: str) -> str:
    value = subject.get(oid) or ""
    return value.removeprefix(prefix) if value.startswith(prefix) else ""


def _store(register: Register, drafts: Iterable[Draft]) -> None:
    with register.transaction():
        for draft in drafts:
            register.append(draft)


def make_passphrase() -> str:
    """A passphrase of 123 random bits in five groups, without letters that look alike.

    >>> len(make_passphrase())
    29
    """
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)
