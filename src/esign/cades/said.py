"""What a signer says alike in one signature after another: read once, and kept by its octets.

Of the signed attributes only message digest and signing time differ from one signature of a signer to the
next. The others are few and short, and mean the same each time.

    said_in(signer_info.signed).bound
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from esign import der
from esign.attributes import Attributes
from esign.cades.claims import NO_CLAIMS, Claims, claims_of
from esign.cades.signed import AlgorithmProtection, SigningCertificate, bound_by, protected_by
from esign.cms import CONTENT_TYPE

_SHORT: Final = 1 << 11
"""Octets of attributes that are kept; what is longer is read each time."""


@dataclass(frozen=True, slots=True)
class Said:
    """The signed attributes that the procedure of validation reads, but for digest and time."""

    content_type: str | None = None
    bound: tuple[SigningCertificate, ...] = ()
    protection: AlgorithmProtection | None = None
    claims: Claims = NO_CLAIMS


NOTHING: Final = Said()


def said_in(signed: Attributes) -> Said:
    """What the signed attributes say.

    Raises:
        MalformedInput: `attribute-repeated`, `attribute-values`, `cades-malformed`, `malformed-input`.
        LimitExceeded: `limit-exceeded` over 100 references to certificates.
    """
    recurring = signed.recurring
    kept = recurring and sum(map(len, recurring)) <= _SHORT
    return _kept(recurring, signed.where) if kept else _read(signed)


@lru_cache(maxsize=512)
def _kept(elements: tuple[bytes, ...], where: str) -> Said:
    return _read(Attributes.of(elements, where))


def _read(signed: Attributes) -> Said:
    value = signed.one(CONTENT_TYPE, der.OID)
    content_type = None if value is None else value.oid()
    return Said(content_type, bound_by(signed), protected_by(signed), claims_of(signed))
