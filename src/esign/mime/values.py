"""Content-Type, Content-Disposition and their parameters (RFC 2045 §5.1, RFC 2183, RFC 2231).

Comments are refused though the grammar has them: readers disagree about them, and no mailer of ours needs
one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Self

from esign.errors import LimitExceeded, MalformedInput
from esign.mime.text import decode_charset, knows_charset, readable

MAX_PARAMETERS: Final = 64
PLAIN_ONLY: Final = frozenset({"boundary", "charset", "hp", "micalg", "protocol", "smime-type"})
"""Parameters that steer how a message is read: never in pieces, never percent-encoded."""

_TOKEN: Final = r"[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+"  # noqa: S105
_KIND: Final = re.compile(rf"({_TOKEN})/({_TOKEN})")
_ONLY_TOKEN: Final = re.compile(_TOKEN)
_PARAMETER: Final = re.compile(
    rf"[ \t]*;[ \t]*(?P<name>{_TOKEN})=(?:(?P<token>{_TOKEN})"
    r'|"(?P<quoted>(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\t -~])*+)")'
)
_END: Final = re.compile(r"[ \t]*+;?[ \t]*+\Z")
_SECTION: Final = re.compile(r"(?P<name>[^*]+)\*(?P<number>0|[1-9][0-9]{0,2})?(?P<extended>\*)?")
_EXTENDED: Final = re.compile(r"(?P<charset>[A-Za-z0-9_-]*)'[A-Za-z0-9-]*'(?P<value>.*)", re.DOTALL)
_PERCENT: Final = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*+")
_CLAUSE: Final = "RFC 2045 §5.1"

Parameters = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ContentType:
    """A media type: `type` and `subtype` in lower case, `parameters` by lower-case name."""

    type: str
    subtype: str
    parameters: Parameters = field(default_factory=lambda: MappingProxyType({}), hash=False)

    @classmethod
    def read(cls, value: str) -> Self:
        """From the unfolded value of a Content-Type field.

        Raises:
            MalformedInput: `content-type-syntax`, `parameter-syntax`, `parameter-duplicate`.
            LimitExceeded: `too-many-parameters`.
        """
        kind = _KIND.match(value.strip(" \t"))
        if not kind:
            raise MalformedInput("content-type-syntax", clause=_CLAUSE, where="Content-Type", found=value)
        rest = value.strip(" \t")[kind.end() :]
        return cls(kind[1].lower(), kind[2].lower(), read_parameters(rest, "Content-Type"))

    @property
    def media_type(self) -> str:
        """`type/subtype` in lower case."""
        return f"{self.type}/{self.subtype}"

    def parameter(self, name: str) -> str:
        """The parameter `name` in lower case, for those whose values are words; empty when absent."""
        return self.parameters.get(name, "").lower()


@dataclass(frozen=True, slots=True)
class Disposition:
    """A Content-Disposition: `kind` in lower case (`attachment`, `inline`)."""

    kind: str
    parameters: Parameters = field(default_factory=lambda: MappingProxyType({}), hash=False)

    @classmethod
    def read(cls, value: str) -> Self:
        """From the unfolded value of a Content-Disposition field (RFC 2183 §2).

        Raises:
            MalformedInput: `disposition-syntax`, `parameter-syntax`, `parameter-duplicate`.
            LimitExceeded: `too-many-parameters`.
        """
        kind = _ONLY_TOKEN.match(value.strip(" \t"))
        if not kind:
            raise MalformedInput(
                "disposition-syntax", clause="RFC 2183 §2", where="Content-Disposition", found=value
            )
        rest = value.strip(" \t")[kind.end() :]
        return cls(kind[0].lower(), read_parameters(rest, "Content-Disposition"))


def is_token(value: str) -> bool:
    """Whether `value` is a token (RFC 2045 §5.1)."""
    return _ONLY_TOKEN.fullmatch(value) is not None


def read_parameters(text: str, where: str) -> Parameters:
    """The parameters after a value, those of RFC 2231 joined and decoded.

    One `;` without a parameter may stand at the end: it is common and means one thing.
    """
    raw: list[tuple[str, str]] = []
    position = 0
    while found := _PARAMETER.match(text, position):
        if len(raw) == MAX_PARAMETERS:
            raise LimitExceeded("too-many-parameters", limit=MAX_PARAMETERS, where=where)
        quoted = found["quoted"]
        value = found["token"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        raw.append((found["name"].lower(), value))
        position = found.end()
    if not _END.match(text, position):
        raise MalformedInput("parameter-syntax", clause=_CLAUSE, where=where, found=text[position:])
    return MappingProxyType(_assembled(raw, where))


def _assembled(raw: list[tuple[str, str]], where: str) -> dict[str, str]:
    names = [name for name, _ in raw]
    if len(names) != len(set(names)):
        doubled = next(name for name in names if names.count(name) > 1)
        raise MalformedInput("parameter-duplicate", clause=_CLAUSE, where=where, found=doubled)
    plain = {name: value for name, value in raw if "*" not in name}
    sections: dict[str, list[tuple[int | None, bool, str]]] = {}
    for name, value in raw:
        if "*" in name:
            base, section = _section(name, value, where)
            sections.setdefault(base, []).append(section)
    # RFC 2231 §3, §4: the extended form says what the sender meant where both forms stand.
    return plain | {base: _extended(base, found, where) for base, found in sections.items()}


def _section(name: str, value: str, where: str) -> tuple[str, tuple[int | None, bool, str]]:
    found = _SECTION.fullmatch(name)
    if not found or found["name"] in PLAIN_ONLY:
        raise MalformedInput("parameter-syntax", clause="RFC 2231 §3", where=where, found=name)
    number = None if found["number"] is None else int(found["number"])
    if number is None and found["extended"]:
        raise MalformedInput("parameter-syntax", clause="RFC 2231 §4", where=where, found=name)
    return found["name"], (number, number is None or bool(found["extended"]), value)


def _extended(name: str, sections: list[tuple[int | None, bool, str]], where: str) -> str:
    numbers = [number for number, _, _ in sections]
    if numbers != [None]:
        sections = sorted(sections, key=lambda section: -1 if section[0] is None else section[0])
        if [number for number, _, _ in sections] != list(range(len(sections))):
            raise MalformedInput("parameter-syntax", clause="RFC 2231 §3", where=where, found=name)
    charset, octets = "utf-8", b""
    for index, (_, extended, value) in enumerate(sections):
        if extended and index == 0:
            charset, value = _charset(value, name, where)
        if extended and not _PERCENT.fullmatch(value):
            raise MalformedInput("parameter-syntax", clause="RFC 2231 §4", where=where, found=name)
        octets += _unquoted(value.encode()) if extended else value.encode()
    return readable(decode_charset(octets, charset))


def _unquoted(octets: bytes) -> bytes:
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes.fromhex(found[1].decode()), octets)


def _charset(value: str, name: str, where: str) -> tuple[str, str]:
    found = _EXTENDED.fullmatch(value)
    if not found or not knows_charset(found["charset"] or "us-ascii"):
        raise MalformedInput("parameter-syntax", clause="RFC 2231 §4", where=where, found=name)
    return found["charset"] or "us-ascii", found["value"]
