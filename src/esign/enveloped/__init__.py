"""Encrypted content as it stands in CMS: EnvelopedData (RFC 5652 §6) and AuthEnvelopedData (RFC 5083),
without keys.

What a relay can know is read here: for whom the content is encrypted and by which algorithms. Opening and
making are in `esign.envelope`.

    for recipient in read_envelope(data).recipient_ids:
        recipient.names(certificate), recipient.algorithm_name
"""

from esign.enveloped.data import (
    AUTH_ENVELOPED_DATA,
    ENVELOPED_DATA,
    AuthEnvelopedData,
    ContentEncryption,
    Envelope,
    EnvelopedData,
    read_content,
    read_envelope,
    read_recipients,
)
from esign.enveloped.kinds import (
    MAX_RECIPIENTS,
    PASSWORD_KEK,
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
    agreed_wrap,
    password_cipher,
)
from esign.enveloped.streaming import EnvelopeInFile, read_envelope_file
from esign.enveloped.writing import (
    Frame,
    encode_auth_enveloped,
    encode_enveloped,
    encode_key_agreement,
    encode_key_encapsulation,
    encode_key_transport,
    encode_password_based,
    encode_shared_key,
)

__all__ = [
    "AUTH_ENVELOPED_DATA",
    "AuthEnvelopedData",
    "ContentEncryption",
    "ENVELOPED_DATA",
    "EncryptedKey",
    "Envelope",
    "EnvelopeInFile",
    "EnvelopedData",
    "Frame",
    "KeyAgreement",
    "KeyEncapsulation",
    "KeyTransport",
    "MAX_RECIPIENTS",
    "OtherRecipient",
    "PASSWORD_KEK",
    "PasswordBased",
    "RecipientId",
    "RecipientInfo",
    "RecipientKind",
    "SharedKey",
    "agreed_wrap",
    "encode_auth_enveloped",
    "encode_enveloped",
    "encode_key_agreement",
    "encode_key_encapsulation",
    "encode_key_transport",
    "encode_password_based",
    "encode_shared_key",
    "password_cipher",
    "read_content",
    "read_envelope",
    "read_envelope_file",
    "read_recipients",
]
