"""A national authority made for one test: keys of fixed secrets, certificates and lists written in DER."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from esign import cades, cms, der, extensions, names
from esign.algorithms import (
    OZDST_1092,
    OZDST_1092_OID,
    OZMST_286,
    OZMST_286_OID,
    AlgorithmIdentifier,
    SignatureScheme,
)
from esign.attributes import Attribute, encode_attributes
from esign.ca import crl, template
from esign.gost import CRYPTOPRO_A, Curve, PrivateKey, PublicKey
from esign.names import Name
from esign.x509 import Certificate, CertificateList, Trust

DAY = timedelta(days=1)
FAMILIES = {"1092": (OZDST_1092, OZDST_1092_OID), "286": (OZMST_286, OZMST_286_OID)}
CA_USAGES = ("keyCertSign", "cRLSign")
USER_USAGES = ("digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement")
PINFL = "31201901234563"
USER = (
    (names.COMMON_NAME, "ALIYEV ALI"),
    ("2.5.4.41", "ALI"),
    (names.SURNAME, "ALIYEV"),
    (names.ORGANIZATION, "NAMUNA"),
    ("2.5.4.7", "Toshkent"),
    ("2.5.4.8", "Toshkent shahri"),
    (names.COUNTRY, "UZ"),
    (names.USER_ID, "512345678"),
    (names.PINFL, PINFL),
    (names.STIR, "301234567"),
    (names.TITLE, "direktor"),
)


def key_info(key: PublicKey, oid: str = OZDST_1092_OID, *, number: int | None = 1) -> bytes:
    """SubjectPublicKeyInfo as the country writes it."""
    parameters = b"" if number is None else der.sequence(der.oid(f"{oid}.{number}"))
    point = key.x.to_bytes(32, "little") + key.y.to_bytes(32, "little")
    algorithm = der.sequence(der.oid(oid), parameters)
    return der.sequence(algorithm, der.bit_string(der.octet_string(point)))


def key_usage(usages: Iterable[str]) -> bytes:
    value = sum(1 << 15 - extensions.KEY_USAGES.index(usage) for usage in usages)
    octets = value.to_bytes(2, "big").rstrip(b"\0")
    unused = (octets[-1] & -octets[-1]).bit_length() - 1
    return template.extension(
        extensions.KEY_USAGE, der.tlv(der.BIT_STRING, bytes((unused,)), octets), critical=True
    )


@dataclass(frozen=True)
class Node:
    """A certificate with its key."""

    certificate: Certificate
    private: PrivateKey
    scheme: SignatureScheme

    @property
    def trust(self) -> Trust:
        return Trust((self.certificate,))

    def crl(self, at: datetime, *revoked: crl.Revocation) -> CertificateList:
        identifier = template.key_identifier(self.certificate.public_key_info)
        issuer = template.Issuer(self.certificate.subject.raw, identifier, self.scheme)
        tbs = crl.write(
            issuer, b"".join(map(crl.entry, revoked)), number=1, this_update=at - DAY, next_update=at + DAY
        )
        return CertificateList.load(template.assemble(tbs, self.scheme, self.scheme.sign(self.private, tbs)))


def issue(
    subject: Iterable[tuple[str, str]],
    secret: int,
    *,
    at: datetime,
    by: Node | None = None,
    ca: bool = False,
    family: str = "1092",
    curve: Curve = CRYPTOPRO_A,
    number: int = 1,
    usages: Iterable[str] = (),
    policies: Iterable[str] = (),
    identifiers: bool = True,
    padding: int = 0,
    info: bytes | None = None,
) -> Node:
    """A certificate like those of the country's authorities; `padding` octets lie in an unknown extension."""
    scheme, key_oid = FAMILIES[family]
    private = PrivateKey(curve, secret)
    info = info or key_info(private.public_key(), key_oid, number=number)
    signs = by or Node(None, private, scheme)  # type: ignore[arg-type]
    name = Name.of(subject).raw
    found = [key_usage(usages or (CA_USAGES if ca else USER_USAGES))]
    if ca:
        found.append(
            template.extension(extensions.BASIC_CONSTRAINTS, der.sequence(der.boolean(True)), critical=True)
        )
    if policies := tuple(policies):
        stated = [der.sequence(der.oid(policy)) for policy in policies]
        found.append(
            template.extension(extensions.CERTIFICATE_POLICIES, der.sequence(*stated), critical=True)
        )
    if identifiers:
        identifier = der.octet_string(template.key_identifier(info))
        found.append(template.extension(extensions.SUBJECT_KEY_IDENTIFIER, identifier))
    if padding:
        found.append(template.extension("1.3.6.1.4.1.55555.1", bytes(padding)))
    tbs = der.sequence(
        der.explicit(0, der.integer(2)),
        der.integer(secret),
        signs.scheme.identifier.encode(),
        name if by is None else by.certificate.subject.raw,
        der.sequence(der.time(at - 100 * DAY), der.time(at + 100 * DAY)),
        name,
        info,
        der.explicit(3, der.sequence(*found)),
    )
    made = template.assemble(tbs, signs.scheme, signs.scheme.sign(signs.private, tbs))
    return Node(Certificate.load(made), private, scheme)


def _indefinite(tag: int, *parts: bytes) -> bytes:
    return bytes((tag, 0x80)) + b"".join(parts) + b"\0\0"


def signed(
    content: bytes,
    node: Node,
    *,
    at: datetime,
    above: Iterable[Node] = (),
    key_name: bool = False,
    more: Iterable[Attribute] = (),
) -> bytes:
    """PKCS#7 as the country's program writes it: BER, the content in fragments, three signed attributes."""
    by = node.scheme.attribute_digest
    digest_algorithm = AlgorithmIdentifier(by.oid, der.null())
    attributes = (
        cades.content_type(cms.DATA),
        cades.signing_time(at),
        cades.message_digest(by.of(content)),
        *more,
    )
    algorithm = node.scheme.identifier
    if key_name:
        algorithm = AlgorithmIdentifier({row: oid for row, oid in FAMILIES.values()}[node.scheme])
    info = cms.encode_signer_info(
        cms.issuer_and_serial(node.certificate),
        encode_attributes(attributes),
        lambda message: node.scheme.sign(node.private, message),
        digest_algorithm=digest_algorithm,
        signature_algorithm=algorithm,
    )
    fragments = [der.octet_string(content[i : i + 7]) for i in range(0, len(content), 7)]
    certificates = [other.certificate.raw for other in (node, *above)]
    body = _indefinite(
        0x30,
        der.integer(1),
        der.set_of([digest_algorithm.encode()]),
        _indefinite(0x30, der.oid(cms.DATA), _indefinite(0xA0, _indefinite(0x24, *fragments))),
        _indefinite(0xA0, *certificates),
        der.set_of([info]),
    )
    return _indefinite(0x30, der.oid(cms.SIGNED_DATA), _indefinite(0xA0, body))
