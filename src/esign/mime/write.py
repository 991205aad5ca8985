"""Writers: header fields, bodies and multiparts, in CRLF, 7-bit, within the limits that the reader keeps.

Nothing that is written can end a line early: CR, LF and control characters in a value are refused, not
escaped.
"""

import binascii
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Final

from esign.errors import LimitExceeded, MalformedInput
from esign.mime.text import encode_words
from esign.mime.values import is_token

_FOLD_AT: Final = 76
_LINE_MAX: Final = 998
_UNSAFE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_NAME: Final = re.compile(r"[!-9;-~]{1,76}")
_PLAIN_TEXT: Final = re.compile(r"(?! )(?!.*=\?)[ -~]*(?<! )")
_ATTRIBUTE_CHARACTERS: Final = frozenset(
    b"!#$&+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)
_PIECE: Final = 60


def field(name: str, value: str) -> bytes:
    """A header field of structured, ASCII `value`, folded at its spaces (RFC 5322 §2.2.3), with CRLF.

    Raises:
        MalformedInput: `header-unsafe` when name or value would break the grammar.
        LimitExceeded: `header-line-too-long` when a word is longer than a line.
    """
    _check_safe(name, value)
    if not value.isascii():
        raise MalformedInput("header-unsafe", clause="RFC 5322 §2.2", where=name)
    return _folded(name, value)


def text_field(name: str, text: str) -> bytes:
    """A header field of unstructured `text`: as it is, or as encoded words where it needs them (RFC 2047 §5).

    Raises:
        MalformedInput: `header-unsafe` when `text` holds a line end or a control character.
    """
    _check_safe(name, text)
    plain = _PLAIN_TEXT.fullmatch(text) and all(len(word) <= _FOLD_AT for word in text.split(" "))
    # Runs of spaces do not survive folding, so they travel in an encoded word.
    return _folded(name, text if plain and "  " not in text else encode_words(text, column=len(name) + 2))


def with_parameters(value: str, parameters: Mapping[str, str]) -> str:
    """`value` with its parameters: as a token, quoted, or percent-encoded UTF-8 in pieces (RFC 2231).

    Raises:
        MalformedInput: `header-unsafe` when a value holds a line end or a control character.
    """
    written = [value]
    for name, content in parameters.items():
        _check_safe(name, content)
        written += _parameter(name, content)
    return "; ".join(written)


def base64_leaf(header: bytes, content: bytes) -> bytes:
    """An entity of `header` (fields with CRLF) and `content` in base64, 76 columns (RFC 2045 §6.8)."""
    return header + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64_lines(content)


def base64_lines(content: bytes) -> bytes:
    """`content` in base64 in lines of 76 columns, each with CRLF."""
    digits = binascii.b2a_base64(content, newline=False)
    return b"".join(digits[i : i + 76] + b"\r\n" for i in range(0, len(digits), 76))


def multipart(
    subtype: str,
    parts: Sequence[bytes],
    *,
    header: bytes = b"",
    parameters: Mapping[str, str] | None = None,
    boundary: str | None = None,
    preamble: str = "",
) -> bytes:
    """A multipart entity of `parts` exactly as given; `header` are further fields, each with CRLF.

    `boundary` is made at random when not given, and stands in no part.

    Raises:
        ValueError: a given `boundary` begins a line of a part.
        MalformedInput: `header-unsafe`.
    """
    chosen = _boundary(parts) if boundary is None else boundary
    if _occurs(chosen, parts):
        raise ValueError("the boundary begins a line of a part")
    value = with_parameters(f"multipart/{subtype}", {**(parameters or {}), "boundary": chosen})
    delimiter = b"--" + chosen.encode("ascii")
    opening = [preamble.encode("ascii") + b"\r\n"] if preamble else []
    body = b"\r\n".join([*opening, *(delimiter + b"\r\n" + part for part in parts), delimiter + b"--\r\n"])
    return header + field("Content-Type", value) + b"\r\n" + body


def _boundary(parts: Sequence[bytes]) -> str:
    # "=_" occurs in no base64 and no quoted-printable text (RFC 2045 §6.7).
    while _occurs(made := "=_" + secrets.token_hex(16), parts):
        continue
    return made


def _occurs(boundary: str, parts: Sequence[bytes]) -> bool:
    delimiter = b"--" + boundary.encode("ascii")
    return any(part.startswith(delimiter) or b"\r\n" + delimiter in part for part in parts)


def _check_safe(name: str, value: str) -> None:
    if not _NAME.fullmatch(name) or _UNSAFE.search(value):
        raise MalformedInput("header-unsafe", clause="RFC 5322 §2.2", where=name)


def _folded(name: str, value: str) -> bytes:
    lines, current = [], f"{name}:"
    for word in value.split(" "):
        if len(current) + 1 + len(word) > _FOLD_AT and current.strip() and word:
            lines.append(current)
            current = ""
        current += " " + word
    lines.append(current)
    if len(lines) > 1 and lines[0] == f"{name}:":
        # A first line without any value is read as an empty field by some.
        lines[:2] = [lines[0] + lines[1]]
    if max(map(len, lines)) > _LINE_MAX:
        raise LimitExceeded("header-line-too-long", limit=_LINE_MAX, where=name)
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def _parameter(name: str, value: str) -> list[str]:
    if is_token(value):
        return [f"{name}={value}"]
    if value.isascii() and len(value) <= _PIECE and "\t" not in value:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return [f'{name}="{escaped}"']
    units = [_unit(octet) for octet in value.encode("utf-8")]
    pieces = [""]
    for unit in units:
        if len(pieces[-1]) + len(unit) > _PIECE:
            pieces.append("")
        pieces[-1] += unit
    pieces[0] = "utf-8''" + pieces[0]
    if len(pieces) == 1:
        return [f"{name}*={pieces[0]}"]
    return [f"{name}*{number}*={piece}" for number, piece in enumerate(pieces)]


def _unit(octet: int) -> str:
    return chr(octet) if octet in _ATTRIBUTE_CHARACTERS else f"%{octet:02X}"
