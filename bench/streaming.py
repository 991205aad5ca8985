"""Large documents: speed against the hash alone and `openssl cms`, and the most memory that was held.

Each of our acts runs in a process of its own, which reports its CPU time without start-up; the system reports
the peak. The size in MiB is 256, or what EXAT_BENCH_MIB says.
"""

import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import BinaryIO, Final

from bench import peers
from esign import Signer, Trust, sign, verify
from esign.testing import TestPKI

MIB: Final = int(os.environ.get("EXAT_BENCH_MIB", "256"))
ROUNDS: Final = 3
_OPENSSL_ROUNDS: Final = 1
_KERNEL: Final = 1 << 20
_WATCH: Final = """
import os, sys
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss, flush=True)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@dataclass(frozen=True, slots=True)
class Found:
    """One act: seconds of CPU, and MiB of memory at its peak."""

    name: str
    seconds: float
    peak: float


class _Pipe:
    """A document that cannot be read twice."""

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read


def run() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _prepare(folder)
        rows = [_measured(name, folder) for name in ACTS]
        if shutil.which("openssl"):
            rows += [_openssl(name, words, folder) for name, words in _OPENSSL.items()]
    print(f"\nA document of {MIB} MiB, P-256, path and lists included")
    floor = rows[0].seconds
    for row in rows:
        share = f"{floor / row.seconds:7.3f} of the floor"
        print(f"  {row.name:44} {row.seconds:8.2f} s {share} {row.peak:7.0f} MiB")


def _prepare(folder: Path) -> None:
    pki = TestPKI()
    signer = pki.signer("Bench")
    private = signer.key.private  # type: ignore[attr-defined]
    peers.write_signer(folder / "signer.pem", private, signer.certificate)
    (folder / "chain.pem").write_bytes(pki.issuing.pem)
    (folder / "root.pem").write_bytes(pki.root.pem)
    for number, data in enumerate(pki.crls):
        (folder / f"{number}.crl").write_bytes(data)
    with (folder / "document").open("wb") as file:
        for _ in range(MIB):
            file.write(secrets.token_bytes(1 << 20))


def _signer(folder: Path) -> Signer:
    pem = (folder / "signer.pem").read_bytes()
    return Signer.from_pem(pem, pem, chain=[(folder / "chain.pem").read_bytes()])


# --- the acts, each in a process of its own ---


def floor(folder: Path) -> None:
    """SHA-256 of the file, read into one buffer."""
    state, buffer = hashlib.sha256(), bytearray(_KERNEL)
    view = memoryview(buffer)
    with (folder / "document").open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            state.update(view[:count])
    state.digest()


def sign_detached(folder: Path) -> None:
    """The document in a file, its signature beside it."""
    with (folder / "document").open("rb") as document, (folder / "detached").open("wb") as out:
        sign(document, _signer(folder), detached=True, out=out)


def sign_attached(folder: Path) -> None:
    """DER: the file is read twice."""
    with (folder / "document").open("rb") as document, (folder / "der").open("wb") as out:
        sign(document, _signer(folder), out=out)


def sign_piped(folder: Path) -> None:
    """BER: the file is read once."""
    with (folder / "document").open("rb") as document, (folder / "ber").open("wb") as out:
        sign(_Pipe(document), _signer(folder), out=out)  # type: ignore[call-overload]


def _verify(folder: Path, name: str, *, document: str | None = None) -> None:
    material = [path.read_bytes() for path in sorted(folder.glob("*.crl"))]
    trust = Trust.from_pem((folder / "root.pem").read_bytes())
    with (folder / name).open("rb") as signature:
        if document is None:
            report = verify(signature, trust=trust, material=material)
        else:
            with (folder / document).open("rb") as beside:
                report = verify(signature, document=beside, trust=trust, material=material)
    report.require_passed()


def verify_detached(folder: Path) -> None:
    """Signature and document in two files."""
    _verify(folder, "detached", document="document")


def verify_der(folder: Path) -> None:
    """The document inside, one octet string."""
    _verify(folder, "der")


def verify_ber(folder: Path) -> None:
    """The document inside, in parts of 256 KiB."""
    _verify(folder, "ber")


ACTS: Final[dict[str, Callable[[Path], None]]] = {
    "floor: SHA-256 of the file": floor,
    "esign.sign, detached": sign_detached,
    "esign.sign, attached, DER": sign_attached,
    "esign.sign, attached, BER, from a pipe": sign_piped,
    "esign.verify, detached": verify_detached,
    "esign.verify, attached, DER": verify_der,
    "esign.verify, attached, BER": verify_ber,
}
_OPENSSL: Final = {
    "openssl cms -sign -stream -nodetach": "-sign -binary -stream -nodetach -in document -signer signer.pem "
    "-certfile chain.pem -outform DER -out theirs",
    "openssl cms -verify, detached": "-verify -binary -inform DER -in detached -content document "
    "-CAfile root.pem -purpose any -out /dev/null",
    "openssl cms -verify, attached, BER": "-verify -binary -inform DER -in ber -CAfile root.pem "
    "-purpose any -out /dev/null",
}


def _measured(name: str, folder: Path) -> Found:
    """CPU time as the process tells it, so without its start."""
    program = f"from bench.streaming import one; one({name!r}, {str(folder)!r})"
    times, peak = [], 0.0
    for _ in range(ROUNDS):
        seconds, _, held = _process([sys.executable, "-c", program], folder.parent)
        times.append(float(seconds))
        peak = max(peak, held)
    return Found(name, median(times), peak)


def _openssl(name: str, words: str, folder: Path) -> Found:
    times, peak = [], 0.0
    for _ in range(_OPENSSL_ROUNDS):
        _, seconds, held = _process(["openssl", "cms", *words.split()], folder)
        times.append(seconds)
        peak = max(peak, held)
    return Found(name, median(times), peak)


def _process(arguments: Sequence[str], folder: Path) -> tuple[str, float, float]:
    """What a process said, seconds of its CPU time and MiB at its peak.

    A small process starts it: the peak of a new process begins with that of the one that it comes from.
    """
    root = str(Path(__file__).resolve().parent.parent)
    watched = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _WATCH, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    if watched.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {watched.stderr}")
    *said, told = watched.stdout.splitlines()
    seconds, peak = told.split()
    return "".join(said), float(seconds), float(peak) / 1024


def one(name: str, folder: str) -> None:
    """Do one act and print its CPU time."""
    started = time.process_time()
    ACTS[name](Path(folder))
    print(time.process_time() - started)


if __name__ == "__main__":
    run()
