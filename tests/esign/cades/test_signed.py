"""Attributes of CAdES: what we write is read, what others broke is named."""

import pytest

from esign import cades, cms, der, signing
from esign.algorithms import SHA1, SHA256, SHA512, AlgorithmIdentifier
from esign.attributes import Attribute, encode_attributes
from esign.cms import SignerInfo
from esign.errors import EsignError, LimitExceeded, MalformedInput, UnsupportedAlgorithm
from tests.esign.people import AT, signatory

ECDSA = AlgorithmIdentifier("1.2.840.10045.4.3.2")
HOLDER = signatory("p-256")
OTHER = signatory("p-384")


def info_with(*attributes: Attribute, digest: AlgorithmIdentifier = SHA256.identifier) -> SignerInfo:
    """A SignerInfo over `attributes`, its signature nonsense."""
    return SignerInfo.read(
        der.decode(
            cms.encode_signer_info(
                cms.issuer_and_serial(HOLDER.certificate),
                encode_attributes(attributes),
                lambda _: b"signature",
                digest_algorithm=digest,
                signature_algorithm=ECDSA,
            )
        )
    )


def reference(*parts: bytes) -> bytes:
    return der.sequence(der.sequence(der.sequence(*parts)))


def v2(value: bytes) -> Attribute:
    return Attribute(cades.SIGNING_CERTIFICATE_V2, (value,))


def test_the_signing_certificate_is_matched_by_digest() -> None:
    (bound,) = cades.signing_certificates(info_with(cades.signing_certificate_v2(HOLDER.certificate)))
    assert bound.version == 2
    assert bound.first.matches(HOLDER.certificate)
    assert not bound.first.matches(OTHER.certificate)
    assert bound.first.names(HOLDER.certificate)
    assert not bound.first.names(OTHER.certificate)


def test_sha_256_is_left_out_because_it_is_the_default() -> None:
    attribute = cades.signing_certificate_v2(HOLDER.certificate)
    assert der.oid(SHA256.oid) not in attribute.values[0]


def test_another_digest_is_read() -> None:
    value = reference(SHA512.identifier.encode(), der.octet_string(SHA512.of(HOLDER.certificate.raw)))
    (bound,) = cades.signing_certificates(info_with(v2(value)))
    assert bound.first.digest_algorithm == SHA512.identifier
    assert bound.first.matches(HOLDER.certificate)
    assert bound.first.issuer is None
    assert bound.first.names(OTHER.certificate)


def test_an_unknown_digest_is_named() -> None:
    value = reference(AlgorithmIdentifier("1.2.3.4").encode(), der.octet_string(b"x"))
    (bound,) = cades.signing_certificates(info_with(v2(value)))
    with pytest.raises(UnsupportedAlgorithm) as raised:
        bound.first.matches(HOLDER.certificate)
    assert raised.value.values["algorithm"] == "1.2.3.4"


def test_version_1_is_sha_1() -> None:
    value = reference(der.octet_string(SHA1.of(HOLDER.certificate.raw)))
    (bound,) = cades.signing_certificates(info_with(Attribute(cades.SIGNING_CERTIFICATE, (value,))))
    assert (bound.version, bound.first.digest_algorithm.oid) == (1, SHA1.oid)
    assert bound.first.matches(HOLDER.certificate)


def test_both_versions_may_stand_and_version_2_comes_first() -> None:
    old = Attribute(cades.SIGNING_CERTIFICATE, (reference(der.octet_string(SHA1.of(b""))),))
    found = cades.signing_certificates(info_with(old, cades.signing_certificate_v2(HOLDER.certificate)))
    assert [bound.version for bound in found] == [2, 1]


def test_without_the_attribute_nothing_is_bound() -> None:
    assert cades.signing_certificates(info_with(cades.signing_time(AT))) == ()


def test_policies_after_the_certificates_are_passed_over() -> None:
    listed = der.sequence(der.sequence(der.octet_string(SHA256.of(HOLDER.certificate.raw))))
    (bound,) = cades.signing_certificates(info_with(v2(der.sequence(listed, der.sequence()))))
    assert bound.first.matches(HOLDER.certificate)


def test_a_name_that_is_no_directory_name_names_nothing() -> None:
    names = der.sequence(
        der.sequence(der.tlv(der.context(6, constructed=False), b"http://x")), der.integer(1)
    )
    (bound,) = cades.signing_certificates(info_with(v2(reference(der.octet_string(b"x" * 32), names))))
    assert bound.first.issuer is None
    assert bound.first.serial_number == 1
    assert not bound.first.names(HOLDER.certificate)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (der.sequence(der.sequence()), "malformed-input"),
        (der.sequence(), "malformed-input"),
        (reference(der.integer(1)), "malformed-input"),
        (der.integer(1), "malformed-input"),
        (der.sequence(der.sequence(), der.sequence(), der.sequence()), "malformed-input"),
    ],
)
def test_a_broken_signing_certificate_is_malformed(value: bytes, code: str) -> None:
    with pytest.raises(MalformedInput) as raised:
        cades.signing_certificates(info_with(v2(value)))
    assert raised.value.code == code
    assert raised.value.where


def test_references_are_bounded() -> None:
    one = der.sequence(der.octet_string(b"x"))
    with pytest.raises(LimitExceeded) as raised:
        cades.signing_certificates(info_with(v2(der.sequence(der.sequence(*[one] * 101)))))
    assert raised.value.where == "signing-certificate-v2"


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_cut_attribute_is_malformed(cut: int) -> None:
    value = cades.signing_certificate_v2(HOLDER.certificate).values[0]
    with pytest.raises(EsignError):
        cades.signing_certificates(info_with(v2(der.tlv(der.SEQUENCE, der.decode(value).content[:-cut]))))


def test_algorithm_protection_agrees_with_its_own_signature_only() -> None:
    attribute = cades.encode_algorithm_protection(SHA256.identifier, ECDSA)
    protection = cades.algorithm_protection(info_with(attribute))
    assert protection is not None
    assert protection.agrees_with(info_with(attribute))
    assert not protection.agrees_with(info_with(attribute, digest=SHA512.identifier))


def test_absent_and_null_parameters_are_the_same_protection() -> None:
    spelled = AlgorithmIdentifier(SHA256.oid, der.null())
    protection = cades.algorithm_protection(info_with(cades.encode_algorithm_protection(spelled, ECDSA)))
    assert protection is not None
    assert protection.agrees_with(info_with(cades.signing_time(AT)))


def test_protection_of_a_mac_protects_no_signature() -> None:
    value = der.sequence(SHA256.identifier.encode(), der.implicit(2, ECDSA.encode()))
    protection = cades.algorithm_protection(info_with(Attribute(cades.ALGORITHM_PROTECTION, (value,))))
    assert protection is not None
    assert protection.signature_algorithm is None
    assert not protection.agrees_with(info_with(cades.signing_time(AT)))


def test_without_the_attribute_nothing_is_protected() -> None:
    assert cades.algorithm_protection(info_with(cades.signing_time(AT))) is None


def test_a_signature_without_attributes_binds_nothing() -> None:
    info = SignerInfo.read(
        der.decode(
            der.sequence(
                der.integer(1),
                cms.issuer_and_serial(HOLDER.certificate),
                SHA256.identifier.encode(),
                ECDSA.encode(),
                der.octet_string(b"x"),
            )
        )
    )
    assert cades.signing_certificates(info) == ()
    assert cades.algorithm_protection(info) is None


def test_what_is_signed_is_bound() -> None:
    signed = cms.SignedData.read(signing.sign(b"", HOLDER.signer, at=AT))
    assert cades.signing_certificates(signed.signer_infos[0])[0].first.matches(HOLDER.certificate)
