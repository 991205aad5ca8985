"""The side that asks: an imprint in, a token out that answers exactly this question (RFC 3161 §2.2).

Whoever carries the request is an argument: a service over HTTP (`esign.io.timestamping`), an authority in the
same process, a fake in a test. Whether the authority is to be trusted is asked in `esign.validation`.

    token = stamp(MessageImprint.of(document), tsa)
"""

import secrets
from collections.abc import Callable

from esign.errors import EsignError
from esign.tsp.info import MessageImprint
from esign.tsp.messages import TimeStampRequest, TimeStampResponse, check_answer
from esign.tsp.token import TimeStampToken, check_signature

TimeStamper = Callable[[bytes], bytes]
"""Takes a TimeStampReq and gives a TimeStampResp, both DER."""
_NONCE_BITS = 64


class TimeStampFailed(EsignError):
    """An authority that gave no time stamp, or one that is not what was asked for."""

    code = "tsp-refused"


def stamp(
    imprint: MessageImprint, tsa: TimeStamper, *, nonce: int | None = None, policy: str | None = None
) -> TimeStampToken:
    """The token of `tsa` over `imprint`, checked to be the answer and to bear its authority's signature.

    `nonce` is a random one of 64 bits when None (RFC 3161 §2.4.1); `policy` (dotted) is demanded when given.

    Raises:
        TimeStampFailed: `tsp-refused` with the authority's reason, `tsp-answer-mismatch`,
            `tsp-signer-mismatch`, `tsp-signer-usage`, `tsp-signature-invalid`.
        MalformedInput: `tsp-malformed`.
    """
    # RFC 3161 §2.4.1: "a large random number with a high probability that the client generates it only once".
    chosen = secrets.randbits(_NONCE_BITS) if nonce is None else nonce
    request = TimeStampRequest(imprint, policy=policy, nonce=chosen)
    response = TimeStampResponse.read(tsa(request.encode()))
    token = response.token
    if token is None:
        raise TimeStampFailed(clause="RFC 3161 §2.4.2", reason=_reason(response))
    holder = token.signer()
    findings = check_answer(request, token)
    if not findings and holder is not None:
        findings = check_signature(token, holder)
    if findings:
        first = findings[0]
        raise TimeStampFailed(first.code, clause=first.clause, where=first.where, **dict(first.values))
    return token


def _reason(response: TimeStampResponse) -> str:
    failures = sorted(failure.name.lower().replace("_", " ") for failure in response.failures)
    return "; ".join((response.status.name.lower().replace("_", " "), *failures, *response.texts))
