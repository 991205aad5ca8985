from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from esign.ca.request import MAX_REQUEST, Request, Subject, key_name, read, settle
from esign.errors import EsignError, IssuanceRefused, MalformedInput
from esign.findings import Severity
from tests.esign.ca.requests import make_request
from tests.esign.ca.world import PINFL, STIR, info, key, profile


def request_of(**fields: Any) -> Request:
    return read(make_request(key(), **fields))


@pytest.mark.parametrize("name", ["p-256", "p-384", "p-521", "rsa-2048", "ed25519"])
@pytest.mark.parametrize("pem", [True, False])
def test_a_request_is_read_with_its_key(name: str, pem: bool) -> None:
    request = read(make_request(key(name), common_name="Vali", emails=["v@agency.uz"], pem=pem))
    assert request.key == name == key_name(key(name).public_key())
    assert request.public_key_info == info(key(name))
    assert request.subject.get("common_name") == "Vali"
    assert request.subject.emails == ("v@agency.uz",)


def test_a_request_signed_by_another_key_proves_nothing() -> None:
    octets = make_request(key(), pem=False)
    signed = x509.load_der_x509_csr(octets).tbs_certrequest_bytes
    forged = octets.replace(info(key()), info(key("p-256", 2)))
    assert forged != octets and len(signed) < len(octets)
    with pytest.raises(IssuanceRefused) as caught:
        read(forged)
    assert (caught.value.code, caught.value.clause) == ("request-without-possession", "RFC 2986 §4.2")


def test_an_unknown_curve_is_named_as_it_is() -> None:
    private = ec.generate_private_key(ec.SECP256K1())
    assert read(make_request(private)).key == "secp256k1"


def test_a_request_that_is_too_long_is_refused() -> None:
    with pytest.raises(MalformedInput) as caught:
        read(b"0" * (MAX_REQUEST + 1))
    assert caught.value.code == "request-malformed"


def test_a_request_that_is_cut_short_is_refused_at_each_length() -> None:
    octets = make_request(key(), common_name="Vali", pem=False)
    for length in range(len(octets)):
        with pytest.raises(MalformedInput):
            read(octets[:length])
    with pytest.raises(MalformedInput):
        read(octets + b"\0")


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_octet_raises_only_our_errors(place: int, value: int) -> None:
    octets = bytearray(make_request(key(), common_name="Vali", emails=["v@agency.uz"], pem=False))
    octets[place % len(octets)] = value
    try:
        read(bytes(octets))
    except EsignError as e:
        assert e.code


@given(st.binary(max_size=200))
def test_no_octets_raise_anything_else(octets: bytes) -> None:
    with pytest.raises(EsignError):
        read(octets)


# --- the subject ---


def test_what_the_registrar_states_comes_before_the_request() -> None:
    request = request_of(common_name="The Minister")
    stated = Subject.of({"organization": "Agentlik", "common_name": "Vali Aliyev", "surname": "Aliyev"})
    settled, findings = settle(profile("officer-sign"), stated, request)
    assert settled.get("common_name") == "Vali Aliyev"
    assert [(f.code, f.severity, f.where) for f in findings] == [
        ("request-field-left-out", Severity.INFO, "common_name")
    ]


def test_the_profile_says_what_is_taken_from_a_request() -> None:
    request = request_of(common_name="Vali", country="DE")
    settled, findings = settle(profile("officer-sign"), Subject.of({"organization": "Agentlik"}), request)
    assert settled.get("common_name") == "Vali"
    assert settled.get("country") == "UZ"
    assert [f.where for f in findings] == ["country"]


def test_mailboxes_and_hosts_of_a_request_are_not_taken() -> None:
    request = request_of(emails=["minister@agency.uz"], dns_names=["www.agency.uz"])
    settled, findings = settle(profile("officer-sign"), Subject.of({}, emails=("v@agency.uz",)), request)
    assert settled.emails == ("v@agency.uz",) and settled.dns_names == ()
    assert dict(findings[0].values)["value"] == "minister@agency.uz"


def test_a_common_name_is_composed_by_the_profile() -> None:
    request = request_of()
    officer = Subject.of({"surname": "Aliyev", "given_name": "Vali"})
    assert settle(profile("officer-sign"), officer, request)[0].get("common_name") == "Aliyev Vali"
    node = Subject.of({"organization": "Agentlik"}, dns_names=("mx.agency.uz",))
    assert settle(profile("relay-tls"), node, request)[0].get("common_name") == "mx.agency.uz"


def test_numbers_are_written_in_the_way_of_the_profile() -> None:
    stated, request = Subject.of({"pinfl": PINFL, "stir": STIR}), request_of()
    mail, _ = settle(profile("officer-sign"), stated, request)
    assert mail.get("serial_number") == f"PNOUZ-{PINFL}"
    assert mail.get("organization_identifier") == f"NTRUZ-{STIR}"
    assert mail.get("pinfl") is None and mail.get("stir") is None
    national, _ = settle(profile("business-sign"), stated, request)
    assert (national.get("pinfl"), national.get("stir")) == (PINFL, STIR)
    assert national.get("serial_number") == f"PNOUZ-{PINFL}"


def test_a_common_name_that_is_an_office_is_not_taken_from_the_request() -> None:
    stated = Subject.of({"surname": "Aliyev", "given_name": "Vali"})
    office = request_of(common_name="Bosh mutaxassis")
    settled, findings = settle(profile("officer-sign"), stated, office)
    assert settled.get("common_name") == "Aliyev Vali"
    assert [(f.code, f.where) for f in findings] == [("request-field-left-out", "common_name")]
    person = request_of(common_name="Vali Aliyev")
    assert settle(profile("officer-sign"), stated, person)[0].get("common_name") == "Vali Aliyev"


def test_what_the_registrar_states_is_never_replaced() -> None:
    """What is wrong with it is for the lint to say."""
    stated = Subject.of({"surname": "Aliyev", "given_name": "Vali", "common_name": "Director"})
    request = request_of(common_name="Director")
    assert settle(profile("officer-sign"), stated, request)[0].get("common_name") == "Director"


def test_a_common_name_may_be_composed_of_a_mailbox() -> None:
    gateway = Subject.of({"organization": "Agentlik"}, emails=("domain-signing-authority@agency.uz",))
    settled, _ = settle(profile("gateway-domain-sign"), gateway, request_of())
    assert settled.get("common_name") == "domain-signing-authority@agency.uz"


def test_a_key_that_signs_needs_its_holders_request() -> None:
    with pytest.raises(IssuanceRefused) as caught:
        settle(profile("officer-sign"), Subject(), None)
    assert caught.value.code == "request-needed"
    assert settle(profile("mailbox-encrypt"), Subject(), None)


def test_attributes_stand_in_their_order() -> None:
    subject = Subject.of({"common_name": "x", "country": "UZ"})
    assert subject.attributes == (("country", "UZ"), ("common_name", "x"))


@pytest.mark.parametrize(
    ("attributes", "hosts", "code"),
    [
        ({"cn": "x"}, (), "attribute-unknown"),
        ({"common_name": "a\0b"}, (), "attribute-unwritable"),
        ({"common_name": "a\nb"}, (), "attribute-unwritable"),
        ({"common_name": "\ud800"}, (), "attribute-unwritable"),
        ({}, ("агентлик.uz",), "attribute-unwritable"),
    ],
)
def test_what_cannot_be_written_is_refused(
    attributes: dict[str, str], hosts: tuple[str, ...], code: str
) -> None:
    with pytest.raises(IssuanceRefused) as caught:
        Subject.of(attributes, dns_names=hosts)
    assert caught.value.code == code
