"""RecipientInfos opened: which of the keys at hand may open an envelope, and the content-encryption key.

A hostile envelope can name one recipient ten thousand times, or ask for a password derivation without end:
attempts and iterations are bounded.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, Final, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm as ForeignUnsupported
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap

from esign.algorithms import RSA_OID
from esign.ciphers import (
    CIPHERS,
    KEMS,
    LEGACY_CIPHERS,
    ContentCipher,
    KeyTransportScheme,
    KeyWrap,
    key_transport_scheme,
    key_wrap,
)
from esign.envelope import password
from esign.envelope.agreement import agreed_key, load_originator, shared_info
from esign.envelope.content import read_vector
from esign.envelope.recipients import kem_info
from esign.enveloped import (
    EncryptedKey,
    Envelope,
    KeyAgreement,
    KeyEncapsulation,
    KeyTransport,
    PasswordBased,
    RecipientId,
    RecipientInfo,
    SharedKey,
    agreed_wrap,
    password_cipher,
)
from esign.errors import LimitExceeded, NotARecipient, UnsupportedAlgorithm
from esign.key_derivation import AGREEMENTS, HKDFS, MAX_ITERATIONS, PasswordDerivation, hkdf
from esign.keys import Decryptor, KeyEncryptionKey, OpeningKey, Password
from esign.x509 import Certificate

MAX_ATTEMPTS: Final = 16

Unwrap = Callable[[int], bytes | None]
"""The content-encryption key, which must be of so many octets; None when it does not come out."""


class Attempt(NamedTuple):
    """A key that may open an envelope, and for which recipient."""

    recipient: RecipientId
    unwrap: Unwrap
    key: OpeningKey


class _Fit(NamedTuple):
    info: RecipientInfo
    encrypted: EncryptedKey
    key: OpeningKey


def attempts(found: Envelope, keys: Iterable[OpeningKey], *, legacy: bool = False) -> list[Attempt]:
    """What to try, at most 16: a key with a certificate fits the recipients that name it, others by kind.

    Raises:
        NotARecipient: `not-a-recipient`.
        UnsupportedAlgorithm: `unsupported-algorithm` when the key encryption of every fitting recipient is.
        MalformedInput: `malformed-input` in the parameters of a fitting recipient.
        LimitExceeded: `limit-exceeded` over 5,000,000 iterations for passwords.
    """
    made: list[Attempt] = []
    refused: UnsupportedAlgorithm | None = None
    room = MAX_ITERATIONS
    for fit in islice(_fitting(found, keys), MAX_ATTEMPTS):
        try:
            unwrap, iterations = _unwrapper(fit, legacy)
        except UnsupportedAlgorithm as e:
            refused = e
            continue
        room -= iterations
        if room < 0:
            raise LimitExceeded(limit=MAX_ITERATIONS, found="more iterations", where="keyDerivationAlgorithm")
        made.append(Attempt(fit.encrypted.recipient, unwrap, fit.key))
    if not made:
        raise refused or NotARecipient
    return made


# --- who fits ---


def _fitting(found: Envelope, keys: Iterable[OpeningKey]) -> Iterator[_Fit]:
    for key in keys:
        if isinstance(key, Decryptor):
            yield from _decryptor_fits(found, key)
        elif isinstance(key, KeyEncryptionKey):
            yield from (
                _Fit(info, info.key, key)
                for info in found.recipients
                if isinstance(info, SharedKey) and info.key.recipient.key_identifier == key.identifier
            )
        else:
            yield from (
                _Fit(info, info.key, key) for info in found.recipients if isinstance(info, PasswordBased)
            )


def _decryptor_fits(found: Envelope, key: Decryptor) -> list[_Fit]:
    certificate = None if key.certificate is None else load_certificate(key.certificate)
    private = key.private
    fits = [
        _Fit(info, encrypted, key)
        for info in found.recipients
        if _is_for(info, private)
        for encrypted in info.keys
        if (
            _is_of_size(info, encrypted, private)
            if certificate is None
            else encrypted.recipient.certificate_id.names(certificate)
        )
    ]
    return fits if certificate is not None else _told_apart(fits)


@lru_cache(maxsize=64)
def load_certificate(certificate: bytes) -> Certificate:
    """The certificate of a key, DER; read once.

    Raises:
        MalformedInput: `certificate-malformed`.
    """
    return Certificate.load(certificate)


def _told_apart(fits: list[_Fit]) -> list[_Fit]:
    # RFC 3218 §2.3: PKCS#1 v1.5 does not tell a wrong key from a right one, so it is not tried on a guess.
    if len(fits) == 1:
        return fits
    return [fit for fit in fits if fit.encrypted.recipient.algorithm.oid != RSA_OID]


def _is_for(info: RecipientInfo, private: Any) -> bool:
    if isinstance(info, KeyEncapsulation):
        mechanism = KEMS.get(info.key.recipient.algorithm.oid)
        return mechanism is not None and mechanism.opens(private)
    return _serves(type(info), type(private))


def _serves(info: type, private: type) -> bool:
    """Whether a kind of recipient is opened with a kind of key; asked once for each pair of classes."""
    pair = (info, private)
    if pair not in _SEEN_PAIRS:
        _SEEN_PAIRS[pair] = (info is KeyTransport and issubclass(private, rsa.RSAPrivateKey)) or (
            info is KeyAgreement and issubclass(private, _AGREEING)
        )
    return _SEEN_PAIRS[pair]


_SEEN_PAIRS: Final[dict[tuple[type, type], bool]] = {}
_AGREEING: Final = (ec.EllipticCurvePrivateKey, x25519.X25519PrivateKey)


def _is_of_size(info: RecipientInfo, encrypted: EncryptedKey, private: Any) -> bool:
    if isinstance(info, KeyEncapsulation):
        return True
    if isinstance(info, KeyAgreement):
        octets = info.originator_key or b""
        if isinstance(private, x25519.X25519PrivateKey):
            return len(octets) == 32
        size: int = (private.key_size + 7) // 8
        return len(octets) in (2 * size + 1, size + 1)
    modulus: int = (private.key_size + 7) // 8
    return len(encrypted.octets) == modulus


# --- how it is unwrapped ---


def _unwrapper(fit: _Fit, legacy: bool) -> tuple[Unwrap, int]:
    """How the key comes out, and how many iterations of a password derivation that takes."""
    info, octets, key = fit.info, fit.encrypted.octets, fit.key
    if isinstance(info, PasswordBased) and isinstance(key, Password):
        return _by_password(info, key, legacy)
    if isinstance(info, SharedKey) and isinstance(key, KeyEncryptionKey):
        return _by_shared_key(info, key), 0
    private = key.private if isinstance(key, Decryptor) else None
    if isinstance(info, KeyTransport):
        return _by_transport(private, key_transport_scheme(info.key.recipient.algorithm), octets), 0
    if isinstance(info, KeyAgreement):
        return _by_agreement(info, octets, private), 0
    if isinstance(info, KeyEncapsulation):
        return _by_encapsulation(info, private), 0
    raise UnsupportedAlgorithm(algorithm=fit.encrypted.recipient.algorithm.oid, where="RecipientInfo")


def _by_transport(private: Any, scheme: KeyTransportScheme, octets: bytes) -> Unwrap:
    def unwrap(size: int) -> bytes | None:
        try:
            key: bytes | None = private.decrypt(octets, scheme.padding)
        except (ValueError, ForeignUnsupported):
            key = None
        if scheme.identifier.oid != RSA_OID:
            return key
        # RFC 3218 §2.3.2: a key that does not come out is a random one, and the failure shows elsewhere.
        substitute = secrets.token_bytes(size)
        return key if key is not None and len(key) == size else substitute

    return unwrap


def _by_agreement(info: KeyAgreement, octets: bytes, private: Any) -> Unwrap:
    originator = info.originator_key
    if originator is None:
        raise UnsupportedAlgorithm(algorithm="static-static ECDH", where="KeyAgreeRecipientInfo.originator")
    identifier = agreed_wrap(info.algorithm)
    scheme, wrap = AGREEMENTS[info.algorithm.oid], key_wrap(identifier)
    material = info.user_keying_material

    def unwrap(_: int) -> bytes | None:
        try:
            public = load_originator(private, originator)
            shared = shared_info(identifier, wrap.key_size, material)
            kek = agreed_key(private, public, scheme, wrap=wrap, info=shared)
        except (ValueError, ForeignUnsupported):
            return None
        return _unwrapped(wrap, kek, octets)

    return unwrap


def _by_encapsulation(info: KeyEncapsulation, private: Any) -> Unwrap:
    by, wrap = HKDFS.get(info.derivation.oid), key_wrap(info.wrap)
    if by is None or not info.derivation.bare:
        raise UnsupportedAlgorithm(algorithm=info.derivation.oid, where="KEMRecipientInfo.kdf")
    if info.key_size != wrap.key_size:
        # RFC 9629 §3: kekLength is the size of the key that the wrap takes.
        raise UnsupportedAlgorithm(algorithm=f"a key of {info.key_size} octets", where="kekLength")
    digest, derived = by, kem_info(info.wrap, info.key_size, info.user_keying_material)

    def unwrap(_: int) -> bytes | None:
        try:
            secret = private.decapsulate(info.ciphertext)
        except (ValueError, ForeignUnsupported):
            return None
        return _unwrapped(wrap, hkdf(digest, secret, info.key_size, info=derived), info.key.octets)

    return unwrap


def _by_shared_key(info: SharedKey, key: KeyEncryptionKey) -> Unwrap:
    wrap = key_wrap(info.key.recipient.algorithm)
    # A key of another length is nobody's: the failure is that of a wrong key.
    return lambda _: None if len(key.key) != wrap.key_size else _unwrapped(wrap, key.key, info.key.octets)


def _unwrapped(wrap: KeyWrap, kek: bytes, octets: bytes) -> bytes | None:
    try:
        return wrap.unwrap(kek, octets)
    except (InvalidUnwrap, ValueError):
        return None


def _by_password(info: PasswordBased, key: Password, legacy: bool) -> tuple[Unwrap, int]:
    inner = password_cipher(info.key.recipient.algorithm)
    row = _block_cipher(inner.oid, legacy)
    if info.derivation is None:
        raise UnsupportedAlgorithm(
            algorithm="a password without its derivation", where="keyDerivationAlgorithm"
        )
    derivation, vector = PasswordDerivation.read(info.derivation), read_vector(inner, row)
    if derivation.key_size not in (None, row.key_size):
        raise UnsupportedAlgorithm(algorithm=f"a key of {derivation.key_size} octets", where="PBKDF2-params")

    def unwrap(_: int) -> bytes | None:
        return password.unwrap(row, derivation.derive(key.octets, row.key_size), vector, info.key.octets)

    return unwrap, derivation.iterations


def _block_cipher(oid: str, legacy: bool) -> ContentCipher:
    row = CIPHERS.get(oid) or (LEGACY_CIPHERS.get(oid) if legacy else None)
    if row is None or row.authenticated:
        raise UnsupportedAlgorithm(algorithm=oid, where="keyEncryptionAlgorithm")
    return row
