"""Paths of three P-256 certificates: against raw verifications and against the peers that are here."""

import base64
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from bench import peers
from bench.documents import path_verifications
from bench.measure import Act, Row, compare, show, with_process
from esign import Certificate, CertificateList, Trust, validate_path
from esign.material import Material
from esign.public_keys import load_public_key
from esign.testing import TestPKI
from esign.validation import path as paths
from esign.validation.policy import Revocation
from esign.x509 import parsed

HOST: Final = "mx.test.example"
_NO_LISTS: Final[tuple[bytes, ...]] = ()


def run() -> None:
    """Print the table without revocation, and that with a list of each authority."""
    pki = TestPKI()
    target, between = Certificate.load(pki.node(HOST).certificate), pki.authority("infra").certificate
    chain = (target, between, pki.root)
    _without_lists(chain, pki.at)
    issuers = {between.subject, pki.root.subject}
    crls = tuple(data for data in pki.crls if CertificateList.load(data).issuer in issuers)
    _with_lists(chain, crls, pki.at)


def judge(octets: tuple[bytes, ...], revocation: str, lists: tuple[bytes, ...], at: datetime) -> None:
    """Everything from the octets on: certificates parsed, keys loaded, the path judged; none is kept."""
    parsed.cache_clear()
    load_public_key.cache_clear()
    target, between, root = map(Certificate.load, octets)
    _judge((target, between, root), revocation, Material.read(lists), at)


def _judge(chain: tuple[Certificate, ...], revocation: str, lists: Material, at: datetime) -> None:
    target, between, root = chain
    paths.validate_path(
        target,
        pool=[between],
        trust=Trust((root,)),
        crls=lists.crls,
        at=at,
        usage="tls-server",
        revocation=Revocation(revocation),
    ).require_passed()


def _without_lists(chain: tuple[Certificate, ...], at: datetime) -> None:
    target, between, root = chain
    octets, nothing = (target.raw, between.raw, root.raw), Material()
    two = path_verifications(target, between, root, _NO_LISTS)
    three = [*two, two[-1]]

    def parsed_before() -> None:
        load_public_key.cache_clear()
        _judge(chain, "unsafe-off", nothing, at)

    def again() -> None:
        validate_path(
            target, pool=[between], trust=Trust((root,)), at=at, usage="tls-server", revocation="unsafe-off"
        )

    candidates: dict[str, Act] = {
        "floor: 3 ECDSA verifications": lambda: [act() for act in three],
        "esign.validation, from the octets of 3 certificates": lambda: judge(
            octets, "unsafe-off", _NO_LISTS, at
        ),
        "  of it: keys and path, certificates parsed": parsed_before,
        "esign.validate_path again: the verdict is kept": again,
        "cryptography.x509.verification": peers.cryptography_path(
            root.raw, between.raw, target.raw, HOST, at
        ),
    }
    if made := peers.certvalidator_path(root.raw, between.raw, target.raw, _NO_LISTS, at):
        candidates["pyhanko-certvalidator"] = made
    rows = _and_openssl(compare(candidates), chain, _NO_LISTS)
    show("Validate a path without revocation (bars: 0.4 cold, 2.0 again)", rows, absent=_absent())


def _with_lists(chain: tuple[Certificate, ...], crls: tuple[bytes, ...], at: datetime) -> None:
    target, between, root = chain
    octets = (target.raw, between.raw, root.raw)
    verifications, later = path_verifications(target, between, root, crls), at + timedelta(minutes=1)

    def again() -> None:
        validate_path(target, pool=[between], trust=Trust((root,)), crls=crls, at=later, usage="tls-server")

    candidates: dict[str, Act] = {
        "floor: 4 ECDSA verifications": lambda: [act() for act in verifications],
        "esign.validation, from octets": lambda: judge(octets, "require", crls, at),
        "esign.validate_path again: the verdict is kept": again,
    }
    if made := peers.certvalidator_path(root.raw, between.raw, target.raw, crls, at):
        candidates["pyhanko-certvalidator"] = made
    rows = _and_openssl(compare(candidates), chain, crls)
    show("The same with a revocation list of each authority", rows, absent=_absent())


def _and_openssl(rows: list[Row], chain: tuple[Certificate, ...], crls: tuple[bytes, ...]) -> list[Row]:
    """The rows and two more: the program, a process for each path, and what of it is its start."""
    target, between, root = chain
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        lists = b"".join(_crl_pem(data) for data in crls)
        (folder / "root.pem").write_bytes(root.pem + lists)
        (folder / "between.pem").write_bytes(between.pem)
        (folder / "target.pem").write_bytes(target.pem)
        check = "-crl_check_all " if crls else ""
        words = f"verify -CAfile root.pem -untrusted between.pem {check}target.pem"
        verify = peers.openssl("openssl verify, a process each", words, folder)
        start = peers.openssl("  of it: to start and end (openssl version)", "version", folder)
        for process in (verify, start):
            rows = rows if process is None else with_process(rows, process)
    return rows


def _absent() -> list[str]:
    program = [] if peers.openssl("", "", Path()) else ["openssl"]
    return [*peers.absent("pyhanko_certvalidator"), *program]


def _crl_pem(data: bytes) -> bytes:
    return b"-----BEGIN X509 CRL-----\n" + base64.encodebytes(data) + b"-----END X509 CRL-----\n"
