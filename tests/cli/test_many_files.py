"""Many files in one run: folders, one unlock, the failure of one, the worst exit status, the bar."""

import itertools
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from exat_cli.failures import Exit, Failure
from exat_cli.many import RESULTS, files_of, is_result, is_several, worse
from tests.cli.desk import URL, World
from tests.cli.test_terminal import at_terminal


def names(world: World) -> set[str]:
    root = world.folder / "orders"
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_every_document_of_a_folder_is_signed_beside_itself(world: World) -> None:
    orders = world.orders()
    world.write("orders/.hidden", b"x")
    world.write("orders/.git/config", b"x")
    world.write("orders/old.p7m", b"x")
    before = names(world)
    made = world.run("sign", orders, *world.key)
    assert made.exit_code == 0, made.output
    assert names(world) - before == {"a.txt.p7m", "b.txt.p7m", "sub/c.txt.p7m"}
    assert made.stderr.splitlines()[-1] == "files done: 3, failed: 0"


def test_the_key_is_unlocked_once_for_all_files(world: World) -> None:
    world.orders()
    reading, writing = os.pipe()
    os.write(writing, b"blue kettle\n")
    os.close(writing)
    key = [*world.key[:-1], f"fd:{reading}"]
    try:
        made = world.run("sign", world.path("orders"), world.path("decree.txt"), *key)
    finally:
        os.close(reading)
    assert made.exit_code == 0, made.output
    assert world.verdict("decree.txt.p7m")["indication"] == "TOTAL-PASSED"
    assert world.verdict("orders/sub/c.txt.p7m")["indication"] == "TOTAL-PASSED"


def test_the_failure_of_one_file_does_not_stop_the_others(world: World) -> None:
    missing, decree = world.path("missing.txt"), world.path("decree.txt")
    told = world.run("sign", missing, decree, *world.key, "--json")
    assert told.exit_code == Exit.UNREADABLE
    document = world.json("sign", missing, decree, *world.key, "--force")
    assert document["schema"] == "exat.sign-files/1"
    failed, done = document["files"]
    assert (failed["file"], failed["error"]["code"]) == (missing, "file-unreadable")
    assert (done["file"], done["out"], done["level"]) == (decree, f"{decree}.p7m", "B-B")
    words = world.run("sign", missing, decree, *world.key, "--force")
    assert f"exat: {missing}: " in words.stderr
    assert words.stderr.splitlines()[-1] == "files done: 1, failed: 1"


def test_nothing_is_overwritten_without_force(world: World) -> None:
    world.orders("a.txt", "b.txt")
    world.write("orders/a.txt.p7m", b"an older one")
    made = world.run("sign", world.path("orders"), *world.key)
    assert made.exit_code == Exit.USAGE
    assert world.read("orders/a.txt.p7m") == b"an older one"
    assert world.verdict("orders/b.txt.p7m")["indication"] == "TOTAL-PASSED"
    assert world.run("sign", world.path("orders"), *world.key, "--force").exit_code == 0
    assert world.verdict("orders/a.txt.p7m")["indication"] == "TOTAL-PASSED"


def test_one_place_is_not_enough_for_several_results(world: World) -> None:
    refused = world.run("sign", world.orders(), *world.key, "-o", world.path("x"))
    assert isinstance(refused.exception, Failure)
    assert (refused.exception.code, refused.exception.status) == ("place-of-many", Exit.USAGE)
    assert names(world) == {"a.txt", "b.txt", "sub/c.txt"}


def test_an_authority_that_is_down_is_asked_three_times(world: World) -> None:
    world.orders(*(f"{n}.txt" for n in range(6)))
    world.outage = True
    made = world.run("sign", world.path("orders"), *world.key, "--tsa", URL)
    assert made.exit_code == Exit.UNREACHABLE
    assert world.requests == 3
    assert made.stderr.count("[fetch-unreachable]") == 6
    assert names(world) == {f"{n}.txt" for n in range(6)}


def test_a_file_is_whole_or_not_there(world: World) -> None:
    world.outage = True
    assert world.sign("--tsa", URL).exit_code == 1
    assert not [path for path in world.folder.iterdir() if "p7m" in path.name]


def test_detached_signatures_find_their_documents(world: World) -> None:
    orders = world.orders()
    world.run("sign", orders, *world.key, "--detached")
    told = world.json("verify", orders, *world.evidence)
    assert (told["schema"], told["indication"], told["not_judged"]) == (
        "exat.verify-files/1",
        "TOTAL-PASSED",
        [],
    )
    assert [one["document"].removeprefix(orders + os.sep) for one in told["files"]] == [
        "a.txt",
        "b.txt",
        "sub/c.txt",
    ]
    assert {one["indication"] for one in told["files"]} == {"TOTAL-PASSED"}


def test_the_worst_verdict_of_a_folder_is_the_exit_status(world: World) -> None:
    orders = world.orders()
    world.run("sign", orders, *world.key, "--detached")
    (world.folder / "orders/sub/c.txt").unlink()
    assert world.run("verify", orders, *world.evidence).exit_code == Exit.INDETERMINATE
    world.write("orders/garbage.p7m", b"garbage")
    assert world.run("verify", orders, *world.evidence).exit_code == Exit.UNREADABLE
    world.write("orders/b.txt", b"changed")
    ended = world.run("verify", orders, *world.evidence)
    assert ended.exit_code == Exit.REFUSED
    assert "b.txt.p7s: NOT VALID [TOTAL-FAILED, HASH_FAILURE]" in ended.stdout
    assert ended.stderr.splitlines()[-1] == "VALID: 1, CANNOT BE CONFIRMED: 1, NOT VALID: 2"


def test_what_no_signature_stands_beside_is_named(world: World) -> None:
    orders = world.orders("a.txt", "b.txt")
    world.run("sign", str(world.folder / "orders/a.txt"), *world.key, "--detached")
    ended = world.run("verify", orders, *world.evidence)
    assert ended.exit_code == 0
    assert "1 (" + world.path("orders/b.txt") + ")" in ended.stderr


def test_a_folder_without_a_signature_is_no_valid_one(world: World) -> None:
    refused = world.run("verify", world.orders(), *world.evidence)
    assert isinstance(refused.exception, Failure)
    assert (refused.exception.code, refused.exception.status) == ("nothing-signed", Exit.UNREADABLE)


def test_the_reports_of_a_folder_stand_in_a_folder(world: World) -> None:
    orders, reports = world.orders(), world.folder / "reports"
    world.run("sign", orders, *world.key)
    assert world.run("verify", orders, *world.evidence, "--report", str(reports)).exit_code == 0
    made = sorted(path for path in reports.rglob("*") if path.is_file())
    assert [path.name for path in made] == ["a.txt.p7m.xml", "b.txt.p7m.xml", "c.txt.p7m.xml"]
    assert all(ElementTree.parse(path) for path in made)  # noqa: S314 - our own


@pytest.mark.parametrize("option", ["--content", "--extract"])
def test_an_option_for_one_file_is_refused_for_several(world: World, option: str) -> None:
    world.sign()
    file = world.path("decree.txt.p7m")
    refused = world.run("verify", file, file, option, world.path("x"))
    assert isinstance(refused.exception, Failure)
    assert (refused.exception.code, refused.exception.status) == ("option-for-one", Exit.USAGE)


def test_an_attached_signature_is_not_paired_with_a_file_beside(world: World) -> None:
    world.run("sign", world.path("decree.txt"), *world.key, "-o", world.path("decree.txt.p7s"))
    world.write("decree.txt", b"another text")
    told = world.verdict("decree.txt.p7s")
    assert (told["indication"], "document" in told) == ("TOTAL-PASSED", False)


def test_many_documents_are_stamped_by_one_request(world: World) -> None:
    orders = world.orders()
    made = world.run("timestamp", orders, "--together", "--tsa", URL)
    assert made.exit_code == 0, made.output
    assert world.requests == 1
    told = world.json("verify", orders, *world.evidence)
    assert [one["indication"] for one in told["files"]] == ["TOTAL-PASSED"] * 3
    assert {one["timestamps"][0]["at"] for one in told["files"]} == {
        world.pki.at.replace(microsecond=0).isoformat()
    }
    world.write("orders/b.txt", b"changed")
    changed = world.verdict("orders/b.txt.ers")
    assert (changed["indication"], changed["sub_indication"]) == ("TOTAL-FAILED", "HASH_FAILURE")


def test_a_token_is_judged_with_its_document(world: World) -> None:
    world.run("timestamp", world.path("decree.txt"), "--tsa", URL)
    assert world.verdict("decree.txt.tst")["indication"] == "TOTAL-PASSED"
    other = world.run("verify", world.path("decree.txt.tst"), "--content", world.path("root.pem"))
    assert other.exit_code == Exit.REFUSED
    world.write("decree.txt.tst", b"no token")
    assert world.run("verify", world.path("decree.txt.tst"), *world.evidence).exit_code == Exit.UNREADABLE
    world.write("decree.txt.ers", b"no record")
    assert world.run("verify", world.path("decree.txt.ers"), *world.evidence).exit_code == Exit.UNREADABLE
    (world.folder / "decree.txt").unlink()
    alone = world.run("verify", world.path("decree.txt.tst"), *world.evidence)
    assert isinstance(alone.exception, Failure)
    assert (alone.exception.code, alone.exception.status) == ("document-needed", Exit.USAGE)


def test_a_record_is_renewed_in_its_place(world: World) -> None:
    world.run("timestamp", world.path("decree.txt"), "--together", "--tsa", URL)
    record = world.path("decree.txt.ers")
    made = world.run("augment", record, "--in-place", "--tsa", URL, *world.evidence)
    assert made.exit_code == 0, made.output
    told = world.verdict("decree.txt.ers")
    assert told["indication"] == "TOTAL-PASSED"
    assert len(told["timestamps"]) == 2


def test_a_folder_is_raised_in_its_place(world: World) -> None:
    orders = world.orders("a.txt", "b.txt")
    world.run("sign", orders, *world.key, "--detached")
    world.write("orders/b.txt", b"changed")
    kept = world.read("orders/b.txt.p7s")
    made = world.run("augment", orders, "--in-place", "--tsa", URL, *world.evidence)
    assert made.exit_code == Exit.REFUSED
    assert "[augmentation-refused]" in made.stderr
    assert world.read("orders/b.txt.p7s") == kept
    assert world.verdict("orders/a.txt.p7s")["signatures"][0]["level"] == "B-LTA"
    refused = world.run("augment", orders, "--tsa", URL, *world.evidence)
    assert isinstance(refused.exception, Failure)
    assert refused.exception.code == "place-of-many"


@pytest.mark.parametrize("suffix", RESULTS)
def test_results_are_known_by_their_names(suffix: str) -> None:
    assert is_result(f"a{suffix}")
    assert is_result(f"A{suffix.upper()}")
    assert not is_result(f"a{suffix}.txt")


def test_the_worse_of_two_statuses_is_in_one_order() -> None:
    order = [Exit.DONE, Exit.INDETERMINATE, Exit.USAGE, Exit.UNREADABLE, Exit.UNREACHABLE, Exit.KEY]
    order += [Exit.CONFIGURATION, Exit.STORE, Exit.REFUSED]
    assert set(order) == set(Exit)
    for (low, one), (high, other) in itertools.combinations(enumerate(order), 2):
        assert low < high
        assert worse(one, other) is worse(other, one) is other


def test_folders_are_walked_in_order_and_links_to_folders_are_not(tmp_path: Path) -> None:
    for name in ("b/2.txt", "b/1.txt", "a.txt", ".x/y.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    root = str(tmp_path)
    found = files_of([root, f"{root}/a.txt"], lambda name: True)
    assert [os.path.relpath(name, root) for name in found] == ["a.txt", "b/1.txt", "b/2.txt"]
    assert is_several([root])
    assert is_several(["x", "y"])
    assert not is_several([f"{root}/a.txt"])
    assert not is_several(["-"])


def test_a_bar_stands_on_a_terminal_alone(world: World) -> None:
    world.orders("a.txt", "b.txt")
    key = [word.replace(str(world.folder) + os.sep, "") for word in world.key]
    status, said = at_terminal(["sign", "orders", *key], world.folder, [])
    assert status == 0, said
    assert "2/2" in said
    assert said.rstrip().endswith("files done: 2, failed: 0")
    assert "2/2" not in world.run("sign", world.path("orders"), *world.key, "--force").stderr
    status, said = at_terminal(["--quiet", "sign", "orders", *key, "--force"], world.folder, [])
    assert (status, said) == (0, "")
