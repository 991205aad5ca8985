"""What is left in a folder for whoever wants to look: the letter, the refused ones, the evidence, a guide.

The homes, the authority, people's keys and secrets stand there already: they are the workspace.
"""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from esign import Certificate, Decryptor
from esign.io import disk
from esign.io.keystore import decryptor_to_pkcs12
from exat.demo.letters import asset
from exat.demo.refusals import Refused
from exat.demo.scene import Side

README: Final = "README.md"


def keep_letter(folder: Path, raw: bytes, key: Decryptor, root: Certificate) -> None:
    """What a second opinion needs: `letter.eml`, `root.pem`, `recipient.p12`, `recipient.pass`."""
    passphrase = secrets.token_urlsafe(24)
    (folder / "letter.eml").write_bytes(raw)
    (folder / "root.pem").write_bytes(root.pem)
    pkcs12 = decryptor_to_pkcs12(key, passphrase=passphrase, name="recipient")
    disk.write_private(folder / "recipient.p12", pkcs12)
    disk.write_private(folder / "recipient.pass", f"{passphrase}\n".encode())


def keep_rest(folder: Path, sides: Sequence[Side], refused: Sequence[Refused]) -> None:
    """`README.md`, `refused/` with each letter and its reply, `evidence/` with each record."""
    _keep_refused(folder / "refused", refused)
    _keep_evidence(folder / "evidence", sides)
    (folder / README).write_bytes(asset("kept.md"))


def _keep_refused(folder: Path, refused: Sequence[Refused]) -> None:
    folder.mkdir()
    for number, each in enumerate(refused, 1):
        base = folder / f"{number}-{each.name}"
        base.with_suffix(".msg").write_bytes(each.letter.raw)
        told = "".join(f"{line}\n" for line in (each.reply, each.note) if line)
        base.with_suffix(".txt").write_bytes(told.encode())


def _keep_evidence(folder: Path, sides: Sequence[Side]) -> None:
    folder.mkdir()
    for side in sides:
        for record in side.home.store.evidence():
            base = folder / f"{side.part.folder}-{record.sequence:04}-{record.event.value}"
            base.with_suffix(".p7m").write_bytes(record.cms)
            base.with_suffix(".json").write_bytes(record.content)
