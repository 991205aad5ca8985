"""EvidenceRecord: read as written, kept as received, refused by our own error."""

from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from esign import der
from esign.algorithms import SHA256, SHA512, AlgorithmIdentifier
from esign.attributes import Attribute
from esign.errors import EsignError, MalformedInput
from esign.ers import ArchiveTimeStamp, EvidenceRecord, renew_hash_trees, renew_time_stamps, verify_structure
from esign.ers import record as limits
from tests.esign.ers.world import DOCUMENTS, digesters, lone, records, tsa

RECORD = records()[0]
NULL_SHA256 = AlgorithmIdentifier(SHA256.oid, der.null())


@cache
def long_one() -> EvidenceRecord:
    """A record with two chains and three time stamps."""
    (twice,) = renew_time_stamps([RECORD], tsa())
    (thrice,) = renew_hash_trees([(twice, digesters(DOCUMENTS[0]))], tsa(), by=SHA512)
    return thrice


def parts(record: EvidenceRecord) -> list[bytes]:
    return [child.raw for child in der.decode(record.raw).children()]


def stamp_parts(stamp: ArchiveTimeStamp) -> list[bytes]:
    return [child.raw for child in der.decode(stamp.raw).children()]


def made_of(*stamps: bytes) -> bytes:
    chain = der.sequence(*stamps)
    return der.sequence(der.integer(1), der.sequence(NULL_SHA256.encode()), der.sequence(chain))


def tree(*lists: bytes) -> bytes:
    return der.implicit(2, der.sequence(*lists))


@pytest.mark.parametrize("which", ["lone", "tree", "group", "renewed"])
def test_a_record_is_read_as_it_was_made(which: str) -> None:
    record = {"lone": lone(), "tree": RECORD, "group": records()[-1], "renewed": long_one()}[which]
    assert EvidenceRecord.read(record.raw) == record
    assert der.is_der(der.decode(record.raw))


def test_a_record_says_what_is_in_it() -> None:
    record = EvidenceRecord.read(long_one().raw)
    assert [len(chain.time_stamps) for chain in record.chains] == [2, 1]
    assert [a.oid for a in record.digest_algorithms] == [SHA256.oid, SHA512.oid]
    assert record.last is record.chains[1].time_stamps[0] and record.last.digest is SHA512
    assert len(record.time_stamps) == 3
    assert record.crypto_infos.items == () and record.encryption_info is None


def test_a_renewal_keeps_the_octets_of_what_was_there() -> None:
    record = long_one()
    assert record.chains[0].time_stamps[0].raw == RECORD.chains[0].time_stamps[0].raw
    assert RECORD.chains[0].time_stamps[0].raw in record.raw


def test_the_digest_is_that_of_the_imprint_when_it_is_not_named() -> None:
    """RFC 4998 §4.1."""
    stamp = lone().last
    found = EvidenceRecord.read(made_of(der.sequence(stamp.token.raw))).last
    assert (found.digest_algorithm, found.digest) == (None, SHA256)


def test_optional_fields_are_read_and_kept_through_a_renewal() -> None:
    version, algorithms, chains = parts(RECORD)
    info = Attribute("1.2.3", (der.null(),))
    infos = der.tlv(der.context(0), info.encode())
    encryption = der.implicit(1, der.sequence(der.oid("1.2.4"), der.null()))
    record = EvidenceRecord.read(der.sequence(version, algorithms, infos, encryption, chains))
    (renewed,) = renew_time_stamps([record], tsa())
    for one in (record, EvidenceRecord.read(renewed.raw)):
        assert (one.crypto_infos.items, one.encryption_info) == ((info,), encryption)


def test_attributes_of_a_time_stamp_are_read() -> None:
    algorithm, lists, token = stamp_parts(RECORD.last)
    info = Attribute("1.2.3", (der.null(),))
    attributes = der.tlv(der.context(1), info.encode())
    found = EvidenceRecord.read(made_of(der.sequence(algorithm, attributes, lists, token)))
    assert found.last.attributes.items == (info,)
    assert found.last.reduced_hash_tree == RECORD.last.reduced_hash_tree


def test_ber_is_read_and_kept() -> None:
    raw = RECORD.raw
    indefinite = b"\x30\x80" + der.decode(raw).content + b"\0\0"
    found = EvidenceRecord.read(indefinite)
    assert found.raw == indefinite and found.chains == RECORD.chains


def test_another_token_leaves_what_is_around_as_it_is() -> None:
    stamp = RECORD.last
    assert stamp.with_token(stamp.token) == stamp
    assert RECORD.with_last_token(stamp.token) == RECORD


# --- hostile ---


def refused(data: bytes) -> MalformedInput:
    with pytest.raises(MalformedInput) as caught:
        EvidenceRecord.read(data)
    assert caught.value.code == "ers-malformed"
    return caught.value


def test_a_record_that_is_cut_anywhere_is_refused() -> None:
    raw = lone().raw
    for size in range(len(raw)):
        refused(raw[:size])


def test_octets_after_the_end_are_refused() -> None:
    refused(RECORD.raw + b"\0")


@given(st.binary(max_size=200))
@example(b"")
def test_arbitrary_octets_raise_nothing_foreign(data: bytes) -> None:
    refused(data)


@settings(max_examples=300)
@given(st.integers(0, len(long_one().raw) - 1), st.integers(1, 255))
def test_a_changed_octet_raises_nothing_foreign_and_is_never_taken_for_the_same(place: int, by: int) -> None:
    raw = bytearray(long_one().raw)
    raw[place] ^= by
    try:
        record = EvidenceRecord.read(bytes(raw))
    except EsignError as e:
        assert e.code == "ers-malformed"
        return
    verify_structure(record, digesters(DOCUMENTS[0]))


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("version", der.sequence(der.integer(2), *parts(RECORD)[1:])),
        ("archiveTimeStampSequence", der.sequence(*parts(RECORD)[:2], der.sequence())),
        ("archiveTimeStampChain", der.sequence(*parts(RECORD)[:2], der.sequence(der.sequence()))),
        ("archiveTimeStampChain", der.sequence(*parts(RECORD)[:2], der.sequence(der.null()))),
        ("digestAlgorithms", der.sequence(der.integer(1), der.set_of(()), parts(RECORD)[2])),
        ("reducedHashtree", made_of(der.sequence(tree(der.sequence()), RECORD.last.token.raw))),
        ("reducedHashtree", made_of(der.sequence(tree(der.null()), RECORD.last.token.raw))),
        (
            "reducedHashtree",
            made_of(der.sequence(tree(der.sequence(der.null())), RECORD.last.token.raw)),
        ),
        (
            "reducedHashtree",
            made_of(der.sequence(tree(der.sequence(der.octet_string(b"\0" * 65))), RECORD.last.token.raw)),
        ),
        ("EvidenceRecord", der.sequence(*parts(RECORD), der.null())),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_record_is_refused_at_its_place(what: str, data: bytes) -> None:
    assert refused(data).where == what


def many(count: int, element: bytes) -> bytes:
    return der.sequence(element * count)


def test_counts_are_bounded() -> None:
    stamp = RECORD.last
    head = parts(RECORD)[:2]
    one = der.sequence(der.octet_string(b"\0" * 32))
    hashes = der.octet_string(b"\0" * 32)
    for data in (
        der.sequence(*head, many(limits.MAX_CHAINS + 1, der.sequence(stamp.raw))),
        der.sequence(*head, der.sequence(many(limits.MAX_TIME_STAMPS + 1, stamp.raw))),
        made_of(der.sequence(der.implicit(2, many(limits.MAX_LISTS + 1, one)), stamp.token.raw)),
        made_of(der.sequence(tree(many(limits.MAX_HASHES + 1, hashes)), stamp.token.raw)),
        made_of(der.sequence(tree(many(limits.MAX_HASHES, hashes), one), stamp.token.raw)),
        made_of(*[der.sequence(tree(many(limits.MAX_HASHES // 2, hashes)), stamp.token.raw)] * 3),
        b"\x30\x84\x00\x80\x00\x00" + bytes(1 << 23),
    ):
        refused(data)


def test_a_deep_nest_is_refused() -> None:
    refused(b"\x30\x80" * 100_000)
