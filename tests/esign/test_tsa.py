"""A time-stamping authority grants what it may and says in the standard's word why it does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from esign import der, extensions
from esign.algorithms import SHA1, SHA256, AlgorithmIdentifier
from esign.ca.request import Subject
from esign.errors import KeyUnavailable
from esign.keys import Signer, SoftwareKey, generate
from esign.testing import TestPKI
from esign.tsa import TimeStampAuthority
from esign.tsp import (
    TIME_STAMPING,
    Failure,
    MessageImprint,
    Status,
    TimeStampRequest,
    TimeStampResponse,
    check_signature,
)
from esign.validation.path import validate_path
from esign.x509 import CertificateList

AT = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
POLICY = "2.999.1"
REQUEST = TimeStampRequest(MessageImprint.of(b"hello"), nonce=1)


@cache
def pki() -> TestPKI:
    return TestPKI(AT)


@cache
def authority(kind: str = "p-256") -> TimeStampAuthority:
    own = generate(kind)
    subject = Subject.of({"organization": "Markaz", "common_name": "TSA"})
    certificate = pki().issue("tsa", subject, key=own)
    chain = (pki().authority("infra").certificate.raw,)
    return TimeStampAuthority(Signer(SoftwareKey(own), certificate.raw, chain), POLICY)


def answer(request: bytes, *, at: datetime = AT) -> TimeStampResponse:
    return TimeStampResponse.read(authority().answer(request, at=at, serial=9))


def failure(request: bytes, *, at: datetime = AT) -> Failure:
    response = answer(request, at=at)
    assert (response.status, response.token) == (Status.REJECTION, None)
    (found,) = response.failures
    return found


@pytest.mark.parametrize("kind", ["p-256", "p-384", "rsa-3072"])
def test_each_kind_of_key_stamps(kind: str) -> None:
    response = TimeStampResponse.read(authority(kind).answer(REQUEST.encode(), at=AT, serial=9))
    assert response.token is not None
    assert check_signature(response.token, authority(kind).certificate) == ()


def test_the_chain_is_sent_with_the_certificate_and_neither_when_not_asked_for() -> None:
    sent = answer(REQUEST.encode()).token
    assert sent is not None and set(sent.signed.certificates) == {
        authority().certificate.raw,
        pki().authority("infra").certificate.raw,
    }
    silent = answer(replace(REQUEST, certificates=False).encode()).token
    assert silent is not None and silent.signed.certificates == ()


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        (b"rubbish", Failure.BAD_DATA_FORMAT),
        (replace(REQUEST, imprint=MessageImprint.of(b"x", by=SHA1)).encode(), Failure.BAD_ALG),
        (
            replace(REQUEST, imprint=MessageImprint(AlgorithmIdentifier("1.2.3"), bytes(32))).encode(),
            Failure.BAD_ALG,
        ),
        (
            replace(REQUEST, imprint=MessageImprint(SHA256.identifier, bytes(31))).encode(),
            Failure.BAD_DATA_FORMAT,
        ),
        (replace(REQUEST, policy="2.999.2").encode(), Failure.UNACCEPTED_POLICY),
    ],
)
def test_a_refusal_names_its_reason(request_: bytes, wanted: Failure) -> None:
    assert failure(request_) is wanted


def test_an_extension_is_not_accepted() -> None:
    extra = der.sequence(der.sequence(der.oid("1.2.3"), der.octet_string(b"\x05\x00")))
    request = der.sequence(der.decode(REQUEST.encode()).content, der.implicit(0, extra))
    assert failure(request) is Failure.UNACCEPTED_EXTENSION


def test_its_own_policy_may_be_asked_for() -> None:
    assert answer(replace(REQUEST, policy=POLICY).encode()).status is Status.GRANTED


def test_the_key_stamps_for_fifteen_months_and_its_certificate_lives_on() -> None:
    certificate = authority().certificate
    since, until = extensions.private_key_usage_period(certificate.extensions)
    assert since == certificate.not_before and until is not None
    assert until - since == timedelta(days=457, seconds=-1)
    assert certificate.not_after - certificate.not_before == timedelta(days=1826, seconds=-1)
    assert answer(REQUEST.encode(), at=until).status is Status.GRANTED
    assert failure(REQUEST.encode(), at=until + SECOND) is Failure.TIME_NOT_AVAILABLE
    assert failure(REQUEST.encode(), at=certificate.not_before - SECOND) is Failure.TIME_NOT_AVAILABLE


def test_the_usage_is_time_stamping_alone_and_critical() -> None:
    """RFC 3161 §2.3."""
    found = {e.oid: e for e in authority().certificate.extensions}
    assert found[extensions.EXTENDED_KEY_USAGE].critical
    assert authority().certificate.extended_key_usage == (TIME_STAMPING,)


def test_its_certificate_has_a_path_to_the_root() -> None:
    crls = [CertificateList.load(raw) for raw in pki().crls]
    report = validate_path(authority().certificate, pool=pki().chain, trust=pki().trust, crls=crls, at=AT)
    report.require_passed()


def test_another_certificate_cannot_stamp() -> None:
    with pytest.raises(KeyUnavailable) as caught:
        TimeStampAuthority(pki().signer(), POLICY)
    assert caught.value.code == "tsp-signer-usage"


@pytest.mark.parametrize("serial", [0, -1, 1 << 160])
def test_a_serial_number_has_1_to_160_bits(serial: int) -> None:
    with pytest.raises(ValueError, match="serial"):
        authority().answer(REQUEST.encode(), at=AT, serial=serial)


def test_a_serial_number_of_160_bits_is_written_whole() -> None:
    response = TimeStampResponse.read(authority().answer(REQUEST.encode(), at=AT, serial=(1 << 160) - 1))
    assert response.token is not None and response.token.info.serial_number == (1 << 160) - 1
