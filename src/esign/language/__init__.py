"""Messages by stable code in English, Russian and Uzbek: data, so that the core can explain itself.

Each room of the library keeps its messages in a module of its own here: `MESSAGES`, code to `Text`. Uzbek
stands in Latin and Cyrillic letters. Codes are never translated. Values that fill a message come from hostile
input and are made printable.

>>> text("malformed-input", "ru", {"found": "мусор"})
'данные не читаются: мусор'
"""

from collections.abc import Mapping
from typing import Final

from esign.language.words import LANGUAGES, Text, collect, fill

ROOMS: Final = (
    "core",
    "cms",
    "envelope",
    "cades",
    "ocsp",
    "tsp",
    "ers",
    "signing",
    "asic",
    "validation",
    "revocation",
    "path",
    "national",
    "smime",
    "judgement",
    "ess",
    "ca",
    "profiles",
    "report",
    "claims",
    "fetch",
    "services",
)


CATALOGUE: Final = collect(__name__, ROOMS)


def text(code: str, language: str, values: Mapping[str, object] | None = None) -> str:
    """The message of `code` in `language`, filled with `values`; an unknown code is its own message."""
    entry = CATALOGUE.get(code)
    return fill(entry, language, values or {}) if entry else code


__all__ = ["CATALOGUE", "LANGUAGES", "Text", "text"]
