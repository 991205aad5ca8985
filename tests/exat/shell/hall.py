"""A door with a desk that notes what it is asked, in a loop of its own, and clients with plain sockets."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import trustme

from exat.address import Address
from exat.records import Envelope, Origin, Relayed, Submission, User
from exat.shell.door import EXTENSIONS, Door
from exat.shell.limits import Limits
from exat.smtp.replies import Reply, reply
from exat.smtp.session import Service

T = TypeVar("T")

HOST = "node.b.test"
PASSWORD = "correct horse"
ALICE = User("alice", (Address.parse(b"devon@a.test"),))
BRISK = Limits(idle=5.0, penalty=0.0)
CA = trustme.CA()
NODE = CA.issue_cert(HOST)
PEER = CA.issue_cert("node.a.test")


@dataclass
class NotingDesk:
    """Knows alice and the holder of PEER's certificate, serves b.test, and keeps letters in a list.

    `before_taking` is awaited before a letter is kept; what it raises is raised.
    """

    letters: list[tuple[Origin, Envelope, bytes]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    before_taking: Callable[[], Coroutine[Any, Any, None]] | None = None
    answer: Reply | None = None

    async def login(self, name: str, password: str) -> User | None:
        self.logins.append(name)
        if name == "broken":
            raise RuntimeError("secret of the store")
        return ALICE if (name, password) == (ALICE.name, PASSWORD) else None

    def peer(self, certificate: bytes) -> Relayed | None:
        known = ssl.PEM_cert_to_DER_cert(PEER.cert_chain_pems[0].bytes().decode())
        return Relayed("a.test", certificate) if certificate == known else None

    def refuse_recipient(self, origin: Origin, recipient: Address) -> Reply | None:
        if recipient.local == "broken":
            raise RuntimeError("secret of the directory")
        known = recipient.domain_key in ("b.test", HOST)
        return None if known else reply("relaying-denied")

    async def take(self, origin: Origin, envelope: Envelope, raw: bytes) -> Reply:
        if self.before_taking is not None:
            await self.before_taking()
        if self.answer is not None:
            return self.answer
        self.letters.append((origin, envelope, raw))
        return reply("accepted", id=str(len(self.letters)))

    @property
    def contents(self) -> list[bytes]:
        return [raw for _, _, raw in self.letters]


class Hall:
    """One open door in a thread of its own."""

    def __init__(
        self,
        service: Service,
        *,
        desk: NotingDesk | None = None,
        limits: Limits = BRISK,
        extensions: tuple[str, ...] = EXTENSIONS,
    ) -> None:
        self.desk = desk or NotingDesk()
        self.loop = asyncio.new_event_loop()
        self.failures: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda loop, context: self.failures.append(context))
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self.service = service
        self.door = Door(
            self.desk,
            service=service,
            hostname=HOST,
            domain="b.test",
            context=server_context(service),
            limits=limits,
            extensions=extensions,
        )
        self.address = self.run(self.door.open("127.0.0.1", 0))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def close(self) -> None:
        self.run(self.door.close())
        self.run(self._settle())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()

    async def _settle(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=5)

    def client(self, *, tls: bool = True, certificate: trustme.LeafCert | None = None) -> "Client":
        """A client that has heard the greeting; with `tls` also the handshake that the service wants."""
        client = Client(socket.create_connection(self.address, timeout=10))
        if self.service is Service.SUBMISSION:
            client.secure(client_context(certificate))
        assert client.line().startswith(b"220 ")
        if tls and self.service is Service.RELAY:
            client.say(b"EHLO a.test", b"STARTTLS")
            assert client.reply()[0].startswith(b"250-")
            assert client.line() == b"220 2.0.0 ready to start TLS"
            client.secure(client_context(certificate))
        return client


@contextmanager
def hall(service: Service, **settings: Any) -> Iterator[Hall]:
    """An open door, closed at the end; nothing may have failed in its loop."""
    opened = Hall(service, **settings)
    try:
        yield opened
    finally:
        opened.close()
    assert not opened.failures


class Client:
    """A peer that says octets and hears lines."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._heard = b""

    def secure(self, context: ssl.SSLContext) -> None:
        self.socket = context.wrap_socket(self.socket, server_hostname=HOST)

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def say(self, *lines: bytes) -> None:
        self.send(b"".join(line + b"\r\n" for line in lines))

    def line(self) -> bytes:
        """The next line without CRLF; empty at the end of the connection."""
        while b"\r\n" not in self._heard:
            try:
                chunk = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLError):
                chunk = b""
            if not chunk:
                return b""
            self._heard += chunk
        line, _, self._heard = self._heard.partition(b"\r\n")
        return line

    def reply(self) -> list[bytes]:
        """The lines of the next reply."""
        lines = [self.line()]
        while lines[-1][3:4] == b"-":
            lines.append(self.line())
        return lines

    def ask(self, *lines: bytes) -> bytes:
        """Say `lines` in one segment; the last line of the last of their replies."""
        self.say(*lines)
        return [self.reply()[-1] for _ in lines][-1]

    def is_closed(self) -> bool:
        return self.line() == b""

    def close(self) -> None:
        self.socket.close()


def server_context(service: Service) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    NODE.configure_cert(context)
    if service is Service.RELAY:
        context.verify_mode = ssl.CERT_OPTIONAL
        CA.configure_trust(context)
    return context


def client_context(certificate: trustme.LeafCert | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    CA.configure_trust(context)
    if certificate is not None:
        certificate.configure_cert(context)
    return context


def submission_of(origin: Origin) -> str:
    assert isinstance(origin, Submission)
    return origin.user.name


def eventually(claim: Callable[[], bool]) -> None:
    """Wait for what another thread does; five seconds are a bound, not a measurement."""
    waiting = threading.Event()
    for _ in range(500):
        if claim():
            return
        waiting.wait(0.01)
    assert claim()
