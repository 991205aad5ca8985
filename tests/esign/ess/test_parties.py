"""Parties: who is meant by general names."""

import pytest

from esign import der
from esign.errors import EsignError, LimitExceeded, MalformedInput
from esign.ess import Party
from esign.ess.parties import MAX_NAMES, read_parties
from esign.testing import TestPKI
from esign.x509 import Certificate
from tests.esign.people import AT, root, signatory

ALICE = Party.of("alice@a.test")


def read(octets: bytes) -> Party:
    return Party.read(der.decode(octets), "party")


def test_a_party_is_read_as_it_was_written() -> None:
    party = Party.of("alice@a.test", "элис@a.test")
    assert read(party.raw) == party
    assert party.mailboxes == ("alice@a.test", "элис@a.test")
    assert [name.kind for name in party.names] == ["rfc822Name", "smtpUTF8Mailbox"]


@pytest.mark.parametrize(
    ("mailbox", "same"),
    [("alice@A.TEST", True), ("Alice@a.test", False), ("alice@b.test", False), ("@a.test", False)],
)
def test_a_mailbox_is_compared_without_the_case_of_its_domain(mailbox: str, same: bool) -> None:
    assert ALICE.is_one_of((mailbox,)) is same


def test_a_certificate_without_mailbox_is_a_party_by_its_subject() -> None:
    certificate = signatory("p-256").certificate
    party = Party.holder(certificate)
    assert party.mailboxes == () and party.is_holder_of(certificate)
    assert not party.is_holder_of(root().certificate)
    assert not ALICE.is_holder_of(certificate)


def test_a_certificate_with_a_mailbox_is_a_party_by_it() -> None:
    certificate = Certificate.load(TestPKI(at=AT).signer("Bob", email="bob@b.test").certificate)
    party = Party.holder(certificate)
    assert party == Party.of("bob@b.test") and party.is_holder_of(certificate)


def test_a_party_has_a_mailbox_to_be_made_of() -> None:
    for mailboxes in ((), ("alice",)):
        with pytest.raises(ValueError, match="mailboxes"):
            Party.of(*mailboxes)


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        (der.sequence(), MalformedInput),
        (der.set_of((ALICE.raw,)), MalformedInput),
        (der.sequence(der.utf8("alice@a.test")), MalformedInput),
        (der.sequence(der.tlv(0x81, b"\xff@a.test")), MalformedInput),
        (der.sequence(*[der.tlv(0x81, b"a@a.test")] * (MAX_NAMES + 1)), LimitExceeded),
    ],
    ids=["empty", "set", "no-general-name", "not-ascii", "many"],
)
def test_what_is_no_general_names_is_refused(octets: bytes, error: type[EsignError]) -> None:
    with pytest.raises(error):
        read(octets)


def test_parties_stand_between_one_and_their_limit() -> None:
    two = der.decode(der.sequence(ALICE.raw, Party.of("bob@b.test").raw))
    assert len(read_parties(two, 2, "to")) == 2
    with pytest.raises(LimitExceeded):
        read_parties(two, 1, "to")
    with pytest.raises(MalformedInput):
        read_parties(der.decode(der.sequence()), 2, "to")
