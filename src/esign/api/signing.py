"""Signing with clock, files and time stamps supplied."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import datetime
from typing import BinaryIO, cast, overload

from esign import signing
from esign.cades import Claims
from esign.cms import DATA
from esign.content import Content
from esign.io import sources
from esign.io.clock import instant
from esign.io.sources import IN_MEMORY, Source, again, deliver
from esign.keys import Signer
from esign.preserve import augment
from esign.rounds import Fetch
from esign.signing import Level
from esign.tsp import TimeStamper
from esign.x509 import Trust


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
    moment = instant(at)
    if out is None and level == "B-B" and isinstance(document, bytes):
        return signing.sign(
            document, signer, at=moment, detached=detached, claims=attributes, content_type=content_type
        )

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
    return deliver((raised,), out)


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
    if isinstance(document, IN_MEMORY):
        made = signing.sign(
            bytes(document),
            signer,
            at=at,
            detached=detached,
            claims=claims,
            content_type=content_type,
        )
        return deliver((made,), out)
    if detached:
        by = signer.signature_scheme.attribute_digest
        found = sources.digest(document, by)
        return deliver(
            (signing.sign_digest(found, signer, at=at, claims=claims, content_type=content_type),),
            out,
        )
    if out is None or sources.can_seek(document):
        content = Content.of(document if out is not None else document.read())
        return deliver(
            signing.sign_content(content, signer, at=at, claims=claims, content_type=content_type),
            out,
        )
    chunks = sources.chunks(document)
    return deliver(signing.sign_stream(chunks, signer, at=at, claims=claims, content_type=content_type), out)


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
        source = document if isinstance(document, IN_MEMORY) else again(document, held)
        start = 0 if isinstance(source, IN_MEMORY) else source.tell()
        made = first(source)
        if not isinstance(source, IN_MEMORY):
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
