"""Nodes as processes of their own, which tests kill and trace."""

import atexit
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from exat.shell.failpoints import VARIABLE
from exat.shell.serve import Runtime, runtime
from tests.e2e.agencies import PASSPHRASE, House, eventually

ROOT = Path(__file__).parents[2]
_SERVE = """
import asyncio, os, sys
from pathlib import Path
from exat.shell.home import open_home
from exat.shell.serve import run
with open_home(Path(sys.argv[1])) as home:
    asyncio.run(run(home, os.environ["EXAT_TEST_PASSPHRASE"]))
"""


class NodeProcess:
    """`exat.shell.serve.run` for the home of `house`, in a process; `before` is what runs it (strace)."""

    def __init__(self, house: House, *, failpoint: str = "", before: Sequence[str] = ()) -> None:
        self.folder = house.home.folder
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("src", "cli", "keys")),
            "EXAT_TEST_PASSPHRASE": PASSPHRASE,
            VARIABLE: failpoint,
        }
        self._process = subprocess.Popen(
            [*before, sys.executable, "-c", _SERVE, str(self.folder)],
            env=environment,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        atexit.register(_end_group, self._process)
        eventually(lambda: self.runtime is not None or self._process.poll() is not None)
        if self.runtime is None:
            raise AssertionError(self.end(signal.SIGKILL).decode())

    @property
    def runtime(self) -> Runtime | None:
        return runtime(self.folder)

    def wait_for_death(self) -> int:
        """How it died: the negative number of a signal."""
        return self._process.wait(20)

    def kill(self) -> None:
        """SIGKILL to the node itself, whatever runs it."""
        told = self.runtime
        if told is not None:
            os.kill(told.pid, signal.SIGKILL)
        self._process.wait(20)

    def end(self, number: int = signal.SIGTERM) -> bytes:
        """End it, and give what it has said on standard error."""
        told = self.runtime
        if self._process.poll() is None:
            os.kill(told.pid if told else self._process.pid, number)
        return self._process.communicate(timeout=20)[1]


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """A test that failed must leave no node behind."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
