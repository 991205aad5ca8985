"""What OpenSSL sees of the higher levels: it believes the tokens in them, and we take the stamps it makes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from esign import cades, signing
from esign.ca.request import Subject
from esign.cms import SignedData
from esign.keys import generate
from esign.material import Material
from esign.testing import TestPKI
from esign.tsp import MessageImprint, TimeStampToken, stamp
from esign.x509 import Certificate
from tests.peers import require, run

pytestmark = pytest.mark.peer
AT = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
DOCUMENT = b"an agreement\n"
CONFIG = """
[ tsa ]
default_tsa = here
[ here ]
serial = serial
signer_digest = sha256
default_policy = 2.999.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@pytest.fixture(scope="module")
def pki() -> TestPKI:
    return TestPKI(AT)


@pytest.fixture
def theirs(pki: TestPKI, tmp_path: Path) -> Callable[[bytes], bytes]:
    """A time-stamp authority that `openssl ts -reply` runs with a certificate of ours."""
    own = generate("rsa-3072")
    certificate = pki.issue("tsa", Subject.of({"organization": "T", "common_name": "TSA"}), key=own)
    plain = serialization.NoEncryption()
    key = own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    for name, octets in (
        ("tsa.pem", certificate.pem),
        ("tsa.key", key),
        ("infra.pem", pki.authority("infra").certificate.pem),
        ("ts.cnf", CONFIG.encode()),
        ("serial", b"01\n"),
    ):
        (tmp_path / name).write_bytes(octets)

    def answer(request: bytes) -> bytes:
        (tmp_path / "q.tsq").write_bytes(request)
        done = run(
            [
                *(require("openssl"), "ts", "-reply", "-config", "ts.cnf", "-queryfile", "q.tsq"),
                *("-signer", "tsa.pem", "-inkey", "tsa.key", "-chain", "infra.pem", "-out", "r.tsr"),
            ],
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr.decode()
        return (tmp_path / "r.tsr").read_bytes()

    return answer


def archived(pki: TestPKI, tsa: Callable[[bytes], bytes]) -> bytes:
    signed = signing.sign(DOCUMENT, pki.signer(), at=AT)
    now = datetime.now(UTC)
    found = Material.read(pki.crls_at(now))
    return signing.augment(signed, "B-LTA", tsa=tsa, at=now, trust=pki.trust, material=found)


def test_stamps_of_openssl_are_taken_for_every_level(pki: TestPKI, theirs: Callable[[bytes], bytes]) -> None:
    high = archived(pki, theirs)
    (info,) = SignedData.read(high).signer_infos
    tokens = (*cades.signature_time_stamps(info), *(a.token for a in cades.archive_time_stamps(info)))
    assert len(tokens) == 2
    assert stamp(MessageImprint.of(DOCUMENT), theirs).info.policy == "2.999.1"


def test_openssl_believes_the_tokens_that_we_put_in(pki: TestPKI, tmp_path: Path) -> None:
    high = archived(pki, pki.time_stamper())
    (info,) = SignedData.read(high).signer_infos
    (token,) = cades.signature_time_stamps(info)
    (archive,) = cades.archive_time_stamps(info)
    (tmp_path / "root.pem").write_bytes(pki.root.pem)
    for name, raw in (("signature", token), ("archive", archive.token)):
        read = TimeStampToken.read(raw)
        holder = read.signer()
        assert holder is not None
        (tmp_path / name).write_bytes(raw)
        (tmp_path / "above.pem").write_bytes(holder.pem + pki.authority("infra").certificate.pem)
        done = run(
            [
                *(require("openssl"), "ts", "-verify", "-token_in", "-in", name),
                *("-digest", read.info.imprint.value.hex()),
                *("-CAfile", "root.pem", "-untrusted", "above.pem"),
            ],
            cwd=tmp_path,
        )
        assert b"Verification: OK" in done.stdout + done.stderr, done.stderr.decode()


@pytest.mark.parametrize("attached", [True, False])
def test_openssl_verifies_every_level_and_every_signer(pki: TestPKI, tmp_path: Path, attached: bool) -> None:
    high = archived(pki, pki.time_stamper())
    second = signing.sign(DOCUMENT, pki.signer("Karimova K.", key="p-384"), at=AT)
    both = signing.countersign(signing.join([high, second]), pki.signer("Tosh T."), at=AT)
    signature = both if attached else signing.detach(both)[0]
    (tmp_path / "s.p7s").write_bytes(signature)
    (tmp_path / "root.pem").write_bytes(pki.root.pem)
    (tmp_path / "document").write_bytes(DOCUMENT)
    content = () if attached else ("-content", "document")
    done = run(
        [
            *(require("openssl"), "cms", "-verify", "-binary", "-inform", "DER", "-in", "s.p7s", *content),
            *("-CAfile", "root.pem", "-purpose", "any"),
        ],
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == DOCUMENT


def test_the_certificates_that_we_add_are_read_by_openssl(pki: TestPKI, tmp_path: Path) -> None:
    signer = pki.signer("Rano R.")
    signed = signing.sign(DOCUMENT, signer, at=AT)
    now = datetime.now(UTC).replace(microsecond=0)
    answer = pki.ocsp(Certificate.load(signer.certificate), at=now)
    high = signing.augment(
        signed,
        "B-LT",
        tsa=pki.time_stamper(),
        at=now,
        trust=pki.trust,
        material=Material.read((*pki.crls_at(now), answer)),
    )
    assert SignedData.read(high).ocsp == (answer,)
    (tmp_path / "s.p7s").write_bytes(high)
    command = (require("openssl"), "cms", "-cmsout", "-print", "-inform", "DER", "-in", "s.p7s")
    done = run(command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert b"otherRevInfoFormat" in done.stdout
