"""Whatever octets stand in a certificate, a path ends in a report: nothing escapes, nothing passes by it."""

from functools import cache

from cryptography import x509 as foreign
from hypothesis import given
from hypothesis import strategies as st

from esign import der
from esign.errors import EsignError
from esign.findings import Indication
from esign.validation.path import validate_path
from esign.validation.policy import Revocation
from esign.validation.policy_tree import PolicyInputs
from esign.validation.report import PathReport
from esign.x509 import Certificate, Trust
from tests.esign.validation import world
from tests.esign.validation.world import AT, Node


def _subtrees(*names: bytes) -> bytes:
    return b"".join(der.sequence(name) for name in names)


LIMITS = der.sequence(
    der.tlv(
        der.context(0),
        _subtrees(
            der.tlv(0x81, b"gov.uz"),
            der.tlv(0x82, b"gov.uz"),
            der.tlv(0x86, b".gov.uz"),
            der.tlv(0x87, bytes.fromhex("0a000000ff000000")),
        ),
    ),
    der.tlv(der.context(1), _subtrees(der.tlv(0x82, b"evil.gov.uz"))),
)
MAPPED = der.sequence(der.sequence(der.oid("1.2.1"), der.oid("1.2.2")))


def _raw(oid: str, value: bytes) -> tuple[foreign.UnrecognizedExtension, bool]:
    return foreign.UnrecognizedExtension(foreign.ObjectIdentifier(oid), value), True


def _policies(*oids: str) -> tuple[foreign.CertificatePolicies, bool]:
    information = [foreign.PolicyInformation(foreign.ObjectIdentifier(oid), None) for oid in oids]
    return foreign.CertificatePolicies(information), False


@cache
def _anchor() -> Node:
    """A root that says everything a root can say."""
    return world.issue(
        "Talkative",
        ca=True,
        path_length=3,
        extensions=[
            _raw("2.5.29.30", LIMITS),
            _policies("1.2.1", "2.5.29.32.0"),
            (foreign.PolicyConstraints(require_explicit_policy=1, inhibit_policy_mapping=2), True),
            (foreign.InhibitAnyPolicy(1), True),
        ],
    )


@cache
def _between() -> Node:
    return _anchor().issue("Between", ca=True, extensions=[_policies("1.2.1"), _raw("2.5.29.33", MAPPED)])


@cache
def _person() -> Node:
    mailbox = der.tlv(der.context(0), der.oid("1.3.6.1.5.5.7.8.9"), der.explicit(0, der.utf8("алиев@gov.uz")))
    names = der.sequence(
        mailbox,
        der.tlv(0x81, b"a@gov.uz"),
        der.tlv(0x82, b"www.gov.uz"),
        der.tlv(0x86, b"https://www.gov.uz/"),
        der.tlv(0x87, b"\x0a\0\0\1"),
    )
    return _between().issue("x", extensions=[_policies("1.2.2"), _raw("2.5.29.17", names)])


def _judge(person: Certificate, between: Certificate, anchor: Certificate) -> PathReport:
    return validate_path(
        person,
        pool=[between],
        trust=Trust((anchor,)),
        at=AT,
        usage="document-signing",
        revocation=Revocation.UNSAFE_OFF,
        policies=PolicyInputs.of(["1.2.1"], require_explicit=True),
    )


def test_the_chain_passes_unchanged() -> None:
    report = _judge(*(node().certificate for node in (_person, _between, _anchor)))
    assert (report.indication, report.policies) == (Indication.PASSED, ("1.2.1",))


@given(st.data())
def test_a_changed_octet_ends_in_a_report(data: st.DataObject) -> None:
    chain = [node().certificate for node in (_person, _between, _anchor)]
    number = data.draw(st.integers(0, 2))
    octets = bytearray(chain[number].raw)
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        chain[number] = Certificate.load(bytes(octets))
    except EsignError:
        return
    report = _judge(*chain)
    # What a signature covers cannot be changed; an anchor's word is taken as it stands.
    assert number == 2 or report.indication is not Indication.PASSED


@given(
    st.sampled_from(["2.5.29.17", "2.5.29.30", "2.5.29.32", "2.5.29.33", "2.5.29.36", "2.5.29.54"]),
    st.binary(max_size=40) | st.binary(max_size=20).map(lambda octets: der.sequence(octets)),
)
def test_an_extension_of_any_octets_ends_in_a_report(oid: str, value: bytes) -> None:
    try:
        authority = world.root().issue("CA", ca=True, extensions=[_raw(oid, value)])
    except EsignError:
        return
    person = authority.issue("x", emails=["a@gov.uz"])
    report = _judge(person.certificate, authority.certificate, world.root().certificate)
    assert report.indication in Indication
