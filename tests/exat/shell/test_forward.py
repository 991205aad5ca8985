"""Forwarding to a real door, and to peers that misbehave."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import trustme

from exat.address import Address
from exat.errors import MalformedMessage
from exat.records import Agency
from exat.shell.forward import UNREACHABLE, Answer, forward
from exat.smtp.replies import reply
from exat.smtp.session import Service
from tests.exat.shell.hall import BRISK, HOST, PEER, Hall, NotingDesk, client_context, hall

LETTER = b"Subject: salom\r\n\r\n.\r\n..\r\nmatn \xc3\xb6\r\n\r\n"
DEVON = Address.parse(b"devon@a.test")
MALIKA = Address.parse(b"malika@b.test")
RANO = Address.parse(b'"rano rano"@b.test')
ELSEWHERE = Address.parse(b"x@c.test")


def _agency(place: Hall | tuple[str, int], node: str = HOST) -> Agency:
    host, port = place if isinstance(place, tuple) else place.address
    nothing: Any = None
    return Agency("b.test", "B", node, host, port, nothing, (), (), (), ())


def _forward(
    agency: Agency,
    *recipients: Address,
    sender: Address | None = DEVON,
    raw: bytes = LETTER,
    context: ssl.SSLContext | None = None,
) -> tuple[Answer, ...]:
    return asyncio.run(
        forward(
            agency,
            context=context or client_context(PEER),
            hostname="node.a.test",
            sender=sender,
            recipients=recipients,
            raw=raw,
            timeout=5,
        )
    )


def test_the_octets_arrive_as_they_are() -> None:
    with hall(Service.RELAY) as place:
        answers = _forward(_agency(place), MALIKA, RANO)
        assert [(answer.recipient, answer.code) for answer in answers] == [(MALIKA, 250), (RANO, 250)]
        assert answers[0].text.endswith("accepted as 1")
        ((_, envelope, raw),) = place.desk.letters
        assert (envelope.reverse_path, envelope.forward_paths, raw) == (DEVON, (MALIKA, RANO), LETTER)


def test_evidence_goes_out_with_the_null_reverse_path() -> None:
    with hall(Service.RELAY) as place:
        assert _forward(_agency(place), MALIKA, sender=None)[0].code == 250
        assert place.desk.letters[0][1].reverse_path is None


def test_an_international_address_crosses_with_smtputf8() -> None:
    recipient = Address.parse("мурожаат@b.test", smtputf8=True)
    with hall(Service.RELAY) as place:
        assert _forward(_agency(place), recipient)[0].code == 250
        assert place.desk.letters[0][1].smtputf8


def test_an_international_address_is_refused_where_smtputf8_is_not_offered() -> None:
    recipient = Address.parse("мурожаат@b.test", smtputf8=True)
    with hall(Service.RELAY, extensions=("SIZE",)) as place:
        answers = _forward(_agency(place), recipient)
        assert answers[0].code == 553
        assert answers[0].text.endswith("[smtputf8-required]")
        assert not place.desk.letters


def test_a_refused_recipient_does_not_hold_up_the_others() -> None:
    with hall(Service.RELAY) as place:
        answers = _forward(_agency(place), ELSEWHERE, MALIKA)
        assert [answer.code for answer in answers] == [550, 250]
        assert answers[0].text.endswith("[relaying-denied]")
        assert place.desk.letters[0][1].forward_paths == (MALIKA,)


def test_nothing_is_sent_when_every_recipient_is_refused() -> None:
    with hall(Service.RELAY) as place:
        assert [answer.code for answer in _forward(_agency(place), ELSEWHERE)] == [550]
        assert not place.desk.letters


@pytest.mark.parametrize(("name", "code"), [("unsigned-letter", 550), ("internal-error", 451)])
def test_a_refusal_of_the_content_is_for_every_recipient(name: str, code: int) -> None:
    with hall(Service.RELAY, desk=NotingDesk(answer=reply(name))) as place:
        answers = _forward(_agency(place), MALIKA, RANO)
        assert [answer.code for answer in answers] == [code, code]
        assert all(answer.text.endswith(f"[{name}]") for answer in answers)


def test_a_stranger_is_refused_at_mail() -> None:
    with hall(Service.RELAY) as place:
        answers = _forward(_agency(place), MALIKA, context=client_context())
        assert answers[0].code == 550
        assert answers[0].text.endswith("[peer-unknown]")


def test_a_peer_that_is_not_there_gives_no_code() -> None:
    with hall(Service.RELAY) as place:
        address = place.address
    answers = _forward(_agency(address), MALIKA, RANO)
    assert [answer.code for answer in answers] == [UNREACHABLE, UNREACHABLE]
    assert "Connect call failed" in answers[0].text


def test_a_certificate_with_another_name_is_not_spoken_to() -> None:
    with hall(Service.RELAY) as place:
        answers = _forward(_agency(place, node="node.c.test"), MALIKA)
        assert answers[0].code == UNREACHABLE
        assert "certificate" in answers[0].text
        assert not place.desk.letters


def test_a_certificate_of_another_authority_is_not_spoken_to() -> None:
    context = ssl.create_default_context()
    trustme.CA().configure_trust(context)
    with hall(Service.RELAY) as place:
        answers = _forward(_agency(place), MALIKA, context=context)
        assert answers[0].code == UNREACHABLE
        assert not place.desk.letters


@pytest.mark.parametrize("raw", [b"", b"a\nb\r\n", b"a\rb\r\n", b"a\0b\r\n", b"unended"])
def test_a_letter_that_is_not_canonical_is_never_sent(raw: bytes) -> None:
    with hall(Service.RELAY) as place:
        with pytest.raises(MalformedMessage) as caught:
            _forward(_agency(place), MALIKA, raw=raw)
        assert caught.value.code == "bare-newline"
        assert not place.door._inside


Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]


async def _against(script: Script) -> tuple[Answer, ...]:
    server = await asyncio.start_server(script, "127.0.0.1", 0)
    async with server:
        address = server.sockets[0].getsockname()
        return await forward(
            _agency((address[0], address[1])),
            context=client_context(PEER),
            hostname="node.a.test",
            sender=DEVON,
            recipients=(MALIKA,),
            raw=LETTER,
            timeout=0.5,
        )


def _saying(*lines: bytes) -> Script:
    """A peer that says its lines, one for each thing it hears, and then nothing."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in lines:
            writer.write(line)
            await writer.drain()
            if not await reader.read(1000):
                break
        await reader.read()
        writer.close()

    return script


@pytest.mark.parametrize(
    "lines",
    [
        (b"554 no service\r\n",),
        (b"220 hello\r\n", b"250 hello\r\n"),
        (b"220 hello\r\n", b"250-hello\r\n250 STARTTLS\r\n", b"502 no TLS here\r\n"),
        (b"220 hello\r\n", b"250-hello\r\n250 STARTTLS\r\n", b"220 go\r\n250 injected\r\n"),
        (b"220 hello\r\n", b"nonsense\r\n"),
        (b"220-" + b"x" * 40_000,),
        (),
    ],
)
def test_a_peer_without_the_handshake_is_no_answer(lines: tuple[bytes, ...]) -> None:
    answers = asyncio.run(_against(_saying(*lines)))
    assert [answer.code for answer in answers] == [UNREACHABLE]
    assert answers[0].text and len(answers[0].text) <= 500


def test_a_peer_that_leaves_in_the_transaction_is_asked_again() -> None:
    # EHLO, STARTTLS (not counted), EHLO, MAIL, and RCPT is one too many.
    with hall(Service.RELAY, limits=replace(BRISK, commands=3)) as place:
        assert [answer.code for answer in _forward(_agency(place), MALIKA, RANO)] == [421, UNREACHABLE]
        assert not place.desk.letters
