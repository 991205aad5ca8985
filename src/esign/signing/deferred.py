"""Signing in two steps: what is to be signed goes to where the key is, and its signature comes back later.

A token behind a web page, a remote service or another machine signs `message`; between the steps the value
can be kept as JSON. The certificate may come with the signature, but then nothing binds it: the result is
plain CMS, not CAdES (EN 319 122-1 cl. 5.2.2).

    wanted = prepare(document, at=at, certificate=certificate)
    signature = complete(wanted, key.sign(wanted.scheme, wanted.message), content=document)
"""

import base64
import binascii
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from esign import cades, cms, der
from esign.algorithms import AlgorithmIdentifier, SignatureScheme, default_scheme, digest, signature_scheme
from esign.attributes import Attributes, encode_attributes
from esign.cades import Claims
from esign.cms import DATA
from esign.content import Content
from esign.errors import KeyUnavailable, MalformedInput
from esign.signing.structure import StructureRefused
from esign.x509 import Certificate

SCHEMA: Final = "exat.to-be-signed/1"


@dataclass(frozen=True, slots=True)
class ToBeSigned:
    """A signature without its value; every field is what the finished one will hold.

    `message` are the signed attributes, DER SET OF, and the very octets that the key signs. `digest` is that
    of the document. `certificate` is the signer's, empty while it is not known; `others` are put beside it.
    """

    message: bytes = field(repr=False)
    digest: bytes
    digest_algorithm: AlgorithmIdentifier
    signature_algorithm: AlgorithmIdentifier
    content_type: str = DATA
    certificate: bytes = field(default=b"", repr=False)
    others: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def scheme(self) -> SignatureScheme:
        """How `message` is signed.

        Raises:
            UnsupportedAlgorithm: `unsupported-algorithm`.
        """
        return signature_scheme(self.signature_algorithm, digest(self.digest_algorithm))

    @property
    def message_digest(self) -> bytes | None:
        """The digest of `message`, for a service that signs digests; None where the key takes the message.

        Raises:
            UnsupportedAlgorithm: `unsupported-algorithm`.
        """
        by = self.scheme.digest
        return None if by is None else by.of(self.message)

    def to_dict(self) -> dict[str, object]:
        """For JSON: octets in base64, algorithms and content type as the base64 of their DER."""
        return {
            "schema": SCHEMA,
            "message": _text(self.message),
            "digest": _text(self.digest),
            "digest_algorithm": _text(self.digest_algorithm.encode()),
            "signature_algorithm": _text(self.signature_algorithm.encode()),
            "content_type": _text(der.oid(self.content_type)),
            "certificate": _text(self.certificate),
            "others": [_text(other) for other in self.others],
        }

    @classmethod
    def from_dict(cls, found: Mapping[str, object]) -> Self:
        """From what `to_dict` made; whoever kept it is not trusted.

        Raises:
            MalformedInput: `malformed-input`.
            UnsupportedAlgorithm: `unsupported-algorithm`.
        """
        others = found.get("others", [])
        if found.get("schema") != SCHEMA or not isinstance(others, list):
            raise MalformedInput(found="something else", where="to-be-signed")
        kept = cls(
            _octets(found.get("message")),
            _octets(found.get("digest")),
            _algorithm(found.get("digest_algorithm")),
            _algorithm(found.get("signature_algorithm")),
            der.decode(_octets(found.get("content_type"))).oid(),
            _octets(found.get("certificate")),
            tuple(_octets(other) for other in others),
        )
        kept._check()
        return kept

    def _check(self) -> None:
        """What is signed says the same as the fields beside it."""
        found = der.decode(self.message, where="message")
        said = Attributes.read(found, "message")
        stated = said.one(cms.MESSAGE_DIGEST, der.OCTET_STRING), said.one(cms.CONTENT_TYPE, der.OID)
        if found.tag != der.SET or None in stated or len(self.digest) != self.scheme.attribute_digest.size:
            raise MalformedInput(found="no set of signed attributes", where="message")
        octets = tuple(part.raw for part in stated if part is not None)
        if octets != (der.octet_string(self.digest), der.oid(self.content_type)):
            raise MalformedInput(found="attributes that say something else", where="message")


def prepare(
    content: bytes | Content,
    *,
    at: datetime,
    certificate: Certificate | None = None,
    scheme: SignatureScheme | None = None,
    others: Iterable[bytes] = (),
    claims: Claims | None = None,
    content_type: str = DATA,
) -> ToBeSigned:
    """What must be signed so that `content` is; `at` (aware) becomes the attribute signing-time.

    Without a `scheme` it is the default one of the certificate's key; one of both must be given. `others` are
    certificates (DER) that are put beside the signer's.

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm` for a key that signs nothing.
        ValueError: neither certificate nor scheme, `at` is naive, or a claim cannot be written.
    """
    if scheme is None:
        if certificate is None:
            raise ValueError("a certificate or a scheme")
        scheme = default_scheme(certificate.public_key)
    raw, beside = b"" if certificate is None else certificate.raw, tuple(others)
    by = scheme.attribute_digest
    made = by.of(content) if isinstance(content, bytes) else content.digest(by)
    attributes = (
        cades.content_type(content_type),
        cades.message_digest(made),
        cades.signing_time(at),
        cades.encode_algorithm_protection(by.identifier, scheme.identifier),
        *(() if certificate is None else (cades.signing_certificate_v2(certificate),)),
        *(() if claims is None else cades.encode_claims(claims)),
    )
    message = encode_attributes(attributes)
    return ToBeSigned(message, made, by.identifier, scheme.identifier, content_type, raw, beside)


def complete(
    wanted: ToBeSigned,
    signature: bytes,
    *,
    certificate: Certificate | None = None,
    content: bytes | None = None,
) -> bytes:
    """The finished ContentInfo with SignedData, DER; with `content` attached, else detached.

    The signature is checked first: what does not hold is never put together.

    Raises:
        KeyUnavailable: `key-mismatch` when the signature does not hold under the certificate, or that is not
            the one that was bound.
        StructureRefused: `structure-refused` for a content that is another one.
        MalformedInput: `certificate-malformed`.
        UnsupportedAlgorithm: `unsupported-algorithm`.
        ValueError: no certificate, neither then nor now.
    """
    certificate = _bound(wanted, certificate)
    if not wanted.scheme.is_valid(certificate.public_key, signature, wanted.message):
        raise KeyUnavailable("key-mismatch")
    by = digest(wanted.digest_algorithm)
    if content is not None and not secrets.compare_digest(by.of(content), wanted.digest):
        raise StructureRefused(reason="another document")
    info = cms.encode_signer_info(
        cms.issuer_and_serial(certificate),
        wanted.message,
        lambda _: signature,
        digest_algorithm=wanted.digest_algorithm,
        signature_algorithm=wanted.signature_algorithm,
    )
    return cms.encode_signed_data(
        content,
        digest_algorithms=(wanted.digest_algorithm,),
        certificates=(certificate.raw, *wanted.others),
        signer_infos=(info,),
        content_type=wanted.content_type,
    )


def _bound(wanted: ToBeSigned, certificate: Certificate | None) -> Certificate:
    """The signer's certificate; the one that was bound, when there is one."""
    if not wanted.certificate:
        if certificate is None:
            raise ValueError("the signer's certificate")
        return certificate
    if certificate is not None and certificate.raw != wanted.certificate:
        raise KeyUnavailable("key-mismatch")
    return Certificate.load(wanted.certificate)


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _octets(value: object) -> bytes:
    try:
        return base64.b64decode(_string(value).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as e:
        raise MalformedInput(found="what is not base64", where="to-be-signed") from e


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise MalformedInput(found="what is no text", where="to-be-signed")
    return value


def _algorithm(value: object) -> AlgorithmIdentifier:
    return AlgorithmIdentifier.read(der.decode(_octets(value)), "to-be-signed")
