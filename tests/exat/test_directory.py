"""The directory gives each mailbox to one agency, and a bundle is believed only under a confirmed root."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import esign
from esign import Certificate, Indication, Signer, smime
from exat import canonical, directory
from exat.directory import Directory, claims, encode, read_bundle, sign_bundle
from exat.errors import DirectoryError
from exat.records import Agency
from tests.exat.world import (
    ARCHIVE,
    AT,
    CHANCERY,
    TAX,
    House,
    address,
    adliya,
    everyone,
    here,
    house,
    native,
    soliq,
    there,
)

YEAR = timedelta(days=365)


# --- lookups ---


def test_a_mailbox_is_found_whatever_the_case() -> None:
    found = here().mailbox(address("Qabul@SOLIQ.uz"))
    assert found is soliq().agency.mailboxes[0]
    assert here().mailbox(address("nobody@soliq.uz")) is None


def test_an_unknown_mailbox_belongs_to_the_agency_of_its_domain() -> None:
    assert here().agency_of(address("nobody@soliq.uz")) is soliq().agency
    assert here().agency_of(address("nobody@example.org")) is None


def test_local_is_what_this_agency_serves() -> None:
    assert here().is_local(address(CHANCERY))
    assert here().is_local(address("nobody@adliya.uz"))
    assert not here().is_local(address(TAX))
    assert there().is_local(address(TAX))


def test_this_agency_is_no_peer() -> None:
    assert here().peer("soliq.uz") is soliq().agency
    assert here().peer("adliya.uz") is None
    assert here().peer("example.org") is None


def test_a_signer_is_authorised_for_its_mailbox_only() -> None:
    officer = adliya().officer(CHANCERY)
    certificate = Certificate.load(officer.signer.certificate)
    found = here().signer(certificate, address(CHANCERY))
    assert found is not None and found.name == officer.name
    assert here().signer(certificate, address(ARCHIVE)) is None
    assert here().signer(certificate, address("nobody@adliya.uz")) is None
    assert [mailbox.address for mailbox in here().signs_for(certificate)] == [address(CHANCERY)]


def test_another_certificate_of_the_same_name_is_not_authorised() -> None:
    officer = adliya().officer(CHANCERY)
    twin = adliya().pki.signer(officer.name, email=CHANCERY)
    assert here().signer(Certificate.load(twin.certificate), address(CHANCERY)) is None


def test_the_owner_of_each_key_in_an_envelope_is_known() -> None:
    officer = adliya().officer(CHANCERY).authorised.encryption
    assert officer is not None
    layers = smime.read(native(keys=[*everyone(TAX, CHANCERY), officer]))
    assert layers.envelope is not None
    owners = [here().owners_of_key(r) for r in smime.read_recipients(layers.envelope.cms)]
    assert [str(owner.mailbox.address) for (owner,) in owners] == [TAX, CHANCERY, CHANCERY]
    assert [owner.officer is not None for (owner,) in owners] == [False, False, True]


def test_an_entry_that_repeats_anothers_key_does_not_hide_it() -> None:
    thief = replace(
        soliq().agency,
        domain="begona.uz",
        mailboxes=(replace(soliq().agency.mailboxes[0], address=address("oghri@begona.uz")),),
    )
    found = Directory(adliya().agency, (thief, soliq().agency))
    layers = smime.read(native(keys=everyone(TAX)))
    assert layers.envelope is not None
    (recipient,) = smime.read_recipients(layers.envelope.cms)
    owners = found.owners_of_key(recipient)
    assert [str(owner.mailbox.address) for owner in owners] == ["oghri@begona.uz", TAX]


def test_a_key_that_nobody_declared_has_no_owner() -> None:
    stranger = house("begona.uz", ("kimdir@begona.uz",)).certificate("kimdir@begona.uz")
    layers = smime.read(native(keys=[stranger]))
    assert layers.envelope is not None
    (recipient,) = smime.read_recipients(layers.envelope.cms)
    assert here().owners_of_key(recipient) == ()


def test_a_peer_cannot_claim_a_mailbox_in_our_domain() -> None:
    stolen = replace(soliq().agency.mailboxes[0], address=address("vazir@adliya.uz"))
    found = Directory(adliya().agency, (replace(soliq().agency, mailboxes=(stolen,)),))
    assert found.mailbox(address("vazir@adliya.uz")) is None
    assert found.agency_of(address("vazir@adliya.uz")) is adliya().agency
    assert [finding.code for finding in found.findings] == ["mailbox-claimed-outside"]


def test_a_mailbox_of_a_shared_domain_belongs_to_who_came_first() -> None:
    shared = address("umumiy@exat.uz")
    ours = replace(adliya().agency, mailboxes=(replace(adliya().agency.mailboxes[0], address=shared),))
    theirs = replace(soliq().agency, mailboxes=(replace(soliq().agency.mailboxes[0], address=shared),))
    found = Directory(ours, (theirs,))
    assert found.agency_of(shared) is ours
    assert [finding.code for finding in found.findings] == ["mailbox-claimed-twice"]


def test_a_mailbox_without_a_key_is_told() -> None:
    mute = replace(adliya().agency.mailboxes[0], encryption=())
    found = Directory(replace(adliya().agency, mailboxes=(mute,)))
    assert [finding.code for finding in found.findings] == ["mailbox-without-key"]


# --- seals ---


def test_a_seal_is_of_a_legal_person_in_the_domain() -> None:
    seal = Certificate.load(adliya().seal.certificate)
    assert directory.is_seal_of(seal, "adliya.uz")
    assert not directory.is_seal_of(seal, "soliq.uz")
    officer = Certificate.load(adliya().officer(CHANCERY).signer.certificate)
    assert not directory.is_seal_of(officer, "adliya.uz")


def test_reports_go_to_the_address_in_the_seal() -> None:
    seal = Certificate.load(adliya().seal.certificate)
    assert directory.seal_address(seal, "adliya.uz") == address("seal@adliya.uz")
    assert directory.seal_address(seal, "soliq.uz") is None


# --- bundles ---


@cache
def fingerprint() -> str:
    return adliya().agency.roots[0].fingerprint


def bundle(
    agency: Agency | None = None, *, serial: int = 5, seal: Signer | None = None, **times: Any
) -> bytes:
    content = encode(
        agency or adliya().agency,
        serial=serial,
        issued_at=times.get("issued_at", AT),
        expires_at=times.get("expires_at", AT + YEAR),
    )
    return sign_bundle(content, seal or adliya().seal, at=AT)


@cache
def known() -> directory.Bundle:
    return read_bundle(bundle(), at=AT, root_fingerprint=fingerprint())


def code(data: bytes, **options: Any) -> str:
    with pytest.raises(DirectoryError) as caught:
        read_bundle(data, **{"at": AT, "root_fingerprint": fingerprint(), **options})
    return caught.value.code


def test_a_bundle_brings_the_whole_agency() -> None:
    found = known()
    assert found.agency == adliya().agency
    assert (found.serial, found.issued_at, found.expires_at) == (5, AT, AT + YEAR)
    assert found.report.indication is Indication.TOTAL_PASSED


def test_a_bundle_is_read_from_der_too() -> None:
    body = b"".join(bundle().splitlines()[1:-1])
    assert read_bundle(base64.b64decode(body), at=AT, root_fingerprint=fingerprint()).serial == 5


def test_a_fingerprint_may_be_spelled_with_colons() -> None:
    spelled = ":".join(fingerprint()[i : i + 2] for i in range(0, 64, 2)).upper()
    assert read_bundle(bundle(), at=AT, root_fingerprint=spelled).serial == 5


def test_a_first_contact_needs_a_fingerprint() -> None:
    with pytest.raises(DirectoryError) as caught:
        read_bundle(bundle(), at=AT)
    assert caught.value.code == "fingerprint-needed"
    assert caught.value.values["fingerprint"] == fingerprint()


def test_another_fingerprint_is_a_mismatch() -> None:
    assert code(bundle(), root_fingerprint="0" * 64) == "fingerprint-mismatch"


def test_a_known_agency_is_refreshed_without_a_fingerprint() -> None:
    found = read_bundle(bundle(serial=6), at=AT, known=known())
    assert found.serial == 6


def test_the_same_bundle_again_is_the_same() -> None:
    assert read_bundle(known().raw, at=AT, known=known()).serial == 5


def test_a_bundle_is_never_turned_back() -> None:
    assert code(bundle(serial=4), root_fingerprint=None, known=known()) == "bundle-rollback"


def test_another_bundle_of_the_same_number_is_a_rollback() -> None:
    other = bundle(replace(adliya().agency, name="other"))
    assert code(other, root_fingerprint=None, known=known()) == "bundle-rollback"


def test_a_rollback_is_refused_with_a_fingerprint_too() -> None:
    assert code(bundle(serial=4), known=known()) == "bundle-rollback"


def test_a_bundle_of_another_agency_is_no_successor() -> None:
    other = bundle(soliq().agency, serial=6, seal=soliq().seal)
    confirmed = soliq().agency.roots[0].fingerprint
    assert code(other, root_fingerprint=confirmed, known=known()) == "bundle-other-agency"


def test_a_new_root_must_be_confirmed() -> None:
    anew = house("adliya.uz", (CHANCERY,))
    fresh = bundle(anew.agency, serial=6, seal=anew.seal)
    assert code(fresh, root_fingerprint=None, known=known()) == "bundle-root-changed"
    confirmed = anew.agency.roots[0].fingerprint
    assert read_bundle(fresh, at=AT, root_fingerprint=confirmed, known=known()).serial == 6


def test_expiry_is_exclusive() -> None:
    data = bundle(expires_at=AT + timedelta(hours=1))
    assert read_bundle(data, at=AT + timedelta(minutes=59), root_fingerprint=fingerprint()).serial == 5
    assert code(data, at=AT + timedelta(hours=1)) == "bundle-expired"


def test_a_bundle_from_the_future_is_refused() -> None:
    data = bundle(issued_at=AT + timedelta(minutes=6))
    assert code(data) == "bundle-not-yet-valid"
    assert read_bundle(data, at=AT + timedelta(minutes=1), root_fingerprint=fingerprint()).serial == 5


def test_a_changed_bundle_is_not_sealed() -> None:
    signed = base64.b64decode(b"".join(bundle().splitlines()[1:-1]))
    forged = signed.replace(b'"serial":5', b'"serial":9')
    assert forged != signed
    assert code(forged) == "bundle-signature-invalid"


def test_an_officer_cannot_seal_a_bundle() -> None:
    officer = adliya().officer(CHANCERY).signer
    assert code(bundle(seal=officer)) == "bundle-signature-invalid"


def test_an_officer_cannot_pose_as_the_seal() -> None:
    officer = adliya().officer(CHANCERY).signer
    agency = replace(adliya().agency, seal=Certificate.load(officer.certificate))
    assert code(bundle(agency, seal=officer)) == "bundle-signature-invalid"


def test_another_agency_under_the_same_root_cannot_speak_for_this_one() -> None:
    stranger = adliya().pki.seal("TEST stranger", email="seal@begona.uz")
    agency = replace(adliya().agency, seal=Certificate.load(stranger.certificate))
    assert code(bundle(agency, seal=stranger)) == "bundle-signature-invalid"


def test_a_second_root_in_the_bundle_vouches_for_nothing_before_it_is_confirmed() -> None:
    evil = house("adliya.uz", (CHANCERY,))
    roots = (adliya().agency.roots[0], evil.agency.roots[0])
    agency = replace(evil.agency, roots=roots)
    assert code(bundle(agency, seal=evil.seal)) == "bundle-signature-invalid"


def test_a_root_that_nobody_confirmed_is_not_kept() -> None:
    evil = house("adliya.uz", (CHANCERY,))
    agency = replace(adliya().agency, roots=(*adliya().agency.roots, *evil.agency.roots))
    believed = read_bundle(bundle(agency), at=AT, root_fingerprint=fingerprint())
    assert believed.agency.roots == adliya().agency.roots


def revoked_seal() -> House:
    found = house("adliya.uz", (CHANCERY,))
    found.pki.revoke(found.seal, at=AT - timedelta(hours=1))
    return found.refreshed()


def test_a_revoked_seal_seals_nothing() -> None:
    found = revoked_seal()
    data = bundle(found.agency, seal=found.seal)
    assert code(data, root_fingerprint=found.agency.roots[0].fingerprint) == "bundle-signature-invalid"


def test_without_revocation_lists_nothing_is_believed() -> None:
    assert code(bundle(replace(adliya().agency, crls=()))) == "bundle-signature-invalid"


def test_claims_are_shown_unverified() -> None:
    assert claims(bundle(seal=soliq().seal)).domain == "adliya.uz"


def resealed(change: Callable[[dict[str, Any]], None]) -> bytes:
    content = json.loads(encode(adliya().agency, serial=5, issued_at=AT, expires_at=AT + YEAR))
    change(content)
    return sign_bundle(canonical.write(content), adliya().seal, at=AT)


def set_in(*path: str | int, value: object) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        place: Any = content
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        set_in("schema", value="exat.directory/2"),
        set_in("serial", value="5"),
        set_in("serial", value=-1),
        set_in("issued_at", value="yesterday"),
        set_in("agency", value=[]),
        set_in("agency", "domain", value="-adliya"),
        set_in("agency", "node", value="a b"),
        set_in("agency", "relay", "port", value=0),
        set_in("agency", "relay", "port", value=65536),
        set_in("agency", "relay", "host", value="a;b"),
        set_in("agency", "roots", value=[]),
        set_in("agency", "roots", 0, value="AAAA"),
        set_in("agency", "roots", 0, value="!"),
        set_in("agency", "crls", 0, value="AAAA"),
        set_in("agency", "mailboxes", 0, "address", value="a <b@adliya.uz>"),
        set_in("agency", "mailboxes", 1, "address", value=CHANCERY.upper()),
        set_in("agency", "mailboxes", 0, "signers", 0, "certificate", value=None),
    ],
)
def test_a_malformed_bundle_is_refused(change: Callable[[dict[str, Any]], None]) -> None:
    assert code(resealed(change)) == "bundle-malformed"


def test_unknown_fields_are_left_alone() -> None:
    data = resealed(set_in("agency", "motto", value="new"))
    assert read_bundle(data, at=AT, root_fingerprint=fingerprint()).serial == 5


def test_an_officer_without_an_encryption_key_is_carried() -> None:
    mailbox = adliya().agency.mailboxes[0]
    signing_only = replace(mailbox, signers=(replace(mailbox.signers[0], encryption=None),))
    agency = replace(adliya().agency, mailboxes=(signing_only,))
    assert read_bundle(bundle(agency), at=AT, root_fingerprint=fingerprint()).agency == agency


def test_international_addresses_are_carried() -> None:
    mailbox = replace(adliya().agency.mailboxes[0], address=address("девонхона@adliya.uz"))
    agency = replace(adliya().agency, mailboxes=(mailbox,))
    assert read_bundle(bundle(agency), at=AT, root_fingerprint=fingerprint()).agency == agency


@pytest.mark.parametrize(
    "data", [b"", b"-----BEGIN CMS-----", b"-----BEGIN CMS-----\n!\n-----END CMS-----\n", b"\x30\x00", b"{}"]
)
def test_what_is_no_bundle_is_malformed(data: bytes) -> None:
    assert code(data) == "bundle-malformed"


def test_two_blocks_are_no_bundle() -> None:
    assert code(bundle() + bundle()) == "bundle-malformed"


def test_a_detached_signature_is_no_bundle() -> None:
    signature = esign.sign(b"{}", adliya().seal, at=AT, detached=True)
    assert signature is not None
    assert code(signature) == "bundle-malformed"


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_a_truncated_bundle_is_refused_with_our_error(length: int) -> None:
    data = base64.b64decode(b"".join(bundle_once().splitlines()[1:-1]))
    with pytest.raises(DirectoryError):
        read_bundle(data[: length % len(data)], at=AT, root_fingerprint=fingerprint())


@cache
def bundle_once() -> bytes:
    return bundle()
