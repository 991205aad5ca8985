"""Requests for receipts: read, written, and whom they mean (RFC 2634 §2.3, §2.5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import der
from esign.errors import EsignError, LimitExceeded, MalformedInput
from esign.ess import (
    ExpansionHistory,
    Party,
    Receipt,
    ReceiptPolicy,
    ReceiptRefused,
    ReceiptRequest,
    ReceiptRule,
    ReceiptsFrom,
    expanded,
    recipients_of_receipt,
    request_receipt,
)
from tests.esign.people import AT, signatory

RECIPIENT, LIST = signatory("p-256").certificate, signatory("p-384").certificate
ALICE, BOB = Party.of("alice@a.test"), Party.of("bob@b.test")
RECEIPT = Receipt("1.2.840.113549.1.7.1", b"letter 1", b"signature")


def read(octets: bytes) -> ReceiptRequest:
    return ReceiptRequest.read(der.decode(octets))


def history(policy: ReceiptPolicy | None = None) -> ExpansionHistory:
    return expanded(None, LIST, at=AT, policy=policy)


@pytest.mark.parametrize(
    ("request_", "asked"),
    [
        (request_receipt((ALICE,)), ReceiptsFrom.ALL),
        (request_receipt((ALICE, BOB), first_tier=True), ReceiptsFrom.FIRST_TIER),
        (request_receipt((ALICE,), asked=(BOB,)), ReceiptsFrom.LISTED),
    ],
    ids=["all", "first-tier", "listed"],
)
def test_a_request_is_read_as_it_was_written(request_: ReceiptRequest, asked: ReceiptsFrom) -> None:
    octets = request_.encode()
    assert read(octets) == request_ and read(octets).raw == octets
    assert request_.receipts_from is asked
    assert der.is_der(der.decode(octets))
    for length in range(len(octets)):
        with pytest.raises(MalformedInput):
            read(octets[:length])


def test_each_request_names_its_message_anew() -> None:
    first, second = request_receipt((ALICE,)), request_receipt((ALICE,))
    assert len(first.identifier) == 32 and first.identifier != second.identifier
    assert request_receipt((ALICE,), identifier=b"1").to_dict() == {
        "identifier": "31",
        "receipts_from": "all",
        "listed": [],
        "receipts_to": [["alice@a.test"]],
    }


def test_a_request_that_cannot_be_is_not_made() -> None:
    for to, asked, first_tier in (((), (), False), ((ALICE,) * 17, (), False), ((ALICE,), (BOB,), True)):
        with pytest.raises(ValueError, match="receipts"):
            request_receipt(to, asked=asked, first_tier=first_tier)


TO = der.sequence(ALICE.raw)
IDENTIFIER = der.octet_string(b"1")
ALL = der.tlv(0x80, b"\0")


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        (der.sequence(der.octet_string(b""), ALL, TO), MalformedInput),
        (der.sequence(IDENTIFIER, der.tlv(0x80, b"\2"), TO), MalformedInput),
        (der.sequence(IDENTIFIER, der.integer(0), TO), MalformedInput),
        (der.sequence(IDENTIFIER, der.tlv(0xA1), TO), MalformedInput),
        (der.sequence(IDENTIFIER, ALL, der.sequence()), MalformedInput),
        (der.sequence(IDENTIFIER, ALL), MalformedInput),
        (der.sequence(IDENTIFIER, ALL, TO, der.null()), MalformedInput),
        (der.sequence(IDENTIFIER, ALL, der.sequence(*[ALICE.raw] * 17)), LimitExceeded),
        (der.sequence(IDENTIFIER, der.tlv(0xA1, ALICE.raw * 1025), TO), LimitExceeded),
    ],
    ids=["identifier", "tier", "tag", "nobody", "to-nobody", "cut", "trailing", "to-many", "many"],
)
def test_what_is_no_request_is_refused(octets: bytes, error: type[EsignError]) -> None:
    with pytest.raises(error):
        read(octets)


@given(st.binary(max_size=60))
def test_no_octets_raise_anything_else(octets: bytes) -> None:
    for reader in (lambda: read(octets), lambda: Receipt.read(octets)):
        try:
            reader()
        except EsignError:
            continue


@pytest.mark.parametrize(
    ("request_", "seen", "wanted"),
    [
        (request_receipt((ALICE,)), None, (ALICE,)),
        (request_receipt((ALICE,)), history(), (ALICE,)),
        (request_receipt((ALICE,)), history(ReceiptPolicy(ReceiptRule.NONE)), "receipt-policy-none"),
        (request_receipt((ALICE,)), history(ReceiptPolicy(ReceiptRule.INSTEAD_OF, (BOB,))), (BOB,)),
        (
            request_receipt((ALICE,)),
            history(ReceiptPolicy(ReceiptRule.IN_ADDITION_TO, (ALICE, BOB))),
            (ALICE, BOB),
        ),
        (request_receipt((ALICE,), first_tier=True), None, (ALICE,)),
        (request_receipt((ALICE,), first_tier=True), history(), "receipt-not-first-tier"),
        (request_receipt((ALICE,), asked=(Party.holder(RECIPIENT),)), None, (ALICE,)),
        (request_receipt((ALICE,), asked=(BOB,)), None, "receipt-not-listed"),
    ],
    ids=range(9),
)
def test_who_answers_and_to_whom(
    request_: ReceiptRequest, seen: ExpansionHistory | None, wanted: tuple[Party, ...] | str
) -> None:
    """The flow chart of RFC 2634 §2.3."""
    if isinstance(wanted, str):
        with pytest.raises(ReceiptRefused) as caught:
            recipients_of_receipt(request_, recipient=RECIPIENT, history=seen)
        assert caught.value.code == wanted
    else:
        assert recipients_of_receipt(request_, recipient=RECIPIENT, history=seen) == wanted


def test_a_recipient_is_asked_by_a_mailbox_that_no_certificate_bears() -> None:
    request = request_receipt((ALICE,), asked=(BOB,))
    assert recipients_of_receipt(request, recipient=RECIPIENT, mailboxes=("bob@b.test",)) == (ALICE,)


def test_a_receipt_is_read_as_it_was_written() -> None:
    octets = RECEIPT.encode()
    assert Receipt.read(octets) == RECEIPT
    for length in range(len(octets)):
        with pytest.raises(MalformedInput):
            Receipt.read(octets[:length])
    for changed in (octets.replace(b"\x02\x01\x01", b"\x02\x01\x02"), octets + b"\0"):
        with pytest.raises(MalformedInput):
            Receipt.read(changed)
