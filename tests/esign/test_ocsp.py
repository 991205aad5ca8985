"""OCSP messages: what is written is read again, and whatever is wrong is refused by our own error."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography import x509 as foreign
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import ocsp as foreign_ocsp
from hypothesis import given
from hypothesis import strategies as st

from esign import der
from esign.algorithms import SHA1, SHA256, Digest
from esign.errors import EsignError, LimitExceeded, MalformedInput
from esign.ocsp import (
    ARCHIVE_CUTOFF,
    CertID,
    CertStatus,
    OCSPRequest,
    OCSPResponse,
    ResponderID,
    ResponseStatus,
    SingleResponse,
    encode_error,
    encode_response,
    encode_response_data,
)
from esign.ocsp.response import BasicResponse
from tests.esign.validation import world
from tests.esign.validation.world import AT, DAY

ISSUER = world.intermediate().certificate
PERSON = world.person().certificate
OTHER = world.intermediate().issue("Karimov K.").certificate
LATER = AT + DAY


def code_of(data: bytes, read: object = OCSPResponse.load) -> str:
    with pytest.raises(MalformedInput) as caught:
        read(data)  # type: ignore[operator]
    return caught.value.code


def named(certificate: object = PERSON, *, by: Digest = SHA1) -> CertID:
    return CertID.of(certificate, ISSUER, by=by)  # type: ignore[arg-type]


def respond(
    *singles: SingleResponse, responder: ResponderID | None = None, nonce: bytes | None = None
) -> bytes:
    from esign.algorithms import ECDSA_SHA256

    who = responder or ResponderID.of(ISSUER)
    data = encode_response_data(who, singles, produced_at=AT, nonce=nonce)
    signature = ECDSA_SHA256.sign(world.intermediate().private, data)
    return encode_response(data, ECDSA_SHA256.identifier, signature, certificates=(ISSUER.raw,))


GOOD = SingleResponse(named(), CertStatus.GOOD, AT, LATER, archive_cutoff=AT - DAY)
REVOKED = SingleResponse(
    named(OTHER), CertStatus.REVOKED, AT, None, AT - DAY, "keyCompromise", None, AT - 2 * DAY
)
UNKNOWN = SingleResponse(named(by=SHA256), CertStatus.UNKNOWN, AT, LATER)
WHOLE = respond(GOOD, REVOKED, UNKNOWN, nonce=b"n" * 32)


def test_a_request_is_read_as_it_was_written() -> None:
    written = OCSPRequest.about((PERSON, OTHER), ISSUER, nonce=b"n" * 32, by=SHA256)
    read = OCSPRequest.read(written.encode())
    assert (read.certificates, read.nonce, read.is_signed) == (written.certificates, b"n" * 32, False)
    assert read.raw == written.encode()


@pytest.mark.parametrize("by", [SHA1, SHA256])
def test_the_octets_of_a_request_are_those_of_an_independent_builder(by: Digest) -> None:
    person, issuer = (foreign.load_der_x509_certificate(c.raw) for c in (PERSON, ISSUER))
    builder = foreign_ocsp.OCSPRequestBuilder().add_certificate(person, issuer, by.primitive)
    builder = builder.add_extension(foreign.OCSPNonce(b"n" * 32), critical=False)
    built = builder.build().public_bytes(serialization.Encoding.DER)
    assert OCSPRequest.about((PERSON,), ISSUER, nonce=b"n" * 32, by=by).encode() == built


def test_an_answer_is_read_as_it_was_written() -> None:
    read = OCSPResponse.load(WHOLE)
    assert read.status is ResponseStatus.SUCCESSFUL and read.basic is not None and read.raw == WHOLE
    good, revoked, unknown = read.basic.responses
    assert (good.status, good.this_update, good.next_update) == (CertStatus.GOOD, AT, LATER)
    assert good.archive_cutoff == AT - DAY and good.extensions[0].oid == ARCHIVE_CUTOFF
    assert (revoked.status, revoked.revoked_at, revoked.reason) == (
        CertStatus.REVOKED,
        AT - DAY,
        "keyCompromise",
    )
    assert (revoked.next_update, revoked.invalid_since) == (None, AT - 2 * DAY)
    assert unknown.status is CertStatus.UNKNOWN and unknown.certificate_id == named(by=SHA256)
    assert (read.basic.nonce, read.basic.produced_at) == (b"n" * 32, AT)
    assert read.basic.certificates == (ISSUER,)
    assert read.basic.raw in WHOLE and read.basic.tbs in read.basic.raw


def test_an_independent_reader_reads_the_same() -> None:
    theirs = foreign_ocsp.load_der_ocsp_response(WHOLE)
    good, revoked, unknown = theirs.responses
    assert good.certificate_status is foreign_ocsp.OCSPCertStatus.GOOD
    assert revoked.revocation_reason is foreign.ReasonFlags.key_compromise
    assert revoked.revocation_time_utc == AT - DAY
    assert unknown.certificate_status is foreign_ocsp.OCSPCertStatus.UNKNOWN
    assert theirs.responder_key_hash == ResponderID.of(ISSUER).key_hash
    assert theirs.extensions.get_extension_for_class(foreign.OCSPNonce).value.nonce == b"n" * 32


@pytest.mark.parametrize("responder", [ResponderID(name=ISSUER.subject), ResponderID.of(ISSUER)])
def test_a_responder_is_named_by_name_or_by_key(responder: ResponderID) -> None:
    read = OCSPResponse.load(respond(GOOD, responder=responder)).basic
    assert read is not None and read.responder == responder
    assert responder.names(ISSUER) and not responder.names(PERSON)


def test_a_certificate_is_named_by_serial_number_and_both_hashes() -> None:
    mine = named()
    assert mine.names(PERSON, ISSUER)
    assert not mine.names(OTHER, ISSUER)
    assert not mine.names(PERSON, world.root().certificate)
    for changed in ("issuer_name_hash", "issuer_key_hash"):
        assert not replace(mine, **{changed: bytes(20)}).names(PERSON, ISSUER)


def test_an_answer_by_a_hash_that_is_not_known_is_about_nobody() -> None:
    from esign.algorithms import AlgorithmIdentifier

    odd = CertID(AlgorithmIdentifier("1.2.3"), bytes(20), bytes(20), PERSON.serial_number)
    read = OCSPResponse.load(respond(SingleResponse(odd, CertStatus.GOOD, AT, LATER))).basic
    assert read is not None and read.about(PERSON, ISSUER) == ()


@pytest.mark.parametrize("status", [s for s in ResponseStatus if s is not ResponseStatus.SUCCESSFUL])
def test_an_error_is_one_status_and_nothing_else(status: ResponseStatus) -> None:
    read = OCSPResponse.load(encode_error(status))
    assert (read.status, read.basic) == (status, None)
    with_content = der.sequence(
        der.tlv(der.ENUMERATED, bytes((status.value,))), der.explicit(0, der.sequence())
    )
    assert code_of(with_content) == "ocsp-malformed"


def test_success_without_content_is_refused() -> None:
    assert code_of(der.sequence(der.tlv(der.ENUMERATED, b"\0"))) == "ocsp-malformed"
    with pytest.raises(ValueError, match="has an answer"):
        encode_error(ResponseStatus.SUCCESSFUL)


@pytest.mark.parametrize("number", [4, 7, 127])
def test_a_status_that_does_not_exist_is_refused(number: int) -> None:
    assert code_of(der.sequence(der.tlv(der.ENUMERATED, bytes((number,))))) == "ocsp-malformed"


def test_another_type_of_answer_is_refused() -> None:
    other = WHOLE.replace(der.oid("1.3.6.1.5.5.7.48.1.1"), der.oid("1.3.6.1.5.5.7.48.1.9"))
    assert code_of(other) == "ocsp-malformed"


@pytest.mark.parametrize("length", [1, 32, 128])
def test_a_nonce_has_1_to_128_octets(length: int) -> None:
    written = OCSPRequest.about((PERSON,), ISSUER, nonce=bytes(length)).encode()
    assert OCSPRequest.read(written).nonce == bytes(length)


@pytest.mark.parametrize("length", [0, 129])
def test_a_nonce_of_another_length_is_refused(length: int) -> None:
    """RFC 9654 §2.1: the value MUST be between 1 and 128 octets."""
    with pytest.raises(ValueError, match="nonce"):
        OCSPRequest.about((PERSON,), ISSUER, nonce=bytes(length))
    good = OCSPRequest((named(),), nonce=bytes(length)).encode()
    assert code_of(good, OCSPRequest.read) == "ocsp-malformed"


def test_a_request_about_nothing_is_refused() -> None:
    assert code_of(OCSPRequest(()).encode(), OCSPRequest.read) == "ocsp-malformed"
    with pytest.raises(ValueError, match="at least one"):
        OCSPRequest.about((), ISSUER)


def test_a_request_has_limits() -> None:
    assert code_of(OCSPRequest((named(),) * 251).encode(), OCSPRequest.read) == "ocsp-malformed"
    assert len(OCSPRequest.read(OCSPRequest((named(),) * 250).encode()).certificates) == 250
    assert code_of(bytes(70_000), OCSPRequest.read) == "ocsp-malformed"


def test_an_answer_has_limits() -> None:
    assert code_of(respond(*(GOOD,) * 1001)) == "ocsp-malformed"
    assert code_of(der.sequence(bytes(1 << 20))) == "ocsp-malformed"
    with pytest.raises(LimitExceeded) as caught:
        from esign.ocsp.request import bound

        bound(bytes(3), 2)
    assert caught.value.values["limit"] == "2"


def test_a_signed_request_says_so() -> None:
    plain = der.decode(OCSPRequest.about((PERSON,), ISSUER).encode()).content
    signed = der.sequence(plain, der.explicit(0, der.sequence()))
    assert OCSPRequest.read(signed).is_signed


def test_pem_is_taken_too() -> None:
    import base64

    pem = b"-----BEGIN OCSP RESPONSE-----\n" + base64.encodebytes(WHOLE) + b"-----END OCSP RESPONSE-----\n"
    assert OCSPResponse.load(pem) == OCSPResponse.load(WHOLE)
    assert OCSPResponse.load_all(pem * 2) == (OCSPResponse.load(WHOLE),) * 2
    assert OCSPResponse.load_all(WHOLE) == (OCSPResponse.load(WHOLE),)
    assert len({OCSPResponse.load(pem), OCSPResponse.load(WHOLE)}) == 1


def altered(part: bytes, by: bytes) -> bytes:
    """A ResponseData with something else in it, in an answer; the signature no longer fits."""
    data = encode_response_data(ResponderID.of(ISSUER), [REVOKED], produced_at=AT)
    assert part in data
    from esign.algorithms import ECDSA_SHA256

    return encode_response(data.replace(part, by), ECDSA_SHA256.identifier, b"")


@pytest.mark.parametrize(
    ("part", "by"),
    [
        (ResponderID.of(ISSUER).encode(), der.explicit(3, der.octet_string(bytes(20)))),
        (ResponderID.of(ISSUER).encode(), der.explicit(2, der.utf8("x" * 20))),
        (b"\x0a\x01\x01", b"\x0a\x01\x07"),
        (b"\x0a\x01\x01", b"\x02\x01\x01"),
        (b"\xa1\x16", b"\xa4\x16"),
    ],
    ids=["choice", "kind", "status", "tag", "by-key"],
)
def test_what_is_not_in_the_standard_is_refused(part: bytes, by: bytes) -> None:
    assert OCSPResponse.load(altered(part, part)).basic is not None
    assert code_of(altered(part, by)) == "ocsp-malformed"


def test_another_version_is_refused() -> None:
    inner = der.decode(OCSPRequest.about((PERSON,), ISSUER).encode()).only().content
    for version, good in ((0, True), (1, False)):
        octets = der.sequence(der.sequence(der.explicit(0, der.integer(version)), inner))
        if good:
            assert OCSPRequest.read(octets).certificates == (named(),)
        else:
            assert code_of(octets, OCSPRequest.read) == "ocsp-malformed"


def test_certificates_that_cannot_be_read_are_passed_over() -> None:
    data = encode_response_data(ResponderID.of(ISSUER), [GOOD], produced_at=AT)
    broken = (der.sequence(), ISSUER.raw)
    read = OCSPResponse.load(encode_response(data, named().digest_algorithm, b"", certificates=broken))
    assert read.basic is not None and read.basic.certificates == (ISSUER,)
    wrong = read.raw.replace(b"\x30\x00" + ISSUER.raw, b"\x31\x00" + ISSUER.raw)
    assert OCSPResponse.load(wrong).basic is not None


def test_an_indefinite_length_is_not_der() -> None:
    data = encode_response_data(ResponderID.of(ISSUER), [GOOD], produced_at=AT)
    indefinite = b"\x30\x80" + der.decode(data).content + b"\0\0"
    assert code_of(encode_response(indefinite, named().digest_algorithm, b"")) == "ocsp-malformed"


def test_certificates_stand_in_a_sequence() -> None:
    data = encode_response_data(ResponderID.of(ISSUER), [GOOD], produced_at=AT)
    basic = der.sequence(
        data, named().digest_algorithm.encode(), der.bit_string(b""), der.explicit(0, der.null())
    )
    assert code_of(basic, BasicResponse.read) == "ocsp-malformed"


def test_revoked_needs_its_time() -> None:
    with pytest.raises(ValueError, match="needs its time"):
        SingleResponse(named(), CertStatus.REVOKED, AT).encode()


def test_a_time_of_an_answer_is_a_generalized_time() -> None:
    for place in (b"\xa0\x11\x18\x0f", b"\x04\x11\x18\x0f"):
        assert place in WHOLE
        assert code_of(WHOLE.replace(place, place[:2] + b"\x16\x0f")) == "ocsp-malformed"


@pytest.mark.parametrize("read", [OCSPResponse.load, OCSPRequest.read])
@pytest.mark.parametrize("whole", [WHOLE, OCSPRequest.about((PERSON,), ISSUER, nonce=b"n" * 32).encode()])
def test_what_is_cut_short_or_goes_on_is_refused(whole: bytes, read: object) -> None:
    for length in range(len(whole)):
        assert code_of(whole[:length], read) == "ocsp-malformed"
    assert code_of(whole + b"\0", read) == "ocsp-malformed"


def never_another_error(data: bytes) -> None:
    for read in (OCSPResponse.load, OCSPRequest.read, BasicResponse.read):
        try:
            found = read(data)
        except EsignError:
            continue
        if isinstance(found, OCSPResponse) and found.basic is not None:
            found.basic.about(PERSON, ISSUER)
            found.basic.responder.names(ISSUER)


@given(st.data())
def test_no_change_of_octets_raises_another_error(data: st.DataObject) -> None:
    octets = bytearray(WHOLE if data.draw(st.booleans()) else OCSPRequest.about((PERSON,), ISSUER).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    never_another_error(bytes(octets))


@given(st.binary(max_size=200))
def test_no_octets_raise_another_error(octets: bytes) -> None:
    never_another_error(octets)


@given(
    st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(9999, 12, 31)),  # noqa: DTZ001
    st.sampled_from(CertStatus),
    st.integers(-(1 << 160), 1 << 160),
)
def test_a_single_answer_survives_the_journey(at: datetime, status: CertStatus, serial: int) -> None:
    when = at.replace(microsecond=0, tzinfo=UTC)
    mine = CertID(named().digest_algorithm, b"a", b"b", serial)
    revoked_at = when if status is CertStatus.REVOKED else None
    written = SingleResponse(mine, status, when, when, revoked_at)
    assert SingleResponse.read(der.decode(written.encode())) == written
