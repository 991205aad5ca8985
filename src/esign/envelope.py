"""Content encrypted for the holders of certificates, and opened with their keys.

AES-GCM makes AuthEnvelopedData (RFC 5083, RFC 5084), AES-CBC EnvelopedData (RFC 5652 §6). RSA recipients get
the key by RSAES-OAEP with SHA-256 (RFC 3560), recipients on a curve by ephemeral-static ECDH (RFC 5753), one
ephemeral key for all on one curve. RSA with PKCS#1 v1.5 is opened and never made. Whether a certificate is
valid and is the recipient's is asked in `esign.validation`; whether CBC, which nothing authenticates, is
acceptable, a policy says.

    data = encrypt(content, [Certificate.load(pem)])
    decrypt(data, [Decryptor.from_pem(key, certificate)]).content
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.exceptions import UnsupportedAlgorithm as ForeignUnsupported
from cryptography.hazmat.primitives import keywrap, padding
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from esign import cades, cms, der, enveloped
from esign.algorithms import EC_OID, RSA_OID, SHA256, AlgorithmIdentifier
from esign.attributes import encode_attributes
from esign.ciphers import (
    AES256_WRAP_OID,
    CIPHER_NAMES,
    CIPHERS,
    ECDH_KDFS,
    ECDH_SHA256_KDF_OID,
    KEY_WRAP_SIZES,
    ContentCipher,
    KeyTransportScheme,
    key_transport_scheme,
    oaep,
)
from esign.enveloped import (
    AuthEnvelopedData,
    EncryptedKey,
    EnvelopedData,
    KeyAgreement,
    KeyTransport,
    OtherRecipient,
    RecipientId,
    read_envelope,
    read_recipients,
)
from esign.errors import (
    DecryptionFailed,
    MalformedInput,
    NotARecipient,
    RecipientRefused,
    UnsupportedAlgorithm,
)
from esign.keys import Decryptor
from esign.x509 import Certificate

__all__ = ["Decrypted", "RecipientId", "decrypt", "encrypt", "read_envelope", "read_recipients"]

_BLOCK: Final = 16
_NONCE: Final = 12
_TAG: Final = 16
_MAX_ATTEMPTS: Final = 16
_WRAP: Final = AlgorithmIdentifier(AES256_WRAP_OID)
_AGREEMENT: Final = AlgorithmIdentifier(ECDH_SHA256_KDF_OID, _WRAP.encode())
_TRANSPORT: Final = oaep(SHA256)


# --- encrypting ---


def encrypt(
    content: bytes,
    recipients: Sequence[Certificate],
    *,
    cipher: str = "aes-256-gcm",
    content_type: str = cms.DATA,
) -> bytes:
    """A ContentInfo with `content` encrypted for the holders of `recipients`, DER.

    `cipher` is the name of a row: `aes-256-gcm` (AuthEnvelopedData), `aes-256-cbc` (EnvelopedData), and 128,
    192. A certificate given twice gets one key. The certificates are not validated here, only their keyUsage
    is judged.

    Raises:
        RecipientRefused: `recipient-key-usage`, `recipient-key-kind`.
        UnsupportedAlgorithm: `unsupported-algorithm` for another cipher, or a key that is not known.
        ValueError: `recipients` is empty.
    """
    row = CIPHER_NAMES.get(cipher)
    if row is None:
        raise UnsupportedAlgorithm(algorithm=cipher, where="cipher")
    if not recipients:
        raise ValueError("an envelope without recipients")
    key = secrets.token_bytes(row.key_size)
    infos = list(_recipient_infos(dict.fromkeys(recipients), key))
    if row.authenticated:
        return _auth_enveloped(content, row, key, infos, content_type)
    vector = secrets.token_bytes(_BLOCK)
    identifier = AlgorithmIdentifier(row.oid, der.octet_string(vector))
    encrypted = _encrypt_cbc(key, vector, content)
    return enveloped.encode_enveloped(infos, identifier, encrypted, content_type=content_type)


def _auth_enveloped(
    content: bytes, row: ContentCipher, key: bytes, infos: Iterable[bytes], content_type: str
) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    identifier = AlgorithmIdentifier(row.oid, der.sequence(der.octet_string(nonce), der.integer(_TAG)))
    attributes = b"" if content_type == cms.DATA else encode_attributes([cades.content_type(content_type)])
    encryptor = Cipher(algorithms.AES(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(attributes)
    encrypted = encryptor.update(content) + encryptor.finalize()
    return enveloped.encode_auth_enveloped(
        infos, identifier, encrypted, mac=encryptor.tag, attributes=attributes, content_type=content_type
    )


def _encrypt_cbc(key: bytes, vector: bytes, content: bytes) -> bytes:
    padder = padding.PKCS7(8 * _BLOCK).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return encryptor.update(padder.update(content) + padder.finalize()) + encryptor.finalize()


def _recipient_infos(recipients: Iterable[Certificate], key: bytes) -> Iterator[bytes]:
    by_curve: dict[str, list[tuple[Certificate, Any]]] = {}
    for certificate in recipients:
        public = certificate.public_key
        if isinstance(public, rsa.RSAPublicKey):
            _demand(certificate, "keyEncipherment")
            yield _transport(certificate, public, key)
        elif isinstance(public, ec.EllipticCurvePublicKey):
            _demand(certificate, "keyAgreement")
            by_curve.setdefault(public.curve.name, []).append((certificate, public))
        else:
            raise RecipientRefused("recipient-key-kind", subject=certificate.subject.text)
    for holders in by_curve.values():
        yield _agreement(holders, key)


def _demand(certificate: Certificate, usage: str) -> None:
    allowed = certificate.key_usage
    if allowed is not None and usage not in allowed:
        raise RecipientRefused(clause="RFC 5280 §4.2.1.3", subject=certificate.subject.text, wanted=usage)


def _transport(certificate: Certificate, public: rsa.RSAPublicKey, key: bytes) -> bytes:
    identifier = cms.issuer_and_serial(certificate)
    encrypted = public.encrypt(key, _TRANSPORT.padding)
    return enveloped.encode_key_transport(identifier, _TRANSPORT.identifier, encrypted)


def _agreement(holders: Iterable[tuple[Certificate, Any]], key: bytes) -> bytes:
    pairs = list(holders)
    ephemeral = ec.generate_private_key(pairs[0][1].curve)
    return enveloped.encode_key_agreement(
        AlgorithmIdentifier(EC_OID),
        _point(ephemeral.public_key()),
        _AGREEMENT,
        (
            (
                cms.issuer_and_serial(certificate),
                keywrap.aes_key_wrap(_agreed_key(ephemeral, public, _AGREEMENT, _WRAP, None), key),
            )
            for certificate, public in pairs
        ),
    )


def _point(public: ec.EllipticCurvePublicKey) -> bytes:
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _agreed_key(
    private: ec.EllipticCurvePrivateKey,
    public: ec.EllipticCurvePublicKey,
    algorithm: AlgorithmIdentifier,
    wrap: AlgorithmIdentifier,
    material: bytes | None,
) -> bytes:
    size = KEY_WRAP_SIZES[wrap.oid]
    # RFC 5753 §7.2: keyInfo is the key wrap with its parameters, suppPubInfo the length of its key in bits.
    shared_info = der.sequence(
        wrap.encode(),
        b"" if material is None else der.explicit(0, der.octet_string(material)),
        der.explicit(2, der.octet_string((8 * size).to_bytes(4, "big"))),
    )
    secret = private.exchange(ec.ECDH(), public)
    return X963KDF(ECDH_KDFS[algorithm.oid].primitive, size, shared_info).derive(secret)


# --- decrypting ---


@dataclass(frozen=True, slots=True)
class Decrypted:
    """What an envelope held.

    `authenticated` is False for CBC: the content may have been changed by anyone.
    """

    content: bytes = field(repr=False)
    content_type: str
    cipher: str
    recipient: RecipientId
    authenticated: bool


_Unwrap = Callable[[], bytes | None]
_Open = Callable[[bytes], bytes | None]


def decrypt(data: bytes, keys: Sequence[Decryptor]) -> Decrypted:
    """The content of EnvelopedData or AuthEnvelopedData, BER or DER, opened with whichever of `keys` fits.

    A key with a certificate fits the recipients that name it; one without fits those of its kind and size.
    Every failure to open looks alike: a content-encryption key that does not come out is replaced by a random
    one, so that the content is decrypted in any case (RFC 3218 §2.3.2).

    Raises:
        NotARecipient: `not-a-recipient`. DecryptionFailed: `decryption-failed`. UnsupportedAlgorithm:
        `unsupported-algorithm` for the cipher, or the key encryption of every fitting recipient.
        MalformedInput: `malformed-input`, `cms-malformed`, `cms-wrong-content-type`, `encrypted-content-
        missing`,
            `attribute-missing`, `content-type-mismatch`, `attribute-repeated`, `attribute-values`.
        LimitExceeded: `limit-exceeded` over 10,000 recipients.
    """
    found = read_envelope(data)
    row = CIPHERS.get(found.cipher.oid)
    if row is None or row.authenticated != found.authenticated:
        raise UnsupportedAlgorithm(algorithm=found.cipher_name, where="contentEncryptionAlgorithm")
    opener = _opener(found)
    for encrypted_key, unwrap in _candidates(found, keys):
        substitute = secrets.token_bytes(row.key_size)
        key = unwrap()
        content = opener(key if key is not None and len(key) == row.key_size else substitute)
        if content is not None:
            return Decrypted(
                content, found.content_type, row.name, encrypted_key.recipient, found.authenticated
            )
    raise DecryptionFailed


def _opener(found: EnvelopedData | AuthEnvelopedData) -> _Open:
    if found.encrypted is None:
        raise MalformedInput("encrypted-content-missing", clause="RFC 5652 §6.1", where="encryptedContent")
    octets = found.encrypted.octets()
    if isinstance(found, EnvelopedData):
        vector = _vector(found.cipher)
        return lambda key: _open_cbc(key, vector, octets)
    nonce, mac, attributes = _nonce(found), found.mac, found.authenticated_message()
    return lambda key: _open_gcm(key, nonce, octets, mac=mac, attributes=attributes)


def _vector(cipher: AlgorithmIdentifier) -> bytes:
    where = "contentEncryptionAlgorithm"
    element = der.decode(cipher.parameters or der.null(), where=where)
    if element.tag != der.OCTET_STRING or len(element.content) != _BLOCK:
        raise MalformedInput(found="an initialization vector of a wrong length", where=where)
    return element.content


def _nonce(found: AuthEnvelopedData) -> bytes:
    where = "GCMParameters"
    fields = der.Fields.of(der.decode(found.cipher.parameters or der.null(), where=where), where)
    nonce = fields.take(der.OCTET_STRING).content
    length = fields.optional(der.INTEGER)
    fields.end()
    # RFC 5084 §3.2: aes-ICVlen is 12 to 16 octets, 12 when it is left out.
    size = length.integer() if length else 12
    if not 12 <= size <= 16 or len(found.mac) != size or not 8 <= len(nonce) <= 128:
        raise MalformedInput(found="a nonce or tag of a wrong length", where=where, clause="RFC 5084 §3.2")
    return nonce


def _open_cbc(key: bytes, vector: bytes, octets: bytes) -> bytes | None:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    unpadder = padding.PKCS7(8 * _BLOCK).unpadder()
    try:
        padded = decryptor.update(octets) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        return None


def _open_gcm(key: bytes, nonce: bytes, octets: bytes, *, mac: bytes, attributes: bytes) -> bytes | None:
    mode = modes.GCM(nonce, mac, min_tag_length=len(mac))
    decryptor = Cipher(algorithms.AES(key), mode).decryptor()
    decryptor.authenticate_additional_data(attributes)
    content = decryptor.update(octets)
    try:
        return content + decryptor.finalize()
    except InvalidTag:
        return None


def _candidates(
    found: EnvelopedData | AuthEnvelopedData, keys: Iterable[Decryptor]
) -> list[tuple[EncryptedKey, _Unwrap]]:
    supported: list[tuple[EncryptedKey, _Unwrap]] = []
    refused: UnsupportedAlgorithm | None = None
    # A hostile envelope can name one recipient ten thousand times: attempts are bounded.
    for info, encrypted_key, key in islice(_fitting(found, keys), _MAX_ATTEMPTS):
        try:
            supported.append((encrypted_key, _unwrapper(info, encrypted_key, key.private)))
        except UnsupportedAlgorithm as e:
            refused = e
    if not supported:
        raise refused or NotARecipient
    return supported


_Fit = tuple[KeyTransport | KeyAgreement, EncryptedKey, Decryptor]


def _fitting(found: EnvelopedData | AuthEnvelopedData, keys: Iterable[Decryptor]) -> Iterator[_Fit]:
    for key in keys:
        certificate = None if key.certificate is None else _load(key.certificate)
        fits = (
            (info, encrypted_key, key)
            for info in found.recipients
            if not isinstance(info, OtherRecipient) and _is_for(info, key.private)
            for encrypted_key in info.keys
            if _names(info, encrypted_key, certificate, key)
        )
        yield from fits if certificate else _told_apart(list(fits))


def _told_apart(fits: list[_Fit]) -> list[_Fit]:
    # RFC 3218 §2.3: PKCS#1 v1.5 does not tell a wrong key from a right one, so it is not tried on a guess.
    if len(fits) == 1:
        return fits
    return [fit for fit in fits if fit[1].recipient.algorithm.oid != RSA_OID]


def _is_for(info: KeyTransport | KeyAgreement, private: Any) -> bool:
    kind = rsa.RSAPrivateKey if isinstance(info, KeyTransport) else ec.EllipticCurvePrivateKey
    return isinstance(private, kind)


def _names(
    info: KeyTransport | KeyAgreement,
    encrypted_key: EncryptedKey,
    certificate: Certificate | None,
    key: Decryptor,
) -> bool:
    if certificate is not None:
        return encrypted_key.recipient.names(certificate)
    size: int = (key.private.key_size + 7) // 8
    if isinstance(info, KeyTransport):
        return len(encrypted_key.octets) == size
    return len(info.originator_key or b"") == 2 * size + 1


@lru_cache(maxsize=64)
def _load(certificate: bytes) -> Certificate:
    return Certificate.load(certificate)


def _unwrapper(info: KeyTransport | KeyAgreement, encrypted_key: EncryptedKey, private: Any) -> _Unwrap:
    octets = encrypted_key.octets
    if isinstance(info, KeyTransport):
        scheme = key_transport_scheme(encrypted_key.recipient.algorithm)
        return lambda: _decrypt_key(private, scheme, octets)
    if info.originator_key is None:
        raise UnsupportedAlgorithm(algorithm="static-static ECDH", where="KeyAgreeRecipientInfo.originator")
    wrap, point = enveloped.key_wrap(info.algorithm), info.originator_key
    agreed = (info.algorithm, wrap, info.user_keying_material)
    return lambda: _unwrap_key(private, point, octets, agreed)


def _decrypt_key(private: rsa.RSAPrivateKey, scheme: KeyTransportScheme, octets: bytes) -> bytes | None:
    try:
        return private.decrypt(octets, scheme.padding)
    except (ValueError, ForeignUnsupported):
        return None


def _unwrap_key(
    private: ec.EllipticCurvePrivateKey,
    point: bytes,
    octets: bytes,
    agreed: tuple[AlgorithmIdentifier, AlgorithmIdentifier, bytes | None],
) -> bytes | None:
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(private.curve, point)
        return keywrap.aes_key_unwrap(_agreed_key(private, public, *agreed), octets)
    except (ValueError, ForeignUnsupported, keywrap.InvalidUnwrap):
        return None
