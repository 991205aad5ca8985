"""Cryptographic Message Syntax: ContentInfo and SignedData, read as received and written as DER (RFC 5652).

Reading takes BER and DER and judges nothing: it keeps every octet that a signature covers as it came, and
says what is there. Whether attributes suffice, digests agree and signatures hold is asked in
`esign.validation`. What is encrypted stands in `esign.enveloped`.

    signed = SignedData.read(read_pem_or_der(data))
    signed.signer_infos[0].signing_time
"""

from esign.cms.certificate_id import CertificateId, issuer_and_serial
from esign.cms.content_info import (
    DATA,
    SIGNED_DATA,
    content_info_type,
    encode_content_info,
    read_pem_or_der,
    take_content,
    to_pem,
)
from esign.cms.signed_data import (
    MAX_CERTIFICATES,
    MAX_CONTENT,
    MAX_SIGNED_ATTRIBUTES,
    MAX_SIGNERS,
    OCSP_RESPONSE,
    SignedData,
)
from esign.cms.signer_info import CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, SignerInfo
from esign.cms.writing import encode_signed_data, encode_signer_info

__all__ = [
    "CONTENT_TYPE",
    "CertificateId",
    "DATA",
    "MAX_CERTIFICATES",
    "MAX_CONTENT",
    "MAX_SIGNED_ATTRIBUTES",
    "MAX_SIGNERS",
    "MESSAGE_DIGEST",
    "OCSP_RESPONSE",
    "SIGNED_DATA",
    "SIGNING_TIME",
    "SignedData",
    "SignerInfo",
    "content_info_type",
    "encode_content_info",
    "encode_signed_data",
    "encode_signer_info",
    "issuer_and_serial",
    "read_pem_or_der",
    "take_content",
    "to_pem",
]
