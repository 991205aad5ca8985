"""The SMTP listener: aiosmtpd carries the connection, the grammar and the replies are ours.

aiosmtpd keeps the stream, the upgrade to TLS and the life of the connection. Its reading of commands and
content, its addresses, its AUTH, its timer and its error replies are replaced, for the reasons told in
`docs/adr`. What a letter means is asked of the `Desk`; no rule of policy stands here.

A reply is written only after the desk has answered, and the desk answers only after its commit: `250` is the
last effect. A letter that came whole is taken even when the connection is lost meanwhile.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiosmtpd.smtp import SMTP, TLSSetupException

from exat.address import Address
from exat.errors import ProtocolError
from exat.records import Envelope, Origin, Submission, User
from exat.shell.authentication import MECHANISMS, read_credentials
from exat.shell.failpoints import reach
from exat.smtp.data import DataReader, Phase
from exat.smtp.grammar import (
    Command,
    MailFrom,
    line_limit,
    parse_command,
    parse_hello,
    parse_mail,
    parse_rcpt,
)
from exat.smtp.replies import Reply, ehlo, render, reply
from exat.smtp.session import END_OF_CONTENT, Service, Session, State, next_session, objection

if TYPE_CHECKING:
    from exat.shell.door import Door

_log = logging.getLogger(__name__)
_CHUNK: Final = 1 << 16
_LINE_CEILING: Final = 1 << 14
_LAST_WORDS: Final = 1.0
_SILENCE: Final = 0.1


@dataclass(frozen=True, slots=True)
class _Transaction:
    """A letter on its way in: who brings it, its MAIL, and the recipients accepted so far."""

    origin: Origin
    mail: MailFrom
    recipients: dict[str, Address]


class _Farewell(Exception):
    """The session ends; `name` is the reply to say first, empty when nobody is there to hear it.

    `interrupting`: the peer may still be talking.
    """

    def __init__(self, name: str = "", *, interrupting: bool = False) -> None:
        super().__init__(name)
        self.name = name
        self.interrupting = interrupting


class _Silent:
    """aiosmtpd asks a handler for hooks; ours has none."""


class Listener(SMTP):
    """One connection, from the greeting to the end."""

    line_length_limit = _CHUNK

    def __init__(self, door: "Door") -> None:
        super().__init__(
            _Silent(),
            hostname=door.hostname,
            tls_context=door.context if door.service is Service.RELAY else None,
            loop=asyncio.get_running_loop(),
        )
        self._door = door
        self._limits = door.limits
        self._state = Session(door.service)
        self._pending = bytearray()
        self._patience: asyncio.Timeout | None = None
        self._end = self.loop.time() + door.limits.session
        self._origin: Origin | None = None
        self._transaction: _Transaction | None = None
        self._commands = 0
        self._failures = 0
        self._logins = 0
        self._verbs: dict[str, Callable[[Command], Awaitable[Reply | None]]] = {
            "EHLO": self._hello,
            "HELO": self._hello,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._reset,
            "NOOP": _answering("nothing-done"),
            "HELP": _answering("help"),
            "VRFY": _answering("not-verified"),
            "QUIT": _answering("closing"),
        }

    # --- the life of the connection ---

    def eof_received(self) -> bool | None:
        """Let what was read be answered: a half-closed connection is not a lost one."""
        super(SMTP, self).eof_received()
        return not self._state.tls

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone; what came whole is still taken, so the session is not cancelled."""
        self._door.left(self)
        if self._original_transport is not None:
            self._original_transport.close()
        super(SMTP, self).connection_lost(error)

    def _reset_timeout(self, duration: float | None = None) -> None:
        """No timer of aiosmtpd: it would cut long content, and commands that only drip would hold it off."""

    async def push(self, status: Any) -> None:
        """Say what aiosmtpd says by itself: that the handshake may begin."""
        await self._say(reply("tls-ready"))

    def dismiss(self) -> None:
        """End the session at its next wait for the peer; a letter in the desk's hands is answered first."""
        if self._patience is not None:
            self._patience.reschedule(self.loop.time())

    async def finished(self) -> None:
        """Wait for the end of the session."""
        if self._handler_coroutine is not None:
            await asyncio.wait([self._handler_coroutine], timeout=_LAST_WORDS)

    async def _handle_client(self) -> None:
        self._door.entered(self)
        try:
            self._state = Session(self._door.service, tls=self._tls() is not None)
            if self._door.full(self):
                raise _Farewell("too-many-connections")
            await self._say(reply("greeting", host=self.hostname))
            while self._state.state is not State.CLOSED:
                await self._turn()
        except _Farewell as e:
            await self._last_words(e.name)
            if e.interrupting:
                await self._hear_out()
        finally:
            self._door.left(self)
            if self.transport is not None:
                self.transport.close()

    async def _last_words(self, name: str) -> None:
        try:
            if name:
                async with asyncio.timeout(_LAST_WORDS):
                    await self._say(reply(name))
        except (_Farewell, TimeoutError):
            _log.debug("nobody heard %s", name)

    async def _hear_out(self) -> None:
        """Let the peer come to silence: a close before takes the last reply from it (RFC 1122 §4.2.2.13)."""
        begun = self.loop.time()
        try:
            while self.loop.time() - begun < _LAST_WORDS:
                async with asyncio.timeout(_SILENCE):
                    if not await self._reader.read(_CHUNK):
                        return
        except (OSError, TimeoutError):
            return

    async def _turn(self) -> None:
        """One command and its answer."""
        if self._end <= self.loop.time():
            raise _Farewell("timeout")
        verb = ""
        try:
            command = parse_command(await self._line(), extensions=self._names())
            refused = objection(self._state, command.verb)
            answer = reply(refused) if refused else await self._verbs[command.verb](command)
            verb = END_OF_CONTENT if command.verb == "DATA" and not refused else command.verb
        except ProtocolError as e:
            answer = reply(e.reply)
        except _Farewell:
            raise
        except Exception:
            # The session must answer whatever happens, and tell the peer nothing of it.
            _log.exception("a command could not be answered")
            answer = reply("internal-error")
        if answer is None:
            return
        self._count(verb, answer)
        self._state = next_session(self._state, verb, answer.code)
        await self._say(answer)
        if answer.closes:
            raise _Farewell(interrupting=not answer.is_positive)

    def _count(self, verb: str, answer: Reply) -> None:
        """Bound what a peer may say that brings no letter."""
        self._commands = 0 if verb == END_OF_CONTENT and answer.is_positive else self._commands + 1
        self._failures += answer.code >= 500
        if self._failures > self._limits.errors:
            raise _Farewell("too-many-errors", interrupting=True)
        if self._commands > self._limits.commands:
            raise _Farewell("too-many-commands", interrupting=True)

    # --- octets in and out ---

    async def _line(self, verb: str = "", *, excess: str = "line-too-long") -> bytes:
        """The next line without its CRLF; one over the limit of its verb is read to its end and refused."""
        seen = 0
        while (end := self._pending.find(b"\n", seen)) < 0:
            seen = len(self._pending)
            if seen > _LINE_CEILING:
                raise _Farewell("too-many-errors", interrupting=True)
            await self._more()
        line = bytes(self._pending[: end + 1])
        del self._pending[: end + 1]
        if not line.endswith(b"\r\n"):
            raise ProtocolError("forbidden-octet", "a line ends in LF alone", reply="forbidden-octet")
        named = verb or line[:8].split(b" ")[0].rstrip().decode("ascii", "replace").upper()
        if len(line) > line_limit(named, self._names()):
            raise ProtocolError(excess, "found a longer line", reply=excess)
        return line[:-2]

    async def _more(self) -> None:
        """Read what comes next; silence and a closing door are a farewell."""
        if self._door.closing:
            raise _Farewell("shutting-down")
        try:
            async with asyncio.timeout(self._limits.idle) as self._patience:
                chunk = await self._reader.read(_CHUNK)
        except TimeoutError as e:
            raise _Farewell("shutting-down" if self._door.closing else "timeout") from e
        except OSError as e:
            raise _Farewell from e
        finally:
            self._patience = None
        if not chunk:
            raise _Farewell
        self._pending += chunk

    async def _say(self, answer: Reply) -> None:
        try:
            self._writer.write(render(answer))
            async with asyncio.timeout(self._limits.idle):
                await self._writer.drain()
        except OSError as e:
            raise _Farewell from e

    # --- what is offered, and to whom ---

    def _keywords(self) -> tuple[str, ...]:
        offered = [
            f"SIZE {self._limits.message_size}" if name == "SIZE" else name for name in self._door.extensions
        ]
        if self._door.service is Service.RELAY and not self._state.tls:
            offered.append("STARTTLS")
        if self._door.service is Service.SUBMISSION and self._state.tls:
            offered.append(" ".join(("AUTH", *MECHANISMS)))
        return tuple(offered)

    def _names(self) -> frozenset[str]:
        return frozenset(keyword.split()[0] for keyword in self._keywords())

    def _tls(self) -> ssl.SSLObject | None:
        found = self.transport.get_extra_info("ssl_object") if self.transport else None
        return found if isinstance(found, ssl.SSLObject) else None

    # --- verbs ---

    async def _hello(self, command: Command) -> Reply:
        parse_hello(command.argument)
        self._transaction = None
        extended = command.verb == "EHLO"
        return ehlo(self.hostname, self._keywords()) if extended else reply("hello", host=self.hostname)

    async def _starttls(self, command: Command) -> Reply | None:
        # RFC 3207 §4.2: what was said before the handshake is discarded, also what came with the command.
        self._pending.clear()
        try:
            async with asyncio.timeout(self._limits.idle):
                await self.smtp_STARTTLS("")
        except (TLSSetupException, OSError) as e:
            raise _Farewell from e
        tls = self._tls()
        if tls is None:
            raise _Farewell
        certificate = tls.getpeercert(binary_form=True)
        self._origin = self._door.desk.peer(certificate) if certificate else None
        self._state = Session(self._door.service, tls=True, authenticated=self._origin is not None)
        return None

    async def _auth(self, command: Command) -> Reply:
        credentials = await read_credentials(command.argument, self._ask)
        user = credentials if isinstance(credentials, Reply) else await self._user(*credentials)
        if isinstance(user, Reply):
            return user
        self._origin = Submission(user)
        return reply("auth-accepted")

    async def _ask(self, challenge: Reply) -> bytes:
        await self._say(challenge)
        return await self._line("AUTH", excess="auth-line-too-long")

    async def _user(self, name: str, password: str) -> User | Reply:
        try:
            user = await self._door.desk.login(name, password)
        except Exception:
            _log.exception("a login could not be judged")
            return reply("auth-unavailable")
        if user is not None:
            return user
        self._logins += 1
        await asyncio.sleep(self._limits.penalty * self._door.failed_logins(self))
        return reply("auth-failed" if self._logins < self._limits.logins else "auth-too-many")

    async def _mail(self, command: Command) -> Reply:
        if self._origin is None:
            return reply("auth-required")
        asked = parse_mail(command.argument, extensions=self._names())
        if asked.size is not None and asked.size > self._limits.message_size:
            return reply("too-large")
        self._transaction = _Transaction(self._origin, asked, {})
        return reply("sender-accepted")

    async def _rcpt(self, command: Command) -> Reply:
        letter = self._transaction
        if letter is None:
            return reply("bad-sequence")
        wanted = parse_rcpt(
            command.argument,
            extensions=self._names(),
            local_domain=self._door.domain,
            smtputf8=letter.mail.smtputf8,
        ).forward_path
        if wanted.key in letter.recipients:
            return reply("recipient-accepted")
        if len(letter.recipients) >= self._limits.recipients:
            return reply("too-many-recipients")
        refused = self._door.desk.refuse_recipient(letter.origin, wanted)
        if refused is None:
            letter.recipients[wanted.key] = wanted
        return refused or reply("recipient-accepted")

    async def _data(self, command: Command) -> Reply:
        letter, self._transaction = self._transaction, None
        if letter is None:
            return reply("bad-sequence")
        if self._door.held >= self._limits.content:
            return reply("rate-limited")
        await self._say(reply("start-content"))
        reach("after-354")
        raw, refused = await self._content()
        if refused:
            return reply(refused)
        envelope = Envelope(letter.mail.reverse_path, tuple(letter.recipients.values()), letter.mail.smtputf8)
        return await self._door.take(letter.origin, envelope, raw)

    async def _content(self) -> tuple[bytes, str]:
        """The octets of the letter, or the name of the refusal."""
        reader, letter = DataReader(maximum_size=self._limits.message_size), bytearray()
        begun, held = self.loop.time(), 0
        try:
            while True:
                if not self._pending:
                    await self._more()
                chunk = bytes(self._pending)
                self._pending.clear()
                state = reader.feed(chunk)
                if state.refusal:
                    letter.clear()
                else:
                    letter += state.content
                self._door.held += len(letter) - held
                held = len(letter)
                if state.phase is not Phase.MORE:
                    self._pending += state.rest
                    return bytes(letter), state.refusal
                if self.loop.time() - begun > self._limits.idle + reader.size / self._limits.pace:
                    raise _Farewell("too-slow")
        finally:
            self._door.held -= held

    async def _reset(self, command: Command) -> Reply:
        self._transaction = None
        return reply("reset")


def _answering(name: str) -> Callable[[Command], Awaitable[Reply]]:
    async def answered(command: Command) -> Reply:
        return reply(name)

    return answered
