"""Verdicts on signatures, with clock and fetching supplied: CMS, messages of S/MIME, containers."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import BinaryIO

from esign import asic, smime
from esign.api.kept import DEFAULT_POLICY, MATERIAL, SIGNER_PATHS
from esign.cms import SignedData, read_pem_or_der
from esign.content import Content
from esign.errors import EsignError
from esign.io.clock import instant
from esign.io.sources import IN_MEMORY, Source, again, content_of, read
from esign.national.legal import is_national, legal_conditions
from esign.rounds import Fetch, in_rounds
from esign.validation import signature as signatures
from esign.validation.policy import Policy
from esign.validation.report import Report
from esign.x509 import Trust


def verify(
    signature: Source,
    *,
    document: Source | None = None,
    trust: Trust,
    at: datetime | None = None,
    material: Iterable[bytes] = (),
    policy: Policy = DEFAULT_POLICY,
    fetch: Fetch | None = None,
) -> Report:
    """The verdict on every signature in `signature` at `at`, by EN 319 102-1 cl. 5.3; raises on no input.

    Files are read in bounded memory, whatever their size; one that cannot be read twice is put aside in a
    temporary file. PEM and messages of S/MIME are read whole.

    Args:
        signature: CMS SignedData (DER, BER or PEM), a signed S/MIME message, or an ASiC container. document:
        the signed octets of a detached signature. trust: the anchors; nothing else is trusted. at: the
        validation time (aware); the clock when None. material: certificates, CRLs and OCSP answers, PEM or
        DER, that complete the path and tell what is revoked. policy: which algorithms, keys and purposes are
        acceptable. fetch: answers a `Need` with octets, or None, in at most 8 rounds. Without it nothing is
        fetched.
    """
    known, moment = tuple(material), instant(at)
    with ExitStack() as held:
        source = signature if isinstance(signature, IN_MEMORY) else again(signature, held)
        if _is_container(source):
            container = bytes(source) if isinstance(source, IN_MEMORY) else source
            given = None if document is None else content_of(document, held)

            def judge(extra: tuple[bytes, ...]) -> Report:
                found = MATERIAL.read((*known, *extra)).material
                return asic.verify(
                    container, trust=trust, at=moment, material=found, policy=policy, document=given
                )

            return _with_conditions(in_rounds(judge, fetch))
        subject, content = _subject(source, document, held)

        def judge_signature(extra: tuple[bytes, ...]) -> Report:
            found = MATERIAL.read((*known, *extra)).material
            return signatures.verify(
                subject,
                document=content,
                trust=trust,
                at=moment,
                material=found,
                policy=policy,
                memory=SIGNER_PATHS,
            )

        return _with_conditions(in_rounds(judge_signature, fetch))


def _with_conditions(report: Report) -> Report:
    """The report with the conditions of the national law at each signature of a national certificate."""
    told = tuple(
        replace(one, legal=legal_conditions(one))
        if one.certificate is not None and is_national(one.certificate)
        else one
        for one in report.signatures
    )
    return report if told == report.signatures else replace(report, signatures=told)


def attached_content(signature: Source) -> bytes | None:
    """The document inside a signature, unjudged; None for a detached one.

    Raises:
        EsignError: `malformed-input` or a code of its kind when `signature` is no signature.
    """
    octets, content = _signature(read(signature))
    return content if content is not None else SignedData.read(read_pem_or_der(octets)).content


def _subject(
    signature: Source, document: Source | None, held: ExitStack
) -> tuple[bytes | BinaryIO | SignedData, Content | None]:
    """What is judged, read once, and the document beside it; files that were put aside go with `held`."""
    given = None if document is None else content_of(document, held)
    if not isinstance(signature, IN_MEMORY):
        file = again(signature, held)
        start = file.tell()
        if file.read(1) == b"\x30":
            file.seek(start)
            return _in_file(file, start), given
        file.seek(start)
        signature = file.read()
    data, brought = _signature(bytes(signature))
    if given is None and brought is not None:
        given = Content.of(brought)
    try:
        return SignedData.read(read_pem_or_der(data)), given
    except EsignError:
        return data, given


def _is_container(source: Source) -> bool:
    if isinstance(source, IN_MEMORY):
        return asic.looks_like_container(bytes(source[:4]))
    start = source.tell()
    first = source.read(4)
    source.seek(start)
    return start == 0 and asic.looks_like_container(first)


def _in_file(file: BinaryIO, start: int) -> BinaryIO | SignedData:
    """What is in `file`; the file itself when that is no SignedData: who judges it says why."""
    try:
        return SignedData.read_file(file)
    except EsignError:
        file.seek(start)
        return file


def _signature(data: bytes) -> tuple[bytes, bytes | None]:
    """CMS octets, and the document that came with them; a message of S/MIME is taken apart."""
    if not smime.looks_like_message(data):
        return data, None
    try:
        layers = smime.read(smime.canonical(data))
    except EsignError:
        return data, None
    return (data, None) if layers.signature is None else (layers.signature, layers.signed_octets)
