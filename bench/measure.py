"""How things are measured: CPU time, interleaved rounds, medians, ratios to a floor taken in the same round.

Absolute numbers differ from machine to machine and from minute to minute; the ratios of one run stay.
"""

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

Act = Callable[[], object]

ROUNDS: Final = 7
SLICE: Final = 0.08
"""Seconds of CPU that one candidate gets in one round."""

PROCESS_ROUNDS: Final = 9


@dataclass(frozen=True, slots=True)
class Row:
    """One candidate: microseconds of CPU a call, and its speed as a share of the floor's."""

    name: str
    microseconds: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Process:
    """A program of others that does the act once: a process for each call."""

    name: str
    arguments: Sequence[str]
    folder: Path


def compare(candidates: Mapping[str, Act], *, rounds: int = ROUNDS) -> list[Row]:
    """Measure candidates side by side; the first is the floor. A ratio of 1 is as fast as the floor."""
    calls = {name: _calls(act) for name, act in candidates.items()}
    seen: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, act in candidates.items():
            seen[name].append(_cpu(act, calls[name]))
    floor = next(iter(seen.values()))
    return [
        Row(
            name,
            1e6 * statistics.median(times),
            statistics.median(f / t for f, t in zip(floor, times, strict=True)),
        )
        for name, times in seen.items()
    ]


def with_process(rows: list[Row], process: Process) -> list[Row]:
    """The rows and one more: the CPU of a program, started anew for each call, against the same floor."""
    cost = statistics.median(
        cpu_of_process(process.arguments, folder=process.folder) for _ in range(PROCESS_ROUNDS)
    )
    return [*rows, Row(process.name, 1e6 * cost, rows[0].microseconds / (1e6 * cost))]


def cpu_of_process(
    arguments: Sequence[str], *, folder: Path | None = None, env: Mapping[str, str] | None = None
) -> float:
    """Seconds of CPU that a program takes from start to end.

    Raises:
        subprocess.CalledProcessError: it does not end well.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(arguments, check=True, capture_output=True, cwd=folder, env={**os.environ, **(env or {})})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def show(title: str, rows: Sequence[Row], *, absent: Sequence[str] = ()) -> None:
    """Print one table, and the peers that are not on this machine."""
    print(f"\n{title}")
    for row in rows:
        print(f"  {row.name:58} {row.microseconds:10.1f} us   {row.ratio:7.3f} of the floor")
    for name in absent:
        print(f"  {name:58} {'not here':>10}")


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that at least `share` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    rank = -int(-share * len(ordered) // 1)
    return ordered[max(0, rank - 1)]


def _calls(act: Act) -> int:
    """How many calls fill a slice."""
    act()
    once = _cpu(act, 1)
    return max(1, min(20_000, int(SLICE / max(once, 1e-6))))


def _cpu(act: Act, calls: int) -> float:
    started = time.process_time()
    for _ in range(calls):
        act()
    return (time.process_time() - started) / calls
