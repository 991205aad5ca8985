"""What an authority answers: a fold over its register at a time, signed by itself or by whom it named."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import pytest

from esign import der, extensions
from esign.algorithms import SHA256
from esign.ca.authority import Authority
from esign.ca.events import Draft, Kind
from esign.ca.request import Subject, read
from esign.ca.responder import Responder, Source
from esign.errors import IssuanceRefused
from esign.keys import Signer, SoftwareKey
from esign.ocsp import (
    CertID,
    CertStatus,
    OCSPRequest,
    OCSPResponse,
    ResponderID,
    ResponseStatus,
    SingleResponse,
)
from esign.x509 import Certificate
from tests.esign.ca.requests import make_request
from tests.esign.ca.world import AT, key, make_issuer, make_root, officer, officer_request

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@cache
def authority() -> Authority:
    return make_issuer()


@cache
def officers(number: int = 0) -> Certificate:
    return authority().issue("officer-sign", officer(), at=AT, request=officer_request())


@cache
def delegate(by: str = "persons") -> Signer:
    own = key("p-256", 300)
    subject = Subject.of({"organization": "Markaz", "common_name": "OCSP 2026-11"})
    above = authority() if by == "persons" else make_root()
    certificate = above.issue("ocsp", subject, at=AT, request=read(make_request(own)))
    return Signer(SoftwareKey(own), certificate.raw)


def responder(*, signer: Signer | None = None, as_of: datetime = AT, lifetime: timedelta = HOUR) -> Responder:
    source = Source(authority().certificate, authority().register, as_of)
    return Responder(signer or delegate(), source, lifetime)


def ask(
    *certificates: Certificate, at: datetime = AT, nonce: bytes | None = None, by: Responder | None = None
) -> OCSPResponse:
    request = OCSPRequest.about(certificates, authority().certificate, nonce=nonce)
    return OCSPResponse.load((by or responder(as_of=at)).answer(request.encode(), at=at))


def singles(response: OCSPResponse) -> tuple[SingleResponse, ...]:
    assert response.basic is not None, response.status
    return response.basic.responses


def test_what_was_issued_is_good() -> None:
    (single,) = singles(ask(officers()))
    assert (single.status, single.this_update, single.next_update) == (CertStatus.GOOD, AT, AT + HOUR)
    assert single.archive_cutoff == authority().certificate.not_before


def test_what_was_never_issued_is_unknown() -> None:
    stranger = replace(CertID.of(officers(), authority().certificate), serial_number=12345)
    answer = responder().answer(OCSPRequest((stranger,)).encode(), at=AT)
    assert singles(OCSPResponse.load(answer))[0].status is CertStatus.UNKNOWN


def test_what_was_prepared_and_not_signed_is_unknown() -> None:
    register, serial = authority().register, 4711
    with register.transaction():
        register.append(Draft(Kind.PREPARED, AT, serial))
    named = replace(CertID.of(officers(), authority().certificate), serial_number=serial)
    answer = responder().answer(OCSPRequest((named,)).encode(), at=AT)
    assert singles(OCSPResponse.load(answer))[0].status is CertStatus.UNKNOWN


def test_what_was_revoked_is_so_from_that_time_on_with_reason() -> None:
    lost = authority().issue("officer-sign", officer(), at=AT, request=officer_request())
    authority().revoke(lost.serial_number, at=AT + DAY, reason="keyCompromise", invalid_since=AT + HOUR)
    assert singles(ask(lost, at=AT + DAY - SECOND))[0].status is CertStatus.GOOD
    (single,) = singles(ask(lost, at=AT + DAY))
    assert (single.status, single.revoked_at, single.reason) == (
        CertStatus.REVOKED,
        AT + DAY,
        "keyCompromise",
    )
    assert single.invalid_since == AT + HOUR


def test_no_reason_is_said_by_leaving_it_out() -> None:
    gone = authority().issue("officer-sign", officer(), at=AT, request=officer_request())
    authority().revoke(gone.serial_number, at=AT)
    assert singles(ask(gone))[0].reason is None


def test_several_certificates_are_answered_in_one() -> None:
    others = authority().issue("officer-sign", officer(), at=AT, request=officer_request())
    answers = singles(ask(officers(), others))
    asked = [CertID.of(c, authority().certificate) for c in (officers(), others)]
    assert [single.certificate_id for single in answers] == asked


@pytest.mark.parametrize("nonce", [None, b"n", b"n" * 128])
def test_a_nonce_is_echoed(nonce: bytes | None) -> None:
    response = ask(officers(), nonce=nonce)
    assert response.basic is not None and response.basic.nonce == nonce


def test_a_hash_of_another_algorithm_is_answered_in_it() -> None:
    request = OCSPRequest.about((officers(),), authority().certificate, by=SHA256)
    (single,) = singles(OCSPResponse.load(responder().answer(request.encode(), at=AT)))
    assert (single.status, single.certificate_id) == (CertStatus.GOOD, request.certificates[0])


def test_a_delegate_signs_and_sends_its_certificate() -> None:
    basic = ask(officers()).basic
    assert basic is not None
    assert basic.responder == ResponderID.of(basic.certificates[0])
    assert [c.raw for c in basic.certificates] == [delegate().certificate]


def test_an_authority_may_answer_itself() -> None:
    basic = ask(officers(), by=responder(signer=authority().signer)).basic
    assert basic is not None and basic.certificates == ()
    assert basic.responder.names(authority().certificate)


def test_the_answer_ends_before_its_responder_does() -> None:
    certificate = Certificate.load(delegate().certificate)
    at = certificate.not_after - 10 * SECOND
    assert singles(ask(officers(), at=at))[0].next_update == certificate.not_after
    after = ask(officers(), at=certificate.not_after)
    assert (after.status, after.basic) == (ResponseStatus.TRY_LATER, None)


@pytest.mark.parametrize(
    ("age", "status"),
    [
        (timedelta(0), ResponseStatus.SUCCESSFUL),
        (timedelta(minutes=30), ResponseStatus.SUCCESSFUL),
        (HOUR + SECOND, ResponseStatus.TRY_LATER),
        (-SECOND, ResponseStatus.TRY_LATER),
    ],
)
def test_a_stale_source_is_not_asked(age: timedelta, status: ResponseStatus) -> None:
    by = responder(as_of=AT + DAY - age, lifetime=3 * HOUR)
    assert ask(officers(), at=AT + DAY, by=by).status is status


def test_an_answer_that_would_be_over_already_is_not_given() -> None:
    by = responder(as_of=AT, lifetime=timedelta(minutes=10))
    assert ask(officers(), at=AT + timedelta(minutes=10), by=by).status is ResponseStatus.TRY_LATER


def test_a_question_about_another_authority_is_not_answered() -> None:
    other = make_root().certificate
    request = OCSPRequest.about((officers(),), other).encode()
    assert OCSPResponse.load(responder().answer(request, at=AT)).status is ResponseStatus.UNAUTHORIZED


@pytest.mark.parametrize("request_", [b"", b"\x30\x00", b"rubbish", bytes(70_000)])
def test_what_is_no_request_is_said_to_be_malformed(request_: bytes) -> None:
    answer = OCSPResponse.load(responder().answer(request_, at=AT))
    assert answer.status is ResponseStatus.MALFORMED_REQUEST


def test_a_stranger_may_not_answer() -> None:
    stranger = delegate("root")
    with pytest.raises(IssuanceRefused) as caught:
        responder(signer=stranger)
    assert caught.value.code == "ocsp-signer-refused"


def test_a_certificate_without_the_usage_may_not_answer() -> None:
    holder = Signer(SoftwareKey(key("p-256", 1)), officers().raw)
    with pytest.raises(IssuanceRefused) as caught:
        responder(signer=holder)
    assert caught.value.code == "ocsp-signer-refused"


def test_a_hash_that_is_not_known_names_no_authority_of_ours() -> None:
    named = CertID.of(officers(), authority().certificate)
    odd = replace(named, digest_algorithm=replace(named.digest_algorithm, oid="1.2.3"))
    answer = OCSPResponse.load(responder().answer(OCSPRequest((odd,)).encode(), at=AT))
    assert answer.status is ResponseStatus.UNAUTHORIZED


class Faulty:
    """A key whose signatures are broken."""

    @property
    def public_key(self) -> object:
        return SoftwareKey(key("p-256", 300)).public_key

    def sign(self, scheme: object, message: bytes) -> bytes:
        return bytes(64)


def test_a_broken_signature_never_leaves() -> None:
    faulty = replace(delegate(), key=Faulty())
    answer = ask(officers(), by=responder(signer=faulty))
    assert (answer.status, answer.basic) == (ResponseStatus.INTERNAL_ERROR, None)


def test_a_delegate_by_an_algorithm_that_is_not_known_is_refused() -> None:
    raw = delegate().certificate.replace(der.oid("1.2.840.10045.4.3.2"), der.oid("1.2.840.10045.4.3.9"))
    odd = replace(delegate(), certificate=raw)
    with pytest.raises(IssuanceRefused):
        responder(signer=odd)


def test_the_profile_of_a_responder_is_short_and_not_asked_about() -> None:
    certificate = Certificate.load(delegate().certificate)
    found = {e.oid: e for e in certificate.extensions}
    assert found[extensions.OCSP_NO_CHECK].value == b"\x05\x00"
    assert not found[extensions.OCSP_NO_CHECK].critical
    assert certificate.extended_key_usage == ("1.3.6.1.5.5.7.3.9",)
    assert certificate.not_after - certificate.not_before < timedelta(days=30)
    assert not certificate.ocsp_urls and not certificate.crl_urls
