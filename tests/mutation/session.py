"""One session of mutants: a private copy of the tree, what covers what, the sample, and the verdicts so far.

Everything lies in one folder: `tree/`, `map.json` and `verdicts.jsonl`, to which each verdict is added as it
falls, so that a run that was killed goes on where it was.
"""

import itertools
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from tests.mutation.operators import Mutant, mutants

MODULES: Final = (
    "esign.crl",
    "esign.validation.conformance",
    "esign.validation.crl_issuer",
    "esign.validation.crl_scope",
    "esign.validation.name_constraints",
    "esign.validation.ocsp",
    "esign.validation.path",
    "esign.validation.policy",
    "esign.validation.policy_tree",
    "esign.validation.revocation",
    "esign.validation.work",
)
TESTS: Final = (
    "tests/esign/validation",
    "tests/esign/test_crl.py",
    "tests/esign/test_crl_branches.py",
    "tests/esign/test_ocsp.py",
    "tests/esign/test_api_path.py",
    "tests/esign/test_attacks.py",
    "tests/esign/test_rounds.py",
)
_SHARED_SECONDS: Final = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one mutant; `by` is the test that noticed it."""

    key: str
    verdict: str
    by: str
    cpu: float


class Session:
    """The session in `folder`, which is made anew when it is not there."""

    def __init__(self, root: Path, folder: Path, *, seed: int, size: int) -> None:
        self._root = root
        self.folder = folder
        self.tree = folder / "tree"
        self._seed = seed
        self._size = size

    def prepare(self, tests: Sequence[str]) -> None:
        """The copy of the last commit, these tests of the working tree, and the map, unless it is there."""
        if not self.tree.is_dir():
            self._export()
        if tests:
            self.copy(tests)
        if tests or not (self.folder / "map.json").is_file():
            self.measure()

    def _export(self) -> None:
        """What is not committed may be half done by somebody: it is left out, but for this tool."""
        self.tree.mkdir(parents=True)
        command = ["git", "-C", str(self._root), "archive", "HEAD"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as archive:
            subprocess.run(["tar", "-x", "-C", str(self.tree)], stdin=archive.stdout, check=True)
        self.copy(["tests/mutation"])

    def copy(self, names: Sequence[str]) -> None:
        """Take these files or folders from the working tree."""
        for name in names:
            source, target = self._root / name, self.tree / name
            if source.is_dir():
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, target)

    def measure(self) -> None:
        """Run the tests of the copy once, unchanged, and write what covers what.

        Raises:
            SystemExit: no test passes.
        """
        files = {str(self.source_path(module)): module for module in MODULES}
        out = self.folder / "map.json"
        where = {"EXAT_MUTATION_MAP": str(out.resolve()), "EXAT_MUTATION_FILES": json.dumps(files)}
        tests = [name for name in TESTS if (self.tree / name).exists()]
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "tests.mutation.mapping",
            "-p",
            "no:cov",
            *tests,
        ]
        done = subprocess.run(
            command,
            cwd=self.tree,
            env=self.environment() | where,
            capture_output=True,
            text=True,
            check=False,
        )
        if not out.is_file() or not json.loads(out.read_text())["seconds"]:
            raise SystemExit(f"mutate: the tests do not pass unchanged\n{done.stdout}{done.stderr}")
        self.__dict__.pop("map", None)
        (self.tree / "warm.json").write_text(json.dumps(self.map["loaded"]))

    def control(self) -> Verdict:
        """The verdict on no change at all, by every test: it must survive, else none counts."""
        nothing = Mutant(MODULES[0], "", 0, 0, 0, "", "")
        return next(self.judged([nothing]))

    def environment(self) -> dict[str, str]:
        """The environment of test runs: the copy before the working tree, and examples without chance."""
        paths = [str((self.tree / name).resolve()) for name in (".", "src", "cli", "keys")]
        own = {"PYTHONPATH": os.pathsep.join(paths), "CI": "true", "PYTHONHASHSEED": "0"}
        kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "EXAT_CLOSING")}
        return kept | own

    def source_path(self, module: str) -> Path:
        """Where the copy has the source of `module`."""
        return (self.tree / "src" / module.replace(".", "/")).with_suffix(".py").resolve()

    @cached_property
    def map(self) -> dict[str, Any]:
        """What the unchanged run wrote."""
        found: dict[str, Any] = json.loads((self.folder / "map.json").read_text())
        return found

    @cached_property
    def sources(self) -> dict[str, str]:
        """The source of each module, as copied."""
        return {module: self.source_path(module).read_text() for module in MODULES}

    @cached_property
    def sample(self) -> tuple[Mutant, ...]:
        """The mutants to judge, in an order that the seed fixes: a larger sample begins with the smaller."""
        every = [m for module, source in self.sources.items() for m in mutants(module, source)]
        random.Random(self._seed).shuffle(every)  # noqa: S311
        programs = (m for m in every if m.is_program(self.sources[m.module]))
        return tuple(itertools.islice(programs, self._size))

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdicts so far, the last of each mutant."""
        path = self.folder / "verdicts.jsonl"
        lines = path.read_text().splitlines() if path.is_file() else []
        found: dict[str, Verdict] = {}
        for line in lines:
            # The last line may be cut short by a kill.
            try:
                row = json.loads(line)
            except ValueError:
                continue
            found[row["key"]] = Verdict(row["key"], row["verdict"], row["by"], row["cpu"])
        return found

    def note(self, verdict: Verdict) -> None:
        """Keep a verdict."""
        row = {"key": verdict.key, "verdict": verdict.verdict, "by": verdict.by, "cpu": verdict.cpu}
        with (self.folder / "verdicts.jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")

    def tests_for(self, mutant: Mutant) -> list[str]:
        """The tests that run the line, fastest first, then the others that run its module.

        A line of a table runs when its module is loaded: which test reads it is not known, so each may.
        """
        lines, seconds = self.map["lines"][mutant.module], self.map["seconds"]
        first = {t for t in lines.get(str(mutant.line), ()) if t in seconds}
        module = {t for tests in lines.values() for t in tests if t in seconds} - first
        others = set() if first else seconds.keys() - module
        groups = (first, module, others)
        return [test for group in groups for test in sorted(group, key=seconds.__getitem__)]

    def job(self, mutant: Mutant) -> dict[str, Any]:
        """What the judge is told of a mutant."""
        tests = self.tests_for(mutant)
        taken = sum(self.map["seconds"][name] for name in tests)
        return {
            "key": mutant.key,
            "module": mutant.module,
            "path": str(self.source_path(mutant.module)),
            "source": mutant.applied(self.sources[mutant.module]),
            "tests": tests,
            "seconds": int(_SHARED_SECONDS + 3 * taken),
        }

    def judged(self, jobs: Sequence[Mutant]) -> Iterator[Verdict]:
        """The verdict on each, by one judge process."""
        command = [sys.executable, "-m", "tests.mutation.judge"]
        with subprocess.Popen(
            command,
            cwd=self.tree,
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as judge:
            if judge.stdin is None or judge.stdout is None:
                raise RuntimeError("no pipes to the judge")
            for mutant in jobs:
                judge.stdin.write(json.dumps(self.job(mutant)) + "\n")
                judge.stdin.flush()
                row = json.loads(judge.stdout.readline())
                yield Verdict(row["key"], row["verdict"], row["by"], row["cpu"])
            judge.stdin.close()
