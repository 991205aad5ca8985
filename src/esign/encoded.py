"""Signed structures of X.509 as they arrive: PEM or DER, and the three parts that each is made of."""

import base64
import binascii
from types import TracebackType
from typing import Final

from esign import der
from esign.algorithms import AlgorithmIdentifier
from esign.errors import LimitExceeded, MalformedInput

MAX_PEM_BLOCKS: Final = 10_000
MAX_SERIAL: Final = 64


def read_pem(data: bytes, labels: tuple[str, ...]) -> tuple[bytes, ...]:
    """The DER of each PEM block of `data` with one of `labels` (RFC 7468 §2); text around blocks is skipped.

    Raises:
        MalformedInput: `malformed-input` for a block without its end or with what is not base64.
        LimitExceeded: `limit-exceeded` for more than 10,000 blocks.
    """
    found: list[bytes] = []
    offset, count = data.find(b"-----BEGIN "), 0
    while offset >= 0:
        count += 1
        if count > MAX_PEM_BLOCKS:
            raise LimitExceeded(limit=MAX_PEM_BLOCKS, found="more PEM blocks")
        label, body, offset = _pem_block(data, offset + 11)
        if label in labels:
            found.append(_base64(body))
    return tuple(found)


def _pem_block(data: bytes, start: int) -> tuple[str, bytes, int]:
    stop = data.find(b"-----", start, start + 64)
    if stop < 0:
        raise MalformedInput(found="a PEM block without a label")
    closing = b"-----END " + data[start:stop] + b"-----"
    end = data.find(b"-----", stop + 5)
    if end < 0 or data[end : end + len(closing)] != closing:
        raise MalformedInput(found="a PEM block without its end")
    return data[start:stop].decode("latin-1"), data[stop + 5 : end], data.find(b"-----BEGIN ", end)


def _base64(body: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error as e:
        raise MalformedInput(found="a PEM block that is not base64") from e


def der_of(data: bytes, labels: tuple[str, ...]) -> tuple[bytes, ...]:
    """DER as it is, or the PEM blocks of `labels`."""
    return (bytes(data),) if data[:1] == b"\x30" else read_pem(data, labels)


class reported_as:
    """Malformed input that is met within is reported under `code`, the code of the whole object."""

    __slots__ = ("_code",)

    def __init__(self, code: str) -> None:
        self._code = code

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, MalformedInput) and error.code != self._code:
            found = error.values.get("found", error.message)
            raise MalformedInput(self._code, found=found, where=error.where, clause=error.clause) from error


def single(data: bytes, labels: tuple[str, ...]) -> bytes:
    """The DER of the one object of `data`.

    Raises:
        MalformedInput: `malformed-input` when there is none, or several.
    """
    found = der_of(data, labels)
    if len(found) != 1:
        raise MalformedInput(found=f"{len(found)} objects, wanted one")
    return found[0]


def read_serial(element: der.TLV) -> int:
    """A serial number: an INTEGER of at most 64 octets."""
    if len(element.content) > MAX_SERIAL:
        raise LimitExceeded(limit=MAX_SERIAL, found="a longer serial number", where="serialNumber")
    return element.integer()


def signed_parts(data: bytes, limit: int | None) -> tuple[der.TLV, AlgorithmIdentifier, bytes]:
    """The signed element, algorithm and signature of a SIGNED structure (RFC 5280 §4.1); `limit` in octets.

    Raises:
        MalformedInput: `malformed-input`, `limit-exceeded`.
    """
    if limit is not None and len(data) > limit:
        raise LimitExceeded(limit=limit, found=f"{len(data)} octets")
    return plain_parts(data) or _parts_by_fields(data)


def _parts_by_fields(data: bytes) -> tuple[der.TLV, AlgorithmIdentifier, bytes]:
    fields = der.Fields.of(der.decode(data))
    signed, algorithm = fields.take(der.SEQUENCE), fields.take(der.SEQUENCE)
    signature = fields.take(der.BIT_STRING)
    fields.end()
    if signed.indefinite:
        raise MalformedInput(found="an indefinite length, wanted DER")
    return signed, AlgorithmIdentifier.read(algorithm, "signatureAlgorithm"), signature.bits()


_SIGNED: Final = (der.SEQUENCE, der.SEQUENCE, der.BIT_STRING)


def plain_parts(data: bytes) -> tuple[der.TLV, AlgorithmIdentifier, bytes] | None:
    """As `signed_parts`, read in place; None for an uncommon form, and for one with a fault."""
    at = der.inside(data, 0, len(data), der.SEQUENCE)
    parts = der.spans(data, at, len(data), limit=3) if at > 0 else None
    if parts is None or tuple([part[0] for part in parts]) != _SIGNED:
        return None
    signed, algorithm, signature = parts
    if data[signature[2] : signature[2] + 1] != b"\0":
        return None
    try:
        named = AlgorithmIdentifier.of(data[algorithm[1] : algorithm[3]])
    except MalformedInput:
        return None
    return der.TLV(data, *signed, signed[3]), named, data[signature[2] + 1 : signature[3]]
