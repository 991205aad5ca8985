"""Compressed content both ways with Bouncy Castle (RFC 3274); the usual builds of openssl have no zlib."""

from pathlib import Path

import pytest

from esign.compressed import compress, decompress
from tests.peers import jars, require, run

pytestmark = pytest.mark.peer

JAVA = Path(__file__).with_name("java")
CONTENT = b"Content-Type: text/plain\r\n\r\n" + b"Salom\r\n" * 5_000


def test_compressed_content_is_read_both_ways(tmp_path: Path) -> None:
    (tmp_path / "ours.der").write_bytes(compress(CONTENT))
    (tmp_path / "content.bin").write_bytes(CONTENT)
    path = ":".join(jars("bcprov", "bcpkix", "bcutil"))
    done = run([require("java"), "-Xmx256m", "-cp", path, JAVA / "Compressed.java", tmp_path])
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "unpacked.bin").read_bytes() == CONTENT
    assert decompress((tmp_path / "theirs.der").read_bytes()).octets == CONTENT
