"""Every script of tests/dialogs holds against the pure rules, and a script that lies is caught."""

from pathlib import Path

import pytest

from exat.smtp.session import Service, Session
from tests.exat.smtp.dialogs import DIALOGS, PureServer, play, read_dialog

SCRIPTS = sorted(DIALOGS.glob("*.smtp"))


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) >= 8


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_dialog_holds(script: Path) -> None:
    play(read_dialog(script.read_text(encoding="utf-8")))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_dialog_holds_octet_by_octet(script: Path) -> None:
    dialog = read_dialog(script.read_text(encoding="utf-8"))
    client = b"".join(step.octets for step in dialog.steps if step.kind == "C")
    whole, slow = PureServer(dialog.start), PureServer(dialog.start)
    answers = whole.feed(client)
    assert b"".join(slow.feed(client[i : i + 1]) for i in range(len(client))) == answers
    assert (slow.letters, slow.closed, slow.session) == (whole.letters, whole.closed, whole.session)


@pytest.mark.parametrize(
    "lie",
    [
        "session: relay tls\nC: NOOP\nS: 251*",
        "session: relay tls\nC: NOOP",
        "session: relay tls\nC: NOOP\nS: 250*\nS: 250*",
        "session: relay tls\nC: NOOP\nC: NOOP\nS: 250*",
        "session: relay tls\nC: NOOP\nS: 250*\nX",
        "session: relay tls\nC: NOOP\nS: 250*\nM: x",
    ],
)
def test_a_script_that_lies_is_caught(lie: str) -> None:
    with pytest.raises(AssertionError):
        play(read_dialog(lie))


@pytest.mark.parametrize("text", ["C: NOOP", "session: relay fast", "session: moon", "session: relay\nNOOP"])
def test_a_script_outside_the_format_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="."):
        read_dialog(text)


def test_nothing_is_read_after_the_close() -> None:
    server = PureServer(Session(Service.RELAY, tls=True))
    assert server.feed(b"QUIT\r\nNOOP\r\n").count(b"\r\n") == 1
    assert server.closed
