"""Signing and verifying 10 KB with P-256: against the primitives and against the peers that are here."""

import base64
import hashlib
import secrets
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench import peers
from bench.measure import Act, Row, compare, show, with_process
from esign import Certificate, CertificateList, Signer, Trust, material, sign, verify
from esign.api.kept import VERDICTS
from esign.cms import SignedData, signed_data
from esign.material import Material
from esign.public_keys import load_public_key
from esign.testing import TestPKI
from esign.validation import blocks
from esign.validation import signature as signatures
from esign.validation.blocks import Subject
from esign.validation.context import Context
from esign.validation.policy import Policy, Revocation
from esign.x509 import parsed

_DOCUMENTS: Final = 100
DOCUMENT: Final = secrets.token_bytes(10_240)
_ECDSA: Final = ec.ECDSA(hashes.SHA256())
_ATTRIBUTES: Final = bytes(250)
"""As many octets as the signed attributes of CAdES B-B have."""


def run() -> None:
    """Print every table of this module."""
    pki = TestPKI(at=datetime.now(UTC) - timedelta(hours=2))
    signer, private = a_signer(pki)
    _signing(signer, private)
    world = _World.of(pki, signer, private)
    _known(world)
    _cold(world)
    _cold_with_lists(world)


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
    candidates: dict[str, Act | None] = {
        "floor: SHA-256 and one ECDSA signature": lambda: signing_floor(private),
        "esign.sign": lambda: sign(DOCUMENT, signer),
        "cryptography PKCS7SignatureBuilder (no CAdES)": peers.cryptography_signer(DOCUMENT, signer, private),
        "asn1crypto, assembled (no CAdES)": peers.asn1crypto_signer(DOCUMENT, signer),
        "pyHanko, CAdES": peers.pyhanko_signer(DOCUMENT, signer, private),
        "endesive, detached": peers.endesive_signer(DOCUMENT, signer, private),
    }
    with tempfile.TemporaryDirectory() as place:
        peers.write_signer(Path(place) / "signer.pem", private, signer.certificate)
        (Path(place) / "in").write_bytes(DOCUMENT)
        words = "cms -sign -cades -binary -nodetach -in in -signer signer.pem -outform DER -out out"
        rows = compare(_here(candidates))
        rows = _and_openssl(rows, "openssl cms -sign -cades, a process each", words, place)
    show("Sign 10 KB, attached, CAdES B-B, P-256 (bar: 0.8)", rows, absent=_absent(*peers.SIGNERS))


@dataclass(frozen=True, slots=True)
class _World:
    """A hundred documents with their signatures by one signer, met one after the other, and the bare acts."""

    pki: TestPKI
    signer: Certificate
    signatures: Callable[[], bytes]
    one: Act

    @classmethod
    def of(cls, pki: TestPKI, signer: Signer, private: ec.EllipticCurvePrivateKey) -> Self:
        documents = [secrets.token_bytes(len(DOCUMENT)) for _ in range(_DOCUMENTS)]
        signatures = cycle([sign(document, signer) for document in documents])
        contents, value, public = cycle(documents), private.sign(_ATTRIBUTES, _ECDSA), private.public_key()

        def one() -> None:
            hashlib.sha256(next(contents)).digest()
            public.verify(value, _ATTRIBUTES, _ECDSA)

        return cls(pki, Certificate.load(signer.certificate), lambda: next(signatures), one)

    def floor(self, crls: Iterable[bytes]) -> Act:
        """Document, signature, the two links of the path, and those of `crls` that its issuers signed."""
        acts = [self.one, *path_verifications(self.signer, self.pki.issuing, self.pki.root, crls)]
        return lambda: [act() for act in acts]


def _known(world: _World) -> None:
    """The signer was met before: certificates are parsed, and in one row the verdict on the path is kept."""
    pki, context = world.pki, _context_of(world.signer, world.pki.at)
    lists = pki.crls

    def core() -> None:
        is_valid(world.signatures(), context)

    def again() -> None:
        verify(world.signatures(), trust=pki.trust, material=lists).require_passed()

    def anchored() -> None:
        verify(world.signatures(), trust=Trust((world.signer,))).require_passed()

    candidates: dict[str, Act] = {
        "floor: SHA-256 and the verification of the signature": world.one,
        "cryptographic core: CMS, digest, attributes, signature": core,
        "esign.verify, another document, the path's verdict kept": again,
        "esign.verify, the signer's certificate is the anchor": anchored,
    }
    show("Verify 10 KB of a signer who is known (bars: 0.75 core, 0.6 verify)", compare(candidates))


def is_valid(signature: bytes, context: Context) -> None:
    """The blocks of EN 319 102-1 cl. 5.2 that say whether a signature holds under a certificate of `context`.

    Raises:
        ValueError: it does not.
    """
    signed = SignedData.read(signature)
    info = signed.signer_infos[0]
    subject = Subject(signed.content_type, signed.encapsulated, None)
    attributes, shape = blocks.check_format(info, subject)
    if attributes is None:
        raise ValueError("a signature that cannot be read")
    candidates, named = blocks.identify_signing_certificate(info, attributes, context.certificates)
    _, verified = blocks.verify_cryptography(info, attributes, candidates, subject, context)
    if not (shape.passed and named.passed and verified.passed):
        raise ValueError("a signature that should hold")


def _context_of(certificate: Certificate, at: datetime) -> Context:
    return Context.of(Material((certificate,)), trust=Trust.empty(), at=at)


def forget() -> None:
    """Keep no certificate, key, chain or verdict from the call before."""
    for kept in (parsed, load_public_key, signed_data._known, material._known):
        kept.cache_clear()
    VERDICTS.clear()


def _cold(world: _World) -> None:
    """Three certificates that were never met, revocation off."""
    pki, links = world.pki, world.floor(())
    policy = replace(Policy.default(), revocation=Revocation.UNSAFE_OFF)
    root = pki.root.raw

    def cold() -> None:
        forget()
        trust = Trust((Certificate.load(root),))
        verify(world.signatures(), trust=trust, policy=policy).require_passed()

    title = "Verify 10 KB, root, issuing and signer's certificate new each time, revocation off (bar: 0.4)"
    itself = path_verifications(pki.root, pki.root, pki.root, ())[0]
    candidates: dict[str, Act | None] = {
        "floor: SHA-256, signature, 2 links of the path": links,
        "  with the root's own signature, which nobody needs": lambda: (links(), itself()),
        "esign.verify": cold,
        "pyHanko": peers.pyhanko_verifier(world.signatures(), root, (), pki.at),
    }
    show(title, compare(_here(candidates)), absent=_absent("pyhanko"))


def _cold_with_lists(world: _World) -> None:
    """The same with the revocation lists that the default policy demands."""
    pki, lists, root = world.pki, world.pki.crls, world.pki.root.raw

    def cold() -> None:
        forget()
        trust = Trust((Certificate.load(root),))
        found = Material.read(lists)
        signatures.verify(world.signatures(), trust=trust, at=pki.at, material=found).require_passed()

    candidates: dict[str, Act | None] = {
        "floor: SHA-256, signature, 2 links, 2 lists": world.floor(lists),
        "esign.validation: everything from octets": cold,
        "pyHanko": peers.pyhanko_verifier(world.signatures(), root, lists, pki.at),
    }
    with tempfile.TemporaryDirectory() as place:
        crls = b"".join(_crl_pem(data) for data in lists)
        (Path(place) / "root.pem").write_bytes(pki.root.pem + crls)
        (Path(place) / "in").write_bytes(world.signatures())
        words = "cms -verify -binary -inform DER -in in -CAfile root.pem -crl_check_all -purpose any -out out"
        rows = compare(_here(candidates))
        rows = _and_openssl(rows, "openssl cms -verify -crl_check_all, a process each", words, place)
    title = "The same with a revocation list of each authority, new each time (bar: 0.4)"
    show(title, rows, absent=_absent("pyhanko"))


def _here(candidates: Mapping[str, Act | None]) -> dict[str, Act]:
    return {name: act for name, act in candidates.items() if act is not None}


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
