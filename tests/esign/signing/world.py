"""A PKI with signers, a time-stamp authority and fresh lists, for the tests of levels and structure."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from esign import signing
from esign.cms import SignedData
from esign.keys import Signer
from esign.material import Material
from esign.signing import Level
from esign.testing import TestPKI
from esign.x509 import Certificate

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = AT + timedelta(minutes=5)
DOCUMENT = b"an agreement\n" * 50


@lru_cache
def pki() -> TestPKI:
    return TestPKI(AT)


@lru_cache
def signer(name: str = "Aliyev A.", key: str = "p-256") -> Signer:
    return pki().signer(name, key=key)


@lru_cache
def lists() -> Material:
    """The lists of every authority at `LATER`."""
    pki().authority("infra")
    return Material.read(pki().crls_at(LATER))


def basic(*, detached: bool = False, name: str = "Aliyev A.", document: bytes = DOCUMENT) -> bytes:
    return signing.sign(document, signer(name), at=AT, detached=detached)


def raised(
    signed: bytes, level: Level, *, document: bytes | None = None, material: Material | None = None
) -> bytes:
    """`signed` at `level`, stamped at `LATER`."""
    return signing.augment(
        signed,
        level,
        tsa=pki().time_stamper(LATER, issued=AT),
        at=LATER,
        trust=pki().trust,
        material=lists() if material is None else material,
        document=document,
    )


def certificates(signed: bytes) -> tuple[Certificate, ...]:
    return tuple(map(Certificate.load, SignedData.read(signed).certificates))
