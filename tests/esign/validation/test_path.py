"""Paths are found whatever the order of what is given; each rule of RFC 5280 §6.1 passes and fails once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from cryptography import x509 as foreign
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519

from esign.errors import NotPassed
from esign.findings import Indication, Severity, SubIndication
from esign.material import Need
from esign.validation.path import validate_path
from esign.validation.policy import Limits, Policy, Revocation
from esign.validation.report import PathReport, RevocationState
from esign.x509 import Certificate, Trust
from tests.esign.validation import world
from tests.esign.validation.world import AT, DAY, SECOND, Node

EMAIL = "1.3.6.1.5.5.7.3.4"
SERVER = "1.3.6.1.5.5.7.3.1"
PASSED, FAILED, INDETERMINATE = Indication.PASSED, Indication.FAILED, Indication.INDETERMINATE


def check(
    target: Node,
    *pool: Node,
    trust: Trust | None = None,
    at: datetime = AT,
    usage: str | None = None,
    policy: Policy | None = None,
) -> PathReport:
    """The verdict without revocation, which has its own tests."""
    return validate_path(
        target.certificate,
        pool=[n.certificate for n in pool],
        trust=trust or world.root().trust,
        at=at,
        usage=usage,
        revocation=Revocation.UNSAFE_OFF,
        policy=policy,
    )


def errors(report: PathReport) -> list[str]:
    return [f.code for f in report.findings if f.severity is Severity.ERROR]


def test_a_path_of_three_passes_and_is_shown() -> None:
    report = check(world.person(), world.intermediate(), usage="email-signing")
    assert (report.indication, report.sub_indication) == (PASSED, None)
    expected = (world.person(), world.intermediate(), world.root())
    assert report.path == tuple(n.certificate for n in expected)
    report.require_passed()


def test_a_report_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match="INDETERMINATE"):
        bool(check(world.person()))


def test_an_anchor_is_a_path_of_one() -> None:
    report = check(world.root())
    assert (report.indication, report.path) == (PASSED, (world.root().certificate,))
    assert check(world.root(), usage="document-signing").sub_indication is (
        SubIndication.CHAIN_CONSTRAINTS_FAILURE
    )


def test_trust_in_nobody_finds_no_path() -> None:
    report = check(world.person(), world.intermediate(), world.root(), trust=Trust.empty())
    assert (report.indication, report.sub_indication) == (
        INDETERMINATE,
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
    )
    assert errors(report) == ["root-not-trusted"]
    with pytest.raises(NotPassed) as e:
        report.require_passed()
    assert e.value.values["sub_indication"] == "NO_CERTIFICATE_CHAIN_FOUND"


def test_a_missing_issuer_is_named_and_asked_for() -> None:
    access = foreign.AuthorityInformationAccess(
        [
            foreign.AccessDescription(
                foreign.ObjectIdentifier("1.3.6.1.5.5.7.48.2"),
                foreign.UniformResourceIdentifier("http://ca.agency.uz/issuing.cer"),
            )
        ]
    )
    report = check(world.intermediate().issue("Aliyev A.", extensions=[(access, False)]))
    assert errors(report) == ["issuer-missing"]
    assert report.needs == (
        Need("certificate", "http://ca.agency.uz/issuing.cer", subject="CN=Issuing,C=UZ"),
    )


def test_a_stranger_of_the_same_name_is_no_issuer() -> None:
    stranger = world.issue("Root", ca=True, private=world.key("stranger"))
    report = check(world.person(), world.intermediate(), trust=stranger.trust)
    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert errors(report) == ["certificate-signature-invalid"]


def test_a_changed_certificate_has_no_issuer() -> None:
    raw = bytearray(world.person().certificate.raw)
    raw[-1] ^= 1
    report = check(Node(Certificate.load(bytes(raw)), None), world.intermediate())
    assert errors(report) == ["certificate-signature-invalid"]


def test_names_are_chained_by_what_they_say() -> None:
    shouted = Node(world.root().certificate, world.root().private)
    made = world.issue("x", by=_renamed(shouted, "ROOT"), private=world.key("x"))
    assert check(made).indication is PASSED


def _renamed(node: Node, common: str) -> Node:
    class Renamed(Node):
        @property
        def subject(self) -> foreign.Name:
            return world.name(common)

    return Renamed(node.certificate, node.private, node.above)


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (AT - 100 * DAY, None),
        (AT - 100 * DAY - SECOND, "certificate-not-yet-valid"),
        (AT + 100 * DAY, None),
        ((AT + 100 * DAY).replace(microsecond=999_999), None),
        (AT + 100 * DAY + SECOND, "certificate-expired"),
    ],
)
def test_both_ends_of_the_validity_are_inclusive(at: datetime, code: str | None) -> None:
    trusted = world.issue("Long Root", ca=True, not_before=AT - 900 * DAY, not_after=AT + 900 * DAY)
    report = check(trusted.issue("x"), trust=trusted.trust, at=at)
    assert errors(report) == ([code] if code else [])
    expected = {
        None: None,
        "certificate-expired": SubIndication.EXPIRED,
        "certificate-not-yet-valid": SubIndication.NOT_YET_VALID,
    }
    assert report.sub_indication is expected[code]


def test_an_anchor_expires_too() -> None:
    old = world.issue("Old Root", ca=True, not_after=AT - DAY)
    assert check(old.issue("x"), trust=old.trust).sub_indication is SubIndication.EXPIRED


def _chain(*options: dict[str, Any], leaf: dict[str, Any] | None = None) -> tuple[Node, list[Node]]:
    """A person below authorities with these options, below the root."""
    node, between = world.root(), []
    for number, some in enumerate(options):
        node = node.issue(f"CA {number}", **{"ca": True, **some})
        between.append(node)
    return node.issue("Leaf", **(leaf or {})), between


CRITICAL = [(world.unknown(), True)]
DEMANDING = [(foreign.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=None), True)]
LENIENT = [(foreign.PolicyConstraints(require_explicit_policy=5, inhibit_policy_mapping=0), True)]


@pytest.mark.parametrize(
    ("options", "leaf", "codes"),
    [
        ([{"constraints": False}], {}, ["certificate-signing-by-no-authority", "not-an-authority"]),
        ([{"ca": False}], {}, ["not-an-authority", "authority-key-usage"]),
        ([{"usages": ["cRLSign"]}], {}, ["authority-key-usage"]),
        ([{"usages": None}], {"usages": None}, []),
        ([{"path_length": 0}], {}, []),
        ([{"path_length": 0}, {}], {}, ["path-length"]),
        ([{"path_length": 1}, {}], {}, []),
        ([{"path_length": 1}, {"path_length": 5}, {}], {}, ["path-length"]),
        ([{"extensions": CRITICAL}], {}, ["extension-unknown"]),
        ([{}], {"extensions": CRITICAL}, ["extension-unknown"]),
        ([{}], {"extensions": [(world.unknown(), False)]}, []),
        ([{"extensions": DEMANDING}], {}, ["no-valid-policy"]),
        ([{}], {"extensions": DEMANDING}, ["no-valid-policy"]),
        ([{"extensions": LENIENT}], {}, []),
        ([{"extensions": LENIENT}, {}, {}, {}, {}], {}, ["no-valid-policy"]),
        ([{"digest": hashes.SHA224()}], {}, []),
    ],
)
def test_each_rule_about_authorities(
    options: Sequence[dict[str, Any]], leaf: dict[str, Any], codes: list[str]
) -> None:
    target, between = _chain(*options, leaf=leaf)
    report = check(target, *between)
    assert errors(report) == codes
    assert report.indication is (FAILED if codes else PASSED)
    assert report.sub_indication is (SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE if codes else None)


def test_self_issued_authorities_do_not_count_for_the_length() -> None:
    first = world.root().issue("CA", ca=True, path_length=0)
    second = first.issue("CA", ca=True, private=world.key("CA, new key"))
    assert check(second.issue("x"), first, second).indication is PASSED


def test_the_length_that_an_anchor_allows_binds() -> None:
    short = world.issue("Short Root", ca=True, path_length=0)
    middle = short.issue("Middle", ca=True)
    assert errors(check(middle.issue("x"), middle, trust=short.trust)) == ["path-length"]
    assert check(short.issue("x"), trust=short.trust).indication is PASSED


def test_a_mapping_of_any_policy_fails() -> None:
    anything = foreign.UnrecognizedExtension(
        foreign.ObjectIdentifier("2.5.29.33"), bytes.fromhex("300d300b0604551d2000060355040a")
    )
    target, between = _chain({"extensions": [(anything, True)]})
    assert errors(check(target, *between)) == ["policy-mapping-any"]


@pytest.mark.parametrize("oid", ["2.5.29.33", "2.5.29.36"])
def test_policy_extensions_that_cannot_be_read_fail(oid: str) -> None:
    target, between = _chain({"extensions": [(world.unknown(oid), True)]})
    assert errors(check(target, *between)) == ["policies-malformed"]


@pytest.mark.parametrize(
    ("usage", "leaf", "code"),
    [
        ("document-signing", {}, None),
        ("document-signing", {"usages": ["nonRepudiation"]}, None),
        ("document-signing", {"usages": ["keyEncipherment"]}, "key-usage"),
        ("document-signing", {"eku": ["1.3.6.1.5.5.7.3.36"]}, None),
        ("document-signing", {"eku": [SERVER]}, "extended-key-usage"),
        ("email-signing", {"eku": [EMAIL]}, None),
        ("email-signing", {"eku": ["2.5.29.37.0"]}, None),
        ("email-signing", {"eku": ["1.3.6.1.5.5.7.3.36"]}, "extended-key-usage"),
        ("email-encryption", {"usages": ["keyAgreement"]}, None),
        ("email-encryption", {}, "key-usage"),
        ("tls-server", {"eku": [SERVER]}, None),
        ("tls-server", {}, "extended-key-usage"),
        ("tls-client", {"eku": ["1.3.6.1.5.5.7.3.2"]}, None),
        ("crl-signing", {"usages": ["cRLSign"], "eku": [SERVER]}, None),
        (None, {"usages": ["keyEncipherment"], "eku": [SERVER]}, None),
    ],
)
def test_each_usage_asks_for_its_purpose(usage: str | None, leaf: dict[str, Any], code: str | None) -> None:
    target, between = _chain({}, leaf=leaf)
    report = check(target, *between, usage=usage)
    assert errors(report) == ([code] if code else [])
    assert report.sub_indication is (SubIndication.CHAIN_CONSTRAINTS_FAILURE if code else None)


def test_the_purposes_of_an_authority_nest() -> None:
    target, between = _chain({"eku": [SERVER]}, leaf={"eku": [EMAIL]})
    assert errors(check(target, *between, usage="email-signing")) == ["extended-key-usage"]
    target, between = _chain({"eku": [SERVER, EMAIL]}, leaf={"eku": [EMAIL]})
    assert check(target, *between, usage="email-signing").indication is PASSED


def test_an_unknown_usage_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="unknown usage 'party'"):
        check(world.person(), usage="party")


RSA_ONLY = replace(Policy.default(), keys=tuple(r for r in Policy.default().keys if r.kind == "rsa"))


def test_a_key_that_is_not_accepted_leaves_the_path_undecided() -> None:
    report = check(world.root().issue("x"), policy=RSA_ONLY)
    assert errors(report) == ["algorithm-not-acceptable"]
    assert dict(report.findings[0].values) == {"algorithm": "ec secp256r1"}
    assert (report.indication, report.sub_indication) == (
        INDETERMINATE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
    )


def test_an_algorithm_has_an_end_date() -> None:
    ending = world.root().issue("x", digest=hashes.SHA224())
    assert check(ending).indication is PASSED
    rules = tuple(replace(r, until=AT) if r.name == "sha224" else r for r in Policy.default().digests)
    ended = replace(Policy.default(), digests=rules)
    assert errors(check(ending, policy=ended)) == ["algorithm-not-acceptable"]
    assert check(ending, policy=ended, at=AT - SECOND).indication is PASSED


def test_a_failure_outweighs_a_doubt() -> None:
    report = check(world.root().issue("x", extensions=CRITICAL), policy=RSA_ONLY)
    assert (report.indication, report.sub_indication) == (
        FAILED,
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
    )


def test_edwards_keys_sign_certificates_too() -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    trusted = world.issue("Ed Root", ca=True, private=private)
    assert check(trusted.issue("x"), trust=trusted.trust).indication is PASSED


# --- building ---


def test_the_order_of_the_pool_does_not_matter() -> None:
    twins = [
        world.root().issue("Twin", ca=True, private=world.key("twin"), not_before=AT - n * DAY, serial=n + 1)
        for n in range(4)
    ]
    target = twins[0].issue("x")
    first = check(target, *twins)
    assert first.indication is PASSED
    assert all(check(target, *twins[n:], *twins[:n]).path == first.path for n in range(4))


def test_a_path_that_fails_leaves_its_reason_beside_the_one_that_passes() -> None:
    bad = world.root().issue(
        "Twin", ca=True, private=world.key("twin"), extensions=CRITICAL, not_before=AT - DAY
    )
    good = world.root().issue("Twin", ca=True, private=world.key("twin"))
    report = check(good.issue("x"), bad, good)
    assert (report.indication, errors(report)) == (PASSED, [])
    found = report.findings[-1]
    assert (found.code, found.severity) == ("candidate-path-failed", Severity.INFO)
    assert dict(found.values)["reason"] == "extension-unknown"


def test_of_two_paths_that_fail_the_closer_one_is_reported() -> None:
    broken = world.root().issue("Twin", ca=True, private=world.key("twin"), extensions=CRITICAL)
    late = world.root().issue("Twin", ca=True, private=world.key("twin"), not_after=AT - DAY)
    report = check(late.issue("x"), broken, late)
    assert report.sub_indication is SubIndication.EXPIRED
    assert errors(report) == ["certificate-expired"]
    assert report.findings[-1].code == "candidate-path-failed"


def test_a_cross_certificate_leads_around_a_missing_root() -> None:
    other = world.issue("Other Root", ca=True)
    crossed = other.issue("Root", ca=True, private=world.root().private)
    report = check(world.person(), world.intermediate(), crossed, world.root(), trust=other.trust)
    assert report.indication is PASSED
    assert [c.subject.common_name for c in report.path] == ["Aliyev A.", "Issuing", "Root", "Other Root"]


def test_a_circle_of_authorities_ends() -> None:
    one = world.issue("One", ca=True)
    two = world.issue("Two", ca=True)
    by_two = two.issue("One", ca=True, private=one.private)
    by_one = one.issue("Two", ca=True, private=two.private)
    report = check(one.issue("x"), by_two, by_one)
    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_a_path_may_be_ten_long() -> None:
    target, between = _chain(*[{}] * 9)
    assert check(target, *between).indication is PASSED
    target, between = _chain(*[{}] * 10)
    report = check(target, *between)
    assert errors(report) == ["path-too-long"]
    assert report.indication is INDETERMINATE


def test_a_hundred_authorities_of_one_name_end_at_the_limit_of_work() -> None:
    trusted = world.root()
    name = world.name("Same")
    same = [
        world.issue(
            "Same", by=_renamed(trusted, "Same"), ca=True, private=world.key(f"same {n % 8}"), subject=name
        )
        for n in range(40)
    ]
    target = world.issue("x", by=same[0], signed_with=world.key("nobody"), key_identifiers=False)
    policy = replace(Policy.default(), limits=Limits(signature_checks=5))
    report = check(target, *same, policy=policy)
    assert (report.indication, errors(report)[-1]) == (INDETERMINATE, "work-limit")
    assert report.sub_indication is SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE


def test_candidate_links_are_limited_too() -> None:
    policy = replace(Policy.default(), limits=Limits(links=0))
    report = check(world.person(), world.intermediate(), policy=policy)
    assert errors(report) == ["work-limit"]
    assert report.findings[0].where == "links"


def test_states_are_told_even_when_they_are_not_asked_for() -> None:
    report = check(world.person(), world.intermediate())
    assert [s.state for s in report.revocation] == [RevocationState.UNDETERMINED] * 2
    assert [f.code for f in report.findings] == ["revocation-not-checked"] * 2
