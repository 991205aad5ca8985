"""What a recipient of an envelope is: named how, served by which algorithms (RFC 5652 §6.2, RFC 9629 §3)."""

import enum
from dataclasses import dataclass, field
from typing import Final

from esign import der
from esign.algorithms import RSA_OID, AlgorithmIdentifier
from esign.ciphers import CIPHERS, KEMS, KEY_WRAPS, LEGACY_CIPHERS, OAEP_OID, key_transport_scheme, key_wrap
from esign.cms import CertificateId
from esign.errors import MalformedInput, UnsupportedAlgorithm
from esign.key_derivation import AGREEMENTS, HKDFS, PBKDF2_OID
from esign.x509 import Certificate

MAX_RECIPIENTS: Final = 10_000
KEM_RECIPIENT: Final = "1.2.840.113549.1.9.16.13.3"
PASSWORD_KEK: Final = "1.2.840.113549.1.9.16.3.9"  # noqa: S105
"""id-ori-kem (RFC 9629 §3) and id-alg-PWRI-KEK (RFC 3211 §2.3)."""


class RecipientKind(enum.Enum):
    """How a recipient gets the key (RFC 5652 §6.2, RFC 9629 §3)."""

    KEY_TRANSPORT = "key-transport"
    KEY_AGREEMENT = "key-agreement"
    KEY_ENCAPSULATION = "key-encapsulation"
    KEY_ENCRYPTION_KEY = "key-encryption-key"
    PASSWORD = "password"  # noqa: S105
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RecipientId:
    """For whom, and how, a content is encrypted: what is known without a key.

    A recipient by shared key, by password or of another kind names no certificate: a policy must refuse what
    it cannot name. `further` are the algorithms beside the first: key derivation, key wrap.
    """

    kind: RecipientKind
    certificate_id: CertificateId
    algorithm: AlgorithmIdentifier
    further: tuple[AlgorithmIdentifier, ...] = ()
    key_identifier: bytes | None = None
    """Names the shared key of a recipient by such a key."""

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

        `rsa-oaep-sha256`, `rsa-pkcs1`, `ecdh-sha256-aes256-wrap`, `ml-kem-768-hkdf-sha256-aes256-wrap`,
        `aes256-wrap`, `pbkdf2-aes-256-cbc`, else an OID.
        """
        return _algorithm_name(self)


def _algorithm_name(recipient: RecipientId) -> str:
    algorithm = recipient.algorithm
    try:
        if recipient.kind is RecipientKind.KEY_ENCAPSULATION:
            derivation, wrap = recipient.further
            return f"{KEMS[algorithm.oid].name}-hkdf-{HKDFS[derivation.oid].name}-{key_wrap(wrap).name}"
        if recipient.kind is RecipientKind.PASSWORD:
            return f"pbkdf2-{password_cipher_name(recipient)}"
        if algorithm.oid in (RSA_OID, OAEP_OID):
            return key_transport_scheme(algorithm).name
        if algorithm.oid in KEY_WRAPS:
            return key_wrap(algorithm).name
        return f"{AGREEMENTS[algorithm.oid].name}-{key_wrap(agreed_wrap(algorithm)).name}"
    except (MalformedInput, UnsupportedAlgorithm, KeyError):
        return algorithm.oid


def password_cipher_name(recipient: RecipientId) -> str:
    """The cipher under PWRI-KEK (RFC 3211 §2.3), by the name of its row.

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm` for another key encryption or derivation.
    """
    derivation = recipient.further[0] if recipient.further else None
    if derivation is None or derivation.oid != PBKDF2_OID:
        raise UnsupportedAlgorithm(algorithm=recipient.algorithm.oid, where="keyDerivationAlgorithm")
    inner = password_cipher(recipient.algorithm)
    row = CIPHERS.get(inner.oid) or LEGACY_CIPHERS.get(inner.oid)
    if row is None:
        raise UnsupportedAlgorithm(algorithm=inner.oid, where="keyEncryptionAlgorithm")
    return row.name


def password_cipher(algorithm: AlgorithmIdentifier) -> AlgorithmIdentifier:
    """The cipher that stands in the parameters of id-alg-PWRI-KEK.

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm` for another key encryption.
        MalformedInput: `malformed-input`.
    """
    where = "keyEncryptionAlgorithm"
    if algorithm.oid != PASSWORD_KEK or algorithm.parameters is None:
        raise UnsupportedAlgorithm(algorithm=algorithm.oid, where=where)
    return AlgorithmIdentifier.read(der.decode(algorithm.parameters, where=where), where)


def agreed_wrap(algorithm: AlgorithmIdentifier) -> AlgorithmIdentifier:
    """The key-wrap algorithm that stands in the parameters of an ephemeral-static ECDH (RFC 5753 §3.1.1).

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm` for another key derivation or key wrap.
        MalformedInput: `malformed-input`.
    """
    where = "keyEncryptionAlgorithm"
    if algorithm.oid not in AGREEMENTS or algorithm.parameters is None:
        raise UnsupportedAlgorithm(algorithm=algorithm.oid, where=where)
    wrap = AlgorithmIdentifier.read(der.decode(algorithm.parameters, where=where), where)
    key_wrap(wrap, where)
    return wrap


@dataclass(frozen=True, slots=True)
class EncryptedKey:
    """The content-encryption key, encrypted for one recipient."""

    recipient: RecipientId
    octets: bytes = field(repr=False)


class _OneRecipient:
    """What each RecipientInfo for one recipient shows."""

    __slots__ = ()
    key: EncryptedKey

    @property
    def keys(self) -> tuple[EncryptedKey, ...]:
        """The one key."""
        return (self.key,)


@dataclass(frozen=True, slots=True)
class KeyTransport(_OneRecipient):
    """KeyTransRecipientInfo (RFC 5652 §6.2.1)."""

    key: EncryptedKey


@dataclass(frozen=True, slots=True)
class KeyAgreement:
    """KeyAgreeRecipientInfo (RFC 5652 §6.2.2); `originator_key` is the ephemeral public key.

    It is a point on a curve (X9.62), or the 32 octets of X25519 when `originator_algorithm` says so; None for
    a static originator, which is not supported.
    """

    algorithm: AlgorithmIdentifier
    originator_algorithm: AlgorithmIdentifier | None
    originator_key: bytes | None
    user_keying_material: bytes | None
    keys: tuple[EncryptedKey, ...]


@dataclass(frozen=True, slots=True)
class KeyEncapsulation(_OneRecipient):
    """KEMRecipientInfo (RFC 9629 §3); `key_size` is that of the key-encryption key, in octets."""

    key: EncryptedKey
    ciphertext: bytes = field(repr=False)
    derivation: AlgorithmIdentifier
    key_size: int
    user_keying_material: bytes | None
    wrap: AlgorithmIdentifier


@dataclass(frozen=True, slots=True)
class SharedKey(_OneRecipient):
    """KEKRecipientInfo (RFC 5652 §6.2.3)."""

    key: EncryptedKey


@dataclass(frozen=True, slots=True)
class PasswordBased(_OneRecipient):
    """PasswordRecipientInfo (RFC 5652 §6.2.4); `derivation` None when the key comes from elsewhere."""

    key: EncryptedKey
    derivation: AlgorithmIdentifier | None


@dataclass(frozen=True, slots=True)
class OtherRecipient(_OneRecipient):
    """A recipient of a kind that is not known (RFC 5652 §6.2.5); its octets are empty."""

    key: EncryptedKey


RecipientInfo = KeyTransport | KeyAgreement | KeyEncapsulation | SharedKey | PasswordBased | OtherRecipient
