"""The validation context: everything that a judgement depends on besides what is judged (EN 319 102-1 cl.
5.2.4).

One frozen value goes through all blocks of one act; what the process learns on the way, proofs of existence
and the certificates that a token brings along, makes a new value.

    context = Context.of(material, trust=trust, at=at, policy=policy)
    later = context.knowing(Material.read(found)).proving(proofs)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol, Self

from esign.crl import CertificateList
from esign.material import Material
from esign.ocsp import OCSPResponse
from esign.validation.path import validate_path
from esign.validation.policy import Policy
from esign.validation.proofs import NO_PROOFS, Proofs
from esign.validation.report import PathReport
from esign.validation.work import Work
from esign.x509 import Certificate, Trust

_NO_POLICIES: Final[Mapping[str, bytes]] = MappingProxyType({})


class PathMemory(Protocol):
    """What remembers verdicts on paths: `judge` gives the one that `reach` would come to."""

    def judge(
        self,
        certificate: Certificate,
        context: "Context",
        *,
        usage: str | None,
        at: datetime,
        reach: Callable[[], PathReport],
    ) -> PathReport:
        """The verdict on `certificate` by what `context` holds; `proofs` and `work` change none."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """Certificates, lists and answers at hand, trust, time, policy, the work that is left, and what is
    proved.

    `signature_policies` holds documents of signature policies by dotted identifier.
    """

    certificates: tuple[Certificate, ...]
    crls: tuple[CertificateList, ...]
    ocsp: tuple[OCSPResponse, ...]
    trust: Trust
    at: datetime
    policy: Policy
    work: Work = field(compare=False)
    proofs: Proofs = field(default_factory=Proofs)
    signature_policies: Mapping[str, bytes] = field(default_factory=lambda: _NO_POLICIES)
    memory: PathMemory | None = field(default=None, compare=False)

    @classmethod
    def of(
        cls,
        material: Material,
        *,
        trust: Trust,
        at: datetime,
        policy: Policy | None = None,
        proofs: Proofs | None = None,
        signature_policies: Mapping[str, bytes] = _NO_POLICIES,
        memory: PathMemory | None = None,
    ) -> Self:
        """A context over `material` and the anchors, with fresh counters of work."""
        rules = policy or Policy.default()
        return cls(
            _joined(material.certificates, trust.anchors),
            material.crls,
            material.ocsp,
            trust,
            at,
            rules,
            Work(rules.limits),
            proofs or NO_PROOFS,
            signature_policies,
            memory,
        )

    def knowing(self, material: Material) -> Self:
        """The same with more material; what a signature brings along is looked at before what was there."""
        certificates, crls, ocsp = material.certificates, material.crls, material.ocsp
        if not (certificates or crls or ocsp):
            return self
        return type(self)(
            _joined(certificates, self.certificates),
            tuple(dict.fromkeys((*crls, *self.crls))) if crls else self.crls,
            tuple(dict.fromkeys((*ocsp, *self.ocsp))) if ocsp else self.ocsp,
            self.trust,
            self.at,
            self.policy,
            self.work,
            self.proofs,
            self.signature_policies,
            self.memory,
        )

    def proving(self, proofs: Proofs) -> Self:
        """The same with more proofs of existence."""
        return self if not proofs.times else replace(self, proofs=self.proofs.merged(proofs))

    def proved(self, octets: bytes) -> datetime:
        """Since when `octets` are shown to exist: at the latest now, because they are here."""
        known = self.proofs.of(octets)
        return self.at if known is None else min(known, self.at)

    def path(self, certificate: Certificate, *, usage: str | None, at: datetime | None = None) -> PathReport:
        """EN 319 102-1 cl. 5.2.6: the verdict on a certificate at the time of the context, or at `at`.

        Raises:
            ValueError: the policy knows no such usage.
        """
        moment = at or self.at

        def reach() -> PathReport:
            return validate_path(
                certificate,
                pool=self.certificates,
                trust=self.trust,
                crls=self.crls,
                at=moment,
                usage=usage,
                revocation=self.policy.revocation,
                policy=self.policy,
                work=self.work,
                ocsp=self.ocsp,
            )

        if self.memory is None:
            return reach()
        return self.memory.judge(certificate, self, usage=usage, at=moment, reach=reach)


def _joined(some: tuple[Certificate, ...], others: tuple[Certificate, ...]) -> tuple[Certificate, ...]:
    return tuple(dict.fromkeys((*some, *others))) if some and others else some or others
