"""What lists say, and what was lost: `exat pki revoke|suspend|restore|crl|resume|adopt`."""

from pathlib import Path

import click

from esign import Certificate, CertificateAuthority
from esign.ca.profile import REVOCATION_REASONS
from esign.io.clock import now
from exat_cli.options import passphrase_option, secret, speaks
from exat_cli.output import Output, read_input
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
        authority.publish_due(at=now(), changed=True)
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
        authority.publish_due(at=now(), changed=True)
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
        authority.publish_due(at=now(), changed=True)
    told = f"{event.draft.serial:x}"
    words = output.words("restored", serial=told, folder=f"{folder}/crl")
    output.result("pki-restore", {"serial": told}, words)


@click.command()
@ca_option
@click.option("--due", "only_due", is_flag=True, help="Only lists whose hour has come, for a timer.")
@passphrase_option(of="the authority's keys")
@speaks
def crl(output: Output, folder: str, only_due: bool, passphrase: str | None) -> None:
    """Publish fresh lists of revoked certificates into DIR/crl, before the old ones run out.

    \b
    exat pki crl --ca ca --passphrase file:ca.pass
    """
    with CertificateAuthority.open(Path(folder), secret(passphrase, output)) as authority:
        made = authority.publish_due(at=now()) if only_due else authority.publish_all(at=now())
        files = {key: f"{folder}/crl/{authority.list_file(*key).name}" for key in made}
    lists = [
        {
            "authority": name,
            "number": found.number,
            "next_update": found.next_update.isoformat() if found.next_update else None,
            "file": files[name, which],
        }
        for (name, which), found in made.items()
    ]
    words = "\n".join(
        output.words("crl-published", file=entry["file"], number=entry["number"], until=entry["next_update"])
        for entry in lists
    )
    output.result("pki-crl", {"lists": lists}, words)


@click.command()
@ca_option
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    metavar="FILE",
    help="The newest checkpoint that was published, when DIR/crl is as old as the rest.",
)
@click.option(
    "--crl", "crls", multiple=True, metavar="FILE", help="The newest lists that were published, likewise."
)
@passphrase_option(of="the authority's keys")
@speaks
def resume(
    output: Output,
    folder: str,
    checkpoints: tuple[str, ...],
    crls: tuple[str, ...],
    passphrase: str | None,
) -> None:
    """Let an authority go on that was set back to an older copy: nothing is un-revoked, no log forks.

    What it did since that copy is lost; what it had published is taken from there. Certificates that only
    the lists know can be taken in again with `exat pki adopt`.

    \b
    exat pki resume --ca ca --checkpoint persons.checkpoint --crl persons.crl --passphrase file:ca.pass
    """
    kept, lists = [read_input(file) for file in checkpoints], [read_input(file) for file in crls]
    with CertificateAuthority.open(Path(folder), secret(passphrase, output)) as authority:
        found = authority.resume(at=now(), checkpoints=kept, crls=lists)
    told = {
        name: {
            "lost": len(one.lost),
            "revocations": one.taken,
            "unknown": [f"{serial:x}" for serial in one.unknown],
            "held": [f"{serial:x}" for serial in one.held],
        }
        for name, one in found.items()
    }
    words = "\n".join(
        output.words(
            "resumed",
            name=name,
            lost=len(one.lost),
            taken=one.taken,
            unknown=len(one.unknown),
            held=len(one.held),
        )
        for name, one in found.items()
    )
    output.result("pki-resume", {"authorities": told}, words or output.words("not-set-back"))


@click.command()
@click.argument("certificates", metavar="FILE...", nargs=-1, required=True)
@ca_option
@click.option("--profile", default="", help="By which profile it was issued, when that is known.")
@passphrase_option(of="the authority's keys")
@speaks
def adopt(
    output: Output, certificates: tuple[str, ...], folder: str, profile: str, passphrase: str | None
) -> None:
    """Take in again certificates that this authority signed, and whose events were lost.

    \b
    exat pki adopt aliyev.pem --ca ca --passphrase file:ca.pass
    """
    read = [one for file in certificates for one in Certificate.load_all(read_input(file))]
    with CertificateAuthority.open(Path(folder), secret(passphrase, output)) as authority:
        for certificate in read:
            authority.adopt(certificate, at=now(), profile=profile)
    serials = [f"{one.serial_number:x}" for one in read]
    output.result("pki-adopt", {"serials": serials}, output.words("adopted", serials=", ".join(serials)))
