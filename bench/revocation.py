"""Revocation lists: a million lines indexed and looked up, and what a list of 10,000 costs a validation."""

import secrets
import time
from datetime import timedelta

from bench.measure import compare, show
from esign import Certificate, CertificateList, Signer, der, validate_path
from esign.testing import TestPKI

_MILLION = 1_000_000
_REASON = bytes.fromhex("300c300a0603551d1504030a0101")


def run() -> None:
    """Print the table of a long list, and that of a validation with and without one."""
    pki = TestPKI()
    issuer = pki.authority("persons").signer
    _long_list(pki, issuer)
    _validation(pki, issuer)


def _long_list(pki: TestPKI, issuer: Signer) -> None:
    raw = _list(pki, issuer, _MILLION)
    started = time.process_time()
    loaded = CertificateList.load(raw)
    at_load = time.process_time()
    loaded.find(1)
    indexed = time.process_time()
    wanted = [entry.serial_number for entry, _ in zip(loaded.entries, range(20_000), strict=False)]
    begun = time.process_time()
    for serial in wanted:
        loaded.find(serial)
    each = (time.process_time() - begun) / len(wanted)
    print(f"\nA revocation list of {_MILLION:,} entries, {len(raw) / 1e6:.0f} MB (bars: 1 s, 5 us)")
    print(f"  load                       {at_load - started:8.3f} s of CPU")
    print(f"  index, serial to offset    {indexed - at_load:8.3f} s of CPU")
    print(f"  look up a listed serial    {1e6 * each:8.2f} us of CPU")


def _validation(pki: TestPKI, issuer: Signer) -> None:
    target = Certificate.load(pki.signer("Bench").certificate)
    others = [raw for raw in pki.crls if CertificateList.load(raw).issuer != target.issuer]
    lists = [_list(pki, issuer, 10_000), *others]
    pool = list(pki.chain)
    rows = compare(
        {
            "floor: no revocation, warm": lambda: validate_path(
                target, pool=pool, trust=pki.trust, revocation="unsafe-off"
            ),
            "with a list of 10,000 entries, warm": lambda: validate_path(
                target, pool=pool, trust=pki.trust, crls=lists
            ),
        }
    )
    show("Validate a path again (bar: 1.2 times, a ratio of 0.83)", rows)


def _list(pki: TestPKI, issuer: Signer, entries: int) -> bytes:
    """A list with random serial numbers, assembled from octets: no builder makes a million lines in time."""
    scheme, name = issuer.signature_scheme, Certificate.load(issuer.certificate).subject.raw
    day = timedelta(days=1)
    times = der.time(pki.at - day), der.time(pki.at + day)
    lines = b"".join(_line(times[0], number) for number in range(entries))
    tbs = der.sequence(der.integer(1), scheme.identifier.encode(), name, *times, der.sequence(lines))
    return der.sequence(tbs, scheme.identifier.encode(), der.bit_string(issuer.sign(tbs)))


def _line(revoked_at: bytes, number: int) -> bytes:
    serial = bytes([1 + number % 0x7F]) + secrets.token_bytes(15)
    return der.sequence(der.tlv(der.INTEGER, serial), revoked_at, _REASON if number % 3 else b"")
