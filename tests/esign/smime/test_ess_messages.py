"""Enhanced services in messages: triple wraps with requests and labels, receipts, compressed layers,
certificates alone."""

from datetime import timedelta

import pytest

from esign import cms, compressed, ess, signing, smime
from esign.attributes import Attribute
from esign.cades import read_claims
from esign.capabilities import OWN
from esign.errors import DecryptionFailed, EsignError, LimitExceeded, MalformedInput
from esign.ess import Party, ReceiptPolicy, ReceiptRule, SecurityLabel, Services, expanded, request_receipt
from esign.findings import Indication
from esign.material import Material
from esign.mime import Entity, base64_leaf, field, multipart
from esign.smime import LayerKind, ReceiptRefused
from esign.testing import TestPKI
from tests.esign.people import AT, recipient, signatory

TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nSalom\r\n"
HEADER = (
    field("From", "Alice <alice@a.test>")
    + field("To", "Bob <bob@b.test>")
    + field("Subject", "Hisobot")
    + field("Date", "Mon, 23 Nov 2026 12:00:00 +0000")
    + field("Message-ID", "<1@a.test>")
)
PKI = TestPKI(at=AT)
ALICE, BOB, LIST = PKI.signer("Alice"), PKI.signer("Bob"), signatory("p-256")
READER = recipient("p-256")
TO_ALICE = request_receipt((Party.of("alice@a.test"),), identifier=b"letter 1")
SECRET, RESTRICTED = SecurityLabel("1.2.3", 4), SecurityLabel("1.2.3", 2)


def letter(*, receipt: ess.ReceiptRequest | None = TO_ALICE, **others: SecurityLabel) -> bytes:
    protected = smime.protect(TEXT, HEADER, mode="cipher")
    return smime.triple_wrap(
        protected,
        [READER.certificate],
        signer=ALICE,
        outer_signer=LIST.signer,
        at=AT,
        receipt=receipt,
        **others,
    )


def said(layer: smime.Layer) -> Services:
    return Services.read(cms.SignedData.read(layer.cms).signer_infos[0])


def judged(receipt: bytes, original: bytes) -> ess.ReceiptReport:
    return smime.verify_receipt(
        receipt,
        original,
        trust=PKI.trust,
        at=AT,
        keys=[READER.decryptor],
        material=Material.read(PKI.crls),
    )


def cms_entity(octets: bytes, smime_type: str) -> bytes:
    kind = f"application/pkcs7-mime; smime-type={smime_type}" if smime_type else "application/pkcs7-mime"
    return base64_leaf(field("Content-Type", kind), octets)


def refused(message: bytes) -> str:
    with pytest.raises(EsignError) as caught:
        smime.read(message)
    return caught.value.code


# --- attributes in the layers ---


def test_a_triple_wrap_asks_and_labels_inside_and_labels_outside() -> None:
    opened = smime.open(letter(label=SECRET, outer_label=RESTRICTED), [READER.decryptor])
    outer, _, inner = opened.layers
    assert said(inner) == Services(TO_ALICE, SECRET, capabilities=OWN)
    assert said(outer) == Services(label=RESTRICTED)
    assert [f.code for f in ess.compare_labels(said(inner).label, said(outer).label)] == [
        "security-label-layers-differ"
    ]


def test_a_signature_says_what_its_signer_can_read() -> None:
    plain = smime.read(smime.sign(TEXT, ALICE, at=AT))
    silent = smime.read(smime.sign(TEXT, ALICE, at=AT, capabilities=None))
    assert said(plain.layers[0]).capabilities == OWN
    assert said(silent.layers[0]) == Services()


def test_what_is_wrapped_twice_stays_octet_for_octet() -> None:
    """RFC 2634 §1.1: content is canonicalised once and never serialised again."""
    inside = smime.protect(TEXT, HEADER, mode="cipher")
    signed = smime.sign(inside.payload, ALICE, at=AT, receipt=TO_ALICE)
    original = smime.message(inside.outer, smime.encrypt(signed, [READER.certificate]))
    opened = smime.open(smime.wrap(original, LIST.signer, at=AT), [READER.decryptor])
    assert opened.outer.layers[0].signed == original
    assert opened.inner is not None and opened.inner.root.raw == signed
    assert opened.payload.raw == inside.payload


# --- receipts ---


@pytest.mark.parametrize("opaque", [False, True])
def test_a_signed_message_is_answered(opaque: bool) -> None:
    original = smime.message(HEADER, smime.sign(TEXT, ALICE, at=AT, opaque=opaque, receipt=TO_ALICE))
    made = smime.make_receipt(original, BOB, at=AT)
    assert made.to == TO_ALICE.receipts_to
    entity = Entity.read(made.entity)
    assert entity.content_type.parameters["smime-type"] == "signed-receipt"
    layers = smime.read(smime.message(HEADER, made.entity))
    assert (layers.layers, layers.findings) == ((), ())
    report = judged(smime.message(HEADER, made.entity), original)
    assert (report.indication, report.findings) == (Indication.TOTAL_PASSED, ())


def test_a_letter_is_answered_from_inside_its_envelope() -> None:
    original = letter()
    made = smime.make_receipt(original, BOB, at=AT, keys=[READER.decryptor])
    assert judged(made.entity, original).indication is Indication.TOTAL_PASSED
    assert judged(made.entity, letter()).indication is Indication.TOTAL_FAILED


def test_a_receipt_travels_closed_with_a_hint_outside() -> None:
    original = letter()
    made = smime.make_receipt(original, BOB, at=AT, keys=[READER.decryptor])
    closed = smime.message(HEADER, smime.close_receipt(made, [READER.certificate], BOB, at=AT))
    layers = smime.read(closed)
    assert [layer.kind for layer in layers.layers] == [LayerKind.MULTIPART_SIGNED, LayerKind.AUTH_ENVELOPED]
    (info,) = cms.SignedData.read(layers.layers[0].cms).signer_infos
    hints = read_claims(info).content_hints
    assert hints is not None and hints.content_type == ess.RECEIPT
    assert judged(closed, original).indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        (None, ("alice@a.test",)),
        (ReceiptPolicy(ReceiptRule.INSTEAD_OF, (Party.of("carol@c.test"),)), ("carol@c.test",)),
        (ReceiptPolicy(ReceiptRule.NONE), "receipt-policy-none"),
    ],
    ids=["silent", "instead", "none"],
)
def test_the_list_that_passed_a_letter_on_has_its_say(
    policy: ReceiptPolicy | None, wanted: tuple[str, ...] | str
) -> None:
    history = expanded(None, LIST.certificate, at=AT + timedelta(minutes=1), policy=policy)
    passed_on = smime.wrap(letter(), LIST.signer, at=AT, attributes=(history.attribute(),))
    if isinstance(wanted, str):
        with pytest.raises(ReceiptRefused) as caught:
            smime.make_receipt(passed_on, BOB, at=AT, keys=[READER.decryptor])
        assert caught.value.code == wanted
        return
    made = smime.make_receipt(passed_on, BOB, at=AT, keys=[READER.decryptor])
    assert made.to[0].mailboxes == wanted


def test_a_history_that_nobody_proved_has_no_say() -> None:
    policy = expanded(None, LIST.certificate, at=AT, policy=ReceiptPolicy(ReceiptRule.NONE))
    passed_on = smime.wrap(letter(), LIST.signer, at=AT, attributes=(policy.attribute(),))
    broken = passed_on.replace(b"<1@a.test>", b"<2@a.test>")
    made = smime.make_receipt(broken, BOB, at=AT, keys=[READER.decryptor])
    assert made.to == TO_ALICE.receipts_to


@pytest.mark.parametrize(
    "message",
    [smime.message(HEADER, TEXT), letter(receipt=None)],
    ids=["unsigned", "signed"],
)
def test_a_message_that_does_not_ask_is_not_answered(message: bytes) -> None:
    with pytest.raises(ReceiptRefused) as caught:
        smime.make_receipt(message, BOB, at=AT, keys=[READER.decryptor])
    assert caught.value.code == "receipt-not-requested"


def test_a_letter_is_no_receipt() -> None:
    with pytest.raises(MalformedInput) as caught:
        judged(letter(), letter())
    assert caught.value.code == "smime-kind-unsupported"
    signed = cms_entity(
        cms.SignedData.read(smime.read(smime.sign(TEXT, ALICE, at=AT, opaque=True)).layers[0].cms).raw, ""
    )
    with pytest.raises(MalformedInput) as caught:
        smime.read_receipt(Entity.read(signed))
    assert caught.value.code == "smime-kind-unsupported"


def test_what_a_layer_states_is_read_when_it_is_proved() -> None:
    good = smime.message(HEADER, smime.sign(TEXT, ALICE, at=AT, label=SECRET))
    changed = good.replace(b"Salom", b"salom")
    for message, label in ((good, SECRET), (changed, None)):
        assert smime.services_of(smime.read(message).layers[0], at=AT).services.label == label


def test_signers_with_different_histories_stop_everything() -> None:
    histories = (
        expanded(None, LIST.certificate, at=AT + timedelta(minutes=minutes)).attribute() for minutes in (1, 2)
    )
    both = (
        signing.sign(TEXT, signer, at=AT, attributes=(history, TO_ALICE.attribute()))
        for signer, history in zip((ALICE, BOB), histories, strict=True)
    )
    message = cms_entity(signing.join(tuple(both)), "signed-data")
    for act in (
        lambda: smime.make_receipt(message, BOB, at=AT),
        lambda: smime.pass_on(message, LIST.signer, at=AT),
    ):
        with pytest.raises(MalformedInput) as caught:
            act()
        assert caught.value.code == "expansion-histories-differ"


# --- compressed content ---


def test_a_compressed_message_shows_what_it_holds_and_nobody_vouches() -> None:
    layers = smime.read(smime.message(HEADER, smime.compress(TEXT)))
    (layer,) = layers.layers
    assert (layer.kind, layer.unpacked, layer.signed, layer.document) == (
        LayerKind.COMPRESSED,
        TEXT,
        None,
        None,
    )
    assert not layer.is_signature and not layer.is_envelope
    assert layers.payload is not None and layers.payload.raw == TEXT
    assert layers.signature is None and layers.envelope is None
    assert layers.root.content_type.parameters["smime-type"] == "compressed-data"
    assert layers.root.content_type.parameters["name"] == "smime.p7z"


def test_what_is_signed_may_be_compressed_and_the_other_way() -> None:
    inside = smime.compress(smime.sign(TEXT, ALICE, at=AT))
    around = smime.sign(smime.compress(TEXT), ALICE, at=AT)
    for entity in (inside, around):
        opened = smime.open(smime.encrypt(entity, [READER.certificate]), [READER.decryptor])
        assert opened.payload.raw == TEXT
        assert opened.author_signature is not None and opened.author_signature.is_signature
    alone = smime.open(smime.encrypt(smime.compress(TEXT), [READER.certificate]), [READER.decryptor])
    assert alone.author_signature is None and alone.payload.raw == TEXT


def test_compressed_content_of_another_kind_is_not_read() -> None:
    other = compressed.compress(TEXT, content_type="1.2.3")
    assert refused(cms_entity(other, "compressed-data")) == "smime-kind-unsupported"


def test_a_bomb_in_a_message_is_refused() -> None:
    bomb = cms_entity(compressed.compress(bytes(1 << 21)), "compressed-data")
    assert refused(bomb) == "compressed-too-large"
    nested = bomb
    for _ in range(3):
        nested = smime.compress(nested)
    with pytest.raises(LimitExceeded):
        smime.read(nested)


def test_compression_in_an_envelope_that_nobody_vouches_for_fails_alike() -> None:
    """RFC 8551 §6: what is wrong with an unauthenticated plaintext is not told."""
    bomb = cms_entity(compressed.compress(bytes(1 << 21)), "compressed-data")
    closed = smime.encrypt(bomb, [READER.certificate], cipher="aes-256-cbc")
    with pytest.raises(DecryptionFailed) as caught:
        smime.open(closed, [READER.decryptor])
    assert caught.value.code == "decryption-failed"


def test_no_more_layers_of_compression_than_of_anything() -> None:
    entity = TEXT
    for _ in range(smime.MAX_LAYERS + 1):
        entity = smime.compress(entity)
    assert refused(entity) == "too-many-layers"


# --- certificates alone ---


def test_certificates_travel_alone_and_are_no_layer() -> None:
    held = (signatory("p-256").certificate, signatory("rsa-2048").certificate)
    lists = PKI.crls
    message = smime.message(HEADER, smime.certificates_only(held, crls=lists))
    layers = smime.read(message)
    assert (layers.layers, layers.findings) == ((), ())
    assert layers.payload is not None
    found = smime.read_certificates_only(layers.payload)
    assert set(found.certificates) == {one.raw for one in held}
    assert set(found.crls) == set(lists)
    assert layers.root.content_type.parameters["name"] == "smime.p7c"


def test_what_is_signed_is_not_certificates_alone() -> None:
    layer = smime.read(smime.sign(TEXT, ALICE, at=AT, opaque=True)).layers[0]
    pretending = cms_entity(layer.cms, "certs-only")
    assert refused(pretending) == "smime-type-differs"
    with pytest.raises(MalformedInput) as caught:
        smime.read_certificates_only(Entity.read(pretending))
    assert caught.value.code == "smime-kind-unsupported"


def test_a_signature_of_nobody_must_say_that_it_is_certificates() -> None:
    alone = Entity.read(smime.certificates_only([LIST.certificate])).content()
    assert refused(cms_entity(alone, "signed-data")) == "signature-without-signers"
    assert refused(cms_entity(alone, "")) == "signature-without-signers"
    assert refused(cms_entity(alone, "signed-receipt")) == "smime-type-differs"


def test_certificates_among_other_parts_are_told() -> None:
    """As every CMS object below the root (RFC 8551 §3.5)."""
    alone = smime.certificates_only([LIST.certificate])
    layers = smime.read(multipart("mixed", (TEXT, alone)))
    assert [finding.code for finding in layers.findings] == ["layer-not-at-root"]


def test_a_receipt_must_be_one() -> None:
    layer = smime.read(smime.sign(TEXT, ALICE, at=AT, opaque=True)).layers[0]
    assert refused(cms_entity(layer.cms, "signed-receipt")) == "smime-type-differs"


def test_more_attributes_are_signed_as_they_are_given() -> None:
    extra = Attribute("1.2.3", (b"\x05\x00",))
    layers = smime.read(smime.sign(TEXT, ALICE, at=AT, attributes=(extra,)))
    (info,) = cms.SignedData.read(layers.layers[0].cms).signer_infos
    assert info.attribute("1.2.3") == (b"\x05\x00",)
    assert info.signed_attributes_are_der
