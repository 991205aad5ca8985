"""A signature is raised level by level: what was signed and what was stamped stay octet by octet."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import cades, cms, der, signing
from esign.algorithms import SHA256, SHA512
from esign.attributes import Attribute
from esign.cades import HashIndex
from esign.cms import SignedData, SignerInfo
from esign.content import Content
from esign.errors import EsignError, MalformedInput
from esign.material import Material
from esign.ocsp import OCSPResponse
from esign.signing import AugmentationRefused, EvidenceMissing
from esign.signing.frame import Frame
from esign.testing import TestPKI
from esign.tsp import Failure, TimeStampFailed, TimeStampToken, check_signature, encode_rejection
from esign.x509 import Certificate
from tests.esign.signing.world import (
    AT,
    DOCUMENT,
    LATER,
    basic,
    certificates,
    lists,
    pki,
    raised,
    signer,
)


def info(signed: bytes, number: int = 0) -> SignerInfo:
    return SignedData.read(signed).signer_infos[number]


def token_of(raw: bytes) -> TimeStampToken:
    return TimeStampToken.read(raw)


def holds(signed: bytes, number: int = 0, document: bytes = DOCUMENT) -> bool:
    """Whether the newest archive time stamp of a signer covers what is there."""
    read = SignedData.read(signed)
    one = read.signer_infos[number]
    token = token_of(cades.archive_time_stamps(one)[-1].token)
    index = HashIndex.read(token.signer_info)
    assert index is not None
    if index.check(read, one):
        return False
    value = cades.archive_imprint_v3(read, one, index.raw, content=Content.of(document), by=SHA256)
    return value == token.info.imprint.value


def test_a_time_stamp_over_the_signature_makes_b_t() -> None:
    """EN 319 122-1 cl. 5.3."""
    before, after = basic(), raised(basic(), "B-T")
    one = info(after)
    (token,) = map(token_of, cades.signature_time_stamps(one))
    assert token.info.imprint.is_of(one.signature)
    assert token.info.gen_time == LATER
    assert len(after) > len(before)


@pytest.mark.parametrize("detached", [False, True])
def test_what_is_signed_stays_octet_by_octet(detached: bool) -> None:
    signed = basic(detached=detached)
    high = raised(signed, "B-LTA", document=DOCUMENT)
    first, last = Frame.read(signed), Frame.read(high)
    assert last.encapsulated == first.encapsulated
    assert last.signers[0].fields == first.signers[0].fields
    assert set(first.certificates) <= set(last.certificates)
    assert SignedData.read(high).content == (None if detached else DOCUMENT)


def test_a_stamp_that_is_there_is_not_asked_for_again() -> None:
    once = raised(basic(), "B-T")
    assert raised(once, "B-T") == once


def test_b_lt_brings_paths_and_lists_of_signer_and_authority() -> None:
    """EN 319 122-1 cl. 6.3: the validation data stand in the root SignedData, each once."""
    high = raised(basic(), "B-LT")
    read = SignedData.read(high)
    names = {c.subject.text for c in certificates(high)}
    assert {pki().root.subject.text, pki().issuing.subject.text} <= names
    assert len(read.certificates) == len(set(read.certificates)) == 5
    assert len(read.crls) == 3 and set(read.crls) <= {c.raw for c in lists().crls}
    assert der.is_der(der.decode(high))


def test_b_lt_twice_adds_nothing() -> None:
    once = raised(basic(), "B-LT")
    assert raised(once, "B-LT") == once


def test_an_answer_is_preferred_to_a_list_and_wrapped() -> None:
    """RFC 5940 §2; with it RFC 5652 §5.1 demands version 5."""
    holder = Certificate.load(signer("Aliyev A.").certificate)
    answer = OCSPResponse.load(pki().ocsp(holder, at=LATER))
    high = raised(basic(), "B-LT", material=replace(lists(), ocsp=(answer,)))
    read = SignedData.read(high)
    assert read.ocsp == (answer.raw,) and read.version == 5
    assert all(crl.issuer != holder.issuer for crl in Material.read(read.crls).crls)


def test_without_lists_it_is_said_what_is_needed() -> None:
    with pytest.raises(EvidenceMissing) as caught:
        raised(basic(), "B-LT", material=Material())
    assert caught.value.code == "evidence-missing"
    assert caught.value.values["reason"] == "TRY_LATER"


def test_a_revoked_signer_gets_no_b_lt() -> None:
    own = TestPKI(AT)
    revoked = own.signer()
    own.revoke(revoked, at=AT)
    with pytest.raises(EvidenceMissing) as caught:
        signing.augment(
            signing.sign(DOCUMENT, revoked, at=AT),
            "B-LT",
            tsa=own.time_stamper(AT),
            at=LATER,
            trust=own.trust,
            material=Material.read(own.crls_at(LATER)),
        )
    assert caught.value.values["reason"] == "REVOKED"


def test_b_lta_covers_content_signature_and_everything_beside() -> None:
    """EN 319 122-1 cl. 5.5.3."""
    high = raised(basic(), "B-LTA")
    assert [a.version for a in cades.archive_time_stamps(info(high))] == [3]
    assert holds(high)
    read = SignedData.read(high)
    token = token_of(cades.archive_time_stamps(info(high))[0].token)
    index = HashIndex.read(token.signer_info)
    assert index is not None
    assert (len(index.certificates), len(index.crls), len(index.attributes)) == (
        len(read.certificates),
        len(read.crls),
        1,
    )


@pytest.mark.parametrize("kind", ["p-256", "rsa-3072"])
def test_a_token_bears_its_index_and_keeps_its_signature(kind: str) -> None:
    high = signing.augment(
        basic(),
        "B-LTA",
        tsa=pki().time_stamper(LATER, issued=AT, key=kind),
        at=LATER,
        trust=pki().trust,
        material=lists(),
    )
    token = token_of(cades.archive_time_stamps(info(high))[0].token)
    holder = token.signer()
    assert holder is not None and check_signature(token, holder) == ()
    assert [a.oid for a in token.signer_info.unsigned.items] == [cades.HASH_INDEX_V3]


def test_another_document_is_not_covered() -> None:
    assert not holds(raised(basic(detached=True), "B-LTA", document=DOCUMENT), document=b"other")


def test_renewal_covers_the_archive_time_stamp_before_it() -> None:
    own, much = TestPKI(AT), AT + timedelta(days=300)
    twice = signing.sign(DOCUMENT, own.signer(), at=AT)
    for moment in (LATER, much):
        tsa = own.time_stamper(moment, issued=moment)
        found = Material.read(own.crls_at(moment))
        twice = signing.augment(twice, "B-LTA", tsa=tsa, at=moment, trust=own.trust, material=found)
    stamps = cades.archive_time_stamps(info(twice))
    times = sorted(token_of(a.token).info.gen_time for a in stamps)
    assert times == [LATER, much]
    newest = max(stamps, key=lambda a: token_of(a.token).info.gen_time)
    index = HashIndex.read(token_of(newest.token).signer_info)
    assert index is not None and len(index.attributes) == 2
    read = SignedData.read(twice)
    assert index.check(read, read.signer_infos[0]) == ()
    oldest = min(stamps, key=lambda a: token_of(a.token).info.gen_time)
    old = HashIndex.read(token_of(oldest.token).signer_info)
    assert old is not None and old.check(read, read.signer_infos[0]) == ()
    newer = {c.this_update for c in Material.read(read.crls).crls}
    assert much in newer and LATER in newer


def test_renewal_needs_the_newest_authority_only() -> None:
    """After the signer's certificate ended, the archive time stamp proves it; its own authority must hold."""
    own = TestPKI(AT)
    short = own.signer(at=AT)
    tsa = own.time_stamper(LATER, issued=AT)
    first = signing.augment(
        signing.sign(DOCUMENT, short, at=AT),
        "B-LTA",
        tsa=tsa,
        at=LATER,
        trust=own.trust,
        material=Material.read(own.crls_at(LATER)),
    )
    end = Certificate.load(short.certificate).not_after + timedelta(days=1)
    again = signing.augment(
        first,
        "B-LTA",
        tsa=own.time_stamper(end, issued=end),
        at=end,
        trust=own.trust,
        material=Material.read(own.crls_at(end)),
    )
    assert len(cades.archive_time_stamps(info(again))) == 2
    with pytest.raises(EvidenceMissing):
        signing.augment(
            signing.sign(DOCUMENT, short, at=AT),
            "B-LT",
            tsa=own.time_stamper(end, issued=end),
            at=end,
            trust=own.trust,
            material=Material.read(own.crls_at(end)),
        )


def test_every_signer_is_raised() -> None:
    both = signing.join([basic(), basic(name="Karimova K.")])
    high = raised(both, "B-LTA")
    assert len(SignedData.read(high).signer_infos) == 2
    assert holds(high, 0) and holds(high, 1)


def test_the_digest_of_the_time_stamps_can_be_chosen() -> None:
    high = signing.augment(basic(), "B-T", tsa=pki().time_stamper(LATER, issued=AT), at=LATER, by=SHA512)
    (token,) = map(token_of, cades.signature_time_stamps(info(high)))
    assert token.info.imprint.digest_algorithm.oid == SHA512.oid


def test_ber_is_raised_and_its_signed_octets_stay() -> None:
    plain = basic()
    content = der.explicit(0, der.octet_string(DOCUMENT))
    parts = der.tlv(
        der.OCTET_STRING | der.CONSTRUCTED, der.octet_string(DOCUMENT[:5]), der.octet_string(DOCUMENT[5:])
    )
    inner = der.decode(plain).content
    body = der.decode_prefix(inner, len(der.oid(cms.SIGNED_DATA))).only().content
    old = der.sequence(der.oid(cms.DATA), content)
    new = b"\x30\x80" + der.oid(cms.DATA) + b"\xa0\x80" + parts + b"\0\0\0\0"
    ber = cms.encode_content_info(cms.SIGNED_DATA, der.sequence(body.replace(old, new)))
    high = raised(ber, "B-LTA")
    assert new in high and SignedData.read(high).content == DOCUMENT
    assert holds(high)


@pytest.mark.parametrize("level", ["B-B", "LTA", ""])
def test_another_level_is_a_mistake(level: str) -> None:
    with pytest.raises(ValueError, match="level"):
        signing.augment(basic(), level, tsa=pki().time_stamper(LATER, issued=AT), at=LATER)  # type: ignore[arg-type]


def test_trust_is_needed_above_b_t() -> None:
    with pytest.raises(ValueError, match="trust"):
        signing.augment(basic(), "B-LT", tsa=pki().time_stamper(LATER, issued=AT), at=LATER)


def test_a_detached_signature_needs_its_document_for_the_archive() -> None:
    with pytest.raises(AugmentationRefused) as caught:
        raised(basic(detached=True), "B-LTA")
    assert caught.value.code == "augmentation-refused"


def test_without_a_signature_nothing_is_raised() -> None:
    empty = cms.encode_signed_data(b"x", digest_algorithms=(), certificates=(), signer_infos=())
    with pytest.raises(AugmentationRefused) as caught:
        raised(empty, "B-T")
    assert caught.value.values["reason"] == "no signature"


def test_what_an_older_archive_time_stamp_covers_is_left_alone() -> None:
    frame = Frame.read(raised(basic(), "B-T"))
    old = Attribute(cades.ARCHIVE_TIME_STAMP_V2, (der.sequence(der.integer(1)),))
    archived = frame.with_signers(s.adding(old) for s in frame.signers).encode()
    with pytest.raises(AugmentationRefused) as caught:
        raised(archived, "B-LT")
    assert "version 2" in caught.value.values["reason"]


def test_a_signer_whose_certificate_is_nowhere_is_refused() -> None:
    frame = Frame.read(basic())
    bare = replace(frame, certificates=()).encode()
    with pytest.raises(AugmentationRefused) as caught:
        raised(bare, "B-LT")
    assert "certificate" in caught.value.values["reason"]


def test_an_authority_that_refuses_is_an_error() -> None:
    with pytest.raises(TimeStampFailed) as caught:
        signing.augment(basic(), "B-T", tsa=lambda _: encode_rejection(Failure.SYSTEM_FAILURE), at=LATER)
    assert caught.value.code == "tsp-refused"


def test_a_cut_signature_never_escapes() -> None:
    signed = raised(basic(document=b"x"), "B-T")
    for length in range(0, len(signed), 37):
        with pytest.raises(MalformedInput):
            raised(signed[:length], "B-T")
    with pytest.raises(EsignError):
        raised(signed + b"\0", "B-T")


TARGET = raised(basic(document=b"x"), "B-LTA")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(TARGET) - 1), st.integers(1, 255))
def test_a_changed_signature_is_raised_or_refused(position: int, change: int) -> None:
    changed = bytearray(TARGET)
    changed[position] ^= change
    try:
        raised(bytes(changed), "B-LTA")
    except EsignError as e:
        assert e.code


def test_a_document_of_a_file_is_archived() -> None:
    high = signing.augment(
        basic(detached=True),
        "B-LTA",
        tsa=pki().time_stamper(LATER, issued=AT),
        at=LATER,
        trust=pki().trust,
        material=lists(),
        document=Content.of(io.BytesIO(DOCUMENT)),
    )
    assert holds(high)
