"""GOST R 34.11-94 (RFC 5831) and GOST R 34.10-2001 (RFC 5832), which the Uzbek standards O'zDSt 1106, 1092,
O'z MSt 285 and 286 repeat under identifiers of their own.

Made to verify. Signing stands here for tests alone: it is NOT constant time, and a private key that matters
must never come near it. Both algorithms are old; whether their word counts is for the policy to say. Nothing
here reads ASN.1, and no input raises: what is no good signature is False.

>>> digest(b"abc").hex()
'b285056dbf18d7392d7677369524dd14747459ed8143997e163b2986f92fd42c'
"""

import hashlib
import struct
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cache, reduce
from operator import itemgetter, mul, xor
from typing import Final

from cryptography.exceptions import InvalidSignature

SIZE: Final = 32
"""Octets of a digest, of a coordinate, and of each half of a signature."""
_MASK_32: Final = (1 << 32) - 1
_MASK_64: Final = (1 << 64) - 1
_MASK_256: Final = (1 << 256) - 1

# --- GOST R 34.11-94 ---

# id-GostR3411-94-CryptoProParamSet (RFC 4357 §11.2): K1, for the lowest four bits, comes first.
CRYPTOPRO: Final = (
    "a4568137dce092bf",
    "5f402db91763cea8",
    "7fce94103b526a8d",
    "4a7c0f28e165db93",
    "764b9c2a180efd35",
    "7624d9f0a15b8ec3",
    "de41705a3c8f629b",
    "13a95b4f867ed02c",
)
_Tables = tuple[list[int], list[int], list[int], list[int]]
_C3: Final = 0xFF00FFFF000000FFFF0000FF00FFFF0000FF00FF00FF00FFFF00FF00FF00FF00
_KEY_OCTETS: Final = itemgetter(*(8 * i + k for k in range(8) for i in range(4)))
_as_keys: Final[Callable[[bytes], tuple[int, ...]]] = struct.Struct("<8I").unpack
_as_words: Final[Callable[[bytes], tuple[int, ...]]] = struct.Struct("<48H").unpack


@cache
def _tables(rows: Sequence[str]) -> _Tables:
    """The eight substitutions and the rotation by 11 bits as four tables, one for each octet."""
    return (_table(rows, 0), _table(rows, 1), _table(rows, 2), _table(rows, 3))


def _table(rows: Sequence[str], octet: int) -> list[int]:
    low, high = rows[2 * octet], rows[2 * octet + 1]
    found = []
    for value in range(256):
        word = (int(high[value >> 4], 16) << 4 | int(low[value & 15], 16)) << 8 * octet
        found.append((word << 11 | word >> 21) & _MASK_32)
    return found


def _mixing(times: int) -> tuple[int, ...]:
    """What each of the 16 words of a block adds to psi applied `times` times, one bit for each word.

    psi is linear and treats the 16 bits of a word alike, so `word * pattern` is the word at each set place.
    """
    found = []
    for place in range(16):
        words = [int(place == number) for number in range(16)]
        for _ in range(times):
            words.append(words[0] ^ words[1] ^ words[2] ^ words[3] ^ words[12] ^ words[15])
            del words[0]
        found.append(sum(bit << 16 * number for number, bit in enumerate(words)))
    return tuple(found)


# RFC 5831 §5.3: psi^61(H ^ psi(M ^ psi^12(S))), written as one sum over the words of S, M and H.
_PATTERNS: Final = _mixing(74) + _mixing(62) + _mixing(61)


def _keys(h: int, m: int) -> Iterator[tuple[int, ...]]:
    """The four keys of one step, eight words each (RFC 5831 §5.1)."""
    yield _as_keys(bytes(_KEY_OCTETS((h ^ m).to_bytes(32, "little"))))
    for constant in (0, _C3, 0):
        h = (h >> 64 | ((h ^ h >> 64) & _MASK_64) << 192) ^ constant
        for _ in range(2):
            m = m >> 64 | ((m ^ m >> 64) & _MASK_64) << 192
        yield _as_keys(bytes(_KEY_OCTETS((h ^ m).to_bytes(32, "little"))))


def _encrypt(block: int, keys: tuple[int, ...], tables: _Tables) -> int:
    """One block of 64 bits by GOST 28147-89 (RFC 5830 §5)."""
    t0, t1, t2, t3 = tables
    a, b = block & _MASK_32, block >> 32
    up = ((keys[0], keys[1]), (keys[2], keys[3]), (keys[4], keys[5]), (keys[6], keys[7]))
    down = ((keys[7], keys[6]), (keys[5], keys[4]), (keys[3], keys[2]), (keys[1], keys[0]))
    for one, two in up + up + up + down:
        t = a + one
        b ^= t0[t & 255] ^ t1[t >> 8 & 255] ^ t2[t >> 16 & 255] ^ t3[t >> 24 & 255]
        t = b + two
        a ^= t0[t & 255] ^ t1[t >> 8 & 255] ^ t2[t >> 16 & 255] ^ t3[t >> 24 & 255]
    return b | a << 32


def _step(h: int, m: int, tables: _Tables) -> int:
    """The step function (RFC 5831 §5): the next H from H and a block."""
    s, rest = b"", h
    for keys in _keys(h, m):
        s += _encrypt(rest & _MASK_64, keys, tables).to_bytes(8, "little")
        rest >>= 64
    words = _as_words(s + m.to_bytes(32, "little") + h.to_bytes(32, "little"))
    found: int = reduce(xor, map(mul, _PATTERNS, words))
    return found


class Hash:
    """A running digest of GOST R 34.11-94, from a zero start.

    `rows` are the eight substitutions, 16 hexadecimal digits each, the one of the lowest bits first.
    """

    __slots__ = ("_h", "_length", "_rest", "_sum", "_tables")

    def __init__(self, data: bytes = b"", *, rows: tuple[str, ...] = CRYPTOPRO) -> None:
        self._tables = _tables(rows)
        self._h = self._sum = self._length = 0
        self._rest = b""
        self.update(data)

    def update(self, data: bytes) -> None:
        """Take more of the message."""
        self._length += len(data)
        data = self._rest + data
        whole = len(data) - len(data) % SIZE
        h, total, tables = self._h, self._sum, self._tables
        for start in range(0, whole, SIZE):
            block = int.from_bytes(data[start : start + SIZE], "little")
            total += block
            h = _step(h, block, tables)
        self._h, self._sum, self._rest = h, total & _MASK_256, data[whole:]

    def copy(self) -> "Hash":
        """Another one that has taken the same."""
        return copy(self)

    def digest(self) -> bytes:
        """The digest of what was taken so far, 32 octets, the lowest first."""
        h, total = self._h, self._sum
        if self._rest:
            # RFC 5831 §6: the last block is filled up with zeros at its high end.
            block = int.from_bytes(self._rest, "little")
            h, total = _step(h, block, self._tables), (total + block) & _MASK_256
        h = _step(h, self._length * 8 & _MASK_256, self._tables)
        return _step(h, total, self._tables).to_bytes(SIZE, "little")


def digest(data: bytes) -> bytes:
    """The digest of `data` by GOST R 34.11-94 with the substitutions of CryptoPro."""
    return Hash(data).digest()


# --- GOST R 34.10-2001 ---

_Point = tuple[int, int, int]
_INFINITY: Final[_Point] = (1, 1, 0)
_WINDOW: Final = 4


@dataclass(frozen=True, slots=True)
class Curve:
    """y^2 = x^3 + a*x + b over the field of `p`, with the point (x, y) of prime order `q` (RFC 5832 §5.2).

    Every curve here has exactly `q` points, so a point on it is a point of the group.
    """

    name: str
    p: int
    a: int
    b: int
    q: int
    x: int
    y: int = field(repr=False)

    def holds(self, x: int, y: int) -> bool:
        """Whether (x, y) is a point of the curve, both coordinates reduced."""
        if not (0 <= x < self.p and 0 <= y < self.p):
            return False
        return (y * y - x * x * x - self.a * x - self.b) % self.p == 0


_A_PRIME: Final = (1 << 256) - 617
_B_PRIME: Final = (1 << 255) + 0xC99
_C_PRIME: Final = 0x9B9F605F5A858107AB1EC85E6B41C8AACF846E86789051D37998F7B9022D759B
# RFC 4357 §11.4. The exchange sets XchA and XchB are A and C again.
CRYPTOPRO_A: Final = Curve(
    "CryptoPro-A",
    _A_PRIME,
    _A_PRIME - 3,
    0xA6,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF6C611070995AD10045841B09B761B893,
    1,
    0x8D91E471E0989CDA27DF505A453F2B7635294F2DDF23E3B122ACC99C9E9F1E14,
)
CRYPTOPRO_B: Final = Curve(
    "CryptoPro-B",
    _B_PRIME,
    _B_PRIME - 3,
    0x3E1AF419A269A5F866A7D3C25C3DF80AE979259373FF2B182F49D4CE7E1BBC8B,
    0x800000000000000000000000000000015F700CFFF1A624E5E497161BCC8A198F,
    1,
    0x3FA8124359F96680B83D1C3EB2C070E5C545C9858D03ECFB744BF8D717717EFC,
)
CRYPTOPRO_C: Final = Curve(
    "CryptoPro-C",
    _C_PRIME,
    _C_PRIME - 3,
    0x805A,
    0x9B9F605F5A858107AB1EC85E6B41C8AA582CA3511EDDFB74F02F3A6598980BB9,
    0,
    0x41ECE55743711A8C3CBF3783CD08C0EE4D4DC440D4641A8F366E550DFDB3BB67,
)
CURVES: Final = (CRYPTOPRO_A, CRYPTOPRO_B, CRYPTOPRO_C)


def _double(point: _Point, curve: Curve) -> _Point:
    x, y, z = point
    p = curve.p
    yy = y * y % p
    s = 4 * x * yy % p
    zz = z * z % p
    m = (3 * x * x + curve.a * zz * zz) % p
    x3 = (m * m - 2 * s) % p
    return x3, (m * (s - x3) - 8 * yy * yy) % p, 2 * y * z % p


def _add(one: _Point, two: _Point, curve: Curve) -> _Point:
    (x1, y1, z1), (x2, y2, z2) = one, two
    if not z1 or not z2:
        return two if not z1 else one
    p = curve.p
    zz1, zz2 = z1 * z1 % p, z2 * z2 % p
    u1, s1 = x1 * zz2 % p, y1 * zz2 * z2 % p
    h, r = (x2 * zz1 - u1) % p, (y2 * zz1 * z1 - s1) % p
    if not h:
        return _INFINITY if r else _double(one, curve)
    hh = h * h % p
    hhh, v = h * hh % p, u1 * hh % p
    x3 = (r * r - hhh - 2 * v) % p
    return x3, (r * (v - x3) - s1 * hhh) % p, z1 * z2 * h % p


def _digits(number: int) -> list[int]:
    """The number in signed odd digits of four bits or zero, the lowest first."""
    found = []
    while number:
        digit = 0
        if number & 1:
            digit = number & 15
            digit -= 16 if digit & 8 else 0
            number -= digit
        found.append(digit)
        number >>= 1
    return found


def _odd_multiples(point: _Point, curve: Curve) -> dict[int, _Point]:
    twice, found = _double(point, curve), {1: point}
    for digit in range(3, 1 << _WINDOW - 1, 2):
        found[digit] = _add(found[digit - 2], twice, curve)
    found.update({-digit: (x, -y % curve.p, z) for digit, (x, y, z) in list(found.items())})
    return found


def _sum_of(curve: Curve, *terms: tuple[int, int, int]) -> tuple[int, int] | None:
    """The sum of `factor * (x, y)` over the terms; None when it is the point at infinity.

    All terms share the doublings (Shamir's trick). The time that it takes depends on the factors.
    """
    rows = [(_digits(factor), _odd_multiples((x, y, 1), curve)) for factor, x, y in terms]
    total = _INFINITY
    for place in range(max(len(digits) for digits, _ in rows) - 1, -1, -1):
        total = _double(total, curve)
        for digits, multiples in rows:
            if place < len(digits) and digits[place]:
                total = _add(total, multiples[digits[place]], curve)
    x, y, z = total
    if not z:
        return None
    inverse = pow(z, -1, curve.p)
    return x * inverse**2 % curve.p, y * inverse**3 % curve.p


def _number(hash_value: bytes, curve: Curve) -> int:
    # RFC 5832 §6.1: e = alpha mod q; "If e = 0, then assign e = 1".
    return int.from_bytes(hash_value, "little") % curve.q or 1


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A point of `curve` other than infinity. One that does not lie on it verifies nothing."""

    curve: Curve
    x: int
    y: int

    def is_valid(self, signature: bytes, hash_value: bytes) -> bool:
        """Whether `signature`, s and then r, 32 octets each, the highest first, is good (RFC 5832 §6.2).

        The lowest octet of `hash_value` comes first, as `digest` gives it (RFC 4491 §2.2.2).
        """
        curve = self.curve
        s, r = int.from_bytes(signature[:SIZE], "big"), int.from_bytes(signature[SIZE:], "big")
        if len(signature) != 2 * SIZE or not (0 < r < curve.q and 0 < s < curve.q):
            return False
        if not curve.holds(self.x, self.y):
            return False
        v = pow(_number(hash_value, curve), -1, curve.q)
        terms = ((s * v % curve.q, curve.x, curve.y), (-r * v % curve.q, self.x, self.y))
        found = _sum_of(curve, *terms)
        return found is not None and found[0] % curve.q == r

    def verify(self, signature: bytes, message: bytes) -> None:
        """Pass when `signature` over the digest of `message` is good.

        Raises:
            InvalidSignature: it is not.
        """
        if not self.is_valid(signature, digest(message)):
            raise InvalidSignature


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key for tests: nothing here is constant time.

    Raises:
        ValueError: the secret does not lie between 0 and the order of the curve.
    """

    curve: Curve
    secret: int = field(repr=False)

    def __post_init__(self) -> None:
        if not 0 < self.secret < self.curve.q:
            raise ValueError("the secret is out of range")

    def public_key(self) -> PublicKey:
        """The public half."""
        return PublicKey(self.curve, *self._multiple(self.secret))

    def sign(self, message: bytes) -> bytes:
        """The signature over the digest of `message`; the nonce is drawn from key and digest."""
        hash_value = digest(message)
        seed = hashlib.sha512(self.secret.to_bytes(SIZE, "big") + hash_value).digest()
        nonce = int.from_bytes(seed, "big") % (self.curve.q - 1) + 1
        return self.sign_digest(hash_value, nonce=nonce)

    def sign_digest(self, hash_value: bytes, *, nonce: int) -> bytes:
        """The signature over `hash_value`: s and then r, 32 octets each, the highest first (RFC 5832 §6.1).

        Raises:
            ValueError: this nonce cannot sign this digest.
        """
        q = self.curve.q
        r = self._multiple(nonce)[0] % q
        s = (r * self.secret + nonce * _number(hash_value, self.curve)) % q
        if not r or not s:
            raise ValueError("the nonce cannot sign this digest")
        return s.to_bytes(SIZE, "big") + r.to_bytes(SIZE, "big")

    def _multiple(self, factor: int) -> tuple[int, int]:
        found = _sum_of(self.curve, (factor % self.curve.q, self.curve.x, self.curve.y))
        if found is None:
            raise ValueError("the nonce is a multiple of the order")
        return found
