"""The short way: the plainest form of a question is answered at once, everything else goes the long way."""

import asyncio
import base64
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from esign.web import lane
from esign.web.lane import plain_question, with_lane, written
from esign.web.messages import Reply
from esign.web.serving import listening

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
QUESTION = b"0\x03\x02\x01\x05"
POST = (
    b"POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\nContent-Length: 5\r\n\r\n"
    + QUESTION
)
GET = b"GET /ocsp/" + quote(base64.b64encode(QUESTION), safe="").encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n"


def test_the_plain_forms_are_read() -> None:
    assert plain_question(POST) == plain_question(GET) == QUESTION
    assert plain_question(POST.replace(b"/ocsp ", b"/ocsp/persons/ ")) == QUESTION
    assert plain_question(GET.replace(b"/ocsp/", b"/ocsp/root/")) == QUESTION
    assert plain_question(POST.replace(b"Host", b"Connection: Keep-Alive\r\nhOST")) == QUESTION


def test_a_part_is_not_read() -> None:
    assert all(plain_question(POST[:n]) is None for n in range(len(POST)))
    assert all(plain_question(GET[:n]) is None for n in range(len(GET)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Host: x\r\n", b""),
        (b"Host: x\r\n", b"Host: x\r\nHost: x\r\n"),
        (b"Host: x\r\n", b"Host: x\r\nContent-Length: 5\r\n"),
        (b"Host: x\r\n", b"Host: x\r\nTransfer-Encoding: chunked\r\n"),
        (b"Host: x\r\n", b"Host: x\r\nExpect: 100-continue\r\n"),
        (b"Host: x\r\n", b"Host: x\r\nConnection: close\r\n"),
        (b"Host: x\r\n", b"Host: x\r\nUpgrade: h2c\r\n"),
        (b"Host: x\r\n", b"Host : x\r\n"),
        (b"Host: x\r\n", b"Host: x\n"),
        (b"Host: x\r\n", b"Host: x\r\n folded\r\n"),
        (b"Length: 5", b"Length: 05"),
        (b"Length: 5", b"Length: +5"),
        (b"Length: 5", b"Length: 4"),
        (b"Length: 5", b"Length: 6"),
        (b"ocsp-request", b"timestamp-query"),
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"POST", b"PUT"),
        (b"/ocsp ", b"/tsa "),
        (b"/ocsp ", b"/ocsp/none "),
        (b"/ocsp ", b"http://x/ocsp "),
        (b"\x05", b"\x05\x05"),
    ],
)
def test_what_differs_goes_the_long_way(old: bytes, new: bytes) -> None:
    assert old in POST and plain_question(POST.replace(old, new)) is None


def test_a_body_behind_an_address_goes_the_long_way() -> None:
    assert plain_question(GET + b"x") is None
    assert plain_question(GET.replace(b"Host", b"Content-Length: 0\r\nHost")) is None
    assert plain_question(GET.replace(b"Host", b"If-None-Match: x\r\nHost")) is None


@given(st.binary(max_size=60), st.integers(0, len(POST)))
def test_no_octets_break_it(octets: bytes, place: int) -> None:
    plain_question(octets)
    plain_question(POST[:place] + octets + POST[place:])


def test_a_reply_is_written_with_its_date_and_length() -> None:
    told = written(Reply(200, (("etag", '"x"'),), b"body"), at=AT)
    assert told == (
        b"HTTP/1.1 200 OK\r\ndate: Mon, 23 Nov 2026 09:00:00 GMT\r\n"
        b'etag: "x"\r\ncontent-length: 4\r\n\r\nbody'
    )


async def _long(request: Request) -> Response:
    return PlainTextResponse("the long way: " + str(len(await request.body())))


async def conversation(*sent: bytes, pause: float = 0.05) -> bytes:
    """What a server with a short way says to what is sent in pieces, until it or we fall silent."""
    short = with_lane(lambda question, at: Reply(200, (), b"the short way"), lambda: AT)
    app = Starlette(routes=[Route("/{path:path}", _long, methods=["GET", "POST"])])
    config = uvicorn.Config(app, http=short, log_config=None, access_log=False, lifespan="off", ws="none")
    server, listener = uvicorn.Server(config), listening("127.0.0.1", 0)
    config.load()
    task = asyncio.create_task(server._serve([listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.getsockname()[1])
    found = b""
    with suppress(OSError, TimeoutError):
        for piece in sent:
            writer.write(piece)
            await asyncio.sleep(pause)
        writer.write_eof()
        found = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    server.should_exit = True
    await task
    return found


def _ways(told: bytes) -> list[str]:
    return [part.split(b" way")[0].decode() for part in told.split(b"the ")[1:]]


@pytest.mark.parametrize(
    ("sent", "ways"),
    [
        ((POST,), ["short"]),
        ((POST, POST, GET), ["short", "short", "short"]),
        ((POST[:30], POST[30:], POST), ["long", "short"]),
        ((POST + POST,), ["long", "long"]),
        ((POST.replace(b"Host", b"X-A: 1\r\nHost"), POST), ["long", "short"]),
        ((POST[:-5], QUESTION, POST), ["long", "short"]),
    ],
)
def test_both_ways_share_a_connection(sent: tuple[bytes, ...], ways: list[str]) -> None:
    assert _ways(asyncio.run(conversation(*sent))) == ways


def test_a_head_that_drips_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "HEAD_SECONDS", 0.1)
    drops = [bytes((octet,)) for octet in POST[:20]]
    assert asyncio.run(conversation(*drops, POST[20:], pause=0.02)) == b""
