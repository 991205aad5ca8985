"""Signatures put together and taken apart: content attached or left out, signers added, signatures joined.

What is signed stays octet by octet; a content that does not agree with the digests of the signers is refused.
An archive time stamp of an older version covers the whole structure, so what bears one is left alone.

    both = join([first, second])
    signature, document = detach(both)
"""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from esign import cades, cms, der
from esign.algorithms import Digest, digest
from esign.attributes import Attribute, encode_attributes
from esign.cades import Claims
from esign.cms import SignedData, SignerInfo
from esign.errors import EsignError, LimitExceeded, UnsupportedAlgorithm
from esign.keys import Signer
from esign.signing.frame import Frame, SignerFrame
from esign.x509 import Certificate

MAX_JOINED: Final = 250
_NO_CLAIMS: Final = Claims()


class StructureRefused(EsignError):
    """Signatures and contents that do not belong together, or that must not be changed."""

    code = "structure-refused"


def attach(signed: bytes, document: bytes) -> bytes:
    """A detached signature with its document inside.

    Raises:
        StructureRefused: `structure-refused` when there is a document already, it is another one, or nothing
            can change.
        MalformedInput: `signed` cannot be read.
    """
    read, frame = _opened(signed)
    if read.content is not None:
        raise StructureRefused(reason="the signature holds its document already")
    _require_agreement(read, document)
    wrapped = der.explicit(0, der.octet_string(document))
    return frame.with_content(der.sequence(der.oid(frame.content_type), wrapped)).encode()


def detach(signed: bytes) -> tuple[bytes, bytes]:
    """The signature without its document, and the document.

    Raises:
        StructureRefused: `structure-refused` when there is no document inside, or nothing can change.
        MalformedInput: `signed` cannot be read.
    """
    read, frame = _opened(signed)
    if read.content is None:
        raise StructureRefused(reason="the signature holds no document")
    return frame.with_content(der.sequence(der.oid(frame.content_type))).encode(), read.content


def join(several: Sequence[bytes], *, document: bytes | None = None) -> bytes:
    """Signatures over one content as one, attached when one of them is; equal SignerInfos stand once.

    `document` tells whether detached signatures by different digests agree.

    Raises:
        StructureRefused: `structure-refused` for contents or types that differ or cannot be compared.
        LimitExceeded: `limit-exceeded` over 250 signers.
        MalformedInput: one of them cannot be read.
        ValueError: nothing to join.
    """
    if not several:
        raise ValueError("at least one signature")
    opened = [_opened(one) for one in several]
    if len({frame.content_type for _, frame in opened}) != 1:
        raise StructureRefused(reason="contents of different types")
    contents = {read.content for read, _ in opened if read.content is not None}
    if document is not None:
        contents.add(document)
    if len(contents) > 1:
        raise StructureRefused(reason="different documents")
    _require_one_content([read for read, _ in opened], next(iter(contents), None))
    base = next((frame for read, frame in opened if read.content is not None), opened[0][1])
    return _merged(base, [frame for _, frame in opened]).encode()


def add_signer(
    signed: bytes,
    signer: Signer,
    *,
    at: datetime,
    document: bytes | None = None,
    claims: Claims = _NO_CLAIMS,
) -> bytes:
    """The signature with one more signer beside the others, over the same content (RFC 5652 §5.1).

    `document` is needed for a detached signature; `at` (aware) becomes the attribute signing-time.

    Raises:
        StructureRefused: `structure-refused` without a document, with another one, or when nothing can
            change.
        UnsupportedAlgorithm: `unsupported-algorithm` for a key that signs nothing.
        MalformedInput: `signed` cannot be read.
        ValueError: `at` is naive.
    """
    read, frame = _opened(signed)
    content = document if read.content is None else read.content
    if content is None or (document is not None and document != content):
        raise StructureRefused(reason="the document is not given, or another one")
    _require_agreement(read, content)
    by = signer.signature_scheme.attribute_digest
    made = _signer_info(by.of(content), signer, at=at, content_type=read.content_type, claims=claims)
    grown = frame.with_signers((*frame.signers, SignerFrame.read(der.decode(made))))
    if len(grown.signers) > MAX_JOINED:
        raise LimitExceeded(limit=MAX_JOINED, found="more signers")
    return grown.with_digests(by).with_material((signer.certificate, *signer.chain), ()).encode()


def countersign(signed: bytes, signer: Signer, *, at: datetime, which: int | None = None) -> bytes:
    """The signature with a countersignature on the signer number `which`, or on each (RFC 5652 §11.4).

    Raises:
        StructureRefused: `structure-refused` when there is no such signer, or nothing can change.
        UnsupportedAlgorithm: `unsupported-algorithm` for a key that signs nothing.
        MalformedInput: `signed` cannot be read.
        ValueError: `at` is naive.
    """
    read, frame = _opened(signed)
    if not frame.signers or (which is not None and not 0 <= which < len(frame.signers)):
        raise StructureRefused(reason="no such signer")
    by = signer.signature_scheme.attribute_digest

    def countersigned(number: int) -> SignerFrame:
        part, info = frame.signers[number], read.signer_infos[number]
        if which not in (None, number):
            return part
        made = _signer_info(by.of(info.signature), signer, at=at, content_type=None, claims=_NO_CLAIMS)
        return part.adding(cades.countersignature(made))

    grown = frame.with_signers(map(countersigned, range(len(frame.signers))))
    return grown.with_material((signer.certificate, *signer.chain), ()).encode()


def _opened(signed: bytes) -> tuple[SignedData, Frame]:
    read = SignedData.read(signed)
    if any(found.version < 3 for info in read.signer_infos for found in cades.archive_time_stamps(info)):
        raise StructureRefused(reason="an archive time stamp of version 2 covers the whole structure")
    if any(map(cades.evidence_records, read.signer_infos)):
        raise StructureRefused(reason="an evidence record covers the whole structure")
    return read, Frame.read(signed)


def _merged(base: Frame, frames: Iterable[Frame]) -> Frame:
    signers: dict[bytes, SignerFrame] = {}
    for frame in frames:
        signers.update((signer.encode(), signer) for signer in frame.signers)
        base = base.with_material(frame.certificates, frame.crls).with_algorithms(frame.digest_algorithms)
    if len(signers) > MAX_JOINED:
        raise LimitExceeded(limit=MAX_JOINED, found="more signers")
    return base.with_signers(signers.values())


def _require_agreement(read: SignedData, document: bytes) -> None:
    """Each signer's message-digest is that of `document`; a signer without signed attributes says none."""
    made: dict[str, bytes] = {}
    for info in read.signer_infos:
        stated = info.message_digest
        if stated is None:
            continue
        by = _digest(info)
        found = made.get(by.oid) or made.setdefault(by.oid, by.of(document))
        if not secrets.compare_digest(found, stated):
            raise StructureRefused(reason="the document is not the one that was signed")


def _digest(info: SignerInfo) -> Digest:
    try:
        return digest(info.digest_algorithm)
    except UnsupportedAlgorithm as e:
        raise StructureRefused(reason=e.message) from e


def _require_one_content(several: Sequence[SignedData], content: bytes | None) -> None:
    if content is not None:
        for read in several:
            _require_agreement(read, content)
        return
    stated = [{(i.digest_algorithm.oid, i.message_digest) for i in read.signer_infos} for read in several]
    by_algorithm: dict[str, set[bytes | None]] = {}
    for oid, value in set[tuple[str, bytes | None]]().union(*stated):
        by_algorithm.setdefault(oid, set()).add(value)
    if any(len(values) > 1 for values in by_algorithm.values()):
        raise StructureRefused(reason="different documents")
    shared = set.intersection(*({oid for oid, _ in found} for found in stated))
    if len(several) > 1 and not shared:
        raise StructureRefused(reason="no common digest, so the document is needed to compare")


def _signer_info(
    value: bytes, signer: Signer, *, at: datetime, content_type: str | None, claims: Claims
) -> bytes:
    """One SignerInfo; without `content_type` a countersignature, which has none (RFC 5652 §11.4)."""
    scheme, certificate = signer.signature_scheme, Certificate.load(signer.certificate)
    by = scheme.attribute_digest.identifier
    typed: tuple[Attribute, ...] = () if content_type is None else (cades.content_type(content_type),)
    attributes = (
        *typed,
        cades.message_digest(value),
        cades.signing_time(at),
        cades.signing_certificate_v2(certificate),
        cades.encode_algorithm_protection(by, scheme.identifier),
        *cades.encode_claims(claims),
    )
    return cms.encode_signer_info(
        cms.issuer_and_serial(certificate),
        encode_attributes(attributes),
        lambda message: signer.key.sign(scheme, message),
        digest_algorithm=by,
        signature_algorithm=scheme.identifier,
    )
