"""Revocation lists: who is on them at a moment, and their octets (RFC 5280 §5).

A list is complete for its issuer. Certificates stay on it after they expire, so that a signature of the past
can be judged later.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from esign import der, extensions
from esign.ca.template import Issuer, authority_key_identifier, extension

REASON_NUMBERS: Final = {name: number for number, name in extensions.REASONS.items()}


@dataclass(frozen=True, slots=True)
class Revocation:
    """One entry: `reason` in the words of RFC 5280 §5.3.1, `invalid_since` when the key was lost."""

    serial: int
    at: datetime
    reason: str = "unspecified"
    invalid_since: datetime | None = None


def write(
    issuer: Issuer,
    entries: bytes,
    *,
    number: int,
    this_update: datetime,
    next_update: datetime,
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
        der.explicit(0, der.sequence(*_extensions(issuer, number))),
    )


def _extensions(issuer: Issuer, number: int) -> Iterable[bytes]:
    yield authority_key_identifier(issuer.key_identifier)
    yield extension(extensions.CRL_NUMBER, der.integer(number))


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
