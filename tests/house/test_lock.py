"""The locks: exact versions with hashes, no addresses, and the same version of a package in each."""

import re
import tomllib

import pytest

from tests.house.tree import ROOT

LOCKS = ("base", "node", "dev")
PINNED = re.compile(r"(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^\s;]+)(?: ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def pins(text: str) -> dict[str, str]:
    """Name to version of a lock. Raises ValueError for any other line, and for a pin without a hash."""
    found: dict[str, str] = {}
    hashed = True
    for number, line in enumerate(text.splitlines(), 1):
        if pin := PINNED.fullmatch(line):
            if not hashed:
                raise ValueError(f"line {number}: the pin before it has no hash")
            found[pin["name"]] = pin["version"]
            hashed = False
        elif HASH.fullmatch(line):
            hashed = True
        else:
            raise ValueError(f"line {number}: neither a pin nor a hash")
    return found


def _lock(name: str) -> dict[str, str]:
    return pins((ROOT / "requirements" / f"{name}.lock").read_text(encoding="ascii"))


def _required(names: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~! ]", name, maxsplit=1)[0].lower().replace("_", "-") for name in names}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_each_package_with_its_hashes(name: str) -> None:
    assert len(_lock(name)) > 5


def test_a_larger_lock_contains_the_smaller_one() -> None:
    base, node, dev = (_lock(name) for name in LOCKS)
    assert base.items() <= node.items() <= dev.items()


def test_the_locks_hold_what_the_project_requires() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    base = _required(project["project"]["dependencies"])
    node = _required(project["project"]["optional-dependencies"]["node"])
    dev = _required(project["dependency-groups"]["dev"])
    assert base <= _lock("base").keys()
    assert node <= _lock("node").keys()
    assert dev | _required(project["build-system"]["requires"]) <= _lock("dev").keys()


GOOD = "a-b==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n"


def test_a_good_lock_is_read() -> None:
    assert pins(GOOD + GOOD.replace("a-b==1.0", "c==2 ; sys_platform == 'win32'")) == {"a-b": "1.0", "c": "2"}


@pytest.mark.parametrize(
    "text",
    [
        "a>=1.0 \\\n",
        "a==1.0 \\\n" + GOOD,
        "-i https://example.org\n" + GOOD,
        "# via b\n",
        GOOD.replace("256", "1"),
    ],
)
def test_a_bad_lock_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="line"):
        pins(text)
