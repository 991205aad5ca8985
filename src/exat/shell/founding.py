"""How an agency comes to stand: its authority, its node, the first shared mailbox and its first officer.

Officers get three things in a folder of their own: a signature key, born here for the first officer or with
the officer (then a request comes instead), a decryption key, and a login. Passphrases are machine-made.

    with found(folder, plan, authority=authority, passphrase=passphrase, at=at) as home: ...
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from esign import Certificate, CertificateAuthority, Decryptor, Signer
from esign.ca.authority import make_passphrase
from esign.ca.request import Request, Subject
from esign.ca.request import read as read_request
from esign.io import disk
from esign.io.keystore import new_request, to_pkcs12
from exat.address import Address
from exat.errors import DirectoryError
from exat.records import AuthorisedSigner
from exat.shell.home import Home, make_home
from exat.shell.people import add_mailbox, add_user, authorise, mailbox_keys

OFFICERS = "officers"
SIGNATURE, DECRYPTION, PASSPHRASE, LOGIN = "signature.p12", "decryption.p12", "keys.pass", "login.pass"


@dataclass(frozen=True, slots=True)
class Plan:
    """What node is to be made: names, addresses, and perhaps its first mailbox and officer.

    `officer` is `Surname Given`; without `mailbox` there is neither. The login is the mailbox's address.
    """

    agency: str
    domain: str
    node: str
    submission: str = "127.0.0.1:0"
    relay: str = "127.0.0.1:0"
    advertised: str = ""
    stir: str = ""
    mailbox: Address | None = None
    mailbox_name: str = ""
    officer: str = ""


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer with both certificates, and the folder of their files: keys and passphrases."""

    name: str
    signature: Certificate
    encryption: Certificate
    folder: Path

    @property
    def authorised(self) -> AuthorisedSigner:
        """The entry of the directory."""
        return AuthorisedSigner(self.signature, self.name, self.encryption)

    @property
    def passphrase(self) -> str:
        """What opens both PKCS#12 files."""
        return (self.folder / PASSPHRASE).read_text("ascii").strip()

    def signer(self) -> Signer:
        """The officer's signature key, opened."""
        return Signer.from_pkcs12((self.folder / SIGNATURE).read_bytes(), self.passphrase)

    def decryptor(self) -> Decryptor:
        """The officer's decryption key, opened."""
        return Decryptor.from_pkcs12((self.folder / DECRYPTION).read_bytes(), self.passphrase)


@dataclass(frozen=True, slots=True)
class Founded:
    """A node that was made; `login` and `password` are the first officer's, empty without one."""

    home: Home
    officer: Officer | None = None
    login: str = ""
    password: str = field(default="", repr=False)


def found(
    folder: Path, plan: Plan, *, authority: CertificateAuthority, passphrase: str, at: datetime
) -> Founded:
    """Make the home of a node with what `plan` wants; the caller closes the home.

    Raises:
        ConfigurationError: `home-not-empty`, `config-invalid`.
        DirectoryError: `mailbox-elsewhere`.
        EsignError: what the authority refuses.
    """
    if plan.mailbox is not None and plan.mailbox.domain_key != plan.domain:
        values = {"mailbox": plan.mailbox, "domain": plan.domain}
        raise DirectoryError("mailbox-elsewhere", f"found {plan.mailbox}", values=values)
    home = make_home(
        folder,
        agency=plan.agency,
        domain=plan.domain,
        node=plan.node,
        authority=authority,
        passphrase=passphrase,
        at=at,
        submission=plan.submission,
        relay=plan.relay,
        advertised=plan.advertised,
        stir=plan.stir,
    )
    if plan.mailbox is None:
        return Founded(home)
    try:
        officer = new_officer(home, authority, plan.officer, (plan.mailbox,), at=at)
        name = plan.mailbox_name or plan.agency
        add_mailbox(home, authority, plan.mailbox, name=name, officers=[officer.authorised], at=at)
        password = new_login(home, str(plan.mailbox), (plan.mailbox,), folder=officer.folder)
    except BaseException:
        home.close()
        raise
    return Founded(home, officer, str(plan.mailbox), password)


def appoint(
    home: Home,
    authority: CertificateAuthority,
    name: str,
    mailboxes: Sequence[Address],
    *,
    at: datetime,
    unlocked_by: Decryptor,
    request: Request | None = None,
) -> Officer:
    """A further officer of mailboxes that `unlocked_by` opens: certified, entered, the mailbox keys wrapped.

    Raises:
        DirectoryError: `mailbox-unknown`, `officer-exists`.
        EsignError: `not-a-recipient` when `unlocked_by` does not open a mailbox; what the authority refuses.
    """
    for mailbox in mailboxes:
        mailbox_keys(home, mailbox, unlocked_by)
    if (home.folder / OFFICERS / folder_name(name)).exists():
        raise DirectoryError("officer-exists", f"found a folder of {name}", values={"officer": name})
    officer = new_officer(home, authority, name, mailboxes, at=at, request=request)
    for mailbox in mailboxes:
        authorise(
            home,
            mailbox,
            name=officer.name,
            certificate=officer.signature,
            encryption=officer.encryption,
            unlocked_by=unlocked_by,
        )
    return officer


def new_officer(
    home: Home,
    authority: CertificateAuthority,
    name: str,
    mailboxes: Sequence[Address],
    *,
    at: datetime,
    request: Request | None = None,
) -> Officer:
    """Certify an officer of this agency for both acts, and lay the files into a folder below the home.

    With `request` the signature key stays where it was born and only its certificate is laid there; without
    one it is made here. The decryption key is the authority's to make.

    Raises:
        FileExistsError: an officer of this name has a folder already.
        EsignError: what the authority refuses; nothing is laid down then.
    """
    surname, _, given = name.partition(" ")
    attributes = {"surname": surname, "given_name": given or surname}
    attributes["organization"] = home.config.agency.name
    subject = Subject.of(attributes, emails=[str(mailbox) for mailbox in mailboxes])
    passphrase = make_passphrase()
    (home.folder / OFFICERS).mkdir(mode=disk.PRIVATE_FOLDER, exist_ok=True)
    folder = home.folder / OFFICERS / folder_name(name)
    with disk.new_folder(folder) as draft:
        signature = _certify(authority, subject, draft, request, passphrase, at)
        made = authority.deliver("officer-encrypt-ec", subject, at=at, passphrase=passphrase)
        disk.write_private(draft / DECRYPTION, made.pkcs12)
        disk.write_private(draft / PASSPHRASE, passphrase.encode() + b"\n")
    return Officer(name, signature, made.certificate, folder)


def new_login(home: Home, login: str, mailboxes: Sequence[Address], *, folder: Path) -> str:
    """Add a login with a machine-made password, which is also laid into `folder`.

    Raises:
        StoreError: `user-exists`.
    """
    password = make_passphrase()
    add_user(home, login, mailboxes, password=password)
    disk.write_private(folder / LOGIN, password.encode() + b"\n")
    return password


def folder_name(name: str) -> str:
    """A name as a folder's: lower case, letters and digits, hyphens between words.

    >>> folder_name("Karimova Lo'la")
    'karimova-lo-la'
    """
    kept = (c if unicodedata.category(c)[0] in "LN" else " " for c in name.lower())
    return "-".join("".join(kept).split()) or "officer"


def _certify(
    authority: CertificateAuthority,
    subject: Subject,
    draft: Path,
    request: Request | None,
    passphrase: str,
    at: datetime,
) -> Certificate:
    key = b""
    if request is None:
        key, csr = new_request(dict(subject.attributes), passphrase=passphrase)
        request = read_request(csr)
    certificate = authority.issue("officer-sign", subject, at=at, request=request)
    chain = authority.export(certificate.serial_number)
    disk.write(draft / "signature.pem", chain)
    if key:
        packed = to_pkcs12(key, Certificate.load_all(chain), passphrase=passphrase, key_passphrase=passphrase)
        disk.write_private(draft / SIGNATURE, packed)
    return certificate
