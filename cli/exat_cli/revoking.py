"""Certificates that are good no longer, or not for now: `exat pki revoke|suspend|restore|crl`."""

from pathlib import Path

import click

from esign import CertificateAuthority
from esign.ca.profile import REVOCATION_REASONS
from esign.io.clock import now
from exat_cli.options import passphrase_option, secret, speaks
from exat_cli.output import Output
from exat_cli.pki import ca_option, record_line, record_values, serial_number


@click.command()
@click.argument("serial", metavar="SERIAL")
@ca_option
@click.option(
    "--reason",
    type=click.Choice(REVOCATION_REASONS),
    default="unspecified",
    show_default=True,
    help="Why, as the list tells it.",
)
@click.option("--dry-run", is_flag=True, help="Show which certificate it is; revoke nothing.")
@passphrase_option(of="the authority's keys")
@speaks
def revoke(
    output: Output, serial: str, folder: str, reason: str, dry_run: bool, passphrase: str | None
) -> None:
    """Revoke the certificate with this SERIAL (hexadecimal) for good, and publish fresh lists.

    \b
    exat pki revoke 3fa2... --ca ca --reason keyCompromise --passphrase file:ca.pass
    """
    with CertificateAuthority.open(Path(folder), "" if dry_run else secret(passphrase, output)) as authority:
        _, record = authority.record(serial_number(serial))
        if dry_run:
            output.result("pki-revoke", {"dry_run": True, **record_values(record)}, record_line(record))
            return
        authority.revoke(record.serial, at=now(), reason=reason)
        authority.publish_crls(at=now())
    words = output.words("revoked", serial=f"{record.serial:x}", reason=reason, folder=f"{folder}/crl")
    output.result("pki-revoke", {"serial": f"{record.serial:x}", "reason": reason}, words)


@click.command()
@click.argument("serial", metavar="SERIAL")
@ca_option
@passphrase_option(of="the authority's keys")
@speaks
def suspend(output: Output, serial: str, folder: str, passphrase: str | None) -> None:
    """Put the certificate with this SERIAL (hexadecimal) on hold, and publish fresh lists.

    What is signed meanwhile never becomes good if the certificate is revoked in the end.

    \b
    exat pki suspend 3fa2... --ca ca --passphrase file:ca.pass
    """
    with CertificateAuthority.open(Path(folder), secret(passphrase, output)) as authority:
        event = authority.suspend(serial_number(serial), at=now())
        authority.publish_crls(at=now())
    told = f"{event.draft.serial:x}"
    words = output.words("suspended", serial=told, folder=f"{folder}/crl")
    output.result("pki-suspend", {"serial": told}, words)


@click.command()
@click.argument("serial", metavar="SERIAL")
@ca_option
@passphrase_option(of="the authority's keys")
@speaks
def restore(output: Output, serial: str, folder: str, passphrase: str | None) -> None:
    """End the hold on the certificate with this SERIAL (hexadecimal), and publish fresh lists.

    \b
    exat pki restore 3fa2... --ca ca --passphrase file:ca.pass
    """
    with CertificateAuthority.open(Path(folder), secret(passphrase, output)) as authority:
        event = authority.restore(serial_number(serial), at=now())
        authority.publish_crls(at=now())
    told = f"{event.draft.serial:x}"
    words = output.words("restored", serial=told, folder=f"{folder}/crl")
    output.result("pki-restore", {"serial": told}, words)


@click.command()
@ca_option
@passphrase_option(of="the authority's keys")
@speaks
def crl(output: Output, folder: str, passphrase: str | None) -> None:
    """Publish fresh lists of revoked certificates into DIR/crl, before the old ones run out.

    \b
    exat pki crl --ca ca --passphrase file:ca.pass
    """
    with CertificateAuthority.open(Path(folder), secret(passphrase, output)) as authority:
        published = authority.publish_crls(at=now())
    lists = {
        name: {
            "number": found.number,
            "next_update": found.next_update.isoformat() if found.next_update else None,
            "file": f"{folder}/crl/{name}.crl",
        }
        for name, found in published.items()
    }
    words = "\n".join(
        output.words("crl-published", file=entry["file"], number=entry["number"], until=entry["next_update"])
        for entry in lists.values()
    )
    output.result("pki-crl", {"lists": lists}, words)
