"""Sets of attributes of CMS: read as received, with the order that a signature covers, and written as DER.

Knows no attribute by name: what each means is said in `esign.cms` and `esign.cades`.

    Attributes.read(element, "signedAttrs").one("1.2.840.113549.1.9.4", der.OCTET_STRING)
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
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

    def encode(self) -> bytes:
        """The SEQUENCE, DER; the values must be DER."""
        return der.sequence(der.oid(self.oid), der.set_of(self.values))


@dataclass(frozen=True, slots=True)
class Attributes:
    """A set of attributes in received order."""

    items: tuple[Attribute, ...]
    where: str = "attributes"

    @classmethod
    def read(cls, parent: TLV, where: str) -> "Attributes":
        """From the SET OF, or the context tag that stands for it.

        Raises:
            MalformedInput: `malformed-input`.
            LimitExceeded: `limit-exceeded` over 256 attributes or values.
        """
        items: list[Attribute] = []
        room = MAX_ATTRIBUTES
        for element in bounded(parent, MAX_ATTRIBUTES, where):
            raw = element.raw
            items.append(_known(raw, where) if len(raw) <= _SHORT else _attribute(element, room, where))
            room -= len(items[-1].values)
            if room < 0:
                raise LimitExceeded(limit=MAX_ATTRIBUTES, found="more values", where=where)
        return cls(tuple(items), where)

    def get(self, oid: str) -> tuple[bytes, ...] | None:
        """The values of the attribute `oid`; None when it is absent.

        Raises:
            MalformedInput: `attribute-repeated` when there is more than one such attribute (RFC 5652 §5.3).
        """
        found = [item.values for item in self.items if item.oid == oid]
        if len(found) > 1:
            raise MalformedInput("attribute-repeated", clause="RFC 5652 §5.3", where=self.where, oid=oid)
        return found[0] if found else None

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
        return tuple(oid for oid, count in Counter(item.oid for item in self.items).items() if count > 1)


@lru_cache(maxsize=_KEPT)
def _known(raw: bytes, where: str) -> Attribute:
    return _attribute(der.decode(raw), MAX_ATTRIBUTES, where)


def _attribute(element: TLV, room: int, where: str) -> Attribute:
    fields = Fields.of(element, where)
    oid, values = fields.take(der.OID).oid(), fields.take(der.SET)
    fields.end()
    return Attribute(oid, tuple(value.raw for value in bounded(values, room, where)))


def encode_attributes(attributes: Iterable[Attribute]) -> bytes:
    """SET OF Attribute, DER: what is signed or authenticated."""
    return der.set_of(attribute.encode() for attribute in attributes)


def attributes_are_der(element: TLV) -> bool:
    """Whether a set of attributes under a context tag is DER, its order included (X.690 §11.6)."""
    raws = [child.raw for child in element.children()]
    if raws != sorted(raws) or der.tlv(element.tag, element.content) != element.raw:
        return False
    return all(_is_known_der(raw) if len(raw) <= _SHORT else _is_der(raw) for raw in raws)


def _is_der(raw: bytes) -> bool:
    return der.is_der(der.decode(raw))


_is_known_der = lru_cache(maxsize=_KEPT)(_is_der)


def attributes_to_sign(element: TLV) -> bytes:
    """The set of attributes under a context tag as SET OF, DER in order and lengths of the set.

    RFC 5652 §5.4: "A separate encoding of the signedAttrs field is performed for message digest calculation."
    The attributes themselves stay as received.
    """
    return der.set_of(child.raw for child in element.children())
