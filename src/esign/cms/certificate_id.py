"""How CMS names a certificate: by issuer and serial number, or by subject key identifier (RFC 5652 §5.3)."""

from dataclasses import dataclass

from esign import der
from esign.der import TLV, Fields
from esign.encoded import read_serial
from esign.errors import MalformedInput
from esign.names import Name
from esign.x509 import Certificate


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
