"""A SignerInfo with three holes: everything that one signer writes each time, encoded once.

Digest, signing-time and signature change from document to document; certificates, identifiers, the other
attributes and their order do not. DER sorts a set by its octets: two attributes differ before their values
begin, so the order stands before digest and time are known (X.690 §11.6).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from struct import Struct
from typing import Final

from esign import cades, cms, der
from esign.algorithms import AlgorithmIdentifier, Digest, SignatureScheme
from esign.attributes import Attribute
from esign.cades import Claims
from esign.der.writing import header
from esign.x509 import Certificate

_UTC_TIME_SIZE: Final = 15


@dataclass(frozen=True, slots=True)
class Template:
    """What a signer writes about any document of one type, in encoded pieces.

    `head` is version and digestAlgorithms, `kind` the content type. `parts` are the attributes around time
    and digest, in this order; `to_sign` and `to_send` the two tags of their set with its length
    (RFC 5652 §5.4).
    """

    head: bytes
    kind: bytes
    certificates: bytes
    identity: bytes
    parts: tuple[bytes, bytes, bytes]
    to_sign: bytes
    to_send: bytes
    signature_algorithm: bytes
    beginning: Struct

    def attributes(self, digest: bytes, time: bytes) -> bytes:
        """The content of the set of signed attributes."""
        one, two, three = self.parts
        return b"".join((one, time, two, digest, three))

    def signer_infos(self, attributes: bytes, signature: bytes) -> bytes:
        """The field signerInfos with this signer alone, over the content of the set of signed attributes."""
        end = header(der.OCTET_STRING, len(signature))
        parts = (self.identity, self.to_send, attributes, self.signature_algorithm, end, signature)
        size = sum(map(len, parts))
        if 0xFF < size < _TWO_OCTETS:
            frame = _SET_AND_SEQUENCE.pack(0x3182, size + 4, 0x3082, size)
        else:
            inner = header(der.SEQUENCE, size)
            frame = header(der.SET, len(inner) + size) + inner
        return b"".join((frame, *parts))

    def before(self, size: int | None, after: int) -> bytes:
        """What stands before a content of `size` octets (None: left out) and `after` octets behind it."""
        if size is not None and 0xFF < size and size + after < _TWO_OCTETS:
            # Each length takes two octets: all in one step.
            encapsulated = len(self.kind) + size + 8
            fields = len(self.head) + encapsulated + after + 4
            return self.beginning.pack(
                *(0x3082, fields + len(_SIGNED_DATA) + 8, _SIGNED_DATA, 0xA082, fields + 4, 0x3082, fields),
                *(self.head, 0x3082, encapsulated, self.kind, 0xA082, size + 4, 0x0482, size),
            )
        before, total = self.kind, size or 0
        if size is not None:
            inner = header(der.OCTET_STRING, size)
            before += header(_CONTENT, len(inner) + size) + inner
        before = self.head + header(der.SEQUENCE, len(before) + total) + before
        total += after
        before = header(der.SEQUENCE, len(before) + total) + before
        before = _SIGNED_DATA + header(_CONTENT, len(before) + total) + before
        return header(der.SEQUENCE, len(before) + total) + before


_TWO_OCTETS: Final = 0xF000
_SET_AND_SEQUENCE: Final = Struct(">HHHH")
_CONTENT: Final = der.context(0)
_SIGNED_DATA: Final = der.oid(cms.SIGNED_DATA)
_VERSIONS: Final = (der.integer(3), der.integer(1))


def template(
    certificate: bytes,
    others: tuple[bytes, ...],
    scheme: SignatureScheme,
    *,
    at: datetime,
    content_type: str,
    claims: Claims | None = None,
    attributes: tuple[Attribute, ...] = (),
) -> tuple[Template, bytes]:
    """The template of a signer and the encoded signing-time.

    `certificate` and the `others` that are put beside it are DER, `attributes` further signed ones.

    Raises:
        MalformedInput: `certificate-malformed`.
        ValueError: `at` is naive, or a claim cannot be written.
    """
    time = der.time(at)
    by, identifier = scheme.attribute_digest, scheme.identifier
    names = (by.oid, identifier.oid, identifier.parameters, content_type)
    if claims is None and len(time) == _UTC_TIME_SIZE:
        return _kept(certificate, others, names, by, attributes), time
    further = (*(() if claims is None else cades.encode_claims(claims)), *attributes)
    return _made(certificate, others, names, by, time_size=len(time), further=further), time


_Names = tuple[str, str, bytes | None, str]


@lru_cache(maxsize=256)
def _kept(
    certificate: bytes,
    others: tuple[bytes, ...],
    names: _Names,
    by: Digest,
    attributes: tuple[Attribute, ...],
) -> Template:
    return _made(certificate, others, names, by, time_size=_UTC_TIME_SIZE, further=attributes)


def _made(
    certificate: bytes,
    others: Iterable[bytes],
    names: _Names,
    by: Digest,
    *,
    time_size: int,
    further: Iterable[Attribute] = (),
) -> Template:
    _, signature_oid, parameters, content_type = names
    algorithm = AlgorithmIdentifier(signature_oid, parameters)
    loaded = Certificate.load(certificate)
    fixed = (
        cades.content_type(content_type),
        cades.signing_certificate_v2(loaded),
        cades.encode_algorithm_protection(by.identifier, algorithm),
        *further,
    )
    parts = _around(fixed, by.size, time_size)
    # RFC 5652 §5.1: version 1 for id-data with X.509 certificates and signers of version 1, else 3.
    head = _VERSIONS[content_type == cms.DATA] + der.set_of((by.identifier.encode(),))
    kind = der.oid(content_type)
    encoded, size = by.identifier.encode(), sum(map(len, parts)) + by.size + time_size
    return Template(
        head,
        kind,
        certificates_field((certificate, *others)),
        der.integer(1) + cms.issuer_and_serial(loaded) + encoded,
        parts,
        header(der.SET, size),
        header(der.context(0), size),
        algorithm.encode(),
        Struct(f">HH{len(_SIGNED_DATA)}sHHHH{len(head)}sHH{len(kind)}sHHHH"),
    )


def certificates_field(certificates: Iterable[bytes]) -> bytes:
    """The field certificates [0], DER: sorted, none twice (RFC 5652 §5.1)."""
    held = sorted(set(certificates))
    return der.tlv(der.context(0), *held) if held else b""


def _around(fixed: Iterable[Attribute], digest_size: int, time_size: int) -> tuple[bytes, bytes, bytes]:
    """All attributes around the values of signing-time and message-digest.

    The time comes first: shorter than any digest that signs, it makes the shorter attribute.
    """
    digest = _hole(cades.message_digest(bytes(digest_size)), digest_size)
    time = _hole(Attribute(cms.SIGNING_TIME, (bytes(time_size),)), time_size)
    encoded = sorted((digest, time, *((a.encode(), b"") for a in fixed)), key=lambda one: one[0] + one[1])
    parts = [b""]
    for octets, hole in encoded:
        parts[-1] += octets
        if hole:
            parts.append(b"")
    first, second, third = parts
    return first, second, third


def _hole(attribute: Attribute, size: int) -> tuple[bytes, bytes]:
    octets = attribute.encode()
    return octets[:-size], octets[-size:]
