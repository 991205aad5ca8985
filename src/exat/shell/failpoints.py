"""Named places where a node kills itself, for tests of what survives. In production nothing sets them.

The environment variable `EXAT_FAILPOINT` names one of `NAMES`; who reaches it dies of SIGKILL, as by a power
cut of the process: no handler runs, no file is closed.
"""

import os
import signal
from typing import Final

VARIABLE: Final = "EXAT_FAILPOINT"
NAMES: Final = ("after-354", "before-commit", "after-commit", "after-peer-250")


def reach(name: str) -> None:
    """Die here when `name` is the one that is set."""
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
