"""ML-KEM in plain Python (FIPS 203): opening with keys in forms that `cryptography` does not read.

Those are ML-KEM-512, and the expanded form of the two larger keys (RFC 9935 §6). It decapsulates, and expands
a seed to prove that both forms of a key agree; keys and ciphertexts are never made with it. Its running time
is not constant: it is for letters that are at rest, not for a service that answers strangers.

    PrivateKey.from_seed(ML_KEM_512, seed).decapsulate(ciphertext)
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from esign.errors import MalformedInput

_Q: Final = 3329
_N: Final = 256
_SECRET: Final = 32
SEED: Final = 64
"""Octets of a seed: d, then z (FIPS 203 cl. 7.1)."""

Polynomial = list[int]
Vector = list[Polynomial]


@dataclass(frozen=True, slots=True)
class Parameters:
    """A parameter set (FIPS 203 cl. 8): `k` polynomials, noise of `eta`, `du` and `dv` bits a coefficient."""

    name: str
    k: int
    eta: int
    du: int
    dv: int

    @property
    def ciphertext_size(self) -> int:
        """Octets of a ciphertext."""
        return 32 * (self.du * self.k + self.dv)

    @property
    def expanded_size(self) -> int:
        """Octets of a private key in its expanded form."""
        return 768 * self.k + 96


ML_KEM_512: Final = Parameters("ml-kem-512", 2, 3, 10, 4)
ML_KEM_768: Final = Parameters("ml-kem-768", 3, 2, 10, 4)
ML_KEM_1024: Final = Parameters("ml-kem-1024", 4, 2, 11, 5)


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A decapsulation key in its expanded form: the secret vector, the public key, its digest, and z."""

    parameters: Parameters
    expanded: bytes = field(repr=False)

    def __post_init__(self) -> None:
        # FIPS 203 cl. 7.3: the checks of the decapsulation key.
        if len(self.expanded) != self.parameters.expanded_size:
            raise MalformedInput(found="an ML-KEM key of a wrong length", where="privateKey")
        if not hmac.compare_digest(_h(self._public), self.expanded[-64:-32]):
            raise MalformedInput(found="an ML-KEM key that is not whole", where="privateKey")

    @classmethod
    def from_seed(cls, parameters: Parameters, seed: bytes) -> "PrivateKey":
        """The key that a seed of 64 octets stands for (FIPS 203 cl. 6.1).

        Raises:
            MalformedInput: `malformed-input` for a seed of another length.
        """
        if len(seed) != SEED:
            raise MalformedInput(found="an ML-KEM seed of a wrong length", where="privateKey")
        secret, public = _generate(parameters, seed[:32])
        return cls(parameters, secret + public + _h(public) + seed[32:])

    @property
    def _public(self) -> bytes:
        return self.expanded[384 * self.parameters.k : -64]

    def is_consistent(self) -> bool:
        """Whether what is encrypted with the public part opens with the secret part.

        A key that was damaged may pass the checks of FIPS 203 cl. 7.3, which see the public part only.
        """
        message, randomness = bytes(range(_SECRET)), _h(self.expanded)
        closed = _encrypt(self.parameters, self._public, message, randomness)
        return _decrypt(self.parameters, self.expanded, closed) == message

    def decapsulate(self, ciphertext: bytes) -> bytes:
        """The shared secret, 32 octets; for a ciphertext that was not made for the key, another one.

        Raises:
            ValueError: a ciphertext of another length.
        """
        if len(ciphertext) != self.parameters.ciphertext_size:
            raise ValueError("an ML-KEM ciphertext of a wrong length")
        # FIPS 203 cl. 6.3: implicit rejection.
        message = _decrypt(self.parameters, self.expanded, ciphertext)
        made = hashlib.sha3_512(message + self.expanded[-64:-32]).digest()
        rejected = hashlib.shake_256(self.expanded[-32:] + ciphertext).digest(_SECRET)
        again = _encrypt(self.parameters, self._public, message, made[32:])
        return made[:32] if hmac.compare_digest(again, ciphertext) else rejected


def _h(data: bytes) -> bytes:
    return hashlib.sha3_256(data).digest()


def _generate(parameters: Parameters, d: bytes) -> tuple[bytes, bytes]:
    """K-PKE.KeyGen (FIPS 203 cl. 5.1): the encoded secret vector, and the public key."""
    k, eta = parameters.k, parameters.eta
    made = hashlib.sha3_512(d + bytes((k,))).digest()
    rho, sigma = made[:32], made[32:]
    secret = [_ntt(_noise(sigma, n, eta)) for n in range(k)]
    error = [_ntt(_noise(sigma, k + n, eta)) for n in range(k)]
    public = [_add(_dot([_uniform(rho, i, j) for j in range(k)], secret), error[i]) for i in range(k)]
    return b"".join(_encode(p, 12) for p in secret), b"".join(_encode(p, 12) for p in public) + rho


def _encrypt(parameters: Parameters, public: bytes, message: bytes, randomness: bytes) -> bytes:
    """K-PKE.Encrypt (FIPS 203 cl. 5.2)."""
    k, du, dv = parameters.k, parameters.du, parameters.dv
    t = [_decode(public[384 * i : 384 * (i + 1)], 12) for i in range(k)]
    rho = public[-32:]
    y = [_ntt(_noise(randomness, n, parameters.eta)) for n in range(k)]
    u = [
        _add(_inverse_ntt(_dot([_uniform(rho, j, i) for j in range(k)], y)), _noise(randomness, k + i, 2))
        for i in range(k)
    ]
    mu = [_expand(bit, 1) for bit in _decode(message, 1)]
    v = _add(_add(_inverse_ntt(_dot(t, y)), _noise(randomness, 2 * k, 2)), mu)
    first = b"".join(_encode([_compress(x, du) for x in p], du) for p in u)
    return first + _encode([_compress(x, dv) for x in v], dv)


def _decrypt(parameters: Parameters, secret: bytes, ciphertext: bytes) -> bytes:
    """K-PKE.Decrypt (FIPS 203 cl. 5.3)."""
    k, du, dv = parameters.k, parameters.du, parameters.dv
    step = 32 * du
    u = [[_expand(x, du) for x in _decode(ciphertext[step * i : step * (i + 1)], du)] for i in range(k)]
    v = [_expand(x, dv) for x in _decode(ciphertext[step * k :], dv)]
    s = [_decode(secret[384 * i : 384 * (i + 1)], 12) for i in range(k)]
    product = _inverse_ntt(_dot(s, [_ntt(p) for p in u]))
    return _encode([_compress((a - b) % _Q, 1) for a, b in zip(v, product, strict=True)], 1)


# --- polynomials ---


def _reversed7(n: int) -> int:
    return int(f"{n:07b}"[::-1], 2)


_ZETAS: Final = [pow(17, _reversed7(i), _Q) for i in range(128)]
_GAMMAS: Final = [pow(17, 2 * _reversed7(i) + 1, _Q) for i in range(128)]


def _ntt(polynomial: Sequence[int]) -> Polynomial:
    """FIPS 203 cl. 4.3, algorithm 9."""
    f, i, length = list(polynomial), 1, 128
    while length >= 2:
        for start in range(0, _N, 2 * length):
            zeta = _ZETAS[i]
            i += 1
            for j in range(start, start + length):
                t = zeta * f[j + length] % _Q
                f[j + length] = (f[j] - t) % _Q
                f[j] = (f[j] + t) % _Q
        length //= 2
    return f


def _inverse_ntt(polynomial: Sequence[int]) -> Polynomial:
    """FIPS 203 cl. 4.3, algorithm 10."""
    f, i, length = list(polynomial), 127, 2
    while length <= 128:
        for start in range(0, _N, 2 * length):
            zeta = _ZETAS[i]
            i -= 1
            for j in range(start, start + length):
                t = f[j]
                f[j] = (t + f[j + length]) % _Q
                f[j + length] = zeta * (f[j + length] - t) % _Q
        length *= 2
    return [x * 3303 % _Q for x in f]


def _dot(a: Vector, b: Vector) -> Polynomial:
    """The sum of the products of two vectors in the NTT domain (FIPS 203 cl. 4.3.1)."""
    found = [0] * _N
    for f, g in zip(a, b, strict=True):
        for i, gamma in enumerate(_GAMMAS):
            a0, a1, b0, b1 = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
            found[2 * i] = (found[2 * i] + a0 * b0 + a1 * b1 % _Q * gamma) % _Q
            found[2 * i + 1] = (found[2 * i + 1] + a0 * b1 + a1 * b0) % _Q
    return found


def _add(a: Polynomial, b: Polynomial) -> Polynomial:
    return [(x + y) % _Q for x, y in zip(a, b, strict=True)]


def _uniform(rho: bytes, i: int, j: int) -> Polynomial:
    """The element in row `i`, column `j` of the public matrix (FIPS 203 cl. 4.2.2, algorithm 7)."""
    size = 840
    while True:
        stream = hashlib.shake_128(rho + bytes((j, i))).digest(size)
        found: Polynomial = []
        for at in range(0, size, 3):
            low, middle, high = stream[at : at + 3]
            found += [x for x in (low | (middle & 15) << 8, middle >> 4 | high << 4) if x < _Q]
        if len(found) >= _N:
            return found[:_N]
        size *= 2


def _noise(seed: bytes, number: int, eta: int) -> Polynomial:
    """A polynomial of the centred binomial distribution (FIPS 203 cl. 4.2.2, algorithm 8)."""
    octets = hashlib.shake_256(seed + bytes((number,))).digest(64 * eta)
    bits, mask = int.from_bytes(octets, "little"), (1 << eta) - 1
    found: Polynomial = []
    for _ in range(_N):
        found.append(((bits & mask).bit_count() - (bits >> eta & mask).bit_count()) % _Q)
        bits >>= 2 * eta
    return found


def _compress(x: int, bits: int) -> int:
    """Rounded to `bits` bits (FIPS 203 cl. 4.2.1)."""
    return ((x << bits) + _Q // 2) // _Q & (1 << bits) - 1


def _expand(x: int, bits: int) -> int:
    return (x * _Q + (1 << bits - 1)) >> bits


def _encode(polynomial: Sequence[int], bits: int) -> bytes:
    """ByteEncode (FIPS 203 cl. 4.2.1)."""
    whole = 0
    for x in reversed(polynomial):
        whole = whole << bits | x
    return whole.to_bytes(32 * bits, "little")


def _decode(octets: bytes, bits: int) -> Polynomial:
    """ByteDecode (FIPS 203 cl. 4.2.1)."""
    whole, mask = int.from_bytes(octets, "little"), (1 << bits) - 1
    found: Polynomial = []
    for _ in range(_N):
        found.append((whole & mask) % _Q if bits == 12 else whole & mask)
        whole >>= bits
    return found
