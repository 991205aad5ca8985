"""Signatures kept provable and brought into form, with clock, time stamps and fetching supplied.

lasting = augment(signature, "B-LTA", tsa=tsa, trust=trust, material=lists, document=document)
token = timestamp(document, tsa)
records = stamp_together(documents, tsa)
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from functools import partial
from typing import Final

from esign import asic, signing
from esign.algorithms import SHA256
from esign.cades import Claims
from esign.cms import read_pem_or_der
from esign.content import Content
from esign.errors import EsignError
from esign.ers import EvidenceRecord, renew_time_stamps, stamp_many
from esign.findings import Indication
from esign.io.clock import instant
from esign.io.sources import Source, content_of, read
from esign.keys import Signer
from esign.material import Material, Need
from esign.rounds import MAX_NEEDS, MAX_ROUNDS, Fetch, asked, in_rounds
from esign.signing import AugmentationRefused, EvidenceMissing, Inquiry
from esign.signing import Level as Level
from esign.signing.records import with_validation_data
from esign.tsp import MessageImprint, TimeStamper, TimeStampToken, stamp
from esign.validation.context import Context
from esign.validation.evidence import EvidenceReport, unreadable_evidence, validate_evidence
from esign.validation.policy import Policy
from esign.validation.report import Report, TimeStampReport
from esign.validation.timestamps import unreadable, validate_timestamp
from esign.x509 import Trust

_WHOLE: Final = {
    Indication.PASSED: Indication.TOTAL_PASSED,
    Indication.FAILED: Indication.TOTAL_FAILED,
    Indication.INDETERMINATE: Indication.INDETERMINATE,
}


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
    archive_manifest: bool = False,
) -> bytes:
    """`signature` raised to `level` for each of its signers, DER; what was signed stays octet by octet.

    A signature that bears an archive time stamp already gets another one: so it is renewed before an
    authority or an algorithm runs out. In an ASiC container each signature is raised.

    Args:
        signature: SignedData: DER, BER or PEM; or an ASiC container. level: `B-T`, `B-LT` or `B-LTA`. tsa:
        who stamps, from TimeStampReq to TimeStampResp: `esign.io.timestamping.HTTPTimeStamper`, or an
        authority at hand. document: the octets of a detached signature, needed for `B-LTA`. trust: the
        anchors, needed from `B-LT` on. material: certificates, lists and OCSP answers, PEM or DER. at: the
        time at which paths must hold (aware); the clock when None. policy: what an acceptable path is. fetch:
        answers a `Need` with octets, or None, in at most 8 rounds. archive_manifest: in a container, one
        archive manifest instead of a time stamp in each signature.

    Raises:
        EsignError: `evidence-missing` with `needs`, when a path cannot be shown to be good;
            `augmentation-refused`; `tsp-refused` and other codes of a time stamp that was not given;
            `malformed-input`, `container-malformed`.
        ValueError: another level, no trust above `B-T`, or a naive `at`.
    """
    moment, data = instant(at), read(signature)
    act: Callable[..., bytes]
    if asic.looks_like_container(data):
        act = partial(asic.augment, archive_manifest=archive_manifest)
    else:
        data = read_pem_or_der(data)
        act = partial(signing.augment, document=None if document is None else Content.of(document))

    def raised(signed: bytes, to: Level, known: Sequence[bytes]) -> bytes:
        found = Material.read(known)
        return act(signed, to, tsa=tsa, at=moment, trust=trust, material=found, policy=policy)

    given = tuple(material)
    if level == "B-T" or trust is None:
        return raised(data, level, given)
    with suppress(AugmentationRefused):
        # One time stamp over the signature is asked for, however many rounds the evidence takes.
        data = raised(data, "B-T", given)
    return _with_evidence(lambda known: raised(data, level, known), given, fetch)


def _with_evidence(
    act: Callable[[Sequence[bytes]], bytes], given: Sequence[bytes], fetch: Fetch | None
) -> bytes:
    """What `act` makes, in rounds: what it misses is fetched, and it is done again."""
    fetched: dict[Need, bytes | None] = {}
    known = given
    for _ in range(MAX_ROUNDS):
        try:
            return act(known)
        except EvidenceMissing as e:
            wanted = {asked(need): need for need in e.needs if asked(need) not in fetched}
            fresh = tuple(wanted.items())[: MAX_NEEDS - len(fetched)]
            if fetch is None or not fresh:
                raise
            fetched.update({key: fetch(need) for key, need in fresh})
            known = (*given, *(octets for octets in fetched.values() if octets is not None))
    return act(known)


def renew_evidence(
    record: bytes,
    *,
    tsa: TimeStamper,
    trust: Trust,
    material: Iterable[bytes] = (),
    at: datetime | None = None,
    policy: Policy | None = None,
    fetch: Fetch | None = None,
) -> bytes:
    """An evidence record with one more time stamp over its last one, DER (RFC 4998 §5.2).

    To be done before the authority of the last time stamp, or its algorithm, runs out; what shows that it was
    good until now is put into it first. The arguments are those of `augment`.

    Raises:
        EsignError: `evidence-missing`, `ers-malformed`, and the codes of a time stamp that was not given.
    """
    moment, read_record = instant(at), EvidenceRecord.read(record)
    rules = policy or Policy.default()

    def renewed(known: Sequence[bytes]) -> bytes:
        inquiry = Inquiry(Material.read(known), trust, moment, rules)
        (made,) = renew_time_stamps([with_validation_data(read_record, inquiry)], tsa)
        return made.raw

    return _with_evidence(renewed, tuple(material), fetch)


def timestamp(document: Source, tsa: TimeStamper) -> bytes:
    """A time-stamp token over SHA-256 of `document`: ContentInfo, DER (RFC 3161 §2.4.2).

    `openssl ts -verify -data DOCUMENT -in TOKEN -token_in` takes it.

    Raises:
        EsignError: `tsp-refused`, or another code, when the authority does not give what was asked for.
    """
    digest = Content.of(document).digest(SHA256)
    return stamp(MessageImprint(SHA256.identifier, digest), tsa).raw


def stamp_together(documents: Iterable[Source], tsa: TimeStamper) -> tuple[bytes, ...]:
    """One time stamp over all of `documents`: an evidence record for each, DER (RFC 4998 §4.2).

    Each record proves its document alone: it shows nothing of the others but digests.

    Raises:
        EsignError: `tsp-refused`, or another code, when the authority does not give what was asked for.
        ValueError: no document.
    """
    digests = [Content.of(one).digest(SHA256) for one in documents]
    return tuple(record.raw for record in stamp_many(digests, tsa))


def verify_timestamp(
    token: bytes,
    *,
    document: Source,
    trust: Trust,
    at: datetime | None = None,
    material: Iterable[bytes] = (),
    policy: Policy | None = None,
    fetch: Fetch | None = None,
) -> Report:
    """The verdict on a time-stamp token over `document` at `at` (EN 319 102-1 cl. 5.4); raises on no input.

    The report has no signature but the token in `timestamps`, whose `at` is when the document existed at the
    latest.

    Args:
        token: ContentInfo: DER, BER or PEM. document: the octets that it should be over. trust: the anchors.
        at: the validation time (aware); the clock when None. material: certificates, lists and OCSP answers,
        PEM or DER. policy: what is acceptable. fetch: as for `verify`.
    """
    moment = instant(at)
    try:
        read_token = TimeStampToken.read(read_pem_or_der(token))
    except EsignError as e:
        return _about((unreadable(token, "document", e),), moment)
    with ExitStack() as held:
        content = content_of(document, held)

        def judge(context: Context) -> Report:
            found = validate_timestamp(read_token, imprint=content.digest, kind="document", context=context)
            return _about((found,), moment)

        return in_rounds(_in_context(judge, trust, moment, tuple(material), policy), fetch)


def verify_evidence(
    record: bytes,
    *,
    documents: Iterable[Source],
    trust: Trust,
    at: datetime | None = None,
    material: Iterable[bytes] = (),
    policy: Policy | None = None,
    fetch: Fetch | None = None,
) -> Report:
    """The verdict on an evidence record (DER or BER) over `documents` at `at` (RFC 4998 §5.3).

    The report has no signature but the time stamps of the record, the first one first: its `at` is when the
    documents existed at the latest. Raises on no input; the other arguments are those of `verify_timestamp`.
    """
    moment = instant(at)
    try:
        read_record = EvidenceRecord.read(record)
    except EsignError as e:
        return _about((), moment, unreadable_evidence(record, e))
    with ExitStack() as held:
        digesters = [content_of(one, held).digest for one in documents]

        def judge(context: Context) -> Report:
            found = validate_evidence(read_record, digesters, context=context)
            return _about(found.timestamps, moment, found)

        return in_rounds(_in_context(judge, trust, moment, tuple(material), policy), fetch)


def _about(stamps: tuple[TimeStampReport, ...], at: datetime, record: EvidenceReport | None = None) -> Report:
    """The report on time stamps that stand alone, or on the record that they make."""
    found = stamps[0] if record is None else record
    needs = tuple(dict.fromkeys(need for stamp in stamps for need in stamp.needs))
    own = () if record is None else record.findings
    return Report(
        _WHOLE[found.indication], found.sub_indication, at, findings=own, needs=needs, timestamps=stamps
    )


def _in_context(
    judge: Callable[[Context], Report],
    trust: Trust,
    at: datetime,
    known: Sequence[bytes],
    policy: Policy | None,
) -> Callable[[tuple[bytes, ...]], Report]:
    def with_more(extra: tuple[bytes, ...]) -> Report:
        found = Material.read((*known, *extra))
        return judge(Context.of(found, trust=trust, at=at, policy=policy))

    return with_more


def countersign(
    signature: bytes, signer: Signer, *, at: datetime | None = None, which: int | None = None
) -> bytes:
    """A signature (DER, BER or PEM) with a countersignature on each signer, or on number `which` from 0.

    A countersignature signs the signature value, not the document (RFC 5652 §11.4).

    Raises:
        EsignError: `structure-refused` when there is no such signer, or nothing can be added;
            `unsupported-algorithm` for a key that cannot sign.
    """
    return signing.countersign(read_pem_or_der(signature), signer, at=instant(at), which=which)


def add_signer(
    signature: bytes,
    signer: Signer,
    *,
    document: bytes | None = None,
    at: datetime | None = None,
    attributes: Claims | None = None,
) -> bytes:
    """A signature (DER, BER or PEM) with one more signer beside the others, over the same document.

    `document` is needed for a detached signature; `attributes` are what the new signer claims.

    Raises:
        EsignError: `structure-refused` without a document, with another one, or when nothing can be added;
            `unsupported-algorithm` for a key that cannot sign.
    """
    data, claims = read_pem_or_der(signature), attributes or Claims()
    return signing.add_signer(data, signer, at=instant(at), document=document, claims=claims)


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
