"""Below the shells nothing touches the world: what import contracts do not see, the syntax tree shows."""

import ast

import pytest

from tests.house.tree import core_files, name_of, parsed

BUILTINS_OF_THE_WORLD = {"open", "print", "input", "exec", "eval", "__import__", "breakpoint"}
MODULES_OF_THE_WORLD = {"time", "os", "socket", "random", "pathlib", "subprocess", "logging", "urllib"}
PURE_PARTS = {"urllib.parse"}
CLOCKS = {"now", "utcnow", "today"}
TOO_WIDE = {"Exception", "BaseException"}


def sins(tree: ast.Module) -> list[str]:
    """What a core module does that only a shell may, as `line: what`."""
    return [f"{line}: {what}" for node in ast.walk(tree) for line, what in _sins_of(node)]


def _sins_of(node: ast.AST) -> list[tuple[int, str]]:
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in BUILTINS_OF_THE_WORLD:
            return [(node.lineno, f"calls {name}()")]
        case ast.Call(func=ast.Attribute(attr=name)) if name in CLOCKS:
            return [(node.lineno, f"reads a clock: {name}()")]
        case ast.Import(names=names):
            return [(node.lineno, f"imports {alias.name}") for alias in names if _is_of_the_world(alias.name)]
        case ast.ImportFrom(module=str(module)) if _is_of_the_world(module):
            return [(node.lineno, f"imports {module}")]
        case ast.ExceptHandler(body=[*_, ast.Raise(exc=None)]):
            return []  # undoes and passes on
        case ast.ExceptHandler(type=None):
            return [(node.lineno, "catches everything")]
        case ast.ExceptHandler(type=ast.Name(id=name)) if name in TOO_WIDE:
            return [(node.lineno, f"catches {name}")]
        case ast.ExceptHandler(type=ast.Tuple(elts=kinds)):
            wide = [kind.id for kind in kinds if isinstance(kind, ast.Name) and kind.id in TOO_WIDE]
            return [(node.lineno, f"catches {name}") for name in wide]
        case ast.Global():
            return [(node.lineno, "keeps module state")]
    return []


def _is_of_the_world(module: str) -> bool:
    return module.partition(".")[0] in MODULES_OF_THE_WORLD and module not in PURE_PARTS


def test_the_core_touches_no_world() -> None:
    found = [f"{name_of(path)}:{sin}" for path in core_files() for sin in sins(parsed(path))]
    assert not found, "\n".join(found)


def test_the_core_is_not_empty() -> None:
    assert len(core_files()) > 3


@pytest.mark.parametrize(
    ("source", "sin"),
    [
        ("open('x')", "1: calls open()"),
        ("def f():\n    print('x')", "2: calls print()"),
        ("from datetime import datetime\ndatetime.now(None)", "2: reads a clock: now()"),
        ("import datetime as d\nd.datetime.utcnow()", "2: reads a clock: utcnow()"),
        ("import datetime\ndatetime.date.today()", "2: reads a clock: today()"),
        ("import time", "1: imports time"),
        ("import os.path as p", "1: imports os.path"),
        ("import urllib.request", "1: imports urllib.request"),
        ("from time import monotonic", "1: imports time"),
        ("try:\n    pass\nexcept Exception:\n    pass", "3: catches Exception"),
        ("try:\n    pass\nexcept (KeyError, BaseException):\n    pass", "3: catches BaseException"),
        ("try:\n    pass\nexcept:\n    pass", "3: catches everything"),
        ("def f():\n    global x\n    x = 1", "2: keeps module state"),
    ],
)
def test_each_sin_is_seen(source: str, sin: str) -> None:
    assert sins(ast.parse(source)) == [sin]


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import UTC, datetime",
        "def f(stream):\n    stream.open()",
        "try:\n    pass\nexcept (KeyError, ValueError):\n    pass",
        "import timeit_like",
        "try:\n    pass\nexcept BaseException:\n    undo()\n    raise",
        "from urllib.parse import unquote_to_bytes",
    ],
)
def test_what_is_no_sin_passes(source: str) -> None:
    assert sins(ast.parse(source)) == []
