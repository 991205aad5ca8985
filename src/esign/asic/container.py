"""The files of a container told apart by their names, and read in bounded memory (EN 319 162-1 cl. 4.3,
cl. 4.4).

    found = Container.open(file)
    found.kind, found.signatures, found.data_objects
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from esign.algorithms import Digest
from esign.asic.manifest import MAX_MANIFEST, Manifest
from esign.asic.zipping import MIMETYPE, Package
from esign.content import Content
from esign.errors import EsignError, LimitExceeded, MalformedInput
from esign.findings import Finding

MIME_TYPES: Final = {
    "application/vnd.etsi.asic-s+zip": "ASiC-S",
    "application/vnd.etsi.asic-e+zip": "ASiC-E",
}
FOLDER: Final = "META-INF/"
MAX_SIGNATURE: Final = 1 << 25
"""Octets of one signature."""
MAX_TIME_STAMP: Final = 1 << 24
"""Octets of one time-stamp token or evidence record."""
MAX_MANIFESTS: Final = 1 << 23
"""Octets of all manifests together."""
MAX_PROTECTIVE: Final = 1 << 26
"""Octets of all signatures, time stamps and evidence records together."""
_MAX_MIMETYPE: Final = 256
_CLAUSE: Final = "EN 319 162-1 cl. 4.4"


def _matching(*ways: tuple[str, str]) -> re.Pattern[str]:
    """The names in META-INF/ that have a word of `ways` and its ending."""
    names = "|".join(rf"[^/]*{word}[^/]*\.{ending}" for word, ending in ways)
    return re.compile(rf"{re.escape(FOLDER)}(?:{names})", re.ASCII | re.IGNORECASE)


# The first that fits: a manifest of evidence records bears a name that a record in XML could have too.
_KINDS: Final = {
    "signatures": _matching(("signature", "p7s")),
    "archive_manifests": _matching(("asicarchivemanifest", "xml")),
    "record_manifests": _matching(("asicevidencerecordmanifest", "xml")),
    "manifests": _matching(("asicmanifest", "xml")),
    "time_stamps": _matching(("timestamp", "tst")),
    "records": _matching(("evidencerecord", "ers")),
    "foreign": _matching(("signatures", "xml"), ("evidencerecord", "xml")),
}


def looks_like_container(data: bytes) -> bool:
    """Whether `data` begins as a ZIP file does."""
    return data[:4] == b"PK\3\4"


@dataclass(frozen=True, slots=True)
class Container:
    """A package with its files told apart; `kind` is `ASiC-S`, `ASiC-E`, or empty where nothing says it.

    `foreign` are signatures and evidence records in XML, which nothing here reads.
    """

    package: Package = field(repr=False)
    kind: str
    signatures: tuple[str, ...] = ()
    archive_manifests: tuple[str, ...] = ()
    record_manifests: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    time_stamps: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    data_objects: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    mimetype: str = ""
    contents: dict[str, Content] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def open(cls, source: bytes | BinaryIO) -> "Container":
        """From the octets, or a file that can be sought in and stays open.

        Raises:
            MalformedInput: `container-malformed`; LimitExceeded: `limit-exceeded`.
        """
        package = Package.open(source)
        names: dict[str, list[str]] = defaultdict(list)
        for name in package.names:
            names[_kind(name)].append(name)
        _check_sizes(package, (*names["signatures"], *names["time_stamps"], *names["records"]))
        guessed = "ASiC-E" if names["manifests"] or len(names["data_objects"]) > 1 else "ASiC-S"
        told = _mimetype(package)
        sorted_out = {kind: tuple(found) for kind, found in names.items()}
        return cls(
            package,
            MIME_TYPES.get(told, guessed),
            signatures=sorted_out.get("signatures", ()),
            archive_manifests=sorted_out.get("archive_manifests", ()),
            record_manifests=sorted_out.get("record_manifests", ()),
            manifests=sorted_out.get("manifests", ()),
            time_stamps=sorted_out.get("time_stamps", ()),
            records=sorted_out.get("records", ()),
            foreign=sorted_out.get("foreign", ()),
            data_objects=sorted_out.get("data_objects", ()),
            others=sorted_out.get("others", ()),
            mimetype=told,
        )

    def content(self, name: str) -> Content:
        """A file whose octets are read when they are asked for; its check sum holds when it was read whole.

        However many signatures cover it, each digest of it is made once.

        Raises:
            KeyError: no such file.
        """
        if name not in self.contents:
            entry = self.package.entry(name)
            if entry is None:
                raise KeyError(name)
            self.contents[name] = Content(entry.size, lambda: self.package.chunks(name))
        return self.contents[name]

    def octets(self, name: str) -> bytes:
        """A signature, time stamp, evidence record or manifest.

        Raises:
            KeyError: no such file. MalformedInput: `container-malformed`; LimitExceeded: `limit-exceeded`.
        """
        if name.endswith(".xml"):
            return self.package.octets(name, limit=MAX_MANIFEST)
        return self.package.octets(name, limit=MAX_SIGNATURE if name in self.signatures else MAX_TIME_STAMP)

    def digest_of(self, name: str, by: Digest) -> bytes:
        """The digest of a file, made once for all that refer to it."""
        return self.content(name).digest(by)


def _check_sizes(package: Package, names: tuple[str, ...]) -> None:
    total = sum(entry.size for entry in map(package.entry, names) if entry is not None)
    if total > MAX_PROTECTIVE:
        raise LimitExceeded(limit=MAX_PROTECTIVE, found=f"{total} octets of signatures", where=FOLDER)


def _kind(name: str) -> str:
    if not name.startswith(FOLDER):
        return "others" if name == MIMETYPE else "data_objects"
    return next((kind for kind, pattern in _KINDS.items() if pattern.fullmatch(name)), "others")


def _mimetype(package: Package) -> str:
    """What the file `mimetype` says, or the comment of the package (EN 319 162-1 cl. A.1)."""
    entry = package.entry(MIMETYPE)
    if entry is not None and entry.size <= _MAX_MIMETYPE:
        return package.octets(MIMETYPE, limit=_MAX_MIMETYPE).decode("latin-1").strip()
    return package.comment.decode("latin-1").removeprefix("mimetype=").strip()


@dataclass(frozen=True, slots=True)
class Manifests:
    """The manifests of a container by the file that each names; `broken` says which cannot be relied on.

    What is said in `broken` about manifests of signatures makes every signature doubtful: the one that cannot
    be read may be about it. One of an archive manifest only takes away what it would prove.
    """

    by_reference: dict[str, Manifest]
    broken: tuple[Finding, ...] = ()
    broken_archives: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, container: Container) -> "Manifests":
        """All manifests of `container`.

        Raises:
            LimitExceeded: `limit-exceeded` when they are over 8 MiB together.
        """
        archives = (*container.archive_manifests, *container.record_manifests)
        total = sum(
            entry.size for entry in map(container.package.entry, (*container.manifests, *archives)) if entry
        )
        if total > MAX_MANIFESTS:
            raise LimitExceeded(limit=MAX_MANIFESTS, found=f"{total} octets of manifests", where=FOLDER)
        found: dict[str, Manifest] = {}
        broken = tuple(_read_into(found, container, container.manifests))
        return cls(found, broken, tuple(_read_into(found, container, archives)))

    def over(self, name: str) -> tuple[Manifest, ...]:
        """The manifests that cover the file `name`."""
        return tuple(one for one in self.by_reference.values() if one.object(name) is not None)


def _read_into(found: dict[str, Manifest], container: Container, names: tuple[str, ...]) -> Iterator[Finding]:
    for name in names:
        try:
            manifest = Manifest.read(name, container.octets(name))
            if manifest.reference in found:
                raise MalformedInput(
                    "manifest-malformed", clause=_CLAUSE, found=f"{manifest.reference} named by two manifests"
                )
        except EsignError as e:
            why = e.values.get("found") or e.message
            yield Finding.error("manifest-malformed", clause=e.clause, where=name, found=why)
        else:
            found[manifest.reference] = manifest
