"""Each rule of the policy lets a good letter through and names what it refuses."""

import dataclasses
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from esign import Certificate, Severity, Signer, smime
from exat.directory import Directory
from exat.language import CATALOGUE, LANGUAGES, explain
from exat.message import Message
from exat.policy import (
    Decision,
    MailPolicy,
    Tolerance,
    Verdict,
    judge_opening,
    judge_recipient,
    judge_relay,
    judge_report,
    judge_submission,
)
from exat.policy.decision import decide
from exat.records import Agency, Mailbox
from tests.exat.world import (
    ARCHIVE,
    AT,
    CHANCERY,
    TAX,
    TAX_ARCHIVE,
    House,
    address,
    adliya,
    clerk,
    envelope,
    everyone,
    here,
    house,
    native,
    ordinary,
    ordinary_header,
    plain,
    soliq,
    there,
    without,
)
from tests.peers import require, run


def submitted(
    raw: bytes,
    *,
    to: Sequence[str] = (TAX,),
    sender: str | None = CHANCERY,
    logins: Sequence[str] = (CHANCERY,),
    directory: Directory | None = None,
    at: datetime = AT,
    policy: MailPolicy | None = None,
) -> Decision:
    return judge_submission(
        Message.read(raw),
        envelope(sender, to),
        clerk(*logins),
        directory or here(),
        at=at,
        policy=policy or MailPolicy(),
    )


def relayed(
    raw: bytes,
    *,
    to: Sequence[str] = (TAX,),
    sender: str | None = CHANCERY,
    domain: str = "adliya.uz",
    directory: Directory | None = None,
    at: datetime = AT,
) -> Decision:
    return judge_relay(Message.read(raw), envelope(sender, to), domain, directory or there(), at=at)


def errors(decision: Decision) -> list[str]:
    return [f.code for f in decision.findings if f.severity is Severity.ERROR]


def wrapped(raw: bytes, seal: Signer | None = None) -> bytes:
    return smime.wrap(raw, seal or adliya().seal, at=AT)


@cache
def a_native_letter() -> bytes:
    return native()


@cache
def an_ordinary_letter() -> bytes:
    return ordinary()


# --- at submission: what passes ---


def test_a_letter_of_our_own_client_is_accepted_as_it_is() -> None:
    found = submitted(a_native_letter())
    assert (found.verdict, found.code, found.wrap, found.findings) == (Verdict.ACCEPT, "", False, ())


def test_a_letter_of_an_ordinary_client_is_accepted_and_wrapped() -> None:
    found = submitted(an_ordinary_letter())
    assert (found.verdict, found.wrap) == (Verdict.ACCEPT, True)
    assert {f.code for f in found.findings} == {"unauthenticated-encryption", "outer-layer-added"}


def test_recipients_in_two_agencies_are_accepted() -> None:
    assert submitted(native(to=(TAX, ARCHIVE)), to=(TAX, ARCHIVE)).verdict is Verdict.ACCEPT


def test_a_letter_to_some_of_those_it_names_is_accepted() -> None:
    assert submitted(native(to=(TAX, TAX_ARCHIVE)), to=(TAX,)).verdict is Verdict.ACCEPT


def test_the_senders_own_officer_may_be_able_to_read_it() -> None:
    officer = adliya().officer(CHANCERY).authorised.encryption
    assert officer is not None
    assert submitted(native(keys=[*everyone(TAX), officer])).verdict is Verdict.ACCEPT


# --- at submission: who ---


def test_a_login_sends_for_its_own_mailboxes_only() -> None:
    found = submitted(a_native_letter(), logins=(ARCHIVE,))
    assert found.code == "sender-not-allowed"
    assert submitted(a_native_letter(), logins=(ARCHIVE, CHANCERY.upper())).verdict is Verdict.ACCEPT


@pytest.mark.parametrize("sender", [TAX, "nobody@adliya.uz", "a@example.org"])
def test_a_login_sends_for_no_mailbox_outside_the_agency(sender: str) -> None:
    assert submitted(ordinary(sender=sender), sender=sender, logins=(sender,)).code == "sender-not-allowed"


def test_a_disabled_login_sends_nothing() -> None:
    user = replace(clerk(), disabled=True)
    found = judge_submission(Message.read(a_native_letter()), envelope(), user, here(), at=AT)
    assert found.code == "sender-not-allowed"


@pytest.mark.parametrize("reverse_path", [ARCHIVE, None])
def test_the_reverse_path_is_the_sender(reverse_path: str | None) -> None:
    assert submitted(a_native_letter(), sender=reverse_path).code == "reverse-path-mismatch"


def test_a_forged_from_is_refused_though_the_login_may_use_it() -> None:
    forged = native(sender=ARCHIVE)
    found = submitted(forged, sender=ARCHIVE, logins=(CHANCERY, ARCHIVE))
    assert found.code == "from-signer-mismatch"
    assert found.refusing is not None
    assert dict(found.refusing.values)["own"] == CHANCERY


def test_a_signer_without_a_mailbox_is_not_authorised() -> None:
    stranger = adliya().pki.signer("Begona B.", email=CHANCERY)
    assert submitted(native(outer=stranger)).code == "signer-not-authorised"


def test_the_seal_is_no_persons_signature_at_submission() -> None:
    assert submitted(native(outer=adliya().seal)).code == "signer-not-authorised"


def test_a_signer_of_another_root_is_not_trusted() -> None:
    stranger = house("adliya.uz", (CHANCERY,)).officer(CHANCERY).signer
    assert submitted(native(outer=stranger)).code == "signer-untrusted"


def test_an_entry_of_the_directory_does_not_replace_a_trusted_root() -> None:
    stranger = house("adliya.uz", (CHANCERY,)).officer(CHANCERY)
    directory = with_mailbox(signers=(stranger.authorised,))
    assert submitted(native(outer=stranger.signer), directory=directory).code == "signer-untrusted"


def with_mailbox(agency: Agency | None = None, **changes: Any) -> Directory:
    own = agency or adliya().agency
    first = replace(own.mailboxes[0], **changes)
    return Directory(replace(own, mailboxes=(first, *own.mailboxes[1:])), (soliq().agency,))


@cache
def an_agency_to_revoke_in() -> House:
    found = house("adliya.uz", (CHANCERY, ARCHIVE))
    found.pki.revoke(found.officer(CHANCERY).signer, at=AT - timedelta(hours=1))
    return found.refreshed()


def test_a_revoked_signer_is_refused() -> None:
    found = an_agency_to_revoke_in()
    raw = native(author=found.officer(CHANCERY).signer, keys=[soliq().certificate(TAX)])
    assert submitted(raw, directory=Directory(found.agency, (soliq().agency,))).code == "signer-revoked"


def test_without_a_revocation_list_the_letter_waits() -> None:
    directory = Directory(without(adliya().agency), (soliq().agency,))
    found = submitted(a_native_letter(), directory=directory)
    assert (found.verdict, found.code) == (Verdict.DEFER, "revocation-undetermined")


def test_with_a_stale_revocation_list_the_letter_waits() -> None:
    found = submitted(a_native_letter(), at=AT + timedelta(days=366))
    assert (found.verdict, found.code) == (Verdict.DEFER, "revocation-undetermined")


def test_a_letter_with_another_fault_does_not_wait() -> None:
    directory = Directory(without(adliya().agency), (soliq().agency,))
    found = submitted(a_native_letter(), logins=(ARCHIVE,), directory=directory)
    assert (found.verdict, found.code) == (Verdict.REFUSE, "sender-not-allowed")


def test_a_signer_whose_certificate_has_ended_is_refused() -> None:
    at = AT + timedelta(days=800)
    found = house("adliya.uz", (CHANCERY,))
    raw = native(author=found.officer(CHANCERY).signer, keys=[soliq().certificate(TAX)])
    directory = Directory(found.refreshed(at).agency, (soliq().agency,))
    assert "signer-expired" in errors(submitted(raw, directory=directory, at=at))


# --- at submission: how it is protected ---


def test_a_plain_letter_lacks_both() -> None:
    found = submitted(plain())
    assert found.code == "unsigned-letter"
    assert errors(found)[:2] == ["unsigned-letter", "unencrypted-letter"]


def test_a_signed_letter_that_is_not_encrypted_is_refused() -> None:
    raw = smime.message(ordinary_header(), smime.sign(ENTITY, adliya().officer(CHANCERY).signer, at=AT))
    found = submitted(raw)
    assert found.code == "unencrypted-letter"
    assert "unsigned-letter" not in errors(found)


ENTITY = b"Content-Type: text/plain; charset=utf-8\r\n\r\nSalom\r\n"


def test_an_outer_signature_that_leaves_the_header_out_is_refused() -> None:
    closed = smime.encrypt(ENTITY, everyone(TAX, CHANCERY))
    signed = smime.sign(closed, adliya().officer(CHANCERY).signer, at=AT)
    found = submitted(smime.message(ordinary_header(), signed))
    assert found.code == "outer-field-unsigned"
    assert [dict(f.values)["field"] for f in found.findings if f.code == found.code] == [
        "From",
        "To",
        "Date",
        "Message-ID",
    ]


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (b"To: qabul@soliq.uz", b"To: arxiv@soliq.uz", "outer-header-differs"),
        (b"Message-ID: <1@adliya.uz>", b"Message-ID: <9@adliya.uz>", "outer-header-differs"),
        (b"From: kanselyariya@adliya.uz", b"From: arxiv@adliya.uz", "from-differs"),
    ],
)
def test_the_header_outside_says_what_is_signed(before: bytes, after: bytes, code: str) -> None:
    forged = a_native_letter().replace(before, after, 1)
    assert forged != a_native_letter()
    found = submitted(forged, logins=(CHANCERY, ARCHIVE))
    assert found.verdict is Verdict.REFUSE
    assert code in errors(found)


def test_a_changed_letter_is_refused() -> None:
    assert submitted(with_one_octet_changed(a_native_letter())).code == "signature-invalid"


def with_one_octet_changed(raw: bytes) -> bytes:
    """One base64 digit in the middle of the encrypted content, so that every structure still reads."""
    start = raw.index(b"smime.p7m")
    place = raw.index(b"\r\n\r\n", start) + 4 + 700
    while not raw[place : place + 1].isalnum():
        place += 1
    return raw[:place] + (b"A" if raw[place : place + 1] != b"A" else b"B") + raw[place + 1 :]


def test_two_roots_of_protection_are_not_one_letter() -> None:
    closed = smime.encrypt(ENTITY, everyone(TAX, CHANCERY))
    raw = smime.message(ordinary_header(), smime.multipart("mixed", (ENTITY, closed)))
    assert submitted(raw).code == "unsigned-letter"


def test_contradictory_layers_are_malformed() -> None:
    raw = smime.message(
        ordinary_header(), b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nAAAA\r\n"
    )
    assert submitted(raw).code == "malformed-letter"


# --- at submission: for whom ---


def test_an_unknown_recipient_is_refused() -> None:
    assert submitted(a_native_letter(), to=("nobody@soliq.uz",)).code == "unknown-recipient"


def test_a_letter_encrypted_to_somebody_else_is_refused() -> None:
    found = submitted(native(keys=everyone(TAX_ARCHIVE, CHANCERY)))
    assert found.code == "recipient-not-encrypted-to"
    assert errors(found) == ["recipient-not-encrypted-to", "undeclared-recipient-key"]


def test_the_key_of_an_officer_is_not_the_mailboxes() -> None:
    officer = soliq().officer(TAX).authorised.encryption
    assert officer is not None
    assert submitted(native(keys=[officer, *everyone(CHANCERY)])).code == "recipient-not-encrypted-to"


def test_a_key_that_nobody_declared_is_refused() -> None:
    stranger = house("begona.uz", ("kimdir@begona.uz",)).certificate("kimdir@begona.uz")
    found = submitted(native(keys=[*everyone(TAX, CHANCERY), stranger]))
    assert found.code == "undeclared-recipient-key"
    assert found.refusing is not None and found.refusing.where == "RecipientInfos[2]"


def test_a_mailbox_that_the_letter_does_not_name_is_no_declared_reader() -> None:
    assert submitted(native(keys=everyone(TAX, CHANCERY, TAX_ARCHIVE))).code == "undeclared-recipient-key"


def test_a_mailbox_in_to_may_read_though_smtp_does_not_name_it() -> None:
    raw = native(to=(TAX, TAX_ARCHIVE))
    assert submitted(raw, to=(TAX,)).verdict is Verdict.ACCEPT


def renewed() -> tuple[Directory, Certificate]:
    """The receiving mailbox has a new key before the one that letters were encrypted to."""
    own = soliq().agency
    fresh = soliq().pki.decryptor(TAX, name="New Key").certificate
    assert fresh is not None
    current = Certificate.load(fresh)
    mailbox: Mailbox = replace(own.mailboxes[0], encryption=(current, *own.mailboxes[0].encryption))
    return Directory(adliya().agency, (replace(own, mailboxes=(mailbox, *own.mailboxes[1:])),)), current


def test_an_earlier_key_that_is_still_valid_is_accepted() -> None:
    directory, current = renewed()
    assert submitted(a_native_letter(), directory=directory).verdict is Verdict.ACCEPT
    raw = native(keys=[current, *everyone(CHANCERY)])
    assert submitted(raw, directory=directory).verdict is Verdict.ACCEPT


def test_a_key_whose_certificate_has_ended_is_not_accepted() -> None:
    at = AT + timedelta(days=800)
    assert "recipient-key-not-valid" in errors(submitted(a_native_letter(), at=at))


def test_a_revoked_key_of_the_recipient_is_not_accepted() -> None:
    theirs = house("soliq.uz", (TAX,))
    theirs.pki.revoke(theirs.keys[TAX], reason="superseded", at=AT - timedelta(hours=1))
    directory = Directory(adliya().agency, (theirs.refreshed().agency,))
    raw = native(keys=[theirs.certificate(TAX), *everyone(CHANCERY)])
    assert submitted(raw, directory=directory).code == "recipient-key-not-valid"
    before = Directory(adliya().agency, (theirs.agency,))
    assert submitted(raw, directory=before).verdict is Verdict.ACCEPT


# --- at submission: by which algorithms ---


@pytest.mark.parametrize("cipher", ["aes-128-gcm", "aes-256-gcm", "aes-128-cbc", "aes-256-cbc"])
def test_aes_is_accepted(cipher: str) -> None:
    assert submitted(ordinary(cipher=cipher)).verdict is Verdict.ACCEPT


def test_a_cipher_outside_the_policy_is_refused() -> None:
    strict = MailPolicy(unauthenticated_ciphers=frozenset())
    found = submitted(an_ordinary_letter(), policy=strict)
    assert found.code == "algorithm-not-allowed"
    assert found.refusing is not None and dict(found.refusing.values)["algorithm"] == "aes-256-cbc"


def test_a_key_encryption_outside_the_policy_is_refused() -> None:
    found = submitted(an_ordinary_letter(), policy=MailPolicy(key_encryption=("rsa-oaep-",)))
    assert found.code == "algorithm-not-allowed"


@pytest.mark.peer
def test_the_key_transport_of_old_clients_is_a_matter_of_policy(tmp_path: Path) -> None:
    octets = soliq().pki.decryptor(TAX, key="rsa-3072", name="Old Client").certificate
    assert octets is not None
    current = Certificate.load(octets)
    own = soliq().agency
    mailbox = replace(own.mailboxes[0], encryption=(current,))
    directory = Directory(adliya().agency, (replace(own, mailboxes=(mailbox,)),))
    raw = encrypted_by_openssl(current, tmp_path)
    found = submitted(raw, directory=directory)
    assert (found.verdict, found.wrap) == (Verdict.ACCEPT, True)
    assert "weak-key-transport" in {f.code for f in found.findings}
    strict = submitted(raw, directory=directory, policy=MailPolicy(pkcs1=Tolerance.REFUSE))
    assert strict.code == "algorithm-not-allowed"


@pytest.mark.peer
def test_what_openssl_encrypts_to_elliptic_curves_is_accepted(tmp_path: Path) -> None:
    raw = encrypted_by_openssl(soliq().certificate(TAX), tmp_path)
    found = submitted(raw)
    assert (found.verdict, found.wrap) == (Verdict.ACCEPT, True)
    assert "weak-key-transport" not in {f.code for f in found.findings}
    assert opened(wrapped(raw)).verdict is Verdict.ACCEPT


def encrypted_by_openssl(certificate: Certificate, folder: Path) -> bytes:
    """A letter whose envelope openssl makes, with its defaults."""
    (folder / "to.pem").write_bytes(certificate.pem)
    made = run(
        [require("openssl"), "cms", "-encrypt", "-aes-256-cbc", "-binary", "-outform", "DER", "to.pem"],
        input=smime.sign(ENTITY, adliya().officer(CHANCERY).signer, at=AT),
        cwd=folder,
    )
    assert made.returncode == 0, made.stderr
    header = smime.field("Content-Type", "application/pkcs7-mime; smime-type=enveloped-data")
    return smime.message(ordinary_header(), smime.base64_leaf(header, made.stdout))


# --- at relay ---


def test_a_letter_under_the_authors_signature_is_taken() -> None:
    assert relayed(a_native_letter()).verdict is Verdict.ACCEPT


def test_a_letter_under_the_agencys_seal_is_taken() -> None:
    assert relayed(wrapped(an_ordinary_letter())).verdict is Verdict.ACCEPT


def test_a_letter_without_an_outer_signature_is_not_taken() -> None:
    assert relayed(an_ordinary_letter()).code == "unsigned-letter"


def test_an_unknown_peer_brings_nothing() -> None:
    assert relayed(a_native_letter(), domain="begona.uz").code == "peer-unknown"
    assert relayed(a_native_letter(), domain="soliq.uz").code == "peer-unknown"


def test_a_peer_brings_letters_of_its_own_only() -> None:
    foreign = Directory(soliq().agency, (adliya().agency, third().agency))
    found = relayed(a_native_letter(), domain="uchinchi.uz", directory=foreign)
    assert found.code == "relay-sender-mismatch"


@cache
def third() -> House:
    return house("uchinchi.uz", ("qabul@uchinchi.uz",))


def test_the_seal_of_another_agency_covers_nothing() -> None:
    directory = Directory(soliq().agency, (adliya().agency, third().agency))
    found = relayed(wrapped(an_ordinary_letter(), third().seal), directory=directory)
    assert found.code == "signer-untrusted"


@pytest.mark.parametrize("reverse_path", [ARCHIVE, None])
def test_the_reverse_path_of_a_relayed_letter_is_its_sender(reverse_path: str | None) -> None:
    assert relayed(a_native_letter(), sender=reverse_path).code == "reverse-path-mismatch"


def test_a_node_relays_for_nobody_else() -> None:
    assert relayed(a_native_letter(), to=(ARCHIVE,)).code == "relaying-denied"


def test_a_relayed_letter_for_an_unknown_mailbox_is_refused() -> None:
    assert relayed(a_native_letter(), to=("nobody@soliq.uz",)).code == "unknown-recipient"


def test_a_relayed_letter_must_be_encrypted_to_its_recipient() -> None:
    found = relayed(a_native_letter(), to=(TAX_ARCHIVE,))
    assert found.code == "recipient-not-encrypted-to"


def test_a_letter_changed_on_the_way_is_refused() -> None:
    assert relayed(with_one_octet_changed(a_native_letter())).code == "signature-invalid"
    assert relayed(with_one_octet_changed(wrapped(an_ordinary_letter()))).code == "signature-invalid"


def test_a_relayed_letter_waits_for_a_revocation_list() -> None:
    directory = Directory(soliq().agency, (without(adliya().agency),))
    assert relayed(a_native_letter(), directory=directory).verdict is Verdict.DEFER


# --- at RCPT ---


@pytest.mark.parametrize(
    ("recipient", "relayed", "expect"),
    [
        (TAX, False, None),
        (CHANCERY, False, None),
        ("nobody@soliq.uz", False, "unknown-recipient"),
        ("a@example.org", False, "unknown-recipient"),
        (CHANCERY, True, None),
        ("seal@adliya.uz", True, None),
        ("seal@adliya.uz", False, "unknown-recipient"),
        ("nobody@adliya.uz", True, "unknown-recipient"),
        (TAX, True, "relaying-denied"),
    ],
)
def test_a_recipient_is_judged_before_the_letter(recipient: str, relayed: bool, expect: str | None) -> None:
    found = judge_recipient(address(recipient), here(), relayed=relayed)
    assert (found.code if found else None) == expect


# --- reports ---


def report_letter(seal: Signer | None = None, sender: str = "seal@adliya.uz") -> bytes:
    header = ordinary_header(sender, ("seal@soliq.uz",))
    return smime.wrap(smime.message(header, ENTITY), seal or adliya().seal, at=AT)


def judged_report(raw: bytes, domain: str = "adliya.uz") -> Decision:
    return judge_report(Message.read(raw), envelope(None, ("seal@soliq.uz",)), domain, there(), at=AT)


def test_a_report_is_sealed_by_the_peer() -> None:
    assert judged_report(report_letter()).verdict is Verdict.ACCEPT


def test_a_report_of_an_officer_is_no_report() -> None:
    raw = report_letter(adliya().officer(CHANCERY).signer)
    assert judged_report(raw).code == "signer-not-authorised"


def test_a_report_in_another_name_is_refused() -> None:
    assert judged_report(report_letter(sender=CHANCERY)).code == "relay-sender-mismatch"
    assert judged_report(report_letter(), "begona.uz").code == "peer-unknown"


def test_an_unsigned_report_is_refused() -> None:
    raw = smime.message(ordinary_header("seal@adliya.uz", ("seal@soliq.uz",)), ENTITY)
    assert judged_report(raw).code == "unsigned-letter"


# --- at opening ---


def opened(raw: bytes, *, mailbox: str = TAX, directory: Directory | None = None) -> Decision:
    found = smime.open(raw, [soliq().keys[mailbox]])
    return judge_opening(Message.read(raw), found, address(mailbox), directory or there(), at=AT)


def test_a_letter_of_our_own_client_can_be_relied_on() -> None:
    found = opened(a_native_letter())
    assert (found.verdict, found.findings) == (Verdict.ACCEPT, ())


def test_a_letter_of_an_ordinary_client_is_read_with_a_warning() -> None:
    found = opened(wrapped(an_ordinary_letter()))
    assert found.verdict is Verdict.ACCEPT
    assert [f.code for f in found.findings] == ["header-unprotected"]


def test_content_that_nobody_signed_is_refused() -> None:
    assert opened(wrapped(ordinary(signed=False))).code == "inner-signature-missing"


def test_the_author_must_be_authorised_for_the_sender() -> None:
    raw = native(author=adliya().officer(ARCHIVE).signer, outer=adliya().officer(CHANCERY).signer)
    assert opened(raw).code == "inner-signer-not-authorised"


def test_the_seal_is_not_an_authors_signature() -> None:
    raw = wrapped(ordinary(author=adliya().seal))
    assert opened(raw).code == "inner-signer-not-authorised"


def test_an_author_of_another_root_is_not_believed() -> None:
    stranger = house("adliya.uz", (CHANCERY,)).officer(CHANCERY).signer
    assert opened(wrapped(ordinary(author=stranger))).code == "signer-untrusted"


def test_an_author_revoked_is_refused() -> None:
    found = an_agency_to_revoke_in()
    raw = smime.wrap(ordinary(author=found.officer(CHANCERY).signer), found.seal, at=AT)
    directory = Directory(soliq().agency, (found.agency,))
    assert opened(raw, directory=directory).code == "signer-revoked"


def test_a_protected_sender_that_differs_is_a_forgery() -> None:
    inside = smime.protect(ENTITY, ordinary_header(ARCHIVE), mode="cipher")
    outside = smime.protect(ENTITY, ordinary_header(), mode="cipher")
    officer = adliya().officer(CHANCERY).signer
    mixed = smime.Protected(inside.payload, outside.outer)
    raw = smime.triple_wrap(mixed, everyone(TAX), signer=officer, outer_signer=officer, at=AT)
    assert opened(raw).code == "from-differs"


def test_a_letter_signed_for_others_and_passed_on_is_told() -> None:
    officer = adliya().officer(CHANCERY).signer
    protected = smime.protect(ENTITY, ordinary_header(CHANCERY, (TAX_ARCHIVE,)), mode="cipher")
    raw = smime.triple_wrap(protected, everyone(TAX), signer=officer, outer_signer=officer, at=AT)
    found = opened(raw)
    assert found.verdict is Verdict.ACCEPT
    assert [f.code for f in found.findings] == ["not-addressed-to-mailbox"]


def test_a_sender_whom_the_directory_does_not_know_is_refused() -> None:
    lonely = Directory(soliq().agency)
    assert opened(a_native_letter(), directory=lonely).code == "sender-unknown"


def test_the_outer_signature_is_judged_again() -> None:
    assert opened(an_ordinary_letter()).code == "unsigned-letter"


# --- decisions ---


def test_the_first_error_names_the_refusal_and_every_finding_is_kept() -> None:
    found = submitted(native(keys=everyone(TAX_ARCHIVE)), logins=(ARCHIVE,), sender=ARCHIVE)
    assert found.code == "sender-not-allowed"
    assert errors(found) == [
        "sender-not-allowed",
        "reverse-path-mismatch",
        "recipient-not-encrypted-to",
        "undeclared-recipient-key",
    ]


def test_nothing_found_is_accepted() -> None:
    assert decide([]) == Decision(Verdict.ACCEPT)


def test_every_refusal_is_explained_in_each_language() -> None:
    decisions = [
        submitted(plain()),
        submitted(a_native_letter(), logins=(ARCHIVE,), sender=ARCHIVE),
        submitted(native(keys=everyone(TAX_ARCHIVE))),
        submitted(with_one_octet_changed(a_native_letter())),
        relayed(a_native_letter(), domain="begona.uz"),
        relayed(a_native_letter(), to=(ARCHIVE,)),
    ]
    for finding in (f for decision in decisions for f in decision.findings if f.code in CATALOGUE):
        texts = {explain(finding, language) for language in LANGUAGES}
        assert len(texts) == len(LANGUAGES)
        assert not any("?" in text or "{" in text for text in texts)


def test_a_decision_is_a_value() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        decide([]).verdict = Verdict.REFUSE  # type: ignore[misc]
