"""OCSPRequest: which certificates are asked about, and the nonce (RFC 6960 §4.1, RFC 9654)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Self

from esign import der
from esign.algorithms import SHA1, Digest
from esign.attributes import bounded
from esign.encoded import reported_as
from esign.errors import LimitExceeded, MalformedInput
from esign.extensions import Extension, wrapped_extensions
from esign.ocsp.identifiers import CertID
from esign.x509 import Certificate

NONCE: Final = "1.3.6.1.5.5.7.48.1.2"
MAX_REQUEST: Final = 1 << 16
MAX_QUESTIONS: Final = 250
MAX_NONCE: Final = 128


@dataclass(frozen=True, slots=True)
class OCSPRequest:
    """A question about certificates (RFC 6960 §4.1); `raw` as received, empty for one that is to be written.

    `is_signed` says that a signature stands there: it is not checked. `nonce` is None when there is none.
    """

    certificates: tuple[CertID, ...]
    nonce: bytes | None = None
    extensions: tuple[Extension, ...] = ()
    is_signed: bool = False
    raw: bytes = field(default=b"", repr=False)

    @classmethod
    def about(
        cls,
        certificates: Iterable[Certificate],
        issuer: Certificate,
        *,
        nonce: bytes | None = None,
        by: Digest = SHA1,
    ) -> Self:
        """The question about `certificates`, all by `issuer`; a `nonce` has 1 to 128 octets, 32 are advised.

        Raises:
            ValueError: no certificate, or a nonce of another length.
        """
        asked = tuple(CertID.of(certificate, issuer, by=by) for certificate in certificates)
        if not asked or (nonce is not None and not 1 <= len(nonce) <= MAX_NONCE):
            raise ValueError("at least one certificate, and a nonce of 1 to 128 octets")
        return cls(asked, nonce)

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From one OCSPRequest, DER.

        Raises:
            MalformedInput: `ocsp-malformed`: also over 65,536 octets or 250 certificates, and for a nonce
                that has not 1 to 128 octets (RFC 9654 §2.1).
        """
        with reported_as("ocsp-malformed"):
            bound(data, MAX_REQUEST)
            outer = der.Fields.of(der.decode(data), "OCSPRequest")
            inner = der.Fields.of(outer.take(der.SEQUENCE), "tbsRequest")
            signature = outer.optional(der.context(0))
            outer.end()
            take_version(inner)
            inner.optional(der.context(1))
            asked = bounded(inner.take(der.SEQUENCE), MAX_QUESTIONS, "requestList")
            found = wrapped_extensions(inner.optional(der.context(2)))
            inner.end()
            if not asked:
                raise MalformedInput(found="a request about nothing", where="requestList")
            return cls(tuple(map(_question, asked)), read_nonce(found), found, signature is not None, data)

    def encode(self) -> bytes:
        """OCSPRequest, DER, unsigned; of the extensions the nonce alone."""
        extra = () if self.nonce is None else (der.explicit(2, der.sequence(encode_nonce(self.nonce))),)
        questions = (der.sequence(asked.encode()) for asked in self.certificates)
        return der.sequence(der.sequence(der.sequence(*questions), *extra))


def _question(element: der.TLV) -> CertID:
    fields = der.Fields.of(element, "requestList")
    asked = CertID.read(fields.take(der.SEQUENCE), "reqCert")
    wrapped_extensions(fields.optional(der.context(0)))
    fields.end()
    return asked


def take_version(fields: der.Fields) -> None:
    """Take the version, which is 1 or left out."""
    found = fields.optional(der.context(0))
    if found is not None and found.only().integer() != 0:
        raise MalformedInput(found="an unknown version", where="version")


def bound(data: bytes, limit: int) -> None:
    """`data` has at most `limit` octets.

    Raises:
        LimitExceeded: `limit-exceeded`.
    """
    if len(data) > limit:
        raise LimitExceeded(limit=limit, found=f"{len(data)} octets")


def read_nonce(found: tuple[Extension, ...]) -> bytes | None:
    """The nonce; None when there is none.

    RFC 9654 §2.1: its length MUST be 1 to 128 octets.

    Raises:
        MalformedInput: `malformed-input`.
    """
    extension = next((e for e in found if e.oid == NONCE), None)
    if extension is None:
        return None
    element = der.decode(extension.value, where="nonce")
    if element.tag != der.OCTET_STRING or not 1 <= len(element.content) <= MAX_NONCE:
        raise MalformedInput(found="a wrong nonce", where="nonce", clause="RFC 9654 §2.1")
    return element.content


def encode_nonce(nonce: bytes) -> bytes:
    """The extension id-pkix-ocsp-nonce, DER."""
    return encode_extension(NONCE, der.octet_string(nonce))


def encode_extension(oid: str, value: bytes) -> bytes:
    """One extension that is not critical, DER; `value` is its element."""
    return der.sequence(der.oid(oid), der.octet_string(value))
