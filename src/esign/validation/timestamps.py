"""Time stamps: is it over these octets, does it hold, and was its authority to be trusted (EN 319 102-1 cl.
5.4).

A token is a signature of its own, judged by the same blocks. Where its authority's certificate has expired,
was revoked or used an algorithm that has ended, proofs of existence of the token in the context decide, as
for any signature of the past.

    report = validate_timestamp(token, imprint=content.digest, kind="content", context=context)
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from esign.algorithms import Digest, digest
from esign.cades import certificate_values, revocation_values
from esign.errors import EsignError
from esign.findings import Finding, Indication, SubIndication
from esign.material import Material
from esign.tsp import TST_INFO, TimeStampToken, may_stamp
from esign.validation import report as reports
from esign.validation.block import Block, failed, gravest, undecided
from esign.validation.blocks import Basic, Subject, accept_digest, accept_signature, validate_basic
from esign.validation.context import Context
from esign.validation.past import PastQuestion, validate_past
from esign.validation.report import PathReport, TimeStampKind, TimeStampReport

CLAUSE: Final = "EN 319 102-1 cl. 5.4"
USAGE: Final = "time-stamping"
Imprint = Callable[[Digest], bytes]


def validate_timestamp(
    token: TimeStampToken, *, imprint: Imprint | None, kind: TimeStampKind, context: Context
) -> TimeStampReport:
    """The verdict on one token at the time of `context`, with the proofs that it holds; raises on no input.

    Args:
        token: as received, hostile.
        imprint: the digest of what should be stamped, by a given algorithm; None where it is checked
        elsewhere. kind: what the token is for. context: trust, time, policy, material; what the token brings
        along is looked at besides. A proof that
            the octets of the token (`token.raw`) existed earlier makes its verdict one about the past.
    """
    # 1) the message imprint
    covered = check_imprint(token, imprint, context)
    # 2) basic validation of the token as a signature
    known = context.knowing(material_of(token))
    usage = USAGE if any(p.name == USAGE for p in context.policy.purposes) else None
    subject = Subject(TST_INFO, token.signed.encapsulated, usage)
    basic = validate_basic(token.signer_info, subject, known)
    judged = _Token(token, basic, usage, known)
    current = gravest((covered, basic.conclusion, judged.imprint_at(known.at)))
    # 3) with proofs of existence: the past
    block, path = current, basic.path
    best = known.proved(token.raw)
    # No later proof makes good an imprint, or a signature, that could not be checked.
    checked = covered.passed and basic.crypto == "valid"
    if basic.certificate is not None and checked and best < known.at:
        question = PastQuestion(basic.certificate, usage, best, judged.accepts)
        block, path = validate_past(current, question, known, basic.path)
    # 4) data extraction
    return _report(judged, kind, block, path, best)


def unreadable(raw: bytes, kind: TimeStampKind, error: EsignError) -> TimeStampReport:
    """The verdict on octets that are no token."""
    reason = error.values.get("found") or error.message
    found = Finding.error("time-stamp-unreadable", clause="RFC 3161 §2.4.2", where=error.where, reason=reason)
    return TimeStampReport(
        kind, Indication.FAILED, SubIndication.FORMAT_FAILURE, findings=(found,), digest=fingerprint(raw)
    )


def fingerprint(raw: bytes) -> str:
    """SHA-256 of a token in hexadecimal digits."""
    return hashlib.sha256(raw).hexdigest()


def check_imprint(token: TimeStampToken, imprint: Imprint | None, context: Context) -> Block:
    """EN 319 102-1 cl. 5.4.4, step 1: the digest in the token is that of what it should cover.

    A digest that is slow to compute is not computed for a time stamp that could not pass.
    """
    if imprint is None:
        return Block()
    stated = token.info.imprint
    try:
        by = digest(stated.digest_algorithm)
        acceptable = accept_digest(by, policy=context.policy, at=context.at)
        if by.octets_per_check is not None and not acceptable.passed:
            return acceptable
        found = imprint(by)
    except EsignError as e:
        found_error = Finding.error(
            "signature-unverifiable", clause=CLAUSE, where=e.where, reason=e.values.get("found") or e.message
        )
        return undecided(SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE, found_error)
    if secrets.compare_digest(found, stated.value):
        return Block()
    return failed(SubIndication.HASH_FAILURE, Finding.error("time-stamp-imprint-mismatch", clause=CLAUSE))


def material_of(token: TimeStampToken) -> Material:
    """What the token brings along about its authority, unjudged."""
    signed, info = token.signed, token.signer_info
    blobs = [*signed.certificates, *signed.crls, *signed.ocsp]
    if info.unsigned.items:
        try:
            crls, answers = revocation_values(info)
            blobs += (*certificate_values(info), *crls, *answers)
        except EsignError:
            # Unsigned, and only a help: without it the path has to be built from elsewhere.
            pass
    return Material.read(blobs)


@dataclass(frozen=True, slots=True)
class _Token:
    """A token with what basic validation found about it."""

    token: TimeStampToken
    basic: Basic
    usage: str | None
    context: Context

    def imprint_at(self, at: datetime) -> Block:
        """EN 319 102-1 cl. 5.2.8: the digest of the imprint is acceptable at `at`."""
        try:
            by = digest(self.token.info.imprint.digest_algorithm)
        except EsignError:
            return undecided(SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE)
        return accept_digest(by, policy=self.context.policy, at=at)

    def accepts(self, at: datetime) -> Block:
        """Signature acceptance validation of the token at `at`, its imprint included."""
        attributes, certificate = self.basic.attributes, self.basic.certificate
        if attributes is None or certificate is None:
            return self.basic.conclusion
        policy = self.context.policy
        own = accept_signature(self.token.signer_info, attributes, certificate, policy=policy, at=at)
        return gravest((own, self.imprint_at(at)))


def _report(
    judged: _Token, kind: TimeStampKind, block: Block, path: PathReport | None, best: datetime
) -> TimeStampReport:
    token, certificate = judged.token, judged.basic.certificate
    findings = block.findings
    if certificate is not None and not may_stamp(certificate):
        usage = Finding.warning("tsp-signer-usage", clause="RFC 3161 §2.3", where=certificate.subject.shown)
        findings = (*findings, usage)
    return TimeStampReport(
        kind,
        block.indication,
        block.sub_indication,
        token.info.gen_time,
        None if certificate is None else reports.Subject.of(certificate),
        certificate,
        path,
        tuple(dict.fromkeys(findings)),
        () if block.passed or path is None else path.needs,
        fingerprint(token.raw),
        best,
    )


def renewed(report: TimeStampReport, findings: tuple[Finding, ...]) -> TimeStampReport:
    """The same verdict with more findings."""
    return replace(report, findings=tuple(dict.fromkeys((*report.findings, *findings))))
