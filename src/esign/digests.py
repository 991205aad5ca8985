"""Message digests: the rows of the one table of algorithms that hash, and how an algorithm is named in DER.

A digest that is acceptable nowhere (MD5, SHA-1, RIPEMD-160) still has its row, so that of old signatures the
broken can be told from the whole; which of them count, a policy says.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from cryptography.hazmat.primitives import hashes

from esign import der, gost
from esign.errors import UnsupportedAlgorithm


@dataclass(frozen=True, slots=True)
class AlgorithmIdentifier:
    """AlgorithmIdentifier of RFC 5280 §4.1.1.2: `parameters` is the DER element, None when absent."""

    oid: str
    parameters: bytes | None = None

    @classmethod
    def read(cls, element: der.TLV, where: str = "algorithm") -> "AlgorithmIdentifier":
        """From its SEQUENCE."""
        known = _KNOWN.get(element.raw)
        if known is not None:
            return known
        fields = der.Fields.of(element, where)
        oid = fields.take(der.OID).oid()
        parameters = fields.take().raw if fields.peek is not None else None
        fields.end()
        found = cls(oid, parameters)
        if len(_KNOWN) < _MAX_KNOWN and element.end - element.start <= _MAX_KNOWN:
            _KNOWN[element.raw] = found
        return found

    @classmethod
    def of(cls, raw: bytes) -> "AlgorithmIdentifier":
        """As `read`, from the octets of the SEQUENCE."""
        known = _KNOWN.get(raw)
        return cls.read(der.decode(raw)) if known is None else known

    def encode(self) -> bytes:
        """The SEQUENCE, DER."""
        return der.sequence(der.oid(self.oid), self.parameters or b"")

    @property
    def bare(self) -> bool:
        """Whether the parameters are absent or NULL."""
        return self.parameters in _BARE


_BARE: Final = (None, b"\x05\x00")
# The few that all certificates bear, by their octets: a value that never changes is made once.
_KNOWN: Final[dict[bytes, AlgorithmIdentifier]] = {}
_MAX_KNOWN: Final = 64


@dataclass(frozen=True, slots=True, eq=False)
class Digest:
    """A message digest: `size` in octets; `make(data)` starts one; `foreign` is what `cryptography` calls it.

    `octets_per_check` octets cost as much work as one signature check; None where no message is worth
    counting.
    """

    name: str
    oid: str
    size: int
    make: Callable[[bytes], Any]
    foreign: hashes.HashAlgorithm | None
    octets_per_check: int | None = None

    def new(self) -> Any:
        """A fresh digest with `update`, `copy` and `digest`."""
        return self.make(b"")

    def of(self, data: bytes) -> bytes:
        """The digest of `data`."""
        found: bytes = self.make(data).digest()
        return found

    @property
    def primitive(self) -> hashes.HashAlgorithm:
        """The row for schemes that `cryptography` computes.

        Raises:
            UnsupportedAlgorithm: `unsupported-algorithm` when no such scheme takes this digest.
        """
        if self.foreign is None:
            raise UnsupportedAlgorithm(algorithm=self.name, where="digestAlgorithm")
        return self.foreign

    @property
    def identifier(self) -> AlgorithmIdentifier:
        """As emitted: parameters absent (RFC 5754 §2)."""
        return AlgorithmIdentifier(self.oid)


_sha1: Final = partial(hashlib.sha1, usedforsecurity=False)
SHA1: Final = Digest("sha1", "1.3.14.3.2.26", 20, _sha1, hashes.SHA1())  # noqa: S303
SHA224: Final = Digest("sha224", "2.16.840.1.101.3.4.2.4", 28, hashlib.sha224, hashes.SHA224())
SHA256: Final = Digest("sha256", "2.16.840.1.101.3.4.2.1", 32, hashlib.sha256, hashes.SHA256())
SHA384: Final = Digest("sha384", "2.16.840.1.101.3.4.2.2", 48, hashlib.sha384, hashes.SHA384())
SHA512: Final = Digest("sha512", "2.16.840.1.101.3.4.2.3", 64, hashlib.sha512, hashes.SHA512())
SHA3_256: Final = Digest("sha3_256", "2.16.840.1.101.3.4.2.8", 32, hashlib.sha3_256, hashes.SHA3_256())
SHA3_384: Final = Digest("sha3_384", "2.16.840.1.101.3.4.2.9", 48, hashlib.sha3_384, hashes.SHA3_384())
SHA3_512: Final = Digest("sha3_512", "2.16.840.1.101.3.4.2.10", 64, hashlib.sha3_512, hashes.SHA3_512())
SHA3_224: Final = Digest("sha3_224", "2.16.840.1.101.3.4.2.7", 28, hashlib.sha3_224, hashes.SHA3_224())
SHA512_256: Final = Digest(
    "sha512_256", "2.16.840.1.101.3.4.2.6", 32, partial(hashlib.new, "sha512_256"), hashes.SHA512_256()
)
# Read where old signatures name them: no policy of ours accepts them.
MD5: Final = Digest(
    "md5",
    "1.2.840.113549.2.5",
    16,
    partial(hashlib.md5, usedforsecurity=False),
    hashes.MD5(),  # noqa: S303
)
RIPEMD160: Final = Digest("ripemd160", "1.3.36.3.2.1", 20, partial(hashlib.new, "ripemd160"), None)


class _Shake256:
    """SHAKE256 with 64 octets of output, as a digest (RFC 8702 §3.1)."""

    def __init__(self, data: bytes, begun: Any = None) -> None:
        self._state = begun or hashlib.shake_256(data)
        self.update = self._state.update

    def copy(self) -> "_Shake256":
        return _Shake256(b"", self._state.copy())

    def digest(self) -> bytes:
        return self._state.digest(64)


SHAKE256: Final = Digest("shake256", "2.16.840.1.101.3.4.2.12", 64, _Shake256, None)
SHAKE256_LEN: Final = "2.16.840.1.101.3.4.2.18"
# O'zDSt 1106:2009 algorithm 2 (A) and O'z MSt 285:2024: GOST R 34.11-94 by two names, in Python and so slow.
OZDST_1106: Final = Digest("ozdst-1106", "1.2.860.3.15.1.3.2.1.1", gost.SIZE, gost.Hash, None, 1 << 11)
OZMST_285: Final = Digest("ozmst-285", "1.2.860.3.15.2.3.2.1.1", gost.SIZE, gost.Hash, None, 1 << 11)

DIGESTS: Final[dict[str, Digest]] = {
    row.oid: row
    for row in (
        *(SHA1, SHA224, SHA256, SHA384, SHA512, SHA3_256, SHA3_384, SHA3_512),
        *(OZDST_1106, OZMST_285),
        *(SHA3_224, SHA512_256, MD5, SHAKE256),
        *((RIPEMD160,) if "ripemd160" in hashlib.algorithms_available else ()),
    )
}


def digest(identifier: AlgorithmIdentifier) -> Digest:
    """The digest that `identifier` names.

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm` when there is no such row, or it bears parameters.
    """
    row: Digest | None = DIGESTS.get(identifier.oid)
    if row is not None and identifier.parameters in _BARE:
        return row
    if identifier.oid == SHAKE256_LEN and identifier.parameters == der.integer(512):
        return SHAKE256  # RFC 8419 §2.3 names it with its length in bits
    raise UnsupportedAlgorithm(algorithm=identifier.oid, where="digestAlgorithm")
