"""The SQL of the hot paths: named statements in `.sql` files beside this module, read once per process.

A statement begins with a line `-- name: word` and ends with its semicolon. Values go in as named parameters;
no statement is ever put together from text.

>>> "claim" in statements("outgoing")
True
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from sqlite3 import complete_statement
from types import MappingProxyType
from typing import Final

FILES: Final = ("letters", "outgoing", "chain", "people")
MIGRATIONS: Final = ("0001_first",)
"""The migrations in the order in which they are applied; a released one is never changed."""

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


@cache
def statements(name: str) -> Mapping[str, str]:
    """The statements of `<name>.sql` by their names."""
    parts = _NAME.split(_read(f"{name}.sql"))
    return MappingProxyType({parts[at]: parts[at + 1].strip() for at in range(1, len(parts), 2)})


def migration(name: str) -> tuple[str, ...]:
    """The statements of one migration, each to be executed alone, so that all stay in one transaction."""
    found, statement = [], ""
    for line in _read(f"migrations/{name}.sql").splitlines(keepends=True):
        statement += line
        if complete_statement(statement):
            found.append(statement.strip())
            statement = ""
    return tuple(found)


def _read(path: str) -> str:
    return files("exat.store").joinpath(path).read_text(encoding="utf-8")
