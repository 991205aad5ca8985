"""Examples made by others, to fuzz from: what lies below `EXAT_CORPORA`, if that is set.

They lend the fuzzer forms that we do not write. None of them is kept: what is derived from them may be.
"""

import base64
import binascii
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

MAX_EXAMPLE: Final = 1 << 15
_PEM: Final = re.compile(rb"-----BEGIN [^-]+-----\s([^-]+)-----END")
_SIGNATURES: Final = ("ietf_cms/*.p7s", "bc_pqc/*.pem", "lamps_examples/cms-ml-dsa/*", "rfc4134/*")
_PLACES: Final = {
    "certificate": (
        "pkits/certs/*.crt",
        "openssl_testdata/ocsp-tests/*.pem",
        "lamps_examples/*certificates/*.crt",
    ),
    "crl": ("pkits/crls/*.crl",),
    "ocsp": ("openssl_testdata/ocsp-tests/*.ors",),
    **dict.fromkeys(("signature", "signed-data", "cades", "lasting"), _SIGNATURES),
    "token": ("rfc3161/*/*.tsr", "ietf_cms/ts/*"),
    "timestamp-token": ("rfc3161/*/*.tsr", "rfc3161/*/*.der", "ietf_cms/ts/*", "evidence_records/*.der"),
    "evidence-record": ("evidence_records/*.ers", "evidence_records/*/*/*/*.ers"),
    "envelope": ("lamps_examples/cms-kyber/*", "rfc4134/*"),
    "message": (
        *("rfc9216/*.eml", "rfc9788/*.eml", "thunderbird/*.eml", "mime4j/*.msg"),
        *("cpython_email/*.txt", "pkits/smime/*.eml"),
    ),
}


def examples(name: str) -> Iterator[bytes]:
    """What others have made of the kind of a target, at most 32 KiB each."""
    folder = os.environ.get("EXAT_CORPORA", "")
    if not folder:
        return
    for pattern in _PLACES.get(name, ()):
        for path in sorted(Path(folder).glob(pattern)):
            if path.is_file() and path.stat().st_size <= MAX_EXAMPLE:
                yield from _forms(path.read_bytes(), text=name == "message")
    if name == "certificate":
        yield from _limbo(Path(folder) / "limbo" / "limbo.json")


def _forms(data: bytes, *, text: bool) -> Iterator[bytes]:
    if text:
        # A message ends its lines with CRLF; files that others keep often do not.
        yield re.sub(rb"\r?\n", b"\r\n", data)
        return
    if data[:1] == b"\x30":
        yield data
        return
    for body in _PEM.findall(data) or [data]:
        try:
            yield base64.b64decode(b"".join(body.split()), validate=True)
        except binascii.Error:
            continue


def _limbo(path: Path) -> Iterator[bytes]:
    if path.exists():
        for case in json.loads(path.read_text("utf-8"))["testcases"]:
            for pem in (case["peer_certificate"], *case["untrusted_intermediates"]):
                yield from (d for d in _forms(pem.encode(), text=False) if len(d) <= MAX_EXAMPLE)
