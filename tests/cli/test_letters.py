"""Letters through a running node: what the clerk sees when it works, and when it is refused."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from esign import CertificateAuthority, Signer
from esign.ca.request import Subject
from esign.io.clock import now
from exat.address import Address
from exat.records import Consign, Keep, MessageKey, StoredLetter
from exat.shell import clerk, sending, serve
from exat.shell.founding import Founded, Plan, found
from exat.shell.home import open_home
from exat_cli.failures import Exit, explained, status_of
from tests.cli.sessions import Said, exat
from tests.cli.walks import ROOT

pytestmark = pytest.mark.e2e

MAILBOX = "kanselyariya@adliya.uz"
OFFICER = "home/officers/aliyev-anvar"
READ = ("--key", f"{OFFICER}/decryption.p12", "--passphrase", f"file:{OFFICER}/keys.pass")
SIGN = ("--key", f"{OFFICER}/signature.p12", "--passphrase", f"file:{OFFICER}/keys.pass")
NODE = ("--node-passphrase", "file:node.pass")
PASSWORD = ("--password", f"file:{OFFICER}/login.pass")


@dataclass(frozen=True)
class World:
    """A node that runs, its authority, and a way to talk to it."""

    folder: Path
    process: subprocess.Popen[bytes] | None

    def exat(self, *arguments: str, language: str = "C") -> Said:
        """A command of a clerk of this node."""
        env = {"EXAT_HOME": "home", "LANG": language}
        return exat(*arguments, folder=self.folder, env=env)

    def draft(self, *arguments: str, subject: str = "Yillik hisobot", text: str = "Salom") -> str:
        """The identifier of a draft to the own mailbox."""
        said = self.exat(
            "mail",
            "draft",
            "--from",
            MAILBOX,
            "--to",
            MAILBOX,
            "--subject",
            subject,
            "--text",
            text,
            *arguments,
        )
        assert said.status == 0, said.stderr
        return said.text.strip()

    def sent(self, *arguments: str, text: str = "Salom") -> str:
        """The node's name of a letter that it took."""
        identifier = self.draft(*arguments, text=text)
        assert self.exat("mail", "sign", identifier, *SIGN).status == 0
        said = self.exat("mail", "send", identifier, *PASSWORD)
        assert said.status == 0, said.stderr
        return said.text.strip()

    def read(self, *arguments: str, language: str = "C") -> Said:
        """The officer opens a letter."""
        return self.exat("mail", "read", *arguments, *READ, *NODE, language=language)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("node")
    (folder / "node.pass").write_text("fluffy dice\n")
    made(folder).home.close()
    roots = ":".join(str(ROOT / name) for name in ("src", "cli", "keys"))
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from exat_cli.main import main; main()",
            *("node", "serve", "--home", "home", "--node-passphrase", "file:node.pass"),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": roots, "LANG": "C"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        wait_for_node(folder, process)
        yield World(folder, process)
    finally:
        process.terminate()
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out.startswith(b"the node listens: users at 127.0.0.1:")
    assert err.endswith(b"the node has stopped\n")


def made(folder: Path) -> Founded:
    plan = Plan(
        "Adliya vazirligi",
        "adliya.uz",
        "mx.adliya.uz",
        mailbox=Address.parse(MAILBOX),
        officer="Aliyev Anvar",
    )
    authority = CertificateAuthority.create(
        folder / "ca", organization="Adliya vazirligi", passphrase="blue kettle", at=now(), key="p-256"
    )
    with authority:
        return found(folder / "home", plan, authority=authority, passphrase="fluffy dice", at=now())


def wait_for_node(folder: Path, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while serve.runtime(folder / "home") is None:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_verdict_stands_before_the_letter(world: World) -> None:
    (world.folder / "hisobot.pdf").write_bytes(b"%PDF-1.7 \xff\x00")
    key = world.sent(
        "--attach", "hisobot.pdf", "--outgoing-number", "12/345", "--due", "2027-12-31", "--executor", "Lola",
        text="Assalomu alaykum\nҲурмат билан",
    )  # fmt: skip
    said = world.read(key, "--save-attachments", "saved", "--eml", "letter.eml")
    assert said.status == 0, said.stderr
    assert said.text.splitlines() == [
        "VALID",
        "Signed by: Aliyev Anvar",
        f"From: Adliya vazirligi <{MAILBOX}>",
        f"To: {MAILBOX}",
        next(line for line in said.text.splitlines() if line.startswith("Date: ")),
        "Subject: Yillik hisobot",
        "Sender: Adliya vazirligi",
        "Number: 12/345",
        "Due: 2027-12-31",
        "Executor: Lola",
        "Attachment: hisobot.pdf (11)",
        "",
        "Assalomu alaykum",
        "Ҳурмат билан",
    ]
    assert (world.folder / "saved" / "hisobot.pdf").read_bytes() == b"%PDF-1.7 \xff\x00"
    eml = (world.folder / "letter.eml").read_bytes()
    assert b"Subject: [...]" in eml
    assert b"hisobot" not in eml
    again = world.read(key, "--save-attachments", "saved")
    assert again.status == 2
    assert "[file-exists]" in again.stderr


def test_json_says_the_same_without_words(world: World) -> None:
    key = world.sent(text="Salom")
    said = json.loads(world.read(key, "--json", language="ru_RU.UTF-8").text)
    assert said["schema"] == "exat.mail-read/1"
    assert (said["verdict"], said["code"], said["signer"]) == ("accept", None, "Aliyev Anvar")
    assert (said["subject"], said["text"], said["protected"]) == ("Yillik hisobot", "Salom", True)


def test_the_first_reading_is_attested_once(world: World) -> None:
    key = world.sent()
    for _ in range(2):
        assert world.read(key).status == 0
    shown = json.loads(world.exat("evidence", "show", key, "--json").text)
    events = [record["record"]["ERDSEventId"].rpartition("/")[2] for record in shown["records"]]
    assert events == ["SubmissionAcceptance", "ContentConsignment", "ContentHandover"]
    assert shown["records"][-1]["record"]["Extensions"]["details"] == {"officer": "Aliyev Anvar"}
    trail = world.exat("trace", key, language="uz_UZ.UTF-8").text
    assert "handed-over" in trail
    assert "ContentHandover  #" in trail
    assert world.exat("evidence", "verify").status == 0


def test_without_a_name_the_oldest_unread_letter_is_read(world: World) -> None:
    while world.read("--mailbox", MAILBOX).status == 0:
        pass
    first, second = world.sent(text="bir"), world.sent(text="ikki")
    assert world.read("--mailbox", MAILBOX).text.endswith("bir\n")
    assert world.read("--mailbox", MAILBOX).text.endswith("ikki\n")
    assert "[nothing-to-read]" in world.read("--mailbox", MAILBOX).stderr
    listed = world.exat("mail", "list", "--mailbox", MAILBOX).text
    assert first in listed
    assert second in listed
    assert f"{first}  " in world.exat("mail", "list", "--mailbox", MAILBOX, "--sent").text


def test_draft_sign_and_send_are_separate_acts(world: World) -> None:
    identifier = world.draft()
    early = world.exat("mail", "send", identifier, *PASSWORD)
    assert (early.status, "[draft-not-signed]" in early.stderr) == (1, True)
    assert world.exat("mail", "sign", identifier, *SIGN).status == 0
    twice = world.exat("mail", "sign", identifier, *SIGN)
    assert (twice.status, "[draft-signed]" in twice.stderr) == (1, True)
    drafts = world.exat("mail", "list", "--mailbox", MAILBOX, "--drafts").text
    assert f"{identifier}  " in drafts
    assert world.exat("mail", "send", identifier, *PASSWORD).status == 0
    late = world.exat("mail", "send", identifier, *PASSWORD)
    assert (late.status, "[draft-sent]" in late.stderr) == (1, True)


def test_a_wrong_password_is_told_and_ends_with_5(world: World) -> None:
    identifier = world.draft()
    world.exat("mail", "sign", identifier, *SIGN)
    said = world.exat("mail", "send", identifier, "--password", "file:node.pass", language="uz_UZ.UTF-8")
    assert said.status == 5
    assert said.stderr.startswith("exat: ")
    assert "[login-refused]" in said.stderr


def test_a_signer_who_is_not_entered_is_refused_before_anything_is_sent(world: World) -> None:
    with CertificateAuthority.open(world.folder / "ca", "blue kettle") as authority:
        stranger(authority, world.folder)
    identifier = world.draft()
    said = world.exat(
        "mail", "sign", identifier, "--key", "stranger.p12", "--passphrase", "file:node.pass", language="ru"
    )
    assert said.status == 1
    assert (
        f"не уполномочен подписывать за {MAILBOX}" in said.stderr or "[signer-not-authorised]" in said.stderr
    )


def stranger(authority: CertificateAuthority, folder: Path) -> Signer:
    """Somebody whom the authority knows and the directory does not."""
    from esign.ca.request import read as read_request
    from esign.io.keystore import new_request, to_pkcs12

    word = "fluffy dice"
    key, csr = new_request({"surname": "Begona", "given_name": "Odam"}, passphrase=word)
    subject = Subject.of({"organization": "Adliya vazirligi"}, emails=["begona@adliya.uz"])
    certificate = authority.issue("officer-sign", subject, at=now(), request=read_request(csr))
    packed = to_pkcs12(key, [certificate], passphrase=word, key_passphrase=word)
    (folder / "stranger.p12").write_bytes(packed)
    return Signer.from_pkcs12(packed, word)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("C", "the letter is not signed; sign it and send it again"),
        ("ru_RU.UTF-8", "письмо не подписано; подпишите его и отправьте снова"),
        ("uz_UZ.UTF-8", "xat imzolanmagan; uni imzolab, qayta yuboring"),
        ("uz_UZ.UTF-8@cyrillic", "хат имзоланмаган; уни имзолаб, қайта юборинг"),
    ],
)
def test_a_refusal_is_told_in_the_language_of_the_clerk(language: str, words: str, world: World) -> None:
    identifier = world.draft()
    with open_home(world.folder / "home") as home:
        plain = f"From: {MAILBOX}\r\nTo: {MAILBOX}\r\nDate: Mon, 23 Nov 2026 10:00:00 +0500\r\n".encode()
        plain += f"Message-ID: <{identifier}@adliya.uz>\r\n\r\nSalom\r\n".encode()
        address = Address.parse(MAILBOX)
        home.store.put_draft(identifier, address, state=clerk.DraftState.SIGNED, payload=plain)
    said = world.exat("mail", "send", identifier, *PASSWORD, language=language)
    assert (said.status, said.stderr) == (1, f"exat: {words} [unsigned-letter]\n")


def test_what_a_refusal_speaks_of_is_found_in_its_words() -> None:
    said = (
        "553 5.7.1 the login may not send for this mailbox: the login anvar may not send for dev@a.uz; "
        "choose a mailbox of your own or as [sender-not-allowed]"
    )
    assert sending.refusal_values("sender-not-allowed", said) == {"login": "anvar", "mailbox": "dev@a.uz"}
    assert sending.refusal_values("sender-not-allowed", "553 cut") == {}
    assert sending.refusal_values("letter-refused", "550 no") == {"found": "550 no"}


def test_a_refusal_that_was_cut_is_told_in_the_words_of_the_node() -> None:
    cut = "550 5.1.1 no such mailbox here: there is no mai [unknown-recipient]"
    whole = "550 5.1.1 no such mailbox here: there is no mailbox a@b.uz in the directory [unknown-recipient]"
    assert explained(sending.LetterRefused("unknown-recipient", cut), "ru") == cut
    told = explained(sending.LetterRefused("unknown-recipient", whole), "ru")
    assert "a@b.uz" in told
    assert not told.isascii()
    assert status_of(sending.LetterRefused("unknown-recipient", whole)) is Exit.REFUSED
    assert status_of(sending.LetterDeferred("rate-limited", "450 4.7.1 later")) is Exit.UNREACHABLE


def test_a_node_that_does_not_run_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "node.pass").write_text("fluffy dice\n")
    made(tmp_path).home.close()
    world = World(tmp_path, None)
    identifier = world.draft()
    assert world.exat("mail", "sign", identifier, *SIGN).status == 0
    said = world.exat("mail", "send", identifier, *PASSWORD, "--wait", "0.3", language="ru_RU.UTF-8")
    assert (said.status, "[node-unreachable]" in said.stderr) == (6, True)
    assert world.exat("mail", "send", identifier, *PASSWORD, "--json").stderr.startswith("{")


def test_status_tells_that_the_node_runs(world: World) -> None:
    said = json.loads(world.exat("node", "status", "--json").text)
    assert said["running"] is True
    assert world.process is not None
    assert said["pid"] == world.process.pid
    assert not any(each["expired"] for each in said["runs_out"])
    assert world.exat("doctor").status == 0


def test_a_second_node_on_the_same_home_is_refused(world: World) -> None:
    said = world.exat("node", "serve", "--home", "home", *NODE)
    assert (said.status, "[node-running]" in said.stderr) == (7, True)


def test_a_letter_of_a_revoked_signer_is_not_valid(tmp_path: Path) -> None:
    """The officer's certificate is revoked between sending and reading."""
    (tmp_path / "node.pass").write_text("fluffy dice\n")
    agency = made(tmp_path)
    assert agency.officer is not None
    officer = agency.officer
    with agency.home as home:
        address = Address.parse(MAILBOX)
        letter = clerk.seal_letter(
            home, clerk.Composition(address, (address,), "Hisobot", "Salom"), officer.signer(), at=now()
        )
        deliver(home, letter, agency)
        with CertificateAuthority.open(tmp_path / "ca", "blue kettle") as authority:
            authority.revoke(officer.signature.serial_number, at=now(), reason="keyCompromise")
            authority.publish_crls(at=now() + timedelta(seconds=1))
    said = exat(
        "mail", "read", letter.message_id, "--home", "home", *READ, *NODE, folder=tmp_path, env={"LANG": "uz"}
    )
    assert said.status == 1, said.text + said.stderr
    assert said.text.splitlines()[0] == "HAQIQIY EMAS [signer-revoked]"


def deliver(home: clerk.Home, letter: clerk.SignedLetter, agency: Founded) -> None:
    """Take a letter in as the node's desk does, without its door."""
    import asyncio

    from exat.records import Envelope, Submission
    from exat.shell.desk import NodeDesk

    desk = NodeDesk(home.store, home.directory(now()), seal=home.seal("fluffy dice"), clock=now)
    user = home.store.user(agency.login)
    assert user is not None
    reply = asyncio.run(desk.take(Submission(user), Envelope(letter.sender, letter.recipients), letter.raw))
    assert reply.code == 250, reply


def test_what_the_outer_signature_forbids_is_neither_opened_nor_attested(tmp_path: Path) -> None:
    """One octet of the envelope was changed after signing, on the way between nodes."""
    (tmp_path / "node.pass").write_text("fluffy dice\n")
    agency = made(tmp_path)
    assert agency.officer is not None
    with agency.home as home:
        address = Address.parse(MAILBOX)
        composition = clerk.Composition(address, (address,), "Hisobot", "Salom")
        letter = clerk.seal_letter(home, composition, agency.officer.signer(), at=now())
        middle = letter.raw.index(b"smime.p7m") + 600
        changed = b"A" if letter.raw[middle : middle + 1] != b"A" else b"B"
        raw = letter.raw[:middle] + changed + letter.raw[middle + 1 :]
        digest, key = hashlib.sha256(raw).hexdigest(), MessageKey("0123456789")
        stored = StoredLetter(key, letter.message_id, address, digest, now(), raw)
        home.store.commit((Keep(stored), Consign(key, address))).result()
    said = exat("mail", "read", "0123456789", "--home", "home", *READ, *NODE, folder=tmp_path)
    assert said.status == 1, said.stderr
    lines = said.text.splitlines()
    assert lines[0] == "NOT VALID [signature-invalid]"
    assert not [line for line in lines if line.startswith(("Subject:", "Signed by:", "Salom"))]
    assert exat("evidence", "show", "--home", "home", folder=tmp_path).text == "there is no evidence\n"


def test_the_records_of_a_chain_are_counted_by_questions(tmp_path: Path) -> None:
    (tmp_path / "node.pass").write_text("fluffy dice\n")
    agency = made(tmp_path)
    assert agency.officer is not None
    with agency.home as home:
        address = Address.parse(MAILBOX)
        for wanted in (2, 4, 6):
            composition = clerk.Composition(address, (address,), "Hisobot", "Salom")
            deliver(home, clerk.seal_letter(home, composition, agency.officer.signer(), at=now()), agency)
            status = exat("node", "status", "--home", "home", "--json", folder=tmp_path)
            assert json.loads(status.text)["evidence"] == wanted


def test_a_chain_that_was_changed_is_not_valid(tmp_path: Path) -> None:
    import sqlite3

    (tmp_path / "node.pass").write_text("fluffy dice\n")
    agency = made(tmp_path)
    assert agency.officer is not None
    with agency.home as home:
        address = Address.parse(MAILBOX)
        letter = clerk.seal_letter(
            home,
            clerk.Composition(address, (address,), "Hisobot", "Salom"),
            agency.officer.signer(),
            at=now(),
        )
        deliver(home, letter, agency)
    good = exat("evidence", "verify", "--home", "home", folder=tmp_path)
    assert good.status == 0, good.stderr
    with sqlite3.connect(tmp_path / "home" / "store.sqlite") as database:
        for trigger in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f"drop trigger {trigger[0]}")
        changed = "cast(replace(cast(content as text), 'adliya', 'begona') as blob)"
        database.execute(f"update evidence set content = {changed} where sequence = 1")  # noqa: S608
    said = exat("evidence", "verify", "--home", "home", "--json", folder=tmp_path)
    assert said.status == 1, said.text
    shown = json.loads(said.text)
    assert (shown["indication"], shown["broken_at"]) == ("TOTAL-FAILED", 1)


def test_the_node_stops_on_sigterm_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "node.pass").write_text("fluffy dice\n")
    made(tmp_path).home.close()
    roots = ":".join(str(ROOT / name) for name in ("src", "cli", "keys"))
    process = subprocess.Popen(
        [sys.executable, "-c", "from exat_cli.main import main; main()", "node", "serve", "--json"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": roots,
            "EXAT_HOME": "home",
            "EXAT_NODE_PASSPHRASE": "file:node.pass",
            "LANG": "C",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        wait_for_node(tmp_path, process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0
    assert json.loads(out)["schema"] == "exat.node-serve/1"
    assert err == b"the node has stopped\n"
