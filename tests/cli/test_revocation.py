"""A signature whose signer was revoked: what `exat verify` says, and that the list is what says it."""

import json
from pathlib import Path

import pytest

from tests.cli.sessions import exat

LISTS = ("--trust", "ca/root.pem", "--crl", "ca/crl/root.crl", "--crl", "ca/crl/persons.crl")


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    (tmp_path / "pass").write_text("fluffy dice\n")
    (tmp_path / "report.txt").write_text("hisobot\n")
    word = ("--passphrase", "file:pass")
    commands = (
        ("pki", "init", "ca", "--organization", "Adliya", "--key", "p-256", *word),
        ("pki", "request", "--set", "surname=Aliyev", "--set", "given_name=Anvar",
         "--key-out", "anvar.key", "--out", "anvar.csr", *word),
        ("pki", "issue", "anvar.csr", "--ca", "ca", "--profile", "officer-sign",
         "--set", "organization=Adliya", "--email", "a@adliya.uz", "-o", "anvar.pem", *word),
        ("sign", "report.txt", "--key", "anvar.key", "--certificate", "anvar.pem", *word),
    )  # fmt: skip
    for command in commands:
        said = exat(*command, folder=tmp_path)
        assert said.status == 0, said.stderr
    return tmp_path


def test_a_revoked_signer_is_told_with_the_moment(signed: Path) -> None:
    assert exat("verify", "report.txt.p7m", *LISTS, folder=signed).status == 0
    shown = json.loads(exat("pki", "list", "--ca", "ca", "--json", folder=signed).text)
    serial = next(c["serial"] for c in shown["certificates"] if "Anvar" in c["subject"])
    dry = exat("pki", "revoke", serial, "--ca", "ca", "--dry-run", folder=signed)
    assert (dry.status, "issued" in dry.text) == (0, True)
    revoke = ("pki", "revoke", serial, "--ca", "ca", "--reason", "keyCompromise", "--passphrase", "file:pass")
    assert exat(*revoke, folder=signed).status == 0
    again = exat(*revoke, folder=signed)
    assert (again.status, "[already-revoked]" in again.stderr) == (1, True)
    said = exat("verify", "report.txt.p7m", *LISTS, "--explain", folder=signed)
    assert said.status in (1, 3)
    assert "[revoked]" in said.text
    shown = exat("pki", "show", serial, "--ca", "ca", folder=signed).text
    assert "state        revoked\n" in shown
    assert "reason       keyCompromise\n" in shown
    assert "emails       a@adliya.uz\n" in shown


def test_a_time_before_the_certificate_is_not_confirmed(signed: Path) -> None:
    said = exat("verify", "report.txt.p7m", *LISTS, "--at", "2020-01-01T00:00:00+05:00", folder=signed)
    assert said.status == 3
    assert said.text.startswith("CANNOT BE CONFIRMED")


def test_json_follows_the_schema(signed: Path) -> None:
    shown = json.loads(exat("verify", "report.txt.p7m", *LISTS, "--json", folder=signed).text)
    assert list(shown) == ["schema", "indication", "sub_indication", "at", "signatures", "findings", "needs"]
    assert (shown["schema"], shown["indication"], shown["sub_indication"]) == (
        "exat.verify/1",
        "TOTAL-PASSED",
        None,
    )
    [signature] = shown["signatures"]
    assert (signature["crypto"], signature["indication"], signature["level"]) == (
        "valid",
        "TOTAL-PASSED",
        "B-B",
    )
    assert signature["signer"]["name"] == "Aliyev Anvar"
    unread = exat("verify", "report.txt", *LISTS, "--json", folder=signed)
    assert (unread.status, json.loads(unread.text)["signatures"]) == (4, [])
