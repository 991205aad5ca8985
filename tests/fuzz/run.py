"""Fuzzing within a budget of CPU time that is kept: `./dev fuzz [--cpu-hours H] [TARGET ...]`.

The working corpus, what was found and the time spent lie in `.fuzz/`, which is not committed. `--keep` writes
the part of the working corpus that reaches something new into `tests/fuzz/corpus`, which CI replays;
`--report` writes `docs/fuzzing.md`.
"""

import argparse
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tests.fuzz.targets import TARGETS

ROOT: Final = Path(__file__).resolve().parents[2]
KEPT: Final = Path(__file__).parent / "corpus"
WORK: Final = ROOT / ".fuzz"
PAPER: Final = ROOT / "docs" / "fuzzing.md"
_SLICE: Final = 120
_MARK: Final = "<!-- the table is written by ./dev fuzz --report -->\n"
_MAX_KEPT: Final = 1 << 17
_EXECUTIONS: Final = re.compile(rb"number_of_executed_units:\s*(\d+)")


@dataclass
class Spent:
    """What one target has cost so far: seconds of CPU, executions, crashes."""

    cpu_seconds: float = 0.0
    executions: int = 0
    crashes: int = 0


def kept(name: str) -> list[bytes]:
    """The kept corpus of a target."""
    path = KEPT / f"{name}.zip"
    if not path.exists():
        return []
    with zipfile.ZipFile(path) as package:
        return [package.read(entry) for entry in package.namelist()]


def main() -> int:
    """Spend the budget in slices, the target that had least first; 1 when something was found."""
    arguments = _arguments()
    state = _read_state()
    names = arguments.targets or list(TARGETS)
    if not (arguments.keep or arguments.report):
        _spend(names, arguments.cpu_hours * 3600 / len(names), state, arguments.jobs)
    if arguments.keep:
        for name in names:
            _keep(name)
    if arguments.report:
        PAPER.write_text(_paper(state), encoding="utf-8")
    found = sorted((WORK / "crashes").glob("*")) if WORK.exists() else []
    for path in found:
        print(f"found: {path}")
    return 1 if found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all by default"
    )
    parser.add_argument(
        "--cpu-hours", type=float, default=0.1, help="for all targets together, earlier runs included"
    )
    parser.add_argument("--jobs", type=int, default=1, help="how many processes side by side")
    parser.add_argument("--keep", action="store_true", help="write the corpus that CI replays")
    parser.add_argument("--report", action="store_true", help="write docs/fuzzing.md")
    arguments = parser.parse_args()
    if unknown := set(arguments.targets) - TARGETS.keys():
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    return arguments


def _spend(names: list[str], each: float, state: dict[str, Spent], jobs: int) -> None:
    """Slices side by side, never two of one target: they share a folder."""
    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(jobs) as pool:
        while True:
            idle = [n for n in names if n not in running.values() and state[n].cpu_seconds < each]
            for name in sorted(idle, key=lambda n: state[n].cpu_seconds)[: jobs - len(running)]:
                seconds = min(_SLICE, int(each - state[name].cpu_seconds) + 1)
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
    corpus, crashes, log = WORK / "corpus" / name, WORK / "crashes", WORK / f"last-{name}.log"
    crashes.mkdir(parents=True, exist_ok=True)
    _fill(corpus, [*TARGETS[name].seeds(), *kept(name)])
    argv = [sys.executable, "-m", "tests.fuzz.one", name, str(corpus), str(crashes), str(seconds)]
    with log.open("wb") as out:
        process = subprocess.Popen(argv, cwd=ROOT, stdout=out, stderr=out)  # noqa: S603
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    spent.cpu_seconds += usage.ru_utime + usage.ru_stime
    told = _EXECUTIONS.search(log.read_bytes())
    spent.executions += int(told[1]) if told else 0
    if process.returncode != 0:
        spent.crashes += 1
        if told is None and not any(crashes.glob(f"{name}-*")):
            raise SystemExit(f"{name}: the fuzzer did not run, see {log}")


def _fill(folder: Path, inputs: list[bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for octets in inputs:
        path = folder / hashlib.sha256(octets).hexdigest()[:40]
        if not path.exists():
            path.write_bytes(octets)


def _keep(name: str) -> None:
    """Merge the working corpus into what covers the same with less, smallest first, and pack it."""
    merged = WORK / "merged" / name
    merged.mkdir(parents=True, exist_ok=True)
    code = (
        "import sys, atheris\n"
        "with atheris.instrument_imports(include=['esign']):\n"
        "    from tests.fuzz import targets\n"
        "atheris.Setup(sys.argv[:1] + ['-merge=1'] + sys.argv[2:], targets.TARGETS[sys.argv[1]].run)\n"
        "atheris.Fuzz()\n"
    )
    argv = [sys.executable, "-c", code, name, str(merged), str(WORK / "corpus" / name)]
    subprocess.run(argv, cwd=ROOT, capture_output=True, check=False)  # noqa: S603
    inputs = sorted({path.read_bytes() for path in merged.iterdir()}, key=lambda o: (len(o), o))
    packed, total = io.BytesIO(), 0
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for octets in inputs:
            total += len(octets)
            if total > _MAX_KEPT * 4 or packed.tell() > _MAX_KEPT:
                break
            entry = zipfile.ZipInfo(hashlib.sha256(octets).hexdigest()[:16], (2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, octets)
    KEPT.mkdir(exist_ok=True)
    (KEPT / f"{name}.zip").write_bytes(packed.getvalue())
    print(f"{name}: {len(inputs)} inputs, {len(packed.getvalue())} octets packed")


def _read_state() -> dict[str, Spent]:
    path = WORK / "state.json"
    read = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return {name: Spent(**read.get(name, {})) for name in TARGETS}


def _write_state(state: dict[str, Spent]) -> None:
    WORK.mkdir(exist_ok=True)
    text = json.dumps({name: asdict(spent) for name, spent in state.items()}, indent=1)
    (WORK / "state.json").write_text(text, encoding="utf-8")


def _paper(state: dict[str, Spent]) -> str:
    rows = [
        f"| {name} | {one.cpu_seconds / 60:.0f} | {one.executions:,} | {len(kept(name))} | {one.crashes} |"
        for name, one in state.items()
        if one.executions
    ]
    head, mark, _ = PAPER.read_text("utf-8").partition(_MARK)
    table = "| target | CPU minutes | executions | inputs kept | crashes |\n|---|---|---|---|---|\n"
    return head + mark + "\n" + table + "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.exit(main())
