"""Parties: each one entity that the services name, by one or several names (GeneralNames, RFC 2634 §2.2).

A mailbox is the usual name. Names are compared as a directory would: a mailbox without regard to the case of
its domain, a directory name as RFC 5280 §7.1 compares them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Self

from esign import der
from esign.attributes import bounded
from esign.der import TLV
from esign.errors import MalformedInput
from esign.names import SMTP_UTF8_MAILBOX, GeneralName, general_names
from esign.x509 import Certificate

MAX_NAMES: Final = 64
"""Of one party."""
_MAILBOX: Final = der.context(1, constructed=False)
_OTHER: Final = der.context(0)
_DIRECTORY: Final = der.context(4)
_MAILBOX_KINDS: Final = ("rfc822Name", "smtpUTF8Mailbox")


@dataclass(frozen=True, slots=True)
class Party:
    """One entity: `raw` is its GeneralNames as received, `names` what they say."""

    raw: bytes = field(repr=False)
    names: tuple[GeneralName, ...] = field(compare=False)

    @classmethod
    def read(cls, element: TLV, where: str) -> Self:
        """From GeneralNames.

        Raises:
            MalformedInput: `malformed-input`; `limit-exceeded` over 64 names.
        """
        if element.tag != der.SEQUENCE:
            raise MalformedInput(found=f"tag 0x{element.tag:02x}, wanted general names", where=where)
        elements = bounded(element, MAX_NAMES, where)
        if not elements:
            raise MalformedInput(found="a party without a name", where=where)
        return cls(element.raw, general_names(elements, where))

    @classmethod
    def of(cls, *mailboxes: str) -> Self:
        """The party of these mailboxes; one whose local part is not ASCII as SmtpUTF8Mailbox (RFC 9598 §3).

        Raises:
            ValueError: no mailbox, or one without `@`.
        """
        if not mailboxes or not all("@" in mailbox for mailbox in mailboxes):
            raise ValueError("a party is named by mailboxes")
        return cls.read(der.decode(der.sequence(*map(_encode_mailbox, mailboxes))), "Party")

    @classmethod
    def holder(cls, certificate: Certificate) -> Self:
        """The party that `certificate` names: by its mailboxes, else by its subject."""
        if certificate.emails:
            return cls.of(*certificate.emails)
        names = der.sequence(der.tlv(_DIRECTORY, certificate.subject.raw))
        return cls.read(der.decode(names), "Party")

    @property
    def mailboxes(self) -> tuple[str, ...]:
        """The mailboxes among the names."""
        return tuple(name.text for name in self.names if name.kind in _MAILBOX_KINDS)

    def is_one_of(self, mailboxes: Iterable[str]) -> bool:
        """Whether one of `mailboxes` is this party's."""
        own = set(map(_compared, self.mailboxes))
        return any(_compared(mailbox) in own for mailbox in mailboxes)

    def is_holder_of(self, certificate: Certificate) -> bool:
        """Whether `certificate` bears one of the names, as mailbox or as subject."""
        subjects = (name.name for name in self.names if name.name is not None)
        return self.is_one_of(certificate.emails) or certificate.subject in subjects


def _compared(mailbox: str) -> tuple[str, str]:
    local, _, domain = mailbox.rpartition("@")
    return local, domain.lower()


def _encode_mailbox(mailbox: str) -> bytes:
    if mailbox.isascii():
        return der.tlv(_MAILBOX, mailbox.encode("ascii"))
    return der.tlv(_OTHER, der.oid(SMTP_UTF8_MAILBOX), der.explicit(0, der.utf8(mailbox)))


def read_parties(element: TLV, limit: int, where: str) -> tuple[Party, ...]:
    """Of a SEQUENCE OF GeneralNames under whatever tag, at least one and at most `limit`.

    Raises:
        MalformedInput: `malformed-input`; `limit-exceeded`.
    """
    parties = tuple(Party.read(one, where) for one in bounded(element, limit, where))
    if not parties:
        raise MalformedInput(found="no party", where=where)
    return parties


def encode_parties(parties: Iterable[Party]) -> bytes:
    """The content of a SEQUENCE OF GeneralNames."""
    return b"".join(party.raw for party in parties)
