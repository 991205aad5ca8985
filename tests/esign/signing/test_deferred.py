"""Signing in two steps: what was prepared can be kept and signed elsewhere; what comes back is checked."""

import base64
import json

import pytest

from esign import cades, cms, der, signing
from esign.algorithms import ED25519, RSA_SHA256, SHA256, SHA512, SignatureScheme, pss
from esign.attributes import Attribute, encode_attributes
from esign.cades import Claims
from esign.cms import SignedData
from esign.content import Content
from esign.errors import EsignError, KeyUnavailable, MalformedInput
from esign.signing import StructureRefused, ToBeSigned, complete, prepare
from tests.esign.people import AT, Holder, root, signatory

HOLDER = signatory("p-256")
WANTED = prepare(b"letter", at=AT, certificate=HOLDER.certificate, others=(root().certificate.raw,))


def by(holder: Holder, wanted: ToBeSigned) -> bytes:
    """The signature that the holder's key makes, wherever it is."""
    return wanted.scheme.sign(holder.private, wanted.message)


def holds(data: bytes, holder: Holder, content: bytes) -> bool:
    info = SignedData.read(data).signer_infos[0]
    wanted = info.message_digest == holder.signer.signature_scheme.attribute_digest.of(content)
    scheme = holder.signer.signature_scheme
    return wanted and scheme.is_valid(holder.private.public_key(), info.signature, info.signed_message())


@pytest.mark.parametrize("kind", ["p-256", "p-384", "rsa-2048", "ed25519", "ml-dsa-44", "ml-dsa-87"])
@pytest.mark.parametrize("detached", [False, True])
def test_a_signature_made_elsewhere_is_put_together(kind: str, detached: bool) -> None:
    holder = signatory(kind)
    wanted = prepare(b"letter", at=AT, certificate=holder.certificate)
    data = complete(wanted, by(holder, wanted), content=None if detached else b"letter")
    signed = SignedData.read(data)
    assert signed.content == (None if detached else b"letter")
    assert holds(data, holder, b"letter")
    assert der.is_der(der.decode(data))


def test_the_result_is_what_signing_at_once_gives() -> None:
    holder = signatory("ed25519")
    wanted = prepare(b"letter", at=AT, certificate=holder.certificate, others=(root().certificate.raw,))
    made = complete(wanted, by(holder, wanted), content=b"letter")
    assert made == signing.sign(b"letter", holder.signer, at=AT)


def test_what_is_to_be_signed_survives_json() -> None:
    kept = json.loads(json.dumps(WANTED.to_dict()))
    assert ToBeSigned.from_dict(kept) == WANTED
    assert kept["schema"] == "exat.to-be-signed/1"


def test_a_service_that_signs_digests_is_given_one() -> None:
    assert WANTED.message_digest == SHA256.of(WANTED.message)
    other = prepare(b"x", at=AT, certificate=signatory("ed25519").certificate)
    assert (other.scheme, other.message_digest) == (ED25519, None)


@pytest.mark.parametrize("scheme", [RSA_SHA256, pss(SHA512, 64)], ids=["pkcs1", "pss"])
def test_a_scheme_can_be_chosen(scheme: SignatureScheme) -> None:
    holder = signatory("rsa-2048")
    wanted = prepare(b"letter", at=AT, certificate=holder.certificate, scheme=scheme)
    assert wanted.digest == scheme.attribute_digest.of(b"letter")
    info = SignedData.read(complete(wanted, by(holder, wanted))).signer_infos[0]
    assert info.signature_algorithm == scheme.identifier


def test_content_in_a_file_claims_and_type_are_prepared() -> None:
    claims = Claims(roles=("mudir",))
    wanted = prepare(
        Content.of(b"letter"), at=AT, certificate=HOLDER.certificate, claims=claims, content_type="1.2.3.4"
    )
    signed = SignedData.read(complete(wanted, by(HOLDER, wanted)))
    assert (signed.version, signed.content_type) == (3, "1.2.3.4")
    assert cades.read_claims(signed.signer_infos[0]) == claims


def test_the_certificate_may_come_with_the_signature() -> None:
    wanted = prepare(b"letter", at=AT, scheme=HOLDER.signer.signature_scheme)
    data = complete(wanted, by(HOLDER, wanted), certificate=HOLDER.certificate)
    signed = SignedData.read(data)
    assert signed.certificates == (HOLDER.certificate.raw,)
    assert cades.signing_certificates(signed.signer_infos[0]) == ()
    assert holds(data, HOLDER, b"letter")


def test_a_bound_certificate_binds() -> None:
    data = complete(WANTED, by(HOLDER, WANTED), certificate=HOLDER.certificate)
    (bound,) = cades.signing_certificates(SignedData.read(data).signer_infos[0])
    assert bound.first.matches(HOLDER.certificate)
    with pytest.raises(KeyUnavailable) as caught:
        complete(WANTED, by(HOLDER, WANTED), certificate=signatory("p-256", 1).certificate)
    assert caught.value.code == "key-mismatch"


def test_a_signature_that_does_not_hold_is_not_put_together() -> None:
    for signature in (b"", by(signatory("p-256", 1), WANTED), by(HOLDER, WANTED)[:-1]):
        with pytest.raises(KeyUnavailable) as caught:
            complete(WANTED, signature)
        assert caught.value.code == "key-mismatch"


def test_another_document_is_not_put_in() -> None:
    with pytest.raises(StructureRefused) as caught:
        complete(WANTED, by(HOLDER, WANTED), content=b"Letter")
    assert caught.value.code == "structure-refused"


def test_a_programmers_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="a certificate or a scheme"):
        prepare(b"letter", at=AT)
    wanted = prepare(b"letter", at=AT, scheme=HOLDER.signer.signature_scheme)
    with pytest.raises(ValueError, match="the signer's certificate"):
        complete(wanted, by(HOLDER, wanted))
    with pytest.raises(ValueError, match="offset"):
        prepare(b"letter", at=AT.replace(tzinfo=None), certificate=HOLDER.certificate)


@pytest.mark.parametrize("name", list(WANTED.to_dict()))
@pytest.mark.parametrize("value", [None, 7, "%", "é", "AAAA", [7], {}], ids=repr)
def test_what_was_kept_and_changed_is_refused(name: str, value: object) -> None:
    changed = {**WANTED.to_dict(), name: value}
    try:
        kept = ToBeSigned.from_dict(changed)
    except EsignError as e:
        assert e.code in ("malformed-input", "unsupported-algorithm")
    else:
        # Only certificates are not looked into before the signature is there.
        assert (name, value) == ("certificate", "AAAA")
        with pytest.raises(EsignError):
            complete(kept, by(HOLDER, WANTED))


def test_a_missing_field_is_refused() -> None:
    for name in WANTED.to_dict():
        kept = WANTED.to_dict()
        del kept[name]
        if name == "others":
            assert ToBeSigned.from_dict(kept).others == ()
            continue
        with pytest.raises(MalformedInput):
            ToBeSigned.from_dict(kept)


@pytest.mark.parametrize(
    "attributes",
    [
        (cades.content_type(cms.DATA),),
        (cades.content_type(cms.DATA), cades.message_digest(SHA256.of(b"other"))),
        (cades.content_type("1.2.3"), cades.message_digest(SHA256.of(b"letter"))),
        (cades.message_digest(SHA256.of(b"letter")),),
    ],
    ids=["no digest", "another digest", "another type", "no type"],
)
def test_attributes_that_say_something_else_are_refused(attributes: tuple[Attribute, ...]) -> None:
    message = base64.b64encode(encode_attributes(attributes)).decode()
    with pytest.raises(MalformedInput) as caught:
        ToBeSigned.from_dict({**WANTED.to_dict(), "message": message})
    assert caught.value.where == "message"
