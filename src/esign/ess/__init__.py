"""Enhanced security services: receipts, security labels, histories of mail lists (RFC 2634).

Works on CMS objects, without MIME: `esign.smime` puts what is made here into messages. Everything read here
stands in signed attributes and counts only when the signature over it holds.

    request = request_receipt(to=(Party.of("chancery@adliya.uz"),))
    made = make_receipt(original, recipient, at=at)
    verify_receipt(made.octets, original, trust=trust, at=at).require_passed()
"""

from esign.ess.answering import (
    ReceiptReport,
    SignedReceipt,
    make_receipt,
    proved_signers,
    verify_receipt,
)
from esign.ess.labels import (
    CLASSIFICATIONS,
    EQUIVALENT_LABELS,
    SECURITY_LABEL,
    SecurityCategory,
    SecurityLabel,
    equivalent_labels,
    label_to_process,
    read_equivalent_labels,
)
from esign.ess.lists import (
    EXPANSION_HISTORY,
    Expansion,
    ExpansionHistory,
    ExpansionLoop,
    ReceiptPolicy,
    ReceiptRule,
    expanded,
    joined,
)
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
    request_receipt,
)
from esign.ess.references import reference_to, refers_to
from esign.ess.services import (
    ENCRYPTION_KEY_PREFERENCE,
    Agreed,
    Services,
    agreed,
    capabilities_attribute,
    compare_labels,
    encryption_key_preference,
)

__all__ = [
    "CLASSIFICATIONS",
    "ENCRYPTION_KEY_PREFERENCE",
    "EQUIVALENT_LABELS",
    "EXPANSION_HISTORY",
    "MESSAGE_SIGNATURE_DIGEST",
    "RECEIPT",
    "RECEIPT_REQUEST",
    "SECURITY_LABEL",
    "Agreed",
    "Expansion",
    "ExpansionHistory",
    "ExpansionLoop",
    "Party",
    "Receipt",
    "ReceiptPolicy",
    "ReceiptRefused",
    "ReceiptReport",
    "ReceiptRequest",
    "ReceiptRule",
    "ReceiptsFrom",
    "SecurityCategory",
    "SecurityLabel",
    "Services",
    "SignedReceipt",
    "agreed",
    "capabilities_attribute",
    "compare_labels",
    "encryption_key_preference",
    "equivalent_labels",
    "expanded",
    "is_asked",
    "joined",
    "label_to_process",
    "make_receipt",
    "proved_signers",
    "read_equivalent_labels",
    "recipients_of_receipt",
    "reference_to",
    "refers_to",
    "request_receipt",
    "verify_receipt",
]
