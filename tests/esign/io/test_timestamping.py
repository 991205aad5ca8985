"""A time stamp over HTTP: the request goes as it is, the answer comes within the limits of a fetch."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from esign.io.addresses import FetchFailed
from esign.io.fetch import Fetcher, FetchLimits
from esign.io.timestamping import HTTPTimeStamper
from esign.testing import TestPKI
from esign.tsp import MessageImprint, TimeStampRequest, stamp
from tests.esign.io.http_world import Reply, Server, loopback, served

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
QUICK = FetchLimits(connect_seconds=1.0, total_seconds=5.0)
IMPRINT = MessageImprint.of(b"a document")


@pytest.fixture
def server() -> Iterator[Server]:
    with served() as found:
        yield found


def asking(server: Server, limits: FetchLimits = QUICK) -> HTTPTimeStamper:
    return HTTPTimeStamper(
        server.url("/tsa"), lambda: Fetcher(limits=limits, allow_private=True, resolve=loopback)
    )


def test_the_request_is_posted_and_the_answer_believed(server: Server) -> None:
    request = TimeStampRequest(IMPRINT, nonce=7)
    server.pages["/tsa"] = Reply(TestPKI(AT).time_stamper(AT)(request.encode()))
    assert stamp(IMPRINT, asking(server), nonce=7).info.gen_time == AT
    (asked,) = server.asked
    assert (asked.method, asked.body) == ("POST", request.encode())
    assert asked.headers["Content-Type"] == "application/timestamp-query"


def test_a_service_that_fails_is_named(server: Server) -> None:
    server.pages["/tsa"] = Reply(status=500)
    with pytest.raises(FetchFailed) as raised:
        asking(server)(b"request")
    assert (raised.value.code, raised.value.values["status"]) == ("fetch-status", "500")
    assert raised.value.where == server.url("/tsa")


def test_an_answer_that_is_too_long_is_refused(server: Server) -> None:
    server.pages["/tsa"] = Reply(b"x" * 2000)
    with pytest.raises(FetchFailed) as raised:
        asking(server, FetchLimits(timestamp=1000))(b"request")
    assert raised.value.code == "fetch-too-large"


def test_each_request_has_a_budget_of_its_own(server: Server) -> None:
    server.pages["/tsa"] = Reply(b"answer")
    one = asking(server, FetchLimits(requests=1))
    assert [one(b"first"), one(b"second")] == [b"answer", b"answer"]
