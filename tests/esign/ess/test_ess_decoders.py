"""What we write is read alike by an independent decoder of RFC 2634."""

from dataclasses import replace
from typing import Any

from pyasn1.codec.der.decoder import decode
from pyasn1.codec.der.encoder import encode
from pyasn1_alt_modules import rfc2634, rfc5751

from esign import der
from esign.capabilities import OWN
from esign.ess import (
    Party,
    Receipt,
    ReceiptPolicy,
    ReceiptRule,
    SecurityCategory,
    SecurityLabel,
    encryption_key_preference,
    equivalent_labels,
    expanded,
    request_receipt,
)
from tests.esign.people import AT, signatory

LABEL = SecurityLabel("1.2.3", 3, "ДСП")
ALICE, BOB = Party.of("alice@a.test"), Party.of("bob@b.test")


def same(octets: bytes, spec: Any) -> Any:
    """The value, whose encoding by the other library is ours."""
    value, rest = decode(octets, asn1Spec=spec)
    assert rest == b"" and encode(value) == octets
    return value


def test_a_label_is_read_alike() -> None:
    found = same(LABEL.encode(), rfc2634.ESSSecurityLabel())
    assert str(found["security-policy-identifier"]) == "1.2.3"
    assert int(found["security-classification"]) == 3
    # Its encoder writes the [1] of a category as primitive; RFC 4134 §4.10 has it as we do.
    categorised = replace(LABEL, categories=(SecurityCategory("1.2.4", der.utf8("x")),))
    read, _ = decode(categorised.encode(), asn1Spec=rfc2634.ESSSecurityLabel())
    assert str(read["security-categories"][0]["type"]) == "1.2.4"
    (value,) = equivalent_labels((LABEL,)).values
    assert len(same(value, rfc2634.EquivalentLabels())) == 1


def test_a_request_and_a_receipt_are_read_alike() -> None:
    for request in (
        request_receipt((ALICE,)),
        request_receipt((ALICE, BOB), first_tier=True),
        request_receipt((ALICE,), asked=(BOB,)),
    ):
        found = same(request.encode(), rfc2634.ReceiptRequest())
        assert bytes(found["signedContentIdentifier"]) == request.identifier
        assert len(found["receiptsTo"]) == len(request.receipts_to)
    receipt = same(Receipt("1.2.3", b"1", b"2").encode(), rfc2634.Receipt())
    assert bytes(receipt["originatorSignatureValue"]) == b"2"


def test_a_history_is_read_alike() -> None:
    for policy in (
        None,
        ReceiptPolicy(ReceiptRule.NONE),
        ReceiptPolicy(ReceiptRule.INSTEAD_OF, (ALICE,)),
        ReceiptPolicy(ReceiptRule.IN_ADDITION_TO, (ALICE, BOB)),
    ):
        history = expanded(None, signatory("p-256").certificate, at=AT, policy=policy)
        (value,) = history.attribute().values
        (found,) = same(value, rfc2634.MLExpansionHistory())
        assert str(found["expansionTime"]) == "20261123120000Z"
        assert found["mlReceiptPolicy"].isValue is (policy is not None)


def test_capabilities_and_preference_are_read_alike() -> None:
    assert len(same(OWN.encode(), rfc5751.SMIMECapabilities())) == len(OWN.items)
    certificate = signatory("p-256").certificate
    (value,) = encryption_key_preference(certificate).values
    found = same(value, rfc5751.SMIMEEncryptionKeyPreference())
    assert int(found["issuerAndSerialNumber"]["serialNumber"]) == certificate.serial_number
