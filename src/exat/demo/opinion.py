"""The second opinion: `openssl` judges signatures and decryption with nothing of ours.

Only OpenSSL 3 knows the authenticated envelope (RFC 5083 §2); what is older is not asked.
"""

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from exat.demo.narration import Act

_TIMEOUT: Final = 60
_VERSION: Final = re.compile(r"OpenSSL ([3-9]|\d\d)\.")
OUTER: Final = "cms -verify -in letter.eml -CAfile root.pem -out {work}inner.eml"
KEY: Final = "pkcs12 -in recipient.p12 -passin file:recipient.pass -nodes -out {work}recipient.pem"
OPENING: Final = (
    "cms -decrypt -in {work}inner.eml -recip {work}recipient.pem -inkey {work}recipient.pem "
    "-out {work}signed.eml"
)
INNER: Final = "cms -verify -in {work}signed.eml -CAfile root.pem -out {work}payload.eml"
COMMANDS: Final = (OUTER, KEY, OPENING, INNER)
"""What is asked of openssl, in order, in the folder where the letter was kept."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What openssl made of the letter: the signed payload that it found inside."""

    version: str
    payload: bytes


def openssl() -> tuple[str, str]:
    """The path of openssl and what it says it is; both empty where there is none.

    >>> _short("OpenSSL 3.0.22 25 Aug 2026 (Library: OpenSSL 3.0.22 25 Aug 2026)")
    'OpenSSL 3.0.22'
    """
    path = shutil.which("openssl")
    if path is None:
        return "", ""
    return path, _short(_run(path, ["version"], Path("/")))


def _short(version: str) -> str:
    return " ".join(version.split()[:2])


def ask(this: Act, folder: Path, payload: bytes) -> None:
    """Ask openssl about `letter.eml`, `root.pem`, `recipient.p12` and `recipient.pass` in `folder`.

    Raises:
        DemoFailed: it judges otherwise, or finds another payload than `payload`.
    """
    path, version = openssl()
    if not path:
        this.say("demo-openssl-absent")
        return
    if not _VERSION.match(version):
        this.say("demo-openssl-old", version=version)
        return
    lines = ("demo-openssl-outer", "", "demo-openssl-opened", "demo-openssl-inner")
    with tempfile.TemporaryDirectory(prefix=".openssl-", dir=folder) as work:
        prefix = f"{Path(work).name}/"
        for command, line in zip(COMMANDS, lines, strict=True):
            _run(path, command.format(work=prefix).split(), folder)
            if line:
                this.say(line, version=version)
        found = (Path(work) / "payload.eml").read_bytes()
    this.expect(True, found == payload, "openssl finds the payload that was read")


def _run(path: str, arguments: list[str], folder: Path) -> str:
    """What openssl answers.

    Raises:
        RuntimeError: it says no.
    """
    ran = subprocess.run(  # noqa: S603 (a program of the machine, on our own files)
        [path, *arguments], cwd=folder, capture_output=True, timeout=_TIMEOUT, check=False, text=True
    )
    if ran.returncode != 0:
        said = " ".join((ran.stderr or ran.stdout).split())
        raise RuntimeError(f"openssl {' '.join(arguments[:2])} ended with {ran.returncode}: {said[:300]}")
    return ran.stdout
