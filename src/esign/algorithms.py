"""The one table of algorithms: object identifiers, sizes, and the call that each stands for.

The message never chooses what is acceptable: it names a row, and a policy decides on the row. A new algorithm
is a new row here (ML-DSA, the national signature), not a branch elsewhere. End dates stand in the policies of
`keys/`.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, mldsa, padding, rsa

from esign import der, gost
from esign.errors import MalformedInput, UnsupportedAlgorithm

PublicKey = Any
PrivateKey = Any


@dataclass(frozen=True, slots=True)
class AlgorithmIdentifier:
    """AlgorithmIdentifier of RFC 5280 §4.1.1.2: `parameters` is the DER element, None when absent."""

    oid: str
    parameters: bytes | None = None

    @classmethod
    def read(cls, element: der.TLV, where: str = "algorithm") -> "AlgorithmIdentifier":
        """From its SEQUENCE."""
        fields = der.Fields.of(element, where)
        oid = fields.take(der.OID).oid()
        parameters = fields.take().raw if fields.peek is not None else None
        fields.end()
        return cls(oid, parameters)

    def encode(self) -> bytes:
        """The SEQUENCE, DER."""
        return der.sequence(der.oid(self.oid), self.parameters or b"")

    @property
    def bare(self) -> bool:
        """Whether the parameters are absent or NULL."""
        return self.parameters in (None, b"\x05\x00")


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
        """A fresh digest with `update` and `digest`."""
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
# O'zDSt 1106:2009 algorithm 2 (A) and O'z MSt 285:2024: GOST R 34.11-94 by two names, in Python and so slow.
OZDST_1106: Final = Digest("ozdst-1106", "1.2.860.3.15.1.3.2.1.1", gost.SIZE, gost.Hash, None, 1 << 11)
OZMST_285: Final = Digest("ozmst-285", "1.2.860.3.15.2.3.2.1.1", gost.SIZE, gost.Hash, None, 1 << 11)

DIGESTS: Final = {
    row.oid: row
    for row in (
        *(SHA1, SHA224, SHA256, SHA384, SHA512, SHA3_256, SHA3_384, SHA3_512),
        *(OZDST_1106, OZMST_285),
    )
}


def digest(identifier: AlgorithmIdentifier) -> Digest:
    """The digest that `identifier` names.

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm` when there is no such row, or it bears parameters.
    """
    row = DIGESTS.get(identifier.oid)
    if row is None or not identifier.bare:
        raise UnsupportedAlgorithm(algorithm=identifier.oid, where="digestAlgorithm")
    return row


Verify = Callable[[PublicKey, bytes, bytes], None]
Sign = Callable[[PrivateKey, bytes], bytes]


@dataclass(frozen=True, slots=True)
class SignatureScheme:
    """A signature algorithm with all its parameters fixed.

    `verify(public_key, signature, message)` raises `InvalidSignature`; use `is_valid`. `digest` is None where
    the algorithm takes the whole message (EdDSA, ML-DSA): then `attribute_digest` is the one for CMS.
    """

    name: str
    identifier: AlgorithmIdentifier
    key_kind: str
    digest: Digest | None
    attribute_digest: Digest
    verify: Verify
    sign: Sign

    def is_valid(self, public_key: PublicKey, signature: bytes, message: bytes) -> bool:
        """Whether `signature` over `message` is good under `public_key`; a key of another kind is not."""
        if key_kind(public_key) != self.key_kind:
            return False
        try:
            self.verify(public_key, signature, message)
        except (InvalidSignature, ValueError, TypeError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class KeyDescription:
    """What a public key is.

    `kind` as in the table (`rsa`, `ec`, `ed25519`, `ml-dsa-65`, `gost-2001` ...), curve, size in bits.
    """

    kind: str
    bits: int
    curve: str = ""


_KINDS: Final[tuple[tuple[type, str], ...]] = (
    (rsa.RSAPublicKey, "rsa"),
    (ec.EllipticCurvePublicKey, "ec"),
    (ed25519.Ed25519PublicKey, "ed25519"),
    (ed448.Ed448PublicKey, "ed448"),
    (mldsa.MLDSA44PublicKey, "ml-dsa-44"),
    (mldsa.MLDSA65PublicKey, "ml-dsa-65"),
    (mldsa.MLDSA87PublicKey, "ml-dsa-87"),
    (gost.PublicKey, "gost-2001"),
)
_FIXED_BITS: Final = {
    "ed25519": 256,
    "ed448": 448,
    "ml-dsa-44": 10496,
    "ml-dsa-65": 15616,
    "ml-dsa-87": 20736,
}


def key_kind(public_key: PublicKey) -> str:
    """The kind of a public key as the table names it; empty for one that is not in the table."""
    return next((kind for cls, kind in _KINDS if isinstance(public_key, cls)), "")


def describe_key(public_key: PublicKey) -> KeyDescription:
    """Kind, size and curve of a public key."""
    kind = key_kind(public_key)
    if kind == "ec":
        return KeyDescription(kind, public_key.curve.key_size, public_key.curve.name)
    if kind == "rsa":
        return KeyDescription(kind, public_key.key_size)
    if kind == "gost-2001":
        return KeyDescription(kind, public_key.curve.q.bit_length(), public_key.curve.name)
    return KeyDescription(kind or type(public_key).__name__, _FIXED_BITS.get(kind, 0))


def _ecdsa(name: str, oid: str, by: Digest) -> SignatureScheme:
    algorithm = ec.ECDSA(by.primitive)
    return SignatureScheme(
        name,
        AlgorithmIdentifier(oid),
        "ec",
        by,
        by,
        lambda key, signature, message: key.verify(signature, message, algorithm),
        lambda key, message: key.sign(message, algorithm),
    )


def _pkcs1(name: str, oid: str, by: Digest) -> SignatureScheme:
    pad = padding.PKCS1v15()
    return SignatureScheme(
        name,
        AlgorithmIdentifier(oid, der.null()),
        "rsa",
        by,
        by,
        lambda key, signature, message: key.verify(signature, message, pad, by.primitive),
        lambda key, message: key.sign(message, pad, by.primitive),
    )


def _of_key(
    name: str,
    oid: str,
    kind: str,
    by: Digest,
    *,
    hashes_by: Digest | None = None,
    verify: Verify | None = None,
) -> SignatureScheme:
    """A scheme that a key has of itself: its own calls take the message."""
    return SignatureScheme(
        name,
        AlgorithmIdentifier(oid, der.null() if hashes_by else None),
        kind,
        hashes_by,
        by,
        verify or (lambda key, signature, message: key.verify(signature, message)),
        lambda key, message: key.sign(message),
    )


_CURVE25519_PRIME: Final = 2**255 - 19
_ORDER_8: Final = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
_SMALL_ORDER: Final = frozenset((_CURVE25519_PRIME + 1,)).union(
    *((y, _CURVE25519_PRIME - y) for y in (0, 1, int.from_bytes(bytes.fromhex(_ORDER_8), "little")))
)
"""The y-coordinates of the points of order 1, 2, 4 and 8, those over the prime too (RFC 8032 §5.1.3)."""


def _verify_ed25519(key: PublicKey, signature: bytes, message: bytes) -> None:
    # Under a key of small order anybody can sign anything, and prove to possess it.
    if int.from_bytes(key.public_bytes_raw(), "little") % 2**255 in _SMALL_ORDER:
        raise InvalidSignature
    key.verify(signature, message)


PSS_OID: Final = "1.2.840.113549.1.1.10"
MGF1_OID: Final = "1.2.840.113549.1.1.8"
RSA_OID: Final = "1.2.840.113549.1.1.1"
EC_OID: Final = "1.2.840.10045.2.1"
OZDST_1092_OID: Final = "1.2.860.3.15.1.1.2.1"
OZMST_286_OID: Final = "1.2.860.3.15.2.1.2.1"


def digest_and_mask(by: Digest, mask: Digest) -> tuple[bytes, bytes]:
    """The fields [0] and [1] that RSASSA-PSS-params and RSAES-OAEP-params begin with (RFC 4055 §3.1)."""
    first, second = (der.sequence(der.oid(row.oid), der.null()) for row in (by, mask))
    return der.explicit(0, first), der.explicit(1, der.sequence(der.oid(MGF1_OID), second))


def read_digest_and_mask(fields: der.Fields) -> tuple[Digest, Digest]:
    """The digest and that of MGF1 from the fields [0] and [1]; absent ones mean SHA-1 (RFC 4055 §3.1).

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm` for another mask function or digest.
    """
    by = mask = SHA1
    if found := fields.optional(der.context(0)):
        by = digest(AlgorithmIdentifier.read(found.only()))
    if found := fields.optional(der.context(1)):
        generator = AlgorithmIdentifier.read(found.only())
        if generator.oid != MGF1_OID or generator.parameters is None:
            raise UnsupportedAlgorithm(algorithm=generator.oid, where="maskGenAlgorithm")
        mask = digest(AlgorithmIdentifier.read(der.decode(generator.parameters)))
    return by, mask


@lru_cache(maxsize=64)
def pss(by: Digest, salt_length: int, mask: Digest | None = None) -> SignatureScheme:
    """RSASSA-PSS with these parameters (RFC 4056 §3); `mask` is the digest of MGF1, `by` when None.

    RFC 4055 §2.1: here, unlike elsewhere, the digests are written with NULL parameters.
    """
    mask = mask or by
    primitive, scheme = by.primitive, padding.PSS(padding.MGF1(mask.primitive), salt_length)
    parameters = der.sequence(
        *digest_and_mask(by, mask),
        der.explicit(2, der.integer(salt_length)),
    )
    return SignatureScheme(
        f"rsa-pss-{by.name}",
        AlgorithmIdentifier(PSS_OID, parameters),
        "rsa",
        by,
        by,
        lambda key, signature, message: key.verify(signature, message, scheme, primitive),
        lambda key, message: key.sign(message, scheme, primitive),
    )


def read_pss(parameters: bytes | None) -> SignatureScheme:
    """The scheme of RSASSA-PSS-params (RFC 4055 §3.1); absent fields mean SHA-1, MGF1 with SHA-1, salt 20.

    Raises:
        MalformedInput: `malformed-input`.
        UnsupportedAlgorithm: `unsupported-algorithm` for another mask function or trailer.
    """
    if parameters is None:
        raise MalformedInput(found="RSASSA-PSS without parameters", where="signatureAlgorithm")
    fields = der.Fields.of(der.decode(parameters), "RSASSA-PSS-params")
    by, mask = read_digest_and_mask(fields)
    salt = 20
    if found := fields.optional(der.context(2)):
        salt = found.only().integer()
    if (found := fields.optional(der.context(3))) and found.only().integer() != 1:
        raise UnsupportedAlgorithm(algorithm="RSASSA-PSS trailer", where="trailerField")
    fields.end()
    if not 0 <= salt <= 512:
        raise UnsupportedAlgorithm(algorithm=f"RSASSA-PSS salt of {salt} octets", where="saltLength")
    return pss(by, salt, mask)


ECDSA_SHA256: Final = _ecdsa("ecdsa-sha256", "1.2.840.10045.4.3.2", SHA256)
ECDSA_SHA384: Final = _ecdsa("ecdsa-sha384", "1.2.840.10045.4.3.3", SHA384)
ECDSA_SHA512: Final = _ecdsa("ecdsa-sha512", "1.2.840.10045.4.3.4", SHA512)
RSA_SHA256: Final = _pkcs1("rsa-sha256", "1.2.840.113549.1.1.11", SHA256)
RSA_SHA384: Final = _pkcs1("rsa-sha384", "1.2.840.113549.1.1.12", SHA384)
RSA_SHA512: Final = _pkcs1("rsa-sha512", "1.2.840.113549.1.1.13", SHA512)
ED25519: Final = _of_key("ed25519", "1.3.101.112", "ed25519", SHA512, verify=_verify_ed25519)
ML_DSA_44: Final = _of_key("ml-dsa-44", "2.16.840.1.101.3.4.3.17", "ml-dsa-44", SHA512)
ML_DSA_65: Final = _of_key("ml-dsa-65", "2.16.840.1.101.3.4.3.18", "ml-dsa-65", SHA512)
ML_DSA_87: Final = _of_key("ml-dsa-87", "2.16.840.1.101.3.4.3.19", "ml-dsa-87", SHA512)
OZDST_1092: Final = _of_key(
    "ozdst-1092", "1.2.860.3.15.1.1.2.2.2.2", "gost-2001", OZDST_1106, hashes_by=OZDST_1106
)
OZMST_286: Final = _of_key(
    "ozmst-286", "1.2.860.3.15.2.1.2.2.2.2", "gost-2001", OZMST_285, hashes_by=OZMST_285
)

SIGNATURES: Final = {
    row.identifier.oid: row
    for row in (
        _ecdsa("ecdsa-sha1", "1.2.840.10045.4.1", SHA1),
        _ecdsa("ecdsa-sha224", "1.2.840.10045.4.3.1", SHA224),
        ECDSA_SHA256,
        ECDSA_SHA384,
        ECDSA_SHA512,
        _ecdsa("ecdsa-sha3-256", "2.16.840.1.101.3.4.3.10", SHA3_256),
        _ecdsa("ecdsa-sha3-384", "2.16.840.1.101.3.4.3.11", SHA3_384),
        _ecdsa("ecdsa-sha3-512", "2.16.840.1.101.3.4.3.12", SHA3_512),
        _pkcs1("rsa-sha1", "1.2.840.113549.1.1.5", SHA1),
        _pkcs1("rsa-sha224", "1.2.840.113549.1.1.14", SHA224),
        RSA_SHA256,
        RSA_SHA384,
        RSA_SHA512,
        ED25519,
        ML_DSA_44,
        ML_DSA_65,
        ML_DSA_87,
        OZDST_1092,
        OZMST_286,
    )
}
_KEY_OIDS: Final = {"rsa": (RSA_OID,), "ec": (EC_OID,), "gost-2001": (OZDST_1092_OID, OZMST_286_OID)}
_BY_KEY_AND_DIGEST: Final = {
    (oid, row.digest.oid): row for row in SIGNATURES.values() if row.digest for oid in _KEY_OIDS[row.key_kind]
}


def signature_scheme(identifier: AlgorithmIdentifier, by: Digest | None = None) -> SignatureScheme:
    """The scheme that `identifier` names; `by` is CMS's digestAlgorithm, for names that leave the digest out.

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm` when there is no such row or its parameters are not its
        own. MalformedInput: `malformed-input` in the parameters.
    """
    if identifier.oid == PSS_OID:
        return read_pss(identifier.parameters)
    row = SIGNATURES.get(identifier.oid)
    if row is None and by is not None:
        row = _BY_KEY_AND_DIGEST.get((identifier.oid, by.oid))
    if row is None or not identifier.bare:
        raise UnsupportedAlgorithm(algorithm=identifier.oid, where="signatureAlgorithm")
    return row


_CURVE_SCHEMES: Final = {"secp384r1": ECDSA_SHA384, "secp521r1": ECDSA_SHA512}
_KIND_SCHEMES: Final = {row.key_kind: row for row in (ED25519, ML_DSA_44, ML_DSA_65, ML_DSA_87)}


def default_scheme(public_key: PublicKey) -> SignatureScheme:
    """The scheme that we sign with for a key: ECDSA by curve, RSASSA-PSS with SHA-256, EdDSA, ML-DSA.

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm` for a key that signs nothing.
    """
    described = describe_key(public_key)
    if described.kind == "ec":
        return _CURVE_SCHEMES.get(described.curve, ECDSA_SHA256)
    if described.kind == "rsa":
        return pss(SHA256, 32)
    if described.kind in _KIND_SCHEMES:
        return _KIND_SCHEMES[described.kind]
    raise UnsupportedAlgorithm(algorithm=described.kind, where="key")
