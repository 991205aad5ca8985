"""`exat pki suspend` and `restore`: what the lists of the folder say afterwards."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from esign import CertificateList
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


def test_an_authority_that_was_set_back_goes_on_where_it_had_come(place: Path) -> None:
    shutil.copytree(place / "ca", place / "copy")
    listed = json.loads(run("pki", "list", "--ca", "ca", "--json")[1])["certificates"]
    serial = next(row["serial"] for row in listed if row["profile"] == "mailbox-encrypt")
    secret = ("--passphrase", "file:ca.pass")
    assert run("pki", "revoke", serial, "--ca", "ca", *secret)[0] == 0
    export = run("pki", "export", serial, "--ca", "ca", "-o", "lost.pem")
    assert export[0] == 0
    published = [f"ca/crl/persons.{kind}" for kind in ("checkpoint", "crl")]
    words = ["pki", "resume", "--ca", "copy", "--checkpoint", published[0], "--crl", published[1], *secret]
    code, said = run(*words, "--json")
    assert code == 0
    told = json.loads(said)["authorities"]["persons"]
    assert (told["lost"], told["revocations"], told["unknown"], told["held"]) == (2, 1, [], [])
    (found,) = json.loads(run("pki", "list", "--ca", "copy", "--json")[1])["certificates"][-1:]
    assert (found["serial"], found["state"]) == (serial, "revoked")
    assert run(*words)[1].strip() == "no authority here is behind what it has published"
    assert run("pki", "log", "verify", "--ca", "copy", "--checkpoint", published[0])[0] == 0


def test_only_what_is_due_is_published(place: Path) -> None:
    code, said = run("pki", "crl", "--due", "--ca", "ca", "--passphrase", "file:ca.pass", "--json")
    assert (code, json.loads(said)["lists"]) == (0, [])


def test_a_certificate_of_another_authority_is_not_adopted(place: Path) -> None:
    assert run("pki", "init", "other", "--organization", "O", "--passphrase", "file:ca.pass")[0] == 0
    words = ["pki", "adopt", "other/infra/certificate.pem", "--ca", "ca", "--passphrase", "file:ca.pass"]
    ran = CliRunner().invoke(cli, words)
    assert getattr(ran.exception, "code", "") == "certificate-foreign"


def test_lists_in_parts_and_lists_of_changes_are_published_from_the_command(place: Path) -> None:
    urls = ["--crl-url", "http://pki.uz/{name}-{partition}.crl", "--crl-partitions", "4"]
    urls += [
        "--delta-url",
        "http://pki.uz/{name}-{partition}-delta.crl",
        "--ocsp-url",
        "http://pki.uz/{name}",
    ]
    made = run("pki", "init", "parted", "--organization", "M", *urls, "--passphrase", "file:ca.pass")
    assert made[0] == 0, made[1]
    issue = "pki issue --ca parted --profile mailbox-encrypt --email devon@agency.uz"
    words = [*issue.split(), "--pkcs12", "b.p12", "--pkcs12-pass", "b", "--set", "organization=Agentlik"]
    assert run(*words, "--set", "stir=301234567", "--passphrase", "file:ca.pass")[0] == 0
    listed = json.loads(run("pki", "list", "devon", "--ca", "parted", "--json")[1])["certificates"]
    serial = int(listed[0]["serial"], 16)
    assert run("pki", "revoke", f"{serial:x}", "--ca", "parted", "--passphrase", "file:ca.pass")[0] == 0
    code, said = run("pki", "crl", "--ca", "parted", "--passphrase", "file:ca.pass", "--json")
    files = {Path(entry["file"]).name for entry in json.loads(said)["lists"]}
    assert (code, files) == (0, {path.name for path in (place / "parted" / "crl").glob("*.crl")})
    parts = {path.name: path.read_bytes() for path in (place / "parted" / "crl").glob("persons-?.crl")}
    assert len(parts) == 4
    with_it = [name for name, octets in parts.items() if CertificateList.load(octets).find(serial)]
    assert len(with_it) == 1
