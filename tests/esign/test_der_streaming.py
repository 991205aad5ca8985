"""An OCTET STRING in a file is the one that the reader of octets finds, or neither finds one."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import der
from esign.der.streaming import CHUNK, StringInFile, header_at
from esign.errors import EsignError, LimitExceeded, MalformedInput

EOC = b"\0\0"


def in_parts(octets: bytes, size: int, *, indefinite: bool = True) -> bytes:
    """An OCTET STRING in parts of `size` octets."""
    parts = b"".join(der.octet_string(octets[i : i + size]) for i in range(0, len(octets), size))
    return b"\x24\x80" + parts + EOC if indefinite else der.tlv(0x24, parts)


def streamed(data: bytes, *, after: bytes = b"") -> bytes:
    """The value of the string that `data` is, by way of a file in which `after` follows."""
    file = io.BytesIO(b"ahead" + data + after)
    string = StringInFile(file, header_at(file, 5, 5 + len(data)))
    taken: list[bytes] = []
    size, end = string.measure(taken.append)
    found = b"".join(taken)
    assert end <= 5 + len(data)
    if end != 5 + len(data):
        raise MalformedInput
    assert b"".join(string.chunks()) == found
    assert len(found) == size
    assert all(taken)
    return found


LENGTHS = [0, 1, 127, 128, 255, 256, CHUNK - 5, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 77]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("size", [1000, 4096, CHUNK - 3, CHUNK, CHUNK + 1, 3 * CHUNK])
@pytest.mark.parametrize("indefinite", [True, False])
def test_parts_of_any_size_make_the_string(length: int, size: int, indefinite: bool) -> None:
    octets = (bytes(range(251)) * (length // 251 + 1))[:length]
    assert streamed(in_parts(octets, size, indefinite=indefinite), after=b"\x04\x01x") == octets


@pytest.mark.parametrize("length", LENGTHS)
def test_a_primitive_string_is_read_in_chunks(length: int) -> None:
    octets = (bytes(range(251)) * (length // 251 + 1))[:length]
    assert streamed(der.octet_string(octets), after=b"more") == octets


def test_parts_of_parts_make_the_string() -> None:
    inner = in_parts(b"cdefg", 2)
    data = b"\x24\x80" + der.octet_string(b"ab") + inner + der.tlv(0x24, in_parts(b"hi", 1)) + EOC
    assert streamed(data) == b"abcdefghi"


def test_parts_of_different_lengths_of_length() -> None:
    octets = [b"a" * 10, b"b" * 200, b"c" * 300, b"", b"d" * 10]
    assert streamed(b"\x24\x80" + b"".join(map(der.octet_string, octets)) + EOC) == b"".join(octets)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"\x24\x80\x0c\x01x\0\0", "an octet string made of something else"),
        (b"\x24\x80\x24\x80\x02\x01\x01\0\0\0\0", "an octet string made of something else"),
        (b"\x24\x80\x04\x80\0\0\0\0", "a primitive element of indefinite length"),
        (b"\x24\x80\x1f\x04\x01x\0\0", "a high tag number"),
        (b"\x24\x05\x04\x04abcd", "an element that is cut short"),
        (b"\x24\x80\x04\x89\0\0\0\0\0\0\0\0\1\0\0", "an element that is cut short"),
        (b"\x04\x84\xff\xff\xff\xff", "an element that is cut short"),
        (b"\x04\x02x", "an element that is cut short"),
        (b"\x04", "an element that is cut short"),
        (b"", "an element that is cut short"),
    ],
)
def test_what_is_no_octet_string_is_refused(data: bytes, found: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        streamed(data)
    assert (caught.value.code, caught.value.values["found"]) == ("malformed-input", found)


@pytest.mark.parametrize("indefinite", [True, False])
def test_a_string_cut_at_any_length_is_refused(indefinite: bool) -> None:
    whole = in_parts(b"0123456789" * 3, 4, indefinite=indefinite)
    for length in range(len(whole)):
        with pytest.raises(EsignError):
            streamed(whole[:length])
        with pytest.raises(EsignError):
            streamed(whole[:length], after=EOC * 4)


def test_nesting_has_a_limit() -> None:
    deep = b"\x24\x80" * 48 + EOC * 48
    assert streamed(deep) == b""
    with pytest.raises(LimitExceeded) as caught:
        streamed(b"\x24\x80" * 49 + EOC * 49)
    assert caught.value.values["found"] == "deeper nesting"


def test_the_number_of_empty_parts_has_a_limit() -> None:
    with pytest.raises(LimitExceeded) as caught:
        streamed(b"\x24\x80" + b"\x04\0" * 1_100_000 + EOC)
    assert caught.value.values["found"] == "more parts"


def _outcome(data: bytes, *, in_file: bool) -> bytes | None:
    """The value; None when it is refused."""
    try:
        if in_file:
            return streamed(data)
        element = der.decode(data)
        list(element.children()) if element.constructed else ()
        return element.octets() if element.tag in (0x04, 0x24) else None
    except EsignError:
        return None


PIECES = [
    *(EOC, b"\x24\x80", b"\x24\x04", b"\x24\x03", b"\x04\0", b"\x04\x01a", b"\x04\x02bc", b"\x04\x81\x01d"),
    *(b"\x04\x80", b"\x30\0", b"\x04", b"\x24", b"\x80", b"\0", b"\x1f\x04\0"),
]


@given(
    st.lists(st.sampled_from(PIECES), max_size=9).map(b"".join), st.sampled_from([b"\x24\x80", b"\x24\x07"])
)
def test_both_readers_agree_on_every_string(rest: bytes, beginning: bytes) -> None:
    data = beginning + rest
    assert _outcome(data, in_file=True) == _outcome(data, in_file=False)
