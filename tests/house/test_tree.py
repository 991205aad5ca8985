"""What no file of the project may hold, and what must be there."""

import os
import re

import pytest

from tests.house.tree import ROOT, name_of, text_of, tracked_files

# One letter of each stands in brackets, so that this file does not find itself.
MARKS_OF_UNFINISHED_WORK = re.compile(r"\b(T[O]DO|F[I]XME|X[X]X)\b")
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:w[o]rk|r[o]ot|h[o]me/\w+|U[s]ers/\w+|tmp/b[r]ief)/|\.libr[a]ry/")
INDEX_ADDRESSES = re.compile(
    r"index[-]url|find[-]links|p[y]pi\.org|python[h]osted|https?://[^\s\"']*/(?:simple|packages)/"
)
PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}")
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "handler", "base", "misc"}


def lines_with(pattern: re.Pattern[str], text: str) -> list[int]:
    """The numbers of the lines that a pattern hits."""
    return [text.count("\n", 0, found.start()) + 1 for found in pattern.finditer(text)]


def _found(pattern: re.Pattern[str], *, except_in: frozenset[str] | set[str] = frozenset()) -> list[str]:
    return [
        f"{name_of(path)}:{line}"
        for path in tracked_files()
        if name_of(path) not in except_in
        for line in lines_with(pattern, text_of(path))
    ]


def test_nothing_is_left_to_do_in_a_file() -> None:
    assert not _found(MARKS_OF_UNFINISHED_WORK, except_in={"LICENSE"})


def test_no_file_names_a_path_of_one_machine() -> None:
    assert not _found(MACHINE_PATHS)


def test_no_file_names_the_address_of_an_index() -> None:
    assert not _found(INDEX_ADDRESSES)


def test_no_private_key_is_kept_in_a_file() -> None:
    assert not _found(PRIVATE_KEY)


def test_no_module_has_a_vague_name() -> None:
    assert not [name_of(p) for p in tracked_files() if p.suffix == ".py" and p.stem in VAGUE_NAMES]


@pytest.mark.parametrize("package", ["src/esign", "src/exat", "cli/exat_cli", "keys/esign_profiles"])
def test_a_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


@pytest.mark.parametrize("script", ["dev", ".ci/run"])
def test_a_script_may_be_run(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "LICENSE", "SECURITY.md", "pyproject.toml"])
def test_the_front_papers_are_there(name: str) -> None:
    assert (ROOT / name).stat().st_size > 0


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MARKS_OF_UNFINISHED_WORK, "a\n# TO" + "DO: b"),
        (MACHINE_PATHS, "see /wo" + "rk/main"),
        (MACHINE_PATHS, "'/ho" + "me/me/x'"),
        (INDEX_ADDRESSES, "https://example.org/" + "simple/x"),
        (PRIVATE_KEY, "-----BEGIN EC PRIVATE KEY-----\n" + "A" * 64),
    ],
)
def test_each_pattern_hits(pattern: re.Pattern[str], text: str) -> None:
    assert lines_with(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE_PATHS, "a network/of/homework/ https://example.org/root/ca.crl"),
        (PRIVATE_KEY, 'MARK = b"-----BEGIN PRIVATE KEY-----"'),
    ],
)
def test_each_pattern_passes_what_is_innocent(pattern: re.Pattern[str], text: str) -> None:
    assert not lines_with(pattern, text)
