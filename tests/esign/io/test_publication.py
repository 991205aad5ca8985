"""Lists of an authority in its folder: partitions and changes as files, kills in between, older copies."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from esign.ca.crl import COMPLETE, ListName
from esign.ca.state import State
from esign.errors import EsignError, IssuanceRefused, RegisterError
from esign.io.authority import AUTHORITIES, CertificateAuthority
from esign.io.ca_folder import Settings
from esign.x509 import Certificate, CertificateList
from tests.esign.ca.world import AT, make_issuer, officer, officer_request
from tests.esign.io.killing import PASSPHRASE

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PARTITIONS: dict[str, Any] = {
    "crl_url": "http://pki.uz/crl/{name}-{partition}.crl",
    "delta_url": "http://pki.uz/crl/{name}-{partition}-delta.crl",
    "crl_partitions": 2,
    "crl_hours": 24,
    "delta_hours": 1,
}


def create(folder: Path, **changes: Any) -> CertificateAuthority:
    arguments = {"organization": "Markaz", "passphrase": PASSPHRASE, "at": AT, "key": "p-256", **changes}
    return CertificateAuthority.create(folder, **arguments)


@pytest.fixture
def ca(tmp_path: Path) -> Iterator[CertificateAuthority]:
    with create(tmp_path / "ca", **PARTITIONS) as made:
        yield made


def issue(ca: CertificateAuthority, hours: int = 0) -> Certificate:
    return ca.issue("officer-sign", officer(), at=AT + hours * HOUR, request=officer_request())


def files(ca: CertificateAuthority) -> set[str]:
    return {file.name for file in (ca.folder / "crl").glob("*.crl")}


def test_each_address_is_the_name_of_a_file(ca: CertificateAuthority) -> None:
    whole = {f"{name}{part}.crl" for name in ("persons", "infra") for part in ("", "-1", "-2")}
    assert files(ca) == {"root.crl"} | whole
    ca.publish_due(at=AT)
    assert files(ca) == {"root.crl", "root-delta.crl"} | whole | {f.replace(".", "-delta.") for f in whole}
    certificate = issue(ca)
    (url,) = certificate.crl_urls
    listed = CertificateList.load((ca.folder / "crl" / url.rpartition("/")[2]).read_bytes())
    assert listed.scope is not None and listed.scope.point.urls == (url,)
    for name in AUTHORITIES:
        file = ca.list_file(name, COMPLETE)
        freshest = CertificateList.load(file.read_bytes()).freshest_urls[0]
        assert ca.list_file(name, COMPLETE.delta).name == freshest.rpartition("/")[2]
    assert ca.authority("persons").certificate.crl_urls == ("http://pki.uz/crl/root.crl",)


def test_lists_are_made_when_they_are_due(ca: CertificateAuthority) -> None:
    ca.publish_due(at=AT)
    assert ca.publish_due(at=AT + HOUR - timedelta(seconds=1)) == {} == dict(ca.due(at=AT))
    changes = ca.publish_due(at=AT + HOUR)
    assert set(changes) == {
        (name, ListName(partition).delta)
        for name in AUTHORITIES
        for partition in range(1 if name == "root" else 3)
    }
    daily = {which for name, which in ca.publish_due(at=AT + DAY) if name == "persons"}
    assert daily == {ListName(n, is_delta=delta) for n in range(3) for delta in (False, True)}


def test_a_revocation_reaches_the_changes_at_the_next_hour(ca: CertificateAuthority) -> None:
    ca.publish_due(at=AT)
    serial = issue(ca).serial_number
    _, known = ca.record(serial)
    ca.revoke(serial, at=AT + timedelta(minutes=20))
    ca.publish_due(at=AT + HOUR)
    for which in (COMPLETE, ListName(known.partition)):
        delta = CertificateList.load(ca.list_file("persons", which.delta).read_bytes())
        assert [entry.serial_number for entry in delta.entries] == [serial]


def test_a_change_need_not_wait_for_its_hour(ca: CertificateAuthority) -> None:
    ca.publish_due(at=AT)
    serial = issue(ca).serial_number
    ca.revoke(serial, at=AT)
    own = ListName(ca.record(serial)[1].partition)
    assert ca.publish_due(at=AT) == {}
    assert set(ca.publish_due(at=AT, changed=True)) == {("persons", COMPLETE.delta), ("persons", own.delta)}
    assert ca.publish_due(at=AT, changed=True) == {}


def test_a_list_that_is_not_in_its_place_is_made_again(ca: CertificateAuthority) -> None:
    ca.publish_due(at=AT)
    ca.list_file("infra", ListName(2)).unlink()
    ca.list_file("persons", COMPLETE).write_bytes(ca.list_file("infra", COMPLETE).read_bytes())
    wanted = {("persons", COMPLETE), ("infra", ListName(2))}
    assert set(ca.due(at=AT)) == set(ca.publish_due(at=AT)) == wanted
    assert ca.due(at=AT) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"crl_partitions": 2, "crl_url": "http://a.uz/x.crl", "delta_url": ""},
        {"crl_partitions": 2, "crl_url": "", "delta_url": ""},
        {"crl_partitions": 2, "delta_url": "http://a.uz/delta.crl"},
        {"crl_partitions": -1},
        {"crl_partitions": 10_001},
        {"delta_hours": -1},
    ],
)
def test_settings_that_cannot_be_kept_are_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(EsignError) as caught:
        create(tmp_path / "ca", **{**PARTITIONS, **changes})
    assert caught.value.code == "ca-settings-malformed" and not (tmp_path / "ca").exists()


def test_settings_of_lists_are_read_back_as_written(ca: CertificateAuthority) -> None:
    assert Settings.read(ca.settings.document) == ca.settings
    schedule = ca.settings.schedule(ca.profiles["issuing-person"])
    assert (schedule.lifetime, schedule.every, schedule.delta_every) == (7 * DAY, DAY, HOUR)


# --- kills ---


def test_processes_killed_at_any_point_leave_an_authority_that_goes_on(
    ca: CertificateAuthority, tmp_path: Path
) -> None:
    """No certificate without an event, no serial twice, no list older than its predecessor."""
    ca.close()
    for name in ("root", "infra"):
        (ca.folder / name / "key.pem").rename(tmp_path / name)
    kills = int(os.environ.get("EXAT_KILLS", "24"))
    argv = [sys.executable, "-m", "tests.esign.io.killing", str(ca.folder), str(kills)]
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    answer = subprocess.run(argv, capture_output=True, env=environment, check=False)
    assert answer.returncode == 0, answer.stderr.decode()
    done, highest = map(int, answer.stdout.split())
    assert done == kills and highest >= min(kills, 20)


# --- older copies ---


class Restored:
    """A folder put back as it was yesterday, while the world has today's lists and checkpoint."""

    def __init__(self, folder: Path) -> None:
        with create(folder, **PARTITIONS) as there:
            self.known, self.forgotten = issue(there), issue(there)
            shutil.copytree(folder, folder.with_name("backup"))
            self.lost = issue(there, 1)
            for certificate in (self.forgotten, self.lost):
                there.revoke(certificate.serial_number, at=AT + HOUR)
            there.publish_crls(at=AT + 2 * HOUR)
        self.today = {file.name: file.read_bytes() for file in (folder / "crl").iterdir()}
        shutil.rmtree(folder)
        folder.with_name("backup").rename(folder)

    @property
    def crls(self) -> list[bytes]:
        return [octets for name, octets in self.today.items() if name.endswith(".crl")]

    @property
    def checkpoints(self) -> list[bytes]:
        return [octets for name, octets in self.today.items() if name.endswith(".checkpoint")]


@pytest.fixture
def restored(tmp_path: Path) -> Restored:
    return Restored(tmp_path / "ca")


def test_a_register_behind_what_lies_published_issues_nothing(restored: Restored, tmp_path: Path) -> None:
    """The register came back from the backup, the published files did not."""
    for name, octets in restored.today.items():
        (tmp_path / "ca" / "crl" / name).write_bytes(octets)
    with CertificateAuthority.open(tmp_path / "ca", PASSPHRASE) as ca:
        with pytest.raises(RegisterError) as caught:
            issue(ca, 3)
        assert caught.value.code == "register-behind"
        with pytest.raises(RegisterError):
            ca.publish_crls(at=AT + 3 * HOUR)
        assert [record.serial for _, record in ca.records()]
        assert set(ca.resume(at=AT + 3 * HOUR)) == {"persons", "root", "infra"}
        assert issue(ca, 3)


def test_a_restored_folder_goes_on_with_what_the_world_has(restored: Restored, tmp_path: Path) -> None:
    with CertificateAuthority.open(tmp_path / "ca", PASSPHRASE) as ca:
        found = ca.resume(at=AT + 3 * HOUR, checkpoints=restored.checkpoints, crls=restored.crls)
        assert found["persons"].unknown == (restored.lost.serial_number,)
        before = {name: CertificateList.load(octets) for name, octets in named(restored.today)}
        for name, octets in named({f.name: f.read_bytes() for f in (ca.folder / "crl").iterdir()}):
            now, old = CertificateList.load(octets), before.get(name)
            assert now.number is not None and (old is None or now.number > (old.number or 0))
            if not now.is_delta and old:
                assert set(now.entries) >= set(old.entries)
        assert ca.record(restored.forgotten.serial_number)[1].state is State.REVOKED
        ca.check_log(checkpoints=restored.checkpoints)
        with pytest.raises(IssuanceRefused):
            ca.export(restored.lost.serial_number)
        ca.adopt(restored.lost, at=AT + 3 * HOUR, profile="officer-sign")
        assert ca.export(restored.lost.serial_number).startswith(restored.lost.pem)
        assert ca.record(restored.lost.serial_number)[1].state is State.REVOKED
        assert ca.resume(at=AT + 3 * HOUR, checkpoints=restored.checkpoints) == {}


def named(found: dict[str, bytes]) -> list[tuple[str, bytes]]:
    return [(name, octets) for name, octets in found.items() if name.endswith(".crl")]


def test_a_certificate_of_nobody_here_is_not_taken_in(ca: CertificateAuthority) -> None:
    with pytest.raises(IssuanceRefused) as caught:
        ca.adopt(make_issuer().certificate, at=AT)
    assert caught.value.code == "certificate-foreign"
