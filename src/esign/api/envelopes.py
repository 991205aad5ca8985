"""Envelopes over files: sealed for their recipients, and opened.

A file is never in memory as a whole, unless the result is to be: with `out` both acts stay within 64 MB of
memory, whatever the size. Only a message of S/MIME is read whole.
"""

import io
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import BinaryIO, Final, cast, overload

from esign import envelope as envelopes
from esign import smime
from esign.ciphers import CIPHER_NAMES
from esign.cms import read_pem_or_der
from esign.content import Content
from esign.envelope import Decrypted, Opening, Recipient
from esign.envelope.streaming import Write
from esign.enveloped import EnvelopeInFile
from esign.errors import LimitExceeded, MalformedInput
from esign.io.armoured import without_armour
from esign.io.sources import IN_MEMORY, Source, again, can_seek, chunks, read
from esign.keys import OpeningKey

READ_WHOLE: Final = 1 << 20
MAX_IN_MEMORY: Final = 1 << 26
"""Octets of content that are kept where `out` is left out."""


class _Nowhere(io.RawIOBase):
    """A file that keeps nothing."""

    def writable(self) -> bool:
        return True

    def write(self, octets: object, /) -> int:
        return len(cast("bytes", octets))


DISCARD: Final = cast(BinaryIO, _Nowhere())
"""An `out` of `decrypt` that asks for nothing but whether the envelope opens: nothing is released."""


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

    From a file that cannot be sought in, whose size is not known before its end, to `out`, it is BER.

    Args:
        content: the octets, or a binary file that is read to its end, once.
        recipients: certificates (RSA, a curve, ML-KEM), keys that both sides hold, passwords.
        cipher: `aes-256-gcm`, `aes-256-cbc`, and 128, 192.
        out: a binary file that takes the result as it is made: after an error it holds a part of it.
        derive_key: derive the key of the content from the one that is sent (RFC 9709).
        user_keying_material: goes into the derivations of ECDH and ML-KEM.

    Raises:
        ValueError: no recipient; the file changed meanwhile.
        EsignError: `unsupported-algorithm` for the cipher or a key; `recipient-key-usage`,
            `recipient-key-kind` and `recipient-key-size` for a certificate that must not be encrypted to;
            `content-over-cipher` beyond 64 GiB for AES-GCM.
    """
    if out is None:
        return envelopes.encrypt(
            read(content),
            recipients,
            cipher=cipher,
            derive_key=derive_key,
            user_keying_material=user_keying_material,
        )
    known = isinstance(content, IN_MEMORY) or can_seek(content)
    sized = Content.of(content) if known else None
    envelopes.encrypt_into(
        _writer(out),
        sized.chunks() if sized is not None else chunks(cast(BinaryIO, content)),
        recipients,
        size=None if sized is None else sized.size,
        cipher=cipher,
        derive_key=derive_key,
        user_keying_material=user_keying_material,
    )
    return None


def decrypt(
    envelope: Source,
    keys: Sequence[OpeningKey],
    *,
    out: BinaryIO | None = None,
    accepted: Collection[str] = CIPHER_NAMES,
    unsafe_legacy_ciphers: bool = False,
    unsafe_release_unverified: bool = False,
) -> Decrypted:
    """The content of an envelope (DER, BER, PEM, or an encrypted S/MIME message), opened with one of `keys`.

    With `out` the content is written there and nowhere else. A file is then read twice: nothing is written
    before all of it was found whole. What cannot be read twice is put aside, still encrypted, in a temporary
    file. CBC has nothing that tells whether the content is whole; a finding says so.

    Args:
        envelope: the octets, or a binary file that is read to its end, and must not change meanwhile.
        keys: private keys with their certificates, keys that both sides hold, passwords.
        out: a binary file that takes the content; `DISCARD` only to know whether the envelope opens.
        accepted: names of the ciphers that may have closed it; `envelope.AUTHENTICATED_CIPHERS` keeps out
            CBC, which nothing authenticates.
        unsafe_legacy_ciphers: open triple DES too.
        unsafe_release_unverified: decrypt a file once: `out` gets what anyone may have changed, and only the
            error at the end says that it was.

    Raises:
        NotARecipient: `not-a-recipient` when none of the keys is named.
        DecryptionFailed: `decryption-failed`, whatever the cause.
        UnsupportedAlgorithm: `unsupported-algorithm`, `cipher-not-accepted`.
        MalformedInput: the input is no envelope.
        LimitExceeded: `limit-exceeded`; `content-over-memory` without `out` for a file with over 64 MiB of
            content; `content-over-cipher`.
    """
    with ExitStack() as held:
        source = _source(envelope, held, out)
        if isinstance(source, bytes):
            opened = envelopes.decrypt(
                source, keys, accepted=accepted, unsafe_legacy_ciphers=unsafe_legacy_ciphers
            )
            return opened if out is None else _written(opened, out)
        found = envelopes.read_envelope_file(source)
        if out is None:
            _demand_room(found)
        opening = envelopes.open_file(
            found,
            keys,
            accepted=accepted,
            unsafe_legacy_ciphers=unsafe_legacy_ciphers,
            unsafe_release_unverified=unsafe_release_unverified and out is not None and out is not DISCARD,
        )
        return _released(opening, out)


def _demand_room(found: EnvelopeInFile) -> None:
    size = 0 if found.encrypted is None else found.encrypted.size
    if size > MAX_IN_MEMORY:
        raise LimitExceeded("content-over-memory", where="encryptedContent", found=size, limit=MAX_IN_MEMORY)


def _released(opening: Opening, out: BinaryIO | None) -> Decrypted:
    if out is None:
        kept = io.BytesIO()
        opening.release(kept.write)
        return replace(opening.found, content=kept.getvalue(), written=None)
    if out is not DISCARD:
        opening.release(_writer(out))
    return opening.found


def _written(opened: Decrypted, out: BinaryIO) -> Decrypted:
    _writer(out)(opened.content)
    return replace(opened, content=b"", written=len(opened.content))


def _writer(out: BinaryIO) -> Write:
    """All of what is given goes to `out`, which may take less at once."""

    def write(octets: bytes | memoryview) -> None:
        taken: int | None = out.write(octets)
        while taken is not None and taken < len(octets):
            octets = octets[taken:]
            taken = out.write(octets)

    return write


def _source(envelope: Source, held: ExitStack, out: BinaryIO | None) -> bytes | BinaryIO:
    """CMS octets where they are few or the result is wanted in memory, else a file that can be read twice."""
    if isinstance(envelope, IN_MEMORY):
        data = _envelope(bytes(envelope))
        return data if out is None or len(data) <= READ_WHOLE else io.BytesIO(data)
    file = again(envelope, held)
    start = file.tell()
    size = file.seek(0, 2) - start
    file.seek(start)
    if size <= READ_WHOLE:
        return _envelope(file.read())
    first = file.read(1)
    file.seek(start)
    return file if first == b"\x30" else without_armour(file, held) or _envelope(file.read())


def _envelope(data: bytes) -> bytes:
    if data[:1] == b"\x30":
        return data
    if not smime.looks_like_message(data):
        return read_pem_or_der(data)
    layers = smime.read(smime.canonical(data))
    if layers.envelope is None:
        raise MalformedInput(found="a message that is not encrypted")
    return layers.envelope.cms
