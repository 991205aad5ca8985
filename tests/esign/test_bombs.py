"""Input made to cost more than it is worth ends with its code, within a number of calls.

What each costs in seconds and memory is measured by `python -m tests.esign.bomb_runs`.
"""

from collections.abc import Callable
from functools import lru_cache

import pytest

from tests.esign import bombs_packed
from tests.esign.bomb_runs import BOMBS, Bomb, calls, verify, warm

_MOST_CALLS = 4_000_000


@lru_cache(maxsize=1)
def _made(make: Callable[[], bytes]) -> bytes:
    """What several acts in a row are done with is built once."""
    return make()


@pytest.fixture(scope="module", autouse=True)
def _warmed() -> None:
    warm()


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.name)
def test_a_bomb_ends_with_its_code_within_counted_work(bomb: Bomb) -> None:
    said, count = calls(bomb.act, _made(bomb.make))
    assert bomb.code in said.split()
    assert count < _MOST_CALLS


def test_a_container_in_a_container_is_not_opened() -> None:
    """Ten thousand layers cost what ten cost: the one data object is octets."""
    _, few = calls(verify, bombs_packed.nested_containers(10))
    _, many = calls(verify, bombs_packed.nested_containers(200))
    assert many < few + 400
