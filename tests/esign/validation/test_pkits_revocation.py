"""NIST PKITS, the sections about revocation: every case as expected, and why where it is not good."""

import email
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from esign.cms import SignedData
from esign.errors import EsignError
from esign.findings import Indication
from esign.material import Material
from esign.validation.path import validate_path
from esign.validation.report import PathReport
from esign.x509 import Certificate, Trust
from tests.peers import corpus

SECTIONS = {"4.4": 21, "4.5": 8, "4.7": 5, "4.14": 35, "4.15": 10}
AT = datetime(2022, 5, 1, tzinfo=UTC)

pytestmark = pytest.mark.corpora


@cache
def _material(folder: Path) -> Material:
    files = sorted([*folder.glob("certs/*.crt"), *folder.glob("crls/*.crl")])
    return Material.read(path.read_bytes() for path in files)


def _judged(folder: Path, entry: dict[str, Any]) -> PathReport | EsignError:
    message = email.message_from_bytes((folder / entry["file"]).read_bytes())
    part = next(p for p in message.walk() if "pkcs7-signature" in p.get_content_type())
    try:
        signed = SignedData.read(bytes(part.get_payload(decode=True)))
        certificates = [Certificate.load(c) for c in signed.certificates]
    except EsignError as e:
        return e
    known = _material(folder)
    return validate_path(
        next(c for c in certificates if signed.signer_infos[0].names(c)),
        pool=(*certificates, *known.certificates),
        trust=Trust.from_pem((folder / entry["trust"]).read_bytes()),
        crls=known.crls,
        at=AT,
    )


@pytest.mark.parametrize("section", SECTIONS)
def test_every_case_of_a_section_is_judged_as_expected(section: str) -> None:
    folder = corpus("pkits")
    entries = json.loads((folder / "index.json").read_text())["entries"]
    cases = [e for e in entries if e["test"].rsplit(".", 1)[0] == section]
    assert len(cases) == SECTIONS[section]
    wrong = []
    for entry in cases:
        found = _judged(folder, entry)
        passed = isinstance(found, PathReport) and found.indication is Indication.PASSED
        if passed is not (entry["expected"] == "valid"):
            wrong.append((entry["test"], entry["note"], found))
    assert not wrong


@pytest.mark.parametrize(
    ("test", "code"),
    [
        ("4.4.2", "certificate-revoked"),
        ("4.4.3", "certificate-revoked"),
        ("4.4.5", "revocation-undetermined"),
        ("4.4.8", "certificate-revoked"),
        ("4.4.10", "crl-extension-unknown"),
        ("4.4.11", "crl-stale"),
        ("4.4.21", "crl-issuer-path"),
        ("4.5.2", "certificate-revoked"),
        ("4.7.4", "crl-signer-usage"),
        ("4.14.3", "crl-scope"),
        ("4.14.11", "crl-scope"),
        ("4.14.17", "crl-partial-reasons"),
        ("4.14.27", "crl-scope"),
        ("4.14.30", "crl-issuer-path"),
        ("4.15.1", "crl-delta-only"),
        ("4.15.3", "certificate-revoked"),
        ("4.15.10", "crl-stale"),
    ],
)
def test_the_reason_is_the_one_that_the_case_was_made_for(test: str, code: str) -> None:
    folder = corpus("pkits")
    entries = json.loads((folder / "index.json").read_text())["entries"]
    found = _judged(folder, next(e for e in entries if e["test"] == test))
    assert isinstance(found, PathReport)
    assert code in [f.code for f in found.findings]
