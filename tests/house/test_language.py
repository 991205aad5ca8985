"""The message catalogues say the same in each language and declare every code that the source uses."""

import ast
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module

import pytest

from tests.house import ledger
from tests.house.tree import name_of, parsed, python_files

Messages = Mapping[str, tuple[str, ...]]

CYRILLIC = re.compile(r"[\u0400-\u04ff]")
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# Where the messages of a root may come from: its own catalogue and those of the floors below.
SOURCES = {
    "src/esign": ("esign.language",),
    "src/exat": ("exat.language", "esign.language"),
    "cli": ("exat_cli.language", "exat.language", "esign.language"),
}


def faults(messages: Messages) -> list[str]:
    """What is wrong with a catalogue, as `code: what`."""
    return [f"{code}: {what}" for code, texts in messages.items() for what in _faults_of(code, texts)]


def _faults_of(code: str, texts: tuple[str, ...]) -> Iterator[str]:
    if not CODE.fullmatch(code):
        yield "is no code"
    if len(texts) != len(ledger.LANGUAGES):
        yield f"{len(texts)} languages"
        return
    english, _, latin, _ = texts
    for language, text in zip(ledger.LANGUAGES, texts, strict=True):
        if not text.strip() or text != text.strip():
            yield f"{language} is empty or padded"
        if placeholders(text) != placeholders(english):
            yield f"{language} has other values than en"
    for language, text in (("en", english), ("uz", latin)):
        if CYRILLIC.search(text):
            yield f"{language} has Cyrillic letters"
    for language, text in (("ru", texts[1]), ("uz-Cyrl", texts[3])):
        if has_words(text) and not CYRILLIC.search(text):
            yield f"{language} is not translated"


def placeholders(text: str) -> set[str]:
    """The names of the values in a message."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def has_words(text: str) -> bool:
    """Whether a message has a word that would be translated: a lower-case one outside values and marks."""
    return bool(re.search(r"\b[a-z]{3,}\b", re.sub(r"\{[^}]*\}|`[^`]*`", "", text)))


@pytest.mark.parametrize("module", ledger.CATALOGUES)
def test_a_catalogue_says_the_same_in_each_language(module: str) -> None:
    messages = ledger.catalogue(module)
    assert messages, f"{module} has no CATALOGUE"
    assert not faults(messages)


def test_the_languages_are_the_ones_of_the_library() -> None:
    assert tuple(import_module("esign.language").LANGUAGES) == ledger.LANGUAGES


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        (("no {x}", "нет {y}", "yo'q {x}", "йўқ {x}"), "a-code: ru has other values than en"),
        (("no", "", "yo'q", "йўқ"), "a-code: ru is empty or padded"),
        (("no", "нет", "йўқ", "йўқ"), "a-code: uz has Cyrillic letters"),
        (("nothing", "нет", "yo'q", "hech narsa"), "a-code: uz-Cyrl is not translated"),
        (("no", "нет", "yo'q"), "a-code: 3 languages"),
    ],
)
def test_each_fault_of_a_catalogue_is_seen(texts: tuple[str, ...], fault: str) -> None:
    assert fault in faults({"a-code": texts})


def test_a_good_message_has_no_fault() -> None:
    assert not faults(
        {"a-code": ("no {x}", "нет {x}", "yo'q {x}", "йўқ {x}"), "b": ("{r}", "{r}", "{r}", "{r}")}
    )


def error_classes(trees: Iterable[ast.Module]) -> set[str]:
    """The names of the classes in these modules that descend from `Exception` or are called `...Error`."""
    parents = {
        node.name: {base.id if isinstance(base, ast.Name) else "" for base in node.bases}
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    known = {name for name, bases in parents.items() if name.endswith("Error") or "Exception" in bases}
    while grown := {name for name, bases in parents.items() if bases & known} - known:
        known |= grown
    return known


def codes_used(tree: ast.Module, errors: set[str]) -> list[tuple[int, str]]:
    """The codes that a module names: in findings, in errors, in `text(...)`, as the code of a class."""
    by_name = errors | {"Finding"} | ({"text"} if _imports_text(tree) else set())
    return [found for node in ast.walk(tree) if (found := _code_of(node, by_name))]


def _imports_text(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and (node.module or "").endswith(".language")
        and any(alias.name == "text" and alias.asname is None for alias in node.names)
        for node in ast.walk(tree)
    )


def _code_of(node: ast.AST, callables: set[str]) -> tuple[int, str] | None:
    match node:
        case ast.ClassDef(name=name, body=body) if name in callables:
            for line in body:
                match line:
                    case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code))):
                        return line.lineno, code
        case ast.Call(func=function, args=[ast.Constant(value=str(code)), *_]) if _names_a_code(
            function, callables
        ):
            return (node.lineno, code) if CODE.fullmatch(code) else None
    return None


def _names_a_code(function: ast.expr, callables: set[str]) -> bool:
    match function:
        case ast.Attribute(value=ast.Name(id="Finding"), attr="error" | "warning" | "info"):
            return True
        case ast.Name(id=name):
            return name in callables
        case ast.Attribute(attr=name):
            return name in callables and name != "text"
    return False


def test_every_code_in_the_source_is_declared() -> None:
    trees = {path: parsed(path) for path in python_files(*SOURCES)}
    errors = error_classes(trees.values())
    unknown = []
    for root, modules in SOURCES.items():
        declared = {code for module in modules for code in ledger.catalogue(module)}
        for path in python_files(root):
            used = codes_used(trees[path], errors)
            unknown += [f"{name_of(path)}:{line}: {code}" for line, code in used if code not in declared]
    assert not unknown, "\n".join(unknown)


def test_every_declared_code_is_used() -> None:
    used = {
        node.value
        for path in python_files(*SOURCES, "keys")
        if "/language" not in name_of(path)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    declared = {code for module in ledger.CATALOGUES for code in ledger.catalogue(module)}
    assert not sorted(declared - used)


SNIPPET = """
from some.language import text
class SomeError(Exception):
    code = "a"
class Malformed(SomeError):
    code = "b"
class Other:
    code = "never"
def f():
    yield Finding.error("c", where="x")
    yield Finding("d", 1)
    raise errors.Malformed("e", found=1)
    text("f", "en")
    print("never")
    fields.text("never")
"""


def test_codes_are_read_from_findings_errors_and_classes() -> None:
    tree = ast.parse(SNIPPET)
    errors = error_classes([tree])
    assert errors == {"SomeError", "Malformed"}
    assert sorted(code for _, code in codes_used(tree, errors)) == ["a", "b", "c", "d", "e", "f"]
