"""Signatures, tokens, evidence records and containers that last: octet for octet the same in every process.

Every key is Ed25519, whose signatures are not random, and every nonce is fixed. What these keys sign is noted
in `SIGNED`, so that `tests.fuzz.documents` can tell what they have signed from what they have not.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from cryptography import x509 as foreign
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from esign import asic, cades, der, signing
from esign.algorithms import SHA256, SHA512, AlgorithmIdentifier, Digest, SignatureScheme
from esign.attributes import Attribute
from esign.cades import Claims, ContentHints, SignaturePolicy, SignerLocation
from esign.cms import DATA, SignedData
from esign.content import Content
from esign.ers import ArchiveTimeStamp, ArchiveTimeStampChain, EvidenceRecord, embed, grow, renewed_hashes
from esign.keys import Signer
from esign.material import Material
from esign.signing.frame import Frame
from esign.tsa import TimeStampAuthority
from esign.tsp import MessageImprint, TimeStampRequest, TimeStampResponse, TimeStampToken
from esign.x509 import CertificateList
from tests.esign.validation.world import AT, DAY, Node, issue

DOCUMENT: Final = b"an agreement that must be proved for thirty years\r\n"
OTHER: Final = b"another agreement"
SIGNED_AT: Final = AT - timedelta(hours=4)
STAMPED_AT: Final = AT - timedelta(hours=3)
LISTED_AT: Final = AT - timedelta(hours=2)
ARCHIVED_AT: Final = AT - timedelta(hours=1)
RENEWED_AT: Final = ARCHIVED_AT + timedelta(minutes=1)
ARCHIVED: Final = (ARCHIVED_AT, RENEWED_AT)
SIGNED: Final[set[bytes]] = set()
"""Every message that our keys have signed in this process: signed attributes, as SET OF in DER."""


@dataclass(frozen=True, slots=True)
class NotedKey:
    """A key that notes what it signs."""

    private: Any = field(repr=False)

    @property
    def public_key(self) -> Any:
        """The public half."""
        return self.private.public_key()

    def sign(self, scheme: SignatureScheme, message: bytes) -> bytes:
        """The signature, after the message was noted."""
        SIGNED.add(message)
        return scheme.sign(self.private, message)


def _issue(common: str, serial: int, by: Node | None = None, **options: Any) -> Node:
    secret = hashlib.sha256(common.encode()).digest()
    private = ed25519.Ed25519PrivateKey.from_private_bytes(secret)
    return issue(common, by=by, serial=serial, private=private, **options)


@cache
def root() -> Node:
    """The anchor."""
    return _issue("Archive Root", 1, ca=True)


@cache
def issuing() -> Node:
    """The authority of all others here."""
    return _issue("Archive Issuing", 2, root(), ca=True)


@cache
def person() -> Node:
    """Who signs."""
    return _issue("Archive Person", 3, issuing(), emails=["a.aliyev@agency.uz"])


@cache
def chief() -> Node:
    """Who signs beside and countersigns."""
    return _issue("Archive Chief", 4, issuing())


@cache
def stamper() -> Node:
    """Who stamps time."""
    usage = foreign.ExtendedKeyUsage([foreign.ObjectIdentifier("1.3.6.1.5.5.7.3.8")])
    return _issue("Archive Stamper", 5, issuing(), usages=("digitalSignature",), extensions=[(usage, True)])


@cache
def known_certificates() -> frozenset[bytes]:
    """The signed parts of all of ours."""
    return frozenset(n.certificate.tbs for n in (root(), issuing(), person(), chief(), stamper()))


@cache
def lists() -> tuple[CertificateList, ...]:
    """A list of each authority, without an entry."""
    return _list(root()), _list(issuing())


def _list(node: Node) -> CertificateList:
    builder = foreign.CertificateRevocationListBuilder(
        issuer_name=node.subject, last_update=LISTED_AT, next_update=AT + DAY
    )
    made = builder.sign(node.private, None)
    return CertificateList.load(made.public_bytes(serialization.Encoding.DER))


@cache
def material() -> Material:
    """What a verifier may know besides."""
    return Material((issuing().certificate,), lists())


def signer(node: Node) -> Signer:
    """`node` with its chain, noting what it signs."""
    return Signer(NotedKey(node.private), node.certificate.raw, (issuing().certificate.raw,))


# --- time stamps ---


def authority() -> TimeStampAuthority:
    """Our authority of time."""
    return TimeStampAuthority(signer(stamper()), policy="2.999.1")


def token(value: bytes, by: Digest, at: datetime) -> TimeStampToken:
    """A token over a digest; the nonce is always the same."""
    imprint = MessageImprint(AlgorithmIdentifier(by.oid, der.null()), value)
    asked = TimeStampRequest(imprint, nonce=7, certificates=True).encode()
    found = TimeStampResponse.read(authority().answer(asked, at=at, serial=9)).token
    assert found is not None
    return found


def responses() -> Iterator[bytes]:
    """What is asked of the authority, and what it answers."""
    imprint = MessageImprint(SHA256.identifier, SHA256.of(DOCUMENT))
    for policy in (None, "2.999.2"):
        asked = TimeStampRequest(imprint, policy=policy, nonce=7).encode()
        yield asked
        yield authority().answer(asked, at=STAMPED_AT, serial=9)


@cache
def tokens() -> tuple[bytes, ...]:
    """Tokens over the document, and one more over another one."""
    over = ((DOCUMENT, SHA256), (DOCUMENT, SHA512), (OTHER, SHA256))
    return tuple(token(by.of(document), by, STAMPED_AT).raw for document, by in over)


# --- signatures ---


def _claims(*, policy: bool = False) -> Claims:
    named = SignaturePolicy.of("2.999.5", b"a policy", SHA256, uri="https://agency.uz/policy")
    return Claims(
        commitments=(cades.PROOF_OF_ORIGIN,),
        roles=("director",),
        policy=named if policy else None,
        location=SignerLocation("UZ", "Toshkent", ("Amir Temur 1",)),
        content_hints=ContentHints(DATA, "a text"),
        content_identifier=b"agreement 1",
        content_time_stamps=(token(SHA256.of(DOCUMENT), SHA256, STAMPED_AT - timedelta(hours=2)).raw,),
    )


def _basic(*, detached: bool = False, claims: Claims | None = None, document: bytes = DOCUMENT) -> bytes:
    return signing.sign(document, signer(person()), at=SIGNED_AT, detached=detached, claims=claims)


def _stamped(signed: bytes) -> bytes:
    frame = Frame.read(signed)
    infos = SignedData.read(signed).signer_infos
    return frame.with_signers(
        one.adding(_signature_stamp(info.signature)) for one, info in zip(frame.signers, infos, strict=True)
    ).encode()


def _signature_stamp(value: bytes) -> Attribute:
    return cades.signature_time_stamp(token(SHA256.of(value), SHA256, STAMPED_AT).raw)


def _long_term(signed: bytes) -> bytes:
    certificates = (issuing().certificate.raw, root().certificate.raw)
    return Frame.read(signed).with_material(certificates, (crl.raw for crl in lists())).encode()


def _archived(signed: bytes, *, by: Digest = SHA256, at: datetime = ARCHIVED_AT) -> bytes:
    frame = Frame.read(signed).with_digests(by)
    read = SignedData.read(frame.encode())
    content = Content.of(DOCUMENT)

    def attribute(number: int) -> Attribute:
        info = read.signer_infos[number]
        index = cades.hash_index_v3(read, info, by)
        value = cades.archive_imprint_v3(read, info, index.values[0], content=content, by=by)
        inner = Frame.read(token(value, by, at).raw)
        indexed = inner.with_signers(one.adding(index) for one in inner.signers).encode()
        return cades.archive_time_stamp_v3(indexed)

    return frame.with_signers(
        one.adding(attribute(number)) for number, one in enumerate(frame.signers)
    ).encode()


def _archived_as_before(signed: bytes) -> bytes:
    """With an archive time stamp of version 2, as RFC 5126 §6.4.1 has it."""
    read, frame = SignedData.read(signed), Frame.read(signed)
    (info,), (one,) = read.signer_infos, frame.signers
    value = next(cades.archive_imprints_v2(read, info, content=Content.of(DOCUMENT), by=SHA256))
    made = Attribute(cades.ARCHIVE_TIME_STAMP_V2, (token(value, SHA256, ARCHIVED_AT).raw,))
    return frame.with_signers([one.adding(made, keep_order=True)]).encode()


def _with_record(signed: bytes) -> bytes:
    (stamp,) = _archive_stamps([(SHA256.of(signed),)], SHA256, ARCHIVED_AT)
    return embed(signed, EvidenceRecord.make((ArchiveTimeStampChain.make((stamp,)),)).raw)


@cache
def levels() -> dict[str, bytes]:
    """One signature at each level, attached, and the last one detached."""
    basic, apart = _basic(), _basic(detached=True)
    found = {"B-B": basic, "B-T": _stamped(basic)}
    found["B-LT"] = _long_term(found["B-T"])
    found["B-LTA"] = _archived(found["B-LT"])
    found["renewed"] = _archived(found["B-LTA"], by=SHA512, at=RENEWED_AT)
    found["detached"] = _archived(_long_term(_stamped(apart)))
    found["older"] = _archived_as_before(found["B-LT"])
    found["record"] = _with_record(found["B-LT"])
    return found


@cache
def structures() -> dict[str, bytes]:
    """Several signers, countersignatures, claims, and a content of another type."""
    claimed = _basic(claims=_claims())
    two = signing.add_signer(claimed, signer(chief()), at=SIGNED_AT)
    counter = signing.countersign(two, signer(chief()), at=SIGNED_AT)
    typed = signing.sign(DOCUMENT, signer(person()), at=SIGNED_AT, content_type="2.999.7")
    apart = signing.add_signer(
        _basic(detached=True), signer(chief()), at=SIGNED_AT, document=DOCUMENT, claims=_claims(policy=True)
    )
    return {"claimed": claimed, "two": two, "counter": counter, "typed": typed, "apart": apart}


# --- evidence records ---


def _archive_stamps(groups: Sequence[tuple[bytes, ...]], by: Digest, at: datetime) -> list[ArchiveTimeStamp]:
    top, ways = grow(groups, by)
    made = token(top, by, at)
    return [ArchiveTimeStamp.make(made, lists, by=by) for lists in ways]


@cache
def records() -> dict[str, EvidenceRecord]:
    """A record over the document alone, among others, with its time stamp and its tree renewed."""
    hashes = [SHA256.of(f"document {n}".encode()) for n in range(4)]
    groups = [(SHA256.of(DOCUMENT),), (hashes[0], hashes[1]), (hashes[2],), (hashes[3],)]
    (alone,) = _archive_stamps(groups[:1], SHA256, STAMPED_AT)
    among = _archive_stamps(groups, SHA256, STAMPED_AT)[0]
    one, several = (EvidenceRecord.make((ArchiveTimeStampChain.make((s,)),)) for s in (alone, among))
    (again,) = _archive_stamps([(SHA256.of(several.last.token.raw),)], SHA256, LISTED_AT)
    renewed = several.with_time_stamp(again)
    tree = [tuple(renewed_hashes(renewed, [SHA512.of(DOCUMENT)], SHA512)), (SHA512.of(OTHER),)]
    grown = renewed.with_chain(_archive_stamps(tree, SHA512, ARCHIVED_AT)[0])
    return {"alone": one, "among": several, "renewed": renewed, "grown": grown}


# --- containers ---

FILES: Final = {"agreement.txt": DOCUMENT, "annex.csv": b"1;2\r\n", "folder/n.txt": b"n" * 300}
_Form = asic.Form


def _detached(level: str) -> asic.Sign:
    def sign(octets: bytes) -> bytes:
        made = signing.sign(octets, signer(person()), at=SIGNED_AT, detached=True)
        return made if level == "B-B" else _long_term(_stamped(made))

    return sign


def _token_over(octets: bytes) -> bytes:
    return token(SHA256.of(octets), SHA256, STAMPED_AT).raw


@cache
def containers() -> dict[str, bytes]:
    """Containers of both forms, with one and two signatures, and with a time stamp."""
    one = dict(list(FILES.items())[:1])
    simple = asic.make(one, _detached("B-LT"), at=SIGNED_AT, container="asic-s")
    extended = asic.make(FILES, _detached("B-B"), at=SIGNED_AT)
    return {
        "simple": simple,
        "extended": extended,
        "twice": asic.add_signature(extended, _detached("B-LT"), at=SIGNED_AT),
        "stamped": asic.stamp(FILES, _token_over, at=SIGNED_AT),
        "stamped simple": asic.stamp(one, _token_over, at=SIGNED_AT, container="asic-s"),
        "packed": asic.make(FILES, _detached("B-B"), at=SIGNED_AT, container="asic-s"),
    }


def examples(*kinds: dict[str, bytes]) -> Iterator[bytes]:
    """The octets of all, in order."""
    for kind in kinds:
        yield from kind.values()


def note_all() -> None:
    """Make everything, so that `SIGNED` is complete."""
    levels()
    structures()
    tokens()
    records()
    containers()
