"""Time-stamp messages: read as written, refused by our own error, and never taken for another's."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import der
from esign.algorithms import SHA256, SHA384, SHA512, AlgorithmIdentifier
from esign.ca.request import Subject
from esign.cms import encode_signed_data
from esign.errors import EsignError, MalformedInput, UnsupportedAlgorithm
from esign.findings import Indication
from esign.keys import Signer, SoftwareKey, generate
from esign.testing import TestPKI
from esign.tsa import TimeStampAuthority
from esign.tsp import (
    TST_INFO,
    Accuracy,
    Failure,
    MessageImprint,
    Status,
    TimeStampRequest,
    TimeStampResponse,
    TimeStampToken,
    TSTInfo,
    check_answer,
    check_signature,
    encode_granted,
    encode_rejection,
)
from esign.tsp.info import encode_gen_time, read_gen_time
from esign.validation.path import validate_path
from esign.validation.policy import Revocation
from esign.x509 import Certificate, Trust
from tests import peers
from tests.esign.validation import world

AT = datetime(2026, 11, 23, 12, 0, 0, 120_000, tzinfo=UTC)
POLICY = "2.999.1"
IMPRINT = MessageImprint.of(b"hello")
REQUEST = TimeStampRequest(IMPRINT, POLICY, 77)


@cache
def authority() -> TimeStampAuthority:
    pki, own = TestPKI(AT), generate("p-256")
    certificate = pki.issue("tsa", Subject.of({"organization": "Markaz", "common_name": "TSA"}), key=own)
    signer = Signer(SoftwareKey(own), certificate.raw, (pki.authority("infra").certificate.raw,))
    return TimeStampAuthority(signer, POLICY, Accuracy(1, 500))


@cache
def granted() -> bytes:
    return authority().answer(REQUEST.encode(), at=AT, serial=5)


def token(answer: bytes | None = None) -> TimeStampToken:
    found = TimeStampResponse.read(answer or granted()).token
    assert found is not None
    return found


def codes(found: object) -> list[str]:
    return [f.code for f in found]  # type: ignore[attr-defined]


def test_a_request_is_read_as_it_was_written() -> None:
    assert TimeStampRequest.read(REQUEST.encode()) == REQUEST
    bare = TimeStampRequest(MessageImprint.of(b"x", by=SHA512), certificates=False)
    assert TimeStampRequest.read(bare.encode()) == bare


def test_an_answer_says_what_was_stamped_and_when() -> None:
    response = TimeStampResponse.read(granted())
    assert (response.status, response.failures, response.raw) == (Status.GRANTED, frozenset(), granted())
    info = token().info
    assert (info.policy, info.serial_number, info.nonce) == (POLICY, 5, 77)
    assert (info.gen_time, info.accuracy, info.ordering) == (AT, Accuracy(1, 500), False)
    assert (info.earliest, info.latest) == (
        AT - timedelta(seconds=1.5),
        AT + timedelta(seconds=1.5),
    )
    assert info.imprint.is_of(b"hello") and not info.imprint.is_of(b"hallo")
    assert token().signed.content_type == TST_INFO


def test_a_good_answer_is_without_findings() -> None:
    signer = token().signer()
    assert signer == authority().certificate
    assert check_signature(token(), authority().certificate) == ()
    assert check_answer(REQUEST, token()) == ()


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (replace(REQUEST, imprint=MessageImprint.of(b"hallo")), "messageImprint"),
        (replace(REQUEST, imprint=MessageImprint.of(b"hello", by=SHA384)), "messageImprint"),
        (replace(REQUEST, nonce=78), "nonce"),
        (replace(REQUEST, policy="2.999.2"), "policy"),
    ],
)
def test_an_answer_to_another_question_is_told(asked: TimeStampRequest, field: str) -> None:
    (finding,) = check_answer(asked, token())
    assert (finding.code, finding.where) == ("tsp-answer-mismatch", field)


def test_an_answer_may_have_a_nonce_and_a_policy_that_nobody_asked_for() -> None:
    assert check_answer(TimeStampRequest(IMPRINT), token()) == ()


def test_an_answer_without_the_certificate_that_was_asked_for_is_told() -> None:
    silent = token(authority().answer(replace(REQUEST, certificates=False).encode(), at=AT, serial=6))
    assert silent.signed.certificates == () and silent.signer() is None
    assert silent.signer([authority().certificate]) == authority().certificate
    assert check_answer(replace(REQUEST, certificates=False), silent) == ()
    (finding,) = check_answer(REQUEST, silent)
    assert finding.where == "certReq"


def test_absent_and_null_parameters_are_the_same_imprint() -> None:
    bare = MessageImprint(AlgorithmIdentifier(SHA256.oid), IMPRINT.value)
    assert bare.same_as(IMPRINT) and bare != IMPRINT


def test_a_digest_that_is_not_known_is_said() -> None:
    with pytest.raises(UnsupportedAlgorithm):
        MessageImprint(AlgorithmIdentifier("1.2.3"), b"").is_of(b"")


def test_another_certificate_did_not_make_it() -> None:
    stranger = world.person().certificate
    assert codes(check_signature(token(), stranger)) == [
        "tsp-signer-mismatch",
        "tsp-signer-usage",
        "tsp-signature-invalid",
    ]


def test_the_binding_attribute_must_name_the_certificate() -> None:
    """RFC 5816 §2.2.1: a certificate of the same name, number and key with other octets is another one."""
    own = authority().certificate
    twin = replace(own, raw=own.raw + b"\0")
    assert codes(check_signature(token(), twin)) == ["tsp-signer-mismatch"]


def test_a_changed_statement_is_seen() -> None:
    later = encode_gen_time(AT + timedelta(days=1))
    changed = token(granted().replace(encode_gen_time(AT), later))
    assert codes(check_signature(changed, authority().certificate)) == ["tsp-signature-invalid"]


def test_a_changed_signature_is_seen() -> None:
    signature = token().signer_info.signature
    broken = token(granted().replace(signature, signature[:-1] + bytes((signature[-1] ^ 1,))))
    assert codes(check_signature(broken, authority().certificate)) == ["tsp-signature-invalid"]


def test_what_cannot_be_read_in_a_token_is_passed_over() -> None:
    own = authority().certificate.raw
    broken = token(granted().replace(own, own[:-9] + b"\x05" * 9).replace(own[:40], own[:30] + b"\x05" * 10))
    assert broken.signer() is None and broken.signer([authority().certificate]) == authority().certificate


def test_a_digest_or_attribute_that_is_not_known_is_no_signature() -> None:
    own, good = authority().certificate, token()
    odd = replace(good.signer_info, digest_algorithm=AlgorithmIdentifier("1.2.3"))
    for info in (odd, replace(good.signer_info, signed=None)):
        changed = replace(good, signed=replace(good.signed, signer_infos=(info,)))
        assert "tsp-signature-invalid" in codes(check_signature(changed, own))


def test_a_binding_that_cannot_be_read_binds_nothing() -> None:
    """RFC 5816 §2.2.1: one of the two attributes must be there, and be legible."""
    good, bound = token(), "1.2.840.113549.1.9.16.2.47"
    signed = good.signer_info.signed
    assert signed is not None
    for values in ((der.sequence(der.null()),), None):
        items = tuple(replace(i, values=values or i.values) for i in signed.items if values or i.oid != bound)
        info = replace(good.signer_info, signed=replace(signed, items=items))
        changed = replace(good, signed=replace(good.signed, signer_infos=(info,)))
        assert "tsp-signer-mismatch" in codes(check_signature(changed, authority().certificate))


@pytest.mark.parametrize("failure", Failure)
@pytest.mark.parametrize("text", ["", "no clock"])
def test_a_rejection_says_why(failure: Failure, text: str) -> None:
    read = TimeStampResponse.read(encode_rejection(failure, text))
    assert (read.status, read.failures, read.token) == (Status.REJECTION, frozenset({failure}), None)
    assert read.texts == ((text,) if text else ())


def malformed(data: bytes, read: object = TimeStampResponse.read) -> str:
    with pytest.raises(MalformedInput) as caught:
        read(data)  # type: ignore[operator]
    assert caught.value.code == "tsp-malformed"
    return str(caught.value.values["found"])


def test_a_status_fits_its_content() -> None:
    status = der.sequence(der.integer(2))
    assert "does not fit" in malformed(der.sequence(status, token().raw))
    assert "does not fit" in malformed(der.sequence(der.sequence(der.integer(0))))
    assert "unknown status" in malformed(der.sequence(der.sequence(der.integer(6))))


def test_a_token_is_over_a_statement_and_has_one_signature() -> None:
    info = TSTInfo(POLICY, IMPRINT, 1, AT).encode()
    unsigned = encode_signed_data(
        info, digest_algorithms=(), certificates=(), signer_infos=(), content_type=TST_INFO
    )
    assert "not exactly one" in malformed(unsigned, TimeStampToken.read)
    other = encode_signed_data(info, digest_algorithms=(), certificates=(), signer_infos=())
    assert "content of type" in malformed(other, TimeStampToken.read)


@pytest.mark.parametrize("version", [0, 2])
def test_another_version_is_refused(version: int) -> None:
    inner = [e.raw for e in der.decode(REQUEST.encode()).children()][1:]
    assert "version" in malformed(der.sequence(der.integer(version), *inner), TimeStampRequest.read)


def test_limits() -> None:
    malformed(bytes(70_000), TimeStampRequest.read)
    malformed(der.sequence(bytes(1 << 20)))
    malformed(bytes((1 << 14) + 1), TSTInfo.read)
    malformed(TimeStampRequest(IMPRINT, nonce=1 << 600).encode(), TimeStampRequest.read)


@pytest.mark.parametrize(
    ("octets", "wanted"),
    [
        (b"20261123120000Z", 0),
        (b"20261123120000.1Z", 100_000),
        (b"20261123120000.120Z", 120_000),
        (b"20261123120000.1234567899Z", 123_456),
    ],
)
def test_a_time_may_have_a_fraction(octets: bytes, wanted: int) -> None:
    assert read_gen_time(der.decode(der.tlv(der.GENERALIZED_TIME, octets))).microsecond == wanted


@pytest.mark.parametrize(
    "octets",
    [
        b"20261123120000",
        b"20261123120000.Z",
        b"20261123120000.1",
        b"20261123120000.+1Z",
        b"20261123120000.1.2Z",
        b"20261123120000+0500",
        b"20261123120000." + b"1" * 25 + b"Z",
        b"20261323120000Z",
        b"",
    ],
)
def test_another_form_of_time_is_refused(octets: bytes) -> None:
    with pytest.raises(MalformedInput):
        read_gen_time(der.decode(der.tlv(der.GENERALIZED_TIME, octets)))


@given(st.datetimes(min_value=datetime(1000, 1, 1)))  # noqa: DTZ001
def test_a_time_survives_the_journey(at: datetime) -> None:
    aware = at.replace(tzinfo=UTC)
    assert read_gen_time(der.decode(encode_gen_time(aware))) == aware


@given(st.integers(0, 9999), st.integers(0, 999), st.integers(0, 999))
def test_an_accuracy_survives_the_journey(seconds: int, millis: int, micros: int) -> None:
    written = Accuracy(seconds, millis, micros)
    assert Accuracy.read(der.decode(written.encode())) == written


@pytest.mark.parametrize("value", [0, 1000, -1])
def test_a_part_of_an_accuracy_is_1_to_999(value: int) -> None:
    element = der.decode(der.sequence(der.implicit(0, der.integer(value))))
    with pytest.raises(MalformedInput):
        Accuracy.read(element)


@pytest.mark.parametrize("read", [TimeStampRequest.read, TimeStampResponse.read])
def test_what_is_cut_short_or_goes_on_is_refused(read: object) -> None:
    whole = REQUEST.encode() if read == TimeStampRequest.read else granted()
    for length in range(len(whole)):
        malformed(whole[:length], read)
    malformed(whole + b"\0", read)


def never_another_error(data: bytes) -> None:
    for read in (TimeStampRequest.read, TimeStampResponse.read):
        try:
            found = read(data)
        except EsignError:
            continue
        if isinstance(found, TimeStampResponse) and found.token is not None:
            check_answer(REQUEST, found.token)
            check_signature(found.token, authority().certificate)


@given(st.data())
def test_no_change_of_octets_raises_another_error(data: st.DataObject) -> None:
    octets = bytearray(granted() if data.draw(st.booleans()) else REQUEST.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    never_another_error(bytes(octets))


@given(st.binary(max_size=200))
def test_no_octets_raise_another_error(octets: bytes) -> None:
    never_another_error(octets)


def corpus() -> Path:
    return peers.corpus("rfc3161")


def stamped(case: dict[str, str]) -> tuple[TimeStampToken, Certificate | None, tuple[Certificate, ...]]:
    found = token((corpus() / case["file"]).read_bytes())
    chain = Certificate.load_all((corpus() / case["trust"]).read_bytes())
    return found, found.signer(chain), chain


@pytest.mark.corpora
def test_answers_of_public_authorities_are_judged_as_their_project_does() -> None:
    entries = json.loads((corpus() / "index.json").read_text())["entries"]
    cases = [e for e in entries if e["kind"] == "rfc3161-response"]
    assert len(cases) == 10
    for case in cases:
        found, signer, chain = stamped(case)
        assert signer is not None, case["file"]
        wrong = ["tsp-signature-invalid"] if case["expected"] == "invalid" else []
        assert codes(check_signature(found, signer)) == wrong, case["file"]
        held = (*chain, *map(Certificate.load, found.signed.certificates))
        report = validate_path(
            signer,
            pool=held,
            trust=Trust(tuple(c for c in chain if c.is_self_issued)),
            at=found.info.gen_time,
            revocation=Revocation.UNSAFE_OFF,
        )
        passed = case["expected"] != "valid-imprint-other-chain"
        assert (report.indication is Indication.PASSED) is passed, case["file"]
        if "b'hello'" in case["note"]:
            assert found.info.imprint.is_of(b"hello")


@pytest.mark.corpora
def test_the_signer_is_whom_the_signature_names_and_not_who_stands_first() -> None:
    case = {"file": "test_tsa/response-injected-certs.tsr", "trust": "test_tsa/ts_chain.pem"}
    found, signer, chain = stamped(case)
    assert len(found.signed.certificates) > 1
    assert signer is not None and signer in chain


@pytest.mark.corpora
def test_requests_of_others_are_read() -> None:
    for name in ("sigstage/request.der", "test_tsa/request.der", "test_tsa/other_request.der"):
        asked = TimeStampRequest.read((corpus() / name).read_bytes())
        assert asked.certificates and asked.nonce is not None
    answer = token((corpus() / "test_tsa/response.tsr").read_bytes())
    asked = TimeStampRequest.read((corpus() / "test_tsa/request.der").read_bytes())
    assert check_answer(asked, answer) == ()


def test_the_answer_of_a_granted_token_is_the_token() -> None:
    assert TimeStampResponse.read(encode_granted(token().raw)).token == token()


def test_a_slow_digest_does_not_bind_a_large_certificate() -> None:
    from esign.algorithms import DIGESTS
    from esign.cades import CertificateReference
    from esign.tsp.token import _is_slow

    slow = next(row for row in DIGESTS.values() if row.octets_per_check is not None)
    own = authority().certificate
    large = replace(own, raw=bytes(1 << 15))
    for row, certificate, wanted in ((slow, own, False), (slow, large, True), (SHA256, large, False)):
        reference = CertificateReference(AlgorithmIdentifier(row.oid), b"")
        assert _is_slow(reference, certificate) is wanted
