"""JSON that is signed: written in one spelling only, read strictly and in bounded work.

Written: keys sorted, no white space, UTF-8, no floats (as RFC 8785 §3.2 spells such values). Read: one
object, no key twice, no float, no lone surrogate, every field of the type that is asked for. Unknown fields
are left alone, so that a later version may add some. What the fields mean is asked in the rooms above.

    read(b'{"serial":1}').number("serial") == 1
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NoReturn

from exat.errors import ExatError

MAX_OCTETS = 64 * 1024 * 1024
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z\Z")
_MAX_NUMBER = 2**53


class MalformedJSON(ExatError):
    """The octets are not the JSON that was asked for; `where` is the path of the field."""


def write(value: Mapping[str, object]) -> bytes:
    """The canonical spelling of `value`: objects, arrays, strings, integers, booleans and null only.

    Raises:
        TypeError: a float or another type (a programmer's mistake).
    """
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def instant(at: datetime) -> str:
    """An aware time as RFC 3339 §5.6 writes it in UTC, with microseconds only where there are any."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def octets(data: bytes) -> str:
    """Octets as base64 (RFC 4648 §4)."""
    return base64.b64encode(data).decode("ascii")


@dataclass(frozen=True, slots=True)
class Fields:
    """One object as read; `where` is its path, for errors. Every accessor raises `MalformedJSON`."""

    values: Mapping[str, object] = field(repr=False)
    where: str = ""

    def text(self, name: str) -> str:
        """A string."""
        return self._text(self._get(name), self._at(name))

    def number(self, name: str) -> int:
        """An integer from 0 to 2**53."""
        found = self._get(name)
        if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= _MAX_NUMBER:
            _refuse("wanted a whole number", self._at(name))
        return found

    def instant(self, name: str) -> datetime:
        """A time, aware UTC."""
        found = self.text(name)
        try:
            if _INSTANT.match(found):
                return datetime.fromisoformat(found)
        except ValueError:
            pass
        _refuse("wanted a time in UTC", self._at(name))

    def octets(self, name: str) -> bytes:
        """Octets in base64."""
        return self._octets(self._get(name), self._at(name))

    def fields(self, name: str) -> "Fields":
        """An object."""
        return self._fields(self._get(name), self._at(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """An array of strings."""
        return tuple(self._text(item, where) for where, item in self._items(name))

    def each_octets(self, name: str) -> tuple[bytes, ...]:
        """An array of octets in base64."""
        return tuple(self._octets(item, where) for where, item in self._items(name))

    def each(self, name: str) -> tuple["Fields", ...]:
        """An array of objects."""
        return tuple(self._fields(item, where) for where, item in self._items(name))

    def has(self, name: str) -> bool:
        """The field is there and not null."""
        return self.values.get(name) is not None

    def _at(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name

    def _get(self, name: str) -> object:
        if name not in self.values:
            _refuse("found nothing", self._at(name))
        return self.values[name]

    def _items(self, name: str) -> Iterator[tuple[str, object]]:
        found = self._get(name)
        if not isinstance(found, list):
            _refuse("wanted an array", self._at(name))
        return ((f"{self._at(name)}[{number}]", item) for number, item in enumerate(found))

    @staticmethod
    def _text(found: object, where: str) -> str:
        if not isinstance(found, str):
            _refuse("wanted a text", where)
        try:
            found.encode()
        except UnicodeEncodeError as e:
            raise MalformedJSON("malformed-json", "found half of a character", where=where) from e
        return found

    @classmethod
    def _octets(cls, found: object, where: str) -> bytes:
        try:
            return base64.b64decode(cls._text(found, where).encode(), validate=True)
        except binascii.Error as e:
            raise MalformedJSON("malformed-json", "wanted base64", where=where) from e

    @staticmethod
    def _fields(found: object, where: str) -> "Fields":
        if not isinstance(found, dict):
            _refuse("wanted an object", where)
        return Fields(found, where)


def read(data: bytes, *, limit: int = MAX_OCTETS) -> Fields:
    """One JSON object of at most `limit` octets; hostile input is the normal case.

    Raises:
        MalformedJSON: `malformed-json`.
    """
    if len(data) > limit:
        _refuse(f"found more than {limit} octets", "")
    try:
        found = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_without_doubles,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
    except (ValueError, RecursionError) as e:
        raise MalformedJSON("malformed-json", "found no JSON in UTF-8") from e
    if not isinstance(found, dict):
        _refuse("wanted an object", "")
    return Fields(found)


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _refuse("found a key twice", "")
    return found


def _no_float(spelled: str) -> NoReturn:
    _refuse(f"found the number {spelled[:20]}", "")


def _refuse(message: str, where: str) -> NoReturn:
    raise MalformedJSON("malformed-json", message, where=where)


def _refuse_floats(value: object) -> None:
    match value:
        case None | str() | bool() | int():
            return
        case Mapping():
            for name, item in value.items():
                if not isinstance(name, str):
                    raise TypeError(f"a key of type {type(name).__name__}")
                _refuse_floats(item)
        case list() | tuple():
            for item in value:
                _refuse_floats(item)
        case _:
            raise TypeError(f"a value of type {type(value).__name__} in signed JSON")
