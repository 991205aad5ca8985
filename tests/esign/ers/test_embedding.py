"""Evidence records in CMS: over the object without them, whatever its encoding."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import der
from esign.algorithms import SHA256
from esign.attributes import Attribute
from esign.cades.unsigned import INTERNAL_EVIDENCE_RECORD
from esign.cms import SignedData
from esign.errors import EsignError, MalformedInput
from esign.ers import EvidenceRecord, embed, embedded_records, stamp_many, verify_structure
from esign.signing import add_signer, augment, sign
from tests.esign.ers.world import AT, digester, digesters, pki, tsa

DOCUMENT = b"a contract"


@cache
def signature(level: str = "B-B", *, detached: bool = False) -> bytes:
    found = sign(DOCUMENT, pki().signer(), at=AT, detached=detached)
    return augment(found, "B-T", tsa=tsa(), at=AT) if level == "B-T" else found


def recorded(data: bytes, *more: bytes) -> bytes:
    """The evidence record over `data`, or over a group of it and more."""
    hashes = tuple(SHA256.of(one) for one in (data, *more))
    return stamp_many([hashes], tsa())[0].raw


def test_a_record_comes_out_as_it_went_in_and_what_is_left_is_the_signature_before() -> None:
    for data in (signature(), signature("B-T")):
        record = recorded(data)
        whole = embed(data, record)
        (found,) = embedded_records(whole)
        assert (found.record, found.external, found.data_object) == (record, False, data)
        assert len(SignedData.read(whole).signer_infos) == 1


def test_the_record_is_over_what_is_left() -> None:
    (found,) = embedded_records(embed(signature(), recorded(signature())))
    record = EvidenceRecord.read(found.record)
    assert verify_structure(record, [digester(found.data_object)]).findings == ()


def test_an_external_record_is_over_the_content_too() -> None:
    data = signature(detached=True)
    (found,) = embedded_records(embed(data, recorded(data, DOCUMENT), external=True))
    assert found.external
    record = EvidenceRecord.read(found.record)
    assert verify_structure(record, digesters(found.data_object, DOCUMENT), exactly=True).findings == ()


def test_a_later_record_is_over_the_earlier_ones() -> None:
    """RFC 4998 Appendix A: for the nth record the first n-1 remain."""
    first = embed(signature(), recorded(signature()))
    second = embed(first, recorded(first))
    found = embedded_records(second)
    assert [one.data_object for one in found] == [signature(), first]
    for one in found:
        structure = verify_structure(EvidenceRecord.read(one.record), [digester(one.data_object)])
        assert structure.findings == ()


def test_values_of_one_attribute_are_over_the_same() -> None:
    one, two = sorted((recorded(signature()), recorded(signature())))
    place = Attribute(INTERNAL_EVIDENCE_RECORD, (one, two))
    whole = embed(signature(), one)
    single = Attribute(INTERNAL_EVIDENCE_RECORD, (one,)).encode()
    grown = _with(whole, single, place.encode())
    assert [(f.record, f.data_object) for f in embedded_records(grown)] == [
        (one, signature()),
        (two, signature()),
    ]


def _with(whole: bytes, old: bytes, new: bytes) -> bytes:
    """`whole` with an element replaced, and the lengths around adapted."""

    def grown(element: der.TLV) -> bytes:
        if element.raw == old:
            return new
        if not element.constructed or old not in element.content:
            return element.raw
        return der.tlv(element.tag, *map(grown, element.children()))

    return grown(der.decode(whole))


def test_the_record_stands_in_the_first_signature() -> None:
    two = add_signer(signature(), pki().signer("Second Signer"), at=AT)
    whole = embed(two, recorded(two))
    (found,) = embedded_records(whole)
    assert found.data_object == two
    firsts = [
        INTERNAL_EVIDENCE_RECORD in {a.oid for a in info.unsigned_attributes}
        for info in SignedData.read(whole).signer_infos
    ]
    assert firsts == [True, False]


def indefinite(element: der.TLV, depth: int) -> bytes:
    if not depth or not element.constructed:
        return element.raw
    inner = b"".join(indefinite(child, depth - 1) for child in element.children())
    return element.data[element.start : element.start + 1] + b"\x80" + inner + b"\0\0"


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5, 6])
def test_lengths_that_were_indefinite_stay_so(depth: int) -> None:
    data = indefinite(der.decode(signature("B-T")), depth)
    (found,) = embedded_records(embed(data, recorded(data)))
    assert found.data_object == data


def test_a_signature_without_records_has_none() -> None:
    assert embedded_records(signature()) == embedded_records(signature("B-T")) == ()


def test_records_are_bounded() -> None:
    data = signature()
    for _ in range(17):
        data = embed(data, der.sequence())
    with pytest.raises(MalformedInput) as caught:
        embedded_records(data)
    assert caught.value.code == "cms-malformed"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no CMS",
        der.sequence(der.oid("1.2.840.113549.1.7.1"), der.explicit(0, der.octet_string(b""))),
        der.sequence(der.oid("1.2.840.113549.1.7.2"), der.explicit(0, der.null())),
        der.sequence(der.oid("1.2.840.113549.1.7.2"), der.explicit(0, der.sequence())),
        der.sequence(der.oid("1.2.840.113549.1.7.2"), der.explicit(0, der.sequence(der.set_of(())))),
    ],
    ids=["empty", "text", "data", "null", "no-fields", "no-signature"],
)
def test_what_is_no_signature_is_refused(data: bytes) -> None:
    for call in (embedded_records, lambda found: embed(found, der.null())):
        with pytest.raises(MalformedInput) as caught:
            call(data)
        assert caught.value.code == "cms-malformed"


def test_a_signature_that_is_cut_anywhere_is_refused() -> None:
    whole = embed(signature(), der.sequence())
    for size in range(len(whole)):
        with pytest.raises(MalformedInput):
            embedded_records(whole[:size])


@given(st.data())
def test_a_changed_octet_raises_nothing_foreign(data: st.DataObject) -> None:
    raw = bytearray(embed(signature(), der.sequence()))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        embedded_records(bytes(raw))
    except EsignError as e:
        assert e.code == "cms-malformed"
