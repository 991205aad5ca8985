"""Undetermined is never good: whatever is wrong with a list leaves the certificate undetermined."""

from datetime import datetime
from typing import Any

import pytest
from cryptography import x509 as foreign
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from esign import der
from esign.findings import Indication, Severity, SubIndication
from esign.material import Need
from esign.validation.path import validate_path
from esign.validation.policy import Revocation
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
        ({"extensions": scope(indirect_crl=True)}, "crl-indirect-unsupported"),
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


def test_lines_for_other_issuers_are_never_ignored() -> None:
    issuer = foreign.CertificateIssuer([foreign.DirectoryName(world.name("Other"))])
    found = crl((5, AT - DAY, None), entry_extensions=[(issuer, True)])
    report = check(person(), found)
    assert (state(report), warnings(report)) == (UNDETERMINED, ["crl-indirect-unsupported"])


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
