"""Documents: `sign`, `verify`, `encrypt`, `decrypt`."""

import base64
import os
import textwrap
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

import esign
from esign import Certificate, Decryptor, Indication, Report, Signer
from esign.language import text
from esign.language.words import printable
from exat_cli.failures import Exit, Failure
from exat_cli.options import F, at_option, force_option, out_option, passphrase_option, secret, speaks
from exat_cli.output import Output, check_free, read_input, write_output
from exat_cli.trust import trusted

if TYPE_CHECKING:
    from esign.io.fetch import Fetcher
    from esign.io.timestamping import HTTPTimeStamper

_STATUS = {
    Indication.TOTAL_PASSED: Exit.DONE,
    Indication.TOTAL_FAILED: Exit.REFUSED,
    Indication.INDETERMINATE: Exit.INDETERMINATE,
}
_UNREADABLE = {"no-signature-found", "malformed-input"}


def fetch_options(function: F) -> F:
    """Give the command `--fetch` and `--allow-private`; `fetcher_of` makes the most of them."""
    options = (
        click.option("--fetch", is_flag=True, help="Get what is missing over HTTP; kept for a day at most."),
        click.option(
            "--allow-private", is_flag=True, help="With --fetch: also from addresses of a private network."
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def fetcher_of(*, fetch: bool, allow_private: bool) -> "Fetcher | None":
    """What fetches for this command; None when nothing is to be fetched.

    Raises:
        Failure: `fetch-not-asked` (exit 2) when only `--allow-private` was given.
    """
    if not fetch:
        if allow_private:
            raise Failure("fetch-not-asked", Exit.USAGE, hint="--fetch --allow-private")
        return None
    from esign.io.cache import Cache
    from esign.io.fetch import Fetcher

    return Fetcher(allow_private=allow_private, cache=Cache(cache_folder()))


def time_stamper(url: str, *, allow_private: bool) -> "HTTPTimeStamper":
    """Who stamps for a command."""
    from esign.io.fetch import Fetcher
    from esign.io.timestamping import HTTPTimeStamper

    return HTTPTimeStamper(url, lambda: Fetcher(allow_private=allow_private))


def fetched(output: Output, fetcher: "Fetcher | None") -> dict[str, object]:
    """What was fetched, for JSON; what did not come is told on stderr."""
    if fetcher is None:
        return {}
    output.talk_of(fetcher.findings)
    return {"fetched": [outcome.to_dict() for outcome in fetcher.outcomes]}


def cache_folder() -> Path:
    """Where fetched lists and answers are kept: `$EXAT_CACHE`, by default in the user's folder for caches."""
    home = os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME") or "/") / ".cache"
    return Path(os.environ.get("EXAT_CACHE") or Path(home) / "exat") / "fetched"


@click.command()
@click.argument("file", metavar="FILE")
@click.option(
    "--key", required=True, metavar="FILE", help="The signer's key: PKCS#12, or PKCS#8 with --certificate."
)
@click.option("--certificate", metavar="FILE", help="The signer's certificate and those above it, PEM.")
@passphrase_option(of="the signer's key")
@click.option("--detached", is_flag=True, help="Leave the document out of the signature.")
@click.option("--tsa", metavar="URL", help="Also prove when: a time stamp of this authority (B-T).")
@click.option("--allow-private", is_flag=True, help="With --tsa: also an authority in a private network.")
@click.option("--pem", is_flag=True, help="Write PEM instead of DER.")
@out_option
@force_option
@speaks
def sign(
    output: Output,
    file: str,
    key: str,
    certificate: str | None,
    passphrase: str | None,
    detached: bool,
    tsa: str | None,
    allow_private: bool,
    pem: bool,
    out: str | None,
    force: bool,
) -> None:
    """Sign FILE (CAdES B-B) and write FILE.p7m, or FILE.p7s with --detached.

    With --tsa the signature bears a time stamp (B-T); `exat augment` makes it last.

    \b
    exat sign report.pdf --key clerk.p12 --passphrase file:clerk.pass
    exat sign report.pdf --key clerk.p12 --passphrase prompt --detached --tsa https://tsa.example/
    """
    target = out or _beside(file, ".p7s" if detached else ".p7m", "--out")
    check_free(target, force=force)
    signer = load_signer(output, key, certificate, passphrase)
    stamper = None if tsa is None else time_stamper(tsa, allow_private=allow_private)
    level = "B-B" if stamper is None else "B-T"
    result = esign.sign(read_input(file), signer, level=level, detached=detached, tsa=stamper)
    write_output(target, armour(result, "CMS") if pem else result, force=force)
    said = {"file": file, "out": target, "signer": _subject(signer)}
    _done(output, "sign", {**said, "detached": detached}, output.words("signed", **said))


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--content", metavar="FILE", help="The document, when the signature is detached.")
@click.option(
    "--trust", multiple=True, metavar="PEM", help="Trusted roots; those of `exat trust` by default."
)
@click.option("--crl", multiple=True, metavar="FILE", help="Revocation lists, PEM or DER.")
@click.option("--ocsp", multiple=True, metavar="FILE", help="Answers of OCSP responders, PEM or DER.")
@click.option("--with", "others", multiple=True, metavar="FILE", help="Further certificates for the path.")
@click.option("--explain", is_flag=True, help="Tell the path, the revocation state and each finding.")
@click.option("--extract", metavar="FILE", help="Write the signed content there, when VALID.")
@click.option("--report", metavar="FILE", help="Also write the report there, as ETSI TS 119 102-2 XML.")
@fetch_options
@at_option
@force_option
@speaks
@click.pass_context
def verify(
    ctx: click.Context,
    output: Output,
    file: str,
    content: str | None,
    trust: tuple[str, ...],
    crl: tuple[str, ...],
    ocsp: tuple[str, ...],
    others: tuple[str, ...],
    explain: bool,
    extract: str | None,
    report: str | None,
    fetch: bool,
    allow_private: bool,
    at: datetime | None,
    force: bool,
) -> None:
    """Tell whether the signature in FILE is VALID, NOT VALID, or CANNOT BE CONFIRMED, and why.

    FILE is a CMS signature (DER or PEM), a signed S/MIME message or an ASiC container. Nothing is fetched
    without --fetch. Exit:
    0 VALID, 1 NOT VALID, 3 CANNOT BE CONFIRMED, 4 nothing that can be read as a signature.

    \b
    exat verify report.pdf.p7m --trust root.pem --crl agency.crl
    exat verify report.pdf.p7s --content report.pdf --trust root.pem --explain
    exat verify report.pdf.p7m --trust root.pem --fetch
    """
    signature, anchors = read_input(file), trusted(trust)
    if not anchors.anchors:
        output.talk(f"{output.words('trust-nothing')}: --trust PEM, exat trust add FILE")
    fetcher = fetcher_of(fetch=fetch, allow_private=allow_private)
    found = esign.verify(
        signature,
        document=None if content is None else read_input(content),
        trust=anchors,
        at=at,
        material=[read_input(name) for name in (*crl, *ocsp, *others)],
        fetch=fetcher,
    )
    said = {**found.to_dict(), **fetched(output, fetcher)}
    output.result("verify", said, verdict_words(found, output.language, full=explain))
    if report is not None:
        write_output(report, found.to_etsi_xml(), force=force)
    if extract is not None and found.indication is Indication.TOTAL_PASSED:
        write_output(extract, esign.attached_content(signature) or b"", force=force)
    ctx.exit(verdict_status(found))


@click.command()
@click.argument("file", metavar="FILE")
@click.option(
    "--to", "recipients", multiple=True, required=True, metavar="CERT", help="Recipients' certificates."
)
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
def encrypt(
    output: Output,
    file: str,
    recipients: tuple[str, ...],
    cipher: str,
    pem: bool,
    out: str | None,
    force: bool,
) -> None:
    """Encrypt FILE to certificates and write FILE.p7e: each of them can open it, nobody else.

    \b
    exat encrypt report.pdf --to karimova.crt --to archive.crt
    """
    certificates = [Certificate.load_all(read_input(name))[0] for name in recipients]
    result = esign.encrypt(read_input(file), certificates, cipher=cipher)
    target = out or _beside(file, ".p7e", "--out")
    write_output(target, armour(result, "CMS") if pem else result, force=force)
    names = [certificate.subject.text for certificate in certificates]
    words = output.words("encrypted", file=file, out=target, recipients=", ".join(names))
    _done(output, "encrypt", {"file": file, "out": target, "recipients": names, "cipher": cipher}, words)


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--key", required=True, metavar="FILE", help="Your key: PKCS#12, or PKCS#8 with --certificate.")
@click.option("--certificate", metavar="FILE", help="Your certificate, PEM or DER.")
@passphrase_option(of="your key")
@out_option
@force_option
@speaks
def decrypt(
    output: Output,
    file: str,
    key: str,
    certificate: str | None,
    passphrase: str | None,
    out: str | None,
    force: bool,
) -> None:
    """Open FILE with your key and write what was in it: to FILE without .p7e, or to --out.

    \b
    exat decrypt report.pdf.p7e --key karimova.p12 --passphrase prompt
    """
    shortened = file.removesuffix(".p7e")
    if out is None and shortened == file:
        raise Failure("option-missing", Exit.USAGE, option="--out", hint="--out FILE")
    target = out or shortened
    check_free(target, force=force)
    opened = esign.decrypt(read_input(file), [load_decryptor(output, key, certificate, passphrase)])
    write_output(target, opened.content, force=force)
    said = {"file": file, "out": target, "cipher": opened.cipher}
    _done(
        output, "decrypt", {**said, "authenticated": opened.authenticated}, output.words("decrypted", **said)
    )


def load_signer(output: Output, key: str, certificate: str | None, passphrase: str | None) -> Signer:
    """The signer of `--key`, `--certificate`, `--passphrase`."""
    data = read_input(key)
    if certificate is not None:
        first, *above = Certificate.load_all(read_input(certificate))
        unlocking = secret(passphrase, output) if b"ENCRYPTED" in data or passphrase else None
        return Signer.from_pem(data, first.raw, chain=[c.raw for c in above], passphrase=unlocking)
    return Signer.from_pkcs12(data, secret(passphrase, output))


def load_decryptor(output: Output, key: str, certificate: str | None, passphrase: str | None) -> Decryptor:
    """The key of `--key`, `--certificate`, `--passphrase` that opens envelopes."""
    data = read_input(key)
    if certificate is not None:
        unlocking = secret(passphrase, output) if b"ENCRYPTED" in data or passphrase else None
        own = Certificate.load_all(read_input(certificate))[0]
        return Decryptor.from_pem(data, own.raw, passphrase=unlocking)
    return Decryptor.from_pkcs12(data, secret(passphrase, output))


def verdict_status(report: Report) -> Exit:
    """The exit status of a verdict."""
    if not report.signatures and any(finding.code in _UNREADABLE for finding in report.findings):
        return Exit.UNREADABLE
    return _STATUS[report.indication]


def verdict_words(report: Report, language: str, *, full: bool) -> str:
    """The verdict for people: verdict, reason, advice, who signed and when; or all of it."""
    words = report.explain(language).strip()
    if full:
        return words
    return "\n".join([words.partition("\n\n")[0], *_signers(report, language)])


def _signers(report: Report, language: str) -> Iterator[str]:
    for signature in report.signatures:
        if signature.signer is not None:
            named = ", ".join(filter(None, (signature.signer.name, signature.signer.organization)))
            yield f"{text('label-signer', language)}: {printable(named)}"
        if signature.signing_time is not None:
            moment = signature.signing_time.isoformat(" ", "seconds")
            yield f"{text('label-claimed-time', language)}: {moment}"


def armour(data: bytes, label: str) -> bytes:
    """`data` as PEM (RFC 7468 §2)."""
    lines = "\n".join(textwrap.wrap(base64.b64encode(data).decode(), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n".encode()


def _done(output: Output, what: str, content: dict[str, object], words: str) -> None:
    """What was done: a document with `--json`, otherwise talk; nothing when stdout has the result."""
    if content["out"] == "-":
        return
    if output.as_json:
        output.document(what, content)
    else:
        output.talk(words)


def _subject(signer: Signer) -> str:
    return Certificate.load(signer.certificate).subject.text


def _beside(file: str, suffix: str, option: str) -> str:
    if file == "-":
        raise Failure("option-missing", Exit.USAGE, option=option, hint=f"{option} FILE")
    return file + suffix
