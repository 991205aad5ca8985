"""`Entity`: header section, body and parts as they were received, under one strict grammar.

The law of lines: CR and LF stand only as CRLF, NUL nowhere (RFC 5322 §2.3). Field names, folding and limits
are those of RFC 5322 §2.2 without its obsolete forms; values are UTF-8 (RFC 6532 §3.2).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Final

from esign.errors import LimitExceeded, MalformedInput
from esign.mime.transfer import ENCODINGS, IDENTITY, decode_transfer
from esign.mime.values import ContentType, Disposition

MAX_HEADER_OCTETS: Final = 256 * 1024
MAX_FIELDS: Final = 500
MAX_LINE_OCTETS: Final = 998
"""Of a header line, without CRLF (RFC 5322 §2.1.1)."""
MAX_PARTS: Final = 1_000
MAX_DEPTH: Final = 20
_MAX_CANDIDATES: Final = 20 * MAX_PARTS
"""Lines that begin like a delimiter of one multipart."""

_CRLF: Final = b"\r\n"
_NAME: Final = re.compile(rb"([!-9;-~]{1,76}):")
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BARE_LF: Final = re.compile(rb"(?<!\r)\n")
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
_ONCE: Final = ("content-type", "content-transfer-encoding", "content-disposition", "mime-version")
_DEFAULT_TYPE: Final = ContentType.read("text/plain; charset=us-ascii")
_IN_DIGEST: Final = ContentType.read("message/rfc822")
"""What a part of multipart/digest is when it does not say (RFC 2046 §5.1.5)."""


@dataclass(frozen=True, slots=True)
class Field:
    """One header field: `value` is what follows the colon, folded as received, without its last CRLF."""

    name: str
    value: bytes
    raw: bytes = attribute(repr=False)

    @property
    def key(self) -> str:
        """The name in lower case: what names are compared by."""
        return self.name.lower()

    @property
    def text(self) -> str:
        """The value unfolded (RFC 5322 §2.2.3), without white space at its ends, not decoded further."""
        return self.value.replace(_CRLF, b"").strip(b" \t").decode("utf-8")


@dataclass(frozen=True, slots=True)
class Multipart:
    """The parts of a multipart body; `ambiguous` when a line in them begins like its delimiter and is none.

    `preamble` and `epilogue` are octets before the first and after the last delimiter, shown by nobody.
    """

    parts: tuple["Entity", ...]
    preamble: bytes = attribute(default=b"", repr=False)
    epilogue: bytes = attribute(default=b"", repr=False)
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """A message or a body part: `raw` is all of it, `header` its fields in order, `body` what follows."""

    raw: bytes = attribute(repr=False)
    header: tuple[Field, ...]
    body: bytes = attribute(repr=False)
    content_type: ContentType
    transfer_encoding: str
    depth: int = 0

    @classmethod
    def read(cls, data: bytes, *, within_cms: bool = False) -> "Entity":
        """From the octets of a whole message or part.

        `within_cms` is for what stood inside a CMS object: it crossed no mail transport, so its bodies may be
        binary (RFC 8551 §3.1.2) and the law of lines holds for its headers alone.

        Raises:
            MalformedInput: `bare-carriage-return`, `bare-line-feed`, `nul-octet`, `field-syntax`,
                `folding-syntax`, `header-not-utf8`, `header-control-character`, `header-unended`,
                `header-duplicate` (of the fields of MIME), `content-type-syntax`, `parameter-syntax`,
                `parameter-duplicate`, `transfer-encoding-unknown`, `transfer-encoding-composite`.
            LimitExceeded: `header-too-large`, `header-too-many-fields`, `header-line-too-long`,
                `too-many-parameters`.
        """
        if not within_cms:
            _check_lines(data)
        return _entity(data, depth=0)

    def get(self, name: str) -> Field | None:
        """The first field of this name (any case); use `get_all` where a second one matters."""
        return next(iter(self.get_all(name)), None)

    def get_all(self, name: str) -> tuple[Field, ...]:
        """All fields of this name (any case), in order."""
        key = name.lower()
        return tuple(field for field in self.header if field.key == key)

    @property
    def header_octets(self) -> bytes:
        """The header section as received, without the empty line."""
        return b"".join(field.raw for field in self.header)

    @property
    def is_multipart(self) -> bool:
        """Whether the type is a multipart one."""
        return self.content_type.type == "multipart"

    @property
    def disposition(self) -> Disposition | None:
        """The Content-Disposition, None when absent.

        Raises:
            MalformedInput: `disposition-syntax`, `parameter-syntax`, `parameter-duplicate`.
            LimitExceeded: `too-many-parameters`.
        """
        found = self.get("Content-Disposition")
        return Disposition.read(found.text) if found else None

    def content(self) -> bytes:
        """The body without its transfer encoding.

        Raises:
            MalformedInput: `base64-syntax`, `quoted-printable-syntax`.
        """
        return decode_transfer(self.body, self.transfer_encoding)

    def parts(self) -> tuple["Entity", ...]:
        """The parts of a multipart body: see `multipart`."""
        return self.multipart().parts

    def multipart(self) -> Multipart:
        """The body cut at its delimiters; each part's `raw` is exactly the octets between them.

        The CRLF before a delimiter belongs to the delimiter (RFC 2046 §5.1.1).

        Raises:
            MalformedInput: `not-multipart`, `boundary-syntax`, `multipart-empty`, `multipart-unclosed`,
                `boundary-after-close`, and the codes of `read` for a part.
            LimitExceeded: `too-deep`, `too-many-parts`.
        """
        if not self.is_multipart:
            raise MalformedInput("not-multipart", where="Content-Type", found=self.content_type.media_type)
        if self.depth >= MAX_DEPTH:
            raise LimitExceeded("too-deep", limit=MAX_DEPTH, where="multipart")
        boundary = self.content_type.parameters.get("boundary", "")
        if not _BOUNDARY.fullmatch(boundary):
            raise MalformedInput(
                "boundary-syntax", clause="RFC 2046 §5.1.1", where="Content-Type", found=boundary
            )
        default = _IN_DIGEST if self.content_type.subtype == "digest" else _DEFAULT_TYPE
        return _cut(self.body, b"--" + boundary.encode("ascii"), self.depth + 1, default)


def canonical(data: bytes) -> bytes:
    """`data` with each line end that is a bare LF made CRLF, as RFC 8551 §3.1.1 wants text before signing.

    For files that a program wrote with the line ends of its system. A bare CR stays and is refused by
    `Entity.read`.
    """
    return _BARE_LF.sub(_CRLF, data)


def walk(entity: Entity) -> Iterator[Entity]:
    """`entity` and all parts below it, outer ones first; messages that are attached are not opened.

    Raises:
        MalformedInput: the codes of `Entity.multipart`.
        LimitExceeded: `too-many-parts` counted over all levels, `too-deep`.
    """
    waiting, count = [entity], 0
    while waiting:
        current = waiting.pop()
        count += 1
        if count > MAX_PARTS:
            raise LimitExceeded("too-many-parts", limit=MAX_PARTS, where="message")
        yield current
        if current.is_multipart:
            waiting += reversed(current.parts())


def _check_lines(data: bytes) -> None:
    """The law of lines; counting is what makes it cheap on large messages."""
    pairs = data.count(_CRLF)
    if data.count(b"\n") != pairs:
        raise MalformedInput("bare-line-feed", clause="RFC 5322 §2.3", where=_line_of(data, rb"(?<!\r)\n"))
    if data.count(b"\r") != pairs:
        raise MalformedInput(
            "bare-carriage-return", clause="RFC 5322 §2.3", where=_line_of(data, rb"\r(?!\n)")
        )
    if b"\0" in data:
        raise MalformedInput("nul-octet", clause="RFC 5322 §2.3", where=_line_of(data, rb"\x00"))


def _line_of(data: bytes, pattern: bytes) -> str:
    found = re.search(pattern, data)
    return f"line {data.count(_CRLF, 0, found.start()) + 1}" if found else ""


def _entity(data: bytes, *, depth: int, default: ContentType = _DEFAULT_TYPE) -> Entity:
    header_octets, body = _split(data)
    header = _fields(header_octets)
    for name in _ONCE:
        if sum(field.key == name for field in header) > 1:
            raise MalformedInput("header-duplicate", clause="RFC 2045 §3", where=name, name=name)
    by_key = {field.key: field.text for field in header}
    declared = by_key.get("content-type")
    content_type = default if declared is None else ContentType.read(declared)
    encoding = by_key.get("content-transfer-encoding", "7bit").lower()
    _check_encoding(encoding, content_type)
    return Entity(data, header, body, content_type, encoding, depth)


def _check_encoding(encoding: str, content_type: ContentType) -> None:
    where = "Content-Transfer-Encoding"
    if encoding not in ENCODINGS:
        raise MalformedInput("transfer-encoding-unknown", clause="RFC 2045 §6.1", where=where, found=encoding)
    # RFC 2045 §6.4: it is EXPRESSLY FORBIDDEN to use any other encoding with a composite media type.
    if encoding not in IDENTITY and (
        content_type.type == "multipart" or content_type.media_type == "message/rfc822"
    ):
        raise MalformedInput(
            "transfer-encoding-composite", clause="RFC 2045 §6.4", where=where, found=encoding
        )


def _split(data: bytes) -> tuple[bytes, bytes]:
    """Cut at the first empty line; without one all is header section."""
    if data.startswith(_CRLF):
        return b"", data[2:]
    end = data.find(b"\r\n\r\n", 0, MAX_HEADER_OCTETS + 2)
    if end >= 0:
        return data[: end + 2], data[end + 4 :]
    if len(data) > MAX_HEADER_OCTETS:
        raise LimitExceeded("header-too-large", limit=MAX_HEADER_OCTETS, where="header")
    if data and not data.endswith(_CRLF):
        raise MalformedInput("header-unended", clause="RFC 5322 §2.2", where="header")
    return data, b""


def _fields(octets: bytes) -> tuple[Field, ...]:
    groups: list[list[bytes]] = []
    _check_lines(octets)
    for number, line in enumerate(octets.split(_CRLF)[:-1], 1):
        if len(line) > MAX_LINE_OCTETS:
            raise LimitExceeded("header-line-too-long", limit=MAX_LINE_OCTETS, where=f"line {number}")
        if line[:1] not in (b" ", b"\t"):
            groups.append([line])
        elif not groups or not line.strip(b" \t"):
            raise MalformedInput("folding-syntax", clause="RFC 5322 §3.2.2", where=f"line {number}")
        else:
            groups[-1].append(line)
        if len(groups) > MAX_FIELDS:
            raise LimitExceeded("header-too-many-fields", limit=MAX_FIELDS, where=f"line {number}")
    return tuple(_field(_CRLF.join(lines)) for lines in groups)


def _field(octets: bytes) -> Field:
    found = _NAME.match(octets)
    if not found:
        shown = octets[:76].decode("utf-8", "replace")
        raise MalformedInput("field-syntax", clause="RFC 5322 §2.2", where="header", found=shown)
    name = found[1].decode("ascii")
    value = octets[found.end() :]
    if _CONTROL.search(value):
        raise MalformedInput("header-control-character", clause="RFC 5322 §2.2", where=name)
    try:
        value.replace(_CRLF, b"").decode("utf-8")
    except UnicodeDecodeError as e:
        raise MalformedInput("header-not-utf8", clause="RFC 6532 §3.2", where=name) from e
    return Field(name, value, octets + _CRLF)


def _cut(body: bytes, delimiter: bytes, depth: int, default: ContentType) -> Multipart:
    # The body begins at the start of a line: a delimiter may be its first octets.
    text, needle = _CRLF + body, _CRLF + delimiter
    parts: list[bytes] = []
    preamble, start, ambiguous = b"", -1, False
    for count, (position, line_end, rest) in enumerate(_candidates(text, needle)):
        if len(parts) > MAX_PARTS or count > _MAX_CANDIDATES:
            raise LimitExceeded("too-many-parts", limit=MAX_PARTS, where="multipart")
        if rest not in (b"", b"--"):
            ambiguous = True
            continue
        if start < 0:
            preamble = text[2:position]
        else:
            parts.append(text[start:position])
        start = line_end + 2
        if rest:
            _check_closed(text[line_end:], needle, parts)
            return Multipart(
                tuple(_entity(part, depth=depth, default=default) for part in parts),
                preamble,
                text[start:],
                ambiguous,
            )
    raise MalformedInput("multipart-unclosed", clause="RFC 2046 §5.1.1", where="multipart")


def _candidates(text: bytes, needle: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Each line that begins like a delimiter: where it begins and ends, and what follows the boundary."""
    position = text.find(needle)
    while position >= 0:
        found = text.find(_CRLF, position + len(needle))
        line_end = len(text) if found < 0 else found
        rest = text[position + len(needle) : line_end].rstrip(b" \t")
        yield position, line_end, rest
        # The CRLF that ends a delimiter may begin the next one.
        position = text.find(needle, line_end)


def _check_closed(epilogue: bytes, needle: bytes, parts: list[bytes]) -> None:
    if needle in epilogue:
        raise MalformedInput("boundary-after-close", clause="RFC 2046 §5.1.1", where="epilogue")
    if not parts:
        raise MalformedInput("multipart-empty", clause="RFC 2046 §5.1.1", where="multipart")
