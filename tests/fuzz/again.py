"""One input once more: `python -m tests.fuzz.again TARGET FILE`, ten seconds of CPU and 2 GiB at most.

A crash is told as an exception. The fuzzer's own limits are by the clock on the wall, and a busy machine
exceeds them: what does not come again here is no finding.
"""

import resource
import sys
from pathlib import Path
from typing import Final

from tests.fuzz.targets import TARGETS

CPU_SECONDS: Final = 10
MEMORY: Final = 2 << 30


def main() -> None:
    """Run it, after the good examples: what they need to be made is not the input's cost."""
    name, path = sys.argv[1:3]
    octets = Path(path).read_bytes()
    for seed in TARGETS[name].seeds():
        TARGETS[name].run(seed)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    until = int(usage.ru_utime + usage.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (until, until + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    TARGETS[name].run(octets)


if __name__ == "__main__":
    main()
