"""Claims written as signed attributes: DER only."""

from esign import der
from esign.attributes import Attribute
from esign.cades.claims import (
    COMMITMENT_TYPE,
    CONTENT_HINTS,
    CONTENT_IDENTIFIER,
    CONTENT_REFERENCE,
    CONTENT_TIME_STAMP,
    MIME_TYPE,
    NAME,
    SIGNATURE_POLICY,
    SIGNER_ATTRIBUTES_V2,
    SIGNER_LOCATION,
    Claims,
)


def encode_claims(claims: Claims) -> tuple[Attribute, ...]:
    """The signed attributes that say `claims`.

    Certified attributes and assertions are taken as whole elements with their tags.

    Raises:
        ValueError: what an attribute's `encode` refuses.
    """
    found: list[Attribute] = []
    for oid, value in (
        (SIGNATURE_POLICY, claims.policy),
        (SIGNER_LOCATION, claims.location),
        (CONTENT_HINTS, claims.content_hints),
        (CONTENT_REFERENCE, claims.content_reference),
    ):
        if value is not None:
            found.append(Attribute(oid, (value.encode(),)))
    if claims.commitments:
        found.append(Attribute(COMMITMENT_TYPE, tuple(der.sequence(der.oid(c)) for c in claims.commitments)))
    if claims.roles or claims.certified_attributes or claims.signed_assertions:
        found.append(_encode_signer_attributes(claims))
    if claims.content_identifier is not None:
        found.append(Attribute(CONTENT_IDENTIFIER, (der.octet_string(claims.content_identifier),)))
    if claims.mime_type:
        found.append(Attribute(MIME_TYPE, (der.utf8(claims.mime_type),)))
    if claims.content_time_stamps:
        found.append(Attribute(CONTENT_TIME_STAMP, claims.content_time_stamps))
    return tuple(found)


def _encode_signer_attributes(claims: Claims) -> Attribute:
    """signer-attributes-v2 (EN 319 122-1 cl. 5.2.6.1); each role is an attribute `name` with a text."""
    roles = (Attribute(NAME, (der.utf8(role),)).encode() for role in claims.roles)
    claimed = der.explicit(0, der.sequence(*roles)) if claims.roles else b""
    value = der.sequence(claimed, *claims.certified_attributes, *claims.signed_assertions)
    return Attribute(SIGNER_ATTRIBUTES_V2, (value,))
