"""Revocation lists: who is on them at a moment, and their octets (RFC 5280 §5).

A list is about all certificates of its issuer or about one partition of them, and says all of it or what
changed. Certificates stay on it after they expire, so that a signature of the past can be judged later.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from esign import der, extensions
from esign.ca.template import Issuer, authority_key_identifier, distribution_points, extension, full_name

REASON_NUMBERS: Final = {name: number for number, name in extensions.REASONS.items()}


@dataclass(frozen=True, slots=True)
class Revocation:
    """One entry: `reason` in the words of RFC 5280 §5.3.1, `invalid_since` when the key was lost."""

    serial: int
    at: datetime
    reason: str = "unspecified"
    invalid_since: datetime | None = None


@dataclass(frozen=True, slots=True, order=True)
class ListName:
    """One of an authority's lists: of all its certificates (partition 0) or of one partition, from 1.

    A delta list says what changed since an earlier whole list of the same certificates (RFC 5280 §5.2.4).
    """

    partition: int = 0
    is_delta: bool = False

    @property
    def whole(self) -> "ListName":
        """The whole list of the same certificates."""
        return ListName(self.partition)

    @property
    def delta(self) -> "ListName":
        """The delta list of the same certificates."""
        return ListName(self.partition, is_delta=True)


COMPLETE: Final = ListName()


@dataclass(frozen=True, slots=True)
class Reach:
    """What a list says of itself: where its certificates find it, when it is of a partition; the number of
    the list whose changes it lists; where its own changes are found.
    """

    scope_urls: tuple[str, ...] = ()
    base_number: int | None = None
    freshest_urls: tuple[str, ...] = ()


WHOLE: Final = Reach()


def write(
    issuer: Issuer,
    entries: bytes,
    *,
    number: int,
    this_update: datetime,
    next_update: datetime,
    reach: Reach = WHOLE,
) -> bytes:
    """TBSCertList, DER: version 2, with authority key identifier and number (RFC 5280 §5.1).

    `entries` are those of `entry`, joined. revokedCertificates is left out when there are none, as the
    standard demands.
    """
    return der.sequence(
        der.integer(1),
        issuer.scheme.identifier.encode(),
        issuer.name,
        der.time(this_update),
        der.time(next_update),
        der.sequence(entries) if entries else b"",
        der.explicit(0, der.sequence(*_extensions(issuer, number, reach))),
    )


def _extensions(issuer: Issuer, number: int, reach: Reach) -> Iterable[bytes]:
    yield authority_key_identifier(issuer.key_identifier)
    yield extension(extensions.CRL_NUMBER, der.integer(number))
    if reach.base_number is not None:
        yield extension(extensions.DELTA_CRL_INDICATOR, der.integer(reach.base_number), critical=True)
    if reach.scope_urls:
        point = der.sequence(der.explicit(0, full_name(reach.scope_urls)))
        yield extension(extensions.ISSUING_DISTRIBUTION_POINT, point, critical=True)
    if reach.freshest_urls:
        yield extension(extensions.FRESHEST_CRL, distribution_points(reach.freshest_urls))


def entry(revocation: Revocation) -> bytes:
    """One entry of revokedCertificates, DER (RFC 5280 §5.1.2.6)."""
    return der.sequence(
        der.integer(revocation.serial),
        _time(revocation.at),
        _entry_extensions(revocation.reason, revocation.invalid_since),
    )


@lru_cache(maxsize=1024)
def _time(at: datetime) -> bytes:
    return der.time(at)


@lru_cache(maxsize=1024)
def _entry_extensions(reason: str, invalid_since: datetime | None) -> bytes:
    """Cached by value: lists repeat a few. `unspecified` is said by leaving it out (RFC 5280 §5.3.1)."""
    found = b""
    if reason != "unspecified":
        found += extension(extensions.REASON_CODE, der.tlv(der.ENUMERATED, bytes((REASON_NUMBERS[reason],))))
    if invalid_since is not None:
        found += extension(extensions.INVALIDITY_DATE, der.generalized_time(invalid_since))
    return der.sequence(found) if found else b""
