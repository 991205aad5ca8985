"""The services of a folder over ASGI: what is answered, for how long it may be kept, what is refused."""

import asyncio
import base64
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from esign.cms import SignedData
from esign.findings import Severity
from esign.io.authority import CertificateAuthority
from esign.ocsp import CertStatus, OCSPRequest, OCSPResponse, ResponseStatus
from esign.tsp import MessageImprint, TimeStampRequest, TimeStampResponse
from esign.web import messages
from esign.web.application import application
from esign.web.messages import Reply, lasting
from esign.web.ocsp import question_of
from esign.web.services import Services, Stamping, round_of
from esign.x509 import Certificate, CertificateList
from tests.esign.web.world import AT, PASSPHRASE, Clock, Told, asked, found_authority

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OCSP = {"content-type": "application/ocsp-request"}


class World:
    """A folder whose services run on a clock that stands."""

    def __init__(self, folder: Path, officer: Certificate) -> None:
        self.folder, self.clock, self.officer = folder, Clock(), officer
        how = Stamping("2.999.1")
        self.services = Services(folder, PASSPHRASE, stamping=how, now=self.clock, precise=self.clock)
        self.app = application(self.services)
        asyncio.run(self.services.keep())
        self.issuer = self.services.issuers["persons"]

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, *parts: bytes) -> Told:
        return asyncio.run(asked(self.app, method, path, headers=headers, parts=parts or (b"",)))

    def question(self, nonce: bytes | None = None) -> bytes:
        return OCSPRequest.about((self.officer,), self.issuer, nonce=nonce).encode()

    def status(self, told: Told) -> CertStatus:
        basic = OCSPResponse.load(told.body).basic
        assert basic is not None
        return basic.responses[0].status

    def keep(self, at: datetime) -> None:
        self.clock.at = at
        asyncio.run(self.services.keep())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("services") / "ca"
    made = World(folder, found_authority(folder))
    yield made
    made.services.authority.close()


@pytest.fixture
def world(tmp_path: Path, shared: World) -> Iterator[World]:
    shutil.copytree(shared.folder, tmp_path / "ca")
    made = World(tmp_path / "ca", shared.officer)
    yield made
    made.services.authority.close()


@pytest.mark.parametrize("place", ["/ocsp", "/ocsp/", "/ocsp/persons"])
def test_a_question_is_posted(shared: World, place: str) -> None:
    told = shared.ask("POST", place, OCSP, shared.question())
    assert (told.status, told.headers["content-type"]) == (200, "application/ocsp-response")
    assert shared.status(told) is CertStatus.GOOD
    assert told.headers["cache-control"] == "max-age=3600, public, no-transform, must-revalidate"
    assert told.headers["expires"] == "Mon, 23 Nov 2026 10:00:00 GMT"
    assert told.headers["last-modified"] == "Mon, 23 Nov 2026 09:00:00 GMT"


@pytest.mark.parametrize("form", ["{}", "/{}", "persons/{}"])
def test_a_question_stands_in_the_address(shared: World, form: str) -> None:
    text = base64.b64encode(shared.question()).decode()
    told = shared.ask("GET", "/ocsp/" + form.format(text))
    assert shared.status(told) is CertStatus.GOOD and "etag" in told.headers
    again = shared.ask("GET", "/ocsp/" + form.format(text), {"if-none-match": told.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == told.headers["etag"] and "content-type" not in again.headers


def test_what_has_a_nonce_is_for_nobody_else(shared: World) -> None:
    told = shared.ask("POST", "/ocsp", OCSP, shared.question(b"n" * 32))
    basic = OCSPResponse.load(told.body).basic
    assert basic is not None and basic.nonce == b"n" * 32
    assert told.headers["cache-control"] == "no-store" and "etag" not in told.headers


@pytest.mark.parametrize("body", [b"", b"0", b"0\x03\x02\x01\x05", b"\x00" * 200])
def test_what_is_no_question_is_answered_so(shared: World, body: bytes) -> None:
    told = shared.ask("POST", "/ocsp", OCSP, body)
    assert OCSPResponse.load(told.body).status is ResponseStatus.MALFORMED_REQUEST
    assert (told.status, told.headers["cache-control"]) == (200, "no-store")


@pytest.mark.parametrize("text", ["", "%", "MEU", "é", "../../etc/passwd", "M" * 300])
def test_what_is_no_question_in_an_address_is_answered_so(shared: World, text: str) -> None:
    told = shared.ask("GET", f"/ocsp/{text}")
    assert OCSPResponse.load(told.body).status is ResponseStatus.MALFORMED_REQUEST


def test_base64_is_read_with_and_without_its_padding() -> None:
    for octets in (b"0", b"01", b"012"):
        text = base64.b64encode(octets).decode()
        assert question_of(text) == question_of(text.rstrip("=")) == question_of("/" + text) == octets
    assert question_of("A") == question_of("a b") == b""


@pytest.mark.parametrize("place", ["/ocsp", "/tsa"])
def test_a_body_of_another_type_is_refused(shared: World, place: str) -> None:
    assert shared.ask("POST", place, {"content-type": "text/plain"}, b"x").status == 415
    assert shared.ask("POST", place, {}, b"x").status == 415


@pytest.mark.parametrize(("place", "media"), [("/ocsp", "ocsp-request"), ("/tsa", "timestamp-query")])
def test_a_body_that_is_too_long_is_not_read_on(shared: World, place: str, media: str) -> None:
    told = shared.ask("POST", place, {"content-type": f"application/{media}"}, *[b"0" * 40_000] * 9)
    assert (told.status, told.headers["connection"]) == (413, "close")


def test_a_body_that_does_not_come_is_not_waited_for(shared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "BODY_SECONDS", 0.01)
    told = asyncio.run(asked(shared.app, "POST", "/ocsp", headers=OCSP, parts=(b"0",), is_whole=False))
    assert (told.status, told.headers["connection"]) == (408, "close")


def test_an_address_that_is_too_long_is_refused(shared: World) -> None:
    assert shared.ask("GET", "/ocsp/" + "M" * 5000).status == 414


@pytest.mark.parametrize("name", ["root", "persons", "infra"])
def test_lists_and_certificates_are_published(shared: World, name: str) -> None:
    told = shared.ask("GET", f"/crl/{name}.crl")
    assert told.headers["content-type"] == "application/pkix-crl"
    assert told.body == (shared.folder / "crl" / f"{name}.crl").read_bytes()
    assert int(told.headers["content-length"]) == len(told.body)
    again = shared.ask("GET", f"/crl/{name}.crl", {"if-none-match": f'"x", W/{told.headers["etag"]}'})
    assert (again.status, again.body) == (304, b"")
    own = shared.ask("GET", f"/certificates/{name}.cer")
    assert own.headers["content-type"] == "application/pkix-cert"
    assert Certificate.load(own.body) == shared.services.issuers[name]
    assert shared.ask("GET", f"/crl/{name}.checkpoint").body.startswith(b"exat.log/1\n")


def test_the_chain_is_published_as_cms_and_pem(shared: World) -> None:
    told = shared.ask("GET", "/certificates/chain.p7c")
    assert told.headers["content-type"] == "application/pkcs7-mime"
    issuers = {one.raw for one in shared.services.issuers.values()}
    assert set(SignedData.read(told.body).certificates) == issuers
    above = Certificate.load_all(shared.ask("GET", "/certificates/chain.pem").body)
    assert [one.raw for one in above] == [shared.services.issuers[n].raw for n in ("persons", "infra")]
    root = Certificate.load(shared.ask("GET", "/certificates/root.pem").body)
    assert root == shared.services.issuers["root"]


@pytest.mark.parametrize(
    "path",
    [
        "/", "/crl/", "/crl/none.crl", "/crl/../ca.toml", "/crl/..%2fca.toml", "/crl/ca.toml", "/ca.toml",
        "/crl/Root.crl", "/crl/root.crl/", "/crl/root.crl\x00", "/certificates/key.pem", "/crl/" + "a" * 200,
        "/persons/key.pem", "/services/tsa.p12", "/crl/-.crl",
    ],
)  # fmt: skip
def test_nothing_else_of_the_folder_can_be_named(shared: World, path: str) -> None:
    assert shared.ask("GET", path).status in (307, 404)


def test_a_link_in_the_folder_is_not_followed(world: World) -> None:
    (world.folder / "crl" / "evil.crl").symlink_to(world.folder / "ca.toml")
    assert world.ask("GET", "/crl/evil.crl").status == 404


def test_a_head_has_the_length_and_no_body(shared: World) -> None:
    told = shared.ask("HEAD", "/crl/root.crl")
    size = (shared.folder / "crl" / "root.crl").stat().st_size
    assert (told.status, told.headers["content-length"], told.body) == (200, str(size), b"")


def test_time_is_stamped(shared: World) -> None:
    request = TimeStampRequest(MessageImprint.of(b"a document"), nonce=7).encode()
    media = {"content-type": "application/timestamp-query"}
    tokens = []
    for _ in range(2):
        told = shared.ask("POST", "/tsa", media, request)
        assert told.headers["content-type"] == "application/timestamp-reply"
        assert told.headers["cache-control"] == "no-store"
        token = TimeStampResponse.read(told.body).token
        assert token is not None and token.info.gen_time == AT and token.info.policy == "2.999.1"
        tokens.append(token.info.serial_number)
    assert tokens[0] != tokens[1]


def test_without_a_policy_no_time_is_stamped(world: World) -> None:
    bare = Services(world.folder, PASSPHRASE, now=world.clock)
    told = asyncio.run(asked(application(bare), "POST", "/tsa", headers={}, parts=(b"",)))
    assert told.status == 404
    request = TimeStampRequest(MessageImprint.of(b"a document")).encode()
    assert TimeStampResponse.read(bare.stamp(request)).token is None


def test_a_revocation_is_told_a_second_later(world: World) -> None:
    assert world.status(world.ask("POST", "/ocsp", OCSP, world.question())) is CertStatus.GOOD
    with CertificateAuthority.open(world.folder, PASSPHRASE) as another:
        another.revoke(world.officer.serial_number, at=AT, reason="keyCompromise")
    world.clock.at = AT + timedelta(seconds=1)
    told = world.ask("POST", "/ocsp", OCSP, world.question())
    assert world.status(told) is CertStatus.REVOKED


def test_keys_are_replaced_before_they_end(world: World) -> None:
    path = world.folder / "services" / "ocsp-persons.p12"
    first = path.read_bytes()
    world.keep(AT + 20 * DAY)
    assert path.read_bytes() == first
    world.keep(AT + 23 * DAY)
    assert path.read_bytes() != first and path.stat().st_mode & 0o777 == 0o600
    assert world.services.health["state"] == "ok"
    assert world.status(world.ask("POST", "/ocsp", OCSP, world.question())) is CertStatus.GOOD


def test_where_the_key_of_the_authority_is_not_the_end_is_told_in_time(world: World) -> None:
    (world.folder / "root" / "key.pem").rename(world.folder / "root.away")
    world.keep(AT + 23 * DAY)
    (found,) = [f for f in world.services.findings if f.where == "ocsp-root"]
    assert (found.code, found.severity) == ("service-signer-ends", Severity.WARNING)
    assert world.ask("GET", "/health").status == 200
    world.keep(AT + 31 * DAY)
    (found,) = [f for f in world.services.findings if f.where == "ocsp-root"]
    assert (found.code, found.severity) == ("service-signer-missing", Severity.ERROR)
    told = world.ask("GET", "/health")
    assert told.status == 503 and b"service-signer-missing" in told.body
    root = world.services.issuers["root"]
    question = OCSPRequest.about((world.issuer,), root).encode()
    answer = OCSPResponse.load(world.ask("POST", "/ocsp", OCSP, question).body)
    assert answer.status is ResponseStatus.TRY_LATER


def test_a_wrong_passphrase_prepares_nothing(tmp_path: Path, shared: World) -> None:
    shutil.copytree(shared.folder, tmp_path / "ca")
    shutil.rmtree(tmp_path / "ca" / "services")
    with CertificateAuthority.open(tmp_path / "ca", PASSPHRASE) as authority:
        before = [len(list(authority.authority(n).register.events())) for n in ("root", "persons", "infra")]
    made = round_of(tmp_path / "ca", "another passphrase", is_stamping=True, at=AT)
    assert not made.signers and {f.code for f in made.findings} == {"service-signer-missing"}
    with CertificateAuthority.open(tmp_path / "ca", PASSPHRASE) as authority:
        after = [len(list(authority.authority(n).register.events())) for n in ("root", "persons", "infra")]
    assert before == after


def test_an_older_copy_of_the_register_is_not_asked(world: World) -> None:
    register = world.folder / "persons" / "register.db"
    kept = register.with_suffix(".kept")
    with CertificateAuthority.open(world.folder, PASSPHRASE) as authority:
        authority.authority("persons").register.head()
    kept.write_bytes(register.read_bytes())
    with CertificateAuthority.open(world.folder, PASSPHRASE) as authority:
        authority.revoke(world.officer.serial_number, at=AT)
        authority.publish_crls(at=AT + HOUR)
    world.services.authority.close()
    for extra in ("register.db-wal", "register.db-shm"):
        (register.parent / extra).unlink(missing_ok=True)
    kept.replace(register)
    world.keep(AT + 2 * HOUR)
    (found,) = [f for f in world.services.findings if f.code == "service-register-behind"]
    assert (found.where, found.severity) == ("persons", Severity.ERROR)
    answer = OCSPResponse.load(world.ask("POST", "/ocsp", OCSP, world.question()).body)
    assert answer.status is ResponseStatus.TRY_LATER


def test_lists_that_are_due_are_published(world: World) -> None:
    path = world.folder / "crl" / "persons.crl"
    before = CertificateList.load(path.read_bytes())
    assert before.next_update is not None
    world.keep(before.next_update - HOUR)
    after = CertificateList.load(path.read_bytes())
    assert after.this_update > before.this_update and world.services.health["state"] == "ok"


def test_a_list_that_ended_is_an_error_and_is_kept_by_nobody(world: World) -> None:
    for name in ("root", "persons", "infra"):
        (world.folder / name / "key.pem").unlink()
    until = CertificateList.load((world.folder / "crl" / "persons.crl").read_bytes()).next_update
    assert until is not None
    world.keep(until - HOUR)
    assert ("persons", "service-list-ends") in {(f.where, f.code) for f in world.services.findings}
    world.keep(until)
    assert ("persons", "service-list-ended") in {(f.where, f.code) for f in world.services.findings}
    assert world.ask("GET", "/crl/persons.crl").headers["cache-control"] == "no-store"


def test_a_list_that_cannot_be_read_is_found(world: World) -> None:
    (world.folder / "crl" / "other.crl").write_bytes(b"nonsense")
    world.keep(AT)
    assert ("other", "service-list-missing") in {(f.where, f.code) for f in world.services.findings}
    assert world.ask("GET", "/crl/other.crl").headers["cache-control"] == "no-store"


def test_upkeep_that_fails_is_found_and_ends_nothing(world: World) -> None:
    (world.folder / "ca.toml").write_text("nonsense")
    world.keep(AT)
    assert [f.code for f in world.services.findings] == ["service-upkeep-failed"]
    assert world.status(world.ask("POST", "/ocsp", OCSP, world.question())) is CertStatus.GOOD


def test_a_clock_that_was_set_stamps_nothing(world: World) -> None:
    world.services._offset -= 60
    assert "service-clock-jumped" in {f.code for f in world.services.findings}
    request = TimeStampRequest(MessageImprint.of(b"a document")).encode()
    assert TimeStampResponse.read(world.services.stamp(request)).token is None


def test_it_is_mounted_in_another_application(world: World) -> None:
    outer = Starlette(routes=[Mount("/pki", world.app)])
    told = asyncio.run(asked(outer, "POST", "/pki/ocsp", headers=OCSP, parts=(world.question(),)))
    assert world.status(told) is CertStatus.GOOD


def test_it_looks_after_itself_while_it_runs(tmp_path: Path, shared: World) -> None:
    shutil.copytree(shared.folder, tmp_path / "ca")
    shutil.rmtree(tmp_path / "ca" / "services")
    services = Services(tmp_path / "ca", PASSPHRASE, now=Clock())

    async def lived() -> int:
        async with services.kept():
            return len(list((tmp_path / "ca" / "services").iterdir()))

    assert asyncio.run(lived()) == 3


def test_nothing_is_kept_longer_than_it_holds() -> None:
    kept = dict(lasting(AT, AT + timedelta(minutes=5), at=AT + timedelta(minutes=1)))
    assert kept["cache-control"].startswith("max-age=240,")
    assert dict(lasting(AT, None, at=AT))["cache-control"].startswith("max-age=3600,")
    assert lasting(AT, AT, at=AT) == messages.UNKEPT


def test_only_a_good_reply_is_known_already() -> None:
    assert Reply(404).unless_known("*").status == 404
    assert Reply(200, (("etag", '"a"'),)).unless_known(None).status == 200
    assert Reply(200, (("etag", '"a"'),)).unless_known('"b"').status == 200
    assert Reply(200, (("etag", '"a"'),)).unless_known("*").status == 304
