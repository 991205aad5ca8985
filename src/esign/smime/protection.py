"""Header protection (RFC 9788): header fields under the signature, fewer and vaguer ones outside.

Unless another policy of confidentiality is asked for, ours is stricter than the baseline of RFC 9788 §3.2.1:
outside stand only the fields that carry a letter, and `Subject: [...]`. Whether the protected sender is the
signer is asked where certificates are known.
"""

import enum
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC
from typing import Final, Literal

from esign.errors import MalformedInput
from esign.findings import Finding
from esign.mime import Entity, Field, read_date, read_mailboxes
from esign.smime.display import add_display

OBSCURED_SUBJECT: Final = "[...]"
OUTSIDE: Final = frozenset({"from", "to", "cc", "date", "message-id"})
"""What stays outside as it is when the letter is encrypted."""

Mode = Literal["clear", "cipher"]

_COMPARED: Final = ("From", "To", "Cc", "Subject", "Date", "Message-ID")
_LENIENT: Final = frozenset({"subject"})
_HIDDEN: Final = frozenset({"keywords", "comments"})
_NEXT: Final = ",\r\n "
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HP_OUTER: Final = re.compile(r"[ \t]*([!-9;-~]{1,76}):(.*)", re.DOTALL)


class Confidentiality(enum.Enum):
    """What an encrypted letter shows outside: the policies of RFC 9788 §3.2, and our own.

    `STRICT` shows sender, recipients, date and Message-ID, and that there is a subject; `BASELINE` hides
    subject, keywords and comments (RFC 9788 §3.2.1); `SHY` names and time zone besides (RFC 9788 §3.2.2);
    `NONE` nothing (RFC 9788 §3.2.3).
    """

    STRICT = "strict"
    BASELINE = "baseline"
    SHY = "shy"
    NONE = "none"


class FieldProtection(enum.Enum):
    """How a field of the header reached the reader (RFC 9788 §4.3)."""

    UNPROTECTED = "unprotected"
    SIGNED_ONLY = "signed-only"
    ENCRYPTED_ONLY = "encrypted-only"
    SIGNED_AND_ENCRYPTED = "signed-and-encrypted"


@dataclass(frozen=True, slots=True)
class Protected:
    """A payload with its header protected: `payload` is to be signed, `outer` are the fields for outside."""

    payload: bytes = field(repr=False)
    outer: bytes


@dataclass(frozen=True, slots=True)
class HeaderProtection:
    """The protected header of a payload: `mode` as the sender declared it, `fields` without those of MIME.

    `outside` is what the sender put outside, as (name in lower case, value), from HP-Outer; empty when
    `clear`.
    """

    mode: Mode
    fields: tuple[Field, ...]
    outside: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> Field | None:
        """The first protected field of this name (any case)."""
        return next((found for found in self.fields if found.key == name.lower()), None)

    def of_field(self, name: str, *, signed: bool, encrypted: bool) -> FieldProtection:
        """How the field `name` is protected, in a letter that is `signed` and `encrypted` or not.

        `signed` asks for a signature that holds. A field is secret only when it did not stand outside with
        the same value, by the word of the sender (RFC 9788 §4.3).
        """
        found = self.get(name)
        if found is None:
            return FieldProtection.UNPROTECTED
        shown = (found.key, _one_spaced(found.text))
        outside = {(key, _one_spaced(value)) for key, value in self.outside}
        secret = encrypted and self.mode == "cipher" and shown not in outside
        if signed:
            return FieldProtection.SIGNED_AND_ENCRYPTED if secret else FieldProtection.SIGNED_ONLY
        return FieldProtection.ENCRYPTED_ONLY if secret else FieldProtection.UNPROTECTED


def protect(
    payload: bytes,
    header: bytes,
    *,
    mode: Mode,
    confidentiality: Confidentiality = Confidentiality.STRICT,
    legacy_display: bool = False,
) -> Protected:
    """`payload` (a MIME entity) with `header` (fields with CRLF) under the signature to be (RFC 9788 §5.2).

    With `cipher`, for a letter to be encrypted, `confidentiality` says what stands outside, and HP-Outer
    tells it inside (RFC 9788 §2.2). With `legacy_display` what is hidden stands in the text too, for readers
    that do not know header protection.

    Raises:
        MalformedInput: the codes of `Entity.read`; with `Confidentiality.SHY` those of `read_mailboxes` and
            `read_date`.
        ValueError: `payload` has fields other than those of MIME.
    """
    entity = Entity.read(payload)
    if not all(_is_mime(found) for found in entity.header):
        raise ValueError("the payload has header fields already")
    fields = Entity.read(header).header
    shown = confidentiality if mode == "cipher" else Confidentiality.NONE
    outside = tuple(_outside(fields, shown))
    if legacy_display:
        hidden = [found for found in fields if found.raw not in outside]
        entity = Entity.read(add_display(entity, hidden))
    inside = [found.raw for found in fields]
    inside += [b"HP-Outer: " + raw for raw in outside if mode == "cipher"]
    inside += [found.raw for found in entity.header if found.key != "content-type"]
    content_type = entity.get("Content-Type")
    declared = content_type.raw if content_type else b"Content-Type: text/plain; charset=us-ascii\r\n"
    inside.append(declared.rstrip(b"; \t\r\n") + f';\r\n hp="{mode}"\r\n'.encode())
    return Protected(b"".join(inside) + b"\r\n" + entity.body, b"".join(outside))


def _outside(fields: Iterable[Field], shown: Confidentiality) -> Iterator[bytes]:
    for found in fields:
        if shown is Confidentiality.NONE:
            yield found.raw
        elif found.key == "subject":
            yield f"Subject: {OBSCURED_SUBJECT}\r\n".encode()
        elif shown is Confidentiality.STRICT:
            if found.key in OUTSIDE:
                yield found.raw
        elif found.key not in _HIDDEN:
            yield _vague(found) if shown is Confidentiality.SHY else found.raw


def _vague(found: Field) -> bytes:
    """Without the names of people and the time zone of the sender (RFC 9788 §3.2.2)."""
    if found.key in ("from", "to", "cc"):
        addresses = [one.address for one in read_mailboxes(found.text, where=found.name)]
        return f"{found.name}: {_NEXT.join(addresses)}\r\n".encode() if addresses else found.raw
    if found.key == "date":
        at = read_date(found.text).astimezone(UTC)
        day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
        return f"{found.name}: {day}, {at.day} {month} {at.year:04} {at:%H:%M:%S} +0000\r\n".encode()
    return found.raw


def _is_mime(found: Field) -> bool:
    return found.key.startswith("content-") or found.key == "mime-version"


def read_protection(payload: Entity) -> HeaderProtection | None:
    """The protected header of `payload`, None when its Content-Type has no `hp` parameter (RFC 9788 §4.1).

    Raises:
        MalformedInput: `hp-outer-syntax`.
    """
    mode = payload.content_type.parameter("hp")
    if mode not in ("clear", "cipher"):
        return None
    fields = tuple(found for found in payload.header if not _is_mime(found) and found.key != "hp-outer")
    outside = tuple(_hp_outer(found) for found in payload.get_all("HP-Outer"))
    return HeaderProtection("clear" if mode == "clear" else "cipher", fields, outside)


def _hp_outer(found: Field) -> tuple[str, str]:
    parts = _HP_OUTER.fullmatch(found.text)
    if not parts:
        raise MalformedInput("hp-outer-syntax", clause="RFC 9788 §2.2", where="HP-Outer", found=found.text)
    return parts[1].lower(), parts[2]


def compare(outer: Entity, payload: Entity, *, encrypted: bool) -> list[Finding]:
    """What the header of the message and the protected header of `payload` say differently (RFC 9788 §4.4).

    Errors: `from-repeated`, `from-differs`, `outer-header-differs` (To, Cc, Date, Message-ID). Warnings:
    `header-unprotected`, `header-protection-mode`, and `outer-header-differs` of Subject, which is to be
    shown from inside.
    """
    protection = read_protection(payload)
    if protection is None:
        return [Finding.warning("header-unprotected", clause="RFC 9788 §4.1", where="payload")]
    findings = []
    if protection.mode == "cipher" and not encrypted:
        # RFC 9788 §10.2: the parameter says what the sender meant; it makes nothing confidential.
        findings.append(Finding.warning("header-protection-mode", clause="RFC 9788 §10.2", where="payload"))
    if len([found for found in protection.fields if found.key == "from"]) > 1:
        findings.append(Finding.error("from-repeated", clause="RFC 5322 §3.6", where="payload"))
    expected = protection.outside if protection.mode == "cipher" else _as_pairs(protection.fields)
    names = {name for name, _ in expected}
    findings += differences(outer, expected)
    findings += _added(outer, names)
    return findings + _sender_within(protection, outer)


def _as_pairs(fields: Iterable[Field]) -> tuple[tuple[str, str], ...]:
    return tuple((found.key, found.text) for found in fields)


def _sender_within(protection: HeaderProtection, outer: Entity) -> list[Finding]:
    """With `cipher` the comparison above is with HP-Outer; the sender inside must be the one outside too."""
    inside = protection.get("From")
    if protection.mode != "cipher" or inside is None:
        return []
    return list(differences(outer, [("from", inside.text)]))


def _added(outer: Entity, names: set[str]) -> Iterator[Finding]:
    for name in _COMPARED:
        if name.lower() not in names and outer.get(name):
            yield _difference(name, "nothing", clause="RFC 9788 §4.4")


def differences(outer: Entity, expected: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """A finding for each compared field of `outer` that is not what `expected` (name, value) says.

    The sender is compared by address; white space, which transport may fold, is not compared.
    """
    if len(outer.get_all("From")) > 1:
        yield Finding.error("from-repeated", clause="RFC 5322 §3.6", where="message")
    pairs = list(expected)
    for name in _COMPARED:
        wanted = [value for key, value in pairs if key.lower() == name.lower()]
        found = [each.text for each in outer.get_all(name)]
        if wanted and sorted(map(_normal(name), wanted)) != sorted(map(_normal(name), found)):
            yield _difference(name, ", ".join(wanted), clause="RFC 9788 §4.4")


def _difference(name: str, wanted: str, *, clause: str) -> Finding:
    if name == "From":
        return Finding.error("from-differs", clause=clause, where=name, wanted=wanted)
    weigh = Finding.warning if name.lower() in _LENIENT else Finding.error
    return weigh("outer-header-differs", clause=clause, where=name, name=name, wanted=wanted)


def _normal(name: str) -> Callable[[str], str]:
    return _address_in if name == "From" else _one_spaced


def _one_spaced(text: str) -> str:
    return " ".join(text.split())


def _address_in(text: str) -> str:
    """What stands in the last angle brackets, else all: enough to see a difference, never to identify."""
    bracketed = text.endswith(">") and "<" in text
    return (text[text.rfind("<") + 1 : -1] if bracketed else text).strip().lower()
