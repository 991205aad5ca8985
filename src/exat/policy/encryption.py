"""For whom a letter is encrypted, and how: what can be known without a key."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from esign import EsignError, Finding, smime
from exat.address import Address
from exat.directory import Directory, KeyOwner, is_usable
from exat.message import Message
from exat.policy.decision import MailPolicy, Tolerance
from exat.records import Envelope

Owners = tuple[KeyOwner, ...]


def judge_encryption(
    layers: smime.Layers,
    message: Message,
    envelope: Envelope,
    directory: Directory,
    *,
    at: datetime,
    policy: MailPolicy,
    declared: bool = True,
) -> Iterator[Finding]:
    """Every SMTP recipient can open the letter and (with `declared`) nobody can whom it does not name."""
    for recipient in envelope.forward_paths:
        if directory.mailbox(recipient) is None:
            yield Finding.error("unknown-recipient", where="RCPT TO", mailbox=recipient)
    if layers.envelope is None:
        return
    try:
        closed = smime.read_envelope(layers.envelope.cms)
    except EsignError as e:
        yield Finding.error("malformed-letter", clause=e.clause, where=e.where, found=e.message)
        return
    yield from _algorithms(closed.cipher_name, (r.algorithm_name for r in closed.recipient_ids), policy)
    owners = [directory.owners_of_key(recipient) for recipient in closed.recipient_ids]
    yield from _unreadable(envelope.forward_paths, owners, directory, at)
    if declared:
        named = (message.sender, *message.header.recipients, *envelope.forward_paths)
        yield from _undeclared(owners, frozenset(address.key for address in named))


def _unreadable(
    recipients: Iterable[Address], owners: Sequence[Owners], directory: Directory, at: datetime
) -> Iterator[Finding]:
    """Each recipient must find a key of its mailbox: the current one, or an earlier one still valid."""
    for recipient in recipients:
        mailbox, agency = directory.mailbox(recipient), directory.agency_of(recipient)
        if mailbox is None or agency is None:
            continue
        keys = [o.certificate for each in owners for o in each if o.officer is None and o.mailbox is mailbox]
        if any(is_usable(key, agency, at) for key in keys):
            continue
        code = "recipient-key-not-valid" if keys else "recipient-not-encrypted-to"
        yield Finding.error(code, clause="RFC 5652 §6.2", where="RecipientInfos", mailbox=recipient)


def _undeclared(owners: Iterable[Owners], named: frozenset[str]) -> Iterator[Finding]:
    for number, found in enumerate(owners):
        if any(owner.mailbox.address.key in named for owner in found):
            continue
        holder = str(found[0].mailbox.address) if found else "an unknown holder"
        where = f"RecipientInfos[{number}]"
        yield Finding.error("undeclared-recipient-key", clause="RFC 5652 §6.2", where=where, found=holder)


def _algorithms(cipher: str, keys: Iterable[str], policy: MailPolicy) -> Iterator[Finding]:
    if cipher in policy.unauthenticated_ciphers:
        yield Finding.info(
            "unauthenticated-encryption", clause="RFC 8551 §6", where="envelope", algorithm=cipher
        )
    elif cipher not in policy.ciphers:
        yield Finding.error(
            "algorithm-not-allowed", clause="RFC 8551 §2.7", where="envelope", algorithm=cipher
        )
    for name in sorted(set(keys)):
        if name == "rsa-pkcs1" and policy.pkcs1 is Tolerance.WARN:
            yield Finding.warning(
                "weak-key-transport", clause="RFC 8551 §6", where="RecipientInfos", algorithm=name
            )
        elif not name.startswith(policy.key_encryption):
            yield Finding.error(
                "algorithm-not-allowed", clause="RFC 8551 §2.3", where="RecipientInfos", algorithm=name
            )
