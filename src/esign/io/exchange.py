"""One HTTP exchange with a stranger: in bounded time and memory, to an address that was judged before.

Redirects, needs and budgets are the business of `io.fetch`. Nothing of the environment (proxies, netrc) and
nothing of an earlier exchange (cookies, connections) is used.
"""

import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Self, cast

import httpx2

from esign.io.addresses import FetchFailed

Inflate = Callable[[bytes, int], bytes]

_CONNECTED: Final = ("connection.connect_tcp.complete", "connection.start_tls.complete")
_LATE: Final = (httpx2.ReadTimeout, httpx2.WriteTimeout, httpx2.PoolTimeout)
_NO_REUSE: Final = httpx2.Limits(max_connections=4, max_keepalive_connections=0)


def direct_transport(tls: ssl.SSLContext | None = None) -> httpx2.BaseTransport:
    """HTTP/1.1 without proxies and without connections that stay open; `tls` says whom to trust for https."""
    context = tls or ssl.create_default_context()
    return httpx2.HTTPTransport(verify=context, trust_env=False, limits=_NO_REUSE)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point on the monotonic clock."""

    until: float
    seconds: float

    @classmethod
    def after(cls, seconds: float) -> Self:
        """`seconds` from now."""
        return cls(time.monotonic() + seconds, seconds)

    @property
    def left(self) -> float:
        """Seconds until then, none when it has passed."""
        return max(0.0, self.until - time.monotonic())

    def earlier(self, other: Self) -> Self:
        """The one that comes first."""
        return self if self.until <= other.until else other

    def require(self) -> float:
        """Seconds until then.

        Raises:
            FetchFailed: `fetch-too-slow` when it has passed.
        """
        if (left := self.left) > 0.0:
            return left
        raise FetchFailed("fetch-too-slow", seconds=round(self.seconds, 1))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: `location` of a redirect as it was sent, the octets with their encoding undone."""

    status: int
    location: str
    octets: bytes


class _Watch:
    """Cuts the connection at the deadline: a time-out for each read does not bound a line that drips."""

    def __init__(self, seconds: float) -> None:
        self._lock = threading.Lock()
        self._socket: Any = None
        self._expired = False
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def trace(self, name: str, info: Mapping[str, Any]) -> None:
        """Called by the transport at each of its steps; those that make a socket matter."""
        if name in _CONNECTED:
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
                if self._expired:
                    self._cut()

    def _expire(self) -> None:
        with self._lock:
            self._expired = True
            self._cut()

    def _cut(self) -> None:
        # The plain shutdown: that of an SSL socket takes its state away from under a reader.
        if self._socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def exchange(
    transport: httpx2.BaseTransport,
    request: httpx2.Request,
    addresses: Iterable[str],
    *,
    limit: int,
    connect_seconds: float,
    deadline: Deadline,
) -> Answer:
    """Send `request` to the first of `addresses` that can be reached, and read at most `limit` octets.

    Host field and TLS name stay those of the request's URL. A redirect's body is not read.

    Raises:
        FetchFailed: `fetch-unreachable`, `fetch-tls-failed`, `fetch-too-slow`, `fetch-too-large`,
            `fetch-encoding`.
    """
    cause: httpx2.TransportError | None = None
    with _mapped(deadline), _Watch(deadline.require()) as watch:
        for address in addresses:
            pinned = _pinned(request, address, watch, min(connect_seconds, deadline.require()), deadline.left)
            try:
                response = transport.handle_request(pinned)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as e:
                cause = e
                continue
            try:
                return _read(response, limit, deadline)
            finally:
                response.close()
        raise cause or FetchFailed(reason="no address")


def _pinned(
    request: httpx2.Request, address: str, watch: _Watch, connect: float, left: float
) -> httpx2.Request:
    extensions = {
        "timeout": {"connect": connect, "read": left, "write": left, "pool": left},
        "sni_hostname": request.url.raw_host.decode("ascii"),
        "trace": watch.trace,
    }
    url = request.url.copy_with(host=address)
    body = request.read()
    return httpx2.Request(request.method, url, headers=request.headers, content=body, extensions=extensions)


@contextmanager
def _mapped(deadline: Deadline) -> Iterator[None]:
    """What the transport raises, as ours: nothing foreign leaves."""
    try:
        yield
    except FetchFailed:
        raise
    except (httpx2.TransportError, httpx2.InvalidURL, OSError, ValueError) as e:
        if isinstance(e, _LATE) or not deadline.left:
            raise FetchFailed("fetch-too-slow", seconds=round(deadline.seconds, 1)) from e
        code = "fetch-tls-failed" if _is_of_tls(e) else "fetch-unreachable"
        raise FetchFailed(code, reason=str(e) or type(e).__name__) from e


def _is_of_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _read(response: httpx2.Response, limit: int, deadline: Deadline) -> Answer:
    location = response.headers.get("location", "")
    if response.status_code != httpx2.codes.OK:
        return Answer(response.status_code, location, b"")
    declared = response.headers.get("content-length", "")
    if len(declared) > 15 or (declared.isdecimal() and int(declared) > limit):
        raise FetchFailed("fetch-too-large", limit=limit)
    return Answer(response.status_code, location, _body(response, limit, deadline))


def _body(response: httpx2.Response, limit: int, deadline: Deadline) -> bytes:
    inflate, is_whole = _inflater(response.headers.get("content-encoding", ""))
    octets, sent = bytearray(), 0
    for chunk in cast(Iterable[bytes], response.stream):
        sent += len(chunk)
        octets += inflate(chunk, limit + 1 - len(octets))
        if len(octets) > limit or sent > limit:
            raise FetchFailed("fetch-too-large", limit=limit)
        deadline.require()
    if not is_whole():
        raise FetchFailed("fetch-encoding", encoding="a compressed body that is cut short")
    return bytes(octets)


def _inflater(encoding: str) -> tuple[Inflate, Callable[[], bool]]:
    """What undoes a content coding, never making more than it is asked for (RFC 9110 §8.4.1).

    We ask for none; gzip and deflate come all the same from servers that keep files compressed.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return lambda chunk, _: chunk, lambda: True
    if name not in ("gzip", "x-gzip", "deflate"):
        raise FetchFailed("fetch-encoding", encoding=encoding)
    state = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def inflate(chunk: bytes, most: int) -> bytes:
        try:
            return state.decompress(chunk, most)
        except zlib.error as e:
            raise FetchFailed("fetch-encoding", encoding=encoding) from e

    return inflate, lambda: state.eof
