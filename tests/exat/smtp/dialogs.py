r"""Dialogue scripts as data, and a session made of nothing but the pure rules that plays the server in them.

A script is a text file. `#` begins a comment. The first other line says where the session starts: `session:`
with a service (`submission` or `relay`) and the facts that hold (`tls`, `authenticated`). Then:

    C: EHLO a.test          the client sends this line and CRLF; \r \n \0 \\ and \xNN are octets
    C+ MAIL FROM:<a@b>\n    the client sends these octets and nothing else
    S: 250 2.1.0*           the server has answered this line; `*` at the end leaves the rest open
    X                       the server has closed the connection
    M: Subject: x\r\n       the next letter that the server has accepted has exactly this content

What the server has said must be told completely before the client speaks again, and at the end.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from exat.errors import ProtocolError
from exat.smtp.data import DataReader, Phase
from exat.smtp.grammar import Command, parse_command, parse_hello, parse_mail, parse_rcpt
from exat.smtp.replies import Reply, ehlo, render, reply
from exat.smtp.session import END_OF_CONTENT, Service, Session, next_session, objection

DIALOGS = Path(__file__).parents[2] / "dialogs"
HOST = "node.b.test"
MAXIMUM_SIZE = 2000
EXTENSIONS = ("8BITMIME", "DSN", "ENHANCEDSTATUSCODES", "PIPELINING", "SIZE", "SMTPUTF8")
_STEP = re.compile(r"(C:|C\+|S:|M:|X)(?: (.*))?\Z")
_ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|[rn0\\])")
_OCTETS = {"r": "\r", "n": "\n", "0": "\0", "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a script: `kind` is C, S, M or X."""

    line: int
    kind: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class Dialog:
    """One script: where the session starts, and the steps."""

    start: Session
    steps: tuple[Step, ...]


def read_dialog(text: str) -> Dialog:
    """Read a script.

    Raises:
        ValueError: a line is outside the format.
    """
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line and not line.startswith("#")]
    first = lines[0][1].split()
    if first[0] != "session:" or not set(first[2:]) <= {"tls", "authenticated"}:
        raise ValueError("wanted session: service facts")
    start = Session(Service(first[1]), tls="tls" in first, authenticated="authenticated" in first)
    return Dialog(start, tuple(_step(number, line) for number, line in lines[1:]))


def _step(number: int, line: str) -> Step:
    found = _STEP.match(line)
    if not found:
        raise ValueError(f"line {number}: {line}")
    text = _ESCAPE.sub(lambda e: _OCTETS.get(e[1]) or chr(int(e[1][1:], 16)), found[2] or "")
    return Step(number, found[1][0], text.encode("latin-1") + (b"\r\n" if found[1] == "C:" else b""))


class PureServer:
    """Octets in, octets out: everything is decided by the tables, nothing is stored but the content."""

    def __init__(self, start: Session) -> None:
        self.session = start
        self.letters: list[bytes] = []
        self.closed = False
        self._input = b""
        self._smtputf8 = False
        self._reader: DataReader | None = None
        self._content = b""

    def feed(self, octets: bytes) -> bytes:
        """Take octets of the client and give the answers."""
        self._input += octets
        answers = b""
        while not self.closed and (answer := self._next()) is not None:
            answers += render(answer)
            self.closed = answer.closes
        return answers

    def _next(self) -> Reply | None:
        if self._reader:
            return self._read_content(self._reader)
        line, found, rest = self._input.partition(b"\r\n")
        if not found:
            return None
        self._input = rest
        return self._answer(line)

    def _read_content(self, reader: DataReader) -> Reply | None:
        state = reader.feed(self._input)
        self._content += state.content
        self._input = state.rest
        if state.phase is Phase.MORE:
            return None
        if state.phase is Phase.COMPLETE:
            self.letters.append(self._content)
        answer = reply(state.refusal) if state.refusal else reply("accepted", id=str(len(self.letters)))
        self._reader, self._content = None, b""
        self.session = next_session(self.session, END_OF_CONTENT, answer.code)
        return answer

    def _answer(self, line: bytes) -> Reply:
        try:
            command = parse_command(line, extensions=EXTENSIONS)
            refused = objection(self.session, command.verb)
            answer = reply(refused) if refused else self._obey(command)
        except ProtocolError as error:
            return reply(error.reply)
        self.session = next_session(self.session, command.verb, answer.code)
        return answer

    def _obey(self, command: Command) -> Reply:
        match command.verb:
            case "EHLO":
                parse_hello(command.argument)
                return ehlo(HOST, EXTENSIONS)
            case "HELO":
                parse_hello(command.argument)
                return reply("hello", host=HOST)
            case "MAIL":
                mail = parse_mail(command.argument, extensions=EXTENSIONS)
                self._smtputf8 = mail.smtputf8
                return reply("too-large" if (mail.size or 0) > MAXIMUM_SIZE else "sender-accepted")
            case "RCPT":
                return self._recipient(command.argument)
            case "DATA":
                self._reader = DataReader(maximum_size=MAXIMUM_SIZE)
                return reply("start-content")
            case verb:
                names = {"RSET": "reset", "NOOP": "nothing-done", "QUIT": "closing", "VRFY": "not-verified"}
                return reply(names.get(verb) or {"HELP": "help", "STARTTLS": "tls-ready"}[verb])

    def _recipient(self, argument: bytes) -> Reply:
        path = parse_rcpt(argument, extensions=EXTENSIONS, local_domain=HOST, smtputf8=self._smtputf8)
        known = path.forward_path.domain_key in ("b.test", HOST)
        return reply("recipient-accepted" if known else "relaying-denied")


def play(dialog: Dialog) -> None:
    """Play a script against the pure rules; an AssertionError names the line that did not hold."""
    server = PureServer(dialog.start)
    said: list[bytes] = []
    letters = 0
    for step in dialog.steps:
        place = f"line {step.line}"
        match step.kind:
            case "C":
                assert not said, f"{place}: the server also said {said}"
                said = server.feed(step.octets).split(b"\r\n")[:-1]
            case "S":
                assert said, f"{place}: the server said nothing more"
                assert fits(said.pop(0), step.octets), f"{place}: the server said otherwise"
            case "M":
                letters += 1
                assert server.letters[letters - 1 : letters] == [step.octets], place
            case _:
                assert server.closed, f"{place}: the connection is open"
    assert not said, f"the server also said {said}"
    assert len(server.letters) == letters, "more letters than told"


def fits(said: bytes, wanted: bytes) -> bool:
    """The line is the wanted one; `*` at its end leaves the rest open."""
    return said.startswith(wanted[:-1]) if wanted.endswith(b"*") else said == wanted
