"""The frozen values that the rooms of the mail system share: who, what letter, what happened, what to do.

Nothing here computes; the rooms above do. Times are aware UTC; digests are SHA-256 in lower-case hex.
"""

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from esign import Certificate, CertificateList
from exat.address import Address

MessageKey = NewType("MessageKey", str)
"""The node's own name of a stored letter; it stands in the `250` reply and in `exat trace`."""


class Event(enum.Enum):
    """What evidence attests (EN 319 522-1 cl. 6, names of EN 319 522-3)."""

    SUBMISSION_ACCEPTANCE = "SubmissionAcceptance"
    SUBMISSION_REJECTION = "SubmissionRejection"
    RELAY_ACCEPTANCE = "RelayAcceptance"
    RELAY_REJECTION = "RelayRejection"
    RELAY_FAILURE = "RelayFailure"
    CONTENT_CONSIGNMENT = "ContentConsignment"
    CONTENT_CONSIGNMENT_FAILURE = "ContentConsignmentFailure"
    CONTENT_HANDOVER = "ContentHandover"
    CONTENT_HANDOVER_FAILURE = "ContentHandoverFailure"


class DeliveryState(enum.Enum):
    """Where a letter stands for one recipient."""

    QUEUED = "queued"
    RELAYED = "relayed"
    CONSIGNED = "consigned"
    HANDED_OVER = "handed-over"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class User:
    """A login of this node: `mailboxes` may stand in the From field of what it submits."""

    name: str
    mailboxes: tuple[Address, ...]
    display_name: str = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class AuthorisedSigner:
    """A person whose signature may stand under letters of a mailbox, bound by certificate.

    `encryption` is the officer's own certificate, to which a mailbox key is wrapped; None for who only signs.
    """

    certificate: Certificate
    name: str
    encryption: Certificate | None = None


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox of the directory: to which key letters are encrypted, and who may sign for it.

    `encryption` holds the current certificate first, then older ones that letters may still be encrypted to.
    """

    address: Address
    name: str
    encryption: tuple[Certificate, ...]
    signers: tuple[AuthorisedSigner, ...]


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency as its bundle tells: its domain, its node, its seal, its root and what validates below it.

    `host` and `port` are where its relay listens; `node` is the DNS name in its relay's TLS certificate.
    """

    domain: str
    name: str
    node: str
    host: str
    port: int
    seal: Certificate
    roots: tuple[Certificate, ...]
    intermediates: tuple[Certificate, ...]
    crls: tuple[CertificateList, ...]
    mailboxes: tuple[Mailbox, ...]


@dataclass(frozen=True, slots=True)
class Submission:
    """Where a letter came from: a login of ours."""

    user: User


@dataclass(frozen=True, slots=True)
class Relayed:
    """Where a letter came from: another node, known by its TLS certificate; `domain` is its agency's."""

    domain: str
    certificate: bytes


Origin = Submission | Relayed


@dataclass(frozen=True, slots=True)
class Envelope:
    """What SMTP said of a letter: reverse-path (None for `<>`) and forward-paths, in order, each once."""

    reverse_path: Address | None
    forward_paths: tuple[Address, ...]
    smtputf8: bool = False


@dataclass(frozen=True, slots=True)
class EvidenceDraft:
    """An event to be attested, before it has its place in the chain and its signature.

    `reasons` are finding codes (mandatory on negative events); `details` are further fields of the record.
    """

    event: Event
    at: datetime
    message_key: MessageKey
    message_id: str
    sender: str
    recipients: tuple[str, ...]
    digest: str
    size: int
    reasons: tuple[str, ...] = ()
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """A sealed piece of evidence: `content` is its JSON, `cms` the attached CAdES signature over it (DER).

    `hash` is the SHA-256 of `content`; `previous` the hash of the record before it, zeros for the first.
    """

    identifier: str
    sequence: int
    event: Event
    at: datetime
    message_key: MessageKey
    message_id: str
    previous: str
    hash: str
    content: bytes = field(repr=False)
    cms: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A letter as the node holds it: `raw` is what it was given, or sends when it added the outer layer."""

    key: MessageKey
    message_id: str
    sender: Address | None
    digest: str
    received_at: datetime
    raw: bytes = field(repr=False)


# --- effects: what is to be done, in this order, in one durable transaction; the reply comes after ---


@dataclass(frozen=True, slots=True)
class Keep:
    """Store the letter."""

    letter: StoredLetter


@dataclass(frozen=True, slots=True)
class Consign:
    """Put the letter into a local mailbox."""

    key: MessageKey
    mailbox: Address


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Queue the letter for recipients of one peer agency."""

    key: MessageKey
    domain: str
    recipients: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Attest:
    """Seal this evidence into the chain."""

    draft: EvidenceDraft


@dataclass(frozen=True, slots=True)
class TakeEvidence:
    """Keep a peer's evidence and move the state of the letter that it speaks of.

    `digest` is the SHA-256, in hex, of the octets that the peer was given: a Message-ID names no letter.
    """

    domain: str
    event: Event
    message_id: str
    recipients: tuple[str, ...]
    cms: bytes = field(repr=False)
    digest: str


Effect = Keep | Consign | Enqueue | Attest | TakeEvidence


@dataclass(frozen=True, slots=True)
class Attempt:
    """A queue row that is due: one letter for the recipients of one peer, leased to this process."""

    identifier: int
    key: MessageKey
    domain: str
    recipients: tuple[Address, ...]
    attempts: int
    queued_at: datetime
