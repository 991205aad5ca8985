"""Programs and data made by others, which judge what we make and make what we judge.

At home a missing one is skipped by name. Where `EXAT_REQUIRE_PEERS=1` is set (`.ci/run` sets it) it is a
failure: a test that passes because its judge is absent proves nothing.

    openssl = require("openssl")
    answer = run([openssl, "cms", "-verify", "-inform", "DER"], input=signature)
    case = corpus("rfc4134") / "index.json"
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import pytest


def peers_are_required() -> bool:
    """Whether a missing peer is a failure: `EXAT_REQUIRE_PEERS` is `1`."""
    return os.environ.get("EXAT_REQUIRE_PEERS") == "1"


def require(program: str) -> str:
    """The path of `program`; without it the calling test is skipped, or fails where peers are required."""
    return shutil.which(program) or _absent(f"{program} is not installed")


def corpus(name: str) -> Path:
    """The folder `name` of test data made by others, below the folder that `EXAT_CORPORA` names."""
    root = os.environ.get("EXAT_CORPORA", "")
    folder = Path(root) / name
    if root and folder.exists():
        return folder
    return _absent(
        f"test data {name!r} are absent" if root else f"EXAT_CORPORA is not set (test data {name!r})"
    )


def run(
    argv: Sequence[str | os.PathLike[str]],
    *,
    input: bytes | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 60,
) -> subprocess.CompletedProcess[bytes]:
    """Run `argv` without a shell; standard output and error as octets, the exit status not judged.

    `env` is added to the environment. Without `input` the program reads an empty standard input. A program
    that needs more than `timeout` seconds is killed and fails the test with `subprocess.TimeoutExpired`.
    """
    return subprocess.run(
        [os.fspath(part) for part in argv],
        input=b"" if input is None else input,
        capture_output=True,
        check=False,
        cwd=cwd,
        env={**os.environ, **env} if env else None,
        timeout=timeout,
    )


def _absent(reason: str) -> NoReturn:
    if peers_are_required():
        pytest.fail(f"{reason}, and EXAT_REQUIRE_PEERS=1", pytrace=False)
    pytest.skip(reason, allow_module_level=True)
