"""Sets of attributes of CMS: read as received, with the order that a signature covers, and written as DER.

Knows no attribute by name: what each means is said in `esign.cms` and `esign.cades`.

    Attributes.read(element, "signedAttrs").one("1.2.840.113549.1.9.4", der.OCTET_STRING)
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from esign import der
from esign.der import TLV, Fields
from esign.errors import LimitExceeded, MalformedInput

MAX_ATTRIBUTES: Final = 256
"""Of one set, and of values in it."""
# A signer's attributes are the same from one signature to the next, but for digest and time: short ones that
# were read are kept, by their octets, the last that were used; nothing about them ever expires.
_SHORT: Final = 1 << 10
_KEPT: Final = 1 << 11


def bounded(parent: TLV, limit: int, where: str) -> tuple[TLV, ...]:
    """The elements of `parent`, at most `limit`.

    Raises:
        LimitExceeded: `limit-exceeded`.
    """
    found: list[TLV] = []
    for element in parent.children():
        if len(found) == limit:
            raise LimitExceeded(limit=limit, found="more elements", where=where)
        found.append(element)
    return tuple(found)


def take_octets(fields: Fields, tag: int = der.OCTET_STRING) -> bytes:
    """The next field, an OCTET STRING that BER may have sent in parts; `tag` is its primitive form."""
    found = fields.optional(tag, tag | der.CONSTRUCTED)
    return (found or fields.take(tag)).octets()


@dataclass(frozen=True, slots=True)
class Attribute:
    """Attribute: an identifier with a set of values, each one element as received (RFC 5652 §5.3)."""

    oid: str
    values: tuple[bytes, ...]
    is_plain: bool = field(default=False, compare=False, repr=False)
    """Whether it was read as DER with one primitive value: no more is known of another one."""

    def encode(self) -> bytes:
        """The SEQUENCE, DER; the values must be DER."""
        return der.sequence(der.oid(self.oid), der.set_of(self.values))


@dataclass(frozen=True, slots=True)
class Attributes:
    """A set of attributes in received order; `elements` are their octets where they were to be kept.

    `recurring` are those of them that a signer repeats: message digest and signing time are left out.
    """

    items: tuple[Attribute, ...]
    where: str = "attributes"
    elements: tuple[bytes, ...] = field(default=(), compare=False, repr=False)
    recurring: tuple[bytes, ...] = field(default=(), compare=False, repr=False)
    _by_oid: dict[str, Attribute] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_oid", {item.oid: item for item in self.items})

    @classmethod
    def read(cls, parent: TLV, where: str, *, keep: bool = False) -> "Attributes":
        """From the SET OF, or the context tag that stands for it; `keep` the octets of each attribute.

        Raises:
            MalformedInput: `malformed-input`.
            LimitExceeded: `limit-exceeded` over 256 attributes or values.
        """
        return cls.of(_elements(parent, where), where, keep=keep)

    @classmethod
    def of(cls, elements: tuple[bytes, ...], where: str, *, keep: bool = False) -> "Attributes":
        """As `read`, from the octets of each attribute."""
        items: list[Attribute] = []
        recurring: list[bytes] = []
        room = MAX_ATTRIBUTES
        for raw in elements:
            item = _plain(raw) if raw[2:13] in _OWN_OCTETS else None
            if item is None:
                item = _known(raw, where) if len(raw) <= _SHORT else _attribute(raw, room, where)
                recurring.append(raw)
            items.append(item)
            room -= len(item.values)
            if room < 0:
                raise LimitExceeded(limit=MAX_ATTRIBUTES, found="more values", where=where)
        return cls(tuple(items), where, elements, tuple(recurring)) if keep else cls(tuple(items), where)

    def get(self, oid: str) -> tuple[bytes, ...] | None:
        """The values of the attribute `oid`; None when it is absent.

        Raises:
            MalformedInput: `attribute-repeated` when there is more than one such attribute (RFC 5652 §5.3).
        """
        found = self._by_oid.get(oid)
        if found is None:
            return None
        if len(self._by_oid) < len(self.items) and oid in self.repeated:
            raise MalformedInput("attribute-repeated", clause="RFC 5652 §5.3", where=self.where, oid=oid)
        return found.values

    def has_any(self, oids: frozenset[str]) -> bool:
        """Whether one of `oids` is among them."""
        return not oids.isdisjoint(self._by_oid)

    def one(self, oid: str, *tags: int) -> TLV | None:
        """The only value of the attribute `oid`, which must bear one of `tags`; None when it is absent.

        Raises:
            MalformedInput: `attribute-repeated`; `attribute-values` when it has not one value;
                `malformed-input` when the value is of another kind.
        """
        values = self.get(oid)
        if values is None:
            return None
        if len(values) != 1:
            raise MalformedInput(
                "attribute-values", clause="RFC 5652 §11", where=self.where, oid=oid, found=len(values)
            )
        value = der.decode(values[0], where=oid)
        if value.tag not in tags:
            raise MalformedInput(found=f"tag 0x{value.tag:02x} in attribute {oid}", where=self.where)
        return value

    @property
    def repeated(self) -> tuple[str, ...]:
        """The identifiers that more than one attribute bears."""
        if len(self._by_oid) == len(self.items):
            return ()
        return tuple(oid for oid, count in Counter(item.oid for item in self.items).items() if count > 1)


def _elements(parent: TLV, where: str) -> tuple[bytes, ...]:
    plain = parent.end == parent.stop and parent.constructed
    found = der.pieces(parent.data, parent.body, parent.stop, limit=MAX_ATTRIBUTES) if plain else None
    return tuple(e.raw for e in bounded(parent, MAX_ATTRIBUTES, where)) if found is None else found


@lru_cache(maxsize=_KEPT)
def _known(raw: bytes, where: str) -> Attribute:
    return _plain(raw) or _attribute(raw, MAX_ATTRIBUTES, where)


def _plain(raw: bytes) -> Attribute | None:
    """One of the form of nearly all, read in place: short lengths and one value; None for another form."""
    size = len(raw)
    if size > 6 and raw[0] == der.SEQUENCE and raw[1] == size - 2 < 0x80 and raw[2] == der.OID:
        value = raw[3] + 6
        is_one = value + 1 < size and raw[value + 1] == size - value - 2 and raw[value] & 0x1F != 0x1F
        if is_one and raw[value - 2] == der.SET and raw[value - 1] == size - value:
            return Attribute(der.dotted(raw[4 : value - 2]), (raw[value:],), raw[value] in _PLAIN_VALUES)
    return None


_OWN_OCTETS: Final = frozenset(map(der.oid, ("1.2.840.113549.1.9.4", "1.2.840.113549.1.9.5")))
"""Message digest and signing time: what each signature says differently, so that keeping it serves nobody."""
_PLAIN_VALUES: Final = frozenset((der.OCTET_STRING, der.UTC_TIME, der.OID))
"""Primitive, and any content is DER."""


def _attribute(raw: bytes, room: int, where: str) -> Attribute:
    fields = Fields.of(der.decode(raw), where)
    oid, values = fields.take(der.OID).oid(), fields.take(der.SET)
    fields.end()
    return Attribute(oid, tuple(value.raw for value in bounded(values, room, where)))


def encode_attributes(attributes: Iterable[Attribute]) -> bytes:
    """SET OF Attribute, DER: what is signed or authenticated."""
    return der.set_of(attribute.encode() for attribute in attributes)


def attributes_are_der(raw: bytes, attributes: Attributes) -> bool:
    """Whether `raw`, a set under a context tag, read as `attributes` and kept, is DER, its order included.

    X.690 §11.6 sets the order.
    """
    elements = attributes.elements
    if der.set_of(elements)[1:] != raw[1:]:
        return False
    for item, element in zip(attributes.items, elements, strict=True):
        if not (item.is_plain or _is_der(element)):
            return False
    return True


def _is_der(raw: bytes) -> bool:
    return _is_known_der(raw) if len(raw) <= _SHORT else der.is_der(der.decode(raw))


@lru_cache(maxsize=_KEPT)
def _is_known_der(raw: bytes) -> bool:
    return der.is_der(der.decode(raw))


def attributes_to_sign(element: TLV) -> bytes:
    """The set of attributes under a context tag as SET OF, DER in order and lengths of the set.

    RFC 5652 §5.4: "A separate encoding of the signedAttrs field is performed for message digest calculation."
    The attributes themselves stay as received.
    """
    return der.set_of(child.raw for child in element.children())
