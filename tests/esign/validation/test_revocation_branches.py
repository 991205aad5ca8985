"""What is told about lists that cannot acquit: all of it, and no more."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509 as foreign

from esign import der
from esign.crl import CertificateList
from esign.findings import Severity
from esign.validation.path import validate_path
from esign.validation.policy import Revocation
from esign.validation.report import RevocationState, RevocationStatus
from esign.validation.revocation import crl_needs, web_urls
from tests.esign.validation import world
from tests.esign.validation.test_revocation import (
    KEYS,
    REST,
    base,
    check,
    crl,
    delta,
    fresh,
    handmade,
    number,
    person,
    scope,
    some,
    state,
    warnings,
)
from tests.esign.validation.world import AT, DAY, SECOND

GOOD, UNDETERMINED = RevocationState.GOOD, RevocationState.UNDETERMINED
UNKNOWN = {"more": [(world.unknown(), True)]}
STALE = {"next_update": AT - DAY / 2}
FOR_AUTHORITIES = scope(only_contains_ca_certs=True)


def told(*lists: CertificateList) -> set[str]:
    report = check(person(), *lists)
    assert state(report) is UNDETERMINED
    return set(warnings(report))


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ({}, set()),
        (UNKNOWN, {"crl-extension-unknown"}),
        (STALE, {"crl-stale"}),
        ({**UNKNOWN, **STALE}, {"crl-extension-unknown", "crl-stale"}),
    ],
)
def test_changes_alone_are_told_with_everything_else_about_them(
    options: dict[str, Any], codes: set[str]
) -> None:
    assert told(delta(**options)) == {"crl-delta-only", *codes}


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ({}, set()),
        (UNKNOWN, {"crl-extension-unknown"}),
        ({"next_update": AT - 2 * DAY}, {"crl-stale"}),
    ],
)
def test_a_superseded_list_is_told_with_everything_else_about_it(
    options: dict[str, Any], codes: set[str]
) -> None:
    newer = base(n=11, this_update=AT - DAY, more=FOR_AUTHORITIES)
    old = base(**{**options, "more": [*options.get("more", ()), *FOR_AUTHORITIES]})
    assert told(old, newer) == {"crl-superseded", "crl-scope", *codes}


def test_by_number_and_then_by_time_a_list_is_newer() -> None:
    entry = (77, AT - 9 * DAY, "certificateHold")
    older, newer = base(entry, this_update=AT - 2 * DAY), base(n=11)
    assert state(check(person(), older, newer)) is RevocationState.REVOKED
    unnumbered = crl(this_update=AT - DAY)
    assert told(unnumbered, base(n=0, more=[(world.unknown(), True)])) >= {"crl-superseded"}


def test_a_list_that_acquits_is_not_told_beside_others() -> None:
    report = check(person(), base(), base(n=11, **STALE))
    assert state(report) is UNDETERMINED
    assert warnings(report).count("crl-superseded") == 1
    assert warnings(check(person(), base(n=12), base(n=11, **STALE))) == []


def test_a_number_of_zero_is_a_number() -> None:
    changes = crl(extensions=[number(1), (foreign.DeltaCRLIndicator(0), True)])
    old = crl(extensions=[number(0)], this_update=AT - 3 * DAY, next_update=AT - DAY)
    assert state(check(person(), old, changes)) is GOOD


def test_a_revocation_is_told_with_time_reason_and_place() -> None:
    for reason, said in ((None, "unspecified"), ("keyCompromise", "keyCompromise")):
        report = check(person(), crl((77, AT - DAY, reason)))
        (found,) = (f for f in report.findings if f.code == "certificate-revoked")
        assert (found.severity, found.where) == (Severity.ERROR, "CN=Aliyev A.,C=UZ")
        assert dict(found.values) == {"reason": said, "revoked_at": (AT - DAY).isoformat()}


def test_what_is_undetermined_or_not_checked_is_told_with_its_place() -> None:
    modes = {
        Revocation.REQUIRE: (Severity.ERROR, "revocation-undetermined"),
        Revocation.UNSAFE_OFF: (Severity.WARNING, "revocation-not-checked"),
        Revocation.UNSAFE_IF_SUPPLIED: (Severity.WARNING, "revocation-not-checked"),
    }
    for mode, (severity, code) in modes.items():
        (found,) = check(person(), mode=mode).findings
        assert (found.severity, found.code, found.where) == (severity, code, "CN=Aliyev A.,C=UZ")


def test_every_objection_to_a_list_is_told_with_its_place_and_values() -> None:
    where = "CRL of CN=Root,C=UZ"
    cases: list[tuple[CertificateList, str, dict[str, str]]] = [
        (
            crl(this_update=AT + SECOND, next_update=AT + DAY),
            "crl-not-yet-valid",
            {"this_update": _iso(SECOND)},
        ),
        (crl(next_update=AT - SECOND), "crl-stale", {"next_update": _iso(-SECOND)}),
        (crl(extensions=scope(only_contains_ca_certs=True)), "crl-scope", {}),
        (crl(extensions=[(world.unknown("1.2.3"), True)]), "crl-extension-unknown", {"oid": "1.2.3"}),
        (delta(), "crl-delta-only", {}),
        (crl(private=world.key("nobody")), "crl-signature-invalid", {}),
        (handmade(der.time(AT - DAY)), "crl-no-next-update", {}),
    ]
    for listed, code, values in cases:
        warned = [f for f in check(person(), listed).findings if f.severity is Severity.WARNING]
        assert [(f.code, f.where, dict(f.values)) for f in warned] == [(code, where, values)]


def _iso(offset: timedelta) -> str:
    return (AT + offset).isoformat()


def test_too_old_a_list_is_told_with_the_limit() -> None:
    for age, codes in ((3600, []), (3601, ["crl-too-old"])):
        listed = crl(this_update=AT - age * SECOND)
        report = validate_path(
            person().certificate, trust=world.root().trust, crls=[listed], at=AT, policy=fresh(3600)
        )
        warned = [f for f in report.findings if f.severity is Severity.WARNING]
        assert [f.code for f in warned] == codes
        for found in warned:
            assert dict(found.values) == {"this_update": listed.this_update.isoformat(), "limit": "3600"}
            assert found.where == "CRL of CN=Root,C=UZ"


def test_a_list_that_names_other_issuers_in_lines_is_told_with_its_place() -> None:
    value = foreign.CertificateIssuer([foreign.DirectoryName(world.name("Other"))])
    listed = crl((5, AT - DAY, None), entry_extensions=[(value, True)])
    warned = [f for f in check(person(), listed).findings if f.severity is Severity.WARNING]
    assert [(f.code, f.where) for f in warned] == [("crl-entry-issuer", "CRL of CN=Root,C=UZ")]
    indirect = crl((5, AT - DAY, None), entry_extensions=[(value, True)], extensions=scope(indirect_crl=True))
    assert warnings(check(person(), indirect)) == []


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("http://crl.agency.uz/1", True),
        ("HTTPS://crl.agency.uz/1", True),
        ("ldap://crl.agency.uz/1", False),
        ("file:///etc/http://", False),
    ],
)
def test_only_what_the_web_has_is_asked_for(url: str, wanted: bool) -> None:
    assert web_urls([url]) == ((url,) if wanted else ())


def test_at_most_eight_urls_are_asked_for_each_once() -> None:
    urls = [f"http://crl.agency.uz/{n}" for n in range(9)]
    assert web_urls(urls * 2) == tuple(urls[:8])


def test_only_changes_that_are_in_force_spare_the_question_for_them() -> None:
    point = foreign.DistributionPoint(
        [foreign.UniformResourceIdentifier("http://crl.agency.uz/d.crl")], None, None, None
    )
    target = person(extensions=[(foreign.FreshestCRL([point]), False)])
    for options, asked in (
        ({}, False),
        ({"next_update": AT}, False),
        ({"next_update": AT - SECOND}, True),
        ({"this_update": AT}, False),
        ({"this_update": AT + SECOND}, True),
    ):
        report = check(target, base(), delta(**options))
        assert state(report) is GOOD
        assert bool(report.needs) is asked


def test_missing_reasons_are_named_in_order() -> None:
    report = check(person(), crl(extensions=some(*KEYS, *REST[2:])))
    (partial,) = (f for f in report.findings if f.code == "crl-partial-reasons")
    names = dict(partial.values)["reasons"].split(", ")
    assert len(names) == 2 and names == sorted(names)
    assert partial.where == "CN=Aliyev A.,C=UZ"


def test_without_a_time_no_changes_are_in_force() -> None:
    point = foreign.DistributionPoint(
        [foreign.UniformResourceIdentifier("http://crl.agency.uz/d.crl")], None, None, None
    )
    target = person(extensions=[(foreign.FreshestCRL([point]), False)]).certificate
    status = RevocationStatus(target, GOOD)
    (need,) = crl_needs(target, [delta()], status=status)
    assert (need.kind, need.url) == ("crl", "http://crl.agency.uz/d.crl")
    assert crl_needs(target, [delta()], status=status, at=AT) == ()


def test_a_release_in_changes_does_not_mend_a_later_revocation_that_is_no_hold() -> None:
    """The numbers of these lists contradict their times: then nothing is known, and nobody is acquitted."""
    released = delta((77, AT - 2 * DAY, "removeFromCRL"))
    for reason, expected in (("certificateHold", GOOD), ("keyCompromise", UNDETERMINED)):
        later = base((77, AT + SECOND, reason), this_update=AT + SECOND)
        assert state(check(person(), later, released)) is expected


def test_an_issuer_without_key_usage_may_sign_lists() -> None:
    authority = world.root().issue("Unsaid", ca=True, usages=None)
    report = validate_path(
        authority.issue("x").certificate,
        pool=[authority.certificate],
        trust=world.root().trust,
        crls=[authority.crl(), crl()],
        at=AT,
    )
    assert (state(report), warnings(report)) == (GOOD, [])
