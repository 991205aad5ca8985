"""The DATA phase: the twelve endings, every split, the limits, and the round trip with dot-stuffing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exat.errors import MalformedMessage
from exat.smtp.data import DataReader, DataState, Phase, dot_stuff, is_canonical

LIMIT = 1 << 20
SMUGGLED = b"MAIL FROM:<x@a.test>\r\nRCPT TO:<y@b.test>\r\nDATA\r\nsmuggled\r\n.\r\n"


def read(chunks: list[bytes], *, maximum_size: int = LIMIT, maximum_line: int = 998) -> DataState:
    """Feed chunks until the phase changes; the state with all content, and all octets after the end."""
    reader = DataReader(maximum_size=maximum_size, maximum_line=maximum_line)
    content = b""
    for number, chunk in enumerate(chunks):
        state = reader.feed(chunk)
        content += state.content
        if state.phase is not Phase.MORE:
            return DataState(state.phase, content, state.rest + b"".join(chunks[number + 1 :]), state.refusal)
    return DataState(Phase.MORE, content, b"", state.refusal)


def octets(wire: bytes) -> list[bytes]:
    return [wire[i : i + 1] for i in range(len(wire))]


ENDINGS = [
    (b"\n.\n", "bare-newline"),
    (b"\n.\r\n", "bare-newline"),
    (b"\r\n.\n", "bare-newline"),
    (b"\r.\r", "bare-newline"),
    (b"\r.\n", "bare-newline"),
    (b"\r.\r\n", "bare-newline"),
    (b"\n.\r", "bare-newline"),
    (b"\r\n.\r", "bare-newline"),
    (b"\r\n.\0\r\n", "nul-octet"),
    (b"\r\n\0.\r\n", "nul-octet"),
    (b"\r\r\n.\r\n", "bare-newline"),
]


@pytest.mark.parametrize(("ending", "refusal"), ENDINGS, ids=[repr(row[0]) for row in ENDINGS])
@pytest.mark.parametrize("split", [False, True], ids=["whole", "octet by octet"])
def test_no_other_ending_ends_the_content(ending: bytes, refusal: str, split: bool) -> None:
    wire = b"Subject: x\r\n\r\nbody" + ending + SMUGGLED
    state = read(octets(wire) if split else [wire])
    assert (state.phase, state.refusal) == (Phase.BROKEN, refusal)


@pytest.mark.parametrize("split", [False, True], ids=["whole", "octet by octet"])
def test_crlf_dot_crlf_ends_the_content_and_the_rest_is_given_back(split: bool) -> None:
    wire = b"Subject: x\r\n\r\nbody\r\n.\r\n" + SMUGGLED
    state = read(octets(wire) if split else [wire])
    assert state == DataState(Phase.COMPLETE, b"Subject: x\r\n\r\nbody\r\n", SMUGGLED)


CASES = [
    (b".\r\n", b"", b""),
    (b"\r\n.\r\n", b"\r\n", b""),
    (b".\r\n.\r\n", b"", b".\r\n"),
    (b"..\r\n.\r\n", b".\r\n", b""),
    (b"...\r\n.\r\n", b"..\r\n", b""),
    (b".a\r\n.\r\n", b"a\r\n", b""),
    (b"a\r\n..\r\n..b\r\n.\r\nQUIT\r\n", b"a\r\n.\r\n.b\r\n", b"QUIT\r\n"),
    (b"\r\n\r\n..\r\n\r\n.\r\n", b"\r\n\r\n.\r\n\r\n", b""),
    (b"a.\r\n.\r\n\r\n", b"a.\r\n", b"\r\n"),
    (b"\xff\x80\r\n.\r\n\n\0", b"\xff\x80\r\n", b"\n\0"),
]


@pytest.mark.parametrize(("wire", "content", "rest"), CASES, ids=[repr(row[0]) for row in CASES])
def test_any_two_cuts_read_the_same(wire: bytes, content: bytes, rest: bytes) -> None:
    for first in range(len(wire) + 1):
        for second in range(first, len(wire) + 1):
            state = read([wire[:first], wire[first:second], wire[second:]])
            assert state == DataState(Phase.COMPLETE, content, rest)


@pytest.mark.parametrize(("wire", "content", "rest"), CASES, ids=[repr(row[0]) for row in CASES])
def test_truncated_content_is_never_complete(wire: bytes, content: bytes, rest: bytes) -> None:
    for length in range(len(wire) - len(rest)):
        state = read([wire[:length]])
        assert state.phase is Phase.MORE
        assert content.startswith(state.content)


def test_no_more_than_four_octets_wait_between_chunks() -> None:
    reader = DataReader(maximum_size=LIMIT)
    assert reader.feed(b"x" * 500).content == b"x" * 500
    assert reader.feed(b"y\r\n.\r").content == b"y"


LINES = [(998, Phase.COMPLETE, ""), (999, Phase.REFUSED, "content-line-too-long")]


@pytest.mark.parametrize(("length", "phase", "refusal"), LINES)
@pytest.mark.parametrize("before", [b"", b"short\r\n", b"\r\n" * 600, b"z" * 998 + b"\r\n"])
@pytest.mark.parametrize("size", [1, 7, 499, 1000, 5000])
def test_a_line_holds_998_octets(length: int, phase: Phase, refusal: str, before: bytes, size: int) -> None:
    wire = before + b"x" * length + b"\r\nafter\r\n.\r\nQUIT\r\n"
    state = read([wire[i : i + size] for i in range(0, len(wire), size)])
    assert (state.phase, state.refusal, state.rest) == (phase, refusal, b"QUIT\r\n")


def test_the_stuffed_dot_does_not_count_in_a_line() -> None:
    assert read([b"." + b"." * 998 + b"\r\n.\r\n"]).phase is Phase.COMPLETE
    assert read([b"." + b"." * 999 + b"\r\n.\r\n"]).refusal == "content-line-too-long"


def test_a_line_without_end_is_dropped_at_once() -> None:
    reader = DataReader(maximum_size=1 << 16)
    states = [reader.feed(b"x" * 600), reader.feed(b"x" * 600)]
    assert [(state.phase, state.refusal) for state in states] == [
        (Phase.MORE, ""),
        (Phase.MORE, "content-line-too-long"),
    ]


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_size_is_counted_without_stuffing_and_end_mark(size: int) -> None:
    wire = b"..23456\r\n..23456\r\n.\r\nNOOP\r\n"
    chunks = [wire[i : i + size] for i in range(0, len(wire), size)]
    assert read(chunks, maximum_size=18 - 2).phase is Phase.COMPLETE
    state = read(chunks, maximum_size=18 - 3)
    assert (state.phase, state.refusal, state.rest) == (Phase.REFUSED, "too-large", b"NOOP\r\n")


def test_content_over_the_limit_is_read_to_its_end_but_not_for_ever() -> None:
    reader = DataReader(maximum_size=1000)
    phases = [reader.feed(b"x" * 98 + b"\r\n") for _ in range(20)]
    assert [state.phase for state in phases] == [Phase.MORE] * 20
    assert [state.refusal for state in phases] == [""] * 10 + ["too-large"] * 10
    assert not any(state.content for state in phases if state.refusal)
    last = reader.feed(b"x" * 98 + b"\r\n")
    assert (last.phase, last.refusal) == (Phase.BROKEN, "flood")


def test_the_law_holds_for_dropped_content_too() -> None:
    reader = DataReader(maximum_size=10)
    assert reader.feed(b"x" * 12 + b"\r\n").refusal == "too-large"
    assert reader.feed(b"y\ny\r\n.\r\n").phase is Phase.BROKEN


@given(st.lists(st.integers(0, 30), max_size=12), st.integers(1, 70))
def test_a_refusal_does_not_depend_on_the_cuts(lengths: list[int], size: int) -> None:
    wire = dot_stuff(b"".join(b"x" * length + b"\r\n" for length in lengths)) + b"NOOP\r\n"
    states = [
        read(chunks, maximum_size=100, maximum_line=20)
        for chunks in ([wire], octets(wire), [wire[i : i + size] for i in range(0, len(wire), size)])
    ]
    assert len({(state.phase, state.refusal) for state in states}) == 1
    if states[0].phase is not Phase.BROKEN:
        assert {state.rest for state in states} == {b"NOOP\r\n"}


def test_size_tells_the_octets_of_content() -> None:
    reader = DataReader(maximum_size=LIMIT)
    reader.feed(b"..a\r\n.\r\n")
    assert reader.size == 4


def test_feeding_after_the_end_is_a_mistake() -> None:
    reader = DataReader(maximum_size=LIMIT)
    reader.feed(b".\r\n")
    with pytest.raises(ValueError, match="after the end"):
        reader.feed(b"")


def test_32_mb_of_empty_lines_are_read() -> None:
    reader = DataReader(maximum_size=1 << 26)
    chunk = b"\r\n" * (1 << 15)
    total = sum(len(reader.feed(chunk).content) for _ in range(512))
    state = reader.feed(b".\r\n")
    assert (state.phase, total + len(state.content)) == (Phase.COMPLETE, 1 << 25)


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"a\nb\r\n", "bare-newline"), (b"a\rb\r\n", "bare-newline"), (b"\r", "bare-newline")]
    + [(b"a\0\r\n", "nul-octet"), (b"a", "unended-line"), (b"a\r\n.", "unended-line")],
)
def test_dot_stuff_refuses_what_data_cannot_carry_unchanged(content: bytes, code: str) -> None:
    assert not is_canonical(content)
    with pytest.raises(MalformedMessage) as refused:
        dot_stuff(content)
    assert refused.value.code == code


LINES_OF_CONTENT = st.lists(
    st.binary(max_size=40).map(lambda line: line.translate(None, b"\r\n\0"))
    | st.sampled_from([b".", b"..", b""]),
    max_size=12,
)


@given(LINES_OF_CONTENT, st.binary(max_size=8), st.lists(st.integers(0, 300), max_size=6))
def test_reading_stuffed_content_is_the_identity(lines: list[bytes], rest: bytes, cuts: list[int]) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    wire = dot_stuff(content) + rest
    edges = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    chunks = [wire[a:b] for a, b in zip(edges, edges[1:], strict=False)]
    assert is_canonical(content)
    assert read(chunks) == DataState(Phase.COMPLETE, content, rest)


WIRE = st.lists(st.sampled_from([b"\r\n", b".", b"\r", b"\n", b"\0", b"x", b"\r\n.\r\n"]), max_size=14).map(
    b"".join
)


def ends_first(wire: bytes) -> bytes:
    """The content by the letter of the law, one octet at a time: an oracle without chunks."""
    content, line = b"", b""
    for octet in octets(wire):
        line += octet
        if line.endswith(b"\r\n"):
            if line == b".\r\n":
                return content
            content += line[1:] if line.startswith(b".") else line
            line = b""
    raise EOFError


@given(WIRE, st.integers(1, 9))
def test_reader_agrees_with_the_law_told_slowly(wire: bytes, size: int) -> None:
    state = read([wire[i : i + size] for i in range(0, len(wire), size)] or [b""])
    whole = read([wire])
    assert (state.phase, state.rest) == (whole.phase, whole.rest) or state.phase is Phase.BROKEN
    if state.phase is Phase.COMPLETE:
        assert state.content == ends_first(wire)
        assert is_canonical(state.content)
