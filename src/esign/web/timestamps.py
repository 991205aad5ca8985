"""Time stamps over HTTP: POST of the request (RFC 3161 §3.4).

app = timestamp_application(stamp)                       # stamp: a question and a time give the answer
"""

from collections.abc import Callable
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from esign.web.messages import UNKEPT, Reply, body_of, typed

ASKED: Final = "application/timestamp-query"
ANSWERED: Final = "application/timestamp-reply"
MAX_BODY: Final = 1 << 14


def timestamp_routes(stamp: Callable[[bytes], bytes], place: str = "") -> list[BaseRoute]:
    """Answers `POST place`: `stamp` is given a TimeStampReq and gives the TimeStampResp, both DER."""

    async def asked(request: Request) -> Response:
        question = await body_of(request, ASKED, MAX_BODY)
        if isinstance(question, Reply):
            return question.response
        return Reply(200, (*typed(ANSWERED), *UNKEPT), stamp(question)).response

    doors = dict.fromkeys((place or "/", f"{place}/"))
    return [Route(door, asked, methods=["POST"]) for door in doors]


def timestamp_application(stamp: Callable[[bytes], bytes]) -> Starlette:
    """Answers `POST /`."""
    return Starlette(routes=timestamp_routes(stamp))
