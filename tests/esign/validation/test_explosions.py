"""Chains made to cost more than they are worth are answered within counted work, whatever they ask for."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from cryptography import x509 as foreign

from esign import der
from esign.findings import Indication, Severity
from esign.validation.path import validate_path
from esign.validation.policy import Limits, Revocation
from esign.validation.policy_tree import PolicyInputs
from esign.validation.report import PathReport
from esign.validation.work import Work
from esign.x509 import Certificate, Trust
from tests.esign.validation import world
from tests.esign.validation.world import AT, Node

LIMITS = Limits()
COUNTED = ("signature_checks", "links", "name_comparisons", "paths", "policy_nodes")


def judge(
    target: Node, pool: Iterable[Node], trust: Trust, *, policies: PolicyInputs | None = None
) -> tuple[PathReport, Work]:
    """The verdict, and what it cost."""
    work = Work(LIMITS)
    report = validate_path(
        target.certificate,
        pool=[node.certificate for node in pool],
        trust=trust,
        at=AT,
        revocation=Revocation.UNSAFE_OFF,
        policies=policies or PolicyInputs(),
        work=work,
    )
    # The one request that goes beyond a limit is counted and refused before its work is done.
    return report, work


def errors(report: PathReport) -> list[str]:
    return [f.code for f in report.findings if f.severity is Severity.ERROR]


def same(count: int, *, by: Node, keys: int, **options: Any) -> list[Node]:
    """`count` authorities of one name, with `keys` keys, certified by `by`."""
    return [
        world.issue("Same", by=by, ca=True, private=world.key(f"same {n % keys}"), serial=n + 1, **options)
        for n in range(count)
    ]


def test_a_hundred_authorities_with_one_subject_and_one_key_cost_a_hundred_paths() -> None:
    between = same(100, by=world.root(), keys=1, extensions=[(world.unknown(), True)])
    report, work = judge(between[0].issue("x"), between, world.root().trust)
    assert report.indication is not Indication.PASSED
    assert work.spent("paths") <= 100
    assert work.spent("signature_checks") <= 101
    assert len(report.findings) <= 60


def test_a_hundred_authorities_with_one_subject_that_certify_each_other_end_at_a_limit() -> None:
    """Each of ten keys is certified by each other one: without limits, a path for each order of them."""
    first = same(10, by=world.issue("Same", ca=True, private=world.key("same 0")), keys=10)
    crossed = [
        world.issue("Same", by=issuer, ca=True, private=node.private, serial=100 * a + b + 1)
        for a, issuer in enumerate(first)
        for b, node in enumerate(first)
    ]
    report, work = judge(first[0].issue("x"), crossed, world.root().trust)
    assert (report.indication, errors(report)[-1]) == (Indication.INDETERMINATE, "work-limit")
    # A hundred are allowed, and asking for one more ends it.
    assert work.spent("signature_checks") <= LIMITS.signature_checks + 1


def test_a_circle_is_walked_once() -> None:
    names = [f"Ring {n}" for n in range(20)]
    nodes = [world.issue(name, ca=True) for name in names]
    ring = [nodes[n].issue(names[n - 1], ca=True, private=nodes[n - 1].private) for n in range(20)]
    report, work = judge(nodes[0].issue("x"), ring, world.root().trust)
    assert report.indication is Indication.INDETERMINATE
    assert errors(report) == ["path-too-long"]
    assert work.spent("signature_checks") <= LIMITS.depth + 1


def _policies(oids: Sequence[str]) -> list[tuple[Any, bool]]:
    information = [foreign.PolicyInformation(foreign.ObjectIdentifier(oid), None) for oid in oids]
    return [(foreign.CertificatePolicies(information), False)]


def _mappings(oids: Sequence[str]) -> list[tuple[Any, bool]]:
    pairs = [der.sequence(der.oid(a), der.oid(b)) for a in oids for b in oids]
    return [
        (foreign.UnrecognizedExtension(foreign.ObjectIdentifier("2.5.29.33"), der.sequence(*pairs)), True)
    ]


def test_a_tree_of_policies_stays_a_graph() -> None:
    """Thirty policies that are mapped to each other in eight authorities: 30 to the 8th nodes of a tree."""
    oids = [f"1.2.3.{n}" for n in range(30)]
    node, between = world.root(), []
    for number in range(8):
        node = node.issue(f"CA {number}", ca=True, extensions=_policies(oids) + _mappings(oids))
        between.append(node)
    target = node.issue("x", extensions=_policies(oids))
    report, work = judge(target, between, world.root().trust, policies=PolicyInputs(require_explicit=True))
    assert (report.indication, report.policies) == (Indication.PASSED, tuple(sorted(oids)))
    assert work.spent("policy_nodes") <= 9 * 2 * (30 + 900)


def _hosts(count: int) -> bytes:
    return b"".join(der.sequence(der.tlv(0x82, f"h{n}.gov.uz".encode())) for n in range(count))


def _constrained(count: int) -> list[tuple[Any, bool]]:
    subtrees = der.sequence(der.tlv(der.context(1), _hosts(count)))
    return [(foreign.UnrecognizedExtension(foreign.ObjectIdentifier("2.5.29.30"), subtrees), True)]


@pytest.mark.parametrize(("count", "passes"), [(300, True), (1000, False)])
def test_names_times_constraints_end_at_a_limit(count: int, passes: bool) -> None:
    authority = world.root().issue("CA", ca=True, extensions=_constrained(count))
    names = [foreign.DNSName(f"n{n}.edu.uz") for n in range(count)]
    target = authority.issue("x", extensions=[(foreign.SubjectAlternativeName(names), False)])
    report, work = judge(target, [authority], world.root().trust)
    if passes:
        assert report.indication is Indication.PASSED
        assert work.spent("name_comparisons") == count * (count + 2)
    else:
        assert (report.indication, errors(report)) == (Indication.INDETERMINATE, ["work-limit"])


def test_many_names_that_are_all_wrong_leave_a_short_report() -> None:
    names = [foreign.DNSName(f"n{n}.h0.gov.uz") for n in range(1000)]
    authority = world.root().issue("CA", ca=True, extensions=_constrained(10))
    target = authority.issue("x", extensions=[(foreign.SubjectAlternativeName(names), False)])
    report, _ = judge(target, [authority], world.root().trust)
    assert report.indication is Indication.FAILED
    assert len(report.findings) <= 50


@pytest.mark.parametrize("name", COUNTED)
def test_each_limit_can_end_a_validation(name: str) -> None:
    authority = world.root().issue("CA", ca=True, extensions=_constrained(1) + _policies(["1.2.3"]))
    target = authority.issue("x", extensions=_policies(["1.2.3"]))
    report = validate_path(
        target.certificate,
        pool=[authority.certificate],
        trust=world.root().trust,
        at=AT,
        work=Work(Limits(**{name: 0})),
    )
    assert (report.indication, errors(report)) == (Indication.INDETERMINATE, ["work-limit"])
    assert [f.where for f in report.findings] == [name]


def test_a_foreign_certificate_in_the_pool_costs_nothing() -> None:
    strangers = [world.issue(f"Stranger {n}", ca=True, private=world.key("s")) for n in range(50)]
    report, work = judge(world.person(), [world.intermediate(), *strangers], world.root().trust)
    assert report.indication is Indication.PASSED
    assert (work.spent("links"), work.spent("signature_checks")) == (2, 2)
    assert isinstance(report.path[0], Certificate)


def test_dead_ends_leave_a_short_report() -> None:
    parents = [world.issue(f"Parent {n}", ca=True, private=world.key("parent")) for n in range(60)]
    between = [parent.issue("Same", ca=True, private=world.key("same")) for parent in parents]
    report, _ = judge(between[0].issue("x"), between, world.root().trust)
    assert errors(report) == ["issuer-missing"] * 50
