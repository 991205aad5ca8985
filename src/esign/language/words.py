"""The form of a message in four languages, and how it is chosen and filled."""

import unicodedata
from collections.abc import Iterable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final, NamedTuple

LANGUAGES: Final = ("en", "ru", "uz", "uz-Cyrl")
_FIELD_LIMIT: Final = 400


class Text(NamedTuple):
    """One message in the four languages, with `{name}` for each value."""

    en: str
    ru: str
    uz: str
    uz_cyrl: str

    def in_language(self, language: str) -> str:
        """The template in `language`; English where the language is not one of ours."""
        return str(getattr(self, language.lower().replace("-", "_"), self.en))


def collect(package: str, rooms: Iterable[str]) -> Mapping[str, Text]:
    """The messages of all `rooms` of a language package, each a module with `MESSAGES`.

    Raises:
        ValueError: a code that two rooms declare; a mistake of ours.
    """
    found: dict[str, Text] = {}
    for room in rooms:
        messages: Mapping[str, Text] = import_module(f"{package}.{room}").MESSAGES
        if doubled := found.keys() & messages.keys():
            raise ValueError(f"codes declared twice: {sorted(doubled)}")
        found.update(messages)
    return MappingProxyType(found)


class _Printable(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def printable(value: object) -> str:
    """`value` as one bounded line without control and format characters, which can drive a terminal."""
    kept = "".join(
        c if not unicodedata.category(c).startswith("C") else "\N{REPLACEMENT CHARACTER}"
        for c in str(value)[: _FIELD_LIMIT + 1]
    )
    return kept if len(kept) <= _FIELD_LIMIT else kept[:_FIELD_LIMIT] + "..."


def fill(entry: Text, language: str, values: Mapping[str, object]) -> str:
    """`entry` in `language` with its names replaced by printable values; a missing value shows as `?`."""
    shown = _Printable({name: printable(value) for name, value in values.items()})
    return entry.in_language(language).format_map(shown)


def match(tag: str | None) -> str:
    """The language of ours that fits a locale or language tag.

    >>> match("uz_UZ.UTF-8@cyrillic"), match("uz-Cyrl-UZ"), match("ru_RU.UTF-8"), match("C")
    ('uz-Cyrl', 'uz-Cyrl', 'ru', 'en')
    """
    lowered = (tag or "").lower().replace("_", "-")
    if lowered.startswith("uz"):
        return "uz-Cyrl" if "cyr" in lowered else "uz"
    return "ru" if lowered.startswith("ru") else "en"
