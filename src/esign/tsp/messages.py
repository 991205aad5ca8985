"""TimeStampReq and TimeStampResp: what is asked and answered (RFC 3161 §2.4)."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Self

from esign import der
from esign.attributes import bounded
from esign.encoded import reported_as
from esign.errors import MalformedInput
from esign.extensions import Extension, named_bits
from esign.findings import Finding
from esign.tsp.info import (
    MessageImprint,
    bound,
    bounded_integer,
    implicit_extensions,
    take_flag,
    take_version,
)
from esign.tsp.token import MAX_RESPONSE, TimeStampToken

MAX_REQUEST: Final = 1 << 16
_MAX_TEXTS: Final = 16


class Status(Enum):
    """What became of a request (RFC 3161 §2.4.2)."""

    GRANTED = 0
    GRANTED_WITH_MODS = 1
    REJECTION = 2
    WAITING = 3
    REVOCATION_WARNING = 4
    REVOCATION_NOTIFICATION = 5


class Failure(Enum):
    """Why a request was rejected (RFC 3161 §2.4.2)."""

    BAD_ALG = 0
    BAD_REQUEST = 2
    BAD_DATA_FORMAT = 5
    TIME_NOT_AVAILABLE = 14
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16
    ADD_INFO_NOT_AVAILABLE = 17
    SYSTEM_FAILURE = 25


@dataclass(frozen=True, slots=True)
class TimeStampRequest:
    """TimeStampReq (RFC 3161 §2.4.1): `certificates` asks for the authority's certificate."""

    imprint: MessageImprint
    policy: str | None = None
    nonce: int | None = None
    certificates: bool = True
    extensions: tuple[Extension, ...] = ()

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From one TimeStampReq, DER.

        Raises:
            MalformedInput: `tsp-malformed`, also over 65,536 octets.
        """
        with reported_as("tsp-malformed"):
            bound(data, MAX_REQUEST)
            fields = der.Fields.of(der.decode(data), "TimeStampReq")
            take_version(fields)
            imprint = MessageImprint.read(fields.take(der.SEQUENCE))
            policy, nonce = fields.optional(der.OID), fields.optional(der.INTEGER)
            certificates = take_flag(fields)
            found = implicit_extensions(fields.optional(der.context(0)))
            fields.end()
            return cls(
                imprint,
                None if policy is None else policy.oid(),
                None if nonce is None else bounded_integer(nonce, "nonce"),
                certificates,
                found,
            )

    def encode(self) -> bytes:
        """TimeStampReq, DER, without extensions."""
        return der.sequence(
            der.integer(1),
            self.imprint.encode(),
            b"" if self.policy is None else der.oid(self.policy),
            b"" if self.nonce is None else der.integer(self.nonce),
            der.boolean(True) if self.certificates else b"",
        )


@dataclass(frozen=True, slots=True)
class TimeStampResponse:
    """TimeStampResp (RFC 3161 §2.4.2): `token` only when it was granted. Texts are the authority's words."""

    raw: bytes = field(repr=False)
    status: Status
    texts: tuple[str, ...] = ()
    failures: frozenset[Failure] = frozenset()
    token: TimeStampToken | None = None

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From one TimeStampResp, DER.

        Raises:
            MalformedInput: `tsp-malformed`, also over 1 MiB.
        """
        with reported_as("tsp-malformed"):
            bound(data, MAX_RESPONSE)
            fields = der.Fields.of(der.decode(data), "TimeStampResp")
            status, texts, failures = _status_info(fields.take(der.SEQUENCE))
            token = fields.optional(der.SEQUENCE)
            fields.end()
            granted = status in (Status.GRANTED, Status.GRANTED_WITH_MODS)
            # RFC 3161 §2.4.2: with these two the token MUST be present, with others it MUST NOT be.
            if granted != (token is not None):
                raise MalformedInput(found="a status that does not fit the content", where="timeStampToken")
            return cls(data, status, texts, failures, TimeStampToken.read(token.raw) if token else None)


def _status_info(element: der.TLV) -> tuple[Status, tuple[str, ...], frozenset[Failure]]:
    fields = der.Fields.of(element, "PKIStatusInfo")
    number = fields.take(der.INTEGER).integer()
    if number not in _STATUSES:
        raise MalformedInput(found="an unknown status", where="status")
    texts = fields.optional(der.SEQUENCE)
    bits = fields.optional(der.BIT_STRING)
    fields.end()
    told = () if texts is None else bounded(texts, _MAX_TEXTS, "statusString")
    failures = frozenset() if bits is None else named_bits(bits, "failInfo")
    return (
        Status(number),
        tuple(text.text() for text in told),
        frozenset(Failure(bit) for bit in failures if bit in _FAILURES),
    )


_STATUSES: Final = frozenset(status.value for status in Status)
_FAILURES: Final = frozenset(failure.value for failure in Failure)


def check_answer(request: TimeStampRequest, token: TimeStampToken) -> tuple[Finding, ...]:
    """Where `token` is not what `request` asked for; empty when it is (RFC 3161 §2.2, RFC 3161 §2.4.2)."""
    info = token.info
    wrong = {
        "messageImprint": not info.imprint.same_as(request.imprint),
        "nonce": request.nonce is not None and info.nonce != request.nonce,
        "policy": request.policy is not None and info.policy != request.policy,
        # RFC 3161 §2.4.1: with certReq the certificate MUST be provided, without it MUST NOT be.
        "certReq": request.certificates and token.signer() is None,
    }
    return tuple(
        Finding.error("tsp-answer-mismatch", clause="RFC 3161 §2.4.2", where=name, field=name)
        for name, is_wrong in wrong.items()
        if is_wrong
    )


# --- writing: DER only ---


def encode_granted(token: bytes) -> bytes:
    """A granted TimeStampResp over a token's ContentInfo, DER."""
    return der.sequence(der.sequence(der.integer(Status.GRANTED.value)), token)


def encode_rejection(failure: Failure, text: str = "") -> bytes:
    """A rejecting TimeStampResp, DER; `text` is for people."""
    size = failure.value // 8 + 1
    value = 1 << (8 * size - 1 - failure.value)
    bits = der.tlv(der.BIT_STRING, bytes((7 - failure.value % 8,)), value.to_bytes(size, "big"))
    texts = der.sequence(der.utf8(text)) if text else b""
    return der.sequence(der.sequence(der.integer(Status.REJECTION.value), texts, bits))
