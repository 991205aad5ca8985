"""What is kept is kept until nextUpdate, whole or not at all, within bounds, also with two writers."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509 as foreign
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from esign.io.cache import Cache
from esign.material import Need
from tests.esign.validation import world
from tests.esign.validation.world import AT, DAY, SECOND

NEED = Need("crl", "http://pki.agency.example/a.crl")


def cache(tmp_path: Path, **bounds: object) -> Cache:
    return Cache(tmp_path / "cache", **bounds)  # type: ignore[arg-type]


def the_file(kept: Cache) -> Path:
    (found,) = kept.folder.iterdir()
    return found


def answer(
    person: world.Node | None = None,
    issuer: world.Node | None = None,
    *,
    next_update: object = AT + SECOND,
    this_update: datetime = AT,
) -> bytes:
    """An OCSP answer about a person, of the authority itself."""
    person, issuer = person or world.person(), issuer or world.intermediate()
    load = foreign.load_der_x509_certificate
    made = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=load(person.certificate.raw),
            issuer=load(issuer.certificate.raw),
            algorithm=hashes.SHA256(),
            cert_status=ocsp.OCSPCertStatus.GOOD,
            this_update=this_update,
            next_update=next_update,  # type: ignore[arg-type]
            revocation_time=None,
            revocation_reason=None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, load(issuer.certificate.raw))
        .sign(issuer.private, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


def test_an_empty_cache_has_nothing(tmp_path: Path) -> None:
    kept = cache(tmp_path)
    assert kept.get(NEED, at=AT) is None
    kept.drop(NEED)
    assert not kept.folder.exists()


def test_a_list_is_kept_until_its_next_update(tmp_path: Path) -> None:
    kept, crl = cache(tmp_path), world.root().crl(next_update=AT + 10 * SECOND).raw
    kept.put(NEED, crl, at=AT)
    assert kept.get(NEED, at=AT) == crl
    assert kept.get(NEED, at=AT + 9 * SECOND) == crl
    assert kept.get(NEED, at=AT + 10 * SECOND) is None
    assert kept.get(NEED, at=AT - SECOND) is None


def test_nothing_is_kept_beyond_the_longest_age(tmp_path: Path) -> None:
    crl = world.root().crl(next_update=AT + 9 * DAY).raw
    cache(tmp_path).put(NEED, crl, at=AT)
    assert cache(tmp_path).get(NEED, at=AT + DAY - SECOND) == crl
    assert cache(tmp_path).get(NEED, at=AT + DAY) is None
    assert cache(tmp_path, age=SECOND).get(NEED, at=AT + SECOND) is None


def test_an_answer_is_kept_until_its_next_update(tmp_path: Path) -> None:
    kept, need = cache(tmp_path), Need("ocsp", "http://ocsp.example", b"question")
    said = answer()
    kept.put(need, said, at=AT)
    assert kept.get(need, at=AT) == said
    assert kept.get(need, at=AT + SECOND) is None
    assert kept.get(Need("ocsp", "http://ocsp.example", b"another"), at=AT) is None


def test_certificates_are_kept_until_they_end(tmp_path: Path) -> None:
    kept, need = cache(tmp_path, age=1000 * DAY), Need("certificate", "http://pki.example/ca")
    octets = world.root().certificate.pem + world.intermediate().certificate.pem
    kept.put(need, octets, at=AT)
    end = world.root().certificate.not_after
    assert kept.get(need, at=end - SECOND) == octets
    assert kept.get(need, at=end) is None


@pytest.mark.parametrize(
    ("kind", "octets"),
    [
        ("crl", b""),
        ("crl", b"<html>"),
        ("crl", world.root().crl(next_update=AT - SECOND, this_update=AT - DAY).raw),
        ("certificate", b"\x30\x00"),
        ("ocsp", b"\x30\x00"),
        ("ocsp", b"\x30\x03\x0a\x01\x06"),
        ("ocsp", answer(next_update=None)),
        ("timestamp", world.root().crl().raw),
    ],
    ids=["nothing", "a page", "stale", "no certificate", "no answer", "refusal", "endless", "time stamp"],
)
def test_what_is_worth_nothing_is_not_kept(tmp_path: Path, kind: str, octets: bytes) -> None:
    kept = cache(tmp_path)
    kept.put(Need(kind, NEED.url), octets, at=AT)  # type: ignore[arg-type]
    assert not kept.folder.exists()


def test_what_is_larger_than_the_whole_is_not_kept(tmp_path: Path) -> None:
    crl = world.root().crl().raw
    kept = cache(tmp_path, octets=len(crl) - 1)
    kept.put(NEED, crl, at=AT)
    assert not kept.folder.exists()


def test_kind_address_and_request_are_told_apart(tmp_path: Path) -> None:
    kept, crl = cache(tmp_path), world.root().crl().raw
    kept.put(Need("crl", "http://a.example/b"), crl, at=AT)
    assert kept.get(Need("crl", "http://a.example/b", subject="CN=any"), at=AT) == crl
    for other in (
        Need("crl", "http://a.example/", b"b"),
        Need("certificate", "http://a.example/b"),
        Need("crl", "http://a.example/\ud800"),
    ):
        assert kept.get(other, at=AT) is None


@pytest.mark.parametrize("place", [0, 5, 40, -1, -200])
def test_a_damaged_file_is_a_miss_and_goes(tmp_path: Path, place: int) -> None:
    kept = cache(tmp_path)
    kept.put(NEED, world.root().crl().raw, at=AT)
    path = the_file(kept)
    octets = bytearray(path.read_bytes())
    octets[place] ^= 1
    path.write_bytes(octets)
    assert kept.get(NEED, at=AT) is None
    assert not path.exists()


def test_a_file_is_of_its_need_alone(tmp_path: Path) -> None:
    kept, other = cache(tmp_path), Need("crl", "http://other.example")
    kept.put(NEED, world.root().crl().raw, at=AT)
    octets = the_file(kept).read_bytes()
    kept.put(other, world.intermediate().crl().raw, at=AT)
    for path in kept.folder.iterdir():
        path.write_bytes(octets)
    assert kept.get(NEED, at=AT) == world_crl(octets)
    assert kept.get(other, at=AT) is None


def world_crl(file: bytes) -> bytes:
    return file.partition(b"\n")[2]


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "esign.fetched/2"},
        {"stored": "2026-11-23T12:00:00"},
        {"until": "never"},
        {"until": 5},
        {"sha256": None},
    ],
)
def test_a_head_of_another_form_is_a_miss(tmp_path: Path, change: dict[str, object]) -> None:
    kept = cache(tmp_path)
    kept.put(NEED, world.root().crl().raw, at=AT)
    path = the_file(kept)
    head, _, octets = path.read_bytes().partition(b"\n")
    path.write_bytes(json.dumps({**json.loads(head), **change}).encode() + b"\n" + octets)
    assert kept.get(NEED, at=AT) is None


@pytest.mark.parametrize("head", [b"[]", b"{}", b"", b"[" * 900, b'{"stored": "2026-11-23"}'])
def test_a_file_that_is_not_ours_is_a_miss(tmp_path: Path, head: bytes) -> None:
    kept = cache(tmp_path)
    kept.put(NEED, world.root().crl().raw, at=AT)
    the_file(kept).write_bytes(head + b"\nrest")
    assert kept.get(NEED, at=AT) is None


def test_a_file_beyond_all_bounds_is_not_read(tmp_path: Path) -> None:
    cache(tmp_path).put(NEED, world.root().crl().raw, at=AT)
    with the_file(cache(tmp_path)).open("ab") as file:
        file.truncate(1 << 20)
    assert cache(tmp_path, octets=1000).get(NEED, at=AT) is None


def test_the_oldest_goes_when_there_is_no_room(tmp_path: Path) -> None:
    kept, crl = cache(tmp_path, entries=2), world.root().crl().raw
    needs = [Need("crl", f"http://a.example/{number}") for number in range(4)]
    for number, need in enumerate(needs):
        kept.put(need, crl, at=AT)
        os.utime(kept._path(need), ns=(number, number))
    assert [kept.get(need, at=AT) is not None for need in needs] == [False, False, True, True]


def test_octets_are_bounded_too(tmp_path: Path) -> None:
    crl = world.root().crl().raw
    kept = cache(tmp_path, octets=2 * len(crl) + 700)
    needs = [Need("crl", f"http://a.example/{number}") for number in range(4)]
    for number, need in enumerate(needs):
        kept.put(need, crl, at=AT)
        os.utime(kept._path(need), ns=(number, number))
    assert [kept.get(need, at=AT) is not None for need in needs] == [False, False, True, True]


def test_a_draft_that_a_crash_left_goes(tmp_path: Path) -> None:
    kept = cache(tmp_path)
    kept.put(NEED, world.root().crl().raw, at=AT)
    draft = kept.folder / f".{'0' * 64}.abc"
    draft.write_bytes(b"half")
    kept.put(NEED, world.root().crl().raw, at=AT + SECOND)
    assert not draft.exists()
    assert kept.get(NEED, at=AT + SECOND) is not None


def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    kept = cache(tmp_path)
    kept.put(NEED, world.root().crl().raw, at=AT)
    assert kept.folder.stat().st_mode & 0o777 == 0o700
    assert the_file(kept).stat().st_mode & 0o777 == 0o600


def test_a_file_that_another_process_took_away_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = cache(tmp_path)
    kept.put(NEED, world.root().crl().raw, at=AT)
    ghosts = [*kept.folder.iterdir(), kept.folder / ("0" * 64)]
    monkeypatch.setattr(Path, "iterdir", lambda _: iter(ghosts))
    kept.put(NEED, world.root().crl().raw, at=AT)
    assert kept.get(NEED, at=AT) is not None


WRITER = """
import sys
from datetime import datetime
from pathlib import Path
from esign.io.cache import Cache
from esign.material import Need
folder, list_, at = Path(sys.argv[1]), Path(sys.argv[2]).read_bytes(), datetime.fromisoformat(sys.argv[3])
kept = Cache(folder, entries=3)
for number in range(25):
    need = Need("crl", f"http://a.example/{number % 5}")
    kept.put(need, list_, at=at)
    found = kept.get(need, at=at)
    assert found in (None, list_)
"""


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    crl = world.root().crl().raw
    (tmp_path / "list").write_bytes(crl)
    command = [sys.executable, "-c", WRITER, str(tmp_path / "cache"), str(tmp_path / "list"), AT.isoformat()]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    running = [subprocess.Popen(command, env=environment) for _ in range(2)]
    assert [process.wait(30) for process in running] == [0, 0]
    files = list((tmp_path / "cache").iterdir())
    assert 0 < len(files) <= 3
    assert all(world_crl(path.read_bytes()) == crl for path in files)


def test_the_default_age_is_a_day() -> None:
    assert Cache(Path("x")).age == timedelta(days=1)
