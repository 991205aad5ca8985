"""The recipes of docs/embedding.md are run as they stand, each after the first lines of the page."""

import re
import runpy
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from tests.cli.sessions import matches
from tests.cli.walks import ROOT

PAGE = (ROOT / "docs" / "embedding.md").read_text("utf-8")
_RECIPE = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^```python\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
_SAID = re.compile(r"^```text\n(.*?)^```\n", re.MULTILINE | re.DOTALL)

FIRST = _CODE.findall(PAGE.partition("\n## ")[0])
RECIPES = [(found[1], _CODE.findall(found[2]), _SAID.findall(found[2])) for found in _RECIPE.finditer(PAGE)]


def test_the_page_has_its_first_lines_and_a_recipe_for_each_act() -> None:
    assert len(FIRST) == 1
    acts = set(re.findall(r"\b(\w+)\(", "".join(code for _, (code, *_), _ in RECIPES)))
    assert {"sign", "verify", "augment", "timestamp", "validate_path", "encrypt", "decrypt"} <= acts
    assert {"add_signer", "countersign", "join", "attach", "detach", "stamp_together", "make"} <= acts


@pytest.mark.parametrize("recipe", RECIPES, ids=[re.sub(r"\W+", "-", name).lower() for name, *_ in RECIPES])
def test_the_recipe_prints_what_the_page_shows(
    recipe: tuple[str, list[str], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (code,), (said,) = recipe
    assert len(code.splitlines()) <= 10
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipe.py").write_text(FIRST[0] + code, "utf-8")
    heard = StringIO()
    with redirect_stdout(heard):
        runpy.run_path("recipe.py")
    assert matches(said.splitlines(), heard.getvalue()), heard.getvalue()
