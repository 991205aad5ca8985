"""SignerInfo, read as received: every octet that the signature covers is kept as it came (RFC 5652 §5.3)."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from esign import der
from esign.algorithms import AlgorithmIdentifier
from esign.attributes import MAX_ATTRIBUTES, Attribute, Attributes, attributes_are_der, take_octets
from esign.cms.certificate_id import CertificateId
from esign.der import TLV, Fields, Span
from esign.errors import MalformedInput
from esign.x509 import Certificate

CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
_SHORT: Final = 1 << 10


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """One signer's part of SignedData (RFC 5652 §5.3); `raw` is the element as received.

    `signed_attributes_raw` is the field `[0]` as received; None, with `signed_attributes`, when the signature
    is over the content itself.
    """

    raw: bytes
    version: int
    sid: CertificateId
    digest_algorithm: AlgorithmIdentifier
    signed_attributes_raw: bytes | None
    signed: Attributes | None
    signature_algorithm: AlgorithmIdentifier
    signature: bytes
    unsigned: Attributes

    @classmethod
    def read(cls, element: TLV, where: str = "SignerInfo") -> "SignerInfo":
        """From its SEQUENCE.

        Raises:
            MalformedInput: `malformed-input`, `cms-malformed`.
        """
        data, tag, start, body, stop, end = element
        plain = (
            None if tag != der.SEQUENCE or stop != end else plain_signer_info(data, start, body, end, where)
        )
        return plain or cls._read(element, where)

    @classmethod
    def _read(cls, element: TLV, where: str) -> "SignerInfo":
        fields = Fields.of(element, where)
        version = fields.take(der.INTEGER).integer()
        sid = _signer_identifier(fields, where)
        digest_algorithm = AlgorithmIdentifier.read(fields.take(), f"{where}.digestAlgorithm")
        signed = fields.optional(der.context(0))
        signature_algorithm = AlgorithmIdentifier.read(fields.take(), f"{where}.signatureAlgorithm")
        signature = take_octets(fields)
        unsigned = fields.optional(der.context(1))
        fields.end()
        return cls(
            element.raw,
            version,
            sid,
            digest_algorithm,
            signed.raw if signed else None,
            Attributes.read(signed, f"{where}.signedAttrs", keep=True) if signed else None,
            signature_algorithm,
            signature,
            Attributes.read(unsigned, f"{where}.unsignedAttrs") if unsigned else Attributes(()),
        )

    @property
    def issuer(self) -> bytes | None:
        """The issuer of the signer's certificate, DER; None when it is named by key identifier."""
        return self.sid.issuer

    @property
    def serial_number(self) -> int | None:
        """The serial number of the signer's certificate."""
        return self.sid.serial_number

    @property
    def subject_key_identifier(self) -> bytes | None:
        """The key identifier of the signer's certificate."""
        return self.sid.subject_key_identifier

    def names(self, certificate: Certificate) -> bool:
        """Whether the signer identifier names `certificate`."""
        return self.sid.names(certificate)

    @property
    def signed_attributes(self) -> tuple[Attribute, ...] | None:
        """The signed attributes in received order; None when there are none."""
        return None if self.signed is None else self.signed.items

    @property
    def unsigned_attributes(self) -> tuple[Attribute, ...]:
        """The unsigned attributes in received order."""
        return self.unsigned.items

    @property
    def repeated_attributes(self) -> tuple[str, ...]:
        """The signed attributes that stand more than once, which RFC 5652 §5.3 forbids."""
        return self.signed.repeated if self.signed else ()

    @property
    def signed_attributes_are_der(self) -> bool:
        """Whether the signed attributes came as DER, which RFC 5652 §5.3 demands.

        False when there are none.
        """
        raw = self.signed_attributes_raw
        return raw is not None and self.signed is not None and attributes_are_der(raw, self.signed)

    def signed_message(self) -> bytes:
        """What the signature covers when there are signed attributes: their DER SET OF (RFC 5652 §5.4).

        Attributes that came in DER are taken as they are; others are put into DER order.

        Raises:
            MalformedInput: `signed-attributes-missing`.
        """
        if self.signed is None:
            raise self._unsigned()
        return der.set_of(self.signed.elements)

    def signed_message_as_received(self) -> bytes:
        """The signed attributes in the order that they came in, under the tag of SET OF.

        What signers who break RFC 5652 §5.4 have signed: only for a tolerance that has a name.

        Raises:
            MalformedInput: `signed-attributes-missing`.
        """
        if self.signed is None:
            raise self._unsigned()
        return der.tlv(der.SET, *self.signed.elements)

    def _unsigned(self) -> MalformedInput:
        where = "SignerInfo.signedAttrs"
        return MalformedInput("signed-attributes-missing", clause="RFC 5652 §5.3", where=where)

    def attribute(self, oid: str) -> tuple[bytes, ...] | None:
        """The values of a signed attribute; None when it is absent.

        Raises:
            MalformedInput: `attribute-repeated`.
        """
        return self.signed.get(oid) if self.signed else None

    def signed_value(self, oid: str, *tags: int) -> TLV | None:
        """The only value of a signed attribute, bearing one of `tags`; None when it is absent.

        Raises:
            MalformedInput: `attribute-repeated`, `attribute-values`, `malformed-input`.
        """
        return self.signed.one(oid, *tags) if self.signed else None

    @property
    def content_type(self) -> str | None:
        """The attribute content-type (RFC 5652 §11.1). Raises as `signed_value`."""
        value = self.signed_value(CONTENT_TYPE, der.OID)
        return value.oid() if value else None

    @property
    def message_digest(self) -> bytes | None:
        """The attribute message-digest (RFC 5652 §11.2). Raises as `signed_value`."""
        value = self.signed_value(MESSAGE_DIGEST, der.OCTET_STRING)
        return value.content if value else None

    @property
    def signing_time(self) -> datetime | None:
        """The attribute signing-time, which the signer claims (RFC 5652 §11.3). Raises as `signed_value`."""
        value = self.signed_value(SIGNING_TIME, der.UTC_TIME, der.GENERALIZED_TIME)
        return value.time() if value else None


_SHAPE: Final = (
    *(der.INTEGER, der.SEQUENCE, der.SEQUENCE, der.context(0)),
    *(der.SEQUENCE, der.OCTET_STRING, der.context(1)),
)
_NONE: Final = Attributes(())


def plain_signer_info(data: bytes, start: int, body: int, end: int, where: str) -> SignerInfo | None:
    """One of the form of nearly all: DER, named by issuer and serial number, with signed attributes.

    None for another form, and for one with a fault: the strict reader says which.
    """
    parts = der.spans(data, body, end, limit=len(_SHAPE))
    if parts is None or tuple([part[0] for part in parts]) not in (_SHAPE[:-1], _SHAPE):
        return None
    version, sid, digest, signed, algorithm, signature = parts[:6]
    elements = der.pieces(data, signed[2], signed[3], limit=MAX_ATTRIBUTES)
    number = data[version[2]]
    if elements is None or version[3] - version[2] != 1 or number >= 0x80 or sid[3] - sid[1] > _SHORT:
        return None
    of_signed, of_unsigned = _places(where)
    try:
        return SignerInfo(
            data[start:end],
            number,
            _known(data[sid[1] : sid[3]]),
            AlgorithmIdentifier.of(data[digest[1] : digest[3]]),
            data[signed[1] : signed[3]],
            Attributes.of(elements, of_signed, keep=True),
            AlgorithmIdentifier.of(data[algorithm[1] : algorithm[3]]),
            data[signature[2] : signature[3]],
            _NONE if len(parts) == 6 else Attributes.read(_tlv(data, parts[6]), of_unsigned),
        )
    except MalformedInput:
        return None


@lru_cache(maxsize=MAX_ATTRIBUTES)
def _places(where: str) -> tuple[str, str]:
    return f"{where}.signedAttrs", f"{where}.unsignedAttrs"


def _tlv(data: bytes, span: Span) -> TLV:
    tag, start, body, end = span
    return TLV(data, tag, start, body, end, end)


def _signer_identifier(fields: Fields, where: str) -> CertificateId:
    if fields.peek == der.SEQUENCE:
        element = fields.take()
        if element.end - element.start <= _SHORT:
            return _known(element.raw)
        return CertificateId.read_issuer_and_serial(element, f"{where}.sid")
    found = fields.optional(der.context(0, constructed=False), der.context(0))
    if found is None:
        raise MalformedInput(
            "cms-malformed", clause="RFC 5652 §5.3", where=f"{where}.sid", found="no signer identifier"
        )
    return CertificateId(subject_key_identifier=found.octets())


@lru_cache(maxsize=1024)
def _known(issuer_and_serial: bytes) -> CertificateId:
    """By its octets: a signer is named alike in all that it signs."""
    return CertificateId.read_issuer_and_serial(der.decode(issuer_and_serial), "SignerInfo.sid")
