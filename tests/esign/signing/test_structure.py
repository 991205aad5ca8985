"""Signatures are joined, taken apart and countersigned; what does not belong together is refused."""

from dataclasses import replace

import pytest

from esign import cades, cms, der, signing
from esign.algorithms import SHA256, SHA384
from esign.attributes import Attribute
from esign.cades import Claims
from esign.cms import SignedData
from esign.errors import EsignError
from esign.findings import Indication
from esign.signing import StructureRefused
from esign.signing.frame import Frame, other_revocation
from esign.validation import signature as signatures
from esign.validation.report import Report
from tests.esign.signing.world import AT, DOCUMENT, LATER, basic, lists, pki, raised, signer

SECOND = "Karimova K."


def judged(signed: bytes, document: bytes | None = None) -> Report:
    return signatures.verify(signed, document=document, trust=pki().trust, at=LATER, material=lists())


def passes(signed: bytes, document: bytes | None = None, signers: int = 1) -> bool:
    report = judged(signed, document)
    return report.indication is Indication.TOTAL_PASSED and len(report.signatures) == signers


def test_a_detached_signature_is_attached_and_detached_again() -> None:
    signed = basic(detached=True)
    attached = signing.attach(signed, DOCUMENT)
    assert passes(attached) and attached == signing.attach(signing.detach(attached)[0], DOCUMENT)
    assert signing.detach(attached) == (signed, DOCUMENT)


def test_another_document_is_not_attached() -> None:
    with pytest.raises(StructureRefused) as caught:
        signing.attach(basic(detached=True), b"other")
    assert caught.value.code == "structure-refused"
    assert "not the one" in caught.value.values["reason"]


def test_what_is_attached_is_not_attached_again_nor_detached_twice() -> None:
    with pytest.raises(StructureRefused, match="holds its document"):
        signing.attach(basic(), DOCUMENT)
    with pytest.raises(StructureRefused, match="holds no document"):
        signing.detach(basic(detached=True))


@pytest.mark.parametrize(("first", "second"), [(False, False), (True, False), (False, True), (True, True)])
def test_signatures_over_one_content_become_one(first: bool, second: bool) -> None:
    both = signing.join([basic(detached=first), basic(detached=second, name=SECOND)])
    read = SignedData.read(both)
    assert (read.content is None) == (first and second)
    assert passes(both, DOCUMENT if read.content is None else None, signers=2)
    assert len(read.certificates) == 3


def test_a_signature_joined_with_itself_stays_one() -> None:
    signed = basic()
    assert signing.join([signed, signed]) == signed


def test_the_digest_algorithms_of_all_stand_in_the_join() -> None:
    other = signing.sign(DOCUMENT, signer("Tosh T.", "p-384"), at=AT)
    both = SignedData.read(signing.join([basic(), other]))
    assert {a.oid for a in both.digest_algorithms} == {SHA256.oid, SHA384.oid}


def test_different_documents_are_not_joined() -> None:
    for detached in (False, True):
        with pytest.raises(StructureRefused):
            signing.join([basic(detached=detached), basic(detached=detached, name=SECOND, document=b"other")])
    with pytest.raises(StructureRefused):
        signing.join([basic(), basic(detached=True, name=SECOND, document=b"other")])


def test_digests_that_cannot_be_compared_need_the_document() -> None:
    other = signing.sign(DOCUMENT, signer("Tosh T.", "p-384"), at=AT, detached=True)
    with pytest.raises(StructureRefused, match="document is needed"):
        signing.join([basic(detached=True), other])
    assert passes(signing.join([basic(detached=True), other], document=DOCUMENT), DOCUMENT, signers=2)


def test_nothing_is_no_join() -> None:
    with pytest.raises(ValueError, match="at least one"):
        signing.join([])


@pytest.mark.parametrize("detached", [False, True])
def test_a_signer_is_added_beside_the_others(detached: bool) -> None:
    document = DOCUMENT if detached else None
    claims = Claims(commitments=(cades.PROOF_OF_APPROVAL,))
    both = signing.add_signer(
        basic(detached=detached), signer(SECOND), at=AT, document=document, claims=claims
    )
    assert passes(both, document, signers=2)
    said = [cades.read_claims(i).commitments for i in SignedData.read(both).signer_infos]
    assert sorted(said) == [(), (cades.PROOF_OF_APPROVAL,)]


@pytest.mark.parametrize("document", [None, b"other"])
def test_a_signer_is_not_added_to_another_document(document: bytes | None) -> None:
    with pytest.raises(StructureRefused):
        signing.add_signer(basic(detached=True), signer(SECOND), at=AT, document=document)


def test_a_countersignature_signs_the_signature_and_has_no_content_type() -> None:
    """RFC 5652 §11.4."""
    signed = signing.countersign(basic(), signer(SECOND), at=LATER)
    info = SignedData.read(signed).signer_infos[0]
    (counter,) = cades.countersignatures(info)
    assert counter.content_type is None
    assert counter.message_digest == SHA256.of(info.signature)
    assert passes(signed)


def test_one_of_several_signers_can_be_countersigned() -> None:
    both = signing.join([basic(), basic(name=SECOND)])
    signed = SignedData.read(signing.countersign(both, signer("Tosh T.", "p-384"), at=LATER, which=1))
    assert [len(cades.countersignatures(i)) for i in signed.signer_infos] in ([0, 1], [1, 0])
    for wrong in (2, -1):
        with pytest.raises(StructureRefused, match="no such signer"):
            signing.countersign(both, signer(SECOND), at=LATER, which=wrong)


def test_an_archive_time_stamp_still_covers_after_joining_and_detaching() -> None:
    archived = raised(basic(), "B-LTA")
    signature, document = signing.detach(signing.join([archived, basic(name=SECOND)]))
    read = SignedData.read(signature)
    (one,) = [i for i in read.signer_infos if cades.archive_time_stamps(i)]
    token = SignedData.read(cades.archive_time_stamps(one)[0].token).signer_infos[0]
    index = cades.HashIndex.read(token)
    assert index is not None and index.check(read, one) == ()
    assert document == DOCUMENT


def test_what_an_older_archive_time_stamp_covers_is_left_alone() -> None:
    frame = Frame.read(basic())
    old = Attribute(cades.ARCHIVE_TIME_STAMP_V2, (der.sequence(der.integer(1)),))
    archived = frame.with_signers(s.adding(old) for s in frame.signers).encode()
    for act in (
        lambda: signing.detach(archived),
        lambda: signing.join([archived]),
        lambda: signing.countersign(archived, signer(SECOND), at=LATER),
        lambda: signing.add_signer(archived, signer(SECOND), at=LATER),
    ):
        with pytest.raises(StructureRefused, match="version 2"):
            act()


@pytest.mark.parametrize(
    ("change", "version"),
    [
        ({}, 1),
        ({"crls": (other_revocation(der.sequence()),)}, 5),
        ({"certificates": (der.tlv(der.context(3), b""),)}, 5),
        ({"certificates": (der.tlv(der.context(2), b""),)}, 4),
        ({"certificates": (der.tlv(der.context(1), b""),)}, 3),
        ({"content_type": "2.999.1"}, 3),
    ],
)
def test_the_version_follows_the_parts(change: dict[str, object], version: int) -> None:
    """RFC 5652 §5.1."""
    assert replace(Frame.read(basic()), **change).version == version  # type: ignore[arg-type]


def test_a_frame_goes_round() -> None:
    for signed in (basic(), basic(detached=True), raised(basic(), "B-LTA")):
        assert Frame.read(signed).encode() == signed


def test_a_cut_signature_never_escapes() -> None:
    signed = basic(document=b"x")
    for length in range(len(signed)):
        with pytest.raises(EsignError):
            Frame.read(signed[:length])
    with pytest.raises(EsignError):
        signing.detach(cms.encode_content_info(cms.DATA, der.octet_string(b"")))
