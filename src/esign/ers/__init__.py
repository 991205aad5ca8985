"""Evidence records: one time stamp over many documents, renewed for as long as needed (RFC 4998, RFC 5544).

Reads, makes, renews and checks hashes; who signed the time stamps and until when that counts is asked in
`esign.validation.evidence`. Nothing read here is believed, and every reader is bounded.

    first, second = stamp_many([SHA256.of(one), SHA256.of(two)], tsa)
    record = EvidenceRecord.read(first.raw)
    verify_structure(record, [lambda by: by.of(one)]).findings == ()
"""

from esign.ers.embedding import EmbeddedRecord, embed, embedded_records
from esign.ers.making import renew_hash_trees, renew_time_stamps, stamp_many
from esign.ers.record import ArchiveTimeStamp, ArchiveTimeStampChain, EvidenceRecord
from esign.ers.stamped_data import TimeStampedData
from esign.ers.structure import Covered, Digester, Structure, renewed_hashes, verify_structure
from esign.ers.tree import grow, root_of

__all__ = [
    "ArchiveTimeStamp",
    "ArchiveTimeStampChain",
    "Covered",
    "Digester",
    "EmbeddedRecord",
    "EvidenceRecord",
    "Structure",
    "TimeStampedData",
    "embed",
    "embedded_records",
    "grow",
    "renew_hash_trees",
    "renew_time_stamps",
    "renewed_hashes",
    "root_of",
    "stamp_many",
    "verify_structure",
]
