"""GOST R 34.11-94 and GOST R 34.10-2001 against the examples of their RFCs and signatures of others."""

import base64
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import gost
from esign.algorithms import OZDST_1106
from esign.gost import CRYPTOPRO_A, CURVES, Curve, Hash, PrivateKey, PublicKey
from esign.public_keys import load_public_key
from tests.peers import corpus

# id-GostR3411-94-TestParamSet, by which the examples of RFC 5831 are computed.
TEST_ROWS = (
    "4a92d80e6b1c7f53",
    "eb4c6dfa23810759",
    "581da342efc7609b",
    "7da1089fe46cb253",
    "6c715fd84a9e03b2",
    "4ba0721d36859cfe",
    "db413f590ae7682c",
    "1fd057a4923e6b8c",
)
# The curve of the example in RFC 5832 §7.1.
TEST_CURVE = Curve(
    "test",
    0x8000000000000000000000000000000000000000000000000000000000000431,
    7,
    0x5FBFF498AA938CE739B8E022FBAFEF40563F6E6A3472FC2A514C0CE9DAE23B7E,
    0x8000000000000000000000000000000150FE8A1892976154C59CFC193ACCF5B3,
    2,
    0x08E2A8A0E65147D4BD6316030E16D19C85C97F0A9CA267122B96ABBCEA7E8FC8,
)
SECRET = 0x7A929ADE789BB9BE10ED359DD39A72C11B60961F49397EEE1D19CE9891EC3B28
NONCE = 0x77105C9B20BCD3122823C8CF6FCC7B956DE33814E95B7FE64FED924594DCEAB3
NUMBER = 0x2DFBC1B372D89A1188C09C52E0EEC61FCE52032AB1022E8E67ECE6672B043EE5
R = 0x41AA28D2F1AB148280CD9ED56FEDA41974053554A42767B83AD043FD39DC0493
S = 0x01456C64BA4642A1653C235A98A60249BCD6D3F746B631DF928014F6C5BF9C40
PUBLIC = PublicKey(
    TEST_CURVE,
    0x7F2B49E270DB6D90D8595BEC458B50C58585BA1D4E9B788F6689DBD8E56FD80B,
    0x26F1B489D6701DD185C8413A977B3CBBAF64D1C593D26627DFFB101A87FF77DA,
)


def as_hash(number: int) -> bytes:
    return number.to_bytes(32, "little")


def as_signature(s: int, r: int) -> bytes:
    return s.to_bytes(32, "big") + r.to_bytes(32, "big")


EXAMPLE = as_signature(S, R)
OWN = PrivateKey(CRYPTOPRO_A, SECRET)


@pytest.fixture(scope="module")
def published() -> Any:
    return json.loads((corpus("national") / "vectors.json").read_text())


# --- the digest ---


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (
            b"This is message, length=32 bytes",
            "b1c466d37519b82e8319819ff32595e047a28cb6f83eff1c6916a815a637fffa",
        ),
        (
            b"Suppose the original message has length = 50 bytes",
            "471aba57a60a770d3a76130635c1fbea4ef14de51f78b4ae57dd893b62f55208",
        ),
        (b"", "ce85b99cc46752fffee35cab9a7b0278abb4c2d2055cff685af4912c49490f8d"),
    ],
)
def test_the_examples_of_rfc_5831(message: bytes, wanted: str) -> None:
    assert Hash(message, rows=TEST_ROWS).digest().hex() == wanted


def test_the_substitutions_of_cryptopro() -> None:
    assert gost.digest(b"abc").hex() == "b285056dbf18d7392d7677369524dd14747459ed8143997e163b2986f92fd42c"
    assert gost.digest(b"").hex() == "981e5f3ca30c841487830f84fb433e13ac1101569b9c13584ac483234cd656c0"
    assert all(sorted(row) == sorted("0123456789abcdef") for row in gost.CRYPTOPRO)


@pytest.mark.corpora
def test_published_digests(published: Any) -> None:
    for message, wanted in published["gost94_cryptopro"].items():
        assert OZDST_1106.of(message.encode()).hex() == wanted, message


@given(st.binary(max_size=200), st.lists(st.integers(0, 70), max_size=8))
@settings(max_examples=30, deadline=None)
def test_a_message_may_come_in_any_parts(message: bytes, cuts: list[int]) -> None:
    running, rest = Hash(), message
    for cut in cuts:
        running.update(rest[:cut])
        rest = rest[cut:]
        running.digest()
    running.update(rest)
    assert running.digest() == gost.digest(message)


@given(st.binary(max_size=80), st.integers(0, 639))
@settings(max_examples=30, deadline=None)
def test_each_bit_counts(message: bytes, place: int) -> None:
    if place < 8 * len(message):
        changed = int.from_bytes(message, "big") ^ 1 << place
        assert gost.digest(changed.to_bytes(len(message), "big")) != gost.digest(message)
    assert gost.digest(message + b"\0") != gost.digest(message)


# --- the signature ---


def test_the_example_of_rfc_5832() -> None:
    """RFC 5832 §7.1; RFC 7091 §A.1 repeats its numbers."""
    private = PrivateKey(TEST_CURVE, SECRET)
    assert private.public_key() == PUBLIC
    assert private.sign_digest(as_hash(NUMBER), nonce=NONCE) == EXAMPLE
    assert PUBLIC.is_valid(EXAMPLE, as_hash(NUMBER))
    assert not PUBLIC.is_valid(EXAMPLE, as_hash(NUMBER + 1))


@pytest.mark.corpora
def test_the_published_signature_of_a_document(published: Any) -> None:
    case = published["cms_signature"]
    key = load_public_key(base64.b64decode(case["spki_b64"]))
    attributes = bytes.fromhex(case["signed_attrs_DER_SET"])
    signature = bytes.fromhex(case["signature_s_r"])
    assert gost.digest(attributes).hex() == case["gost94_of_signed_attrs"]
    assert key.is_valid(signature, gost.digest(attributes))
    assert not key.is_valid(signature, gost.digest(case["content"].encode()))
    stamp = published["timestamp_message_imprint"]
    assert gost.digest(signature).hex() == stamp["imprint"]


@pytest.mark.corpora
def test_the_published_signatures_of_domains(published: Any) -> None:
    case = published["apikey_signatures"]
    key = PublicKey(CRYPTOPRO_A, int(case["public_x"], 16), int(case["public_y"], 16))
    domains = [name for name in case if name not in ("rule", "public_x", "public_y")]
    assert len(domains) == 5
    for number, domain in enumerate(domains):
        signature = bytes.fromhex(case[domain])
        assert key.is_valid(signature, gost.digest(gost.digest(domain.encode())))
        other = domains[number - 1]
        assert not key.is_valid(signature, gost.digest(gost.digest(other.encode())))


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_the_curves_are_what_they_say(curve: Curve) -> None:
    assert curve.holds(curve.x, curve.y)
    assert pow(3, curve.p - 1, curve.p) == pow(3, curve.q - 1, curve.q) == 1
    # Hasse: a curve has at most p + 1 + 2 * sqrt(p) points, so no other multiple of q counts them.
    assert abs(curve.p + 1 - curve.q) < 1 << 130
    last = PrivateKey(curve, curve.q - 1).public_key()
    assert (last.x, last.y) == (curve.x, curve.p - curve.y)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_what_is_signed_on_a_curve_verifies_on_it_alone(curve: Curve) -> None:
    private = PrivateKey(curve, SECRET)
    signature, public = private.sign(b"letter"), private.public_key()
    assert public.is_valid(signature, gost.digest(b"letter"))
    assert not public.is_valid(signature, gost.digest(b"Letter"))
    for other in CURVES:
        if other is not curve:
            assert not PublicKey(other, public.x, public.y).is_valid(signature, gost.digest(b"letter"))
    public.verify(signature, b"letter")
    with pytest.raises(InvalidSignature):
        public.verify(signature, b"Letter")


@given(st.integers(1, CRYPTOPRO_A.q - 1), st.binary(max_size=40), st.integers(0, 511))
@settings(max_examples=15, deadline=None)
def test_each_bit_of_a_signature_counts(secret: int, message: bytes, place: int) -> None:
    private = PrivateKey(CRYPTOPRO_A, secret)
    signature, public = private.sign(message), private.public_key()
    assert public.is_valid(signature, gost.digest(message))
    changed = (int.from_bytes(signature, "big") ^ 1 << place).to_bytes(64, "big")
    assert not public.is_valid(changed, gost.digest(message))


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        EXAMPLE[:-1],
        EXAMPLE + b"\0",
        b"\0" + EXAMPLE,
        as_signature(0, R),
        as_signature(S, 0),
        as_signature(S, R + TEST_CURVE.q),
        as_signature(S + TEST_CURVE.q, R),
        as_signature(TEST_CURVE.q, R),
        as_signature(S, TEST_CURVE.q),
        as_signature(R, S),
    ],
)
def test_a_signature_out_of_range_is_false(signature: bytes) -> None:
    assert not PUBLIC.is_valid(signature, as_hash(NUMBER))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (PUBLIC.x, PUBLIC.y + 1),
        (PUBLIC.x + TEST_CURVE.p, PUBLIC.y),
        (PUBLIC.x, PUBLIC.y - TEST_CURVE.p),
        (0, 0),
    ],
)
def test_a_point_off_the_curve_verifies_nothing(x: int, y: int) -> None:
    assert not PublicKey(TEST_CURVE, x, y).is_valid(EXAMPLE, as_hash(NUMBER))


def test_infinity_is_no_answer() -> None:
    """s = r * d makes C the point at infinity: s*G - r*Q."""
    q = TEST_CURVE.q
    assert not PUBLIC.is_valid(as_signature(R * SECRET % q, R), as_hash(NUMBER))


def test_a_digest_of_zero_counts_as_one() -> None:
    signature = PrivateKey(TEST_CURVE, SECRET).sign_digest(as_hash(0), nonce=NONCE)
    for number in (0, 1, TEST_CURVE.q, TEST_CURVE.q + 1):
        assert PUBLIC.is_valid(signature, as_hash(number))
    assert not PUBLIC.is_valid(signature, as_hash(2))


@pytest.mark.parametrize("secret", [1, 2, 3, TEST_CURVE.q - 1, TEST_CURVE.q - 2])
def test_keys_next_to_the_generator_verify(secret: int) -> None:
    private = PrivateKey(TEST_CURVE, secret)
    for nonce in (1, 2, 3, TEST_CURVE.q - 1):
        signature = private.sign_digest(as_hash(NUMBER), nonce=nonce)
        assert private.public_key().is_valid(signature, as_hash(NUMBER))


@pytest.mark.parametrize("secret", [0, -1, CRYPTOPRO_A.q])
def test_a_secret_out_of_range_is_none(secret: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        PrivateKey(CRYPTOPRO_A, secret)


def test_a_nonce_that_cannot_sign_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of the order"):
        OWN.sign_digest(as_hash(1), nonce=CRYPTOPRO_A.q)
    r = PrivateKey(CRYPTOPRO_A, NONCE).public_key().x % CRYPTOPRO_A.q
    number = -r * SECRET * pow(NONCE, -1, CRYPTOPRO_A.q) % CRYPTOPRO_A.q
    with pytest.raises(ValueError, match="cannot sign"):
        OWN.sign_digest(as_hash(number), nonce=NONCE)


def test_a_private_key_does_not_show_itself() -> None:
    assert str(SECRET) not in repr(OWN)
