"""Letters from submission to the mailbox of another agency: two nodes, each a process, over TLS on loopback.

Everything that a letter costs is in it: login, judgement at both nodes, durable transactions with evidence,
the relay under mutual TLS. Clients and nodes share one machine, and each letter has a connection of its own.
"""

import contextlib
import os
import resource
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.measure import percentile

if TYPE_CHECKING:
    from tests.e2e.agencies import House

WARM: Final = 5
LETTERS: Final = 100
CLIENTS: Final = 4
TEXT: Final = "\n".join(secrets.token_hex(31) for _ in range(65))
"""4 KB that do not compress."""

PATIENCE: Final = 60.0
"""Seconds to wait for what must happen."""

_SERVE: Final = """
import asyncio, os, sys
from pathlib import Path
from exat.shell.home import open_home
from exat.shell.serve import run
with open_home(Path(sys.argv[1])) as home:
    asyncio.run(run(home, os.environ["BENCH_PASSPHRASE"]))
"""


def run() -> None:
    """Print the table of letters."""
    from tests.e2e.agencies import two_agencies

    with tempfile.TemporaryDirectory() as place, two_agencies(Path(place)) as (sender, receiver):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with _serving(sender.home.folder), _serving(receiver.home.folder):
            letters = _measure(sender, receiver)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"  {'CPU of both nodes together, starting included':58} {1e3 * spent / letters:10.1f} ms a letter")


def _measure(sender: "House", receiver: "House") -> int:
    from tests.e2e.agencies import native

    letters = [native(sender, [receiver], number=n, text=TEXT) for n in range(WARM + 2 * LETTERS)]
    one_by_one, at_once = letters[: WARM + LETTERS], letters[WARM + LETTERS :]
    seen = [_delivered(sender, receiver, raw, number) for number, raw in enumerate(one_by_one)][WARM:]
    seconds = _at_once(sender, receiver, at_once, len(one_by_one))
    print(f"\nA letter of {len(TEXT)} octets of text ({len(letters[0])} on the wire), wall time")
    names = ("handed in, until 250", "handed in, until it lies in the other mailbox")
    rows = zip(names, zip(*seen, strict=True), strict=True)
    for name, values in rows:
        p50, p99 = (1e3 * percentile(values, share) for share in (0.5, 0.99))
        print(f"  {name:58} p50 {p50:6.1f} ms   p99 {p99:6.1f} ms")
    print(f"  {f'{CLIENTS} clients at once, until all are delivered':58} {LETTERS / seconds:10.1f} letters/s")
    return len(letters)


def _delivered(sender: "House", receiver: "House", raw: bytes, before: int) -> tuple[float, float]:
    """Seconds until the own node said 250, and until the letter lies in the other mailbox."""
    started = time.perf_counter()
    _send(sender, receiver, raw)
    answered = time.perf_counter() - started
    _until(lambda: _arrived(receiver, before) > 0)
    return answered, time.perf_counter() - started


def _at_once(sender: "House", receiver: "House", letters: list[bytes], before: int) -> float:
    """Seconds from the first connection until the last letter is delivered."""
    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(lambda raw: _send(sender, receiver, raw), letters))
    _until(lambda: _arrived(receiver, before) == len(letters))
    return time.perf_counter() - started


def _arrived(receiver: "House", before: int) -> int:
    """How many letters came after the first `before`."""
    return len(receiver.home.store.list_mailbox(receiver.mailbox, after=before))


def _send(sender: "House", receiver: "House", raw: bytes) -> None:
    answers = sender.send(raw, receiver.mailbox)
    if [answer.code for answer in answers] != [250]:
        raise RuntimeError(f"a letter was refused: {answers}")


@contextlib.contextmanager
def _serving(folder: Path) -> Iterator[None]:
    from exat.shell.serve import runtime
    from tests.e2e.agencies import PASSPHRASE

    path = os.pathsep.join(part for part in sys.path if part)
    env = {**os.environ, "BENCH_PASSPHRASE": PASSPHRASE, "PYTHONPATH": path}
    node = subprocess.Popen([sys.executable, "-c", _SERVE, str(folder)], env=env)
    try:
        _until(lambda: runtime(folder) is not None or node.poll() is not None)
        if node.poll() is not None:
            raise RuntimeError(f"the node in {folder} did not start")
        yield
    finally:
        node.terminate()
        node.wait(PATIENCE)


def _until(claim: Callable[[], bool]) -> None:
    waiting, ends = threading.Event(), time.monotonic() + PATIENCE
    while not claim():
        if time.monotonic() > ends:
            raise TimeoutError("a letter did not arrive")
        waiting.wait(0.002)
