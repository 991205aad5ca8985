"""Reports in words: for a clerk the verdict, the reason and what to do; then every finding.

The standard's own word and the code stand in brackets, in every language the same.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from esign import cades
from esign.findings import Finding, Indication, Severity, SubIndication
from esign.language import text
from esign.language.words import printable
from esign.x509 import Certificate

if TYPE_CHECKING:
    from esign.material import Need
    from esign.validation.report import (
        PathReport,
        Report,
        RevocationStatus,
        SignatureReport,
        Subject,
        TimeStampReport,
    )

_VERDICTS: Final = {
    Indication.TOTAL_PASSED: "verdict-valid",
    Indication.PASSED: "verdict-valid",
    Indication.INDETERMINATE: "verdict-unconfirmed",
    Indication.TOTAL_FAILED: "verdict-invalid",
    Indication.FAILED: "verdict-invalid",
}
_STAMPS: Final = {
    "content": "stamp-content",
    "signature": "stamp-signature",
    "references": "stamp-references",
    "archive": "stamp-archive",
    "evidence-record": "stamp-evidence-record",
    "document": "stamp-document",
}
# The reason and the advice for each sub-indication that the procedures give.
_WORDS: Final = {
    SubIndication.FORMAT_FAILURE: ("reason-format-failure", "advice-format-failure"),
    SubIndication.HASH_FAILURE: ("reason-hash-failure", "advice-hash-failure"),
    SubIndication.SIG_CRYPTO_FAILURE: ("reason-sig-crypto-failure", "advice-sig-crypto-failure"),
    SubIndication.REVOKED: ("reason-revoked", "advice-revoked"),
    SubIndication.EXPIRED: ("reason-expired", "advice-expired"),
    SubIndication.NOT_YET_VALID: ("reason-not-yet-valid", "advice-not-yet-valid"),
    SubIndication.CHAIN_CONSTRAINTS_FAILURE: (
        "reason-chain-constraints-failure",
        "advice-chain-constraints-failure",
    ),
    SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE: (
        "reason-certificate-chain-general-failure",
        "advice-certificate-chain-general-failure",
    ),
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: (
        "reason-crypto-constraints-failure-no-poe",
        "advice-crypto-constraints-failure-no-poe",
    ),
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND: (
        "reason-no-signing-certificate-found",
        "advice-no-signing-certificate-found",
    ),
    SubIndication.NO_CERTIFICATE_CHAIN_FOUND: (
        "reason-no-certificate-chain-found",
        "advice-no-certificate-chain-found",
    ),
    SubIndication.REVOKED_NO_POE: ("reason-revoked-no-poe", "advice-revoked-no-poe"),
    SubIndication.REVOKED_CA_NO_POE: ("reason-revoked-ca-no-poe", "advice-revoked-ca-no-poe"),
    SubIndication.OUT_OF_BOUNDS_NO_POE: ("reason-out-of-bounds-no-poe", "advice-out-of-bounds-no-poe"),
    SubIndication.TRY_LATER: ("reason-try-later", "advice-try-later"),
    SubIndication.SIGNED_DATA_NOT_FOUND: ("reason-signed-data-not-found", "advice-signed-data-not-found"),
    SubIndication.OUT_OF_BOUNDS_NOT_REVOKED: (
        "reason-out-of-bounds-not-revoked",
        "advice-out-of-bounds-not-revoked",
    ),
    SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE: (
        "reason-revocation-out-of-bounds-no-poe",
        "advice-revocation-out-of-bounds-no-poe",
    ),
    SubIndication.NO_POE: (
        "reason-no-poe",
        "advice-no-poe",
    ),
    SubIndication.SIGNATURE_POLICY_NOT_AVAILABLE: (
        "reason-signature-policy-not-available",
        "advice-signature-policy-not-available",
    ),
    SubIndication.POLICY_PROCESSING_ERROR: (
        "reason-policy-processing-error",
        "advice-policy-processing-error",
    ),
    SubIndication.TIMESTAMP_ORDER_FAILURE: (
        "reason-timestamp-order-failure",
        "advice-timestamp-order-failure",
    ),
    SubIndication.SIG_CONSTRAINTS_FAILURE: (
        "reason-sig-constraints-failure",
        "advice-sig-constraints-failure",
    ),
}
_OTHER: Final = ("reason-other", "advice-other")
_CRYPTO: Final = {
    "valid": "crypto-valid",
    "invalid": "crypto-invalid",
    "not-checked": "crypto-not-checked",
}
_STATES: Final = {
    "good": "state-good",
    "revoked": "state-revoked",
    "undetermined": "state-undetermined",
}
_COMMITMENTS: Final = {
    cades.PROOF_OF_ORIGIN: "commitment-origin",
    cades.PROOF_OF_RECEIPT: "commitment-receipt",
    cades.PROOF_OF_DELIVERY: "commitment-delivery",
    cades.PROOF_OF_SENDER: "commitment-sender",
    cades.PROOF_OF_APPROVAL: "commitment-approval",
    cades.PROOF_OF_CREATION: "commitment-creation",
}
_SEVERITIES: Final = {
    Severity.ERROR: "severity-error",
    Severity.WARNING: "severity-warning",
    Severity.INFO: "severity-info",
}


def verdict_word(indication: Indication, language: str) -> str:
    """The verdict for a clerk: VALID, CANNOT BE CONFIRMED, NOT VALID, in `language`."""
    return text(_VERDICTS[indication], language)


def reason_text(sub_indication: SubIndication | None, language: str) -> str:
    """Why a verdict is not the good one, in one line."""
    return text(_words(sub_indication)[0], language)


def advice_text(sub_indication: SubIndication | None, language: str) -> str:
    """What to do about it, in one line."""
    return text(_words(sub_indication)[1], language)


def _words(sub_indication: SubIndication | None) -> tuple[str, str]:
    return _OTHER if sub_indication is None else _WORDS.get(sub_indication, _OTHER)


def report_text(report: "Report", language: str) -> str:
    """A report in words, several lines without a line end after the last."""
    return "\n".join(_report(report, language))


def path_text(report: "PathReport", language: str) -> str:
    """The verdict on a certificate in words, several lines."""
    return "\n".join(_path_report(report, language))


def _report(report: "Report", language: str) -> Iterator[str]:
    missing = not report.signatures and report.sub_indication is None
    yield from _head(report.indication, report.sub_indication, language, no_signature=missing)
    yield f"{text('label-checked-at', language)}: {instant(report.at)}"
    total = len(report.signatures)
    for number, signature in enumerate(report.signatures, 1):
        yield ""
        yield text("label-signature", language, {"number": number, "total": total})
        yield from _indented(_signature(signature, language, alone=total == 1))
    for stamp in report.timestamps:
        yield ""
        yield from _stamp(stamp, language)
    yield from _findings(report.findings, language)
    yield from _needs(report.needs, language)


def _head(
    indication: Indication, sub_indication: SubIndication | None, language: str, *, no_signature: bool = False
) -> Iterator[str]:
    code = indication.value if sub_indication is None else f"{indication.value}, {sub_indication.value}"
    yield f"{verdict_word(indication, language)} [{code}]"
    if _VERDICTS[indication] == "verdict-valid":
        yield text("reason-passed", language)
        return
    yield text("reason-no-signature", language) if no_signature else reason_text(sub_indication, language)
    yield f"{text('label-advice', language)}: {advice_text(sub_indication, language)}"


def _signature(signature: "SignatureReport", language: str, *, alone: bool) -> Iterator[str]:
    if not alone:
        yield from _head(signature.indication, signature.sub_indication, language)
    if signature.signer is not None:
        yield from _signer(signature.signer, language)
    if signature.signing_time is not None:
        yield f"{text('label-claimed-time', language)}: {instant(signature.signing_time)}"
    if signature.claims is not None:
        yield from _claims(signature.claims, language)
    word = text(_CRYPTO[signature.crypto], language)
    yield f"{text('label-crypto', language)}: {word} [{signature.crypto}]"
    yield f"{text('label-level', language)}: {signature.level}"
    if signature.timestamps and signature.best_signature_time is not None:
        yield f"{text('label-proved-time', language)}: {instant(signature.best_signature_time)}"
    for stamp in signature.timestamps:
        yield from _stamp(stamp, language)
    if signature.legal is not None:
        yield f"{text('label-legal', language)}:"
        yield from (f"  {line}" for line in signature.legal.explain(language))
    if signature.path is not None:
        yield from _tree(signature.path, language)
    yield from _findings(signature.findings, language)
    total = len(signature.countersignatures)
    for number, counter in enumerate(signature.countersignatures, 1):
        yield text("label-countersignature", language, {"number": number, "total": total})
        yield from _indented(_signature(counter, language, alone=False))


def _signer(signer: "Subject", language: str) -> Iterator[str]:
    yield f"{text('label-signer', language)}: {printable(signer.name)}"
    if signer.organization:
        yield f"{text('label-organization', language)}: {printable(signer.organization)}"
    if signer.emails:
        yield f"{text('label-email', language)}: {printable(', '.join(signer.emails))}"
    yield f"SHA-256: {signer.certificate_fingerprint}"


def _claims(claims: cades.Claims, language: str) -> Iterator[str]:
    """What the signer says beside the time, each claim in a line of its own."""
    lines = [f"  {text(code, language)}: {printable(said)}" for code, said in _said(claims, language)]
    if lines:
        yield f"{text('label-claims', language)}:"
        yield from lines


def _said(claims: cades.Claims, language: str) -> Iterator[tuple[str, str]]:
    for oid in claims.commitments:
        yield "claim-commitment", text(_COMMITMENTS[oid], language) if oid in _COMMITMENTS else oid
    for role in claims.roles:
        yield "claim-role", role
    if place := claims.location:
        yield (
            "claim-location",
            ", ".join(filter(None, (*place.postal_address, place.locality, place.country))),
        )
    if policy := claims.policy:
        yield "claim-policy", text("claim-policy-implied", language) if policy.implied else policy.oid
    if claims.mime_type:
        yield "claim-media-type", claims.mime_type
    if claims.content_hints is not None and claims.content_hints.description:
        yield "claim-description", claims.content_hints.description
    if foreign := len(claims.certified_attributes) + len(claims.signed_assertions):
        yield "claim-certified", str(foreign)


def _stamp(stamp: "TimeStampReport", language: str) -> Iterator[str]:
    """A time stamp: over what, when, by whom, and whether it is good; what is wrong with it below."""
    by = "" if stamp.authority is None else printable(stamp.authority.name)
    when = "" if stamp.at is None else instant(stamp.at)
    code = ", ".join(filter(None, (stamp.indication.value, getattr(stamp.sub_indication, "value", ""))))
    told = ", ".join(filter(None, (when, by, verdict_word(stamp.indication, language))))
    yield f"{text(_STAMPS[stamp.kind], language)}: {told} [{code}]"
    if stamp.indication is not Indication.PASSED:
        yield from (f"  {line}" for line in _findings(stamp.findings, language))


def _path_report(report: "PathReport", language: str) -> Iterator[str]:
    yield from _head(report.indication, report.sub_indication, language)
    yield f"{text('label-checked-at', language)}: {instant(report.at)}"
    yield from _tree(report, language)
    yield from _findings(report.findings, language)
    yield from _needs(report.needs, language)


def _tree(report: "PathReport", language: str) -> Iterator[str]:
    """The path from the anchor down, each certificate one step further in, with its state."""
    if not report.path:
        return
    yield f"{text('label-path', language)}:"
    states = {status.certificate: status for status in report.revocation}
    for depth, certificate in enumerate(reversed(report.path)):
        state = _state(states.get(certificate), language)
        branch = "" if depth == 0 else "   " * (depth - 1) + "+- "
        yield f"  {branch}{printable(certificate.subject.shown)} ({_validity(certificate)}): {state}"


def _validity(certificate: Certificate) -> str:
    return f"{certificate.not_before.date()} .. {certificate.not_after.date()}"


def _state(status: "RevocationStatus | None", language: str) -> str:
    if status is None:
        return text("state-anchor", language)
    at = status.revoked_at if status.state.value == "revoked" else status.this_update
    shown = "" if at is None else instant(at)
    return f"{text(_STATES[status.state.value], language, {'at': shown})} [{status.state.value}]"


def _findings(findings: Iterable[Finding], language: str) -> Iterator[str]:
    lines = [_finding(finding, language) for finding in findings]
    if lines:
        yield f"{text('label-findings', language)}:"
        yield from _indented(lines)


def _finding(finding: Finding, language: str) -> str:
    severity = text(_SEVERITIES[finding.severity], language)
    source = ", ".join(filter(None, (finding.code, finding.clause)))
    where = f" ({printable(finding.where)})" if finding.where else ""
    return f"{severity}: {finding.explain(language)}{where} [{source}]"


def _needs(needs: Iterable["Need"], language: str) -> Iterator[str]:
    lines = [f"{need.kind}: {printable(need.url)}" for need in needs]
    if lines:
        yield f"{text('label-needs', language)}:"
        yield from _indented(lines)


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def instant(at: datetime) -> str:
    """A time with its offset, to the second.

    >>> from datetime import UTC
    >>> instant(datetime(2026, 11, 23, 9, 5, tzinfo=UTC))
    '2026-11-23 09:05:00+00:00'
    """
    return at.isoformat(" ", "seconds")
