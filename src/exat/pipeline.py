"""The path of a letter as one readable function: octets and a context in, effects and a reply out.

Nothing is done here. The shell commits the effects in one durable transaction and gives the reply after it:
`250` is the last effect. A refused letter leaves evidence and nothing else.

    outcome = submit(envelope, raw, user=user, context=context)
    store.commit(outcome.effects, ...)
    connection.write(outcome.reply)
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from esign import EsignError, Finding, Indication, Severity, Signer, smime
from exat import evidence
from exat.address import Address
from exat.directory import MAX_CLOCK_SKEW, Directory, material_of, seal_address, trust_of
from exat.errors import MalformedAddress, MalformedMessage
from exat.evidence import Carriage, EvidenceError
from exat.language import explain
from exat.message import Message
from exat.policy import (
    DEFAULT_POLICY,
    Decision,
    MailPolicy,
    Verdict,
    judge_relay,
    judge_report,
    judge_submission,
)
from exat.records import (
    Agency,
    Attest,
    Consign,
    Effect,
    Enqueue,
    Envelope,
    Event,
    EvidenceDraft,
    EvidenceRecord,
    Keep,
    MessageKey,
    Relayed,
    StoredLetter,
    TakeEvidence,
    User,
)
from exat.relay import routes
from exat.smtp.replies import Reply, refusal, reply

REPORTED: Final = frozenset(
    {
        Event.RELAY_ACCEPTANCE,
        Event.RELAY_REJECTION,
        Event.CONTENT_CONSIGNMENT,
        Event.CONTENT_CONSIGNMENT_FAILURE,
        Event.CONTENT_HANDOVER,
        Event.CONTENT_HANDOVER_FAILURE,
    }
)
"""What the recipient's agency may attest to the sender's (EN 319 522-1 cl. 6)."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a judgement stands on, besides the letter.

    `new_key` names the letter if it is kept. `seen` is the digest that the store knows for this sender and
    Message-ID, None when there is none.
    """

    directory: Directory
    seal: Signer = field(repr=False)
    at: datetime
    new_key: MessageKey
    seen: str | None = None
    policy: MailPolicy = DEFAULT_POLICY


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to be done, in this order and in one transaction; then the reply."""

    effects: tuple[Effect, ...]
    reply: Reply
    findings: tuple[Finding, ...] = ()


def submit(envelope: Envelope, raw: bytes, *, user: User, context: Context) -> Outcome:
    """The path of a letter that a user of this node hands in."""
    try:
        message = Message.read(raw, smtputf8=envelope.smtputf8)
    except MalformedMessage as e:
        return _unreadable(e, envelope, raw, context, Event.SUBMISSION_REJECTION)
    decision = judge_submission(
        message, envelope, user, context.directory, at=context.at, policy=context.policy
    )
    decision = _without_impostor(decision, message, context)
    if decision.verdict is not Verdict.ACCEPT:
        return _refused(decision, message, envelope, context, Event.SUBMISSION_REJECTION)
    sent = smime.wrap(raw, context.seal, at=context.at) if decision.wrap else raw
    details = (("sent_digest", hashlib.sha256(sent).hexdigest()),) if decision.wrap else ()
    draft = _draft(Event.SUBMISSION_ACCEPTANCE, message, envelope, context)
    ways = routes(envelope.forward_paths, context.directory)
    effects: list[Effect] = [
        Keep(_letter(message, sent, context)),
        Attest(replace(draft, details=(("login", user.name), *details))),
        *_consigned(ways.local, draft),
        *(Enqueue(context.new_key, domain, recipients) for domain, recipients in ways.remote),
    ]
    return Outcome(tuple(effects), reply("accepted", id=context.new_key), decision.findings)


def relay_in(envelope: Envelope, raw: bytes, *, peer: Relayed, context: Context) -> Outcome:
    """The path of what another agency's node brings: a letter, or (null reverse-path) a report."""
    try:
        message = Message.read(raw, smtputf8=envelope.smtputf8)
    except MalformedMessage as e:
        return _unreadable(e, envelope, raw, context, Event.RELAY_REJECTION)
    if envelope.reverse_path is None:
        return _take_report(message, envelope, peer, context)
    decision = judge_relay(
        message, envelope, peer.domain, context.directory, at=context.at, policy=context.policy
    )
    decision = _without_impostor(decision, message, context)
    if decision.verdict is not Verdict.ACCEPT:
        return _refused(decision, message, envelope, context, Event.RELAY_REJECTION)
    draft = _draft(Event.RELAY_ACCEPTANCE, message, envelope, context)
    details = (("peer", peer.domain), ("peer_certificate", hashlib.sha256(peer.certificate).hexdigest()))
    ways = routes(envelope.forward_paths, context.directory)
    effects: list[Effect] = [
        Keep(_letter(message, raw, context)),
        Attest(replace(draft, details=details)),
        *_consigned(ways.local, draft),
    ]
    return Outcome(tuple(effects), reply("accepted", id=context.new_key), decision.findings)


def _without_impostor(decision: Decision, message: Message, context: Context) -> Decision:
    """Another letter under a known Message-ID is refused; the same octets again are the store's to recognise.

    The store gives a known letter only to recipients who have not been given it: one letter may come in
    several transactions.
    """
    if decision.verdict is not Verdict.ACCEPT or context.seen in (None, message.digest):
        return decision
    finding = Finding.error("duplicate-message-id", where="Message-ID", message_id=message.message_id)
    return Decision(Verdict.REFUSE, finding.code, (*decision.findings, finding))


# --- refusals ---


def _unreadable(
    error: MalformedMessage, envelope: Envelope, raw: bytes, context: Context, event: Event
) -> Outcome:
    draft = EvidenceDraft(
        event=event,
        at=context.at,
        message_key=context.new_key,
        message_id="",
        sender=str(envelope.reverse_path or ""),
        recipients=_spelled(envelope.forward_paths),
        digest=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        reasons=(error.code,),
    )
    attested = () if envelope.reverse_path is None else (Attest(draft),)
    return Outcome(attested, refusal(error.code, str(error.message)))


def _refused(
    decision: Decision, message: Message, envelope: Envelope, context: Context, event: Event
) -> Outcome:
    """A refusal leaves evidence with every reason; what only waits will come again and leaves nothing."""
    answer = _answer(decision)
    if decision.verdict is Verdict.DEFER:
        return Outcome((), answer, decision.findings)
    reasons = dict.fromkeys(f.code for f in decision.findings if f.severity is Severity.ERROR)
    draft = replace(_draft(event, message, envelope, context), reasons=tuple(reasons))
    return Outcome((Attest(draft),), answer, decision.findings)


def _answer(decision: Decision) -> Reply:
    finding = decision.refusing
    return refusal(decision.code, explain(finding, "en") if finding is not None else "")


# --- what effects are made of ---


def _letter(message: Message, sent: bytes, context: Context) -> StoredLetter:
    """The digest is that of what was handed in: by it the same letter is known when it comes again."""
    return StoredLetter(
        key=context.new_key,
        message_id=message.message_id,
        sender=message.sender,
        digest=message.digest,
        received_at=context.at,
        raw=sent,
    )


def _draft(event: Event, message: Message, envelope: Envelope, context: Context) -> EvidenceDraft:
    return EvidenceDraft(
        event=event,
        at=context.at,
        message_key=context.new_key,
        message_id=message.message_id,
        sender=str(message.sender),
        recipients=_spelled(envelope.forward_paths),
        digest=message.digest,
        size=len(message.raw),
    )


def _consigned(local: Sequence[Address], draft: EvidenceDraft) -> Iterator[Effect]:
    for mailbox in local:
        yield Consign(draft.message_key, mailbox)
    if local:
        yield Attest(replace(draft, event=Event.CONTENT_CONSIGNMENT, recipients=_spelled(local)))


def _spelled(addresses: Iterable[Address]) -> tuple[str, ...]:
    return tuple(str(address) for address in addresses)


# --- evidence that comes, and evidence that goes ---


def _take_report(message: Message, envelope: Envelope, peer: Relayed, context: Context) -> Outcome:
    """A report is never answered by evidence: two nodes would write to each other for ever."""
    decision = judge_report(message, envelope, peer.domain, context.directory, at=context.at)
    agency = context.directory.peer(peer.domain)
    if decision.verdict is not Verdict.ACCEPT or agency is None:
        return Outcome((), _answer(decision), decision.findings)
    try:
        payload = smime.read(message.raw).payload or message.entity
        effects = [_taken(cms, agency, context) for cms in evidence.read_report(payload)]
    except EvidenceError as e:
        return Outcome((), refusal(e.code, e.message), decision.findings)
    except EsignError as e:
        return Outcome((), refusal("malformed-letter", e.message), decision.findings)
    return Outcome(tuple(effects), reply("accepted", id=context.new_key), decision.findings)


def _taken(cms: bytes, agency: Agency, context: Context) -> TakeEvidence:
    """One record, which must be sealed by the peer's own seal and speak of the peer's own mailboxes."""
    record, report = evidence.read(cms, trust=trust_of(agency), at=context.at, material=material_of(agency))
    said = evidence.statement(record.content)
    sealers = [s.certificate.raw for s in report.signatures if s.certificate is not None]
    if report.indication is not Indication.TOTAL_PASSED or sealers != [agency.seal.raw]:
        found = report.sub_indication.value if report.sub_indication else report.indication.value
        values = {"identifier": record.identifier, "found": found}
        raise EvidenceError("evidence-untrusted", f"found {found}", values=values)
    foreign = [r for r in said.draft.recipients if not _belongs(r, agency, context.directory)]
    speaks = said.draft.event in REPORTED and said.draft.recipients and not foreign
    if said.issuer != agency.domain or not speaks:
        values = {"issuer": said.issuer, "found": agency.domain}
        raise EvidenceError("evidence-issuer-mismatch", f"found {agency.domain}", values=values)
    draft = said.draft
    if draft.at > context.at + MAX_CLOCK_SKEW:
        values = {"found": draft.at.isoformat()}
        raise EvidenceError("evidence-from-future", f"found {draft.at.isoformat()}", values=values)
    return TakeEvidence(agency.domain, draft.event, draft.message_id, draft.recipients, cms, draft.digest)


def _belongs(recipient: str, agency: Agency, directory: Directory) -> bool:
    try:
        return directory.agency_of(Address.parse(recipient, smtputf8=True)) is agency
    except MalformedAddress:
        return False


def report(records: Sequence[EvidenceRecord], domain: str, *, context: Context) -> tuple[Effect, ...]:
    """The report of `records` to the agency `domain`, kept and queued under `context.new_key`.

    The records are of one letter. For a peer that is not known, or whose seal names no address, there is
    nobody to tell: nothing. A letter whose Message-ID could not be read has nothing to tell it by.
    """
    own, peer = context.directory.own, context.directory.peer(domain)
    reporter = seal_address(own.seal, own.domain)
    recipient = seal_address(peer.seal, peer.domain) if peer is not None else None
    told = [record for record in records if record.event in REPORTED and record.message_id]
    if reporter is None or recipient is None or not told:
        return ()
    carriage = Carriage(reporter, recipient, own.node, f"{context.new_key}@{own.node}")
    raw = evidence.report_message(told, carriage, signer=context.seal, at=context.at)
    digest = hashlib.sha256(raw).hexdigest()
    letter = StoredLetter(context.new_key, f"<{carriage.identifier}>", None, digest, context.at, raw)
    return (Keep(letter), Enqueue(context.new_key, domain, (recipient,)))


def hand_over(
    letter: StoredLetter, mailbox: Address, *, officer: str, context: Context
) -> tuple[Effect, ...]:
    """What is attested when an officer, named, has opened `letter` in `mailbox`."""
    draft = _of_stored(Event.CONTENT_HANDOVER, letter, (mailbox,), context)
    return (Attest(replace(draft, details=(("officer", officer),))),)


def fail(
    letter: StoredLetter, recipients: Sequence[Address], *, reason: str, domain: str, context: Context
) -> tuple[Effect, ...]:
    """What is attested when `letter` could not be handed to `domain`; `reason` is a finding's code."""
    draft = _of_stored(Event.RELAY_FAILURE, letter, recipients, context)
    return (Attest(replace(draft, reasons=(reason,), details=(("peer", domain),))),)


def _of_stored(
    event: Event, letter: StoredLetter, recipients: Sequence[Address], context: Context
) -> EvidenceDraft:
    return EvidenceDraft(
        event=event,
        at=context.at,
        message_key=letter.key,
        message_id=letter.message_id,
        sender=str(letter.sender or ""),
        recipients=_spelled(recipients),
        digest=letter.digest,
        size=len(letter.raw),
    )
