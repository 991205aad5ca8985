"""Signed JSON has one spelling, and what is read is of the type that was asked for or refused."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exat import canonical
from exat.canonical import Fields, MalformedJSON


def objects(inner: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.dictionaries(st.text("abc", max_size=3), inner, max_size=4)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_the_spelling_is_sorted_dense_and_utf8() -> None:
    assert canonical.write({"б": "ў", "a": [1, None, True]}) == '{"a":[1,null,true],"б":"ў"}'.encode()


@given(objects(VALUES))
def test_what_is_written_is_read_back(value: dict[str, object]) -> None:
    assert canonical.read(canonical.write(value)).values == value


@given(objects(VALUES))
def test_writing_what_was_read_gives_the_same_octets(value: dict[str, object]) -> None:
    octets = canonical.write(value)
    assert canonical.write(canonical.read(octets).values) == octets


@pytest.mark.parametrize("value", [{"a": 1.0}, {"a": [b"octets"]}, {1: "a"}, {"a": {2: 3}}])
def test_floats_and_other_types_are_not_written(value: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        canonical.write(value)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"[]",
        b"1",
        b'{"a":1.5}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b'{"a":1}{',
        b'{"a":"\xff"}',
        b'{"a":' + b"[" * 100_000,
        b'{"a":' + b"9" * 10_000 + b"}",
        b'{"a":1} trailing',
    ],
)
def test_broken_json_is_malformed(octets: bytes) -> None:
    with pytest.raises(MalformedJSON) as caught:
        canonical.read(octets)
    assert caught.value.code == "malformed-json"


def test_a_limit_is_kept() -> None:
    with pytest.raises(MalformedJSON):
        canonical.read(b'{"a":"' + b"x" * 100 + b'"}', limit=50)


@given(st.binary(max_size=60))
def test_only_our_error_escapes(octets: bytes) -> None:
    try:
        canonical.read(octets)
    except MalformedJSON:
        pass


FIELDS = canonical.read(
    json.dumps(
        {
            "text": "a",
            "number": 5,
            "negative": -1,
            "huge": 2**60,
            "true": True,
            "half": "\ud800",
            "at": "2026-11-23T09:00:00Z",
            "fraction": "2026-11-23T09:00:00.123456Z",
            "local": "2026-11-23T09:00:00+05:00",
            "nonsense": "2026-13-45T09:00:00Z",
            "octets": "AAE=",
            "object": {"inner": {"deep": 1}},
            "list": ["a", "b"],
            "mixed": ["a", 1],
            "objects": [{"a": "x"}],
            "null": None,
        }
    ).encode()
)


def test_each_type_is_read() -> None:
    assert FIELDS.text("text") == "a"
    assert FIELDS.number("number") == 5
    assert FIELDS.instant("at") == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert FIELDS.instant("fraction").microsecond == 123456
    assert FIELDS.octets("octets") == b"\x00\x01"
    assert FIELDS.texts("list") == ("a", "b")
    assert FIELDS.each("objects")[0].text("a") == "x"
    assert FIELDS.has("text") and not FIELDS.has("null") and not FIELDS.has("absent")


@pytest.mark.parametrize(
    ("read", "where"),
    [
        (lambda f: f.text("number"), "number"),
        (lambda f: f.text("half"), "half"),
        (lambda f: f.text("absent"), "absent"),
        (lambda f: f.number("text"), "text"),
        (lambda f: f.number("negative"), "negative"),
        (lambda f: f.number("huge"), "huge"),
        (lambda f: f.number("true"), "true"),
        (lambda f: f.instant("local"), "local"),
        (lambda f: f.instant("nonsense"), "nonsense"),
        (lambda f: f.instant("text"), "text"),
        (lambda f: f.octets("text"), "text"),
        (lambda f: f.octets("at"), "at"),
        (lambda f: f.texts("mixed"), "mixed[1]"),
        (lambda f: f.texts("text"), "text"),
        (lambda f: f.each("list"), "list[0]"),
        (lambda f: f.fields("text"), "text"),
        (lambda f: f.fields("object").fields("inner").text("deep"), "object.inner.deep"),
    ],
)
def test_another_type_is_refused_with_its_place(read: Callable[[Fields], object], where: str) -> None:
    with pytest.raises(MalformedJSON) as caught:
        read(FIELDS)
    assert caught.value.where == where


def test_times_are_written_in_utc() -> None:
    at = datetime(2026, 11, 23, 14, tzinfo=timezone(timedelta(hours=5)))
    assert canonical.instant(at) == "2026-11-23T09:00:00Z"
