"""The one table of algorithms: object identifiers, sizes, and the call that each stands for.

The message never chooses what is acceptable: it names a row, and a policy decides on the row. A new algorithm
is a new row here (ML-DSA, the national signature), not a branch elsewhere. End dates stand in the policies of
`keys/`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import (
    ec,
    ed448,
    ed25519,
    mldsa,
    mlkem,
    padding,
    rsa,
    x25519,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from esign import der, gost
from esign.digests import DIGESTS as DIGESTS
from esign.digests import MD5 as MD5
from esign.digests import OZDST_1106 as OZDST_1106
from esign.digests import OZMST_285 as OZMST_285
from esign.digests import RIPEMD160 as RIPEMD160
from esign.digests import SHA1 as SHA1
from esign.digests import SHA3_224 as SHA3_224
from esign.digests import SHA3_256 as SHA3_256
from esign.digests import SHA3_384 as SHA3_384
from esign.digests import SHA3_512 as SHA3_512
from esign.digests import SHA224 as SHA224
from esign.digests import SHA256 as SHA256
from esign.digests import SHA384 as SHA384
from esign.digests import SHA512 as SHA512
from esign.digests import SHA512_256 as SHA512_256
from esign.digests import SHAKE256 as SHAKE256
from esign.digests import AlgorithmIdentifier as AlgorithmIdentifier
from esign.digests import Digest as Digest
from esign.digests import digest as digest
from esign.errors import MalformedInput, UnsupportedAlgorithm

PublicKey = Any
PrivateKey = Any


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
    (x25519.X25519PublicKey, "x25519"),
    (mlkem.MLKEM768PublicKey, "ml-kem-768"),
    (mlkem.MLKEM1024PublicKey, "ml-kem-1024"),
)
_FIXED_BITS: Final = {
    "ed25519": 256,
    "ed448": 448,
    "ml-dsa-44": 10496,
    "ml-dsa-65": 15616,
    "ml-dsa-87": 20736,
    "x25519": 256,
    "ml-kem-768": 9472,
    "ml-kem-1024": 12544,
}


def key_kind(public_key: PublicKey) -> str:
    """The kind of a public key as the table names it; empty for one that is not in the table."""
    found = type(public_key)
    if found not in _SEEN_KINDS:
        _SEEN_KINDS[found] = next((kind for cls, kind in _KINDS if issubclass(found, cls)), "")
    return _SEEN_KINDS[found]


_SEEN_KINDS: Final[dict[type, str]] = {}


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


def _plain_ecdsa(name: str, oid: str, by: Digest) -> SignatureScheme:
    """ECDSA with r and s as octets of one length, one after the other (BSI TR-03111 cl. 5.2.1)."""
    inner = _ecdsa(name, oid, by)

    def verify(key: PublicKey, signature: bytes, message: bytes) -> None:
        half, odd = divmod(len(signature), 2)
        if odd or half != (key.key_size + 7) // 8:
            raise InvalidSignature
        r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
        inner.verify(key, encode_dss_signature(r, s), message)

    def sign(key: PrivateKey, message: bytes) -> bytes:
        size = (key.curve.key_size + 7) // 8
        return b"".join(n.to_bytes(size, "big") for n in decode_dss_signature(inner.sign(key, message)))

    return replace(inner, verify=verify, sign=sign)


def _pkcs1(name: str, oid: str, by: Digest) -> SignatureScheme:
    pad = padding.PKCS1v15()

    def verify(key: PublicKey, signature: bytes, message: bytes) -> None:
        if by.foreign is not None:
            key.verify(signature, message, pad, by.foreign)
        elif key.recover_data_from_signature(signature, pad, None) != _digest_info(by, message, der.null()):
            raise InvalidSignature

    return SignatureScheme(
        name,
        AlgorithmIdentifier(oid, der.null()),
        "rsa",
        by,
        by,
        verify,
        lambda key, message: key.sign(message, pad, by.primitive),
    )


def _digest_info(by: Digest, message: bytes, parameters: bytes) -> bytes:
    """DigestInfo, DER (RFC 8017 §9.2)."""
    return der.sequence(der.sequence(der.oid(by.oid), parameters), der.octet_string(by.of(message)))


def lacks_null(scheme: SignatureScheme, public_key: PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether it is an RSASSA-PKCS1-v1_5 signature that is good but for NULL parameters in its DigestInfo.

    RFC 8017 §9.2 Note 1: a verifier may accept the digest's parameters left out; `is_valid` does not.
    """
    if scheme.key_kind != "rsa" or scheme.identifier.oid == PSS_OID or scheme.digest is None:
        return False
    try:
        recovered = public_key.recover_data_from_signature(signature, padding.PKCS1v15(), None)
    except (InvalidSignature, ValueError, TypeError, AttributeError):
        return False
    return bool(recovered == _digest_info(scheme.digest, message, b""))


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
ED448: Final = _of_key("ed448", "1.3.101.113", "ed448", SHAKE256)
ML_DSA_44: Final = _of_key("ml-dsa-44", "2.16.840.1.101.3.4.3.17", "ml-dsa-44", SHA512)
ML_DSA_65: Final = _of_key("ml-dsa-65", "2.16.840.1.101.3.4.3.18", "ml-dsa-65", SHA512)
ML_DSA_87: Final = _of_key("ml-dsa-87", "2.16.840.1.101.3.4.3.19", "ml-dsa-87", SHA512)
OZDST_1092: Final = _of_key(
    "ozdst-1092", "1.2.860.3.15.1.1.2.2.2.2", "gost-2001", OZDST_1106, hashes_by=OZDST_1106
)
OZMST_286: Final = _of_key(
    "ozmst-286", "1.2.860.3.15.2.1.2.2.2.2", "gost-2001", OZMST_285, hashes_by=OZMST_285
)

_BSI: Final = "0.4.0.127.0.7.1.1.4.1"
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
        ED448,
        ML_DSA_44,
        ML_DSA_65,
        ML_DSA_87,
        OZDST_1092,
        OZMST_286,
        _ecdsa("ecdsa-sha3-224", "2.16.840.1.101.3.4.3.9", SHA3_224),
        _pkcs1("rsa-sha3-224", "2.16.840.1.101.3.4.3.13", SHA3_224),
        _pkcs1("rsa-sha3-256", "2.16.840.1.101.3.4.3.14", SHA3_256),
        _pkcs1("rsa-sha3-384", "2.16.840.1.101.3.4.3.15", SHA3_384),
        _pkcs1("rsa-sha3-512", "2.16.840.1.101.3.4.3.16", SHA3_512),
        _pkcs1("rsa-sha512-256", "1.2.840.113549.1.1.16", SHA512_256),
        _pkcs1("rsa-md5", "1.2.840.113549.1.1.4", MD5),
        _pkcs1("rsa-ripemd160", "1.3.36.3.3.1.2", RIPEMD160),
        _plain_ecdsa("plain-ecdsa-sha1", f"{_BSI}.1", SHA1),
        _plain_ecdsa("plain-ecdsa-sha224", f"{_BSI}.2", SHA224),
        _plain_ecdsa("plain-ecdsa-sha256", f"{_BSI}.3", SHA256),
        _plain_ecdsa("plain-ecdsa-sha384", f"{_BSI}.4", SHA384),
        _plain_ecdsa("plain-ecdsa-sha512", f"{_BSI}.5", SHA512),
    )
}
_KEY_OIDS: Final = {"rsa": (RSA_OID,), "ec": (EC_OID,), "gost-2001": (OZDST_1092_OID, OZMST_286_OID)}
_BY_KEY_AND_DIGEST: Final = {
    (oid, row.digest.oid): row
    for row in SIGNATURES.values()
    if row.digest and not row.name.startswith("plain-")
    for oid in _KEY_OIDS[row.key_kind]
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
_KIND_SCHEMES: Final = {row.key_kind: row for row in (ED25519, ED448, ML_DSA_44, ML_DSA_65, ML_DSA_87)}


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
