"""Questions about certificates over HTTP: GET and POST (RFC 6960 §A.1, RFC 5019 §5).

app = ocsp_application(answers)                          # answers to POST / and GET /{base64 of the request}
"""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from esign.ca.answers import Answers
from esign.io import clock
from esign.web.messages import UNKEPT, Reply, body_of, lasting, plain, typed, validator

ASKED: Final = "application/ocsp-request"
ANSWERED: Final = "application/ocsp-response"
MAX_BODY: Final = 1 << 16
MAX_PATH: Final = 4096
"""Characters of a question in an address; RFC 5019 §5 asks clients to keep below 256 and to POST the rest."""

_BASE64: Final = re.compile(r"[A-Za-z0-9+/]+={0,2}")


def answered(answers: Answers, question: bytes, *, at: datetime) -> Reply:
    """The reply to `question`, one OCSPRequest, DER; hostile.

    What has a nonce, and what is no answer, is for nobody else (RFC 5019 §6.2).
    """
    answer = answers.answer(question, at=at)
    if not answer.is_for_all or answer.this_update is None:
        return Reply(200, (*typed(ANSWERED), *UNKEPT), answer.octets)
    kept = lasting(answer.this_update, answer.next_update, at=at)
    return Reply(200, (*typed(ANSWERED), *kept, validator(answer.octets)), answer.octets)


def question_of(path: str) -> bytes:
    """The request in an address, its percent encoding undone; what is none gives octets that are none.

    Clients differ: some leave the padding out, some put another slash before it.
    """
    text = path.lstrip("/").rstrip("=")
    if not _BASE64.fullmatch(text):
        return b""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def ocsp_routes(
    answers: Answers, place: str = "", *, now: Callable[[], datetime] = clock.now
) -> list[BaseRoute]:
    """Answers `POST place` and `GET place/{question}`."""

    async def asked(request: Request) -> Response:
        question = await body_of(request, ASKED, MAX_BODY)
        if isinstance(question, Reply):
            return question.response
        return answered(answers, question, at=now()).response

    async def asked_in_address(request: Request) -> Response:
        path = str(request.path_params["question"])
        if len(path) > MAX_PATH:
            return plain(414).response
        reply = answered(answers, question_of(path), at=now())
        return reply.unless_known(request.headers.get("if-none-match")).response

    doors = dict.fromkeys((place or "/", f"{place}/"))
    return [
        *(Route(door, asked, methods=["POST"]) for door in doors),
        Route(f"{place}/{{question:path}}", asked_in_address, methods=["GET"]),
    ]


def ocsp_application(answers: Answers, *, now: Callable[[], datetime] = clock.now) -> Starlette:
    """Answers `POST /` and `GET /{question}`."""
    return Starlette(routes=ocsp_routes(answers, now=now))
