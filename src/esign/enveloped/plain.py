"""The form of nearly all RecipientInfos, read in one pass: DER, named by issuer and serial number.

What is in another form, or has a fault, is None here: the strict reader of `esign.enveloped.recipients` takes
it, or says what is wrong. Both give equal values.
"""

from functools import lru_cache
from typing import Final

from esign import der
from esign.algorithms import AlgorithmIdentifier
from esign.cms import CertificateId
from esign.der import Span
from esign.enveloped.kinds import (
    MAX_RECIPIENTS,
    EncryptedKey,
    KeyAgreement,
    KeyTransport,
    RecipientId,
    RecipientInfo,
    RecipientKind,
)
from esign.errors import MalformedInput

_KEY_TRANSPORT: Final = [der.INTEGER, der.SEQUENCE, der.SEQUENCE, der.OCTET_STRING]
_KEY_AGREEMENT: Final = [der.INTEGER, der.context(0), der.SEQUENCE, der.SEQUENCE]
_ORIGINATOR: Final = [der.SEQUENCE, der.BIT_STRING]
_AGREED: Final = [der.SEQUENCE, der.OCTET_STRING]
_KEPT: Final = 1 << 10
_SHORT: Final = 1 << 10


def plain_recipient_infos(data: bytes, body: int, stop: int) -> tuple[RecipientInfo, ...] | None:
    """The RecipientInfos that `data` holds from `body` to before `stop`."""
    elements = der.spans(data, body, stop, limit=MAX_RECIPIENTS)
    if not elements:
        return None
    found: list[RecipientInfo] = []
    count = 0
    for tag, _, begin, end in elements:
        reader = _READERS.get(tag)
        try:
            info = None if reader is None else reader(data, begin, end)
        except MalformedInput:
            return None
        if info is None:
            return None
        count += len(info.keys)
        found.append(info)
    return tuple(found) if count <= MAX_RECIPIENTS else None


def _parts(data: bytes, body: int, stop: int, tags: list[int]) -> list[Span] | None:
    found = der.spans(data, body, stop, limit=len(tags))
    return found if found is not None and [part[0] for part in found] == tags else None


def _is_version(part: Span) -> bool:
    return part[3] - part[2] == 1


def _key_transport(data: bytes, body: int, stop: int) -> KeyTransport | None:
    parts = _parts(data, body, stop, _KEY_TRANSPORT)
    if parts is None or not _is_version(parts[0]):
        return None
    named, algorithm, octets = (data[part[1] : part[3]] for part in parts[1:])
    recipient = RecipientId(
        RecipientKind.KEY_TRANSPORT, _certificate_id(named), AlgorithmIdentifier.of(algorithm)
    )
    return KeyTransport(EncryptedKey(recipient, data[parts[3][2] : stop]))


def _key_agreement(data: bytes, body: int, stop: int) -> KeyAgreement | None:
    parts = _parts(data, body, stop, _KEY_AGREEMENT)
    if parts is None or not _is_version(parts[0]):
        return None
    _, originator, algorithm, keys = parts
    at = der.inside(data, originator[2], originator[3], der.context(1))
    inner = None if at < 0 else _parts(data, at, originator[3], _ORIGINATOR)
    listed = der.spans(data, keys[2], keys[3], limit=MAX_RECIPIENTS)
    if inner is None or listed is None or data[inner[1][2] : inner[1][2] + 1] != b"\0":
        return None
    scheme = AlgorithmIdentifier.of(data[algorithm[1] : algorithm[3]])
    found: list[EncryptedKey] = []
    for tag, _, begin, end in listed:
        key = _parts(data, begin, end, _AGREED) if tag == der.SEQUENCE else None
        if key is None:
            return None
        (_, start, _, behind), (_, _, octets, _) = key
        recipient = RecipientId(RecipientKind.KEY_AGREEMENT, _certificate_id(data[start:behind]), scheme)
        found.append(EncryptedKey(recipient, data[octets:end]))
    public = data[inner[1][2] + 1 : inner[1][3]]
    return KeyAgreement(
        scheme, AlgorithmIdentifier.of(data[inner[0][1] : inner[0][3]]), public, None, tuple(found)
    )


def _certificate_id(raw: bytes) -> CertificateId:
    return _kept(raw) if len(raw) <= _SHORT else _read(raw)


def _read(raw: bytes) -> CertificateId:
    return CertificateId.read_issuer_and_serial(der.decode(raw), "rid")


_kept = lru_cache(maxsize=_KEPT)(_read)
_READERS: Final = {der.SEQUENCE: _key_transport, der.context(1): _key_agreement}
