"""Messages of the mail system by stable code in English, Russian and Uzbek (Latin and Cyrillic).

Each room keeps its messages in a module of its own here: `MESSAGES`, code to `Text`. A message tells a clerk
what is wrong and what to do. A code that is not the mail system's is looked up in the library's catalogue.

>>> text("unencrypted-letter", "en").startswith("the letter is not encrypted")
True
"""

from collections.abc import Mapping
from typing import Final, Protocol

from esign.language import CATALOGUE as LIBRARY
from esign.language.words import LANGUAGES, Text, collect, fill

ROOMS: Final = ("policy", "evidence", "directory", "mail", "store", "smtp", "message", "shell", "clerk")


class Found(Protocol):
    """What can be explained: a finding or an error, by its code and the values that fill its message."""

    @property
    def code(self) -> str:
        """The stable code."""


CATALOGUE: Final = collect(__name__, ROOMS)


def text(code: str, language: str, values: Mapping[str, object] | None = None) -> str:
    """The message of `code` in `language`, filled with `values`; an unknown code is its own message."""
    entry = CATALOGUE.get(code) or LIBRARY.get(code)
    return fill(entry, language, values or {}) if entry else code


def explain(found: Found, language: str) -> str:
    """The message of a finding or an error of the mail system or the library, in `language`.

    `Finding.explain` knows the library's codes only: what may be of the mail system is explained here.
    """
    values: Mapping[str, object] = dict(getattr(found, "values", ()))
    return text(found.code, language, values)


__all__ = ["CATALOGUE", "LANGUAGES", "Text", "explain", "text"]
