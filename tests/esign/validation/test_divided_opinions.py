"""Chains that passed here once while OpenSSL and Java both refused them, each by its cause."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from esign import der
from esign.crl import CertificateList
from esign.errors import MalformedInput
from esign.findings import Indication, SubIndication
from esign.names import Name
from esign.validation.path import validate_path
from esign.validation.policy import Revocation
from esign.validation.report import PathReport, RevocationState
from esign.x509 import Certificate
from tests.esign.validation import world
from tests.esign.validation.world import AT, Node

COMMON_NAME = "2.5.4.3"


def _attribute(oid: str, value: str) -> bytes:
    return der.sequence(der.oid(oid), der.utf8(value))


def _one_relative_name(*attributes: bytes) -> bytes:
    return der.sequence(der.tlv(der.SET, *attributes))


@pytest.mark.parametrize("again", ["Root", "root", "ROOT "])
def test_an_attribute_twice_in_a_relative_name_is_no_name(again: str) -> None:
    """Compared as a set it would equal the name that has it once."""
    raw = _one_relative_name(_attribute(COMMON_NAME, "Root"), _attribute(COMMON_NAME, again))
    with pytest.raises(MalformedInput) as caught:
        Name.read(der.decode(raw))
    assert caught.value.values["found"] == "an attribute twice in a relative name"


def test_a_relative_name_may_have_several_attributes() -> None:
    raw = _one_relative_name(_attribute(COMMON_NAME, "Root"), _attribute("2.5.4.5", "Root"))
    assert Name.read(der.decode(raw)).get_all(COMMON_NAME) == ("Root",)


def _with_curve(node: Node, curve: bytes) -> Certificate:
    """The same certificate over a key on a curve that does not exist, signed again."""
    assert node.above is not None
    known = der.oid("1.2.840.10045.3.1.7")
    tbs = node.certificate.tbs
    assert tbs.count(known) == 1
    assert len(curve) == len(known)
    changed = tbs.replace(known, curve)
    signature = node.above.private.sign(changed, ec.ECDSA(hashes.SHA256()))
    algorithm = der.sequence(der.oid("1.2.840.10045.4.3.2"))
    return Certificate.load(der.sequence(changed, algorithm, der.bit_string(signature)))


def _judge(certificate: Certificate) -> PathReport:
    return validate_path(
        certificate,
        pool=[world.intermediate().certificate],
        trust=world.root().trust,
        at=AT,
        revocation=Revocation.UNSAFE_OFF,
    )


def test_a_key_that_cannot_be_read_is_not_acceptable() -> None:
    node = world.person()
    assert _judge(node.certificate).indication is Indication.PASSED
    report = _judge(_with_curve(node, der.oid("1.2.840.10045.3.1.99")))
    assert (report.indication, report.sub_indication) == (
        Indication.INDETERMINATE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
    )
    (found,) = [f for f in report.findings if f.code == "algorithm-not-acceptable"]
    assert dict(found.values)["algorithm"] == "1.2.840.10045.2.1"
    assert found.where == node.certificate.subject.text


def _second_key() -> Node:
    """Another key of the root, certified by the first: both sign lists under one name."""
    subject = world.name("Root")
    return world.root().issue("Root again", ca=True, subject=subject, private=world.key("root again"))


def _below(second: Node, *crls: CertificateList) -> PathReport:
    target = second.issue("x")
    return validate_path(
        target.certificate, pool=[second.certificate], trust=world.root().trust, crls=crls, at=AT
    )


def test_an_authority_that_revokes_itself_is_revoked() -> None:
    second = _second_key()
    serial = second.certificate.serial_number
    revoking = second.crl((serial, datetime(2026, 11, 1, tzinfo=UTC), "keyCompromise"))
    report = _below(second, world.root().crl(), revoking)
    assert (report.indication, report.sub_indication) == (Indication.FAILED, SubIndication.REVOKED)
    assert [s.state for s in report.revocation][-1] is RevocationState.REVOKED


def test_an_authority_acquits_itself_by_no_list_of_its_own() -> None:
    second = _second_key()
    report = _below(second, second.crl())
    assert report.indication is Indication.INDETERMINATE
    assert "crl-issuer-loop" in {f.code for f in report.findings}
    assert [s.state for s in report.revocation] == [RevocationState.GOOD, RevocationState.UNDETERMINED]


def test_an_authority_with_two_keys_passes_by_the_lists_of_both() -> None:
    second = _second_key()
    assert _below(second, world.root().crl(), second.crl()).indication is Indication.PASSED
