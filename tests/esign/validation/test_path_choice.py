"""Which candidate is tried first: seen by the path that is reported when each of them would pass."""

from typing import Any

from cryptography import x509 as foreign
from cryptography.hazmat.primitives.asymmetric import ec

from esign.findings import Indication
from esign.validation.path import validate_path
from esign.validation.policy import Revocation
from esign.validation.report import PathReport
from esign.x509 import Certificate, Trust
from tests.esign.validation import world
from tests.esign.validation.world import AT, DAY, SECOND, Node

KEY = world.key("twin")


def identifier(octets: bytes) -> tuple[Any, bool]:
    return foreign.SubjectKeyIdentifier(octets), False


def twin(serial: int, *, by: Node | None = None, fit: str = "fits", **options: Any) -> Node:
    """One of several authorities with one name and key; `fit` says what its key identifier does."""
    digest = foreign.SubjectKeyIdentifier.from_public_key(KEY.public_key()).digest
    found = {"fits": [identifier(digest)], "absent": [], "differs": [identifier(b"other")]}[fit]
    options = {"ca": True, "private": KEY, "key_identifiers": False, **options}
    return (by or world.root()).issue("Twin", serial=serial, extensions=found, **options)


def chosen(*pool: Node, trust: Trust | None = None, leaf: Node | None = None) -> PathReport:
    """The verdict on a person below the twins, and no candidate before the one that passed."""
    target = leaf or pool[0].issue("x")
    report = validate_path(
        target.certificate,
        pool=[node.certificate for node in pool],
        trust=trust or world.root().trust,
        at=AT,
        revocation=Revocation.UNSAFE_OFF,
    )
    assert report.indication is Indication.PASSED
    assert [f.code for f in report.findings if f.code == "candidate-path-failed"] == []
    return report


def issuer(report: PathReport) -> Certificate:
    return report.path[1]


def assert_preferred(first: Node, second: Node, trust: Trust | None = None) -> None:
    for pool in ((first, second), (second, first)):
        assert issuer(chosen(*pool, trust=trust)) == first.certificate


def test_the_key_identifier_that_fits_comes_first() -> None:
    recent = AT - DAY
    assert_preferred(twin(1), twin(2, fit="absent", not_before=recent))
    assert_preferred(twin(1), twin(2, fit="differs", not_before=recent))


def test_one_that_says_nothing_comes_before_one_that_differs() -> None:
    assert_preferred(twin(1, fit="absent"), twin(2, fit="differs", not_before=AT - DAY))


def test_a_certificate_that_names_no_key_prefers_none() -> None:
    old, recent = twin(1), twin(2, fit="differs", not_before=AT - DAY)
    leaf = old.issue("x", key_identifiers=False)
    assert issuer(chosen(old, recent, leaf=leaf)) == recent.certificate
    silent = twin(3, fit="absent")
    assert issuer(chosen(silent, recent, leaf=leaf)) == recent.certificate


def test_the_identifier_outweighs_the_anchor() -> None:
    anchor = twin(2, fit="differs")
    trust = Trust((world.root().certificate, anchor.certificate))
    assert_preferred(twin(1), anchor, trust)


def test_an_anchor_comes_before_what_leads_to_one() -> None:
    anchor, other = twin(1), twin(2, not_before=AT - DAY)
    assert_preferred(anchor, other, Trust((world.root().certificate, anchor.certificate)))


def test_a_valid_one_comes_before_a_newer_one_that_is_not() -> None:
    assert_preferred(twin(1, not_before=AT - 50 * DAY), twin(2, not_after=AT - SECOND, not_before=AT - DAY))
    assert_preferred(twin(1, not_before=AT - 50 * DAY), twin(2, not_before=AT + SECOND))


def test_both_ends_of_the_validity_are_valid() -> None:
    assert_preferred(twin(1, not_before=AT), twin(2, not_before=AT - DAY))
    assert_preferred(twin(1, not_before=AT - DAY, not_after=AT), twin(2))


def test_of_valid_ones_the_newer_comes_first() -> None:
    assert_preferred(twin(1, not_before=AT - DAY), twin(2, not_before=AT - DAY - SECOND))


def test_of_equal_ones_the_fingerprint_decides() -> None:
    twins = sorted((twin(n) for n in range(1, 5)), key=lambda node: node.certificate.fingerprint)
    for n in range(4):
        assert issuer(chosen(*twins[n:], *twins[:n])) == twins[0].certificate


def test_one_key_under_two_names_is_no_loop() -> None:
    renamed = world.root().issue("Renamed", ca=True, private=world.root().private)
    below = renamed.issue("Below", ca=True)
    assert len(chosen(renamed, below, leaf=below.issue("x")).path) == 4


def test_one_name_with_two_keys_is_no_loop() -> None:
    old = world.root().issue("Rolled", ca=True, private=ec.generate_private_key(ec.SECP256R1()))
    new = old.issue("Rolled", ca=True, private=ec.generate_private_key(ec.SECP256R1()))
    assert len(chosen(old, new, leaf=new.issue("x")).path) == 4
