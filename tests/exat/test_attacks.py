"""What hostile letters, bundles and reports have once done: each case bears the name of its fault."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from esign import Certificate, CertificateList, cms, der, smime
from esign.algorithms import SHA256
from exat import evidence, mailbox
from exat.directory import Directory
from exat.evidence import Carriage
from exat.message import NamedAddress
from exat.pipeline import Outcome, relay_in, submit
from exat.records import (
    Agency,
    DeliveryState,
    Envelope,
    Event,
    EvidenceDraft,
    EvidenceRecord,
    Mailbox,
    MessageKey,
)
from exat.store import Store
from tests.exat.world import (
    ARCHIVE,
    AT,
    CHANCERY,
    TAX,
    address,
    adliya,
    clerk,
    context,
    envelope,
    everyone,
    here,
    native,
    ordinary,
    ordinary_header,
    peer,
    soliq,
    there,
)


def relayed(raw: bytes, sender: str = CHANCERY) -> Outcome:
    return relay_in(envelope(sender), raw, peer=peer(), context=context(there()))


# --- letters ---


@pytest.mark.parametrize(
    ("was", "becomes", "code"),
    [
        (f"From: {CHANCERY}", f"From: {ARCHIVE}", "from-differs"),
        (f"To: {TAX}", f"To: {TAX}, {ARCHIVE}", "outer-header-differs"),
        ("14:00:00 +0500", "14:00:01 +0500", "outer-header-differs"),
    ],
)
def test_envelope_that_calls_its_header_protected_vouches_for_no_other_header(
    was: str, becomes: str, code: str
) -> None:
    kind = b"Content-Type: application/pkcs7-mime;"
    closed = ordinary().replace(kind, kind + b" hp=clear;")
    whole = smime.wrap(closed, adliya().seal, at=AT)
    assert relayed(whole).reply.code == 250
    sender = ARCHIVE if code == "from-differs" else CHANCERY
    refused = relayed(whole.replace(was.encode(), becomes.encode(), 1), sender)
    assert (refused.reply.code, refused.reply.name) == (550, code)


def test_signature_without_signed_attributes_is_refused() -> None:
    officer = adliya().officer(CHANCERY).signer
    closed = ordinary()
    bare = cms.encode_signed_data(
        None,
        digest_algorithms=[SHA256.identifier],
        certificates=[officer.certificate, *officer.chain],
        signer_infos=[_bare_signer_info(closed)],
    )
    whole = smime.wrap(closed, officer, at=AT)
    part = smime.Entity.read(whole).parts()[1]
    leaf = smime.base64_leaf(b"Content-Type: application/pkcs7-signature\r\n", bare)
    refused = relayed(whole.replace(part.raw, leaf))
    assert relayed(whole).reply.code == 250
    assert (refused.reply.code, refused.reply.name) == (550, "signature-without-attributes")


def _bare_signer_info(content: bytes) -> bytes:
    """A signature over the content itself (RFC 5652 §5.4)."""
    signer = adliya().officer(CHANCERY).signer
    certificate = Certificate.load(signer.certificate)
    return der.sequence(
        der.integer(1),
        cms.issuer_and_serial(certificate),
        SHA256.identifier.encode(),
        signer.signature_scheme.identifier.encode(),
        der.octet_string(signer.sign(content)),
    )


@pytest.mark.parametrize("sign", ["@", "\N{FULLWIDTH COMMERCIAL AT}"])
def test_endless_display_name_is_judged_without_normalising_it(sign: str) -> None:
    marks = "\u0315\u0300" * 50_000
    assert NamedAddress(address(CHANCERY), f"boss{sign}b.uz {marks}").poses_as_another
    assert not NamedAddress(address(CHANCERY), marks).poses_as_another


# --- bundles ---


def with_list(agency: Agency, lines: bytes) -> Agency:
    """The agency with one more list of each of its authorities, of these lines, which none has signed."""
    more = []
    for crl in agency.crls:
        known = [field.raw for field in der.decode(crl.tbs).children()]
        body = der.sequence(*known[:5], der.sequence(lines), known[-1])
        more.append(
            CertificateList.load(
                der.sequence(body, crl.signature_algorithm.encode(), der.bit_string(crl.signature))
            )
        )
    return dataclasses.replace(agency, crls=(*agency.crls, *more))


def test_peer_whose_list_cannot_be_read_gets_no_letters_and_breaks_nothing() -> None:
    broken = with_list(soliq().agency, b"\x30\x03\x02\x05\x01")
    outcome = submit(
        envelope(), native(), user=clerk(), context=context(Directory(adliya().agency, (broken,)))
    )
    assert (outcome.reply.code, outcome.reply.name) == (550, "recipient-key-not-valid")


def posing() -> Agency:
    """The tax agency, which lists an officer of the justice ministry and its root as its own."""
    ours, theirs = adliya(), soliq().agency
    false = Mailbox(
        address("x@soliq.uz"), "x", theirs.mailboxes[0].encryption, (ours.officer(CHANCERY).authorised,)
    )
    return dataclasses.replace(
        theirs,
        mailboxes=(*theirs.mailboxes, false),
        roots=(*theirs.roots, *ours.agency.roots),
        intermediates=(*theirs.intermediates, *ours.agency.intermediates),
        crls=(*theirs.crls, *ours.agency.crls),
    )


def test_agency_cannot_pass_off_the_words_of_another_agencys_officer() -> None:
    directory = Directory(adliya().agency, (posing(),))
    signer = adliya().officer(CHANCERY).authorised.certificate
    assert [f.code for f in directory.findings] == ["signer-claimed-outside"]
    assert directory.signer(signer, address("x@soliq.uz")) is None
    assert directory.signer(signer, address(CHANCERY)) is not None
    assert [found.address for found in directory.signs_for(signer)] == [address(CHANCERY)]


def test_words_of_an_officer_sealed_by_another_agency_are_refused_at_opening() -> None:
    directory = Directory(adliya().agency, (posing(),))
    stolen = smime.open(ordinary(), [soliq().keys[TAX]]).inner
    assert stolen is not None
    header = ordinary_header("x@soliq.uz", (CHANCERY,))
    raw = smime.wrap(
        smime.message(header, smime.encrypt(stolen.root.raw, everyone(CHANCERY))), soliq().seal, at=AT
    )
    key = adliya().keys[CHANCERY]
    reading = mailbox.open_letter(raw, address(CHANCERY), [key], directory, at=AT)
    assert reading.decision.code == "inner-signer-not-authorised"


# --- evidence of peers ---


def sealed(**changes: object) -> EvidenceRecord:
    """A record of the tax agency on the letter `<same@adliya.uz>`."""
    draft = EvidenceDraft(
        event=Event.CONTENT_HANDOVER,
        at=AT,
        message_key=MessageKey("R"),
        message_id="<same@adliya.uz>",
        sender=CHANCERY,
        recipients=(TAX,),
        digest="f" * 64,
        size=1,
    )
    return evidence.seal(
        dataclasses.replace(draft, **changes),  # type: ignore[arg-type]
        sequence=1,
        previous=evidence.FIRST,
        signer=soliq().seal,
        issuer="soliq.uz",
    )


def reported(record: EvidenceRecord) -> Outcome:
    carriage = Carriage(address("seal@soliq.uz"), address("seal@adliya.uz"), "mx.soliq.uz", "r@mx.soliq.uz")
    raw = evidence.report_message([record], carriage, signer=soliq().seal, at=AT)
    to_seal = Envelope(None, (address("seal@adliya.uz"),))
    return relay_in(to_seal, raw, peer=peer("soliq.uz"), context=context(here()))


def test_evidence_without_a_recipient_is_refused() -> None:
    assert reported(sealed()).reply.code == 250
    assert reported(sealed(recipients=())).reply.name == "evidence-issuer-mismatch"


def test_evidence_of_what_has_not_happened_yet_is_refused() -> None:
    assert reported(sealed(at=AT + timedelta(minutes=4))).reply.code == 250
    assert reported(sealed(at=AT + timedelta(minutes=6))).reply.name == "evidence-from-future"


def test_evidence_on_a_borrowed_message_id_moves_only_its_own_letter(tmp_path: Path) -> None:
    borrower = adliya().officer(ARCHIVE).signer
    letters = {
        "V": (CHANCERY, native(message_id="<same@adliya.uz>")),
        "M": (
            ARCHIVE,
            native(
                sender=ARCHIVE,
                author=borrower,
                keys=everyone(TAX, ARCHIVE),
                message_id="<same@adliya.uz>",
            ),
        ),
    }

    def seal(draft: EvidenceDraft, sequence: int, previous: str) -> EvidenceRecord:
        return evidence.seal(
            draft, sequence=sequence, previous=previous, signer=adliya().seal, issuer="adliya.uz"
        )

    with Store.create(tmp_path) as store:
        for key, (sender, raw) in letters.items():
            outcome = submit(envelope(sender), raw, user=clerk(sender), context=context(key=key))
            store.commit(outcome.effects, seal=seal).result()
        digest = store.letter("M").digest
        store.commit(reported(sealed(digest=digest)).effects).result()
        states = {
            letter.key: letter.deliveries[0].state for letter in store.trace("<same@adliya.uz>").letters
        }
    assert states == {"V": DeliveryState.QUEUED, "M": DeliveryState.HANDED_OVER}
