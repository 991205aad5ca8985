"""Signed receipts of messages (RFC 2634 §2): `smime receipt make`, `smime receipt verify`."""

import click

from esign import Certificate, Indication, Signer, smime
from esign.io.clock import now
from exat_cli.failures import Exit, Failure
from exat_cli.options import force_option, out_option, speaks
from exat_cli.output import Done, Output, check_free, printable_text, read_input, write_output
from exat_cli.own_keys import load_signer, signer_options, subject_of
from exat_cli.recipients import Recipients, recipients_of
from exat_cli.smime import Court, court_options, dated, message_id

_STATUS = {
    Indication.TOTAL_PASSED: Exit.DONE,
    Indication.TOTAL_FAILED: Exit.REFUSED,
    Indication.INDETERMINATE: Exit.INDETERMINATE,
}


@click.command()
@click.argument("file", metavar="FILE")
@signer_options
@click.option("--mailbox", metavar="ADDRESS", help="Yours; that of the certificate by default.")
@click.option("--to-certificate", multiple=True, metavar="CERT", help="Encrypt the receipt for this one.")
@out_option
@force_option
@speaks
@court_options
def make(
    output: Output,
    file: str,
    key: str,
    certificate: str | None,
    passphrase: str | None,
    mailbox: str | None,
    to_certificate: tuple[str, ...],
    out: str | None,
    force: bool,
    court: Court,
) -> None:
    """Answer the message in FILE, whose signer asked for it, with a receipt that you sign; write it to --out.

    A receipt says that the signature was found good: the message is judged first, and must be accepted.

    \b
    exat smime receipt make letter.eml -o receipt.eml --key karimova.p12 --passphrase prompt --trust root.pem
    """
    if out is None:
        raise Failure("place-missing", Exit.USAGE, hint="--out FILE")
    check_free(out, force=force)
    message = smime.canonical(read_input(file))
    found = court.judge(message)
    if found.verdict is not smime.Verdict.ACCEPTED:
        output.talk(printable_text(found.explain(output.language)))
        status = Exit.REFUSED if found.verdict is smime.Verdict.REFUSED else Exit.INDETERMINATE
        raise Failure("receipt-not-given", status, verdict=found.verdict.value)
    signer = load_signer(output, key, certificate, passphrase)
    own = mailbox or next(iter(Certificate.load(signer.certificate).emails), None)
    if own is None:
        raise Failure("mailbox-missing", Exit.USAGE, hint="--mailbox ADDRESS")
    receipt = smime.make_receipt(message, signer, at=now(), keys=court.keys, mailboxes=(own,))
    closed = receipt.entity
    if to_certificate:
        closed = _closed(receipt, recipients_of(to_certificate, (), None), signer)
    write_output(out, smime.message(_header(receipt, own), closed), force=force)
    to = [address for party in receipt.to for address in party.mailboxes]
    said = {"file": file, "out": out, "signer": subject_of(signer), "to": to}
    output.done("smime-receipt-make", Done(said, output.words("rewritten", out=out)))


def _closed(receipt: smime.ReceiptEntity, recipients: Recipients, signer: Signer) -> bytes:
    return smime.close_receipt(receipt, recipients.certificates, signer, at=now())


def _header(receipt: smime.ReceiptEntity, own: str) -> bytes:
    """The header of the message that a receipt travels in."""
    to = ", ".join(address for party in receipt.to for address in party.mailboxes)
    domain = own.rpartition("@")[2]
    return b"".join(
        (
            smime.text_field("From", own),
            smime.text_field("To", to) if to else b"",
            smime.text_field("Subject", "Receipt"),
            dated(),
            message_id(domain),
        )
    )


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--original", required=True, metavar="FILE", help="The message that asked for the receipt.")
@speaks
@court_options
@click.pass_context
def verify(ctx: click.Context, output: Output, file: str, original: str, court: Court) -> None:
    """Tell whether the receipt in FILE proves that --original was received, by whom and when.

    Exit: 0 VALID, 1 NOT VALID, 3 CANNOT BE CONFIRMED.

    \b
    exat smime receipt verify receipt.eml --original letter.eml --trust root.pem --crl agency.crl
    """
    report = smime.verify_receipt(
        smime.canonical(read_input(file)),
        smime.canonical(read_input(original)),
        trust=court.trust,
        at=court.at or now(),
        keys=court.keys,
        material=court.material,
    )
    output.result("receipt", report.to_dict(), printable_text(report.explain(output.language)))
    ctx.exit(_STATUS[report.indication])
