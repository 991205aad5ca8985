"""The building blocks of EN 319 102-1 cl. 5.2, a function for each, and basic validation over them (cl. 5.3).

Each block takes facts and gives an indication with its findings; no block looks at the answer of another. The
same blocks judge signatures, countersignatures and the tokens of time stamps.

    basic = validate_basic(signer_info, Subject(content_type, content, usage), context)
    basic.conclusion.sub_indication
"""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from esign import der
from esign.algorithms import Digest, SignatureScheme, digest, lacks_null, signature_scheme
from esign.attributes import bounded
from esign.cades import AlgorithmProtection, Claims, SigningCertificate, unsigned_values
from esign.cades.claims import NO_CLAIMS
from esign.cades.said import NOTHING, said_in
from esign.cades.unsigned import POLICY_STORE
from esign.cms import DATA, SignerInfo
from esign.content import Content
from esign.errors import EsignError, MalformedInput, UnsupportedAlgorithm
from esign.findings import Finding, Indication, Severity, SubIndication
from esign.validation.block import PASSED, Block, failed, gravest, undecided
from esign.validation.context import Context
from esign.validation.policy import ConstraintLevel, Policy
from esign.validation.report import PathReport, RevocationState
from esign.validation.standing import last_standing
from esign.x509 import Certificate

_MAX_NAMED: Final = 50
# Octets of a certificate that a digest computed in Python may bind: fifty of the largest cost half a minute.
_MAX_SLOWLY_BOUND: Final = 1 << 14
_MAX_CANDIDATES: Final = 5
_MAX_POSE: Final = 1 << 21

# EN 319 102-1 cl. 5.2.6: without a proof of existence these failures of a path leave the signature undecided.
_WITHOUT_PROOF: Final = {
    SubIndication.REVOKED: SubIndication.REVOKED_NO_POE,
    SubIndication.EXPIRED: SubIndication.OUT_OF_BOUNDS_NO_POE,
    SubIndication.NOT_YET_VALID: SubIndication.OUT_OF_BOUNDS_NO_POE,
}


@dataclass(frozen=True, slots=True)
class Attributes:
    """The signed attributes that the procedure reads."""

    content_type: str | None
    message_digest: bytes | None
    signing_time: datetime | None
    bound: tuple[SigningCertificate, ...]
    protection: AlgorithmProtection | None
    claims: Claims = NO_CLAIMS


@dataclass(frozen=True, slots=True)
class Subject:
    """What one signature is over: `content` None when it is not there.

    `content_type` is None for a countersignature, which has none (RFC 5652 §11.4). `usage` is the purpose
    that the certificate must serve. `differs`: an attached content and a document were given, not the same.
    """

    content_type: str | None
    content: Content | None
    usage: str | None
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Basic:
    """What basic validation came to (EN 319 102-1 cl. 5.3): its blocks, and what it found on the way.

    `crypto` is `valid`, `invalid` or `not-checked`.
    """

    blocks: tuple[Block, ...]
    crypto: str = "not-checked"
    attributes: Attributes | None = None
    certificate: Certificate | None = None
    path: PathReport | None = None
    algorithm: str = ""

    @property
    def conclusion(self) -> Block:
        """The verdict of all blocks."""
        return gravest(self.blocks)


def validate_basic(info: SignerInfo, subject: Subject, context: Context) -> Basic:
    """EN 319 102-1 cl. 5.3.4: the numbers are those of the blocks in EN 319 102-1 cl. 5.2."""
    # 5.2.2 format checking
    attributes, format_block = check_format(info, subject)
    if attributes is None:
        return Basic((format_block,))
    # 5.2.3 identification of the signing certificate
    candidates, identification = identify_signing_certificate(info, attributes, context.certificates)
    # 5.2.4 validation context initialisation: the time was given, the signature policy is looked up
    initialisation = initialise_context(info, attributes, context)
    if not candidates:
        return Basic((format_block, identification, initialisation), attributes=attributes)
    # 5.2.7 cryptographic verification (before 5.2.6, because only it tells candidates of one name apart)
    certificate, cryptographic = verify_cryptography(info, attributes, candidates, subject, context)
    # 5.2.6 X.509 certificate validation
    path = context.path(certificate, usage=subject.usage)
    # 5.2.8 signature acceptance validation
    acceptance = accept_signature(info, attributes, certificate, policy=context.policy, at=context.at)
    blocks = (
        *(format_block, identification, initialisation, cryptographic),
        *(path_block(path, context), acceptance),
    )
    crypto = _crypto_word(format_block, cryptographic)
    return Basic(blocks, crypto, attributes, certificate, path, _scheme_name(info))


def _crypto_word(format_block: Block, cryptographic: Block) -> str:
    if cryptographic.indication is Indication.INDETERMINATE:
        return "not-checked"
    bad = Indication.FAILED in (format_block.indication, cryptographic.indication)
    return "invalid" if bad else "valid"


def _scheme_name(info: SignerInfo) -> str:
    try:
        return signature_scheme(info.signature_algorithm, digest(info.digest_algorithm)).name
    except EsignError:
        return info.signature_algorithm.oid


# --- 5.2.2 ---


def check_format(info: SignerInfo, subject: Subject) -> tuple[Attributes | None, Block]:
    """EN 319 102-1 cl. 5.2.2: the signed attributes are there, once each, and can be read."""
    try:
        said = NOTHING if info.signed is None else said_in(info.signed)
        attributes = Attributes(
            said.content_type,
            info.message_digest,
            info.signing_time,
            said.bound,
            said.protection,
            said.claims,
        )
        problems = tuple(_format_problems(info, attributes, subject))
    except EsignError as e:
        found = Finding.error("signature-malformed", clause=e.clause, where=e.where, reason=_why(e))
        return None, failed(SubIndication.FORMAT_FAILURE, found)
    if problems:
        return attributes, failed(SubIndication.FORMAT_FAILURE, *problems)
    if info.signed_attributes is None:
        warning = Finding.warning("signed-attributes-absent", clause="RFC 5652 §5.3")
        return attributes, Block(findings=(warning,))
    return attributes, PASSED


def _format_problems(info: SignerInfo, attributes: Attributes, subject: Subject) -> Iterator[Finding]:
    for oid in info.repeated_attributes:
        yield Finding.error("signed-attribute-repeated", clause="RFC 5652 §5.3", oid=oid)
    if info.signed_attributes is None:
        # RFC 5652 §5.3: signedAttrs MUST be present if the content type is not id-data.
        if subject.content_type not in (DATA, None):
            yield Finding.error(
                "signed-attributes-needed", clause="RFC 5652 §5.3", found=subject.content_type
            )
        if subject.content is not None and _poses_as_attributes(subject.content):
            yield Finding.error("content-poses-as-attributes", clause="RFC 5652 §5.4")
        return
    if attributes.content_type is None and subject.content_type is not None:
        yield Finding.error("content-type-missing", clause="RFC 5652 §11.1")
    if attributes.message_digest is None:
        yield Finding.error("message-digest-missing", clause="RFC 5652 §11.2")


def _poses_as_attributes(content: Content) -> bool:
    """Whether a content signed without attributes could be the signed attributes of another signature."""
    beginning = next(iter(content.chunks()), b"")
    if beginning[:1] != bytes((der.SET,)):
        return False
    whole = bytearray()
    for chunk in content.chunks():
        whole += chunk
        if len(whole) > _MAX_POSE:
            return False
    try:
        first = next(der.decode(bytes(whole)).children(), None)
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
    info: SignerInfo, attributes: Attributes, certificates: Iterable[Certificate]
) -> tuple[tuple[Certificate, ...], Block]:
    """EN 319 102-1 cl. 5.2.3: the certificates that are named and, where bound, bound."""
    is_named = info.sid.names
    named = [c for c in certificates if is_named(c)][:_MAX_NAMED]
    missing = SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    if not named:
        found = Finding.error("signing-certificate-not-found", clause="EN 319 102-1 cl. 5.2.3")
        return (), undecided(missing, found)
    bound = tuple([c for c in named if _are_bound(attributes.bound, c)])
    if not bound:
        found = Finding.error(
            "signing-certificate-mismatch", clause="EN 319 102-1 cl. 5.2.3", where=named[0].subject.shown
        )
        return (), undecided(missing, found)
    warnings = tuple(_binding_warnings(attributes, bound[0]))
    return bound[:_MAX_CANDIDATES], Block(findings=warnings) if warnings else PASSED


def _are_bound(references: tuple[SigningCertificate, ...], certificate: Certificate) -> bool:
    return all([_binds(reference, certificate) for reference in references])


def _binds(reference: SigningCertificate, certificate: Certificate) -> bool:
    try:
        by = digest(reference.first.digest_algorithm)
        slow = by.octets_per_check is not None and len(certificate.raw) > _MAX_SLOWLY_BOUND
        return not slow and reference.first.matches(certificate)
    except UnsupportedAlgorithm:
        return False


def _binding_warnings(attributes: Attributes, certificate: Certificate) -> Iterator[Finding]:
    if not attributes.bound:
        yield Finding.warning("signing-certificate-unbound", clause="EN 319 122-1 cl. 5.2.2")
    for reference in attributes.bound:
        if not reference.first.names(certificate):
            yield Finding.warning("signing-certificate-issuer-serial", clause="RFC 5035 §4")


# --- 5.2.4 ---


def initialise_context(info: SignerInfo, attributes: Attributes, context: Context) -> Block:
    """EN 319 102-1 cl. 5.2.4: the signature policy that the signer names can be had and is the one that was
    hashed.

    What it demands in words cannot be processed; that it is applied, the caller says by supplying it.
    """
    policy = attributes.claims.policy
    if policy is None or policy.implied:
        return PASSED
    document = context.signature_policies.get(policy.oid)
    if document is None:
        document = _stored_policy(info)
    if document is None:
        found = Finding.error("signature-policy-unavailable", clause="EN 319 102-1 cl. 5.2.4", oid=policy.oid)
        return undecided(SubIndication.SIGNATURE_POLICY_NOT_AVAILABLE, found)
    if policy.digest is None or policy.digest_algorithm is None:
        # EN 319 122-1 cl. 5.2.9.1: a hash of zero means that none is known.
        return PASSED
    try:
        same = secrets.compare_digest(digest(policy.digest_algorithm).of(document), policy.digest)
    except EsignError as e:
        found = Finding.error("signature-unverifiable", clause=e.clause, where=e.where, reason=_why(e))
        return undecided(SubIndication.POLICY_PROCESSING_ERROR, found)
    if same:
        return PASSED
    found = Finding.error("signature-policy-mismatch", clause="EN 319 122-1 cl. 5.2.9.1", oid=policy.oid)
    return undecided(SubIndication.POLICY_PROCESSING_ERROR, found)


def _stored_policy(info: SignerInfo) -> bytes | None:
    """The document in the attribute signature-policy-store (EN 319 122-1 cl. 5.2.10)."""
    for value in unsigned_values(info, POLICY_STORE):
        try:
            parts = bounded(der.decode(value), 2, "signature-policy-store")
            if len(parts) == 2 and parts[1].tag in (der.OCTET_STRING, der.OCTET_STRING | der.CONSTRUCTED):
                return parts[1].octets()
        except EsignError:
            continue
    return None


# --- 5.2.6 ---


def path_block(path: PathReport, context: Context | None = None) -> Block:
    """EN 319 102-1 cl. 5.2.6: what the verdict on a path means for a signature without proof of existence.

    | path | signature |
    |---|---|
    | FAILED, REVOKED: the signing certificate is on hold | INDETERMINATE, TRY_LATER |
    | FAILED, REVOKED: the signing certificate | INDETERMINATE, REVOKED_NO_POE |
    | FAILED, REVOKED: an authority | INDETERMINATE, REVOKED_CA_NO_POE |
    | FAILED, EXPIRED: not revoked while it was valid | INDETERMINATE, OUT_OF_BOUNDS_NOT_REVOKED |
    | FAILED, EXPIRED or NOT_YET_VALID | INDETERMINATE, OUT_OF_BOUNDS_NO_POE |
    | anything else but PASSED | INDETERMINATE, the same sub-indication |
    """
    if path.indication is Indication.PASSED:
        return Block(findings=path.findings) if path.findings else PASSED
    sub_indication = path.sub_indication
    if sub_indication is not None:
        sub_indication = _WITHOUT_PROOF.get(sub_indication, sub_indication)
    if sub_indication is SubIndication.REVOKED_NO_POE and path.revocation:
        signing = path.revocation[0]
        if signing.state is not RevocationState.REVOKED:
            sub_indication = SubIndication.REVOKED_CA_NO_POE
        elif signing.reason == "certificateHold":
            sub_indication = SubIndication.TRY_LATER
    if sub_indication is SubIndication.OUT_OF_BOUNDS_NO_POE and context and _only_expired(path, context):
        sub_indication = SubIndication.OUT_OF_BOUNDS_NOT_REVOKED
    return Block(Indication.INDETERMINATE, sub_indication, path.findings)


def _only_expired(path: PathReport, context: Context) -> bool:
    """Whether all that is wrong is the end of the signing certificate, which was good to the last."""
    if len(path.path) < 2:
        return False
    certificate, issuer = path.path[:2]
    errors = {(f.code, f.where) for f in path.findings if f.severity is Severity.ERROR}
    where = certificate.subject.shown
    if not errors <= {("certificate-expired", where), ("revocation-undetermined", where)}:
        return False
    if context.at <= certificate.not_after:
        return False
    found = last_standing(certificate, issuer, until=certificate.not_after, context=context)
    return found is not None and found.status.state is RevocationState.GOOD


# --- 5.2.7 ---


def verify_cryptography(
    info: SignerInfo,
    attributes: Attributes,
    candidates: tuple[Certificate, ...],
    subject: Subject,
    context: Context,
) -> tuple[Certificate, Block]:
    """EN 319 102-1 cl. 5.2.7: the content has the signed digest, and the signature holds.

    Of several certificates that could be meant, the first under which it holds is taken.
    """
    first = candidates[0]
    content = subject.content
    if content is None:
        found = Finding.error("signed-data-not-found", clause="EN 319 102-1 cl. 5.2.7")
        return first, undecided(SubIndication.SIGNED_DATA_NOT_FOUND, found)
    if subject.differs:
        return first, _hash_failure("content-differs")
    try:
        expected = digest(info.digest_algorithm)
        scheme = signature_scheme(info.signature_algorithm, expected)
    except EsignError as e:
        return first, _unverifiable(e)
    if expected.octets_per_check is not None and not context.policy.accepts_digest(expected.name, context.at):
        # A digest that is slow to compute is not computed for a signature that could not pass.
        return first, _not_acceptable(expected.name)
    if attributes.message_digest is not None:
        if not secrets.compare_digest(content.digest(expected), attributes.message_digest):
            return first, _hash_failure("message-digest-mismatch")
    problems = tuple(_contradictions(info, attributes, scheme, expected, subject))
    if problems:
        return first, failed(SubIndication.SIG_CRYPTO_FAILURE, *problems)
    try:
        message = content.octets(_MAX_DIRECT) if info.signed_attributes is None else info.signed_message()
    except EsignError as e:
        return first, _unverifiable(e)
    return _first_that_holds(info, candidates, scheme, message)


_MAX_DIRECT: Final = 1 << 28


def _first_that_holds(
    info: SignerInfo, candidates: tuple[Certificate, ...], scheme: SignatureScheme, message: bytes
) -> tuple[Certificate, Block]:
    for certificate in candidates:
        try:
            key = certificate.public_key
        except UnsupportedAlgorithm as e:
            return certificate, _unverifiable(e)
        if scheme.is_valid(key, info.signature, message):
            return certificate, PASSED
        if lacks_null(scheme, key, info.signature, message):
            return certificate, Block(findings=(Finding.warning("digest-info-null", clause="RFC 8017 §9.2"),))
    found = Finding.error(
        "signature-invalid", clause="EN 319 102-1 cl. 5.2.7", where=candidates[0].subject.shown
    )
    return candidates[0], failed(SubIndication.SIG_CRYPTO_FAILURE, found)


def _contradictions(
    info: SignerInfo, attributes: Attributes, scheme: SignatureScheme, by: Digest, subject: Subject
) -> Iterator[Finding]:
    if scheme.digest is not None and scheme.digest is not by:
        yield Finding.error(
            "digest-algorithm-contradicts",
            clause="RFC 5652 §5.3",
            digest=info.digest_algorithm.oid,
            signature=scheme.name,
        )
    if info.signed_attributes is None:
        return
    if subject.content_type is not None and attributes.content_type not in (None, subject.content_type):
        yield Finding.error(
            "content-type-mismatch",
            clause="RFC 5652 §11.1",
            found=attributes.content_type,
            wanted=subject.content_type,
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
    return failed(SubIndication.HASH_FAILURE, Finding.error(code, clause="EN 319 102-1 cl. 5.2.7"))


def _unverifiable(error: EsignError) -> Block:
    found = Finding.error(
        "signature-unverifiable", clause="EN 319 102-1 cl. 5.2.7", where=error.where, reason=_why(error)
    )
    return undecided(SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE, found)


def _not_acceptable(*algorithms: str) -> Block:
    findings = (
        Finding.error("algorithm-not-acceptable", clause="EN 319 102-1 cl. 5.2.8", algorithm=algorithm)
        for algorithm in algorithms
    )
    return undecided(SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE, *findings)


# --- 5.2.8 ---


def accept_signature(
    info: SignerInfo, attributes: Attributes, certificate: Certificate, *, policy: Policy, at: datetime
) -> Block:
    """EN 319 102-1 cl. 5.2.8: the policy accepts the algorithms and the key at `at`, and what is claimed."""
    findings: list[Finding] = []
    try:
        by = digest(info.digest_algorithm)
        scheme = signature_scheme(info.signature_algorithm, by)
        objection = policy.objection(scheme, certificate.public_key, at)
    except EsignError as e:
        return _unverifiable(e)
    # Without objection to a scheme there is none to its digest.
    refused = [objection] if objection else []
    if (objection or scheme.digest is not by) and not policy.accepts_digest(by.name, at):
        refused.append(by.name)
    if refused:
        return _not_acceptable(*dict.fromkeys(refused))
    if len(attributes.bound) == 1 and attributes.bound[0].version == 1:
        findings.append(Finding.warning("signing-certificate-sha1", clause="RFC 5035 §5"))
    if (
        attributes.signing_time is None
        and policy.level_of("signing-time-missing") is not ConstraintLevel.IGNORE
    ):
        findings.append(Finding.warning("signing-time-missing", clause="EN 319 122-1 cl. 5.2.1"))
    return Block(findings=tuple(findings)) if findings else PASSED


def accept_digest(by: Digest, *, policy: Policy, at: datetime) -> Block:
    """EN 319 102-1 cl. 5.2.8: the policy accepts a digest at `at`."""
    return PASSED if policy.accepts_digest(by.name, at) else _not_acceptable(by.name)
