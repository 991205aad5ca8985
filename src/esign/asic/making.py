"""Containers made: ASiC-S around one document, ASiC-E around several, both with CAdES (EN 319 162-1).

How something is signed is an argument: a function from octets to a detached signature over them, so that
level, key and time stamps are chosen where they are known. A container that is there can take another
signature, and its signatures can be exchanged for better ones of the same signers.

    made = make({"report.pdf": report, "table.csv": table}, sign, at=at)
    more = add_signature(made, sign_too, at=at)
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from io import BytesIO
from typing import Final, Literal

from esign.algorithms import SHA256
from esign.asic.manifest import MAX_MANIFEST, TIME_STAMP_TYPE, DataObject, Manifest, encode
from esign.asic.reading import MAX_DATA_OBJECT, MAX_SIGNATURE, Container
from esign.asic.zipping import MIMETYPE, Package, Writer, check_names
from esign.errors import MalformedInput

Sign = Callable[[bytes], bytes]
"""From octets to a detached signature, or a time-stamp token, over them; DER."""
Form = Literal["asic-s", "asic-e"]

PACKAGE: Final = "package.zip"
_FOLDER: Final = "META-INF/"
_TYPES: Final = {"asic-s": b"application/vnd.etsi.asic-s+zip", "asic-e": b"application/vnd.etsi.asic-e+zip"}


def make(documents: Mapping[str, bytes], sign: Sign, *, at: datetime, container: Form = "asic-e") -> bytes:
    """A container with `documents` by name and one signature over them; `at` dates its entries.

    ASiC-S around several documents puts them into `package.zip` first (EN 319 162-1 cl. 4.3.2).

    Raises:
        ValueError: no document, a document in META-INF/ or called mimetype, or another kind of container.
        MalformedInput: `container-malformed` for a name that leads elsewhere, or that two documents share.
    """
    return _made(documents, sign, at, container, time_stamp=False)


def stamp(documents: Mapping[str, bytes], sign: Sign, *, at: datetime, container: Form = "asic-e") -> bytes:
    """The same with a time-stamp token instead of a signature (EN 319 162-1 cl. 4.3.3, cl. 4.4.4).

    Raises:
        ValueError: as `make`. MalformedInput: as `make`.
    """
    return _made(documents, sign, at, container, time_stamp=True)


def _made(
    documents: Mapping[str, bytes], sign: Sign, at: datetime, container: Form, *, time_stamp: bool
) -> bytes:
    if container not in _TYPES:
        raise ValueError(f"unknown container {container!r}, known: {', '.join(_TYPES)}")
    _check(documents)
    files: dict[str, bytes] = {MIMETYPE: _TYPES[container]}
    if container == "asic-s":
        name, content = _single(documents, at)
        file = f"{_FOLDER}timestamp.tst" if time_stamp else f"{_FOLDER}signature.p7s"
        return _packed({**files, name: content, file: sign(content)}, at)
    files.update(documents)
    return _packed({**files, **_over_manifest(documents, sign, 1, time_stamp=time_stamp)}, at)


def _check(documents: Mapping[str, bytes]) -> None:
    if not documents:
        raise ValueError("a container needs a document")
    for name in documents:
        if name.casefold().startswith(_FOLDER.casefold()) or name == MIMETYPE or name.endswith("/"):
            raise ValueError(f"{name!r} is no name for a document")
    check_names((MIMETYPE, *documents))


def _single(documents: Mapping[str, bytes], at: datetime) -> tuple[str, bytes]:
    if len(documents) == 1:
        return next(iter(documents.items()))
    return PACKAGE, _packed(dict(documents), at)


def _over_manifest(
    documents: Mapping[str, bytes], sign: Sign, number: int, *, time_stamp: bool = False
) -> dict[str, bytes]:
    """A manifest over the documents and what signs it, by the names that both bear in the container."""
    file = f"{_FOLDER}timestamp{number:03}.tst" if time_stamp else f"{_FOLDER}signature{number:03}.p7s"
    objects = [DataObject(name, SHA256, SHA256.of(content)) for name, content in documents.items()]
    told = {"reference_type": TIME_STAMP_TYPE} if time_stamp else {}
    manifest = encode(file, objects, **told)
    return {f"{_FOLDER}ASiCManifest{number:03}.xml": manifest, file: sign(manifest)}


def add_signature(container: bytes, sign: Sign, *, at: datetime) -> bytes:
    """An ASiC-E container with one more signature over all its documents; what was there stays as it is.

    Raises:
        MalformedInput: `container-malformed`, also for a container that is not ASiC-E.
        LimitExceeded: `limit-exceeded` for a document over 256 MiB.
    """
    found = Container.open(container)
    if found.kind != "ASiC-E":
        raise _bad("no ASiC-E container", MIMETYPE)
    files = dict(_files(found.package))
    documents = {name: files[name] for name in found.data_objects}
    number = next(n for n in range(1, len(files) + 2) if not _taken(files, n))
    return _packed({**files, **_over_manifest(documents, sign, number)}, at)


def _taken(files: Mapping[str, bytes], number: int) -> bool:
    folded = {name.casefold() for name in files}
    wanted = (f"signature{number:03}.p7s", f"asicmanifest{number:03}.xml")
    return any(f"{_FOLDER}{name}".casefold() in folded for name in wanted)


def exchange(container: bytes, better: Callable[[bytes, bytes], bytes], *, at: datetime) -> bytes:
    """The container with each signature exchanged for `better(signature, content)`.

    `content` is what the signature covers itself: the document, or the manifest.

    Raises:
        MalformedInput: `container-malformed`, also when an archive manifest covers the signatures: others in
            their place would break it.
        LimitExceeded: `limit-exceeded`.
    """
    found = Container.open(container)
    files = dict(_files(found.package))
    for name in found.archive_manifests:
        manifest = Manifest.read(name, files[name])
        if any(manifest.object(signature) is not None for signature in found.signatures):
            raise MalformedInput(
                "container-malformed", found="signatures under an archive manifest", where=name
            )
    changed = {name: better(files[name], _covered(found, files, name)) for name in found.signatures}
    return _packed({**files, **changed}, at)


def _covered(container: Container, files: Mapping[str, bytes], signature: str) -> bytes:
    for name in container.manifests:
        if Manifest.read(name, files[name]).reference == signature:
            return files[name]
    if len(container.data_objects) != 1:
        raise MalformedInput(
            "container-malformed", found="a signature that covers no one file", where=signature
        )
    return files[container.data_objects[0]]


def _files(package: Package) -> Iterator[tuple[str, bytes]]:
    for name in package.names:
        limit = MAX_DATA_OBJECT
        if name.startswith(_FOLDER):
            limit = MAX_MANIFEST if name.endswith(".xml") else MAX_SIGNATURE
        yield name, package.octets(name, limit=limit)


def _packed(files: Mapping[str, bytes], at: datetime) -> bytes:
    check_names(files)
    out = BytesIO()
    writer = Writer(out, at)
    for name, content in files.items():
        writer.add(name, content, stored=name == MIMETYPE)
    writer.close()
    return out.getvalue()


def _bad(found: str, where: str) -> MalformedInput:
    return MalformedInput("container-malformed", clause="EN 319 162-1 cl. 4.4", where=where, found=found)
