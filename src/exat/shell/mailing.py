"""What a person does with letters at a node: hand one in, open one.

Submission crosses the node's own door, with TLS and a login, wherever the program runs. Opening stands on the
node's machine: the mailbox key is unlocked here, for a moment, by an officer.
"""

import smtplib
import socket
import ssl
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from esign import Certificate, Decryptor, Signer
from exat import pipeline
from exat.address import Address
from exat.errors import ExatError, MalformedMessage, StoreError
from exat.mailbox import Reading, open_letter
from exat.pipeline import Context
from exat.records import Mailbox, MessageKey
from exat.shell.desk import new_message_key, seals_with
from exat.shell.forward import Answer
from exat.shell.home import Home
from exat.shell.people import local_mailbox, mailbox_keys
from exat.smtp.data import is_canonical


class NodeUnreachable(ExatError):
    """Nobody answers where the node should be, or who answers is another."""


class LoginRefused(ExatError):
    """The node does not let this login in."""


class _Session(smtplib.SMTP):
    """SMTP inside TLS whose certificate must bear `name`, wherever the socket leads."""

    def __init__(self, place: tuple[str, int], name: str, context: ssl.SSLContext, timeout: float) -> None:
        self._name, self._context = name, context
        super().__init__(*place, local_hostname="localhost", timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        return self._context.wrap_socket(plain, server_hostname=self._name)


def submit(
    place: tuple[str, int],
    *,
    name: str,
    roots: Sequence[Certificate],
    user: str,
    password: str,
    sender: Address,
    recipients: Sequence[Address],
    raw: bytes,
    timeout: float = 600.0,
) -> tuple[Answer, ...]:
    """Hand `raw` to the node at `place`, whose certificate bears `name` under one of `roots`; an answer each.

    The node wants the letter protected before: nothing is signed or encrypted here.

    Raises:
        MalformedMessage: `bare-newline` when `raw` is not canonical.
        NodeUnreachable: `node-unreachable`.
        LoginRefused: `login-refused`.
    """
    if not raw or not is_canonical(raw):
        raise MalformedMessage("bare-newline", "the letter is not canonical", clause="RFC 5321 §2.3.8")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata="".join(root.pem.decode("ascii") for root in roots))
    try:
        with _Session(place, name, context, timeout) as session:
            session.ehlo()
            session.login(user, password)
            return _transact(session, sender, recipients, raw)
    except smtplib.SMTPAuthenticationError as e:
        raise LoginRefused("login-refused", f"{user} was not let in", values={"name": user}) from e
    except (OSError, smtplib.SMTPException) as e:
        told = f"{place[0]}:{place[1]}"
        values = {"place": told, "reason": e}
        raise NodeUnreachable("node-unreachable", f"{told}: {e}", where=told, values=values) from e


def _transact(
    session: smtplib.SMTP, sender: Address, recipients: Sequence[Address], raw: bytes
) -> tuple[Answer, ...]:
    """One mail transaction; the paths are written here, for the library would read them again."""
    international = any(address.needs_smtputf8 for address in (sender, *recipients))
    if international:
        session.command_encoding = "utf-8"
    parameters = f" SIZE={len(raw)}" + (" SMTPUTF8" if international else "")
    code, text = session.docmd(f"MAIL FROM:<{sender}>{parameters}")
    if code != 250:
        return tuple(Answer(recipient, code, _said(text)) for recipient in recipients)
    answers = {recipient.key: session.docmd(f"RCPT TO:<{recipient}>") for recipient in recipients}
    if any(code == 250 for code, _ in answers.values()):
        content = _content(session, raw)
        answers = {key: content if found[0] == 250 else found for key, found in answers.items()}
    return tuple(Answer(r, answers[r.key][0], _said(answers[r.key][1])) for r in recipients)


def _content(session: smtplib.SMTP, raw: bytes) -> tuple[int, bytes]:
    try:
        return session.data(raw)
    except smtplib.SMTPDataError as e:
        error = e.smtp_error
        return e.smtp_code, error if isinstance(error, bytes) else error.encode()


def _said(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def open_stored(
    home: Home, address: Address, key: MessageKey, *, officer: Decryptor, seal: Signer, at: datetime
) -> Reading:
    """Open a letter of a mailbox with an officer's key; the first time, its hand-over is attested.

    The sender's agency is told with the next round of the queue. A letter whose outer signature forbids to
    open it is given back unopened, and nothing is attested.

    Raises:
        DirectoryError: `mailbox-unknown`.
        StoreError: `letter-unknown` when it does not lie in this mailbox, `segment-damaged`.
        EsignError: `not-a-recipient`, `decryption-failed`: the officer has no key, or the letter is damaged.
        MailboxError: `wrapped-key-unusable`.
    """
    mailbox = local_mailbox(home, address)
    if all(entry.key != key for entry in home.store.list_mailbox(mailbox.address)):
        raise StoreError("letter-unknown", f"found no {key} in {address}", values={"key": key})
    letter = home.store.letter(key)
    directory = home.directory(at)
    reading = open_letter(
        letter.raw,
        mailbox.address,
        mailbox_keys(home, address, officer),
        directory,
        at=at,
        received_at=letter.received_at,
    )
    if reading.opened is None:
        return reading
    context = Context(directory, seal, at, new_message_key())
    agency = directory.agency_of(reading.message.sender)
    domain = agency.domain if agency is not None else ""
    home.store.hand_over(
        mailbox.address,
        key,
        at=at,
        effects=pipeline.hand_over(
            letter, mailbox.address, officer=_officer_name(mailbox, officer), context=context
        ),
        seal=seals_with(seal, directory.own.domain),
        follow=lambda records: pipeline.report(records, domain, context=context),
    ).result()
    return reading


def _officer_name(mailbox: Mailbox, officer: Decryptor) -> str:
    """Who opened, as the mailbox names the holder of the key."""
    for known in mailbox.signers:
        if known.encryption is not None and known.encryption.raw == officer.certificate:
            return known.name
    return Certificate.load(officer.certificate).subject.shown if officer.certificate else ""
