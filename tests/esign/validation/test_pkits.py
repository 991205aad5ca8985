"""The suite of NIST for certification paths (PKITS): every case with its own policy inputs, none accepted by
mistake.

The suite is of 2010: SHA-1, RSA keys of 1024 bits and DSA count here.
"""

import email
import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes

import esign
from esign import algorithms
from esign.algorithms import SHA1, AlgorithmIdentifier, SignatureScheme
from esign.cms import SignedData, read_pem_or_der
from esign.errors import EsignError
from esign.findings import Indication
from esign.validation.path import validate_path
from esign.validation.policy import DigestRule, KeyRule, Policy
from esign.validation.policy_tree import ANY_POLICY, PolicyInputs
from esign.validation.report import PathReport
from esign.x509 import Certificate, CertificateList, Trust
from tests import peers

pytestmark = pytest.mark.corpora

AT = datetime(2015, 1, 1, tzinfo=UTC)
DSA_SHA1 = "1.2.840.10040.4.3"
# DSA keys whose parameters stand in the issuer's certificate are not read: docs/divergences.md.
INHERITED_PARAMETERS = {"4.1.5"}


def _lenient() -> Policy:
    policy = Policy.default()
    keys = (*policy.keys, KeyRule("rsa", 1024), KeyRule("DSAPublicKey"))
    return replace(policy, digests=(*policy.digests, DigestRule("sha1")), keys=keys)


def _dsa() -> SignatureScheme:
    """A row that no policy but the one of this test admits."""
    return SignatureScheme(
        "dsa-sha1",
        AlgorithmIdentifier(DSA_SHA1),
        "",
        SHA1,
        SHA1,
        lambda key, signature, message: key.verify(signature, message, hashes.SHA1()),  # noqa: S303
        lambda key, message: key.sign(message, hashes.SHA1()),  # noqa: S303
    )


@pytest.fixture(autouse=True)
def _old_algorithms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(algorithms.SIGNATURES, DSA_SHA1, _dsa())


def _loaded(kind: Any, pattern: str) -> tuple[Any, ...]:
    found = []
    for path in sorted(_folder().glob(pattern)):
        try:
            found.append(kind.load(path.read_bytes()))
        except EsignError:
            continue
    return tuple(found)


def _folder() -> Path:
    return peers.corpus("pkits")


@cache
def _entries() -> tuple[dict[str, Any], ...]:
    return tuple(json.loads((_folder() / "index.json").read_text("utf-8"))["entries"])


@cache
def _material() -> tuple[tuple[Certificate, ...], tuple[CertificateList, ...], Trust]:
    trust = Trust.from_pem((_folder() / _entries()[0]["trust"]).read_bytes())
    return _loaded(Certificate, "certs/*.crt"), _loaded(CertificateList, "crls/*.crl"), trust


def _target(message: bytes) -> Certificate:
    parts = email.message_from_bytes(message).walk()
    signature = next(p for p in parts if "pkcs7-signature" in p.get_content_type())
    signed = SignedData.read(read_pem_or_der(bytes(signature.get_payload(decode=True))))
    certificates = [Certificate.load(c) for c in signed.certificates]
    return next(c for c in certificates if signed.signer_infos[0].names(c))


def _judge(entry: dict[str, Any]) -> PathReport | None:
    """The verdict on the signer of a case; None when the case cannot be read."""
    pool, crls, trust = _material()
    try:
        target = _target((_folder() / entry["file"]).read_bytes())
    except EsignError:
        return None
    inputs = PolicyInputs.of(
        entry["initial_policies"],
        require_explicit=entry["explicit_policy"],
        inhibit_any=entry["inhibit_any"],
        inhibit_mapping=entry["inhibit_map"],
    )
    return validate_path(target, pool=pool, trust=trust, crls=crls, at=AT, policies=inputs, policy=_lenient())


def _passed(report: PathReport | None) -> bool:
    return report is not None and report.indication is Indication.PASSED


def test_no_case_is_accepted_by_mistake() -> None:
    assert len(_entries()) >= 246
    invalid = [entry for entry in _entries() if entry["expected"] == "invalid"]
    assert len(invalid) >= 135
    assert [entry["test"] for entry in invalid if _passed(_judge(entry))] == []


def test_no_good_case_is_refused() -> None:
    valid = [entry for entry in _entries() if entry["expected"] == "valid"]
    assert len(valid) >= 110
    assert {entry["test"] for entry in valid if not _passed(_judge(entry))} == INHERITED_PARAMETERS


def test_each_case_that_passes_names_its_policies() -> None:
    asked = [entry for entry in _entries() if "user_policies" in entry and entry["expected"] == "valid"]
    assert len(asked) >= 40
    for entry in asked:
        report = _judge(entry)
        assert report is not None
        listed = entry["user_policies"].replace("anyPolicy", ANY_POLICY).split(":")
        assert set(report.policies) == set(listed) - {"<empty>"}, entry["test"]


def _is_default(entry: dict[str, Any]) -> bool:
    asked = (entry["explicit_policy"], entry["inhibit_any"], entry["inhibit_map"])
    return not entry["initial_policies"] and not any(asked)


def test_the_messages_are_judged_as_their_signers_are() -> None:
    """The S/MIME messages of the suite, whole: a good one passes, and no other, by the same lists."""
    pool, crls, trust = _material()
    material = [*(c.raw for c in pool), *(crl.raw for crl in crls)]
    policy = _lenient().for_usage(None)
    wrong, judged = [], 0
    for entry in filter(_is_default, _entries()):
        message = (_folder() / entry["file"]).read_bytes()
        report = esign.verify(message, trust=trust, at=AT, material=material, policy=policy)
        judged += 1
        wanted = entry["expected"] == "valid" and entry["test"] not in INHERITED_PARAMETERS
        if wanted != (report.indication is Indication.TOTAL_PASSED):
            wrong.append((entry["test"], report.indication, report.sub_indication))
    assert judged >= 210
    assert wrong == []
