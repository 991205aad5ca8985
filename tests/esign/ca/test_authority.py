from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from esign.algorithms import SignatureScheme
from esign.ca import log
from esign.ca.authority import Authority, make_passphrase
from esign.ca.crl import Revocation
from esign.ca.events import Kind
from esign.ca.register import MemoryRegister
from esign.ca.request import Subject
from esign.ca.state import State
from esign.ca.template import issuing_scheme
from esign.errors import IssuanceRefused, KeyUnavailable, RegisterError
from esign.keys import Decryptor, Signer
from esign.x509 import Certificate
from tests.esign.ca.world import AT, info, key, make_issuer, make_root, officer, officer_request

DAY = timedelta(days=1)
MAILBOX = Subject.of({"organization": "Agentlik"}, emails=("devon@agency.example",))


def issue(authority: Authority, **changes: Any) -> Certificate:
    return authority.issue("officer-sign", officer(), at=AT, request=officer_request(), **changes)


def kinds(authority: Authority) -> list[Kind]:
    return [event.draft.kind for event in authority.register.events()]


def refusal(caught: pytest.ExceptionInfo[IssuanceRefused]) -> str:
    return caught.value.code


def test_an_issued_certificate_is_in_the_register() -> None:
    authority = make_issuer()
    certificate = issue(authority)
    before, after = authority.register.events()
    assert (before.draft.kind, before.draft.octets) == (Kind.PREPARED, certificate.tbs)
    assert (after.draft.kind, after.draft.octets) == (Kind.ISSUED, certificate.raw)
    found = authority.record(certificate.serial_number)
    assert found is not None
    assert (found.state, found.profile, found.certificate) == (State.ISSUED, "officer-sign", certificate.raw)
    assert found.subject == certificate.subject.text
    assert list(authority.records()) == [found]


def test_a_root_stands_first_in_its_own_register() -> None:
    root = make_root()
    assert kinds(root) == [Kind.PREPARED, Kind.ISSUED]
    assert next(root.records()).certificate == root.signer.certificate
    assert root.certificate.is_self_issued and root.certificate.path_length is None


def test_preparing_leaves_no_trace() -> None:
    authority = make_issuer()
    assert authority.prepare("officer-sign", officer(), at=AT, request=officer_request()).is_clean
    assert kinds(authority) == []


def test_a_refused_certificate_leaves_one_event_and_no_serial() -> None:
    authority = make_issuer()
    prepared = authority.prepare("officer-sign", officer(country="uz"), at=AT, request=officer_request())
    with pytest.raises(IssuanceRefused) as caught:
        authority.sign(prepared, at=AT)
    assert refusal(caught) == "lint-refused"
    (event,) = authority.register.events()
    assert (event.draft.kind, event.draft.get("codes"), event.draft.serial) == (
        Kind.REFUSED,
        "lint-country",
        0,
    )


def test_what_was_prepared_is_signed_once() -> None:
    authority = make_issuer()
    prepared = authority.prepare("officer-sign", officer(), at=AT, request=officer_request())
    authority.sign(prepared, at=AT)
    with pytest.raises(RegisterError) as caught:
        authority.sign(prepared, at=AT)
    assert caught.value.code == "serial-used"
    assert kinds(authority) == [Kind.PREPARED, Kind.ISSUED]


def test_what_another_authority_prepared_is_not_signed() -> None:
    prepared = make_root().prepare(
        "issuing-infra",
        Subject.of({"country": "UZ", "organization": "M", "common_name": "M"}),
        at=AT,
        public_key_info=info(key()),
    )
    authority = make_issuer()
    with pytest.raises(IssuanceRefused) as caught:
        authority.sign(prepared, at=AT)
    assert refusal(caught) == "prepared-by-another" and kinds(authority) == []


@pytest.mark.parametrize(
    ("profile", "code"),
    [
        ("no-such", "profile-unknown"),
        ("relay-tls", "profile-of-another-issuer"),
        ("issuing-person", "profile-of-another-issuer"),
        ("root", "profile-of-another-issuer"),
    ],
)
def test_an_authority_issues_its_own_profiles_only(profile: str, code: str) -> None:
    with pytest.raises(IssuanceRefused) as caught:
        make_issuer().prepare(profile, officer(), at=AT, request=officer_request())
    assert refusal(caught) == code


def test_the_authority_makes_no_key_that_signs() -> None:
    authority = make_issuer()
    with pytest.raises(IssuanceRefused) as caught:
        authority.deliver("officer-sign", officer(), key=key(), at=AT)
    assert refusal(caught) == "request-needed"
    with pytest.raises(IssuanceRefused) as caught:
        authority.prepare("officer-sign", officer(), at=AT, public_key_info=info(key()))
    assert refusal(caught) == "request-needed"
    with pytest.raises(IssuanceRefused) as caught:
        authority.prepare("mailbox-encrypt", MAILBOX, at=AT)
    assert refusal(caught) == "request-needed"


@pytest.mark.parametrize("compatible", [False, True])
def test_a_delivered_key_opens_with_its_passphrase_only(compatible: bool) -> None:
    authority = make_issuer()
    delivery = authority.deliver("mailbox-encrypt", MAILBOX, key=key(), at=AT, compatible=compatible)
    opened = Decryptor.from_pkcs12(delivery.pkcs12, delivery.passphrase)
    assert opened.certificate == delivery.certificate.raw
    assert info(opened.private) == delivery.certificate.public_key_info
    assert Signer.from_pkcs12(delivery.pkcs12, delivery.passphrase).chain[0] == authority.signer.certificate
    with pytest.raises(KeyUnavailable):
        Decryptor.from_pkcs12(delivery.pkcs12, delivery.passphrase[:-1])
    assert delivery.passphrase not in repr(delivery)


def test_passphrases_are_machine_made() -> None:
    made = {make_passphrase() for _ in range(100)}
    assert len(made) == 100
    assert all(len(p) == 29 and [len(g) for g in p.split("-")] == [5] * 5 for p in made)


# --- a crash between stored and signed ---


class BrokenKey:
    """A token that is pulled out, or a process that dies, at the moment of signing."""

    def __init__(self, signer: Signer, fault: type[BaseException]) -> None:
        self._signer, self._fault = signer, fault

    @property
    def public_key(self) -> Any:
        return self._signer.key.public_key

    def sign(self, scheme: SignatureScheme, message: bytes) -> bytes:
        raise self._fault("gone")


def test_a_crash_leaves_a_serial_that_is_known_and_then_closed() -> None:
    authority = make_issuer()
    broken = replace(authority.signer, key=BrokenKey(authority.signer, KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        issue(replace(authority, signer=broken))
    assert kinds(authority) == [Kind.PREPARED]
    serial = next(authority.records()).serial
    with pytest.raises(IssuanceRefused) as caught:
        authority.revoke(serial, at=AT)
    assert refusal(caught) == "serial-unknown"
    assert authority.abandon_unfinished(at=AT) == (serial,)
    assert authority.abandon_unfinished(at=AT) == ()
    assert next(authority.records()).state is State.ABANDONED


def test_a_key_that_fails_closes_the_serial_at_once() -> None:
    authority = make_issuer()
    broken = replace(authority.signer, key=BrokenKey(authority.signer, KeyUnavailable))
    with pytest.raises(KeyUnavailable):
        issue(replace(authority, signer=broken))
    assert kinds(authority) == [Kind.PREPARED, Kind.ABANDONED]


# --- revocation ---


def test_a_revoked_certificate_is_on_the_list_from_its_moment_on() -> None:
    authority = make_issuer()
    serial = issue(authority).serial_number
    authority.revoke(serial, at=AT + DAY, reason="keyCompromise", invalid_since=AT)
    assert authority.revocations(AT + DAY - timedelta(seconds=1)) == ()
    found = authority.crl(AT + DAY).find(serial)
    assert found is not None and (found.reason, found.revoked_at) == ("keyCompromise", AT + DAY)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("certificateHold", "reason-not-allowed"),
        ("removeFromCRL", "reason-not-allowed"),
        ("x", "reason-not-allowed"),
    ],
)
def test_reasons_that_the_profile_does_not_know_are_refused(reason: str, code: str) -> None:
    authority = make_issuer()
    with pytest.raises(IssuanceRefused) as caught:
        authority.revoke(issue(authority).serial_number, at=AT, reason=reason)
    assert refusal(caught) == code and "keyCompromise" in caught.value.values["allowed"]


def test_a_certificate_is_revoked_once() -> None:
    authority = make_issuer()
    serial = issue(authority).serial_number
    authority.revoke(serial, at=AT)
    with pytest.raises(IssuanceRefused) as caught:
        authority.revoke(serial, at=AT + DAY)
    assert refusal(caught) == "already-revoked" and caught.value.values["serial"] == f"{serial:x}"
    assert kinds(authority).count(Kind.REVOKED) == 1


def test_an_unknown_serial_is_not_revoked() -> None:
    authority = make_issuer()
    with pytest.raises(IssuanceRefused) as caught:
        authority.revoke(5, at=AT)
    assert refusal(caught) == "serial-unknown" and kinds(authority) == []


# --- lists ---


def test_lists_are_numbered_without_gaps() -> None:
    authority = make_issuer()
    assert [authority.crl(AT + n * DAY).number for n in range(3)] == [1, 2, 3]
    event = authority.register.last(Kind.CRL_PUBLISHED)
    assert event is not None and event.draft.get("number") == "3"


def test_a_list_is_signed_by_its_authority_and_valid_for_its_days() -> None:
    authority = make_issuer()
    made = authority.crl(AT)
    own = authority.certificate
    scheme = issuing_scheme(own.public_key)
    assert scheme.is_valid(own.public_key, made.signature, made.tbs)
    assert made.issuer.raw == own.subject.raw
    assert made.authority_key_identifier == own.subject_key_identifier
    assert (made.this_update, made.next_update) == (AT, AT + 7 * DAY)
    assert make_root().crl(AT).next_update == AT + 180 * DAY
    assert authority.crl(AT, lifetime=DAY).next_update == AT + DAY


def test_no_list_is_older_than_the_one_before_it() -> None:
    authority = make_issuer()
    authority.crl(AT + DAY)
    with pytest.raises(IssuanceRefused) as caught:
        authority.crl(AT)
    assert refusal(caught) == "crl-not-newer"
    assert authority.crl(AT + DAY).number == 2


def test_a_list_that_could_not_be_signed_takes_no_number() -> None:
    authority = make_issuer()
    broken = replace(authority.signer, key=BrokenKey(authority.signer, KeyUnavailable))
    with pytest.raises(KeyUnavailable):
        replace(authority, signer=broken).crl(AT)
    assert authority.crl(AT).number == 1


def test_the_register_of_a_busy_day_is_whole() -> None:
    register = MemoryRegister()
    authority = make_issuer(register=register)
    serials = [issue(authority).serial_number for _ in range(5)]
    for serial in serials[:3]:
        authority.revoke(serial, at=AT + DAY, reason="superseded")
    assert [r.state for r in authority.records()] == [State.REVOKED] * 3 + [State.ISSUED] * 2
    made = authority.crl(AT + DAY)
    assert [e.serial_number for e in made.entries] == serials[:3]
    assert log.check(register.events()) == register.head()


# --- suspension ---


def test_a_suspended_certificate_is_on_the_list_until_it_is_restored() -> None:
    authority = make_issuer()
    serial = issue(authority).serial_number
    authority.suspend(serial, at=AT + DAY)
    known = authority.record(serial)
    assert known is not None and known.state is State.SUSPENDED
    found = authority.crl(AT + DAY).find(serial)
    assert found is not None and (found.reason, found.revoked_at) == ("certificateHold", AT + DAY)
    authority.restore(serial, at=AT + 2 * DAY)
    assert authority.crl(AT + 2 * DAY).find(serial) is None
    restored = authority.record(serial)
    assert restored is not None
    assert (restored.state, restored.revoked_at, restored.reason) == (State.ISSUED, None, "")
    assert authority.revocations(AT + DAY) == (Revocation(serial, AT + DAY, "certificateHold"),)


def test_a_suspended_certificate_that_is_revoked_is_so_from_its_suspension_on() -> None:
    authority = make_issuer()
    serial = issue(authority).serial_number
    authority.suspend(serial, at=AT + DAY)
    authority.revoke(serial, at=AT + 3 * DAY, reason="keyCompromise")
    found, known = authority.crl(AT + 3 * DAY).find(serial), authority.record(serial)
    assert found is not None and (found.reason, found.revoked_at) == ("keyCompromise", AT + DAY)
    assert known is not None and known.revoked_at == AT + DAY
    with pytest.raises(IssuanceRefused) as caught:
        authority.restore(serial, at=AT + 4 * DAY)
    assert refusal(caught) == "not-suspended"


def test_what_was_restored_can_be_suspended_and_revoked_again() -> None:
    authority = make_issuer()
    serial = issue(authority).serial_number
    for day in (1, 3):
        authority.suspend(serial, at=AT + day * DAY)
        with pytest.raises(IssuanceRefused) as caught:
            authority.suspend(serial, at=AT + day * DAY)
        assert refusal(caught) == "already-revoked"
        authority.restore(serial, at=AT + (day + 1) * DAY)
    authority.revoke(serial, at=AT + 5 * DAY)
    (found,) = authority.revocations(AT + 5 * DAY)
    assert found.at == AT + 5 * DAY


def test_only_what_was_issued_and_can_be_asked_about_is_suspended() -> None:
    authority = make_issuer()
    with pytest.raises(IssuanceRefused) as caught:
        authority.suspend(77, at=AT)
    assert refusal(caught) == "serial-unknown"
    with pytest.raises(IssuanceRefused) as caught:
        authority.restore(issue(authority).serial_number, at=AT)
    assert refusal(caught) == "not-suspended"
    root = make_root()
    with pytest.raises(IssuanceRefused) as caught:
        root.suspend(next(root.records()).serial, at=AT)
    assert refusal(caught) == "not-suspendable"
