"""Large documents: speed against the hash or the cipher alone and `openssl cms`, and the most memory held.

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
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import BinaryIO, Final, cast

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from bench import peers
from esign import Certificate, Decryptor, Signer, Trust, decrypt, encrypt, sign, verify
from esign.api.envelopes import DISCARD
from esign.der.streaming import CHUNK
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
    """Print the tables."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _prepare(folder)
        _table("signed, P-256, path and lists included", SIGNING, _OPENSSL, folder)
        _table("closed for one P-256 key", CLOSING, _OPENSSL_CLOSING, folder)


def _table(
    title: str, acts: Mapping[str, Callable[[Path], None]], others: Mapping[str, str], folder: Path
) -> None:
    """Measure the acts, then those of OpenSSL, and print them; the first is the floor."""
    rows = [_measured(name, folder) for name in acts]
    if shutil.which("openssl"):
        rows += [_openssl(name, words, folder) for name, words in others.items()]
    print(f"\nA document of {MIB} MiB, {title}")
    floor = rows[0].seconds
    for row in rows:
        share = f"{floor / row.seconds:7.3f} of the floor"
        print(f"  {row.name:50} {row.seconds:8.3f} s {share} {row.peak:7.0f} MiB")


def _prepare(folder: Path) -> None:
    pki = TestPKI()
    signer = pki.signer("Bench")
    private = signer.key.private  # type: ignore[attr-defined]
    peers.write_signer(folder / "signer.pem", private, signer.certificate)
    (folder / "chain.pem").write_bytes(pki.issuing.pem)
    (folder / "root.pem").write_bytes(pki.root.pem)
    for number, data in enumerate(pki.crls):
        (folder / f"{number}.crl").write_bytes(data)
    reader = pki.decryptor("bench@test.example")
    peers.write_signer(folder / "reader.pem", reader.private, reader.certificate or b"")
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


# --- envelopes ---


def cipher_floor(folder: Path) -> None:
    """AES-256-GCM of the file, read into one buffer."""
    buffer, made = bytearray(CHUNK), bytearray(CHUNK + 16)
    view = memoryview(buffer)
    encryptor = Cipher(AES(secrets.token_bytes(32)), modes.GCM(secrets.token_bytes(12))).encryptor()
    with (folder / "document").open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            encryptor.update_into(view[:count], made)
    encryptor.finalize()


def _encrypt(folder: Path, name: str, *, cipher: str = "aes-256-gcm", piped: bool = False) -> None:
    certificate = Certificate.load((folder / "reader.pem").read_bytes())
    with (folder / "document").open("rb") as document, (folder / name).open("wb") as out:
        source = cast("BinaryIO", _Pipe(document)) if piped else document
        encrypt(source, [certificate], cipher=cipher, out=out)


def _decrypt(folder: Path, name: str, out: str | Path | None, *, unsafe: bool = False) -> None:
    pem = (folder / "reader.pem").read_bytes()
    keys = [Decryptor.from_pem(pem, pem)]
    with (folder / name).open("rb") as envelope, ExitStack() as held:
        sink = DISCARD if out is None else held.enter_context(Path(out).open("wb"))
        found = decrypt(envelope, keys, out=sink, unsafe_release_unverified=unsafe)
    if found.written != MIB << 20:
        raise RuntimeError(f"{found.written} octets")


def encrypt_der(folder: Path) -> None:
    """AES-256-GCM to disk; DER, the file is read once."""
    _encrypt(folder, "gcm-der")


def encrypt_piped(folder: Path) -> None:
    """AES-256-GCM to disk, from a pipe; BER."""
    _encrypt(folder, "gcm-ber", piped=True)


def encrypt_cbc(folder: Path) -> None:
    """AES-256-CBC to disk; DER."""
    _encrypt(folder, "cbc-der", cipher="aes-256-cbc")


def decrypt_checked(folder: Path) -> None:
    """Only whether it opens."""
    _decrypt(folder, "gcm-der", None)


def decrypt_discarded(folder: Path) -> None:
    """Checked, then released to nowhere."""
    _decrypt(folder, "gcm-der", os.devnull)


def decrypt_to_disk(folder: Path) -> None:
    """Checked, then written."""
    _decrypt(folder, "gcm-der", folder / "opened")


def decrypt_ber(folder: Path) -> None:
    """Its end looked for, checked, then released to nowhere."""
    _decrypt(folder, "gcm-ber", os.devnull)


def decrypt_unsafe(folder: Path) -> None:
    """Released to nowhere while it is checked."""
    _decrypt(folder, "gcm-der", os.devnull, unsafe=True)


def decrypt_cbc(folder: Path) -> None:
    """The padding checked, then released to nowhere."""
    _decrypt(folder, "cbc-der", os.devnull)


SIGNING: Final[dict[str, Callable[[Path], None]]] = {
    "floor: SHA-256 of the file": floor,
    "esign.sign, detached": sign_detached,
    "esign.sign, attached, DER": sign_attached,
    "esign.sign, attached, BER, from a pipe": sign_piped,
    "esign.verify, detached": verify_detached,
    "esign.verify, attached, DER": verify_der,
    "esign.verify, attached, BER": verify_ber,
}
CLOSING: Final[dict[str, Callable[[Path], None]]] = {
    "floor: AES-256-GCM of the file": cipher_floor,
    "esign.encrypt, GCM, DER, to disk": encrypt_der,
    "esign.encrypt, GCM, BER, from a pipe to disk": encrypt_piped,
    "esign.encrypt, CBC, DER, to disk": encrypt_cbc,
    "esign.decrypt, GCM, only checked": decrypt_checked,
    "esign.decrypt, GCM, two passes, to nowhere": decrypt_discarded,
    "esign.decrypt, GCM, two passes, to disk": decrypt_to_disk,
    "esign.decrypt, GCM, BER, to nowhere": decrypt_ber,
    "esign.decrypt, GCM, one pass, unsafe, to nowhere": decrypt_unsafe,
    "esign.decrypt, CBC, to nowhere": decrypt_cbc,
}
ACTS: Final = {**SIGNING, **CLOSING}
_OPENSSL_CLOSING: Final = {
    "openssl cms -encrypt -stream, GCM, to disk": "-encrypt -binary -stream -aes-256-gcm -in document "
    "-outform DER -out theirs reader.pem",
    "openssl cms -decrypt, GCM, DER, to nowhere": "-decrypt -binary -inform DER -in gcm-der "
    "-inkey reader.pem -recip reader.pem -out /dev/null",
    "openssl cms -decrypt, GCM, DER, to disk": "-decrypt -binary -inform DER -in gcm-der "
    "-inkey reader.pem -recip reader.pem -out theirs",
    "openssl cms -decrypt, GCM, BER, to nowhere": "-decrypt -binary -inform DER -in gcm-ber "
    "-inkey reader.pem -recip reader.pem -out /dev/null",
    "openssl cms -decrypt, CBC, DER, to nowhere": "-decrypt -binary -inform DER -in cbc-der "
    "-inkey reader.pem -recip reader.pem -out /dev/null",
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
        seconds, _, held = _process([sys.executable, "-c", program], folder)
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
