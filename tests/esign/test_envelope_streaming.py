"""Envelopes in files are those that the same octets in memory are; what was not checked is not released."""

import io
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import cms, der, envelope, enveloped
from esign.algorithms import AlgorithmIdentifier
from esign.ciphers import AES256_CBC, AES256_GCM, CIPHER_NAMES
from esign.cms import DATA
from esign.envelope.content import MAX_UNDER_GCM, demand_room, new_encryption
from esign.envelope.streaming import Opening, encrypt_into, open_file
from esign.enveloped import ContentEncryption, EnvelopeInFile, read_envelope, read_envelope_file
from esign.enveloped.recipients import IMPLICIT_OCTETS
from esign.enveloped.streaming import MAX_AFTER_CONTENT, MAX_BEFORE_CONTENT
from esign.errors import DecryptionFailed, EsignError, LimitExceeded, MalformedInput, NotARecipient
from esign.keys import KeyEncryptionKey, OpeningKey, Password
from tests.esign.people import recipient
from tests.esign.test_envelope import ber, cbc_for, pkcs1

HOLDER, OTHER = recipient("p-256"), recipient("p-256", 1)
KEYS = [HOLDER.decryptor]
CONTENT = b"letter" * 30
SHARED = KeyEncryptionKey(bytes(32), b"id")


def streamed(
    content: bytes, *, parts: int = 1 << 20, cipher: str = "aes-256-gcm", sized: bool = False, **given: object
) -> bytes:
    """An envelope made in a stream, from chunks of `parts` octets."""
    made = io.BytesIO()
    chunks = (content[at : at + parts] for at in range(0, len(content), parts))
    size = len(content) if sized else None
    encrypt_into(made.write, chunks, [HOLDER.certificate], size=size, cipher=cipher, **given)  # type: ignore[arg-type]
    return made.getvalue()


FORMS = {
    "gcm": envelope.encrypt(CONTENT, [HOLDER.certificate]),
    "cbc": envelope.encrypt(CONTENT, [HOLDER.certificate], cipher="aes-256-cbc"),
    "empty": envelope.encrypt(b"", [HOLDER.certificate]),
    "attributes": envelope.encrypt(CONTENT, [HOLDER.certificate], content_type=cms.SIGNED_DATA),
    "derived": envelope.encrypt(CONTENT, [HOLDER.certificate, SHARED], derive_key=True),
    "gcm-der": streamed(CONTENT, sized=True),
    "gcm-ber": streamed(CONTENT),
    "cbc-der": streamed(CONTENT, sized=True, cipher="aes-128-cbc"),
    "cbc-ber": streamed(CONTENT, cipher="aes-128-cbc"),
    "attributes-ber": streamed(CONTENT, content_type=cms.SIGNED_DATA, derive_key=True),
}
FORMS |= {f"{name}-indefinite": ber(FORMS[name]) for name in ("gcm", "cbc", "attributes", "derived")}
NOT_DER = {"attributes-indefinite", "derived-indefinite"}
"""What is authenticated, or derived from, is DER (RFC 5083 §2.2, RFC 9709 §2): these are read, not opened."""


def in_file(data: bytes, *, ahead: bytes = b"") -> EnvelopeInFile:
    file = io.BytesIO(ahead + data)
    file.seek(len(ahead))
    return read_envelope_file(file)


def opened(
    data: bytes, keys: list[OpeningKey] | None = None, *, unsafe: bool = False
) -> tuple[Opening, bytes]:
    """What is said of an envelope in a file, and what it releases."""
    opening = open_file(in_file(data), keys or [*KEYS], unsafe_release_unverified=unsafe)
    out = io.BytesIO()
    opening.release(out.write)
    return opening, out.getvalue()


def without_element(found: enveloped.Envelope) -> tuple[object, ...]:
    tag = (found.mac, found.attributes.items) if isinstance(found, enveloped.AuthEnvelopedData) else ()
    return (found.version, found.recipients, found.content_type, found.encryption, *tag)


def facts(data: bytes) -> tuple[object, ...]:
    found = read_envelope(data)
    octets = None if found.encrypted is None else found.encrypted.octets()
    return (*without_element(found), octets)


def facts_in_file(data: bytes) -> tuple[object, ...]:
    found = in_file(data, ahead=b"before")
    octets = None if found.encrypted is None else b"".join(found.encrypted.chunks())
    if octets is not None and found.encrypted is not None:
        assert (found.encrypted.size, found.tail) == (len(octets), octets[-32:])
    return (*without_element(found.envelope), octets)


# --- read ---


@pytest.mark.parametrize("form", FORMS)
def test_a_file_says_what_the_octets_say(form: str) -> None:
    assert facts_in_file(FORMS[form]) == facts(FORMS[form])


@pytest.mark.parametrize("form", [form for form in FORMS if form not in NOT_DER])
def test_a_file_opens_to_what_the_octets_open_to(form: str) -> None:
    wanted = envelope.decrypt(FORMS[form], KEYS)
    opening, content = opened(FORMS[form])
    found = opening.found
    assert content == wanted.content
    assert (found.content, found.written) == (b"", len(content))
    assert (found.recipient, found.cipher, found.findings) == (
        wanted.recipient,
        wanted.cipher,
        wanted.findings,
    )
    assert (found.content_type, found.authenticated) == (wanted.content_type, wanted.authenticated)


@pytest.mark.parametrize("form", FORMS)
def test_a_file_cut_anywhere_is_refused(form: str) -> None:
    data = FORMS[form]
    for length in range(len(data)):
        with pytest.raises(MalformedInput):
            in_file(data[:length])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("more", [b"\0", b"\0\0", b"\x05\0"], ids=["octet", "end", "null"])
def test_octets_after_the_end_are_refused(form: str, more: bytes) -> None:
    with pytest.raises(MalformedInput):
        in_file(FORMS[form] + more)


def _outcome(read: Callable[[bytes], object], data: bytes) -> object:
    """What is read; None when it is refused."""
    try:
        return read(data)
    except EsignError:
        return None


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """An envelope with a few octets changed, left out or put in."""
    data = bytearray(draw(st.sampled_from(list(FORMS.values()))))
    octet = st.one_of(st.sampled_from([0, 4, 0x24, 0x30, 0x31, 0x80, 0x81, 0xA0, 0xA1]), st.integers(0, 255))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data) - 1))
        match draw(st.integers(0, 2)):
            case 0:
                data[at] = draw(octet)
            case 1:
                del data[at]
            case _:
                data[at:at] = draw(st.sampled_from([b"\0\0", b"\x24\x80", b"\x04\0", b"\x01"]))
    return bytes(data)


@settings(max_examples=300, deadline=None)
@given(damaged())
def test_both_readers_take_and_refuse_the_same(data: bytes) -> None:
    assert _outcome(facts_in_file, data) == _outcome(facts, data)


@settings(max_examples=200, deadline=None)
@given(damaged())
def test_both_open_the_same_and_never_release_what_was_changed(data: bytes) -> None:
    released = _outcome(lambda octets: opened(octets)[1], data)
    assert released == _outcome(lambda octets: envelope.decrypt(octets, KEYS).content, data)


@given(st.binary(max_size=60))
def test_no_octets_raise_another_error(data: bytes) -> None:
    _outcome(in_file, data)
    _outcome(in_file, FORMS["gcm-ber"][:21] + data)


def _envelope_with(before: bytes, after: bytes = b"") -> bytes:
    """EnvelopedData with other octets for its recipients, and after the content."""
    encryption, _ = new_encryption(AES256_CBC, derived=False)
    content = der.sequence(der.oid(DATA), encryption.encode(), der.tlv(IMPLICIT_OCTETS, bytes(32)))
    return cms.encode_content_info(
        enveloped.ENVELOPED_DATA, der.sequence(der.integer(0), before, content, after)
    )


def test_recipients_without_end_are_refused() -> None:
    with pytest.raises(LimitExceeded) as refused:
        in_file(_envelope_with(der.tlv(der.SET, bytes(MAX_BEFORE_CONTENT))))
    assert (refused.value.code, refused.value.where) == ("limit-exceeded", "octet 32")
    nested = b"\x31\x80" + der.octet_string(bytes(MAX_BEFORE_CONTENT)) + b"\0\0"
    with pytest.raises(LimitExceeded):
        in_file(_envelope_with(nested))


def test_recipients_nested_without_end_are_refused_at_once() -> None:
    file = io.BytesIO(_envelope_with(b"\x31\x80" + b"\x30\x80" * (1 << 20)))
    with pytest.raises(LimitExceeded) as refused:
        read_envelope_file(file)
    assert refused.value.values["found"] == "deeper nesting"


def test_much_after_the_content_is_refused() -> None:
    infos = der.set_of([pkcs1(recipient("rsa-2048"), bytes(32))])
    with pytest.raises(LimitExceeded):
        in_file(_envelope_with(infos, der.tlv(der.context(1), bytes(MAX_AFTER_CONTENT))))


def test_more_than_three_fields_before_the_content_are_refused() -> None:
    with pytest.raises(MalformedInput) as refused:
        in_file(_envelope_with(der.null() * 4))
    assert refused.value.code == "malformed-input"


def test_another_content_type_is_named() -> None:
    with pytest.raises(MalformedInput) as refused:
        in_file(cms.encode_content_info(cms.SIGNED_DATA, der.sequence()))
    assert refused.value.code == "cms-wrong-content-type"


def test_content_that_is_no_octet_string_is_refused() -> None:
    data = FORMS["cbc"]
    at = data.rindex(b"\x80\x81\xc0")
    with pytest.raises(MalformedInput) as refused:
        in_file(data[:at] + b"\x81" + data[at + 1 :])
    assert refused.value.code == "cms-malformed"


def test_an_envelope_without_content_says_so() -> None:
    encryption, _ = new_encryption(AES256_CBC, derived=False)
    infos = der.tlv(der.SET, pkcs1(recipient("rsa-2048"), bytes(32)))
    content = der.sequence(der.oid(DATA), encryption.encode())
    data = cms.encode_content_info(enveloped.ENVELOPED_DATA, der.sequence(der.integer(0), infos, content))
    found = in_file(data)
    assert (found.encrypted, found.tail) == (None, b"")
    with pytest.raises(MalformedInput) as refused:
        open_file(found, [recipient("rsa-2048").decryptor])
    assert refused.value.code == "encrypted-content-missing"


# --- opened ---


def changed_at_the_end(data: bytes) -> bytes:
    return data[:-1] + bytes((data[-1] ^ 1,))


@pytest.mark.parametrize("form", ["gcm-der", "gcm-ber", "attributes", "attributes-ber", "derived"])
def test_nothing_is_released_of_what_was_changed_anywhere(form: str) -> None:
    data = FORMS[form]
    start = data.index(b"\x80", data.index(der.oid("2.16.840.1.101.3.4.1.46")))
    for at in range(start, len(data)):
        changed = data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]
        with pytest.raises(EsignError):
            open_file(in_file(changed), KEYS)


def test_a_changed_tag_fails_with_the_one_code() -> None:
    with pytest.raises(DecryptionFailed) as refused:
        open_file(in_file(changed_at_the_end(FORMS["gcm"])), KEYS)
    assert refused.value.code == "decryption-failed"


def test_who_is_not_named_opens_nothing() -> None:
    with pytest.raises(NotARecipient):
        open_file(in_file(FORMS["gcm"]), [OTHER.decryptor])


@pytest.mark.parametrize("cipher", sorted(CIPHER_NAMES))
@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 31, 32, 33, 1 << 18, (1 << 18) + 1, 700_000])
def test_each_size_opens_from_both_forms(cipher: str, size: int) -> None:
    content = bytes(range(256)) * (size // 256) + bytes(size % 256)
    for data in (streamed(content, cipher=cipher, sized=True), streamed(content, cipher=cipher)):
        opening, released = opened(data)
        assert released == content
        assert opening.found.written == size
        assert envelope.decrypt(data, KEYS).content == content


@pytest.mark.parametrize("parts", [1, 7, 1000, 65_535, 65_537, 262_143, 262_145, 700_000])
def test_chunks_of_odd_sizes_make_one_envelope(parts: int) -> None:
    content = bytes(range(256)) * 1100
    for cipher in ("aes-256-gcm", "aes-256-cbc"):
        data = streamed(content, parts=parts, cipher=cipher)
        assert opened(data)[1] == content
        sized = streamed(content, parts=parts, cipher=cipher, sized=True)
        assert der.is_der(der.decode(sized))
        assert opened(sized)[1] == content


def in_parts(data: bytes, sizes: Iterator[int]) -> bytes:
    """The envelope with its content in parts of such sizes, as BER allows them (X.690 §8.7)."""
    found = read_envelope(data)
    assert found.encrypted is not None
    octets, at, parts = found.encrypted.octets(), 0, []
    while at < len(octets):
        size = next(sizes)
        parts.append(der.octet_string(octets[at : at + size]))
        at += size
    nested = b"\x24\x80" + b"".join(parts[1:]) + b"\0\0"
    return _replaced(
        der.decode(data), found.encrypted.raw, der.tlv(der.context(0), parts[0], b"\x04\0", nested)
    )


def _replaced(element: der.TLV, old: bytes, new: bytes) -> bytes:
    if element.raw == old:
        return new
    if old not in element.raw:
        return element.raw
    return der.tlv(element.tag, *(_replaced(child, old, new) for child in element.children()))


@given(st.integers(1, 40), st.sampled_from(["aes-128-gcm", "aes-128-cbc"]))
@settings(max_examples=40, deadline=None)
def test_parts_of_odd_sizes_open(step: int, cipher: str) -> None:
    data = envelope.encrypt(CONTENT, [HOLDER.certificate], cipher=cipher)
    sizes = (1 + (index * step) % 37 for index in range(1000))
    assert opened(in_parts(data, sizes))[1] == CONTENT


def test_wrong_padding_fails_before_anything_is_released() -> None:
    holder, key = recipient("rsa-2048"), bytes(32)
    data = cbc_for([pkcs1(holder, key)], key)
    assert opened(data, [holder.decryptor])[1].startswith(b"letter")
    found = in_file(data[:-17] + bytes((data[-17] ^ 0x80,)) + data[-16:])
    with pytest.raises(DecryptionFailed) as refused:
        open_file(found, [holder.decryptor])
    assert refused.value.code == "decryption-failed"


@pytest.mark.parametrize("size", [0, 1, 15, 17, 33])
def test_content_that_is_not_in_blocks_fails(size: int) -> None:
    holder, key = recipient("rsa-2048"), bytes(32)
    encryption = ContentEncryption(AlgorithmIdentifier(AES256_CBC.oid, der.octet_string(bytes(16))))
    data = enveloped.encode_enveloped([pkcs1(holder, key)], encryption, bytes(size))
    with pytest.raises(DecryptionFailed):
        open_file(in_file(data), [holder.decryptor])


def test_a_key_that_does_not_come_out_fails_like_a_wrong_one() -> None:
    holder, key = recipient("rsa-2048"), bytes(32)
    for infos in ([pkcs1(holder, b"short")], [pkcs1(holder, bytes(31) + b"x")]):
        with pytest.raises(DecryptionFailed) as refused:
            open_file(in_file(cbc_for(infos, key, bytes(4096))), [holder.decryptor])
        assert refused.value.code == "decryption-failed"


@pytest.mark.parametrize("cipher", ["aes-256-gcm", "aes-256-cbc"])
def test_cbc_is_released_with_a_finding(cipher: str) -> None:
    opening, _ = opened(streamed(CONTENT, cipher=cipher))
    codes = [finding.code for finding in opening.found.findings]
    assert codes == ([] if cipher == "aes-256-gcm" else ["content-not-authenticated"])


def test_the_right_one_of_several_passwords_releases() -> None:
    made = io.BytesIO()
    encrypt_into(made.write, [CONTENT], [Password("right", iterations=100_000)])
    opening, content = opened(made.getvalue(), [Password("wrong"), Password("right")])
    assert (content, opening.found.written) == (CONTENT, len(CONTENT))


# --- a file that changes, and what is released unchecked ---


@pytest.mark.parametrize("form", ["gcm-der", "gcm-ber", "attributes"])
def test_a_file_changed_after_it_was_checked_is_found_out_at_its_end(form: str) -> None:
    file = io.BytesIO(FORMS[form])
    opening = open_file(read_envelope_file(file), KEYS)
    place = FORMS[form].index(b"".join(read_envelope_file(io.BytesIO(FORMS[form])).encrypted.chunks())[:16])  # type: ignore[union-attr]
    file.getbuffer()[place] ^= 1
    out = io.BytesIO()
    with pytest.raises(DecryptionFailed):
        opening.release(out.write)


@pytest.mark.parametrize("cipher", ["aes-256-gcm", "aes-256-cbc"])
def test_a_file_cut_after_it_was_checked_is_found_out_at_its_end(cipher: str) -> None:
    file = io.BytesIO(streamed(bytes(600_000), sized=True, cipher=cipher))
    opening = open_file(read_envelope_file(file), KEYS)
    file.truncate(300_000)
    with pytest.raises(DecryptionFailed):
        opening.release(io.BytesIO().write)


def test_the_unsafe_release_gives_octets_before_it_fails() -> None:
    opening = open_file(in_file(changed_at_the_end(FORMS["gcm"])), KEYS, unsafe_release_unverified=True)
    out = io.BytesIO()
    with pytest.raises(DecryptionFailed) as refused:
        opening.release(out.write)
    assert (refused.value.code, out.getvalue()) == ("decryption-failed", CONTENT)


@pytest.mark.parametrize("form", ["gcm-der", "gcm-ber", "cbc-der", "cbc-ber", "attributes-ber"])
def test_the_unsafe_release_gives_what_the_safe_one_gives(form: str) -> None:
    opening, content = opened(FORMS[form], unsafe=True)
    assert (content, opening.found.written) == (CONTENT, len(CONTENT))


def test_wrong_padding_is_refused_by_the_unsafe_release_too() -> None:
    holder, key = recipient("rsa-2048"), bytes(32)
    data = cbc_for([pkcs1(holder, bytes(31) + b"x")], key, bytes(4096))
    with pytest.raises(DecryptionFailed):
        open_file(in_file(data), [holder.decryptor], unsafe_release_unverified=True)


class Counting(io.BytesIO):
    """A file that counts what is read of it."""

    octets = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.octets += len(found)
        return found


@pytest.mark.parametrize(
    ("sized", "unsafe", "passes"), [(True, False, 2), (True, True, 1), (False, False, 3)]
)
def test_a_file_is_read_as_often_as_is_needed(sized: bool, unsafe: bool, passes: int) -> None:
    size = 2 << 20
    file = Counting(streamed(bytes(size), sized=sized))
    opening = open_file(read_envelope_file(file), KEYS, unsafe_release_unverified=unsafe)
    opening.release(io.BytesIO().write)
    assert passes * size <= file.octets < passes * (size + (1 << 18) + (1 << 12))


def test_octets_are_given_in_bounded_chunks() -> None:
    sizes: list[int] = []
    opening = open_file(in_file(streamed(bytes(3 << 20))), KEYS)
    opening.release(lambda octets: sizes.append(len(octets)))
    assert (max(sizes), sum(sizes)) == (1 << 18, 3 << 20)


# --- the limit of AES-GCM ---


def test_gcm_closes_no_more_than_one_nonce_bears() -> None:
    demand_room(AES256_GCM, MAX_UNDER_GCM)
    demand_room(AES256_CBC, MAX_UNDER_GCM + 1)
    with pytest.raises(LimitExceeded) as refused:
        demand_room(AES256_GCM, MAX_UNDER_GCM + 1)
    assert refused.value.code == "content-over-cipher"
    assert refused.value.values["limit"] == "68719476704"
    with pytest.raises(LimitExceeded):
        demand_room(AES256_GCM, 11, 10)


def test_a_content_over_the_limit_is_refused_before_anything_is_written() -> None:
    written: list[object] = []
    with pytest.raises(LimitExceeded) as refused:
        encrypt_into(written.append, [], [HOLDER.certificate], size=MAX_UNDER_GCM + 1)
    assert (refused.value.code, written) == ("content-over-cipher", [])


def test_an_envelope_over_the_limit_is_refused_unread() -> None:
    encryption, _ = new_encryption(AES256_GCM, derived=False)
    infos = [pkcs1(recipient("rsa-2048"), bytes(32))]
    data = enveloped.encode_auth_enveloped(infos, encryption, bytes(64), mac=bytes(16))
    found = in_file(data)
    assert found.encrypted is not None
    found.encrypted.size = MAX_UNDER_GCM + 1
    with pytest.raises(LimitExceeded) as refused:
        open_file(found, [recipient("rsa-2048").decryptor])
    assert refused.value.code == "content-over-cipher"


# --- made ---


def test_chunks_that_are_not_of_the_size_said_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="content of 3 octets"):
        encrypt_into(io.BytesIO().write, [b"abc"], [HOLDER.certificate], size=4)


def test_an_envelope_without_recipients_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="without recipients"):
        encrypt_into(io.BytesIO().write, [b"abc"], [])


def test_the_frame_in_parts_ends_where_it_should() -> None:
    element = der.decode(FORMS["gcm-ber"])
    assert element.indefinite
    _, wrapped = element.children()
    names = [child.tag for child in wrapped.only().children()]
    assert names == [der.INTEGER, der.SET, der.SEQUENCE, der.OCTET_STRING]
    with_attributes = der.decode(FORMS["attributes-ber"]).children()
    assert [c.tag for c in list(with_attributes)[1].only().children()][-2:] == [
        der.context(1),
        der.OCTET_STRING,
    ]
