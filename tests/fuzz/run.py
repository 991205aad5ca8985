"""Fuzzing within a budget of CPU time: `./dev fuzz [--seconds N | --cpu-hours H] [TARGET ...]`.

The working corpus, what was found and the time spent lie in `.fuzz/`, which is not committed: a run that was
stopped goes on. `--keep` packs the part of the working corpus that CI replays into `tests/fuzz/corpus`;
`--report` writes `docs/fuzzing.md`.
"""

import argparse
import hashlib
import json
import math
import os
import re
import subprocess
import sys
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tests.fuzz.foreign import examples
from tests.fuzz.keep import keep, kept
from tests.fuzz.targets import TARGETS

ROOT: Final = Path(__file__).resolve().parents[2]
WORK: Final = ROOT / ".fuzz"
PAPER: Final = ROOT / "docs" / "fuzzing.md"
_SLICE: Final = 120
_NICE: Final = 10
_MARK: Final = "<!-- the table is written by ./dev fuzz --report -->\n"
_EXECUTIONS: Final = re.compile(rb"number_of_executed_units:\s*(\d+)")


@dataclass
class Spent:
    """What one target has cost so far: seconds of CPU, executions, crashes."""

    cpu_seconds: float = 0.0
    executions: int = 0
    crashes: int = 0


def main() -> int:
    """Spend the budget in slices, the target that had least first; 1 when something was found."""
    arguments = _arguments()
    state = _read_state()
    names = arguments.targets or list(TARGETS)
    if arguments.keep:
        for name in names:
            count, octets = keep(name, TARGETS[name].run, _working(name))
            print(f"{name}: {count} inputs kept in {octets:,} octets", flush=True)
    elif not arguments.report:
        os.nice(_NICE)
        _spend(_budget(names, arguments, state), state, arguments.jobs)
    found = still_found()
    if arguments.report:
        PAPER.write_text(_paper(state, found), encoding="utf-8")
    for path in found:
        print(f"found: {path}")
    return 1 if found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all by default"
    )
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--seconds", type=float, default=360, help="of CPU, for all targets together")
    budget.add_argument("--cpu-hours", type=float, help="the same in hours, what earlier runs spent included")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes side by side")
    parser.add_argument("--keep", action="store_true", help="write the corpus that CI replays")
    parser.add_argument("--report", action="store_true", help="write docs/fuzzing.md")
    arguments = parser.parse_args()
    if unknown := set(arguments.targets) - TARGETS.keys():
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    return arguments


def _budget(names: list[str], arguments: argparse.Namespace, state: dict[str, Spent]) -> dict[str, float]:
    """Up to how many seconds, all runs together, each target may go: equal shares."""
    if arguments.cpu_hours is not None:
        return dict.fromkeys(names, arguments.cpu_hours * 3600 / len(names))
    return {name: state[name].cpu_seconds + arguments.seconds / len(names) for name in names}


def _spend(until: dict[str, float], state: dict[str, Spent], jobs: int) -> None:
    """Slices side by side, never two of one target: they share a folder."""
    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(jobs) as pool:
        while True:
            busy = running.values()
            idle = [n for n in until if n not in busy and until[n] - state[n].cpu_seconds > 1]
            for name in sorted(idle, key=lambda n: state[n].cpu_seconds)[: jobs - len(running)]:
                seconds = min(_SLICE, math.ceil(until[name] - state[name].cpu_seconds))
                running[pool.submit(_fuzz, name, seconds, state[name])] = name
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                name = running.pop(future)
                future.result()
                _write_state(state)
                print(f"{name}: {state[name]}", flush=True)


def _fuzz(name: str, seconds: int, spent: Spent) -> None:
    crashes, log = WORK / "crashes", WORK / f"last-{name}.log"
    crashes.mkdir(parents=True, exist_ok=True)
    corpus = WORK / "corpus" / name
    _fill(corpus, [*TARGETS[name].seeds(), *examples(name), *kept(name)])
    before = _crashes_of(name)
    argv = [sys.executable, "-m", "tests.fuzz.one", name, str(corpus), str(crashes), str(seconds)]
    with log.open("wb") as out:
        process = subprocess.Popen(argv, cwd=ROOT, stdout=out, stderr=out)  # noqa: S603
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    spent.cpu_seconds += usage.ru_utime + usage.ru_stime
    told = _EXECUTIONS.search(log.read_bytes())
    spent.executions += int(told[1]) if told else 0
    fresh = _crashes_of(name) - before
    if told is None and not fresh:
        raise SystemExit(f"{name}: the fuzzer did not run, see {log}")
    spent.crashes += sum(_comes_again(path) for path in fresh)


def _crashes_of(name: str) -> set[Path]:
    return {path for path in (WORK / "crashes").glob(f"{name}-*") if target_of(path) == name}


def _comes_again(path: Path) -> bool:
    """Whether an input fails a second time; what only the clock on the wall complained of is put aside."""
    argv = [sys.executable, "-m", "tests.fuzz.again", target_of(path), str(path)]
    answer = subprocess.run(argv, cwd=ROOT, capture_output=True, check=False)  # noqa: S603
    if answer.returncode == 0:
        aside = WORK / "aside"
        aside.mkdir(exist_ok=True)
        path.rename(aside / path.name)
    return answer.returncode != 0


def target_of(path: Path) -> str:
    """The target that a file among the crashes is of: its name comes first, and may have hyphens itself."""
    fitting = [name for name in TARGETS if path.name.startswith(f"{name}-")]
    return max(fitting, key=len, default=path.name.partition("-")[0])


def still_found() -> list[Path]:
    """What was found and still fails."""
    return [path for path in sorted((WORK / "crashes").glob("*-*")) if _comes_again(path)]


def _working(name: str) -> list[bytes]:
    """The working corpus without what others have made, and what is kept already."""
    theirs = set(examples(name))
    found = {path.read_bytes() for path in (WORK / "corpus" / name).glob("*")}
    return sorted({*found, *kept(name), *TARGETS[name].seeds()} - theirs)


def _fill(folder: Path, inputs: list[bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for octets in inputs:
        path = folder / hashlib.sha256(octets).hexdigest()[:40]
        if not path.exists():
            path.write_bytes(octets)


def _read_state() -> dict[str, Spent]:
    path = WORK / "state.json"
    read = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return {name: Spent(**read.get(name, {})) for name in TARGETS}


def _write_state(state: dict[str, Spent]) -> None:
    WORK.mkdir(exist_ok=True)
    text = json.dumps({name: asdict(spent) for name, spent in state.items()}, indent=1)
    (WORK / "state.json").write_text(text, encoding="utf-8")


def _paper(state: dict[str, Spent], found: list[Path]) -> str:
    rows = [
        f"| {name} | {one.cpu_seconds / 60:.0f} | {one.executions:,} | {_count(name):,} | {len(kept(name))} "
        f"| {one.crashes} | {sum(target_of(p) == name for p in found)} |"
        for name, one in state.items()
        if one.executions
    ]
    head, mark, _ = PAPER.read_text("utf-8").partition(_MARK)
    titles = ("target", "CPU minutes", "executions", "corpus", "kept", "crashes", "not yet fixed")
    table = f"| {' | '.join(titles)} |\n|---{'|--:' * (len(titles) - 1)}|\n"
    return head + mark + "\n" + table + "\n".join(rows) + "\n"


def _count(name: str) -> int:
    return sum(1 for _ in (WORK / "corpus" / name).glob("*"))


if __name__ == "__main__":
    sys.exit(main())
