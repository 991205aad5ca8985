"""SMTP commands: tables of octets, each rule passing and failing, and fuzz."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exat.address import Address
from exat.errors import ExatError, ProtocolError
from exat.smtp.grammar import (
    Body,
    Command,
    MailFrom,
    Notify,
    OriginalRecipient,
    RcptTo,
    Return,
    decode_xtext,
    encode_xtext,
    line_limit,
    parse_command,
    parse_hello,
    parse_mail,
    parse_rcpt,
)
from exat.smtp.replies import REPLIES

ALL = frozenset({"SIZE", "8BITMIME", "SMTPUTF8", "DSN", "AUTH", "PIPELINING", "ENHANCEDSTATUSCODES"})
DEVON = Address("devon", "a.test")


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b"EHLO a.test", Command("EHLO", b"a.test")),
        (b"ehlo a.test", Command("EHLO", b"a.test")),
        (b"DATA", Command("DATA")),
        (b"data \t ", Command("DATA")),
        (b"MAIL FROM:<a@b.test>  ", Command("MAIL", b"FROM:<a@b.test>")),
        (b"XYZZY what", Command("XYZZY", b"what")),
        (b"NOOP  two", Command("NOOP", b" two")),
        (b"NOOP " + b"x" * 505, Command("NOOP", b"x" * 505)),
    ],
)
def test_command_line_is_a_verb_and_an_argument(line: bytes, command: Command) -> None:
    assert parse_command(line) == command


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"", "syntax-error"),
        (b" ", "syntax-error"),
        (b" NOOP", "syntax-error"),
        (b"NOOP\tx", "syntax-error"),
        (b"=?utf-8?q?NOOP?=", "syntax-error"),
        (b"\x16\x03\x01", "syntax-error"),
        (b"NOOP \xc3\xb6", "syntax-error"),
        (b"MAIL FROM:<\xc3\xb6@a.test>", "syntax-error"),
        (b"NOOP\r", "forbidden-octet"),
        (b"NOOP\nRSET", "forbidden-octet"),
        (b"NO\0OP", "forbidden-octet"),
        (b"RCPT TO:<a@b.test\r.evil.test>", "forbidden-octet"),
        (b"NOOP " + b"x" * 506, "line-too-long"),
        (b"NOOP" + b" " * 507, "line-too-long"),
        (b"x" * 511, "line-too-long"),
        (b"x" * 10_000_000, "line-too-long"),
        (b"AUTH PLAIN " + b"A" * 500, "line-too-long"),
        (b"DATA now", "unexpected-argument"),
        (b"RSET now", "unexpected-argument"),
        (b"QUIT now", "unexpected-argument"),
        (b"STARTTLS now", "unexpected-argument"),
    ],
)
def test_broken_command_line_names_its_reply(line: bytes, reply: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        parse_command(line)
    assert (refused.value.code, refused.value.reply) == (reply, reply)


def test_extensions_lengthen_the_lines_they_extend() -> None:
    assert line_limit("MAIL", ()) == line_limit("NOOP", ALL) == 512
    assert line_limit("MAIL", {"SIZE"}) == 538
    assert line_limit("RCPT", {"DSN"}) > 1000
    line = b"AUTH PLAIN " + b"A" * (12288 - 2 - 11)
    assert parse_command(line, extensions={"AUTH"}).verb == "AUTH"
    with pytest.raises(ProtocolError, match="line-too-long"):
        parse_command(line + b"A", extensions={"AUTH"})


def test_utf8_stands_in_addresses_where_smtputf8_is_offered() -> None:
    line = "MAIL FROM:<ö@a.test> SMTPUTF8".encode()
    assert parse_command(line, extensions={"SMTPUTF8"}).verb == "MAIL"
    with pytest.raises(ProtocolError):
        parse_command("NOOP ö".encode(), extensions={"SMTPUTF8"})


@pytest.mark.parametrize("name", [b"a.test", b"[127.0.0.1]", b"[IPv6:::1]", b"DESKTOP_1", b"-"])
def test_hello_takes_a_host_name_or_a_literal(name: bytes) -> None:
    assert parse_hello(name) == name.decode()


@pytest.mark.parametrize("name", [b"", b"a b", b"<a>", b"a\r\n", b"\xff", b"a" * 256, b"[]", b"(x)"])
def test_hello_refuses_anything_else(name: bytes) -> None:
    with pytest.raises(ProtocolError) as refused:
        parse_hello(name)
    assert refused.value.reply == "bad-host-name"


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        (b"FROM:<>", MailFrom(None)),
        (b"FROM:<devon@a.test>", MailFrom(DEVON)),
        (b"from:<devon@A.TEST>", MailFrom(DEVON)),
        (b'FROM:<"a> b"@a.test>', MailFrom(Address("a> b", "a.test"))),
        (b"FROM:<devon@a.test> SIZE=0", MailFrom(DEVON, size=0)),
        (b"FROM:<devon@a.test> size=12345678901234567890", MailFrom(DEVON, size=12345678901234567890)),
        (b"FROM:<devon@a.test> BODY=8BITMIME", MailFrom(DEVON, body=Body.EIGHT_BIT_MIME)),
        (b"FROM:<devon@a.test> BODY=7bit", MailFrom(DEVON, body=Body.SEVEN_BIT)),
        (b"FROM:<devon@a.test> RET=HDRS ENVID=QQ+2B314", MailFrom(DEVON, ret=Return.HEADERS, envid="QQ+314")),
        (b"FROM:<devon@a.test> AUTH=<>", MailFrom(DEVON, auth="<>")),
        (b"FROM:<devon@a.test> AUTH=e+2Bx+3Dy@b.test", MailFrom(DEVON, auth="e+x=y@b.test")),
        ("FROM:<ö@b.test> SMTPUTF8".encode(), MailFrom(Address("ö", "b.test"), smtputf8=True)),
    ],
)
def test_mail_is_read(argument: bytes, expected: MailFrom) -> None:
    assert parse_mail(argument, extensions=ALL) == expected


PATHS = [
    (b"", "syntax-error"),
    (b"<devon@a.test>", "syntax-error"),
    (b"FROM <devon@a.test>", "syntax-error"),
    (b"FROM: <devon@a.test>", "path-syntax"),
    (b"FROM:devon@a.test", "path-syntax"),
    (b"FROM:<devon@a.test", "path-syntax"),
    (b"FROM:devon@a.test>", "path-syntax"),
    (b"FROM:<<devon@a.test>>", "path-syntax"),
    (b"FROM:<devon@a.test>>", "path-syntax"),
    (b"FROM:<devon@a.test>SIZE=1", "path-syntax"),
    (b"FROM:<devon @a.test>", "path-syntax"),
    (b"FROM:< devon@a.test>", "path-syntax"),
    (b"FROM:<devon@a.test >", "path-syntax"),
    (b"FROM:< >", "path-syntax"),
    (b'FROM:<"devon@a.test>', "path-syntax"),
    (b"FROM:Devon <devon@a.test>", "path-syntax"),
    (b"FROM:<devon@a.test> <x@b.test>", "bad-parameter"),
    (b"FROM:<devon@a.test>\r\nRSET", "path-syntax"),
    (b"FROM:<@b.test:devon@a.test>", "source-route"),
    (b"FROM:<@b.test,@c.test:devon@a.test>", "source-route"),
    (b"FROM:<devon(x)@a.test>", "local-part-syntax"),
    (b"FROM:<devon>", "address-without-domain"),
    (b"FROM:<devon@[127.0.0.1]>", "address-literal"),
    (b"FROM:<=?utf-8?q?victim=40gov.test=3e=0d=0aRSET=0d=0a?=@a.test>", "encoded-word-in-address"),
    (b"FROM:<devon@a.test\r.evil.test>", "address-control-character"),
    (b"FROM:<devon\0@a.test>", "address-control-character"),
    (b"FROM:<\xff@a.test>", "address-not-utf8"),
    (b"FROM:<" + b"a" * 300 + b"@a.test>", "address-too-long"),
]


@pytest.mark.parametrize(("argument", "code"), PATHS, ids=[repr(row[0][:40]) for row in PATHS])
def test_reverse_path_is_strict(argument: bytes, code: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        parse_mail(argument, extensions=ALL)
    assert refused.value.code == code
    assert refused.value.reply == ("bad-parameter" if code == "bad-parameter" else "bad-sender-address")


@pytest.mark.parametrize(("argument", "code"), PATHS, ids=[repr(row[0][:40]) for row in PATHS])
def test_forward_path_is_strict(argument: bytes, code: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        parse_rcpt(argument.replace(b"FROM", b"TO", 1), extensions=ALL, local_domain="a.test")
    assert refused.value.code == code
    assert refused.value.reply == ("bad-parameter" if code == "bad-parameter" else "bad-recipient-address")


def test_a_sender_is_no_postmaster_without_a_domain() -> None:
    with pytest.raises(ProtocolError) as refused:
        parse_mail(b"FROM:<postmaster>", extensions=ALL)
    assert (refused.value.code, refused.value.reply) == ("address-without-domain", "bad-sender-address")


def test_there_is_no_null_recipient() -> None:
    with pytest.raises(ProtocolError) as refused:
        parse_rcpt(b"TO:<>", extensions=ALL, local_domain="a.test")
    assert (refused.value.code, refused.value.reply) == ("address-empty", "bad-recipient-address")


@pytest.mark.parametrize(
    ("parameters", "reply", "where"),
    [
        (b"XYZZY", "unknown-parameter", "XYZZY"),
        (b"NOTIFY=NEVER", "unknown-parameter", "NOTIFY"),
        (b"REQUIRETLS", "unknown-parameter", "REQUIRETLS"),
        (b"MT-PRIORITY=3", "unknown-parameter", "MT-PRIORITY"),
        (b"SIZE=1 SIZE=1", "duplicate-parameter", "SIZE"),
        (b"SIZE=1 size=2", "duplicate-parameter", "SIZE"),
        (b"SIZE", "bad-parameter", "SIZE"),
        (b"SIZE=", "bad-parameter", ""),
        (b"SIZE=-1", "bad-parameter", "SIZE"),
        (b"SIZE=0x10", "bad-parameter", "SIZE"),
        (b"SIZE=1_0", "bad-parameter", "SIZE"),
        (b"SIZE=" + b"9" * 21, "bad-parameter", "SIZE"),
        (b"SIZE=\xd9\xa1", "bad-parameter", "SIZE"),
        (b"BODY=BINARYMIME", "bad-parameter", "BODY"),
        (b"BODY=\xff", "bad-parameter", "BODY"),
        (b"SMTPUTF8=yes", "bad-parameter", "SMTPUTF8"),
        (b"RET=SOME", "bad-parameter", "RET"),
        (b"ENVID=a+2", "bad-parameter", "ENVID"),
        (b"ENVID=a+2b", "bad-parameter", "ENVID"),
        (b"ENVID=a+0D+0A", "bad-parameter", "ENVID"),
        (b"ENVID=a+FF", "bad-parameter", "ENVID"),
        (b"ENVID=" + b"a" * 101, "bad-parameter", "ENVID"),
        (b"AUTH=nobody", "bad-parameter", "AUTH"),
        (b"AUTH=x+0D+0A@a.test", "bad-parameter", "AUTH"),
        (b"", "bad-parameter", ""),
        (b" SIZE=1", "bad-parameter", ""),
        (b"SIZE=1  BODY=7BIT", "bad-parameter", ""),
        (b"-SIZE=1", "bad-parameter", ""),
        (b"SIZE=1=1", "bad-parameter", ""),
        (b"A" * 33, "bad-parameter", ""),
    ],
)
def test_parameters_of_mail_are_known_once_and_well_formed(parameters: bytes, reply: str, where: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        parse_mail(b"FROM:<devon@a.test> " + parameters, extensions=ALL)
    assert (refused.value.reply, refused.value.where) == (reply, where)


@pytest.mark.parametrize(
    "parameter", [b"SIZE=1", b"BODY=7BIT", b"SMTPUTF8", b"RET=FULL", b"ENVID=a", b"AUTH=<>"]
)
def test_a_parameter_is_unknown_where_its_extension_is_not_offered(parameter: bytes) -> None:
    with pytest.raises(ProtocolError) as refused:
        parse_mail(b"FROM:<devon@a.test> " + parameter, extensions={"PIPELINING"})
    assert refused.value.reply == "unknown-parameter"


def test_utf8_address_without_smtputf8_asks_for_it() -> None:
    with pytest.raises(ProtocolError) as refused:
        parse_mail("FROM:<ö@a.test>".encode(), extensions=ALL)
    assert refused.value.reply == "smtputf8-required"
    argument = "TO:<ö@a.test>".encode()
    with pytest.raises(ProtocolError) as refused:
        parse_rcpt(argument, extensions=ALL, local_domain="a.test")
    assert refused.value.reply == "smtputf8-required"
    assert (
        parse_rcpt(argument, extensions=ALL, local_domain="a.test", smtputf8=True).forward_path.local == "ö"
    )


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        (b"TO:<devon@a.test>", RcptTo(DEVON)),
        (b"to:<devon@a.test>", RcptTo(DEVON)),
        (b"TO:<Postmaster>", RcptTo(Address("postmaster", "node.a.test"))),
        (b"TO:<POSTMASTER@b.test>", RcptTo(Address("POSTMASTER", "b.test"))),
        (b"TO:<devon@a.test> NOTIFY=NEVER", RcptTo(DEVON, frozenset({Notify.NEVER}))),
        (
            b"TO:<devon@a.test> NOTIFY=success,DELAY ORCPT=rfc822;d+2Be@c.test",
            RcptTo(
                DEVON, frozenset({Notify.SUCCESS, Notify.DELAY}), OriginalRecipient("rfc822", "d+e@c.test")
            ),
        ),
    ],
)
def test_rcpt_is_read(argument: bytes, expected: RcptTo) -> None:
    assert parse_rcpt(argument, extensions=ALL, local_domain="node.a.test") == expected


@pytest.mark.parametrize(
    ("parameters", "reply", "where"),
    [
        (b"SIZE=1", "unknown-parameter", "SIZE"),
        (b"NOTIFY", "bad-parameter", "NOTIFY"),
        (b"NOTIFY=", "bad-parameter", ""),
        (b"NOTIFY=NEVER,DELAY", "bad-parameter", "NOTIFY"),
        (b"NOTIFY=DELAY,DELAY", "bad-parameter", "NOTIFY"),
        (b"NOTIFY=DELAY,", "bad-parameter", "NOTIFY"),
        (b"NOTIFY=ALWAYS", "bad-parameter", "NOTIFY"),
        (b"ORCPT=rfc822", "bad-parameter", "ORCPT"),
        (b"ORCPT=rfc822;", "bad-parameter", "ORCPT"),
        (b"ORCPT=;a@b.test", "bad-parameter", "ORCPT"),
        (b"ORCPT=rfc_822;a@b.test", "bad-parameter", "ORCPT"),
        (b"ORCPT=rfc822;a@b.test+0D+0ARSET", "bad-parameter", "ORCPT"),
        (b"ORCPT=rfc822;" + b"a" * 500, "bad-parameter", "ORCPT"),
        (b"ORCPT=rfc822;a ORCPT=rfc822;b", "duplicate-parameter", "ORCPT"),
    ],
)
def test_parameters_of_rcpt_are_known_once_and_well_formed(parameters: bytes, reply: str, where: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        parse_rcpt(b"TO:<devon@a.test> " + parameters, extensions=ALL, local_domain="a.test")
    assert (refused.value.reply, refused.value.where) == (reply, where)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_xtext_round_trips(text: str) -> None:
    assert decode_xtext(encode_xtext(text)) == text


@pytest.mark.parametrize("text", ["\r\n", "\x7f", "ö"])
def test_xtext_encodes_printable_ascii_only(text: str) -> None:
    with pytest.raises(ValueError, match="printable"):
        encode_xtext(text)


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            b"FROM:",
            b"TO:",
            b"<",
            b">",
            b'"',
            b"\\",
            b"@",
            b"a",
            b".",
            b" ",
            b"SIZE=",
            b"1",
            b"ENVID=",
            b"+0D",
            b";",
        ]
        + [
            b"ORCPT=",
            b"NOTIFY=",
            b",",
            b"\r",
            b"\n",
            b"\0",
            b"\xc3\xb6",
            b"\xff",
            b"SMTPUTF8",
            b"=?",
            b"?=",
            b"MAIL ",
        ]
    ),
    max_size=16,
).map(b"".join)


@given(FRAGMENTS | st.binary(max_size=200))
def test_only_our_errors_escape_and_they_name_a_reply(raw: bytes) -> None:
    readings: list[Callable[[], object]] = [
        lambda: parse_command(raw, extensions=ALL),
        lambda: parse_hello(raw),
        lambda: parse_mail(b"FROM:" + raw, extensions=ALL),
        lambda: parse_mail(b"FROM:<> " + raw, extensions=ALL),
        lambda: parse_rcpt(b"TO:" + raw, extensions=ALL, local_domain="a.test", smtputf8=True),
        lambda: parse_rcpt(b"TO:<a@b.test> " + raw, extensions=ALL, local_domain="a.test"),
    ]
    for reading in readings:
        try:
            reading()
        except ExatError as error:
            assert isinstance(error, ProtocolError)
            assert error.reply in REPLIES
