"""Validation of signatures: the procedure of EN 319 102-1 cl. 5.3, a function for each block.

A signature is judged at a time `at` without proof that it existed earlier, so what a revoked or expired
certificate has signed cannot be confirmed, which is not the same as false. Each block gives an indication and
its findings; the verdict is the gravest, certain failures before doubts.

    report = verify(signature, document=None, trust=trust, at=at, material=Material.read(crls))
"""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from esign import der
from esign.algorithms import Digest, SignatureScheme, digest, signature_scheme
from esign.cades import AlgorithmProtection, SigningCertificate, algorithm_protection, signing_certificates
from esign.cms import DATA, SignedData, SignerInfo, read_pem_or_der
from esign.crl import CertificateList
from esign.errors import EsignError, MalformedInput, UnsupportedAlgorithm
from esign.findings import Finding, Indication, SubIndication
from esign.material import Material, Need
from esign.ocsp import OCSPResponse
from esign.validation.path import validate_path
from esign.validation.policy import Policy
from esign.validation.report import (
    PathReport,
    Report,
    RevocationState,
    SignatureReport,
    Subject,
    gravity,
)
from esign.validation.work import Work
from esign.x509 import Certificate, Trust

_MAX_NAMED: Final = 50
# Octets of a certificate that a digest computed in Python may bind: fifty of the largest cost half a minute.
_MAX_SLOWLY_BOUND: Final = 1 << 14
_MAX_CANDIDATES: Final = 5

# EN 319 102-1 cl. 5.2.6: without a proof of existence these failures of a path leave the signature undecided.
_WITHOUT_PROOF: Final = {
    SubIndication.REVOKED: SubIndication.REVOKED_NO_POE,
    SubIndication.EXPIRED: SubIndication.OUT_OF_BOUNDS_NO_POE,
    SubIndication.NOT_YET_VALID: SubIndication.OUT_OF_BOUNDS_NO_POE,
}


@dataclass(frozen=True, slots=True)
class Block:
    """The answer of one building block: PASSED, INDETERMINATE or FAILED, and why."""

    indication: Indication = Indication.PASSED
    sub_indication: SubIndication | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Attributes:
    """The signed attributes that the procedure reads."""

    content_type: str | None
    message_digest: bytes | None
    signing_time: datetime | None
    bound: tuple[SigningCertificate, ...]
    protection: AlgorithmProtection | None


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is the same for every signer of one CMS."""

    content_type: str
    attached: bytes | None
    document: bytes | None
    certificates: tuple[Certificate, ...]
    crls: tuple[CertificateList, ...]
    trust: Trust
    at: datetime
    policy: Policy
    work: Work
    digests: dict[str, bytes]
    ocsp: tuple[OCSPResponse, ...]

    @property
    def content(self) -> bytes | None:
        """The octets that were signed; None when they are not there."""
        return self.document if self.attached is None else self.attached

    def digest_of(self, content: bytes, by: Digest) -> bytes:
        """The digest of `content`, made once for all signers."""
        if by.oid not in self.digests:
            self.digests[by.oid] = by.of(content)
        return self.digests[by.oid]


def verify(
    signature: bytes,
    *,
    document: bytes | None = None,
    trust: Trust,
    at: datetime,
    material: Material | None = None,
    policy: Policy | None = None,
) -> Report:
    """The verdict on every signature in `signature` at `at`; never raises on hostile input.

    Args:
        signature: CMS SignedData: DER, BER or PEM.
        document: the signed octets of a detached signature; with an attached one it must be the same octets.
        trust: the anchors.
        at: the validation time, aware.
        material: certificates and revocation lists besides those in the signature.
        policy: what is acceptable; the built-in one when None.
    """
    known = material or Material()
    try:
        signed = SignedData.read(read_pem_or_der(signature))
    except EsignError as e:
        unreadable = Finding.error("malformed-input", clause=e.clause, where=e.where, found=_why(e))
        failed = Indication.TOTAL_FAILED
        return Report(failed, SubIndication.FORMAT_FAILURE, at, findings=(unreadable, *known.findings))
    if not signed.signer_infos:
        none = Finding.error("no-signature-found", clause="RFC 5652 §5.1")
        return Report(Indication.INDETERMINATE, None, at, findings=(none, *known.findings))
    rules = policy or Policy.default()
    if len(signed.signer_infos) > rules.limits.signers:
        many = Finding.error("work-limit", where="signers", limit=rules.limits.signers)
        constraint = SubIndication.SIG_CONSTRAINTS_FAILURE
        return Report(Indication.INDETERMINATE, constraint, at, findings=(many, *known.findings))
    facts, unread = _facts(signed, document, trust=trust, at=at, known=known, policy=rules)
    reports = tuple(_validate(info, facts) for info in signed.signer_infos)
    worst = max(reports, key=lambda report: gravity(report.indication))
    needs: dict[Need, None] = dict.fromkeys(need for report in reports for need in report.needs)
    return Report(
        worst.indication, worst.sub_indication, at, reports, (*unread, *known.findings), tuple(needs)
    )


def _facts(
    signed: SignedData,
    document: bytes | None,
    *,
    trust: Trust,
    at: datetime,
    known: Material,
    policy: Policy,
) -> tuple[_Facts, tuple[Finding, ...]]:
    embedded = Material.read((*signed.certificates, *signed.crls, *signed.ocsp))
    return _Facts(
        signed.content_type,
        signed.content,
        document,
        tuple(dict.fromkeys((*embedded.certificates, *known.certificates, *trust.anchors))),
        tuple(dict.fromkeys((*embedded.crls, *known.crls))),
        trust,
        at,
        policy,
        Work(policy.limits),
        {},
        tuple(dict.fromkeys((*embedded.ocsp, *known.ocsp))),
    ), embedded.findings


def _validate(info: SignerInfo, facts: _Facts) -> SignatureReport:
    """EN 319 102-1 cl. 5.3.4: the numbers are those of the blocks in EN 319 102-1 cl. 5.2."""
    # 5.2.2 format checking
    attributes, format_block = check_format(info, facts)
    if attributes is None:
        return _report((format_block,), "not-checked")
    # 5.2.3 identification of the signing certificate
    candidates, identification = identify_signing_certificate(info, attributes, facts.certificates)
    if not candidates:
        return _report((format_block, identification), "not-checked", attributes=attributes, at=facts.at)
    # 5.2.4 validation context initialisation: the policy and the time were given
    # 5.2.7 cryptographic verification (before 5.2.6, because only it tells candidates of one name apart)
    certificate, cryptographic = verify_cryptography(info, attributes, candidates, facts)
    # 5.2.6 X.509 certificate validation
    path = _path(certificate, facts)
    # 5.2.8 signature acceptance validation
    acceptance = accept_signature(info, attributes, certificate, facts)
    return _report(
        (format_block, identification, cryptographic, path_block(path), acceptance),
        _crypto_word(format_block, cryptographic),
        attributes=attributes,
        certificate=certificate,
        path=path,
        at=facts.at,
    )


def _report(
    blocks: tuple[Block, ...],
    crypto: str,
    *,
    attributes: _Attributes | None = None,
    certificate: Certificate | None = None,
    path: PathReport | None = None,
    at: datetime | None = None,
) -> SignatureReport:
    gravest = max(blocks, key=lambda block: gravity(block.indication))
    totals = (Indication.TOTAL_PASSED, Indication.INDETERMINATE, Indication.TOTAL_FAILED)
    findings = dict.fromkeys(finding for block in blocks for finding in block.findings)
    return SignatureReport(
        totals[gravity(gravest.indication)],
        gravest.sub_indication,
        crypto,
        signer=None if certificate is None else Subject.of(certificate),
        certificate=certificate,
        level=_level(attributes),
        signing_time=None if attributes is None else attributes.signing_time,
        best_signature_time=at,
        path=path,
        findings=tuple(findings),
        needs=() if path is None else path.needs,
    )


def _level(attributes: _Attributes | None) -> str:
    """EN 319 122-1 cl. 6.3: what a baseline signature must hold."""
    if attributes is None or attributes.content_type is None or attributes.message_digest is None:
        return "CMS"
    return "B-B" if attributes.signing_time is not None and attributes.bound else "CMS"


def _crypto_word(format_block: Block, cryptographic: Block) -> str:
    if cryptographic.indication is Indication.INDETERMINATE:
        return "not-checked"
    failed = Indication.FAILED in (format_block.indication, cryptographic.indication)
    return "invalid" if failed else "valid"


# --- 5.2.2 ---


def check_format(info: SignerInfo, facts: _Facts) -> tuple[_Attributes | None, Block]:
    """EN 319 102-1 cl. 5.2.2: the signed attributes are there, once each, and can be read."""
    try:
        attributes = _Attributes(
            info.content_type,
            info.message_digest,
            info.signing_time,
            signing_certificates(info),
            algorithm_protection(info),
        )
        problems = tuple(_format_problems(info, attributes, facts))
    except EsignError as e:
        found = Finding.error("signature-malformed", clause=e.clause, where=e.where, reason=_why(e))
        return None, Block(Indication.FAILED, SubIndication.FORMAT_FAILURE, (found,))
    if problems:
        return attributes, Block(Indication.FAILED, SubIndication.FORMAT_FAILURE, problems)
    if info.signed_attributes is None:
        warning = Finding.warning("signed-attributes-absent", clause="RFC 5652 §5.3")
        return attributes, Block(findings=(warning,))
    return attributes, Block()


def _format_problems(info: SignerInfo, attributes: _Attributes, facts: _Facts) -> Iterator[Finding]:
    for oid in info.repeated_attributes:
        yield Finding.error("signed-attribute-repeated", clause="RFC 5652 §5.3", oid=oid)
    if info.signed_attributes is None:
        # RFC 5652 §5.3: signedAttrs MUST be present if the content type is not id-data.
        if facts.content_type != DATA:
            yield Finding.error("signed-attributes-needed", clause="RFC 5652 §5.3", found=facts.content_type)
        if facts.content is not None and _poses_as_attributes(facts.content):
            yield Finding.error("content-poses-as-attributes", clause="RFC 5652 §5.4")
        return
    if attributes.content_type is None:
        yield Finding.error("content-type-missing", clause="RFC 5652 §11.1")
    if attributes.message_digest is None:
        yield Finding.error("message-digest-missing", clause="RFC 5652 §11.2")


def _poses_as_attributes(content: bytes) -> bool:
    """Whether a content signed without attributes could be the signed attributes of another signature."""
    if content[:1] != bytes((der.SET,)):
        return False
    try:
        first = next(der.decode(content).children(), None)
        if first is None:
            return False
        fields = der.Fields.of(first)
        fields.take(der.OID)
        fields.take(der.SET)
    except MalformedInput:
        return False
    return True


# --- 5.2.3 ---


def identify_signing_certificate(
    info: SignerInfo, attributes: _Attributes, certificates: Iterable[Certificate]
) -> tuple[tuple[Certificate, ...], Block]:
    """EN 319 102-1 cl. 5.2.3: the certificates that are named and, where bound, bound."""
    named = list(islice((c for c in certificates if info.names(c)), _MAX_NAMED))
    missing = SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    if not named:
        found = Finding.error("signing-certificate-not-found", clause="EN 319 102-1 cl. 5.2.3")
        return (), Block(Indication.INDETERMINATE, missing, (found,))
    bound = tuple(c for c in named if all(_binds(reference, c) for reference in attributes.bound))
    if not bound:
        found = Finding.error(
            "signing-certificate-mismatch", clause="EN 319 102-1 cl. 5.2.3", where=named[0].subject.text
        )
        return (), Block(Indication.INDETERMINATE, missing, (found,))
    return bound[:_MAX_CANDIDATES], Block(findings=tuple(_binding_warnings(attributes, bound[0])))


def _binds(reference: SigningCertificate, certificate: Certificate) -> bool:
    try:
        by = digest(reference.first.digest_algorithm)
        slow = by.octets_per_check is not None and len(certificate.raw) > _MAX_SLOWLY_BOUND
        return not slow and reference.first.matches(certificate)
    except UnsupportedAlgorithm:
        return False


def _binding_warnings(attributes: _Attributes, certificate: Certificate) -> Iterator[Finding]:
    if not attributes.bound:
        yield Finding.warning("signing-certificate-unbound", clause="EN 319 122-1 cl. 5.2.2")
    for reference in attributes.bound:
        if not reference.first.names(certificate):
            yield Finding.warning("signing-certificate-issuer-serial", clause="RFC 5035 §4")


# --- 5.2.6 ---


def _path(certificate: Certificate, facts: _Facts) -> PathReport:
    return validate_path(
        certificate,
        pool=facts.certificates,
        trust=facts.trust,
        crls=facts.crls,
        at=facts.at,
        usage=facts.policy.usage,
        revocation=facts.policy.revocation,
        policy=facts.policy,
        work=facts.work,
        ocsp=facts.ocsp,
    )


def path_block(path: PathReport) -> Block:
    """EN 319 102-1 cl. 5.2.6: what the verdict on a path means for a signature without proof of existence.

    | path | signature |
    |---|---|
    | FAILED, REVOKED: the signing certificate is on hold | INDETERMINATE, TRY_LATER |
    | FAILED, REVOKED: the signing certificate | INDETERMINATE, REVOKED_NO_POE |
    | FAILED, REVOKED: an authority | INDETERMINATE, REVOKED_CA_NO_POE |
    | FAILED, EXPIRED or NOT_YET_VALID | INDETERMINATE, OUT_OF_BOUNDS_NO_POE |
    | anything else but PASSED | INDETERMINATE, the same sub-indication |
    """
    if path.indication is Indication.PASSED:
        return Block(findings=path.findings)
    sub_indication = path.sub_indication
    if sub_indication is not None:
        sub_indication = _WITHOUT_PROOF.get(sub_indication, sub_indication)
    if sub_indication is SubIndication.REVOKED_NO_POE and path.revocation:
        signing = path.revocation[0]
        if signing.state is not RevocationState.REVOKED:
            sub_indication = SubIndication.REVOKED_CA_NO_POE
        elif signing.reason == "certificateHold":
            sub_indication = SubIndication.TRY_LATER
    return Block(Indication.INDETERMINATE, sub_indication, path.findings)


# --- 5.2.7 ---


def verify_cryptography(
    info: SignerInfo, attributes: _Attributes, candidates: tuple[Certificate, ...], facts: _Facts
) -> tuple[Certificate, Block]:
    """EN 319 102-1 cl. 5.2.7: the content has the signed digest, and the signature holds.

    Of several certificates that could be meant, the first under which it holds is taken.
    """
    first = candidates[0]
    content = facts.content
    if content is None:
        found = Finding.error("signed-data-not-found", clause="EN 319 102-1 cl. 5.2.7")
        return first, Block(Indication.INDETERMINATE, SubIndication.SIGNED_DATA_NOT_FOUND, (found,))
    if facts.document is not None and facts.document != content:
        return first, _hash_failure("content-differs")
    try:
        expected = digest(info.digest_algorithm)
        scheme = signature_scheme(info.signature_algorithm, expected)
    except EsignError as e:
        return first, _unverifiable(e)
    if expected.octets_per_check is not None and not facts.policy.accepts_digest(expected.name, facts.at):
        # A digest that is slow to compute is not computed for a signature that could not pass.
        return first, _not_acceptable(expected.name)
    if attributes.message_digest is not None:
        if not secrets.compare_digest(facts.digest_of(content, expected), attributes.message_digest):
            return first, _hash_failure("message-digest-mismatch")
    if problems := tuple(_contradictions(info, attributes, scheme, facts)):
        return first, Block(Indication.FAILED, SubIndication.SIG_CRYPTO_FAILURE, problems)
    message = content if info.signed_attributes is None else info.signed_message()
    return _first_that_holds(info, candidates, scheme, message)


def _first_that_holds(
    info: SignerInfo, candidates: tuple[Certificate, ...], scheme: SignatureScheme, message: bytes
) -> tuple[Certificate, Block]:
    for certificate in candidates:
        try:
            key = certificate.public_key
        except UnsupportedAlgorithm as e:
            return certificate, _unverifiable(e)
        if scheme.is_valid(key, info.signature, message):
            return certificate, Block()
    found = Finding.error(
        "signature-invalid", clause="EN 319 102-1 cl. 5.2.7", where=candidates[0].subject.text
    )
    return candidates[0], Block(Indication.FAILED, SubIndication.SIG_CRYPTO_FAILURE, (found,))


def _contradictions(
    info: SignerInfo, attributes: _Attributes, scheme: SignatureScheme, facts: _Facts
) -> Iterator[Finding]:
    if scheme.digest is not None and scheme.digest is not digest(info.digest_algorithm):
        yield Finding.error(
            "digest-algorithm-contradicts",
            clause="RFC 5652 §5.3",
            digest=info.digest_algorithm.oid,
            signature=scheme.name,
        )
    if info.signed_attributes is None:
        return
    if attributes.content_type not in (None, facts.content_type):
        yield Finding.error(
            "content-type-mismatch",
            clause="RFC 5652 §11.1",
            found=attributes.content_type,
            wanted=facts.content_type,
        )
    if not info.signed_attributes_are_der:
        # RFC 5652 §5.3: they "MUST be DER encoded, even if the rest of the structure is BER encoded".
        yield Finding.error("signed-attributes-not-der", clause="RFC 5652 §5.4")
    if attributes.protection is not None and not attributes.protection.agrees_with(info):
        yield Finding.error("algorithm-protection-mismatch", clause="RFC 6211 §2")


def _why(error: EsignError) -> str:
    """What was found, without the sentence around it: that is written in the reader's language."""
    return error.values.get("found") or error.message


def _hash_failure(code: str) -> Block:
    found = Finding.error(code, clause="EN 319 102-1 cl. 5.2.7")
    return Block(Indication.FAILED, SubIndication.HASH_FAILURE, (found,))


def _unverifiable(error: EsignError) -> Block:
    found = Finding.error(
        "signature-unverifiable", clause="EN 319 102-1 cl. 5.2.7", where=error.where, reason=_why(error)
    )
    return Block(Indication.INDETERMINATE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE, (found,))


def _not_acceptable(*algorithms: str) -> Block:
    findings = tuple(
        Finding.error("algorithm-not-acceptable", clause="EN 319 102-1 cl. 5.2.8", algorithm=algorithm)
        for algorithm in algorithms
    )
    return Block(Indication.INDETERMINATE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE, findings)


# --- 5.2.8 ---


def accept_signature(
    info: SignerInfo, attributes: _Attributes, certificate: Certificate, facts: _Facts
) -> Block:
    """EN 319 102-1 cl. 5.2.8: the policy accepts the algorithms and the key at that time."""
    findings: list[Finding] = []
    try:
        by = digest(info.digest_algorithm)
        scheme = signature_scheme(info.signature_algorithm, by)
        objections = [facts.policy.objection(scheme, certificate.public_key, facts.at)]
        if not facts.policy.accepts_digest(by.name, facts.at):
            objections.append(by.name)
    except EsignError as e:
        return _unverifiable(e)
    if refused := tuple(dict.fromkeys(filter(None, objections))):
        return _not_acceptable(*refused)
    if any(reference.version == 1 for reference in attributes.bound) and len(attributes.bound) == 1:
        findings.append(Finding.warning("signing-certificate-sha1", clause="RFC 5035 §5"))
    return Block(findings=tuple(findings))
