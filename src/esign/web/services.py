"""What the services of an authority's folder stand on: who signs, what was answered, what should be known.

Everything that may wait for the disk or another writer is done beside the event loop, in `round_of`; what it
found is taken over between two requests.

    services = Services(folder, passphrase)
    async with services.kept():
        ...                         # answers and time stamps; keys and lists are replaced in time
"""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from esign.ca.answers import Answers
from esign.ca.log import Checkpoint
from esign.ca.responder import Responder, Source
from esign.errors import EsignError, IssuanceRefused
from esign.findings import Finding, Severity
from esign.io import clock
from esign.io.authority import AUTHORITIES, CertificateAuthority
from esign.keys import Signer
from esign.tsa import TimeStampAuthority
from esign.tsp import Accuracy, Failure, encode_rejection
from esign.web import delegates
from esign.x509 import Certificate, CertificateList

EVERY: Final = 60.0
"""Seconds between two rounds of upkeep."""

JUMP: Final = 1.0
"""Seconds by which the clock may be set while time stamps are made."""

_SERIAL_BITS: Final = 158
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stamping:
    """How time is stamped: under `policy` (dotted), with the accuracy in seconds that is stated."""

    policy: str
    accuracy: int = 1


@dataclass(frozen=True, slots=True)
class Round:
    """What a round of upkeep found: who answers for each authority, who stamps, what should be known."""

    signers: tuple[tuple[str, Signer], ...] = ()
    stamper: Signer | None = None
    findings: tuple[Finding, ...] = ()


def round_of(folder: Path, passphrase: str, *, is_stamping: bool, at: datetime) -> Round:
    """Look after the folder once: replace keys that end, publish lists that are due, find what is wrong.

    Raises:
        EsignError: what makes the folder unreadable as a whole.
        OSError: what the disk says.
    """
    signers: list[tuple[str, Signer]] = []
    findings: list[Finding] = []
    stamper = None
    with CertificateAuthority.open(folder, passphrase) as authority:
        for name, post in delegates.OCSP.items():
            found = tuple(behind(authority, name))
            signer = None
            if not found:
                signer, found = delegates.filled(authority, post, passphrase, at=at)
            signers += [(name, signer)] if signer is not None else []
            findings += found
        if is_stamping:
            stamper, found = delegates.filled(authority, delegates.TSA, passphrase, at=at)
            findings += found
        findings += published(authority, at=at)
        findings += lists_of(folder / "crl", at=at)
    return Round(tuple(signers), stamper, tuple(findings))


def behind(authority: CertificateAuthority, name: str) -> Iterator[Finding]:
    """Whether the register of `name` knows less than its checkpoint: what it says of revocation is old."""
    published = authority.folder / "crl" / f"{name}.checkpoint"
    register = authority.folder / name / "register.db"
    size = found = 0
    if published.exists():
        own = Certificate.load((authority.folder / name / "certificate.pem").read_bytes())
        size = Checkpoint.read(published.read_bytes(), own).size
    if register.exists():
        head = authority.authority(name).register.head()
        found = head.number if head else 0
    if found < max(size, 1):
        yield Finding.error("service-register-behind", where=name, found=found, size=size)


def published(authority: CertificateAuthority, *, at: datetime) -> Iterator[Finding]:
    """Publish the lists that are due; why that cannot be done here."""
    try:
        if authority.due(at=at):
            authority.publish_due(at=at)
    except (EsignError, OSError) as e:
        yield Finding.warning("service-upkeep-failed", where="crl", reason=delegates.reason_of(e))


def lists_of(folder: Path, *, at: datetime) -> Iterator[Finding]:
    """What is wrong with the published lists."""
    for path in sorted(folder.glob("*.crl")):
        try:
            found = CertificateList.load(path.read_bytes())
        except EsignError as e:
            yield Finding.error("service-list-missing", where=path.stem, reason=e.message)
            continue
        until = found.next_update
        if until is not None and until <= at:
            yield Finding.error("service-list-ended", where=path.stem, until=until.isoformat())
        elif until is not None and until - (until - found.this_update) / 4 <= at:
            yield Finding.warning("service-list-ends", where=path.stem, until=until.isoformat())


def _precise() -> datetime:
    return datetime.now(UTC)


class Services:
    """The services of the authority in `folder`; `stamping` None: no time stamps. For one event loop.

    `precise` is the clock of time stamps, with fractions of a second.

    Raises:
        EsignError: `ca-missing`, `ca-settings-malformed`, `profile-malformed`.
    """

    def __init__(
        self,
        folder: Path,
        passphrase: str,
        *,
        stamping: Stamping | None = None,
        now: Callable[[], datetime] = clock.now,
        precise: Callable[[], datetime] = _precise,
        every: float = EVERY,
    ) -> None:
        self.folder, self.stamping, self.now = folder, stamping, now
        self._passphrase, self._precise, self._every = passphrase, precise, every
        self.authority = CertificateAuthority.open(folder, passphrase)
        certificates = (self.authority.root, *self.authority.chain)
        self.issuers = MappingProxyType(dict(zip(AUTHORITIES, certificates, strict=True)))
        self.answers = Answers(certificates)
        self._stamper: TimeStampAuthority | None = None
        self._offset = time.time() - time.monotonic()
        self._signers: dict[str, bytes] = {}
        self._found: tuple[Finding, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What somebody should know now; an error is a service that does not answer as it should."""
        jumped = abs(self._jump)
        moved = (Finding.error("service-clock-jumped", where="tsa", seconds=round(self._jump, 1)),)
        return self._found + (moved if self.stamping is not None and jumped > JUMP else ())

    @property
    def health(self) -> dict[str, Any]:
        """For JSON: `ok`, `warning` or `error`, and the findings."""
        found = self.findings
        grave = {finding.severity for finding in found}
        state = next((s.value for s in (Severity.ERROR, Severity.WARNING) if s in grave), "ok")
        return {"schema": "exat.health/1", "state": state, "findings": [f.to_dict() for f in found]}

    def stamp(self, request: bytes) -> bytes:
        """The TimeStampResp to `request` (DER, hostile), DER; its serial number is of 158 random bits."""
        if self._stamper is None or abs(self._jump) > JUMP:
            return encode_rejection(Failure.TIME_NOT_AVAILABLE)
        serial = secrets.randbits(_SERIAL_BITS) | 1 << _SERIAL_BITS
        return self._stamper.answer(request, at=self._precise(), serial=serial)

    async def keep(self) -> None:
        """One round of upkeep; nothing is raised, what went wrong is found."""
        is_stamping = self.stamping is not None
        try:
            found = await asyncio.to_thread(
                round_of, self.folder, self._passphrase, is_stamping=is_stamping, at=self.now()
            )
            self._take(found)
            self.answers.renew(at=self.now())
        except (EsignError, OSError) as e:
            self._tell((Finding.error("service-upkeep-failed", reason=delegates.reason_of(e)),))

    @contextlib.asynccontextmanager
    async def kept(self, _application: object = None) -> AsyncIterator[None]:
        """The services look after themselves within; the argument is for Starlette's `lifespan`."""
        await self.keep()
        task = asyncio.create_task(self._rounds())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            self.authority.close()

    async def _rounds(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            await self.keep()

    def _take(self, found: Round) -> None:
        signers, refused = dict(found.signers), []
        for name, issuer in self.issuers.items():
            signer = signers.get(name)
            if signer is None:
                self.answers.dismiss(issuer)
            elif signer.certificate != self._signers.get(name):
                try:
                    register = self.authority.authority(name).register
                    self.answers.appoint(Responder(signer, Source(issuer, register)))
                except IssuanceRefused as e:
                    refused.append(Finding.error("service-signer-missing", where=name, reason=e.message))
                    self.answers.dismiss(issuer)
        self._signers = {name: signer.certificate for name, signer in found.signers}
        if self.stamping is not None:
            self._stamper = None if found.stamper is None else self._stamping(found.stamper, self.stamping)
        self._tell((*found.findings, *refused))

    def _stamping(self, signer: Signer, how: Stamping) -> TimeStampAuthority:
        return TimeStampAuthority(signer, how.policy, Accuracy(how.accuracy))

    def _tell(self, found: Iterable[Finding]) -> None:
        """Keep what was found, and say in the log what is new; it names services, never a person."""
        findings = tuple(found)
        for finding in findings:
            if finding not in self._found:
                _log.warning("%s: %s [%s]", finding.where, finding.message, finding.code)
        self._found = findings

    @property
    def _jump(self) -> float:
        """By how many seconds the clock was set since the services were made."""
        return time.time() - time.monotonic() - self._offset
