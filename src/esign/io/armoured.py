"""PEM of any size in a file, decoded into a temporary file: what is armoured is not held in memory."""

import binascii
from collections.abc import Iterator
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import BinaryIO, Final

from esign.encoded import read_pem, reported_as
from esign.errors import MalformedInput
from esign.io.sources import chunks

LABELS: Final = ("CMS", "PKCS7")
MAX_AFTER_BLOCK: Final = 1 << 20
_SPACE: Final = b" \t\n\r\x0b\x0c"
_WINDOW: Final = 64


def without_armour(file: BinaryIO, held: ExitStack) -> BinaryIO | None:
    """The octets of the one PEM block of a CMS object that a seekable file begins with (RFC 7468 §8, §9).

    They are in a temporary file that goes with `held`. None when the file begins with something else; it then
    stands where it stood.

    Raises:
        MalformedInput: `cms-malformed` for what is not base64, no end, another block, or 1 MiB of other text.
    """
    start = file.tell()
    first = file.read(_WINDOW)
    label = next((name for name in LABELS if first.startswith(b"-----BEGIN %b-----" % name.encode())), None)
    if label is None:
        file.seek(start)
        return None
    spool = held.enter_context(TemporaryFile())
    with reported_as("cms-malformed"):
        at = start + len(f"-----BEGIN {label}-----")
        for octets in _decoded(file, at):
            spool.write(octets)
        _demand_end(file.read(MAX_AFTER_BLOCK + 1), label)
    spool.seek(0)
    return spool


def _decoded(file: BinaryIO, at: int) -> Iterator[bytes]:
    """What the base64 from `at` on stands for; `file` is left at the first hyphen."""
    file.seek(at)
    left = b""
    for chunk in chunks(file):
        hyphen = chunk.find(b"-")
        left += (chunk if hyphen < 0 else chunk[:hyphen]).translate(None, _SPACE)
        whole = len(left) if hyphen >= 0 else len(left) - (len(left) % 4 or 4)
        if whole > 0:
            yield _base64(left[:whole], last=hyphen >= 0)
            left = left[whole:]
        if hyphen >= 0:
            file.seek(at + hyphen)
            return
        at += len(chunk)
    raise MalformedInput(found="a PEM block without its end")


def _base64(text: bytes, *, last: bool) -> bytes:
    if not last and text.endswith(b"="):
        raise MalformedInput(found="a PEM block that is not base64")
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error as e:
        raise MalformedInput(found="a PEM block that is not base64") from e


def _demand_end(rest: bytes, label: str) -> None:
    if not rest.startswith(b"-----END %b-----" % label.encode()):
        raise MalformedInput(found="a PEM block without its end")
    if len(rest) > MAX_AFTER_BLOCK or read_pem(rest, LABELS):
        raise MalformedInput(found="more than one object")
