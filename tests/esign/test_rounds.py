"""What a report misses is got and judged again, in rounds that end whatever the services say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509 as foreign
from cryptography.x509.oid import AuthorityInformationAccessOID

from esign import Indication, Need, Signer, SubIndication, sign, validate_path, verify
from esign.cms import encode_signed_data
from esign.io.cache import Cache
from esign.io.fetch import Fetcher
from esign.keys import SoftwareKey
from esign.rounds import MAX_NEEDS, MAX_ROUNDS
from tests.esign.io.http_world import Reply, Server, served
from tests.esign.io.test_cache import answer
from tests.esign.validation import world
from tests.esign.validation.world import AT, DAY, SECOND, Node

DOCUMENT = b"Yillik hisobot"


def points(*urls: str) -> tuple[Any, bool]:
    """cRLDistributionPoints, each with one URL."""
    found = [
        foreign.DistributionPoint([foreign.UniformResourceIdentifier(url)], None, None, None) for url in urls
    ]
    return foreign.CRLDistributionPoints(found), False


def issuers(*urls: str) -> tuple[Any, bool]:
    """authorityInfoAccess with caIssuers."""
    method = AuthorityInformationAccessOID.CA_ISSUERS
    found = [foreign.AccessDescription(method, foreign.UniformResourceIdentifier(url)) for url in urls]
    return foreign.AuthorityInformationAccess(found), False


def published(base: str) -> tuple[Node, Node]:
    """An authority below the root and a person below it, whose certificates name what `base` offers."""
    # Long enough for a cache that goes by the clock of the machine.
    authority = world.root().issue(
        "Published", ca=True, not_after=AT + 36_500 * DAY, extensions=[points(f"{base}/root.crl")]
    )
    extensions = [points(f"{base}/published.crl"), issuers(f"{base}/published.p7c")]
    return authority, authority.issue("Reader", extensions=extensions)


def pages(authority: Node) -> dict[str, bytes]:
    message = encode_signed_data(
        None, digest_algorithms=(), certificates=[authority.certificate.raw], signer_infos=()
    )
    return {
        "/published.p7c": message,
        "/published.crl": authority.crl().raw,
        "/root.crl": world.root().crl().raw,
    }


def bare(person: Node) -> Signer:
    """A signer that sends no certificate of an authority along."""
    return Signer(SoftwareKey(person.private), person.certificate.raw)


@pytest.fixture
def server() -> Iterator[Server]:
    with served() as found:
        yield found


def local(server: Server, path: str = "") -> str:
    return server.url(path, "127.0.0.1")


def fetcher(**options: Any) -> Fetcher:
    return Fetcher(allow_private=True, now=lambda: AT, **options)


def test_a_signature_is_confirmed_with_what_is_fetched(server: Server) -> None:
    authority, person = published(local(server))
    server.pages.update({path: Reply(body) for path, body in pages(authority).items()})
    signed = sign(DOCUMENT, bare(person), at=AT) or b""
    assert verify(signed, trust=world.root().trust, at=AT).indication is Indication.INDETERMINATE
    assert server.asked == []
    report = verify(signed, trust=world.root().trust, at=AT, fetch=fetcher())
    assert report.indication is Indication.TOTAL_PASSED
    assert server.paths() == ["/published.p7c", "/published.crl", "/root.crl"]


def test_a_certificate_is_confirmed_with_what_is_fetched(server: Server) -> None:
    authority, person = published(local(server))
    server.pages.update({path: Reply(body) for path, body in pages(authority).items()})
    report = validate_path(person.certificate, trust=world.root().trust, at=AT, fetch=fetcher())
    assert report.indication is Indication.PASSED


def test_a_fetched_revocation_binds(server: Server) -> None:
    authority, person = published(local(server))
    revoked = authority.crl((person.certificate.serial_number, AT - SECOND, None))
    server.pages.update({path: Reply(body) for path, body in pages(authority).items()})
    server.pages["/published.crl"] = Reply(revoked.raw)
    report = validate_path(person.certificate, trust=world.root().trust, at=AT, fetch=fetcher())
    assert (report.indication, report.sub_indication) == (Indication.FAILED, SubIndication.REVOKED)


def test_without_private_addresses_it_is_tried_later(server: Server) -> None:
    authority, person = published(local(server))
    one = Fetcher(now=lambda: AT)
    report = validate_path(
        person.certificate, pool=[authority.certificate], trust=world.root().trust, at=AT, fetch=one
    )
    assert (report.indication, report.sub_indication) == (Indication.INDETERMINATE, SubIndication.TRY_LATER)
    assert {f.code for f in one.findings} == {"fetch-address-refused"}
    assert server.asked == []


@pytest.mark.parametrize("lie", ["rubbish", "list of another", "stale list", "list with another key"])
def test_a_service_that_lies_brings_no_verdict(lie: str) -> None:
    authority, person = published("http://pki.agency.example")
    lists = {
        "rubbish": b"<html>",
        "list of another": world.issue("Another", ca=True).crl().raw,
        "stale list": authority.crl(this_update=AT - 2 * SECOND, next_update=AT - SECOND).raw,
        "list with another key": authority.crl(private=world.key("Liar")).raw,
    }
    asked: list[str] = []

    def liar(need: Need) -> bytes:
        asked.append(need.url)
        return lists[lie]

    report = validate_path(
        person.certificate, pool=[authority.certificate], trust=world.root().trust, at=AT, fetch=liar
    )
    assert (report.indication, report.sub_indication) == (Indication.INDETERMINATE, SubIndication.TRY_LATER)
    assert sorted(asked) == ["http://pki.agency.example/published.crl", "http://pki.agency.example/root.crl"]


def test_a_service_that_always_knows_another_one_ends() -> None:
    """Each answer is one more authority, whose issuer is to be had at one more address."""
    asked: list[str] = []

    def link(number: int) -> Node:
        above = world.Node(
            world.issue(f"Link {number + 1}", ca=True).certificate, world.key(f"Link {number + 1}")
        )
        return above.issue(
            f"Link {number}", ca=True, extensions=[issuers(f"http://pki.agency.example/{number + 1}")]
        )

    def liar(need: Need) -> bytes:
        asked.append(need.url)
        return link(int(need.url.rsplit("/", 1)[1])).certificate.raw

    report = validate_path(link(0).certificate, trust=world.root().trust, at=AT, fetch=liar)
    assert report.indication is Indication.INDETERMINATE
    assert len(asked) == len(set(asked)) == MAX_ROUNDS


def test_the_number_of_needs_is_bounded() -> None:
    """A long path whose every certificate names eight lists."""
    asked: list[str] = []
    path = [world.root()]
    for number in range(9):
        urls = [f"http://pki.agency.example/{number}/{url}" for url in range(8)]
        path.append(path[-1].issue(f"Layer {number}", ca=True, extensions=[points(*urls)]))
    report = validate_path(
        path[-1].certificate,
        pool=[node.certificate for node in path],
        trust=world.root().trust,
        at=AT,
        fetch=lambda need: asked.append(need.url),
    )
    assert report.indication is Indication.INDETERMINATE
    assert len(report.needs) > MAX_NEEDS
    assert len(asked) == len(set(asked)) == MAX_NEEDS


def test_what_is_the_same_question_is_asked_once() -> None:
    authority = world.root().issue("Twice", ca=True, extensions=[points("http://pki.agency.example/one")])
    person = authority.issue("Twice below", extensions=[points("http://pki.agency.example/one")])
    asked: list[Need] = []
    validate_path(
        person.certificate,
        pool=[authority.certificate],
        trust=world.root().trust,
        at=AT,
        fetch=lambda need: asked.append(need),
    )
    assert [need.url for need in asked] == ["http://pki.agency.example/one"]


def test_what_did_not_help_is_not_kept_for_the_next_time(server: Server, tmp_path: Path) -> None:
    authority, person = published(local(server))
    server.pages.update({path: Reply(body) for path, body in pages(authority).items()})
    server.pages["/published.crl"] = Reply(authority.crl(private=world.key("Liar")).raw)
    kept = Cache(tmp_path / "cache")
    for indication in (Indication.INDETERMINATE, Indication.PASSED):
        report = validate_path(person.certificate, trust=world.root().trust, at=AT, fetch=fetcher(cache=kept))
        assert report.indication is indication
        server.pages["/published.crl"] = Reply(authority.crl().raw)
    assert server.paths().count("/published.crl") == 2
    assert server.paths().count("/root.crl") == 1


def test_a_verdict_that_was_kept_yields_to_a_new_list() -> None:
    crls = [crl.raw for crl in world.clean_crls()]
    person, pool, trust = world.person().certificate, [world.intermediate().certificate], world.root().trust
    for _ in range(2):
        assert validate_path(person, pool=pool, trust=trust, crls=crls, at=AT).indication is Indication.PASSED
    revoking = world.intermediate().crl((person.serial_number, AT - SECOND, None)).raw
    found = validate_path(person, pool=pool, trust=trust, crls=[*crls, revoking], at=AT)
    assert found.indication is Indication.FAILED
    elsewhere = world.issue("Elsewhere", ca=True).trust
    found = validate_path(person, pool=pool, trust=elsewhere, crls=crls, at=AT)
    assert found.indication is Indication.INDETERMINATE


def test_an_answer_of_a_responder_is_fetched(server: Server) -> None:
    access = foreign.AccessDescription(
        AuthorityInformationAccessOID.OCSP, foreign.UniformResourceIdentifier(local(server, "/ocsp"))
    )
    services = (foreign.AuthorityInformationAccess([access]), False)
    person = world.root().issue("Asked about", extensions=[services])
    server.pages["/ocsp"] = Reply(answer(person, world.root(), this_update=AT - SECOND, next_update=AT + DAY))
    one = fetcher()
    report = validate_path(person.certificate, trust=world.root().trust, at=AT, fetch=one)
    assert report.indication is Indication.PASSED, report.explain()
    (asked,) = server.asked
    assert (asked.method, asked.headers["Content-Type"]) == ("POST", "application/ocsp-request")
