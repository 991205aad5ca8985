"""Whose lists count: the key that signed the certificate, or one with its own path to the same anchor."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from cryptography import x509 as foreign

from esign.algorithms import AlgorithmIdentifier
from esign.crl import CertificateList
from esign.findings import Indication, Severity
from esign.validation import crl_issuer
from esign.validation.crl_issuer import CRLIssuers, signer_of
from esign.validation.path import validate_path
from esign.validation.policy import Limits, Policy, Revocation
from esign.validation.report import PathReport, RevocationState
from esign.validation.work import Work, WorkExceeded
from esign.x509 import Certificate
from tests.esign.validation import world
from tests.esign.validation.test_crl_scope import point, scope
from tests.esign.validation.world import AT, DAY, Node

SERIAL = 77
GOOD, REVOKED, UNDETERMINED = (
    RevocationState.GOOD,
    RevocationState.REVOKED,
    RevocationState.UNDETERMINED,
)


def check(
    target: Node, *crls: CertificateList, pool: Any = (), mode: Revocation = Revocation.REQUIRE
) -> PathReport:
    certificates = [node.certificate for node in pool]
    return validate_path(
        target.certificate, pool=certificates, trust=world.root().trust, crls=crls, at=AT, revocation=mode
    )


def state(report: PathReport) -> RevocationState:
    return report.revocation[0].state


def reasons(report: PathReport) -> list[tuple[str, str]]:
    warnings = [f for f in report.findings if f.severity is Severity.WARNING]
    return [(f.code, dict(f.values).get("reason", "")) for f in warnings]


# --- another key of the same issuer ---


def signing(**options: Any) -> Node:
    """A certificate of the root for a key of its own that signs lists."""
    subject = world.name("Root")
    options = {"usages": ["cRLSign"], "private": world.key("list key"), "subject": subject, **options}
    return world.root().issue("Root lists", **options)


def by_list_key(*revoked: tuple[int, datetime, str | None], **options: Any) -> CertificateList:
    return world.root().crl(*revoked, private=world.key("list key"), **options)


def person() -> Node:
    return world.root().issue("Aliyev A.", serial=SERIAL)


def test_a_list_by_another_key_counts_when_its_certificate_does() -> None:
    signer = signing()
    # About the key that signs lists the root itself speaks.
    about_signer = world.root().crl(extensions=scope(only_contains_ca_certs=True))
    report = check(person(), by_list_key(), world.root().crl(this_update=AT - 2 * DAY), pool=[signer])
    assert report.indication is Indication.PASSED
    assert report.revocation[0].this_update == AT - DAY
    assert state(check(person(), by_list_key(), about_signer, pool=[signer])) is UNDETERMINED


def test_a_list_by_another_key_revokes() -> None:
    revoking = by_list_key((SERIAL, AT - DAY, "keyCompromise"))
    assert state(check(person(), revoking, world.root().crl(), pool=[signing()])) is REVOKED


@pytest.mark.parametrize("mode", list(Revocation))
def test_a_list_by_a_revoked_key_counts_for_nothing(mode: Revocation) -> None:
    signer = signing()
    lost = world.root().crl((signer.certificate.serial_number, AT - DAY, "keyCompromise"))
    other = world.root().issue("Aliyev A.", serial=SERIAL)
    acquitting = by_list_key(extensions=scope(only_contains_user_certs=True))
    report = check(other, acquitting, lost, pool=[signer], mode=mode)
    # The root's own list still acquits; without it nothing would.
    assert state(report) is GOOD
    revoking = by_list_key((SERIAL, AT - DAY, None), extensions=scope(only_contains_user_certs=True))
    assert state(check(other, revoking, lost, pool=[signer], mode=mode)) is GOOD


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ("crl-issuer-path", "revocation-undetermined")),
        ({"not_after": AT - DAY}, ("crl-issuer-path", "certificate-expired")),
        ({"usages": ["digitalSignature"]}, ("crl-issuer-path", "revocation-undetermined")),
        ({"signed_with": world.key("nobody")}, ("crl-issuer-path", "certificate-signature-invalid")),
        ({"subject": world.name("Root 2")}, ("crl-signature-invalid", "")),
    ],
)
def test_what_is_wrong_with_the_issuer_of_a_list_is_told(
    options: dict[str, Any], expected: tuple[str, str]
) -> None:
    report = check(person(), by_list_key(), pool=[signing(**options)])
    assert state(report) is UNDETERMINED
    assert expected in reasons(report)


def test_a_key_that_may_not_sign_lists_does_not_acquit() -> None:
    signer = signing(usages=["digitalSignature"])
    about_all = world.root().crl(next_update=AT - DAY, this_update=AT - 2 * DAY)
    fresh = world.root().crl(extensions=scope(only_contains_ca_certs=True))
    authority = signing(usages=["digitalSignature"], ca=True)
    report = check(person(), by_list_key(), about_all, fresh, pool=[authority, signer])
    assert ("crl-signer-usage", "") in reasons(report)
    assert state(report) is UNDETERMINED


def test_an_authority_cannot_certify_a_key_for_the_lists_of_another() -> None:
    """Below one anchor a stranger of the right name would else acquit what the true issuer revoked."""
    middle, evil = world.intermediate(), world.root().issue("Evil", ca=True)
    target = middle.issue("x", serial=SERIAL)
    root_list, evil_list = world.root().crl(), evil.crl()
    for above, expected in ((evil, UNDETERMINED), (world.root(), GOOD)):
        subject = world.name("Issuing")
        signer = above.issue("Issuing lists", subject=subject, private=world.key("k"), usages=["cRLSign"])
        report = check(
            target, middle.crl(private=world.key("k")), root_list, evil_list, pool=[middle, evil, signer]
        )
        assert state(report) is expected
        assert (("crl-issuer-unrelated", "") in reasons(report)) is (expected is UNDETERMINED)


def test_without_any_certificate_of_the_issuer_the_list_counts_for_nothing() -> None:
    target = world.root().issue("x", extensions=[indirect_point("Lists")])
    report = check(target, world.issue("Lists", ca=True).crl(extensions=scope(indirect_crl=True)))
    assert reasons(report) == [("crl-issuer-missing", "")]


# --- an issuer of another name ---


def indirect_point(common: str) -> tuple[Any, bool]:
    issuer = foreign.DirectoryName(world.name(common))
    return (foreign.CRLDistributionPoints([point(issuers=[issuer])]), False)


def lists(common: str = "Lists", **options: Any) -> Node:
    return world.root().issue(common, **{"usages": ["cRLSign"], **options})


def indirect(node: Node, *revoked: int, names: str | None = "Root", **options: Any) -> CertificateList:
    entries = [(serial, AT - DAY, None) for serial in revoked]
    issuer = [(foreign.CertificateIssuer([foreign.DirectoryName(world.name(names))]), True)] if names else []
    options = {"extensions": scope(indirect_crl=True), "entry_extensions": issuer, **options}
    return node.crl(*entries, **options)


def delegated() -> Node:
    return world.root().issue("Aliyev A.", serial=SERIAL, extensions=[indirect_point("Lists")])


@pytest.mark.parametrize(
    ("revoked", "names", "expected"),
    [
        ((), None, GOOD),
        ((5,), "Root", GOOD),
        ((SERIAL,), "Root", REVOKED),
        ((5, SERIAL), "Root", REVOKED),
        ((SERIAL,), "Other", GOOD),
        ((SERIAL,), None, GOOD),
        ((SERIAL,), "Lists", GOOD),
    ],
)
def test_lines_of_an_indirect_list_are_for_the_issuer_they_name(
    revoked: tuple[int, ...], names: str | None, expected: RevocationState
) -> None:
    signer = lists()
    report = check(delegated(), indirect(signer, *revoked, names=names), world.root().crl(), pool=[signer])
    assert state(report) is expected


def test_a_list_of_another_issuer_must_say_that_it_is_indirect() -> None:
    signer = lists()
    about_signer = world.root().crl(extensions=scope(full_name=[foreign.DirectoryName(world.name("Root"))]))
    direct = indirect(signer, extensions=())
    assert state(check(delegated(), direct, pool=[signer])) is UNDETERMINED
    assert state(check(delegated(), indirect(signer), about_signer, pool=[signer])) is GOOD


def test_an_issuer_under_another_anchor_counts_for_nothing() -> None:
    elsewhere = world.issue("Other Root", ca=True)
    signer = elsewhere.issue("Lists", usages=["cRLSign"])
    trust = replace(world.root().trust, anchors=(*world.root().trust.anchors, elsewhere.certificate))
    report = validate_path(
        delegated().certificate,
        pool=[signer.certificate],
        trust=trust,
        crls=[indirect(signer), elsewhere.crl()],
        at=AT,
    )
    assert reasons(report) == [("crl-issuer-path", "issuer-missing")]


def test_the_anchor_itself_may_issue_indirect_lists() -> None:
    middle = world.intermediate()
    point_at_root = (
        foreign.CRLDistributionPoints([point(issuers=[foreign.DirectoryName(world.name("Root"))])]),
        False,
    )
    target = middle.issue("x", serial=SERIAL, extensions=[point_at_root])
    for revoked, expected in (((), GOOD), ((SERIAL,), REVOKED)):
        found = indirect(world.root(), *revoked, names="Issuing")
        assert state(check(target, found, pool=[middle])) is expected


# --- loops ---


def test_an_issuer_of_lists_proves_nothing_about_itself() -> None:
    signer = lists(extensions=[indirect_point("Lists")])
    report = check(delegated(), indirect(signer), pool=[signer])
    assert reasons(report) == [("crl-issuer-path", "revocation-undetermined")]
    assert reasons(check(signer, indirect(signer), pool=[signer])) == [("crl-issuer-loop", "")]


def test_two_issuers_of_lists_prove_nothing_about_each_other() -> None:
    first = lists("Lists", extensions=[indirect_point("Lists 2")])
    second = lists("Lists 2", extensions=[indirect_point("Lists")])
    found = indirect(first), indirect(second)
    report = check(delegated(), *found, pool=[first, second])
    assert reasons(report) == [("crl-issuer-path", "revocation-undetermined")]


@pytest.mark.parametrize(("length", "expected"), [(4, GOOD), (5, UNDETERMINED)])
def test_issuers_of_issuers_are_followed_a_few_steps(length: int, expected: RevocationState) -> None:
    """Each list says in its scope whose it is, so the root's own list helps only the last."""
    nodes = [lists(f"Lists {n}", extensions=[indirect_point(f"Lists {n + 1}")]) for n in range(length - 1)]
    nodes.append(lists(f"Lists {length - 1}", ca=True, usages=["cRLSign"]))
    target = world.root().issue("x", extensions=[indirect_point("Lists 0")])
    own = world.root().crl(extensions=scope(only_contains_ca_certs=True))
    assert state(check(target, *map(indirect, nodes), own, pool=nodes)) is expected


# --- alone ---


def test_without_a_way_to_validate_no_other_key_counts() -> None:
    signer, work = signing(), Work(Limits())
    target, issuer = person().certificate, world.root().certificate
    found = signer_of(by_list_key(), target, issuer, issuers=CRLIssuers((signer.certificate,)), work=work)
    assert not isinstance(found, Certificate) and found.code == "crl-issuer-path"
    assert signer_of(world.root().crl(), target, issuer, issuers=CRLIssuers(), work=work) == issuer


def test_a_signature_is_checked_once_for_all_validations() -> None:
    crl, target, issuer = world.root().crl(), person().certificate, world.root().certificate
    assert signer_of(crl, target, issuer, issuers=CRLIssuers(), work=Work(Limits())) == issuer
    none_left = Work(Limits(signature_checks=0))
    assert signer_of(crl, target, issuer, issuers=CRLIssuers(), work=none_left) == issuer
    with pytest.raises(WorkExceeded):
        signer_of(world.root().crl(), target, issuer, issuers=CRLIssuers(), work=none_left)


def test_the_memory_of_checked_signatures_is_bounded() -> None:
    known, issuer = crl_issuer._Verdicts(2), world.root().certificate
    made = [world.root().crl() for _ in range(3)]
    assert all(known.holds(crl, issuer, Work(Limits(signature_checks=1))) for crl in made)
    none_left = Work(Limits(signature_checks=0))
    assert known.holds(made[1], issuer, none_left) and known.holds(made[2], issuer, none_left)
    with pytest.raises(WorkExceeded):
        known.holds(made[0], issuer, none_left)


def test_an_algorithm_that_is_not_known_is_told() -> None:
    crl = replace(world.root().crl(), signature_algorithm=AlgorithmIdentifier("1.2.3.4"))
    target, issuer = person().certificate, world.root().certificate
    found = signer_of(crl, target, issuer, issuers=CRLIssuers(), work=Work(Policy.default().limits))
    assert not isinstance(found, Certificate) and found.code == "crl-unusable"


def test_of_several_keys_none_of_which_signed_the_first_fault_is_told() -> None:
    report = check(person(), by_list_key(), pool=[signing(private=world.key(str(n))) for n in range(12)])
    assert reasons(report) == [("crl-signature-invalid", "")]


def test_of_many_certificates_of_one_name_the_one_with_the_key_identifier_is_tried_first() -> None:
    named = foreign.AuthorityKeyIdentifier.from_issuer_public_key(world.key("list key").public_key())
    strangers = [signing(private=world.key(str(n))) for n in range(12)]
    pool = [*strangers, signing()]
    own = world.root().crl(this_update=AT - 2 * DAY)
    with_identifier = by_list_key(extensions=[(named, False)])
    for found, expected in ((with_identifier, AT - DAY), (by_list_key(), AT - 2 * DAY)):
        assert check(person(), found, own, pool=pool).revocation[0].this_update == expected
