"""EnvelopedData, AuthEnvelopedData and the kinds of RecipientInfo, written as DER."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from esign import der
from esign.algorithms import AlgorithmIdentifier
from esign.cms import DATA, encode_content_info
from esign.der.writing import header
from esign.enveloped.data import AUTH_ENVELOPED_DATA, ENVELOPED_DATA, ContentEncryption
from esign.enveloped.kinds import KEM_RECIPIENT
from esign.enveloped.recipients import IMPLICIT_OCTETS

_VERSION_0: Final = der.integer(0)
_VERSION_3: Final = der.integer(3)
_END: Final = b"\0\0"
_OTHER_KINDS: Final = frozenset({der.context(3), der.context(4)})


def encode_key_transport(identifier: bytes, algorithm: AlgorithmIdentifier, encrypted_key: bytes) -> bytes:
    """KeyTransRecipientInfo; `identifier` is IssuerAndSerialNumber (version 0)."""
    return der.sequence(_VERSION_0, identifier, algorithm.encode(), der.octet_string(encrypted_key))


def encode_key_agreement(
    public_key_algorithm: AlgorithmIdentifier,
    public_key: bytes,
    algorithm: AlgorithmIdentifier,
    keys: Iterable[tuple[bytes, bytes]],
    *,
    user_keying_material: bytes | None = None,
) -> bytes:
    """KeyAgreeRecipientInfo with an ephemeral key.

    `keys` are pairs of IssuerAndSerialNumber and encrypted key.
    """
    originator = der.sequence(public_key_algorithm.encode(), der.bit_string(public_key))
    listed = [der.sequence(identifier, der.octet_string(key)) for identifier, key in keys]
    return der.tlv(
        der.context(1),
        _VERSION_3,
        der.explicit(0, der.implicit(1, originator)),
        _material(1, user_keying_material),
        algorithm.encode(),
        der.sequence(*listed),
    )


def encode_key_encapsulation(
    identifier: bytes,
    ciphertext: bytes,
    encrypted_key: bytes,
    *,
    mechanism: AlgorithmIdentifier,
    derivation: AlgorithmIdentifier,
    key_size: int,
    wrap: AlgorithmIdentifier,
    user_keying_material: bytes | None = None,
) -> bytes:
    """OtherRecipientInfo with KEMRecipientInfo (RFC 9629 §3); `key_size` in octets."""
    value = der.sequence(
        der.integer(0),
        identifier,
        mechanism.encode(),
        der.octet_string(ciphertext),
        derivation.encode(),
        der.integer(key_size),
        _material(0, user_keying_material),
        wrap.encode(),
        der.octet_string(encrypted_key),
    )
    return der.tlv(der.context(4), der.oid(KEM_RECIPIENT), value)


def encode_shared_key(identifier: bytes, wrap: AlgorithmIdentifier, encrypted_key: bytes) -> bytes:
    """KEKRecipientInfo (RFC 5652 §6.2.3); `identifier` names the key."""
    return der.tlv(
        der.context(2),
        der.integer(4),
        der.sequence(der.octet_string(identifier)),
        wrap.encode(),
        der.octet_string(encrypted_key),
    )


def encode_password_based(
    derivation: AlgorithmIdentifier, algorithm: AlgorithmIdentifier, encrypted_key: bytes
) -> bytes:
    """PasswordRecipientInfo (RFC 5652 §6.2.4)."""
    return der.tlv(
        der.context(3),
        der.integer(0),
        der.implicit(0, derivation.encode()),
        algorithm.encode(),
        der.octet_string(encrypted_key),
    )


def _material(number: int, octets: bytes | None) -> bytes:
    return b"" if octets is None else der.explicit(number, der.octet_string(octets))


def encode_enveloped(
    recipients: Iterable[bytes],
    encryption: ContentEncryption,
    encrypted: bytes,
    *,
    content_type: str = DATA,
) -> bytes:
    """A ContentInfo with EnvelopedData."""
    infos = list(recipients)
    content = _encrypted_content_info(content_type, encryption, encrypted)
    version = der.integer(enveloped_version(infos))
    return encode_content_info(ENVELOPED_DATA, der.sequence(version, der.set_of(infos), content))


def enveloped_version(infos: Iterable[bytes]) -> int:
    """The version of EnvelopedData for the RecipientInfos written here (RFC 5652 §6.1)."""
    tags = {info[0] for info in infos}
    if tags & _OTHER_KINDS:
        return 3
    return 0 if tags == {der.SEQUENCE} else 2


def encode_auth_enveloped(
    recipients: Iterable[bytes],
    encryption: ContentEncryption,
    encrypted: bytes,
    *,
    mac: bytes,
    attributes: bytes = b"",
    content_type: str = DATA,
) -> bytes:
    """A ContentInfo with AuthEnvelopedData.

    `attributes` is the SET OF that was authenticated, empty for none.
    """
    return encode_content_info(
        AUTH_ENVELOPED_DATA,
        der.sequence(
            _VERSION_0,
            der.set_of(recipients),
            _encrypted_content_info(content_type, encryption, encrypted),
            der.implicit(1, attributes) if attributes else b"",
            der.octet_string(mac),
        ),
    )


def _encrypted_content_info(content_type: str, encryption: ContentEncryption, encrypted: bytes) -> bytes:
    return der.sequence(der.oid(content_type), encryption.encode(), der.tlv(IMPLICIT_OCTETS, encrypted))


@dataclass(frozen=True, slots=True)
class Frame:
    """The octets around an encrypted content that is made in a stream.

    The envelope is `before`, the content, `after`, the tag where there is one, and `end`.
    """

    before: bytes
    after: bytes
    end: bytes

    @classmethod
    def around(
        cls,
        size: int | None,
        recipients: Iterable[bytes],
        encryption: ContentEncryption,
        *,
        content_type: str,
        attributes: bytes,
        tag: int | None,
    ) -> Self:
        """The frame of a content of `size` octets, DER; None for one in parts, BER of indefinite lengths.

        `tag` is the size of the tag in octets, None for EnvelopedData; the parts are OCTET STRINGs.
        """
        infos = list(recipients)
        version = _VERSION_0 if tag is not None else der.integer(enveloped_version(infos))
        head, said = version + der.set_of(infos), der.oid(content_type) + encryption.encode()
        kind = der.oid(ENVELOPED_DATA if tag is None else AUTH_ENVELOPED_DATA)
        after = der.implicit(1, attributes) if attributes else b""
        after += b"" if tag is None else header(der.OCTET_STRING, tag)
        if size is None:
            outer = (der.SEQUENCE, kind), (der.context(0), b""), (der.SEQUENCE, head)
            inner = (der.SEQUENCE, said), (der.context(0), b"")
            opened = b"".join(bytes((tag, 0x80)) + octets for tag, octets in (*outer, *inner))
            return cls(opened, _END * len(inner) + after, _END * len(outer))
        behind = len(after) + (tag or 0)
        before = _begun(der.SEQUENCE, said + header(IMPLICIT_OCTETS, size), size)
        before = _begun(der.SEQUENCE, head + before, size + behind)
        before = _begun(der.SEQUENCE, kind + _begun(der.context(0), before, size + behind), size + behind)
        return cls(before, after, b"")


def _begun(tag: int, octets: bytes, more: int) -> bytes:
    """The beginning of an element that holds `octets` and `more` octets."""
    return header(tag, len(octets) + more) + octets
