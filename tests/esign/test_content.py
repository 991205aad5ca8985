"""The octets that are signed: the same digests and chunks, wherever they are kept."""

import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign.algorithms import SHA256, SHA512, Digest
from esign.content import Content
from esign.der.streaming import CHUNK
from esign.errors import LimitExceeded

LONG = bytes(range(256)) * (CHUNK // 256) * 2 + b"rest"


class Counted(io.BytesIO):
    """A file that counts the octets that were read from it."""

    octets = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.octets += len(found)
        return found


@pytest.mark.parametrize("octets", [b"", b"x", LONG[:CHUNK], LONG], ids=["empty", "one", "chunk", "long"])
@pytest.mark.parametrize("kept", ["memory", "file"])
def test_content_is_the_same_in_memory_and_in_a_file(octets: bytes, kept: str) -> None:
    content = Content.of(octets if kept == "memory" else io.BytesIO(octets))
    assert content.size == len(octets)
    assert b"".join(content.chunks()) == octets
    assert b"".join(content.chunks()) == octets
    assert max(map(len, content.chunks()), default=0) <= CHUNK
    assert content.digest(SHA256) == SHA256.of(octets)
    assert content.octets(len(octets)) == octets


def test_a_file_is_taken_from_its_present_place_to_its_end() -> None:
    file = io.BytesIO(b"before after")
    file.seek(7)
    assert Content.of(file).octets(10) == b"after"
    assert Content.in_file(file, 2, 4).octets(2) == b"fo"
    assert Content.in_file(file, 4, 2).size == 0


@pytest.mark.parametrize("kept", ["memory", "file"])
def test_more_octets_than_allowed_are_not_given(kept: str) -> None:
    content = Content.of(LONG if kept == "memory" else io.BytesIO(LONG))
    with pytest.raises(LimitExceeded) as caught:
        content.octets(len(LONG) - 1)
    assert (caught.value.code, caught.value.where) == ("limit-exceeded", "content")


def test_a_digest_is_made_once() -> None:
    file = Counted(LONG)
    content = Content.of(file)
    assert content.digest(SHA256) == content.digest(SHA256) == SHA256.of(LONG)
    assert file.octets == len(LONG)


def test_several_digests_take_one_pass() -> None:
    file = Counted(LONG)
    content = Content.of(file)
    assert content.digests((SHA256, SHA512, SHA256)) == (SHA256.of(LONG), SHA512.of(LONG), SHA256.of(LONG))
    assert file.octets == len(LONG)
    assert Content.of(LONG).digests((SHA512, SHA256)) == (SHA512.of(LONG), SHA256.of(LONG))


def test_announced_digests_are_made_with_the_first_of_them() -> None:
    file = Counted(LONG)
    content = Content.of(file)
    content.announce((SHA256, SHA512))
    content.digest(SHA512)
    assert content.digest(SHA256) == SHA256.of(LONG)
    assert file.octets == len(LONG)


def test_what_was_not_announced_is_made_by_itself() -> None:
    file = Counted(LONG)
    content = Content.of(file)
    content.announce((SHA256,))
    content.digest(SHA512)
    content.digest(SHA256)
    assert file.octets == 2 * len(LONG)


def test_known_digests_are_not_made_again() -> None:
    def never() -> Iterator[bytes]:
        raise AssertionError

    content = Content(3, never, digests=[(SHA256, b"known")])
    assert content.digest(SHA256) == b"known"
    assert content.digests((SHA256,)) == (b"known",)


def test_two_readers_of_one_file_do_not_disturb_each_other() -> None:
    file = io.BytesIO(LONG)
    content = Content.of(file)
    first, second = content.chunks(), content.chunks()
    together = [(a, b) for a, b in zip(first, second, strict=True)]
    assert all(a == b for a, b in together)
    assert b"".join(a for a, _ in together) == LONG


def test_a_file_that_became_shorter_ends_early() -> None:
    file = io.BytesIO(LONG)
    content = Content.of(file)
    file.truncate(10)
    assert b"".join(content.chunks()) == LONG[:10]


@given(st.binary(max_size=300), st.sampled_from([SHA256, SHA512]))
def test_any_octets_have_the_digest_of_the_table(octets: bytes, by: Digest) -> None:
    assert Content.of(io.BytesIO(octets)).digest(by) == Content.of(octets).digest(by) == by.of(octets)
