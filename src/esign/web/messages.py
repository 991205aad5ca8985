"""What goes over HTTP both ways, apart from any server: replies, and bodies that are read within bounds."""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

Header = tuple[str, str]

BODY_SECONDS: Final = 10.0
"""Seconds that a body may take to come."""

LONGEST: Final = timedelta(hours=1)
"""For how long others may keep what can change before its time: a revocation is seen by all within it."""

UNKEPT: Final[tuple[Header, ...]] = (("cache-control", "no-store"),)
_UNSNIFFED: Final[Header] = ("x-content-type-options", "nosniff")


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, headers beside length and date, and a body."""

    status: int
    headers: tuple[Header, ...] = ()
    body: bytes = b""

    @property
    def response(self) -> Response:
        """For Starlette."""
        return Response(self.body, self.status, dict(self.headers))

    def unless_known(self, tags: str | None) -> "Reply":
        """304 without a body where `tags` (If-None-Match) names what the asker has (RFC 9110 §13.1.2)."""
        own = dict(self.headers).get("etag")
        known = [tag.strip().removeprefix("W/") for tag in (tags or "").split(",")]
        if own is None or self.status != 200 or not (own in known or known == ["*"]):
            return self
        kept = tuple(pair for pair in self.headers if pair[0] != "content-type")
        return Reply(304, kept)


def plain(status: int, *headers: Header) -> Reply:
    """A refusal of HTTP's own, without words."""
    return Reply(status, (*UNKEPT, *headers))


def typed(media: str) -> tuple[Header, ...]:
    """The headers that say what a body is."""
    return ("content-type", media), _UNSNIFFED


def validator(body: bytes) -> Header:
    """The strong validator of a body."""
    return "etag", f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def lasting(since: datetime, until: datetime | None, *, at: datetime) -> tuple[Header, ...]:
    """For how long others may keep what holds from `since` to `until` (RFC 5019 §6.2, RFC 9111 §5.2.2).

    max-age ends before `until`, and after `LONGEST` at the latest; Expires says the same for older caches.
    """
    end = at + LONGEST if until is None else min(until, at + LONGEST)
    seconds = int((end - at).total_seconds())
    if seconds <= 0:
        return UNKEPT
    return (
        ("cache-control", f"max-age={seconds}, public, no-transform, must-revalidate"),
        ("last-modified", format_datetime(since, usegmt=True)),
        ("expires", format_datetime(end, usegmt=True)),
    )


async def body_of(request: Request, media: str, limit: int) -> bytes | Reply:
    """The body, when it is of type `media`, at most `limit` octets long and here in time; or the refusal."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != media:
        return plain(415, ("accept", media))
    found = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                if len(found) + len(part) > limit:
                    return plain(413, ("connection", "close"))
                found += part
    except TimeoutError:
        return plain(408, ("connection", "close"))
    except ClientDisconnect:
        return plain(400)
    return found
