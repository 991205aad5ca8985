"""The letters of the demonstration: the good one, and those that must be refused.

The bad ones are made with the same acts as good ones, by someone who does one thing wrong.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Final

from esign import Certificate, Signer, smime
from exat.demo.scene import Side
from exat.message import Attachment, NamedAddress, Requisites, compose, write_date
from exat.records import Mailbox
from exat.shell.clerk import Composition, SignedLetter

SUBJECT: Final = "Nizom loyihasi / Низом лойиҳаси"
_SCRIPTS: Final = ("letter.uz-Latn.txt", "letter.uz-Cyrl.txt")
_PDF: Final = "nizom.pdf"
_FIFTEEN_DAYS: Final = timedelta(days=15)


def asset(name: str) -> bytes:
    """A file that comes with the demonstration."""
    return files("exat.demo").joinpath("assets", name).read_bytes()


def own_attachment() -> Attachment:
    """The document that is sent when no other is named."""
    return Attachment(_PDF, "application/pdf", asset(_PDF))


def letter_text() -> str:
    """The letter in Uzbek: in Latin script, then in Cyrillic."""
    return "\n* * *\n\n".join(asset(name).decode() for name in _SCRIPTS)


def composition(author: Side, reader: Side, attachment: Attachment, *, at: datetime) -> Composition:
    """The letter from the shared mailbox of one agency to that of the other, with its requisites."""
    return Composition(
        sender=author.office.address,
        to=(reader.office.address,),
        subject=SUBJECT,
        text=letter_text(),
        attachments=(attachment,),
        requisites=Requisites(
            sender_name=author.part.name,
            postal_address="100047, Toshkent shahri, Sayilgoh ko'chasi, 5-uy",
            outgoing_number="01-12/345",
            in_reply_to_number="03-07/112",
            due_date=(at + _FIFTEEN_DAYS).date(),
            executor="Karimova N., 71 200-00-00",
        ),
    )


# --- what must be refused ---


def unsigned(author: Side, reader: Side, *, at: datetime) -> SignedLetter:
    """A letter as any mail program sends it when nothing is set up: neither signed nor encrypted."""
    identifier = _identifier(author)
    header = (
        _address_field("From", author.office)
        + _address_field("To", reader.office)
        + smime.text_field("Subject", SUBJECT)
        + smime.field("Date", write_date(at.replace(microsecond=0)))
        + smime.field("Message-ID", identifier)
    )
    leaf = smime.base64_leaf(
        smime.field("Content-Type", "text/plain; charset=utf-8"), _canonical(letter_text())
    )
    return _for(author.office, reader.office, identifier, smime.message(header, leaf))


def forged(author: Side, reader: Side, *, at: datetime) -> SignedLetter:
    """A letter that says it is the minister's, signed by an officer of another mailbox."""
    signer = author.officer.signer()
    return _wrapped(author, author.other, reader.office, signer, (reader.office,), at=at)


def for_another(author: Side, reader: Side, *, at: datetime) -> SignedLetter:
    """A letter to the office that only another mailbox of the agency could open."""
    signer = author.officer.signer()
    return _wrapped(author, author.office, reader.office, signer, (reader.other,), at=at)


def signed_by(author: Side, reader: Side, signer: Signer, *, at: datetime) -> SignedLetter:
    """A letter in good order, of the officer who holds `signer`."""
    return _wrapped(author, author.office, reader.office, signer, (reader.office,), at=at)


def changed(letter: SignedLetter) -> tuple[SignedLetter, int]:
    """The letter with one octet changed in the middle of its ciphertext, and where.

    The octet is a character of base64 and becomes another: the message stays well-formed.
    """
    position = len(letter.raw) // 2
    while not chr(letter.raw[position]).isalnum():
        position += 1
    other = b"B" if letter.raw[position : position + 1] == b"A" else b"A"
    raw = letter.raw[:position] + other + letter.raw[position + 1 :]
    return SignedLetter("", letter.message_id, letter.sender, letter.recipients, raw), position


def _wrapped(
    author: Side,
    sender: Mailbox,
    recipient: Mailbox,
    signer: Signer,
    closed_for: Sequence[Mailbox],
    *,
    at: datetime,
) -> SignedLetter:
    identifier = _identifier(author)
    protected = compose(
        NamedAddress(sender.address, sender.name),
        [NamedAddress(recipient.address)],
        subject=SUBJECT,
        text=letter_text(),
        message_id=identifier,
        at=at.replace(microsecond=0),
    )
    keys = [_key(mailbox) for mailbox in (*closed_for, author.office)]
    raw = smime.triple_wrap(protected, keys, signer=signer, outer_signer=signer, at=at)
    return _for(sender, recipient, identifier, raw)


def _for(sender: Mailbox, recipient: Mailbox, identifier: str, raw: bytes) -> SignedLetter:
    return SignedLetter("", identifier, sender.address, (recipient.address,), raw)


def _key(mailbox: Mailbox) -> Certificate:
    return mailbox.encryption[0]


def _identifier(author: Side) -> str:
    return f"<{secrets.token_hex(16)}@{author.part.domain}>"


def _address_field(name: str, mailbox: Mailbox) -> bytes:
    return smime.field(name, NamedAddress(mailbox.address, mailbox.name).write())


def _canonical(text: str) -> bytes:
    return smime.canonical(text.encode())
