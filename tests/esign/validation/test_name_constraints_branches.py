"""Names and subtrees that differ in one thing only, and what is said about those that do not pass."""

import pytest

from esign import der
from esign.errors import MalformedInput
from esign.findings import Finding, Severity
from esign.validation.name_constraints import NameConstraints, violations
from esign.x509 import Certificate
from tests.esign.validation import world
from tests.esign.validation.test_name_constraints import (
    BANNED,
    OK,
    OUT,
    UNCLEAR,
    _alternative,
    _general,
    _mailbox,
    codes,
    constraints,
)

UNSUPPORTED = ["name-constraint-unsupported"]
OTHER = der.tlv(der.context(0), der.oid("1.2.3"), der.explicit(0, der.utf8("x")))
REGISTERED = der.tlv(0x88, b"\x2a\x03")


def holder(*names: bytes) -> Certificate:
    return world.root().issue("x", extensions=[(_alternative(*names), False)]).certificate


def found(limits: NameConstraints, *names: bytes) -> list[Finding]:
    return list(violations(holder(*names), [limits], spend=lambda amount: None))


def subtrees(*encoded: bytes, number: int = 0) -> bytes:
    return der.tlv(der.context(number), *(der.sequence(name) for name in encoded))


@pytest.mark.parametrize("name", [OTHER, REGISTERED])
def test_a_name_of_another_form_is_bound_by_no_constraint_on_these(name: bytes) -> None:
    for text in ("dns:gov.uz", "mail:gov.uz", "uri:gov.uz", "ip:0a000000ff000000", "dir:O=x"):
        assert codes(constraints(excluded=(text,)), name) == OK


@pytest.mark.parametrize(
    ("base", "name", "expected"),
    [
        (OTHER, OTHER, UNSUPPORTED),
        (OTHER, _mailbox("a@gov.uz"), UNSUPPORTED),
        (_mailbox("a@gov.uz"), OTHER, UNSUPPORTED),
        (_mailbox("a@gov.uz"), _mailbox("b@gov.uz"), UNSUPPORTED),
        (_mailbox("a@gov.uz"), _general("mail", "b@gov.uz"), OK),
        (OTHER, REGISTERED, OK),
        (REGISTERED, REGISTERED, UNSUPPORTED),
        (REGISTERED, OTHER, OK),
    ],
)
def test_a_constraint_on_another_form_forbids_the_names_of_that_form(
    base: bytes, name: bytes, expected: list[str]
) -> None:
    for number in (0, 1):
        limits = NameConstraints.read(der.sequence(subtrees(base, number=number)))
        assert [f.code for f in found(limits, name)] == expected


@pytest.mark.parametrize(
    ("excluded", "name", "expected"),
    [
        ("dns:www.evil.uz", "dns:evil.uz", OK),
        ("dns:www.evil.uz", "dns:www.evil.uz", BANNED),
        ("dns:www.evil.uz", "dns:*.uz", BANNED),
        ("dns:wwwevil.uz", "dns:*.evil.uz", OK),
        ("dns:", "dns:any.uz", BANNED),
        ("mail:", "mail:a@any.uz", BANNED),
        ("mail:.evil.uz", "mail:a@evil.uz", OK),
        ("mail:.evil.uz", "mail:a@x.evil.uz", BANNED),
        ("mail:b@evil.uz", "mail:a@evil.uz", OK),
        ("mail:a@evil.uz", "mail:a@good.uz", OK),
        ("mail:@evil.uz", "mail:a@good.uz", UNCLEAR),
        ("mail:a@.evil.uz", "mail:a@evil.uz", UNCLEAR),
        ("mail:a@.evil.uz", "mail:a@x.evil.uz", UNCLEAR),
        ("uri:.evil.uz", "uri:https://evil.uz", OK),
        ("uri:.evil.uz", "uri:https://x.evil.uz", BANNED),
        ("ip:" + "00" * 32, "ip:0a010203", OK),
        ("ip:" + "00" * 32, "ip:" + "01" * 16, BANNED),
        ("ip:0000000000000000", "ip:0a010203", BANNED),
        ("ip:0a010203ffffffff", "ip:0a010203", BANNED),
        ("ip:0a010203ffffffff", "ip:0a010202", OK),
        ("ip:0a010203fffffffe", "ip:0a010202", BANNED),
        ("ip:0a010203fffffffd", "ip:0a010202", UNCLEAR),
        ("ip:0a0102037fffffff", "ip:0a010202", UNCLEAR),
    ],
)
def test_excluded_subtrees_and_their_neighbours(excluded: str, name: str, expected: list[str]) -> None:
    assert codes(constraints(excluded=(excluded,)), _general(*name.split(":", 1))) == expected


@pytest.mark.parametrize("octets", [0, 7, 9, 16, 31, 33])
def test_an_address_and_its_mask_have_8_or_32_octets(octets: int) -> None:
    for limits in (constraints((f"ip:{'00' * octets}",)), constraints(excluded=(f"ip:{'00' * octets}",))):
        assert codes(limits, _general("ip", "0a010203")) == UNCLEAR


def test_one_of_several_permitted_subtrees_is_enough_and_one_excluded_too() -> None:
    limits = constraints(permitted=("dns:a.uz", "dns:b.uz"), excluded=("dns:x.a.uz", "dns:x.b.uz"))
    assert codes(limits, _general("dns", "y.b.uz"), _general("dns", "y.a.uz")) == OK
    assert codes(limits, _general("dns", "x.b.uz")) == BANNED
    assert codes(limits, _general("dns", "c.uz")) == OUT


def test_a_name_is_shown_as_text_or_in_hexadecimal() -> None:
    limits = NameConstraints.read(
        der.sequence(subtrees(_general("dns", "gov.uz"), _general("ip", "0a000000ff000000")))
    )
    problems = found(limits, _general("ip", "0b010203"), _general("dns", "evil.uz"))
    assert [(f.severity, f.where, dict(f.values)["name"]) for f in problems] == [
        (Severity.ERROR, "CN=x,C=UZ", "0b010203"),
        (Severity.ERROR, "CN=x,C=UZ", "evil.uz"),
    ]


def test_comparisons_are_counted_before_they_are_made() -> None:
    spent: list[int] = []
    limits = NameConstraints.read(
        der.sequence(
            subtrees(_general("dns", "gov.uz"), _general("dns", "uz")),
            subtrees(_general("dns", "x.uz"), number=1),
        )
    )
    names = [_general("dns", "gov.uz"), _general("dns", "y.uz")]
    # Three names, the subject among them, and each subtree once more for itself.
    assert list(violations(holder(*names), [limits], spend=spent.append)) == []
    assert spent == [3 * (1 + 3)]


@pytest.mark.parametrize(
    "value",
    [
        der.sequence(),
        der.sequence(subtrees(_general("dns", "a")), der.null()),
        der.sequence(subtrees(_general("dns", "a"), number=1), subtrees(_general("dns", "a"))),
        der.sequence(der.tlv(der.context(0), der.sequence(_general("dns", "a"), der.null()))),
        der.sequence(
            der.tlv(der.context(0), der.sequence(_general("dns", "a"), der.implicit(0, der.integer(1))))
        ),
        der.sequence(
            der.tlv(der.context(0), der.sequence(_general("dns", "a"), der.implicit(1, der.integer(1))))
        ),
    ],
)
def test_constraints_with_a_mistake_are_refused(value: bytes) -> None:
    with pytest.raises(MalformedInput) as e:
        NameConstraints.read(value)
    assert (e.value.code, e.value.where) == ("malformed-input", "extension 2.5.29.30")


def test_a_minimum_of_zero_is_no_distance() -> None:
    base = der.sequence(_general("dns", "gov.uz"), der.implicit(0, der.integer(0)))
    read = NameConstraints.read(der.sequence(der.tlv(der.context(0), base)))
    assert [name.text for name in read.permitted] == ["gov.uz"]
    assert read.excluded == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a" * 63 + ".gov.uz", OK),
        ("a" * 64 + ".gov.uz", ["name-malformed", *UNCLEAR]),
        ("a-b.gov.uz", OK),
        ("-a.gov.uz", ["name-malformed", *UNCLEAR]),
        ("a-.gov.uz", ["name-malformed", *UNCLEAR]),
        ("a..gov.uz", ["name-malformed", *UNCLEAR]),
    ],
)
def test_a_host_consists_of_labels(name: str, expected: list[str]) -> None:
    assert codes(constraints(("dns:gov.uz",)), _general("dns", name)) == expected


@pytest.mark.parametrize(("octets", "expected"), [(1023, OK), (1024, OK), (1025, UNCLEAR)])
def test_a_uri_has_at_most_1024_characters(octets: int, expected: list[str]) -> None:
    head = "https://gov.uz/"
    text = head + "x" * (octets - len(head))
    assert codes(constraints(("uri:gov.uz",)), _general("uri", text)) == expected


@pytest.mark.parametrize(("octets", "expected"), [(1024, OK), (1025, UNCLEAR)])
def test_a_local_part_has_at_most_1024_characters(octets: int, expected: list[str]) -> None:
    assert codes(constraints(("mail:gov.uz",)), _general("mail", "x" * octets + "@gov.uz")) == expected


@pytest.mark.parametrize(("octets", "expected"), [(1023, OK), (1024, OK), (1025, UNCLEAR)])
def test_a_host_has_at_most_1024_characters(octets: int, expected: list[str]) -> None:
    labels = ["a" * 60] * 16
    host = ".".join([*labels, "b" * (octets - 61 * 16)])
    assert len(host) == octets
    assert codes(constraints((f"mail:{host}",)), _general("mail", f"x@{host}")) == expected
