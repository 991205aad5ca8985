"""Receipts as messages: a letter answered with a signed receipt, and the receipt judged against the letter
(RFC 2634 §2), and certificates that travel alone (RFC 8551 §3.8).

A receipt answers the innermost signature; a mail list's wish stands in an outer one. Both are proved before
they are read. Who signed the letter, and whether that is its sender, is asked by judging the letter first.

    answer = make_receipt(letter, officer, keys=[mailbox_key], at=at)
    verify_receipt(answer.entity, letter, keys=[own_key], trust=trust, at=at).require_passed()
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from esign import cades, cms, ess
from esign.cades import Claims, ContentHints
from esign.errors import MalformedInput
from esign.ess import Agreed, ExpansionHistory, Party, ReceiptReport
from esign.keys import Decryptor, Signer
from esign.material import Material
from esign.mime import Entity
from esign.smime import layers
from esign.smime.layers import CERTIFICATES_ONLY, CMS_TYPES, SIGNED_RECEIPT, Layer, Opened
from esign.smime.making import cms_entity, encrypt, sign
from esign.validation.policy import Policy
from esign.x509 import Certificate, Trust


@dataclass(frozen=True, slots=True)
class ReceiptEntity:
    """A receipt as MIME entity (application/pkcs7-mime; smime-type=signed-receipt), and whom it is for."""

    entity: bytes = field(repr=False)
    to: tuple[Party, ...]


@dataclass(frozen=True, slots=True)
class CertificatesOnly:
    """What an entity of certificates alone carries: DER, unparsed, vouched for by nobody."""

    certificates: tuple[bytes, ...] = field(repr=False)
    crls: tuple[bytes, ...] = field(repr=False)


def make_receipt(
    message: bytes,
    signer: Signer,
    *,
    at: datetime,
    keys: Sequence[Decryptor] = (),
    mailboxes: Iterable[str] = (),
) -> ReceiptEntity:
    """The receipt of `signer` for `message`, whose envelope one of `keys` opens, claimed to be made at `at`.

    `mailboxes` are the recipient's besides those in the certificate.

    Raises:
        ReceiptRefused: the codes of `ess.make_receipt`.
        MalformedInput: the codes of `open`; `expansion-histories-differ`.
        DecryptionFailed: as `open`.
    """
    opened = layers.open(message, keys)
    asked = _innermost(opened)
    made = ess.make_receipt(
        asked.cms,
        signer,
        at=at,
        document=asked.document,
        history=_history(opened, at),
        mailboxes=mailboxes,
    )
    return ReceiptEntity(cms_entity(made.octets, SIGNED_RECEIPT), made.to)


def _innermost(opened: Opened) -> Layer:
    if opened.author_signature is None:
        raise ess.ReceiptRefused(clause="RFC 2634 §2.2", where="message")
    return opened.author_signature


def services_of(layer: Layer, *, at: datetime) -> Agreed:
    """What the signers of a layer ask for and state whose signatures hold, whoever they are.

    Raises:
        MalformedInput: `expansion-histories-differ`: then processing stops (RFC 2634 §4.1); the codes of
            `Services.read`.
    """
    signed = cms.SignedData.read(layer.cms)
    said = ess.agreed(ess.proved_signers(signed, layer.document, at))
    if any(finding.code == "expansion-histories-differ" for finding in said.findings):
        raise MalformedInput("expansion-histories-differ", clause="RFC 2634 §4.1", where="message")
    return said


def _history(opened: Opened, at: datetime) -> ExpansionHistory | None:
    """The history in the outermost signature that bears one."""
    for layer in (one for one in opened.layers if one.is_signature):
        said = services_of(layer, at=at)
        if said.services.history is not None:
            return said.services.history
    return None


def close_receipt(
    receipt: ReceiptEntity, recipients: Sequence[Certificate], signer: Signer, *, at: datetime
) -> bytes:
    """The receipt encrypted for `recipients` and signed around, as RFC 2634 §2.4 step 11 wants it.

    The outer signature says by content-hints that a receipt is inside.
    """
    hints = Claims(content_hints=ContentHints(ess.RECEIPT))
    closed = encrypt(receipt.entity, recipients)
    return sign(closed, signer, at=at, capabilities=None, attributes=cades.encode_claims(hints))


def verify_receipt(
    receipt: bytes,
    original: bytes,
    *,
    trust: Trust,
    at: datetime,
    keys: Sequence[Decryptor] = (),
    material: Material | Iterable[bytes] = (),
    policy: Policy | None = None,
) -> ReceiptReport:
    """The verdict on the message `receipt` about the message `original`, at `at` (RFC 2634 §2.6).

    `keys` open both where they are encrypted. What the signature covers is the receipt alone: the header
    around it is not judged here.

    Raises:
        MalformedInput: the codes of `open` when one of them is no S/MIME message.
        DecryptionFailed: as `open`.
        ReceiptRefused: `receipt-not-requested` when the original is not signed.
    """
    asked = _innermost(layers.open(original, keys))
    return ess.verify_receipt(
        read_receipt(layers.open(receipt, keys).payload),
        asked.cms,
        trust=trust,
        at=at,
        document=asked.document,
        material=material if isinstance(material, Material) else Material.read(material),
        policy=policy,
    )


def read_receipt(entity: Entity) -> bytes:
    """The ContentInfo of the signed receipt that `entity` is.

    Raises:
        MalformedInput: `smime-kind-unsupported` when it is none.
    """
    octets = _alone(entity, SIGNED_RECEIPT)
    if cms.SignedData.read(octets).content_type != ess.RECEIPT:
        raise _another(SIGNED_RECEIPT, clause="RFC 2634 §2.4")
    return octets


def read_certificates_only(entity: Entity) -> CertificatesOnly:
    """The certificates and lists that `entity` carries (RFC 8551 §3.8).

    Raises:
        MalformedInput: `smime-kind-unsupported` when it is something else, or somebody signed.
    """
    signed = cms.SignedData.read(_alone(entity, CERTIFICATES_ONLY))
    if signed.signer_infos or signed.encapsulated is not None:
        raise _another(CERTIFICATES_ONLY, clause="RFC 8551 §3.8")
    return CertificatesOnly(signed.certificates, signed.crls)


def _alone(entity: Entity, wanted: str) -> bytes:
    declared = entity.content_type.parameter("smime-type")
    if entity.content_type.media_type not in CMS_TYPES or declared not in (wanted, ""):
        raise _another(declared or entity.content_type.media_type, clause="RFC 8551 §3.2.2")
    return entity.content()


def _another(found: str, *, clause: str) -> MalformedInput:
    return MalformedInput("smime-kind-unsupported", clause=clause, where="Content-Type", found=found)
