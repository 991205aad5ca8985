"""What independent programs and linters say about the certificates and lists that our authority makes.

`pkilint_allowed.toml` names the findings that we accept, each with its reason; another finding at WARNING or
above is a failure, and so is an allowance that nobody needs any more.
"""

import tomllib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from esign.ca.authority import public_key_info
from esign.ca.request import Subject, read
from esign.io.authority import CertificateAuthority
from esign.keys import generate
from esign.x509 import Certificate, CertificateList
from tests.esign.ca.requests import make_request
from tests.peers import require, run

NOW = datetime.now(UTC).replace(microsecond=0)
BORN = NOW - timedelta(days=2)
ISSUED = NOW - timedelta(days=1)
ALLOWED = Path(__file__).parent / "pkilint_allowed.toml"
SMIME = {
    "agency-seal": "ORGANIZATION-MULTIPURPOSE",
    "officer-sign": "SPONSORED-MULTIPURPOSE",
    "officer-encrypt-ec": "SPONSORED-STRICT",
    "officer-encrypt-rsa": "SPONSORED-STRICT",
    "mailbox-encrypt": "ORGANIZATION-STRICT",
}
ETSI = {"document-sign": "NCP-NATURAL-PERSON-CERTIFICATE"}
AUTHORITIES = ("root", "persons", "infra")
HOLDERS = (*SMIME, *ETSI, "relay-tls")

pytestmark = pytest.mark.peer


class World:
    """An authority in a folder that has issued one certificate of each profile, and revoked one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "ca"
        self.ca = CertificateAuthority.create(
            self.folder,
            organization="Markaz",
            passphrase="a passphrase",
            at=BORN,
            crl_url="http://pki.exat.uz/{name}.crl",
            issuer_url="http://pki.exat.uz/{name}.cer",
        )
        self.keys: dict[str, Any] = {}
        self.certificates = {name: self._issue(name) for name in HOLDERS}
        self.revoked = self._issue("officer-sign")
        self.ca.revoke(self.revoked.serial_number, at=ISSUED, reason="keyCompromise")
        self.crls = self.ca.publish_crls(at=ISSUED)
        for name in AUTHORITIES:
            self.certificates[name] = self.ca.authority(name).certificate

    def _issue(self, profile: str) -> Certificate:
        key = generate("rsa-3072" if profile == "officer-encrypt-rsa" else "p-256")
        self.keys[profile] = key
        attributes = {"surname": "Aliyev", "given_name": "Vali", "title": "Bosh mutaxassis"}
        emails: tuple[str, ...] = ("v.aliyev@agency.exat.uz",)
        hosts: tuple[str, ...] = ()
        if profile in ("agency-seal", "mailbox-encrypt"):
            attributes = {"organization": "Agentlik", "stir": "301234567"}
        elif profile == "relay-tls":
            attributes, emails, hosts = {"organization": "Agentlik"}, (), ("mx.agency.exat.uz",)
        elif profile == "document-sign":
            attributes, emails = {**attributes, "pinfl": "31201901234563", "organization": "MChJ"}, ()
            attributes |= {"stir": "301234567", "user_id": "401234567"}
        else:
            attributes |= {"organization": "Agentlik", "pinfl": "31201901234563"}
        subject = Subject.of(attributes, emails=emails, dns_names=hosts)
        return self.ca.issue(profile, subject, at=ISSUED, request=read(make_request(key)))

    def file(self, name: str, certificate: Certificate) -> Path:
        """The certificate as a PEM file."""
        path = self.folder.parent / f"{name}.pem"
        path.write_bytes(certificate.pem)
        return path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("judges"))
    yield made
    made.ca.close()


def issuer_of(profile: str) -> str:
    return "infra" if profile == "relay-tls" else "persons"


# --- openssl ---


def openssl_verify(world: World, certificate: Certificate, *options: str) -> tuple[int, str]:
    crls = world.folder / "crls.pem"
    crls.write_bytes(
        b"".join(
            run([require("openssl"), "crl", "-inform", "DER"], input=crl.raw).stdout
            for crl in world.crls.values()
        )
    )
    answer = run(
        [
            *(require("openssl"), "verify", "-x509_strict", "-crl_check_all", "-CRLfile", crls, *options),
            *("-CAfile", world.folder / "root.pem", "-untrusted", world.folder / "chain.pem"),
            world.file("judged", certificate),
        ]
    )
    return answer.returncode, (answer.stdout + answer.stderr).decode()


@pytest.mark.parametrize("profile", HOLDERS)
def test_openssl_verifies_each_profile_strictly_with_its_lists(world: World, profile: str) -> None:
    purposes = {"relay-tls": "sslserver", "officer-sign": "smimesign", "agency-seal": "smimesign"}
    purposes |= {"officer-encrypt-rsa": "smimeencrypt"}
    options = ["-purpose", purposes[profile]] if profile in purposes else []
    status, said = openssl_verify(world, world.certificates[profile], *options)
    assert status == 0, said


def test_openssl_refuses_the_revoked_one_with_the_reason(world: World) -> None:
    status, said = openssl_verify(world, world.revoked)
    assert status != 0 and "certificate revoked" in said
    text = run(
        [require("openssl"), "crl", "-inform", "DER", "-text", "-noout"], input=world.crls["persons"].raw
    )
    assert b"Key Compromise" in text.stdout
    assert f"{world.revoked.serial_number:040X}".encode() in text.stdout


def test_openssl_refuses_a_signature_certificate_for_encryption(world: World) -> None:
    status, said = openssl_verify(world, world.certificates["officer-sign"], "-purpose", "smimeencrypt")
    assert status != 0, said


# --- GnuTLS ---


@pytest.mark.parametrize("profile", HOLDERS)
def test_certtool_verifies_each_profile_with_its_list(world: World, profile: str) -> None:
    assert certtool(world, profile, world.certificates[profile]) == 0


def test_certtool_refuses_the_revoked_one(world: World) -> None:
    assert certtool(world, "officer-sign", world.revoked) != 0


def certtool(world: World, profile: str, certificate: Certificate) -> int:
    chain = world.folder.parent / "certtool.pem"
    issuer = world.certificates[issuer_of(profile)]
    chain.write_bytes(certificate.pem + issuer.pem + world.ca.root.pem)
    lists = world.folder.parent / "certtool-crl.pem"
    der = [world.crls[issuer_of(profile)], world.crls["root"]]
    lists.write_bytes(
        b"".join(run([require("openssl"), "crl", "-inform", "DER"], input=c.raw).stdout for c in der)
    )
    program = require("certtool")
    anchors = world.folder / "root.pem"
    answer = run(
        [program, "--verify", "--load-ca-certificate", anchors, "--load-crl", lists, "--infile", chain]
    )
    return answer.returncode


# --- NSS ---

USAGES = {  # S signs mail, R receives encrypted mail, V serves TLS, C calls as TLS client
    ("officer-sign", "S"): True,
    ("agency-seal", "S"): True,
    ("officer-encrypt-ec", "S"): False,
    ("officer-encrypt-ec", "R"): True,
    ("officer-encrypt-rsa", "S"): False,
    ("officer-encrypt-rsa", "R"): True,
    ("mailbox-encrypt", "R"): True,
    ("relay-tls", "V"): True,
    ("relay-tls", "C"): True,
    ("relay-tls", "S"): False,
}


@pytest.fixture(scope="module")
def nss(world: World) -> Path:
    folder = world.folder.parent / "nss"
    folder.mkdir()
    certutil = require("certutil")
    assert run([certutil, "-N", "-d", folder, "--empty-password"]).returncode == 0
    trusts = {"root": "CT,CT,CT"}
    for name, certificate in world.certificates.items():
        file = world.file(name, certificate)
        added = run([certutil, "-A", "-d", folder, "-n", name, "-t", trusts.get(name, ",,"), "-i", file])
        assert added.returncode == 0, added.stderr
    return folder


@pytest.mark.parametrize(("profile", "usage"), USAGES)
def test_nss_gives_each_certificate_its_usage(nss: Path, profile: str, usage: str) -> None:
    answer = run([require("certutil"), "-V", "-d", nss, "-n", profile, "-u", usage])
    assert (answer.returncode == 0) is USAGES[profile, usage], answer.stdout + answer.stderr


# --- PKCS#12 ---


@pytest.mark.parametrize("compatible", [False, True])
def test_delivered_keys_are_read_by_four_readers(world: World, tmp_path: Path, compatible: bool) -> None:
    subject = Subject.of({"organization": "Agentlik"}, emails=("devon@agency.exat.uz",))
    delivery = world.ca.deliver("mailbox-encrypt", subject, at=ISSUED, compatible=compatible)
    file, secret = tmp_path / "key.p12", delivery.passphrase
    file.write_bytes(delivery.pkcs12)
    legacy = ["-legacy"] if compatible else []
    by_openssl = ["openssl", "pkcs12", "-in", file, "-passin", f"pass:{secret}", "-nodes", *legacy]
    by_gnutls = ["certtool", "--p12-info", "--inder", "--infile", file, f"--password={secret}"]
    by_nss = ["pk12util", "-l", file, "-W", secret]
    by_java = ["keytool", "-list", "-storetype", "PKCS12", "-keystore", file, "-storepass", secret]
    for program, *arguments in (by_openssl, by_gnutls, by_nss, by_java):
        answer = run([require(str(program)), *arguments])
        assert answer.returncode == 0, (program, answer.stdout + answer.stderr)


# --- pkilint ---


@cache
def allowed() -> dict[str, dict[str, str]]:
    return tomllib.loads(ALLOWED.read_text("utf-8"))


def findings(validator: Any, document: Any) -> set[str]:
    """The codes of findings at WARNING or above."""
    from pkilint.validation import ValidationFindingSeverity

    least = ValidationFindingSeverity.WARNING
    return {
        described.finding.code
        for result in validator.validate(document.root)
        for described in result.finding_descriptions
        if described.finding.severity <= least
    }


def document_of(certificate: Certificate) -> Any:
    from pkilint import loader

    return loader.RFC5280CertificateDocumentLoader().load_der_document(certificate.raw, "judged")


def judge(name: str, found: Iterable[str]) -> None:
    reasons = allowed().get(name, {})
    assert set(found) == set(reasons), name


@pytest.mark.parametrize("profile", SMIME)
def test_pkilint_passes_mail_certificates_by_the_baseline_requirements(world: World, profile: str) -> None:
    pytest.importorskip("pkilint")
    from pkilint.cabf import smime
    from pkilint.cabf.smime import smime_constants
    from pkilint.pkix import certificate

    level, _, generation = SMIME[profile].partition("-")
    validator = certificate.create_pkix_certificate_validator_container(
        smime.create_decoding_validators(),
        smime.create_subscriber_validators(
            smime_constants.ValidationLevel[level], smime_constants.Generation[generation]
        ),
    )
    judge(profile, findings(validator, document_of(world.certificates[profile])))


@pytest.mark.parametrize("profile", ETSI)
def test_pkilint_passes_document_certificates_by_etsi(world: World, profile: str) -> None:
    pytest.importorskip("pkilint")
    from pkilint import etsi
    from pkilint.etsi import etsi_constants
    from pkilint.pkix import certificate

    kind = etsi_constants.CertificateType[ETSI[profile].replace("-", "_")]
    validator = certificate.create_pkix_certificate_validator_container(
        etsi.create_decoding_validators(kind),
        etsi.create_validators(kind),
    )
    judge(profile, findings(validator, document_of(world.certificates[profile])))


@pytest.mark.parametrize("name", [*AUTHORITIES, "relay-tls"])
def test_pkilint_passes_authorities_and_nodes_by_pkix(world: World, name: str) -> None:
    pytest.importorskip("pkilint")
    from pkilint.pkix import certificate, extension
    from pkilint.pkix import name as names

    validator = certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(names.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )
    judge(name, findings(validator, document_of(world.certificates[name])))


@pytest.mark.parametrize("name", AUTHORITIES)
def test_pkilint_passes_lists_by_pkix(world: World, name: str) -> None:
    pytest.importorskip("pkilint")
    from pkilint import loader, pkix
    from pkilint.pkix import crl, extension
    from pkilint.pkix import name as names

    validator = crl.create_pkix_crl_validator_container(
        [
            pkix.create_attribute_decoder(names.ATTRIBUTE_TYPE_MAPPINGS),
            pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
        ],
        [
            crl.create_issuer_validator_container([]),
            crl.create_validity_validator_container([]),
            crl.create_extensions_validator_container([]),
        ],
    )
    made: CertificateList = world.crls[name]
    document = loader.RFC5280CertificateListDocumentLoader().load_der_document(made.raw, "judged")
    judge(f"{name}-crl", findings(validator, document))


@pytest.mark.parametrize("name", ["persons", "infra", *HOLDERS])
def test_pkilint_finds_each_certificate_in_its_place(
    world: World, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pkilint")
    from pkilint.bin.lint_pkix_signer_signee_cert_chain import main

    above = "root" if name in AUTHORITIES else issuer_of(name)
    files = [str(world.file(n, world.certificates[n])) for n in (above, name)]
    assert main(["lint", "-s", "WARNING", *files]) == 0, capsys.readouterr().out


def test_each_allowance_belongs_to_something_that_is_judged() -> None:
    judged = {*SMIME, *ETSI, *AUTHORITIES, "relay-tls", *(f"{name}-crl" for name in AUTHORITIES)}
    assert set(allowed()) <= judged
    assert all(reason.strip() for reasons in allowed().values() for reason in reasons.values())


def test_pkilint_sees_a_fault_when_there_is_one(world: World) -> None:
    """The judge is awake: a mail certificate judged as another kind has findings."""
    pytest.importorskip("pkilint")
    from pkilint.cabf import smime
    from pkilint.cabf.smime import smime_constants
    from pkilint.pkix import certificate

    validator = certificate.create_pkix_certificate_validator_container(
        smime.create_decoding_validators(),
        smime.create_subscriber_validators(
            smime_constants.ValidationLevel.MAILBOX, smime_constants.Generation.STRICT
        ),
    )
    assert findings(validator, document_of(world.certificates["officer-sign"]))


def test_the_key_of_each_certificate_is_the_one_that_was_asked_for(world: World) -> None:
    certificate = world.certificates["relay-tls"]
    assert certificate.public_key_info == public_key_info(world.keys["relay-tls"].public_key())
