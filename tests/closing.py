"""Writes the closing line of a run, `N passed, N failed[, N skipped]`, into the file `EXAT_CLOSING`.

Loaded by `./dev test` with `-p tests.closing`. An error outside a test (a fixture, a module that cannot be
imported) counts as failed. A run that dies leaves the file empty, and `./dev` counts that as a failure.
"""

import os
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter


def closing_line(passed: int, failed: int, skipped: int) -> str:
    """The line that ends a run; skipped tests are named only where there are any."""
    line = f"{passed} passed, {failed} failed"
    return f"{line}, {skipped} skipped" if skipped else line


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Count what the reporter saw; worker processes of a parallel run have no file to write."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    target = os.environ.get("EXAT_CLOSING")
    if not target or hasattr(session.config, "workerinput") or not isinstance(reporter, TerminalReporter):
        return
    count = {kind: len(reports) for kind, reports in reporter.stats.items()}
    Path(target).write_text(
        closing_line(
            passed=count.get("passed", 0),
            failed=count.get("failed", 0) + count.get("error", 0),
            skipped=count.get("skipped", 0) + count.get("xfailed", 0),
        )
        + "\n",
        encoding="ascii",
    )
