"""Legacy display: hidden header fields repeated in the text, for readers that do not know header protection
(RFC 9788 §2.1.2).

Old clients show the outer header alone, where the subject is hidden. So that their users see it, it may stand
once more at the head of the text, marked so that others leave it out. It stands under the signature like all
of the text, and is for eyes only: nothing is decided by it.
"""

import html
import re
from collections.abc import Iterable
from typing import Final

from esign.errors import MalformedInput
from esign.mime import Entity, Field, base64_leaf, decode_charset, decode_words, field, with_parameters

LEGACY_DISPLAY: Final = "hp-legacy-display"
"""The parameter of Content-Type; `1` is its only value."""
_CLASS: Final = "header-protection-legacy-display"
_SHOWN: Final = ("Subject", "From", "To", "Cc", "Date", "Reply-To", "Sender", "Keywords", "Comments")
"""The fields that users see (RFC 9788 §1.1.2), in this order."""
_TEXTS: Final = frozenset({"text/plain", "text/html"})
_BODY: Final = re.compile(r"<body\b[^<>]{0,2000}>", re.IGNORECASE)
_ELEMENT: Final = re.compile(
    rf'\s*<div class="?{_CLASS}"?>(?:(?!</?div\b)[\s\S])*</div>(?:\r?\n)?', re.IGNORECASE
)
_FIELD_LINE: Final = re.compile(r"[!-9;-~]+:")
_UTF8: Final = frozenset({"utf-8", "us-ascii"})


def add_display(payload: Entity, hidden: Iterable[Field]) -> bytes:
    """`payload` with the fields that stand `hidden` outside at the head of its main text (RFC 9788 §5.2.1).

    The main text is a leaf of text/plain or text/html: the payload, the first part of what is mixed or
    related, each alternative. A payload without one, or in another charset than UTF-8, stays as it is.
    """
    found = {one.key: " ".join(decode_words(one.text).split()) for one in hidden}
    lines = [f"{name}: {found[name.lower()]}" for name in _SHOWN if name.lower() in found]
    return _with_lines(payload, lines) if lines else payload.raw


def _with_lines(entity: Entity, lines: list[str]) -> bytes:
    if entity.content_type.media_type in _TEXTS:
        return _leaf(entity, lines)
    if not entity.is_multipart or entity.content_type.subtype not in ("mixed", "related", "alternative"):
        return entity.raw
    parts = entity.parts()
    opening = entity.body.index(b"--" + entity.content_type.parameters["boundary"].encode())
    body, position = entity.body[:opening], opening
    for part in parts if entity.content_type.subtype == "alternative" else parts[:1]:
        start = entity.body.index(part.raw, position)
        body += entity.body[position:start] + _with_lines(part, lines)
        position = start + len(part.raw)
    return entity.header_octets + b"\r\n" + body + entity.body[position:]


def _leaf(entity: Entity, lines: list[str]) -> bytes:
    charset = entity.content_type.parameter("charset") or "us-ascii"
    if charset.lower() not in _UTF8:
        return entity.raw
    text = decode_charset(entity.content(), charset)
    is_html = entity.content_type.subtype == "html"
    made = _in_html(text, lines) if is_html else "\r\n".join((*lines, "", text))
    parameters = {**entity.content_type.parameters, "charset": "utf-8", LEGACY_DISPLAY: "1"}
    kept = [one.raw for one in entity.header if one.key not in _REWRITTEN]
    content_type = field("Content-Type", with_parameters(entity.content_type.media_type, parameters))
    return base64_leaf(b"".join((*kept, content_type)), made.encode())


_REWRITTEN: Final = frozenset({"content-type", "content-transfer-encoding"})


def _in_html(text: str, lines: list[str]) -> str:
    element = f'<div class="{_CLASS}"><pre>{html.escape(chr(10).join(lines))}</pre></div>\r\n'
    body = _BODY.search(text)
    start = body.end() if body else 0
    return text[:start] + element + text[start:]


def displayed_text(leaf: Entity) -> str:
    """The text of a leaf as it is to be shown: decoded, without the legacy display that it may bear.

    For the leaves of a payload whose header is protected and shown (RFC 9788 §4.5.3); elsewhere the text is
    shown whole.

    Raises:
        MalformedInput: `not-text` for another leaf, and the codes of `Entity.content`.
    """
    if leaf.content_type.media_type not in _TEXTS:
        raise MalformedInput("not-text", where="Content-Type", found=leaf.content_type.media_type)
    text = decode_charset(leaf.content(), leaf.content_type.parameter("charset") or "us-ascii")
    if leaf.content_type.parameter(LEGACY_DISPLAY) != "1":
        return text
    return _without_element(text) if leaf.content_type.subtype == "html" else _without_lines(text)


def _without_lines(text: str) -> str:
    """Without the first lines up to an empty one, where each is a field or goes one on."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if not line.strip():
            return "".join(lines[number + 1 :]) if number else text
        if not _FIELD_LINE.match(line) and (number == 0 or line[0] not in " \t"):
            return text
    return text


def _without_element(text: str) -> str:
    """Without the element that is marked so, where it stands first in the body."""
    body = _BODY.search(text)
    start = body.end() if body else 0
    found = _ELEMENT.match(text, start)
    return text if found is None else text[:start] + text[found.end() :]
