"""OCSPResponse and what it wraps: read as received, written as DER (RFC 6960 §4.2)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final, Self

from esign import der, extensions
from esign.algorithms import DIGESTS, AlgorithmIdentifier
from esign.attributes import bounded
from esign.encoded import der_of, reported_as, single
from esign.errors import MalformedInput
from esign.extensions import Extension, wrapped_extensions
from esign.ocsp.identifiers import CertID, ResponderID
from esign.ocsp.request import bound, encode_extension, encode_nonce, read_nonce, take_version
from esign.x509 import Certificate

BASIC_RESPONSE: Final = "1.3.6.1.5.5.7.48.1.1"
CRL_REFERENCE: Final = "1.3.6.1.5.5.7.48.1.3"
ARCHIVE_CUTOFF: Final = "1.3.6.1.5.5.7.48.1.6"
OCSP_SIGNING: Final = "1.3.6.1.5.5.7.3.9"
MAX_RESPONSE: Final = 1 << 20
MAX_ANSWERS: Final = 1_000
MAX_CERTIFICATES: Final = 32
_LABELS: Final = ("OCSP RESPONSE",)
_REASON_NUMBERS: Final = {name: number for number, name in extensions.REASONS.items()}


class ResponseStatus(Enum):
    """What became of a request (RFC 6960 §4.2.1)."""

    SUCCESSFUL = 0
    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    TRY_LATER = 3
    SIG_REQUIRED = 5
    UNAUTHORIZED = 6


class CertStatus(Enum):
    """What an answer says about one certificate (RFC 6960 §2.2)."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SingleResponse:
    """What is said about one certificate; `reason` in the words of RFC 5280 §5.3.1.

    `this_update` is when that was known, `next_update` until when there is nothing newer; None when
    newer knowledge may come at any time. `archive_cutoff` is since when expired certificates are remembered.
    """

    certificate_id: CertID
    status: CertStatus
    this_update: datetime
    next_update: datetime | None = None
    revoked_at: datetime | None = None
    reason: str | None = None
    archive_cutoff: datetime | None = None
    invalid_since: datetime | None = None
    extensions: tuple[Extension, ...] = ()

    @classmethod
    def read(cls, element: der.TLV) -> Self:
        """From its SEQUENCE.

        Raises:
            MalformedInput: `malformed-input`.
        """
        fields = der.Fields.of(element, "SingleResponse")
        named = CertID.read(fields.take(der.SEQUENCE))
        status, revoked_at, reason = _cert_status(fields.take())
        this_update = fields.take(der.GENERALIZED_TIME).time()
        following = fields.optional(der.context(0))
        found = wrapped_extensions(fields.optional(der.context(1)))
        fields.end()
        next_update = None if following is None else _generalized(following.only(), "nextUpdate")
        cutoff = next((e.value for e in found if e.oid == ARCHIVE_CUTOFF), None)
        return cls(
            named,
            status,
            this_update,
            next_update,
            revoked_at,
            reason,
            None if cutoff is None else _generalized(der.decode(cutoff), "archiveCutoff"),
            extensions.value_of(found, extensions.INVALIDITY_DATE),
            found,
        )

    def encode(self) -> bytes:
        """The SEQUENCE, DER: of the extensions, archive cutoff and invalidity date.

        Raises:
            ValueError: revoked without a time, or a naive time.
        """
        parts = [self.certificate_id.encode(), self._encoded_status(), der.generalized_time(self.this_update)]
        if self.next_update is not None:
            parts.append(der.explicit(0, der.generalized_time(self.next_update)))
        extra = b""
        for oid, at in (
            (ARCHIVE_CUTOFF, self.archive_cutoff),
            (extensions.INVALIDITY_DATE, self.invalid_since),
        ):
            extra += b"" if at is None else encode_extension(oid, der.generalized_time(at))
        if extra:
            parts.append(der.explicit(1, der.sequence(extra)))
        return der.sequence(*parts)

    def _encoded_status(self) -> bytes:
        if self.status is not CertStatus.REVOKED:
            return der.tlv(der.context(0 if self.status is CertStatus.GOOD else 2, constructed=False))
        if self.revoked_at is None:
            raise ValueError("revoked needs its time")
        parts = [der.generalized_time(self.revoked_at)]
        if self.reason is not None:
            number = bytes((_REASON_NUMBERS[self.reason],))
            parts.append(der.explicit(0, der.tlv(der.ENUMERATED, number)))
        return der.tlv(der.context(1), *parts)


def _generalized(element: der.TLV, where: str) -> datetime:
    if element.tag != der.GENERALIZED_TIME:
        raise MalformedInput(found=f"tag 0x{element.tag:02x}, wanted GeneralizedTime", where=where)
    return element.time()


def _cert_status(element: der.TLV) -> tuple[CertStatus, datetime | None, str | None]:
    for number, status in ((0, CertStatus.GOOD), (2, CertStatus.UNKNOWN)):
        if element.tag == der.context(number, constructed=False) and not element.content:
            return status, None, None
    if element.tag != der.context(1):
        raise MalformedInput(found=f"tag 0x{element.tag:02x}, wanted a status", where="certStatus")
    fields = der.Fields(element.children(), "revoked")
    revoked_at = fields.take(der.GENERALIZED_TIME).time()
    given = fields.optional(der.context(0))
    fields.end()
    return CertStatus.REVOKED, revoked_at, None if given is None else _reason(given.only())


def _reason(element: der.TLV) -> str:
    found = extensions.REASONS.get(element.integer()) if element.tag == der.ENUMERATED else None
    if found is None:
        raise MalformedInput(found="an unknown reason", where="revocationReason")
    return found


@dataclass(frozen=True, eq=False)
class BasicResponse:
    """A signed answer: `tbs` is what is signed, as received; `certificates` came along, the legible ones."""

    raw: bytes = field(repr=False)
    tbs: bytes = field(repr=False)
    signature_algorithm: AlgorithmIdentifier
    signature: bytes = field(repr=False)
    responder: ResponderID
    produced_at: datetime
    responses: tuple[SingleResponse, ...]
    nonce: bytes | None
    extensions: tuple[Extension, ...] = field(repr=False)
    certificates: tuple[Certificate, ...] = field(repr=False)

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From one BasicOCSPResponse, DER.

        Raises:
            MalformedInput: `ocsp-malformed`.
        """
        with reported_as("ocsp-malformed"):
            bound(data, MAX_RESPONSE)
            return cls._read(data)

    @classmethod
    def _read(cls, data: bytes) -> Self:
        outer = der.Fields.of(der.decode(data), "BasicOCSPResponse")
        tbs = outer.take(der.SEQUENCE)
        algorithm = AlgorithmIdentifier.read(outer.take(der.SEQUENCE), "signatureAlgorithm")
        signature = outer.take(der.BIT_STRING).bits()
        held = outer.optional(der.context(0))
        outer.end()
        if tbs.indefinite:
            raise MalformedInput(found="an indefinite length, wanted DER", where="tbsResponseData")
        fields = der.Fields.of(tbs, "tbsResponseData")
        take_version(fields)
        responder = ResponderID.read(fields.take())
        produced_at = fields.take(der.GENERALIZED_TIME).time()
        answers = bounded(fields.take(der.SEQUENCE), MAX_ANSWERS, "responses")
        found = wrapped_extensions(fields.optional(der.context(1)))
        fields.end()
        return cls(
            data, tbs.raw, algorithm, signature, responder, produced_at,
            tuple(map(SingleResponse.read, answers)), read_nonce(found), found, _certificates(held),
        )  # fmt: skip

    def about(self, certificate: Certificate, issuer: Certificate) -> tuple[SingleResponse, ...]:
        """What it says about `certificate` of `issuer`; names by a hash that is not known name nobody."""
        same = (r for r in self.responses if r.certificate_id.serial_number == certificate.serial_number)
        known = (r for r in same if _is_known(r.certificate_id.digest_algorithm))
        return tuple(r for r in known if r.certificate_id.names(certificate, issuer))


def _is_known(algorithm: AlgorithmIdentifier) -> bool:
    return algorithm.oid in DIGESTS and algorithm.bare


def _certificates(held: der.TLV | None) -> tuple[Certificate, ...]:
    if held is None:
        return ()
    inner = held.only()
    if inner.tag != der.SEQUENCE:
        raise MalformedInput(found=f"tag 0x{inner.tag:02x}, wanted a sequence", where="certs")
    loaded = (_loaded(e.raw) for e in bounded(inner, MAX_CERTIFICATES, "certs"))
    return tuple(certificate for certificate in loaded if certificate is not None)


def _loaded(data: bytes) -> Certificate | None:
    """What cannot be read cannot be the responder's, and does not spoil an answer of the issuer itself."""
    try:
        return Certificate.load(data)
    except MalformedInput:
        return None


@dataclass(frozen=True, eq=False)
class OCSPResponse:
    """The answer of a responder (RFC 6960 §4.2.1): `raw` as received; `basic` only when it is successful."""

    raw: bytes = field(repr=False)
    status: ResponseStatus
    basic: BasicResponse | None = None

    @classmethod
    def load(cls, data: bytes) -> Self:
        """The one answer of `data`: DER, or PEM with the label `OCSP RESPONSE`.

        Raises:
            MalformedInput: `ocsp-malformed`: also for a kind of answer other than the basic one, over 1 MiB,
                1,000 certificates asked about, or 32 sent along.
        """
        with reported_as("ocsp-malformed"):
            octets = single(data, _LABELS)
            bound(octets, MAX_RESPONSE)
            return cls._read(octets)

    @classmethod
    def load_all(cls, data: bytes) -> tuple[Self, ...]:
        """All answers of `data`: PEM blocks in order, or one DER.

        Raises:
            MalformedInput: `ocsp-malformed`.
        """
        with reported_as("ocsp-malformed"):
            return tuple(cls.load(octets) for octets in der_of(data, _LABELS))

    @classmethod
    def _read(cls, data: bytes) -> Self:
        fields = der.Fields.of(der.decode(data), "OCSPResponse")
        status = _response_status(fields.take(der.ENUMERATED))
        wrapped = fields.optional(der.context(0))
        fields.end()
        # RFC 6960 §4.2.1: if the status is an error condition, responseBytes is not set.
        if (wrapped is None) == (status is ResponseStatus.SUCCESSFUL):
            raise MalformedInput(found="a status that does not fit the content", where="responseBytes")
        if wrapped is None:
            return cls(data, status)
        inner = der.Fields.of(wrapped.only(), "responseBytes")
        kind, octets = inner.take(der.OID).oid(), inner.take(der.OCTET_STRING).content
        inner.end()
        if kind != BASIC_RESPONSE:
            raise MalformedInput(found=f"a response of type {kind}", where="responseType")
        return cls(data, status, BasicResponse.read(octets))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OCSPResponse) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)


def _response_status(element: der.TLV) -> ResponseStatus:
    number = element.integer()
    if number not in _STATUSES:
        raise MalformedInput(found="an unknown status", where="responseStatus")
    return ResponseStatus(number)


_STATUSES: Final = frozenset(status.value for status in ResponseStatus)


# --- writing: DER only ---


def encode_error(status: ResponseStatus) -> bytes:
    """OCSPResponse without an answer, DER; unsigned, so it proves nothing."""
    if status is ResponseStatus.SUCCESSFUL:
        raise ValueError("a successful response has an answer")
    return der.sequence(der.tlv(der.ENUMERATED, bytes((status.value,))))


def encode_response_data(
    responder: ResponderID,
    responses: Iterable[SingleResponse],
    *,
    produced_at: datetime,
    nonce: bytes | None = None,
) -> bytes:
    """ResponseData, DER: what is signed."""
    extra = () if nonce is None else (der.explicit(1, der.sequence(encode_nonce(nonce))),)
    answers = der.sequence(*(response.encode() for response in responses))
    return der.sequence(responder.encode(), der.generalized_time(produced_at), answers, *extra)


def encode_response(
    response_data: bytes,
    algorithm: AlgorithmIdentifier,
    signature: bytes,
    *,
    certificates: Iterable[bytes] = (),
) -> bytes:
    """A successful OCSPResponse over an encoded ResponseData, DER; `certificates` (DER) are sent along."""
    held = tuple(certificates)
    extra = (der.explicit(0, der.sequence(*held)),) if held else ()
    basic = der.sequence(response_data, algorithm.encode(), der.bit_string(signature), *extra)
    answer = der.sequence(der.oid(BASIC_RESPONSE), der.octet_string(basic))
    status = der.tlv(der.ENUMERATED, bytes((ResponseStatus.SUCCESSFUL.value,)))
    return der.sequence(status, der.explicit(0, answer))
