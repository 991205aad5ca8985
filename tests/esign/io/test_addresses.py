"""An address that leads inside is refused in whatever clothes; a name is asked for once, not for ever."""

import threading

import pytest

from esign.io.addresses import FetchFailed, is_public, resolved, system_addresses
from tests.esign.io.http_world import names

INSIDE = [
    "0.0.0.0",  # noqa: S104
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.9.9.9",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:224.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:909:909::1",
    "3fff::1",
    "4000::1",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
    "not an address",
    "127.1",
    "",
]
OUTSIDE = ["9.9.9.9", "172.32.0.1", "2620:fe::fe", "2a00::1", "::ffff:9.9.9.9", "64:ff9b::909:909"]


@pytest.mark.parametrize("address", INSIDE)
def test_what_leads_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_the_public_network_is_public(address: str) -> None:
    assert is_public(address)


def test_one_bad_address_among_good_ones_refuses_the_host() -> None:
    resolve = names(a_example=("9.9.9.9", "10.0.0.1"))
    with pytest.raises(FetchFailed) as refused:
        resolved("a.example", 80, resolve=resolve, seconds=1, allow_private=False)
    assert refused.value.code == "fetch-address-refused"
    assert refused.value.values == {"host": "a.example", "address": "10.0.0.1"}


def test_private_addresses_pass_when_they_are_allowed() -> None:
    resolve = names(a_example="10.0.0.1")
    assert resolved("a.example", 80, resolve=resolve, seconds=1, allow_private=True) == ("10.0.0.1",)


@pytest.mark.parametrize("answer", [None, ()])
def test_a_name_without_an_address_is_unknown(answer: tuple[str, ...] | None) -> None:
    resolve = names() if answer is None else names(a_example=answer)
    with pytest.raises(FetchFailed) as unknown:
        resolved("a.example", 80, resolve=resolve, seconds=1, allow_private=True)
    assert unknown.value.code == "fetch-name-unknown"


def test_a_name_that_cannot_be_asked_for_is_unknown() -> None:
    with pytest.raises(FetchFailed) as unknown:
        resolved("a" * 70 + ".example", 80, resolve=system_addresses, seconds=1, allow_private=True)
    assert unknown.value.code == "fetch-name-unknown"


def test_a_late_resolver_is_left_behind() -> None:
    over = threading.Event()

    def late(host: str, port: int) -> tuple[str, ...]:
        over.wait(5)
        return ("9.9.9.9",)

    with pytest.raises(FetchFailed) as slow:
        resolved("a.example", 80, resolve=late, seconds=0.02, allow_private=False)
    over.set()
    assert slow.value.code == "fetch-too-slow"


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "localhost"])
def test_every_spelling_of_the_loopback_is_seen_through(host: str) -> None:
    with pytest.raises(FetchFailed) as refused:
        resolved(host, 80, resolve=system_addresses, seconds=5, allow_private=False)
    assert refused.value.code == "fetch-address-refused"


def test_the_machine_knows_itself() -> None:
    assert "127.0.0.1" in system_addresses("127.0.0.1", 80)
