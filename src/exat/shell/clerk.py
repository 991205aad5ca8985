"""What a clerk does with letters on the node's own machine: draft, sign, read; each a separate act.

A draft is text and attachments in the store. Signing makes all three layers at once: the officer's signature,
encryption to the recipients' and the own mailbox, the officer's outer signature. Sending is
`exat.shell.sending`. Reading opens a letter with an officer's key and attests the hand-over.

    identifier = draft(home, Composition(sender, (recipient,), "Hisobot", "Matn"), at=at)
    sign(home, identifier, officer, at=at)
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import esign
from esign import Certificate, Decryptor, EsignError, Indication, Signer, smime
from esign.errors import NotARecipient
from exat import canonical
from exat.address import Address
from exat.canonical import Fields
from exat.directory import Directory, trust_of
from exat.errors import ExatError, MalformedMessage, StoreError
from exat.mailbox import Reading
from exat.message import Attachment, Message, NamedAddress, Requisites, compose
from exat.records import Mailbox, MessageKey
from exat.shell.home import Home
from exat.shell.mailing import open_stored
from exat.shell.people import local_mailbox
from exat.store import Draft, DraftState, MailboxEntry, Trace

SCHEMA: Final = "exat.draft/1"


class ClerkError(ExatError):
    """What a clerk asked for cannot be done with this draft, letter or recipient."""


@dataclass(frozen=True, slots=True)
class Composition:
    """A letter as its author writes it."""

    sender: Address
    to: tuple[Address, ...]
    subject: str
    text: str
    cc: tuple[Address, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    requisites: Requisites = Requisites()

    @property
    def recipients(self) -> tuple[Address, ...]:
        """Everyone it goes to, each once."""
        return tuple({address.key: address for address in (*self.to, *self.cc)}.values())


@dataclass(frozen=True, slots=True)
class SignedLetter:
    """A letter with its three layers, ready to be sent."""

    identifier: str
    message_id: str
    sender: Address
    recipients: tuple[Address, ...]
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """A letter as it was read in a mailbox; `reading` has the verdict, which stands before all content."""

    mailbox: Address
    key: MessageKey
    reading: Reading


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of a mailbox: `sender` and `date` are what the letter's outer header says."""

    entry: MailboxEntry
    sender: str
    date: datetime | None


# --- writing ---


def draft(home: Home, composition: Composition, *, at: datetime) -> str:
    """Keep a letter as a draft of its sender's mailbox, and give its identifier.

    Raises:
        DirectoryError: `mailbox-unknown` for a sender that is no mailbox of this agency.
        ClerkError: `unknown-recipient`.
        MalformedMessage: what cannot be written into a letter.
    """
    mailbox = local_mailbox(home, composition.sender)
    directory = home.directory(at)
    for recipient in composition.recipients:
        _entry(directory, recipient)
    _composed(composition, mailbox, "<draft@draft.example>", at)
    identifier = secrets.token_hex(4)
    payload = canonical.write(_to_json(composition))
    home.store.put_draft(identifier, mailbox.address, state=DraftState.DRAFT, payload=payload)
    return identifier


def composition_of(found: Draft) -> Composition:
    """The letter in a draft that is not signed yet.

    Raises:
        ClerkError: `draft-signed`.
        StoreError: `store-damaged`.
    """
    if found.state is not DraftState.DRAFT:
        raise ClerkError("draft-signed", "it is signed already", values={"draft": found.identifier})
    try:
        return _from_json(canonical.read(found.payload))
    except ExatError as e:
        raise StoreError("store-damaged", e.message, values={"reason": e.message}) from e


def sign(home: Home, identifier: str, signer: Signer, *, at: datetime) -> SignedLetter:
    """Give a draft its three layers; from then on it can only be sent or thrown away.

    Raises:
        ClerkError: `draft-unknown`, `draft-signed`, `unknown-recipient`, `recipient-key-unusable`,
            `signer-not-authorised`.
        EsignError: what the officer's key cannot do.
    """
    composition = composition_of(stored_draft(home, identifier))
    letter = seal_letter(home, composition, signer, at=at)
    home.store.put_draft(identifier, letter.sender, state=DraftState.SIGNED, payload=letter.raw)
    return SignedLetter(identifier, letter.message_id, letter.sender, letter.recipients, letter.raw)


def seal_letter(home: Home, composition: Composition, signer: Signer, *, at: datetime) -> SignedLetter:
    """A letter with its three layers, without a draft.

    Raises:
        as `sign`, but for drafts.
    """
    directory = home.directory(at)
    mailbox = local_mailbox(home, composition.sender)
    certificate = Certificate.load(signer.certificate)
    if directory.signer(certificate, mailbox.address) is None:
        said = {"signer": certificate.subject.shown, "mailbox": mailbox.address}
        raise ClerkError("signer-not-authorised", f"not authorised for {mailbox.address}", values=said)
    keys = [_usable(directory, address, at) for address in (*composition.recipients, mailbox.address)]
    message_id = f"<{secrets.token_hex(16)}@{home.config.agency.domain}>"
    protected = _composed(composition, mailbox, message_id, at)
    unique = tuple({key.fingerprint: key for key in keys}.values())
    raw = smime.triple_wrap(protected, unique, signer=signer, outer_signer=signer, at=at)
    return SignedLetter("", message_id, mailbox.address, composition.recipients, raw)


def stored_draft(home: Home, identifier: str) -> Draft:
    """A draft by its identifier.

    Raises:
        ClerkError: `draft-unknown`.
    """
    found = home.store.draft(identifier)
    if found is None:
        raise ClerkError("draft-unknown", f"there is no draft {identifier}", values={"draft": identifier})
    return found


def _composed(composition: Composition, mailbox: Mailbox, message_id: str, at: datetime) -> smime.Protected:
    return compose(
        NamedAddress(mailbox.address, mailbox.name),
        [NamedAddress(address) for address in composition.to],
        cc=[NamedAddress(address) for address in composition.cc],
        subject=composition.subject,
        text=composition.text,
        message_id=message_id,
        at=at.astimezone().replace(microsecond=0),
        attachments=composition.attachments,
        requisites=composition.requisites,
    )


def _entry(directory: Directory, address: Address) -> Mailbox:
    found = directory.mailbox(address)
    if found is None:
        raise ClerkError("unknown-recipient", f"found {address}", values={"mailbox": address})
    return found


def _usable(directory: Directory, address: Address, at: datetime) -> Certificate:
    """The certificate to encrypt to: the first of the mailbox that is valid and not revoked at `at`."""
    mailbox, agency = _entry(directory, address), directory.agency_of(address)
    if agency is None:
        raise ClerkError("unknown-recipient", f"found {address}", values={"mailbox": address})
    found = "-"
    for certificate in mailbox.encryption:
        report = esign.validate_path(
            certificate,
            pool=agency.intermediates,
            trust=trust_of(agency),
            crls=[crl.raw for crl in agency.crls],
            at=at,
            usage="email-encryption",
        )
        if report.indication is Indication.PASSED:
            return certificate
        found = report.sub_indication.value if report.sub_indication else report.indication.value
    said = {"mailbox": address, "found": found}
    raise ClerkError("recipient-key-unusable", f"{address}: {found}", values=said)


def _to_json(composition: Composition) -> dict[str, object]:
    requisites = composition.requisites
    return {
        "schema": SCHEMA,
        "from": str(composition.sender),
        "to": [str(address) for address in composition.to],
        "cc": [str(address) for address in composition.cc],
        "subject": composition.subject,
        "text": composition.text,
        "attachments": [
            {"name": a.name, "media_type": a.media_type, "content": canonical.octets(a.content)}
            for a in composition.attachments
        ],
        "requisites": {
            "sender_name": requisites.sender_name,
            "postal_address": requisites.postal_address,
            "outgoing_number": requisites.outgoing_number,
            "in_reply_to_number": requisites.in_reply_to_number,
            "due_date": requisites.due_date.isoformat() if requisites.due_date else None,
            "executor": requisites.executor,
        },
    }


def _from_json(fields: Fields) -> Composition:
    said = fields.fields("requisites")
    names = ("sender_name", "postal_address", "outgoing_number", "in_reply_to_number", "executor")
    due = date.fromisoformat(said.text("due_date")) if said.has("due_date") else None
    return Composition(
        sender=Address.parse(fields.text("from"), smtputf8=True),
        to=_addresses(fields.texts("to")),
        cc=_addresses(fields.texts("cc")),
        subject=fields.text("subject"),
        text=fields.text("text"),
        attachments=tuple(
            Attachment(item.text("name"), item.text("media_type"), item.octets("content"))
            for item in fields.each("attachments")
        ),
        requisites=Requisites(due_date=due, **{name: said.text(name) for name in names}),
    )


def _addresses(spelled: Sequence[str]) -> tuple[Address, ...]:
    return tuple(Address.parse(each, smtputf8=True) for each in spelled)


# --- reading ---


def listing(home: Home, mailbox: Address) -> tuple[Listed, ...]:
    """What lies in a mailbox, the oldest first; nothing is opened, so a protected subject is not seen.

    Raises:
        DirectoryError: `mailbox-unknown`.
    """
    address = local_mailbox(home, mailbox).address
    return tuple(_listed(home, entry) for entry in home.store.list_mailbox(address))


def _listed(home: Home, entry: MailboxEntry) -> Listed:
    try:
        message = Message.read(home.store.letter(entry.key).raw, smtputf8=True)
    except MalformedMessage:
        return Listed(entry, str(entry.sender or ""), None)
    return Listed(entry, message.header.author.write(), message.date)


def read(
    home: Home,
    reference: str,
    officer: Decryptor,
    *,
    seal: Signer,
    at: datetime,
    mailbox: Address | None = None,
) -> Opened:
    """A letter of a local mailbox, opened with an officer's key and judged; its first reading is attested.

    `reference` is its key or its Message-ID. `mailbox` is needed only where the letter lies in several that
    the officer may open. What the outer signature forbids to open is not attested as handed over.

    Raises:
        StoreError: `letter-unknown`: it lies in no local mailbox.
        EsignError: `not-a-recipient` when the officer opens none of these mailboxes, `decryption-failed`, and
            the codes of `smime.open`.
        MalformedMessage: the codes of `Message.read`.
    """
    refused: EsignError | None = None
    for key, address in _places(home.store.trace(reference), mailbox):
        try:
            reading = open_stored(home, address, key, officer=officer, seal=seal, at=at)
        except NotARecipient as e:
            refused = e
        else:
            return Opened(address, key, reading)
    if refused is not None:
        raise refused
    raise StoreError("letter-unknown", f"no letter {reference}", values={"key": reference})


def _places(trace: Trace, wanted: Address | None) -> Iterator[tuple[MessageKey, Address]]:
    """The local mailboxes where a letter lies, or only the wanted one."""
    for delivery in trace.deliveries:
        if not delivery.domain and (wanted is None or wanted.key == delivery.recipient.key):
            yield delivery.key, delivery.recipient
