"""The cases of x509-limbo that speak of RFC 5280: what must fail fails, but for those that are explained.

The suite speaks of TLS: what it asks of the peer's name, and of the number of authorities, is asked here
beside the path, which knows neither.
"""

import ipaddress

import pytest

from esign.findings import Severity
from esign.validation.policy import Policy
from esign.x509 import Certificate
from tests.esign.validation.suites import Case, limbo, passed

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


def _names_the_peer(certificate: Certificate, wanted: dict[str, str] | None) -> bool:
    """Whether `certificate` bears the name that a TLS client would ask for; a wildcard covers one label."""
    if wanted is None or wanted["kind"] not in ("DNS", "IP"):
        return True
    if wanted["kind"] == "IP":
        address = ipaddress.ip_address(wanted["value"]).packed
        return any(n.kind == "iPAddress" and n.octets == address for n in certificate.subject_alt_names)
    above = "*." + wanted["value"].partition(".")[2]
    return not {wanted["value"], above}.isdisjoint(certificate.dns_names)


def _accepted(case: Case) -> bool:
    report, depth = case.judge(Policy.default()), case.entry["max_chain_depth"]
    if report is None or not passed(report):
        return False
    authorities = sum(not c.is_self_issued for c in report.path[1:-1])
    too_deep = depth is not None and authorities > depth
    return not too_deep and _names_the_peer(report.path[0], case.entry["expected_peer_name"])


def test_every_case_is_right_or_explained() -> None:
    wrong = {case.name for case in limbo() if _accepted(case) is not case.valid}
    assert wrong <= EXPLAINED.keys()
    assert len(wrong) <= len(limbo()) * 5 // 100


def test_what_is_explained_is_accepted_with_a_warning_that_says_it() -> None:
    for case in limbo():
        if code := EXPLAINED.get(case.name):
            report = case.judge(Policy.default())
            assert report is not None
            assert code in {f.code for f in report.findings if f.severity is Severity.WARNING}
