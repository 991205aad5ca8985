"""The certificate authority: `exat pki ...`."""

from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import click

from esign import Certificate, CertificateAuthority
from esign.ca import request as requests
from esign.ca.authority import Delivery, public_key_info
from esign.ca.explanation import explain
from esign.ca.issue import Prepared
from esign.ca.profile import ATTRIBUTES
from esign.ca.request import Subject
from esign.ca.state import Query, Record, State
from esign.io import keystore
from esign.io.clock import now
from esign.io.profiles import certificate_profiles
from exat_cli.failures import Exit, Failure
from exat_cli.options import Instant, force_option, passphrase_option, secret, speaks
from exat_cli.output import Output, check_free, read_input, write_output

ca_option = click.option(
    "--ca",
    "folder",
    required=True,
    metavar="DIR",
    envvar="EXAT_CA",
    show_envvar=True,
    help="The authority's folder.",
)
set_option = click.option(
    "--set",
    "attributes",
    multiple=True,
    metavar="NAME=VALUE",
    help=f"An attribute of the subject: {', '.join(ATTRIBUTES)}.",
)
email_option = click.option("--email", "emails", multiple=True, help="A mailbox of the holder.")


@click.command()
@click.argument("folder", metavar="DIR")
@click.option("--organization", required=True, help="Who the authority is, in its certificates.")
@click.option("--country", default="UZ", show_default=True, help="Two letters.")
@click.option(
    "--key",
    type=click.Choice(["p-256", "p-384", "rsa-4096", "ml-dsa-65"]),
    default="p-384",
    show_default=True,
    help="The kind of all its keys.",
)
@click.option("--crl-url", default="", help="Where lists will be published; {name} for the authority.")
@click.option(
    "--delta-url", default="", help="Where changes since a list will be published; {name} likewise."
)
@click.option(
    "--crl-partitions",
    type=click.IntRange(0, 4096),
    default=0,
    help="Into how many lists those of holders are split; the URLs then have {partition}.",
)
@click.option("--ocsp-url", default="", help="Where `exat pki serve` will answer; {name} likewise.")
@click.option("--issuer-url", default="", help="Where the authority's certificate will be found.")
@passphrase_option(of="the authority's keys")
@speaks
def init(
    output: Output,
    folder: str,
    organization: str,
    country: str,
    key: str,
    crl_url: str,
    delta_url: str,
    crl_partitions: int,
    ocsp_url: str,
    issuer_url: str,
    passphrase: str | None,
) -> None:
    """Make an authority in DIR: a root, one for persons, one for infrastructure, and their first lists.

    \b
    exat pki init ca --organization "Adliya vazirligi" --passphrase file:ca.pass
    """
    try:
        with CertificateAuthority.create(
            Path(folder),
            organization=organization,
            country=country,
            key=key,
            crl_url=crl_url,
            ocsp_url=ocsp_url,
            issuer_url=issuer_url,
            delta_url=delta_url,
            crl_partitions=crl_partitions,
            delta_hours=24 if delta_url else 0,
            passphrase=secret(passphrase, output, confirm=True),
            at=now(),
        ) as made:
            root = made.root
    except FileExistsError as e:
        raise Failure("folder-exists", Exit.USAGE, folder=folder) from e
    output.result(
        "pki-init",
        {"folder": folder, "root": _certificate(root)},
        output.words("pki-made", folder=folder, root=f"{folder}/root.pem", fingerprint=root.fingerprint),
    )


@click.command()
@click.argument("name", required=False)
@speaks
def profiles(output: Output, name: str | None) -> None:
    """What certificates can be issued, or all of one profile NAME in words.

    \b
    exat pki profiles officer-sign
    """
    known = certificate_profiles()
    if name is None:
        summaries = {n: p.summary.in_language(output.language) for n, p in sorted(known.items())}
        width = max(map(len, summaries))
        words = "\n".join(f"{n:{width}}  {summary}" for n, summary in summaries.items())
        output.result("pki-profiles", {"profiles": summaries}, words)
        return
    if name not in known:
        raise Failure("profile-not-found", Exit.USAGE, name=name, hint="exat pki profiles")
    words = explain(known[name], output.language)
    output.result("pki-profile", {"profile": known[name].model_dump(mode="json")}, words)


@click.command()
@set_option
@email_option
@click.option(
    "--key",
    "kind",
    type=click.Choice(["p-256", "p-384", "rsa-3072", "rsa-4096", "ml-dsa-65"]),
    default="p-256",
    show_default=True,
    help="The kind of key.",
)
@click.option("--key-out", required=True, metavar="FILE", help="Where the new private key goes, encrypted.")
@click.option("--out", "-o", required=True, metavar="FILE", help="Where the request goes; - for stdout.")
@passphrase_option(of="the new key")
@force_option
@speaks
def request(
    output: Output,
    attributes: tuple[str, ...],
    emails: tuple[str, ...],
    kind: str,
    key_out: str,
    out: str,
    passphrase: str | None,
    force: bool,
) -> None:
    """Make your own key, which stays with you, and the request for its certificate (PKCS#10).

    \b
    exat pki request --set surname=Aliyev --set given_name=Anvar --email devon@adliya.uz \\
        --key-out anvar.key --out anvar.csr --passphrase prompt
    """
    check_free(key_out, out, force=force)
    key, asked = keystore.new_request(
        _attributes(attributes),
        emails=emails,
        key=kind,
        passphrase=secret(passphrase, output, confirm=True),
    )
    write_output(key_out, key, force=force, secret=True)
    write_output(out, asked, force=force)
    if output.as_json and out != "-":
        output.document("pki-request", {"key": key_out, "request": out})
    else:
        output.talk(output.words("request-made", key=key_out, request=out))


@click.command()
@click.argument("csr", metavar="[REQUEST]", required=False)
@ca_option
@click.option("--profile", "-p", required=True, metavar="NAME", help="See `exat pki profiles`.")
@set_option
@email_option
@click.option("--dns", "hosts", multiple=True, help="A host name.")
@click.option(
    "--issuer",
    type=click.Choice(["root", "persons", "infra"]),
    default="persons",
    show_default=True,
    help="Who issues it, where the profile lets each authority do so.",
)
@click.option("--until", metavar="DATE", help="The last day, as 2027-12-31; the profile's by default.")
@click.option("--dry-run", is_flag=True, help="Show what would be issued and what lint finds; issue nothing.")
@click.option("--out", "-o", metavar="FILE", help="Where the certificate and those above it go, PEM.")
@click.option("--pkcs12", metavar="FILE", help="Without REQUEST: where key and certificate go, PKCS#12.")
@click.option("--pkcs12-pass", metavar="FILE", help="Where the machine-made passphrase of that file goes.")
@click.option("--compatible", is_flag=True, help="PKCS#12 for readers before 2020.")
@passphrase_option(of="the authority's keys")
@force_option
@speaks
def issue(
    output: Output,
    csr: str | None,
    folder: str,
    profile: str,
    attributes: tuple[str, ...],
    emails: tuple[str, ...],
    hosts: tuple[str, ...],
    issuer: str,
    until: str | None,
    dry_run: bool,
    out: str | None,
    pkcs12: str | None,
    pkcs12_pass: str | None,
    compatible: bool,
    passphrase: str | None,
    force: bool,
) -> None:
    """Certify the key of REQUEST; for a profile that only decrypts, make key and certificate for the holder.

    \b
    exat pki issue anvar.csr --ca ca --profile officer-sign --set "organization=Adliya vazirligi" \\
        --email devon@adliya.uz -o anvar.pem --passphrase file:ca.pass
    exat pki issue --ca ca --profile officer-encrypt-ec --set surname=Aliyev --set given_name=Anvar \\
        --set "organization=Adliya vazirligi" --email devon@adliya.uz \\
        --pkcs12 anvar-open.p12 --pkcs12-pass anvar-open.pass --passphrase file:ca.pass
    """
    subject = Subject.of(_attributes(attributes), emails=emails, dns_names=hosts)
    check_free(out, pkcs12, pkcs12_pass, force=force or dry_run)
    if csr is None and not dry_run and (pkcs12 is None or pkcs12_pass is None):
        raise Failure("request-or-pkcs12", Exit.USAGE, hint="--pkcs12 FILE --pkcs12-pass FILE")
    with CertificateAuthority.open(Path(folder), "" if dry_run else secret(passphrase, output)) as authority:
        if csr is None and not dry_run:
            made = authority.deliver(
                profile, subject, at=now(), key=_key_of(authority, profile), compatible=compatible
            )
            _hand_out(output, made, str(pkcs12), str(pkcs12_pass), force=force)
            return
        prepared = authority.prepare(
            profile,
            subject,
            at=now(),
            request=None if csr is None else requests.read(read_input(csr)),
            public_key_info=None if csr else _throw_away_key(_key_of(authority, profile)),
            not_after=_last_moment(until),
            issuer=issuer,
        )
        if dry_run:
            _show_prepared(output, prepared)
            return
        certificate = authority.sign(prepared, at=now())
        if out is not None:
            write_output(out, authority.export(certificate.serial_number), force=force)
    output.talk_of(prepared.findings)
    if out != "-":
        findings = [finding.to_dict() for finding in prepared.findings]
        content = {"certificate": _certificate(certificate), "findings": findings}
        output.result("pki-issue", content, _issued(output, certificate, out or ""))


@click.command(name="list")
@click.argument("words", metavar="[WORD]...", nargs=-1)
@ca_option
@click.option("--stir", default="", help="Of the organisation with this number.")
@click.option("--pinfl", default="", help="Of the person with this number.")
@click.option("--profile", default="", help="Issued by this profile.")
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only those.")
@click.option("--expires-before", type=Instant(), help="That end before this time, the first to end first.")
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@speaks
def list_(
    output: Output,
    words: tuple[str, ...],
    folder: str,
    stir: str,
    pinfl: str,
    profile: str,
    state: str | None,
    expires_before: datetime | None,
    limit: int | None,
) -> None:
    """Show the certificates that were issued, with their state: all, or those whose holders have each WORD.

    A WORD begins a word of a name, an organisation or a mailbox, in small or capital letters.

    \b
    exat pki list --ca ca
    exat pki list aliyev anvar --ca ca --state issued
    exat pki list --ca ca --expires-before 2027-01-01T00:00:00+05:00
    """
    query = Query(
        " ".join(words), stir, pinfl, profile, None if state is None else State(state), expires_before
    )
    with CertificateAuthority.open(Path(folder), "") as authority:
        records = [record for _, record in islice(authority.records(query), limit)]
    lines = "\n".join(record_line(record) for record in records)
    output.result("pki-list", {"certificates": [record_values(record) for record in records]}, lines)


@click.command()
@click.argument("serial", metavar="SERIAL")
@ca_option
@speaks
def show(output: Output, serial: str, folder: str) -> None:
    """Show all that is known of the certificate with this SERIAL (hexadecimal).

    \b
    exat pki show 3fa2... --ca ca
    """
    with CertificateAuthority.open(Path(folder), "") as authority:
        _, record = authority.record(serial_number(serial))
    content = record_values(record)
    words = "\n".join(
        f"{key:12} {', '.join(value) if isinstance(value, list) else value}" for key, value in content.items()
    )
    output.result("pki-show", content, words)


@click.command()
@click.argument("serial", metavar="[SERIAL]", required=False)
@click.option(
    "--ca",
    "folder",
    metavar="DIR",
    envvar="EXAT_CA",
    show_envvar=True,
    help="The authority's folder, for SERIAL.",
)
@click.option("--key", metavar="FILE", help="Your key, to be packed with --certificate as PKCS#12.")
@click.option("--certificate", metavar="FILE", help="Your certificate and those above it, PEM.")
@click.option("--out", "-o", required=True, metavar="FILE", help="Where it goes; - for stdout.")
@click.option("--compatible", is_flag=True, help="PKCS#12 for readers before 2020.")
@passphrase_option(of="your key, and of the PKCS#12 file")
@force_option
@speaks
def export(
    output: Output,
    serial: str | None,
    folder: str | None,
    key: str | None,
    certificate: str | None,
    out: str,
    compatible: bool,
    passphrase: str | None,
    force: bool,
) -> None:
    """Write a certificate with those above it (PEM), or your key and certificate as PKCS#12.

    \b
    exat pki export 3fa2... --ca ca -o anvar.pem
    exat pki export --key anvar.key --certificate anvar.pem -o anvar.p12 --passphrase prompt
    """
    if key is not None and certificate is not None:
        check_free(out, force=force)
        chosen = secret(passphrase, output)
        packed = keystore.to_pkcs12(
            read_input(key),
            Certificate.load_all(read_input(certificate)),
            passphrase=chosen,
            key_passphrase=chosen,
            compatible=compatible,
        )
        write_output(out, packed, force=force, secret=True)
    elif serial is not None and folder is not None:
        with CertificateAuthority.open(Path(folder), "") as authority:
            write_output(out, authority.export(serial_number(serial)), force=force)
    else:
        raise Failure("export-what", Exit.USAGE, hint="exat pki export --help")
    if out == "-":
        return
    if output.as_json:
        output.document("pki-export", {"out": out})
    else:
        output.talk(output.words("exported", out=out))


def _key_of(authority: CertificateAuthority, profile: str) -> str:
    """The kind of key that the authority makes for holders of a profile: the first that it allows."""
    found = authority.profiles.get(profile)
    return found.keys[0] if found else "p-256"


def _throw_away_key(kind: str) -> bytes:
    return public_key_info(keystore.new_key(kind).private.public_key())


def _show_prepared(output: Output, prepared: Prepared) -> None:
    """What a dry run tells; findings that would stop the issuance end it with exit 1."""
    name, subject = prepared.profile.name, prepared.template.subject.text
    findings = [finding.to_dict() for finding in prepared.findings]
    content = {"dry_run": True, "profile": name, "subject": subject, "findings": findings}
    words = "" if prepared.errors else output.words("lint-clean", profile=name, subject=subject)
    output.result("pki-issue", content, words)
    output.talk_of(prepared.findings)
    if prepared.errors:
        raise click.exceptions.Exit(int(Exit.REFUSED))


def _hand_out(output: Output, delivery: Delivery, pkcs12: str, passphrase_file: str, *, force: bool) -> None:
    write_output(passphrase_file, delivery.passphrase.encode() + b"\n", force=force, secret=True)
    write_output(pkcs12, delivery.pkcs12, force=force, secret=True)
    certificate = _certificate(delivery.certificate)
    content = {"certificate": certificate, "pkcs12": pkcs12, "passphrase": passphrase_file}
    output.result("pki-issue", content, _issued(output, delivery.certificate, pkcs12))


def _attributes(given: tuple[str, ...]) -> dict[str, str]:
    for pair in given:
        if "=" not in pair:
            raise Failure("option-wrong", Exit.USAGE, option="--set", found=pair, wanted="NAME=VALUE")
    return {name.strip(): value.strip() for name, _, value in (pair.partition("=") for pair in given)}


def serial_number(text: str) -> int:
    """A serial number as people write it: hexadecimal, with or without colons."""
    try:
        return int(text.replace(":", ""), 16)
    except ValueError as e:
        raise Failure("option-wrong", Exit.USAGE, option="SERIAL", found=text, wanted="hexadecimal") from e


def _last_moment(until: str | None) -> datetime | None:
    if until is None:
        return None
    try:
        return datetime.fromisoformat(f"{until}T23:59:59+05:00")
    except ValueError as e:
        raise Failure("option-wrong", Exit.USAGE, option="--until", found=until, wanted="2027-12-31") from e


def _issued(output: Output, certificate: Certificate, out: str) -> str:
    serial = f"{certificate.serial_number:x}"
    return output.words("issued", subject=certificate.subject.text, serial=serial, out=out or serial)


def _certificate(certificate: Certificate) -> dict[str, Any]:
    return {
        "subject": certificate.subject.text,
        "issuer": certificate.issuer.text,
        "serial": f"{certificate.serial_number:x}",
        "not_before": certificate.not_before.isoformat(),
        "not_after": certificate.not_after.isoformat(),
        "emails": list(certificate.emails),
        "sha256": certificate.fingerprint,
    }


def record_values(record: Record) -> dict[str, Any]:
    """A certificate of the register for JSON."""
    shown: dict[str, Any] = {"serial": f"{record.serial:x}", "state": record.state.value}
    shown["profile"] = record.profile
    if record.revoked_at is not None:
        shown |= {"revoked_at": record.revoked_at.isoformat(), "reason": record.reason}
    return shown | (_certificate(Certificate.load(record.certificate)) if record.certificate else {})


def record_line(record: Record) -> str:
    """A certificate of the register in one line."""
    shown = record_values(record)
    until = str(shown.get("not_after", ""))[:10]
    return f"{shown['serial']:40}  {shown['state']:9}  {until:10}  {shown.get('subject', '')}"
