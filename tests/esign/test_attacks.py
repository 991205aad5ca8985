"""What hostile input has once done, and must not do again: each case bears the name of its fault."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from esign import cades, cms, der, smime
from esign.algorithms import ED25519, SHA256
from esign.attributes import MAX_ATTRIBUTES, Attribute, encode_attributes
from esign.cms import MAX_CERTIFICATES, MAX_SIGNED_ATTRIBUTES, SignedData
from esign.crl import CertificateList
from esign.errors import LimitExceeded, MalformedInput
from esign.names import COMMON_NAME, MAX_NAME_OCTETS, Name, prepare
from esign.validation.signature import verify
from esign.x509 import load_public_key
from tests.esign.people import AT, Holder, signatory
from tests.esign.validation import world

NULL = der.null()
TST_INFO = "1.2.840.113549.1.9.16.1.4"


def signer() -> Holder:
    return signatory("p-256")


def signed_data(*, signers: bytes = b"", certificates: bytes = b"", content: bytes | None = None) -> bytes:
    """SignedData of the raw parts that are given."""
    wrapped = der.octet_string(b"x") if content is None else content
    return cms.encode_content_info(
        cms.SIGNED_DATA,
        der.sequence(
            der.integer(1),
            der.set_of([SHA256.identifier.encode()]),
            der.sequence(der.oid(cms.DATA), der.explicit(0, wrapped)),
            der.tlv(der.context(0), certificates) if certificates else b"",
            der.tlv(der.SET, signers),
        ),
    )


def signer_info(*attributes: Attribute, content_type: str = cms.DATA, content: bytes = b"x") -> bytes:
    """A good signature over `content` with further signed attributes."""
    found = (
        cades.content_type(content_type),
        cades.message_digest(SHA256.of(content)),
        *attributes,
    )
    by = signer().signer
    return cms.encode_signer_info(
        cms.issuer_and_serial(signer().certificate),
        encode_attributes(found),
        by.sign,
        digest_algorithm=SHA256.identifier,
        signature_algorithm=by.signature_scheme.identifier,
    )


# --- octets that explode ---


@pytest.mark.parametrize("nested", [1, 40])
def test_indefinite_length_with_millions_of_elements_is_refused_in_one_pass(nested: int) -> None:
    data = b"\x30\x80" * nested + NULL * (der.MAX_CHILDREN + 1) + b"\0\0" * nested
    with pytest.raises(LimitExceeded) as raised:
        der.decode(data)
    assert raised.value.values["found"] == "more elements"


def test_indefinite_length_keeps_its_depth() -> None:
    deep = b"\x30\x80" * der.MAX_DEPTH + b"\0\0" * der.MAX_DEPTH
    assert der.decode(deep).indefinite
    with pytest.raises(LimitExceeded, match="deeper nesting"):
        der.decode(b"\x30\x80" + deep + b"\0\0")


def test_end_of_contents_beyond_its_parent_is_no_end() -> None:
    inner = b"\x30\x80\x05\x00\x00"
    (parent,) = der.decode(der.sequence(der.sequence(inner)) + b"").children()
    with pytest.raises(MalformedInput, match="cut short"):
        list(parent.children())


def test_octet_string_of_nested_million_parts_is_refused() -> None:
    parts = der.tlv(0x24, b"\x04\x00" * (der.MAX_CHILDREN // 2))
    with pytest.raises(LimitExceeded):
        der.decode(der.tlv(0x24, parts, parts, parts)).octets()
    assert (
        der.decode(der.tlv(0x24, der.tlv(0x24, b"\x04\x01a", b"\x04\x01b"), b"\x04\x01c")).octets() == b"abc"
    )


def test_structure_of_many_fields_makes_no_object_for_each() -> None:
    with pytest.raises(LimitExceeded, match="more fields"):
        der.Fields.of(der.decode(der.sequence(NULL * (der.MAX_FIELDS + 1))))
    assert len(der.Fields.of(der.decode(der.sequence(NULL * der.MAX_FIELDS))).rest()) == der.MAX_FIELDS


def test_values_of_attributes_are_counted_over_the_whole_set() -> None:
    half = Attribute("1.2.3", (NULL,) * (MAX_ATTRIBUTES // 2 + 1))
    one = signer_info(half)
    assert SignedData.read(signed_data(signers=one)).signer_infos
    two = signer_info(half, Attribute("1.2.4", half.values))
    with pytest.raises(LimitExceeded):
        SignedData.read(signed_data(signers=two))


def test_signed_attributes_of_all_signers_are_bounded_together() -> None:
    large = Attribute("1.2.3", (der.octet_string(b"x" * (MAX_SIGNED_ATTRIBUTES // 2)),))
    assert SignedData.read(signed_data(signers=signer_info(large))).signer_infos
    with pytest.raises(LimitExceeded) as raised:
        SignedData.read(signed_data(signers=signer_info(large) * 2))
    assert raised.value.where == "SignedData.signerInfos[1]"


def test_certificates_in_a_signature_are_bounded() -> None:
    with pytest.raises(LimitExceeded):
        SignedData.read(signed_data(certificates=der.sequence() * (MAX_CERTIFICATES + 1)))


def test_long_runs_of_combining_marks_are_not_normalised() -> None:
    marks = "\u0315\u0300"
    assert prepare("A" + marks * 30) == prepare("a" + marks * 30)
    assert prepare("A" + marks * 31) == "A" + marks * 31


def test_names_of_megabytes_are_refused_and_not_remembered() -> None:
    assert Name.read(der.decode(Name.of(((COMMON_NAME, "x" * (MAX_NAME_OCTETS - 50)),)).raw))
    with pytest.raises(LimitExceeded, match="a longer name"):
        Name.read(der.decode(Name.of(((COMMON_NAME, "x" * MAX_NAME_OCTETS),)).raw))


def test_lines_like_delimiters_are_bounded() -> None:
    header = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    with pytest.raises(LimitExceeded) as raised:
        smime.Entity.read(header + b"--bx\r\n" * 21_000 + b"--b\r\n\r\nx\r\n--b--").multipart()
    assert raised.value.code == "too-many-parts"


# --- keys and signatures ---


@pytest.mark.parametrize(
    "point",
    [
        "01" + 31 * "00",
        32 * "00",
        "ec" + 30 * "ff" + "7f",
        "ed" + 30 * "ff" + "7f",
        "ee" + 30 * "ff" + "7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "01" + 30 * "00" + "80",
    ],
)
def test_ed25519_key_of_small_order_signs_nothing(point: str) -> None:
    encoded = bytes.fromhex(point)
    info = der.sequence(der.sequence(der.oid(ED25519.identifier.oid)), der.bit_string(encoded))
    key = load_public_key(info)
    neutral = b"\x01" + bytes(31)
    for number in range(16):
        for first in (neutral, encoded):
            assert not ED25519.is_valid(key, first + bytes(32), b"%d" % number)


def test_ed25519_still_verifies() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    assert ED25519.is_valid(key.public_key(), key.sign(b"x"), b"x")
    assert not ED25519.is_valid(key.public_key(), key.sign(b"x"), b"y")


def test_critical_extension_in_a_repeated_line_of_a_list_is_seen() -> None:
    plain = der.sequence(der.integer(0x0101FF), der.time(AT))
    unknown = der.sequence(der.oid("1.2.3.4"), der.boolean(True), der.octet_string(NULL))
    critical = der.sequence(der.integer(0x0101FF), der.time(AT), der.sequence(unknown))
    assert _list_of(plain).critical_entry_extensions == frozenset()
    assert _list_of(plain, plain, critical, plain).critical_entry_extensions == {"1.2.3.4"}
    assert _list_of(plain, critical).find(0x0101FF) is not None


def test_serial_numbers_like_critical_flags_cost_one_line_each() -> None:
    lines = [der.sequence(der.integer(0x10101FF04_00000 + n), der.time(AT)) for n in range(200)]
    assert _list_of(*lines).critical_entry_extensions == frozenset()


def _list_of(*lines: bytes) -> CertificateList:
    """A list of these lines with a good signature."""
    made = world.root().crl()
    fields = [field.raw for field in der.decode(made.tbs).children()]
    body = der.sequence(*fields, der.sequence(*lines))
    signature = world.root().private.sign(body, ec.ECDSA(hashes.SHA256()))
    return CertificateList.load(
        der.sequence(body, made.signature_algorithm.encode(), der.bit_string(signature))
    )


# --- mail ---


def test_signature_over_another_content_type_is_no_mail_signature() -> None:
    entity = b"Content-Type: text/plain\r\n\r\nx\r\n"
    good = smime.sign(entity, signer().signer, at=AT)
    assert smime.read(good).kind == "multipart-signed"
    token = cms.encode_signed_data(
        None,
        digest_algorithms=[SHA256.identifier],
        certificates=[signer().certificate.raw],
        signer_infos=[signer_info(content_type=TST_INFO, content=entity)],
        content_type=TST_INFO,
    )
    report = verify(token, document=entity, trust=world.root().trust, at=AT)
    assert report.signatures[0].crypto == "valid"
    with pytest.raises(MalformedInput) as raised:
        smime.read(_with_signature(good, token))
    assert (raised.value.code, raised.value.where) == ("smime-kind-unsupported", "eContentType")


def _with_signature(message: bytes, token: bytes) -> bytes:
    part = smime.Entity.read(message).parts()[1]
    leaf = smime.base64_leaf(b"Content-Type: application/pkcs7-signature\r\n", token)
    assert message.count(part.raw) == 1
    return message.replace(part.raw, leaf)


def test_layer_that_calls_its_header_protected_is_compared_all_the_same() -> None:
    closed = b"Content-Type: multipart/signed; hp=clear"
    inner = smime.sign(b"Content-Type: text/plain\r\n\r\nx\r\n", signer().signer, at=AT)
    original = b"From: a@b.uz\r\nTo: c@d.uz\r\n" + inner.replace(b"Content-Type: multipart/signed", closed, 1)
    whole = smime.wrap(original, signer().signer, at=AT)
    assert smime.read(whole).findings == ()
    changed = smime.read(whole.replace(b"From: a@b.uz", b"From: boss@b.uz", 1))
    assert [finding.code for finding in changed.findings] == ["from-differs"]
