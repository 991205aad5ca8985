"""What the benchmarks say of themselves: floors hold what they name, ratios are the right way round."""

import subprocess
import sys
from pathlib import Path

import pytest
from bench import documents, paths, peers
from bench.measure import Process, compare, percentile, with_process
from bench.run import ALL

from esign import Certificate, CertificateList, sign, verify
from esign.testing import TestPKI
from tests.cli.walks import ROOT
from tests.peers import peers_are_required


def test_a_ratio_below_one_is_slower_than_the_floor() -> None:
    floor, slower = compare(
        {"floor": lambda: sum(range(100)), "slower": lambda: sum(range(10_000))}, rounds=3
    )
    assert floor.ratio == 1
    assert slower.ratio < 0.5
    assert slower.microseconds > floor.microseconds


def test_a_process_is_measured_against_the_same_floor() -> None:
    rows = compare({"floor": lambda: sum(range(100))}, rounds=1)
    row = with_process(rows, Process("python", [sys.executable, "-c", "pass"], Path()))[-1]
    assert row.microseconds > 1000 and row.ratio < 0.1


@pytest.mark.parametrize(
    ("share", "wanted"), [(0.5, 50.0), (0.99, 99.0), (1.0, 100.0), (0.001, 1.0)], ids=str
)
def test_percentiles_are_of_the_nearest_rank(share: float, wanted: float) -> None:
    assert percentile([float(number) for number in range(100, 0, -1)], share) == wanted


def test_the_floor_of_a_path_is_its_links_and_the_list_of_each_authority() -> None:
    pki = TestPKI()
    target = Certificate.load(documents.a_signer(pki)[0].certificate)
    path = documents.path_verifications(target, pki.issuing, pki.root, pki.crls)
    assert len(path) == 4
    for act in path:
        act()
    assert {CertificateList.load(crl).issuer for crl in pki.crls} == {pki.root.subject, pki.issuing.subject}
    assert len(documents.path_verifications(target, pki.issuing, pki.root, ())) == 2


def test_what_asn1crypto_and_cryptography_sign_in_the_benchmark_is_a_signature() -> None:
    pki = TestPKI()
    signer, private = documents.a_signer(pki)
    acts = [
        lambda: sign(documents.DOCUMENT, signer),
        peers.cryptography_signer(documents.DOCUMENT, signer, private),
        peers.asn1crypto_signer(documents.DOCUMENT, signer),
    ]
    for act in filter(None, acts):
        made = act()
        assert isinstance(made, bytes)
        report = verify(made, trust=pki.trust, material=pki.crls)
        assert report.indication.value == "TOTAL-PASSED", report.explain("en")


def test_the_paths_of_the_benchmark_pass_at_the_peers_too() -> None:
    pki = TestPKI()
    target, infra = Certificate.load(pki.node(paths.HOST).certificate), pki.authority("infra").certificate
    assert peers.cryptography_path(pki.root.raw, infra.raw, target.raw, paths.HOST, pki.at)()
    judge = peers.certvalidator_path(pki.root.raw, infra.raw, target.raw, pki.crls, pki.at)
    if judge is None and not peers_are_required():
        pytest.skip("pyhanko-certvalidator is not installed")
    assert judge is not None and judge()


def test_a_peer_that_is_not_here_is_named() -> None:
    assert peers.absent("json", "no_such_library") == ["no_such_library"]


def test_an_unknown_benchmark_is_refused_by_name() -> None:
    ran = subprocess.run(
        [sys.executable, ROOT / "bench" / "run.py", "nothing"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert ran.stderr == f"bench: there is no nothing; there are {', '.join(ALL)}\n"
