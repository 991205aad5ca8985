"""What an archive time stamp covers: the imprints of both versions, and the hash index of the newer one.

Version 3 (EN 319 122-1 cl. 5.5.3) covers signed data, signature and an index of hashes of everything else, so
that more may be added later. Version 2 (RFC 5126 §6.4.1) covers octets in the order in which they stand, and
has been read in several ways: each reading gives a candidate. Tokens are octets here; who made them and when
is asked above.

    index = HashIndex.read(token_signer_info)
    index.check(signed, info) or archive_imprint_v3(signed, info, index, content, SHA256)
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final, Protocol, Self

from esign import der
from esign.algorithms import SHA256, AlgorithmIdentifier, Digest, digest
from esign.attributes import Attribute, bounded
from esign.cades.unsigned import ARCHIVE_VERSIONS, CERTIFICATE_VALUES, REVOCATION_VALUES, TIME_STAMPS
from esign.cms import MAX_CERTIFICATES, SignedData, SignerInfo
from esign.content import Content
from esign.der import TLV, Fields
from esign.encoded import reported_as
from esign.errors import EsignError, MalformedInput, UnsupportedAlgorithm
from esign.findings import Finding

HASH_INDEX: Final = "0.4.0.1733.2.5"
HASH_INDEX_V2: Final = "0.4.0.19122.1.4"
HASH_INDEX_V3: Final = "0.4.0.19122.1.5"
MAX_HASHES: Final = 4_000
MAX_NORMALISED: Final = 1 << 20
"""Octets of one element that are put into DER to see whether its hash was made so."""
_VERSIONS: Final = {HASH_INDEX: 1, HASH_INDEX_V2: 2, HASH_INDEX_V3: 3}
_CLAUSE: Final = "EN 319 122-1 cl. 5.5.2"


@dataclass(frozen=True, slots=True)
class HashIndex:
    """The attribute ats-hash-index in a token: hashes of certificates, lists and unsigned attributes.

    `version` 1 and 2 hash whole attributes, 3 each value with its type; `raw` is the value as received.
    """

    version: int
    algorithm: AlgorithmIdentifier
    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    attributes: tuple[bytes, ...]
    raw: bytes = field(repr=False)

    @classmethod
    def read(cls, token: SignerInfo) -> Self | None:
        """From the unsigned attributes of the token's signature; None when it has no hash index.

        Raises:
            MalformedInput: `cades-malformed`, also with several.
        """
        found = [
            (item.oid, value)
            for item in token.unsigned.items
            if item.oid in _VERSIONS
            for value in item.values
        ]
        if not found:
            return None
        with reported_as("cades-malformed"):
            if len(found) > 1:
                raise MalformedInput(found="several hash indexes", where="ats-hash-index")
            return cls._read(_VERSIONS[found[0][0]], found[0][1])

    @classmethod
    def _read(cls, version: int, value: bytes) -> Self:
        where = "ats-hash-index"
        parts = bounded(der.decode(value, where=where), 4, where)
        if len(parts) not in (3, 4) or any(part.tag != der.SEQUENCE for part in parts):
            raise MalformedInput(found=f"{len(parts)} fields", where=where)
        # The two older ones leave the algorithm out when it is SHA-256.
        algorithm = SHA256.identifier if len(parts) == 3 else AlgorithmIdentifier.read(parts[0], where)
        certificates, crls, attributes = (_hashes(part, where) for part in parts[-3:])
        return cls(version, algorithm, certificates, crls, attributes, value)

    def check(self, signed: SignedData, info: SignerInfo) -> tuple[Finding, ...]:
        """Hashes that belong to nothing in `signed` and `info`; empty when each has its element.

        EN 319 122-1 cl. 5.5.2: what the index names must be there; what it does not name is not covered.
        """
        try:
            by = self.digest
        except EsignError as e:
            return (Finding.error(e.code, clause=_CLAUSE, where="ats-hash-index", **e.values),)
        wanted = {
            "certificates": (self.certificates, signed.certificate_elements),
            "crls": (self.crls, signed.crl_elements),
            "unsignedAttrs": (self.attributes, tuple(o for o, _ in _indexed(info, self.version))),
        }
        return tuple(
            Finding.error("ats-hash-index-unmatched", clause=_CLAUSE, where=where, count=missing)
            for where, (hashes, elements) in wanted.items()
            if (missing := len(set(hashes).difference(_matches(hashes, elements, by).values())))
        )

    @property
    def digest(self) -> Digest:
        """The digest that the hashes were made by.

        Raises:
            UnsupportedAlgorithm: `unsupported-algorithm`, also for one that is computed in Python: an index
                may be over tens of megabytes.
        """
        by = digest(self.algorithm)
        if by.octets_per_check is not None:
            raise UnsupportedAlgorithm(algorithm=by.name, where="ats-hash-index")
        return by


def _hashes(element: TLV, where: str) -> tuple[bytes, ...]:
    found = bounded(element, MAX_HASHES, where)
    if any(e.tag != der.OCTET_STRING for e in found):
        raise MalformedInput(found="a hash that is no octet string", where=where)
    return tuple(e.content for e in found)


def _matches(hashes: Iterable[bytes], elements: Iterable[bytes], by: Digest) -> dict[bytes, bytes]:
    """Which elements are among `hashes`, and by which: as received or else, when not too long, as DER."""
    wanted, found = frozenset(hashes), dict[bytes, bytes]()
    for element in elements:
        value = by.of(element)
        if value not in wanted and len(element) <= MAX_NORMALISED:
            value = by.of(as_der(element))
        if value in wanted:
            found[element] = value
    return found


def _indexed(info: SignerInfo, version: int) -> Iterator[tuple[bytes, tuple[bytes, ...]]]:
    """What is hashed of each unsigned attribute, with the values that this hash covers."""
    for item in info.unsigned.items:
        if version == 3:
            yield from ((der.oid(item.oid) + value, (value,)) for value in item.values)
        else:
            yield item.encode(), item.values


def as_der(raw: bytes) -> bytes:
    """One element, or several in a row, put into DER; what is broken stays as it is."""
    try:
        parts = der.Fields(_row(raw), "element").rest()
        if all(der.is_der(part) for part in parts):
            return raw
        return b"".join(_normal(part, der.MAX_DEPTH) for part in parts)
    except MalformedInput:
        return raw


def _row(raw: bytes) -> Iterator[TLV]:
    offset = 0
    while offset < len(raw):
        element = der.decode_prefix(raw, offset)
        yield element
        offset = element.end


def _normal(element: TLV, depth: int) -> bytes:
    if depth == 0:
        raise MalformedInput(found="deeper nesting")
    if element.tag == der.OCTET_STRING | der.CONSTRUCTED:
        return der.octet_string(element.octets())
    if not element.constructed:
        return der.tlv(element.tag, element.content)
    parts = [_normal(child, depth - 1) for child in element.children()]
    return der.set_of(parts) if element.tag == der.SET else der.tlv(element.tag, *parts)


def hash_index_v3(signed: SignedData, info: SignerInfo, by: Digest) -> Attribute:
    """The attribute ats-hash-index-v3 over everything that is in `signed` and `info` now.

    EN 319 122-1 cl. 5.5.2: it becomes an unsigned attribute of the archive time stamp's own signature.
    """
    indexes = (
        signed.certificate_elements,
        signed.crl_elements,
        tuple(octets for octets, _ in _indexed(info, 3)),
    )
    hashes = (der.sequence(*(der.octet_string(by.of(element)) for element in index)) for index in indexes)
    return Attribute(HASH_INDEX_V3, (der.sequence(by.identifier.encode(), *hashes),))


def archive_imprint_v3(
    signed: SignedData, info: SignerInfo, index: bytes, *, content: Content, by: Digest
) -> bytes:
    """The imprint of an archive time stamp of version 3 (EN 319 122-1 cl. 5.5.3).

    `index` is the value of the hash index (`HashIndex.raw`), whose hashes `HashIndex.check` looks up.
    """
    parts = (
        der.oid(signed.content_type),
        content.digest(by),
        *(as_der(part.raw) if part.tag != der.context(0) else part.raw for part in _signer_fields(info)),
        index,
    )
    return by.of(b"".join(parts))


def _signer_fields(info: SignerInfo) -> tuple[TLV, ...]:
    """Version, identifier, digest algorithm, signed attributes, signature algorithm, signature."""
    fields = der.decode(info.raw).children()
    return tuple(part for number, part in enumerate(fields) if number < 3 or part.tag != der.context(1))


class Begun:
    """What archive time stamps of version 2 begin with, the content, hashed once for all of them."""

    __slots__ = ("_states",)

    def __init__(self) -> None:
        self._states: dict[tuple[int, str, bool], tuple[Content, SignedData, Any]] = {}

    def state(self, signed: SignedData, content: Content, by: Digest, *, normal: bool) -> Any:
        """A digest that has taken in the content, as received or as DER, and goes on with the rest."""
        key = (id(content), by.oid, normal)
        held = self._states.get(key)
        if held is None or held[0] is not content or held[1] is not signed:
            state = by.new()
            first = signed.encapsulated_as_der() if normal else signed.encapsulated_field.chunks()
            for chunk in chain(first, content.chunks() if signed.encapsulated is None else ()):
                state.update(chunk)
            held = self._states[key] = (content, signed, state)
        return held[2].copy()


def archive_imprints_v2(
    signed: SignedData,
    info: SignerInfo,
    before: Iterable[bytes] = (),
    *,
    content: Content,
    by: Digest,
    begun: Begun | None = None,
) -> Iterator[bytes]:
    """The imprints that an archive time stamp of version 2 may bear (RFC 5126 §6.4.1), the likeliest first.

    `before` are the tokens of archive time stamps that had been made earlier: they are covered, every other
    one is not. Readings differ in whether tag and length of the unsigned attributes count, and whether BER
    was put into DER. `begun` is what other time stamps of the same act have hashed already.
    """
    beginnings = begun or Begun()
    known = frozenset(before)
    unsigned = [e.raw for e in _unsigned_elements(info) if _is_covered_by_v2(e, known)]
    seen: set[bytes] = set()
    for normal in (False, True):
        shape = _normalised if normal else bytes
        for framed in (True, False):
            joined = b"".join(map(shape, unsigned))
            last = (der.tlv(der.context(1), joined) if unsigned else b"") if framed else joined
            state = beginnings.state(signed, content, by, normal=normal)
            found = _imprint_v2(signed, info, state, shape=shape, unsigned=last)
            if found not in seen:
                seen.add(found)
                yield found


def _unsigned_elements(info: SignerInfo) -> tuple[TLV, ...]:
    held = next(
        (p for n, p in enumerate(der.decode(info.raw).children()) if n > 2 and p.tag == der.context(1)), None
    )
    return () if held is None else tuple(held.children())


def _is_covered_by_v2(element: TLV, known: frozenset[bytes]) -> bool:
    fields = Fields.of(element, "unsignedAttrs")
    if ARCHIVE_VERSIONS.get(fields.take(der.OID).oid(), 0) < 2:
        return True
    return all(value.raw in known for value in fields.take(der.SET).children())


def _imprint_v2(
    signed: SignedData, info: SignerInfo, state: Any, *, shape: "_Shape", unsigned: bytes
) -> bytes:
    for raw in (signed.certificates_field, signed.crls_field):
        state.update(shape(raw))
    for part in _signer_fields(info):
        state.update(part.raw if part.tag == der.context(0) else shape(part.raw))
    state.update(unsigned)
    made: bytes = state.digest()
    return made


def _normalised(raw: bytes) -> bytes:
    """As DER; a long field is left as it is, for each of its elements would be looked at."""
    return raw if len(raw) > MAX_NORMALISED else as_der(raw)


class _Shape(Protocol):
    def __call__(self, raw: bytes, /) -> bytes: ...


def covered_by_v3(signed: SignedData, info: SignerInfo, index: HashIndex) -> tuple[bytes, ...]:
    """The octets whose existence an archive time stamp with `index` proves, beside signature and content.

    Elements of certificates and crls, OCSP answers inside them, values of unsigned attributes, and what
    stands inside those: certificates and revocation data of tokens, certificate-values, revocation-values.

    Raises:
        MalformedInput: `malformed-input`, `cades-malformed`.
        UnsupportedAlgorithm: `unsupported-algorithm` for the index.
    """
    lists, by = signed.crl_elements, index.digest
    found = dict.fromkeys(_matches(index.certificates, signed.certificate_elements, by))
    found |= dict.fromkeys(_matches(index.crls, lists, by))
    attributes = dict(_indexed(info, index.version))
    for octets in _matches(index.attributes, attributes, by):
        found |= dict.fromkeys(attributes[octets])
    inner = [answer for e in lists if e in found and (answer := _ocsp_inside(e)) is not None]
    return (*found, *inner, *_inside(info, found))


def covered_by_v2(signed: SignedData, info: SignerInfo, before: Iterable[bytes] = ()) -> tuple[bytes, ...]:
    """The same for version 2: everything but archive time stamps that are not among the tokens `before`."""
    known, values = frozenset(before), []
    for item in info.unsigned.items:
        archived = ARCHIVE_VERSIONS.get(item.oid, 0) >= 2
        values += [value for value in item.values if not archived or value in known]
    elements = dict.fromkeys((*signed.certificate_elements, *signed.crl_elements, *values))
    inner = [answer for element in elements if (answer := _ocsp_inside(element)) is not None]
    return (*elements, *inner, *_inside(info, elements))


def _ocsp_inside(element: bytes) -> bytes | None:
    """The OCSPResponse of OtherRevocationInfoFormat (RFC 5940 §2)."""
    if element[:1] != bytes((der.context(1),)):
        return None
    parts = bounded(der.decode(element), 3, "SignedData.crls")
    return parts[1].raw if len(parts) == 2 else None


def _inside(info: SignerInfo, covered: Iterable[bytes]) -> Iterator[bytes]:
    wanted = frozenset(covered)
    for item in info.unsigned.items:
        for value in (v for v in item.values if v in wanted):
            if item.oid in TIME_STAMPS:
                yield from _inside_token(value)
            elif item.oid in (CERTIFICATE_VALUES, REVOCATION_VALUES):
                yield from _inside_values(value)


def _inside_token(token: bytes) -> Iterator[bytes]:
    try:
        signed = SignedData.read(token)
        yield from (*signed.certificates, *signed.crls, *signed.ocsp)
        for info in signed.signer_infos:
            for item in info.unsigned.items:
                if item.oid in (CERTIFICATE_VALUES, REVOCATION_VALUES):
                    for value in item.values:
                        yield from _inside_values(value)
    except EsignError:
        return


def _inside_values(value: bytes) -> Iterator[bytes]:
    """The members of certificate-values, or of both lists of revocation-values."""
    try:
        for element in bounded(der.decode(value), MAX_CERTIFICATES, "unsignedAttrs"):
            if element.tag == der.SEQUENCE:
                yield element.raw
            else:
                yield from (e.raw for e in bounded(element.only(), MAX_CERTIFICATES, "unsignedAttrs"))
    except EsignError:
        return
