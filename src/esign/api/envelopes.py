"""Envelopes over files: sealed for their recipients, and opened."""

from collections.abc import Collection, Sequence
from typing import BinaryIO, overload

from esign import envelope as envelopes
from esign import smime
from esign.ciphers import CIPHER_NAMES
from esign.cms import read_pem_or_der
from esign.envelope import Decrypted, Recipient
from esign.errors import MalformedInput
from esign.io.sources import Source, deliver, read
from esign.keys import OpeningKey


@overload
def encrypt(
    content: Source,
    recipients: Sequence[Recipient],
    *,
    cipher: str = ...,
    out: None = ...,
    derive_key: bool = ...,
    user_keying_material: bytes | None = ...,
) -> bytes: ...


@overload
def encrypt(
    content: Source,
    recipients: Sequence[Recipient],
    *,
    cipher: str = ...,
    out: BinaryIO,
    derive_key: bool = ...,
    user_keying_material: bytes | None = ...,
) -> None: ...


def encrypt(
    content: Source,
    recipients: Sequence[Recipient],
    *,
    cipher: str = "aes-256-gcm",
    out: BinaryIO | None = None,
    derive_key: bool = False,
    user_keying_material: bytes | None = None,
) -> bytes | None:
    """An envelope that each of `recipients` can open: AuthEnvelopedData (GCM) or EnvelopedData (CBC), DER.

    Args:
        content: the octets, or a binary file that is read to its end.
        recipients: certificates (RSA, a curve, ML-KEM), keys that both sides hold, passwords.
        cipher: `aes-256-gcm`, `aes-256-cbc`, and 128, 192.
        out: a binary file that takes the result.
        derive_key: derive the key of the content from the one that is sent (RFC 9709).
        user_keying_material: goes into the derivations of ECDH and ML-KEM.

    Raises:
        ValueError: no recipient.
        EsignError: `unsupported-algorithm` for the cipher or a key; `recipient-key-usage`,
            `recipient-key-kind` and `recipient-key-size` for a certificate that must not be encrypted to.
    """
    made = envelopes.encrypt(
        read(content),
        recipients,
        cipher=cipher,
        derive_key=derive_key,
        user_keying_material=user_keying_material,
    )
    return deliver((made,), out)


def decrypt(
    envelope: Source,
    keys: Sequence[OpeningKey],
    *,
    out: BinaryIO | None = None,
    accepted: Collection[str] = CIPHER_NAMES,
    unsafe_legacy_ciphers: bool = False,
) -> Decrypted:
    """The content of an envelope (DER, BER, PEM, or an encrypted S/MIME message), opened with one of `keys`.

    With `out` the content is also written there, after it was found whole.

    Args:
        envelope: the octets, or a binary file that is read to its end.
        keys: private keys with their certificates, keys that both sides hold, passwords.
        out: a binary file that takes the content.
        accepted: names of the ciphers that may have closed it; `envelope.AUTHENTICATED_CIPHERS` keeps out
            CBC, which nothing authenticates.
        unsafe_legacy_ciphers: open triple DES too.

    Raises:
        NotARecipient: `not-a-recipient` when none of the keys is named.
        DecryptionFailed: `decryption-failed`, whatever the cause.
        UnsupportedAlgorithm: `unsupported-algorithm`, `cipher-not-accepted`.
        MalformedInput: the input is no envelope. LimitExceeded: `limit-exceeded`.
    """
    data = _envelope(read(envelope))
    opened = envelopes.decrypt(data, keys, accepted=accepted, unsafe_legacy_ciphers=unsafe_legacy_ciphers)
    if out is not None:
        out.write(opened.content)
    return opened


def _envelope(data: bytes) -> bytes:
    if data[:1] == b"\x30":
        return data
    if not smime.looks_like_message(data):
        return read_pem_or_der(data)
    layers = smime.read(smime.canonical(data))
    if layers.envelope is None:
        raise MalformedInput(found="a message that is not encrypted")
    return layers.envelope.cms
