"""What the command says, by stable code, in English, Russian and Uzbek; others have their own words."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

from esign.language.words import Text, fill, match

ROOMS: Final = ("general", "documents", "pki", "node", "mail", "demo")


def _collect() -> Mapping[str, Text]:
    found: dict[str, Text] = {}
    for room in ROOMS:
        messages: Mapping[str, Text] = import_module(f"exat_cli.language.{room}").MESSAGES
        if doubled := found.keys() & messages.keys():
            raise ValueError(f"codes declared twice: {sorted(doubled)}")
        found.update(messages)
    return MappingProxyType(found)


CATALOGUE: Final = _collect()


def text(code: str, language: str, values: Mapping[str, object] | None = None) -> str:
    """The message of `code` in `language`, filled with `values`.

    Raises:
        KeyError: no such code; a mistake of ours.
    """
    return fill(CATALOGUE[code], language, values or {})


__all__ = ["CATALOGUE", "match", "text"]
