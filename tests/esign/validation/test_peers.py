"""What OpenSSL signs is passed, what it refuses is refused, and NIST's suite is never accepted by mistake."""

import email
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from esign.cms import SignedData, read_pem_or_der
from esign.errors import EsignError
from esign.findings import Indication, SubIndication
from esign.material import Material
from esign.validation.path import validate_path
from esign.validation.policy import DigestRule, KeyRule, Policy
from esign.validation.signature import verify
from esign.x509 import Certificate, CertificateList, Trust
from tests.esign.validation import world
from tests.esign.validation.world import AT
from tests.peers import corpus, require, run

CONTENT = b"the document\r\n"


def _files(folder: Path) -> list[str]:
    """Key, certificate, chain and content as OpenSSL wants them; its options for signing."""
    node = world.person()
    plain = serialization.NoEncryption()
    key = node.private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(key)
    (folder / "cert.pem").write_bytes(node.certificate.pem)
    (folder / "chain.pem").write_bytes(world.intermediate().certificate.pem)
    (folder / "root.pem").write_bytes(world.root().certificate.pem)
    (folder / "content").write_bytes(CONTENT)
    return ["-signer", "cert.pem", "-inkey", "key.pem", "-certfile", "chain.pem", "-in", "content", "-binary"]


@pytest.mark.peer
@pytest.mark.parametrize(
    ("options", "detached"),
    [
        (["-nodetach", "-outform", "DER"], False),
        (["-outform", "DER"], True),
        (["-nodetach", "-outform", "PEM"], False),
        (["-nodetach", "-stream", "-outform", "DER"], False),
        (["-nodetach", "-cades", "-outform", "DER"], False),
        (["-nodetach", "-noattr", "-outform", "DER"], False),
        (["-nodetach", "-keyid", "-md", "sha512", "-outform", "DER"], False),
    ],
)
def test_what_openssl_signs_is_passed(options: list[str], detached: bool, tmp_path: Path) -> None:
    made = run([require("openssl"), "cms", "-sign", *_files(tmp_path), *options], cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    report = verify(
        made.stdout,
        document=CONTENT if detached else None,
        trust=world.root().trust,
        at=AT,
        material=Material((), world.clean_crls()),
    )
    assert report.indication is Indication.TOTAL_PASSED, report.explain()
    assert report.signatures[0].level == ("B-B" if "-cades" in options else "CMS")


@pytest.mark.peer
def test_what_is_changed_is_refused_by_both(tmp_path: Path) -> None:
    openssl = require("openssl")
    options = [*_files(tmp_path), "-outform", "DER"]
    made = run([openssl, "cms", "-sign", *options], cwd=tmp_path).stdout
    (tmp_path / "signature").write_bytes(made)
    (tmp_path / "content").write_bytes(CONTENT + b"!")
    theirs = run(
        [openssl, "cms", "-verify", "-inform", "DER", "-in", "signature", "-content", "content", "-binary"]
        + ["-CAfile", "root.pem", "-no_check_time"],
        cwd=tmp_path,
    )
    assert theirs.returncode != 0
    ours = verify(made, document=CONTENT + b"!", trust=world.root().trust, at=AT)
    assert (ours.indication, ours.sub_indication) == (
        Indication.TOTAL_FAILED,
        SubIndication.HASH_FAILURE,
    )


# --- NIST PKITS ---

# Inputs that this procedure does not take yet: an explicit policy demanded by the caller.
DEMANDED = {"4.8.1.3", "4.8.2.2", "4.8.3.2", "4.8.3.3"}
# Valid paths that are not confirmed yet: DSA, list keys, policies, parts by reason, indirect, delta.
OPEN = ("4.1.4", "4.1.5", "4.4.19", "4.5.", "4.6.15", "4.6.17", "4.8.", "4.9.", "4.10.", "4.11.", "4.12.")
OPEN_TOO = ("4.13.19", "4.14.18", "4.14.19", "4.14.2", "4.14.33", "4.15.5")


def _suite() -> tuple[Path, list[dict[str, Any]]]:
    folder = corpus("pkits")
    return folder, json.loads((folder / "index.json").read_text())["entries"]


def _lenient() -> Policy:
    """The suite is of 2010: SHA-1 and RSA keys of 1024 bits count."""
    policy = Policy.default()
    return replace(
        policy, digests=(*policy.digests, DigestRule("sha1")), keys=(*policy.keys, KeyRule("rsa", 1024))
    )


def _loaded(kind: Any, folder: Path, pattern: str) -> list[Any]:
    found = []
    for path in sorted(folder.glob(pattern)):
        try:
            found.append(kind.load(path.read_bytes()))
        except EsignError:
            continue
    return found


def _target(message: bytes) -> Certificate:
    parts = email.message_from_bytes(message).walk()
    signature = next(p for p in parts if "pkcs7-signature" in p.get_content_type())
    signed = SignedData.read(read_pem_or_der(bytes(signature.get_payload(decode=True))))
    certificates = [Certificate.load(c) for c in signed.certificates]
    return next(c for c in certificates if signed.signer_infos[0].names(c))


@pytest.mark.corpora
def test_no_case_of_pkits_is_accepted_by_mistake() -> None:
    folder, entries = _suite()
    pool = _loaded(Certificate, folder, "certs/*.crt")
    crls = _loaded(CertificateList, folder, "crls/*.crl")
    trust = Trust.from_pem((folder / entries[0]["trust"]).read_bytes())
    policy, at = _lenient(), datetime(2015, 1, 1, tzinfo=UTC)
    accepted: set[str] = set()
    for entry in entries:
        try:
            target = _target((folder / entry["file"]).read_bytes())
        except EsignError:
            continue
        report = validate_path(target, pool=pool, trust=trust, crls=crls, at=at, policy=policy)
        if report.indication is Indication.PASSED:
            accepted.add(entry["test"])
    valid = {e["test"] for e in entries if e["expected"] == "valid"}
    assert accepted - valid == DEMANDED
    assert not [test for test in valid - accepted if not test.startswith((*OPEN, *OPEN_TOO))]
    assert len(accepted & valid) >= 55
