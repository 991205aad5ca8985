"""An authority at scale: issuing against the primitives, finding, and lists of a million entries.

`EXAT_BENCH_CERTIFICATES` says how many certificates stand in the register, 200,000 unless it does; a tenth of
them is revoked.
"""

import os
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench.measure import compare, show
from esign.ca.authority import Authority, public_key_info
from esign.ca.crl import COMPLETE, ListName
from esign.ca.events import Draft, Kind
from esign.ca.publishing import Schedule
from esign.ca.request import Subject
from esign.ca.state import Query, Record, State
from esign.ca.template import Publication
from esign.io.register import SqliteRegister
from esign.testing import TestPKI

AT: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)
_ECDSA: Final = ec.ECDSA(hashes.SHA256())
_BATCH: Final = 100
_PARTITIONS: Final = 64
_CHANGES: Final = 1000


def run() -> None:
    """Print every table of this module."""
    with tempfile.TemporaryDirectory() as folder:
        _issuing(Path(folder))
        _standing(Path(folder))


def _issuing(folder: Path) -> None:
    pki = TestPKI(AT)
    with SqliteRegister(folder / "issuing.db") as register:
        issuer = pki.authority("persons")
        authority = Authority(
            issuer.name, issuer.signer, issuer.profile, issuer.profiles, register, issuer.publication
        )
        private = ec.generate_private_key(ec.SECP256R1())
        issue = _bulk(authority)
        rows = compare({"floor: a P-256 key and two signatures, 100 times": lambda: _floor(private), **issue})
    show("Issue 100 certificates for mailboxes: key, template, own lint, two commits, signature", rows)


def _floor(private: ec.EllipticCurvePrivateKey) -> None:
    for _ in range(_BATCH):
        ec.generate_private_key(ec.SECP256R1())
        private.sign(b"the certificate", _ECDSA)
        private.sign(b"the throw-away one", _ECDSA)


def _bulk(authority: Authority) -> dict[str, Callable[[], object]]:
    def bulk() -> object:
        batch = []
        for number in range(_BATCH):
            info = public_key_info(ec.generate_private_key(ec.SECP256R1()).public_key())
            subject = Subject.of({"organization": "Agentlik"}, emails=(f"m{number}@agency.uz",))
            batch.append(authority.prepare("mailbox-encrypt", subject, at=AT, public_key_info=info))
        return authority.sign_many(batch, at=AT)

    return {"Authority.prepare and sign_many": bulk}


def _standing(folder: Path) -> None:
    count = int(os.environ.get("EXAT_BENCH_CERTIFICATES", "200000"))
    pki = TestPKI(AT)
    with SqliteRegister(folder / "standing.db") as register:
        started = time.process_time()
        _fill(register, count)
        took = time.process_time() - started
        print(f"\nA register of {count:,} certificates, filled in {took:.1f} s of CPU")
        soon = Query(expires_before=AT + timedelta(days=2))
        asked: dict[str, Callable[[], tuple[Record, ...]]] = {
            "a page of 100 in the middle": lambda: register.find(Query(), after=count, limit=100),
            "by STIR": lambda: register.find(Query(stir=f"{300_000_000 + count // 2}")),
            "by two words of a name": lambda: register.find(Query(words=f"karimov n{count // 3}")),
            "a page of one common surname": lambda: register.find(Query(words="karimov"), limit=100),
            "what expires first": lambda: register.find(soon, limit=100),
            "revoked ones": lambda: register.find(Query(state=State.REVOKED), limit=100),
        }
        for name, act in asked.items():
            started = time.perf_counter()
            found = len(act())
            print(f"  {name}: {found} in {(time.perf_counter() - started) * 1000:.1f} ms")
        _lists(pki.authority("persons"), register, count)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"  memory at most {peak} MiB")


def _lists(issuer: Authority, register: SqliteRegister, count: int) -> None:
    url = "http://crl.agency.uz/{partition}.crl"
    publication = Publication((url,), delta_urls=(url,), partitions=_PARTITIONS)
    schedule = Schedule(timedelta(days=7), timedelta(days=1), timedelta(hours=1))
    authority = replace(issuer, register=register, publication=publication, schedule=schedule)
    moment = AT + timedelta(days=3)
    for what, names in {
        "the list of all certificates": [COMPLETE],
        "the list of one partition": [ListName(7)],
        f"the lists of {_PARTITIONS} partitions": [ListName(n + 1) for n in range(_PARTITIONS)],
    }.items():
        _publish(what, authority, names, moment)
    with register.transaction():
        for number in range(1, count, count // _CHANGES):
            told = (("reason", "superseded"),)
            register.append(Draft(Kind.REVOKED, moment, (1 << 158) + number, told))
    _publish("its changes", authority, [COMPLETE.delta], moment)
    _publish("every list", authority, list(authority.lists(moment)), moment)


def _publish(what: str, authority: Authority, names: list[ListName], at: datetime) -> None:
    started = time.process_time()
    made = authority.publish(names, at=at)
    took = time.process_time() - started
    size = sum(len(one.raw) for one in made.values())
    print(f"  {what}: {size:,} octets in {took:.2f} s of CPU")


def _fill(register: SqliteRegister, count: int) -> None:
    for first in range(0, count, 1000):
        with register.transaction():
            for number in range(first, min(first + 1000, count)):
                serial = (1 << 158) + number
                told = (
                    ("profile", "officer-sign"),
                    ("subject", f"CN={('Karimov', 'Aliyev', 'Valiyev')[number % 3]} N{number},C=UZ"),
                    ("not-after", (AT + timedelta(days=1 + number % 700)).isoformat()),
                    ("emails", f"n{number}@agency{number % 500}.uz"),
                    ("stir", f"{300_000_000 + number}"),
                    ("partition", str(number % _PARTITIONS + 1)),
                )
                register.append(Draft(Kind.PREPARED, AT, serial, told))
                register.append(Draft(Kind.ISSUED, AT, serial))
                if number % 10 == 0:
                    register.append(Draft(Kind.REVOKED, AT, serial, (("reason", "superseded"),)))
