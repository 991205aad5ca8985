"""The content of an envelope under its key: sealed, and opened."""

import secrets
from collections.abc import Callable, Iterable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from esign import cades, der, enveloped
from esign.algorithms import AlgorithmIdentifier
from esign.attributes import encode_attributes
from esign.ciphers import ContentCipher
from esign.cms import DATA
from esign.enveloped import AuthEnvelopedData, ContentEncryption, Envelope
from esign.errors import LimitExceeded, MalformedInput
from esign.key_derivation import content_key

NONCE: Final = 12
TAG: Final = 16
MAX_UNDER_GCM: Final = (1 << 36) - 32
"""Octets that AES-GCM closes under one key and nonce, about 64 GiB (NIST SP 800-38D §5.2.1.1)."""
_AT_ONCE: Final = 1 << 20
_NONCE_OF_12: Final = b"\x30\x11\x04\x0c"
_TAG_OF_16: Final = b"\x02\x01\x10"

Open = Callable[[bytes], bytes | None]
"""The content under a key; None when it is not the content's key, or what was sealed has changed."""


def authenticated_attributes(content_type: str) -> bytes:
    """The SET OF attributes that AES-GCM authenticates: the content type unless it is id-data, else none.

    RFC 5083 §2.1: authAttrs MUST be present if the content type is not id-data.
    """
    return b"" if content_type == DATA else encode_attributes([cades.content_type(content_type)])


def new_encryption(row: ContentCipher, *, derived: bool) -> tuple[ContentEncryption, bytes]:
    """A contentEncryptionAlgorithm with its fresh nonce (12 octets) or initialization vector."""
    vector = secrets.token_bytes(NONCE if row.authenticated else row.block)
    octets = der.octet_string(vector)
    parameters = der.sequence(octets, _TAG_OF_16) if row.authenticated else octets
    return ContentEncryption(AlgorithmIdentifier(row.oid, parameters), derived), vector


def seal(
    content: bytes,
    row: ContentCipher,
    *,
    key: bytes,
    infos: Iterable[bytes],
    content_type: str,
    derived: bool,
) -> bytes:
    """The ContentInfo of an envelope: AuthEnvelopedData for AES-GCM, else EnvelopedData."""
    encryption, vector = new_encryption(row, derived=derived)
    if derived:
        key = content_key(key, encryption.cipher)
    if not row.authenticated:
        closed = encrypt_cbc(row, key, vector, content)
        return enveloped.encode_enveloped(infos, encryption, closed, content_type=content_type)
    attributes = authenticated_attributes(content_type)
    sealed = AESGCM(key).encrypt(vector, content, attributes)
    return enveloped.encode_auth_enveloped(
        infos,
        encryption,
        sealed[:-TAG],
        mac=sealed[-TAG:],
        attributes=attributes,
        content_type=content_type,
    )


def encrypt_cbc(row: ContentCipher, key: bytes, vector: bytes, content: bytes) -> bytes:
    """`content` with its padding, in CBC (RFC 5652 §6.3)."""
    padder = padding.PKCS7(8 * row.block).padder()
    encryptor = Cipher(row.primitive(key), modes.CBC(vector)).encryptor()
    return encryptor.update(padder.update(content) + padder.finalize()) + encryptor.finalize()


def demand_room(row: ContentCipher, size: int, limit: int = MAX_UNDER_GCM) -> None:
    """Content of `size` octets must be no more than the cipher closes under one key.

    Raises:
        LimitExceeded: `content-over-cipher`.
    """
    if row.authenticated and size > limit:
        raise LimitExceeded(
            "content-over-cipher",
            clause="RFC 5084 §1.5",
            where="encryptedContent",
            found=size,
            limit=limit,
            algorithm=row.name,
        )


def opener(found: Envelope, row: ContentCipher) -> Open:
    """What opens the content of `found` under a content-encryption key of the size of `row`.

    Raises:
        MalformedInput: `encrypted-content-missing`, `malformed-input` for a wrong nonce, vector or tag, and
            those of `AuthEnvelopedData.authenticated_message`.
    """
    if found.encrypted is None:
        raise MalformedInput("encrypted-content-missing", clause="RFC 5652 §6.1", where="encryptedContent")
    octets = found.encrypted.octets()
    opened = _gcm(found, octets) if isinstance(found, AuthEnvelopedData) else _cbc(found.cipher, row, octets)
    if not found.encryption.derived:
        return opened
    return lambda key: opened(content_key(key, found.cipher))


def _cbc(cipher: AlgorithmIdentifier, row: ContentCipher, octets: bytes) -> Open:
    vector = read_vector(cipher, row)
    return lambda key: _open_cbc(row, key, vector, octets)


def read_vector(cipher: AlgorithmIdentifier, row: ContentCipher) -> bytes:
    """The initialization vector of CBC: one block.

    Raises:
        MalformedInput: `malformed-input`.
    """
    where = "contentEncryptionAlgorithm"
    element = der.decode(cipher.parameters or der.null(), where=where)
    if element.tag != der.OCTET_STRING or len(element.content) != row.block:
        raise MalformedInput(found="an initialization vector of a wrong length", where=where)
    return element.content


def _open_cbc(row: ContentCipher, key: bytes, vector: bytes, octets: bytes) -> bytes | None:
    decryptor = Cipher(row.primitive(key), modes.CBC(vector)).decryptor()
    unpadder = padding.PKCS7(8 * row.block).unpadder()
    try:
        padded = decryptor.update(octets) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        return None


def _gcm(found: AuthEnvelopedData, octets: bytes) -> Open:
    nonce, mac, attributes = read_nonce(found), found.mac, found.authenticated_message()
    if len(mac) == TAG and len(octets) <= _AT_ONCE:
        closed = octets + mac
        return lambda key: _open_at_once(key, nonce, closed, attributes)
    return lambda key: _open_gcm(key, nonce, octets, mac=mac, attributes=attributes)


def read_nonce(found: AuthEnvelopedData) -> bytes:
    """The nonce of AES-GCM; the tag must be as long as its parameters say.

    Raises:
        MalformedInput: `malformed-input`.
    """
    parameters = found.cipher.parameters or der.null()
    head, tail = parameters[:4], parameters[16:]
    if head == _NONCE_OF_12 and tail == _TAG_OF_16 and len(found.mac) == TAG:
        # As nearly all write it; everything else is taken apart.
        return parameters[4:16]
    where = "GCMParameters"
    fields = der.Fields.of(der.decode(parameters, where=where), where)
    nonce = fields.take(der.OCTET_STRING).content
    length = fields.optional(der.INTEGER)
    fields.end()
    # RFC 5084 §3.2: aes-ICVlen is 12 to 16 octets, 12 when it is left out.
    size = length.integer() if length else 12
    if not 12 <= size <= TAG or len(found.mac) != size or not 8 <= len(nonce) <= 128:
        raise MalformedInput(found="a nonce or tag of a wrong length", where=where, clause="RFC 5084 §3.2")
    return nonce


def _open_at_once(key: bytes, nonce: bytes, closed: bytes, attributes: bytes) -> bytes | None:
    try:
        return AESGCM(key).decrypt(nonce, closed, attributes)
    except InvalidTag:
        return None


def _open_gcm(key: bytes, nonce: bytes, octets: bytes, *, mac: bytes, attributes: bytes) -> bytes | None:
    mode = modes.GCM(nonce, mac, min_tag_length=len(mac))
    decryptor = Cipher(AES(key), mode).decryptor()
    decryptor.authenticate_additional_data(attributes)
    content = decryptor.update(octets)
    try:
        return content + decryptor.finalize()
    except InvalidTag:
        return None
