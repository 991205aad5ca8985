"""TLV of BER and DER: the reader takes both and bounds its work, the writer makes DER only."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import der
from esign.der import TLV, Fields, decode, decode_prefix, is_der
from esign.errors import EsignError, LimitExceeded, MalformedInput

NESTED = der.sequence(der.integer(5), der.octet_string(b"abc"), der.sequence(der.boolean(True), der.null()))


def trees(depth: int = 4) -> st.SearchStrategy[bytes]:
    """DER of any shape."""
    leaves = st.one_of(
        st.integers(-(2**80), 2**80).map(der.integer),
        st.binary(max_size=20).map(der.octet_string),
        st.booleans().map(der.boolean),
        st.just(der.null()),
        st.text(max_size=8).map(der.utf8),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4).map(lambda parts: der.sequence(*parts)),
            st.lists(inner, max_size=4).map(der.set_of),
            st.tuples(st.integers(0, 30), inner).map(lambda pair: der.explicit(*pair)),
        ),
        max_leaves=12,
    )


def walk(element: TLV) -> int:
    """Touch everything below; the number of elements."""
    if not element.constructed:
        return 1
    return 1 + sum(walk(child) for child in element.children())


# --- reading ---


@given(trees())
def test_what_is_written_is_der_and_reads_whole(data: bytes) -> None:
    element = decode(data)
    assert element.raw == data
    assert is_der(element)
    assert walk(element) >= 1


@given(trees(), st.binary(min_size=1, max_size=3))
def test_octets_after_the_end_are_refused(data: bytes, more: bytes) -> None:
    with pytest.raises(MalformedInput) as raised:
        decode(data + more, where="here")
    assert raised.value.where == "here"
    assert decode_prefix(data + more).raw == data


@given(trees())
def test_input_cut_anywhere_is_malformed(data: bytes) -> None:
    for length in range(len(data)):
        with pytest.raises(MalformedInput):
            decode(data[:length])


@given(st.binary(max_size=60))
def test_garbage_raises_only_our_errors(data: bytes) -> None:
    try:
        element = decode(data)
        is_der(element)
        walk(element)
    except EsignError:
        return


@given(st.binary(max_size=24), st.integers(0, 255))
def test_values_raise_only_our_errors(content: bytes, tag: int) -> None:
    data = bytes((tag & 0xFF, len(content))) + content
    if tag & 0x1F == 0x1F:
        return
    element = decode(data)
    for ask in (
        element.octets, element.integer, element.boolean, element.oid, element.bits, element.time,
        element.text, element.only,
    ):  # fmt: skip
        try:
            ask()
        except EsignError:
            continue


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x01",
        b"\x30\x84\x00\x00",
        b"\x30\x89" + bytes(9),
        b"\x04\x80\x00\x00",
        b"\x30\x80",
        b"\x30\x80\x00",
        b"\x30\x80\x04\x01",
        b"\x1f",
        b"\x1f\x81",
        b"\x1f\x81\x82\x83\x84\x05\x00",
        b"\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff",
    ],
    ids=bytes.hex,
)
def test_a_broken_element_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedInput) as raised:
        decode(data, where="ContentInfo")
    assert raised.value.code == "malformed-input"
    assert raised.value.where


def test_a_child_cannot_run_over_its_parent() -> None:
    with pytest.raises(MalformedInput):
        walk(decode(b"\x30\x03\x04\x05\x00"))


def test_nesting_of_indefinite_lengths_is_bounded() -> None:
    for depth in (20, 48):
        assert decode(b"\x30\x80" * depth + b"\0\0" * depth).indefinite
    for depth in (50, 5000):
        with pytest.raises(LimitExceeded) as raised:
            decode(b"\x30\x80" * depth + b"\0\0" * depth)
        assert raised.value.code == "limit-exceeded"


def test_nesting_of_strings_is_bounded() -> None:
    data = der.octet_string(b"x")
    for _ in range(60):
        data = der.tlv(der.OCTET_STRING | der.CONSTRUCTED, data)
    with pytest.raises(LimitExceeded):
        decode(data).octets()


def test_deep_definite_nesting_is_not_der() -> None:
    data = der.null()
    for _ in range(60):
        data = der.sequence(data)
    assert not is_der(decode(data))


def test_long_tags_are_read() -> None:
    element = decode(b"\xbf\x81\x00\x02\x05\x00")
    assert element.tag == 0xBF8100
    assert element.constructed
    assert walk(element) == 2


# --- values ---


@pytest.mark.parametrize("cut", [0, 1, 3])
def test_strings_in_parts_are_joined(cut: int) -> None:
    parts = der.octet_string(b"abc"[:cut]) + der.octet_string(b"abc"[cut:])
    assert decode(b"\x24\x80" + parts + b"\0\0").octets() == b"abc"
    assert decode(der.tlv(0x24, der.tlv(0x24, parts))).octets() == b"abc"
    assert decode(der.octet_string(b"abc")).octets() == b"abc"


def test_a_string_of_something_else_is_malformed() -> None:
    with pytest.raises(MalformedInput):
        decode(der.tlv(0x24, der.integer(1))).octets()


@pytest.mark.parametrize("value", [-129, -128, -127, -1, 0, 127, 128, 255, 256, -32768, -32769])
def test_integers_are_as_short_as_they_can_be(value: int) -> None:
    octets = decode(der.integer(value)).content
    assert octets == value.to_bytes(len(octets), "big", signed=True)
    assert decode(der.integer(value)).integer() == value


@given(st.integers(-(2**2000), 2**2000))
def test_integers_round_trip(value: int) -> None:
    assert decode(der.integer(value)).integer() == value


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"\xff\x80", b"\x01" * 1025])
def test_a_wrong_integer_is_malformed(content: bytes) -> None:
    with pytest.raises(MalformedInput):
        decode(der.tlv(der.INTEGER, content)).integer()


def test_the_largest_integer_can_be_shown() -> None:
    assert str(decode(der.tlv(der.INTEGER, b"\x7f" * 1024)).integer())


@given(
    st.tuples(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**70), max_size=6)).map(
        lambda parts: ".".join(map(str, (parts[0], parts[1], *parts[2])))
    )
)
def test_identifiers_round_trip(dotted: str) -> None:
    assert decode(der.oid(dotted)).oid() == dotted


def test_a_large_second_arc_belongs_to_joint_iso_itu() -> None:
    assert decode(der.oid("2.999.3")).oid() == "2.999.3"


@pytest.mark.parametrize("content", [b"", b"\x80", b"\x2a\x80\x01", b"\x2a\x86", b"\x2a" * 129])
def test_a_wrong_identifier_is_malformed(content: bytes) -> None:
    with pytest.raises(MalformedInput):
        decode(der.tlv(der.OID, content)).oid()


@pytest.mark.parametrize(("content", "value"), [(b"\0", False), (b"\xff", True), (b"\x01", True)])
def test_booleans_are_read(content: bytes, value: bool) -> None:
    element = decode(der.tlv(der.BOOLEAN, content))
    assert element.boolean() is value
    assert is_der(element) == (content in (b"\0", b"\xff"))


@pytest.mark.parametrize("content", [b"", b"\x01\x00", b"\x08\x00"])
def test_bits_that_are_not_octets_are_malformed(content: bytes) -> None:
    with pytest.raises(MalformedInput):
        decode(der.tlv(der.BIT_STRING, content)).bits()


def test_bits_round_trip() -> None:
    assert decode(der.bit_string(b"\x01\x02")).bits() == b"\x01\x02"
    assert decode(der.bit_string(b"")).bits() == b""


@given(st.datetimes(max_value=datetime(9999, 12, 31)))  # noqa: DTZ001
def test_times_round_trip_in_whole_seconds(value: datetime) -> None:
    at = value.replace(tzinfo=UTC, microsecond=0)
    for encoded in (der.time(at.replace(microsecond=999)), der.generalized_time(at)):
        assert decode(encoded).time() == at


@pytest.mark.parametrize(
    ("year", "tag"),
    [(1949, der.GENERALIZED_TIME), (1950, der.UTC_TIME), (2049, der.UTC_TIME), (2050, der.GENERALIZED_TIME)],
)
def test_utc_time_reaches_through_2049(year: int, tag: int) -> None:
    # RFC 5280 §4.1.2.5
    assert decode(der.time(datetime(year, 7, 1, tzinfo=UTC))).tag == tag


def test_times_are_written_in_utc() -> None:
    tashkent = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=5)))
    assert decode(der.time(tashkent)).content == b"251231210000Z"


@pytest.mark.parametrize("write", [der.time, der.generalized_time])
def test_a_naive_time_is_a_mistake(write: object) -> None:
    with pytest.raises(ValueError, match="offset"):
        write(datetime(2026, 1, 1))  # type: ignore[operator]  # noqa: DTZ001


@pytest.mark.parametrize(
    ("tag", "content"),
    [
        (der.UTC_TIME, b"2601010000Z"),
        (der.UTC_TIME, b"260101000000+0500"),
        (der.UTC_TIME, b"261301000000Z"),
        (der.UTC_TIME, b"2601010000001"),
        (der.UTC_TIME, b"20260101000000Z"),
        (der.GENERALIZED_TIME, b"260101000000Z"),
        (der.GENERALIZED_TIME, b"20260101000000.5Z"),
        (der.GENERALIZED_TIME, b"20260230000000Z"),
        (der.GENERALIZED_TIME, b"00000101000000Z"),
        (der.INTEGER, b"260101000000Z"),
    ],
)
def test_a_wrong_time_is_malformed(tag: int, content: bytes) -> None:
    with pytest.raises(MalformedInput):
        decode(der.tlv(tag, content)).time()


@pytest.mark.parametrize(
    ("tag", "content", "text"),
    [
        (der.UTF8_STRING, "қўл".encode(), "қўл"),
        (der.PRINTABLE_STRING, b"abc", "abc"),
        (der.IA5_STRING, b"a@b", "a@b"),
        (0x14, b"caf\xe9", "café"),
        (0x1E, "қ".encode("utf-16-be"), "қ"),
        (0x1C, "қ".encode("utf-32-be"), "қ"),
    ],
)
def test_strings_are_read_by_their_kind(tag: int, content: bytes, text: str) -> None:
    assert decode(der.tlv(tag, content)).text() == text


@pytest.mark.parametrize(
    ("tag", "content"), [(der.UTF8_STRING, b"\xff"), (der.IA5_STRING, b"\x80"), (0x1E, b"\0"), (0x04, b"x")]
)
def test_a_wrong_string_is_malformed(tag: int, content: bytes) -> None:
    with pytest.raises(MalformedInput):
        decode(der.tlv(tag, content)).text()


@pytest.mark.parametrize(("inner", "good"), [(b"", False), (der.null(), True), (der.null() * 2, False)])
def test_only_takes_exactly_one(inner: bytes, good: bool) -> None:
    element = decode(der.tlv(der.context(0), inner))
    if good:
        assert element.only().raw == inner
    else:
        with pytest.raises(MalformedInput):
            element.only()


def test_only_takes_the_one_of_an_indefinite_element() -> None:
    assert decode(b"\xa0\x80\x05\x00\x00\x00").only().tag == der.NULL


# --- fields ---


def test_fields_are_taken_in_order() -> None:
    fields = Fields.of(decode(NESTED), "here")
    assert fields.take(der.INTEGER).integer() == 5
    assert fields.optional(der.BOOLEAN) is None
    assert fields.peek == der.OCTET_STRING
    assert fields.optional(der.BOOLEAN, der.OCTET_STRING) is not None
    assert len(fields.rest()) == 1
    assert fields.peek is None
    fields.end()


def test_a_missing_field_is_named() -> None:
    for wanted in (der.BOOLEAN, None):
        fields = Fields.of(decode(der.sequence()), "here")
        with pytest.raises(MalformedInput) as raised:
            fields.take(wanted)
        assert raised.value.where == "here"
        assert "the end" in raised.value.message


def test_a_field_too_many_is_named() -> None:
    with pytest.raises(MalformedInput) as raised:
        Fields.of(decode(NESTED), "here").end()
    assert (raised.value.where, "0x02" in raised.value.message) == ("here", True)


@pytest.mark.parametrize("data", [der.null(), der.set_of([])])
def test_fields_stand_in_the_element_that_is_asked_for(data: bytes) -> None:
    with pytest.raises(MalformedInput):
        Fields.of(decode(data), "here")


def test_fields_of_a_primitive_element_are_malformed() -> None:
    with pytest.raises(MalformedInput):
        Fields.of(decode(der.null()), "here", tag=None)


# --- DER or not ---


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (NESTED, True),
        (b"\x30\x81\x02\x05\x00", False),
        (b"\x30\x80\x05\x00\x00\x00", False),
        (b"\x24\x03\x04\x01\x00", False),
        (der.tlv(der.SET, der.integer(1), der.integer(2)), True),
        (der.tlv(der.SET, der.integer(2), der.integer(1)), False),
        (der.tlv(der.context(0), der.integer(2), der.integer(1)), True),
        (der.sequence(b"\x04\x81\x01\x00"), False),
        (b"\x30\x02\x05\x05", False),
        (b"\xbf\x81\x00\x02\x05\x00", True),
        (b"\x3f\x81\x00\x02\x05\x00", False),
    ],
)
def test_der_is_told_from_ber(data: bytes, expected: bool) -> None:
    assert is_der(decode(data)) is expected


# --- writing ---


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65535, 65536])
def test_lengths_are_minimal(size: int) -> None:
    data = der.octet_string(bytes(size))
    assert is_der(decode(data))
    assert decode(data).content == bytes(size)


def test_a_set_is_sorted() -> None:
    assert der.set_of([der.integer(2), der.integer(1)]) == der.set_of([der.integer(1), der.integer(2)])


def test_tags_replace_and_wrap() -> None:
    assert der.implicit(1, der.sequence(der.null())) == b"\xa1\x02\x05\x00"
    assert der.implicit(1, der.octet_string(b"x")) == b"\x81\x01x"
    assert der.explicit(1, der.null()) == b"\xa1\x02\x05\x00"
    assert der.context(2, constructed=False) == 0x82
