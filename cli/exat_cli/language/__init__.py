"""What the command says, by stable code, in English, Russian and Uzbek; others have their own words."""

from collections.abc import Mapping
from typing import Final

from esign.language.words import collect, fill, match

ROOMS: Final = ("general", "documents", "pki", "services", "node", "mail", "demo")
CATALOGUE: Final = collect(__name__, ROOMS)


def text(code: str, language: str, values: Mapping[str, object] | None = None) -> str:
    """The message of `code` in `language`, filled with `values`.

    Raises:
        KeyError: no such code; a mistake of ours.
    """
    return fill(CATALOGUE[code], language, values or {})


__all__ = ["CATALOGUE", "match", "text"]
