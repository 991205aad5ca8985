"""Messages and letters: exactly one sender, values that mean one thing, nothing hidden in what is opened."""

import hashlib
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import EsignError, smime
from esign.smime import Entity, base64_leaf, field, multipart
from exat.address import Address
from exat.errors import ExatError, MalformedMessage
from exat.message import (
    Attachment,
    HeaderValues,
    Letter,
    Message,
    NamedAddress,
    Requisites,
    compose,
    read_date,
    read_letter,
    read_mailboxes,
    write_date,
)
from tests.esign.people import AT as NOW
from tests.esign.people import recipient, signatory
from tests.peers import corpus

AT = datetime(2026, 11, 23, 17, 0, tzinfo=timezone(timedelta(hours=5)))
ALICE = NamedAddress(Address.parse("alice@a.test"), "Алишер Каримов")
BOB = NamedAddress(Address.parse("bob@b.test"))
FROM = b"From: Alice <alice@a.test>\r\n"
FIELDS = (
    b"To: bob@b.test\r\nSubject: hello\r\nDate: Mon, 23 Nov 2026 17:00:00 +0500\r\nMessage-ID: <1@a.test>\r\n"
)
REST = FIELDS + b"\r\nbody\r\n"


def refusal(raw: bytes) -> MalformedMessage:
    with pytest.raises(MalformedMessage) as caught:
        Message.read(raw)
    return caught.value


# --- a message as received ---


def test_a_message_gives_the_values_that_the_node_decides_by() -> None:
    raw = FROM + b"Cc: =?utf-8?B?0I4=?= <c@c.test>, d@d.test\r\n" + REST
    message = Message.read(raw)
    assert message.sender == Address("alice", "a.test")
    assert message.sender_name == "Alice"
    assert message.to == (Address("bob", "b.test"),)
    assert message.cc == (Address("c", "c.test"), Address("d", "d.test"))
    assert message.header.cc[0].name == "Ў"
    assert message.subject == "hello"
    assert (message.date, message.date.utcoffset()) == (AT, timedelta(hours=5))
    assert message.message_id == "<1@a.test>"
    assert message.digest == hashlib.sha256(raw).hexdigest()
    assert message.raw == raw
    assert message.findings == ()


@pytest.mark.parametrize(
    ("senders", "name"),
    [
        (b"From: alice@a.test\r\n", ""),
        (b"From: <alice@a.test>\r\n", ""),
        (b"From:Alice<alice@a.test>\r\n", "Alice"),
        (b"From: Alice\r\n <alice@a.test>\r\n", "Alice"),
        (b'From: "Karimov, A. (agency)" <alice@a.test>\r\n', "Karimov, A. (agency)"),
        (b'From: "a\\"b" c <alice@a.test>\r\n', 'a"b c'),
        (b"From: =?utf-8?B?0JDQu9C40YjQtdGA?= =?utf-8?Q?_K=2E?= <alice@a.test>\r\n", "Алишер K."),
        ("From: Алишер <alice@a.test>\r\n".encode(), "Алишер"),
        (b"From: alice@a.test\r\nSender: Alice <alice@A.test>\r\n", ""),
    ],
)
def test_the_forms_of_one_sender_are_read(senders: bytes, name: str) -> None:
    message = Message.read(senders + REST)
    assert message.sender.key == "alice@a.test"
    assert message.sender_name == name


FORGERIES = (
    ("no From", b"", "from-missing", "From"),
    ("an empty From", b"From: \r\n", "from-not-single", "From"),
    ("two From fields", FROM + b"From: eve@e.test\r\n", "from-repeated", "From"),
    ("the same From twice", FROM + FROM, "from-repeated", "From"),
    ("two mailboxes", b"From: alice@a.test, eve@e.test\r\n", "from-not-single", "From"),
    ("an address before the address", b"From: alice@a.test <eve@e.test>\r\n", "from-not-single", "From"),
    ("an address after the address", b"From: <alice@a.test> eve@e.test\r\n", "from-not-single", "From"),
    ("two angle addresses", b"From: <alice@a.test> <eve@e.test>\r\n", "from-not-single", "From"),
    ("a dangling obsolete dot", b"From: alice@a.test  . <eve@e.test>\r\n", "from-not-single", "From"),
    ("a group", b"From: agency: alice@a.test;\r\n", "from-not-single", "From"),
    ("an empty group", b"From: undisclosed:;\r\n", "from-not-single", "From"),
    ("a comment", b"From: alice@a.test (eve@e.test)\r\n", "from-not-single", "From"),
    ("a comment in the address", b"From: alice(x)@a.test\r\n", "from-not-single", "From"),
    ("a source route", b"From: <@e.test:alice@a.test>\r\n", "from-not-single", "From"),
    ("spaces around @", b"From: alice @ a.test\r\n", "from-not-single", "From"),
    ("an obsolete local part", b"From: al . ice@a.test\r\n", "from-not-single", "From"),
    ("an encoded word as the address", b"From: =?utf-8?Q?alice=40a.test?=\r\n", "from-not-single", "From"),
    ("an encoded word in the address", b"From: <=?utf-8?Q?alice?=@a.test>\r\n", "from-not-single", "From"),
    ("a NUL", b"From: alice@a.test\0.e.test\r\n", "nul-octet", "line 1"),
    ("a bare CR", b"From: alice@a.test\r.e.test\r\n", "bare-newline", "line 1"),
    ("a bare LF that hides a field", b"X: y\nFrom: eve@e.test\r\n" + FROM, "bare-newline", "line 1"),
    ("a trailing comma", b"From: alice@a.test,\r\n", "from-not-single", "From"),
    ("another Sender", FROM + b"Sender: eve@e.test\r\n", "sender-differs", "Sender"),
    ("two in Sender", FROM + b"Sender: alice@a.test, eve@e.test\r\n", "sender-differs", "Sender"),
    ("a space before the colon", b"From : eve@e.test\r\n" + FROM, "field-syntax", "header"),
    ("a folded-away From", b"X: y\r\n \r\nFrom: eve@e.test\r\n" + FROM, "folding-syntax", "line 2"),
    ("an unquoted dot in the name", b"From: A. Karimov <alice@a.test>\r\n", "from-not-single", "From"),
    ("an open quote", b'From: "Alice <alice@a.test>\r\n', "from-not-single", "From"),
    ("an address literal", b"From: alice@[127.0.0.1]\r\n", "from-not-single", "From"),
    ("no domain", b"From: alice\r\n", "from-not-single", "From"),
)


@pytest.mark.parametrize(("what", "fields", "code", "where"), FORGERIES, ids=[row[0] for row in FORGERIES])
def test_a_sender_that_two_readers_could_see_differently_is_refused(
    what: str, fields: bytes, code: str, where: str
) -> None:
    error = refusal(fields + REST)
    assert (error.code, error.where) == (code, where)


@pytest.mark.parametrize(
    ("name", "poses"),
    [
        (b"eve@e.test", True),
        ("eve＠e.test".encode(), True),
        (b"Alice via eve@e.test", True),
        (b"alice@a.test", False),
        (b"Alice", False),
    ],
)
def test_a_name_that_looks_like_another_address_is_told(name: bytes, poses: bool) -> None:
    message = Message.read(b'From: "' + name + b'" <alice@a.test>\r\n' + REST)
    assert [finding.code for finding in message.findings] == (["display-name-address"] if poses else [])


@pytest.mark.parametrize(
    "name", ["Subject", "To", "Cc", "Date", "Message-ID", "Reply-To", "Sender", "In-Reply-To"]
)
def test_fields_that_stand_once_are_refused_twice(name: str) -> None:
    line = {"Date": "Mon, 23 Nov 2026 17:00:00 +0500", "Message-ID": "<2@a.test>"}.get(
        name, "alice@a.test"
    ).encode()
    error = refusal(FROM + (name.encode() + b": " + line + b"\r\n") * 2 + REST)
    assert (error.code, error.where) == ("header-duplicate", name)


@pytest.mark.parametrize(
    ("old", "new", "code", "where"),
    [
        (b"Message-ID: <1@a.test>\r\n", b"", "message-id-missing", "Message-ID"),
        (b"<1@a.test>", b"1@a.test", "message-id-malformed", "Message-ID"),
        (b"<1@a.test>", b"<1@a.test> <2@a.test>", "message-id-malformed", "Message-ID"),
        (b"<1@a.test>", b"<1 @a.test>", "message-id-malformed", "Message-ID"),
        (b"<1@a.test>", b"<" + b"x" * 250 + b"@a.test>", "message-id-malformed", "Message-ID"),
        (b"Date: Mon, 23 Nov 2026 17:00:00 +0500\r\n", b"", "date-missing", "Date"),
        (b"23 Nov", b"31 Nov", "date-malformed", "Date"),
        (b"Subject", b"Bcc: eve@e.test\r\nSubject", "bcc-visible", "Bcc"),
        (b"Subject", b"Bcc:\r\nSubject", "bcc-visible", "Bcc"),
        (b"bob@b.test", b"bob@b.test (x)", "recipient-syntax", "To"),
        (b"bob@b.test", b"team: bob@b.test;", "recipient-syntax", "To"),
        (b"bob@b.test", b"bob@b.test eve@e.test", "recipient-syntax", "To"),
        (b"bob@b.test", b"a@b.test,\r\n " * 1000 + b"a@b.test", "too-many-recipients", "To"),
        (b"Subject", b"Content-Type: text\r\nSubject", "content-type-syntax", "Content-Type"),
    ],
)
def test_other_fields_are_strict_too(old: bytes, new: bytes, code: str, where: str) -> None:
    error = refusal(FROM + REST.replace(old, new))
    assert (error.code, error.where) == (code, where)


def test_nobody_named_in_to_is_an_empty_group_or_no_field() -> None:
    for to in (b"", b"To: undisclosed-recipients:;\r\n", b"To: undisclosed recipients: ;\r\n"):
        assert Message.read(FROM + REST.replace(b"To: bob@b.test\r\n", to)).to == ()


def test_international_addresses_need_smtputf8() -> None:
    raw = "From: алишер@a.test\r\n".encode() + REST
    assert refusal(raw).values["reason"] == "address-not-ascii"
    assert Message.read(raw, smtputf8=True).sender.local == "алишер"


def test_recipients_are_each_named_once() -> None:
    values = HeaderValues.read(Entity.read(FROM + b"Cc: BOB@b.test, c@c.test\r\n" + REST).header)
    assert values.recipients == (Address("BOB", "b.test"), Address("c", "c.test"))


# --- values ---


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("Mon, 23 Nov 2026 17:00:00 +0500", AT),
        ("23 Nov 2026 12:00 +0000", AT),
        ("Mon, 23 Nov 2026 12:00:00 GMT", AT),
        ("Mon,  23  Nov 2026 12:00:00 -0000 (UTC)", AT),
        ("31 Dec 2016 23:59:60 +0000", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_dates_are_read(text: str, instant: datetime) -> None:
    assert read_date(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-23",
        "23 Nov 26 12:00:00 +0000",
        "23 Nov 2026 24:00:00 +0000",
        "23 Nov 2026 12:00:00",
        "23 Nov 2026 12:00:00 +2400",
        "23 Nov 2026 12:00:00 +0060",
        "0 Nov 2026 12:00:00 +0000",
        "23 Nov 0001 12:00:00 +0000",
        "23 Nov 2026 12:00:00 EST",
        "23 Nov 2026 12:00:61 +0000",
        "\u0662\u0663 Nov 2026 12:00:00 +0000",
    ],
)
def test_other_dates_are_refused(text: str) -> None:
    with pytest.raises(MalformedMessage) as caught:
        read_date(text)
    assert caught.value.code == "date-malformed"


@given(st.integers(86_400, 32_000_000_000), st.integers(-23 * 60, 23 * 60))
def test_dates_come_back(seconds: int, minutes: int) -> None:
    at = datetime.fromtimestamp(seconds, timezone(timedelta(minutes=minutes)))
    assert read_date(write_date(at)) == at
    assert read_date(write_date(at)).utcoffset() == at.utcoffset()


def test_a_naive_date_is_a_programmers_mistake() -> None:
    with pytest.raises(ValueError, match="offset"):
        write_date(datetime(2026, 1, 1))  # noqa: DTZ001


@given(st.text(st.characters(blacklist_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")), max_size=60))
def test_display_names_come_back(name: str) -> None:
    named = NamedAddress(Address("a", "b.test"), " ".join(name.split()))
    (read,) = read_mailboxes(Entity.read(field("From", named.write()) + b"\r\n").header[0].text, field="From")
    assert read == named


# --- letters ---

REQUISITES = Requisites(
    sender_name="Ўзбекистон Республикаси Адлия вазирлиги",
    postal_address="Toshkent sh., Sayilgoh ko'chasi, 5",
    outgoing_number="01-12/345",
    in_reply_to_number="7-К",
    due_date=date(2026, 12, 8),
    executor="Каримов А.",
)
PDF = Attachment("Ҳисобот №1.pdf", "application/pdf", b"%PDF-1.7\n\0\xff")


def composed(**changes: object) -> smime.Protected:
    values: dict[str, object] = {
        "subject": "Ҳисобот ҳақида",
        "text": "Ассалому алайкум!\nO'zbekcha matn = 100 %\n",
        "message_id": "<1@a.test>",
        "at": AT,
        "cc": [NamedAddress(Address.parse("c@c.test"), 'C "x"')],
        "attachments": [PDF],
        "requisites": REQUISITES,
    }
    return compose(ALICE, [BOB], **{**values, **changes})  # type: ignore[arg-type]


def letter_of(payload: bytes) -> Letter:
    return read_letter(smime.open(payload, []))


def test_a_letter_comes_back_with_its_requisites_and_attachments() -> None:
    letter = letter_of(composed().payload)
    assert letter.header.author == ALICE
    assert letter.header.to == (BOB,)
    assert letter.header.cc[0].name == 'C "x"'
    assert letter.header.subject == "Ҳисобот ҳақида"
    assert (letter.header.date, letter.header.message_id) == (AT, "<1@a.test>")
    assert letter.text == "Ассалому алайкум!\nO'zbekcha matn = 100 %\n"
    assert letter.attachments == (PDF,)
    assert letter.requisites == REQUISITES
    assert (letter.is_protected, letter.findings) == (True, ())


def test_a_letter_is_seven_bit_with_short_lines() -> None:
    protected = composed()
    for octets in (protected.payload, protected.outer):
        assert octets.isascii()
        assert max(map(len, octets.split(b"\r\n"))) <= 100


def test_outside_stand_no_requisites_and_no_subject() -> None:
    outer = Entity.read(composed().outer)
    assert [each.name for each in outer.header] == ["From", "To", "Cc", "Subject", "Date", "Message-ID"]
    assert outer.header[3].text == "[...]"


def test_a_letter_goes_through_all_three_layers() -> None:
    reader = recipient("p-256")
    raw = smime.triple_wrap(
        composed(), [reader.certificate], signer=signatory("p-256").signer,
        outer_signer=signatory("p-384").signer, at=NOW,
    )  # fmt: skip
    message = Message.read(raw)
    assert (message.sender, message.subject) == (ALICE.address, "[...]")
    opened = smime.open(raw, [reader.decryptor])
    letter = read_letter(opened)
    assert (opened.findings, letter.requisites, letter.attachments) == ((), REQUISITES, (PDF,))


def test_an_ordinary_letter_takes_its_header_from_around_the_envelope() -> None:
    reader = recipient("p-256")
    inside = smime.sign(b"Content-Type: text/plain\r\n\r\nhi\r\n", signatory("p-256").signer, at=NOW)
    original = FROM + FIELDS + b"MIME-Version: 1.0\r\n"
    original += smime.encrypt(inside, [reader.certificate], cipher="aes-256-cbc")
    opened = smime.open(smime.wrap(original, signatory("p-384").signer, at=NOW), [reader.decryptor])
    letter = read_letter(opened)
    assert (letter.header.sender.key, letter.header.subject, letter.text) == ("alice@a.test", "hello", "hi\n")
    assert (letter.is_protected, letter.requisites) == (False, Requisites())


@given(
    st.text(
        st.characters(blacklist_categories=("Cc", "Cf", "Cs", "Co")) | st.sampled_from("\n\t="), max_size=300
    )
)
def test_texts_come_back(text: str) -> None:
    assert letter_of(composed(text=text, attachments=[]).payload).text == text


@pytest.mark.parametrize(("mode", "shown"), [('; hp="clear"', "hi\n"), ("", "Subject: hello\n\nhi\n")])
def test_a_subject_repeated_for_old_readers_is_shown_once(mode: str, shown: str) -> None:
    """Where no header is protected the text is shown whole: nothing can be hidden by a parameter."""
    kind = f'Content-Type: text/plain; charset=utf-8; hp-legacy-display="1"{mode}\r\n'
    payload = FROM + FIELDS + kind.encode() + b"\r\nSubject: hello\r\n\r\nhi\r\n"
    assert letter_of(payload).text == shown


def test_line_ends_of_a_text_are_made_equal() -> None:
    assert letter_of(composed(text="a\rb\r\nc\nd").payload).text == "a\nb\nc\nd"


@pytest.mark.parametrize("field_name", ["subject", "message_id"])
@pytest.mark.parametrize("value", ["a\r\nBcc: eve@e.test", "a\nb", "a\0"])
def test_no_value_brings_a_field_of_its_own(field_name: str, value: str) -> None:
    with pytest.raises(MalformedMessage) as caught:
        composed(**{field_name: value})
    assert caught.value.code == "header-unsafe"
    with pytest.raises(MalformedMessage):
        composed(requisites=Requisites(executor=value))


def test_what_could_not_be_read_is_not_written() -> None:
    with pytest.raises(MalformedMessage) as caught:
        composed(message_id="1@a.test")
    assert caught.value.code == "message-id-malformed"


@pytest.mark.parametrize("kind", ["message/rfc822", "multipart/mixed"])
def test_a_composite_attachment_travels_as_plain_octets(kind: str) -> None:
    letter = letter_of(composed(attachments=[Attachment("a.eml", kind, b"From: x\n\nbody")]).payload)
    assert letter.attachments == (Attachment("a.eml", "application/octet-stream", b"From: x\n\nbody"),)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\x\\y.exe", "C__x_y.exe"),
        (".bashrc", "bashrc"),
        ("a\u202efdp.exe", "a_fdp.exe"),
        ("  ", "part-1.pdf"),
        ("=?utf-8?B?0I4=?=.pdf", "Ў.pdf"),
        ("x" * 400 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_the_name_of_an_attachment_is_never_a_path(given: str, shown: str) -> None:
    disposition = smime.with_parameters("attachment", {"filename": given})
    part = base64_leaf(
        field("Content-Type", "application/pdf") + field("Content-Disposition", disposition), b"x"
    )
    payload = multipart("mixed", (b"\r\ntext", part))
    name = letter_of(FROM + FIELDS + payload).attachments[0].name
    assert name == (shown if shown != "part-1.pdf" else "part-1")


def unprotected(payload: bytes) -> Letter:
    return letter_of(FROM + FIELDS + payload)


def test_nothing_of_a_letter_is_hidden() -> None:
    payload = multipart(
        "mixed",
        (
            multipart("alternative", (b"\r\nplain", b"Content-Type: text/html\r\n\r\n<b>other</b>")),
            b"Content-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nnotes",
            b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nx",
            b"\r\na footer",
        ),
    )
    letter = unprotected(payload)
    assert letter.text == "plain"
    assert [(each.name, each.media_type) for each in letter.attachments] == [
        ("part-1.html", "text/html"),
        ("part-2.txt", "text/plain"),
        ("part-3.eml", "message/rfc822"),
        ("part-4.txt", "text/plain"),
    ]


def test_a_letter_that_is_only_html_is_told() -> None:
    letter = unprotected(b"Content-Type: text/html\r\n\r\n<b>x</b>")
    assert letter.text == ""
    assert [finding.code for finding in letter.findings] == ["text-only-html"]
    assert letter.attachments[0].content == b"<b>x</b>"


@pytest.mark.parametrize(
    "kind", ["message/partial; id=x; number=1", "message/external-body; access-type=url"]
)
def test_parts_that_come_from_elsewhere_are_refused(kind: str) -> None:
    with pytest.raises(MalformedMessage) as caught:
        unprotected(multipart("mixed", (b"\r\ntext", f"Content-Type: {kind}\r\n\r\nx".encode())))
    assert caught.value.code == "message-type-refused"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"2026-12-08", b"2026-12-32", "requisite-malformed"),
        (b"2026-12-08", b"20261208", "requisite-malformed"),
        (b"2026-12-08", b"2026-W50-2", "requisite-malformed"),
        (b"X-Exat-Due-Date: ", b"X-Exat-Due-Date: 2026-12-01\r\nX-Exat-Due-Date: ", "header-duplicate"),
        (b"01-12/345", b"0" * 901 + b"\r\n " + b"0" * 901, "requisite-malformed"),
    ],
)
def test_broken_requisites_are_refused(old: bytes, new: bytes, code: str) -> None:
    payload = composed().payload
    assert old in payload
    with pytest.raises(MalformedMessage) as caught:
        letter_of(payload.replace(old, new))
    assert caught.value.code == code


# --- hostile input ---


def exercise(raw: bytes) -> None:
    for read in (lambda: Message.read(raw), lambda: letter_of(raw)):
        try:
            read()
        except (ExatError, EsignError):
            pass


@given(st.binary(max_size=200))
def test_on_any_octets_only_our_errors_come_out(octets: bytes) -> None:
    exercise(octets)
    exercise(FROM + octets + b"\r\n" + REST)
    exercise(b"From: " + octets + b"\r\n" + REST)


@given(
    st.lists(
        st.sampled_from(list('<>"\\@,;:()[] \t.=?') + ["alice", "a.test", "=?utf-8?Q?", "Ў", "\r\n "]),
        max_size=16,
    )
)
def test_a_sender_that_is_accepted_is_one_mailbox_in_plain_sight(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        message = Message.read(b"From: " + text.encode() + b"\r\n" + REST)
    except ExatError:
        return
    unfolded = text.replace("\r\n", "").strip()
    assert unfolded.endswith((str(message.sender), f"{message.sender}>")) or '"' in unfolded
    assert "(" not in unfolded.split("<")[-1]


PAYLOAD = composed().payload


@given(st.integers(0, len(PAYLOAD) - 1), st.integers(0, 255))
def test_with_one_octet_changed_only_our_errors_come_out(position: int, octet: int) -> None:
    exercise(PAYLOAD[:position] + bytes([octet]) + PAYLOAD[position + 1 :])


@pytest.mark.corpora
@pytest.mark.parametrize("name", ["cpython_email", "mime4j", "thunderbird", "rfc9788"])
def test_messages_of_others_raise_nothing_foreign(name: str) -> None:
    files = [path for path in corpus(name).rglob("*") if path.suffix in (".txt", ".msg", ".eml")]
    assert files
    for path in files:
        exercise(smime.canonical(path.read_bytes()))
        exercise(path.read_bytes())
