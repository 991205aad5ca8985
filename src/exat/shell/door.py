"""The doors of a node: one listening port each, what its connections share, and the desk that they ask.

door = Door(desk, service=Service.RELAY, hostname="node.a.uz", domain="a.uz", context=context)
host, port = await door.open("127.0.0.1", 0)
"""

import asyncio
import logging
import ssl
from collections import Counter
from typing import Any, Final, Protocol

from exat.address import Address
from exat.records import Envelope, Origin, Relayed, User
from exat.shell.limits import Limits
from exat.shell.listen import Listener
from exat.smtp.replies import Reply, reply
from exat.smtp.session import Service

EXTENSIONS: Final = ("8BITMIME", "ENHANCEDSTATUSCODES", "PIPELINING", "SIZE", "SMTPUTF8")
"""What a door offers. The grammar knows DSN, but a node answers with evidence and promises no DSN."""

_log = logging.getLogger(__name__)
_REMEMBERED: Final = 10_000
_FADING: Final = 900.0
_MOST_FAILURES: Final = 20


class Desk(Protocol):
    """Who answers for the node: every judgement and every durable act is behind these."""

    async def login(self, name: str, password: str) -> User | None:
        """The user of these credentials; None when they are not right."""

    def peer(self, certificate: bytes) -> Relayed | None:
        """The agency whose node bears this TLS certificate (DER); None for a stranger."""

    def refuse_recipient(self, origin: Origin, recipient: Address) -> Reply | None:
        """The refusal of a recipient, already at RCPT; None when letters may come for it."""

    async def take(self, origin: Origin, envelope: Envelope, raw: bytes) -> Reply:
        """Judge and keep the letter; the reply comes after the commit."""


class Door:
    """One listening port: what every connection on it shares.

    `context` may be replaced while it listens: new connections at a relay's door use the new one. `held`
    counts the octets of unfinished letters, `closing` tells that the door takes nobody more.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        service: Service,
        hostname: str,
        domain: str,
        context: ssl.SSLContext,
        limits: Limits | None = None,
        extensions: tuple[str, ...] = EXTENSIONS,
    ) -> None:
        self.desk, self.service, self.hostname, self.domain = desk, service, hostname, domain
        self.context = context
        self.limits = limits or Limits()
        self.extensions = extensions
        self.held = 0
        self.closing = False
        self._server: asyncio.Server | None = None
        self._inside: dict[Listener, str] = {}
        self._takings: set[asyncio.Task[Reply]] = set()
        self._failed: dict[str, tuple[int, float]] = {}

    async def open(self, host: str, port: int) -> tuple[str, int]:
        """Listen; submission speaks TLS from the first octet, relay after STARTTLS. Returns where.

        Raises:
            OSError: the port cannot be had.
        """
        implicit = self.context if self.service is Service.SUBMISSION else None
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Listener(self),
            host,
            port,
            ssl=implicit,
            ssl_handshake_timeout=self.limits.idle if implicit else None,
            backlog=256,
        )
        name: Any = self._server.sockets[0].getsockname()
        return str(name[0]), int(name[1])

    async def close(self) -> None:
        """Listen no longer, answer the letters that the desk has in hand, say farewell to the rest."""
        self.closing = True
        if self._server is not None:
            self._server.close()
        sessions = tuple(self._inside)
        for listener in sessions:
            listener.dismiss()
        if self._takings:
            await asyncio.wait(tuple(self._takings))
        await asyncio.gather(*(listener.finished() for listener in sessions))
        for listener in sessions:
            if listener.transport is not None:
                listener.transport.close()

    async def take(self, origin: Origin, envelope: Envelope, raw: bytes) -> Reply:
        """Hand a letter to the desk; the desk's work outlives the connection and is waited for by `close`."""
        task = asyncio.ensure_future(self._taken(origin, envelope, raw))
        self._takings.add(task)
        task.add_done_callback(self._takings.discard)
        return await asyncio.shield(task)

    async def _taken(self, origin: Origin, envelope: Envelope, raw: bytes) -> Reply:
        try:
            return await self.desk.take(origin, envelope, raw)
        except Exception:
            # A letter is not lost by an error of ours: the peer keeps it and comes again.
            _log.exception("a letter could not be taken")
            return reply("internal-error")

    def entered(self, listener: Listener) -> None:
        """Count a connection."""
        peer = listener.session.peer if listener.session else None
        self._inside[listener] = str(peer[0]) if isinstance(peer, tuple) else ""

    def left(self, listener: Listener) -> None:
        """Count a connection no longer."""
        self._inside.pop(listener, None)

    def failed_logins(self, listener: Listener) -> int:
        """Count a failed login of a host, and say how many to reckon with: twenty at most, old ones fade.

        At most 10,000 hosts are remembered, each for a quarter of an hour after its last failure.
        """
        host, now = self._inside.get(listener, ""), asyncio.get_running_loop().time()
        if len(self._failed) >= _REMEMBERED:
            self._failed = {h: f for h, f in self._failed.items() if now - f[1] < _FADING}
        count, last = self._failed.get(host, (0, now))
        count = min(count + 1, _MOST_FAILURES) if now - last < _FADING else 1
        if host in self._failed or len(self._failed) < _REMEMBERED:
            self._failed[host] = (count, now)
        return count

    def full(self, listener: Listener) -> bool:
        """Whether this connection is one too many, here or from its host."""
        host = self._inside[listener]
        return (
            len(self._inside) > self.limits.connections
            or Counter(self._inside.values())[host] > self.limits.connections_per_host
        )
