"""Compressed content: read within its bounds, refused beyond them."""

import zlib

import pytest
from asn1crypto import cms as independent
from hypothesis import given
from hypothesis import strategies as st

from esign import cms, compressed, der
from esign.algorithms import AlgorithmIdentifier
from esign.compressed import COMPRESSED_DATA, MAX_CONTENT, MAX_RATIO, ZLIB, compress, decompress
from esign.errors import EsignError, LimitExceeded, MalformedInput, UnsupportedAlgorithm

TEXT = b"Salom " * 100
MIB = 1 << 20
BARE = AlgorithmIdentifier(ZLIB)


def made(
    stream: bytes,
    *,
    version: int = 0,
    algorithm: AlgorithmIdentifier = BARE,
    content: bytes | None = None,
) -> bytes:
    inside = der.octet_string(stream) if content is None else content
    encapsulated = der.sequence(der.oid(cms.DATA), der.explicit(0, inside))
    body = der.sequence(der.integer(version), algorithm.encode(), encapsulated)
    return cms.encode_content_info(COMPRESSED_DATA, body)


@given(st.binary(max_size=400))
def test_content_is_read_as_it_was_written(content: bytes) -> None:
    found = decompress(compress(content, content_type="1.2.3"))
    assert (found.content_type, found.octets) == ("1.2.3", content)


def test_another_reader_reads_what_we_write() -> None:
    found = independent.ContentInfo.load(compress(TEXT), strict=True)["content"]
    assert found["version"].native == "v0"
    assert found["compression_algorithm"]["algorithm"].native == "zlib"
    assert found["encap_content_info"]["content_type"].native == "data"
    assert zlib.decompress(found["encap_content_info"]["content"].native) == TEXT


def test_null_parameters_and_strings_in_parts_are_read() -> None:
    stream = zlib.compress(TEXT)
    for octets in (
        made(stream, algorithm=AlgorithmIdentifier(ZLIB, der.null())),
        made(b"", content=der.tlv(0x24, der.octet_string(stream[:9]), der.octet_string(stream[9:]))),
    ):
        assert decompress(octets).octets == TEXT


@pytest.mark.parametrize(
    ("octets", "error", "code"),
    [
        (made(b"Salom"), MalformedInput, "compressed-malformed"),
        (made(zlib.compress(TEXT)[:-1]), MalformedInput, "compressed-malformed"),
        (made(zlib.compress(TEXT) + b"\0"), MalformedInput, "compressed-malformed"),
        (made(b""), MalformedInput, "compressed-malformed"),
        (made(zlib.compress(TEXT), version=1), MalformedInput, "compressed-malformed"),
        (made(b"", content=der.utf8("x")), MalformedInput, "compressed-malformed"),
        (made(b"", algorithm=AlgorithmIdentifier("1.2.3")), UnsupportedAlgorithm, "unsupported-algorithm"),
        (
            made(b"", algorithm=AlgorithmIdentifier(ZLIB, der.integer(9))),
            UnsupportedAlgorithm,
            "unsupported-algorithm",
        ),
        (cms.encode_content_info(cms.DATA, der.octet_string(TEXT)), MalformedInput, "cms-wrong-content-type"),
    ],
    ids=["no-stream", "cut", "more", "empty", "version", "string", "algorithm", "parameters", "kind"],
)
def test_what_is_no_compressed_content_is_refused(octets: bytes, error: type[EsignError], code: str) -> None:
    with pytest.raises(error) as caught:
        decompress(octets)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("size", "limit", "read"),
    [
        (MIB, MAX_CONTENT, True),
        (MIB + 1, MAX_CONTENT, False),
        (10, 10, True),
        (11, 10, False),
    ],
    ids=["ratio-within-a-mebibyte", "ratio-over", "limit", "over-limit"],
)
def test_content_swells_no_further_than_its_bounds(size: int, limit: int, read: bool) -> None:
    octets = compress(bytes(size))
    if read:
        assert len(decompress(octets, limit=limit).octets) == size
        return
    with pytest.raises(LimitExceeded) as caught:
        decompress(octets, limit=limit)
    assert caught.value.code == "compressed-too-large"


def test_a_bomb_is_unpacked_no_further_than_its_bound() -> None:
    """No more of it is made than a hundred times what was sent."""
    state = zlib.compressobj(9)
    stream = b"".join((*(state.compress(bytes(MIB)) for _ in range(64)), state.flush()))
    with pytest.raises(LimitExceeded) as caught:
        decompress(made(stream))
    assert int(caught.value.values["limit"]) == min(MAX_CONTENT, MAX_RATIO * len(stream)) < 64 * MIB


def test_a_cut_object_is_refused_at_each_length() -> None:
    octets = compress(TEXT)
    for length in range(len(octets)):
        with pytest.raises(MalformedInput):
            decompress(octets[:length])


@given(st.binary(max_size=80))
def test_no_octets_raise_anything_else(octets: bytes) -> None:
    for data in (octets, made(octets), made(b"", content=octets)):
        try:
            compressed.decompress(data)
        except EsignError:
            continue
