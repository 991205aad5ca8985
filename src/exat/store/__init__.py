"""The durable store of a node: letters, queue, directory and evidence behind domain verbs.

`250` is the last effect: what a future of `Store.commit` acknowledges is on the disk, with its evidence, in
one transaction. The store judges nothing and seals nothing: policy and keys are above and beside it.
"""

from exat.store.chain import NO_PREVIOUS, Seal
from exat.store.effects import Follow
from exat.store.store import Store
from exat.store.values import (
    Committed,
    Delivery,
    Draft,
    DraftState,
    ForeignEvidence,
    KnownLetter,
    MailboxEntry,
    StoredBundle,
    Trace,
    Waiting,
    WrappedKey,
)

__all__ = [
    "NO_PREVIOUS",
    "Committed",
    "Delivery",
    "Draft",
    "DraftState",
    "Follow",
    "ForeignEvidence",
    "KnownLetter",
    "MailboxEntry",
    "Seal",
    "Store",
    "StoredBundle",
    "Trace",
    "Waiting",
    "WrappedKey",
]
