"""Undetermined is never good: whatever is wrong with a list leaves the certificate undetermined."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from cryptography import x509 as foreign
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from esign import der
from esign.errors import MalformedInput
from esign.findings import Indication, Severity, SubIndication
from esign.material import Need
from esign.validation.path import validate_path
from esign.validation.policy import DigestRule, Freshness, Policy, Revocation
from esign.validation.report import PathReport, RevocationState
from esign.x509 import CertificateList
from tests.esign.validation import world
from tests.esign.validation.world import AT, DAY, SECOND, Node

SERIAL = 77
GOOD, REVOKED, UNDETERMINED = (
    RevocationState.GOOD,
    RevocationState.REVOKED,
    RevocationState.UNDETERMINED,
)


def person(**options: Any) -> Node:
    return world.root().issue("Aliyev A.", serial=SERIAL, **options)


def check(
    target: Node,
    *crls: CertificateList,
    at: datetime = AT,
    mode: Revocation = Revocation.REQUIRE,
) -> PathReport:
    return validate_path(target.certificate, trust=world.root().trust, crls=crls, at=at, revocation=mode)


def crl(*revoked: tuple[int, datetime, str | None], **options: Any) -> CertificateList:
    return world.root().crl(*revoked, **options)


def state(report: PathReport) -> RevocationState:
    return report.revocation[0].state


def warnings(report: PathReport) -> list[str]:
    return [f.code for f in report.findings if f.severity is Severity.WARNING]


def test_a_fresh_list_without_an_entry_is_good() -> None:
    report = check(person(), crl((5, AT - DAY, None)))
    assert (report.indication, state(report)) == (Indication.PASSED, GOOD)
    assert report.revocation[0].this_update == AT - DAY


def test_no_list_at_all_is_undetermined_and_names_what_is_needed() -> None:
    url = foreign.UniformResourceIdentifier("http://crl.agency.uz/1.crl")
    other = foreign.UniformResourceIdentifier("ldap://crl.agency.uz/1")
    point = foreign.DistributionPoint([url, other], None, None, None)
    target = person(extensions=[(foreign.CRLDistributionPoints([point]), False)])
    report = check(target)
    assert (report.indication, report.sub_indication) == (
        Indication.INDETERMINATE,
        SubIndication.TRY_LATER,
    )
    assert report.needs == (Need("crl", "http://crl.agency.uz/1.crl", subject="CN=Aliyev A.,C=UZ"),)


def test_an_entry_is_a_revocation_with_its_reason_and_time() -> None:
    report = check(person(), crl((SERIAL, AT - DAY, "keyCompromise")))
    assert (report.indication, report.sub_indication) == (Indication.FAILED, SubIndication.REVOKED)
    status = report.revocation[0]
    assert (status.state, status.reason, status.revoked_at) == (REVOKED, "keyCompromise", AT - DAY)


def test_every_certificate_but_the_anchor_is_checked() -> None:
    root, middle = world.root(), world.intermediate()
    target = world.person()
    both = (root.crl(), middle.crl())
    revoked = root.crl((middle.certificate.serial_number, AT - DAY, None))
    for crls, expected in ((both, None), (both[:1], SubIndication.TRY_LATER)):
        report = validate_path(
            target.certificate, pool=[middle.certificate], trust=root.trust, crls=crls, at=AT
        )
        assert report.sub_indication is expected
    report = validate_path(
        target.certificate, pool=[middle.certificate], trust=root.trust, crls=(revoked, both[1]), at=AT
    )
    assert [s.state for s in report.revocation] == [GOOD, REVOKED]


@pytest.mark.parametrize(
    ("at", "expected", "code"),
    [
        (AT - DAY, GOOD, None),
        (AT - DAY - SECOND, UNDETERMINED, "crl-not-yet-valid"),
        (AT + DAY, GOOD, None),
        (AT + DAY + SECOND, UNDETERMINED, "crl-stale"),
    ],
)
def test_a_list_is_fresh_from_its_making_to_the_next(
    at: datetime, expected: RevocationState, code: str | None
) -> None:
    report = check(person(), crl(), at=at)
    assert (state(report), warnings(report)) == (expected, [code] if code else [])


def scope(**options: Any) -> list[tuple[Any, bool]]:
    values = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return [(foreign.IssuingDistributionPoint(**{**values, **options}), True)]


SOME = frozenset({foreign.ReasonFlags.key_compromise})


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"extensions": scope(only_contains_user_certs=True)}, None),
        ({"extensions": scope(only_contains_ca_certs=True)}, "crl-scope"),
        ({"extensions": scope(only_contains_attribute_certs=True)}, "crl-scope"),
        ({"extensions": scope(only_some_reasons=SOME)}, "crl-partial-reasons"),
        ({"extensions": scope(indirect_crl=True)}, None),
        ({"extensions": [(foreign.DeltaCRLIndicator(1), True)]}, "crl-delta-only"),
        ({"extensions": [(world.unknown(), True)]}, "crl-extension-unknown"),
        ({"extensions": [(world.unknown(), False)]}, None),
        ({"private": world.key("nobody")}, "crl-signature-invalid"),
    ],
)
def test_a_list_must_be_whole_meant_and_signed(options: dict[str, Any], code: str | None) -> None:
    report = check(person(), crl(**options))
    assert state(report) is (UNDETERMINED if code else GOOD)
    assert warnings(report) == ([code] if code else [])
    assert report.sub_indication is (SubIndication.TRY_LATER if code else None)


def test_a_list_for_authorities_covers_authorities() -> None:
    authority = world.root().issue("CA", ca=True, serial=SERIAL)
    assert state(check(authority, crl(extensions=scope(only_contains_ca_certs=True)))) is GOOD
    assert state(check(authority, crl(extensions=scope(only_contains_user_certs=True)))) is UNDETERMINED


def test_a_part_covers_the_certificates_that_name_it() -> None:
    url = foreign.UniformResourceIdentifier("http://crl.agency.uz/1.crl")
    named = crl(extensions=scope(full_name=[url]))
    point = foreign.DistributionPoint([url], None, None, None)
    assert state(check(person(extensions=[(foreign.CRLDistributionPoints([point]), False)]), named)) is GOOD
    elsewhere = foreign.DistributionPoint(
        [foreign.UniformResourceIdentifier("http://crl.agency.uz/2.crl")], None, None, None
    )
    other = person(extensions=[(foreign.CRLDistributionPoints([elsewhere]), False)])
    assert state(check(other, named)) is UNDETERMINED
    assert state(check(person(), named)) is UNDETERMINED


def test_a_part_may_be_named_relative_to_the_issuer() -> None:
    relative = foreign.RelativeDistinguishedName(
        [foreign.NameAttribute(foreign.ObjectIdentifier("2.5.4.3"), "CRL1")]
    )
    point = foreign.DistributionPoint(None, relative, None, None)
    named = crl(extensions=scope(relative_name=relative))
    assert state(check(person(extensions=[(foreign.CRLDistributionPoints([point]), False)]), named)) is GOOD


def test_a_point_of_another_issuer_is_not_matched() -> None:
    url = foreign.UniformResourceIdentifier("http://crl.agency.uz/1.crl")
    point = foreign.DistributionPoint([url], None, None, [foreign.DirectoryName(world.name("Other"))])
    target = person(extensions=[(foreign.CRLDistributionPoints([point]), False)])
    assert state(check(target, crl(extensions=scope(full_name=[url])))) is UNDETERMINED


def test_lines_for_other_issuers_stand_only_in_an_indirect_list() -> None:
    issuer = foreign.CertificateIssuer([foreign.DirectoryName(world.name("Other"))])
    found = crl((5, AT - DAY, None), entry_extensions=[(issuer, True)])
    report = check(person(), found)
    assert (state(report), warnings(report)) == (UNDETERMINED, ["crl-entry-issuer"])


def test_an_unknown_critical_extension_of_any_line_spoils_the_list() -> None:
    report = check(person(), crl((5, AT - DAY, None), entry_extensions=[(world.unknown(), True)]))
    assert (state(report), warnings(report)) == (UNDETERMINED, ["crl-extension-unknown"])


def test_an_issuer_that_may_not_sign_lists_does_not_acquit() -> None:
    trusted = world.issue("Silent Root", ca=True, usages=["keyCertSign"])
    target = trusted.issue("x")
    report = validate_path(target.certificate, trust=trusted.trust, crls=[trusted.crl()], at=AT)
    assert (state(report), warnings(report)) == (UNDETERMINED, ["crl-signer-usage"])


@pytest.mark.parametrize("mode", list(Revocation))
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"next_update": AT - SECOND, "this_update": AT - DAY},
        {"extensions": [(foreign.DeltaCRLIndicator(1), True)]},
        {"extensions": scope(only_some_reasons=SOME)},
    ],
)
def test_a_revocation_that_is_shown_binds_in_each_mode(mode: Revocation, options: dict[str, Any]) -> None:
    report = check(person(), crl((SERIAL, AT - 2 * DAY, None), **options), mode=mode)
    assert (report.indication, state(report)) == (Indication.FAILED, REVOKED)


def test_a_list_that_is_good_does_not_undo_one_that_revokes() -> None:
    revoking = crl((SERIAL, AT - 2 * DAY, "keyCompromise"))
    for pair in ((crl(), revoking), (revoking, crl())):
        assert state(check(person(), *pair)) is REVOKED


def test_a_hold_ends_with_a_newer_list_that_does_not_have_it() -> None:
    held = crl((SERIAL, AT - 2 * DAY, "certificateHold"), this_update=AT - 2 * DAY)
    assert state(check(person(), held)) is REVOKED
    assert state(check(person(), held, crl())) is GOOD
    assert state(check(person(), crl(this_update=AT - 3 * DAY), held)) is REVOKED


def test_a_revocation_after_the_time_in_question_says_nothing_about_it() -> None:
    later = crl((SERIAL, AT + DAY, None), this_update=AT + DAY, next_update=AT + 2 * DAY)
    assert state(check(person(), later)) is UNDETERMINED
    assert state(check(person(), crl(), later)) is GOOD
    published = crl((SERIAL, AT - DAY, None), this_update=AT + DAY, next_update=AT + 2 * DAY)
    assert state(check(person(), published)) is REVOKED


def test_the_modes_differ_about_what_is_not_shown() -> None:
    stale = crl(next_update=AT - SECOND, this_update=AT - DAY)
    table = {
        (Revocation.REQUIRE, False): Indication.INDETERMINATE,
        (Revocation.REQUIRE, True): Indication.INDETERMINATE,
        (Revocation.UNSAFE_IF_SUPPLIED, False): Indication.PASSED,
        (Revocation.UNSAFE_IF_SUPPLIED, True): Indication.INDETERMINATE,
        (Revocation.UNSAFE_OFF, False): Indication.PASSED,
        (Revocation.UNSAFE_OFF, True): Indication.PASSED,
    }
    for (mode, supplied), expected in table.items():
        report = check(person(), *([stale] if supplied else []), mode=mode)
        assert report.indication is expected
        if expected is Indication.PASSED:
            assert warnings(report) == ["revocation-not-checked"]


def handmade(*fields: bytes) -> CertificateList:
    """A list of the root's with these fields after the issuer."""
    algorithm = crl().signature_algorithm.encode()
    tbs = der.sequence(der.integer(1), algorithm, crl().issuer.raw, *fields)
    signature = world.root().private.sign(tbs, ec.ECDSA(hashes.SHA256()))
    return CertificateList.load(der.sequence(tbs, algorithm, der.bit_string(signature)))


def test_a_list_without_a_next_update_does_not_acquit() -> None:
    report = check(person(), handmade(der.time(AT - DAY)))
    assert (state(report), warnings(report)) == (UNDETERMINED, ["crl-no-next-update"])


def test_lines_that_cannot_be_read_leave_it_undetermined() -> None:
    broken = handmade(der.time(AT - DAY), der.time(AT + DAY), der.sequence(b"\x30\x03\x02\x05\x01"))
    report = check(person(), broken)
    assert (state(report), warnings(report)) == (UNDETERMINED, ["crl-unusable"])


# --- changes ---


def number(value: int) -> tuple[Any, bool]:
    return (foreign.CRLNumber(value), False)


def base(*revoked: tuple[int, datetime, str | None], n: int = 10, **options: Any) -> CertificateList:
    times = {"this_update": AT - 3 * DAY, "next_update": AT + DAY}
    return crl(*revoked, extensions=[number(n), *options.pop("more", ())], **{**times, **options})


def delta(
    *revoked: tuple[int, datetime, str | None], n: int = 12, since: int = 10, **options: Any
) -> CertificateList:
    more = [number(n), (foreign.DeltaCRLIndicator(since), True), *options.pop("more", ())]
    return crl(*revoked, extensions=more, **options)


HELD = (SERIAL, AT - 4 * DAY, "certificateHold")
LOST = (SERIAL, AT - 4 * DAY, "keyCompromise")
FREED = (SERIAL, AT - 2 * DAY, "removeFromCRL")


@pytest.mark.parametrize(
    ("lists", "expected", "reason"),
    [
        ((base(), delta()), GOOD, None),
        ((base(LOST), delta()), REVOKED, "keyCompromise"),
        ((base(), delta(LOST)), REVOKED, "keyCompromise"),
        ((base(HELD), delta()), REVOKED, "certificateHold"),
        ((base(HELD), delta(FREED)), GOOD, None),
        ((base(HELD), delta(HELD)), REVOKED, "certificateHold"),
        ((base(HELD), delta(LOST)), REVOKED, "keyCompromise"),
        ((base(LOST), delta(FREED)), REVOKED, "keyCompromise"),
        ((base(), delta(FREED)), GOOD, None),
        ((base(), delta(HELD, n=11), delta(FREED, n=12)), REVOKED, "certificateHold"),
        ((delta(LOST),), REVOKED, "keyCompromise"),
        ((delta(FREED),), UNDETERMINED, None),
        ((delta(),), UNDETERMINED, None),
    ],
)
def test_changes_are_combined_with_what_they_change(
    lists: tuple[CertificateList, ...], expected: RevocationState, reason: str | None
) -> None:
    for order in (lists, lists[::-1]):
        status = check(person(), *order).revocation[0]
        assert (status.state, status.reason) == (expected, reason)


def test_an_earlier_change_is_released_by_a_later_one() -> None:
    held = delta(HELD, n=11, this_update=AT - 2 * DAY)
    assert state(check(person(), base(), held, delta(FREED, n=12))) is GOOD


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({"n": 12, "since": 10}, True),
        ({"n": 12, "since": 9}, True),
        ({"n": 12, "since": 11}, False),
        ({"n": 10, "since": 9}, False),
        ({"n": 11, "since": 10}, True),
        ({"n": 12, "since": 10, "more": scope(only_contains_user_certs=True)}, False),
        ({"n": 12, "since": 10, "more": [(world.unknown(), True)]}, False),
        ({"n": 12, "since": 10, "next_update": AT - SECOND}, False),
        ({"n": 12, "since": 10, "this_update": AT + SECOND}, False),
        ({"n": 12, "since": 10, "private": world.key("nobody")}, False),
    ],
)
def test_changes_fit_by_number_scope_and_time(changes: dict[str, Any], fits: bool) -> None:
    """A whole list that is out of date acquits only with changes that fit it (RFC 5280 §5.2.4)."""
    old = base(next_update=AT - DAY)
    report = check(person(), old, delta(**changes))
    assert state(report) is (GOOD if fits else UNDETERMINED)
    assert fits or "crl-stale" in warnings(report)
    if fits:
        assert report.revocation[0].this_update == AT - DAY
        assert report.revocation[0].next_update == AT + DAY


def test_a_list_without_a_number_has_no_changes() -> None:
    old = crl(this_update=AT - 2 * DAY, next_update=AT - DAY)
    assert state(check(person(), old, delta())) is UNDETERMINED


def test_changes_without_a_number_are_not_combined() -> None:
    nameless = crl(extensions=[(foreign.DeltaCRLIndicator(10), True)])
    assert state(check(person(), base(next_update=AT - DAY), nameless)) is UNDETERMINED


def test_changes_do_not_mend_what_else_is_wrong_with_a_list() -> None:
    wrong = base(more=[(world.unknown(), True)])
    report = check(person(), wrong, delta())
    assert (state(report), warnings(report)) == (UNDETERMINED, ["crl-extension-unknown", "crl-delta-only"])


# --- numbers, times and versions ---


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (base(n=10), base(n=11, more=[(world.unknown(), True)])),
        (base(n=10, this_update=AT - DAY), base(n=11, this_update=AT - 2 * DAY, next_update=AT - DAY)),
        (crl(this_update=AT - 2 * DAY), crl(extensions=[(world.unknown(), True)])),
    ],
)
def test_a_list_with_a_newer_one_of_its_kind_does_not_acquit(
    older: CertificateList, newer: CertificateList
) -> None:
    assert state(check(person(), older)) is GOOD
    for order in ((older, newer), (newer, older)):
        report = check(person(), *order)
        assert state(report) is UNDETERMINED
        assert "crl-superseded" in warnings(report)


def test_a_list_that_is_not_yet_in_force_supersedes_nothing() -> None:
    assert state(check(person(), base(), base(n=11, this_update=AT + SECOND))) is GOOD


def test_a_list_of_another_scope_supersedes_nothing() -> None:
    broken = base(n=11, more=[*scope(only_contains_user_certs=True), (world.unknown(), True)])
    assert state(check(person(), base(), broken)) is GOOD


def fresh(max_age: int) -> Policy:
    return replace(Policy.default(), freshness=Freshness(max_age))


@pytest.mark.parametrize(
    ("max_age", "age", "code"),
    [(0, 90, None), (3600, 3600, None), (3600, 3601, "crl-too-old")],
)
def test_a_policy_may_demand_fresher_lists(max_age: int, age: int, code: str | None) -> None:
    found = crl(this_update=AT - age * SECOND)
    report = validate_path(
        person().certificate, trust=world.root().trust, crls=[found], at=AT, policy=fresh(max_age)
    )
    assert state(report) is (UNDETERMINED if code else GOOD)
    assert warnings(report) == ([code] if code else [])


def test_the_age_of_a_combined_list_is_that_of_its_changes() -> None:
    for max_age, expected in ((86_400, GOOD), (86_399, UNDETERMINED)):
        report = validate_path(
            person().certificate,
            trust=world.root().trust,
            crls=[base(), delta()],
            at=AT,
            policy=fresh(max_age),
        )
        assert state(report) is expected


def test_freshness_is_read_from_a_policy() -> None:
    text = 'name = "x"\ndigest = []\nkey = []\npurpose = []\nusage = ""\n'
    assert Policy.read(text).freshness.max_age == 0
    assert Policy.read(text + "[freshness]\nmax_age = 60\n").freshness == Freshness(60)
    with pytest.raises(MalformedInput) as e:
        Policy.read(text + '[freshness]\nmax_age = "60"\n')
    assert e.value.code == "policy-malformed"


def test_a_list_of_version_1_acquits_and_is_noted() -> None:
    algorithm = crl().signature_algorithm.encode()
    tbs = der.sequence(algorithm, crl().issuer.raw, der.time(AT - DAY), der.time(AT + DAY))
    signature = world.root().private.sign(tbs, ec.ECDSA(hashes.SHA256()))
    first = CertificateList.load(der.sequence(tbs, algorithm, der.bit_string(signature)))
    report = check(person(), first)
    assert (report.indication, warnings(report)) == (Indication.PASSED, ["crl-version-1"])


# --- reasons ---


def some(*names: str) -> list[tuple[Any, bool]]:
    return scope(only_some_reasons=frozenset(foreign.ReasonFlags[name] for name in names))


KEYS = ("key_compromise", "ca_compromise", "aa_compromise")
REST = (
    *("affiliation_changed", "superseded", "cessation_of_operation"),
    *("certificate_hold", "privilege_withdrawn"),
)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((KEYS, REST), GOOD),
        ((REST, KEYS), GOOD),
        ((KEYS, REST[:-1]), UNDETERMINED),
        ((KEYS, REST[:-1], REST), GOOD),
        ((KEYS,), UNDETERMINED),
        ((KEYS, KEYS), UNDETERMINED),
    ],
)
def test_lists_by_reason_acquit_only_together(
    parts: tuple[tuple[str, ...], ...], expected: RevocationState
) -> None:
    lists = [
        crl(extensions=some(*part), this_update=AT - (n + 1) * DAY, next_update=AT + (n + 1) * DAY)
        for n, part in enumerate(parts)
    ]
    report = check(person(), *lists)
    assert state(report) is expected
    if expected is GOOD:
        assert report.revocation[0].next_update == AT + DAY
        assert report.revocation[0].this_update == AT - len(parts) * DAY


def test_missing_reasons_are_named() -> None:
    report = check(person(), crl(extensions=some(*KEYS, *REST[1:])))
    partial = next(f for f in report.findings if f.code == "crl-partial-reasons")
    assert dict(partial.values) == {"reasons": "affiliationChanged"}


def test_a_hold_ends_only_with_a_list_that_covers_holds() -> None:
    held = crl(HELD, this_update=AT - 2 * DAY)
    without = [crl(extensions=some(*KEYS)), crl(extensions=some(*REST[:3]))]
    assert state(check(person(), held, *without)) is REVOKED
    assert state(check(person(), held, crl(extensions=some(*REST)))) is not REVOKED


# --- time of the revocation ---


def test_a_later_revocation_is_told_without_killing() -> None:
    later = crl((SERIAL, AT + DAY, "keyCompromise"), this_update=AT + 2 * DAY, next_update=AT + 3 * DAY)
    status = check(person(), crl(), later).revocation[0]
    assert (status.state, status.revoked_at, status.reason) == (GOOD, AT + DAY, "keyCompromise")
    status = check(person(), later).revocation[0]
    assert (status.state, status.revoked_at) == (UNDETERMINED, AT + DAY)
    status = check(person(), crl(), later, at=AT + 2 * DAY).revocation[0]
    assert (status.state, status.revoked_at) == (REVOKED, AT + DAY)


@pytest.mark.parametrize(("offset", "expected"), [(-1, REVOKED), (0, REVOKED), (1, GOOD)])
def test_a_revocation_binds_from_its_second_on(offset: int, expected: RevocationState) -> None:
    later = crl((SERIAL, AT + offset * SECOND, None), this_update=AT + DAY, next_update=AT + 2 * DAY)
    assert state(check(person(), crl(), later)) is expected


def test_of_several_revocations_the_final_and_first_is_told() -> None:
    first = crl((SERIAL, AT - 3 * DAY, "superseded"), this_update=AT - 2 * DAY)
    second = crl((SERIAL, AT - 2 * DAY, "keyCompromise"))
    status = check(person(), second, crl(HELD, this_update=AT - 3 * DAY), first).revocation[0]
    assert (status.revoked_at, status.reason) == (AT - 3 * DAY, "superseded")


# --- needs ---


def freshest(url: str) -> tuple[Any, bool]:
    name = foreign.UniformResourceIdentifier(url)
    return (foreign.FreshestCRL([foreign.DistributionPoint([name], None, None, None)]), False)


def issuers_at(url: str) -> tuple[Any, bool]:
    access = foreign.AccessDescription(
        foreign.ObjectIdentifier("1.3.6.1.5.5.7.48.2"), foreign.UniformResourceIdentifier(url)
    )
    return (foreign.AuthorityInformationAccess([access]), False)


CHANGES = "http://crl.agency.uz/delta.crl"


def urls(report: PathReport) -> list[tuple[str, str]]:
    return [(need.kind, need.url) for need in report.needs]


def test_changes_are_asked_for_when_nothing_is_known() -> None:
    assert urls(check(person(extensions=[freshest(CHANGES)]))) == [("crl", CHANGES)]


def test_changes_are_asked_for_even_when_the_list_acquits() -> None:
    for target, found in (
        (person(extensions=[freshest(CHANGES)]), base()),
        (person(), base(more=[freshest(CHANGES)])),
    ):
        report = check(target, found)
        assert (report.indication, urls(report)) == (Indication.PASSED, [("crl", CHANGES)])
        assert urls(check(target, found, delta())) == []
        assert urls(check(target, found, delta(next_update=AT - SECOND))) == [("crl", CHANGES)]
        assert urls(check(target, found, delta(next_update=AT))) == []
        assert urls(check(target, found, delta(this_update=AT))) == []
        assert urls(check(target, found, delta(this_update=AT + SECOND))) == [("crl", CHANGES)]
        assert urls(check(target, found, mode=Revocation.UNSAFE_OFF)) == []


def test_nothing_is_asked_for_about_a_revoked_one() -> None:
    assert urls(check(person(extensions=[freshest(CHANGES)]), crl(LOST))) == []


def test_the_certificate_of_a_missing_issuer_is_asked_for() -> None:
    found = crl(private=world.key("nobody"), extensions=[issuers_at("http://crl.agency.uz/ca.crt")])
    assert urls(check(person(), found)) == [("certificate", "http://crl.agency.uz/ca.crt")]


@pytest.mark.parametrize(("revoked", "expected"), [((), UNDETERMINED), ((LOST,), REVOKED)])
def test_a_list_by_an_algorithm_that_is_not_acceptable_only_revokes(
    revoked: tuple[Any, ...], expected: RevocationState
) -> None:
    strict = replace(Policy.default(), digests=(DigestRule("sha384"),))
    report = validate_path(
        person().certificate, trust=world.root().trust, crls=[crl(*revoked)], at=AT, policy=strict
    )
    assert state(report) is expected
    assert ("algorithm-not-acceptable" in warnings(report)) is (expected is UNDETERMINED)
