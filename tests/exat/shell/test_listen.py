"""The listener over real loopback sockets, with a desk that only notes."""

import asyncio
import re
import smtplib
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from exat.records import Relayed
from exat.smtp.replies import reply
from exat.smtp.session import Service
from tests.exat.shell.hall import (
    BRISK,
    CA,
    PASSWORD,
    PEER,
    Client,
    Hall,
    NotingDesk,
    client_context,
    eventually,
    hall,
    submission_of,
)
from tests.exat.smtp.dialogs import DIALOGS, Dialog, fits, read_dialog
from tests.peers import require, run

SCRIPTS = sorted(DIALOGS.glob("*.smtp"))
DIALOG_LIMITS = replace(BRISK, message_size=2000)
DIALOG_EXTENSIONS = ("8BITMIME", "DSN", "ENHANCEDSTATUSCODES", "PIPELINING", "SIZE", "SMTPUTF8")
MAIL = (b"MAIL FROM:<devon@a.test>", b"RCPT TO:<malika@b.test>", b"DATA")
LETTER = b"Subject: salom\r\n\r\nmatn\r\n"


def _plain(name: str = "alice", password: str = PASSWORD) -> bytes:
    return b64encode(f"\0{name}\0{password}".encode())


def _node(place: Hall) -> Client:
    """The known peer, greeted."""
    client = place.client(certificate=PEER)
    assert client.ask(b"EHLO a.test").startswith(b"250 ")
    return client


def _user(place: Hall) -> Client:
    client = place.client()
    client.ask(b"EHLO a.test")
    assert client.ask(b"AUTH PLAIN " + _plain()).startswith(b"235 ")
    return client


# --- the scripts ---


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_dialog_holds_over_a_socket(script: Path) -> None:
    dialog = read_dialog(script.read_text(encoding="utf-8"))
    settings = {"limits": DIALOG_LIMITS, "extensions": DIALOG_EXTENSIONS}
    with hall(dialog.start.service, **settings) as place:
        certificate = PEER if dialog.start.authenticated else None
        client = place.client(tls=dialog.start.tls, certificate=certificate)
        _play(dialog, client, place.desk)
        client.close()


def _play(dialog: Dialog, client: Client, desk: NotingDesk) -> None:
    """Play a script against a real door; EHLO may offer more than the script tells."""
    letters = 0
    for step in dialog.steps:
        place = f"line {step.line}"
        match step.kind:
            case "C":
                client.send(step.octets)
            case "S" if step.octets.startswith(b"250-"):
                pass
            case "S" if step.octets == b"250 SMTPUTF8":
                offered = {line[4:].split(b" ")[0].decode() for line in client.reply()[1:]}
                assert offered >= set(DIALOG_EXTENSIONS), place
            case "S":
                assert fits(client.line(), step.octets), place
                if step.octets == b"220 2.0.0 ready to start TLS":
                    client.secure(client_context())
                    assert client.ask(b"EHLO a.test").startswith(b"250 ")
            case "M":
                letters += 1
                assert desk.contents[letters - 1 : letters] == [step.octets], place
            case _:
                assert client.is_closed(), place
    assert len(desk.letters) == letters


# --- who comes ---


def test_a_user_submits_with_auth_plain() -> None:
    with hall(Service.SUBMISSION) as place:
        client = _user(place)
        assert client.ask(*MAIL).startswith(b"354 ")
        assert client.ask(LETTER + b".") == b"250 2.6.0 accepted as 1"
        origin, envelope, raw = place.desk.letters[0]
    assert submission_of(origin) == "alice"
    assert str(envelope.reverse_path) == "devon@a.test"
    assert [str(path) for path in envelope.forward_paths] == ["malika@b.test"]
    assert raw == LETTER


@pytest.mark.parametrize("command", [b"AUTH LOGIN", b"AUTH LOGIN " + b64encode(b"alice"), b"auth login"])
def test_a_user_logs_in_with_auth_login(command: bytes) -> None:
    with hall(Service.SUBMISSION) as place:
        client = place.client()
        client.ask(b"EHLO a.test")
        if client.ask(command) == b"334 " + b64encode(b"Username:"):
            assert client.ask(b64encode(b"alice")) == b"334 " + b64encode(b"Password:")
        assert client.ask(b64encode(PASSWORD.encode())) == b"235 2.7.0 authenticated"


def test_auth_plain_may_come_in_a_line_of_its_own() -> None:
    with hall(Service.SUBMISSION) as place:
        client = place.client()
        client.ask(b"EHLO a.test")
        assert client.ask(b"AUTH PLAIN") == b"334 "
        assert client.ask(_plain()).startswith(b"235 ")


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        ((b"AUTH CRAM-MD5",), b"504 5.5.4"),
        ((b"AUTH PLAIN", b"*"), b"501 5.7.0"),
        ((b"AUTH LOGIN", b"*"), b"501 5.7.0"),
        ((b"AUTH PLAIN !!!!",), b"501 5.5.2"),
        ((b"AUTH PLAIN =",), b"501 5.5.2"),
        ((b"AUTH PLAIN " + b64encode(b"no zeros"),), b"501 5.5.2"),
        ((b"AUTH PLAIN " + b64encode(b"\0\xff\0\xff"),), b"501 5.5.2"),
        ((b"AUTH PLAIN " + b64encode(b"bob\0alice\0x"),), b"535 5.7.8"),
        ((b"AUTH PLAIN " + _plain("alice", "wrong"),), b"535 5.7.8"),
        ((b"AUTH PLAIN " + _plain("broken"),), b"454 4.7.0"),
        ((b"AUTH PLAIN", b"A" * 13000), b"500 5.5.6"),
    ],
)
def test_a_login_is_refused(lines: tuple[bytes, ...], answer: bytes) -> None:
    with hall(Service.SUBMISSION) as place:
        client = place.client()
        client.ask(b"EHLO a.test")
        said = b""
        for line in lines:
            said = client.ask(line)
        assert said.startswith(answer)
        assert b"secret" not in said
        assert client.ask(MAIL[0]).startswith(b"530 5.7.0")


def test_the_third_failed_login_closes() -> None:
    with hall(Service.SUBMISSION) as place:
        client = place.client()
        client.ask(b"EHLO a.test")
        said = [client.ask(b"AUTH PLAIN " + _plain("alice", "wrong"))[:9] for _ in range(3)]
        assert said == [b"535 5.7.8", b"535 5.7.8", b"421 4.7.0"]
        assert client.is_closed()


def test_a_failed_login_is_answered_late_and_others_are_not_held_up() -> None:
    with hall(Service.SUBMISSION, limits=replace(BRISK, penalty=0.3)) as place:
        slow, quick = place.client(), place.client()
        begun = place.loop.time()
        slow.say(b"EHLO a.test", b"AUTH PLAIN " + _plain("alice", "wrong"))
        assert quick.ask(b"NOOP").startswith(b"250 ")
        slow.reply()
        assert slow.line().startswith(b"535 ")
        assert place.loop.time() - begun >= 0.3


def test_a_peer_is_known_by_its_certificate() -> None:
    with hall(Service.RELAY) as place:
        client = _node(place)
        client.ask(*MAIL)
        assert client.ask(LETTER + b".").startswith(b"250 2.6.0")
        origin = place.desk.letters[0][0]
    assert isinstance(origin, Relayed)
    assert origin.domain == "a.test"


@pytest.mark.parametrize("certificate", [None, CA.issue_cert("node.c.test")])
def test_a_stranger_hears_why(certificate: trustme.LeafCert | None) -> None:
    with hall(Service.RELAY) as place:
        client = place.client(certificate=certificate)
        client.ask(b"EHLO a.test")
        assert client.ask(MAIL[0]).startswith(b"550 5.7.1 ")


def test_a_certificate_of_an_unknown_authority_ends_the_handshake() -> None:
    with hall(Service.RELAY) as place:
        client = place.client(certificate=trustme.CA().issue_cert("node.a.test"))
        client.send(b"EHLO a.test\r\n")
        assert client.is_closed()
        assert _node(place).ask(b"NOOP").startswith(b"250 ")


def test_authentication_is_not_offered_to_nodes_nor_starttls_twice() -> None:
    with hall(Service.RELAY) as place:
        client = place.client(tls=False)
        client.say(b"EHLO a.test")
        before = b" ".join(client.reply())
        client.say(b"STARTTLS")
        client.line()
        client.secure(client_context(PEER))
        client.say(b"EHLO a.test")
        after = b" ".join(client.reply())
        assert b"STARTTLS" in before and b"STARTTLS" not in after
        assert b"AUTH" not in before + after
        assert client.ask(b"STARTTLS").startswith(b"503 5.5.1")


def test_what_is_injected_before_the_handshake_is_dropped() -> None:
    with hall(Service.RELAY) as place:
        client = place.client(tls=False)
        client.ask(b"EHLO a.test")
        client.send(b"STARTTLS\r\nNOOP\r\nRSET\r\nMAIL FROM:<evil@a.te")
        assert client.line().startswith(b"220 ")
        client.secure(client_context(PEER))
        assert client.ask(b"HELP").startswith(b"214 ")
        assert client.ask(b"RSET").startswith(b"250 2.0.0")


def test_a_lost_handshake_leaves_nothing_behind() -> None:
    with hall(Service.RELAY) as place:
        client = place.client(tls=False)
        client.ask(b"EHLO a.test")
        client.ask(b"STARTTLS")
        client.send(b"not a ClientHello\r\n")
        assert not client.line().startswith(b"2")
        client.close()
        other = place.client(tls=False)
        other.ask(b"EHLO a.test")
        other.ask(b"STARTTLS")
        other.close()
        eventually(lambda: not place.door._inside)


# --- the letter ---


def test_commands_and_letters_may_be_pipelined() -> None:
    with hall(Service.RELAY) as place:
        client = _node(place)
        client.say(*MAIL)
        assert [client.line()[:3] for _ in MAIL] == [b"250", b"250", b"354"]
        client.send(LETTER + b".\r\n" + b"\r\n".join(MAIL) + b"\r\n")
        assert [client.line()[:3] for _ in range(4)] == [b"250", b"250", b"250", b"354"]
        client.send(b"..x\r\n.\r\nQUIT\r\n")
        assert client.line() == b"250 2.6.0 accepted as 2"
        assert client.line().startswith(b"221 ")
        assert client.is_closed()
        assert place.desk.contents == [LETTER, b".x\r\n"]


@pytest.mark.parametrize(
    "octets", [b"a\rb\r\n.\r\n", b"a\nb\r\n.\r\n", b"a\0b\r\n.\r\n", b"x\n.\nMAIL\r\n.\r\n"]
)
def test_bare_cr_lf_and_nul_are_refused_and_the_connection_closed(octets: bytes) -> None:
    with hall(Service.RELAY) as place:
        client = _node(place)
        client.ask(*MAIL)
        client.send(octets)
        assert client.line().startswith(b"554 5.6.11")
        assert client.is_closed()
        assert not place.desk.letters


def test_a_repeated_recipient_counts_once() -> None:
    with hall(Service.RELAY) as place:
        client = _node(place)
        client.ask(MAIL[0], MAIL[1], b"RCPT TO:<Malika@B.test>", b"RCPT TO:<rano@b.test>", b"DATA")
        client.ask(LETTER + b".")
        assert [str(path) for path in place.desk.letters[0][1].forward_paths] == [
            "malika@b.test",
            "rano@b.test",
        ]


def test_five_thousand_recipients_are_bounded_and_end_the_session() -> None:
    with hall(Service.RELAY) as place:
        client = _node(place)
        client.ask(MAIL[0])
        names = b"".join(b"RCPT TO:<r%d@b.test>\r\n" % number for number in range(5000))
        _send(client, names)
        said = []
        while line := client.line():
            said.append(line[:9])
        assert said[:100] == [b"250 2.1.5"] * 100
        assert set(said[100:-1]) == {b"452 4.5.3"}
        assert said[-1] == b"421 4.7.0"
        assert len(said) <= 1001


def _send(client: Client, octets: bytes) -> None:
    try:
        client.send(octets)
    except OSError:
        return


def test_a_peer_that_only_errs_is_shown_out() -> None:
    with hall(Service.RELAY, limits=replace(BRISK, errors=3)) as place:
        client = _node(place)
        said = [client.ask(b"XYZZY")[:3] for _ in range(4)]
        assert said == [b"500", b"500", b"500", b"421"]
        assert client.is_closed()


def test_an_endless_line_is_not_collected() -> None:
    with hall(Service.RELAY) as place:
        client = _node(place)
        _send(client, b"x" * 100_000)
        assert client.line()[:3] in (b"421", b"")


def test_a_long_letter_outlives_the_patience_with_silence() -> None:
    with hall(Service.RELAY, limits=replace(BRISK, idle=0.4, session=0.6)) as place:
        client = _node(place)
        client.ask(*MAIL)
        begun = place.loop.time()
        while place.loop.time() - begun < 1.0:
            client.send(b"x" * 62 + b"\r\n" + (b"y" * 510 + b"\r\n") * 4)
            threading.Event().wait(0.02)
        client.send(b".\r\n")
        assert client.line().startswith(b"250 2.6.0")
        assert client.line().startswith(b"421 4.4.2")


def test_content_that_drips_is_cut() -> None:
    with hall(Service.RELAY, limits=replace(BRISK, idle=0.3)) as place:
        client = _node(place)
        client.ask(*MAIL)
        _drip(client)
        assert client.line().startswith(b"421 4.4.2 the content comes too slowly")


def _drip(client: Client) -> None:
    for _ in range(20):
        _send(client, b"x\r\n")
        threading.Event().wait(0.05)


@pytest.mark.parametrize("said", [b"", b"NOOP", b"EHL"])
def test_silence_ends_the_session(said: bytes) -> None:
    with hall(Service.RELAY, limits=replace(BRISK, idle=0.2)) as place:
        client = _node(place)
        client.send(said)
        assert client.line().startswith(b"421 4.4.2")
        assert client.is_closed()


def test_a_session_does_not_live_by_noop_alone() -> None:
    with hall(Service.RELAY, limits=replace(BRISK, session=0.3)) as place:
        client = _node(place)
        said = b""
        for _ in range(100):
            said = client.ask(b"NOOP")
            if not said.startswith(b"250"):
                break
            threading.Event().wait(0.02)
        assert said.startswith(b"421 4.4.2")


def test_one_connection_too_many_is_told_so() -> None:
    with hall(Service.RELAY, limits=replace(BRISK, connections_per_host=1)) as place:
        first = place.client(tls=False)
        second = Client(socket.create_connection(place.address, timeout=10))
        assert second.line().startswith(b"421 4.7.0")
        assert second.is_closed()
        assert first.ask(b"NOOP").startswith(b"250")


def test_unfinished_letters_are_bounded_together() -> None:
    with hall(Service.RELAY, limits=replace(BRISK, content=10)) as place:
        first, second = _node(place), _node(place)
        first.ask(*MAIL)
        first.send(LETTER)
        eventually(lambda: place.door.held >= 10)
        assert second.ask(*MAIL).startswith(b"450 4.7.1")
        assert first.ask(b".").startswith(b"250 ")
        assert second.ask(*MAIL).startswith(b"354 ")
        second.close()
        eventually(lambda: place.door.held == 0)


# --- the desk ---


def test_an_error_at_the_desk_is_451_and_leaks_nothing() -> None:
    async def fail() -> None:
        raise RuntimeError("secret of the store")

    with hall(Service.RELAY, desk=NotingDesk(before_taking=fail)) as place:
        client = _node(place)
        client.ask(*MAIL)
        assert client.ask(LETTER + b".") == (
            b"451 4.3.0 an error of this node, try again later [internal-error]"
        )
        assert client.ask(MAIL[0], b"RCPT TO:<broken@b.test>") == (
            b"451 4.3.0 an error of this node, try again later [internal-error]"
        )
        assert client.ask(b"NOOP").startswith(b"250 ")


def test_what_the_desk_says_is_said() -> None:
    with hall(Service.RELAY, desk=NotingDesk(answer=reply("unsigned-letter"))) as place:
        client = _node(place)
        client.ask(*MAIL)
        assert client.ask(LETTER + b".").startswith(b"550 5.7.1 the letter is not signed")
        assert client.ask(*MAIL).startswith(b"354 ")


def test_a_lost_connection_does_not_cancel_the_desk() -> None:
    held, entered = asyncio.Event(), threading.Event()

    async def wait() -> None:
        entered.set()
        await held.wait()

    with hall(Service.RELAY, desk=NotingDesk(before_taking=wait)) as place:
        client = _node(place)
        client.ask(*MAIL)
        client.send(LETTER + b".\r\n")
        assert entered.wait(5)
        client.close()
        eventually(lambda: not place.door._inside)
        place.loop.call_soon_threadsafe(held.set)
        eventually(lambda: place.desk.contents == [LETTER])


def test_a_letter_that_came_whole_before_the_half_close_is_taken() -> None:
    with hall(Service.RELAY) as place:
        client = _node(place)
        client.ask(*MAIL)
        client.send(LETTER + b".\r\nQUIT\r\n")
        client.socket.shutdown(socket.SHUT_WR)
        client.close()
        eventually(lambda: place.desk.contents == [LETTER])


def test_half_a_letter_is_not_taken() -> None:
    with hall(Service.RELAY) as place:
        client = _node(place)
        client.ask(*MAIL)
        client.send(LETTER)
        client.close()
        eventually(lambda: not place.door._inside)
        assert not place.desk.letters


def test_closing_the_door_answers_what_is_in_hand_and_says_farewell() -> None:
    held, entered = asyncio.Event(), threading.Event()

    async def wait() -> None:
        entered.set()
        await held.wait()

    place = Hall(Service.RELAY, desk=NotingDesk(before_taking=wait))
    busy, idle = _node(place), _node(place)
    busy.ask(*MAIL)
    busy.send(LETTER + b".\r\n")
    assert entered.wait(5)
    closing = asyncio.run_coroutine_threadsafe(place.door.close(), place.loop)
    assert idle.line().startswith(b"421 4.3.2")
    place.loop.call_soon_threadsafe(held.set)
    assert busy.line().startswith(b"250 2.6.0")
    assert busy.line().startswith(b"421 4.3.2")
    closing.result(5)
    place.close()
    assert not place.failures


# --- hostile octets ---


@pytest.fixture(scope="module")
def open_hall() -> Iterator[Hall]:
    with hall(Service.RELAY, limits=replace(BRISK, idle=0.3, connections_per_host=500)) as place:
        yield place


PIECES = st.sampled_from(
    [
        b"EHLO a\r\n",
        b"MAIL FROM:<a@a.test>\r\n",
        b"RCPT TO:<a@b.test>\r\n",
        b"DATA\r\n",
        b".\r\n",
        b"BDAT 9\r\n",
    ]
    + [
        b"RSET\r\n",
        b"STARTTLS\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b"AUTH PLAIN\r\n",
        b"VRFY a\r\n",
        b"x" * 600,
    ]
)


@given(st.lists(st.one_of(PIECES, st.binary(max_size=40)), max_size=12))
@settings(max_examples=25)
def test_no_octets_bring_the_listener_down(open_hall: Hall, pieces: list[bytes]) -> None:
    client = _node(open_hall)
    _send(client, b"".join(pieces) + b"\r\n.\r\nQUIT\r\n")
    while line := client.line():
        assert re.fullmatch(rb"[2-5][0-9][0-9][ -][ -~]*", line), line
    client.close()
    assert _node(open_hall).ask(b"NOOP").startswith(b"250 ")
    assert not open_hall.failures


# --- programs of others ---


def test_smtplib_submits() -> None:
    with (
        hall(Service.SUBMISSION) as place,
        smtplib.SMTP_SSL(*place.address, context=_nameless(), timeout=10) as smtp,
    ):
        smtp.login("alice", PASSWORD)
        assert smtp.sendmail("devon@a.test", ["malika@b.test"], LETTER) == {}
        assert place.desk.contents == [LETTER]


@pytest.mark.peer
def test_swaks_submits() -> None:
    swaks = require("swaks")
    with hall(Service.SUBMISSION) as place:
        host, port = place.address
        told = run(
            [swaks, "--server", host, "--port", str(port), "--tls-on-connect", "--helo", "a.test"]
            + ["--auth", "PLAIN", "--auth-user", "alice", "--auth-password", PASSWORD]
            + ["--from", "devon@a.test", "--to", "malika@b.test", "--data", "Subject: salom\n\nmatn\n"]
        )
        assert told.returncode == 0, told.stdout + told.stderr
        assert place.desk.contents[0].startswith(LETTER)


def _nameless() -> ssl.SSLContext:
    """Trusts the CA, whatever the name: smtplib asks for the address that it calls."""
    context = client_context()
    context.check_hostname = False
    return context
