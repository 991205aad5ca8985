"""What is demanded of a certificate alone, at the limits of each demand and with the place of each breach."""

from typing import Any

import pytest
from cryptography import x509 as foreign

from esign import der
from esign.findings import Severity
from esign.validation.conformance import objections
from tests.esign.validation import world
from tests.esign.validation.test_name_constraints import _alternative, _general


def told(certificate: Any, *, is_anchor: bool = False) -> list[tuple[str, Severity, str]]:
    return [(f.code, f.severity, f.where) for f in objections(certificate, is_anchor=is_anchor)]


def named(*names: bytes) -> list[str]:
    node = world.root().issue("x", extensions=[(_alternative(*names), False)])
    return [dict(f.values)["name"] for f in objections(node.certificate, is_anchor=False)]


LABELS = ".".join(["a" * 63] * 3)


@pytest.mark.parametrize(("last", "good"), [(60, True), (61, True), (62, False)])
def test_a_host_name_has_at_most_253_characters(last: int, good: bool) -> None:
    host = f"{LABELS}.{'a' * last}"
    assert len(host) in (252, 253, 254)
    assert named(_general("dns", host)) == ([] if good else [host])


@pytest.mark.parametrize(
    ("host", "good"),
    [
        ("a.uz", True),
        ("a-b.uz", True),
        ("*.uz", True),
        ("*", False),
        ("*.", False),
        ("*.*.uz", False),
        ("a.*.uz", False),
        ("-a.uz", False),
        ("a-.uz", False),
        ("a_b.uz", False),
        (".uz", False),
        ("1.uz", True),
        ("1.2.3.4", False),
        ("a" * 63, True),
        ("a" * 64, False),
        ("A.UZ", True),
    ],
)
def test_a_host_name_consists_of_labels_and_is_no_address(host: str, good: bool) -> None:
    assert named(_general("dns", host)) == ([] if good else [host])


@pytest.mark.parametrize(
    ("octets", "good"), [(3, False), (4, True), (5, False), (15, False), (16, True), (17, False)]
)
def test_an_address_has_4_or_16_octets(octets: int, good: bool) -> None:
    shown = "0a" * octets
    assert named(_general("ip", shown)) == ([] if good else [shown])


@pytest.mark.parametrize(("serial", "good"), [(1, True), ((1 << 159) - 1, True)])
def test_a_serial_number_has_at_most_20_octets(serial: int, good: bool) -> None:
    assert (told(world.root().issue("x", serial=serial).certificate) == []) is good


def test_everything_is_told_with_its_place_and_gravity() -> None:
    error, warning = Severity.ERROR, Severity.WARNING
    value = foreign.UnrecognizedExtension(
        foreign.ObjectIdentifier("2.5.29.30"),
        der.sequence(der.tlv(der.context(0), der.sequence(_general("dns", "a")))),
    )
    broken = world.root().issue(
        "x",
        usages=["keyCertSign"],
        key_identifiers=False,
        extensions=[(value, False), (world.unknown(), True)],
    )
    assert told(broken.certificate) == [
        ("extension-not-critical", error, "CN=x,C=UZ"),
        ("extension-unknown", error, "CN=x,C=UZ"),
        ("certificate-signing-by-no-authority", error, "CN=x,C=UZ"),
        ("name-constraints-of-no-authority", error, "CN=x,C=UZ"),
        ("authority-key-identifier-missing", warning, "CN=x,C=UZ"),
    ]


@pytest.mark.parametrize(("is_anchor", "severity"), [(True, Severity.ERROR), (False, Severity.WARNING)])
def test_that_it_is_an_authority_an_anchor_must_say_critically(is_anchor: bool, severity: Severity) -> None:
    constraints = (foreign.BasicConstraints(ca=True, path_length=None), False)
    node = world.issue("x", ca=True, constraints=False, extensions=[constraints])
    assert told(node.certificate, is_anchor=is_anchor) == [
        ("basic-constraints-not-critical", severity, "CN=x,C=UZ")
    ]


def test_an_authority_names_its_key_and_a_person_need_not() -> None:
    authority = world.root().issue("x", ca=True, key_identifiers=False)
    assert [code for code, _, _ in told(authority.certificate)] == [
        "subject-key-identifier-missing",
        "authority-key-identifier-missing",
    ]
    person = world.root().issue("x", key_identifiers=False)
    assert [code for code, _, _ in told(person.certificate)] == ["authority-key-identifier-missing"]
    itself = world.issue("x", ca=True, key_identifiers=False)
    assert [code for code, _, _ in told(itself.certificate)] == ["subject-key-identifier-missing"]


@pytest.mark.parametrize(
    ("value", "oid"),
    [(foreign.PolicyConstraints(1, None), "2.5.29.36"), (foreign.InhibitAnyPolicy(1), "2.5.29.54")],
)
def test_what_the_suite_of_nist_accepts_broken_is_a_warning(value: Any, oid: str) -> None:
    node = world.root().issue("x", ca=True, extensions=[(value, False)])
    (found,) = objections(node.certificate, is_anchor=False)
    assert (found.code, found.severity, found.where) == (
        "extension-not-critical",
        Severity.WARNING,
        "CN=x,C=UZ",
    )
    assert dict(found.values)["oid"] == oid
    assert told(world.root().issue("x", ca=True, extensions=[(value, True)]).certificate) == []
