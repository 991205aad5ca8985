"""The short way of a question about a certificate: HTTP/1.1 in its plainest form, answered as soon as it is
read.

A responder answers the same few shapes thousands of times in a second. What has exactly such a shape (one
whole message, known header fields, each once, its length told) is answered here; everything else, however
slightly it differs, goes the long way through h11 and the application, and gets the same reply. A head that
comes in drops ends the connection.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from esign.io.authority import AUTHORITIES
from esign.web.messages import Reply
from esign.web.ocsp import ASKED, MAX_BODY, MAX_PATH, question_of

HEAD_SECONDS: Final = 10.0
"""Seconds that the head of a request may take to come."""

_PLACE: Final = r"/ocsp(?:/(?:{}))?".format("|".join(AUTHORITIES))
_FORM: Final = re.compile(
    rf"(?:POST {_PLACE}/?|GET {_PLACE}/([A-Za-z0-9+/%=]{{1,{MAX_PATH}}})) HTTP/1\.1\r\n"
    r"((?:[A-Za-z-]{1,32}: ?[\x21-\x7e][\x20-\x7e]{0,255}\r\n){1,12})\r\n".encode("ascii")
)
_KNOWN: Final = frozenset(
    (b"accept", b"accept-encoding", b"connection", b"content-length", b"content-type", b"host", b"user-agent")
)
_MEDIA: Final = ASKED.encode("ascii")


def plain_question(data: bytes) -> bytes | None:
    """The OCSPRequest in one whole HTTP request of the plainest form; None for every other input, hostile."""
    form = _FORM.match(data)
    if form is None:
        return None
    lines = [line.partition(b":") for line in form[2].split(b"\r\n")[:-1]]
    fields = {name.lower(): value.strip() for name, _, value in lines}
    is_plain = len(fields) == len(lines) and fields.keys() <= _KNOWN and b"host" in fields
    if not is_plain or fields.get(b"connection", b"keep-alive").lower() != b"keep-alive":
        return None
    body = data[form.end() :]
    if form[1] is not None:
        return None if body or b"content-length" in fields else question_of(unquote(form[1].decode("ascii")))
    told = fields.get(b"content-length"), fields.get(b"content-type")
    return body if told == (str(len(body)).encode("ascii"), _MEDIA) and len(body) <= MAX_BODY else None


def written(reply: Reply, *, at: datetime) -> bytes:
    """A reply as it goes over the wire."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in reply.headers)
    status = f"{reply.status} {STATUS_PHRASES[reply.status].decode('ascii')}"
    head = f"HTTP/1.1 {status}\r\ndate: {_date(at)}\r\n{fields}content-length: {len(reply.body)}\r\n\r\n"
    return head.encode("ascii") + reply.body


@lru_cache(maxsize=4)
def _date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)


def with_lane(answer: Callable[[bytes, datetime], Reply], now: Callable[[], datetime]) -> type[H11Protocol]:
    """uvicorn's protocol with the short way: `answer` is given a question and the time."""

    class Lane(H11Protocol):
        """A connection."""

        _patience: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            """Begin; who says nothing is not waited for longer than between two requests."""
            super().connection_made(transport)
            self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            """End."""
            self._hurry(False)
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            """Octets of the asker, hostile."""
            question = plain_question(data) if self._is_between else None
            if question is None:
                super().data_received(data)
                self._hurry(self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0]))
                return
            at = now()
            self.transport.write(written(answer(question, at), at=at))
            self.server_state.total_requests += 1
            self._wait()

        @property
        def _is_between(self) -> bool:
            """Between two requests, with nothing left of the last and nothing waiting to be sent."""
            states = (self.conn.our_state, self.conn.their_state)
            is_done = self.cycle is None or self.cycle.response_complete
            is_idle = is_done and states == (h11.IDLE, h11.IDLE) and not self.conn.trailing_data[0]
            return is_idle and not self.flow.write_paused and not self.transport.is_closing()

        def _wait(self) -> None:
            self._unset_keepalive_if_required()
            later: Any = self.loop.call_later
            self.timeout_keep_alive_task = later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

        def _hurry(self, is_partial: bool) -> None:
            """A head that is not whole has its time from the first octet, however often one more comes."""
            if is_partial and self._patience is None:
                self._patience = self.loop.call_later(HEAD_SECONDS, self.transport.close)
            elif not is_partial and self._patience is not None:
                self._patience.cancel()
                self._patience = None

    return Lane
