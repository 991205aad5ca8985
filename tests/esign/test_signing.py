"""What we sign is CAdES B-B, and anyone can verify it from the table of algorithms alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import cades, cms, signing
from esign.algorithms import RSA_SHA256, SHA256, digest, signature_scheme
from esign.cms import SignedData
from esign.der import decode, is_der
from esign.keys import Signer, SoftwareKey
from tests.esign.people import AT, Holder, root, signatory

KINDS = ["p-256", "p-384", "p-521", "rsa-2048", "ed25519", "ml-dsa-65"]


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
