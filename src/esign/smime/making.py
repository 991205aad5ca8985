"""Making S/MIME: a signature beside its content, signed-data, envelopes, the layer around a whole message.

What is signed is exactly what is given, which must be canonical already (RFC 8551 §3.1.1). Nothing is
re-serialised.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from esign import envelope, signing
from esign.ciphers import CIPHER_NAMES
from esign.errors import MalformedInput
from esign.keys import Signer
from esign.mime import Entity, base64_leaf, field, multipart, with_parameters
from esign.smime.protection import Protected
from esign.x509 import Certificate

MICALG: Final = {
    "sha1": "sha-1",
    "sha224": "sha-224",
    "sha256": "sha-256",
    "sha384": "sha-384",
    "sha512": "sha-512",
}
"""Names of digests in the micalg parameter (RFC 8551 §3.5.3.2); another digest is `unknown`."""

_COPIED: Final = ("From", "To", "Cc", "Subject", "Date", "Message-ID")
_VERSION: Final = b"MIME-Version: 1.0\r\n"


def sign(entity: bytes, signer: Signer, *, at: datetime, opaque: bool = False) -> bytes:
    """A MIME entity that signs `entity`: multipart/signed, or signed-data with `opaque`.

    `at` (aware) becomes signing-time.

    Raises:
        MalformedInput: the codes of `Entity.read`: what is not canonical is not signed.
        UnsupportedAlgorithm: `unsupported-algorithm` for a key that signs nothing.
    """
    Entity.read(entity)
    if opaque:
        return _cms_entity(signing.sign(entity, signer, at=at), "signed-data")
    signature = signing.sign(entity, signer, at=at, detached=True)
    parameters = {
        "protocol": "application/pkcs7-signature",
        "micalg": MICALG.get(signer.signature_scheme.attribute_digest.name, "unknown"),
    }
    return multipart("signed", (entity, _signature_part(signature)), parameters=parameters)


def encrypt(entity: bytes, recipients: Sequence[Certificate], *, cipher: str = "aes-256-gcm") -> bytes:
    """A MIME entity (application/pkcs7-mime) that closes `entity` for the certificates of `recipients`.

    GCM makes authEnveloped-data, CBC (for clients of today) enveloped-data, which only an outer signature
    protects.

    Raises:
        MalformedInput: the codes of `Entity.read`.
        RecipientRefused: `recipient-key-usage`, `recipient-key-kind`.
        UnsupportedAlgorithm: `unsupported-algorithm` for a cipher or a recipient's key.
    """
    Entity.read(entity)
    closed = envelope.encrypt(entity, recipients, cipher=cipher)
    return _cms_entity(
        closed, "authEnveloped-data" if CIPHER_NAMES[cipher].authenticated else "enveloped-data"
    )


def message(header: bytes, entity: bytes) -> bytes:
    """A message: `header` (fields with CRLF, without those of MIME), then `entity`.

    Raises:
        MalformedInput: the codes of `Entity.read`.
    """
    made = header + _VERSION + entity
    Entity.read(made)
    return made


def wrap(original: bytes, signer: Signer, *, at: datetime) -> bytes:
    """The outer layer: a message whose multipart/signed holds `original`, a whole message, octet for octet.

    From, To, Cc, Subject, Date and Message-ID are copied outside as they are. The signature covers the
    original's own header too, so a change of the copies is seen (`read` reports it).

    Raises:
        MalformedInput: the codes of `Entity.read`; `header-duplicate` of a field to be copied.
    """
    entity = Entity.read(original)
    header = b""
    for name in _COPIED:
        found = entity.get_all(name)
        if len(found) > 1:
            raise MalformedInput("header-duplicate", clause="RFC 5322 §3.6", where=name, name=name)
        header += b"".join(each.raw for each in found)
    return header + _VERSION + sign(original, signer, at=at)


def triple_wrap(
    protected: Protected,
    recipients: Sequence[Certificate],
    *,
    signer: Signer,
    outer_signer: Signer,
    at: datetime,
    cipher: str = "aes-256-gcm",
) -> bytes:
    """A whole letter (RFC 2634 §1.1): signed by `signer`, encrypted, signed again by `outer_signer`.

    Raises:
        MalformedInput: the codes of `Entity.read`.
        UnsupportedAlgorithm: `unsupported-algorithm`.
    """
    closed = encrypt(sign(protected.payload, signer, at=at), recipients, cipher=cipher)
    return wrap(message(protected.outer, closed), outer_signer, at=at)


def _signature_part(signature: bytes) -> bytes:
    return base64_leaf(
        field("Content-Type", with_parameters("application/pkcs7-signature", {"name": "smime.p7s"}))
        + field("Content-Disposition", with_parameters("attachment", {"filename": "smime.p7s"})),
        signature,
    )


def _cms_entity(octets: bytes, smime_type: str) -> bytes:
    parameters = {"smime-type": smime_type, "name": "smime.p7m"}
    return base64_leaf(
        field("Content-Type", with_parameters("application/pkcs7-mime", parameters))
        + field("Content-Disposition", with_parameters("attachment", {"filename": "smime.p7m"})),
        octets,
    )
