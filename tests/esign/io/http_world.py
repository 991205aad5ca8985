"""A web server of one test on the loopback, and a name service that knows what it is told."""

import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "pki.agency.example"


@dataclass(frozen=True)
class Reply:
    """What the server sends: `raw` instead of everything else, `drip` waits until the test ends."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: tuple[bytes, ...] = ()
    drip: float = 0.0


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Server:
    """Its pages by path; what was asked, in order."""

    port: int
    pages: dict[str, Reply] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    scheme: str = "http"

    def url(self, path: str, host: str = HOST) -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


@contextmanager
def served(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server that runs until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            server.asked.append(Asked(self.command, self.path, dict(self.headers), body))
            _send(self, server.pages.get(self.path, Reply(status=404)), server)

        do_GET = _answer
        do_POST = _answer

        def log_message(self, format: str, *args: Any) -> None:
            return

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            return

    http = Quiet(("127.0.0.1", 0), Handler)
    if tls is not None:
        http.socket = tls.wrap_socket(http.socket, server_side=True)
    server = Server(http.server_address[1], scheme="https" if tls else "http")
    worker = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    worker.start()
    try:
        yield server
    finally:
        server.over.set()
        http.shutdown()
        http.server_close()
        worker.join()


def _send(handler: BaseHTTPRequestHandler, reply: Reply, server: Server) -> None:
    handler.close_connection = True
    for piece in reply.raw:
        handler.wfile.write(piece)
        handler.wfile.flush()
        if reply.drip:
            server.over.wait(reply.drip)
    if reply.raw:
        return
    handler.send_response(reply.status)
    for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(reply.body)


def names(**known: Sequence[str] | str) -> Callable[[str, int], Sequence[str]]:
    """A name service: host names with `_` for the dot. Others are unknown."""

    def resolve(host: str, port: int) -> Sequence[str]:
        found = known.get(host.replace(".", "_"))
        if found is None:
            raise socket.gaierror("unknown")
        return (found,) if isinstance(found, str) else found

    return resolve


loopback = names(pki_agency_example="127.0.0.1", other_agency_example="127.0.0.1")


def bomb(octets: int) -> bytes:
    """Zeros, compressed."""
    return gzip.compress(bytes(octets))
