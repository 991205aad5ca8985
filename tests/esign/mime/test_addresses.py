"""Mailboxes and dates of a header: one reading or none."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign.errors import EsignError, LimitExceeded, MalformedInput
from esign.mime import Entity, Mailbox, multipart, read_date, read_mailboxes, split_base64
from esign.mime.addresses import MAX_MAILBOXES


def read(text: str) -> list[tuple[str, str]]:
    return [(one.key, one.name) for one in read_mailboxes(text, where="To")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@b.test", [("a@b.test", "")]),
        ("<A@B.test>", [("a@b.test", "")]),
        ("Alice <a@b.test>", [("a@b.test", "Alice")]),
        ('"Lovelace, Alice" <a@b.test>, c@d.test', [("a@b.test", "Lovelace, Alice"), ("c@d.test", "")]),
        ('"x \\"y\\"" <a@b.test>', [("a@b.test", 'x "y"')]),
        ("=?utf-8?B?0JDQu9C40YHQsA==?= <a@b.test>", [("a@b.test", "Алиса")]),
        ("John Q. Public <j@q.test>", [("j@q.test", "John Q. Public")]),
        ("Shop.test <j@q.test>", [("j@q.test", "Shop.test")]),
        ('"a b"@c.test', [('"a b"@c.test', "")]),
        ('"plain"@c.test', [("plain@c.test", "")]),
        ("иван@почта.test", [("иван@xn--80a1acny.test", "")]),
        ("undisclosed-recipients:;", []),
        ("a@b.test <A@b.test>", [("a@b.test", "a@b.test")]),
    ],
)
def test_mailboxes_are_read(text: str, expected: list[tuple[str, str]]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "mailbox-missing"),
        ("<>", "mailbox-missing"),
        ("a@b.test,", "mailbox-missing"),
        ("a@b.test (c)", "mailbox-comment"),
        ("(c) a@b.test", "mailbox-comment"),
        ("a(c)@b.test", "mailbox-comment"),
        ("<a(c)@b.test>", "mailbox-comment"),
        ("Staff: a@b.test;", "mailbox-group"),
        ("<@r.test:a@b.test>", "mailbox-route"),
        ("<@r.test>", "mailbox-route"),
        ("x <a@b.test <c@d.test:e@f.test>", "mailbox-route"),
        ("x " + "<a@" * 400, "mailbox-syntax"),
        ("=?q?q?a?=@b.test", "mailbox-encoded-word"),
        ("a@b.test <c@d.test>", "mailbox-syntax"),
        ("a@b.test c@d.test", "mailbox-syntax"),
        ("a", "mailbox-syntax"),
        ("a@", "mailbox-syntax"),
        ("a@b..test", "mailbox-syntax"),
        (".a@b.test", "mailbox-syntax"),
        ("a@-b.test", "mailbox-syntax"),
        ("a@1.2.3.4", "mailbox-syntax"),
        ("a@[1.2.3.4]", "mailbox-syntax"),
        ("a@" + "b" * 64 + ".test", "mailbox-syntax"),
        ("a" * 250 + "@b.test", "mailbox-syntax"),
        ("a\u200b@b.test", "mailbox-syntax"),
        ("a@b\u00df.test", "mailbox-syntax"),
        ("a@\u0301b.test", "mailbox-syntax"),
        ("e\u0301@b.test", "mailbox-syntax"),
    ],
)
def test_what_two_readers_could_take_for_two_addresses_is_refused(text: str, code: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        read(text)
    assert (caught.value.code, caught.value.where) == (code, "To")


def test_mailboxes_are_counted() -> None:
    assert len(read(", ".join(["a@b.test"] * MAX_MAILBOXES))) == MAX_MAILBOXES
    with pytest.raises(LimitExceeded) as caught:
        read(", ".join(["a@b.test"] * (MAX_MAILBOXES + 1)))
    assert caught.value.code == "too-many-mailboxes"


@pytest.mark.parametrize(
    ("name", "poses"),
    [
        ("Alice", False),
        ("a@b.test", False),
        ("'A@B.TEST'", False),
        ("c@d.test", True),
        ("Alice (c@d.test)", True),
        ("c\uff20d.test", True),
        ("x" * 1_001, False),
        ("x" * 1_001 + "@", True),
    ],
)
def test_a_display_name_that_looks_like_another_address_poses(name: str, poses: bool) -> None:
    assert Mailbox.parse("a@b.test", name=name).poses_as_another is poses


def test_an_address_is_spelled_with_the_quotes_that_it_needs() -> None:
    assert Mailbox.parse('"a.b"@C.test').address == "a.b@c.test"
    assert Mailbox.parse('"a\\"b"@c.test').address == '"a\\"b"@c.test'


@given(st.text(max_size=80))
def test_on_any_text_only_our_errors_come_out(text: str) -> None:
    try:
        for one in read_mailboxes(text, where="From"):
            assert Mailbox.parse(one.key).key == one.key
    except EsignError:
        pass


@given(st.text(alphabet='ab@.<>"\\:;,() =?_qQ\u0430', max_size=40))
def test_on_pieces_of_grammar_only_our_errors_come_out(text: str) -> None:
    try:
        assert all(one.poses_as_another in (True, False) for one in read_mailboxes(text, where="From"))
    except EsignError:
        pass


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon, 23 Nov 2026 12:00:00 +0500", datetime(2026, 11, 23, 12, tzinfo=timezone(timedelta(hours=5)))),
        ("23 nov 2026 12:00 GMT", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("Mon, 23 Nov 2026 23:59:60 -0000 (UTC)", datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_dates_are_read(text: str, expected: datetime) -> None:
    assert read_date(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "now", "Mon, 31 Feb 2026 12:00:00 +0000", "23 Nov 26 12:00:00 +0000", "23 Nov 2026 25:00 GMT"]
    + ["23 Nov 2026 12:00:00 EST", "23 Nov 2026 12:00:00 +0560", "23 Nov 1969 12:00:00 +0000"]
    + ["23 Nov 2026 12:00:00 +9900"],
)
def test_other_dates_are_refused(text: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        read_date(text)
    assert (caught.value.code, caught.value.where) == ("date-syntax", "Date")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"QUJD\r\n", (b"QUJD\r\n", b"")),
        (b"QUJD\r\n\r\nfooter\r\n", (b"QUJD\r\n", b"\r\nfooter\r\n")),
        (b"QUI=\r\nQUJD\r\n", (b"QUI=\r\n", b"QUJD\r\n")),
        (b"\r\nQUJD", (b"\r\nQUJD", b"")),
        (b"QU JD\r\n", (b"", b"QU JD\r\n")),
        (b"", (b"", b"")),
    ],
)
def test_what_stands_below_base64_is_cut_off(body: bytes, expected: tuple[bytes, bytes]) -> None:
    assert split_base64(body) == expected


def test_a_part_of_a_digest_is_a_message_unless_it_says_otherwise() -> None:
    parts = (b"\r\nSubject: a\r\n\r\nx", b"Content-Type: text/plain\r\n\r\nx")
    for subtype, first in (("digest", "message/rfc822"), ("mixed", "text/plain")):
        kinds = [part.content_type.media_type for part in Entity.read(multipart(subtype, parts)).parts()]
        assert kinds == [first, "text/plain"]
