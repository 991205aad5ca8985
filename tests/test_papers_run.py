"""What the papers promise is run: the README's ten lines, the examples, the pages for a first hour."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.walks import ROOT
from tests.console import blocks, play_paper, read_console
from tests.peers import require

README = (ROOT / "README.md").read_text("utf-8")
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

EXPECTED = {
    "01_sign_a_document": [
        r"VALID \[TOTAL-PASSED\]",
        r"  Signer: Aliyev Anvar",
        r"  Cryptography: intact \[valid\]",
    ],
    "02_a_reason_when_the_answer_is_no": [
        r"changed: TOTAL-FAILED HASH_FAILURE: message-digest-mismatch",
        r"unknown root: INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND: issuer-missing",
        r"no revocation list: INDETERMINATE TRY_LATER: revocation-undetermined",
    ],
    "03_encrypt_for_two": ["Maxfiy xat, махфий хат", "Maxfiy xat, махфий хат", r"refused: not-a-recipient"],
    "04_an_authority": [r"TOTAL-PASSED", r"INDETERMINATE REVOKED_NO_POE"],
    "05_a_signature_that_lasts": [
        r"today, signed: TOTAL-PASSED B-B",
        r"in four years, signed: INDETERMINATE OUT_OF_BOUNDS_NO_POE",
        r"in four years, made to last: TOTAL-PASSED B-LTA",
        r"in eight years, made to last: INDETERMINATE OUT_OF_BOUNDS_NOT_REVOKED",
        r"in eight years, renewed in time: TOTAL-PASSED B-LTA",
    ],
    "06_several_signers": [
        r"Aliyev Anvar: TOTAL-PASSED, confirmed by Registrator \(valid\)",
        r"Karimova Nodira: TOTAL-PASSED, confirmed by Registrator \(valid\)",
        r"attached again: True",
    ],
    "07_a_container": [
        r"decree\.asice: TOTAL-PASSED B-LTA over decree\.txt, tables/one\.csv",
        r"changed: TOTAL-FAILED HASH_FAILURE",
    ],
    "08_proof_for_many_documents": [
        r"requests: 1, records: 1000",
        r"document 7: TOTAL-PASSED, existed at .* at the latest",
        r"another document: TOTAL-FAILED",
        r"time stamps after the renewal: 2",
    ],
    "09_a_letter": [
        r"outside: Subject: \[\.\.\.\]",
        r"accepted: aliyev@test\.example",
        r"Buyruq loyihasi",
        r"changed on the way: undetermined, outer-header-differs",
        r"receipt: TOTAL-PASSED",
    ],
}
"""Lines that each example prints, in this order; others may stand between."""


def run_python(code: str, folder: Path) -> list[str]:
    """The lines that a program prints in an environment of its own; it must end well."""
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "PYTHONPATH": ":".join(str(ROOT / name) for name in ("src", "cli", "keys")),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    return ran.stdout.splitlines()


def in_order(wanted: list[str], lines: list[str]) -> bool:
    """Whether a line fully matches each pattern, in order."""
    left = iter(lines)
    return all(any(re.fullmatch(pattern, line) for line in left) for pattern in wanted)


def test_the_ten_lines_of_the_readme_print_valid(tmp_path: Path) -> None:
    (_, code), *others = blocks(README, "python")
    assert not others
    assert len(code.splitlines()) <= 10
    assert run_python(code, tmp_path)[0].startswith("VALID")


def test_the_readme_names_targets_that_stand() -> None:
    named = set(re.findall(r"\./dev (\w+)", README))
    targets = set(re.findall(r"^  (\w+) ", (ROOT / "dev").read_text("utf-8"), re.MULTILINE))
    assert {"demo", "test", "check", "bench"} <= named <= targets


def test_every_example_has_its_expected_lines() -> None:
    assert [path.stem for path in EXAMPLES] == sorted(EXPECTED)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_prints_what_it_should(example: Path, tmp_path: Path) -> None:
    code = example.read_text("utf-8")
    assert len(code.splitlines()) <= 60
    lines = run_python(code, tmp_path)
    assert in_order(EXPECTED[example.stem], lines), lines


@pytest.mark.slow
@pytest.mark.peer
def test_the_first_officer_is_certified_and_revoked_as_written(tmp_path: Path) -> None:
    require("openssl")
    assert play_paper(ROOT / "docs" / "first-officer.md", tmp_path) >= 20


def _paper(tmp_path: Path, block: str) -> Path:
    paper = tmp_path / "paper.md"
    paper.write_text(f"# A paper\n\n```console\n{block}\n```\n", "utf-8")
    return paper


@pytest.mark.parametrize(
    "block",
    [
        "$ echo a\na",
        "$ false\n$ echo $?\n1",
        "$ x=7\n$ echo $x\n7",
        "$ echo a \\\n    b\na b",
        "$ printf a; echo b >&2\n...b",
        "$ cat",
        "$ sleep 100 &\n$ echo c\nc",
        "$ printf '1\\n2\\n3\\n'\n1\n...\n3",
    ],
)
def test_a_paper_that_tells_the_truth_passes(block: str, tmp_path: Path) -> None:
    assert play_paper(_paper(tmp_path, block), tmp_path) == block.count("$ ")


@pytest.mark.parametrize(
    "block",
    [
        "$ echo a\nb",
        "$ echo a",
        "$ true\na",
        "$ false",
        "$ false\n$ echo $?\n2",
        "$ exit 0",
        "$ echo Traceback\nTraceback",
    ],
)
def test_a_paper_that_lies_is_caught(block: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        play_paper(_paper(tmp_path, block), tmp_path)


def test_a_block_in_a_list_is_read() -> None:
    typed = read_console("1. so:\n\n   ```console\n   $ a \\\n       b\n   c\n   ```\n")
    assert [(each.command, each.line, each.shown) for each in typed] == [("a \\\n    b", 4, ["c"])]


def test_an_answer_without_a_command_is_refused() -> None:
    with pytest.raises(ValueError, match="line 2"):
        read_console("```console\nanswer\n```\n")


def test_lines_are_sought_in_order() -> None:
    assert in_order(["a", "c"], ["a", "b", "c"])
    assert not in_order(["c", "a"], ["a", "b", "c"])
    assert not in_order(["a"], ["ab"])
