"""The users of the node, and the mailboxes of its agency with their certificates and wrapped keys."""

import hashlib
import sqlite3
from datetime import datetime

from exat.address import Address
from exat.errors import StoreError
from exat.records import AuthorisedSigner, Mailbox, User
from exat.store.rows import address, addresses, certificate, instant, listed, stamp
from exat.store.statements import statements
from exat.store.values import WrappedKey

_SQL = statements("people")


def add_user(connection: sqlite3.Connection, user: User, verifier: str) -> None:
    """Add a login with its password verifier, which is made and checked elsewhere.

    Raises:
        StoreError: `user-exists`.
    """
    values = {
        "name": user.name,
        "display_name": user.display_name,
        "mailboxes": listed(user.mailboxes),
        "disabled": user.disabled,
        "verifier": verifier,
    }
    if connection.execute(_SQL["add_user"], values).rowcount == 0:
        raise StoreError("user-exists", f"the user {user.name} already exists", values={"name": user.name})


def disable_user(connection: sqlite3.Connection, name: str) -> None:
    """Refuse a login from now on.

    Raises:
        StoreError: `user-unknown`.
    """
    if connection.execute(_SQL["disable_user"], {"name": name}).rowcount == 0:
        raise StoreError("user-unknown", f"there is no user {name}", values={"name": name})


def user(connection: sqlite3.Connection, name: str) -> tuple[User, str] | None:
    """A login and its verifier."""
    row = connection.execute(_SQL["user"], {"name": name}).fetchone()
    return None if row is None else (_user(row), row[4])


def users(connection: sqlite3.Connection) -> tuple[User, ...]:
    """All logins by name, the disabled ones too."""
    return tuple(_user(row) for row in connection.execute(_SQL["users"]))


def _user(row: tuple[str, str, str, int, str]) -> User:
    name, display_name, mailboxes_text, disabled, _ = row
    return User(
        name=name,
        mailboxes=addresses(mailboxes_text),
        display_name=display_name,
        disabled=bool(disabled),
    )


def put_mailbox(
    connection: sqlite3.Connection, mailbox: Mailbox, wrapped: bytes | None, at: datetime
) -> None:
    """Set a mailbox as it now is; `wrapped` is the key of its first certificate, wrapped to its officers.

    Keys of other certificates stay: letters are encrypted to them. A new wrapping of the same key replaces
    the old one, which an officer who left could still open.

    Raises:
        ValueError: there is a key and no certificate.
    """
    place = {"mailbox_key": mailbox.address.key}
    values = {**place, "address": str(mailbox.address), "name": mailbox.name}
    connection.execute(_SQL["put_mailbox"], values)
    connection.execute(_SQL["drop_certificates"], place)
    connection.execute(_SQL["drop_signers"], place)
    for position, one in enumerate(mailbox.encryption):
        connection.execute(_SQL["put_certificate"], {**place, "position": position, "certificate": one.raw})
    for position, signer in enumerate(mailbox.signers):
        connection.execute(
            _SQL["put_signer"],
            {
                **place,
                "position": position,
                "name": signer.name,
                "certificate": signer.certificate.raw,
                "encryption": None if signer.encryption is None else signer.encryption.raw,
            },
        )
    if wrapped is not None:
        if not mailbox.encryption:
            raise ValueError("a mailbox without a certificate has no key")
        fingerprint = hashlib.sha256(mailbox.encryption[0].raw).hexdigest()
        key = {**place, "fingerprint": fingerprint, "wrapped": wrapped, "at": stamp(at)}
        connection.execute(_SQL["put_key"], key)


def mailboxes(connection: sqlite3.Connection) -> tuple[Mailbox, ...]:
    """All mailboxes of the agency, by address."""
    return tuple(
        Mailbox(
            address=address(spelled),
            name=name,
            encryption=tuple(
                certificate(der)
                for (der,) in connection.execute(_SQL["certificates"], {"mailbox_key": mailbox_key})
            ),
            signers=tuple(
                AuthorisedSigner(
                    certificate=certificate(der), name=person, encryption=certificate(encryption)
                )
                for person, der, encryption in connection.execute(
                    _SQL["signers"], {"mailbox_key": mailbox_key}
                )
            ),
        )
        for mailbox_key, spelled, name in connection.execute(_SQL["mailboxes"]).fetchall()
    )


def wrapped_keys(connection: sqlite3.Connection, mailbox: Address) -> tuple[WrappedKey, ...]:
    """Every key that the mailbox ever had, the newest first."""
    return tuple(
        WrappedKey(fingerprint=fingerprint, wrapped_at=instant(wrapped_at), wrapped=wrapped)
        for fingerprint, wrapped, wrapped_at in connection.execute(_SQL["keys"], {"mailbox_key": mailbox.key})
    )
