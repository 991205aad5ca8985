"""The front door of the library changes on purpose only: `front_door.txt` is the golden list."""

import importlib
from pathlib import Path

from tests.house.tree import ROOT

GOLDEN = Path(__file__).with_name("front_door.txt")
MOST_NAMES = 25


def _golden() -> list[str]:
    return GOLDEN.read_text(encoding="ascii").split()


def test_the_front_door_equals_the_golden_list() -> None:
    door = importlib.import_module("esign")
    assert sorted(getattr(door, "__all__", [])) == _golden(), (
        f"change {GOLDEN.relative_to(ROOT)} on purpose only"
    )


def test_the_golden_list_is_sorted_and_short() -> None:
    names = _golden()
    assert names == sorted(set(names))
    assert 0 < len(names) <= MOST_NAMES


def test_every_name_of_the_front_door_is_there_and_documented() -> None:
    door = importlib.import_module("esign")
    objects = {name: getattr(door, name, None) for name in _golden()}
    assert not [name for name, value in objects.items() if value is None]
    assert not [name for name, value in objects.items() if not getattr(value, "__doc__", None)]


def test_a_function_and_a_module_share_no_name_in_the_front_door() -> None:
    rooms = {path.stem for path in (ROOT / "src/esign").iterdir() if path.stem != "__init__"}
    assert not rooms & set(_golden())
