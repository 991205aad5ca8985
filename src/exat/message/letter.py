"""``Letter``: what people write and read: text, attachments, requisites, under a protected header (RFC 9788).

Composing gives a payload to sign and the fields that go outside; signing and encrypting are separate acts.
Reading hides nothing: the first plain text is the letter's text, and every other part is an attachment.
"""

import binascii
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from esign.errors import EsignError
from esign.findings import Finding
from esign.smime import (
    Entity,
    Field,
    Opened,
    Protected,
    base64_leaf,
    decode_charset,
    decode_words,
    displayed_text,
    multipart,
    protect,
    readable,
    text_field,
    walk,
    with_parameters,
)
from esign.smime import field as header_field
from exat.errors import MalformedMessage
from exat.message.header import NamedAddress, write_date
from exat.message.received import HeaderValues, mail_error

REQUISITES: Final = (
    ("sender_name", "X-Exat-Sender-Name"),
    ("postal_address", "X-Exat-Postal-Address"),
    ("outgoing_number", "X-Exat-Outgoing-Number"),
    ("in_reply_to_number", "X-Exat-In-Reply-To-Number"),
    ("due_date", "X-Exat-Due-Date"),
    ("executor", "X-Exat-Executor"),
)
"""Requisites and the header fields that carry them. The electronic address is From, the date is Date."""

MAX_REQUISITE: Final = 1_000
_NAME_CHARACTERS: Final = 150
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UNSAFE_IN_NAMES: Final = frozenset('/\\:*?"<>|\N{REPLACEMENT CHARACTER}')
_REFUSED_TYPES: Final = frozenset({"message/partial", "message/external-body"})
_ENDINGS: Final = {"text/plain": ".txt", "text/html": ".html", "message/rfc822": ".eml"}


@dataclass(frozen=True, slots=True)
class Requisites:
    """The requisites of an official letter; what is empty or None is not written."""

    sender_name: str = ""
    postal_address: str = ""
    outgoing_number: str = ""
    in_reply_to_number: str = ""
    due_date: date | None = None
    executor: str = ""

    @classmethod
    def read(cls, fields: Sequence[Field]) -> "Requisites":
        """From protected header fields.

        Raises:
            MalformedMessage: `header-duplicate`, `requisite-malformed`.
        """
        values: dict[str, str] = {}
        names = {header.lower(): (attribute, header) for attribute, header in REQUISITES}
        for each in fields:
            attribute, header = names.get(each.key, ("", ""))
            if attribute in values:
                raise MalformedMessage(
                    "header-duplicate", f"found {header} twice", where=header, values={"name": header}
                )
            if attribute:
                values[attribute] = _requisite(header, decode_words(each.text))
        due = values.pop("due_date", None)
        return cls(due_date=_day(due) if due else None, **values)

    def write(self) -> bytes:
        """The header fields, with CRLF.

        Raises:
            EsignError: `header-unsafe` when a value holds a line end or a control character.
        """
        written = b""
        for attribute, header in REQUISITES:
            value = getattr(self, attribute)
            if value:
                written += text_field(header, value.isoformat() if attribute == "due_date" else value)
        return written


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file with a letter: `name` is safe to show and never a path; `media_type` is what the sender says."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as its reader sees it; `is_protected` tells whether `header` stood in the payload."""

    header: HeaderValues
    text: str
    attachments: tuple[Attachment, ...]
    requisites: Requisites
    is_protected: bool
    findings: tuple[Finding, ...] = ()


def compose(
    sender: NamedAddress,
    to: Sequence[NamedAddress],
    *,
    subject: str,
    text: str,
    message_id: str,
    at: datetime,
    cc: Sequence[NamedAddress] = (),
    attachments: Sequence[Attachment] = (),
    requisites: Requisites | None = None,
) -> Protected:
    """The payload of a letter with its header protected, and the fields that go outside when it is encrypted.

    `at` (aware) becomes Date; `message_id` has its angle brackets. All of it is 7-bit.

    Raises:
        MalformedMessage: `header-unsafe` when a value holds a line end or a control character, and the codes
            of `HeaderValues.read`: what could not be read is not written.
    """
    try:
        header = _header(sender, to, cc, subject=subject, message_id=message_id, at=at)
        header += (requisites or Requisites()).write()
        parts = [_text_leaf(text), *(_attachment_leaf(each) for each in attachments)]
        payload = multipart("mixed", parts) if len(parts) > 1 else parts[0]
        protected = protect(payload, header, mode="cipher")
        HeaderValues.read(Entity.read(header).header)
    except EsignError as e:
        raise mail_error(e) from e
    return protected


def _header(
    sender: NamedAddress,
    to: Sequence[NamedAddress],
    cc: Sequence[NamedAddress],
    *,
    subject: str,
    message_id: str,
    at: datetime,
) -> bytes:
    fields = [header_field("From", sender.write())]
    fields += [
        header_field(name, ", ".join(each.write() for each in group))
        for name, group in (("To", to), ("Cc", cc))
        if group
    ]
    fields.append(text_field("Subject", subject))
    fields.append(header_field("Date", write_date(at)))
    fields.append(header_field("Message-ID", message_id))
    return b"".join(fields)


def _text_leaf(text: str) -> bytes:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    octets = "\r\n".join(lines).encode("utf-8", "replace")
    header = header_field("Content-Type", "text/plain; charset=utf-8")
    if sum(octet > 0x7E for octet in octets) * 3 > len(octets):
        return base64_leaf(header, octets)
    quoted = b"\r\n".join(binascii.b2a_qp(line).replace(b"\n", b"\r\n") for line in octets.split(b"\r\n"))
    return header + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + quoted


def _attachment_leaf(attachment: Attachment) -> bytes:
    kind = attachment.media_type.lower()
    # RFC 2046 §5.2.1: a composite type may not be in base64, and a file is to arrive octet for octet.
    if kind.startswith(("multipart/", "message/")):
        kind = "application/octet-stream"
    header = header_field("Content-Type", kind)
    header += header_field(
        "Content-Disposition", with_parameters("attachment", {"filename": safe_name(attachment.name)})
    )
    return base64_leaf(header, attachment.content)


def read_letter(opened: Opened, *, smtputf8: bool = False) -> Letter:
    """The letter in the payload of `opened`.

    The header is the protected one; without it, that of the innermost message around the payload. Whose
    signature covers it, and whether outer and protected fields agree, `opened` tells.

    Raises:
        MalformedMessage: the codes of `HeaderValues.read`, of `Requisites.read` and of the strict MIME
            reader; `message-type-refused`.
    """
    protection = opened.protection
    fields = protection.fields if protection else _surrounding_header(opened)
    header = HeaderValues.read(fields, smtputf8=smtputf8)
    try:
        text, attachments, findings = _content(opened.payload, protected=protection is not None)
    except EsignError as e:
        raise mail_error(e) from e
    return Letter(
        header,
        text,
        attachments,
        Requisites.read(fields) if protection else Requisites(),
        protection is not None,
        (*header.findings, *findings),
    )


def _surrounding_header(opened: Opened) -> tuple[Field, ...]:
    entities = [opened.outer.root, *(layer.entity for layer in opened.layers), opened.payload]
    return next((entity.header for entity in reversed(entities) if entity.get("From")), ())


def _content(payload: Entity, *, protected: bool) -> tuple[str, tuple[Attachment, ...], list[Finding]]:
    leaves = [entity for entity in walk(payload) if not entity.is_multipart]
    for leaf in leaves:
        if (kind := leaf.content_type.media_type) in _REFUSED_TYPES:
            raise MalformedMessage(
                "message-type-refused",
                f"found {kind}",
                clause="RFC 2046 §5.2",
                where="payload",
                values={"found": kind},
            )
    chosen = next((leaf for leaf in leaves if _is_text(leaf, "text/plain")), None)
    text = "" if chosen is None else readable(_text(chosen, protected=protected))
    others = (leaf for leaf in leaves if leaf is not chosen)
    findings = []
    if chosen is None and any(_is_text(leaf, "text/html") for leaf in leaves):
        findings.append(Finding.warning("text-only-html", where="payload"))
    return text, tuple(_attachments(others)), findings


def _is_text(leaf: Entity, kind: str) -> bool:
    disposition = leaf.disposition
    return leaf.content_type.media_type == kind and (disposition is None or disposition.kind != "attachment")


def _text(leaf: Entity, *, protected: bool) -> str:
    """What is shown: a protected header, repeated in the text, is left out there (RFC 9788 §4.5.3)."""
    charset = leaf.content_type.parameter("charset") or "us-ascii"
    found = displayed_text(leaf) if protected else decode_charset(leaf.content(), charset)
    return found.replace("\r\n", "\n")


def _attachments(leaves: Iterator[Entity]) -> Iterator[Attachment]:
    for number, leaf in enumerate(leaves, 1):
        disposition = leaf.disposition
        given = disposition.parameters.get("filename", "") if disposition else ""
        kind = leaf.content_type.media_type
        shown = decode_words(given or leaf.content_type.parameters.get("name", ""))
        name = safe_name(shown) or f"part-{number}{_ENDINGS.get(kind, '')}"
        yield Attachment(name, kind, leaf.content())


def safe_name(name: str) -> str:
    """`name` as one component without separators, control characters or leading dots; may be empty."""
    kept = "".join("_" if c in _UNSAFE_IN_NAMES or _is_unseen(c) else c for c in name)
    stripped = kept.strip(" .")
    if len(stripped) <= _NAME_CHARACTERS:
        return stripped
    stem, dot, ending = stripped.rpartition(".")
    kept_ending = f".{ending}" if dot and len(ending) <= 10 else ""
    return (stem if kept_ending else stripped)[: _NAME_CHARACTERS - len(kept_ending)].strip(
        " ."
    ) + kept_ending


def _is_unseen(character: str) -> bool:
    return character != " " and unicodedata.category(character)[0] in "CZ"


def _requisite(header: str, value: str) -> str:
    if len(value) > MAX_REQUISITE:
        raise _bad_requisite(header, value)
    return value.strip()


def _day(value: str) -> date:
    try:
        # Only the form that is written: other ISO forms are read differently by different programs.
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise _bad_requisite(dict(REQUISITES)["due_date"], value)


def _bad_requisite(header: str, value: str) -> MalformedMessage:
    return MalformedMessage(
        "requisite-malformed",
        "found a value that cannot be read",
        where=header,
        values={"name": header, "found": value[:100]},
    )
