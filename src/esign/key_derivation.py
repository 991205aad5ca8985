"""How a key is derived: from an agreed or encapsulated secret, from a password, from a content key.

Each derivation is a row with all its parameters fixed, found by its identifier.

    AGREEMENTS["1.3.132.1.11.1"].derive(secret, 32, shared_info)
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

from esign import der
from esign.algorithms import SHA1, SHA224, SHA256, SHA384, SHA512, AlgorithmIdentifier, Digest
from esign.errors import LimitExceeded, MalformedInput, UnsupportedAlgorithm

Derive = Callable[[bytes, int, bytes], bytes]


@dataclass(frozen=True, slots=True, eq=False)
class AgreementScheme:
    """Ephemeral-static ECDH with its key derivation.

    `derive(secret, size, shared_info)` gives the key-encryption key of `size` octets.
    """

    name: str
    oid: str
    derive: Derive


def _x963(name: str, oid: str, by: Digest) -> AgreementScheme:
    primitive = by.primitive

    def derive(secret: bytes, size: int, shared_info: bytes) -> bytes:
        return X963KDF(primitive, size, shared_info).derive(secret)

    return AgreementScheme(name, oid, derive)


def _hkdf(name: str, oid: str, by: Digest) -> AgreementScheme:
    return AgreementScheme(
        name, oid, lambda secret, size, shared_info: hkdf(by, secret, size, info=shared_info)
    )


def hkdf(by: Digest, secret: bytes, size: int, *, info: bytes, salt: bytes | None = None) -> bytes:
    """`size` octets by HKDF (RFC 5869 §2)."""
    return HKDF(by.primitive, size, salt, info).derive(secret)


_SMIME_ALGORITHM: Final = "1.2.840.113549.1.9.16.3"
_SHA2: Final = (SHA224, SHA256, SHA384, SHA512)
AGREEMENTS: Final = {
    row.oid: row
    for row in (
        # RFC 5753 §7.1.4: X9.63 key derivation; with cofactor it is the same on curves of prime order.
        _x963("ecdh-sha1", "1.3.133.16.840.63.0.2", SHA1),
        _x963("ecdh-cofactor-sha1", "1.3.133.16.840.63.0.3", SHA1),
        *(_x963(f"ecdh-{by.name}", f"1.3.132.1.11.{n}", by) for n, by in enumerate(_SHA2)),
        *(_x963(f"ecdh-cofactor-{by.name}", f"1.3.132.1.14.{n}", by) for n, by in enumerate(_SHA2)),
        # RFC 8418 §2.2: HKDF without salt.
        *(
            _hkdf(f"ecdh-hkdf-{by.name}", f"{_SMIME_ALGORITHM}.{19 + n}", by)
            for n, by in enumerate(_SHA2[1:])
        ),
    )
}
_AGREEMENT_NAMES: Final = {row.name: row for row in AGREEMENTS.values()}
ECDH_SHA256: Final = _AGREEMENT_NAMES["ecdh-sha256"]
ECDH_SHA384: Final = _AGREEMENT_NAMES["ecdh-sha384"]
ECDH_SHA512: Final = _AGREEMENT_NAMES["ecdh-sha512"]
ECDH_HKDF_SHA256: Final = _AGREEMENT_NAMES["ecdh-hkdf-sha256"]

HKDFS: Final = {f"{_SMIME_ALGORITHM}.{28 + n}": by for n, by in enumerate((SHA256, SHA384, SHA512))}
"""id-alg-hkdf-with-sha256, -sha384, -sha512 (RFC 8619 §2)."""
HKDF_SHA256_OID: Final = f"{_SMIME_ALGORITHM}.28"

CEK_HKDF_SHA256_OID: Final = f"{_SMIME_ALGORITHM}.31"
_CEK_SALT: Final = b"The Cryptographic Message Syntax"


def content_key(key: bytes, cipher: AlgorithmIdentifier) -> bytes:
    """The key that the content is encrypted with, derived from the key that was sent (RFC 9709 §2).

    It depends on `cipher` with its parameters: who changes GCM to CBC in an envelope changes the key.
    """
    return hkdf(SHA256, key, len(key), info=cipher.encode(), salt=_CEK_SALT)


# --- passwords ---

PBKDF2_OID: Final = "1.2.840.113549.1.5.12"
_PRFS: Final = {f"1.2.840.113549.2.{7 + n}": by for n, by in enumerate((SHA1, *_SHA2))}
_PRF_OIDS: Final = {by.name: oid for oid, by in _PRFS.items()}
MAX_ITERATIONS: Final = 5_000_000
"""Of PBKDF2, for all passwords that are tried on one envelope: some seconds of work."""
_MAX_SALT: Final = 1024


@dataclass(frozen=True, slots=True)
class PasswordDerivation:
    """PBKDF2 with HMAC by `by` (RFC 8018 §5.2); `key_size` in octets when the parameters say it."""

    salt: bytes
    iterations: int
    by: Digest = SHA256
    key_size: int | None = None

    @classmethod
    def read(
        cls, identifier: AlgorithmIdentifier, where: str = "keyDerivationAlgorithm"
    ) -> "PasswordDerivation":
        """From its identifier (RFC 8018 §A.2).

        Raises:
            UnsupportedAlgorithm: `unsupported-algorithm` for another derivation, function or source of salt.
            MalformedInput: `malformed-input`.
            LimitExceeded: `limit-exceeded` over 5,000,000 iterations or 1,024 octets of salt.
        """
        if identifier.oid != PBKDF2_OID or identifier.parameters is None:
            raise UnsupportedAlgorithm(algorithm=identifier.oid, where=where)
        fields = der.Fields.of(der.decode(identifier.parameters, where=where), where)
        salt = fields.optional(der.OCTET_STRING)
        if salt is None:
            raise UnsupportedAlgorithm(algorithm="PBKDF2 with another source of salt", where=where)
        iterations = fields.take(der.INTEGER).integer()
        length = fields.optional(der.INTEGER)
        named = fields.optional(der.SEQUENCE)
        fields.end()
        if len(salt.content) > _MAX_SALT or iterations > MAX_ITERATIONS:
            raise LimitExceeded(limit=MAX_ITERATIONS, found="more iterations or salt", where=where)
        if iterations < 1:
            raise MalformedInput(found="no iterations", where=where)
        by = SHA1 if named is None else _prf(AlgorithmIdentifier.read(named, where), where)
        return cls(salt.content, iterations, by, None if length is None else length.integer())

    def encode(self) -> AlgorithmIdentifier:
        """Its identifier; the length is left out, because the cipher fixes it."""
        prf = AlgorithmIdentifier(_PRF_OIDS[self.by.name], der.null())
        parameters = der.sequence(der.octet_string(self.salt), der.integer(self.iterations), prf.encode())
        return AlgorithmIdentifier(PBKDF2_OID, parameters)

    def derive(self, password: bytes, size: int) -> bytes:
        """The key of `size` octets."""
        return hashlib.pbkdf2_hmac(self.by.name, password, self.salt, self.iterations, size)


def _prf(identifier: AlgorithmIdentifier, where: str) -> Digest:
    by = _PRFS.get(identifier.oid)
    if by is None or not identifier.bare:
        raise UnsupportedAlgorithm(algorithm=identifier.oid, where=where)
    return by
