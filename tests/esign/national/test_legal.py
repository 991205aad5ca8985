"""The three conditions of the law, each apart: none of them follows from another."""

import pytest

import esign
from esign.ca import crl
from esign.crl import CertificateList
from esign.findings import Indication, Severity, SubIndication
from esign.language import LANGUAGES
from esign.material import Material
from esign.names import COMMON_NAME
from esign.national.legal import Answer, is_national, legal_conditions
from esign.testing import TestPKI
from esign.validation.report import SignatureReport
from esign.validation.signature import verify
from tests.esign.national.test_validation import national
from tests.esign.national.world import DAY, USER, Node, issue, signed
from tests.esign.validation.world import AT

REPORTING = "1.2.860.3.2.2.1.2.1"


def judged(
    *,
    revoked: bool = False,
    content: bytes = b"hisobot",
    lists: bool = True,
    policies: tuple[str, ...] = (REPORTING,),
) -> SignatureReport:
    """The report on a national signature over `hisobot`."""
    root = issue([(COMMON_NAME, "Ildiz")], 11, at=AT, ca=True)
    user = issue(USER, 33, at=AT, by=root, policies=policies)
    found = _list(root, user, revoked=revoked)
    material = Material(crls=(found,) if lists else ())
    octets = signed(b"hisobot", user, at=AT).replace(b"hisobot", content)
    report = verify(octets, trust=root.trust, at=AT, material=material, policy=national())
    return report.signatures[0]


def _list(root: Node, user: Node, *, revoked: bool) -> CertificateList:
    if not revoked:
        return root.crl(AT)
    entry = crl.Revocation(user.certificate.serial_number, AT - DAY, "keyCompromise")
    return root.crl(AT, entry)


def answers(signature: SignatureReport, purpose: str | None = None) -> list[str]:
    return [condition.answer.value for condition in legal_conditions(signature, purpose=purpose)]


def test_a_valid_signature_for_its_purpose_meets_all_three() -> None:
    report = judged()
    assert report.indication is Indication.TOTAL_PASSED
    assert answers(report, "electronic-reporting") == ["yes", "yes", "yes"]


def test_another_purpose_fails_the_third_alone() -> None:
    report = judged()
    assert answers(report, "payments") == ["yes", "yes", "no"]
    (_, _, purpose) = legal_conditions(report, purpose="payments")
    assert purpose.finding.code == "legal-purpose-differs"
    assert dict(purpose.finding.values) == {"found": "electronic-reporting", "wanted": "payments"}
    assert purpose.finding.severity is Severity.WARNING


def test_without_a_purpose_the_third_stays_open_and_tells_what_the_certificate_is_for() -> None:
    (_, _, purpose) = legal_conditions(judged())
    assert (purpose.answer, purpose.finding.code) == (Answer.UNKNOWN, "legal-purpose-unknown")
    assert "electronic-reporting" in purpose.finding.message


def test_changed_content_fails_the_first_alone() -> None:
    assert answers(judged(content=b"hisobo!"), "electronic-reporting") == ["no", "yes", "yes"]


def test_a_revoked_certificate_fails_the_second_alone() -> None:
    report = judged(revoked=True)
    assert report.sub_indication is SubIndication.REVOKED_NO_POE
    assert answers(report, "electronic-reporting") == ["yes", "no", "yes"]


def test_what_was_not_checked_is_not_answered() -> None:
    assert answers(judged(lists=False), "electronic-reporting") == ["yes", "unknown", "yes"]
    bare = SignatureReport(Indication.INDETERMINATE, None, "not-checked")
    assert answers(bare) == ["unknown", "unknown", "unknown"]


def test_a_certificate_without_policy_is_for_nothing_that_is_known() -> None:
    assert answers(judged(policies=()), "payments")[2] == "no"


def test_an_unknown_purpose_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="unknown purpose 'lottery'"):
        legal_conditions(judged(), purpose="lottery")


def test_the_answers_are_data_and_words_in_each_language() -> None:
    conditions = legal_conditions(judged(), purpose="payments")
    found = conditions.to_dict()["conditions"]
    assert [one["condition"] for one in found] == ["authentic", "certificate-valid", "purpose-matches"]
    assert {one["finding"]["clause"] for one in found} == {"O'RQ-793 art. 4"}
    for condition in conditions:
        words = {condition.finding.explain(language) for language in LANGUAGES}
        assert len(words) == len(LANGUAGES)


def test_national_certificates_are_told_by_key_and_by_policy() -> None:
    root = issue([(COMMON_NAME, "Ildiz")], 11, at=AT, ca=True)
    assert is_national(root.certificate)
    pki = TestPKI()
    assert not is_national(pki.root)


def test_the_front_door_tells_the_conditions_of_national_certificates_only() -> None:
    root = issue([(COMMON_NAME, "Ildiz")], 11, at=AT, ca=True)
    user = issue(USER, 33, at=AT, by=root, policies=(REPORTING,))
    octets = signed(b"hisobot", user, at=AT)
    report = esign.verify(octets, trust=root.trust, at=AT, material=[root.crl(AT).raw], policy=national())
    told = report.to_dict()["signatures"][0]["legal"]["conditions"]
    assert [one["answer"] for one in told] == ["yes", "yes", "unknown"]
    words = report.explain("uz")
    assert "imzo haqiqiy [yes]" in words
    pki = TestPKI()
    other = esign.verify(esign.sign(b"x", pki.signer(), at=pki.at), trust=pki.trust, at=pki.at)
    assert other.to_dict()["signatures"][0]["legal"] is None
