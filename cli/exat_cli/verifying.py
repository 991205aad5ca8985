"""Signatures on trial: `verify`."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import click

import esign
from esign import Indication
from esign.language import text
from exat_cli.failures import Exit, Failure
from exat_cli.fetching import evidence_options, fetch_options, material_of
from exat_cli.many import each, files_of, is_result, is_several, summed
from exat_cli.options import at_option, force_option, speaks
from exat_cli.output import Done, Output, read_input, write_output
from exat_cli.trust import trusted
from exat_cli.verdicts import Court, Judged, policy_of, verdict_status

_JUDGED = (".p7m", ".p7s", ".sig", ".asics", ".asice", ".scs", ".sce", ".tst", ".ers")
_WORDS: Final = {
    Indication.TOTAL_PASSED: "verdict-valid",
    Indication.INDETERMINATE: "verdict-unconfirmed",
    Indication.TOTAL_FAILED: "verdict-invalid",
}
_GRAVITY: Final = tuple(_WORDS)


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--content", metavar="FILE", help="The document of a detached signature.")
@evidence_options
@click.option(
    "--validation-policy",
    metavar="NAME|FILE",
    default="default",
    show_default=True,
    help="What is acceptable: default, hybrid, national, or a policy of one's own (TOML).",
)
@click.option("--explain", is_flag=True, help="Tell the path, the revocation state and each finding.")
@click.option("--extract", metavar="FILE", help="Write the signed content there, when VALID.")
@click.option(
    "--report",
    metavar="FILE",
    help="Also write the report there, as ETSI TS 119 102-2 XML; of several files into this folder.",
)
@fetch_options
@at_option
@force_option
@speaks
@click.pass_context
def verify(
    ctx: click.Context,
    output: Output,
    files: tuple[str, ...],
    content: str | None,
    trust: tuple[str, ...],
    crl: tuple[str, ...],
    ocsp: tuple[str, ...],
    others: tuple[str, ...],
    validation_policy: str,
    explain: bool,
    extract: str | None,
    report: str | None,
    fetch: bool,
    allow_private: bool,
    at: datetime | None,
    force: bool,
) -> None:
    """Tell whether the signature in FILE is VALID, NOT VALID, or CANNOT BE CONFIRMED, and why.

    FILE is a CMS signature (DER or PEM), a signed S/MIME message, an ASiC container, a time stamp (.tst) or
    an evidence record (.ers); of a folder each file is judged that is named as one of these. The document of
    a detached signature, a time stamp or a record is the file beside it, whose name it bears: report.pdf of
    report.pdf.p7s. Nothing is fetched without --fetch.

    Exit: 0 VALID, 1 NOT VALID, 3 CANNOT BE CONFIRMED, 4 nothing that can be read as a signature; of several
    files the worst: 1, then 4, then 3.

    \b
    exat verify report.pdf.p7m --trust root.pem --crl agency.crl
    exat verify report.pdf.p7s --content report.pdf --trust root.pem --explain
    exat verify orders/ --trust root.pem --fetch --report reports
    """
    several = is_several(files)
    for option, given in (("--content", content), ("--extract", extract)):
        if several and given is not None:
            raise Failure("option-for-one", Exit.USAGE, option=option)
    anchors = trusted(trust)
    if not anchors.anchors:
        output.talk(f"{output.words('trust-nothing')}: --trust PEM, exat trust add FILE")
    policy, material = policy_of(validation_policy), material_of(crl, ocsp, others)
    court = Court(output, anchors, material, policy, at, fetch=fetch, allow_private=allow_private)
    if several:
        ctx.exit(_judge_all(court, files, explain=explain, reports=report, force=force))
    octets = None if extract is None else read_input(files[0])
    judged = court.judge(files[0], content, octets=octets)
    output.result("verify", judged.content, judged.words(output, full=explain))
    if report is not None:
        write_output(report, judged.report.to_etsi_xml(), force=force)
    if extract is not None and octets is not None and judged.report.indication is Indication.TOTAL_PASSED:
        write_output(extract, esign.attached_content(octets) or b"", force=force)
    ctx.exit(verdict_status(judged.report))


def _judge_all(
    court: Court, files: Sequence[str], *, explain: bool, reports: str | None, force: bool
) -> Exit:
    """Judge each file; the folder `reports` gets a report of each."""
    output, counted, seen = court.output, Counter[Indication](), set[str | None]()

    def act(file: str) -> Done:
        judged = court.judge(file, None)
        counted[judged.report.indication] += 1
        seen.update((file, judged.document))
        if reports is not None:
            _write_report(judged, file, reports, force=force)
        first, *more = judged.words(output, full=explain).splitlines()
        words = "\n".join((f"{file}: {first}", *(f"  {line}".rstrip() for line in more)))
        return Done(judged.content, words=words, status=verdict_status(judged.report))

    names = files_of(files, lambda name: name.casefold().endswith(_JUDGED))
    if not names:
        raise Failure("nothing-signed", Exit.UNREADABLE, folder=", ".join(files))
    tally = each(output, names, act)
    unsigned = [name for name in files_of(files, lambda name: not is_result(name)) if name not in seen]
    if unsigned:
        output.talk(output.words("not-judged", count=len(unsigned), files=", ".join(unsigned[:5])))
    unjudged = [Indication.INDETERMINATE] * bool(tally.failed)
    worst = max((*counted, *unjudged), key=_GRAVITY.index)
    words = [f"{text(_WORDS[one], output.language)}: {counted[one]}" for one in _GRAVITY]
    words += [output.words("many-failed", failed=tally.failed)] * bool(tally.failed)
    told = {"indication": worst.value, "not_judged": unsigned}
    return summed(output, "verify", tally, words=", ".join(words), **told)


def _write_report(judged: Judged, file: str, folder: str, *, force: bool) -> None:
    """The report in `folder`, under the way of the file with `.xml` after it."""
    parts = [part for part in Path(file).parts if part not in ("..", Path(file).anchor)]
    target = Path(folder).joinpath(*parts)
    target = target.with_name(f"{target.name}.xml")
    target.parent.mkdir(parents=True, exist_ok=True)
    write_output(str(target), judged.report.to_etsi_xml(), force=force)
