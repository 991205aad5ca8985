"""Signatures that last and documents that existed: `augment` and `timestamp`."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

import click

import esign
from esign import Trust, preserve
from esign.preserve import Level
from exat_cli.failures import Exit, Failure
from exat_cli.fetching import (
    LEVELS,
    Patient,
    Raising,
    evidence_options,
    fetch_options,
    raising_of,
    stamper_of,
)
from exat_cli.many import each, files_of, is_result, is_several, summed
from exat_cli.options import at_option, force_option, speaks
from exat_cli.output import Done, Output, check_free, read_input, reading, write_output
from exat_cli.pairs import document_beside
from exat_cli.places import Place, place_options

_RAISED = (".p7m", ".p7s", ".sig", ".asics", ".asice", ".scs", ".sce", ".ers")
tsa_option = click.option("--tsa", metavar="URL", required=True, help="The time-stamp authority.")


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--level", type=click.Choice(LEVELS[1:]), default="B-LTA", show_default=True, help="How far.")
@tsa_option
@click.option("--content", metavar="FILE", help="The document of a detached signature.")
@evidence_options
@fetch_options
@at_option
@click.option("--archive-manifest", is_flag=True, help="In a container: one archive manifest over all of it.")
@place_options
@speaks
@click.pass_context
def augment(
    ctx: click.Context,
    output: Output,
    files: tuple[str, ...],
    level: str,
    tsa: str,
    content: str | None,
    trust: tuple[str, ...],
    crl: tuple[str, ...],
    ocsp: tuple[str, ...],
    others: tuple[str, ...],
    fetch: bool,
    allow_private: bool,
    at: datetime | None,
    archive_manifest: bool,
    place: Place,
) -> None:
    """Raise the signatures in FILE to a level that lasts, or renew them, and write FILE to --out.

    B-T adds a time stamp, B-LT what is needed to check it later, B-LTA a time stamp over all of it. Done
    again before an authority or an algorithm runs out, B-LTA keeps the signature provable. FILE is a
    signature, an ASiC container or an evidence record (.ers), which is renewed; several, or those of a
    folder, are raised with --in-place. The document of a detached signature is the file beside it.

    \b
    exat augment report.pdf.p7m --tsa https://tsa.example/ --trust root.pem --crl agency.crl -o lasting.p7m
    exat augment report.pdf.p7s --content report.pdf --tsa https://tsa.example/ --fetch -o lasting.p7s
    exat augment archive/ --in-place --tsa https://tsa.example/ --fetch
    """
    several = is_several(files)
    if several and (content is not None or not place.in_place):
        raise Failure("place-of-many", Exit.USAGE, hint="--in-place")
    target = None if several else place.of(files[0])
    raising = raising_of(
        level=level,
        tsa=tsa,
        trust=trust,
        crl=crl,
        ocsp=ocsp,
        others=others,
        fetch=fetch,
        allow_private=allow_private,
    )
    act = _Act(raising, at, place, archive_manifest)

    def raised(file: str, target: str) -> Done:
        act.raise_file(file, target, content)
        said = {"file": file, "level": level, "out": target}
        return Done(said, output.words("rewritten", out=target))

    if target is not None:
        output.done("augment", raised(files[0], target))
        return
    names = files_of(files, lambda name: name.casefold().endswith(_RAISED))
    ctx.exit(summed(output, "augment", each(output, names, lambda name: raised(name, name))))


@dataclass(frozen=True, slots=True)
class _Act:
    """How each file of one run is raised."""

    raising: Raising
    at: datetime | None
    place: Place
    archive_manifest: bool

    def raise_file(self, file: str, target: str, content: str | None) -> None:
        """Raise the signatures in `file` and write them to `target`."""
        data = read_input(file)
        if Path(file).suffix.casefold() == ".ers":
            known = {key: value for key, value in self.raising.told().items() if key != "trust"}
            trust = self.raising.trust or Trust.empty()
            self.place.write(target, preserve.renew_evidence(data, trust=trust, at=self.at, **known))
            return
        named = content or document_beside(file)
        if named is None:
            self.place.write(target, self._raised(data, None))
            return
        with reading(named) as document:
            self.place.write(target, self._raised(data, document))

    def _raised(self, signature: bytes, document: bytes | BinaryIO | None) -> bytes:
        level, how = cast(Level, self.raising.level), self.raising.told()
        manifest = self.archive_manifest
        return esign.augment(
            signature, level, document=document, at=self.at, archive_manifest=manifest, **how
        )


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@tsa_option
@click.option("--together", is_flag=True, help="One time stamp for all files: FILE.ers (RFC 4998).")
@click.option("--allow-private", is_flag=True, help="Also an authority in a private network.")
@force_option
@speaks
@click.pass_context
def timestamp(
    ctx: click.Context,
    output: Output,
    files: tuple[str, ...],
    tsa: str,
    together: bool,
    allow_private: bool,
    force: bool,
) -> None:
    """Prove that each FILE exists now: write a time-stamp token to FILE.tst (RFC 3161).

    Of a folder every file is stamped that is no signature and no proof. With --together the authority is
    asked once for all files, and each gets an evidence record of its own, FILE.ers.

    \b
    exat timestamp report.pdf table.csv --tsa https://tsa.example/
    exat timestamp archive/ --together --tsa https://tsa.example/
    """
    names, suffix = files_of(files, lambda name: not is_result(name)), ".ers" if together else ".tst"
    stamper = stamper_of(tsa, allow_private=allow_private)
    if not is_several(files) or together:
        check_free(*(name + suffix for name in names), force=force)
    held = [name for name in names if together and os.access(name, os.R_OK)]
    records = dict(zip(held, _records(held, stamper), strict=True))

    def stamped(file: str) -> Done:
        made = records.get(file) or _token(file, stamper)
        write_output(file + suffix, made, force=force)
        said = {"file": file, "out": file + suffix}
        return Done(said, output.words("stamped", **said))

    if is_several(files):
        ctx.exit(summed(output, "timestamp", each(output, names, stamped)))
    output.done("timestamp", stamped(names[0]))


def _token(file: str, stamper: Patient) -> bytes:
    with reading(file) as document:
        return esign.timestamp(document, stamper)


def _records(files: Sequence[str], stamper: Patient) -> tuple[bytes, ...]:
    """An evidence record for each file, all under one time stamp; one file is open at a time."""

    def documents() -> Iterator[BinaryIO]:
        for file in files:
            with reading(file) as document:
                yield document

    return preserve.stamp_together(documents(), stamper) if files else ()
