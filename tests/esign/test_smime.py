"""S/MIME layers: what encloses everything counts, everything else is refused or told."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import cms, smime
from esign.errors import DecryptionFailed, EsignError, MalformedInput, NotARecipient
from esign.findings import Severity
from esign.keys import Decryptor
from esign.mime import Entity, base64_leaf, canonical, field, multipart, text_field
from esign.smime import LayerKind
from esign.validation.signature import verify
from esign.x509 import Trust
from tests.esign.people import AT, recipient, root, signatory
from tests.peers import corpus

TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n"
HEADER = (
    field("From", "Alice <alice@a.test>")
    + field("To", "Bob <bob@b.test>")
    + text_field("Subject", "Ҳисобот")
    + field("Date", "Mon, 23 Nov 2026 12:00:00 +0000")
    + field("Message-ID", "<1@a.test>")
    + field("X-Exat-Executor", "Karimov")
)
ALICE = signatory("p-256").signer
AGENCY = signatory("p-384").signer
BOB = recipient("p-256")


def native(cipher: str = "aes-256-gcm", *, payload: bytes = TEXT) -> bytes:
    protected = smime.protect(payload, HEADER, mode="cipher")
    return smime.triple_wrap(
        protected, [BOB.certificate], signer=ALICE, outer_signer=AGENCY, at=AT, cipher=cipher
    )


def refusal(message: bytes) -> EsignError:
    with pytest.raises(MalformedInput) as caught:
        smime.read(message)
    return caught.value


def codes(opened: smime.Opened | smime.Layers) -> list[str]:
    return [finding.code for finding in opened.findings]


def signature_part(octets: bytes, kind: str = "application/pkcs7-signature") -> bytes:
    return base64_leaf(field("Content-Type", kind), octets)


def detached(entity: bytes = TEXT) -> bytes:
    """The CMS octets of a detached signature over `entity`."""
    signature = smime.read(smime.sign(entity, ALICE, at=AT)).signature
    assert signature is not None
    return signature


def signed(*parts: bytes, **parameters: str) -> bytes:
    return multipart("signed", parts, parameters={"protocol": "application/pkcs7-signature", **parameters})


# --- making ---


def test_multipart_signed_names_its_digest_and_covers_the_exact_octets() -> None:
    layers = smime.read(smime.sign(TEXT, AGENCY, at=AT))
    assert layers.kind == "multipart-signed"
    assert layers.signed_octets == TEXT
    assert layers.root.content_type.parameters["micalg"] == "sha-384"
    assert layers.root.content_type.parameters["protocol"] == "application/pkcs7-signature"
    info = cms.SignedData.read(layers.signature or b"")
    assert info.content is None
    assert info.signer_infos[0].signing_time == AT


def test_opaque_signing_holds_the_entity() -> None:
    layers = smime.read(smime.sign(TEXT, ALICE, at=AT, opaque=True))
    assert layers.kind == "signed-data"
    assert layers.layers[0].signed == TEXT
    assert layers.signed_octets is None
    assert layers.payload is not None and layers.payload.raw == TEXT


def test_what_is_not_canonical_is_not_signed() -> None:
    for make in (
        lambda: smime.sign(b"A: 1\n\nx", ALICE, at=AT),
        lambda: smime.encrypt(b"\r\n\n", [BOB.certificate]),
    ):
        with pytest.raises(MalformedInput) as caught:
            make()
        assert caught.value.code == "bare-line-feed"


@pytest.mark.parametrize(
    ("cipher", "kind", "smime_type"),
    [
        ("aes-256-gcm", LayerKind.AUTH_ENVELOPED, "authenveloped-data"),
        ("aes-256-cbc", LayerKind.ENVELOPED, "enveloped-data"),
    ],
)
def test_the_smime_type_follows_the_cipher(cipher: str, kind: LayerKind, smime_type: str) -> None:
    layers = smime.read(smime.encrypt(TEXT, [BOB.certificate], cipher=cipher))
    assert layers.envelope is not None
    assert (layers.envelope.kind, layers.payload) == (kind, None)
    assert layers.root.content_type.parameter("smime-type") == smime_type
    assert smime.read_recipients(layers.envelope.cms)[0].names(BOB.certificate)


def test_a_native_letter_has_three_layers_and_shows_little_outside() -> None:
    letter = native()
    layers = smime.read(letter)
    assert [layer.kind for layer in layers.layers] == [LayerKind.MULTIPART_SIGNED, LayerKind.AUTH_ENVELOPED]
    outside = {each.name: each.text for each in layers.root.header}
    assert outside["Subject"] == "[...]"
    assert outside["From"] == "Alice <alice@a.test>"
    assert "X-Exat-Executor" not in outside
    assert b"Karimov" not in letter
    assert codes(layers) == []


@pytest.mark.parametrize("cipher", ["aes-256-gcm", "aes-256-cbc"])
def test_a_native_letter_is_opened_and_its_header_agrees(cipher: str) -> None:
    opened = smime.open(native(cipher), [BOB.decryptor])
    assert [layer.kind.value for layer in opened.layers][::2] == ["multipart-signed", "multipart-signed"]
    assert (opened.cipher, opened.authenticated) == (cipher, cipher.endswith("gcm"))
    assert opened.payload.body == b"hello\r\n"
    assert opened.protection is not None
    assert opened.protection.mode == "cipher"
    subject = opened.protection.get("subject")
    assert subject is not None and subject.raw == text_field("Subject", "Ҳисобот")
    assert dict(opened.protection.outside)["subject"].strip() == "[...]"
    assert opened.author_signature is opened.layers[2]
    assert codes(opened) == []


def test_the_original_stays_inside_the_outer_layer_octet_for_octet() -> None:
    original = smime.message(HEADER, smime.encrypt(TEXT, [BOB.certificate]))
    wrapped = smime.wrap(original, AGENCY, at=AT)
    assert smime.read(wrapped).signed_octets == original
    assert Entity.read(wrapped).parts()[0].raw == original


def test_a_message_with_a_doubled_field_is_not_wrapped() -> None:
    with pytest.raises(MalformedInput) as caught:
        smime.wrap(field("From", "a@b.test") * 2 + TEXT, AGENCY, at=AT)
    assert (caught.value.code, caught.value.where) == ("header-duplicate", "From")


def test_a_payload_that_has_its_own_header_is_a_programmers_mistake() -> None:
    with pytest.raises(ValueError, match="header"):
        smime.protect(HEADER + TEXT, HEADER, mode="clear")


def test_a_payload_without_a_type_gets_one_with_hp() -> None:
    protected = smime.protect(b"\r\nx", HEADER, mode="clear")
    payload = Entity.read(protected.payload)
    assert payload.content_type.parameter("hp") == "clear"
    assert payload.content_type.media_type == "text/plain"
    assert protected.outer == HEADER


# --- structure: what is no layer of the letter ---


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (signed(TEXT), "signed-structure"),
        (signed(TEXT, TEXT), "signed-structure"),
        (signed(TEXT, signature_part(detached()), TEXT), "unsigned-sibling"),
        (signed(TEXT, signature_part(detached())) + b"an epilogue\r\n", "unsigned-sibling"),
        (multipart("signed", (TEXT, signature_part(detached()))), "signed-structure"),
        (signed(TEXT, signature_part(b"")), "malformed-input"),
        (signed(TEXT, signature_part(b"0\x03\x02\x01\x01")), "malformed-input"),
    ],
)
def test_a_signature_stands_beside_one_content_and_nothing_else(message: bytes, code: str) -> None:
    assert refusal(message).code == code


def test_attached_content_in_a_detached_signature_is_refused() -> None:
    attached = smime.read(smime.sign(TEXT, ALICE, at=AT, opaque=True)).signature
    assert attached is not None
    error = refusal(signed(TEXT, signature_part(attached)))
    assert (error.code, error.where) == ("detached-signature-with-content", "multipart/signed")


def test_signed_data_without_content_is_refused() -> None:
    entity = base64_leaf(field("Content-Type", "application/pkcs7-mime; smime-type=signed-data"), detached())
    assert refusal(entity).code == "signed-data-without-content"


def test_a_signature_of_nobody_is_refused() -> None:
    empty = cms.encode_signed_data(None, digest_algorithms=(), certificates=(), signer_infos=())
    assert refusal(signed(TEXT, signature_part(empty))).code == "signature-without-signers"


def test_a_line_like_the_boundary_in_signed_content_is_refused() -> None:
    content = b"\r\n--bx\r\n"
    made = multipart("signed", (b"\r\n--B\r\n", signature_part(detached(content))), boundary="b",
                     parameters={"protocol": "application/pkcs7-signature"})  # fmt: skip
    assert refusal(made.replace(b"\r\n--B\r\n", content)).code == "boundary-ambiguous"


@pytest.mark.parametrize("declared", ["enveloped-data", "certs-only", "x"])
def test_a_false_smime_type_is_refused(declared: str) -> None:
    octets = base64.b64decode(smime.sign(TEXT, ALICE, at=AT, opaque=True).split(b"\r\n\r\n", 1)[1])
    made = base64_leaf(field("Content-Type", f"application/pkcs7-mime; smime-type={declared}"), octets)
    error = refusal(made)
    assert (error.code, error.values["wanted"]) == ("smime-type-differs", "signed-data")


def test_a_missing_smime_type_and_the_old_media_types_are_read() -> None:
    octets = base64.b64decode(smime.sign(TEXT, ALICE, at=AT, opaque=True).split(b"\r\n\r\n", 1)[1])
    assert (
        smime.read(base64_leaf(field("Content-Type", "application/x-pkcs7-mime"), octets)).kind
        == "signed-data"
    )
    old = signed(TEXT, signature_part(detached(), "application/x-pkcs7-signature"))
    assert smime.read(old.replace(b"application/pkcs7-signature", b"application/x-pkcs7-signature")).kind == (
        "multipart-signed"
    )


def test_another_kind_of_cms_is_not_read() -> None:
    octets = cms.encode_content_info("1.2.840.113549.1.7.5", b"\x30\x00")
    assert refusal(base64_leaf(field("Content-Type", "application/pkcs7-mime"), octets)).code == (
        "smime-kind-unsupported"
    )


@pytest.mark.parametrize("outer", ["mixed", "related", "alternative"])
def test_a_signature_below_other_parts_is_no_signature_of_the_letter(outer: str) -> None:
    layers = smime.read(multipart(outer, (smime.sign(TEXT, ALICE, at=AT), TEXT)))
    assert (layers.kind, layers.layers, layers.signature) == ("none", (), None)
    assert codes(layers) == ["layer-not-at-root"]


def test_an_envelope_below_other_parts_is_never_opened() -> None:
    closed = smime.encrypt(TEXT, [BOB.certificate])
    opened = smime.open(multipart("mixed", (b"\r\n<img src='", closed, b"\r\n'>")), [BOB.decryptor])
    assert (opened.layers, opened.cipher, opened.inner) == ((), "", None)
    assert b"hello" not in opened.payload.raw
    assert codes(opened) == ["layer-not-at-root"]


def test_a_message_without_layers_is_only_a_payload() -> None:
    layers = smime.read(HEADER + TEXT)
    assert (layers.kind, layers.payload) == ("none", layers.root)
    assert smime.open(HEADER + TEXT, []).payload == layers.root


def test_a_signature_of_another_standard_is_no_layer() -> None:
    made = multipart("signed", (TEXT, TEXT), parameters={"protocol": "application/pgp-signature"})
    assert smime.read(made).layers == ()


def test_layers_are_counted() -> None:
    made = TEXT
    for _ in range(smime.MAX_LAYERS):
        made = smime.sign(made, ALICE, at=AT, opaque=True)
    assert len(smime.read(made).layers) == smime.MAX_LAYERS
    assert refusal(smime.sign(made, ALICE, at=AT, opaque=True)).code == "too-many-layers"


def test_an_envelope_in_an_envelope_is_refused() -> None:
    twice = smime.encrypt(smime.encrypt(TEXT, [BOB.certificate]), [BOB.certificate])
    with pytest.raises(MalformedInput) as caught:
        smime.open(twice, [BOB.decryptor])
    assert caught.value.code == "envelope-nested"


# --- opening ---


def test_another_key_opens_nothing() -> None:
    with pytest.raises(NotARecipient):
        smime.open(native(), [recipient("p-384").decryptor])
    with pytest.raises(NotARecipient):
        smime.open(native(), [])


@pytest.mark.parametrize(
    ("cipher", "inner", "expected"),
    [
        ("aes-256-cbc", TEXT, ("envelope-unauthenticated", Severity.ERROR)),
        ("aes-256-cbc", smime.sign(TEXT, ALICE, at=AT), ("envelope-unauthenticated", Severity.WARNING)),
        ("aes-256-gcm", TEXT, None),
    ],
)
def test_what_nobody_vouches_for_is_told(cipher: str, inner: bytes, expected: object) -> None:
    opened = smime.open(
        smime.message(HEADER, smime.encrypt(inner, [BOB.certificate], cipher=cipher)), [BOB.decryptor]
    )
    found = {finding.code: finding.severity for finding in opened.findings}
    if expected is None:
        assert "envelope-unauthenticated" not in found
    else:
        assert expected in found.items()


def test_a_broken_plaintext_under_cbc_is_no_oracle() -> None:
    broken = b"\r\nx"
    closed = smime.encrypt(broken, [BOB.certificate], cipher="aes-256-cbc")
    assert smime.open(closed, [BOB.decryptor]).payload.body == b"x"
    false = b"Content-Type: multipart/signed; protocol=x\r\n\r\n"
    octets = smime.encrypt(false, [BOB.certificate], cipher="aes-256-cbc")
    anybodys = smime.wrap(smime.message(HEADER, octets), AGENCY, at=AT)
    for message in (octets, anybodys):
        with pytest.raises(DecryptionFailed) as caught:
            smime.open(message, [BOB.decryptor])
        assert (caught.value.code, caught.value.where, caught.value.values) == ("decryption-failed", "", {})


def test_a_broken_plaintext_under_gcm_is_told() -> None:
    false = b"Content-Type: multipart/signed; protocol=x\r\n\r\n"
    with pytest.raises(MalformedInput) as told:
        smime.open(smime.encrypt(false, [BOB.certificate]), [BOB.decryptor])
    assert told.value.code == "boundary-syntax"


def test_content_written_with_line_feeds_is_read_and_told() -> None:
    from esign import envelope

    octets = envelope.encrypt(b"Content-Type: text/plain\n\nhello\n", [BOB.certificate])
    opened = smime.open(base64_leaf(field("Content-Type", "application/pkcs7-mime"), octets), [BOB.decryptor])
    assert opened.payload.body == b"hello\r\n"
    assert "content-not-canonical" in codes(opened)


# --- header protection ---


def judged(outer: bytes, *, mode: str = "clear", inner: bytes = HEADER) -> dict[str, tuple[str, str]]:
    """Findings (code and severity by place) of a signed-only message with this outer header."""
    protected = smime.protect(TEXT, inner, mode="clear" if mode == "clear" else "cipher")
    message = smime.message(outer, smime.sign(protected.payload, ALICE, at=AT))
    return {f.where: (f.code, f.severity.value) for f in smime.open(message, []).findings}


def test_equal_headers_give_no_finding_whatever_their_folding() -> None:
    folded = HEADER.replace(b"From: Alice ", b"From: Alice\r\n ").replace(b"To: Bob ", b"To:  Bob\r\n\t")
    assert judged(HEADER) == judged(folded) == {}


@pytest.mark.parametrize(
    ("old", "new", "where", "expected"),
    [
        (b"alice@a.test>", b"mallory@a.test>", "From", ("from-differs", "error")),
        (b"From: Alice <alice@a.test>\r\n", b"", "From", ("from-differs", "error")),
        (b"bob@b.test", b"eve@b.test", "To", ("outer-header-differs", "error")),
        (b"<1@a.test>", b"<2@a.test>", "Message-ID", ("outer-header-differs", "error")),
        (b"23 Nov", b"24 Nov", "Date", ("outer-header-differs", "error")),
        (b"To: Bob", b"Cc: eve@b.test\r\nTo: Bob", "Cc", ("outer-header-differs", "error")),
        (b"Subject: ", b"Subject: x", "Subject", ("outer-header-differs", "warning")),
    ],
)
def test_an_outer_field_that_was_changed_is_told(
    old: bytes, new: bytes, where: str, expected: tuple[str, str]
) -> None:
    assert judged(HEADER.replace(old, new)) == {where: expected}


def test_a_second_sender_outside_is_an_error() -> None:
    found = judged(HEADER + field("From", "eve@b.test"))
    assert found["message"] == ("from-repeated", "error")


def test_hp_cipher_on_a_letter_that_is_not_encrypted_is_told() -> None:
    outer = smime.protect(TEXT, HEADER, mode="cipher").outer
    assert judged(outer, mode="cipher") == {"payload": ("header-protection-mode", "warning")}


def test_the_sender_inside_must_be_the_one_outside_whatever_hp_outer_says() -> None:
    protected = smime.protect(TEXT, HEADER, mode="cipher")
    payload = protected.payload.replace(
        b"\r\nHP-Outer: From: Alice <alice@", b"\r\nHP-Outer: From: Alice <mallory@"
    )
    outer = protected.outer.replace(b"alice@", b"mallory@")
    message = smime.message(outer, smime.encrypt(smime.sign(payload, ALICE, at=AT), [BOB.certificate]))
    opened = smime.open(message, [BOB.decryptor])
    assert [(f.code, f.where) for f in opened.findings] == [("from-differs", "From")]


def test_a_copied_header_that_differs_from_the_signed_one_is_told_without_a_key() -> None:
    letter = native()
    changed = letter.replace(b"bob@b.test", b"eve@b.test", 1)
    assert codes(smime.read(letter)) == []
    found = smime.read(changed).findings
    assert [(f.code, f.where) for f in found] == [("outer-header-differs", "To")]
    forged = smime.read(letter.replace(b"alice@a.test", b"eve@a.test", 1)).findings
    assert [(f.code, f.where) for f in forged] == [("from-differs", "From")]


def test_a_broken_hp_outer_is_refused() -> None:
    payload = smime.protect(TEXT, HEADER, mode="cipher").payload.replace(
        b"HP-Outer: From:", b"HP-Outer: From"
    )
    with pytest.raises(MalformedInput) as caught:
        smime.read_protection(Entity.read(payload))
    assert caught.value.code == "hp-outer-syntax"


def test_a_payload_without_hp_is_told_to_be_unprotected() -> None:
    assert codes(smime.open(smime.message(HEADER, smime.sign(TEXT, ALICE, at=AT)), [])) == [
        "header-unprotected"
    ]


def test_what_begins_like_a_message_is_known() -> None:
    assert smime.looks_like_message(native())
    assert smime.looks_like_message(b"To: x\nContent-type: text/plain\n\n")
    assert not smime.looks_like_message(detached())
    assert not smime.looks_like_message(cms.to_pem(detached()))
    assert not smime.looks_like_message(b"To: x\r\n\r\n")


# --- messages of others ---

THUNDERBIRD = (
    ("alice.dsig.SHA256.multipart.eml", "multipart-signed", True),
    ("alice.dsig.SHA256.multipart.bad.eml", "multipart-signed", True),
    ("alice.future.dsig.SHA256.multipart.eml", "multipart-signed", True),
    ("alice.sig.SHA256.opaque.eml", "signed-data", True),
    ("alice.html.sig.SHA256.opaque.eml", "signed-data", True),
    ("alice.dsig.SHA256.multipart.env.eml", "enveloped", False),
    ("alice.sig.SHA256.opaque.env.eml", "enveloped", False),
    ("alice.env.dsig.SHA256.multipart.eml", "multipart-signed", False),
    ("alice.env.sig.SHA256.opaque.eml", "signed-data", False),
)


@pytest.mark.corpora
@pytest.mark.parametrize(("name", "kind", "has_payload"), THUNDERBIRD)
def test_messages_of_thunderbird_are_read(name: str, kind: str, has_payload: bool) -> None:
    layers = smime.read(canonical((corpus("thunderbird") / "smime" / name).read_bytes()))
    assert (layers.kind, layers.payload is not None) == (kind, has_payload)


@pytest.mark.corpora
@pytest.mark.filterwarnings("ignore:PKCS#12 bundle could not be parsed as DER")
def test_messages_of_thunderbird_are_opened() -> None:
    folder = corpus("thunderbird") / "smime"
    keys = [
        Decryptor.from_pkcs12((folder / f"{name}.p12").read_bytes(), "nss")
        for name in ("Alice", "Bob", "Dave")
    ]
    names = [name for name, _, has_payload in THUNDERBIRD if not has_payload]
    for name in names:
        opened = smime.open(canonical((folder / name).read_bytes()), keys)
        assert b"This is a test message from Alice to Bob." in opened.payload.body


@pytest.mark.corpora
def test_content_in_a_detached_signature_of_thunderbirds_tests_is_refused() -> None:
    data = (
        corpus("thunderbird") / "smime" / "alice.dsig.SHA256.multipart.mismatch-econtent.eml"
    ).read_bytes()
    assert refusal(canonical(data)).code == "detached-signature-with-content"


@pytest.mark.corpora
@pytest.mark.parametrize("name", ["in.mixed", "in.mixed.with.header"])
def test_a_signature_that_a_mailing_list_buried_is_no_layer(name: str) -> None:
    path = corpus("thunderbird") / "ui" / f"alice.dsig.SHA256.multipart.{name}.eml"
    layers = smime.read(canonical(path.read_bytes()))
    assert (layers.kind, codes(layers)) == ("none", ["layer-not-at-root"])


@pytest.mark.corpora
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("smime-multipart-hp", []),
        ("neg-outer-subject-changed", [("outer-header-differs", "warning")]),
        ("neg-outer-from-changed", [("from-differs", "error")]),
    ],
)
def test_samples_of_rfc_9788_are_judged(name: str, expected: list[tuple[str, str]]) -> None:
    data = canonical((corpus("rfc9788") / f"{name}.eml").read_bytes())
    opened = smime.open(data, [])
    assert opened.protection is not None
    assert [(f.code, f.severity.value) for f in opened.findings] == expected


# --- hostile input ---


def exercise(message: bytes) -> None:
    try:
        smime.open(message, [BOB.decryptor])
    except EsignError:
        pass


@settings(max_examples=40)
@given(st.data())
def test_with_octets_changed_only_our_errors_come_out(data: st.DataObject) -> None:
    letter = bytearray(LETTER)
    for _ in range(data.draw(st.integers(1, 4))):
        letter[data.draw(st.integers(0, len(letter) - 1))] = data.draw(st.integers(0, 255))
    exercise(bytes(letter))


def test_truncated_anywhere_only_our_errors_come_out() -> None:
    for length in range(0, len(LETTER), 37):
        exercise(LETTER[:length])


@given(st.binary(max_size=120))
def test_any_octets_as_cms_give_only_our_errors(octets: bytes) -> None:
    exercise(base64_leaf(field("Content-Type", "application/pkcs7-mime"), octets))
    exercise(signed(TEXT, signature_part(octets)))


@given(st.binary(max_size=120))
def test_any_plaintext_gives_only_our_errors(octets: bytes) -> None:
    from esign import envelope

    closed = envelope.encrypt(octets, [BOB.certificate])
    exercise(base64_leaf(field("Content-Type", "application/pkcs7-mime"), closed))


LETTER = native()


def test_signing_time_is_the_argument() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC) + timedelta(days=1)
    signature = smime.read(smime.sign(TEXT, ALICE, at=at)).signature
    assert cms.SignedData.read(signature or b"").signer_infos[0].signing_time == at


@pytest.mark.parametrize("changed", [False, True])
def test_each_layer_gives_what_its_verification_wants(changed: bool) -> None:
    opened = smime.open(native(), [BOB.decryptor])
    verdicts = []
    for layer in opened.layers:
        if layer.is_signature:
            document = (
                layer.document.replace(b"\r\n", b"\r\n ", 1) if changed and layer.document else layer.document
            )
            report = verify(layer.cms, document=document, trust=Trust((root().certificate,)), at=AT)
            verdicts.append(report.signatures[0].crypto)
    assert [str(getattr(verdict, "value", verdict)) for verdict in verdicts] == (
        ["invalid"] * 2 if changed else ["valid"] * 2
    )
