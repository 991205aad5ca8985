"""What must fail, tried through the same doors: each letter must be refused, and for the right reason."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from esign import CertificateAuthority
from esign.io.clock import now
from exat.demo import letters
from exat.demo.narration import Act, Words
from exat.demo.running import Nodes, eventually
from exat.demo.scene import Side
from exat.records import Event
from exat.shell import tls
from exat.shell.clerk import SignedLetter
from exat.shell.forward import forward
from exat.shell.sending import LetterRefused, refusal_values, send_letter
from exat.smtp.replies import finding_code


@dataclass(frozen=True, slots=True)
class Refused:
    """A letter that was offered, as it was sent, and the node's answer with its reason.

    `event` is what the evidence of the refusal attests; `note` tells what cannot be seen in the letter.
    """

    name: str
    event: Event
    reply: str
    reason: Words
    letter: SignedLetter = field(repr=False)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Doors:
    """Where the attempts are made."""

    author: Side
    reader: Side
    nodes: Nodes
    authority: CertificateAuthority


Attempt = Callable[[Doors, datetime], Refused | None]


def try_all(this: Act, doors: Doors) -> tuple[Refused, ...]:
    """Try everything that must fail and tell each refusal.

    Raises:
        DemoFailed: something was accepted, or refused for another reason.
    """
    found: list[Refused] = []
    for line, wanted, attempt in _ATTEMPTS:
        refused = attempt(doors, now())
        if refused is None:
            this.expect(wanted, "the letter was accepted", line)
            continue
        this.expect(wanted, refused.reason.code, line)
        status = " ".join(refused.reply.split()[:2])
        this.say(line, reason=refused.reason, status=status, reply=refused.reply, finding=wanted)
        found.append(refused)
    return tuple(found)


def _unsigned(doors: Doors, at: datetime) -> Refused | None:
    return _submitted("unsigned", doors, letters.unsigned(doors.author, doors.reader, at=at))


def _forged(doors: Doors, at: datetime) -> Refused | None:
    return _submitted("forged-from", doors, letters.forged(doors.author, doors.reader, at=at))


def _for_another(doors: Doors, at: datetime) -> Refused | None:
    return _submitted("encrypted-to-another", doors, letters.for_another(doors.author, doors.reader, at=at))


def _changed(doors: Doors, at: datetime) -> Refused | None:
    """On the wire between the nodes: what comes to the door of the reader's node is not what was sent."""
    signer = doors.author.officer.signer()
    letter = letters.signed_by(doors.author, doors.reader, signer, at=at)
    changed, position = letters.changed(letter)
    before, after = letter.raw[position : position + 1], changed.raw[position : position + 1]
    note = f"octet {position} was {before.decode()} and became {after.decode()}"
    refused = _relayed("changed-in-transit", doors, changed)
    return None if refused is None else replace(refused, note=note)


def _revoked(doors: Doors, at: datetime) -> Refused | None:
    """The officer is still listed for the mailbox; the authority's fresh list alone tells."""
    officer = doors.author.colleague
    authority = doors.authority
    authority.revoke(officer.signature.serial_number, at=at, reason="keyCompromise")
    published = authority.publish_crls(at=at)["persons"].raw
    node = doors.nodes.nodes[0]
    eventually(
        lambda: published in [crl.raw for crl in node.desk.directory.own.crls],
        "the node reads the fresh list of revoked certificates",
    )
    letter = letters.signed_by(doors.author, doors.reader, officer.signer(), at=now())
    return _submitted("revoked-signer", doors, letter)


_ATTEMPTS: Final[Sequence[tuple[str, str, Attempt]]] = (
    ("demo-refused-unsigned", "unsigned-letter", _unsigned),
    ("demo-refused-forged", "sender-not-allowed", _forged),
    ("demo-refused-for-another", "recipient-not-encrypted-to", _for_another),
    ("demo-refused-changed", "signature-invalid", _changed),
    ("demo-refused-revoked", "signer-revoked", _revoked),
)
"""The line that tells it, the code that must refuse it, the act."""


def _submitted(name: str, doors: Doors, letter: SignedLetter) -> Refused | None:
    """Offer the letter at the author's node, with the clerk's login."""
    side = doors.author
    try:
        send_letter(side.home, letter, login=side.login, password=side.password)
    except LetterRefused as e:
        reason = Words(e.code, e.values)
        return Refused(name, Event.SUBMISSION_REJECTION, e.reply, reason, letter)
    return None


def _relayed(name: str, doors: Doors, letter: SignedLetter) -> Refused | None:
    """Bring the letter to the reader's node, in the name of the author's."""
    author, reader = doors.author, doors.reader
    identity = author.home.identity(author.passphrase)
    (answer,) = doors.nodes.run(
        forward(
            reader.agency,
            context=tls.to_node(identity, reader.agency),
            hostname=author.agency.node,
            sender=letter.sender,
            recipients=letter.recipients,
            raw=letter.raw,
        )
    )
    if answer.code == 250:
        return None
    code = finding_code(answer.text)
    reason = Words(code, refusal_values(code, answer.text))
    return Refused(name, Event.RELAY_REJECTION, f"{answer.code} {answer.text}", reason, letter)
