"""A responder's own revocation, told by lists that another key of the issuer has signed."""

from datetime import datetime

from esign.crl import CertificateList
from esign.findings import Indication
from esign.ocsp import OCSP_SIGNING, CertID, CertStatus, SingleResponse
from esign.validation.crl_issuer import CRLIssuers
from esign.validation.ocsp import judge_ocsp
from esign.validation.policy import Policy
from esign.validation.report import PathReport, RevocationState
from esign.validation.work import Work
from esign.x509 import Certificate
from tests.esign.validation import test_ocsp as ocsp
from tests.esign.validation import world
from tests.esign.validation.world import AT, DAY, Node

RESPONDER = 501


def responder() -> Node:
    """A delegate whose revocation must be asked for: it bears no id-pkix-ocsp-nocheck."""
    return world.root().issue("Responder", serial=RESPONDER, usages=("digitalSignature",), eku=[OCSP_SIGNING])


def list_key() -> Node:
    """The root's certificate for a key of its own that signs lists."""
    own, subject = world.key("list key"), world.name("Root")
    return world.root().issue("Root lists", usages=["cRLSign"], private=own, subject=subject)


def by_list_key(*revoked: tuple[int, datetime, str | None]) -> CertificateList:
    return world.root().crl(*revoked, private=world.key("list key"))


def judged(
    crl: CertificateList, issuers: CRLIssuers, *, person: Node | None = None
) -> tuple[RevocationState, list[str]]:
    """What the responder's good word about a person comes to."""
    target = (person or world.root().issue("Aliyev A.", serial=77)).certificate
    issuer = world.root().certificate
    single = SingleResponse(CertID.of(target, issuer), CertStatus.GOOD, AT - DAY, AT + DAY)
    policy = Policy.default()
    status, findings = judge_ocsp(
        target,
        issuer,
        responses=[ocsp.answer(single, by=responder())],
        at=AT,
        policy=policy,
        work=Work(policy.limits),
        crls=[crl],
        issuers=issuers,
    )
    return status.state, [finding.code for finding in findings]


def issuers(asked: list[frozenset[Certificate]] | None = None) -> CRLIssuers:
    """The key for lists is known, and its path is good."""

    def validate(signer: Certificate, pending: frozenset[Certificate]) -> PathReport:
        if asked is not None:
            asked.append(pending)
        return PathReport(Indication.PASSED, None, AT, (signer, world.root().certificate))

    return CRLIssuers((list_key().certificate,), validate, path=(world.root().certificate,))


def test_a_list_by_another_key_acquits_the_responder() -> None:
    assert judged(by_list_key(), issuers()) == (RevocationState.GOOD, [])


def test_a_list_by_another_key_revokes_the_responder() -> None:
    revoking = by_list_key((RESPONDER, AT - DAY, "keyCompromise"))
    assert judged(revoking, issuers()) == (RevocationState.UNDETERMINED, ["ocsp-responder-refused"])


def test_a_list_by_a_key_that_nobody_vouches_for_leaves_the_responder_unchecked() -> None:
    state, codes = judged(by_list_key(), CRLIssuers())
    assert (state, codes[0]) == (RevocationState.UNDETERMINED, "ocsp-responder-unchecked")


def test_the_certificate_in_question_cannot_vouch_for_its_own_responder() -> None:
    asked: list[frozenset[Certificate]] = []
    judged(by_list_key(), issuers(asked))
    ((first, *others),) = [sorted(p.subject.text for p in pending) for pending in asked]
    assert "Aliyev A." in first
    assert "Responder" in others[0]
