"""The log of an authority: `exat pki log ...`."""

from pathlib import Path

import click

from esign import CertificateAuthority
from exat_cli.options import speaks
from exat_cli.output import Output, read_input
from exat_cli.pki import ca_option


@click.command()
@ca_option
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    metavar="FILE",
    help="One that was kept elsewhere; those in DIR/crl are always asked.",
)
@speaks
def verify(output: Output, folder: str, checkpoints: tuple[str, ...]) -> None:
    """Read the whole log, and hold it against the checkpoints that were published.

    An altered event is named by its number. Keep checkpoints where nobody who runs the authority can reach
    them: who can write everywhere can rewrite a log, but not what others hold.

    \b
    exat pki log verify --ca ca --checkpoint archive/persons.checkpoint
    """
    kept = [read_input(file) for file in checkpoints]
    with CertificateAuthority.open(Path(folder), "") as authority:
        sizes = authority.check_log(checkpoints=kept)
    words = "\n".join(output.words("log-whole", name=name, events=size) for name, size in sizes.items())
    output.result("pki-log-verify", {"events": dict(sizes)}, words)


@click.command(name="list")
@ca_option
@speaks
def list_(output: Output, folder: str) -> None:
    """Show every event, for an auditor: what was prepared, issued, refused, revoked and published, and when.

    \b
    exat pki log list --ca ca --json
    """
    with CertificateAuthority.open(Path(folder), "") as authority:
        events = authority.log()
        lines = [{"authority": name, **event.to_dict()} for name, event in events]
    words = "\n".join(
        " ".join(
            (
                f"{line['authority']:8} {line['number']:6} {line['at']} {line['kind']:13}",
                *(f"{name}={value}" for name, value in line["details"].items()),
                line["serial"],
            )
        ).rstrip()
        for line in lines
    )
    output.result("pki-log-list", {"events": lines}, words)
