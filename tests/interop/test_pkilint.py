"""What pkilint says about the certificates and lists that our authority makes.

`pkilint_allowed.toml` names the findings that we accept, each with its reason; another finding at WARNING or
above is a failure, and so is an allowance that nobody needs any more.
"""

import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from esign.x509 import Certificate, CertificateList
from tests.interop.issued import AUTHORITIES, HOLDERS, Issued

ALLOWED = Path(__file__).parent / "pkilint_allowed.toml"
SPONSORED = ("officer-sign", "officer-sign-rsa", "officer-sign-cyrillic", "officer-sign-ml-dsa")
SMIME = {
    "agency-seal-mail": "ORGANIZATION-MULTIPURPOSE",
    **dict.fromkeys(SPONSORED, "SPONSORED-MULTIPURPOSE"),
    "officer-encrypt-ec": "SPONSORED-STRICT",
    "officer-encrypt-rsa": "SPONSORED-STRICT",
    "officer-encrypt-ml-kem": "SPONSORED-STRICT",
    "mailbox-encrypt": "ORGANIZATION-STRICT",
    "gateway-domain-encrypt": "ORGANIZATION-STRICT",
    "gateway-domain-encrypt-ml-kem": "ORGANIZATION-STRICT",
    "gateway-domain-sign": "ORGANIZATION-STRICT",
}
ETSI = {
    "agency-seal": "NCP_LEGAL_PERSON_CERTIFICATE",
    "citizen-sign": "NCP_NATURAL_PERSON_CERTIFICATE",
    "business-sign": "NCP_NATURAL_PERSON_CERTIFICATE",
}
PKIX = (*AUTHORITIES, "relay-tls", "tsa", "ocsp", "ra-operator")

pytestmark = pytest.mark.peer
pytest.importorskip("pkilint")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issued]:
    made = Issued(tmp_path_factory.mktemp("pkilint"))
    yield made
    made.ca.close()


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


def smime_validator(kind: str) -> Any:
    from pkilint.cabf import smime
    from pkilint.cabf.smime import smime_constants
    from pkilint.pkix import certificate

    level, _, generation = kind.partition("-")
    return certificate.create_pkix_certificate_validator_container(
        smime.create_decoding_validators(),
        smime.create_subscriber_validators(
            smime_constants.ValidationLevel[level], smime_constants.Generation[generation]
        ),
    )


def etsi_validator(kind: str) -> Any:
    from pkilint import etsi
    from pkilint.etsi import etsi_constants
    from pkilint.pkix import certificate

    chosen = etsi_constants.CertificateType[kind]
    return certificate.create_pkix_certificate_validator_container(
        etsi.create_decoding_validators(chosen), etsi.create_validators(chosen)
    )


def pkix_validator() -> Any:
    from pkilint.pkix import certificate, extension
    from pkilint.pkix import name as names

    return certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(names.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )


@pytest.mark.parametrize("name", SMIME)
def test_mail_certificates_keep_the_baseline_requirements(world: Issued, name: str) -> None:
    judge(name, findings(smime_validator(SMIME[name]), document_of(world.certificates[name])))


@pytest.mark.parametrize("name", ETSI)
def test_document_certificates_keep_the_european_norms(world: Issued, name: str) -> None:
    judge(name, findings(etsi_validator(ETSI[name]), document_of(world.certificates[name])))


@pytest.mark.parametrize("name", PKIX)
def test_authorities_nodes_and_services_keep_the_profile_of_the_internet(world: Issued, name: str) -> None:
    judge(name, findings(pkix_validator(), document_of(world.certificates[name])))


def test_the_certificate_of_a_node_keeps_the_baseline_requirements_of_servers(world: Issued) -> None:
    from pkilint.cabf import serverauth
    from pkilint.cabf.serverauth import serverauth_constants
    from pkilint.pkix import certificate

    kind = serverauth_constants.CertificateType.OV_FINAL_CERTIFICATE
    validator = certificate.create_pkix_certificate_validator_container(
        serverauth.create_decoding_validators(), serverauth.create_validators(kind)
    )
    judge("relay-tls-as-server", findings(validator, document_of(world.certificates["relay-tls"])))


@pytest.mark.parametrize("name", AUTHORITIES)
def test_lists_keep_the_profile_of_the_internet(world: Issued, name: str) -> None:
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
def test_each_certificate_stands_in_its_place(
    world: Issued, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from pkilint.bin.lint_pkix_signer_signee_cert_chain import main

    above = "root" if name in AUTHORITIES else HOLDERS[name].issuer
    files = [str(world.file(n, world.certificates[n])) for n in (above, name)]
    assert main(["lint", "-s", "WARNING", *files]) == 0, capsys.readouterr().out


def test_each_profile_is_judged() -> None:
    assert {*SMIME, *ETSI, *PKIX} == {*HOLDERS, *AUTHORITIES}


def test_each_allowance_belongs_to_something_that_is_judged() -> None:
    judged = {*SMIME, *ETSI, *PKIX, "relay-tls-as-server", *(f"{name}-crl" for name in AUTHORITIES)}
    assert set(allowed()) <= judged
    assert all(reason.strip() for reasons in allowed().values() for reason in reasons.values())


@pytest.mark.parametrize(
    ("name", "validator"),
    [
        ("officer-sign", lambda: smime_validator("MAILBOX-STRICT")),
        ("officer-sign", lambda: smime_validator("SPONSORED-STRICT")),
        ("citizen-sign", lambda: smime_validator("SPONSORED-STRICT")),
        ("agency-seal", lambda: etsi_validator("NCP_NATURAL_PERSON_CERTIFICATE")),
        ("citizen-sign", lambda: etsi_validator("NCP_LEGAL_PERSON_CERTIFICATE")),
    ],
    ids=["mailbox", "strict", "mail", "person", "organisation"],
)
def test_the_judges_are_awake(world: Issued, name: str, validator: Any) -> None:
    """A certificate judged as another kind has findings."""
    assert findings(validator(), document_of(world.certificates[name]))
