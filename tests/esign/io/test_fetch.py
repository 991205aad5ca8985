"""A fetch is held to http, public addresses, sizes, times and a budget; what it brings is not judged here."""

import gzip
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign.cms import encode_signed_data
from esign.findings import Severity
from esign.io.addresses import FetchFailed
from esign.io.cache import Cache
from esign.io.exchange import Deadline, direct_transport, exchange
from esign.io.fetch import Fetched, Fetcher, FetchLimits
from esign.material import Material, Need
from esign.x509 import Certificate
from tests.esign.io.http_world import Reply, Server, bomb, loopback, names, served
from tests.esign.validation import world
from tests.esign.validation.world import AT

QUICK = FetchLimits(connect_seconds=1.0, total_seconds=5.0)


@pytest.fixture
def server() -> Iterator[Server]:
    with served() as found:
        yield found


def fetcher(**options: Any) -> Fetcher:
    known: dict[str, Any] = {"limits": QUICK, "allow_private": True, "resolve": loopback, "now": lambda: AT}
    return Fetcher(**{**known, **options})


def why(fetched: Fetched) -> str:
    assert fetched.octets is None and fetched.reason is not None
    assert fetched.reason.severity is Severity.WARNING
    assert "?" not in fetched.reason.message.replace("?path", "")
    return fetched.reason.code


def mocked(answer: Callable[[httpx2.Request], httpx2.Response], **options: Any) -> Fetcher:
    return fetcher(transport=httpx2.MockTransport(answer), **options)


def test_a_list_is_fetched_with_the_name_of_the_host(server: Server) -> None:
    server.pages["/a.crl"] = Reply(b"\x30\x00")
    one = fetcher()
    assert one(Need("crl", server.url("/a.crl"))) == b"\x30\x00"
    (asked,) = server.asked
    assert (asked.method, asked.headers["Host"]) == ("GET", f"pki.agency.example:{server.port}")
    assert asked.headers["Accept-Encoding"] == "identity"
    assert "Cookie" not in asked.headers
    assert one.findings == ()


@pytest.mark.parametrize(
    ("kind", "sent", "wanted"),
    [
        ("ocsp", "application/ocsp-request", "application/ocsp-response"),
        ("timestamp", "application/timestamp-query", "application/timestamp-reply"),
    ],
)
def test_a_request_is_posted_as_its_kind(server: Server, kind: Any, sent: str, wanted: str) -> None:
    server.pages["/x"] = Reply(b"answer")
    assert fetcher()(Need(kind, server.url("/x"), b"question")) == b"answer"
    (asked,) = server.asked
    assert (asked.method, asked.body) == ("POST", b"question")
    assert (asked.headers["Content-Type"], asked.headers["Accept"]) == (sent, wanted)


def test_a_need_is_asked_once(server: Server) -> None:
    server.pages["/a"] = Reply(b"x")
    one = fetcher()
    first = one.fetch(Need("crl", server.url("/a"), subject="CN=A"))
    again = one.fetch(Need("crl", server.url("/a"), subject="CN=B"))
    assert first is again and server.paths() == ["/a"]
    assert [f.octets for f in one.outcomes] == [b"x"]


def test_what_failed_is_not_asked_again(server: Server) -> None:
    one = fetcher()
    need = Need("crl", server.url("/gone"))
    assert one(need) is None and one(need) is None
    assert server.paths() == ["/gone"]


def test_a_page_that_is_not_there_is_told(server: Server) -> None:
    one = fetcher()
    found = one.fetch(Need("crl", server.url("/gone")))
    assert why(found) == "fetch-status"
    assert found.reason is not None and dict(found.reason.values) == {"status": "404"}
    assert found.reason.where == server.url("/gone")
    assert one.findings == (found.reason,)
    told = found.to_dict()
    assert told["octets"] is None and told["reason"] == found.reason.to_dict()


def test_octets_are_told_by_number() -> None:
    told = Fetched(Need("crl", "http://a.example"), b"abc").to_dict()
    expected = {"kind": "crl", "url": "http://a.example", "octets": 3, "cached": False, "reason": None}
    assert told == expected


def test_another_media_type_is_left_to_the_validation(server: Server) -> None:
    server.pages["/a"] = Reply(b"<html>", headers={"Content-Type": "text/html"})
    assert fetcher()(Need("crl", server.url("/a"))) == b"<html>"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://pki.agency.example/a",
        "file:///etc/passwd",
        "ldap://pki.agency.example/cn=a",
        "//pki.agency.example/a",
        "http:///a",
        "http://user:secret@pki.agency.example/a",
        "http://pki.agency.example:99999/",
        "http://pki.agency.example:0/",
        "http://pki%2eagency.example/",
        "http://[::1/",
        "http://[::1%25eth0]/",
        "http://pki.agency.example/\x00",
        "http://\u202e\u2603\ud800/",
        "http://pki.agency.example/" + "a" * 2048,
        "",
    ],
)
def test_an_address_of_another_form_is_not_asked(url: str) -> None:
    assert why(fetcher().fetch(Need("crl", url))) == "fetch-url-refused"


@given(st.text(max_size=40).map(lambda tail: "http://" + tail) | st.text(max_size=40))
def test_no_address_raises(url: str) -> None:
    one = mocked(lambda _: httpx2.Response(404), resolve=names())
    assert why(one.fetch(Need("crl", url))) in {"fetch-url-refused", "fetch-name-unknown", "fetch-status"}


def test_private_addresses_are_refused_before_anything_is_sent(server: Server) -> None:
    found = fetcher(allow_private=False).fetch(Need("crl", server.url("/a")))
    assert why(found) == "fetch-address-refused"
    assert server.asked == []


def test_an_unknown_name_is_told() -> None:
    assert why(fetcher().fetch(Need("crl", "http://unknown.example/"))) == "fetch-name-unknown"


def test_the_connection_goes_to_the_address_that_was_judged() -> None:
    """A second answer of the name service would lead inside; it is never asked for."""
    answers = [("9.9.9.9",), ("127.0.0.1",)]
    sent: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200, content=b"x")

    one = mocked(answer, allow_private=False, resolve=lambda host, port: answers.pop(0))
    assert one(Need("crl", "https://pki.agency.example:8443/a?b#c")) == b"x"
    (request,) = sent
    assert str(request.url).startswith("https://9.9.9.9:8443/a?b")
    assert request.headers["Host"] == "pki.agency.example:8443"
    assert request.extensions["sni_hostname"] == "pki.agency.example"
    assert len(answers) == 1


def test_an_address_of_version_6_is_connected_to() -> None:
    sent: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(str(request.url))
        return httpx2.Response(200, content=b"x")

    one = mocked(answer, allow_private=False, resolve=names(a_example="2620:fe::fe"))
    assert one(Need("crl", "http://a.example/x")) == b"x"
    assert sent == ["http://[2620:fe::fe]/x"]


def test_the_next_address_is_tried_when_one_cannot_be_reached(server: Server) -> None:
    server.pages["/a"] = Reply(b"x")
    one = fetcher(resolve=lambda host, port: ("127.0.0.2", "127.0.0.1"))
    assert one(Need("crl", server.url("/a"))) == b"x"


def test_nobody_there_is_told(server: Server) -> None:
    one = fetcher(resolve=lambda host, port: ("127.0.0.2", "127.0.0.3"))
    assert why(one.fetch(Need("crl", server.url("/a")))) == "fetch-unreachable"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(server: Server, status: int) -> None:
    server.pages["/a"] = Reply(status=status, headers={"Location": "/b"})
    server.pages["/b"] = Reply(b"x")
    assert fetcher()(Need("crl", server.url("/a"))) == b"x"
    assert server.paths() == ["/a", "/b"]


@pytest.mark.parametrize(("status", "octets"), [(302, None), (303, None), (307, b"x"), (308, b"x")])
def test_a_question_is_only_repeated_where_that_is_promised(
    server: Server, status: int, octets: bytes | None
) -> None:
    server.pages["/a"] = Reply(status=status, headers={"Location": server.url("/b", "other.agency.example")})
    server.pages["/b"] = Reply(b"x")
    assert fetcher()(Need("ocsp", server.url("/a"), b"question")) == octets


def test_three_redirects_are_followed_and_a_fourth_is_not(server: Server) -> None:
    for number in range(4):
        server.pages[f"/{number}"] = Reply(status=302, headers={"Location": f"/{number + 1}"})
    server.pages["/4"] = Reply(b"x")
    assert fetcher()(Need("crl", server.url("/1"))) == b"x"
    assert why(fetcher().fetch(Need("crl", server.url("/0")))) == "fetch-redirects"


def test_a_circle_of_redirects_ends(server: Server) -> None:
    server.pages["/a"] = Reply(status=302, headers={"Location": "/a"})
    assert why(fetcher().fetch(Need("crl", server.url("/a")))) == "fetch-redirects"
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("http://inside.example/", "fetch-address-refused"),
        ("http://169.254.169.254/latest", "fetch-address-refused"),
        ("http://[::ffff:127.0.0.1]/", "fetch-address-refused"),
        ("file:///etc/passwd", "fetch-url-refused"),
        ("http://user@public.example/", "fetch-url-refused"),
        ("http://[", "fetch-url-refused"),
        ("", "fetch-status"),
    ],
)
def test_each_hop_is_judged(location: str, code: str) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(302, headers={"Location": location})

    def resolve(host: str, port: int) -> tuple[str, ...]:
        known = {"public.example": "9.9.9.9", "inside.example": "10.0.0.1"}
        return (known.get(host, host.strip("[]")),)

    one = mocked(answer, allow_private=False, resolve=resolve)
    assert why(one.fetch(Need("crl", "http://public.example/"))) == code


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "12345678901234567890"}])
def test_an_answer_that_says_that_it_is_too_large_is_not_read(
    server: Server, headers: dict[str, str]
) -> None:
    server.pages["/a"] = Reply(b"x" * 11, headers=headers)
    one = fetcher(limits=FetchLimits(crl=10))
    assert why(one.fetch(Need("crl", server.url("/a")))) == "fetch-too-large"


@pytest.mark.parametrize(("octets", "fits"), [(10, True), (11, False)])
def test_an_answer_of_unsaid_length_is_cut(server: Server, octets: int, fits: bool) -> None:
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (octets, b"x" * octets)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.pages["/a"] = Reply(raw=(head, body))
    found = fetcher(limits=FetchLimits(crl=10)).fetch(Need("crl", server.url("/a")))
    assert found.octets == b"x" * 10 if fits else why(found) == "fetch-too-large"


def test_each_kind_has_its_size() -> None:
    limits = FetchLimits(crl=4, certificate=3, ocsp=2, timestamp=1)
    assert [limits.octets(kind) for kind in ("crl", "certificate", "ocsp", "timestamp")] == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("X-GZIP", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_compressed_answer_is_opened(server: Server, encoding: str, pack: Callable[[bytes], bytes]) -> None:
    server.pages["/a"] = Reply(pack(b"list" * 100), headers={"Content-Encoding": encoding})
    assert fetcher()(Need("crl", server.url("/a"))) == b"list" * 100


def test_a_bomb_is_opened_no_further_than_the_limit(server: Server) -> None:
    server.pages["/a"] = Reply(bomb(8 << 20), headers={"Content-Encoding": "gzip"})
    one = fetcher(limits=FetchLimits(crl=1 << 20))
    assert why(one.fetch(Need("crl", server.url("/a")))) == "fetch-too-large"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("br", b"x"), ("gzip", b"no gzip"), ("gzip", gzip.compress(b"x" * 99)[:-9])],
    ids=["unknown", "broken", "cut short"],
)
def test_an_encoding_that_cannot_be_undone_is_told(server: Server, encoding: str, body: bytes) -> None:
    server.pages["/a"] = Reply(body, headers={"Content-Encoding": encoding})
    assert why(fetcher().fetch(Need("crl", server.url("/a")))) == "fetch-encoding"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


@pytest.mark.parametrize(
    "pieces", [(HEAD, *[b"x"] * 100), tuple(b"%c" % octet for octet in HEAD)], ids=["body", "head"]
)
def test_what_drips_is_cut_at_the_deadline(server: Server, pieces: tuple[bytes, ...]) -> None:
    server.pages["/a"] = Reply(raw=pieces, drip=0.05)
    one = fetcher(limits=FetchLimits(total_seconds=0.2))
    assert why(one.fetch(Need("crl", server.url("/a")))) == "fetch-too-slow"


def test_silence_ends_at_the_deadline(server: Server) -> None:
    server.pages["/a"] = Reply(raw=(b"HTTP/1.1 ", b"200"), drip=5)
    one = fetcher(limits=FetchLimits(total_seconds=0.1))
    assert why(one.fetch(Need("crl", server.url("/a")))) == "fetch-too-slow"


def test_no_time_left_sends_nothing(server: Server) -> None:
    one = fetcher(limits=FetchLimits(act_seconds=0.0))
    assert why(one.fetch(Need("crl", server.url("/a")))) == "fetch-too-slow"
    assert server.asked == []


def test_a_body_that_comes_too_late_is_not_taken() -> None:
    over = threading.Event()

    class Late(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            over.wait(0.1)
            yield b"x"

    one = mocked(lambda _: httpx2.Response(200, stream=Late()), limits=FetchLimits(total_seconds=0.05))
    assert why(one.fetch(Need("crl", "http://pki.agency.example/"))) == "fetch-too-slow"


@pytest.mark.parametrize(
    "raw",
    [
        b"rubbish\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x00\x00",
    ],
)
def test_what_is_no_http_is_told(server: Server, raw: bytes) -> None:
    server.pages["/a"] = Reply(raw=(raw,))
    assert why(fetcher().fetch(Need("crl", server.url("/a")))) == "fetch-unreachable"


@pytest.mark.parametrize(
    "error", [httpx2.ReadError("gone"), OSError("gone"), ValueError("gone"), httpx2.InvalidURL("gone")]
)
def test_nothing_foreign_escapes_from_the_transport(error: Exception) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise error

    found = mocked(answer).fetch(Need("crl", "http://pki.agency.example/"))
    assert why(found) == "fetch-unreachable"
    assert found.reason is not None and dict(found.reason.values) == {"reason": "gone"}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (httpx2.ReadTimeout("late"), "fetch-too-slow"),
        (httpx2.WriteTimeout("late"), "fetch-too-slow"),
        (httpx2.ConnectTimeout("late"), "fetch-unreachable"),
    ],
)
def test_who_is_late_is_told_from_who_is_not_there(error: Exception, code: str) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise error

    assert why(mocked(answer).fetch(Need("crl", "http://pki.agency.example/"))) == code


def test_an_exchange_without_an_address_fails() -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200))
    request = httpx2.Request("GET", "http://pki.agency.example/")
    with pytest.raises(FetchFailed) as failed:
        exchange(transport, request, (), limit=1, connect_seconds=1, deadline=Deadline.after(1))
    assert failed.value.code == "fetch-unreachable"


def test_the_budget_of_requests_holds_for_the_act(server: Server) -> None:
    server.pages["/0"] = Reply(status=302, headers={"Location": "/1"})
    server.pages["/1"] = server.pages["/2"] = Reply(b"x")
    one = fetcher(limits=FetchLimits(requests=2))
    assert one(Need("crl", server.url("/0"))) == b"x"
    assert why(one.fetch(Need("crl", server.url("/2")))) == "fetch-budget"
    assert server.paths() == ["/0", "/1"]


def test_the_budget_of_octets_holds_for_the_act(server: Server) -> None:
    server.pages["/a"] = server.pages["/b"] = server.pages["/c"] = Reply(b"x" * 6)
    one = fetcher(limits=FetchLimits(act_octets=10))
    assert one(Need("crl", server.url("/a"))) == b"x" * 6
    assert why(one.fetch(Need("crl", server.url("/b")))) == "fetch-too-large"
    two = fetcher(limits=FetchLimits(act_octets=6))
    assert two(Need("crl", server.url("/a"))) == b"x" * 6
    assert why(two.fetch(Need("crl", server.url("/c")))) == "fetch-budget"


def _message(*certificates: bytes) -> bytes:
    return encode_signed_data(None, digest_algorithms=(), certificates=certificates, signer_infos=())


def test_a_message_of_certificates_is_taken_apart(server: Server) -> None:
    ca, other = world.root().certificate, world.intermediate().certificate
    server.pages["/a.p7c"] = Reply(_message(ca.raw, other.raw, b"\x30\x00"))
    octets = fetcher()(Need("certificate", server.url("/a.p7c")))
    assert octets is not None
    assert set(Certificate.load_all(octets)) == {ca, other}
    assert set(Material.read([octets]).certificates) == {ca, other}


@pytest.mark.parametrize("kind", ["der", "pem", "rubbish", "empty message"])
def test_other_forms_of_certificates_come_as_they_are(server: Server, kind: str) -> None:
    ca = world.root().certificate
    body = {"der": ca.raw, "pem": ca.pem, "rubbish": b"<html>", "empty message": _message()}[kind]
    server.pages["/a"] = Reply(body)
    assert fetcher()(Need("certificate", server.url("/a"))) == body


def _tls(tmp_path: Path, *names: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context, and a client's that trusts it."""
    trustme = pytest.importorskip("trustme")
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(*names).configure_cert(server)
    authority.configure_trust(client)
    return server, client


def test_https_is_checked_against_the_name_and_not_the_address(tmp_path: Path) -> None:
    context, trusting = _tls(tmp_path, "pki.agency.example")
    with served(context) as server:
        server.pages["/a"] = Reply(b"x")
        assert fetcher(tls=trusting)(Need("crl", server.url("/a"))) == b"x"
        assert why(fetcher().fetch(Need("crl", server.url("/a")))) == "fetch-tls-failed"
        other = server.url("/a", "other.agency.example")
        assert why(fetcher(tls=trusting).fetch(Need("crl", other))) == "fetch-tls-failed"
        server.pages["/slow"] = Reply(raw=tuple(b"%c" % octet for octet in HEAD), drip=0.05)
        one = fetcher(tls=trusting, limits=FetchLimits(total_seconds=0.3))
        assert why(one.fetch(Need("crl", server.url("/slow")))) == "fetch-too-slow"


def test_https_of_a_server_without_tls_fails(server: Server) -> None:
    url = server.url("/a").replace("http:", "https:")
    assert why(fetcher().fetch(Need("crl", url))) == "fetch-tls-failed"


def test_proxies_of_the_environment_are_not_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.pages["/a"] = Reply(b"x")
    assert fetcher(transport=direct_transport())(Need("crl", server.url("/a"))) == b"x"


def test_a_watch_that_ran_out_cuts_what_connects_later() -> None:
    from esign.io.exchange import _Watch

    cut: list[str] = []

    class Stream:
        def get_extra_info(self, name: str) -> Any:
            cut.append(name)
            return None

    with _Watch(0.0) as watch:
        watch._expire()
        watch.trace("connection.connect_tcp.complete", {"return_value": Stream()})
        watch.trace("connection.connect_tcp.started", {})
    assert cut == ["socket"]


class TestCache:
    def test_the_second_act_asks_nobody(self, server: Server, tmp_path: Path) -> None:
        crl = world.root().crl().raw
        server.pages["/a"] = Reply(crl)
        need = Need("crl", server.url("/a"))
        assert fetcher(cache=Cache(tmp_path / "c"))(need) == crl
        again = fetcher(cache=Cache(tmp_path / "c")).fetch(need)
        assert (again.octets, again.cached) == (crl, True)
        assert server.paths() == ["/a"]

    def test_after_next_update_it_is_asked_for_again(self, server: Server, tmp_path: Path) -> None:
        server.pages["/a"] = Reply(world.root().crl(next_update=AT + world.SECOND).raw)
        need = Need("crl", server.url("/a"))
        moments = iter([AT, AT, AT + world.SECOND, AT + world.SECOND])

        def now() -> datetime:
            return next(moments)

        for _ in range(2):
            fetcher(cache=Cache(tmp_path / "c"), now=now)(need)
        assert server.paths() == ["/a", "/a"]

    def test_what_did_not_help_is_forgotten(self, server: Server, tmp_path: Path) -> None:
        server.pages["/a"] = Reply(world.root().crl().raw)
        need = Need("crl", server.url("/a"))
        one = fetcher(cache=Cache(tmp_path / "c"))
        one(need)
        one.forget(need)
        fetcher(cache=Cache(tmp_path / "c"))(need)
        assert server.paths() == ["/a", "/a"]
        fetcher().forget(need)

    def test_a_folder_that_cannot_be_used_is_told_and_not_needed(
        self, server: Server, tmp_path: Path
    ) -> None:
        crl = world.root().crl().raw
        server.pages["/a"] = Reply(crl)
        need = Need("crl", server.url("/a"))
        (tmp_path / "c").write_bytes(b"a file")
        one = fetcher(cache=Cache(tmp_path / "c"))
        assert one(need) == crl
        one.forget(need)
        assert {f.code for f in one.findings} == {"fetch-cache-failed"}
