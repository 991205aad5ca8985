"""MIME entities: cut exactly where the grammar says, refused where two readers could disagree."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign.errors import EsignError, LimitExceeded, MalformedInput
from esign.mime import (
    MAX_DEPTH,
    MAX_FIELDS,
    MAX_HEADER_OCTETS,
    MAX_LINE_OCTETS,
    MAX_PARTS,
    ContentType,
    Disposition,
    Entity,
    base64_leaf,
    canonical,
    decode_transfer,
    decode_words,
    encode_words,
    field,
    multipart,
    readable,
    text_field,
    walk,
    with_parameters,
)
from tests.peers import corpus

MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def refusal(data: bytes) -> EsignError:
    with pytest.raises(MalformedInput) as caught:
        list(walk(Entity.read(data)))
    return caught.value


# --- lines and header ---


def test_header_and_body_are_cut_at_the_first_empty_line() -> None:
    entity = Entity.read(b"A: 1\r\nB: 2\r\n\r\nbody\r\n\r\nmore")
    assert [(found.name, found.text) for found in entity.header] == [("A", "1"), ("B", "2")]
    assert entity.body == b"body\r\n\r\nmore"
    assert entity.header_octets == b"A: 1\r\nB: 2\r\n"


def test_an_entity_may_have_no_header_or_no_body() -> None:
    assert Entity.read(b"\r\nbody").body == b"body"
    assert Entity.read(b"\r\nbody").header == ()
    assert Entity.read(b"A: 1\r\n").body == b""
    assert Entity.read(b"").raw == b""


@pytest.mark.parametrize(
    ("data", "code", "where"),
    [
        (b"A: 1\nB: 2\r\n\r\n", "bare-line-feed", "line 1"),
        (b"A: 1\r\n\r\nx\r\ny\n", "bare-line-feed", "line 4"),
        (b"A: 1\rB: 2\r\n\r\n", "bare-carriage-return", "line 1"),
        (b"A: 1\r\n\r\nx\r", "bare-carriage-return", "line 3"),
        (b"A: 1\r\n\r\n\0", "nul-octet", "line 3"),
        (b"A: 1\r\nB: 2", "header-unended", "header"),
        (b"A : 1\r\n\r\n", "field-syntax", "header"),
        (b": 1\r\n\r\n", "field-syntax", "header"),
        (b"no colon\r\n\r\n", "field-syntax", "header"),
        (b"From alice Mon Jan 1\r\nA: 1\r\n\r\n", "field-syntax", "header"),
        ("Ў: 1\r\n\r\n".encode(), "field-syntax", "header"),
        (b" A: 1\r\n\r\n", "folding-syntax", "line 1"),
        (b"A: 1\r\n \t\r\nB: 2\r\n\r\n", "folding-syntax", "line 2"),
        (b"A: \xff\r\n\r\n", "header-not-utf8", "A"),
        (b"A: \xd0\r\n \x8e\r\n\r\n", "header-not-utf8", "A"),
        (b"A: a\x1b[2J\r\n\r\n", "header-control-character", "A"),
        (b"Content-Type: text/plain\r\ncontent-type: text/html\r\n\r\n", "header-duplicate", "content-type"),
        (b"MIME-Version: 1.0\r\nMIME-Version: 1.0\r\n\r\n", "header-duplicate", "mime-version"),
    ],
)
def test_what_is_outside_the_grammar_of_headers_is_refused(data: bytes, code: str, where: str) -> None:
    error = refusal(data)
    assert (error.code, error.where) == (code, where)


def test_folding_is_undone_and_the_field_is_kept_as_received() -> None:
    entity = Entity.read(b"Subject: one\r\n  two\r\n\tthree \r\n\r\n")
    assert entity.header[0].text == "one  two\tthree"
    assert entity.header[0].raw == b"Subject: one\r\n  two\r\n\tthree \r\n"


@pytest.mark.parametrize(
    ("inside", "outside", "code"),
    [
        (
            b"A: " + b"x" * (MAX_LINE_OCTETS - 3) + b"\r\n\r\n",
            b"A: " + b"x" * (MAX_LINE_OCTETS - 2) + b"\r\n\r\n",
            "header-line-too-long",
        ),
        (
            b"A: 1\r\n" * MAX_FIELDS + b"\r\n",
            b"A: 1\r\n" * (MAX_FIELDS + 1) + b"\r\n",
            "header-too-many-fields",
        ),
        (
            b"A: 1\r\n" + b" x\r\n" * 1000 + b"\r\n",
            b"A: 1\r\n" + b" xx\r\n" * (MAX_HEADER_OCTETS // 5) + b"\r\n",
            "header-too-large",
        ),
    ],
)
def test_limits_of_the_header_are_inclusive(inside: bytes, outside: bytes, code: str) -> None:
    Entity.read(inside)
    with pytest.raises(LimitExceeded) as caught:
        Entity.read(outside)
    assert caught.value.code == code


def test_bodies_inside_cms_may_be_binary_and_their_headers_may_not() -> None:
    entity = Entity.read(b"Content-Transfer-Encoding: binary\r\n\r\n\0\n\r", within_cms=True)
    assert entity.content() == b"\0\n\r"
    with pytest.raises(MalformedInput) as caught:
        Entity.read(b"A: 1\rB: 2\r\n\r\n", within_cms=True)
    assert caught.value.code == "bare-carriage-return"


def test_canonical_mends_line_feeds_and_nothing_else() -> None:
    assert canonical(b"a\nb\r\nc\rd\n\n") == b"a\r\nb\r\nc\rd\r\n\r\n"


# --- content type and parameters ---


@pytest.mark.parametrize(
    ("value", "media_type", "parameters"),
    [
        ("text/plain", "text/plain", {}),
        ("Text/PLAIN; Charset=UTF-8", "text/plain", {"charset": "UTF-8"}),
        ('multipart/mixed; boundary="a b";', "multipart/mixed", {"boundary": "a b"}),
        (r'a/b; n="x\"y\\z"', "a/b", {"n": 'x"y\\z'}),
        ("a/b;n=1 ;m=2", "a/b", {"n": "1", "m": "2"}),
        ("a/b; name*=utf-8'uz'%D0%8E.pdf", "a/b", {"name": "Ў.pdf"}),
        ("a/b; name*1*=%8E; name*0*=utf-8''%D0", "a/b", {"name": "Ў"}),
        ('a/b; name*0="x y"; name*1=z', "a/b", {"name": "x yz"}),
        ("a/b; name=old; name*=utf-8''new", "a/b", {"name": "new"}),
    ],
)
def test_content_types_are_read(value: str, media_type: str, parameters: dict[str, str]) -> None:
    read = ContentType.read(value)
    assert (read.media_type, dict(read.parameters)) == (media_type, parameters)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "content-type-syntax"),
        ("text", "content-type-syntax"),
        ("text /plain", "content-type-syntax"),
        ("text/plain charset=x", "parameter-syntax"),
        ("text/plain (a comment)", "parameter-syntax"),
        ("text/plain; charset = x", "parameter-syntax"),
        ("text/plain;; charset=x", "parameter-syntax"),
        ('text/plain; charset="x', "parameter-syntax"),
        ("text/plain; name==?utf-8?B?eA==?=", "parameter-syntax"),
        ("text/plain; a=1; A=2", "parameter-duplicate"),
        ("multipart/mixed; boundary*=utf-8''b", "parameter-syntax"),
        ("multipart/mixed; boundary*0=a; boundary*1=b", "parameter-syntax"),
        ("a/b; name*0=x; name*2=y", "parameter-syntax"),
        ("a/b; name*1=x", "parameter-syntax"),
        ("a/b; name*00=x", "parameter-syntax"),
        ("a/b; name*=utf-7''x", "parameter-syntax"),
        ("a/b; name*=utf-8''%4", "parameter-syntax"),
        ("a/b; name*=plain", "parameter-syntax"),
        ("a/b" + "".join(f"; x{i}=1" for i in range(65)), "too-many-parameters"),
    ],
)
def test_other_content_types_are_refused(value: str, code: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        ContentType.read(value)
    assert caught.value.code == code


def test_a_disposition_is_read_and_refused_alike() -> None:
    read = Disposition.read('Attachment; filename="a.pdf"')
    assert (read.kind, dict(read.parameters)) == ("attachment", {"filename": "a.pdf"})
    with pytest.raises(MalformedInput) as caught:
        Disposition.read('"x"')
    assert caught.value.code == "disposition-syntax"


def test_an_entity_without_a_type_is_plain_text() -> None:
    assert Entity.read(b"\r\n").content_type == ContentType.read("text/plain; charset=us-ascii")


# --- transfer encodings ---


@pytest.mark.parametrize(
    ("body", "encoding", "content"),
    [
        (b"a=3D\0", "7bit", b"a=3D\0"),
        (b"a\xff", "8bit", b"a\xff"),
        (b"\0\n", "binary", b"\0\n"),
        (b"", "base64", b""),
        (b"YWJj\r\nZGVm\r\nZw==\r\n", "base64", b"abcdefg"),
        (b"YWJj\nZGVm\r\nZw==\n", "base64", b"abcdefg"),
        (b"a=3Db=c3=\r\nd  \r\ne", "quoted-printable", b"a=b\xc3d\r\ne"),
        (b"a= \t\r\nb=", "quoted-printable", b"ab"),
    ],
)
def test_transfer_encodings_are_decoded(body: bytes, encoding: str, content: bytes) -> None:
    assert decode_transfer(body, encoding) == content


@pytest.mark.parametrize(
    ("body", "encoding", "code"),
    [
        (b"YWJ", "base64", "base64-syntax"),
        (b"YWJj ZGVm", "base64", "base64-syntax"),
        (b"YQ==YQ==", "base64", "base64-syntax"),
        (b"YR==", "base64", "base64-syntax"),
        (b"YWJj!GVm", "base64", "base64-syntax"),
        (b"====", "base64", "base64-syntax"),
        (b"=4", "quoted-printable", "quoted-printable-syntax"),
        (b"=zz", "quoted-printable", "quoted-printable-syntax"),
        (b"a\xff", "quoted-printable", "quoted-printable-syntax"),
        (b"= x\r\n", "quoted-printable", "quoted-printable-syntax"),
        (b"x", "x-uuencode", "transfer-encoding-unknown"),
    ],
)
def test_what_two_decoders_would_read_differently_is_refused(body: bytes, encoding: str, code: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        decode_transfer(body, encoding)
    assert caught.value.code == code


@pytest.mark.parametrize("kind", [b"multipart/mixed; boundary=b", b"message/rfc822"])
def test_composite_types_are_never_encoded(kind: bytes) -> None:
    error = refusal(b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
    assert error.code == "transfer-encoding-composite"


@given(st.binary(max_size=300))
def test_base64_comes_back(content: bytes) -> None:
    entity = Entity.read(base64_leaf(b"", content))
    assert entity.content() == content
    assert max(map(len, entity.body.split(b"\r\n"))) <= 76


# --- multipart ---


def test_parts_are_exactly_the_octets_between_delimiters() -> None:
    body = b"pre\r\n--b\r\n\r\none\r\n\r\n--b  \r\nA: 1\r\n\r\n--b--\r\nepi"
    read = Entity.read(MIXED + body).multipart()
    assert [part.raw for part in read.parts] == [b"\r\none\r\n", b"A: 1\r\n"]
    assert (read.preamble, read.epilogue, read.ambiguous) == (b"pre", b"epi", False)


def test_a_delimiter_may_begin_the_body_and_end_the_message() -> None:
    read = Entity.read(MIXED + b"--b\r\n\r\nx\r\n--b--").multipart()
    assert ([part.body for part in read.parts], read.preamble, read.epilogue) == ([b"x"], b"", b"")


def test_two_delimiters_in_a_row_hold_an_empty_part() -> None:
    assert [part.raw for part in Entity.read(MIXED + b"--b\r\n--b\r\n\r\nx\r\n--b--").parts()] == [
        b"",
        b"\r\nx",
    ]


def test_a_boundary_that_begins_another_is_not_taken_for_it() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=bc\r\n\r\n--bc\r\n\r\nx\r\n--bc--\r\n"
    read = Entity.read(MIXED + b"--b\r\n" + inner + b"\r\n--b--\r\n").multipart()
    assert [part.raw for part in read.parts] == [inner]
    assert read.ambiguous
    assert [part.body for part in read.parts[0].parts()] == [b"x"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (MIXED + b"--b\r\n\r\nx\r\n", "multipart-unclosed"),
        (MIXED + b"--b\r\n\r\nx\r\n--b", "multipart-unclosed"),
        (MIXED + b"x --b\r\n\r\n --b--\r\n", "multipart-unclosed"),
        (MIXED + b"--b--\r\n", "multipart-empty"),
        (MIXED + b"--b\r\n\r\nx\r\n--b--\r\n\r\n--b\r\n\r\ny\r\n--b--\r\n", "boundary-after-close"),
        (MIXED + b"--b\r\nbroken\r\n--b--\r\n", "header-unended"),
        (b"Content-Type: multipart/mixed\r\n\r\n", "boundary-syntax"),
        (b'Content-Type: multipart/mixed; boundary=""\r\n\r\n', "boundary-syntax"),
        (b'Content-Type: multipart/mixed; boundary="b "\r\n\r\n', "boundary-syntax"),
        (b'Content-Type: multipart/mixed; boundary="' + b"b" * 71 + b'"\r\n\r\n', "boundary-syntax"),
        (MIXED + b"--b\r\n" + MIXED + b"--b\r\n\r\nx\r\n--b--\r\n--b--\r\n", "boundary-after-close"),
        (MIXED + b"--b\r\n" + MIXED + b"--b\r\n\r\nx\r\n--b--\r\n", "multipart-unclosed"),
    ],
)
def test_broken_multiparts_are_refused(data: bytes, code: str) -> None:
    assert refusal(data).code == code


def test_only_a_multipart_has_parts() -> None:
    with pytest.raises(MalformedInput) as caught:
        Entity.read(b"\r\n--b--").parts()
    assert caught.value.code == "not-multipart"


def nested(levels: int) -> bytes:
    data = b"\r\nx"
    for level in range(levels):
        data = multipart("mixed", (data,), boundary=f"b{level:03}")
    return data


def test_depth_is_limited() -> None:
    assert sum(1 for _ in walk(Entity.read(nested(MAX_DEPTH)))) == MAX_DEPTH + 1
    assert refusal(nested(MAX_DEPTH + 1)).code == "too-deep"


def test_parts_are_limited_on_one_level_and_over_all() -> None:
    flat = MIXED + b"--b\r\n" * (MAX_PARTS + 1) + b"--b--\r\n"
    assert refusal(flat).code == "too-many-parts"
    half = multipart("mixed", [b"\r\n"] * (MAX_PARTS // 2), boundary="half")
    assert refusal(multipart("mixed", [half, half, half], boundary="whole")).code == "too-many-parts"


LAWFUL = st.binary(max_size=40).map(lambda octets: canonical(octets.replace(b"\r", b"").replace(b"\0", b"")))
LETTERS = st.text(string.ascii_letters, min_size=1, max_size=8)


@given(st.lists(LAWFUL.map(lambda body: b"\r\n" + body), min_size=1, max_size=4), LETTERS)
def test_a_multipart_comes_back_octet_for_octet(parts: list[bytes], boundary: str) -> None:
    try:
        made = multipart("mixed", parts, boundary=boundary)
    except ValueError:
        made = multipart("mixed", parts)
    assert [part.raw for part in Entity.read(made).parts()] == parts


# --- writers ---


@pytest.mark.parametrize("value", ["a\r\nBcc: x", "a\nb", "a\rb", "a\0", "a\x7f", "\ud800"])
def test_no_writer_lets_a_value_end_its_line(value: str) -> None:
    for write in (
        lambda: field("Subject", value),
        lambda: text_field("Subject", value),
        lambda: with_parameters("a/b", {"name": value}),
    ):
        with pytest.raises(MalformedInput) as caught:
            write()
        assert caught.value.code == "header-unsafe"


def test_a_field_name_is_checked_and_a_structured_value_is_ascii() -> None:
    for name, value in (("A:B", "x"), ("", "x"), ("A B", "x"), ("A", "ў")):
        with pytest.raises(MalformedInput) as caught:
            field(name, value)
        assert caught.value.code == "header-unsafe"


@given(st.text(st.characters(blacklist_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")), max_size=200))
def test_unstructured_text_comes_back_and_keeps_its_lines_short(text: str) -> None:
    made = text_field("Subject", text)
    read = Entity.read(made + b"\r\n").header[0]
    assert decode_words(read.text) == text
    assert max(map(len, made.split(b"\r\n"))) <= 78


@given(st.text(st.characters(blacklist_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")), max_size=200))
def test_parameters_come_back(value: str) -> None:
    made = field("Content-Disposition", with_parameters("attachment", {"filename": value}))
    disposition = Entity.read(made + b"\r\n").disposition
    assert disposition is not None
    assert disposition.parameters["filename"] == value
    assert made.isascii()


def test_a_given_boundary_that_stands_in_a_part_is_a_programmers_mistake() -> None:
    with pytest.raises(ValueError, match="boundary"):
        multipart("mixed", [b"\r\n--b"], boundary="b")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=?utf-8?B?0I4=?= =?UTF-8?q?_x=3D?=", "Ў x="),
        ("=?utf-8?B?0A==?= =?utf-8?B?jg==?=", "Ў"),
        ("=?koi8-r?Q?=F4=C5?=", "Те"),
        ("=?utf-8*uz?B?0I4=?=", "Ў"),
        ("a =?utf-8?B?0I4=?= b", "a Ў b"),
        ("=?rot13?Q?abc=FF?=", "abc\N{REPLACEMENT CHARACTER}"),
        ("=?utf-8?B?!?=", "\N{REPLACEMENT CHARACTER}"),
        ("=?utf-8?Q?a=0D=0ABcc:_x?=", "a  Bcc: x"),
        ("=?utf-8?Q?=E2=80=AE?=", "\N{REPLACEMENT CHARACTER}"),
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
    ],
)
def test_encoded_words_are_shown_and_drive_nothing(text: str, shown: str) -> None:
    assert decode_words(text) == shown


def test_encoded_words_are_at_most_75_characters_and_cut_no_character() -> None:
    words = encode_words("Ў" * 100).split(" ")
    assert max(map(len, words)) <= 75
    assert all(decode_words(word).strip("Ў") == "" for word in words)


def test_readable_shows_controls_as_replacement() -> None:
    assert readable("a\tb\nc\x1b[1m\u202e") == "a\tb\nc\N{REPLACEMENT CHARACTER}[1m\N{REPLACEMENT CHARACTER}"


# --- hostile input ---

SAMPLE = multipart(
    "mixed",
    (
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=D0=8E",
        base64_leaf(
            field("Content-Disposition", with_parameters("attachment", {"filename": "ў.pdf"})), b"%PDF"
        ),
    ),
    header=text_field("Subject", "Ҳисобот"),
    boundary="=_sample",
)


def exercise(data: bytes) -> None:
    """Whatever `data` is, only our errors come out."""
    try:
        for entity in walk(Entity.read(data)):
            if not entity.is_multipart:
                _ = (
                    entity.content(),
                    entity.disposition,
                    [decode_words(found.text) for found in entity.header],
                )
    except EsignError:
        pass


def test_truncated_at_each_length_only_our_errors_come_out() -> None:
    for length in range(len(SAMPLE)):
        exercise(SAMPLE[:length])


@given(st.binary(max_size=200))
def test_on_any_octets_only_our_errors_come_out(data: bytes) -> None:
    exercise(data)
    exercise(MIXED + data)


PIECES = (
    *(
        b"\r\n",
        b"--b",
        b"--",
        b"--b--\r\n",
        b"--b\r\n",
        b"Content-Type: ",
        b"multipart/mixed",
        b"; boundary=b",
    ),
    *(
        b"text/plain",
        b"=",
        b"=?utf-8?B?",
        b"?=",
        b"*0*=",
        b"; name",
        b"'",
        b"%",
        b'"',
        b"\\",
        b" ",
        b"\t",
        b"a",
    ),
    *(b"\xd0\x8e", b"\0"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_on_pieces_of_grammar_only_our_errors_come_out(pieces: list[bytes]) -> None:
    exercise(b"".join(pieces))
    exercise(b"Content-Type: text/plain" + b"".join(pieces) + b"\r\n\r\n")


@given(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255))
def test_with_one_octet_changed_only_our_errors_come_out(position: int, octet: int) -> None:
    exercise(SAMPLE[:position] + bytes([octet]) + SAMPLE[position + 1 :])


@pytest.mark.corpora
@pytest.mark.parametrize("name", ["cpython_email", "mime4j"])
def test_messages_of_other_parsers_tests_raise_nothing_foreign(name: str) -> None:
    files = [path for path in corpus(name).rglob("*") if path.suffix in (".txt", ".msg")]
    assert len(files) > 20
    for path in files:
        data = path.read_bytes()
        exercise(data)
        exercise(canonical(data))
