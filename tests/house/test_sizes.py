"""Sizes: a function fits a screen, a module fits a head. The list of exemptions may only shrink."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import name_of, parsed, python_files, text_of

FUNCTION_LINES = 60
MODULE_LINES = 500
EXAMPLE_LINES = 60
EXEMPT: frozenset[str] = frozenset()

Function = ast.FunctionDef | ast.AsyncFunctionDef


def body_lines(function: Function) -> int:
    """The lines of a function without its docstring."""
    total = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if not ast.get_docstring(function, clean=False):
        return total
    return total - ((first.end_lineno or first.lineno) - first.lineno + 1)


def functions(tree: ast.Module) -> Iterator[Function]:
    """Every function and method of a module, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def too_large(path: Path) -> Iterator[str]:
    """The names of what exceeds its size: `path` for a module, `path:function` for a function."""
    if len(text_of(path).splitlines()) > MODULE_LINES:
        yield name_of(path)
    for function in functions(parsed(path)):
        if body_lines(function) > FUNCTION_LINES:
            yield f"{name_of(path)}:{function.name}"


def _measured() -> set[str]:
    return {name for path in python_files("src", "cli", "keys", "bench") for name in too_large(path)}


def test_functions_and_modules_keep_their_size() -> None:
    assert not _measured() - EXEMPT


def test_an_exemption_that_is_no_longer_needed_leaves_the_list() -> None:
    assert not EXEMPT - _measured()


def test_examples_fit_a_screen() -> None:
    long = [name_of(p) for p in python_files("examples") if len(text_of(p).splitlines()) > EXAMPLE_LINES]
    assert not long


def _function_of(lines: int, *, docstring_lines: int = 0) -> Function:
    doc = ['    """' + "\n" * (docstring_lines - 1) + '"""'] if docstring_lines else []
    source = "\n".join(["def f():", *doc, *["    x = 1"] * (lines - 1)])
    return next(functions(ast.parse(source)))


def test_lines_are_counted_without_the_docstring() -> None:
    assert body_lines(_function_of(60)) == 60
    assert body_lines(_function_of(61)) == 61
    assert body_lines(_function_of(60, docstring_lines=9)) == 60
