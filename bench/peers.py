"""The same acts by others' code: what is installed is measured, what is not is named."""

import asyncio
import hashlib
import shutil
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7

from bench.measure import Act, Process
from esign import Certificate, Signer

SIGNERS = ("pyhanko", "endesive")
"""Libraries that make signatures; the first judges them too. Where they are not installed they are named."""


def absent(*names: str) -> list[str]:
    """Those of `names` that cannot be imported."""
    return [name for name in names if find_spec(name) is None]


def cryptography_signer(document: bytes, signer: Signer, private: ec.EllipticCurvePrivateKey) -> Act:
    """`cryptography`'s PKCS7SignatureBuilder: signed attributes without those of CAdES."""
    foreign = x509.load_der_x509_certificate(signer.certificate)
    above = [x509.load_der_x509_certificate(data) for data in signer.chain]
    builder = pkcs7.PKCS7SignatureBuilder().set_data(document).add_signer(foreign, private, hashes.SHA256())
    for certificate in above:
        builder = builder.add_certificate(certificate)
    return lambda: builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def cryptography_envelope(document: bytes, certificate: bytes) -> Act:
    """`cryptography`'s PKCS7EnvelopeBuilder: RSA PKCS#1 v1.5 and AES-128-CBC."""
    foreign = x509.load_der_x509_certificate(certificate)
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(document).add_recipient(foreign)
    return lambda: builder.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def cryptography_path(anchor: bytes, between: bytes, target: bytes, host: str, at: datetime) -> Act:
    """`cryptography.x509.verification` of a server's certificate: no revocation, no policies."""
    from cryptography.x509.verification import PolicyBuilder, Store

    store = Store([x509.load_der_x509_certificate(anchor)])
    verifier = PolicyBuilder().store(store).time(at).build_server_verifier(x509.DNSName(host))

    def act() -> object:
        leaf, middle = x509.load_der_x509_certificate(target), x509.load_der_x509_certificate(between)
        return verifier.verify(leaf, [middle])

    return act


def certvalidator_path(
    anchor: bytes, between: bytes, target: bytes, crls: tuple[bytes, ...], at: datetime
) -> Act | None:
    """`pyhanko-certvalidator` on a path, with revocation lists or without; None when it is not here."""
    if absent("pyhanko_certvalidator", "asn1crypto"):
        return None
    from asn1crypto import crl as asn1_crl
    from asn1crypto import x509 as asn1_x509
    from pyhanko_certvalidator import CertificateValidator, ValidationContext

    async def judge() -> object:
        context = ValidationContext(
            trust_roots=[asn1_x509.Certificate.load(anchor)],
            crls=[asn1_crl.CertificateList.load(data) for data in crls],
            moment=at,
            allow_fetching=False,
            revocation_mode="require" if crls else "soft-fail",
        )
        validator = CertificateValidator(
            asn1_x509.Certificate.load(target),
            intermediate_certs=[asn1_x509.Certificate.load(between)],
            validation_context=context,
        )
        return await validator.async_validate_path()

    loop = asyncio.new_event_loop()
    return lambda: loop.run_until_complete(judge())


def asn1crypto_signer(document: bytes, signer: Signer) -> Act | None:
    """A SignedData assembled with `asn1crypto`, content type and digest signed; None when it is not here."""
    if absent("asn1crypto"):
        return None
    from asn1crypto import algos, cms
    from asn1crypto import x509 as asn1_x509

    certificate = asn1_x509.Certificate.load(signer.certificate)
    algorithm = algos.DigestAlgorithm({"algorithm": "sha256"})
    named = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}

    def act() -> object:
        digest = hashlib.sha256(document).digest()
        attributes = cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
                cms.CMSAttribute({"type": "message_digest", "values": [digest]}),
            ]
        )
        info = {
            "version": "v1",
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": cms.IssuerAndSerialNumber(named)}),
            "digest_algorithm": algorithm,
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            "signature": signer.sign(attributes.dump()),
        }
        content = {
            "version": "v1",
            "digest_algorithms": [algorithm],
            "encap_content_info": {"content_type": "data", "content": document},
            "certificates": [certificate, *map(asn1_x509.Certificate.load, signer.chain)],
            "signer_infos": [cms.SignerInfo(info)],
        }
        return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(content)}).dump()

    return act


def pyhanko_signer(document: bytes, signer: Signer, private: ec.EllipticCurvePrivateKey) -> Act | None:
    """pyHanko's CAdES signature, attached; None when it is not here."""
    if absent("pyhanko", "asn1crypto"):
        return None
    from asn1crypto import keys
    from asn1crypto import x509 as asn1_x509

    store: Any = import_module("pyhanko_certvalidator.registry").SimpleCertificateStore()
    store.register_multiple([asn1_x509.Certificate.load(data) for data in signer.chain])
    made: Any = import_module("pyhanko.sign.signers").SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(signer.certificate),
        signing_key=keys.PrivateKeyInfo.load(_pkcs8(private)),
        cert_registry=store,
    )
    loop = asyncio.new_event_loop()
    return lambda: loop.run_until_complete(
        made.async_sign_general_data(document, "sha256", detached=False, use_cades=True)
    ).dump()


def pyhanko_verifier(signature: bytes, anchor: bytes, crls: tuple[bytes, ...], at: datetime) -> Act | None:
    """pyHanko's verdict on an attached signature, its path included; None when it is not here."""
    if absent("pyhanko", "asn1crypto"):
        return None
    from asn1crypto import cms
    from asn1crypto import crl as asn1_crl
    from asn1crypto import x509 as asn1_x509

    validation: Any = import_module("pyhanko.sign.validation.generic_cms")
    make_context: Any = import_module("pyhanko_certvalidator").ValidationContext

    async def judge() -> None:
        context = make_context(
            trust_roots=[asn1_x509.Certificate.load(anchor)],
            crls=[asn1_crl.CertificateList.load(data) for data in crls],
            moment=at,
            allow_fetching=False,
            revocation_mode="require" if crls else "soft-fail",
        )
        signed = cms.ContentInfo.load(signature)["content"]
        status = await validation.async_validate_cms_signature(signed, validation_context=context)
        if not (status.intact and status.valid and status.trusted):
            raise ValueError("a signature that should be good")

    loop = asyncio.new_event_loop()
    return lambda: loop.run_until_complete(judge())


def endesive_signer(document: bytes, signer: Signer, private: ec.EllipticCurvePrivateKey) -> Act | None:
    """endesive's signature, detached; it names RSA where the key is on a curve. None when it is not here."""
    if absent("endesive"):
        return None
    sign: Any = import_module("endesive.signer").sign
    foreign = x509.load_der_x509_certificate(signer.certificate)
    above = [x509.load_der_x509_certificate(data) for data in signer.chain]
    return lambda: sign(document, private, foreign, above, "sha256", True)


def openssl(name: str, arguments: str, folder: Path) -> Process | None:
    """A call of `openssl` in `folder`; None when it is not here."""
    program = shutil.which("openssl")
    return None if program is None else Process(name, [program, *arguments.split()], folder)


def write_signer(path: Path, private: ec.EllipticCurvePrivateKey, certificate: bytes) -> None:
    """A throw-away key and its certificate in one file, as `openssl` reads them."""
    path.write_bytes(_pkcs8(private, serialization.Encoding.PEM) + Certificate.load(certificate).pem)


def _pkcs8(
    private: ec.EllipticCurvePrivateKey, encoding: serialization.Encoding = serialization.Encoding.DER
) -> bytes:
    return private.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
