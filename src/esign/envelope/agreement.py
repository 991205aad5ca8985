"""The key-encryption key that two keys on a curve agree on (RFC 5753 §3, RFC 8418 §2)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from esign import der
from esign.algorithms import EC_OID, AlgorithmIdentifier
from esign.ciphers import AES256_WRAP, KeyWrap
from esign.key_derivation import ECDH_HKDF_SHA256, ECDH_SHA256, ECDH_SHA384, ECDH_SHA512, AgreementScheme

X25519_OID: Final = "1.3.101.110"
_ECDH: Final = ec.ECDH()


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A curve that recipients are served on: how an ephemeral key is made and written, and what derives."""

    scheme: AgreementScheme
    public_key_algorithm: AlgorithmIdentifier
    generate: Callable[[], Any]
    algorithm: AlgorithmIdentifier
    """keyEncryptionAlgorithm: the derivation over an AES-256 key wrap."""


def _curve(curve: ec.EllipticCurve, scheme: AgreementScheme) -> tuple[str, Curve]:
    # RFC 5753 §7.1.2: the parameters of the originator's key are absent or NULL.
    generate = partial(ec.generate_private_key, curve)
    return curve.name, Curve(scheme, AlgorithmIdentifier(EC_OID), generate, _over_wrap(scheme))


def _over_wrap(scheme: AgreementScheme) -> AlgorithmIdentifier:
    return AlgorithmIdentifier(scheme.oid, AES256_WRAP.identifier.encode())


CURVES: Final = dict(
    (
        _curve(ec.SECP256R1(), ECDH_SHA256),
        _curve(ec.SECP384R1(), ECDH_SHA384),
        _curve(ec.SECP521R1(), ECDH_SHA512),
        _curve(ec.BrainpoolP256R1(), ECDH_SHA256),
        _curve(ec.BrainpoolP384R1(), ECDH_SHA384),
        _curve(ec.BrainpoolP512R1(), ECDH_SHA512),
        (
            "x25519",
            Curve(
                ECDH_HKDF_SHA256,
                AlgorithmIdentifier(X25519_OID),
                x25519.X25519PrivateKey.generate,
                _over_wrap(ECDH_HKDF_SHA256),
            ),
        ),
    )
)


def curve_name(public: Any) -> str:
    """The curve of a key to agree with; empty for a key of another kind."""
    if isinstance(public, ec.EllipticCurvePublicKey):
        return public.curve.name
    return "x25519" if isinstance(public, x25519.X25519PublicKey) else ""


def encode_public_key(public: Any) -> bytes:
    """An uncompressed point (X9.62), or the 32 octets of X25519."""
    if isinstance(public, ec.EllipticCurvePublicKey):
        return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    octets: bytes = public.public_bytes_raw()
    return octets


def secret_of(private: Any, public: Any) -> bytes:
    """What two keys on one curve agree on.

    Raises:
        ValueError: the keys agree on nothing.
    """
    secret: bytes = private.exchange(public) if _is_x25519(type(private)) else private.exchange(_ECDH, public)
    return secret


def _is_x25519(private: type) -> bool:
    if private not in _SEEN_KINDS:
        _SEEN_KINDS[private] = issubclass(private, x25519.X25519PrivateKey)
    return _SEEN_KINDS[private]


_SEEN_KINDS: Final[dict[type, bool]] = {}
"""An abstract class is slow to ask: each class of keys is asked once."""


def load_originator(private: Any, octets: bytes) -> Any:
    """The ephemeral public key on the curve of `private`.

    Raises:
        ValueError: it is no key on that curve.
    """
    if _is_x25519(type(private)):
        return x25519.X25519PublicKey.from_public_bytes(octets)
    return ec.EllipticCurvePublicKey.from_encoded_point(private.curve, octets)


@lru_cache(maxsize=64)
def shared_info(wrap: AlgorithmIdentifier, key_size: int, material: bytes | None) -> bytes:
    """ECC-CMS-SharedInfo, DER (RFC 5753 §7.2); `key_size` in octets.

    keyInfo is the key wrap with its parameters as they stand, suppPubInfo the length of its key in bits.
    """
    return der.sequence(
        wrap.encode(),
        b"" if material is None else der.explicit(0, der.octet_string(material)),
        der.explicit(2, der.octet_string((8 * key_size).to_bytes(4, "big"))),
    )


def agreed_key(
    private: Any,
    public: Any,
    scheme: AgreementScheme,
    *,
    wrap: KeyWrap,
    info: bytes,
) -> bytes:
    """The key-encryption key for `wrap`; `info` is the `shared_info`.

    Raises:
        ValueError: the keys agree on nothing.
    """
    return scheme.derive(secret_of(private, public), wrap.key_size, info)
