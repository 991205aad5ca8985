"""What a file of a container covers, and what is wrong with it: the references of a manifest against the
files that are there (EN 319 162-1 cl. 4.4.4.2)."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from esign.asic.container import Container, Manifests
from esign.asic.manifest import DataObject, Manifest
from esign.findings import Finding, SubIndication
from esign.validation.block import Block, failed, undecided
from esign.validation.blocks import accept_digest
from esign.validation.policy import Policy

CLAUSE: Final = "EN 319 162-1 cl. 4.4"
_MISSING: Final = SubIndication.SIGNED_DATA_NOT_FOUND


def flaws(one: DataObject, container: Container) -> Iterator[Block]:
    """Nothing when the file that `one` means is there and has its digest."""
    if container.package.entry(one.name) is None:
        yield undecided(_MISSING, Finding.error("container-file-missing", clause=CLAUSE, where=one.name))
    elif one.digest is None:
        unknown = Finding.error(
            "container-digest-unknown", clause=CLAUSE, where=one.name, algorithm=one.algorithm
        )
        yield undecided(_MISSING, unknown)
    elif not one.matches(container.digest_of(one.name, one.digest)):
        differs = Finding.error("container-file-differs", clause=CLAUSE, where=one.name)
        yield failed(SubIndication.HASH_FAILURE, differs)


def aged(manifest: Manifest, since: Callable[[str], datetime], policy: Policy) -> Iterator[Block]:
    """The digests of a manifest that were not acceptable any more when something stronger took over.

    `since` says from when on a file is shown to have existed by what covers it itself.
    """
    seen: set[tuple[str, datetime]] = set()
    for one in manifest.objects:
        if one.digest is None or (one.digest.oid, since(one.name)) in seen:
            continue
        seen.add((one.digest.oid, since(one.name)))
        block = accept_digest(one.digest, policy=policy, at=since(one.name))
        if not block.passed:
            yield block


def covered(name: str, container: Container, manifest: Manifest | None) -> tuple[str, ...]:
    """The files that the signature, time stamp or record `name` covers; none when nothing says it."""
    if manifest is not None:
        return tuple(one.name for one in manifest.objects)
    return container.data_objects if container.kind != "ASiC-E" and len(container.data_objects) == 1 else ()


def is_whole(name: str, files: frozenset[str], container: Container, manifests: Manifests) -> bool:
    """Whether `files` has with `name` all that `name` is about: its manifest and the files that this lists.

    A proof for a signature alone would leave what it signs to a digest that may be broken since.
    """
    manifest = manifests.by_reference.get(name)
    # EN 319 162-1 cl. 4.4.4.2, NOTE 2: a manifest that names an evidence record is not covered by it.
    bound = manifest is None or name in container.records or manifest.name in files
    about = covered(name, container, manifest)
    return bound and bool(about) and files.issuperset(about)
