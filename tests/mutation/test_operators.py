"""What the mutants are: each one compiles, differs, keeps its line, and is the same at each run."""

import ast
from pathlib import Path

import pytest

from tests.mutation.operators import Mutant, mutants
from tests.mutation.session import MODULES, Session

SOURCES = Path(__file__).resolve().parents[2] / "src"


def source(module: str) -> str:
    return (SOURCES / module.replace(".", "/")).with_suffix(".py").read_text(encoding="utf-8")


def changes(text: str) -> list[str]:
    return [m.shown for m in mutants("m", text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a < b", ["< -> <=", "< -> >="]),
        ("a not in b", ["not in -> in"]),
        ("a is not b", ["is not -> is"]),
        ("a and b", ["a -> True", "and -> or", "b -> True"]),
        ("not a", ["not a -> (a)"]),
        ("a if b else c", ["b -> (not (b))"]),
        ("[a for a in b if c]", ["c -> True"]),
        ("a = 7", ["7 -> 8"]),
        ("a = True", ["True -> False"]),
        ("a = 'b'", ["'b' -> \"\""]),
        ("a - b", ["- -> +"]),
        ("a += b", ["a += b -> pass", "+ -> -"]),
        ("min(a, key=b)", ["min(a, key=b) -> pass", "min -> max", ", key=b -> (nothing)"]),
        ("x = a.lower()", ["a.lower() -> a"]),
        ("x = {a, b, c}", ["a, -> (nothing)", "b, -> (nothing)"]),
        ("raise a", ["raise a -> pass"]),
    ],
)
def test_a_change_of_each_kind(text: str, expected: list[str]) -> None:
    assert sorted(changes(text)) == sorted(expected)


@pytest.mark.parametrize(
    "text",
    [
        '"""What a module is."""',
        'def f(a: "B" = b) -> "C": ...',
        "@cache(1)\ndef f(): ...",
        '__all__ = ["a"]',
        'f(clause="RFC 5280 §6.1")',
        'CLAUSE = "RFC 5280 §6.1"',
        'f"a {b:02x}"',
        "import a",
    ],
)
def test_what_no_behaviour_hangs_on_is_left_alone(text: str) -> None:
    assert [shown for shown in changes(text) if "-> pass" not in shown] == []


def test_a_change_names_its_function_and_line() -> None:
    (found,) = mutants("m", "class A:\n    def f(self):\n        return 1\n")
    assert found == Mutant("m", "A.f", 3, 41, 42, "1", "2")


def test_octets_and_characters_are_not_mixed_up() -> None:
    text = 'a = "ўзбек" + b'
    assert [m.applied(text) for m in mutants("m", text)] == ['a = "" + b', 'a = "ўзбек" - b']


@pytest.mark.parametrize("module", MODULES)
def test_the_mutants_of_a_module_compile_differ_and_keeps_the_lines_in_front_of_it(module: str) -> None:
    text = source(module)
    found = mutants(module, text)
    assert len(found) > 30
    for mutant in found[::20]:
        changed = mutant.applied(text)
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(text))
        assert mutant.is_program(text)
        assert changed.splitlines()[: mutant.line - 1] == text.splitlines()[: mutant.line - 1]


def test_a_larger_sample_contains_the_smaller(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "src").symlink_to(SOURCES)
    small, large = (Session(tmp_path, tmp_path, seed=5280, size=size).sample for size in (20, 40))
    assert large[:20] == small
    assert Session(tmp_path, tmp_path, seed=1, size=20).sample != small


def test_a_verdict_that_was_cut_short_is_given_again(tmp_path: Path) -> None:
    whole = '{"key": "a", "verdict": "killed", "by": "t", "cpu": 1.0}\n'
    (tmp_path / "verdicts.jsonl").write_text(whole + whole.replace("a", "b")[:20])
    assert list(Session(tmp_path, tmp_path, seed=1, size=1).verdicts) == ["a"]
