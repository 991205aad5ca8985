"""How two agencies come to know each other: bundles that go out, bundles that come in.

At first contact people compare the fingerprint of the peer's root; afterwards bundles are believed by
themselves, and never turned back.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from esign import Signer
from exat.directory import Bundle, claims, encode, read_bundle, sign_bundle
from exat.errors import DirectoryError
from exat.records import Agency
from exat.shell.home import Home
from exat.store import StoredBundle

LIFETIME: Final = timedelta(days=30)
"""How long a bundle is used: its lists of revoked certificates make it old earlier."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer as it is stored; `problem` is the code that keeps its bundle from being used, empty if none."""

    stored: StoredBundle
    agency: Agency | None
    expires_at: datetime | None
    problem: str = ""


def export_bundle(home: Home, seal: Signer, *, at: datetime, lifetime: timedelta = LIFETIME) -> bytes:
    """This agency's bundle, PEM, with the next serial number.

    Raises:
        ConfigurationError: `file-unreadable`.
        StoreError: the serial cannot be had.
    """
    serial = home.store.next_bundle_serial()
    issued_at = at.replace(microsecond=0)
    content = encode(home.own(), serial=serial, issued_at=issued_at, expires_at=issued_at + lifetime)
    return sign_bundle(content, seal, at=issued_at)


def add_peer(home: Home, data: bytes, *, at: datetime, root_fingerprint: str | None = None) -> Bundle:
    """Take a peer's bundle: with the confirmed fingerprint at first contact, without it later.

    Raises:
        DirectoryError: the codes of `read_bundle`, above all `fingerprint-needed` with the `fingerprint` to
            compare; `bundle-own-agency`.
        StoreError: `stale-bundle`.
    """
    domain = claims(data).domain
    if domain == home.config.agency.domain:
        raise DirectoryError("bundle-own-agency", f"{domain} is this agency", values={"domain": domain})
    bundle = read_bundle(data, at=at, root_fingerprint=root_fingerprint, known=_known(home, domain))
    if root_fingerprint is not None:
        home.confirm_root(domain, re.sub(r"[:\s]", "", root_fingerprint).lower())
    home.store.put_bundle(domain, data, serial=bundle.serial)
    home.changed()
    return bundle


def _known(home: Home, domain: str) -> Bundle | None:
    """The last bundle of a peer; one that cannot be judged any more vouches for no other."""
    stored = home.store.bundle(domain)
    try:
        return None if stored is None else home.peer_bundle(stored)
    except DirectoryError:
        return None


def remove_peer(home: Home, domain: str) -> None:
    """Know a peer no longer.

    Raises:
        DirectoryError: `peer-not-stored`.
    """
    if not home.store.remove_bundle(domain):
        raise DirectoryError("peer-not-stored", f"{domain} is not known", values={"domain": domain})
    home.changed()


def peers(home: Home, *, at: datetime) -> tuple[Peer, ...]:
    """Every peer that is stored, also one whose bundle is not used."""
    return tuple(_peer(home, stored, at) for stored in home.store.bundles())


def _peer(home: Home, stored: StoredBundle, at: datetime) -> Peer:
    try:
        bundle = home.peer_bundle(stored)
    except DirectoryError as e:
        return Peer(stored, None, None, e.code)
    problem = "" if bundle.expires_at > at else "bundle-expired"
    return Peer(stored, bundle.agency, bundle.expires_at, problem)
