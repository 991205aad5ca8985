"""What an authority publishes: lists and checkpoints of its folder, certificates of issuers (RFC 4387 §2).

    GET /crl/{name}.crl            a list, complete, of a partition or delta, DER, as it lies in the folder
    GET /crl/{name}.checkpoint     how far the log of an authority has come, signed
    GET /certificates/{name}.cer   the certificate of an issuer, DER, to which certificates point (AIA)
    GET /certificates/chain.p7c    those of all issuers together, certs-only CMS
    GET /certificates/root.pem     the anchor; chain.pem: what stands between it and holders

A list is opened once for each reply: what replaces it meanwhile is the next one's. Nothing else of the folder
can be named.
"""

import os
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from esign.cms import encode_signed_data
from esign.errors import EsignError
from esign.io import clock
from esign.web.messages import Header, Reply, lasting, plain, typed, validator
from esign.x509 import Certificate, CertificateList

LISTS: Final = "application/pkix-crl"
CERTIFICATE: Final = "application/pkix-cert"
CERTIFICATES: Final = "application/pkcs7-mime"
PEM: Final = "application/x-pem-file"
TEXT: Final = "text/plain; charset=us-ascii"

_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\.(?:crl|checkpoint)")
_LONGEST_NAME: Final = 100
_STEP: Final = 1 << 16
_REMEMBERED: Final = 4096
_KEPT: Final = "max-age=300, public, must-revalidate"


_Version = tuple[int, int, int]
"""What tells one state of a file from another: its inode, its size, its time."""


class Shelf:
    """The published files of `folder`, given out as they lie there; what a list says of its time is read
    once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: OrderedDict[str, tuple[_Version, tuple[datetime, datetime | None]]] = OrderedDict()

    def reply(self, name: str, request: Request, *, at: datetime) -> Response:
        """The file `name`, hostile; 404 for one that is not there or is of another kind."""
        if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
            return plain(404).response
        try:
            descriptor = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return plain(404).response
        file = os.fdopen(descriptor, "rb")
        found = os.fstat(descriptor)
        version = found.st_ino, found.st_size, found.st_mtime_ns
        headers = (*self._headers(name, file, version, at), ("etag", _tag(version)))
        reply = Reply(200, headers).unless_known(request.headers.get("if-none-match"))
        if reply.status == 200 and request.method != "HEAD":
            return _Open(file, found.st_size, dict(headers))
        file.close()
        length = () if reply.status == 304 else (("content-length", str(found.st_size)),)
        return Response(None, reply.status, dict((*reply.headers, *length)))

    def _headers(self, name: str, file: BinaryIO, version: _Version, at: datetime) -> tuple[Header, ...]:
        if name.endswith(".checkpoint"):
            return (*typed(TEXT), ("cache-control", "no-cache"))
        known = self._known.get(name)
        if known is None or known[0] != version:
            known = self._known[name] = version, _times(file)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return (*typed(LISTS), *lasting(*known[1], at=at))


def _tag(version: _Version) -> str:
    return '"' + "-".join(f"{part:x}" for part in version) + '"'


def _times(file: BinaryIO) -> tuple[datetime, datetime | None]:
    """From when to when a list holds; one that cannot be read is for nobody to keep."""
    try:
        found = CertificateList.load(file.read())
    except EsignError:
        never = datetime.fromtimestamp(0, UTC)
        return never, never
    return found.this_update, found.next_update


class _Open(Response):
    """An open file, sent in parts and closed at the end, whatever the end is."""

    def __init__(self, file: BinaryIO, size: int, headers: Mapping[str, str]) -> None:
        self.body = b""
        self.status_code, self.background = 200, None
        self.init_headers({**headers, "content-length": str(size)})
        self._file, self._size = file, size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        with self._file as file:
            file.seek(0)
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            place, is_last = 0, False
            while not is_last:
                part = file.read(_STEP)
                place += len(part)
                is_last = place >= self._size or not part
                await send({"type": "http.response.body", "body": part, "more_body": not is_last})


def issuers_shelf(issuers: Mapping[str, Certificate]) -> dict[str, Reply]:
    """The certificates of issuers by file name; `issuers` by the authority's name, `root` is the anchor."""
    above = [certificate for name, certificate in issuers.items() if name != "root"]
    found = {f"{name}.cer": _file(CERTIFICATE, one.raw) for name, one in issuers.items()}
    # RFC 5280 §4.2.2.1: one certificate in DER, or several in a certs-only CMS message.
    found["chain.p7c"] = _file(CERTIFICATES, _certs_only(issuers.values()))
    found["chain.pem"] = _file(PEM, b"".join(one.pem for one in above))
    if "root" in issuers:
        found["root.pem"] = _file(PEM, issuers["root"].pem)
    return found


def _certs_only(certificates: Iterable[Certificate]) -> bytes:
    return encode_signed_data(
        None, digest_algorithms=(), certificates=(one.raw for one in certificates), signer_infos=()
    )


def _file(media: str, body: bytes) -> Reply:
    return Reply(200, (*typed(media), ("cache-control", _KEPT), validator(body)), body)


def publication_routes(
    lists: Path, issuers: Mapping[str, Certificate], *, now: Callable[[], datetime] = clock.now
) -> list[BaseRoute]:
    """Gives out the files of the folder `lists` and the certificates of `issuers`."""
    shelf, certificates = Shelf(lists), issuers_shelf(issuers)

    async def a_list(request: Request) -> Response:
        return shelf.reply(str(request.path_params["name"]), request, at=now())

    async def a_certificate(request: Request) -> Response:
        found = certificates.get(str(request.path_params["name"]), plain(404))
        return found.unless_known(request.headers.get("if-none-match")).response

    return [
        Route("/crl/{name}", a_list, methods=["GET"]),
        Route("/certificates/{name}", a_certificate, methods=["GET"]),
    ]


def publication_application(
    lists: Path, issuers: Mapping[str, Certificate], *, now: Callable[[], datetime] = clock.now
) -> Starlette:
    """Answers `GET /crl/...` and `GET /certificates/...`."""
    return Starlette(routes=publication_routes(lists, issuers, now=now))
