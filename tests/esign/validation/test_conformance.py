"""Each demand on a certificate itself is met once and broken once, and weighs what the documents say."""

from collections.abc import Sequence
from typing import Any

import pytest
from cryptography import x509 as foreign
from cryptography.x509.oid import NameOID

from esign import der
from esign.findings import Severity
from esign.validation.conformance import objections
from esign.x509 import Certificate
from tests.esign.validation import world
from tests.esign.validation.world import Node

HOST = "2.5.29.17"


def found(certificate: Certificate, *, is_anchor: bool = False) -> list[tuple[str, str]]:
    """The codes with `error` or `warning`."""
    return [(f.code, f.severity.value) for f in objections(certificate, is_anchor=is_anchor)]


def raw(oid: str, value: bytes) -> Any:
    return foreign.UnrecognizedExtension(foreign.ObjectIdentifier(oid), value)


def _names(*names: bytes) -> Any:
    return raw(HOST, der.sequence(*names))


def dns(text: str) -> bytes:
    return der.tlv(0x82, text.encode())


KEY = foreign.SubjectKeyIdentifier(b"12345678")
ISSUER_KEY = foreign.AuthorityKeyIdentifier(b"12345678", None, None)
ACCESS = foreign.AuthorityInformationAccess(
    [
        foreign.AccessDescription(
            foreign.ObjectIdentifier("1.3.6.1.5.5.7.48.2"), foreign.UniformResourceIdentifier("http://a.uz")
        )
    ]
)
POINTS = foreign.FreshestCRL(
    [foreign.DistributionPoint([foreign.UniformResourceIdentifier("http://a.uz")], None, None, None)]
)
LIMITS = foreign.NameConstraints([foreign.DNSName("gov.uz")], None)
EXPLICIT = foreign.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=None)


@pytest.mark.parametrize(
    ("extension", "critical", "expected"),
    [
        (world.unknown(), False, []),
        (world.unknown(), True, [("extension-unknown", "error")]),
        (KEY, True, [("extension-critical", "error")]),
        (ISSUER_KEY, True, [("extension-critical", "error")]),
        (ACCESS, False, []),
        (ACCESS, True, [("extension-critical", "error")]),
        (POINTS, True, [("extension-critical", "error")]),
        (foreign.OCSPNoCheck(), True, []),
        (LIMITS, True, []),
        (LIMITS, False, [("extension-not-critical", "error")]),
        (EXPLICIT, True, []),
        (EXPLICIT, False, [("extension-not-critical", "warning")]),
        (foreign.InhibitAnyPolicy(0), False, [("extension-not-critical", "warning")]),
    ],
)
def test_extensions_are_as_critical_as_they_must_be(
    extension: Any, critical: bool, expected: list[tuple[str, str]]
) -> None:
    own = extension in (KEY, ISSUER_KEY)
    rest = [e for e in (KEY, ISSUER_KEY) if own and e is not extension]
    node = world.root().issue(
        "x",
        ca=True,
        key_identifiers=not own,
        extensions=[(extension, critical), *((e, False) for e in rest)],
    )
    assert found(node.certificate) == expected


@pytest.mark.parametrize(
    ("name", "good"),
    [
        (dns("gov.uz"), True),
        (dns("*.gov.uz"), True),
        (dns("localhost"), True),
        (dns("xn--p1ag.x-1"), True),
        (dns("1.gov.uz"), True),
        (dns(".".join(["a" * 49] * 5)), True),
        (dns(".".join(["a" * 50] * 5)), False),
        (dns(""), False),
        (dns("gov.uz."), False),
        (dns(".gov.uz"), False),
        (dns("a..uz"), False),
        (dns("a_b.uz"), False),
        (dns("a b.uz"), False),
        (dns("-a.uz"), False),
        (dns("a.*.uz"), False),
        (dns("*"), False),
        (dns("8.8.8.8"), False),
        (dns("8"), False),
        (der.tlv(0x87, b"1234"), True),
        (der.tlv(0x87, b"1" * 16), True),
        (der.tlv(0x87, b"12345"), False),
        (der.tlv(0x81, b"not a host"), True),
    ],
)
def test_a_host_name_is_one(name: bytes, good: bool) -> None:
    node = world.root().issue("x", extensions=[(_names(name), False)])
    assert found(node.certificate) == ([] if good else [("name-malformed", "error")])


EMPTY = foreign.Name([])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"extensions": [(_names(dns("a.uz")), True)]}, []),
        ({"extensions": [(_names(dns("a.uz")), False)]}, [("subject-empty", "error")]),
        ({}, [("subject-empty", "error")]),
        ({"extensions": [(_names(dns("a.uz")), True)], "ca": True}, [("subject-empty", "error")]),
    ],
)
def test_a_subject_may_be_empty_beside_a_critical_name(
    options: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert found(world.root().issue("x", subject=EMPTY, **options).certificate) == expected


def test_an_issuer_has_a_name() -> None:
    class Nameless(Node):
        @property
        def subject(self) -> foreign.Name:
            return EMPTY

    node = Nameless(world.root().certificate, world.root().private).issue("x")
    assert found(node.certificate) == [("issuer-empty", "error")]


def _with_serial(value: bytes) -> Certificate:
    """A serial number of these octets; the signature no longer holds, which is not asked here."""
    node = world.root().issue("x", serial=(1 << 158) + 1)
    old = der.integer((1 << 158) + 1)
    return Certificate.load(node.certificate.raw.replace(old, old[:2] + value, 1))


@pytest.mark.parametrize(
    ("octets", "good"),
    [(b"\x7f" + b"\0" * 19, True), (b"\x80" + b"\0" * 19, False), (b"\xc0" + b"\0" * 19, False)],
)
def test_a_serial_number_is_positive(octets: bytes, good: bool) -> None:
    certificate = _with_serial(octets)
    assert found(certificate) == ([] if good else [("serial-number-malformed", "error")])
    assert found(certificate, is_anchor=True) == []


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"usages": ["digitalSignature"]}, []),
        ({"usages": ["keyCertSign"]}, [("certificate-signing-by-no-authority", "error")]),
        ({"usages": ["keyCertSign"], "ca": True}, []),
    ],
)
def test_only_an_authority_signs_certificates(
    options: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert found(world.root().issue("x", **options).certificate) == expected


@pytest.mark.parametrize(
    ("ca", "expected"), [(True, []), (False, [("name-constraints-of-no-authority", "error")])]
)
def test_only_an_authority_constrains_names(ca: bool, expected: list[tuple[str, str]]) -> None:
    assert found(world.root().issue("x", ca=ca, extensions=[(LIMITS, True)]).certificate) == expected


SOFT = [(foreign.BasicConstraints(ca=True, path_length=None), False)]


@pytest.mark.parametrize(("is_anchor", "severity"), [(False, "warning"), (True, "error")])
def test_that_it_is_an_authority_an_anchor_says_critically(is_anchor: bool, severity: str) -> None:
    certificate = world.root().issue("x", extensions=SOFT, usages=["keyCertSign"]).certificate
    assert found(certificate, is_anchor=is_anchor) == [("basic-constraints-not-critical", severity)]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (world.root().issue("x", key_identifiers=False), ["authority-key-identifier-missing"]),
        (
            world.root().issue("x", ca=True, key_identifiers=False),
            ["subject-key-identifier-missing", "authority-key-identifier-missing"],
        ),
        (world.issue("x", ca=True, key_identifiers=False), ["subject-key-identifier-missing"]),
        (world.issue("x", usages=None, key_identifiers=False), []),
    ],
)
def test_key_identifiers_are_only_asked_for(node: Node, expected: Sequence[str]) -> None:
    assert found(node.certificate) == [(code, Severity.WARNING.value) for code in expected]


def test_a_certificate_of_version_1_has_no_extension_to_miss() -> None:
    subject = world.name("x", (NameOID.ORGANIZATION_NAME, "y"))
    node = world.root().issue("x", subject=subject, usages=None, key_identifiers=False)
    assert node.certificate.version == 3
    assert found(_as_version_1(node.certificate)) == []


def _as_version_1(certificate: Certificate) -> Certificate:
    outer = der.Fields.of(der.decode(certificate.raw))
    tbs = der.Fields.of(outer.take())
    tbs.take(der.context(0))
    return Certificate.load(
        der.sequence(der.sequence(*(f.raw for f in tbs.rest())), *(f.raw for f in outer.rest()))
    )
