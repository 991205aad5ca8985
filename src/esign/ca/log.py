"""The log of an authority: its events as a hash tree, and checkpoints that bind it to what it has said.

A checkpoint is a text of a few lines, signed with the authority's own key and published beside its lists. Who
keeps one can ask later for proof that the register only grew, or that an event stood in it.

    published = checkpoint(register, signer, at=at)
    known = Checkpoint.read(published, certificate)
    check(register.events(), [known])
"""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from esign.ca import tree
from esign.ca.events import Event, Kind, verify_event
from esign.ca.register import Register, subtree
from esign.ca.template import issuing_scheme
from esign.errors import MalformedInput, RegisterError
from esign.keys import Signer
from esign.x509 import Certificate

_HEAD: Final = "exat.log/1"
_LIMIT: Final = 1 << 15
_FORM: Final = re.compile(
    rb"exat\.log/1\n"
    rb"authority ([0-9a-f]{64})\n"
    rb"size ([1-9][0-9]{0,17})\n"
    rb"root ([0-9a-f]{64})\n"
    rb"head ([0-9a-f]{64})\n"
    rb"at ([0-9T:+-]{25})\n"
    rb"((?:peak [0-9a-f]{64}\n){1,64})"
    rb"signature ([A-Za-z0-9+/]+={0,2})\n"
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a log had come at `at`: `size` events, the `root` of their tree, the hash of the last one.

    `authority` is the SHA-256 of its certificate in hexadecimal digits. `peaks` are the hashes of the
    complete subtrees from the left: with them a tree can go on whose events were lost.
    """

    authority: str
    size: int
    root: bytes
    head: bytes
    at: datetime
    peaks: tuple[bytes, ...]

    @property
    def text(self) -> bytes:
        """What is signed: ASCII lines, each with its line feed."""
        peaks = "".join(f"peak {found.hex()}\n" for found in self.peaks)
        return (
            f"{_HEAD}\nauthority {self.authority}\nsize {self.size}\nroot {self.root.hex()}\n"
            f"head {self.head.hex()}\nat {self.at.isoformat()}\n{peaks}"
        ).encode("ascii")

    def sign(self, signer: Signer) -> bytes:
        """The text with the line `signature`: base64 of the authority's signature over the lines before."""
        scheme = issuing_scheme(Certificate.load(signer.certificate).public_key)
        made = base64.b64encode(signer.key.sign(scheme, self.text))
        return self.text + b"signature " + made + b"\n"

    @classmethod
    def read(cls, document: bytes, certificate: Certificate) -> Self:
        """A checkpoint that the authority of `certificate` signed.

        Raises:
            MalformedInput: `checkpoint-malformed`.
            RegisterError: `checkpoint-foreign` when another authority, or nobody, signed it.
        """
        found, signed = cls._parsed(document)
        public_key = certificate.public_key
        known = found.authority == certificate.fingerprint
        if not known or not issuing_scheme(public_key).is_valid(public_key, signed, found.text):
            raise RegisterError("checkpoint-foreign", authority=certificate.subject.shown)
        return found

    @classmethod
    def unverified(cls, document: bytes) -> Self:
        """What a checkpoint says, whoever signed it.

        Raises:
            MalformedInput: `checkpoint-malformed`.
        """
        return cls._parsed(document)[0]

    @classmethod
    def _parsed(cls, document: bytes) -> tuple[Self, bytes]:
        form = _FORM.fullmatch(document) if len(document) <= _LIMIT else None
        if form is None:
            raise MalformedInput("checkpoint-malformed")
        authority, size, root, head, at, peaks, signature = form.groups()
        try:
            signed = base64.b64decode(signature, validate=True)
            found = cls(
                authority.decode(),
                int(size),
                bytes.fromhex(root.decode()),
                bytes.fromhex(head.decode()),
                datetime.fromisoformat(at.decode()),
                tuple(bytes.fromhex(line[5:].decode()) for line in peaks.splitlines()),
            )
        except (ValueError, binascii.Error) as e:
            raise MalformedInput("checkpoint-malformed") from e
        if len(found.peaks) != found.size.bit_count() or tree.root_of_peaks(found.peaks) != found.root:
            raise MalformedInput("checkpoint-malformed")
        return found, signed


def author(document: bytes) -> str:
    """Which authority a checkpoint says it is of: the SHA-256 of its certificate in hexadecimal digits.

    Raises:
        MalformedInput: `checkpoint-malformed`.
    """
    return Checkpoint.unverified(document).authority


def checkpoint(register: Register, signer: Signer, *, at: datetime) -> bytes:
    """A checkpoint of the register as it stands, signed; `at` is aware, in whole seconds.

    Raises:
        RegisterError: `register-empty`, `register-altered`.
    """
    head = register.head()
    if head is None:
        raise RegisterError("register-empty")
    size = head.number
    peaks = tuple(subtree(register, start, stop) for start, stop in tree.peaks(size))
    fingerprint = Certificate.load(signer.certificate).fingerprint
    return Checkpoint(fingerprint, size, tree.root_of_peaks(peaks), head.hash, at, peaks).sign(signer)


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That `event` is in the tree of a checkpoint of `size` events: the hashes that lead to its root."""

    event: Event
    size: int
    proof: tuple[bytes, ...]

    def holds(self, known: Checkpoint) -> bool:
        """Whether the proof leads to the root of `known`.

        Raises:
            RegisterError: `proof-malformed`.
        """
        hashed = tree.leaf(self.event.encoded)
        found = tree.root_by_inclusion(hashed, self.event.number - 1, self.size, self.proof)
        return (self.size, found) == (known.size, known.root)


def inclusion(register: Register, event: Event, known: Checkpoint) -> Inclusion:
    """The proof that `event` is in the tree of `known`.

    Raises:
        RegisterError: `register-altered`; `checkpoint-ahead` when the event is later than the checkpoint, or
            the checkpoint later than the register.
    """
    _reached(register, known)
    if event.number > known.size:
        raise RegisterError("checkpoint-ahead", size=known.size, found=event.number)
    proof = tree.inclusion_proof(event.number - 1, known.size, lambda a, b: subtree(register, a, b))
    return Inclusion(event, known.size, proof)


def consistency(register: Register, old: Checkpoint, new: Checkpoint) -> tuple[bytes, ...]:
    """The proof that the tree of `old` begins that of `new`, for `esign.ca.tree.is_consistent`.

    Raises:
        RegisterError: `checkpoint-ahead`, `register-altered`.
    """
    _reached(register, new)
    if old.size > new.size:
        raise RegisterError("checkpoint-ahead", size=old.size, found=new.size)
    return tree.consistency_proof(old.size, new.size, lambda a, b: subtree(register, a, b))


def _reached(register: Register, known: Checkpoint) -> None:
    head = register.head()
    if head is None or head.number < known.size:
        raise RegisterError("checkpoint-ahead", size=known.size, found=head.number if head else 0)


def check_reached(register: Register, known: Checkpoint) -> None:
    """That a register has all that its authority has given away a checkpoint of.

    Raises:
        RegisterError: `register-behind` for an older copy; `checkpoint-broken` for one that went another way
            since.
    """
    head = register.head()
    if head is None or head.number < known.size:
        raise RegisterError("register-behind", size=known.size, found=head.number if head else 0)
    event, following = (register.event(known.size + n) for n in (0, 1))
    hashed = event.hash if event else following.previous if following else known.head
    if hashed != known.head:
        raise RegisterError("checkpoint-broken", first=1, last=known.size, where=f"event {known.size}")


def check(events: Iterable[Event], checkpoints: Iterable[Checkpoint] = ()) -> Event | None:
    """Read the whole log; its last event, None when it is empty.

    Where it was resumed after a loss, checkpoints of what was lost cannot be compared, but for the one with
    which it was resumed.

    Raises:
        RegisterError: `register-altered` with the number of the first event that is not as it was written;
            `checkpoint-broken` with the events among which the first one was rewritten, hashes and all;
            `checkpoint-ahead` when events that a checkpoint knew are gone.
    """
    waiting = sorted(checkpoints, key=lambda one: one.size, reverse=True)
    head, good, growing = None, 0, Peaks()
    for event in events:
        verify_event(event, head)
        if event.draft.kind is Kind.RESUMED and event.draft.get("lost-from"):
            base = _resumed(event, growing)
            growing = Peaks.of(base)
            while waiting and waiting[-1].size < base.size:
                waiting.pop()
            while waiting and waiting[-1].size == base.size:
                good = _agreed(waiting.pop(), event.previous, growing.hashes, good)
        head = event
        growing.push(tree.leaf(event.encoded))
        while waiting and waiting[-1].size == event.number:
            good = _agreed(waiting.pop(), event.hash, growing.hashes, good)
    if waiting:
        raise RegisterError("checkpoint-ahead", size=waiting[-1].size, found=head.number if head else 0)
    return head


def _resumed(event: Event, before: "Peaks") -> Checkpoint:
    """The checkpoint with which a log goes on, when it is the one of this log that the event says it is."""
    try:
        base = Checkpoint.unverified(event.draft.octets)
    except MalformedInput as e:
        raise RegisterError("register-altered", number=event.number, where=f"event {event.number}") from e
    if (base.size, base.head) != (event.number - 1, event.previous) or not before.begin(base):
        raise RegisterError("register-altered", number=event.number, where=f"event {event.number}")
    return base


def _agreed(known: Checkpoint, head: bytes, peaks: tuple[bytes, ...], good: int) -> int:
    if (known.head, known.peaks) != (head, peaks):
        raise RegisterError("checkpoint-broken", first=good + 1, last=known.size, where=f"event {good + 1}")
    return known.size


class Peaks:
    """The peaks of a tree that grows leaf by leaf: at most 63 hashes, whatever its size."""

    def __init__(self) -> None:
        self._held: list[tuple[int, bytes]] = []

    def push(self, hashed: bytes) -> None:
        """One more leaf."""
        size, found = 1, hashed
        while self._held and self._held[-1][0] == size:
            found, size = tree.node(self._held.pop()[1], found), size * 2
        self._held.append((size, found))

    @classmethod
    def of(cls, known: Checkpoint) -> Self:
        """Those of a checkpoint, to grow on."""
        made = cls()
        spans = tree.peaks(known.size)
        made._held = [(stop - start, h) for (start, stop), h in zip(spans, known.peaks, strict=True)]
        return made

    def begin(self, later: Checkpoint) -> bool:
        """Whether the tree of `later` can have grown from this one, as far as their common peaks tell."""
        pairs = zip(self._held, tree.peaks(later.size), later.peaks, strict=False)
        for (size, hashed), (start, stop), theirs in pairs:
            if size != stop - start:
                break
            if hashed != theirs:
                return False
        return sum(size for size, _ in self._held) <= later.size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """From the left, the largest first."""
        return tuple(found for _, found in self._held)
