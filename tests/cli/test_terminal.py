"""What happens at a terminal and nowhere else: passphrases are asked for, and nothing binary is shown."""

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.sessions import exat
from tests.cli.walks import ROOT


def at_terminal(arguments: list[str], folder: Path, answers: list[tuple[str, str]]) -> tuple[int, str]:
    """Run `exat` with a pseudo-terminal as stdin, stdout and stderr; type each answer after its question."""
    ours, theirs = pty.openpty()
    roots = ":".join(str(ROOT / name) for name in ("src", "cli", "keys"))
    process = subprocess.Popen(
        [sys.executable, "-c", "from exat_cli.main import main; main()", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": roots, "LANG": "C", "EXAT_CONFIG": str(folder / ".config")},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    said, end = "", time.monotonic() + 60
    waiting = list(answers)
    try:
        while time.monotonic() < end:
            try:
                chunk = os.read(ours, 4096)
            except OSError:
                break
            if not chunk:
                break
            said += chunk.decode(errors="replace")
            if waiting and waiting[0][0] in said.rpartition("\x04")[2]:
                said += "\x04"
                os.write(ours, waiting.pop(0)[1].encode() + b"\n")
        return process.wait(30), said
    finally:
        process.kill()
        os.close(ours)


def test_a_new_passphrase_is_asked_for_twice_and_never_shown(tmp_path: Path) -> None:
    command = ["pki", "init", "ca", "--organization", "Adliya", "--key", "p-256"]
    answers = [("Passphrase:", "fluffy dice"), (":", "fluffy dice")]
    status, said = at_terminal(command, tmp_path, answers)
    assert status == 0, said
    assert "fluffy" not in said
    (tmp_path / "ca.pass").write_text("fluffy dice\n")
    assert exat("pki", "crl", "--ca", "ca", "--passphrase", "file:ca.pass", folder=tmp_path).status == 0


def test_a_fingerprint_is_shown_and_confirmed_by_a_person(tmp_path: Path) -> None:
    (tmp_path / "ca.pass").write_text("fluffy dice\n")
    arguments = ("pki", "init", "ca", "--organization", "Adliya", "--key", "p-256")
    assert exat(*arguments, "--passphrase", "file:ca.pass", folder=tmp_path).status == 0
    status, said = at_terminal(["trust", "add", "ca/root.pem"], tmp_path, [("Is it the same?", "n")])
    assert status == 130, said
    assert "no root" in exat("trust", "list", folder=tmp_path).text
    status, said = at_terminal(["trust", "add", "ca/root.pem"], tmp_path, [("Is it the same?", "y")])
    assert status == 0, said
    assert "Adliya Root CA" in exat("trust", "list", folder=tmp_path).text


def test_nothing_binary_goes_to_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "ca.pass").write_text("fluffy dice\n")
    (tmp_path / "report.txt").write_text("hisobot\n")
    arguments = ("pki", "init", "ca", "--organization", "Adliya vazirligi", "--key", "p-256")
    assert exat(*arguments, "--passphrase", "file:ca.pass", folder=tmp_path).status == 0
    issued = exat(
        "pki", "issue", "--ca", "ca", "--profile", "officer-encrypt-ec", "--set", "surname=Karimova",
        "--set", "given_name=Lola", "--set", "organization=Adliya vazirligi", "--email", "lola@adliya.uz",
        "--pkcs12", "lola.p12", "--pkcs12-pass", "lola.pass", "--passphrase", "file:ca.pass", "--json",
        folder=tmp_path,
    )  # fmt: skip
    assert issued.status == 0, issued.stderr
    import json

    serial = json.loads(issued.text)["certificate"]["serial"]
    assert exat("pki", "export", serial, "--ca", "ca", "-o", "lola.pem", folder=tmp_path).status == 0
    status, said = at_terminal(["encrypt", "report.txt", "--to", "lola.pem", "-o", "-"], tmp_path, [])
    assert status == 2
    assert "[binary-to-terminal]" in said
    status, said = at_terminal(
        ["encrypt", "report.txt", "--to", "lola.pem", "-o", "-", "--pem"], tmp_path, []
    )
    assert status == 0
    assert "-----BEGIN CMS-----" in said


@pytest.mark.parametrize("name", ["anvar.key"])
def test_a_private_key_is_its_owners_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / "key.pass").write_text("fluffy dice\n")
    (tmp_path / name).write_text("old")
    (tmp_path / name).chmod(0o644)
    said = exat(
        "pki", "request", "--set", "surname=Aliyev", "--key-out", name, "--out", "anvar.csr",
        "--passphrase", "file:key.pass", "--force", folder=tmp_path,
    )  # fmt: skip
    assert said.status == 0, said.stderr
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED PRIVATE KEY" in (tmp_path / name).read_bytes()


def test_a_passphrase_comes_from_an_open_file(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"fluffy dice\nnot this\n")
    os.close(writing)
    arguments = ("pki", "init", "ca", "--organization", "Adliya", "--key", "p-256")
    try:
        said = exat(*arguments, "--passphrase", f"fd:{reading}", folder=tmp_path)
    finally:
        os.close(reading)
    assert said.status == 0, said.stderr
    (tmp_path / "word").write_text("fluffy dice\n")
    crl = ("pki", "crl", "--ca", "ca", "--passphrase", "cred:word")
    assert exat(*crl, folder=tmp_path, env={"CREDENTIALS_DIRECTORY": "."}).status == 0


def test_what_the_character_set_lacks_ends_no_command(tmp_path: Path) -> None:
    roots = ":".join(str(ROOT / name) for name in ("src", "cli", "keys"))
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "from exat_cli.main import main; main()",
            "--language",
            "ru",
            "pki",
            "profiles",
        ],
        env={"PYTHONPATH": roots, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"},
        capture_output=True,
        timeout=60,
    )
    assert said.returncode == 0, said.stderr
    assert b"\\u043f" in said.stdout
