"""The folder of a node, its people and its peers; no node runs."""

import dataclasses
import os
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from esign import Certificate, EsignError
from exat.errors import ConfigurationError, DirectoryError, ExatError, StoreError
from exat.records import AuthorisedSigner
from exat.shell.home import make_home, open_home
from exat.shell.peering import add_peer, export_bundle, peers, remove_peer
from exat.shell.people import (
    add_mailbox,
    add_user,
    authorise,
    disable_user,
    dismiss,
    local_mailbox,
    mailbox_keys,
)
from tests.e2e.agencies import PASSPHRASE, House, address, join, make_house, make_officer, now

pytestmark = pytest.mark.e2e


@pytest.fixture
def a(tmp_path: Path) -> Iterator[House]:
    house = make_house(tmp_path / "adliya", "adliya.uz")
    yield house
    house.close()


@pytest.fixture
def b(tmp_path: Path) -> Iterator[House]:
    house = make_house(tmp_path / "soliq", "soliq.uz")
    yield house
    house.close()


def _code(error: pytest.ExceptionInfo[ExatError]) -> str:
    return error.value.code


# --- the folder ---


def test_keys_are_encrypted_and_their_owners_alone(a: House) -> None:
    for name in ("seal", "relay"):
        key = a.home.folder / "keys" / f"{name}.pem"
        assert b"ENCRYPTED PRIVATE KEY" in key.read_bytes()
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with pytest.raises(EsignError) as caught:
        a.home.seal("another passphrase")
    assert caught.value.code == "wrong-passphrase"


def test_certificates_say_who_the_node_is(a: House) -> None:
    own = a.home.own()
    assert own.seal.emails == ("seal@adliya.uz",)
    assert own.seal.subject.organization == "TEST adliya.uz"
    relay = Certificate.load_all((a.home.folder / "keys/relay.crt").read_bytes())
    assert relay[0].dns_names == ("mx.adliya.uz",)
    assert own.roots == (a.authority.root,)
    assert {crl.issuer for crl in own.crls} >= {relay[0].issuer, own.seal.issuer}


def test_port_zero_is_replaced_for_good(a: House) -> None:
    listen = a.home.config.listen
    assert not listen.relay.endswith(":0") and not listen.submission.endswith(":0")
    assert f"{a.home.own().host}:{a.home.own().port}" == listen.relay


def test_a_home_is_made_in_an_empty_folder_or_not_at_all(a: House, tmp_path: Path) -> None:
    def make(folder: Path, node: str) -> None:
        make_home(
            folder,
            agency="Adliya",
            domain="adliya.uz",
            node=node,
            authority=a.authority,
            passphrase=PASSPHRASE,
            at=now(),
        ).close()

    with pytest.raises(ConfigurationError) as caught:
        make(a.home.folder, "mx.adliya.uz")
    assert _code(caught) == "home-not-empty"
    with pytest.raises(ConfigurationError) as caught:
        make(tmp_path / "bad", "not a name")
    assert _code(caught) == "config-invalid"
    assert not (tmp_path / "bad").exists()


def test_no_home_is_no_node(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_home(tmp_path)
    assert _code(caught) == "config-missing"


def test_the_directory_is_read_anew_when_a_list_has_changed(a: House) -> None:
    before = a.home.directory(now())
    assert a.home.directory(now()) is before
    a.authority.revoke(a.officer.authorised.certificate.serial_number, at=now(), reason="keyCompromise")
    a.authority.publish_crls(at=now())
    after = a.home.directory(now())
    assert after is not before
    assert any(crl.find(a.officer.authorised.certificate.serial_number) for crl in after.own.crls)


def test_the_directory_is_read_anew_when_another_process_changed_it(a: House) -> None:
    before = a.home.directory(now())
    with open_home(a.home.folder) as other:
        add_mailbox(
            other,
            a.authority,
            address("arxiv@adliya.uz"),
            name="Arxiv",
            officers=[a.officer.authorised],
            at=now(),
        )
    assert before.mailbox(address("arxiv@adliya.uz")) is None
    assert a.home.directory(now()).mailbox(address("arxiv@adliya.uz")) is not None


def test_an_unreadable_list_is_told_with_its_name(a: House) -> None:
    name = a.home.config.trust.crls[0]
    (a.home.folder / name).write_bytes(b"not a list")
    with pytest.raises(ConfigurationError) as caught:
        a.home.directory(now())
    assert _code(caught) == "file-unreadable"
    assert os.path.basename(name) in str(caught.value.values["file"])


# --- people ---


def test_the_key_of_a_mailbox_is_for_its_officers_alone(a: House) -> None:
    key = mailbox_keys(a.home, a.mailbox, a.officer.decryptor)[0]
    assert key.certificate == a.certificate.raw
    stranger = make_officer(a.authority, "TEST adliya.uz", "x@adliya.uz", now())
    with pytest.raises(EsignError) as caught:
        mailbox_keys(a.home, a.mailbox, stranger.decryptor)
    assert caught.value.code == "not-a-recipient"


def test_an_officer_who_came_opens_and_one_who_left_does_not(a: House) -> None:
    other = make_officer(a.authority, "TEST adliya.uz", str(a.mailbox), now())
    newcomer = other.authorised
    with pytest.raises(DirectoryError) as caught:
        authorise(
            a.home,
            a.mailbox,
            name="Yangi",
            certificate=newcomer.certificate,
            encryption=newcomer.encryption,
        )
    assert _code(caught) == "officer-needed"
    authorise(
        a.home,
        a.mailbox,
        name="Yangi",
        certificate=newcomer.certificate,
        encryption=newcomer.encryption,
        unlocked_by=a.officer.decryptor,
    )
    assert mailbox_keys(a.home, a.mailbox, other.decryptor)
    assert mailbox_keys(a.home, a.mailbox, a.officer.decryptor)
    left = a.officer.authorised.certificate
    dismiss(a.home, a.mailbox, left, unlocked_by=other.decryptor)
    directory = a.home.directory(now())
    assert directory.signer(left, a.mailbox) is None
    assert directory.signer(newcomer.certificate, a.mailbox) is not None
    with pytest.raises(EsignError):
        mailbox_keys(a.home, a.mailbox, a.officer.decryptor)
    with pytest.raises(DirectoryError) as caught:
        dismiss(a.home, a.mailbox, left)
    assert _code(caught) == "officer-unknown"


def test_an_officer_may_sign_without_opening(a: House) -> None:
    other = make_officer(a.authority, "TEST adliya.uz", str(a.mailbox), now()).authorised
    authorise(a.home, a.mailbox, name="Imzolovchi", certificate=other.certificate)
    assert local_mailbox(a.home, a.mailbox).signers[-1] == AuthorisedSigner(other.certificate, "Imzolovchi")
    assert mailbox_keys(a.home, a.mailbox, a.officer.decryptor)


@pytest.mark.parametrize(
    ("spelled", "with_key", "code"),
    [
        ("Kanselyariya@adliya.uz", True, "mailbox-exists"),
        ("kanselyariya@soliq.uz", True, "mailbox-elsewhere"),
        ("arxiv@adliya.uz", False, "mailbox-without-officer"),
    ],
)
def test_a_mailbox_that_cannot_be_is_refused(
    a: House, b: House, spelled: str, with_key: bool, code: str
) -> None:
    join(a, b)
    officer = a.officer.authorised if with_key else dataclasses.replace(a.officer.authorised, encryption=None)
    with pytest.raises(DirectoryError) as caught:
        add_mailbox(a.home, a.authority, address(spelled), name="x", officers=[officer], at=now())
    assert _code(caught) == code
    assert len(a.home.store.mailboxes()) == 1


def test_a_mailbox_may_stand_in_a_domain_that_agencies_share(a: House) -> None:
    shared = address("adliya@exat.uz")
    add_mailbox(a.home, a.authority, shared, name="x", officers=[a.officer.authorised], at=now())
    assert a.home.directory(now()).is_local(shared)


def test_a_login_is_for_mailboxes_that_exist(a: House) -> None:
    with pytest.raises(DirectoryError) as caught:
        add_user(a.home, "other", [address("yoq@adliya.uz")], password="long enough")
    assert _code(caught) == "mailbox-unknown"
    with pytest.raises(ConfigurationError) as short:
        add_user(a.home, "other", [a.mailbox], password="short")
    assert _code(short) == "password-too-short"
    with pytest.raises(ConfigurationError) as named:
        add_user(a.home, "a\nb", [a.mailbox], password="long enough")
    assert _code(named) == "user-name-malformed"
    with pytest.raises(StoreError) as taken:
        add_user(a.home, "clerk", [a.mailbox], password="long enough")
    assert _code(taken) == "user-exists"
    disable_user(a.home, "clerk")
    assert a.home.store.verifier("clerk") is None


# --- peers ---


def test_a_first_bundle_wants_the_fingerprint_and_a_later_one_does_not(a: House, b: House) -> None:
    first = export_bundle(b.home, b.seal, at=now())
    with pytest.raises(DirectoryError) as caught:
        add_peer(a.home, first, at=now())
    assert _code(caught) == "fingerprint-needed"
    assert caught.value.values["fingerprint"] == b.authority.root.fingerprint
    with pytest.raises(DirectoryError) as caught:
        add_peer(a.home, first, at=now(), root_fingerprint=a.authority.root.fingerprint)
    assert _code(caught) == "fingerprint-mismatch"
    spelled = ":".join(b.authority.root.fingerprint.upper()[i : i + 2] for i in range(0, 64, 2))
    assert add_peer(a.home, first, at=now(), root_fingerprint=spelled).serial == 1
    second = export_bundle(b.home, b.seal, at=now())
    assert add_peer(a.home, second, at=now()).serial == 2
    assert [peer.stored.serial for peer in peers(a.home, at=now())] == [2]
    assert a.home.directory(now()).peer("soliq.uz") is not None


def test_a_bundle_is_not_turned_back(a: House, b: House) -> None:
    first, second = (export_bundle(b.home, b.seal, at=now()) for _ in range(2))
    add_peer(a.home, second, at=now(), root_fingerprint=b.authority.root.fingerprint)
    for fingerprint in (None, b.authority.root.fingerprint):
        with pytest.raises(DirectoryError) as caught:
            add_peer(a.home, first, at=now(), root_fingerprint=fingerprint)
        assert _code(caught) == "bundle-rollback"


def test_an_expired_bundle_is_not_used_and_told(a: House, b: House) -> None:
    bundle = export_bundle(b.home, b.seal, at=now(), lifetime=timedelta(hours=1))
    add_peer(a.home, bundle, at=now(), root_fingerprint=b.authority.root.fingerprint)
    assert a.home.directory(now()).peer("soliq.uz") is not None
    later = now() + timedelta(hours=2)
    assert a.home.directory(later).peer("soliq.uz") is None
    assert [peer.problem for peer in peers(a.home, at=later)] == ["bundle-expired"]


def test_a_bundle_is_used_as_long_as_it_says_though_its_lists_grow_old(a: House, b: House) -> None:
    join(a, b)
    later = now() + timedelta(days=20)
    assert a.home.directory(later).peer("soliq.uz") is not None


def test_the_own_bundle_makes_no_peer(a: House) -> None:
    bundle = export_bundle(a.home, a.seal, at=now())
    with pytest.raises(DirectoryError) as caught:
        add_peer(a.home, bundle, at=now(), root_fingerprint=a.authority.root.fingerprint)
    assert _code(caught) == "bundle-own-agency"


def test_a_peer_is_removed(a: House, b: House) -> None:
    join(a, b)
    remove_peer(a.home, "soliq.uz")
    assert a.home.directory(now()).peers == ()
    with pytest.raises(DirectoryError) as caught:
        remove_peer(a.home, "soliq.uz")
    assert _code(caught) == "peer-not-stored"
