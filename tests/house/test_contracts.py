"""The import contracts are broken by what they forbid: each is tried on a small house of empty rooms."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT
from tests.peers import run

ROOMS = (
    "esign/errors.py",
    "esign/der/__init__.py",
    "esign/cms.py",
    "esign/signing.py",
    "esign/envelope.py",
    "esign/smime.py",
    "esign/io/disk.py",
    "exat/address.py",
    "exat/policy.py",
    "exat/evidence.py",
    "exat/shell/listen.py",
    "exat/store/sqlite.py",
    "exat_cli/main.py",
    "esign_profiles/data.py",
)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    for name in ROOMS:
        room = tmp_path / name
        room.parent.mkdir(parents=True, exist_ok=True)
        room.write_text("")
        for folder in room.parents:
            if folder.is_relative_to(tmp_path) and folder != tmp_path:
                (folder / "__init__.py").touch()
    shutil.copy(ROOT / "import-contracts.toml", tmp_path)
    return tmp_path


def _lint(house: Path) -> tuple[int, str]:
    program = (
        "import sys; sys.path.insert(0, ''); from importlinter.cli import lint_imports_command as m; m()"
    )
    ran = run(
        [sys.executable, "-c", program, "--config", "import-contracts.toml", "--no-cache", "--no-logo"],
        cwd=house,
        env={"PYTHONPATH": str(house)},
    )
    return ran.returncode, ran.stdout.decode() + ran.stderr.decode()


def test_an_orderly_house_keeps_all_contracts(house: Path) -> None:
    (house / "esign/cms.py").write_text("from esign import der, errors\n")
    (house / "esign/io/disk.py").write_text("import os, pathlib, time, httpx2, sqlite_utils\n")
    (house / "exat/policy.py").write_text("import esign\nfrom esign import smime\nfrom exat import address\n")
    (house / "exat/shell/listen.py").write_text("import asyncio, ssl, time, aiosmtpd.smtp, aiosmtplib\n")
    (house / "exat/store/sqlite.py").write_text("import sqlite3, threading, sqlite_utils\n")
    (house / "exat_cli/main.py").write_text("import os, click, esign, exat.policy\n")
    status, said = _lint(house)
    assert status == 0, said


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("esign/cms.py", "import socket"),
        ("esign/cms.py", "from os import path"),
        ("esign/der/__init__.py", "import time"),
        ("esign/cms.py", "import sqlite_utils"),
        ("esign/cms.py", "import click"),
        ("esign/der/__init__.py", "from esign import cms"),
        ("esign/signing.py", "from esign import envelope"),
        ("esign/der/__init__.py", "import exat"),
        ("exat/policy.py", "from esign.cms import x"),
        ("exat/policy.py", "from esign import signing"),
        ("exat/policy.py", "from exat import evidence"),
        ("exat/policy.py", "import asyncio"),
        ("exat/policy.py", "from exat.store import sqlite"),
        ("exat/store/sqlite.py", "import aiosmtpd.smtp"),
        ("exat/shell/listen.py", "import sqlite_utils"),
        ("exat_cli/main.py", "from esign import der"),
        ("exat_cli/main.py", "import aiosmtplib"),
        ("esign/newroom.py", "x = 1"),
    ],
)
def test_each_contract_can_be_broken(house: Path, room: str, line: str) -> None:
    (house / room).write_text(line + "\n")
    status, said = _lint(house)
    assert status == 1
    assert "BROKEN" in said
