"""The common forms are read in place, the rest by fields: both come to the same; and values are shared."""

from collections.abc import Callable
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import Certificate, der, extensions, names
from esign.errors import MalformedInput
from esign.testing import TestPKI
from esign.x509 import parsed

RDN = der.set_of([der.sequence(der.oid("2.5.4.3"), der.tlv(der.UTF8_STRING, b"Ali"))])
TWO = der.set_of(
    [
        der.sequence(der.oid("2.5.4.3"), der.tlv(der.UTF8_STRING, b"a")),
        der.sequence(der.oid("2.5.4.10"), der.tlv(der.PRINTABLE_STRING, b"b")),
    ]
)
EXTENSION = der.sequence(der.oid("2.5.29.15"), der.boolean(True), der.octet_string(b"\3\2\1\6"))
PLAIN = der.sequence(der.oid("2.5.29.35"), der.octet_string(bytes(20)))


def changed(octets: bytes) -> list[bytes]:
    """`octets` with each octet in turn replaced by a few others, and cut at each length."""
    others = (0x00, 0x01, 0x02, 0x04, 0x06, 0x0C, 0x1F, 0x24, 0x30, 0x7F, 0x80, 0x81, 0xFF)
    replaced = [octets[:i] + bytes([o]) + octets[i + 1 :] for i in range(len(octets)) for o in others]
    return [*replaced, *(octets[:i] for i in range(len(octets)))]


def outcome(read: Callable[[], object]) -> object:
    """What `read` returns, or that it refuses."""
    try:
        return read()
    except MalformedInput:
        return MalformedInput


def whole(octets: bytes) -> der.TLV | None:
    """`octets` as the one element that they are; None when they are none."""
    try:
        return der.decode(octets)
    except MalformedInput:
        return None


@pytest.mark.parametrize("octets", [RDN, TWO], ids=["one", "two"])
def test_a_relative_name_means_the_same_in_place_as_by_fields(octets: bytes) -> None:
    for form in (octets, *changed(octets)):
        element = whole(form)
        if element is None:
            continue
        in_place = outcome(lambda form=form: names._common_rdn(form))
        if in_place is not None:
            assert in_place == outcome(lambda e=element: names._rdn(e, "name")), form.hex()


def test_a_name_with_lengths_in_the_long_form_equals_the_short_one() -> None:
    long_form = bytes((0x31, 0x81, len(RDN) - 2)) + RDN[2:]
    first, second = (names.Name.read(der.decode(der.sequence(rdn))) for rdn in (RDN, long_form))
    assert first == second
    assert first.attributes == second.attributes == (("2.5.4.3", "Ali"),)


@given(st.lists(st.text(min_size=1, max_size=150), min_size=1, max_size=4))
def test_a_name_of_any_length_gives_back_what_was_put_in(values: list[str]) -> None:
    pairs = tuple(("2.5.4.3", value) for value in values)
    assert names.Name.of(pairs).attributes == pairs


@pytest.mark.parametrize("octets", [EXTENSION, PLAIN], ids=["critical", "plain"])
def test_an_extension_means_the_same_in_place_as_by_fields(octets: bytes) -> None:
    for form in (octets, *changed(octets)):
        element = whole(form)
        if element is not None and element.tag == der.SEQUENCE:
            by_fields = outcome(lambda e=element: extensions._uncommon_extension(e, ""))
            assert outcome(lambda e=element: extensions._extension(e, "")) == by_fields, form.hex()


@pytest.mark.parametrize(
    "text", ["260229000000", "261301000000", "260101240000", "260101006000", "260101000060"]
)
def test_a_time_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        der.decode(der.tlv(der.UTC_TIME, text.encode() + b"Z")).time()
    assert caught.value.values["found"] == "a time that does not exist"


@pytest.mark.parametrize(
    ("text", "year"), [("490101000000", 2049), ("500101000000", 1950), ("000101000000", 2000)]
)
def test_the_century_of_a_utctime_turns_at_fifty(text: str, year: int) -> None:
    found = der.decode(der.tlv(der.UTC_TIME, text.encode() + b"Z")).time()
    assert found.year == year
    assert found.tzinfo is UTC


def test_a_name_is_escaped_only_where_it_must_be() -> None:
    shown = {
        value: names.Name.of((("2.5.4.3", value),)).text
        for value in ("a b", " a", "#a", "a ", "a,b", "a\0", "\n a")
    }
    assert shown == {
        "a b": "CN=a b",
        " a": "CN=\\ a",
        "#a": "CN=\\#a",
        "a ": "CN=a\\ ",
        "a,b": "CN=a\\,b",
        "a\0": "CN=a\\00",
        "\n a": "CN=\n a",
    }


def test_the_same_octets_are_one_certificate() -> None:
    root = TestPKI().root
    assert Certificate.load(root.raw) is Certificate.load(bytes(bytearray(root.raw)))
    assert Certificate.load(root.pem) is Certificate.load(root.raw)


def test_a_certificate_that_cannot_be_read_is_refused_each_time() -> None:
    broken = TestPKI().root.raw[:-1]
    for _ in range(2):
        with pytest.raises(MalformedInput) as caught:
            Certificate.load(broken)
        assert caught.value.code == "certificate-malformed"


def test_a_large_certificate_is_not_kept() -> None:
    pki = TestPKI()
    hosts = [f"host{number}.test.example" for number in range(400)]
    large = _with_hosts(pki, hosts)
    before = parsed.cache_info().currsize
    first, second = Certificate.load(large), Certificate.load(large)
    assert first == second
    assert first is not second
    assert parsed.cache_info().currsize == before


def _with_hosts(pki: TestPKI, hosts: list[str]) -> bytes:
    """The root's certificate with host names added, its signature no longer good: it is only read."""
    root = pki.root
    fields = der.Fields.of(der.decode(root.raw))
    tbs, algorithm, signature = fields.take(), fields.take(), fields.take()
    *before, last = der.Fields.of(tbs).rest()
    value = der.sequence(*(der.tlv(0x82, host.encode()) for host in hosts))
    added = der.sequence(der.oid(extensions.SUBJECT_ALT_NAME), der.octet_string(value))
    listed = der.sequence(*(e.raw for e in last.only().children()), added)
    body = der.sequence(*(e.raw for e in before), der.explicit(3, listed))
    return der.sequence(body, algorithm.raw, signature.raw)
