"""docs/first-agency.md works as it stands: two empty homes, at most twelve commands, one letter, VALID."""

from pathlib import Path

import pytest

from tests.cli.sessions import matches
from tests.cli.walks import ROOT, answers, commands, walk

DOCUMENT = ROOT / "docs" / "first-agency.md"


@pytest.mark.e2e
@pytest.mark.slow
def test_two_agencies_are_joined_by_the_commands_of_the_document(tmp_path: Path) -> None:
    typed = commands(DOCUMENT)
    read = next(number for number, command in enumerate(typed) if "exat mail read" in command)
    joined = [command for command in typed[: read + 1] if "exat " in command]
    assert len(joined) <= 12
    status, said = walk("\n".join(typed), tmp_path, timeout=120)
    assert status == 0, said
    assert matches(["...", *answers(DOCUMENT), "..."], said), said
    assert "VALID: one unbroken chain, each record sealed by this agency; records: 3" in said
    assert "handed-over" in said


def test_continued_lines_are_one_command(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ one \\\n    two\nsaid\n$ three\n```\n\n  ```console\n  $ four\n  ```\n")
    assert commands(page) == ["one \\\n    two", "three", "four"]
    assert answers(page) == ["said"]
