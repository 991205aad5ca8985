"""The page about judgement says what the code does."""

import re
from pathlib import Path

from esign.language import CATALOGUE
from esign.smime.judging import UNCERTAIN

PAGE = Path(__file__).parents[3] / "docs" / "judgement.md"


def test_the_page_lists_every_code_that_leaves_a_letter_undetermined() -> None:
    listed = re.findall(r"^\| `([a-z0-9-]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert listed == sorted(UNCERTAIN)


def test_every_code_on_the_page_is_declared() -> None:
    named = set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", PAGE.read_text("utf-8")))
    assert named <= CATALOGUE.keys()
