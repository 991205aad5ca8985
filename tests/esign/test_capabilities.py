"""SMIMECapabilities: what somebody can read, in the order of preference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import der
from esign.algorithms import AlgorithmIdentifier
from esign.capabilities import MAX_CAPABILITIES, OWN, Capabilities
from esign.errors import EsignError, LimitExceeded, MalformedInput


def read(octets: bytes) -> Capabilities:
    return Capabilities.read(der.decode(octets))


def test_our_own_are_read_as_they_were_written() -> None:
    assert read(OWN.encode()) == OWN
    assert [cipher.name for cipher in OWN.ciphers] == [
        "aes-256-gcm",
        "aes-128-gcm",
        "aes-256-cbc",
        "aes-192-cbc",
        "aes-128-cbc",
    ]


def test_a_cipher_stands_without_parameters() -> None:
    assert OWN.encode()[2:].startswith(bytes.fromhex("300b060960864801650304012e"))


def test_unknown_ones_are_kept_and_name_no_cipher() -> None:
    other = AlgorithmIdentifier("1.2.3", der.integer(40))
    found = read(Capabilities((other, *OWN.items)).encode())
    assert found.items[0] == other
    assert found.ciphers == OWN.ciphers


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        (der.set_of([]), MalformedInput),
        (der.sequence(der.null()), MalformedInput),
        (der.sequence(der.sequence(der.oid("1.2"), der.null(), der.null())), MalformedInput),
        (der.sequence(*[der.sequence(der.oid("1.2"))] * (MAX_CAPABILITIES + 1)), LimitExceeded),
    ],
    ids=["set", "null", "trailing", "many"],
)
def test_what_is_no_list_of_capabilities_is_refused(octets: bytes, error: type[EsignError]) -> None:
    with pytest.raises(error):
        read(octets)


@given(st.binary(max_size=60))
def test_no_octets_raise_anything_else(octets: bytes) -> None:
    try:
        read(der.sequence(octets))
    except EsignError:
        return
