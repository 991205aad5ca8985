"""The authority for tests: what it gives in a line, and that it can be told from a real one."""

from datetime import UTC, datetime, timedelta

import pytest

from esign.algorithms import describe_key
from esign.ca.request import Subject
from esign.errors import IssuanceRefused
from esign.findings import Indication, SubIndication
from esign.keys import Decryptor, Signer
from esign.material import Material
from esign.ocsp import OCSPResponse
from esign.signing import sign
from esign.testing import TEST_ORGANIZATION, TEST_POLICY, TEST_TIME_STAMP_POLICY, TestPKI
from esign.tsp import MessageImprint, stamp
from esign.validation.path import validate_path
from esign.validation.policy import Policy
from esign.validation.report import Report
from esign.validation.signature import verify
from esign.x509 import Certificate, CertificateList

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def judged(pki: TestPKI, signer: Signer) -> Report:
    return verify(
        sign(b"a document", signer, at=AT),
        document=None,
        trust=pki.trust,
        at=AT,
        material=Material.read(pki.crls),
        policy=Policy.default(),
    )


@pytest.mark.parametrize("key", ["p-256", "p-384", "rsa-2048", "ed25519"])
def test_a_signature_of_a_test_signer_passes(key: str) -> None:
    pki = TestPKI(AT)
    assert judged(pki, pki.signer("Aliyev A.", key=key)).indication is Indication.TOTAL_PASSED


def test_a_revoked_signer_does_not_pass() -> None:
    pki = TestPKI(AT)
    signer = pki.signer("Aliyev A.")
    pki.revoke(signer)
    report = judged(pki, signer)
    assert report.indication is not Indication.TOTAL_PASSED
    assert report.sub_indication in (SubIndication.REVOKED, SubIndication.REVOKED_NO_POE)


def test_a_signer_of_another_test_authority_does_not_pass() -> None:
    assert judged(TestPKI(AT), TestPKI(AT).signer()).indication is Indication.INDETERMINATE


def test_everything_issued_is_marked() -> None:
    pki = TestPKI(AT)
    made = [
        pki.signer().certificate,
        pki.decryptor().certificate,
        pki.seal().certificate,
        pki.node().certificate,
    ]
    certificates = [Certificate.load(octets) for octets in made if octets]
    assert all(TEST_POLICY in c.policies for c in certificates)
    assert all(c.subject.organization == TEST_ORGANIZATION for c in (pki.root, *pki.chain, *certificates))
    assert "TEST ONLY" in pki.root.subject.text and len(pki.chain) == 2


def test_time_is_an_argument() -> None:
    pki = TestPKI(AT)
    assert pki.root.not_before == AT - timedelta(seconds=300)
    later = Certificate.load(pki.signer(at=AT + timedelta(days=9)).certificate)
    assert later.not_before == AT + timedelta(days=9, seconds=-300)
    crls = [CertificateList.load(octets) for octets in pki.crls]
    assert {c.this_update for c in crls} == {AT}


def test_lists_come_for_each_authority_and_count_on() -> None:
    pki = TestPKI(AT)
    assert [CertificateList.load(c).number for c in pki.crls] == [1, 1]
    pki.node()
    assert [CertificateList.load(c).number for c in pki.crls] == [2, 2, 1]
    later = AT + timedelta(days=1)
    assert {CertificateList.load(c).this_update for c in pki.crls_at(later)} == {later}


@pytest.mark.parametrize("key", ["p-256", "p-384", "p-521", "rsa-2048", "rsa-3072"])
def test_decryptors_have_the_key_that_was_asked_for(key: str) -> None:
    decryptor = TestPKI(AT).decryptor("x@agency.uz", key=key)
    assert isinstance(decryptor, Decryptor) and decryptor.certificate
    certificate = Certificate.load(decryptor.certificate)
    assert certificate.emails == ("x@agency.uz",)
    assert certificate.key_usage == frozenset(
        {"keyEncipherment" if key.startswith("rsa") else "keyAgreement"}
    )
    assert describe_key(certificate.public_key) == describe_key(decryptor.private.public_key())


SIGNS = {"document-signing": True, "email-signing": True, "email-encryption": False}
DOCUMENTS = {"document-signing": True, "email-signing": False, "email-encryption": False}
OPENS = {"document-signing": False, "email-signing": False, "email-encryption": True, "tls-server": False}
USAGES = {
    "officer-sign": {**SIGNS, "tls-server": False},
    "agency-seal-mail": {**SIGNS, "tls-server": False},
    "agency-seal": DOCUMENTS,
    "citizen-sign": DOCUMENTS,
    "business-sign": DOCUMENTS,
    "officer-encrypt-ec": OPENS,
    "mailbox-encrypt": OPENS,
    "relay-tls": {
        "tls-server": True,
        "tls-client": True,
        "document-signing": False,
        "email-signing": False,
        "email-encryption": False,
    },
}


@pytest.mark.parametrize("profile", USAGES)
def test_our_own_engine_gives_each_profile_its_usages(profile: str) -> None:
    pki = TestPKI(AT)
    person = {"surname": "Aliyev", "given_name": "Vali", "pinfl": "31201901234563"}
    person = person if profile.startswith(("officer", "citizen", "business")) else {}
    agency = {} if profile == "citizen-sign" else {"organization": "Agentlik"}
    agency |= {"stir": "301234567"} if profile in ("agency-seal", "business-sign") else {}
    without = ("relay-tls", "agency-seal", "citizen-sign", "business-sign")
    emails = () if profile in without else ("a@agency.uz",)
    hosts = ("mx.agency.uz",) if profile == "relay-tls" else ()
    subject = Subject.of({**agency, **person}, emails=emails, dns_names=hosts)
    certificate = pki.issue(profile, subject)
    crls = tuple(CertificateList.load(octets) for octets in pki.crls)
    for usage, wanted in USAGES[profile].items():
        report = validate_path(certificate, pool=pki.chain, trust=pki.trust, crls=crls, at=AT, usage=usage)
        assert (report.indication is Indication.PASSED) is wanted, usage


def test_a_signer_brings_its_chain() -> None:
    pki = TestPKI(AT)
    assert pki.signer().chain == (pki.issuing.raw,)


def test_a_document_signer_has_the_national_numbers() -> None:
    signer = TestPKI(AT).signer("Aliyev Vali", profile="citizen-sign")
    subject = Certificate.load(signer.certificate).subject
    assert (subject.pinfl, subject.surname, subject.given_name) == ("31201901234563", "Aliyev", "Vali")


def test_the_lint_of_production_holds_here_too() -> None:
    with pytest.raises(IssuanceRefused) as caught:
        TestPKI(AT).issue("officer-sign", Subject.of({"organization": "x"}, emails=("no address",)))
    assert caught.value.code == "lint-refused" and "lint-emails" in caught.value.values["codes"]


@pytest.mark.parametrize("key", ["p-384", "rsa-4096", "ml-dsa-65"])
def test_the_authority_may_have_another_key(key: str) -> None:
    pki = TestPKI(AT, key=key)
    assert describe_key(pki.root.public_key).kind in ("ec", "rsa", "ml-dsa-65")


def test_nothing_without_a_certificate_is_revoked() -> None:
    pki = TestPKI(AT)
    with pytest.raises(ValueError, match="without a certificate"):
        pki.revoke(Decryptor(pki.decryptor().private))


def test_revoking_a_certificate_puts_it_on_the_list() -> None:
    pki = TestPKI(AT)
    decryptor = pki.decryptor()
    certificate = Certificate.load(decryptor.certificate or b"")
    pki.revoke(certificate, reason="superseded")
    found = [CertificateList.load(c).find(certificate.serial_number) for c in pki.crls]
    assert [entry.reason for entry in found if entry] == ["superseded"]


def test_a_time_stamper_stamps_at_its_moment_or_by_its_clock() -> None:
    pki, moment = TestPKI(AT), AT + timedelta(hours=1)
    fixed = stamp(MessageImprint.of(b"x"), pki.time_stamper(moment)).info
    assert (fixed.gen_time, fixed.policy) == (moment, TEST_TIME_STAMP_POLICY)
    times = iter((AT, moment))
    clocked = pki.time_stamper(lambda: next(times))
    assert [stamp(MessageImprint.of(b"x"), clocked).info.gen_time for _ in range(2)] == [AT, moment]


@pytest.mark.parametrize("delegated", [True, False])
def test_an_ocsp_answer_replaces_the_list_of_the_issuer(delegated: bool) -> None:
    pki = TestPKI(AT)
    holder = Certificate.load(pki.signer().certificate)
    answer = OCSPResponse.load(pki.ocsp(holder, at=AT, delegated=delegated))
    others = [c for c in map(CertificateList.load, pki.crls) if c.issuer != holder.issuer]
    found = {"pool": pki.chain, "trust": pki.trust, "crls": others, "at": AT}
    validate_path(holder, ocsp=(answer,), **found).require_passed()  # type: ignore[arg-type]
    assert validate_path(holder, **found).indication is Indication.INDETERMINATE  # type: ignore[arg-type]


def test_nobody_answers_for_a_stranger() -> None:
    stranger = Certificate.load(TestPKI(AT).signer().certificate)
    with pytest.raises(ValueError, match="another authority"):
        TestPKI(AT).ocsp(stranger)
