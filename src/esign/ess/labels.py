"""Security labels: how sensitive a content is, under which policy, and what says the same elsewhere
(RFC 2634 §3).

A label counts only when the signature over it holds, and is judged by whoever knows its policy: here labels
are read, written and compared.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Self

from esign import der
from esign.attributes import Attribute, bounded
from esign.der import TLV, Fields
from esign.errors import MalformedInput

SECURITY_LABEL: Final = "1.2.840.113549.1.9.16.2.2"
EQUIVALENT_LABELS: Final = "1.2.840.113549.1.9.16.2.9"
MAX_CLASSIFICATION: Final = 256
MAX_CATEGORIES: Final = 64
MAX_PRIVACY_MARK: Final = 4_096
"""Octets; the RFC bounds a PrintableString to 128 and an UTF8String not at all."""
MAX_EQUIVALENT: Final = 64
_PRINTABLE_MARK: Final = 128

CLASSIFICATIONS: Final[Mapping[int, str]] = MappingProxyType(
    dict(enumerate(("unmarked", "unclassified", "restricted", "confidential", "secret", "top-secret")))
)
"""The basic hierarchy of X.411; other numbers mean what the label's policy says (RFC 2634 §3.3.2)."""


@dataclass(frozen=True, slots=True)
class SecurityCategory:
    """One security-category: `type` dotted, `value` one element (DER) that the type defines."""

    type: str
    value: bytes

    @classmethod
    def read(cls, element: TLV, where: str) -> Self:
        """From its SEQUENCE.

        Raises:
            MalformedInput: `malformed-input`.
        """
        fields = Fields.of(element, where)
        kind = der.dotted(fields.take(der.context(0, constructed=False)).content)
        value = fields.take(der.context(1)).only().raw
        fields.end()
        return cls(kind, value)

    def encode(self) -> bytes:
        """The SEQUENCE, DER."""
        kind = der.implicit(0, der.oid(self.type))
        return der.sequence(kind, der.explicit(1, self.value))


@dataclass(frozen=True, slots=True)
class SecurityLabel:
    """ESSSecurityLabel (RFC 2634 §3.2): `policy` is dotted and gives `classification` its meaning."""

    policy: str
    classification: int | None = None
    privacy_mark: str = ""
    categories: tuple[SecurityCategory, ...] = ()

    @classmethod
    def read(cls, element: TLV, where: str = "eSSSecurityLabel") -> Self:
        """From its SET, whose elements may stand in any order.

        Raises:
            MalformedInput: `malformed-input`; `limit-exceeded` over 64 categories.
        """
        if element.tag != der.SET:
            raise MalformedInput(found=f"tag 0x{element.tag:02x}, wanted a set", where=where)
        held = _by_kind(element, where)
        if "policy" not in held:
            raise MalformedInput(found="a label without its policy", where=where)
        classification = held["classification"].integer() if "classification" in held else None
        if classification is not None and not 0 <= classification <= MAX_CLASSIFICATION:
            raise MalformedInput(found=f"classification {classification}", where=where)
        categories = held.get("categories")
        return cls(
            held["policy"].oid(),
            classification,
            _mark(held["mark"], where) if "mark" in held else "",
            tuple(
                SecurityCategory.read(one, where)
                for one in (() if categories is None else bounded(categories, MAX_CATEGORIES, where))
            ),
        )

    @property
    def classification_name(self) -> str:
        """The name in the basic hierarchy, else the number; empty without a classification."""
        if self.classification is None:
            return ""
        return CLASSIFICATIONS.get(self.classification, str(self.classification))

    def encode(self) -> bytes:
        """The SET, DER.

        Raises:
            ValueError: a classification outside 0 to 256, a mark over 4,096 octets, more than 64 categories.
        """
        too_long = len(self.privacy_mark.encode()) > MAX_PRIVACY_MARK
        if too_long or len(self.categories) > MAX_CATEGORIES:
            raise ValueError("the label's mark or its categories exceed their bounds")
        parts = [der.oid(self.policy)]
        if self.classification is not None:
            if not 0 <= self.classification <= MAX_CLASSIFICATION:
                raise ValueError(f"classification {self.classification}: 0 to {MAX_CLASSIFICATION}")
            parts.append(der.integer(self.classification))
        if self.privacy_mark:
            parts.append(der.utf8(self.privacy_mark))
        if self.categories:
            parts.append(der.set_of(category.encode() for category in self.categories))
        # X.690 §10.3: the elements of a SET stand in the order of their tags.
        return der.tlv(der.SET, *sorted(parts))

    def attribute(self) -> Attribute:
        """The signed attribute eSSSecurityLabel (RFC 2634 §3.1.1)."""
        return Attribute(SECURITY_LABEL, (self.encode(),))

    def to_dict(self) -> dict[str, object]:
        """For JSON: categories as type and hexadecimal value."""
        return {
            "policy": self.policy,
            "classification": self.classification,
            "classification_name": self.classification_name,
            "privacy_mark": self.privacy_mark,
            "categories": [{"type": c.type, "value": c.value.hex()} for c in self.categories],
        }


_KINDS: Final[Mapping[int, str]] = MappingProxyType(
    {
        der.OID: "policy",
        der.INTEGER: "classification",
        der.PRINTABLE_STRING: "mark",
        der.UTF8_STRING: "mark",
        der.SET: "categories",
    }
)


def _by_kind(element: TLV, where: str) -> dict[str, TLV]:
    found: dict[str, TLV] = {}
    for part in element.children():
        kind = _KINDS.get(part.tag)
        if kind is None or kind in found:
            raise MalformedInput(found=f"tag 0x{part.tag:02x} in a label", where=where)
        found[kind] = part
    return found


def _mark(element: TLV, where: str) -> str:
    limit = _PRINTABLE_MARK if element.tag == der.PRINTABLE_STRING else MAX_PRIVACY_MARK
    if not 0 < len(element.content) <= limit:
        raise MalformedInput(found=f"a privacy mark of {len(element.content)} octets", where=where)
    return element.text()


def read_equivalent_labels(element: TLV, where: str = "equivalentLabels") -> tuple[SecurityLabel, ...]:
    """The labels of EquivalentLabels (RFC 2634 §3.4.1).

    Raises:
        MalformedInput: `malformed-input` without a label, or when two stand under one policy; `limit-
            exceeded` over 64.
    """
    if element.tag != der.SEQUENCE:
        raise MalformedInput(found=f"tag 0x{element.tag:02x}, wanted a sequence", where=where)
    labels = tuple(SecurityLabel.read(one, where) for one in bounded(element, MAX_EQUIVALENT, where))
    # RFC 2634 §3.4.1: "All security-policy object identifiers MUST be unique".
    if not labels or len({label.policy for label in labels}) != len(labels):
        raise MalformedInput(found="labels without or with repeated policies", where=where)
    return labels


def equivalent_labels(labels: Iterable[SecurityLabel]) -> Attribute:
    """The signed attribute equivalentLabels.

    Raises:
        ValueError: no label, or two under one policy.
    """
    held = tuple(labels)
    if not held or len({label.policy for label in held}) != len(held):
        raise ValueError("equivalent labels stand each under a policy of its own")
    return Attribute(EQUIVALENT_LABELS, (der.sequence(*(label.encode() for label in held)),))


def label_to_process(
    label: SecurityLabel | None, equivalents: Iterable[SecurityLabel], policies: Iterable[str]
) -> SecurityLabel | None:
    """The label that a reader who knows `policies` (dotted) goes by; None when none is under one of them.

    `equivalents` must come from a signer who is trusted to translate. RFC 2634 §3.4.2: when the label's own
    policy is known, equivalent ones are ignored; one that repeats the label's policy says nothing.
    """
    known = frozenset(policies)
    if label is not None and label.policy in known:
        return label
    said = "" if label is None else label.policy
    return next((one for one in equivalents if one.policy in known and one.policy != said), None)
