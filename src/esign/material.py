"""What a validation is given besides the signature, and what it asks for.

A validation never fetches. It names what is missing as a `Need`; a shell gets it and asks again with more
material.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

from esign.crl import CertificateList
from esign.errors import MalformedInput
from esign.findings import Finding
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
    """Certificates and revocation lists beside those in a signature; what could not be read is a finding."""

    certificates: tuple[Certificate, ...] = ()
    crls: tuple[CertificateList, ...] = ()
    findings: tuple[Finding, ...] = ()

    @classmethod
    def read(cls, blobs: Iterable[bytes]) -> Self:
        """From octets that others gave: each one DER object, or PEM with any number of them, in any order.

        A blob that cannot be read is left out whole and leaves the warning `material-unreadable`.
        """
        certificates: list[Certificate] = []
        crls: list[CertificateList] = []
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
        return cls(tuple(dict.fromkeys(certificates)), tuple(dict.fromkeys(crls)), tuple(findings))


def _read(blob: bytes) -> tuple[tuple[Certificate, ...], tuple[CertificateList, ...]]:
    if blob[:1] != b"\x30":
        found = Certificate.load_all(blob), CertificateList.load_all(blob)
        if not any(found):
            raise MalformedInput(found="no certificate and no revocation list")
        return found
    try:
        return (Certificate.load(blob),), ()
    except MalformedInput:
        return (), (CertificateList.load(blob),)
