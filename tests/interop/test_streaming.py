"""Large documents to and from OpenSSL: octet strings in parts, and what was signed in two steps."""

import io
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from esign import Trust, sign, signing, verify
from esign.algorithms import RSA_SHA512, SHA256, SHA384, SignatureScheme, pss
from esign.cms import SignedData
from tests.esign.people import AT, Holder, root, signatory
from tests.peers import require, run

pytestmark = pytest.mark.peer

OPENSSL = require("openssl")
LONG = bytes(range(256)) * 9000
VERIFY = [OPENSSL, "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any"]


class OnlyRead:
    """What cannot be read twice."""

    def __init__(self, octets: bytes) -> None:
        self.read = io.BytesIO(octets).read


def by_openssl(folder: Path, signature: bytes, *, document: bytes | None = None) -> bytes:
    """The content of a signature that OpenSSL finds valid."""
    (folder / "root.pem").write_bytes(root().certificate.pem)
    (folder / "signature").write_bytes(signature)
    (folder / "document").write_bytes(document or b"")
    beside = [] if document is None else ["-content", "document"]
    judged = run([*VERIFY, "-in", "signature", "-CAfile", "root.pem", "-out", "content", *beside], cwd=folder)
    assert judged.returncode == 0, judged.stderr
    return (folder / "content").read_bytes()


@pytest.mark.parametrize("kind", ["p-256", "p-384", "rsa-2048"])
@pytest.mark.parametrize("content", [b"", b"letter", LONG], ids=["empty", "short", "long"])
def test_openssl_accepts_what_was_streamed(tmp_path: Path, kind: str, content: bytes) -> None:
    out = io.BytesIO()
    sign(cast("BinaryIO", OnlyRead(content)), signatory(kind).signer, at=AT, out=out)
    assert by_openssl(tmp_path, out.getvalue()) == content


@pytest.mark.parametrize(
    "scheme", [RSA_SHA512, pss(SHA256, 32), pss(SHA384, 48)], ids=["512", "pss256", "pss384"]
)
@pytest.mark.parametrize("detached", [False, True])
def test_openssl_accepts_what_was_signed_in_two_steps(
    tmp_path: Path, scheme: SignatureScheme, detached: bool
) -> None:
    holder: Holder = signatory("rsa-2048")
    wanted = signing.prepare(LONG, at=AT, certificate=holder.certificate, scheme=scheme)
    made = scheme.sign(holder.private, wanted.message)
    data = signing.complete(wanted, made, content=None if detached else LONG)
    assert by_openssl(tmp_path, data, document=LONG if detached else None) == LONG


@pytest.mark.parametrize(
    "options", [["-stream", "-nodetach"], ["-nodetach"], ["-stream", "-nodetach", "-noattr"]]
)
def test_what_openssl_streams_is_verified_from_a_file(tmp_path: Path, options: list[str]) -> None:
    holder = signatory("p-256")
    (tmp_path / "holder.crt").write_bytes(holder.certificate.pem)
    (tmp_path / "holder.key").write_bytes(holder.key_pem)
    (tmp_path / "document").write_bytes(LONG)
    made = [
        OPENSSL,
        "cms",
        "-sign",
        "-binary",
        "-in",
        "document",
        "-outform",
        "DER",
        "-out",
        "signed",
        *options,
    ]
    run([*made, "-signer", "holder.crt", "-inkey", "holder.key", "-md", "sha256"], cwd=tmp_path)
    trust = Trust.from_pem(root().certificate.pem)
    with (tmp_path / "signed").open("rb") as file:
        report = verify(file, trust=trust, at=AT)
        file.seek(0)
        signed = SignedData.read_file(file)
        assert signed.encapsulated is not None
        assert signed.encapsulated.digest(SHA256) == SHA256.of(LONG)
    assert report.signatures[0].crypto == "valid"
