"""What became of letters: `exat queue list`, `exat trace`, `exat evidence show` and `verify`."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import click

from esign import Finding, Indication, Severity
from esign.io.clock import now
from exat import evidence as proof
from exat.directory import is_seal_of, material_of, trust_of
from exat.evidence import TITLES, verify_chain
from exat.language import text as mail_text
from exat.records import Agency, EvidenceRecord
from exat.store import Trace, Waiting
from exat_cli.failures import Exit, Failure
from exat_cli.homes import home_option, opened
from exat_cli.options import at_option, speaks
from exat_cli.output import Output

_GRAVITY: Final = {Indication.TOTAL_PASSED: 0, Indication.INDETERMINATE: 1, Indication.TOTAL_FAILED: 2}
_ENDS: Final = (Exit.DONE, Exit.INDETERMINATE, Exit.REFUSED)


@click.command(name="list")
@home_option
@speaks
def list_queue(output: Output, folder: str) -> None:
    """Show what waits, for whom, since when, and what the peer last said.

    \b
    exat queue list --home adliya
    """
    with opened(folder) as home:
        found = [_waiting(row) for row in home.store.queue()]
    words = "\n".join("  ".join(str(value) for value in row.values()) for row in found)
    output.result("queue", {"queue": found}, words or output.words("queue-empty"))


@click.command()
@click.argument("reference", metavar="ID")
@home_option
@speaks
def trace(output: Output, reference: str, folder: str) -> None:
    """Tell the whole life of a letter, by its ID or its Message-ID, in the order of time.

    \b
    exat trace 5d41402abc4b2a76b971 --home adliya
    """
    with opened(folder) as home:
        found = home.store.trace(reference)
    if not (found.letters or found.evidence or found.foreign_evidence):
        raise Failure("letter-not-known", Exit.USAGE, key=reference)
    rows = sorted(_trail(output, found), key=lambda row: str(row["at"]))
    words = "\n".join(_trail_line(row) for row in rows)
    output.result("trace", {"reference": reference, "trail": rows}, words)


@click.command()
@click.argument("reference", metavar="[ID]", required=False)
@home_option
@speaks
def show(output: Output, reference: str | None, folder: str) -> None:
    """Show the records of one letter, or all of them.

    \b
    exat evidence show 5d41402abc4b2a76b971 --home adliya
    """
    with opened(folder) as home:
        records = home.store.evidence(reference)
    shown = [{"sequence": r.sequence, "hash": r.hash, "record": json.loads(r.content)} for r in records]
    words = "\n".join(_record_line(output, record) for record in records)
    output.result("evidence", {"records": shown}, words or output.words("no-evidence"))


@click.command()
@home_option
@at_option
@speaks
@click.pass_context
def verify(ctx: click.Context, output: Output, folder: str, at: datetime | None) -> None:
    """Check the whole chain: every record in its place, unchanged, and sealed by the agency.

    Exit: 0 whole, 1 broken or not validly sealed, 3 when a seal cannot be confirmed.

    \b
    exat evidence verify --home adliya
    """
    moment = at or now()
    with opened(folder) as home:
        records, own = home.store.evidence(), home.own()
    chain = verify_chain(records)
    verdicts = [_judge(record, own, moment) for record in records]
    broken = any(finding.severity is Severity.ERROR for finding in chain.findings)
    worst = max([2 if broken else 0, *(_GRAVITY[found] for _, found, _ in verdicts)])
    findings = [*chain.findings, *(f for _, found, why in verdicts if _GRAVITY[found] for f in why)]
    content = {
        "indication": list(_GRAVITY)[worst].value,
        "records": len(records),
        "broken_at": chain.broken,
        "findings": [{**finding.to_dict(), "message": output.explained(finding)} for finding in findings],
        "seals": [{"sequence": number, "indication": found.value} for number, found, _ in verdicts],
    }
    codes = ("evidence-whole", "evidence-unconfirmed", "evidence-broken")
    output.result("evidence-verify", content, output.words(codes[worst], count=len(records)))
    output.talk_of(dict.fromkeys(findings))
    ctx.exit(_ENDS[worst])


def _judge(record: EvidenceRecord, own: Agency, at: datetime) -> tuple[int, Indication, tuple[Finding, ...]]:
    """The verdict on the seal of one record; whoever else signed, it is not the agency's."""
    try:
        _, report = proof.read(record.cms, trust=trust_of(own), at=at, material=material_of(own))
    except proof.EvidenceError as e:
        finding = Finding.error(e.code, where=str(record.sequence), found=e.message)
        return record.sequence, Indication.TOTAL_FAILED, (finding,)
    why = tuple(
        f for signature in report.signatures for f in signature.findings if f.severity is Severity.ERROR
    )
    certificates = [s.certificate for s in report.signatures]
    if not certificates or any(c is None or not is_seal_of(c, own.domain) for c in certificates):
        values = {"identifier": record.identifier, "found": own.domain}
        return record.sequence, Indication.TOTAL_FAILED, (Finding.error("evidence-untrusted", **values),)
    return record.sequence, report.indication, (*why, *report.findings)


def _waiting(row: Waiting) -> dict[str, Any]:
    return {
        "id": row.key,
        "domain": row.domain,
        "recipients": [str(recipient) for recipient in row.recipients],
        "attempts": row.attempts,
        "queued_at": row.queued_at.isoformat(),
        "next_at": row.next_at.isoformat(),
        "last_reply": row.last_reply,
    }


def _trail(output: Output, found: Trace) -> Iterator[dict[str, Any]]:
    for letter in found.letters:
        yield {"at": letter.received_at.isoformat(), "what": "letter", "id": letter.key, "size": letter.size}
    for delivery in found.deliveries:
        yield {
            "at": delivery.changed_at.isoformat(),
            "what": "delivery",
            "recipient": str(delivery.recipient),
            "state": delivery.state.value,
            "reply": delivery.reply,
        }
    for record in found.evidence:
        yield {
            "at": record.at.isoformat(),
            "what": "evidence",
            "event": record.event.value,
            "sequence": record.sequence,
            "words": mail_text(TITLES[record.event], output.language),
        }
    for foreign in found.foreign_evidence:
        yield {
            "at": foreign.taken_at.isoformat(),
            "what": "evidence-of-peer",
            "event": foreign.event.value,
            "domain": foreign.domain,
            "words": mail_text(TITLES[foreign.event], output.language),
        }


def _trail_line(row: dict[str, Any]) -> str:
    at, what = str(row["at"])[:19].replace("T", " "), row["what"]
    if what == "letter":
        return f"{at}  {row['id']}  {row['size']}"
    if what == "delivery":
        return f"{at}  {row['recipient']}: {row['state']}  {row['reply']}".rstrip()
    place = row.get("domain") or f"#{row['sequence']}"
    return f"{at}  {row['event']}  {place}: {row['words']}"


def _record_line(output: Output, record: EvidenceRecord) -> str:
    said = json.loads(record.content)
    people = ", ".join(recipient["Identifier"] for recipient in said["RecipientDetails"])
    reasons = "".join(f" [{reason['code']}]" for reason in said["EventReasons"])
    title = mail_text(TITLES[record.event], output.language)
    at = record.at.isoformat(" ", "seconds")
    return f"{record.sequence}  {at}  {record.event.value}: {title}; {people}{reasons}"
