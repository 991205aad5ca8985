"""Header protection (RFC 9788): what stands outside by policy, what is secret, what old readers see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import smime
from esign.errors import MalformedInput
from esign.mime import Entity, base64_leaf, field, multipart, text_field
from esign.smime import Confidentiality, FieldProtection, displayed_text
from tests.esign.people import AT, recipient, signatory
from tests.peers import corpus

TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nSalom\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<html><body class=x><p>Salom</p></body></html>\r\n"
HEADER = (
    field("From", "Alice <alice@a.test>")
    + field("To", "Bob <bob@b.test>, carol@c.test")
    + text_field("Subject", "Ҳисобот & reja")
    + field("Date", "Mon, 23 Nov 2026 02:00:00 +0500")
    + field("Message-ID", "<1@a.test>")
    + field("Keywords", "secret")
    + field("X-Exat-Executor", "Karimov")
)
READER, SIGNER = recipient("p-256"), signatory("p-256").signer


def outer(confidentiality: Confidentiality) -> dict[str, str]:
    made = smime.protect(TEXT, HEADER, mode="cipher", confidentiality=confidentiality)
    return {one.name: one.text for one in Entity.read(made.outer + b"\r\n").header}


@pytest.mark.parametrize(
    ("confidentiality", "wanted"),
    [
        (Confidentiality.STRICT, {"Keywords": None, "X-Exat-Executor": None, "Subject": "[...]"}),
        (Confidentiality.BASELINE, {"Keywords": None, "X-Exat-Executor": "Karimov", "Subject": "[...]"}),
        (
            Confidentiality.SHY,
            {
                "Keywords": None,
                "X-Exat-Executor": "Karimov",
                "Subject": "[...]",
                "From": "alice@a.test",
                "To": "bob@b.test, carol@c.test",
                "Date": "Sun, 22 Nov 2026 21:00:00 +0000",
            },
        ),
        (Confidentiality.NONE, {"Keywords": "secret", "From": "Alice <alice@a.test>"}),
    ],
    ids=[one.value for one in Confidentiality],
)
def test_the_policy_says_what_stands_outside(
    confidentiality: Confidentiality, wanted: dict[str, str | None]
) -> None:
    found = outer(confidentiality)
    assert {name: found.get(name) for name in wanted} == wanted
    assert found["Message-ID"] == "<1@a.test>"


@pytest.mark.parametrize("confidentiality", Confidentiality, ids=[one.value for one in Confidentiality])
@pytest.mark.parametrize("legacy_display", [False, True])
def test_a_letter_of_any_policy_is_opened_and_agrees(
    confidentiality: Confidentiality, legacy_display: bool
) -> None:
    protected = smime.protect(
        TEXT, HEADER, mode="cipher", confidentiality=confidentiality, legacy_display=legacy_display
    )
    made = smime.triple_wrap(protected, [READER.certificate], signer=SIGNER, outer_signer=SIGNER, at=AT)
    opened = smime.open(made, [READER.decryptor])
    assert opened.findings == ()
    assert displayed_text(opened.payload) == "Salom\r\n"
    assert opened.protection is not None
    subject = opened.protection.get("Subject")
    assert subject is not None and subject.raw in HEADER


def test_a_clear_header_stands_outside_whole() -> None:
    made = smime.protect(TEXT, HEADER, mode="clear", legacy_display=True)
    assert made.outer == HEADER
    assert b"legacy-display" not in made.payload and b"HP-Outer" not in made.payload


def test_a_shy_address_beyond_ascii_is_written_as_it_is() -> None:
    header = "From: Элис <элис@a.test>\r\n".encode() + field("Date", "Mon, 23 Nov 2026 12:00:00 +0000")
    made = smime.protect(TEXT, header, mode="cipher", confidentiality=Confidentiality.SHY)
    assert "From: элис@a.test\r\n".encode() in made.outer


def test_a_shy_letter_to_nobody_says_so() -> None:
    header = HEADER.replace(field("To", "Bob <bob@b.test>, carol@c.test"), field("To", "undisclosed:;"))
    made = smime.protect(TEXT, header, mode="cipher", confidentiality=Confidentiality.SHY)
    assert field("To", "undisclosed:;") in made.outer


def test_a_shy_letter_needs_a_header_that_can_be_read() -> None:
    header = field("From", "Alice <alice@a.test>, nobody")
    with pytest.raises(MalformedInput):
        smime.protect(TEXT, header, mode="cipher", confidentiality=Confidentiality.SHY)


@pytest.mark.parametrize(
    ("name", "signed", "encrypted", "wanted"),
    [
        ("Subject", True, True, FieldProtection.SIGNED_AND_ENCRYPTED),
        ("Subject", False, True, FieldProtection.ENCRYPTED_ONLY),
        ("Subject", True, False, FieldProtection.SIGNED_ONLY),
        ("Subject", False, False, FieldProtection.UNPROTECTED),
        ("From", True, True, FieldProtection.SIGNED_ONLY),
        ("From", False, True, FieldProtection.UNPROTECTED),
        ("X-Spam", True, True, FieldProtection.UNPROTECTED),
    ],
    ids=range(7),
)
def test_each_field_has_its_protection(
    name: str, signed: bool, encrypted: bool, wanted: FieldProtection
) -> None:
    """RFC 9788 §4.3."""
    made = smime.protect(TEXT, HEADER, mode="cipher")
    found = smime.read_protection(Entity.read(made.payload))
    assert found is not None
    assert found.of_field(name, signed=signed, encrypted=encrypted) is wanted


# --- legacy display ---


def shown(payload: bytes) -> Entity:
    made = smime.protect(payload, HEADER, mode="cipher", legacy_display=True)
    return Entity.read(made.payload)


def test_hidden_fields_stand_at_the_head_of_a_plain_text() -> None:
    payload = shown(TEXT)
    assert payload.content_type.parameters["hp-legacy-display"] == "1"
    assert payload.content_type.parameters["hp"] == "cipher"
    text = payload.content().decode()
    assert text == "Subject: Ҳисобот & reja\r\nKeywords: secret\r\n\r\nSalom\r\n"
    assert displayed_text(payload) == "Salom\r\n"


def test_hidden_fields_stand_first_in_the_body_of_a_page() -> None:
    payload = shown(HTML)
    text = payload.content().decode()
    assert (
        '<body class=x><div class="header-protection-legacy-display"><pre>Subject: Ҳисобот &amp; reja\n'
        "Keywords: secret</pre></div>\r\n<p>Salom</p>" in text
    )
    assert displayed_text(payload) == Entity.read(HTML).body.decode()


def test_each_alternative_and_the_first_of_what_is_mixed_bear_them() -> None:
    attachment = base64_leaf(field("Content-Type", "text/plain"), b"attached")
    mixed = multipart("mixed", (multipart("alternative", (TEXT, HTML)), attachment), preamble="Salom")
    alternatives, other = shown(mixed).parts()
    assert [displayed_text(part) for part in alternatives.parts()] == [
        "Salom\r\n",
        Entity.read(HTML).body.decode(),
    ]
    assert all(part.content_type.parameter("hp-legacy-display") == "1" for part in alternatives.parts())
    assert other.raw == attachment


@pytest.mark.parametrize(
    "payload",
    [
        b"Content-Type: text/plain; charset=windows-1251\r\n\r\nSalom\r\n",
        base64_leaf(field("Content-Type", "application/pdf"), b"%PDF"),
        multipart("digest", (TEXT,)),
    ],
    ids=["charset", "no-text", "digest"],
)
def test_a_payload_without_a_main_text_stays_as_it_is(payload: bytes) -> None:
    assert shown(payload).body == Entity.read(payload).body


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        ("plain", "Subject: x\r\n\r\nSalom", "Salom"),
        ("plain", "Subject: x\r\n y\r\n\r\nSalom", "Salom"),
        ("plain", "Salom\r\n\r\nSubject: x", "Salom\r\n\r\nSubject: x"),
        ("plain", "Subject: x\r\nSalom\r\n\r\n!", "Subject: x\r\nSalom\r\n\r\n!"),
        ("plain", "\r\nSalom", "\r\nSalom"),
        ("plain", "Subject: x", "Subject: x"),
        ("html", "<p>a</p><div class=header-protection-legacy-display>x</div>", None),
        ("html", '<div class="header-protection-legacy-display"><div>x</div></div>', None),
        ("html", "<body><div class=header-protection-legacy-display>x</div>Salom", "<body>Salom"),
    ],
    ids=range(9),
)
def test_only_what_is_a_legacy_display_is_left_out(kind: str, text: str, wanted: str | None) -> None:
    leaf = f'Content-Type: text/{kind}; charset=utf-8; hp-legacy-display="1"\r\n\r\n{text}'.encode()
    assert displayed_text(Entity.read(leaf)) == (text if wanted is None else wanted)
    unmarked = leaf.replace(b'; hp-legacy-display="1"', b"")
    assert displayed_text(Entity.read(unmarked)) == text


def test_a_leaf_that_is_no_text_is_not_shown() -> None:
    with pytest.raises(MalformedInput) as caught:
        displayed_text(Entity.read(base64_leaf(field("Content-Type", "image/png"), b"")))
    assert caught.value.code == "not-text"


@given(st.text(st.characters(codec="utf-8"), max_size=40), st.sampled_from(["plain", "html"]))
def test_a_text_is_shown_as_it_was_before(text: str, kind: str) -> None:
    leaf = base64_leaf(field("Content-Type", f"text/{kind}; charset=utf-8"), text.encode())
    header = field("From", "alice@a.test") + text_field("Subject", "Ҳисобот <b> </div>")
    made = smime.protect(leaf, header, mode="cipher", legacy_display=True)
    payload = Entity.read(made.payload)
    assert payload.content_type.parameter("hp-legacy-display") == "1"
    assert displayed_text(payload) == displayed_text(Entity.read(leaf))


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("smime-multipart-hp", []),
        ("neg-outer-subject-changed", ["outer-header-differs"]),
        ("neg-outer-from-changed", ["from-differs"]),
    ],
)
def test_the_examples_of_the_standard_are_read(name: str, codes: list[str]) -> None:
    message = smime.canonical((corpus("rfc9788") / f"{name}.eml").read_bytes())
    opened = smime.open(message, [])
    assert [finding.code for finding in opened.findings] == codes
    assert opened.protection is not None
    found = opened.protection.of_field("Subject", signed=True, encrypted=False)
    assert found is FieldProtection.SIGNED_ONLY
    assert "smime-multipart-hp" in displayed_text(opened.payload)
