"""Signatures that last, `augment` and `timestamp`, and their forms: `attach`, `detach`, `join`."""

from typing import TYPE_CHECKING, cast

import click

import esign
from esign import preserve
from esign.preserve import Level
from exat_cli.documents import fetch_options, fetcher_of, time_stamper
from exat_cli.failures import Exit, Failure
from exat_cli.options import at_option, force_option, out_option, speaks
from exat_cli.output import Output, check_free, read_input, write_output
from exat_cli.trust import trusted

if TYPE_CHECKING:
    from datetime import datetime

LEVELS = ("B-T", "B-LT", "B-LTA")
tsa_option = click.option("--tsa", metavar="URL", required=True, help="The time-stamp authority.")
content_option = click.option("--content", metavar="FILE", help="The document of a detached signature.")


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--level", type=click.Choice(LEVELS), default="B-LTA", show_default=True, help="How far.")
@tsa_option
@content_option
@click.option(
    "--trust", multiple=True, metavar="PEM", help="Trusted roots; those of `exat trust` by default."
)
@click.option("--crl", multiple=True, metavar="FILE", help="Revocation lists, PEM or DER.")
@click.option("--ocsp", multiple=True, metavar="FILE", help="Answers of OCSP responders, PEM or DER.")
@click.option("--with", "others", multiple=True, metavar="FILE", help="Further certificates for the paths.")
@fetch_options
@at_option
@out_option
@force_option
@speaks
def augment(
    output: Output,
    file: str,
    level: str,
    tsa: str,
    content: str | None,
    trust: tuple[str, ...],
    crl: tuple[str, ...],
    ocsp: tuple[str, ...],
    others: tuple[str, ...],
    fetch: bool,
    allow_private: bool,
    at: "datetime | None",
    out: str | None,
    force: bool,
) -> None:
    """Raise the signature in FILE to a level that lasts, or renew it, and write it to --out.

    B-T adds a time stamp, B-LT what is needed to check it later, B-LTA a time stamp over all of it. Done
    again before an authority or an algorithm runs out, B-LTA keeps the signature provable.

    \b
    exat augment report.pdf.p7m --tsa https://tsa.example/ --trust root.pem --crl agency.crl -o lasting.p7m
    exat augment report.pdf.p7s --content report.pdf --tsa https://tsa.example/ --fetch -o lasting.p7s
    """
    target = _named(out)
    check_free(target, force=force)
    fetcher = fetcher_of(fetch=fetch, allow_private=allow_private) if fetch else None
    made = esign.augment(
        read_input(file),
        cast(Level, level),
        tsa=time_stamper(tsa, allow_private=allow_private),
        document=None if content is None else read_input(content),
        trust=trusted(trust),
        material=[read_input(name) for name in (*crl, *ocsp, *others)],
        at=at,
        fetch=fetcher,
    )
    _finish(output, "augment", target, made, force=force, file=file, level=level)


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@tsa_option
@click.option("--allow-private", is_flag=True, help="Also an authority in a private network.")
@force_option
@speaks
def timestamp(output: Output, files: tuple[str, ...], tsa: str, allow_private: bool, force: bool) -> None:
    """Prove that each FILE exists now: write a time-stamp token to FILE.tst (RFC 3161).

    \b
    exat timestamp report.pdf table.csv --tsa https://tsa.example/
    """
    targets = [f"{file}.tst" for file in files]
    check_free(*targets, force=force)
    stamper = time_stamper(tsa, allow_private=allow_private)
    for file, target in zip(files, targets, strict=True):
        write_output(target, esign.timestamp(read_input(file), stamper), force=force)
        if not output.as_json:
            output.talk(output.words("stamped", file=file, out=target))
    if output.as_json:
        output.document("timestamp", {"files": list(files), "out": targets})


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--content", metavar="FILE", required=True, help="The document that was signed.")
@out_option
@force_option
@speaks
def attach(output: Output, file: str, content: str, out: str | None, force: bool) -> None:
    """Put the document into the detached signature in FILE.

    \b
    exat attach report.pdf.p7s --content report.pdf -o report.pdf.p7m
    """
    target = _named(out)
    check_free(target, force=force)
    made = preserve.attach(read_input(file), read_input(content))
    _finish(output, "attach", target, made, force=force, file=file)


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--content", metavar="FILE", help="Also write the document there.")
@out_option
@force_option
@speaks
def detach(output: Output, file: str, content: str | None, out: str | None, force: bool) -> None:
    """Take the document out of the signature in FILE.

    \b
    exat detach report.pdf.p7m -o report.pdf.p7s --content report.pdf
    """
    target = _named(out)
    check_free(target, content, force=force)
    made, document = preserve.detach(read_input(file))
    if content is not None:
        write_output(content, document, force=force)
    _finish(output, "detach", target, made, force=force, file=file)


@click.command()
@click.argument("files", metavar="FILE FILE...", nargs=-1, required=True)
@content_option
@out_option
@force_option
@speaks
def join(output: Output, files: tuple[str, ...], content: str | None, out: str | None, force: bool) -> None:
    """Make one signature of several over the same document.

    \b
    exat join director.p7s accountant.p7s -o both.p7s
    """
    target = _named(out)
    check_free(target, force=force)
    several = [read_input(file) for file in files]
    made = preserve.join(several, document=None if content is None else read_input(content))
    _finish(output, "join", target, made, force=force, file=", ".join(files))


def _named(out: str | None) -> str:
    if out is None:
        raise Failure("option-missing", Exit.USAGE, option="--out", hint="--out FILE")
    return out


def _finish(output: Output, what: str, target: str, made: bytes, *, force: bool, **said: str) -> None:
    write_output(target, made, force=force)
    if target == "-":
        return
    if output.as_json:
        output.document(what, {**said, "out": target})
    else:
        output.talk(output.words("rewritten", out=target))
