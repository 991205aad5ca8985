"""A running node: two doors, the carrier of its queue, an eye on the directory; started and stopped whole.

    node = Node(home, passphrase)
    await node.start()
    ...
    await node.stop()

One process serves a home: `node.lock` is held while it runs, and `node.json` tells where it listens.
"""

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import signal
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from esign.io import disk
from esign.io.clock import now
from exat.directory import Directory
from exat.errors import ConfigurationError, ExatError
from exat.shell import tls
from exat.shell.carrier import Carrier
from exat.shell.config import Config, host_port
from exat.shell.desk import NodeDesk
from exat.shell.door import Door
from exat.shell.home import Home
from exat.shell.limits import Limits
from exat.smtp.session import Service

RUNTIME: Final = "node.json"
LOCK: Final = "node.lock"
RELOAD: Final = 0.5
"""Seconds between two looks at the directory's sources."""

GRACE: Final = 5.0
"""Seconds that an attempt under way has to end when the node stops."""

_LOCK_TRIES: Final = 10
_LOCK_PAUSE: Final = 0.05

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a running node tells of itself."""

    pid: int
    submission: tuple[str, int]
    relay: tuple[str, int]
    started_at: datetime


class Node:
    """The serving process of a home. `clock` and `limits` are others in tests only.

    Raises:
        ConfigurationError: `file-unreadable`.
        EsignError: `wrong-passphrase` and other codes of the seal's key.
    """

    def __init__(
        self,
        home: Home,
        passphrase: str,
        *,
        clock: Callable[[], datetime] = now,
        limits: Limits | None = None,
        timeout: float = 60.0,
    ) -> None:
        self.home = home
        self._clock = clock
        self._limits = limits or _limits(home.config)
        self._identity = home.identity(passphrase)
        seal = home.seal(passphrase)
        directory = home.directory(clock())
        self.desk = NodeDesk(home.store, directory, seal=seal, clock=clock, stirred=self._stirred)
        self.carrier = Carrier(home.store, self.desk, self._identity, clock=clock, timeout=timeout)
        self._submission = self._door(Service.SUBMISSION, tls.for_users(self._identity))
        self._relay = self._door(Service.RELAY, tls.for_nodes(self._identity, directory.peers))
        self._tasks: list[asyncio.Task[None]] = []
        self._lock: IO[bytes] | None = None
        self.runtime: Runtime | None = None

    async def start(self) -> Runtime:
        """Open the doors, carry the queue.

        Raises:
            ConfigurationError: `node-running` when another process serves this home, `port-unavailable`.
        """
        self._lock = await _lock(self.home.folder / LOCK)
        try:
            # What a process that was killed has told of itself is not true of this one.
            (self.home.folder / RUNTIME).unlink(missing_ok=True)
            await self.carrier.free()
            relay = await self._open(self._relay, self.home.config.listen.relay)
            submission = await self._open(self._submission, self.home.config.listen.submission)
        except BaseException:
            await self.stop()
            raise
        self._tasks = [asyncio.create_task(self.carrier.run()), asyncio.create_task(self._watch())]
        self.runtime = Runtime(os.getpid(), submission, relay, self._clock())
        _write_runtime(self.home.folder / RUNTIME, self.runtime)
        return self.runtime

    async def stop(self) -> None:
        """Close the doors, answer what is in hand, end the attempts under way; the home stays open."""
        await asyncio.gather(self._submission.close(), self._relay.close())
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self.carrier.finish(GRACE)
        if self.runtime is not None:
            (self.home.folder / RUNTIME).unlink(missing_ok=True)
            self.runtime = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _door(self, service: Service, context: ssl.SSLContext) -> Door:
        agency = self.home.config.agency
        return Door(
            self.desk,
            service=service,
            hostname=agency.node,
            domain=agency.domain,
            context=context,
            limits=self._limits,
        )

    async def _open(self, door: Door, place: str) -> tuple[str, int]:
        try:
            return await door.open(*host_port(place))
        except OSError as e:
            values = {"place": place, "reason": e.strerror or e}
            raise ConfigurationError(
                "port-unavailable", f"cannot listen on {place}: {e.strerror}", where="listen", values=values
            ) from e

    def _stirred(self) -> None:
        self.carrier.wake()

    async def _watch(self) -> None:
        """Take over what people, peers and the authority change while the node runs."""
        while True:
            await asyncio.sleep(RELOAD)
            try:
                found = await asyncio.to_thread(self.home.directory, self._clock())
            except ExatError as e:
                _log.error("the directory stays as it was: %s", e)
                continue
            except Exception:
                # Whatever it is, the node serves on with what it knows.
                _log.exception("the directory stays as it was")
                continue
            if found is not self.desk.directory:
                self._take_over(found)

    def _take_over(self, found: Directory) -> None:
        before = {root.fingerprint for peer in self.desk.directory.peers for root in peer.roots}
        self.desk.directory = found
        if before != {root.fingerprint for peer in found.peers for root in peer.roots}:
            self._relay.context = tls.for_nodes(self._identity, found.peers)
        self.carrier.wake()


async def run(
    home: Home, passphrase: str, *, ready: Callable[[Runtime], None] = lambda runtime: None
) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called when both doors are open.

    Raises:
        ConfigurationError: as `Node.start`.
        EsignError: `wrong-passphrase` and other codes of the keys.
    """
    node = Node(home, passphrase)
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    ready(await node.start())
    try:
        await ended.wait()
    finally:
        await node.stop()


def runtime(folder: Path) -> Runtime | None:
    """What the node that serves the home in `folder` tells of itself; None when none runs."""
    try:
        found = json.loads((folder / RUNTIME).read_bytes())
        told = Runtime(
            int(found["pid"]),
            (str(found["submission"][0]), int(found["submission"][1])),
            (str(found["relay"][0]), int(found["relay"][1])),
            datetime.fromisoformat(found["started_at"]),
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None
    return told if _lives(told.pid) and _is_locked(folder / LOCK) else None


def _write_runtime(path: Path, told: Runtime) -> None:
    values = {
        "schema": "exat.node/1",
        "pid": told.pid,
        "submission": list(told.submission),
        "relay": list(told.relay),
        "started_at": told.started_at.isoformat(),
    }
    disk.write(path, json.dumps(values).encode() + b"\n")


async def _lock(path: Path) -> IO[bytes]:
    """Hold the lock of a home; who only looks whether it is held holds it for a moment too."""
    file = path.open("ab")
    for _ in range(_LOCK_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.sleep(_LOCK_PAUSE)
        else:
            return file
    file.close()
    folder = path.parent
    raise ConfigurationError(
        "node-running", f"another process serves {folder}", where=str(folder), values={"folder": folder}
    )


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_locked(path: Path) -> bool:
    with contextlib.suppress(OSError), path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _limits(config: Config) -> Limits:
    wanted = config.limits
    return Limits(
        message_size=wanted.message_size,
        recipients=wanted.recipients,
        idle=wanted.idle,
        connections=wanted.connections,
        connections_per_host=wanted.connections_per_host,
    )
