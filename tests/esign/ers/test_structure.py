"""The hashes of a record: each rule holds once and is broken once, with code and place."""

from collections.abc import Callable

import pytest

from esign import der
from esign.algorithms import OZDST_1106, SHA256, SHA384, SHA512, AlgorithmIdentifier, Digest
from esign.attributes import Attributes
from esign.ers import (
    ArchiveTimeStamp,
    ArchiveTimeStampChain,
    EvidenceRecord,
    renew_hash_trees,
    renew_time_stamps,
    renewed_hashes,
    stamp_many,
    verify_structure,
)
from esign.ers.record import HashLists
from esign.ers.tree import node
from esign.findings import Severity
from esign.tsp import MessageImprint, TimeStampToken, stamp
from tests.esign.ers.world import AT, DOCUMENTS, GROUP, digester, digesters, lone, records, tsa

FIRST = "chains[0].timeStamps[0]"


def told(record: EvidenceRecord, *data: bytes, exactly: bool = False) -> list[tuple[str, str]]:
    found = verify_structure(EvidenceRecord.read(record.raw), digesters(*data), exactly=exactly)
    return [(f.code, f.where) for f in found.findings]


def token_over(value: bytes, by: Digest = SHA256) -> TimeStampToken:
    return stamp(MessageImprint(AlgorithmIdentifier(by.oid, der.null()), value), tsa())


def record_of(*stamps: ArchiveTimeStamp) -> EvidenceRecord:
    return EvidenceRecord.make((ArchiveTimeStampChain.make(stamps),))


def stamped(lists: HashLists, root: bytes, by: Digest = SHA256) -> EvidenceRecord:
    return record_of(ArchiveTimeStamp.make(token_over(root, by), lists, by=by))


def test_each_document_is_covered_by_its_record() -> None:
    for data, record in zip(DOCUMENTS, records(), strict=False):
        assert told(record, data) == []
    assert told(lone(), DOCUMENTS[0]) == []


@pytest.mark.parametrize("record", [records()[0], lone()], ids=["tree", "lone"])
def test_another_document_is_not_covered(record: EvidenceRecord) -> None:
    assert told(record, b"another") == [("ers-object-missing", FIRST)]


def test_the_object_that_is_missing_is_named() -> None:
    found = verify_structure(records()[-1], digesters(GROUP[0], b"another", GROUP[1]))
    (finding,) = found.findings
    assert (finding.values, finding.clause) == ((("object", "1"),), "RFC 4998 §4.3")


def test_a_record_without_data_says_so() -> None:
    assert told(records()[0]) == [("ers-data-missing", FIRST)]


def test_a_whole_group_is_covered_exactly() -> None:
    assert told(records()[-1], *GROUP, exactly=True) == []
    assert told(records()[-1], *reversed(GROUP), exactly=True) == []


def test_a_member_of_a_group_is_covered_but_is_not_the_group() -> None:
    assert told(records()[-1], GROUP[1]) == []
    assert told(records()[-1], *GROUP[:2], exactly=True) == [("ers-object-extra", FIRST)]


def test_every_time_stamp_comes_with_the_hash_that_it_must_bear() -> None:
    (covered,) = verify_structure(records()[0], digesters(DOCUMENTS[0])).covered
    assert (covered.chain, covered.position, covered.by) == (0, 0, SHA256)
    assert covered.root == covered.token.info.imprint.value == covered.imprint(SHA256)
    assert covered.imprint(SHA512) == b""


def test_a_tree_that_leads_elsewhere_is_told() -> None:
    one = SHA256.of(DOCUMENTS[0])
    other = SHA256.of(b"other")
    record = stamped(((one, other),), SHA256.of(b"no root"))
    assert ("ers-root-mismatch", FIRST) in told(record, DOCUMENTS[0])


def test_the_tree_and_its_time_stamp_are_by_one_digest() -> None:
    value = SHA256.of(DOCUMENTS[0])
    made = ArchiveTimeStamp.make(token_over(SHA384.of(b""), SHA384), ((value,),), by=SHA256)
    assert ("ers-digest-differs", FIRST) in told(record_of(made), DOCUMENTS[0])


def test_a_chain_has_one_digest() -> None:
    first = lone().last
    value = SHA512.of(first.token.raw)
    second = ArchiveTimeStamp.make(token_over(value, SHA512), (), by=SHA512)
    place = "chains[0].timeStamps[1]"
    assert told(record_of(first, second), DOCUMENTS[0]) == [("ers-digest-differs", place)]


def test_a_hash_of_another_size_is_told() -> None:
    """What is joined before it is hashed could be cut elsewhere."""
    one, two = SHA256.of(DOCUMENTS[0]), b"0" * 31
    record = stamped((tuple(sorted((one, two))),), node((one, two), SHA256))
    assert told(record, DOCUMENTS[0]) == [("ers-hash-size", FIRST)]


def test_a_list_out_of_order_is_a_warning() -> None:
    one, two = sorted((SHA256.of(DOCUMENTS[0]), SHA256.of(b"other")))
    record = stamped(((two, one),), node((one, two), SHA256))
    (finding,) = verify_structure(record, digesters(DOCUMENTS[0])).findings
    assert (finding.code, finding.severity) == ("ers-list-unsorted", Severity.WARNING)


def test_a_digest_that_the_record_does_not_list_is_a_warning() -> None:
    version, _, chains = (child.raw for child in der.decode(lone().raw).children())
    raw = der.sequence(version, der.sequence(), chains)
    (finding,) = verify_structure(EvidenceRecord.read(raw), digesters(DOCUMENTS[0])).findings
    assert (finding.code, finding.severity) == ("ers-digest-unlisted", Severity.WARNING)


def test_a_record_over_encrypted_data_is_a_warning() -> None:
    version, algorithms, chains = (child.raw for child in der.decode(lone().raw).children())
    encryption = der.implicit(1, der.sequence(der.oid("1.2.4"), der.null()))
    record = EvidenceRecord.read(der.sequence(version, algorithms, encryption, chains))
    assert told(record, DOCUMENTS[0]) == [("ers-encrypted", "encryptionInfo")]


@pytest.mark.parametrize("oid", ["1.2.3.4", OZDST_1106.oid], ids=["unknown", "slow"])
def test_a_digest_that_is_unknown_or_slow_is_not_computed(oid: str) -> None:
    stamp_ = lone().last
    raw = der.sequence(der.implicit(0, AlgorithmIdentifier(oid).encode()), stamp_.token.raw)
    made = ArchiveTimeStamp(raw, AlgorithmIdentifier(oid), Attributes(()), (), stamp_.token)
    found = verify_structure(record_of(made), [_never])
    assert [(f.code, f.where) for f in found.findings] == [("unsupported-algorithm", FIRST)]
    assert (found.covered[0].by, found.covered[0].root) == (None, None)


def _never(by: Digest) -> bytes:
    raise AssertionError(by.name)


# --- renewals ---


def test_a_time_stamp_renewal_is_over_the_time_stamp_before() -> None:
    (renewed,) = renew_time_stamps([records()[0]], tsa())
    assert told(renewed, DOCUMENTS[0]) == []


def test_a_renewal_of_another_time_stamp_is_told() -> None:
    (renewed,) = renew_time_stamps([lone()], tsa())
    swapped = record_of(records()[0].last, renewed.last)
    place = "chains[0].timeStamps[1]"
    assert told(swapped, DOCUMENTS[0]) == [("ers-renewal-mismatch", place)]


def test_a_hash_tree_renewal_is_over_data_and_all_chains_before() -> None:
    (renewed,) = renew_hash_trees([(records()[0], digesters(DOCUMENTS[0]))], tsa(), by=SHA512)
    assert told(renewed, DOCUMENTS[0]) == []
    other = [("ers-object-missing", FIRST), ("ers-object-missing", "chains[1].timeStamps[0]")]
    assert told(renewed, b"another") == other


def test_a_hash_tree_renewal_of_another_record_is_told() -> None:
    (renewed,) = renew_hash_trees([(records()[0], digesters(DOCUMENTS[0]))], tsa(), by=SHA512)
    swapped = lone().with_chain(renewed.last)
    assert told(swapped, DOCUMENTS[0]) == [("ers-object-missing", "chains[1].timeStamps[0]")]


def test_a_hash_tree_renewal_of_the_hash_alone_is_not_enough() -> None:
    """RFC 4998 §5.2: the chains before are part of what is hashed."""
    made = ArchiveTimeStamp.make(token_over(SHA512.of(DOCUMENTS[0]), SHA512), (), by=SHA512)
    assert told(lone().with_chain(made), DOCUMENTS[0]) == [("ers-object-missing", "chains[1].timeStamps[0]")]


def test_a_group_is_renewed_member_by_member() -> None:
    record = records()[-1]
    (renewed,) = renew_hash_trees([(record, digesters(*GROUP))], tsa(), by=SHA512)
    assert told(renewed, *GROUP, exactly=True) == []
    assert len(renewed.last.reduced_hash_tree[0]) == len(GROUP)


def test_a_group_that_was_hashed_as_one_before_its_renewal_is_taken_too() -> None:
    record = records()[-1]
    whole = node((SHA512.of(one) for one in GROUP), SHA512)
    (value,) = renewed_hashes(record, [whole], SHA512)
    renewed = record.with_chain(ArchiveTimeStamp.make(token_over(value, SHA512), (), by=SHA512))
    assert told(renewed, *GROUP, exactly=True) == []
    missing = ("ers-object-missing", "chains[1].timeStamps[0]")
    assert told(renewed, *GROUP[:2]) == [missing, missing]


def test_time_goes_on_from_one_time_stamp_to_the_next() -> None:
    (late,) = stamp_many([SHA256.of(DOCUMENTS[0])], tsa(AT.replace(hour=13)))
    (renewed,) = renew_time_stamps([late], tsa())
    assert told(renewed, DOCUMENTS[0]) == [("ers-order", "timeStamps[1]")]


def test_a_digest_of_the_data_is_asked_for_once_only() -> None:
    asked: list[str] = []

    def counting(by: Digest) -> bytes:
        asked.append(by.name)
        return by.of(DOCUMENTS[0])

    record = lone()
    for by in (SHA512, SHA384, SHA512):
        (record,) = renew_hash_trees([(record, [digester(DOCUMENTS[0])])], tsa(), by=by)
    assert verify_structure(record, [counting]).findings == ()
    assert asked == ["sha256", "sha512", "sha384"]


@pytest.mark.parametrize("make", [lambda: stamp_many([], tsa()), lambda: stamp_many([b"short"], tsa())])
def test_nothing_to_stamp_is_a_mistake(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="32 octets"):
        make()
