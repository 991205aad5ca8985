"""A content-encryption key under a password: PWRI-KEK (RFC 3211 §2.3, RFC 5652 §6.2.4)."""

import hmac
import secrets
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, modes

from esign.ciphers import ContentCipher


def wrap(row: ContentCipher, key: bytes, vector: bytes, content_key: bytes) -> bytes:
    """`content_key` wrapped under `key` with the block cipher of `row`: CBC twice over (RFC 3211 §2.3.1)."""
    # The length, a check of three octets, the key, and random octets up to two blocks or more.
    check = bytes(0xFF ^ octet for octet in content_key[:3])
    formatted = bytes((len(content_key),)) + check + content_key
    short = max(2 * row.block - len(formatted), -len(formatted) % row.block)
    once = _cbc(row, key, vector).update(formatted + secrets.token_bytes(short))
    twice: bytes = _cbc(row, key, once[-row.block :]).update(once)
    return twice


def _cbc(row: ContentCipher, key: bytes, vector: bytes) -> Any:
    return Cipher(row.primitive(key), modes.CBC(vector)).encryptor()


def unwrap(row: ContentCipher, key: bytes, vector: bytes, wrapped: bytes) -> bytes | None:
    """What was wrapped; None when it was not under `key` (RFC 3211 §2.3.2)."""
    block = row.block
    if len(wrapped) % block or len(wrapped) < 2 * block:
        return None

    def decrypt(start: bytes, octets: bytes) -> bytes:
        made: bytes = Cipher(row.primitive(key), modes.CBC(start)).decryptor().update(octets)
        return made

    last = decrypt(wrapped[-2 * block : -block], wrapped[-block:])
    formatted = decrypt(vector, decrypt(last, wrapped))
    size, check, content_key = formatted[0], formatted[1:4], formatted[4:]
    expected = bytes(0xFF ^ octet for octet in content_key[:3])
    if not hmac.compare_digest(check, expected) or not 3 <= size <= len(content_key):
        return None
    return content_key[:size]
