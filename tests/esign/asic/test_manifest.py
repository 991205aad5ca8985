"""Manifests: what they reference is read whole or refused, and XML's own attacks never come to anything."""

import base64
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign.algorithms import SHA1, SHA3_512, SHA224, SHA256, SHA384, SHA512, Digest
from esign.asic.manifest import MAX_MANIFEST, NAMESPACE, DataObject, Manifest, encode
from esign.errors import LimitExceeded, MalformedInput

NAME = "META-INF/ASiCManifest.xml"
REPORT = DataObject("report one.pdf", SHA256, SHA256.of(b"report"), "application/pdf", root=True)
TABLE = DataObject("data/\u0436\u0430\u0434\u0432\u0430\u043b.csv", SHA512, SHA512.of(b"table"))
XML = encode("META-INF/signature.p7s", (REPORT, TABLE))


def refused(data: bytes) -> MalformedInput:
    """How reading is refused."""
    with pytest.raises(MalformedInput) as raised:
        Manifest.read(NAME, data)
    assert raised.value.where == NAME
    return raised.value


def test_what_is_written_is_read() -> None:
    manifest = Manifest.read(NAME, XML)
    assert (manifest.name, manifest.raw, manifest.reference) == (NAME, XML, "META-INF/signature.p7s")
    assert manifest.reference_type == "application/pkcs7-signature"
    assert [(o.name, o.digest, o.value, o.mime_type, o.root) for o in manifest.objects] == [
        (o.name, o.digest, o.value, o.mime_type, o.root) for o in (REPORT, TABLE)
    ]


@pytest.mark.parametrize("by", [SHA256, SHA384, SHA512, SHA3_512], ids=lambda d: d.name)
def test_each_digest_has_its_address(by: Digest) -> None:
    (found,) = Manifest.read(NAME, encode("s", [DataObject("a", by, by.of(b"a"))])).objects
    assert found.digest is by
    assert found.matches(by.of(b"a"))
    assert not found.matches(by.of(b"b"))


def test_names_are_percent_encoded_as_addresses() -> None:
    root = ElementTree.fromstring(XML)  # noqa: S314 - our own
    assert [child.get("URI") for child in root][1] == "report%20one.pdf"


def test_a_file_that_is_not_referenced_is_not_found() -> None:
    manifest = Manifest.read(NAME, XML)
    assert manifest.object("report one.pdf") is not None
    assert manifest.object("other") is None


def test_a_digest_that_is_not_known_is_told_by_its_address() -> None:
    unknown = XML.replace(b"xmlenc#sha256", b"xmlenc#ripemd160")
    (first, _) = Manifest.read(NAME, unknown).objects
    assert first.digest is None
    assert first.algorithm == "http://www.w3.org/2001/04/xmlenc#ripemd160"


def test_older_namespaces_are_read() -> None:
    older = XML.replace(NAMESPACE.encode(), b"http://uri.etsi.org/2918/v1.2.1#")
    assert len(Manifest.read(NAME, older).objects) == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"ASiCManifest", b"Manifest"),
        (b"asic:SigReference", b"asic:Other"),
        (b"asic:DataObjectReference", b"asic:Other"),
        (b"ds:DigestValue", b"ds:Other"),
        (b"ds:DigestMethod", b"ds:Other"),
        (b"report%20one.pdf", b""),
        (b"report%20one.pdf", b"%ff"),
        (TABLE.name.encode(), b"report%20one.pdf"),
        (base64.b64encode(REPORT.value), b"no base64!"),
        (b"</asic:ASiCManifest>", b""),
    ],
    ids=range(10),
)
def test_a_manifest_that_lacks_something_is_refused(old: bytes, new: bytes) -> None:
    encoded = XML.replace(b"data/%D0%B6%D0%B0%D0%B4%D0%B2%D0%B0%D0%BB.csv", TABLE.name.encode())
    changed = encoded.replace(old, new)
    assert changed != encoded
    assert refused(changed).code == "manifest-malformed"


BILLION = b'<!DOCTYPE a [<!ENTITY b "bbbb">]>' + XML.partition(b"?>")[2]


@pytest.mark.parametrize(
    "data",
    [
        BILLION,
        BILLION.decode().encode("utf-16"),
        BILLION.decode().encode("utf-32"),
        b'<?xml version="1.0" encoding="utf-7"?>' + BILLION.replace(b"<!DOCTYPE", b"+ADwAIQ-DOCTYPE"),
        b'<?xml version="1.0" encoding="none"?><a/>',
        b"\xff\xfe",
        b"",
    ],
    ids=range(7),
)
def test_document_types_and_other_encodings_are_refused(data: bytes) -> None:
    assert refused(data).code == "manifest-malformed"


def test_a_manifest_over_the_limit_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        Manifest.read(NAME, b" " * (MAX_MANIFEST + 1))


def test_too_many_references_are_refused() -> None:
    one = DataObject("a", SHA256, b"")
    data = encode("s", [one] * 10_001)
    with pytest.raises(LimitExceeded):
        Manifest.read(NAME, data)


def test_every_truncation_is_refused() -> None:
    for length in range(len(XML)):
        refused(XML[:length])


@given(st.binary(max_size=100))
def test_any_octets_are_refused_by_our_errors(data: bytes) -> None:
    refused(b"<a>" + data)


def test_a_reference_is_not_written_without_a_digest() -> None:
    with pytest.raises(ValueError, match="without a digest"):
        encode("s", [DataObject("a", None, b"")])


HOSTILE = {
    "deep": b"<a>" * 1_000_000,
    "crowded": b"<a>" + b"<b/>" * 200_000 + b"</a>",
    "long": b"<a " + b"b='' " * 20_000 + b"/>",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_deep_or_crowded_xml_is_refused_before_it_is_built(data: bytes) -> None:
    error = refused(data)
    assert (error.code, type(error)) == ("limit-exceeded", LimitExceeded)


def test_a_record_has_no_media_type() -> None:
    manifest = Manifest.read(NAME, encode("META-INF/evidencerecord.ers", [REPORT], reference_type=""))
    assert manifest.reference_type == ""
    assert b"MimeType" not in manifest.raw.split(b"DataObjectReference")[0]


def test_a_reference_is_found_by_its_name() -> None:
    manifest = Manifest.read(NAME, XML)
    assert manifest.object(TABLE.name) == manifest.objects[1]
    assert manifest.object("other") is None


def test_digests_of_the_past_are_read_but_not_written() -> None:
    for by, address in ((SHA1, b"2000/09/xmldsig#sha1"), (SHA224, b"2001/04/xmldsig-more#sha224")):
        old = XML.replace(b"2001/04/xmlenc#sha256", address)
        assert Manifest.read(NAME, old).objects[0].digest is by
        with pytest.raises(ValueError, match="without a digest that is written"):
            encode("s", [DataObject("a", by, by.of(b"a"))])
