"""TimeStampedData: a file with its time stamps, read whole or not at all (RFC 5544)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import der
from esign.errors import MalformedInput
from esign.ers import TimeStampedData, verify_structure
from esign.ers.stamped_data import MAX_STAMPED, TIME_STAMPED_DATA
from esign.tsp import MessageImprint, stamp
from tests.esign.ers.world import DOCUMENTS, digesters, lone, pki, tsa

FILE = b"what was stamped"
META = der.sequence(der.boolean(True), der.utf8("file.txt"), der.tlv(der.IA5_STRING, b"text/plain"))
PLAIN = der.sequence(der.boolean(False))


def stamped(data: bytes) -> bytes:
    return der.sequence(stamp(MessageImprint.of(data), tsa()).raw)


def envelope(*fields: bytes) -> bytes:
    return der.sequence(der.oid(TIME_STAMPED_DATA), der.explicit(0, der.sequence(der.integer(1), *fields)))


def tokens(*elements: bytes) -> bytes:
    return der.tlv(der.context(0), *elements)


FIRST = stamped(META + FILE)
WHOLE = envelope(META, der.octet_string(FILE), tokens(FIRST, stamped(FIRST)))


def covers(found: TimeStampedData, content: bytes) -> list[bool]:
    return [
        token.info.imprint.is_of(found.covered(number, content)) for number, token in enumerate(found.tokens)
    ]


def test_protected_meta_data_and_the_file_are_stamped_and_then_the_time_stamp_before() -> None:
    found = TimeStampedData.read(WHOLE)
    assert found.meta_data is not None and found.meta_data.protected
    assert (found.meta_data.file_name, found.meta_data.media_type) == ("file.txt", "text/plain")
    assert (found.content, found.crls, found.record) == (FILE, (None, None), None)
    assert covers(found, FILE) == [True, True]
    assert covers(found, b"another") == [False, True]


@pytest.mark.parametrize("meta", [b"", PLAIN], ids=["none", "unprotected"])
def test_meta_data_that_are_not_protected_are_not_stamped(meta: bytes) -> None:
    found = TimeStampedData.read(envelope(meta, der.octet_string(FILE), tokens(stamped(FILE))))
    assert covers(found, FILE) == [True]


def test_a_file_may_stand_elsewhere() -> None:
    uri = der.tlv(der.IA5_STRING, b"file:///x")
    found = TimeStampedData.read(envelope(uri, META, tokens(FIRST)))
    assert (found.data_uri, found.content) == ("file:///x", None)
    assert covers(found, FILE) == [True]


def test_a_list_may_come_with_a_token() -> None:
    (crl, *_) = pki().crls
    held = der.sequence(stamp(MessageImprint.of(FILE), tsa()).raw, crl)
    assert TimeStampedData.read(envelope(der.octet_string(FILE), tokens(held))).crls == (crl,)


def test_the_evidence_may_be_a_record() -> None:
    data = envelope(der.octet_string(DOCUMENTS[0]), der.implicit(1, lone().raw))
    found = TimeStampedData.read(data)
    assert found.record == lone() and found.tokens == ()
    assert verify_structure(found.record, digesters(DOCUMENTS[0])).findings == ()


def test_a_file_in_parts_is_joined() -> None:
    parts = der.tlv(
        der.OCTET_STRING | der.CONSTRUCTED, der.octet_string(FILE[:3]), der.octet_string(FILE[3:])
    )
    found = TimeStampedData.read(envelope(META, parts, tokens(FIRST)))
    assert found.content == FILE and covers(found, FILE) == [True]


def refused(data: bytes) -> MalformedInput:
    with pytest.raises(MalformedInput) as caught:
        TimeStampedData.read(data)
    assert caught.value.code == "ers-malformed"
    return caught.value


@pytest.mark.parametrize(
    ("where", "data"),
    [
        ("contentType", der.sequence(der.oid("1.2.3"), der.explicit(0, der.sequence()))),
        ("TimeStampedData", envelope()),
        ("temporalEvidence", envelope(tokens())),
        ("temporalEvidence", envelope(der.tlv(der.context(2), der.null()))),
        ("temporalEvidence", envelope(tokens(*[FIRST] * 129))),
        ("metaData", envelope(der.sequence(der.boolean(True), der.null()), tokens(FIRST))),
        ("TimeStampAndCRL", envelope(tokens(der.sequence(FIRST[4:], der.null())))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_time_stamped_data_is_refused(where: str, data: bytes) -> None:
    assert refused(data).where == where


def test_a_version_that_is_unknown_is_refused() -> None:
    inner = der.sequence(der.integer(2), tokens(FIRST))
    assert refused(der.sequence(der.oid(TIME_STAMPED_DATA), der.explicit(0, inner))).where == "version"


def test_a_name_without_end_is_refused() -> None:
    refused(envelope(der.sequence(der.boolean(True), der.utf8("x" * 5000)), tokens(FIRST)))


def test_data_without_end_are_refused_unread() -> None:
    assert refused(bytes(MAX_STAMPED + 1)).values["found"] == f"{MAX_STAMPED + 1} octets"


def test_data_that_are_cut_anywhere_are_refused() -> None:
    for size in range(0, len(WHOLE), 3):
        refused(WHOLE[:size])
    refused(WHOLE + b"\0")


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_a_changed_octet_raises_nothing_foreign(place: int, by: int) -> None:
    raw = bytearray(WHOLE)
    raw[place] ^= by
    try:
        TimeStampedData.read(bytes(raw))
    except MalformedInput as e:
        assert e.code == "ers-malformed"
