"""An authority in a folder with its services, asked without a socket: ASGI by hand."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from esign.ca.request import Subject, read
from esign.io.authority import CertificateAuthority
from esign.keys import generate
from esign.x509 import Certificate
from tests.esign.ca.requests import make_request

PASSPHRASE = "a passphrase of the folder"
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, at: datetime = AT) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class Told:
    """A reply."""

    status: int
    headers: dict[str, str]
    body: bytes


def found_authority(folder: Path, *, at: datetime = AT) -> Certificate:
    """An authority in `folder`, and an officer of it."""
    words = {"organization": "Markaz", "passphrase": PASSPHRASE, "key": "p-256"}
    with CertificateAuthority.create(folder, at=at, **words) as made:
        names = {"surname": "Aliyev", "given_name": "Vali", "organization": "Agentlik"}
        subject = Subject.of(names, emails=("v.aliyev@agency.exat.uz",))
        request = read(make_request(generate("p-256")))
        return made.issue("officer-sign", subject, at=at, request=request)


async def asked(
    app: ASGIApp,
    method: str,
    path: str,
    *,
    headers: dict[str, str] | None = None,
    parts: Iterable[bytes] = (b"",),
    is_whole: bool = True,
) -> Told:
    """One exchange with an application; a body that is not whole never ends."""
    waiting = list(parts)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.sleep(3600)
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting) or not is_whole}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    told = [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "scheme": "http", "headers": told,
        "client": ("192.0.2.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    await app(scope, receive, send)
    head = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return Told(sent[0]["status"], head, b"".join(m.get("body", b"") for m in sent[1:]))
