"""Which cipher a letter to several people gets: what all of them say that they read (RFC 8551 §2.7)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from esign import der
from esign.capabilities import SMIME_CAPABILITIES, Capabilities
from esign.ciphers import AES256_GCM, CIPHER_NAMES, ContentCipher
from esign.errors import MalformedInput, RecipientRefused
from esign.findings import Finding
from esign.key_derivation import CEK_HKDF_SHA256_OID
from esign.x509 import Certificate

_PREFERRED = ("aes-256-gcm", "aes-192-gcm", "aes-128-gcm", "aes-256-cbc", "aes-192-cbc", "aes-128-cbc")


@dataclass(frozen=True, slots=True)
class Profile:
    """How an envelope is closed; `findings` say at whose wish it is weaker than AES-256-GCM."""

    cipher: str
    derive_key: bool
    findings: tuple[Finding, ...]


def choose_profile(
    recipients: Iterable[Certificate], *, said: Mapping[Certificate, Capabilities] | None = None
) -> Profile:
    """The strongest cipher that all `recipients` read, and whether all derive the content's key (RFC 9709).

    A recipient's capabilities are those that are `said` (by a signed letter, by a directory), else those of
    the certificate; one of whom nothing is known is served with AES-256-GCM (RFC 8551 §2.7.1.2). Broken
    capabilities are none. A profile without authentication comes with the finding `encryption-downgraded`
    for each recipient who caused it.

    Raises:
        RecipientRefused: `recipient-capabilities` when no cipher of ours is read by all.
    """
    common, derive, findings = list(_PREFERRED), True, []
    for certificate in recipients:
        known = (said or {}).get(certificate) or capabilities_of(certificate)
        if known is None:
            derive = False
            continue
        readable = {row.name for row in known.ciphers}
        common = [name for name in common if name in readable]
        derive = derive and any(item.oid == CEK_HKDF_SHA256_OID for item in known.items)
        if not common:
            raise RecipientRefused(
                "recipient-capabilities", clause="RFC 8551 §2.7", subject=certificate.subject.text
            )
        if not any(_row(name).authenticated for name in readable):
            findings.append(_downgraded(certificate, common[0]))
    return Profile(common[0] if common else AES256_GCM.name, derive, tuple(findings))


def capabilities_of(certificate: Certificate) -> Capabilities | None:
    """What the certificate says that its holder reads (RFC 4262 §2); None when it says nothing readable."""
    extension = certificate.extension(SMIME_CAPABILITIES)
    if extension is None:
        return None
    try:
        return Capabilities.read(der.decode(extension.value))
    except MalformedInput:
        return None


def _row(name: str) -> ContentCipher:
    return CIPHER_NAMES[name]


def _downgraded(certificate: Certificate, cipher: str) -> Finding:
    return Finding.warning(
        "encryption-downgraded",
        clause="RFC 8551 §2.7.1",
        where=certificate.subject.text,
        algorithm=cipher,
    )
