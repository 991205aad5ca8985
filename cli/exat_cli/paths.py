"""Certificates on trial: `exat pki validate`."""

import re
from dataclasses import replace
from datetime import datetime

import click

import esign
from esign import Certificate, Indication, PathReport, Severity
from exat_cli.failures import Exit, Failure
from exat_cli.fetching import fetch_options, fetched, fetcher_of
from exat_cli.options import at_option, speaks
from exat_cli.output import Output, read_input
from exat_cli.trust import trusted
from exat_cli.verdicts import policy_of

USAGES = (
    "document-signing",
    "email-signing",
    "email-encryption",
    "crl-signing",
    "time-stamping",
    "ocsp-signing",
    "tls-server",
    "tls-client",
)
POLICIES = ("default", "hybrid", "national")
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
_ANY_POLICY = "2.5.29.32.0"
_STATUS = {
    Indication.PASSED: Exit.DONE,
    Indication.FAILED: Exit.REFUSED,
    Indication.INDETERMINATE: Exit.INDETERMINATE,
}


@click.command()
@click.argument("file", metavar="CERT")
@click.option(
    "--trust", multiple=True, metavar="PEM", help="Trusted roots; those of `exat trust` by default."
)
@click.option(
    "--pool", multiple=True, metavar="FILE", help="Certificates that may stand between, PEM or DER."
)
@click.option("--crl", multiple=True, metavar="FILE", help="Revocation lists, PEM or DER.")
@click.option("--ocsp", multiple=True, metavar="FILE", help="Answers of OCSP responders, PEM or DER.")
@click.option("--usage", type=click.Choice(USAGES), help="What it must serve for; anything by default.")
@click.option(
    "--revocation",
    type=click.Choice(["require", "unsafe-if-supplied", "unsafe-off"]),
    default="require",
    show_default=True,
    help="What must be known about revocation; lists that are given count in each case.",
)
@click.option("--policy", "policies", multiple=True, metavar="OID", help="A certificate policy that will do.")
@click.option("--require-explicit-policy", is_flag=True, help="The path must be valid for such a policy.")
@click.option("--inhibit-any-policy", is_flag=True, help="anyPolicy in a certificate stands for none.")
@click.option("--inhibit-policy-mapping", is_flag=True, help="No authority may rename policies.")
@click.option(
    "--validation-policy",
    metavar="NAME|FILE",
    default="default",
    show_default=True,
    help=f"Which algorithms and keys count: {', '.join(POLICIES)}, or a policy of one's own (TOML).",
)
@click.option("--explain", is_flag=True, help="Tell the path, the revocation state and each finding.")
@fetch_options
@at_option
@speaks
@click.pass_context
def validate(
    ctx: click.Context,
    output: Output,
    file: str,
    trust: tuple[str, ...],
    pool: tuple[str, ...],
    crl: tuple[str, ...],
    ocsp: tuple[str, ...],
    usage: str | None,
    revocation: str,
    policies: tuple[str, ...],
    require_explicit_policy: bool,
    inhibit_any_policy: bool,
    inhibit_policy_mapping: bool,
    validation_policy: str,
    explain: bool,
    fetch: bool,
    allow_private: bool,
    at: datetime | None,
) -> None:
    """Tell whether the certificate in CERT is VALID, NOT VALID, or CANNOT BE CONFIRMED, and why.

    The first certificate of CERT is judged; those after it may stand between it and a root. Nothing is
    fetched without --fetch. Exit: 0 VALID, 1 NOT VALID, 3 CANNOT BE CONFIRMED, 4 no certificate that can be
    read.

    \b
    exat pki validate anvar.pem --trust ca/root.pem --crl ca/crl/root.crl --crl ca/crl/persons.crl --explain
    exat pki validate anvar.pem --trust ca/root.pem --at 2026-11-23T09:00:00+05:00 --usage email-signing
    """
    chain = Certificate.load_all(read_input(file)) or (Certificate.load(read_input(file)),)
    between = [found for name in pool for found in Certificate.load_all(read_input(name))]
    anchors = trusted(trust)
    if not anchors.anchors:
        output.talk(f"{output.words('trust-nothing')}: --trust PEM, exat trust add FILE")
    fetcher = fetcher_of(fetch=fetch, allow_private=allow_private)
    report = esign.validate_path(
        chain[0],
        pool=(*chain[1:], *between),
        trust=anchors,
        crls=[read_input(name) for name in crl],
        ocsp=[read_input(name) for name in ocsp],
        at=at,
        usage=usage,
        policies=_oids(policies),
        require_explicit_policy=require_explicit_policy,
        inhibit_any_policy=inhibit_any_policy,
        inhibit_policy_mapping=inhibit_policy_mapping,
        revocation=revocation,
        policy=policy_of(validation_policy),
        fetch=fetcher,
    )
    said = {**report.to_dict(), **fetched(output, fetcher)}
    output.result("pki-validate", said, _words(output, report, full=explain))
    ctx.exit(int(_STATUS[report.indication]))


def _oids(given: tuple[str, ...]) -> tuple[str, ...] | None:
    for oid in given:
        if not _OID.fullmatch(oid):
            hint = "--validation-policy" if oid in POLICIES else ""
            raise Failure(
                "option-wrong", Exit.USAGE, option="--policy", found=oid, wanted="1.2.3.4", hint=hint
            )
    return given or None


def _words(output: Output, report: PathReport, *, full: bool) -> str:
    """The verdict in words; without `full` only what forbids the good one is told beside it."""
    if full:
        policies = output.labelled("label-policies", _policies(output, report))
        return f"{report.explain(output.language)}\n{policies}"
    errors = tuple(found for found in report.findings if found.severity is Severity.ERROR)
    return replace(report, path=(), needs=(), findings=errors).explain(output.language)


def _policies(output: Output, report: PathReport) -> str:
    named = [output.words("policies-any") if p == _ANY_POLICY else p for p in report.policies]
    return ", ".join(named) or output.words("policies-none")
