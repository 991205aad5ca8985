"""`./dev mutate`: go on with the session of mutants, tell what survived, write `docs/mutation.md`."""

import argparse
import os
import shutil
import sys
import threading
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.mutation.operators import Mutant, mutants
from tests.mutation.session import Session, Verdict

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / ".mutation"
PAPER: Final = ROOT / "docs" / "mutation.md"
EXPLAINED: Final = Path(__file__).with_name("survivors.toml")
_MARK: Final = "<!-- below: ./dev mutate --report -->\n"
_NOTICED: Final = ("killed", "timeout")

_Name = tuple[str, str, str, int]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    chosen = _parser().parse_args(arguments)
    if chosen.new:
        shutil.rmtree(FOLDER, ignore_errors=True)
    session = Session(ROOT, FOLDER, seed=chosen.seed, size=chosen.size)
    session.prepare(chosen.tests)
    if chosen.survivors or chosen.report:
        return _told(session, write=chosen.report)
    known = session.verdicts
    left = [m for m in session.sample if m.key not in known or (chosen.tests and _is_open(known[m.key]))]
    os.nice(15)
    if left and (control := session.control()).verdict != "survived":
        raise SystemExit(f"mutate: without any change: {control.verdict} {control.by}")
    _judge(session, left, jobs=chosen.jobs)
    return _told(session, write=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./dev mutate", description=__doc__)
    parser.add_argument("--size", type=int, default=500, help="how many mutants (500)")
    parser.add_argument("--seed", type=int, default=5280, help="which ones (5280)")
    parser.add_argument("--jobs", type=int, default=1, help="how many at the same time (1)")
    parser.add_argument("--new", action="store_true", help="begin anew, with the sources of the last commit")
    parser.add_argument(
        "--tests", nargs="+", metavar="PATH", default=(), help="take these tests as they are now"
    )
    parser.add_argument("--survivors", action="store_true", help="only tell what survived so far")
    parser.add_argument("--report", action="store_true", help="write the table of docs/mutation.md")
    return parser


def _is_open(verdict: Verdict) -> bool:
    return verdict.verdict not in _NOTICED


def _judge(session: Session, left: Sequence[Mutant], *, jobs: int) -> None:
    done, lock = Counter[str](), threading.Lock()

    def work(part: Sequence[Mutant]) -> None:
        for mutant, verdict in zip(part, session.judged(part), strict=True):
            with lock:
                session.note(verdict)
                done[verdict.verdict] += 1
                if _is_open(verdict):
                    print(f"{verdict.verdict}  {_place(mutant)}  {mutant.shown}", flush=True)
                if done.total() % 20 == 0:
                    print(f"{done.total()} of {len(left)}: {dict(done)}", file=sys.stderr, flush=True)

    threads = [threading.Thread(target=work, args=(left[number::jobs],)) for number in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _place(mutant: Mutant) -> str:
    return f"{mutant.module}:{mutant.line} {mutant.function}"


def _told(session: Session, *, write: bool) -> int:
    """Tell what survived without an explanation; the status says whether there is any."""
    verdicts, names, reasons = session.verdicts, _names(session), _reasons()
    open_ones = [m for m in session.sample if m.key in verdicts and _is_open(verdicts[m.key])]
    unexplained = [m for m in open_ones if names[m.key] not in reasons]
    for mutant in unexplained:
        number = names[mutant.key][3]
        print(f"{verdicts[mutant.key].verdict}  {_place(mutant)}  {mutant.shown}  (number {number})")
    counts = Counter(verdicts[m.key].verdict for m in session.sample if m.key in verdicts)
    cpu = sum(verdicts[m.key].cpu for m in session.sample if m.key in verdicts)
    each = cpu / max(1, counts.total())
    print(f"{counts.total()} of {len(session.sample)} judged, {each:.1f} s each: {dict(counts)}")
    print(f"{len(open_ones)} survive, {len(unexplained)} of them unexplained")
    if write:
        why = {key: reasons.get(name, "not explained yet") for key, name in names.items()}
        head = PAPER.read_text().partition(_MARK)[0]
        PAPER.write_text(head + _MARK + "\n".join(_table(session, open_ones, why)) + "\n")
    return 1 if unexplained else 0


def _names(session: Session) -> dict[str, _Name]:
    """The name of each mutant by its key: the number tells like changes in one function apart."""
    seen = Counter[tuple[str, str, str]]()
    names: dict[str, _Name] = {}
    for module, source in session.sources.items():
        for mutant in mutants(module, source):
            same = (module, mutant.function, mutant.shown)
            seen[same] += 1
            names[mutant.key] = (*same, seen[same])
    return names


def _reasons() -> dict[_Name, str]:
    rows = tomllib.loads(EXPLAINED.read_text()).get("survivor", [])
    return {(row["module"], row["function"], row["change"], row.get("number", 1)): row["why"] for row in rows}


def _table(session: Session, survivors: Sequence[Mutant], why: dict[str, str]) -> list[str]:
    verdicts = session.verdicts
    by_module: dict[str, Counter[str]] = {}
    for mutant in session.sample:
        if mutant.key in verdicts:
            by_module.setdefault(mutant.module, Counter())[verdicts[mutant.key].verdict] += 1
    lines = ["", "| Module | Mutants | Killed | By time | Survive |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| `{m}` | {c.total()} | {c['killed']} | {c['timeout']} | {c.total() - c['killed'] - c['timeout']} |"
        for m, c in sorted(by_module.items())
    ]
    total = sum(by_module.values(), Counter[str]())
    left = total.total() - total["killed"] - total["timeout"]
    lines += [f"| all | {total.total()} | {total['killed']} | {total['timeout']} | {left} |", ""]
    lines += ["| Function | Change | Why it changes nothing that a test could see |", "|---|---|---|"]
    for mutant in sorted(survivors, key=lambda m: (m.module, m.start)):
        change = mutant.shown.replace("|", "\\|")
        place = f"{mutant.module.removeprefix('esign.')}: {mutant.function}"
        lines.append(f"| `{place}` | `{change}` | {why[mutant.key]} |")
    return lines


if __name__ == "__main__":
    sys.exit(main())
