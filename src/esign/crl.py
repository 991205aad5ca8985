"""Certificate revocation lists: a large one loads at once, lines are found by serial number (RFC 5280 §5).

The first question about a line reads every line once: most by one regular expression, those of an uncommon
form one by one. Of a list with a single line that cannot be read no line is read. Whether a list may be
believed, and what it covers, is the business of `esign.validation`.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property, lru_cache
from typing import Any, Final, Self

from esign import der, extensions
from esign.algorithms import AlgorithmIdentifier
from esign.encoded import der_of, read_serial, reported_as, signed_parts, single
from esign.errors import LimitExceeded, MalformedInput
from esign.extensions import (
    AuthorityInfoAccess,
    DistributionPoint,
    Extension,
    IssuingDistributionPoint,
    read_extensions,
    wrapped_extensions,
)
from esign.names import GeneralName, Name

MAX_UNCOMMON_LINES: Final = 100_000
_MAX_ISSUERS: Final = 8
_MAX_REPEATED: Final = 8
_CRL_LABELS: Final = ("X509 CRL", "CRL")


@dataclass(frozen=True, slots=True)
class RevokedEntry:
    """One line of a revocation list; `reason` in the words of RFC 5280 §5.3.1, None when nothing is said."""

    serial_number: int
    revoked_at: datetime
    reason: str | None = None
    extensions: tuple[Extension, ...] = ()


@dataclass(frozen=True, eq=False)
class CertificateList:
    """A certificate revocation list; its lines are read when asked for, so a large one loads at once.

    `revoked` is the element of the lines, None when there are none.
    """

    raw: bytes = field(repr=False)
    tbs: bytes = field(repr=False)
    signature_algorithm: AlgorithmIdentifier = field(repr=False)
    signature: bytes = field(repr=False)
    version: int
    issuer: Name
    this_update: datetime
    next_update: datetime | None
    revoked: der.TLV | None = field(repr=False)
    extensions: tuple[Extension, ...] = field(repr=False)
    values: Mapping[str, Any] = field(repr=False)

    @classmethod
    def load(cls, data: bytes) -> Self:
        """The one revocation list of `data`, PEM or DER.

        Raises:
            MalformedInput: `crl-malformed`.
        """
        with reported_as("crl-malformed"):
            return cls._read(single(data, _CRL_LABELS))

    @classmethod
    def load_all(cls, data: bytes) -> tuple[Self, ...]:
        """All revocation lists of `data`: PEM blocks in order, or one DER.

        Raises:
            MalformedInput: `crl-malformed`.
        """
        with reported_as("crl-malformed"):
            return tuple(cls._read(found) for found in der_of(data, _CRL_LABELS))

    @classmethod
    def _read(cls, data: bytes) -> Self:
        tbs, algorithm, signature = signed_parts(data, None)
        fields = der.Fields.of(tbs, "tbsCertList")
        version = fields.optional(der.INTEGER)
        if version is not None and version.content != b"\x01":
            raise MalformedInput(found="an unknown version", where="version")
        if AlgorithmIdentifier.read(fields.take(der.SEQUENCE), "signature") != algorithm:
            raise MalformedInput(found="two different signature algorithms", clause="RFC 5280 §5.1.1.2")
        issuer = Name.read(fields.take(), "issuer")
        this_update = fields.take().time()
        next_update = fields.optional(der.UTC_TIME, der.GENERALIZED_TIME)
        revoked = fields.optional(der.SEQUENCE)
        found = wrapped_extensions(fields.optional(der.context(0)))
        fields.end()
        if found and version is None:
            raise MalformedInput(found="fields that version 1 does not have", where="version")
        values = extensions.check_values(found)
        return cls(
            data, tbs.raw, algorithm, signature, 1 if version is None else 2, issuer, this_update,
            None if next_update is None else next_update.time(), revoked, found, values,
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CertificateList) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    @property
    def number(self) -> int | None:
        """The number of the list."""
        found: int | None = self.values.get(extensions.CRL_NUMBER)
        return found

    @property
    def authority_key_identifier(self) -> bytes | None:
        """The identifier of the issuer's key."""
        found: bytes | None = self.values.get(extensions.AUTHORITY_KEY_IDENTIFIER)
        return found

    @property
    def scope(self) -> IssuingDistributionPoint | None:
        """The scope of the list; None when it is the issuer's whole list."""
        found: IssuingDistributionPoint | None = self.values.get(extensions.ISSUING_DISTRIBUTION_POINT)
        return found

    @property
    def base_number(self) -> int | None:
        """The number of the list whose changes this one lists (RFC 5280 §5.2.4); None for a complete list."""
        found: int | None = self.values.get(extensions.DELTA_CRL_INDICATOR)
        return found

    @property
    def is_delta(self) -> bool:
        """Whether it lists changes only (RFC 5280 §5.2.4)."""
        return self.base_number is not None

    @property
    def freshest_urls(self) -> tuple[str, ...]:
        """The URLs of the lists of changes to it."""
        points: tuple[DistributionPoint, ...] = self.values.get(extensions.FRESHEST_CRL, ())
        return tuple(url for point in points for url in point.urls)

    @property
    def issuer_urls(self) -> tuple[str, ...]:
        """The URLs of certificates of its issuer (RFC 5280 §5.2.7)."""
        access: AuthorityInfoAccess = self.values.get(extensions.AUTHORITY_INFO_ACCESS, AuthorityInfoAccess())
        return access.issuers

    @cached_property
    def fingerprint(self) -> bytes:
        """SHA-256 of the DER, 32 octets."""
        return hashlib.sha256(self.raw).digest()

    @property
    def entries(self) -> Iterator[RevokedEntry]:
        """The lines in order.

        Raises:
            MalformedInput: `crl-malformed`, while iterating.
        """
        with reported_as("crl-malformed"):
            for line in () if self.revoked is None else self.revoked.children():
                yield _entry(line)

    def find(self, serial_number: int, issuer: Name | None = None) -> RevokedEntry | None:
        """The line of `serial_number` of `issuer` (of the list's own when None); None when it is not listed.

        Of several lines the gravest: one that ends a certificate, then one that suspends it.

        Raises:
            MalformedInput: `crl-malformed` when any of the lines cannot be read.
        """
        lines = self._lines
        prefix = lines.issuers.get(self.issuer if issuer is None else issuer)
        if prefix is None:
            return None
        key = prefix + _serial_key(serial_number)
        offset = lines.offsets.get(key)
        if offset is None:
            return None
        if key not in lines.repeated:
            return self._line(offset, lines)
        return max((self._line(at, lines) for at in (offset, *lines.repeated[key])), key=_gravity)

    def _line(self, offset: int, lines: "_Lines") -> RevokedEntry:
        if offset not in lines.uncommon:
            return _common_entry(self.raw, offset)
        with reported_as("crl-malformed"):
            return _entry(der.decode_prefix(self.raw, offset))

    @property
    def _lines(self) -> "_Lines":
        found = self._lines_or_fault
        if isinstance(found, MalformedInput):
            raise MalformedInput(
                "crl-malformed", found=found.values.get("found", found.message), where=found.where
            )
        return found

    @cached_property
    def _lines_or_fault(self) -> "_Lines | MalformedInput":
        # The fault is kept too: who asks again must not pay for reading all lines again.
        lines = _Lines({self.issuer: b""})
        try:
            if self.revoked is not None:
                lines.read(self.revoked)
        except MalformedInput as e:
            return e
        return lines

    @cached_property
    def critical_extensions(self) -> frozenset[str]:
        """The types of its critical extensions, those of its lines not among them."""
        return frozenset(e.oid for e in self.extensions if e.critical)

    @cached_property
    def critical_entry_extensions(self) -> frozenset[str]:
        """The types of critical extensions of its lines; certificateIssuer counts in any case.

        Raises:
            MalformedInput: `crl-malformed` when the lines cannot be read.
        """
        return frozenset(self._lines.critical)


_DATE: Final = rb"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\dZ"
_REASON: Final = rb"\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01[\x00-\x06\x08-\x0a]"
_INVALIDITY: Final = rb"\x30\x18\x06\x03\x55\x1d\x18\x04\x11\x18\x0f\d\d" + _DATE
_LONGEST_COMMON_SERIAL: Final = 21


@cache
def _common_lines() -> re.Pattern[bytes]:
    """As many lines as follow each other in the common form, each length agreeing with what it measures.

    The common form is: a serial number of at most 21 octets without needless ones, a UTCTime, and no
    extension, or reasonCode and invalidityDate, not critical.
    """
    extra = {
        0: b"",
        14: rb"\x30\x0c" + _REASON,
        28: rb"\x30\x1a" + _INVALIDITY,
        40: rb"\x30\x26(?:" + _REASON + _INVALIDITY + b"|" + _INVALIDITY + _REASON + b")",
    }
    forms: dict[int, list[bytes]] = {}
    for octets in range(1, _LONGEST_COMMON_SERIAL + 1):
        least = rb"(?!\x00[\x00-\x7f]|\xff[\x80-\xff])" if octets > 1 else b""
        serial = re.escape(bytes([octets])) + least + rb".{%d}\x17\x0d" % octets
        for size, pattern in extra.items():
            forms.setdefault(2 + octets + 15 + size, []).append(serial + _DATE + pattern)
    lines = (
        re.escape(bytes([length])) + rb"\x02(?:" + b"|".join(rest) + b")" for length, rest in forms.items()
    )
    return re.compile(rb"(?:\x30(?:" + b"|".join(lines) + rb"))*+", re.DOTALL)


@dataclass(slots=True)
class _Lines:
    """Where each line stands: the key is the issuer's prefix and the serial number with its length octet.

    No object is kept for a line but its key and its offset. Lines that follow a certificateIssuer belong to
    that issuer until the next one (RFC 5280 §5.3.3); `issuers` holds the prefix of each.
    """

    issuers: dict[Name, bytes]
    offsets: dict[bytes, int] = field(default_factory=dict)
    repeated: dict[bytes, list[int]] = field(default_factory=dict)
    uncommon: dict[int, tuple[bytes, ...]] = field(default_factory=dict)
    critical: set[str] = field(default_factory=set)

    def read(self, lines: der.TLV) -> None:
        """Index `lines`, every one of which must be well formed.

        Raises:
            MalformedInput: `malformed-input`.
            LimitExceeded: `limit-exceeded` for more than 100,000 lines of an uncommon form.
        """
        data, offset, stop = lines.data, lines.body, lines.stop
        common = _common_lines()
        runs: list[tuple[int, int, bytes]] = []
        prefixes: tuple[bytes, ...] = (b"",)
        total = 0
        while True:
            found = common.match(data, offset, stop)
            end = offset if found is None else found.end()
            for prefix in prefixes if end > offset else ():
                runs.append((offset, end, prefix))
                total += self._add(data, offset, end, prefix)
            if end == stop:
                break
            offset, prefixes = self._read_uncommon(der.decode_prefix(data, end), stop, prefixes)
            total += len(prefixes)
        if total != len(self.offsets):
            self._note_repeated(data, runs)

    def _add(self, data: bytes, offset: int, stop: int, prefix: bytes) -> int:
        offsets, count = self.offsets, 0
        while offset < stop:
            offsets[prefix + data[offset + 3 : offset + 4 + data[offset + 3]]] = offset
            offset += 2 + data[offset + 1]
            count += 1
        return count

    def _read_uncommon(
        self, line: der.TLV, stop: int, prefixes: tuple[bytes, ...]
    ) -> tuple[int, tuple[bytes, ...]]:
        if line.end > stop:
            raise MalformedInput(found="a line that is cut short", where=f"octet {line.start}")
        if len(self.uncommon) == MAX_UNCOMMON_LINES:
            raise LimitExceeded(limit=MAX_UNCOMMON_LINES, found="more lines of an uncommon form")
        entry = _entry(line)
        values = extensions.check_values(entry.extensions)
        for extension in entry.extensions:
            if extension.critical or extension.oid == extensions.CERTIFICATE_ISSUER:
                self.critical.add(extension.oid)
        if extensions.CERTIFICATE_ISSUER in values:
            prefixes = self._prefixes(values[extensions.CERTIFICATE_ISSUER])
        serial = _serial_key(entry.serial_number)
        self.uncommon[line.start] = tuple(prefix + serial for prefix in prefixes)
        self.offsets.update(dict.fromkeys(self.uncommon[line.start], line.start))
        return line.end, prefixes

    def _prefixes(self, names: tuple[GeneralName, ...]) -> tuple[bytes, ...]:
        # RFC 5280 §5.3.3: CRL issuers MUST include the distinguished name of the certificate issuer.
        issuers = dict.fromkeys(n.name for n in names if n.name is not None)
        if not 0 < len(issuers) <= _MAX_ISSUERS:
            raise MalformedInput(found=f"{len(issuers)} names of an issuer", where="certificateIssuer")
        return tuple(self.issuers.setdefault(n, len(self.issuers).to_bytes(4, "big")) for n in issuers)

    def _note_repeated(self, data: bytes, runs: list[tuple[int, int, bytes]]) -> None:
        for start, stop, prefix in runs:
            offset = start
            while offset < stop:
                self._note(prefix + data[offset + 3 : offset + 4 + data[offset + 3]], offset)
                offset += 2 + data[offset + 1]
        for offset, keys in self.uncommon.items():
            for key in keys:
                self._note(key, offset)

    def _note(self, key: bytes, offset: int) -> None:
        if self.offsets[key] == offset:
            return
        others = self.repeated.setdefault(key, [])
        if len(others) == _MAX_REPEATED:
            raise MalformedInput(found="a serial number too often", where=f"octet {offset}")
        others.append(offset)


def _serial_key(serial_number: int) -> bytes:
    octets = serial_number.to_bytes(serial_number.bit_length() // 8 + 1, "big", signed=True)
    return min(len(octets), 0xFF).to_bytes(1, "big") + octets


def _gravity(entry: RevokedEntry) -> int:
    return {"removeFromCRL": 0, "certificateHold": 1}.get(entry.reason or "", 2)


def _entry(line: der.TLV) -> RevokedEntry:
    fields = der.Fields.of(line, "revokedCertificates")
    serial, revoked_at = read_serial(fields.take(der.INTEGER)), fields.take().time()
    extra = fields.optional(der.SEQUENCE)
    fields.end()
    found = () if extra is None else read_extensions(extra, "crlEntryExtensions")
    reason = extensions.value_of(found, extensions.REASON_CODE)
    return RevokedEntry(serial, revoked_at, reason, found)


def _common_entry(data: bytes, offset: int) -> RevokedEntry:
    """The line at `offset`, which is known to be of the common form."""
    dated = offset + 4 + data[offset + 3]
    end = offset + 2 + data[offset + 1]
    serial = int.from_bytes(data[offset + 4 : dated], "big", signed=True)
    digits = data[dated + 2 : dated + 14].decode("ascii")
    century = "19" if digits[:2] >= "50" else "20"
    try:
        revoked_at = datetime.fromisoformat(f"{century}{digits[:6]}T{digits[6:]}Z")
    except ValueError as e:
        raise MalformedInput(
            "crl-malformed", found="a time that does not exist", where=f"octet {dated}"
        ) from e
    found, reason = _common_extensions(data[dated + 15 : end])
    return RevokedEntry(serial, revoked_at, reason, found)


@lru_cache(maxsize=256)
def _common_extensions(octets: bytes) -> tuple[tuple[Extension, ...], str | None]:
    """Extensions and reason of a line; cached by the octets, which are few but for dates."""
    found = read_extensions(der.decode(octets), "crlEntryExtensions") if octets else ()
    return found, extensions.value_of(found, extensions.REASON_CODE)
