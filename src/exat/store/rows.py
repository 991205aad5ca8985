"""Between values and columns: how an instant, addresses and a certificate stand in a row."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import overload

from esign import Certificate
from exat.address import Address
from exat.errors import MalformedAddress


def stamp(at: datetime) -> str:
    """`at` as text in UTC that sorts as time does.

    Raises:
        ValueError: `at` has no zone.
    """
    if at.utcoffset() is None:
        raise ValueError("at must be aware")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


@overload
def instant(text: str) -> datetime: ...
@overload
def instant(text: None) -> None: ...
def instant(text: str | None) -> datetime | None:
    """The instant that `stamp` wrote."""
    return None if text is None else datetime.fromisoformat(text)


@overload
def address(text: str) -> Address: ...
@overload
def address(text: None) -> None: ...
def address(text: str | None) -> Address | None:
    """The address that `str` wrote."""
    return None if text is None else Address.parse(text, smtputf8=True)


def key_of(sender: Address | None) -> str:
    """What a sender is compared by: empty for the null reverse-path."""
    return "" if sender is None else sender.key


def key_of_text(text: str) -> str:
    """What an address that came as text is compared by: it matches no mailbox when it is none."""
    try:
        return Address.parse(text, smtputf8=True).key
    except MalformedAddress:
        return ""


def listed(addresses: Iterable[object]) -> str:
    """Addresses as a JSON array of text."""
    return json.dumps([str(one) for one in addresses], ensure_ascii=False)


def texts(array: str) -> tuple[str, ...]:
    """The texts of a JSON array that `listed` wrote."""
    return tuple(str(one) for one in json.loads(array))


def addresses(array: str) -> tuple[Address, ...]:
    """The addresses of a JSON array that `listed` wrote."""
    return tuple(address(text) for text in texts(array))


@overload
def certificate(der: bytes) -> Certificate: ...
@overload
def certificate(der: None) -> None: ...
def certificate(der: bytes | None) -> Certificate | None:
    """The certificate in a column."""
    return None if der is None else Certificate.load(der)
