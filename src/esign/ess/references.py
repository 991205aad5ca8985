"""One signed content that refers to another: a reply to its letter, an annex to its act (RFC 2634 §2.11).

first = sign(entity, signer, at=at, attributes=encode_claims(Claims(content_identifier=identifier)))
reference_to(SignedData.read(first).signer_infos[0])
"""

import hmac

from esign.cades import ContentReference, read_claims
from esign.cms import SignerInfo
from esign.errors import MalformedInput
from esign.ess.services import Services


def reference_to(info: SignerInfo) -> ContentReference:
    """The attribute content-reference by which another signature refers to this one.

    It names this one by the attribute content-identifier, or by the identifier of its receipt request.

    Raises:
        MalformedInput: `content-identifier-missing`; the codes of `read_claims` and `Services.read`.
    """
    identifier = _identifier(info)
    if identifier is None or info.content_type is None:
        raise MalformedInput("content-identifier-missing", clause="RFC 2634 §2.11", where="signedAttrs")
    return ContentReference(info.content_type, identifier, info.signature)


def refers_to(reference: ContentReference, info: SignerInfo) -> bool:
    """Whether `reference` means this very signature: by type, identifier and signature value.

    Raises:
        MalformedInput: the codes of `read_claims` and `Services.read`.
    """
    same_signature = hmac.compare_digest(reference.originator_signature, info.signature)
    return (reference.content_type, reference.identifier, same_signature) == (
        info.content_type,
        _identifier(info),
        True,
    )


def _identifier(info: SignerInfo) -> bytes | None:
    claimed = read_claims(info).content_identifier
    if claimed is not None:
        return claimed
    request = Services.read(info).receipt_request
    return None if request is None else request.identifier
