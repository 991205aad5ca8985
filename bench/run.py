"""All benchmarks: `./dev bench [documents] [streaming] [paths]` and so on; without names all of `ALL`."""

import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Final

ALL: Final = (
    "documents",
    "streaming",
    "paths",
    "envelopes",
    "revocation",
    "command",
    "letters",
    "ca",
    "services",
)


def main() -> None:
    """Run the benchmarks that are named, or all."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    wanted = sys.argv[1:] or ALL
    if unknown := [name for name in wanted if name not in ALL]:
        sys.exit(f"bench: there is no {', '.join(unknown)}; there are {', '.join(ALL)}")
    started = time.monotonic()
    load = os.getloadavg()[0]
    print("CPU time, medians of interleaved rounds; 1.000 of the floor is as fast as the primitives alone.")
    print(f"Load of this machine before the run: {load:.2f} on {os.cpu_count()} processors.")
    for name in wanted:
        import_module(f"bench.{name}").run()
    print(f"\n{time.monotonic() - started:.0f} s in all")


if __name__ == "__main__":
    main()
