"""Private keys: who signs (`Signer`) and who opens (`Decryptor`), from PKCS#8 and PKCS#12 and back.

An envelope may also be closed for a shared key (`KeyEncryptionKey`) or a `Password`: the same value then
makes and opens it. A key in a token or a remote service is another `SigningKey`; nothing above asks where the
key lives. Certificates are carried as DER: the rooms above read them.
"""

import base64
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm as ForeignUnsupported
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, mldsa, mlkem, rsa, x25519
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import pkcs12

from esign import der
from esign import mlkem as own_mlkem
from esign.algorithms import AlgorithmIdentifier, PrivateKey, PublicKey, SignatureScheme, default_scheme
from esign.ciphers import AES256_CBC
from esign.encoded import der_of
from esign.errors import KeyUnavailable, MalformedInput, UnsupportedAlgorithm
from esign.key_derivation import MAX_ITERATIONS

_GENERATORS: Any = {
    "p-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "rsa-2048": lambda: rsa.generate_private_key(65537, 2048),
    "rsa-3072": lambda: rsa.generate_private_key(65537, 3072),
    "rsa-4096": lambda: rsa.generate_private_key(65537, 4096),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ed448": ed448.Ed448PrivateKey.generate,
    "ml-dsa-44": mldsa.MLDSA44PrivateKey.generate,
    "ml-dsa-65": mldsa.MLDSA65PrivateKey.generate,
    "ml-dsa-87": mldsa.MLDSA87PrivateKey.generate,
    "x25519": x25519.X25519PrivateKey.generate,
    "ml-kem-768": mlkem.MLKEM768PrivateKey.generate,
    "ml-kem-1024": mlkem.MLKEM1024PrivateKey.generate,
}
KEY_NAMES = tuple(_GENERATORS)
_PBES2_OID = "1.2.840.113549.1.5.13"
_SCRYPT_OID = "1.3.6.1.4.1.11591.4.11"
_SCRYPT_COST = 1 << 14
_SCRYPT_BLOCK = 8
_PEM_KEY = re.compile(
    rb"-----BEGIN (?P<label>[A-Z ]*PRIVATE KEY)-----(?s:.{1,65536}?)-----END (?P=label)-----"
)


class SigningKey(Protocol):
    """Something that signs: a key in memory, in a token, or behind a service."""

    @property
    def public_key(self) -> PublicKey:
        """The public half."""

    def sign(self, scheme: SignatureScheme, message: bytes) -> bytes:
        """The signature over `message` by `scheme`."""


@dataclass(frozen=True, slots=True)
class SoftwareKey:
    """A private key in memory; its public half is derived once."""

    private: PrivateKey = field(repr=False)
    public_key: PublicKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "public_key", self.private.public_key())

    def sign(self, scheme: SignatureScheme, message: bytes) -> bytes:
        """The signature over `message` by `scheme`."""
        return scheme.sign(self.private, message)


@dataclass(frozen=True, slots=True)
class Signer:
    """A signing key with its certificate and the certificates above it, each DER; `scheme` is how it signs.

    A signer whose key is not the certificate's cannot be made: what it signed would be nobody's.

    Raises:
        KeyUnavailable: `key-mismatch`, `key-unavailable` when the certificate cannot be read.
    """

    key: SigningKey
    certificate: bytes
    chain: tuple[bytes, ...] = ()
    scheme: SignatureScheme | None = None
    _chosen: SignatureScheme | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        public_key = self.key.public_key
        if not _belongs(public_key, self.certificate):
            raise KeyUnavailable("key-mismatch")
        object.__setattr__(self, "_chosen", self.scheme or _default_scheme(public_key))

    @classmethod
    def from_pkcs12(cls, data: bytes, passphrase: str | bytes | None = None) -> Self:
        """From a PKCS#12 file with one key.

        Raises:
            KeyUnavailable: `key-unavailable`, `wrong-passphrase`.
        """
        private, certificate, chain = read_pkcs12(data, passphrase)
        return cls(SoftwareKey(private), certificate, chain)

    @classmethod
    def from_pem(
        cls,
        key: bytes,
        certificate: bytes,
        *,
        chain: Iterable[bytes] = (),
        passphrase: str | bytes | None = None,
    ) -> Self:
        """From a PKCS#8 key (PEM or DER) and certificates (PEM or DER).

        Raises:
            KeyUnavailable: `key-unavailable`, `wrong-passphrase`, `passphrase-needed`, `key-mismatch`.
        """
        private = load_private_key(key, passphrase)
        loaded = [_certificate(data) for data in (certificate, *chain)]
        ders = tuple(c.public_bytes(serialization.Encoding.DER) for c in loaded)
        return cls(SoftwareKey(private), ders[0], ders[1:])

    @property
    def signature_scheme(self) -> SignatureScheme:
        """The scheme it signs with: its own, or the default of its key.

        Raises:
            UnsupportedAlgorithm: `unsupported-algorithm` for a key that signs nothing.
        """
        return self._chosen or default_scheme(self.key.public_key)

    def sign(self, message: bytes) -> bytes:
        """The signature over `message`."""
        return self.key.sign(self.signature_scheme, message)


@dataclass(frozen=True, slots=True)
class Decryptor:
    """A private decryption key with its certificate, DER (None when only the key is known)."""

    private: PrivateKey = field(repr=False)
    certificate: bytes | None = None

    @classmethod
    def from_pkcs12(cls, data: bytes, passphrase: str | bytes | None = None) -> Self:
        """From a PKCS#12 file with one key.

        Raises:
            KeyUnavailable: `key-unavailable`, `wrong-passphrase`.
        """
        private, certificate, _ = read_pkcs12(data, passphrase)
        return cls(private, certificate)

    @classmethod
    def from_pem(
        cls, key: bytes, certificate: bytes | None = None, *, passphrase: str | bytes | None = None
    ) -> Self:
        """From a PKCS#8 key (PEM or DER) and its certificate (PEM or DER).

        Raises:
            KeyUnavailable: `key-unavailable`, `wrong-passphrase`, `passphrase-needed`.
        """
        loaded = None if certificate is None else _certificate(certificate)
        encoded = None if loaded is None else loaded.public_bytes(serialization.Encoding.DER)
        return cls(load_private_key(key, passphrase), encoded)


@dataclass(frozen=True, slots=True)
class KeyEncryptionKey:
    """A key that both sides hold (RFC 5652 §6.2.3): 16, 24 or 32 octets, and how the two call it.

    Raises:
        ValueError: a key of another length.
    """

    key: bytes = field(repr=False)
    identifier: bytes = b""

    def __post_init__(self) -> None:
        if len(self.key) not in (16, 24, 32):
            raise ValueError("a key-encryption key is of 16, 24 or 32 octets")


@dataclass(frozen=True, slots=True)
class Password:
    """A password that both sides know (RFC 5652 §6.2.4), UTF-8; PBKDF2 is made with so many `iterations`.

    What it protects is as strong as the password: it should be machine-made.

    Raises:
        ValueError: an empty password; iterations that would not be read again (1 to 5,000,000).
    """

    secret: str | bytes = field(repr=False)
    iterations: int = 600_000

    def __post_init__(self) -> None:
        if not self.secret:
            raise ValueError("an empty password")
        if not 1 <= self.iterations <= MAX_ITERATIONS:
            raise ValueError(f"iterations are from 1 to {MAX_ITERATIONS}")

    @property
    def octets(self) -> bytes:
        """The password as octets."""
        return self.secret.encode() if isinstance(self.secret, str) else self.secret


OpeningKey = Decryptor | KeyEncryptionKey | Password


def generate(name: str) -> PrivateKey:
    """A fresh private key of one of `KEY_NAMES`: `p-256`, `rsa-3072`, `ed25519`, `ml-dsa-65` and so on.

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm` for another name.
    """
    if name not in _GENERATORS:
        raise UnsupportedAlgorithm(algorithm=name, where="key")
    return _GENERATORS[name]()


def load_private_key(data: bytes, passphrase: str | bytes | None = None) -> PrivateKey:
    """A PKCS#8 (or traditional) private key, PEM or DER; `passphrase` is UTF-8.

    Text and certificates around a PEM block are passed over; of several keys the first is taken.

    Raises:
        KeyUnavailable: `key-unavailable`, `wrong-passphrase`, `passphrase-needed`.
    """
    secret, block = _octets(passphrase), _PEM_KEY.search(data)
    try:
        if block:
            return serialization.load_pem_private_key(block.group(), secret)
        return serialization.load_der_private_key(data, secret)
    except TypeError as e:
        if secret is None:
            raise KeyUnavailable("passphrase-needed") from e
        return load_private_key(data)
    except ForeignUnsupported as e:
        if found := _ml_kem(data):
            return found
        raise KeyUnavailable(reason="its kind is not supported") from e
    except ValueError as e:
        if found := _ml_kem(data):
            return found
        if secret is not None and (b"ENCRYPTED" in block.group() if block else _is_encrypted(data)):
            raise KeyUnavailable("wrong-passphrase") from e
        raise KeyUnavailable(reason="it is not a readable PKCS#8 key") from e


_ML_KEM: Any = {
    "2.16.840.1.101.3.4.4.1": (own_mlkem.ML_KEM_512, None),
    "2.16.840.1.101.3.4.4.2": (own_mlkem.ML_KEM_768, mlkem.MLKEM768PrivateKey.from_seed_bytes),
    "2.16.840.1.101.3.4.4.3": (own_mlkem.ML_KEM_1024, mlkem.MLKEM1024PrivateKey.from_seed_bytes),
}


def _ml_kem(data: bytes) -> PrivateKey | None:
    """The forms of ML-KEM that `cryptography` does not read; None for what is no such key.

    RFC 9935 §8: a key that comes in both forms is refused unless the seed stands for the expanded key.
    """
    try:
        (encoded,) = der_of(data, ("PRIVATE KEY",))
        fields = der.Fields.of(der.decode(encoded))
        fields.take(der.INTEGER)
        parameters, load_seed = _ML_KEM[AlgorithmIdentifier.read(fields.take(der.SEQUENCE)).oid]
        form = der.decode(fields.take(der.OCTET_STRING).content)
        seed, expanded = _seed_and_expanded(form)
        if seed is None:
            held = own_mlkem.PrivateKey(parameters, expanded)
            return held if held.is_consistent() else None
        made = own_mlkem.PrivateKey.from_seed(parameters, seed)
    except (MalformedInput, KeyError, ValueError):
        return None
    if expanded not in (b"", made.expanded):
        return None
    return made if load_seed is None else load_seed(seed)


def _seed_and_expanded(form: der.TLV) -> tuple[bytes | None, bytes]:
    """The CHOICE of RFC 9935 §6: a seed, an expanded key (else empty), or both."""
    if form.tag == der.context(0, constructed=False):
        return form.content, b""
    if form.tag == der.OCTET_STRING:
        return None, form.content
    fields = der.Fields.of(form)
    seed, expanded = fields.take(der.OCTET_STRING).content, fields.take(der.OCTET_STRING).content
    fields.end()
    return seed, expanded


def _is_encrypted(data: bytes) -> bool:
    # EncryptedPrivateKeyInfo begins with an algorithm, PrivateKeyInfo with a version (RFC 5958 §2, §3).
    try:
        return der.Fields.of(der.decode(data)).peek == der.SEQUENCE
    except MalformedInput:
        return False


def dump_private_key(key: PrivateKey, passphrase: str | bytes) -> bytes:
    """PKCS#8, PEM, encrypted under `passphrase`: PBES2 with scrypt (16 MiB) and AES-256-CBC (RFC 8018 §6.2).

    Raises:
        KeyUnavailable: `passphrase-needed` for an empty passphrase.
    """
    secret = _octets(passphrase)
    if not secret:
        raise KeyUnavailable("passphrase-needed")
    salt, vector = secrets.token_bytes(16), secrets.token_bytes(16)
    derived = Scrypt(salt, 32, _SCRYPT_COST, _SCRYPT_BLOCK, 1).derive(secret)
    encryptor, padder = Cipher(AES(derived), CBC(vector)).encryptor(), PKCS7(128).padder()
    plain = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    encrypted = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    # RFC 7914 §7.1: scrypt-params, the length of the key left out because the cipher fixes it.
    cost = (der.integer(n) for n in (_SCRYPT_COST, _SCRYPT_BLOCK, 1))
    derivation = der.sequence(der.oid(_SCRYPT_OID), der.sequence(der.octet_string(salt), *cost))
    cipher = der.sequence(der.oid(AES256_CBC.oid), der.octet_string(vector))
    scheme = der.sequence(der.oid(_PBES2_OID), der.sequence(derivation, cipher))
    return _armoured(der.sequence(scheme, der.octet_string(encrypted)))


def _armoured(data: bytes) -> bytes:
    lines = base64.encodebytes(data).replace(b"\n", b"")
    body = b"\n".join(lines[i : i + 64] for i in range(0, len(lines), 64))
    return b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + body + b"\n-----END ENCRYPTED PRIVATE KEY-----\n"


def read_pkcs12(
    data: bytes, passphrase: str | bytes | None = None
) -> tuple[PrivateKey, bytes, tuple[bytes, ...]]:
    """Private key, its certificate and the other certificates (DER) of a PKCS#12 file.

    Raises:
        KeyUnavailable: `key-unavailable`, `wrong-passphrase`.
    """
    try:
        bundle = pkcs12.load_pkcs12(data, _octets(passphrase))
    except (ForeignUnsupported, TypeError) as e:
        raise KeyUnavailable(reason="its kind is not supported") from e
    except ValueError as e:
        wrong = "password" in str(e).lower()
        raise (
            KeyUnavailable("wrong-passphrase")
            if wrong
            else KeyUnavailable(reason="it is not a readable PKCS#12 file")
        ) from e
    if bundle.key is None or bundle.cert is None:
        raise KeyUnavailable(reason="the PKCS#12 file holds no key with its certificate")
    encode = serialization.Encoding.DER
    others = tuple(c.certificate.public_bytes(encode) for c in bundle.additional_certs)
    return bundle.key, bundle.cert.certificate.public_bytes(encode), others


def write_pkcs12(
    key: PrivateKey,
    certificate: bytes,
    *,
    passphrase: str | bytes,
    name: str = "",
    chain: Iterable[bytes] = (),
    compatible: bool = False,
) -> bytes:
    """A PKCS#12 file: PBES2 with AES-256, or (`compatible`) 3DES and SHA-1 for readers before 2020.

    The MAC of the format is cheap to guess against: the passphrase should be machine-made.

    Raises:
        KeyUnavailable: `passphrase-needed`, `key-unavailable` for a broken certificate, `key-mismatch`.
        UnsupportedAlgorithm: `unsupported-algorithm` for a kind of key that the format cannot hold (ML-DSA).
    """
    secret = _octets(passphrase)
    if not secret:
        raise KeyUnavailable("passphrase-needed")
    chosen: serialization.KeySerializationEncryption = serialization.BestAvailableEncryption(secret)
    if compatible:
        chosen = (
            serialization.PrivateFormat.PKCS12.encryption_builder()
            .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
            .hmac_hash(hashes.SHA1())  # noqa: S303
            .build(secret)
        )
    if not _belongs(key.public_key(), certificate):
        raise KeyUnavailable("key-mismatch")
    own, others = _certificate(certificate), [_certificate(c) for c in chain]
    try:
        return pkcs12.serialize_key_and_certificates(name.encode() or None, key, own, others or None, chosen)
    except TypeError as e:
        raise UnsupportedAlgorithm(algorithm=type(key).__name__, where="PKCS#12") from e


def _certificate(data: bytes) -> x509.Certificate:
    pem = b"-----BEGIN" in data and data[:1] != b"\x30"
    try:
        return x509.load_pem_x509_certificate(data) if pem else x509.load_der_x509_certificate(data)
    except ValueError as e:
        raise KeyUnavailable(reason="its certificate cannot be read") from e


def _belongs(public_key: PublicKey, certificate: bytes) -> bool:
    try:
        return bool(_certificate(certificate).public_key() == public_key)
    except (ValueError, ForeignUnsupported) as e:
        raise KeyUnavailable(reason="the key of its certificate is of an unknown kind") from e


def _default_scheme(public_key: PublicKey) -> SignatureScheme | None:
    try:
        return default_scheme(public_key)
    except UnsupportedAlgorithm:
        return None


def _octets(passphrase: str | bytes | None) -> bytes | None:
    return passphrase.encode() if isinstance(passphrase, str) else passphrase
