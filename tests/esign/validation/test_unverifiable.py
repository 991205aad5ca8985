"""A signature that could not be verified stays undecided, whatever time stamps stand around it."""

from dataclasses import replace

import pytest

from esign import cades, der
from esign.algorithms import AlgorithmIdentifier
from esign.cms import SignedData
from esign.findings import Indication, SubIndication
from esign.signing.frame import Frame
from esign.validation.report import Report
from esign.validation.signature import verify
from tests.esign.signing import world

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
