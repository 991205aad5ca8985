"""The national algorithms through the whole of validation: by the policy that names them, and by no other."""

from dataclasses import replace
from functools import cache
from importlib.resources import files

import pytest

from esign import cades, der
from esign.attributes import Attribute
from esign.ca import crl
from esign.findings import Indication, SubIndication
from esign.gost import CRYPTOPRO_C, CURVES
from esign.material import Material
from esign.names import COMMON_NAME
from esign.validation.path import validate_path
from esign.validation.policy import Limits, Policy
from esign.validation.report import PathReport, Report
from esign.validation.signature import verify
from esign.x509 import Certificate
from tests.esign.national.world import DAY, USER, Node, issue, signed
from tests.esign.validation.world import AT

Chain = tuple[Node, Node, Node]


@cache
def national() -> Policy:
    text = (files("esign_profiles") / "policies" / "national.toml").read_text(encoding="utf-8")
    return Policy.read(text)


@cache
def chain(family: str = "1092") -> Chain:
    root = issue([(COMMON_NAME, "Ildiz")], 11, at=AT, ca=True, family=family)
    authority = issue([(COMMON_NAME, "Markaz")], 22, at=AT, ca=True, by=root, family=family)
    return root, authority, issue(USER, 33, at=AT, by=authority, family=family)


def judged(policy: Policy, nodes: Chain, *revoked: crl.Revocation) -> PathReport:
    root, authority, user = nodes
    return validate_path(
        user.certificate,
        pool=[authority.certificate],
        trust=root.trust,
        crls=[root.crl(AT), authority.crl(AT, *revoked)],
        at=AT,
        usage="document-signing",
        policy=policy,
    )


def verified(cms: bytes, policy: Policy, nodes: Chain, *, document: bytes | None = None) -> Report:
    root, authority, _ = nodes
    material = Material(certificates=(), crls=(root.crl(AT), authority.crl(AT)))
    return verify(cms, document=document, trust=root.trust, at=AT, material=material, policy=policy)


def codes(report: PathReport) -> list[str]:
    return [finding.code for finding in report.findings]


# --- paths ---


@pytest.mark.parametrize("family", ["1092", "286"])
def test_a_national_path_passes_by_the_national_policy(family: str) -> None:
    report = judged(national(), chain(family))
    assert report.indication is Indication.PASSED, codes(report)
    assert len(report.path) == 3


@pytest.mark.parametrize("family", ["1092", "286"])
def test_a_national_path_is_refused_by_the_default_policy(family: str) -> None:
    report = judged(Policy.default(), chain(family))
    assert report.indication is Indication.INDETERMINATE
    assert "algorithm-not-acceptable" in codes(report)


def test_a_revoked_national_certificate_fails() -> None:
    nodes = chain()
    serial = nodes[2].certificate.serial_number
    report = judged(national(), nodes, crl.Revocation(serial, AT - 2 * DAY, "keyCompromise"))
    assert report.sub_indication is SubIndication.REVOKED


def test_a_changed_certificate_finds_no_issuer() -> None:
    root, authority, user = chain()
    raw = bytearray(user.certificate.raw)
    raw[-1] ^= 1
    changed = Node(Certificate.load(bytes(raw)), user.private, user.scheme)
    report = judged(national(), (root, authority, changed))
    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert "certificate-signature-invalid" in codes(report)


def test_an_authority_on_another_curve_signs_as_well() -> None:
    root = issue([(COMMON_NAME, "Ildiz C")], 44, at=AT, ca=True, curve=CRYPTOPRO_C, number=2)
    authority = issue([(COMMON_NAME, "Markaz C")], 55, at=AT, ca=True, by=root)
    user = issue(USER, 66, at=AT, by=authority)
    assert judged(national(), (root, authority, user)).indication is Indication.PASSED


def test_the_national_policy_is_the_default_one_and_more() -> None:
    policy, default = national(), Policy.default()
    assert policy.name == "national"
    assert {rule.name for rule in policy.digests} - {rule.name for rule in default.digests} == {
        "ozdst-1106",
        "ozmst-285",
    }
    added = [rule for rule in policy.keys if rule not in default.keys]
    assert [rule.kind for rule in added] == ["gost-2001"]
    assert added[0].curves == tuple(curve.name for curve in CURVES)
    limits = replace(policy.limits, signature_checks=default.limits.signature_checks)
    same = {"name": default.name, "digests": default.digests, "keys": default.keys, "limits": limits}
    assert replace(policy, **same) == default  # type: ignore[arg-type]


def test_the_octets_that_a_slow_digest_reads_are_counted() -> None:
    root = issue([(COMMON_NAME, "Ildiz")], 11, at=AT, ca=True)
    authority = issue([(COMMON_NAME, "Markaz")], 22, at=AT, ca=True, by=root)
    user = issue(USER, 77, at=AT, by=authority, padding=12_000)
    limits = Limits(signature_checks=6)
    report = judged(replace(national(), limits=limits), (root, authority, user))
    assert report.indication is Indication.INDETERMINATE
    assert "work-limit" in codes(report)
    assert judged(national(), (root, authority, user)).indication is Indication.PASSED


# --- signatures ---


@pytest.mark.parametrize("family", ["1092", "286"])
@pytest.mark.parametrize("key_name", [False, True])
def test_a_signature_in_the_shape_of_the_countrys_program_passes(family: str, key_name: bool) -> None:
    root, authority, user = chain(family)
    cms = signed(b"some document", user, at=AT, above=(authority, root), key_name=key_name)
    report = verified(cms, national(), chain(family))
    assert report.indication is Indication.TOTAL_PASSED, report.to_dict()


def test_the_default_policy_does_not_take_it() -> None:
    root, authority, user = chain()
    cms = signed(b"some document", user, at=AT, above=(authority, root))
    report = verified(cms, Policy.default(), chain())
    assert report.indication is Indication.INDETERMINATE
    assert report.signatures[0].sub_indication is SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE
    assert [f.code for f in report.signatures[0].findings if f.code == "algorithm-not-acceptable"]


def test_a_changed_document_fails() -> None:
    root, authority, user = chain()
    cms = signed(b"some document", user, at=AT, above=(authority, root))
    report = verified(cms.replace(b"cument", b"cUment"), national(), chain())
    assert report.indication is Indication.TOTAL_FAILED
    assert report.signatures[0].sub_indication is SubIndication.HASH_FAILURE


def test_a_signature_of_another_key_fails() -> None:
    root, authority, user = chain()
    stranger = Node(user.certificate, authority.private, user.scheme)
    cms = signed(b"some document", stranger, at=AT, above=(authority, root))
    report = verified(cms, national(), chain())
    assert report.signatures[0].sub_indication is SubIndication.SIG_CRYPTO_FAILURE


def test_a_slow_digest_is_not_computed_for_a_policy_that_refuses_it() -> None:
    """Else a letter of 25 MB would keep a node busy for a minute: not even a wrong digest is seen."""
    root, authority, user = chain()
    cms = signed(b"some document", user, at=AT, above=(authority, root)).replace(b"cument", b"cUment")
    report = verified(cms, Policy.default(), chain())
    assert report.signatures[0].sub_indication is SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE
    assert report.signatures[0].crypto == "not-checked"


@pytest.mark.parametrize(("padding", "bound"), [(0, True), (1 << 14, False)])
def test_a_slow_digest_binds_certificates_of_a_usual_size(padding: int, bound: bool) -> None:
    root, authority, _ = chain()
    user = issue(USER, 88, at=AT, by=authority, padding=padding)
    by = user.scheme.attribute_digest
    reference = der.sequence(by.identifier.encode(), der.octet_string(by.of(user.certificate.raw)))
    value = der.sequence(der.sequence(reference))
    attribute = Attribute(cades.SIGNING_CERTIFICATE_V2, (value,))
    cms = signed(b"some document", user, at=AT, above=(authority, root), more=(attribute,))
    (found,) = verified(cms, national(), chain()).signatures
    refused = found.sub_indication is SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    assert refused is not bound
    assert bound is (found.indication is Indication.TOTAL_PASSED)


def test_a_cut_signature_raises_nothing() -> None:
    root, authority, user = chain()
    cms = signed(b"some document", user, at=AT, above=(authority, root))
    for length in range(0, len(cms), 17):
        assert verified(cms[:length], national(), chain()).indication is not Indication.TOTAL_PASSED
