"""Answers of the network, kept in a folder until they are no longer worth keeping.

An entry lives until the `nextUpdate` of what it holds, and never longer than the cache's own measure; the
clock is an argument. Names are SHA-256 of kind, URL and request. Each file says what it is and bears the
digest of its octets, so one that is damaged or of another's making is a miss and goes. Writers of several
processes wait for one another; readers need not, for a file appears whole.

    cache/3f9c...    one line of JSON (schema, key, stored, until, sha256), LF, the octets
"""

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from esign.errors import EsignError
from esign.io import disk
from esign.material import Need
from esign.ocsp import OCSPResponse
from esign.x509 import Certificate, CertificateList

SCHEMA: Final = "esign.fetched/1"
_HEAD: Final = 1024
_NAME: Final = 64


@dataclass(frozen=True, slots=True)
class Cache:
    """A cache in `folder`, made when first written to; beyond `octets` or `entries` the oldest goes.

    `age` is the longest that anything is kept. A revocation list or OCSP answer without nextUpdate, a time
    stamp, and what cannot be read are not kept at all.
    """

    folder: Path
    octets: int = 256 << 20
    entries: int = 1000
    age: timedelta = timedelta(days=1)

    def get(self, need: Need, *, at: datetime) -> bytes | None:
        """What is kept for `need` and still good at `at`; None otherwise.

        Raises:
            OSError: what the disk says.
        """
        path = self._path(need)
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_size > self.octets + _HEAD:
                    return None
                head, octets = file.readline(_HEAD), file.read()
        except FileNotFoundError:
            return None
        entry = _Entry.read(head)
        if entry is None or not entry.is_of(path.name, octets):
            self.drop(need)
            return None
        return octets if entry.stored <= at < min(entry.until, entry.stored + self.age) else None

    def put(self, need: Need, octets: bytes, *, at: datetime) -> None:
        """Keep `octets` for `need`, if they are of a kind that is kept and fit; then make room.

        Raises:
            OSError: what the disk says.
        """
        until = _next_update(need, octets, at + self.age)
        if until is None or until <= at or len(octets) > self.octets:
            return
        path = self._path(need)
        head = _Entry(path.name, at, until, hashlib.sha256(octets).hexdigest()).line
        self.folder.mkdir(mode=disk.PRIVATE_FOLDER, parents=True, exist_ok=True)
        with disk.locked_folder(self.folder):
            disk.write(path, head + octets, mode=disk.PRIVATE)
            self._make_room()

    def drop(self, need: Need) -> None:
        """Keep nothing for `need`.

        Raises:
            OSError: what the disk says.
        """
        self._path(need).unlink(missing_ok=True)

    def _path(self, need: Need) -> Path:
        parts = (need.kind.encode(), need.url.encode("utf-8", "surrogatepass"), need.request)
        framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return self.folder / hashlib.sha256(framed).hexdigest()

    def _make_room(self) -> None:
        """Within the lock: what is beyond the bounds goes, and drafts that a crash left."""
        kept, octets = 0, 0
        for path, size in self._newest_first():
            kept, octets = kept + 1, octets + size
            if kept > self.entries or octets > self.octets or len(path.name) != _NAME:
                path.unlink(missing_ok=True)

    def _newest_first(self) -> Iterator[tuple[Path, int]]:
        found = []
        for path in self.folder.iterdir():
            with suppress(FileNotFoundError):
                told = path.lstat()
                found.append((told.st_mtime_ns, path, told.st_size))
        for _, path, size in sorted(found, reverse=True):
            yield path, size


@dataclass(frozen=True, slots=True)
class _Entry:
    key: str
    stored: datetime
    until: datetime
    sha256: str

    @classmethod
    def read(cls, line: bytes) -> "_Entry | None":
        try:
            said = json.loads(line)
            stored, until = (datetime.fromisoformat(said[name]) for name in ("stored", "until"))
            aware = stored.tzinfo is not None and until.tzinfo is not None
            if said["schema"] != SCHEMA or not aware:
                return None
            return cls(str(said["key"]), stored, until, str(said["sha256"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            return None

    @property
    def line(self) -> bytes:
        said = {
            "schema": SCHEMA,
            "key": self.key,
            "stored": self.stored.isoformat(),
            "until": self.until.isoformat(),
            "sha256": self.sha256,
        }
        return json.dumps(said).encode() + b"\n"

    def is_of(self, key: str, octets: bytes) -> bool:
        found = hashlib.sha256(octets).hexdigest()
        right = hmac.compare_digest(found.encode(), self.sha256.encode("utf-8", "replace"))
        return self.key == key and right


def _next_update(need: Need, octets: bytes, latest: datetime) -> datetime | None:
    """When `octets` lose their worth, `latest` at the latest; None when they are not to be kept."""
    try:
        if need.kind == "crl":
            ends = [crl.next_update for crl in CertificateList.load_all(octets)]
        elif need.kind == "certificate":
            ends = [c.not_after for c in Certificate.load_all(octets)]
        elif need.kind == "ocsp":
            basic = OCSPResponse.load(octets).basic
            ends = [] if basic is None else [answer.next_update for answer in basic.responses]
        else:
            ends = []
    except EsignError:
        return None
    known = [end for end in ends if end is not None]
    return min(*known, latest) if known and len(known) == len(ends) else None
