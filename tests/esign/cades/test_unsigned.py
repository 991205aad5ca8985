"""Unsigned attributes: every instance is given, old references are read, nothing foreign escapes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import cades, der
from esign.algorithms import SHA1, SHA256
from esign.attributes import Attribute
from esign.cades import unsigned
from esign.errors import EsignError, LimitExceeded, MalformedInput
from esign.ocsp import OCSPResponse
from esign.testing import TestPKI
from esign.x509 import Certificate
from tests.esign.cades.world import HOLDER, encoded_info, info_with

ONE, TWO, THREE = (der.sequence(der.integer(n)) for n in (1, 2, 3))


def test_time_stamps_are_given_in_every_instance_and_in_order() -> None:
    info = info_with(
        (),
        [
            Attribute(cades.SIGNATURE_TIME_STAMP, (ONE, TWO)),
            Attribute(cades.ESC_TIME_STAMP, (TWO,)),
            Attribute(cades.REFERENCES_TIME_STAMP, (THREE,)),
            Attribute(cades.SIGNATURE_TIME_STAMP, (THREE,)),
        ],
    )
    assert cades.signature_time_stamps(info) == (ONE, TWO, THREE)
    assert cades.esc_time_stamps(info) == (TWO,)
    assert cades.reference_time_stamps(info) == (THREE,)


def test_archive_time_stamps_tell_version_and_position() -> None:
    info = info_with(
        (),
        [
            Attribute(cades.ARCHIVE_TIME_STAMP, (ONE,)),
            Attribute(cades.SIGNATURE_TIME_STAMP, (ONE,)),
            Attribute(cades.ARCHIVE_TIME_STAMP_V2, (TWO,)),
            Attribute(cades.ARCHIVE_TIME_STAMP_V3, (THREE,)),
        ],
    )
    found = cades.archive_time_stamps(info)
    assert [(a.version, a.token, a.position) for a in found] == [(1, ONE, 0), (2, TWO, 2), (3, THREE, 3)]


def test_evidence_records_tell_whether_they_are_external() -> None:
    info = info_with((), [cades.evidence_record(ONE), cades.evidence_record(TWO, external=True)])
    assert cades.evidence_records(info) == ((True, TWO), (False, ONE))


def test_countersignatures_are_read_and_bounded() -> None:
    inner = encoded_info()
    info = info_with((), [cades.countersignature(inner)])
    (found,) = cades.countersignatures(info)
    assert found.raw == inner
    many = info_with((), [Attribute(cades.COUNTERSIGNATURE, (inner,) * 65)])
    with pytest.raises(LimitExceeded) as raised:
        cades.countersignatures(many)
    assert raised.value.where == "countersignature"


def test_values_are_given_as_received_and_answers_wrapped() -> None:
    pki = TestPKI()
    signer = pki.signer()
    answer = OCSPResponse.load(pki.ocsp(Certificate.load(signer.certificate)))
    assert answer.basic is not None
    crl = pki.crls[0]
    values = der.sequence(der.explicit(0, der.sequence(crl)), der.explicit(1, der.sequence(answer.basic.raw)))
    info = info_with(
        (),
        [
            Attribute(cades.CERTIFICATE_VALUES, (der.sequence(HOLDER.certificate.raw),)),
            Attribute(cades.REVOCATION_VALUES, (values,)),
        ],
    )
    assert cades.certificate_values(info) == (HOLDER.certificate.raw,)
    crls, answers = cades.revocation_values(info)
    assert crls == (crl,)
    assert OCSPResponse.load(answers[0]) == answer


def test_references_are_read_in_both_forms_of_hash() -> None:
    named = der.sequence(
        der.sequence(der.explicit(4, HOLDER.certificate.issuer.raw)),
        der.integer(HOLDER.certificate.serial_number),
    )
    old = der.sequence(der.octet_string(SHA1.of(HOLDER.certificate.raw)), named)
    new = der.sequence(
        der.sequence(SHA256.identifier.encode(), der.octet_string(SHA256.of(HOLDER.certificate.raw)))
    )
    info = info_with((), [Attribute(cades.CERTIFICATE_REFERENCES, (der.sequence(old, new),))])
    first, second = cades.certificate_references(info)
    assert first.matches(HOLDER.certificate) and first.names(HOLDER.certificate)
    assert second.matches(HOLDER.certificate) and second.issuer is None


def test_references_to_lists_and_answers_are_read() -> None:
    by_hash = der.sequence(der.octet_string(b"c" * 20))
    without = der.sequence(der.sequence())
    value = der.sequence(
        der.sequence(
            der.explicit(0, der.sequence(der.sequence(by_hash))),
            der.explicit(1, der.sequence(der.sequence(without))),
        )
    )
    info = info_with((), [Attribute(cades.REVOCATION_REFERENCES, (value,))])
    found = cades.revocation_references(info)
    assert [(r.kind, r.value) for r in found] == [("crl", b"c" * 20), ("ocsp", None)]


def test_the_imprint_over_references_leaves_the_sequence_out() -> None:
    """RFC 5126 §6.3.5: signature, signature time stamp and references, of each type and values."""
    stamp = Attribute(cades.SIGNATURE_TIME_STAMP, (ONE,))
    references = Attribute(cades.CERTIFICATE_REFERENCES, (TWO,))
    info = info_with((), [references, stamp])
    bare = [der.oid(a.oid) + der.set_of(a.values) for a in (stamp, references)]
    assert cades.references_imprint(info, SHA256, with_signature=True) == SHA256.of(
        b"signature" + bare[0] + bare[1]
    )
    assert cades.references_imprint(info, SHA256, with_signature=False) == SHA256.of(bare[1])


READERS = [
    (cades.CERTIFICATE_VALUES, cades.certificate_values),
    (cades.REVOCATION_VALUES, cades.revocation_values),
    (cades.CERTIFICATE_REFERENCES, cades.certificate_references),
    (cades.REVOCATION_REFERENCES, cades.revocation_references),
]


@pytest.mark.parametrize("number", range(len(READERS)))
def test_what_is_no_such_attribute_is_malformed(number: int) -> None:
    oid, reader = READERS[number]
    with pytest.raises(MalformedInput) as raised:
        reader(info_with((), [Attribute(oid, (der.integer(1),))]))
    assert raised.value.code == "cades-malformed"


@given(st.sampled_from(range(len(READERS))), st.binary(max_size=60))
def test_any_octets_are_read_or_malformed(number: int, content: bytes) -> None:
    oid, reader = READERS[number]
    try:
        reader(info_with((), [Attribute(oid, (der.sequence(content),))]))
    except EsignError as e:
        assert e.code


def test_every_time_stamp_attribute_is_known_as_one() -> None:
    assert unsigned.TIME_STAMPS == {
        cades.SIGNATURE_TIME_STAMP,
        cades.ESC_TIME_STAMP,
        cades.REFERENCES_TIME_STAMP,
        cades.ARCHIVE_TIME_STAMP,
        cades.ARCHIVE_TIME_STAMP_V2,
        cades.ARCHIVE_TIME_STAMP_V3,
    }
