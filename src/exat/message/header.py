"""Values of header fields: mailboxes, dates, message identifiers, by RFC 5322 without its obsolete forms.

A display name is for showing; the address in the angle brackets is what counts, and it has passed the strict
grammar of ``exat.address``. Comments, groups and routes are refused wherever a sender or a recipient is
named.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from esign.smime import decode_words, encode_words
from exat.address import Address
from exat.errors import MalformedAddress, MalformedMessage

MAX_MAILBOXES: Final = 1_000

_ATEXT: Final = r"A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\U0010ffff"
_ATOM: Final = rf"[{_ATEXT}]++"
_QUOTED: Final = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[ -~])*+"'
# RFC 2047 §5 forbids "." in an encoded word of a phrase; mailers write it, and it can mean nothing else.
_ENCODED: Final = r"=\?[A-Za-z0-9*_-]++\?[BbQq]\?[A-Za-z0-9!*+\-/=_.']*+\?="
_WORD: Final = rf"(?:{_ENCODED}(?![^ \t<,:;])|{_ATOM}|{_QUOTED})"
_PHRASE: Final = rf"{_WORD}(?:[ \t]+{_WORD})*+"
_MAILBOX: Final = re.compile(
    rf"(?:(?P<name>{_PHRASE})?[ \t]*<(?P<angle>[^<>]*)>"
    rf'|(?P<bare>(?:{_QUOTED}|[^\s"<>,;:()@]+)@[^\s"<>,;:()@]+))[ \t]*'
)
_EMPTY_GROUP: Final = re.compile(rf"{_PHRASE}[ \t]*:[ \t]*;")
_SEPARATOR: Final = re.compile(r",[ \t]*")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+\-/^_`{|}~]+(?: [A-Za-z0-9!#$%&'*+\-/^_`{|}~]+)*")

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE: Final = re.compile(
    rf"(?:(?:{'|'.join(_DAYS)}),[ \t]*)?(\d{{1,2}})[ \t]+({'|'.join(_MONTHS)})[ \t]+(\d{{4}})[ \t]+"
    r"(\d\d):(\d\d)(?::(\d\d))?[ \t]+(?:([+-])(\d\d)(\d\d)|GMT|UT)(?:[ \t]*\([^()\\]*\))?",
    re.ASCII | re.IGNORECASE,
)
_MESSAGE_ID: Final = re.compile(rf"<[{_ATEXT}.]+@(?:[{_ATEXT}.]+|\[[!-Z^-~]+\])>")
_MESSAGE_ID_OCTETS: Final = 250
_LONGEST_NAME: Final = 1_000
"""A longer one is no address, and to normalise it can cost the square of its length."""
_AT_SIGNS: Final = ("@", "\N{FULLWIDTH COMMERCIAL AT}", "\N{SMALL COMMERCIAL AT}")


@dataclass(frozen=True, slots=True)
class NamedAddress:
    """A mailbox as a header names it: `name` is decoded for showing and may be empty or a lie."""

    address: Address
    name: str = ""

    @property
    def poses_as_another(self) -> bool:
        """Whether the name looks like an address that is not this one."""
        if len(self.name) > _LONGEST_NAME:
            return any(sign in self.name for sign in _AT_SIGNS)
        shown = unicodedata.normalize("NFKC", self.name).strip().lower()
        return "@" in shown and shown != str(self.address).lower()

    def write(self) -> str:
        """The mailbox for a header field: ASCII, unless the address itself is not."""
        if not self.name:
            return str(self.address)
        return f"{_written_name(self.name)} <{self.address}>"


def _written_name(name: str) -> str:
    if _PLAIN_NAME.fullmatch(name):
        return name
    if name.isascii() and name.isprintable() and "=?" not in name:
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return encode_words(name)


def read_mailboxes(text: str, *, field: str, smtputf8: bool = False) -> tuple[NamedAddress, ...]:
    """The mailboxes of an unfolded address field; an empty group alone names nobody (RFC 5322 §3.4).

    Raises:
        MalformedMessage: `recipient-syntax`, `too-many-recipients`.
    """
    if _EMPTY_GROUP.fullmatch(text):
        return ()
    found: list[NamedAddress] = []
    position = 0
    while True:
        mailbox = _MAILBOX.match(text, position)
        if not mailbox:
            raise _not_plain(text, field, "outside the grammar of a mailbox")
        if len(found) == MAX_MAILBOXES:
            raise MalformedMessage(
                "too-many-recipients",
                f"wanted at most {MAX_MAILBOXES} mailboxes",
                where=field,
                values={"limit": MAX_MAILBOXES},
            )
        found.append(_named(mailbox, field, smtputf8=smtputf8))
        separator = _SEPARATOR.match(text, mailbox.end())
        if not separator:
            break
        position = separator.end()
    if mailbox.end() != len(text):
        raise _not_plain(text, field, "followed by something else")
    return tuple(found)


def _named(mailbox: re.Match[str], field: str, *, smtputf8: bool) -> NamedAddress:
    spelled = mailbox["bare"] if mailbox["angle"] is None else mailbox["angle"]
    try:
        address = Address.parse(spelled, smtputf8=smtputf8)
    except MalformedAddress as e:
        raise _not_plain(spelled, field, e.code) from e
    return NamedAddress(address, _shown_name(mailbox["name"] or ""))


def _shown_name(phrase: str) -> str:
    plain = re.sub(_QUOTED, lambda quoted: re.sub(r"\\(.)", r"\1", quoted[0][1:-1]), phrase)
    return " ".join(decode_words(plain).split())


def _not_plain(text: str, field: str, reason: str) -> MalformedMessage:
    return MalformedMessage(
        "recipient-syntax",
        f"found what is no plain mailbox: {reason}",
        clause="RFC 5322 §3.4",
        where=field,
        values={"name": field, "reason": reason, "found": text},
    )


def read_date(text: str) -> datetime:
    """The instant of an unfolded Date field, aware, with the offset as written (RFC 5322 §3.3).

    Of the obsolete forms only the zones GMT and UT are taken, and a comment at the end, which many mailers
    write.

    Raises:
        MalformedMessage: `date-malformed`.
    """
    found = _DATE.fullmatch(text)
    try:
        if found:
            return _instant(found)
    except ValueError:
        found = None
    raise MalformedMessage(
        "date-malformed",
        "wanted a date like 1 Jan 2026 10:00:00 +0500",
        clause="RFC 5322 §3.3",
        where="Date",
        values={"found": text},
    )


def _instant(found: re.Match[str]) -> datetime:
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    if int(minutes or 0) > 59 or not 1970 <= int(year) <= 2999:
        raise ValueError("no such zone or year")
    # A leap second is the last one of its minute that a datetime can hold.
    return datetime(
        int(year),
        _MONTHS.index(month.capitalize()) + 1,
        int(day),
        int(hour),
        int(minute),
        min(int(second or 0), 59) if second == "60" else int(second or 0),
        tzinfo=timezone(offset) if offset else UTC,
    )


def write_date(at: datetime) -> str:
    """`at` (aware) as the value of a Date field, with its own offset.

    Raises:
        ValueError: `at` is naive.
    """
    offset = at.utcoffset()
    if offset is None:
        raise ValueError("a date without its offset")
    minutes = int(offset.total_seconds()) // 60
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
    day = f"{_DAYS[at.weekday()]}, {at.day} {_MONTHS[at.month - 1]} {at.year:04}"
    return f"{day} {at.hour:02}:{at.minute:02}:{at.second:02} {zone}"


def read_message_id(text: str) -> str:
    """The msg-id of an unfolded field, with its angle brackets (RFC 5322 §3.6.4).

    Raises:
        MalformedMessage: `message-id-malformed`.
    """
    if len(text.encode()) > _MESSAGE_ID_OCTETS or not _MESSAGE_ID.fullmatch(text):
        raise MalformedMessage(
            "message-id-malformed",
            "wanted one <left@right>",
            clause="RFC 5322 §3.6.4",
            where="Message-ID",
            values={"found": text},
        )
    return text
