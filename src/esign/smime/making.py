"""Making S/MIME: a signature beside its content, signed-data, envelopes, the layer around a whole message,
compressed content, certificates alone.

What is signed is exactly what is given, which must be canonical already (RFC 8551 §3.1.1). Nothing is
re-serialised.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from esign import compressed, der, envelope, signing
from esign.attributes import Attribute
from esign.capabilities import OWN, Capabilities
from esign.ciphers import CIPHER_NAMES
from esign.cms import DATA
from esign.errors import MalformedInput
from esign.ess import ReceiptRequest, SecurityLabel, capabilities_attribute
from esign.keys import Signer
from esign.mime import Entity, base64_leaf, field, multipart, with_parameters
from esign.signing.frame import Frame
from esign.smime.layers import CERTIFICATES_ONLY
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


def sign(
    entity: bytes,
    signer: Signer,
    *,
    at: datetime,
    opaque: bool = False,
    receipt: ReceiptRequest | None = None,
    label: SecurityLabel | None = None,
    capabilities: Capabilities | None = OWN,
    attributes: Iterable[Attribute] = (),
) -> bytes:
    """A MIME entity that signs `entity`: multipart/signed, or signed-data with `opaque`.

    Args:
        entity: what is signed, canonical already.
        signer: who signs.
        at: the claimed signing time (aware).
        opaque: put the entity into the signature, where no transport changes it and old readers see nothing.
        receipt: ask for receipts (`esign.ess.request_receipt`); only in the innermost signature.
        label: how sensitive the content is.
        capabilities: what the sender can read; None leaves it unsaid (RFC 8551 §2.5.2).
        attributes: more signed attributes, DER.

    Raises:
        MalformedInput: the codes of `Entity.read`: what is not canonical is not signed.
        UnsupportedAlgorithm: `unsupported-algorithm` for a key that signs nothing.
    """
    Entity.read(entity)
    said = (*_said(receipt, label), *attributes)
    if capabilities is not None:
        said = (*said, capabilities_attribute(capabilities))
    if opaque:
        return cms_entity(signing.sign(entity, signer, at=at, attributes=said), "signed-data")
    signature = signing.sign(entity, signer, at=at, detached=True, attributes=said)
    parameters = {
        "protocol": "application/pkcs7-signature",
        "micalg": MICALG.get(signer.signature_scheme.attribute_digest.name, "unknown"),
    }
    return multipart("signed", (entity, _signature_part(signature)), parameters=parameters)


def _said(receipt: ReceiptRequest | None, label: SecurityLabel | None) -> tuple[Attribute, ...]:
    return tuple(one.attribute() for one in (receipt, label) if one is not None)


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
    return cms_entity(
        closed, "authEnveloped-data" if CIPHER_NAMES[cipher].authenticated else "enveloped-data"
    )


def compress(entity: bytes) -> bytes:
    """A MIME entity (application/pkcs7-mime; smime-type=compressed-data) that holds `entity` compressed.

    It vouches for nothing. Sign what is compressed, or compress what is signed (RFC 8551 §3.6).

    Raises:
        MalformedInput: the codes of `Entity.read`.
    """
    Entity.read(entity)
    return cms_entity(compressed.compress(entity), "compressed-data")


def certificates_only(certificates: Iterable[Certificate], *, crls: Iterable[bytes] = ()) -> bytes:
    """A MIME entity (smime-type=certs-only) that carries certificates, and lists (DER), signed by nobody.

    They say no more than they say by themselves (RFC 8551 §3.8).
    """
    nothing = der.sequence(der.oid(DATA))
    held = Frame((), DATA, nothing, (), (), ()).with_material((one.raw for one in certificates), crls)
    return cms_entity(held.encode(), CERTIFICATES_ONLY)


def message(header: bytes, entity: bytes) -> bytes:
    """A message: `header` (fields with CRLF, without those of MIME), then `entity`.

    Raises:
        MalformedInput: the codes of `Entity.read`.
    """
    made = header + _VERSION + entity
    Entity.read(made)
    return made


def wrap(
    original: bytes,
    signer: Signer,
    *,
    at: datetime,
    label: SecurityLabel | None = None,
    attributes: Iterable[Attribute] = (),
) -> bytes:
    """The outer layer: a message whose multipart/signed holds `original`, a whole message, octet for octet.

    From, To, Cc, Subject, Date and Message-ID are copied outside as they are. The signature covers the
    original's own header too, so a change of the copies is seen (`read` reports it). `label` speaks of the
    whole original; `attributes` are more signed ones, such as a mail list's history.

    Raises:
        MalformedInput: the codes of `Entity.read`; `header-duplicate` of a field to be copied.
    """
    header = copied_header(Entity.read(original))
    signed = sign(original, signer, at=at, label=label, capabilities=None, attributes=attributes)
    return header + _VERSION + signed


def copied_header(entity: Entity) -> bytes:
    """The fields of `entity` that stand on a layer around it too, as they are.

    Raises:
        MalformedInput: `header-duplicate`.
    """
    header = b""
    for name in _COPIED:
        found = entity.get_all(name)
        if len(found) > 1:
            raise MalformedInput("header-duplicate", clause="RFC 5322 §3.6", where=name, name=name)
        header += b"".join(each.raw for each in found)
    return header


def triple_wrap(
    protected: Protected,
    recipients: Sequence[Certificate],
    *,
    signer: Signer,
    outer_signer: Signer,
    at: datetime,
    cipher: str = "aes-256-gcm",
    receipt: ReceiptRequest | None = None,
    label: SecurityLabel | None = None,
    outer_label: SecurityLabel | None = None,
) -> bytes:
    """A whole letter (RFC 2634 §1.1): signed by `signer`, encrypted, signed again by `outer_signer`.

    `receipt` and `label` go into the inner signature (RFC 2634 §2.2, §3.1.1), `outer_label` into the outer
    one, where everybody sees it.

    Raises:
        MalformedInput: the codes of `Entity.read`.
        UnsupportedAlgorithm: `unsupported-algorithm`.
    """
    inside = sign(protected.payload, signer, at=at, receipt=receipt, label=label)
    closed = encrypt(inside, recipients, cipher=cipher)
    return wrap(message(protected.outer, closed), outer_signer, at=at, label=outer_label)


def _signature_part(signature: bytes) -> bytes:
    return base64_leaf(
        field("Content-Type", with_parameters("application/pkcs7-signature", {"name": "smime.p7s"}))
        + field("Content-Disposition", with_parameters("attachment", {"filename": "smime.p7s"})),
        signature,
    )


_NAMES: Final = {CERTIFICATES_ONLY: "smime.p7c", "compressed-data": "smime.p7z"}


def cms_entity(octets: bytes, smime_type: str) -> bytes:
    """A MIME entity (application/pkcs7-mime) of one CMS object, in base64 (RFC 8551 §3.2)."""
    name = _NAMES.get(smime_type, "smime.p7m")
    parameters = {"smime-type": smime_type, "name": name}
    return base64_leaf(
        field("Content-Type", with_parameters("application/pkcs7-mime", parameters))
        + field("Content-Disposition", with_parameters("attachment", {"filename": name})),
        octets,
    )
