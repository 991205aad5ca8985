"""A mailbox that several officers share: its key, wrapped to each of them, and the opening of its letters.

The mailbox key is a PKCS#8 key inside an envelope to the officers' own encryption certificates. It is wrapped
anew when people come and go; old letters need the old keys. Nothing is decrypted that no outer signature
vouches for.

    key = unlock(wrapped, officer, mailbox_certificate)
    reading = open_letter(raw, address, [key], directory, at=at)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import esign
from esign import Certificate, Decryptor, EsignError, Finding, Report, Severity, smime
from exat.address import Address
from exat.directory import Directory
from exat.errors import ExatError, MalformedMessage
from exat.message import Letter, Message, read_letter
from exat.policy import Decision, Verdict, judge_cover, judge_opening, judge_signature
from exat.records import AuthorisedSigner


class MailboxError(ExatError):
    """A wrapped mailbox key that does not serve its mailbox."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A letter as it was opened in a mailbox, with the decision whether it may be relied on.

    `letter` and `opened` are None when the outer signature forbade to open it. `signer` is the author whom
    the directory authorises, `report` the verdict on the author's signature.
    """

    message: Message
    decision: Decision
    letter: Letter | None = None
    signer: AuthorisedSigner | None = None
    report: Report | None = None
    opened: smime.Opened | None = field(default=None, repr=False)

    @property
    def layers(self) -> tuple[smime.Layer, ...]:
        """All layers, from outside inward; empty when the letter was not opened."""
        return self.opened.layers if self.opened is not None else ()


def wrap_key(private_key: bytes, officers: Sequence[Certificate]) -> bytes:
    """A mailbox's private key (PKCS#8, DER, not encrypted) for the officers: AuthEnvelopedData, DER.

    Raises:
        ValueError: no officer.
        EsignError: `unsupported-algorithm`, `recipient-key-usage`.
    """
    return esign.encrypt(private_key, officers) or b""


def unlock(wrapped: bytes, officer: Decryptor, certificate: Certificate) -> Decryptor:
    """The key of the mailbox with `certificate`, opened by an officer.

    Raises:
        MailboxError: `wrapped-key-unusable` when what was wrapped is no key of that certificate.
        EsignError: `not-a-recipient` when the officer is none of those it is wrapped to, `decryption-failed`,
            `malformed-input`.
    """
    private_key = esign.decrypt(wrapped, [officer]).content
    address = ", ".join(certificate.emails)
    try:
        key = Decryptor.from_pem(private_key, certificate.pem)
    except EsignError as e:
        raise _unusable(address) from e
    if key.private.public_key() != certificate.public_key:
        raise _unusable(address)
    return key


def rewrap(wrapped: bytes, officer: Decryptor, officers: Sequence[Certificate]) -> bytes:
    """The same mailbox key for other officers. Who left keeps what was read: rotate the key as well.

    Raises:
        ValueError: no officer.
        EsignError: as `unlock` and `wrap_key`.
    """
    return wrap_key(esign.decrypt(wrapped, [officer]).content, officers)


def open_letter(
    raw: bytes,
    mailbox: Address,
    keys: Sequence[Decryptor],
    directory: Directory,
    *,
    at: datetime,
    received_at: datetime | None = None,
) -> Reading:
    """The letter in `raw`, opened with one of `keys` and judged at `at`; hostile input is the normal case.

    `received_at` is when this node took the letter: a signer revoked later does not close the letter.

    Raises:
        MalformedMessage: the codes of `Message.read`.
        EsignError: `not-a-recipient`, `decryption-failed`, and the codes of `smime.open`.
    """
    message = Message.read(raw, smtputf8=True)
    cover = judge_cover(message, directory, at=at, received_at=received_at)
    if cover.verdict is Verdict.REFUSE:
        return Reading(message, cover)
    opened = smime.open(raw, keys)
    decision = judge_opening(message, opened, mailbox, directory, at=at, received_at=received_at)
    signer, report = _author(message, opened, directory, at)
    try:
        letter = read_letter(opened, smtputf8=True)
    except MalformedMessage as e:
        unreadable = Finding.error("malformed-letter", clause=e.clause, where=e.where, found=e.message)
        return Reading(message, _refused(decision, unreadable), signer=signer, report=report, opened=opened)
    return Reading(message, decision, letter, signer, report, opened)


def _author(
    message: Message, opened: smime.Opened, directory: Directory, at: datetime
) -> tuple[AuthorisedSigner | None, Report | None]:
    layer, agency = opened.author_signature, directory.agency_of(message.sender)
    if opened.inner is None or layer is None or agency is None:
        return None, None
    report = judge_signature(layer, agency, at=at)
    certificates = [s.certificate for s in report.signatures if s.certificate is not None]
    found = (directory.signer(certificate, message.sender) for certificate in certificates)
    return next((signer for signer in found if signer is not None), None), report


def _refused(decision: Decision, finding: Finding) -> Decision:
    findings = (*decision.findings, finding)
    errors = [f.code for f in findings if f.severity is Severity.ERROR]
    return Decision(Verdict.REFUSE, decision.code or errors[0], findings)


def _unusable(address: str) -> MailboxError:
    message = f"the wrapped key is no key of the certificate of {address}"
    return MailboxError("wrapped-key-unusable", message, values={"mailbox": address})
