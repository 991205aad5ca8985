"""OCSP over HTTP against `openssl ocsp`, in one run: what was signed before over a connection that stays
open, and answers made at once.

`openssl ocsp` closes the connection after each answer; the asker is the same for both. Rounds of both are
interleaved: the machine's mood is theirs in equal parts.
"""

import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization

from esign.io.authority import CertificateAuthority
from esign.io.clock import now
from esign.keys import read_pkcs12
from esign.ocsp import OCSPRequest
from esign.x509 import Certificate

_PASSPHRASE: Final = "a passphrase"
_ROUNDS: Final = 9
_ASKED: Final = 200
_PATIENCE: Final = 10.0
_HEAD: Final = (
    "POST {path} HTTP/1.{minor}\r\nHost: x\r\nContent-Type: application/ocsp-request\r\n"
    "Content-Length: {length}\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class _Server:
    """A process that answers at a port of this machine."""

    process: subprocess.Popen[str]
    port: int

    @property
    def cpu(self) -> float:
        """Seconds of CPU that it has taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run() -> None:
    """Print the table of this module."""
    openssl = shutil.which("openssl")
    if openssl is None:
        print("\nOCSP over HTTP\n  openssl: not here")
        return
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name) / "ca"
        at = now() - timedelta(minutes=1)
        CertificateAuthority.create(folder, organization="Markaz", passphrase=_PASSPHRASE, at=at).close()
        ours = stack.enter_context(_ours(folder))
        theirs = stack.enter_context(_theirs(openssl, folder, Path(name)))
        question = _question(folder)
        live = replace(question, nonce=b"n" * 32)
        kept = stack.enter_context(socket.create_connection(("127.0.0.1", ours.port), _PATIENCE))
        asking: dict[str, tuple[_Server, Callable[[], object]]] = {
            "openssl ocsp, a nonce": (theirs, lambda: _once(theirs, live.encode())),
            "openssl ocsp": (theirs, lambda: _once(theirs, question.encode())),
            "pki serve, signed before": (ours, lambda: _over(kept, question.encode())),
            "pki serve, made at once (a nonce)": (ours, lambda: _over(kept, live.encode())),
        }
        _compare(asking)


def _compare(asking: dict[str, tuple[_Server, Callable[[], object]]]) -> None:
    wall: dict[str, list[float]] = {name: [] for name in asking}
    cpu: dict[str, float] = dict.fromkeys(asking, 0.0)
    for _ in range(_ROUNDS):
        for name, (server, ask) in asking.items():
            ask()
            before, started = server.cpu, time.perf_counter()
            for _ in range(_ASKED):
                ask()
            wall[name].append((time.perf_counter() - started) / _ASKED)
            cpu[name] += server.cpu - before
    print("\nOCSP over HTTP: answers in a second, one asker; in brackets the server's CPU for one")
    floor = wall["openssl ocsp"]
    for name, times in wall.items():
        rate, each = 1 / statistics.median(times), 1e6 * cpu[name] / _ROUNDS / _ASKED
        ratio = statistics.median(f / t for f, t in zip(floor, times, strict=True))
        print(f"  {name:40} {rate:8.0f} a second ({each:4.0f} us)   {ratio:6.2f} of openssl ocsp")


@contextmanager
def _ours(folder: Path) -> Iterator[_Server]:
    words = ("pki", "serve", "--ca", str(folder), "--listen", "127.0.0.1:0", "--passphrase", "env:EXAT_BENCH")
    command = (sys.executable, "-c", "from exat_cli.main import main; main()", *words)
    environment = {**os.environ, "EXAT_BENCH": _PASSPHRASE}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield _Server(process, int(line.strip().rpartition(":")[2]))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


@contextmanager
def _theirs(openssl: str, folder: Path, place: Path) -> Iterator[_Server]:
    """The same question answered with the same key."""
    packed = (folder / "services" / "ocsp-root.p12").read_bytes()
    private, certificate, _ = read_pkcs12(packed, _PASSPHRASE)
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (place / "key").write_bytes(private.private_bytes(serialization.Encoding.PEM, *form))
    (place / "signer").write_bytes(Certificate.load(certificate).pem)
    serial = _question(folder).certificates[0].serial_number
    (place / "index").write_text(f"V\t991231235959Z\t\t{serial:040X}\tunknown\t/CN=x\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    root = folder / "root.pem"
    words = ("-index", "index", "-CA", str(root), "-rsigner", "signer", "-rkey", "key", "-ndays", "1")
    command = (openssl, "ocsp", *words, "-port", str(port), "-ignore_err")
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=place, stdout=quiet, stderr=quiet, text=True) as process:
        try:
            server = _Server(process, port)
            _await(server, _question(folder).encode())
            yield server
        finally:
            process.terminate()


def _await(server: _Server, question: bytes) -> None:
    for _ in range(100):
        try:
            _once(server, question)
            return
        except ConnectionRefusedError:
            time.sleep(0.1)


def _question(folder: Path) -> OCSPRequest:
    """About the authority for persons, to the root."""
    root = Certificate.load((folder / "root" / "certificate.pem").read_bytes())
    persons = Certificate.load((folder / "persons" / "certificate.pem").read_bytes())
    return OCSPRequest.about((persons,), root)


def _once(server: _Server, question: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), _PATIENCE) as connection:
        connection.sendall(_HEAD.format(path="/", minor=0, length=len(question)).encode() + question)
        found = b""
        while part := connection.recv(1 << 16):
            found += part
    assert b" 200 " in found
    return found


def _over(connection: socket.socket, question: bytes) -> bytes:
    connection.sendall(_HEAD.format(path="/ocsp", minor=1, length=len(question)).encode() + question)
    found = connection.recv(1 << 16)
    head = found.index(b"\r\n\r\n") + 4
    length = int(found[:head].partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(found) < head + length:
        found += connection.recv(1 << 16)
    assert b" 200 " in found
    return found
