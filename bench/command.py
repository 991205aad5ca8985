"""What it costs to start the command: CPU over a bare interpreter, byte-compiled."""

import compileall
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bench.documents import DOCUMENT, a_signer
from bench.measure import cpu_of_process
from esign import Certificate
from esign.io.keystore import to_pkcs12
from esign.keys import dump_private_key
from esign.testing import TestPKI

ROUNDS: Final = 15
BAR: Final = 0.1
"""Seconds of CPU over a bare interpreter."""

_START: Final = "from exat_cli.main import main; main()"


def run() -> None:
    """Print the table of start-up costs."""
    import esign
    import exat_cli

    for package in (esign, exat_cli):
        compileall.compile_dir(str(Path(str(package.__file__)).parent), quiet=1)
    command = installed()
    completing = {"_EXAT_COMPLETE": "bash_complete", "COMP_WORDS": "exat ver", "COMP_CWORD": "1"}
    bare = _median([sys.executable, "-c", "pass"])
    print(f"\nStart the command: CPU over a bare interpreter (bar: {1e3 * BAR:.0f} ms)")
    print(f"  {'python -c pass':58} {1e3 * bare:10.1f} ms")
    _row("exat --help", _median([*command, "--help"]) - bare)
    if len(command) == 1:
        _row("exat --version (no bar)", _median([*command, "--version"]) - bare, barred=False)
    _row("completion of `exat ver`", _median(command, completing) - bare)
    deeper = {**completing, "COMP_WORDS": "exat pki is", "COMP_CWORD": "2"}
    _row("completion of `exat pki is`", _median(command, deeper) - bare)
    _row("exat sign of 10 KB (no bar)", _signing(command) - bare, barred=False)


def installed() -> list[str]:
    """The installed `exat` beside this interpreter; without one, its entry point."""
    found = shutil.which("exat", path=str(Path(sys.executable).parent))
    return [found] if found else [sys.executable, "-c", _START]


def _row(name: str, cost: float, *, barred: bool = True) -> None:
    judged = "" if not barred else "   ok" if cost <= BAR else "   OVER THE BAR"
    print(f"  {name:58} {1e3 * cost:10.1f} ms over it{judged}")


def _signing(command: Sequence[str]) -> float:
    signer, private = a_signer(TestPKI())
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        key = dump_private_key(private, "bench")
        (folder / "signer.pem").write_bytes(key)
        certificates = [Certificate.load(data) for data in (signer.certificate, *signer.chain)]
        packed = to_pkcs12(key, certificates, passphrase="bench", key_passphrase="bench")
        (folder / "signer.p12").write_bytes(packed)
        (folder / "pass").write_text("bench\n")
        (folder / "doc").write_bytes(DOCUMENT)
        words = "sign doc --key signer.p12 --passphrase file:pass --force"
        return _median([*command, *words.split()], folder=folder)


def _median(
    arguments: Sequence[str], extra: Mapping[str, str] | None = None, *, folder: Path | None = None
) -> float:
    env = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), **(extra or {})}
    return statistics.median(cpu_of_process(arguments, folder=folder, env=env) for _ in range(ROUNDS))
