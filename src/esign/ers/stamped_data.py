"""TimeStampedData: a file with the time stamps over it, in one envelope (RFC 5544).

Read only: others make it. What each time stamp is over is said here; whether it is to be believed is asked in
`esign.validation`.

    found = TimeStampedData.read(octets)
    found.tokens[0].info.imprint.is_of(found.covered(0, found.content))
"""

from dataclasses import dataclass, field
from typing import Final, Self

from esign import der
from esign.attributes import take_octets
from esign.der import TLV, Fields
from esign.encoded import reported_as
from esign.errors import LimitExceeded, MalformedInput
from esign.ers.record import MAX_TIME_STAMPS, EvidenceRecord
from esign.tsp import TimeStampToken

TIME_STAMPED_DATA: Final = "1.2.840.113549.1.9.16.1.31"
MAX_STAMPED: Final = 1 << 26
"""Octets of the whole, content included."""
_MAX_TEXT: Final = 4096


@dataclass(frozen=True, slots=True)
class FileMetaData:
    """What is said about the file; covered by the time stamps when `protected` (RFC 5544 §2)."""

    protected: bool
    file_name: str
    media_type: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TimeStampedData:
    """A file, or where it is, with its evidence: time-stamp tokens or an evidence record (RFC 5544 §2).

    `content` is None when it stands elsewhere; `crls` are what came with the tokens, None where nothing did.
    """

    data_uri: str
    meta_data: FileMetaData | None
    content: bytes | None = field(repr=False)
    tokens: tuple[TimeStampToken, ...]
    crls: tuple[bytes | None, ...] = field(repr=False)
    record: EvidenceRecord | None
    _evidence: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From a ContentInfo with TimeStampedData, BER or DER.

        Raises:
            MalformedInput: `ers-malformed`, also over 64 MiB or 128 time stamps.
        """
        with reported_as("ers-malformed"):
            if len(data) > MAX_STAMPED:
                raise LimitExceeded(limit=MAX_STAMPED, found=f"{len(data)} octets")
            outer = Fields.of(der.decode(data), "ContentInfo")
            if outer.take(der.OID).oid() != TIME_STAMPED_DATA:
                raise MalformedInput(found="content that is not time-stamped data", where="contentType")
            element = outer.take(der.context(0)).only()
            outer.end()
            return cls._read(Fields.of(element, "TimeStampedData"))

    @classmethod
    def _read(cls, fields: Fields) -> Self:
        if fields.take(der.INTEGER).integer() != 1:
            raise MalformedInput(found="an unknown version", where="version")
        uri, meta = fields.optional(der.IA5_STRING), fields.optional(der.SEQUENCE)
        string = (der.OCTET_STRING, der.OCTET_STRING | der.CONSTRUCTED)
        content = take_octets(fields) if fields.peek in string else None
        evidence = fields.take()
        fields.end()
        described = None if meta is None else _meta_data(meta)
        text = "" if uri is None else _text(uri)
        if evidence.tag == der.context(1):
            record = EvidenceRecord.read_fields(evidence, der.tlv(der.SEQUENCE, evidence.content))
            return cls(text, described, content, (), (), record, ())
        if evidence.tag != der.context(0):
            raise MalformedInput(found="evidence of another kind", where="temporalEvidence")
        stamps = _stamps(evidence)
        tokens, crls = tuple(token for token, _, _ in stamps), tuple(crl for _, crl, _ in stamps)
        return cls(text, described, content, tokens, crls, None, tuple(raw for _, _, raw in stamps))

    def covered(self, number: int, content: bytes) -> bytes:
        """What the time stamp at `number` is over: `content` after protected meta data, or the one before.

        RFC 5544 §2: a later time stamp is over the TimeStampAndCRL before it. `content` is the file, from
        here or from where it is kept.
        """
        if number:
            return self._evidence[number - 1]
        meta = self.meta_data
        return content if meta is None or not meta.protected else meta.raw + content


def _meta_data(element: TLV) -> FileMetaData:
    fields = Fields.of(element, "metaData")
    protected = fields.take(der.BOOLEAN).boolean()
    name, media = fields.optional(der.UTF8_STRING), fields.optional(der.IA5_STRING)
    fields.optional(der.SET)
    fields.end()
    return FileMetaData(
        protected, "" if name is None else _text(name), "" if media is None else _text(media), element.raw
    )


def _text(element: TLV) -> str:
    if element.end - element.start > _MAX_TEXT:
        raise LimitExceeded(limit=_MAX_TEXT, found="a longer text")
    return element.text()


def _stamps(evidence: TLV) -> list[tuple[TimeStampToken, bytes | None, bytes]]:
    found: list[tuple[TimeStampToken, bytes | None, bytes]] = []
    for element in evidence.children():
        if len(found) == MAX_TIME_STAMPS:
            raise LimitExceeded(limit=MAX_TIME_STAMPS, found="more time stamps", where="temporalEvidence")
        fields = Fields.of(element, "TimeStampAndCRL")
        token, crl = TimeStampToken.read(fields.take(der.SEQUENCE).raw), fields.optional(der.SEQUENCE)
        fields.end()
        found.append((token, None if crl is None else crl.raw, element.raw))
    if not found:
        raise MalformedInput(found="no time stamp", where="temporalEvidence")
    return found
