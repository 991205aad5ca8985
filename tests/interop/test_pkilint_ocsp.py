"""pkilint judges our answers about revocation, and the certificates of those who answer and who stamp."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from esign.ca.request import Subject, read
from esign.ca.responder import Responder, Source
from esign.io.authority import CertificateAuthority
from esign.keys import Signer, SoftwareKey, generate
from esign.ocsp import OCSPRequest
from esign.x509 import Certificate
from tests.esign.ca.requests import make_request

pytestmark = pytest.mark.peer
pytest.importorskip("pkilint")
NOW = datetime.now(UTC).replace(microsecond=0)
BORN = NOW - timedelta(days=2)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CertificateAuthority]:
    made = CertificateAuthority.create(
        tmp_path_factory.mktemp("ocsp") / "ca",
        organization="Markaz",
        passphrase="a passphrase",
        at=BORN,
        crl_url="http://pki.exat.uz/{name}.crl",
        issuer_url="http://pki.exat.uz/{name}.cer",
    )
    yield made
    made.close()


def issued(ca: CertificateAuthority, profile: str, issuer: str) -> tuple[SoftwareKey, Certificate]:
    key = generate("p-256")
    subject = Subject.of({"organization": "Markaz", "common_name": f"Markaz {profile}"})
    request = read(make_request(key))
    return SoftwareKey(key), ca.issue(profile, subject, at=NOW, request=request, issuer=issuer)


def lint_is_silent(main: object, folder: Path, name: str, octets: bytes, output: object) -> None:
    file = folder / name
    file.write_bytes(octets)
    status = main(["lint", "-s", "NOTICE", str(file)])  # type: ignore[operator]
    assert status == 0, output.readouterr().out  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("profile", "issuer"), [("ocsp", "root"), ("ocsp", "persons"), ("ocsp", "infra"), ("tsa", "infra")]
)
def test_pkilint_passes_the_certificates(
    authority: CertificateAuthority,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    profile: str,
    issuer: str,
) -> None:
    from pkilint.bin.lint_pkix_cert import main

    _, certificate = issued(authority, profile, issuer)
    assert certificate.issuer == authority.authority(issuer).certificate.subject
    lint_is_silent(main, tmp_path, "certificate.pem", certificate.pem, capsys)


@pytest.mark.parametrize("state", ["good", "revoked", "unknown"])
def test_pkilint_passes_the_answers(
    authority: CertificateAuthority, tmp_path: Path, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    from pkilint.bin.lint_ocsp_response import main

    persons, (key, own) = authority.authority("persons"), issued(authority, "ocsp", "persons")
    if state == "revoked":
        authority.revoke(own.serial_number, at=NOW, reason="superseded")
    asked = authority.authority("root").certificate if state == "unknown" else own
    (named,) = OCSPRequest.about((own,), persons.certificate, nonce=b"n" * 32).certificates
    if state == "unknown":
        named = type(named)(
            named.digest_algorithm, named.issuer_name_hash, named.issuer_key_hash, asked.serial_number
        )
    responder = Responder(Signer(key, own.raw), Source(persons.certificate, persons.register, NOW))
    answer = responder.answer(OCSPRequest((named,), b"n" * 32).encode(), at=NOW)
    lint_is_silent(main, tmp_path, "answer.der", answer, capsys)
