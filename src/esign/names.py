"""Names of X.509: distinguished names and general names, read strictly and compared by RFC 5280 §7.1.

Nothing here decides whether a name is acceptable; the name constraints of a path do that.

>>> Name.of((("2.5.4.3", "Ali  VALIYEV"),)) == Name.of((("2.5.4.3", "ali valiyev"),))
True
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from esign import der
from esign.errors import LimitExceeded, MalformedInput

COMMON_NAME: Final = "2.5.4.3"
SURNAME: Final = "2.5.4.4"
SERIAL_NUMBER: Final = "2.5.4.5"
COUNTRY: Final = "2.5.4.6"
ORGANIZATION: Final = "2.5.4.10"
ORGANIZATIONAL_UNIT: Final = "2.5.4.11"
TITLE: Final = "2.5.4.12"
GIVEN_NAME: Final = "2.5.4.42"
ORGANIZATION_IDENTIFIER: Final = "2.5.4.97"
EMAIL_ADDRESS: Final = "1.2.840.113549.1.9.1"
USER_ID: Final = "0.9.2342.19200300.100.1.1"
STIR: Final = "1.2.860.3.16.1.1"
PINFL: Final = "1.2.860.3.16.1.2"
SMTP_UTF8_MAILBOX: Final = "1.3.6.1.5.5.7.8.9"

MAX_NAME_OCTETS: Final = 1 << 14
_MAX_ATTRIBUTES: Final = 256
_MAX_MARKS: Final = 60
_MAX_NAMES: Final = 10_000
_LABELS: Final = {
    COMMON_NAME: "CN",
    SURNAME: "SN",
    SERIAL_NUMBER: "serialNumber",
    COUNTRY: "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    ORGANIZATION: "O",
    ORGANIZATIONAL_UNIT: "OU",
    TITLE: "title",
    GIVEN_NAME: "givenName",
    ORGANIZATION_IDENTIFIER: "organizationIdentifier",
    EMAIL_ADDRESS: "emailAddress",
    USER_ID: "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    STIR: "STIR",
    PINFL: "PINFL",
}
# Passport, identity card, national person number, tax number (EN 319 412-1 cl. 5.1.3).
_PERSON: Final = re.compile(r"(PAS|IDC|PNO|TIN)[A-Z]{2}-")
_STRING_TAGS: Final = frozenset((0x0C, 0x12, 0x13, 0x14, 0x16, 0x1A, 0x1C, 0x1E))
_SPACES: Final = dict.fromkeys((*range(0x09, 0x0E), 0x85), " ")
_NOTHING: Final = dict.fromkeys(
    (0xAD, 0x034F, 0x180B, 0x180C, 0x180D, 0x200B, 0x2060, 0xFEFF, 0xFFFC, *range(0xFE00, 0xFE10))
)

_MAX_COMMON: Final = 0x7F

_Compared = str | tuple[int, bytes]
Rdn = frozenset[tuple[str, _Compared]]
_Relative = tuple[tuple[tuple[str, str], ...], Rdn]


def prepare(value: str) -> str:
    """`value` prepared for comparison: mapped, NFKC, case folded, white space collapsed (RFC 4518 §2).

    A value with over 60 combining marks in a row, which no script has, is compared as it is.

    >>> prepare("  Straße\\u00a0 1 ")
    'strasse 1'
    """
    if value.isascii():
        return " ".join(value.lower().split())
    if not _sorts_quickly(value):
        return value
    mapped = value.translate(_SPACES).translate(_NOTHING)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", mapped).casefold())
    return " ".join(folded.split())


def _sorts_quickly(value: str) -> bool:
    """No long run of combining marks: Unicode sorts each run, in the square of its length (UAX #15)."""
    run = 0
    for character in value:
        run = run + 1 if unicodedata.combining(character) else 0
        if run > _MAX_MARKS:
            return False
    return True


@dataclass(frozen=True, eq=False)
class Name:
    """A distinguished name: `raw` is the DER as received, `attributes` its pairs of type and value.

    Two names are equal when their prepared relative names are; strings of different kinds compare by what
    they say, other values by their octets.
    """

    raw: bytes
    attributes: tuple[tuple[str, str], ...]
    key: tuple[Rdn, ...]

    @classmethod
    def read(cls, element: der.TLV, where: str = "name") -> "Name":
        """From its SEQUENCE OF RelativeDistinguishedName.

        Raises:
            MalformedInput: `malformed-input`; LimitExceeded: `limit-exceeded` over 16 KiB.
        """
        if element.tag != der.SEQUENCE:
            raise MalformedInput(found=f"tag 0x{element.tag:02x}, wanted a name", where=where)
        if element.end - element.start > MAX_NAME_OCTETS:
            raise LimitExceeded(limit=MAX_NAME_OCTETS, found="a longer name", where=where)
        return _name(element.raw, where)

    @classmethod
    def of(cls, attributes: Iterable[tuple[str, str]]) -> "Name":
        """A name with one attribute in each relative name; UTF8String but for C, serialNumber, DC, e-mail."""
        encoded = [
            der.set_of([der.sequence(der.oid(oid), der.tlv(_kind(oid), value.encode()))])
            for oid, value in attributes
        ]
        return _name(der.sequence(*encoded), "name")

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Name) and self.key == other.key)

    def __hash__(self) -> int:
        return hash(self.key)

    def __bool__(self) -> bool:
        return bool(self.key)

    def get(self, oid: str) -> str | None:
        """The value of the attribute `oid`; the last one, which is the most specific."""
        return next((value for found, value in reversed(self.attributes) if found == oid), None)

    def get_all(self, oid: str) -> tuple[str, ...]:
        """All values of the attribute `oid`, in order."""
        return tuple(value for found, value in self.attributes if found == oid)

    def is_within(self, base: "Name") -> bool:
        """Whether this name lies in the subtree of `base` (RFC 5280 §4.2.1.10)."""
        return self.key[: len(base.key)] == base.key

    @property
    def common_name(self) -> str | None:
        """The common name."""
        return self.get(COMMON_NAME)

    @property
    def organization(self) -> str | None:
        """The organisation."""
        return self.get(ORGANIZATION)

    @property
    def given_name(self) -> str | None:
        """The given name."""
        return self.get(GIVEN_NAME)

    @property
    def surname(self) -> str | None:
        """The surname."""
        return self.get(SURNAME)

    @property
    def country(self) -> str | None:
        """The country, two letters."""
        return self.get(COUNTRY)

    @property
    def stir(self) -> str | None:
        """The organisation's tax number (STIR)."""
        return self.get(STIR)

    @property
    def pinfl(self) -> str | None:
        """The person's number (PINFL)."""
        return self.get(PINFL)

    @cached_property
    def text(self) -> str:
        """The name as one line, the most specific attribute first (RFC 4514 §2).

        >>> Name.of((("2.5.4.6", "UZ"), ("2.5.4.10", "A, B"), ("2.5.4.3", "C"))).text
        'CN=C,O=A\\\\, B,C=UZ'
        """
        return _line(self.attributes)

    @cached_property
    def shown(self) -> str:
        """As `text`, with the numbers of a person masked: what reports, errors and logs say of somebody.

        >>> Name.of((("2.5.4.3", "C"), ("2.5.4.5", "PNOUZ-31201901234563"))).shown
        'serialNumber=PNOUZ-**********4563,CN=C'
        """
        return _line((oid, _masked_value(oid, value)) for oid, value in self.attributes)

    def __str__(self) -> str:
        return self.text


def masked(number: str) -> str:
    """`number` with all but its last four characters hidden.

    >>> masked("31234567890123")
    '**********0123'
    """
    return "*" * max(0, len(number) - 4) + number[-4:]


def _masked_value(oid: str, value: str) -> str:
    if oid in (PINFL, USER_ID):
        return masked(value)
    kind = _PERSON.match(value) if oid == SERIAL_NUMBER else None
    return value if kind is None else value[: kind.end()] + masked(value[kind.end() :])


def _line(attributes: Iterable[tuple[str, str]]) -> str:
    return ",".join(
        f"{_LABELS.get(oid, oid)}={_escaped(value)}" for oid, value in reversed(tuple(attributes))
    )


def _kind(oid: str) -> int:
    if oid in (COUNTRY, SERIAL_NUMBER):
        return der.PRINTABLE_STRING
    return der.IA5_STRING if oid in (EMAIL_ADDRESS, "0.9.2342.19200300.100.1.25") else der.UTF8_STRING


_ESCAPED: Final = re.compile(r'[,+"\\<>;=\0]|\A[# ]| \Z')


def _escaped(value: str) -> str:
    if not _ESCAPED.search(value):
        return value
    escaped = "".join(f"\\{c}" if c in ',+"\\<>;=' else "\\00" if c == "\0" else c for c in value)
    if escaped[:1] in ("#", " "):
        escaped = "\\" + escaped
    return escaped[:-1] + "\\ " if escaped.endswith(" ") and len(escaped) > 1 else escaped


@lru_cache(maxsize=512)
def _name(raw: bytes, where: str) -> Name:
    """Cached by the octets: the same issuers recur in every path."""
    rdns: list[Rdn] = []
    attributes: list[tuple[str, str]] = []
    for rdn in der.Fields.of(der.decode(raw), where).rest():
        octets = rdn.raw
        found = _common_rdn(octets) if len(octets) <= _MAX_COMMON else None
        pairs, key = found or _rdn(rdn, where)
        attributes += pairs
        rdns.append(key)
        if len(attributes) > _MAX_ATTRIBUTES:
            raise LimitExceeded(limit=_MAX_ATTRIBUTES, found="more attributes in a name", where=where)
    return Name(raw, tuple(attributes), tuple(rdns))


@lru_cache(maxsize=2048)
def _common_rdn(octets: bytes) -> _Relative | None:
    """A relative name of one attribute with short lengths, read in place; None for any other form.

    Cached by the octets: country and organisation recur in most names.
    """
    size = len(octets)
    if size < 9 or octets[0] != der.SET or octets[2] != der.SEQUENCE or octets[4] != der.OID:
        return None
    value = 6 + octets[5]
    fits = octets[1] == size - 2 and octets[3] == size - 4 and value + 2 <= size
    if not fits or octets[value] & 0x1F == 0x1F or octets[value + 1] != size - value - 2:
        return None
    found = der.TLV(octets, octets[value], value, value + 2, size, size)
    oid, text, key = _typed(der.dotted(octets[6:value]), found)
    return ((oid, text),), frozenset(((oid, key),))


def _rdn(rdn: der.TLV, where: str) -> _Relative:
    found = [_attribute(element, where) for element in der.Fields.of(rdn, where, tag=der.SET).rest()]
    if not found:
        raise MalformedInput(found="an empty relative name", where=where)
    key = frozenset((oid, key) for oid, _, key in found)
    if len(key) != len(found):
        # A set has each attribute once (RFC 5280 §4.1.2.4); compared as one, it would equal the shorter name.
        raise MalformedInput(found="an attribute twice in a relative name", where=where)
    return tuple((oid, text) for oid, text, _ in found), key


def _attribute(element: der.TLV, where: str) -> tuple[str, str, _Compared]:
    fields = der.Fields.of(element, where)
    oid, value = fields.take(der.OID).oid(), fields.take()
    fields.end()
    return _typed(oid, value)


def _typed(oid: str, value: der.TLV) -> tuple[str, str, _Compared]:
    if value.tag not in _STRING_TAGS:
        return oid, "#" + value.raw.hex(), (value.tag, value.content)
    try:
        text = value.text()
    except MalformedInput:
        return oid, value.content.decode("latin-1"), (value.tag, value.content)
    return oid, text, prepare(text)


_KINDS: Final = {
    0: "otherName",
    1: "rfc822Name",
    2: "dNSName",
    3: "x400Address",
    4: "directoryName",
    5: "ediPartyName",
    6: "uniformResourceIdentifier",
    7: "iPAddress",
    8: "registeredID",
}


@dataclass(frozen=True, slots=True)
class GeneralName:
    """One name of RFC 5280 §4.2.1.6: `kind` as the RFC spells it, `smtpUTF8Mailbox` for RFC 9598 §3.

    `text` is filled for the IA5String kinds and the mailbox, `name` for a directoryName, `octets` always.
    """

    kind: str
    octets: bytes
    text: str = ""
    name: Name | None = None

    @classmethod
    def read(cls, element: der.TLV, where: str = "generalName") -> "GeneralName":
        """From its context-tagged element.

        Raises:
            MalformedInput: `malformed-input` for an unknown choice or a string that is not ASCII.
        """
        number = element.tag & 0x1F
        kind = _KINDS.get(number)
        if kind is None or element.tag != der.context(number, constructed=number in (0, 3, 4, 5)):
            raise MalformedInput(found=f"tag 0x{element.tag:02x}, wanted a general name", where=where)
        if number in (1, 2, 6):
            return cls(kind, element.content, _ascii(element, where))
        if number == 4:
            inner = der.Fields(element.children(), where)
            found = Name.read(inner.take(), where)
            inner.end()
            return cls(kind, element.content, found.text, found)
        return _other(element, where) if number == 0 else cls(kind, element.content)


def _other(element: der.TLV, where: str) -> GeneralName:
    fields = der.Fields(element.children(), where)
    oid, value = fields.take(der.OID).oid(), fields.take(der.context(0))
    fields.end()
    if oid != SMTP_UTF8_MAILBOX:
        return GeneralName("otherName", element.content, oid)
    inner = der.Fields(value.children(), where)
    text = inner.take(der.UTF8_STRING).text()
    inner.end()
    return GeneralName("smtpUTF8Mailbox", element.content, text)


def _ascii(element: der.TLV, where: str) -> str:
    try:
        return element.content.decode("ascii")
    except UnicodeDecodeError as e:
        raise MalformedInput(found="a name that is not ASCII", where=where) from e


def general_names(elements: Iterable[der.TLV], where: str = "generalNames") -> tuple[GeneralName, ...]:
    """The names of a GeneralNames.

    Raises:
        MalformedInput: `malformed-input`, `limit-exceeded` for more than 10,000.
    """
    return tuple(_bounded(elements, where))


def _bounded(elements: Iterable[der.TLV], where: str) -> Iterator[GeneralName]:
    for count, element in enumerate(elements):
        if count == _MAX_NAMES:
            raise LimitExceeded(limit=_MAX_NAMES, found="more names", where=where)
        yield GeneralName.read(element, where)
