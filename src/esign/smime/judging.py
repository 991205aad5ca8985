"""Strict judgement of a message: from raw octets to layers, a sender and a verdict, and no plaintext leaked.

The order is the rule. A layer counts only where it encloses everything; an outer signature is verified before
what it covers is decrypted; what an envelope held is given away only when the envelope itself (AES-GCM) or a
signature inside vouches for it, and the letter is not refused. All that can go wrong behind an envelope that
nothing else vouches for looks the same from outside.

    judgement = judge(message, trust=trust, at=at, keys=[key], material=crls)
    judgement.require_accepted()
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from esign.errors import EsignError
from esign.findings import Finding, Indication, Severity
from esign.keys import Decryptor, OpeningKey
from esign.material import Material, Need
from esign.mime import Entity, Field, canonical
from esign.smime.descent import Case, Descent, descend, quiet, told, was_opened
from esign.smime.judgement import InsideSignature, Judgement, Verdict
from esign.smime.protection import HeaderProtection, compare, read_protection
from esign.smime.sender import (
    Binding,
    Directory,
    Sender,
    check_date,
    check_header,
    check_reader,
    judge_sender,
    read_sender,
)
from esign.smime.structure import (
    CompressedLayer,
    Coverage,
    EncryptedLayer,
    JudgedLayer,
    Parts,
    SignedLayer,
    list_parts,
)
from esign.validation.policy import Policy
from esign.validation.report import Report
from esign.x509 import Trust, parsed

MAX_INSIDE: Final = 5
"""Signatures among the parts that are verified."""

UNCERTAIN: Final = frozenset(
    {
        "certificates-only",
        "date-differs",
        "display-name-misleads",
        "envelope-not-opened",
        "envelope-not-vouched",
        "layer-not-at-root",
        "message-unsigned",
        "outer-header-differs",
        "part-undecodable",
        "receipt-only",
        "sender-differs",
        "signature-unconfirmed",
        "signed-outside-only",
        "signer-missing",
        "text-outside-layer",
    }
)
"""Errors that forbid to accept a letter and do not show that it is forged: the verdict is `undetermined`."""

_TRACE: Final = frozenset({"received", "return-path", "mime-version"})


def judge(
    message: bytes,
    *,
    trust: Trust,
    at: datetime,
    keys: Sequence[OpeningKey] = (),
    material: Material | Iterable[bytes] = (),
    policy: Policy | None = None,
    directory: Directory | None = None,
    unsafe_release: bool = False,
) -> Judgement:
    """The judgement on `message` at `at`; never raises on hostile input.

    Args:
        message: the octets as received, with CRLF; one that has bare LF throughout, as files have, is taken
            too and told.
        trust: the anchors of signers.
        at: the validation time, aware.
        keys: private keys, shared keys and passwords to open with.
        material: certificates and revocation data, as octets (DER or PEM) or read already.
        policy: what is acceptable; the built-in one for e-mail when None. The usage that it sets is that of
            e-mail where it knows it, unless it sets none.
        directory: binds certificates to mailboxes besides what the certificates say.
        unsafe_release: opens an envelope and gives its content away whatever vouches for it, and even where
            the letter is refused; never what is encrypted among the parts.
    """
    known = material if isinstance(material, Material) else Material.read(material)
    try:
        root, noted = _read(message)
    except EsignError as e:
        return Judgement(Verdict.REFUSED, at, findings=(told(e, "message"), *known.findings))
    case = Case(root, trust, at, tuple(keys), known, _for_mail(policy), directory, unsafe_release)
    found = descend(case, root, ())
    judged = _conclude(case, found, (*noted, *known.findings))
    withheld = judged.verdict is Verdict.REFUSED and was_opened(found) and not unsafe_release
    return _withheld(judged, root) if withheld else judged


def _read(message: bytes) -> tuple[Entity, tuple[Finding, ...]]:
    if b"\r" in message or b"\n" not in message:
        return Entity.read(message), ()
    noted = Finding.warning("line-ends-converted", clause="RFC 5322 §2.3", where="message")
    return Entity.read(canonical(message)), (noted,)


def _for_mail(policy: Policy | None) -> Policy:
    chosen = policy or Policy.default()
    knows = any(purpose.name == "email-signing" for purpose in chosen.purposes)
    return chosen.for_usage("email-signing") if knows and chosen.usage is not None else chosen


# --- concluding ---


@dataclass(frozen=True, slots=True)
class _Letter:
    """What is known once all layers are off."""

    sender: Sender
    header: tuple[Field, ...]
    protection: HeaderProtection | None = None
    parts: Parts = field(default_factory=Parts)
    findings: tuple[Finding, ...] = ()


def _conclude(case: Case, found: Descent, noted: tuple[Finding, ...]) -> Judgement:
    letter = _letter(case, found)
    inside = tuple(
        InsideSignature(one.number, case.verify(one.layer)) for one in letter.parts.inside[:MAX_INSIDE]
    )
    findings = tuple(dict.fromkeys((*noted, *found.findings, *letter.findings)))
    reports = [one.report for one in found.layers if isinstance(one, SignedLayer)]
    needs: dict[Need, None] = dict.fromkeys(
        need for report in (*reports, *(one.report for one in inside)) for need in report.needs
    )
    return Judgement(
        _verdict(findings, reports, letter.sender),
        case.at,
        layers=found.layers,
        sender=letter.sender,
        header=letter.header,
        unprotected=_unprotected(case.root, found, letter.protection),
        protection=letter.protection,
        payload=found.payload,
        parts=letter.parts.parts,
        inside=inside,
        findings=findings,
        needs=tuple(needs),
    )


def _verdict(findings: Iterable[Finding], reports: Sequence[Report], sender: Sender) -> Verdict:
    """Accepted only on what was shown: every signature holds, and the signer is the sender."""
    errors = {finding.code for finding in findings if finding.severity is Severity.ERROR}
    if errors - UNCERTAIN:
        return Verdict.REFUSED
    shown = reports and all(report.indication is Indication.TOTAL_PASSED for report in reports)
    if errors or not shown or sender.binding is Binding.NONE:
        return Verdict.UNDETERMINED
    return Verdict.ACCEPTED


def _letter(case: Case, found: Descent) -> _Letter:
    """The header, the sender and the parts, as far as the layers could be taken off."""
    header = _own_fields(case.root)
    findings = list(check_header(header, where="message"))
    mailbox, _ = read_sender(header, where="message")
    unbound = Sender(mailbox)
    if found.payload is None:
        return _Letter(unbound, header, findings=tuple(findings))
    author = _author(found.layers)
    coverage = Coverage.NONE if author is None else Coverage.LETTER
    protection, about = _protection(case, found)
    findings += about
    if protection is not None:
        header = protection.fields
        findings += _reader(case, header, found)
        findings += _inner(check_header(header, where="protected header"), found)
    parts = list_parts(found.payload, coverage, boundaries=found.boundaries)
    findings += _inner(parts.findings, found)
    if author is None:
        findings.append(_unsigned(found.layers))
        return _Letter(unbound, header, protection, parts, tuple(findings))
    is_signed = protection is not None and protection.get("From") is not None
    sender, about_sender = judge_sender(mailbox, author, directory=case.directory, is_signed=is_signed)
    findings += [*about_sender, *check_date(header, author)]
    return _Letter(sender, header, protection, parts, tuple(findings))


def _inner(findings: Iterable[Finding], found: Descent) -> tuple[Finding, ...]:
    """Findings about the payload; without pieces of it where it came out of an envelope."""
    told = tuple(findings)
    return quiet(Descent(findings=told)).findings if was_opened(found) else told


def _reader(case: Case, header: Sequence[Field], found: Descent) -> Iterator[Finding]:
    """Of a letter that was opened: whether it was meant for who opened it."""
    if was_opened(found):
        yield from check_reader(header, [email for key in case.keys for email in _emails(key)])


def _emails(key: OpeningKey) -> tuple[str, ...]:
    if not isinstance(key, Decryptor) or key.certificate is None:
        return ()
    try:
        return parsed(key.certificate).emails
    except EsignError:
        return ()


def _own_fields(entity: Entity) -> tuple[Field, ...]:
    return tuple(
        one for one in entity.header if not one.key.startswith("content-") and one.key != "mime-version"
    )


def _author(layers: Sequence[JudgedLayer]) -> Report | None:
    """The report on the innermost signature, None where nothing signed stands inside the envelope."""
    for layer in reversed(layers):
        if isinstance(layer, SignedLayer):
            return layer.report
        if isinstance(layer, EncryptedLayer):
            return None
    return None


def _unsigned(layers: Sequence[JudgedLayer]) -> Finding:
    if any(isinstance(layer, SignedLayer) for layer in layers):
        # Who signs a ciphertext does not show that they know what it holds.
        return Finding.error("signed-outside-only", clause="RFC 8551 §3.7", where="message")
    return Finding.error("message-unsigned", clause="RFC 8551 §3.5", where="message")


def _protection(case: Case, found: Descent) -> tuple[HeaderProtection | None, tuple[Finding, ...]]:
    """The protected header of the payload, and what differs outside; nothing is protected without a layer."""
    protecting = [layer for layer in found.layers if not isinstance(layer, CompressedLayer)]
    if found.payload is None or not protecting:
        return None, ()
    encrypted = any(isinstance(layer, EncryptedLayer) for layer in protecting)
    try:
        protection = read_protection(found.payload)
        return protection, _inner(compare(case.root, found.payload, encrypted=encrypted), found)
    except EsignError as e:
        return None, _inner([told(e, "protected header")], found)


def _unprotected(root: Entity, found: Descent, protection: HeaderProtection | None) -> tuple[str, ...]:
    """The names of fields outside that stand under no signature, as the letter is now."""
    signed = protection is not None and _author(found.layers) is not None
    covered = {one.key for one in protection.fields} if protection is not None and signed else set()
    names = [one.name for one in _own_fields(root) if one.key not in covered | _TRACE]
    return tuple(dict.fromkeys(names))


def _withheld(judged: Judgement, root: Entity) -> Judgement:
    """The judgement on a refused letter without what its envelope held.

    A letter that lies about its sender may carry the ciphertext of another one: an answer to it, or a picture
    that it fetches, would hand the plaintext to whoever sent it.
    """
    return replace(judged, payload=None, parts=(), inside=(), header=_own_fields(root), protection=None)
