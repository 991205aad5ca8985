"""The three judgements over a letter, and the one over a report: at submission, at relay, at opening."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from esign import EsignError, Finding, smime
from exat.address import Address
from exat.directory import Directory, seal_address
from exat.errors import MalformedMessage
from exat.message import HeaderValues, Message
from exat.policy.decision import DEFAULT_POLICY, Decision, MailPolicy, decide
from exat.policy.encryption import judge_encryption
from exat.policy.signatures import Times, judge_layer, judge_outer_signatures, signer_name, unauthorised
from exat.records import Agency, Envelope, User

_SIGNED_FIELDS: Final = ("From", "To", "Cc", "Date", "Message-ID")
_MANDATORY_FIELDS: Final = frozenset({"From", "Date", "Message-ID"})


# --- at submission ---


def judge_submission(
    message: Message,
    envelope: Envelope,
    user: User,
    directory: Directory,
    *,
    at: datetime,
    policy: MailPolicy = DEFAULT_POLICY,
) -> Decision:
    """Whether a letter of `user` goes out. The content may be hostile; `user` has logged in."""
    findings = [*message.findings, *_login(message, envelope, user, directory)]
    layers = _layers(message, findings)
    if layers is None:
        return decide(findings)
    wrap = layers.envelope is not None and not layers.signatures
    findings += _protection(layers, outer_signature=False)
    findings += judge_outer_signatures(layers, message, directory.own, directory, Times(at), seal=False)
    findings += _agreement(layers)
    findings += judge_encryption(layers, message, envelope, directory, at=at, policy=policy)
    if wrap:
        findings.append(Finding.info("outer-layer-added", agency=directory.own.name))
    return decide(findings, wrap=wrap)


def _login(message: Message, envelope: Envelope, user: User, directory: Directory) -> Iterator[Finding]:
    """The login may use the mailbox, which is this agency's: the seal vouches for no other."""
    sender = message.sender
    allowed = not user.disabled and sender.key in {mailbox.key for mailbox in user.mailboxes}
    if not allowed or not directory.is_local(sender) or directory.mailbox(sender) is None:
        yield Finding.error("sender-not-allowed", where="From", login=user.name, mailbox=sender)
    if envelope.reverse_path is None or envelope.reverse_path.key != sender.key:
        found = envelope.reverse_path or "<>"
        yield Finding.error("reverse-path-mismatch", where="MAIL FROM", mailbox=sender, found=found)


# --- at relay ---


def judge_relay(
    message: Message,
    envelope: Envelope,
    domain: str,
    directory: Directory,
    *,
    at: datetime,
    policy: MailPolicy = DEFAULT_POLICY,
) -> Decision:
    """Whether a letter that the node of the agency `domain` brings is taken; its word is not believed."""
    peer = directory.peer(domain)
    if peer is None:
        return decide([Finding.error("peer-unknown", domain=domain)])
    findings = [*_relayed_sender(message, envelope, peer, directory), *_local(envelope, directory)]
    layers = _layers(message, findings)
    if layers is None:
        return decide(findings)
    findings += _protection(layers, outer_signature=True)
    findings += judge_outer_signatures(layers, message, peer, directory, Times(at), seal=True)
    findings += _agreement(layers)
    findings += judge_encryption(layers, message, envelope, directory, at=at, policy=policy, declared=False)
    return decide(findings)


def _relayed_sender(
    message: Message, envelope: Envelope, peer: Agency, directory: Directory
) -> Iterator[Finding]:
    sender = message.sender
    if directory.agency_of(sender) is not peer:
        yield Finding.error("relay-sender-mismatch", where="From", mailbox=sender, domain=peer.domain)
    if envelope.reverse_path is None or envelope.reverse_path.key != sender.key:
        found = envelope.reverse_path or "<>"
        yield Finding.error("reverse-path-mismatch", where="MAIL FROM", mailbox=sender, found=found)


def _local(envelope: Envelope, directory: Directory) -> Iterator[Finding]:
    for recipient in envelope.forward_paths:
        if not directory.is_local(recipient):
            yield Finding.error("relaying-denied", where="RCPT TO", mailbox=recipient)


def judge_recipient(recipient: Address, directory: Directory, *, relayed: bool) -> Finding | None:
    """Why no letter can come for `recipient`, asked already at RCPT; `relayed`: another node asks.

    Another node may write to the address of this agency's seal: reports of evidence come there.
    """
    if relayed and not directory.is_local(recipient):
        return Finding.error("relaying-denied", where="RCPT TO", mailbox=recipient)
    own = seal_address(directory.own.seal, directory.own.domain)
    if relayed and own is not None and recipient.key == own.key:
        return None
    if directory.mailbox(recipient) is None:
        return Finding.error("unknown-recipient", where="RCPT TO", mailbox=recipient)
    return None


def judge_report(
    message: Message, envelope: Envelope, domain: str, directory: Directory, *, at: datetime
) -> Decision:
    """Whether a letter with the null reverse-path is a report under the seal of the agency `domain`."""
    peer = directory.peer(domain)
    if peer is None:
        return decide([Finding.error("peer-unknown", domain=domain)])
    findings = [*_local(envelope, directory)]
    sealed_by = seal_address(peer.seal, peer.domain)
    if sealed_by is None or message.sender.key != sealed_by.key:
        findings.append(
            Finding.error("relay-sender-mismatch", where="From", mailbox=message.sender, domain=domain)
        )
    layers = _layers(message, findings)
    if layers is None:
        return decide(findings)
    if len(layers.signatures) != 1 or layers.payload is None:
        findings.append(Finding.error("unsigned-letter", clause="RFC 8551 §3.5", where="message"))
    for layer in layers.signatures:
        report, found = judge_layer(layer, peer, Times(at), where="outer signature")
        findings += found
        for signature in report.signatures:
            if signature.certificate is None or signature.certificate.raw != peer.seal.raw:
                findings.append(unauthorised(signature, message.sender))
    return decide([*findings, *layers.findings])


# --- at opening ---


def judge_cover(
    message: Message, directory: Directory, *, at: datetime, received_at: datetime | None = None
) -> Decision:
    """Whether a letter in a mailbox may be opened: nothing is decrypted that nobody vouches for.

    A changed ciphertext may open to something that harms its reader (RFC 8551 §6): the outer signature is
    checked before the key is used.
    """
    return decide(_cover(message, directory, Times(at, received_at)))


def _cover(message: Message, directory: Directory, times: Times) -> list[Finding]:
    sender = message.sender
    agency = directory.agency_of(sender)
    if agency is None or directory.mailbox(sender) is None:
        return [Finding.error("sender-unknown", where="From", mailbox=sender)]
    findings = [*message.findings]
    layers = _layers(message, findings)
    if layers is not None:
        findings += _protection(layers, outer_signature=True)
        findings += judge_outer_signatures(layers, message, agency, directory, times, seal=True)
        findings += _agreement(layers)
    return findings


def judge_opening(
    message: Message,
    opened: smime.Opened,
    mailbox: Address,
    directory: Directory,
    *,
    at: datetime,
    received_at: datetime | None = None,
) -> Decision:
    """Whether the opened letter may be relied on in `mailbox`: by whom and for whom it was signed.

    `received_at` is when the node took the letter, as its own evidence proves: what was revoked later had
    been valid then.
    """
    times = Times(at, received_at)
    findings = _cover(message, directory, times)
    findings += [finding for finding in opened.findings if finding not in findings]
    agency = directory.agency_of(message.sender)
    if agency is not None:
        findings += _author(opened, message.sender, agency, directory, times)
    findings += _addressed(message, opened, mailbox)
    return decide(findings)


def _author(
    opened: smime.Opened, sender: Address, agency: Agency, directory: Directory, times: Times
) -> Iterator[Finding]:
    layer = opened.author_signature
    if opened.inner is None or layer is None:
        yield Finding.error("inner-signature-missing", where="inner signature", mailbox=sender)
        return
    report, found = judge_layer(layer, agency, times, where="inner signature")
    yield from found
    for signature in report.signatures:
        certificate = signature.certificate
        if certificate is None or directory.signer(certificate, sender) is None:
            yield Finding.error(
                "inner-signer-not-authorised",
                where="inner signature",
                signer=signer_name(signature),
                mailbox=sender,
            )


def _addressed(message: Message, opened: smime.Opened, mailbox: Address) -> Iterator[Finding]:
    """A letter signed for others and encrypted anew to this mailbox is genuine, and was not meant for it."""
    header = message.header
    if opened.protection is not None:
        try:
            header = HeaderValues.read(opened.protection.fields, smtputf8=True)
        except MalformedMessage as e:
            yield Finding.error("malformed-letter", clause=e.clause, where=e.where, found=e.message)
            return
    if mailbox.key not in {address.key for address in header.recipients}:
        yield Finding.warning("not-addressed-to-mailbox", clause="RFC 9788 §4.1", where="To", mailbox=mailbox)


# --- the rules that the judgements share ---


def _layers(message: Message, findings: list[Finding]) -> smime.Layers | None:
    """The layers that are seen without a key; None, with a finding, when they cannot be read."""
    try:
        return smime.read(message.raw)
    except EsignError as e:
        findings.append(Finding.error("malformed-letter", clause=e.clause, where=e.where, found=e.message))
        return None


def _protection(layers: smime.Layers, *, outer_signature: bool) -> Iterator[Finding]:
    """An envelope at the root or below outer signatures, and (with `outer_signature`) such a signature."""
    encrypted = layers.envelope is not None
    if not layers.signatures and (outer_signature or not encrypted):
        yield Finding.error("unsigned-letter", clause="RFC 8551 §3.5", where="message")
    if not encrypted:
        yield Finding.error("unencrypted-letter", clause="RFC 8551 §3.3", where="message")


def _agreement(layers: smime.Layers) -> Iterator[Finding]:
    """The header that routes must stand under the outer signature too, and say the same there."""
    yield from layers.findings
    if layers.envelope is None or not layers.signatures:
        return
    for name in _SIGNED_FIELDS:
        wanted = name in _MANDATORY_FIELDS or layers.root.get(name) is not None
        if wanted and layers.envelope.entity.get(name) is None:
            yield Finding.error("outer-field-unsigned", clause="RFC 8551 §3.1", where=name, field=name)
