"""Public keys by one registry: a key of the table is read, anything else is refused with its identifier."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import der
from esign.algorithms import OZDST_1092_OID, OZMST_286_OID, describe_key, key_kind
from esign.errors import EsignError, MalformedInput, UnsupportedAlgorithm
from esign.gost import CRYPTOPRO_A, CRYPTOPRO_B, CURVES, Curve, PrivateKey, PublicKey
from esign.public_keys import load_public_key
from tests.esign.national.world import key_info

KEY = PrivateKey(CRYPTOPRO_A, 33).public_key()


def info_of(bits: bytes) -> bytes:
    return der.sequence(der.sequence(der.oid(OZDST_1092_OID)), bits)


def refused(data: bytes, code: str = "unsupported-algorithm") -> None:
    with pytest.raises(EsignError) as raised:
        load_public_key(data)
    assert raised.value.code == code
    if code == "unsupported-algorithm":
        assert raised.value.values["algorithm"] == OZDST_1092_OID


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
@pytest.mark.parametrize("oid", [OZDST_1092_OID, OZMST_286_OID])
@pytest.mark.parametrize("number", [None, 1, 2, 3])
def test_the_curve_is_the_one_that_holds_the_point(curve: Curve, oid: str, number: int | None) -> None:
    public = PrivateKey(curve, 33).public_key()
    found = load_public_key(key_info(public, oid, number=number))
    assert found == public
    assert key_kind(found) == "gost-2001"
    described = describe_key(found)
    assert described.curve == curve.name
    assert described.bits == curve.q.bit_length()


def test_other_keys_are_read_as_ever() -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    data = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert load_public_key(data) == public
    with pytest.raises(UnsupportedAlgorithm) as raised:
        load_public_key(der.sequence(der.sequence(der.oid("1.2.3")), der.bit_string(b"x")))
    assert raised.value.values["algorithm"] == "1.2.3"


def test_a_point_on_no_curve_is_refused() -> None:
    refused(key_info(PublicKey(CRYPTOPRO_A, KEY.x, KEY.y ^ 1)))
    refused(key_info(PublicKey(CRYPTOPRO_A, 0, 0)))


def test_a_coordinate_that_is_not_reduced_is_refused() -> None:
    public = PrivateKey(CRYPTOPRO_B, 1).public_key()
    refused(key_info(PublicKey(CRYPTOPRO_B, public.x + CRYPTOPRO_B.p, public.y)))


@pytest.mark.parametrize(
    "bits",
    [
        der.bit_string(b""),
        der.bit_string(der.octet_string(bytes(63))),
        der.bit_string(der.octet_string(bytes(65))),
        der.bit_string(der.sequence(der.octet_string(bytes(62)))),
        der.bit_string(bytes(64)),
        der.bit_string(der.octet_string(bytes(64)) + b"\0"),
        der.tlv(der.BIT_STRING, b"\1\0"),
        der.octet_string(b""),
    ],
)
def test_a_key_of_another_shape_is_refused(bits: bytes) -> None:
    refused(info_of(bits))


def test_what_is_no_key_is_malformed() -> None:
    for data in (b"", der.null(), der.sequence(), der.sequence(der.null())):
        with pytest.raises(MalformedInput):
            load_public_key(data)


def test_a_cut_key_raises_nothing_else() -> None:
    whole = key_info(KEY)
    for length in range(len(whole)):
        with pytest.raises(EsignError):
            load_public_key(whole[:length])


@given(st.binary(max_size=80))
@settings(max_examples=50, deadline=None)
def test_no_octets_raise_anything_else(data: bytes) -> None:
    for bits in (data, der.octet_string(data)):
        with pytest.raises(UnsupportedAlgorithm):
            load_public_key(info_of(der.bit_string(bits)))
