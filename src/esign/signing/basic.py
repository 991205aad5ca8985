"""Documents signed at level B-B of CAdES: SignedData with one signer (EN 319 122-1 cl. 6).

Signs always over signed attributes, so that content can never be taken for attributes: content-type, message-
digest, signing-time, signing-certificate-v2, CMSAlgorithmProtection. Refuses nothing about the certificate:
whether it may sign and is valid is asked in `esign.validation`.

    signature = sign(document, signer, at=at, detached=True)
    file.writelines(sign_content(Content.of(large), signer, at=at))
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from esign import der
from esign.algorithms import SignatureScheme
from esign.attributes import Attribute
from esign.cades import Claims
from esign.cms import DATA, SIGNED_DATA
from esign.content import Content
from esign.der.writing import header
from esign.keys import Signer
from esign.signing.template import Template, template

_END: Final = b"\0\0"
_SIGNED_DATA: Final = der.oid(SIGNED_DATA)


def sign(
    content: bytes,
    signer: Signer,
    *,
    at: datetime,
    detached: bool = False,
    certificates: Iterable[bytes] = (),
    claims: Claims | None = None,
    content_type: str = DATA,
    attributes: tuple[Attribute, ...] = (),
) -> bytes:
    """A ContentInfo with SignedData over `content`, DER; attached unless `detached`.

    `at` (aware) becomes the attribute signing-time. The signer's certificate and chain are included, and
    `certificates` (each DER) besides. `content` is signed as it is: line ends are the caller's affair.
    `claims` become signed attributes, `attributes` (DER) go beside them; `content_type` is dotted.

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm` for a key that signs nothing.
        ValueError: `at` is naive, or a claim cannot be written.
    """
    scheme = signer.signature_scheme
    digest = scheme.attribute_digest.of(content)
    shape, time = _shape(
        signer,
        scheme,
        certificates,
        at=at,
        claims=claims,
        content_type=content_type,
        attributes=attributes,
    )
    after = shape.certificates + _signer_infos(shape, digest, time, signer, scheme)
    if detached:
        return shape.before(None, len(after)) + after
    return b"".join((shape.before(len(content), len(after)), content, after))


def sign_digest(
    digest: bytes,
    signer: Signer,
    *,
    at: datetime,
    certificates: Iterable[bytes] = (),
    claims: Claims | None = None,
    content_type: str = DATA,
) -> bytes:
    """A detached signature over content of this `digest`, made by `signer.signature_scheme.attribute_digest`.

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm` for a key that signs nothing.
        ValueError: as `sign`, or `digest` has not the digest's size.
    """
    scheme = signer.signature_scheme
    if len(digest) != scheme.attribute_digest.size:
        raise ValueError("the digest has not the size of the signer's digest algorithm")
    shape, time = _shape(signer, scheme, certificates, at=at, claims=claims, content_type=content_type)
    after = shape.certificates + _signer_infos(shape, digest, time, signer, scheme)
    return shape.before(None, len(after)) + after


def sign_content(
    content: Content,
    signer: Signer,
    *,
    at: datetime,
    certificates: Iterable[bytes] = (),
    claims: Claims | None = None,
    content_type: str = DATA,
) -> Iterator[bytes]:
    """The chunks of an attached signature in DER; `content` is read twice, once for its digest.

    The signature is made before the first chunk is given. Raises as `sign`.
    """
    scheme = signer.signature_scheme
    shape, time = _shape(signer, scheme, certificates, at=at, claims=claims, content_type=content_type)
    digest = content.digest(scheme.attribute_digest)
    after = shape.certificates + _signer_infos(shape, digest, time, signer, scheme)
    yield shape.before(content.size, len(after))
    yield from content.chunks()
    yield after


def sign_stream(
    chunks: Iterable[bytes],
    signer: Signer,
    *,
    at: datetime,
    certificates: Iterable[bytes] = (),
    claims: Claims | None = None,
    content_type: str = DATA,
) -> Iterator[bytes]:
    """The chunks of an attached signature in BER; `chunks` are read once and go into it as they come.

    The frame has indefinite lengths and the content is an octet string in parts (RFC 5652 §5.2, X.690 §8.7);
    signed attributes and signer are DER. Raises as `sign`.
    """
    scheme = signer.signature_scheme
    shape, time = _shape(signer, scheme, certificates, at=at, claims=claims, content_type=content_type)
    state = scheme.attribute_digest.new()
    outer = (der.SEQUENCE, _SIGNED_DATA), (der.context(0), b""), (der.SEQUENCE, shape.head)
    inner = (der.SEQUENCE, shape.kind), (der.context(0), b""), (der.OCTET_STRING | der.CONSTRUCTED, b"")
    yield b"".join(bytes((tag, 0x80)) + octets for tag, octets in (*outer, *inner))
    for chunk in chunks:
        state.update(chunk)
        yield header(der.OCTET_STRING, len(chunk))
        yield chunk
    signers = _signer_infos(shape, state.digest(), time, signer, scheme)
    yield b"".join((_END * len(inner), shape.certificates, signers, _END * len(outer)))


def _shape(
    signer: Signer,
    scheme: SignatureScheme,
    certificates: Iterable[bytes],
    *,
    at: datetime,
    claims: Claims | None,
    content_type: str,
    attributes: tuple[Attribute, ...] = (),
) -> tuple[Template, bytes]:
    others = signer.chain if certificates == () else (*signer.chain, *certificates)
    return template(
        signer.certificate,
        others,
        scheme,
        at=at,
        content_type=content_type,
        claims=claims,
        attributes=attributes,
    )


def _signer_infos(
    shape: Template, digest: bytes, time: bytes, signer: Signer, scheme: SignatureScheme
) -> bytes:
    attributes = shape.attributes(digest, time)
    return shape.signer_infos(attributes, signer.key.sign(scheme, shape.to_sign + attributes))
