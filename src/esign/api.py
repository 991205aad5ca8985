"""What the front door shows: the pure acts with clock, files and fetching supplied.

Everything below takes bytes and a time and returns values; here `at=None` reads the clock, files are read and
written, and `fetch` answers the needs of a report in bounded rounds. Input is told apart by its form: DER or
PEM of CMS, or a message of S/MIME.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import BinaryIO, Final, cast, overload

from esign import asic, signing, smime
from esign import envelope as envelopes
from esign.cades import Claims
from esign.cms import DATA, SignedData, read_pem_or_der
from esign.content import Content
from esign.envelope import Decrypted
from esign.errors import EsignError, MalformedInput
from esign.io import sources
from esign.io.clock import now
from esign.io.verdicts import ParsedMaterial, PathQuestion, Verdicts
from esign.keys import Decryptor, Signer
from esign.national.legal import is_national, legal_conditions
from esign.preserve import augment
from esign.rounds import Fetch, in_rounds
from esign.signing import Level
from esign.tsp import TimeStamper
from esign.validation import path as paths
from esign.validation import signature as signatures
from esign.validation.policy import Policy
from esign.validation.policy_tree import PolicyInputs
from esign.validation.report import PathReport, Report
from esign.validation.revocation import Revocation
from esign.x509 import Certificate, Trust

Source = bytes | BinaryIO

_IN_MEMORY: Final = (bytes, bytearray, memoryview)
_DEFAULT_POLICY: Final = Policy.default()
# Caches of pure functions: keys, bounds and expiry stand in `esign.io.verdicts`.
_MATERIAL: Final = ParsedMaterial()
_VERDICTS: Final = Verdicts()


@overload
def sign(
    document: Source,
    signer: Signer,
    *,
    level: str = ...,
    detached: bool = ...,
    at: datetime | None = ...,
    out: None = ...,
    attributes: Claims | None = ...,
    content_type: str = ...,
    tsa: TimeStamper | None = ...,
    trust: Trust | None = ...,
    material: Iterable[bytes] = ...,
    fetch: Fetch | None = ...,
) -> bytes: ...


@overload
def sign(
    document: Source,
    signer: Signer,
    *,
    level: str = ...,
    detached: bool = ...,
    at: datetime | None = ...,
    out: BinaryIO,
    attributes: Claims | None = ...,
    content_type: str = ...,
    tsa: TimeStamper | None = ...,
    trust: Trust | None = ...,
    material: Iterable[bytes] = ...,
    fetch: Fetch | None = ...,
) -> None: ...


def sign(
    document: Source,
    signer: Signer,
    *,
    level: str = "B-B",
    detached: bool = False,
    at: datetime | None = None,
    out: BinaryIO | None = None,
    attributes: Claims | None = None,
    content_type: str = DATA,
    tsa: TimeStamper | None = None,
    trust: Trust | None = None,
    material: Iterable[bytes] = (),
    fetch: Fetch | None = None,
) -> bytes | None:
    """A CAdES signature over `document` (EN 319 122-1 cl. 6): SignedData; None when written to `out`.

    The result is DER. Only where a document that cannot be read twice goes into `out` with its signature it
    is BER, because the lengths in front are not known in time. Files are read in bounded memory when the
    signature is detached or goes to `out`.

    Args:
        document: the octets, or a binary file that is read to its end.
        signer: who signs, with certificate and chain.
        level: `B-B`, `B-T`, `B-LT` or `B-LTA`; above `B-B` as `augment` makes it, in memory when attached.
        detached: leave the document out of the signature.
        at: the claimed signing time (aware); the clock when None.
        out: a binary file that takes the result.
        attributes: what the signature claims besides: commitment, role, location, policy and so on.
        content_type: what the document is, as dotted identifier: id-data, unless a format says otherwise.
        tsa, trust, material, fetch: as for `augment`, which needs them above `B-B`.

    Raises:
        ValueError: another level, no `tsa` where one is needed, a naive `at`, or a claim that cannot be
            written.
        EsignError: `unsupported-algorithm` for a key that cannot sign; above `B-B` as `augment`.
    """
    moment = _instant(at)

    def baseline(source: Source, out: BinaryIO | None) -> bytes | None:
        return _baseline(
            source,
            signer,
            detached=detached,
            at=moment,
            out=out,
            claims=attributes,
            content_type=content_type,
        )

    if level == "B-B":
        return baseline(document, out)
    raised = _raised(
        document,
        lambda source: baseline(source, None) or b"",
        level,
        detached=detached,
        tsa=tsa,
        trust=trust,
        material=material,
        at=moment,
        fetch=fetch,
    )
    return _deliver((raised,), out)


def _baseline(
    document: Source,
    signer: Signer,
    *,
    detached: bool,
    at: datetime,
    out: BinaryIO | None,
    claims: Claims | None,
    content_type: str,
) -> bytes | None:
    """Level B-B, each kind of document in its own way."""
    if isinstance(document, _IN_MEMORY):
        made = signing.sign(
            bytes(document),
            signer,
            at=at,
            detached=detached,
            claims=claims,
            content_type=content_type,
        )
        return _deliver((made,), out)
    if detached:
        by = signer.signature_scheme.attribute_digest
        found = sources.digest(document, by)
        return _deliver(
            (signing.sign_digest(found, signer, at=at, claims=claims, content_type=content_type),),
            out,
        )
    if out is None or sources.can_seek(document):
        content = Content.of(document if out is not None else document.read())
        return _deliver(
            signing.sign_content(content, signer, at=at, claims=claims, content_type=content_type),
            out,
        )
    chunks = sources.chunks(document)
    return _deliver(signing.sign_stream(chunks, signer, at=at, claims=claims, content_type=content_type), out)


def _raised(
    document: Source,
    first: Callable[[Source], bytes],
    level: str,
    *,
    detached: bool,
    tsa: TimeStamper | None,
    trust: Trust | None,
    material: Iterable[bytes],
    at: datetime,
    fetch: Fetch | None,
) -> bytes:
    """What `first` makes of `document`, raised to `level`; a file is read once for each."""
    if level not in signing.LEVELS or tsa is None:
        raise ValueError(f"level {level!r}: one of {', '.join(signing.LEVELS)}, above B-B with tsa")
    with ExitStack() as held:
        source = document if isinstance(document, _IN_MEMORY) else _again(document, held)
        start = 0 if isinstance(source, _IN_MEMORY) else source.tell()
        made = first(source)
        if not isinstance(source, _IN_MEMORY):
            source.seek(start)
        return augment(
            made,
            cast(Level, level),
            tsa=tsa,
            document=source if detached else None,
            trust=trust,
            material=material,
            at=at,
            fetch=fetch,
        )


def verify(
    signature: Source,
    *,
    document: Source | None = None,
    trust: Trust,
    at: datetime | None = None,
    material: Iterable[bytes] = (),
    policy: Policy = _DEFAULT_POLICY,
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
    known, moment = tuple(material), _instant(at)
    with ExitStack() as held:
        source = signature if isinstance(signature, _IN_MEMORY) else _again(signature, held)
        if _is_container(source):
            container = bytes(source) if isinstance(source, _IN_MEMORY) else source
            given = None if document is None else _content(document, held)

            def judge(extra: tuple[bytes, ...]) -> Report:
                found = _MATERIAL.read((*known, *extra)).material
                return asic.verify(
                    container, trust=trust, at=moment, material=found, policy=policy, document=given
                )

            return _with_conditions(in_rounds(judge, fetch))
        subject, content = _subject(source, document, held)

        def judge_signature(extra: tuple[bytes, ...]) -> Report:
            found = _MATERIAL.read((*known, *extra)).material
            return signatures.verify(
                subject, document=content, trust=trust, at=moment, material=found, policy=policy
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


def validate_path(
    certificate: Certificate,
    *,
    pool: Iterable[Certificate] = (),
    trust: Trust,
    crls: Iterable[bytes] = (),
    ocsp: Iterable[bytes] = (),
    at: datetime | None = None,
    usage: str | None = None,
    policies: Iterable[str] | None = None,
    require_explicit_policy: bool = False,
    inhibit_any_policy: bool = False,
    inhibit_policy_mapping: bool = False,
    revocation: str = "require",
    policy: Policy = _DEFAULT_POLICY,
    fetch: Fetch | None = None,
) -> PathReport:
    """The verdict on a certificate: a path to an anchor, valid and not revoked at `at` (RFC 5280 §6.1).

    Args:
        certificate: the certificate in question.
        pool: other certificates that a path may be built from.
        trust: the anchors.
        crls: revocation lists, PEM or DER.
        ocsp: answers of OCSP responders, PEM or DER.
        at: the validation time (aware); the clock when None.
        usage: what the certificate must serve for, a purpose of `policy`: `document-signing`,
            `email-signing`, `email-encryption`, `time-stamping`, `ocsp-signing`, `crl-signing`, `tls-server`,
            `tls-client`; None for anything.
        policies: the certificate policies that are acceptable, dotted; None for any. The report names those
            for which the path is valid.
        require_explicit_policy: the path must be valid for one of them (RFC 5280 §6.1.1 (e)).
        inhibit_any_policy: anyPolicy in a certificate stands for none (RFC 5280 §6.1.1 (g)).
        inhibit_policy_mapping: no authority may rename policies (RFC 5280 §6.1.1 (f)).
        revocation: `require`, `unsafe-if-supplied` or `unsafe-off`; evidence that is supplied binds in each.
        policy: which algorithms and key sizes are acceptable.
        fetch: answers a `Need` with octets, or None; asked in at most 8 rounds.
    """
    known, moment, members = (*crls, *ocsp), _instant(at), tuple(pool)
    mode = Revocation(revocation)
    inputs = PolicyInputs.of(
        policies,
        require_explicit=require_explicit_policy,
        inhibit_any=inhibit_any_policy,
        inhibit_mapping=inhibit_policy_mapping,
    )

    def judge(extra: tuple[bytes, ...]) -> PathReport:
        evidence = _MATERIAL.read((*known, *extra))
        found = evidence.material

        def reach() -> PathReport:
            report = paths.validate_path(
                certificate,
                pool=(*members, *found.certificates),
                trust=trust,
                crls=found.crls,
                at=moment,
                usage=usage,
                revocation=mode,
                policies=inputs,
                policy=policy,
                ocsp=found.ocsp,
            )
            return replace(report, findings=(*report.findings, *found.findings)) if found.findings else report

        demands = (usage, mode, inputs)
        question = PathQuestion(certificate, members, trust, evidence.digest, policy, demands)
        return _VERDICTS.judge(question, at=moment, material=found, reach=reach)

    return in_rounds(judge, fetch)


@overload
def encrypt(
    content: Source, recipients: Sequence[Certificate], *, cipher: str = ..., out: None = ...
) -> bytes: ...


@overload
def encrypt(
    content: Source, recipients: Sequence[Certificate], *, cipher: str = ..., out: BinaryIO
) -> None: ...


def encrypt(
    content: Source,
    recipients: Sequence[Certificate],
    *,
    cipher: str = "aes-256-gcm",
    out: BinaryIO | None = None,
) -> bytes | None:
    """An envelope that each of `recipients` can open: AuthEnvelopedData (GCM) or EnvelopedData (CBC), DER.

    Raises:
        ValueError: no recipient.
        EsignError: `unsupported-algorithm` for the cipher or a key, `recipient-key-usage` and
            `recipient-key-kind` for a certificate that must not be encrypted to.
    """
    return _deliver((envelopes.encrypt(_read(content), recipients, cipher=cipher),), out)


def decrypt(envelope: Source, keys: Sequence[Decryptor], *, out: BinaryIO | None = None) -> Decrypted:
    """The content of an envelope (DER, BER, PEM, or an encrypted S/MIME message), opened with one of `keys`.

    With `out` the content is also written there, after it was found whole.

    Raises:
        NotARecipient: `not-a-recipient` when none of the keys is named.
        DecryptionFailed: `decryption-failed`, whatever the cause.
        MalformedInput: the input is no envelope.
    """
    opened = envelopes.decrypt(_envelope(_read(envelope)), keys)
    if out is not None:
        out.write(opened.content)
    return opened


def attached_content(signature: Source) -> bytes | None:
    """The document inside a signature, unjudged; None for a detached one.

    Raises:
        EsignError: `malformed-input` or a code of its kind when `signature` is no signature.
    """
    octets, content = _signature(_read(signature))
    return content if content is not None else SignedData.read(read_pem_or_der(octets)).content


def _subject(
    signature: Source, document: Source | None, held: ExitStack
) -> tuple[bytes | BinaryIO | SignedData, Content | None]:
    """What is judged, read once, and the document beside it; files that were put aside go with `held`."""
    given = None if document is None else _content(document, held)
    if not isinstance(signature, _IN_MEMORY):
        file = _again(signature, held)
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


def _again(file: BinaryIO, held: ExitStack) -> BinaryIO:
    return held.enter_context(sources.readable_twice(file))


def _is_container(source: Source) -> bool:
    if isinstance(source, _IN_MEMORY):
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


def _content(document: Source, held: ExitStack) -> Content:
    if isinstance(document, _IN_MEMORY):
        return Content.of(document)
    return Content.of(_again(document, held))


def _signature(data: bytes) -> tuple[bytes, bytes | None]:
    """CMS octets, and the document that came with them; a message of S/MIME is taken apart."""
    if not smime.looks_like_message(data):
        return data, None
    try:
        layers = smime.read(smime.canonical(data))
    except EsignError:
        return data, None
    return (data, None) if layers.signature is None else (layers.signature, layers.signed_octets)


def _envelope(data: bytes) -> bytes:
    if not smime.looks_like_message(data):
        return read_pem_or_der(data)
    layers = smime.read(smime.canonical(data))
    if layers.envelope is None:
        raise MalformedInput(found="a message that is not encrypted")
    return layers.envelope.cms


def _read(source: Source) -> bytes:
    return bytes(source) if isinstance(source, _IN_MEMORY) else source.read()


def _deliver(chunks: Iterable[bytes], out: BinaryIO | None) -> bytes | None:
    if out is None:
        return b"".join(chunks)
    for chunk in chunks:
        out.write(chunk)
    return None


def _instant(at: datetime | None) -> datetime:
    if at is None:
        return now()
    if at.tzinfo is None:
        raise ValueError("at must be an aware datetime")
    return at
