"""Every transcript of tests/sessions holds, and one that lies is caught."""

from pathlib import Path

import pytest

from tests.cli import reference
from tests.cli.sessions import SESSIONS, matches, play, read_session

TRANSCRIPTS = sorted(SESSIONS.glob("*.txt"))


def test_there_are_transcripts() -> None:
    assert len(TRANSCRIPTS) >= 5


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda path: path.stem)
def test_transcript_holds(transcript: Path, tmp_path: Path) -> None:
    play(transcript, tmp_path)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["a"], "a\n"),
        (["a ... c"], "a b c\n"),
        (["a", "..."], "a\n"),
        (["a", "...", "z"], "a\nb\nc\nz\n"),
        ([], ""),
    ],
)
def test_a_match_is_seen(wanted: list[str], found: str) -> None:
    assert matches(wanted, found)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [(["a"], "b\n"), (["a"], ""), ([], "a\n"), (["a", "c"], "a\nb\nc\n"), (["a."], "ab\n")],
)
def test_a_difference_is_seen(wanted: list[str], found: str) -> None:
    assert not matches(wanted, found)


@pytest.mark.parametrize(
    "lie", ["$ exat pki profiles\n...\n[1]", "$ exat pki profiles\nno", "$ exat pki profiles\n...\n! x"]
)
def test_a_transcript_that_lies_is_caught(lie: str, tmp_path: Path) -> None:
    (tmp_path / "lie.txt").write_text(lie)
    with pytest.raises(AssertionError):
        play(tmp_path / "lie.txt", tmp_path)


def test_a_line_before_the_first_command_is_refused() -> None:
    with pytest.raises(ValueError, match="line 2"):
        read_session("# a remark\nnothing typed\n")


def test_the_page_of_commands_is_what_the_program_says() -> None:
    assert reference.PAGE.read_text("utf-8") == reference.page(), (
        "write it anew: python -m tests.cli.reference"
    )
