"""SignedData, read as received, from octets or from a file of any size (RFC 5652 §5.1)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import BinaryIO, Final

from esign import der
from esign.algorithms import AlgorithmIdentifier
from esign.attributes import bounded
from esign.cms.content_info import SIGNED_DATA, take_content
from esign.cms.signer_info import SignerInfo, plain_signer_info
from esign.cms.streaming import Apart, take_apart
from esign.content import Content
from esign.der import TLV, Fields, Span
from esign.der.writing import header
from esign.errors import LimitExceeded, MalformedInput

OCSP_RESPONSE: Final = "1.3.6.1.5.5.7.16.2"

MAX_SIGNERS: Final = 250
MAX_CERTIFICATES: Final = 1_000
MAX_SIGNED_ATTRIBUTES: Final = 1 << 21
"""Octets of the signed attributes of all signers, each element of which is looked at."""
MAX_CONTENT: Final = 1 << 26
"""Octets of a content that is asked for as a whole though it was left in a file."""
_SHORT: Final = 64
READ_WHOLE: Final = 1 << 20
"""A file of no more octets is read into memory."""


@dataclass(frozen=True, slots=True)
class SignedData:
    """SignedData (RFC 5652 §5.1): `raw` is the whole ContentInfo as received; empty when it stays in a file.

    `encapsulated` is the content, None when it is detached; `encapsulated_field` the field encapContentInfo
    as received. `certificates_field` and `crls_field` are those fields as received, empty when absent, and
    `certificate_elements` and `crl_elements` every element of them, of whatever kind. `certificates`, `crls`
    and `ocsp` (OCSPResponse of RFC 5940 §2) are those of the kinds that can be used, unparsed.
    """

    raw: bytes = field(repr=False)
    version: int
    digest_algorithms: tuple[AlgorithmIdentifier, ...]
    content_type: str
    encapsulated: Content | None = field(compare=False)
    encapsulated_field: Content = field(compare=False, repr=False)
    certificates_field: bytes = field(repr=False)
    crls_field: bytes = field(repr=False)
    certificate_elements: tuple[bytes, ...] = field(repr=False)
    crl_elements: tuple[bytes, ...] = field(repr=False)
    signer_infos: tuple[SignerInfo, ...]
    ocsp: tuple[bytes, ...] = field(default=(), repr=False)

    @classmethod
    def read(cls, data: bytes) -> "SignedData":
        """From a ContentInfo of type id-signedData, BER or DER, without octets after it.

        Raises:
            MalformedInput: `malformed-input`, `cms-malformed`, `cms-wrong-content-type`.
            LimitExceeded: `limit-exceeded` over 250 signers, 1,000 certificates or lists, 2 MiB of signed
                attributes.
        """
        return _plain(data) or cls._read(data)

    @classmethod
    def _read(cls, data: bytes) -> "SignedData":
        fields = Fields.of(take_content(data, SIGNED_DATA)[1], "SignedData")
        before = (fields.take(der.INTEGER), fields.take(der.SET))
        element = fields.take(der.SEQUENCE)
        content_type, content = _encapsulated(element)
        whole = _slice(element.data, element.start, element.end)
        return cls._of(data, Apart(before, content_type, content, whole, fields.rest()))

    @classmethod
    def read_file(cls, file: BinaryIO) -> "SignedData":
        """From a seekable file, from its present place to its end; a content over 1 MiB is left there.

        The file must not be closed or changed while the content is used.

        Raises:
            MalformedInput: as `read`.
            LimitExceeded: as `read`, and over 1 MiB before the content or 64 MiB after it.
        """
        start = file.tell()
        end = file.seek(0, 2)
        if end - start <= READ_WHOLE:
            file.seek(start)
            return cls.read(file.read())
        return cls._of(b"", take_apart(file, start, end))

    @classmethod
    def _of(cls, raw: bytes, apart: Apart) -> "SignedData":
        version, algorithms = apart.before
        fields = Fields(apart.after, "SignedData")
        certificates, crls = fields.optional(der.context(0)), fields.optional(der.context(1))
        signers = fields.take(der.SET)
        fields.end()
        revocations = _elements(crls, "SignedData.crls")
        return cls(
            raw,
            version.integer(),
            _digest_algorithms(algorithms),
            apart.content_type,
            apart.content,
            apart.encapsulated,
            b"" if certificates is None else certificates.raw,
            b"" if crls is None else crls.raw,
            tuple(element.raw for element in _elements(certificates, "SignedData.certificates")),
            tuple(element.raw for element in revocations),
            tuple(_signer_infos(bounded(signers, MAX_SIGNERS, "SignedData.signerInfos"))),
            tuple(_ocsp_responses(revocations, "SignedData.crls")),
        )

    @property
    def content(self) -> bytes | None:
        """The content as a whole; None when it is detached.

        Raises:
            LimitExceeded: `limit-exceeded` over 64 MiB that were left in a file.
        """
        if self.encapsulated is None:
            return None
        return self.encapsulated.octets(max(MAX_CONTENT, len(self.raw)))

    def encapsulated_as_der(self) -> Iterator[bytes]:
        """The field encapContentInfo as it is in DER, in chunks."""
        yield from encapsulate(self.content_type, self.encapsulated)

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """The certificates of X.509, unparsed; attribute certificates and other kinds are left out."""
        return tuple(raw for raw in self.certificate_elements if raw[0] == der.SEQUENCE)

    @property
    def crls(self) -> tuple[bytes, ...]:
        """The revocation lists of X.509, unparsed."""
        return tuple(raw for raw in self.crl_elements if raw[0] == der.SEQUENCE)


_HEAD: Final = (der.INTEGER, der.SET, der.SEQUENCE)
_SHAPES: Final = frozenset(
    (*_HEAD, *optional, der.SET)
    for optional in ((), (der.context(0),), (der.context(1),), (der.context(0), der.context(1)))
)
_TYPE: Final = der.oid(SIGNED_DATA)


def _plain(data: bytes) -> SignedData | None:
    """One of the form of nearly all: DER, the content in one piece.

    None for another form, and for one with a fault: the strict reader says which.
    """
    parts = _fields(data)
    if parts is None or tuple([part[0] for part in parts]) not in _SHAPES:
        return None
    version, algorithms, encapsulated, signers = *parts[:3], parts[-1]
    certificates: _Held | None = _NOTHING
    revocations: _Held | None = _NOTHING
    for part in parts[3:-1]:
        if part[0] == der.context(0):
            certificates = _held(data, part)
        else:
            revocations = _held(data, part)
    infos = der.spans(data, signers[2], signers[3], limit=MAX_SIGNERS)
    is_short = version[3] - version[2] == 1 and algorithms[3] - algorithms[1] <= _SHORT
    if certificates is None or revocations is None or infos is None:
        return None
    try:
        content = _plain_content(data, encapsulated)
        if content is None or not is_short or data[version[2]] >= 0x80:
            return None
        return SignedData(
            data,
            data[version[2]],
            _algorithms(data[algorithms[1] : algorithms[3]]),
            *content,
            _slice(data, encapsulated[1], encapsulated[3]),
            certificates[0],
            revocations[0],
            certificates[1],
            revocations[1],
            _plain_signers(data, infos),
            tuple(_ocsp_responses(map(der.decode, revocations[1]), "SignedData.crls")),
        )
    except MalformedInput:
        return None


def _fields(data: bytes) -> list[Span] | None:
    """The fields of SignedData, when `data` is a ContentInfo of that type."""
    stop = len(data)
    at = der.inside(data, 0, stop, der.SEQUENCE)
    if at < 0 or not data.startswith(_TYPE, at):
        return None
    at = der.inside(data, at + len(_TYPE), stop, der.context(0))
    at = -1 if at < 0 else der.inside(data, at, stop, der.SEQUENCE)
    return None if at < 0 else der.spans(data, at, stop, limit=len(_HEAD) + 3)


_Held = tuple[bytes, tuple[bytes, ...]]


def _held(data: bytes, span: Span) -> _Held | None:
    """The octets of the field, and of each element in it."""
    _, start, body, end = span
    whole = data[start:end]
    found = _known(whole, body - start) if end - start <= _KEPT else _apart(whole, body - start)
    return None if found is None else (whole, found)


def _apart(whole: bytes, at: int) -> tuple[bytes, ...] | None:
    return der.pieces(whole, at, len(whole), limit=MAX_CERTIFICATES)


@lru_cache(maxsize=64)
def _known(whole: bytes, at: int) -> tuple[bytes, ...] | None:
    """By its octets when short: a signer brings the same certificates along each time."""
    return _apart(whole, at)


_KEPT: Final = 1 << 13
_NOTHING: Final[_Held] = (b"", ())


def _plain_signers(data: bytes, found: list[Span]) -> tuple[SignerInfo, ...]:
    if len(found) != 1 or found[0][0] != der.SEQUENCE:
        return tuple(_signer_infos([TLV(data, *span, span[3]) for span in found]))
    _, start, body, end = found[0]
    only = plain_signer_info(data, start, body, end, "SignedData.signerInfos[0]")
    if only is None or end - start > MAX_SIGNED_ATTRIBUTES:
        return tuple(_signer_infos([TLV(data, *found[0], end)]))
    return (only,)


def _plain_content(data: bytes, encapsulated: Span) -> tuple[str, Content | None] | None:
    parts = der.spans(data, encapsulated[2], encapsulated[3], limit=2)
    if not parts or parts[0][0] != der.OID:
        return None
    kind = der.dotted(data[parts[0][2] : parts[0][3]])
    if len(parts) == 1:
        return kind, None
    tag, _, body, end = parts[1]
    at = der.inside(data, body, end, der.OCTET_STRING) if tag == der.context(0) else -1
    return None if at < 0 else (kind, Content.in_memory(data[at:end]))


@lru_cache(maxsize=64)
def _algorithms(raw: bytes) -> tuple[AlgorithmIdentifier, ...]:
    """By its octets: few sets of digest algorithms are ever used."""
    return _digest_algorithms(der.decode(raw))


def _digest_algorithms(element: TLV) -> tuple[AlgorithmIdentifier, ...]:
    where = "SignedData.digestAlgorithms"
    return tuple(AlgorithmIdentifier.read(e, where) for e in bounded(element, MAX_SIGNERS, where))


def encapsulate(content_type: str, content: Content | None) -> Iterator[bytes]:
    """EncapsulatedContentInfo, DER, in chunks (RFC 5652 §5.2); without content when it is None."""
    kind = der.oid(content_type)
    if content is None:
        yield der.sequence(kind)
        return
    inner = header(der.OCTET_STRING, content.size)
    middle = header(der.context(0), len(inner) + content.size)
    yield header(der.SEQUENCE, len(kind) + len(middle) + len(inner) + content.size) + kind + middle + inner
    yield from content.chunks()


def _elements(parent: TLV | None, where: str) -> tuple[TLV, ...]:
    return () if parent is None else bounded(parent, MAX_CERTIFICATES, where)


def _signer_infos(elements: Iterable[TLV]) -> Iterator[SignerInfo]:
    octets = 0
    for number, element in enumerate(elements):
        where = f"SignedData.signerInfos[{number}]"
        info = SignerInfo.read(element, where)
        octets += len(info.signed_attributes_raw or b"")
        if octets > MAX_SIGNED_ATTRIBUTES:
            raise LimitExceeded(limit=MAX_SIGNED_ATTRIBUTES, found="more signed attributes", where=where)
        yield info


def _encapsulated(element: TLV) -> tuple[str, Content | None]:
    where = "SignedData.encapContentInfo"
    fields = Fields.of(element, where)
    content_type = fields.take(der.OID).oid()
    wrapped = fields.optional(der.context(0))
    fields.end()
    if wrapped is None:
        return content_type, None
    content = wrapped.only()
    if content.tag not in (der.OCTET_STRING, der.OCTET_STRING | der.CONSTRUCTED):
        raise MalformedInput(
            "cms-malformed", clause="RFC 5652 §5.2", where=where, found="content that is no octet string"
        )
    return content_type, Content.in_memory(content.octets())


def _slice(data: bytes, start: int, stop: int) -> Content:
    """Octets of `data`, not copied before they are asked for."""
    return Content(stop - start, lambda: (data[start:stop] for _ in range(1)))


def _ocsp_responses(elements: Iterable[TLV], where: str) -> Iterator[bytes]:
    """OtherRevocationInfoFormat of the kind id-ri-ocsp-response (RFC 5652 §10.2.1, RFC 5940 §2)."""
    for element in elements:
        if element.tag == der.context(1):
            fields = Fields(element.children(), where)
            kind, value = fields.take(der.OID).oid(), fields.take()
            fields.end()
            if kind == OCSP_RESPONSE:
                yield value.raw
