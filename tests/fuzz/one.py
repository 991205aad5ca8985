"""One process of the fuzzer: `python -m tests.fuzz.one TARGET CORPUS CRASHES SECONDS`.

Needs atheris, which sees the branches that an input takes. An input that makes the target raise, run for
twenty seconds or take 2 GiB ends the process and stays in the folder of crashes.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["esign"]):
    from tests.fuzz import targets

MAX_INPUT = 1 << 15


def main() -> None:
    """Fuzz until the time is over."""
    name, corpus, crashes, seconds = sys.argv[1:5]
    target = targets.TARGETS[name]
    others = [path.read_bytes() for path in sorted(Path(corpus).iterdir())[:500]] or [b""]

    def change(data: bytes, limit: int, seed: int) -> bytes:
        # One change in four is left to the fuzzer's own idea of octets.
        lent = others[seed % len(others)]
        changed = target.mutate(data, seed, limit=limit, other=lent) if seed % 4 else None
        return atheris.Mutate(data, limit) if changed is None else changed

    options = (
        f"-max_total_time={seconds}",
        f"-artifact_prefix={crashes}/{name}-",
        f"-max_len={MAX_INPUT}",
        # By the clock on the wall; `again` judges by time of the CPU.
        *("-timeout=20", "-report_slow_units=20"),
        *("-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0"),
    )
    atheris.Setup([sys.argv[0], *options, corpus], target.run, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
