"""Signatures of letters: whether they hold, and whether their signer may sign for the sender."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import esign
from esign import Finding, Indication, Report, SignatureReport, SubIndication, smime
from exat.address import Address
from exat.directory import Directory, material_of, trust_of
from exat.message import Message
from exat.policy.decision import DEFERRING
from exat.records import Agency


@dataclass(frozen=True, slots=True)
class Times:
    """When a letter is judged, and when it arrived at this node, if that is proved by the node's evidence."""

    at: datetime
    received_at: datetime | None = None


def judge_signature(layer: smime.Layer, agency: Agency, *, at: datetime) -> Report:
    """The verdict on a signature layer under the anchors of `agency`, with its certificates and lists."""
    return esign.verify(
        layer.cms, document=layer.document, trust=trust_of(agency), at=at, material=material_of(agency)
    )


def judge_layer(
    layer: smime.Layer, agency: Agency, times: Times, *, where: str
) -> tuple[Report, list[Finding]]:
    """The verdict on a signature layer, and what stands against it.

    A revocation that came after the letter had arrived does not undo it: the node's own evidence proves that
    the signature existed before (EN 319 102-1 cl. 5.6.2.4).
    """
    report = judge_signature(layer, agency, at=times.at)
    found = list(verdicts(report, agency, where=where))
    if found and times.received_at is not None and _stood(layer, report, agency, times.received_at):
        signers = ", ".join(signer_name(signature) for signature in report.signatures)
        return report, [Finding.warning("signer-revoked-later", where=where, signer=signers)]
    return report, found


def _stood(layer: smime.Layer, report: Report, agency: Agency, received_at: datetime) -> bool:
    """A later revocation alone stands against the signatures, and nothing stood when they arrived.

    A list that is younger than the arrival says nothing about that time by itself: the later revocation does.
    """
    failed = [s for s in report.signatures if s.indication is not Indication.TOTAL_PASSED]
    if not failed or not all(_revoked_after(signature, received_at) for signature in failed):
        return False
    then = judge_signature(layer, agency, at=received_at).signatures
    return bool(then) and all(
        s.indication is Indication.TOTAL_PASSED or (s.crypto == "valid" and s.sub_indication in _UNDETERMINED)
        for s in then
    )


def _revoked_after(signature: SignatureReport, moment: datetime) -> bool:
    if signature.crypto != "valid" or signature.path is None or _code(signature) != "signer-revoked":
        return False
    revoked = [status.revoked_at for status in signature.path.revocation if status.state.value == "revoked"]
    return bool(revoked) and all(at is not None and at > moment for at in revoked)


def judge_outer_signatures(
    layers: smime.Layers, message: Message, agency: Agency, directory: Directory, times: Times, *, seal: bool
) -> Iterator[Finding]:
    """Every outer signature holds and is of one who may sign for From; with `seal` the agency's seal may."""
    for layer in layers.signatures:
        report, found = judge_layer(layer, agency, times, where="outer signature")
        yield from found
        for signature in report.signatures:
            sealed = (
                seal and signature.certificate is not None and signature.certificate.raw == agency.seal.raw
            )
            if not sealed:
                yield from _authorised(signature, message.sender, directory)


def _authorised(signature: SignatureReport, sender: Address, directory: Directory) -> Iterator[Finding]:
    certificate = signature.certificate
    if certificate is not None and directory.signer(certificate, sender) is not None:
        return
    own = directory.signs_for(certificate) if certificate is not None else ()
    if not own:
        yield unauthorised(signature, sender)
        return
    yield Finding.error(
        "from-signer-mismatch",
        where="outer signature",
        signer=signer_name(signature),
        mailbox=sender,
        own=own[0].address,
    )


def unauthorised(signature: SignatureReport, sender: Address) -> Finding:
    """The finding that the signer may not sign for `sender`."""
    signer = signer_name(signature)
    return Finding.error("signer-not-authorised", where="outer signature", signer=signer, mailbox=sender)


_REVOKED: Final = frozenset(
    {SubIndication.REVOKED, SubIndication.REVOKED_NO_POE, SubIndication.REVOKED_CA_NO_POE}
)
_UNDETERMINED: Final = frozenset({SubIndication.TRY_LATER, SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE})
_CODES: Final = {
    **dict.fromkeys(_REVOKED, "signer-revoked"),
    **dict.fromkeys(_UNDETERMINED, DEFERRING),
    SubIndication.FORMAT_FAILURE: "signature-invalid",
    SubIndication.HASH_FAILURE: "signature-invalid",
    SubIndication.SIG_CRYPTO_FAILURE: "signature-invalid",
    SubIndication.SIGNED_DATA_NOT_FOUND: "signature-invalid",
    SubIndication.SIG_CONSTRAINTS_FAILURE: "signature-invalid",
    SubIndication.EXPIRED: "signer-expired",
    SubIndication.NOT_YET_VALID: "signer-expired",
    SubIndication.OUT_OF_BOUNDS_NO_POE: "signer-expired",
    SubIndication.OUT_OF_BOUNDS_NOT_REVOKED: "signer-expired",
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE: "algorithm-not-allowed",
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: "algorithm-not-allowed",
}


def verdicts(report: Report, agency: Agency, *, where: str) -> Iterator[Finding]:
    """One finding for each signature that is not TOTAL-PASSED; a layer without any is no signature."""
    if not report.signatures:
        yield Finding.error("signature-invalid", clause="RFC 5652 §5.6", where=where)
    for signature in report.signatures:
        if signature.indication is Indication.TOTAL_PASSED:
            if any(finding.code == "signed-attributes-absent" for finding in signature.findings):
                # Over the bare content it could have been made for something that is no letter.
                signer = signer_name(signature)
                yield Finding.error(
                    "signature-without-attributes", clause="RFC 5652 §11", where=where, signer=signer
                )
            continue
        code = _code(signature)
        clause = "EN 319 102-1 cl. 5.1.3"
        yield Finding.error(
            code,
            clause=clause,
            where=where,
            signer=signer_name(signature),
            agency=agency.name,
            algorithm=_algorithm(signature),
        )


def _code(signature: SignatureReport) -> str:
    if signature.crypto == "invalid" or signature.sub_indication is None:
        return "signature-invalid"
    otherwise = "signature-invalid" if signature.indication is Indication.TOTAL_FAILED else "signer-untrusted"
    return _CODES.get(signature.sub_indication, otherwise)


def _algorithm(signature: SignatureReport) -> str:
    said = (dict(finding.values).get("algorithm") for finding in signature.findings)
    return next((name for name in said if name), "?")


def signer_name(signature: SignatureReport) -> str:
    """The signer's name as the certificate says; `?` without a certificate."""
    return signature.signer.name if signature.signer is not None else "?"
