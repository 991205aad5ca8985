"""One signature refers to another (RFC 2634 §2.11)."""

from dataclasses import replace

import pytest

from esign import cms, signing
from esign.attributes import Attribute
from esign.cades import Claims, encode_claims, read_claims
from esign.errors import MalformedInput
from esign.ess import Party, reference_to, refers_to, request_receipt
from tests.esign.people import AT, signatory

SIGNER = signatory("p-256").signer
IDENTIFIER = encode_claims(Claims(content_identifier=b"letter 1"))
REQUEST = request_receipt((Party.of("alice@a.test"),), identifier=b"letter 2").attribute()


def signed(*attributes: Attribute, text: bytes = b"Salom") -> cms.SignerInfo:
    return cms.SignedData.read(signing.sign(text, SIGNER, at=AT, attributes=attributes)).signer_infos[0]


@pytest.mark.parametrize(
    ("attributes", "identifier"),
    [(IDENTIFIER, b"letter 1"), ((REQUEST,), b"letter 2"), ((REQUEST, *IDENTIFIER), b"letter 1")],
    ids=["identifier", "request", "both"],
)
def test_a_reply_refers_to_its_letter(attributes: tuple[Attribute, ...], identifier: bytes) -> None:
    letter = signed(*attributes)
    reply = signed(*encode_claims(Claims(content_reference=reference_to(letter))))
    found = read_claims(reply).content_reference
    assert found is not None and found.identifier == identifier
    assert refers_to(found, letter)


def test_a_reference_means_one_signature_only() -> None:
    letter = signed(*IDENTIFIER)
    reference = reference_to(letter)
    for other in (signed(*IDENTIFIER, text=b"salom"), signed(*IDENTIFIER), signed()):
        assert not refers_to(reference, other)
    for changed in (
        replace(reference, identifier=b"letter 2"),
        replace(reference, content_type="1.2.3"),
        replace(reference, originator_signature=b""),
    ):
        assert not refers_to(changed, letter)


def test_a_signature_without_identifier_is_referred_to_by_none() -> None:
    with pytest.raises(MalformedInput) as caught:
        reference_to(signed())
    assert caught.value.code == "content-identifier-missing"
