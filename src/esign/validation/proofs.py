"""Proofs of existence: which octets are shown to have existed, and since when (EN 319 102-1 cl. 5.6.2.3).

A proof is about octets, so it is kept under their SHA-256: a certificate, a list, a signature value or a
token is known again wherever it stands. Nothing here says who proved it; only what a time stamp that was
found good covers may be put in.

>>> from datetime import UTC, datetime
>>> proofs = Proofs().with_(b"octets", datetime(2030, 1, 1, tzinfo=UTC))
>>> proofs.of(b"octets").year
2030
>>> proofs.of(b"others") is None
True
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, Self

_NONE: Final[Mapping[bytes, datetime]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Proofs:
    """The earliest moment at which octets are shown to have existed, by their SHA-256."""

    times: Mapping[bytes, datetime] = field(default_factory=lambda: _NONE)

    def of(self, octets: bytes) -> datetime | None:
        """Since when `octets` are shown to exist; None without a proof."""
        return self.times.get(_name(octets)) if self.times else None

    def with_(self, octets: bytes, at: datetime) -> Self:
        """The same with a proof that `octets` existed at `at` (aware); an earlier one stays."""
        return self.with_all((octets,), at)

    def with_all(self, several: Iterable[bytes], at: datetime) -> Self:
        """The same with a proof for each of `several`."""
        return self.merged(type(self)({_name(octets): at for octets in several}))

    def merged(self, other: Self) -> Self:
        """What both prove: for each octets the earlier moment."""
        if not other.times:
            return self
        times = dict(self.times)
        for name, at in other.times.items():
            times[name] = min(at, times.get(name, at))
        return type(self)(MappingProxyType(times))

    def __len__(self) -> int:
        return len(self.times)


NO_PROOFS: Final = Proofs()


def _name(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()
