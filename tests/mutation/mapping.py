"""A pytest plugin: which test runs which lines of the modules, how long it takes, and what is loaded.

Written to the file that `EXAT_MUTATION_MAP` names. Caches are emptied before each test, else only the first
test that asks would be seen to run what is remembered.
"""

import json
import os
import sys
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from typing import Any

import coverage
import pytest

_OWN = ("esign", "exat", "tests", "conftest", "esign_profiles", "exat_cli", "__main__", "_pytest", "pytest")


class Mapping:
    """The lines of each test, by the contexts of coverage.py."""

    def __init__(self, out: str, files: dict[str, str]) -> None:
        self._out = out
        self._files = files
        self._coverage = coverage.Coverage(
            data_file=None, branch=True, include=list(files), config_file=False
        )
        self._seconds: dict[str, float] = {}
        self._failed: set[str] = set()
        self._coverage.start()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        for cached in _caches():
            cached.cache_clear()
        self._coverage.switch_context(item.nodeid)
        yield
        self._coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] = self._seconds.get(report.nodeid, 0.0) + report.duration
        if not report.passed:
            self._failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self._coverage.stop()
        data = self._coverage.get_data()
        lines = {
            module: {str(line): sorted(filter(None, tests)) for line, tests in by_line.items()}
            for path, module in self._files.items()
            for by_line in (data.contexts_by_lineno(path),)
        }
        seconds = {name: took for name, took in self._seconds.items() if name not in self._failed}
        loaded = sorted(n for n in sys.modules if n.split(".")[0] not in _OWN)
        with open(self._out, "w", encoding="utf-8") as file:
            json.dump(
                {"lines": lines, "seconds": seconds, "failed": sorted(self._failed), "loaded": loaded}, file
            )


def _caches() -> Iterator[Any]:
    own = [module for name, module in sys.modules.items() if name.startswith("esign.")]
    return (v for module in own for v in vars(module).values() if isinstance(v, _lru_cache_wrapper))


def pytest_configure(config: pytest.Config) -> None:
    """Measure from before the first import."""
    out, files = os.environ["EXAT_MUTATION_MAP"], json.loads(os.environ["EXAT_MUTATION_FILES"])
    config.pluginmanager.register(Mapping(out, files))
