"""Files encrypted and opened: `encrypt` and `decrypt`."""

import click

import esign
from exat_cli.failures import Exit, Failure
from exat_cli.many import each, files_of, is_result, is_several, summed
from exat_cli.options import force_option, out_option, passphrase_option, speaks
from exat_cli.output import Done, Output, armour, check_free, reading, write_output, writing
from exat_cli.own_keys import load_decryptor
from exat_cli.places import beside
from exat_cli.recipients import Recipients, to_options

_SUFFIX = ".p7e"


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@to_options
@click.option(
    "--cipher",
    type=click.Choice(["aes-256-gcm", "aes-256-cbc"]),
    default="aes-256-gcm",
    show_default=True,
    help="aes-256-cbc for readers that know no authenticated encryption.",
)
@click.option("--pem", is_flag=True, help="Write PEM instead of DER.")
@out_option
@force_option
@speaks
@click.pass_context
def encrypt(
    ctx: click.Context,
    output: Output,
    files: tuple[str, ...],
    recipients: Recipients,
    cipher: str,
    pem: bool,
    out: str | None,
    force: bool,
) -> None:
    """Encrypt each FILE to its recipients and write FILE.p7e: each of them can open it, nobody else.

    Of a folder every file is encrypted that is not closed or signed already. A recipient is a file with a
    certificate, a mailbox in the directory of a node (--home), or @DOMAIN for all mailboxes of an agency.

    \b
    exat encrypt report.pdf --to karimova.crt --to archive.crt
    exat encrypt reports/ --to chancery@moliya.uz --to @adliya.uz --home adliya
    """
    several = is_several(files)
    if several and out is not None:
        raise Failure("place-of-many", Exit.USAGE)
    target = None if several else out or beside(files[0], _SUFFIX, "--out")
    check_free(target, force=force)

    def closed(file: str, place: str) -> Done:
        if pem:
            with reading(file) as source:
                made = esign.encrypt(source, recipients.certificates, cipher=cipher)
            write_output(place, armour(made, "CMS"), force=force)
        else:
            with writing(place, force=force) as sink, reading(file) as source:
                esign.encrypt(source, recipients.certificates, cipher=cipher, out=sink)
        said = {"file": file, "out": place, "recipients": recipients.names, "cipher": cipher}
        return Done(said, output.words("encrypted", **{**said, "recipients": ", ".join(recipients.names)}))

    if target is not None:
        output.done("encrypt", closed(files[0], target))
        return
    names = files_of(files, lambda name: not is_result(name))
    ctx.exit(summed(output, "encrypt", each(output, names, lambda name: closed(name, name + _SUFFIX))))


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--key", required=True, metavar="FILE", help="Your key: PKCS#12, or PKCS#8 with --certificate.")
@click.option("--certificate", metavar="FILE", help="Your certificate, PEM or DER.")
@passphrase_option(of="your key")
@click.option("--unsafe-legacy-ciphers", is_flag=True, help="Open what triple DES closed, too.")
@out_option
@force_option
@speaks
@click.pass_context
def decrypt(
    ctx: click.Context,
    output: Output,
    files: tuple[str, ...],
    key: str,
    certificate: str | None,
    passphrase: str | None,
    unsafe_legacy_ciphers: bool,
    out: str | None,
    force: bool,
) -> None:
    """Open each FILE with your key and write what was in it: to FILE without .p7e, or to --out.

    Of a folder every .p7e is opened, and the key is unlocked once. Nothing is written that was not found
    whole, and what weakens an envelope is told.

    \b
    exat decrypt report.pdf.p7e --key karimova.p12 --passphrase prompt
    exat decrypt reports/ --key karimova.p12 --passphrase file:karimova.pass
    """
    several = is_several(files)
    if several and out is not None:
        raise Failure("place-of-many", Exit.USAGE)
    target = None if several else out or _without_suffix(files[0])
    check_free(target, force=force)
    opener = load_decryptor(output, key, certificate, passphrase)

    def opened(file: str, place: str) -> Done:
        with writing(place, force=force) as sink, reading(file) as source:
            found = esign.decrypt(source, [opener], out=sink, unsafe_legacy_ciphers=unsafe_legacy_ciphers)
        output.talk_of(found.findings)
        said = {"file": file, "out": place, "cipher": found.cipher}
        told = {**said, "authenticated": found.authenticated}
        findings = [finding.to_dict() for finding in found.findings]
        return Done({**told, "findings": findings}, output.words("decrypted", **said))

    if target is not None:
        output.done("decrypt", opened(files[0], target))
        return
    names = files_of(files, lambda name: name.casefold().endswith(_SUFFIX))
    tally = each(output, names, lambda name: opened(name, _without_suffix(name)))
    ctx.exit(summed(output, "decrypt", tally))


def _without_suffix(file: str) -> str:
    shortened = file.removesuffix(_SUFFIX)
    if shortened == file:
        raise Failure("place-missing", Exit.USAGE, hint="--out FILE")
    return shortened
