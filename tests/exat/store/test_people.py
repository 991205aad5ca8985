"""Users, mailboxes with their keys, peers' bundles, settings, drafts."""

import dataclasses
import hashlib
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from esign import Certificate
from exat.address import Address
from exat.errors import StoreError
from exat.records import AuthorisedSigner, Mailbox, User
from exat.store import DraftState, Store
from tests.exat.store.world import ANN, AT, BOB, DORA

USER = User(name="ann", mailboxes=(ANN, DORA), display_name="Ann Åsa")


def certificate(name: str) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(AT)
        .not_valid_after(AT + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return Certificate.load(made.public_bytes(Encoding.DER))


OLD, NEW, SIGNING, OFFICER = (certificate(name) for name in ("old", "new", "signing", "officer"))
MAILBOX = Mailbox(
    address=DORA,
    name="Devonxona",
    encryption=(NEW, OLD),
    signers=(
        AuthorisedSigner(certificate=SIGNING, name="Dora", encryption=OFFICER),
        AuthorisedSigner(certificate=SIGNING, name="Ann"),
    ),
)


def code_of(error: pytest.ExceptionInfo[StoreError]) -> str:
    return error.value.code


def test_a_user_comes_back_as_added(store: Store) -> None:
    store.add_user(USER, "scrypt$...")
    assert store.user("ann") == USER
    assert store.users() == (USER,)
    assert store.verifier("ann") == "scrypt$..."


def test_a_login_is_taken_once(store: Store) -> None:
    store.add_user(USER, "first")
    with pytest.raises(StoreError) as caught:
        store.add_user(USER, "second")
    assert code_of(caught) == "user-exists"
    assert store.verifier("ann") == "first"


def test_a_disabled_user_has_no_verifier_and_stays_listed(store: Store) -> None:
    store.add_user(USER, "verifier")
    store.disable_user("ann")
    assert store.verifier("ann") is None
    assert store.users() == (dataclasses.replace(USER, disabled=True),)


def test_an_unknown_user_is_nobody(store: Store) -> None:
    assert (store.user("x"), store.verifier("x")) == (None, None)
    with pytest.raises(StoreError) as caught:
        store.disable_user("x")
    assert code_of(caught) == "user-unknown"


def test_a_mailbox_comes_back_as_put(store: Store) -> None:
    store.put_mailbox(MAILBOX, b"wrapped")
    assert store.mailboxes() == (MAILBOX,)
    (key,) = store.wrapped_keys(Address.parse("Dora@a.test"))
    assert (key.wrapped, key.wrapped_at) == (b"wrapped", AT)
    assert key.fingerprint == hashlib.sha256(NEW.raw).hexdigest()


def test_a_mailbox_is_replaced_and_its_keys_stay(store: Store) -> None:
    store.put_mailbox(dataclasses.replace(MAILBOX, encryption=(OLD,)), b"old key")
    store.put_mailbox(dataclasses.replace(MAILBOX, signers=MAILBOX.signers[:1]), b"new key")
    (mailbox,) = store.mailboxes()
    assert (mailbox.encryption, mailbox.signers) == ((NEW, OLD), MAILBOX.signers[:1])
    assert [key.wrapped for key in store.wrapped_keys(DORA)] == [b"new key", b"old key"]
    store.put_mailbox(mailbox)
    assert len(store.wrapped_keys(DORA)) == 2


def test_the_same_key_wrapped_anew_leaves_no_old_wrapping(store: Store) -> None:
    store.put_mailbox(MAILBOX, b"to Dora and Ann")
    store.put_mailbox(MAILBOX, b"to Dora")
    assert [key.wrapped for key in store.wrapped_keys(DORA)] == [b"to Dora"]


def test_a_key_needs_a_certificate(store: Store) -> None:
    with pytest.raises(ValueError, match="certificate"):
        store.put_mailbox(dataclasses.replace(MAILBOX, encryption=()), b"key")
    assert store.mailboxes() == ()


def test_a_bundle_is_replaced_by_a_newer_one_only(store: Store) -> None:
    store.put_bundle("b.test", b"two", serial=2)
    store.put_bundle("b.test", b"two again", serial=2)
    with pytest.raises(StoreError) as caught:
        store.put_bundle("b.test", b"one", serial=1)
    assert code_of(caught) == "stale-bundle"
    assert caught.value.values == {"domain": "b.test", "stored": 2, "offered": 1}
    bundle = store.bundle("b.test")
    assert bundle is not None
    assert (bundle.serial, bundle.raw, bundle.taken_at) == (2, b"two again", AT)


def test_peers_are_listed_and_forgotten(store: Store) -> None:
    store.put_bundle("c.test", b"c", serial=1)
    store.put_bundle("b.test", b"b", serial=1)
    assert [bundle.domain for bundle in store.bundles()] == ["b.test", "c.test"]
    assert store.remove_bundle("c.test")
    assert not store.remove_bundle("c.test")
    assert store.bundle("c.test") is None


def test_no_bundle_serial_is_given_twice(store: Store) -> None:
    with Store.open(store.folder) as other:
        assert [s.next_bundle_serial() for s in (store, other, store)] == [1, 2, 3]


def test_a_setting_is_what_was_put_last(store: Store) -> None:
    assert store.setting("paper") is None
    store.put_setting("paper", "A4")
    store.put_setting("paper", "A5")
    assert store.setting("paper") == "A5"


def test_a_draft_is_written_signed_and_sent(store: Store) -> None:
    for state in DraftState:
        store.put_draft("d1", DORA, state=state, payload=state.value.encode())
    draft = store.draft("d1")
    assert draft is not None
    assert (draft.state, draft.payload, draft.mailbox) == (DraftState.SENT, b"sent", DORA)
    assert store.drafts(DORA) == (draft,)
    assert store.drafts(BOB) == ()


def test_what_was_sent_is_not_changed_or_thrown_away(store: Store) -> None:
    store.put_draft("d1", DORA, state=DraftState.SENT, payload=b"sent")
    with pytest.raises(StoreError) as caught:
        store.put_draft("d1", DORA, state=DraftState.DRAFT, payload=b"changed")
    assert code_of(caught) == "draft-closed"
    assert not store.remove_draft("d1")
    assert [draft.payload for draft in store.drafts(DORA)] == [b"sent"]


def test_a_draft_does_not_move_to_another_mailbox(store: Store) -> None:
    store.put_draft("d1", DORA, state=DraftState.DRAFT, payload=b"dora's")
    with pytest.raises(StoreError) as caught:
        store.put_draft("d1", BOB, state=DraftState.DRAFT, payload=b"bob's")
    assert code_of(caught) == "draft-closed"


def test_a_draft_is_thrown_away(store: Store) -> None:
    store.put_draft("d1", DORA, state=DraftState.DRAFT, payload=b"")
    assert store.remove_draft("d1")
    assert not store.remove_draft("d1")
    assert store.draft("d1") is None
