"""`exat pki serve` before it serves: what is wrong is said in one line."""

import socket
import sys
from pathlib import Path

import pytest

from esign.io.authority import CertificateAuthority
from esign.io.clock import now
from tests.peers import run


def served(folder: Path, *words: str) -> tuple[int, str]:
    command = (sys.executable, "-c", "from exat_cli.main import main; main()", "pki", "serve", "--ca", "ca")
    done = run([*command, *words, "--passphrase", "env:P"], cwd=folder, env={"P": "a passphrase"})
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize(
    "words",
    [("--listen", "8080"), ("--listen", "x:70000"), ("--listen", "x:"), ("--tsa-policy", "policy")],
)
def test_a_wrong_option_is_usage(tmp_path: Path, words: tuple[str, str]) -> None:
    status, said = served(tmp_path, *words)
    assert status == 2 and "option-wrong" in said


def test_no_authority_is_configuration(tmp_path: Path) -> None:
    status, said = served(tmp_path)
    assert status == 7 and "ca-missing" in said


def test_an_address_that_is_taken_is_told(tmp_path: Path) -> None:
    words = {"organization": "Markaz", "passphrase": "a passphrase", "key": "p-256"}
    CertificateAuthority.create(tmp_path / "ca", at=now(), **words).close()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, said = served(tmp_path, "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    assert status == 6 and "address-taken" in said
