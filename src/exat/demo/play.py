"""The play: every act in order, each asserted; the production code on real sockets in a workspace.

play(folder, attachment=own_attachment(), tell=lines.append)
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from esign import CertificateAuthority, Decryptor, Indication, smime
from esign.ca.profile import KeyOrigin
from esign.io.clock import now
from exat.demo import keeping, letters, opinion, proof
from exat.demo.narration import Act, Stage, Tell, Words, act
from exat.demo.refusals import Doors, Refused, try_all
from exat.demo.running import Nodes, eventually
from exat.demo.scene import ADLIYA, MOLIYA, Side, join, make_authority, make_side
from exat.message import Attachment, Message
from exat.message.letter import safe_name
from exat.policy import Verdict
from exat.records import DeliveryState, MessageKey
from exat.shell import clerk
from exat.shell.clerk import Composition, Opened, SignedLetter
from exat.shell.people import mailbox_keys
from exat.shell.sending import send


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is on the stage: `author` writes, `reader` reads."""

    author: Side
    reader: Side
    authority: CertificateAuthority

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both agencies."""
        return self.author, self.reader


def play(folder: Path, *, attachment: Attachment, tell: Tell, kept: bool = False) -> None:
    """Play everything in the workspace `folder`, which stands and is empty; with `kept`, leave it explained.

    Raises:
        DemoFailed: something is not as it should be; nodes and homes are closed before.
        TellingFailed: `tell` raised.
    """
    with act(Stage.WORKSPACE, tell) as this:
        this.say("demo-folder-kept" if kept else "demo-folder-temporary", folder=str(folder))
    with ExitStack() as opened:
        with act(Stage.AUTHORITY, tell) as this:
            authority = opened.enter_context(make_authority(folder, at=now()))
            this.say(
                "demo-root", authority=authority.root.subject.text, fingerprint=authority.root.fingerprint
            )
            for certificate in authority.chain:
                this.say("demo-issuing", authority=certificate.subject.text)
        with act(Stage.AGENCIES, tell) as this:
            cast = _agencies(this, opened, folder, authority)
        with act(Stage.NODES, tell) as this:
            nodes = opened.enter_context(Nodes(cast.sides))
            _tell_nodes(this, nodes)
        with act(Stage.LETTER, tell) as this:
            composition, signed = _letter(this, cast, attachment)
        with act(Stage.SENDING, tell) as this:
            key = _sending(this, cast, nodes, signed)
        with act(Stage.READING, tell) as this:
            payload = _reading(this, cast, nodes, composition, key)
            keeping.keep_letter(folder, signed.raw, _recipient_key(cast), authority.root)
        with act(Stage.REFUSALS, tell) as this:
            refused = try_all(this, Doors(cast.author, cast.reader, nodes, authority))
        with act(Stage.EVIDENCE, tell) as this:
            _evidence(this, cast, nodes, signed, refused)
        with act(Stage.OPINION, tell) as this:
            opinion.ask(this, folder, payload)
            if kept:
                keeping.keep_rest(folder, cast.sides, refused)


def _agencies(this: Act, opened: ExitStack, folder: Path, authority: CertificateAuthority) -> Cast:
    sides = []
    for part in (ADLIYA, MOLIYA):
        side = make_side(folder, part, authority, at=now())
        opened.callback(side.home.close)
        sides.append(side)
        this.say("demo-agency", agency=part.name, domain=part.domain)
        for mailbox in (side.office, side.other):
            officers = ", ".join(signer.name for signer in mailbox.signers)
            this.say("demo-mailbox", mailbox=str(mailbox.address), officers=officers)
    asked = join(sides, at=now())
    fingerprint = authority.root.fingerprint
    this.expect((fingerprint, fingerprint), asked, "the fingerprints to compare at first contact")
    author, reader = sides
    _tell_requests(this, sides, authority)
    directory = author.home.directory(now())
    this.expect(True, directory.mailbox(reader.office.address) is not None, "the directory knows the reader")
    this.say("demo-joined", fingerprint=fingerprint)
    return Cast(author, reader, authority)


def _tell_requests(this: Act, sides: Sequence[Side], authority: CertificateAuthority) -> None:
    """Every officer's signature certificate stands in the register; its profile wants a request."""
    signers = [signer for side in sides for signer in (*side.office.signers, *side.other.signers)]
    officers = {signer.certificate.raw for signer in signers}
    issued = {record.certificate for _, record in authority.records() if record.profile == "officer-sign"}
    this.expect(True, officers == issued, "every officer's certificate is in the register")
    this.expect(KeyOrigin.HOLDER, authority.profiles["officer-sign"].key_origin, "who makes the key")
    this.say("demo-requested", count=len(officers))


def _tell_nodes(this: Act, nodes: Nodes) -> None:
    for node in nodes.nodes:
        runtime = node.runtime
        this.expect(True, runtime is not None, "the node runs")
        if runtime is not None:
            this.say(
                "demo-node",
                node=node.home.config.agency.node,
                submission="{}:{}".format(*runtime.submission),
                relay="{}:{}".format(*runtime.relay),
            )


def _letter(this: Act, cast: Cast, attachment: Attachment) -> tuple[Composition, SignedLetter]:
    """Draft and signature, two acts of the author's agency."""
    author, at = cast.author, now()
    composition = letters.composition(author, cast.reader, attachment, at=at)
    identifier = clerk.draft(author.home, composition, at=at)
    this.say(
        "demo-drafted",
        subject=composition.subject,
        sender=str(composition.sender),
        recipient=str(composition.to[0]),
    )
    this.say("demo-attached", name=attachment.name, size=len(attachment.content))
    signed = clerk.sign(author.home, identifier, author.officer.signer(), at=at)
    this.expect(smime.OBSCURED_SUBJECT, Message.read(signed.raw).subject, "the subject outside")
    this.say("demo-signed", signer=author.officer.name, size=len(signed.raw))
    return composition, replace(signed, identifier=identifier)


def _sending(this: Act, cast: Cast, nodes: Nodes, signed: SignedLetter) -> MessageKey:
    """Submission with login, and the way to the mailbox of the other agency; the key of the letter there."""
    author, reader, begun = cast.author, cast.reader, nodes.clock()
    sent = send(author.home, signed.identifier, login=author.login, password=author.password)
    this.expect(True, bool(sent.key), "the node names the letter")
    this.say("demo-accepted", login=author.login, reply=f"250 {sent.reply}", key=sent.key)
    mailbox = reader.office.address
    eventually(lambda: bool(reader.home.store.list_mailbox(mailbox)), "the letter is delivered")
    seconds = f"{nodes.clock() - begun:.2f}"
    (entry,) = reader.home.store.list_mailbox(mailbox)
    this.expect(signed.message_id, entry.message_id, "Message-ID")
    delivered = reader.home.store.letter(entry.key).raw
    this.expect(True, delivered == signed.raw, "the letter arrives octet for octet")
    eventually(
        lambda: _states(author, signed) == [DeliveryState.CONSIGNED],
        "the evidence of the delivery comes back",
    )
    this.say("demo-delivered", mailbox=str(mailbox), seconds=seconds, key=entry.key)
    return entry.key


def _reading(this: Act, cast: Cast, nodes: Nodes, composition: Composition, key: MessageKey) -> bytes:
    """An officer of the reader's agency opens the letter; gives the payload that was signed."""
    reader, author = cast.reader, cast.author
    officer = reader.officer.decryptor()
    opened = clerk.read(reader.home, key, officer, seal=reader.seal, at=now())
    _judge_reading(this, opened, composition, author.officer.name)
    letter, report = opened.reading.letter, opened.reading.report
    if letter is None or report is None or opened.reading.opened is None:
        raise ValueError("a letter without its parts")
    this.say("demo-unlocked", officer=reader.officer.name, mailbox=str(opened.mailbox))
    this.say(
        "demo-verdict",
        verdict=Words("verdict-valid"),
        indication=report.indication.value,
        signer=author.officer.name,
        agency=author.part.name,
        at=report.signatures[0].signing_time or now(),
    )
    for script in letter.text.split("* * *"):
        this.say("demo-text", line=script.strip().splitlines()[0])
    requisites = letter.requisites
    this.say(
        "demo-requisites",
        number=requisites.outgoing_number,
        in_reply_to=requisites.in_reply_to_number,
        due=str(requisites.due_date),
        executor=requisites.executor,
    )
    content = letter.attachments[0].content
    this.say("demo-attachment-whole", name=letter.attachments[0].name, digest=sha256(content).hexdigest())
    nodes.wake()
    return opened.reading.opened.payload.raw


def _judge_reading(this: Act, opened: Opened, composition: Composition, author: str) -> None:
    reading = opened.reading
    findings = [f"{finding.code}" for finding in reading.decision.findings]
    this.expect((Verdict.ACCEPT, []), (reading.decision.verdict, findings), "the decision")
    this.expect(author, reading.signer.name if reading.signer is not None else None, "the signer")
    indication = reading.report.indication if reading.report is not None else None
    this.expect(Indication.TOTAL_PASSED, indication, "the verdict on the signature")
    if reading.letter is None:
        this.expect("a letter", None, "what was opened")
        return
    letter = reading.letter
    this.expect(composition.text.split(), letter.text.split(), "the text")
    this.expect(composition.subject, letter.header.subject, "the subject")
    this.expect(composition.requisites, letter.requisites, "the requisites")
    this.expect(True, letter.is_protected, "the header is protected")
    this.expect(
        [(safe_name(a.name), a.content) for a in composition.attachments],
        [(a.name, a.content) for a in letter.attachments],
        "the attachment, octet for octet",
    )


def _evidence(
    this: Act, cast: Cast, nodes: Nodes, signed: SignedLetter, refused: tuple[Refused, ...]
) -> None:
    """When both nodes have told each other everything, all evidence is verified."""
    author = cast.author
    nodes.wake()
    eventually(
        lambda: _states(author, signed) == [DeliveryState.HANDED_OVER],
        "the evidence of the reading comes back",
    )
    eventually(lambda: not any(side.home.store.queue() for side in cast.sides), "both queues are empty")
    this.expect([], nodes.failures, "errors inside the nodes")
    journey = proof.Journey(signed.message_id, refused)
    proof.verify_evidence(this, author, cast.reader, journey, at=now())


def _states(side: Side, signed: SignedLetter) -> list[DeliveryState]:
    return [delivery.state for delivery in side.home.store.trace(signed.message_id).deliveries]


def _recipient_key(cast: Cast) -> Decryptor:
    reader = cast.reader
    return mailbox_keys(reader.home, reader.office.address, reader.officer.decryptor())[0]
