"""Programs and data made by others, which judge what we make and make what we judge.

At home a missing one is skipped by name. Where `EXAT_REQUIRE_PEERS=1` is set (`.ci/run` sets it) it is a
failure: a test that passes because its judge is absent proves nothing.

    openssl = require("openssl")
    answer = run([openssl, "cms", "-verify", "-inform", "DER"], input=signature)
    case = corpus("rfc4134") / "index.json"
"""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

_OWN = Path(__file__).parent.parent / ".venv"


def peers_are_required() -> bool:
    """Whether a missing peer is a failure: `EXAT_REQUIRE_PEERS` is `1`."""
    return os.environ.get("EXAT_REQUIRE_PEERS") == "1"


def require(program: str) -> str:
    """The path of `program`; without it the calling test is skipped, or fails where peers are required."""
    return shutil.which(program) or _absent(f"{program} is not installed")


def require_module(name: str) -> None:
    """A Python package of others that judges; without it the calling test is skipped, or fails."""
    if importlib.util.find_spec(name) is None:
        _absent(f"the Python package {name} is not installed")


def jars(*names: str) -> tuple[str, ...]:
    """The archives of Java libraries of the next Debian: `bcprov`, `bcpkix`."""
    found = [_newer() / "usr" / "share" / "java" / f"{name}.jar" for name in names]
    missing = [path.stem for path in found if not path.exists()]
    return tuple(map(str, found)) if not missing else _absent(f"Java libraries are absent: {missing}")


def require_newer(program: str) -> tuple[str, ...]:
    """How to run `program` of the next Debian, with the C library that it needs."""
    libraries = _newer() / "usr" / "lib" / "x86_64-linux-gnu"
    found = _newer() / "usr" / "bin" / program
    if not found.exists():
        _absent(f"{program} of the next Debian is absent")
    loader = libraries / "ld-linux-x86-64.so.2"
    return str(loader), "--library-path", f"{libraries}:{libraries / 'nss'}", str(found)


def _newer() -> Path:
    """What `.ci/run` unpacks: `.venv/trixie`, or the folder that `EXAT_NEWER` names."""
    return Path(os.environ.get("EXAT_NEWER") or _OWN / "trixie")


def node_modules(name: str) -> Path:
    """The folder of JavaScript packages that holds `name`: `.venv/js/node_modules`, or what
    `EXAT_NODE_MODULES` names."""
    folder = Path(os.environ.get("EXAT_NODE_MODULES") or _OWN / "js" / "node_modules")
    return folder if (folder / name).is_dir() else _absent(f"the JavaScript package {name} is not installed")


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
