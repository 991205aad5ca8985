"""The demonstration: it shows what it says, fails when reality differs, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from exat.address import Address
from exat.demo import DemoFailed, Line, Stage, TellingFailed, own_attachment
from exat.demo.letters import changed, letter_text
from exat.demo.narration import act
from exat.shell.clerk import SignedLetter
from exat_cli.main import cli
from tests.house.tree import ROOT

pytestmark = pytest.mark.e2e

PROGRAM = "from exat_cli.main import main; main()"
EVENTS = ("SubmissionAcceptance", "RelayAcceptance", "ContentConsignment", "ContentHandover")
REFUSED = {
    "1-unsigned": "unsigned-letter",
    "2-forged-from": "sender-not-allowed",
    "3-encrypted-to-another": "recipient-not-encrypted-to",
    "4-changed-in-transit": "signature-invalid",
    "5-revoked-signer": "signer-revoked",
}


@dataclass(frozen=True)
class Kept:
    folder: Path
    document: Mapping[str, Any]

    def values(self, code: str) -> list[Mapping[str, Any]]:
        return [step["values"] for step in self.document["steps"] if step["code"] == code]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("demo") / "below" / "kept"
    ran = CliRunner().invoke(cli, ["--language", "uz", "demo", "--json", "--keep", str(folder)])
    assert ran.exit_code == 0, ran.output
    return Kept(folder, json.loads(ran.stdout))


def start(tmp_path: Path, *arguments: str, path: str = "") -> subprocess.Popen[str]:
    """`exat demo` with an empty home, a temporary folder of its own, and only `path` for programs."""
    for name in ("home", "temporary", "here"):
        (tmp_path / name).mkdir()
    roots = os.pathsep.join(str(ROOT / name) for name in ("src", "cli", "keys"))
    return subprocess.Popen(
        [sys.executable, "-u", "-B", "-c", PROGRAM, *arguments],
        cwd=tmp_path / "here",
        env={
            "HOME": str(tmp_path / "home"),
            "TMPDIR": str(tmp_path / "temporary"),
            "PATH": path,
            "PYTHONPATH": roots,
            "PYTHONIOENCODING": "utf-8",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        preexec_fn=_mind_interrupts,
    )


def _mind_interrupts() -> None:
    """A shell that starts the tests in the background makes its children deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def left_behind(tmp_path: Path) -> list[str]:
    return [str(found) for name in ("home", "temporary", "here") for found in (tmp_path / name).iterdir()]


def test_every_act_is_told_in_its_order(kept: Kept) -> None:
    assert kept.document["schema"] == "exat.demo/1"
    assert kept.document["done"] is True
    stages = [step["stage"] for step in kept.document["steps"]]
    assert list(dict.fromkeys(stages)) == [stage.name.lower() for stage in Stage]


def test_the_letter_is_accepted_delivered_and_read_as_valid(kept: Kept) -> None:
    assert kept.values("demo-accepted")[0]["reply"].startswith("250 2.6.0 accepted as ")
    verdict = kept.values("demo-verdict")[0]
    assert (verdict["indication"], verdict["verdict"]["code"]) == ("TOTAL-PASSED", "verdict-valid")
    assert verdict["signer"] == "Aliyev Anvar"
    assert kept.values("demo-requisites")[0]["number"] == "01-12/345"
    texts = [values["line"] for values in kept.values("demo-text")]
    assert texts == ["Assalomu alaykum, hurmatli hamkasblar!", "Ассалому алайкум, ҳурматли ҳамкасблар!"]


def test_each_refusal_is_told_with_code_and_reason_in_the_language_of_the_reader(kept: Kept) -> None:
    told = [step for step in kept.document["steps"] if step["code"].startswith("demo-refused-")]
    assert [step["values"]["finding"] for step in told] == list(REFUSED.values())
    assert all(step["values"]["reply"].startswith(("550 5.7.", "553 5.7.")) for step in told)
    assert "xat imzolanmagan" in told[0]["message"]
    assert "vazir@adliya.uz" in told[1]["message"]
    assert "?" not in "".join(step["message"] for step in told)


def test_what_was_refused_is_kept_with_its_reply(kept: Kept) -> None:
    folder = kept.folder / "refused"
    assert sorted(path.stem for path in folder.glob("*.msg")) == sorted(REFUSED)
    for name, code in REFUSED.items():
        reply = (folder / f"{name}.txt").read_text("utf-8").splitlines()[0]
        assert reply.startswith("55")
        assert reply.endswith(f"[{code}]")
        raw = (folder / f"{name}.msg").read_bytes()
        assert raw.count(b"\n") == raw.count(b"\r\n") > 10


def test_the_delivered_letter_is_kept_as_it_crossed_the_wire(kept: Kept) -> None:
    raw = (kept.folder / "letter.eml").read_bytes()
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert b"Subject: [...]\r\n" in raw
    assert b"multipart/signed" in raw


def test_the_evidence_of_both_nodes_is_told_and_kept(kept: Kept) -> None:
    assert tuple(values["event"] for values in kept.values("demo-event")) == EVENTS
    names = [path.stem.split("-", 2)[2] for path in sorted((kept.folder / "evidence").glob("*.p7m"))]
    assert [*EVENTS[:1], *["SubmissionRejection"] * 4, *EVENTS[1:], "RelayRejection"] == names
    for path in (kept.folder / "evidence").glob("*.json"):
        record = json.loads(path.read_bytes())
        assert record["ERDSEventId"].endswith(path.stem.split("-", 2)[2])
        assert bool(record["EventReasons"]) is path.stem.endswith("Rejection")


@pytest.mark.parametrize("home", ["adliya", "moliya"])
def test_the_kept_homes_are_whole(kept: Kept, home: str) -> None:
    ran = CliRunner().invoke(cli, ["evidence", "verify", "--home", str(kept.folder / home), "--json"])
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout)["indication"] == "TOTAL-PASSED"


def test_the_kept_letter_can_be_read_again_as_the_guide_says(kept: Kept) -> None:
    home, officer = kept.folder / "moliya", kept.folder / "moliya/officers/rahimov-botir"
    arguments = ["mail", "read", kept.values("demo-delivered")[0]["key"], "--home", str(home)]
    arguments += ["--key", str(officer / "decryption.p12"), "--passphrase", f"file:{officer}/keys.pass"]
    arguments += ["--node-passphrase", f"file:{kept.folder}/secrets/moliya.pass"]
    ran = CliRunner().invoke(cli, arguments)
    assert ran.exit_code == 0, ran.output
    assert "Адлия вазирлиги идоралараро" in ran.stdout


def test_a_kept_home_serves_again(kept: Kept) -> None:
    arguments = ["node", "serve", "--home", str(kept.folder / "moliya")]
    arguments += ["--node-passphrase", f"file:{kept.folder}/secrets/moliya.pass"]
    served = subprocess.Popen(
        [sys.executable, "-u", "-c", PROGRAM, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert served.stdout is not None
    first = served.stdout.readline()
    served.send_signal(signal.SIGTERM)
    said = first + served.communicate(timeout=20)[0]
    assert served.returncode == 0
    assert kept.values("demo-node")[1]["relay"] in said


@pytest.mark.parametrize(
    ("letter", "status", "indication"),
    [
        ("letter.eml", 0, "TOTAL-PASSED"),
        ("refused/4-changed-in-transit.msg", 1, "TOTAL-FAILED"),
        ("refused/5-revoked-signer.msg", 3, "INDETERMINATE"),
    ],
)
def test_kept_letters_are_verified_as_the_guide_says(
    kept: Kept, letter: str, status: int, indication: str
) -> None:
    arguments = ["verify", str(kept.folder / letter), "--trust", str(kept.folder / "root.pem"), "--json"]
    for name in ("persons", "root"):
        arguments += ["--crl", str(kept.folder / f"ca/crl/{name}.crl")]
    ran = CliRunner().invoke(cli, arguments)
    assert ran.exit_code == status, ran.output
    assert json.loads(ran.stdout)["indication"] == indication


def test_secrets_are_for_their_owner_alone(kept: Kept) -> None:
    secret = [
        *(kept.folder / "secrets").iterdir(),
        kept.folder / "recipient.p12",
        kept.folder / "recipient.pass",
    ]
    assert len(secret) == 5
    assert {path.stat().st_mode & 0o777 for path in secret} == {0o600}
    assert (kept.folder / "recipient.pass").read_text().count("\n") == 1
    for name in ("", "secrets", "ca", "adliya", "moliya"):
        assert (kept.folder / name).stat().st_mode & 0o777 == 0o700


def test_the_guide_names_what_is_there(kept: Kept) -> None:
    guide = (kept.folder / "README.md").read_text("utf-8")
    for found in kept.folder.iterdir():
        assert f"`{found.name}" in guide or found.name == "README.md"


def test_an_empty_home_and_no_openssl_are_enough_and_nothing_is_left(tmp_path: Path) -> None:
    document = tmp_path / "So'rov 1-ilova (ўзбекча): nusxa.txt"
    document.write_bytes(b"\x00\xff\r\r\nany octets\n" * 100)
    ran = start(tmp_path, "demo", "--language", "uz-Cyrl", "--document", str(document))
    told, errors = ran.communicate(timeout=60)
    assert (ran.returncode, errors) == (0, "")
    assert "[10/10]" in told
    assert "ҲАҚИҚИЙ" in told
    assert "nusxa.txt" in told
    assert "openssl бу ерда йўқ" in told
    assert told.splitlines()[-1].endswith("сонияда тугади")
    assert not left_behind(tmp_path)


def test_reality_that_differs_is_told_with_its_step_and_exits_1(tmp_path: Path) -> None:
    liar = tmp_path / "bin" / "openssl"
    liar.parent.mkdir()
    liar.write_text('#!/bin/sh\n[ "$1" = version ] && echo OpenSSL 3.0.99 && exit\necho no >&2\nexit 4\n')
    liar.chmod(0o755)
    ran = start(tmp_path, "demo", "--language", "en", path=str(liar.parent))
    told, errors = ran.communicate(timeout=60)
    assert ran.returncode == 1
    assert "Second opinion" in errors
    assert "openssl cms -verify ended with 4: no" in errors
    assert errors.splitlines()[0].endswith("[demo-failed]")
    assert "done in" not in told
    assert not left_behind(tmp_path)


@pytest.mark.parametrize(("number", "keep"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_an_interrupt_leaves_nothing(tmp_path: Path, number: signal.Signals, keep: bool) -> None:
    ran = start(tmp_path, "demo", *(["--keep", "kept"] if keep else []))
    assert ran.stdout is not None
    while "[4/10]" not in ran.stdout.readline():
        assert ran.poll() is None
    ran.send_signal(number)
    ran.communicate(timeout=30)
    assert ran.returncode == 130
    assert not left_behind(tmp_path)


def test_what_stands_in_the_folder_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    ran = CliRunner().invoke(cli, ["demo", "--keep", str(tmp_path)])
    assert getattr(ran.exception, "code", "") == "folder-exists"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("size", "code"), [(None, "file-unreadable"), (16 * 1024 * 1024 + 1, "demo-document-large")]
)
def test_a_document_that_cannot_be_sent_is_told_at_once(tmp_path: Path, size: int | None, code: str) -> None:
    document = tmp_path / "document"
    if size is not None:
        with document.open("wb") as file:
            file.truncate(size)
    ran = CliRunner().invoke(cli, ["demo", "--document", str(document)])
    assert getattr(ran.exception, "code", "") == code
    assert not ran.stdout


def test_one_octet_is_changed_and_no_more() -> None:
    raw = b"From: a@b.uz\r\n\r\n" + b"QUJD\r\n" * 200
    letter = SignedLetter("", "<1@b.uz>", Address.parse("a@b.uz"), (), raw)
    other, position = changed(letter)
    assert [at for at, (a, b) in enumerate(zip(raw, other.raw, strict=True)) if a != b] == [position]
    assert chr(other.raw[position]).isalnum()


def test_the_letter_is_in_both_scripts_and_its_document_is_a_whole_pdf() -> None:
    text = letter_text()
    assert "to\u02bbg\u02bbrisidagi" in text
    assert "тўғрисидаги" in text
    content = own_attachment().content
    assert content.startswith(b"%PDF-1.4\n")
    assert content.endswith(b"%%EOF\n")
    table = int(content.rsplit(b"startxref\n", 1)[1].split()[0])
    assert content[table : table + 4] == b"xref"
    offsets = [int(line[:10]) for line in content[table:].split(b"\n") if line.endswith(b" n ")]
    for number, offset in enumerate(offsets, 1):
        assert content[offset:].startswith(b"%d 0 obj\n" % number)


def test_any_error_is_a_failure_of_its_act() -> None:
    lines: list[Line] = []
    with pytest.raises(DemoFailed) as failed, act(Stage.READING, lines.append) as this:
        this.say("demo-text", line="x")
        raise OSError("gone")
    assert (failed.value.stage, failed.value.found) == (Stage.READING, "OSError: gone")
    assert [line.code for line in lines] == ["demo-text"]
    with pytest.raises(DemoFailed, match="found 2, wanted n: 1"), act(Stage.LETTER, lines.append) as this:
        this.expect(1, 2, "n")
    with pytest.raises(TellingFailed) as untold, act(Stage.LETTER, _broken) as this:
        this.say("demo-text", line="x")
    assert isinstance(untold.value.__cause__, BrokenPipeError)
    with pytest.raises(KeyboardInterrupt), act(Stage.LETTER, lines.append):
        raise KeyboardInterrupt


def _broken(line: Line) -> None:
    raise BrokenPipeError
