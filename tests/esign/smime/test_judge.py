"""The judgement of letters: each rule refuses what breaks it and passes what keeps it."""

import base64
from dataclasses import replace
from datetime import timedelta

import pytest

from esign import cms, der, envelope, signing, smime
from esign.algorithms import AlgorithmIdentifier
from esign.compressed import compress
from esign.digests import SHA256, SHA512
from esign.errors import NotPassed
from esign.ess import RECEIPT
from esign.keys import Decryptor
from esign.language import LANGUAGES
from esign.material import Need
from esign.mime import base64_leaf, field, multipart
from esign.smime import Binding, Bindings, Coverage, LayerKind, Opening, Verdict
from esign.smime.protection import Confidentiality
from tests.esign.people import recipient
from tests.esign.smime.letters import (
    AT,
    DATE,
    FROM,
    SECRET,
    TEXT,
    alice,
    bob,
    certificate,
    closed,
    codes,
    crls,
    detached,
    errors,
    header,
    judged,
    letter,
    mallory,
    multipart_signed,
    native,
    pki,
    protected,
    shown,
    signature_part,
    signed,
    whole,
)

# --- letters that keep every rule ---


@pytest.mark.parametrize("opaque", [False, True])
def test_a_signed_letter_is_accepted_and_its_sender_is_the_signer(opaque: bool) -> None:
    found = judged(letter(opaque=opaque))
    assert (found.verdict, errors(found)) == (Verdict.ACCEPTED, [])
    assert codes(found) == ["header-unprotected"]
    assert found.sender.mailbox is not None and found.sender.mailbox.key == "alice@a.test"
    assert found.sender.binding is Binding.CERTIFICATE
    assert found.sender.signer is not None and found.sender.signer.emails == ("alice@a.test",)
    assert not found.sender.is_signed
    assert [part.coverage for part in found.parts] == [Coverage.LETTER]
    assert found.unprotected == ("From", "To", "Subject", "Date", "Message-ID")
    found.require_accepted()


def test_a_protected_header_is_what_is_shown_and_nothing_stands_outside() -> None:
    made = protected("clear")
    found = judged(smime.message(made.outer, signed(made.payload)))
    assert (found.verdict, codes(found), found.unprotected) == (Verdict.ACCEPTED, [], ())
    assert found.sender.is_signed
    assert [one.name for one in found.header] == ["From", "To", "Subject", "Date", "Message-ID"]


@pytest.mark.parametrize(
    ("cipher", "kind"),
    [("aes-256-gcm", LayerKind.AUTH_ENVELOPED), ("aes-256-cbc", LayerKind.ENVELOPED)],
)
def test_a_signed_and_encrypted_letter_is_opened(cipher: str, kind: LayerKind) -> None:
    found = judged(native(cipher=cipher))
    assert (found.verdict, codes(found)) == (Verdict.ACCEPTED, [])
    envelope = found.envelopes[0]
    assert (envelope.kind, envelope.opening, envelope.cipher) == (kind, Opening.OPENED, cipher)
    assert envelope.recipients[0].names(certificate(bob()))
    assert found.parts[0].content == b"the word is opensesame\r\n"
    subject = found.get("subject")
    assert subject is not None and subject.text == "Report"
    assert found.get("Cc") is None


@pytest.mark.parametrize("policy", Confidentiality, ids=lambda policy: policy.value)
def test_whatever_the_sender_hides_outside_the_letter_is_accepted(policy: Confidentiality) -> None:
    made = smime.protect(SECRET, header(), mode="cipher", confidentiality=policy, legacy_display=True)
    found = judged(smime.message(made.outer, closed(signed(made.payload), cipher="aes-256-cbc")))
    assert (found.verdict, codes(found), found.unprotected) == (Verdict.ACCEPTED, [], ())
    subject = found.get("Subject")
    assert subject is not None and subject.text == "Report"


def test_a_triple_wrap_is_three_layers_and_the_inner_signer_is_the_author() -> None:
    made = protected(payload=SECRET)
    wrapped = smime.triple_wrap(
        made, [certificate(bob())], signer=alice(), outer_signer=pki().seal(email="node@a.test"), at=AT
    )
    found = judged(wrapped)
    assert (found.verdict, errors(found)) == (Verdict.ACCEPTED, [])
    assert [layer.to_dict()["kind"] for layer in found.layers] == [
        "multipart-signed",
        "auth-enveloped",
        "multipart-signed",
    ]
    assert found.sender.signer is not None and found.sender.signer.emails == ("alice@a.test",)


def test_a_compressed_letter_is_unpacked_and_compression_vouches_for_nothing() -> None:
    found = judged(whole(smime.compress(signed())))
    assert (found.verdict, found.layers[0].to_dict()["kind"]) == (Verdict.ACCEPTED, "compressed")
    bare = judged(whole(smime.compress(TEXT)))
    assert (bare.verdict, errors(bare)) == (Verdict.UNDETERMINED, ["message-unsigned"])
    assert bare.parts[0].coverage is Coverage.NONE


def test_a_letter_compressed_twice_is_refused() -> None:
    found = judged(whole(smime.compress(smime.compress(signed()))))
    assert (found.verdict, errors(found)) == (Verdict.REFUSED, ["too-many-layers"])


# --- the verdict ---


def test_a_judgement_has_no_truth_value() -> None:
    with pytest.raises(TypeError):
        bool(judged(letter()))


def test_what_is_not_accepted_raises_where_that_is_asked() -> None:
    with pytest.raises(NotPassed) as caught:
        judged(whole(TEXT)).require_accepted()
    assert (caught.value.code, caught.value.values) == ("not-accepted", {"verdict": "undetermined"})


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_judgement_explains_itself_in_each_language(language: str) -> None:
    texts = [
        judged(message).explain(language)
        for message in (
            letter(),
            native(),
            whole(TEXT),
            letter(by=mallory()),
            whole(smime.compress(signed())),
        )
    ]
    for text, verdict in zip(
        texts, ("accepted", "accepted", "undetermined", "refused", "accepted"), strict=True
    ):
        assert f"[{verdict}]" in text.splitlines()[0]
        assert "?" not in text
    assert "[signer-not-sender]" in texts[3]


def test_what_is_missing_is_told() -> None:
    need = Need("crl", "http://crl.test/a.crl", subject="Root")
    found = replace(judged(letter()), needs=(need,))
    assert found.to_dict()["needs"] == [need.to_dict()]
    assert "  crl: http://crl.test/a.crl" in found.explain("en").splitlines()


def test_a_judgement_is_a_document_with_stable_keys() -> None:
    found = judged(native()).to_dict()
    assert (found["schema"], found["verdict"]) == ("exat.judgement/1", "accepted")
    assert found["sender"]["mailbox"] == "alice@a.test"
    assert found["header_protection"] == "cipher"
    assert found["parts"][0] == {
        "number": "",
        "role": "part",
        "media_type": "text/plain",
        "charset": "utf-8",
        "filename": "",
        "octets": 24,
        "coverage": "letter",
    }
    assert {"layers", "header", "unprotected", "inside_signatures", "findings", "needs"} <= found.keys()


def test_a_signature_that_cannot_be_confirmed_leaves_the_letter_undetermined() -> None:
    found = judged(letter(), material=())
    assert (found.verdict, errors(found)) == (Verdict.UNDETERMINED, ["signature-unconfirmed"])
    assert found.signatures[0].report.indication.value == "INDETERMINATE"


def test_a_signature_that_does_not_hold_refuses_the_letter() -> None:
    found = judged(letter().replace(b"hello", b"hullo"))
    assert (found.verdict, errors(found)) == (Verdict.REFUSED, ["signature-not-valid"])
    assert dict(found.findings[0].values) == {"reason": "HASH_FAILURE"}


def test_a_certificate_for_something_else_signs_no_letters() -> None:
    node = pki().node("mx.a.test")
    found = judged(letter(by=node), directory=Bindings.of({"alice@a.test": [certificate(node)]}))
    assert found.verdict is not Verdict.ACCEPTED
    assert {"signature-unconfirmed", "signature-not-valid"} & set(errors(found))


# --- who sent it ---


@pytest.mark.parametrize(
    ("sender", "code"),
    [
        (None, "from-missing"),
        ("", "from-missing"),
        ("<>", "mailbox-missing"),
        ("alice@a.test, mallory@e.test", "from-several"),
        ("alice@a.test <mallory@e.test>", "mailbox-syntax"),
        ("mallory@e.test <alice@a.test>", "mailbox-syntax"),
        ("alice@a.test  . <mallory@e.test>", "mailbox-syntax"),
        ("Alice (alice@a.test) <mallory@e.test>", "mailbox-comment"),
        ("mallory@e.test (alice@a.test)", "mailbox-comment"),
        ("alice@a.test(x)", "mailbox-comment"),
        ("Staff: alice@a.test;", "mailbox-group"),
        ("undisclosed-recipients:;", "mailbox-group"),
        ("<@e.test:alice@a.test>", "mailbox-route"),
        ("<=?utf-8?q?alice=40a.test=3e?=@e.test>", "mailbox-encoded-word"),
        ("=?utf-8?q?alice?=@a.test", "mailbox-encoded-word"),
        ("alice @a.test", "mailbox-syntax"),
        ("alice@a.test.", "mailbox-syntax"),
        ("alice@[192.0.2.1]", "mailbox-syntax"),
        ("alice@a.test mallory@e.test", "mailbox-syntax"),
    ],
)
def test_from_names_exactly_one_plain_mailbox(sender: str | None, code: str) -> None:
    head = header(None, b"From: \r\n") if sender == "" else header(sender)
    found = judged(letter(head=head))
    assert found.verdict is Verdict.REFUSED
    assert code in errors(found)
    assert found.sender.binding is Binding.NONE


@pytest.mark.parametrize(
    "sender",
    [
        "alice@a.test",
        "<Alice@A.TEST>",
        '"Lovelace, Alice" <alice@a.test>',
        '"alice@a.test" <alice@a.test>',
        "alice@a.test <alice@a.test>",
        "=?utf-8?B?0JDQu9C40YHQsA==?= <alice@a.test>",
        "Alice K. Lovelace\r\n <alice@a.test>",
    ],
)
def test_one_mailbox_may_be_written_in_several_ways(sender: str) -> None:
    found = judged(letter(head=header(None, b"From: " + sender.encode() + b"\r\n")))
    assert (found.verdict, errors(found)) == (Verdict.ACCEPTED, [])


def test_a_letter_signed_by_somebody_else_is_refused() -> None:
    found = judged(letter(by=mallory()))
    assert (found.verdict, errors(found)) == (Verdict.REFUSED, ["signer-not-sender"])
    finding = found.findings[-1]
    assert (finding.where, dict(finding.values)) == (
        "From",
        {"found": "mallory@e.test", "wanted": "alice@a.test"},
    )


def test_a_directory_may_bind_a_signer_to_a_mailbox() -> None:
    bound = Bindings.of({"Alice@A.test": [certificate(mallory())]})
    found = judged(letter(by=mallory()), directory=bound)
    assert (found.verdict, found.sender.binding) == (Verdict.ACCEPTED, Binding.DIRECTORY)
    other = Bindings.of({"carol@a.test": [certificate(mallory())]})
    assert judged(letter(by=mallory()), directory=other).verdict is Verdict.REFUSED


@pytest.mark.parametrize(
    ("more", "code", "verdict"),
    [
        (b"From: alice@a.test\r\n", "from-repeated", Verdict.REFUSED),
        (b"from: mallory@e.test\r\n", "from-repeated", Verdict.REFUSED),
        (b"To: carol@c.test\r\n", "header-duplicate", Verdict.REFUSED),
        (b"Subject: Other\r\n", "header-duplicate", Verdict.REFUSED),
        (b"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n", "header-duplicate", Verdict.REFUSED),
        (b"Sender: a@x\r\nSender: b@x\r\n", "header-duplicate", Verdict.REFUSED),
        (b"Sender: mallory@e.test\r\n", "sender-differs", Verdict.UNDETERMINED),
        (b"Sender: (x) alice@a.test\r\n", "mailbox-comment", Verdict.REFUSED),
        (b"Reply-To: mallory@e.test\r\n", "reply-to-differs", Verdict.ACCEPTED),
        (b"Cc: nobody\r\n", "mailbox-syntax", Verdict.ACCEPTED),
    ],
)
def test_other_fields_are_single_and_agree(more: bytes, code: str, verdict: Verdict) -> None:
    found = judged(letter(head=header(FROM, more)))
    assert (found.verdict, code in codes(found)) == (verdict, True)


@pytest.mark.parametrize(
    "more",
    [b"Sender: Alice <ALICE@a.test>\r\n", b"Reply-To: alice@a.test\r\n", b"Cc: a@x.test, b@x.test\r\n"],
)
def test_fields_that_agree_are_passed(more: bytes) -> None:
    found = judged(letter(head=header(FROM, more)))
    assert (found.verdict, codes(found)) == (Verdict.ACCEPTED, ["header-unprotected"])


@pytest.mark.parametrize(
    "name",
    ['"alice@a.test"', "=?utf-8?q?alice=40a=2Etest?=", '"alice\uff20a.test"', '"Per conto di: alice@a.test"'],
)
def test_a_display_name_that_looks_like_another_address_is_never_accepted(name: str) -> None:
    found = judged(letter(head=header(None, f"From: {name} <mallory@e.test>\r\n".encode()), by=mallory()))
    assert (found.verdict, errors(found)) == (Verdict.UNDETERMINED, ["display-name-misleads"])


def test_a_display_name_that_is_not_the_certified_one_is_told() -> None:
    head = header("Shavkat Karimov <mallory@e.test>")
    found = judged(letter(head=head, by=mallory()))
    assert (found.verdict, "display-name-differs" in codes(found)) == (Verdict.ACCEPTED, True)
    same = judged(letter(head=header("M. Malice <mallory@e.test>"), by=mallory()))
    assert "display-name-differs" not in codes(same)
    cyrillic = judged(letter(head=header(None, "From: Маллори <mallory@e.test>\r\n".encode()), by=mallory()))
    assert "display-name-differs" not in codes(cyrillic)


@pytest.mark.parametrize(
    ("date", "code"),
    [
        (DATE, None),
        ("Mon, 23 Nov 2026 17:59:59 +0500", None),
        ("Mon, 23 Nov 2026 13:00:00 GMT", None),
        ("Mon, 23 Nov 2026 13:00:01 +0000", "date-differs"),
        ("Tue, 24 Nov 2026 12:00:00 +0000", "date-differs"),
        ("yesterday", "date-syntax"),
    ],
)
def test_the_date_is_near_the_time_of_signing(date: str, code: str | None) -> None:
    found = judged(letter(head=header(date=date)))
    verdict = Verdict.UNDETERMINED if code == "date-differs" else Verdict.ACCEPTED
    assert found.verdict is verdict
    assert (code is None) or code in codes(found)


def test_every_signer_must_hold_and_one_must_be_the_sender() -> None:
    both = _signed_by_both()
    found = judged(whole(both))
    assert (found.verdict, found.sender.binding) == (Verdict.ACCEPTED, Binding.CERTIFICATE)
    assert [f.severity.value for f in found.findings if f.code == "signer-not-sender"] == ["warning"]
    stranger = judged(whole(both), directory=None, trust=pki().trust, material=crls())
    assert len(stranger.signatures[0].report.signatures) == 2


def _signed_by_both() -> bytes:
    pair = [cms.SignedData.read(detached(by=one)) for one in (alice(), mallory())]
    infos = [info for one in pair for info in one.signer_infos]
    joined = cms.encode_signed_data(
        None,
        digest_algorithms=[info.digest_algorithm for info in infos],
        certificates=[certificate for one in pair for certificate in one.certificates],
        signer_infos=[info.raw for info in infos],
    )
    return multipart_signed(TEXT, signature_part(joined))


def test_a_signer_that_was_taken_out_is_missed() -> None:
    plain = cms.SignedData.read(detached())
    info = plain.signer_infos[0]
    for named, expected in (((SHA256,), []), ((SHA256, SHA512), ["signer-missing"])):
        less = cms.encode_signed_data(
            None,
            digest_algorithms=[AlgorithmIdentifier(one.oid) for one in named],
            certificates=plain.certificates,
            signer_infos=[info.raw],
        )
        assert errors(judged(whole(multipart_signed(TEXT, signature_part(less))))) == expected


# --- the structure of signatures ---


def test_a_signature_without_attributes_is_refused() -> None:
    found = judged(whole(multipart_signed(TEXT, signature_part(_without_attributes()))))
    assert found.verdict is Verdict.REFUSED
    assert "signed-attributes-absent" in errors(found)


def _without_attributes(content: bytes | None = None, *, signature: bytes | None = None) -> bytes:
    plain = cms.SignedData.read(detached())
    info = plain.signer_infos[0]
    bare = der.sequence(
        der.integer(1),
        cms.issuer_and_serial(certificate(alice())),
        info.digest_algorithm.encode(),
        info.signature_algorithm.encode(),
        der.octet_string(signature or alice().sign(TEXT)),
    )
    return cms.encode_signed_data(
        content,
        digest_algorithms=[info.digest_algorithm],
        certificates=plain.certificates,
        signer_infos=[bare],
    )


def test_signed_attributes_that_pose_as_content_are_refused() -> None:
    info = cms.SignedData.read(detached()).signer_infos[0]
    attributes = bytes((der.SET,)) + (info.signed_attributes_raw or b"")[1:]
    posing = _without_attributes(attributes, signature=info.signature)
    found = judged(whole(envelope_part(posing, "signed-data")))
    assert found.verdict is Verdict.REFUSED
    assert "content-poses-as-attributes" in errors(found)


def test_content_in_a_detached_signature_is_refused() -> None:
    attached = smime.read(signed(b"\r\nother", opaque=True)).signature
    assert attached is not None
    found = judged(whole(multipart_signed(TEXT, signature_part(attached))))
    assert (found.verdict, errors(found)) == (Verdict.REFUSED, ["detached-signature-with-content"])


def test_a_signature_of_nobody_is_refused() -> None:
    empty = _signed_by_nobody(None)
    found = judged(whole(multipart_signed(TEXT, signature_part(empty))))
    assert (found.verdict, errors(found)) == (Verdict.REFUSED, ["signature-without-signers"])
    opaque = base64_leaf(
        field("Content-Type", "application/pkcs7-mime; smime-type=signed-data"),
        _signed_by_nobody(TEXT),
    )
    assert errors(judged(whole(opaque))) == ["signature-without-signers"]


def _signed_by_nobody(content: bytes | None) -> bytes:
    return cms.encode_signed_data(content, digest_algorithms=[], certificates=[], signer_infos=[])


def test_an_unsigned_sibling_of_the_content_is_refused() -> None:
    extra = b"Content-Type: text/plain\r\n\r\npay me\r\n"
    for parts in ((TEXT, extra, signature_part(detached())), (TEXT, signature_part(detached()), extra)):
        found = judged(whole(multipart_signed(*parts)))
        assert (found.verdict, errors(found)) == (Verdict.REFUSED, ["unsigned-sibling"])


def test_text_after_the_signature_is_told_and_the_letter_is_not_accepted() -> None:
    found = judged(letter() + b"_____\r\nlist footer\r\n")
    assert (found.verdict, errors(found)) == (Verdict.UNDETERMINED, ["text-outside-layer"])
    assert found.signatures[0].report.indication.value == "TOTAL-PASSED"
    assert b"footer" not in found.parts[0].content
    assert judged(letter() + b"\r\n\r\n").verdict is Verdict.ACCEPTED


def test_a_signature_among_other_parts_does_not_make_the_letter_signed() -> None:
    footer = b"Content-Type: text/plain\r\n\r\nlist footer\r\n"
    found = judged(whole(multipart("mixed", (signed(), footer))))
    assert (found.verdict, errors(found)) == (
        Verdict.UNDETERMINED,
        ["layer-not-at-root", "message-unsigned"],
    )
    assert [(part.number, part.coverage.value) for part in found.parts] == [
        ("", "none"),
        ("1", "inside"),
        ("1.1", "inside"),
        ("1.2", "inside"),
        ("2", "none"),
    ]
    assert found.inside[0].number == "1"
    assert found.inside[0].report.indication.value == "TOTAL-PASSED"


def test_an_opaque_signature_among_other_parts_is_shown_with_what_it_holds() -> None:
    footer = b"Content-Type: text/plain\r\n\r\nlist footer\r\n"
    found = judged(whole(multipart("mixed", (signed(opaque=True), footer))))
    assert [(part.number, part.coverage.value) for part in found.parts] == [
        ("", "none"),
        ("1", "inside"),
        ("1.1", "inside"),
        ("2", "none"),
    ]
    assert found.parts[2].content == b"hello\r\n"


def test_a_signature_of_another_standard_says_nothing_here() -> None:
    part = b"Content-Type: application/pgp-signature\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\n"
    entity = multipart("signed", (TEXT, part), parameters={"protocol": "application/pgp-signature"})
    for message in (whole(entity), whole(multipart("mixed", (entity, TEXT)))):
        found = judged(message)
        assert (found.verdict, errors(found)) == (Verdict.UNDETERMINED, ["message-unsigned"])


def test_a_signed_attachment_of_a_signed_letter_is_an_attachment() -> None:
    found = judged(letter(multipart("mixed", (TEXT, signed(by=mallory(), opaque=True)))))
    assert (found.verdict, errors(found)) == (Verdict.ACCEPTED, [])
    assert "layer-not-at-root" in codes(found)


@pytest.mark.parametrize(
    ("entity", "code"),
    [
        (b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n", None),
        (b"Content-Type: multipart/signed; boundary=x\r\n\r\n--x\r\n\r\n--x--\r\n", "signed-structure"),
        (b"Content-Type: multipart/signed\r\n\r\nx\r\n", "boundary-syntax"),
    ],
)
def test_a_layer_that_cannot_be_read_is_refused(entity: bytes, code: str | None) -> None:
    found = judged(whole(entity))
    assert found.verdict is Verdict.REFUSED
    assert code is None or errors(found) == [code]


def test_certificates_and_receipts_are_no_letters() -> None:
    alone = smime.certificates_only([certificate(alice())])
    found = judged(whole(alone))
    assert (found.verdict, "certificates-only" in errors(found)) == (Verdict.UNDETERMINED, True)
    signed_one = cms.SignedData.read(detached())
    receipt = cms.encode_signed_data(
        b"0",
        digest_algorithms=signed_one.digest_algorithms,
        certificates=signed_one.certificates,
        signer_infos=[info.raw for info in signed_one.signer_infos],
        content_type=RECEIPT,
    )
    kind = field("Content-Type", "application/pkcs7-mime; smime-type=signed-receipt")
    told = judged(whole(base64_leaf(kind, receipt)))
    assert (told.verdict, "receipt-only" in errors(told)) == (Verdict.UNDETERMINED, True)


# --- MIME ---


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ((b"hello\r\n", b"hello\n"), "bare-line-feed"),
        ((b"hello\r\n", b"hel\rlo\r\n"), "bare-carriage-return"),
        ((b"hello", b"he\0lo"), "nul-octet"),
        ((b"Subject: ", b"Subject : "), "field-syntax"),
        ((b"Subject: ", b"Content-Type: text/html\r\nSubject: "), "header-duplicate"),
    ],
)
def test_what_two_readers_would_read_differently_is_refused(change: tuple[bytes, bytes], code: str) -> None:
    found = judged(letter().replace(*change, 1))
    assert (found.verdict, errors(found), found.layers) == (Verdict.REFUSED, [code], ())


def test_the_line_ends_of_a_file_are_converted_and_told() -> None:
    found = judged(letter().replace(b"\r\n", b"\n"))
    assert (found.verdict, codes(found)[0]) == (Verdict.ACCEPTED, "line-ends-converted")


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (b"Content-Type: message/partial; id=a; number=1; total=2\r\n\r\nx\r\n", "part-partial"),
        (b"Content-Type: message/external-body; access-type=URL\r\n\r\n\r\n", "part-external"),
    ],
)
def test_content_that_is_elsewhere_is_refused(part: bytes, code: str) -> None:
    for payload in (part, multipart("mixed", (TEXT, part))):
        found = judged(letter(payload))
        assert (found.verdict, errors(found)) == (Verdict.REFUSED, [code])


def test_a_boundary_of_the_parts_around_is_refused() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=same\r\n\r\nx\r\n"
    payload = b"Content-Type: multipart/mixed; boundary=same\r\n\r\n--same\r\n" + inner + b"--same--\r\n"
    found = judged(letter(payload))
    assert (found.verdict, errors(found)) == (Verdict.REFUSED, ["boundary-duplicate"])


def test_the_boundary_of_the_signature_counts_as_one_around() -> None:
    entity = letter()
    boundary = smime.read(entity).root.content_type.parameters["boundary"]
    payload = f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\nx\r\n'.encode()
    body = payload + b"\r\n--" + boundary.encode() + b"\r\n" + signature_part(detached(payload))
    head = f'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="{boundary}"'
    made = head.encode() + b"\r\n\r\n--" + boundary.encode() + b"\r\n" + body
    found = judged(whole(made + b"\r\n--" + boundary.encode() + b"--\r\n"))
    assert (found.verdict, errors(found)) == (Verdict.REFUSED, ["boundary-duplicate"])


def test_a_line_like_the_boundary_is_refused() -> None:
    payload = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\na\r\n--xy\r\nb\r\n--x--\r\n"
    found = judged(letter(payload))
    assert (found.verdict, errors(found)) == (Verdict.REFUSED, ["boundary-ambiguous"])


def test_a_part_that_cannot_be_decoded_is_shown_as_received() -> None:
    part = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%\r\n"
    found = judged(letter(multipart("mixed", (TEXT, part))))
    assert (found.verdict, errors(found)) == (Verdict.UNDETERMINED, ["part-undecodable"])
    assert found.parts[2].content == b"%%%\r\n"


def test_a_text_is_shown_without_what_drives_a_terminal() -> None:
    payload = "Content-Type: text/plain; charset=utf-8\r\n\r\nсалом \x1b[2J\r\n".encode()
    assert judged(letter(payload)).parts[0].text == "салом \ufffd[2J\r\n"
    assert judged(letter(b"\r\nplain \xff\r\n")).parts[0].text == "plain \ufffd\r\n"


def test_an_attachment_name_that_cannot_be_read_is_told() -> None:
    part = b"Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a b\r\n\r\nx\r\n"
    found = judged(letter(multipart("mixed", (TEXT, part))))
    assert (found.verdict, "attachment-name-unreadable" in codes(found)) == (Verdict.ACCEPTED, True)
    named = part.replace(b"a b", b"ab.txt")
    assert judged(letter(multipart("mixed", (TEXT, named)))).parts[2].filename == "ab.txt"


def test_the_parts_of_an_attached_message_are_shown_and_are_no_layers() -> None:
    attached = b"Content-Type: message/rfc822\r\n\r\n" + letter(by=mallory())
    found = judged(letter(multipart("mixed", (TEXT, attached))))
    assert (found.verdict, len(found.layers)) == (Verdict.ACCEPTED, 1)
    assert [part.number for part in found.parts] == ["", "1", "2", "2.1", "2.1.1", "2.1.2"]
    assert found.parts[4].content == b"hello\r\n"


def test_a_broken_attached_message_is_a_warning() -> None:
    attached = b"Content-Type: message/rfc822\r\n\r\nno field\r\n\r\n"
    found = judged(letter(multipart("mixed", (TEXT, attached))))
    assert (found.verdict, "field-syntax" in codes(found)) == (Verdict.ACCEPTED, True)


def test_the_parts_of_a_digest_are_messages() -> None:
    digest = multipart("digest", (b"\r\nSubject: a\r\n\r\nfirst\r\n", b"\r\nSubject: b\r\n\r\nsecond\r\n"))
    found = judged(letter(digest))
    assert [(part.number, part.media_type) for part in found.parts] == [
        ("", "multipart/digest"),
        ("1", "message/rfc822"),
        ("1.1", "text/plain"),
        ("2", "message/rfc822"),
        ("2.1", "text/plain"),
    ]


def test_text_before_and_after_the_parts_is_in_the_list() -> None:
    payload = b"Content-Type: multipart/mixed; boundary=x\r\n\r\nbefore\r\n--x\r\n\r\na\r\n--x--\r\nafter\r\n"
    found = judged(letter(payload))
    assert [(part.role.value, part.content) for part in found.parts][1:] == [
        ("preamble", b"before"),
        ("epilogue", b"after\r\n"),
        ("part", b"a"),
    ]
    assert "text-outside-parts" in codes(found)


def test_parts_are_counted_and_their_depth_is_bounded() -> None:
    many = multipart("mixed", [b"\r\nx"] * 999)
    assert judged(whole(many)).verdict is Verdict.UNDETERMINED
    wide = multipart("mixed", [multipart("mixed", [b"\r\nx"] * 600)] * 2)
    assert "too-many-parts" in errors(judged(whole(wide)))
    deep = TEXT
    for _ in range(25):
        deep = b"Content-Type: message/rfc822\r\n\r\n" + deep
    assert "too-deep" in codes(judged(whole(deep)))


def test_inside_cms_a_text_may_have_other_line_ends_and_a_multipart_may_not() -> None:
    text = b"Content-Type: text/plain\r\n\r\none\ntwo\r\n"
    found = judged(whole(opaquely_signed(text)))
    assert (found.verdict, "content-not-canonical" in codes(found)) == (Verdict.ACCEPTED, True)
    hidden = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\na\n--x\n\nb\r\n--x--\r\n"
    refused = judged(whole(opaquely_signed(hidden)))
    assert (refused.verdict, errors(refused)) == (Verdict.REFUSED, ["boundary-ambiguous"])


def opaquely_signed(octets: bytes) -> bytes:
    kind = field("Content-Type", "application/pkcs7-mime; smime-type=signed-data")
    return base64_leaf(kind, signing.sign(octets, alice(), at=AT))


def test_parts_whose_end_is_missing_are_refused_and_shown() -> None:
    found = judged(letter(b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\na\r\n"))
    assert (found.verdict, errors(found)) == (Verdict.REFUSED, ["multipart-unclosed"])
    assert [part.content for part in found.parts] == [b"", b"a\r\n"]


def test_a_layer_whose_content_cannot_be_read_is_refused() -> None:
    found = judged(whole(opaquely_signed(b"no field\r\n\r\nx")))
    assert (found.verdict, errors(found)) == (Verdict.REFUSED, ["field-syntax"])
    assert found.signatures[0].report.indication.value == "TOTAL-PASSED"
    packed = judged(whole(smime.compress(TEXT)).replace(b"compressed-data", b"signed-data"))
    assert errors(packed) == ["smime-type-differs"]
    kind = field("Content-Type", "application/pkcs7-mime; smime-type=compressed-data")
    broken = judged(whole(base64_leaf(kind, compress(b"no field\r\n\r\nx"))))
    assert (broken.verdict, errors(broken)) == (Verdict.REFUSED, ["field-syntax"])


# --- envelopes ---


def envelope_part(octets: bytes, kind: str = "enveloped-data") -> bytes:
    return base64_leaf(field("Content-Type", f"application/pkcs7-mime; smime-type={kind}"), octets)


def test_an_envelope_for_two_kinds_of_key_is_opened_with_both() -> None:
    classical, quantum = recipient("p-256"), recipient("ml-kem-768")
    made = protected(payload=SECRET)
    pair = (classical.certificate, quantum.certificate)
    octets = envelope.protect_with_both(signed(made.payload), [pair])
    message = smime.message(made.outer, envelope_part(octets, "authenveloped-data"))
    found = judged(message, keys=[classical.decryptor, quantum.decryptor])
    assert (found.verdict, len(found.envelopes)) == (Verdict.ACCEPTED, 2)
    half = judged(message, keys=[quantum.decryptor])
    assert (half.verdict, errors(half)) == (Verdict.UNDETERMINED, ["envelope-not-opened"])
    assert [one.opening for one in half.envelopes] == [Opening.OPENED, Opening.NO_KEY]


def test_an_envelope_that_cannot_be_read_is_refused() -> None:
    octets = envelope.encrypt(SECRET, [certificate(bob())])
    cut = judged(whole(envelope_part(octets[:-4] + b"\x05\x00\x05\x00", "authenveloped-data")))
    assert (cut.verdict, cut.envelopes[0].opening) == (Verdict.REFUSED, Opening.FAILED)


def test_an_envelope_of_another_content_is_no_letter() -> None:
    octets = envelope.encrypt(SECRET, [certificate(bob())], content_type="1.2.3")
    found = judged(whole(envelope_part(octets, "authenveloped-data")))
    assert (found.verdict, errors(found)) == (Verdict.REFUSED, ["decryption-failed"])


def test_a_cipher_that_is_not_known_is_named() -> None:
    octets = envelope.encrypt(SECRET, [certificate(bob())], cipher="aes-256-cbc")
    triple = octets.replace(der.oid("2.16.840.1.101.3.4.1.42"), der.oid("2.16.840.1.101.3.4.1.99"))
    found = judged(whole(envelope_part(triple)))
    assert (found.verdict, errors(found)) == (Verdict.REFUSED, ["unsupported-algorithm"])


def test_without_a_key_the_letter_is_undetermined_and_its_recipients_are_told() -> None:
    found = judged(native(), keys=())
    assert (found.verdict, errors(found)) == (Verdict.UNDETERMINED, ["envelope-not-opened"])
    assert found.envelopes[0].opening is Opening.NO_KEY
    assert found.envelopes[0].recipients[0].names(certificate(bob()))
    stranger = pki().decryptor("carol@c.test")
    assert errors(judged(native(), keys=[stranger])) == ["envelope-not-opened"]


def test_what_is_signed_outside_the_envelope_only_has_no_author() -> None:
    outside = smime.wrap(whole(closed(SECRET)), alice(), at=AT)
    found = judged(outside)
    assert (found.verdict, "signed-outside-only" in errors(found)) == (Verdict.UNDETERMINED, True)
    assert found.parts[0].coverage is Coverage.NONE


def test_two_envelopes_one_in_the_other_are_opened_and_not_three() -> None:
    twice = closed(closed(signed(protected().payload)))
    found = judged(smime.message(protected().outer, twice))
    assert (found.verdict, len(found.envelopes)) == (Verdict.ACCEPTED, 2)
    thrice = judged(smime.message(protected().outer, closed(twice)))
    assert (thrice.verdict, errors(thrice)) == (Verdict.REFUSED, ["envelope-nested"])


def test_layers_are_counted() -> None:
    entity = signed()
    for _ in range(4):
        entity = signed(entity)
    assert len(judged(whole(entity)).layers) == 5
    found = judged(whole(signed(entity)))
    assert (found.verdict, errors(found)) == (Verdict.REFUSED, ["too-many-layers"])


def test_a_letter_signed_for_others_is_told_to_who_opens_it() -> None:
    carol = pki().decryptor("carol@c.test")
    made = protected(payload=SECRET)
    entity = smime.encrypt(signed(made.payload), [certificate(bob()), certificate(carol)])
    found = judged(smime.message(made.outer, entity), keys=[carol])
    assert (found.verdict, "reader-not-addressed" in codes(found)) == (Verdict.ACCEPTED, True)
    assert "reader-not-addressed" not in codes(judged(smime.message(made.outer, entity)))
    unnamed = Decryptor(carol.private)
    assert "reader-not-addressed" not in codes(judged(smime.message(made.outer, entity), keys=[unnamed]))


@pytest.mark.parametrize(
    ("change", "code", "verdict"),
    [
        (
            (b"To: Bob Builder <bob@b.test>", b"To: carol@c.test"),
            "outer-header-differs",
            Verdict.UNDETERMINED,
        ),
        ((b"Subject: [...]", b"Subject: Pay now"), "outer-header-differs", Verdict.ACCEPTED),
        ((b"<1@a.test>", b"<2@a.test>"), "outer-header-differs", Verdict.UNDETERMINED),
        ((b"alice@a.test", b"mallory@e.test"), "from-differs", Verdict.REFUSED),
    ],
)
def test_a_header_outside_that_differs_is_named(
    change: tuple[bytes, bytes], code: str, verdict: Verdict
) -> None:
    found = judged(native().replace(*change, 1))
    assert (found.verdict, code in codes(found)) == (verdict, True)
    assert verdict is not Verdict.REFUSED or b"opensesame" not in shown(found)


def test_a_payload_that_calls_itself_protected_is_not_believed_without_a_layer() -> None:
    made = protected("clear")
    found = judged(made.payload.replace(b"Content-Type", b"MIME-Version: 1.0\r\nContent-Type", 1))
    assert (found.verdict, found.protection, found.sender.is_signed) == (Verdict.UNDETERMINED, None, False)


def test_octet_stream_with_the_name_of_a_message_is_read_as_one() -> None:
    opaque = signed(opaque=True).replace(
        b"application/pkcs7-mime; smime-type=signed-data;", b"application/octet-stream;"
    )
    assert b"octet-stream" in opaque
    assert judged(whole(opaque)).verdict is Verdict.ACCEPTED
    other = judged(whole(opaque.replace(b"smime.p7m", b"smime.doc")))
    assert (other.verdict, other.layers) == (Verdict.UNDETERMINED, ())


def test_text_below_an_opaque_signature_is_no_part_of_it() -> None:
    found = judged(whole(signed(opaque=True)) + b"\r\n____\r\nlist footer <http://e.test>\r\n")
    assert (found.verdict, "text-after-base64" in codes(found)) == (Verdict.ACCEPTED, True)
    assert base64.b64encode(b"footer") not in shown(found) and b"list footer" not in shown(found)


def test_text_below_the_signature_in_its_part_is_told() -> None:
    part = signature_part(detached()) + b"\r\nscanned by a filter\r\n"
    found = judged(whole(multipart_signed(TEXT, part)))
    assert (found.verdict, "text-after-base64" in codes(found)) == (Verdict.ACCEPTED, True)


def test_a_signature_stays_good_later_than_its_letter_where_the_policy_says_so() -> None:
    later = judged(letter(), at=AT + timedelta(days=200))
    assert later.verdict is Verdict.ACCEPTED
    stale = judged(letter(), at=AT + timedelta(days=900))
    assert stale.verdict is not Verdict.ACCEPTED
