"""Time-stamp requests, answers and tokens, read as received and written as DER (RFC 3161, RFC 5816).

Reading keeps the token's octets and says what it says. `check_answer` tells whether an answer fits a request,
`check_signature` whether a certificate made the token; whether that certificate was to be trusted at that
time is asked in `esign.validation`. Everything read may be hostile.

    request = TimeStampRequest(MessageImprint.of(document), nonce=secrets.randbits(64)).encode()
    response = TimeStampResponse.read(octets)
    response.token.info.gen_time
"""

from esign.tsp.client import TimeStamper, TimeStampFailed, stamp
from esign.tsp.info import Accuracy, MessageImprint, TSTInfo
from esign.tsp.messages import (
    Failure,
    Status,
    TimeStampRequest,
    TimeStampResponse,
    check_answer,
    encode_granted,
    encode_rejection,
)
from esign.tsp.token import (
    TIME_STAMPING,
    TST_INFO,
    TimeStampToken,
    check_signature,
    may_stamp,
)

__all__ = [
    "Accuracy",
    "Failure",
    "MessageImprint",
    "Status",
    "TIME_STAMPING",
    "TSTInfo",
    "TST_INFO",
    "TimeStampFailed",
    "TimeStamper",
    "TimeStampRequest",
    "TimeStampResponse",
    "TimeStampToken",
    "check_answer",
    "check_signature",
    "encode_granted",
    "encode_rejection",
    "may_stamp",
    "stamp",
]
