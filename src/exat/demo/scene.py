"""Who plays: an authority, two agencies with homes, mailboxes, officers and a login.

Everything is made with the same acts as in production; keys are P-256 because they are quick.
"""

import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from esign import CertificateAuthority, Signer
from esign.io import disk
from exat.address import Address
from exat.errors import DirectoryError
from exat.records import Agency, Mailbox
from exat.shell.founding import Officer, Plan, found, new_officer
from exat.shell.home import Home
from exat.shell.peering import add_peer, export_bundle
from exat.shell.people import add_mailbox, authorise, local_mailbox

AUTHORITY: Final = "Namoyish sertifikat markazi"
SECRETS: Final = "secrets"
_KEY: Final = "p-256"


@dataclass(frozen=True, slots=True)
class Part:
    """What an agency plays: its folder and name, its office's mailbox and who signs for it.

    The last of `officers` who is not the first is another signer of the office; `other` is one more mailbox,
    with its name and, when it is not the first officer of the office, its own officer.
    """

    folder: str
    name: str
    domain: str
    office: tuple[str, str]
    officer: str
    colleague: str
    other: tuple[str, str]
    other_officer: str


ADLIYA: Final = Part(
    folder="adliya",
    name="Adliya vazirligi",
    domain="adliya.uz",
    office=("devon@adliya.uz", "Adliya vazirligi devonxonasi"),
    officer="Aliyev Anvar",
    colleague="Karimova Nodira",
    other=("vazir@adliya.uz", "Adliya vaziri"),
    other_officer="Yusupov Sardor",
)
MOLIYA: Final = Part(
    folder="moliya",
    name="Moliya vazirligi",
    domain="moliya.uz",
    office=("devon@moliya.uz", "Moliya vazirligi devonxonasi"),
    officer="Rahimov Botir",
    colleague="",
    other=("kadrlar@moliya.uz", "Moliya vazirligi kadrlar bo'limi"),
    other_officer="",
)


@dataclass(frozen=True, slots=True)
class Side:
    """An agency on the stage: `officer` writes or reads, `colleague` signs for the same mailbox.

    `office` is the shared mailbox, `other` one that the login may not send for. `passphrase` opens the node's
    keys; `login` and `password` are those of the office.
    """

    part: Part
    home: Home
    office: Mailbox
    other: Mailbox
    officer: Officer
    colleague: Officer
    seal: Signer = field(repr=False)
    passphrase: str = field(repr=False)
    login: str
    password: str = field(repr=False)

    @property
    def agency(self) -> Agency:
        """The agency as its bundle tells it now."""
        return self.home.own()


def make_authority(folder: Path, *, at: datetime) -> CertificateAuthority:
    """A root with two authorities below it, in `ca` of the workspace."""
    passphrase = new_secret(folder, "ca.pass")
    return CertificateAuthority.create(
        folder / "ca", organization=AUTHORITY, passphrase=passphrase, at=at, key=_KEY
    )


def make_side(folder: Path, part: Part, authority: CertificateAuthority, *, at: datetime) -> Side:
    """An agency with its home in the workspace; the caller closes the home."""
    passphrase = new_secret(folder, f"{part.folder}.pass")
    office, other = (Address.parse(spelled) for spelled, _ in (part.office, part.other))
    plan = Plan(
        agency=part.name,
        domain=part.domain,
        node=f"exat.{part.domain}",
        mailbox=office,
        mailbox_name=part.office[1],
        officer=part.officer,
    )
    founded = found(folder / part.folder, plan, authority=authority, passphrase=passphrase, at=at)
    with ExitStack() as undo:
        home = undo.enter_context(founded.home)
        if founded.officer is None:
            raise ValueError("a plan with an officer gave none")
        colleague = holder = founded.officer
        if part.colleague:
            colleague = _colleague(home, authority, part.colleague, office, founded.officer, at=at)
        if part.other_officer:
            holder = new_officer(home, authority, part.other_officer, (other,), at=at)
        added = add_mailbox(home, authority, other, name=part.other[1], officers=[holder.authorised], at=at)
        side = Side(
            part=part,
            home=home,
            office=local_mailbox(home, office),
            other=added,
            officer=founded.officer,
            colleague=colleague,
            seal=home.seal(passphrase),
            passphrase=passphrase,
            login=founded.login,
            password=founded.password,
        )
        undo.pop_all()
    return side


def _colleague(
    home: Home, authority: CertificateAuthority, name: str, office: Address, first: Officer, *, at: datetime
) -> Officer:
    """One more officer of the office: the first one unlocks the mailbox key, it is wrapped to both."""
    officer = new_officer(home, authority, name, (office,), at=at)
    authorise(
        home,
        office,
        name=name,
        certificate=officer.signature,
        encryption=officer.encryption,
        unlocked_by=first.decryptor(),
    )
    return officer


def join(sides: Sequence[Side], *, at: datetime) -> tuple[str, ...]:
    """Each agency takes the other's bundle; gives the fingerprints that people were asked to compare.

    What they compare with comes by another way: here it is read from the other agency's own root.
    """
    asked = []
    first, second = sides
    for giver, taker in ((first, second), (second, first)):
        bundle = export_bundle(giver.home, giver.seal, at=at)
        asked.append(_asked(taker, bundle, at=at))
        add_peer(taker.home, bundle, at=at, root_fingerprint=giver.agency.roots[0].fingerprint)
    return tuple(asked)


def _asked(taker: Side, bundle: bytes, *, at: datetime) -> str:
    """The fingerprint that must be compared at first contact; empty when the bundle was taken without."""
    try:
        add_peer(taker.home, bundle, at=at)
    except DirectoryError as e:
        return str(e.values.get("fingerprint", e.code))
    return ""


def new_secret(folder: Path, name: str) -> str:
    """A machine-made secret, kept as one line in `secrets` of the workspace."""
    secret, place = secrets.token_urlsafe(24), folder / SECRETS
    if not place.is_dir():
        disk.make_private_folder(place)
    disk.write_private(place / name, f"{secret}\n".encode())
    return secret
