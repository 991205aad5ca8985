"""Answers at their limits: both ends of each period, which of several counts, and what each warning says."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes

from esign.findings import Finding, Severity
from esign.ocsp import CertStatus, OCSPResponse, ResponderID, ResponseStatus, encode_error
from esign.validation.ocsp import judge_ocsp
from esign.validation.policy import DigestRule, Policy
from esign.validation.report import RevocationState
from esign.validation.work import Work
from tests.esign.validation import world
from tests.esign.validation.test_ocsp import about, answer, codes, delegate, judge, responder
from tests.esign.validation.world import AT, DAY, SECOND

GOOD, REVOKED, UNDETERMINED = RevocationState.GOOD, RevocationState.REVOKED, RevocationState.UNDETERMINED
WHERE = "OCSP response for CN=Aliyev A.,C=UZ"


def told(*responses: OCSPResponse, **options: Any) -> list[tuple[str, dict[str, str]]]:
    found = judge(*responses, **options)[1]
    assert {f.where for f in found} <= {WHERE}
    assert {f.severity for f in found} <= {Severity.WARNING}
    return [(f.code, dict(f.values)) for f in found]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"not_before": AT - DAY}, []),
        ({"not_after": AT}, []),
        ({"not_after": AT - SECOND}, ["ocsp-responder-expired"]),
    ],
)
def test_both_ends_of_the_life_of_a_responder_are_inclusive(options: dict[str, Any], code: list[str]) -> None:
    state, objections = codes(judge(answer(by=responder(**options))))
    assert objections == code
    assert state is (UNDETERMINED if code else GOOD)


def test_a_responder_may_be_made_in_the_second_of_its_answer_and_of_the_question() -> None:
    made = responder(not_before=AT)
    now = answer(about(this_update=AT), by=made, produced_at=AT)
    assert codes(judge(now)) == (GOOD, [])
    assert codes(judge(now, at=AT - SECOND))[1] == ["ocsp-responder-expired", "ocsp-not-yet-valid"]
    ending = responder(not_after=AT - DAY)
    assert codes(judge(answer(by=ending)))[1] == ["ocsp-responder-expired"]


def test_each_warning_says_what_it_is_about() -> None:
    subject = "CN=Odd responder,C=UZ"
    moment = {s: (AT + s * SECOND).isoformat() for s in (-1, 1)}
    refusal = OCSPResponse.load(encode_error(ResponseStatus.INTERNAL_ERROR))
    early, late = about(this_update=AT + SECOND), about(next_update=AT - SECOND)
    assert told(answer(early)) == [("ocsp-not-yet-valid", {"this_update": moment[1]})]
    assert told(answer(late)) == [("ocsp-stale", {"next_update": moment[-1]})]
    assert told(answer(about(next_update=None))) == [("ocsp-no-next-update", {})]
    assert told(answer(about(CertStatus.UNKNOWN))) == [("ocsp-status-unknown", {})]
    assert told(refusal) == [("ocsp-refused", {"status": "internal error"})]
    assert told(answer(by=responder(not_after=AT - SECOND))) == [
        ("ocsp-responder-expired", {"responder": subject})
    ]
    assert told(answer(by=responder(extensions=[]))) == [("ocsp-responder-unchecked", {"responder": subject})]
    assert told(answer(by=responder(eku=()))) == [
        ("ocsp-responder-refused", {"responder": subject, "reason": "extKeyUsage"})
    ]
    assert told(answer(signed_by=world.root())) == [("ocsp-signature-invalid", {})]
    assert told(answer(by=delegate(), send=())) == [("ocsp-responder-unknown", {})]


@pytest.mark.parametrize(("age", "good"), [(3600, True), (3601, False)])
def test_the_age_that_a_rule_allows_is_inclusive(age: int, good: bool) -> None:
    made = about(this_update=AT - age * SECOND, next_update=None)
    found = told(answer(made), max_age=timedelta(hours=1))
    wanted = [] if good else [("ocsp-too-old", {"this_update": made.this_update.isoformat()})]
    assert found == wanted


def test_of_several_acquittals_the_newest_is_told() -> None:
    answers = [answer(about(this_update=AT - n * DAY, next_update=AT + n * DAY)) for n in (2, 1, 3)]
    for order in (answers, answers[::-1]):
        status = judge(*order)[0]
        assert (status.state, status.this_update, status.next_update) == (GOOD, AT - DAY, AT + DAY)


def test_a_revocation_is_told_with_its_times() -> None:
    status = judge(answer(about(CertStatus.REVOKED, reason="superseded")))[0]
    assert (status.this_update, status.next_update, status.revoked_at, status.reason) == (
        AT - DAY,
        AT + DAY,
        AT - 2 * DAY,
        "superseded",
    )


def test_a_hold_ends_only_later_and_only_a_hold_ends() -> None:
    held = about(CertStatus.REVOKED, reason="certificateHold", this_update=AT - 2 * DAY)
    lost = about(CertStatus.REVOKED, reason="keyCompromise", this_update=AT - 2 * DAY)
    same = about(this_update=AT - 2 * DAY)
    assert judge(answer(held), answer())[0].state is GOOD
    assert judge(answer(held), answer(same))[0].state is REVOKED
    assert judge(answer(lost), answer())[0].state is REVOKED


@pytest.mark.parametrize(
    ("revoked_at", "this_update", "expected"),
    [
        (AT, AT, REVOKED),
        (AT + SECOND, AT, REVOKED),
        (AT, AT + SECOND, REVOKED),
        (AT + SECOND, AT + SECOND, UNDETERMINED),
    ],
)
def test_a_revocation_is_later_only_when_it_took_place_and_was_told_later(
    revoked_at: Any, this_update: Any, expected: RevocationState
) -> None:
    said = about(CertStatus.REVOKED, revoked_at=revoked_at, this_update=this_update)
    assert judge(answer(said))[0].state is expected


def test_good_evidence_keeps_quiet_about_other_answers() -> None:
    status, objections = judge(answer(about(CertStatus.UNKNOWN)), answer())
    assert (status.state, objections) == (GOOD, ())


def test_what_two_answers_have_in_common_is_told_once() -> None:
    stale = about(next_update=AT - SECOND)
    assert [code for code, _ in told(answer(stale), answer(stale, produced_at=AT - 2 * DAY))] == [
        "ocsp-stale"
    ]


def test_a_candidate_that_did_not_sign_does_not_hide_the_one_that_did() -> None:
    twin = world.intermediate().issue(
        "Responder",
        private=world.key("another responder"),
        usages=("digitalSignature",),
        eku=["1.3.6.1.5.5.7.3.9"],
    )
    assert codes(judge(answer(by=delegate(), send=[twin, delegate()], responder=_by_name()))) == (GOOD, [])
    assert codes(judge(answer(by=delegate(), send=[twin], responder=_by_name()))) == (
        UNDETERMINED,
        ["ocsp-signature-invalid"],
    )


def _by_name() -> ResponderID:
    return ResponderID(name=delegate().certificate.subject)


def test_an_issuer_of_the_name_that_did_not_sign_is_told() -> None:
    data = answer(signed_by=world.root())
    found: tuple[Finding, ...] = judge_ocsp(
        world.person().certificate,
        world.intermediate().certificate,
        responses=[data],
        at=AT,
        policy=Policy.default(),
        work=Work(Policy.default().limits),
    )[1]
    assert [f.code for f in found] == ["ocsp-signature-invalid"]


@pytest.mark.parametrize("usage", ["digitalSignature", "nonRepudiation"])
def test_either_signing_usage_is_enough_for_a_responder(usage: str) -> None:
    assert codes(judge(answer(by=responder(usages=(usage,))))) == (GOOD, [])


def test_the_algorithm_under_the_certificate_of_a_responder_counts_too() -> None:
    rules = replace(Policy.default(), digests=(DigestRule("sha256"),))
    strong, weak = responder(digest=hashes.SHA256()), responder(digest=hashes.SHA384())
    assert codes(judge(answer(by=strong), policy=rules)) == (GOOD, [])
    assert told(answer(by=weak), policy=rules) == [
        ("algorithm-not-acceptable", {"algorithm": "ecdsa-sha384"})
    ]
    assert judge(answer(about(CertStatus.REVOKED), by=weak), policy=rules)[0].state is REVOKED
