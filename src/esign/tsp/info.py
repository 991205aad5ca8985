"""TSTInfo: the digest, the time and how exact it is (RFC 3161 §2.4.2)."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from esign import der
from esign.algorithms import SHA256, AlgorithmIdentifier, Digest, digest
from esign.encoded import reported_as
from esign.errors import LimitExceeded, MalformedInput
from esign.extensions import Extension, read_extensions
from esign.names import GeneralName

MAX_INFO: Final = 1 << 14
_MAX_INTEGER: Final = 64
_MAX_DIGITS: Final = 24


@dataclass(frozen=True, slots=True)
class MessageImprint:
    """The digest that is stamped, and by which algorithm."""

    digest_algorithm: AlgorithmIdentifier
    value: bytes

    @classmethod
    def of(cls, data: bytes, *, by: Digest = SHA256) -> Self:
        """The imprint of `data`; parameters NULL, as the deployed authorities expect."""
        return cls(AlgorithmIdentifier(by.oid, der.null()), by.of(data))

    @classmethod
    def read(cls, element: der.TLV) -> Self:
        """From its SEQUENCE.

        Raises:
            MalformedInput: `malformed-input`.
        """
        fields = der.Fields.of(element, "messageImprint")
        algorithm = AlgorithmIdentifier.read(fields.take(der.SEQUENCE), "messageImprint")
        value = fields.take(der.OCTET_STRING).content
        fields.end()
        return cls(algorithm, value)

    def encode(self) -> bytes:
        """The SEQUENCE, DER."""
        return der.sequence(self.digest_algorithm.encode(), der.octet_string(self.value))

    def is_of(self, data: bytes) -> bool:
        """Whether `data` is what was stamped.

        Raises:
            UnsupportedAlgorithm: `unsupported-algorithm`.
        """
        return secrets.compare_digest(digest(self.digest_algorithm).of(data), self.value)

    def same_as(self, other: "MessageImprint") -> bool:
        """Whether both are the same digest; absent and NULL parameters are the same."""
        one, two = self.digest_algorithm, other.digest_algorithm
        alike = one.oid == two.oid and (one.parameters == two.parameters or (one.bare and two.bare))
        return alike and secrets.compare_digest(self.value, other.value)


def bounded_integer(element: der.TLV, where: str) -> int:
    """An INTEGER of at most 64 octets."""
    if len(element.content) > _MAX_INTEGER:
        raise LimitExceeded(limit=_MAX_INTEGER, found="a longer integer", where=where)
    return element.integer()


def implicit_extensions(element: der.TLV | None) -> tuple[Extension, ...]:
    """Extensions under an IMPLICIT tag."""
    if element is None:
        return ()
    return read_extensions(der.decode(der.tlv(der.SEQUENCE, element.content)))


def take_version(fields: der.Fields) -> None:
    """Take the version, which is 1."""
    if fields.take(der.INTEGER).integer() != 1:
        raise MalformedInput(found="an unknown version", where="version")


def take_flag(fields: der.Fields) -> bool:
    """Take a BOOLEAN that is false when left out."""
    found = fields.optional(der.BOOLEAN)
    return found is not None and found.boolean()


def bound(data: bytes, limit: int) -> None:
    """`data` has at most `limit` octets."""
    if len(data) > limit:
        raise LimitExceeded(limit=limit, found=f"{len(data)} octets")


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How far the stated time may be from the true one: `millis` and `micros` 0 (absent) to 999."""

    seconds: int = 0
    millis: int = 0
    micros: int = 0

    @classmethod
    def read(cls, element: der.TLV) -> Self:
        """From its SEQUENCE.

        Raises:
            MalformedInput: `malformed-input` for values out of range.
        """
        fields = der.Fields.of(element, "accuracy")
        parts = [fields.optional(tag) for tag in (der.INTEGER, *_PARTS)]
        fields.end()
        seconds, millis, micros = (0 if part is None else bounded_integer(part, "accuracy") for part in parts)
        given = [value for value, part in zip((millis, micros), parts[1:], strict=True) if part is not None]
        if not 0 <= seconds < _MAX_SECONDS or any(not 1 <= value <= 999 for value in given):
            raise MalformedInput(found="an accuracy out of range", where="accuracy")
        return cls(seconds, millis, micros)

    def encode(self) -> bytes:
        """The SEQUENCE, DER; what is 0 is left out."""
        parts = b"" if not self.seconds else der.integer(self.seconds)
        for number, value in ((0, self.millis), (1, self.micros)):
            parts += b"" if not value else der.implicit(number, der.integer(value))
        return der.sequence(parts)

    @property
    def length(self) -> timedelta:
        """The whole, as a length of time."""
        return timedelta(seconds=self.seconds, milliseconds=self.millis, microseconds=self.micros)


_PARTS: Final = (der.context(0, constructed=False), der.context(1, constructed=False))
_MAX_SECONDS: Final = 1 << 31


@dataclass(frozen=True, slots=True)
class TSTInfo:
    """What an authority states: this digest existed at `gen_time` (aware UTC, cut to microseconds)."""

    policy: str
    imprint: MessageImprint
    serial_number: int
    gen_time: datetime
    accuracy: Accuracy | None = None
    ordering: bool = False
    nonce: int | None = None
    tsa: GeneralName | None = None
    extensions: tuple[Extension, ...] = ()

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From one TSTInfo, DER.

        Raises:
            MalformedInput: `tsp-malformed`, also over 16,384 octets.
        """
        with reported_as("tsp-malformed"):
            bound(data, MAX_INFO)
            fields = der.Fields.of(der.decode(data), "TSTInfo")
            take_version(fields)
            policy = fields.take(der.OID).oid()
            imprint = MessageImprint.read(fields.take(der.SEQUENCE))
            serial = bounded_integer(fields.take(der.INTEGER), "serialNumber")
            gen_time = read_gen_time(fields.take(der.GENERALIZED_TIME))
            accuracy = fields.optional(der.SEQUENCE)
            ordering, nonce = take_flag(fields), fields.optional(der.INTEGER)
            tsa = fields.optional(der.context(0))
            found = implicit_extensions(fields.optional(der.context(1)))
            fields.end()
            return cls(
                policy,
                imprint,
                serial,
                gen_time,
                None if accuracy is None else Accuracy.read(accuracy),
                ordering,
                None if nonce is None else bounded_integer(nonce, "nonce"),
                None if tsa is None else GeneralName.read(tsa.only(), "tsa"),
                found,
            )

    def encode(self) -> bytes:
        """TSTInfo, DER, without name of the authority and extensions.

        Raises:
            ValueError: `gen_time` is naive.
        """
        return der.sequence(
            der.integer(1),
            der.oid(self.policy),
            self.imprint.encode(),
            der.integer(self.serial_number),
            encode_gen_time(self.gen_time),
            b"" if self.accuracy is None else self.accuracy.encode(),
            der.boolean(True) if self.ordering else b"",
            b"" if self.nonce is None else der.integer(self.nonce),
        )

    @property
    def earliest(self) -> datetime:
        """When it was at the earliest, by the stated accuracy."""
        return self.gen_time - (self.accuracy or Accuracy()).length

    @property
    def latest(self) -> datetime:
        """When it was at the latest, by the stated accuracy."""
        return self.gen_time + (self.accuracy or Accuracy()).length


def read_gen_time(element: der.TLV) -> datetime:
    """GeneralizedTime with or without a fraction of seconds (RFC 3161 §2.4.2), cut to microseconds.

    Raises:
        MalformedInput: `malformed-input`.
    """
    whole, point, fraction = element.content.removesuffix(b"Z").partition(b".")
    if point and not (fraction.isdigit() and len(fraction) <= _MAX_DIGITS):
        raise MalformedInput(found="a time with a wrong fraction", where="genTime")
    if element.content[-1:] != b"Z" or element.tag != der.GENERALIZED_TIME:
        raise MalformedInput(found="a time that is not UTC", where="genTime")
    seconds = der.decode(der.tlv(der.GENERALIZED_TIME, whole + b"Z")).time()
    return seconds.replace(microsecond=int(fraction.ljust(6, b"0")[:6] or b"0"))


def encode_gen_time(at: datetime) -> bytes:
    """GeneralizedTime with the fraction that `at` has, trailing zeros left out (RFC 3161 §2.4.2).

    Raises:
        ValueError: `at` is naive.
    """
    whole = der.generalized_time(at)
    micros = at.astimezone(UTC).microsecond
    if not micros:
        return whole
    fraction = f"{micros:06}".rstrip("0")
    return der.tlv(der.GENERALIZED_TIME, whole[2:-1] + f".{fraction}Z".encode())
