"""SignedData in a file is the one that the same octets in memory are, whatever its size and encoding."""

import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import cms, der, signing
from esign.algorithms import OZDST_1106, SHA256, SHA384, SHA512
from esign.cms import MAX_CONTENT, SignedData
from esign.cms.signed_data import READ_WHOLE
from esign.cms.streaming import MAX_AFTER_CONTENT, MAX_BEFORE_CONTENT, take_apart
from esign.content import Content
from esign.errors import EsignError, LimitExceeded, MalformedInput
from tests.esign.people import AT, signatory
from tests.esign.test_cms import ber, signed_data

HOLDER = signatory("p-256")
LETTER = signing.sign(b"letter", HOLDER.signer, at=AT)
EMPTY = signing.sign(b"", HOLDER.signer, at=AT)
DETACHED = signing.sign(b"letter", HOLDER.signer, at=AT, detached=True)
STREAMED = b"".join(signing.sign_stream([b"let", b"ter"], HOLDER.signer, at=AT))
FORMS = {
    "der": LETTER,
    "empty": EMPTY,
    "detached": DETACHED,
    "streamed": STREAMED,
    "ber": ber(LETTER),
    "ber-empty": ber(EMPTY),
    "ber-detached": ber(DETACHED),
}
LONG = bytes(range(256)) * (READ_WHOLE // 256) + b"more than is read whole"


def in_file(data: bytes, *, ahead: bytes = b"") -> SignedData:
    """By way of a file, even when it is short."""
    file = io.BytesIO(ahead + data)
    return SignedData._of(b"", take_apart(file, len(ahead), len(ahead) + len(data)))


def facts(signed: SignedData) -> tuple[object, ...]:
    """Everything that is said of a SignedData."""
    content = signed.encapsulated
    octets = None if content is None else b"".join(content.chunks())
    return (
        *(signed.version, signed.digest_algorithms, signed.content_type, octets),
        None if content is None or octets is None else content.digest(SHA256) == SHA256.of(octets),
        *(signed.certificates_field, signed.crls_field, signed.certificate_elements, signed.crl_elements),
        *(signed.certificates, signed.crls, signed.ocsp, signed.signer_infos),
        b"".join(signed.encapsulated_field.chunks()),
        b"".join(signed.encapsulated_as_der()),
        signed.content,
    )


@pytest.mark.parametrize("form", FORMS)
def test_a_file_says_what_the_octets_say(form: str) -> None:
    data = FORMS[form]
    read, streamed = SignedData.read(data), in_file(data, ahead=b"before")
    assert facts(streamed) == facts(read)
    assert facts(SignedData.read_file(io.BytesIO(data))) == facts(read)
    assert (read.raw, streamed.raw) == (data, b"")


@pytest.mark.parametrize("form", FORMS)
def test_a_file_cut_anywhere_is_refused(form: str) -> None:
    data = FORMS[form]
    for length in range(len(data)):
        with pytest.raises(MalformedInput):
            in_file(data[:length])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("more", [b"\0", b"\0\0", b"\x05\0"])
def test_octets_after_the_end_are_refused(form: str, more: bytes) -> None:
    with pytest.raises(MalformedInput):
        in_file(FORMS[form] + more)


def _outcome(data: bytes, *, from_file: bool) -> object:
    """What is read; None when it is refused."""
    try:
        return facts(in_file(data) if from_file else SignedData.read(data))
    except EsignError:
        return None


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A SignedData with a few octets changed, left out or put in, mostly where its frame is."""
    data = bytearray(draw(st.sampled_from(list(FORMS.values()))))
    octet = st.one_of(st.sampled_from([0, 4, 0x24, 0x30, 0x31, 0x80, 0x81, 0xA0, 0xA1]), st.integers(0, 255))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, min(len(data) - 1, draw(st.sampled_from([70, 120, 10_000])))))
        match draw(st.integers(0, 2)):
            case 0:
                data[at] = draw(octet)
            case 1:
                del data[at]
            case _:
                data[at:at] = draw(st.sampled_from([b"\0\0", b"\x24\x80", b"\x04\0", b"\x01"]))
    return bytes(data)


@settings(max_examples=400, deadline=None)
@given(damaged())
def test_both_readers_take_and_refuse_the_same(data: bytes) -> None:
    assert _outcome(data, from_file=True) == _outcome(data, from_file=False)


@given(st.binary(max_size=60))
def test_no_octets_raise_another_error(data: bytes) -> None:
    _outcome(data, from_file=True)
    _outcome(b"\x30\x80\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80" + data, from_file=True)


def test_a_large_content_stays_in_the_file() -> None:
    signed = SignedData.read_file(io.BytesIO(signing.sign(LONG, HOLDER.signer, at=AT)))
    assert signed.raw == b""
    assert signed.encapsulated is not None
    assert signed.encapsulated.digest(SHA256) == SHA256.of(LONG)
    assert signed.content == LONG


def test_a_file_is_read_from_its_present_place() -> None:
    file = io.BytesIO(b"skipped" + LETTER)
    file.seek(7)
    assert SignedData.read_file(file).content == b"letter"


def test_the_announced_digests_are_made_while_the_end_is_looked_for() -> None:
    file = io.BytesIO(STREAMED)
    apart = take_apart(file, 0, len(STREAMED))
    file.truncate(0)
    assert apart.content is not None
    assert apart.content.digest(SHA256) == SHA256.of(b"letter")


def test_a_slow_digest_is_not_made_because_it_was_announced() -> None:
    algorithms = der.set_of(by.identifier.encode() for by in (OZDST_1106, SHA384))
    content = der.sequence(der.oid(cms.DATA), der.explicit(0, b"\x24\x80\x04\x01x\0\0"))
    parts = (der.integer(1), algorithms, content, der.tlv(der.SET, b""))
    data = cms.encode_content_info(cms.SIGNED_DATA, der.sequence(*parts))
    content_of = take_apart(io.BytesIO(data), 0, len(data)).content
    assert content_of is not None
    assert set(content_of._digests) == {SHA384.oid}
    assert content_of.digest(SHA512) == SHA512.of(b"x")


def test_a_declared_length_beyond_the_file_is_refused_at_once() -> None:
    declared = (10 << 30).to_bytes(8, "big")
    head = b"\x30\x80" + der.oid(cms.SIGNED_DATA) + b"\xa0\x80\x30\x80" + der.integer(1) + der.set_of([])
    data = head + b"\x30\x80" + der.oid(cms.DATA) + b"\xa0\x80\x04\x88" + declared + bytes(100)
    with pytest.raises(MalformedInput) as caught:
        in_file(data)
    assert caught.value.values["found"] == "an element that is cut short"


def test_content_that_is_no_octet_string_is_named() -> None:
    content = der.sequence(der.oid(cms.DATA), der.explicit(0, der.integer(1)))
    with pytest.raises(MalformedInput) as caught:
        in_file(signed_data(content=content))
    assert (caught.value.code, caught.value.clause) == ("cms-malformed", "RFC 5652 §5.2")


def test_another_content_type_is_named() -> None:
    with pytest.raises(MalformedInput) as caught:
        in_file(signed_data(outer=cms.DATA))
    assert caught.value.code == "cms-wrong-content-type"


def test_what_stands_after_the_content_is_bounded() -> None:
    head = b"\x30\x80" + der.oid(cms.SIGNED_DATA) + b"\xa0\x80\x30\x80" + der.integer(1) + der.set_of([])
    data = head + der.sequence(der.oid(cms.DATA)) + bytes(10)
    with pytest.raises(LimitExceeded) as caught:
        take_apart(io.BytesIO(data), 0, len(data) + MAX_AFTER_CONTENT)
    assert (caught.value.values["limit"], caught.value.where) == (str(MAX_AFTER_CONTENT), "SignedData")


def test_what_stands_before_the_content_is_bounded() -> None:
    digests = der.tlv(der.SET, bytes(MAX_BEFORE_CONTENT))
    content = der.sequence(der.oid(cms.DATA))
    parts = (der.integer(1), digests, content, der.tlv(der.SET, b""))
    with pytest.raises(MalformedInput):
        in_file(cms.encode_content_info(cms.SIGNED_DATA, der.sequence(*parts)))


def test_a_content_left_in_a_file_is_given_whole_up_to_a_limit() -> None:
    large = Content(MAX_CONTENT + 1, lambda: iter((b"",)))
    with pytest.raises(LimitExceeded) as caught:
        _ = replace(in_file(LETTER), encapsulated=large).content
    assert caught.value.values["limit"] == str(MAX_CONTENT)
    assert replace(in_file(LETTER), encapsulated=Content(MAX_CONTENT, large.chunks)).content == b""


def test_every_element_of_certificates_and_crls_is_kept() -> None:
    kept = [der.sequence(b"\x02\x01\x01"), der.tlv(der.context(1), b"\x02\x01\x02"), der.tlv(der.context(2))]
    fields = der.tlv(der.context(0), *kept) + der.tlv(der.context(1), *kept[:1])
    signed = SignedData.read(signed_data(extra=fields))
    assert signed.certificate_elements == tuple(kept)
    assert signed.certificates == (kept[0],)
    assert signed.certificates_field + signed.crls_field == fields
    assert signed.crl_elements == signed.crls == (kept[0],)


def test_absent_fields_are_empty() -> None:
    signed = SignedData.read(signed_data())
    assert (signed.certificates_field, signed.crls_field, signed.certificate_elements) == (b"", b"", ())
    assert signed.encapsulated is None
    assert signed.content is None


def test_the_field_of_the_content_is_the_same_in_der_for_both_encodings() -> None:
    wanted = der.sequence(der.oid(cms.DATA), der.explicit(0, der.octet_string(b"letter")))
    for data in (LETTER, STREAMED, ber(LETTER)):
        assert b"".join(SignedData.read(data).encapsulated_as_der()) == wanted
