"""Signatures brought into another form: `attach`, `detach`, `join`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from esign import asic, preserve
from esign.io.clock import now
from exat_cli.failures import Exit, Failure
from exat_cli.options import force_option, out_option, speaks
from exat_cli.output import Done, Output, check_free, read_input, write_output

_LIMIT: Final = 1 << 28
"""Octets of a file in a container that is taken apart."""
content_option = click.option("--content", metavar="FILE", help="The document of a detached signature.")


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--content", metavar="FILE", required=True, help="The document that was signed.")
@click.option("--asic", "container", is_flag=True, help="Put both into an ASiC-S container instead.")
@out_option
@force_option
@speaks
def attach(output: Output, file: str, content: str, container: bool, out: str | None, force: bool) -> None:
    """Put the document into the detached signature in FILE.

    \b
    exat attach report.pdf.p7s --content report.pdf -o report.pdf.p7m
    exat attach report.pdf.p7s --content report.pdf --asic -o report.asics
    """
    target = _named(out)
    check_free(target, force=force)
    made = preserve.attach(read_input(file), read_input(content))
    if container:
        # What was attached for a moment was compared with the signature.
        signature, document = preserve.detach(made)
        made = asic.make({Path(content).name: document}, lambda _: signature, at=now(), container="asic-s")
    _finish(output, "attach", target, made, force=force, file=file)


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--content", metavar="FILE", help="Also write the document there.")
@out_option
@force_option
@speaks
def detach(output: Output, file: str, content: str | None, out: str | None, force: bool) -> None:
    """Take the document out of the signature in FILE, or the signature out of an ASiC-S container.

    \b
    exat detach report.pdf.p7m -o report.pdf.p7s --content report.pdf
    """
    target = _named(out)
    check_free(target, content, force=force)
    made, document = _parts(file)
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
    """Make one signature of several over the same document, or one ASiC-S container of several.

    \b
    exat join director.p7s accountant.p7s -o both.p7s
    """
    target = _named(out)
    check_free(target, force=force)
    several = [read_input(file) for file in files]
    made = _joined(files, several, None if content is None else read_input(content))
    _finish(output, "join", target, made, force=force, file=", ".join(files))


def _parts(file: str) -> tuple[bytes, bytes]:
    """The detached signature and the document of a signature, or of a container with one of each."""
    data = read_input(file)
    if not asic.looks_like_container(data):
        return preserve.detach(data)
    signature, _, document = _taken_apart(data, file)
    return signature, document


def _taken_apart(data: bytes, file: str) -> tuple[bytes, str, bytes]:
    """Signature, name and octets of the document of an ASiC-S container."""
    found = asic.Container.open(data)
    if len(found.signatures) != 1 or len(found.data_objects) != 1 or found.manifests:
        raise Failure("container-not-simple", Exit.REFUSED, file=file)
    (name,), (place,) = found.data_objects, found.signatures
    signature = found.package.octets(place, limit=_LIMIT)
    return signature, name, found.package.octets(name, limit=_LIMIT)


def _joined(files: Sequence[str], several: Sequence[bytes], document: bytes | None) -> bytes:
    """One signature, or one container when all of `several` are containers of the same document."""
    if not all(map(asic.looks_like_container, several)):
        return preserve.join(several, document=document)
    parts = [_taken_apart(data, file) for file, data in zip(files, several, strict=True)]
    _, name, first = parts[0]
    if any((other, octets) != (name, first) for _, other, octets in parts):
        raise Failure("containers-differ", Exit.REFUSED)
    signature = preserve.join([one for one, _, _ in parts], document=first)
    return asic.make({name: first}, lambda _: signature, at=now(), container="asic-s")


def _named(out: str | None) -> str:
    if out is None:
        raise Failure("place-missing", Exit.USAGE, hint="--out FILE")
    return out


def _finish(output: Output, what: str, target: str, made: bytes, *, force: bool, **said: str) -> None:
    write_output(target, made, force=force)
    output.done(what, Done({**said, "out": target}, output.words("rewritten", out=target)))
