"""Signed receipts asked for, and what a receipt says (RFC 2634 §2).

Whether to answer is decided from the request, the history of mail lists and the recipient, as a table; it
needs no key. Receipts are made and judged in `esign.ess.answering`.

    request = request_receipt(to=(Party.of("chancery@adliya.uz"),))
    recipients_of_receipt(request, recipient=certificate, history=None)
"""

import enum
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Self

from esign import der
from esign.attributes import Attribute
from esign.der import TLV, Fields
from esign.errors import EsignError, MalformedInput
from esign.ess.lists import ExpansionHistory, ReceiptRule
from esign.ess.parties import Party, encode_parties, read_parties
from esign.x509 import Certificate

RECEIPT: Final = "1.2.840.113549.1.9.16.1.1"
"""The content type id-ct-receipt."""
RECEIPT_REQUEST: Final = "1.2.840.113549.1.9.16.2.1"
MESSAGE_SIGNATURE_DIGEST: Final = "1.2.840.113549.1.9.16.2.5"
MAX_RECEIPTS_TO: Final = 16
"""ub-receiptsTo."""
MAX_LISTED: Final = 1_024
"""Parties that may be asked by name; the RFC sets no bound."""
_VERSION: Final = 1
_TIER: Final = der.context(0, constructed=False)
_LIST: Final = der.context(1)


class ReceiptRefused(EsignError):
    """No receipt may be made: nobody asked, the recipient is not meant, or the request is not proved."""

    code = "receipt-not-requested"


class ReceiptsFrom(enum.Enum):
    """Who is asked for a receipt (RFC 2634 §2.7)."""

    ALL = "all"
    FIRST_TIER = "first-tier"
    LISTED = "listed"


_TIERS: Final = {0: ReceiptsFrom.ALL, 1: ReceiptsFrom.FIRST_TIER}


@dataclass(frozen=True, slots=True)
class ReceiptRequest:
    """ReceiptRequest (RFC 2634 §2.7): `identifier` names the message, `listed` who is asked by name."""

    identifier: bytes
    receipts_from: ReceiptsFrom
    receipts_to: tuple[Party, ...]
    listed: tuple[Party, ...] = ()
    raw: bytes = field(default=b"", repr=False, compare=False)

    @classmethod
    def read(cls, element: TLV, where: str = "receiptRequest") -> Self:
        """From its SEQUENCE.

        Raises:
            MalformedInput: `malformed-input`; `limit-exceeded` over 16 parties to send to or 1,024 asked.
        """
        fields = Fields.of(element, where)
        identifier = fields.take(der.OCTET_STRING).content
        asked, listed = _receipts_from(fields.take(), where)
        receipts_to = read_parties(fields.take(der.SEQUENCE), MAX_RECEIPTS_TO, where)
        fields.end()
        if not identifier:
            raise MalformedInput(found="an empty content identifier", where=where)
        return cls(identifier, asked, receipts_to, listed, element.raw)

    def encode(self) -> bytes:
        """The SEQUENCE, DER."""
        if self.receipts_from is ReceiptsFrom.LISTED:
            asked = der.tlv(_LIST, encode_parties(self.listed))
        else:
            tier = 0 if self.receipts_from is ReceiptsFrom.ALL else 1
            asked = der.tlv(_TIER, bytes((tier,)))
        to = der.sequence(encode_parties(self.receipts_to))
        return der.sequence(der.octet_string(self.identifier), asked, to)

    def attribute(self) -> Attribute:
        """The signed attribute receiptRequest."""
        return Attribute(RECEIPT_REQUEST, (self.encode(),))

    def to_dict(self) -> dict[str, object]:
        """For JSON: the identifier in hexadecimal, parties by their mailboxes."""
        return {
            "identifier": self.identifier.hex(),
            "receipts_from": self.receipts_from.value,
            "listed": [list(party.mailboxes) for party in self.listed],
            "receipts_to": [list(party.mailboxes) for party in self.receipts_to],
        }


def _receipts_from(element: TLV, where: str) -> tuple[ReceiptsFrom, tuple[Party, ...]]:
    if element.tag == _LIST:
        return ReceiptsFrom.LISTED, read_parties(element, MAX_LISTED, where)
    tier = _TIERS.get(element.integer()) if element.tag == _TIER else None
    if tier is None:
        raise MalformedInput(found=f"tag 0x{element.tag:02x}, wanted who is asked", where=where)
    return tier, ()


def request_receipt(
    to: Iterable[Party],
    *,
    asked: Iterable[Party] = (),
    first_tier: bool = False,
    identifier: bytes = b"",
) -> ReceiptRequest:
    """A request for receipts that go `to` parties: from those `asked` by name, else from all recipients.

    `first_tier` asks only who gets the message without a mail list between. Without `identifier` 32 random
    octets name the message. Receipts can be checked only by who has the message (RFC 2634 §2.1): `to` names
    the sender, or recipients.

    Raises:
        ValueError: nobody to send to or more than 16, more than 1,024 asked, or names with `first_tier`.
    """
    send, named = tuple(to), tuple(asked)
    if not 0 < len(send) <= MAX_RECEIPTS_TO or len(named) > MAX_LISTED:
        raise ValueError("receipts go to 1 to 16 parties and are asked of 1,024 at most")
    if named and first_tier:
        raise ValueError("receipts are asked of parties by name or of the first tier")
    who = ReceiptsFrom.LISTED if named else ReceiptsFrom.FIRST_TIER if first_tier else ReceiptsFrom.ALL
    return ReceiptRequest(identifier or secrets.token_bytes(32), who, send, named)


def recipients_of_receipt(
    request: ReceiptRequest,
    *,
    recipient: Certificate,
    history: ExpansionHistory | None = None,
    mailboxes: Iterable[str] = (),
) -> tuple[Party, ...]:
    """To whom the holder of `recipient` sends a receipt (RFC 2634 §2.3, §2.5).

    Request and `history` (of the outer signature) must be verified. `mailboxes` are the recipient's besides
    those in the certificate.

    Raises:
        ReceiptRefused: `receipt-policy-none`, `receipt-not-first-tier`, `receipt-not-listed`.
    """
    # 1. A mail list's policy comes before the originator's wish.
    policy = history.policy if history else None
    if policy is not None and policy.rule is ReceiptRule.NONE:
        raise ReceiptRefused("receipt-policy-none", clause="RFC 2634 §2.3", where="mlExpansionHistory")
    # 2. From all, or from the first tier.
    if request.receipts_from is ReceiptsFrom.FIRST_TIER and history is not None:
        raise ReceiptRefused("receipt-not-first-tier", clause="RFC 2634 §2.3", where="receiptsFrom")
    # 3. From those named.
    if request.receipts_from is ReceiptsFrom.LISTED and not is_asked(request, recipient, mailboxes):
        raise ReceiptRefused("receipt-not-listed", clause="RFC 2634 §2.3", where="receiptList")
    if policy is None:
        return request.receipts_to
    if policy.rule is ReceiptRule.INSTEAD_OF:
        return policy.parties
    return tuple(dict.fromkeys((*request.receipts_to, *policy.parties)))


def is_asked(request: ReceiptRequest, recipient: Certificate, mailboxes: Iterable[str] = ()) -> bool:
    """Whether the holder of `recipient`, who may have more `mailboxes`, is among those asked by name."""
    held = tuple(mailboxes)
    return any(party.is_holder_of(recipient) or party.is_one_of(held) for party in request.listed)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Receipt (RFC 2634 §2.8): which signature was received, by its content type, identifier and value."""

    content_type: str
    identifier: bytes
    originator_signature: bytes = field(repr=False)

    @classmethod
    def read(cls, data: bytes, where: str = "Receipt") -> Self:
        """From its DER SEQUENCE.

        Raises:
            MalformedInput: `malformed-input`.
        """
        fields = Fields.of(der.decode(data, where=where), where)
        if fields.take(der.INTEGER).integer() != _VERSION:
            raise MalformedInput(found="a version other than 1", where=where)
        content_type = fields.take(der.OID).oid()
        identifier, signature = (fields.take(der.OCTET_STRING).content for _ in range(2))
        fields.end()
        return cls(content_type, identifier, signature)

    def encode(self) -> bytes:
        """The SEQUENCE, DER."""
        return der.sequence(
            der.integer(_VERSION),
            der.oid(self.content_type),
            der.octet_string(self.identifier),
            der.octet_string(self.originator_signature),
        )
