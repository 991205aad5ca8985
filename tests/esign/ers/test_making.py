"""One time stamp for many: how many requests are made, and what peers make of them."""

from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from esign.algorithms import SHA256, SHA384, SHA512
from esign.errors import EsignError
from esign.ers import renew_hash_trees, renew_time_stamps, stamp_many, verify_structure
from esign.tsp import TimeStampFailed
from tests import peers
from tests.esign.ers.world import DOCUMENTS, digesters, lone, pki, records, tsa


class Counted:
    """An authority that counts its requests."""

    def __init__(self) -> None:
        self.requests = 0

    def __call__(self, request: bytes) -> bytes:
        self.requests += 1
        return tsa()(request)


def test_a_thousand_documents_need_one_request() -> None:
    authority = Counted()
    data = [str(n).encode() for n in range(1000)]
    made = stamp_many([SHA256.of(one) for one in data], authority)
    assert (authority.requests, len(made)) == (1, 1000)
    assert len({record.last.token.raw for record in made}) == 1
    for number in (0, 499, 999):
        assert verify_structure(made[number], digesters(data[number])).findings == ()


def test_records_of_one_time_stamp_are_renewed_by_one_hash() -> None:
    authority = Counted()
    renewed = renew_time_stamps(records(), authority)
    assert authority.requests == 1
    assert all(record.last.reduced_hash_tree == () for record in renewed)
    for data, record in zip(DOCUMENTS, renewed, strict=False):
        assert verify_structure(record, digesters(data)).findings == ()


def test_records_of_several_digests_are_renewed_by_a_time_stamp_for_each() -> None:
    authority = Counted()
    several = (lone(), records()[0], records(SHA512)[0])
    renewed = renew_time_stamps(several, authority)
    assert authority.requests == 2
    assert [record.last.digest for record in renewed] == [SHA256, SHA256, SHA512]
    assert all(verify_structure(record, digesters(DOCUMENTS[0])).findings == () for record in renewed)


def test_hash_trees_of_many_records_are_renewed_by_one_time_stamp() -> None:
    authority = Counted()
    pairs = [(record, digesters(data)) for record, data in zip(records(), DOCUMENTS, strict=False)]
    renewed = renew_hash_trees(pairs, authority, by=SHA384)
    assert authority.requests == 1
    for data, record in zip(DOCUMENTS, renewed, strict=False):
        assert verify_structure(record, digesters(data)).findings == ()


def test_nothing_to_renew_makes_no_request() -> None:
    assert renew_time_stamps([], Counted()) == ()


def test_a_policy_that_the_authority_does_not_have_is_an_error() -> None:
    with pytest.raises(TimeStampFailed) as caught:
        stamp_many([SHA256.of(b"x")], tsa(), policy="2.999.5")
    assert caught.value.code == "tsp-refused"


def test_an_answer_that_is_none_is_our_own_error() -> None:
    with pytest.raises(EsignError) as caught:
        stamp_many([SHA256.of(b"x")], lambda request: b"no answer")
    assert caught.value.code == "tsp-malformed"


@cache
def root_pem() -> bytes:
    return x509.load_der_x509_certificate(pki().root.raw).public_bytes(Encoding.PEM)


@pytest.mark.peer
def test_openssl_takes_the_time_stamp_over_the_root(tmp_path: Path) -> None:
    openssl = peers.require("openssl")
    token, anchor = tmp_path / "token.der", tmp_path / "root.pem"
    token.write_bytes(records()[0].last.token.raw)
    anchor.write_bytes(root_pem())
    root = records()[0].last.token.info.imprint.value.hex()
    at = str(int(records()[0].last.token.info.gen_time.timestamp()))
    argv: list[str | Path] = [
        openssl,
        "ts",
        "-verify",
        "-token_in",
        "-in",
        token,
        "-CAfile",
        anchor,
        "-attime",
        at,
    ]
    found = peers.run([*argv, "-digest", root])
    assert found.returncode == 0, found.stderr
    assert peers.run([*argv, "-digest", "00" * 32]).returncode != 0
