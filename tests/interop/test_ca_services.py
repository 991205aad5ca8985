"""The services of an authority as a process, judged by programs of others and by our own engine."""

import base64
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from subprocess import CompletedProcess
from urllib.parse import quote

import pytest

from esign import validate_path
from esign.ca.request import Subject, read
from esign.findings import Indication, SubIndication
from esign.io.authority import CertificateAuthority
from esign.io.clock import now
from esign.io.fetch import Fetcher
from esign.keys import generate
from esign.ocsp import OCSPRequest
from esign.x509 import Certificate, Trust
from tests.esign.ca.requests import make_request
from tests.peers import require, run

pytestmark = [pytest.mark.peer, pytest.mark.e2e]
PASSPHRASE = "a passphrase of the folder"


@dataclass(frozen=True)
class World:
    """A folder, the address of its services, two officers of whom one is revoked."""

    folder: Path
    url: str
    good: Certificate
    revoked: Certificate

    def run(self, *words: str) -> CompletedProcess[bytes]:
        return run([require(words[0]), *words[1:]], cwd=self.folder)

    def curl(self, *words: str) -> CompletedProcess[bytes]:
        return self.run("curl", "--silent", "--show-error", "--fail-with-body", "--max-time", "10", *words)


def told(done: CompletedProcess[bytes]) -> str:
    return (done.stdout + done.stderr).decode()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    place = tmp_path_factory.mktemp("services")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    outside = f"http://pki.agency.uz:{port}"
    good, revoked = _founded(place / "ca", outside)
    (place / "good.pem").write_bytes(good.pem)
    (place / "revoked.pem").write_bytes(revoked.pem)
    words = ("pki", "serve", "--ca", "ca", "--listen", f"127.0.0.1:{port}", "--tsa-policy", "2.999.1")
    command = (
        sys.executable,
        "-c",
        "from exat_cli.main import main; main()",
        *words,
        "--passphrase",
        "env:P",
    )
    log = (place / "log").open("wb")
    environment = {**os.environ, "P": PASSPHRASE}
    process = subprocess.Popen(
        command, cwd=place, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert f"http://127.0.0.1:{port}" in line, (place / "log").read_text()
        for name in ("root", "persons", "infra"):
            (place / f"{name}.pem").write_bytes((place / "ca" / name / "certificate.pem").read_bytes())
        yield World(place, f"http://127.0.0.1:{port}", good, revoked)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait(timeout=20)
        log.close()
    said = (place / "log").read_text()
    assert "127.0.0.1" not in said and "Aliyev" not in said and "Traceback" not in said


def _founded(folder: Path, url: str) -> tuple[Certificate, Certificate]:
    at = now() - timedelta(hours=1)
    places = {
        "crl_url": f"{url}/crl/{{name}}.crl",
        "ocsp_url": f"{url}/ocsp/{{name}}",
        "issuer_url": f"{url}/certificates/{{name}}.cer",
    }
    with CertificateAuthority.create(
        folder, organization="Markaz", passphrase=PASSPHRASE, key="p-256", at=at, **places
    ) as made:
        officers = []
        for name in ("Vali", "Ali"):
            names = {"surname": "Aliyev", "given_name": name, "organization": "Agentlik"}
            subject = Subject.of(names, emails=(f"{name.lower()}@agency.exat.uz",))
            request = read(make_request(generate("p-256")))
            officers.append(made.issue("officer-sign", subject, at=at, request=request))
        made.revoke(officers[1].serial_number, at=at, reason="keyCompromise")
        made.publish_crls(at=now() - timedelta(minutes=1))
    return officers[0], officers[1]


@pytest.mark.parametrize("nonce", ["-nonce", "-no_nonce"])
@pytest.mark.parametrize("state", ["good", "revoked"])
def test_openssl_asks_and_believes(world: World, state: str, nonce: str) -> None:
    done = world.run(
        "openssl", "ocsp", "-issuer", "persons.pem", "-cert", f"{state}.pem", "-url", f"{world.url}/ocsp",
        "-CAfile", "root.pem", "-verify_other", "persons.pem", nonce,
    )  # fmt: skip
    said = told(done)
    assert "Response verify OK" in said and f"{state}.pem: {state}" in said and "WARNING" not in said
    assert ("Reason: keyCompromise" in said) is (state == "revoked")


@pytest.mark.parametrize("state", ["good", "revoked"])
def test_curl_asks_in_the_address_and_openssl_believes(world: World, state: str) -> None:
    certificate = world.good if state == "good" else world.revoked
    issuer = Certificate.load((world.folder / "persons.pem").read_bytes())
    question = OCSPRequest.about((certificate,), issuer).encode()
    text = quote(base64.b64encode(question).decode(), safe="")
    done = world.curl("--dump-header", "head", "--output", "answer.der", f"{world.url}/ocsp/persons/{text}")
    assert done.returncode == 0, told(done)
    head = (world.folder / "head").read_text().lower()
    assert "content-type: application/ocsp-response" in head and "cache-control: max-age=" in head
    said = told(
        world.run(
            "openssl", "ocsp", "-issuer", "persons.pem", "-cert", f"{state}.pem", "-respin", "answer.der",
            "-CAfile", "root.pem", "-verify_other", "persons.pem", "-no_nonce",
        )
    )  # fmt: skip
    assert f"{state}.pem: {state}" in said


@pytest.mark.parametrize("state", ["good", "revoked"])
def test_gnutls_asks_with_a_nonce_and_believes(world: World, state: str) -> None:
    done = world.run(
        "ocsptool", f"--ask={world.url}/ocsp", "--nonce", "--load-issuer", "persons.pem",
        "--load-cert", f"{state}.pem", "--load-trust", "persons.pem",
    )  # fmt: skip
    assert f"Certificate Status: {state}" in told(done), told(done)
    assert "Verifying OCSP Response: Success" in told(done)


def test_openssl_believes_a_time_stamp(world: World) -> None:
    (world.folder / "document").write_bytes(b"an agreement\n")
    world.run("openssl", "ts", "-query", "-data", "document", "-cert", "-sha256", "-out", "q.tsq")
    done = world.curl(
        "--header", "Content-Type: application/timestamp-query", "--data-binary", "@q.tsq",
        "--output", "answer.tsr", f"{world.url}/tsa",
    )  # fmt: skip
    assert done.returncode == 0, told(done)
    words = ("-in", "answer.tsr", "-CAfile", "root.pem", "-untrusted", "infra.pem")
    said = told(world.run("openssl", "ts", "-verify", *words, "-queryfile", "q.tsq"))
    assert "Verification: OK" in said, said


def test_openssl_believes_what_is_published(world: World) -> None:
    for path in ("crl/persons.crl", "certificates/persons.cer", "certificates/chain.p7c"):
        assert world.curl("--remote-name", f"{world.url}/{path}").returncode == 0
    said = told(world.run("openssl", "crl", "-inform", "DER", "-in", "persons.crl", "-CAfile", "persons.pem"))
    assert "verify OK" in said
    chain = world.run("openssl", "pkcs7", "-inform", "DER", "-in", "chain.p7c", "-print_certs")
    assert chain.stdout.count(b"BEGIN CERTIFICATE") == 3
    shown = world.run("openssl", "x509", "-inform", "DER", "-in", "persons.cer", "-noout", "-fingerprint")
    own = world.run("openssl", "x509", "-in", "persons.pem", "-noout", "-fingerprint")
    assert shown.stdout == own.stdout


def test_our_engine_fetches_what_it_misses(world: World) -> None:
    """From the certificate alone: issuer, answers and lists are found at the addresses that it names."""
    root = Certificate.load((world.folder / "root.pem").read_bytes())
    for certificate, wanted in ((world.good, None), (world.revoked, SubIndication.REVOKED)):
        fetcher = Fetcher(allow_private=True, resolve=lambda host, port: ("127.0.0.1",))
        report = validate_path(certificate, trust=Trust((root,)), fetch=fetcher)
        indication = Indication.PASSED if wanted is None else Indication.FAILED
        assert (report.indication, report.sub_indication) == (indication, wanted), fetcher.findings
        kinds = {found.need.kind for found in fetcher.outcomes if found.octets}
        assert {"certificate", "ocsp"} <= kinds or {"certificate", "crl"} <= kinds


def test_health_is_told(world: World) -> None:
    done = world.curl(f"{world.url}/health")
    assert done.stdout == b'{"schema":"exat.health/1","state":"ok","findings":[]}'
