"""The counters of one validation: what is renewed, what is not, and what a slow key costs."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from esign.validation.policy import Limits
from esign.validation.work import Work, WorkExceeded
from tests.esign.validation.world import Node, issue

LIMITS = Limits(signature_checks=5, paths=5)


def checks(node: Node) -> int:
    """How many signature checks one by this key counts for."""
    work = Work(Limits())
    own = node.certificate
    work.holds(own, own.signature_algorithm, signature=b"x", message=b"y")
    return work.spent("signature_checks")


def test_checks_begin_anew_for_each_time_stamp_and_end_for_all_of_them() -> None:
    work = Work(LIMITS)
    for _ in range(10):
        work.renew()
        work.spend("signature_checks", 5)
    work.renew()
    with pytest.raises(WorkExceeded) as caught:
        work.spend("signature_checks")
    assert (caught.value.name, caught.value.limit) == ("signature_checks", 5)


def test_every_counter_begins_anew_for_each_signature_of_a_container_and_ends_for_all_of_them() -> None:
    work = Work(Limits(links=5))
    for _ in range(10):
        work.begin()
        work.spend("links", 5)
        assert work.spent("links") == 5
    work.begin()
    with pytest.raises(WorkExceeded) as caught:
        work.spend("links")
    assert (caught.value.name, caught.value.limit) == ("links", 5)


def test_other_counters_do_not_begin_anew() -> None:
    work = Work(Limits(links=5))
    work.spend("links", 5)
    work.renew()
    with pytest.raises(WorkExceeded):
        work.spend("links")


@pytest.mark.parametrize(
    ("curve", "worth"),
    [(ec.SECP256R1(), 1), (ec.SECP384R1(), 1), (ec.SECP521R1(), 2), (ec.BrainpoolP512R1(), 2)],
    ids=lambda value: value.name if isinstance(value, ec.EllipticCurve) else str(value),
)
def test_a_slow_curve_counts_twice(curve: ec.EllipticCurve, worth: int) -> None:
    assert checks(issue("x", private=ec.generate_private_key(curve))) == worth


def _rsa(bits: int, exponent: int) -> Node:
    """A certificate with a modulus that nobody can sign by: to be checked with it needs no factors."""
    signed_with = rsa.generate_private_key(65537, 2048)
    public = rsa.RSAPublicNumbers(exponent, (1 << bits) - 1).public_key()

    class Key:
        def public_key(self) -> rsa.RSAPublicKey:
            return public

    return issue("x", private=Key(), signed_with=signed_with)


@pytest.mark.parametrize(
    ("bits", "exponent", "worth"),
    [(2048, 65537, 1), (4096, 65537, 1), (8192, 65537, 2), (16384, 65537, 5), (16384, (1 << 64) - 1, 16)],
)
def test_a_large_key_of_rsa_counts_as_its_size_and_exponent(bits: int, exponent: int, worth: int) -> None:
    assert checks(_rsa(bits, exponent)) == worth
