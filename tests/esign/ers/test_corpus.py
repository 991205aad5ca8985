"""Evidence records and time-stamped data that others made: each is as it is said to be."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from esign.errors import EsignError
from esign.ers import EvidenceRecord, TimeStampedData, verify_structure
from esign.tsp import TimeStampToken, check_signature
from tests import peers
from tests.esign.ers.world import digesters

pytestmark = pytest.mark.corpora

CHAINS = {
    "BIN_ER.ers": [1],
    "Testdaten_ERS-Testool/rfc4998/1Chain1ATS/BIN_ER.ers": [1],
    "Testdaten_ERS-Testool/rfc4998/1Chain2ATS/BIN_ER.ers": [2],
    "Testdaten_ERS-Testool/rfc4998/1Chain2ATS/testRenewal.ers": [2, 1],
    "Testdaten_ERS-Testool/rfc4998/2Chains3ATS/BIN_ER.ers": [2, 1],
}


@dataclass(frozen=True)
class Case:
    """One file of the corpus that is expected to be valid."""

    name: str
    data: bytes
    content: bytes


@cache
def folder() -> Path:
    return peers.corpus("evidence_records")


def cases(kind: str) -> list[Case]:
    listed = json.loads((folder() / "index.json").read_text())["entries"]
    return [
        Case(entry["file"], _octets(entry["file"]), _octets(entry["data"]) if "data" in entry else b"")
        for entry in listed
        if entry["kind"] == kind and entry["expected"] == "valid"
    ]


def _octets(name: str) -> bytes:
    return (folder() / name).read_bytes()


def test_the_index_tells_of_nothing_invalid_and_of_every_record() -> None:
    found = cases("evidence-record-rfc4998")
    assert sorted(case.name for case in found) == sorted(CHAINS)


def test_every_record_covers_its_data() -> None:
    for case in cases("evidence-record-rfc4998"):
        record = EvidenceRecord.read(case.data)
        assert [len(chain.time_stamps) for chain in record.chains] == CHAINS[case.name]
        assert verify_structure(record, digesters(case.content)).findings == (), case.name


def test_no_record_covers_changed_data() -> None:
    for case in cases("evidence-record-rfc4998"):
        record = EvidenceRecord.read(case.data)
        found = verify_structure(record, digesters(case.content + b"\0")).findings
        places = [f"chains[{n}].timeStamps[0]" for n in range(len(record.chains))]
        assert [(f.code, f.where) for f in found] == [("ers-object-missing", place) for place in places]


def test_every_time_stamp_in_a_record_is_made_by_the_certificate_that_it_brings() -> None:
    for case in cases("evidence-record-rfc4998"):
        for stamp in EvidenceRecord.read(case.data).time_stamps:
            signer = stamp.token.signer()
            assert signer is not None and check_signature(stamp.token, signer) == (), case.name


def test_time_stamps_that_were_taken_out_of_a_record_stand_in_it() -> None:
    """They came with indefinite lengths, and a record that is DER holds them as DER."""
    records = [EvidenceRecord.read(case.data) for case in cases("evidence-record-rfc4998")]
    held = [stamp.token for record in records for stamp in record.time_stamps]
    apart = [TimeStampToken.read(case.data) for case in cases("rfc3161-token")]
    assert len(apart) == 3
    for token in apart:
        assert any((token.info, token.signer_info) == (h.info, h.signer_info) for h in held)
        assert token.raw not in [h.raw for h in held]


def test_no_octet_of_a_record_may_change_unseen() -> None:
    """Where it can still be read, either a hash does not fit any more or a signature does not."""
    for case in cases("evidence-record-rfc4998"):
        for place in range(0, len(case.data), 61):
            changed = bytearray(case.data)
            changed[place] ^= 0x01
            assert _is_seen(bytes(changed), case.content) or _is_unsigned(case.data, place), place


def _is_seen(data: bytes, content: bytes) -> bool:
    try:
        record = EvidenceRecord.read(data)
        if verify_structure(record, digesters(content)).findings:
            return True
        signers = [(stamp.token, stamp.token.signer()) for stamp in record.time_stamps]
        return any(signer is None or check_signature(token, signer) for token, signer in signers)
    except EsignError:
        return True


def _is_unsigned(data: bytes, place: int) -> bool:
    """Whether an octet stands beside the signed parts of the last token: what no later time stamp covers."""
    last = EvidenceRecord.read(data).last.token
    start = data.rindex(last.raw)
    info = last.signer_info
    signed = [last.signed.content or b"", info.signed_attributes_raw or b"", info.signature]
    inside = [(data.index(part, start), len(part)) for part in signed]
    return not any(begin <= place < begin + size for begin, size in inside)


def test_time_stamped_data_bear_what_they_say() -> None:
    (case,) = cases("timestampeddata-rfc5544")
    found = TimeStampedData.read(case.data)
    assert found.meta_data is not None and found.meta_data.file_name == "FileDaFirmare.txt"
    content = found.content or b""
    # The file beside it has other line ends than the one that was stamped.
    assert content.replace(b"\r\n", b"\n") == case.content
    covered = [token.info.imprint.is_of(found.covered(n, content)) for n, token in enumerate(found.tokens)]
    assert covered == [True, True, True]
    assert found.tokens[0].info.gen_time == datetime.fromisoformat("2011-02-04T16:40:58+00:00")
    assert not found.tokens[0].info.imprint.is_of(found.covered(0, case.content))
