"""The suite of NIST for certification paths (PKITS): every case with its own policy inputs, none accepted by
mistake.

The suite is of 2010: SHA-1, RSA keys of 1024 bits and DSA count here.
"""

import pytest

from esign import algorithms
from esign.validation.policy import Policy
from esign.validation.policy_tree import ANY_POLICY
from esign.validation.report import PathReport
from tests.esign.validation.suites import DSA_SHA1, Case, dsa, lenient, passed, pkits

pytestmark = pytest.mark.corpora

# DSA keys whose parameters stand in the issuer's certificate are not read: docs/divergences.md.
INHERITED_PARAMETERS = {"4.1.5"}


@pytest.fixture(autouse=True)
def _old_algorithms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(algorithms.SIGNATURES, DSA_SHA1, dsa())


def _judge(case: Case) -> PathReport | None:
    return case.judge(lenient(Policy.default()))


def test_no_case_is_accepted_by_mistake() -> None:
    invalid = [case for case in pkits() if not case.valid]
    assert len(invalid) >= 135
    assert [case.name for case in invalid if passed(_judge(case))] == []


def test_no_good_case_is_refused() -> None:
    valid = [case for case in pkits() if case.valid]
    assert len(valid) >= 110
    assert {case.name for case in valid if not passed(_judge(case))} == INHERITED_PARAMETERS


def test_each_case_that_passes_names_its_policies() -> None:
    asked = [case for case in pkits() if "user_policies" in case.entry and case.valid]
    assert len(asked) >= 40
    for case in asked:
        report = _judge(case)
        assert report is not None
        listed = case.entry["user_policies"].replace("anyPolicy", ANY_POLICY).split(":")
        assert set(report.policies) == set(listed) - {"<empty>"}, case.name
