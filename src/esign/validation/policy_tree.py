"""Certificate policies of a path: RFC 5280 §6.1 in the form of a graph, as RFC 9618 §5 replaces the tree.

A tree repeats a policy once for each way that leads to it, and grows with the power of the depth. The graph
has one node for a policy at a depth, and an edge for each way: no more of them than the certificates name.
Whether a path may have no policy at all is decided here; which policies an act needs is the caller's.

    wanted = PolicyInputs.of(["1.2.860.3.1"], require_explicit=True)
    found = process_policies(path, wanted, spend=work.count_policies)
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple

from esign import der, extensions
from esign.errors import MalformedInput
from esign.findings import Finding
from esign.x509 import Certificate

ANY_POLICY: Final = "2.5.29.32.0"
_ANY: Final = frozenset((ANY_POLICY,))
_RARE: Final = frozenset(
    (extensions.POLICY_CONSTRAINTS, extensions.POLICY_MAPPINGS, extensions.INHIBIT_ANY_POLICY)
)
_NO_MAPPINGS: Final[Mapping[str, frozenset[str]]] = MappingProxyType({})
_MAX_COUNT: Final = 1 << 30
_MAX_MAPPINGS: Final = 1000
_PREPARE: Final = "RFC 5280 §6.1.4"

Spend = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class PolicyInputs:
    """What the caller asks of policies (RFC 5280 §6.1.1 (c), (e), (f), (g)): `accepted` are dotted OIDs."""

    accepted: frozenset[str] = _ANY
    require_explicit: bool = False
    inhibit_any: bool = False
    inhibit_mapping: bool = False

    @classmethod
    def of(
        cls,
        accepted: Iterable[str] | None,
        *,
        require_explicit: bool = False,
        inhibit_any: bool = False,
        inhibit_mapping: bool = False,
    ) -> "PolicyInputs":
        """The same with `accepted` as callers give it: None, nothing or anyPolicy among them mean any."""
        found = frozenset(accepted or _ANY)
        return cls(_ANY if ANY_POLICY in found else found, require_explicit, inhibit_any, inhibit_mapping)


@dataclass(frozen=True, slots=True)
class PolicyOutcome:
    """The user-constrained policy set of RFC 5280 §6.1.6, sorted, and what is wrong about the path."""

    policies: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class _Node:
    """One policy at one depth: what the next certificate may call it, and the nodes that it comes from."""

    expected: frozenset[str]
    parents: tuple[str, ...] = ()


_Level = dict[str, _Node]


class _Said(NamedTuple):
    """What the four extensions of one certificate say; None for one that is absent."""

    policies: frozenset[str] | None
    mappings: Mapping[str, frozenset[str]]
    require_explicit: int | None
    inhibit_mapping: int | None
    inhibit_any: int | None


@dataclass(slots=True)
class _State:
    """The variables of RFC 5280 §6.1.2; `levels` is empty when the graph is NULL."""

    accepted: frozenset[str]
    explicit: int
    any_left: int
    mapping: int
    spend: Spend
    levels: list[_Level] = field(default_factory=lambda: [{ANY_POLICY: _Node(_ANY)}])

    def drop(self) -> None:
        """Make the graph NULL."""
        self.levels = []


def process_policies(path: tuple[Certificate, ...], inputs: PolicyInputs, *, spend: Spend) -> PolicyOutcome:
    """The policies for which `path`, from the certificate to the anchor, is valid.

    `spend` is told the number of nodes and edges before they are made, and may raise to stop.
    """
    findings: list[Finding] = []
    try:
        anchor, *rest = [(c, _read(c)) for c in reversed(path)]
    except MalformedInput as e:
        return PolicyOutcome((), (Finding.error("policies-malformed", where=e.where, reason=e.message),))
    state = _initial(anchor[1], inputs, spend)
    for left, (certificate, said) in zip(range(len(rest) - 1, -1, -1), rest, strict=True):
        _step(state, said, may_take_any=state.any_left > 0 or (left > 0 and certificate.is_self_issued))
        if state.explicit == 0 and not state.levels:
            findings.append(_no_policy(certificate))
            break
        if left == 0:
            _wrap_up(state, said)
        elif ANY_POLICY in said.mappings or any(ANY_POLICY in to for to in said.mappings.values()):
            where = certificate.subject.shown
            return PolicyOutcome((), (Finding.error("policy-mapping-any", clause=_PREPARE, where=where),))
        else:
            _prepare(state, said, counts=not certificate.is_self_issued)
    policies = _constrained(state)
    if state.explicit == 0 and not policies and not findings:
        findings.append(_no_policy(path[0]))
    return PolicyOutcome(tuple(sorted(policies)), tuple(findings))


def _no_policy(certificate: Certificate) -> Finding:
    return Finding.error("no-valid-policy", clause="RFC 5280 §6.1.5", where=certificate.subject.shown)


def _initial(anchor: _Said, inputs: PolicyInputs, spend: Spend) -> _State:
    """RFC 5280 §6.1.2, bound further by what the anchor says of itself (RFC 5937 §3.2)."""
    accepted = inputs.accepted
    if anchor.policies is not None and ANY_POLICY not in anchor.policies:
        accepted = anchor.policies if accepted == _ANY else accepted & anchor.policies
    return _State(
        accepted,
        0 if inputs.require_explicit else _count(anchor.require_explicit),
        0 if inputs.inhibit_any else _count(anchor.inhibit_any),
        0 if inputs.inhibit_mapping else _count(anchor.inhibit_mapping),
        spend,
    )


def _count(said: int | None) -> int:
    return _MAX_COUNT if said is None else said


def _step(state: _State, said: _Said, *, may_take_any: bool) -> None:
    """RFC 5280 §6.1.3 (d) and (e); nodes that lead nowhere are left out at the end."""
    if said.policies is None or not state.levels:
        state.drop()
        return
    above = state.levels[-1]
    state.spend(len(said.policies) + sum([len(node.expected) for node in above.values()]))
    parents: dict[str, list[str]] = defaultdict(list)
    for policy, node in above.items():
        for expected in node.expected:
            parents[expected].append(policy)
    level: _Level = {}
    for policy in said.policies - _ANY:
        if policy in parents:
            level[policy] = _Node(frozenset((policy,)), tuple(parents[policy]))
        elif ANY_POLICY in above:
            level[policy] = _Node(frozenset((policy,)), (ANY_POLICY,))
    if ANY_POLICY in said.policies and may_take_any:
        for policy in parents.keys() - level.keys():
            level[policy] = _Node(frozenset((policy,)), tuple(parents[policy]))
    if level:
        state.levels.append(level)
    else:
        state.drop()


def _prepare(state: _State, said: _Said, *, counts: bool) -> None:
    """RFC 5280 §6.1.4 (b), (h), (i) and (j)."""
    if state.levels and said.mappings:
        _map(state, said.mappings)
    if counts:
        state.explicit -= state.explicit > 0
        state.mapping -= state.mapping > 0
        state.any_left -= state.any_left > 0
    if said.require_explicit is not None:
        state.explicit = min(state.explicit, said.require_explicit)
    if said.inhibit_mapping is not None:
        state.mapping = min(state.mapping, said.inhibit_mapping)
    if said.inhibit_any is not None:
        state.any_left = min(state.any_left, said.inhibit_any)


def _map(state: _State, mappings: Mapping[str, frozenset[str]]) -> None:
    level = state.levels[-1]
    state.spend(sum(len(to) for to in mappings.values()))
    for policy, to in mappings.items():
        if state.mapping == 0:
            level.pop(policy, None)
        elif policy in level:
            level[policy].expected = to
        elif ANY_POLICY in level:
            level[policy] = _Node(to, (ANY_POLICY,))
    if not level:
        state.drop()


def _wrap_up(state: _State, said: _Said) -> None:
    """RFC 5280 §6.1.5 (a) and (b)."""
    state.explicit = max(0, state.explicit - 1)
    if said.require_explicit == 0:
        state.explicit = 0


def _constrained(state: _State) -> frozenset[str]:
    """RFC 5280 §6.1.5 (g) by RFC 9618 §5.5: the policies as the anchor's domain calls them."""
    if not state.levels:
        return frozenset()
    found: set[str] = set()
    reached = set(state.levels[-1])
    if ANY_POLICY in reached:
        found.add(ANY_POLICY)
    for level in reversed(state.levels[1:]):
        found.update(p for p in reached if p != ANY_POLICY and ANY_POLICY in level[p].parents)
        reached = {parent for policy in reached for parent in level[policy].parents}
    if state.accepted == _ANY:
        return frozenset(found)
    return state.accepted if ANY_POLICY in found else state.accepted & found


def _read(certificate: Certificate) -> _Said:
    policies = frozenset(certificate.policies) or None
    if _RARE.isdisjoint([extension.oid for extension in certificate.extensions]):
        return _Said(policies, _NO_MAPPINGS, None, None, None)
    try:
        explicit, mapping = _policy_constraints(certificate)
        return _Said(
            policies,
            _mappings(certificate),
            explicit,
            mapping,
            _inhibit_any(certificate),
        )
    except MalformedInput as e:
        e.where = certificate.subject.shown
        raise


def _policy_constraints(certificate: Certificate) -> tuple[int | None, int | None]:
    value = _extension(certificate, extensions.POLICY_CONSTRAINTS)
    if value is None:
        return None, None
    fields = der.Fields.of(value, "policyConstraints")
    explicit = fields.optional(der.context(0, constructed=False))
    mapping = fields.optional(der.context(1, constructed=False))
    fields.end()
    if explicit is None and mapping is None:
        raise MalformedInput(found="an empty sequence", where="policyConstraints")
    return _skipped(explicit), _skipped(mapping)


def _inhibit_any(certificate: Certificate) -> int | None:
    value = _extension(certificate, extensions.INHIBIT_ANY_POLICY)
    if value is not None and value.tag != der.INTEGER:
        raise MalformedInput(found=f"tag 0x{value.tag:02x}, wanted an integer", where="inhibitAnyPolicy")
    return _skipped(value)


def _skipped(element: der.TLV | None) -> int | None:
    """SkipCerts: how many certificates more may come before the demand holds."""
    if element is None:
        return None
    value = element.integer()
    if value < 0:
        raise MalformedInput(found="a negative number of certificates", where="SkipCerts")
    return min(value, _MAX_COUNT)


def _mappings(certificate: Certificate) -> Mapping[str, frozenset[str]]:
    value = _extension(certificate, extensions.POLICY_MAPPINGS)
    if value is None:
        return _NO_MAPPINGS
    pairs = der.Fields.of(value, "policyMappings").rest()
    if not 0 < len(pairs) <= _MAX_MAPPINGS:
        raise MalformedInput(found=f"{len(pairs)} policy mappings", where="policyMappings")
    found: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        fields = der.Fields.of(pair, "policyMappings")
        issuer, subject = fields.take(der.OID).oid(), fields.take(der.OID).oid()
        fields.end()
        found[issuer].add(subject)
    return {policy: frozenset(to) for policy, to in found.items()}


def _extension(certificate: Certificate, oid: str) -> der.TLV | None:
    found = certificate.extension(oid)
    return None if found is None else der.decode(found.value, where=f"extension {oid}")
