"""What is read in one pass over places means the same as read by fields; what is uncommon is left alone."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import attributes, der, encoded, extensions, signing, x509
from esign.attributes import Attributes
from esign.cades import Claims, said
from esign.cms import SignedData, SignerInfo, signed_data, signer_info
from esign.errors import MalformedInput
from esign.material import Material, material_of_certificates
from esign.testing import TestPKI
from tests.esign.people import AT, signatory
from tests.esign.test_cms import ber

PKI = TestPKI()
HOLDER = signatory("p-256")
ATTACHED = signing.sign(b"letter", HOLDER.signer, at=AT)
CLAIMING = signing.sign(b"x" * 300, HOLDER.signer, at=AT, claims=Claims.of(roles=["director"]))
DETACHED = signing.sign(b"letter", HOLDER.signer, at=AT, detached=True)
CERTIFICATES = {
    "root": PKI.root.raw,
    "issuing": PKI.issuing.raw,
    "person": PKI.signer("Ali").certificate,
}


def changed(octets: bytes) -> Iterator[bytes]:
    """`octets` with each octet in turn replaced by a few others, cut at each length, with more after it."""
    others = (0x00, 0x01, 0x30, 0x7F, 0x80, 0x82, 0xFF)
    yield from (octets[:i] + bytes([o]) + octets[i + 1 :] for i in range(len(octets)) for o in others)
    yield from (octets[:i] for i in range(len(octets)))
    yield octets + b"\0"


def outcome(read: Callable[[], object]) -> object:
    """What `read` returns, or that it refuses."""
    try:
        return read()
    except MalformedInput:
        return MalformedInput


def values(found: Any) -> object:
    """Every field, with the octets of contents."""
    if not dataclasses.is_dataclass(found):
        return found
    shown = {f.name: getattr(found, f.name) for f in dataclasses.fields(found)}
    if isinstance(found, SignedData):
        shown["encapsulated"] = found.content
        shown["encapsulated_field"] = b"".join(found.encapsulated_field.chunks())
    return shown


# --- places ---


@given(st.binary(max_size=40))
def test_spans_are_the_children_that_the_reader_finds(octets: bytes) -> None:
    spans = der.spans(octets, 0, len(octets), limit=20)
    if spans is not None:
        parent = der.decode(der.sequence(octets))
        shift = parent.body
        children = [(c.tag, c.start - shift, c.body - shift, c.end - shift) for c in parent.children()]
        assert spans == children
        assert der.pieces(octets, 0, len(octets), limit=20) == tuple(c.raw for c in parent.children())


@pytest.mark.parametrize("size", [0, 127, 128, 255, 256, 65_536])
def test_lengths_of_each_form_are_read(size: int) -> None:
    element = der.octet_string(bytes(size))
    body = len(element) - size
    assert der.spans(element, 0, len(element), limit=1) == [(der.OCTET_STRING, 0, body, len(element))]
    assert der.inside(element, 0, len(element), der.OCTET_STRING) == body


@pytest.mark.parametrize(
    "octets",
    [b"\x30", b"\x30\x01", b"\x30\x80\0\0", b"\x1f\x01\0", b"\x04\x85\0\0\0\0\0", b"\x04\x81", b"\x04\x82\1"],
    ids=["tag-alone", "cut", "indefinite", "long-tag", "long-length", "length-cut", "length-half"],
)
def test_what_is_not_plain_is_left_to_the_reader(octets: bytes) -> None:
    assert der.spans(octets, 0, len(octets), limit=9) is None
    assert octets[0] == 0x1F or der.inside(octets, 0, len(octets), octets[0]) == -1


def test_no_more_elements_are_taken_than_the_limit() -> None:
    octets = der.null() * 3
    assert len(der.spans(octets, 0, 6, limit=3) or ()) == 3
    assert der.spans(octets, 0, 6, limit=2) is None
    assert der.spans(octets, 0, 0, limit=0) == []


def test_an_element_must_fill_its_place() -> None:
    octets = der.octet_string(b"ab")
    assert der.inside(octets, 0, 4, der.OCTET_STRING) == 2
    assert der.inside(octets + b"\0", 0, 5, der.OCTET_STRING) == -1
    assert der.inside(octets, 0, 3, der.OCTET_STRING) == -1
    assert der.inside(octets, 0, 4, der.SEQUENCE) == -1


# --- structures ---


@pytest.mark.parametrize("octets", [ATTACHED, CLAIMING, DETACHED], ids=["attached", "claiming", "detached"])
def test_signed_data_means_the_same_in_place_as_by_fields(octets: bytes) -> None:
    plain = signed_data._plain(octets)
    assert plain is not None
    assert values(plain) == values(SignedData._read(octets))


def test_signed_data_that_was_changed_means_the_same_or_is_left_alone() -> None:
    for form in changed(DETACHED):
        plain = signed_data._plain(form)
        if plain is not None:
            assert values(plain) == values(SignedData._read(form)), form.hex()


def test_signed_data_in_ber_is_left_alone_and_read_all_the_same() -> None:
    form = ber(ATTACHED)
    assert signed_data._plain(form) is None
    assert SignedData.read(form).content == b"letter"


@pytest.mark.parametrize("octets", [ATTACHED, CLAIMING], ids=["usual", "claiming"])
def test_a_signer_means_the_same_in_place_as_by_fields(octets: bytes) -> None:
    raw = SignedData.read(octets).signer_infos[0].raw
    assert plain_signer(raw) == SignerInfo._read(der.decode(raw), "SignerInfo")
    for form in changed(raw):
        plain = plain_signer(form)
        if plain is not None:
            strict = SignerInfo._read(der.decode(form), "SignerInfo")
            assert values(plain) == values(strict), form.hex()
            assert plain.signed_attributes_are_der == strict.signed_attributes_are_der


def plain_signer(raw: bytes) -> SignerInfo | None:
    at = der.inside(raw, 0, len(raw), der.SEQUENCE)
    return None if at < 0 else signer_info.plain_signer_info(raw, 0, at, len(raw), "SignerInfo")


def test_an_attribute_means_the_same_in_place_as_by_fields() -> None:
    for raw in SignedData.read(CLAIMING).signer_infos[0].signed.elements:  # type: ignore[union-attr]
        for form in (raw, *changed(raw)):
            plain = outcome(lambda f=form: attributes._plain(f))
            if plain is not None:
                assert plain == outcome(lambda f=form: attributes._attribute(f, 9, "")), form.hex()
            if isinstance(plain, attributes.Attribute) and plain.is_plain:
                assert der.is_der(der.decode(form)), form.hex()


@pytest.mark.parametrize("which", CERTIFICATES)
def test_a_certificate_means_the_same_in_place_as_by_fields(which: str) -> None:
    octets = CERTIFICATES[which]
    assert x509._plain(octets) is not None
    for form in (octets, *changed(octets)):
        plain = x509._plain(form)
        if plain is not None:
            assert values(plain) == values(x509.Certificate._read_fields(form)), form.hex()


def test_the_parts_of_what_is_signed_are_the_same_in_place_as_by_fields() -> None:
    for form in (PKI.crls[0], *changed(PKI.crls[0])):
        plain = encoded.plain_parts(form)
        if plain is not None:
            assert plain == encoded._parts_by_fields(form), form.hex()


def test_a_validity_of_three_times_is_refused() -> None:
    time = der.time(AT)
    with pytest.raises(MalformedInput):
        x509._validity(der.decode(der.sequence(time, time, time)))
    assert x509._validity(der.decode(der.sequence(time, time))) == (AT, AT)


# --- what is kept ---


def test_what_a_signer_says_alike_is_read_once() -> None:
    first, second = (
        SignedData.read(signing.sign(text, HOLDER.signer, at=AT)).signer_infos[0] for text in (b"a", b"b")
    )
    assert first.signed is not None and second.signed is not None
    assert first.message_digest != second.message_digest
    assert said.said_in(first.signed) is said.said_in(second.signed)
    assert said.said_in(first.signed) == said._read(first.signed)


def test_message_digest_and_signing_time_do_not_recur() -> None:
    signed = SignedData.read(ATTACHED).signer_infos[0].signed
    assert signed is not None
    assert len(signed.elements) - len(signed.recurring) == 2
    assert set(signed.recurring) < set(signed.elements)


def test_an_attribute_that_stands_twice_is_refused_each_time() -> None:
    raw = attributes.Attribute("1.2.840.113549.1.9.3", (der.oid("1.2.3"),)).encode()
    twice = Attributes.of((raw, raw), "signedAttrs", keep=True)
    for _ in range(2):
        with pytest.raises(MalformedInput) as caught:
            said.said_in(twice)
        assert (caught.value.code, caught.value.where) == ("attribute-repeated", "signedAttrs")


def test_long_attributes_are_not_kept() -> None:
    raw = attributes.Attribute("1.2.3", (der.octet_string(bytes(3_000)),)).encode()
    before = said._kept.cache_info().currsize
    assert said.said_in(Attributes.of((raw,), "signedAttrs", keep=True)) == said.NOTHING
    assert said._kept.cache_info().currsize == before


def test_certificates_that_come_along_are_what_material_reads() -> None:
    usual = (CERTIFICATES["person"], CERTIFICATES["issuing"])
    broken = (*usual, b"\x30\x03\x02\x01\x01")
    for several in (usual, broken, ()):
        assert material_of_certificates(several) == Material.read(several)
    assert material_of_certificates(usual) is material_of_certificates(tuple(map(bytes, usual)))


def test_a_list_that_is_broken_is_named_as_before() -> None:
    broken = PKI.crls[0][:-1] + b""
    found = Material.read([broken, *PKI.crls, PKI.root.raw])
    assert [f.code for f in found.findings] == ["material-unreadable"]
    assert len(found.crls) == len(PKI.crls) and found.certificates == (PKI.root,)


def test_extensions_are_the_same_from_octets_as_from_their_element() -> None:
    items = [der.sequence(der.oid("2.5.29.15"), der.octet_string(b"\3\2\1\6"))]
    assert extensions.extensions_of(items) == extensions.read_extensions(der.decode(der.sequence(*items)))
    with pytest.raises(MalformedInput):
        extensions.extensions_of(items * 2)
