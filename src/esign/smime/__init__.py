"""S/MIME 4.0: messages signed, closed and opened in layers, with protected headers (RFC 8551, RFC 9788).

Pure: octets in, values out. `read` tells the layers without a key, `open` with one; who signed is asked by
verifying each layer's CMS object. A mail system enters MIME by this room.

    letter = wrap(message(header, encrypt(sign(payload, officer, at=at), mailboxes)), agency, at=at)
    opened = open(letter, [mailbox_key])
"""

from esign.envelope import RecipientId, read_envelope, read_recipients
from esign.mime import (
    ContentType,
    Disposition,
    Entity,
    Field,
    base64_leaf,
    canonical,
    decode_charset,
    decode_words,
    encode_words,
    field,
    multipart,
    readable,
    text_field,
    walk,
    with_parameters,
)
from esign.smime.layers import MAX_LAYERS, Layer, LayerKind, Layers, Opened, looks_like_message, open, read
from esign.smime.making import encrypt, message, sign, triple_wrap, wrap
from esign.smime.protection import (
    OBSCURED_SUBJECT,
    HeaderProtection,
    Protected,
    compare,
    differences,
    protect,
    read_protection,
)

__all__ = [
    "MAX_LAYERS",
    "OBSCURED_SUBJECT",
    "ContentType",
    "Disposition",
    "Entity",
    "Field",
    "HeaderProtection",
    "Layer",
    "LayerKind",
    "Layers",
    "Opened",
    "Protected",
    "RecipientId",
    "base64_leaf",
    "canonical",
    "compare",
    "decode_charset",
    "decode_words",
    "differences",
    "encode_words",
    "encrypt",
    "field",
    "looks_like_message",
    "message",
    "multipart",
    "open",
    "protect",
    "read",
    "read_envelope",
    "read_protection",
    "read_recipients",
    "readable",
    "sign",
    "text_field",
    "triple_wrap",
    "walk",
    "with_parameters",
    "wrap",
]
