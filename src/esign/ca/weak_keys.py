"""RSA moduli that anybody can factor: what is looked for before an authority certifies a key.

A request proves that its sender has the private key; it does not prove that nobody else has. Three kinds of
fault are cheap to see: a small factor, two factors close to each other (Fermat), and the shape of the keys
that a widely sold chip made until 2017 (ROCA, CVE-2017-15361). What is not found here is not proved good.

>>> weakness(3 * (2**2203 - 1)), weakness((2**521 - 1) * (2**607 - 1))
('a factor of 3', '')
"""

from math import gcd, isqrt, prod
from typing import Final

_SIEVE: Final = 752
_FERMAT_ROUNDS: Final = 100


def _primes_below(limit: int) -> tuple[int, ...]:
    return tuple(n for n in range(2, limit) if all(n % d for d in range(2, isqrt(n) + 1)))


def _powers(prime: int) -> frozenset[int]:
    """The residues that powers of 65537 have."""
    found, residue = {1}, 65537 % prime
    while residue not in found:
        found.add(residue)
        residue = residue * 65537 % prime
    return frozenset(found)


_SMALL: Final = _primes_below(_SIEVE)
_PRODUCT: Final = prod(_SMALL)
# Both factors of such a key are k*M + 65537^a mod M, with M the product of the first primes; so the modulus
# is a power of 65537 modulo each of them. The first 39 primes stand in the M of every size of key; of good
# keys fewer than one in a hundred million has this shape by chance.
_ROCA: Final = tuple((prime, powers) for prime in _SMALL[1:39] if len(powers := _powers(prime)) < prime - 1)


def weakness(modulus: int) -> str:
    """Why `modulus` (positive) can be factored, in English; empty when nothing was found."""
    if (shared := gcd(modulus, _PRODUCT)) > 1:
        return f"a factor of {next(prime for prime in _SMALL if shared % prime == 0)}"
    if all(modulus % prime in powers for prime, powers in _ROCA):
        return "the shape of a key made by a faulty chip (CVE-2017-15361)"
    if _has_close_factors(modulus):
        return "two factors close to each other"
    return ""


def _has_close_factors(modulus: int) -> bool:
    """Fermat's method: some a from the root upwards has a square above the modulus by a square."""
    middle = isqrt(modulus - 1) + 1
    for a in range(middle, middle + _FERMAT_ROUNDS):
        rest = a * a - modulus
        if isqrt(rest) ** 2 == rest:
            return True
    return False
