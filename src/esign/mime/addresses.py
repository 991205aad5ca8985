"""The fields of a header that name people and times, by RFC 5322 without its obsolete forms.

A `Mailbox` is valid because it exists: comments, groups, routes, encoded words and everything that two
readers could take for two addresses are refused, each with a code of its own. The display name is for showing
and may be a lie; nothing is decided by it.

>>> read_mailboxes("Alice <Alice@A.test>", where="From")[0].key
'alice@a.test'
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Self

from esign.errors import LimitExceeded, MalformedInput
from esign.mime.text import decode_words

MAX_MAILBOXES: Final = 1_000
MAX_ADDRESS_OCTETS: Final = 254
"""The path of 256 octets of RFC 5321 §4.5.3.1.3 without its angle brackets."""

_ATEXT: Final = r"A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\U0010ffff"
_ATOM: Final = rf"[{_ATEXT}]++"
_QUOTED: Final = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[ -~])*+"'
# RFC 2047 §5 forbids "." in an encoded word of a phrase; mailers write it, and it can mean nothing else.
_ENCODED: Final = r"=\?[A-Za-z0-9*_-]++\?[BbQq]\?[A-Za-z0-9!*+\-/=_.']*+\?="
# RFC 5322 §4.1 calls dots in a phrase obsolete; mailers write them, and only a name is shown by them.
_WORD: Final = rf"(?:{_ENCODED}(?![^ \t<,:;])|[{_ATEXT}.]++|{_QUOTED})"
_PHRASE: Final = rf"{_WORD}(?:[ \t]+{_WORD})*+"
_MAILBOX: Final = re.compile(
    rf"(?:(?P<name>{_PHRASE})?[ \t]*<(?P<angle>[^<>]*)>"
    rf'|(?P<bare>(?:{_QUOTED}|[^\s"<>,;:()@]+)@[^\s"<>,;:()@]+))[ \t]*'
)
_SEPARATOR: Final = re.compile(r",[ \t]*")
_EMPTY_GROUP: Final = re.compile(rf"{_PHRASE}[ \t]*:[ \t]*;")
_TWICE_THE_SAME: Final = re.compile(r"([^\s\"<>,;:()@]+@[^\s\"<>,;:()@]+)[ \t]+<([^<>]*)>")
# Bracket, at sign and colon are each the first one: many of them cost no more than their number squared.
_ROUTE: Final = re.compile(r"<[^>@]*+@[^>:]*+:|<@|^[ \t]*@")
_DOT_ATOM: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*+")
_QUOTED_STRING: Final = re.compile(r'"(?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])+"')
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_LETTERS: Final = frozenset({"Ll", "Lo", "Lm", "Mn", "Mc", "Nd"})
_AT_SIGNS: Final = ("@", "\N{FULLWIDTH COMMERCIAL AT}", "\N{SMALL COMMERCIAL AT}")
_LONGEST_NAME: Final = 1_000
"""A longer one is no name, and to normalise it can cost the square of its length."""
_SHOWN: Final = 200

_DAYS: Final = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE: Final = re.compile(
    rf"(?:(?:{_DAYS}),[ \t]*)?(\d{{1,2}})[ \t]+({'|'.join(_MONTHS)})[ \t]+(\d{{4}})[ \t]+"
    r"(\d\d):(\d\d)(?::(\d\d))?[ \t]+(?:([+-])(\d\d)(\d\d)|GMT|UT)(?:[ \t]*\([^()\\]*\))?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox: `local` without quotes, `domain` in lower case, `name` the display name, decoded.

    Two spellings of one mailbox differ in case only: compare `key`.
    """

    local: str
    domain: str
    name: str = ""

    @classmethod
    def parse(cls, address: str, *, name: str = "") -> Self:
        """From an addr-spec (RFC 5322 §3.4.1, RFC 6532 §3.2), without angle brackets.

        Raises:
            MalformedInput: `mailbox-missing`, `mailbox-route`, `mailbox-comment`, `mailbox-encoded-word`,
                `mailbox-syntax`.
        """
        if not address:
            raise MalformedInput("mailbox-missing", clause="RFC 5322 §3.6.2", where="address")
        if reason := _objection(address):
            raise reason
        spelled, _, domain = address.rpartition("@")
        try:
            return cls(_meaning(spelled), _checked_domain(domain.lower()), name)
        except ValueError as e:
            raise _not_plain(address) from e

    @property
    def address(self) -> str:
        """The addr-spec, quoted only where the grammar needs it."""
        return f"{_spelled(self.local)}@{self.domain}"

    @property
    def key(self) -> str:
        """What mailboxes are compared by: lower case, the domain in A-labels (RFC 5890 §2.3.2.1)."""
        local = self.local.lower() if self.local.isascii() else self.local
        return f"{_spelled(local)}@{_a_labels(self.domain)}"

    @property
    def poses_as_another(self) -> bool:
        """Whether the display name looks like an address that is not this one."""
        if len(self.name) > _LONGEST_NAME:
            return any(sign in self.name for sign in _AT_SIGNS)
        shown = unicodedata.normalize("NFKC", self.name).strip(" '\"<>").lower()
        return "@" in shown and shown != self.address.lower()


def read_mailboxes(text: str, *, where: str) -> tuple[Mailbox, ...]:
    """The mailboxes of an unfolded address field; an empty group alone names nobody (RFC 5322 §3.4).

    `where` is the name of the field.

    Raises:
        MalformedInput: the codes of `Mailbox.parse` and `mailbox-group`.
        LimitExceeded: `too-many-mailboxes`.
    """
    if _EMPTY_GROUP.fullmatch(text):
        return ()
    same = _TWICE_THE_SAME.fullmatch(text)
    if same and same[1].lower() == same[2].lower():
        # Not of the grammar, but written by many and with one meaning only.
        return (_named(same[2], same[1], where),)
    found: list[Mailbox] = []
    position = 0
    while True:
        mailbox = _MAILBOX.match(text, position)
        if not mailbox:
            raise _reason(text[position:], where)
        if len(found) == MAX_MAILBOXES:
            raise LimitExceeded("too-many-mailboxes", limit=MAX_MAILBOXES, where=where)
        spelled = mailbox["bare"] if mailbox["angle"] is None else mailbox["angle"]
        found.append(_named(spelled, mailbox["name"] or "", where))
        separator = _SEPARATOR.match(text, mailbox.end())
        if not separator:
            break
        position = separator.end()
    if mailbox.end() != len(text):
        raise _reason(text[mailbox.end() :], where)
    return tuple(found)


def read_date(text: str) -> datetime:
    """The instant of an unfolded Date field, aware, with the offset as written (RFC 5322 §3.3).

    Of the obsolete forms only the zones GMT and UT are taken, and a comment at the end, which many write.

    Raises:
        MalformedInput: `date-syntax`.
    """
    found = _DATE.fullmatch(text)
    try:
        if found:
            return _instant(found)
    except ValueError:
        found = None
    raise MalformedInput("date-syntax", clause="RFC 5322 §3.3", where="Date", found=text[:_SHOWN])


def _named(address: str, phrase: str, where: str) -> Mailbox:
    plain = re.sub(_QUOTED, lambda quoted: re.sub(r"\\(.)", r"\1", quoted[0][1:-1]), phrase)
    try:
        return Mailbox.parse(address, name=" ".join(decode_words(plain).split()))
    except MalformedInput as e:
        raise MalformedInput(e.code, clause=e.clause, where=where, **e.values) from e


def _reason(rest: str, where: str) -> MalformedInput:
    """Why what begins here is no mailbox, in one code."""
    found = rest[:_SHOWN]
    bare = re.sub(_QUOTED, '""', rest[:_LONGEST_NAME])
    if not rest.strip(" \t"):
        return MalformedInput("mailbox-missing", clause="RFC 5322 §3.6.2", where=where)
    if "(" in bare:
        return MalformedInput("mailbox-comment", clause="RFC 5322 §3.2.2", where=where, found=found)
    if _ROUTE.search(bare):
        return MalformedInput("mailbox-route", clause="RFC 5322 §4.4", where=where, found=found)
    if ":" in bare or ";" in bare:
        return MalformedInput("mailbox-group", clause="RFC 5322 §3.4", where=where, found=found)
    return MalformedInput("mailbox-syntax", clause="RFC 5322 §3.4", where=where, found=found)


def _objection(address: str) -> MalformedInput | None:
    """What may stand nowhere in an address; bounded work on hostile input comes first."""
    found = address[:_SHOWN]
    if len(address.encode("utf-8", "replace")) > MAX_ADDRESS_OCTETS:
        return _not_plain(address)
    if address[0] == "@":
        return MalformedInput("mailbox-route", clause="RFC 5322 §4.4", where="address", found=found)
    if "(" in re.sub(_QUOTED, "", address):
        return MalformedInput("mailbox-comment", clause="RFC 5322 §3.2.2", where="address", found=found)
    # RFC 2047 §5: an encoded word MUST NOT appear in any portion of an addr-spec; libraries decode it.
    if "=?" in address and "?=" in address:
        return MalformedInput("mailbox-encoded-word", clause="RFC 2047 §5", where="address", found=found)
    hidden = any(c != " " and unicodedata.category(c)[0] in "CZ" for c in address)
    return _not_plain(address) if hidden or not unicodedata.is_normalized("NFC", address) else None


def _not_plain(address: str) -> MalformedInput:
    return MalformedInput("mailbox-syntax", clause="RFC 5322 §3.4.1", where="address", found=address[:_SHOWN])


def _meaning(spelled: str) -> str:
    if _DOT_ATOM.fullmatch(spelled):
        return spelled
    if not _QUOTED_STRING.fullmatch(spelled):
        raise ValueError(spelled)
    return re.sub(r"\\(.)", r"\1", spelled[1:-1])


def _spelled(local: str) -> str:
    if _DOT_ATOM.fullmatch(local):
        return local
    return '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _checked_domain(domain: str) -> str:
    if _a_labels(domain).rpartition(".")[2].isdigit():
        raise ValueError(domain)
    return domain


def _a_labels(domain: str) -> str:
    return ".".join(_a_label(label) for label in domain.split("."))


def _a_label(label: str) -> str:
    """The LDH form of one lower-case label; stricter about U-labels than RFC 5892 §2 in its exceptions."""
    ldh = label
    if not label.isascii():
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold())
        letters = all(c == "-" or unicodedata.category(c) in _LETTERS for c in label)
        if folded != label or not letters or unicodedata.category(label[0])[0] == "M":
            raise ValueError(label)
        ldh = "xn--" + label.encode("punycode").decode("ascii")
    if not _LABEL.fullmatch(ldh) or len(ldh) > 63:
        raise ValueError(label)
    return ldh


def _instant(found: re.Match[str]) -> datetime:
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    if int(minutes or 0) > 59 or not 1970 <= int(year) <= 2999:
        raise ValueError(year)
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    # A leap second is the last one of its minute that a datetime can hold.
    return datetime(
        int(year),
        _MONTHS.index(month.lower()) + 1,
        int(day),
        int(hour),
        int(minute),
        min(int(second or 0), 59) if second == "60" else int(second or 0),
        tzinfo=timezone(offset) if offset else UTC,
    )
