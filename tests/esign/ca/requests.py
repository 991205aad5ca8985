"""Requests of PKCS#10 as holders make them, by the library that is not ours."""

from collections.abc import Iterable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID


def make_request(
    key: Any,
    *,
    common_name: str = "",
    country: str = "",
    emails: Iterable[str] = (),
    dns_names: Iterable[str] = (),
    pem: bool = True,
) -> bytes:
    """A request signed by `key`."""
    pairs = [(NameOID.COUNTRY_NAME, country), (NameOID.COMMON_NAME, common_name)]
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs if value])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    names: list[x509.GeneralName] = [x509.RFC822Name(email) for email in emails]
    names += [x509.DNSName(host) for host in dns_names]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    digest = hashes.SHA256() if isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) else None
    return builder.sign(key, digest).public_bytes(Encoding.PEM if pem else Encoding.DER)
