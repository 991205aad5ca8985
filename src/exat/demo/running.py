"""Both nodes, serving in this process on loopback sockets, in an event loop of their own."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, Self, TypeVar

from exat.demo.scene import Side
from exat.shell.serve import Node

T = TypeVar("T")

PATIENCE: Final = 30.0
"""Seconds that anything on the stage may take before it counts as a failure."""
_LOOK: Final = 0.01


class Nodes:
    """Nodes that serve while the block lasts; stopped whole at its end, also by an interrupt.

    `failures` are what went wrong in their loop and nobody caught.

    Raises:
        ConfigurationError: as `Node.start`.
    """

    def __init__(self, sides: Sequence[Side]) -> None:
        self._sides = sides
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(self._note)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.nodes: list[Node] = []
        self.failures: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            for side in self._sides:
                node = Node(side.home, side.passphrase)
                self.nodes.append(node)  # before it starts: an interrupt stops it too
                self.run(node.start())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do `work` in the loop of the nodes.

        Raises:
            TimeoutError: it took longer than `PATIENCE`.
        """
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def clock(self) -> float:
        """Seconds by a clock that only runs forward."""
        return self._loop.time()

    def wake(self) -> None:
        """Have both nodes look at their queues now: another process would wait for their next look."""
        for node in self.nodes:
            self._loop.call_soon_threadsafe(node.carrier.wake)

    def _note(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.failures.append(f"{context['message']}: {context.get('exception', '')}")

    async def _stop(self) -> None:
        await asyncio.gather(*(node.stop() for node in self.nodes))

    def _end(self) -> None:
        try:
            self.run(self._stop())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(PATIENCE)
            self._loop.close()


def eventually(claim: Callable[[], bool], what: str) -> None:
    """Wait until `claim` holds.

    Raises:
        TimeoutError: it did not within `PATIENCE`.
    """
    waiting = threading.Event()
    for _ in range(int(PATIENCE / _LOOK)):
        if claim():
            return
        waiting.wait(_LOOK)
    raise TimeoutError(f"waited {PATIENCE:.0f} s: {what}")
