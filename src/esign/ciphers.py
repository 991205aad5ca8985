"""The table of encryption: content ciphers, key wraps, key transport and key encapsulation, a row each.

Like the signatures of `esign.algorithms`: a message names a row, and a policy decides on the row. How keys
are derived stands in `esign.key_derivation`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.asymmetric import mlkem, padding
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from esign import der
from esign import mlkem as own_mlkem
from esign.algorithms import (
    RSA_OID,
    AlgorithmIdentifier,
    Digest,
    digest_and_mask,
    read_digest_and_mask,
)
from esign.errors import UnsupportedAlgorithm


@dataclass(frozen=True, slots=True)
class ContentCipher:
    """A content-encryption algorithm.

    `key_size` in octets; `authenticated` for AES-GCM (RFC 5084), else CBC with blocks of `block` octets.
    """

    name: str
    oid: str
    key_size: int
    authenticated: bool
    block: int = 16

    def primitive(self, key: bytes) -> Any:
        """The block cipher of `cryptography` under `key`, which is of `key_size` octets."""
        return AES(key) if self.block == 16 else TripleDES(key)


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
TRIPLE_DES: Final = ContentCipher("des-ede3-cbc", "1.2.840.113549.3.7", 24, False, 8)
LEGACY_CIPHERS: Final = {TRIPLE_DES.oid: TRIPLE_DES}
"""What old letters are encrypted with (RFC 3370 §5.1): never made, read only where somebody asks."""


@dataclass(frozen=True, slots=True)
class KeyWrap:
    """A key-wrap algorithm; `key_size` in octets.

    `unwrap` raises `keywrap.InvalidUnwrap` or `ValueError` for what was not wrapped with the same key.
    """

    name: str
    identifier: AlgorithmIdentifier
    key_size: int
    wrap: Callable[[bytes, bytes], bytes]
    unwrap: Callable[[bytes, bytes], bytes]


_AES: Final = "2.16.840.1.101.3.4.1"
KEY_WRAPS: Final = {
    row.identifier.oid: row
    for size, plain, padded in ((16, 5, 8), (24, 25, 28), (32, 45, 48))
    for row in (
        # RFC 3394 §2.2; RFC 5649 §4
        KeyWrap(
            f"aes{8 * size}-wrap",
            AlgorithmIdentifier(f"{_AES}.{plain}"),
            size,
            keywrap.aes_key_wrap,
            keywrap.aes_key_unwrap,
        ),
        KeyWrap(
            f"aes{8 * size}-wrap-pad",
            AlgorithmIdentifier(f"{_AES}.{padded}"),
            size,
            keywrap.aes_key_wrap_with_padding,
            keywrap.aes_key_unwrap_with_padding,
        ),
    )
}
KEY_WRAP_NAMES: Final = {row.name: row for row in KEY_WRAPS.values()}
AES256_WRAP: Final = KEY_WRAP_NAMES["aes256-wrap"]


def key_wrap(identifier: AlgorithmIdentifier, where: str = "keyEncryptionAlgorithm") -> KeyWrap:
    """The key wrap that `identifier` names; its parameters are absent or NULL.

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm`.
    """
    row = KEY_WRAPS.get(identifier.oid)
    if row is None or not identifier.bare:
        raise UnsupportedAlgorithm(algorithm=identifier.oid, where=where)
    return row


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
    return _read_oaep(identifier.parameters or b"\x30\x00")


@lru_cache(maxsize=64)
def _read_oaep(parameters: bytes) -> KeyTransportScheme:
    # RFC 4055 §4.1: absent fields mean SHA-1 and MGF1 with SHA-1; OpenSSL leaves out what is default.
    fields = der.Fields.of(der.decode(parameters), "RSAES-OAEP-params")
    by, mask = read_digest_and_mask(fields)
    source = fields.optional(der.context(2))
    fields.end()
    if source and AlgorithmIdentifier.read(source.only()).encode() != _EMPTY_LABEL:
        raise UnsupportedAlgorithm(algorithm="RSAES-OAEP with a label", where="pSourceAlgorithm")
    return oaep(by, mask)


_EMPTY_LABEL: Final = AlgorithmIdentifier(_PSPECIFIED_OID, der.octet_string(b"")).encode()


@dataclass(frozen=True, slots=True, eq=False)
class KeyEncapsulationScheme:
    """A key-encapsulation mechanism; sizes in octets.

    `public` is the kind of key that it is made for, None where it is only opened; `private` those that open.
    """

    name: str
    oid: str
    ciphertext_size: int
    public: type | None
    private: tuple[type, ...]

    def opens(self, private_key: Any) -> bool:
        """Whether `private_key` is of this mechanism."""
        if isinstance(private_key, own_mlkem.PrivateKey):
            return private_key.parameters.name == self.name
        return isinstance(private_key, self.private)


KEMS: Final = {
    row.oid: row
    for row in (
        KeyEncapsulationScheme("ml-kem-512", "2.16.840.1.101.3.4.4.1", 768, None, ()),
        KeyEncapsulationScheme(
            "ml-kem-768",
            "2.16.840.1.101.3.4.4.2",
            1088,
            mlkem.MLKEM768PublicKey,
            (mlkem.MLKEM768PrivateKey,),
        ),
        KeyEncapsulationScheme(
            "ml-kem-1024",
            "2.16.840.1.101.3.4.4.3",
            1568,
            mlkem.MLKEM1024PublicKey,
            (mlkem.MLKEM1024PrivateKey,),
        ),
    )
}
"""ML-KEM (FIPS 203, RFC 9936 §3); 512 is opened and never made."""
