"""Containers through the years: one PKI by a simulated clock, containers of each kind, and their verdicts."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from esign import asic, signing
from esign.algorithms import SHA256, Digest
from esign.asic.zipping import Writer
from esign.findings import Indication, SubIndication
from esign.keys import Signer
from esign.material import Material
from esign.preserve import timestamp
from esign.testing import TestPKI
from esign.tsp import TimeStamper
from esign.validation.policy import DigestRule, Policy
from esign.validation.report import Report

BORN = datetime(2027, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)
MADE = BORN + DAY
DOCUMENTS = {"contract.txt": b"a contract for thirty years", "annex/table.csv": b"a;b\r\n1;2\r\n"}
PASSED = (Indication.TOTAL_PASSED, None)
ARCHIVE = "META-INF/ASiCArchiveManifest.xml"

_YEARS = (2028, 2029, 2030, 2031, 2033, 2035, 2036)
TIMES = (*(BORN + n * DAY for n in range(1, 9)), *(datetime(year, 1, 2, tzinfo=UTC) for year in _YEARS))


def new_year(year: int) -> datetime:
    """A day in January at which there are fresh lists."""
    return datetime(year, 1, 2, tzinfo=UTC)


def doubt(name: str) -> tuple[Indication, SubIndication]:
    return Indication.INDETERMINATE, SubIndication(name)


@cache
def pki() -> TestPKI:
    """The authorities; their lists are made in the order of time, once for all tests."""
    made = TestPKI(BORN, key="p-384")
    made.authority("persons")
    made.authority("infra")
    return made


@cache
def lists_by_time() -> dict[datetime, Material]:
    """What every authority publishes at each of TIMES, good for ten days."""
    return {at: Material.read(pki().crls_at(at, lifetime=10 * DAY)) for at in TIMES}


def lists(at: datetime) -> Material:
    return lists_by_time()[at]


@cache
def signer(name: str = "Aliyev A.") -> Signer:
    return pki().signer(name)


def signs(name: str = "Aliyev A.") -> Callable[[bytes], bytes]:
    return lambda octets: signing.sign(octets, signer(name), at=MADE, detached=True)


@cache
def tsa(at: datetime) -> TimeStamper:
    """Who stamps at `at`; the certificate ends five years after, and the authority above in 2037."""
    issued = min(at - DAY, datetime(2031, 12, 1, tzinfo=UTC))
    return pki().time_stamper(at, issued=issued, key="p-384")


def stamps(at: datetime) -> Callable[[bytes], bytes]:
    return lambda octets: timestamp(octets, tsa(at))


@cache
def signed(form: asic.Form = "asic-e") -> bytes:
    return asic.make(DOCUMENTS, signs(), at=MADE, container=form)


def raised(
    container: bytes, level: str, at: datetime, *, by: Digest = SHA256, archive_manifest: bool = False
) -> bytes:
    """A container raised at `at` with the lists of that day."""
    return asic.augment(
        container,
        level,  # type: ignore[arg-type]
        tsa=tsa(at),
        at=at,
        trust=pki().trust,
        material=lists(at),
        by=by,
        archive_manifest=archive_manifest,
    )


@cache
def lasting(form: asic.Form = "asic-e", *, archive_manifest: bool = False) -> bytes:
    """A container at B-LTA, made in its first days."""
    at = BORN + 3 * DAY
    found = raised(signed(form), "B-LT", at - DAY)
    return raised(found, "B-LTA", at, archive_manifest=archive_manifest)


@cache
def recorded() -> bytes:
    """A container at B-LT with an evidence record over it."""
    at = BORN + 3 * DAY
    found = raised(signed(), "B-LT", at)
    return asic.add_evidence_record(found, tsa(at), at=at, trust=pki().trust, material=lists(at))


def judge(container: bytes, at: datetime, policy: Policy | None = None) -> Report:
    return asic.verify(container, trust=pki().trust, at=at, material=lists(at), policy=policy)


def verdict(report: Report) -> tuple[Indication, SubIndication | None]:
    return report.indication, report.sub_indication


def kinds(report: Report) -> list[tuple[str, str]]:
    """The time stamps beside the signatures, with what each came to."""
    return [
        (one.kind, one.sub_indication.value if one.sub_indication else one.indication.value)
        for one in report.timestamps
    ]


def codes(report: Report) -> set[str]:
    """The codes of all findings of errors and warnings."""
    parts = [report.findings, *(one.findings for one in (*report.signatures, *report.timestamps))]
    return {f.code for findings in parts for f in findings if f.severity.value != "info"}


def ending(name: str, until: datetime) -> Policy:
    """The built-in policy with an end date of a digest."""
    policy = Policy.default()
    rules = tuple(replace(r, until=until) if r.name == name else r for r in policy.digests)
    assert DigestRule(name, until) in rules
    return replace(policy, digests=rules)


def files(container: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(container)) as package:
        return {name: package.read(name) for name in package.namelist()}


def packed(found: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    writer = Writer(out, BORN)
    for name, content in found.items():
        writer.add(name, content, stored=name == "mimetype")
    writer.close()
    return out.getvalue()


def changed(container: bytes, **changes: bytes | None) -> bytes:
    """The container with files changed, or left out (None)."""
    found: dict[str, bytes | None] = {**files(container), **changes}
    return packed({name: content for name, content in found.items() if content is not None})
