"""The table of replies: its codes agree, it leaks nothing, and it renders within a line's bounds."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exat.smtp.replies import _ROWS as ROWS
from exat.smtp.replies import REPLIES, Reply, ehlo, finding_code, refusal, render, reply

POLICY = {
    "unsigned-letter": 550,
    "unencrypted-letter": 550,
    "malformed-letter": 550,
    "bare-newline": 554,
    "sender-not-allowed": 553,
    "from-not-single": 550,
    "from-signer-mismatch": 550,
    "signer-not-authorised": 550,
    "signer-revoked": 550,
    "signature-invalid": 550,
    "signer-untrusted": 550,
    "revocation-undetermined": 451,
    "recipient-not-encrypted-to": 550,
    "undeclared-recipient-key": 550,
    "unknown-recipient": 550,
    "recipient-rejected": 550,
    "duplicate-message-id": 550,
    "replayed-letter": 250,
    "algorithm-not-allowed": 550,
    "too-large": 552,
    "too-many-recipients": 452,
    "peer-unknown": 550,
    "relay-sender-mismatch": 550,
    "quota-exceeded": 552,
    "internal-error": 451,
}
WITHOUT_ENHANCED = {"greeting", "hello", "auth-continue", "start-content"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_class_of_enhanced_code_is_class_of_code(row: Reply) -> None:
    assert 200 <= row.code <= 559
    if row.name in WITHOUT_ENHANCED:
        assert row.enhanced == ""
    else:
        assert re.fullmatch(r"[245]\.[0-7]\.\d{1,2}", row.enhanced)
        assert row.enhanced[0] == str(row.code)[0]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_row_is_ascii_lower_case_named_once(row: Reply) -> None:
    assert [other.name for other in ROWS].count(row.name) == 1
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.name)
    assert row.text.isascii()
    assert row.text.isprintable()
    assert not row.text.endswith(".")


@pytest.mark.parametrize(("code", "status"), POLICY.items())
def test_each_finding_of_the_policy_has_its_own_row(code: str, status: int) -> None:
    answer = refusal(code)
    assert (answer.code, answer.name) == (status, code)
    assert answer.text.endswith(f"[{code}]")
    assert answer == refusal(code, "")


def test_refusal_reads_as_documented() -> None:
    expected = b"550 5.7.1 the letter is not signed by its sender [unsigned-letter]\r\n"
    assert render(refusal("unsigned-letter")) == expected
    assert str(refusal("unsigned-letter")) == expected.decode().rstrip()


def test_unknown_finding_is_a_permanent_refusal_that_bears_its_code() -> None:
    assert str(refusal("moon-too-bright")) == "550 5.7.1 the letter is refused [moon-too-bright]"


@pytest.mark.parametrize("code", [row.name for row in ROWS if row.is_positive and row.name not in POLICY])
def test_no_refusal_comes_out_as_an_acceptance(code: str) -> None:
    assert str(refusal(code)) == f"550 5.7.1 the letter is refused [{code}]"


@pytest.mark.parametrize("code", ["", "Upper", "a b", "a\r\nb", "a]", "x" * 65, "-a", "ö"])
def test_a_code_that_is_none_is_not_repeated(code: str) -> None:
    assert str(refusal(code)) == "550 5.7.1 the letter is refused [refused]"


def test_detail_is_one_bounded_line_of_ascii_without_brackets() -> None:
    answer = refusal("unknown-recipient", "é\r\n250 ok [accepted]\0" + "x" * 1000)
    assert str(answer).startswith("550 5.1.1 no such mailbox here: ?250 ok (accepted)?xxx")
    assert len(render(answer)) < 300
    assert finding_code(str(answer)) == "unknown-recipient"


@pytest.mark.parametrize("code", ["internal-error", "auth-failed"])
def test_errors_that_could_leak_take_no_detail(code: str) -> None:
    assert refusal(code, "(RuntimeError) db password=hunter2") == refusal(code)


def test_positive_replies_have_no_code_in_brackets() -> None:
    assert str(reply("sender-accepted")) == "250 2.1.0 sender ok"
    assert str(reply("accepted", id="42")) == "250 2.6.0 accepted as 42"
    assert str(reply("bad-sequence")) == "503 5.5.1 the command is not allowed now [bad-sequence]"
    assert finding_code(str(reply("accepted", id="42"))) == ""


def test_values_cannot_break_the_line() -> None:
    assert str(reply("greeting", host="a\r\n250 b {x}")) == "220 a?250 b {x} ESMTP exat"


def test_a_row_or_value_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        reply("no-such-reply")
    with pytest.raises(KeyError):
        reply("greeting")


def test_ehlo_gives_a_line_a_keyword() -> None:
    rendered = render(ehlo("a.test", ["SIZE 100", "AUTH PLAIN", "DSN"]))
    assert rendered == b"250-a.test\r\n250-AUTH PLAIN\r\n250-DSN\r\n250 SIZE 100\r\n"
    assert render(ehlo("a.test", [])) == b"250 a.test\r\n"


def test_each_line_bears_both_codes() -> None:
    assert render(Reply(550, "5.7.1", "refused", "one\ntwo")) == b"550-5.7.1 one\r\n550 5.7.1 two\r\n"


def test_replies_that_close_say_so() -> None:
    closing = {name for name, row in REPLIES.items() if row.closes}
    assert {"closing", "timeout", "shutting-down", "auth-too-many", "flood"} <= closing
    assert {"bare-newline", "nul-octet", "forbidden-octet", "chunking-not-offered"} <= closing
    assert not {"too-large", "unsigned-letter", "bad-sequence", "accepted", "content-line-too-long"} & closing
    assert refusal("bare-newline").closes


@given(st.text(), st.text(), st.sampled_from(["", "5.7.1"]))
def test_any_reply_renders_within_the_grammar(code: str, text: str, enhanced: str) -> None:
    for answer in (refusal(code, text), Reply(550, enhanced, "refused", text)):
        lines = render(answer).split(b"\r\n")
        assert lines.pop() == b""
        for number, line in enumerate(lines):
            assert re.fullmatch(rb"(?:[45]\d\d|250)[ -][ -~]*", line)
            assert len(line) <= 510
            assert (line[3:4] == b" ") == (number == len(lines) - 1)


@pytest.mark.parametrize(
    ("text", "code"), [("a [b-c]", "b-c"), ("a [b] c", ""), ("", ""), ("[A]", ""), ("[x] ", "x")]
)
def test_code_is_found_at_the_end_of_a_peers_reply(text: str, code: str) -> None:
    assert finding_code(text) == code
