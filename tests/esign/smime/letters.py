"""Letters for the tests of judgement: Alice signs, Bob reads, Mallory has a good certificate of her own."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from esign import Certificate, smime
from esign.mime import base64_leaf, field, multipart, text_field
from esign.testing import TestPKI

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DATE = "Mon, 23 Nov 2026 12:00:00 +0000"
TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n"
SECRET = b"Content-Type: text/plain; charset=utf-8\r\n\r\nthe word is opensesame\r\n"
FROM = "Alice Lovelace <alice@a.test>"


@lru_cache
def pki() -> TestPKI:
    return TestPKI(AT - timedelta(days=1))


@lru_cache
def alice() -> Any:
    return pki().signer("Alice Lovelace", email="alice@a.test")


@lru_cache
def mallory() -> Any:
    return pki().signer("Mallory Malice", email="mallory@e.test")


@lru_cache
def bob() -> Any:
    return pki().decryptor("bob@b.test", name="Bob Builder")


@lru_cache
def crls() -> tuple[bytes, ...]:
    return pki().crls


def certificate(holder: Any) -> Certificate:
    return Certificate.load(holder.certificate)


def header(sender: str | None = FROM, *more: bytes, date: str = DATE) -> bytes:
    named = () if sender is None else (field("From", sender),)
    rest = (
        field("To", "Bob Builder <bob@b.test>"),
        text_field("Subject", "Report"),
        field("Date", date),
        field("Message-ID", "<1@a.test>"),
    )
    return b"".join((*named, *rest, *more))


def signed(payload: bytes = TEXT, *, by: Any = None, opaque: bool = False, at: datetime = AT) -> bytes:
    """An entity signed by Alice, or `by` another."""
    return smime.sign(payload, by or alice(), at=at, opaque=opaque)


def letter(
    payload: bytes = TEXT, *, head: bytes | None = None, by: Any = None, opaque: bool = False
) -> bytes:
    """Alice's ordinary letter, signed and not encrypted."""
    return smime.message(header() if head is None else head, signed(payload, by=by, opaque=opaque))


def protected(mode: str = "cipher", payload: bytes = TEXT) -> smime.Protected:
    assert mode in ("clear", "cipher")
    return smime.protect(payload, header(), mode="clear" if mode == "clear" else "cipher")


def closed(entity: bytes, *, cipher: str = "aes-256-gcm") -> bytes:
    """`entity` encrypted for Bob."""
    return smime.encrypt(entity, [certificate(bob())], cipher=cipher)


def native(*, cipher: str = "aes-256-gcm", by: Any = None, payload: bytes = SECRET) -> bytes:
    """A letter with a protected header, signed, then encrypted."""
    made = protected(payload=payload)
    return smime.message(made.outer, closed(signed(made.payload, by=by), cipher=cipher))


def signature_part(octets: bytes, kind: str = "application/pkcs7-signature") -> bytes:
    return base64_leaf(field("Content-Type", kind), octets)


def detached(entity: bytes = TEXT, *, by: Any = None) -> bytes:
    """The CMS octets of a detached signature over `entity`."""
    signature = smime.read(signed(entity, by=by)).signature
    assert signature is not None
    return signature


def multipart_signed(*parts: bytes, **parameters: str) -> bytes:
    return multipart("signed", parts, parameters={"protocol": "application/pkcs7-signature", **parameters})


def whole(entity: bytes, *, head: bytes | None = None) -> bytes:
    """A message of `entity`, with the header of Alice's letter."""
    return (header() if head is None else head) + b"MIME-Version: 1.0\r\n" + entity


def judged(message: bytes, **options: Any) -> smime.Judgement:
    given = {"trust": pki().trust, "at": AT, "material": crls(), "keys": [bob()]}
    return smime.judge(message, **{**given, **options})


def codes(found: smime.Judgement) -> list[str]:
    return [finding.code for finding in found.findings]


def errors(found: smime.Judgement) -> list[str]:
    return [finding.code for finding in found.findings if finding.severity.value == "error"]


def shown(found: smime.Judgement) -> bytes:
    """Everything that a judgement gives away, as octets."""
    pieces: Iterable[bytes] = (part.content for part in found.parts)
    texts = (repr(found), str(found.to_dict()), found.explain("en"), found.explain("uz-Cyrl"))
    payload = found.payload.raw if found.payload else b""
    return b"\n".join([*pieces, payload, *(text.encode() for text in texts)])
