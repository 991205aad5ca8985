"""What the kernel sees: the letter and its evidence are forced to the disk before `250` is written."""

import base64
import re
import socket
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.agencies import PASSWORD, House, native, two_agencies
from tests.e2e.processes import NodeProcess
from tests.exat.shell.hall import Client
from tests.peers import peers_are_required, require

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

_CALL = re.compile(r"^\d+\s+(?P<name>\w+)\(\d+<(?P<file>(?:->|[^>])+)>")
_SYNCS = ("fsync", "fdatasync")
_SENDS = ("sendto", "write", "sendmsg")


@dataclass(frozen=True)
class Call:
    name: str
    file: str


def _strace() -> str:
    strace = require("strace")
    tried = subprocess.run([strace, "-f", "-o", "/dev/null", "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        reason = "strace may not trace here (ptrace is not permitted)"
        if peers_are_required():
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return strace


def _traced(strace: str, a: House, raw: bytes, trace: Path) -> list[Call]:
    """The syncs of A's node, and what it writes to the connection that hands in `raw`, `250` last."""
    calls = ",".join((*_SYNCS, *_SENDS))
    node = NodeProcess(a, before=[strace, "-f", "-yy", "-s", "0", "-e", f"trace={calls}", "-o", str(trace)])
    client = _submit(a, raw)
    port = client.socket.getsockname()[1]
    node.kill()
    client.close()
    found = [
        Call(m["name"], m["file"]) for line in trace.read_text().splitlines() if (m := _CALL.match(line))
    ]
    return [call for call in found if call.name in _SYNCS or f":{port}" in call.file]


def _submit(a: House, raw: bytes) -> Client:
    """Hand a letter in and stay connected: what the node writes last is its answer."""
    host, _, port = a.home.config.listen.submission.rpartition(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=a.authority.root.pem.decode())
    plain = socket.create_connection((host, int(port)), timeout=20)
    client = Client(context.wrap_socket(plain, server_hostname=a.home.config.agency.node))
    assert client.line().startswith(b"220 ")
    login = base64.b64encode(f"\0clerk\0{PASSWORD}".encode())
    assert client.ask(b"EHLO a.test", b"AUTH PLAIN " + login).startswith(b"235 ")
    sender = str(a.mailbox).encode()
    last = client.ask(b"MAIL FROM:<%b>" % sender, b"RCPT TO:<%b>" % sender, b"DATA")
    assert last.startswith(b"354 ")
    client.send(raw.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    assert client.line().startswith(b"250 2.6.0")
    return client


@pytest.mark.parametrize("size", [1_000, 200_000])
def test_letter_and_evidence_are_on_the_disk_before_250_is_written(tmp_path: Path, size: int) -> None:
    strace = _strace()
    with two_agencies(tmp_path) as (a, _):
        calls = _traced(strace, a, native(a, [a], text="matn\r\n" * (size // 6)), tmp_path / "trace")
    sends = [number for number, call in enumerate(calls) if call.name in _SENDS]
    before_250 = calls[sends[-2] + 1 : sends[-1]]
    synced = [call.file for call in before_250 if call.name in _SYNCS]
    assert any(file.endswith("store.sqlite-wal") for file in synced), calls[sends[-2] :]
    if size > 65_536:
        segments = [number for number, file in enumerate(synced) if "/segments" in file]
        wal = [number for number, file in enumerate(synced) if file.endswith("-wal")]
        assert segments and max(segments) < min(wal), synced
