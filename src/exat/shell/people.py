"""Who uses a node: its mailboxes with their keys, the officers who sign and open, and the logins.

The plain key of a mailbox exists only while it is made or wrapped anew; what is stored is wrapped to
officers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from esign import Certificate, CertificateAuthority, Decryptor
from esign.ca.request import Subject
from esign.io.keystore import new_key
from exat.address import Address
from exat.errors import ConfigurationError, DirectoryError
from exat.mailbox import rewrap, unlock, wrap_key
from exat.records import AuthorisedSigner, Mailbox, User
from exat.shell.home import Home
from exat.shell.passwords import make_verifier


def add_mailbox(
    home: Home,
    authority: CertificateAuthority,
    address: Address,
    *,
    name: str,
    officers: Sequence[AuthorisedSigner],
    at: datetime,
    key: str = "p-256",
) -> Mailbox:
    """Make a mailbox: its key and certificate (`mailbox-encrypt`), the key wrapped to the officers.

    Raises:
        DirectoryError: `mailbox-exists`; `mailbox-elsewhere` in the domain of a peer (one that agencies
            share is no agency's); `mailbox-without-officer` when no officer has an encryption certificate.
        EsignError: what the authority refuses.
    """
    if home.directory(at).peer(address.domain_key) is not None:
        raise _refused("mailbox-elsewhere", address, domain=address.domain_key)
    if any(known.address.key == address.key for known in home.store.mailboxes()):
        raise _refused("mailbox-exists", address)
    holders = _holders(officers)
    if not holders:
        raise _refused("mailbox-without-officer", address)
    private = new_key(key).private
    subject = Subject.of({"organization": home.config.agency.name}, emails=[str(address)])
    info = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    certificate = authority.issue("mailbox-encrypt", subject, at=at, public_key_info=info)
    plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    mailbox = Mailbox(address, name, (certificate,), tuple(officers))
    home.store.put_mailbox(mailbox, wrap_key(plain, holders))
    home.changed()
    return mailbox


def authorise(
    home: Home,
    address: Address,
    *,
    name: str,
    certificate: Certificate,
    encryption: Certificate | None = None,
    unlocked_by: Decryptor | None = None,
) -> Mailbox:
    """Let one more officer sign for a mailbox, and with `encryption` open it.

    An officer with the same signature certificate is replaced. To wrap the key to the new one, an officer who
    has it already must unlock it: `unlocked_by`.

    Raises:
        DirectoryError: `mailbox-unknown`, `officer-needed` when `encryption` comes without `unlocked_by`.
        EsignError: `not-a-recipient` when `unlocked_by` does not open the mailbox.
    """
    mailbox = local_mailbox(home, address)
    others = tuple(s for s in mailbox.signers if s.certificate.raw != certificate.raw)
    changed = replace(mailbox, signers=(*others, AuthorisedSigner(certificate, name, encryption)))
    return _store(home, changed, rewrapping=encryption is not None, unlocked_by=unlocked_by)


def dismiss(
    home: Home, address: Address, certificate: Certificate, *, unlocked_by: Decryptor | None = None
) -> Mailbox:
    """Let an officer sign for a mailbox no longer; with `unlocked_by` the stored key is closed to them too.

    What they have unlocked before they can keep: only a new mailbox key shuts them out.

    Raises:
        DirectoryError: `mailbox-unknown`, `officer-unknown`.
    """
    mailbox = local_mailbox(home, address)
    others = tuple(s for s in mailbox.signers if s.certificate.raw != certificate.raw)
    if len(others) == len(mailbox.signers):
        raise _refused("officer-unknown", address, signer=certificate.subject.shown)
    changed = replace(mailbox, signers=others)
    return _store(home, changed, rewrapping=unlocked_by is not None, unlocked_by=unlocked_by)


def _store(home: Home, mailbox: Mailbox, *, rewrapping: bool, unlocked_by: Decryptor | None) -> Mailbox:
    wrapped: bytes | None = None
    if rewrapping:
        if unlocked_by is None:
            raise _refused("officer-needed", mailbox.address)
        current = home.store.wrapped_keys(mailbox.address)[0]
        wrapped = rewrap(current.wrapped, unlocked_by, _holders(mailbox.signers))
    home.store.put_mailbox(mailbox, wrapped)
    home.changed()
    return mailbox


def local_mailbox(home: Home, address: Address) -> Mailbox:
    """A mailbox of this agency.

    Raises:
        DirectoryError: `mailbox-unknown`.
    """
    for known in home.store.mailboxes():
        if known.address.key == address.key:
            return known
    raise _refused("mailbox-unknown", address)


def mailbox_keys(home: Home, address: Address, officer: Decryptor) -> tuple[Decryptor, ...]:
    """The keys of a mailbox that an officer may use, the current one first.

    Raises:
        DirectoryError: `mailbox-unknown`.
        EsignError: `not-a-recipient` when none is wrapped to the officer, `decryption-failed`.
        MailboxError: `wrapped-key-unusable`.
    """
    by_print = {c.fingerprint: c for c in local_mailbox(home, address).encryption}
    wrapped = [key for key in home.store.wrapped_keys(address) if key.fingerprint in by_print]
    return tuple(unlock(key.wrapped, officer, by_print[key.fingerprint]) for key in wrapped)


def add_user(
    home: Home, name: str, mailboxes: Iterable[Address], *, password: str, display_name: str = ""
) -> User:
    """Add a login that may send for `mailboxes` of this agency.

    Raises:
        DirectoryError: `mailbox-unknown`.
        ConfigurationError: `password-too-short`, `user-name-malformed`.
        StoreError: `user-exists`.
    """
    if not name or not name.isprintable() or len(name) > 100:
        raise ConfigurationError(
            "user-name-malformed", "wanted 1 to 100 printable characters", values={"name": name}
        )
    user = User(name, tuple(local_mailbox(home, address).address for address in mailboxes), display_name)
    home.store.add_user(user, make_verifier(password))
    return user


def disable_user(home: Home, name: str) -> None:
    """Let a login in no longer.

    Raises:
        StoreError: `user-unknown`.
    """
    home.store.disable_user(name)


def _holders(officers: Sequence[AuthorisedSigner]) -> list[Certificate]:
    return [officer.encryption for officer in officers if officer.encryption is not None]


def _refused(code: str, address: Address, **values: object) -> DirectoryError:
    said = {"mailbox": address, **values}
    return DirectoryError(code, f"found {address}", where=str(address), values=said)
