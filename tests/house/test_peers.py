"""The helpers of the tests are tested: a missing peer is a skip at home and a failure in CI."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import peers
from tests.closing import closing_line

NO_SUCH = "a-program-that-nobody-has"
Skipped = pytest.skip.Exception
Failed = pytest.fail.Exception


@pytest.mark.parametrize(("required", "outcome"), [("", Skipped), ("0", Skipped), ("1", Failed)])
def test_a_missing_program_is_named(
    required: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXAT_REQUIRE_PEERS", required)
    with pytest.raises(outcome, match=NO_SUCH):
        peers.require(NO_SUCH)


@pytest.mark.parametrize(("required", "outcome"), [("", Skipped), ("1", Failed)])
def test_missing_test_data_are_named(
    required: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EXAT_REQUIRE_PEERS", required)
    monkeypatch.delenv("EXAT_CORPORA", raising=False)
    with pytest.raises(outcome, match="EXAT_CORPORA is not set"):
        peers.corpus("rfc4134")
    monkeypatch.setenv("EXAT_CORPORA", str(tmp_path))
    with pytest.raises(outcome, match="rfc4134"):
        peers.corpus("rfc4134")


def test_what_is_there_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EXAT_CORPORA", str(tmp_path))
    (tmp_path / "rfc4134").mkdir()
    assert peers.corpus("rfc4134") == tmp_path / "rfc4134"
    assert Path(peers.require("sh")).is_file()


def test_a_peer_gets_octets_and_gives_octets() -> None:
    echo = (
        "import os, sys; sys.stdout.buffer.write(sys.stdin.buffer.read() + os.environb[b'WORD']); sys.exit(3)"
    )
    ran = peers.run([sys.executable, "-c", echo], input=b"a\0\xff", env={"WORD": "b"})
    assert (ran.returncode, ran.stdout) == (3, b"a\0\xffb")
    assert peers.run([sys.executable, "-c", echo], env={"WORD": ""}).stdout == b""


def test_a_peer_that_hangs_is_ended() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        peers.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.2)


def test_the_closing_line_names_skips_only_where_there_are_any() -> None:
    assert closing_line(3, 0, 0) == "3 passed, 0 failed"
    assert closing_line(3, 1, 2) == "3 passed, 1 failed, 2 skipped"


def test_the_closing_line_counts_errors_as_failed(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text(
        "import pytest\n"
        "@pytest.fixture\ndef broken(): raise ValueError\n"
        "def test_good(): pass\n"
        "def test_bad(): assert False\n"
        "def test_error(broken): pass\n"
        "def test_skip(): pytest.skip('x')\n"
    )
    closing = tmp_path / "closing"
    root = Path(__file__).parents[2]
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    ran = peers.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.closing", tmp_path],
        cwd=tmp_path,
        env={"EXAT_CLOSING": str(closing), "PYTHONPATH": str(root)},
    )
    assert closing.read_text() == "1 passed, 2 failed, 1 skipped\n", ran.stdout.decode()
    assert ran.returncode == 1
