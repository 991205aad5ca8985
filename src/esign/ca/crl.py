"""Revocation lists: who is on them at a moment, and their octets (RFC 5280 §5).

A list is complete for its issuer. Certificates stay on it after they expire, so that a signature of the past
can be judged later.
"""

from collections.abc import Iterable, Sequence
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
    revocations: Sequence[Revocation],
    *,
    number: int,
    this_update: datetime,
    next_update: datetime,
) -> bytes:
    """TBSCertList, DER: version 2, with authority key identifier and number (RFC 5280 §5.1).

    revokedCertificates is left out when there are none, as the standard demands.
    """
    entries = der.sequence(b"".join(map(_entry, revocations))) if revocations else b""
    return der.sequence(
        der.integer(1),
        issuer.scheme.identifier.encode(),
        issuer.name,
        der.time(this_update),
        der.time(next_update),
        entries,
        der.explicit(0, der.sequence(*_extensions(issuer, number))),
    )


def _extensions(issuer: Issuer, number: int) -> Iterable[bytes]:
    yield authority_key_identifier(issuer.key_identifier)
    yield extension(extensions.CRL_NUMBER, der.integer(number))


def _entry(revocation: Revocation) -> bytes:
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
