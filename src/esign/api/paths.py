"""Verdicts on certificates, with clock and fetching supplied; good ones are kept in memory."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from esign.api.kept import DEFAULT_POLICY, MATERIAL, VERDICTS
from esign.io.clock import instant
from esign.io.verdicts import PathQuestion
from esign.rounds import Fetch, in_rounds
from esign.validation import path as paths
from esign.validation.policy import Policy
from esign.validation.policy_tree import PolicyInputs
from esign.validation.report import PathReport
from esign.validation.revocation import Revocation
from esign.x509 import Certificate, Trust


def validate_path(
    certificate: Certificate,
    *,
    pool: Iterable[Certificate] = (),
    trust: Trust,
    crls: Iterable[bytes] = (),
    ocsp: Iterable[bytes] = (),
    at: datetime | None = None,
    usage: str | None = None,
    policies: Iterable[str] | None = None,
    require_explicit_policy: bool = False,
    inhibit_any_policy: bool = False,
    inhibit_policy_mapping: bool = False,
    revocation: str = "require",
    policy: Policy = DEFAULT_POLICY,
    fetch: Fetch | None = None,
) -> PathReport:
    """The verdict on a certificate: a path to an anchor, valid and not revoked at `at` (RFC 5280 §6.1).

    Args:
        certificate: the certificate in question.
        pool: other certificates that a path may be built from.
        trust: the anchors.
        crls: revocation lists, PEM or DER.
        ocsp: answers of OCSP responders, PEM or DER.
        at: the validation time (aware); the clock when None.
        usage: what the certificate must serve for, a purpose of `policy`: `document-signing`,
            `email-signing`, `email-encryption`, `time-stamping`, `ocsp-signing`, `crl-signing`, `tls-server`,
            `tls-client`; None for anything.
        policies: the certificate policies that are acceptable, dotted; None for any. The report names those
            for which the path is valid.
        require_explicit_policy: the path must be valid for one of them (RFC 5280 §6.1.1 (e)).
        inhibit_any_policy: anyPolicy in a certificate stands for none (RFC 5280 §6.1.1 (g)).
        inhibit_policy_mapping: no authority may rename policies (RFC 5280 §6.1.1 (f)).
        revocation: `require`, `unsafe-if-supplied` or `unsafe-off`; evidence that is supplied binds in each.
        policy: which algorithms and key sizes are acceptable.
        fetch: answers a `Need` with octets, or None; asked in at most 8 rounds.
    """
    known, moment, members = (*crls, *ocsp), instant(at), tuple(pool)
    mode = Revocation(revocation)
    inputs = PolicyInputs.of(
        policies,
        require_explicit=require_explicit_policy,
        inhibit_any=inhibit_any_policy,
        inhibit_mapping=inhibit_policy_mapping,
    )

    def judge(extra: tuple[bytes, ...]) -> PathReport:
        evidence = MATERIAL.read((*known, *extra))
        found = evidence.material

        def reach() -> PathReport:
            report = paths.validate_path(
                certificate,
                pool=(*members, *found.certificates),
                trust=trust,
                crls=found.crls,
                at=moment,
                usage=usage,
                revocation=mode,
                policies=inputs,
                policy=policy,
                ocsp=found.ocsp,
            )
            return replace(report, findings=(*report.findings, *found.findings)) if found.findings else report

        demands = (usage, mode, inputs)
        question = PathQuestion(certificate, members, trust, evidence.digest, policy, demands)
        return VERDICTS.judge(question, at=moment, material=found, reach=reach)

    return in_rounds(judge, fetch)
