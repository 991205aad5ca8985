"""Three judges of one path: no chain passes here that OpenSSL and Java both refuse.

Where we refuse what both accept, the reason is one of few: docs/divergences.md. `EXAT_MUTANTS` asks for more
seeds than the usual ones.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from esign import algorithms
from esign.findings import Severity
from esign.validation.path import validate_path
from esign.validation.policy import Policy, Revocation
from esign.validation.report import PathReport
from esign.x509 import CertificateList, Trust
from tests.esign.validation.suites import DSA_SHA1, Case, dsa, lenient, limbo, passed, pkits
from tests.esign.validation.world import AT
from tests.interop.mutants import Made, changed, odd, readable
from tests.interop.path_judges import Chain, Opinion, opinions

pytestmark = [pytest.mark.peer, pytest.mark.corpora]

SEEDS = range(int(os.environ.get("EXAT_MUTANTS", "60")))
# What both others read or pass over; None when our reader refuses a certificate of the chain.
STRICTER = {
    None,
    "extension-not-critical",
    "name-constraints-malformed",
    "name-not-comparable",
}
Verdicts = Mapping[str, tuple[PathReport | None, Opinion]]


@pytest.fixture(scope="module", autouse=True)
def _old_algorithms() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(algorithms.SIGNATURES, DSA_SHA1, dsa())
        yield


def _of_suite(cases: Sequence[Case], folder: Path) -> Verdicts:
    reports = {case.name: case.judge(lenient(Policy.default())) for case in cases}
    chains = [
        Chain(
            name=case.name,
            certificate=case.certificate,
            anchors=case.anchors,
            at=case.at,
            pool=case.pool,
            crls=case.crls,
            revocation=case.revocation is Revocation.REQUIRE or bool(case.crls),
            policies=case.policies,
            path=_path(reports[case.name]),
        )
        for case in cases
    ]
    said = opinions(chains, folder)
    return {name: (report, said[name]) for name, report in reports.items()}


def _of_mutants(made: Sequence[Made], folder: Path) -> Verdicts:
    reports = {one.name: _judge(one) for one in made}
    chains = [
        Chain(
            name=one.name,
            certificate=one.certificate,
            anchors=(one.anchor,),
            at=AT,
            pool=one.pool,
            crls=one.lists,
            revocation=True,
            path=_path(reports[one.name]),
        )
        for one in made
    ]
    said = opinions(chains, folder)
    return {name: (report, said[name]) for name, report in reports.items()}


def _judge(made: Made) -> PathReport | None:
    """None when a certificate of the chain cannot be read."""
    certificates = [readable(octets) for octets in (made.certificate, *made.pool, made.anchor)]
    if None in certificates:
        return None
    target, *pool, anchor = (c for c in certificates if c is not None)
    crls = [CertificateList.load(octets) for octets in made.lists]
    return validate_path(target, pool=pool, trust=Trust((anchor,)), crls=crls, at=AT)


def _path(report: PathReport | None) -> tuple[bytes, ...]:
    return tuple(c.raw for c in report.path[:-1]) if report is not None and passed(report) else ()


@pytest.fixture(scope="module", params=["pkits", "limbo", "odd", "changed"])
def verdicts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    folder = tmp_path_factory.mktemp("judges")
    match request.param:
        case "pkits":
            return _of_suite(pkits(), folder)
        case "limbo":
            return _of_suite(limbo(), folder)
        case "odd":
            return _of_mutants([odd(seed) for seed in SEEDS], folder)
        case _:
            return _of_mutants([changed(seed) for seed in SEEDS], folder)


def test_no_chain_passes_that_both_others_refuse(verdicts: Verdicts) -> None:
    assert len(verdicts) >= min(60, len(SEEDS))
    ours = {name: said for name, (report, said) in verdicts.items() if passed(report)}
    assert {name: said for name, said in ours.items() if not said.somebody_accepts} == {}


def test_the_judges_are_awake(verdicts: Verdicts) -> None:
    """Some of each set pass with all three, and some with none."""
    everywhere = [passed(report) and said.everybody_accepts for report, said in verdicts.values()]
    nowhere = [not passed(report) and not said.somebody_accepts for report, said in verdicts.values()]
    assert any(everywhere)
    assert any(nowhere)


def test_what_both_others_accept_is_refused_for_a_reason_that_is_explained(verdicts: Verdicts) -> None:
    wanted = {case.name: case.valid for case in (*pkits(), *limbo())}
    for name, (report, said) in verdicts.items():
        if passed(report) or not said.everybody_accepts:
            continue
        if name in wanted:
            assert not wanted[name], name
        else:
            assert _first_error(report) in STRICTER, name


def _first_error(report: PathReport | None) -> str | None:
    errors = () if report is None else (f.code for f in report.findings if f.severity is Severity.ERROR)
    return next(iter(errors), None)
