"""ContentInfo: what kind of CMS object it is, in BER, DER and PEM (RFC 5652 §3)."""

import binascii
from typing import Final

from esign import der
from esign.der import TLV, Fields
from esign.encoded import reported_as, single
from esign.errors import MalformedInput

DATA: Final = "1.2.840.113549.1.7.1"
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_LABELS: Final = ("CMS", "PKCS7")
_LINE: Final = 64


def _content_info(data: bytes) -> tuple[str, TLV]:
    fields = Fields.of(der.decode(data, where="ContentInfo"), "ContentInfo")
    content_type, content = fields.take(der.OID).oid(), fields.take(der.context(0)).only()
    fields.end()
    return content_type, content


def content_info_type(data: bytes) -> str:
    """The content type of a ContentInfo, BER or DER (RFC 5652 §3).

    Raises:
        MalformedInput: `malformed-input`.
    """
    return _content_info(data)[0]


def take_content(data: bytes, *wanted: str) -> tuple[str, TLV]:
    """Type and content of a ContentInfo whose type must be one of `wanted`.

    Raises:
        MalformedInput: `malformed-input`, `cms-wrong-content-type`.
    """
    content_type, content = _content_info(data)
    require_type(content_type, *wanted)
    return content_type, content


def require_type(found: str, *wanted: str) -> None:
    """The content type `found` must be one of `wanted`.

    Raises:
        MalformedInput: `cms-wrong-content-type`.
    """
    if found not in wanted:
        raise MalformedInput(
            "cms-wrong-content-type",
            clause="RFC 5652 §3",
            where="ContentInfo.contentType",
            found=found,
            wanted=" or ".join(wanted),
        )


def read_pem_or_der(data: bytes) -> bytes:
    """The octets of one CMS object: DER or BER as it is, PEM (`CMS` or `PKCS7`) decoded (RFC 7468 §8, §9).

    Raises:
        MalformedInput: `cms-malformed` when it is neither, or PEM without exactly one such block.
    """
    with reported_as("cms-malformed"):
        return single(data, _LABELS)


def to_pem(data: bytes) -> bytes:
    """One CMS object as PEM with the label `CMS` (RFC 7468 §9)."""
    text = binascii.b2a_base64(data, newline=False)
    lines = [text[i : i + _LINE] for i in range(0, len(text), _LINE)]
    return b"\n".join((b"-----BEGIN CMS-----", *lines, b"-----END CMS-----", b""))


def encode_content_info(content_type: str, content: bytes) -> bytes:
    """ContentInfo over an encoded content."""
    return der.sequence(der.oid(content_type), der.explicit(0, content))
