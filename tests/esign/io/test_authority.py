"""The authority in a folder: what lies where, who may read it, and what a second opening finds."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from esign.ca import log
from esign.ca.request import Subject, read
from esign.ca.state import State
from esign.errors import EsignError, IssuanceRefused, KeyUnavailable, RegisterError
from esign.io.authority import AUTHORITIES, CertificateAuthority
from esign.io.ca_folder import Settings
from esign.keys import Decryptor
from esign.x509 import Certificate, CertificateList, Trust
from tests.esign.ca.requests import make_request
from tests.esign.ca.world import AT, key, officer, officer_request

DAY = timedelta(days=1)
PASSPHRASE = "correct horse battery staple"
MAILBOX = Subject.of({"organization": "Agentlik"}, emails=("devon@agency.example",))


def create(folder: Path, **changes: Any) -> CertificateAuthority:
    arguments = {
        "organization": "Davlat markazi",
        "passphrase": PASSPHRASE,
        "at": AT,
        "key": "p-256",
        **changes,
    }
    return CertificateAuthority.create(folder, **arguments)


@pytest.fixture
def ca(tmp_path: Path) -> Iterator[CertificateAuthority]:
    with create(tmp_path / "ca") as made:
        yield made


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_authority_lies_in_its_folder(ca: CertificateAuthority) -> None:
    found = {str(f.relative_to(ca.folder)) for f in ca.folder.rglob("*") if f.is_file()}
    each = {f"{n}/{f}" for n in AUTHORITIES for f in ("certificate.pem", "key.pem", "register.db")}
    lists = {f"crl/{n}.{kind}" for n in AUTHORITIES for kind in ("crl", "checkpoint")}
    assert found == {"ca.toml", "root.pem", "chain.pem"} | each | lists


def test_keys_are_encrypted_and_private(ca: CertificateAuthority) -> None:
    for name in AUTHORITIES:
        file = ca.folder / name / "key.pem"
        assert mode(file) == 0o600 and mode(file.parent) == 0o700
        assert file.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")


def test_an_empty_passphrase_makes_no_authority(tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailable) as caught:
        create(tmp_path / "ca", passphrase="")
    assert caught.value.code == "passphrase-needed" and list(tmp_path.iterdir()) == []


def test_an_authority_is_not_made_over_another(ca: CertificateAuthority) -> None:
    root = ca.root
    with pytest.raises(FileExistsError):
        create(ca.folder)
    assert ca.root == root


@pytest.mark.parametrize("changes", [{"country": "uzb"}, {"organization": "x" * 65}, {"key": "ed25519"}])
def test_an_authority_that_lint_refuses_leaves_no_folder(tmp_path: Path, changes: dict[str, str]) -> None:
    with pytest.raises(IssuanceRefused) as caught:
        create(tmp_path / "ca", **changes)
    assert caught.value.code == "lint-refused" and list(tmp_path.iterdir()) == []


def test_the_root_and_chain_files_are_what_is_given_away(ca: CertificateAuthority) -> None:
    assert Trust.from_pem((ca.folder / "root.pem").read_bytes()) == ca.trust
    chain = Certificate.load_all((ca.folder / "chain.pem").read_bytes())
    assert chain == ca.chain
    assert all(c.issuer.raw == ca.root.subject.raw and c.path_length == 0 for c in chain)
    assert [c.subject.common_name for c in chain] == [
        "Davlat markazi Persons CA",
        "Davlat markazi Infrastructure CA",
    ]


def test_first_lists_are_published(ca: CertificateAuthority) -> None:
    assert [(c.number, c.this_update) for c in ca.crls] == [(1, AT)] * 3


def test_the_right_authority_issues(ca: CertificateAuthority) -> None:
    signature = ca.issue("officer-sign", officer(), at=AT, request=officer_request())
    node = Subject.of({"organization": "Agentlik"}, dns_names=("mx.agency.uz",))
    tls = ca.issue("relay-tls", node, at=AT, request=read(make_request(key())))
    assert signature.issuer == ca.authority("persons").certificate.subject
    assert tls.issuer == ca.authority("infra").certificate.subject
    assert {name for name, _ in ca.records()} == set(AUTHORITIES)


@pytest.mark.parametrize(
    ("profile", "code"), [("nonsense", "profile-unknown"), ("root", "profile-of-another-issuer")]
)
def test_what_it_does_not_issue_is_refused(ca: CertificateAuthority, profile: str, code: str) -> None:
    with pytest.raises(IssuanceRefused) as caught:
        ca.issue(profile, officer(), at=AT, request=officer_request())
    assert caught.value.code == code


def test_a_second_opening_goes_on_where_the_first_ended(ca: CertificateAuthority) -> None:
    certificate = ca.issue("officer-sign", officer(), at=AT, request=officer_request())
    with CertificateAuthority.open(ca.folder, PASSPHRASE) as again:
        assert again.record(certificate.serial_number)[1].certificate == certificate.raw
        again.revoke(certificate.serial_number, at=AT + DAY, reason="keyCompromise")
        published = again.publish_crls(at=AT + DAY)
    assert published["persons"].find(certificate.serial_number)
    assert published["persons"].number == 2
    on_disk = CertificateList.load((ca.folder / "crl" / "persons.crl").read_bytes())
    assert on_disk == published["persons"]
    assert ca.record(certificate.serial_number)[1].state is State.REVOKED


def test_a_wrong_passphrase_shows_at_the_first_signature_and_issues_nothing(ca: CertificateAuthority) -> None:
    with CertificateAuthority.open(ca.folder, "wrong") as wrong:
        assert wrong.root == ca.root
        with pytest.raises(KeyUnavailable) as caught:
            wrong.issue("officer-sign", officer(), at=AT, request=officer_request())
    assert caught.value.code == "wrong-passphrase"
    assert [r.state for _, r in ca.records()][3:] == [State.ABANDONED]


def test_a_key_that_is_not_the_certificates_is_not_used(ca: CertificateAuthority) -> None:
    infra = (ca.folder / "infra" / "key.pem").read_bytes()
    (ca.folder / "persons" / "key.pem").write_bytes(infra)
    with CertificateAuthority.open(ca.folder, PASSPHRASE) as mixed, pytest.raises(KeyUnavailable) as caught:
        mixed.issue("officer-sign", officer(), at=AT, request=officer_request())
    assert caught.value.code == "key-mismatch"


def test_without_the_roots_key_the_rest_goes_on(ca: CertificateAuthority) -> None:
    before = (ca.folder / "crl" / "root.crl").read_bytes()
    (ca.folder / "root" / "key.pem").rename(ca.folder.parent / "root-key.pem")
    with CertificateAuthority.open(ca.folder, PASSPHRASE) as offline:
        assert set(offline.publish_crls(at=AT + DAY)) == {"persons", "infra"}
        assert offline.issue("officer-sign", officer(), at=AT, request=officer_request())
        assert len(offline.crls) == 3
    assert (ca.folder / "crl" / "root.crl").read_bytes() == before


def test_a_delivered_mailbox_key_opens(ca: CertificateAuthority) -> None:
    delivery = ca.deliver("mailbox-encrypt", MAILBOX, at=AT)
    opened = Decryptor.from_pkcs12(delivery.pkcs12, delivery.passphrase)
    assert opened.certificate == delivery.certificate.raw
    assert delivery.certificate.key_usage == frozenset({"keyAgreement"})
    assert delivery.certificate.emails == ("devon@agency.example",)


def test_a_certificate_is_exported_with_what_is_above_it(ca: CertificateAuthority) -> None:
    certificate = ca.issue("officer-sign", officer(), at=AT, request=officer_request())
    exported = Certificate.load_all(ca.export(certificate.serial_number))
    assert exported == (certificate, ca.authority("persons").certificate)
    assert Certificate.load_all(ca.export(ca.root.serial_number)) == (ca.root,)


def test_an_unknown_serial_is_our_error(ca: CertificateAuthority) -> None:
    for act in (ca.export, ca.record, lambda serial: ca.revoke(serial, at=AT)):
        with pytest.raises(IssuanceRefused) as caught:
            act(12345)
        assert caught.value.code == "serial-unknown"


def test_an_issuing_authority_can_be_revoked_by_the_root(ca: CertificateAuthority) -> None:
    ca.revoke(ca.authority("infra").certificate.serial_number, at=AT, reason="cACompromise")
    assert list(ca.publish_crls(at=AT)["root"].entries)


def test_addresses_of_publication_stand_in_certificates(tmp_path: Path) -> None:
    urls = {"crl_url": "http://pki.uz/{name}.crl", "issuer_url": "http://pki.uz/{name}.cer"}
    with create(tmp_path / "ca", **urls, ocsp_url="http://ocsp.pki.uz/") as ca:
        certificate = ca.issue("officer-sign", officer(), at=AT, request=officer_request())
        issuing = ca.authority("persons").certificate
        assert ca.root.crl_urls == ()
    assert certificate.crl_urls == ("http://pki.uz/persons.crl",)
    assert certificate.ocsp_urls == ("http://ocsp.pki.uz/",)
    assert certificate.issuer_urls == ("http://pki.uz/persons.cer",)
    assert issuing.crl_urls == ("http://pki.uz/root.crl",)


def test_settings_are_read_back_as_written(tmp_path: Path) -> None:
    name = 'O\'zbekiston "Markaz" \\ Ўзбекистон'
    with create(tmp_path / "ca", organization=name, common_name="Markaz") as ca:
        assert ca.settings.organization == name
        assert ca.root.subject.organization == name
    assert Settings.read(ca.settings.document) == ca.settings


@pytest.mark.parametrize(
    "document",
    [
        "",
        "organization = 1",
        "organization = 'x'\nurl = 'y'",
        "organization =",
        "organization='x'\ncrl_url='ftp://x'",
    ],
)
def test_wrong_settings_are_our_error(document: str) -> None:
    with pytest.raises(EsignError) as caught:
        Settings.read(document)
    assert caught.value.code == "ca-settings-malformed"


def test_a_folder_without_an_authority_is_our_error(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(EsignError) as caught:
            CertificateAuthority.open(folder, PASSPHRASE)
        assert caught.value.code == "ca-missing"


def test_profiles_of_the_folder_are_used(ca: CertificateAuthority) -> None:
    (ca.folder / "profiles").mkdir()
    (ca.folder / "profiles" / "broken.toml").write_text("days = 1", "utf-8")
    with pytest.raises(EsignError) as caught:
        CertificateAuthority.open(ca.folder, PASSPHRASE)
    assert caught.value.code == "profile-malformed"


WRITER = """
import sys
from datetime import datetime
from pathlib import Path
from esign.io.authority import CertificateAuthority
from esign.ca.request import Subject
folder, at = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
with CertificateAuthority.open(folder, sys.argv[3]) as ca:
    for number in range(10):
        ca.deliver("mailbox-encrypt", Subject.of({"organization": "A"}, emails=(f"m{number}@a.uz",)), at=at)
        ca.publish_crls(at=at)
"""


def test_two_processes_keep_one_chain_and_count_lists_once(ca: CertificateAuthority) -> None:
    """The command beside a running server: no serial twice, no number twice, no fork."""
    argv = [sys.executable, "-c", WRITER, str(ca.folder), AT.isoformat(), PASSPHRASE]
    writers = [subprocess.Popen(argv, stderr=subprocess.PIPE, env=environment()) for _ in range(2)]
    for writer in writers:
        _, said = writer.communicate(timeout=60)
        assert writer.returncode == 0, said.decode()
    persons = ca.authority("persons")
    assert log.check(persons.register.events())
    assert len(list(persons.records())) == 20
    assert next(c.number for c in ca.crls if c.issuer == persons.certificate.subject) == 21
    assert persons.crl(AT).number == 22


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": ":".join(sys.path)}


def test_a_published_checkpoint_binds_the_log(ca: CertificateAuthority) -> None:
    published = ca.folder / "crl" / "persons.checkpoint"
    early = published.read_bytes()
    sizes = ca.check_log(checkpoints=[early])
    ca.publish_crls(at=AT + DAY)
    late = published.read_bytes()
    assert ca.check_log(checkpoints=[early, late])["persons"] == sizes["persons"] + 1
    assert [event.number for name, event in ca.log() if name == "persons"] == [1, 2]
    foreign = early.replace(early.split()[2], b"0" * 64)
    with pytest.raises(RegisterError) as caught:
        ca.check_log(checkpoints=[foreign])
    assert caught.value.code == "checkpoint-foreign"
    with pytest.raises(EsignError) as malformed:
        ca.check_log(checkpoints=[b"no checkpoint"])
    assert malformed.value.code == "checkpoint-malformed"


def test_a_log_that_lost_its_end_is_behind_what_was_published(ca: CertificateAuthority) -> None:
    folder = ca.folder
    ca.close()
    with closing(sqlite3.connect(folder / "persons" / "register.db")) as by_hand, by_hand:
        by_hand.execute("DROP TRIGGER events_no_delete")
        by_hand.execute("DELETE FROM events WHERE number = (SELECT MAX(number) FROM events)")
    with CertificateAuthority.open(folder, PASSPHRASE) as again, pytest.raises(RegisterError) as caught:
        again.check_log()
    assert caught.value.code == "checkpoint-ahead"
