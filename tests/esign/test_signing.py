"""What we sign is CAdES B-B, and anyone can verify it from the table of algorithms alone."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import cades, cms, signing
from esign.algorithms import RSA_SHA256, RSA_SHA512, SHA256, SHA384, digest, pss, signature_scheme
from esign.attributes import encode_attributes
from esign.cades import Claims, ContentHints, SignaturePolicy, SignerLocation
from esign.cms import SignedData
from esign.content import Content
from esign.der import decode, is_der
from esign.keys import Signer, SoftwareKey
from tests.esign.people import AT, Holder, root, signatory

KINDS = ["p-256", "p-384", "p-521", "rsa-2048", "ed25519", "ed448", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87"]


def holds(signed: SignedData, content: bytes, holder: Holder) -> bool:
    """Whether the first signer's signature and digest hold, by the table and nothing else."""
    info = signed.signer_infos[0]
    by = digest(info.digest_algorithm)
    scheme = signature_scheme(info.signature_algorithm, by)
    public = holder.private.public_key()
    return info.message_digest == by.of(content) and scheme.is_valid(
        public, info.signature, info.signed_message()
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("detached", [False, True])
def test_every_kind_of_key_signs(kind: str, detached: bool) -> None:
    holder = signatory(kind)
    data = signing.sign(b"letter", holder.signer, at=AT, detached=detached)
    signed = SignedData.read(data)
    assert signed.content == (None if detached else b"letter")
    assert holds(signed, b"letter", holder)
    assert not holds(signed, b"Letter", holder)


def test_a_signature_is_der_with_sorted_certificates() -> None:
    holder, other = signatory("p-256"), signatory("p-384")
    data = signing.sign(
        b"letter", holder.signer, at=AT, certificates=[other.certificate.raw, root().certificate.raw]
    )
    signed = SignedData.read(data)
    expected = {holder.certificate.raw, root().certificate.raw, other.certificate.raw}
    assert signed.certificates == tuple(sorted(expected))
    assert signed.signer_infos[0].signed_attributes_are_der
    assert is_der(decode(data))


def test_a_signature_is_of_level_b_b() -> None:
    holder = signatory("p-256")
    info = SignedData.read(signing.sign(b"letter", holder.signer, at=AT)).signer_infos[0]
    assert info.signed_attributes is not None
    assert {a.oid for a in info.signed_attributes} == {
        cms.CONTENT_TYPE,
        cms.MESSAGE_DIGEST,
        cms.SIGNING_TIME,
        cades.SIGNING_CERTIFICATE_V2,
        cades.ALGORITHM_PROTECTION,
    }
    assert (info.version, info.content_type, info.signing_time) == (1, cms.DATA, AT)
    (bound,) = cades.signing_certificates(info)
    assert bound.first.matches(holder.certificate)
    assert bound.first.names(holder.certificate)
    protection = cades.algorithm_protection(info)
    assert protection is not None
    assert protection.agrees_with(info)


def test_versions_follow_the_content_type() -> None:
    signed = SignedData.read(signing.sign(b"letter", signatory("p-256").signer, at=AT))
    assert (signed.version, signed.content_type) == (1, cms.DATA)


def test_signing_by_digest_is_signing_detached() -> None:
    holder = signatory("ed25519")
    by = holder.signer.signature_scheme.attribute_digest
    signed = SignedData.read(signing.sign_digest(by.of(b"letter"), holder.signer, at=AT))
    assert signed.content is None
    assert holds(signed, b"letter", holder)


def test_a_digest_of_another_size_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="size"):
        signing.sign_digest(SHA256.of(b"")[:20], signatory("p-256").signer, at=AT)


def test_a_naive_time_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="offset"):
        signing.sign(b"", signatory("p-256").signer, at=datetime(2026, 1, 1))  # noqa: DTZ001


def test_ml_dsa_has_sha_512_as_digest_and_signs_deterministic_structure() -> None:
    # RFC 9882 §3.3
    info = SignedData.read(signing.sign(b"letter", signatory("ml-dsa-65").signer, at=AT)).signer_infos[0]
    assert digest(info.digest_algorithm).name == "sha512"
    assert info.signature_algorithm.parameters is None


def test_a_scheme_of_the_signer_is_used() -> None:
    holder = signatory("rsa-2048")
    signer = Signer(SoftwareKey(holder.private), holder.certificate.raw, scheme=RSA_SHA256)
    signed = SignedData.read(signing.sign(b"letter", signer, at=AT))
    assert signed.signer_infos[0].signature_algorithm == RSA_SHA256.identifier
    assert holds(signed, b"letter", holder)


MOMENTS = st.integers(0, 8000 * 365 * 86400).map(
    lambda s: datetime(1950, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
)


@given(content=st.binary(max_size=400), at=MOMENTS)
def test_what_is_signed_is_read(content: bytes, at: datetime) -> None:
    holder = signatory("p-256")
    signed = SignedData.read(signing.sign(content, holder.signer, at=at))
    assert signed.content == content
    assert signed.signer_infos[0].signing_time == at
    assert holds(signed, content, holder)


CLAIMS = Claims(
    policy=SignaturePolicy.of("1.2.3.4", b"the policy", SHA256, uri="https://example.uz/policy"),
    commitments=(cades.PROOF_OF_ORIGIN,),
    location=SignerLocation(country="UZ", locality="Toshkent"),
    roles=("mudir",),
    content_hints=ContentHints(cms.DATA, "letter"),
    mime_type="text/plain",
)


def assembled(content: bytes | None, digest: bytes, holder: Holder, data: bytes, kind: str) -> bytes:
    """The same signature put together by the general encoders; the signature value is taken from `data`."""
    signer, info = holder.signer, SignedData.read(data).signer_infos[0]
    scheme, by = signer.signature_scheme, signer.signature_scheme.attribute_digest
    attributes = (
        cades.content_type(kind),
        cades.message_digest(digest),
        cades.signing_time(AT),
        cades.signing_certificate_v2(holder.certificate),
        cades.encode_algorithm_protection(by.identifier, scheme.identifier),
    )
    made = cms.encode_signer_info(
        cms.issuer_and_serial(holder.certificate),
        encode_attributes(attributes),
        lambda _: info.signature,
        digest_algorithm=by.identifier,
        signature_algorithm=scheme.identifier,
    )
    return cms.encode_signed_data(
        content,
        digest_algorithms=(by.identifier,),
        certificates=(signer.certificate, *signer.chain),
        signer_infos=(made,),
        content_type=kind,
    )


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 257, 10_240, 59_000, 61_440, 65_535, 70_000])
@pytest.mark.parametrize("kind", ["p-256", "rsa-3072", "ed25519", "ml-dsa-65"])
def test_the_template_writes_what_the_general_encoders_write(length: int, kind: str) -> None:
    holder, content = signatory(kind), bytes(length)
    digest_of = holder.signer.signature_scheme.attribute_digest.of
    for oid in (cms.DATA, "1.2.840.113549.1.9.16.1.4"):
        data = signing.sign(content, holder.signer, at=AT, content_type=oid)
        assert data == assembled(content, digest_of(content), holder, data, oid)
        detached = signing.sign(content, holder.signer, at=AT, detached=True, content_type=oid)
        assert detached == assembled(None, digest_of(content), holder, detached, oid)


@pytest.mark.parametrize("at", [AT.replace(year=1949), AT.replace(year=2050)])
def test_a_signing_time_that_no_utc_time_can_say_is_a_generalized_time(at: datetime) -> None:
    info = SignedData.read(signing.sign(b"letter", signatory("p-256").signer, at=at)).signer_infos[0]
    assert info.signing_time == at
    assert info.signed_attributes_are_der


def test_claims_become_signed_attributes() -> None:
    holder = signatory("p-256")
    data = signing.sign(b"letter", holder.signer, at=AT, claims=CLAIMS)
    signed = SignedData.read(data)
    assert cades.read_claims(signed.signer_infos[0]) == CLAIMS
    assert signed.signer_infos[0].signed_attributes_are_der
    assert holds(signed, b"letter", holder)
    assert is_der(decode(data))


def test_claims_of_one_document_are_not_in_the_next() -> None:
    signer = signatory("p-256").signer
    signing.sign(b"letter", signer, at=AT, claims=CLAIMS)
    info = SignedData.read(signing.sign(b"letter", signer, at=AT)).signer_infos[0]
    assert cades.read_claims(info) == Claims()


def test_a_content_type_is_written_and_signed() -> None:
    signed = SignedData.read(signing.sign(b"x", signatory("p-256").signer, at=AT, content_type="1.2.3.4"))
    assert (signed.version, signed.content_type, signed.signer_infos[0].content_type) == (
        3,
        "1.2.3.4",
        "1.2.3.4",
    )


LONG = bytes(range(256)) * 3000


@pytest.mark.parametrize("content", [b"", b"letter", LONG], ids=["empty", "short", "long"])
def test_content_in_a_file_is_signed_as_der(content: bytes) -> None:
    holder = signatory("ed25519")
    chunks = list(signing.sign_content(Content.of(io.BytesIO(content)), holder.signer, at=AT))
    # Ed25519 gives one signature for one message: the octets must be the very same.
    assert b"".join(chunks) == signing.sign(content, holder.signer, at=AT)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_is_signed_as_ber(kind: str) -> None:
    holder = signatory(kind)
    data = b"".join(signing.sign_stream([LONG, b"", b"end"], holder.signer, at=AT, claims=CLAIMS))
    signed = SignedData.read(data)
    assert signed.content == LONG + b"end"
    assert holds(signed, LONG + b"end", holder)
    assert signed.signer_infos[0].signed_attributes_are_der
    assert cades.read_claims(signed.signer_infos[0]) == CLAIMS


def test_an_empty_stream_is_an_empty_document() -> None:
    holder = signatory("p-256")
    signed = SignedData.read(b"".join(signing.sign_stream([], holder.signer, at=AT)))
    assert signed.content == b""
    assert holds(signed, b"", holder)


def test_a_scheme_of_choice_is_used() -> None:
    holder = signatory("rsa-2048")
    for scheme in (RSA_SHA256, RSA_SHA512, pss(SHA384, 48)):
        signer = Signer(SoftwareKey(holder.private), holder.certificate.raw, scheme=scheme)
        signed = SignedData.read(signing.sign(b"letter", signer, at=AT))
        assert signed.signer_infos[0].signature_algorithm == scheme.identifier
        assert holds(signed, b"letter", holder)


def test_attributes_longer_than_two_octets_of_length_are_written() -> None:
    holder, claims = signatory("p-256"), Claims(content_identifier=bytes(70_000))
    for content in (b"", b"letter", bytes(10_000)):
        data = signing.sign(content, holder.signer, at=AT, claims=claims)
        assert is_der(decode(data))
        assert holds(SignedData.read(data), content, holder)
