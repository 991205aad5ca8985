"""Envelopes made."""

import secrets
from collections.abc import Sequence

from esign.ciphers import CIPHER_NAMES, ContentCipher
from esign.cms import DATA
from esign.envelope.content import seal
from esign.envelope.recipients import Recipient, recipient_infos
from esign.errors import UnsupportedAlgorithm


def encrypt(
    content: bytes,
    recipients: Sequence[Recipient],
    *,
    cipher: str = "aes-256-gcm",
    content_type: str = DATA,
    derive_key: bool = False,
    user_keying_material: bytes | None = None,
) -> bytes:
    """A ContentInfo with `content` encrypted for each of `recipients`, DER.

    The certificates are not validated here, only their keyUsage is judged. A recipient given twice gets one
    key.

    Args:
        content: the octets.
        recipients: certificates (RSA, a curve, ML-KEM), keys that both sides hold, passwords.
        cipher: `aes-256-gcm` (AuthEnvelopedData), `aes-256-cbc` (EnvelopedData), and 128, 192.
        content_type: what the content is, as dotted identifier; authenticated where the cipher can.
        derive_key: derive the key of the content from the one that is sent (RFC 9709): whoever then changes
            the cipher in the envelope changes the key. Readers before 2025 do not know it.
        user_keying_material: goes into the derivations of ECDH and ML-KEM (RFC 5753 §3.1.1, RFC 9629 §3).

    Raises:
        RecipientRefused: `recipient-key-usage`, `recipient-key-kind`, `recipient-key-size`.
        UnsupportedAlgorithm: `unsupported-algorithm` for another cipher, or a key that is not known.
        ValueError: `recipients` is empty.
    """
    row = cipher_row(cipher)
    key, infos = new_key(row, recipients, user_keying_material=user_keying_material)
    return seal(content, row, key=key, infos=infos, content_type=content_type, derived=derive_key)


def new_key(
    row: ContentCipher, recipients: Sequence[Recipient], *, user_keying_material: bytes | None
) -> tuple[bytes, list[bytes]]:
    """A content-encryption key, and a RecipientInfo for each who gets it. Raises as `encrypt`."""
    if not recipients:
        raise ValueError("an envelope without recipients")
    key = secrets.token_bytes(row.key_size)
    unique = dict.fromkeys(recipients)
    return key, recipient_infos(unique, key, user_keying_material=user_keying_material)


def cipher_row(cipher: str) -> ContentCipher:
    """The row of a cipher that envelopes are made with.

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm`.
    """
    row = CIPHER_NAMES.get(cipher)
    if row is None:
        raise UnsupportedAlgorithm(algorithm=cipher, where="cipher")
    return row
