"""`sign` with claims, levels and containers; `cosign`, `countersign`; the forms of a container."""

import io
import stat
import sys
from importlib.resources import files
from pathlib import Path

import pytest

import esign
from esign import EsignError, asic
from esign.cades import PROOF_OF_APPROVAL
from exat_cli.failures import Exit, Failure, status_of
from exat_cli.output import reading, writing
from tests.cli.desk import URL, World
from tests.cli.sessions import exat


def refused(result: object) -> tuple[str, int]:
    """The code and the status of a command that failed."""
    error = getattr(result, "exception", None)
    assert isinstance(error, Failure), error
    return error.code, error.status


@pytest.mark.parametrize("level", ["B-B", "B-T", "B-LT", "B-LTA"])
def test_a_signature_is_made_at_each_level(world: World, level: str) -> None:
    more = [] if level == "B-B" else ["--tsa", URL]
    made = world.sign("--level", level, *more, *world.evidence)
    assert made.exit_code == 0, made.output
    assert world.verdict("decree.txt.p7m")["signatures"][0]["level"] == level


def test_a_level_needs_its_authority_and_a_root(world: World) -> None:
    assert refused(world.sign("--level", "B-LT")) == ("level-needs", Exit.USAGE)
    assert refused(world.sign("--level", "B-LT", "--tsa", URL)) == ("level-needs", Exit.USAGE)
    root = world.path("root.pem")
    missing = world.sign("--level", "B-LT", "--tsa", URL, "--trust", root)
    assert isinstance(missing.exception, EsignError)
    assert missing.exception.code == "evidence-missing"
    assert status_of(missing.exception) is Exit.INDETERMINATE
    assert not (world.folder / "decree.txt.p7m").exists()


def test_a_signer_claims_what_was_said(world: World) -> None:
    world.write("policy.pdf", b"how we sign")
    made = world.sign(
        *("--commitment", "approval", "--commitment", "1.2.3.4", "--role", "Vazir", "--country", "UZ"),
        *("--location", "Toshkent", "--mime-type", "text/plain", "--description", "Qaror"),
        *("--signature-policy", "1.2.3.5", "--policy-document", world.path("policy.pdf")),
        *("--policy-uri", "https://policy.example/"),
    )
    assert made.exit_code == 0, made.output
    (claims,) = (one["claims"] for one in world.verdict("decree.txt.p7m")["signatures"])
    assert set(claims["commitments"]) == {PROOF_OF_APPROVAL, "1.2.3.4"}
    assert (claims["roles"], claims["mime_type"], claims["content_hints"]) == (
        ["Vazir"],
        "text/plain",
        "Qaror",
    )
    assert claims["location"] == {"country": "UZ", "locality": "Toshkent", "postal_address": []}
    assert (claims["policy"]["oid"], claims["policy"]["uri"]) == ("1.2.3.5", "https://policy.example/")


def test_a_policy_may_be_implied(world: World) -> None:
    world.sign("--signature-policy", "implied")
    found = world.verdict("decree.txt.p7m")["signatures"][0]["claims"]
    assert found == {"policy": {"implied": True}}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--commitment", "love"], "option-wrong"),
        (["--country", "Uzbekistan"], "option-wrong"),
        (["--signature-policy", "ours"], "option-wrong"),
        (["--signature-policy", "1.2.3"], "options-belong"),
        (["--policy-uri", "https://policy.example/"], "options-belong"),
        (["--policy-document", "decree.txt"], "options-belong"),
        (["--signature-policy", "implied", "--policy-document", "decree.txt"], "options-belong"),
        (["--asic", "s", "--detached"], "options-clash"),
        (["--asic", "s", "--pem"], "options-clash"),
    ],
)
def test_what_does_not_go_together_is_refused(world: World, words: list[str], code: str) -> None:
    assert refused(world.sign(*words)) == (code, Exit.USAGE)
    assert not (world.folder / "decree.txt.p7m").exists()


@pytest.mark.parametrize(("kind", "suffix"), [("s", ".asics"), ("e", ".asice")])
def test_one_document_goes_into_a_container_beside_itself(world: World, kind: str, suffix: str) -> None:
    assert world.sign("--asic", kind).exit_code == 0
    assert world.verdict(f"decree.txt{suffix}")["indication"] == "TOTAL-PASSED"


@pytest.mark.parametrize("kind", ["s", "e"])
def test_several_files_and_folders_go_into_one_container(world: World, kind: str) -> None:
    orders, case = world.orders(), world.path("case.zip")
    words = ["sign", orders, world.path("decree.txt"), "--asic", kind, *world.key]
    assert refused(world.run(*words)) == ("place-of-many", Exit.USAGE)
    told = world.json(*words, "-o", case, "--level", "B-LTA", "--tsa", URL, *world.evidence)
    assert told["files"] == ["a.txt", "b.txt", "sub/c.txt", "decree.txt"]
    found = world.verdict("case.zip")
    assert (found["indication"], found["signatures"][0]["level"]) == ("TOTAL-PASSED", "B-LTA")


def test_two_files_of_one_name_do_not_go_into_a_container(world: World) -> None:
    world.write("other/decree.txt", b"another")
    files = [world.path("decree.txt"), world.path("other/decree.txt")]
    found = world.run("sign", *files, "--asic", "e", "-o", world.path("x"), *world.key)
    assert refused(found) == ("container-names", Exit.USAGE)
    (world.folder / "empty").mkdir()
    found = world.run("sign", world.path("empty"), "--asic", "e", "-o", world.path("x"), *world.key)
    assert refused(found) == ("container-empty", Exit.USAGE)


@pytest.mark.parametrize("detached", [True, False])
def test_a_second_signer_signs_beside_the_first(world: World, detached: bool) -> None:
    world.sign(*["--detached"] * detached)
    name = "decree.txt.p7s" if detached else "decree.txt.p7m"
    words = ["cosign", world.path(name), *world.key, "--commitment", "approval"]
    assert refused(world.run(*words)) == ("place-missing", Exit.USAGE)
    assert world.run(*words, "--in-place", "--tsa", URL).exit_code == 0
    told = world.verdict(name)
    assert [one["level"] for one in told["signatures"]] == ["B-T", "B-T"]
    assert told["indication"] == "TOTAL-PASSED"
    assert refused(world.run(*words, "--in-place", "-o", "x")) == ("options-clash", Exit.USAGE)


def test_a_second_signer_signs_a_container(world: World) -> None:
    world.sign("--asic", "e")
    case = world.path("decree.txt.asice")
    assert world.run("cosign", case, "--in-place", *world.key).exit_code == 0
    assert len(world.verdict("decree.txt.asice")["signatures"]) == 2


def test_a_countersignature_confirms_each_signature_or_one(world: World) -> None:
    world.sign()
    file, both, one = world.path("decree.txt.p7m"), world.path("both.p7m"), world.path("one.p7m")
    world.run("cosign", file, "--in-place", *world.key)
    assert world.run("countersign", file, "-o", both, *world.key).exit_code == 0
    told = world.verdict("both.p7m")
    assert [len(each["countersignatures"]) for each in told["signatures"]] == [1, 1]
    assert told["signatures"][0]["countersignatures"][0]["crypto"] == "valid"
    said = world.json("countersign", file, "--which", "2", "-o", one, *world.key)
    assert (said["schema"], said["out"]) == ("exat.countersign/1", one)
    told = world.verdict("one.p7m")
    assert [len(each["countersignatures"]) for each in told["signatures"]] == [0, 1]
    third = world.run("countersign", file, "--which", "3", "--in-place", *world.key)
    assert isinstance(third.exception, EsignError)
    assert third.exception.code == "structure-refused"


def test_the_signatures_of_a_container_are_countersigned(world: World) -> None:
    world.sign("--asic", "e")
    case = world.path("decree.txt.asice")
    assert world.run("countersign", case, "--in-place", *world.key).exit_code == 0
    (found,) = world.verdict("decree.txt.asice")["signatures"]
    assert found["countersignatures"][0]["crypto"] == "valid"
    clash = world.run("countersign", case, "--which", "1", "--in-place", *world.key)
    assert refused(clash) == ("options-clash", Exit.USAGE)


@pytest.mark.parametrize("manifest", [True, False])
def test_a_container_is_raised(world: World, manifest: bool) -> None:
    world.sign("--asic", "e")
    case = world.path("decree.txt.asice")
    more = ["--archive-manifest"] * manifest
    made = world.run("augment", case, "--in-place", "--tsa", URL, *more, *world.evidence)
    assert made.exit_code == 0, made.output
    told = world.verdict("decree.txt.asice")
    assert (told["indication"], told["signatures"][0]["level"]) == ("TOTAL-PASSED", "B-LTA")
    archived = asic.Container.open(world.read("decree.txt.asice")).archive_manifests
    assert bool(archived) is manifest


def test_a_simple_container_is_taken_apart_and_put_together(world: World) -> None:
    world.sign("--asic", "s")
    case, out, document = world.path("decree.txt.asics"), world.path("d.p7s"), world.path("d")
    assert world.run("detach", case, "-o", out, "--content", document).exit_code == 0
    assert world.read("d") == b"a decree"
    assert world.verdict("d.p7s")["indication"] == "TOTAL-PASSED"
    again = world.path("again.asics")
    assert world.run("attach", out, "--content", document, "--asic", "-o", again).exit_code == 0
    assert world.verdict("again.asics")["indication"] == "TOTAL-PASSED"
    wrong = world.run("attach", out, "--content", world.path("root.pem"), "--asic", "-o", world.path("x"))
    assert isinstance(wrong.exception, EsignError)
    assert wrong.exception.code == "structure-refused"


def test_simple_containers_of_one_document_become_one(world: World) -> None:
    for name in ("Aliyev A.", "Karimov K."):
        signer = world.pki.signer(name)
        made = asic.make(
            {"decree.txt": b"a decree"},
            lambda octets: esign.sign(octets, signer, detached=True),  # noqa: B023 - called at once
            at=world.pki.at,
            container="asic-s",
        )
        world.write(f"{name[:3]}.asics", made)
    one, two = world.path("Ali.asics"), world.path("Kar.asics")
    assert world.run("join", one, two, "-o", world.path("both.asics")).exit_code == 0
    told = world.verdict("both.asics")
    assert {each["signer"]["name"] for each in told["signatures"]} == {"Aliyev A.", "Karimov K."}
    world.run("sign", world.path("root.pem"), "--asic", "s", *world.key)
    other = world.run("join", one, world.path("root.pem.asics"), "-o", world.path("x"))
    assert refused(other) == ("containers-differ", Exit.REFUSED)


def test_a_container_with_manifests_is_not_taken_apart(world: World) -> None:
    world.sign("--asic", "e")
    found = world.run("detach", world.path("decree.txt.asice"), "-o", world.path("x"))
    assert refused(found) == ("container-not-simple", Exit.REFUSED)


def test_a_policy_of_ones_own_judges(world: World) -> None:
    world.sign()
    file = world.path("decree.txt.p7m")
    default = (files("esign_profiles") / "policies" / "default.toml").read_text("utf-8")
    world.write("own.toml", default.replace('"secp256r1", ', "").encode())
    assert world.run("verify", file, *world.evidence, "--validation-policy", "hybrid").exit_code == 3
    told = world.run("verify", file, *world.evidence, "--validation-policy", world.path("own.toml"))
    assert told.exit_code == Exit.INDETERMINATE
    assert "CRYPTO_CONSTRAINTS_FAILURE" in told.stdout
    unknown = world.run("verify", file, "--validation-policy", "none")
    assert refused(unknown) == ("validation-policy-unknown", Exit.USAGE)
    world.write("bad.toml", b"name = 3")
    broken = world.run("verify", file, "--validation-policy", world.path("bad.toml"))
    assert isinstance(broken.exception, EsignError)
    assert broken.exception.code == "policy-malformed"
    assert status_of(broken.exception) is Exit.CONFIGURATION


# --- files that are written whole ---


def test_a_document_from_a_pipe_is_signed_into_a_pipe(world: World) -> None:
    key = [word.replace(f"{world.folder}/", "") for word in world.key]
    said = exat("sign", "-", "-o", "-", *key, folder=world.folder, stdin=b"a decree")
    assert said.status == 0, said.stderr
    world.write("piped.p7m", said.stdout)
    evidence = [word.replace(f"{world.folder}/", "") for word in world.evidence]
    words = ("verify", "-", "--extract", "back.txt", *evidence)
    assert exat(*words, folder=world.folder, stdin=said.stdout).status == 0
    assert world.read("back.txt") == b"a decree"
    assert world.verdict("piped.p7m")["indication"] == "TOTAL-PASSED"
    assert refused(world.run("sign", "-", *world.key)) == ("place-missing", Exit.USAGE)


def test_what_is_overwritten_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("old")
    path.chmod(0o640)
    with writing(str(path), force=True) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link_when_its_file_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("old")
    (tmp_path / "link").symlink_to("x")
    with writing(str(tmp_path / "link"), force=True) as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "x").read_bytes() == b"new"


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), writing(str(tmp_path / "x")) as file:
        file.write(b"half")
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_a_file_that_came_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with pytest.raises(Failure) as found, writing(str(path)) as file:
        file.write(b"ours")
        path.write_text("theirs")
    assert found.value.code == "file-exists"
    assert path.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(Failure) as found, writing(str(tmp_path / "none" / "x")):
        pass
    assert (found.value.code, found.value.status) == ("file-unwritable", Exit.USAGE)
    with pytest.raises(Failure) as found, reading(str(tmp_path / "none")):
        pass
    assert (found.value.code, found.value.status) == ("file-unreadable", Exit.UNREADABLE)


def test_a_device_is_written_to_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    with writing("/dev/null", force=True) as file:
        file.write(b"x")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"typed")))
    with reading("-") as source:
        assert source.read() == b"typed"


@pytest.mark.parametrize("kind", ["s", "e"])
def test_a_large_document_goes_into_a_container_as_a_stream(world: World, kind: str) -> None:
    world.write("large.bin", bytes(3 << 20))
    case = world.path("case.zip")
    words = ["sign", world.path("large.bin"), "--asic", kind, "-o", case, *world.key]
    assert world.run(*words, "--tsa", URL).exit_code == 0
    told = world.verdict("case.zip")
    assert (told["indication"], told["signatures"][0]["level"]) == ("TOTAL-PASSED", "B-T")
