"""Time stamps with OpenSSL: it believes ours, we believe its, and each refuses what was altered."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from esign.ca.request import Subject
from esign.keys import Signer, SoftwareKey, generate
from esign.testing import TestPKI
from esign.tsa import TimeStampAuthority
from esign.tsp import (
    Accuracy,
    Failure,
    MessageImprint,
    TimeStampRequest,
    TimeStampResponse,
    check_answer,
    check_signature,
)
from esign.x509 import Certificate
from tests.peers import require, run

pytestmark = pytest.mark.peer
AT = datetime.now(UTC).replace(microsecond=250_000) - timedelta(minutes=1)
POLICY = "2.999.1"
DOCUMENT = b"an agreement\n"

CONFIG = """
[ tsa ]
default_tsa = here
[ here ]
serial = serial
signer_digest = sha256
default_policy = 2.999.1
digests = sha256, sha512
accuracy = secs:1, millisecs:500, microsecs:100
ordering = yes
tsa_name = yes
ess_cert_id_alg = {digest}
"""


@dataclass(frozen=True)
class World:
    """A folder with document, chain, and an authority of ours."""

    folder: Path
    authority: TimeStampAuthority

    def file(self, name: str, octets: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(octets)
        return path

    def ts(self, *arguments: str) -> CompletedProcess[bytes]:
        return run([require("openssl"), "ts", *arguments], cwd=self.folder)


def pem(private: Any) -> bytes:
    """PKCS#8 without a passphrase, for the command line."""
    octets: bytes = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return octets


@pytest.fixture(scope="module", params=["p-256", "rsa-3072"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    pki, own = TestPKI(AT - timedelta(minutes=1)), generate(request.param)
    certificate = pki.issue("tsa", Subject.of({"organization": "Markaz", "common_name": "TSA"}), key=own)
    above = pki.authority("infra").certificate
    authority = TimeStampAuthority(
        Signer(SoftwareKey(own), certificate.raw, (above.raw,)), POLICY, Accuracy(1)
    )
    found = World(tmp_path_factory.mktemp("ts"), authority)
    found.file("document", DOCUMENT)
    found.file("root.pem", pki.root.pem)
    found.file("infra.pem", above.pem)
    found.file("tsa.pem", certificate.pem)
    found.file("tsa.key", pem(own))
    found.file("serial", b"01\n")
    return found


def told(done: CompletedProcess[bytes]) -> str:
    return (done.stdout + done.stderr).decode()


@pytest.mark.parametrize("asked", [("-cert",), ("-cert", "-no_nonce"), ("-tspolicy", POLICY, "-sha512")])
def test_openssl_asks_and_believes_our_answer(world: World, asked: tuple[str, ...]) -> None:
    assert world.ts("-query", "-data", "document", *asked, "-out", "q.tsq").returncode == 0
    request = (world.folder / "q.tsq").read_bytes()
    world.file("ours.tsr", world.authority.answer(request, at=AT, serial=7))
    verify = ["-verify", "-in", "ours.tsr", "-CAfile", "root.pem", "-untrusted", "tsa_chain.pem"]
    world.file("tsa_chain.pem", b"".join((world.folder / n).read_bytes() for n in ("tsa.pem", "infra.pem")))
    for against in (("-queryfile", "q.tsq"), ("-data", "document")):
        done = world.ts(*verify, *against)
        assert "Verification: OK" in told(done), told(done)
    world.file("other", b"another agreement\n")
    assert "Verification: FAILED" in told(world.ts(*verify, "-data", "other"))


def test_openssl_shows_what_we_state(world: World) -> None:
    request = TimeStampRequest(MessageImprint.of(DOCUMENT), nonce=0xABCD).encode()
    world.file("shown.tsr", world.authority.answer(request, at=AT, serial=0x0102))
    shown = told(world.ts("-reply", "-in", "shown.tsr", "-text"))
    assert "Status: Granted." in shown and "Serial number: 0x0102" in shown
    assert f"Policy OID: {POLICY}" in shown and "Nonce: 0xABCD" in shown
    assert f"{AT:%H:%M:%S}.25" in shown
    assert "0x01 seconds, unspecified millis, unspecified micros" in shown


def test_openssl_reads_our_question(world: World) -> None:
    world.file("our.tsq", TimeStampRequest(MessageImprint.of(DOCUMENT), POLICY, 0x77).encode())
    shown = told(world.ts("-query", "-in", "our.tsq", "-text"))
    assert "Hash Algorithm: sha256" in shown and "Nonce: 0x77" in shown
    assert f"Policy OID: {POLICY}" in shown and "Certificate required: yes" in shown


def test_openssl_understands_our_refusal(world: World) -> None:
    request = TimeStampRequest(MessageImprint.of(DOCUMENT), "2.999.9").encode()
    world.file("refused.tsr", world.authority.answer(request, at=AT, serial=8))
    shown = told(world.ts("-reply", "-in", "refused.tsr", "-text"))
    assert "Status: Rejected." in shown and "unacceptable policy" in shown.lower() or "policy" in shown


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha512"])
def test_we_believe_the_answer_of_openssl(world: World, digest: str) -> None:
    """ESSCertID for SHA-1, ESSCertIDv2 for the others (RFC 5816 §2.2.1)."""
    asked = TimeStampRequest(MessageImprint.of(DOCUMENT), POLICY, 99)
    world.file("theirs.tsq", asked.encode())
    world.file("ts.cnf", CONFIG.format(digest=digest).encode())
    done = world.ts(
        "-reply", "-config", "ts.cnf", "-queryfile", "theirs.tsq", "-signer", "tsa.pem", "-inkey", "tsa.key",
        "-chain", "infra.pem", "-out", "theirs.tsr",
    )  # fmt: skip
    assert done.returncode == 0, told(done)
    token = TimeStampResponse.read((world.folder / "theirs.tsr").read_bytes()).token
    assert token is not None
    assert check_answer(asked, token) == ()
    own = Certificate.load((world.folder / "tsa.pem").read_bytes())
    assert token.signer() == own and check_signature(token, own) == ()
    info = token.info
    assert (info.accuracy, info.ordering) == (Accuracy(1, 500, 100), True)
    assert info.tsa is not None and info.tsa.name == own.subject


def test_we_understand_the_refusal_of_openssl(world: World) -> None:
    world.file("bad.tsq", TimeStampRequest(MessageImprint.of(DOCUMENT), "2.999.9").encode())
    world.file("ts.cnf", CONFIG.format(digest="sha256").encode())
    world.ts(
        "-reply", "-config", "ts.cnf", "-queryfile", "bad.tsq", "-signer", "tsa.pem", "-inkey", "tsa.key",
        "-out", "bad.tsr",
    )  # fmt: skip
    response = TimeStampResponse.read((world.folder / "bad.tsr").read_bytes())
    assert response.failures == frozenset({Failure.UNACCEPTED_POLICY}) and response.texts
