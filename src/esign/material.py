"""What a validation is given besides the signature, and what it asks for.

A validation never fetches. It names what is missing as a `Need`; a shell gets it and asks again with more
material.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, Self

from esign import der
from esign.crl import CertificateList
from esign.errors import MalformedInput
from esign.findings import Finding
from esign.ocsp import OCSPResponse
from esign.x509 import Certificate

NeedKind = Literal["crl", "ocsp", "certificate", "timestamp"]


@dataclass(frozen=True, slots=True)
class Need:
    """Something that is missing: where it is to be had, and what to send there.

    `request` is the body of the request (empty: a plain retrieval); `subject` names whom it concerns, in one
    line.
    """

    kind: NeedKind
    url: str
    request: bytes = b""
    subject: str = ""

    def to_dict(self) -> dict[str, str]:
        """For JSON; the request in hexadecimal digits."""
        return {"kind": self.kind, "url": self.url, "request": self.request.hex(), "subject": self.subject}


@dataclass(frozen=True, slots=True)
class Material:
    """Certificates, lists and OCSP answers beside those in a signature; what cannot be read is a finding."""

    certificates: tuple[Certificate, ...] = ()
    crls: tuple[CertificateList, ...] = ()
    findings: tuple[Finding, ...] = ()
    ocsp: tuple[OCSPResponse, ...] = ()

    @classmethod
    def read(cls, blobs: Iterable[bytes]) -> Self:
        """From octets that others gave: each one DER object, or PEM with any number of them, in any order.

        A blob that cannot be read is left out whole and leaves the warning `material-unreadable`.
        """
        certificates: list[Certificate] = []
        crls: list[CertificateList] = []
        answers: list[OCSPResponse] = []
        findings: list[Finding] = []
        for number, blob in enumerate(blobs):
            try:
                found = _read(blob)
            except MalformedInput as e:
                findings.append(
                    Finding.warning("material-unreadable", where=f"material {number}", reason=e.message)
                )
                continue
            certificates += found[0]
            crls += found[1]
            answers += found[2]
        return cls(
            tuple(dict.fromkeys(certificates)),
            tuple(dict.fromkeys(crls)),
            tuple(findings),
            tuple(dict.fromkeys(answers)),
        )


def material_of_certificates(certificates: tuple[bytes, ...]) -> Material:
    """As `Material.read`; what is short is kept, by its octets: a signer brings the same along each time."""
    return _known(certificates) if sum(map(len, certificates)) <= _SHORT else Material.read(certificates)


_SHORT: Final = 1 << 13


@lru_cache(maxsize=64)
def _known(certificates: tuple[bytes, ...]) -> Material:
    return Material.read(certificates)


_Found = tuple[tuple[Certificate, ...], tuple[CertificateList, ...], tuple[OCSPResponse, ...]]


def _read(blob: bytes) -> _Found:
    if blob[:1] != b"\x30":
        found = Certificate.load_all(blob), CertificateList.load_all(blob), OCSPResponse.load_all(blob)
        if not any(found):
            raise MalformedInput(found="no certificate, no revocation list and no OCSP answer")
        return found
    if _begins_with_status(blob):
        return (), (), (OCSPResponse.load(blob),)
    if _has_update_times(blob):
        try:
            return (), (CertificateList.load(blob),), ()
        except MalformedInput:
            # Perhaps it is a certificate all the same, and if not, that is said.
            pass
    try:
        return (Certificate.load(blob),), (), ()
    except MalformedInput:
        return (), (CertificateList.load(blob),), ()


def _begins_with_status(blob: bytes) -> bool:
    """Whether it is a SEQUENCE that begins with an ENUMERATED: of the three kinds only OCSPResponse does."""
    first = next(der.decode_prefix(blob).children(), None)
    return first is not None and first.tag == der.ENUMERATED


def _has_update_times(blob: bytes) -> bool:
    """Whether a time stands third or fourth, as in lists; in certificates it is a name or the validity."""
    at = der.inside(blob, 0, len(blob), der.SEQUENCE)
    outer = der.spans(blob, at, len(blob), limit=3) if at > 0 else None
    fields = der.spans(blob, outer[0][2], outer[0][3], limit=_LIST_FIELDS) if outer else None
    return any(span[0] in (der.UTC_TIME, der.GENERALIZED_TIME) for span in (fields or ())[2:4])


_LIST_FIELDS: Final = 7
