"""Signatures with attributes put in by hand, for the tests of CAdES."""

from collections.abc import Iterable

from esign import cms, der
from esign.algorithms import SHA256, AlgorithmIdentifier
from esign.attributes import Attribute, encode_attributes
from esign.cms import SignedData, SignerInfo
from tests.esign.people import Holder, signatory

ECDSA = AlgorithmIdentifier("1.2.840.10045.4.3.2")
HOLDER = signatory("p-256")


def encoded_info(signed: Iterable[Attribute] = (), unsigned: Iterable[Attribute] = ()) -> bytes:
    """A SignerInfo with these attributes, its signature nonsense."""
    info = cms.encode_signer_info(
        cms.issuer_and_serial(HOLDER.certificate),
        encode_attributes(signed),
        lambda _: b"signature",
        digest_algorithm=SHA256.identifier,
        signature_algorithm=ECDSA,
    )
    held = b"".join(attribute.encode() for attribute in unsigned)
    added = der.tlv(der.context(1), held) if held else b""
    return der.sequence(der.decode(info).content, added)


def info_with(signed: Iterable[Attribute] = (), unsigned: Iterable[Attribute] = ()) -> SignerInfo:
    return SignerInfo.read(der.decode(encoded_info(signed, unsigned)))


def signed_data(
    *unsigned: Attribute,
    content: bytes | None = b"document",
    crls: Iterable[bytes] = (),
    holder: Holder = HOLDER,
) -> SignedData:
    """SignedData with one signer and the certificate of `holder`; `crls` are elements of the field."""
    wrapped = b"" if content is None else der.explicit(0, der.octet_string(content))
    listed = b"".join(crls)
    return SignedData.read(
        cms.encode_content_info(
            cms.SIGNED_DATA,
            der.sequence(
                der.integer(1),
                der.set_of([SHA256.identifier.encode()]),
                der.sequence(der.oid(cms.DATA), wrapped),
                der.tlv(der.context(0), holder.certificate.raw),
                der.tlv(der.context(1), listed) if listed else b"",
                der.set_of([encoded_info((Attribute(cms.CONTENT_TYPE, (der.oid(cms.DATA),)),), unsigned)]),
            ),
        )
    )
