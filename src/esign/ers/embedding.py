"""Evidence records within CMS: as unsigned attributes of the first signature (RFC 4998 Appendix A).

The data object of a record is the CMS object without that record and without those that came after it; all
other octets stay as they were, only the lengths around are adapted.

    for embedded in embedded_records(signature):
        EvidenceRecord.read(embedded.record), embedded.data_object
"""

from dataclasses import dataclass, field
from typing import Final

from esign import der
from esign.attributes import MAX_ATTRIBUTES, bounded
from esign.cades.unsigned import EXTERNAL_EVIDENCE_RECORD, INTERNAL_EVIDENCE_RECORD, evidence_record
from esign.cms import SIGNED_DATA
from esign.der import TLV, Fields
from esign.encoded import reported_as
from esign.errors import LimitExceeded, MalformedInput

MAX_EMBEDDED: Final = 16
"""Evidence records of one CMS object: each needs the object to be hashed again."""
_KINDS: Final = {INTERNAL_EVIDENCE_RECORD: False, EXTERNAL_EVIDENCE_RECORD: True}


@dataclass(frozen=True, slots=True)
class EmbeddedRecord:
    """An evidence record of a CMS object, both as octets.

    `data_object` is what it is over; with `external` the detached content is over it too, as a group of two.
    """

    record: bytes = field(repr=False)
    external: bool
    data_object: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the unsigned attributes of the first signature stand: the elements around, outermost first."""

    around: tuple[TLV, ...]
    unsigned: TLV | None

    def with_attribute(self, attribute: bytes) -> bytes:
        """The whole with one more attribute after the others."""
        if self.unsigned is None:
            at = self.around[-1].stop
            return self._around(at, at, der.tlv(der.context(1), attribute))
        octets = _enclosed(self.unsigned, self.unsigned.content + attribute)
        return self.replacing(self.unsigned, octets)

    def replacing(self, unsigned: TLV, octets: bytes) -> bytes:
        """The whole with `octets` instead of the field of unsigned attributes."""
        return self._around(unsigned.start, unsigned.end, octets)

    def _around(self, start: int, end: int, octets: bytes) -> bytes:
        for parent in reversed(self.around):
            content = parent.data[parent.body : start] + octets + parent.data[end : parent.stop]
            octets, start, end = _enclosed(parent, content), parent.start, parent.end
        return octets


def _enclosed(element: TLV, content: bytes) -> bytes:
    """`element` with another content; a length that was indefinite stays so."""
    if element.indefinite:
        return element.data[element.start : element.body] + content + b"\0\0"
    return der.tlv(element.tag, content)


def _without(unsigned: TLV, dropped: frozenset[int]) -> bytes:
    """The field without the attributes that start at `dropped`; no field when none is left."""
    kept = b"".join(e.raw for e in unsigned.children() if e.start not in dropped)
    return _enclosed(unsigned, kept) if kept else b""


def _first_signature(data: bytes) -> _Place:
    outer = der.decode(data)
    fields = Fields.of(outer, "ContentInfo")
    if fields.take(der.OID).oid() != SIGNED_DATA:
        raise MalformedInput(found="content that is not signed data", where="contentType")
    tagged = fields.take(der.context(0))
    signed = tagged.only()
    if signed.tag != der.SEQUENCE:
        raise MalformedInput(found=f"tag 0x{signed.tag:02x}, wanted a sequence", where="SignedData")
    infos = Fields.of(signed, "SignedData").rest()[-1:]
    first = next(infos[0].children(), None) if infos and infos[0].tag == der.SET else None
    if first is None:
        raise MalformedInput(found="no signature", where="signerInfos")
    last = Fields.of(first, "SignerInfo").rest()[-1:]
    unsigned = last[0] if last and last[0].tag == der.context(1) else None
    return _Place((outer, tagged, signed, infos[0], first), unsigned)


def embedded_records(data: bytes) -> tuple[EmbeddedRecord, ...]:
    """The evidence records of a CMS object with SignedData, the earliest first, each with its data object.

    Raises:
        MalformedInput: `cms-malformed`; `limit-exceeded` over 16 records.
    """
    with reported_as("cms-malformed"):
        place = _first_signature(data)
        if place.unsigned is None:
            return ()
        found: list[tuple[int, bool, tuple[bytes, ...]]] = []
        for element in bounded(place.unsigned, MAX_ATTRIBUTES, "unsignedAttrs"):
            fields = Fields.of(element, "unsignedAttrs")
            oid, values = fields.take(der.OID).oid(), fields.take(der.SET)
            if oid in _KINDS:
                records = bounded(values, MAX_EMBEDDED, "evidence records")
                found.append((element.start, _KINDS[oid], tuple(value.raw for value in records)))
        if sum(len(records) for _, _, records in found) > MAX_EMBEDDED:
            raise LimitExceeded(limit=MAX_EMBEDDED, found="more evidence records", where="unsignedAttrs")
        starts = [start for start, _, _ in found]
        objects = [
            place.replacing(place.unsigned, _without(place.unsigned, frozenset(starts[number:])))
            for number in range(len(found))
        ]
        return tuple(
            EmbeddedRecord(record, external, data_object)
            for (_, external, records), data_object in zip(found, objects, strict=True)
            for record in records
        )


def embed(data: bytes, record: bytes, *, external: bool = False) -> bytes:
    """`data` (a CMS object, with SignedData) with `record` (EvidenceRecord, DER) in its first signature.

    The record has to be over `data` as it is here, or over a group of `data` and the detached content when
    `external`. What stands in `data` is kept octet by octet. Whatever else is put in afterwards breaks the
    record, but for more evidence records.

    Raises:
        MalformedInput: `cms-malformed`.
    """
    with reported_as("cms-malformed"):
        attribute = evidence_record(record, external=external).encode()
        return _first_signature(data).with_attribute(attribute)
