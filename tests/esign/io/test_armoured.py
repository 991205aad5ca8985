"""PEM in a file is what the same octets in memory are."""

import io
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esign.cms import read_pem_or_der, to_pem
from esign.errors import EsignError, MalformedInput
from esign.io.armoured import MAX_AFTER_BLOCK, without_armour

OBJECT = b"\x30\x80" + bytes(range(256)) * 3
PEM = to_pem(OBJECT)
BLOCKS = {
    "cms": PEM,
    "pkcs7": PEM.replace(b"CMS", b"PKCS7"),
    "crlf": PEM.replace(b"\n", b"\r\n"),
    "text": PEM + b"text behind it\n",
    "one-line": b"-----BEGIN CMS-----" + b"".join(PEM.splitlines()[1:-1]) + b"-----END CMS-----",
    "another-kind": PEM + PEM.replace(b"CMS", b"CERTIFICATE"),
    "empty": b"-----BEGIN CMS-----\n-----END CMS-----\n",
}
BROKEN = {
    "two": PEM + PEM,
    "other-end": PEM.replace(b"END CMS", b"END PKCS7"),
    "no-end": PEM[: PEM.index(b"-----END")],
    "hyphen": PEM[:100] + b"-" + PEM[100:],
    "not-base64": PEM[:100] + b"*" + PEM[101:],
    "padding-within": PEM[:100] + b"====" + PEM[104:],
    "one-digit-less": PEM[:100] + PEM[101:],
}


def decoded(data: bytes) -> bytes | None:
    file = io.BytesIO(b"ahead" + data)
    file.seek(5)
    with ExitStack() as held:
        found = without_armour(file, held)
        if found is None:
            assert file.tell() == 5
            return None
        return found.read()


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_in_a_file_is_the_block_in_memory(block: str) -> None:
    assert decoded(BLOCKS[block]) == read_pem_or_der(BLOCKS[block])


def test_a_block_over_many_chunks_is_one() -> None:
    assert decoded(to_pem(OBJECT * 1000)) == OBJECT * 1000


@pytest.mark.parametrize("block", BROKEN)
def test_a_broken_block_is_refused(block: str) -> None:
    for read in (decoded, read_pem_or_der):
        with pytest.raises(MalformedInput) as refused:
            read(BROKEN[block])
        assert refused.value.code == "cms-malformed"


@pytest.mark.parametrize("before", [2, 6])
def test_padding_between_chunks_is_refused(before: int) -> None:
    line = b"QUFB" * ((1 << 18) // 4)
    padded = line[:-before] + b"==" + line[len(line) - before + 2 :]
    with pytest.raises(MalformedInput) as refused:
        decoded(b"-----BEGIN CMS-----" + padded + line + b"-----END CMS-----")
    assert refused.value.code == "cms-malformed"


def test_much_text_behind_the_block_is_refused() -> None:
    with pytest.raises(MalformedInput):
        decoded(PEM + b"x" * MAX_AFTER_BLOCK)


@pytest.mark.parametrize("data", [b"", b"0\x80", b"text\n" + PEM, PEM.replace(b"CMS", b"CERTIFICATE")])
def test_what_begins_otherwise_is_left_as_it_is(data: bytes) -> None:
    assert decoded(data) is None


@given(
    st.integers(0, len(PEM) - 1), st.sampled_from([b"", b"-", b"=", b"\n", b"A", b"\x80"]), st.integers(0, 2)
)
@settings(max_examples=200, deadline=None)
def test_both_readers_take_and_refuse_the_same(at: int, put: bytes, less: int) -> None:
    data = PEM[: at + 19] + put + PEM[at + 19 + less :]
    outcomes = []
    for read in (decoded, read_pem_or_der):
        try:
            outcomes.append(read(data))
        except EsignError:
            outcomes.append(None)
    assert outcomes[0] == outcomes[1]
