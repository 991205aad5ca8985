"""For whom a list speaks: truth tables of every field that says so (RFC 5280 §6.3.3)."""

from itertools import product
from typing import Any

import pytest
from cryptography import x509 as foreign

from esign import der, extensions
from esign.crl import CertificateList
from esign.validation.crl_scope import ALL_REASONS, concerns, covered_reasons
from esign.x509 import Certificate
from tests.esign.validation import world

FIRST, SECOND = (foreign.UniformResourceIdentifier(f"http://crl.agency.uz/{n}.crl") for n in (1, 2))
ROOT, OTHER = (foreign.DirectoryName(world.name(common)) for common in ("Root", "Other"))
KEY = frozenset({foreign.ReasonFlags.key_compromise})
HOLD = frozenset({foreign.ReasonFlags.certificate_hold})


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


def listing(issuer: str = "Root", **options: Any) -> CertificateList:
    node = world.root() if issuer == "Root" else world.issue(issuer, ca=True)
    return node.crl(extensions=scope(**options) if options else ())


def relative(common: str) -> foreign.RelativeDistinguishedName:
    return foreign.RelativeDistinguishedName(
        [foreign.NameAttribute(foreign.ObjectIdentifier("2.5.4.3"), common)]
    )


def below(node_name: foreign.Name, common: str) -> foreign.DirectoryName:
    return foreign.DirectoryName(foreign.Name([*node_name.rdns, relative(common)]))


def point(*names: Any, issuers: Any = (), reasons: Any = None, relative_name: Any = None) -> Any:
    return foreign.DistributionPoint(list(names) or None, relative_name, reasons, list(issuers) or None)


def holder(*points: Any, **options: Any) -> Certificate:
    named = [(foreign.CRLDistributionPoints(list(points)), False)] if points else []
    return world.root().issue("x", extensions=named, **options).certificate


@pytest.mark.parametrize(("user", "ca", "attribute", "is_ca"), list(product((False, True), repeat=4)))
def test_flags_of_kind(user: bool, ca: bool, attribute: bool, is_ca: bool) -> None:
    expected = not attribute and not (user and is_ca) and not (ca and not is_ca)
    flags = {"user": user, "ca": ca, "attribute": attribute}
    if sum(flags.values()) > 1:
        # RFC 5280 §5.2.5: at most one of them; two together exclude everything.
        expected = False
    crl = _with_flags(flags)
    assert bool(covered_reasons(crl, holder(ca=is_ca))) is expected


def _with_flags(flags: dict[str, bool]) -> CertificateList:
    plain = world.root().crl()
    tags = {"user": 1, "ca": 2, "attribute": 5}
    value = der.sequence(*(der.implicit(tags[n], der.boolean(True)) for n in tags if flags[n]))
    listed = der.sequence(
        der.oid(extensions.ISSUING_DISTRIBUTION_POINT), der.boolean(True), der.octet_string(value)
    )
    algorithm = plain.signature_algorithm.encode()
    tbs = der.sequence(
        der.integer(1),
        algorithm,
        plain.issuer.raw,
        der.time(world.AT),
        der.time(world.AT),
        der.explicit(0, der.sequence(listed)),
    )
    return CertificateList.load(der.sequence(tbs, algorithm, der.bit_string(bytes(64))))


@pytest.mark.parametrize(
    ("listed", "points", "expected"),
    [
        ({}, [], True),
        ({}, [point(FIRST)], True),
        ({"only_contains_user_certs": True}, [point(FIRST)], True),
        ({"full_name": [FIRST]}, [], False),
        ({"full_name": [ROOT]}, [], True),
        ({"full_name": [ROOT]}, [point(FIRST)], True),
        ({"full_name": [FIRST]}, [point(FIRST)], True),
        ({"full_name": [FIRST]}, [point(SECOND)], False),
        ({"full_name": [FIRST]}, [point(SECOND), point(FIRST)], True),
        ({"full_name": [FIRST, SECOND]}, [point(SECOND)], True),
        ({"full_name": [FIRST]}, [point(FIRST, SECOND)], True),
        ({"relative_name": relative("1")}, [point(relative_name=relative("1"))], True),
        ({"relative_name": relative("1")}, [point(relative_name=relative("2"))], False),
        ({"relative_name": relative("1")}, [point(below(world.name("Root"), "1"))], True),
        ({"full_name": [below(world.name("Root"), "1")]}, [point(relative_name=relative("1"))], True),
        ({"full_name": [below(world.name("Other"), "1")]}, [point(relative_name=relative("1"))], False),
        ({"full_name": [FIRST]}, [point(FIRST, issuers=[OTHER])], False),
        ({"indirect_crl": True}, [], True),
        ({"indirect_crl": True, "full_name": [FIRST]}, [point(FIRST)], True),
        ({"indirect_crl": True, "full_name": [FIRST]}, [point(FIRST, issuers=[ROOT])], True),
    ],
)
def test_points_of_the_issuers_own_lists(listed: dict[str, Any], points: list[Any], expected: bool) -> None:
    certificate = holder(*points)
    crl = listing(**listed)
    assert concerns(crl, certificate)
    assert covered_reasons(crl, certificate) == (ALL_REASONS if expected else frozenset())


@pytest.mark.parametrize(
    ("listed", "points", "expected"),
    [
        ({"indirect_crl": True}, [point(FIRST, issuers=[OTHER])], True),
        ({}, [point(FIRST, issuers=[OTHER])], False),
        ({"only_contains_user_certs": True}, [point(FIRST, issuers=[OTHER])], False),
        ({"indirect_crl": True}, [point(issuers=[OTHER])], True),
        ({"indirect_crl": True, "full_name": [FIRST]}, [point(FIRST, issuers=[OTHER])], True),
        ({"indirect_crl": True, "full_name": [FIRST]}, [point(SECOND, issuers=[OTHER])], False),
        ({"indirect_crl": True, "full_name": [OTHER]}, [point(issuers=[OTHER])], True),
        ({"indirect_crl": True, "full_name": [FIRST]}, [point(issuers=[OTHER])], False),
        (
            {"indirect_crl": True, "full_name": [below(world.name("Other"), "1")]},
            [point(relative_name=relative("1"), issuers=[OTHER])],
            True,
        ),
        (
            {"indirect_crl": True, "full_name": [below(world.name("Root"), "1")]},
            [point(relative_name=relative("1"), issuers=[OTHER])],
            False,
        ),
        ({"indirect_crl": True}, [point(FIRST, issuers=[ROOT, OTHER])], True),
    ],
)
def test_points_of_another_issuer(listed: dict[str, Any], points: list[Any], expected: bool) -> None:
    certificate = holder(*points)
    crl = listing("Other", **listed)
    assert concerns(crl, certificate)
    assert covered_reasons(crl, certificate) == (ALL_REASONS if expected else frozenset())


def test_a_list_of_an_issuer_that_is_not_named_concerns_nobody() -> None:
    crl = listing("Other", indirect_crl=True)
    for certificate in (holder(), holder(point(FIRST)), holder(point(FIRST, issuers=[ROOT]))):
        assert not concerns(crl, certificate)
        assert not covered_reasons(crl, certificate)


@pytest.mark.parametrize(
    ("listed", "pointed", "expected"),
    [
        (None, None, ALL_REASONS),
        (KEY, None, {"keyCompromise"}),
        (None, KEY, ALL_REASONS),
        (KEY, KEY, {"keyCompromise"}),
        (KEY | HOLD, HOLD, {"certificateHold", "keyCompromise"}),
    ],
)
def test_reasons_of_a_whole_list(listed: Any, pointed: Any, expected: Any) -> None:
    """The point that is not named covers all reasons, so those of the list decide."""
    crl = listing(only_some_reasons=listed) if listed else listing()
    assert covered_reasons(crl, holder(point(FIRST, reasons=pointed))) == expected


@pytest.mark.parametrize(
    ("listed", "pointed", "expected"),
    [
        (None, None, ALL_REASONS),
        (KEY, None, {"keyCompromise"}),
        (None, KEY, {"keyCompromise"}),
        (KEY, KEY, {"keyCompromise"}),
        (KEY | HOLD, HOLD, {"certificateHold"}),
        (KEY, HOLD, frozenset()),
    ],
)
def test_reasons_of_a_part(listed: Any, pointed: Any, expected: Any) -> None:
    crl = listing(full_name=[FIRST], only_some_reasons=listed)
    assert covered_reasons(crl, holder(point(FIRST, reasons=pointed))) == expected


def test_reasons_of_several_points_add_up() -> None:
    crl = listing(full_name=[FIRST])
    points = point(FIRST, reasons=KEY), point(FIRST, reasons=HOLD), point(SECOND)
    assert covered_reasons(crl, holder(*points)) == {"keyCompromise", "certificateHold"}
