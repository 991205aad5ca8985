"""A report speaks to a clerk first, in four languages, and to machines in words that are never translated."""

import json
from dataclasses import replace

import pytest
from cryptography import x509 as foreign
from cryptography.x509.oid import NameOID

from esign import names, signing
from esign.algorithms import SHA256
from esign.cades import PROOF_OF_APPROVAL, Claims, ContentHints, SignaturePolicy, SignerLocation
from esign.findings import Indication, SubIndication
from esign.language import CATALOGUE, LANGUAGES
from esign.material import Material, Need
from esign.names import Name, masked
from esign.validation.path import VERDICTS, validate_path
from esign.validation.report import Report, Subject
from esign.validation.signature import verify
from esign.validation.wording import advice_text, reason_text, verdict_word
from esign.x509 import Trust
from tests.esign.validation import world
from tests.esign.validation.world import AT, DAY

CONTENT = b"the document"
WORDS = {
    "en": ("VALID", "CANNOT BE CONFIRMED", "NOT VALID"),
    "ru": ("ДЕЙСТВИТЕЛЬНО", "НЕЛЬЗЯ ПОДТВЕРДИТЬ", "НЕДЕЙСТВИТЕЛЬНО"),
    "uz": ("HAQIQIY", "TASDIQLAB BO'LMADI", "HAQIQIY EMAS"),
    "uz-Cyrl": ("ҲАҚИҚИЙ", "ТАСДИҚЛАБ БЎЛМАДИ", "ҲАҚИҚИЙ ЭМАС"),
}
VERDICTS_IN_ORDER = (Indication.TOTAL_PASSED, Indication.INDETERMINATE, Indication.TOTAL_FAILED)


def _reports() -> tuple[Report, Report, Report]:
    signed = signing.sign(CONTENT, world.person().signer, at=AT - DAY, detached=True)
    material = Material((), world.clean_crls())
    trust = world.root().trust
    return (
        verify(signed, document=CONTENT, trust=trust, at=AT, material=material),
        verify(signed, document=CONTENT, trust=Trust.empty(), at=AT, material=material),
        verify(signed, document=b"x", trust=trust, at=AT, material=material),
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_line_is_the_verdict_for_a_clerk(language: str) -> None:
    for report, word, indication in zip(_reports(), WORDS[language], VERDICTS_IN_ORDER, strict=True):
        first = report.explain(language).splitlines()[0]
        assert first.startswith(f"{word} [{indication.value}")
        assert verdict_word(indication, language) == word


def test_the_explanation_of_a_good_signature() -> None:
    report = _reports()[0]
    fingerprint = world.person().certificate.fingerprint
    assert report.explain() == "\n".join(
        [
            "VALID [TOTAL-PASSED]",
            "everything that was asked for has been checked and is in order",
            "Checked as of: 2026-11-23 12:00:00+00:00",
            "",
            "Signature 1 of 1",
            "  Signer: Aliyev A.",
            "  E-mail: a.aliyev@agency.uz",
            f"  SHA-256: {fingerprint}",
            "  Time claimed by the signer: 2026-11-22 12:00:00+00:00",
            "  Cryptography: intact [valid]",
            "  Level: B-B",
            "  Certificates, from the trusted root:",
            "    CN=Root,C=UZ (2026-08-15 .. 2027-03-03): trusted",
            "    +- CN=Issuing,C=UZ (2026-08-15 .. 2027-03-03): not revoked, "
            "as of 2026-11-22 12:00:00+00:00 [good]",
            "       +- CN=Aliyev A.,C=UZ (2026-08-15 .. 2027-03-03): not revoked, "
            "as of 2026-11-22 12:00:00+00:00 [good]",
        ]
    )


def test_the_explanation_of_a_doubt_says_why_and_what_to_do() -> None:
    lines = _reports()[1].explain().splitlines()
    assert lines[0] == "CANNOT BE CONFIRMED [INDETERMINATE, NO_CERTIFICATE_CHAIN_FOUND]"
    assert lines[1] == "the certificate does not lead to an authority that you trust"
    assert lines[2].startswith("What to do: add the root")
    assert "    error: the certificate of the issuer is not there: CN=Root,C=UZ" in "\n".join(lines)
    assert lines[-1].endswith("[issuer-missing, RFC 5280 §6.1]")


def test_a_path_explains_itself() -> None:
    report = validate_path(
        world.person().certificate, pool=[world.intermediate().certificate], trust=world.root().trust, at=AT
    )
    lines = report.explain("en").splitlines()
    assert lines[0] == "CANNOT BE CONFIRMED [INDETERMINATE, TRY_LATER]"
    assert any(line.endswith("not known whether revoked [undetermined]") for line in lines)
    asked = replace(report, needs=(Need("crl", "http://crl.agency.uz/1.crl"),))
    assert asked.explain().endswith("Missing:\n  crl: http://crl.agency.uz/1.crl")


def test_an_explanation_cannot_drive_a_terminal() -> None:
    node = world.intermediate().issue("Aliyev\x1b[2J\u202e A.")
    report = verify(
        signing.sign(CONTENT, node.signer, at=AT),
        trust=world.root().trust,
        at=AT,
        material=Material((), world.clean_crls()),
    )
    assert not {"\x1b", "\u202e"} & set(report.explain())


def test_every_sub_indication_that_occurs_has_its_own_words() -> None:
    occurring = {sub for _, _, sub in VERDICTS} | {
        SubIndication.FORMAT_FAILURE,
        SubIndication.HASH_FAILURE,
        SubIndication.SIG_CRYPTO_FAILURE,
        SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        SubIndication.REVOKED_NO_POE,
        SubIndication.REVOKED_CA_NO_POE,
        SubIndication.OUT_OF_BOUNDS_NO_POE,
        SubIndication.SIGNED_DATA_NOT_FOUND,
    }
    for sub in occurring:
        word = sub.value.lower().replace("_", "-")
        assert {f"reason-{word}", f"advice-{word}"} <= CATALOGUE.keys()
    for other in (SubIndication.CUSTOM, None):
        assert reason_text(other, "en") == "see the findings"
        assert advice_text(other, "en") == "ask the person who runs this system"


def test_the_report_for_machines() -> None:
    for report in _reports():
        found = json.loads(json.dumps(report.to_dict()))
        assert found["schema"] == "exat.verify/1"
        assert found["indication"] == report.indication.value
        (signature,) = found["signatures"]
        assert signature.keys() >= {"crypto", "indication", "sub_indication", "signer", "path", "findings"}
    good, doubt, bad = (report.to_dict() for report in _reports())
    assert (good["sub_indication"], good["at"]) == (None, "2026-11-23T12:00:00+00:00")
    assert doubt["signatures"][0]["findings"][0]["code"] == "issuer-missing"
    assert bad["signatures"][0]["crypto"] == "invalid"
    states = good["signatures"][0]["path"]["revocation"]
    assert [state["state"] for state in states] == ["good", "good"]


@pytest.mark.parametrize("number", range(3))
def test_no_report_has_a_truth_value(number: int) -> None:
    report = _reports()[number]
    for value in (report, report.signatures[0]):
        with pytest.raises(TypeError, match="truth value"):
            bool(value)


def test_a_subject_without_a_common_name_has_a_name() -> None:
    subject = foreign.Name(
        [
            foreign.NameAttribute(NameOID.SURNAME, "Aliyev"),
            foreign.NameAttribute(NameOID.GIVEN_NAME, "Anvar"),
        ]
    )
    node = world.root().issue("x", subject=subject)
    assert Subject.of(node.certificate).name == "Aliyev Anvar"


@pytest.mark.parametrize(("number", "shown"), [("", ""), ("1234", "1234"), ("12345", "*2345")])
def test_a_persons_number_is_masked(number: str, shown: str) -> None:
    assert masked(number) == shown


def test_a_persons_number_is_masked_wherever_a_certificate_is_named() -> None:
    number = "31201901234563"
    subject = foreign.Name(
        [
            foreign.NameAttribute(NameOID.COMMON_NAME, "Aliyev A."),
            foreign.NameAttribute(foreign.ObjectIdentifier(names.PINFL), number),
            foreign.NameAttribute(NameOID.USER_ID, number),
        ]
    )
    node = world.intermediate().issue("x", subject=subject)
    report = verify(signing.sign(CONTENT, node.signer, at=AT), trust=world.root().trust, at=AT)
    said = json.dumps(report.to_dict()) + report.explain() + "".join(f.where for f in report.findings)
    assert report.indication is Indication.INDETERMINATE
    assert number not in said
    assert "**********4563" in said


@pytest.mark.parametrize("kind", ["PAS", "IDC", "PNO", "TIN"])
def test_a_serial_number_that_identifies_a_person_is_masked(kind: str) -> None:
    name = Name.of(((names.SERIAL_NUMBER, f"{kind}UZ-31201901234563"),))
    assert name.shown == f"serialNumber={kind}UZ-**********4563"
    assert name.text == f"serialNumber={kind}UZ-31201901234563"


def test_another_serial_number_is_shown_whole() -> None:
    name = Name.of(((names.SERIAL_NUMBER, "AB-31201901234563"), (names.STIR, "301234567")))
    assert name.shown == name.text


def test_the_explanation_tells_what_the_signer_says() -> None:
    claims = Claims(
        policy=SignaturePolicy.of("1.2.3.4", b"policy", SHA256),
        commitments=(PROOF_OF_APPROVAL, "1.2.3.5"),
        location=SignerLocation("UZ", "Tashkent", ("Amir Temur 1",)),
        roles=("director",),
        content_hints=ContentHints("1.2.840.113549.1.7.1", "an order"),
        mime_type="text/plain",
    )
    signed = signing.sign(CONTENT, world.person().signer, at=AT, claims=claims)
    lines = verify(signed, trust=world.root().trust, at=AT).explain().splitlines()
    start = lines.index("  The signer says (not checked):")
    assert [line.strip() for line in lines[start + 1 : start + 8]] == [
        "meaning of the signature: 1.2.3.5",
        "meaning of the signature: approves the document",
        "in the role of: director",
        "signed in: Amir Temur 1, Tashkent, UZ",
        "by the signature policy: 1.2.3.4",
        "kind of the document: text/plain",
        "about the document: an order",
    ]


def test_a_policy_that_is_implied_and_certified_attributes_are_told() -> None:
    report = _reports()[0]
    claims = Claims(policy=SignaturePolicy(implied=True), certified_attributes=(b"\x30\x00",))
    told = replace(report, signatures=(replace(report.signatures[0], claims=claims),)).explain()
    assert "by the signature policy: one that is known from elsewhere" in told
    assert "attributes by others, which are not judged: 1" in told


def test_the_explanation_tells_each_countersignature() -> None:
    signed = signing.countersign(
        signing.sign(CONTENT, world.person().signer, at=AT),
        world.intermediate().issue("Notary").signer,
        at=AT,
    )
    lines = verify(signed, trust=world.root().trust, at=AT).explain().splitlines()
    start = lines.index("  Countersignature 1 of 1")
    assert lines[start + 1].startswith("    CANNOT BE CONFIRMED")
    assert "    Signer: Notary" in lines[start:]
