"""Certificate revocation lists: a large one loads at once, lines are found by serial number (RFC 5280 §5).

Whether a list may be believed, and what it covers, is the business of `esign.validation`.
"""

import re
from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Self

from esign import der, extensions
from esign.algorithms import AlgorithmIdentifier
from esign.encoded import MAX_SERIAL, der_of, read_serial, reported_as, signed_parts, single
from esign.errors import MalformedInput
from esign.extensions import Extension, IssuingDistributionPoint, read_extensions, wrapped_extensions
from esign.names import Name

_CRL_LABELS: Final = ("X509 CRL", "CRL")
_SUSPICIOUS: Final = re.compile(
    rb"\x01\x01[^\x00](?=[\x04\x24])|" + re.escape(der.oid(extensions.CERTIFICATE_ISSUER))
)


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
    def is_delta(self) -> bool:
        """Whether it lists changes only (RFC 5280 §5.2.4)."""
        return any(e.oid == extensions.DELTA_CRL_INDICATOR for e in self.extensions)

    @property
    def entries(self) -> Iterator[RevokedEntry]:
        """The lines in order.

        Raises:
            MalformedInput: `crl-malformed`, while iterating.
        """
        with reported_as("crl-malformed"):
            for line in () if self.revoked is None else self.revoked.children():
                yield _entry(line)

    def find(self, serial_number: int) -> RevokedEntry | None:
        """The line of `serial_number`; None when it is not listed.

        Raises:
            MalformedInput: `crl-malformed` when the lines cannot be read.
        """
        with reported_as("crl-malformed"):
            octets = serial_number.to_bytes(serial_number.bit_length() // 8 + 1, "big", signed=True)
            offset = self._index.get(octets)
            return None if offset is None else _entry(der.decode_prefix(self.raw, offset))

    @cached_property
    def _index(self) -> Mapping[bytes, int]:
        return {} if self.revoked is None else _indexed(self.revoked)

    @cached_property
    def critical_entry_extensions(self) -> frozenset[str]:
        """The types of critical extensions of its lines; certificateIssuer counts in any case.

        Raises:
            MalformedInput: `crl-malformed` when the lines cannot be read.
        """
        if self.revoked is None:
            return frozenset()
        with reported_as("crl-malformed"):
            found = (e for line in self._suspicious_lines(self.revoked) for e in _entry(line).extensions)
            return frozenset(e.oid for e in found if e.critical or e.oid == extensions.CERTIFICATE_ISSUER)

    def _suspicious_lines(self, lines: der.TLV) -> Iterator[der.TLV]:
        """The lines whose octets look like such an extension: in a long list serial numbers do, by chance."""
        starts = list(self._index.values())
        end = lines.body
        for hit in _SUSPICIOUS.finditer(lines.data, lines.body, lines.stop):
            # Of lines with one serial number the first is indexed: from there on each is looked at.
            offset = max(end, starts[bisect(starts, hit.start()) - 1])
            while offset <= hit.start():
                line = der.decode_prefix(lines.data, offset)
                offset = end = line.end
                if end > hit.start():
                    yield line


def _indexed(lines: der.TLV) -> dict[bytes, int]:
    """Serial number octets to the offset of the line: one pass over the octets, no object for a line."""
    data, offset, stop = lines.data, lines.body, lines.stop
    index: dict[bytes, int] = {}
    while offset < stop:
        # SEQUENCE of a short length whose first field is an INTEGER of a short length: nearly every line.
        if (
            data[offset] == 0x30
            and offset + 4 < stop
            and data[offset + 1] < 0x80
            and data[offset + 2] == 0x02
        ):
            end = offset + 2 + data[offset + 1]
            last = offset + 4 + data[offset + 3]
            if last > end or end > stop:
                raise MalformedInput(found="a line that is cut short", where=f"octet {offset}")
        else:
            line = der.decode_prefix(data, offset)
            serial = der.Fields.of(line, "revokedCertificates").take(der.INTEGER)
            end, last = line.end, serial.stop
            if end > stop or last - serial.body > MAX_SERIAL:
                raise MalformedInput(found="a line that is cut short", where=f"octet {offset}")
            index.setdefault(data[serial.body : last], offset)
            offset = end
            continue
        first = data[offset + 4]
        if first in (0x00, 0xFF) and last - offset > 5 and first >> 7 == data[offset + 5] >> 7:
            raise MalformedInput(found="an integer with needless octets", where=f"octet {offset}")
        index.setdefault(data[offset + 4 : last], offset)
        offset = end
    return index


def _entry(line: der.TLV) -> RevokedEntry:
    fields = der.Fields.of(line, "revokedCertificates")
    serial, revoked_at = read_serial(fields.take(der.INTEGER)), fields.take().time()
    extra = fields.optional(der.SEQUENCE)
    fields.end()
    found = () if extra is None else read_extensions(extra, "crlEntryExtensions")
    reason = extensions.value_of(found, extensions.REASON_CODE)
    return RevokedEntry(serial, revoked_at, reason, found)
