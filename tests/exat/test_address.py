"""Addresses: the strict grammar, and the spellings by which mail libraries were led astray."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exat.address import Address, parse_domain
from exat.errors import ExatError, MalformedAddress

ACCEPTED = [
    (b"devon@a.test", "devon", "a.test"),
    (b"Devon.Malikova@A.Test", "Devon.Malikova", "a.test"),
    (b"a+b-c_d=e/f{g}~!#$%&'*?^`|@a.test", "a+b-c_d=e/f{g}~!#$%&'*?^`|", "a.test"),
    (b'"two words"@a.test', "two words", "a.test"),
    (b'"needless"@a.test', "needless", "a.test"),
    (b'"a\\"b\\\\c"@a.test', 'a"b\\c', "a.test"),
    (b'"a@b"@a.test', "a@b", "a.test"),
    (b'".dot."@a.test', ".dot.", "a.test"),
    (b"x@localhost", "x", "localhost"),
    (b"x@1a.2b.uz", "x", "1a.2b.uz"),
    (b"x@xn--80ak6aa92e.test", "x", "xn--80ak6aa92e.test"),
    (b"l" * 64 + b"@a.test", "l" * 64, "a.test"),
    (b"=?x@a.test", "=?x", "a.test"),
]


@pytest.mark.parametrize(("raw", "local", "domain"), ACCEPTED, ids=[row[0].decode()[:40] for row in ACCEPTED])
def test_mailbox_of_rfc_5321_is_read(raw: bytes, local: str, domain: str) -> None:
    assert Address.parse(raw) == Address(local, domain)
    assert Address.parse(raw.decode()) == Address(local, domain)


REFUSED = [
    (b"", "address-empty", "address"),
    (b"devon", "address-without-domain", "address"),
    (b"@a.test", "source-route", "address"),
    (b"@a.test:b@c.test", "source-route", "address"),
    (b"@a.test,@b.test:b@c.test", "source-route", "address"),
    (b"<devon@a.test>", "local-part-syntax", "local-part"),
    (b"Devon <devon@a.test>", "local-part-syntax", "local-part"),
    (b"a(x)b@a.test", "local-part-syntax", "local-part"),
    (b"devon@a.test (comment)", "domain-syntax", "domain"),
    (b"devon@(comment)a.test", "domain-syntax", "domain"),
    (b"devon @a.test", "local-part-syntax", "local-part"),
    (b"devon@ a.test", "domain-syntax", "domain"),
    (b" devon@a.test", "local-part-syntax", "local-part"),
    (b"devon@a.test ", "domain-syntax", "domain"),
    (b".devon@a.test", "local-part-syntax", "local-part"),
    (b"devon.@a.test", "local-part-syntax", "local-part"),
    (b"de..von@a.test", "local-part-syntax", "local-part"),
    (b"de,von@a.test", "local-part-syntax", "local-part"),
    (b"de;von:x@a.test", "local-part-syntax", "local-part"),
    (b'""@a.test', "local-part-syntax", "local-part"),
    (b'"open@a.test', "local-part-syntax", "local-part"),
    (b'"a"b@a.test', "local-part-syntax", "local-part"),
    (b'"a".b@a.test', "local-part-syntax", "local-part"),
    (b'"a\\"@a.test', "local-part-syntax", "local-part"),
    (b"a@b@c.test", "local-part-syntax", "local-part"),
    (b"devon@a.test\r.evil.test", "address-control-character", "address"),
    (b"devon@a.test\r\nRSET\r\n", "address-control-character", "address"),
    (b"devon\0@a.test", "address-control-character", "address"),
    (b'"a\0"@a.test', "address-control-character", "address"),
    (b'"a\\\r"@a.test', "address-control-character", "address"),
    (b"de\x7fvon@a.test", "address-control-character", "address"),
    (b"de\tvon@a.test", "address-control-character", "address"),
    (b"=?utf-8?q?victim=40gov.test=3e=0d=0aRSET=0d=0a?=@a.test", "encoded-word-in-address", "local-part"),
    (b"a=?utf-8?b?eA==?=b@a.test", "encoded-word-in-address", "local-part"),
    (b'"=?utf-8?q?x?="@a.test', "encoded-word-in-address", "local-part"),
    (b'"=\\?utf-8?q?x\\?="@a.test', "encoded-word-in-address", "local-part"),
    (b"devon@=?utf-8?q?a?=.test", "domain-syntax", "domain"),
    (b"devon@", "address-empty", "address"),
    (b"devon@.a.test", "domain-syntax", "domain"),
    (b"devon@a..test", "domain-syntax", "domain"),
    (b"devon@a.test.", "domain-syntax", "domain"),
    (b"devon@-a.test", "domain-syntax", "domain"),
    (b"devon@a-.test", "domain-syntax", "domain"),
    (b"devon@a_b.test", "domain-syntax", "domain"),
    (b"devon@a.test/x", "domain-syntax", "domain"),
    (b"devon@127.0.0.1", "domain-syntax", "domain"),
    (b"devon@[127.0.0.1]", "address-literal", "domain"),
    (b"devon@[IPv6:::1]", "address-literal", "domain"),
    (b"devon@" + b"a" * 64 + b".test", "domain-syntax", "domain"),
    (b"l" * 65 + b"@a.test", "local-part-too-long", "local-part"),
    (b'"' + b"l" * 63 + b'"@a.test', "local-part-too-long", "local-part"),
    (b"l" * 300 + b"@a.test", "address-too-long", "address"),
    (b"d@" + b"a." * 125 + b"test", "address-too-long", "address"),
    (b"x" * 10_000_000, "address-too-long", "address"),
    (b"\xff@a.test", "address-not-utf8", "address"),
    ("о@a.test".encode(), "address-not-ascii", "address"),
    ("devon@ö.test".encode(), "address-not-ascii", "address"),
]


@pytest.mark.parametrize(("raw", "code", "where"), REFUSED, ids=[repr(row[0][:40]) for row in REFUSED])
def test_everything_else_is_refused_with_its_code(raw: bytes, code: str, where: str) -> None:
    with pytest.raises(MalformedAddress) as refused:
        Address.parse(raw)
    assert (refused.value.code, refused.value.where) == (code, where)


INTERNATIONAL = [
    ("малика@ўзб.test", "малика@xn--90al0j.test"),
    ("Oʻtkir@a.test", "oʻtkir@a.test"),
    ("x@BÜCHER.test", "x@xn--bcher-kva.test"),
]


@pytest.mark.parametrize(("text", "key"), INTERNATIONAL)
def test_smtputf8_admits_utf8_and_compares_by_a_labels(text: str, key: str) -> None:
    address = Address.parse(text.encode(), smtputf8=True)
    assert address.key == key
    assert address.needs_smtputf8
    assert Address.parse(address.key, smtputf8=True).key == key


REFUSED_UTF8 = [
    ("e\u0301@a.test", "address-not-nfc"),
    ("a\u202eb@a.test", "address-control-character"),
    ("a\u200bb@a.test", "address-control-character"),
    ("a\u0085b@a.test", "address-control-character"),
    ("a\u00a0b@a.test", "address-control-character"),
    ("a\u2028b@a.test", "address-control-character"),
    ("a\ue000b@a.test", "address-control-character"),
    ("x@a\u3002test", "domain-syntax"),
    ("x@\uff41.test", "domain-syntax"),
    ("x@a\u2024test", "domain-syntax"),
    ("x@♥.test", "domain-syntax"),
    ("x@-ö.test", "domain-syntax"),
    ("x@" + "ö" * 60 + ".test", "domain-syntax"),
    ("ö" * 33 + "@a.test", "local-part-too-long"),
]


@pytest.mark.parametrize(("text", "code"), REFUSED_UTF8)
def test_smtputf8_admits_no_invisible_or_equivalent_characters(text: str, code: str) -> None:
    with pytest.raises(MalformedAddress) as refused:
        Address.parse(text.encode(), smtputf8=True)
    assert refused.value.code == code


def test_lone_surrogate_in_text_is_refused() -> None:
    with pytest.raises(MalformedAddress) as refused:
        Address.parse("a\udc80@a.test", smtputf8=True)
    assert refused.value.code == "address-not-utf8"


def test_key_ignores_case_and_needless_quotes() -> None:
    spellings = [b"Devon@A.TEST", b"devon@a.test", b'"DEVON"@a.test', b'"d\\evon"@a.Test']
    assert {Address.parse(spelled).key for spelled in spellings} == {"devon@a.test"}
    assert Address.parse(b'"A B"@a.test').key == '"a b"@a.test'


def test_local_part_keeps_its_case() -> None:
    assert str(Address.parse(b"Devon@A.TEST")) == "Devon@a.test"


@pytest.mark.parametrize(
    ("local", "domain", "code"),
    [
        ("", "a.test", "address-empty"),
        ("a", "", "address-empty"),
        ("a\r\n", "a.test", "address-control-character"),
        ("a", "a.test\r\n", "address-control-character"),
        ("a", "A.test", "domain-not-canonical"),
        ("=?x?q?y?=", "a.test", "encoded-word-in-address"),
        ("a" * 65, "a.test", "local-part-too-long"),
        ("a" * 60, ".".join(["b" * 60] * 4), "address-too-long"),
        ("a", ".".join(["b" * 63] * 4) + ".c", "domain-too-long"),
    ],
)
def test_an_invalid_address_cannot_be_made_by_hand(local: str, domain: str, code: str) -> None:
    with pytest.raises(MalformedAddress) as refused:
        Address(local, domain)
    assert refused.value.code == code


def test_domain_is_given_in_lower_case() -> None:
    assert parse_domain(b"Mail.Agency-1.UZ") == "mail.agency-1.uz"
    with pytest.raises(MalformedAddress):
        parse_domain(b"agency uz")


def test_error_is_one_line_and_survives_pickling() -> None:
    with pytest.raises(MalformedAddress) as refused:
        Address.parse(b"devon@[127.0.0.1]")
    copied = pickle.loads(pickle.dumps(refused.value))  # noqa: S301
    assert str(copied) == "domain: found an address literal, wanted a domain name [address-literal]"
    assert (copied.code, copied.where) == ("address-literal", "domain")


@given(st.binary(max_size=300), st.booleans())
def test_only_our_errors_escape(raw: bytes, smtputf8: bool) -> None:
    try:
        address = Address.parse(raw, smtputf8=smtputf8)
    except ExatError:
        return
    assert Address.parse(str(address), smtputf8=smtputf8) == address
    assert smtputf8 or not address.needs_smtputf8


LOCALS = st.text(min_size=1, max_size=40)
DOMAINS = st.from_regex(
    r"[a-z0-9]([a-z0-9-]{0,5}[a-z0-9])?(\.[a-z0-9]{1,5}){0,3}\.[a-zöж]{2,5}", fullmatch=True
)


@given(LOCALS, DOMAINS)
def test_spelling_and_reading_an_address_is_the_identity(local: str, domain: str) -> None:
    try:
        address = Address(local, domain)
    except MalformedAddress:
        return
    assert Address.parse(str(address), smtputf8=True) == address
    assert Address.parse(str(address).encode(), smtputf8=True) == address
    assert not set(str(address)) & set("\r\n\0\t")
