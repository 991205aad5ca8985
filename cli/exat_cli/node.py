"""A mail node: `exat node init`, `serve`, `status`."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from esign import CertificateAuthority, EsignError
from esign.io.clock import now
from exat.address import Address
from exat.records import Agency
from exat.shell import serve as serving
from exat.shell.founding import Founded, Plan, found
from exat.shell.home import Home
from exat.shell.serve import Runtime
from exat_cli.failures import Exit, Failure
from exat_cli.homes import ADDRESS, ca_passphrase_option, home_option, node_passphrase_option, opened
from exat_cli.options import secret, speaks
from exat_cli.output import Output


@click.command()
@click.argument("folder", metavar="DIR")
@click.option(
    "--agency", required=True, metavar="NAME", help="The organisation, as its certificates name it."
)
@click.option("--domain", required=True, metavar="DOMAIN", help="The domain of its addresses.")
@click.option("--node-name", metavar="HOST", help="The node's DNS name, for TLS; mx.DOMAIN by default.")
@click.option(
    "--ca",
    "authority",
    required=True,
    metavar="DIR",
    envvar="EXAT_CA",
    show_envvar=True,
    help="The folder of the authority that certifies it; made when there is none.",
)
@click.option("--stir", default="", metavar="DIGITS", help="The organisation's tax number.")
@click.option("--mailbox", type=ADDRESS, help="The first shared mailbox.")
@click.option(
    "--mailbox-name", default="", metavar="NAME", help="How letters name it; the agency by default."
)
@click.option("--officer", default="", metavar="NAME", help="Its first officer, `Surname Given`.")
@click.option("--submission", default="127.0.0.1:0", show_default=True, help="Where users hand in letters.")
@click.option("--relay", default="127.0.0.1:0", show_default=True, help="Where other nodes hand in letters.")
@click.option("--advertised", default="", metavar="HOST:PORT", help="Where peers reach the relay.")
@node_passphrase_option
@ca_passphrase_option
@speaks
def init(
    output: Output,
    folder: str,
    agency: str,
    domain: str,
    node_name: str | None,
    authority: str,
    stir: str,
    mailbox: Address | None,
    mailbox_name: str,
    officer: str,
    submission: str,
    relay: str,
    advertised: str,
    node_passphrase: str | None,
    ca_passphrase: str | None,
) -> None:
    """Make a node in DIR: its keys, its store, and perhaps its first mailbox and officer.

    Port 0 is replaced by a free one, for good. The officer's keys, their passphrase and the password of their
    login are laid into DIR/officers: hand that folder over, and remove it here.

    \b
    exat node init adliya --agency "Adliya vazirligi" --domain adliya.uz --ca adliya-ca \\
        --mailbox kanselyariya@adliya.uz --officer "Aliyev Anvar" \\
        --node-passphrase file:node.pass --ca-passphrase file:ca.pass
    """
    if (mailbox is None) != (not officer):
        raise Failure("mailbox-with-officer", Exit.USAGE, hint="--mailbox ADDRESS --officer 'Surname Given'")
    plan = Plan(
        agency=agency,
        domain=domain,
        node=node_name or f"mx.{domain}",
        submission=submission,
        relay=relay,
        advertised=advertised,
        stir=stir,
        mailbox=mailbox,
        mailbox_name=mailbox_name,
        officer=officer,
    )
    passphrase = secret(node_passphrase, output, option="--node-passphrase", confirm=True)
    with _authority(output, authority, agency, ca_passphrase) as issuer:
        made = found(Path(folder), plan, authority=issuer, passphrase=passphrase, at=now())
        with made.home:
            output.result("node-init", _made(made), _made_words(output, made))


@click.command()
@home_option
@node_passphrase_option
@speaks
def serve(output: Output, folder: str, node_passphrase: str | None) -> None:
    """Run the node in the foreground until SIGTERM or SIGINT; it says where it listens.

    \b
    exat node serve --home adliya --node-passphrase file:node.pass
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")

    def ready(runtime: Runtime) -> None:
        places = {"submission": _place(runtime.submission), "relay": _place(runtime.relay)}
        output.result("node-serve", places, output.words("node-listens", **places))

    with opened(folder) as home:
        passphrase = secret(node_passphrase, output, option="--node-passphrase")
        asyncio.run(serving.run(home, passphrase, ready=ready))
    output.talk(output.words("node-stopped"))


@click.command()
@home_option
@speaks
@click.pass_context
def status(ctx: click.Context, output: Output, folder: str) -> None:
    """Tell whether the node runs, what waits, and what runs out when. Exit 6 when it does not run.

    \b
    exat node status --home adliya
    """
    at = now()
    with opened(folder) as home:
        runtime = serving.runtime(home.folder)
        content = _status(home, runtime, at)
    output.result("node-status", content, "\n".join(_status_lines(output, content)))
    ctx.exit(Exit.DONE if runtime is not None else Exit.UNREACHABLE)


def _authority(output: Output, folder: str, agency: str, source: str | None) -> CertificateAuthority:
    """The authority in `folder`; a new one of the agency's own when the folder does not stand."""
    passphrase = secret(source, output, option="--ca-passphrase", confirm=not Path(folder).exists())
    if Path(folder).exists():
        return CertificateAuthority.open(Path(folder), passphrase)
    made = CertificateAuthority.create(Path(folder), organization=agency, passphrase=passphrase, at=now())
    output.talk(output.words("ca-made", folder=folder))
    return made


def _made(made: Founded) -> dict[str, Any]:
    own = made.home.own()
    shown: dict[str, Any] = {
        "home": str(made.home.folder),
        "domain": own.domain,
        "node": own.node,
        "submission": made.home.config.listen.submission,
        "relay": _place((own.host, own.port)),
        "root_sha256": own.roots[0].fingerprint,
    }
    if made.officer is not None:
        shown["officer"] = {
            "name": made.officer.name,
            "folder": str(made.officer.folder),
            "login": made.login,
            "mailbox": str(own.mailboxes[0].address),
        }
    return shown


def _made_words(output: Output, made: Founded) -> str:
    own = made.home.own()
    lines = [
        output.words("node-made", agency=own.name, domain=own.domain, folder=made.home.folder),
        output.words("root-fingerprint", fingerprint=own.roots[0].fingerprint),
    ]
    if made.officer is not None:
        said = {"officer": made.officer.name, "mailbox": own.mailboxes[0].address}
        lines.append(output.words("officer-made", folder=made.officer.folder, login=made.login, **said))
    return "\n".join(lines)


def _status(home: Home, runtime: Runtime | None, at: datetime) -> dict[str, Any]:
    own, waiting = home.own(), home.store.queue()
    count = _evidence_count(home)
    last = home.store.evidence(after=count - 1, limit=1) if count else ()
    return {
        "running": runtime is not None,
        "pid": runtime.pid if runtime else None,
        "submission": _place(runtime.submission) if runtime else home.config.listen.submission,
        "relay": _place(runtime.relay) if runtime else home.config.listen.relay,
        "queue": len(waiting),
        "next_attempt": waiting[0].next_at.isoformat() if waiting else None,
        "evidence": count,
        "last_evidence": last[0].at.isoformat() if last else None,
        "runs_out": [
            {"what": what, "at": until.isoformat(), "expired": until <= at}
            for what, until in runs_out(home, own)
        ],
    }


def _evidence_count(home: Home) -> int:
    """How many records the chain has: they are numbered without a gap, so a few questions tell it."""
    above = 1
    while home.store.evidence(after=above - 1, limit=1):
        above *= 2
    below = above // 2
    while above - below > 1:
        middle = (above + below) // 2
        if home.store.evidence(after=middle - 1, limit=1):
            below = middle
        else:
            above = middle
    return below


def runs_out(home: Home, own: Agency) -> Iterator[tuple[str, datetime]]:
    """What is used until a time: the seal, the node's certificate, and each list of revoked certificates."""
    yield "seal", own.seal.not_after
    yield "relay", relay_certificate(home).not_after
    for crl in own.crls:
        if crl.next_update is not None:
            yield f"CRL {crl.issuer.text}", crl.next_update


def relay_certificate(home: Home) -> Any:
    """The node's certificate in TLS.

    Raises:
        Failure: `file-unreadable`, exit 7.
    """
    from esign import Certificate

    path = home.folder / f"{home.config.keys.relay}.crt"
    try:
        return Certificate.load_all(path.read_bytes())[0]
    except (OSError, EsignError) as e:
        raise Failure("file-unreadable", Exit.CONFIGURATION, file=path, reason=e) from e


def _status_lines(output: Output, content: dict[str, Any]) -> Iterator[str]:
    places = {"submission": content["submission"], "relay": content["relay"]}
    yield output.words("node-listens", **places) if content["running"] else output.words("node-not-running")
    yield output.words("status-queue", count=content["queue"], next=content["next_attempt"] or "-")
    yield output.words("status-evidence", count=content["evidence"], last=content["last_evidence"] or "-")
    for each in content["runs_out"]:
        code = "status-expired" if each["expired"] else "status-until"
        yield output.words(code, what=each["what"], at=each["at"])


def _place(place: tuple[str, int]) -> str:
    host, port = place
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
