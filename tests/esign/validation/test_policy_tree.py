"""Policies of a path come out as the tree of RFC 5280 §6.1 says, for the price of what certificates name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import der, extensions
from esign.findings import Severity
from esign.validation.policy import Limits
from esign.validation.policy_tree import ANY_POLICY, PolicyInputs, PolicyOutcome, process_policies
from esign.validation.work import Work, WorkExceeded
from esign.x509 import Certificate, Extension
from tests.esign.validation import world

ANY, P1, P2, P3 = ANY_POLICY, "1.2.1", "1.2.2", "1.2.3"
CONSTRAINTS, MAPPINGS, INHIBIT_ANY = (
    extensions.POLICY_CONSTRAINTS,
    extensions.POLICY_MAPPINGS,
    extensions.INHIBIT_ANY_POLICY,
)
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Says:
    """What one certificate says about policies; `policies=None` leaves the extension out."""

    policies: Sequence[str] | None = (P1,)
    mappings: Sequence[tuple[str, str]] = ()
    explicit: int | None = None
    mapping: int | None = None
    any_left: int | None = None
    self_issued: bool = False
    raw: Mapping[str, bytes] = field(default_factory=dict)


def _skip(number: int, value: int | None) -> bytes:
    if value is None:
        return b""
    return der.tlv(der.context(number, constructed=False), der.decode(der.integer(value)).content)


def _encoded(says: Says) -> Iterator[tuple[str, bytes]]:
    if says.mappings:
        pairs = (der.sequence(der.oid(a), der.oid(b)) for a, b in says.mappings)
        yield MAPPINGS, der.sequence(*pairs)
    if says.explicit is not None or says.mapping is not None:
        yield CONSTRAINTS, der.sequence(_skip(0, says.explicit), _skip(1, says.mapping))
    if says.any_left is not None:
        yield INHIBIT_ANY, der.integer(says.any_left)
    yield from says.raw.items()


def certificate(says: Says) -> Certificate:
    """A certificate of which nothing but names and policies is true."""
    subject = world.root() if says.self_issued else world.intermediate()
    values = {} if says.policies is None else {extensions.CERTIFICATE_POLICIES: tuple(says.policies)}
    return replace(
        world.intermediate().certificate,
        issuer=world.root().certificate.subject,
        subject=subject.certificate.subject,
        extensions=tuple(Extension(oid, True, value) for oid, value in _encoded(says)),
        values=MappingProxyType(values),
    )


def process(
    *path: Says, anchor: Says | None = None, work: Work | None = None, inputs: PolicyInputs | None = None
) -> PolicyOutcome:
    """The outcome for a path from the anchor down."""
    above = anchor or Says(None, self_issued=True)
    made = tuple(certificate(says) for says in (*reversed(path), above))
    return process_policies(made, inputs or PolicyInputs(), spend=(work or Work(Limits())).count_policies)


def codes(outcome: PolicyOutcome) -> list[str]:
    assert all(f.severity is Severity.ERROR for f in outcome.findings)
    return [f.code for f in outcome.findings]


EXPLICIT = PolicyInputs(require_explicit=True)


@pytest.mark.parametrize(
    ("path", "inputs", "policies"),
    [
        ([Says(), Says()], EXPLICIT, {P1}),
        ([Says([P1, P2]), Says([P2, P3])], EXPLICIT, {P2}),
        ([Says([P1]), Says([P2])], EXPLICIT, None),
        ([Says([P1]), Says([P2])], PolicyInputs(), set()),
        ([Says(None), Says([P1])], EXPLICIT, None),
        ([Says([P1]), Says(None)], EXPLICIT, None),
        ([Says([ANY]), Says([P1])], EXPLICIT, {P1}),
        ([Says([P1]), Says([ANY])], EXPLICIT, {P1}),
        ([Says([ANY]), Says([ANY])], EXPLICIT, {ANY}),
        ([Says([ANY]), Says([ANY])], PolicyInputs.of([P1], require_explicit=True), {P1}),
        ([Says(), Says()], PolicyInputs.of([P2], require_explicit=True), None),
        ([Says(), Says()], PolicyInputs.of([P1, P2], require_explicit=True), {P1}),
        ([Says(), Says()], PolicyInputs.of([P2]), set()),
        ([Says(), Says()], PolicyInputs.of([P2, ANY], require_explicit=True), {P1}),
        ([Says(), Says()], PolicyInputs.of([], require_explicit=True), {P1}),
        ([], EXPLICIT, {ANY}),
        # anyPolicy inhibited: by the caller, by an authority, after one more, not for a self-issued one
        ([Says([ANY]), Says([P1])], PolicyInputs(require_explicit=True, inhibit_any=True), None),
        ([Says([P1], any_left=0), Says([ANY])], EXPLICIT, None),
        ([Says([P1], any_left=1), Says([ANY]), Says([P1])], EXPLICIT, {P1}),
        ([Says([P1], any_left=1), Says([P1]), Says([ANY])], EXPLICIT, None),
        ([Says([P1], any_left=0), Says([ANY], self_issued=True), Says([P1])], EXPLICIT, {P1}),
        ([Says([P1], any_left=0), Says([P1]), Says([ANY], self_issued=True)], EXPLICIT, None),
        # mappings
        ([Says([P1], [(P1, P2)]), Says([P2])], EXPLICIT, {P1}),
        ([Says([P1], [(P1, P2)]), Says([P1])], EXPLICIT, None),
        ([Says([P1], [(P1, P2), (P1, P3)]), Says([P3])], EXPLICIT, {P1}),
        ([Says([P1, P2], [(P1, P3), (P2, P3)]), Says([P3])], EXPLICIT, {P1, P2}),
        ([Says([ANY], [(P1, P2)]), Says([P2])], EXPLICIT, {P1}),
        ([Says([P3], [(P1, P2)]), Says([P2])], EXPLICIT, None),
        ([Says([P1], [(P1, P2)]), Says([P2], [(P2, P3)]), Says([P3])], EXPLICIT, {P1}),
        ([Says([P1], [(P1, P2)]), Says([ANY])], EXPLICIT, {P1}),
        (
            [Says([P1], [(P1, P2)]), Says([P2])],
            PolicyInputs(require_explicit=True, inhibit_mapping=True),
            None,
        ),
        ([Says([P1], mapping=0), Says([P1], [(P1, P2)]), Says([P2])], EXPLICIT, None),
        ([Says([P1], mapping=1), Says([P1], [(P1, P2)]), Says([P2])], EXPLICIT, {P1}),
        ([Says([P1], mapping=1), Says([P1]), Says([P1], [(P1, P2)]), Says([P2])], EXPLICIT, None),
        ([Says([P1], mapping=0), Says([P1, P3], [(P1, P2)]), Says([P2])], EXPLICIT, None),
        # a mapping below the last authority is nobody's business
        ([Says([P1]), Says([P1], [(P1, ANY)])], EXPLICIT, {P1}),
        # an explicit policy, demanded by authorities and by the certificate itself
        ([Says(None, explicit=0), Says()], PolicyInputs(), None),
        ([Says(None, explicit=1), Says(None)], PolicyInputs(), None),
        ([Says(None, explicit=2), Says(None)], PolicyInputs(), set()),
        ([Says(None, explicit=1), Says(None, self_issued=True), Says(None)], PolicyInputs(), None),
        ([Says(None, explicit=2), Says(None, self_issued=True), Says(None)], PolicyInputs(), set()),
        ([Says(None), Says(None, explicit=0)], PolicyInputs(), None),
        ([Says(None), Says(None, explicit=1)], PolicyInputs(), set()),
        ([Says(), Says(explicit=0)], PolicyInputs(), {P1}),
    ],
)
def test_policies_of_a_path(path: list[Says], inputs: PolicyInputs, policies: set[str] | None) -> None:
    found = process(*path, inputs=inputs)
    assert codes(found) == (["no-valid-policy"] if policies is None else [])
    assert found.policies == tuple(sorted(policies or ()))


@pytest.mark.parametrize(
    ("anchor", "path", "policies"),
    [
        (Says([P1]), [Says([P1, P2]), Says([P1, P2])], {P1}),
        (Says([ANY, P1]), [Says([P1, P2]), Says([P1, P2])], {P1, P2}),
        (Says([P3], explicit=0), [Says()], None),
        (Says(None, explicit=0), [Says(None)], None),
        (Says(None, explicit=5), [Says(None)], set()),
        (Says(None, any_left=0, explicit=0), [Says([ANY])], None),
        (Says(None, mapping=0, explicit=0), [Says([P1], [(P1, P2)]), Says([P2])], None),
    ],
)
def test_what_an_anchor_says_of_policies_binds(
    anchor: Says, path: list[Says], policies: set[str] | None
) -> None:
    """RFC 5937 §3.2."""
    found = process(*path, anchor=replace(anchor, self_issued=True))
    assert codes(found) == (["no-valid-policy"] if policies is None else [])
    assert found.policies == tuple(sorted(policies or ()))


def test_the_policies_of_caller_and_anchor_are_intersected() -> None:
    anchor, wanted = Says([P1], self_issued=True), PolicyInputs.of([P1, P2])
    assert process(Says([P1, P2]), anchor=anchor, inputs=wanted).policies == (P1,)


@pytest.mark.parametrize("pair", [(ANY, P1), (P1, ANY)])
def test_any_policy_is_never_mapped(pair: tuple[str, str]) -> None:
    found = process(Says([P1], [pair]), Says([P1]))
    assert (codes(found), found.policies) == (["policy-mapping-any"], ())


@pytest.mark.parametrize(
    ("oid", "value"),
    [
        (CONSTRAINTS, der.sequence()),
        (CONSTRAINTS, der.sequence(_skip(0, -1))),
        (CONSTRAINTS, der.sequence(_skip(0, 0), _skip(1, 0), _skip(2, 0))),
        (CONSTRAINTS, b"\x05\x00"),
        (INHIBIT_ANY, der.integer(-1)),
        (INHIBIT_ANY, b"\x05\x00"),
        (INHIBIT_ANY, b""),
        (MAPPINGS, der.sequence()),
        (MAPPINGS, der.sequence(der.sequence(der.oid(P1)))),
        (MAPPINGS, der.sequence(der.sequence(der.oid(P1), der.oid(P2), der.oid(P3)))),
        (MAPPINGS, der.sequence(*[der.sequence(der.oid(P1), der.oid(f"1.2.{n}")) for n in range(1001)])),
    ],
)
def test_extensions_that_cannot_be_read_fail_the_path(oid: str, value: bytes) -> None:
    for path in ([Says(raw={oid: value}), Says()], [Says(), Says(raw={oid: value})]):
        found = process(*path)
        assert codes(found) == ["policies-malformed"]
        assert found.findings[0].where == certificate(Says()).subject.text


def test_a_count_beyond_all_bounds_is_only_large() -> None:
    assert codes(process(Says(None, explicit=1 << 200), Says(None))) == []


# --- cost ---

MANY = [f"1.2.{n}" for n in range(30)]
EVERY_PAIR = [(a, b) for a in MANY for b in MANY]


def test_the_graph_grows_with_the_certificates_and_not_with_their_power() -> None:
    """RFC 9618 §1.1: thirty policies, each mapped to all, ten times, are a tree of thirty to the tenth."""
    work = Work(Limits())
    found = process(*[Says(MANY, EVERY_PAIR)] * 9, Says(MANY), work=work, inputs=EXPLICIT)
    assert found.policies == tuple(sorted(MANY))
    assert work.spent("policy_nodes") <= 10 * 2 * (len(MANY) + len(EVERY_PAIR))


def test_nodes_and_edges_are_limited() -> None:
    with pytest.raises(WorkExceeded, match="policy_nodes"):
        process(*[Says(MANY, EVERY_PAIR)] * 3, Says(MANY), work=Work(Limits(policy_nodes=2000)))


# --- the tree of RFC 5280, as an oracle ---


@dataclass(eq=False)
class Leaf:
    policy: str
    expected: frozenset[str]
    parent: "Leaf | None"


def _tree(path: Sequence[Says], inputs: PolicyInputs) -> tuple[bool, set[str]]:
    """RFC 5280 §6.1.2 to §6.1.5 with a tree, node by node: whether the path stands, and its policies."""
    leaves: list[Leaf] = [Leaf(ANY, frozenset((ANY,)), None)]
    far = len(path) + 1
    explicit = 0 if inputs.require_explicit else far
    any_left = 0 if inputs.inhibit_any else far
    mapping = 0 if inputs.inhibit_mapping else far
    for number, says in enumerate(path, 1):
        last = number == len(path)
        leaves = _next(leaves, says, any_left > 0 or (not last and says.self_issued))
        if not explicit and not leaves:
            return False, set()
        if last:
            explicit = 0 if says.explicit == 0 else max(0, explicit - 1)
            break
        leaves = _mapped(leaves, says, mapping)
        if not says.self_issued:
            explicit, mapping, any_left = (max(0, n - 1) for n in (explicit, mapping, any_left))
        explicit = min(explicit, far if says.explicit is None else says.explicit)
        mapping = min(mapping, far if says.mapping is None else says.mapping)
        any_left = min(any_left, far if says.any_left is None else says.any_left)
    policies = _user_set(leaves, inputs.accepted)
    return explicit > 0 or bool(policies), policies


def _next(leaves: list[Leaf], says: Says, any_counts: bool) -> list[Leaf]:
    made: list[Leaf] = []
    for policy in set(says.policies or ()) - {ANY}:
        fitting = [leaf for leaf in leaves if policy in leaf.expected]
        fitting = fitting or [leaf for leaf in leaves if leaf.policy == ANY]
        made += [Leaf(policy, frozenset((policy,)), leaf) for leaf in fitting]
    if ANY in (says.policies or ()) and any_counts:
        for leaf in leaves:
            here = {m.policy for m in made if m.parent is leaf}
            made += [Leaf(p, frozenset((p,)), leaf) for p in leaf.expected - here]
    return made


def _mapped(leaves: list[Leaf], says: Says, mapping: int) -> list[Leaf]:
    for issuer in {a for a, _ in says.mappings}:
        to = frozenset(b for a, b in says.mappings if a == issuer)
        found = [leaf for leaf in leaves if leaf.policy == issuer]
        if not mapping:
            leaves = [leaf for leaf in leaves if leaf.policy != issuer]
        elif found:
            for leaf in found:
                leaf.expected = to
        else:
            leaves += [Leaf(issuer, to, leaf.parent) for leaf in leaves if leaf.policy == ANY]
    return leaves


def _user_set(leaves: Iterable[Leaf], accepted: frozenset[str]) -> set[str]:
    authority = set()
    for leaf in leaves:
        node = leaf
        while node.policy != ANY and node.parent is not None and node.parent.policy != ANY:
            node = node.parent
        authority.add(node.policy)
    if accepted == {ANY}:
        return authority
    return set(accepted) if ANY in authority else authority & accepted


_OIDS = st.sampled_from([P1, P2, P3])
_COUNTS = st.none() | st.integers(0, 3)
_SAYS = st.builds(
    Says,
    policies=st.none() | st.lists(st.sampled_from([P1, P2, P3, ANY]), min_size=1, unique=True),
    mappings=st.lists(st.tuples(_OIDS, _OIDS), max_size=3, unique=True),
    explicit=_COUNTS,
    mapping=_COUNTS,
    any_left=_COUNTS,
    self_issued=st.booleans(),
)
_INPUTS = st.builds(
    PolicyInputs,
    st.sampled_from([frozenset((ANY,)), frozenset((P1,)), frozenset((P1, P3))]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(_SAYS, min_size=1, max_size=5), _INPUTS)
def test_the_graph_says_what_the_tree_says(path: list[Says], inputs: PolicyInputs) -> None:
    stands, policies = _tree(path, inputs)
    found = process(*path, inputs=inputs)
    assert (not found.findings, set(found.policies)) == (stands, policies)
