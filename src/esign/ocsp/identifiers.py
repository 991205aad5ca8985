"""How OCSP names a certificate and who answers: by hashes, which name and prove nothing (RFC 6960 §4.1.1)."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from esign import der
from esign.algorithms import SHA1, AlgorithmIdentifier, Digest, digest
from esign.encoded import read_serial
from esign.errors import MalformedInput
from esign.names import Name
from esign.x509 import Certificate


@lru_cache(maxsize=1024)
def _issuer_hashes(by: Digest, name: bytes, public_key_info: bytes) -> tuple[bytes, bytes]:
    return by.of(name), by.of(_key_bits(public_key_info))


def _key_bits(public_key_info: bytes) -> bytes:
    """The value of the BIT STRING subjectPublicKey, without tag, length and unused bits."""
    fields = der.Fields.of(der.decode(public_key_info), "subjectPublicKeyInfo")
    fields.take()
    return fields.take(der.BIT_STRING).content[1:]


@dataclass(frozen=True, slots=True)
class CertID:
    """How OCSP names a certificate: hashes of its issuer's name and key, and its serial number."""

    digest_algorithm: AlgorithmIdentifier
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial_number: int

    @classmethod
    def of(cls, certificate: Certificate, issuer: Certificate, *, by: Digest = SHA1) -> Self:
        """The identifier of `certificate` by `issuer`.

        SHA-1 is the default because it is what responders index by (RFC 5019 §2.1.1): a name, not a proof.
        """
        name, key = _issuer_hashes(by, certificate.issuer.raw, issuer.public_key_info)
        identifier = AlgorithmIdentifier(by.oid, der.null())
        return cls(identifier, name, key, certificate.serial_number)

    @classmethod
    def read(cls, element: der.TLV, where: str = "CertID") -> Self:
        """From its SEQUENCE.

        Raises:
            MalformedInput: `malformed-input`, `limit-exceeded` for a serial number over 64 octets.
        """
        fields = der.Fields.of(element, where)
        algorithm = AlgorithmIdentifier.read(fields.take(der.SEQUENCE), where)
        name, key = fields.take(der.OCTET_STRING).content, fields.take(der.OCTET_STRING).content
        serial = read_serial(fields.take(der.INTEGER))
        fields.end()
        return cls(algorithm, name, key, serial)

    def encode(self) -> bytes:
        """The SEQUENCE, DER."""
        return der.sequence(
            self.digest_algorithm.encode(),
            der.octet_string(self.issuer_name_hash),
            der.octet_string(self.issuer_key_hash),
            der.integer(self.serial_number),
        )

    def is_by(self, issuer: Certificate, *, name: Name | None = None) -> bool:
        """Whether `issuer` is meant, by both hashes; `name` is how a certificate spells the issuer's name.

        Raises:
            UnsupportedAlgorithm: `unsupported-algorithm` for a hash that the table does not have.
        """
        by = digest(self.digest_algorithm)
        spellings = {(name or issuer.subject).raw, issuer.subject.raw}
        told = (self.issuer_name_hash, self.issuer_key_hash)
        return any(told == _issuer_hashes(by, raw, issuer.public_key_info) for raw in spellings)

    def names(self, certificate: Certificate, issuer: Certificate) -> bool:
        """Whether `certificate` of `issuer` is meant: serial number and both hashes agree.

        Raises:
            UnsupportedAlgorithm: `unsupported-algorithm`.
        """
        return self.serial_number == certificate.serial_number and self.is_by(issuer, name=certificate.issuer)


@dataclass(frozen=True, slots=True)
class ResponderID:
    """Who answers: by name, or by the SHA-1 of the bits of its key (RFC 6960 §4.2.2.3)."""

    name: Name | None = None
    key_hash: bytes | None = None

    @classmethod
    def of(cls, certificate: Certificate) -> Self:
        """The holder of `certificate`, by key: the shorter form."""
        return cls(key_hash=_responder_key_hash(certificate.public_key_info))

    @classmethod
    def read(cls, element: der.TLV) -> Self:
        """From its context-tagged element.

        Raises:
            MalformedInput: `malformed-input`.
        """
        if element.tag == der.context(1):
            return cls(name=Name.read(element.only(), "responderID"))
        if element.tag != der.context(2):
            raise MalformedInput(found=f"tag 0x{element.tag:02x}, wanted a responder", where="responderID")
        inner = element.only()
        if inner.tag != der.OCTET_STRING:
            raise MalformedInput(found="a key hash that is no octet string", where="responderID")
        return cls(key_hash=inner.content)

    def encode(self) -> bytes:
        """The CHOICE, DER."""
        if self.name is not None:
            return der.explicit(1, self.name.raw)
        return der.explicit(2, der.octet_string(self.key_hash or b""))

    def names(self, certificate: Certificate) -> bool:
        """Whether the holder of `certificate` is meant."""
        if self.name is not None:
            return self.name == certificate.subject
        return self.key_hash == _responder_key_hash(certificate.public_key_info)


@lru_cache(maxsize=1024)
def _responder_key_hash(public_key_info: bytes) -> bytes:
    return hashlib.sha1(_key_bits(public_key_info), usedforsecurity=False).digest()
