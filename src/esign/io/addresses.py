"""Where a fetch may connect: a host is resolved once, by us, and every address that it has is judged.

Addresses in a certificate are a stranger's words. What leads into this machine, its network or nowhere is
refused, also when it is wrapped in IPv6, and the connection later goes to an address that was judged here, so
a second answer of the DNS has no say.

>>> is_public("198.51.100.7"), is_public("::ffff:127.0.0.1"), is_public("9.9.9.9")
(False, False, True)
"""

import queue
import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from esign.errors import EsignError

Resolve = Callable[[str, int], Sequence[str]]
"""Host (ASCII) and port to addresses in text form; raises OSError when the name has none."""

_GLOBAL_UNICAST: Final = ip_network("2000::/3")
_NAT64: Final = ip_network("64:ff9b::/96")
# RFC 6890 §2.2.2, RFC 6890 §2.2.3 and what `is_global` may leave open: 6to4, Teredo, documentation.
_REFUSED_V4: Final = (ip_network("192.0.0.0/24"), ip_network("192.88.99.0/24"))
_REFUSED_V6: Final = tuple(
    ip_network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)


class FetchFailed(EsignError):
    """A fetch that brought nothing; `io.fetch` makes it a finding, it goes no further."""

    code = "fetch-unreachable"


def is_public(address: str) -> bool:
    """Whether `address` leads to the public network: no private, loopback, link-local, multicast or the like.

    An IPv4 address inside an IPv6 one (mapped, RFC 4291 §2.5.5.2; NAT64, RFC 6052 §2.1) is judged as itself.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = _embedded(found)
        if inner is None:
            outside = any(found in block for block in _REFUSED_V6)
            return found in _GLOBAL_UNICAST and found.is_global and not outside
        found = inner
    return found.is_global and not found.is_multicast and not any(found in block for block in _REFUSED_V4)


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped


def system_addresses(host: str, port: int) -> tuple[str, ...]:
    """The addresses that this machine's resolver knows, its preferred one first.

    Raises:
        OSError: the name has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def resolved(
    host: str, port: int, *, resolve: Resolve, seconds: float, allow_private: bool
) -> tuple[str, ...]:
    """The addresses of `host`, each one judged; a host with one bad address is refused whole.

    Raises:
        FetchFailed: `fetch-name-unknown`, `fetch-too-slow` after `seconds`, `fetch-address-refused`.
    """
    addresses = _asked(host, port, resolve, seconds)
    if not addresses:
        raise FetchFailed("fetch-name-unknown", where=host, host=host)
    for address in () if allow_private else addresses:
        if not is_public(address):
            raise FetchFailed("fetch-address-refused", where=host, host=host, address=address)
    return addresses


def _asked(host: str, port: int, resolve: Resolve, seconds: float) -> tuple[str, ...]:
    """The resolver has no limit of time of its own, so it works beside and is left behind when it is late."""
    answers: queue.SimpleQueue[tuple[str, ...]] = queue.SimpleQueue()

    def work() -> None:
        try:
            found = tuple(resolve(host, port))
        except (OSError, ValueError):
            found = ()
        answers.put(found)

    threading.Thread(target=work, daemon=True).start()
    try:
        return answers.get(timeout=max(0.0, seconds))
    except queue.Empty as e:
        raise FetchFailed("fetch-too-slow", where=host, seconds=round(seconds, 1)) from e
