"""What we encrypt, one envelope of each kind, and for whom: the rows of the matrix of envelopes.

made = envelopes()
made["p-256-aes-256-gcm"].envelope
"""

from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives import serialization

from esign import envelope, keys
from esign.keys import KeyEncryptionKey, OpeningKey, Password
from tests.esign.people import Holder, issue, root
from tests.interop.samples import DOCUMENT

CURVES = ("p-256", "p-384", "p-521", "x25519")
MECHANISMS = ("ml-kem-768", "ml-kem-1024")
HOLDERS = ("rsa-3072", *CURVES, *MECHANISMS)
PASSWORD = Password("correct horse battery staple", 10_000)
SHARED = KeyEncryptionKey(bytes(range(32)), b"desk 7")


@dataclass(frozen=True, slots=True)
class Enveloped:
    """An envelope, and the name of a key that opens it: a kind of `HOLDERS`, `password` or `shared-key`."""

    name: str
    envelope: bytes
    opener: str


@cache
def holder(kind: str) -> Holder:
    """The one recipient of a run with a key of `kind`."""
    usage = "key_agreement" if kind in CURVES else "key_encipherment"
    return issue(keys.generate(kind), f"Reader {kind}", usage, issuer=root())


def opening_key(opener: str) -> OpeningKey:
    """What opens an envelope for `opener`."""
    if opener == "password":
        return PASSWORD
    return SHARED if opener == "shared-key" else holder(opener).decryptor


@cache
def envelopes() -> dict[str, Enveloped]:
    """Every kind of envelope that we make, by name."""
    found = [_sealed(kind, cipher) for kind in ("rsa-3072", "p-256") for cipher in _CIPHERS]
    others = (*HOLDERS[2:], "password", "shared-key")
    found += [_sealed(kind, cipher) for kind in others for cipher in _LONG]
    found += [_with_material(cipher) for cipher in _LONG]
    found += [_derived(kind) for kind in ("rsa-3072", "p-256", "ml-kem-768")]
    found += [_many(opener) for opener in ("rsa-3072", "p-256", "ml-kem-768")]
    return {one.name: one for one in found}


_CIPHERS = tuple(f"aes-{size}-{mode}" for mode in ("gcm", "cbc") for size in (128, 192, 256))
_LONG = ("aes-256-gcm", "aes-256-cbc")


def _recipient(opener: str) -> envelope.Recipient:
    key = opening_key(opener)
    return key if isinstance(key, Password | KeyEncryptionKey) else holder(opener).certificate


def _sealed(opener: str, cipher: str) -> Enveloped:
    name = f"{opener}-{cipher}"
    return Enveloped(name, envelope.encrypt(DOCUMENT, [_recipient(opener)], cipher=cipher), opener)


def _derived(kind: str) -> Enveloped:
    made = envelope.encrypt(DOCUMENT, [_recipient(kind)], derive_key=True)
    return Enveloped(f"{kind}-derived-key", made, kind)


def _many(opener: str) -> Enveloped:
    """For all kinds of keys at once, to be opened with one of them."""
    made = envelope.encrypt(DOCUMENT, [_recipient(kind) for kind in HOLDERS], cipher="aes-256-cbc")
    return Enveloped(f"all-opened-with-{opener}", made, opener)


def _with_material(cipher: str) -> Enveloped:
    made = envelope.encrypt(DOCUMENT, [_recipient("p-256")], cipher=cipher, user_keying_material=bytes(32))
    return Enveloped(f"p-256-keying-material-{cipher}", made, "p-256")


def key_pem(kind: str) -> bytes:
    """The private key of a holder, PKCS#8 without a passphrase."""
    octets: bytes = holder(kind).private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return octets
