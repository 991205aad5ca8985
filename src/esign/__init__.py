"""Sign, verify, encrypt, decrypt, and issue the certificates for it.

>>> from esign import sign, verify
>>> from esign.testing import TestPKI
>>> pki = TestPKI()
>>> signed = sign(b"a document", pki.signer("Aliyev A."))
>>> verify(signed, trust=pki.trust, material=pki.crls).indication.value
'TOTAL-PASSED'
"""

from typing import TYPE_CHECKING

from esign.api import attached_content, decrypt, encrypt, sign, validate_path, verify
from esign.cades import Claims
from esign.envelope import Decrypted
from esign.errors import EsignError
from esign.findings import Finding, Indication, Severity, SubIndication
from esign.keys import Decryptor, Signer
from esign.material import Need
from esign.preserve import augment, timestamp
from esign.validation.report import PathReport, Report, SignatureReport
from esign.x509 import Certificate, CertificateList, Trust

if TYPE_CHECKING:
    from esign.io.authority import CertificateAuthority

__all__ = [
    "Certificate",
    "CertificateAuthority",
    "CertificateList",
    "Claims",
    "Decrypted",
    "Decryptor",
    "EsignError",
    "Finding",
    "Indication",
    "Need",
    "PathReport",
    "Report",
    "Severity",
    "SignatureReport",
    "Signer",
    "SubIndication",
    "Trust",
    "attached_content",
    "augment",
    "decrypt",
    "encrypt",
    "sign",
    "timestamp",
    "validate_path",
    "verify",
]


def __getattr__(name: str) -> object:
    """`CertificateAuthority`, imported when it is asked for: who only verifies should not load a database."""
    if name != "CertificateAuthority":
        raise AttributeError(f"module 'esign' has no attribute {name!r}")
    from esign.io.authority import CertificateAuthority

    return CertificateAuthority
