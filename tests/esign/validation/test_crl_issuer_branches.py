"""Issuers of lists: how many are tried, in which order, and what each refusal says."""

from typing import Any

import pytest
from cryptography import x509 as foreign

from esign.findings import Finding, Indication, Severity, SubIndication
from esign.validation.crl_issuer import CRLIssuers, signer_of
from esign.validation.policy import Limits
from esign.validation.report import PathReport
from esign.validation.work import Work
from esign.x509 import Certificate
from tests.esign.validation import world
from tests.esign.validation.test_crl_issuer import by_list_key, check, lists, person, reasons, signing
from tests.esign.validation.world import AT, DAY

WHERE = "CRL of CN=Root,C=UZ"


def strangers(count: int) -> list[Certificate]:
    return [signing(private=world.key(str(n))).certificate for n in range(count)]


def verdict(passed: bool, *findings: Finding) -> PathReport:
    if passed:
        return PathReport(Indication.PASSED, None, AT, findings=findings)
    return PathReport(
        Indication.INDETERMINATE, SubIndication.NO_CERTIFICATE_CHAIN_FOUND, AT, findings=findings
    )


def asked(pool: list[Certificate], **options: Any) -> tuple[Certificate | Finding, Work]:
    work = Work(Limits())
    issuers = CRLIssuers(tuple(pool), lambda signer, pending: verdict(True), **options)
    target, issuer = person().certificate, world.root().certificate
    return signer_of(by_list_key(), target, issuer, issuers=issuers, work=work), work


@pytest.mark.parametrize(("others", "found"), [(0, True), (7, True), (8, False)])
def test_eight_candidates_are_tried_beside_the_issuer(others: int, found: bool) -> None:
    signer = signing().certificate
    result, work = asked([*strangers(others), signer])
    assert (result == signer) is found
    assert work.spent("signature_checks") == min(others + 1, 8) + 1


def test_one_that_stands_twice_in_the_pool_is_tried_once() -> None:
    twice = strangers(6)
    result, work = asked([*twice, *twice, world.root().certificate])
    assert isinstance(result, Finding)
    assert (result.code, result.where, result.severity) == ("crl-signature-invalid", WHERE, Severity.WARNING)
    assert work.spent("signature_checks") == 7


def test_the_reason_of_a_path_that_fails_is_its_first_error() -> None:
    signer = signing().certificate
    warning, error = Finding.warning("crl-stale"), Finding.error("certificate-expired")
    for findings, reason in (((warning, error), "certificate-expired"), ((warning,), ""), ((), "")):
        issuers = CRLIssuers((signer,), lambda s, p, f=findings: verdict(False, *f))  # type: ignore[misc]
        found = signer_of(
            by_list_key(),
            person().certificate,
            world.root().certificate,
            issuers=issuers,
            work=Work(Limits()),
        )
        assert isinstance(found, Finding)
        assert (found.code, found.where) == ("crl-issuer-path", WHERE)
        assert dict(found.values) == {"reason": reason}


@pytest.mark.parametrize(("pending", "code"), [(3, ""), (4, "crl-issuer-loop")])
def test_four_questions_may_hang_on_each_other(pending: int, code: str) -> None:
    others = frozenset(world.root().issue(f"Pending {n}").certificate for n in range(pending))
    result, _ = asked([signing().certificate], pending=others)
    assert (result.code if isinstance(result, Finding) else "") == code
    if isinstance(result, Finding):
        assert result.where == WHERE


def test_one_of_the_questions_at_hand_is_enough_for_a_loop() -> None:
    signer = signing().certificate
    result, _ = asked([signer], pending=frozenset([signer, world.root().issue("Pending").certificate]))
    assert isinstance(result, Finding) and result.code == "crl-issuer-loop"


def test_an_unrelated_issuer_is_named() -> None:
    middle, evil = world.intermediate(), world.root().issue("Evil", ca=True)
    target = middle.issue("x")
    signer = evil.issue("y", subject=world.name("Issuing"), private=world.key("k"), usages=["cRLSign"])
    found = signer_of(
        middle.crl(private=world.key("k")),
        target.certificate,
        middle.certificate,
        issuers=CRLIssuers((signer.certificate,), lambda s, p: verdict(True)),
        work=Work(Limits()),
    )
    assert isinstance(found, Finding)
    assert (found.code, found.where) == ("crl-issuer-unrelated", "CRL of CN=Issuing,C=UZ")
    assert dict(found.values) == {"issuer": "CN=Evil,C=UZ"}


def test_a_key_that_is_held_under_two_names_is_asked_about_as_each() -> None:
    named = foreign.CRLDistributionPoints(
        [foreign.DistributionPoint(None, None, None, [foreign.DirectoryName(world.name("Lists"))])]
    )
    target = world.root().issue("x", private=world.key("shared"), extensions=[(named, False)])
    signer = lists(private=world.key("shared"))
    found = signer_of(
        signer.crl(),
        target.certificate,
        world.root().certificate,
        issuers=CRLIssuers((signer.certificate,), lambda s, p: verdict(True)),
        work=Work(Limits()),
    )
    assert found == signer.certificate


def test_a_list_by_the_issuer_itself_needs_no_other() -> None:
    report = check(person(), world.root().crl(this_update=AT - DAY), pool=[signing()])
    assert (report.indication, reasons(report)) == (Indication.PASSED, [])


def test_a_list_by_another_key_supersedes_nothing() -> None:
    number, odd = foreign.CRLNumber(11), (world.unknown(), True)
    other = by_list_key(this_update=AT - DAY / 2, extensions=[(number, False), odd])
    report = check(
        person(), other, world.root().crl(extensions=[(foreign.CRLNumber(10), False)]), pool=[signing()]
    )
    assert (report.indication, reasons(report)) == (Indication.PASSED, [])
