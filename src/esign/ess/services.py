"""The enhanced services that the signers of one message ask for or state, read together (RFC 2634).

Only attributes under signatures that hold are to be read: give the SignerInfos that were verified, never all
that stand there. What several signers say must agree; where they do not, nothing of that kind counts.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeVar

from esign import der
from esign.attributes import Attribute
from esign.capabilities import SMIME_CAPABILITIES, Capabilities
from esign.cms import CertificateId, SignerInfo, issuer_and_serial
from esign.der import TLV, Fields
from esign.ess.labels import EQUIVALENT_LABELS, SECURITY_LABEL, SecurityLabel, read_equivalent_labels
from esign.ess.lists import EXPANSION_HISTORY, ExpansionHistory
from esign.ess.receipts import RECEIPT_REQUEST, ReceiptRequest
from esign.findings import Finding
from esign.x509 import Certificate

ENCRYPTION_KEY_PREFERENCE: Final = "1.2.840.113549.1.9.16.2.11"
_ISSUER_AND_SERIAL: Final = der.context(0)
_RECIPIENT_KEY: Final = der.context(1)
_KEY_IDENTIFIER: Final = der.context(2, constructed=False)

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Services:
    """What one signer says under the signature: None and empty for what is absent.

    `preferred_key` names the certificate that the signer wants to be written to with (RFC 8551 §2.5.3).
    """

    receipt_request: ReceiptRequest | None = None
    label: SecurityLabel | None = None
    equivalent_labels: tuple[SecurityLabel, ...] = ()
    history: ExpansionHistory | None = None
    capabilities: Capabilities | None = None
    preferred_key: CertificateId | None = None

    @classmethod
    def read(cls, info: SignerInfo) -> Self:
        """From the signed attributes of `info`.

        Raises:
            MalformedInput: `malformed-input`, `attribute-repeated`, `attribute-values`, `limit-exceeded`.
        """
        return cls(
            _read(info, RECEIPT_REQUEST, der.SEQUENCE, ReceiptRequest.read),
            _read(info, SECURITY_LABEL, der.SET, SecurityLabel.read),
            _read(info, EQUIVALENT_LABELS, der.SEQUENCE, read_equivalent_labels) or (),
            _read(info, EXPANSION_HISTORY, der.SEQUENCE, ExpansionHistory.read),
            _read(info, SMIME_CAPABILITIES, der.SEQUENCE, Capabilities.read),
            _preferred_key(info),
        )

    def to_dict(self) -> dict[str, object]:
        """For JSON: what is said, without what is absent."""
        request, label, history = self.receipt_request, self.label, self.history
        said: dict[str, object] = {
            "receipt_request": None if request is None else request.to_dict(),
            "label": None if label is None else label.to_dict(),
            "equivalent_labels": [label.to_dict() for label in self.equivalent_labels],
            "mail_lists": [] if history is None else [one.at.isoformat() for one in history.expansions],
            "ciphers": [] if self.capabilities is None else [c.name for c in self.capabilities.ciphers],
        }
        return {name: value for name, value in said.items() if value}


def _read(info: SignerInfo, oid: str, tag: int, reader: Callable[[TLV], _Value]) -> _Value | None:
    value = info.signed_value(oid, tag)
    return None if value is None else reader(value)


def _preferred_key(info: SignerInfo) -> CertificateId | None:
    """SMIMEEncryptionKeyPreference (RFC 8551 §2.5.3)."""
    where = "SMIMEEncryptionKeyPreference"
    value = info.signed_value(ENCRYPTION_KEY_PREFERENCE, _ISSUER_AND_SERIAL, _RECIPIENT_KEY, _KEY_IDENTIFIER)
    if value is None:
        return None
    if value.tag == _KEY_IDENTIFIER:
        return CertificateId(subject_key_identifier=value.content)
    if value.tag == _ISSUER_AND_SERIAL:
        element = der.decode(der.tlv(der.SEQUENCE, value.content), where=where)
        return CertificateId.read_issuer_and_serial(element, where)
    fields = Fields(value.children(), where)
    return CertificateId(subject_key_identifier=fields.take(der.OCTET_STRING).content)


def encryption_key_preference(certificate: Certificate) -> Attribute:
    """The signed attribute that asks to be written to with `certificate` (RFC 8551 §2.5.3)."""
    named = der.implicit(0, issuer_and_serial(certificate))
    return Attribute(ENCRYPTION_KEY_PREFERENCE, (named,))


def capabilities_attribute(capabilities: Capabilities) -> Attribute:
    """The signed attribute SMIMECapabilities (RFC 8551 §2.5.2)."""
    return Attribute(SMIME_CAPABILITIES, (capabilities.encode(),))


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the signers of one SignedData say together, with findings where they do not agree."""

    services: Services
    findings: tuple[Finding, ...] = ()


def agreed(verified: Iterable[SignerInfo]) -> Agreed:
    """The services of one SignedData, from its signers whose signatures were `verified`.

    Findings, all errors: `receipt-requests-differ` (RFC 2634 §2.3: no receipt may be sent),
    `security-label-missing` and `security-labels-differ` (RFC 2634 §3.1.2: the user is to be warned),
    `expansion-histories-differ` (RFC 2634 §4.1: processing stops).

    Raises:
        MalformedInput: as `Services.read`.
    """
    said = tuple(map(Services.read, verified))
    if not said:
        return Agreed(Services())
    findings = tuple(_disagreements(said))
    codes = {finding.code for finding in findings}
    first = said[0]
    return Agreed(
        Services(
            None if "receipt-requests-differ" in codes else _first(one.receipt_request for one in said),
            None if "security-labels-differ" in codes else _first(one.label for one in said),
            first.equivalent_labels,
            None if "expansion-histories-differ" in codes else _first(one.history for one in said),
            first.capabilities,
            first.preferred_key,
        ),
        findings,
    )


def _disagreements(said: Sequence[Services]) -> Iterator[Finding]:
    if len({one.receipt_request.raw for one in said if one.receipt_request}) > 1:
        yield Finding.error("receipt-requests-differ", clause="RFC 2634 §2.3", where="receiptRequest")
    labels = {one.label for one in said}
    if len(labels - {None}) > 1:
        yield Finding.error("security-labels-differ", clause="RFC 2634 §3.1.2", where="eSSSecurityLabel")
    elif len(labels) > 1:
        yield Finding.error("security-label-missing", clause="RFC 2634 §3.1.1", where="eSSSecurityLabel")
    if len({one.history for one in said if one.history}) > 1:
        yield Finding.error("expansion-histories-differ", clause="RFC 2634 §4.1", where="mlExpansionHistory")


def _first(values: Iterable[_Value | None]) -> _Value | None:
    return next((value for value in values if value is not None), None)


def compare_labels(inner: SecurityLabel | None, outer: SecurityLabel | None) -> tuple[Finding, ...]:
    """What the labels of two layers say of each other (RFC 2634 §3.1.1).

    The inner one speaks of the content, the outer one of the encrypted message, so they may differ; where
    they stand under one policy and are not the same, `security-label-layers-differ` (a warning) says so.
    """
    if inner is None or outer is None or inner == outer or inner.policy != outer.policy:
        return ()
    return (
        Finding.warning(
            "security-label-layers-differ",
            clause="RFC 2634 §3.1.1",
            where="eSSSecurityLabel",
            found=outer.classification_name,
            wanted=inner.classification_name,
        ),
    )
