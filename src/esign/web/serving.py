"""Runs the services in the foreground until a signal, by uvicorn; it says where it listens.

No line of a log names who asked for what: neither addresses nor paths, in which serial numbers stand.
"""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Final

import uvicorn

from esign.web.application import application
from esign.web.lane import with_lane
from esign.web.ocsp import answered
from esign.web.services import Services

GRACE: Final = 5
"""Seconds that requests under way have to end when it stops."""

CONNECTIONS: Final = 1000
IDLE_SECONDS: Final = 30
MAX_HEAD: Final = 1 << 14
_BACKLOG: Final = 512
_STOPPING: Final = (signal.SIGTERM, signal.SIGINT)


class _Server(uvicorn.Server):
    """A server whose end by a signal is a good end."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT stop it; uvicorn's own would raise them again afterwards."""
        loop = asyncio.get_running_loop()
        for number in _STOPPING:
            loop.add_signal_handler(number, self.stop)
        try:
            yield
        finally:
            for number in _STOPPING:
                loop.remove_signal_handler(number)

    def stop(self) -> None:
        """Answer what was asked, and end."""
        self.should_exit = True


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 for a free one.

    Raises:
        OSError: what the system says.
    """
    made = socket.create_server((host, port), family=_family(host), backlog=_BACKLOG)
    # Connections inherit it: head and body of a reply go out as they are written.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def serve(services: Services, listener: socket.socket, *, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called when requests are answered."""
    lane = with_lane(lambda question, at: answered(services.answers, question, at=at), services.now)
    config = uvicorn.Config(
        application(services),
        http=lane,
        access_log=False,
        log_config=None,
        log_level=logging.WARNING,
        lifespan="on",
        ws="none",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=MAX_HEAD,
    )
    asyncio.run(_Server(config, ready).serve(sockets=[listener]))


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
