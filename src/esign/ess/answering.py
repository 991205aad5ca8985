"""Receipts made and judged: proof that a recipient got exactly what was signed (RFC 2634 §2.4 to §2.6).

A receipt is SignedData over a Receipt, with the digest of the original's signed attributes under the
recipient's signature. It proves receipt by whoever signed it, at no time: the time in it is claimed.

    made = make_receipt(original, recipient, at=at)
    verify_receipt(made.octets, original, trust=trust, at=at).indication
"""

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NoReturn

from esign import der, signing
from esign.algorithms import digest
from esign.attributes import Attribute
from esign.cms import SignedData, SignerInfo, read_pem_or_der
from esign.content import Content
from esign.errors import EsignError, NotPassed
from esign.ess.lists import EXPANSION_HISTORY, ExpansionHistory
from esign.ess.parties import Party
from esign.ess.receipts import (
    MESSAGE_SIGNATURE_DIGEST,
    RECEIPT,
    RECEIPT_REQUEST,
    Receipt,
    ReceiptRefused,
    ReceiptRequest,
    ReceiptsFrom,
    is_asked,
    recipients_of_receipt,
)
from esign.ess.services import Services, agreed
from esign.findings import Finding, Indication, Severity, SubIndication
from esign.keys import Signer
from esign.language import text
from esign.material import Material
from esign.validation.policy import Policy
from esign.validation.report import Report, SignatureReport
from esign.validation.signature import verify
from esign.x509 import Certificate, Trust

SCHEMA: Final = "exat.receipt/1"
_VALID: Final = "valid"
_SAID: Final = {
    Indication.TOTAL_PASSED: "receipt-confirms",
    Indication.INDETERMINATE: "receipt-undetermined",
    Indication.TOTAL_FAILED: "receipt-confirms-nothing",
}


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """A receipt: `octets` is a ContentInfo, DER; `to` are the parties that it is to be sent to."""

    octets: bytes = field(repr=False)
    to: tuple[Party, ...]


@dataclass(frozen=True, slots=True)
class ReceiptReport:
    """The verdict on a receipt against the message that asked for it.

    `report` is the verdict on the receipt's own signature, None when the receipt cannot be read;
    `indication` is TOTAL-PASSED only when that is and the receipt is about this very message.
    """

    indication: Indication
    sub_indication: SubIndication | None
    at: datetime
    report: Report | None = None
    receipt: Receipt | None = None
    request: ReceiptRequest | None = None
    findings: tuple[Finding, ...] = ()

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a ReceiptReport has no truth value: it may be INDETERMINATE; use require_passed() or .indication"
        )

    @property
    def recipient(self) -> Certificate | None:
        """The certificate of who signed the receipt, None when it was not found."""
        return None if self._signature is None else self._signature.certificate

    @property
    def received_at(self) -> datetime | None:
        """When the recipient claims to have signed the receipt."""
        return None if self._signature is None else self._signature.signing_time

    @property
    def _signature(self) -> SignatureReport | None:
        """A receipt has one signer; where there are more, all must pass and the first is named."""
        signatures = () if self.report is None else self.report.signatures
        return signatures[0] if signatures else None

    def require_passed(self) -> None:
        """Do nothing when the indication is TOTAL-PASSED.

        Raises:
            NotPassed: `not-passed` otherwise.
        """
        if self.indication is not Indication.TOTAL_PASSED:
            sub = "" if self.sub_indication is None else self.sub_indication.value
            raise NotPassed(indication=self.indication.value, sub_indication=sub)

    def explain(self, language: str = "en") -> str:
        """The verdict in words, several lines, in `language` (`en`, `ru`, `uz`, `uz-Cyrl`)."""
        name = "?" if self.recipient is None else self.recipient.subject.shown
        first = text(_SAID[self.indication], language, {"subject": name})
        found = (finding.explain(language) for finding in self.findings)
        signature = () if self.report is None else (self.report.explain(language),)
        return "\n".join((first, *found, *signature))

    def to_dict(self) -> dict[str, Any]:
        """For JSON, schema `exat.receipt/1`."""
        return {
            "schema": SCHEMA,
            "indication": self.indication.value,
            "sub_indication": None if self.sub_indication is None else self.sub_indication.value,
            "at": self.at.isoformat(),
            "received_at": None if self.received_at is None else self.received_at.isoformat(),
            "request": None if self.request is None else self.request.to_dict(),
            "signature": None if self.report is None else self.report.to_dict(),
            "findings": [finding.to_dict() for finding in self.findings],
        }


def make_receipt(
    original: bytes,
    signer: Signer,
    *,
    at: datetime,
    document: bytes | None = None,
    history: ExpansionHistory | None = None,
    mailboxes: Iterable[str] = (),
) -> SignedReceipt:
    """A receipt by `signer` for the SignedData `original` (DER, BER or PEM), claimed to be made at `at`.

    `document` is the content of a detached original; `history` that of the outer signature, verified;
    `mailboxes` are the recipient's besides those in the certificate. The original's signature is checked here
    with its own certificate (RFC 2634 §2.4 step 1); whether that certificate is to be trusted is asked by
    validating the message first.

    Raises:
        ReceiptRefused: `receipt-not-requested`, `receipt-request-unproved`, `receipt-requests-differ`,
            `receipt-of-receipt`, and those of `recipients_of_receipt`.
        MalformedInput: the codes of `SignedData.read` and `Services.read`.
    """
    signed = SignedData.read(read_pem_or_der(original))
    if signed.content_type == RECEIPT:
        raise ReceiptRefused("receipt-of-receipt", clause="RFC 2634 §2.2", where="eContentType")
    info, request = _requested(signed, document, at)
    recipient = Certificate.load(signer.certificate)
    to = recipients_of_receipt(request, recipient=recipient, history=history, mailboxes=mailboxes)
    said = _expected(info, request).encode()
    proof = Attribute(MESSAGE_SIGNATURE_DIGEST, (der.octet_string(_message_signature_digest(info)),))
    made = signing.sign(said, signer, at=at, content_type=RECEIPT, attributes=(proof,))
    return SignedReceipt(made, to)


def _requested(signed: SignedData, document: bytes | None, at: datetime) -> tuple[SignerInfo, ReceiptRequest]:
    """The first signer whose signature holds and who asks; all who do must ask alike (RFC 2634 §2.3)."""
    asking = tuple(info for info in signed.signer_infos if info.attribute(RECEIPT_REQUEST) is not None)
    if not asking:
        raise ReceiptRefused(clause="RFC 2634 §2.3", where="receiptRequest")
    proved = tuple(info for info in proved_signers(signed, document, at) if info in asking)
    if not proved:
        raise ReceiptRefused("receipt-request-unproved", clause="RFC 2634 §2.4", where="receiptRequest")
    request = agreed(proved).services.receipt_request
    if request is None:
        raise ReceiptRefused("receipt-requests-differ", clause="RFC 2634 §2.3", where="receiptRequest")
    return proved[0], request


def proved_signers(
    signed: SignedData, document: bytes | Content | None, at: datetime
) -> tuple[SignerInfo, ...]:
    """The signers whose signatures hold over the content, whoever they are: whose attributes may be read."""
    report = verify(signed, document=document, trust=Trust.empty(), at=at)
    judged = zip(signed.signer_infos, report.signatures, strict=False)
    return tuple(info for info, found in judged if found.crypto == _VALID)


def _expected(info: SignerInfo, request: ReceiptRequest) -> Receipt:
    """The Receipt about this signature (RFC 2634 §2.4 step 2)."""
    return Receipt(info.content_type or "", request.identifier, info.signature)


def _message_signature_digest(info: SignerInfo) -> bytes:
    """The digest of the signed attributes, as the original signature was verified with (RFC 2634 §2.10)."""
    return digest(info.digest_algorithm).of(info.signed_message())


def verify_receipt(
    receipt: bytes,
    original: bytes,
    *,
    trust: Trust,
    at: datetime,
    document: bytes | Content | None = None,
    material: Material | None = None,
    policy: Policy | None = None,
) -> ReceiptReport:
    """The verdict on `receipt` about the SignedData `original` at `at` (RFC 2634 §2.6); raises on no input.

    Both are DER, BER or PEM; `document` is the content of a detached original. Errors among the findings:
    `receipt-malformed`, `receipt-of-other-message`, `receipt-original-unproved`, `receipt-not-requested`,
    `receipt-digest-missing`, `receipt-digest-differs`, `receipt-content-differs`, `receipt-asks-receipt`,
    `receipt-with-history`. Warning: `receipt-signer-not-asked`. The signature itself is judged as every other
    one is, against `trust`.
    """
    try:
        # 1. and 2.
        signed = SignedData.read(read_pem_or_der(receipt))
        said = Receipt.read(signed.content or b"")
        asked = SignedData.read(read_pem_or_der(original))
    except EsignError as e:
        unreadable = Finding.error(
            "receipt-malformed", clause="RFC 2634 §2.8", where=e.where, found=e.message
        )
        return ReceiptReport(
            Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE, at, findings=(unreadable,)
        )
    # 7. and 8.
    report = verify(signed, trust=trust, at=at, material=material, policy=policy)
    request: ReceiptRequest | None = None
    findings: list[Finding] = []
    try:
        info = _answered(said, asked)
        request = None if info is None else Services.read(info).receipt_request
        findings += _judged(signed, said, asked, info, request, document=document, at=at)
        findings += _not_asked(report, request)
    except EsignError as e:
        findings.append(
            Finding.error("receipt-malformed", clause="RFC 2634 §2.6", where=e.where, found=e.message)
        )
    return _verdict(report, said, request, tuple(findings))


def _answered(said: Receipt, asked: SignedData) -> SignerInfo | None:
    """The signature of the original that the receipt is about."""
    same = hmac.compare_digest
    return next((one for one in asked.signer_infos if same(one.signature, said.originator_signature)), None)


def _judged(
    signed: SignedData,
    said: Receipt,
    asked: SignedData,
    info: SignerInfo | None,
    request: ReceiptRequest | None,
    *,
    document: bytes | Content | None,
    at: datetime,
) -> Iterator[Finding]:
    if signed.content_type != RECEIPT:
        yield Finding.error(
            "receipt-malformed", clause="RFC 2634 §2.6", where="eContentType", found=signed.content_type
        )
    if info is None:
        yield Finding.error("receipt-of-other-message", clause="RFC 2634 §2.6", where="Receipt")
        return
    if request is None:
        yield Finding.error("receipt-not-requested", clause="RFC 2634 §2.3", where="receiptRequest")
        return
    # 3.2 The digest is made of the original's attributes, which speak of its content only when they hold.
    if info not in proved_signers(asked, document, at):
        yield Finding.error("receipt-original-unproved", clause="RFC 2634 §2.6", where="original")
    wanted, expected = _message_signature_digest(info), _expected(info, request)
    for number, one in enumerate(signed.signer_infos):
        yield from _signer_judged(one, wanted, f"SignerInfo[{number}]")
    # 5. and 6. The Receipt that the sender would have written must be the one that was signed.
    if said != expected or signed.content != expected.encode():
        yield Finding.error("receipt-content-differs", clause="RFC 2634 §2.6", where="Receipt")


def _signer_judged(one: SignerInfo, wanted: bytes, where: str) -> Iterator[Finding]:
    # 4. What was received is what was sent.
    value = one.signed_value(MESSAGE_SIGNATURE_DIGEST, der.OCTET_STRING)
    if value is None:
        yield Finding.error("receipt-digest-missing", clause="RFC 2634 §2.4", where=where)
    elif not hmac.compare_digest(value.content, wanted):
        yield Finding.error("receipt-digest-differs", clause="RFC 2634 §2.6", where=where)
    if one.attribute(RECEIPT_REQUEST) is not None:
        yield Finding.error("receipt-asks-receipt", clause="RFC 2634 §2.2", where=where)
    if one.attribute(EXPANSION_HISTORY) is not None:
        yield Finding.error("receipt-with-history", clause="RFC 2634 §2.4.1", where=where)


def _not_asked(report: Report, request: ReceiptRequest | None) -> Iterator[Finding]:
    """A warning when the signer is none of those asked by name: the receipt proves receipt all the same."""
    if request is None or request.receipts_from is not ReceiptsFrom.LISTED:
        return
    for found in report.signatures:
        if found.certificate is not None and not is_asked(request, found.certificate):
            name = found.certificate.subject.shown
            yield Finding.warning(
                "receipt-signer-not-asked", clause="RFC 2634 §2.3", where="receiptList", subject=name
            )


def _verdict(
    report: Report, said: Receipt, request: ReceiptRequest | None, findings: tuple[Finding, ...]
) -> ReceiptReport:
    errors = [finding.code for finding in findings if finding.severity is Severity.ERROR]
    if not errors:
        return ReceiptReport(
            report.indication, report.sub_indication, report.at, report, said, request, findings
        )
    sub = SubIndication.FORMAT_FAILURE if "receipt-malformed" in errors else SubIndication.HASH_FAILURE
    return ReceiptReport(Indication.TOTAL_FAILED, sub, report.at, report, said, request, findings)
