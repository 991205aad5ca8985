"""What we write, read by a decoder made by others from the ASN.1 modules of the standards."""

import pytest
from pyasn1.codec.der import decoder, encoder
from pyasn1_alt_modules import rfc4998, rfc5544

from esign import der
from esign.algorithms import SHA256, SHA512
from esign.ers import EvidenceRecord, TimeStampedData, renew_hash_trees, renew_time_stamps
from esign.ers.stamped_data import TIME_STAMPED_DATA
from tests.esign.ers.world import DOCUMENTS, digesters, lone, records, tsa


def renewed() -> EvidenceRecord:
    (twice,) = renew_time_stamps([records()[0]], tsa())
    return renew_hash_trees([(twice, digesters(DOCUMENTS[0]))], tsa(), by=SHA512)[0]


@pytest.mark.parametrize("which", ["lone", "tree", "group", "renewed"])
def test_a_record_is_one_for_the_module_of_the_standard(which: str) -> None:
    made = {"lone": lone(), "tree": records()[0], "group": records()[-1], "renewed": renewed()}
    record = made[which]
    found, rest = decoder.decode(record.raw, asn1Spec=rfc4998.EvidenceRecord())
    assert (rest, encoder.encode(found)) == (b"", record.raw)
    assert [str(a["algorithm"]) for a in found["digestAlgorithms"]] == [
        a.oid for a in record.digest_algorithms
    ]
    chains = found["archiveTimeStampSequence"]
    assert [len(chain) for chain in chains] == [len(chain.time_stamps) for chain in record.chains]


def test_a_tree_holds_the_same_hashes_for_the_module_of_the_standard() -> None:
    record = records()[0]
    found, _ = decoder.decode(record.raw, asn1Spec=rfc4998.EvidenceRecord())
    stamp = found["archiveTimeStampSequence"][0][0]
    assert str(stamp["digestAlgorithm"]["algorithm"]) == SHA256.oid
    lists = tuple(tuple(bytes(value) for value in one) for one in stamp["reducedHashtree"])
    assert lists == record.last.reduced_hash_tree


def test_time_stamped_data_made_by_others_are_read_the_same() -> None:
    made = rfc5544.TimeStampedData()
    made["version"] = 1
    made["content"] = DOCUMENTS[0]
    evidence, _ = decoder.decode(lone().raw, asn1Spec=rfc4998.EvidenceRecord())
    made["temporalEvidence"]["ersEvidence"] = evidence.clone(
        tagSet=made["temporalEvidence"]["ersEvidence"].tagSet, cloneValueFlag=True
    )
    whole = der.sequence(der.oid(TIME_STAMPED_DATA), der.explicit(0, encoder.encode(made)))
    found = TimeStampedData.read(whole)
    assert (found.content, found.record) == (DOCUMENTS[0], lone())
