"""Time stamps, claims, several signers, countersignatures in one report (EN 319 102-1 cl. 5.5, cl. 5.6)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esign import cades, der, signing
from esign.algorithms import SHA256, SHA512, Digest
from esign.attributes import Attribute
from esign.cades import Claims
from esign.cades.claims import SignaturePolicy
from esign.cades.unsigned import ARCHIVE_TIME_STAMP_V2, POLICY_STORE
from esign.cms import SignedData
from esign.content import Content
from esign.findings import Indication, Severity, SubIndication
from esign.material import Material
from esign.signing.frame import Frame
from esign.signing.levels import augment
from esign.signing.structure import add_signer, countersign
from esign.testing import TestPKI
from esign.tsp import MessageImprint, TimeStampToken, stamp
from esign.validation.policy import Constraint, ConstraintLevel, Policy
from esign.validation.report import Report, SignatureReport
from esign.validation.signature import verify

BORN = datetime(2027, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = BORN + 6 * DAY
CONTENT = b"the document"
PASSED = (Indication.TOTAL_PASSED, None)
POLICY_OID, POLICY_TEXT = "2.999.7", b"what a signature here means"


@cache
def pki() -> TestPKI:
    made = TestPKI(BORN)
    made.authority("infra")
    return made


@cache
def foreign() -> TestPKI:
    return TestPKI(BORN)


@cache
def basic() -> bytes:
    return signing.sign(CONTENT, pki().signer("Aliyev A."), at=BORN + DAY)


def material() -> Material:
    return Material.read(pki().crls)


def judge(signed: bytes, policy: Policy | None = None, policies: Mapping[str, bytes] | None = None) -> Report:
    return verify(
        signed,
        trust=pki().trust,
        at=NOW,
        material=material(),
        policy=policy,
        signature_policies=policies or {},
    )


def only(report: Report) -> SignatureReport:
    (found,) = report.signatures
    return found


def verdict(report: Report | SignatureReport) -> tuple[Indication, SubIndication | None]:
    return report.indication, report.sub_indication


def doubt(name: str) -> tuple[Indication, SubIndication]:
    return Indication.INDETERMINATE, SubIndication(name)


def codes(found: Report | SignatureReport, severity: Severity = Severity.ERROR) -> list[str]:
    return [f.code for f in found.findings if f.severity is severity]


def stamped(
    octets: bytes, at: datetime = BORN + 2 * DAY, *, by: TestPKI | None = None, digest: Digest = SHA256
) -> bytes:
    return stamp(MessageImprint.of(octets, by=digest), (by or pki()).time_stamper(at)).raw


def with_attribute(signed: bytes, *attributes: Attribute) -> bytes:
    frame = Frame.read(signed)
    return frame.with_signers(s.adding(*attributes, keep_order=True) for s in frame.signers).encode()


def with_signature_stamp(signed: bytes, token: bytes) -> bytes:
    return with_attribute(signed, cades.signature_time_stamp(token))


def claiming(claims: Claims) -> bytes:
    """The same document signed with these claims."""
    two = add_signer(basic(), pki().signer("Karimov K."), at=BORN + DAY, claims=claims)
    frame = Frame.read(two)
    (second,) = [
        s for s in frame.signers if s.encode() not in {o.encode() for o in Frame.read(basic()).signers}
    ]
    return frame.with_signers((second,)).encode()


def signature_of(signed: bytes) -> bytes:
    return SignedData.read(signed).signer_infos[0].signature


# --- what is claimed ---


def test_claims_stand_in_the_report() -> None:
    claims = Claims(roles=("director",), commitments=(cades.PROOF_OF_APPROVAL,))
    report = judge(claiming(claims))
    assert verdict(report) == PASSED
    assert only(report).claims == claims
    assert only(report).to_dict()["claims"] == {
        "commitments": [cades.PROOF_OF_APPROVAL],
        "roles": ["director"],
    }


def test_an_implied_policy_asks_for_nothing() -> None:
    assert verdict(judge(claiming(Claims(policy=SignaturePolicy(implied=True))))) == PASSED


POLICY = SignaturePolicy.of(POLICY_OID, POLICY_TEXT, SHA256)


@pytest.mark.parametrize(
    ("supplied", "wanted", "code"),
    [
        ({POLICY_OID: POLICY_TEXT}, PASSED, None),
        ({}, doubt("SIGNATURE_POLICY_NOT_AVAILABLE"), "signature-policy-unavailable"),
        ({"2.999.8": POLICY_TEXT}, doubt("SIGNATURE_POLICY_NOT_AVAILABLE"), "signature-policy-unavailable"),
        ({POLICY_OID: b"other words"}, doubt("POLICY_PROCESSING_ERROR"), "signature-policy-mismatch"),
    ],
    ids=["there", "not-there", "another", "changed"],
)
def test_an_explicit_policy_must_be_there_and_be_the_one_that_was_hashed(
    supplied: dict[str, bytes], wanted: tuple[Indication, SubIndication | None], code: str | None
) -> None:
    report = judge(claiming(Claims(policy=POLICY)), policies=supplied)
    assert verdict(report) == wanted
    assert codes(only(report)) == ([code] if code else [])
    assert only(report).crypto == "valid"


@pytest.mark.parametrize(
    ("text", "wanted"), [(POLICY_TEXT, PASSED), (b"x", doubt("POLICY_PROCESSING_ERROR"))]
)
def test_a_policy_may_be_stored_in_the_signature(
    text: bytes, wanted: tuple[Indication, SubIndication | None]
) -> None:
    store = Attribute(POLICY_STORE, (der.sequence(der.oid("2.999.1"), der.octet_string(text)),))
    assert verdict(judge(with_attribute(claiming(Claims(policy=POLICY)), store))) == wanted


# --- time stamps over the signature ---


def test_a_time_stamp_over_the_signature_gives_the_best_signature_time() -> None:
    token = stamped(signature_of(basic()))
    found = only(judge(with_signature_stamp(basic(), token)))
    (one,) = found.timestamps
    assert (one.kind, one.indication, one.at) == ("signature", Indication.PASSED, BORN + 2 * DAY)
    assert one.authority is not None and one.authority.common_name == "Test TSA"
    assert (found.level, found.best_signature_time) == ("B-T", BORN + 2 * DAY)
    one.require_passed()
    with pytest.raises(TypeError):
        bool(one)


def test_the_earliest_of_several_counts() -> None:
    signature = signature_of(basic())
    tokens = [stamped(signature, BORN + days * DAY) for days in (4, 2, 3)]
    signed = basic()
    for token in tokens:
        signed = with_signature_stamp(signed, token)
    assert only(judge(signed)).best_signature_time == BORN + 2 * DAY


@pytest.mark.parametrize(
    ("token", "wanted", "code"),
    [
        (lambda: b"\x30\x03\x02\x01\x05", "FORMAT_FAILURE", "time-stamp-unreadable"),
        (lambda: basic(), "FORMAT_FAILURE", "time-stamp-unreadable"),
        (lambda: stamped(b"something else"), "HASH_FAILURE", "time-stamp-imprint-mismatch"),
        (
            lambda: stamped(signature_of(basic()), by=foreign()),
            "NO_CERTIFICATE_CHAIN_FOUND",
            "certificate-signature-invalid",
        ),
    ],
    ids=["garbage", "no-token", "of-others", "of-a-stranger"],
)
def test_a_time_stamp_that_is_not_good_proves_nothing_and_spoils_nothing(
    token: object, wanted: str, code: str
) -> None:
    report = judge(with_signature_stamp(basic(), token()))  # type: ignore[operator]
    assert verdict(report) == PASSED
    found = only(report)
    (one,) = found.timestamps
    assert one.sub_indication is SubIndication(wanted)
    assert any(f.code == code for f in one.findings)
    assert (found.level, found.best_signature_time) == ("B-B", NOW)


def test_a_changed_token_fails() -> None:
    token = TimeStampToken.read(stamped(signature_of(basic())))
    changed = token.raw.replace(token.signer_info.signature, token.signer_info.signature[:-1] + b"\x00")
    (one,) = only(judge(with_signature_stamp(basic(), changed))).timestamps
    assert verdict(one) == (Indication.FAILED, SubIndication.SIG_CRYPTO_FAILURE)  # type: ignore[arg-type]


def test_the_report_tells_which_token_it_means() -> None:
    import hashlib

    token = stamped(signature_of(basic()))
    (one,) = only(judge(with_signature_stamp(basic(), token))).timestamps
    assert one.digest == hashlib.sha256(token).hexdigest()
    assert one.to_dict()["digest"] == one.digest


# --- content time stamps and order ---


def test_a_content_time_stamp_is_judged_over_the_content() -> None:
    good = claiming(Claims(content_time_stamps=(stamped(CONTENT, BORN + DAY),)))
    (one,) = only(judge(good)).timestamps
    assert (one.kind, one.indication) == ("content", Indication.PASSED)
    bad = claiming(Claims(content_time_stamps=(stamped(b"other", BORN + DAY),)))
    (other,) = only(judge(bad)).timestamps
    assert other.sub_indication is SubIndication.HASH_FAILURE


@pytest.mark.parametrize(("days", "wanted"), [(1, PASSED), (3, doubt("TIMESTAMP_ORDER_FAILURE"))])
def test_the_content_cannot_be_stamped_after_the_signature(
    days: int, wanted: tuple[Indication, SubIndication | None]
) -> None:
    signed = claiming(Claims(content_time_stamps=(stamped(CONTENT, BORN + days * DAY),)))
    token = stamped(signature_of(signed), BORN + 2 * DAY)
    assert verdict(judge(with_signature_stamp(signed, token))) == wanted


# --- archive time stamps ---


@cache
def archived() -> bytes:
    at = BORN + 3 * DAY
    tsa = pki().time_stamper(at)
    return augment(basic(), "B-LTA", tsa=tsa, at=at, trust=pki().trust, material=material())


def test_an_archive_time_stamp_of_version_3_holds() -> None:
    found = only(judge(archived()))
    assert [(s.kind, s.indication.value) for s in found.timestamps] == [
        ("signature", "PASSED"),
        ("archive", "PASSED"),
    ]
    assert found.level == "B-LTA"


def test_what_was_archived_and_is_taken_away_fails_the_archive_time_stamp() -> None:
    frame = Frame.read(archived())
    without = replace(frame, crls=frame.crls[1:]).encode()
    stamps = only(judge(without)).timestamps
    assert [(s.kind, s.sub_indication) for s in stamps][1] == ("archive", SubIndication.HASH_FAILURE)
    assert "ats-hash-index-unmatched" in [f.code for f in stamps[1].findings]


def test_what_is_added_after_the_archive_time_stamp_changes_nothing() -> None:
    more = Frame.read(archived()).with_material((foreign().root.raw,), ()).encode()
    assert only(judge(more)).timestamps[1].indication is Indication.PASSED


@pytest.mark.parametrize("digest", [SHA256, SHA512], ids=lambda d: d.name)
def test_an_archive_time_stamp_of_version_2_holds(digest: Digest) -> None:
    signed = with_signature_stamp(basic(), stamped(signature_of(basic())))
    read = SignedData.read(signed)
    imprints = cades.archive_imprints_v2(read, read.signer_infos[0], content=Content.of(CONTENT), by=digest)
    imprint = MessageImprint(MessageImprint.of(b"", by=digest).digest_algorithm, next(iter(imprints)))
    token = stamp(imprint, pki().time_stamper(BORN + 3 * DAY)).raw
    old = with_attribute(signed, Attribute(ARCHIVE_TIME_STAMP_V2, (token,)))
    stamps = only(judge(old)).timestamps
    assert [(s.kind, s.indication.value) for s in stamps] == [("signature", "PASSED"), ("archive", "PASSED")]
    changed = with_attribute(old, Attribute("2.999.3", (der.null(),)))
    assert only(judge(changed)).timestamps[-1].sub_indication is SubIndication.HASH_FAILURE


# --- several signers ---


def test_each_of_several_signers_is_judged_and_the_worst_decides() -> None:
    two = add_signer(basic(), pki().signer("Karimov K."), at=BORN + DAY)
    report = judge(two)
    assert verdict(report) == PASSED
    assert {s.signer.name for s in report.signatures if s.signer} == {"Aliyev A.", "Karimov K."}
    three = add_signer(two, foreign().signer("Begona B."), at=BORN + DAY)
    report = judge(three)
    assert verdict(report) == doubt("NO_CERTIFICATE_CHAIN_FOUND")
    assert sorted(s.indication.value for s in report.signatures) == [
        "INDETERMINATE",
        "TOTAL-PASSED",
        "TOTAL-PASSED",
    ]


HYBRID = replace(Policy.default(), signatures=("classical", "post-quantum"))


def test_a_hybrid_policy_demands_both_families_over_one_content() -> None:
    report = judge(basic(), HYBRID)
    assert verdict(report) == doubt("SIG_CONSTRAINTS_FAILURE")
    assert codes(report) == ["signature-family-missing"]
    assert dict(report.findings[0].values) == {"family": "post-quantum"}
    both = add_signer(basic(), pki().signer("Aliyev A.", key="ml-dsa-65"), at=BORN + DAY)
    assert verdict(judge(both, HYBRID)) == PASSED
    assert {s.algorithm for s in judge(both, HYBRID).signatures} == {"ecdsa-sha256", "ml-dsa-65"}


def test_a_family_whose_signature_is_not_good_is_missing() -> None:
    both = add_signer(basic(), foreign().signer("Aliyev A.", key="ml-dsa-65"), at=BORN + DAY)
    report = judge(both, HYBRID)
    assert verdict(report) == doubt("NO_CERTIFICATE_CHAIN_FOUND")
    assert codes(report) == ["signature-family-missing"]


# --- countersignatures ---


def test_a_countersignature_is_judged_over_the_signature_that_it_is_under() -> None:
    report = judge(countersign(basic(), pki().signer("Guvoh G."), at=BORN + 2 * DAY))
    assert verdict(report) == PASSED
    (counter,) = only(report).countersignatures
    assert verdict(counter) == PASSED
    assert counter.signer is not None and counter.signer.name == "Guvoh G."


def test_a_countersignature_that_is_not_good_changes_no_other_verdict() -> None:
    other = countersign(signing.sign(b"x", pki().signer("Boshqa B."), at=BORN), pki().signer("G G."), at=BORN)
    (attribute,) = SignedData.read(other).signer_infos[0].unsigned.items
    frame = Frame.read(with_attribute(basic(), attribute))
    moved = frame.with_material(SignedData.read(other).certificates, ()).encode()
    report = judge(moved)
    assert verdict(report) == PASSED
    assert verdict(only(report).countersignatures[0]) == (Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE)


def test_an_unreadable_countersignature_is_a_warning() -> None:
    report = judge(with_attribute(basic(), Attribute(cades.COUNTERSIGNATURE, (der.null(),))))
    assert verdict(report) == PASSED
    assert codes(only(report), Severity.WARNING) == ["countersignature-malformed"]


def nested(depth: int) -> bytes:
    """The same signature under itself, so deep."""
    inner = SignedData.read(basic()).signer_infos[0].raw
    for _ in range(depth):
        element = Frame.read(basic()).signers[0]
        inner = element.adding(cades.countersignature(inner)).encode()
    return with_attribute(basic(), cades.countersignature(inner))


def depth_of(report: SignatureReport) -> int:
    return 1 + max(map(depth_of, report.countersignatures), default=0)


def test_countersignatures_are_followed_eight_deep() -> None:
    report = judge(nested(20))
    assert depth_of(only(report)) == 9


def test_only_so_many_countersignatures_are_judged() -> None:
    inner = SignedData.read(basic()).signer_infos[0].raw
    broad = with_attribute(basic(), Attribute(cades.COUNTERSIGNATURE, (inner,) * 60))
    assert len(only(judge(broad)).countersignatures) == 60
    broader = with_attribute(broad, Attribute(cades.COUNTERSIGNATURE, (inner,) * 60))
    found = only(judge(broader))
    assert "countersignature-malformed" in codes(found, Severity.WARNING)


# --- constraints as data ---


def demanding(*levels: tuple[str, ConstraintLevel]) -> Policy:
    return replace(Policy.default(), constraints=tuple(Constraint(code, level) for code, level in levels))


@pytest.mark.parametrize(
    ("level", "wanted", "severity"),
    [
        (ConstraintLevel.FAIL, doubt("SIG_CONSTRAINTS_FAILURE"), Severity.ERROR),
        (ConstraintLevel.WARN, PASSED, Severity.WARNING),
        (ConstraintLevel.INFORM, PASSED, Severity.INFO),
        (ConstraintLevel.IGNORE, PASSED, None),
    ],
    ids=lambda value: value.value if isinstance(value, ConstraintLevel) else "",
)
@pytest.mark.parametrize("code", ["signature-time-stamp-missing", "archive-time-stamp-missing"])
def test_a_policy_sets_the_level_of_a_constraint(
    code: str,
    level: ConstraintLevel,
    wanted: tuple[Indication, SubIndication | None],
    severity: Severity | None,
) -> None:
    report = judge(basic(), demanding((code, level)))
    assert verdict(report) == wanted
    found = [f.severity for f in only(report).findings if f.code == code]
    assert found == ([] if severity is None else [severity])


def test_a_demanded_time_stamp_that_is_there_satisfies() -> None:
    policy = demanding(("signature-time-stamp-missing", ConstraintLevel.FAIL))
    token = stamped(signature_of(basic()))
    assert verdict(judge(with_signature_stamp(basic(), token), policy)) == PASSED


def test_a_bad_time_stamp_fails_where_the_policy_says_so() -> None:
    policy = demanding(("time-stamp-not-passed", ConstraintLevel.FAIL))
    report = judge(with_signature_stamp(basic(), stamped(b"other")), policy)
    assert verdict(report) == doubt("SIG_CONSTRAINTS_FAILURE")


# --- hostile input ---


def test_no_number_of_time_stamps_takes_more_than_its_share() -> None:
    token = stamped(signature_of(basic()))
    signed = with_attribute(basic(), Attribute(cades.SIGNATURE_TIME_STAMP, (token,) * 200))
    report = judge(signed)
    assert report.indication in (Indication.TOTAL_PASSED, Indication.INDETERMINATE)
    assert sum(s.indication is Indication.PASSED for s in only(report).timestamps) <= 50


def mutated(octets: bytes, places: Iterable[tuple[int, int]]) -> bytes:
    changed = bytearray(octets)
    for place, value in places:
        changed[place % len(changed)] ^= value
    return bytes(changed)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(1, 255)), min_size=1, max_size=4))
def test_no_change_raises_and_none_makes_other_content_good(places: list[tuple[int, int]]) -> None:
    changed = mutated(archived(), places)
    report = judge(changed)
    if report.indication is Indication.TOTAL_PASSED:
        assert SignedData.read(changed).content == CONTENT


@pytest.mark.parametrize("part", range(1, 8))
def test_no_truncation_raises(part: int) -> None:
    signed = archived()
    assert judge(signed[: len(signed) * part // 8]).sub_indication is SubIndication.FORMAT_FAILURE
