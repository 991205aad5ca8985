"""What an archive time stamp covers, octet by octet, and what happens when something is taken away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import cades, cms, der
from esign.algorithms import OZDST_1106, SHA256, SHA512, AlgorithmIdentifier
from esign.attributes import Attribute
from esign.cades import HashIndex
from esign.cms import SignedData
from esign.content import Content
from esign.errors import EsignError, MalformedInput, UnsupportedAlgorithm
from tests.esign.cades.world import HOLDER, info_with, signed_data
from tests.esign.people import signatory

ONE, TWO = (der.sequence(der.integer(n)) for n in (1, 2))
STAMP = Attribute(cades.SIGNATURE_TIME_STAMP, (ONE,))
OTHER = Attribute(cades.SIGNATURE_TIME_STAMP, (TWO,))
CRL = der.sequence(der.integer(9))
ANSWER = der.sequence(der.integer(8))
OCSP = der.tlv(der.context(1), der.oid(cms.OCSP_RESPONSE), ANSWER)


def index_of(signed: SignedData) -> HashIndex:
    attribute = cades.hash_index_v3(signed, signed.signer_infos[0], SHA256)
    found = HashIndex.read(info_with((), [attribute]))
    assert found is not None
    return found


def test_the_index_hashes_each_certificate_list_and_value_with_its_type() -> None:
    """EN 319 122-1 cl. 5.5.2."""
    index = index_of(signed_data(STAMP, crls=(CRL, OCSP)))
    assert (index.version, index.algorithm) == (3, SHA256.identifier)
    assert index.certificates == (SHA256.of(HOLDER.certificate.raw),)
    assert index.crls == (SHA256.of(CRL), SHA256.of(OCSP))
    assert index.attributes == (SHA256.of(der.oid(cades.SIGNATURE_TIME_STAMP) + ONE),)


def test_what_is_added_later_does_no_harm() -> None:
    index = index_of(signed_data(STAMP))
    grown = signed_data(STAMP, OTHER, crls=(CRL,))
    assert index.check(grown, grown.signer_infos[0]) == ()


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        ((STAMP,), (), "unsignedAttrs"),
        ((STAMP, OTHER), (STAMP,), "unsignedAttrs"),
        ((STAMP,), (OTHER,), "unsignedAttrs"),
    ],
)
def test_an_attribute_that_is_gone_is_found_missing(
    before: tuple[Attribute, ...], after: tuple[Attribute, ...], where: str
) -> None:
    index, now = index_of(signed_data(*before)), signed_data(*after)
    (finding,) = index.check(now, now.signer_infos[0])
    assert (finding.code, finding.where) == ("ats-hash-index-unmatched", where)
    assert dict(finding.values) == {"count": "1"}


def test_a_list_and_a_certificate_that_are_gone_are_found_missing() -> None:
    index, now = index_of(signed_data(crls=(CRL, OCSP))), signed_data(crls=(CRL,))
    assert [f.where for f in index.check(now, now.signer_infos[0])] == ["crls"]
    other = signed_data(crls=(CRL, OCSP), holder=signatory("p-384"))
    assert [f.where for f in index.check(other, other.signer_infos[0])] == ["certificates"]


def older(version: str, *parts: bytes) -> Attribute:
    return Attribute(version, (der.sequence(*parts),))


@pytest.mark.parametrize("oid", [cades.HASH_INDEX, cades.HASH_INDEX_V2])
def test_the_older_index_hashes_whole_attributes_and_may_leave_sha_256_out(oid: str) -> None:
    signed = signed_data(STAMP)
    hashes = [der.sequence(der.octet_string(SHA256.of(HOLDER.certificate.raw))), der.sequence()]
    attribute = older(oid, *hashes, der.sequence(der.octet_string(SHA256.of(STAMP.encode()))))
    index = HashIndex.read(info_with((), [attribute]))
    assert index is not None and index.algorithm == SHA256.identifier
    assert index.check(signed, signed.signer_infos[0]) == ()
    assert index.check(signed_data(), signed_data().signer_infos[0])[0].where == "unsignedAttrs"


def test_an_unknown_digest_of_the_index_is_a_finding() -> None:
    empty = (der.sequence(),) * 3
    attribute = older(cades.HASH_INDEX_V3, AlgorithmIdentifier("1.2.3").encode(), *empty)
    index = HashIndex.read(info_with((), [attribute]))
    assert index is not None
    assert [f.code for f in index.check(signed_data(), signed_data().signer_infos[0])] == [
        "unsupported-algorithm"
    ]


def test_an_index_by_a_digest_in_python_is_refused() -> None:
    empty = (der.sequence(),) * 3
    attribute = older(cades.HASH_INDEX_V3, OZDST_1106.identifier.encode(), *empty)
    index = HashIndex.read(info_with((), [attribute]))
    assert index is not None
    signed = signed_data()
    assert [f.code for f in index.check(signed, signed.signer_infos[0])] == ["unsupported-algorithm"]
    with pytest.raises(UnsupportedAlgorithm):
        cades.covered_by_v3(signed, signed.signer_infos[0], index)


@pytest.mark.parametrize(
    "attributes",
    [
        [older(cades.HASH_INDEX_V3)],
        [older(cades.HASH_INDEX_V3, der.sequence(), der.sequence())],
        [older(cades.HASH_INDEX_V3, *(der.sequence(der.integer(1)),) * 3)],
        [older(cades.HASH_INDEX_V3, *(der.sequence(),) * 3), older(cades.HASH_INDEX, *(der.sequence(),) * 3)],
        [Attribute(cades.HASH_INDEX_V3, (der.integer(1),))],
    ],
)
def test_a_broken_index_is_malformed(attributes: list[Attribute]) -> None:
    with pytest.raises(MalformedInput) as raised:
        HashIndex.read(info_with((), attributes))
    assert raised.value.code == "cades-malformed"


def test_without_the_attribute_there_is_no_index() -> None:
    assert HashIndex.read(info_with()) is None


@given(st.binary(max_size=80))
def test_any_octets_are_an_index_or_malformed(content: bytes) -> None:
    try:
        HashIndex.read(info_with((), [older(cades.HASH_INDEX_V3, content)]))
    except EsignError as e:
        assert e.code


def test_the_imprint_of_version_3_is_put_together_as_the_standard_says() -> None:
    """EN 319 122-1 cl. 5.5.3: type, digest of the content, fields of the SignerInfo, index."""
    signed = signed_data(STAMP)
    info, index = signed.signer_infos[0], index_of(signed).raw
    fields = b"".join(part.raw for part in list(der.decode(info.raw).children())[:6])
    wanted = SHA512.of(der.oid(cms.DATA) + SHA512.of(b"document") + fields + index)
    content = Content.of(b"document")
    assert cades.archive_imprint_v3(signed, info, index, content=content, by=SHA512) == wanted
    assert info.signed_attributes_raw is not None and info.signed_attributes_raw in fields


def _imprints(signed: SignedData, *before: bytes) -> list[bytes]:
    info = signed.signer_infos[0]
    return list(cades.archive_imprints_v2(signed, info, before, content=Content.of(b"document"), by=SHA256))


def test_the_imprint_of_version_2_covers_the_fields_as_they_stand() -> None:
    """RFC 5126 §6.4.1, with and without the tag and length of the unsigned attributes."""
    signed = signed_data(STAMP, crls=(CRL,))
    fields = b"".join(part.raw for part in list(der.decode(signed.signer_infos[0].raw).children())[:6])
    encapsulated = der.sequence(der.oid(cms.DATA), der.explicit(0, der.octet_string(b"document")))
    certificates = der.tlv(der.context(0), HOLDER.certificate.raw)
    front = encapsulated + certificates + der.tlv(der.context(1), CRL) + fields
    assert _imprints(signed) == [
        SHA256.of(front + der.tlv(der.context(1), STAMP.encode())),
        SHA256.of(front + STAMP.encode()),
    ]


def test_version_2_covers_the_document_of_a_detached_signature_after_its_frame() -> None:
    signed = signed_data(content=None)
    fields = b"".join(part.raw for part in list(der.decode(signed.signer_infos[0].raw).children())[:6])
    front = der.sequence(der.oid(cms.DATA)) + b"document" + der.tlv(der.context(0), HOLDER.certificate.raw)
    assert _imprints(signed) == [SHA256.of(front + fields)]


def test_version_2_covers_earlier_archive_time_stamps_only() -> None:
    archived = Attribute(cades.ARCHIVE_TIME_STAMP_V2, (TWO,))
    assert _imprints(signed_data(STAMP, archived)) == _imprints(signed_data(STAMP))
    assert _imprints(signed_data(STAMP, archived), TWO) != _imprints(signed_data(STAMP))


def test_ber_is_tried_as_it_came_and_as_der() -> None:
    der_form = signed_data(STAMP)
    stretched = b"\xa0\x80" + HOLDER.certificate.raw + b"\0\0"
    plain = der.tlv(der.context(0), HOLDER.certificate.raw)
    inner = der.decode(der_form.raw).content
    wrapped = der.decode_prefix(inner, len(der.oid(cms.SIGNED_DATA)))
    body = wrapped.only().content.replace(plain, stretched)
    ber = SignedData.read(cms.encode_content_info(cms.SIGNED_DATA, der.sequence(body)))
    found = _imprints(ber)
    assert len(found) == 4 and found[2:] == _imprints(der_form)
    index = index_of(der_form)
    assert index.check(ber, ber.signer_infos[0]) == ()


@pytest.mark.parametrize(
    ("ber", "wanted"),
    [
        (b"\x30\x80\x02\x01\x05\x00\x00", der.sequence(der.integer(5))),
        (b"\x24\x80\x04\x01a\x04\x01b\x00\x00", der.octet_string(b"ab")),
        (b"\x04\x81\x01a", der.octet_string(b"a")),
        (b"\x31\x06\x02\x01\x05\x02\x01\x04", der.set_of([der.integer(4), der.integer(5)])),
        (b"\x30\x05\x02", b"\x30\x05\x02"),
    ],
)
def test_ber_is_put_into_der(ber: bytes, wanted: bytes) -> None:
    assert cades.as_der(ber) == wanted


@given(st.binary(max_size=64))
def test_whatever_is_put_into_der_stays_so(octets: bytes) -> None:
    once = cades.as_der(octets)
    assert cades.as_der(once) == once


def test_what_is_covered_is_told_with_what_stands_inside() -> None:
    values = Attribute(cades.CERTIFICATE_VALUES, (der.sequence(HOLDER.certificate.raw, ONE),))
    signed = signed_data(STAMP, values, crls=(CRL, OCSP))
    info, index = signed.signer_infos[0], index_of(signed)
    found = cades.covered_by_v3(signed, info, index)
    assert {HOLDER.certificate.raw, CRL, OCSP, ANSWER, ONE, values.values[0]} <= set(found)
    grown = signed_data(STAMP, values, OTHER, crls=(CRL, OCSP, der.sequence(der.integer(7))))
    assert set(cades.covered_by_v3(grown, grown.signer_infos[0], index)) == set(found)


def test_what_stands_in_a_covered_token_is_covered() -> None:
    token = signed_data(crls=(CRL,)).raw
    signed = signed_data(Attribute(cades.SIGNATURE_TIME_STAMP, (token,)), crls=(OCSP,))
    found = cades.covered_by_v3(signed, signed.signer_infos[0], index_of(signed))
    assert {token, CRL, ANSWER} <= set(found)


def test_version_2_covers_everything_but_later_archive_time_stamps() -> None:
    archived = Attribute(cades.ARCHIVE_TIME_STAMP_V3, (TWO,))
    signed = signed_data(STAMP, archived, crls=(OCSP,))
    info = signed.signer_infos[0]
    assert set(cades.covered_by_v2(signed, info)) == {HOLDER.certificate.raw, OCSP, ANSWER, ONE}
    assert TWO in cades.covered_by_v2(signed, info, (TWO,))
