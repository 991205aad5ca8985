"""A letter made and sent by programs of others, in the form that Thunderbird sends; both agencies read it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from esign import Certificate
from exat.policy import Verdict
from tests.e2e.agencies import PASSPHRASE, PASSWORD, House, eventually, now, running, two_agencies
from tests.peers import require, run

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

ENTITY = (
    'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSalom, дўстлар\r\n'
)


@pytest.fixture(scope="module")
def agencies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, House]]:
    with two_agencies(tmp_path_factory.mktemp("ordinary")) as made, running(*made):
        yield made


def _letter(folder: Path, author: House, to: list[House], *, keys: list[Certificate], number: int) -> Path:
    """Signed (multipart/signed), then encrypted with AES-256-CBC, also to the sender; by openssl alone."""
    openssl = require("openssl")
    signer = author.officer.signer
    (folder / "entity").write_bytes(ENTITY.encode())
    (folder / "signer.pem").write_bytes(Certificate.load(signer.certificate).pem)
    (folder / "chain.pem").write_bytes(b"".join(Certificate.load(c).pem for c in signer.chain))
    (folder / "key.pem").write_bytes(author.officer.key)
    for position, key in enumerate(keys):
        (folder / f"to{position}.pem").write_bytes(key.pem)
    sign: list[str | Path] = [openssl, "cms", "-sign", "-md", "sha256", "-crlfeol", "-in", folder / "entity"]
    sign += [
        "-signer",
        folder / "signer.pem",
        "-certfile",
        folder / "chain.pem",
        "-inkey",
        folder / "key.pem",
    ]
    signed = run([*sign, "-passin", f"pass:{PASSPHRASE}", "-out", folder / "signed"])
    assert signed.returncode == 0, signed.stderr
    # openssl ends its own lines with LF; a mail program does not.
    (folder / "signed").write_bytes(_with_crlf((folder / "signed").read_bytes()))
    encrypt: list[str | Path] = [openssl, "cms", "-encrypt", "-aes-256-cbc", "-binary", "-crlfeol"]
    encrypt += ["-in", folder / "signed", "-out", folder / "encrypted"]
    encrypted = run([*encrypt, *(folder / f"to{position}.pem" for position in range(len(keys)))])
    assert encrypted.returncode == 0, encrypted.stderr
    recipients = ", ".join(str(house.mailbox) for house in to)
    header = (
        f"From: {author.mailbox}\r\nTo: {recipients}\r\nSubject: ...\r\nMessage-ID: <{number}@adliya.uz>\r\n"
        f"Date: {now().strftime('%a, %d %b %Y %H:%M:%S +0000')}\r\n"
    )
    body = _with_crlf((folder / "encrypted").read_bytes())
    (folder / "letter.eml").write_bytes(header.encode() + body)
    return folder / "letter.eml"


def _with_crlf(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _swaks(sender: House, letter: Path, to: list[House]) -> tuple[int, str]:
    swaks = require("swaks")
    host, _, port = sender.home.config.listen.submission.rpartition(":")
    told = run(
        [swaks, "--server", host, "--port", port, "--tls-on-connect", "--helo", "client.adliya.uz"]
        + ["--auth", "PLAIN", "--auth-user", "clerk", "--auth-password", PASSWORD]
        + ["--from", str(sender.mailbox), "--to", ",".join(str(house.mailbox) for house in to)]
        + ["--data", f"@{letter}", "--hide-all"]
        + ["--silent", "0"]
    )
    return told.returncode, (told.stdout + told.stderr).decode()


def test_a_letter_to_two_agencies_is_wrapped_delivered_and_read(
    agencies: tuple[House, House], tmp_path: Path
) -> None:
    a, b = agencies
    letter = _letter(tmp_path, a, [a, b], keys=[a.certificate, b.certificate], number=1)
    code, said = _swaks(a, letter, [a, b])
    assert code == 0, said
    eventually(lambda: len(a.inbox()) == 1 and len(b.inbox()) == 1)
    for house in (a, b):
        reading = house.read(house.inbox()[-1])
        assert reading.decision.verdict is Verdict.ACCEPT, reading.decision
        assert reading.letter is not None and reading.letter.text == "Salom, дўстлар\n"
        assert reading.signer is not None and reading.signer.name == "Aliyev Anvar"


def test_a_letter_that_is_not_for_its_recipient_is_refused_with_the_reason(
    agencies: tuple[House, House], tmp_path: Path
) -> None:
    a, b = agencies
    before = len(b.inbox())
    letter = _letter(tmp_path, a, [b], keys=[a.certificate], number=2)
    code, said = _swaks(a, letter, [b])
    assert code != 0, said
    assert len(b.inbox()) == before
    assert a.home.store.evidence()[-1].content.count(b"recipient-not-encrypted-to")
