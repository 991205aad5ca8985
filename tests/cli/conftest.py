"""The desk that the tests of commands on documents share."""

from pathlib import Path

import pytest

from exat_cli import fetching
from tests.cli.desk import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A desk whose authority of time stamps stands in this process."""
    monkeypatch.setenv("EXAT_LANGUAGE", "en")
    monkeypatch.setenv("EXAT_CONFIG", str(tmp_path / ".config"))
    made = World(tmp_path)
    monkeypatch.setattr(fetching, "time_stamper", lambda url, *, allow_private: made.asked)
    return made
