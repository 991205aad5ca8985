"""The verdicts of EN 319 102-1 cl. 5.3: each case with its indication, sub-indication and finding."""

import io
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from esign import cades, cms, der, keys, signing
from esign.algorithms import (
    ECDSA_SHA256,
    RSA_SHA256,
    SHA1,
    SHA256,
    SHA384,
    AlgorithmIdentifier,
    SignatureScheme,
)
from esign.attributes import Attribute, encode_attributes
from esign.content import Content
from esign.errors import NotPassed
from esign.findings import Indication, Severity, SubIndication
from esign.material import Material
from esign.validation.policy import DigestRule, Policy
from esign.validation.report import Report
from esign.validation.signature import verify
from esign.x509 import CertificateList, Trust
from tests.esign.validation import world
from tests.esign.validation.world import AT, DAY, Node

CONTENT = b"the document"
PASSED, FAILED, INDETERMINATE = (
    Indication.TOTAL_PASSED,
    Indication.TOTAL_FAILED,
    Indication.INDETERMINATE,
)


def judge(
    signature: bytes,
    *,
    document: bytes | None = None,
    trust: Trust | None = None,
    at: datetime = AT,
    crls: Iterable[CertificateList] | None = None,
    certificates: Iterable[Node] = (),
    policy: Policy | None = None,
) -> Report:
    known = tuple(world.clean_crls() if crls is None else crls)
    return verify(
        signature,
        document=document,
        trust=trust or world.root().trust,
        at=at,
        material=Material(tuple(n.certificate for n in certificates), known),
        policy=policy,
    )


def verdict(report: Report) -> tuple[Indication, SubIndication | None]:
    return report.indication, report.sub_indication


def codes(report: Report, severity: Severity = Severity.ERROR) -> list[str]:
    found = [*report.findings, *(f for s in report.signatures for f in s.findings)]
    return [f.code for f in found if f.severity is severity]


def sign(node: Node | None = None, **options: Any) -> bytes:
    return signing.sign(CONTENT, (node or world.person()).signer, at=AT - DAY, **options)


# --- the good verdict ---


def test_a_good_signature_is_passed_and_tells_who_signed() -> None:
    report = judge(sign())
    assert verdict(report) == (PASSED, None)
    (found,) = report.signatures
    assert (found.crypto, found.level, found.signing_time) == ("valid", "B-B", AT - DAY)
    assert found.best_signature_time == AT
    assert found.certificate == world.person().certificate
    assert found.signer is not None
    assert (found.signer.name, found.signer.emails) == ("Aliyev A.", ("a.aliyev@agency.uz",))
    assert found.signer.certificate_fingerprint == world.person().certificate.fingerprint
    assert found.path is not None
    assert [c.subject.common_name for c in found.path.path] == ["Aliyev A.", "Issuing", "Root"]
    assert (report.findings, found.findings, report.needs) == ((), (), ())
    report.require_passed()
    found.require_passed()


def test_a_detached_signature_is_judged_with_its_document() -> None:
    assert verdict(judge(sign(detached=True), document=CONTENT)) == (PASSED, None)


def test_an_attached_signature_may_come_with_the_same_document() -> None:
    assert verdict(judge(sign(), document=CONTENT)) == (PASSED, None)


def test_a_file_is_judged_as_its_octets_are() -> None:
    for octets in (sign(), cms.to_pem(sign())):
        report = verify(
            io.BytesIO(octets),
            document=Content.of(io.BytesIO(CONTENT)),
            trust=world.root().trust,
            at=AT,
            material=Material((), tuple(world.clean_crls())),
        )
        assert verdict(report) == (PASSED, None)


def test_a_large_attached_content_stays_in_its_file() -> None:
    large = bytes(range(256)) * 8192
    octets = signing.sign(large, world.person().signer, at=AT - DAY)
    for content, wanted in (
        (large, (PASSED, None)),
        (large[:-1] + b"!", (FAILED, SubIndication.HASH_FAILURE)),
    ):
        report = verify(
            io.BytesIO(octets.replace(large, content)),
            trust=world.root().trust,
            at=AT,
            material=Material((), tuple(world.clean_crls())),
        )
        assert verdict(report) == wanted


def test_a_signature_in_pem_is_the_same() -> None:
    assert verdict(judge(cms.to_pem(sign()))) == (PASSED, None)


@pytest.mark.parametrize("kind", ["p-384", "p-521", "ed25519", "rsa-2048", "ml-dsa-65"])
def test_each_kind_of_key_signs(kind: str) -> None:
    node = world.intermediate().issue("x", private=keys.generate(kind))
    assert verdict(judge(sign(node))) == (PASSED, None)


def test_the_signing_certificate_may_come_from_outside() -> None:
    node = world.person()
    bare = replace(node.signer, chain=())
    signed = signing.sign(CONTENT, bare, at=AT)
    assert verdict(judge(signed))[1] is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert verdict(judge(signed, certificates=[world.intermediate()])) == (PASSED, None)


# --- what is not good ---


def test_a_changed_document_fails() -> None:
    report = judge(sign(detached=True), document=CONTENT + b"!")
    assert verdict(report) == (FAILED, SubIndication.HASH_FAILURE)
    assert codes(report) == ["message-digest-mismatch"]
    assert report.signatures[0].crypto == "invalid"
    with pytest.raises(NotPassed) as e:
        report.require_passed()
    assert e.value.values["indication"] == "TOTAL-FAILED"


def test_another_document_beside_an_attached_one_fails() -> None:
    report = judge(sign(), document=b"another")
    assert verdict(report) == (FAILED, SubIndication.HASH_FAILURE)
    assert codes(report) == ["content-differs"]


def test_a_detached_signature_without_its_document_is_not_confirmed() -> None:
    report = judge(sign(detached=True))
    assert verdict(report) == (INDETERMINATE, SubIndication.SIGNED_DATA_NOT_FOUND)
    assert report.signatures[0].crypto == "not-checked"


def test_an_unknown_issuer_is_not_confirmed() -> None:
    report = judge(sign(), trust=Trust.empty())
    assert verdict(report) == (INDETERMINATE, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
    assert report.signatures[0].crypto == "valid"


def test_a_changed_document_outweighs_an_unknown_issuer() -> None:
    report = judge(sign(detached=True), document=b"x", trust=Trust.empty())
    assert verdict(report) == (FAILED, SubIndication.HASH_FAILURE)


def _revoked(node: Node, reason: str | None = None) -> CertificateList:
    assert node.above is not None
    return node.above.crl((node.certificate.serial_number, AT - 2 * DAY, reason))


def test_a_revoked_signer_is_not_confirmed_without_a_proof_of_time() -> None:
    report = judge(sign(), crls=(world.root().crl(), _revoked(world.person(), "keyCompromise")))
    assert verdict(report) == (INDETERMINATE, SubIndication.REVOKED_NO_POE)
    assert codes(report) == ["certificate-revoked"]


def test_a_signer_on_hold_is_asked_for_again() -> None:
    report = judge(sign(), crls=(world.root().crl(), _revoked(world.person(), "certificateHold")))
    assert verdict(report) == (INDETERMINATE, SubIndication.TRY_LATER)


def test_a_revoked_authority_is_not_confirmed() -> None:
    report = judge(sign(), crls=(_revoked(world.intermediate()), world.intermediate().crl()))
    assert verdict(report) == (INDETERMINATE, SubIndication.REVOKED_CA_NO_POE)


def test_an_unknown_revocation_state_is_not_confirmed() -> None:
    report = judge(sign(), crls=())
    assert verdict(report) == (INDETERMINATE, SubIndication.TRY_LATER)


@pytest.mark.parametrize("shift", [-101 * DAY, 101 * DAY])
def test_outside_the_validity_it_is_not_confirmed(shift: Any) -> None:
    at = AT + shift
    crls = [n.crl(this_update=at, next_update=at + DAY) for n in (world.root(), world.intermediate())]
    report = judge(sign(), at=at, crls=crls)
    assert verdict(report) == (INDETERMINATE, SubIndication.OUT_OF_BOUNDS_NO_POE)


def test_a_certificate_for_another_purpose_is_not_confirmed() -> None:
    node = world.intermediate().issue("x", usages=["keyEncipherment"])
    report = judge(sign(node))
    assert verdict(report) == (INDETERMINATE, SubIndication.CHAIN_CONSTRAINTS_FAILURE)
    assert verdict(judge(sign(node), policy=Policy.default().for_usage(None))) == (PASSED, None)


def test_an_algorithm_that_has_ended_is_not_confirmed() -> None:
    ended = replace(
        Policy.default(),
        digests=tuple(DigestRule(r.name, AT) if r.name == "sha256" else r for r in Policy.default().digests),
    )
    report = judge(sign(), policy=ended)
    assert verdict(report) == (INDETERMINATE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE)
    assert "algorithm-not-acceptable" in codes(report)


def test_input_without_a_signature_says_so() -> None:
    empty = cms.encode_signed_data(CONTENT, digest_algorithms=(), certificates=(), signer_infos=())
    report = judge(empty)
    assert (report.indication, report.signatures) == (INDETERMINATE, ())
    assert codes(report) == ["no-signature-found"]


@pytest.mark.parametrize("data", [b"", b"rubbish", b"\x30\x80", b"\x30\x00", CONTENT * 100])
def test_unreadable_input_says_so(data: bytes) -> None:
    report = judge(data)
    assert verdict(report) == (FAILED, SubIndication.FORMAT_FAILURE)
    assert (codes(report), report.signatures) == (["malformed-input"], ())


def test_material_that_cannot_be_read_is_a_warning() -> None:
    report = verify(
        sign(), trust=world.root().trust, at=AT, material=Material.read([b"rubbish"]), policy=None
    )
    assert codes(report, Severity.WARNING) == ["material-unreadable"]


# --- several signers ---


def test_each_signer_has_a_report_and_the_worst_counts() -> None:
    stranger = world.issue("Stranger")
    infos = [cms.SignedData.read(sign(n)).signer_infos[0].raw for n in (world.person(), stranger)]
    both = cms.encode_signed_data(
        CONTENT,
        digest_algorithms=(SHA256.identifier,),
        certificates=[n.certificate.raw for n in (world.person(), world.intermediate(), stranger)],
        signer_infos=infos,
    )
    report = judge(both)
    assert sorted(s.indication.value for s in report.signatures) == ["INDETERMINATE", "TOTAL-PASSED"]
    assert verdict(report) == (INDETERMINATE, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)


def test_too_many_signers_are_refused_before_they_cost_work() -> None:
    one = cms.SignedData.read(sign()).signer_infos[0].raw
    many = cms.encode_signed_data(
        CONTENT,
        digest_algorithms=(SHA256.identifier,),
        certificates=[world.person().certificate.raw],
        signer_infos=[one] * 101,
    )
    report = judge(many)
    assert verdict(report) == (INDETERMINATE, SubIndication.SIG_CONSTRAINTS_FAILURE)
    assert (codes(report), report.signatures) == (["work-limit"], ())


# --- signatures that break a rule ---


def craft(
    node: Node | None = None,
    *,
    attributes: Callable[[list[Attribute]], list[Attribute]] = lambda usual: usual,
    encode: Callable[[list[Attribute]], bytes] = encode_attributes,
    message: Callable[[bytes], bytes] = lambda encoded: encoded,
    content: bytes = CONTENT,
    content_type: str = cms.DATA,
    digest_algorithm: AlgorithmIdentifier = SHA256.identifier,
    scheme: SignatureScheme = ECDSA_SHA256,
    sid: bytes | None = None,
    certificates: Iterable[bytes] | None = None,
) -> bytes:
    """A signature whose signed attributes, their encoding and what is signed can each be bent."""
    by = node or world.person()
    usual = [
        cades.content_type(content_type),
        cades.message_digest(SHA256.of(content)),
        cades.signing_time(AT - DAY),
        cades.signing_certificate_v2(by.certificate),
    ]
    encoded = encode(attributes(usual))
    info = der.sequence(
        der.integer(1),
        sid or cms.issuer_and_serial(by.certificate),
        digest_algorithm.encode(),
        der.implicit(0, encoded) if encoded else b"",
        scheme.identifier.encode(),
        der.octet_string(scheme.sign(by.private, message(encoded) if encoded else content)),
    )
    return cms.encode_signed_data(
        content,
        digest_algorithms=(digest_algorithm,),
        certificates=certificates or (by.certificate.raw, world.intermediate().certificate.raw),
        signer_infos=(info,),
        content_type=content_type,
    )


def without(oid: str) -> Callable[[list[Attribute]], list[Attribute]]:
    return lambda usual: [a for a in usual if a.oid != oid]


def with_one(extra: Attribute) -> Callable[[list[Attribute]], list[Attribute]]:
    return lambda usual: [a for a in usual if a.oid != extra.oid] + [extra]


def test_the_crafted_signature_is_good_when_nothing_is_bent() -> None:
    assert verdict(judge(craft())) == (PASSED, None)


def test_a_signature_by_another_key_fails() -> None:
    forged = replace(world.person(), private=world.key("forger"))
    report = judge(craft(forged))
    assert verdict(report) == (FAILED, SubIndication.SIG_CRYPTO_FAILURE)
    assert codes(report) == ["signature-invalid"]


def unsorted(attributes: list[Attribute]) -> bytes:
    raws = sorted((a.encode() for a in attributes), reverse=True)
    return der.tlv(der.SET, *raws)


@pytest.mark.parametrize("signs_der", [False, True])
def test_signed_attributes_that_are_not_der_fail(signs_der: bool) -> None:
    def resorted(encoded: bytes) -> bytes:
        return der.set_of(c.raw for c in der.decode(encoded).children())

    bent = craft(encode=unsorted, message=resorted if signs_der else lambda encoded: encoded)
    report = judge(bent)
    assert verdict(report) == (FAILED, SubIndication.SIG_CRYPTO_FAILURE)
    assert codes(report) == ["signed-attributes-not-der"]
    assert report.signatures[0].crypto == "invalid"


@pytest.mark.parametrize(
    ("oid", "code"),
    [(cms.CONTENT_TYPE, "content-type-missing"), (cms.MESSAGE_DIGEST, "message-digest-missing")],
)
def test_the_two_attributes_that_must_be_there(oid: str, code: str) -> None:
    report = judge(craft(attributes=without(oid)))
    assert verdict(report) == (FAILED, SubIndication.FORMAT_FAILURE)
    assert codes(report) == [code]


def test_a_repeated_attribute_fails() -> None:
    extra = Attribute("1.2.3.4", (der.null(),))
    report = judge(craft(attributes=lambda usual: [*usual, extra, extra]))
    assert verdict(report) == (FAILED, SubIndication.FORMAT_FAILURE)
    assert codes(report) == ["signed-attribute-repeated"]
    report = judge(craft(attributes=lambda usual: [*usual, cades.message_digest(b"x" * 32)]))
    assert codes(report) == ["signature-malformed"]


def test_the_content_type_must_be_the_signed_one() -> None:
    report = judge(craft(attributes=with_one(cades.content_type("1.2.3"))))
    assert verdict(report) == (FAILED, SubIndication.SIG_CRYPTO_FAILURE)
    assert codes(report) == ["content-type-mismatch"]


def test_a_signature_without_the_claimed_time_is_below_the_baseline() -> None:
    report = judge(craft(attributes=without(cms.SIGNING_TIME)))
    assert verdict(report) == (PASSED, None)
    assert (report.signatures[0].level, report.signatures[0].signing_time) == ("CMS", None)


def test_a_signature_that_does_not_bind_its_certificate_passes_with_a_warning() -> None:
    report = judge(craft(attributes=without(cades.SIGNING_CERTIFICATE_V2)))
    assert verdict(report) == (PASSED, None)
    assert codes(report, Severity.WARNING) == ["signing-certificate-unbound"]
    assert report.signatures[0].level == "CMS"


def test_a_signature_bound_to_another_certificate_has_no_signing_certificate() -> None:
    other = world.intermediate().issue("Aliyev A.", serial=5)
    bent = craft(attributes=with_one(cades.signing_certificate_v2(other.certificate)))
    report = judge(bent)
    assert verdict(report) == (INDETERMINATE, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
    assert codes(report) == ["signing-certificate-mismatch"]
    assert report.signatures[0].certificate is None


def reference_v1(node: Node, digest: bytes | None = None) -> Attribute:
    value = digest or SHA1.of(node.certificate.raw)
    encoded = der.sequence(der.sequence(der.sequence(der.octet_string(value))))
    return Attribute(cades.SIGNING_CERTIFICATE, (encoded,))


def test_the_older_reference_over_sha1_is_read_with_a_warning() -> None:
    def older(usual: list[Attribute]) -> list[Attribute]:
        return [*without(cades.SIGNING_CERTIFICATE_V2)(usual), reference_v1(world.person())]

    report = judge(craft(attributes=older))
    assert verdict(report) == (PASSED, None)
    assert codes(report, Severity.WARNING) == ["signing-certificate-sha1"]


def test_both_references_must_agree() -> None:
    wrong = reference_v1(world.person(), b"x" * 20)
    report = judge(craft(attributes=lambda usual: [*usual, wrong]))
    assert codes(report) == ["signing-certificate-mismatch"]
    right = reference_v1(world.person())
    assert verdict(judge(craft(attributes=lambda usual: [*usual, right]))) == (PASSED, None)


def test_a_missing_certificate_is_said_to_be_missing() -> None:
    report = judge(craft(certificates=[world.intermediate().certificate.raw]))
    assert verdict(report) == (INDETERMINATE, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
    assert codes(report) == ["signing-certificate-not-found"]


def test_of_two_certificates_of_one_name_and_number_the_one_that_fits_is_taken() -> None:
    one = world.intermediate().issue("Twin", serial=9, private=world.key("one"))
    two = world.intermediate().issue("Twin", serial=9, private=world.key("two"))
    for node in (one, two):
        bent = craft(
            node,
            attributes=without(cades.SIGNING_CERTIFICATE_V2),
            certificates=[n.certificate.raw for n in (one, two, world.intermediate())],
        )
        report = judge(bent)
        assert verdict(report) == (PASSED, None)
        assert report.signatures[0].certificate == node.certificate


def test_protected_algorithms_must_be_those_of_the_signature() -> None:
    right = cades.encode_algorithm_protection(SHA256.identifier, ECDSA_SHA256.identifier)
    wrong = cades.encode_algorithm_protection(SHA384.identifier, ECDSA_SHA256.identifier)
    assert verdict(judge(craft(attributes=with_one(right)))) == (PASSED, None)
    report = judge(craft(attributes=with_one(wrong)))
    assert verdict(report) == (FAILED, SubIndication.SIG_CRYPTO_FAILURE)
    assert codes(report) == ["algorithm-protection-mismatch"]


def test_a_digest_that_contradicts_the_signature_algorithm_fails() -> None:
    digest = with_one(cades.message_digest(SHA384.of(CONTENT)))
    report = judge(craft(attributes=digest, digest_algorithm=SHA384.identifier))
    assert verdict(report) == (FAILED, SubIndication.SIG_CRYPTO_FAILURE)
    assert codes(report) == ["digest-algorithm-contradicts"]


def test_a_bare_rsa_identifier_takes_the_digest_beside_it() -> None:
    node = world.intermediate().issue("x", private=rsa.generate_private_key(65537, 2048))
    plain = replace(RSA_SHA256, identifier=AlgorithmIdentifier("1.2.840.113549.1.1.1", der.null()))
    assert verdict(judge(craft(node, scheme=plain))) == (PASSED, None)


def test_an_unknown_algorithm_cannot_be_checked() -> None:
    odd = replace(ECDSA_SHA256, identifier=AlgorithmIdentifier("1.2.3.4"))
    report = judge(craft(scheme=odd))
    assert verdict(report) == (INDETERMINATE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE)
    assert "signature-unverifiable" in codes(report)
    assert report.signatures[0].crypto == "not-checked"


# --- without signed attributes ---


def bare(content: bytes = CONTENT, **options: Any) -> bytes:
    return craft(attributes=lambda usual: [], encode=lambda none: b"", content=content, **options)


def test_a_signature_over_the_content_alone_passes_with_a_warning() -> None:
    report = judge(bare())
    assert verdict(report) == (PASSED, None)
    assert codes(report, Severity.WARNING) == ["signed-attributes-absent", "signing-certificate-unbound"]


def test_only_plain_data_may_be_signed_without_attributes() -> None:
    report = judge(bare(content_type="1.2.3"))
    assert verdict(report) == (FAILED, SubIndication.FORMAT_FAILURE)
    assert codes(report) == ["signed-attributes-needed"]


def test_signed_attributes_cannot_be_passed_off_as_content() -> None:
    """The signature of another document, its attributes moved into the content."""
    honest = cms.SignedData.read(sign()).signer_infos[0]
    info = der.sequence(
        der.integer(1),
        cms.issuer_and_serial(world.person().certificate),
        honest.digest_algorithm.encode(),
        honest.signature_algorithm.encode(),
        der.octet_string(honest.signature),
    )
    moved = cms.encode_signed_data(
        honest.signed_message(),
        digest_algorithms=(SHA256.identifier,),
        certificates=(world.person().certificate.raw, world.intermediate().certificate.raw),
        signer_infos=(info,),
    )
    report = judge(moved)
    assert verdict(report) == (FAILED, SubIndication.FORMAT_FAILURE)
    assert codes(report) == ["content-poses-as-attributes"]
    assert report.signatures[0].crypto == "invalid"


@pytest.mark.parametrize("content", [b"1", b"1\x00", b"1\x02\x05\x00", b"1 text that begins so"])
def test_content_that_only_begins_like_attributes_is_content(content: bytes) -> None:
    assert verdict(judge(bare(content))) == (PASSED, None)


def test_a_changed_content_without_attributes_fails() -> None:
    changed = bare().replace(CONTENT, CONTENT[::-1])
    report = judge(changed)
    assert verdict(report) == (FAILED, SubIndication.SIG_CRYPTO_FAILURE)


# --- hostile ---

_SIGNED = sign()
_DETACHED = sign(detached=True)


@given(st.integers(0, len(_SIGNED) - 1), st.binary(min_size=1, max_size=4))
def test_no_change_raises_and_none_passes_for_other_content(offset: int, octets: bytes) -> None:
    changed = bytearray(_SIGNED)
    changed[offset : offset + len(octets)] = octets
    report = judge(bytes(changed))
    if report.indication is PASSED:
        assert cms.SignedData.read(bytes(changed)).content == CONTENT
    for language in ("en", "uz"):
        assert report.explain(language)
    assert report.to_dict()["schema"] == "exat.verify/1"


@given(st.integers(0, len(_SIGNED)))
def test_no_truncation_raises_or_passes(length: int) -> None:
    if length < len(_SIGNED):
        assert judge(_SIGNED[:length]).indication is FAILED


@given(st.binary(max_size=300))
def test_no_octets_raise(data: bytes) -> None:
    assert judge(b"\x30" + data).indication is not PASSED
    assert judge(_DETACHED, document=data).indication is FAILED


def test_deep_nesting_is_refused() -> None:
    deep = b"\x30\x80" * 100_000
    assert codes(judge(deep)) == ["malformed-input"]


def test_edwards_signatures_take_the_whole_message() -> None:
    node = world.intermediate().issue("x", private=ed25519.Ed25519PrivateKey.generate())
    assert verdict(judge(sign(node, detached=True), document=CONTENT)) == (PASSED, None)
