"""The report as TS 119 102-2 XML: elements in the order of the schema, references that lead somewhere."""

from dataclasses import replace
from functools import cache
from xml.etree import ElementTree

import pytest

from esign import sign
from esign.findings import Finding, Indication, SubIndication
from esign.material import Material
from esign.testing import TestPKI
from esign.validation.etsi import NAMESPACE, report_xml
from esign.validation.report import Report, TimeStampReport
from esign.validation.signature import verify

VR = f"{{{NAMESPACE}}}"
# The sequences of the schema, as far as we write them.
REPORT_ORDER = (
    "SignatureIdentifier",
    "ValidationTimeInfo",
    "SignatureAttributes",
    "SignerInformation",
    "SignatureValidationProcess",
    "SignatureValidationStatus",
)
DATA_ORDER = (
    "CertificateChain",
    "RevocationStatusInformation",
    "CryptoInformation",
    "AdditionalValidationReportData",
)


@cache
def pki() -> TestPKI:
    return TestPKI()


@cache
def passed() -> Report:
    signature = sign(b"a document", pki().signer("Aliyev A."), at=pki().at)
    return verify(signature, trust=pki().trust, at=pki().at, material=Material.read(pki().crls))


def parsed(report: Report) -> ElementTree.Element:
    return ElementTree.fromstring(report_xml(report))  # noqa: S314 - our own


def texts(root: ElementTree.Element, name: str) -> list[str]:
    return [element.text or "" for element in root.iter(VR + name)]


def children(element: ElementTree.Element) -> list[str]:
    return [child.tag.removeprefix(VR) for child in element]


def in_order(found: list[str], order: tuple[str, ...]) -> bool:
    return found == sorted(found, key=order.index)


def test_a_good_signature_is_total_passed() -> None:
    root = parsed(passed())
    assert root.tag == f"{VR}ValidationReport"
    assert texts(root, "MainIndication")[0] == "urn:etsi:019102:mainindication:total-passed"
    assert texts(root, "SubIndication") == []
    assert texts(root, "Signer") == ["Aliyev A."]
    assert texts(root, "SignatureValidationProcessID") == ["urn:etsi:019102:validationprocess:Basic"]
    assert texts(root, "Algorithm") == ["http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"]
    assert texts(root, "SecureAlgorithm") == ["true"]


def test_the_elements_stand_in_the_order_of_the_schema() -> None:
    root = parsed(passed())
    (report,) = root.findall(f"{VR}SignatureValidationReport")
    assert in_order(children(report), REPORT_ORDER)
    assert children(root) == ["SignatureValidationReport", "SignatureValidationObjects"]
    for data in root.iter(f"{VR}AssociatedValidationReportData"):
        assert in_order(children(data), DATA_ORDER)
    for one in root.iter(f"{VR}ValidationObject"):
        assert children(one)[:2] == ["ObjectType", "ValidationObjectRepresentation"]


def test_every_reference_leads_to_an_object() -> None:
    root = parsed(passed())
    identifiers = [e.get("id") for e in root.iter(f"{VR}ValidationObject")]
    assert len(identifiers) == len(set(identifiers)) == 3
    references = {e.get("VOReference") for e in root.iter() if e.get("VOReference")}
    assert references <= set(identifiers)
    chain = next(root.iter(f"{VR}CertificateChain"))
    assert children(chain) == ["SigningCertificate", "IntermediateCertificate", "TrustAnchor"]


@pytest.mark.parametrize(
    ("indication", "sub_indication"),
    [
        (Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE),
        (Indication.INDETERMINATE, SubIndication.REVOKED_NO_POE),
    ],
)
def test_other_verdicts_bear_their_sub_indication(
    indication: Indication, sub_indication: SubIndication
) -> None:
    (one,) = passed().signatures
    changed = replace(one, indication=indication, sub_indication=sub_indication)
    root = parsed(replace(passed(), signatures=(changed,)))
    assert texts(root, "MainIndication")[0].endswith(f":{indication.value.lower()}")
    assert texts(root, "SubIndication") == [f"urn:etsi:019102:subindication:{sub_indication.value}"]


def test_countersignatures_are_reports_of_their_own() -> None:
    (one,) = passed().signatures
    root = parsed(replace(passed(), signatures=(replace(one, countersignatures=(one, one)),)))
    identifiers = [e.get("id") for e in root.iter(f"{VR}SignatureIdentifier")]
    assert identifiers == ["S-1", "S-2", "S-3"]


def test_time_stamps_are_objects_with_reports_of_their_own() -> None:
    (one,) = passed().signatures
    stamp = TimeStampReport(
        "signature", Indication.PASSED, None, at=pki().at, path=one.path, digest="ab" * 32
    )
    root = parsed(replace(passed(), signatures=(replace(one, timestamps=(stamp,), level="B-T"),)))
    (told,) = root.iter(f"{VR}SignatureTimeStamp")
    assert told.get("Signed") == "false"
    (reference,) = told.iter(f"{VR}AttributeObject")
    (found,) = [e for e in root.iter(f"{VR}ValidationObject") if e.get("id") == reference.get("VOReference")]
    assert texts(found, "ObjectType") == ["urn:etsi:019102:validationObject:timestamp"]
    assert texts(found, "MainIndication") == ["urn:etsi:019102:mainindication:passed"]
    assert texts(root, "SignatureValidationProcessID") == ["urn:etsi:019102:validationprocess:LTVM"]


def test_a_report_without_signature_says_why() -> None:
    report = verify(b"no signature", trust=pki().trust, at=pki().at)
    root = parsed(report)
    assert texts(root, "SubIndication") == ["urn:etsi:019102:subindication:FORMAT_FAILURE"]
    assert texts(root, "Type") == ["urn:exat:finding:error:malformed-input"]


def test_hostile_text_stays_text() -> None:
    hostile = Finding.error("malformed-input", where="<a>\x00\x0b\ud800&]]>", found="\ufffe\uffff<!DOCTYPE")
    root = parsed(replace(passed(), signatures=(), findings=(hostile,)))
    (value,) = texts(root, "Value")
    assert value.startswith("<a>\ufffd\ufffd\ufffd&]]>: ")
    assert "\x00" not in value
