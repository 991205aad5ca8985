"""A signature that could not be verified stays undecided, whatever time stamps stand around it."""

from dataclasses import replace

import pytest

from esign import cades, der
from esign.algorithms import OZDST_1106, AlgorithmIdentifier, Digest
from esign.cms import SignedData
from esign.errors import MalformedInput
from esign.ers import embed
from esign.findings import Indication, SubIndication
from esign.signing.frame import Frame
from esign.tsa import TimeStampAuthority
from esign.tsp import MessageImprint, TimeStampRequest, TimeStampResponse, TimeStampToken
from esign.validation.context import Context
from esign.validation.proofs import Proofs
from esign.validation.report import Report, TimeStampReport
from esign.validation.signature import verify
from esign.validation.timestamps import Imprint, validate_timestamp
from tests.esign.signing import world
from tests.esign.validation.world import AT, SECOND
from tests.fuzz import archive

_UNKNOWN = AlgorithmIdentifier("2.999.101.112", None).encode()
_NO_POE = SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE


def forged(signature: bytes = b"anything") -> bytes:
    """A signature in the name of somebody else, by an algorithm that nobody knows, and its value."""
    frame = Frame.read(world.basic())
    (signer,) = frame.signers
    *fields, _, _ = signer.fields
    made = replace(signer, fields=(*fields, _UNKNOWN, der.octet_string(signature)), unsigned=())
    return frame.with_signers([made]).encode()


def judge(signed: bytes) -> Report:
    trust, material = world.pki().trust, world.lists()
    return verify(signed, trust=trust, at=world.LATER, material=material)


def with_token(signed: bytes, token: bytes) -> bytes:
    frame = Frame.read(signed)
    attribute = cades.signature_time_stamp(token)
    return frame.with_signers(one.adding(attribute) for one in frame.signers).encode()


def token_of_another_signature() -> bytes:
    (info,) = SignedData.read(world.raised(world.basic(), "B-T")).signer_infos
    (token,) = cades.signature_time_stamps(info)
    return token


def verdict(report: Report) -> tuple[Indication, SubIndication | None, str]:
    (one,) = report.signatures
    return report.indication, report.sub_indication, one.crypto


def test_an_unknown_algorithm_leaves_it_open() -> None:
    assert verdict(judge(forged())) == (Indication.INDETERMINATE, _NO_POE, "not-checked")


@pytest.mark.parametrize("level", ["B-T", "B-LT", "B-LTA"])
def test_good_time_stamps_do_not_make_an_unknown_algorithm_good(level: str) -> None:
    report = judge(world.raised(forged(), level))  # type: ignore[arg-type]
    assert all(one.indication is Indication.PASSED for one in report.signatures[0].timestamps)
    assert verdict(report) == (Indication.INDETERMINATE, _NO_POE, "not-checked")


def test_a_worthless_time_stamp_does_not_make_an_unknown_algorithm_good() -> None:
    report = judge(with_token(forged(), token_of_another_signature()))
    assert [one.indication for one in report.signatures[0].timestamps] == [Indication.FAILED]
    assert verdict(report) == (Indication.INDETERMINATE, _NO_POE, "not-checked")


def test_the_same_with_the_true_algorithm_passes() -> None:
    report = judge(world.raised(world.basic(), "B-LTA"))
    assert verdict(report) == (Indication.TOTAL_PASSED, None, "valid")


def test_a_wrong_value_under_a_time_stamp_fails() -> None:
    frame = Frame.read(world.basic())
    wrong = [replace(s, fields=(*s.fields[:-1], der.octet_string(b"\0" * 64))) for s in frame.signers]
    report = judge(world.raised(frame.with_signers(wrong).encode(), "B-T"))
    assert report.signatures[0].crypto == "invalid"
    assert report.indication is Indication.TOTAL_FAILED


# --- a time stamp whose imprint cannot be checked ---


def proved_token(token: TimeStampToken, imprint: Imprint) -> TimeStampReport:
    """The verdict on a token of which a later time stamp shows that it existed."""
    context = Context.of(archive.material(), trust=archive.root().trust, at=AT)
    proofs = Proofs().with_all((token.raw,), AT - SECOND)
    return validate_timestamp(token, imprint=imprint, kind="archive", context=context.proving(proofs))


def unreadable(by: Digest) -> bytes:
    raise MalformedInput(found="nothing to hash")


def test_a_later_proof_does_not_make_an_unchecked_imprint_good() -> None:
    token = TimeStampToken.read(archive.tokens()[0])
    assert proved_token(token, lambda by: by.of(archive.DOCUMENT)).indication is Indication.PASSED
    report = proved_token(token, unreadable)
    assert (report.indication, report.sub_indication) == (Indication.INDETERMINATE, _NO_POE)


def test_a_slow_digest_is_not_computed_for_a_time_stamp_that_cannot_pass() -> None:
    authority = replace(archive.authority(), digests=(OZDST_1106,))
    report = proved_token(stamped_by(authority, OZDST_1106), never)
    assert (report.indication, report.sub_indication) == (Indication.INDETERMINATE, _NO_POE)
    assert "algorithm-not-acceptable" in [found.code for found in report.findings]


def never(by: Digest) -> bytes:
    raise AssertionError(by.name)


def stamped_by(authority: TimeStampAuthority, by: Digest) -> TimeStampToken:
    imprint = MessageImprint(AlgorithmIdentifier(by.oid), bytes(by.size))
    asked = TimeStampRequest(imprint, nonce=7, certificates=True).encode()
    token = TimeStampResponse.read(authority.answer(asked, at=archive.STAMPED_AT, serial=9)).token
    assert token is not None
    return token


# --- an evidence record over something else ---


def test_the_time_stamps_of_a_record_over_something_else_are_not_called_good() -> None:
    held = embed(archive.levels()["B-LT"], archive.records()["alone"].raw)
    (stamp,) = (one for one in stamps_of(held) if one.kind == "evidence-record")
    assert (stamp.indication, stamp.sub_indication) == (Indication.FAILED, SubIndication.HASH_FAILURE)
    assert "ers-object-missing" in [found.code for found in stamp.findings]


def test_the_time_stamps_of_a_record_over_the_signature_are_good() -> None:
    (stamp,) = (one for one in stamps_of(archive.levels()["record"]) if one.kind == "evidence-record")
    assert stamp.indication is Indication.PASSED


def test_a_record_that_cannot_be_read_is_told() -> None:
    held = embed(archive.levels()["B-LT"], der.sequence(der.integer(2)))
    (stamp,) = (one for one in stamps_of(held) if one.kind == "evidence-record")
    assert (stamp.indication, stamp.sub_indication) == (Indication.FAILED, SubIndication.FORMAT_FAILURE)
    assert [found.code for found in stamp.findings] == ["ers-malformed"]


def stamps_of(signed: bytes) -> tuple[TimeStampReport, ...]:
    report = verify(signed, trust=archive.root().trust, at=AT, material=archive.material())
    assert report.indication is Indication.TOTAL_PASSED
    return report.signatures[0].timestamps
