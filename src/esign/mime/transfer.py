"""Content-Transfer-Encoding, decoded strictly (RFC 2045 §6): what one decoder skips, another reads."""

import binascii
import re
from typing import Final

from esign.errors import MalformedInput

IDENTITY: Final = frozenset({"7bit", "8bit", "binary"})
"""The encodings that change nothing, and the only ones that a composite type may have (RFC 2045 §6.4)."""
ENCODINGS: Final = IDENTITY | {"base64", "quoted-printable"}

_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]*+={0,2}")
_LINE: Final = re.compile(rb"([^\r\n]*+)(?:\r?\n|\Z)")
_NOT_QUOTED_PRINTABLE: Final = re.compile(rb"[^\t\r\n -~]|=(?![0-9A-Fa-f]{2}|[ \t]*(?:\r\n|\Z))")


def decode_transfer(body: bytes, encoding: str) -> bytes:
    """The content of `body`; never longer than `body`.

    Base64 may have lines of any length, and nothing but its alphabet, line ends and final padding. A line may
    end in LF alone: a letter has none, but OpenSSL writes so inside what it encrypts.
    Quoted-printable may have lower-case digits, and white space at line ends, which transport adds.

    Raises:
        MalformedInput: `base64-syntax`, `quoted-printable-syntax`, `transfer-encoding-unknown`.
    """
    if encoding in IDENTITY:
        return body
    if encoding == "base64":
        return _base64(body)
    if encoding == "quoted-printable":
        return _quoted_printable(body)
    raise MalformedInput(
        "transfer-encoding-unknown", clause="RFC 2045 §6.1", where="Content-Transfer-Encoding", found=encoding
    )


def split_base64(body: bytes) -> tuple[bytes, bytes]:
    """`body` cut after its base64 lines, which end at the padding or at a line that is no base64.

    What mailing lists and filters add below the base64 of a part stands in the second piece; it is empty or
    white space where nothing was added. The first piece is to be decoded strictly.
    """
    end, begun = 0, False
    for line in _LINE.finditer(body):
        digits = line[1].rstrip(b" \t")
        if not _BASE64.fullmatch(digits) or (begun and not digits):
            break
        end, begun = line.end(), begun or bool(digits)
        if digits.endswith(b"="):
            break
    return body[:end], body[end:]


def _base64(body: bytes) -> bytes:
    digits = body.replace(b"\r\n", b"").replace(b"\n", b"")
    if len(digits) % 4 or not _BASE64.fullmatch(digits):
        raise MalformedInput("base64-syntax", clause="RFC 2045 §6.8", where="body")
    content = binascii.a2b_base64(digits)
    tail = len(digits) // 4 * 3 - 3
    # Two spellings of one content differ in the unused bits of the last digit (RFC 4648 §3.5).
    if binascii.b2a_base64(content[max(tail, 0) :], newline=False) != digits[-4:]:
        raise MalformedInput("base64-syntax", clause="RFC 4648 §3.5", where="body")
    return content


def _quoted_printable(body: bytes) -> bytes:
    if _NOT_QUOTED_PRINTABLE.search(body):
        raise MalformedInput("quoted-printable-syntax", clause="RFC 2045 §6.7", where="body")
    return binascii.a2b_qp(b"\r\n".join(line.rstrip(b" \t") for line in body.split(b"\r\n")))
