"""What OpenSSL signs is passed, and what it refuses is refused."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from esign.findings import Indication, SubIndication
from esign.material import Material
from esign.validation.signature import verify
from tests.esign.validation import world
from tests.esign.validation.world import AT
from tests.peers import require, run

CONTENT = b"the document\r\n"


def _files(folder: Path) -> list[str]:
    """Key, certificate, chain and content as OpenSSL wants them; its options for signing."""
    node = world.person()
    plain = serialization.NoEncryption()
    key = node.private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(key)
    (folder / "cert.pem").write_bytes(node.certificate.pem)
    (folder / "chain.pem").write_bytes(world.intermediate().certificate.pem)
    (folder / "root.pem").write_bytes(world.root().certificate.pem)
    (folder / "content").write_bytes(CONTENT)
    return ["-signer", "cert.pem", "-inkey", "key.pem", "-certfile", "chain.pem", "-in", "content", "-binary"]


@pytest.mark.peer
@pytest.mark.parametrize(
    ("options", "detached"),
    [
        (["-nodetach", "-outform", "DER"], False),
        (["-outform", "DER"], True),
        (["-nodetach", "-outform", "PEM"], False),
        (["-nodetach", "-stream", "-outform", "DER"], False),
        (["-nodetach", "-cades", "-outform", "DER"], False),
        (["-nodetach", "-noattr", "-outform", "DER"], False),
        (["-nodetach", "-keyid", "-md", "sha512", "-outform", "DER"], False),
    ],
)
def test_what_openssl_signs_is_passed(options: list[str], detached: bool, tmp_path: Path) -> None:
    made = run([require("openssl"), "cms", "-sign", *_files(tmp_path), *options], cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    report = verify(
        made.stdout,
        document=CONTENT if detached else None,
        trust=world.root().trust,
        at=AT,
        material=Material((), world.clean_crls()),
    )
    assert report.indication is Indication.TOTAL_PASSED, report.explain()
    assert report.signatures[0].level == ("B-B" if "-cades" in options else "CMS")


@pytest.mark.peer
def test_what_is_changed_is_refused_by_both(tmp_path: Path) -> None:
    openssl = require("openssl")
    options = [*_files(tmp_path), "-outform", "DER"]
    made = run([openssl, "cms", "-sign", *options], cwd=tmp_path).stdout
    (tmp_path / "signature").write_bytes(made)
    (tmp_path / "content").write_bytes(CONTENT + b"!")
    theirs = run(
        [openssl, "cms", "-verify", "-inform", "DER", "-in", "signature", "-content", "content", "-binary"]
        + ["-CAfile", "root.pem", "-no_check_time"],
        cwd=tmp_path,
    )
    assert theirs.returncode != 0
    ours = verify(made, document=CONTENT + b"!", trust=world.root().trust, at=AT)
    assert (ours.indication, ours.sub_indication) == (
        Indication.TOTAL_FAILED,
        SubIndication.HASH_FAILURE,
    )
