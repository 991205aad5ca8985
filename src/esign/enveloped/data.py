"""EnvelopedData (RFC 5652 §6.1) and AuthEnvelopedData (RFC 5083 §2.1), read from octets."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from esign import der
from esign.algorithms import AlgorithmIdentifier
from esign.attributes import Attributes, attributes_to_sign, bounded, take_octets
from esign.ciphers import CIPHERS, LEGACY_CIPHERS
from esign.cms import CONTENT_TYPE, DATA, take_content
from esign.der import TLV, Fields
from esign.enveloped.kinds import MAX_RECIPIENTS, RecipientId, RecipientInfo
from esign.enveloped.plain import plain_recipient_infos
from esign.enveloped.recipients import IMPLICIT_OCTETS, read_recipient_infos
from esign.errors import MalformedInput
from esign.key_derivation import CEK_HKDF_SHA256_OID

ENVELOPED_DATA: Final = "1.2.840.113549.1.7.3"
AUTH_ENVELOPED_DATA: Final = "1.2.840.113549.1.9.16.1.23"


@dataclass(frozen=True, slots=True)
class ContentEncryption:
    """contentEncryptionAlgorithm: the cipher, and whether its key is derived from the one that was sent.

    A derived key (RFC 9709) opens under this cipher with these parameters and no other.
    """

    cipher: AlgorithmIdentifier
    derived: bool = False

    @classmethod
    def read(cls, element: TLV, where: str) -> "ContentEncryption":
        """From its SEQUENCE.

        Raises:
            MalformedInput: `malformed-input`.
        """
        # Not by `AlgorithmIdentifier.read`, which keeps what it read: a nonce never comes again.
        fields = Fields.of(element, where)
        oid = fields.take(der.OID).oid()
        parameters = fields.take().raw if fields.peek is not None else None
        fields.end()
        named = AlgorithmIdentifier(oid, parameters)
        if named.oid != CEK_HKDF_SHA256_OID:
            return cls(named)
        if named.parameters is None:
            raise MalformedInput(found="no cipher", clause="RFC 9709 §3", where=where)
        return cls(AlgorithmIdentifier.read(der.decode(named.parameters, where=where), where), derived=True)

    def encode(self) -> bytes:
        """The SEQUENCE, DER."""
        named = self.cipher.encode()
        return AlgorithmIdentifier(CEK_HKDF_SHA256_OID, named).encode() if self.derived else named

    @property
    def name(self) -> str:
        """The cipher by the name of its row; its OID when there is none."""
        row = CIPHERS.get(self.cipher.oid) or LEGACY_CIPHERS.get(self.cipher.oid)
        return row.name if row else self.cipher.oid


@dataclass(frozen=True, slots=True)
class EnvelopedData:
    """EnvelopedData (RFC 5652 §6.1): encrypted and not authenticated.

    `encrypted` is the element that holds the content, None when it is elsewhere.
    """

    version: int
    recipients: tuple[RecipientInfo, ...]
    content_type: str
    encryption: ContentEncryption
    encrypted: TLV | None = field(repr=False)

    @property
    def recipient_ids(self) -> tuple[RecipientId, ...]:
        """All recipients, in order."""
        return _ids(self.recipients)

    @property
    def cipher(self) -> AlgorithmIdentifier:
        """The content-encryption algorithm."""
        return self.encryption.cipher

    @property
    def cipher_name(self) -> str:
        """The content-encryption algorithm by the name of its row; its OID when there is none."""
        return self.encryption.name

    @property
    def authenticated(self) -> bool:
        """False: a changed content may open to something else."""
        return False


@dataclass(frozen=True, slots=True)
class AuthEnvelopedData:
    """AuthEnvelopedData (RFC 5083 §2.1): encrypted and authenticated; `mac` is the tag.

    `attributes_element` is the field of the authenticated attributes as received.
    """

    version: int
    recipients: tuple[RecipientInfo, ...]
    content_type: str
    encryption: ContentEncryption
    encrypted: TLV | None = field(repr=False)
    attributes_element: TLV | None = field(repr=False)
    mac: bytes

    @property
    def recipient_ids(self) -> tuple[RecipientId, ...]:
        """All recipients, in order."""
        return _ids(self.recipients)

    @property
    def cipher(self) -> AlgorithmIdentifier:
        """The content-encryption algorithm."""
        return self.encryption.cipher

    @property
    def cipher_name(self) -> str:
        """The content-encryption algorithm by the name of its row; its OID when there is none."""
        return self.encryption.name

    @property
    def authenticated(self) -> bool:
        """True: a changed content does not open."""
        return True

    @property
    def attributes(self) -> Attributes:
        """The authenticated attributes.

        Raises:
            MalformedInput: `malformed-input`. LimitExceeded: `limit-exceeded`.
        """
        where = "AuthEnvelopedData.authAttrs"
        element = self.attributes_element
        return Attributes.read(element, where) if element else Attributes((), where)

    def authenticated_message(self) -> bytes:
        """The additional authenticated data: the DER SET OF the attributes, empty without (RFC 5083 §2.2).

        Raises:
            MalformedInput: `attribute-missing` when the content is not id-data and no attribute says so;
                `content-type-mismatch`; `attribute-repeated`, `attribute-values`, `malformed-input`.
        """
        if self.attributes_element is None and self.content_type == DATA:
            return b""
        said = self.attributes.one(CONTENT_TYPE, der.OID)
        if said is None and self.content_type != DATA:
            # RFC 5083 §2.1: authAttrs MUST be present if the content type is not id-data.
            raise MalformedInput(
                "attribute-missing", clause="RFC 5083 §2.1", where="authAttrs", oid=CONTENT_TYPE
            )
        if said is not None and said.oid() != self.content_type:
            raise MalformedInput(
                "content-type-mismatch",
                clause="RFC 5083 §2.1",
                where="authAttrs",
                found=said.oid(),
                wanted=self.content_type,
            )
        return attributes_to_sign(self.attributes_element) if self.attributes_element else b""


Envelope = EnvelopedData | AuthEnvelopedData


def _ids(recipients: Iterable[RecipientInfo]) -> tuple[RecipientId, ...]:
    return tuple(key.recipient for info in recipients for key in info.keys)


def read_envelope(data: bytes) -> Envelope:
    """From a ContentInfo of type id-envelopedData or id-ct-authEnvelopedData, BER or DER.

    Raises:
        MalformedInput: `malformed-input`, `cms-malformed`, `cms-wrong-content-type`.
        LimitExceeded: `limit-exceeded` over 10,000 recipients.
    """
    return plain_envelope(data) or read_content(*take_content(data, ENVELOPED_DATA, AUTH_ENVELOPED_DATA))


def read_content(content_type: str, element: TLV) -> Envelope:
    """From the content of a ContentInfo of one of the two types. Raises as `read_envelope`."""
    name = "AuthEnvelopedData" if content_type == AUTH_ENVELOPED_DATA else "EnvelopedData"
    fields = Fields.of(element, name)
    version, recipients = started(fields)
    said = EnvelopedData(version, recipients, *_encrypted_content(fields))
    return ended(fields, said, content_type)


def read_recipients(data: bytes) -> tuple[RecipientId, ...]:
    """For whom an envelope is encrypted: what a relay checks without a key. Raises as `read_envelope`."""
    return read_envelope(data).recipient_ids


_OUTER_SHAPE: Final = [der.OID, der.context(0)]
_ENVELOPED_SHAPE: Final = [der.INTEGER, der.SET, der.SEQUENCE]
_AUTH_SHAPE: Final = [der.INTEGER, der.SET, der.SEQUENCE, der.OCTET_STRING]
_CONTENT_SHAPE: Final = [der.OID, der.SEQUENCE, IMPLICIT_OCTETS]


def plain_envelope(data: bytes) -> Envelope | None:
    """The form of nearly all envelopes, DER without attributes, in one pass.

    None for another form, and for one with a fault: the strict reader says which. Both give equal values.
    """
    size = len(data)
    at = der.inside(data, 0, size, der.SEQUENCE)
    outer = None if at < 0 else der.spans(data, at, size, limit=2)
    if outer is None or [part[0] for part in outer] != _OUTER_SHAPE:
        return None
    (_, _, start, stop), (_, _, within, end) = outer
    at = der.inside(data, within, end, der.SEQUENCE)
    fields = None if at < 0 else der.spans(data, at, end, limit=4)
    kind = data[start:stop]
    if fields is None or _SHAPES.get(kind) != [part[0] for part in fields]:
        return None
    infos = plain_recipient_infos(data, *fields[1][2:])
    content = _plain_content(data, *fields[2][2:])
    version = data[fields[0][2] : fields[0][3]]
    if infos is None or content is None or len(version) != 1 or version[0] >= 0x80:
        return None
    if len(fields) == len(_ENVELOPED_SHAPE):
        return EnvelopedData(version[0], infos, *content)
    return AuthEnvelopedData(version[0], infos, *content, None, data[fields[3][2] : fields[3][3]])


def _plain_content(data: bytes, body: int, stop: int) -> tuple[str, ContentEncryption, TLV] | None:
    parts = der.spans(data, body, stop, limit=3)
    if parts is None or [part[0] for part in parts] != _CONTENT_SHAPE:
        return None
    named, algorithm, (tag, start, begin, end) = parts
    inner = der.spans(data, algorithm[2], algorithm[3], limit=2)
    if inner is None or len(inner) != 2 or inner[0][0] != der.OID:
        return None
    try:
        oid = der.dotted(data[inner[0][2] : inner[0][3]])
        content_type = der.dotted(data[named[2] : named[3]])
    except MalformedInput:
        return None
    if oid == CEK_HKDF_SHA256_OID:
        return None
    cipher = AlgorithmIdentifier(oid, data[inner[1][1] : inner[1][3]])
    return content_type, ContentEncryption(cipher), TLV(data, tag, start, begin, end, end)


_SHAPES: Final = {
    der.decode(der.oid(ENVELOPED_DATA)).content: _ENVELOPED_SHAPE,
    der.decode(der.oid(AUTH_ENVELOPED_DATA)).content: _AUTH_SHAPE,
}


def ended(fields: Fields, said: EnvelopedData, kind: str) -> Envelope:
    """The envelope of content type `kind` that `said` begins and `fields` behind the content end.

    Raises:
        MalformedInput: `malformed-input`.
    """
    if kind == ENVELOPED_DATA:
        fields.optional(der.context(1))
        fields.end()
        return said
    element = fields.optional(der.context(1))
    mac = take_octets(fields)
    fields.optional(der.context(2))
    fields.end()
    found = AuthEnvelopedData(
        *(said.version, said.recipients, said.content_type, said.encryption, said.encrypted), element, mac
    )
    if element is not None:
        found.attributes  # noqa: B018 - a set that cannot be read makes no envelope
    return found


def started(fields: Fields) -> tuple[int, tuple[RecipientInfo, ...]]:
    """Version and recipients: what stands before the content.

    Raises:
        MalformedInput: `malformed-input`, `cms-malformed`.
        LimitExceeded: `limit-exceeded` over 10,000 recipients.
    """
    version = fields.take(der.INTEGER).integer()
    fields.optional(der.context(0))
    where = f"{fields.where}.recipientInfos"
    elements = bounded(fields.take(der.SET), MAX_RECIPIENTS, where)
    if not elements:
        raise MalformedInput("cms-malformed", clause="RFC 5652 §6.1", where=where, found="no recipient")
    return version, tuple(read_recipient_infos(elements, where))


def _encrypted_content(fields: Fields) -> tuple[str, ContentEncryption, TLV | None]:
    where = f"{fields.where}.encryptedContentInfo"
    inner = Fields.of(fields.take(der.SEQUENCE), where)
    content_type = inner.take(der.OID).oid()
    encryption = ContentEncryption.read(inner.take(der.SEQUENCE), f"{where}.contentEncryptionAlgorithm")
    encrypted = inner.optional(IMPLICIT_OCTETS, der.context(0))
    inner.end()
    return content_type, encryption, encrypted
