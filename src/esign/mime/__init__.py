"""MIME entities on octets: read strictly, kept as received, written canonically (RFC 5322, RFC 2045).

An `Entity` is the octets that were signed or sent, cut at the places where the grammar says so and nowhere
else. What two readers could take for two different things is refused: another reader's idea of a part is how
a forged text gets under a good signature. The library's own `email` package is not used: it mends, and
mending hides.

>>> Entity.read(b"Content-Type: text/plain; charset=utf-8\\r\\n\\r\\nhello\\r\\n").content_type.media_type
'text/plain'
"""

from esign.mime.addresses import Mailbox, read_date, read_mailboxes
from esign.mime.entity import (
    MAX_DEPTH,
    MAX_FIELDS,
    MAX_HEADER_OCTETS,
    MAX_LINE_OCTETS,
    MAX_PARTS,
    Entity,
    Field,
    Multipart,
    canonical,
    walk,
)
from esign.mime.text import decode_charset, decode_words, encode_words, readable
from esign.mime.transfer import decode_transfer, split_base64
from esign.mime.values import ContentType, Disposition
from esign.mime.write import base64_leaf, field, multipart, text_field, with_parameters

__all__ = [
    "MAX_DEPTH",
    "MAX_FIELDS",
    "MAX_HEADER_OCTETS",
    "MAX_LINE_OCTETS",
    "MAX_PARTS",
    "ContentType",
    "Disposition",
    "Entity",
    "Field",
    "Mailbox",
    "Multipart",
    "base64_leaf",
    "canonical",
    "decode_charset",
    "decode_transfer",
    "decode_words",
    "encode_words",
    "field",
    "multipart",
    "read_date",
    "read_mailboxes",
    "readable",
    "split_base64",
    "text_field",
    "walk",
    "with_parameters",
]
