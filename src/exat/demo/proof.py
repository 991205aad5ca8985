"""The evidence of both nodes, verified as an outsider would: the chain, and each seal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from esign import Indication, Severity
from exat import evidence
from exat.demo.narration import Act, Words
from exat.demo.refusals import Refused
from exat.demo.scene import Side
from exat.directory import material_of, trust_of
from exat.evidence import TITLES
from exat.records import Agency, Event, EvidenceRecord

AT_AUTHOR: Final = (Event.SUBMISSION_ACCEPTANCE,)
AT_READER: Final = (Event.RELAY_ACCEPTANCE, Event.CONTENT_CONSIGNMENT, Event.CONTENT_HANDOVER)


@dataclass(frozen=True, slots=True)
class Journey:
    """A letter that arrived: its Message-ID, and what was refused beside it."""

    message_id: str
    refused: Sequence[Refused]


def verify_evidence(this: Act, author: Side, reader: Side, journey: Journey, *, at: datetime) -> None:
    """Verify the chains of both nodes and that they tell all that happened, and nothing else of the letter.

    Raises:
        DemoFailed: a chain is broken, a seal does not hold, an event is missing.
    """
    for side, wanted in ((author, AT_AUTHOR), (reader, AT_READER)):
        records = side.home.store.evidence()
        _verify_chain(this, side, records)
        for record in records:
            _verify_seal(this, record.cms, side.agency, at=at)
        of_letter = [record for record in records if record.message_id == journey.message_id]
        this.expect(list(wanted), [record.event for record in of_letter], f"events at {side.part.domain}")
        this.say("demo-chain-holds", agency=side.part.name, count=len(records))
        _tell(this, of_letter)
    _verify_told(this, author, reader, journey, at=at)
    _verify_rejections(this, author, reader, journey.refused)


def _verify_chain(this: Act, side: Side, records: Sequence[EvidenceRecord]) -> None:
    report = evidence.verify_chain(records)
    errors = [finding.code for finding in report.findings if finding.severity is Severity.ERROR]
    this.expect([], errors, f"errors in the chain of {side.part.domain}")
    this.expect(None, report.broken, f"the first broken record of {side.part.domain}")


def _verify_seal(this: Act, cms: bytes, agency: Agency, *, at: datetime) -> EvidenceRecord:
    record, report = evidence.read(cms, trust=trust_of(agency), at=at, material=material_of(agency))
    this.expect(Indication.TOTAL_PASSED, report.indication, f"the seal under {record.identifier}")
    sealers = [s.certificate.raw for s in report.signatures if s.certificate is not None]
    this.expect(True, sealers == [agency.seal.raw], f"{record.identifier} is sealed by {agency.domain}")
    return record


def _tell(this: Act, records: Sequence[EvidenceRecord]) -> None:
    for record in records:
        this.say("demo-event", title=Words(TITLES[record.event]), event=record.event.value, at=record.at)


def _verify_told(this: Act, author: Side, reader: Side, journey: Journey, *, at: datetime) -> None:
    """What the reader's node has told the author's node, under the reader's seal."""
    told = author.home.store.trace(journey.message_id).foreign_evidence
    this.expect(list(AT_READER), [found.event for found in told], f"evidence told to {author.part.domain}")
    for found in told:
        record = _verify_seal(this, found.cms, reader.agency, at=at)
        this.expect(journey.message_id, record.message_id, "the letter that the evidence speaks of")
    this.say("demo-told", agency=author.part.name, peer=reader.part.name, count=len(told))


def _verify_rejections(this: Act, author: Side, reader: Side, refused: Sequence[Refused]) -> None:
    known = {
        (record.event, record.message_id): evidence.statement(record.content).draft.reasons
        for side in (author, reader)
        for record in side.home.store.evidence()
    }
    for each in refused:
        reasons = known.get((each.event, each.letter.message_id), ())
        this.expect(True, each.reason.code in reasons, f"evidence of the refusal {each.name}")
    this.say("demo-rejections-attested", count=len(refused))
