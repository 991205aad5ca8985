"""The path of a letter: what is refused leaves evidence and nothing else, and the reply is the last."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import Severity, smime
from exat import evidence
from exat.directory import Directory
from exat.evidence import FIRST, NEGATIVE, seal
from exat.pipeline import Context, Outcome, fail, hand_over, relay_in, report, submit
from exat.records import (
    Attest,
    Consign,
    Effect,
    Enqueue,
    Event,
    EvidenceDraft,
    EvidenceRecord,
    Keep,
    MessageKey,
    StoredLetter,
    TakeEvidence,
)
from exat.smtp.replies import Reply
from tests.exat.test_policy import an_agency_to_revoke_in, with_one_octet_changed
from tests.exat.world import (
    ARCHIVE,
    AT,
    CHANCERY,
    TAX,
    TAX_ARCHIVE,
    address,
    adliya,
    clerk,
    context,
    envelope,
    everyone,
    here,
    native,
    ordinary,
    peer,
    plain,
    soliq,
    there,
    without,
)
from tests.peers import require, run


@cache
def a_native_letter() -> bytes:
    return native()


def kinds(outcome: Outcome) -> list[str]:
    return [type(effect).__name__ for effect in outcome.effects]


def drafts(outcome: Outcome) -> list[EvidenceDraft]:
    return [effect.draft for effect in outcome.effects if isinstance(effect, Attest)]


def kept(outcome: Outcome) -> StoredLetter:
    (found,) = [effect.letter for effect in outcome.effects if isinstance(effect, Keep)]
    return found


# --- submission ---


def test_a_letter_for_a_peer_is_kept_attested_and_queued() -> None:
    raw = a_native_letter()
    found = submit(envelope(), raw, user=clerk(), context=context())
    assert kinds(found) == ["Keep", "Attest", "Enqueue"]
    assert str(found.reply) == "250 2.6.0 accepted as K1"
    letter = kept(found)
    assert (letter.raw, letter.message_id, letter.sender) == (raw, "<1@adliya.uz>", address(CHANCERY))
    assert (letter.digest, letter.received_at) == (hashlib.sha256(raw).hexdigest(), AT)
    (draft,) = drafts(found)
    assert draft.event is Event.SUBMISSION_ACCEPTANCE
    assert (draft.sender, draft.recipients, draft.reasons) == (CHANCERY, (TAX,), ())
    assert (draft.digest, draft.size, draft.details) == (letter.digest, len(raw), (("login", "clerk"),))
    assert found.effects[-1] == Enqueue(MessageKey("K1"), "soliq.uz", (address(TAX),))


def test_a_letter_for_our_own_mailbox_is_consigned_and_attested() -> None:
    found = submit(envelope(to=(ARCHIVE,)), native(to=(ARCHIVE,)), user=clerk(), context=context())
    assert kinds(found) == ["Keep", "Attest", "Consign", "Attest"]
    assert found.effects[2] == Consign(MessageKey("K1"), address(ARCHIVE))
    assert [draft.event for draft in drafts(found)] == [
        Event.SUBMISSION_ACCEPTANCE,
        Event.CONTENT_CONSIGNMENT,
    ]


def test_a_letter_for_two_agencies_goes_both_ways() -> None:
    to = (TAX, ARCHIVE, TAX_ARCHIVE)
    found = submit(envelope(to=to), native(to=to), user=clerk(), context=context())
    assert kinds(found) == ["Keep", "Attest", "Consign", "Attest", "Enqueue"]
    assert drafts(found)[0].recipients == to
    assert drafts(found)[1].recipients == (ARCHIVE,)
    assert found.effects[-1] == Enqueue(MessageKey("K1"), "soliq.uz", (address(TAX), address(TAX_ARCHIVE)))


def test_an_ordinary_letter_is_wrapped_and_stays_inside_unchanged() -> None:
    raw = ordinary()
    found = submit(envelope(), raw, user=clerk(), context=context())
    letter = kept(found)
    layers = smime.read(letter.raw)
    assert layers.kind == "multipart-signed"
    assert layers.layers[0].signed == raw
    assert letter.digest == hashlib.sha256(raw).hexdigest()
    sent = hashlib.sha256(letter.raw).hexdigest()
    assert drafts(found)[0].details == (("login", "clerk"), ("sent_digest", sent))


def test_what_was_submitted_is_taken_by_the_other_node() -> None:
    for raw in (a_native_letter(), ordinary()):
        sent = kept(submit(envelope(), raw, user=clerk(), context=context())).raw
        found = relay_in(envelope(), sent, peer=peer(), context=context(there()))
        assert kinds(found) == ["Keep", "Attest", "Consign", "Attest"]


@pytest.mark.peer
def test_openssl_accepts_the_outer_signature_and_finds_the_letter_inside(tmp_path: Path) -> None:
    openssl = require("openssl")
    raw = ordinary()
    (tmp_path / "root.pem").write_bytes(adliya().agency.roots[0].pem)
    (tmp_path / "letter.eml").write_bytes(kept(submit(envelope(), raw, user=clerk(), context=context())).raw)
    answer = run(
        [openssl, "cms", "-verify", "-in", "letter.eml", "-CAfile", "root.pem"]
        + ["-attime", str(int(AT.timestamp()))],
        cwd=tmp_path,
    )
    assert (answer.returncode, answer.stdout) == (0, raw)


# --- relay ---


def test_a_relayed_letter_is_kept_attested_and_consigned() -> None:
    raw = a_native_letter()
    found = relay_in(envelope(), raw, peer=peer(), context=context(there(), key="K7"))
    assert kinds(found) == ["Keep", "Attest", "Consign", "Attest"]
    assert kept(found).raw == raw
    accepted, consigned = drafts(found)
    assert (accepted.event, consigned.event) == (Event.RELAY_ACCEPTANCE, Event.CONTENT_CONSIGNMENT)
    assert dict(accepted.details) == {
        "peer": "adliya.uz",
        "peer_certificate": hashlib.sha256(peer().certificate).hexdigest(),
    }
    assert str(found.reply) == "250 2.6.0 accepted as K7"


# --- the five that must fail, and what a refusal leaves ---


def unsigned() -> Outcome:
    return submit(envelope(), plain(), user=clerk(), context=context())


def forged_from() -> Outcome:
    return submit(envelope(ARCHIVE), native(sender=ARCHIVE), user=clerk(), context=context())


def forged_from_of_a_shared_login() -> Outcome:
    user = clerk(CHANCERY, ARCHIVE)
    return submit(envelope(ARCHIVE), native(sender=ARCHIVE), user=user, context=context())


def encrypted_to_somebody_else() -> Outcome:
    raw = native(keys=everyone(TAX_ARCHIVE, CHANCERY))
    return submit(envelope(), raw, user=clerk(), context=context())


def changed_in_transit() -> Outcome:
    raw = with_one_octet_changed(a_native_letter())
    return relay_in(envelope(), raw, peer=peer(), context=context(there()))


def signed_by_a_revoked_signer() -> Outcome:
    found = an_agency_to_revoke_in()
    raw = native(author=found.officer(CHANCERY).signer, keys=[soliq().certificate(TAX)])
    directory = Directory(found.agency, (soliq().agency,))
    return submit(envelope(), raw, user=clerk(), context=Context(directory, found.seal, AT, MessageKey("K1")))


def unreadable() -> Outcome:
    return submit(envelope(), b"\x00", user=clerk(), context=context())


def without_message_id() -> Outcome:
    raw = ordinary().replace(b"Message-ID: <2@adliya.uz>\r\n", b"")
    return submit(envelope(), raw, user=clerk(), context=context())


def two_senders() -> Outcome:
    raw = ordinary(sender=f"{CHANCERY}, {ARCHIVE}")
    return submit(envelope(), raw, user=clerk(), context=context())


def another_letter_of_the_same_id() -> Outcome:
    return submit(envelope(), a_native_letter(), user=clerk(), context=context(seen="0" * 64))


def another_relayed_letter_of_the_same_id() -> Outcome:
    return relay_in(envelope(), a_native_letter(), peer=peer(), context=context(there(), seen="0" * 64))


def of_an_unknown_peer() -> Outcome:
    return relay_in(envelope(), a_native_letter(), peer=peer("begona.uz"), context=context(there()))


REFUSED: list[tuple[Callable[[], Outcome], str, Event]] = [
    (unsigned, "unsigned-letter", Event.SUBMISSION_REJECTION),
    (forged_from, "sender-not-allowed", Event.SUBMISSION_REJECTION),
    (forged_from_of_a_shared_login, "from-signer-mismatch", Event.SUBMISSION_REJECTION),
    (encrypted_to_somebody_else, "recipient-not-encrypted-to", Event.SUBMISSION_REJECTION),
    (changed_in_transit, "signature-invalid", Event.RELAY_REJECTION),
    (signed_by_a_revoked_signer, "signer-revoked", Event.SUBMISSION_REJECTION),
    (without_message_id, "message-id-missing", Event.SUBMISSION_REJECTION),
    (two_senders, "from-not-single", Event.SUBMISSION_REJECTION),
    (another_letter_of_the_same_id, "duplicate-message-id", Event.SUBMISSION_REJECTION),
    (another_relayed_letter_of_the_same_id, "duplicate-message-id", Event.RELAY_REJECTION),
    (of_an_unknown_peer, "peer-unknown", Event.RELAY_REJECTION),
    (unreadable, "nul-octet", Event.SUBMISSION_REJECTION),
]


@pytest.mark.parametrize(("attempt", "code", "event"), REFUSED, ids=[row[0].__name__ for row in REFUSED])
def test_a_refusal_says_why_and_leaves_only_evidence(
    attempt: Callable[[], Outcome], code: str, event: Event
) -> None:
    found = attempt()
    assert found.reply.name == code
    assert str(found.reply).endswith(f"[{code}]")
    assert 500 <= found.reply.code <= 599
    assert kinds(found) == ["Attest"]
    (draft,) = drafts(found)
    assert draft.event is event
    assert draft.reasons[0] == code
    assert set(draft.reasons) <= {code} | {f.code for f in found.findings if f.severity is Severity.ERROR}


def test_a_reply_says_in_words_what_is_wrong() -> None:
    assert "encrypt it for every recipient" in encrypted_to_somebody_else().reply.text
    assert TAX in encrypted_to_somebody_else().reply.text


def test_rejection_evidence_can_be_sealed() -> None:
    for attempt, _, event in REFUSED:
        (draft,) = drafts(attempt())
        record = seal(draft, sequence=1, previous=FIRST, signer=adliya().seal, issuer="adliya.uz")
        assert evidence.statement(record.content).draft.event is event
        assert event in NEGATIVE


def test_a_letter_that_must_wait_leaves_nothing() -> None:
    directory = Directory(without(adliya().agency), (soliq().agency,))
    found = submit(envelope(), a_native_letter(), user=clerk(), context=context(directory))
    assert found.effects == ()
    assert (found.reply.code, found.reply.name) == (451, "revocation-undetermined")


def test_the_same_letter_again_is_left_to_the_store() -> None:
    again = context(seen=hashlib.sha256(a_native_letter()).hexdigest())
    found = submit(envelope(), a_native_letter(), user=clerk(), context=again)
    assert kinds(found) == ["Keep", "Attest", "Enqueue"]
    assert found.reply.code == 250


def test_the_same_ordinary_letter_has_the_same_digest_though_it_is_wrapped_anew() -> None:
    raw = ordinary()
    one = kept(submit(envelope(), raw, user=clerk(), context=context()))
    two = kept(submit(envelope(), raw, user=clerk(), context=context(key="K2", seen=one.digest)))
    assert one.digest == two.digest
    assert one.raw != two.raw


# --- reports of evidence ---


def records(*events: Event, recipient: str = TAX, issuer: str = "soliq.uz") -> list[EvidenceRecord]:
    made: list[EvidenceRecord] = []
    for number, event in enumerate(events, 1):
        draft = EvidenceDraft(
            event=event,
            at=AT,
            message_key=MessageKey("K7"),
            message_id="<1@adliya.uz>",
            sender=CHANCERY,
            recipients=(recipient,),
            digest="ab" * 32,
            size=1,
            reasons=("unsigned-letter",) if event in NEGATIVE else (),
        )
        previous = made[-1].hash if made else FIRST
        made.append(seal(draft, sequence=number, previous=previous, signer=soliq().seal, issuer=issuer))
    return made


def a_report(*made: EvidenceRecord) -> bytes:
    effects = report(made, "adliya.uz", context=context(there(), key="R1"))
    assert isinstance(effects[0], Keep)
    return effects[0].letter.raw


def taken(raw: bytes, domain: str = "soliq.uz") -> Outcome:
    return relay_in(envelope(None, ("seal@adliya.uz",)), raw, peer=peer(domain), context=context(key="T1"))


def test_a_report_is_queued_for_the_seal_of_the_peer() -> None:
    made = records(Event.RELAY_ACCEPTANCE, Event.CONTENT_CONSIGNMENT)
    keep, enqueue = report(made, "adliya.uz", context=context(there(), key="R1"))
    assert isinstance(keep, Keep)
    assert keep.letter.sender is None
    assert keep.letter.message_id == "<R1@mx.soliq.uz>"
    assert enqueue == Enqueue(MessageKey("R1"), "adliya.uz", (address("seal@adliya.uz"),))


def test_nothing_is_reported_to_strangers_or_of_our_own_submissions() -> None:
    assert report(records(Event.RELAY_ACCEPTANCE), "begona.uz", context=context(there())) == ()
    assert report(records(Event.SUBMISSION_ACCEPTANCE), "adliya.uz", context=context(there())) == ()


def test_a_report_is_taken_record_by_record() -> None:
    made = records(Event.RELAY_ACCEPTANCE, Event.CONTENT_CONSIGNMENT)
    found = taken(a_report(*made))
    assert found.reply.code == 250
    assert [e for e in found.effects if isinstance(e, TakeEvidence)] == list(found.effects)
    assert found.effects == tuple(
        TakeEvidence(
            "soliq.uz",
            one.event,
            "<1@adliya.uz>",
            (TAX,),
            one.cms,
            evidence.statement(one.content).draft.digest,
        )
        for one in made
    )


def test_a_report_of_another_agencys_mailbox_is_refused() -> None:
    found = taken(a_report(*records(Event.CONTENT_HANDOVER, recipient=ARCHIVE)))
    assert (found.reply.name, found.effects) == ("evidence-issuer-mismatch", ())


def test_a_report_in_another_agencys_name_is_refused() -> None:
    found = taken(a_report(*records(Event.CONTENT_HANDOVER, issuer="adliya.uz")))
    assert (found.reply.name, found.effects) == ("evidence-issuer-mismatch", ())


def test_evidence_that_the_peer_did_not_seal_is_refused() -> None:
    (good,) = records(Event.CONTENT_HANDOVER)
    officer = soliq().officer(TAX).signer
    draft = evidence.statement(good.content).draft
    forged = seal(draft, sequence=1, previous=FIRST, signer=officer, issuer="soliq.uz")
    found = taken(a_report(forged))
    assert (found.reply.name, found.effects) == ("evidence-untrusted", ())


def test_a_changed_report_is_refused_without_evidence() -> None:
    raw = a_report(*records(Event.CONTENT_HANDOVER))
    place = raw.index(b"application/exat-evidence+cms") + 400
    forged = raw[:place] + (b"A" if raw[place : place + 1] != b"A" else b"B") + raw[place + 1 :]
    found = taken(forged)
    assert (found.reply.code, found.effects) == (550, ())


def test_a_report_from_another_peer_is_refused() -> None:
    assert taken(a_report(*records(Event.RELAY_ACCEPTANCE)), "begona.uz").reply.name == "peer-unknown"


def test_a_letter_with_the_null_reverse_path_is_no_report() -> None:
    found = relay_in(envelope(None), a_native_letter(), peer=peer(), context=context(there()))
    assert found.effects == ()
    assert found.reply.code == 550


def test_an_unreadable_report_is_answered_without_evidence() -> None:
    found = relay_in(envelope(None), b"\x00", peer=peer(), context=context(there()))
    assert (found.effects, found.reply.code) == ((), 554)


# --- later events ---


def test_a_hand_over_names_the_officer() -> None:
    letter = kept(relay_in(envelope(), a_native_letter(), peer=peer(), context=context(there())))
    (effect,) = hand_over(letter, address(TAX), officer="Officer0", context=context(there()))
    assert isinstance(effect, Attest)
    assert effect.draft.event is Event.CONTENT_HANDOVER
    assert effect.draft.details == (("officer", "Officer0"),)
    assert (effect.draft.message_key, effect.draft.recipients) == (letter.key, (TAX,))


def test_a_failure_bears_its_reason() -> None:
    letter = kept(submit(envelope(), a_native_letter(), user=clerk(), context=context()))
    late = Context(here(), adliya().seal, AT + timedelta(hours=24), MessageKey("unused"))
    (effect,) = fail(letter, [address(TAX)], reason="relay-timeout", domain="soliq.uz", context=late)
    assert isinstance(effect, Attest)
    assert (effect.draft.event, effect.draft.reasons) == (Event.RELAY_FAILURE, ("relay-timeout",))
    assert effect.draft.at == AT + timedelta(hours=24)


# --- properties of all outcomes ---


ACCEPTED: list[Callable[[], Outcome]] = [
    lambda: submit(envelope(), a_native_letter(), user=clerk(), context=context()),
    lambda: submit(envelope(), ordinary(), user=clerk(), context=context()),
    lambda: relay_in(envelope(), a_native_letter(), peer=peer(), context=context(there())),
    lambda: taken(a_report(*records(Event.RELAY_ACCEPTANCE))),
]


def test_an_outcome_holds_effects_and_then_one_reply() -> None:
    for attempt in (*ACCEPTED, *(row[0] for row in REFUSED)):
        found = attempt()
        assert all(isinstance(effect, get_args(Effect)) for effect in found.effects)
        assert isinstance(found.reply, Reply)
        assert Outcome.__slots__.index("effects") < Outcome.__slots__.index("reply")


def test_a_positive_reply_stands_on_effects_that_keep_the_letter() -> None:
    for attempt in ACCEPTED:
        found = attempt()
        assert found.reply.is_positive
        assert any(isinstance(effect, Keep | TakeEvidence) for effect in found.effects)


def test_an_acceptance_is_attested_before_the_letter_moves() -> None:
    for attempt in ACCEPTED[:3]:
        assert kinds(attempt())[:2] == ["Keep", "Attest"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_letter_changed_anywhere_is_never_taken_as_it_is(data: st.DataObject) -> None:
    """Whatever octet changes: the letter is refused, or what was signed and encrypted is still the same."""
    raw = a_native_letter()
    place = data.draw(st.integers(0, len(raw) - 1))
    octet = data.draw(st.integers(0, 255))
    changed = raw[:place] + bytes([octet]) + raw[place + 1 :]
    found = relay_in(envelope(), changed, peer=peer(), context=context(there()))
    assert isinstance(found.reply, Reply)
    if found.reply.is_positive:
        assert smime.read(changed).layers[0].signed == smime.read(raw).layers[0].signed
    else:
        assert not any(isinstance(effect, Keep | Enqueue | Consign) for effect in found.effects)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_octets_are_answered(octets: bytes) -> None:
    for outcome in (
        submit(envelope(), octets, user=clerk(), context=context()),
        relay_in(envelope(), octets, peer=peer(), context=context(there())),
        relay_in(envelope(None), octets, peer=peer(), context=context(there())),
    ):
        assert not outcome.reply.is_positive
        assert not any(isinstance(effect, Keep | Enqueue | Consign) for effect in outcome.effects)
