"""Which roots this user trusts: a folder of certificates, each confirmed by its fingerprint when added."""

import hashlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from esign import Certificate, Trust
from esign.io import disk
from exat_cli.failures import Exit, Failure
from exat_cli.options import speaks
from exat_cli.output import Output, read_input


@click.command()
@click.argument("file", metavar="FILE")
@click.option(
    "--fingerprint", metavar="SHA256", help="The fingerprint that you were told, instead of a question."
)
@speaks
def add(output: Output, file: str, fingerprint: str | None) -> None:
    """Trust the root certificate in FILE, after its fingerprint was compared.

    \b
    exat trust add root.pem
    exat trust add root.pem --fingerprint 3f:9c:...
    """
    certificate = Certificate.load(read_input(file))
    if not certificate.is_ca:
        raise Failure("trust-no-authority", Exit.REFUSED, subject=certificate.subject.text)
    confirm(output, certificate, fingerprint)
    folder = trust_folder()
    folder.mkdir(parents=True, exist_ok=True)
    disk.write(folder / f"{certificate.fingerprint}.pem", certificate.pem)
    output.result(
        "trust", _described(certificate), output.words("trust-added", subject=certificate.subject.text)
    )


@click.command(name="list")
@speaks
def list_(output: Output) -> None:
    """Show the trusted roots with their fingerprints.

    \b
    exat trust list
    """
    anchors = trusted(()).anchors
    words = "\n".join(f"{grouped(a.fingerprint)}  {a.subject.text}" for a in anchors)
    output.result(
        "trust-list", {"anchors": [_described(a) for a in anchors]}, words or output.words("trust-empty")
    )


@click.command()
@click.argument("fingerprint", metavar="SHA256")
@speaks
def remove(output: Output, fingerprint: str) -> None:
    """Trust the root with this fingerprint no longer.

    \b
    exat trust remove 3f9c...
    """
    path = trust_folder() / f"{plain(fingerprint)}.pem"
    if not path.is_file():
        raise Failure("trust-unknown", Exit.USAGE, fingerprint=fingerprint, hint="exat trust list")
    path.unlink()
    output.result(
        "trust", {"removed": plain(fingerprint)}, output.words("trust-removed", fingerprint=fingerprint)
    )


def trusted(files: Iterable[str]) -> Trust:
    """The roots in `files`; those of the trust folder when no file is named."""
    named = [anchor for name in files for anchor in Trust.from_pem(read_input(name)).anchors]
    if not named:
        named = [Certificate.load(path.read_bytes()) for path in sorted(trust_folder().glob("*.pem"))]
    return Trust(tuple(named))


def trust_folder() -> Path:
    """Where confirmed roots are kept: `$EXAT_CONFIG/trust`, by default in the user's configuration folder."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path(os.environ.get("HOME") or "/") / ".config"
    return Path(os.environ.get("EXAT_CONFIG") or Path(home) / "exat") / "trust"


def confirm(output: Output, certificate: Certificate, fingerprint: str | None) -> None:
    """A person, or `fingerprint`, confirms that this is the certificate that was meant.

    Raises:
        Failure: `fingerprint-differs` (exit 1), `option-missing` (exit 2) without a terminal.
    """
    if fingerprint is not None:
        if plain(fingerprint) != certificate.fingerprint:
            raise Failure(
                "fingerprint-differs",
                Exit.REFUSED,
                found=grouped(certificate.fingerprint),
                wanted=fingerprint,
            )
        return
    output.talk(output.words("trust-compare", subject=certificate.subject.text))
    output.talk(f"  {grouped(certificate.fingerprint)}")
    if not sys.stdin.isatty():
        raise Failure("option-missing", Exit.USAGE, option="--fingerprint", hint="--fingerprint SHA256")
    click.confirm(output.words("trust-question"), abort=True, err=True)


def plain(fingerprint: str) -> str:
    """A fingerprint as we keep it: hexadecimal, lower case, nothing between."""
    return fingerprint.replace(":", "").replace(" ", "").lower()


def grouped(fingerprint: str) -> str:
    """A fingerprint in groups of four digits, for eyes."""
    return " ".join(fingerprint[i : i + 4] for i in range(0, len(fingerprint), 4))


def _described(certificate: Certificate) -> dict[str, object]:
    return {
        "subject": certificate.subject.text,
        "sha256": hashlib.sha256(certificate.raw).hexdigest(),
        "not_after": certificate.not_after.isoformat(),
    }
