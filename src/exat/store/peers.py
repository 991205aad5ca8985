"""Peers' directory bundles, the serial of the own one, and the settings of the node."""

import sqlite3
from datetime import datetime
from typing import Final

from exat.errors import StoreError
from exat.store.letters import next_in_counter
from exat.store.rows import instant, stamp
from exat.store.statements import statements
from exat.store.values import StoredBundle

_OWN_SERIAL: Final = "bundle"
_SQL = statements("people")


def put_bundle(connection: sqlite3.Connection, domain: str, raw: bytes, *, serial: int, at: datetime) -> None:
    """Take a peer's bundle, which was judged elsewhere; the same serial may come again.

    Raises:
        StoreError: `stale-bundle`: one with a higher serial is stored.
    """
    before = bundle(connection, domain)
    if before is not None and before.serial > serial:
        raise StoreError(
            "stale-bundle",
            f"a newer bundle of {domain} is stored: serial {before.serial}, offered {serial}",
            values={"domain": domain, "stored": before.serial, "offered": serial},
        )
    values = {"domain": domain, "serial": serial, "raw": raw, "at": stamp(at)}
    connection.execute(_SQL["put_bundle"], values)


def remove_bundle(connection: sqlite3.Connection, domain: str) -> bool:
    """Forget a peer; False when it was not known."""
    return connection.execute(_SQL["remove_bundle"], {"domain": domain}).rowcount > 0


def bundle(connection: sqlite3.Connection, domain: str) -> StoredBundle | None:
    """The bundle of one peer."""
    row = connection.execute(_SQL["bundle"], {"domain": domain}).fetchone()
    return None if row is None else _bundle(row)


def bundles(connection: sqlite3.Connection) -> tuple[StoredBundle, ...]:
    """The bundles of all peers, by domain."""
    return tuple(_bundle(row) for row in connection.execute(_SQL["bundles"]))


def _bundle(row: tuple[str, int, str, bytes]) -> StoredBundle:
    domain, serial, taken_at, raw = row
    return StoredBundle(domain=domain, serial=serial, taken_at=instant(taken_at), raw=raw)


def next_bundle_serial(connection: sqlite3.Connection) -> int:
    """The next serial of the own bundle, from 1; none is given twice."""
    return next_in_counter(connection, _OWN_SERIAL)


def put_setting(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Set a value by name."""
    connection.execute(_SQL["put_setting"], {"name": name, "value": value})


def setting(connection: sqlite3.Connection, name: str) -> str | None:
    """A value by name."""
    row = connection.execute(_SQL["setting"], {"name": name}).fetchone()
    return None if row is None else str(row[0])
