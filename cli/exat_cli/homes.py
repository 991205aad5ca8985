"""Options of the commands that work on a node's home, and how it is opened for them."""

from pathlib import Path

import click

from esign import Signer
from esign.io.secrets import FORMS
from exat.address import Address
from exat.errors import MalformedAddress
from exat.shell.home import Home, open_home
from exat_cli.failures import Exit, Failure
from exat_cli.options import secret
from exat_cli.output import Output

home_option = click.option(
    "--home",
    "folder",
    required=True,
    metavar="DIR",
    envvar="EXAT_HOME",
    show_envvar=True,
    help="The node's folder.",
)
node_passphrase_option = click.option(
    "--node-passphrase",
    metavar="SOURCE",
    envvar="EXAT_NODE_PASSPHRASE",
    show_envvar=True,
    help=f"Where the passphrase of the node's keys comes from: {FORMS}.",
)
ca_passphrase_option = click.option(
    "--ca-passphrase",
    metavar="SOURCE",
    envvar="EXAT_CA_PASSPHRASE",
    show_envvar=True,
    help=f"Where the passphrase of the authority's keys comes from: {FORMS}.",
)


class Mailbox(click.ParamType[Address]):
    """An address of electronic mail."""

    name = "ADDRESS"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        """The address.

        Raises:
            Failure: `address-wrong`, exit 2.
        """
        if isinstance(value, Address):
            return value
        try:
            return Address.parse(str(value), smtputf8=True)
        except MalformedAddress as e:
            raise Failure("address-wrong", Exit.USAGE, found=value, reason=e.message) from e


ADDRESS = Mailbox()


def opened(folder: str) -> Home:
    """The home of `--home`; the caller closes it.

    Raises:
        ConfigurationError, StoreError: as `open_home`.
    """
    return open_home(Path(folder))


def seal_of(home: Home, source: str | None, output: Output) -> Signer:
    """The agency's seal, opened with `--node-passphrase`."""
    return home.seal(secret(source, output, option="--node-passphrase"))
