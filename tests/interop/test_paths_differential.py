"""No chain passes here that both OpenSSL and Java refuse: PKITS, x509-limbo, and chains drawn at random.

Each judge gets the same anchors, certificates, lists and time, and is asked for no purpose and no host. Where
one of the two refuses what passes here, the other takes our side; where both do, it would be a false accept.
"""

import base64
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509 as foreign

from esign.errors import EsignError
from esign.findings import Indication
from esign.validation.path import validate_path
from esign.validation.policy import Policy, Revocation
from esign.validation.policy_tree import PolicyInputs
from esign.x509 import Certificate, CertificateList, Trust
from tests import peers
from tests.esign.validation import test_limbo as limbo
from tests.esign.validation import test_pkits as pkits
from tests.esign.validation.world import AT, DAY, Node, issue, key

_JUDGE = Path(__file__).parent / "java" / "PathJudge.java"
_DRAWN = 300


@dataclass(frozen=True)
class Question:
    """One chain for all judges."""

    name: str
    target: Certificate
    anchors: tuple[Certificate, ...]
    pool: tuple[Certificate, ...] = ()
    crls: tuple[CertificateList, ...] = ()
    at: datetime = AT
    policies: tuple[str, ...] = ()
    explicit: bool = False
    policy: Policy = field(default_factory=Policy.default)

    @property
    def passes(self) -> bool:
        """Our verdict."""
        report = validate_path(
            self.target,
            pool=self.pool,
            trust=Trust(self.anchors),
            crls=self.crls,
            at=self.at,
            policies=PolicyInputs.of(self.policies or None, require_explicit=self.explicit),
            revocation=Revocation.REQUIRE if self.crls else Revocation.UNSAFE_OFF,
            policy=self.policy,
        )
        return report.indication is Indication.PASSED


def java_says(questions: Iterable[Question]) -> list[str]:
    """The answers of Java's PKIX provider, in one process."""
    lines = []
    for asked in questions:
        told = ((asked.target,), asked.anchors, asked.pool, asked.crls)
        octets = (",".join(one.raw.hex() for one in kind) for kind in told)
        policies = (",".join(asked.policies) or "any") if asked.explicit else ""
        lines.append("\t".join((str(int(asked.at.timestamp())), *octets, policies)))
    java = peers.require("java")
    done = peers.run([java, _JUDGE], input="\n".join(lines).encode() + b"\n", timeout=180)
    assert done.returncode == 0, done.stderr
    answers = done.stdout.decode(errors="replace").splitlines()
    assert len(answers) == len(lines)
    return answers


def openssl_says(asked: Question, folder: Path) -> bool:
    """Whether `openssl verify` says OK."""
    kinds = {"trusted": asked.anchors, "untrusted": asked.pool}
    argv: list[str | Path] = [peers.require("openssl"), "verify", "-attime", str(int(asked.at.timestamp()))]
    for option, found in kinds.items():
        path = folder / f"{option}.pem"
        path.write_bytes(b"".join(certificate.pem for certificate in found))
        argv += [f"-{option}", path] if found else []
    if asked.crls:
        path = folder / "lists.pem"
        path.write_bytes(b"".join(_armoured(crl.raw) for crl in asked.crls))
        argv += ["-CRLfile", path, "-crl_check_all", "-extended_crl", "-use_deltas"]
    if asked.explicit:
        argv += ["-policy_check", "-explicit_policy"]
        argv += [part for oid in asked.policies for part in ("-policy", oid)]
    target = folder / "target.pem"
    target.write_bytes(asked.target.pem)
    argv += ["-purpose", "any", "-partial_chain", "-auth_level", "0", "-no-CApath", "-no-CAstore", target]
    return peers.run(argv).returncode == 0


def _armoured(der: bytes) -> bytes:
    return b"-----BEGIN X509 CRL-----\n" + base64.encodebytes(der) + b"-----END X509 CRL-----\n"


def compare(questions: list[Question], folder: Path) -> tuple[list[str], int]:
    """The names of what passes here alone, and how many pass here at all."""
    passed = [asked for asked in questions if asked.passes]
    refused = [
        (asked, answer)
        for asked, answer in zip(passed, java_says(passed), strict=True)
        if answer != "yes" and not openssl_says(asked, folder)
    ]
    return [f"{asked.name}: {answer}" for asked, answer in refused], len(passed)


# --- the suites ---


@pytest.mark.corpora
def test_nothing_of_pkits_passes_here_alone(tmp_path: Path) -> None:
    pool, crls, trust = pkits._material()
    questions = []
    for entry in pkits._entries():
        try:
            target = pkits._target((pkits._folder() / entry["file"]).read_bytes())
        except EsignError:
            continue
        explicit = entry["explicit_policy"]
        policies = tuple(entry["initial_policies"])
        questions.append(
            Question(
                entry["test"],
                target,
                trust.anchors,
                pool,
                crls,
                pkits.AT,
                policies,
                explicit,
                pkits._lenient(),
            )
        )
    alone, passed = compare(questions, tmp_path)
    assert passed >= 100
    assert alone == []


@pytest.mark.corpora
def test_nothing_of_limbo_passes_here_alone(tmp_path: Path) -> None:
    questions = []
    for case in limbo._cases():
        at = case["validation_time"]
        try:
            questions.append(
                Question(
                    case["id"],
                    Certificate.load(case["peer_certificate"].encode()),
                    tuple(limbo._read(Certificate, case["trusted_certs"])),
                    tuple(limbo._read(Certificate, case["untrusted_intermediates"])),
                    tuple(limbo._read(CertificateList, case.get("crls", []))),
                    datetime.fromisoformat(at) if at else datetime(2024, 6, 1, tzinfo=UTC),
                )
            )
        except EsignError:
            continue
    alone, passed = compare(questions, tmp_path)
    assert passed >= 15
    assert alone == []


# --- drawn at random ---


@cache
def _anchors() -> tuple[Node, ...]:
    return (
        issue("Drawn Root", ca=True),
        issue("Drawn Root With Limit", ca=True, path_length=1),
    )


def _name_constraints(r: random.Random) -> foreign.NameConstraints:
    kinds: list[foreign.GeneralName] = [
        foreign.RFC822Name(r.choice(("agency.uz", ".agency.uz", "a.aliyev@agency.uz", "other.uz"))),
        foreign.DNSName(r.choice(("agency.uz", "mx.agency.uz", "uz"))),
        foreign.UniformResourceIdentifier(r.choice(("agency.uz", ".agency.uz"))),
        foreign.DirectoryName(foreign.Name([foreign.NameAttribute(foreign.NameOID.COUNTRY_NAME, "UZ")])),
        foreign.DirectoryName(foreign.Name([foreign.NameAttribute(foreign.NameOID.COUNTRY_NAME, "KZ")])),
    ]
    drawn = r.sample(kinds, r.randint(1, 3))
    return foreign.NameConstraints(drawn, None) if r.random() < 0.6 else foreign.NameConstraints(None, drawn)


def _policies(r: random.Random) -> foreign.CertificatePolicies:
    oids = r.sample(("1.2.3.4", "1.2.3.5", "2.5.29.32.0"), r.randint(1, 2))
    return foreign.CertificatePolicies(
        [foreign.PolicyInformation(foreign.ObjectIdentifier(oid), None) for oid in oids]
    )


def _authority(r: random.Random, above: Node, number: int) -> Node:
    extensions: list[tuple[Any, bool]] = []
    if r.random() < 0.3:
        extensions.append((_name_constraints(r), True))
    if r.random() < 0.4:
        extensions.append((_policies(r), r.random() < 0.2))
    if r.random() < 0.1:
        extensions.append((foreign.PolicyConstraints(r.choice((None, 0, 1)), r.choice((0, 1))), True))
    if r.random() < 0.1:
        extensions.append((foreign.InhibitAnyPolicy(r.randint(0, 1)), True))
    if r.random() < 0.05:
        unknown = foreign.UnrecognizedExtension(foreign.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\5\0")
        extensions.append((unknown, r.random() < 0.5))
    late = r.random() < 0.05
    return above.issue(
        f"Drawn {number}" if r.random() < 0.9 else "Drawn Root",
        ca=r.random() < 0.95,
        path_length=r.choice((None, None, None, 0, 1)),
        constraints=r.random() < 0.95,
        usages=r.choice(((), (), (), None, ("digitalSignature",), ("keyCertSign",))),
        not_after=AT - DAY if late else AT + 100 * DAY,
        extensions=extensions,
        key_identifiers=r.random() < 0.9,
        private=key(f"Drawn {number}"),
    )


def _leaf(r: random.Random, above: Node, number: int) -> Node:
    names: list[foreign.GeneralName] = [
        foreign.RFC822Name(
            r.choice(("a.aliyev@agency.uz", "a@sub.agency.uz", "b@other.uz", "A.Aliyev@AGENCY.uz"))
        ),
        foreign.DNSName(r.choice(("mx.agency.uz", "agency.uz", "kz", "MX.Agency.UZ"))),
        foreign.UniformResourceIdentifier(
            r.choice(("http://agency.uz/x", "https://mx.agency.uz", "http://a.kz"))
        ),
    ]
    extensions: list[tuple[Any, bool]] = []
    if r.random() < 0.7:
        extensions.append((foreign.SubjectAlternativeName(r.sample(names, r.randint(1, 3))), False))
    if r.random() < 0.5:
        extensions.append((_policies(r), False))
    early = r.random() < 0.05
    wrong = key("somebody else") if r.random() < 0.05 else None
    return above.issue(
        f"Leaf {number}", extensions=extensions, not_before=AT + DAY if early else AT - DAY, signed_with=wrong
    )


def drawn(seed: int) -> Question:
    """A chain of one to four certificates below an anchor, each with what an authority may get wrong."""
    r = random.Random(seed)  # noqa: S311 - repeatable
    anchor = r.choice(_anchors())
    node, pool = anchor, []
    for number in range(r.randint(0, 3)):
        node = _authority(r, node, number)
        pool.append(node.certificate)
    leaf = _leaf(r, node, seed)
    explicit = r.random() < 0.25
    lists: tuple[CertificateList, ...] = ()
    return Question(
        f"drawn {seed}",
        leaf.certificate,
        (anchor.certificate,),
        tuple(pool),
        lists,
        policies=("1.2.3.4",) if explicit else (),
        explicit=explicit,
    )


def test_no_drawn_chain_passes_here_alone(tmp_path: Path) -> None:
    alone, passed = compare([drawn(seed) for seed in range(_DRAWN)], tmp_path)
    assert _DRAWN // 10 < passed < _DRAWN
    assert alone == []
