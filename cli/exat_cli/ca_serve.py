"""The services of an authority over HTTP: `exat pki serve`."""

import logging
import re
from pathlib import Path

import click

from esign.web.services import Services, Stamping
from esign.web.serving import listening
from esign.web.serving import serve as run
from exat_cli.failures import Exit, Failure
from exat_cli.options import passphrase_option, secret, speaks
from exat_cli.output import Output
from exat_cli.pki import ca_option

_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z.-]+)):([0-9]{1,5})")
_POLICY = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]*))+")


@click.command()
@ca_option
@click.option(
    "--listen", default="127.0.0.1:8080", show_default=True, metavar="HOST:PORT", help="Port 0 is a free one."
)
@click.option(
    "--tsa-policy", metavar="OID", help="Make time stamps too, under this policy; none are made without it."
)
@passphrase_option(of="the authority's keys, and of those of its services")
@speaks
def serve(output: Output, folder: str, listen: str, tsa_policy: str | None, passphrase: str | None) -> None:
    """Answer over HTTP in the foreground until SIGTERM or SIGINT: lists, certificates, OCSP, time stamps.

    Where strangers can reach it, put a proxy before it. Keys of the services are made in DIR/services and
    replaced before they end, while the authority's own keys are in DIR.

    \b
    exat pki serve --ca ca --listen 127.0.0.1:8080 --passphrase file:ca.pass
    exat pki serve --ca ca --tsa-policy 1.3.6.1.4.1.99999.1 --passphrase cred:ca
    """
    host, port = _place(listen)
    if tsa_policy is not None and not _POLICY.fullmatch(tsa_policy):
        raise Failure("option-wrong", Exit.USAGE, option="--tsa-policy", found=tsa_policy, wanted="1.2.3")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    stamping = None if tsa_policy is None else Stamping(tsa_policy)
    services = Services(Path(folder), secret(passphrase, output), stamping=stamping)
    try:
        listener = listening(host, port)
    except OSError as e:
        reason = e.strerror or type(e).__name__
        raise Failure("address-taken", Exit.UNREACHABLE, address=listen, reason=reason) from e
    url = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"

    def ready() -> None:
        output.result("pki-serve", {"url": url}, output.words("services-listen", folder=folder, url=url))

    run(services, listener, ready=ready)
    output.talk(output.words("services-stopped"))


def _place(listen: str) -> tuple[str, int]:
    form = _ADDRESS.fullmatch(listen)
    if form is None or int(form[3]) > 0xFFFF:
        raise Failure("option-wrong", Exit.USAGE, option="--listen", found=listen, wanted="127.0.0.1:8080")
    return form[1] or form[2], int(form[3])
