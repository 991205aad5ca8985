"""Two agencies in folders: each with an authority, a home, a mailbox, an officer and a login."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from esign import Certificate, CertificateAuthority, Decryptor, Signer, smime
from esign.ca.request import Subject
from esign.ca.request import read as read_request
from esign.io.keystore import new_request
from exat.address import Address
from exat.mailbox import Reading
from exat.message import NamedAddress, Requisites, compose
from exat.records import AuthorisedSigner, MessageKey
from exat.shell.forward import Answer
from exat.shell.home import Home, make_home
from exat.shell.limits import Limits
from exat.shell.mailing import open_stored, submit
from exat.shell.peering import add_peer, export_bundle
from exat.shell.people import add_mailbox, add_user
from exat.shell.serve import Node

T = TypeVar("T")

PASSPHRASE = "a passphrase for tests"
PASSWORD = "a password for tests"
PATIENT = Limits(idle=10.0, penalty=0.0)


def now() -> datetime:
    return datetime.now(UTC)


def address(spelled: str) -> Address:
    return Address.parse(spelled, smtputf8=True)


@dataclass(frozen=True)
class Officer:
    """A person with a signature key and a key to which mailbox keys are wrapped."""

    name: str
    signer: Signer
    decryptor: Decryptor
    key: bytes = field(repr=False, default=b"")
    """The signature key, PKCS#8, PEM, under PASSPHRASE."""

    @property
    def authorised(self) -> AuthorisedSigner:
        assert self.decryptor.certificate is not None
        return AuthorisedSigner(
            Certificate.load(self.signer.certificate),
            self.name,
            Certificate.load(self.decryptor.certificate),
        )


@dataclass
class House:
    """One agency: its authority, its home, and the officer of its one mailbox."""

    authority: CertificateAuthority
    home: Home
    mailbox: Address
    officer: Officer

    @property
    def seal(self) -> Signer:
        return self.home.seal(PASSPHRASE)

    @property
    def certificate(self) -> Certificate:
        return self.home.store.mailboxes()[0].encryption[0]

    def send(self, raw: bytes, *recipients: Address, sender: Address | None = None) -> tuple[Answer, ...]:
        """Hand a letter in at the own node."""
        host, _, port = self.home.config.listen.submission.rpartition(":")
        return submit(
            (host, int(port)),
            name=self.home.config.agency.node,
            roots=[self.authority.root],
            user="clerk",
            password=PASSWORD,
            sender=sender or self.mailbox,
            recipients=recipients,
            raw=raw,
            timeout=30,
        )

    def inbox(self) -> tuple[MessageKey, ...]:
        return tuple(entry.key for entry in self.home.store.list_mailbox(self.mailbox))

    def read(self, key: MessageKey) -> Reading:
        return open_stored(
            self.home, self.mailbox, key, officer=self.officer.decryptor, seal=self.seal, at=now()
        )

    def close(self) -> None:
        self.home.close()
        self.authority.close()


def make_house(folder: Path, domain: str) -> House:
    """An agency of `domain` in `folder`, the day before."""
    at = now() - timedelta(minutes=10)
    name = f"TEST {domain}"
    authority = CertificateAuthority.create(
        folder / "ca", organization=name, passphrase=PASSPHRASE, at=at, key="p-256"
    )
    home = make_home(
        folder / "node",
        agency=name,
        domain=domain,
        node=f"mx.{domain}",
        authority=authority,
        passphrase=PASSPHRASE,
        at=at,
    )
    mailbox = address(f"kanselyariya@{domain}")
    officer = make_officer(authority, name, str(mailbox), at)
    add_mailbox(home, authority, mailbox, name="Kanselyariya", officers=[officer.authorised], at=at)
    add_user(home, "clerk", [mailbox], password=PASSWORD)
    return House(authority, home, mailbox, officer)


def make_officer(authority: CertificateAuthority, agency: str, email: str, at: datetime) -> Officer:
    attributes = {"organization": agency, "surname": "Aliyev", "given_name": "Anvar"}
    key, request = new_request(attributes, emails=[email], passphrase=PASSPHRASE)
    subject = Subject.of(attributes, emails=[email])
    certificate = authority.issue("officer-sign", subject, at=at, request=read_request(request))
    signer = Signer.from_pem(
        key, certificate.raw, chain=[c.raw for c in authority.chain], passphrase=PASSPHRASE
    )
    delivered = authority.deliver("officer-encrypt-ec", subject, at=at, passphrase=PASSPHRASE)
    return Officer("Aliyev Anvar", signer, Decryptor.from_pkcs12(delivered.pkcs12, PASSPHRASE), key)


def join(first: House, second: House) -> None:
    """Exchange bundles, with the fingerprints that people compare."""
    for giver, taker in ((first, second), (second, first)):
        bundle = export_bundle(giver.home, giver.seal, at=now())
        add_peer(taker.home, bundle, at=now(), root_fingerprint=giver.authority.root.fingerprint)


@contextmanager
def two_agencies(folder: Path) -> Iterator[tuple[House, House]]:
    """Two agencies that know each other."""
    first = make_house(folder / "adliya", "adliya.uz")
    second = make_house(folder / "soliq", "soliq.uz")
    join(first, second)
    try:
        yield first, second
    finally:
        first.close()
        second.close()


class Running:
    """Nodes in a loop of their own, in a thread of this process."""

    def __init__(self, *houses: House, limits: Limits = PATIENT, clock: Callable[[], datetime] = now) -> None:
        self.loop = asyncio.new_event_loop()
        self.failures: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda loop, context: self.failures.append(context))
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self.nodes = [
            Node(house.home, PASSPHRASE, limits=limits, timeout=10, clock=clock) for house in houses
        ]
        for node in self.nodes:
            self.run(node.start())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def close(self) -> None:
        for node in self.nodes:
            self.run(node.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@contextmanager
def running(
    *houses: House, limits: Limits = PATIENT, clock: Callable[[], datetime] = now
) -> Iterator[Running]:
    """The nodes of these agencies, serving; nothing may have failed in their loop."""
    nodes = Running(*houses, limits=limits, clock=clock)
    try:
        yield nodes
    finally:
        nodes.close()
    assert not nodes.failures


def native(
    author: House,
    to: Sequence[House],
    *,
    number: int | str = 1,
    text: str = "Hurmatli hamkasblar",
    keys: Sequence[Certificate] | None = None,
    sender: Address | None = None,
    signer: Signer | None = None,
) -> bytes:
    """A letter of our own client: protected header, signed, encrypted, signed again."""
    at = now()
    protected = compose(
        NamedAddress(sender or author.mailbox),
        [NamedAddress(house.mailbox) for house in to],
        subject="So'rov",
        text=text,
        message_id=f"<{number}@{author.home.config.agency.domain}>",
        at=at,
        requisites=Requisites(outgoing_number="01-12/345"),
    )
    chosen = keys or [author.certificate, *(house.certificate for house in to)]
    signer = signer or author.officer.signer
    return smime.triple_wrap(protected, chosen, signer=signer, outer_signer=signer, at=at)


def ordinary(author: House, to: Sequence[House], *, number: int | str = 1, signed: bool = True) -> bytes:
    """A letter as Thunderbird sends it: signed, then encrypted, also to the sender; no outer signature."""
    entity = b"Content-Type: text/plain; charset=utf-8\r\n\r\nSalom\r\n"
    if signed:
        entity = smime.sign(entity, author.officer.signer, at=now())
    keys = [author.certificate, *(house.certificate for house in to)]
    return smime.message(_header(author, to, number), smime.encrypt(entity, keys, cipher="aes-256-cbc"))


def plain(author: House, to: Sequence[House], *, number: int | str = 1) -> bytes:
    """A letter without any protection."""
    return smime.message(_header(author, to, number), b"Content-Type: text/plain\r\n\r\nSalom\r\n")


def _header(author: House, to: Sequence[House], number: int | str) -> bytes:
    recipients = ", ".join(str(house.mailbox) for house in to)
    date = now().strftime("%a, %d %b %Y %H:%M:%S +0000")
    domain = author.home.config.agency.domain
    return (
        f"From: {author.mailbox}\r\nTo: {recipients}\r\nSubject: So'rov\r\nDate: {date}\r\n"
        f"Message-ID: <{number}@{domain}>\r\n"
    ).encode()


def eventually(claim: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for what other threads and processes do; the time is a bound, not a measurement."""
    waiting = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if claim():
            return
        waiting.wait(0.02)
    assert claim()
