"""The table of encryption: content ciphers, key wraps, key transport and key agreement, a row each.

Like the signatures of `esign.algorithms`: a message names a row, and a policy decides on the row.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import padding

from esign import der
from esign.algorithms import (
    RSA_OID,
    SHA1,
    SHA224,
    SHA256,
    SHA384,
    SHA512,
    AlgorithmIdentifier,
    Digest,
    digest_and_mask,
    read_digest_and_mask,
)
from esign.errors import UnsupportedAlgorithm


@dataclass(frozen=True, slots=True)
class ContentCipher:
    """A content-encryption algorithm.

    `key_size` in octets; `authenticated` for AES-GCM (RFC 5084), else CBC.
    """

    name: str
    oid: str
    key_size: int
    authenticated: bool


AES256_GCM: Final = ContentCipher("aes-256-gcm", "2.16.840.1.101.3.4.1.46", 32, True)
AES256_CBC: Final = ContentCipher("aes-256-cbc", "2.16.840.1.101.3.4.1.42", 32, False)
CIPHERS: Final = {
    row.oid: row
    for row in (
        ContentCipher("aes-128-gcm", "2.16.840.1.101.3.4.1.6", 16, True),
        ContentCipher("aes-192-gcm", "2.16.840.1.101.3.4.1.26", 24, True),
        AES256_GCM,
        ContentCipher("aes-128-cbc", "2.16.840.1.101.3.4.1.2", 16, False),
        ContentCipher("aes-192-cbc", "2.16.840.1.101.3.4.1.22", 24, False),
        AES256_CBC,
    )
}
CIPHER_NAMES: Final = {row.name: row for row in CIPHERS.values()}

KEY_WRAP_SIZES: Final = {
    "2.16.840.1.101.3.4.1.5": 16,
    "2.16.840.1.101.3.4.1.25": 24,
    "2.16.840.1.101.3.4.1.45": 32,
}
AES256_WRAP_OID: Final = "2.16.840.1.101.3.4.1.45"
OAEP_OID: Final = "1.2.840.113549.1.1.7"
_PSPECIFIED_OID: Final = "1.2.840.113549.1.1.9"


@dataclass(frozen=True, slots=True, eq=False)
class KeyTransportScheme:
    """An RSA key-encryption algorithm with all its parameters fixed; `padding` is that of `cryptography`."""

    name: str
    identifier: AlgorithmIdentifier
    padding: Any


PKCS1_ENCRYPTION: Final = KeyTransportScheme(
    "rsa-pkcs1", AlgorithmIdentifier(RSA_OID, der.null()), padding.PKCS1v15()
)


@lru_cache(maxsize=64)
def oaep(by: Digest, mask: Digest | None = None) -> KeyTransportScheme:
    """RSAES-OAEP with an empty label (RFC 4055 §4); `mask` is the digest of MGF1, `by` when None."""
    mask = mask or by
    scheme = padding.OAEP(padding.MGF1(mask.primitive), by.primitive, None)
    parameters = der.sequence(*digest_and_mask(by, mask))
    return KeyTransportScheme(f"rsa-oaep-{by.name}", AlgorithmIdentifier(OAEP_OID, parameters), scheme)


def key_transport_scheme(identifier: AlgorithmIdentifier) -> KeyTransportScheme:
    """The RSA key-encryption algorithm that `identifier` names.

    Raises:
        MalformedInput: `malformed-input` in the parameters.
        UnsupportedAlgorithm: `unsupported-algorithm` for another algorithm, mask function or a label.
    """
    if identifier.oid == RSA_OID:
        return PKCS1_ENCRYPTION
    if identifier.oid != OAEP_OID:
        raise UnsupportedAlgorithm(algorithm=identifier.oid, where="keyEncryptionAlgorithm")
    # RFC 4055 §4.1: absent fields mean SHA-1 and MGF1 with SHA-1; OpenSSL leaves out what is default.
    fields = der.Fields.of(der.decode(identifier.parameters or b"\x30\x00"), "RSAES-OAEP-params")
    by, mask = read_digest_and_mask(fields)
    source = fields.optional(der.context(2))
    fields.end()
    if source and AlgorithmIdentifier.read(source.only()).encode() != _EMPTY_LABEL:
        raise UnsupportedAlgorithm(algorithm="RSAES-OAEP with a label", where="pSourceAlgorithm")
    return oaep(by, mask)


_EMPTY_LABEL: Final = AlgorithmIdentifier(_PSPECIFIED_OID, der.octet_string(b"")).encode()

ECDH_KDFS: Final = {
    "1.3.133.16.840.63.0.2": SHA1,
    "1.3.132.1.11.0": SHA224,
    "1.3.132.1.11.1": SHA256,
    "1.3.132.1.11.2": SHA384,
    "1.3.132.1.11.3": SHA512,
}
"""dhSinglePass-stdDH-sha*kdf-scheme (RFC 5753 §7.1.4): X9.63 key derivation by digest."""
ECDH_SHA256_KDF_OID: Final = "1.3.132.1.11.1"
