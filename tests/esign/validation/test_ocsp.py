"""An answer acquits only when everything about it is right; whatever is wrong leaves it undetermined."""

import base64
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509 as foreign

from esign import der
from esign.algorithms import ECDSA_SHA256
from esign.crl import CertificateList
from esign.findings import Finding
from esign.ocsp import (
    OCSP_SIGNING,
    BasicResponse,
    CertID,
    CertStatus,
    OCSPRequest,
    OCSPResponse,
    ResponderID,
    ResponseStatus,
    SingleResponse,
    encode_error,
    encode_response,
    encode_response_data,
)
from esign.ocsp.request import encode_extension
from esign.validation.ocsp import combine, judge_ocsp, ocsp_needs
from esign.validation.policy import DigestRule, Freshness, KeyRule, Policy
from esign.validation.report import RevocationState, RevocationStatus
from esign.validation.work import Work, WorkExceeded
from esign.x509 import Certificate
from tests import peers
from tests.esign.validation import world
from tests.esign.validation.world import AT, DAY, SECOND, Node

GOOD, REVOKED, UNDETERMINED = RevocationState.GOOD, RevocationState.REVOKED, RevocationState.UNDETERMINED
NO_CHECK = (foreign.OCSPNoCheck(), False)
PERSON = world.person().certificate


@cache
def delegate(common: str = "Responder") -> Node:
    return world.intermediate().issue(
        common, usages=("digitalSignature",), eku=[OCSP_SIGNING], extensions=[NO_CHECK]
    )


def about(status: CertStatus = CertStatus.GOOD, **changes: Any) -> SingleResponse:
    named = CertID.of(PERSON, world.intermediate().certificate)
    single = SingleResponse(named, status, AT - DAY, AT + DAY)
    if status is CertStatus.REVOKED:
        single = replace(single, revoked_at=AT - 2 * DAY)
    return replace(single, **changes)


def answer(
    *singles: SingleResponse,
    by: Node | None = None,
    signed_by: Node | None = None,
    send: Iterable[Node] | None = None,
    responder: ResponderID | None = None,
    produced_at: datetime = AT - DAY,
) -> OCSPResponse:
    """Signed by the issuer of the person, or by a delegate that is sent along."""
    issuer = world.intermediate()
    by = by or issuer
    who = responder or ResponderID.of(by.certificate)
    data = encode_response_data(who, singles or (about(),), produced_at=produced_at)
    signature = ECDSA_SHA256.sign((signed_by or by).private, data)
    sent = [by] if send is None and by is not issuer else send or ()
    held = [node.certificate.raw for node in sent]
    return OCSPResponse.load(encode_response(data, ECDSA_SHA256.identifier, signature, certificates=held))


def judge(
    *responses: OCSPResponse,
    at: datetime = AT,
    crls: Iterable[CertificateList] = (),
    policy: Policy | None = None,
    certificate: Certificate = PERSON,
    max_age: timedelta = timedelta(0),
) -> tuple[RevocationStatus, tuple[Finding, ...]]:
    freshness = Freshness(int(max_age.total_seconds()))
    rules = replace(policy or Policy.default(), freshness=freshness)
    return judge_ocsp(
        certificate,
        world.intermediate().certificate,
        responses=responses,
        at=at,
        policy=rules,
        work=Work(rules.limits),
        crls=crls,
    )


def codes(found: tuple[RevocationStatus, tuple[Finding, ...]]) -> tuple[RevocationState, list[str]]:
    return found[0].state, [f.code for f in found[1]]


def test_the_issuer_itself_may_say_good() -> None:
    status, objections = judge(answer())
    assert (status.state, status.this_update, status.next_update) == (GOOD, AT - DAY, AT + DAY)
    assert objections == ()


def test_a_delegate_of_the_issuer_may_say_good() -> None:
    assert codes(judge(answer(by=delegate()))) == (GOOD, [])


def test_no_answer_is_undetermined() -> None:
    assert codes(judge()) == (UNDETERMINED, [])


def test_an_answer_about_another_certificate_is_passed_over() -> None:
    other = replace(about().certificate_id, serial_number=1)
    assert codes(judge(answer(about(certificate_id=other)))) == (UNDETERMINED, [])


@pytest.mark.parametrize("field", ["issuer_name_hash", "issuer_key_hash"])
def test_both_hashes_must_agree(field: str) -> None:
    other = replace(about().certificate_id, **{field: bytes(20)})  # type: ignore[arg-type]
    assert codes(judge(answer(about(certificate_id=other)))) == (UNDETERMINED, [])


def test_revoked_is_said_with_time_and_reason() -> None:
    status, _ = judge(answer(about(CertStatus.REVOKED, reason="keyCompromise")))
    assert (status.state, status.reason, status.revoked_at) == (REVOKED, "keyCompromise", AT - 2 * DAY)


def test_unknown_is_never_good() -> None:
    assert codes(judge(answer(about(CertStatus.UNKNOWN)))) == (UNDETERMINED, ["ocsp-status-unknown"])


def test_revoked_wins_over_good() -> None:
    assert judge(answer(), answer(about(CertStatus.REVOKED)))[0].state is REVOKED
    assert judge(answer(about(), about(CertStatus.REVOKED)))[0].state is REVOKED


def test_a_revocation_that_came_later_is_not_one_yet() -> None:
    later = about(CertStatus.REVOKED, revoked_at=AT + DAY, this_update=AT + DAY, next_update=AT + 2 * DAY)
    assert codes(judge(answer(later))) == (UNDETERMINED, ["ocsp-not-yet-valid"])
    assert judge(answer(), answer(later))[0].state is GOOD
    assert judge(answer(later), at=AT + DAY)[0].state is REVOKED


def test_a_revocation_that_is_told_later_counts() -> None:
    told = about(CertStatus.REVOKED, revoked_at=AT, this_update=AT + DAY, next_update=AT + 2 * DAY)
    assert judge(answer(), answer(told, produced_at=AT + DAY))[0].state is REVOKED


def test_a_hold_ends_when_good_is_said_later() -> None:
    hold = about(CertStatus.REVOKED, reason="certificateHold", this_update=AT - 2 * DAY)
    assert judge(answer(hold))[0].state is REVOKED
    assert judge(answer(hold), answer())[0].state is GOOD
    earlier = about(this_update=AT - 3 * DAY)
    assert judge(answer(hold), answer(earlier))[0].state is REVOKED
    assert judge(answer(replace(hold, reason="superseded")), answer())[0].state is REVOKED


@pytest.mark.parametrize(
    ("at", "state", "found"),
    [
        (AT - DAY - SECOND, UNDETERMINED, ["ocsp-not-yet-valid"]),
        (AT - DAY, GOOD, []),
        (AT + DAY, GOOD, []),
        (AT + DAY + SECOND, UNDETERMINED, ["ocsp-stale"]),
    ],
)
def test_an_answer_holds_from_this_update_to_next_update(
    at: datetime, state: RevocationState, found: list[str]
) -> None:
    assert codes(judge(answer(), at=at)) == (state, found)


def test_an_answer_without_next_update_needs_a_rule_for_its_age() -> None:
    endless = answer(about(next_update=None))
    assert codes(judge(endless)) == (UNDETERMINED, ["ocsp-no-next-update"])
    assert codes(judge(endless, max_age=DAY)) == (GOOD, [])
    assert codes(judge(endless, max_age=DAY - SECOND)) == (UNDETERMINED, ["ocsp-too-old"])


def test_a_rule_for_the_age_binds_beside_next_update() -> None:
    assert codes(judge(answer(), max_age=DAY)) == (GOOD, [])
    assert codes(judge(answer(), max_age=DAY - SECOND)) == (UNDETERMINED, ["ocsp-too-old"])


def test_of_an_expired_certificate_only_who_remembers_can_tell() -> None:
    after = {"this_update": PERSON.not_after + DAY, "next_update": PERSON.not_after + 9 * DAY}
    at = PERSON.not_after + 2 * DAY
    signed = {"produced_at": AT}
    found = codes(judge(answer(about(**after), **signed), at=at))  # type: ignore[arg-type]
    assert found == (UNDETERMINED, ["ocsp-after-expiry"])
    since = about(**after, archive_cutoff=PERSON.not_after)
    assert codes(judge(answer(since, **signed), at=at)) == (GOOD, [])  # type: ignore[arg-type]
    later = about(**after, archive_cutoff=PERSON.not_after + SECOND)
    found = codes(judge(answer(later, **signed), at=at))  # type: ignore[arg-type]
    assert found == (UNDETERMINED, ["ocsp-after-expiry"])


def test_a_signature_by_another_key_is_refused() -> None:
    forged = answer(signed_by=world.root())
    assert codes(judge(forged)) == (UNDETERMINED, ["ocsp-signature-invalid"])
    forged = answer(about(CertStatus.REVOKED), by=delegate(), signed_by=world.root())
    assert codes(judge(forged)) == (UNDETERMINED, ["ocsp-signature-invalid"])


def test_a_signature_over_other_octets_is_refused() -> None:
    good = answer()
    assert good.basic is not None
    changed = replace(good.basic, tbs=good.basic.tbs + b"\0")
    assert codes(judge(replace(good, basic=changed))) == (UNDETERMINED, ["ocsp-signature-invalid"])


def test_a_responder_that_is_not_sent_along_is_unknown() -> None:
    alone = answer(by=delegate(), send=())
    assert codes(judge(alone)) == (UNDETERMINED, ["ocsp-responder-unknown"])


def test_the_responder_must_be_the_one_that_is_named() -> None:
    named = ResponderID(name=world.root().certificate.subject)
    assert codes(judge(answer(by=delegate(), responder=named))) == (UNDETERMINED, ["ocsp-responder-unknown"])
    by_name = ResponderID(name=delegate().certificate.subject)
    assert codes(judge(answer(by=delegate(), responder=by_name))) == (GOOD, [])


def refused(responder: Node, **options: Any) -> str:
    """The reason for which a responder is refused; also what it says about a revocation does not count."""
    for status in (CertStatus.GOOD, CertStatus.REVOKED):
        state, objections = judge(answer(about(status), by=responder, **options))
        assert state.state is UNDETERMINED
        (objection,) = objections
        assert objection.code == "ocsp-responder-refused"
    return dict(objection.values)["reason"]


def responder(**options: Any) -> Node:
    by = options.pop("issuer", world.intermediate())
    defaults: dict[str, Any] = {
        "usages": ("digitalSignature",),
        "eku": [OCSP_SIGNING],
        "extensions": [NO_CHECK],
    }
    return by.issue("Odd responder", **{**defaults, **options})


def test_a_responder_of_another_authority_is_refused() -> None:
    assert refused(responder(issuer=world.root())) == "issuer"


def test_a_responder_that_only_claims_the_issuer_is_refused() -> None:
    assert refused(responder(signed_with=world.root().private)) == "signature"


@pytest.mark.parametrize("eku", [(), ("1.3.6.1.5.5.7.3.4",), ("2.5.29.37.0",)])
def test_a_responder_needs_the_usage_and_any_usage_is_not_it(eku: tuple[str, ...]) -> None:
    """RFC 6960 §4.2.2.2: id-kp-OCSPSigning MUST be in the extended key usage of the responder."""
    assert refused(responder(eku=eku)) == "extKeyUsage"


def test_a_responder_whose_key_does_not_sign_is_refused() -> None:
    assert refused(responder(usages=("keyEncipherment",))) == "keyUsage"
    assert codes(judge(answer(by=responder(usages=None)))) == (GOOD, [])


def test_a_responder_is_valid_when_it_answers() -> None:
    assert refused(responder(not_after=AT - DAY - SECOND)) == "validity"
    assert refused(responder(not_before=AT - DAY + SECOND)) == "validity"


def test_a_responder_that_has_ended_since_acquits_nobody_but_still_revokes() -> None:
    ended = responder(not_after=AT - SECOND)
    assert codes(judge(answer(by=ended))) == (UNDETERMINED, ["ocsp-responder-expired"])
    assert judge(answer(about(CertStatus.REVOKED), by=ended))[0].state is REVOKED


def test_a_responder_with_a_critical_extension_that_is_not_known_is_refused() -> None:
    assert refused(responder(extensions=[NO_CHECK, (world.unknown(), True)])) == "critical extension"


def test_a_responder_without_nocheck_is_itself_checked() -> None:
    odd = responder(extensions=[])
    assert codes(judge(answer(by=odd))) == (UNDETERMINED, ["ocsp-responder-unchecked"])
    fresh = world.intermediate().crl()
    assert codes(judge(answer(by=odd), crls=[fresh])) == (GOOD, [])
    listed = world.intermediate().crl((odd.certificate.serial_number, AT - DAY, None))
    state, objections = judge(answer(about(CertStatus.REVOKED), by=odd), crls=[listed])
    assert state.state is UNDETERMINED
    assert [(f.code, dict(f.values)["reason"]) for f in objections] == [
        ("ocsp-responder-refused", "revocation")
    ]


def test_nocheck_is_respected() -> None:
    listed = world.intermediate().crl((delegate().certificate.serial_number, AT - DAY, None))
    assert codes(judge(answer(by=delegate()), crls=[listed])) == (GOOD, [])


def test_an_answer_that_is_an_error_is_told() -> None:
    refusal = OCSPResponse.load(encode_error(ResponseStatus.TRY_LATER))
    state, objections = judge(refusal)
    assert (state.state, [f.code for f in objections]) == (UNDETERMINED, ["ocsp-refused"])
    assert dict(objections[0].values)["status"] == "try later"


def weak() -> Policy:
    return replace(Policy.default(), digests=(DigestRule("sha512"),))


def test_a_weak_algorithm_acquits_nobody_but_still_revokes() -> None:
    found = codes(judge(answer(by=delegate()), policy=weak()))
    assert found == (UNDETERMINED, ["algorithm-not-acceptable"])
    assert judge(answer(about(CertStatus.REVOKED)), policy=weak())[0].state is REVOKED


def test_an_algorithm_that_is_not_known_is_told() -> None:
    good = answer()
    assert good.basic is not None
    odd = replace(good.basic, signature_algorithm=replace(good.basic.signature_algorithm, oid="1.2.3"))
    assert codes(judge(replace(good, basic=odd))) == (UNDETERMINED, ["ocsp-unusable"])


def with_extensions(extra: bytes, *, single: bool) -> OCSPResponse:
    """An answer with an extension of our own making, well signed."""
    data = der.decode(
        encode_response_data(
            ResponderID.of(world.intermediate().certificate), [about()], produced_at=AT - DAY
        )
    )
    who, produced, answers = data.children()
    if single:
        (one,) = answers.children()
        wrapped = der.sequence(one.content, der.explicit(1, der.sequence(extra)))
        tbs = der.sequence(who.raw, produced.raw, der.sequence(wrapped))
    else:
        tbs = der.sequence(data.content, der.explicit(1, der.sequence(extra)))
    signature = ECDSA_SHA256.sign(world.intermediate().private, tbs)
    return OCSPResponse.load(encode_response(tbs, ECDSA_SHA256.identifier, signature))


@pytest.mark.parametrize("single", [True, False])
def test_a_critical_extension_that_is_not_known_acquits_nobody(single: bool) -> None:
    critical = der.sequence(der.oid("1.2.3.4"), der.boolean(True), der.octet_string(b"\x05\x00"))
    found = codes(judge(with_extensions(critical, single=single)))
    assert found == (UNDETERMINED, ["ocsp-extension-unknown"])
    harmless = encode_extension("1.2.3.4", der.null())
    assert codes(judge(with_extensions(harmless, single=single))) == (GOOD, [])


def test_signature_checks_are_counted() -> None:
    rules = Policy.default()
    limited = replace(rules, limits=replace(rules.limits, signature_checks=2))
    many = [answer(about(), signed_by=world.root(), produced_at=AT - DAY + i * SECOND) for i in range(3)]
    with pytest.raises(WorkExceeded):
        judge(*many, policy=limited)


def status_of(state: RevocationState, day: int = 0, reason: str | None = None) -> RevocationStatus:
    return RevocationStatus(PERSON, state, reason, this_update=AT + day * DAY)


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        (status_of(GOOD), status_of(UNDETERMINED), 0),
        (status_of(UNDETERMINED), status_of(GOOD), 1),
        (status_of(GOOD), status_of(GOOD, 1), 1),
        (status_of(GOOD, 1), status_of(GOOD), 0),
        (status_of(REVOKED), status_of(GOOD, 1), 0),
        (status_of(GOOD, 1), status_of(REVOKED), 1),
        (status_of(REVOKED, 0, "certificateHold"), status_of(GOOD, 1), 1),
        (status_of(REVOKED, 1, "certificateHold"), status_of(GOOD), 0),
        (status_of(REVOKED, 0, "certificateHold"), status_of(UNDETERMINED, 1), 0),
        (status_of(UNDETERMINED), RevocationStatus(PERSON, UNDETERMINED), 0),
        (RevocationStatus(PERSON, GOOD), status_of(GOOD), 1),
    ],
)
def test_two_kinds_of_evidence_make_one_state(
    one: RevocationStatus, other: RevocationStatus, wanted: int
) -> None:
    assert combine(one, other) is (one, other)[wanted]


def test_a_need_has_the_request_that_would_answer_it() -> None:
    access = foreign.AuthorityInformationAccess(
        [
            foreign.AccessDescription(
                foreign.oid.AuthorityInformationAccessOID.OCSP,
                foreign.UniformResourceIdentifier(url),
            )
            for url in ("http://ocsp.agency.uz", "ldap://ocsp.agency.uz")
        ]
    )
    target = world.intermediate().issue("With access", extensions=[(access, False)]).certificate
    (need,) = ocsp_needs(target, world.intermediate().certificate)
    assert (need.kind, need.url, need.subject) == ("ocsp", "http://ocsp.agency.uz", target.subject.text)
    (asked,) = OCSPRequest.read(need.request).certificates
    assert asked.names(target, world.intermediate().certificate)
    assert ocsp_needs(PERSON, world.intermediate().certificate) == ()


def corpus_cases() -> list[Any]:
    folder = peers.corpus("openssl_testdata")
    entries = json.loads((folder / "index.json").read_text())["entries"]
    return [e for e in entries if e["kind"] == "ocsp-response-b64" and not e["untrusted"]]


def old_policy() -> Policy:
    """The answers are of 2012."""
    rules = Policy.default()
    return replace(
        rules,
        digests=(*rules.digests, DigestRule("sha1")),
        keys=(*rules.keys, KeyRule("rsa", 1024)),
        freshness=Freshness(86_400),
    )


@pytest.mark.corpora
def test_answers_of_2012_with_faults_are_judged_as_openssl_does() -> None:
    """The cases of 80-test_ocsp.t but the two whose fault lies in the path above the issuer."""
    folder, judged = peers.corpus("openssl_testdata"), {"valid": 0, "invalid": 0}
    for case in corpus_cases():
        response = OCSPResponse.load(base64.b64decode((folder / case["file"]).read_bytes()))
        assert isinstance(response.basic, BasicResponse)
        single = response.basic.responses[0]
        issuer = Certificate.load_all((folder / case["issuer"]).read_bytes())[0]
        # The certificate itself is not in the corpus: its issuer's name and its number are all that counts.
        serial = single.certificate_id.serial_number
        target = replace(issuer, serial_number=serial, issuer=issuer.subject)
        rules = old_policy()
        status, _ = judge_ocsp(
            target,
            issuer,
            responses=[response],
            at=single.this_update,
            policy=rules,
            work=Work(rules.limits),
        )
        # The responder of D3 bears an empty subjectAltName, which RFC 5280 §4.2.1.6 forbids: it is not read.
        good = case["expected"] == "valid" and not case["file"].endswith("/D3.ors")
        assert status.state is (GOOD if good else UNDETERMINED), case["note"]
        judged[case["expected"]] += 1
    assert judged == {"valid": 12, "invalid": 12}
