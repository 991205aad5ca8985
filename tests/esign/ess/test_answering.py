"""Receipts made and judged: every step of RFC 2634 §2.4 and §2.6 passes and fails once."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import cms, der, ess, signing
from esign.attributes import Attribute
from esign.errors import EsignError, NotPassed
from esign.ess import Party, Receipt, ReceiptReport, expanded, make_receipt, request_receipt, verify_receipt
from esign.findings import Indication, Severity, SubIndication
from esign.keys import Signer
from esign.language import text
from esign.material import Material
from esign.testing import TestPKI
from tests.esign.people import AT, signatory

TEXT = b"Content-Type: text/plain\r\n\r\nSalom\r\n"
PKI = TestPKI(at=AT)
ALICE, BOB = PKI.signer("Alice"), PKI.signer("Bob")
REQUEST = request_receipt((Party.of("alice@a.test"),), identifier=b"letter 1")


def asking(*attributes: Attribute, detached: bool = False, signer: Signer = ALICE) -> bytes:
    held = (REQUEST.attribute(), *attributes)
    return signing.sign(TEXT, signer, at=AT, detached=detached, attributes=held)


ORIGINAL = asking()
RECEIPT = make_receipt(ORIGINAL, BOB, at=AT)
(INFO,) = cms.SignedData.read(ORIGINAL).signer_infos
SAID = Receipt(cms.DATA, b"letter 1", INFO.signature)


def judge(receipt: bytes = RECEIPT.octets, original: bytes = ORIGINAL, **others: Any) -> ReceiptReport:
    return verify_receipt(
        receipt, original, trust=PKI.trust, at=AT, material=Material.read(PKI.crls), **others
    )


def errors(report: ReceiptReport) -> list[str]:
    return [finding.code for finding in report.findings if finding.severity is Severity.ERROR]


def proof(digest: bytes | None = None) -> Attribute:
    value = sha256(INFO.signed_message()).digest() if digest is None else digest
    return Attribute(ess.MESSAGE_SIGNATURE_DIGEST, (der.octet_string(value),))


def forged(said: Receipt = SAID, *attributes: Attribute, content_type: str = ess.RECEIPT) -> bytes:
    held = attributes or (proof(),)
    return signing.sign(said.encode(), BOB, at=AT, content_type=content_type, attributes=held)


def test_a_receipt_passes_against_the_message_that_asked() -> None:
    report = judge()
    assert (report.indication, report.sub_indication, report.findings) == (
        Indication.TOTAL_PASSED,
        None,
        (),
    )
    report.require_passed()
    assert report.recipient is not None and report.recipient.raw == BOB.certificate
    assert report.received_at == AT
    assert report.request == REQUEST and RECEIPT.to == REQUEST.receipts_to
    said = report.to_dict()
    assert (said["schema"], said["indication"], said["received_at"]) == (
        "exat.receipt/1",
        "TOTAL-PASSED",
        "2026-11-23T12:00:00+00:00",
    )
    assert judge(forged()).indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize("language", ["en", "ru", "uz", "uz-Cyrl"])
def test_the_verdict_is_said_in_each_language(language: str) -> None:
    stranger = make_receipt(ORIGINAL, signatory("p-256").signer, at=AT).octets
    for receipt, code in (
        (RECEIPT.octets, "receipt-confirms"),
        (stranger, "receipt-undetermined"),
        (b"", "receipt-confirms-nothing"),
    ):
        report = judge(receipt)
        name = "?" if report.recipient is None else report.recipient.subject.shown
        lines = report.explain(language).splitlines()
        assert lines[0] == text(code, language, {"subject": name})
        assert all(finding.explain(language) in lines for finding in report.findings)


def test_a_receipt_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(judge())


@pytest.mark.parametrize("kind", ["p-384", "rsa-2048", "ed25519", "ml-dsa-44"])
def test_a_receipt_of_any_signature_is_matched(kind: str) -> None:
    original = asking(signer=signatory(kind).signer)
    assert errors(judge(make_receipt(original, BOB, at=AT).octets, original)) == []


def test_a_detached_original_needs_its_content() -> None:
    original = asking(detached=True)
    with pytest.raises(ess.ReceiptRefused) as caught:
        make_receipt(original, BOB, at=AT)
    assert caught.value.code == "receipt-request-unproved"
    made = make_receipt(original, BOB, at=AT, document=TEXT)
    assert errors(judge(made.octets, original, document=TEXT)) == []
    assert errors(judge(made.octets, original)) == ["receipt-original-unproved"]
    assert errors(judge(made.octets, original, document=TEXT + b".")) == ["receipt-original-unproved"]


OTHER = asking()
CASES: list[tuple[str, Callable[[], bytes], str]] = [
    ("digest-missing", lambda: forged(SAID, Attribute("1.2.3", (der.null(),))), "receipt-digest-missing"),
    ("digest", lambda: forged(SAID, proof(bytes(32))), "receipt-digest-differs"),
    ("type", lambda: forged(Receipt("1.2.3", SAID.identifier, INFO.signature)), "receipt-content-differs"),
    ("identifier", lambda: forged(Receipt(cms.DATA, b"2", INFO.signature)), "receipt-content-differs"),
    ("signature", lambda: forged(Receipt(cms.DATA, b"letter 1", b"x")), "receipt-of-other-message"),
    ("content-type", lambda: forged(content_type=cms.DATA), "receipt-malformed"),
    ("asks", lambda: forged(SAID, proof(), REQUEST.attribute()), "receipt-asks-receipt"),
    (
        "history",
        lambda: forged(SAID, proof(), expanded(None, signatory("p-256").certificate, at=AT).attribute()),
        "receipt-with-history",
    ),
    (
        "other",
        lambda: make_receipt(asking(Attribute("1.2.3", (der.null(),))), BOB, at=AT).octets,
        "receipt-of-other-message",
    ),
    ("no-receipt", lambda: signing.sign(b"x", BOB, at=AT), "receipt-malformed"),
    ("empty", lambda: b"", "receipt-malformed"),
    ("detached", lambda: signing.sign(SAID.encode(), BOB, at=AT, detached=True), "receipt-malformed"),
]


@pytest.mark.parametrize(("made", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_receipt_about_something_else_fails(made: Callable[[], bytes], code: str) -> None:
    report = judge(made())
    assert errors(report) == [code]
    assert report.indication is Indication.TOTAL_FAILED
    wanted = SubIndication.FORMAT_FAILURE if code == "receipt-malformed" else SubIndication.HASH_FAILURE
    assert report.sub_indication is wanted
    with pytest.raises(NotPassed):
        report.require_passed()
    assert report.to_dict()["findings"][0]["code"] == code


def test_a_receipt_that_nobody_asked_for_fails() -> None:
    original = signing.sign(TEXT, ALICE, at=AT)
    (info,) = cms.SignedData.read(original).signer_infos
    report = judge(forged(Receipt(cms.DATA, b"letter 1", info.signature)), original)
    assert errors(report) == ["receipt-not-requested"]


def test_attributes_that_cannot_be_read_fail_the_receipt() -> None:
    broken = Attribute(ess.RECEIPT_REQUEST, (der.sequence(),))
    original = signing.sign(TEXT, ALICE, at=AT, attributes=(broken,))
    (info,) = cms.SignedData.read(original).signer_infos
    report = judge(forged(Receipt(cms.DATA, b"letter 1", info.signature)), original)
    assert errors(report) == ["receipt-malformed"]
    twice = Attribute(ess.MESSAGE_SIGNATURE_DIGEST, (der.octet_string(b"1"), der.octet_string(b"2")))
    assert errors(judge(forged(SAID, twice))) == ["receipt-malformed"]


def test_an_original_whose_signature_does_not_hold_proves_nothing() -> None:
    broken = ORIGINAL.replace(b"Salom", b"salom")
    assert errors(judge(original=broken)) == ["receipt-original-unproved"]
    with pytest.raises(ess.ReceiptRefused) as caught:
        make_receipt(broken, BOB, at=AT)
    assert caught.value.code == "receipt-request-unproved"


def test_the_signature_of_a_receipt_is_judged_like_any_other() -> None:
    stranger = signatory("p-256").signer
    report = judge(make_receipt(ORIGINAL, stranger, at=AT).octets)
    assert (report.indication, errors(report)) == (Indication.INDETERMINATE, [])
    changed = bytearray(RECEIPT.octets)
    changed[-1] ^= 1
    report = judge(bytes(changed))
    assert report.indication is Indication.TOTAL_FAILED
    assert report.sub_indication is SubIndication.SIG_CRYPTO_FAILURE


def test_a_signer_who_was_not_asked_is_told() -> None:
    asked = request_receipt((Party.of("alice@a.test"),), asked=(Party.of("carol@c.test"),))
    original = signing.sign(TEXT, ALICE, at=AT, attributes=(asked.attribute(),))
    made = make_receipt(original, BOB, at=AT, mailboxes=("carol@c.test",))
    report = judge(made.octets, original)
    assert report.indication is Indication.TOTAL_PASSED
    assert [(f.code, f.severity) for f in report.findings] == [("receipt-signer-not-asked", Severity.WARNING)]


def test_no_receipt_without_a_request_nor_for_a_receipt() -> None:
    for original, code in (
        (signing.sign(TEXT, ALICE, at=AT), "receipt-not-requested"),
        (RECEIPT.octets, "receipt-of-receipt"),
        (
            signing.sign(TEXT, ALICE, at=AT, content_type=ess.RECEIPT, attributes=(REQUEST.attribute(),)),
            "receipt-of-receipt",
        ),
    ):
        with pytest.raises(ess.ReceiptRefused) as caught:
            make_receipt(original, BOB, at=AT)
        assert caught.value.code == code


def parallel(first: Attribute, second: Attribute) -> bytes:
    """Two signers of one content, each with an attribute of its own."""
    made = (
        signing.sign(TEXT, signer, at=AT, attributes=(said,))
        for signer, said in ((ALICE, first), (PKI.signer("Anna"), second))
    )
    return signing.join(tuple(made))


def test_signers_must_ask_alike() -> None:
    other = request_receipt((Party.of("alice@a.test"),), identifier=b"letter 2")
    alike = parallel(REQUEST.attribute(), REQUEST.attribute())
    assert errors(judge(make_receipt(alike, BOB, at=AT).octets, alike)) == []
    with pytest.raises(ess.ReceiptRefused) as caught:
        make_receipt(parallel(REQUEST.attribute(), other.attribute()), BOB, at=AT)
    assert caught.value.code == "receipt-requests-differ"


def test_one_signer_may_ask_for_all() -> None:
    silent = Attribute("1.2.3", (der.null(),))
    for original in (parallel(REQUEST.attribute(), silent), parallel(silent, REQUEST.attribute())):
        assert errors(judge(make_receipt(original, BOB, at=AT).octets, original)) == []


def test_a_cut_receipt_fails_at_each_length() -> None:
    for length in range(0, len(RECEIPT.octets), 61):
        assert errors(judge(RECEIPT.octets[:length])) == ["receipt-malformed"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_changed_octet_of_what_is_said_passes(data: st.DataObject) -> None:
    at = RECEIPT.octets.index(SAID.encode()) + data.draw(st.integers(0, len(SAID.encode()) - 1))
    flip = data.draw(st.integers(1, 255))
    changed = RECEIPT.octets[:at] + bytes((RECEIPT.octets[at] ^ flip,)) + RECEIPT.octets[at + 1 :]
    assert judge(changed).indication is Indication.TOTAL_FAILED


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=80))
def test_no_octets_raise(octets: bytes) -> None:
    assert judge(octets).indication is Indication.TOTAL_FAILED
    assert judge(original=octets).indication is Indication.TOTAL_FAILED
    with pytest.raises(EsignError):
        make_receipt(octets, BOB, at=AT)
