"""SignedData as others send it: whole, cut, with more after it, broken in each field, and from the RFCs."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import cms, der, signing
from esign.algorithms import SHA256, AlgorithmIdentifier, digest, signature_scheme
from esign.attributes import Attribute, Attributes, encode_attributes
from esign.cms import CertificateId, SignedData, SignerInfo, content_info_type, read_pem_or_der, to_pem
from esign.enveloped import AUTH_ENVELOPED_DATA, ENVELOPED_DATA, read_envelope
from esign.errors import EsignError, LimitExceeded, MalformedInput
from esign.x509 import Certificate
from tests.esign.people import AT, issue, recipient, root, signatory
from tests.peers import corpus

HOLDER = signatory("p-256")
DATA = signing.sign(b"letter", HOLDER.signer, at=AT)
ECDSA = AlgorithmIdentifier("1.2.840.10045.4.3.2")
SEQUENCE_OF_SIGNED = Attribute("1.2.3", (der.integer(1),))


def ber(data: bytes) -> bytes:
    """The same value with indefinite lengths wherever BER allows them, octet strings in two parts."""
    element = der.decode(data)
    if element.constructed:
        inner = b"".join(ber(child.raw) for child in element.children())
        return bytes((element.tag, 0x80)) + inner + b"\0\0"
    if element.tag == der.OCTET_STRING and len(element.content) > 1:
        parts = der.octet_string(element.content[:1]) + der.octet_string(element.content[1:])
        return bytes((element.tag | der.CONSTRUCTED, 0x80)) + parts + b"\0\0"
    return data


def signed_data(
    *, signers: bytes = b"", content: bytes = b"", extra: bytes = b"", outer: str = cms.SIGNED_DATA
) -> bytes:
    """A ContentInfo made by hand, so that each field can be wrong."""
    encapsulated = content or der.sequence(der.oid(cms.DATA))
    return cms.encode_content_info(
        outer,
        der.sequence(der.integer(1), der.set_of([]), encapsulated, extra, der.tlv(der.SET, signers)),
    )


def signer_info(attributes: bytes = b"", sid: bytes = b"", unsigned: bytes = b"", version: int = 1) -> bytes:
    return der.sequence(
        der.integer(version),
        sid or cms.issuer_and_serial(HOLDER.certificate),
        SHA256.identifier.encode(),
        attributes,
        ECDSA.encode(),
        der.octet_string(b"signature"),
        unsigned,
    )


def info(attributes: bytes = b"", sid: bytes = b"", unsigned: bytes = b"") -> SignerInfo:
    return SignerInfo.read(der.decode(signer_info(attributes, sid, unsigned)))


def field0(*attributes: Attribute) -> bytes:
    return der.implicit(0, encode_attributes(attributes))


# --- reading ---


def test_der_is_read_and_kept() -> None:
    signed = SignedData.read(DATA)
    assert signed.raw == DATA
    assert signed.content == b"letter"
    assert signed.digest_algorithms == (SHA256.identifier,)
    assert signed.certificates == tuple(sorted({HOLDER.certificate.raw, root().certificate.raw}))
    assert signed.crls == ()
    assert signed.signer_infos[0].raw in DATA


def test_ber_of_the_same_value_reads_the_same() -> None:
    encoded, signed = ber(DATA), SignedData.read(DATA)
    found = SignedData.read(encoded)
    assert encoded != DATA
    assert found.content == signed.content
    assert found.content_type == signed.content_type
    ours, theirs = signed.signer_infos[0], found.signer_infos[0]
    assert theirs.signature == ours.signature
    assert theirs.names(HOLDER.certificate)


def test_attributes_in_ber_are_told_apart() -> None:
    found = SignedData.read(ber(DATA)).signer_infos[0]
    assert not found.signed_attributes_are_der
    assert SignedData.read(DATA).signer_infos[0].signed_attributes_are_der


def test_the_kind_of_content_is_told() -> None:
    assert content_info_type(DATA) == cms.SIGNED_DATA
    assert content_info_type(cms.encode_content_info(cms.DATA, der.octet_string(b""))) == cms.DATA


def test_another_content_type_is_refused() -> None:
    with pytest.raises(MalformedInput) as raised:
        SignedData.read(cms.encode_content_info(cms.DATA, der.octet_string(b"")))
    assert raised.value.code == "cms-wrong-content-type"
    assert raised.value.values["found"] == cms.DATA
    assert raised.value.clause == "RFC 5652 §3"


def test_input_cut_anywhere_is_malformed() -> None:
    for source in (DATA, ber(DATA)):
        for length in range(len(source)):
            with pytest.raises(MalformedInput):
                SignedData.read(source[:length])


def test_octets_after_the_end_are_refused() -> None:
    with pytest.raises(MalformedInput) as raised:
        SignedData.read(DATA + b"\0")
    assert "after the end" in raised.value.message


def test_a_set_of_certificates_keeps_only_certificates() -> None:
    other = der.tlv(der.context(1), der.integer(1))
    held = der.tlv(der.context(0), HOLDER.certificate.raw, other)
    assert SignedData.read(signed_data(extra=held)).certificates == (HOLDER.certificate.raw,)


def test_revocation_lists_are_kept_raw() -> None:
    one = der.sequence(der.integer(1))
    assert SignedData.read(signed_data(extra=der.tlv(der.context(1), one))).crls == (one,)


def test_no_signers_is_certificates_only() -> None:
    assert SignedData.read(signed_data()).signer_infos == ()


def test_content_that_is_no_octet_string_is_refused() -> None:
    content = der.sequence(der.oid(cms.DATA), der.explicit(0, der.sequence()))
    with pytest.raises(MalformedInput) as raised:
        SignedData.read(signed_data(content=content))
    assert (raised.value.code, raised.value.clause) == ("cms-malformed", "RFC 5652 §5.2")


@pytest.mark.parametrize("inner", [b"", der.octet_string(b"") * 2])
def test_exactly_one_content_stands_under_its_tag(inner: bytes) -> None:
    content = der.sequence(der.oid(cms.DATA), der.tlv(der.context(0), inner))
    with pytest.raises(MalformedInput) as raised:
        SignedData.read(signed_data(content=content))
    assert raised.value.code == "malformed-input"


def test_signers_are_bounded() -> None:
    with pytest.raises(LimitExceeded) as raised:
        SignedData.read(signed_data(signers=signer_info() * 251))
    assert raised.value.where == "SignedData.signerInfos"
    assert len(SignedData.read(signed_data(signers=signer_info() * 250)).signer_infos) == 250


def test_attributes_are_bounded() -> None:
    one = SEQUENCE_OF_SIGNED.encode()
    with pytest.raises(LimitExceeded):
        info(der.tlv(der.context(0), one * 257))
    with pytest.raises(LimitExceeded):
        info(field0(Attribute("1.2.3", (der.integer(1),) * 257)))


def test_deep_nesting_is_bounded() -> None:
    with pytest.raises(LimitExceeded):
        SignedData.read(b"\x30\x80" * 200 + b"\0\0" * 200)


# --- signer identifiers ---


def test_a_signer_is_named_by_issuer_and_serial() -> None:
    found = info()
    assert (found.issuer, found.serial_number) == (
        HOLDER.certificate.issuer.raw,
        HOLDER.certificate.serial_number,
    )
    assert found.subject_key_identifier is None
    assert found.names(HOLDER.certificate)
    assert not found.names(root().certificate)


def test_a_signer_is_named_by_key_identifier() -> None:
    identifier = HOLDER.certificate.subject_key_identifier
    assert identifier
    found = info(sid=der.tlv(der.context(0, constructed=False), identifier))
    assert (found.issuer, found.serial_number) == (None, None)
    assert found.names(HOLDER.certificate)
    assert not found.names(root().certificate)


@pytest.mark.parametrize(
    ("same_issuer", "same_serial"), [(True, True), (True, False), (False, True), (False, False)]
)
def test_issuer_and_serial_must_both_agree(same_issuer: bool, same_serial: bool) -> None:
    certificate = HOLDER.certificate
    issuer = certificate.issuer.raw if same_issuer else HOLDER.certificate.subject.raw
    named = CertificateId(issuer, certificate.serial_number + (not same_serial))
    assert named.names(certificate) == (same_issuer and same_serial)


def test_an_issuer_is_compared_as_a_name() -> None:
    other_kind = der.sequence(der.set_of([der.sequence(der.oid("2.5.4.3"), der.tlv(0x13, b"ROOT"))]))
    assert CertificateId(other_kind, HOLDER.certificate.serial_number).names(HOLDER.certificate)


def test_a_broken_issuer_names_nothing() -> None:
    assert not CertificateId(b"\x30\x01", HOLDER.certificate.serial_number).names(HOLDER.certificate)


def test_nobody_is_named_by_an_empty_identifier() -> None:
    assert not CertificateId().names(HOLDER.certificate)


def test_an_identifier_of_another_kind_is_refused() -> None:
    with pytest.raises(MalformedInput) as raised:
        info(sid=der.integer(1))
    assert (raised.value.code, raised.value.where) == ("cms-malformed", "SignerInfo.sid")


# --- attributes ---


def test_attributes_are_signed_as_der_set() -> None:
    first, second = Attribute("1.2.3", (der.integer(1),)), Attribute("1.2.2", (der.integer(2),))
    found = info(der.tlv(der.context(0), first.encode(), second.encode()))
    assert not found.signed_attributes_are_der
    assert found.signed_message() == encode_attributes([first, second])
    assert found.signed_message_as_received() == der.tlv(der.SET, first.encode(), second.encode())
    assert found.signed_attributes == (first, second)


def test_without_attributes_there_is_no_signed_message() -> None:
    found = info()
    assert found.signed_attributes is None
    assert not found.signed_attributes_are_der
    for message in (found.signed_message, found.signed_message_as_received):
        with pytest.raises(MalformedInput) as raised:
            message()
        assert raised.value.code == "signed-attributes-missing"
    assert (found.content_type, found.message_digest, found.signing_time) == (None, None, None)
    assert found.attribute(cms.CONTENT_TYPE) is None
    assert found.repeated_attributes == ()


def test_an_attribute_must_not_be_repeated() -> None:
    twice = [Attribute(cms.MESSAGE_DIGEST, (der.octet_string(x),)) for x in (b"a", b"b")]
    found = info(field0(*twice, SEQUENCE_OF_SIGNED))
    assert found.repeated_attributes == (cms.MESSAGE_DIGEST,)
    with pytest.raises(MalformedInput) as raised:
        _ = found.message_digest
    assert raised.value.code == "attribute-repeated"
    assert raised.value.values["oid"] == cms.MESSAGE_DIGEST
    with pytest.raises(MalformedInput):
        found.attribute(cms.MESSAGE_DIGEST)
    assert found.attribute("1.2.3") == (der.integer(1),)


@pytest.mark.parametrize("values", [(), (der.octet_string(b"a"), der.octet_string(b"b"))])
def test_an_attribute_must_have_one_value(values: tuple[bytes, ...]) -> None:
    found = info(field0(Attribute(cms.MESSAGE_DIGEST, values)))
    with pytest.raises(MalformedInput) as raised:
        _ = found.message_digest
    assert raised.value.code == "attribute-values"
    assert raised.value.values["found"] == str(len(values))


@pytest.mark.parametrize("oid", [cms.CONTENT_TYPE, cms.MESSAGE_DIGEST, cms.SIGNING_TIME])
def test_an_attribute_of_another_kind_is_malformed(oid: str) -> None:
    found = info(field0(Attribute(oid, (der.integer(1),))))
    with pytest.raises(MalformedInput):
        _ = (found.content_type, found.message_digest, found.signing_time)


def test_a_time_that_does_not_exist_is_malformed() -> None:
    found = info(field0(Attribute(cms.SIGNING_TIME, (der.tlv(der.UTC_TIME, b"261323000000Z"),))))
    with pytest.raises(MalformedInput):
        _ = found.signing_time


def test_unsigned_attributes_are_kept_and_may_repeat() -> None:
    twice = der.tlv(der.context(1), SEQUENCE_OF_SIGNED.encode() * 2)
    assert info(unsigned=twice).unsigned_attributes == (SEQUENCE_OF_SIGNED,) * 2
    assert info().unsigned_attributes == ()


def test_attributes_without_any_are_empty() -> None:
    assert Attributes(()).get("1.2.3") is None
    assert Attributes(()).one("1.2.3", der.INTEGER) is None


# --- PEM ---


@given(st.binary(min_size=1, max_size=200))
def test_pem_round_trips(content: bytes) -> None:
    data = der.sequence(der.octet_string(content))
    assert read_pem_or_der(to_pem(data)) == data
    assert max(map(len, to_pem(data).splitlines())) <= 64


@pytest.mark.parametrize("label", [b"CMS", b"PKCS7"])
def test_both_labels_are_read(label: bytes) -> None:
    text = to_pem(DATA).replace(b" CMS", b" " + label)
    assert read_pem_or_der(b"explained\n" + text.replace(b"\n", b"\r\n")) == DATA


def test_der_passes_as_it_is() -> None:
    assert read_pem_or_der(DATA) == DATA


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        b"-----BEGIN CMS-----",
        to_pem(DATA)[:-10],
        to_pem(DATA) * 2,
        to_pem(DATA).replace(b"BEGIN CMS", b"BEGIN CERTIFICATE"),
        b"-----BEGIN CMS-----\n!!!!\n-----END CMS-----\n",
        b"-----BEGIN CMS-----\nAAA\n-----END CMS-----\n",
    ],
)
def test_what_is_neither_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedInput) as raised:
        read_pem_or_der(data)
    assert raised.value.code == "cms-malformed"


# --- hostile input ---


def touch(signed: SignedData) -> None:
    """Ask for everything that a reader can ask for."""
    for found in signed.signer_infos:
        found.names(HOLDER.certificate)
        for ask in (
            lambda f=found: f.signed_message(),
            lambda f=found: f.message_digest,
            lambda f=found: f.signing_time,
            lambda f=found: f.content_type,
            lambda f=found: f.signed_attributes_are_der,
            lambda f=found: f.repeated_attributes,
        ):
            try:
                ask()
            except EsignError:
                continue


def is_good(data: bytes) -> bool:
    """Whether content, attributes and signature all hold."""
    signed = SignedData.read(data)
    touch(signed)
    if len(signed.signer_infos) != 1:
        return False
    found = signed.signer_infos[0]
    by = digest(found.digest_algorithm)
    scheme = signature_scheme(found.signature_algorithm, by)
    public = HOLDER.private.public_key()
    held = scheme.is_valid(public, found.signature, found.signed_message())
    return held and found.message_digest == by.of(signed.content or b"")


@settings(max_examples=300)
@given(at=st.integers(0, len(DATA) - 1), bit=st.integers(0, 7))
def test_no_flipped_bit_changes_what_is_signed(at: int, bit: int) -> None:
    changed = bytearray(DATA)
    changed[at] ^= 1 << bit
    try:
        good = is_good(bytes(changed))
    except EsignError:
        return
    if good:
        assert SignedData.read(bytes(changed)).content == b"letter"


@given(st.binary(max_size=300))
def test_garbage_is_malformed(data: bytes) -> None:
    for read in (SignedData.read, read_envelope, content_info_type, read_pem_or_der):
        try:
            read(data)
        except EsignError:
            continue


@given(st.lists(st.tuples(st.integers(0, len(DATA) - 1), st.binary(max_size=4)), max_size=6))
def test_spliced_signatures_raise_only_our_errors(splices: list[tuple[int, bytes]]) -> None:
    for source in (DATA, ber(DATA)):
        data = source
        for at, octets in splices:
            data = data[:at] + octets + data[at + 1 :]
        try:
            touch(SignedData.read(data))
        except EsignError:
            continue


# --- data made by others ---


def _entries(name: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((corpus(name) / "index.json").read_bytes())["entries"]
    return found


def _read_any(data: bytes) -> None:
    kind = content_info_type(read_pem_or_der(data))
    if kind == cms.SIGNED_DATA:
        touch(SignedData.read(read_pem_or_der(data)))
    elif kind in (ENVELOPED_DATA, AUTH_ENVELOPED_DATA):
        for found in read_envelope(read_pem_or_der(data)).recipient_ids:
            found.names(HOLDER.certificate)
            assert found.algorithm_name


@pytest.mark.corpora
@pytest.mark.parametrize("name", ["rfc4134", "ietf_cms", "lamps_examples", "bc_pqc", "pqc_hackathon"])
def test_cms_made_by_others_is_read(name: str) -> None:
    folder, count = corpus(name), 0
    for entry in _entries(name):
        if entry["kind"].startswith("cms") and not entry["file"].endswith((".eml", ".txt")):
            _read_any((folder / entry["file"]).read_bytes())
            count += 1
    assert count >= 2


def _certificates(folder: Path) -> list[Certificate]:
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".cer", ".crt", ".pem", ".der"):
            try:
                found += Certificate.load_all(path.read_bytes())
            except EsignError:
                continue
    return found


@pytest.mark.corpora
@pytest.mark.parametrize("name", ["lamps_examples", "bc_pqc", "pqc_hackathon"])
def test_ml_dsa_signatures_of_others_hold(name: str) -> None:
    # RFC 9882: the row of the table is all that ML-DSA needs.
    folder, known, count = corpus(name), _certificates(corpus(name)), 0
    for entry in _entries(name):
        if entry["kind"] != "cms-signed-attached" or "dsa" not in entry["file"].lower():
            continue
        if "slh" in entry["file"].lower() or entry["expected"] != "valid":
            continue
        signed = SignedData.read(read_pem_or_der((folder / entry["file"]).read_bytes()))
        pool = known + [Certificate.load(raw) for raw in signed.certificates]
        for found in signed.signer_infos:
            # The certificates of RFC 9881 share issuer and serial number: each that is named is tried.
            holders = [c for c in pool if found.names(c)]
            by = digest(found.digest_algorithm)
            message = signed.content if found.signed_attributes is None else found.signed_message()
            assert message is not None
            scheme = signature_scheme(found.signature_algorithm, by)
            good = [scheme.is_valid(c.public_key, found.signature, message) for c in holders]
            assert any(good), entry["file"]
            if found.signed_attributes is not None:
                assert found.message_digest == by.of(signed.content or b"")
            count += 1
    assert count == 3


@pytest.mark.corpora
def test_signatures_of_rfc_4134_are_over_the_content() -> None:
    folder = corpus("rfc4134")
    content = (folder / "ExContent.bin").read_bytes()
    signed = SignedData.read((folder / "4.2.bin").read_bytes())
    (found,) = signed.signer_infos
    assert signed.content == content
    by = digest(found.digest_algorithm)
    scheme = signature_scheme(found.signature_algorithm, by)
    pool = [Certificate.load(raw) for raw in signed.certificates]
    holder = next(c for c in pool if found.names(c))
    message = content if found.signed_attributes is None else found.signed_message()
    assert scheme.is_valid(holder.public_key, found.signature, message)


def test_certificates_of_readers_do_not_matter_to_reading() -> None:
    extra = issue(recipient("p-256").private, "Extra", issuer=root())
    data = signing.sign(b"", HOLDER.signer, at=AT, certificates=[extra.certificate.raw])
    assert extra.certificate.raw in SignedData.read(data).certificates
