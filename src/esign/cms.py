"""Cryptographic Message Syntax: ContentInfo and SignedData, read as received and written as DER (RFC 5652).

Reading takes BER and DER and judges nothing: it keeps every octet that a signature covers as it came, and
says what is there. Whether attributes suffice, digests agree and signatures hold is asked in
`esign.validation`. What is encrypted stands in `esign.enveloped`.

    signed = SignedData.read(read_pem_or_der(data))
    signed.signer_infos[0].signing_time
"""

import binascii
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from esign import der
from esign.algorithms import AlgorithmIdentifier
from esign.attributes import (
    Attribute,
    Attributes,
    attributes_are_der,
    attributes_to_sign,
    bounded,
    take_octets,
)
from esign.der import TLV, Fields
from esign.encoded import read_serial, reported_as, single
from esign.errors import LimitExceeded, MalformedInput
from esign.names import Name
from esign.x509 import Certificate

DATA: Final = "1.2.840.113549.1.7.1"
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
OCSP_RESPONSE: Final = "1.3.6.1.5.5.7.16.2"

MAX_SIGNERS: Final = 250
MAX_CERTIFICATES: Final = 1_000
MAX_SIGNED_ATTRIBUTES: Final = 1 << 21
"""Octets of the signed attributes of all signers, each element of which is looked at."""
_LABELS: Final = ("CMS", "PKCS7")
_LINE: Final = 64


@dataclass(frozen=True, slots=True)
class CertificateId:
    """How CMS names a certificate: by issuer (DER) and serial number, or by subject key identifier."""

    issuer: bytes | None = None
    serial_number: int | None = None
    subject_key_identifier: bytes | None = None

    @classmethod
    def read_issuer_and_serial(cls, element: TLV, where: str) -> "CertificateId":
        """From IssuerAndSerialNumber (RFC 5652 §10.2.4)."""
        fields = Fields.of(element, where)
        issuer, serial = fields.take(der.SEQUENCE).raw, read_serial(fields.take(der.INTEGER))
        fields.end()
        return cls(issuer, serial)

    def names(self, certificate: Certificate) -> bool:
        """Whether `certificate` is meant.

        Names are compared as RFC 5280 §7.1 says; a broken one names nothing.
        """
        if self.subject_key_identifier is not None:
            return self.subject_key_identifier == certificate.subject_key_identifier
        if self.issuer is None or self.serial_number != certificate.serial_number:
            return False
        return self.issuer == certificate.issuer.raw or _same_name(self.issuer, certificate.issuer)


def _same_name(raw: bytes, name: Name) -> bool:
    try:
        return Name.read(der.decode(raw)) == name
    except MalformedInput:
        return False


def issuer_and_serial(certificate: Certificate) -> bytes:
    """IssuerAndSerialNumber of a certificate, DER."""
    return der.sequence(certificate.issuer.raw, der.integer(certificate.serial_number))


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
            Attributes.read(signed, f"{where}.signedAttrs") if signed else None,
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
        return raw is not None and attributes_are_der(der.decode(raw))

    def signed_message(self) -> bytes:
        """What the signature covers when there are signed attributes: their DER SET OF (RFC 5652 §5.4).

        Attributes that came in DER are taken as they are; others are put into DER order.

        Raises:
            MalformedInput: `signed-attributes-missing`.
        """
        return attributes_to_sign(self._signed_element())

    def signed_message_as_received(self) -> bytes:
        """The signed attributes in the order that they came in, under the tag of SET OF.

        What signers who break RFC 5652 §5.4 have signed: only for a tolerance that has a name.

        Raises:
            MalformedInput: `signed-attributes-missing`.
        """
        return der.tlv(der.SET, self._signed_element().content)

    def _signed_element(self) -> TLV:
        if self.signed_attributes_raw is None:
            raise MalformedInput(
                "signed-attributes-missing", clause="RFC 5652 §5.3", where="SignerInfo.signedAttrs"
            )
        return der.decode(self.signed_attributes_raw)

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


def _signer_identifier(fields: Fields, where: str) -> CertificateId:
    if fields.peek == der.SEQUENCE:
        return CertificateId.read_issuer_and_serial(fields.take(), f"{where}.sid")
    found = fields.optional(der.context(0, constructed=False), der.context(0))
    if found is None:
        raise MalformedInput(
            "cms-malformed", clause="RFC 5652 §5.3", where=f"{where}.sid", found="no signer identifier"
        )
    return CertificateId(subject_key_identifier=found.octets())


@dataclass(frozen=True, slots=True)
class SignedData:
    """SignedData (RFC 5652 §5.1): `raw` is the whole ContentInfo as received.

    `content` is None when it is detached. `certificates`, `crls` and `ocsp` (OCSPResponse of RFC 5940 §2) are
    the octets of each, unparsed; attribute certificates and other kinds are left out.
    """

    raw: bytes
    version: int
    digest_algorithms: tuple[AlgorithmIdentifier, ...]
    content_type: str
    content: bytes | None
    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    signer_infos: tuple[SignerInfo, ...]
    ocsp: tuple[bytes, ...] = ()

    @classmethod
    def read(cls, data: bytes) -> "SignedData":
        """From a ContentInfo of type id-signedData, BER or DER, without octets after it.

        Raises:
            MalformedInput: `malformed-input`, `cms-malformed`, `cms-wrong-content-type`.
            LimitExceeded: `limit-exceeded` over 250 signers, 1,000 certificates or lists, 2 MiB of signed
                attributes.
        """
        fields = Fields.of(take_content(data, SIGNED_DATA)[1], "SignedData")
        version = fields.take(der.INTEGER).integer()
        algorithms = bounded(fields.take(der.SET), MAX_SIGNERS, "SignedData.digestAlgorithms")
        content_type, content = _encapsulated(fields.take(der.SEQUENCE))
        certificates = _sequences(fields.optional(der.context(0)), "SignedData.certificates")
        revocations = fields.optional(der.context(1))
        crls = _sequences(revocations, "SignedData.crls")
        signers = bounded(fields.take(der.SET), MAX_SIGNERS, "SignedData.signerInfos")
        fields.end()
        return cls(
            data,
            version,
            tuple(AlgorithmIdentifier.read(a, "SignedData.digestAlgorithms") for a in algorithms),
            content_type,
            content,
            certificates,
            crls,
            tuple(_signer_infos(signers)),
            _ocsp_responses(revocations, "SignedData.crls"),
        )


def _signer_infos(elements: Iterable[TLV]) -> Iterator[SignerInfo]:
    octets = 0
    for number, element in enumerate(elements):
        where = f"SignedData.signerInfos[{number}]"
        info = SignerInfo.read(element, where)
        octets += len(info.signed_attributes_raw or b"")
        if octets > MAX_SIGNED_ATTRIBUTES:
            raise LimitExceeded(limit=MAX_SIGNED_ATTRIBUTES, found="more signed attributes", where=where)
        yield info


def _encapsulated(element: TLV) -> tuple[str, bytes | None]:
    where = "SignedData.encapContentInfo"
    fields = Fields.of(element, where)
    content_type = fields.take(der.OID).oid()
    wrapped = fields.optional(der.context(0))
    fields.end()
    if wrapped is None:
        return content_type, None
    content = wrapped.only()
    if content.tag not in (der.OCTET_STRING, der.OCTET_STRING | der.CONSTRUCTED):
        raise MalformedInput(
            "cms-malformed", clause="RFC 5652 §5.2", where=where, found="content that is no octet string"
        )
    return content_type, content.octets()


def _sequences(parent: TLV | None, where: str) -> tuple[bytes, ...]:
    if parent is None:
        return ()
    return tuple(e.raw for e in bounded(parent, MAX_CERTIFICATES, where) if e.tag == der.SEQUENCE)


def _ocsp_responses(parent: TLV | None, where: str) -> tuple[bytes, ...]:
    """OtherRevocationInfoFormat of the kind id-ri-ocsp-response (RFC 5652 §10.2.1, RFC 5940 §2)."""
    found: list[bytes] = []
    for element in () if parent is None else bounded(parent, MAX_CERTIFICATES, where):
        if element.tag == der.context(1):
            fields = Fields(element.children(), where)
            kind, value = fields.take(der.OID).oid(), fields.take()
            fields.end()
            found += (value.raw,) if kind == OCSP_RESPONSE else ()
    return tuple(found)


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
    if content_type not in wanted:
        raise MalformedInput(
            "cms-wrong-content-type",
            clause="RFC 5652 §3",
            where="ContentInfo.contentType",
            found=content_type,
            wanted=" or ".join(wanted),
        )
    return content_type, content


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


# --- writing: DER only ---


def encode_content_info(content_type: str, content: bytes) -> bytes:
    """ContentInfo over an encoded content."""
    return der.sequence(der.oid(content_type), der.explicit(0, content))


def encode_signer_info(
    identifier: bytes,
    attributes: bytes,
    sign: Callable[[bytes], bytes],
    *,
    digest_algorithm: AlgorithmIdentifier,
    signature_algorithm: AlgorithmIdentifier,
) -> bytes:
    """SignerInfo version 1.

    `identifier` is IssuerAndSerialNumber, `attributes` the SET OF that `sign` is given.
    """
    return der.sequence(
        der.integer(1),
        identifier,
        digest_algorithm.encode(),
        der.implicit(0, attributes),
        signature_algorithm.encode(),
        der.octet_string(sign(attributes)),
    )


def encode_signed_data(
    content: bytes | None,
    *,
    digest_algorithms: Iterable[AlgorithmIdentifier],
    certificates: Iterable[bytes],
    signer_infos: Iterable[bytes],
    content_type: str = DATA,
) -> bytes:
    """A ContentInfo with SignedData, DER; `content` None means detached.

    The version follows RFC 5652 §5.1 for X.509 certificates and signers of version 1.
    """
    encapsulated = () if content is None else (der.explicit(0, der.octet_string(content)),)
    held = sorted(set(certificates))
    return encode_content_info(
        SIGNED_DATA,
        der.sequence(
            der.integer(1 if content_type == DATA else 3),
            der.set_of({algorithm.encode() for algorithm in digest_algorithms}),
            der.sequence(der.oid(content_type), *encapsulated),
            *((der.tlv(der.context(0), *held),) if held else ()),
            der.set_of(signer_infos),
        ),
    )
