"""The commands that make signatures last, from a document on the disk to a signature that passes at B-LTA."""

import json
from xml.etree import ElementTree

import pytest

import esign
from esign.tsp import TimeStampToken
from exat_cli.failures import Exit, Failure
from tests.cli.desk import URL, World


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
    elsewhere = str((world.folder / "decree.txt").rename(world.folder / "elsewhere.txt"))
    words = ["augment", world.path("decree.txt.p7s"), "--tsa", URL, *world.evidence, "-o", world.path("x")]
    refused = world.run(*words)
    assert isinstance(refused.exception, esign.EsignError)
    assert refused.exception.code == "augmentation-refused"
    assert not (world.folder / "x").exists()
    assert world.run(*words, "--content", elsewhere).exit_code == 0
    assert world.verdict("x", "--content", elsewhere)["indication"] == "TOTAL-PASSED"


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
    assert (refused.exception.code, refused.exception.status) == ("place-missing", Exit.USAGE)
