"""The authorities that fuzzed input meets: the same keys in every process, so that a corpus stays good."""

import hashlib
from collections.abc import Iterator
from functools import cache
from typing import Any

from cryptography import x509 as foreign
from cryptography.hazmat.primitives.asymmetric import ec

from esign import sign, smime
from esign.algorithms import ECDSA_SHA256, SHA256
from esign.envelope import encrypt
from esign.keys import Decryptor
from esign.ocsp import (
    CertID,
    CertStatus,
    ResponderID,
    ResponseStatus,
    SingleResponse,
    encode_error,
    encode_response,
    encode_response_data,
)
from esign.tsa import TimeStampAuthority
from esign.tsp import MessageImprint, TimeStampRequest, TimeStampResponse
from esign.x509 import CertificateList
from tests.esign.validation.world import AT, DAY, Node, issue, name

DOCUMENT = b"a document that everybody may read\r\n"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_URL = foreign.UniformResourceIdentifier


def fixed_key(common: str) -> ec.EllipticCurvePrivateKey:
    """A P-256 key that its name decides: nobody trusts it."""
    secret = int.from_bytes(hashlib.sha512(common.encode()).digest(), "big")
    return ec.derive_private_key(secret % (_ORDER - 1) + 1, ec.SECP256R1())


def _issue(common: str, serial: int, by: Node | None = None, **options: Any) -> Node:
    return issue(common, by=by, serial=serial, private=fixed_key(common), **options)


def _policies(*oids: str) -> foreign.CertificatePolicies:
    stated = ["https://agency.uz/cps"]
    return foreign.CertificatePolicies(
        [foreign.PolicyInformation(foreign.ObjectIdentifier(oid), stated) for oid in oids]
    )


def _point(url: str) -> foreign.DistributionPoint:
    return foreign.DistributionPoint([_URL(url)], None, None, None)


@cache
def root() -> Node:
    """The anchor."""
    return _issue("Fuzz Root", 1, ca=True)


@cache
def issuing() -> Node:
    """The authority between, with constraints, policies and mappings."""
    permitted = [foreign.RFC822Name("agency.uz"), foreign.DNSName("agency.uz")]
    mappings = bytes.fromhex("300c300a06032a030406032a0305")
    return _issue(
        "Fuzz Issuing",
        2,
        root(),
        ca=True,
        path_length=1,
        extensions=[
            (foreign.NameConstraints(permitted, [foreign.RFC822Name("other.agency.uz")]), True),
            (_policies("1.2.3.4", "2.5.29.32.0"), False),
            (foreign.PolicyConstraints(5, 5), True),
            (foreign.InhibitAnyPolicy(4), True),
            (foreign.UnrecognizedExtension(foreign.ObjectIdentifier("2.5.29.33"), mappings), False),
        ],
    )


@cache
def person() -> Node:
    """Who signs and is written to."""
    access = foreign.AccessDescription(
        foreign.oid.AuthorityInformationAccessOID.OCSP, _URL("http://agency.uz/ocsp")
    )
    return _issue(
        "Fuzz Person",
        3,
        issuing(),
        emails=["a.aliyev@agency.uz"],
        eku=["1.3.6.1.5.5.7.3.4"],
        usages=("digitalSignature", "nonRepudiation", "keyAgreement"),
        extensions=[
            (foreign.CRLDistributionPoints([_point("http://agency.uz/a.crl")]), False),
            (foreign.AuthorityInformationAccess([access]), False),
            (_policies("1.2.3.4"), False),
        ],
    )


@cache
def bare() -> Node:
    """A certificate with next to nothing in it."""
    return _issue("Fuzz Bare", 4, root(), usages=None, key_identifiers=False)


@cache
def responder() -> Node:
    """Whom the issuing authority lets answer."""
    return _issue(
        "Fuzz Responder",
        5,
        issuing(),
        usages=("digitalSignature",),
        eku=["1.3.6.1.5.5.7.3.9"],
        extensions=[(foreign.OCSPNoCheck(), False)],
    )


@cache
def stamper() -> Node:
    """Who stamps time."""
    usage = foreign.ExtendedKeyUsage([foreign.ObjectIdentifier("1.3.6.1.5.5.7.3.8")])
    return _issue("Fuzz Stamper", 6, issuing(), usages=("digitalSignature",), extensions=[(usage, True)])


@cache
def lists() -> tuple[CertificateList, ...]:
    """Complete lists of both authorities, one with entries of each kind."""
    revoked = ((77, AT - 2 * DAY, "keyCompromise"), (78, AT - DAY, "certificateHold"), (79, AT - DAY, None))
    return root().crl(), issuing().crl(*revoked)


@cache
def more_lists() -> tuple[CertificateList, ...]:
    """A delta that releases a hold, one with a newest list, a partitioned and an indirect one."""
    number = (foreign.CRLNumber(9), False)
    where = [_URL("http://agency.uz/a.crl")]
    partition = foreign.IssuingDistributionPoint(where, None, True, False, None, False, False)
    some = frozenset({foreign.ReasonFlags.key_compromise, foreign.ReasonFlags.superseded})
    indirect = foreign.IssuingDistributionPoint(where, None, False, False, some, True, False)
    issuer = foreign.CertificateIssuer([foreign.DirectoryName(name("Somebody"))])
    return (
        issuing().crl(
            (78, AT - DAY, "removeFromCRL"), extensions=[number, (foreign.DeltaCRLIndicator(8), True)]
        ),
        issuing().crl(extensions=[number, (foreign.FreshestCRL([_point("http://agency.uz/d.crl")]), False)]),
        issuing().crl(extensions=[(partition, True)]),
        issuing().crl(
            (3, AT - DAY, "superseded"), extensions=[(indirect, True)], entry_extensions=[(issuer, True)]
        ),
    )


def answers() -> Iterator[bytes]:
    """Answers about the person: good, revoked, unknown, and a refusal."""
    named = CertID.of(person().certificate, issuing().certificate)
    for status in CertStatus:
        revoked_at = AT - DAY if status is CertStatus.REVOKED else None
        single = SingleResponse(named, status, AT - DAY, AT + DAY, revoked_at=revoked_at)
        data = encode_response_data(ResponderID.of(responder().certificate), [single], produced_at=AT - DAY)
        signature = ECDSA_SHA256.sign(responder().private, data)
        held = [responder().certificate.raw]
        yield encode_response(data, ECDSA_SHA256.identifier, signature, certificates=held)
    yield encode_error(ResponseStatus.TRY_LATER)


def signatures() -> Iterator[bytes]:
    """Signed documents, attached and detached."""
    yield sign(DOCUMENT, person().signer, at=AT)
    yield sign(DOCUMENT, person().signer, at=AT, detached=True)


def tokens() -> Iterator[bytes]:
    """Time-stamp tokens over the document."""
    request = TimeStampRequest(MessageImprint(SHA256.identifier, SHA256.of(DOCUMENT)), nonce=7)
    authority = TimeStampAuthority(stamper().signer, policy="2.999.1")
    token = TimeStampResponse.read(authority.answer(request.encode(), at=AT, serial=9)).token
    if token is not None:
        yield token.raw


def envelopes() -> Iterator[bytes]:
    """The document for the person, in both kinds of envelope."""
    for cipher in ("aes-256-gcm", "aes-256-cbc"):
        yield encrypt(DOCUMENT, [person().certificate], cipher=cipher)


def messages() -> Iterator[bytes]:
    """Messages: plain, in parts, signed in both forms, closed, and wrapped."""
    head = b"From: a.aliyev@agency.uz\r\nTo: b@agency.uz\r\nSubject: x\r\n"
    text = b"Content-Type: text/plain\r\n\r\nletter\r\n"
    yield head + text
    yield head + (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n"
    )
    for opaque in (False, True):
        signed = smime.sign(text, person().signer, at=AT, opaque=opaque)
        yield smime.message(head, signed)
        yield smime.message(head, smime.encrypt(signed, [person().certificate]))
    yield smime.wrap(smime.message(head, signed), person().signer, at=AT)


@cache
def decryptor() -> Decryptor:
    """The person's key."""
    return Decryptor(person().private, person().certificate.raw)
