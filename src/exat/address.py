"""Mail addresses: the strict Mailbox of RFC 5321 and RFC 6531, on octets as they crossed the wire.

An ``Address`` is valid because it exists. Nothing is repaired: comments, spaces, source routes, encoded
words, control characters and address literals are refused, because a parser that mends them delivers to
somebody else. Whether a domain exists, who owns it, and whether two scripts look alike is not asked here:
the directory knows the mailboxes.

    Address.parse(b"Devon@A.Test").key == "devon@a.test"
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import NewType

from exat.errors import MalformedAddress

Domain = NewType("Domain", str)
"""A domain name in canonical form: lower case, checked by ``parse_domain``."""

LOCAL_PART_OCTETS = 64
"""RFC 5321 §4.5.3.1.1."""
DOMAIN_OCTETS = 255
"""RFC 5321 §4.5.3.1.2."""
ADDRESS_OCTETS = 254
"""The path of 256 octets of RFC 5321 §4.5.3.1.3 without its angle brackets."""
LABEL_OCTETS = 63
"""RFC 1035 §2.3.4."""

_ATOM = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\U0010ffff]+"
_DOT_STRING = re.compile(rf"{_ATOM}(?:\.{_ATOM})*\Z")
_QUOTED_STRING = re.compile(r'"(?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])+"\Z')
_ENCODED_WORD = re.compile(r"=\?.*\?=", re.DOTALL)
_LDH_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z")
_U_LABEL_CATEGORIES = frozenset({"Ll", "Lo", "Lm", "Mn", "Mc", "Nd"})


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox: ``local`` is the meaning of the local part (no quotes), ``domain`` is lower case.

    Two spellings of one mailbox may differ in the case of ``local``: compare ``key``, show ``str()``.
    Never build a path from the fields; ``str()`` quotes what needs quotes.
    """

    local: str
    domain: str

    def __post_init__(self) -> None:
        """Check both parts, whoever made the value.

        Raises:
            MalformedAddress: the codes of ``parse``, and ``domain-not-canonical`` for upper case.
        """
        _check_local(self.local)
        if parse_domain(self.domain, smtputf8=True) != self.domain:
            raise _malformed("domain-not-canonical", "found upper case, wanted lower case", where="domain")
        _check_length(str(self))

    @classmethod
    def parse(cls, raw: bytes | str, *, smtputf8: bool = False) -> "Address":
        """Read one Mailbox (RFC 5321 §4.1.2) without angle brackets; hostile input is the normal case.

        With ``smtputf8`` the local part may hold UTF-8 and the domain U-labels (RFC 6531 §3.3), both in
        Normalization Form C. The domain is given back in lower case, the local part as written.

        Raises:
            MalformedAddress: ``address-empty``, ``address-too-long``, ``address-not-utf8``,
                ``address-not-ascii``, ``address-not-nfc``, ``address-control-character``,
                ``address-without-domain``, ``source-route``, ``local-part-syntax``,
                ``local-part-too-long``, ``encoded-word-in-address``, ``address-literal``,
                ``domain-syntax``, ``domain-too-long``.
        """
        text = _checked_text(raw, smtputf8=smtputf8)
        _check_length(text)
        if text[0] == "@":
            raise _malformed(
                "source-route", "found a route or no local part, wanted a mailbox", where="address"
            )
        spelled, at_sign, domain = text.rpartition("@")
        if not at_sign:
            raise _malformed("address-without-domain", "found no @, wanted local@domain", where="address")
        if len(spelled.encode()) > LOCAL_PART_OCTETS:
            raise _local_too_long()
        return cls(_unquoted(spelled), parse_domain(domain, smtputf8=smtputf8))

    @property
    def key(self) -> str:
        """What mailboxes are compared by: all lower case, U-labels as A-labels.

        RFC 5321 §2.4 leaves the case of local parts to the receiving system; in this system the
        directory's rule is that it does not distinguish mailboxes.
        """
        return f"{_quoted(self.local.lower())}@{self.domain_key}"

    @property
    def domain_key(self) -> Domain:
        """What domains are compared and routed by: lower case, U-labels as A-labels (RFC 5890 §2.3.2.1)."""
        return Domain(".".join(_a_label(label) for label in self.domain.split(".")))

    @property
    def needs_smtputf8(self) -> bool:
        """The address can cross only a session with SMTPUTF8 (RFC 6531 §3.2)."""
        return not (self.local.isascii() and self.domain.isascii())

    def __str__(self) -> str:
        """Give the Mailbox as it goes on the wire, quoted only where the grammar needs it."""
        return f"{_quoted(self.local)}@{self.domain}"


def parse_domain(raw: bytes | str, *, smtputf8: bool = False) -> Domain:
    """Read one domain of LDH labels, with ``smtputf8`` also U-labels, and give it in lower case.

    No trailing dot, no address literal, no all-numeric last label (RFC 1123 §2.1: such a name is an
    address). U-labels are letters, marks and digits that RFC 5892 §2 would leave as they are.

    Raises:
        MalformedAddress: ``domain-syntax``, ``domain-too-long``, ``address-literal``, and the codes of
            ``Address.parse`` for characters.
    """
    domain = Domain(_checked_text(raw, smtputf8=smtputf8).lower())
    if domain.startswith("["):
        raise _malformed("address-literal", "found an address literal, wanted a domain name", where="domain")
    labels = [_a_label(label) for label in domain.split(".")]
    if max(len(".".join(labels)), len(domain.encode())) > DOMAIN_OCTETS:
        raise _malformed(
            "domain-too-long",
            f"wanted at most {DOMAIN_OCTETS} octets",
            clause="RFC 5321 §4.5.3.1.2",
            where="domain",
        )
    if labels[-1].isdigit():
        raise _bad_domain("found an all-numeric last label, wanted a name", clause="RFC 1123 §2.1")
    return domain


def _checked_text(raw: bytes | str, *, smtputf8: bool) -> str:
    """Give the text of ``raw``, refusing what may stand nowhere in an address."""
    if not raw:
        raise _malformed("address-empty", "found nothing, wanted an address", where="address")
    # Before any decoding: the work on a hostile line must stay bounded.
    if len(raw) > 4 * ADDRESS_OCTETS:
        raise _too_long()
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        text.encode("utf-8")
    except UnicodeError as e:
        raise _malformed("address-not-utf8", "found octets that are not UTF-8", where="address") from e
    if not text.isascii() and not smtputf8:
        raise _malformed(
            "address-not-ascii",
            "found 8-bit characters, wanted SMTPUTF8",
            clause="RFC 6531 §3.1",
            where="address",
        )
    if any(_is_invisible(character) for character in text):
        raise _malformed(
            "address-control-character",
            "found a control or an invisible character",
            clause="RFC 5321 §4.1.2",
            where="address",
        )
    if not unicodedata.is_normalized("NFC", text):
        raise _malformed(
            "address-not-nfc", "wanted Normalization Form C", clause="RFC 6532 §3.1", where="address"
        )
    return text


def _is_invisible(character: str) -> bool:
    """Controls, format characters, surrogates, unassigned, private, and every space but U+0020."""
    return character != " " and unicodedata.category(character)[0] in "CZ"


def _check_length(text: str) -> None:
    if len(text.encode()) > ADDRESS_OCTETS:
        raise _too_long()


def _check_local(local: str) -> None:
    """Refuse a meaning that no local part can have, and the encoded words that mail libraries decode."""
    _checked_text(local, smtputf8=True)
    spelled = _quoted(local)
    if len(spelled.encode()) > LOCAL_PART_OCTETS:
        raise _local_too_long()
    # RFC 2047 §5: an encoded word MUST NOT appear in any portion of an addr-spec. Libraries that decode
    # it all the same turn one recipient into another, or into a command.
    if _ENCODED_WORD.search(local):
        raise _malformed(
            "encoded-word-in-address",
            "found =?...?=, wanted plain text",
            clause="RFC 2047 §5",
            where="local-part",
        )


def _unquoted(spelled: str) -> str:
    """Give the meaning of a Dot-string or a Quoted-string (RFC 5321 §4.1.2)."""
    if _DOT_STRING.match(spelled):
        return spelled
    if not _QUOTED_STRING.match(spelled):
        raise _malformed(
            "local-part-syntax",
            "wanted atoms joined by dots, or one quoted string",
            clause="RFC 5321 §4.1.2",
            where="local-part",
        )
    return re.sub(r"\\(.)", r"\1", spelled[1:-1])


def _quoted(local: str) -> str:
    """Spell a local part with the fewest quotes that the grammar allows."""
    if _DOT_STRING.match(local):
        return local
    return '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _a_label(label: str) -> str:
    """Give the LDH form of one lower-case label, checked (RFC 5890 §2.3.2.1)."""
    ldh = label
    if not label.isascii():
        _check_u_label(label)
        ldh = "xn--" + label.encode("punycode").decode("ascii")
    if not _LDH_LABEL.match(ldh):
        raise _bad_domain("wanted labels of letters, digits and inner hyphens", clause="RFC 5321 §4.1.2")
    if len(ldh) > LABEL_OCTETS:
        raise _bad_domain(f"found a label over {LABEL_OCTETS} octets", clause="RFC 1035 §2.3.4")
    return ldh


def _check_u_label(label: str) -> None:
    """Refuse what no U-label holds; stricter than RFC 5892 in its few exceptions and context rules."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold())
    letters = all(c == "-" or unicodedata.category(c) in _U_LABEL_CATEGORIES for c in label)
    framed = label[0] == "-" or label[-1] == "-" or label[2:4] == "--"
    if folded != label or not letters or framed or unicodedata.category(label[0])[0] == "M":
        raise _bad_domain("found a label that is no U-label", clause="RFC 5892 §2")


def _malformed(code: str, message: str, *, clause: str = "", where: str) -> MalformedAddress:
    return MalformedAddress(code, message, clause=clause, where=where)


def _bad_domain(message: str, *, clause: str) -> MalformedAddress:
    return _malformed("domain-syntax", message, clause=clause, where="domain")


def _too_long() -> MalformedAddress:
    return _malformed(
        "address-too-long",
        f"wanted at most {ADDRESS_OCTETS} octets",
        clause="RFC 5321 §4.5.3.1.3",
        where="address",
    )


def _local_too_long() -> MalformedAddress:
    return _malformed(
        "local-part-too-long",
        f"wanted at most {LOCAL_PART_OCTETS} octets",
        clause="RFC 5321 §4.5.3.1.1",
        where="local-part",
    )
