"""The expansion history of mail lists: who passed a message on, when, and who shall get receipts
(RFC 2634 §4).

A list agent adds itself at the end and signs; one that finds itself there stops, because the message has come
back. Kept for lists that re-encrypt; nothing here distributes anything.
"""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from esign import der
from esign.attributes import Attribute, bounded
from esign.cms import CertificateId, issuer_and_serial
from esign.der import TLV, Fields
from esign.errors import EsignError, LimitExceeded, MalformedInput
from esign.ess.parties import Party, encode_parties, read_parties
from esign.x509 import Certificate

EXPANSION_HISTORY: Final = "1.2.840.113549.1.9.16.2.3"
MAX_EXPANSIONS: Final = 64
"""ub-ml-expansion-history."""
MAX_PARTIES: Final = 256
"""That one policy names; the RFC sets no bound."""


class ExpansionLoop(EsignError):
    """The message has been expanded by this list already (RFC 2634 §4.1.1)."""

    code = "expansion-loop"


class ReceiptRule(enum.Enum):
    """What a list says of receipts (RFC 2634 §4.4)."""

    NONE = "none"
    INSTEAD_OF = "instead-of"
    IN_ADDITION_TO = "in-addition-to"


_TAGS: Final = {
    ReceiptRule.NONE: der.context(0, constructed=False),
    ReceiptRule.INSTEAD_OF: der.context(1),
    ReceiptRule.IN_ADDITION_TO: der.context(2),
}
_RULES: Final = {tag: rule for rule, tag in _TAGS.items()}


@dataclass(frozen=True, slots=True)
class ReceiptPolicy:
    """MLReceiptPolicy: what takes the place of the originator's wish, for `parties` unless there is none."""

    rule: ReceiptRule
    parties: tuple[Party, ...] = ()

    def __post_init__(self) -> None:
        if (self.rule is ReceiptRule.NONE) == bool(self.parties):
            raise ValueError("parties are named unless no receipt is wanted")

    @classmethod
    def read(cls, element: TLV, where: str) -> Self:
        """From its context tag.

        Raises:
            MalformedInput: `malformed-input`; `limit-exceeded` over 256 parties.
        """
        rule = _RULES.get(element.tag)
        if rule is None:
            raise MalformedInput(found=f"tag 0x{element.tag:02x}, wanted a receipt policy", where=where)
        if rule is not ReceiptRule.NONE:
            return cls(rule, read_parties(element, MAX_PARTIES, where))
        if element.content:
            raise MalformedInput(found="a value where NULL stands", where=where)
        return cls(rule)

    def encode(self) -> bytes:
        """The element under its context tag, DER."""
        return der.tlv(_TAGS[self.rule], encode_parties(self.parties))


def joined(before: ReceiptPolicy | None, own: ReceiptPolicy | None) -> ReceiptPolicy | None:
    """The policy that a list with its `own` policy passes on after a list that said `before`.

    The table of RFC 2634 §4.3: none is never lifted, parties of both are kept unless replaced.
    """
    if before is None or own is None:
        return before if own is None else own
    if ReceiptRule.NONE in (before.rule, own.rule):
        return ReceiptPolicy(ReceiptRule.NONE)
    if own.rule is ReceiptRule.INSTEAD_OF:
        return own
    parties = dict.fromkeys((*before.parties, *own.parties))
    return ReceiptPolicy(before.rule, tuple(parties))


@dataclass(frozen=True, slots=True)
class Expansion:
    """MLData: one list that passed the message on; `by` names its certificate."""

    by: CertificateId
    at: datetime
    policy: ReceiptPolicy | None
    raw: bytes

    @classmethod
    def read(cls, element: TLV, where: str) -> Self:
        """From its SEQUENCE.

        Raises:
            MalformedInput: `malformed-input`.
        """
        fields = Fields.of(element, where)
        if fields.peek == der.OCTET_STRING:
            by = CertificateId(subject_key_identifier=fields.take(der.OCTET_STRING).content)
        else:
            by = CertificateId.read_issuer_and_serial(fields.take(der.SEQUENCE), where)
        at = fields.take(der.GENERALIZED_TIME).time()
        policy = None if fields.peek is None else ReceiptPolicy.read(fields.take(), where)
        fields.end()
        return cls(by, at, policy, element.raw)


@dataclass(frozen=True, slots=True)
class ExpansionHistory:
    """mlExpansionHistory (RFC 2634 §4.4): the lists in the order in which they passed the message on."""

    expansions: tuple[Expansion, ...]

    @classmethod
    def read(cls, element: TLV, where: str = "mlExpansionHistory") -> Self:
        """From its SEQUENCE.

        Raises:
            MalformedInput: `malformed-input`; `limit-exceeded` over 64 lists.
        """
        if element.tag != der.SEQUENCE:
            raise MalformedInput(found=f"tag 0x{element.tag:02x}, wanted a sequence", where=where)
        held = tuple(Expansion.read(one, where) for one in bounded(element, MAX_EXPANSIONS, where))
        if not held:
            raise MalformedInput(found="a history without a list", where=where)
        return cls(held)

    @property
    def policy(self) -> ReceiptPolicy | None:
        """What the last list says of receipts: the only one that a recipient goes by (RFC 2634 §4.3)."""
        return self.expansions[-1].policy

    def includes(self, agent: Certificate) -> bool:
        """Whether the list of this certificate has passed the message on before."""
        return any(expansion.by.names(agent) for expansion in self.expansions)

    def attribute(self) -> Attribute:
        """The signed attribute mlExpansionHistory."""
        return Attribute(EXPANSION_HISTORY, (der.sequence(*(one.raw for one in self.expansions)),))


def expanded(
    history: ExpansionHistory | None,
    agent: Certificate,
    *,
    at: datetime,
    policy: ReceiptPolicy | None = None,
) -> ExpansionHistory:
    """The history that the list of the certificate `agent` signs when it passes the message on at `at`.

    `history` is that of the outer signature, verified, or None; `policy` the list's own.

    Raises:
        ExpansionLoop: `expansion-loop` when this list stands there already.
        LimitExceeded: `limit-exceeded` over 64 lists.
    """
    held = () if history is None else history.expansions
    if history is not None and history.includes(agent):
        raise ExpansionLoop(clause="RFC 2634 §4.1.1", where="mlExpansionHistory", list=agent.subject.shown)
    if len(held) == MAX_EXPANSIONS:
        raise LimitExceeded(limit=MAX_EXPANSIONS, found="more mail lists", where="mlExpansionHistory")
    said = joined(history.policy if history else None, policy)
    parts = (issuer_and_serial(agent), der.generalized_time(at), b"" if said is None else said.encode())
    return ExpansionHistory((*held, Expansion.read(der.decode(der.sequence(*parts)), "MLData")))
