"""Which validation data belong into a signature: the path of each certificate in it, and what speaks of it.

Chosen from what is at hand, by the same judgement that will read it later: first the least that lets the path
pass, the newest OCSP answer before lists, then whatever speaks about it. Nothing is fetched; what is missing
is named.

    found = Evidence.about(certificate, usage=None, pool=pool, trust=trust, at=at)
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from esign.crl import CertificateList
from esign.errors import EsignError
from esign.findings import Indication
from esign.material import Material, Need
from esign.ocsp import OCSPResponse
from esign.validation.crl_scope import concerns
from esign.validation.path import validate_path
from esign.validation.policy import Policy
from esign.validation.report import PathReport
from esign.x509 import Certificate, Trust


class EvidenceMissing(EsignError):
    """A path cannot be shown to be good with what is at hand; `needs` says what to get, and from where."""

    code = "evidence-missing"

    def __init__(self, report: PathReport, subject: str) -> None:
        reason = report.indication.value if report.sub_indication is None else report.sub_indication.value
        super().__init__(clause="EN 319 122-1 cl. 6.3", subject=subject, reason=reason)
        self.report = report

    @property
    def needs(self) -> tuple[Need, ...]:
        """What would help."""
        return self.report.needs


@dataclass(frozen=True, slots=True)
class Evidence:
    """Validation data in the order in which they were found: each certificate, list and answer once."""

    certificates: tuple[Certificate, ...] = ()
    crls: tuple[CertificateList, ...] = ()
    ocsp: tuple[OCSPResponse, ...] = ()

    def joined(self, other: Self) -> Self:
        """Both."""
        return replace(
            self,
            certificates=tuple(dict.fromkeys((*self.certificates, *other.certificates))),
            crls=tuple(dict.fromkeys((*self.crls, *other.crls))),
            ocsp=tuple(dict.fromkeys((*self.ocsp, *other.ocsp))),
        )


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What there is to choose from, whom to trust, and the time at which paths must hold.

    Of two that were said at the same time the first in `material` is chosen.
    """

    material: Material
    trust: Trust
    at: datetime
    policy: Policy = field(default_factory=Policy.default)

    def about(self, certificate: Certificate, *, usage: str | None = None) -> Evidence:
        """The path of `certificate` to an anchor with the revocation data about it.

        Raises:
            EvidenceMissing: `evidence-missing` when no path passes.
        """
        everything = Evidence(self.material.certificates, self.material.crls, self.material.ocsp)
        report = self._judged(certificate, usage, everything)
        if report.indication is not Indication.PASSED:
            raise EvidenceMissing(report, certificate.subject.shown)
        path = report.path
        for chosen in (_least(path, everything), _whole(path, everything)):
            if self._judged(certificate, usage, chosen).indication is Indication.PASSED:
                return chosen
        return everything

    def _judged(self, certificate: Certificate, usage: str | None, evidence: Evidence) -> PathReport:
        return validate_path(
            certificate,
            pool=evidence.certificates,
            trust=self.trust,
            crls=evidence.crls,
            ocsp=evidence.ocsp,
            at=self.at,
            usage=usage,
            revocation=self.policy.revocation,
            policy=self.policy,
        )


def _least(path: tuple[Certificate, ...], evidence: Evidence) -> Evidence:
    """For each certificate the newest OCSP answer about it, or else the newest list that concerns it."""
    crls: list[CertificateList] = []
    answers: list[OCSPResponse] = []
    for certificate, issuer in _pairs(path):
        about = tuple(_answers(certificate, issuer, evidence))
        lists = tuple(_lists(certificate, evidence))
        answers += () if not about else (max(about, key=_produced),)
        crls += () if about or not lists else (max(lists, key=_issued),)
    return Evidence(path, tuple(dict.fromkeys(crls)), tuple(dict.fromkeys(answers)))


def _whole(path: tuple[Certificate, ...], evidence: Evidence) -> Evidence:
    """Everything that speaks about the path, and about those who speak: responders and issuers of lists."""
    chosen, seen = Evidence(path), set[Certificate]()
    waiting = list(path)
    while waiting:
        certificate = waiting.pop()
        if certificate in seen:
            continue
        seen.add(certificate)
        issuers = [c for c in evidence.certificates if c.subject == certificate.issuer]
        answers = [a for i in issuers for a in _answers(certificate, i, evidence)]
        lists = tuple(_lists(certificate, evidence))
        signers = {crl.issuer for crl in lists}
        more = [c for c in evidence.certificates if c.subject in signers]
        responders = [c for a in answers if a.basic is not None for c in a.basic.certificates]
        waiting += (*issuers, *more, *responders)
        chosen = chosen.joined(Evidence((*issuers, *more), lists, tuple(answers)))
    return chosen


def _pairs(path: tuple[Certificate, ...]) -> Iterator[tuple[Certificate, Certificate]]:
    return zip(path, path[1:], strict=False)


def _answers(certificate: Certificate, issuer: Certificate, evidence: Evidence) -> Iterator[OCSPResponse]:
    return (a for a in evidence.ocsp if a.basic is not None and a.basic.about(certificate, issuer))


def _lists(certificate: Certificate, evidence: Evidence) -> Iterable[CertificateList]:
    return (crl for crl in evidence.crls if concerns(crl, certificate))


def _issued(crl: CertificateList) -> datetime:
    return crl.this_update


def _produced(answer: OCSPResponse) -> float:
    return 0.0 if answer.basic is None else answer.basic.produced_at.timestamp()
