"""Envelopes opened."""

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from esign.algorithms import RSA_OID
from esign.ciphers import CIPHER_NAMES, CIPHERS, LEGACY_CIPHERS, ContentCipher
from esign.envelope.content import opener
from esign.envelope.profile import capabilities_of
from esign.envelope.unwrapping import Attempt, attempts, load_certificate
from esign.enveloped import Envelope, RecipientId, read_envelope
from esign.errors import DecryptionFailed, UnsupportedAlgorithm
from esign.findings import Finding
from esign.keys import Decryptor, OpeningKey

AUTHENTICATED_CIPHERS: Final = frozenset(row.name for row in CIPHERS.values() if row.authenticated)
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Decrypted:
    """What an envelope held.

    `authenticated` is False for CBC: the content may have been changed by anyone. `findings` say what is weak
    in how it was closed: `content-not-authenticated`, `legacy-cipher`, `legacy-key-transport`,
    `encryption-downgraded`.
    """

    content: bytes = field(repr=False)
    content_type: str
    cipher: str
    recipient: RecipientId
    authenticated: bool
    findings: tuple[Finding, ...] = ()
    written: int | None = None
    """How many octets were written elsewhere; None when they are in `content`, which is empty otherwise."""


def decrypt(
    data: bytes,
    keys: Sequence[OpeningKey],
    *,
    accepted: Collection[str] = CIPHER_NAMES,
    unsafe_legacy_ciphers: bool = False,
) -> Decrypted:
    """The content of EnvelopedData or AuthEnvelopedData, BER or DER, opened with whichever of `keys` fits.

    A key with a certificate fits the recipients that name it; one without fits those of its kind and size; a
    shared key fits those that bear its identifier; a password fits every recipient by password. Every failure
    to open looks alike: whatever the key, the content is decrypted, and what a wrong key gives is thrown away
    (RFC 3218 §2.3.2).

    Args:
        data: one ContentInfo.
        keys: what may open it.
        accepted: names of the ciphers that may have closed it; `AUTHENTICATED_CIPHERS` keeps out CBC, which
            nothing authenticates.
        unsafe_legacy_ciphers: open triple DES too.

    Raises:
        NotARecipient: `not-a-recipient`.
        DecryptionFailed: `decryption-failed`.
        UnsupportedAlgorithm: `unsupported-algorithm` for the cipher, or the key encryption of every fitting
            recipient; `cipher-not-accepted`.
        MalformedInput: `malformed-input`, `cms-malformed`, `cms-wrong-content-type`, `attribute-missing`,
            `encrypted-content-missing`, `content-type-mismatch`, `attribute-repeated`, `attribute-values`.
        LimitExceeded: `limit-exceeded` over 10,000 recipients or 5,000,000 iterations for passwords.
    """
    found = read_envelope(data)
    return open_envelope(found, keys, accepted=accepted, unsafe_legacy_ciphers=unsafe_legacy_ciphers)


def open_envelope(
    found: Envelope,
    keys: Sequence[OpeningKey],
    *,
    accepted: Collection[str] = CIPHER_NAMES,
    unsafe_legacy_ciphers: bool = False,
) -> Decrypted:
    """As `decrypt`, of an envelope that was read."""
    row = content_row(found, accepted, legacy=unsafe_legacy_ciphers)
    opened = opener(found, row)
    content, attempt = first_to_open(found, row, keys, legacy=unsafe_legacy_ciphers, opened=opened)
    return decrypted(found, row, attempt, content)


def first_to_open(
    found: Envelope,
    row: ContentCipher,
    keys: Sequence[OpeningKey],
    *,
    legacy: bool,
    opened: Callable[[bytes], _Found | None],
) -> tuple[_Found, Attempt]:
    """What `opened` gives for the first key that opens the content, and how that key came.

    Raises as `attempts`, and DecryptionFailed: `decryption-failed`.
    """
    for attempt in attempts(found, keys, legacy=legacy):
        substitute = secrets.token_bytes(row.key_size)
        key = attempt.unwrap(row.key_size)
        fits = key is not None and len(key) == row.key_size
        content = opened(key if key is not None and fits else substitute)
        if fits and content is not None:
            return content, attempt
    raise DecryptionFailed


def decrypted(
    found: Envelope, row: ContentCipher, attempt: Attempt, content: bytes, *, written: int | None = None
) -> Decrypted:
    """What is said of an envelope that `attempt` opened."""
    findings = weaknesses(found, row, attempt)
    authenticated, recipient = found.authenticated, attempt.recipient
    return Decrypted(content, found.content_type, row.name, recipient, authenticated, findings, written)


def content_row(found: Envelope, accepted: Collection[str], *, legacy: bool) -> ContentCipher:
    """The cipher that closed an envelope.

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm`, `cipher-not-accepted`.
    """
    oid, where = found.cipher.oid, "contentEncryptionAlgorithm"
    if legacy and oid in LEGACY_CIPHERS and not found.authenticated:
        return LEGACY_CIPHERS[oid]
    row = CIPHERS.get(oid)
    if row is None or row.authenticated != found.authenticated:
        raise UnsupportedAlgorithm(algorithm=found.cipher_name, where=where)
    if row.name not in accepted:
        raise UnsupportedAlgorithm("cipher-not-accepted", algorithm=row.name, where=where)
    return row


def weaknesses(found: Envelope, row: ContentCipher, attempt: Attempt) -> tuple[Finding, ...]:
    """What is weak in how an envelope was closed for the recipient who opens it."""
    if row.authenticated and attempt.recipient.algorithm.oid != RSA_OID:
        return ()
    made: list[Finding] = []
    where = "contentEncryptionAlgorithm"
    if not row.authenticated:
        made.append(
            Finding.warning(
                "content-not-authenticated", clause="RFC 8551 §6", where=where, algorithm=row.name
            )
        )
        if _promises_authentication(attempt.key):
            made.append(
                Finding.warning(
                    "encryption-downgraded", clause="RFC 8551 §2.7.1", where=where, algorithm=row.name
                )
            )
    if row.oid in LEGACY_CIPHERS:
        made.append(Finding.warning("legacy-cipher", clause="RFC 8551 §2.7", where=where, algorithm=row.name))
    if attempt.recipient.algorithm.oid == RSA_OID:
        made.append(
            Finding.warning(
                "legacy-key-transport", clause="RFC 8551 §6", where="RecipientInfo", algorithm="rsa-pkcs1"
            )
        )
    return tuple(made)


def _promises_authentication(key: OpeningKey) -> bool:
    """Whether the recipient's certificate says that its holder reads authenticated encryption."""
    if not isinstance(key, Decryptor) or key.certificate is None:
        return False
    known = capabilities_of(load_certificate(key.certificate))
    return known is not None and any(row.authenticated for row in known.ciphers)
