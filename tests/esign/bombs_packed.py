"""Packages and containers made to cost more than they are worth."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from esign import asic
from esign.signing import detach, sign
from tests.esign import bombs
from tests.esign.bombs import MANY
from tests.fuzz import archive

_LOCAL: Final = struct.Struct("<4s5H3L2H")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_END: Final = struct.Struct("<4s4H2LH")
_EXTENDED: Final = b"application/vnd.etsi.asic-e+zip"
_SIMPLE: Final = b"application/vnd.etsi.asic-s+zip"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a package, by what its headers say; `place` is where it says it lies."""

    name: bytes
    packed: bytes
    size: int
    crc: int = 0
    method: int = 8
    place: int | None = None


def _stored(name: str, content: bytes) -> Entry:
    return Entry(name.encode(), content, len(content), zlib.crc32(content), 0)


def package(entries: Iterable[Entry], kind: bytes = _EXTENDED) -> bytes:
    """A package with these files after its mimetype."""
    out, listed, count = bytearray(), bytearray(), 0
    for one in (_stored("mimetype", kind), *entries):
        told = (0, one.method, 0, 33, one.crc, len(one.packed), one.size, len(one.name), 0)
        place = len(out) if one.place is None else one.place
        if one.place is None:
            out += _LOCAL.pack(b"PK\3\4", 20, *told) + one.name + one.packed
        listed += _CENTRAL.pack(b"PK\1\2", 20, 20, *told, 0, 0, 0, 0, place) + one.name
        count += 1
    shown = min(count, 0xFFFF)
    return bytes(out + listed + _END.pack(b"PK\5\6", 0, 0, shown, shown, len(listed), len(out), 0))


@cache
def _zeros(size: int) -> tuple[bytes, int]:
    """So many octets of zeros, deflated, and their check sum."""
    deflater, crc, chunk = zlib.compressobj(9, zlib.DEFLATED, -15), 0, bytes(1 << 20)
    packed = bytearray()
    for _ in range(size >> 20):
        packed += deflater.compress(chunk)
        crc = zlib.crc32(chunk, crc)
    return bytes(packed + deflater.flush()), crc


_SIGNATURE: Final = Entry(b"META-INF/signature.p7s", b"\3\0", 0)


def zip_bomb() -> bytes:
    """64 MiB of zeros, with their true size."""
    packed, crc = _zeros(1 << 26)
    return package([Entry(b"document.txt", packed, 1 << 26, crc), _SIGNATURE], _SIMPLE)


def lying_zip_bomb() -> bytes:
    """The same, which says that it holds a hundred octets."""
    packed, _ = _zeros(1 << 26)
    return package([Entry(b"document.txt", packed, 100), _SIGNATURE], _SIMPLE)


def overlapping_zip_bomb() -> bytes:
    """10,000 files that all lie at the same place."""
    packed, crc = _zeros(1 << 20)
    first = Entry(b"file", packed, 1 << 20, crc)
    place = _LOCAL.size + len(b"mimetype") + len(_EXTENDED)
    return package([first, *(replace(first, name=b"file%d" % n, place=place) for n in range(9_990))])


def long_file() -> bytes:
    """A file of 4 GB, the most that its field can say, of which there are a few octets."""
    return package([Entry(b"document.txt", b"text", 0xFFFFFFFE, 0, 0), _SIGNATURE], _SIMPLE)


def longer_file() -> bytes:
    """A file of 10 GB, as ZIP64 says it, of which there are a few octets."""
    plain = package([Entry(b"document.txt", b"text", 0xFFFFFFFF, 0, 0)], _SIMPLE)
    extra = struct.pack("<HHQ", 1, 8, bombs.TEN_GIGABYTES)
    start = plain.rindex(b"PK\5\6")
    listed = bytearray(plain[plain.index(b"PK\1\2") : start])
    struct.pack_into("<H", listed, listed.rindex(b"PK\1\2") + 30, len(extra))
    end = _END.pack(b"PK\5\6", 0, 0, 2, 2, len(listed) + len(extra), plain.index(b"PK\1\2"), 0)
    return plain[: plain.index(b"PK\1\2")] + bytes(listed) + extra + end


def files() -> bytes:
    """65,000 empty files."""
    return package(Entry(b"f%d" % n, b"", 0, 0, 0) for n in range(65_000))


def _held() -> tuple[bytes, bytes]:
    """A signature and its manifest."""
    found = asic.Container.open(archive.containers()["extended"])
    signature, manifest = (
        found.package.octets(name, limit=1 << 20) for name in (found.signatures[0], found.manifests[0])
    )
    return signature, manifest


def _container_of(signature: bytes, count: int) -> bytes:
    """`signature` with a manifest, many times; without one, each manifest is signed."""
    _, manifest = _held()

    def entries() -> Iterator[Entry]:
        for name, content in archive.FILES.items():
            yield _stored(name, content)
        for n in range(count):
            named = manifest.replace(b"signature001", b"signature%d" % n)
            yield _stored(f"META-INF/signature{n}.p7s", signature or _over(named))
            yield _stored(f"META-INF/ASiCManifest{n}.xml", named)

    return package(entries())


def _over(manifest: bytes) -> bytes:
    return sign(manifest, archive.signer(archive.person()), at=archive.SIGNED_AT, detached=True)


def signatures() -> bytes:
    """10,000 signatures with a manifest each."""
    return _container_of(_held()[0], MANY)


def allowed_signatures() -> bytes:
    """100 good signatures with a manifest each."""
    return _container_of(b"", 100)


def manifests() -> bytes:
    """1,000 manifests that name one signature."""
    signature, manifest = _held()
    several = (_stored(f"META-INF/ASiCManifest{n}.xml", manifest) for n in range(1_000))
    return package([_stored("META-INF/signature001.p7s", signature), *several])


def references() -> bytes:
    """A manifest with 10,001 references."""
    method = b'<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
    one = (
        b'<DataObjectReference URI="f%d">'
        + method
        + b"<ds:DigestValue>AA==</ds:DigestValue></DataObjectReference>"
    )
    manifest = (
        b'<ASiCManifest xmlns="http://uri.etsi.org/02918/v1.2.1#" '
        b'xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><SigReference URI="META-INF/signature.p7s"/>'
        + b"".join(one % n for n in range(MANY + 1))
        + b"</ASiCManifest>"
    )
    return _with_manifest(manifest)


def _with_manifest(manifest: bytes) -> bytes:
    return package([_stored("META-INF/ASiCManifest.xml", manifest), _SIGNATURE])


def entities() -> bytes:
    """A manifest whose entities grow by a billion."""
    grown = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    return _with_manifest(b'<!DOCTYPE a [<!ENTITY l0 "lol">' + grown + b"]><ASiCManifest>&l9;</ASiCManifest>")


def nested_xml() -> bytes:
    """A manifest of 500,000 elements, each in the one before."""
    return _with_manifest(b"<a>" * 500_000 + b"</a>" * 500_000)


def nested_containers(count: int = 200) -> bytes:
    """A container in a container in a container: only the first is opened, so more of them cost no more."""
    signature, _ = detach(archive.levels()["B-B"])
    inner = b"text"
    for _ in range(count):
        inner = package([_stored("x.asics", inner), _stored("META-INF/signature.p7s", signature)], _SIMPLE)
    return inner


def container_of_signers() -> bytes:
    """20 signatures of 100 signers."""
    return _container_of(bombs.allowed_signers(), 20)


def container_of_time_stamps() -> bytes:
    """20 signatures with 200 time stamps."""
    return _container_of(bombs.allowed_time_stamps(), 20)


def container_of_countersignatures() -> bytes:
    """4 signatures with 6,400 countersignatures."""
    return _container_of(bombs.allowed_countersignatures(), 4)
