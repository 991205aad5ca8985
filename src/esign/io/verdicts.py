"""What was parsed and found good before, kept in memory within bounds: the same function of the same inputs.

A verdict is kept under everything that it depends on (`PathQuestion`): the certificate, the pool, trust, the
digest of every list and answer, usage, demands and policy. So a new list or another trust makes another
question, and the old answer is not found. It serves from the time it was reached until the first moment at
which any of these inputs changes its meaning: a beginning or end of validity, an update, the age that is
allowed, a revocation, the end of an algorithm. Only good verdicts are kept, and none for longer than an hour
of the time in question.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Generic, Self, TypeVar

from esign.crl import CertificateList
from esign.errors import EsignError
from esign.findings import Indication
from esign.material import Material
from esign.validation.context import Context
from esign.validation.policy import Policy
from esign.validation.report import PathReport
from esign.x509 import Certificate, Trust

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

LIFETIME: Final = timedelta(hours=1)
MAX_OCTETS: Final = 16 << 20


class Recent(Generic[K, V]):
    """A mapping that keeps what was used last, within a number of entries and a weight; safe with threads."""

    def __init__(self, *, entries: int, weight: int) -> None:
        self._entries, self._weight = entries, weight
        self._held: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._heavy = 0
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """What is kept under `key`; it counts as used."""
        with self._lock:
            found = self._held.get(key)
            if found is None:
                return None
            self._held.move_to_end(key)
            return found[0]

    def put(self, key: K, value: V, *, weight: int) -> None:
        """Keep `value` under `key` in place of what was there; what is too heavy is not kept."""
        with self._lock:
            self._heavy -= self._held.pop(key, (value, 0))[1]
            if weight > self._weight:
                return
            self._held[key] = (value, weight)
            self._heavy += weight
            while len(self._held) > self._entries or self._heavy > self._weight:
                self._heavy -= self._held.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._held.clear()
            self._heavy = 0

    def __len__(self) -> int:
        return len(self._held)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read from octets, and their SHA-256, each blob framed by its length."""

    material: Material
    digest: bytes

    @classmethod
    def read(cls, blobs: tuple[bytes, ...]) -> Self:
        """As `Material.read`."""
        digest = hashlib.sha256()
        for blob in blobs:
            digest.update(len(blob).to_bytes(8, "big"))
            digest.update(blob)
        return cls(Material.read(blobs), digest.digest())


class ParsedMaterial:
    """`Evidence.read`, remembered: the same octets in the same order are parsed and indexed once."""

    def __init__(self, *, entries: int = 256, octets: int = MAX_OCTETS) -> None:
        self._kept: Recent[tuple[bytes, ...], Evidence] = Recent(entries=entries, weight=octets)

    def read(self, blobs: Iterable[bytes]) -> Evidence:
        """As `Evidence.read`."""
        key = tuple(blobs)
        found = self._kept.get(key)
        if found is None:
            found = Evidence.read(key)
            self._kept.put(key, found, weight=sum(map(len, key)))
        return found

    def clear(self) -> None:
        """Keep nothing."""
        self._kept.clear()


@dataclass(frozen=True, slots=True)
class PathQuestion:
    """Everything but the time that a verdict on a certificate depends on.

    `evidence` is the digest of lists, answers and further certificates, in order, or these octets themselves;
    `demands` what else was asked for: usage, the mode of revocation, policies.
    """

    certificate: Certificate
    pool: tuple[Certificate, ...]
    trust: Trust
    evidence: bytes | tuple[bytes, ...]
    policy: Policy
    demands: tuple[Hashable, ...] = ()

    @property
    def key(self) -> Hashable:
        """The same in values that compare quickly."""
        return key_of(
            self.certificate, self.pool, self.trust, self.evidence, policy=self.policy, demands=self.demands
        )

    @property
    def octets(self) -> int:
        """How much memory it holds on to, about."""
        held = 0 if isinstance(self.evidence, bytes) else sum(map(len, self.evidence))
        return held + sum(len(c.raw) for c in (self.certificate, *self.pool, *self.trust.anchors))


def key_of(
    certificate: Certificate,
    pool: tuple[Certificate, ...],
    trust: Trust,
    evidence: bytes | tuple[bytes, ...],
    *,
    policy: Policy,
    demands: tuple[Hashable, ...],
) -> Hashable:
    """Under what a verdict is kept; policies that differ otherwise than by name are told apart on recall."""
    known, anchors = tuple([c.raw for c in pool]), tuple([c.raw for c in trust.anchors])
    return certificate.raw, known, anchors, evidence, policy.name, demands


@dataclass(frozen=True, slots=True)
class _Kept:
    report: PathReport
    policy: Policy
    since: datetime
    until: datetime


class Verdicts:
    """Good verdicts on certificates, by question."""

    def __init__(self, *, entries: int = 4096, octets: int = MAX_OCTETS) -> None:
        self._kept: Recent[Hashable, _Kept] = Recent(entries=entries, weight=octets)

    def judge(
        self,
        question: PathQuestion,
        *,
        at: datetime,
        material: Material,
        reach: Callable[[], PathReport],
    ) -> PathReport:
        """The verdict at `at`: one that was reached before and still holds, or what `reach` comes to.

        `material` is what `question.evidence` stands for.
        """
        key = question.key
        found = self.recall(key, question.policy, at)
        return self.keep(key, question, material, at=at, report=reach()) if found is None else found

    def recall(self, key: Hashable, policy: Policy, at: datetime) -> PathReport | None:
        """The verdict that is kept under `key_of` and holds at `at`; None when there is none."""
        kept = self._kept.get(key)
        if kept is None or not kept.since <= at < kept.until:
            return None
        if kept.policy is not policy and kept.policy != policy:
            return None
        moment = at.replace(microsecond=0)
        return kept.report if kept.report.at == moment else replace(kept.report, at=moment)

    def keep(
        self, key: Hashable, question: PathQuestion, material: Material, *, at: datetime, report: PathReport
    ) -> PathReport:
        """`report`, the verdict reached at `at`, which is kept under `key` when it is good."""
        if report.indication is Indication.PASSED:
            until = _until(question, material, at)
            if until > at:
                kept = _Kept(report, question.policy, at, until)
                self._kept.put(key, kept, weight=question.octets)
        return report

    def clear(self) -> None:
        """Keep nothing."""
        self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)


@dataclass(frozen=True, slots=True)
class SignerPaths:
    """Verdicts on the certificates of signatures: the memory of a `Context`."""

    verdicts: Verdicts

    def judge(
        self,
        certificate: Certificate,
        context: Context,
        *,
        usage: str | None,
        at: datetime,
        reach: Callable[[], PathReport],
    ) -> PathReport:
        """As `Verdicts.judge`, for what the policy of `context` demands of a signer."""
        pool, trust, policy = context.certificates, context.trust, context.policy
        evidence = tuple([crl.raw for crl in context.crls] + [answer.raw for answer in context.ocsp])
        demands = ("signer", usage)
        key = key_of(certificate, pool, trust, evidence, policy=policy, demands=demands)
        found = self.verdicts.recall(key, policy, at)
        if found is not None:
            return found
        question = PathQuestion(certificate, pool, trust, evidence, policy, demands)
        material = Material(pool, context.crls, (), context.ocsp)
        return self.verdicts.keep(key, question, material, at=at, report=reach())


def _until(question: PathQuestion, material: Material, at: datetime) -> datetime:
    """The first moment from `at` on at which an input changes its meaning; `at` when that cannot be told.

    Validity counts in whole seconds, so the second of `at` is already over.
    """
    second, until = at.replace(microsecond=0), at + LIFETIME
    try:
        for moment in _moments(question, material):
            if second <= moment < until:
                until = moment
    except EsignError:
        return at
    return until


def _moments(question: PathQuestion, material: Material) -> Iterator[datetime]:
    answers = tuple(answer.basic for answer in material.ocsp if answer.basic is not None)
    sent_along = (c for basic in answers for c in basic.certificates)
    pool = (
        question.pool if question.pool is material.certificates else (*question.pool, *material.certificates)
    )
    certificates = (question.certificate, *question.trust.anchors, *pool, *sent_along)
    for certificate in certificates:
        yield certificate.not_before
        yield certificate.not_after
    max_age = timedelta(seconds=question.policy.freshness.max_age)
    certificates = tuple(dict.fromkeys(certificates)) if material.crls else ()
    for crl in material.crls:
        yield from _some(crl.this_update, crl.this_update + max_age, crl.next_update)
        yield from _revocations(crl, certificates)
    for said in (one for basic in answers for one in basic.responses):
        yield from _some(said.this_update, said.this_update + max_age, said.next_update, said.revoked_at)
    yield from _ends(question.policy)


@lru_cache(maxsize=64)
def _ends(policy: Policy) -> tuple[datetime, ...]:
    """When algorithms and keys stop to count."""
    rules = (*(rule.until for rule in policy.digests), *(rule.until for rule in policy.keys))
    return tuple(dict.fromkeys(_some(*rules)))


def _revocations(crl: CertificateList, certificates: tuple[Certificate, ...]) -> Iterator[datetime]:
    indirect = crl.scope is not None and crl.scope.indirect
    for certificate in certificates:
        if indirect or crl.issuer == certificate.issuer:
            entry = crl.find(certificate.serial_number, certificate.issuer)
            yield from _some(None if entry is None else entry.revoked_at)


def _some(*moments: datetime | None) -> Iterator[datetime]:
    return iter([moment for moment in moments if moment is not None])
