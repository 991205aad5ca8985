"""Answers that are kept: said again while they hold and are true, and not a moment longer."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from esign.ca.answers import Answers
from esign.ca.authority import Authority
from esign.ca.events import Event
from esign.ca.register import MemoryRegister
from esign.ca.request import Subject, read
from esign.ca.responder import Responder, Source
from esign.errors import RegisterError
from esign.keys import Signer, SoftwareKey
from esign.ocsp import CertID, CertStatus, OCSPRequest, OCSPResponse, ResponseStatus
from esign.x509 import Certificate
from tests.esign.ca.requests import make_request
from tests.esign.ca.world import AT, key, make_issuer, make_root, officer, officer_request

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


class World:
    """An authority, an officer of it, and answers that hold for an hour."""

    def __init__(self) -> None:
        self.authority: Authority = make_issuer()
        self.officer = self.authority.issue("officer-sign", officer(), at=AT, request=officer_request())
        self.answers = Answers((make_root().certificate, self.authority.certificate), capacity=3)
        self.signer = self.delegate()
        self.appoint(self.signer)

    def delegate(self) -> Signer:
        own = key("p-256", 300)
        subject = Subject.of({"organization": "Markaz", "common_name": "OCSP"})
        made = self.authority.issue("ocsp", subject, at=AT, request=read(make_request(own)))
        return Signer(SoftwareKey(own), made.raw)

    def appoint(self, signer: Signer) -> None:
        source = Source(self.authority.certificate, self.authority.register)
        self.answers.appoint(Responder(signer, source, HOUR))

    def ask(self, *about: Certificate, at: datetime = AT, nonce: bytes | None = None) -> bytes:
        asked = about or (self.officer,)
        request = OCSPRequest.about(asked, self.authority.certificate, nonce=nonce).encode()
        return self.answers.answer(request, at=at).octets

    def said(self, octets: bytes) -> CertStatus:
        basic = OCSPResponse.load(octets).basic
        assert basic is not None
        return basic.responses[0].status


@pytest.fixture
def world() -> World:
    return World()


def test_what_was_signed_is_said_again(world: World) -> None:
    first = world.ask()
    assert world.ask(at=AT + 29 * MINUTE) == first and world.said(first) is CertStatus.GOOD


def test_past_half_of_its_time_it_is_signed_anew(world: World) -> None:
    assert world.ask(at=AT + 30 * MINUTE) != world.ask()


def test_before_its_time_it_is_not_said(world: World) -> None:
    assert world.ask(at=AT + MINUTE) != world.ask(at=AT)


def test_with_a_nonce_each_is_its_own(world: World) -> None:
    request = OCSPRequest.about((world.officer,), world.authority.certificate, nonce=b"n").encode()
    answer = world.answers.answer(request, at=AT)
    assert not answer.is_for_all and not len(world.answers)
    assert world.answers.answer(request, at=AT).octets != answer.octets


def test_a_revocation_is_told_a_second_later(world: World) -> None:
    world.ask()
    world.authority.suspend(world.officer.serial_number, at=AT)
    assert world.said(world.ask(at=AT + SECOND)) is CertStatus.REVOKED
    world.authority.restore(world.officer.serial_number, at=AT + SECOND)
    assert world.said(world.ask(at=AT + 2 * SECOND)) is CertStatus.GOOD


def test_another_event_leaves_it_as_it_is(world: World) -> None:
    first = world.ask()
    world.authority.issue("officer-sign", officer(), at=AT, request=officer_request())
    assert world.ask(at=AT + SECOND) == first


def test_strangers_cannot_fill_the_room(world: World) -> None:
    named = CertID.of(world.officer, world.authority.certificate)
    for serial in range(1, 20):
        request = OCSPRequest((replace(named, serial_number=serial),)).encode()
        assert world.said(world.answers.answer(request, at=AT).octets) is CertStatus.UNKNOWN
    several = OCSPRequest.about((world.officer, world.officer), world.authority.certificate).encode()
    world.answers.answer(several, at=AT)
    assert len(world.answers) == 0


def test_those_that_nobody_asked_for_longest_go_first(world: World) -> None:
    others = [
        world.authority.issue("officer-sign", officer(), at=AT, request=officer_request()) for _ in range(3)
    ]
    first = world.ask()
    for other in others[:2]:
        world.ask(other)
    assert world.ask(at=AT + SECOND) == first
    world.ask(others[2])
    assert len(world.answers) == 3 and world.ask(at=AT + 2 * SECOND) == first


def test_a_successor_signs_anew(world: World) -> None:
    first = world.ask()
    world.appoint(world.delegate())
    assert world.ask(at=AT + SECOND) != first


def test_without_a_responder_the_asker_tries_later(world: World) -> None:
    world.ask()
    world.answers.dismiss(world.authority.certificate)
    assert OCSPResponse.load(world.ask()).status is ResponseStatus.TRY_LATER


def test_about_another_authority_nothing_is_said(world: World) -> None:
    request = OCSPRequest.about((world.officer,), world.officer).encode()
    answer = world.answers.answer(request, at=AT)
    assert OCSPResponse.load(answer.octets).status is ResponseStatus.UNAUTHORIZED
    mixed = OCSPRequest(
        (CertID.of(world.officer, world.authority.certificate), CertID.of(world.officer, world.officer))
    )
    answer = world.answers.answer(mixed.encode(), at=AT)
    assert OCSPResponse.load(answer.octets).status is ResponseStatus.UNAUTHORIZED


@pytest.mark.parametrize("octets", [b"", b"0", b"\x30\x80", b"0\x03\x02\x01\x05"])
def test_what_is_no_question_is_answered_so(world: World, octets: bytes) -> None:
    answer = world.answers.answer(octets, at=AT)
    assert OCSPResponse.load(answer.octets).status is ResponseStatus.MALFORMED_REQUEST


def test_what_was_asked_for_is_renewed_and_the_rest_goes(world: World) -> None:
    other = world.authority.issue("officer-sign", officer(), at=AT, request=officer_request())
    first, _ = world.ask(), world.ask(other)
    assert world.answers.renew(at=AT + 10 * MINUTE) == 0
    assert world.answers.renew(at=AT + 40 * MINUTE) == 2 and len(world.answers) == 2
    renewed = world.ask(at=AT + 41 * MINUTE)
    assert renewed != first and world.ask(at=AT + 69 * MINUTE) == renewed
    assert world.answers.renew(at=AT + 75 * MINUTE) == 2 and len(world.answers) == 1


def test_a_register_that_cannot_be_read_is_asked_later(world: World) -> None:
    class Broken(MemoryRegister):
        def head(self) -> Event | None:
            raise RegisterError("register-busy")

    source = Source(world.authority.certificate, Broken())
    world.answers.appoint(Responder(world.signer, source, HOUR))
    assert OCSPResponse.load(world.ask()).status is ResponseStatus.TRY_LATER
