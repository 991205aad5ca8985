"""Signatures raised level by level: B-B, B-T, B-LT, B-LTA (EN 319 122-1 cl. 6), signed octets untouched.

Everything that is added is unsigned: a time stamp over the signature, certificates and revocation data, an
archive time stamp over all of it. What an archive time stamp covers stays octet by octet; raising a signature
that is at B-LTA to B-LTA again renews it. The authority is asked through an argument, and nothing is fetched.

    augment(signature, "B-LTA", tsa=tsa, trust=trust, material=material, at=at, document=document)
"""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from esign import cades, der
from esign.algorithms import SHA256, AlgorithmIdentifier, Digest, digest
from esign.attributes import Attribute
from esign.cms import SignedData, SignerInfo
from esign.content import Content
from esign.errors import EsignError, UnsupportedAlgorithm
from esign.material import Material
from esign.signing.evidence import Evidence, EvidenceMissing, Inquiry
from esign.signing.frame import Frame, SignerFrame, other_revocation
from esign.tsp import MessageImprint, TimeStamper, TimeStampToken, stamp
from esign.validation.policy import Policy
from esign.x509 import Certificate, Trust

Level = Literal["B-T", "B-LT", "B-LTA"]
LEVELS: Final[tuple[str, ...]] = ("B-B", "B-T", "B-LT", "B-LTA")
_NO_MATERIAL: Final = Material()


class AugmentationRefused(EsignError):
    """A signature that nothing may be added to, or that cannot be raised."""

    code = "augmentation-refused"


def augment(
    signed: bytes,
    level: Level,
    *,
    tsa: TimeStamper,
    at: datetime,
    trust: Trust | None = None,
    material: Material = _NO_MATERIAL,
    document: bytes | Content | None = None,
    policy: Policy | None = None,
    by: Digest = SHA256,
) -> bytes:
    """`signed` (ContentInfo, BER or DER) raised to `level` for every signer; levels below are made first.

    Args:
        signed: a signature of any level.
        level: `B-T`, `B-LT` or `B-LTA`.
        tsa: who stamps: TimeStampReq in, TimeStampResp out.
        at: the time at which paths must hold (aware): now.
        trust: the anchors; needed from `B-LT` on.
        material: certificates, lists and OCSP answers beside those in the signature.
        document: the octets of a detached signature; needed for `B-LTA`.
        policy: what an acceptable path is.
        by: the digest of the time stamps.

    Raises:
        AugmentationRefused: `augmentation-refused`: no signer, no document or another one, or an archive time
            stamp of an older version, which covers the fields that would change.
        EvidenceMissing: `evidence-missing`, with what is needed.
        TimeStampFailed: the authority gave no time stamp that fits.
        MalformedInput: `signed` cannot be read.
        ValueError: another level, or no trust.
    """
    if level not in LEVELS[1:] or (trust is None and level != "B-T"):
        raise ValueError(f"level {level!r} is one of {LEVELS[1:]}, and needs trust above B-T")
    frame = Frame.read(signed)
    if not frame.signers:
        raise AugmentationRefused(reason="no signature")
    if any(map(cades.evidence_records, _infos(frame))):
        raise AugmentationRefused(reason="an evidence record covers the signature as it is: renew the record")
    stamped = _with_signature_stamps(frame, tsa, by)
    if level == "B-T" or trust is None:
        return stamped.encode()
    inquiry = Inquiry(material, trust, at, policy or Policy.default())
    complete = _with_evidence(stamped, inquiry)
    return complete.encode() if level == "B-LT" else _archived(complete, document, tsa, by).encode()


def _infos(frame: Frame) -> tuple[SignerInfo, ...]:
    return SignedData.read(frame.encode()).signer_infos


# --- B-T ---


def _with_signature_stamps(frame: Frame, tsa: TimeStamper, by: Digest) -> Frame:
    """EN 319 122-1 cl. 5.3: a time stamp over the signature value, for each signer that has none."""
    return frame.with_signers(_stamped(signer, tsa, by) for signer in frame.signers)


def _stamped(signer: SignerFrame, tsa: TimeStamper, by: Digest) -> SignerFrame:
    info = _info(signer)
    if cades.signature_time_stamps(info):
        return signer
    if _has_old_archive(info):
        raise AugmentationRefused(reason="an archive time stamp of version 2 covers the unsigned attributes")
    return signer.adding(cades.signature_time_stamp(stamp(_imprint(by.of(info.signature), by), tsa).raw))


def _info(signer: SignerFrame) -> SignerInfo:
    return SignerInfo.read(der.decode(signer.encode()))


def _has_old_archive(info: SignerInfo) -> bool:
    return any(found.version < 3 for found in cades.archive_time_stamps(info))


# --- B-LT ---


@dataclass(frozen=True, slots=True)
class _Question:
    """Whose path is wanted; one that is not needed, because an archive time stamp covers it, may fail."""

    certificate: Certificate
    needed: bool


def _with_evidence(frame: Frame, inquiry: Inquiry) -> Frame:
    """EN 319 122-1 cl. 6.3: validation data of signers and time stamps, in the root SignedData."""
    signed = SignedData.read(frame.encode())
    known = _known(signed, inquiry.material)
    found = _gathered(signed, replace(inquiry, material=known))
    held = {*signed.certificates, *signed.crls, *signed.ocsp}
    certificates = [c.raw for c in found.certificates if c.raw not in held]
    crls = [c.raw for c in found.crls if c.raw not in held]
    answers = [other_revocation(a.raw) for a in found.ocsp if a.raw not in held]
    if (certificates or crls or answers) and any(map(_has_old_archive, signed.signer_infos)):
        raise AugmentationRefused(reason="an archive time stamp of version 2 covers the certificates")
    return frame.with_material(certificates, (*crls, *answers))


def _known(signed: SignedData, material: Material) -> Material:
    """What the caller gave, what the signature holds, and what its time stamps hold."""
    blobs = [*signed.certificates, *signed.crls, *signed.ocsp]
    for info in signed.signer_infos:
        blobs += _legacy_values(info)
        for token in _tokens(info):
            blobs += (*token.signed.certificates, *token.signed.crls, *token.signed.ocsp)
    inside = Material.read(dict.fromkeys(blobs))
    return Material(
        tuple(dict.fromkeys((*inside.certificates, *material.certificates))),
        tuple(dict.fromkeys((*inside.crls, *material.crls))),
        (),
        tuple(dict.fromkeys((*inside.ocsp, *material.ocsp))),
    )


def _legacy_values(info: SignerInfo) -> Iterator[bytes]:
    crls, answers = cades.revocation_values(info)
    yield from (*cades.certificate_values(info), *crls, *answers)


def _tokens(info: SignerInfo) -> tuple[TimeStampToken, ...]:
    """Every time stamp of a signer that can be read; the last one made comes last."""
    held = cades.unsigned_values(info, *cades.TIME_STAMPS)
    read = (_token(raw) for raw in (*cades.content_time_stamps(info), *held))
    return tuple(sorted((t for t in read if t is not None), key=lambda token: token.info.gen_time))


def _token(raw: bytes) -> TimeStampToken | None:
    try:
        return TimeStampToken.read(raw)
    except EsignError:
        return None


def _gathered(signed: SignedData, inquiry: Inquiry) -> Evidence:
    found = Evidence()
    for info in signed.signer_infos:
        for question in _questions(info, inquiry.material.certificates):
            try:
                found = found.joined(inquiry.about(question.certificate))
            except EvidenceMissing:
                if question.needed:
                    raise
    return found


def _questions(info: SignerInfo, pool: Iterable[Certificate]) -> Iterator[_Question]:
    """The signer's certificate and those of its time stamps.

    Under an archive time stamp only the newest one of these must still hold: it proves the others.
    """
    known = tuple(pool)
    archived = bool(cades.archive_time_stamps(info))
    holder = signing_certificate(info, known)
    if holder is None and not archived:
        raise AugmentationRefused(reason="the certificate of a signer is not at hand")
    tokens = _tokens(info)
    if holder is not None:
        yield _Question(holder, needed=not archived)
    for number, token in enumerate(tokens, 1):
        authority = token.signer(known)
        if authority is not None:
            yield _Question(authority, needed=not archived or number == len(tokens))


def signing_certificate(info: SignerInfo, pool: Iterable[Certificate]) -> Certificate | None:
    """The certificate of `pool` that the signature names and binds; None when it is not there."""
    bound = [one.first for one in cades.signing_certificates(info)]
    named = (c for c in pool if info.names(c))
    return next((c for c in named if all(one.matches(c) for one in bound)), None)


# --- B-LTA ---


def _archived(frame: Frame, document: bytes | Content | None, tsa: TimeStamper, by: Digest) -> Frame:
    """EN 319 122-1 cl. 5.5.3: one archive time stamp of version 3 for each signer, over all that is there."""
    # EN 319 122-1 cl. 5.5.3 recommends that its digest stands among digestAlgorithms.
    complete = frame.with_digests(by)
    signed = SignedData.read(complete.encode())
    content = _content(signed, document)
    for info in signed.signer_infos:
        _require_signed(info, content)
    return complete.with_signers(
        signer.adding(
            _archive(signed, _info(signer), content, tsa, by), keep_order=_has_old_archive(_info(signer))
        )
        for signer in complete.signers
    )


def _archive(
    signed: SignedData, info: SignerInfo, content: Content, tsa: TimeStamper, by: Digest
) -> Attribute:
    index = cades.hash_index_v3(signed, info, by)
    value = cades.archive_imprint_v3(signed, info, index.values[0], content=content, by=by)
    return cades.archive_time_stamp_v3(_indexed(stamp(_imprint(value, by), tsa).raw, index))


def _imprint(value: bytes, by: Digest) -> MessageImprint:
    return MessageImprint(AlgorithmIdentifier(by.oid, der.null()), value)


def _indexed(token: bytes, index: Attribute) -> bytes:
    """The token with the hash index among the unsigned attributes of its signature."""
    frame = Frame.read(token)
    return frame.with_signers(signer.adding(index) for signer in frame.signers).encode()


def _require_signed(info: SignerInfo, content: Content) -> None:
    """A time stamp over another document would stay in the signature and spoil it for good."""
    try:
        by = digest(info.digest_algorithm)
    except UnsupportedAlgorithm:
        return
    stated = info.message_digest
    if stated is not None and not secrets.compare_digest(stated, content.digest(by)):
        raise AugmentationRefused(reason="the document is not the one that was signed")


def _content(signed: SignedData, document: bytes | Content | None) -> Content:
    found = document if signed.encapsulated is None else signed.encapsulated
    if found is None:
        raise AugmentationRefused(reason="the document of a detached signature is not given")
    return Content.of(found) if isinstance(found, bytes) else found
