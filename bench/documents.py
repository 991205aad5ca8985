"""Signing and verifying 10 KB with P-256: against the primitives and against the peers that are here."""

import base64
import hashlib
import secrets
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench import peers
from bench.measure import Act, Row, compare, show, with_process
from esign import Certificate, CertificateList, Signer, sign, verify
from esign.material import Material
from esign.testing import TestPKI
from esign.validation import signature as signatures

DOCUMENT: Final = secrets.token_bytes(10_240)
_ECDSA: Final = ec.ECDSA(hashes.SHA256())
_ATTRIBUTES: Final = bytes(250)
"""As many octets as the signed attributes of CAdES B-B have."""


def run() -> None:
    """Print every table of this module."""
    pki = TestPKI()
    signer, private = a_signer(pki)
    _signing(signer, private)
    signed = sign(DOCUMENT, signer)
    _verifying(pki, signer, private, signed)


def a_signer(pki: TestPKI) -> tuple[Signer, ec.EllipticCurvePrivateKey]:
    """A person with a P-256 key, and that key."""
    signer = pki.signer("Bench")
    private = getattr(signer.key, "private", None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise TypeError("wanted a key on an elliptic curve in memory")
    return signer, private


def signing_floor(private: ec.EllipticCurvePrivateKey) -> None:
    """SHA-256 of the document, one ECDSA signature."""
    hashlib.sha256(DOCUMENT).digest()
    private.sign(_ATTRIBUTES, _ECDSA)


def _signing(signer: Signer, private: ec.EllipticCurvePrivateKey) -> None:
    candidates: dict[str, Act] = {
        "floor: SHA-256 and one ECDSA signature": lambda: signing_floor(private),
        "esign.sign": lambda: sign(DOCUMENT, signer),
        "cryptography PKCS7SignatureBuilder (no CAdES)": peers.cryptography_signer(DOCUMENT, signer, private),
    }
    if made := peers.asn1crypto_signer(DOCUMENT, signer):
        candidates["asn1crypto, assembled (no CAdES)"] = made
    with tempfile.TemporaryDirectory() as place:
        peers.write_signer(Path(place) / "signer.pem", private, signer.certificate)
        (Path(place) / "in").write_bytes(DOCUMENT)
        words = "cms -sign -cades -binary -nodetach -in in -signer signer.pem -outform DER -out out"
        rows = _and_openssl(compare(candidates), "openssl cms -sign -cades, a process each", words, place)
    show("Sign 10 KB, attached, CAdES B-B, P-256", rows, absent=_absent(*peers.SIGNERS))


def _verifying(pki: TestPKI, signer: Signer, private: ec.EllipticCurvePrivateKey, signed: bytes) -> None:
    trust, material = pki.trust, pki.crls
    attributes = private.sign(_ATTRIBUTES, _ECDSA)
    path = path_verifications(Certificate.load(signer.certificate), pki.issuing, pki.root, material)

    def one() -> None:
        hashlib.sha256(DOCUMENT).digest()
        private.public_key().verify(attributes, _ATTRIBUTES, _ECDSA)

    def five() -> None:
        one()
        for act in path:
            act()

    def cold() -> None:
        signatures.verify(signed, trust=trust, at=pki.at, material=Material.read(material)).require_passed()

    candidates: dict[str, Act] = {
        "floor: SHA-256 and 5 ECDSA verifications": five,
        "  of it: SHA-256 and the verification of the signature": one,
        "esign.validation: signature, path, lists, report, cold": cold,
        "esign.verify again: what was parsed is kept": lambda: verify(signed, trust=trust, material=material),
    }
    with tempfile.TemporaryDirectory() as place:
        lists = b"".join(_crl_pem(data) for data in material)
        (Path(place) / "root.pem").write_bytes(pki.root.pem + lists)
        (Path(place) / "in").write_bytes(signed)
        words = "cms -verify -binary -inform DER -in in -CAfile root.pem -crl_check_all -purpose any -out out"
        rows = _and_openssl(
            compare(candidates), "openssl cms -verify -crl_check_all, a process each", words, place
        )
    title = "Verify the same: signature, two certificates below the root, a revocation list of each authority"
    show(title, rows, absent=_absent(*peers.SIGNERS))


def path_verifications(
    target: Certificate, between: Certificate, root: Certificate, crls: Iterable[bytes]
) -> list[Act]:
    """The bare verifications of a path of two links, and of those lists that its issuers signed."""
    signers = {issuer.subject: issuer for issuer in (between, root)}
    signed = [(target, between), (between, root)]
    lists = [CertificateList.load(data) for data in crls]
    return [
        *(_verification(issuer, c.signature, c.tbs) for c, issuer in signed),
        *(
            _verification(signers[crl.issuer], crl.signature, crl.tbs)
            for crl in lists
            if crl.issuer in signers
        ),
    ]


def _verification(issuer: Certificate, signature: bytes, message: bytes) -> Act:
    public = issuer.public_key
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise TypeError("wanted a key on an elliptic curve")
    return lambda: public.verify(signature, message, _ECDSA)


def _and_openssl(rows: list[Row], name: str, words: str, place: str) -> list[Row]:
    process = peers.openssl(name, words, Path(place))
    return rows if process is None else with_process(rows, process)


def _absent(*names: str) -> list[str]:
    program = [] if peers.openssl("", "", Path()) else ["openssl"]
    return [*peers.absent(*names), *program]


def _crl_pem(data: bytes) -> bytes:
    return b"-----BEGIN X509 CRL-----\n" + base64.encodebytes(data) + b"-----END X509 CRL-----\n"
