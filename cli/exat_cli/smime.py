"""Messages of mail in files (.eml): `smime sign`, `encrypt`, `wrap`, `judge`, `open`."""

import email.utils
import functools
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import click

from esign import Certificate, Decryptor, Signer, Trust, smime
from esign.io.clock import now
from exat_cli.failures import Exit, Failure
from exat_cli.fetching import evidence_options, material_of
from exat_cli.many import each, files_of, is_several, summed
from exat_cli.options import F, at_option, force_option, out_option, passphrase_option, speaks
from exat_cli.output import Done, Output, check_free, printable_text, read_input, write_output
from exat_cli.own_keys import load_openers, load_signer, opening_options, signer_options, subject_of
from exat_cli.recipients import Recipients, to_options
from exat_cli.trust import trusted
from exat_cli.verdicts import policy_of

if TYPE_CHECKING:
    from exat.directory import Directory

_STATUS: Final = {
    smime.Verdict.ACCEPTED: Exit.DONE,
    smime.Verdict.UNDETERMINED: Exit.INDETERMINATE,
    smime.Verdict.REFUSED: Exit.REFUSED,
}
_DOMAIN: Final = re.compile(r"@([A-Za-z0-9.-]{1,253})>?[ \t]*\Z")
_SHOWN: Final = [one.value for one in smime.Confidentiality]


@click.command()
@click.argument("file", metavar="FILE")
@signer_options
@click.option("--opaque", is_flag=True, help="Put the message into the signature (application/pkcs7-mime).")
@click.option("--receipt-to", multiple=True, metavar="ADDRESS", help="Ask for signed receipts, to there.")
@out_option
@force_option
@speaks
def sign(
    output: Output,
    file: str,
    key: str,
    certificate: str | None,
    passphrase: str | None,
    opaque: bool,
    receipt_to: tuple[str, ...],
    out: str | None,
    force: bool,
) -> None:
    """Sign the message in FILE with its header (RFC 8551, RFC 9788), and write it to --out.

    Date and Message-ID are added where they are missing.

    \b
    exat smime sign letter.eml -o signed.eml --key karimova.p12 --passphrase prompt
    """
    target = _place(out, force=force)
    letter = _Letter.read(file)
    signer = load_signer(output, key, certificate, passphrase)
    protected = smime.protect(letter.payload, letter.header, mode="clear")
    signed = smime.sign(protected.payload, signer, at=now(), opaque=opaque, receipt=_request(receipt_to))
    _finish(output, "sign", file, target, smime.message(protected.outer, signed), force, signer=signer)


@click.command()
@click.argument("file", metavar="FILE")
@to_options
@click.option(
    "--key", metavar="FILE", help="Sign first with this key: PKCS#12, or PKCS#8 with --certificate."
)
@click.option("--certificate", metavar="FILE", help="The signer's certificate and those above it, PEM.")
@passphrase_option(of="that key")
@click.option("--receipt-to", multiple=True, metavar="ADDRESS", help="Ask for signed receipts, to there.")
@click.option(
    "--cipher",
    type=click.Choice(["aes-256-gcm", "aes-256-cbc"]),
    default="aes-256-gcm",
    show_default=True,
    help="aes-256-cbc for readers that know no authenticated encryption.",
)
@click.option(
    "--shown",
    type=click.Choice(_SHOWN),
    default="strict",
    show_default=True,
    help="What of the header stands outside (RFC 9788).",
)
@click.option("--legacy-display", is_flag=True, help="Hidden fields in the text too, for older readers.")
@out_option
@force_option
@speaks
def encrypt(
    output: Output,
    file: str,
    recipients: Recipients,
    key: str | None,
    certificate: str | None,
    passphrase: str | None,
    receipt_to: tuple[str, ...],
    cipher: str,
    shown: str,
    legacy_display: bool,
    out: str | None,
    force: bool,
) -> None:
    """Encrypt the message in FILE to its recipients, with its header; with --key it is signed first.

    \b
    exat smime encrypt letter.eml --to karimova.pem -o closed.eml --key aliyev.p12 --passphrase prompt
    exat smime encrypt letter.eml --to chancery@moliya.uz --home adliya -o closed.eml
    """
    target = _place(out, force=force)
    letter = _Letter.read(file)
    if receipt_to and key is None:
        raise Failure("options-clash", Exit.USAGE, one="--receipt-to", other="--key", hint="--key FILE")
    signer = None if key is None else load_signer(output, key, certificate, passphrase)
    protected = smime.protect(
        letter.payload,
        letter.header,
        mode="cipher",
        confidentiality=smime.Confidentiality(shown),
        legacy_display=legacy_display,
    )
    inside = protected.payload
    if signer is not None:
        inside = smime.sign(inside, signer, at=now(), receipt=_request(receipt_to))
    closed = smime.encrypt(inside, recipients.certificates, cipher=cipher)
    made = smime.message(protected.outer, closed)
    _finish(output, "encrypt", file, target, made, force, signer=signer, recipients=recipients)


@click.command()
@click.argument("file", metavar="FILE")
@signer_options
@out_option
@force_option
@speaks
def wrap(
    output: Output,
    file: str,
    key: str,
    certificate: str | None,
    passphrase: str | None,
    out: str | None,
    force: bool,
) -> None:
    """Sign around the whole message in FILE, which stays inside octet for octet (RFC 2634 triple wrap).

    \b
    exat smime wrap closed.eml -o wrapped.eml --key seal.p12 --passphrase prompt
    """
    target = _place(out, force=force)
    signer = load_signer(output, key, certificate, passphrase)
    made = smime.wrap(smime.canonical(read_input(file)), signer, at=now())
    _finish(output, "wrap", file, target, made, force, signer=signer)


@dataclass(frozen=True, slots=True)
class Court:
    """What messages are judged by, and opened with."""

    trust: Trust
    material: tuple[bytes, ...]
    policy: str | None
    keys: tuple[Decryptor, ...]
    directory: "Directory | None"
    at: datetime | None

    def judge(self, message: bytes, *, unsafe_release: bool = False) -> smime.Judgement:
        """The judgement on `message`."""
        return smime.judge(
            message,
            trust=self.trust,
            at=self.at or now(),
            keys=self.keys,
            material=self.material,
            policy=None if self.policy is None else policy_of(self.policy),
            directory=None if self.directory is None else _Bound(self.directory),
            unsafe_release=unsafe_release,
        )


@dataclass(frozen=True, slots=True)
class _Bound:
    """The directory of a node, as a judge asks it."""

    directory: "Directory"

    def binds(self, certificate: Certificate, mailbox: smime.Mailbox) -> bool:
        """Whether the directory authorises the certificate for the mailbox."""
        from exat_cli.homes import ADDRESS

        address = ADDRESS.convert(mailbox.address, None, None)
        return self.directory.signer(certificate, address) is not None


def court_options(function: F) -> F:
    """Give the command what a message is judged by; it gets it as `court`."""

    @opening_options
    @evidence_options
    @click.option(
        "--validation-policy", metavar="NAME|FILE", help="What is acceptable; the built-in one for e-mail."
    )
    @click.option(
        "--home", "folder", metavar="DIR", envvar="EXAT_HOME", show_envvar=True, help="Whose directory."
    )
    @at_option
    @functools.wraps(function)
    def command(output: Output, *args: Any, **kwargs: Any) -> Any:
        names = ("open_key", "open_certificate", "open_passphrase")
        keys = load_openers(output, *(kwargs.pop(name) for name in names))
        anchors = trusted(kwargs.pop("trust"))
        material = material_of(*(kwargs.pop(name) for name in ("crl", "ocsp", "others")))
        policy, folder, at = (kwargs.pop(name) for name in ("validation_policy", "folder", "at"))
        court = Court(anchors, material, policy, keys, _directory(folder), at)
        return function(output, *args, court=court, **kwargs)

    return command  # type: ignore[return-value]


def _directory(folder: str | None) -> "Directory | None":
    if folder is None:
        return None
    from exat_cli.homes import opened

    with opened(folder) as home:
        return home.directory(now())


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@speaks
@court_options
@click.pass_context
def judge(ctx: click.Context, output: Output, files: tuple[str, ...], court: Court) -> None:
    """Tell whether the message in FILE may be taken for its sender's letter, and why.

    Exit: 0 accepted, 1 refused, 3 undetermined; of several files the worst. The content is not shown.

    \b
    exat smime judge letter.eml --trust root.pem --crl agency.crl
    exat smime judge inbox/ --trust root.pem --open-key karimova.p12 --open-passphrase prompt
    """

    def judged(file: str) -> Done:
        found = court.judge(read_input(file))
        words = printable_text(found.explain(output.language))
        return Done(found.to_dict(), words=words, status=_STATUS[found.verdict])

    if not is_several(files):
        done = judged(files[0])
        output.result("judgement", done.content, done.words)
        ctx.exit(done.status)
    names = files_of(files, lambda name: name.casefold().endswith(".eml"))
    if not names:
        raise Failure("no-messages", Exit.UNREADABLE, folder=", ".join(files))

    def named(file: str) -> Done:
        done = judged(file)
        first, *more = done.words.splitlines()
        words = "\n".join((f"{file}: {first}", *(f"  {line}".rstrip() for line in more)))
        return Done(done.content, words=words, status=done.status)

    ctx.exit(summed(output, "judgement", each(output, names, named)))


@click.command(name="open")
@click.argument("file", metavar="FILE")
@click.option("--unsafe-release", is_flag=True, help="Give the content away whatever vouches for it.")
@out_option
@force_option
@speaks
@court_options
@click.pass_context
def open_(
    ctx: click.Context,
    output: Output,
    file: str,
    unsafe_release: bool,
    out: str | None,
    force: bool,
    court: Court,
) -> None:
    """Judge the message in FILE, and write what its layers hold to --out, or its text to stdout.

    A message that is refused is not opened, and what nothing vouches for is not given away.

    \b
    exat smime open wrapped.eml --open-key karimova.p12 --open-passphrase prompt --trust root.pem
    exat smime open wrapped.eml --open-key karimova.p12 --open-passphrase prompt --trust root.pem -o inner.eml
    """
    check_free(out, force=force)
    found = court.judge(read_input(file), unsafe_release=unsafe_release)
    payload = found.payload
    if payload is None:
        output.talk(printable_text(found.explain(output.language)))
        raise Failure("not-released", _STATUS[found.verdict] or Exit.REFUSED, verdict=found.verdict.value)
    if out is not None:
        write_output(out, payload.raw, force=force)
    content = {**found.to_dict(), "file": file, "out": out, "text": _text(payload)}
    if output.as_json and out != "-":
        output.document("smime-open", content)
    elif out is None:
        output.line(printable_text(_text(payload)))
    if not output.as_json:
        output.talk(printable_text(found.explain(output.language).partition("\n\n")[0]))
    ctx.exit(_STATUS[found.verdict])


def _text(payload: smime.Entity) -> str:
    """The first text of the payload; empty where there is none."""
    leaves = (part for part in smime.walk(payload) if part.content_type.media_type == "text/plain")
    leaf = next(leaves, None)
    return "" if leaf is None else smime.displayed_text(leaf).replace("\r\n", "\n")


@dataclass(frozen=True, slots=True)
class _Letter:
    """A message as one writes it: the fields of its header, and its MIME entity."""

    header: bytes
    payload: bytes

    @classmethod
    def read(cls, file: str) -> "_Letter":
        """From a file.

        Raises:
            Failure: `message-layered` (exit 2) for one that is signed or encrypted already.
            EsignError: what is wrong with the message.
        """
        entity = smime.Entity.read(smime.canonical(read_input(file)))
        if smime.read(entity.raw).layers:
            raise Failure("message-layered", Exit.USAGE, file=file, hint="exat smime wrap")
        mime = [one.raw for one in entity.header if one.key.startswith("content-")]
        other = [one.raw for one in entity.header if not one.key.startswith(("content-", "mime-version"))]
        return cls(b"".join((*other, *_missing(entity))), b"".join(mime) + b"\r\n" + entity.body)


def _missing(entity: smime.Entity) -> Iterator[bytes]:
    """The fields of RFC 5322 §3.6 that a judge asks for and the message lacks: a date, a name of its own."""
    if not entity.get_all("Date"):
        yield dated()
    sender = entity.get("From")
    found = None if sender is None else _DOMAIN.search(sender.text)
    if found is not None and not entity.get_all("Message-ID"):
        yield message_id(found[1])


def dated() -> bytes:
    """The field Date of a message that is written now."""
    return smime.field("Date", email.utils.format_datetime(now().astimezone().replace(microsecond=0)))


def message_id(domain: str) -> bytes:
    """The field Message-ID of a message that nobody else has written."""
    return smime.field("Message-ID", f"<{secrets.token_hex(16)}@{domain}>")


def _request(receipt_to: Sequence[str]) -> smime.ReceiptRequest | None:
    return smime.request_receipt([smime.Party.of(to) for to in receipt_to]) if receipt_to else None


def _place(out: str | None, *, force: bool) -> str:
    if out is None:
        raise Failure("place-missing", Exit.USAGE, hint="--out FILE")
    check_free(out, force=force)
    return out


def _finish(
    output: Output,
    what: str,
    file: str,
    target: str,
    made: bytes,
    force: bool,
    *,
    signer: Signer | None = None,
    recipients: Recipients | None = None,
) -> None:
    write_output(target, made, force=force)
    content: dict[str, Any] = {"file": file, "out": target}
    if signer is not None:
        content["signer"] = subject_of(signer)
    if recipients is not None:
        content["recipients"] = recipients.names
    output.done(f"smime-{what}", Done(content, output.words("rewritten", out=target)))
