"""RecipientInfos made: the content-encryption key for each of those who may open an envelope."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa

from esign import cms, der, enveloped
from esign.algorithms import SHA256, AlgorithmIdentifier
from esign.ciphers import (
    AES256_CBC,
    AES256_WRAP,
    KEMS,
    KEY_WRAP_NAMES,
    KeyEncapsulationScheme,
    oaep,
)
from esign.envelope import password
from esign.envelope.agreement import CURVES, agreed_key, curve_name, encode_public_key, shared_info
from esign.enveloped import PASSWORD_KEK
from esign.errors import RecipientRefused
from esign.key_derivation import HKDF_SHA256_OID, PasswordDerivation, hkdf
from esign.keys import KeyEncryptionKey, Password
from esign.x509 import Certificate

Recipient = Certificate | KeyEncryptionKey | Password

MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 16_384
_TRANSPORT: Final = oaep(SHA256)
_SALT: Final = 16
_RSA: Final = "rsa"


@dataclass(frozen=True, slots=True, eq=False)
class _Holder:
    """A certificate as one encrypts for it: what it is named by, its key, and how that key is served."""

    identifier: bytes
    public: Any
    served: str
    mechanism: KeyEncapsulationScheme | None = None


def recipient_infos(
    recipients: Iterable[Recipient], key: bytes, *, user_keying_material: bytes | None = None
) -> list[bytes]:
    """A RecipientInfo for each recipient; one for all on one curve, with one ephemeral key.

    Raises:
        RecipientRefused: `recipient-key-usage`, `recipient-key-kind`, `recipient-key-size`.
        UnsupportedAlgorithm: `unsupported-algorithm` for a key that is not known.
    """
    made: list[bytes] = []
    agreeing: dict[str, list[_Holder]] = {}
    for recipient in recipients:
        if isinstance(recipient, Certificate):
            holder = _holder(recipient)
            if holder.served == _RSA:
                encrypted = holder.public.encrypt(key, _TRANSPORT.padding)
                made.append(
                    enveloped.encode_key_transport(holder.identifier, _TRANSPORT.identifier, encrypted)
                )
            elif holder.mechanism is not None:
                made.append(_encapsulated(holder, holder.mechanism, key, user_keying_material))
            else:
                agreeing.setdefault(holder.served, []).append(holder)
        elif isinstance(recipient, KeyEncryptionKey):
            made.append(_shared(recipient, key))
        else:
            made.append(_password_based(recipient, key))
    made += [_agreed(name, holders, key, user_keying_material) for name, holders in agreeing.items()]
    return made


@lru_cache(maxsize=1024)
def _holder(certificate: Certificate) -> _Holder:
    public, identifier = certificate.public_key, cms.issuer_and_serial(certificate)
    if isinstance(public, rsa.RSAPublicKey):
        _demand(certificate, "keyEncipherment", "RFC 5280 §4.2.1.3")
        if not MIN_RSA_BITS <= public.key_size <= MAX_RSA_BITS:
            raise RecipientRefused(
                "recipient-key-size", subject=certificate.subject.text, found=public.key_size
            )
        return _Holder(identifier, public, _RSA)
    if (curve := curve_name(public)) in CURVES:
        _demand(certificate, "keyAgreement", "RFC 5280 §4.2.1.3")
        return _Holder(identifier, public, curve)
    for mechanism in KEMS.values():
        if mechanism.public is not None and isinstance(public, mechanism.public):
            _demand(certificate, "keyEncipherment", "RFC 9935 §5")
            return _Holder(identifier, public, mechanism.name, mechanism)
    raise RecipientRefused("recipient-key-kind", subject=certificate.subject.text)


def _demand(certificate: Certificate, usage: str, clause: str) -> None:
    allowed = certificate.key_usage
    if allowed is not None and usage not in allowed:
        raise RecipientRefused(clause=clause, subject=certificate.subject.text, wanted=usage)


def is_post_quantum(certificate: Certificate) -> bool:
    """Whether what is encrypted for it withstands a quantum computer: its key is of ML-KEM.

    Raises:
        RecipientRefused, UnsupportedAlgorithm: as `recipient_infos`.
    """
    return _holder(certificate).mechanism is not None


def _agreed(name: str, holders: Sequence[_Holder], key: bytes, material: bytes | None) -> bytes:
    curve, wrap = CURVES[name], AES256_WRAP
    ephemeral = curve.generate()
    info = shared_info(wrap.identifier, wrap.key_size, material)
    return enveloped.encode_key_agreement(
        curve.public_key_algorithm,
        encode_public_key(ephemeral.public_key()),
        curve.algorithm,
        [
            (
                holder.identifier,
                wrap.wrap(agreed_key(ephemeral, holder.public, curve.scheme, wrap=wrap, info=info), key),
            )
            for holder in holders
        ],
        user_keying_material=material,
    )


def _encapsulated(
    holder: _Holder, mechanism: KeyEncapsulationScheme, key: bytes, material: bytes | None
) -> bytes:
    secret, ciphertext = holder.public.encapsulate()
    wrap = AES256_WRAP
    kek = hkdf(SHA256, secret, wrap.key_size, info=kem_info(wrap.identifier, wrap.key_size, material))
    return enveloped.encode_key_encapsulation(
        holder.identifier,
        ciphertext,
        wrap.wrap(kek, key),
        mechanism=AlgorithmIdentifier(mechanism.oid),
        derivation=AlgorithmIdentifier(HKDF_SHA256_OID),
        key_size=wrap.key_size,
        wrap=wrap.identifier,
        user_keying_material=material,
    )


def kem_info(wrap: AlgorithmIdentifier, key_size: int, material: bytes | None) -> bytes:
    """CMSORIforKEMOtherInfo, DER (RFC 9629 §5): what the derivation binds; `key_size` in octets."""
    ukm = b"" if material is None else der.explicit(0, der.octet_string(material))
    return der.sequence(wrap.encode(), der.integer(key_size), ukm)


def _shared(recipient: KeyEncryptionKey, key: bytes) -> bytes:
    wrap = KEY_WRAP_NAMES[f"aes{8 * len(recipient.key)}-wrap"]
    return enveloped.encode_shared_key(recipient.identifier, wrap.identifier, wrap.wrap(recipient.key, key))


def _password_based(recipient: Password, key: bytes) -> bytes:
    derivation = PasswordDerivation(secrets.token_bytes(_SALT), recipient.iterations)
    vector = secrets.token_bytes(AES256_CBC.block)
    kek = derivation.derive(recipient.octets, AES256_CBC.key_size)
    inner = AlgorithmIdentifier(AES256_CBC.oid, der.octet_string(vector))
    return enveloped.encode_password_based(
        derivation.encode(),
        AlgorithmIdentifier(PASSWORD_KEK, inner.encode()),
        password.wrap(AES256_CBC, kek, vector, key),
    )
