"""Envelopes over files: sealed for their recipients, and opened."""

from collections.abc import Sequence
from typing import BinaryIO, overload

from esign import envelope as envelopes
from esign import smime
from esign.cms import read_pem_or_der
from esign.envelope import Decrypted
from esign.errors import MalformedInput
from esign.io.sources import Source, deliver, read
from esign.keys import Decryptor
from esign.x509 import Certificate


@overload
def encrypt(
    content: Source, recipients: Sequence[Certificate], *, cipher: str = ..., out: None = ...
) -> bytes: ...


@overload
def encrypt(
    content: Source, recipients: Sequence[Certificate], *, cipher: str = ..., out: BinaryIO
) -> None: ...


def encrypt(
    content: Source,
    recipients: Sequence[Certificate],
    *,
    cipher: str = "aes-256-gcm",
    out: BinaryIO | None = None,
) -> bytes | None:
    """An envelope that each of `recipients` can open: AuthEnvelopedData (GCM) or EnvelopedData (CBC), DER.

    Raises:
        ValueError: no recipient.
        EsignError: `unsupported-algorithm` for the cipher or a key, `recipient-key-usage` and
            `recipient-key-kind` for a certificate that must not be encrypted to.
    """
    return deliver((envelopes.encrypt(read(content), recipients, cipher=cipher),), out)


def decrypt(envelope: Source, keys: Sequence[Decryptor], *, out: BinaryIO | None = None) -> Decrypted:
    """The content of an envelope (DER, BER, PEM, or an encrypted S/MIME message), opened with one of `keys`.

    With `out` the content is also written there, after it was found whole.

    Raises:
        NotARecipient: `not-a-recipient` when none of the keys is named.
        DecryptionFailed: `decryption-failed`, whatever the cause.
        MalformedInput: the input is no envelope.
    """
    opened = envelopes.decrypt(_envelope(read(envelope)), keys)
    if out is not None:
        out.write(opened.content)
    return opened


def _envelope(data: bytes) -> bytes:
    if not smime.looks_like_message(data):
        return read_pem_or_der(data)
    layers = smime.read(smime.canonical(data))
    if layers.envelope is None:
        raise MalformedInput(found="a message that is not encrypted")
    return layers.envelope.cms
