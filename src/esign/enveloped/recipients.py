"""RecipientInfos read from octets, BER or DER (RFC 5652 §6.2, RFC 9629 §3)."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from esign import der
from esign.algorithms import AlgorithmIdentifier
from esign.attributes import take_octets
from esign.cms import CertificateId
from esign.der import TLV, Fields
from esign.enveloped.kinds import (
    KEM_RECIPIENT,
    MAX_RECIPIENTS,
    EncryptedKey,
    KeyAgreement,
    KeyEncapsulation,
    KeyTransport,
    OtherRecipient,
    PasswordBased,
    RecipientId,
    RecipientInfo,
    RecipientKind,
    SharedKey,
)
from esign.errors import LimitExceeded, MalformedInput

IMPLICIT_OCTETS: Final = der.context(0, constructed=False)
_MAX_KEY_OCTETS: Final = 64


def read_recipient_infos(elements: Iterable[TLV], where: str) -> Iterator[RecipientInfo]:
    """Each RecipientInfo.

    Raises:
        MalformedInput: `malformed-input`, `cms-malformed`.
        LimitExceeded: `limit-exceeded` over 10,000 recipients.
    """
    count = 0
    for index, element in enumerate(elements):
        info = _recipient_info(element, f"{where}[{index}]")
        count += len(info.keys)
        if count > MAX_RECIPIENTS:
            raise LimitExceeded(limit=MAX_RECIPIENTS, found="more recipients", where=where)
        yield info


def _recipient_info(element: TLV, where: str) -> RecipientInfo:
    reader = _READERS.get(element.tag)
    if reader is None:
        raise MalformedInput(
            "cms-malformed", clause="RFC 5652 §6.2", where=where, found=f"tag 0x{element.tag:02x}"
        )
    fields = Fields.of(element, where, tag=None)
    info = reader(fields)
    fields.end()
    return info


def _algorithm(fields: Fields, name: str) -> AlgorithmIdentifier:
    return AlgorithmIdentifier.read(fields.take(der.SEQUENCE), f"{fields.where}.{name}")


def _recipient_identifier(fields: Fields) -> CertificateId:
    if found := fields.optional(IMPLICIT_OCTETS, der.context(0)):
        return CertificateId(subject_key_identifier=found.octets())
    return CertificateId.read_issuer_and_serial(fields.take(der.SEQUENCE), f"{fields.where}.rid")


def _key_transport(fields: Fields) -> KeyTransport:
    fields.take(der.INTEGER).integer()
    named = _recipient_identifier(fields)
    algorithm = _algorithm(fields, "keyEncryptionAlgorithm")
    recipient = RecipientId(RecipientKind.KEY_TRANSPORT, named, algorithm)
    return KeyTransport(EncryptedKey(recipient, take_octets(fields)))


def _key_agreement(fields: Fields) -> KeyAgreement:
    fields.take(der.INTEGER).integer()
    where = fields.where
    originator = _originator_key(fields.take(der.context(0)).only(), f"{where}.originator")
    material = _wrapped_octets(fields.optional(der.context(1)), where)
    algorithm = _algorithm(fields, "keyEncryptionAlgorithm")
    listed = Fields.of(fields.take(der.SEQUENCE), where).rest()
    keys = tuple(_agreed_key(key, algorithm, f"{where}.recipientEncryptedKeys") for key in listed)
    return KeyAgreement(algorithm, *originator, material, keys)


def _wrapped_octets(wrapped: TLV | None, where: str) -> bytes | None:
    if wrapped is None:
        return None
    fields = Fields.of(wrapped, f"{where}.ukm", tag=None)
    octets = take_octets(fields)
    fields.end()
    return octets


def _originator_key(element: TLV, where: str) -> tuple[AlgorithmIdentifier | None, bytes | None]:
    if element.tag != der.context(1):
        return None, None
    fields = Fields.of(element, where, tag=None)
    algorithm = _algorithm(fields, "algorithm")
    key = fields.take(der.BIT_STRING).bits()
    fields.end()
    return algorithm, key


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


def _shared_key(fields: Fields) -> SharedKey:
    fields.take(der.INTEGER).integer()
    identifier = Fields.of(fields.take(der.SEQUENCE), f"{fields.where}.kekid")
    named = take_octets(identifier)
    identifier.rest()
    recipient = RecipientId(
        RecipientKind.KEY_ENCRYPTION_KEY,
        CertificateId(),
        _algorithm(fields, "keyEncryptionAlgorithm"),
        key_identifier=named,
    )
    return SharedKey(EncryptedKey(recipient, take_octets(fields)))


def _password_based(fields: Fields) -> PasswordBased:
    fields.take(der.INTEGER).integer()
    derivation = None
    if found := fields.optional(der.context(0)):
        # IMPLICIT: the fields of AlgorithmIdentifier under a tag of their own.
        derivation = AlgorithmIdentifier.read(
            der.decode(der.tlv(der.SEQUENCE, found.content)), f"{fields.where}.keyDerivationAlgorithm"
        )
    algorithm = _algorithm(fields, "keyEncryptionAlgorithm")
    further = () if derivation is None else (derivation,)
    recipient = RecipientId(RecipientKind.PASSWORD, CertificateId(), algorithm, further)
    return PasswordBased(EncryptedKey(recipient, take_octets(fields)), derivation)


def _other(fields: Fields) -> KeyEncapsulation | OtherRecipient:
    oid = fields.take(der.OID).oid()
    if oid == KEM_RECIPIENT:
        return _key_encapsulation(Fields.of(fields.take(der.SEQUENCE), f"{fields.where}.oriValue"))
    fields.rest()
    recipient = RecipientId(RecipientKind.OTHER, CertificateId(), AlgorithmIdentifier(oid))
    return OtherRecipient(EncryptedKey(recipient, b""))


def _key_encapsulation(fields: Fields) -> KeyEncapsulation:
    fields.take(der.INTEGER).integer()
    named = _recipient_identifier(fields)
    mechanism = _algorithm(fields, "kem")
    ciphertext = take_octets(fields)
    derivation = _algorithm(fields, "kdf")
    size = fields.take(der.INTEGER).integer()
    if not 1 <= size <= _MAX_KEY_OCTETS:
        raise MalformedInput(
            found=f"a key of {size} octets", clause="RFC 9629 §3", where=f"{fields.where}.kekLength"
        )
    material = _wrapped_octets(fields.optional(der.context(0)), fields.where)
    wrap = _algorithm(fields, "wrap")
    recipient = RecipientId(RecipientKind.KEY_ENCAPSULATION, named, mechanism, (derivation, wrap))
    key = EncryptedKey(recipient, take_octets(fields))
    fields.end()
    return KeyEncapsulation(key, ciphertext, derivation, size, material, wrap)


_READERS: Final[dict[int, Callable[[Fields], RecipientInfo]]] = {
    der.SEQUENCE: _key_transport,
    der.context(1): _key_agreement,
    der.context(2): _shared_key,
    der.context(3): _password_based,
    der.context(4): _other,
}
