"""Signatures kept provable and brought into form, with clock, time stamps and fetching supplied.

lasting = augment(signature, "B-LTA", tsa=tsa, trust=trust, material=lists, document=document)
token = timestamp(document, tsa)
"""

from collections.abc import Iterable
from datetime import datetime

from esign import signing
from esign.algorithms import SHA256
from esign.cms import read_pem_or_der
from esign.content import Content
from esign.io.clock import instant
from esign.io.sources import Source, read
from esign.material import Material, Need
from esign.rounds import MAX_NEEDS, MAX_ROUNDS, Fetch, asked
from esign.signing import EvidenceMissing
from esign.signing import Level as Level
from esign.tsp import MessageImprint, TimeStamper, stamp
from esign.validation.policy import Policy
from esign.x509 import Trust


def augment(
    signature: Source,
    level: Level,
    *,
    tsa: TimeStamper,
    document: Source | None = None,
    trust: Trust | None = None,
    material: Iterable[bytes] = (),
    at: datetime | None = None,
    policy: Policy | None = None,
    fetch: Fetch | None = None,
) -> bytes:
    """`signature` raised to `level` for each of its signers, DER; what was signed stays octet by octet.

    A signature that bears an archive time stamp already gets another one: so it is renewed before an
    authority or an algorithm runs out.

    Args:
        signature: SignedData: DER, BER or PEM. level: `B-T`, `B-LT` or `B-LTA`. tsa: who stamps, from
        TimeStampReq to TimeStampResp: `esign.io.timestamping.HTTPTimeStamper`, or an authority at hand.
        document: the octets of a detached signature, needed for `B-LTA`. trust: the anchors, needed from
        `B-LT` on. material: certificates, lists and OCSP answers, PEM or DER. at: the time at which paths
        must hold (aware); the clock when None. policy: what an acceptable path is. fetch: answers a `Need`
        with octets, or None, in at most 8 rounds.

    Raises:
        EsignError: `evidence-missing` with `needs`, when a path cannot be shown to be good;
            `augmentation-refused`; `tsp-refused` and other codes of a time stamp that was not given;
            `malformed-input`.
        ValueError: another level, no trust above `B-T`, or a naive `at`.
    """
    moment, given = instant(at), tuple(material)
    known = given
    data = read_pem_or_der(read(signature))
    content = None if document is None else Content.of(document)

    def raised(to: Level) -> bytes:
        return signing.augment(
            data,
            to,
            tsa=tsa,
            at=moment,
            trust=trust,
            material=Material.read(known),
            document=content,
            policy=policy,
        )

    if level == "B-T" or trust is None:
        return raised(level)
    # One time stamp over the signature is asked for, however many rounds the evidence takes.
    data = raised("B-T")
    fetched: dict[Need, bytes | None] = {}
    for _ in range(MAX_ROUNDS):
        try:
            return raised(level)
        except EvidenceMissing as e:
            wanted = {asked(need): need for need in e.needs if asked(need) not in fetched}
            fresh = tuple(wanted.items())[: MAX_NEEDS - len(fetched)]
            if fetch is None or not fresh:
                raise
            fetched.update({key: fetch(need) for key, need in fresh})
            known = (*given, *(octets for octets in fetched.values() if octets is not None))
    return raised(level)


def timestamp(document: Source, tsa: TimeStamper) -> bytes:
    """A time-stamp token over SHA-256 of `document`: ContentInfo, DER (RFC 3161 §2.4.2).

    `openssl ts -verify -data DOCUMENT -in TOKEN -token_in` takes it.

    Raises:
        EsignError: `tsp-refused`, or another code, when the authority does not give what was asked for.
    """
    digest = Content.of(document).digest(SHA256)
    return stamp(MessageImprint(SHA256.identifier, digest), tsa).raw


def attach(signature: bytes, document: bytes) -> bytes:
    """A detached signature (DER, BER or PEM) with its document inside.

    Raises:
        EsignError: `structure-refused` when there is a document already, or it is another one.
    """
    return signing.attach(read_pem_or_der(signature), document)


def detach(signature: bytes) -> tuple[bytes, bytes]:
    """The signature (DER, BER or PEM) without its document, and the document.

    Raises:
        EsignError: `structure-refused` when there is no document inside.
    """
    return signing.detach(read_pem_or_der(signature))


def join(signatures: Iterable[bytes], *, document: bytes | None = None) -> bytes:
    """Signatures (each DER, BER or PEM) over one document as one; `document` that of detached ones.

    Raises:
        EsignError: `structure-refused` when they are not over the same document.
    """
    return signing.join([read_pem_or_der(one) for one in signatures], document=document)
