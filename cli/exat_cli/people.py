"""Who uses a node and who it knows: `exat user`, `exat peer`, `exat directory`."""

from pathlib import Path
from typing import Any

import click

from esign import Certificate, CertificateAuthority, Decryptor
from esign.ca import request as requests
from esign.io.clock import now
from esign.io.secrets import FORMS
from exat.address import Address
from exat.directory import Bundle, claims
from exat.errors import StoreError
from exat.records import Mailbox, User
from exat.shell import founding
from exat.shell import people as persons
from exat.shell.home import Home
from exat.shell.peering import Peer, add_peer, export_bundle, peers, remove_peer
from exat_cli.failures import Exit, Failure
from exat_cli.homes import (
    ADDRESS,
    ca_passphrase_option,
    home_option,
    node_passphrase_option,
    opened,
    seal_of,
)
from exat_cli.options import force_option, secret, speaks
from exat_cli.output import Output, check_free, read_input, write_output
from exat_cli.trust import confirm


@click.command()
@click.argument("login", metavar="LOGIN")
@home_option
@click.option(
    "--mailbox", "mailboxes", type=ADDRESS, multiple=True, required=True, help="A mailbox it may send for."
)
@click.option("--name", default="", metavar="NAME", help="The person or program behind the login.")
@click.option("--password", metavar="SOURCE", help=f"Where the password comes from: {FORMS}.")
@click.option("--officer", metavar="NAME", help="A further officer of the mailboxes, `Surname Given`.")
@click.option(
    "--ca",
    "folder_of_ca",
    metavar="DIR",
    envvar="EXAT_CA",
    show_envvar=True,
    help="Who certifies the officer.",
)
@click.option(
    "--request", "csr", metavar="FILE", help="PKCS#10: the signature key was born with the officer."
)
@click.option("--new-key", is_flag=True, help="Make the signature key here, on the officer's own machine.")
@click.option("--unlock-key", metavar="FILE", help="PKCS#12 of an officer who opens the mailboxes now.")
@click.option("--unlock-passphrase", metavar="SOURCE", help=f"Where its passphrase comes from: {FORMS}.")
@ca_passphrase_option
@speaks
def add(
    output: Output,
    login: str,
    folder: str,
    mailboxes: tuple[Address, ...],
    name: str,
    password: str | None,
    officer: str | None,
    folder_of_ca: str | None,
    csr: str | None,
    new_key: bool,
    unlock_key: str | None,
    unlock_passphrase: str | None,
    ca_passphrase: str | None,
) -> None:
    """Add a login that may send for a mailbox; with --officer also a person who signs and opens its letters.

    \b
    exat user add scanner --home adliya --mailbox devonxona@adliya.uz --password prompt
    exat user add lola --home adliya --mailbox kanselyariya@adliya.uz --officer "Karimova Lola" \\
        --request lola.csr --ca adliya-ca --ca-passphrase file:ca.pass \\
        --unlock-key anvar/decryption.p12 --unlock-passphrase file:anvar/keys.pass
    """
    with opened(folder) as home:
        _is_free(home, login)
        made = None
        if officer is not None:
            if folder_of_ca is None or (csr is None) == (not new_key) or unlock_key is None:
                hint = "--ca DIR --unlock-key FILE --request FILE | --new-key"
                raise Failure("officer-options", Exit.USAGE, hint=hint)
            unlocked_by = Decryptor.from_pkcs12(
                read_input(unlock_key), secret(unlock_passphrase, output, option="--unlock-passphrase")
            )
            asked = None if csr is None else requests.read(read_input(csr))
            word = secret(ca_passphrase, output, option="--ca-passphrase")
            with CertificateAuthority.open(Path(folder_of_ca), word) as authority:
                made = founding.appoint(
                    home, authority, officer, mailboxes, at=now(), unlocked_by=unlocked_by, request=asked
                )
        if made is not None and password is None:
            founding.new_login(home, login, mailboxes, folder=made.folder)
        else:
            chosen = secret(password, output, option="--password", confirm=True)
            persons.add_user(home, login, mailboxes, password=chosen, display_name=name)
    where = "" if made is None else str(made.folder)
    content = {"login": login, "mailboxes": [str(m) for m in mailboxes], "folder": where or None}
    words = output.words("user-added", login=login, mailboxes=", ".join(map(str, mailboxes)))
    output.result(
        "user", content, words + (f"\n{output.words('officer-files', folder=where)}" if where else "")
    )


@click.command()
@click.argument("login", metavar="LOGIN")
@home_option
@speaks
def disable(output: Output, login: str, folder: str) -> None:
    """Let a login in no longer.

    \b
    exat user disable scanner --home adliya
    """
    with opened(folder) as home:
        persons.disable_user(home, login)
    output.result("user", {"login": login, "disabled": True}, output.words("user-disabled", login=login))


@click.command(name="list")
@home_option
@speaks
def list_users(output: Output, folder: str) -> None:
    """Show the logins, and the mailboxes that each may send for.

    \b
    exat user list --home adliya
    """
    with opened(folder) as home:
        found = home.store.users()
    words = "\n".join(_user_line(output, each) for each in found) or output.words("nobody")
    output.result("user-list", {"users": [_user(each) for each in found]}, words)


@click.command(name="add")
@click.argument("bundle", metavar="BUNDLE")
@home_option
@click.option(
    "--fingerprint", metavar="SHA256", help="Of the peer's root, as you were told it, instead of a question."
)
@speaks
def add_bundle(output: Output, bundle: str, folder: str, fingerprint: str | None) -> None:
    """Know an agency by its BUNDLE (`exat directory export`), after its root's fingerprint was compared.

    \b
    exat peer add iqtisodiyot.bundle --home adliya --fingerprint 3f9c...
    """
    data = read_input(bundle)
    with opened(folder) as home:
        if fingerprint is None and home.store.bundle(claims(data).domain) is None:
            root = claims(data).roots[0]
            confirm(output, root, None)
            fingerprint = root.fingerprint
        _take(output, home, data, fingerprint)


@click.command(name="list")
@home_option
@speaks
def list_peers(output: Output, folder: str) -> None:
    """Show the agencies that this node knows, and until when each bundle is used.

    \b
    exat peer list --home adliya
    """
    with opened(folder) as home:
        found = peers(home, at=now())
    words = "\n".join(_peer_line(each) for each in found) or output.words("nobody")
    output.result("peer-list", {"peers": [_peer(each) for each in found]}, words)


@click.command()
@click.argument("domain", metavar="DOMAIN")
@home_option
@speaks
def remove(output: Output, domain: str, folder: str) -> None:
    """Know an agency no longer: nothing goes there, nothing is taken from there.

    \b
    exat peer remove iqtisodiyot.uz --home adliya
    """
    with opened(folder) as home:
        remove_peer(home, domain)
    output.result("peer", {"removed": domain}, output.words("peer-removed", domain=domain))


@click.command(name="list")
@home_option
@click.option("--domain", metavar="DOMAIN", help="One agency only.")
@speaks
def list_mailboxes(output: Output, folder: str, domain: str | None) -> None:
    """Show every mailbox that letters can be written to, with who may sign for it.

    \b
    exat directory list --home adliya
    """
    with opened(folder) as home:
        known = home.directory(now())
    found = [m for m in known.mailboxes if domain in (None, m.address.domain_key)]
    words = "\n".join(_mailbox_line(each) for each in found) or output.words("nobody")
    output.result("directory", {"mailboxes": [_mailbox(each) for each in found]}, words)
    output.talk_of(known.findings)


@click.command()
@click.argument("address", metavar="ADDRESS", type=ADDRESS)
@home_option
@click.option("--out", "-o", metavar="FILE", help="Where its certificate goes, PEM; - for stdout.")
@click.option("--chain", is_flag=True, help="With the certificates above it, the root last.")
@force_option
@speaks
def show(output: Output, address: Address, folder: str, out: str | None, chain: bool, force: bool) -> None:
    """Show one mailbox; with --out write the certificate that letters to it are encrypted to.

    A mail program that is to encrypt to the mailbox imports that certificate.

    \b
    exat directory show devon@moliya.uz --home adliya
    exat directory show devon@moliya.uz --home adliya --chain -o moliya.pem
    """
    with opened(folder) as home:
        known = home.directory(now())
    found, agency = known.mailbox(address), known.agency_of(address)
    if found is None or agency is None:
        raise Failure("mailbox-not-known", Exit.USAGE, mailbox=address, hint="exat directory list")
    if out is not None:
        above = (*agency.intermediates, *agency.roots) if chain else ()
        write_output(out, b"".join(c.pem for c in (found.encryption[0], *above)), force=force)
    content = _mailbox(found) | {"certificate": found.encryption[0].pem.decode()}
    words = "\n".join((_mailbox_line(found), found.encryption[0].subject.text))
    output.result("directory-mailbox", content, "" if out == "-" else words)


@click.command(name="import")
@click.argument("bundle", metavar="BUNDLE")
@home_option
@speaks
def import_(output: Output, bundle: str, folder: str) -> None:
    """Take a newer BUNDLE of an agency that is known already; an older one is refused.

    \b
    exat directory import iqtisodiyot.bundle --home adliya
    """
    with opened(folder) as home:
        _take(output, home, read_input(bundle), None)


@click.command()
@home_option
@click.option("--out", "-o", required=True, metavar="FILE", help="Where the bundle goes; - for stdout.")
@node_passphrase_option
@force_option
@speaks
def export(output: Output, folder: str, out: str, node_passphrase: str | None, force: bool) -> None:
    """Write this agency's bundle, signed by its seal, and print the fingerprint to tell its peers.

    \b
    exat directory export --home adliya -o adliya.bundle --node-passphrase file:node.pass
    """
    check_free(out, force=force)
    with opened(folder) as home:
        data = export_bundle(home, seal_of(home, node_passphrase, output), at=now())
        root = home.own().roots[0].fingerprint
    write_output(out, data, force=force)
    if out == "-":
        return
    output.result("directory-export", {"out": out, "root_sha256": root}, root)
    if not output.as_json:
        output.talk(output.words("bundle-written", out=out))


def _take(output: Output, home: Home, data: bytes, fingerprint: str | None) -> None:
    taken: Bundle = add_peer(home, data, at=now(), root_fingerprint=fingerprint)
    agency = taken.agency
    content = {
        "domain": agency.domain,
        "name": agency.name,
        "serial": taken.serial,
        "expires_at": taken.expires_at.isoformat(),
        "root_sha256": agency.roots[0].fingerprint,
        "mailboxes": [str(mailbox.address) for mailbox in agency.mailboxes],
    }
    said = {"agency": agency.name, "domain": agency.domain, "count": len(agency.mailboxes)}
    output.result("peer", content, output.words("peer-added", **said))


def _is_free(home: Home, login: str) -> None:
    """A login is asked for before an officer is certified for it."""
    if home.store.user(login) is not None:
        raise StoreError("user-exists", f"the user {login} already exists", values={"name": login})


def _user(found: User) -> dict[str, Any]:
    mailboxes = [str(mailbox) for mailbox in found.mailboxes]
    return {
        "login": found.name,
        "name": found.display_name,
        "mailboxes": mailboxes,
        "disabled": found.disabled,
    }


def _user_line(output: Output, found: User) -> str:
    state = f"  ({output.words('disabled')})" if found.disabled else ""
    return f"{found.name}  {', '.join(map(str, found.mailboxes))}  {found.display_name}".rstrip() + state


def _peer(found: Peer) -> dict[str, Any]:
    agency = found.agency
    return {
        "domain": found.stored.domain,
        "name": agency.name if agency else None,
        "node": agency.node if agency else None,
        "serial": found.stored.serial,
        "expires_at": found.expires_at.isoformat() if found.expires_at else None,
        "root_sha256": agency.roots[0].fingerprint if agency else None,
        "problem": found.problem or None,
    }


def _peer_line(found: Peer) -> str:
    shown = _peer(found)
    until = str(shown["expires_at"] or "")[:10]
    problem = f"  [{found.problem}]" if found.problem else ""
    return f"{shown['domain']}  {shown['name'] or '?'}  {shown['node'] or '?'}  {until}{problem}"


def _mailbox(found: Mailbox) -> dict[str, Any]:
    return {
        "address": str(found.address),
        "name": found.name,
        "encryption_sha256": [certificate.fingerprint for certificate in found.encryption],
        "signers": [_signer(s.certificate, s.name) for s in found.signers],
    }


def _signer(certificate: Certificate, name: str) -> dict[str, str]:
    until = certificate.not_after.isoformat()
    return {"name": name, "sha256": certificate.fingerprint, "not_after": until}


def _mailbox_line(found: Mailbox) -> str:
    signers = ", ".join(signer.name for signer in found.signers)
    return f"{found.address}  {found.name}  {signers}"
