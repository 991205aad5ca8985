"""Keys on their way into and out of files: a new key with its request, a key with certificates as PKCS#12.

Everything private that leaves here is encrypted under a passphrase; nothing here opens a file.
"""

from collections.abc import Iterable, Mapping

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID, ObjectIdentifier

from esign.ca.profile import ATTRIBUTES
from esign.ca.request import Subject
from esign.errors import IssuanceRefused, KeyUnavailable
from esign.keys import Decryptor, dump_private_key, generate, load_private_key, write_pkcs12
from esign.x509 import Certificate


def new_request(
    attributes: Mapping[str, str], *, emails: Iterable[str] = (), key: str = "p-256", passphrase: str
) -> tuple[bytes, bytes]:
    """A new private key (PKCS#8, PEM, encrypted) and the PKCS#10 request that it signs (PEM).

    The key is born here, with the person; the authority sees the request only. `attributes` by the names of
    `esign.ca.profile.ATTRIBUTES`.

    Raises:
        KeyUnavailable: `passphrase-needed`.
        IssuanceRefused: `attribute-unknown`, `attribute-unwritable`.
        EsignError: `unsupported-algorithm` for a key that does not exist or cannot sign a request.
    """
    private = generate(key)
    builder = _request_builder(Subject.of(attributes, emails=emails))
    digest = (
        None if key in ("ed25519", "ml-dsa-65") else hashes.SHA384() if key == "p-384" else hashes.SHA256()
    )
    request = builder.sign(private, digest)
    return dump_private_key(private, passphrase), request.public_bytes(serialization.Encoding.PEM)


def _request_builder(subject: Subject) -> x509.CertificateSigningRequestBuilder:
    name = x509.Name([_attribute(name, value) for name, value in subject.attributes if value])
    builder = x509.CertificateSigningRequestBuilder(name)
    if not subject.emails:
        return builder
    mailboxes = [_mailbox(email) for email in subject.emails]
    return builder.add_extension(x509.SubjectAlternativeName(mailboxes), critical=False)


def _attribute(name: str, value: str) -> x509.NameAttribute[str]:
    try:
        return x509.NameAttribute(ObjectIdentifier(ATTRIBUTES[name][0]), value)
    except ValueError as e:
        raise IssuanceRefused("attribute-unwritable", name=name, value=value) from e


def _mailbox(email: str) -> x509.RFC822Name:
    try:
        return x509.RFC822Name(email)
    except ValueError as e:
        raise IssuanceRefused("attribute-unwritable", name="email", value=email) from e


def new_key(key: str = "p-256") -> Decryptor:
    """A new private key without a certificate, in memory.

    Raises:
        EsignError: `unsupported-algorithm`.
    """
    return Decryptor(generate(key))


def to_pkcs12(
    key: bytes,
    certificates: Iterable[Certificate],
    *,
    passphrase: str,
    key_passphrase: str | None = None,
    name: str = "",
    compatible: bool = False,
) -> bytes:
    """A PKCS#12 file from a PKCS#8 key and its certificate, first, with those above it.

    Raises:
        KeyUnavailable: `wrong-passphrase`, `key-mismatch`, `passphrase-needed`.
    """
    own, *above = certificates
    private = load_private_key(key, key_passphrase)
    if own.public_key != private.public_key():
        raise KeyUnavailable("key-mismatch")
    return write_pkcs12(
        private,
        own.raw,
        passphrase=passphrase,
        name=name or own.subject.get(NameOID.COMMON_NAME.dotted_string) or "",
        chain=[certificate.raw for certificate in above],
        compatible=compatible,
    )


def decryptor_to_pkcs12(
    decryptor: Decryptor, *, passphrase: str, name: str = "", chain: Iterable[bytes] = ()
) -> bytes:
    """A PKCS#12 file from a key in memory that has its certificate.

    Raises:
        KeyUnavailable: `passphrase-needed`, `key-unavailable` without a certificate.
    """
    if decryptor.certificate is None:
        raise KeyUnavailable(reason="it has no certificate")
    return write_pkcs12(
        decryptor.private, decryptor.certificate, passphrase=passphrase, name=name, chain=chain
    )
