"""`exat pki suspend` and `restore`: what the lists of the folder say afterwards."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from esign.errors import IssuanceRefused
from esign.io.authority import CertificateAuthority
from exat_cli.main import cli

PASSPHRASE = "a passphrase"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ca.pass").write_text(PASSPHRASE)
    assert run("pki", "init", "ca", "--organization", "Markaz", "--passphrase", "file:ca.pass")[0] == 0
    issue = (
        "pki issue --ca ca --profile mailbox-encrypt --email devon@agency.uz --pkcs12 a.p12 --pkcs12-pass a"
    )
    words = [*issue.split(), "--set", "organization=Agentlik", "--set", "stir=301234567"]
    assert run(*words, "--passphrase", "file:ca.pass")[0] == 0
    return tmp_path


def run(*words: str) -> tuple[int, str]:
    ran = CliRunner().invoke(cli, words)
    return ran.exit_code, ran.output


def known(serial: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(run("pki", "show", serial, "--ca", "ca", "--json")[1])
    return found


def test_a_hold_comes_and_goes_with_fresh_lists(place: Path) -> None:
    listed = json.loads(run("pki", "list", "--ca", "ca", "--json")[1])["certificates"]
    serial = next(row["serial"] for row in listed if row["profile"] == "mailbox-encrypt")
    for act, state, on_list in (("suspend", "suspended", True), ("restore", "issued", False)):
        code, said = run("pki", act, serial, "--ca", "ca", "--passphrase", "file:ca.pass")
        assert (code, said.split()[0]) == (0, serial)
        assert known(serial)["state"] == state
        with CertificateAuthority.open(place / "ca", "") as authority:
            assert any(crl.find(int(serial, 16)) is not None for crl in authority.crls) is on_list
    for words in (("restore", serial), ("suspend", "1")):
        ran = CliRunner().invoke(cli, ["pki", *words, "--ca", "ca", "--passphrase", "file:ca.pass"])
        assert isinstance(ran.exception, IssuanceRefused)
        assert ran.exception.code in ("not-suspended", "serial-unknown")
