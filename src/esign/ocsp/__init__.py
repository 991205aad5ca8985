"""Questions and answers about the status of certificates, read as received and written as DER (RFC 6960).

Reading judges nothing but the form: whether an answer may be believed is asked in `esign.validation.ocsp`,
what an authority answers in `esign.ca.responder`. Everything read may be hostile.

    request = OCSPRequest.about((certificate,), issuer, nonce=secrets.token_bytes(32)).encode()
    answer = OCSPResponse.load(octets)
    answer.basic.responses[0].status
"""

from esign.ocsp.identifiers import CertID, ResponderID
from esign.ocsp.request import NONCE, OCSPRequest
from esign.ocsp.response import (
    ARCHIVE_CUTOFF,
    BASIC_RESPONSE,
    CRL_REFERENCE,
    OCSP_SIGNING,
    BasicResponse,
    CertStatus,
    OCSPResponse,
    ResponseStatus,
    SingleResponse,
    encode_error,
    encode_response,
    encode_response_data,
)

__all__ = [
    "ARCHIVE_CUTOFF",
    "BASIC_RESPONSE",
    "BasicResponse",
    "CRL_REFERENCE",
    "CertID",
    "CertStatus",
    "NONCE",
    "OCSPRequest",
    "OCSPResponse",
    "OCSP_SIGNING",
    "ResponderID",
    "ResponseStatus",
    "SingleResponse",
    "encode_error",
    "encode_response",
    "encode_response_data",
]
