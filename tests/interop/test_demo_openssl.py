"""What the demonstration leaves is judged by openssl, with the very commands of its guide."""

import shlex
from pathlib import Path

import pytest

from exat.demo import own_attachment, play
from tests.peers import require, run

pytestmark = pytest.mark.peer

OPENSSL = require("openssl")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    play(folder, attachment=own_attachment(), tell=lambda line: None, kept=True)
    for command in commands(folder)[:4]:
        ran = run(command, cwd=folder)
        assert ran.returncode == 0, (command, ran.stderr)
    return folder


def commands(folder: Path) -> list[list[str]]:
    """The commands of openssl in the guide, in order."""
    lines = (folder / "README.md").read_text("utf-8").splitlines()
    found = [shlex.split(line) for line in lines if line.startswith("    openssl ")]
    return [[OPENSSL, *words[1:]] for words in found]


def test_outer_signature_and_inner_signature_are_valid_and_the_letter_is_inside(kept: Path) -> None:
    payload = (kept / "payload.eml").read_bytes()
    assert b"X-Exat-Outgoing-Number: 01-12/345\r\n" in payload
    assert b"\r\nHP-Outer: Subject: [...]\r\n" in payload
    assert (kept / "inner.eml").read_bytes() in (kept / "letter.eml").read_bytes()


def test_the_purpose_of_the_certificates_is_checked(kept: Path) -> None:
    ran = run(
        [OPENSSL, "cms", "-verify", "-in", "letter.eml", "-CAfile", "root.pem", "-purpose", "sslserver"],
        cwd=kept,
    )
    assert ran.returncode != 0
    assert b"purpose" in ran.stderr


def test_the_changed_letter_is_no_longer_signed(kept: Path) -> None:
    ran = run(commands(kept)[4], cwd=kept)
    assert ran.returncode != 0
    assert b"verification failure" in ran.stderr


def test_what_was_refused_for_other_reasons_has_a_good_signature(kept: Path) -> None:
    for name in ("2-forged-from", "3-encrypted-to-another", "5-revoked-signer"):
        ran = run([OPENSSL, "cms", "-verify", "-in", f"refused/{name}.msg", "-CAfile", "root.pem"], cwd=kept)
        assert ran.returncode == 0, (name, ran.stderr)


def test_the_letter_to_another_does_not_open_for_the_recipient(kept: Path) -> None:
    refused = "refused/3-encrypted-to-another.msg"
    run([OPENSSL, "cms", "-verify", "-in", refused, "-CAfile", "root.pem", "-out", "other.eml"], cwd=kept)
    ran = run(
        [
            OPENSSL,
            "cms",
            "-decrypt",
            "-in",
            "other.eml",
            "-recip",
            "recipient.pem",
            "-inkey",
            "recipient.pem",
        ],
        cwd=kept,
    )
    assert ran.returncode != 0


def test_the_revoked_signer_stands_in_the_list_of_the_authority(kept: Path) -> None:
    crl = run([OPENSSL, "crl", "-inform", "DER", "-in", "ca/crl/persons.crl", "-noout", "-text"], cwd=kept)
    certificate = "adliya/officers/karimova-nodira/signature.pem"
    serial = run([OPENSSL, "x509", "-in", certificate, "-noout", "-serial"], cwd=kept)
    number = serial.stdout.strip().rpartition(b"=")[2]
    assert b"Serial Number: " + number in crl.stdout
    assert b"Key Compromise" in crl.stdout


def test_every_record_of_evidence_is_signed_and_is_the_json_beside_it(kept: Path) -> None:
    records = sorted((kept / "evidence").glob("*.p7m"))
    assert len(records) == 9
    for record in records:
        ran = run(
            [OPENSSL, "cms", "-verify", "-inform", "DER", "-in", record, "-CAfile", "root.pem", "-binary"],
            cwd=kept,
        )
        assert ran.returncode == 0, (record, ran.stderr)
        assert ran.stdout == record.with_suffix(".json").read_bytes()
