"""Documents signed at level B-B of CAdES: SignedData with one signer, DER (EN 319 122-1 cl. 6).

Signs always over signed attributes, so that content can never be taken for attributes: content-type, message-
digest, signing-time, signing-certificate-v2, CMSAlgorithmProtection. Refuses nothing about the certificate:
whether it may sign and is valid is asked in `esign.validation`.

    signature = sign(document, signer, at=at, detached=True)
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from esign import cades, cms
from esign.algorithms import AlgorithmIdentifier, SignatureScheme
from esign.attributes import Attribute, encode_attributes
from esign.keys import Signer
from esign.x509 import Certificate


def sign(
    content: bytes,
    signer: Signer,
    *,
    at: datetime,
    detached: bool = False,
    certificates: Iterable[bytes] = (),
) -> bytes:
    """A ContentInfo with SignedData over `content`, DER; attached unless `detached`.

    `at` (aware) becomes the attribute signing-time. The signer's certificate and chain are included, and
    `certificates` (each DER) besides. `content` is signed as it is: line ends are the caller's affair.

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm` for a key that signs nothing.
        ValueError: `at` is naive.
    """
    scheme = signer.signature_scheme
    info = _signer_info(scheme.attribute_digest.of(content), signer, scheme, at)
    return _signed_data(None if detached else content, info, signer, scheme, certificates)


def sign_digest(digest: bytes, signer: Signer, *, at: datetime, certificates: Iterable[bytes] = ()) -> bytes:
    """A detached signature over content of this `digest`, made by `signer.signature_scheme.attribute_digest`.

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm` for a key that signs nothing.
        ValueError: `at` is naive, or `digest` has not the digest's size.
    """
    scheme = signer.signature_scheme
    if len(digest) != scheme.attribute_digest.size:
        raise ValueError("the digest has not the size of the signer's digest algorithm")
    return _signed_data(None, _signer_info(digest, signer, scheme, at), signer, scheme, certificates)


def _signed_data(
    content: bytes | None,
    signer_info: bytes,
    signer: Signer,
    scheme: SignatureScheme,
    certificates: Iterable[bytes],
) -> bytes:
    return cms.encode_signed_data(
        content,
        digest_algorithms=(scheme.attribute_digest.identifier,),
        certificates=(signer.certificate, *signer.chain, *certificates),
        signer_infos=(signer_info,),
    )


def _signer_info(digest: bytes, signer: Signer, scheme: SignatureScheme, at: datetime) -> bytes:
    by = scheme.attribute_digest.identifier
    identifier, bound = _identity(signer.certificate)
    attributes = (
        cades.content_type(cms.DATA),
        cades.message_digest(digest),
        cades.signing_time(at),
        bound,
        _protection(by, scheme.identifier),
    )
    return cms.encode_signer_info(
        identifier,
        encode_attributes(attributes),
        lambda message: signer.key.sign(scheme, message),
        digest_algorithm=by,
        signature_algorithm=scheme.identifier,
    )


@lru_cache(maxsize=256)
def _identity(certificate: bytes) -> tuple[bytes, Attribute]:
    loaded = Certificate.load(certificate)
    return cms.issuer_and_serial(loaded), cades.signing_certificate_v2(loaded)


@lru_cache(maxsize=256)
def _protection(digest: AlgorithmIdentifier, signature: AlgorithmIdentifier) -> Attribute:
    return cades.encode_algorithm_protection(digest, signature)
