"""An empty store in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exat.store import Store
from tests.exat.store.world import frozen_clock


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path, clock=frozen_clock()) as opened:
        yield opened
