"""Judges mutants: a process that has everything but this project loaded, and forks once for each mutant.

Reads jobs from standard input, one JSON a line, and writes a verdict for each: `killed` with the test that
noticed, `survived`, `timeout` (the mutant made the tests need far more CPU time, so it was noticed), or
`broken` when the tests could not be run. Runs inside the private copy of the tree.
"""

import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import pytest

_MEMORY = 3 << 30


class _MutantFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the mutated source for one module; everything else comes from the tree."""

    def __init__(self, module: str, path: str, source: str) -> None:
        self._module = module
        self._path = path
        self._source = source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._module:
            return None
        return importlib.util.spec_from_file_location(fullname, self._path, loader=self)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._source, self._path, "exec"), module.__dict__)  # noqa: S102


class _Chosen:
    """Runs the tests that were asked for, in that order, and remembers the first that failed."""

    def __init__(self, tests: list[str]) -> None:
        self._order = {name: number for number, name in enumerate(tests)}
        self.failed = ""
        self.ran = 0

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (i for i in items if i.nodeid in self._order), key=lambda item: self._order[item.nodeid]
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.ran += report.when == "call"
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


def _run(job: dict[str, Any]) -> dict[str, Any]:
    sys.meta_path.insert(0, _MutantFinder(job["module"], job["path"], job["source"]))
    chosen = _Chosen(job["tests"])
    files = list(dict.fromkeys(name.partition("::")[0] for name in job["tests"]))
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        status = pytest.main(
            ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov", "--no-header", *files],
            plugins=[chosen],
        )
    if chosen.failed or status in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.USAGE_ERROR):
        return {"verdict": "killed", "by": chosen.failed}
    if status == pytest.ExitCode.OK and chosen.ran:
        return {"verdict": "survived", "by": ""}
    return {"verdict": "broken", "by": f"pytest ended with {int(status)}"}


def _child(job: dict[str, Any], out: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (job["seconds"], job["seconds"] + 5))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    os.setpgid(0, 0)
    try:
        found = _run(job)
    except BaseException as e:
        found = {"verdict": "killed", "by": f"{type(e).__name__} outside the tests"}
    os.write(out, json.dumps(found).encode())
    os._exit(0)


def judge(job: dict[str, Any]) -> dict[str, Any]:
    """The verdict on one job, with the CPU seconds that it took."""
    begun = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _child(job, writer)
    os.close(writer)
    limit = 4 * job["seconds"]
    said = b""
    while select.select([reader], [], [], max(0.0, begun + limit - time.monotonic()))[0]:
        if not (more := os.read(reader, 65536)):
            break
        said += more
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reader)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found: dict[str, Any] = json.loads(said) if said else {"verdict": "timeout", "by": ""}
    return {**found, "key": job["key"], "cpu": round(used, 2)}


def main() -> None:
    """Load what `warm.json` names, then judge until the input ends."""
    with open("warm.json", encoding="utf-8") as file:
        names: list[str] = json.load(file)
    for name in names:
        # A module that is not there, or that is only itself under a test run, is loaded by who needs it.
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(judge(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
