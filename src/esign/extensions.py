"""What extensions of certificates and CRLs say, each read once, strictly (RFC 5280 §4.2, RFC 5280 §5.2)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from esign import der
from esign.errors import LimitExceeded, MalformedInput
from esign.names import GeneralName, general_names

SUBJECT_KEY_IDENTIFIER: Final = "2.5.29.14"
KEY_USAGE: Final = "2.5.29.15"
PRIVATE_KEY_USAGE_PERIOD: Final = "2.5.29.16"
SUBJECT_ALT_NAME: Final = "2.5.29.17"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
CRL_NUMBER: Final = "2.5.29.20"
REASON_CODE: Final = "2.5.29.21"
HOLD_INSTRUCTION: Final = "2.5.29.23"
INVALIDITY_DATE: Final = "2.5.29.24"
DELTA_CRL_INDICATOR: Final = "2.5.29.27"
ISSUING_DISTRIBUTION_POINT: Final = "2.5.29.28"
CERTIFICATE_ISSUER: Final = "2.5.29.29"
NAME_CONSTRAINTS: Final = "2.5.29.30"
CRL_DISTRIBUTION_POINTS: Final = "2.5.29.31"
CERTIFICATE_POLICIES: Final = "2.5.29.32"
POLICY_MAPPINGS: Final = "2.5.29.33"
AUTHORITY_KEY_IDENTIFIER: Final = "2.5.29.35"
POLICY_CONSTRAINTS: Final = "2.5.29.36"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
FRESHEST_CRL: Final = "2.5.29.46"
INHIBIT_ANY_POLICY: Final = "2.5.29.54"
AUTHORITY_INFO_ACCESS: Final = "1.3.6.1.5.5.7.1.1"
OCSP_NO_CHECK: Final = "1.3.6.1.5.5.7.48.1.5"
_OCSP: Final = "1.3.6.1.5.5.7.48.1"
_CA_ISSUERS: Final = "1.3.6.1.5.5.7.48.2"

KEY_USAGES: Final = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
REASONS: Final = MappingProxyType(
    {
        0: "unspecified",
        1: "keyCompromise",
        2: "cACompromise",
        3: "affiliationChanged",
        4: "superseded",
        5: "cessationOfOperation",
        6: "certificateHold",
        8: "removeFromCRL",
        9: "privilegeWithdrawn",
        10: "aACompromise",
    }
)
# The bits of ReasonFlags (RFC 5280 §4.2.1.13); they are numbered otherwise than the reasons of an entry.
REASON_FLAGS: Final = MappingProxyType(
    {
        1: "keyCompromise",
        2: "cACompromise",
        3: "affiliationChanged",
        4: "superseded",
        5: "cessationOfOperation",
        6: "certificateHold",
        7: "privilegeWithdrawn",
        8: "aACompromise",
    }
)
MAX_EXTENSIONS: Final = 128
_MAX_ITEMS: Final = 1000


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension as received: `value` is the content of its OCTET STRING."""

    oid: str
    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class DistributionPoint:
    """Where revocation lists are found: `relative` is the DER of a name relative to the CRL issuer's.

    `reasons` are those that the point covers, None for all; `issuers` names other authorities than the
    issuer.
    """

    names: tuple[GeneralName, ...] = ()
    relative: bytes | None = None
    reasons: frozenset[str] | None = None
    issuers: tuple[GeneralName, ...] = ()

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs among its names."""
        return tuple(n.text for n in self.names if n.kind == "uniformResourceIdentifier")


@dataclass(frozen=True, slots=True)
class IssuingDistributionPoint:
    """The scope of a CRL (RFC 5280 §5.2.5): `only` is empty, `user`, `ca` or `attribute`."""

    point: DistributionPoint = field(default_factory=DistributionPoint)
    only: frozenset[str] = frozenset()
    indirect: bool = False


def read_extensions(element: der.TLV, where: str = "extensions") -> tuple[Extension, ...]:
    """The extensions of a SEQUENCE OF Extension.

    Raises:
        MalformedInput: `malformed-input`; two of one kind are not allowed (RFC 5280 §4.2).
    """
    return extensions_of([item.raw for item in der.Fields.of(element, where).rest()], where)


def extensions_of(several: Iterable[bytes], where: str = "extensions") -> tuple[Extension, ...]:
    """The same, from the octets of each."""
    found: dict[str, Extension] = {}
    for octets in several:
        own = len(octets) > _MAX_SHARED or octets[2:7] in _OWN_OCTETS
        extension = _extension(der.decode(octets), where) if own else _repeated(octets, where)
        if extension.oid in found:
            raise MalformedInput(found=f"extension {extension.oid} twice", where=where)
        if len(found) == MAX_EXTENSIONS:
            raise LimitExceeded(limit=MAX_EXTENSIONS, found="more extensions", where=where)
        found[extension.oid] = extension
    return tuple(found.values())


@lru_cache(maxsize=1024)
def _repeated(octets: bytes, where: str) -> Extension:
    """Cached by the octets: an authority says the same in all that it issues."""
    return _extension(der.decode(octets), where)


def _extension(item: der.TLV, where: str) -> Extension:
    data, tag, _, at, stop, _ = item
    # The form of nearly all, read in place: short lengths, and critical, where it is said, as one octet.
    if tag == der.SEQUENCE and stop - at > 4 and data[at] == der.OID and data[at + 1] < 0x80:
        place = at + 2 + data[at + 1]
        critical = data[place : place + 2] == b"\1\1"
        value = place + 3 if critical else place
        size = data[value + 1] if value + 2 <= stop and data[value] == der.OCTET_STRING else 0x80
        if size < 0x80 and value + 2 + size == stop:
            told = critical and data[place + 2] != 0
            return Extension(der.dotted(data[at + 2 : place]), told, data[value + 2 : stop])
    return _uncommon_extension(item, where)


def _uncommon_extension(item: der.TLV, where: str) -> Extension:
    fields = der.Fields.of(item, where)
    oid, critical, value = fields.take(der.OID), fields.optional(der.BOOLEAN), fields.take(der.OCTET_STRING)
    fields.end()
    return Extension(oid.oid(), critical is not None and critical.boolean(), value.content)


def wrapped_extensions(element: der.TLV | None) -> tuple[Extension, ...]:
    """The extensions under their EXPLICIT tag; none when the field is absent.

    Raises:
        MalformedInput: `malformed-input`, also for an empty list.
    """
    if element is None:
        return ()
    fields = der.Fields(element.children(), "extensions")
    found = read_extensions(fields.take(der.SEQUENCE))
    fields.end()
    if not found:
        raise MalformedInput(found="an empty list of extensions", where="extensions")
    return found


def value_of(extensions: Iterable[Extension], oid: str) -> Any:
    """What the extension `oid` says, read by the table of this module; None when it is absent.

    Raises:
        MalformedInput: `malformed-input` when its value has another structure.
    """
    found = next((e for e in extensions if e.oid == oid), None)
    return None if found is None else _read_value(oid, found.value)


def private_key_usage_period(
    extensions: Iterable[Extension],
) -> tuple[datetime | None, datetime | None]:
    """From when and until when the key may sign (RFC 3280 §4.2.1.4); None where nothing is said.

    Not among the values of a certificate: only who signs with the key asks for it.

    Raises:
        MalformedInput: `malformed-input`.
    """
    found = next((e for e in extensions if e.oid == PRIVATE_KEY_USAGE_PERIOD), None)
    if found is None:
        return None, None
    fields = der.Fields.of(der.decode(found.value), "privateKeyUsagePeriod")
    ends = [fields.optional(der.context(number, constructed=False)) for number in (0, 1)]
    fields.end()
    since, until = (
        None if end is None else der.decode(der.tlv(der.GENERALIZED_TIME, end.content)).time() for end in ends
    )
    return since, until


def check_values(extensions: Iterable[Extension]) -> Mapping[str, Any]:
    """The values of all extensions that this module can read, by OID.

    Raises:
        MalformedInput: `malformed-input`.
    """
    found: dict[str, Any] = {}
    for extension in extensions:
        oid, value = extension.oid, extension.value
        if oid in _READERS:
            shared = oid not in _OWN and len(value) <= _MAX_SHARED
            found[oid] = _shared_value(oid, value) if shared else _read_value(oid, value)
    return MappingProxyType(found)


def _read_value(oid: str, value: bytes) -> Any:
    where = f"extension {oid}"
    return _READERS[oid](der.decode(value, where=where), where)


_OWN: Final = frozenset((SUBJECT_KEY_IDENTIFIER, SUBJECT_ALT_NAME, CRL_NUMBER, INVALIDITY_DATE))
"""What each certificate or list says differently; the rest an authority repeats in all that it issues."""
_OWN_OCTETS: Final = frozenset(map(der.oid, _OWN))
_MAX_SHARED: Final = 256
_shared_value: Final = lru_cache(maxsize=1024)(_read_value)


def _octets(element: der.TLV, where: str) -> bytes:
    if element.tag != der.OCTET_STRING:
        raise MalformedInput(found=f"tag 0x{element.tag:02x}, wanted an octet string", where=where)
    return element.content


def _small_integer(element: der.TLV, where: str, octets: int = 8) -> int:
    if element.tag not in (der.INTEGER, der.ENUMERATED) or len(element.content) > octets:
        raise MalformedInput(found="no integer, or too large a one", where=where)
    value = element.integer()
    if value < 0:
        raise MalformedInput(found="a negative integer", where=where)
    return value


def _crl_number(element: der.TLV, where: str) -> int:
    return _small_integer(element, where, 64)


def _reason(element: der.TLV, where: str) -> str:
    value = _small_integer(element, where)
    if value not in REASONS:
        raise MalformedInput(found=f"reason {value}", where=where)
    return REASONS[value]


def _time(element: der.TLV, where: str) -> Any:
    return element.time()


def named_bits(element: der.TLV, where: str) -> frozenset[int]:
    """The numbers of the set bits of a BIT STRING or an implicitly tagged one."""
    octets = element.content
    if (
        element.constructed
        or not octets
        or octets[0] > 7
        or (len(octets) == 1 and octets[0])
        or len(octets) > 5
    ):
        raise MalformedInput(found="a wrong bit string", where=where)
    value, size = int.from_bytes(octets[1:], "big") >> octets[0], 8 * (len(octets) - 1) - octets[0]
    return frozenset(i for i in range(size) if value >> (size - 1 - i) & 1)


def _key_usage(element: der.TLV, where: str) -> frozenset[str]:
    if element.tag != der.BIT_STRING:
        raise MalformedInput(found=f"tag 0x{element.tag:02x}, wanted a bit string", where=where)
    return frozenset(KEY_USAGES[i] for i in named_bits(element, where) if i < len(KEY_USAGES))


def _basic_constraints(element: der.TLV, where: str) -> tuple[bool, int | None]:
    fields = der.Fields.of(element, where)
    ca = fields.optional(der.BOOLEAN)
    length = fields.optional(der.INTEGER)
    fields.end()
    is_ca = ca is not None and ca.boolean()
    return is_ca, None if length is None else _small_integer(length, where)


def _authority_key_identifier(element: der.TLV, where: str) -> bytes | None:
    fields = der.Fields.of(element, where)
    identifier = fields.optional(der.context(0, constructed=False))
    issuer = fields.optional(der.context(1))
    fields.optional(der.context(2, constructed=False))
    fields.end()
    if issuer is not None:
        general_names(issuer.children(), where)
    return None if identifier is None else identifier.content


def _oids(element: der.TLV, where: str) -> tuple[str, ...]:
    found = tuple(item.oid() for item in _items(element, where) if _is(item, der.OID, where))
    if not found:
        raise MalformedInput(found="an empty list", where=where)
    return found


def _is(element: der.TLV, tag: int, where: str) -> bool:
    if element.tag != tag:
        raise MalformedInput(found=f"tag 0x{element.tag:02x}, wanted 0x{tag:02x}", where=where)
    return True


def _items(element: der.TLV, where: str) -> tuple[der.TLV, ...]:
    items = der.Fields.of(element, where).rest()
    if len(items) > _MAX_ITEMS:
        raise LimitExceeded(limit=_MAX_ITEMS, found="more items", where=where)
    return items


def _policies(element: der.TLV, where: str) -> tuple[str, ...]:
    found = tuple(der.Fields.of(item, where).take(der.OID).oid() for item in _items(element, where))
    if not found or len(set(found)) != len(found):
        raise MalformedInput(found="no policy, or one twice", where=where)
    return found


def _general_names(element: der.TLV, where: str) -> tuple[GeneralName, ...]:
    found = general_names(der.Fields.of(element, where).rest(), where)
    if not found:
        raise MalformedInput(found="an empty list of names", where=where)
    return found


def _point_name(element: der.TLV, where: str) -> tuple[tuple[GeneralName, ...], bytes | None]:
    fields = der.Fields(element.children(), where)
    choice = fields.take()
    fields.end()
    if choice.tag == der.context(0):
        return general_names(choice.children(), where), None
    if choice.tag == der.context(1):
        return (), der.tlv(der.SET, choice.content)
    raise MalformedInput(found=f"tag 0x{choice.tag:02x}, wanted a distribution point name", where=where)


def _reasons(element: der.TLV | None, where: str) -> frozenset[str] | None:
    if element is None:
        return None
    return frozenset(REASON_FLAGS[bit] for bit in named_bits(element, where) if bit in REASON_FLAGS)


def _distribution_point(element: der.TLV, where: str) -> DistributionPoint:
    fields = der.Fields.of(element, where)
    named = fields.optional(der.context(0))
    reasons = fields.optional(der.context(1, constructed=False))
    issuers = fields.optional(der.context(2))
    fields.end()
    names, relative = ((), None) if named is None else _point_name(named, where)
    others = () if issuers is None else general_names(issuers.children(), where)
    return DistributionPoint(names, relative, _reasons(reasons, where), others)


def _distribution_points(element: der.TLV, where: str) -> tuple[DistributionPoint, ...]:
    return tuple(_distribution_point(item, where) for item in _items(element, where))


def _issuing_distribution_point(element: der.TLV, where: str) -> IssuingDistributionPoint:
    fields = der.Fields.of(element, where)
    named = fields.optional(der.context(0))
    user, ca = (fields.optional(der.context(i, constructed=False)) for i in (1, 2))
    reasons = fields.optional(der.context(3, constructed=False))
    indirect, attribute = (fields.optional(der.context(i, constructed=False)) for i in (4, 5))
    fields.end()
    names, relative = ((), None) if named is None else _point_name(named, where)
    flags = {"user": user, "ca": ca, "attribute": attribute}
    return IssuingDistributionPoint(
        DistributionPoint(names, relative, _reasons(reasons, where)),
        frozenset(name for name, flag in flags.items() if flag is not None and flag.boolean()),
        indirect is not None and indirect.boolean(),
    )


@dataclass(frozen=True, slots=True)
class AuthorityInfoAccess:
    """The URLs of OCSP responders and of the issuer's certificates (RFC 5280 §4.2.2.1)."""

    ocsp: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()


def _authority_info_access(element: der.TLV, where: str) -> AuthorityInfoAccess:
    found: dict[str, list[str]] = {_OCSP: [], _CA_ISSUERS: []}
    for item in _items(element, where):
        fields = der.Fields.of(item, where)
        method, location = fields.take(der.OID).oid(), GeneralName.read(fields.take(), where)
        fields.end()
        if method in found and location.kind == "uniformResourceIdentifier":
            found[method].append(location.text)
    return AuthorityInfoAccess(tuple(found[_OCSP]), tuple(found[_CA_ISSUERS]))


_READERS: Final[Mapping[str, Callable[[der.TLV, str], Any]]] = MappingProxyType(
    {
        SUBJECT_KEY_IDENTIFIER: _octets,
        KEY_USAGE: _key_usage,
        SUBJECT_ALT_NAME: _general_names,
        BASIC_CONSTRAINTS: _basic_constraints,
        CRL_NUMBER: _crl_number,
        REASON_CODE: _reason,
        DELTA_CRL_INDICATOR: _crl_number,
        INVALIDITY_DATE: _time,
        ISSUING_DISTRIBUTION_POINT: _issuing_distribution_point,
        CERTIFICATE_ISSUER: _general_names,
        CRL_DISTRIBUTION_POINTS: _distribution_points,
        CERTIFICATE_POLICIES: _policies,
        AUTHORITY_KEY_IDENTIFIER: _authority_key_identifier,
        EXTENDED_KEY_USAGE: _oids,
        FRESHEST_CRL: _distribution_points,
        AUTHORITY_INFO_ACCESS: _authority_info_access,
    }
)
