"""Encrypting 10 KB to one recipient, to ten and to a hundred, and opening it: RSA-3072 and P-256."""

import secrets
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bench import peers
from bench.measure import Act, compare, show
from esign import Certificate, Decryptor, decrypt, encrypt
from esign.testing import TestPKI

PEOPLE: Final = (1, 10, 100)
DOCUMENT: Final = secrets.token_bytes(10_240)
_OAEP: Final = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def run() -> None:
    """Print every table of this module."""
    pki = TestPKI()
    for key in ("rsa-3072", "p-256"):
        keys = [pki.decryptor(f"bench{number}@test.example", key=key) for number in range(PEOPLE[-1])]
        for people in PEOPLE:
            _encrypting(key, keys[:people])
        _opening(key, keys[0])


def _encrypting(key: str, keys: list[Decryptor]) -> None:
    certificates = [Certificate.load(k.certificate or b"") for k in keys]
    each = _floor_of_encrypting(certificates)
    candidates: dict[str, Act] = {
        f"floor: {len(keys)} x {_WRAPPING[key]}, AES-256-GCM": each,
        "esign.encrypt": lambda: encrypt(DOCUMENT, certificates),
    }
    if key.startswith("rsa") and len(keys) == 1:
        name = "cryptography PKCS7EnvelopeBuilder (v1.5, AES-128-CBC)"
        candidates[name] = peers.cryptography_envelope(DOCUMENT, certificates[0].raw)
    people = "1 recipient" if len(keys) == 1 else f"{len(keys)} recipients"
    show(f"Encrypt 10 KB to {people}, {key}", compare(candidates))


_WRAPPING: Final = {"rsa-3072": "RSA-OAEP", "p-256": "ECDH and one key pair"}


def _floor_of_encrypting(certificates: list[Certificate]) -> Act:
    publics = [c.public_key for c in certificates]
    content_key, nonce = AESGCM.generate_key(256), secrets.token_bytes(12)

    def rsa_floor() -> object:
        wrapped = [p.encrypt(content_key, _OAEP) for p in publics if isinstance(p, rsa.RSAPublicKey)]
        return wrapped, AESGCM(content_key).encrypt(nonce, DOCUMENT, None)

    def ec_floor() -> object:
        own = ec.generate_private_key(ec.SECP256R1())
        agreed = [own.exchange(ec.ECDH(), p) for p in publics if isinstance(p, ec.EllipticCurvePublicKey)]
        return agreed, AESGCM(content_key).encrypt(nonce, DOCUMENT, None)

    return rsa_floor if isinstance(publics[0], rsa.RSAPublicKey) else ec_floor


def _opening(key: str, opener: Decryptor) -> None:
    certificate = Certificate.load(opener.certificate or b"")
    sealed = encrypt(DOCUMENT, [certificate])
    content_key, nonce = AESGCM.generate_key(256), secrets.token_bytes(12)
    closed = AESGCM(content_key).encrypt(nonce, DOCUMENT, None)
    unwrap = _unwrapping(opener, certificate, content_key)
    candidates: dict[str, Act] = {
        f"floor: {'RSA-OAEP' if key.startswith('rsa') else 'ECDH'}, AES-256-GCM": lambda: (
            unwrap(),
            AESGCM(content_key).decrypt(nonce, closed, None),
        ),
        "esign.decrypt": lambda: decrypt(sealed, [opener]),
    }
    if isinstance(opener.private, ec.EllipticCurvePrivateKey):
        arrived = _with_arriving_key(opener.private)
        candidates["the floor, the other key read from its point"] = lambda: (
            arrived(),
            AESGCM(content_key).decrypt(nonce, closed, None),
        )
    show(f"Open 10 KB, {key}", compare(candidates))


def _with_arriving_key(private: ec.EllipticCurvePrivateKey) -> Act:
    """One ECDH as an envelope asks for it: its ephemeral key is never one that was loaded before."""
    other = ec.generate_private_key(private.curve).public_key()
    point = other.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    curve = private.curve
    return lambda: private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(curve, point))


def _unwrapping(opener: Decryptor, certificate: Certificate, content_key: bytes) -> Act:
    private, public = opener.private, certificate.public_key
    if isinstance(private, rsa.RSAPrivateKey) and isinstance(public, rsa.RSAPublicKey):
        wrapped = public.encrypt(content_key, _OAEP)
        return lambda: private.decrypt(wrapped, _OAEP)
    if isinstance(private, ec.EllipticCurvePrivateKey):
        other = ec.generate_private_key(ec.SECP256R1()).public_key()
        return lambda: private.exchange(ec.ECDH(), other)
    raise TypeError("wanted a key of RSA or on an elliptic curve")
