"""The table of verbs: every verb in every state, and what each answer leads to."""

import pytest

from exat.smtp.replies import REPLIES
from exat.smtp.session import END_OF_CONTENT, Service, Session, State, next_session, objection

READY = Session(Service.SUBMISSION, State.GREETED, tls=True, authenticated=True)
VERBS = ["EHLO", "HELO", "NOOP", "RSET", "HELP", "VRFY", "QUIT", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA"]

# State: the verbs allowed with TLS and a login.
ALLOWED = {
    State.CONNECTED: {"EHLO", "HELO", "NOOP", "RSET", "HELP", "VRFY", "QUIT"},
    State.GREETED: {"EHLO", "HELO", "NOOP", "RSET", "HELP", "VRFY", "QUIT", "MAIL"},
    State.SENDER: {"EHLO", "HELO", "NOOP", "RSET", "HELP", "VRFY", "QUIT", "RCPT"},
    State.RECIPIENTS: {"EHLO", "HELO", "NOOP", "RSET", "HELP", "VRFY", "QUIT", "RCPT", "DATA"},
    State.CONTENT: set(),
    State.CLOSED: set(),
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_allowed_where_the_table_says(state: State, verb: str) -> None:
    session = Session(Service.SUBMISSION, state, tls=True, authenticated=True)
    refused = objection(session, verb)
    assert (refused == "") == (verb in ALLOWED[state])
    assert refused == "" or refused in REPLIES


@pytest.mark.parametrize("service", Service)
@pytest.mark.parametrize("state", [State.CONNECTED, State.GREETED])
def test_nothing_but_greetings_crosses_before_tls(service: Service, state: State) -> None:
    session = Session(service, state)
    refused = {verb for verb in VERBS if objection(session, verb) == "tls-required"}
    assert refused == {"AUTH", "MAIL", "RCPT", "DATA", "VRFY"}


@pytest.mark.parametrize(
    ("session", "verb", "reply"),
    [
        (Session(Service.SUBMISSION, State.GREETED, tls=True), "MAIL", "auth-required"),
        (Session(Service.SUBMISSION, State.GREETED, tls=True), "AUTH", ""),
        (Session(Service.SUBMISSION, State.CONNECTED, tls=True), "AUTH", "bad-sequence"),
        (READY, "AUTH", "auth-active"),
        (READY, "STARTTLS", "tls-active"),
        (Session(Service.RELAY, State.GREETED, tls=True), "MAIL", "peer-unknown"),
        (Session(Service.RELAY, State.GREETED, tls=True, authenticated=True), "MAIL", ""),
        (Session(Service.RELAY, State.GREETED, tls=True), "AUTH", "not-implemented"),
        (Session(Service.RELAY, State.CONNECTED), "STARTTLS", "bad-sequence"),
        (Session(Service.RELAY, State.GREETED), "STARTTLS", ""),
        (
            Session(Service.SUBMISSION, State.SENDER, tls=True, authenticated=True),
            "DATA",
            "no-valid-recipient",
        ),
        (READY, "RCPT", "bad-sequence"),
        (READY, "BDAT", "chunking-not-offered"),
        (READY, "EXPN", "not-implemented"),
        (READY, "TURN", "not-implemented"),
        (READY, "GET", "unknown-command"),
    ],
)
def test_an_objection_names_its_reply(session: Session, verb: str, reply: str) -> None:
    assert objection(session, verb) == reply


@pytest.mark.parametrize(
    ("state", "verb", "code", "after"),
    [
        (State.CONNECTED, "EHLO", 250, State.GREETED),
        (State.CONNECTED, "EHLO", 501, State.CONNECTED),
        (State.CONNECTED, "RSET", 250, State.CONNECTED),
        (State.GREETED, "MAIL", 250, State.SENDER),
        (State.GREETED, "MAIL", 553, State.GREETED),
        (State.SENDER, "RCPT", 250, State.RECIPIENTS),
        (State.SENDER, "RCPT", 550, State.SENDER),
        (State.RECIPIENTS, "RCPT", 550, State.RECIPIENTS),
        (State.RECIPIENTS, "DATA", 354, State.CONTENT),
        (State.CONTENT, END_OF_CONTENT, 250, State.GREETED),
        (State.CONTENT, END_OF_CONTENT, 451, State.GREETED),
        (State.CONTENT, END_OF_CONTENT, 421, State.CLOSED),
        (State.RECIPIENTS, "RSET", 250, State.GREETED),
        (State.RECIPIENTS, "EHLO", 250, State.GREETED),
        (State.RECIPIENTS, "NOOP", 250, State.RECIPIENTS),
        (State.SENDER, "QUIT", 221, State.CLOSED),
    ],
)
def test_an_answer_leads_to_a_state(state: State, verb: str, code: int, after: State) -> None:
    session = Session(Service.SUBMISSION, state, tls=True, authenticated=True)
    assert next_session(session, verb, code) == Session(
        Service.SUBMISSION, after, tls=True, authenticated=True
    )


def test_the_handshake_forgets_what_was_said_before() -> None:
    before = Session(Service.RELAY, State.GREETED, authenticated=True)
    assert next_session(before, "STARTTLS", 220) == Session(Service.RELAY, State.CONNECTED, tls=True)
    assert next_session(before, "STARTTLS", 454) == before


def test_only_235_authenticates() -> None:
    before = Session(Service.SUBMISSION, State.GREETED, tls=True)
    assert next_session(before, "AUTH", 235).authenticated
    assert not next_session(before, "AUTH", 334).authenticated
    assert not next_session(before, "AUTH", 535).authenticated
