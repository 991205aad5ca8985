"""`--fetch` gets what a verdict misses; without it nothing leaves the machine."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from esign import sign
from exat_cli.failures import Exit, Failure
from exat_cli.main import cli
from tests.esign.io.http_world import Reply, Server, served
from tests.esign.test_rounds import DOCUMENT, bare, local, pages, published
from tests.esign.validation import world
from tests.esign.validation.world import AT


@pytest.fixture
def server() -> Iterator[Server]:
    with served() as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A signature, a certificate and a root; the lists are on the server."""
    monkeypatch.setenv("EXAT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("EXAT_LANGUAGE", "en")
    authority, person = published(local(server))
    server.pages.update({path: Reply(body) for path, body in pages(authority).items()})
    (tmp_path / "root.pem").write_bytes(world.root().certificate.pem)
    (tmp_path / "signed.p7m").write_bytes(sign(DOCUMENT, bare(person), at=AT) or b"")
    (tmp_path / "person.pem").write_bytes(person.certificate.pem)
    return tmp_path


def run(*words: str) -> Any:
    return CliRunner().invoke(cli, [*words])


def verify(folder: Path, *more: str) -> Any:
    signed, root = str(folder / "signed.p7m"), str(folder / "root.pem")
    return run("verify", signed, "--trust", root, "--at", AT.isoformat(), "--json", *more)


def test_nothing_is_fetched_unasked(folder: Path, server: Server) -> None:
    found = verify(folder)
    assert found.exit_code == 3
    assert "fetched" not in json.loads(found.stdout)
    assert server.asked == []


def test_what_is_missing_is_fetched_and_told(folder: Path, server: Server) -> None:
    found = verify(folder, "--fetch", "--allow-private")
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)["fetched"]
    assert [one["kind"] for one in told] == ["certificate", "crl", "crl"]
    assert all(one["octets"] for one in told)


def test_private_addresses_are_not_asked_unless_allowed(folder: Path, server: Server) -> None:
    found = verify(folder, "--fetch")
    assert found.exit_code == 3
    (told,) = json.loads(found.stdout)["fetched"]
    assert told["reason"]["code"] == "fetch-address-refused"
    assert server.asked == []
    words = run(
        "verify",
        str(folder / "signed.p7m"),
        "--trust",
        str(folder / "root.pem"),
        "--at",
        AT.isoformat(),
        "--fetch",
    )
    assert "[fetch-address-refused]" in words.stderr


def test_the_next_run_asks_less(folder: Path, server: Server) -> None:
    verify(folder, "--fetch", "--allow-private")
    asked = len(server.asked)
    found = verify(folder, "--fetch", "--allow-private")
    assert found.exit_code == 0
    kept = [one["cached"] for one in json.loads(found.stdout)["fetched"]]
    assert kept[0] is True and len(server.asked) < 2 * asked


@pytest.mark.parametrize("command", ["verify signed.p7m", "pki validate person.pem"])
def test_private_addresses_without_a_fetch_are_a_mistake(folder: Path, command: str) -> None:
    *words, file = command.split()
    found = run(*words, str(folder / file), "--trust", str(folder / "root.pem"), "--allow-private")
    assert isinstance(found.exception, Failure)
    assert (found.exception.code, found.exception.status) == ("fetch-not-asked", Exit.USAGE)


def test_a_certificate_is_confirmed_with_what_is_fetched(folder: Path, server: Server) -> None:
    words = ["pki", "validate", str(folder / "person.pem"), "--trust", str(folder / "root.pem"), "--json"]
    assert run(*words, "--at", AT.isoformat()).exit_code == 3
    assert server.asked == []
    found = run(*words, "--at", AT.isoformat(), "--fetch", "--allow-private")
    assert found.exit_code == 0, found.output
    assert len(json.loads(found.stdout)["fetched"]) == 3
