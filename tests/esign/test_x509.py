"""Certificates, requests, names and lists are read whole and strictly; hostile ones raise only our errors."""

import base64
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509 as foreign
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from esign import der, extensions
from esign.errors import EsignError, MalformedInput, UnsupportedAlgorithm
from esign.names import GeneralName, Name, prepare
from esign.x509 import Certificate, CertificateList, CertificationRequest, Trust
from tests.esign.validation import world
from tests.esign.validation.world import AT, DAY

MAILBOX = foreign.OtherName(foreign.ObjectIdentifier("1.3.6.1.5.5.7.8.9"), der.utf8("алиев@agency.uz"))


def _rich() -> Certificate:
    url = foreign.UniformResourceIdentifier
    point = foreign.DistributionPoint([url("http://crl.agency.uz/1.crl")], None, None, None)
    access = [
        foreign.AccessDescription(
            foreign.ObjectIdentifier("1.3.6.1.5.5.7.48.1"), url("http://ocsp.agency.uz")
        ),
        foreign.AccessDescription(
            foreign.ObjectIdentifier("1.3.6.1.5.5.7.48.2"), url("http://ca.agency.uz/ca.cer")
        ),
    ]
    policy = foreign.PolicyInformation(foreign.ObjectIdentifier("1.2.3.4"), None)
    names = [foreign.RFC822Name("a@agency.uz"), MAILBOX, foreign.DNSName("mail.agency.uz")]
    subject = world.name(
        "Aliyev A.",
        (NameOID.ORGANIZATION_NAME, "Agency"),
        (foreign.ObjectIdentifier("1.2.860.3.16.1.1"), "123456789"),
        (foreign.ObjectIdentifier("1.2.860.3.16.1.2"), "31234567890123"),
        (NameOID.EMAIL_ADDRESS, "old@agency.uz"),
    )
    return (
        world.root()
        .issue(
            "Aliyev A.",
            subject=subject,
            serial=0x1234,
            eku=["1.3.6.1.5.5.7.3.4"],
            extensions=[
                (foreign.CRLDistributionPoints([point]), False),
                (foreign.AuthorityInformationAccess(access), False),
                (foreign.CertificatePolicies([policy]), False),
                (foreign.SubjectAlternativeName(names), False),
            ],
        )
        .certificate
    )


def test_every_field_of_a_certificate_is_read() -> None:
    found, ca = _rich(), world.root().certificate
    assert (found.version, found.serial_number) == (3, 0x1234)
    assert (found.not_before, found.not_after) == (AT - 100 * DAY, AT + 100 * DAY)
    assert found.subject.common_name == "Aliyev A."
    assert (found.subject.stir, found.subject.pinfl) == ("123456789", "31234567890123")
    assert found.subject.text.startswith("CN=Aliyev A.,emailAddress=old@agency.uz,PINFL=31234567890123,STIR=")
    assert found.issuer == ca.subject
    assert found.key_usage == frozenset({"digitalSignature", "nonRepudiation"})
    assert found.extended_key_usage == ("1.3.6.1.5.5.7.3.4",)
    assert found.emails == ("a@agency.uz", "алиев@agency.uz")
    assert found.dns_names == ("mail.agency.uz",)
    assert found.crl_urls == ("http://crl.agency.uz/1.crl",)
    assert (found.ocsp_urls, found.issuer_urls) == (
        ("http://ocsp.agency.uz",),
        ("http://ca.agency.uz/ca.cer",),
    )
    assert found.policies == ("1.2.3.4",)
    assert found.authority_key_identifier == ca.subject_key_identifier
    assert (found.is_ca, found.is_self_issued) == (False, False)
    assert (ca.is_ca, ca.path_length, ca.is_self_issued) == (True, None, True)


def test_what_is_read_is_what_another_library_reads() -> None:
    found = _rich()
    other = foreign.load_der_x509_certificate(found.raw)
    assert found.tbs == other.tbs_certificate_bytes
    assert found.signature == other.signature
    assert found.public_key == other.public_key()
    assert found.fingerprint == other.fingerprint(hashes.SHA256()).hex()
    assert found.pem == other.public_bytes(serialization.Encoding.PEM)


def test_pem_and_der_are_the_same_certificate() -> None:
    found = _rich()
    assert Certificate.load(b"text before\n" + found.pem + b"text after\n") == found
    assert hash(Certificate.load(found.pem)) == hash(found)


def test_several_pem_blocks_are_several_certificates() -> None:
    both = world.root().certificate.pem + world.intermediate().certificate.pem
    assert Certificate.load_all(both) == (world.root().certificate, world.intermediate().certificate)
    assert Trust.from_pem(both).contains(world.intermediate().certificate)
    with pytest.raises(MalformedInput) as e:
        Certificate.load(both)
    assert e.value.code == "certificate-malformed"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"rubbish",
        b"-----BEGIN CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nAAA*\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END OTHER-----\n",
        b"-----BEGIN " + b"A" * 100,
    ],
)
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedInput) as e:
        Certificate.load(data)
    assert e.value.code == "certificate-malformed"
    with pytest.raises(MalformedInput):
        Trust.from_pem(data)


def test_a_certificate_of_version_1_loads() -> None:
    algorithm = der.sequence(der.oid("1.2.840.10045.4.3.2"))
    issuer = Name.of((("2.5.4.3", "Old Root"),)).raw
    validity = der.sequence(der.time(AT - DAY), der.time(AT + DAY))
    key = (
        world.key("v1")
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    tbs = der.sequence(der.integer(7), algorithm, issuer, validity, issuer, key)
    signature = world.key("v1").sign(tbs, ec.ECDSA(hashes.SHA256()))
    found = Certificate.load(der.sequence(tbs, algorithm, der.bit_string(signature)))
    assert (found.version, found.serial_number, found.extensions) == (1, 7, ())
    assert (found.is_ca, found.key_usage, found.emails) == (False, None, ())


def _changed(certificate: Certificate, old: bytes, new: bytes) -> bytes:
    assert certificate.raw.count(old) >= 1
    assert len(old) == len(new)
    return certificate.raw.replace(old, new, 1)


def test_two_different_signature_algorithms_are_refused() -> None:
    oid = der.oid("1.2.840.10045.4.3.2")
    with pytest.raises(MalformedInput) as e:
        Certificate.load(_changed(_rich(), oid, der.oid("1.2.840.10045.4.3.3")))
    assert e.value.clause == "RFC 5280 §4.1.1.2"


def test_the_same_extension_twice_is_refused() -> None:
    changed = _changed(_rich(), der.oid("2.5.29.14"), der.oid("2.5.29.35"))
    with pytest.raises(MalformedInput) as e:
        Certificate.load(changed)
    assert "twice" in e.value.message


def test_a_key_of_an_unknown_kind_is_met_when_it_is_used() -> None:
    changed = Certificate.load(_changed(_rich(), der.oid("1.2.840.10045.2.1"), der.oid("1.2.840.10045.2.9")))
    with pytest.raises(UnsupportedAlgorithm) as e:
        _ = changed.public_key
    assert e.value.values["algorithm"] == "1.2.840.10045.2.9"


def test_a_key_that_only_another_library_knows_loads() -> None:
    private = dsa.generate_private_key(2048)
    found = world.issue("DSA", private=private, signed_with=world.key("x")).certificate
    assert found.public_key == private.public_key()


def test_each_truncation_and_trailing_octets_are_refused() -> None:
    whole = world.person().certificate.raw
    for length in range(len(whole)):
        with pytest.raises(MalformedInput):
            Certificate.load(whole[:length])
    with pytest.raises(MalformedInput):
        Certificate.load(whole + b"\0")


def _touch(certificate: Certificate) -> None:
    for accessor in ("pem", "fingerprint", "emails", "dns_names", "crl_urls", "ocsp_urls", "policies"):
        getattr(certificate, accessor)
    assert isinstance(certificate.subject.text, str)
    assert isinstance(certificate.is_ca, bool)
    assert isinstance(certificate.is_self_issued, bool)
    hash(certificate.issuer)


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=3))
def test_a_changed_certificate_raises_only_our_errors(offset: int, octets: bytes) -> None:
    whole = bytearray(_rich_raw())
    offset %= len(whole)
    whole[offset : offset + len(octets)] = octets
    try:
        found = Certificate.load(bytes(whole))
        _touch(found)
        _ = found.public_key
    except EsignError:
        pass


@given(st.binary(max_size=200))
def test_arbitrary_octets_raise_only_our_errors(data: bytes) -> None:
    for load in (Certificate.load, CertificateList.load, CertificationRequest.load):
        with pytest.raises(MalformedInput):
            load(b"\x30" + data)


@cache
def _rich_raw() -> bytes:
    return _rich().raw


# --- names ---


def _name(value: str, tag: int = der.UTF8_STRING, codec: str = "utf-8") -> Name:
    pair = der.sequence(der.oid("2.5.4.3"), der.tlv(tag, value.encode(codec)))
    return Name.read(der.decode(der.sequence(der.set_of([pair]))))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Agency", "AGENCY"),
        ("  The   Agency ", "the agency"),
        ("Straße", "STRASSE"),
        ("№1", "no1"),
        ("Ағентлик", "АҒЕНТЛИК"),
        ("a\u00adb", "ab"),
        ("a\tb", "a b"),
    ],
)
def test_names_that_rfc_5280_takes_for_the_same_are_equal(one: str, other: str) -> None:
    assert _name(one) == _name(other)
    assert hash(_name(one)) == hash(_name(other))
    assert prepare(one) == prepare(other)


def test_the_kind_of_string_does_not_matter() -> None:
    assert _name("Agency", der.PRINTABLE_STRING) == _name("agency")
    assert _name("Agency", 0x1E, "utf-16-be") == _name("agency")


@pytest.mark.parametrize(("one", "other"), [("Agency", "Agenсy"), ("ab", "a b"), ("a", "")])
def test_other_names_differ(one: str, other: str) -> None:
    assert _name(one) != _name(other)


def test_a_relative_name_is_a_set() -> None:
    pairs = [der.sequence(der.oid(oid), der.utf8(v)) for oid, v in (("2.5.4.3", "a"), ("2.5.4.10", "b"))]
    one = der.sequence(der.tlv(der.SET, *pairs))
    other = der.sequence(der.tlv(der.SET, *reversed(pairs)))
    assert Name.read(der.decode(one)) == Name.read(der.decode(other))
    apart = der.sequence(*(der.tlv(der.SET, pair) for pair in pairs))
    assert Name.read(der.decode(one)) != Name.read(der.decode(apart))


def test_a_string_that_does_not_decode_compares_by_its_octets() -> None:
    broken = der.sequence(der.set_of([der.sequence(der.oid("2.5.4.3"), der.tlv(der.UTF8_STRING, b"\xff"))]))
    assert Name.read(der.decode(broken)) == Name.read(der.decode(broken))
    assert Name.read(der.decode(broken)) != _name("ÿ")


def test_a_name_is_written_with_its_special_characters_escaped() -> None:
    assert _name('a,b+"c').text == 'CN=a\\,b\\+\\"c'
    assert _name(" a ").text == "CN=\\ a\\ "


@pytest.mark.parametrize("raw", [b"\x30\x02\x31\x00", b"\x31\x00", b"\x30\x04\x31\x02\x30\x00"])
def test_a_broken_name_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedInput):
        Name.read(der.decode(raw))


def test_a_general_name_of_an_unknown_choice_is_refused() -> None:
    with pytest.raises(MalformedInput):
        GeneralName.read(der.decode(der.tlv(0x89, b"x")))
    with pytest.raises(MalformedInput):
        GeneralName.read(der.decode(der.tlv(0x82, "é".encode())))


# --- revocation lists ---

REVOKED = AT - DAY


def test_a_list_finds_its_entries() -> None:
    ca = world.root()
    found = ca.crl((5, REVOKED, "keyCompromise"), (2**130, REVOKED, None), (128, REVOKED, "superseded"))
    assert found.issuer == ca.certificate.subject
    assert (found.this_update, found.next_update) == (AT - DAY, AT + DAY)
    entry = found.find(5)
    assert entry is not None
    assert (entry.serial_number, entry.revoked_at, entry.reason) == (5, REVOKED, "keyCompromise")
    assert [e.serial_number for e in found.entries] == [5, 2**130, 128]
    assert found.find(2**130) is not None
    assert found.find(128) is not None
    assert found.find(6) is None
    assert found.find(0) is None
    assert found.critical_entry_extensions == frozenset()


def test_an_empty_list_finds_nothing() -> None:
    found = world.root().crl(extensions=[(foreign.CRLNumber(9), False)])
    assert (found.find(1), tuple(found.entries), found.number, found.is_delta) == (None, (), 9, False)


def test_a_large_list_is_indexed_in_one_pass() -> None:
    line = der.sequence(der.integer(1), der.time(AT))
    lines = b"".join(
        line[:2] + b"\x02\x03" + (n + 0x100000).to_bytes(3, "big") + line[5:] for n in range(20_000)
    )
    lines = lines.replace(line[:2], bytes((0x30, line[1] + 2)))
    plain = world.root().crl()
    algorithm = plain.signature_algorithm.encode()
    tbs = der.sequence(
        der.integer(1), algorithm, plain.issuer.raw, der.time(AT - DAY), der.time(AT), der.sequence(lines)
    )
    found = CertificateList.load(der.sequence(tbs, algorithm, der.bit_string(b"x")))
    assert found.find(0x100000 + 19_999) is not None
    assert found.find(0x100000 + 20_000) is None


@pytest.mark.parametrize(
    "lines",
    [
        b"\x30\x05\x02\x02\x00\x01\x05",
        b"\x30\x03\x02\x05\x01",
        b"\x30\x7f\x02\x01\x01",
        b"\x30\x01\x02",
        b"\x04\x03\x02\x01\x01",
    ],
)
def test_lines_that_cannot_be_read_are_an_error_when_asked_for(lines: bytes) -> None:
    plain = world.root().crl()
    algorithm = plain.signature_algorithm.encode()
    tbs = der.sequence(
        der.integer(1), algorithm, plain.issuer.raw, der.time(AT - DAY), der.time(AT), der.sequence(lines)
    )
    found = CertificateList.load(der.sequence(tbs, algorithm, der.bit_string(b"x")))
    with pytest.raises(MalformedInput) as e:
        found.find(1)
    assert e.value.code == "crl-malformed"


def test_critical_extensions_of_lines_are_told() -> None:
    extension = foreign.UnrecognizedExtension(foreign.ObjectIdentifier("1.2.3"), b"\x05\x00")
    found = world.root().crl((5, REVOKED, None), entry_extensions=[(extension, True)])
    assert found.critical_entry_extensions == {"1.2.3"}
    issuer = foreign.CertificateIssuer([foreign.DirectoryName(world.name("Other"))])
    found = world.root().crl((5, REVOKED, None), entry_extensions=[(issuer, False)])
    assert found.critical_entry_extensions == {"2.5.29.29"}


def test_each_truncation_of_a_list_is_refused() -> None:
    whole = world.root().crl((5, REVOKED, "keyCompromise")).raw
    for length in range(len(whole)):
        with pytest.raises(MalformedInput) as e:
            CertificateList.load(whole[:length])
        assert e.value.code == "crl-malformed"


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=3))
def test_a_changed_list_raises_only_our_errors(offset: int, octets: bytes) -> None:
    whole = bytearray(_list_raw())
    offset %= len(whole)
    whole[offset : offset + len(octets)] = octets
    try:
        found = CertificateList.load(bytes(whole))
        found.find(5)
        tuple(found.entries)
        _ = found.critical_entry_extensions
    except EsignError:
        pass


@cache
def _list_raw() -> bytes:
    return world.root().crl((5, REVOKED, "keyCompromise"), (6, REVOKED, None)).raw


# --- requests ---


def _request(private: Any, *names: foreign.GeneralName) -> bytes:
    builder = foreign.CertificateSigningRequestBuilder().subject_name(world.name("Aliyev A."))
    if names:
        builder = builder.add_extension(foreign.SubjectAlternativeName(names), critical=False)
    return builder.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_a_request_is_read_and_proves_possession() -> None:
    private = rsa.generate_private_key(65537, 2048)
    found = CertificationRequest.load(_request(private, foreign.RFC822Name("a@agency.uz"), MAILBOX))
    assert found.subject.common_name == "Aliyev A."
    assert found.emails == ("a@agency.uz", "алиев@agency.uz")
    assert found.public_key == private.public_key()
    assert found.proves_possession()


def test_a_request_with_another_signature_proves_nothing() -> None:
    raw = bytearray(_request(world.key("a")))
    raw[-1] ^= 1
    assert not CertificationRequest.load(bytes(raw)).proves_possession()


def test_a_request_in_pem_is_the_same() -> None:
    raw = _request(world.key("a"))
    body = base64.encodebytes(raw)
    pem = b"-----BEGIN CERTIFICATE REQUEST-----\n" + body + b"-----END CERTIFICATE REQUEST-----\n"
    assert CertificationRequest.load(pem).raw == raw
    assert CertificationRequest.load(raw).emails == ()


def test_each_truncation_of_a_request_is_refused() -> None:
    whole = _request(world.key("a"), foreign.RFC822Name("a@agency.uz"))
    for length in range(len(whole)):
        with pytest.raises(MalformedInput) as e:
            CertificationRequest.load(whole[:length])
        assert e.value.code == "request-malformed"


def test_times_are_aware() -> None:
    found = world.person().certificate
    assert found.not_before.utcoffset() == timedelta(0)
    assert found.not_after > datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("size", [0, 1, 126, 127, 128, 129, 255, 256])
@pytest.mark.parametrize("critical", [None, False, True])
def test_an_extension_of_any_length_is_read_whole(size: int, critical: bool | None) -> None:
    said = b"" if critical is None else der.boolean(critical)
    item = der.sequence(der.oid("1.3.6.1.4.1.55555.1"), said, der.octet_string(b"v" * size))
    (found,) = extensions.read_extensions(der.decode(der.sequence(item)))
    assert (found.oid, found.critical, found.value) == ("1.3.6.1.4.1.55555.1", bool(critical), b"v" * size)


@pytest.mark.parametrize(
    "parts",
    [
        (der.oid("1.2.3"),),
        (der.oid("1.2.3"), der.boolean(True)),
        (der.oid("1.2.3"), der.octet_string(b""), der.null()),
        (der.oid("1.2.3"), der.integer(1), der.octet_string(b"")),
        (der.oid("1.2.3"), der.boolean(True), der.boolean(True), der.octet_string(b"")),
        (der.octet_string(b""), der.oid("1.2.3")),
        (b"\x06\x7f\x2a",),
        (b"\x06\x00", der.octet_string(b"v")),
    ],
    ids=range(8),
)
def test_an_extension_of_another_form_is_refused(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(MalformedInput):
        extensions.read_extensions(der.decode(der.sequence(der.sequence(*parts))))
