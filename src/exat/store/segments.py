"""Large bodies in files named by their digest: written, fsynced and named before any row speaks of them.

A file that no row names (a crash came between) is harmless: it is never read, and the same body finds it
again.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from exat.errors import StoreError
from exat.store.connection import sync_folder

FOLDER: Final = "segments"
INLINE_OCTETS: Final = 65_536
"""A body up to this size stands in its row; a larger one is a segment."""


class Segments:
    """The folder of segments: `<first two digits>/<digest>`, each file whole from when it has a name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, body: bytes) -> str:
        """Keep `body` durably and give its digest (SHA-256, lower-case hex); the same body is kept once.

        Raises:
            OSError: the file system refused; nothing was named.
        """
        digest = hashlib.sha256(body).hexdigest()
        path = self._path(digest)
        self._make_folder(path.parent)
        if self._holds(path, digest):
            # Whoever renamed it may have died before its name was durable.
            sync_folder(path.parent)
        else:
            _write(path, body)
        return digest

    def get(self, digest: str) -> bytes:
        """Read the body with this digest, checked.

        Raises:
            StoreError: `segment-damaged` when the file is missing or its octets are others.
            OSError: the file system refused.
        """
        with contextlib.suppress(FileNotFoundError):
            body = self._path(digest).read_bytes()
            if hmac.compare_digest(hashlib.sha256(body).hexdigest(), digest):
                return body
        raise StoreError(
            "segment-damaged", f"segment {digest} is missing or was changed", values={"segment": digest}
        )

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(self._folder)

    def _holds(self, path: Path, digest: str) -> bool:
        """Whether the file stands and is whole: a damaged one is written anew."""
        try:
            with path.open("rb") as file:
                return hmac.compare_digest(hashlib.file_digest(file, "sha256").hexdigest(), digest)
        except FileNotFoundError:
            return False


def _write(path: Path, body: bytes) -> None:
    """Write under a name of no meaning, fsync, then rename: no reader ever sees a part."""
    temporary = path.with_name(f".{secrets.token_hex(8)}.new")
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
