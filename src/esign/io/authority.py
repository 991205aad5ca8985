"""The folder of a certificate authority: a root and the authorities below it, each with key, register and
list.

    ca.toml        organisation, country, addresses of publication
    root.pem       the anchor to give away; chain.pem: what stands between it and holders
    root/ persons/ infra/   each: certificate.pem, key.pem (PKCS#8, encrypted), register.db
    crl/           lists (DER): persons.crl of all certificates and persons-delta.crl, of a partition
                   persons-7.crl and persons-7-delta.crl; persons.checkpoint, that of the log
    profiles/      one's own profiles, if any

A key is opened when something is signed with it and not before, so the root's may lie elsewhere in between.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

from esign.ca import log
from esign.ca.authority import Authority, Delivery, establish, public_key_info
from esign.ca.crl import COMPLETE, ListName
from esign.ca.events import Event, whole
from esign.ca.issue import Prepared
from esign.ca.profile import Profile
from esign.ca.request import Request, Subject
from esign.ca.resuming import Resumed, adopt, resume
from esign.ca.state import ALL, Query, Record, State, list_of
from esign.errors import EsignError, IssuanceRefused, RegisterError
from esign.io import disk
from esign.io.ca_folder import LockedKey, Settings
from esign.io.profiles import certificate_profiles, certificate_profiles_of
from esign.io.register import SqliteRegister
from esign.keys import Signer, SoftwareKey, dump_private_key, generate
from esign.x509 import Certificate, CertificateList, Trust

AUTHORITIES: Final = ("root", "persons", "infra")
_OWN_PROFILES: Final = {"root": "root", "persons": "issuing-person", "infra": "issuing-infra"}
_TITLES: Final = {"root": "Root", "persons": "Persons", "infra": "Infrastructure"}


class CertificateAuthority:
    """An authority in a folder: issues, revokes, lists, publishes. Times are arguments, aware.

    Raises:
        EsignError: `ca-settings-malformed`, `ca-missing`, `profile-malformed`.
    """

    def __init__(self, folder: Path, passphrase: str) -> None:
        self.folder = folder
        self._passphrase = passphrase
        try:
            self.settings = Settings.read((folder / "ca.toml").read_text("utf-8"))
        except (FileNotFoundError, NotADirectoryError) as e:
            raise EsignError("ca-missing", folder=folder) from e
        own = folder / "profiles"
        self.profiles = certificate_profiles_of(own) if own.is_dir() else certificate_profiles()
        self._authorities: dict[str, Authority] = {}

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        organization: str,
        passphrase: str,
        at: datetime,
        country: str = "UZ",
        key: str = "p-384",
        common_name: str = "",
        crl_url: str = "",
        ocsp_url: str = "",
        issuer_url: str = "",
        **lists: str | int,
    ) -> Self:
        """Make root and issuing authorities with their first lists; the folder appears complete or not at
        all.

        Args:
            folder: where; must not stand, or be empty.
            organization: who the authority is, in its certificates.
            passphrase: encrypts each private key.
            at: the moment of birth.
            country: two letters.
            key: `p-256`, `p-384`, `rsa-4096` or `ml-dsa-65`, for all three.
            common_name: how the certificates begin; the organisation when empty.
            crl_url: the address of a list, `{name}` for `root`, `persons`, `infra`; left out when empty.
            ocsp_url: the address of the responder.
            issuer_url: the address of the issuer's certificate.
            lists: `delta_url`, `crl_partitions`, `crl_hours`, `delta_hours`, as in `Settings`.

        Raises:
            FileExistsError: there is something in `folder`.
            EsignError: `lint-refused`, `ca-settings-malformed`, `passphrase-needed`.
        """
        settings: dict[str, str | int] = {"organization": organization, "country": country, **lists}
        settings |= {"crl_url": crl_url, "ocsp_url": ocsp_url, "issuer_url": issuer_url}
        document = "".join(f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in settings.items())
        Settings.read(document)
        with disk.new_folder(folder) as draft:
            disk.write(draft / "ca.toml", document.encode())
            disk.make_private_folder(draft / "crl")
            for name in AUTHORITIES:
                disk.make_private_folder(draft / name)
            made = cls(draft, passphrase)
            title = common_name or organization
            for name in AUTHORITIES:
                made._establish(name, f"{title} {_TITLES[name]} CA", key, at)
            made.publish_crls(at=at)
            made.close()
        return cls(folder, passphrase)

    @classmethod
    def open(cls, folder: Path, passphrase: str) -> Self:
        """The authority that stands in `folder`; a wrong passphrase shows when a key is first used.

        Raises:
            EsignError: `ca-missing`, `ca-settings-malformed`, `profile-malformed`.
        """
        return cls(folder, passphrase)

    def close(self) -> None:
        """Close the registers."""
        for authority in self._authorities.values():
            if isinstance(authority.register, SqliteRegister):
                authority.register.close()
        self._authorities.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def authority(self, name: str) -> Authority:
        """`root`, `persons` or `infra`.

        Raises:
            EsignError: `ca-missing` when it does not stand in the folder.
        """
        if name not in self._authorities:
            self._authorities[name] = self._open_authority(name)
        return self._authorities[name]

    @property
    def root(self) -> Certificate:
        """The root certificate."""
        return self._certificate("root")

    @property
    def trust(self) -> Trust:
        """The root as an anchor."""
        return Trust((self.root,))

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """The certificates of the issuing authorities."""
        return tuple(self._certificate(name) for name in AUTHORITIES[1:])

    @property
    def crls(self) -> tuple[CertificateList, ...]:
        """The lists as they were last published."""
        files = sorted((self.folder / "crl").glob("*.crl"))
        return tuple(CertificateList.load(file.read_bytes()) for file in files)

    def prepare(
        self,
        profile: str,
        subject: Subject,
        *,
        at: datetime,
        request: Request | None = None,
        public_key_info: bytes | None = None,
        not_after: datetime | None = None,
        issuer: str = "persons",
    ) -> Prepared:
        """What would be issued, linted, by the authority that issues `profile`; nothing is stored.

        `issuer` is who issues it where the profile lets each authority do so.

        Raises:
            IssuanceRefused: `profile-unknown`, `request-needed` and what `Authority.prepare` refuses.
        """
        return self._issuer_of(profile, issuer).prepare(
            profile, subject, at=at, request=request, public_key_info=public_key_info, not_after=not_after
        )

    def sign(self, prepared: Prepared, *, at: datetime) -> Certificate:
        """Sign what was prepared.

        Raises:
            IssuanceRefused: `lint-refused`, `prepared-by-another`.
        """
        above = b"" if prepared.issuer is None else prepared.issuer.raw
        known = (name for name in AUTHORITIES if self._certificate(name).raw == above)
        name = next(known, prepared.profile.issuer)
        if name not in AUTHORITIES:
            raise IssuanceRefused("prepared-by-another")
        return self.authority(name).sign(prepared, at=at)

    def issue(
        self,
        profile: str,
        subject: Subject,
        *,
        at: datetime,
        request: Request | None = None,
        public_key_info: bytes | None = None,
        not_after: datetime | None = None,
        issuer: str = "persons",
    ) -> Certificate:
        """`prepare` and `sign` in one."""
        prepared = self.prepare(
            profile,
            subject,
            at=at,
            request=request,
            public_key_info=public_key_info,
            not_after=not_after,
            issuer=issuer,
        )
        return self.sign(prepared, at=at)

    def deliver(
        self,
        profile: str,
        subject: Subject,
        *,
        at: datetime,
        key: str = "p-256",
        passphrase: str | None = None,
        compatible: bool = False,
    ) -> Delivery:
        """Make a decryption key for a holder, certify it and pack both as PKCS#12.

        Raises:
            IssuanceRefused: `request-needed` for a profile whose key must be the holder's own.
        """
        issuer = self._issuer_of(profile)
        return issuer.deliver(
            profile, subject, key=generate(key), at=at, passphrase=passphrase, compatible=compatible
        )

    def revoke(
        self, serial: int, *, at: datetime, reason: str = "unspecified", invalid_since: datetime | None = None
    ) -> Event:
        """Revoke the certificate with this serial number, whichever authority issued it.

        Raises:
            IssuanceRefused: `serial-unknown`, `already-revoked`, `reason-not-allowed`.
        """
        return self._author_of(serial).revoke(serial, at=at, reason=reason, invalid_since=invalid_since)

    def suspend(self, serial: int, *, at: datetime) -> Event:
        """Put a certificate on hold, whichever authority issued it.

        Raises:
            IssuanceRefused: as `Authority.suspend`.
        """
        return self._author_of(serial).suspend(serial, at=at)

    def restore(self, serial: int, *, at: datetime) -> Event:
        """End the hold on a certificate.

        Raises:
            IssuanceRefused: as `Authority.restore`.
        """
        return self._author_of(serial).restore(serial, at=at)

    def _author_of(self, serial: int) -> Authority:
        name, _ = self.record(serial)
        return self.authority(name)

    def publish_crls(
        self, *, at: datetime, lifetime: timedelta | None = None
    ) -> Mapping[str, CertificateList]:
        """As `publish_all`; of what was written, the list of all certificates of each authority."""
        made = self.publish_all(at=at, lifetime=lifetime)
        return {name: found for (name, which), found in made.items() if which == COMPLETE}

    def publish_all(
        self, *, at: datetime, lifetime: timedelta | None = None
    ) -> Mapping[tuple[str, ListName], CertificateList]:
        """Write every list and a checkpoint of each authority whose key is here, `root.pem`, `chain.pem`.

        As `publish_due`, whether due or not.
        """
        return self._publish(at, lambda one: one.lists(at), lifetime=lifetime)

    def publish_due(
        self, *, at: datetime, changed: bool = False
    ) -> Mapping[tuple[str, ListName], CertificateList]:
        """Write the lists that are due, or not in their place as they were last made, and checkpoints.

        With `changed` also those that tell what happened since, without waiting for their hour.
        Numbered and written under one lock: a list on the disk is never replaced by one with a lower number.
        Each appears whole, the whole list before its changes, and the checkpoint before them all.
        """
        return self._publish(at, lambda one: {*self._due(one, at), *(one.changed(at) if changed else ())})

    def due(self, *, at: datetime) -> tuple[tuple[str, ListName], ...]:
        """What `publish_due` would write."""
        ours = (name for name in AUTHORITIES if self._has_key(name))
        return tuple((name, which) for name in ours for which in self._due(self.authority(name), at))

    def _publish(
        self,
        at: datetime,
        choose: Callable[[Authority], Iterable[ListName]],
        *,
        lifetime: timedelta | None = None,
    ) -> dict[tuple[str, ListName], CertificateList]:
        published = {}
        with disk.locked_folder(self.folder / "crl"):
            for name in filter(self._has_key, AUTHORITIES):
                issuer = self.authority(name)
                wanted = tuple(choose(issuer))
                made = issuer.publish(wanted, at=at, lifetime=lifetime) if wanted else {}
                if made:
                    told = log.checkpoint(issuer.register, issuer.signer, at=whole(at))
                    disk.write(self.folder / "crl" / f"{name}.checkpoint", told)
                for which, found in made.items():
                    disk.write(self.list_file(name, which), found.raw)
                    published[name, which] = found
        disk.write(self.folder / "root.pem", self.root.pem)
        disk.write(self.folder / "chain.pem", b"".join(certificate.pem for certificate in self.chain))
        return published

    def list_file(self, name: str, which: ListName) -> Path:
        """Where a list of the authority `name` is written."""
        partition = f"-{which.partition}" if which.partition else ""
        return self.folder / "crl" / f"{name}{partition}{'-delta' if which.is_delta else ''}.crl"

    def _has_key(self, name: str) -> bool:
        return (self.folder / name / "key.pem").exists()

    def _due(self, issuer: Authority, at: datetime) -> tuple[ListName, ...]:
        """Those by schedule, and those that a crash kept from the disk."""
        due = set(issuer.due(at))
        for event in {list_of(event): event for event in issuer.register.lists(at)}.values():
            file = self.list_file(issuer.name, list_of(event))
            there = file.exists() and hashlib.sha256(file.read_bytes()).hexdigest()
            if there != event.draft.get("sha256"):
                due.add(list_of(event))
        return tuple(sorted(due & set(issuer.lists(at))))

    def resume(
        self, *, at: datetime, checkpoints: Iterable[bytes] = (), crls: Iterable[bytes] = ()
    ) -> Mapping[str, Resumed]:
        """Let each authority go on whose register is an older copy, and publish its lists anew.

        What was given away last is taken from `crl/` and from `checkpoints` and `crls`, the newest of each.

        Raises:
            EsignError: as `esign.ca.resuming.resume`; `checkpoint-foreign` and `crl-foreign` for those of
                nobody here.
        """
        given: dict[str, list[bytes]] = {name: self._checkpoints(name) for name in AUTHORITIES}
        for document in checkpoints:
            given[self._author(document)].append(document)
        lists = [*self.crls, *(CertificateList.load(octets) for octets in crls)]
        resumed = {}
        for name in filter(self._has_key, AUTHORITIES):
            own = self._certificate(name)
            newest = max(given[name], key=lambda one: log.Checkpoint.read(one, own).size, default=None)
            known = tuple(one for one in lists if one.issuer == own.subject)
            if newest is not None and self._is_behind(name, newest):
                resumed[name] = resume(self.authority(name), newest, known, at=at)
        if resumed:
            self.publish_crls(at=at)
        return resumed

    def _is_behind(self, name: str, checkpoint: bytes) -> bool:
        head = self.authority(name).register.head()
        return (head.number if head else 0) < log.Checkpoint.read(checkpoint, self._certificate(name)).size

    def adopt(self, certificate: Certificate, *, at: datetime, profile: str = "") -> Event:
        """Take in a certificate that was lost with its events, at the authority that signed it.

        Raises:
            IssuanceRefused: `certificate-foreign`, `profile-unknown`.
            RegisterError: `serial-used`, `register-behind`.
        """
        for name in AUTHORITIES:
            if self._certificate(name).subject == certificate.issuer:
                return adopt(self.authority(name), certificate, at=at, profile=profile)
        raise IssuanceRefused("certificate-foreign", subject=certificate.subject.shown)

    def check_log(self, *, checkpoints: Iterable[bytes] = ()) -> Mapping[str, int]:
        """Read the log of each authority whole, against its published checkpoint and `checkpoints`.

        The number of events of each.

        Raises:
            RegisterError: as `esign.ca.log.check`; `checkpoint-foreign` for one of nobody here.
            EsignError: `checkpoint-malformed`.
        """
        kept = {name: self._checkpoints(name) for name in AUTHORITIES}
        for document in checkpoints:
            kept[self._author(document)].append(document)
        found = {}
        for name in AUTHORITIES:
            points = [log.Checkpoint.read(one, self._certificate(name)) for one in kept[name]]
            head = log.check(self.authority(name).register.events(), points)
            found[name] = head.number if head else 0
        return found

    def log(self) -> Iterator[tuple[str, Event]]:
        """Every event of every authority with its name, in the order of each log."""
        return ((name, event) for name in AUTHORITIES for event in self.authority(name).register.events())

    def _checkpoints(self, name: str) -> list[bytes]:
        file = self.folder / "crl" / f"{name}.checkpoint"
        return [file.read_bytes()] if file.exists() else []

    def _author(self, checkpoint: bytes) -> str:
        told = log.author(checkpoint)
        for name in AUTHORITIES:
            if self._certificate(name).fingerprint == told:
                return name
        raise RegisterError("checkpoint-foreign", authority=self.settings.organization)

    def records(self, query: Query = ALL) -> Iterator[tuple[str, Record]]:
        """The certificates of `query`, each with the name of the authority that issued it, in pages."""
        return ((name, found) for name in AUTHORITIES for found in self.authority(name).records(query))

    def record(self, serial: int) -> tuple[str, Record]:
        """One certificate, with the name of the authority that issued it.

        Raises:
            IssuanceRefused: `serial-unknown`.
        """
        for name in AUTHORITIES:
            if (found := self.authority(name).record(serial)) is not None:
                return name, found
        raise IssuanceRefused("serial-unknown", serial=f"{serial:x}")

    def export(self, serial: int) -> bytes:
        """The certificate with this serial number and those above it without the root, PEM.

        Raises:
            IssuanceRefused: `serial-unknown`, also for one that was never signed.
        """
        name, found = self.record(serial)
        if found.state in (State.PREPARED, State.ABANDONED) or not found.certificate:
            raise IssuanceRefused("serial-unknown", serial=f"{serial:x}")
        above = [] if name == "root" else [self._certificate(name)]
        return b"".join(c.pem for c in (Certificate.load(found.certificate), *above))

    def _issuer_of(self, profile: str, issuer: str = "persons") -> Authority:
        chosen: Profile | None = self.profiles.get(profile)
        if chosen is None:
            raise IssuanceRefused("profile-unknown", name=profile, known=", ".join(sorted(self.profiles)))
        if chosen.issuer == "self":
            raise IssuanceRefused("profile-of-another-issuer", name=profile, issuer="self")
        return self.authority(issuer if chosen.issuer == "any" else chosen.issuer)

    def _certificate(self, name: str) -> Certificate:
        try:
            return Certificate.load((self.folder / name / "certificate.pem").read_bytes())
        except FileNotFoundError as e:
            raise EsignError("ca-missing", folder=self.folder / name) from e

    def _open_authority(self, name: str) -> Authority:
        certificate = self._certificate(name)
        key = LockedKey(self.folder / name / "key.pem", self._passphrase, certificate.public_key)
        return self._authority(name, certificate, Signer(key, certificate.raw, self._chain(name)))

    def _chain(self, name: str) -> tuple[bytes, ...]:
        return () if name == "root" else (self._certificate("root").raw,)

    def _authority(self, name: str, certificate: Certificate, signer: Signer) -> Authority:
        register = SqliteRegister(self.folder / name / "register.db")
        profile, settings = self.profiles[_OWN_PROFILES[name]], self.settings
        published = self._checkpoints(name)
        known = log.Checkpoint.read(published[0], certificate) if published else None
        publication, schedule = settings.publication(name), settings.schedule(profile)
        return Authority(name, signer, profile, self.profiles, register, publication, schedule, known)

    def _establish(self, name: str, common_name: str, key_name: str, at: datetime) -> None:
        key = SoftwareKey(generate(key_name))
        subject = Subject.of(
            {
                "country": self.settings.country,
                "organization": self.settings.organization,
                "common_name": common_name,
            }
        )
        if name == "root":
            with SqliteRegister(self.folder / name / "register.db") as register:
                certificate = establish(self.profiles["root"], subject, key=key, register=register, at=at)
        else:
            info = public_key_info(key.public_key)
            certificate = self.authority("root").issue(
                _OWN_PROFILES[name], subject, at=at, public_key_info=info
            )
        place = self.folder / name
        disk.write_private(place / "key.pem", dump_private_key(key.private, self._passphrase))
        disk.write(place / "certificate.pem", certificate.pem)
