"""Names outside what an authority may certify are refused, in every form and by every trick that is known."""

from typing import Any

import pytest
from cryptography import x509 as foreign
from cryptography.x509.oid import NameOID

from esign import der
from esign.errors import MalformedInput
from esign.findings import Severity
from esign.validation.name_constraints import NameConstraints, names_of
from esign.validation.path import validate_path
from esign.validation.policy import Limits, Policy, Revocation
from tests.esign.validation import world
from tests.esign.validation.world import AT


def _general(kind: str, text: str) -> bytes:
    tags = {"mail": 0x81, "dns": 0x82, "uri": 0x86}
    if kind == "dir":
        pairs = [tuple(pair.split("=")) for pair in text.split(",")]
        oids = {"C": "2.5.4.6", "O": "2.5.4.10", "OU": "2.5.4.11"}
        rdns = [der.set_of([der.sequence(der.oid(oids[k]), der.utf8(v))]) for k, v in pairs]
        return der.explicit(4, der.sequence(*rdns))
    if kind == "ip":
        return der.tlv(0x87, bytes.fromhex(text))
    return der.tlv(tags[kind], text.encode())


def constraints(permitted: tuple[str, ...] = (), excluded: tuple[str, ...] = ()) -> Any:
    """The extension, each subtree written as `kind:value`."""
    parts = []
    for number, subtrees in enumerate((permitted, excluded)):
        if subtrees:
            encoded = [der.sequence(_general(*s.split(":", 1))) for s in subtrees]
            parts.append(der.tlv(der.context(number), *encoded))
    return foreign.UnrecognizedExtension(foreign.ObjectIdentifier("2.5.29.30"), der.sequence(*parts))


def _alternative(*names: bytes) -> Any:
    return foreign.UnrecognizedExtension(foreign.ObjectIdentifier("2.5.29.17"), der.sequence(*names))


def _mailbox(text: str) -> bytes:
    oid = der.oid("1.3.6.1.5.5.7.8.9")
    return der.tlv(der.context(0), oid, der.explicit(0, der.utf8(text)))


def codes(extension: Any, *names: bytes, subject: Any = None, policy: Policy | None = None) -> list[str]:
    """The errors on a person with `names` below an authority with `extension`."""
    authority = world.root().issue("CA", ca=True, extensions=[(extension, True)])
    alternative = [(_alternative(*names), False)] if names else []
    person = authority.issue("Aliyev A.", subject=subject, extensions=alternative)
    report = validate_path(
        person.certificate,
        pool=[authority.certificate],
        trust=world.root().trust,
        at=AT,
        revocation=Revocation.UNSAFE_OFF,
        policy=policy,
    )
    return [f.code for f in report.findings if f.severity is Severity.ERROR]


OK: list[str] = []
OUT, BANNED, UNCLEAR = ["name-not-permitted"], ["name-excluded"], ["name-not-comparable"]
NO_NAME = ["name-malformed", *UNCLEAR]


@pytest.mark.parametrize(
    ("permitted", "name", "expected"),
    [
        ("mail:gov.uz", "mail:a@gov.uz", OK),
        ("mail:gov.uz", "mail:a@GOV.UZ", OK),
        ("mail:gov.uz", "mail:a@x.gov.uz", OUT),
        ("mail:gov.uz", "mail:a@evilgov.uz", OUT),
        ("mail:gov.uz", "mail:a@gov.uz.evil", OUT),
        ("mail:.gov.uz", "mail:a@x.gov.uz", OK),
        ("mail:.gov.uz", "mail:a@gov.uz", OUT),
        ("mail:.GOV.uz", "mail:a@x.y.gov.uz", OK),
        ("mail:a@gov.uz", "mail:a@Gov.uz", OK),
        ("mail:a@gov.uz", "mail:A@gov.uz", OUT),
        ("mail:a@gov.uz", "mail:b@gov.uz", OUT),
        ("mail:@gov.uz", "mail:b@gov.uz", UNCLEAR),
        ("mail:", "mail:b@gov.uz", OK),
        ("mail:xn--b1ae6a.xn--p1ag", "mail:a@XN--B1AE6A.xn--p1ag", OK),
        ("mail:gov.uz", "mail:gov.uz", UNCLEAR),
        ("mail:gov.uz", "mail:a@evil.uz@gov.uz", UNCLEAR),
        ("mail:gov.uz", 'mail:"a@evil.uz"@gov.uz', UNCLEAR),
        ("mail:gov.uz", "mail:a@gov.uz.", UNCLEAR),
        ("mail:gov.uz", "mail:a@gov.uz\0.evil.uz", UNCLEAR),
        ("mail:gov.uz", "mail:a@.gov.uz", UNCLEAR),
        ("mail:gov.uz", "mail:a@[127.0.0.1]", UNCLEAR),
        ("mail:gov.uz", "dns:evil.uz", OK),
        ("dns:gov.uz", "dns:gov.uz", OK),
        ("dns:gov.uz", "dns:www.GOV.uz", OK),
        ("dns:gov.uz", "dns:evilgov.uz", OUT),
        ("dns:gov.uz", "dns:*.gov.uz", OK),
        ("dns:gov.uz", "dns:*.uz", OUT),
        ("dns:.gov.uz", "dns:www.gov.uz", UNCLEAR),
        ("dns:gov.uz", "dns:www.gov.uz.", NO_NAME),
        ("dns:gov.uz", "dns:", NO_NAME),
        ("dns:", "dns:any.example", OK),
        ("uri:gov.uz", "uri:https://gov.uz/x", OK),
        ("uri:gov.uz", "uri:https://user@gov.uz:443/", OK),
        ("uri:gov.uz", "uri:https://www.gov.uz/", OUT),
        ("uri:.gov.uz", "uri:https://www.gov.uz/", OK),
        ("uri:gov.uz", "uri:https://evil.uz/@gov.uz", OUT),
        ("uri:gov.uz", "uri:https://gov.uz@evil.uz/", OUT),
        ("uri:gov.uz", "uri:urn:x", UNCLEAR),
        ("uri:", "uri:https://gov.uz/", UNCLEAR),
        ("uri:.", "uri:https://gov.uz/", UNCLEAR),
        ("mail:.", "mail:a@gov.uz", UNCLEAR),
        ("uri:gov.uz", "uri:https://127.0.0.1/", UNCLEAR),
        ("uri:gov.uz", "uri:https://[::1]/", UNCLEAR),
        ("ip:0a000000ff000000", "ip:0a010203", OK),
        ("ip:0a000000ff000000", "ip:0b010203", OUT),
        ("ip:20010db8" + "00" * 12 + "ffffffff" + "00" * 12, "ip:20010db8" + "00" * 11 + "01", OK),
        ("ip:20010db8" + "00" * 12 + "ffffffff" + "00" * 12, "ip:20010db9" + "00" * 11 + "01", OUT),
        ("ip:0a000000ff000000", "ip:00000000000000000000000000000001", OUT),
        ("ip:0a000000ff00ff00", "ip:0a010203", UNCLEAR),
        ("ip:0a000000ff", "ip:0a010203", UNCLEAR),
        ("ip:0a000000ff000000", "ip:0a0102", NO_NAME),
    ],
)
def test_permitted_subtrees(permitted: str, name: str, expected: list[str]) -> None:
    assert codes(constraints((permitted,)), _general(*name.split(":", 1))) == expected


@pytest.mark.parametrize(
    ("excluded", "name", "expected"),
    [
        ("mail:evil.uz", "mail:a@evil.uz", BANNED),
        ("mail:evil.uz", "mail:a@good.uz", OK),
        ("mail:A@evil.uz", "mail:a@evil.uz", BANNED),
        ("mail:evil.uz", "mail:not a mailbox", UNCLEAR),
        ("dns:evil.uz", "dns:www.evil.uz", BANNED),
        ("dns:www.evil.uz", "dns:*.evil.uz", BANNED),
        ("dns:evil.uz", "dns:good.uz", OK),
        ("uri:evil.uz", "uri:https://evil.uz", BANNED),
        ("ip:0a000000ff000000", "ip:0a010203", BANNED),
        ("ip:0a000000ff000000", "ip:0b010203", OK),
        ("dir:O=Evil", "dir:O=evil,OU=x", BANNED),
        ("dir:O=Evil", "dir:O=good,OU=Evil", OK),
    ],
)
def test_excluded_subtrees(excluded: str, name: str, expected: list[str]) -> None:
    assert codes(constraints(excluded=(excluded,)), _general(*name.split(":", 1))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("алиев@gov.uz", OK),
        ("алиев@GOV.uz", OK),
        ("алиев@evil.uz", OUT),
        ("алиев@гов.уз", OUT),
        ("алиев@gоv.uz", OUT),
        ("алиев@ГОВ.уз", UNCLEAR),
        ("алиев", UNCLEAR),
    ],
)
def test_an_internationalised_mailbox_is_bound_by_mail_constraints(text: str, expected: list[str]) -> None:
    """RFC 9598 §6."""
    assert codes(constraints(("mail:gov.uz",)), _mailbox(text)) == expected


ALABEL = "mail:" + ".".join("xn--" + part.encode("punycode").decode() for part in ("гов", "уз"))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("гов.уз", OK),
        ("xn--b1ae6a.xn--p1ag", OUT),
        ("www.гов.уз", OUT),
        ("Гов.уз", UNCLEAR),
        ("гови\u0306.уз", UNCLEAR),
        ("г" * 64 + ".уз", UNCLEAR),
        ("г" * 60 + ".уз", UNCLEAR),
    ],
)
def test_an_internationalised_host_is_compared_as_a_labels(host: str, expected: list[str]) -> None:
    """RFC 9598 §6: a U-label in its one form; other spellings of it are not guessed at."""
    assert codes(constraints((ALABEL,)), _mailbox(f"алиев@{host}")) == expected


def test_a_letter_that_older_mapping_folds_is_another_host() -> None:
    """IDNA 2003 wrote ß as ss: then strasse.uz would have spoken for straße.uz."""
    assert codes(constraints(("mail:strasse.uz",)), _mailbox("a@straße.uz")) == OUT
    assert codes(constraints(excluded=("mail:strasse.uz",)), _mailbox("a@straße.uz")) == OK


@pytest.mark.parametrize(("address", "expected"), [("a@gov.uz", OK), ("a@evil.uz", OUT)])
def test_the_address_in_a_subject_is_bound_by_mail_constraints(address: str, expected: list[str]) -> None:
    subject = world.name("Aliyev A.", (NameOID.EMAIL_ADDRESS, address))
    assert codes(constraints(("mail:gov.uz",)), subject=subject) == expected
    assert codes(constraints(("mail:gov.uz",)), _general("mail", "a@gov.uz"), subject=subject) == expected


@pytest.mark.parametrize(("permitted", "expected"), [("dir:C=uz", OK), ("dir:C=RU", OUT)])
def test_the_subject_is_bound_by_directory_constraints(permitted: str, expected: list[str]) -> None:
    assert codes(constraints((permitted,))) == expected


def test_one_of_several_permitted_subtrees_is_enough() -> None:
    both = constraints(("mail:gov.uz", "mail:edu.uz"))
    assert codes(both, _general("mail", "a@edu.uz")) == OK
    assert codes(both, _general("mail", "a@edu.uz"), _general("mail", "a@x.uz")) == OUT


def test_what_is_excluded_is_not_saved_by_being_permitted() -> None:
    both = constraints(("mail:gov.uz",), ("mail:a@gov.uz",))
    assert codes(both, _general("mail", "a@gov.uz")) == BANNED


def test_constraints_of_two_authorities_both_bind() -> None:
    first = world.root().issue("One", ca=True, extensions=[(constraints(("mail:.uz",)), True)])
    second = first.issue("Two", ca=True, extensions=[(constraints(("mail:.gov.uz",)), True)])
    for address, expected in (("a@x.gov.uz", OK), ("a@x.uz", OUT), ("a@y.gov.kz", OUT * 2)):
        person = second.issue("x", emails=[address])
        report = validate_path(
            person.certificate,
            pool=[first.certificate, second.certificate],
            trust=world.root().trust,
            at=AT,
            revocation=Revocation.UNSAFE_OFF,
        )
        found = [f.code for f in report.findings if f.severity is Severity.ERROR]
        assert found == expected[: len(found)]
        assert bool(found) == bool(expected)


def test_the_constraints_of_an_anchor_bind() -> None:
    anchor = world.issue("Narrow Root", ca=True, extensions=[(constraints(("mail:gov.uz",)), True)])
    for address, expected in (("a@gov.uz", OK), ("a@evil.uz", OUT)):
        person = anchor.issue("x", emails=[address])
        report = validate_path(
            person.certificate, trust=anchor.trust, at=AT, revocation=Revocation.UNSAFE_OFF
        )
        assert [f.code for f in report.findings if f.severity is Severity.ERROR] == expected


def test_a_constrained_form_that_is_not_checked_is_refused_when_it_appears() -> None:
    registered = foreign.UnrecognizedExtension(
        foreign.ObjectIdentifier("2.5.29.30"),
        der.sequence(der.tlv(der.context(1), der.sequence(der.tlv(0x88, b"\x2a\x03")))),
    )
    assert codes(registered, _general("mail", "a@gov.uz")) == OK
    assert codes(registered, der.tlv(0x88, b"\x2a\x04")) == ["name-constraint-unsupported"]


def test_a_constraint_on_other_names_binds_mailboxes() -> None:
    other = foreign.UnrecognizedExtension(
        foreign.ObjectIdentifier("2.5.29.30"),
        der.sequence(der.tlv(der.context(1), der.sequence(_mailbox("evil.uz")))),
    )
    assert codes(other, _mailbox("алиев@gov.uz")) == ["name-constraint-unsupported"]


BASE = _general("mail", "gov.uz")


def test_a_minimum_of_zero_says_nothing() -> None:
    value = der.sequence(der.tlv(der.context(0), der.sequence(BASE, der.tlv(0x80, b"\0"))))
    assert [n.text for n in NameConstraints.read(value).permitted] == ["gov.uz"]


@pytest.mark.parametrize(
    "value",
    [
        der.sequence(),
        der.sequence(der.tlv(der.context(0), der.sequence(BASE, der.tlv(0x80, b"\1")))),
        der.sequence(der.tlv(der.context(0), der.sequence(BASE, der.tlv(0x81, b"\1")))),
        der.sequence(der.tlv(der.context(0), der.sequence())),
        der.sequence(der.tlv(der.context(2), der.sequence(BASE))),
        b"\x05\x00",
    ],
)
def test_constraints_that_cannot_be_read_fail_the_path(value: bytes) -> None:
    with pytest.raises(MalformedInput):
        NameConstraints.read(value)
    extension = foreign.UnrecognizedExtension(foreign.ObjectIdentifier("2.5.29.30"), value)
    assert codes(extension) == ["name-constraints-malformed"]


def test_comparisons_are_limited() -> None:
    many = constraints(tuple(f"mail:h{n}.uz" for n in range(50)))
    names = [_general("mail", f"a@h{n}.uz") for n in range(50)]
    policy = Policy.default()
    assert codes(many, *names) == OK
    tight = Policy(
        policy.name, policy.digests, policy.keys, policy.purposes, limits=Limits(name_comparisons=2000)
    )
    assert codes(many, *names, policy=tight) == ["work-limit"]


def test_an_empty_subject_is_no_directory_name() -> None:
    """RFC 5280 §6.1.3: only names that are there are held against the subtrees."""
    authority = world.root().issue("CA", ca=True, extensions=[(constraints(("dir:C=RU",)), True)])
    alternative = [(_alternative(_general("mail", "a@gov.uz")), True)]
    person = authority.issue("x", subject=foreign.Name([]), extensions=alternative)
    assert [n.kind for n in names_of(person.certificate)] == ["rfc822Name"]
