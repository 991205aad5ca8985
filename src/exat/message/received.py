"""``Message``: a message as it was received, and the header values that the node decides by.

Refuses what makes two readers see two senders (duplicates, groups, comments, obsolete forms, encoded words in
an address) and what a relay must not pass on (bare CR, LF, NUL, visible Bcc). Signatures are not looked at
here.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from esign.errors import EsignError
from esign.findings import Finding
from esign.smime import Entity, Field, decode_words
from exat.address import Address
from exat.errors import MalformedMessage
from exat.message.header import NamedAddress, read_date, read_mailboxes, read_message_id

SINGLE: Final = (
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
)
"""Fields that stand at most once (RFC 5322 §3.6, RFC 2045 §3); From has a code of its own."""

_CRLF_LAW: Final = {"bare-line-feed": "bare-newline", "bare-carriage-return": "bare-newline"}


@dataclass(frozen=True, slots=True)
class HeaderValues:
    """The values of a header that was read strictly; names and `subject` are decoded for showing only."""

    author: NamedAddress
    to: tuple[NamedAddress, ...]
    cc: tuple[NamedAddress, ...]
    subject: str
    date: datetime
    message_id: str

    @property
    def sender(self) -> Address:
        """The one mailbox of From."""
        return self.author.address

    @property
    def recipients(self) -> tuple[Address, ...]:
        """The mailboxes of To and Cc in order, each once."""
        return tuple({named.address.key: named.address for named in (*self.to, *self.cc)}.values())

    @classmethod
    def read(cls, fields: Sequence[Field], *, smtputf8: bool = False) -> "HeaderValues":
        """From header fields, of a message or protected ones.

        Raises:
            MalformedMessage: `from-missing`, `from-repeated`, `from-not-single`, `sender-differs`,
                `header-duplicate`, `bcc-visible`, `recipient-syntax`, `too-many-recipients`, `date-missing`,
                `date-malformed`, `message-id-missing`, `message-id-malformed`.
        """
        by_key: dict[str, list[str]] = {}
        for each in fields:
            by_key.setdefault(each.key, []).append(each.text)
        author = _author(by_key.get("from", []), smtputf8=smtputf8)
        for name in SINGLE:
            if len(by_key.get(name.lower(), ())) > 1:
                raise _refused("header-duplicate", f"found {name} more than once", where=name, name=name)
        if "bcc" in by_key:
            raise _refused("bcc-visible", "found Bcc, wanted separate letters", where="Bcc")
        single = {key: texts[0] for key, texts in by_key.items()}
        _check_sender(single.get("sender"), author, smtputf8=smtputf8)
        return cls(
            author,
            _recipients(single, "To", smtputf8=smtputf8),
            _recipients(single, "Cc", smtputf8=smtputf8),
            decode_words(single.get("subject", "")),
            read_date(_wanted(single, "Date", "date-missing")),
            read_message_id(_wanted(single, "Message-ID", "message-id-missing")),
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Warnings that should stand beside the sender's name."""
        if not self.author.poses_as_another:
            return ()
        return (Finding.warning("display-name-address", where="From", found=self.author.name),)


@dataclass(frozen=True, slots=True)
class Message:
    """A message as received: `raw` is kept, `entity` is its strict reading, `header` its values.

    `digest` is the SHA-256 of `raw` in lower-case hex.
    """

    raw: bytes = field(repr=False)
    entity: Entity = field(repr=False)
    header: HeaderValues
    digest: str

    @classmethod
    def read(cls, raw: bytes, *, smtputf8: bool = False) -> "Message":
        """From the octets of a whole message; hostile input is the normal case.

        With `smtputf8` addresses in the header may be international (RFC 6532 §3.2).

        Raises:
            MalformedMessage: `bare-newline`, `nul-octet`, the codes of `HeaderValues.read`, and those of the
                strict MIME reader (`field-syntax`, `header-too-large`, `content-type-syntax` and so on).
        """
        try:
            entity = Entity.read(raw)
        except EsignError as e:
            raise mail_error(e) from e
        header = HeaderValues.read(entity.header, smtputf8=smtputf8)
        return cls(raw, entity, header, hashlib.sha256(raw).hexdigest())

    @property
    def sender(self) -> Address:
        """The one mailbox of From."""
        return self.header.sender

    @property
    def sender_name(self) -> str:
        """The display name in From, decoded for showing only."""
        return self.header.author.name

    @property
    def message_id(self) -> str:
        """The Message-ID with its angle brackets."""
        return self.header.message_id

    @property
    def date(self) -> datetime:
        """The Date, aware, with the offset as written."""
        return self.header.date

    @property
    def to(self) -> tuple[Address, ...]:
        """The mailboxes of To."""
        return tuple(named.address for named in self.header.to)

    @property
    def cc(self) -> tuple[Address, ...]:
        """The mailboxes of Cc."""
        return tuple(named.address for named in self.header.cc)

    @property
    def subject(self) -> str:
        """The Subject, decoded for showing only."""
        return self.header.subject

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Warnings that should stand beside the sender's name."""
        return self.header.findings


def mail_error(e: EsignError) -> MalformedMessage:
    """An error of the library as one of the mail system, with its code, place and values."""
    code = _CRLF_LAW.get(e.code, e.code)
    return MalformedMessage(code, e.message, clause=e.clause, where=e.where, values=e.values)


def _author(texts: list[str], *, smtputf8: bool) -> NamedAddress:
    if not texts:
        raise _refused("from-missing", "found no From", where="From")
    if len(texts) > 1:
        raise _refused("from-repeated", f"found From {len(texts)} times", where="From")
    try:
        mailboxes = read_mailboxes(texts[0], field="From", smtputf8=smtputf8)
    except MalformedMessage as e:
        raise _not_single(texts[0], str(e.values.get("reason", e.code))) from e
    if len(mailboxes) != 1:
        raise _not_single(texts[0], f"{len(mailboxes)} mailboxes")
    return mailboxes[0]


def _not_single(text: str, reason: str) -> MalformedMessage:
    message = f"wanted one plain mailbox: {reason}"
    return _refused("from-not-single", message, where="From", found=text or "nothing", reason=reason)


def _check_sender(text: str | None, author: NamedAddress, *, smtputf8: bool) -> None:
    if text is None:
        return
    mailboxes = read_mailboxes(text, field="Sender", smtputf8=smtputf8)
    if [named.address.key for named in mailboxes] != [author.address.key]:
        raise _refused("sender-differs", "found another mailbox than in From", where="Sender")


def _recipients(single: dict[str, str], name: str, *, smtputf8: bool) -> tuple[NamedAddress, ...]:
    text = single.get(name.lower())
    return () if text is None else read_mailboxes(text, field=name, smtputf8=smtputf8)


def _wanted(single: dict[str, str], name: str, code: str) -> str:
    text = single.get(name.lower())
    if text is None:
        raise _refused(code, f"found no {name}", where=name)
    return text


def _refused(code: str, message: str, *, where: str, **values: object) -> MalformedMessage:
    return MalformedMessage(code, message, clause="RFC 5322 §3.6", where=where, values=values)
