"""A record says what happened, is sealed, stands in its place, and travels so that a node can check it."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import esign
from esign import Indication, Severity, smime
from exat import evidence
from exat.directory import material_of, trust_of
from exat.evidence import FIRST, NEGATIVE, TITLES, Carriage, EvidenceError, seal, verify_chain
from exat.language import CATALOGUE
from exat.records import Event, EvidenceDraft, EvidenceRecord, MessageKey
from tests.exat.world import AT, CHANCERY, TAX, TAX_ARCHIVE, address, adliya, soliq
from tests.peers import require, run

DIGEST = "ab" * 32


def draft(event: Event = Event.SUBMISSION_ACCEPTANCE, **changes: Any) -> EvidenceDraft:
    reasons = ("unsigned-letter",) if event in NEGATIVE else ()
    made = EvidenceDraft(
        event=event,
        at=AT,
        message_key=MessageKey("K1"),
        message_id="<1@adliya.uz>",
        sender=CHANCERY,
        recipients=(TAX,),
        digest=DIGEST,
        size=4711,
        reasons=reasons,
        details=(("login", "clerk"),),
    )
    return replace(made, **changes)


def chain(*drafts: EvidenceDraft) -> list[EvidenceRecord]:
    records: list[EvidenceRecord] = []
    for number, one in enumerate(drafts, 1):
        previous = records[-1].hash if records else FIRST
        records.append(
            seal(one, sequence=number, previous=previous, signer=adliya().seal, issuer="adliya.uz")
        )
    return records


@cache
def record() -> EvidenceRecord:
    return chain(draft())[0]


@cache
def three() -> tuple[EvidenceRecord, ...]:
    return tuple(chain(draft(), draft(Event.CONTENT_CONSIGNMENT), draft(Event.CONTENT_HANDOVER)))


# --- records ---


def test_a_record_has_the_names_of_the_standard() -> None:
    content = json.loads(record().content)
    assert content["version"] == "EN319522v1.2.1"
    assert content["ERDSEventId"] == "http://uri.etsi.org/19522/Event/SubmissionAcceptance"
    assert content["EventTime"] == "2026-11-23T09:00:00Z"
    assert content["EvidenceIssuerDetails"]["Identity"] == "adliya.uz"
    assert content["SenderDetails"] == {"Identifier": CHANCERY}
    assert content["RecipientDetails"] == [{"Identifier": TAX}]
    assert content["MessageIdentifier"] == "K1"
    assert content["UserContentInfo"]["AppLayerIdentifier"] == "<1@adliya.uz>"
    assert content["UserContentInfo"]["DigestValue"] == DIGEST
    assert content["Extensions"] == {"seq": 1, "prev_hash": FIRST, "details": {"login": "clerk"}}


def test_a_record_is_read_back_and_its_seal_holds() -> None:
    found, report = evidence.read(
        record().cms, trust=trust_of(adliya().agency), at=AT, material=material_of(adliya().agency)
    )
    assert found == record()
    assert report.indication is Indication.TOTAL_PASSED


def test_under_another_root_a_record_is_not_confirmed() -> None:
    _, report = evidence.read(
        record().cms, trust=trust_of(soliq().agency), at=AT, material=material_of(soliq().agency)
    )
    assert report.indication is Indication.INDETERMINATE


def test_a_changed_record_is_not_valid() -> None:
    forged = record().cms.replace(TAX.encode(), b"qabul@soliq.ru")
    _, report = evidence.read(
        forged, trust=trust_of(adliya().agency), at=AT, material=material_of(adliya().agency)
    )
    assert report.indication is Indication.TOTAL_FAILED


@pytest.mark.parametrize("event", list(Event))
def test_what_a_record_says_is_what_was_drafted(event: Event) -> None:
    made = seal(draft(event), sequence=7, previous=DIGEST, signer=adliya().seal, issuer="adliya.uz")
    said = evidence.statement(made.content)
    assert said.draft == draft(event)
    assert (said.sequence, said.previous, said.issuer) == (7, DIGEST, "adliya.uz")
    assert said.certificate == adliya().agency.seal.fingerprint
    assert said.identifier == made.identifier


def test_identifiers_differ_by_place_and_event() -> None:
    records = [*three(), *chain(draft(Event.CONTENT_HANDOVER))]
    assert len({one.identifier for one in records}) == 4


@pytest.mark.parametrize("event", [event for event in Event if event in NEGATIVE])
def test_a_negative_event_without_a_reason_is_not_sealed(event: Event) -> None:
    with pytest.raises(ValueError):
        seal(draft(event, reasons=()), sequence=1, previous=FIRST, signer=adliya().seal, issuer="adliya.uz")


def test_sealing_time_and_event_time_are_separate() -> None:
    late = seal(
        draft(),
        sequence=1,
        previous=FIRST,
        signer=adliya().seal,
        issuer="adliya.uz",
        at=AT + timedelta(minutes=5),
    )
    report = esign.verify(
        late.cms,
        trust=trust_of(adliya().agency),
        at=AT + timedelta(minutes=6),
        material=material_of(adliya().agency),
    )
    assert late.at == AT
    assert report.signatures[0].signing_time == AT + timedelta(minutes=5)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80))
def test_only_our_error_escapes_a_reader(octets: bytes) -> None:
    readers: tuple[Callable[[bytes], object], ...] = (
        evidence.statement,
        lambda o: evidence.read(o, trust=trust_of(adliya().agency), at=AT),
    )
    for read in readers:
        try:
            read(octets)
        except EvidenceError as e:
            assert e.code == "evidence-malformed"


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 100_000))
def test_a_truncated_record_is_malformed(length: int) -> None:
    cms = record().cms
    with pytest.raises(EvidenceError):
        evidence.read(cms[: length % len(cms)], trust=trust_of(adliya().agency), at=AT)


def changed(change: Callable[[dict[str, Any]], None]) -> bytes:
    content = json.loads(record().content)
    change(content)
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.pop("EventTime"),
        lambda c: c.update(ERDSEventId="SubmissionAcceptance"),
        lambda c: c.update(ERDSEventId="http://uri.etsi.org/19522/Event/Nothing"),
        lambda c: c.update(RecipientDetails=[CHANCERY]),
        lambda c: c.update(EventReasons=[{}]),
        lambda c: c["Extensions"].update(seq="1"),
        lambda c: c["Extensions"].update(details={"a": 1}),
    ],
)
def test_a_record_with_a_broken_field_is_malformed(change: Callable[[dict[str, Any]], None]) -> None:
    with pytest.raises(EvidenceError) as caught:
        evidence.statement(changed(change))
    assert caught.value.code == "evidence-malformed"


def test_a_detached_signature_is_no_record() -> None:
    signature = esign.sign(b"{}", adliya().seal, at=AT, detached=True)
    with pytest.raises(EvidenceError):
        evidence.read(signature or b"", trust=trust_of(adliya().agency), at=AT)


@pytest.mark.peer
def test_openssl_accepts_the_seal_of_a_record(tmp_path: Path) -> None:
    openssl = require("openssl")
    (tmp_path / "root.pem").write_bytes(adliya().agency.roots[0].pem)
    answer = run(
        [openssl, "cms", "-verify", "-inform", "DER", "-binary", "-CAfile", "root.pem"]
        + ["-attime", str(int(AT.timestamp()))],
        input=record().cms,
        cwd=tmp_path,
    )
    assert (answer.returncode, answer.stdout) == (0, record().content)


# --- the chain ---


def codes(records: list[EvidenceRecord]) -> tuple[list[str], int | None]:
    report = verify_chain(records)
    return [finding.code for finding in report.findings], report.broken


def test_an_unbroken_chain_has_no_findings() -> None:
    report = verify_chain(three())
    assert (report.count, report.findings, report.broken) == (3, (), None)


def test_an_empty_chain_is_unbroken() -> None:
    assert verify_chain([]).broken is None


def test_a_part_of_a_chain_is_verified_from_its_predecessor() -> None:
    assert verify_chain(three()[1:], first=2, previous=three()[0].hash).broken is None
    assert verify_chain(three()[1:]).broken == 2


def test_a_missing_record_is_named() -> None:
    found, broken = codes([three()[0], three()[2]])
    assert found == ["evidence-sequence-gap", "evidence-chain-broken"]
    assert broken == 3


def test_a_doubled_record_is_named() -> None:
    found, broken = codes([three()[0], three()[0], three()[1]])
    assert found[:2] == ["evidence-sequence-gap", "evidence-chain-broken"]
    assert broken == 1


def test_exchanged_records_are_named() -> None:
    assert codes([three()[0], three()[2], three()[1]])[1] == 3


def test_changed_content_is_named() -> None:
    forged = replace(three()[1], content=three()[1].content.replace(b"qabul", b"ombor"))
    found, broken = codes([three()[0], forged, three()[2]])
    assert found == ["evidence-hash-mismatch", "evidence-field-mismatch"]
    assert broken == 2


def test_content_and_hash_changed_together_break_the_next_link() -> None:
    content = three()[1].content.replace(b"qabul", b"ombor")
    forged = replace(three()[1], content=content, hash=hashlib.sha256(content).hexdigest())
    found, broken = codes([three()[0], forged, three()[2]])
    assert found == ["evidence-field-mismatch", "evidence-chain-broken"]
    assert broken == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("identifier", "other"),
        ("event", Event.CONTENT_HANDOVER),
        ("at", AT + timedelta(seconds=1)),
        ("message_key", MessageKey("K2")),
        ("message_id", "<2@adliya.uz>"),
    ],
)
def test_a_column_that_contradicts_the_seal_is_named(field: str, value: Any) -> None:
    changes: dict[str, Any] = {field: value}
    forged = replace(record(), **changes)
    report = verify_chain([forged])
    assert [dict(f.values)["field"] for f in report.findings] == [field]
    assert report.findings[0].code == "evidence-field-mismatch"
    assert report.broken == 1


def test_a_signature_over_another_record_is_named() -> None:
    forged = replace(three()[0], cms=three()[1].cms)
    report = verify_chain([forged])
    assert [dict(f.values)["field"] for f in report.findings] == ["content"]


def test_an_unreadable_record_is_named() -> None:
    content = b"{}"
    forged = replace(record(), content=content, hash=hashlib.sha256(content).hexdigest())
    assert codes([forged])[0] == ["evidence-malformed"]


def test_a_negative_event_without_a_reason_is_an_error() -> None:
    good = chain(draft(Event.RELAY_FAILURE))[0]
    octets = good.content.replace(b'[{"code":"unsigned-letter"}]', b"[]")
    cms = esign.sign(octets, adliya().seal, at=AT) or b""
    made = replace(good, content=octets, hash=hashlib.sha256(octets).hexdigest(), cms=cms)
    assert codes([made]) == (["evidence-reason-missing"], 1)


def test_time_that_runs_backwards_is_a_warning() -> None:
    records = chain(draft(), draft(Event.CONTENT_CONSIGNMENT, at=AT - timedelta(seconds=1)))
    report = verify_chain(records)
    assert [f.code for f in report.findings] == ["evidence-time-order"]
    assert report.findings[0].severity is Severity.WARNING
    assert report.broken is None


def test_equal_times_are_in_order() -> None:
    assert not verify_chain(chain(draft(), draft(Event.CONTENT_CONSIGNMENT))).findings


def test_a_second_outcome_that_contradicts_the_first_is_told() -> None:
    records = chain(draft(Event.RELAY_FAILURE), draft(Event.CONTENT_CONSIGNMENT))
    assert codes(records) == (["evidence-superseded"], None)


def test_outcomes_of_different_recipients_do_not_contradict() -> None:
    records = chain(draft(Event.RELAY_FAILURE), draft(Event.CONTENT_CONSIGNMENT, recipients=(TAX_ARCHIVE,)))
    assert codes(records) == ([], None)


# --- reports ---


CARRIAGE = Carriage(address("seal@soliq.uz"), address("seal@adliya.uz"), "mx.soliq.uz", "R1@mx.soliq.uz")


def reported(*drafts: EvidenceDraft) -> bytes:
    return evidence.report_message(chain(*drafts), CARRIAGE, signer=soliq().seal, at=AT)


def test_a_report_carries_its_records() -> None:
    raw = reported(draft(Event.RELAY_ACCEPTANCE), draft(Event.CONTENT_CONSIGNMENT))
    layers = smime.read(raw)
    assert layers.kind == "multipart-signed"
    assert not layers.findings
    assert layers.payload is not None and evidence.is_report(layers.payload)
    found = evidence.read_report(layers.payload)
    assert [evidence.statement(esign.attached_content(cms) or b"").draft.event for cms in found] == [
        Event.RELAY_ACCEPTANCE,
        Event.CONTENT_CONSIGNMENT,
    ]


def test_a_report_has_the_header_of_an_automatic_answer() -> None:
    header = smime.read(reported(draft(Event.RELAY_ACCEPTANCE))).layers[0].signed or b""
    assert b"From: seal@soliq.uz\r\n" in header
    assert b"To: seal@adliya.uz\r\n" in header
    assert b"Message-ID: <R1@mx.soliq.uz>\r\n" in header
    assert b"In-Reply-To: <1@adliya.uz>\r\n" in header
    assert b"Auto-Submitted: auto-replied\r\n" in header


def parts(raw: bytes) -> tuple[smime.Entity, ...]:
    payload = smime.read(raw).payload
    assert payload is not None
    return payload.parts()


def test_mail_servers_read_the_state_of_each_recipient() -> None:
    raw = reported(
        draft(Event.RELAY_ACCEPTANCE, recipients=(TAX, TAX_ARCHIVE)),
        draft(Event.CONTENT_CONSIGNMENT),
        draft(Event.CONTENT_CONSIGNMENT_FAILURE, recipients=(TAX_ARCHIVE,)),
    )
    status = parts(raw)[1]
    assert status.content_type.media_type == "message/delivery-status"
    assert status.body.split(b"\r\n\r\n") == [
        b"Reporting-MTA: dns; mx.soliq.uz",
        b"Final-Recipient: rfc822; qabul@soliq.uz\r\nAction: delivered\r\nStatus: 2.0.0",
        b"Final-Recipient: rfc822; arxiv@soliq.uz\r\nAction: failed\r\nStatus: 5.0.0\r\n",
    ]


def test_an_international_recipient_is_spelled_in_ascii() -> None:
    status = parts(reported(draft(Event.RELAY_ACCEPTANCE, recipients=("ғ@soliq.uz",))))[1]
    assert b"Final-Recipient: utf-8; \\x{493}@soliq.uz\r\nAction: relayed" in status.body


def test_people_read_the_event_in_four_languages() -> None:
    told = parts(reported(draft(Event.RELAY_REJECTION)))[0].content().decode()
    for text in CATALOGUE[TITLES[Event.RELAY_REJECTION]]:
        assert text in told
    assert "[unsigned-letter]" in told


def test_every_event_has_a_title() -> None:
    assert set(TITLES) == set(Event)
    assert all(code in CATALOGUE for code in TITLES.values())


def test_records_of_two_letters_are_not_reported_together() -> None:
    with pytest.raises(ValueError):
        reported(draft(Event.RELAY_ACCEPTANCE), draft(Event.RELAY_ACCEPTANCE, message_id="<2@adliya.uz>"))
    with pytest.raises(ValueError):
        reported()


@pytest.mark.parametrize(
    "entity",
    [
        b"Content-Type: text/plain\r\n\r\nSalom\r\n",
        b'Content-Type: multipart/report; boundary="b"\r\n\r\nno parts\r\n',
        b'Content-Type: multipart/report; boundary="b"\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n',
    ],
)
def test_what_carries_no_evidence_is_malformed(entity: bytes) -> None:
    with pytest.raises(EvidenceError) as caught:
        evidence.read_report(smime.Entity.read(entity))
    assert caught.value.code == "evidence-report-malformed"
