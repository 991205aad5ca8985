"""What the tests of evidence records share: an authority for time stamps, made once, and documents."""

from datetime import UTC, datetime
from functools import cache

from esign.algorithms import SHA256, Digest
from esign.ers import Digester, EvidenceRecord, stamp_many
from esign.testing import TestPKI
from esign.tsp import TimeStamper

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
DOCUMENTS = tuple(f"document {n}".encode() for n in range(5))
GROUP = (b"letter", b"annex", b"receipt")


@cache
def pki() -> TestPKI:
    return TestPKI(AT)


@cache
def tsa(at: datetime = AT) -> TimeStamper:
    return pki().time_stamper(at)


def digester(data: bytes) -> Digester:
    return lambda by: by.of(data)


def digesters(*several: bytes) -> list[Digester]:
    return [digester(data) for data in several]


@cache
def records(by: Digest = SHA256) -> tuple[EvidenceRecord, ...]:
    """A record for each of DOCUMENTS, and one for GROUP, under one time stamp."""
    group = tuple(by.of(one) for one in GROUP)
    return stamp_many([*(by.of(one) for one in DOCUMENTS), group], tsa(), by=by)


@cache
def lone() -> EvidenceRecord:
    """A record for one document alone: without a hash tree."""
    (record,) = stamp_many([SHA256.of(DOCUMENTS[0])], tsa())
    return record
