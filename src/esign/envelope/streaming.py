"""Envelopes over files of any size, in bounded memory: opened in two passes, made in one.

Opening reads the content twice: first all of it is decrypted and thrown away, so that the tag of AES-GCM is
known to be right, then it is released. A file that changes between is found out at its end. For CBC only the
padding can be told before.

    opening = open_file(read_envelope_file(file), keys)
    opening.release(out.write)
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from esign import der
from esign.ciphers import CIPHER_NAMES, ContentCipher
from esign.cms import DATA
from esign.content import Content
from esign.der.streaming import CHUNK
from esign.der.writing import header
from esign.envelope.content import (
    MAX_UNDER_GCM,
    TAG,
    authenticated_attributes,
    demand_room,
    new_encryption,
    read_nonce,
    read_vector,
)
from esign.envelope.opening import Decrypted, content_row, decrypted, first_to_open
from esign.envelope.recipients import Recipient
from esign.envelope.sealing import cipher_row, new_key
from esign.enveloped import AuthEnvelopedData, EnvelopeInFile, Frame
from esign.errors import DecryptionFailed, MalformedInput
from esign.key_derivation import content_key
from esign.keys import OpeningKey

Write = Callable[[bytes | memoryview], object]
"""Takes octets in order. What is given may be reused once the call is over."""

_LEAST: Final = 1 << 16
_ROOM: Final = 16


@dataclass(frozen=True, slots=True)
class Opening:
    """An envelope in a file that one of the keys opens.

    `found` says what it is; its content is empty and `written` the size of what `release` gives.
    """

    found: Decrypted
    _closed: "_Gcm | _Cbc" = field(repr=False)
    _key: bytes = field(repr=False)

    def release(self, write: Write) -> None:
        """Give the content to `write`, in order, at most 256 KiB at a time.

        Raises:
            DecryptionFailed: `decryption-failed` at the end, when the file changed since it was checked.
        """
        left = self.found.written or 0
        for octets in self._closed.octets(self._key):
            if left:
                write(octets[:left])
            left -= min(left, len(octets))
        if left:
            raise DecryptionFailed


def open_file(
    found: EnvelopeInFile,
    keys: Sequence[OpeningKey],
    *,
    accepted: Collection[str] = CIPHER_NAMES,
    unsafe_legacy_ciphers: bool = False,
    unsafe_release_unverified: bool = False,
) -> Opening:
    """As `esign.envelope.decrypt`, of an envelope in a file: it is checked here, and released when asked.

    Args:
        found: the envelope.
        keys: what may open it.
        accepted: names of the ciphers that may have closed it.
        unsafe_legacy_ciphers: open triple DES too.
        unsafe_release_unverified: leave out the first pass. `release` then gives what anyone may have changed
            before it says so, and takes the first key that comes out of its recipient, right or wrong.

    Raises:
        NotARecipient, DecryptionFailed, UnsupportedAlgorithm, MalformedInput: as `esign.envelope.decrypt`.
        LimitExceeded: `content-over-cipher` for more than AES-GCM closes; as `esign.envelope.decrypt`.
    """
    envelope = found.envelope
    row = content_row(envelope, accepted, legacy=unsafe_legacy_ciphers)
    closed = _closed(found, row)
    derived = envelope.encryption.derived

    def opened(key: bytes) -> tuple[int, bytes] | None:
        used = content_key(key, envelope.cipher) if derived else key
        size = closed.content.size if unsafe_release_unverified else None
        if size is None or not row.authenticated:
            size = closed.opened_size(used)
        return None if size is None else (size, used)

    (size, key), attempt = first_to_open(envelope, row, keys, legacy=unsafe_legacy_ciphers, opened=opened)
    return Opening(decrypted(envelope, row, attempt, b"", written=size), closed, key)


def _closed(found: EnvelopeInFile, row: ContentCipher) -> "_Gcm | _Cbc":
    envelope, content = found.envelope, found.encrypted
    if content is None:
        raise MalformedInput("encrypted-content-missing", clause="RFC 5652 §6.1", where="encryptedContent")
    demand_room(row, content.size)
    if isinstance(envelope, AuthEnvelopedData):
        attributes = envelope.authenticated_message()
        return _Gcm(content, read_nonce(envelope), envelope.mac, attributes)
    return _Cbc(content, row, read_vector(envelope.cipher, row), found.tail)


@dataclass(frozen=True, slots=True)
class _Gcm:
    """Content closed with AES-GCM."""

    content: Content
    nonce: bytes
    mac: bytes
    attributes: bytes

    def opened_size(self, key: bytes) -> int | None:
        """The size of the content when the tag is right under `key`: all of it is decrypted."""
        try:
            for _ in self.octets(key):
                pass
        except DecryptionFailed:
            return None
        return self.content.size

    def octets(self, key: bytes) -> Iterator[memoryview]:
        """The content; the tag is judged at the end."""
        mode = modes.GCM(self.nonce, self.mac, min_tag_length=len(self.mac))
        decryptor = Cipher(AES(key), mode).decryptor()
        decryptor.authenticate_additional_data(self.attributes)
        yield from _through(decryptor, self.content.chunks())
        try:
            decryptor.finalize()
        except InvalidTag:
            raise DecryptionFailed from None


@dataclass(frozen=True, slots=True)
class _Cbc:
    """Content closed with CBC."""

    content: Content
    row: ContentCipher
    vector: bytes
    tail: bytes

    def opened_size(self, key: bytes) -> int | None:
        """The size of the content when its padding is right under `key`: the last block is decrypted."""
        block, size = self.row.block, self.content.size
        if not size or size % block or len(self.tail) < min(size, 2 * block):
            return None
        before = self.vector if size == block else self.tail[-2 * block : -block]
        decryptor = Cipher(self.row.primitive(key), modes.CBC(before)).decryptor()
        unpadder = padding.PKCS7(8 * block).unpadder()
        last = decryptor.update(self.tail[-block:]) + decryptor.finalize()
        try:
            kept = unpadder.update(last) + unpadder.finalize()
        except ValueError:
            return None
        return size - block + len(kept)

    def octets(self, key: bytes) -> Iterator[memoryview]:
        """The content and its padding."""
        decryptor = Cipher(self.row.primitive(key), modes.CBC(self.vector)).decryptor()
        yield from _through(decryptor, self.content.chunks())


def _through(cipher: Any, chunks: Iterable[bytes]) -> Iterator[memoryview]:
    """The chunks through a cipher; each is gone when the next is asked for."""
    buffer = memoryview(bytearray(CHUNK + _ROOM))
    for chunk in chunks:
        if len(chunk) + _ROOM > len(buffer):
            buffer = memoryview(bytearray(len(chunk) + _ROOM))
        made = cipher.update_into(chunk, buffer)
        yield buffer[:made]


# --- made ---


def encrypt_into(
    write: Write,
    chunks: Iterable[bytes],
    recipients: Sequence[Recipient],
    *,
    size: int | None = None,
    cipher: str = "aes-256-gcm",
    content_type: str = DATA,
    derive_key: bool = False,
    user_keying_material: bytes | None = None,
) -> None:
    """A ContentInfo with the content that `chunks` are, encrypted, given to `write` as it is made.

    The content is read once. With its `size`, in octets, the envelope is DER; without, its frame has
    indefinite lengths and the content is an octet string in parts (X.690 §8.7). Else as
    `esign.envelope.encrypt`.

    Raises:
        RecipientRefused, UnsupportedAlgorithm: as `esign.envelope.encrypt`.
        LimitExceeded: `content-over-cipher`; without `size` it is found when so much was written.
        ValueError: `recipients` is empty, or `chunks` are not `size` octets.
    """
    row = cipher_row(cipher)
    if size is not None:
        demand_room(row, size)
    key, infos = new_key(row, recipients, user_keying_material=user_keying_material)
    encryption, vector = new_encryption(row, derived=derive_key)
    attributes = authenticated_attributes(content_type) if row.authenticated else b""
    closed_size = size if size is None or row.authenticated else size + row.block - size % row.block
    frame = Frame.around(
        closed_size,
        infos,
        encryption,
        content_type=content_type,
        attributes=attributes,
        tag=TAG if row.authenticated else None,
    )
    used = content_key(key, encryption.cipher) if derive_key else key
    sealing = _Sealing(row, used, vector, attributes)
    write(frame.before)
    for octets in sealing.through(_gathered(chunks)):
        if size is None:
            write(header(der.OCTET_STRING, len(octets)))
        write(octets)
    if size is not None and sealing.size != size:
        raise ValueError(f"a content of {sealing.size} octets was said to have {size}")
    write(frame.after + sealing.tag + frame.end)


class _Sealing:
    """A content on its way into an envelope: how much there was, and its tag at the end."""

    def __init__(self, row: ContentCipher, key: bytes, vector: bytes, attributes: bytes) -> None:
        self._row, self.size, self.tag = row, 0, b""
        self._cipher = _encryptor(row, key, vector, attributes)

    def through(self, chunks: Iterable[bytes], limit: int = MAX_UNDER_GCM) -> Iterator[memoryview]:
        """The chunks encrypted, and the padding of CBC (RFC 5652 §6.3); each is gone with the next."""
        for octets in _through(self._cipher, self._counted(chunks, limit)):
            if octets:
                yield octets
        if self._row.authenticated:
            self._cipher.finalize()
            self.tag = self._cipher.tag
            return
        short = self._row.block - self.size % self._row.block
        yield memoryview(self._cipher.update(bytes((short,)) * short) + self._cipher.finalize())

    def _counted(self, chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
        for chunk in chunks:
            self.size += len(chunk)
            demand_room(self._row, self.size, limit)
            yield chunk


def _encryptor(row: ContentCipher, key: bytes, vector: bytes, attributes: bytes) -> Any:
    if not row.authenticated:
        return Cipher(row.primitive(key), modes.CBC(vector)).encryptor()
    encryptor = Cipher(AES(key), modes.GCM(vector)).encryptor()
    encryptor.authenticate_additional_data(attributes)
    return encryptor


def _gathered(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same octets with small chunks joined: each becomes a part, and readers bound the parts."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= _LEAST:
            yield b"".join(held) if len(held) > 1 else chunk
            held, size = [], 0
    if size:
        yield b"".join(held)
