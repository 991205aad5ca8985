"""The files of the project as the house tests read them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("src", "cli", "keys")
SHELLS = (
    "src/esign/api/",
    "src/esign/io/",
    "src/esign/testing.py",
    "src/esign/web/",
    "src/exat/demo/",
    "src/exat/shell/",
    "src/exat/store/",
    "src/exat/web/",
    "cli/",
    "keys/",
)


def name_of(path: Path) -> str:
    """The path as the project writes it: relative to its root, with slashes."""
    return path.relative_to(ROOT).as_posix()


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file that belongs to the project: git's answer, or the tree without what is hidden."""
    try:
        answer = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            timeout=30,
        )
    except (OSError, subprocess.SubprocessError):
        return tuple(_walked())
    names = answer.stdout.decode().split("\0")
    found = tuple(ROOT / name for name in sorted(names) if name and (ROOT / name).is_file())
    return found or tuple(_walked())


def _walked() -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") and part not in (".ci", ".gitignore") for part in parts)
        if path.is_file() and not hidden and "__pycache__" not in parts:
            yield path


def python_files(*roots: str) -> list[Path]:
    """The project's Python files below `roots` (folders or files, relative to the root)."""
    wanted = tuple(f"{root}/" for root in roots)
    return [p for p in tracked_files() if p.suffix == ".py" and name_of(p).startswith(wanted)]


def core_files() -> list[Path]:
    """The files of the two libraries that are no shell."""
    return [p for p in python_files("src") if not name_of(p).startswith(SHELLS)]


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=name_of(path))


def text_of(path: Path) -> str:
    """The text of a file; octets that are no text come out as empty."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
