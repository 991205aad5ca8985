"""Who asks for a time stamp takes only the answer to the question, from an authority that signed it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from esign import tsp
from esign.errors import MalformedInput
from esign.testing import TEST_TIME_STAMP_POLICY, TestPKI
from esign.tsp import (
    Failure,
    MessageImprint,
    TimeStampFailed,
    TimeStampRequest,
    TimeStampResponse,
    encode_granted,
    encode_rejection,
    stamp,
)

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
PKI = TestPKI(AT)
TSA = PKI.time_stamper(AT)
IMPRINT = MessageImprint.of(b"a document")


def test_a_token_over_the_imprint_comes_back() -> None:
    token = stamp(IMPRINT, TSA)
    assert (token.info.gen_time, token.info.policy) == (AT, TEST_TIME_STAMP_POLICY)
    assert token.info.imprint == IMPRINT and token.info.nonce is not None
    holder = token.signer()
    assert holder is not None and tsp.check_signature(token, holder) == ()


def test_each_request_has_a_nonce_of_its_own() -> None:
    nonces: list[int | None] = []

    def noting(request: bytes) -> bytes:
        nonces.append(TimeStampRequest.read(request).nonce)
        return TSA(request)

    for _ in range(3):
        stamp(IMPRINT, noting)
    assert len(set(nonces)) == 3 and None not in nonces
    assert stamp(IMPRINT, TSA, nonce=5).info.nonce == 5


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (lambda r: TimeStampRequest(MessageImprint.of(b"other"), nonce=r.nonce), "messageImprint"),
        (lambda r: TimeStampRequest(r.imprint, nonce=r.nonce + 1), "nonce"),
        (lambda r: TimeStampRequest(r.imprint, nonce=r.nonce, certificates=False), "certReq"),
    ],
    ids=["imprint", "nonce", "certificate"],
)
def test_an_answer_to_another_question_is_refused(
    asked: Callable[[TimeStampRequest], TimeStampRequest], field: str
) -> None:
    with pytest.raises(TimeStampFailed) as raised:
        stamp(IMPRINT, lambda request: TSA(asked(TimeStampRequest.read(request)).encode()))
    assert (raised.value.code, raised.value.where) == ("tsp-answer-mismatch", field)


def test_another_policy_than_the_one_demanded_is_refused() -> None:
    def careless(request: bytes) -> bytes:
        found = TimeStampRequest.read(request)
        return TSA(TimeStampRequest(found.imprint, nonce=found.nonce).encode())

    assert stamp(IMPRINT, TSA, policy=TEST_TIME_STAMP_POLICY).info.policy == TEST_TIME_STAMP_POLICY
    with pytest.raises(TimeStampFailed) as raised:
        stamp(IMPRINT, careless, policy="2.999.5")
    assert raised.value.where == "policy"


def test_a_rejection_tells_its_reason() -> None:
    with pytest.raises(TimeStampFailed) as raised:
        stamp(IMPRINT, lambda _: encode_rejection(Failure.TIME_NOT_AVAILABLE, "no clock"))
    assert raised.value.code == "tsp-refused"
    assert raised.value.values["reason"] == "rejection; time not available; no clock"


def test_an_altered_signature_is_refused() -> None:
    def forging(request: bytes) -> bytes:
        token = TimeStampResponse.read(TSA(request)).token
        assert token is not None
        signature = token.signer_info.signature
        changed = signature[:-1] + bytes((signature[-1] ^ 1,))
        return encode_granted(token.raw.replace(signature, changed))

    with pytest.raises(TimeStampFailed) as raised:
        stamp(IMPRINT, forging)
    assert raised.value.code == "tsp-signature-invalid"


@pytest.mark.parametrize("octets", [b"", b"rubbish", b"\x30\x00"])
def test_what_is_no_answer_is_malformed(octets: bytes) -> None:
    with pytest.raises(MalformedInput) as raised:
        stamp(IMPRINT, lambda _: octets)
    assert raised.value.code == "tsp-malformed"
