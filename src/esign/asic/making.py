"""Containers made: ASiC-S around one document, ASiC-E around several, both with CAdES (EN 319 162-1).

How something is signed is an argument: a function from octets to a detached signature over them, so that
level, key and time stamps are chosen where they are known. Documents may be files: they are read in parts,
and what signs them gets the file. A container that is there can take another signature, and its signatures
can be exchanged for better ones of the same signers.

    made = make({"report.pdf": report, "table.csv": table}, sign, at=at)
    more = add_signature(made, sign_too, at=at)
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from io import BytesIO
from typing import BinaryIO, Final, Literal, TypeVar, cast

from esign.algorithms import SHA256, Digest
from esign.asic.container import FOLDER, Container, Manifests
from esign.asic.manifest import TIME_STAMP_TYPE, DataObject, encode
from esign.asic.zipping import MIMETYPE, Packed, Writer, check_names
from esign.content import Content
from esign.errors import LimitExceeded, MalformedInput
from esign.ers import stamp_many
from esign.signing import join
from esign.tsp import TimeStamper

Source = bytes | BinaryIO
Sign = Callable[[bytes], bytes]
"""From octets to a detached signature, or a time-stamp token, over them; DER."""
Form = Literal["asic-s", "asic-e"]
File = bytes | Content | Packed
"""What becomes a file of a container."""

PACKAGE: Final = "package.zip"
MAX_PACKAGE: Final = 1 << 28
"""Octets of a package of documents within a container, which is held in memory."""
_TYPES: Final = {"asic-s": b"application/vnd.etsi.asic-s+zip", "asic-e": b"application/vnd.etsi.asic-e+zip"}
_D = TypeVar("_D", bytes, Source)


def make(
    documents: Mapping[str, _D],
    sign: Callable[[_D], bytes],
    *,
    at: datetime,
    container: Form = "asic-e",
    out: BinaryIO | None = None,
) -> bytes:
    """A container with `documents` by name and one signature over them; empty when written to `out`.

    ASiC-S around several documents puts them into `package.zip` first (EN 319 162-1 cl. 4.3.2).

    Args:
        documents: octets, or files that can be sought in, from their present place to their end.
        sign: is given the one document of ASiC-S as it came, or the manifest of ASiC-E.
        at: dates the entries.
        container: `asic-s` or `asic-e`.
        out: a binary file for the container, which then is not held in memory.

    Raises:
        ValueError: no document, a document in META-INF/ or called mimetype, or another kind of container.
        MalformedInput: `container-malformed` for a name that leads elsewhere, or that two documents share.
        LimitExceeded: `limit-exceeded` over 4 GiB, or for a `package.zip` over 256 MiB.
    """
    return packed(_made(documents, sign, at, container, time_stamp=False), at, out)


def stamp(
    documents: Mapping[str, _D],
    sign: Callable[[_D], bytes],
    *,
    at: datetime,
    container: Form = "asic-e",
    out: BinaryIO | None = None,
) -> bytes:
    """The same with a time-stamp token instead of a signature (EN 319 162-1 cl. 4.3.3, cl. 4.4.4).

    Raises:
        ValueError: as `make`. MalformedInput: as `make`.
    """
    return packed(_made(documents, sign, at, container, time_stamp=True), at, out)


def record(
    documents: Mapping[str, Source],
    tsa: TimeStamper,
    *,
    at: datetime,
    container: Form = "asic-e",
    by: Digest = SHA256,
    out: BinaryIO | None = None,
) -> bytes:
    """A container with `documents` and one evidence record over all of them (EN 319 162-1 cl. 4.4.4.2).

    Raises:
        TimeStampFailed: `tsp-refused` and others, as `esign.tsp.stamp` does.
        ValueError: as `make`. MalformedInput: as `make`.
    """
    files = _begun(documents, at, container)
    names = [name for name in files if name != MIMETYPE]
    digests = [_digest(files[name], by) for name in names]
    (found,) = stamp_many([tuple(digests)], tsa, by=by)
    if container == "asic-s":
        return packed({**files, f"{FOLDER}evidencerecord.ers": found.raw}, at, out)
    file = f"{FOLDER}evidencerecord001.ers"
    objects = [DataObject(name, by, value) for name, value in zip(names, digests, strict=True)]
    manifest = encode(file, objects, reference_type="")
    return packed({**files, f"{FOLDER}ASiCEvidenceRecordManifest001.xml": manifest, file: found.raw}, at, out)


def _made(
    documents: Mapping[str, _D],
    sign: Callable[[_D], bytes],
    at: datetime,
    container: Form,
    *,
    time_stamp: bool,
) -> dict[str, File]:
    given: Mapping[str, Source] = documents
    places = [document.tell() for document in given.values() if not isinstance(document, bytes)]
    files = _begun(documents, at, container)
    if container == "asic-e":
        kind = TIME_STAMP_TYPE if time_stamp else None
        return {**files, **over_manifest(_data_objects(files), sign, 1, kind=kind)}
    subject = next(iter(documents.values())) if len(documents) == 1 else files[PACKAGE]
    if not isinstance(subject, bytes):
        cast(BinaryIO, subject).seek(places[0])
    made = sign(cast(_D, subject))
    return {**files, f"{FOLDER}timestamp.tst" if time_stamp else f"{FOLDER}signature.p7s": made}


def _begun(documents: Mapping[str, Source], at: datetime, container: Form) -> dict[str, bytes | Content]:
    """The files of a container but for what protects them."""
    if container not in _TYPES:
        raise ValueError(f"unknown container {container!r}, known: {', '.join(_TYPES)}")
    _check(documents)
    files: dict[str, bytes | Content] = {
        name: document if isinstance(document, bytes) else Content.of(document)
        for name, document in documents.items()
    }
    if container == "asic-s" and len(files) > 1:
        total = sum(len(one) if isinstance(one, bytes) else one.size for one in files.values())
        if total > MAX_PACKAGE:
            raise LimitExceeded(limit=MAX_PACKAGE, found=f"documents of {total} octets", where=PACKAGE)
        files = {PACKAGE: packed(files, at)}
    return {MIMETYPE: _TYPES[container], **files}


def _check(documents: Mapping[str, Source]) -> None:
    if not documents:
        raise ValueError("a container needs a document")
    for name in documents:
        if name.casefold().startswith(FOLDER.casefold()) or name == MIMETYPE or name.endswith("/"):
            raise ValueError(f"{name!r} is no name for a document")
    check_names((MIMETYPE, *documents))


def _data_objects(files: Mapping[str, bytes | Content], by: Digest = SHA256) -> list[DataObject]:
    return [DataObject(name, by, _digest(file, by)) for name, file in files.items() if name != MIMETYPE]


def _digest(file: bytes | Content, by: Digest) -> bytes:
    return by.of(file) if isinstance(file, bytes) else file.digest(by)


def over_manifest(
    objects: Iterable[DataObject], sign: Callable[[bytes], bytes], number: int, *, kind: str | None = None
) -> dict[str, bytes]:
    """A manifest over `objects` and what signs it, by the names that both bear in the container."""
    file = f"{FOLDER}timestamp{number:03}.tst" if kind else f"{FOLDER}signature{number:03}.p7s"
    told = {"reference_type": kind} if kind else {}
    manifest = encode(file, objects, **told)
    return {f"{FOLDER}ASiCManifest{number:03}.xml": manifest, file: sign(manifest)}


def add_signature(
    container: Source, sign: Sign, *, at: datetime, by: Digest = SHA256, out: BinaryIO | None = None
) -> bytes:
    """A container with one more signature over all its documents; what they are stays as it is.

    ASiC-E gets another manifest by the digest `by` and its signature. ASiC-S has one file for signatures
    (EN 319 162-1 cl. 4.3.3.2): the new signer stands beside the others there.

    Raises:
        MalformedInput: `container-malformed`, also for an ASiC-S container without signature, or with one
            that something covers.
        LimitExceeded: `limit-exceeded` over 4 GiB; in ASiC-S also for a document over 256 MiB.
    """
    found = Container.open(container)
    files = files_of(found)
    if found.kind != "ASiC-E":
        return packed({**files, **_joined(found, sign)}, at, out)
    objects = [DataObject(name, by, found.digest_of(name, by)) for name in found.data_objects]
    number = free_number(files, "signature{:03}.p7s", "ASiCManifest{:03}.xml")
    return packed({**files, **over_manifest(objects, sign, number)}, at, out)


def _joined(container: Container, sign: Sign) -> dict[str, bytes]:
    """The signature file of ASiC-S with one more signer."""
    if len(container.signatures) != 1:
        clause = "EN 319 162-1 cl. 4.3.3.2"
        raise MalformedInput("container-malformed", clause=clause, where=FOLDER, found="no one signature")
    (name,), manifests = container.signatures, Manifests.of(container)
    free_to_change(name, manifests)
    document = signed_content(container, manifests, name).octets(MAX_PACKAGE)
    return {name: join([container.octets(name), sign(document)], document=document)}


def exchange(
    container: Source,
    better: Callable[[bytes, bytes], bytes],
    *,
    at: datetime,
    out: BinaryIO | None = None,
) -> bytes:
    """The container with each signature exchanged for `better(signature, content)`.

    `content` is what the signature covers itself: the document, or the manifest.

    Raises:
        MalformedInput: `container-malformed`, also when an archive manifest or an evidence record covers the
            signatures: others in their place would break it.
        LimitExceeded: `limit-exceeded`, also for a document over 256 MiB.
    """
    found = Container.open(container)
    manifests = Manifests.of(found)
    files = files_of(found)
    for name in found.signatures:
        free_to_change(name, manifests)
        content = signed_content(found, manifests, name).octets(MAX_PACKAGE)
        files[name] = better(found.octets(name), content)
    return packed(files, at, out)


def free_to_change(name: str, manifests: Manifests) -> None:
    """Nothing when no manifest covers the file `name`.

    Raises:
        MalformedInput: `container-malformed`.
    """
    if over := manifests.over(name):
        covered = f"{name} is covered"
        raise MalformedInput(
            "container-malformed", clause="EN 319 162-1 cl. A.7", found=covered, where=over[0].name
        )


def signed_content(container: Container, manifests: Manifests, signature: str) -> Content:
    """What a signature covers itself: its manifest, or the one document.

    Raises:
        MalformedInput: `container-malformed`, `manifest-malformed`.
    """
    manifest = manifests.by_reference.get(signature)
    if manifest is not None and manifest.name in container.manifests:
        return Content.of(manifest.raw)
    if manifests.broken or container.kind == "ASiC-E" or len(container.data_objects) != 1:
        raise MalformedInput(
            "container-malformed", found="a signature that covers no one file", where=signature
        )
    return container.content(container.data_objects[0])


def files_of(container: Container) -> dict[str, File]:
    """The files of a container as they lie, what says its kind first."""
    names = sorted(container.package.names, key=lambda name: name != MIMETYPE)
    return {
        name: container.package.octets(name, limit=1 << 16)
        if name == MIMETYPE
        else Packed(container.package, name)
        for name in names
    }


def free_number(files: Mapping[str, File], *patterns: str) -> int:
    """The first number for which no file in META-INF/ bears a name of `patterns`."""
    folded = {name.casefold() for name in files}
    return next(
        number
        for number in range(1, len(files) + 2)
        if not any(f"{FOLDER}{pattern.format(number)}".casefold() in folded for pattern in patterns)
    )


def packed(files: Mapping[str, File], at: datetime, out: BinaryIO | None = None) -> bytes:
    """A package of `files` in their order, what says its kind stored; empty when written to `out`."""
    check_names(files)
    held = BytesIO()
    writer = Writer(held if out is None else out, at)
    for name, content in files.items():
        writer.add(name, content, stored=name == MIMETYPE)
    writer.close()
    return held.getvalue()
