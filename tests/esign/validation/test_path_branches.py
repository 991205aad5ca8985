"""Rules of paths whose neighbours are easily mistaken for them: each with the case that tells them apart."""

from datetime import datetime
from typing import Any

import pytest
from cryptography import x509 as foreign
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from esign import der
from esign.findings import Finding, Indication, Severity
from esign.ocsp import OCSPResponse, ResponseStatus, encode_error
from esign.validation.path import validate_path
from esign.validation.policy import Policy, Revocation
from esign.validation.report import PathReport
from esign.x509 import Certificate, Trust
from tests.esign.validation import world
from tests.esign.validation.test_ocsp import answer
from tests.esign.validation.world import AT, DAY, Node

CRITICAL = [(world.unknown(), True)]


def check(target: Node, *pool: Node, trust: Trust | None = None, **options: Any) -> PathReport:
    options = {"at": AT, "revocation": Revocation.UNSAFE_OFF, **options}
    certificates = [node.certificate for node in pool]
    return validate_path(target.certificate, pool=certificates, trust=trust or world.root().trust, **options)


def errors(report: PathReport) -> list[str]:
    return [f.code for f in report.findings if f.severity is Severity.ERROR]


def places(report: PathReport) -> list[tuple[str, str]]:
    return [(f.code, f.where) for f in report.findings if f.severity is Severity.ERROR]


def failed(report: PathReport) -> list[Finding]:
    return [f for f in report.findings if f.code == "candidate-path-failed"]


def version_1(node: Node, *, by: Node) -> Node:
    """The same certificate without version and extensions, signed by the key of `by`."""
    tbs, algorithm, _ = der.decode(node.certificate.raw).children()
    fields = [part.raw for part in tbs.children() if part.tag not in (der.context(0), der.context(3))]
    made = der.sequence(*fields)
    signature = der.bit_string(by.private.sign(made, ec.ECDSA(hashes.SHA256())))
    return Node(Certificate.load(der.sequence(made, algorithm.raw, signature)), node.private, by)


# --- who is an authority ---


def test_only_an_anchor_may_be_of_version_1() -> None:
    authority = version_1(world.root().issue("Old", ca=True), by=world.root())
    leaf = authority.issue("x")
    assert errors(check(leaf, authority, trust=authority.trust)) == []
    assert errors(check(leaf, authority)) == ["not-an-authority"]


def test_an_anchor_of_version_3_must_say_that_it_is_an_authority() -> None:
    anchor = world.issue("No authority")
    assert "not-an-authority" in errors(check(anchor.issue("x"), trust=anchor.trust))


def test_an_anchor_that_may_not_sign_certificates_fails() -> None:
    anchor = world.issue("Signs lists", ca=True, usages=["cRLSign"])
    assert errors(check(anchor.issue("x"), trust=anchor.trust)) == ["authority-key-usage"]


# --- candidates ---


def twins(*options: dict[str, Any]) -> list[Node]:
    """Authorities of one name and key, to be tried in this order."""
    return [
        world.root().issue(
            "Twin",
            **{
                "ca": True,
                "private": world.key("twin"),
                "serial": n + 1,
                "not_before": AT - (n + 1) * DAY,
                **o,
            },
        )
        for n, o in enumerate(options)
    ]


def test_every_candidate_that_failed_is_told_once() -> None:
    pool = twins({"extensions": CRITICAL}, {"path_length": 0, "usages": ["cRLSign"]}, {})
    report = check(pool[0].issue("x"), *pool)
    assert report.indication is Indication.PASSED
    told = [dict(f.values) for f in failed(report)]
    assert sorted(t["reason"] for t in told) == ["authority-key-usage", "extension-unknown"]
    assert {t["path"] for t in told} == {"CN=Twin,C=UZ <- CN=Root,C=UZ"}


def test_when_all_fail_each_other_one_is_told() -> None:
    pool = twins({"extensions": CRITICAL}, {"usages": ["cRLSign"]}, {"not_after": AT - DAY / 2})
    report = check(pool[0].issue("x"), *pool)
    assert errors(report) == ["certificate-expired"]
    assert {dict(f.values)["reason"] for f in failed(report)} == {"extension-unknown", "authority-key-usage"}


def test_of_two_that_come_equally_close_the_first_is_reported() -> None:
    pool = twins({"extensions": CRITICAL}, {"usages": ["cRLSign"]})
    assert errors(check(pool[0].issue("x"), *pool)) == ["extension-unknown"]


def test_a_warning_is_not_the_reason_of_a_candidate() -> None:
    pool = twins({"key_identifiers": False, "usages": ["cRLSign"], "not_before": AT - DAY}, {"serial": 9})
    report = check(pool[0].issue("x", key_identifiers=False), *pool)
    assert [dict(f.values)["reason"] for f in failed(report)] == ["authority-key-usage"]


# --- evidence that is none ---


@pytest.mark.parametrize("mode", [Revocation.UNSAFE_IF_SUPPLIED, Revocation.REQUIRE])
def test_an_answer_that_is_an_error_is_no_evidence_that_was_supplied(mode: Revocation) -> None:
    refusal = OCSPResponse.load(encode_error(ResponseStatus.TRY_LATER))
    report = check(world.root().issue("x"), ocsp=[refusal], revocation=mode)
    demanded = mode is Revocation.REQUIRE
    assert errors(report) == (["revocation-undetermined"] if demanded else [])


def test_an_answer_about_another_certificate_is_no_evidence_that_was_supplied() -> None:
    about_another = answer()
    mode = Revocation.UNSAFE_IF_SUPPLIED
    report = check(world.root().issue("x"), ocsp=[about_another], revocation=mode)
    assert errors(report) == []
    report = check(
        world.person(), world.intermediate(), ocsp=[answer(signed_by=world.root())], revocation=mode
    )
    assert places(report) == [("revocation-undetermined", "CN=Aliyev A.,C=UZ")]


# --- times ---


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (AT.replace(microsecond=999_999), []),
        (AT.replace(second=1), ["certificate-expired"]),
    ],
)
def test_the_last_second_is_good_to_its_end(at: datetime, code: list[str]) -> None:
    assert errors(check(world.root().issue("x", not_after=AT), at=at)) == code


# --- limits of a report ---


def test_a_report_has_at_most_fifty_findings() -> None:
    many = [(world.unknown(f"1.3.6.1.4.1.55555.{n}"), True) for n in range(60)]
    assert len(check(world.root().issue("x", extensions=many)).findings) == 50


def test_a_report_has_at_most_fifty_dead_ends() -> None:
    above = [world.issue(f"Unknown {n}", ca=True, private=world.key("above")) for n in range(60)]
    dead = [node.issue("Dead", ca=True, private=world.key("dead")) for node in above]
    assert errors(check(dead[0].issue("x"), *dead)) == ["issuer-missing"] * 50
    assert errors(check(dead[0].issue("x"), *dead[:50])) == ["issuer-missing"] * 50
    assert errors(check(dead[0].issue("x"), *dead[:49])) == ["issuer-missing"] * 49


# --- purposes ---


@pytest.mark.parametrize("usage", [p.name for p in Policy.default().purposes])
def test_a_certificate_with_every_usage_serves_every_purpose(usage: str) -> None:
    purpose = Policy.default().purpose(usage)
    usages = ["digitalSignature", "keyEncipherment", "cRLSign"]
    leaf = world.root().issue("x", usages=usages, eku=purpose.extended_key_usage)
    assert errors(check(leaf, usage=usage)) == []


@pytest.mark.parametrize("usage", [p.name for p in Policy.default().purposes])
def test_a_certificate_with_other_usages_serves_none(usage: str) -> None:
    purpose = Policy.default().purpose(usage)
    leaf = world.root().issue("x", usages=["dataEncipherment"], eku=["1.3.6.1.5.5.7.3.3"])
    wanted = ["key-usage", "extended-key-usage"] if purpose.extended_key_usage else ["key-usage"]
    report = check(leaf, usage=usage)
    assert errors(report) == wanted
    assert dict(report.findings[0].values)["usage"] == usage
    assert {f.where for f in report.findings} == {"CN=x,C=UZ"}


def test_subject_names_of_failed_authorities_are_told_as_places() -> None:
    middle = world.root().issue("Middle", ca=True, path_length=0, usages=["cRLSign"])
    lower = middle.issue("Lower", ca=True)
    report = check(lower.issue("x"), middle, lower)
    assert places(report) == [("authority-key-usage", "CN=Middle,C=UZ"), ("path-length", "CN=Lower,C=UZ")]


def test_a_constraint_that_cannot_be_read_is_told_with_its_place() -> None:
    broken = foreign.UnrecognizedExtension(foreign.ObjectIdentifier("2.5.29.30"), b"\x30\x00")
    authority = world.root().issue("Broken", ca=True, extensions=[(broken, True)])
    report = check(authority.issue("x"), authority)
    assert places(report) == [("name-constraints-malformed", "CN=Broken,C=UZ")]


def test_a_certificate_without_key_usage_serves_every_purpose() -> None:
    for purpose in Policy.default().purposes:
        leaf = world.root().issue("x", usages=None, eku=purpose.extended_key_usage)
        assert errors(check(leaf, usage=purpose.name)) == []


def test_a_certificate_without_extended_key_usage_serves_where_it_need_not_say() -> None:
    for purpose in Policy.default().purposes:
        leaf = world.root().issue("x", usages=["digitalSignature", "keyAgreement", "cRLSign"])
        expected = ["extended-key-usage"] if purpose.explicit else []
        assert errors(check(leaf, usage=purpose.name)) == expected


def test_any_extended_key_usage_serves_every_purpose() -> None:
    for purpose in Policy.default().purposes:
        leaf = world.root().issue(
            "x", usages=["digitalSignature", "keyAgreement", "cRLSign"], eku=["2.5.29.37.0"]
        )
        assert errors(check(leaf, usage=purpose.name)) == []


# --- an anchor is the end ---


def test_no_path_goes_on_above_an_anchor() -> None:
    trust = Trust((world.root().certificate, world.intermediate().certificate))
    leaf = world.intermediate().issue("x", extensions=CRITICAL)
    report = check(leaf, trust=trust)
    assert len(report.path) == 2
    assert failed(report) == []
