"""What the store answers: frozen values, made here and read by the shells. Times are aware UTC."""

import enum
from dataclasses import dataclass, field
from datetime import datetime

from exat.address import Address
from exat.records import DeliveryState, Event, EvidenceRecord, MessageKey


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit did: the evidence it sealed, in order, and the key under which the letter stands.

    `duplicate` says that all of it was done before: nothing was stored or attested again, `key` is the key of
    the first time. `key` is None when no letter was kept.
    """

    key: MessageKey | None
    evidence: tuple[EvidenceRecord, ...]
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class MailboxEntry:
    """A letter in a local mailbox: `uid` grows and is never used again; `read_at` is the first hand-over."""

    uid: int
    key: MessageKey
    message_id: str
    sender: Address | None
    size: int
    consigned_at: datetime
    read_at: datetime | None
    state: DeliveryState


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a letter stands for one recipient: `domain` is the peer's, empty for a local mailbox."""

    key: MessageKey
    recipient: Address
    domain: str
    state: DeliveryState
    changed_at: datetime
    reply: str


@dataclass(frozen=True, slots=True)
class KnownLetter:
    """A stored letter without its octets; `size` in octets; `digest` is of what the node was given."""

    key: MessageKey
    message_id: str
    sender: Address | None
    digest: str
    received_at: datetime
    size: int
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the queue that is not done: `lease_owner` is the process at it until `lease_until`."""

    identifier: int
    key: MessageKey
    domain: str
    recipients: tuple[Address, ...]
    attempts: int
    queued_at: datetime
    next_at: datetime
    lease_owner: str | None
    lease_until: datetime | None
    last_reply: str


@dataclass(frozen=True, slots=True)
class ForeignEvidence:
    """A piece of evidence that a peer gave us, as it came."""

    domain: str
    event: Event
    message_id: str
    recipients: tuple[str, ...]
    taken_at: datetime
    cms: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Trace:
    """All that the node knows of one message, each part in the order of time."""

    reference: str
    letters: tuple[KnownLetter, ...]
    deliveries: tuple[Delivery, ...]
    evidence: tuple[EvidenceRecord, ...]
    foreign_evidence: tuple[ForeignEvidence, ...]


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A key of a mailbox, wrapped to its officers (CMS); `fingerprint` is its certificate's SHA-256."""

    fingerprint: str
    wrapped_at: datetime
    wrapped: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredBundle:
    """A peer's directory bundle as it was taken; `raw` is judged again by whoever reads it."""

    domain: str
    serial: int
    taken_at: datetime
    raw: bytes = field(repr=False)


class DraftState(enum.Enum):
    """How far a letter of our own is: written, signed, or gone."""

    DRAFT = "draft"
    SIGNED = "signed"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter before it is sent: `payload` is whatever its state needs, opaque to the store."""

    identifier: str
    mailbox: Address
    state: DraftState
    created_at: datetime
    changed_at: datetime
    payload: bytes = field(repr=False)
