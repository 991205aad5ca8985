"""One's own keys, as `--key`, `--certificate` and `--passphrase` name them."""

import click

from esign import Certificate, Decryptor, Signer
from exat_cli.options import F, passphrase_option, secret
from exat_cli.output import Output, read_input


def signer_options(function: F) -> F:
    """Give the command `--key`, `--certificate` and `--passphrase` of a signer; `load_signer` reads them."""
    options = (
        click.option(
            "--key",
            required=True,
            metavar="FILE",
            help="The signer's key: PKCS#12, or PKCS#8 with --certificate.",
        ),
        click.option(
            "--certificate", metavar="FILE", help="The signer's certificate and those above it, PEM."
        ),
        passphrase_option(of="the signer's key"),
    )
    for option in reversed(options):
        function = option(function)
    return function


def load_signer(output: Output, key: str, certificate: str | None, passphrase: str | None) -> Signer:
    """The signer of `--key`, `--certificate`, `--passphrase`."""
    data = read_input(key)
    if certificate is not None:
        first, *above = Certificate.load_all(read_input(certificate))
        unlocking = secret(passphrase, output) if b"ENCRYPTED" in data or passphrase else None
        return Signer.from_pem(data, first.raw, chain=[c.raw for c in above], passphrase=unlocking)
    return Signer.from_pkcs12(data, secret(passphrase, output))


def opening_options(function: F) -> F:
    """Give the command the options of a key that opens what is encrypted; `load_openers` reads them."""
    options = (
        click.option("--open-key", metavar="FILE", help="Your key of decryption: PKCS#12, or PKCS#8."),
        click.option("--open-certificate", metavar="FILE", help="Its certificate, with a key in PKCS#8."),
        passphrase_option("--open-passphrase", of="the key of decryption"),
    )
    for option in reversed(options):
        function = option(function)
    return function


def load_openers(
    output: Output, key: str | None, certificate: str | None, passphrase: str | None
) -> tuple[Decryptor, ...]:
    """The key of `--open-key` and the options beside it; none when none is named."""
    if key is None:
        return ()
    return (load_decryptor(output, key, certificate, passphrase, option="--open-passphrase"),)


def load_decryptor(
    output: Output,
    key: str,
    certificate: str | None,
    passphrase: str | None,
    *,
    option: str = "--passphrase",
) -> Decryptor:
    """The key of `--key`, `--certificate`, `--passphrase` that opens envelopes."""
    data = read_input(key)
    if certificate is not None:
        locked = b"ENCRYPTED" in data or passphrase
        unlocking = secret(passphrase, output, option=option) if locked else None
        own = Certificate.load_all(read_input(certificate))[0]
        return Decryptor.from_pem(data, own.raw, passphrase=unlocking)
    return Decryptor.from_pkcs12(data, secret(passphrase, output, option=option))


def subject_of(signer: Signer) -> str:
    """Who signs, in words."""
    return Certificate.load(signer.certificate).subject.shown
