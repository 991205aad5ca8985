"""What a signer claims is written and read again, and what is broken is named."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import cades, cms, der
from esign.algorithms import SHA256, SHA512
from esign.attributes import Attribute
from esign.cades import Claims, ContentHints, ContentReference, SignaturePolicy, SignerLocation
from esign.errors import EsignError, MalformedInput
from tests.esign.cades.world import info_with

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)
OIDS = st.sampled_from([cades.PROOF_OF_ORIGIN, cades.PROOF_OF_APPROVAL, "2.999.1.2.3"])
POLICY = SignaturePolicy.of("2.999.7", b"the policy", SHA512, uri="https://policy.example/7")
FULL = Claims(
    policy=POLICY,
    commitments=(cades.PROOF_OF_ORIGIN, cades.PROOF_OF_CREATION),
    location=SignerLocation("UZ", "Toshkent", ("Amir Temur 1", "100000")),
    roles=("director", "boshliq"),
    content_hints=ContentHints(cms.DATA, "an agreement"),
    content_identifier=b"id",
    content_reference=ContentReference(cms.DATA, b"theirs", b"signature"),
    mime_type="application/pdf",
    content_time_stamps=(der.sequence(der.integer(1)),),
)


def read(*attributes: Attribute) -> Claims:
    return cades.read_claims(info_with(attributes))


def test_every_claim_is_read_as_it_was_written() -> None:
    assert read(*cades.encode_claims(FULL)) == FULL


@given(
    st.builds(
        Claims,
        commitments=st.lists(OIDS, max_size=3, unique=True).map(lambda c: tuple(sorted(c, key=der.oid))),
        roles=st.lists(TEXT, max_size=3).map(tuple),
        mime_type=st.just("") | TEXT,
        location=st.none() | st.builds(SignerLocation, TEXT, TEXT, st.tuples(TEXT)),
        policy=st.none()
        | st.builds(SignaturePolicy, OIDS, st.just(SHA256.identifier), st.binary(max_size=64)),
    )
)
def test_claims_go_round(claims: Claims) -> None:
    assert read(*cades.encode_claims(claims)) == claims


def test_without_attributes_nothing_is_claimed() -> None:
    assert read() == Claims()
    assert Claims().to_dict() == {}


def test_claims_are_told_for_json() -> None:
    told = FULL.to_dict()
    assert told["commitments"] == [cades.PROOF_OF_ORIGIN, cades.PROOF_OF_CREATION]
    assert told["location"] == {
        "country": "UZ",
        "locality": "Toshkent",
        "postal_address": ["Amir Temur 1", "100000"],
    }
    assert told["policy"] == {
        "oid": "2.999.7",
        "digest": SHA512.of(b"the policy").hex(),
        "uri": "https://policy.example/7",
        "user_notice": "",
    }
    assert told["content_time_stamps"] == 1


def test_an_implied_policy_is_a_null() -> None:
    (attribute,) = cades.encode_claims(Claims(policy=SignaturePolicy(implied=True)))
    assert attribute.values == (der.null(),)
    assert read(attribute).policy == SignaturePolicy(implied=True)
    assert read(attribute).to_dict()["policy"] == {"implied": True}


def test_a_policy_may_lack_its_digest_but_is_not_written_so() -> None:
    value = der.sequence(der.oid("2.999.7"))
    assert read(Attribute(cades.SIGNATURE_POLICY, (value,))).policy == SignaturePolicy("2.999.7")
    with pytest.raises(ValueError, match="digest"):
        cades.encode_claims(Claims(policy=SignaturePolicy("2.999.7")))


def test_qualifiers_without_a_digest_are_told_from_a_digest() -> None:
    uri = der.sequence(der.oid("1.2.840.113549.1.9.16.5.1"), der.tlv(der.IA5_STRING, b"http://p.example"))
    value = der.sequence(der.oid("2.999.7"), der.sequence(uri))
    found = read(Attribute(cades.SIGNATURE_POLICY, (value,))).policy
    assert found is not None and (found.digest, found.uri) == (None, "http://p.example")


def test_a_user_notice_with_a_reference_is_read() -> None:
    reference = der.sequence(der.utf8("Org"), der.sequence(der.integer(1)))
    notice = der.sequence(der.oid("1.2.840.113549.1.9.16.5.2"), der.sequence(reference, der.utf8("read it")))
    value = der.sequence(
        der.oid("2.999.7"),
        der.sequence(SHA256.identifier.encode(), der.octet_string(b"d")),
        der.sequence(notice),
    )
    found = read(Attribute(cades.SIGNATURE_POLICY, (value,))).policy
    assert found is not None and found.user_notice == "read it"


def test_claimed_and_certified_attributes_of_the_old_kind_are_read() -> None:
    claimed = der.sequence(der.sequence(der.oid("2.5.4.41"), der.set_of([der.utf8("clerk")])))
    certified = der.explicit(1, der.sequence(der.integer(7)))
    value = der.sequence(der.explicit(0, claimed), certified)
    found = read(Attribute(cades.SIGNER_ATTRIBUTES, (value,)))
    assert (found.roles, found.certified_attributes) == (("clerk",), (certified,))


def test_a_role_by_its_syntax_is_read() -> None:
    """RoleSyntax of RFC 5755 §4.4.5: the name under [1]."""
    name = der.tlv(der.context(6, constructed=False), b"urn:role:clerk")
    role = der.sequence(der.explicit(1, name))
    claimed = der.sequence(der.sequence(der.oid("2.5.4.72"), der.set_of([role])))
    value = der.sequence(der.explicit(0, claimed))
    assert read(Attribute(cades.SIGNER_ATTRIBUTES_V2, (value,))).roles == ("urn:role:clerk",)


def test_an_address_under_an_implicit_tag_is_read() -> None:
    value = der.sequence(der.implicit(2, der.sequence(der.utf8("line"))))
    found = read(Attribute(cades.SIGNER_LOCATION, (value,))).location
    assert found == SignerLocation(postal_address=("line",))


@pytest.mark.parametrize("location", [SignerLocation(), SignerLocation(postal_address=("x",) * 7)])
def test_an_empty_or_long_location_is_not_written(location: SignerLocation) -> None:
    with pytest.raises(ValueError, match="location"):
        location.encode()


@pytest.mark.parametrize(
    ("oid", "value"),
    [
        (cades.SIGNATURE_POLICY, der.integer(1)),
        (cades.SIGNATURE_POLICY, der.sequence()),
        (cades.COMMITMENT_TYPE, der.integer(1)),
        (cades.SIGNER_LOCATION, der.sequence(der.integer(1))),
        (cades.SIGNER_LOCATION, der.sequence(der.explicit(0, der.utf8("x" * 5000)))),
        (cades.SIGNER_ATTRIBUTES_V2, der.sequence(der.explicit(0, der.sequence(der.integer(1))))),
        (cades.CONTENT_HINTS, der.sequence()),
        (cades.CONTENT_REFERENCE, der.sequence(der.oid(cms.DATA))),
        (cades.MIME_TYPE, der.tlv(der.UTF8_STRING, b"\xff")),
    ],
)
def test_a_broken_claim_is_malformed(oid: str, value: bytes) -> None:
    with pytest.raises(MalformedInput) as raised:
        read(Attribute(oid, (value,)))
    assert raised.value.code == "cades-malformed"


@pytest.mark.parametrize("number", range(len(cades.encode_claims(FULL))))
def test_a_cut_claim_never_escapes(number: int) -> None:
    attribute = cades.encode_claims(FULL)[number]
    content = der.decode(attribute.values[0]).content
    tag = attribute.values[0][0]
    for length in range(len(content)):
        try:
            read(Attribute(attribute.oid, (der.tlv(tag, content[:length]),)))
        except EsignError:
            continue


@given(st.sampled_from([a.oid for a in cades.encode_claims(FULL)]), st.binary(max_size=60))
def test_any_octets_are_read_or_malformed(oid: str, content: bytes) -> None:
    try:
        read(Attribute(oid, (der.sequence(content),)))
    except EsignError as e:
        assert e.code


# --- claims in words ---


def test_claims_are_made_of_words() -> None:
    made = Claims.of(
        commitments=["approval", "2.999.1"],
        roles=["director"],
        country="UZ",
        locality="Toshkent",
        postal_address=["Amir Temur 1"],
        policy="2.999.7",
        policy_document=b"the policy",
        policy_uri="https://policy.example/7",
        mime_type="text/plain",
        description="a decree",
    )
    assert made == Claims(
        policy=SignaturePolicy.of("2.999.7", b"the policy", SHA256, uri="https://policy.example/7"),
        commitments=(cades.PROOF_OF_APPROVAL, "2.999.1"),
        location=SignerLocation("UZ", "Toshkent", ("Amir Temur 1",)),
        roles=("director",),
        content_hints=ContentHints(cms.DATA, "a decree"),
        mime_type="text/plain",
    )
    assert Claims.of() == Claims()
    assert Claims.of(policy="implied").policy == SignaturePolicy(implied=True)


@pytest.mark.parametrize(
    "words",
    [
        {"commitments": ["love"]},
        {"policy": "2.999.7"},
        {"policy": "ours", "policy_document": b"x"},
        {"policy": "implied", "policy_document": b"x"},
        {"policy_document": b"x"},
        {"policy_uri": "https://policy.example/7"},
    ],
    ids=lambda words: "-".join(words),
)
def test_words_that_claim_nothing_are_refused(words: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Claims.of(**words)
