"""Counters of policies count by one, end at zero, and a policy that fails is told with its place."""

import pytest

from esign import der
from esign.validation.policy import Limits
from esign.validation.policy_tree import PolicyInputs
from esign.validation.work import Work
from tests.esign.validation.test_policy_tree import (
    ANY,
    CONSTRAINTS,
    EXPLICIT,
    INHIBIT_ANY,
    MAPPINGS,
    P1,
    P2,
    P3,
    Says,
    codes,
    process,
)


@pytest.mark.parametrize(
    ("path", "inputs", "policies"),
    [
        # two more certificates may use anyPolicy, and not three
        ([Says([P1], any_left=2), Says([P1]), Says([ANY]), Says([P1])], EXPLICIT, {P1}),
        ([Says([P1], any_left=2), Says([P1]), Says([P1]), Says([ANY])], EXPLICIT, None),
        ([Says([P1], any_left=0), Says([P1], any_left=5), Says([ANY])], EXPLICIT, None),
        # mappings likewise
        ([Says([P1], mapping=2), Says([P1]), Says([P1], [(P1, P2)]), Says([P2])], EXPLICIT, {P1}),
        ([Says([P1], mapping=0), Says([P1], [(P1, P2)], mapping=5), Says([P2])], EXPLICIT, None),
        # an explicit policy likewise
        ([Says(None, explicit=3), Says(None), Says(None)], PolicyInputs(), set()),
        ([Says(None, explicit=2), Says(None), Says(None)], PolicyInputs(), None),
        ([Says(None, explicit=0), Says(None, explicit=5)], PolicyInputs(), None),
        ([Says(None, explicit=5), Says(None, explicit=0), Says(None)], PolicyInputs(), None),
        # a self-issued one takes nothing from the counters
        (
            [Says([P1], mapping=1), Says([P1], self_issued=True), Says([P1], [(P1, P2)]), Says([P2])],
            EXPLICIT,
            {P1},
        ),
        (
            [Says([P1], any_left=1), Says([P1], self_issued=True), Says([ANY]), Says([P1])],
            EXPLICIT,
            {P1},
        ),
        # with mapping inhibited, what is mapped falls away and the rest remains
        (
            [Says([P1, P3], [(P1, P2)]), Says([P2, P3])],
            PolicyInputs(require_explicit=True, inhibit_mapping=True),
            {P3},
        ),
    ],
)
def test_counters_count_by_one(path: list[Says], inputs: PolicyInputs, policies: set[str] | None) -> None:
    found = process(*path, inputs=inputs)
    assert codes(found) == (["no-valid-policy"] if policies is None else [])
    assert found.policies == tuple(sorted(policies or ()))


def test_a_path_of_one_may_lack_a_policy_too() -> None:
    wanted = PolicyInputs.of([P2], require_explicit=True)
    assert codes(process(anchor=Says([P1]), inputs=wanted)) == ["no-valid-policy"]
    assert process(anchor=Says([P2]), inputs=wanted).policies == (P2,)


@pytest.mark.parametrize(
    ("anchor", "accepted", "policies"),
    [
        (Says([P1]), None, (P1,)),
        (Says([P1]), [P1, P2], (P1,)),
        (Says([P1]), [P2], ()),
        (Says([ANY]), [P2], (P2,)),
        (Says([ANY, P1]), None, (P1, P2)),
        (Says(None), [P2], (P2,)),
    ],
)
def test_the_policies_of_an_anchor_bind(
    anchor: Says, accepted: list[str] | None, policies: tuple[str, ...]
) -> None:
    """RFC 5937 §3.2."""
    assert process(Says([P1, P2]), anchor=anchor, inputs=PolicyInputs.of(accepted)).policies == policies


@pytest.mark.parametrize(
    ("anchor", "path", "failing"),
    [
        (Says(None, explicit=0), [Says(None)], True),
        (Says(None, explicit=2), [Says(None)], False),
        (Says(None, any_left=0), [Says([ANY], explicit=0), Says([P1])], True),
        (Says(None, any_left=1), [Says([ANY], explicit=0), Says([P1])], False),
        (Says(None, mapping=0), [Says([P1], [(P1, P2)], explicit=0), Says([P2])], True),
        (Says(None, mapping=1), [Says([P1], [(P1, P2)], explicit=0), Says([P2])], False),
    ],
)
def test_the_limits_of_an_anchor_bind(anchor: Says, path: list[Says], failing: bool) -> None:
    """RFC 5937 §3.2."""
    assert bool(codes(process(*path, anchor=anchor))) is failing


def test_the_certificate_without_a_policy_is_told_where_it_is_known() -> None:
    (early,) = process(Says(None, explicit=0), Says([P1]), inputs=EXPLICIT).findings
    (late,) = process(Says([P1], self_issued=True), Says([P2]), inputs=EXPLICIT).findings
    assert (early.where, late.where) == ("CN=Issuing,C=UZ", "CN=Issuing,C=UZ")
    (above,) = process(Says(None, self_issued=True), Says([P1]), inputs=EXPLICIT).findings
    assert above.where == "CN=Root,C=UZ"


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ({CONSTRAINTS: der.sequence()}, "CN=Issuing,C=UZ"),
        ({CONSTRAINTS: der.sequence(der.implicit(0, der.integer(-1)))}, "CN=Issuing,C=UZ"),
        ({CONSTRAINTS: der.sequence(der.implicit(2, der.integer(1)))}, "CN=Issuing,C=UZ"),
        ({INHIBIT_ANY: der.integer(-1)}, "CN=Issuing,C=UZ"),
        ({INHIBIT_ANY: der.sequence()}, "CN=Issuing,C=UZ"),
        ({MAPPINGS: der.sequence()}, "CN=Issuing,C=UZ"),
        ({MAPPINGS: der.sequence(der.sequence(der.oid(P1)))}, "CN=Issuing,C=UZ"),
        ({MAPPINGS: der.sequence(der.sequence(der.oid(P1), der.oid(P2), der.null()))}, "CN=Issuing,C=UZ"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(raw: dict[str, bytes], place: str) -> None:
    found = process(Says(raw=raw), Says())
    assert [(f.code, f.where) for f in found.findings] == [("policies-malformed", place)]
    assert found.policies == ()


def test_counts_of_zero_and_beyond_any_path_are_read() -> None:
    assert codes(process(Says(None, explicit=1 << 40), Says(None))) == []
    assert codes(process(Says(None, explicit=0), Says(None))) == ["no-valid-policy"]


@pytest.mark.parametrize(("pairs", "good"), [(1000, True), (1001, False)])
def test_at_most_a_thousand_mappings_are_read(pairs: int, good: bool) -> None:
    many = [(P1, f"1.3.{n}") for n in range(pairs)]
    found = process(Says([P1], many), Says(["1.3.7"]), inputs=EXPLICIT)
    assert codes(found) == ([] if good else ["policies-malformed"])


def test_nodes_and_edges_are_counted() -> None:
    work = Work(Limits())
    process(Says([P1, P2], [(P1, P3), (P1, P2)]), Says([P3]), work=work)
    # Above one is expected and two are named; two are mapped to; below three are expected and one is named.
    assert work.spent("policy_nodes") == (2 + 1) + 2 + (1 + 3)


def test_the_inputs_bind_each_by_itself() -> None:
    path = [Says([ANY], [(P1, P2)]), Says([P2])]
    assert process(*path).policies == (P1,)
    assert process(*path, inputs=PolicyInputs(inhibit_any=True)).policies == ()
    assert process(*path, inputs=PolicyInputs(inhibit_mapping=True)).policies == (P2,)
    assert PolicyInputs.of([P1], inhibit_any=True) == PolicyInputs(frozenset([P1]), False, True, False)
    assert PolicyInputs.of(None, inhibit_mapping=True) == PolicyInputs(frozenset([ANY]), False, False, True)


def test_the_first_certificate_that_leaves_no_policy_is_told() -> None:
    path = (Says([P1]), Says([P2], self_issued=True), Says([P2]))
    (found,) = process(*path, inputs=EXPLICIT).findings
    assert (found.code, found.where) == ("no-valid-policy", "CN=Root,C=UZ")
