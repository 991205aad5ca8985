"""Encrypted content as it stands in CMS: EnvelopedData (RFC 5652 §6) and AuthEnvelopedData (RFC 5083),
without keys.

What a relay can know is read here: for whom the content is encrypted and by which algorithms. Opening and
making are in `esign.envelope`.

    for recipient in read_envelope(data).recipient_ids:
        recipient.names(certificate), recipient.algorithm_name
"""

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from esign import der
from esign.algorithms import RSA_OID, AlgorithmIdentifier
from esign.attributes import Attributes, attributes_to_sign, bounded, take_octets
from esign.ciphers import CIPHERS, ECDH_KDFS, KEY_WRAP_SIZES, OAEP_OID, key_transport_scheme
from esign.cms import CONTENT_TYPE, DATA, CertificateId, encode_content_info, take_content
from esign.der import TLV, Fields
from esign.errors import LimitExceeded, MalformedInput, UnsupportedAlgorithm
from esign.x509 import Certificate

ENVELOPED_DATA: Final = "1.2.840.113549.1.7.3"
AUTH_ENVELOPED_DATA: Final = "1.2.840.113549.1.9.16.1.23"
MAX_RECIPIENTS: Final = 10_000
_IMPLICIT_OCTETS: Final = der.context(0, constructed=False)


class RecipientKind(enum.Enum):
    """How a recipient gets the key (RFC 5652 §6.2)."""

    KEY_TRANSPORT = "key-transport"
    KEY_AGREEMENT = "key-agreement"
    KEY_ENCRYPTION_KEY = "key-encryption-key"
    PASSWORD = "password"  # noqa: S105
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RecipientId:
    """For whom, and how, a content is encrypted: what is known without a key.

    A recipient by shared key, by password or of another kind names no certificate: a policy must refuse what
    it cannot name.
    """

    kind: RecipientKind
    certificate_id: CertificateId
    algorithm: AlgorithmIdentifier

    def names(self, certificate: Certificate) -> bool:
        """Whether the recipient is the holder of `certificate`."""
        return self.certificate_id.names(certificate)

    @property
    def issuer(self) -> bytes | None:
        """The issuer of the recipient's certificate, DER; None when it is named otherwise."""
        return self.certificate_id.issuer

    @property
    def serial_number(self) -> int | None:
        """The serial number of the recipient's certificate; None when it is named otherwise."""
        return self.certificate_id.serial_number

    @property
    def subject_key_identifier(self) -> bytes | None:
        """The key identifier of the recipient's certificate; None when it is named otherwise."""
        return self.certificate_id.subject_key_identifier

    @property
    def algorithm_name(self) -> str:
        """The key-encryption algorithm.

        `rsa-oaep-sha256`, `rsa-pkcs1`, `ecdh-sha256-aes256-wrap`, else an OID.
        """
        return _algorithm_name(self.algorithm)


def _algorithm_name(algorithm: AlgorithmIdentifier) -> str:
    try:
        if algorithm.oid in (RSA_OID, OAEP_OID):
            return key_transport_scheme(algorithm).name
        wrap = key_wrap(algorithm)
    except (MalformedInput, UnsupportedAlgorithm):
        return algorithm.oid
    return f"ecdh-{ECDH_KDFS[algorithm.oid].name}-aes{8 * KEY_WRAP_SIZES[wrap.oid]}-wrap"


def key_wrap(algorithm: AlgorithmIdentifier) -> AlgorithmIdentifier:
    """The key-wrap algorithm that stands in the parameters of an ephemeral-static ECDH (RFC 5753 §3.1.1).

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm` for another key derivation or key wrap.
        MalformedInput: `malformed-input`.
    """
    where = "keyEncryptionAlgorithm"
    if algorithm.oid not in ECDH_KDFS or algorithm.parameters is None:
        raise UnsupportedAlgorithm(algorithm=algorithm.oid, where=where)
    wrap = AlgorithmIdentifier.read(der.decode(algorithm.parameters, where=where), where)
    if wrap.oid not in KEY_WRAP_SIZES or not wrap.bare:
        raise UnsupportedAlgorithm(algorithm=wrap.oid, where=where)
    return wrap


@dataclass(frozen=True, slots=True)
class EncryptedKey:
    """The content-encryption key, encrypted for one recipient."""

    recipient: RecipientId
    octets: bytes


@dataclass(frozen=True, slots=True)
class KeyTransport:
    """KeyTransRecipientInfo (RFC 5652 §6.2.1)."""

    key: EncryptedKey

    @property
    def keys(self) -> tuple[EncryptedKey, ...]:
        """The one key."""
        return (self.key,)


@dataclass(frozen=True, slots=True)
class KeyAgreement:
    """KeyAgreeRecipientInfo (RFC 5652 §6.2.2); `originator_key` is the ephemeral public point.

    `originator_key` is None for a static originator, which is not supported.
    """

    algorithm: AlgorithmIdentifier
    originator_key: bytes | None
    user_keying_material: bytes | None
    keys: tuple[EncryptedKey, ...]


@dataclass(frozen=True, slots=True)
class OtherRecipient:
    """A recipient by shared key, by password, or of a kind that is not known (RFC 5652 §6.2.3 to §6.2.5)."""

    key: EncryptedKey

    @property
    def keys(self) -> tuple[EncryptedKey, ...]:
        """The one recipient; its octets are empty."""
        return (self.key,)


RecipientInfo = KeyTransport | KeyAgreement | OtherRecipient


@dataclass(frozen=True, slots=True)
class EnvelopedData:
    """EnvelopedData (RFC 5652 §6.1): encrypted and not authenticated.

    `cipher` is the content-encryption algorithm; `encrypted` the element that holds the content, None when it
    is elsewhere.
    """

    version: int
    recipients: tuple[RecipientInfo, ...]
    content_type: str
    cipher: AlgorithmIdentifier
    encrypted: TLV | None = field(repr=False)

    @property
    def recipient_ids(self) -> tuple[RecipientId, ...]:
        """All recipients, in order."""
        return _ids(self.recipients)

    @property
    def cipher_name(self) -> str:
        """The content-encryption algorithm by the name of its row; its OID when there is none."""
        return _cipher_name(self.cipher)

    @property
    def authenticated(self) -> bool:
        """False: a changed content may open to something else."""
        return False


@dataclass(frozen=True, slots=True)
class AuthEnvelopedData:
    """AuthEnvelopedData (RFC 5083 §2.1): encrypted and authenticated; `mac` is the tag.

    `attributes` are authenticated; `attributes_element` is the field as received.
    """

    version: int
    recipients: tuple[RecipientInfo, ...]
    content_type: str
    cipher: AlgorithmIdentifier
    encrypted: TLV | None = field(repr=False)
    attributes_element: TLV | None = field(repr=False)
    attributes: Attributes
    mac: bytes

    @property
    def recipient_ids(self) -> tuple[RecipientId, ...]:
        """All recipients, in order."""
        return _ids(self.recipients)

    @property
    def cipher_name(self) -> str:
        """The content-encryption algorithm by the name of its row; its OID when there is none."""
        return _cipher_name(self.cipher)

    @property
    def authenticated(self) -> bool:
        """True: a changed content does not open."""
        return True

    def authenticated_message(self) -> bytes:
        """The additional authenticated data: the DER SET OF the attributes, empty without (RFC 5083 §2.2).

        Raises:
            MalformedInput: `attribute-missing` when the content is not id-data and no attribute says so;
                `content-type-mismatch`; `attribute-repeated`, `attribute-values`, `malformed-input`.
        """
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


def _ids(recipients: Iterable[RecipientInfo]) -> tuple[RecipientId, ...]:
    return tuple(key.recipient for info in recipients for key in info.keys)


def _cipher_name(cipher: AlgorithmIdentifier) -> str:
    row = CIPHERS.get(cipher.oid)
    return row.name if row else cipher.oid


def read_envelope(data: bytes) -> EnvelopedData | AuthEnvelopedData:
    """From a ContentInfo of type id-envelopedData or id-ct-authEnvelopedData, BER or DER.

    Raises:
        MalformedInput: `malformed-input`, `cms-malformed`, `cms-wrong-content-type`.
        LimitExceeded: `limit-exceeded` over 10,000 recipients.
    """
    content_type, element = take_content(data, ENVELOPED_DATA, AUTH_ENVELOPED_DATA)
    if content_type == AUTH_ENVELOPED_DATA:
        return _auth_enveloped(Fields.of(element, "AuthEnvelopedData"))
    return _enveloped(Fields.of(element, "EnvelopedData"))


def read_recipients(data: bytes) -> tuple[RecipientId, ...]:
    """For whom an envelope is encrypted: what a relay checks without a key. Raises as `read_envelope`."""
    return read_envelope(data).recipient_ids


def _enveloped(fields: Fields) -> EnvelopedData:
    version, recipients = _start(fields)
    content_type, cipher, encrypted = _encrypted_content(fields)
    fields.optional(der.context(1))
    fields.end()
    return EnvelopedData(version, recipients, content_type, cipher, encrypted)


def _auth_enveloped(fields: Fields) -> AuthEnvelopedData:
    version, recipients = _start(fields)
    content_type, cipher, encrypted = _encrypted_content(fields)
    element = fields.optional(der.context(1))
    mac = take_octets(fields)
    fields.optional(der.context(2))
    fields.end()
    where = "AuthEnvelopedData.authAttrs"
    attributes = Attributes.read(element, where) if element else Attributes((), where)
    return AuthEnvelopedData(version, recipients, content_type, cipher, encrypted, element, attributes, mac)


def _start(fields: Fields) -> tuple[int, tuple[RecipientInfo, ...]]:
    version = fields.take(der.INTEGER).integer()
    fields.optional(der.context(0))
    where = f"{fields.where}.recipientInfos"
    found = tuple(_recipients(bounded(fields.take(der.SET), MAX_RECIPIENTS, where), where))
    if not found:
        raise MalformedInput("cms-malformed", clause="RFC 5652 §6.1", where=where, found="no recipient")
    return version, found


def _encrypted_content(fields: Fields) -> tuple[str, AlgorithmIdentifier, TLV | None]:
    where = f"{fields.where}.encryptedContentInfo"
    inner = Fields.of(fields.take(der.SEQUENCE), where)
    content_type = inner.take(der.OID).oid()
    cipher = AlgorithmIdentifier.read(inner.take(der.SEQUENCE), f"{where}.contentEncryptionAlgorithm")
    encrypted = inner.optional(_IMPLICIT_OCTETS, der.context(0))
    inner.end()
    return content_type, cipher, encrypted


def _recipients(elements: Iterable[TLV], where: str) -> Iterator[RecipientInfo]:
    count = 0
    for index, element in enumerate(elements):
        info = _recipient(element, f"{where}[{index}]")
        count += len(info.keys)
        if count > MAX_RECIPIENTS:
            raise LimitExceeded(limit=MAX_RECIPIENTS, found="more recipients", where=where)
        yield info


def _recipient(element: TLV, where: str) -> RecipientInfo:
    if element.tag == der.SEQUENCE:
        return _key_transport(element, where)
    if element.tag == der.context(1):
        return _key_agreement(element, where)
    if element.tag not in _OTHER_KINDS:
        raise MalformedInput(
            "cms-malformed", clause="RFC 5652 §6.2", where=where, found=f"tag 0x{element.tag:02x}"
        )
    return _other(element, where)


def _key_transport(element: TLV, where: str) -> KeyTransport:
    fields = Fields.of(element, where)
    fields.take(der.INTEGER).integer()
    if found := fields.optional(_IMPLICIT_OCTETS, der.context(0)):
        named = CertificateId(subject_key_identifier=found.octets())
    else:
        named = CertificateId.read_issuer_and_serial(fields.take(der.SEQUENCE), f"{where}.rid")
    algorithm = AlgorithmIdentifier.read(fields.take(der.SEQUENCE), f"{where}.keyEncryptionAlgorithm")
    octets = take_octets(fields)
    fields.end()
    return KeyTransport(EncryptedKey(RecipientId(RecipientKind.KEY_TRANSPORT, named, algorithm), octets))


def _key_agreement(element: TLV, where: str) -> KeyAgreement:
    fields = Fields.of(element, where, tag=None)
    fields.take(der.INTEGER).integer()
    originator = _originator_key(fields.take(der.context(0)).only(), f"{where}.originator")
    material = fields.optional(der.context(1))
    algorithm = AlgorithmIdentifier.read(fields.take(der.SEQUENCE), f"{where}.keyEncryptionAlgorithm")
    listed = bounded(fields.take(der.SEQUENCE), MAX_RECIPIENTS, where)
    fields.end()
    keys = tuple(_agreed_key(key, algorithm, f"{where}.recipientEncryptedKeys") for key in listed)
    return KeyAgreement(algorithm, originator, _octets(material), keys)


def _octets(wrapped: TLV | None) -> bytes | None:
    if wrapped is None:
        return None
    fields = Fields.of(wrapped, "ukm", tag=None)
    octets = take_octets(fields)
    fields.end()
    return octets


def _originator_key(element: TLV, where: str) -> bytes | None:
    if element.tag != der.context(1):
        return None
    fields = Fields.of(element, where, tag=None)
    AlgorithmIdentifier.read(fields.take(der.SEQUENCE), where)
    key = fields.take(der.BIT_STRING).bits()
    fields.end()
    return key


def _agreed_key(element: TLV, algorithm: AlgorithmIdentifier, where: str) -> EncryptedKey:
    fields = Fields.of(element, where)
    if found := fields.optional(der.context(0)):
        inner = Fields.of(found, where, tag=None)
        named = CertificateId(subject_key_identifier=take_octets(inner))
        inner.rest()
    else:
        named = CertificateId.read_issuer_and_serial(fields.take(der.SEQUENCE), where)
    octets = take_octets(fields)
    fields.end()
    return EncryptedKey(RecipientId(RecipientKind.KEY_AGREEMENT, named, algorithm), octets)


_OTHER_KINDS: Final = {
    der.context(2): RecipientKind.KEY_ENCRYPTION_KEY,
    der.context(3): RecipientKind.PASSWORD,
    der.context(4): RecipientKind.OTHER,
}


def _other(element: TLV, where: str) -> OtherRecipient:
    fields = Fields.of(element, where, tag=None)
    kind = _OTHER_KINDS[element.tag]
    if kind is RecipientKind.OTHER:
        algorithm = AlgorithmIdentifier(fields.take(der.OID).oid())
    else:
        fields.take(der.INTEGER)
        fields.optional(der.SEQUENCE if kind is RecipientKind.KEY_ENCRYPTION_KEY else der.context(0))
        algorithm = AlgorithmIdentifier.read(fields.take(der.SEQUENCE), where)
    return OtherRecipient(EncryptedKey(RecipientId(kind, CertificateId(), algorithm), b""))


# --- writing: DER only ---


def encode_key_transport(identifier: bytes, algorithm: AlgorithmIdentifier, encrypted_key: bytes) -> bytes:
    """KeyTransRecipientInfo; `identifier` is IssuerAndSerialNumber (version 0)."""
    return der.sequence(der.integer(0), identifier, algorithm.encode(), der.octet_string(encrypted_key))


def encode_key_agreement(
    public_key_algorithm: AlgorithmIdentifier,
    public_point: bytes,
    algorithm: AlgorithmIdentifier,
    keys: Iterable[tuple[bytes, bytes]],
) -> bytes:
    """KeyAgreeRecipientInfo with an ephemeral key.

    `keys` are pairs of IssuerAndSerialNumber and encrypted key.
    """
    originator = der.sequence(public_key_algorithm.encode(), der.bit_string(public_point))
    listed = (der.sequence(identifier, der.octet_string(key)) for identifier, key in keys)
    return der.tlv(
        der.context(1),
        der.integer(3),
        der.explicit(0, der.implicit(1, originator)),
        algorithm.encode(),
        der.sequence(*listed),
    )


def encode_enveloped(
    recipients: Iterable[bytes], cipher: AlgorithmIdentifier, encrypted: bytes, *, content_type: str = DATA
) -> bytes:
    """A ContentInfo with EnvelopedData; its version follows RFC 5652 §6.1 for the recipients written here."""
    infos = list(recipients)
    version = 0 if all(info[0] == der.SEQUENCE for info in infos) else 2
    content = _encrypted_content_info(content_type, cipher, encrypted)
    return encode_content_info(ENVELOPED_DATA, der.sequence(der.integer(version), der.set_of(infos), content))


def encode_auth_enveloped(
    recipients: Iterable[bytes],
    cipher: AlgorithmIdentifier,
    encrypted: bytes,
    *,
    mac: bytes,
    attributes: bytes = b"",
    content_type: str = DATA,
) -> bytes:
    """A ContentInfo with AuthEnvelopedData.

    `attributes` is the SET OF that was authenticated, empty for none.
    """
    return encode_content_info(
        AUTH_ENVELOPED_DATA,
        der.sequence(
            der.integer(0),
            der.set_of(recipients),
            _encrypted_content_info(content_type, cipher, encrypted),
            der.implicit(1, attributes) if attributes else b"",
            der.octet_string(mac),
        ),
    )


def _encrypted_content_info(content_type: str, cipher: AlgorithmIdentifier, encrypted: bytes) -> bytes:
    return der.sequence(der.oid(content_type), cipher.encode(), der.tlv(_IMPLICIT_OCTETS, encrypted))
