"""OCSP with OpenSSL and GnuTLS: they read our questions and believe our answers, and we theirs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from esign.algorithms import SHA256
from esign.ca.request import Subject
from esign.ca.responder import Responder, Source
from esign.keys import Signer, SoftwareKey, generate
from esign.ocsp import OCSPRequest, OCSPResponse
from esign.testing import TestPKI
from esign.validation.ocsp import judge_ocsp
from esign.validation.policy import Policy
from esign.validation.report import RevocationState
from esign.validation.work import Work
from esign.x509 import Certificate
from tests.peers import require, run

pytestmark = pytest.mark.peer
# GnuTLS reads the clock of the machine.
AT = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)


@dataclass(frozen=True)
class World:
    """A folder with authority, good and revoked holder, and who answers for the authority."""

    folder: Path
    pki: TestPKI
    issuer: Certificate
    good: Certificate
    revoked: Certificate
    responders: dict[str, Responder]

    def file(self, name: str, octets: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(octets)
        return path


def pem(private: Any) -> bytes:
    """PKCS#8 without a passphrase, for the command line."""
    octets: bytes = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return octets


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    pki = TestPKI(AT - timedelta(minutes=1))
    authority = pki.authority("persons")
    good, revoked = (Certificate.load(pki.signer(name).certificate) for name in ("Good One", "Bad One"))
    pki.revoke(revoked, reason="keyCompromise")
    own = generate("p-256")
    subject = Subject.of({"organization": "Markaz", "common_name": "OCSP"})
    delegate = Signer(SoftwareKey(own), pki.issue("ocsp", subject, key=own).raw)
    source = Source(authority.certificate, authority.register, AT)
    responders = {"delegate": Responder(delegate, source), "issuer": Responder(authority.signer, source)}
    found = World(tmp_path_factory.mktemp("ocsp"), pki, authority.certificate, good, revoked, responders)
    found.file("root.pem", pki.root.pem)
    found.file("issuer.pem", authority.certificate.pem)
    found.file("good.pem", good.pem)
    found.file("revoked.pem", revoked.pem)
    found.file("delegate.pem", Certificate.load(delegate.certificate).pem)
    found.file("delegate.key", pem(own))
    return found


def openssl(world: World, *arguments: str) -> CompletedProcess[bytes]:
    return run([require("openssl"), "ocsp", *arguments], cwd=world.folder)


def told(done: CompletedProcess[bytes]) -> str:
    return (done.stdout + done.stderr).decode()


@pytest.mark.parametrize("who", ["delegate", "issuer"])
@pytest.mark.parametrize("state", ["good", "revoked"])
def test_openssl_asks_with_a_nonce_and_believes_our_answer(world: World, who: str, state: str) -> None:
    names = ["-issuer", "issuer.pem", "-cert", f"{state}.pem"]
    assert openssl(world, *names, "-reqout", "request.der").returncode == 0
    request = (world.folder / "request.der").read_bytes()
    assert OCSPRequest.read(request).nonce is not None
    world.file("response.der", world.responders[who].answer(request, at=AT))
    given = ["-respin", "response.der", "-CAfile", "root.pem", "-verify_other", "issuer.pem"]
    done = openssl(world, "-reqin", "request.der", *given)
    assert "Response verify OK" in told(done) and "WARNING" not in told(done)
    other = OCSPRequest.about((world.good,), world.issuer, nonce=b"another").encode()
    world.file("other.der", other)
    assert "Nonce Verify error" in told(openssl(world, "-reqin", "other.der", *given))
    done = openssl(world, *names, "-no_nonce", *given)
    assert f"{state}.pem: {state}" in told(done)
    assert ("Reason: keyCompromise" in told(done)) is (state == "revoked")


def test_openssl_asks_about_several_by_sha256(world: World) -> None:
    names = ["-sha256", "-issuer", "issuer.pem", "-cert", "good.pem", "-sha256", "-cert", "revoked.pem"]
    assert openssl(world, *names, "-no_nonce", "-reqout", "several.der").returncode == 0
    request = (world.folder / "several.der").read_bytes()
    assert len(OCSPRequest.read(request).certificates) == 2
    world.file("answers.der", world.responders["delegate"].answer(request, at=AT))
    done = openssl(
        world, *names, "-no_nonce", "-respin", "answers.der", "-CAfile", "root.pem",
        "-verify_other", "issuer.pem",
    )  # fmt: skip
    assert "good.pem: good" in told(done) and "revoked.pem: revoked" in told(done)


def test_openssl_reads_our_question(world: World) -> None:
    request = OCSPRequest.about((world.good, world.revoked), world.issuer, nonce=b"\xab" * 32, by=SHA256)
    world.file("ours.der", request.encode())
    shown = told(openssl(world, "-reqin", "ours.der", "-req_text"))
    assert shown.count("Hash Algorithm: sha256") == 2
    assert "OCSP Nonce" in shown and "AB" * 32 in shown


def test_openssl_sees_an_altered_answer(world: World) -> None:
    request = OCSPRequest.about((world.good,), world.issuer).encode()
    answer = world.responders["delegate"].answer(request, at=AT)
    altered = OCSPResponse.load(answer)
    assert altered.basic is not None
    signature = altered.basic.signature
    wrong = answer.replace(signature, signature[:-1] + bytes((signature[-1] ^ 1,)))
    world.file("wrong.der", wrong)
    done = openssl(
        world, "-issuer", "issuer.pem", "-cert", "good.pem", "-no_nonce", "-respin", "wrong.der",
        "-CAfile", "root.pem", "-verify_other", "issuer.pem",
    )  # fmt: skip
    assert "Response Verify Failure" in told(done)


@pytest.mark.parametrize(
    ("state", "wanted"), [("V", RevocationState.GOOD), ("R", RevocationState.REVOKED), ("", None)]
)
def test_we_believe_the_answer_of_openssl(world: World, state: str, wanted: RevocationState | None) -> None:
    request = OCSPRequest.about((world.good,), world.issuer, nonce=b"n" * 16)
    world.file("q.der", request.encode())
    serial = f"{world.good.serial_number:040X}"
    revoked = f"{AT - timedelta(hours=1):%y%m%d%H%M%S}Z,superseded" if state == "R" else ""
    line = f"{state}\t991231235959Z\t{revoked}\t{serial}\tunknown\t/CN=x\n" if state else ""
    world.file("index.txt", line.encode())
    done = openssl(
        world, "-index", "index.txt", "-CA", "issuer.pem",
        "-rsigner", "delegate.pem", "-rkey", "delegate.key",
        "-reqin", "q.der", "-respout", "theirs.der", "-nmin", "60",
    )  # fmt: skip
    assert done.returncode == 0, told(done)
    response = OCSPResponse.load((world.folder / "theirs.der").read_bytes())
    assert response.basic is not None and response.basic.nonce == b"n" * 16
    policy = Policy.default()
    status, objections = judge_ocsp(
        world.good,
        world.issuer,
        responses=[response],
        at=response.basic.produced_at,
        policy=policy,
        work=Work(policy.limits),
    )
    assert status.state is (wanted or RevocationState.UNDETERMINED), objections
    assert status.reason == ("superseded" if state == "R" else None)


@pytest.mark.parametrize("state", ["good", "revoked"])
def test_gnutls_believes_our_answer(world: World, state: str) -> None:
    certificate = world.good if state == "good" else world.revoked
    request = OCSPRequest.about((certificate,), world.issuer, nonce=b"n" * 32).encode()
    world.file("gnutls.der", world.responders["delegate"].answer(request, at=AT))
    done = run(
        [
            require("ocsptool"),
            "--verify-response",
            "--load-response",
            "gnutls.der",
            "--load-trust",
            "issuer.pem",
        ],
        cwd=world.folder,
    )
    assert "Verifying OCSP Response: Success" in told(done)
    assert f"Certificate Status: {state}" in told(done)


def test_gnutls_asks_and_we_answer(world: World) -> None:
    done = run(
        [
            require("ocsptool"), "--generate-request", "--load-issuer", "issuer.pem",
            "--load-cert", "good.pem", "--outfile", "theirs-q.der",
        ],
        cwd=world.folder,
    )  # fmt: skip
    assert done.returncode == 0, told(done)
    request = OCSPRequest.read((world.folder / "theirs-q.der").read_bytes())
    assert request.certificates[0].names(world.good, world.issuer)
