"""Letters: `exat mail draft`, `sign`, `send`, `list`, `read`."""

import mimetypes
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from esign.io.clock import now
from esign.io.secrets import FORMS
from esign.language import text as library_text
from exat.address import Address
from exat.message import Attachment, Letter, Requisites
from exat.policy import Verdict
from exat.shell import clerk, sending
from exat.shell.clerk import Composition, Listed, Opened
from exat.shell.home import Home
from exat.shell.mailing import NodeUnreachable
from exat.store import Draft, KnownLetter
from exat_cli.failures import Exit, Failure
from exat_cli.homes import ADDRESS, home_option, node_passphrase_option, opened, seal_of
from exat_cli.options import force_option, passphrase_option, secret, speaks
from exat_cli.output import Output, check_free, printable_text, read_input, write_output
from exat_cli.own_keys import load_decryptor, load_signer

_WORDS: Final = {
    Verdict.ACCEPT: ("verdict-valid", Exit.DONE),
    Verdict.REFUSE: ("verdict-invalid", Exit.REFUSED),
    Verdict.DEFER: ("verdict-unconfirmed", Exit.INDETERMINATE),
}
_REQUISITES: Final = {
    "sender_name": "requisite-sender-name",
    "postal_address": "requisite-postal-address",
    "outgoing_number": "requisite-outgoing-number",
    "in_reply_to_number": "requisite-in-reply-to-number",
    "due_date": "requisite-due-date",
    "executor": "requisite-executor",
}
_PAUSE: Final = 0.2
_T = TypeVar("_T")

wait_option = click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="How long to wait for it; not at all by default.",
)


@click.command()
@home_option
@click.option("--from", "sender", type=ADDRESS, required=True, help="The mailbox that writes.")
@click.option("--to", type=ADDRESS, multiple=True, required=True, help="A recipient.")
@click.option("--cc", type=ADDRESS, multiple=True, help="Who gets a copy.")
@click.option("--subject", required=True, help="What it is about; only its readers see it.")
@click.option("--text", help="The text.")
@click.option("--text-file", metavar="FILE", help="The text, from a file in UTF-8; - for stdin.")
@click.option("--attach", "files", multiple=True, metavar="FILE", help="A file to go with it.")
@click.option("--outgoing-number", default="", metavar="NUMBER", help="Its number in your register.")
@click.option("--in-reply-to-number", default="", metavar="NUMBER", help="The number that it replies to.")
@click.option("--due", metavar="DATE", help="Until when it is to be dealt with, as 2027-12-31.")
@click.option("--executor", default="", metavar="NAME", help="Who prepared it.")
@speaks
def draft(
    output: Output,
    folder: str,
    sender: Address,
    to: tuple[Address, ...],
    cc: tuple[Address, ...],
    subject: str,
    text: str | None,
    text_file: str | None,
    files: tuple[str, ...],
    outgoing_number: str,
    in_reply_to_number: str,
    due: str | None,
    executor: str,
) -> None:
    """Write a letter and keep it as a draft; prints the draft's identifier.

    \b
    exat mail draft --home adliya --from kanselyariya@adliya.uz --to devonxona@iqtisodiyot.uz \\
        --subject "Yillik hisobot" --text-file hisobot.txt --attach hisobot.pdf --outgoing-number 12/345
    """
    with opened(folder) as home:
        composition = Composition(
            sender=sender,
            to=to,
            cc=cc,
            subject=subject,
            text=_text(text, text_file),
            attachments=tuple(_attachment(name) for name in files),
            requisites=Requisites(
                sender_name=home.config.agency.name,
                postal_address=home.config.agency.postal_address,
                outgoing_number=outgoing_number,
                in_reply_to_number=in_reply_to_number,
                due_date=_day(due),
                executor=executor,
            ),
        )
        identifier = clerk.draft(home, composition, at=now())
    output.result("mail-draft", {"draft": identifier}, identifier)


@click.command()
@click.argument("identifier", metavar="DRAFT")
@home_option
@click.option("--key", required=True, metavar="FILE", help="Your signature key: PKCS#12, or PKCS#8.")
@click.option("--certificate", metavar="FILE", help="Your certificate and those above it, PEM.")
@passphrase_option(of="your signature key")
@speaks
def sign(
    output: Output,
    identifier: str,
    folder: str,
    key: str,
    certificate: str | None,
    passphrase: str | None,
) -> None:
    """Sign a draft, encrypt it to its recipients and your own mailbox, and sign the whole.

    \b
    exat mail sign 3f9c2a1b --home adliya --key anvar/signature.p12 --passphrase file:anvar/keys.pass
    """
    with opened(folder) as home:
        signer = load_signer(output, key, certificate, passphrase)
        letter = clerk.sign(home, identifier, signer, at=now())
    recipients = [str(address) for address in letter.recipients]
    content = {
        "draft": identifier,
        "message_id": letter.message_id,
        "recipients": recipients,
        "size": len(letter.raw),
    }
    words = output.words("letter-signed", draft=identifier, recipients=", ".join(recipients))
    output.result("mail-sign", content, words)


@click.command()
@click.argument("identifier", metavar="DRAFT")
@home_option
@click.option("--login", metavar="LOGIN", help="Who hands it in; the sending mailbox by default.")
@click.option("--password", metavar="SOURCE", help=f"Where its password comes from: {FORMS}.")
@wait_option
@speaks
def send(
    output: Output, identifier: str, folder: str, login: str | None, password: str | None, wait: float
) -> None:
    """Hand a signed draft to the node; prints the node's name of the letter. A refusal is exit 1.

    \b
    exat mail send 3f9c2a1b --home adliya --password file:anvar/login.pass
    """
    with opened(folder) as home:
        name = login or str(clerk.stored_draft(home, identifier).mailbox)
        word = secret(password, output, option="--password")

        def attempt() -> sending.Sent | None:
            try:
                return sending.send(home, identifier, login=name, password=word)
            except NodeUnreachable:
                if wait == 0 or time.monotonic() >= end:
                    raise
                return None

        end = time.monotonic() + wait
        sent = _patiently(attempt, end)
    if sent is not None:
        content = {"id": sent.key, "message_id": sent.letter.message_id, "reply": sent.reply}
        output.result("mail-send", content, sent.key)


@click.command(name="list")
@home_option
@click.option("--mailbox", type=ADDRESS, required=True, help="Whose letters.")
@click.option("--sent", is_flag=True, help="Those that it sent, with the state for each recipient.")
@click.option("--drafts", is_flag=True, help="Those that are not sent yet.")
@speaks
def list_(output: Output, folder: str, mailbox: Address, sent: bool, drafts: bool) -> None:
    """Show the letters of a mailbox: received, sent, or drafts. Nothing is opened for it.

    \b
    exat mail list --home adliya --mailbox kanselyariya@adliya.uz
    """
    with opened(folder) as home:
        if drafts:
            rows = [_draft_row(home, found) for found in home.store.drafts(mailbox)]
        elif sent:
            rows = [row for found in home.store.sent_by(mailbox) for row in _sent_rows(found)]
        else:
            rows = [_received_row(found) for found in clerk.listing(home, mailbox)]
    words = "\n".join("  ".join(str(value) for value in row.values()) for row in rows)
    output.result("mail-list", {"letters": rows}, words or output.words("no-letter"))


@click.command()
@click.argument("reference", metavar="[ID]", required=False)
@home_option
@click.option("--mailbox", type=ADDRESS, help="Without ID: read the oldest letter that nobody has read.")
@click.option("--key", required=True, metavar="FILE", help="Your decryption key: PKCS#12, or PKCS#8.")
@click.option("--certificate", metavar="FILE", help="Your certificate, PEM or DER.")
@passphrase_option(of="your decryption key")
@click.option("--save-attachments", "attachments", metavar="DIR", help="Put the attachments there.")
@click.option("--eml", metavar="FILE", help="Put the letter there as it came, still closed.")
@node_passphrase_option
@wait_option
@force_option
@speaks
@click.pass_context
def read(
    ctx: click.Context,
    output: Output,
    reference: str | None,
    folder: str,
    mailbox: Address | None,
    key: str,
    certificate: str | None,
    passphrase: str | None,
    attachments: str | None,
    eml: str | None,
    node_passphrase: str | None,
    wait: float,
    force: bool,
) -> None:
    """Open a letter with your key: the verdict first, then who wrote it, and what. The reading is attested.

    Exit: 0 VALID, 1 NOT VALID, 3 CANNOT BE CONFIRMED.

    \b
    exat mail read --home adliya --mailbox kanselyariya@adliya.uz \\
        --key anvar/decryption.p12 --passphrase file:anvar/keys.pass --node-passphrase file:node.pass
    """
    if reference is None and mailbox is None:
        raise Failure("read-what", Exit.USAGE, hint="exat mail read ID, --mailbox ADDRESS")
    check_free(eml, force=force)
    with ExitStack() as stack:
        home = stack.enter_context(opened(folder))
        officer = load_decryptor(output, key, certificate, passphrase)
        seal = seal_of(home, node_passphrase, output)
        wanted = _patiently(lambda: _reference(home, reference, mailbox), time.monotonic() + wait)
        if wanted is None:
            raise Failure("nothing-to-read", Exit.USAGE, mailbox=mailbox or reference)
        letter = clerk.read(home, wanted, officer, seal=seal, at=now(), mailbox=mailbox)
        raw = home.store.letter(letter.key).raw
    if eml is not None:
        write_output(eml, raw, force=force)
    saved = {} if attachments is None else _places(letter.reading.letter, Path(attachments))
    shown = _opened(output, letter, list(saved))
    output.result("mail-read", shown, "\n".join(_opened_words(output, letter)))
    for name, content in saved.items():
        write_output(name, content, force=force)
    ctx.exit(_WORDS[letter.reading.decision.verdict][1])


def _reference(home: Home, reference: str | None, mailbox: Address | None) -> str | None:
    """The letter that was asked for, when it is there."""
    if reference is not None:
        return reference if home.store.trace(reference).letters else None
    entries = () if mailbox is None else home.store.list_mailbox(mailbox)
    return next((entry.key for entry in entries if entry.read_at is None), None)


def _patiently(ask: Callable[[], _T | None], end: float) -> _T | None:
    """The first answer that is not None, asked for until `end` (monotonic seconds), else None."""
    while (found := ask()) is None and time.monotonic() < end:
        time.sleep(_PAUSE)
    return found


def _text(text: str | None, file: str | None) -> str:
    if (text is None) == (file is None):
        raise Failure("text-what", Exit.USAGE, hint="--text TEXT | --text-file FILE")
    if file is None:
        return str(text)
    try:
        return read_input(file).decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise Failure("file-unreadable", Exit.UNREADABLE, file=file, reason="UTF-8") from e


def _attachment(name: str) -> Attachment:
    kind, encoding = mimetypes.guess_type(name, strict=True)
    media_type = kind if kind and not encoding else "application/octet-stream"
    return Attachment(Path(name).name, media_type, read_input(name))


def _day(due: str | None) -> date | None:
    try:
        return None if due is None else date.fromisoformat(due)
    except ValueError as e:
        raise Failure("option-wrong", Exit.USAGE, option="--due", found=due, wanted="2027-12-31") from e


def _places(letter: Letter | None, folder: Path) -> dict[str, bytes]:
    """Where attachments go, under the names that the letter's reader has made safe, each once."""
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, bytes] = {}
    for attachment in letter.attachments if letter else ():
        name, number = Path(attachment.name), 1
        place = str(folder / name)
        while place in found:
            number += 1
            place = str(folder / f"{name.stem}-{number}{name.suffix}")
        found[place] = attachment.content
    return found


def _received_row(found: Listed) -> dict[str, Any]:
    entry = found.entry
    return {
        "id": entry.key,
        "consigned_at": _moment(entry.consigned_at),
        "from": found.sender,
        "size": entry.size,
        "state": entry.state.value,
    }


def _sent_rows(found: KnownLetter) -> Iterator[dict[str, Any]]:
    for delivery in found.deliveries:
        yield {
            "id": found.key,
            "received_at": _moment(found.received_at),
            "to": str(delivery.recipient),
            "size": found.size,
            "state": delivery.state.value,
        }


def _draft_row(home: Home, found: Draft) -> dict[str, Any]:
    return {"draft": found.identifier, "changed_at": _moment(found.changed_at), "state": found.state.value}


def _moment(at: datetime) -> str:
    return at.isoformat(" ", "seconds")


def _opened(output: Output, found: Opened, saved: list[str]) -> dict[str, Any]:
    reading = found.reading
    letter, header = reading.letter, (reading.letter or reading.message).header
    shown: dict[str, Any] = {
        "id": found.key,
        "mailbox": str(found.mailbox),
        "verdict": reading.decision.verdict.value,
        "code": reading.decision.code or None,
        "findings": [
            {**finding.to_dict(), "message": output.explained(finding)}
            for finding in reading.decision.findings
        ],
        "signer": reading.signer.name if reading.signer else None,
        "from": header.author.write(),
        "to": [str(named.address) for named in header.to],
        "cc": [str(named.address) for named in header.cc],
        "subject": header.subject if letter else None,
        "date": header.date.isoformat(),
        "message_id": header.message_id,
        "protected": letter.is_protected if letter else False,
    }
    if letter is not None:
        shown["requisites"] = _requisites(letter)
        shown["text"] = letter.text
        shown["attachments"] = [
            {"name": a.name, "media_type": a.media_type, "size": len(a.content)} for a in letter.attachments
        ]
        shown["saved"] = saved
    return shown


def _opened_words(output: Output, found: Opened) -> Iterator[str]:
    """The verdict, then what stands against it, then the letter: in this order, so that nobody misses it."""
    reading = found.reading
    decision, letter = reading.decision, reading.letter
    code = f" [{decision.code}]" if decision.code else ""
    yield f"{library_text(_WORDS[decision.verdict][0], output.language)}{code}"
    yield from (output.told(finding) for finding in decision.findings if finding.severity.value != "info")
    if reading.signer is not None:
        yield output.labelled("letter-signer", reading.signer.name)
    header = (letter or reading.message).header
    yield output.labelled("letter-from", f"{header.author.name} <{header.sender}>".strip())
    yield output.labelled("letter-to", ", ".join(str(named.address) for named in header.to))
    if header.cc:
        yield output.labelled("letter-cc", ", ".join(str(named.address) for named in header.cc))
    yield output.labelled("letter-date", _moment(header.date))
    if letter is None:
        return
    yield output.labelled("letter-subject", header.subject)
    for name, value in _requisites(letter).items():
        if value:
            yield output.labelled(_REQUISITES[name], value)
    for attachment in letter.attachments:
        yield output.labelled("letter-attachment", f"{attachment.name} ({len(attachment.content)})")
    yield ""
    yield printable_text(letter.text)


def _requisites(letter: Letter) -> dict[str, str]:
    found = letter.requisites
    return {
        "sender_name": found.sender_name,
        "postal_address": found.postal_address,
        "outgoing_number": found.outgoing_number,
        "in_reply_to_number": found.in_reply_to_number,
        "due_date": found.due_date.isoformat() if found.due_date else "",
        "executor": found.executor,
    }
