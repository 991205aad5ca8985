"""The commands that make signatures last, from a document on the disk to a signature that passes at B-LTA."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

import esign
from esign.keys import dump_private_key
from esign.testing import TestPKI
from esign.tsp import TimeStampToken
from exat_cli import documents, lasting
from exat_cli.failures import Exit, Failure
from exat_cli.main import cli

URL = "https://tsa.example/"


class World:
    """A folder with a document, a signer, a root and the lists of its authorities."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.pki = folder, TestPKI()
        self.stamper = self.pki.time_stamper(self.pki.at)
        signer = self.pki.signer("Aliyev A.")
        private: Any = signer.key
        chain = [esign.Certificate.load(raw) for raw in (signer.certificate, *signer.chain)]
        self.write("key.pem", dump_private_key(private.private, "blue kettle"))
        self.write("key.pass", b"blue kettle")
        self.write("chain.pem", b"".join(certificate.pem for certificate in chain))
        self.write("root.pem", self.pki.root.pem)
        self.write("decree.txt", b"a decree")
        self.lists = [str(self.write(f"{n}.crl", raw)) for n, raw in enumerate(self.pki.crls)]

    def write(self, name: str, octets: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(octets)
        return path

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def run(self, *words: str) -> Any:
        return CliRunner().invoke(cli, [*words])

    @property
    def evidence(self) -> list[str]:
        return ["--trust", self.path("root.pem"), *(w for name in self.lists for w in ("--crl", name))]

    def sign(self, *more: str) -> Any:
        key = ["--key", self.path("key.pem"), "--certificate", self.path("chain.pem")]
        return self.run(
            "sign", self.path("decree.txt"), *key, "--passphrase", f"file:{self.path('key.pass')}", *more
        )

    def verdict(self, name: str, *more: str) -> dict[str, Any]:
        found = self.run("verify", self.path(name), *self.evidence, "--json", *more)
        told: dict[str, Any] = json.loads(found.stdout)
        assert found.exit_code == {"TOTAL-PASSED": 0, "TOTAL-FAILED": 1}.get(told["indication"], 3)
        return told


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("EXAT_LANGUAGE", "en")
    made = World(tmp_path)
    for module in (documents, lasting):
        monkeypatch.setattr(module, "time_stamper", lambda url, *, allow_private: made.stamper)
    return made


def test_a_signature_is_stamped_when_it_is_made(world: World) -> None:
    assert world.sign("--tsa", URL).exit_code == 0
    told = world.verdict("decree.txt.p7m")
    assert (told["indication"], told["signatures"][0]["level"]) == ("TOTAL-PASSED", "B-T")


@pytest.mark.parametrize("level", ["B-T", "B-LT", "B-LTA"])
def test_a_signature_is_raised_to_each_level(world: World, level: str) -> None:
    world.sign()
    made = world.run(
        *("augment", world.path("decree.txt.p7m"), "--level", level, "--tsa", URL),
        *(*world.evidence, "-o", world.path("lasting.p7m"), "--json"),
    )
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["level"] == level
    assert world.verdict("lasting.p7m")["signatures"][0]["level"] == level


def test_a_detached_signature_needs_its_document(world: World) -> None:
    world.sign("--detached")
    words = ["augment", world.path("decree.txt.p7s"), "--tsa", URL, *world.evidence, "-o", world.path("x")]
    refused = world.run(*words)
    assert isinstance(refused.exception, esign.EsignError)
    assert refused.exception.code == "augmentation-refused"
    assert not (world.folder / "x").exists()
    assert world.run(*words, "--content", world.path("decree.txt")).exit_code == 0
    assert world.verdict("x", "--content", world.path("decree.txt"))["indication"] == "TOTAL-PASSED"


def test_what_is_missing_for_a_level_is_told_and_nothing_written(world: World) -> None:
    world.sign()
    refused = world.run(
        *("augment", world.path("decree.txt.p7m"), "--tsa", URL, "--trust", world.path("root.pem")),
        *("-o", world.path("x")),
    )
    assert isinstance(refused.exception, esign.EsignError)
    assert refused.exception.code == "evidence-missing"
    assert not (world.folder / "x").exists()


def test_documents_are_stamped_each_beside_itself(world: World) -> None:
    world.write("table.csv", b"a;b")
    made = world.run("timestamp", world.path("decree.txt"), world.path("table.csv"), "--tsa", URL)
    assert made.exit_code == 0, made.output
    for name in ("decree.txt", "table.csv"):
        token = TimeStampToken.read(world.read(f"{name}.tst"))
        assert token.info.imprint.value == esign_digest(world.read(name))
    again = world.run("timestamp", world.path("decree.txt"), "--tsa", URL)
    assert isinstance(again.exception, Failure)
    assert again.exception.code == "file-exists"


def esign_digest(octets: bytes) -> bytes:
    from esign.algorithms import SHA256

    return SHA256.of(octets)


def test_a_document_is_taken_out_and_put_back(world: World) -> None:
    world.sign()
    out, document = world.path("decree.p7s"), world.path("back.txt")
    taken = world.run("detach", world.path("decree.txt.p7m"), "-o", out, "--content", document)
    assert taken.exit_code == 0, taken.output
    assert world.read("back.txt") == b"a decree"
    assert world.verdict("decree.p7s", "--content", document)["indication"] == "TOTAL-PASSED"
    whole = world.run("attach", out, "--content", document, "-o", world.path("whole.p7m"), "--json")
    assert json.loads(whole.stdout)["schema"] == "exat.attach/1"
    assert world.verdict("whole.p7m")["indication"] == "TOTAL-PASSED"
    other = world.run("attach", out, "--content", world.path("root.pem"), "-o", world.path("x"))
    assert isinstance(other.exception, esign.EsignError)
    assert other.exception.code == "structure-refused"


def test_two_signatures_become_one(world: World) -> None:
    for name in ("Aliyev A.", "Karimov K."):
        made = esign.sign(b"a decree", world.pki.signer(name), at=world.pki.at, detached=True)
        world.write(f"{name[:3]}.p7s", made or b"")
    joined = world.run("join", world.path("Ali.p7s"), world.path("Kar.p7s"), "-o", world.path("both.p7s"))
    assert joined.exit_code == 0, joined.output
    told = world.verdict("both.p7s", "--content", world.path("decree.txt"))
    assert {one["signer"]["name"] for one in told["signatures"]} == {"Aliyev A.", "Karimov K."}
    assert told["indication"] == "TOTAL-PASSED"


def test_the_report_is_written_as_xml(world: World) -> None:
    world.sign()
    world.verdict("decree.txt.p7m", "--report", world.path("report.xml"))
    root = ElementTree.fromstring(world.read("report.xml"))  # noqa: S314 - our own
    assert root.tag.endswith("ValidationReport")


@pytest.mark.parametrize("command", ["augment --tsa x", "attach --content x", "detach", "join"])
def test_a_result_needs_a_place(world: World, command: str) -> None:
    name, *options = command.split()
    refused = world.run(name, world.path("decree.txt"), *options)
    assert isinstance(refused.exception, Failure)
    assert (refused.exception.code, refused.exception.status) == ("option-missing", Exit.USAGE)
