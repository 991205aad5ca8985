"""EnvelopedData and AuthEnvelopedData in a file, taken apart without the encrypted content in memory.

What stands before and after the content is read as octets, within bounds; the content is walked through only
when its end must be looked for (BER), and is given again and again from the file.

    found = read_envelope_file(file)
    found.envelope.recipient_ids, found.encrypted.size
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from esign import der
from esign.cms.content_info import require_type
from esign.content import Content
from esign.der import TLV, Fields
from esign.der.streaming import Header, StringInFile, header_at
from esign.enveloped.data import (
    AUTH_ENVELOPED_DATA,
    ENVELOPED_DATA,
    ContentEncryption,
    Envelope,
    EnvelopedData,
    ended,
    started,
)
from esign.enveloped.recipients import IMPLICIT_OCTETS
from esign.errors import LimitExceeded, MalformedInput

MAX_BEFORE_CONTENT: Final = 1 << 24
"""Octets of recipients, ten thousand with ML-KEM-768 among them."""
MAX_AFTER_CONTENT: Final = 1 << 20
"""Octets of attributes and tag."""
TAIL: Final = 32
_MAX_FIELDS: Final = 3
_WINDOW: Final = 1 << 12


@dataclass(frozen=True, slots=True)
class EnvelopeInFile:
    """An envelope whose encrypted content stays in the file it was read from.

    `envelope` has no `encrypted` element; the octets are in `encrypted`, None when the content is elsewhere.
    `tail` are the last octets of them, at most 32: what tells the padding of CBC.
    """

    envelope: Envelope
    encrypted: Content | None
    tail: bytes


def read_envelope_file(file: BinaryIO) -> EnvelopeInFile:
    """From a seekable file, from its present place to its end: one ContentInfo, BER or DER.

    The file must not be closed or changed while the content is used.

    Raises:
        MalformedInput: as `read_envelope`.
        LimitExceeded: as `read_envelope`, and over 16 MiB before the content or 1 MiB after it.
    """
    start = file.tell()
    walk = _Walk(file, start, file.seek(0, 2))
    # RFC 5652 §3: ContentInfo, contentType, content [0].
    walk.enter(der.SEQUENCE)
    kind = walk.take(MAX_AFTER_CONTENT, der.OID).oid()
    require_type(kind, ENVELOPED_DATA, AUTH_ENVELOPED_DATA)
    where = "AuthEnvelopedData" if kind == AUTH_ENVELOPED_DATA else "EnvelopedData"
    walk.enter(der.context(0))
    # RFC 5652 §6.1, RFC 5083 §2.1: version, originatorInfo [0], recipientInfos, then the content.
    walk.enter(der.SEQUENCE)
    before = Fields(walk.take_until(der.SEQUENCE, MAX_BEFORE_CONTENT), where)
    version, recipients = started(before)
    before.end()
    walk.enter(der.SEQUENCE)
    content_type = walk.take(MAX_AFTER_CONTENT, der.OID).oid()
    algorithm = walk.take(MAX_AFTER_CONTENT, der.SEQUENCE)
    encryption = ContentEncryption.read(algorithm, f"{where}.encryptedContentInfo.contentEncryptionAlgorithm")
    encrypted, tail = (None, b"") if walk.at_end() else _encrypted(walk)
    walk.leave()
    after = Fields(walk.take_until(None, MAX_AFTER_CONTENT), where)
    for _ in range(3):
        walk.leave()
    if walk.at != walk.end:
        raise MalformedInput(found=f"{walk.end - walk.at} octets after the end", where="ContentInfo")
    said = EnvelopedData(version, recipients, content_type, encryption, None)
    return EnvelopeInFile(ended(after, said, kind), encrypted, tail)


def _encrypted(walk: "_Walk") -> tuple[Content, bytes]:
    """The encrypted content that begins here, and its last octets."""
    header = walk.here()
    if header.tag == IMPLICIT_OCTETS and header.stop is not None:
        content, start = Content.in_file(walk.file, header.body, header.stop), header.body
        walk.at = header.stop
        walk.file.seek(max(start, header.stop - TAIL))
        return content, walk.file.read(header.stop - max(start, header.stop - TAIL))
    if header.tag != der.context(0):
        raise MalformedInput(
            "cms-malformed",
            clause="RFC 5652 §6.1",
            where="encryptedContentInfo.encryptedContent",
            found=f"tag 0x{header.tag:02x}",
        )
    string, last = StringInFile(walk.file, header), _Last()
    size, walk.at = string.measure(last.take)
    return Content(size, string.chunks), last.octets


class _Last:
    """The last octets of those that were taken."""

    def __init__(self) -> None:
        self.octets = b""

    def take(self, chunk: bytes) -> None:
        """Go on with `chunk`."""
        self.octets = (self.octets + chunk[-TAIL:])[-TAIL:]


class _Walk:
    """A place in a file, and the elements that are open there."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self.file, self.at, self.end = file, start, end
        self._open: list[Header] = []

    @property
    def limit(self) -> int:
        """Where the innermost open element must have ended by."""
        return self._open[-1].limit if self._open else self.end

    def here(self) -> Header:
        """The header of the element that begins here."""
        return header_at(self.file, self.at, self.limit)

    def enter(self, tag: int) -> None:
        """Open the element that begins here."""
        found = self.here()
        self._demand(found, tag)
        self._open.append(found)
        self.at = found.body

    def at_end(self) -> bool:
        """Whether the innermost open element ends here."""
        stop = self._open[-1].stop
        if stop is not None:
            return self.at == stop
        return self._read(2) == b"\0\0"

    def leave(self) -> None:
        """Close the innermost open element, which must end here."""
        if not self.at_end():
            raise MalformedInput(found="more elements than belong there", where=f"octet {self.at}")
        if self._open.pop().stop is None:
            self.at += 2

    def take(self, most: int, tag: int | None = None) -> TLV:
        """The whole element that begins here, of at most so many octets."""
        header = self.here()
        self._demand(header, tag)
        if header.stop is None:
            return self._take_open(most)
        if header.stop - self.at > most:
            raise _over(most, header.stop - self.at, self.at)
        found = der.decode(self._read(header.stop - self.at))
        self.at = header.stop
        return found

    def take_until(self, tag: int | None, most: int) -> Iterator[TLV]:
        """The elements, at most three, before one with `tag`, or to the end of the innermost open one."""
        for _ in range(_MAX_FIELDS + 1):
            if self.at_end() or self.here().tag == tag:
                return
            yield self.take(most)
        raise MalformedInput(found="more elements than belong there", where=f"octet {self.at}")

    def _take_open(self, most: int) -> TLV:
        """An element of indefinite length: more and more is read until it ends."""
        size, left = _WINDOW, self.limit - self.at
        while True:
            try:
                found = der.decode_prefix(self._read(min(size, left)))
            except LimitExceeded:
                raise
            except MalformedInput:
                if size >= left:
                    raise
                if size >= most:
                    raise _over(most, size, self.at) from None
                size = min(2 * size, most)
            else:
                self.at += found.end
                return found

    def _read(self, count: int) -> bytes:
        self.file.seek(self.at)
        return self.file.read(min(count, self.limit - self.at))

    def _demand(self, found: Header, tag: int | None) -> None:
        if tag is not None and found.tag != tag:
            raise MalformedInput(found=f"tag 0x{found.tag:02x}, wanted 0x{tag:02x}", where=f"octet {self.at}")


def _over(most: int, size: int, at: int) -> LimitExceeded:
    return LimitExceeded(limit=most, found=f"an element of {size} octets", where=f"octet {at}")
