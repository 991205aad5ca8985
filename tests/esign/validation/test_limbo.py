"""The cases of x509-limbo that speak of RFC 5280: what must fail fails, but for those that are explained.

The suite speaks of TLS: what it asks of the peer's name, and of the number of authorities, is asked here
beside the path, which knows neither.
"""

import ipaddress
import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from esign.errors import EsignError
from esign.findings import Indication, Severity
from esign.validation.path import validate_path
from esign.validation.policy import Revocation
from esign.validation.report import PathReport
from esign.x509 import Certificate, CertificateList, Trust
from tests import peers

pytestmark = pytest.mark.corpora

# Accepted with a warning, and why: docs/divergences.md.
EXPLAINED = {
    "rfc5280::aki::cross-signed-root-missing-aki": "authority-key-identifier-missing",
    "rfc5280::aki::intermediate-missing-aki": "authority-key-identifier-missing",
    "rfc5280::aki::leaf-missing-aki": "authority-key-identifier-missing",
    "rfc5280::ski::intermediate-missing-ski": "subject-key-identifier-missing",
    "rfc5280::ski::root-missing-ski": "subject-key-identifier-missing",
    "rfc5280::pc::ica-noncritical-pc": "extension-not-critical",
}
OF_TLS = ("webpki::", "online::", "bettertls::")
USAGES = {"CLIENT": "tls-client", "SERVER": "tls-server"}


@cache
def _cases() -> tuple[dict[str, Any], ...]:
    found = json.loads((peers.corpus("limbo") / "limbo.json").read_text("utf-8"))["testcases"]
    return tuple(case for case in found if not case["id"].startswith(OF_TLS))


def _read(kind: Any, blocks: list[str]) -> list[Any]:
    return [kind.load(block.encode()) for block in blocks]


def _judge(case: dict[str, Any]) -> PathReport | None:
    """The verdict on the peer's certificate; None when something cannot be read, which refuses the case."""
    at = case["validation_time"]
    try:
        return validate_path(
            Certificate.load(case["peer_certificate"].encode()),
            pool=_read(Certificate, case["untrusted_intermediates"]),
            trust=Trust(tuple(_read(Certificate, case["trusted_certs"]))),
            crls=_read(CertificateList, case.get("crls", [])),
            at=datetime.fromisoformat(at) if at else datetime(2024, 6, 1, tzinfo=UTC),
            usage=USAGES[case["validation_kind"]] if case["extended_key_usage"] else None,
            revocation=Revocation.UNSAFE_IF_SUPPLIED,
        )
    except EsignError:
        return None


def _names_the_peer(certificate: Certificate, wanted: dict[str, str] | None) -> bool:
    """Whether `certificate` bears the name that a TLS client would ask for; a wildcard covers one label."""
    if wanted is None or wanted["kind"] not in ("DNS", "IP"):
        return True
    if wanted["kind"] == "IP":
        address = ipaddress.ip_address(wanted["value"]).packed
        return any(n.kind == "iPAddress" and n.octets == address for n in certificate.subject_alt_names)
    above = "*." + wanted["value"].partition(".")[2]
    return not {wanted["value"], above}.isdisjoint(certificate.dns_names)


def _accepted(case: dict[str, Any]) -> bool:
    report, depth = _judge(case), case["max_chain_depth"]
    if report is None or report.indication is not Indication.PASSED:
        return False
    authorities = sum(not c.is_self_issued for c in report.path[1:-1])
    too_deep = depth is not None and authorities > depth
    return not too_deep and _names_the_peer(report.path[0], case["expected_peer_name"])


def test_every_case_is_right_or_explained() -> None:
    wrong = {case["id"] for case in _cases() if _accepted(case) != (case["expected_result"] == "SUCCESS")}
    assert wrong <= EXPLAINED.keys()
    assert len(wrong) <= len(_cases()) * 5 // 100


def test_what_is_explained_is_accepted_with_a_warning_that_says_it() -> None:
    for case in _cases():
        if code := EXPLAINED.get(case["id"]):
            report = _judge(case)
            assert report is not None
            assert code in {f.code for f in report.findings if f.severity is Severity.WARNING}
