"""Evidence of what happened to a letter: made, sealed, chained, read back and judged.

A record is canonical JSON with the names of EN 319 522-3, signed inside a CAdES signature by the
agency's seal, and bound to the record before it by hash. Nothing is stored here: the store calls `seal`
inside the transaction of the change that the record attests.

    record = seal(draft, sequence=1, previous=FIRST, signer=seal_signer, issuer="adliya.uz")
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final

import esign
from esign import Certificate, EsignError, Finding, Report, Severity, Signer, Trust, smime
from exat import canonical
from exat.address import Address
from exat.canonical import Fields, MalformedJSON
from exat.errors import ExatError
from exat.language import CATALOGUE, LANGUAGES, text
from exat.records import Event, EvidenceDraft, EvidenceRecord, MessageKey

VERSION: Final = "EN319522v1.2.1"
EVENT_URI: Final = "http://uri.etsi.org/19522/Event/"
SHA256_URI: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
FIRST: Final = "0" * 64
"""What the first record of a chain has as the hash of the one before it."""
MAX_RECORD: Final = 1024 * 1024

NEGATIVE: Final = frozenset(
    {
        Event.SUBMISSION_REJECTION,
        Event.RELAY_REJECTION,
        Event.RELAY_FAILURE,
        Event.CONTENT_CONSIGNMENT_FAILURE,
        Event.CONTENT_HANDOVER_FAILURE,
    }
)
"""Events that must bear a reason (EN 319 522-2 cl. 8)."""
_OUTCOMES: Final = {
    Event.CONTENT_CONSIGNMENT: True,
    Event.CONTENT_HANDOVER: True,
    Event.RELAY_REJECTION: False,
    Event.RELAY_FAILURE: False,
    Event.CONTENT_CONSIGNMENT_FAILURE: False,
}
"""Events that end a letter's way to a recipient, well or not."""


MEDIA_TYPE: Final = "application/exat-evidence+cms"
MAX_REPORTED: Final = 100
TITLES: Final = {
    Event.SUBMISSION_ACCEPTANCE: "event-submission-acceptance",
    Event.SUBMISSION_REJECTION: "event-submission-rejection",
    Event.RELAY_ACCEPTANCE: "event-relay-acceptance",
    Event.RELAY_REJECTION: "event-relay-rejection",
    Event.RELAY_FAILURE: "event-relay-failure",
    Event.CONTENT_CONSIGNMENT: "event-content-consignment",
    Event.CONTENT_CONSIGNMENT_FAILURE: "event-content-consignment-failure",
    Event.CONTENT_HANDOVER: "event-content-handover",
    Event.CONTENT_HANDOVER_FAILURE: "event-content-handover-failure",
}
"""The codes of what each event is called in the four languages."""


class EvidenceError(ExatError):
    """A record or a report of evidence that cannot be read."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a record says: the event, its place in the chain, who issued it.

    `certificate` is the SHA-256 of the seal's certificate, in hex.
    """

    identifier: str
    issuer: str
    certificate: str
    sequence: int
    previous: str
    draft: EvidenceDraft


def seal(
    draft: EvidenceDraft,
    *,
    sequence: int,
    previous: str,
    signer: Signer,
    issuer: str,
    at: datetime | None = None,
) -> EvidenceRecord:
    """The record of `draft` at its place in the chain of the agency `issuer`, signed by its seal.

    `sequence` counts from 1, `previous` is the hash of the record before it or `FIRST`. `at` is when it is
    sealed; the time of the event when None.

    Raises:
        ValueError: a negative event without a reason (a programmer's mistake).
    """
    if draft.event in NEGATIVE and not draft.reasons:
        raise ValueError(f"{draft.event.value} without a reason")
    certificate = Certificate.load(signer.certificate).fingerprint
    place = f"{issuer}/{sequence}/{previous}/{draft.message_key}/{draft.event.value}"
    identifier = f"{issuer}/{sequence}/{hashlib.sha256(place.encode()).hexdigest()[:16]}"
    statement = Statement(identifier, issuer, certificate, sequence, previous, draft)
    content = canonical.write(_to_json(statement))
    cms = esign.sign(content, signer, at=at or draft.at) or b""
    return _record(statement, content, cms)


def _to_json(statement: Statement) -> dict[str, object]:
    draft = statement.draft
    return {
        "version": VERSION,
        "EvidenceIdentifier": statement.identifier,
        "ERDSEventId": EVENT_URI + draft.event.value,
        "EventTime": canonical.instant(draft.at),
        "EventReasons": [{"code": code} for code in draft.reasons],
        "EvidenceIssuerDetails": {
            "Identity": statement.issuer,
            "CertificateDetails": {"DigestMethod": SHA256_URI, "DigestValue": statement.certificate},
        },
        "SenderDetails": {"Identifier": draft.sender},
        "RecipientDetails": [{"Identifier": recipient} for recipient in draft.recipients],
        "MessageIdentifier": draft.message_key,
        "UserContentInfo": {
            "AppLayerIdentifier": draft.message_id,
            "DigestMethod": SHA256_URI,
            "DigestValue": draft.digest,
            "Size": draft.size,
        },
        "Extensions": {
            "seq": statement.sequence,
            "prev_hash": statement.previous,
            "details": dict(draft.details),
        },
    }


def _record(statement: Statement, content: bytes, cms: bytes) -> EvidenceRecord:
    draft = statement.draft
    return EvidenceRecord(
        identifier=statement.identifier,
        sequence=statement.sequence,
        event=draft.event,
        at=draft.at,
        message_key=draft.message_key,
        message_id=draft.message_id,
        previous=statement.previous,
        hash=hashlib.sha256(content).hexdigest(),
        content=content,
        cms=cms,
    )


def statement(content: bytes) -> Statement:
    """What a record says, from its JSON; nothing is verified.

    Raises:
        EvidenceError: `evidence-malformed`.
    """
    try:
        return _from_json(canonical.read(content, limit=MAX_RECORD))
    except MalformedJSON as e:
        raise _malformed(f"{e.message}, in {e.where}" if e.where else e.message) from e


def _from_json(fields: Fields) -> Statement:
    issuer, letter = fields.fields("EvidenceIssuerDetails"), fields.fields("UserContentInfo")
    extensions = fields.fields("Extensions")
    draft = EvidenceDraft(
        event=_event(fields.text("ERDSEventId")),
        at=fields.instant("EventTime"),
        message_key=MessageKey(fields.text("MessageIdentifier")),
        message_id=letter.text("AppLayerIdentifier"),
        sender=fields.fields("SenderDetails").text("Identifier"),
        recipients=tuple(item.text("Identifier") for item in fields.each("RecipientDetails")),
        digest=letter.text("DigestValue"),
        size=letter.number("Size"),
        reasons=tuple(item.text("code") for item in fields.each("EventReasons")),
        details=_details(extensions.fields("details")),
    )
    return Statement(
        identifier=fields.text("EvidenceIdentifier"),
        issuer=issuer.text("Identity"),
        certificate=issuer.fields("CertificateDetails").text("DigestValue"),
        sequence=extensions.number("seq"),
        previous=extensions.text("prev_hash"),
        draft=draft,
    )


def _details(fields: Fields) -> tuple[tuple[str, str], ...]:
    return tuple((name, fields.text(name)) for name in fields.values)


def _event(uri: str) -> Event:
    name = uri.removeprefix(EVENT_URI)
    found = {event.value: event for event in Event}.get(name)
    if found is None or name == uri:
        raise _malformed("found an event that is not known")
    return found


def read(
    cms: bytes, *, trust: Trust, at: datetime, material: Iterable[bytes] = ()
) -> tuple[EvidenceRecord, Report]:
    """A record from its signature, with the verdict on the seal at `at`.

    `material` are certificates and CRLs, PEM or DER. The record says what it says whatever the verdict: look
    at the report before relying on it. Whether the signer is the seal of the agency that the record names is
    for the caller to compare.

    Raises:
        EvidenceError: `evidence-malformed`.
    """
    try:
        content = esign.attached_content(cms)
    except EsignError as e:
        raise _malformed(e.message) from e
    if content is None:
        raise _malformed("found a signature without the record in it")
    record = _record(statement(content), content, cms)
    return record, esign.verify(cms, trust=trust, at=at, material=material)


# --- the chain ---


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What was found in a chain of records; `broken` is the sequence of the first record with an error."""

    count: int
    findings: tuple[Finding, ...] = ()
    broken: int | None = None


def verify_chain(records: Sequence[EvidenceRecord], *, first: int = 1, previous: str = FIRST) -> ChainReport:
    """Whether `records`, in stored order, are one unbroken chain.

    It begins at the sequence `first`, after the hash `previous`. Looks at content, place and rules of each
    record. The signatures are judged one by one with `read`.
    """
    findings: list[Finding] = []
    broken: int | None = None
    expected, sequence = previous, first
    last_at: datetime | None = None
    outcomes: dict[tuple[str, str], bool] = {}
    for record in records:
        found = [*_place(record, sequence, expected), *_contents(record), *_times(record, last_at)]
        found += _superseded(record, outcomes)
        findings += found
        if broken is None and any(f.severity is Severity.ERROR for f in found):
            broken = record.sequence
        expected, sequence, last_at = record.hash, record.sequence + 1, record.at
    return ChainReport(len(records), tuple(findings), broken)


def _place(record: EvidenceRecord, sequence: int, previous: str) -> Iterator[Finding]:
    if record.sequence != sequence:
        yield Finding.error("evidence-sequence-gap", found=record.sequence, wanted=sequence)
    if record.previous != previous:
        yield Finding.error("evidence-chain-broken", sequence=record.sequence)


def _contents(record: EvidenceRecord) -> Iterator[Finding]:
    """The record's own hash, its signed octets, and the columns that repeat what stands in them."""
    found = hashlib.sha256(record.content).hexdigest()
    if found != record.hash:
        yield Finding.error("evidence-hash-mismatch", sequence=record.sequence, found=found)
    try:
        said = statement(record.content)
        signed = esign.attached_content(record.cms)
    except (EvidenceError, EsignError) as e:
        yield Finding.error("evidence-malformed", where=str(record.sequence), found=e.message)
        return
    if signed != record.content:
        yield Finding.error("evidence-field-mismatch", sequence=record.sequence, field="content")
    again = _record(said, record.content, record.cms)
    for name in ("identifier", "sequence", "event", "at", "message_key", "message_id", "previous"):
        if getattr(again, name) != getattr(record, name):
            yield Finding.error("evidence-field-mismatch", sequence=record.sequence, field=name)
    if said.draft.event in NEGATIVE and not said.draft.reasons:
        yield Finding.error("evidence-reason-missing", sequence=record.sequence, event=said.draft.event.value)


def _times(record: EvidenceRecord, last: datetime | None) -> Iterator[Finding]:
    """An event may be sealed late, so that time running backwards is worth a look and no error."""
    if last is not None and record.at < last:
        yield Finding.warning(
            "evidence-time-order",
            sequence=record.sequence,
            found=canonical.instant(record.at),
            known=canonical.instant(last),
        )


def _superseded(record: EvidenceRecord, outcomes: dict[tuple[str, str], bool]) -> Iterator[Finding]:
    """A second final outcome that contradicts the first is kept and told, and changes nothing."""
    outcome = _OUTCOMES.get(record.event)
    if outcome is None:
        return
    try:
        recipients = statement(record.content).draft.recipients
    except EvidenceError:
        return
    for recipient in recipients:
        if outcomes.setdefault((record.message_key, recipient), outcome) is not outcome:
            yield Finding.warning(
                "evidence-superseded",
                sequence=record.sequence,
                event=record.event.value,
                recipient=recipient,
            )


# --- reports: how records travel ---


@dataclass(frozen=True, slots=True)
class Carriage:
    """Who reports to whom: `reporter` is the seal's address, `node` the DNS name.

    `identifier` becomes the Message-ID and is without its angle brackets.
    """

    reporter: Address
    recipient: Address
    node: str
    identifier: str


def report_message(
    records: Sequence[EvidenceRecord], carriage: Carriage, *, signer: Signer, at: datetime
) -> bytes:
    """A letter that carries `records` of one letter: multipart/report under the outer signature of the seal.

    People read its text, a mail server its delivery status (RFC 6522 §3), and a node the records themselves.

    Raises:
        ValueError: no record, over 100, or records of several letters (a programmer's mistake).
        EsignError: `header-unsafe` when a record cannot stand in a header.
    """
    said = [statement(record.content).draft for record in records]
    if not 0 < len(said) <= MAX_REPORTED or len({draft.message_id for draft in said}) != 1:
        raise ValueError("wanted 1 to 100 records of one letter")
    reported = smime.multipart(
        "report",
        (_told(said), _status(said, carriage.node), *(_carried(record) for record in records)),
        header=b"MIME-Version: 1.0\r\n",
        parameters={"report-type": "delivery-status"},
    )
    return smime.wrap(_report_header(said, carriage, at) + reported, signer, at=at)


def _report_header(said: Sequence[EvidenceDraft], carriage: Carriage, at: datetime) -> bytes:
    events = ", ".join(dict.fromkeys(draft.event.value for draft in said))
    return b"".join(
        (
            _address_field("From", carriage.reporter),
            _address_field("To", carriage.recipient),
            smime.text_field("Subject", f"Evidence: {events}"),
            smime.field("Date", format_datetime(at)),
            smime.field("Message-ID", f"<{carriage.identifier}>"),
            smime.field("In-Reply-To", said[0].message_id) if said[0].message_id else b"",
            smime.field("Auto-Submitted", "auto-replied"),
        )
    )


def _address_field(name: str, address: Address) -> bytes:
    """An address needs no folding; it may hold UTF-8 (RFC 6532 §3.2) and, being checked, no line end."""
    return f"{name}: {address}\r\n".encode()


def _told(said: Sequence[EvidenceDraft]) -> bytes:
    """The part that people read: each event in the four languages."""
    lines = []
    for language in LANGUAGES:
        for draft in said:
            lines.append(text(TITLES[draft.event], language))
            lines.append(f"  {canonical.instant(draft.at)}  {draft.message_id}")
            lines += [f"  {recipient}" for recipient in draft.recipients]
            lines += [f"  {_reason(code, language)}" for code in draft.reasons]
        lines.append("")
    header = smime.field("Content-Type", "text/plain; charset=utf-8")
    return smime.base64_leaf(header, "\r\n".join(lines).encode())


def _reason(code: str, language: str) -> str:
    """The message of a reason and its code; a message with gaps is left out, for a record has no values."""
    template = CATALOGUE[code].in_language(language) if code in CATALOGUE else "{}"
    return f"[{code}]" if "{" in template else f"{template} [{code}]"


def _status(said: Sequence[EvidenceDraft], node: str) -> bytes:
    """The part that mail servers read (RFC 3464 §2); each recipient by its last event."""
    last = {recipient: draft.event for draft in said for recipient in draft.recipients}
    groups = [smime.field("Reporting-MTA", f"dns; {node}")]
    for recipient, event in last.items():
        action, status = (
            ("failed", "5.0.0") if event in NEGATIVE else _ACTIONS.get(event, ("relayed", "2.0.0"))
        )
        kind = "rfc822" if recipient.isascii() else "utf-8"
        groups.append(
            smime.field("Final-Recipient", f"{kind}; {_in_ascii(recipient)}")
            + smime.field("Action", action)
            + smime.field("Status", status)
        )
    return smime.field("Content-Type", "message/delivery-status") + b"\r\n" + b"\r\n".join(groups)


_ACTIONS: Final = {
    Event.CONTENT_CONSIGNMENT: ("delivered", "2.0.0"),
    Event.CONTENT_HANDOVER: ("delivered", "2.0.0"),
}


def _in_ascii(recipient: str) -> str:
    r"""Characters outside ASCII as `\x{...}` (RFC 6533 §3)."""
    return "".join(c if c.isascii() else f"\\x{{{ord(c):X}}}" for c in recipient)


def _carried(record: EvidenceRecord) -> bytes:
    header = smime.field("Content-Type", MEDIA_TYPE)
    return smime.base64_leaf(header + smime.field("Content-Disposition", "attachment"), record.cms)


def is_report(message: smime.Entity) -> bool:
    """The entity (what stands below the outer signature) carries evidence, or says that it does."""
    return message.content_type.media_type == "multipart/report"


def read_report(message: smime.Entity) -> tuple[bytes, ...]:
    """The signed records (CMS) that a report carries; `read` asks whose they are and whether they hold.

    Raises:
        EvidenceError: `evidence-report-malformed`.
    """
    if not is_report(message):
        raise _malformed_report("found no multipart/report")
    try:
        parts = [part for part in message.parts() if part.content_type.media_type == MEDIA_TYPE]
        if not 0 < len(parts) <= MAX_REPORTED:
            raise _malformed_report(f"found {len(parts)} records, wanted 1 to {MAX_REPORTED}")
        return tuple(part.content() for part in parts)
    except EsignError as e:
        raise _malformed_report(e.message) from e


def _malformed(found: str) -> EvidenceError:
    return EvidenceError("evidence-malformed", found, values={"found": found})


def _malformed_report(found: str) -> EvidenceError:
    return EvidenceError("evidence-report-malformed", found, values={"found": found})
