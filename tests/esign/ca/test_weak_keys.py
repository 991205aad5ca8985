from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign.ca.weak_keys import weakness
from tests.esign.ca.world import key

# Mersenne primes: nothing small divides them, and no two are close.
P521, P607, P2203 = 2**521 - 1, 2**607 - 1, 2**2203 - 1
FIRST_39 = prod(n for n in range(2, 168) if all(n % d for d in range(2, n)))


def of_the_chip(start: int, exponent: int) -> int:
    """A number as the faulty chip made its primes; the shape is what counts, so it is not tested."""
    return start * FIRST_39 + pow(65537, exponent, FIRST_39)


@pytest.mark.parametrize("name", ["rsa-2048", "rsa-3072"])
def test_an_honest_key_is_not_weak(name: str) -> None:
    assert weakness(key(name).public_key().public_numbers().n) == ""


def test_far_factors_are_not_found() -> None:
    assert weakness(P521 * P607) == ""


@pytest.mark.parametrize("prime", [2, 3, 5, 743, 751])
def test_a_small_factor_is_named(prime: int) -> None:
    assert weakness(prime * P2203) == f"a factor of {prime}"


def test_factors_from_757_on_are_not_small() -> None:
    assert weakness(757 * P2203) == ""


def test_close_factors_are_found() -> None:
    near = P521 + 2**160
    assert weakness(P521 * P521) == weakness(P521 * (near | 1)) == "two factors close to each other"


def test_factors_that_differ_in_their_upper_half_are_not_close() -> None:
    far = next(n for n in range(P521 + 2**300, P521 + 2**301, 2) if not weakness(P521 * n).startswith("a "))
    assert weakness(P521 * far) == ""


def test_the_shape_of_the_faulty_chip_is_seen() -> None:
    modulus = of_the_chip(2**300 + 7, 12345) * of_the_chip(2**310 + 9, 54321)
    assert "CVE-2017-15361" in weakness(modulus)
    assert "CVE-2017-15361" not in weakness(modulus + 2)


@given(st.integers(min_value=1, max_value=1 << 4096))
def test_any_number_is_judged(modulus: int) -> None:
    assert isinstance(weakness(modulus), str)
