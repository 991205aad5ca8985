"""Character sets and encoded words (RFC 2047): for showing, never for deciding.

Decoding here never fails: what cannot be read is shown as U+FFFD, and what could drive a terminal or turn the
reading direction is shown so too. A decoded text is no address, no file path and no key.
"""

import binascii
import re
import unicodedata
from itertools import groupby
from typing import Final

_CODECS: Final = {
    "us-ascii": "ascii",
    "ascii": "ascii",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "iso-8859-1": "latin-1",
    "iso-8859-2": "iso8859-2",
    "iso-8859-5": "iso8859-5",
    "iso-8859-9": "iso8859-9",
    "iso-8859-15": "iso8859-15",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "windows-1252": "cp1252",
    "windows-1254": "cp1254",
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
}
_WORD: Final = re.compile(r"=\?([A-Za-z0-9_-]{1,40})(?:\*[A-Za-z0-9-]{1,40})?\?([BbQq])\?([!->@-~]*)\?=")
_WORD_OCTETS: Final = 45
_CHARACTER_OCTETS: Final = 4
_UNREADABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co"})
_LAYOUT: Final = frozenset("\t\r\n")
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def knows_charset(charset: str) -> bool:
    """Whether `charset` (any case) is one of those that are decoded."""
    return charset.lower() in _CODECS


def decode_charset(octets: bytes, charset: str) -> str:
    """`octets` as text; what does not fit `charset` is U+FFFD, and so is all 8-bit of an unknown one."""
    return octets.decode(_CODECS.get(charset.lower(), "ascii"), "replace")


def readable(text: str) -> str:
    """`text` with control, format and surrogate characters as U+FFFD; tabs and line ends stay."""
    hidden = {c for c in set(text) - _LAYOUT if unicodedata.category(c) in _UNREADABLE}
    return text.translate({ord(c): _REPLACEMENT for c in hidden}) if hidden else text


def decode_words(text: str) -> str:
    """`text` with its encoded words decoded, for showing only (RFC 2047 §6.2); one line, without controls.

    White space between two encoded words is dropped. Neighbours of one charset are joined before decoding,
    because mailers cut characters in two.
    """
    pieces: list[tuple[str, bytes]] = []
    shown: list[str] = []
    position = 0
    for word in _WORD.finditer(text):
        between = text[position : word.start()]
        if between.strip(" \t\r\n") or not pieces:
            shown.append(_joined(pieces) + between)
            pieces = []
        pieces.append((word[1].lower(), _word_octets(word[2], word[3])))
        position = word.end()
    shown.append(_joined(pieces) + text[position:])
    return readable("".join(shown).replace("\r", " ").replace("\n", " "))


def _joined(pieces: list[tuple[str, bytes]]) -> str:
    runs = groupby(pieces, key=lambda piece: piece[0])
    return "".join(decode_charset(b"".join(octets for _, octets in run), charset) for charset, run in runs)


def _word_octets(encoding: str, payload: str) -> bytes:
    if encoding in "Qq":
        return binascii.a2b_qp(payload.encode("ascii"), header=True)
    try:
        return binascii.a2b_base64(payload.encode("ascii") + b"=" * (-len(payload) % 4), strict_mode=True)
    except binascii.Error:
        return b"\xff"


def encode_words(text: str, *, column: int = 0) -> str:
    """`text` as encoded words in UTF-8 and base64, each of at most 75 characters (RFC 2047 §2).

    `column` is how much of the first line is taken. A character is never cut in two (RFC 2047 §5).
    """
    chunks: list[bytes] = []
    current, room = b"", max(_WORD_OCTETS - column, _CHARACTER_OCTETS)
    for character in text:
        octets = character.encode("utf-8", "replace")
        if len(current) + len(octets) > room:
            chunks.append(current)
            current, room = b"", _WORD_OCTETS
        current += octets
    chunks.append(current)
    return " ".join(f"=?utf-8?B?{binascii.b2a_base64(chunk, newline=False).decode()}?=" for chunk in chunks)
