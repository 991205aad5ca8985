"""Content encrypted for the holders of certificates, of shared keys and of passwords, and opened with theirs.

AES-GCM makes AuthEnvelopedData (RFC 5083, RFC 5084), AES-CBC EnvelopedData (RFC 5652 §6). RSA recipients get
the key by RSAES-OAEP with SHA-256 (RFC 3560), recipients on a curve by ephemeral-static ECDH (RFC 5753,
RFC 8418), one ephemeral key for all on one curve, recipients with ML-KEM by key encapsulation (RFC 9629,
RFC 9936). RSA with PKCS#1 v1.5 is opened and never made. Whether a certificate is valid and is the
recipient's is asked in `esign.validation`; whether CBC, which nothing authenticates, is acceptable, a policy
says.

    data = encrypt(content, [Certificate.load(pem)])
    decrypt(data, [Decryptor.from_pem(key, certificate)]).content
"""

from esign.envelope.nested import open_with_both, protect_with_both
from esign.envelope.opening import AUTHENTICATED_CIPHERS, Decrypted, decrypt, open_envelope
from esign.envelope.profile import Profile, capabilities_of, choose_profile
from esign.envelope.recipients import Recipient
from esign.envelope.sealing import encrypt
from esign.envelope.streaming import Opening, encrypt_into, open_file
from esign.enveloped import RecipientId, read_envelope, read_envelope_file, read_recipients

__all__ = [
    "AUTHENTICATED_CIPHERS",
    "Decrypted",
    "Opening",
    "Profile",
    "Recipient",
    "RecipientId",
    "capabilities_of",
    "choose_profile",
    "decrypt",
    "encrypt",
    "encrypt_into",
    "open_file",
    "open_envelope",
    "open_with_both",
    "protect_with_both",
    "read_envelope",
    "read_envelope_file",
    "read_recipients",
]
