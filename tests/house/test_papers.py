"""Documents: links lead somewhere, and each decision has its four parts."""

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, name_of, text_of, tracked_files

LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)#\s]+)(?:#[^)]*)?\)")
PARTS = ("Status:", "## Context", "## Decision", "## Consequences")


def dead_links(path: Path, text: str) -> list[str]:
    """The relative links of a document that lead to no file."""
    targets = [link for link in LINK.findall(text) if "://" not in link and not link.startswith("mailto:")]
    return [target for target in targets if not (path.parent / target).exists()]


def test_every_link_leads_to_a_file() -> None:
    papers = [path for path in tracked_files() if path.suffix == ".md"]
    assert not [f"{name_of(p)}: {link}" for p in papers for link in dead_links(p, text_of(p))]


def _decisions() -> list[Path]:
    return sorted((ROOT / "docs" / "adr").glob("*.md"))


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in _decisions()]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("path", _decisions(), ids=lambda path: path.stem)
def test_a_decision_has_its_parts(path: Path) -> None:
    text = text_of(path)
    assert text.startswith(f"# {int(path.name[:4])}. ")
    assert not [part for part in PARTS if part not in text]


def test_a_dead_link_is_seen(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("x")
    text = "[a](there.md#part) [b](gone.md) [c](https://example.org/x)"
    assert dead_links(tmp_path / "here.md", text) == ["gone.md"]
