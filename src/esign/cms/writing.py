"""SignedData written as DER (RFC 5652 §5)."""

from collections.abc import Callable, Iterable

from esign import der
from esign.algorithms import AlgorithmIdentifier
from esign.cms.content_info import DATA, SIGNED_DATA, encode_content_info


def encode_signer_info(
    identifier: bytes,
    attributes: bytes,
    sign: Callable[[bytes], bytes],
    *,
    digest_algorithm: AlgorithmIdentifier,
    signature_algorithm: AlgorithmIdentifier,
) -> bytes:
    """SignerInfo version 1.

    `identifier` is IssuerAndSerialNumber, `attributes` the SET OF that `sign` is given.
    """
    return der.sequence(
        der.integer(1),
        identifier,
        digest_algorithm.encode(),
        der.implicit(0, attributes),
        signature_algorithm.encode(),
        der.octet_string(sign(attributes)),
    )


def encode_signed_data(
    content: bytes | None,
    *,
    digest_algorithms: Iterable[AlgorithmIdentifier],
    certificates: Iterable[bytes],
    signer_infos: Iterable[bytes],
    content_type: str = DATA,
) -> bytes:
    """A ContentInfo with SignedData, DER; `content` None means detached.

    The version follows RFC 5652 §5.1 for X.509 certificates and signers of version 1.
    """
    encapsulated = () if content is None else (der.explicit(0, der.octet_string(content)),)
    held = sorted(set(certificates))
    return encode_content_info(
        SIGNED_DATA,
        der.sequence(
            der.integer(1 if content_type == DATA else 3),
            der.set_of({algorithm.encode() for algorithm in digest_algorithms}),
            der.sequence(der.oid(content_type), *encapsulated),
            *((der.tlv(der.context(0), *held),) if held else ()),
            der.set_of(signer_infos),
        ),
    )
