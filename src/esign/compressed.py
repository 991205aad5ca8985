"""Compressed content: CompressedData with zlib, read within bounds and written (RFC 3274).

A few octets can be made to swell into gigabytes, so a reader says beforehand how much it takes: no more than
`MAX_CONTENT`, and no more than a hundred times what was sent where that is over 1 MiB. Compression protects
nothing: what stands inside is as trusted as what stands around.

    decompress(compress(b"text")).octets == b"text"
"""

import zlib
from dataclasses import dataclass, field
from typing import Final

from esign import der
from esign.algorithms import AlgorithmIdentifier
from esign.cms import DATA, encode_content_info, take_content
from esign.der import Fields
from esign.errors import LimitExceeded, MalformedInput, UnsupportedAlgorithm

COMPRESSED_DATA: Final = "1.2.840.113549.1.9.16.1.9"
ZLIB: Final = "1.2.840.113549.1.9.16.3.8"
MAX_CONTENT: Final = 1 << 26
"""Octets of the content, unpacked."""
MAX_RATIO: Final = 100
"""How many times larger than its compressed form a content may be; up to 1 MiB it may be any."""
_ALWAYS: Final = 1 << 20
_VERSION: Final = 0


@dataclass(frozen=True, slots=True)
class Decompressed:
    """The content of a CompressedData: `content_type` is dotted."""

    content_type: str
    octets: bytes = field(repr=False)


def decompress(data: bytes, *, limit: int = MAX_CONTENT) -> Decompressed:
    """The content of a ContentInfo with CompressedData, BER or DER; `limit` in octets of the content.

    Raises:
        MalformedInput: `malformed-input`, `cms-wrong-content-type`; `compressed-malformed` for a stream that
            is broken, unfinished or followed by something.
        UnsupportedAlgorithm: `unsupported-algorithm` for anything but zlib.
        LimitExceeded: `compressed-too-large`.
    """
    where = "CompressedData"
    fields = Fields.of(take_content(data, COMPRESSED_DATA)[1], where)
    version = fields.take(der.INTEGER).integer()
    algorithm = AlgorithmIdentifier.read(fields.take(), where)
    inner = Fields.of(fields.take(der.SEQUENCE), f"{where}.encapContentInfo")
    fields.end()
    content_type, content = inner.take(der.OID).oid(), inner.take(der.context(0)).only()
    inner.end()
    if version != _VERSION or content.tag not in (der.OCTET_STRING, der.OCTET_STRING | der.CONSTRUCTED):
        raise _malformed("another version, or content that is no octet string")
    if algorithm.oid != ZLIB or not algorithm.bare:
        raise UnsupportedAlgorithm(clause="RFC 3274 §2", algorithm=algorithm.oid, where=where)
    return Decompressed(content_type, _inflated(content.octets(), limit))


def _inflated(packed: bytes, limit: int) -> bytes:
    most = min(limit, max(_ALWAYS, MAX_RATIO * len(packed)))
    state = zlib.decompressobj()
    try:
        octets = state.decompress(packed, most + 1)
    except zlib.error as e:
        raise _malformed("a broken stream") from e
    if len(octets) > most:
        raise LimitExceeded("compressed-too-large", clause="RFC 3274 §6", limit=most, where="CompressedData")
    if not state.eof:
        raise _malformed("an unfinished stream")
    if state.unused_data:
        raise _malformed("octets after the stream")
    return octets


def _malformed(found: str) -> MalformedInput:
    return MalformedInput("compressed-malformed", clause="RFC 3274 §1.1", where="CompressedData", found=found)


def compress(content: bytes, *, content_type: str = DATA) -> bytes:
    """A ContentInfo with CompressedData over `content`, DER; the parameters are left out (RFC 3274 §2)."""
    return encode_content_info(
        COMPRESSED_DATA,
        der.sequence(
            der.integer(_VERSION),
            AlgorithmIdentifier(ZLIB).encode(),
            der.sequence(der.oid(content_type), der.explicit(0, der.octet_string(zlib.compress(content, 9)))),
        ),
    )
