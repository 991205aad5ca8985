"""Answers count in paths and signatures as lists do: given, embedded in a signature, or fetched on demand."""

from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest

from esign import api, cms, der, ocsp
from esign.ca.request import Subject
from esign.ca.responder import Responder, Source
from esign.findings import Indication, SubIndication
from esign.keys import Signer, SoftwareKey, generate
from esign.material import Material, Need
from esign.testing import TestPKI
from esign.validation.path import validate_path
from esign.validation.report import PathReport, RevocationState
from esign.validation.revocation import Revocation
from esign.x509 import Certificate
from tests.esign.validation.world import AT, DAY

URL = "http://ocsp.agency.uz/"
REVOKED_AT = AT + timedelta(hours=1)


@cache
def pki() -> TestPKI:
    """With OCSP addresses in what the authority for people issues."""
    made = TestPKI(AT)
    persons = made.authority("persons")
    made._issuers["persons"] = replace(persons, publication=replace(persons.publication, ocsp_urls=(URL,)))
    return made


@cache
def signer() -> Signer:
    return pki().signer()


@cache
def revoked() -> Signer:
    found = pki().signer("Karimov K.")
    pki().revoke(found, at=REVOKED_AT)
    return found


def certificate(holder: Signer | None = None) -> Certificate:
    return Certificate.load((holder or signer()).certificate)


@cache
def delegate() -> Signer:
    own = generate("p-256")
    subject = Subject.of({"organization": "Markaz", "common_name": "OCSP"})
    return Signer(SoftwareKey(own), pki().issue("ocsp", subject, key=own).raw)


def respond(request: bytes, *, at: object = AT) -> bytes:
    authority = pki().authority("persons")
    source = Source(authority.certificate, authority.register, at)  # type: ignore[arg-type]
    return Responder(delegate(), source).answer(request, at=at)  # type: ignore[arg-type]


def answer(holder: Signer | None = None, *, at: object = AT) -> bytes:
    request = ocsp.OCSPRequest.about((certificate(holder),), pki().issuing, nonce=b"n")
    return respond(request.encode(), at=at)


def root_list() -> bytes:
    """The list that tells of the authority; of people only answers tell."""
    lists = Material.read(pki().crls_at(AT)).crls
    return next(crl.raw for crl in lists if crl.issuer == pki().root.subject)


def judge(holder: Signer | None = None, *answers: bytes, at: object = AT) -> PathReport:
    return api.validate_path(
        certificate(holder),
        pool=pki().chain,
        trust=pki().trust,
        crls=[root_list()],
        ocsp=answers,
        at=at,  # type: ignore[arg-type]
    )


def test_an_answer_stands_for_a_list() -> None:
    report = judge(None, answer())
    report.require_passed()
    assert [s.state for s in report.revocation] == [RevocationState.GOOD] * 2
    assert report.needs == ()


def test_without_it_the_state_is_undetermined_and_the_need_says_what_to_send() -> None:
    report = judge()
    assert (report.indication, report.sub_indication) == (
        Indication.INDETERMINATE,
        SubIndication.TRY_LATER,
    )
    (need,) = report.needs
    assert (need.kind, need.url) == ("ocsp", URL)
    again = judge(None, respond(need.request))
    assert again.indication is Indication.PASSED


def test_needs_are_answered_in_rounds() -> None:
    asked: list[Need] = []

    def fetch(need: Need) -> bytes | None:
        asked.append(need)
        return respond(need.request)

    report = api.validate_path(
        certificate(), pool=pki().chain, trust=pki().trust, crls=[root_list()], at=AT, fetch=fetch
    )
    report.require_passed()
    assert [need.kind for need in asked] == ["ocsp"]


def test_revoked_by_an_answer_fails() -> None:
    later = REVOKED_AT + timedelta(minutes=1)
    report = judge(revoked(), answer(revoked(), at=later), at=later)
    assert (report.indication, report.sub_indication) == (Indication.FAILED, SubIndication.REVOKED)
    (status, _) = report.revocation
    assert (status.reason, status.revoked_at) == ("keyCompromise", REVOKED_AT)


def test_a_list_that_acquits_does_not_outweigh_an_answer_that_revokes() -> None:
    later = REVOKED_AT + timedelta(minutes=1)
    old = pki().authority("persons").crl(AT, lifetime=30 * DAY).raw
    report = api.validate_path(
        certificate(revoked()),
        pool=pki().chain,
        trust=pki().trust,
        crls=[root_list(), old],
        ocsp=[answer(revoked(), at=later)],
        at=later,
    )
    assert report.sub_indication is SubIndication.REVOKED


def test_a_stale_answer_leaves_the_state_undetermined_and_says_why() -> None:
    report = judge(None, answer(), at=AT + DAY)
    assert report.sub_indication is SubIndication.TRY_LATER
    assert "ocsp-stale" in [f.code for f in report.findings]


def test_supplied_evidence_binds_also_where_none_is_demanded() -> None:
    found = Material.read([answer()])
    report = validate_path(
        certificate(),
        pool=pki().chain,
        trust=pki().trust,
        crls=Material.read([root_list()]).crls,
        ocsp=found.ocsp,
        at=AT + DAY,
        revocation=Revocation.UNSAFE_IF_SUPPLIED,
    )
    assert "revocation-undetermined" in [f.code for f in report.findings]


def test_material_tells_answers_from_lists_and_certificates() -> None:
    found = Material.read([answer(), root_list(), certificate().raw, b"\x30\x03\x0a\x01\x09"])
    assert len(found.ocsp) == 1 and found.ocsp[0].basic is not None
    assert (len(found.crls), len(found.certificates)) == (1, 1)
    assert [(f.code, f.where) for f in found.findings] == [("material-unreadable", "material 3")]


def embedded(signature: bytes, response: bytes) -> bytes:
    """The signature with an answer among its revocation information (RFC 5940 §2)."""
    fields = list(next(list(der.decode(signature).children())[1].children()).children())
    other = der.implicit(1, der.sequence(der.oid(cms.OCSP_RESPONSE), response))
    unknown = der.implicit(1, der.sequence(der.oid("1.2.3"), der.null()))
    held = der.tlv(der.context(1), other, unknown)
    parts = (*(f.raw for f in fields[:4]), held, *(f.raw for f in fields[4:]))
    return cms.encode_content_info(cms.SIGNED_DATA, der.sequence(*parts))


@pytest.mark.parametrize("inside", [True, False])
def test_a_signature_passes_by_an_answer_inside_or_beside_it(inside: bool) -> None:
    signature = api.sign(b"an agreement", signer(), at=AT)
    assert signature is not None
    response, others = answer(), [root_list()]
    if inside:
        signature = embedded(signature, response)
        assert cms.SignedData.read(signature).ocsp == (response,)
    else:
        others.append(response)
    report = api.verify(signature, trust=pki().trust, at=AT, material=others)
    assert report.indication is Indication.TOTAL_PASSED, report.findings
    alone = api.verify(signature, trust=pki().trust, at=AT, material=others[:1])
    assert (alone.indication is Indication.TOTAL_PASSED) is inside
